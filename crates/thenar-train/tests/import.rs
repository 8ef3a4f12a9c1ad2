//! Reading PyTorch checkpoints: what PyTorch wrote (`golden/small.pth`), whole networks, and files that are refused.

mod drawn;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use thenar_train::graph::Array;
use thenar_train::import::{load, read};
use thenar_train::palmnets::{CcNet, Co3Net, CompNet, PalmNet};

fn small() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/small.pth")
}

#[test]
fn tensors_are_read_as_pytorch_wrote_them() {
    let tensors = read(&small()).unwrap();
    let base: Vec<f32> = (0..12u8).map(f32::from).collect();
    let turned: Vec<f32> = (0..12).map(|i| base[i % 3 * 4 + i / 3]).collect();
    let want = [
        ("weight", vec![3, 2], drawn::draw("small", 6)),
        ("bias", vec![3], vec![1.0, -2.0, 0.5]),
        ("turned", vec![4, 3], turned),
        ("part", vec![2, 2], vec![5.0, 6.0, 9.0, 10.0]),
        ("half", vec![2], vec![0.5, -1.5]),
        ("brain", vec![2], vec![0.5, -1.5]),
        ("double", vec![1], vec![0.25]),
        ("count", vec![], vec![7.0]),
    ];
    assert_eq!(tensors.len(), want.len());
    for (name, shape, data) in want {
        assert_eq!(tensors[name], Array::new(&shape, data), "{name}");
    }
}

/// Every number of a drawn network by name, with the shapes that PyTorch gives them.
fn state(net: &impl PalmNet) -> BTreeMap<String, Array> {
    let params = drawn::params(net);
    let mut rest = params.values();
    let mut state = BTreeMap::new();
    for layer in params.layers() {
        for tensor in layer.parameters() {
            let (head, tail) = rest.split_at(tensor.count());
            rest = tail;
            let name = format!("{}.{}", layer.name(), tensor.name);
            state.insert(name, Array::new(&tensor.shape, head.to_vec()));
        }
    }
    state
}

fn write(state: &BTreeMap<String, Array>, path: &Path) {
    let bytes: Vec<Vec<u8>> = state
        .values()
        .map(|a| a.data.iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let views = state.iter().zip(&bytes).map(|((name, array), bytes)| {
        let view = TensorView::new(Dtype::F32, array.shape.clone(), bytes).unwrap();
        (name.clone(), view)
    });
    fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
}

fn comes_back<N: PalmNet>(net: N) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("net.safetensors");
    let mut state = state(&net);
    write(&state, &path);
    let (found, params) = load::<N>(&path).unwrap();
    assert_eq!(found.length(), net.length());
    assert!(params == drawn::params(&net));

    // The prefix of networks trained on several devices, the head, and what is fixed are allowed.
    let gabor = state.keys().find(|k| k.ends_with(".gamma")).unwrap();
    let gabor = gabor.trim_end_matches(".gamma").to_string();
    let angles = (0..9)
        .map(|o| o as f32 * std::f32::consts::PI / 9.0)
        .collect();
    state.insert(format!("{gabor}.theta"), Array::new(&[9], angles));
    state.insert(format!("{gabor}.psi"), Array::zeros(&[1]));
    state.insert(
        format!("{}.weight", N::HEAD),
        Array::zeros(&[7, net.length()]),
    );
    let prefixed = state
        .clone()
        .into_iter()
        .map(|(k, v)| (format!("module.{k}"), v));
    write(&prefixed.collect(), &path);
    assert!(load::<N>(&path).unwrap().1 == params);

    let refused = |change: &dyn Fn(&mut BTreeMap<String, Array>), part: &str| {
        let mut changed = state.clone();
        change(&mut changed);
        write(&changed, &path);
        let error = load::<N>(&path).map(drop).unwrap_err().to_string();
        assert!(
            error.contains(part) && error.contains("net.safetensors"),
            "{error}"
        );
    };
    refused(
        &|s| drop(s.remove(&format!("{gabor}.sigma"))),
        "sigma is missing",
    );
    refused(
        &|s| drop(s.insert("extra".into(), Array::zeros(&[1]))),
        "it has no extra",
    );
    refused(
        &|s| drop(s.insert(format!("{gabor}.f"), Array::zeros(&[2]))),
        "has shape [2], expected [1]",
    );
    refused(
        &|s| drop(s.insert(format!("{gabor}.f"), Array::new(&[1], vec![f32::NAN]))),
        "f holds NaN",
    );
    refused(
        &|s| drop(s.insert(format!("{gabor}.theta"), Array::zeros(&[9]))),
        "theta is not",
    );
}

#[test]
fn ccnet_comes_back() {
    comes_back(CcNet {
        hidden: 6,
        feature: 5,
    });
}

#[test]
fn co3net_comes_back() {
    comes_back(Co3Net {
        hidden: 6,
        feature: 5,
    });
}

#[test]
fn compnet_comes_back() {
    comes_back(CompNet { feature: 5 });
}

#[test]
fn a_checkpoint_of_another_network_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("net.safetensors");
    write(
        &state(&CcNet {
            hidden: 6,
            feature: 5,
        }),
        &path,
    );
    let error = load::<Co3Net>(&path).map(drop).unwrap_err().to_string();
    assert!(
        error.contains("is not one of co3net: cb1.cooratt1.conv1.weight is missing"),
        "{error}"
    );
    let error = load::<CompNet>(&path).map(drop).unwrap_err().to_string();
    assert!(error.contains("is not one of compnet"), "{error}");
}

#[test]
fn files_that_are_no_checkpoints_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let refused = |bytes: &[u8], part: &str| {
        fs::write(&path, bytes).unwrap();
        let error = read(&path).map(drop).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    refused(b"", "neither a zip nor safetensors");
    refused(b"plain text, long enough", "neither a zip nor safetensors");
    refused(&[0x80, 2, 0x8a, 10], "before 1.6");
    refused(&zipped("other", b""), "without data.pkl");
    refused(
        &zipped("net/data.pkl", b"\x80\x02cos\nsystem\n."),
        "asks for os.system",
    );
    refused(
        &zipped("net/data.pkl", b"\x80\x02cmodels.ccnet\nccnet\n."),
        "save net.state_dict()",
    );
    refused(
        &zipped("net/data.pkl", b"\x80\x02K\x01."),
        "something else than a dictionary",
    );
    refused(
        &zipped("net/data.pkl", &[b')'; 3].repeat(700_000)),
        "pickle: too",
    );
    refused(
        &zipped("net/data.pkl", &[&b")"[..], &[0x85; 40], b"."].concat()),
        "too deeply",
    );
    assert!(read(&dir.path().join("missing")).is_err());
}

/// A tensor that claims to be larger than its storage.
#[test]
fn tensors_beyond_their_storage_are_refused() {
    let whole = fs::read(small()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file.pth");
    // The shape (3, 2) of the first tensor becomes (3, 200).
    let at = whole
        .windows(5)
        .position(|w| w == [b'K', 3, b'K', 2, 0x86])
        .unwrap();
    let mut changed = whole.clone();
    changed[at + 3] = 200;
    fs::write(&path, changed).unwrap();
    assert!(read(&path).is_err());
}

fn zipped(name: &str, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut file = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    file.start_file(name, stored).unwrap();
    file.write_all(content).unwrap();
    file.finish().unwrap().into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_never_panic(place in 0usize..3255, value: u8, length in 0usize..3256) {
        let mut bytes = fs::read(small()).unwrap();
        bytes[place] = value;
        bytes.truncate(length);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.pth");
        fs::write(&path, bytes).unwrap();
        let _ = read(&path);
    }

    #[test]
    fn hostile_pickles_never_panic(pickle in prop::collection::vec(opcode(), 0..40)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.pth");
        fs::write(&path, zipped("net/data.pkl", &pickle.concat())).unwrap();
        let _ = read(&path);
    }
}

/// Pieces of pickles, in any order.
fn opcode() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"(".to_vec()),
        Just(b")".to_vec()),
        Just(b"t".to_vec()),
        Just(b"}".to_vec()),
        Just(b"s".to_vec()),
        Just(b"u".to_vec()),
        Just(b"R".to_vec()),
        Just(b"Q".to_vec()),
        Just(b"q\x01".to_vec()),
        Just(b"h\x01".to_vec()),
        Just(b"\x86".to_vec()),
        Just(b"ctorch._utils\n_rebuild_tensor_v2\n".to_vec()),
        Just(b"ctorch\nFloatStorage\n".to_vec()),
        Just(b"X\x01\x00\x00\x00a".to_vec()),
        Just(b"J\xff\xff\xff\x7f".to_vec()),
        Just(b"J\xff\xff\xff\xff".to_vec()),
        Just(b".".to_vec()),
        any::<u8>().prop_map(|b| vec![b]),
    ]
}
