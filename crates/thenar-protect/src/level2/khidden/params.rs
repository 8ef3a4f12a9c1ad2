//! The parameters of a K-hidden negative database, and what can be said of it from them alone.

use crate::ProtectError;

/// The most cells `K` a row may specify.
pub const MAX_K: usize = 16;

/// The most rows for each bit of the template.
pub const MAX_ROWS_PER_BIT: f64 = 64.0;

/// Below this a probability-weighted sum of small whole numbers counts as zero.
const ZERO: f64 = 1e-9;

/// What a row holds beside its `i` wrong cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowForm {
    /// `K − i` right cells, so that every row specifies `K`: DCPV, Algorithm 1.
    Published,
    /// One right cell, so that rows specify 2 to `K + 1` cells: the code published with DCPV.
    PublicCode,
}

/// `K`, `P` and `r` of a K-hidden negative database.
///
/// `P = (p_1 … p_K)`: a row has `i` wrong cells with probability `p_i`. `r`: rows for each bit, so `N = m·r` rows in all.
///
/// The paper gives no values for them. [`Self::default`] is a choice of ours inside its theorem 1.
#[derive(Debug, Clone, PartialEq)]
pub struct KHiddenParams {
    p: Vec<f64>,
    rows_per_bit: f64,
    form: RowForm,
}

impl KHiddenParams {
    /// Parameters of Algorithm 1. `p` holds `p_1 … p_K`, so its length is `K`.
    ///
    /// # Errors
    /// When `K` is not in 2..=[`MAX_K`], a probability is not in 0..=1, they do not add up to 1, or `rows_per_bit` is not
    /// above 0 and at most [`MAX_ROWS_PER_BIT`].
    pub fn new(p: &[f64], rows_per_bit: f64) -> Result<Self, ProtectError> {
        if !(2..=MAX_K).contains(&p.len()) {
            return Err(ProtectError::Parameter {
                what: "K, the number of probabilities,",
                value: p.len(),
                expected: format!("2..={MAX_K}"),
            });
        }
        if let Some(&value) = p.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            return Err(number("a probability of P", value, "0 to 1"));
        }
        let sum: f64 = p.iter().sum();
        if (sum - 1.0).abs() > ZERO {
            return Err(number("the sum of P", sum, "1"));
        }
        if !(rows_per_bit > 0.0 && rows_per_bit <= MAX_ROWS_PER_BIT) {
            let expected = "above 0 and at most 64";
            return Err(number("r, the rows for each bit,", rows_per_bit, expected));
        }
        Ok(Self {
            p: p.to_vec(),
            rows_per_bit,
            form: RowForm::Published,
        })
    }

    /// What the code published with DCPV runs (`Test_NDB.py` of `Zi-YuanYang/DCPV`, commit 924c6f2): `K = 4`, every `p_i`
    /// 1/4, `r = 2`, rows of `i` wrong cells and one right cell.
    pub fn public_code() -> Self {
        Self {
            p: vec![0.25; 4],
            rows_per_bit: 2.0,
            form: RowForm::PublicCode,
        }
    }

    /// The same parameters with rows of another form.
    #[must_use]
    pub fn with_form(mut self, form: RowForm) -> Self {
        self.form = form;
        self
    }

    /// `K`.
    pub fn k(&self) -> usize {
        self.p.len()
    }

    /// `p_1 … p_K`.
    pub fn p(&self) -> &[f64] {
        &self.p
    }

    /// `r`.
    pub fn rows_per_bit(&self) -> f64 {
        self.rows_per_bit
    }

    /// What a row holds beside its wrong cells.
    pub fn form(&self) -> RowForm {
        self.form
    }

    /// `N`, the rows for a template of `bits` bits: `bits · r`, rounded, at least 1.
    pub fn rows(&self, bits: usize) -> usize {
        // At most MAX_BITS · 64 = 2^20.
        ((bits as f64 * self.rows_per_bit).round() as usize).max(1)
    }

    /// Right cells of a row with `wrong` wrong ones.
    pub(super) fn right(&self, wrong: usize) -> usize {
        match self.form {
            RowForm::Published => self.k() - wrong,
            RowForm::PublicCode => 1,
        }
    }

    /// Specified cells of the longest row.
    pub fn longest_row(&self) -> usize {
        match self.form {
            RowForm::Published => self.k(),
            RowForm::PublicCode => self.k() + 1,
        }
    }

    /// The left side of eq. 12, `Σ (K − 2i) p_i`: what the paper asks to be above 0.
    pub fn eq12(&self) -> f64 {
        self.mean(|i| self.k() as f64 - 2.0 * i as f64)
    }

    /// Whether theorem 1 calls the database hard to reverse: [`Self::eq12`] above 0.
    ///
    /// It is precisely then that the signs of the column sums are the template (and below 0 its complement), so this
    /// promises nothing. See [`Self::sign_recovery`].
    pub fn is_hard_by_theorem_1(&self) -> bool {
        self.eq12() > ZERO
    }

    /// `μ`, the mean of right minus wrong cells in a row. For [`RowForm::Published`] it is [`Self::eq12`].
    pub fn drift(&self) -> f64 {
        self.mean(|i| self.right(i) as f64 - i as f64)
    }

    /// The mean number of specified cells in a row. For [`RowForm::Published`] it is `K`.
    pub fn mean_cells(&self) -> f64 {
        self.mean(|i| (self.right(i) + i) as f64)
    }

    /// `x = r μ² / K`, with [`Self::mean_cells`] for `K`: the squared mean of a column sum over its variance.
    ///
    /// It decides accuracy and reversibility at once: no choice of `P` and `r` raises one and not the other.
    pub fn clarity(&self) -> f64 {
        self.rows_per_bit * self.drift().powi(2) / self.mean_cells()
    }

    /// The expected fraction of bits that the signs of the column sums give: `Φ(√x)`; of the complement's bits when
    /// [`Self::drift`] is below 0.
    ///
    /// A column sum is the difference of two nearly Poisson counts with means `r(K ± μ)/2`, here taken as normal.
    pub fn sign_recovery(&self) -> f64 {
        normal_cdf(self.clarity().sqrt())
    }

    /// The expected cosine between the column sums and the template as ±1: `√(x / (1 + x))`.
    ///
    /// A genuine query with a fraction `ε` of differing bits has `(1 − 2ε)` times this; an impostor has 0 ± 1/√m.
    pub fn template_cosine(&self) -> f64 {
        let x = self.clarity();
        (x / (1.0 + x)).sqrt()
    }

    /// +1 when the column sums point at the template, −1 when at its complement.
    pub(super) fn orientation(&self) -> i64 {
        if self.drift() < -ZERO { -1 } else { 1 }
    }

    /// The parameters as one line. It enters the derivation of the seed, so it must never change.
    pub fn describe(&self) -> String {
        let form = match self.form {
            RowForm::Published => "khidden/v1",
            RowForm::PublicCode => "khidden-public-code/v1",
        };
        let p: Vec<String> = self.p.iter().map(f64::to_string).collect();
        format!(
            "{form} K={} r={} p={}",
            self.k(),
            self.rows_per_bit,
            p.join(",")
        )
    }

    /// Theorem 1's condition and what the column sums give, as one line for people.
    pub fn verdict(&self) -> String {
        let (sum, holds) = match (self.eq12(), self.is_hard_by_theorem_1()) {
            (sum, true) => (sum, "> 0, \"hard to reverse\" by theorem 1"),
            (sum, false) => (sum, "not > 0, theorem 1 does not apply"),
        };
        let of = match self.orientation() {
            1 => "the template",
            _ => "the template's complement",
        };
        let recovered = 100.0 * self.sign_recovery();
        format!(
            "eq. 12 gives {sum:.3} {holds}; the signs of the column sums give {recovered:.1} % of {of}"
        )
    }

    /// `Σ p_i f(i)`.
    fn mean(&self, f: impl Fn(usize) -> f64) -> f64 {
        (1..).zip(&self.p).map(|(i, p)| p * f(i)).sum()
    }
}

impl Default for KHiddenParams {
    /// `K = 3`, `P = (0.7, 0.3, 0)`, `r = 6.5`: eq. 12 gives 0.4.
    fn default() -> Self {
        Self {
            p: vec![0.7, 0.3, 0.0],
            rows_per_bit: 6.5,
            form: RowForm::Published,
        }
    }
}

fn number(what: &'static str, value: f64, expected: &str) -> ProtectError {
    ProtectError::Number {
        what,
        value,
        expected: expected.into(),
    }
}

/// `Φ`.
fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_out_of_range_are_refused() {
        let refused = |p: &[f64], r| KHiddenParams::new(p, r).unwrap_err().to_string();
        assert!(KHiddenParams::new(&[0.7, 0.3, 0.0], 6.5).is_ok());
        assert_eq!(
            refused(&[1.0], 2.0),
            "K, the number of probabilities, is 1, expected 2..=16"
        );
        assert_eq!(
            refused(&[1.5, -0.5], 2.0),
            "a probability of P is 1.5, expected 0 to 1"
        );
        assert_eq!(refused(&[0.5, 0.4], 2.0), "the sum of P is 0.9, expected 1");
        assert!(KHiddenParams::new(&[0.5, f64::NAN], 2.0).is_err());
        for r in [0.0, -1.0, 64.5, f64::NAN, f64::INFINITY] {
            let expected = format!("r, the rows for each bit, is {r}, expected above 0");
            assert!(refused(&[0.5, 0.5], r).starts_with(&expected));
        }
    }

    #[test]
    fn equation_12_is_computed() {
        let eq12 = |p: &[f64]| KHiddenParams::new(p, 6.5).unwrap().eq12();
        assert!((eq12(&[1.0, 0.0, 0.0]) - 1.0).abs() < 1e-12);
        assert!((eq12(&[0.7, 0.2, 0.1]) - 0.2).abs() < 1e-12);
        // Rounding must not decide about zero.
        let balanced = KHiddenParams::new(&[0.6, 0.3, 0.1], 6.5).unwrap();
        assert!(!balanced.is_hard_by_theorem_1() && balanced.orientation() == 1);
        // The public code violates the paper's own condition.
        let public = KHiddenParams::public_code();
        assert_eq!((public.eq12(), public.drift()), (-1.0, -1.5));
        assert!(!public.is_hard_by_theorem_1());
    }

    /// Values of Φ from a table.
    #[test]
    fn the_theory_is_that_of_the_column_sums() {
        let recovery = |p: &[f64], r| KHiddenParams::new(p, r).unwrap().sign_recovery();
        assert!((recovery(&[1.0, 0.0, 0.0], 4.0) - 0.8759).abs() < 1e-4); // Φ(1.1547)
        assert!((recovery(&[0.7, 0.3, 0.0], 6.5) - 0.7220).abs() < 1e-4); // Φ(0.5888)
        assert_eq!(recovery(&[0.5, 0.5, 0.0], 16.0), 0.5);
        let public = KHiddenParams::public_code();
        assert!((public.clarity() - 2.0 * 2.25 / 3.5).abs() < 1e-12);
        assert!((public.sign_recovery() - 0.8716).abs() < 1e-4); // Φ(1.1339)
    }

    #[test]
    fn the_verdict_is_told_in_a_line() {
        assert_eq!(
            KHiddenParams::default().verdict(),
            "eq. 12 gives 0.400 > 0, \"hard to reverse\" by theorem 1; the signs of the column sums give 72.2 % of the \
             template"
        );
        assert_eq!(
            KHiddenParams::public_code().verdict(),
            "eq. 12 gives -1.000 not > 0, theorem 1 does not apply; the signs of the column sums give 87.2 % of the \
             template's complement"
        );
    }
}
