use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::{BitTemplate, Match, ProtectError, Token, Transform};

const FEATURE: usize = 256;

fn normalised(values: Vec<f64>) -> Vec<f32> {
    let norm = values.iter().map(|x| x * x).sum::<f64>().sqrt();
    values.iter().map(|x| (x / norm) as f32).collect()
}

fn feature(rng: &mut ChaCha20Rng) -> Vec<f32> {
    normalised((0..FEATURE).map(|_| StandardNormal.sample(rng)).collect())
}

/// Another look at the same palm: at an angle of about 27°.
fn mate(of: &[f32], rng: &mut ChaCha20Rng) -> Vec<f32> {
    let noise = 0.5 / (FEATURE as f64).sqrt();
    let moved = of.iter().map(|&u| {
        let step: f64 = StandardNormal.sample(rng);
        f64::from(u) + noise * step
    });
    normalised(moved.collect())
}

fn biohashing() -> Vec<BioHashingParams> {
    let params = BioHashingParams::new(FEATURE, 128).unwrap();
    vec![params.clone().with_frame(Frame::Structured), params]
}

fn mlp_hash() -> Vec<MlpHashParams> {
    vec![
        MlpHashParams::with_layers(FEATURE, &[512; 3], 256, Frame::Structured).unwrap(),
        MlpHashParams::with_layers(FEATURE, &[256, 320], 200, Frame::GramSchmidt).unwrap(),
    ]
}

fn index_of_max() -> IndexOfMaxParams {
    IndexOfMaxParams::new(FEATURE, 150, 16).unwrap()
}

/// Mean distances of mates, of strangers, and of one feature under two tokens, of 60 palms.
struct Distances {
    mates: f64,
    strangers: f64,
    /// One feature under two tokens, and two features under two tokens.
    tokens: [f64; 2],
    /// Mates that are nearer than the nearest stranger of all.
    separated: usize,
}

fn measure<T: Transform>(params: impl Fn() -> T::Params) -> Distances
where
    T::Template: Match<T::Template>,
{
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let [one, two] = [1, 2].map(|i| T::with_token(params(), &Token::from_bytes([i; 32])).unwrap());
    let of = |scheme: &T, u: &[f32]| scheme.transform(u).unwrap();
    let palms: Vec<[Vec<f32>; 2]> = (0..60)
        .map(|_| {
            let u = feature(rng);
            let again = mate(&u, rng);
            [u, again]
        })
        .collect();
    let enrolled: Vec<T::Template> = palms.iter().map(|[u, _]| of(&one, u)).collect();
    let queries: Vec<T::Template> = palms.iter().map(|[_, u]| of(&one, u)).collect();
    let other: Vec<T::Template> = palms.iter().map(|[u, _]| of(&two, u)).collect();
    let n = palms.len();
    let mates: Vec<f64> = (0..n)
        .map(|i| enrolled[i].distance(&queries[i]).unwrap())
        .collect();
    let pairs = || (0..n).flat_map(|i| (0..n).filter(move |&j| j != i).map(move |j| (i, j)));
    let strangers: Vec<f64> = pairs()
        .map(|(i, j)| enrolled[i].distance(&queries[j]).unwrap())
        .collect();
    let nearest = strangers.iter().copied().fold(1.0, f64::min);
    let mean = |d: &[f64]| d.iter().sum::<f64>() / d.len() as f64;
    let same: Vec<f64> = (0..n)
        .map(|i| enrolled[i].distance(&other[i]).unwrap())
        .collect();
    let different: Vec<f64> = pairs()
        .map(|(i, j)| enrolled[i].distance(&other[j]).unwrap())
        .collect();
    Distances {
        mates: mean(&mates),
        strangers: mean(&strangers),
        tokens: [mean(&same), mean(&different)],
        separated: mates.iter().filter(|&&d| d < nearest).count(),
    }
}

fn all_schemes() -> Vec<(String, Distances)> {
    let mut all = Vec::new();
    for params in biohashing() {
        all.push((params.describe(), measure::<BioHashing>(|| params.clone())));
    }
    for params in mlp_hash() {
        all.push((params.describe(), measure::<MlpHash>(|| params.clone())));
    }
    let params = index_of_max();
    all.push((params.describe(), measure::<IndexOfMax>(|| params.clone())));
    all
}

#[test]
fn under_one_token_mates_are_nearer_than_strangers() {
    for (scheme, d) in all_schemes() {
        assert!(
            d.mates < 0.75 * d.strangers,
            "{scheme}: {} {}",
            d.mates,
            d.strangers
        );
        // A deep narrow network mixes some.
        assert!(d.separated >= 45, "{scheme}: {} of 60", d.separated);
    }
}

/// One palm under two tokens is as far apart as two palms are.
#[test]
fn under_two_tokens_one_palm_looks_like_two() {
    for (scheme, d) in all_schemes() {
        let [same, different] = d.tokens;
        // 60 templates of 128 bits or more: standard deviation 0.006 at most.
        assert!(
            (same - different).abs() < 0.025,
            "{scheme}: {same} {different}"
        );
    }
}

/// Hyperplanes (Charikar, 2002) differ at the rate angle/π; unrelated indices at 1 − 1/q.
#[test]
fn distances_are_those_of_theory() {
    // The mean angle of mates: noise of length 1/2 across.
    let angle = (0.5_f64).atan() / std::f64::consts::PI;
    for params in biohashing() {
        let d = measure::<BioHashing>(|| params.clone());
        assert!((d.mates - angle).abs() < 0.015, "{}", d.mates);
        assert!((d.strangers - 0.5).abs() < 0.01, "{}", d.strangers);
    }
    let d = measure::<IndexOfMax>(index_of_max);
    assert!((d.strangers - 15.0 / 16.0).abs() < 0.005, "{}", d.strangers);
}

fn golden_feature() -> Vec<f32> {
    // A feature without any library function in its making.
    let whole = (0..128_i32).map(|i| f64::from((i * 37 + 11) % 101 - 50));
    normalised(whole.collect())
}

fn bits_under_golden_token<T: Transform<Template = BitTemplate>>(params: T::Params) -> String {
    let token = Token::from_bytes(std::array::from_fn(|i| i as u8));
    let scheme = T::with_token(params, &token).unwrap();
    let bits = scheme.transform(&golden_feature()).unwrap();
    hex::encode(&bits.to_bytes()[4..])
}

/// Golden: `tests/data/golden.py` computes them a second time.
#[test]
fn templates_are_pinned() {
    let params = BioHashingParams::new(128, 64).unwrap();
    assert_eq!(
        bits_under_golden_token::<BioHashing>(params.clone()),
        "6ed07bfdb4ecc47c"
    );
    let structured = params.with_frame(Frame::Structured);
    assert_eq!(
        bits_under_golden_token::<BioHashing>(structured),
        "b985c5932128a990"
    );
    let network = |frame| MlpHashParams::with_layers(128, &[64, 160], 64, frame).unwrap();
    assert_eq!(
        bits_under_golden_token::<MlpHash>(network(Frame::GramSchmidt)),
        "033298940aa03095"
    );
    assert_eq!(
        bits_under_golden_token::<MlpHash>(network(Frame::Structured)),
        "1244113010369500"
    );
    let token = Token::from_bytes(std::array::from_fn(|i| i as u8));
    let iom = IndexOfMax::with_token(IndexOfMaxParams::new(128, 24, 16).unwrap(), &token).unwrap();
    let code = iom.transform(&golden_feature()).unwrap();
    assert_eq!(
        hex::encode(code.indices()),
        "0d0b05060e0902070b07010c00090a000b01020600090403"
    );
}

#[test]
fn the_threshold_of_biohashing_is_a_parameter() {
    let token = Token::from_bytes([3; 32]);
    let ones = |threshold| {
        let params = BioHashingParams::new(128, 64)
            .unwrap()
            .with_threshold(threshold)
            .unwrap();
        let scheme = BioHashing::with_token(params, &token).unwrap();
        scheme.transform(&golden_feature()).unwrap().count_ones()
    };
    assert_eq!((ones(-1.0), ones(1.0)), (64, 0));
    assert!((16..48).contains(&ones(0.0)));
}

#[test]
fn parameters_out_of_range_are_refused() {
    let refused = |error: ProtectError| error.to_string();
    assert_eq!(
        refused(BioHashingParams::new(128, 129).unwrap_err()),
        "the number of bits is 129, expected 1..=128"
    );
    let params = BioHashingParams::new(128, 64).unwrap();
    assert_eq!(
        refused(params.with_threshold(f64::NAN).unwrap_err()),
        "the threshold is NaN, expected -1 to 1"
    );
    assert!(BioHashingParams::new(4097, 8).is_err() && BioHashingParams::new(0, 0).is_err());
    assert!(MlpHashParams::new(2048, 512).is_ok() && MlpHashParams::new(2049, 512).is_err());
    let layers = |hidden: &[usize]| MlpHashParams::with_layers(64, hidden, 64, Frame::GramSchmidt);
    assert!(layers(&[0]).is_err() && layers(&[4097]).is_err() && layers(&[64; 9]).is_err());
    assert!(layers(&[]).is_ok());
    assert!(IndexOfMaxParams::usual(2048).is_ok());
    assert_eq!(
        refused(IndexOfMaxParams::new(16384, 4096, 256).unwrap_err()),
        "the number of weights is 17179869184, expected 1..=67108864"
    );
    assert!(IndexOfMaxParams::new(64, 8, 1).is_err() && IndexOfMaxParams::new(64, 8, 257).is_err());
    assert_eq!(
        refused(IndexCode::new(vec![3, 4], 4).unwrap_err()),
        "an index is 4, expected below 4"
    );
}

#[test]
fn bad_features_are_refused() {
    let token = Token::from_bytes([0; 32]);
    let iom = IndexOfMax::with_token(IndexOfMaxParams::new(8, 4, 4).unwrap(), &token).unwrap();
    assert!(matches!(
        iom.transform(&[0.5; 7]),
        Err(ProtectError::FeatureLength { .. })
    ));
    assert!(matches!(
        iom.transform(&[0.5; 8]),
        Err(ProtectError::FeatureNorm { .. })
    ));
    let params = BioHashingParams::new(8, 4).unwrap();
    let biohash = BioHashing::with_token(params, &token).unwrap();
    assert!(matches!(
        biohash.transform(&[f32::NAN; 8]),
        Err(ProtectError::FeatureValue { .. })
    ));
}

proptest! {
    /// Whatever bytes a cache holds: a code or a refusal, and the same bytes again.
    #[test]
    fn any_indices_are_taken_or_refused(indices in proptest::collection::vec(any::<u8>(), 0..40), choices in 0_usize..300) {
        let fits = !indices.is_empty() && (2..=256).contains(&choices)
            && indices.iter().all(|&i| usize::from(i) < choices);
        let code = IndexCode::new(indices.clone(), choices);
        prop_assert_eq!(code.is_ok(), fits);
        if let Ok(code) = code {
            prop_assert_eq!((code.indices(), code.choices()), (&indices[..], choices));
            prop_assert_eq!(code.distance(&code).unwrap(), 0.0);
        }
    }

    #[test]
    fn the_distance_of_codes_counts_differing_indices(pairs in proptest::collection::vec((0_u8..4, 0_u8..4), 1..60)) {
        let (a, b): (Vec<u8>, Vec<u8>) = pairs.iter().copied().unzip();
        let differing = pairs.iter().filter(|(a, b)| a != b).count();
        let [a, b] = [a, b].map(|indices| IndexCode::new(indices, 4).unwrap());
        prop_assert_eq!(a.distance(&b).unwrap(), differing as f64 / pairs.len() as f64);
        let shorter = IndexCode::new(vec![1; pairs.len() + 1], 4).unwrap();
        prop_assert!(a.distance(&shorter).is_err());
    }
}
