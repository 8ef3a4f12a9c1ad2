//! Reports as plain text: one attack in full, and what each leak gives side by side.

use std::fmt::Write;

use super::{Acceptance, Climb, Fraction, Recovery, Report};

/// What each leak gives: one line for each report.
///
/// Shares are in per cent. `plain` and `best` are bits recovered, `replay` the best query of recovered bits, `cosine` that of
/// the reconstructed feature for as many bits as values and for half as many, `renewed` its acceptance after renewal,
/// `score` and `accept` the median of queries up to the first accepted, all at FMR 1e-3 but for `1e-4`. A dash: not
/// applicable, or not within the bound.
#[must_use]
pub fn table(reports: &[Report]) -> String {
    let mut text = format!(
        "{:20} {:15} {:>6} {:>6} {:>7} {:>7} {:>6} {:>6} {:>8} {:>8} {:>7} {:>7} {:>6}\n",
        "scheme",
        "leak",
        "plain",
        "best",
        "replay",
        "1e-4",
        "cosine",
        "half",
        "renewed",
        "half",
        "score",
        "accept",
        "D_sys"
    );
    for report in reports {
        line(&mut text, report);
    }
    text
}

fn line(text: &mut String, report: &Report) {
    let bits = report.recoveries.iter().map(|r| r.bits.fraction);
    let replay = |fmr| {
        let at = report.replays.iter().filter(|r| r.fmr == fmr);
        percent(highest(at.map(|r| r.accepted.fraction)))
    };
    // Half as many bits as values first, then as many.
    let ratio = |whole: usize| report.reconstructions.get(whole);
    let cosine = |whole| dash(ratio(whole).map(|r| format!("{:.3}", r.cosine.mean)));
    let renewed = |whole| {
        let of = ratio(whole).and_then(|r| {
            let mut accepted = r.accepted.iter();
            accepted.find(|a| a.target == "after renewal" && a.fmr == 1e-3)
        });
        percent(of.map(|a| a.accepted.fraction))
    };
    let queries = |oracle: &str| {
        let mut climbs = report.climbs.iter();
        let found = climbs.find(|c| c.oracle == oracle && c.query == "bits" && c.fmr == 1e-3);
        dash(found.and_then(|c| c.median_queries).map(|n| n.to_string()))
    };
    let linked = highest(report.linkage.iter().map(|l| l.d_sys));
    let _ = writeln!(
        text,
        "{:20} {:15} {:>6} {:>6} {:>7} {:>7} {:>6} {:>6} {:>8} {:>8} {:>7} {:>7} {:>6}",
        report.scheme,
        report.leak,
        percent(Some(report.bits_recovered)),
        percent(highest(bits)),
        replay(1e-3),
        replay(1e-4),
        cosine(1),
        cosine(0),
        renewed(1),
        renewed(0),
        queries("score"),
        queries("accept/reject"),
        dash(linked.map(|d| format!("{d:.3}"))),
    );
}

fn highest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(f64::max)
}

fn percent(share: Option<f64>) -> String {
    dash(share.map(|share| format!("{:.1}", 100.0 * share)))
}

fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

impl Report {
    /// Everything that was found, as text.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{} · {}\n{}\n", self.scheme, self.leak, self.parameters);
        let drawn = match self.correlation {
            Some(cosine) => format!("drawn features, cosine {cosine} between captures"),
            None => "given features".to_owned(),
        };
        let _ = writeln!(
            text,
            "{} palms with {} records each, {drawn}; seed {}; genuine queries differ in {:.1} % of bits",
            self.records,
            self.records_per_palm,
            self.seed,
            100.0 * self.genuine_distance
        );
        for t in &self.thresholds {
            let limit = t.distance.map(|d| format!("distance {d:.4}"));
            let limit = limit.unwrap_or_else(|| "too few comparisons".to_owned());
            let (fmr, comparisons, strangers) = (t.fmr, t.comparisons, t.strangers);
            let genuine = share(&t.genuine);
            let _ = writeln!(
                text,
                "threshold at FMR {fmr:e}: {limit}, of {comparisons} comparisons with {strangers} strangers; genuine accepted {genuine}"
            );
        }
        text.push_str("\nbits recovered\n");
        self.recoveries.iter().for_each(|r| recovery(&mut text, r));
        text.push_str("\nrecovered bits as a query\n");
        self.replays.iter().for_each(|a| acceptance(&mut text, a));
        for r in &self.reconstructions {
            let [low, high] = r.cosine.interval;
            let _ = writeln!(
                text,
                "\nfeature of {} values from {} bits ({}) and k1: cosine {:.3} [{low:.3}, {high:.3}], theory {:.3} for all bits",
                r.feature_len, r.bits, r.from, r.cosine.mean, r.theory
            );
            r.accepted.iter().for_each(|a| acceptance(&mut text, a));
        }
        if !self.climbs.is_empty() {
            text.push_str("\nhill climbing\n");
        }
        self.climbs.iter().for_each(|c| climb(&mut text, c));
        if !self.linkage.is_empty() {
            text.push_str("\nlinking two records\n");
        }
        for l in &self.linkage {
            let _ = writeln!(
                text,
                "  {:40} fresh {:9} D_sys {:.3} (floor {:.3}, 95 % {:.3})  maximal {:.3} (floor {:.3})  {} mated, {} non-mated",
                l.score,
                l.fresh,
                l.d_sys,
                l.d_sys_floor,
                l.d_sys_floor_95,
                l.maximal,
                l.maximal_floor,
                l.mated,
                l.non_mated
            );
        }
        text
    }
}

fn recovery(text: &mut String, r: &Recovery) {
    let _ = write!(text, "  {:28} {}", r.attack, share(&r.bits));
    if let Some(theory) = r.theory {
        let _ = write!(text, "  theory {:.2} %", 100.0 * theory);
    }
    let _ = write!(text, "  whole {} of {}", r.exact.count, r.exact.trials);
    if let Some(solved) = &r.solved {
        let _ = write!(text, "  solved {} of {}", solved.count, solved.trials);
    }
    if let Some(effort) = r.effort {
        let _ = write!(text, "  steps {effort:.0}");
    }
    text.push('\n');
}

fn acceptance(text: &mut String, a: &Acceptance) {
    let accepted = share(&a.accepted);
    let _ = writeln!(
        text,
        "  {:28} {:15} FMR {:e}: accepted {accepted} of {}",
        a.query, a.target, a.fmr, a.accepted.trials
    );
}

fn climb(text: &mut String, c: &Climb) {
    let queries = dash(c.median_queries.map(|n| n.to_string()));
    let _ = writeln!(
        text,
        "  {:13} {:7} from {:18} FMR {:e}: accepted {} of {} within {}, median after {queries}; bits {} after {}",
        c.oracle,
        c.query,
        c.start,
        c.fmr,
        c.accepted.count,
        c.accepted.trials,
        c.bound,
        share(&c.bits),
        c.median_total
    );
}

fn share(fraction: &Fraction) -> String {
    let [low, high] = fraction.interval.map(|limit| 100.0 * limit);
    format!("{:.2} % [{low:.2}, {high:.2}]", 100.0 * fraction.fraction)
}
