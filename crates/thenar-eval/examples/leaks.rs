//! What each leak gives, scheme by scheme: `leaks [bits records seed]`.

use thenar_eval::attack::{Leak, Options, Scheme, run, table};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u64> = std::env::args()
        .skip(1)
        .map(|text| text.parse())
        .collect::<Result<_, _>>()?;
    let number = |at: usize, usual: u64| numbers.get(at).copied().unwrap_or(usual);
    let mut reports = Vec::new();
    for scheme in [Scheme::KHidden, Scheme::KHiddenPublicCode, Scheme::Sealed] {
        for leak in Leak::ALL {
            let report = run(&Options {
                bits: usize::try_from(number(0, 1024))?,
                records: usize::try_from(number(1, 200))?,
                seed: number(2, 1),
                ..Options::new(scheme, leak)
            })?;
            println!("{}", report.table());
            reports.push(report);
        }
    }
    println!("{}", table(&reports));
    Ok(())
}
