//! Protocols that are made are sound, and what is planted in them is found: on drawn lists.

mod lists;

use std::collections::BTreeSet;

use lists::{list, palms};
use proptest::prelude::*;
use thenar_eval::List;
use thenar_eval::protocols::{
    FindingKind, Lists, Order, Setting, Severity, Source, Split, Subjects, check, closed_set,
    cross_set, open_set,
};

fn people(list: &List, subjects: &Subjects) -> BTreeSet<String> {
    let entries = list.entries.iter();
    entries
        .map(|e| subjects.of(&e.label).into_owned())
        .collect()
}

/// Path and label of all samples, sorted, each as often as it stands there.
fn samples<'a>(lists: impl IntoIterator<Item = &'a List>) -> Vec<(String, String)> {
    let entries = lists.into_iter().flat_map(|l| &l.entries);
    let mut all: Vec<_> = entries.map(|e| (e.path.clone(), e.label.clone())).collect();
    all.sort();
    all
}

/// The pairs by the obvious double loop.
fn pairs(split: &Split) -> (u64, u64) {
    let mut found = (0, 0);
    for gallery in &split.gallery.entries {
        for probe in &split.probe.entries {
            if gallery.label == probe.label {
                found.0 += 1;
            } else {
                found.1 += 1;
            }
        }
    }
    found
}

fn orders() -> impl Strategy<Value = Order> {
    let subjects = prop_oneof![Just(Subjects::Palms), Just(Subjects::Pairs)];
    (subjects, proptest::option::of(any::<u64>()))
        .prop_map(|(subjects, seed)| Order { subjects, seed })
}

/// What must hold of every split: each sample in one list, no leak, and the pairs as counted.
fn holds(split: &Split, sources: &[&List], order: &Order) -> Result<(), TestCaseError> {
    let lists = split.train.iter().chain([&split.gallery, &split.probe]);
    prop_assert_eq!(samples(lists), samples(sources.iter().copied()));
    let found = check(&split.lists(), &order.subjects);
    let wrong = |f: &&thenar_eval::protocols::Finding| {
        f.kind.severity() != Severity::Note
            && !matches!(
                f.kind,
                FindingKind::NoGenuinePair | FindingKind::NoImpostorPair
            )
    };
    prop_assert_eq!(found.findings.iter().find(wrong), None);
    prop_assert_eq!(found.leaks().count(), 0);
    prop_assert_eq!((found.pairs.genuine, found.pairs.impostor), pairs(split));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn closed_sets_of_one_list(
        sizes in proptest::collection::vec(1usize..6, 1..12),
        enrolled in 1usize..4,
        mixed: bool,
        order in orders(),
    ) {
        let all = palms("all", &sizes, mixed);
        let made = closed_set(&Source::One { list: &all, enrolled }, &order);
        if sizes.iter().all(|&n| n <= enrolled) {
            prop_assert!(made.is_err());
            return Ok(());
        }
        let split = made.unwrap();
        holds(&split, &[&all], &order)?;
        prop_assert_eq!(split.training(), &split.gallery);
        for (palm, size) in sizes.iter().enumerate() {
            let label = palm.to_string();
            let count = split.gallery.entries.iter().filter(|e| e.label == label).count();
            prop_assert_eq!(count, enrolled.min(*size));
        }
    }

    #[test]
    fn open_sets_share_no_person(
        first in proptest::collection::vec(1usize..5, 4..20),
        second in proptest::collection::vec(0usize..5, 4..20),
        share in 0.01f64..0.99,
        sessions: bool,
        mixed: bool,
        order in orders(),
    ) {
        let (a, b) = (palms("s1", &first, mixed), palms("s2", &[&second[..], &[1]].concat(), mixed));
        let (source, sources) = if sessions {
            (Source::Sessions { gallery: &a, probe: &b }, vec![&a, &b])
        } else {
            (Source::One { list: &a, enrolled: 1 }, vec![&a])
        };
        // A draw may leave people for the test who have only gallery or only probe samples: that is refused.
        let split = match open_set(&source, share, &order) {
            Ok(split) => split,
            Err(refused) => {
                prop_assert!(refused.to_string().contains("no sample is left for the"), "{refused}");
                return Ok(());
            }
        };
        holds(&split, &sources, &order)?;
        let (trained, tested) = (
            people(split.training(), &order.subjects),
            &people(&split.gallery, &order.subjects) | &people(&split.probe, &order.subjects),
        );
        prop_assert!(trained.is_disjoint(&tested));
        let wanted = (share * (trained.len() + tested.len()) as f64).round() as usize;
        prop_assert_eq!(trained.len(), wanted.clamp(1, trained.len() + tested.len() - 1));
        prop_assert_eq!(&open_set(&source, share, &order).unwrap(), &split);
    }

    #[test]
    fn cross_sets_tell_equal_names_apart(
        train in proptest::collection::vec(1usize..4, 1..8),
        test in proptest::collection::vec(2usize..4, 1..8),
        order in orders(),
    ) {
        // The same palms and the same files in both, as far as the lists tell.
        let (train, test) = (palms("roi", &train, false), palms("roi", &test, false));
        let split =
            cross_set(("tongji", &train), ("iitd", &Source::One { list: &test, enrolled: 1 }), &order).unwrap();
        let renamed = |set: &str, of: &List| {
            let all: Vec<_> = of
                .entries
                .iter()
                .map(|e| (format!("{set}/{}", e.path), format!("{set}:{}", e.label)))
                .collect();
            list("renamed", &all)
        };
        holds(&split, &[&renamed("tongji", &train), &renamed("iitd", &test)], &order)?;
        prop_assert_eq!(samples([split.training()]), samples([&renamed("tongji", &train)]));
    }

    #[test]
    fn planted_leaks_are_found(
        sizes in proptest::collection::vec(2usize..5, 4..12),
        seed: u64,
        victim: prop::sample::Index,
        plant in 0usize..6,
    ) {
        let order = Order { subjects: Subjects::Pairs, seed: Some(seed) };
        let all = palms("all", &sizes, false);
        let split = open_set(&Source::One { list: &all, enrolled: 1 }, 0.5, &order).unwrap();
        let of = |l: &List| samples([l]);
        let (mut train, mut gallery, mut probe) = (of(split.training()), of(&split.gallery), of(&split.probe));
        let trained = train[victim.index(train.len())].clone();
        let tested = probe[victim.index(probe.len())].clone();
        let other_hand = (tested.1.parse::<u64>().unwrap() ^ 1).to_string();
        let expected = match plant {
            // Another image of a person who is tested.
            0 => { train.push(("new.png".into(), tested.1.clone())); FindingKind::IdentityLeak }
            // The other hand of one.
            1 => { train.push(("new.png".into(), other_hand)); FindingKind::IdentityLeak }
            // A training file among the probes, under a label of its own.
            2 => { probe.push((trained.0.clone(), "new".into())); FindingKind::FileLeak }
            // The same, spelled otherwise.
            3 => { gallery.push((format!("./{}", trained.0), "new".into())); FindingKind::FileLeak }
            // A probe that is enrolled under another spelling: compared with itself.
            4 => { gallery.push((tested.0.replace('/', "//"), tested.1.clone())); FindingKind::SelfComparison }
            _ => { probe.push((format!("x/../{}", tested.0), "new".into())); FindingKind::TwoLabels }
        };
        let (train, gallery, probe) = (list("t", &train), list("g", &gallery), list("p", &probe));
        let lists = Lists { setting: Setting::Open, train: Some(&train), gallery: Some(&gallery), probe: Some(&probe) };
        let found = check(&lists, &order.subjects);
        prop_assert!(!found.is_sound());
        let finding = found.finding(expected);
        prop_assert!(finding.is_some_and(|f| f.count == 1 && f.examples.len() == 1), "{found}");
        prop_assert_eq!(expected.severity() == Severity::Leak, found.leaks().any(|f| f.kind == expected));
    }
}
