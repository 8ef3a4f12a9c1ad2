//! `eval run --tokens`: whose token templates are made under.

mod common;

use std::fs;

use common::Place;
use serde_json::{Value, json};

/// Drawn palms, two captures each enrolled and two compared.
fn drawn(palms: u32) -> Place {
    let place = Place::for_rois();
    let synth = format!("synth rois --identities {palms} --captures 4 --seed 5 -o rois");
    place.run(&synth).code(0);
    let list = fs::read_to_string(place.path("rois/list.txt")).unwrap();
    let lines = |captures: [&str; 2]| {
        let is_one = |line: &&str| captures.iter().any(|c| line.contains(c));
        let lines: Vec<&str> = list.lines().filter(is_one).collect();
        assert_eq!(lines.len() as u32, 2 * palms);
        lines.join("\n") + "\n"
    };
    fs::write(place.path("gallery"), lines(["_00.", "_01."])).unwrap();
    fs::write(place.path("probe"), lines(["_02.", "_03."])).unwrap();
    place
}

/// The report of a run.
fn measured(place: &Place, protect: &str, more: &str) -> Value {
    let lists = "--gallery gallery --probe probe --root rois";
    let args = format!("eval run {lists} --protect {protect} --scores none {more} --json");
    place.run(&args).code(0).json()
}

fn number(report: &Value, path: &str) -> f64 {
    report.pointer(path).and_then(Value::as_f64).unwrap()
}

#[test]
fn strangers_with_their_own_tokens_are_farther_and_two_databases_are_not_linked() {
    let place = drawn(24);
    for protect in ["l1+l2", "mlp-hash"] {
        let of = |tokens: &str| {
            let more = format!("--tokens {tokens} -o {tokens} --no-cache");
            measured(&place, protect, &more)
        };
        let [one, own, other] = ["one", "own", "other"].map(of);
        for (report, tokens) in [(&one, "one"), (&own, "own"), (&other, "other")] {
            assert_eq!(report["tokens"], json!(tokens));
            let page = fs::read_to_string(place.path(&format!("{tokens}/report.html"))).unwrap();
            assert!(page.contains("token"), "{protect} {tokens}");
            assert_eq!(report["linked"].is_object(), tokens == "other");
        }
        // A stated rate is that of strangers with the same token.
        assert_eq!(one["stated_fmr"].is_array(), protect == "l1+l2");
        assert!(own["stated_fmr"].is_null() && other["stated_fmr"].is_null());

        let [d_one, d_own, d_other] = [&one, &own, &other].map(|r| number(r, "/d_prime"));
        assert!(d_own > d_one && d_one > 1.5, "{protect}: {d_own} {d_one}");
        let [same, different] = [&one, &own].map(|r| number(r, "/impostor_scores/mean"));
        assert!(different > same, "{protect}: {different} {same}");

        // Under another token a palm is a stranger to itself.
        assert!(d_other < 0.5, "{protect}: {d_other}");
        let [mated, strangers] =
            ["genuine", "impostor"].map(|kind| number(&other, &format!("/{kind}_scores/mean")));
        assert!((mated - strangers).abs() < 0.01, "{mated} {strangers}");
        let linked = |key| number(&other, &format!("/linked/{key}"));
        assert_eq!((linked("mated"), linked("shifts")), (96.0, 23.0));
        assert!(linked("d_sys") <= linked("d_sys_floor_most") + 0.05);
        assert!(linked("d_sys_floor") < 0.2);
        let picture = fs::read_to_string(place.path("other/unlinkability.svg")).unwrap();
        assert!(picture.contains("D_sys") && picture.contains(protect));
        assert!(!place.path("own/unlinkability.svg").exists());
    }
}

#[test]
fn what_is_kept_is_not_taken_for_other_tokens() {
    let place = drawn(6);
    let run = |protect: &str, tokens: &str, kept: &str| {
        let report = measured(&place, protect, &format!("--tokens {tokens} -o out {kept}"));
        [&report["genuine_scores"], &report["impostor_scores"]].map(Value::clone)
    };
    let lists = ["gallery", "probe"];
    // Every palm gets the label, and so the token, of another one.
    let relabel = || {
        for list in lists {
            let text = fs::read_to_string(place.path(list)).unwrap();
            let line = |line: &str| {
                let (path, label) = line.rsplit_once(' ').unwrap();
                let label: u32 = label.parse().unwrap();
                format!("{path} {}\n", (label + 1) % 6)
            };
            let text: String = text.lines().map(line).collect();
            fs::write(place.path(list), text).unwrap();
        }
    };
    for protect in ["l1+l2", "mlp-hash"] {
        let mut seen = Vec::new();
        for tokens in ["one", "own", "other", "relabelled", "one", "own"] {
            let tokens = match tokens {
                "relabelled" => {
                    relabel();
                    "own"
                }
                tokens => tokens,
            };
            let kept = run(protect, tokens, "--cache kept.db");
            let made = run(protect, tokens, "--no-cache");
            assert_eq!(kept, made, "{protect} {tokens}");
            seen.push(made);
        }
        // One, own and other differ, and so do own tokens after the labels changed; one token does not.
        let [one, own, other, again, still, _] = &seen[..] else {
            panic!("six runs");
        };
        assert!(one != own && own != other && one != other && own != again);
        assert_eq!(one, still, "{protect}");
    }
}
