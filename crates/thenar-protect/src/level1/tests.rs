use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::*;

fn feature(len: usize, rng: &mut ChaCha20Rng) -> Vec<f32> {
    normalised((0..len).map(|_| StandardNormal.sample(rng)).collect())
}

fn normalised(values: Vec<f64>) -> Vec<f32> {
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    values.iter().map(|x| (x / norm) as f32).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn both_forms(params: Level1Params, token: &Token) -> [Level1; 2] {
    [params.clone(), params.with_gram_schmidt().unwrap()].map(|p| Level1::new(p, token).unwrap())
}

fn hex_of(template: &BitTemplate) -> String {
    hex::encode(&template.to_bytes()[4..])
}

/// Golden: records in the field depend on these bits, on every machine. `tests/data/golden.py` computes
/// them a second time.
#[test]
fn bits_are_pinned() {
    // A feature without any library function in its making.
    let whole: Vec<f64> = (0..128_i32)
        .map(|i| f64::from((i * 37 + 11) % 101 - 50))
        .collect();
    let u = normalised(whole);
    let token = Token::from_bytes(std::array::from_fn(|i| i as u8));
    let [structured, gram_schmidt] = both_forms(Level1Params::new(128, 64).unwrap(), &token);
    assert_eq!(hex_of(&structured.bits(&u).unwrap()), "dad20cb0d67a0db5");
    assert_eq!(hex_of(&gram_schmidt.bits(&u).unwrap()), "888de014ee17bfe2");
}

#[test]
fn a_square_projection_preserves_norms_and_inner_products() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    for level1 in both_forms(
        Level1Params::for_comparison(256, 256).unwrap(),
        &Token::from_bytes([1; 32]),
    ) {
        for _ in 0..20 {
            let (u, v) = (feature(256, rng), feature(256, rng));
            let [fu, fv] = [&u, &v].map(|w| w.iter().map(|&x| f64::from(x)).collect::<Vec<f64>>());
            let (qu, qv) = (level1.project(&u).unwrap(), level1.project(&v).unwrap());
            // Quantisation to 2^-20 leaves errors of about 3e-7; 5 of those sigmas are allowed.
            assert!((dot(&qu, &qu).sqrt() - dot(&fu, &fu).sqrt()).abs() < 1.5e-6);
            assert!((dot(&qu, &qv) - dot(&fu, &fv)).abs() < 2e-6);
            // Against the quantised feature the projection is orthogonal to rounding.
            let steps: Vec<f64> = quantise(&u, 256)
                .unwrap()
                .iter()
                .map(|&x| f64::from(x) / QUANTISATION)
                .collect();
            assert!((dot(&qu, &qu) - dot(&steps, &steps)).abs() < 1e-12);
        }
    }
}

/// Two features at angle θ differ in about θ/π of their bits (random hyperplanes: Charikar, 2002).
#[test]
fn differing_bits_measure_the_angle() {
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    for angle in [0.1_f64, 0.2, 0.35, 0.5].map(|fraction| fraction * std::f64::consts::PI) {
        for level1 in both_forms(
            Level1Params::new(512, 256).unwrap(),
            &Token::from_bytes([2; 32]),
        ) {
            let pairs = 30;
            let differing: u32 = (0..pairs)
                .map(|_| {
                    let (u, v) = at_angle(512, angle, rng);
                    level1.bits(&u).unwrap().hamming(&level1.bits(&v).unwrap())
                })
                .sum();
            let fraction = f64::from(differing) / f64::from(pairs * 256);
            // Standard deviation at most 0.5 / √7680 = 0.006.
            let expected = angle / std::f64::consts::PI;
            assert!(
                (fraction - expected).abs() < 0.025,
                "{:?}: {fraction} at {expected}",
                level1.params()
            );
        }
    }
}

/// Two random unit vectors at a given angle.
fn at_angle(len: usize, angle: f64, rng: &mut ChaCha20Rng) -> (Vec<f32>, Vec<f32>) {
    let [u, w] = [(), ()].map(|()| {
        feature(len, rng)
            .iter()
            .map(|&x| f64::from(x))
            .collect::<Vec<f64>>()
    });
    let along = dot(&u, &w) / dot(&u, &u);
    let across: Vec<f64> = w.iter().zip(&u).map(|(w, u)| w - along * u).collect();
    let scale = (dot(&u, &u) / dot(&across, &across)).sqrt();
    let v = u
        .iter()
        .zip(&across)
        .map(|(u, a)| angle.cos() * u + angle.sin() * scale * a)
        .collect();
    (normalised(u), normalised(v))
}

#[test]
fn another_token_gives_unrelated_bits() {
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let u = feature(512, rng);
    let params = Level1Params::new(512, 256).unwrap();
    let templates: Vec<BitTemplate> = (0..100_u8)
        .map(|i| {
            Level1::new(params.clone(), &Token::from_bytes([i; 32]))
                .unwrap()
                .bits(&u)
                .unwrap()
        })
        .collect();
    let distances: Vec<f64> = (1..100)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| f64::from(templates[i].hamming(&templates[j])))
        .collect();
    let mean = distances.iter().sum::<f64>() / distances.len() as f64;
    // 4950 pairs around 128 bits, each with standard deviation 8.
    assert!((mean - 128.0).abs() < 1.0, "{mean}");
    assert!(distances.iter().all(|&d| (80.0..=176.0).contains(&d)));
}

#[test]
fn bad_features_are_refused() {
    let level1 = Level1::new(
        Level1Params::new(8, 4).unwrap(),
        &Token::from_bytes([0; 32]),
    )
    .unwrap();
    let bits = |feature: &[f32]| level1.bits(feature).map(|_| ());
    let mut u = [0.0_f32; 8];
    u[3] = 1.0;
    assert_eq!(bits(&u), Ok(()));
    assert_eq!(
        bits(&u[1..]),
        Err(ProtectError::FeatureLength {
            found: 7,
            expected: 8
        })
    );
    assert_eq!(
        bits(&[0.0; 8]),
        Err(ProtectError::FeatureNorm { norm: 0.0 })
    );
    u[5] = f32::NAN;
    assert_eq!(bits(&u), Err(ProtectError::FeatureValue { index: 5 }));
    u[5] = f32::MAX;
    assert!(matches!(bits(&u), Err(ProtectError::FeatureNorm { .. })));
}

/// Without ties it is eq. 2 with the lower median.
#[test]
fn without_ties_bits_are_those_above_the_median() {
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    let level1 = Level1::new(
        Level1Params::new(512, 256).unwrap(),
        &Token::from_bytes([4; 32]),
    )
    .unwrap();
    let u = feature(512, rng);
    let (q, bits) = (level1.project(&u).unwrap(), level1.bits(&u).unwrap());
    let mut sorted = q.to_vec();
    sorted.sort_by(f64::total_cmp);
    assert!(sorted.windows(2).all(|pair| pair[0] < pair[1]));
    let median = sorted[127];
    assert!(
        q.iter()
            .enumerate()
            .all(|(i, &q)| bits.bit(i) == Some(q > median))
    );
    let probe = level1.probe(&u).unwrap();
    assert_eq!((probe.bits(), probe.distance(&bits)), (&bits, Some(0)));
}

proptest! {
    #[test]
    fn features_are_rounded_as_by_the_library(u in -1.1_f32..1.1, tiny in -1e-6_f32..1e-6, half in -1_000_000_i32..1_000_000) {
        // And exact halves.
        let half = (f64::from(half) + 0.5) as f32 / QUANTISATION as f32;
        for u in [u, tiny, half, 0.0, -0.0, f32::MIN_POSITIVE] {
            let x = f64::from(u) * QUANTISATION;
            prop_assert_eq!(whole(x), x.round() as i32);
        }
    }
}
