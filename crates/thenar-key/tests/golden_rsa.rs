//! RSA keys against the vectors of C2SP det-keygen, see `golden/det_keygen.md`.

use pkcs8::der::Decode;
use pkcs8::der::asn1::UintRef;
use thenar_key::rsa::{RsaKey, det_keygen};

/// Standard base64.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut value) = (Vec::new(), 0, 0u32);
    for c in text.bytes().filter(|c| *c != b'=') {
        let digit = ALPHABET.iter().position(|a| *a == c).unwrap();
        value = value << 6 | digit as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((value >> bits) as u8);
        }
    }
    bytes
}

fn fields(key: &RsaKey) -> [Vec<u8>; 8] {
    let e = key.e.to_be_bytes()[1..].to_vec();
    let numbers = [&key.d, &key.p, &key.q, &key.dp, &key.dq, &key.qinv].map(|n| n.to_vec());
    let [d, p, q, dp, dq, qinv] = numbers;
    [key.n.clone(), e, d, p, q, dp, dq, qinv]
}

#[test]
fn the_vectors_of_c2sp_det_keygen() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("golden/det_keygen_rsa.json")).unwrap();
    let mut tried = 0;
    for vector in vectors.as_array().unwrap() {
        let bits = vector["bits"].as_u64().unwrap() as u32;
        let seed = base64(vector["seed"].as_str().unwrap());
        let Ok(key) = det_keygen::generate(&seed, bits) else {
            assert!(![2048, 3072, 4096].contains(&bits), "{bits}");
            continue;
        };
        let der = base64(vector["private_key_pkcs8"].as_str().unwrap());
        let info = pkcs8::PrivateKeyInfoRef::try_from(der.as_slice()).unwrap();
        let expected = pkcs1::RsaPrivateKeyRef::from_der(info.private_key.as_bytes()).unwrap();
        let bytes = |number: UintRef<'_>| number.as_bytes().to_vec();
        let expected = [
            bytes(expected.modulus),
            bytes(expected.public_exponent),
            bytes(expected.private_exponent),
            bytes(expected.prime1),
            bytes(expected.prime2),
            bytes(expected.exponent1),
            bytes(expected.exponent2),
            bytes(expected.coefficient),
        ];
        assert_eq!(
            fields(&key),
            expected,
            "{bits} bits, seed {}",
            vector["seed"]
        );
        tried += 1;
    }
    assert_eq!(tried, 18);
}
