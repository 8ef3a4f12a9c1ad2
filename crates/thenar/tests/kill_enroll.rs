//! `kill -9` during `enroll`, at random moments: the store opens, and holds each subject whole or not at all.

mod common;

use std::time::{Duration, Instant};

use common::Place;

const RUNS: u32 = 50;

#[test]
fn a_killed_enrolment_leaves_each_subject_whole_or_absent() {
    let place = Place::for_rois();
    let photos: Vec<String> = (0..RUNS).map(|seed| place.roi(seed)).collect();
    // How long an enrolment takes that is left alone: the longest of three.
    let usual = (0..3)
        .map(|i| {
            let start = Instant::now();
            place.run(&format!("enroll warm{i} {}", photos[0])).code(0);
            start.elapsed()
        })
        .max()
        .unwrap_or_default()
        .min(Duration::from_millis(500));

    let mut killed = 0;
    for (run, photo) in photos.iter().enumerate() {
        let subject = format!("subject{run}");
        let mut child = place
            .command(&["--quiet", "enroll", &subject, photo])
            .spawn()
            .unwrap();
        // Moments spread evenly over the run and a little beyond, in an order that looks random.
        let part = f64::from((run as u32 * 37) % RUNS) / f64::from(RUNS) * 1.2;
        std::thread::sleep(usual.mul_f64(part));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
    }

    let listed = place.run("list --json").code(0).json();
    let listed = listed["subjects"].as_array().unwrap();
    let whole = listed.len() as u32 - 3;
    assert!(listed.iter().all(|s| s["records"] == 1), "{listed:?}");
    // Both ends must have happened, or nothing was tested.
    assert!(killed > 0 && whole > 0, "{killed} killed, {whole} enrolled");
    // Who is in the store is there with token and key: one search opens every record.
    let found = place
        .run(&format!("identify {} --json", photos[0]))
        .code(0)
        .json();
    assert_eq!(found["searched"], whole + 3);
    assert_eq!(found["candidates"][0]["distance"], 0.0);
    // And who is not can be enrolled as if nothing had been.
    for (run, photo) in photos.iter().enumerate() {
        let subject = format!("subject{run}");
        if listed.iter().all(|s| s["subject"] != subject.as_str()) {
            place.run(&format!("enroll {subject} {photo}")).code(0);
            break;
        }
    }
    println!("{killed} of {RUNS} enrolments killed, {whole} whole");
}
