//! Equal error rate while training.

/// Where the share of genuine scores below a threshold meets that of impostor scores at or above it; 1 when there are
/// none of either.
pub(crate) fn equal_error_rate(mut genuine: Vec<f32>, mut impostor: Vec<f32>) -> f64 {
    genuine.sort_unstable_by(f32::total_cmp);
    impostor.sort_unstable_by(f32::total_cmp);
    let share = |part: usize, all: &[f32]| part as f64 / all.len() as f64;
    let (mut best, mut rate) = (f64::INFINITY, 1.0);
    let (mut g, mut i) = (0, 0);
    if genuine.is_empty() || impostor.is_empty() {
        return rate;
    }
    while g < genuine.len() || i < impostor.len() {
        let next = |scores: &[f32], at: usize| scores.get(at).copied().unwrap_or(f32::INFINITY);
        let threshold = next(&genuine, g).min(next(&impostor, i));
        let missed = share(g, &genuine);
        let let_in = share(impostor.len() - i, &impostor);
        if (missed - let_in).abs() < best {
            best = (missed - let_in).abs();
            rate = (missed + let_in) / 2.0;
        }
        g += genuine[g..].iter().take_while(|s| **s <= threshold).count();
        i += impostor[i..]
            .iter()
            .take_while(|s| **s <= threshold)
            .count();
    }
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separated_scores_have_no_error() {
        assert_eq!(equal_error_rate(vec![0.8, 0.9], vec![0.1, 0.2]), 0.0);
        assert_eq!(equal_error_rate(vec![0.1, 0.9], vec![0.1, 0.9]), 0.5);
        assert_eq!(equal_error_rate(vec![], vec![0.1]), 1.0);
    }

    #[test]
    fn the_sweep_agrees_with_trying_every_threshold() {
        let scores = |count: usize, shift: usize| -> Vec<f32> {
            let value = |i: usize| ((i * 7919) % 101 + shift) as f32 / 10.0;
            (0..count).map(value).collect()
        };
        let (genuine, impostor) = (scores(60, 40), scores(90, 0));
        let all = genuine.iter().chain(&impostor).map(|t| {
            let missed = genuine.iter().filter(|s| *s < t).count() as f64 / 60.0;
            let let_in = impostor.iter().filter(|s| *s >= t).count() as f64 / 90.0;
            ((missed - let_in).abs(), (missed + let_in) / 2.0)
        });
        let want = all.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
        assert_eq!(equal_error_rate(genuine, impostor), want);
    }
}
