//! Scores with the names of the samples they are of.

use thenar_eval::{Compared, Comparisons, Polarity, Sample};

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
