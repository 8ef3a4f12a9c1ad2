//! Time of a 1:1 match by what ships and by what was published, and of level 1 and the schemes it is compared
//! with under a fresh token, with ratios: `cargo bench -p thenar-protect`. One thread.

use std::hint::black_box;
use std::time::{Duration, Instant};

use divan::Bencher;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thenar_protect::khidden::{
    ColumnSums, DictionaryDatabase, KHiddenParams, MatrixDatabase, NegativeDatabase,
};
use thenar_protect::schemes::{
    BioHashing, BioHashingParams, Frame, IndexOfMax, IndexOfMaxParams, MlpHash, MlpHashParams,
};
use thenar_protect::{
    BitTemplate, ContractId, Level1, Level1Params, SealedRecord, StoreKey, Token, TokenRef,
    Transform, os_rng,
};

/// Bits of a template, `m`.
const BITS: usize = 1024;
/// Values of a feature, `m_f`.
const FEATURE: usize = 2048;

fn main() {
    divan::main();
    if std::env::args().any(|arg| arg == "--list" || arg == "--test") {
        return;
    }
    println!(
        "\n1:1 match, {BITS} bits; negative database {}",
        KHiddenParams::default().describe()
    );
    let templates = Templates::new();
    let packed = time(100, 1 << 14, || templates.packed());
    let sealed = time(200, 64, || templates.sealed());
    table(
        ["packed bits", "sealed record"],
        &[
            ("packed bits", packed),
            ("sealed record, opened and matched", sealed),
            ("column sums", time(200, 64, || templates.collapsed())),
            ("matrix, eq. 6", time(50, 1, || templates.matrix())),
            (
                "dictionary, Table I",
                time(50, 1, || templates.dictionary()),
            ),
        ],
    );
    println!("\nunder a fresh token, {FEATURE} values; {BITS} bits, IoM 300 indices below 16");
    let feature = feature();
    let biohashing = BioHashingParams::new(FEATURE, BITS).unwrap();
    let layers = [2 * FEATURE; 3];
    let mlp = MlpHashParams::with_layers(FEATURE, &layers, BITS, Frame::Structured).unwrap();
    let iom = IndexOfMaxParams::usual(FEATURE).unwrap();
    table(
        ["structured", "Gram–Schmidt"],
        &[
            (
                "level 1, structured",
                time(500, 4, || fresh::<Level1>(&structured(), &feature)),
            ),
            (
                "level 1, Gram–Schmidt",
                time(3, 1, || fresh::<Level1>(&gram_schmidt(), &feature)),
            ),
            (
                "BioHashing, Gram–Schmidt",
                time(3, 1, || fresh::<BioHashing>(&biohashing, &feature)),
            ),
            (
                "MLP-Hash, 3 × 4096, structured",
                time(50, 1, || fresh::<MlpHash>(&mlp, &feature)),
            ),
            (
                "IoM-GRP",
                time(3, 1, || fresh::<IndexOfMax>(&iom, &feature)),
            ),
        ],
    );
}

/// The time of one call: the fastest of `batches`, each the mean of `calls`. Others may use the machine meanwhile.
fn time<T>(batches: u32, calls: u32, mut call: impl FnMut() -> T) -> Duration {
    let batch = |_| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(call());
        }
        start.elapsed() / calls
    };
    (0..batches).map(batch).min().unwrap_or_default()
}

/// Prints times and how often they hold those of the first two rows.
fn table(bases: [&str; 2], rows: &[(&str, Duration)]) {
    let [first, second] = bases.map(|base| format!("/ {base}"));
    println!("  {:36} {:>14} {first:>16} {second:>16}", "", "µs");
    let times: Vec<f64> = rows.iter().map(|row| row.1.as_secs_f64()).collect();
    for ((what, _), time) in rows.iter().zip(&times) {
        let (first, second) = (time / times[0], time / times[1]);
        println!(
            "  {what:36} {:>14.3} {first:>16.1} {second:>16.6}",
            time * 1e6
        );
    }
}

/// A template in all the forms it is matched in, and a query.
struct Templates {
    query: BitTemplate,
    template: BitTemplate,
    record: SealedRecord,
    key: StoreKey,
    next: StoreKey,
    contract: ContractId,
    sums: ColumnSums,
    matrix: MatrixDatabase,
    dictionary: DictionaryDatabase,
}

impl Templates {
    fn new() -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let [template, query] = [(), ()].map(|()| {
            let words = (0..BITS / 64).map(|_| rng.next_u64()).collect();
            BitTemplate::from_words(words, BITS).unwrap()
        });
        let key = StoreKey::from_bytes([2; 32]);
        let contract = ContractId([3; 32]);
        let token = TokenRef::collection(&Token::from_bytes([4; 32]));
        let os = &mut os_rng();
        let record = SealedRecord::seal(&template, &contract, token, &key, 1, "anna", os);
        let params = KHiddenParams::default();
        let database = NegativeDatabase::generate(&template, &params, &key).unwrap();
        Self {
            sums: database.column_sums(),
            matrix: MatrixDatabase::new(&database).unwrap(),
            dictionary: DictionaryDatabase::new(&database).unwrap(),
            query,
            template,
            record,
            key,
            next: StoreKey::from_bytes([5; 32]),
            contract,
        }
    }

    fn packed(&self) -> u32 {
        black_box(&self.template).hamming(black_box(&self.query))
    }

    fn sealed(&self) -> u32 {
        let opened = self.record.open(&self.key, &self.contract, "anna");
        opened.unwrap().hamming(&self.query)
    }

    /// A record under the next store key, as a rotation makes it.
    fn sealed_anew(&self) -> SealedRecord {
        let anew = (self.record).reseal(
            &self.key,
            &self.next,
            2,
            "anna",
            &mut ChaCha8Rng::seed_from_u64(1),
        );
        anew.unwrap()
    }

    fn collapsed(&self) -> f64 {
        black_box(&self.sums)
            .distance(black_box(&self.query))
            .unwrap()
    }

    fn matrix(&self) -> f64 {
        black_box(&self.matrix)
            .distance(black_box(&self.query))
            .unwrap()
    }

    fn dictionary(&self) -> i64 {
        black_box(&self.dictionary)
            .matching_distance(black_box(&self.query))
            .unwrap()
    }
}

#[divan::bench]
fn match_packed(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.packed());
}

#[divan::bench]
fn match_sealed(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.sealed());
}

#[divan::bench]
fn match_column_sums(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.collapsed());
}

#[divan::bench(sample_count = 20)]
fn match_matrix(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.matrix());
}

#[divan::bench(sample_count = 20)]
fn match_dictionary(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.dictionary());
}

#[divan::bench]
fn seal_anew(bencher: Bencher) {
    let templates = Templates::new();
    bencher.bench_local(|| templates.sealed_anew());
}

fn structured() -> Level1Params {
    Level1Params::new(FEATURE, BITS).unwrap()
}

fn gram_schmidt() -> Level1Params {
    structured().with_gram_schmidt().unwrap()
}

/// Values of any kind, of norm 1.
fn feature() -> Vec<f32> {
    let rng = &mut ChaCha8Rng::seed_from_u64(2);
    let raw: Vec<f64> = (0..FEATURE)
        .map(|_| f64::from(rng.next_u32()) - f64::from(u32::MAX / 2))
        .collect();
    let norm = raw.iter().map(|x| x * x).sum::<f64>().sqrt();
    raw.iter().map(|x| (x / norm) as f32).collect()
}

/// The transform of a token nobody has used, and the template of one feature.
fn fresh<T: Transform<Params: Clone>>(params: &T::Params, feature: &[f32]) -> T::Template {
    let token = Token::from_bytes(black_box([7; 32]));
    let scheme = T::with_token(params.clone(), &token).unwrap();
    scheme.transform(feature).unwrap()
}

#[divan::bench]
fn level1_structured_fresh_token(bencher: Bencher) {
    let (params, feature) = (structured(), feature());
    bencher.bench_local(|| fresh::<Level1>(&params, &feature));
}

#[divan::bench]
fn level1_structured_known_token(bencher: Bencher) {
    let level1 = Level1::new(structured(), &Token::from_bytes([7; 32])).unwrap();
    let feature = feature();
    bencher.bench_local(|| level1.bits(&feature));
}

/// The bits of one view of a probe, with their weights.
#[divan::bench]
fn level1_structured_probe(bencher: Bencher) {
    let level1 = Level1::new(structured(), &Token::from_bytes([7; 32])).unwrap();
    let feature = feature();
    bencher.bench_local(|| level1.probe(&feature));
}
