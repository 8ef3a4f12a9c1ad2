//! What the terms mean, a line each, and who says so.

use maud::{Markup, html};

/// Term, meaning, source.
const TERMS: [(&str, &str, &str); 19] = [
    (
        "Genuine, impostor comparison",
        "of two samples of one palm (mated), and of two palms (non-mated); left and right hand are two palms.",
        "ISO/IEC 19795-1",
    ),
    (
        "FMR",
        "false match rate: share of impostor comparisons that are accepted at a threshold.",
        "ISO/IEC 19795-1",
    ),
    (
        "FNMR",
        "false non-match rate: share of genuine comparisons that are rejected at a threshold.",
        "ISO/IEC 19795-1",
    ),
    (
        "EER",
        "equal error rate: middle of the interval in which FMR and FNMR meet; both are steps.",
        "FVC2000: Maio et al., IEEE TPAMI 24(3), 2002",
    ),
    (
        "EER, interpolated",
        "where the straight lines between the points of the ROC meet FMR = FNMR.",
        "usual with scikit-learn",
    ),
    (
        "EER, least difference",
        "mean of FMR and FNMR where they differ least.",
        "bob.measure",
    ),
    (
        "FNMR at FMR x",
        "the lowest FNMR at any threshold whose FMR is at most x (FMR100, FMR1000, FMR10000).",
        "FVC2000: Maio et al., 2002",
    ),
    (
        "GAR at FMR x",
        "genuine accept rate: 1 − FNMR at FMR x.",
        "ISO/IEC 19795-1, as true match rate",
    ),
    (
        "Zero FMR, zero FNMR",
        "the lowest FNMR without a false match, and the lowest FMR without a false non-match.",
        "FVC2000: Maio et al., 2002",
    ),
    (
        "Not measurable",
        "fewer than 3/x comparisons: a rate of x could not be told from zero at 95 %.",
        "rule of three; ISO/IEC 19795-1",
    ),
    (
        "Interval",
        "exact two-sided 95 % interval of a rate, comparisons taken as independent; of the EER, where the limits of both rates meet.",
        "Clopper, Pearson, Biometrika 26, 1934",
    ),
    (
        "Interval over subjects",
        "percentiles of the figure when subjects, not comparisons, are drawn again.",
        "Efron, Tibshirani, An Introduction to the Bootstrap, 1993",
    ),
    (
        "DET, ROC",
        "FNMR against FMR on probit axes; true match rate against FMR.",
        "Martin et al., Eurospeech 1997; ISO/IEC 19795-1",
    ),
    (
        "AUC, d′",
        "probability that a genuine score beats an impostor score; distance of the means in pooled deviations.",
        "Mann, Whitney, 1947; Daugman, 2000",
    ),
    (
        "Degrees of freedom",
        "p(1 − p)/σ² of the impostor distances: coin tosses that would spread as widely.",
        "Daugman, IEEE TCSVT 14(1), 2004",
    ),
    (
        "Rank-k, CMC",
        "share of searches whose palm is among the first k; a tie counts against the probe.",
        "ISO/IEC 19795-1",
    ),
    (
        "FPIR, FNIR",
        "share of searches without a mate that return somebody; of searches with a mate that miss it.",
        "ISO/IEC 19795-1",
    ),
    (
        "Failure to acquire",
        "a sample no template could be made of. It takes part in no matching rate, but is a miss in a search.",
        "ISO/IEC 19795-1",
    ),
    (
        "D_sys",
        "global linkability of records under two keys, 0 (none) to 1 (full).",
        "Gomez-Barrero et al., IEEE TIFS 13(6), 2018",
    ),
];

pub(super) fn section() -> Markup {
    html! {
        section #definitions {
            h2 { "Definitions" }
            dl.terms { @for (term, meaning, source) in TERMS {
                dt { (term) }
                dd { (meaning) " " span.source { "(" (source) ")" } }
            } }
        }
    }
}
