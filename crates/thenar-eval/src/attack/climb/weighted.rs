//! Climbing against the program's matcher with probes of the attacker's own: bits, and their order by weight.

use rand_chacha::ChaCha20Rng;
use thenar_protect::{BitTemplate, PROBE_WEIGHTS};

use super::super::query::{any_order, classes, probe, random_bits, turn};
use super::{Climbed, Oracle};
use crate::EvalError;

/// The heaviest classes. Their weights, 7, 5 and 4, add up to different sums with all signs, so that the change of a score
/// tells which of three turned bits were wrong.
const TOLD_APART: [usize; 3] = [7, 6, 5];

/// Turns three bits with each question and learns all three. When an eighth has been asked so, the heavy weights go to
/// bits that are not known yet.
pub(super) fn by_score(
    mut oracle: Oracle<'_>,
    start: &BitTemplate,
    rng: &mut ChaCha20Rng,
) -> Result<Climbed, EvalError> {
    let mut best = start.clone();
    let mut unknown = any_order(start.len(), rng);
    let mut known = Vec::new();
    while !unknown.is_empty() {
        let order = heavy_first(&unknown, &known);
        let total = f64::from(probe(&best, &order)?.total());
        // Scores are shares of the total weight, which is known.
        let mut ask = |bits: &BitTemplate| -> Result<Option<i64>, EvalError> {
            let answer = oracle.score(&probe(bits, &order)?)?;
            Ok(answer.map(|share| (share * total).round() as i64))
        };
        let Some(mut score) = ask(&best)? else {
            return Ok(oracle.done(best));
        };
        let heavy = TOLD_APART.len() * (start.len() / PROBE_WEIGHTS.len());
        let asked: Vec<usize> = unknown.drain(..heavy.min(unknown.len())).collect();
        for three in asked.chunks(TOLD_APART.len()) {
            let mut turned = best.clone();
            for &position in three {
                turned = turn(&turned, position)?;
            }
            let Some(answer) = ask(&turned)? else {
                return Ok(oracle.done(best));
            };
            for (class, &position) in wrong(answer - score, three) {
                best = turn(&best, position)?;
                score -= i64::from(PROBE_WEIGHTS[class]);
            }
        }
        known.extend(asked);
    }
    Ok(oracle.done(best))
}

/// An order by weight in which the first three of the unknown have the weights that are told apart, then the next three,
/// as far as these weights go.
fn heavy_first(unknown: &[usize], known: &[usize]) -> Vec<usize> {
    let bits = unknown.len() + known.len();
    let ends = classes(bits);
    let heavy = (0..bits / PROBE_WEIGHTS.len())
        .flat_map(|k| TOLD_APART.map(|class| ends[class + 1] - 1 - k))
        .collect::<Vec<_>>();
    let others = (0..bits).filter(|place| !heavy.contains(place));
    let mut order = vec![0; bits];
    for (place, &position) in heavy
        .iter()
        .copied()
        .chain(others)
        .zip(unknown.iter().chain(known))
    {
        order[place] = position;
    }
    order
}

/// Those of up to three turned bits that were wrong, with their classes, by how much the turning added to the distance.
fn wrong(added: i64, three: &[usize]) -> Vec<(usize, &usize)> {
    let turned = || TOLD_APART.into_iter().zip(three).enumerate();
    let sum = |wrong: u32| -> i64 {
        let each = turned().map(|(n, (class, _))| {
            i64::from(PROBE_WEIGHTS[class]) * (1 - 2 * i64::from(wrong >> n & 1))
        });
        each.sum()
    };
    let found = (0..1_u32 << three.len()).find(|&wrong| sum(wrong) == added);
    let among = |n: usize| found.is_some_and(|wrong| wrong >> n & 1 == 1);
    turned()
        .filter(|&(n, _)| among(n))
        .map(|(_, bit)| bit)
        .collect()
}

/// Random bits until one probe is accepted, then to the edge of acceptance, where each question tells a bit.
pub(super) fn by_acceptance(
    mut oracle: Oracle<'_>,
    start: &BitTemplate,
    rng: &mut ChaCha20Rng,
) -> Result<Climbed, EvalError> {
    let bits = start.len();
    let order = any_order(bits, rng);
    let mut query = start.clone();
    loop {
        match oracle.accepts(&probe(&query, &order)?)? {
            Some(true) => break,
            Some(false) => query = random_bits(bits, rng)?,
            None => return Ok(oracle.done(query)),
        }
    }
    // Worse and worse, until a bit is refused: the weight to spare is then less than its own, so less than the largest.
    for position in any_order(bits, rng) {
        let turned = turn(&query, position)?;
        match oracle.accepts(&probe(&turned, &order)?)? {
            Some(true) => query = turned,
            Some(false) => break,
            None => return Ok(oracle.done(query)),
        }
    }
    // There a turned bit of the largest weight is accepted where it was wrong. Other bits take that weight from one that
    // was right, which costs nothing. The query itself stays where it is.
    let (mut learnt, mut right) = (query.clone(), None);
    for place in (0..bits).rev() {
        let (mut order, position) = (order.clone(), order[place]);
        if let Some(right) = right {
            order.swap(place, right);
        }
        match oracle.accepts(&probe(&turn(&query, position)?, &order)?)? {
            Some(true) => learnt = turn(&learnt, position)?,
            Some(false) => right = right.or(Some(place)),
            None => break,
        }
    }
    Ok(oracle.done(learnt))
}

#[cfg(test)]
mod tests {
    use super::super::super::palms::stream;
    use super::super::tests::{oracle, palm};
    use super::*;

    #[test]
    fn a_score_tells_three_bits_with_each_question() {
        for bits in [32, 100, 200, 1024] {
            let rng = &mut stream(6, bits as u64);
            let palm = palm(bits, rng);
            let start = random_bits(bits, rng).unwrap();
            let found = by_score(oracle(&palm, 0.44, 2000), &start, rng).unwrap();
            assert_eq!(found.best, palm.template);
            // A question for three bits, and one before each of the three or four times that weights are dealt.
            let least = bits.div_ceil(3) as u64;
            assert!((least + 3..least + 7).contains(&found.queries), "{found:?}");
        }
        let rng = &mut stream(6, 6);
        let palm = palm(200, rng);
        let start = random_bits(200, rng).unwrap();
        let bounded = by_score(oracle(&palm, 0.0, 30), &start, rng).unwrap();
        assert_eq!((bounded.queries, bounded.accepted), (30, None));
        assert!(bounded.best.hamming(&palm.template) < start.hamming(&palm.template));
    }

    #[test]
    fn three_bits_are_told_apart() {
        let mut sums: Vec<i64> = Vec::new();
        for mask in 0..8 {
            let is_wrong = |n: usize| mask >> n & 1 == 1;
            let sign = |n: usize| if is_wrong(n) { -1 } else { 1 };
            let added = 7 * sign(0) + 5 * sign(1) + 4 * sign(2);
            assert!(!sums.contains(&added), "{added}");
            sums.push(added);
            let found = wrong(added, &[10, 11, 12]);
            let expected = (0..3).filter(|&n| is_wrong(n));
            let expected: Vec<(usize, usize)> = expected.map(|n| (7 - n, 10 + n)).collect();
            let found: Vec<(usize, usize)> = found.into_iter().map(|(c, &p)| (c, p)).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(wrong(-7, &[3]), [(7, &3)]);
        assert!(wrong(7, &[3]).is_empty());
    }

    #[test]
    fn acceptance_alone_gives_every_bit_once_one_probe_is_accepted() {
        for (seed, bits) in [(1, 32), (2, 100), (3, 128), (4, 200), (5, 300), (6, 512)] {
            let rng = &mut stream(7, seed);
            let palm = palm(bits, rng);
            let start = random_bits(bits, rng).unwrap();
            let found = by_acceptance(oracle(&palm, 0.4, 9000), &start, rng).unwrap();
            assert_eq!(found.best, palm.template);
            let after = found.queries - found.accepted.unwrap();
            assert!((bits as u64..2 * bits as u64).contains(&after), "{found:?}");
            // From the template itself, all the way to the edge.
            let known = by_acceptance(oracle(&palm, 0.4, 9000), &palm.template, rng).unwrap();
            assert_eq!((&known.best, known.accepted), (&palm.template, Some(1)));
            let bounded = by_acceptance(oracle(&palm, 0.01, 300), &start, rng).unwrap();
            assert_eq!((bounded.queries, bounded.accepted), (300, None));
        }
    }
}
