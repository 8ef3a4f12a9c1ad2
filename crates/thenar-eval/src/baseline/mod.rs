//! A report beside an older one: what changed, and whether the change is more than chance.
//!
//! The rule is plain: where the two 95 % intervals of a figure do not overlap, the change is *clear*; where they do, it
//! is *within the doubt*. The rule is careful. Two systems on the same comparisons err on the same hard pairs, and their
//! difference is surer than their intervals tell; a change within the doubt may still be real. Intervals over subjects
//! are used where both reports have them at 95 %, otherwise those that take comparisons as independent.

mod figures;

use serde::{Deserialize, Serialize};

use crate::report::ListInfo;
use crate::{Report, table};

/// Two reports side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The older method, with its protection.
    pub old_method: String,
    /// The newer method, with its protection.
    pub new_method: String,
    /// Why the reports are not of the same test, one reason each; empty where nothing speaks against it. With a reason,
    /// changes say nothing about the methods.
    pub not_the_same_test: Vec<String>,
    /// Do both reports name the digests of their lists? Without them the same test is only assumed.
    pub lists_known: bool,
    /// Every figure that at least one of the reports has.
    pub figures: Vec<Change>,
}

/// One figure in both reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Its key in `report.json`, with dots for keys within keys.
    pub figure: String,
    /// In the older report; `None`: not measured.
    pub old: Option<f64>,
    /// In the newer report; `None`: not measured.
    pub new: Option<f64>,
    /// New − old.
    pub change: Option<f64>,
    /// (New − old) / |old|; `None` also where old is 0.
    pub relative: Option<f64>,
    /// 95 % interval in the older report, where it has one.
    pub old_interval: Option<[f64; 2]>,
    /// 95 % interval in the newer report, where it has one.
    pub new_interval: Option<[f64; 2]>,
    /// What the intervals are over.
    pub over: Option<Over>,
    /// Is the new figure better? `None` where it is equal, not measured, or neither is good.
    pub better: Option<bool>,
    /// Is the change more than the intervals allow?
    pub verdict: Verdict,
}

/// What an interval takes as independent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Every comparison, or every search.
    Comparisons,
    /// Subjects (bootstrap).
    Subjects,
}

/// What can be said about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The figures are equal to the last bit.
    Unchanged,
    /// The 95 % intervals do not overlap.
    Clear,
    /// The 95 % intervals overlap.
    WithinDoubt,
    /// A figure without interval: nothing can be said.
    NoInterval,
    /// One report does not have it.
    NotComparable,
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Clear => "clear",
            Self::WithinDoubt => "within the doubt",
            Self::NoInterval => "no interval",
            Self::NotComparable => "not measured in both",
        }
    }
}

/// Lists every figure of two reports with its change.
///
/// Nothing is refused: where lists, polarity, input or the number of comparisons differ, [`Comparison::not_the_same_test`]
/// says so, and [`Comparison::is_same_test`] is false.
#[must_use]
pub fn compare(old: &Report, new: &Report) -> Comparison {
    let method = |r: &Report| match r.protect.as_str() {
        "" => r.method.clone(),
        protect => format!("{} ({protect})", r.method),
    };
    let lists = [&old.gallery, &old.probe, &new.gallery, &new.probe];
    Comparison {
        old_method: method(old),
        new_method: method(new),
        not_the_same_test: differences(old, new),
        lists_known: lists.into_iter().all(Option::is_some),
        figures: figures::changes(old, new),
    }
}

/// Why two reports are not of the same test.
fn differences(old: &Report, new: &Report) -> Vec<String> {
    let mut reasons = Vec::new();
    for (name, a, b) in [
        ("gallery list", &old.gallery, &new.gallery),
        ("probe list", &old.probe, &new.probe),
    ] {
        reasons.extend(list_difference(name, a.as_ref(), b.as_ref()));
    }
    if old.polarity != new.polarity {
        let (a, b) = (old.polarity.name(), new.polarity.name());
        reasons.push(format!("scores were a {a} and are a {b}"));
    }
    if old.input != new.input {
        reasons.push(format!("input was {:?} and is {:?}", old.input, new.input));
    }
    // A protection without a token is tested with nobody having one, which is as if all had the same.
    let tokens = |r: &Report| r.tokens.clone().unwrap_or_else(|| "one".into());
    if tokens(old) != tokens(new) {
        let (a, b) = (tokens(old), tokens(new));
        reasons.push(format!("tokens were {a:?} and are {b:?}"));
    }
    // Failures included: a method that rejects more samples is compared on fewer scores, but on the same test.
    for (kind, a, b) in [
        (
            "genuine",
            old.genuine.saturating_add(old.genuine_failed),
            new.genuine.saturating_add(new.genuine_failed),
        ),
        (
            "impostor",
            old.impostor.saturating_add(old.impostor_failed),
            new.impostor.saturating_add(new.impostor_failed),
        ),
    ] {
        if a != b {
            reasons.push(format!(
                "{kind} comparisons, with failures, were {a} and are {b}"
            ));
        }
    }
    reasons
}

fn list_difference(name: &str, old: Option<&ListInfo>, new: Option<&ListInfo>) -> Option<String> {
    match (old, new) {
        (Some(a), Some(b)) if a.sha256 != b.sha256 => Some(format!(
            "the {name} differs: sha256 was {} ({}) and is {} ({})",
            a.sha256, a.path, b.sha256, b.path
        )),
        (Some(_), None) => Some(format!("the new report does not name its {name}")),
        (None, Some(_)) => Some(format!("the old report does not name its {name}")),
        _ => None,
    }
}

impl Comparison {
    /// Does nothing speak against both reports being of the same test?
    #[must_use]
    pub fn is_same_test(&self) -> bool {
        self.not_the_same_test.is_empty()
    }

    /// The comparison as plain text: the reasons against it first, then a row for each figure.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        if !self.is_same_test() {
            text += "NOT THE SAME TEST: the changes below say nothing about the methods.\n";
            for reason in &self.not_the_same_test {
                text += &format!("  * {reason}\n");
            }
        } else if !self.lists_known {
            text += "The reports name no lists: that they are of the same test is assumed.\n";
        }
        let (head, rows) = self.cells();
        text + &table::draw_columns(&head, &rows)
            + "clear: the 95 % intervals do not overlap; within the doubt: they do.\n"
    }

    /// The table's head and rows, for whoever draws it in another way.
    #[must_use]
    pub fn cells(&self) -> ([String; 6], Vec<[String; 6]>) {
        let (old, new) = (
            format!("Old: {}", self.old_method),
            format!("New: {}", self.new_method),
        );
        let head = ["Figure", &old, &new, "Change", "Relative", "Verdict"].map(str::to_owned);
        (head, self.figures.iter().map(Change::row).collect())
    }
}

impl Change {
    fn row(&self) -> [String; 6] {
        let side = |value: Option<f64>, interval: Option<[f64; 2]>| match (value, interval) {
            (None, _) => "not measured".to_owned(),
            (Some(value), None) => number(value),
            (Some(value), Some([low, high])) => {
                format!("{} [{} .. {}]", number(value), number(low), number(high))
            }
        };
        let signed = |c: f64| format!("{}{}", if c > 0.0 { "+" } else { "" }, number(c));
        let relative = |r: f64| format!("{:+.1} %", r * 100.0);
        let verdict = match self.better {
            Some(true) => format!("better, {}", self.verdict.text()),
            Some(false) => format!("worse, {}", self.verdict.text()),
            None => self.verdict.text().to_owned(),
        };
        [
            self.figure.clone(),
            side(self.old, self.old_interval),
            side(self.new, self.new_interval),
            self.change.map_or_else(String::new, signed),
            self.relative.map_or_else(String::new, relative),
            verdict,
        ]
    }
}

/// Four digits are enough to see a change; tiny rates are not written as many zeros.
fn number(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-3..1e5).contains(&value.abs()) {
        let before = value.abs().log10().floor() as i32;
        format!("{value:.*}", (3 - before).max(0) as usize)
    } else {
        format!("{value:.3e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        let got = [0.0, 0.012_345, 12_345.6, -3.0, 1.2345e-7].map(number);
        assert_eq!(got, ["0", "0.01235", "12346", "-3.000", "1.235e-7"]);
    }
}
