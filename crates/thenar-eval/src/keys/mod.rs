//! What a key made of a palm is worth: how often it comes back, how often for a stranger, and how much work is left to a thief.
//!
//! A key hides behind a binary code (n, k, t): k secret bits, a codeword of n bits, of which t may come back wrong. So one
//! comparison is one number, the *wrong bits* of the codeword, and the histogram of these over all pairs ([`WrongBits`]) tells
//! every code of that length: a key comes back where at most t are wrong.
//!
//! | question | answer |
//! |---|---|
//! | does it come back, and for whom? | [`WrongBits::at`] |
//! | what does the passphrase tell of the palm, by what palms have in common? | [`bias`](bias()) |
//! | which code? | [`choose`](choose()), and [`as_published`] as the palm-hash key paper chooses |
//! | what work is left? | [`Strength`] |
//!
//! No code, no image and no palm hash is known here; they come as numbers.

mod bias;
mod choose;
mod strength;
mod wrong_bits;

pub use bias::{Bias, MIN_PALMS, bias};
pub use choose::{Choice, Code, as_published, best, choose};
pub use strength::{Attacker, Strength, Work};
pub use wrong_bits::{Distances, Regeneration, Spread, WrongBits};
