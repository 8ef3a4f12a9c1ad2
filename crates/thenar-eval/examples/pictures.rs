//! Draws every picture of the crate from drawn scores, to be looked at: `cargo run --example pictures -- FOLDER`.
//!
//! The odd ones are among them: one point, everything equal, everything apart, more systems than colours.

use std::error::Error;
use std::path::Path;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, SearchOutcome, Unlinkability, unlinkability,
};
use thenar_eval::{Polarity, ScoreSet, plot};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: pictures FOLDER")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let save = |name: &str, svg: String| std::fs::write(folder.join(name), svg);

    let names = [
        "CompCode",
        "CompNet",
        "CO3Net",
        "CCNet",
        "thenar compact",
        "thenar protected, 1024 bits",
        "Ordinal",
        "RLOC",
        "the ninth system",
    ];
    let curves: Vec<ErrorCurve> = (0..names.len())
        .map(|k| gaussian(&mut rng, 1.5 + 0.6 * k as f64, 20_000))
        .collect::<Result<_, _>>()?;
    let all: Vec<(&str, &ErrorCurve)> = names.into_iter().zip(&curves).collect();
    for (file, systems) in [
        ("one", vec![("", &curves[2])]),
        ("three", all[1..4].to_vec()),
        ("nine", all),
    ] {
        save(
            &format!("det-{file}.svg"),
            plot::det_systems_svg("Gaussian scores", &systems)?,
        )?;
        save(
            &format!("roc-{file}.svg"),
            plot::roc_systems_svg("Gaussian scores", &systems)?,
        )?;
    }
    for (name, genuine, impostor) in [
        ("equal", &[0.5f32; 5][..], &[0.5f32; 8][..]),
        ("apart", &[0.1, 0.2], &[0.8, 0.9]),
        ("wrong", &[0.8, 0.9], &[0.1, 0.2]),
        ("single", &[0.1], &[0.2]),
    ] {
        let curve = curve(genuine.to_vec(), impostor.to_vec())?;
        save(&format!("det-{name}.svg"), plot::det_svg(name, &curve)?)?;
        save(&format!("roc-{name}.svg"), plot::roc_svg(name, &curve)?)?;
    }

    for (name, curve) in [("weak", &curves[1]), ("strong", &curves[8])] {
        let histogram = plot::Histogram::new(curve, 100);
        let svg = plot::histogram_svg("Gaussian scores", &histogram)?;
        save(&format!("histogram-{name}.svg"), svg)?;
    }

    let searches: Vec<Identification> = [0.8, 2.0, 4.0].map(|d| search(&mut rng, d)).into();
    let systems: Vec<(&str, &Identification)> = ["weak", "better", "best"]
        .into_iter()
        .zip(&searches)
        .collect();
    for ranks in [1, 5, 20, 200] {
        save(
            &format!("cmc-{ranks}.svg"),
            plot::cmc_svg("200 palms", &systems, ranks)?,
        )?;
    }
    save(
        "cmc-best.svg",
        plot::cmc_svg("200 palms", &systems[2..], 10)?,
    )?;

    let draw = |rng: &mut ChaCha8Rng, mean: f64| -> Result<Vec<f64>, Box<dyn Error>> {
        Ok(Normal::new(mean, 1.0)?
            .sample_iter(rng)
            .take(4_000)
            .collect())
    };
    for distance in [0.0, 1.0, 4.0] {
        let (mated, other) = (draw(&mut rng, distance)?, draw(&mut rng, 0.0)?);
        let found = unlinkability(&mated, &other, 1.0, 60)?;
        let name = format!("unlinkability-{distance}.svg");
        save(
            &name,
            plot::unlinkability_svg("Records under two keys", &found)?,
        )?;
    }
    let one = Unlinkability {
        scores: vec![0.3],
        local: vec![0.5],
        mated: vec![3.0],
        non_mated: vec![1.0],
        d_sys: 0.0,
        maximal: 0.0,
    };
    save(
        "unlinkability-one.svg",
        plot::unlinkability_svg("One bin", &one)?,
    )?;
    Ok(())
}

fn curve(genuine: Vec<f32>, impostor: Vec<f32>) -> Result<ErrorCurve, Box<dyn Error>> {
    let polarity = Polarity::Distance;
    Ok(ErrorCurve::new(&ScoreSet {
        genuine,
        impostor,
        polarity,
    })?)
}

fn gaussian(
    rng: &mut ChaCha8Rng,
    distance: f64,
    count: usize,
) -> Result<ErrorCurve, Box<dyn Error>> {
    let mut draw = |mean: f64, count: usize| -> Result<Vec<f32>, Box<dyn Error>> {
        let normal = Normal::new(mean, 1.0)?;
        Ok((0..count).map(|_| normal.sample(rng) as f32).collect())
    };
    curve(draw(-distance, count / 10)?, draw(0.0, count)?)
}

/// 200 enrolled palms, 400 searches; the mate's score lies `distance` above the others.
fn search(rng: &mut ChaCha8Rng, distance: f64) -> Identification {
    let normal = Normal::new(0.0, 1.0).expect("a deviation of 1 is valid");
    let searches = (0..400u32)
        .map(|k| {
            let mate = k % 200;
            let candidates: Vec<Candidate> = (0..200)
                .map(|subject| Candidate {
                    subject,
                    score: (normal.sample(rng) + if subject == mate { distance } else { 0.0 })
                        as f32,
                })
                .collect();
            SearchOutcome::new(Polarity::Similarity, Some(mate), candidates)
        })
        .collect();
    Identification::new(Polarity::Similarity, 200, searches)
}
