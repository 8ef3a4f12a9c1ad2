//! RSA keys from seeds beside `openssl genrsa`, each run in turn: `cargo bench -p thenar-key --bench rsa`.
//! Medians of 50 and their ratio; the start of the openssl program (`openssl version`) is measured and taken off too.

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use thenar_key::rsa::{det_keygen, published};

const ROUNDS: u8 = 50;

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn openssl(arguments: &[&str]) {
    let status = Command::new("openssl")
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("openssl did not start").success());
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn main() {
    let sizes: Vec<u32> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![2048] } else { sizes };
    println!(
        "bits  det-keygen  openssl genrsa  ratio  without program start  (ms, medians of {ROUNDS})"
    );
    for bits in sizes {
        let (mut ours, mut theirs, mut start) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..ROUNDS {
            ours.push(time(|| {
                drop(black_box(det_keygen::generate(&[i; 32], bits)))
            }));
            theirs.push(time(|| {
                openssl(&["genrsa", "-out", "/dev/null", &bits.to_string()])
            }));
            start.push(time(|| openssl(&["version"])));
        }
        let (ours, theirs, start) = (median(ours), median(theirs), median(start));
        let (ratio, bare) = (ours / theirs, ours / (theirs - start));
        println!("{bits}  {ours:10.1}  {theirs:14.1}  {ratio:5.2}  {bare:5.2}");
    }
    let as_published =
        (0..ROUNDS).map(|i| time(|| drop(black_box(published::generate_as_published(&[i; 32])))));
    println!(
        "as published, 2048: {:.1} ms",
        median(as_published.collect())
    );
}
