//! Degrees of freedom of a binary template.

use super::Distribution;

/// N = p(1 − p) / σ², the number of independent coin tosses whose share of heads spreads as the impostor distances do
/// (Daugman, *How Iris Recognition Works*, IEEE TCSVT 14(1), 2004).
///
/// `impostor` are fractional Hamming distances, 0..=1, in the caller's scores. `None` when they are not (outside
/// 0..=1), or have no spread, or their mean is 0 or 1.
///
/// N is not the entropy of a template: it describes impostor comparisons only, and an attacker is not bound to them.
#[must_use]
pub fn degrees_of_freedom(impostor: &Distribution) -> Option<f64> {
    let p = impostor.mean;
    let distances = impostor.min >= 0.0 && impostor.max <= 1.0;
    (distances && impostor.sd > 0.0 && p > 0.0 && p < 1.0)
        .then(|| p * (1.0 - p) / (impostor.sd * impostor.sd))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::ErrorCurve;
    use crate::{Polarity, ScoreSet};

    #[test]
    fn coin_tosses_give_their_number() {
        // The exact binomial distribution of 249 tosses (Daugman's iris codes), as counts.
        let mut histogram =
            crate::metrics::ScoreHistogram::new(Polarity::Distance, 0.0, 1.0, 249).unwrap();
        let mut share = 0.5f64.powi(249);
        for heads in 0..=249u32 {
            let count = (share * 1e15).round() as u64;
            histogram
                .push_many(crate::Kind::Impostor, heads as f32 / 249.0, count)
                .unwrap();
            share *= f64::from(249 - heads) / f64::from(heads + 1);
        }
        histogram.push(crate::Kind::Genuine, 0.1).unwrap();
        let (_, impostor) = histogram.curve().unwrap().distributions();
        let n = degrees_of_freedom(&impostor).unwrap();
        assert!((n - 249.0).abs() < 0.1, "{n}");
    }

    #[test]
    fn scores_that_are_no_distances_have_none() {
        let of = |impostor: &[f32]| {
            let scores = ScoreSet {
                genuine: vec![0.0],
                impostor: impostor.to_vec(),
                polarity: Polarity::Distance,
            };
            degrees_of_freedom(&ErrorCurve::new(&scores).unwrap().distributions().1)
        };
        assert_eq!(of(&[0.5, 0.5]), None);
        assert_eq!(of(&[0.5, 1.5]), None);
        assert_eq!(of(&[-0.5, 0.5]), None);
        let n = of(&[0.4, 0.6]).unwrap();
        assert!((n - 25.0).abs() < 1e-5, "{n}");
    }
}
