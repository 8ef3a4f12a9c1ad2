mod attacks;

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::{BitTemplate, Match, StoreKey};

/// Random bits, half of them ones, as level 1 makes them.
fn balanced(bits: usize, rng: &mut ChaCha20Rng) -> BitTemplate {
    let mut order: Vec<(u64, usize)> = (0..bits).map(|j| (rng.next_u64(), j)).collect();
    order.sort_unstable();
    let mut ones = vec![false; bits];
    order[..bits / 2].iter().for_each(|&(_, j)| ones[j] = true);
    BitTemplate::from_bools(&ones).unwrap()
}

/// The template with each bit turned over with probability `rate`.
fn noisy(template: &BitTemplate, rate: f64, rng: &mut ChaCha20Rng) -> BitTemplate {
    let bits: Vec<bool> = (0..template.len())
        .map(|j| template.bit(j).unwrap() != (f64::from(rng.next_u32()) < rate * 4_294_967_296.0))
        .collect();
    BitTemplate::from_bools(&bits).unwrap()
}

fn key(rng: &mut ChaCha20Rng) -> StoreKey {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    StoreKey::from_bytes(bytes)
}

fn published(p: &[f64], r: f64) -> KHiddenParams {
    KHiddenParams::new(p, r).unwrap()
}

/// The parameters whose figures the tests check: some inside theorem 1, some outside, and the public code's.
fn matchable() -> Vec<KHiddenParams> {
    vec![
        KHiddenParams::default(),
        published(&[1.0, 0.0, 0.0], 6.5),
        published(&[0.8, 0.2, 0.0], 4.0),
        published(&[0.9, 0.05, 0.05], 8.0),
        published(&[0.3, 0.5, 0.2, 0.0], 16.0),
        // Outside: the sums point at the complement.
        published(&[0.5, 0.3, 0.2], 6.5),
        published(&[1.0 / 3.0; 3], 6.5),
        KHiddenParams::public_code(),
    ]
}

#[test]
fn rows_are_those_of_algorithm_1() {
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let template = balanced(512, rng);
    let params = published(&[0.5, 0.2, 0.3, 0.0], 8.0);
    let database = NegativeDatabase::generate(&template, &params, &key(rng)).unwrap();
    assert_eq!(database.row_count(), 4096);
    assert_eq!(database.cell_count(), 4 * 4096);
    let mut kinds = [0_u32; 5];
    let mut columns = vec![0_u32; 512];
    for row in database.sorted_rows() {
        assert!(
            row.windows(2)
                .all(|pair| pair[0].position < pair[1].position)
        );
        let wrong = row
            .iter()
            .filter(|cell| template.bit(cell.position) != Some(cell.value));
        kinds[wrong.count()] += 1;
        row.iter().for_each(|cell| columns[cell.position] += 1);
    }
    // Standard deviation at most 32.
    for (found, expected) in kinds.into_iter().zip([0.0, 0.5, 0.2, 0.3, 0.0]) {
        assert!(
            (f64::from(found) - 4096.0 * expected).abs() < 130.0 * f64::from(expected > 0.0) + 0.5
        );
    }
    // Every position equally likely: 32 cells each, standard deviation 5.7.
    assert!(columns.iter().all(|&n| (6..65).contains(&n)), "{columns:?}");
}

/// `Test_NDB.py`: `i` uniform in 1…4, then `i` wrong cells and one right one.
#[test]
fn rows_of_the_public_code_have_one_right_cell() {
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    let template = balanced(2048, rng);
    let params = KHiddenParams::public_code();
    let database = NegativeDatabase::generate(&template, &params, &key(rng)).unwrap();
    assert_eq!(database.row_count(), 4096);
    let mut lengths = [0_u32; 6];
    for row in database.sorted_rows() {
        let right = row
            .iter()
            .filter(|cell| template.bit(cell.position) == Some(cell.value));
        assert_eq!(right.count(), 1);
        lengths[row.len()] += 1;
    }
    // 1024 of each, standard deviation 28.
    assert_eq!(lengths[..2], [0, 0]);
    assert!(
        lengths[2..].iter().all(|n| n.abs_diff(1024) < 140),
        "{lengths:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The column sums are the matrix, and the matrix is the dictionary with the opposite sign.
    #[test]
    fn the_collapsed_form_equals_the_matrix_matcher(
        bits in 5_usize..200, r in 0.1_f64..8.0, seed: u64, kinds in 0_usize..8, query_rate in 0.0_f64..1.0
    ) {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let form = matchable()[kinds].clone();
        let params = published(form.p(), r).with_form(form.form());
        let template = balanced(bits, rng);
        let query = noisy(&template, query_rate, rng);
        let database = NegativeDatabase::generate(&template, &params, &key(rng)).unwrap();
        let sums = database.column_sums();
        let matrix = MatrixDatabase::new(&database).unwrap();
        let dictionary = DictionaryDatabase::new(&database).unwrap();

        let sum = sums.sum(&query).unwrap();
        prop_assert_eq!(matrix.sum(&query).unwrap(), sum);
        prop_assert_eq!(dictionary.matching_distance(&query).unwrap(), -sum.signed);
        prop_assert_eq!(matrix.distance(&query).unwrap(), sums.distance(&query).unwrap());
        prop_assert_eq!(matrix.eq6(&query).unwrap(), sums.eq6(&query).unwrap());
        let distance = Match::distance(&sums, &query).unwrap();
        prop_assert!((0.0..=1.0).contains(&distance));
    }

    /// The sums by their definition, from the rows of the matrix.
    #[test]
    fn column_sums_are_sums_of_columns(bits in 5_usize..100, seed: u64) {
        let rng = &mut ChaCha20Rng::seed_from_u64(seed);
        let template = balanced(bits, rng);
        let database = NegativeDatabase::generate(&template, &KHiddenParams::default(), &key(rng)).unwrap();
        let matrix = MatrixDatabase::new(&database).unwrap();
        let mut expected = vec![0.0; bits];
        for row in matrix.rows() {
            row.iter().zip(&mut expected).for_each(|(b, sum)| *sum += b);
        }
        let found: Vec<f32> = database.column_sums().sums().iter().map(|&c| c as f32).collect();
        prop_assert_eq!(found, expected);
    }
}

/// Genuine queries are near, impostors at one half; and eq. 6 to the letter turns over where eq. 12 holds.
#[test]
fn genuine_queries_are_nearer_than_impostors() {
    let rng = &mut ChaCha20Rng::seed_from_u64(5);
    for params in matchable() {
        let template = balanced(2048, rng);
        let record = NegativeDatabase::generate(&template, &params, &key(rng))
            .unwrap()
            .column_sums();
        let (genuine, impostor) = (noisy(&template, 0.1, rng), balanced(2048, rng));
        let distances = [&genuine, &impostor].map(|q| record.distance(q).unwrap());
        assert!(
            distances[0] < distances[1],
            "{}: {distances:?}",
            params.describe()
        );
        assert!((distances[1] - 0.5).abs() < 0.03);
        let letters = [&genuine, &impostor].map(|q| record.eq6(q).unwrap());
        assert_eq!(letters[0] > letters[1], params.is_hard_by_theorem_1());
    }
}

/// With the public code and 15 % of differing bits the paper's Table III comes back: genuine 0.326–0.336, impostor 0.500.
#[test]
fn the_public_code_gives_the_scores_of_table_iii() {
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    let (mut genuine, mut impostor) = (0.0, 0.0);
    for _ in 0..40 {
        let template = balanced(2048, rng);
        let params = KHiddenParams::public_code();
        let record = NegativeDatabase::generate(&template, &params, &key(rng))
            .unwrap()
            .column_sums();
        genuine += record.distance(&noisy(&template, 0.15, rng)).unwrap() / 40.0;
        impostor += record.distance(&balanced(2048, rng)).unwrap() / 40.0;
    }
    assert!((genuine - 0.3255).abs() < 0.006, "{genuine}");
    assert!((impostor - 0.5).abs() < 0.006, "{impostor}");
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let rng = &mut ChaCha20Rng::seed_from_u64(11);
    let k2 = key(rng);
    let few = BitTemplate::from_bools(&[true, false]).unwrap();
    let error = NegativeDatabase::generate(&few, &KHiddenParams::default(), &k2).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the number of bits to hide is 2, expected 3 or more, the cells of the longest row"
    );
    let database =
        NegativeDatabase::generate(&balanced(64, rng), &KHiddenParams::default(), &k2).unwrap();
    let query = balanced(63, rng);
    let expected = "the number of bits of the query is 63, expected 64 as in the record";
    let errors = [
        database.column_sums().distance(&query).unwrap_err(),
        MatrixDatabase::new(&database)
            .unwrap()
            .distance(&query)
            .unwrap_err(),
        DictionaryDatabase::new(&database)
            .unwrap()
            .matching_distance(&query)
            .unwrap_err(),
    ];
    assert!(
        errors.iter().all(|error| error.to_string() == expected),
        "{errors:?}"
    );
    // 2^13 bits and 2^19 rows would be 2^32 characters.
    let large =
        NegativeDatabase::generate(&balanced(1 << 13, rng), &published(&[0.5, 0.5], 64.0), &k2)
            .unwrap();
    assert!(MatrixDatabase::new(&large).is_err() && DictionaryDatabase::new(&large).is_err());
}

#[test]
fn the_dictionary_form_is_text() {
    let rng = &mut ChaCha20Rng::seed_from_u64(12);
    let database =
        NegativeDatabase::generate(&balanced(16, rng), &KHiddenParams::default(), &key(rng))
            .unwrap();
    let text = DictionaryDatabase::new(&database).unwrap();
    for (text, row) in text.rows().zip(database.sorted_rows()) {
        assert_eq!(text.iter().filter(|&&c| c == b'*').count(), 13);
        assert!(
            row.iter()
                .all(|cell| text[cell.position] == b'0' + u8::from(cell.value))
        );
    }
}

/// Golden: `tests/data/golden.py` computes it a second time. Bytes are the column sums as i8.
#[test]
fn column_sums_are_pinned() {
    let template = BitTemplate::from_words(vec![0xb50d_7ad6_b00c_d2da], 64).unwrap();
    let k2 = StoreKey::from_bytes([1; 32]);
    let sums = |params: &KHiddenParams| {
        let record = NegativeDatabase::generate(&template, params, &k2)
            .unwrap()
            .column_sums();
        hex::encode(
            record
                .sums()
                .iter()
                .map(|&c| c as i8 as u8)
                .collect::<Vec<u8>>(),
        )
    };
    assert_eq!(
        sums(&KHiddenParams::default()),
        "ff00fdfe04fa010ff908fb0106070300fdf80406040202fd02fdfcfe0102fdfefdff08fe06ff040501fe010304fc050005fd030500f9f5fc04fb05ff\
         0909fe01"
    );
    assert_eq!(
        sums(&KHiddenParams::public_code()),
        "00fc05fdfc02fdfe03fa0409ff0201000102fcfb00060505040007fffefd010103fcfb05f604fffc05fe01f7fffb0101fc0700f905030003fd05f806\
         00ff05ff"
    );
}
