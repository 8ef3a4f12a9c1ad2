//! Several photos of one palm become one feature.

use zeroize::Zeroizing;

use crate::{Feature, Palm, Pipeline, PipelineError, Score};

/// Photos of one enrolment must agree with each other at this false-match rate, or one of them shows another palm.
pub const ENROLMENT_FMR: f64 = 1e-1;

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
    palms: &[Palm],
) -> Result<Option<Disagreement>, PipelineError> {
    if palms.len() < 2 {
        return Ok(None);
    }
    let mut worst: Option<Disagreement> = None;
    for (index, palm) in palms.iter().enumerate() {
        let others = (0..palms.len()).filter(|&i| i != index);
        let others = mean_feature(others.map(|i| &palms[i]))?;
        let score = pipeline.compare(&palm.views, &others)?;
        if worst.is_none_or(|w| score.distance > w.score.distance) {
            worst = Some(Disagreement { index, score });
        }
    }
    Ok(worst.filter(|w| !w.score.matches(ENROLMENT_FMR)))
}

/// The mean feature of photos of one palm, brought back to norm 1. Of the first photo the centred view counts, of each
/// further one the view nearest to it, so that a region cut some pixels aside does not blur the mean. Summed in `f64`
/// and in order, so that it is the same everywhere.
///
/// # Errors
/// [`PipelineError::NoFeature`] without photos, or when their features cancel each other out.
pub fn mean_feature<'a>(
    palms: impl IntoIterator<Item = &'a Palm>,
) -> Result<Feature, PipelineError> {
    let mut palms = palms.into_iter();
    let first = &palms.next().ok_or(PipelineError::NoFeature)?.feature;
    let mut sum: Zeroizing<Vec<f64>> =
        Zeroizing::new(first.iter().map(|&v| f64::from(v)).collect());
    for palm in palms {
        let likeness = |view: &Feature| -> f64 {
            let products = view
                .iter()
                .zip(first.iter())
                .map(|(&a, &b)| f64::from(a) * f64::from(b));
            products.sum()
        };
        let nearest = palm
            .views
            .iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.ok_or(PipelineError::NoFeature)?;
        sum.iter_mut()
            .zip(nearest.iter())
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

    fn palm(views: &[&[f32]]) -> Palm {
        let views: Vec<Feature> = views.iter().map(|v| Zeroizing::new(v.to_vec())).collect();
        Palm {
            feature: views[0].clone(),
            views,
            quality: None,
            side: None,
        }
    }

    #[test]
    fn the_mean_has_norm_one() {
        let mean = mean_feature(&[palm(&[&[1.0, 0.0]]), palm(&[&[0.0, 1.0]])]).unwrap();
        assert!((mean[0] - 0.5f32.sqrt()).abs() < 1e-6 && mean[0] == mean[1]);
        assert!(mean_feature(&[]).is_err());
        assert!(mean_feature(&[palm(&[&[1.0]]), palm(&[&[-1.0]])]).is_err());
    }

    #[test]
    fn a_photo_cut_aside_adds_its_nearest_view() {
        let aside = palm(&[&[0.0, 1.0], &[1.0, 0.0]]);
        let mean = mean_feature(&[palm(&[&[1.0, 0.0]]), aside]).unwrap();
        assert_eq!(mean.as_slice(), &[1.0, 0.0]);
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
            palm(&[&raw.iter().map(|v| v / norm).collect::<Vec<_>>()])
        };
        let same = [unit(1), unit(1), unit(1)];
        assert_eq!(check_agreement(&pipeline, &same).unwrap(), None);
        let mixed = [unit(1), unit(1), unit(2), unit(1)];
        let found = check_agreement(&pipeline, &mixed).unwrap();
        assert_eq!(found.map(|d| d.index), Some(2));
        assert_eq!(check_agreement(&pipeline, &mixed[..1]).unwrap(), None);
    }
}
