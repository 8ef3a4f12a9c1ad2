//! `eval keys`: what keys made of palms are worth.

mod common;

use std::fmt::Write;
use std::fs;

use common::Place;
use serde_json::{Value, json};

const PALMS: usize = 24;
const LISTS: &str = "--gallery gallery --probe probe --root rois";

/// Drawn palms, three images each: two in the gallery, one as probe.
fn drawn() -> Place {
    let place = Place::for_rois();
    let synth = format!("synth rois --identities {PALMS} --captures 3 --seed 5 -o rois");
    place.run(&synth).code(0);
    let (mut gallery, mut probe) = (String::new(), String::new());
    for palm in 0..PALMS {
        for capture in 0..3 {
            let list = if capture < 2 {
                &mut gallery
            } else {
                &mut probe
            };
            writeln!(list, "{palm:04}_{capture:02}.png p{palm}").unwrap();
        }
    }
    fs::write(place.path("gallery"), gallery).unwrap();
    fs::write(place.path("probe"), probe).unwrap();
    place
}

fn of_length(found: &Value, bits: u64) -> &Value {
    let lengths = found["lengths"].as_array().unwrap();
    lengths
        .iter()
        .find(|length| length["bits"] == json!(bits))
        .unwrap()
}

/// `eval run` counts the same keys by its own way, from scores.
#[test]
fn keys_are_those_that_a_run_counts() {
    let place = drawn();
    for together in ["", "--together"] {
        let found = place
            .run(&format!(
                "eval keys {LISTS} {together} -o keys --cache kept.db --json"
            ))
            .code(0)
            .json();
        let run = place
            .run(&format!(
                "eval run {LISTS} {together} --protect hash -o run --cache kept.db --json"
            ))
            .code(0)
            .json();
        let (code, keys) = (&found["codes"][0], &found["codes"][0]["keys"]);
        assert_eq!(code["code"], json!({"n": 127, "k": 64, "t": 10}));
        let counted = &run["keys"];
        assert_eq!(
            [
                &keys["back"],
                &keys["genuine"],
                &keys["false_back"],
                &keys["impostor"]
            ],
            [
                &counted["recovered"],
                &counted["genuine"],
                &counted["false_recoveries"],
                &counted["impostor"]
            ]
        );
        assert!(keys["back"].as_u64() > Some(0), "{keys}");
        assert_eq!(of_length(&found, 127)["wrong_bits"]["eer"], run["eer"]);
        let (lengths, pairs) = (
            found["lengths"].as_array().unwrap(),
            PALMS * (PALMS - 1) / 2,
        );
        assert_eq!((lengths.len(), &keys["pairs"]), (4, &json!(pairs)));
        // 3/pairs of palms, however many images they have.
        let bits = code["strength"]["fmr_bits"].as_f64().unwrap();
        let limit = 1.0 - 0.05f64.powf(1.0 / pairs as f64);
        assert!((bits + limit.log2()).abs() < 1e-6, "{bits}");
        assert_eq!(code["linking"]["linked"], json!(0));
        assert_eq!(code["linking"]["pairs"], json!(PALMS));
        assert!(of_length(&found, 127)["bias"]["told"].is_f64());
        // From what was kept the same comes out, and the folder holds it.
        let text = fs::read_to_string(place.path("keys/report.json")).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(written["lengths"], found["lengths"]);
        for size in ["127x8", "255x4", "511x2", "1023x1"] {
            let svg = fs::read_to_string(place.path(&format!("keys/wrong-bits-{size}.svg")));
            assert!(svg.unwrap().contains("</svg>"), "{size}");
        }
        let table = fs::read_to_string(place.path("keys/wrong-bits-127x8.csv")).unwrap();
        let rows = table.lines().skip(1).map(|row| {
            let row: Vec<u64> = row.split(',').map(|n| n.parse().unwrap()).collect();
            row
        });
        let rows: Vec<Vec<u64>> = rows.collect();
        let back: u64 = rows.iter().take(11).map(|row| row[1]).sum();
        assert_eq!((rows.len(), json!(back)), (128, keys["back"].clone()));
    }
}

#[test]
fn a_code_is_recommended_where_one_gives_keys_back() {
    let place = drawn();
    let keys = |rest: &str| {
        place.run(&format!(
            "eval keys {LISTS} --no-cache --together {rest} --json"
        ))
    };
    // Most drawn palms here come back with the longest correction; none does always.
    let found = keys("--recommend 0.2 --length 127 --length 127,16")
        .code(0)
        .json();
    let choice = &found["recommended"];
    assert!(
        choice["keys"]["interval_95"][0].as_f64() >= Some(0.2),
        "{choice}"
    );
    assert_eq!(choice["keys"]["false_back"], json!(0));
    let lengths = found["lengths"].as_array().unwrap();
    let best = lengths
        .iter()
        .filter_map(|l| l["recommended"]["palm_bits"].as_f64());
    assert_eq!(
        best.fold(0.0, f64::max),
        choice["palm_bits"].as_f64().unwrap()
    );
    // The shipped code first, then the chosen one, if it is another.
    let codes = found["codes"].as_array().unwrap();
    assert!(codes.iter().any(|code| code["code"] == choice["code"]));

    let none = keys("--recommend 0.9999 --length 127").code(1).json();
    assert_eq!(none["recommended"], Value::Null);
    // A code that was asked for, shortened, and what is assumed.
    let asked = "--code 100,37,10,10 --passphrase-bits 77 --guesses-per-second 10";
    let found = keys(asked).code(0).json();
    assert_eq!(found["lengths"].as_array().map(Vec::len), Some(1));
    let strength = &found["codes"][0]["strength"];
    let seconds = strength["seconds"]["record_and_palm"].as_f64().unwrap();
    assert_eq!(seconds, 77f64.exp2() / 10.0);
    assert!(!place.path("report.json").exists() && !place.path("cache.db").exists());
}
