//! Writes `seeds/TARGET/*`: small valid examples for every target, the same bytes each time.
//!
//! With the feature `image` also those of `photo`; without it they stay as they are.

use std::fs;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use thenar_key::published::{MIN_ITERATIONS, commit_as_published};
use thenar_key::{CodeParams, CommitParams, Cost, DeviceSecret, Factors, KeyKind, KeyPair};
use thenar_key::{Passphrase, commit, sshsig};
use thenar_protect::{BitTemplate, ContractId, Keyring, SealedRecord, StoreKey, Token, TokenRef};

fn main() {
    protect();
    outside();
    keys();
    scores();
    #[cfg(feature = "image")]
    photos();
}

/// Writes `seeds/TARGET/NAME`.
fn seed(target: &str, name: &str, bytes: impl AsRef<[u8]>) {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "seeds", target]
        .iter()
        .collect();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), bytes).unwrap();
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([1; 32])
}

fn protect() {
    let rng = &mut rng();
    let token = Token::from_bytes([1; 32]);
    // The target `record` opens them with this key, for this owner.
    let key = StoreKey::from_bytes([2; 32]);
    for (name, bits, token) in [
        ("one-bit", 1, TokenRef::collection(&token)),
        ("own-token", 130, TokenRef::own(&token)),
    ] {
        let template = BitTemplate::from_bools(&vec![true; bits]).unwrap();
        let contract = ContractId([3; 32]);
        let record = SealedRecord::seal(&template, &contract, token, &key, 7, "anna", rng);
        seed("record", name, record.to_bytes());
        seed("template", name, &*template.to_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let text = || fs::read(&path).unwrap();
    let mut keyring = Keyring::create(&path, rng).unwrap();
    seed("keyring", "new", text());
    keyring.add_own_token(Token::from_bytes([4; 32]));
    keyring.add_own_token(Token::from_bytes([5; 32]));
    keyring.begin_rotation(rng).unwrap();
    keyring.save().unwrap();
    seed("keyring", "rotating", text());
}

/// Store keys, and a keyring whose store key is kept outside; the target `keyring` gives it this one.
fn outside() {
    seed("store_keys", "one", "0a".repeat(32));
    let two = format!("{}\n{}\n", "FB".repeat(32), "0a".repeat(32));
    seed("store_keys", "two", two);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    Keyring::create_outside(&path, StoreKey::from_bytes([2; 32]), &mut rng()).unwrap();
    seed("keyring", "outside", fs::read(&path).unwrap());
}

fn keys() {
    let rng = &mut rng();
    let cost = Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    let words = Passphrase::for_recovery("gulls over the harbour").unwrap();
    let device = DeviceSecret::from_bytes([6; 32]);
    let numbers: Vec<i32> = (0..40).map(|i| i * 37 % 41 - 20).collect();
    for kind in KeyKind::ALL {
        let pair = KeyPair::from_seed(kind, &[7; 32]).unwrap();
        let public = pair.public();
        seed(
            "public_key",
            kind.name(),
            [&[kind.id()], public.as_bytes()].concat(),
        );
        if let Ok(text) = public.to_age_recipient() {
            seed("age_recipient", kind.name(), text);
        }
        if kind.signs() {
            let text = sshsig::sign(&pair, "file", b"hello\n").unwrap();
            seed("sshsig", kind.name(), &text);
            seed("sshsig", &format!("{}-bytes", kind.name()), body(&text));
        } else if kind.rsa_bits() == Some(2048) {
            // No signature, but in the form of one: RSA keys do not sign here.
            let text = sshsig::seal(&public, "git", &[1; 256]).unwrap();
            seed("sshsig", &format!("{}-bytes", kind.name()), body(&text));
        }
        let code = CodeParams { m: 5, t: 3, n: 31 };
        let factors = Factors {
            passphrase: &words,
            device_secret: (kind == KeyKind::P256).then_some(&device),
        };
        let params = CommitParams {
            code,
            copies: 1,
            cost,
            kind,
        };
        let (record, _) = commit(&numbers, factors, &[8; 32], &params, rng).unwrap();
        seed("commitment", kind.name(), record.to_bytes());
    }
    for (m, t) in [(5, 3), (7, 11)] {
        let code = CodeParams::full(m, t);
        let (record, _) = commit_as_published(&[5], &words, code, MIN_ITERATIONS, rng).unwrap();
        seed(
            "published",
            &format!("m{m}-t{t}"),
            record.to_bytes().unwrap(),
        );
    }
    let params = CommitParams {
        code: CodeParams { m: 5, t: 3, n: 31 },
        copies: 3,
        cost,
        kind: KeyKind::Ed25519,
    };
    let numbers: Vec<i32> = (0..100).map(|i| i * 37 % 101 - 50).collect();
    let factors = Factors::passphrase(&words);
    let (record, _) = commit(&numbers, factors, &[5; 32], &params, rng).unwrap();
    seed("commitment", "ed25519-three-numbers", record.to_bytes());
    seed("token", "latin", "gulls over the harbour");
    seed(
        "token",
        "composed",
        "Za\u{308}hlwo\u{308}rter, u\u{308}ber zwo\u{308}lf",
    );
    seed(
        "token",
        "hangul",
        "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}",
    );
}

/// The bytes inside of an armor.
fn body(text: &str) -> Vec<u8> {
    use base64::Engine;
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    base64::prelude::BASE64_STANDARD
        .decode(lines.collect::<String>())
        .unwrap()
}

/// Lists, scores, candidates and a calibration. The first byte of a score file is its format's place in `Format::ALL`.
fn scores() {
    seed(
        "list",
        "plain",
        "a/1.jpg 1\na/2.jpg 1\r\n\n# a remark\nb c.jpg 2\n",
    );
    seed("list", "marked", "\u{feff}a.jpg one\n");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/thenar-eval/tests/golden");
    let array = |name: &str| fs::read(golden.join(name)).unwrap();
    let csv = "probe_subject_id,probe_key,bio_ref_subject_id,bio_ref_reference_id,score\n1,a,1,b,0.5\n1,a,2,c,\n";
    let one_to_many = "searchId candidateRank searchRetCode isAssigned templateId score\n";
    for (format, name, bytes) in [
        (
            0,
            "labelled",
            b"0.25 1\n# a remark\nnan -1\n-3e-2 -1\n".to_vec(),
        ),
        (1, "bob4", b"1 1 p 0.5\n1 2 q -0.5\n".to_vec()),
        (2, "bob5", b"1 m 1 p 0.5\n1 m 2 q nan\n".to_vec()),
        (3, "bob-csv", csv.into()),
        (4, "pyeer", b"a b 0.5\n0.25\n".to_vec()),
        (5, "pyeer-hist", b"3\n1\n0\n".to_vec()),
        (
            6,
            "nist-11",
            b"enrollTempl verifTempl simScore returnCode\na b 0.5 0\na c 0 1\n".to_vec(),
        ),
        (
            7,
            "nist-1n",
            format!("{one_to_many}a 1 0 1 b 0.5\na 2 0 1 c 0.25\n").into(),
        ),
        (8, "npy", array("genuine_f8.npy")),
        (9, "npz", array("labelled.npz")),
    ] {
        seed("scores", name, [&[format], &bytes[..]].concat());
    }
    seed(
        "candidates",
        "csv",
        "probe,rank,label,score\na,1,\"b, c\",0.5\na,2,d,0.25\ne,0,,\nf,0,,nan\n",
    );
    seed("candidates", "log", format!("{one_to_many}a 1 0 1 b 0.5\n"));
    let point = |distance: f32, log10: f64, extrapolated: bool| {
        format!(r#"{{"distance":{distance},"log10_fmr":{log10},"extrapolated":{extrapolated}}}"#)
    };
    let points = [
        point(0.25, -6.0, true),
        point(0.375, -3.5, false),
        point(0.5, 0.0, false),
    ];
    let head = r#""version":2,"measure":"m","source":"s","impostors":1000,"safety":10.0"#;
    seed(
        "calibration",
        "three-points",
        format!("{{{head},\"points\":[{}]}}", points.join(",")),
    );
}

/// A tiny picture in each format.
#[cfg(feature = "image")]
fn photos() {
    use thenar_image::image::{ImageFormat, Rgb, RgbImage};
    let picture = RgbImage::from_fn(9, 7, |x, y| Rgb([x as u8 * 28, y as u8 * 36, 128]));
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::WebP,
    ] {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        seed("photo", format.extensions_str()[0], bytes.into_inner());
    }
}
