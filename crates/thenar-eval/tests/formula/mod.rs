//! Scores that the golden scripts and the tests both compute instead of storing.

/// `formula_scores` of make_metrics.py: count, start and shift.
pub fn formula((count, start, shift): (usize, u64, i64)) -> Vec<f32> {
    let score = |k: u64| {
        let parts =
            [2_654_435_761u64, 2_246_822_519, 3_266_489_917, 668_265_263].map(|multiplier| {
                let hashed = k.wrapping_mul(multiplier) & 0xffff_ffff;
                let hashed = hashed ^ hashed >> 15;
                (hashed.wrapping_mul(2_246_822_519) & 0xffff_ffff) >> 12
            });
        (parts.iter().sum::<u64>() as f64 / 1_048_576.0 + shift as f64 / 1024.0) as f32
    };
    (start..start + count as u64).map(score).collect()
}
