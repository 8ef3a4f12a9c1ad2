//! The arguments of `eval keys`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args as ClapArgs;

use super::{Images, Keeping};

#[derive(Debug, ClapArgs)]
pub(crate) struct EvalKeys {
    #[command(flatten)]
    pub images: Images,
    /// Lengths of codes, 2^m − 1 bits each, and how many numbers of the feature keep a bit [default: 127, 255, 511 and 1023, as
    /// far as the numbers go; as many numbers for each bit as half of them give]
    #[arg(long = "length", value_name = "N[,COPIES]")]
    pub lengths: Vec<LengthArg>,
    /// A code to look at closely: bits, bits of the secret, bits corrected; shortened ones too. Several times for several
    /// [default: that of `key new`]
    #[arg(long = "code", value_name = "N,K,T[,COPIES]")]
    pub codes: Vec<CodeArg>,
    /// Choose the code that leaves most work where the key comes back at least so often (lower 95 % limit), and never for a
    /// stranger; exit code 1 when there is none
    #[arg(long, value_name = "RATE", value_parser = wanted)]
    pub recommend: Option<f64>,
    /// Passphrases that are tried before the right one, as a power of two: 20 for one of eight characters that people choose, 77
    /// for six words by dice
    #[arg(long, value_name = "BITS", default_value_t = 20.0, value_parser = passphrase_bits)]
    pub passphrase_bits: f64,
    /// Passphrases that a thief tries in a second, an Argon2id of 64 MiB and three passes each: 2000 is about a large graphics card
    #[arg(long, value_name = "N", default_value_t = 2000.0, value_parser = per_second)]
    pub guesses_per_second: f64,
    /// Palms that a thief tries in a second once a passphrase stands: 1000000 is about a machine of a few cores
    #[arg(long, value_name = "N", default_value_t = 1e6, value_parser = per_second)]
    pub palms_per_second: f64,
    /// Palms of which two records each are made, to find out whether they can be linked
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub records: usize,
    /// Folder for report.json, and a picture and a table of wrong bits for each length
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub keeping: Keeping,
}

/// `N` or `N,COPIES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LengthArg {
    pub bits: u16,
    pub copies: Option<u8>,
}

/// `N,K,T` or `N,K,T,COPIES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeArg {
    pub n: u16,
    pub k: u16,
    pub t: u16,
    pub copies: Option<u8>,
}

/// `needed` whole numbers between commas, or one more.
fn numbers(text: &str, (needed, names): (usize, &str)) -> Result<(Vec<u16>, Option<u8>), String> {
    let wrong = || format!("expected {names}, in whole numbers");
    let found: Result<Vec<u16>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let mut found = found.map_err(|_| wrong())?;
    if found.len() == needed {
        return Ok((found, None));
    }
    if found.len() != needed + 1 {
        return Err(wrong());
    }
    let copies = found.pop().and_then(|copies| copies.try_into().ok());
    copies.ok_or_else(wrong).map(|copies| (found, Some(copies)))
}

impl FromStr for LengthArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (found, copies) = numbers(text, (1, "N or N,COPIES"))?;
        let bits = found[0];
        if !(u32::from(bits) + 1).is_power_of_two() || !(31..=8191).contains(&bits) {
            return Err("expected 31, 63, 127, … 8191: one less than a power of two".into());
        }
        Ok(Self { bits, copies })
    }
}

impl FromStr for CodeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (found, copies) = numbers(text, (3, "N,K,T or N,K,T,COPIES"))?;
        Ok(Self {
            n: found[0],
            k: found[1],
            t: found[2],
            copies,
        })
    }
}

/// A regeneration rate.
fn wanted(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..1.0).contains(rate));
    rate.ok_or_else(|| "expected a rate from 0 to less than 1, such as 0.95".into())
}

fn passphrase_bits(text: &str) -> Result<f64, String> {
    let bits = text.parse().ok().filter(|b| (0.0..=512.0).contains(b));
    bits.ok_or_else(|| "expected 0 to 512 bits".into())
}

fn per_second(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|n| (1e-3..=1e30).contains(n));
    number.ok_or_else(|| "expected how many in a second, 1e-3 to 1e30".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_codes_are_read() {
        let length = |text: &str| text.parse::<LengthArg>();
        assert_eq!(
            length("127").unwrap(),
            LengthArg {
                bits: 127,
                copies: None
            }
        );
        assert_eq!(length("255, 4").unwrap().copies, Some(4));
        for wrong in ["", "128", "15", "127,8,9", "127,300", "65535", "a"] {
            assert!(length(wrong).is_err(), "{wrong}");
        }
        let code = |text: &str| text.parse::<CodeArg>();
        let read = code("127,64,10").unwrap();
        assert_eq!((read.n, read.k, read.t, read.copies), (127, 64, 10, None));
        assert_eq!(code("127,64,10,16").unwrap().copies, Some(16));
        for wrong in [
            "",
            "127",
            "127,64",
            "127,64,10,8,1",
            "127,64,-1",
            "127,64,10,256",
        ] {
            assert!(code(wrong).is_err(), "{wrong}");
        }
    }
}
