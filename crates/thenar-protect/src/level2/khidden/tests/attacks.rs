//! What a thief of negative databases does with them, as tests that count it.

use super::*;

fn agreeing(a: &BitTemplate, b: &BitTemplate) -> f64 {
    1.0 - f64::from(a.hamming(b)) / a.len() as f64
}

/// Bits recovered by counting columns, against `Φ(√(r μ²/K))`: within one percentage point.
#[test]
fn signs_of_the_column_sums_recover_the_template_at_the_rate_of_theory() {
    let rng = &mut ChaCha20Rng::seed_from_u64(3);
    let rows = [
        [1.0, 0.0, 0.0],
        [0.8, 0.2, 0.0],
        [0.7, 0.3, 0.0],
        [0.6, 0.4, 0.0],
    ];
    let inside = rows
        .iter()
        .flat_map(|p| [4.0, 6.5, 16.0].map(|r| published(p, r)));
    for params in inside.chain(matchable()) {
        let records = 30;
        let total: f64 = (0..records)
            .map(|_| {
                let template = balanced(2048, rng);
                let database = NegativeDatabase::generate(&template, &params, &key(rng)).unwrap();
                agreeing(&database.column_sums().recover(), &template)
            })
            .sum();
        let recovered = total / f64::from(records);
        // 61,440 bits: standard deviation 0.2 points.
        let theory = params.sign_recovery();
        println!(
            "{:45} recovered {recovered:.4}, theory {theory:.4}",
            params.describe()
        );
        assert!(
            (recovered - theory).abs() < 0.01,
            "{}: {recovered:.4}, theory {theory:.4}",
            params.describe()
        );
    }
}

/// The recovered bits as a query: nearer than the template that was enrolled, and so accepted at every threshold that
/// accepts anybody.
#[test]
fn the_recovered_template_is_always_accepted_as_a_query() {
    let rng = &mut ChaCha20Rng::seed_from_u64(4);
    for params in matchable() {
        let mut accepted = 0;
        let mut nearest_impostor = f64::INFINITY;
        let mut replays: Vec<f64> = Vec::new();
        for _ in 0..40 {
            let template = balanced(1024, rng);
            let record = NegativeDatabase::generate(&template, &params, &key(rng))
                .unwrap()
                .column_sums();
            let distance = |query: &BitTemplate| record.distance(query).unwrap();
            let replay = distance(&record.recover());
            accepted += u32::from(replay < distance(&template));
            replays.push(replay);
            for _ in 0..100 {
                nearest_impostor = nearest_impostor.min(distance(&balanced(1024, rng)));
            }
        }
        let farthest_replay = replays.iter().copied().fold(0.0, f64::max);
        println!(
            "{:45} accepted {accepted} of 40: replays at most {farthest_replay:.4}, 4000 impostors at least {nearest_impostor:.4}",
            params.describe()
        );
        assert_eq!(accepted, 40, "{}", params.describe());
        assert!(replays.iter().all(|&d| d < nearest_impostor));
    }
}

#[test]
fn whoever_knows_k2_reads_every_bit() {
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    for params in matchable() {
        let (template, k2) = (balanced(1024, rng), key(rng));
        let database = NegativeDatabase::generate(&template, &params, &k2).unwrap();
        let read = database.open_with_seed(&k2).unwrap();
        assert!(
            read.iter()
                .enumerate()
                .all(|(j, &bit)| bit.is_none() || bit == template.bit(j))
        );
        // At 2·3.5 or more cells for each bit, one in 1,100 is never spoken of.
        assert!(read.iter().filter(|bit| bit.is_none()).count() < 10);
        let other = database.open_with_seed(&key(rng)).unwrap();
        assert!(other.iter().all(Option::is_none));
    }
}

/// Without knowing k2 at all.
#[test]
fn two_records_under_one_k2_show_the_xor_of_their_templates() {
    let rng = &mut ChaCha20Rng::seed_from_u64(8);
    let k2 = key(rng);
    let [a, b] = [(), ()].map(|()| balanced(512, rng));
    let [one, two] =
        [&a, &b].map(|t| NegativeDatabase::generate(t, &KHiddenParams::default(), &k2).unwrap());
    for (one, two) in one.sorted_rows().flatten().zip(two.sorted_rows().flatten()) {
        assert_eq!(one.position, two.position);
        let j = one.position;
        assert_eq!(one.value != two.value, a.bit(j) != b.bit(j));
    }
}

/// Records of one template under several k2, as after a "renewal" without the user: the theory with `n·r` rows a bit.
#[test]
fn records_issued_anew_add_up() {
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    let params = published(&[0.6, 0.4, 0.0], 6.5);
    let issues = 8;
    let mut recovered = 0.0;
    for _ in 0..30 {
        let template = balanced(1024, rng);
        let records: Vec<ColumnSums> = (0..issues)
            .map(|_| {
                NegativeDatabase::generate(&template, &params, &key(rng))
                    .unwrap()
                    .column_sums()
            })
            .collect();
        let pooled = ColumnSums::pooled(&records.iter().collect::<Vec<_>>()).unwrap();
        recovered += agreeing(&pooled.recover(), &template) / 30.0;
    }
    let theory = published(&[0.6, 0.4, 0.0], 6.5 * f64::from(issues)).sign_recovery();
    assert!(
        (recovered - theory).abs() < 0.01,
        "{recovered}, theory {theory}"
    );
    assert!(ColumnSums::pooled(&[]).is_err());
}

/// Fresh k2 for every record, and still two records of one template are seen to be of one.
#[test]
fn a_fresh_k2_does_not_unlink_records() {
    let rng = &mut ChaCha20Rng::seed_from_u64(10);
    let params = published(&[1.0, 0.0, 0.0], 6.5);
    let record = |t: &BitTemplate, rng: &mut ChaCha20Rng| {
        NegativeDatabase::generate(t, &params, &key(rng))
            .unwrap()
            .column_sums()
    };
    for _ in 0..20 {
        let (a, b) = (balanced(1024, rng), balanced(1024, rng));
        let first = record(&a, rng);
        let again = record(&noisy(&a, 0.2, rng), rng);
        // x/(1+x) times 1 − 2·0.2, and 0 ± 1/√1024.
        assert!(first.cosine(&again).unwrap() > 0.25);
        assert!(first.cosine(&record(&b, rng)).unwrap().abs() < 0.15);
    }
}
