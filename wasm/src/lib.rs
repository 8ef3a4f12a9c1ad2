//! Keys made on one machine come back bit by bit on another: here in WebAssembly, as a browser runs it.
//!
//! [`answers`] recovers the keys of the golden records of `thenar-key` and makes keys of other kinds from fixed numbers. `run.sh`
//! builds it for this machine and for `wasm32-unknown-unknown`, runs both, the second in Node.js, and compares what they say:
//!
//! ```sh
//! wasm/run.sh
//! ```

use std::fmt::Write;
use std::sync::OnceLock;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use thenar_key::{
    CodeParams, CommitParams, Commitment, Cost, DeviceSecret, Factors, KeyKind, KeyPair,
    Passphrase, commit,
};

/// As `crates/thenar-key/tests/golden_commitment.rs` has them.
const PASSPHRASE: &str = "Möwen über dem Hafen";
const CONTRACT: [u8; 32] = *b"contract of the golden commitmen";
const DEVICE: [u8; 32] = *b"a device secret of 256 bits ....";

/// Record and public key, of versions 1 to 3.
const GOLDEN: [(&str, &str); 3] = [
    (
        include_str!("../../crates/thenar-key/tests/golden/commitment.hex"),
        include_str!("../../crates/thenar-key/tests/golden/commitment.pub"),
    ),
    (
        include_str!("../../crates/thenar-key/tests/golden/commitment_copies.hex"),
        include_str!("../../crates/thenar-key/tests/golden/commitment_copies.pub"),
    ),
    (
        include_str!("../../crates/thenar-key/tests/golden/commitment_groups.hex"),
        include_str!("../../crates/thenar-key/tests/golden/commitment_groups.pub"),
    ),
];

type Failed = Box<dyn std::error::Error>;

/// A line for each key: its public key, and what shows that the private one is the same too.
///
/// # Errors
/// A golden key does not come back, or comes back as another.
pub fn answers() -> Result<String, Failed> {
    let mut said = String::new();
    for (record, public) in GOLDEN {
        let bytes: Result<Vec<u8>, _> = (0..record.trim_end().len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&record[i..i + 2], 16))
            .collect();
        let record = Commitment::from_bytes(&bytes?)?;
        let passphrase = Passphrase::for_recovery(PASSPHRASE)?;
        let device = DeviceSecret::from_bytes(DEVICE);
        let factors = Factors {
            passphrase: &passphrase,
            device_secret: Some(&device),
        };
        let pair = record.recover(&noisy(record.code().t), factors, &CONTRACT)?;
        let found = pair.public().to_openssh("golden")?;
        if found != public.trim_end() {
            return Err(format!("recovered {found}, expected {public}").into());
        }
        line(&mut said, &pair)?;
    }
    for kind in KeyKind::ALL {
        // The larger RSA sizes differ from the first in nothing but time.
        if !matches!(kind, KeyKind::Rsa3072 | KeyKind::Rsa4096) {
            line(&mut said, &made_and_recovered(kind)?)?;
        }
    }
    Ok(said)
}

/// Makes a record in full size with a cheap Argon2id, and recovers its key from other numbers.
fn made_and_recovered(kind: KeyKind) -> Result<KeyPair, Failed> {
    let params = CommitParams {
        code: CodeParams::BCH_127_64,
        copies: 7,
        cost: Cost {
            memory_kib: 256,
            passes: 2,
            lanes: 1,
        },
        kind,
    };
    let passphrase = Passphrase::for_new_key(PASSPHRASE)?;
    let factors = Factors::passphrase(&passphrase);
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let (record, _) = commit(&noisy(0), factors, &CONTRACT, &params, &mut rng)?;
    let record = Commitment::from_bytes(&record.to_bytes())?;
    Ok(record.recover(&noisy(10), factors, &CONTRACT)?)
}

/// Number i of the feature is (i² · 7919 mod 20011) − 10005; the sign of its `t` largest numbers is changed.
fn noisy(t: u16) -> Vec<i32> {
    let mut numbers: Vec<i32> = (0..1000i32)
        .map(|i| i * i % 20011 * 7919 % 20011 - 10005)
        .collect();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(numbers[i].abs()), i));
    for &i in &order[..usize::from(t)] {
        numbers[i] = -numbers[i];
    }
    numbers
}

/// Kind, public key and the private key as PEM. The keys are of nobody, so they may be shown.
fn line(said: &mut String, pair: &KeyPair) -> Result<(), Failed> {
    write!(said, "{} ", pair.kind().name())?;
    for byte in pair.public().as_bytes() {
        write!(said, "{byte:02x}")?;
    }
    let pem = pair.to_pem()?;
    writeln!(said, " {}", pem.replace('\n', ""))?;
    Ok(())
}

static SAID: OnceLock<String> = OnceLock::new();

fn said() -> &'static str {
    SAID.get_or_init(|| answers().unwrap_or_else(|error| format!("error: {error}\n")))
}

/// Where [`answers`] lie in the memory of the module, as UTF-8.
#[unsafe(no_mangle)]
pub extern "C" fn answers_at() -> *const u8 {
    said().as_ptr()
}

/// Their length in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn answers_len() -> usize {
    said().len()
}
