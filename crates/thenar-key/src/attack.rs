//! Attacks on stored records, as functions that count: what the published form gives away, and that the repaired one
//! does not. For measuring and for tests; nothing here needs a palm or a passphrase.

mod linking;
mod parity;

pub use linking::{Linked, chance_of_decoding, decodability, majorities};
pub use parity::{ParityAttack, palm_hash_from_parity};

use crate::bch::Bch;

/// What a thief of a record has to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stolen {
    /// A record of the published form ([`published`](crate::published)); the passphrase makes no difference.
    Published,
    /// A code offset w ⊕ BCH(s) without a mask (Juels and Wattenberg 1999).
    CodeOffset,
    /// A repaired record ([`commitment`](crate::commitment)), without the passphrase.
    Repaired,
    /// A repaired record of the present version together with its passphrase.
    RepairedWithPassphrase {
        /// Numbers F in a feature, of which the record marks r·n: r of those that may keep the same bit.
        numbers: usize,
        /// Numbers r that keep one bit.
        copies: usize,
    },
}

/// Bits about the palm that the helper data of a record give away, if the bits of the palm hash are independent and fair
/// (those of real palms are not: then this is an upper bound, and the rest is smaller than its length too).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leakage {
    /// Bits in the palm hash: k in the published form, else n, or r·n with several numbers for each bit.
    pub hash_bits: usize,
    /// Bits of the palm hash w that are given away.
    pub leaked: usize,
    /// Bits given away about *which* numbers are large; not about their signs.
    pub places: f64,
}

impl Leakage {
    /// Bits of the palm hash that stay open.
    pub fn remaining(&self) -> usize {
        self.hash_bits - self.leaked
    }
}

/// The helper-data leakage of a code, in bits.
///
/// Published: parity is a linear map of rank min(k, n − k) (`x^(n−k) m(x) mod g(x)`, and g has the constant
/// term 1). Code offset: the syndrome of w, n − k bits. Repaired: δ is masked by a ChaCha20 stream and the marks by a
/// secret order, both from the passphrase, so nothing without it (for one who cannot break those); with it, r·n − k bits
/// (the copies and the syndrome) and, since number i may keep only bit i mod n, the sum of log2 C(f, r) over the n groups
/// of f numbers each that may keep one bit. That is less than the log2 C(F, r·n) of records before version 3, which mark
/// the largest of all numbers.
pub fn leakage(code: &Bch, stolen: Stolen) -> Leakage {
    let (n, k) = (code.n(), code.k());
    let (hash_bits, leaked, places) = match stolen {
        Stolen::Published => (k, k.min(n - k), 0.0),
        Stolen::CodeOffset => (n, n - k, 0.0),
        Stolen::Repaired => (n, 0, 0.0),
        Stolen::RepairedWithPassphrase { numbers, copies } => {
            let bits = copies * n;
            (bits, bits - k, places_in_groups(numbers, n, copies))
        }
    };
    Leakage {
        hash_bits,
        leaked,
        places,
    }
}

/// log2 of the number of ways to choose `each` of every group, where number i of `numbers` is in group i mod `groups`.
fn places_in_groups(numbers: usize, groups: usize, each: usize) -> f64 {
    let (size, larger) = (numbers / groups, numbers % groups);
    larger as f64 * log2_choose(size + 1, each) + (groups - larger) as f64 * log2_choose(size, each)
}

/// log2 of the binomial coefficient; 0 if `few > all`.
fn log2_choose(all: usize, few: usize) -> f64 {
    (0..few.min(all.saturating_sub(few)))
        .map(|i| ((all - i) as f64 / (i + 1) as f64).log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leakage_of_a_code() {
        let code = Bch::with_dimension(7, 29).unwrap();
        let of = |stolen| leakage(&code, stolen);
        assert_eq!(of(Stolen::Published).remaining(), 0);
        assert_eq!(of(Stolen::CodeOffset).remaining(), 29);
        assert_eq!(
            of(Stolen::Repaired),
            Leakage {
                hash_bits: 127,
                leaked: 0,
                places: 0.0
            }
        );
        let all = of(Stolen::RepairedWithPassphrase {
            numbers: 512,
            copies: 1,
        });
        assert_eq!(all.leaked, 98);
        // Four groups of five numbers and 123 of four: 4 log2 5 + 123 log2 4 = 255.29.
        assert!((all.places - 255.29).abs() < 0.01, "{all:?}");
        let all = of(Stolen::RepairedWithPassphrase {
            numbers: 2048,
            copies: 8,
        });
        assert_eq!(
            (all.hash_bits, all.leaked, all.remaining()),
            (1016, 987, 29)
        );
        // Python: sum(math.log2(math.comb(len(range(g, 2048, 127)), 8)) for g in range(127)). All 2048 at once: 2042.08.
        assert!((all.places - 1748.45).abs() < 0.01, "{all:?}");
        assert_eq!(log2_choose(5, 7), 0.0);
    }
}
