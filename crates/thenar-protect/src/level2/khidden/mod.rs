//! The published level 2: the K-hidden negative database, to compare with and to attack. **It protects nothing.**
//!
//! Yang et al., "A Dual-Level Cancelable Framework for Palmprint Verification and Hack-Proof Data Storage" (DCPV, 2024),
//! section III-C. A template of `m` bits becomes `N = m·r` rows over `0`, `1` and `*`. A row specifies `K` cells, of which `i`
//! are *wrong*, that is, differ from the template, with probability `p_i`; the others are right. A query is matched with the
//! rows, never with the template.
//!
//! | file | what |
//! |---|---|
//! | `params` | `K`, `P`, `r`; theorem 1's condition (eq. 12) and what the column sums give, computed |
//! | `generate` | Algorithm 1, and what whoever knows k2 reads |
//! | `database` | the rows, sparse |
//! | `dictionary` | rows as strings, matched by Table I |
//! | `matrix` | rows as numbers, matched by eq. 6 |
//! | `collapsed` | the sums of the columns, which do all the same; and the attack by their signs |
//! | `score` | from the whole number of a match to a distance |
//!
//! # From a match to a distance
//! Eq. 6 is `d = arccos(−sum(B_r · q))`, but the sum is a whole number far outside −1…1, and the paper does not say how it
//! is brought there. The normalisation here:
//!
//! * [`RowForm::Published`]: the query is ±1 and the sum is divided by the number of specified cells, `N·K`, the most it can
//!   be. The angle is divided by π, as in the paper's Table III.
//! * [`RowForm::PublicCode`]: as in that code, the query is 0 and 1, the sum is divided by `N` and clipped, the angle divided
//!   by π. An unrelated query has 0.5 then, in both.
//!
//! The sign of eq. 6 fits only databases that violate eq. 12: where `Σ (K − 2i) p_i > 0` the column sums point at the
//! template, a genuine query makes the sum large, and `arccos(−sum)` *large*. [`ColumnSums::eq6`] is eq. 6 to the letter;
//! [`ColumnSums::distance`] turns the sign over where eq. 12 holds, so that smaller is always nearer. In the published code
//! eq. 12 does not hold, and its sign is right.
//!
//! # What follows
//! Each of these is a test:
//!
//! * The match depends on the rows only through their column sums `C`, so a record is `m` whole numbers.
//! * The signs of `C` are the template's bits (its complement's when eq. 12's sum is below 0) at the rate `Φ(√(r μ²/K))`,
//!   `μ` being eq. 12's sum. The condition for "hard to reverse" is the condition for this to work, and the more
//!   accurate the matcher is, the better.
//! * Those signs as a query are accepted always: nearer than the template itself.
//! * k2 only seeds the generator. It is not needed to match; whoever has it reads every bit; and two records under one k2
//!   show the XOR of their templates to everybody.
//!
//! ```
//! use thenar_protect::khidden::{KHiddenParams, NegativeDatabase};
//! # use thenar_protect::{BitTemplate, ProtectError, StoreKey};
//! # let (k2, template) = (StoreKey::from_bytes([1; 32]), BitTemplate::from_words(vec![0x0f0f_1234_ffff_0000; 4], 256)?);
//! let record = NegativeDatabase::generate(&template, &KHiddenParams::default(), &k2)?;
//! let stolen = record.column_sums();
//! let replayed = stolen.recover();
//! assert!(stolen.distance(&replayed)? < stolen.distance(&template)?);
//! # Ok::<(), ProtectError>(())
//! ```
//!
//! Ouda, Chaoui and Tsumura (IEICE Trans. E103-D(5), 2020) counted columns before, on negative iris recognition.
//!
//! # Left out
//! QK-hidden (Zhao et al., "k-means and kNN classification based on negative databases", 2021) chooses wrong cells by
//! the significance of a bit within a number. The bits of a template are all of equal weight, and there it is K-hidden.

mod collapsed;
mod database;
mod dictionary;
mod generate;
mod matrix;
mod params;
mod score;

pub use collapsed::ColumnSums;
pub use database::{Cell, NegativeDatabase};
pub use dictionary::DictionaryDatabase;
pub use matrix::MatrixDatabase;
pub use params::{KHiddenParams, MAX_K, MAX_ROWS_PER_BIT, RowForm};
pub use score::MatchSum;

#[cfg(test)]
mod tests;
