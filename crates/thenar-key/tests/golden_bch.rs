//! BCH codes against the Python package galois: `golden/bch.json`, written by `golden/make_bch.py`.

use serde_json::Value;
use thenar_key::bits::words_for;
use thenar_key::gf::PRIMITIVE_POLYNOMIALS;
use thenar_key::{Bch, BchError};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/bch.json")).unwrap()
}

fn number(value: &Value, key: &str) -> usize {
    value[key]
        .as_u64()
        .unwrap_or_else(|| panic!("no number {key} in {value}")) as usize
}

/// Hex of little-endian bytes to a string of `len` bits.
fn words(value: &Value, len: usize) -> Vec<u64> {
    let hex = value.as_str().unwrap();
    let mut words = vec![0; words_for(len)];
    for i in 0..hex.len() / 2 {
        words[i / 8] |= u64::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap() << (8 * (i % 8));
    }
    words
}

#[test]
fn dimensions_agree_with_galois() {
    let golden = golden();
    let rows = golden["table"].as_array().unwrap();
    assert!(rows.len() > 200, "{} rows", rows.len());
    for row in rows {
        let (n, t) = (number(row, "n"), number(row, "asked"));
        let code = Bch::new((n + 1).ilog2(), t).unwrap();
        assert_eq!(code.k(), number(row, "k"), "n = {n}, t = {t}");
    }
}

#[test]
fn words_agree_with_galois() {
    let golden = golden();
    let codes = golden["codes"].as_array().unwrap();
    assert!(codes.len() >= 14, "{} codes", codes.len());
    for row in codes {
        let (n, k, t, length) = (
            number(row, "n"),
            number(row, "k"),
            number(row, "t"),
            number(row, "length"),
        );
        let m = (n + 1).ilog2();
        assert_eq!(
            PRIMITIVE_POLYNOMIALS[m as usize - 5] as usize,
            number(row, "primitive")
        );
        let full = Bch::with_dimension(m, k).unwrap();
        assert_eq!(full.t(), t, "({n}, {k})");
        assert_eq!(
            full.generator(),
            words(&row["generator"], n - k + 1),
            "({n}, {k})"
        );
        let code = Bch::shortened(m, t, length).unwrap();
        let cases = row["cases"].as_array().unwrap();
        assert!(cases.iter().any(|case| number(case, "errors") == t) && cases.len() > 3);
        for case in cases {
            let message = words(&case["message"], code.k());
            let codeword = words(&case["codeword"], length);
            assert_eq!(
                *code.encode(&message).unwrap(),
                codeword,
                "({n}, {k}) encode"
            );
            let received = words(&case["received"], length);
            match case["found"].as_i64().unwrap() {
                -1 => assert_eq!(
                    code.decode(&received).err(),
                    Some(BchError::TooManyErrors { t })
                ),
                found => {
                    let decoded = code.decode(&received).unwrap();
                    assert_eq!(decoded.errors as i64, found);
                    assert_eq!(decoded.message, words(&case["decoded"], code.k()));
                }
            }
        }
    }
}
