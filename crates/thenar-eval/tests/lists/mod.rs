//! Lists for the tests of protocols.

use std::path::Path;

use thenar_eval::List;

/// A list of these paths and labels.
pub fn list(name: &str, samples: &[(String, String)]) -> List {
    let samples = samples.iter().map(|(p, l)| (p.as_str(), l.as_str()));
    List::from_samples(Path::new(name), samples).unwrap()
}

/// A list with these numbers of samples per palm, palm 0 first; interleaved where `mixed`.
pub fn palms(name: &str, samples: &[usize], mixed: bool) -> List {
    let of = |palm: usize| (0..samples[palm]).map(move |k| (k, palm));
    let mut all: Vec<(usize, usize)> = (0..samples.len()).flat_map(of).collect();
    if mixed {
        all.sort();
    }
    let line = |&(k, palm): &(usize, usize)| (format!("{name}/{palm}_{k}.png"), palm.to_string());
    list(name, &all.iter().map(line).collect::<Vec<_>>())
}
