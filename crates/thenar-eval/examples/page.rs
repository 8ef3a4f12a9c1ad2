//! Makes an HTML report from drawn scores and drawn pictures, to be looked at: `cargo run --example page -- FOLDER`.
//!
//! `page.html` shows one system with everything there is; `systems.html` compares three; `plain.html` has the least;
//! `odd.html` is full of names that would break a careless page.

use std::error::Error;
use std::path::Path;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, SearchOutcome, clopper_pearson, unlinkability,
};
use thenar_eval::page::{Extremes, Page, Pair, Pairs, Picture, System, Table};
use thenar_eval::{
    Compared, List, Meta, Pairwise, Polarity, Report, Sample, ScoreSet, compare, evaluate,
};

const PALMS: usize = 60;
type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("usage: page FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut rng = ChaCha8Rng::seed_from_u64(7);

    let (report, curve) = gaussian(&mut rng, 4.6, 200_000)?;
    let searches = identification(&mut rng, 3.0)?;
    let report = report.with_identification(&searches);
    let normal = Normal::new(0.0, 1.0)?;
    let mut draw = |mean: f64| -> Vec<f64> {
        let values = normal.sample_iter(&mut rng).take(4_000);
        values.map(|v| v + mean).collect()
    };
    let linked = unlinkability(&draw(0.4), &draw(0.0), 1.0, 60)?;
    let bands = bands(&curve);
    let system = System {
        bands: &bands,
        searches: Some(&searches),
        unlinkability: Some(&linked),
        ..System::new("", &report, &curve)
    };
    let mut page = Page::new("Drawn palms, closed set", vec![system]);
    page.introduction =
        "Gaussian scores and drawn pictures: nothing here was measured. It shows what a page looks like.".into();
    page.tables = tables();
    page.pairs = pairs()?;
    page.write(&folder.join("page.html"))?;

    let others = [3.2, 4.0].map(|distance| gaussian(&mut rng, distance, 200_000));
    let [weak, better] = others;
    let (weak, better) = (weak?, better?);
    let mut page = Page::new(
        "Three systems",
        vec![
            System::new("Competitive Code", &weak.0, &weak.1),
            System::new(
                "compact network, protected, 1024 bits",
                &better.0,
                &better.1,
            ),
            System {
                name: "compact network",
                ..system
            },
        ],
    );
    page.pairs = pairs()?;
    page.pairs.system = "compact network".into();
    page.write(&folder.join("systems.html"))?;

    odd(system)?.write(&folder.join("odd.html"))?;

    let scores = ScoreSet {
        genuine: vec![0.2],
        impostor: vec![0.7],
        polarity: Polarity::Distance,
    };
    let (report, curve) = (
        evaluate(&scores, &Meta::default())?,
        ErrorCurve::new(&scores)?,
    );
    let system = System::new("", &report, &curve);
    Page::new("Two comparisons", vec![system]).write(&folder.join("plain.html"))?;
    Ok(())
}

/// Names that are long, hostile, or run from right to left, wherever a name can stand.
fn odd(system: System<'_>) -> Result<Page<'_>, Failure> {
    let long = "a_very_long_name/".repeat(40);
    let names = [
        long.as_str(),
        "<script>console.error('run')</script><img src=\"http://192.0.2.1/x.png\">",
        "\u{202e}gnp.mlap \u{2066}שלום مرحبا & \"quotes\" 'single' \u{0}\u{1b}[31m",
    ];
    let mut report = system.report.clone();
    for field in [
        &mut report.method,
        &mut report.command_line,
        &mut report.protect,
    ] {
        *field = names.concat();
    }
    // The page borrows its names; an example may leave them to the end of the program.
    let report: &'static Report = Box::leak(Box::new(report));
    let system = |name: &str| System {
        name: Box::leak(name.to_owned().into_boxed_str()),
        report,
        ..system
    };
    let mut page = Page::new(names.concat(), names.map(system).into());
    page.introduction = names.concat();
    page.tables = vec![Table {
        title: names.concat(),
        note: names.concat(),
        columns: names.map(str::to_owned).into(),
        rows: vec![names.map(str::to_owned).into(); 3],
    }];
    page.pairs = pairs()?;
    page.pairs.system = names.concat();
    for (pair, name) in page.pairs.genuine.iter_mut().zip(names) {
        for text in [
            &mut pair.gallery.label,
            &mut pair.gallery.file,
            &mut pair.probe.file,
        ] {
            *text = name.to_owned();
        }
    }
    page.provenance.program = names.concat();
    page.provenance.more = vec![(names.concat(), names.concat())];
    Ok(page)
}

/// Distances with d' of `distance`, as many impostors as said, a tenth as many genuine.
fn gaussian(
    rng: &mut ChaCha8Rng,
    distance: f64,
    count: usize,
) -> Result<(Report, ErrorCurve), Failure> {
    let mut draw = |mean: f64, count: usize| -> Result<Vec<f32>, Failure> {
        let normal = Normal::new(mean, 0.02)?;
        Ok(normal
            .sample_iter(&mut *rng)
            .take(count)
            .map(|s| s as f32)
            .collect())
    };
    let scores = ScoreSet {
        genuine: draw(0.45 - 0.02 * distance, count / 10)?,
        impostor: draw(0.45, count)?,
        polarity: Polarity::Distance,
    };
    let lines: String = (0..180)
        .map(|k| format!("drawn{k}.png {}\n", k % 60))
        .collect();
    let list = |name: &str| List::parse(lines.as_bytes(), Path::new(name));
    let meta = Meta {
        method: "gaussian".into(),
        input: "roi".into(),
        command_line: "cargo run --example page -- FOLDER".into(),
        model_contract: Some("5f3c".repeat(16)),
        ..Meta::default()
    };
    let meta = meta.with_lists(
        &list("protocols/drawn/gallery.txt")?,
        &list("protocols/drawn/probe.txt")?,
    );
    Ok((evaluate(&scores, &meta)?, ErrorCurve::new(&scores)?))
}

/// The exact interval of the FNMR at sixty false match rates.
fn bands(curve: &ErrorCurve) -> Vec<(f64, f64, f64)> {
    let rates = (0..60).map(|k| 10f64.powf(-5.0 + 4.7 * f64::from(k) / 59.0));
    let band = |fmr: f64| {
        let at = curve.fnmr_at_fmr(fmr)?;
        let (low, high) = clopper_pearson(at.false_non_matches, at.genuine, 0.95);
        Some((fmr, low, high))
    };
    rates.filter_map(band).collect()
}

/// 400 searches among 200 palms; every tenth has no mate.
fn identification(rng: &mut ChaCha8Rng, distance: f64) -> Result<Identification, Failure> {
    let normal = Normal::new(0.0, 1.0)?;
    let mut search = |k: u32| {
        let mate = (!k.is_multiple_of(10)).then_some(k % 200);
        let candidates: Vec<Candidate> = (0..200)
            .map(|subject| {
                let shift = if Some(subject) == mate { distance } else { 0.0 };
                let score = (normal.sample(rng) + shift) as f32;
                Candidate { subject, score }
            })
            .collect();
        SearchOutcome::new(Polarity::Similarity, mate, candidates)
    };
    let searches = (0..400).map(&mut search).collect();
    Ok(Identification::new(Polarity::Similarity, 200, searches))
}

fn tables() -> Vec<Table> {
    let owned = |cells: &[&str]| -> Vec<String> { cells.iter().map(|c| (*c).to_owned()).collect() };
    vec![
        Table {
            title: "Changes against a baseline".into(),
            note: "Drawn, too.".into(),
            columns: owned(&["Figure", "Baseline", "Now", "Change"]),
            rows: vec![
                owned(&["EER", "1.20 %", "1.07 %", "−0.13 %"]),
                owned(&["FNMR at FMR 1e-3", "8.1 %", "6.6 %", "−1.5 %"]),
            ],
        },
        Table {
            title: "Failures to acquire by reason".into(),
            note: String::new(),
            columns: owned(&["Reason", "Gallery", "Probe"]),
            rows: vec![
                owned(&["no hand", "3", "5"]),
                owned(&["two palms", "0", "2"]),
            ],
        },
    ]
}

/// A palm of three lines; two samples of it differ by some noise, some samples by a lot.
#[derive(Clone, Copy)]
struct Palm {
    lines: [f64; 3],
}

/// The worst of all comparisons of drawn palms, with their pictures.
fn pairs() -> Result<Pairs, Failure> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let noise = Normal::new(0.0, 0.03)?;
    let palms: Vec<Palm> = (0..PALMS)
        .map(|_| Palm {
            lines: [0.0; 3].map(|_| rng.random_range(0.1..0.9)),
        })
        .collect();
    let mut samples = |session: u32| -> Vec<Sample<Palm>> {
        let of = |k: usize| Sample {
            path: format!("session{session}/palm{:03}_{}.png", k % PALMS, k / PALMS),
            label: (k % PALMS).to_string(),
            data: Some(Palm {
                lines: palms[k % PALMS].lines.map(|l| l + noise.sample(&mut rng)),
            }),
        };
        (0..3 * PALMS).map(of).collect()
    };
    let (gallery, probe) = (samples(1), samples(2));
    let none = Extremes::new(Polarity::Distance, 100, 1);
    let score = |a: &Palm, b: &Palm| {
        let differences = a.lines.iter().zip(b.lines).map(|(x, y)| (x - y).abs());
        differences.sum::<f64>() as f32
    };
    let matcher = Pairwise::new(&gallery, &probe, score);
    let found = compare(
        &gallery,
        &probe,
        Polarity::Distance,
        &matcher,
        &none,
        |_| (),
    )?
    .scores;
    let picture = |sample: &Sample<Palm>| Picture {
        png: sample.data.map(draw).unwrap_or_default(),
        label: sample.label.clone(),
        file: sample.path.clone(),
    };
    let pair = |c: &Compared| Pair {
        gallery: picture(&gallery[c.gallery]),
        probe: picture(&probe[c.probe]),
        score: c.score,
    };
    Ok(Pairs {
        system: String::new(),
        genuine: found.hardest_genuine(9, 1).iter().map(pair).collect(),
        impostor: found.closest_impostor(9, 1).iter().map(pair).collect(),
    })
}

/// A grey picture of the palm's lines, as PNG.
fn draw(palm: Palm) -> Vec<u8> {
    const SIDE: u32 = 128;
    let mut rows = Vec::new();
    for y in 0..SIDE {
        rows.push(0); // no filter
        for x in 0..SIDE {
            let (x, y) = (
                f64::from(x) / f64::from(SIDE),
                f64::from(y) / f64::from(SIDE),
            );
            let curves = palm.lines.iter().zip([0.25, -0.35, 0.15]);
            let nearest = curves
                .map(|(at, bend)| (y - at - bend * (x - 0.5) * (x + 0.5)).abs())
                .fold(1.0, f64::min);
            let dark = 130.0 * (-nearest * nearest * 900.0).exp();
            rows.push((170.0 + 30.0 * x - dark) as u8);
        }
    }
    png(SIDE, SIDE, &rows)
}

/// A PNG file of 8-bit grey rows, each after a byte that names its filter.
fn png(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let packed = packed.write_all(rows).and_then(|()| packed.finish());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    for (name, data) in [
        (b"IHDR", header),
        (b"IDAT", packed.unwrap_or_default()),
        (b"IEND", vec![]),
    ] {
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(&data);
        file.extend((data.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(&data);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}
