//! Several photos of one palm become one feature.

use zeroize::Zeroizing;

use crate::{Feature, Pipeline, PipelineError, Score};

/// Photos of one enrolment must agree with each other at this false-match rate, or one of them shows another palm.
pub const ENROLMENT_FMR: f64 = 1e-2;

/// A photo that does not show the palm of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    /// Its place among the photos.
    pub index: usize,
    /// How near it comes to the mean of the others.
    pub score: Score,
}

/// The photo that agrees least with the mean of the others, when that is too little.
///
/// # Errors
/// When a feature has a wrong length.
pub fn check_agreement(
    pipeline: &Pipeline,
    features: &[Feature],
) -> Result<Option<Disagreement>, PipelineError> {
    if features.len() < 2 {
        return Ok(None);
    }
    let mut worst: Option<Disagreement> = None;
    for (index, feature) in features.iter().enumerate() {
        let others = mean_feature(
            (0..features.len())
                .filter(|&i| i != index)
                .map(|i| &features[i]),
        )?;
        let score = pipeline.compare(feature, &others)?;
        if worst.is_none_or(|w| score.distance > w.score.distance) {
            worst = Some(Disagreement { index, score });
        }
    }
    Ok(worst.filter(|w| !w.score.matches(ENROLMENT_FMR)))
}

/// The mean of features, brought back to norm 1. Summed in `f64` and in order, so that it is the same everywhere.
///
/// # Errors
/// [`PipelineError::NoFeature`] without features, or when they cancel each other out.
pub fn mean_feature<'a>(
    features: impl IntoIterator<Item = &'a Feature>,
) -> Result<Feature, PipelineError> {
    let mut sum: Zeroizing<Vec<f64>> = Zeroizing::new(Vec::new());
    for feature in features {
        if sum.is_empty() {
            sum.resize(feature.len(), 0.0);
        }
        sum.iter_mut()
            .zip(feature.iter())
            .for_each(|(s, &v)| *s += f64::from(v));
    }
    let norm = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
    if norm.is_nan() || norm < 1e-9 {
        return Err(PipelineError::NoFeature);
    }
    Ok(Zeroizing::new(
        sum.iter().map(|v| (v / norm) as f32).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(values: &[f32]) -> Feature {
        Zeroizing::new(values.to_vec())
    }

    #[test]
    fn the_mean_has_norm_one() {
        let mean = mean_feature(&[feature(&[1.0, 0.0]), feature(&[0.0, 1.0])]).unwrap();
        assert!((mean[0] - 0.5f32.sqrt()).abs() < 1e-6 && mean[0] == mean[1]);
        assert!(mean_feature(&[]).is_err());
        assert!(mean_feature(&[feature(&[1.0]), feature(&[-1.0])]).is_err());
    }

    #[test]
    fn the_stranger_among_the_photos_is_named() {
        let pipeline = Pipeline::shipped_for_rois().unwrap();
        let length = pipeline.feature_len();
        let unit = |seed: usize| {
            let raw: Vec<f32> = (0..length)
                .map(|i| ((i * 37 + 11) as f32 * (seed as f32 + 0.7)).sin())
                .collect();
            let norm = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
            feature(&raw.iter().map(|v| v / norm).collect::<Vec<_>>())
        };
        let same = [unit(1), unit(1), unit(1)];
        assert_eq!(check_agreement(&pipeline, &same).unwrap(), None);
        let mixed = [unit(1), unit(1), unit(2), unit(1)];
        let found = check_agreement(&pipeline, &mixed).unwrap();
        assert_eq!(found.map(|d| d.index), Some(2));
        assert_eq!(check_agreement(&pipeline, &mixed[..1]).unwrap(), None);
    }
}
