//! Pictures of curves: something is drawn, the numbers stand behind it, and odd input neither panics nor draws nothing.

use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, SearchOutcome, Unlinkability, unlinkability,
};
use thenar_eval::{EvalError, Polarity, ScoreSet, plot};

fn curve(genuine: &[f32], impostor: &[f32]) -> ErrorCurve {
    let scores = ScoreSet {
        genuine: genuine.into(),
        impostor: impostor.into(),
        polarity: Polarity::Distance,
    };
    ErrorCurve::new(&scores).unwrap()
}

/// Distances that overlap a little, better with a larger `gap`.
fn overlapping(gap: f32) -> ErrorCurve {
    let spread = |k: u32| (k * 37 % 101) as f32 / 101.0;
    let genuine: Vec<f32> = (0..100).map(spread).collect();
    let impostor: Vec<f32> = (0..101).map(|k| spread(k) + gap).collect();
    curve(&genuine, &impostor)
}

/// Searches among `enrolled` subjects; the mate of search k is at rank k + 1.
fn searches(enrolled: u32, mated: u32) -> Identification {
    let of = |k: u32| {
        let score = |subject: u32| {
            if subject == 0 {
                -(k as f32) - 0.5
            } else {
                -(subject as f32)
            }
        };
        let candidates = (0..enrolled).map(|subject| Candidate {
            subject,
            score: score(subject),
        });
        SearchOutcome::new(Polarity::Similarity, Some(0), candidates)
    };
    Identification::new(
        Polarity::Similarity,
        enrolled as usize,
        (0..mated).map(of).collect(),
    )
}

/// Every picture is whole, has its title, and a coordinate for everything it draws.
fn drawn(svg: &Result<String, EvalError>, title: &str) -> String {
    let svg = svg.as_ref().unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains(title) && !svg.contains("NaN") && !svg.contains("inf"));
    svg.clone()
}

/// Marks (lines, dots, areas) in the colour of the first system.
fn marks(svg: &str, colour: &str) -> usize {
    svg.lines().filter(|line| line.contains(colour)).count()
}

const FIRST: &str = "#0072B2";
const SECOND: &str = "#D55E00";

#[test]
fn several_systems_stand_in_one_picture_with_their_names() {
    let curves = [overlapping(0.3), overlapping(0.6)];
    let systems = [
        ("Competitive Code", &curves[0]),
        ("a <new> one", &curves[1]),
    ];
    for svg in [
        plot::det_systems_svg("Both", &systems),
        plot::roc_systems_svg("Both", &systems),
    ] {
        let svg = drawn(&svg, "Both");
        assert!(svg.contains("Competitive Code") && svg.contains("a &lt;new&gt; one"));
        // Two halves of the line in the legend, and the curve.
        assert_eq!((marks(&svg, FIRST), marks(&svg, SECOND)), (3, 3));
    }
    let one = drawn(&plot::roc_svg("One", &curves[0]), "One");
    assert_eq!((marks(&one, FIRST), marks(&one, SECOND)), (1, 0));
}

#[test]
fn there_may_be_more_systems_than_colours_and_long_names() {
    let curve = overlapping(0.4);
    let names: Vec<String> = (0..40)
        .map(|k| format!("{}, number {k}", "長い名前".repeat(k)))
        .collect();
    let systems: Vec<(&str, &ErrorCurve)> =
        names.iter().map(|name| (name.as_str(), &curve)).collect();
    drawn(&plot::det_systems_svg("Many", &systems), "Many");
    let csv = plot::roc_systems_csv(&systems);
    assert!(
        csv.starts_with("system,threshold,fmr,tmr\n\", number 0\","),
        "{}",
        &csv[..60]
    );
}

#[test]
fn the_numbers_behind_a_roc_are_those_of_the_curve() {
    let curve = overlapping(0.5);
    let csv = plot::roc_csv(&curve);
    let rows: Vec<Vec<f64>> = csv
        .lines()
        .skip(1)
        .map(|row| row.split(',').map(|v| v.parse().unwrap()).collect())
        .collect();
    assert!(rows.len() > 20);
    for row in &rows {
        let errors = curve.at(row[0] as f32);
        assert_eq!((row[1], row[2]), (errors.fmr(), 1.0 - errors.fnmr()));
    }
    assert_eq!((rows[0][1], rows[0][2]), (1.0, 1.0));
    let last = &rows[rows.len() - 1];
    assert_eq!((last[1], last[2]), (0.0, 0.0));
    let both = plot::det_systems_csv(&[("a", &curve), ("b", &curve)]);
    let of = |name: &str| both.lines().filter(|l| l.starts_with(name)).count();
    assert_eq!((of("a,"), of("b,")), (rows.len(), rows.len()));
}

#[test]
fn odd_scores_leave_a_mark_all_the_same() {
    let sets: [(&[f32], &[f32]); 5] = [
        (&[0.5; 5], &[0.5; 8]),
        (&[0.1, 0.2], &[0.8, 0.9]),
        (&[0.1], &[0.2]),
        (&[3.0e38], &[-3.0e38]),
        (&[0.0, 1.0], &[0.0, 1.0]),
    ];
    for (genuine, impostor) in sets {
        let curve = curve(genuine, impostor);
        let det = drawn(&plot::det_svg("Odd", &curve), "Odd");
        let says_why = det.contains("At no threshold");
        assert!(
            marks(&det, FIRST) > 0 || says_why,
            "{genuine:?} {impostor:?}"
        );
        assert_eq!(says_why, genuine == [3.0e38]);
        let roc = drawn(&plot::roc_svg("Odd", &curve), "Odd");
        assert!(marks(&roc, FIRST) > 0, "{genuine:?} {impostor:?}");
    }
}

#[test]
fn a_cmc_shows_every_rank_that_there_is() {
    let ten = searches(10, 5);
    let csv = plot::cmc_csv(&[("ours", &ten)], 1_000_000_000);
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 11);
    assert_eq!(
        rows[..3],
        [
            "system,rank,rate,found,searches",
            "ours,1,0.2,1,5",
            "ours,2,0.4,2,5"
        ]
    );
    let svg = drawn(&plot::cmc_svg("Ranks", &[("ours", &ten)], 10), "Ranks");
    // Ten dots, the line, and its two halves in the legend.
    assert_eq!(marks(&svg, FIRST), 13);
    for (enrolled, ranks) in [(1, 1), (1, 0), (10, 1), (0, 5), (300, 300)] {
        let svg = plot::cmc_svg("Ranks", &[("", &searches(enrolled, 3))], ranks);
        assert!(
            marks(&drawn(&svg, "Ranks"), FIRST) > 0,
            "{enrolled} {ranks}"
        );
    }
}

#[test]
fn nothing_to_draw_is_an_error_that_says_so() {
    let message = |svg: Result<String, EvalError>| svg.unwrap_err().to_string();
    let nothing = "no system was given, expected at least one";
    assert!(message(plot::det_systems_svg("", &[])).ends_with(nothing));
    assert!(message(plot::roc_systems_svg("", &[])).ends_with(nothing));
    assert!(message(plot::cmc_svg("", &[], 5)).ends_with(nothing));
    assert_eq!(
        message(plot::cmc_svg("", &[("ours", &searches(4, 0))], 5)),
        "the CMC cannot be drawn: system \"ours\" has no search with a mate, expected at least one"
    );
    let of = |scores: Vec<f64>, height: f64| Unlinkability {
        local: vec![0.5; scores.len()],
        mated: vec![height; scores.len()],
        non_mated: vec![0.0; scores.len()],
        scores,
        d_sys: 0.0,
        maximal: 0.0,
    };
    assert!(message(plot::unlinkability_svg("", &of(vec![], 1.0))).contains("no bin"));
    assert!(message(plot::unlinkability_svg("", &of(vec![0.0], f64::NAN))).contains("not finite"));
    // One bin, no density, centres that tie or fall: odd, but drawn.
    for (scores, height) in [
        (vec![0.3], 2.0),
        (vec![0.3, 0.3], 2.0),
        (vec![0.3, 0.1], 0.0),
        (vec![-1.0e300, 1.0e300], 1.0e-300),
    ] {
        drawn(&plot::unlinkability_svg("Odd", &of(scores, height)), "Odd");
    }
}

#[test]
fn unlinkability_is_drawn_with_its_figure() {
    let mated: Vec<f64> = (0..1_000).map(|k| f64::from(k % 97) / 97.0 + 0.4).collect();
    let other: Vec<f64> = (0..1_000).map(|k| f64::from(k % 89) / 89.0).collect();
    let found = unlinkability(&mated, &other, 1.0, 20).unwrap();
    let svg = drawn(&plot::unlinkability_svg("Keys", &found), "Keys");
    assert!(svg.contains(&format!("D_sys = {:.3}", found.d_sys)) && found.d_sys > 0.1);
    assert!(svg.contains("non-mated") && marks(&svg, "#009E73") == 2);
    let csv = plot::unlinkability_csv(&found);
    assert_eq!(csv.lines().count(), 21);
    let row: Vec<f64> = csv
        .lines()
        .nth(20)
        .unwrap()
        .split(',')
        .map(|v| v.parse().unwrap())
        .collect();
    assert_eq!(
        row,
        [
            found.scores[19],
            found.mated[19],
            found.non_mated[19],
            found.local[19]
        ]
    );
}

#[test]
fn a_band_lies_under_its_curve() {
    let curve = overlapping(0.5);
    let bands = [(0.01, 0.2, 0.9), (0.1, 0.1, 0.4), (0.7, 0.0, 0.1)];
    let svg = drawn(&plot::det_bands_svg("Banded", &curve, &bands), "Banded");
    let polygons = |svg: &str| svg.matches("<polygon").count();
    assert_eq!((polygons(&svg), marks(&svg, FIRST)), (1, 2));
    assert!(svg.find("<polygon").unwrap() < svg.rfind(FIRST).unwrap());
    // Without a band it is the picture it always was.
    let plain = plot::det_svg("Banded", &curve).unwrap();
    assert_eq!(plot::det_bands_svg("Banded", &curve, &[]).unwrap(), plain);
    assert_eq!(polygons(&plain), 0);
    let two = plot::det_systems_bands_svg("Two", &[("a", &curve, &[]), ("b", &curve, &bands)]);
    let two = drawn(&two, "Two");
    assert_eq!((marks(&two, FIRST), marks(&two, SECOND)), (3, 4));
    // Rates at the very ends, and a single one.
    for odd in [&[(0.0, 0.0, 0.0), (1.0, 1.0, 1.0)][..], &[(0.0, 0.0, 1.0)]] {
        drawn(&plot::det_bands_svg("Odd", &curve, odd), "Odd");
    }
    let refused = plot::det_bands_svg("Wrong", &curve, &[(0.1, 0.5, 0.4)]).unwrap_err();
    assert!(refused.to_string().contains("FNMR 0.5 to 0.4 at FMR 0.1"));
    let csv = plot::det_bands_csv(&bands[..2]);
    assert_eq!(csv, "fmr,fnmr_low,fnmr_high\n0.01,0.2,0.9\n0.1,0.1,0.4\n");
}
