//! Protocols on given lists: those of Tongji, every kind of finding, refusals, files.

mod lists;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lists::palms;
use thenar_eval::protocols::{
    Check, FindingKind, Lists, Order, Setting, Source, Split, SplitSummary, Subjects, check,
    closed_set, cross_set, open_set,
};
use thenar_eval::{EvalError, List};

fn paths(list: &List) -> Vec<String> {
    list.entries.iter().map(|e| e.path.clone()).collect()
}

fn of(text: &str) -> List {
    List::parse(text.as_bytes(), Path::new("given.txt")).unwrap()
}

/// Kinds and counts of what is found.
fn kinds(found: &Check) -> BTreeMap<FindingKind, u64> {
    found.findings.iter().map(|f| (f.kind, f.count)).collect()
}

#[test]
fn the_protocols_of_tongji() {
    let session = |n: usize| palms(&format!("session{n}"), &[10; 600], false);
    let (first, second) = (session(1), session(2));
    let source = Source::Sessions {
        gallery: &first,
        probe: &second,
    };
    let order = Order::default();
    let closed = closed_set(&source, &order).unwrap();
    let found = check(&closed.lists(), &order.subjects);
    assert_eq!(kinds(&found), BTreeMap::new());
    // 6,000 × 6,000 comparisons, 600 × 10 × 10 of them genuine.
    assert_eq!(
        (found.pairs.genuine, found.pairs.impostor),
        (60_000, 35_940_000)
    );
    let open = open_set(&source, 0.5, &order).unwrap();
    let numbers = |l: &List| -> Vec<usize> {
        let labels: BTreeSet<usize> = l.entries.iter().map(|e| e.label.parse().unwrap()).collect();
        labels.into_iter().collect()
    };
    assert_eq!(numbers(open.training()), (0..300).collect::<Vec<_>>());
    assert_eq!(numbers(&open.probe), (300..600).collect::<Vec<_>>());
    assert_eq!(open.training().entries.len(), 6_000);
    let summary = open.summary(&order.subjects);
    assert_eq!(
        (summary.pairs.genuine, summary.pairs.impostor),
        (30_000, 8_970_000)
    );
}

#[test]
fn a_check_says_what_and_where() {
    let train = of("a.png 1\nb.png 2\nc.png 2\n");
    let gallery = of("g1.png 01\ng2.png 2\n./b.png 9\ng4.png 4\n");
    let probe = of("p1.png 01\np2.png 5\ng4.png 4\n");
    let lists = Lists {
        setting: Setting::Open,
        train: Some(&train),
        gallery: Some(&gallery),
        probe: Some(&probe),
    };
    let found = check(&lists, &Subjects::Palms);
    let expected = [
        (FindingKind::IdentityLeak, 1),
        (FindingKind::FileLeak, 1),
        (FindingKind::TwoLabels, 1),
        (FindingKind::SharedFile, 1),
        (FindingKind::SingleSample, 4),
        (FindingKind::ProbeWithoutMate, 1),
        (FindingKind::LikeLabels, 1),
    ];
    assert_eq!(kinds(&found), expected.into_iter().collect(), "{found}");
    assert_eq!(
        (
            found.pairs.genuine,
            found.pairs.impostor,
            found.pairs.same_file
        ),
        (1, 10, 1)
    );
    let text = found.to_string();
    for line in [
        "train           3 samples of 2 palms of 2 people",
        "pairs    1 genuine, 10 impostor, 1 of a file with itself left out",
        "LEAK     1 people of the training list are in the test of an open set",
        "           train line 2: b.png 2; gallery line 2: g2.png 2",
        "           train line 2: b.png 2; gallery line 3: ./b.png 9",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let json = serde_json::to_string(&found).unwrap();
    assert!(json.contains(r#""kind":"identity_leak""#), "{json}");
    assert_eq!(serde_json::from_str::<Check>(&json).unwrap(), found);

    let closed = Lists {
        setting: Setting::Closed,
        ..lists
    };
    let found = check(&closed, &Subjects::Palms);
    assert!(found.finding(FindingKind::IdentityLeak).is_none());
    assert!(found.finding(FindingKind::FileLeak).is_none());
    assert_eq!(found.finding(FindingKind::UntrainedLabel).unwrap().count, 3);
}

#[test]
fn lists_without_pairs_are_no_test() {
    let (one, other) = (of("a 1\nb 1\n"), of("c 2\n"));
    let test = |gallery, probe| {
        let lists = Lists {
            setting: Setting::Open,
            train: None,
            gallery: Some(gallery),
            probe: Some(probe),
        };
        check(&lists, &Subjects::Palms)
    };
    let found = test(&one, &other);
    assert!(!found.is_sound() && found.finding(FindingKind::NoGenuinePair).is_some());
    // A list with itself: each pair in both directions, no file with itself.
    let found = test(&one, &one);
    assert!(found.finding(FindingKind::NoImpostorPair).is_some());
    assert_eq!((found.pairs.genuine, found.pairs.same_file), (2, 2));
    assert_eq!(found.leaks().count(), 0);
    let text = found.to_string();
    assert!(
        text.contains("DEFECT   no impostor pair in gallery x probe\n"),
        "{text}"
    );
    let nothing = Lists {
        setting: Setting::Open,
        train: None,
        gallery: None,
        probe: None,
    };
    assert!(check(&nothing, &Subjects::Palms).is_sound());
}

#[test]
fn examples_are_few_and_counts_are_whole() {
    let all = palms("all", &[1; 25], false);
    let lists = Lists {
        setting: Setting::Open,
        train: Some(&all),
        gallery: None,
        probe: Some(&all),
    };
    let found = check(&lists, &Subjects::Palms);
    let leak = found.finding(FindingKind::IdentityLeak).unwrap();
    assert_eq!((leak.count, leak.examples.len()), (25, 10));
    assert!(found.to_string().contains("           ...\n"));
}

#[test]
fn what_cannot_be_made_is_refused_with_a_reason() {
    let (list, twice) = (palms("s", &[2, 2], false), of("a/b 0\n./a/b 1\nc 1\n"));
    let order = Order::default();
    let one = |enrolled| Source::One {
        list: &list,
        enrolled,
    };
    let message = |made: Result<Split, EvalError>| made.unwrap_err().to_string();
    assert_eq!(
        message(closed_set(&one(0), &order)),
        "protocol: 0 gallery samples of a label, expected at least 1"
    );
    assert_eq!(
        message(closed_set(&one(2), &order)),
        "protocol: no sample is left for the probe list"
    );
    for share in [0.0, 1.0, f64::NAN, -1.0] {
        assert!(message(open_set(&one(1), share, &order)).contains("training share"));
    }
    let pairs = Order {
        subjects: Subjects::Pairs,
        seed: None,
    };
    assert_eq!(
        message(open_set(&one(1), 0.5, &pairs)),
        "protocol: 1 people in the lists, an open set needs at least 2"
    );
    let source = Source::One {
        list: &twice,
        enrolled: 1,
    };
    assert_eq!(
        message(closed_set(&source, &order)),
        "protocol: \"./a/b\" is listed twice, given.txt line 1 and given.txt line 2"
    );
    for (a, b) in [
        ("x", "x"),
        ("", "y"),
        ("x", "a b"),
        ("x", "a/b"),
        ("x", "a:b"),
    ] {
        assert!(
            cross_set((a, &list), (b, &one(1)), &order).is_err(),
            "{a:?} {b:?}"
        );
    }
    let above = of("../x/a 0\n");
    let escaped = of("../x/a 0\n../x/b 0\n");
    let source = Source::One {
        list: &escaped,
        enrolled: 1,
    };
    assert!(message(cross_set(("p", &above), ("q", &source), &order)).contains("listed twice"));
    let rooted = of("/x/a 0\n");
    assert!(cross_set(("p", &rooted), ("q", &one(1)), &order).is_err());
}

#[test]
fn a_seed_draws_people_and_samples() {
    let all = palms("all", &[6; 40], false);
    let source = Source::One {
        list: &all,
        enrolled: 2,
    };
    let seeded = |seed| Order {
        subjects: Subjects::Palms,
        seed,
    };
    let made = |seed| open_set(&source, 0.5, &seeded(seed)).unwrap();
    assert_eq!(made(Some(7)), made(Some(7)));
    for (a, b) in [(Some(7), Some(8)), (Some(7), None)] {
        let (a, b) = (made(a), made(b));
        assert_ne!(paths(a.training()), paths(b.training()));
    }
    let enrolled = |seed| paths(&closed_set(&source, &seeded(seed)).unwrap().gallery);
    assert_ne!(enrolled(Some(7)), enrolled(None));
    assert_eq!(
        enrolled(None)[..3],
        ["all/0_0.png", "all/0_1.png", "all/1_0.png"]
    );
}

#[test]
fn a_split_is_written_and_read_back() {
    let all = palms("all", &[3; 6], true);
    let source = Source::One {
        list: &all,
        enrolled: 1,
    };
    let order = Order::default();
    let folder = tempfile::tempdir().unwrap();
    let split = open_set(&source, 0.5, &order).unwrap();
    split.write(folder.path()).unwrap();
    let read = |name: &str| List::read(&folder.path().join(name)).unwrap();
    for (name, list) in [
        ("train.txt", split.training()),
        ("gallery.txt", &split.gallery),
        ("probe.txt", &split.probe),
    ] {
        let read = read(name);
        assert_eq!((&read.entries, &read.digest), (&list.entries, &list.digest));
    }
    closed_set(&source, &order)
        .unwrap()
        .write(folder.path())
        .unwrap();
    assert_eq!(read("train.txt").entries, read("gallery.txt").entries);
    assert!(split.write(&folder.path().join("missing")).is_err());

    let summary = split.summary(&order.subjects);
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(
        serde_json::from_str::<SplitSummary>(&json).unwrap(),
        summary
    );
    let text = summary.to_string();
    assert!(
        text.starts_with("open set\n") && text.ends_with("6 genuine, 12 impostor\n"),
        "{text}"
    );
}
