//! The commands that measure: `eval` and `bench`.

mod common;

use std::fs;

use common::Place;
use serde_json::json;

#[test]
fn images_are_measured_by_list() {
    let place = Place::for_rois();
    let names: Vec<String> = (0..4).map(|seed| place.roi(seed)).collect();
    // Each palm has one image in the gallery and a copy of it as probe: genuine distances are 0.
    let mut lists = (String::new(), String::new());
    for (label, name) in names.iter().enumerate() {
        fs::copy(place.path(name), place.path(&format!("again{label}.png"))).unwrap();
        lists.0 += &format!("{name} {label}\n");
        lists.1 += &format!("again{label}.png {label}\n");
    }
    fs::write(place.path("gallery"), &lists.0).unwrap();
    fs::write(place.path("probe"), &lists.1).unwrap();
    for (method, protect) in [
        ("compact", "none"),
        ("compact", "l1"),
        ("compact", "l2"),
        ("compact", "l1+l2"),
        ("compact", "hash"),
        ("compcode", "none"),
    ] {
        let args = format!(
            "eval run --gallery gallery --probe probe --method {method} --protect {protect} --scores labelled -o out --json"
        );
        let report = place.run(&args).code(0).json();
        assert_eq!(
            (&report["genuine"], &report["impostor"], &report["fta"]),
            (&json!(4), &json!(12), &json!(0))
        );
        assert_eq!(
            (&report["method"], &report["protect"]),
            (&json!(method), &json!(protect))
        );
        let scores = fs::read_to_string(place.path("out/scores.txt")).unwrap();
        assert_eq!(scores.lines().filter(|l| l.ends_with(" 1")).count(), 4);
        assert_eq!(scores.lines().filter(|l| l.ends_with(" -1")).count(), 12);
        for line in scores.lines().filter(|l| l.ends_with(" 1")) {
            let score: f32 = line.split(' ').next().unwrap().parse().unwrap();
            assert!(score < 1e-3, "{method} {protect}: {line}");
        }
        assert!(place.path("out/report.json").exists());
        // Level-1 bits have a calibration, and with it stated rates.
        assert_eq!(
            report["stated_fmr"].is_array(),
            ["l1", "l1+l2"].contains(&protect)
        );
        // The scores alone give the same figures.
        let again = place
            .run("eval scores out/scores.txt --format labelled --polarity distance --json")
            .code(0)
            .json();
        for key in ["eer", "genuine", "impostor", "auc", "points_at_fmr"] {
            assert_eq!(report[key], again[key], "{method} {protect} {key}");
        }
        // From what was kept of the images the same comes out, to the last digit.
        let kept = place.run(&args).code(0).json();
        assert_eq!(kept["points_at_fmr"], report["points_at_fmr"]);
        assert_eq!(kept["eer_interval_95"], report["eer_interval_95"]);
        let page = fs::read_to_string(place.path("out/report.html")).unwrap();
        assert!(page.contains("Hardest genuine pairs") && page.contains("data:image/png"));
    }
    let together = place
        .run("eval run --gallery gallery --probe probe --together --protect hash -o out --json")
        .code(0)
        .json();
    assert!(together["genuine"].as_u64() <= Some(4) && together["eer"] == json!(0.0));
    place
        .run("eval run --gallery gallery --probe probe --together --method compcode -o out3")
        .code(2);
    // Other forms of the scores give the same figures, and a run is compared with an older one.
    let run = "eval run --gallery gallery --probe probe --protect l1";
    let boot = "--bootstrap subjects:20 --baseline out/report.json";
    let new = place
        .run(&format!("{run} -o out4 {boot} --json"))
        .code(0)
        .json();
    assert_eq!(new["bootstrap"]["replicates"], json!(20));
    let reasons = new["baseline"]["not_the_same_test"].as_array().unwrap();
    assert!(reasons.is_empty(), "{reasons:?}");
    place
        .run(&format!("{run} -o out4 --scores bob-csv --cache kept.db"))
        .code(0);
    assert!(place.path("kept.db").exists() && place.path("out4/report.html").exists());
    let of = |scores: &str| {
        place
            .run(&format!("eval scores {scores} --json"))
            .code(0)
            .json()
    };
    let npz = of("out4/scores.npz --format npz --polarity distance");
    let csv = of("out4/scores.csv --format bob-csv");
    for key in ["eer", "genuine", "impostor", "auc"] {
        assert_eq!((&npz[key], &csv[key]), (&new[key], &new[key]), "{key}");
    }
    place
        .run(&format!("{run} -o out5 --no-cache --scores none"))
        .code(0);
    assert!(!place.path("out5/cache.db").exists() && !place.path("out5/scores.npz").exists());

    fs::write(
        place.path("probe"),
        "# a comment\nagain0.png 0\nnowhere.png 1\n",
    )
    .unwrap();
    let refused = place
        .run("eval run --gallery gallery --probe probe -o out2")
        .code(2);
    assert!(
        refused.stderr.contains("probe:3:") && refused.stderr.contains("nowhere.png"),
        "{refused:?}"
    );
    assert!(!place.path("out2").exists());
    place
        .run("eval run --gallery gallery --probe probe --method compcode --protect l1 -o out2")
        .code(2);
}

#[test]
fn scores_of_other_tools_become_error_rates() {
    let place = Place::for_rois();
    let rows =
        "anna anna p1 0.9\nanna anna p2 0.4\nanna ben p3 0.5\nben ben p4 0.7\nben anna p1 0.2\n";
    fs::write(place.path("scores-dev"), rows).unwrap();
    let report = place
        .run("eval scores scores-dev --format bob4 --bootstrap subjects:200 -o out --json")
        .code(0)
        .json();
    assert_eq!(
        (&report["genuine"], &report["impostor"], &report["auc"]),
        (&json!(3), &json!(2), &json!(5.0 / 6.0))
    );
    assert_eq!(report["bootstrap"]["subjects"], json!(2));
    assert!(place.path("out/report.json").exists() && place.path("out/det.svg").exists());
    // Thresholds of one set judged on another, and two systems in one report.
    let dev = place
        .run("eval scores scores-dev --format bob4 --dev scores-dev --json")
        .code(0)
        .json();
    let fixed = &dev["dev_eval"]["thresholds"]["eer"];
    assert_eq!(fixed["evaluation"], fixed["development"]);
    let two = "eval scores scores-dev scores-dev --format bob4 --name ours --name theirs -o two";
    let both = place.run(&format!("{two} --json")).code(0).json();
    assert_eq!(both["systems"][1]["method"], json!("theirs"));
    assert!(place.path("two/report-2.json").exists() && place.path("two/report.html").exists());
    let refused = |args: &str, reason: &str| {
        let said = place.run(&format!("eval scores {args}")).code(2).stderr;
        assert!(said.contains(reason), "{args}: {said}");
    };
    refused("scores-dev --format bob4 --polarity distance", "similarity");
    refused("scores-dev --format labelled", "high score means");
    refused("scores-dev --format csv", "expected one of labelled");
    refused("nowhere --format bob4", "nowhere");
    refused("scores-dev --format bob4 --bootstrap 100", "subjects:1000");
    refused(
        "scores-dev --format bob4 --name a --name b",
        "2 names for 1 systems",
    );
    refused(
        "scores-dev scores-dev --format bob4 --dev scores-dev",
        "one system",
    );
    refused(
        "scores-dev --format bob4 --baseline scores-dev",
        "not a report",
    );
    refused("scores-dev --format pyeer --polarity similarity", "1 files");
    fs::write(place.path("bad"), rows.replace("0.5", "x")).unwrap();
    refused("bad --format bob4", "bad:3");
}

#[test]
fn protocols_are_made_without_leaks_and_planted_leaks_are_found() {
    let place = Place::for_rois();
    let session = |n: u32| -> String { (0..8).map(|p| format!("s{n}/{p}.png {p}\n")).collect() };
    fs::write(place.path("one"), session(1)).unwrap();
    fs::write(place.path("two"), session(2)).unwrap();
    let made = place
        .run("eval protocol make open --list one --probe two --people pairs -o split --json")
        .code(0)
        .json();
    assert_eq!(
        (&made["pairs"]["genuine"], &made["pairs"]["impostor"]),
        (&json!(4), &json!(12))
    );
    let lists = "--train split/train.txt --gallery split/gallery.txt --probe split/probe.txt";
    place.run(&format!("eval protocol check {lists}")).code(0);
    // Palm 6 is in the test; now it trains too.
    let train = fs::read_to_string(place.path("split/train.txt")).unwrap();
    fs::write(place.path("split/train.txt"), train + "s3/6.png 6\n").unwrap();
    let found = place
        .run(&format!("eval protocol check {lists} --json"))
        .code(1);
    assert!(found.stdout.contains("identity_leak"), "{found:?}");
    place
        .run(&format!("eval protocol check {lists} --closed"))
        .code(0);
    place.run("eval protocol check --train one").code(2);
    place
        .run("eval protocol make cross --list one -o x")
        .code(2);
    place
        .run("eval protocol make open --list one --probe two --people hands -o x")
        .code(2);
    assert!(!place.path("x").exists());
}

#[test]
fn published_data_sets_become_lists_by_their_names() {
    let place = Place::for_rois();
    for session in 1..=2 {
        let folder = place.path(&format!("data/session{session}"));
        fs::create_dir_all(&folder).unwrap();
        for number in 1..=40 {
            fs::write(folder.join(format!("{number:05}.bmp")), "").unwrap();
        }
    }
    let imported = place
        .run("eval protocol import tongji data -o lists --json")
        .code(0)
        .json();
    assert_eq!(imported["split"]["pairs"]["genuine"], json!(400));
    assert_eq!(imported["data"]["people"], json!(2));
    let gallery = fs::read_to_string(place.path("lists/gallery.txt")).unwrap();
    assert!(gallery.starts_with("session1/00001.bmp 0\n"), "{gallery}");
    let said = place
        .run("eval protocol import tongji data -o lists")
        .code(0);
    assert!(said.stdout.contains("terms:") && said.stdout.contains("--input roi"));
    // To bob and back.
    let lists = "--train lists/train.txt --gallery lists/gallery.txt --probe lists/probe.txt";
    for form in ["lists", "csv"] {
        let there = format!("eval protocol bob {form} {lists} --extension .bmp -o bob-{form}");
        place.run(&there).code(0);
        let back =
            format!("eval protocol import bob-{form} bob-{form} --extension .bmp -o back-{form}");
        place.run(&back).code(0);
        for (file, original) in [
            ("train", "train"),
            ("eval/gallery", "gallery"),
            ("eval/probe", "probe"),
        ] {
            let text = |path: String| fs::read_to_string(place.path(&path)).unwrap();
            assert_eq!(
                text(format!("back-{form}/{file}.txt")),
                text(format!("lists/{original}.txt"))
            );
        }
    }
    fs::write(place.path("data/session1/holiday.bmp"), "").unwrap();
    let refused = place.run("eval protocol import tongji data -o x").code(2);
    assert!(refused.stderr.contains("holiday.bmp"), "{refused:?}");
    let refused = place.run("eval protocol import hongkong data -o x").code(2);
    assert!(refused.stderr.contains("tongji-folders"), "{refused:?}");
}

#[test]
fn the_bench_times_every_stage() {
    let place = Place::for_photos();
    let timed = place.run("bench --seconds 0.01 --json").code(0).json();
    // On all cores, and on one where there are several and `taskset` keeps a process there.
    let runs = timed["runs"].as_array().unwrap();
    assert!((1..=2).contains(&runs.len()));
    for run in runs {
        let stages = run["stages"].as_array().unwrap();
        assert!(stages.len() >= 12);
        assert!(stages.iter().all(|s| s["ms"].as_f64() > Some(0.0)));
        assert_eq!(run["against"], json!([]));
    }
    assert!(timed["cold_compare"]["ms"].as_f64() > Some(0.0));
    let refused = place.run("bench --seconds 0.01 --against --python no-such-python");
    assert!(refused.code(2).stderr.contains("no-such-python"));
}

#[test]
fn a_calibration_is_written_that_the_library_reads() {
    let place = Place::for_rois();
    let list: String = (0..60)
        .map(|seed| format!("{} {seed}\n", place.roi(seed)))
        .collect();
    fs::write(place.path("list"), list).unwrap();
    place
        .run("eval calibrate --list list --source waves -o c.json")
        .code(0);
    let text = fs::read_to_string(place.path("c.json")).unwrap();
    let calibration = thenar::net::FmrCalibration::from_json(&text).unwrap();
    assert_eq!(calibration.impostors(), 60 * 59 / 2);
    assert!(calibration.source().starts_with("waves"));
}

#[test]
fn leaks_are_attacked_and_records_linked() {
    let place = Place::for_rois();
    let small = "--bits 256 --records 20 --seed 3";
    let attack = |scheme: &str, leak: &str| {
        let args = format!(
            "eval attack --scheme {scheme} --leak {leak} {small} --searched 2 --queries 200 --json"
        );
        place.run(&args).code(0).json()
    };
    let recovered = |report: &serde_json::Value| report["bits_recovered"].as_f64().unwrap();
    assert!((recovered(&attack("sealed", "store")) - 0.5).abs() < 0.05);
    assert_eq!(recovered(&attack("sealed", "store+k2")), 1.0);
    let both = attack("khidden,khidden-public-code", "store");
    assert_eq!(both.as_array().unwrap().len(), 2);
    assert!(recovered(&both[0]) > 0.65 && recovered(&both[1]) > 0.8);

    let linked = format!("eval unlink --scheme level1 {small} -o links --json");
    let report = place.run(&linked).code(0).json();
    let scores = report["scores"].as_array().unwrap();
    let mated = |s: &serde_json::Value| s["fresh"] == "k2" && s["d_sys"].as_f64() > Some(0.4);
    assert!(
        scores.iter().any(mated),
        "bits in clear are linked: {report}"
    );
    let pictures = fs::read_dir(place.path("links")).unwrap().count();
    assert_eq!(pictures, scores.len());

    let wrong = place.run("eval attack --leak shop").code(2);
    assert!(wrong.stderr.contains("expected one of store, store+k1"));
}
