//! Draws every picture of the crate from drawn scores, to be looked at: `cargo run --example pictures -- FOLDER`.
//!
//! The odd ones are among them: one point, everything equal, everything apart, more systems than colours.

use std::error::Error;
use std::path::Path;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, SearchOutcome, Unlinkability, clopper_pearson,
    unlinkability,
};
use thenar_eval::plot::{AttackAxis, AttackCurve, AttackPoint};
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
    attacks(&save)
}

fn attacks(save: &dyn Fn(&str, String) -> std::io::Result<()>) -> Result<(), Box<dyn Error>> {
    let attack = |name: &str, ats: &[f64], rate: &dyn Fn(f64) -> f64| {
        let point = |&at: &f64| {
            let accepted = (rate(at).clamp(0.0, 1.0) * 200.0) as u64;
            let (low, high) = clopper_pearson(accepted, 200, 0.95);
            let rate = accepted as f64 / 200.0;
            AttackPoint {
                at,
                rate,
                low,
                high,
            }
        };
        AttackCurve {
            name: name.to_owned(),
            points: ats.iter().map(point).collect(),
        }
    };
    let queries: Vec<f64> = (0..=12)
        .map(|k| 10f64.powf(f64::from(k) / 2.0).round())
        .collect();
    let climbing = attack("hill climbing", &queries, &|n| n.log10() / 6.0 - 0.1);
    let random = attack("random probes", &queries, &|n| n / 5e6);
    let axis = AttackAxis::Effort("Queries for each record");
    let both = [climbing, random.clone()];
    save(
        "attack-queries.svg",
        plot::attack_svg("Attacks on level 1", axis, &both)?,
    )?;
    save(
        "attack-rare.svg",
        plot::attack_svg("Random probes", axis, &both[1..])?,
    )?;
    let thresholds: Vec<f64> = (0..=40).map(|k| f64::from(k) / 80.0).collect();
    let stolen = attack("stolen record", &thresholds, &|t| 4.0 * t - 0.4);
    let axis = AttackAxis::Threshold("Threshold (share of differing bits)");
    save(
        "attack-threshold.svg",
        plot::attack_svg("A stolen store", axis, &[stolen])?,
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
