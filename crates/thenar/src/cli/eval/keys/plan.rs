//! What is to be measured: lengths of codewords with their copies, and codes to look at closely.

use thenar_eval::keys::{Choice, Code};
use thenar_key::{Bch, CodeParams, CommitParams};

use super::super::super::args::{CodeArg, EvalKeys};
use super::super::super::error::CliError;

/// The lengths that are measured when none is asked for.
const USUAL_LENGTHS: [u16; 4] = [127, 255, 511, 1023];
/// Most numbers of the feature that keep a bit.
const MOST_COPIES: u8 = thenar_key::commitment::MAX_COPIES;

/// Bits of a codeword, and numbers of the feature that keep each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub bits: u16,
    pub copies: u8,
}

/// A code and the numbers that keep each of its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coded {
    pub params: CodeParams,
    pub code: Code,
    pub size: Size,
}

pub(super) struct Plan {
    /// Every size that is needed, once.
    pub lengths: Vec<Size>,
    pub codes: Vec<Coded>,
}

impl Plan {
    /// For features of so many numbers.
    pub(super) fn new(args: &EvalKeys, numbers: usize) -> Result<Self, CliError> {
        let mut codes = Vec::new();
        for asked in &args.codes {
            codes.push(Coded::asked(asked, numbers)?);
        }
        let mut lengths = Vec::new();
        for asked in &args.lengths {
            lengths.push(Size::new(asked.bits, asked.copies, numbers)?);
        }
        if args.lengths.is_empty() && (args.codes.is_empty() || args.recommend.is_some()) {
            let usual = USUAL_LENGTHS.iter();
            lengths.extend(usual.filter_map(|&bits| Size::new(bits, None, numbers).ok()));
        }
        lengths.extend(codes.iter().map(|coded| coded.size));
        if args.codes.is_empty() {
            let shipped = CommitParams::default();
            let shipped = Coded::new(shipped.code, shipped.copies)?;
            if lengths.contains(&shipped.size) {
                codes.push(shipped);
            }
        }
        let mut once = Vec::new();
        for size in lengths {
            if !once.contains(&size) {
                once.push(size);
            }
        }
        if once.is_empty() {
            let message = format!(
                "a feature of {numbers} numbers is too short for a code of {} bits; name a --length",
                USUAL_LENGTHS[0]
            );
            return Err(CliError::Usage(message));
        }
        Ok(Self {
            lengths: once,
            codes,
        })
    }
}

impl Size {
    /// Without a number of copies, as many as half of the numbers give, like keys that ship: the larger half of a palm's numbers is
    /// reliable, and each number beyond it adds more noise than it adds to the sum.
    fn new(bits: u16, copies: Option<u8>, numbers: usize) -> Result<Self, CliError> {
        let half = numbers / 2 / usize::from(bits);
        let usual = half.clamp(1, usize::from(MOST_COPIES)) as u8;
        let copies = copies.unwrap_or(usual);
        let needed = usize::from(bits) * usize::from(copies);
        if !(1..=MOST_COPIES).contains(&copies) || needed > numbers {
            return Err(CliError::Usage(format!(
                "{bits} bits in {copies} numbers each: expected 1 to {MOST_COPIES}, and no more than the {numbers} numbers of a \
                 feature together"
            )));
        }
        Ok(Self { bits, copies })
    }

    /// Every code of this length with a secret of more than one bit; of a shortened length none.
    pub(super) fn codes(self) -> Vec<Code> {
        let m = u32::from(self.bits).ilog2() + 1;
        let table = thenar_key::bch::codes(m).unwrap_or_default();
        let of_length = table
            .into_iter()
            .filter(|&(n, k, _)| n == usize::from(self.bits) && k > 1);
        of_length
            .map(|(n, k, t)| Code {
                n: n as u32,
                k: k as u32,
                t: t as u32,
            })
            .collect()
    }
}

impl Coded {
    /// A code that was asked for: there must be one, and its secret as long as said.
    fn asked(asked: &CodeArg, numbers: usize) -> Result<Self, CliError> {
        let CodeArg { n, k, t, .. } = *asked;
        let refused = |problem: String| CliError::Usage(format!("--code {n},{k},{t}: {problem}"));
        let size = Size::new(n.max(1), asked.copies, numbers)
            .map_err(|error| refused(error.to_string()))?;
        let m = u32::from(n.max(1)).ilog2() + 1;
        let params = CodeParams { m: m as u8, t, n };
        let code = params.build().map_err(|error| refused(error.to_string()))?;
        if code.k() != usize::from(k) {
            let problem = format!(
                "the code of {n} bits that corrects {t} has a secret of {} bits",
                code.k()
            );
            return Err(refused(problem));
        }
        Ok(Self::built(params, &code, size))
    }

    fn new(params: CodeParams, copies: u8) -> Result<Self, CliError> {
        let code = params
            .build()
            .map_err(|error| CliError::Usage(error.to_string()))?;
        let bits = params.n;
        Ok(Self::built(params, &code, Size { bits, copies }))
    }

    fn built(params: CodeParams, code: &Bch, size: Size) -> Self {
        let code = Code {
            n: u32::from(params.n),
            k: code.k() as u32,
            t: u32::from(params.t),
        };
        Self { params, code, size }
    }

    /// The code that was chosen, which is of full length.
    pub(super) fn of(choice: &Choice) -> Result<Self, CliError> {
        let m = (choice.code.n + 1).ilog2();
        Self::new(
            CodeParams::full(m as u8, choice.code.t as u16),
            choice.copies as u8,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_numbers_are_used_as_by_keys_that_ship() {
        let shipped = CommitParams::default();
        let size = Size::new(shipped.code.n, None, 2048).unwrap();
        assert_eq!(size.copies, shipped.copies);
        let copies = USUAL_LENGTHS.map(|bits| Size::new(bits, None, 2048).unwrap().copies);
        assert_eq!(copies, [8, 4, 2, 1]);
        // Half of them does not reach; all of them do.
        assert_eq!(Size::new(1023, None, 1023).unwrap().copies, 1);
        assert!(Size::new(1023, None, 1022).is_err());
        assert!(Size::new(127, Some(17), 2048).is_err());
        assert!(Size::new(127, Some(0), 2048).is_err());
    }

    #[test]
    fn codes_are_those_that_exist() {
        let asked = |n, k, t| {
            let copies = None;
            Coded::asked(&CodeArg { n, k, t, copies }, 2048)
        };
        assert_eq!(asked(127, 64, 10).unwrap().size.copies, 8);
        // Shortened by 27 bits.
        let short = asked(100, 37, 10).unwrap();
        assert_eq!((short.params.m, short.size.copies), (7, 10));
        for (n, k, t) in [
            (127, 63, 10),
            (127, 64, 0),
            (0, 0, 0),
            (5, 1, 1),
            (4095, 1, 2047),
        ] {
            assert!(asked(n, k, t).is_err(), "{n} {k} {t}");
        }
        let sizes = Size::new(127, None, 2048).unwrap().codes();
        assert_eq!(sizes.len(), 17);
        assert!(Size::new(100, None, 2048).unwrap().codes().is_empty());
    }
}
