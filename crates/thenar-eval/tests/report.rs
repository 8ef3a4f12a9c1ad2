//! From lists to a report: files, JSON, table and pictures.

use std::path::Path;

use thenar_eval::metrics::ErrorCurve;
use thenar_eval::{
    EvalError, List, Meta, Outcome, Pairwise, Polarity, Report, Sample, ScoreSet, compare,
    evaluate, plot, score_file,
};

/// Twenty palms, a number each; two gallery and three probe samples of each, one probe in thirty fails.
fn experiment() -> (List, List, Outcome<ScoreSet>) {
    let lines = |name: &str, samples: usize| -> String {
        (0..20 * samples)
            .map(|k| format!("{name}/palm {k}.png {}\n", k % 20))
            .collect()
    };
    let gallery = List::parse(lines("g", 2).as_bytes(), Path::new("gallery.txt")).unwrap();
    let probe = List::parse(lines("p", 3).as_bytes(), Path::new("probe.txt")).unwrap();
    let samples = |list: &List, fail_every: usize| -> Vec<Sample<f32>> {
        let datum = |(k, entry): (usize, &thenar_eval::ListEntry)| {
            let palm: f32 = entry.label.parse().unwrap();
            let noise = (k * 7919 % 13) as f32 * 0.08;
            Sample::new(
                entry,
                (k % fail_every != fail_every - 1).then_some(palm + noise),
            )
        };
        list.entries.iter().enumerate().map(datum).collect()
    };
    let score = |a: &f32, b: &f32| (a - b).abs();
    let (enrolled, probes) = (samples(&gallery, 1000), samples(&probe, 30));
    let matcher = Pairwise::new(&enrolled, &probes, score);
    let kept = ScoreSet::new(Polarity::Distance);
    let outcome = compare(&enrolled, &probes, kept.polarity, &matcher, &kept, |_| ());
    (gallery, probe, outcome.unwrap())
}

fn report() -> Report {
    let (gallery, probe, outcome) = experiment();
    let meta = Meta {
        method: "compact".into(),
        protect: "l1+l2".into(),
        input: "roi".into(),
        command_line: "thenar eval run".into(),
        ..Meta::default()
    };
    evaluate(
        &outcome.scores,
        &meta
            .with_lists(&gallery, &probe)
            .with_samples(outcome.samples),
    )
    .unwrap()
    .with_identification(&outcome.searches)
}

#[test]
fn counts_are_those_of_the_lists() {
    let report = report();
    assert_eq!((report.genuine, report.impostor), (58 * 2, 58 * 38));
    assert_eq!(
        (report.genuine_failed, report.impostor_failed),
        (2 * 2, 2 * 38)
    );
    assert_eq!((report.fta, report.samples), (Some(2), Some(100)));
    assert_eq!(report.rank1_searches, Some(60));
    assert_eq!(report.gallery.as_ref().unwrap().samples, 40);
    assert!(report.eer_low <= report.eer && report.eer <= report.eer_high);
}

#[test]
fn json_has_the_promised_keys_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let report = report();
    report.write(&path).unwrap();
    assert_eq!(Report::read(&path).unwrap(), report);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for key in ["eer", "eer_low", "eer_high", "rank1"] {
        assert!(
            json[key].as_f64().is_some_and(|v| (0.0..=1.0).contains(&v)),
            "{key}"
        );
    }
    for key in ["genuine", "impostor", "fta", "schema_version"] {
        assert!(json[key].is_u64(), "{key}");
    }
    assert_eq!(json["eer_interval_95"].as_array().unwrap().len(), 2);
    let points = json["fnmr_at_fmr"].as_object().unwrap();
    assert_eq!(
        points.keys().collect::<Vec<_>>(),
        ["1e-2", "1e-3", "1e-4", "1e-5"]
    );
    // 2,204 impostor comparisons: enough for 1e-2, not for 1e-3.
    assert!(points["1e-2"].is_f64() && points["1e-3"].is_null() && points["1e-5"].is_null());
}

#[test]
fn the_table_shows_counts_beside_rates() {
    let table = report().table();
    for part in [
        "Comparisons         116 genuine, 2,204 impostor",
        "Failure to acquire  2.000 % (2/100 samples)",
        "FNMR at FMR 1e-3    not measurable (fewer than 3/FMR impostor comparisons)",
        "gallery.txt (40 samples, sha256 ",
        "/60)",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
}

/// The same experiment with the names of its subjects.
fn named() -> thenar_eval::Comparisons {
    let mut all = thenar_eval::Comparisons::new(Polarity::Distance);
    for probe in 0..60 {
        for gallery in 0..40 {
            let (p, g) = ((probe % 20).to_string(), (gallery % 20).to_string());
            let noise = ((probe * 31 + gallery * 17) % 13) as f32 * 0.11;
            let score = ((probe % 20) as f32 - (gallery % 20) as f32).abs() + noise;
            let sample = format!("p{probe}");
            all.push((&g, None), (&p, Some(&sample)), score);
        }
    }
    all
}

#[test]
fn intervals_over_subjects_and_searches_are_part_of_the_report() {
    let all = named();
    let plan = thenar_eval::metrics::BootstrapPlan {
        replicates: 200,
        ..Default::default()
    };
    let points = [("1e-2", 1e-2), ("1e-5", 1e-5)];
    let found = thenar_eval::metrics::bootstrap_subjects(
        &all.subject_scores(),
        &points.map(|p| p.1),
        &plan,
    )
    .unwrap();
    let searches = all.identification().unwrap();
    let plain = evaluate(&all.score_set(), &Meta::default()).unwrap();
    let report = plain
        .clone()
        .with_bootstrap(&found, &plan, &points)
        .with_identification(&searches);
    let bootstrap = report.bootstrap.as_ref().unwrap();
    let [low, high] = bootstrap.eer_interval;
    assert!(low <= report.eer && report.eer <= high && low < high);
    assert_eq!((bootstrap.subjects, bootstrap.replicates), (20, 200));
    assert!(bootstrap.fnmr_at_fmr_interval["1e-2"].is_some());
    assert_eq!(bootstrap.fnmr_at_fmr_interval["1e-5"], None);
    let identification = report.identification.as_ref().unwrap();
    assert_eq!((identification.enrolled, identification.mated), (20, 60));
    assert_eq!(identification.cmc.len(), 20);
    assert_eq!(report.rank1, Some(identification.cmc[0]));
    assert_eq!(identification.fnir_at_fpir["1e-2"], None);
    for part in [
        "EER over subjects",
        "20 subjects, 200 replicates, 95 %",
        "N 20, 60 mated",
    ] {
        assert!(
            report.table().contains(part),
            "{part:?} is not in\n{}",
            report.table()
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    report.write(&path).unwrap();
    assert_eq!(Report::read(&path).unwrap(), report);
    // A report of an earlier day has none of these keys and is still read.
    let mut json: serde_json::Value = serde_json::from_str(&plain.to_json()).unwrap();
    let keys = json.as_object_mut().unwrap();
    for key in [
        "bootstrap",
        "identification",
        "degrees_of_freedom",
        "eer_min_difference",
        "gar_at_fmr",
    ] {
        assert!(keys.remove(key).is_some(), "{key}");
    }
    std::fs::write(&path, json.to_string()).unwrap();
    assert_eq!(Report::read(&path).unwrap().eer, plain.eer);
}

#[test]
fn a_foreign_or_newer_report_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Report::read(&path).unwrap_err().to_string()
    };
    let json = report().to_json();
    assert!(
        refused(&json.replace("\"schema_version\": 1", "\"schema_version\": 2"))
            .contains("schema_version is 2, expected 1")
    );
    assert!(refused(&json.replace("thenar-eval-report", "other")).contains("schema is \"other\""));
    assert!(refused(&json.replace("\"eer\":", "\"err\":")).contains("missing field `eer`"));
    assert!(refused(&json[..json.len() / 2]).contains("not a report"));
    assert!(refused("").contains("not a report"));
}

#[test]
fn scores_written_and_read_give_the_same_figures() {
    let (_, _, outcome) = experiment();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.txt");
    score_file::write(&path, &outcome.scores).unwrap();
    let back = score_file::read(&path, Polarity::Distance).unwrap();
    let figures = |scores| evaluate(scores, &Meta::default()).unwrap();
    assert_eq!(figures(&back), figures(&outcome.scores));
    assert_eq!(
        (figures(&back).fta, figures(&back).impostor_failed),
        (None, 76)
    );
}

#[test]
fn a_run_without_impostors_says_so() {
    let (_, _, outcome) = experiment();
    let mut scores = outcome.scores;
    scores.impostor.clear();
    let refused = evaluate(&scores, &Meta::default()).unwrap_err();
    assert!(matches!(
        refused,
        EvalError::NoScores {
            kind: "impostor",
            ..
        }
    ));
}

#[test]
fn pictures_are_drawn_with_their_numbers() {
    let (_, _, outcome) = experiment();
    let curve = ErrorCurve::new(&outcome.scores).unwrap();
    let folder = tempfile::tempdir().unwrap();
    plot::write_all(folder.path(), "Drawn palms", &curve).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    for name in ["det.svg", "histogram.svg"] {
        let svg = read(name);
        assert!(
            svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"),
            "{name}"
        );
        assert!(svg.contains("Drawn palms"), "{name}");
    }
    let rows: Vec<Vec<u64>> = read("histogram.csv")
        .lines()
        .skip(1)
        .map(|row| row.split(',').skip(2).map(|v| v.parse().unwrap()).collect())
        .collect();
    let totals = rows
        .iter()
        .fold((0, 0), |sum, row| (sum.0 + row[0], sum.1 + row[1]));
    assert_eq!((rows.len(), totals), (100, (116, 2_204)));
    let det = read("det.csv");
    assert!(det.lines().count() > 10 && det.starts_with("threshold,fmr,fnmr,"));
}

#[test]
fn scores_without_spread_or_overlap_are_drawn_too() {
    let sets: [(&[f32], &[f32]); 3] = [
        (&[0.5; 5], &[0.5; 8]),
        (&[0.1, 0.2], &[0.8, 0.9]),
        (&[3.0e38], &[-3.0e38]),
    ];
    for (genuine, impostor) in sets {
        let scores = ScoreSet {
            genuine: genuine.into(),
            impostor: impostor.into(),
            polarity: Polarity::Distance,
        };
        let curve = ErrorCurve::new(&scores).unwrap();
        let title = "<palms> & hands";
        for svg in [
            plot::det_svg(title, &curve).unwrap(),
            plot::histogram_svg(title, &plot::Histogram::new(&curve, 10)).unwrap(),
        ] {
            assert!(svg.contains("&lt;palms&gt; &amp; hands") && !svg.contains("NaN"));
        }
        let report = evaluate(&scores, &Meta::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        report.write(&path).unwrap();
        assert_eq!(Report::read(&path).unwrap(), report);
    }
}
