//! `kill -9` during `rotate`, at random moments: no record is lost, doubled or changed, and the next rotation ends it.

mod common;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use common::Place;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thenar_protect::{BitTemplate, ContractId, Keyring, StoreKey, TokenRef};
use thenar_store::{Entry, Store, StoreError};

const RUNS: u32 = 30;
const RECORDS: usize = 4_000;
const CONTRACT: ContractId = ContractId([7; 32]);

/// What a store must hold: a template for each subject.
type Held = BTreeMap<String, BitTemplate>;

#[test]
fn a_killed_rotation_loses_and_doubles_nothing() {
    let place = Place::for_rois();
    // Makes the store and the keyring.
    place.run(&format!("enroll first {}", place.roi(1))).code(0);
    place.run("revoke first").code(0);
    let held = fill(&place);
    let start = Instant::now();
    place.run("rotate").code(0);
    let usual = start.elapsed();

    let (mut killed, mut resumed) = (0, 0);
    for run in 0..RUNS {
        let mut child = place.command(&["--quiet", "rotate"]).spawn().unwrap();
        // Moments spread evenly over the run and a little beyond, in an order that looks random.
        let part = f64::from((run * 17) % RUNS) / f64::from(RUNS) * 1.1;
        std::thread::sleep(usual.mul_f64(part).min(Duration::from_secs(5)));
        child.kill().unwrap();
        killed += u32::from(!child.wait().unwrap().success());
        let keyring = Keyring::load(place.path("keyring")).unwrap();
        resumed += u32::from(keyring.is_rotating());
        assert_eq!(opened(&place, &keyring), held, "after run {run}");
    }
    // Both must have happened, or nothing was tested.
    assert!(
        killed > 0 && resumed > 0,
        "{killed} killed, {resumed} in the middle"
    );

    place.run("rotate").code(0);
    let keyring = Keyring::load(place.path("keyring")).unwrap();
    assert!(!keyring.is_rotating());
    assert_eq!(opened(&place, &keyring), held);
    // All are under the newest key, not only under one that the keyring has.
    let newest: StoreKey = keyring.store_key().clone();
    let store = Store::open_existing(place.path("thenar.db")).unwrap();
    let walked = store.for_each_record::<Box<dyn Error>>(|subject, record| {
        assert!(
            record.open(&newest, &CONTRACT, subject).is_ok(),
            "{subject}"
        );
        Ok(())
    });
    walked.unwrap();
    println!(
        "{killed} of {RUNS} rotations of {RECORDS} records killed, {resumed} of them in the middle"
    );
}

/// Puts random templates into the store, each under a subject of its own.
fn fill(place: &Place) -> Held {
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let keyring = Keyring::load(place.path("keyring")).unwrap();
    let token = TokenRef::collection(keyring.collection_token());
    let (mut held, mut entries) = (Held::new(), Vec::new());
    for n in 0..RECORDS {
        let words = (0..16).map(|_| rng.next_u64()).collect();
        let template = BitTemplate::from_words(words, 1024).unwrap();
        let name = format!("subject{n}");
        let record = keyring.seal(&template, &CONTRACT, token, &name, rng);
        held.insert(name.clone(), template);
        entries.push(Ok::<_, StoreError>(Entry::Subject {
            name,
            enrolled_at: 0,
            records: vec![record],
        }));
    }
    let mut store = Store::open_existing(place.path("thenar.db")).unwrap();
    assert_eq!(store.import(entries).unwrap().records, RECORDS as u64);
    held
}

/// Every record of the store, opened with whichever key of the keyring sealed it.
fn opened(place: &Place, keyring: &Keyring) -> Held {
    let store = Store::open_existing(place.path("thenar.db")).unwrap();
    let mut found = Held::new();
    let walked = store.for_each_record::<Box<dyn Error>>(|subject, record| {
        let template = keyring.open(&record, &CONTRACT, subject).unwrap();
        assert!(
            found.insert(subject.to_owned(), template).is_none(),
            "{subject} twice"
        );
        Ok(())
    });
    walked.unwrap();
    found
}
