//! Known answers, refusals and round trips of keys.

use super::*;
use proptest::prelude::*;

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// RFC 8032, section 7.1, test 2.
#[test]
fn a_seed_is_the_private_key_of_rfc_8032() {
    let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = KeyPair::from_seed(KeyKind::Ed25519, &seed.try_into().unwrap()).unwrap();
    assert_eq!(
        key.public().as_bytes(),
        hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    );
    let signature = key.sign(&[0x72]).unwrap();
    let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                    085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    assert_eq!(signature.to_vec(), hex(expected));
    assert!(key.public().verifies(&[0x72], &signature));
    assert!(!key.public().verifies(&[0x73], &signature));
}

#[test]
fn bad_comments_kinds_and_keys_are_refused() {
    let key = KeyPair::from_seed(KeyKind::Ed25519, &[1; 32]).unwrap();
    assert_eq!(
        key.to_openssh("a\nssh-rsa AAAA").unwrap_err(),
        KeyError::Comment
    );
    assert_eq!(
        key.public().to_openssh(&"x".repeat(257)).unwrap_err(),
        KeyError::Comment
    );
    assert_eq!(KeyKind::from_id(9), Err(KeyError::UnknownKind { found: 9 }));
    assert!(PublicKey::from_bytes(KeyKind::Ed25519, &[2; 31]).is_err());
    let not_a_point = (0..=255)
        .filter(|b| PublicKey::from_bytes(KeyKind::Ed25519, &[*b; 32]).is_err())
        .count();
    assert!(not_a_point > 50, "about half of all strings are no point");
}

#[test]
fn debug_shows_no_secret() {
    let key = KeyPair::from_seed(KeyKind::Ed25519, &[0x5a; 32]).unwrap();
    let shown = format!("{key:?}").to_lowercase();
    assert!(
        !shown.contains("5a, 5a") && !shown.contains("90, 90") && !shown.contains("5a5a"),
        "{shown}"
    );
}

/// RFC 7748, section 6.1.
#[test]
fn x25519_agrees_as_in_rfc_7748() {
    let pair = |secret: &str| {
        let seed = hex(secret).try_into().unwrap();
        KeyPair::from_seed(KeyKind::X25519, &seed).unwrap()
    };
    let alice = pair("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    let bob = pair("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    let shared = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(alice.agree(&bob.public()).unwrap().to_vec(), shared);
    assert_eq!(bob.agree(&alice.public()).unwrap().to_vec(), shared);
}

/// The identity and the recipient in the specification of age (C2SP age.md, "The X25519 recipient type"): 32 bytes 0x42.
#[test]
fn the_age_key_of_the_specification() {
    let key = KeyPair::from_seed(KeyKind::X25519, &[0x42; 32]).unwrap();
    let identity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    assert_eq!(*key.to_age_identity().unwrap(), identity);
    assert_eq!(key.public().to_age_recipient().unwrap(), recipient);
    assert_eq!(
        PublicKey::from_age_recipient(recipient).unwrap(),
        key.public()
    );
}

#[test]
fn other_age_recipients_are_refused() {
    let good = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    for i in 0..good.len() {
        for c in ['q', 'p', 'b', ' ', '\u{e9}', 'A'] {
            let mut changed: Vec<char> = good.chars().collect();
            if changed[i] == c {
                continue;
            }
            changed[i] = c;
            let changed: String = changed.into_iter().collect();
            assert!(
                PublicKey::from_age_recipient(&changed).is_err(),
                "{changed}"
            );
        }
    }
    let refused = [
        good[..61].to_owned(),
        format!("{good}q"),
        good.to_uppercase(),
        // A tag recipient of the specification, of another type.
        "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e".to_owned(),
        String::new(),
    ];
    for text in refused {
        assert!(PublicKey::from_age_recipient(&text).is_err(), "{text}");
    }
}

/// What a kind cannot do is an error, not another form.
#[test]
fn forms_that_a_kind_lacks_are_refused() {
    for kind in KeyKind::ALL {
        assert_eq!(KeyKind::from_id(kind.id()), Ok(kind));
        if kind == KeyKind::Rsa4096 {
            continue; // As 2048, but slower to make.
        }
        let key = KeyPair::from_seed(kind, &[3; 32]).unwrap();
        assert_eq!((key.kind(), key.public().kind()), (kind, kind));
        assert_eq!(key.public().as_bytes().len(), kind.public_len());
        assert_eq!(
            PublicKey::from_bytes(kind, key.public().as_bytes()).unwrap(),
            key.public()
        );
        let is_x25519 = kind == KeyKind::X25519;
        assert_eq!(key.to_openssh("me").is_ok(), !is_x25519);
        assert_eq!(key.public().to_openssh("me").is_ok(), !is_x25519);
        assert_eq!(key.to_age_identity().is_ok(), is_x25519);
        assert_eq!(key.public().to_age_recipient().is_ok(), is_x25519);
        assert_eq!(key.agree(&key.public()).is_ok(), is_x25519);
        assert_eq!(key.sign(b"message").is_ok(), kind.signs());
        if let Ok(signature) = key.sign(b"message") {
            assert!(key.public().verifies(b"message", &signature));
            assert!(!key.public().verifies(b"massage", &signature));
            assert!(!key.public().verifies(b"message", &signature[1..]));
        }
        assert!(key.to_pem().is_ok() && key.public().to_pem().is_ok());
    }
}

/// Standard base64.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter(|c| *c != b'=');
    let digits: Vec<u32> = digits
        .map(|c| ALPHABET.iter().position(|a| *a == c).unwrap() as u32)
        .collect();
    let bytes = digits.chunks(4).flat_map(|four| {
        let value =
            four.iter().fold(0, |value, digit| value << 6 | digit) << (6 * (4 - four.len()));
        value.to_be_bytes()[1..four.len()].to_vec()
    });
    bytes.collect()
}

/// The P-256 vectors of C2SP det-keygen, see `tests/golden/det_keygen.md`. One of them needs the second try of step 11.
#[test]
fn the_p256_vectors_of_c2sp_det_keygen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../tests/golden/det_keygen_ecdsa.json")).unwrap();
    let (mut tried, mut second_try) = (0, 0);
    for vector in vectors.as_array().unwrap() {
        if vector["curve"] != "secp256r1" {
            continue;
        }
        let seed = base64(vector["seed"].as_str().unwrap());
        second_try += usize::from(seed == hex("b432f9be30890480298218510559aed7"));
        let key = p256_from_seed(&seed).unwrap();
        let public = PublicKey::placeholder(KeyKind::P256);
        let pair = KeyPair {
            private: PrivateKey::P256(key),
            public,
        };
        let pem = pair.to_pem().unwrap();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        assert_eq!(body, vector["private_key_pkcs8"].as_str().unwrap());
        tried += 1;
    }
    assert_eq!((tried, second_try), (6, 1));
}

/// RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample".
#[test]
fn p256_signs_as_rfc_6979() {
    let scalar = hex("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
    let key = p256::SecretKey::from_slice(&scalar).unwrap();
    let bytes = key.public_key().to_sec1_bytes().to_vec();
    let public = PublicKey::from_bytes(KeyKind::P256, &bytes).unwrap();
    let pair = KeyPair {
        private: PrivateKey::P256(key),
        public,
    };
    let signature = pair.sign(b"sample").unwrap();
    let expected = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
                    f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8";
    assert_eq!(signature.to_vec(), hex(expected));
    assert!(pair.public().verifies(b"sample", &signature));
}

#[test]
fn points_of_small_order_give_no_shared_secret() {
    let key = KeyPair::from_seed(KeyKind::X25519, &[3; 32]).unwrap();
    let mut one = [0; 32];
    one[0] = 1;
    let other = PublicKey::from_bytes(KeyKind::X25519, &one).unwrap();
    assert!(key.agree(&other).is_err());
    assert!(PublicKey::from_bytes(KeyKind::X25519, &[0; 32]).is_err());
    assert!(PublicKey::from_bytes(KeyKind::X25519, &[0xff; 32]).is_err());
}

#[test]
fn public_keys_are_read_as_they_are_written() {
    for kind in KeyKind::ALL {
        let key = KeyPair::from_seed(kind, &[5; 32]).unwrap().public();
        let pem = key.to_pem().unwrap();
        assert_eq!(PublicKey::from_pem(&pem).unwrap(), key);
        assert!(PublicKey::from_pem(&pem.replace("PUBLIC", "PRIVATE")).is_err());
        let Ok(line) = key.to_openssh("with a comment") else {
            assert_eq!(kind, KeyKind::X25519);
            continue;
        };
        assert_eq!(PublicKey::from_openssh(&line).unwrap(), key);
        let bytes = key.to_ssh_bytes().unwrap();
        assert_eq!(bytes[..4], (key_type(&line).len() as u32).to_be_bytes());
        assert_eq!(
            &bytes[4..4 + key_type(&line).len()],
            key_type(&line).as_bytes()
        );
    }
    let long = "A".repeat(MAX_TEXT_BYTES + 1);
    for result in [PublicKey::from_pem(&long), PublicKey::from_openssh(&long)] {
        assert!(result.unwrap_err().to_string().contains("4097 bytes"));
    }
}

fn key_type(line: &str) -> &str {
    line.split(' ').next().unwrap()
}

/// Every character changed: not read, or another key.
#[test]
fn changed_public_keys_are_refused_or_others() {
    for kind in [KeyKind::P256, KeyKind::Rsa2048] {
        let key = KeyPair::from_seed(kind, &[5; 32]).unwrap().public();
        let (pem, line) = (key.to_pem().unwrap(), key.to_openssh("").unwrap());
        for i in 0..pem.trim_end().len() {
            let changed = with_a(&pem, i);
            assert_ne!(PublicKey::from_pem(&changed), Ok(key.clone()), "{changed}");
        }
        for i in 0..line.len() {
            let changed = with_a(&line, i);
            assert_ne!(
                PublicKey::from_openssh(&changed),
                Ok(key.clone()),
                "{changed}"
            );
        }
    }
}

/// The text with its character at `i` turned into an A, or a B where it was one.
fn with_a(text: &str, i: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[i] = if bytes[i] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

proptest! {
    #[test]
    fn any_text_is_read_as_a_recipient_without_panic(text in "(age1)?[ -~\u{80}-\u{ff}]{0,70}") {
        prop_assert!(PublicKey::from_age_recipient(&text).is_err());
    }

    #[test]
    fn every_x25519_key_has_one_recipient(seed: [u8; 32]) {
        let public = KeyPair::from_seed(KeyKind::X25519, &seed).unwrap().public();
        let text = public.to_age_recipient().unwrap();
        prop_assert_eq!(PublicKey::from_age_recipient(&text).unwrap(), public);
    }

    #[test]
    fn any_text_is_read_as_a_public_key_without_panic(text in "(-----BEGIN PUBLIC KEY-----\n|ssh-rsa |ssh-ed25519 )?[A-Za-z0-9+/=\n -]{0,90}") {
        prop_assert!(PublicKey::from_pem(&text).is_err());
        prop_assert!(PublicKey::from_openssh(&text).is_err());
    }

    #[test]
    fn any_bytes_are_read_as_a_key_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), head in 2u8..5) {
        for kind in KeyKind::ALL {
            let mut bytes = bytes.clone();
            bytes.resize(kind.public_len(), 0x5b);
            bytes[0] = head;
            if let Ok(key) = PublicKey::from_bytes(kind, &bytes) {
                prop_assert_eq!(key.as_bytes(), bytes);
                prop_assert!(!key.verifies(b"message", &[7; 64]));
            }
        }
    }
}
