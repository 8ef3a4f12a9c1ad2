//! Climbing against the published matchers, which compare bits with a negative database.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use thenar_protect::BitTemplate;

use super::super::query::{any_order, probe, random_bits, turn};
use super::{Climbed, Oracle};
use crate::EvalError;

/// Any weights: these matchers leave them aside.
fn ask(oracle: &mut Oracle<'_>, bits: &BitTemplate) -> Result<Option<f64>, EvalError> {
    let order: Vec<usize> = (0..bits.len()).collect();
    oracle.score(&probe(bits, &order)?)
}

fn accepts(oracle: &mut Oracle<'_>, bits: &BitTemplate) -> Result<Option<bool>, EvalError> {
    let threshold = oracle.threshold;
    Ok(ask(oracle, bits)?.map(|distance| distance <= threshold))
}

/// Turns each bit once, in random order, and keeps what lowers the distance.
pub(super) fn by_score(
    mut oracle: Oracle<'_>,
    start: &BitTemplate,
    rng: &mut ChaCha20Rng,
) -> Result<Climbed, EvalError> {
    let mut best = start.clone();
    let Some(mut nearest) = ask(&mut oracle, &best)? else {
        return Ok(oracle.done(best));
    };
    for position in any_order(best.len(), rng) {
        let turned = turn(&best, position)?;
        match ask(&mut oracle, &turned)? {
            Some(distance) if distance < nearest => (best, nearest) = (turned, distance),
            Some(_) => {}
            None => break,
        }
    }
    Ok(oracle.done(best))
}

/// Random bits until one query is accepted, then bit after bit at the edge.
pub(super) fn by_acceptance(
    mut oracle: Oracle<'_>,
    start: &BitTemplate,
    rng: &mut ChaCha20Rng,
) -> Result<Climbed, EvalError> {
    let bits = start.len();
    let mut query = start.clone();
    loop {
        match accepts(&mut oracle, &query)? {
            Some(true) => break,
            Some(false) => query = random_bits(bits, rng)?,
            None => return Ok(oracle.done(query)),
        }
    }
    let mut order = any_order(bits, rng);
    // Worse and worse, as long as it is accepted: in the end one more wrong bit is too many.
    for &position in &order {
        let turned = turn(&query, position)?;
        match accepts(&mut oracle, &turned)? {
            Some(true) => query = turned,
            Some(false) => break,
            None => return Ok(oracle.done(query)),
        }
    }
    // At the edge a turned bit is accepted where it was wrong. The query itself stays where it is.
    let mut learnt = query.clone();
    order.shuffle(rng);
    for position in order {
        match accepts(&mut oracle, &turn(&query, position)?)? {
            Some(true) => learnt = turn(&learnt, position)?,
            Some(false) => {}
            None => break,
        }
    }
    Ok(oracle.done(learnt))
}

#[cfg(test)]
mod tests {
    use thenar_protect::khidden::KHiddenParams;

    use super::super::super::palms::stream;
    use super::super::super::system::{Enrolled, Record, database};
    use super::super::tests::oracle;
    use super::*;

    fn palm(bits: usize, rng: &mut ChaCha20Rng) -> Enrolled {
        let template = random_bits(bits, rng).unwrap();
        let record = database(&template, &KHiddenParams::default(), rng).unwrap();
        Enrolled {
            records: vec![record],
            template,
        }
    }

    /// A distance of column sums falls where a bit takes the sign of its column.
    #[test]
    fn a_score_gives_the_sign_of_a_column_for_each_query() {
        let rng = &mut stream(6, 6);
        let palm = palm(200, rng);
        let Record::Database(_, sums, _) = &palm.records[0] else {
            panic!("a database is a database");
        };
        let start = random_bits(200, rng).unwrap();
        let found = by_score(oracle(&palm, 0.0, 1000), &start, rng).unwrap();
        assert_eq!(found.queries, 201);
        assert!(found.best.hamming(&sums.recover()) < 20, "{found:?}");
        let bounded = by_score(oracle(&palm, 0.0, 50), &start, rng).unwrap();
        assert_eq!((bounded.queries, bounded.accepted), (50, None));
    }

    #[test]
    fn acceptance_alone_gives_bits_once_one_query_is_accepted() {
        let rng = &mut stream(7, 7);
        let palm = palm(128, rng);
        let start = palm.template.clone();
        let limit = 0.9
            * palm.records[0]
                .distance(&probe(&random_bits(128, rng).unwrap(), &any_order(128, rng)).unwrap())
                .unwrap();
        let found = by_acceptance(oracle(&palm, limit, 5000), &start, rng).unwrap();
        let right = 128 - found.best.hamming(&palm.template);
        assert!(found.accepted == Some(1) && right > 80, "{right} {found:?}");
        let bounded = by_acceptance(oracle(&palm, -1.0, 300), &start, rng).unwrap();
        assert_eq!((bounded.queries, bounded.accepted), (300, None));
    }
}
