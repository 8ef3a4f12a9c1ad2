//! Fits the distribution of principal creases to hand-labelled ones and prints `src/palm/principal.json`.
//!
//! `cargo run --release -p thenar-synth --example fit_principal -- principal-creases.json > principal.json`
//!
//! The input holds 1000 palms with three polylines each (life, head, heart; ROI-normalised, thumb on the
//! left), converted from `PolyCreases/labeled_data.pkl` of Ukuer/Diff-Palm (Apache-2.0). Each line is
//! resampled to 12 points of equal arc length and mirrored to our convention (thumb on the right); what is
//! kept is the mean and the leading principal components of the 72 coordinates.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use serde_json::{Value, json};

const POINTS: usize = 12;
const COMPONENTS: usize = 20;

fn main() {
    let path = std::env::args()
        .nth(1)
        .expect("usage: fit_principal principal-creases.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"));
    let palms = file["palms"].as_array().expect("`palms` is a list");
    let rows: Vec<Vec<f64>> = palms.iter().map(coordinates).collect();

    let dim = rows[0].len();
    let mean: Vec<f64> = (0..dim)
        .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / rows.len() as f64)
        .collect();
    let centred = DMatrix::from_fn(rows.len(), dim, |i, j| rows[i][j] - mean[j]);
    let covariance = centred.transpose() * &centred / (rows.len() - 1) as f64;
    let eigen = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let kept: f64 = order[..COMPONENTS]
        .iter()
        .map(|&i| eigen.eigenvalues[i])
        .sum();
    eprintln!(
        "{} palms, {:.1} % of the variance kept",
        rows.len(),
        100.0 * kept / eigen.eigenvalues.sum()
    );

    // Components are scaled by their standard deviation: a palm is mean + Σ z_i · component_i, z ~ N(0, 1).
    let components: Vec<Vec<f64>> = order[..COMPONENTS]
        .iter()
        .map(|&i| {
            let sd = eigen.eigenvalues[i].max(0.0).sqrt();
            DVector::from(eigen.eigenvectors.column(i))
                .iter()
                .map(|v| round(v * sd))
                .collect()
        })
        .collect();
    let out = json!({
        "source": "mean and leading principal components of 1000 hand-labelled palms, Ukuer/Diff-Palm PolyCreases (Apache-2.0); made by examples/fit_principal.rs",
        "order": ["life", "head", "heart"],
        "points": POINTS,
        "mean": mean.iter().map(|v| round(*v)).collect::<Vec<_>>(),
        "components": components,
    });
    println!("{out}");
}

fn round(v: f64) -> f64 {
    (v * 1e5).round() / 1e5
}

fn coordinates(palm: &Value) -> Vec<f64> {
    let mut out = Vec::new();
    for line in palm.as_array().expect("a palm is a list of lines") {
        let points: Vec<[f64; 2]> = line
            .as_array()
            .expect("a line is a list of points")
            .iter()
            .map(|p| [1.0 - p[0].as_f64().expect("x"), p[1].as_f64().expect("y")])
            .collect();
        out.extend(resample(&points).into_iter().flatten());
    }
    out
}

fn resample(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut along = vec![0.0];
    for pair in points.windows(2) {
        let step = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
        along.push(along.last().unwrap() + step);
    }
    let total = *along.last().unwrap();
    (0..POINTS)
        .map(|k| {
            let want = total * k as f64 / (POINTS - 1) as f64;
            let i = along
                .partition_point(|&a| a < want)
                .clamp(1, points.len() - 1);
            let t = (want - along[i - 1]) / (along[i] - along[i - 1]).max(1e-12);
            [0, 1].map(|c| points[i - 1][c] + t * (points[i][c] - points[i - 1][c]))
        })
        .collect()
}
