//! Scores and candidates with the names of the samples they are of.

use thenar_eval::formats::nist::CandidateList;
use thenar_eval::{Compared, Comparisons, Nearest, Polarity, Sample};

/// The comparisons with their labels and files. Scores are turned into similarities, `1 - distance`, as bob has them.
pub(super) fn similarities<G, P>(
    all: &[Compared],
    (gallery, probe): (&[Sample<G>], &[Sample<P>]),
) -> Comparisons {
    let mut comparisons = Comparisons::new(Polarity::Similarity);
    for compared in all {
        let (reference, of) = (&gallery[compared.gallery], &probe[compared.probe]);
        comparisons.push(
            (&reference.label, Some(&reference.path)),
            (&of.label, Some(&of.path)),
            1.0 - compared.score,
        );
    }
    comparisons
}

/// The nearest palms of each probe, by their labels; none for a probe that failed to acquire.
pub(super) fn candidates<G, P>(
    nearest: &Nearest,
    (gallery, probe): (&[Sample<G>], &[Sample<P>]),
) -> Vec<CandidateList> {
    let list = |(of, found): &(usize, Vec<Compared>)| {
        let candidates = found
            .iter()
            .map(|c| (gallery[c.gallery].label.clone(), c.score));
        CandidateList {
            search: probe[*of].path.clone(),
            candidates: probe[*of].data.as_ref().map(|_| candidates.collect()),
        }
    };
    nearest.lists().iter().map(list).collect()
}
