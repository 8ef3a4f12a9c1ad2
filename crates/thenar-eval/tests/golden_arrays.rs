//! Arrays as numpy 1.26.4 writes them, in `golden/`, by `golden/make_metrics.py`.

use std::path::{Path, PathBuf};

use thenar_eval::formats::{Format, Scores, Source, npy, read};
use thenar_eval::{EvalError, Polarity};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn scores(format: Format, names: &[&str]) -> Result<Scores, EvalError> {
    let files: Vec<PathBuf> = names.iter().map(|name| golden(name)).collect();
    read(
        format,
        &Source {
            files: &files,
            polarity: Some(Polarity::Distance),
            ..Source::default()
        },
    )
}

#[test]
fn a_pair_of_files() {
    let Scores::Set(set) = scores(
        Format::Npy,
        &["genuine_f8.npy", "impostor_be_f4_fortran.npy"],
    )
    .unwrap() else {
        panic!("expected a set")
    };
    assert_eq!(
        (set.genuine[0], set.genuine[1], set.genuine[3]),
        (0.125, 0.5, 0.25)
    );
    assert!(set.genuine[2].is_nan());
    // Row by row, although it is stored column by column.
    assert_eq!(set.impostor, [0.75, 1.0, 0.5, 0.625, 0.875, 2.0]);
}

#[test]
fn archives_stored_and_deflated() {
    let Scores::Set(set) = scores(Format::Npz, &["stored.npz"]).unwrap() else {
        panic!("expected a set")
    };
    assert_eq!(
        (set.genuine[1], set.impostor),
        (0.5, vec![0.0, 1.0, 0.0, 0.0, 0.0, 2.0])
    );
    let Scores::Set(set) = scores(Format::Npz, &["labelled.npz"]).unwrap() else {
        panic!("expected a set")
    };
    assert_eq!((set.genuine, set.impostor[0]), (vec![0.1, 0.3], 0.2));
    assert!(set.impostor[1].is_nan());
    let Scores::Named(named) = scores(Format::Npz, &["matrix.npz"]).unwrap() else {
        panic!("expected names")
    };
    assert_eq!(named.score_set().genuine, [3.0, 5.0]);
    assert_eq!(named.subjects.text(named.rows[0].probe_subject), "häna");
    // The nearest of the second probe is its own, at distance 3; the first is not enrolled.
    let searches = named.identification().unwrap();
    assert_eq!(
        (searches.cmc(1), searches.mated(), searches.non_mated()),
        (Some(vec![1.0]), 1, 1)
    );
}

#[test]
fn damaged_files_are_named() {
    let whole = std::fs::read(golden("labelled.npz")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.npz");
    for keep in [0, 10, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..keep]).unwrap();
        let source = Source {
            files: std::slice::from_ref(&path),
            polarity: Some(Polarity::Distance),
            ..Source::default()
        };
        let problem = read(Format::Npz, &source).unwrap_err().to_string();
        assert!(problem.contains("cut.npz: "), "{problem}");
    }
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&path, &damaged).unwrap();
        let source = Source {
            files: std::slice::from_ref(&path),
            polarity: Some(Polarity::Distance),
            ..Source::default()
        };
        // Any answer but a panic: a changed time stamp is no damage.
        let _ = read(Format::Npz, &source);
    }
    assert!(
        npy::read(&golden("labelled.npz"))
            .unwrap_err()
            .to_string()
            .contains("does not start as a .npy file")
    );
}
