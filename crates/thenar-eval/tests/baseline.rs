//! A report beside an older one.

use proptest::prelude::*;
use thenar_eval::baseline::{Comparison, Over, Verdict, compare};
use thenar_eval::metrics::{BootstrapPlan, bootstrap_subjects};
use thenar_eval::report::ListInfo;
use thenar_eval::{
    Comparisons, Meta, Polarity, Report, ScoreSet, SubjectComparison, SubjectScores, evaluate,
};

fn list(name: &str, digest: char) -> Option<ListInfo> {
    Some(ListInfo {
        path: format!("{name}.txt"),
        sha256: digest.to_string().repeat(64),
        samples: 10,
    })
}

fn report(genuine: &[f32], impostor: &[f32]) -> Report {
    let scores = ScoreSet {
        genuine: genuine.to_vec(),
        impostor: impostor.to_vec(),
        polarity: Polarity::Similarity,
    };
    let meta = Meta {
        method: "compact".into(),
        protect: "l1".into(),
        input: "roi".into(),
        gallery: list("gallery", 'a'),
        probe: list("probe", 'b'),
        ..Meta::default()
    };
    evaluate(&scores, &meta).unwrap()
}

/// `wrong` of 1,000 genuine scores lie below all impostor scores.
fn with_errors(wrong: usize) -> Report {
    let genuine: Vec<f32> = (0..1_000)
        .map(|k| if k < wrong { 0.0 } else { 9.0 })
        .collect();
    let impostor: Vec<f32> = (0..3_000).map(|k| 1.0 + k as f32 / 3_000.0).collect();
    report(&genuine, &impostor)
}

fn verdict_of(found: &Comparison, figure: &str) -> (Verdict, Option<bool>) {
    let change = found.figures.iter().find(|c| c.figure == figure).unwrap();
    (change.verdict, change.better)
}

#[test]
fn a_change_is_clear_where_the_intervals_do_not_overlap() {
    let (old, little, much) = (with_errors(50), with_errors(45), with_errors(10));
    let (within, clear) = (compare(&old, &little), compare(&old, &much));
    assert!(within.is_same_test() && within.lists_known);
    for figure in ["fnmr_at_fmr.1e-2", "gar_at_fmr.1e-3", "zero_fmr.fnmr"] {
        assert_eq!(
            verdict_of(&within, figure),
            (Verdict::WithinDoubt, Some(true)),
            "{figure}"
        );
        assert_eq!(
            verdict_of(&clear, figure),
            (Verdict::Clear, Some(true)),
            "{figure}"
        );
        let back = compare(&much, &old);
        assert_eq!(
            verdict_of(&back, figure),
            (Verdict::Clear, Some(false)),
            "{figure}"
        );
    }
    let change = clear
        .figures
        .iter()
        .find(|c| c.figure == "fnmr_at_fmr.1e-2")
        .unwrap();
    assert_eq!((change.old, change.new), (Some(0.05), Some(0.01)));
    assert!((change.change.unwrap() + 0.04).abs() < 1e-12);
    assert!((change.relative.unwrap() + 0.8).abs() < 1e-12);
    assert_eq!(change.over, Some(Over::Comparisons));
    assert_eq!(verdict_of(&clear, "auc"), (Verdict::NoInterval, Some(true)));
    assert_eq!(verdict_of(&clear, "genuine_scores.mean").1, None);
    // 3,000 impostor comparisons: FMR 1e-4 is measured in neither, and is not listed.
    assert!(clear.figures.iter().all(|c| !c.figure.ends_with("1e-4")));
}

#[test]
fn another_test_is_marked_with_the_reason() {
    let old = with_errors(5);
    let reasons = |change: &dyn Fn(&mut Report)| {
        let mut new = old.clone();
        change(&mut new);
        let found = compare(&old, &new);
        assert!(!found.is_same_test());
        assert!(found.table().starts_with("NOT THE SAME TEST"));
        found.not_the_same_test.join("; ")
    };
    let digest = reasons(&|r| r.probe = list("other", 'c'));
    assert!(
        digest.contains("the probe list differs: sha256 was bbbb") && digest.contains("cccc"),
        "{digest}"
    );
    assert_eq!(
        reasons(&|r| r.gallery = None),
        "the new report does not name its gallery list"
    );
    assert_eq!(
        reasons(&|r| r.polarity = Polarity::Distance),
        "scores were a similarity and are a distance"
    );
    assert_eq!(
        reasons(&|r| r.input = "photo".into()),
        "input was \"roi\" and is \"photo\""
    );
    assert_eq!(
        reasons(&|r| r.tokens = Some("own".into())),
        "tokens were \"one\" and are \"own\""
    );
    assert_eq!(
        reasons(&|r| r.genuine += 7),
        "genuine comparisons, with failures, were 1000 and are 1007"
    );
    // A method that fails more often is still on the same test.
    let mut failing = old.clone();
    (failing.genuine, failing.genuine_failed) = (990, 10);
    assert!(compare(&old, &failing).is_same_test());
    // No token is as good as one for all.
    let mut protected = old.clone();
    protected.tokens = Some("one".into());
    assert!(compare(&old, &protected).is_same_test());
}

#[test]
fn the_table_says_what_is_what() {
    let table = compare(&with_errors(50), &with_errors(10)).table();
    for part in [
        "Old: compact (l1)",
        "0.05000 [0.03734 .. 0.06539]",
        "-0.04000",
        "-80.0 %",
        "better, clear",
        "clear: the 95 % intervals do not overlap",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
    let mut unnamed = with_errors(1);
    (unnamed.gallery, unnamed.probe) = (None, None);
    assert!(
        compare(&unnamed, &unnamed)
            .table()
            .starts_with("The reports name no lists")
    );
}

#[test]
fn intervals_over_subjects_come_first_and_figures_of_one_report_are_listed() {
    let mut all = Comparisons::new(Polarity::Similarity);
    let mut subjects = Vec::new();
    for probe in 0..20u32 {
        for reference in 0..20u32 {
            let score = if probe == reference { 5.0 } else { 0.0 } + (probe * 7 % 9) as f32;
            let (p, r) = (probe.to_string(), reference.to_string());
            all.push((&r, Some(&r)), (&p, Some(&p)), score);
            subjects.push(SubjectComparison {
                reference,
                probe,
                score,
            });
        }
    }
    let scores = SubjectScores {
        polarity: Polarity::Similarity,
        comparisons: subjects,
    };
    let plan = BootstrapPlan {
        replicates: 50,
        ..BootstrapPlan::default()
    };
    let found = bootstrap_subjects(&scores, &[1e-2], &plan).unwrap();
    let plain = evaluate(&all.score_set(), &Meta::default()).unwrap();
    let full = plain
        .clone()
        .with_bootstrap(&found, &plan, &[("1e-2", 1e-2)])
        .with_identification(&all.identification().unwrap());
    let over = |found: &Comparison, figure: &str| {
        let change = found.figures.iter().find(|c| c.figure == figure).unwrap();
        change.over
    };
    let both = compare(&full, &full);
    assert_eq!(over(&both, "eer"), Some(Over::Subjects));
    assert_eq!(over(&both, "fnmr_at_fmr.1e-2"), Some(Over::Subjects));
    assert_eq!(over(&both, "identification.rank5"), Some(Over::Comparisons));
    let one = compare(&plain, &full);
    assert_eq!(over(&one, "eer"), Some(Over::Comparisons));
    assert_eq!(
        verdict_of(&one, "identification.rank5").0,
        Verdict::NotComparable
    );
    assert!(one.table().contains("not measured"));
}

proptest! {
    #[test]
    fn a_report_beside_itself_has_no_change(
        genuine in proptest::collection::vec(-9f32..9.0, 1..40),
        impostor in proptest::collection::vec(-9f32..9.0, 1..400),
    ) {
        let report = report(&genuine, &impostor);
        let found = compare(&report, &report);
        prop_assert!(found.is_same_test());
        prop_assert!(found.figures.len() > 10);
        for change in &found.figures {
            prop_assert_eq!(change.change, Some(0.0));
            prop_assert_eq!((change.verdict, change.better), (Verdict::Unchanged, None));
        }
        let json = serde_json::to_string(&found).unwrap();
        prop_assert_eq!(serde_json::from_str::<Comparison>(&json).unwrap(), found);
    }

    #[test]
    fn turning_the_reports_round_turns_the_changes_round(a in 0usize..300, b in 0usize..300) {
        let (a, b) = (with_errors(a), with_errors(b));
        for (there, back) in compare(&a, &b).figures.iter().zip(&compare(&b, &a).figures) {
            prop_assert_eq!(&there.figure, &back.figure);
            prop_assert_eq!(there.change, back.change.map(|c| -c));
            prop_assert_eq!(there.verdict, back.verdict);
            prop_assert_eq!(there.better, back.better.map(|b| !b));
        }
    }
}
