//! The HTML report: what a browser would have to repair, what it would ask the network for, and what hostile text does.

mod html;

use std::path::Path;

use html::{all, parsed, texts};
use scraper::Html;
use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, SearchOutcome, Unlinkability, unlinkability,
};
use thenar_eval::page::{Page, Pair, Pairs, Picture, System, Table};
use thenar_eval::report::ListInfo;
use thenar_eval::{EvalError, Meta, Polarity, Report, ScoreSet, evaluate};

/// Everything a page can be made of.
struct Things {
    report: Report,
    curve: ErrorCurve,
    searches: Identification,
    linked: Unlinkability,
    bands: Vec<(f64, f64, f64)>,
}

fn scored(genuine: Vec<f32>, impostor: Vec<f32>) -> (Report, ErrorCurve) {
    let scores = ScoreSet {
        genuine,
        impostor,
        polarity: Polarity::Distance,
    };
    let report = evaluate(&scores, &Meta::default()).unwrap();
    (report, ErrorCurve::new(&scores).unwrap())
}

fn things() -> Things {
    let spread = |k: u32| (k * 37 % 101) as f32 / 101.0;
    let genuine = (0..100).map(spread).collect();
    let impostor = (0..4_000).map(|k| spread(k) + 0.6).collect();
    let (report, curve) = scored(genuine, impostor);
    let search = |k: u32| {
        let candidates = (0..30).map(|subject| Candidate {
            subject,
            score: ((subject * 7 + k) % 30) as f32,
        });
        SearchOutcome::new(Polarity::Distance, Some(k % 30), candidates)
    };
    let searches = (0..60).map(search).collect();
    let searches = Identification::new(Polarity::Distance, 30, searches);
    let mated: Vec<f64> = (0..200).map(|k| f64::from(spread(k))).collect();
    let other: Vec<f64> = mated.iter().map(|s| s + 0.4).collect();
    Things {
        report: report.with_identification(&searches),
        curve,
        searches,
        linked: unlinkability(&mated, &other, 1.0, 20).unwrap(),
        bands: vec![(1e-3, 0.3, 0.6), (1e-2, 0.1, 0.3), (0.1, 0.0, 0.1)],
    }
}

impl Things {
    fn system<'a>(&'a self, name: &'a str) -> System<'a> {
        System {
            bands: &self.bands,
            searches: Some(&self.searches),
            unlinkability: Some(&self.linked),
            ..System::new(name, &self.report, &self.curve)
        }
    }
}

/// A PNG as far as its header goes, and some bytes.
fn picture(bytes: usize, label: &str, file: &str) -> Picture {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x60\0\0\0\x40".to_vec();
    png.resize(png.len() + bytes, 0x5a);
    Picture {
        png,
        label: label.into(),
        file: file.into(),
    }
}

fn pair(bytes: usize) -> Pair {
    Pair {
        gallery: picture(bytes, "3", "g/3.png"),
        probe: picture(bytes, "4", "p/4.png"),
        score: 0.25,
    }
}

fn table(cell: &str) -> Table {
    Table {
        title: format!("Table of {cell}"),
        note: cell.into(),
        columns: vec![cell.into(), "n".into()],
        rows: vec![vec![cell.into(), "1".into()]; 2],
    }
}

#[test]
fn a_page_of_one_system_shows_what_is_known() {
    let things = things();
    let mut page = Page::new("Closed set", vec![things.system("")]);
    page.tables = vec![table("words"), table("more words")];
    page.pairs = Pairs {
        system: String::new(),
        genuine: vec![pair(10), pair(10)],
        impostor: vec![pair(10)],
    };
    page.provenance.date = Some("the first of May".into());
    page.provenance.more = vec![("Seed".into(), "7".into())];
    let html = page.html().unwrap();
    let document = parsed(&html);
    assert_eq!(texts(&document, "title"), ["Closed set"]);
    assert_eq!(
        texts(&document, "h2"),
        [
            "Summary",
            "Figures",
            "All figures",
            "Table of words",
            "Table of more words",
            "Pairs to look at",
            "Provenance",
            "Definitions"
        ]
    );
    // DET, ROC, scores, CMC, unlinkability; the cards; the figures with counts and interval.
    assert_eq!(all(&document, "svg").len(), 5);
    let cards = texts(&document, ".card .value");
    let report = &things.report;
    assert_eq!(cards.len(), 5);
    assert_eq!(cards[0], format!("{:.2} %", report.eer * 100.0));
    assert_eq!(
        cards[2],
        format!("{:.2} %", report.fnmr_at_fmr["1e-3"].unwrap() * 100.0)
    );
    assert_eq!(cards[3..], ["—", "—"]);
    let row = all(&document, "#values tbody tr").into_iter().map(|row| {
        let cells = row.child_elements();
        cells
            .map(|c| c.text().collect::<String>())
            .collect::<Vec<_>>()
    });
    let row = row
        .into_iter()
        .find(|cells| cells[0] == "FNMR at FMR 10−3")
        .unwrap();
    let at = report.points_at_fmr["1e-3"].unwrap();
    assert_eq!(row[1], cards[2]);
    assert!(row[2].starts_with('[') && row[2].contains(".."));
    assert_eq!(row[3], format!("{}/100", at.false_non_matches));
    assert_eq!(row[4], at.threshold.to_string());
    assert_eq!(all(&document, ".pair img").len(), 6);
    let provenance = texts(&document, "#provenance").concat();
    for part in [
        "thenar-eval 0",
        "the first of May",
        "Seed",
        "distance (low is a match)",
    ] {
        assert!(provenance.contains(part), "{part:?} is not in {provenance}");
    }
    assert_eq!(html, page.html().unwrap());
}

#[test]
fn several_systems_share_figures_and_keep_their_colours() {
    let (a, b) = (things(), scored(vec![0.2; 50], vec![0.5; 500]));
    let systems = vec![
        System::new("plain", &b.0, &b.1),
        System::new("constant", &b.0, &b.1),
        a.system("with <everything>"),
    ];
    let html = Page::new("Three", systems).html().unwrap();
    let document = parsed(&html);
    // DET, ROC, three histograms, one CMC, one unlinkability.
    assert_eq!(all(&document, "svg").len(), 7);
    let names = texts(&document, "#summary tbody th");
    assert_eq!(names, ["plain", "constant", "with <everything>"]);
    assert_eq!(texts(&document, "#values h3"), names);
    assert_eq!(texts(&document, "#provenance h3"), names);
    // The only system of the CMC is the third here, and has the third colour there.
    let cmc = texts(&document, "svg text");
    assert!(
        cmc.iter()
            .any(|t| t.trim() == "Cumulative match characteristic")
    );
    let cmc = all(&document, "svg").into_iter().nth(5).unwrap().html();
    assert!(cmc.contains("#009E73") && !cmc.contains("#0072B2"));
    // The systems have seen different numbers of comparisons: no sentence speaks for all.
    assert!(
        !texts(&document, "#summary p")
            .concat()
            .contains("impostor comparisons.")
    );
}

const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\" onload=\"x' onerror='y",
    "&amp; &lt; & &#0; <!-- --> ]]> </style></title></bdi>",
    "\u{202e}gnp.mlap \u{2066}שלום مرحبا",
    "nul \u{0} escape \u{1b}[31m bell \u{7} \u{85}",
    "{{x}} ${y} `z` \\",
];

#[test]
fn text_of_a_caller_stays_text() {
    let long = "very_long_name/".repeat(270);
    for text in HOSTILE.into_iter().chain([long.as_str(), "", "\n\n"]) {
        let mut things = things();
        let list = || ListInfo {
            path: text.into(),
            sha256: text.into(),
            samples: 3,
        };
        let report = &mut things.report;
        report.gallery = Some(list());
        report.probe = Some(list());
        report.model_contract = Some(text.into());
        for field in [
            &mut report.method,
            &mut report.protect,
            &mut report.input,
            &mut report.command_line,
            &mut report.schema,
        ] {
            *field = text.into();
        }
        let point = report.points_at_fmr["1e-3"];
        report.points_at_fmr.insert(text.into(), point);
        let mut page = Page::new(text, vec![things.system(text); 2]);
        page.introduction = text.into();
        page.tables = vec![table(text)];
        page.pairs.system = text.into();
        page.pairs.genuine = vec![Pair {
            gallery: picture(3, text, text),
            probe: picture(3, text, text),
            score: 1.0,
        }];
        page.provenance.program = text.into();
        page.provenance.date = Some(text.into());
        page.provenance.more = vec![(text.into(), text.into())];
        let html = page.html().unwrap();
        // A page made of empty names has no words for its tables and headings; the rest must hold all the same.
        let document = if text.trim().is_empty() {
            Html::parse_document(&html)
        } else {
            parsed(&html)
        };
        assert!(document.errors.is_empty(), "{:?}", document.errors);
        let turns = ['\u{202e}', '\u{2066}'];
        let replaced = |c: char| (c.is_control() && c != '\n') || turns.contains(&c);
        let shown = text.replace(replaced, "\u{fffd}");
        assert_eq!(texts(&document, "h1"), [shown.as_str()]);
        for place in [
            ".lead bdi",
            "tbody th bdi",
            ".pair .file bdi",
            "code bdi",
            "figcaption bdi",
        ] {
            let found = texts(&document, place);
            assert!(
                text.is_empty() || found.contains(&shown),
                "{place}: {found:?}"
            );
        }
    }
}

#[test]
fn little_is_enough() {
    let cases: [(&[f32], &[f32]); 6] = [
        (&[0.2], &[0.7]),
        (&[0.7], &[0.2]),
        (&[0.5], &[0.5]),
        (&[0.5; 5], &[0.5; 8]),
        (&[3.0e38], &[-3.0e38]),
        (&[0.1, f32::NAN], &[0.4, f32::NAN]),
    ];
    for (genuine, impostor) in cases {
        let (report, curve) = scored(genuine.into(), impostor.into());
        let system = System::new("", &report, &curve);
        let document = parsed(&Page::new("Little", vec![system]).html().unwrap());
        assert!(all(&document, "#pairs, img").is_empty());
        assert_eq!(all(&document, "svg").len(), 3);
        assert_eq!(texts(&document, ".card .none").len(), 4);
    }
    // A search without a mate gives no CMC; a table without rows says so; one kind of pairs is enough.
    let (report, curve) = scored(vec![0.2], vec![0.7]);
    let nobody = Identification::new(
        Polarity::Distance,
        1,
        vec![SearchOutcome::new(Polarity::Distance, None, vec![])],
    );
    let report = report.with_identification(&nobody);
    let system = System {
        searches: Some(&nobody),
        ..System::new("", &report, &curve)
    };
    let mut page = Page::new("Little", vec![system]);
    page.tables = vec![Table {
        rows: vec![],
        ..table("nothing")
    }];
    page.pairs.impostor = vec![pair(0)];
    let document = parsed(&page.html().unwrap());
    assert_eq!(all(&document, "svg").len(), 3);
    assert_eq!(texts(&document, "p.quiet"), ["No rows.", "None."]);
}

#[test]
fn what_cannot_be_shown_is_refused() {
    let refused = |page: &Page<'_>| match page.html() {
        Err(EvalError::Page { problem }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Page::default()), "0 systems, expected 1 to 100");
    let (report, curve) = scored(vec![0.2], vec![0.7]);
    let system = System::new("", &report, &curve);
    assert_eq!(
        refused(&Page::new("", vec![system; 101])),
        "101 systems, expected 1 to 100"
    );
    let mut page = Page::new("", vec![system]);
    page.tables = vec![table("x")];
    page.tables[0].rows[1].pop();
    assert!(refused(&page).contains("row 1 of table \"Table of x\" has 1 cells, expected 2"));
    let mut page = Page::new("", vec![system]);
    page.pairs.genuine = vec![pair(0)];
    page.pairs.genuine[0].probe.png = b"GIF89a".to_vec();
    assert!(refused(&page).contains("\"p/4.png\" is no PNG"));
    let bands = [(0.1, 0.5, 0.4)];
    let system = System {
        bands: &bands,
        ..system
    };
    let page = Page::new("", vec![system]);
    assert!(matches!(page.html(), Err(EvalError::Plot { .. })));
    // Nothing is left behind.
    let folder = tempfile::tempdir().unwrap();
    assert!(page.write(&folder.path().join("page.html")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn size_grows_with_the_pictures_and_not_faster() {
    let (report, curve) = scored(vec![0.2], vec![0.7]);
    let size = |pairs: usize, bytes: usize| {
        let mut page = Page::new("Size", vec![System::new("", &report, &curve)]);
        page.pairs.genuine = vec![pair(bytes); pairs];
        page.html().unwrap().len()
    };
    let (none, one, nine) = (size(0, 0), size(1, 9_000), size(9, 9_000));
    // Two pictures, four letters for three bytes, and less than a kilobyte of words around them.
    let each = (nine - one) / 8;
    assert!((24_000..25_500).contains(&each), "{each}");
    assert!(one - none < each + 1_000, "{none} {one}");
    assert!(none < 40_000, "{none}");
}

#[test]
fn a_page_is_written_as_it_is() {
    let things = things();
    let page = Page::new("Written", vec![things.system("")]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    page.write(&path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        page.html().unwrap()
    );
    let nowhere = page.write(Path::new("no/such/folder/page.html"));
    assert!(matches!(nowhere, Err(EvalError::Write { .. })));
}
