//! Comparisons of a probe with many templates, one after the other and packed, with ratios: `cargo bench -p thenar-protect --bench
//! search`. One thread; the templates fit in the cache of the core, so this is what comparing costs and not what memory does.

use std::hint::black_box;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thenar_protect::{BitTemplate, PackedTemplates, ProbeBits};

/// Bits of a template.
const BITS: usize = 1024;
/// Templates, two megabytes.
const TEMPLATES: usize = 16384;
/// Probes that are compared together.
const TOGETHER: usize = 16;
/// Repetitions, of which the fastest counts.
const RUNS: usize = 100;

fn main() {
    if std::env::args().any(|arg| arg == "--list" || arg == "--test") {
        return;
    }
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let templates: Vec<BitTemplate> = (0..TEMPLATES).map(|_| probe(rng).bits().clone()).collect();
    let packed = PackedTemplates::new(&templates.iter().collect::<Vec<_>>()).unwrap();
    let probes: Vec<ProbeBits> = (0..TOGETHER).map(|_| probe(rng)).collect();
    let first = &probes[0];
    let mut found = vec![0; TEMPLATES];

    println!("{TEMPLATES} templates of {BITS} bits");
    let one = time(1, || {
        let each = templates.iter().map(|t| t.hamming(black_box(first.bits())));
        each.min()
    });
    show("bits, one after the other", one, one);
    let many = time(1, || packed.distances(black_box(first.bits()), &mut found));
    show("bits, packed", many, one);
    let one = time(1, || {
        let each = templates.iter().map(|t| black_box(first).distance(t));
        each.min()
    });
    show("with weights, one after the other", one, one);
    let many = time(1, || packed.nearest(black_box(&probes[..1]), &mut found));
    show("with weights, packed", many, one);
    let many = time(TOGETHER, || packed.nearest(black_box(&probes), &mut found));
    show("with weights, packed, 16 probes", many, one);
}

fn probe(rng: &mut ChaCha8Rng) -> ProbeBits {
    let values: Vec<f64> = (0..BITS).map(|_| f64::from(rng.next_u32())).collect();
    ProbeBits::new(&values).unwrap()
}

/// Nanoseconds of a comparison where each call makes some for every template.
fn time<T>(each: usize, mut call: impl FnMut() -> T) -> f64 {
    let run = |_| {
        let start = Instant::now();
        black_box(call());
        start.elapsed().as_secs_f64()
    };
    let fastest = (0..RUNS).map(run).fold(f64::INFINITY, f64::min);
    1e9 * fastest / (each * TEMPLATES) as f64
}

fn show(what: &str, nanoseconds: f64, plain: f64) {
    let (millions, ratio) = (1e3 / nanoseconds, plain / nanoseconds);
    println!("  {what:36} {nanoseconds:8.2} ns {millions:8.0} M/s {ratio:6.1} times as fast");
}
