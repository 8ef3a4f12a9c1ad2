//! What many records cost: `cargo run --release -p thenar-store --example million -- [RECORDS] [FOLDER]`, a million in the
//! folder of temporary files unless said otherwise. One thread.

use std::error::Error;
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use thenar_protect::{
    BitTemplate, ContractId, OsRngAhead, ProbeBits, SealedRecord, StoreKey, Token, TokenRef,
};
use thenar_store::{Entry, Gallery, Store};

const BITS: usize = 1024;
const CONTRACT: ContractId = ContractId([7; 32]);

type Whatever = Box<dyn Error>;

fn main() -> Result<(), Whatever> {
    let mut args = std::env::args().skip(1);
    let count: usize = args.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let folder = args.next().map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("million.db");
    let mut store = Store::open(&path)?;
    let [old, new] = [1, 2].map(|byte| StoreKey::from_bytes([byte; 32]));

    time("templates sealed and imported", count, || {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let entries = (0..count).map(|n| Ok::<_, Whatever>(entry(n, &old, rng)));
        store.import(entries)
    })?;
    let records = time("records read", count, || {
        let mut records = Vec::new();
        store.for_each_record::<Whatever>(|subject, record| {
            records.push((subject.to_owned(), record));
            Ok(())
        })?;
        Ok::<_, Whatever>(records)
    })?;
    let random = &mut OsRngAhead::new();
    time("records sealed anew in memory", count, || {
        for (subject, record) in &records {
            record.reseal(&old, &new, 2, subject, random)?;
        }
        Ok(())
    })?;
    drop(records);
    time("records rotated in the store", count, || {
        let anew =
            |subject: &str, record: &SealedRecord| record.reseal(&old, &new, 2, subject, random);
        Ok(store.rotate(anew)?)
    })?;
    let gallery = time("records opened into a gallery", count, || {
        let mut templates = Vec::new();
        store.for_each_record::<Whatever>(|subject, record| {
            templates.push((subject.to_owned(), record.open(&new, &CONTRACT, subject)?));
            Ok(())
        })?;
        Ok::<_, Whatever>(Gallery::build(templates)?)
    })?;
    let rng = &mut ChaCha20Rng::seed_from_u64(2);
    let mut probe = || {
        let values: Vec<f64> = (0..BITS).map(|_| f64::from(rng.next_u32()) - 2e9).collect();
        ProbeBits::new(&values)
    };
    let views = (0..16).map(|_| probe()).collect::<Result<Vec<_>, _>>()?;
    // Warm, so that the memory is mapped.
    gallery.within(&views[..1], 1000, 10)?;
    for (what, views) in [
        ("comparisons, one view", &views[..1]),
        ("comparisons, 16 views together", &views[..]),
    ] {
        time(what, count * views.len(), || {
            Ok(gallery.within(views, 1000, 10)?)
        })?;
    }
    println!(
        "{:.0} MB on disk",
        std::fs::metadata(&path)?.len() as f64 / 1e6
    );
    Ok(())
}

/// A subject with a random template.
fn entry(n: usize, key: &StoreKey, rng: &mut ChaCha20Rng) -> Entry {
    let bits: Vec<bool> = (0..BITS / 32)
        .map(|_| rng.next_u32())
        .flat_map(|word| (0..32).map(move |i| word >> i & 1 == 1))
        .collect();
    let template = BitTemplate::from_bools(&bits).expect("1024 bits");
    let token = TokenRef::collection(&Token::from_bytes([3; 32]));
    let name = format!("subject{n}");
    let record = SealedRecord::seal(&template, &CONTRACT, token, key, 1, &name, rng);
    Entry::Subject {
        name,
        enrolled_at: 0,
        records: vec![record],
    }
}

/// Prints how long it took and how many a second.
fn time<T>(
    what: &str,
    count: usize,
    work: impl FnOnce() -> Result<T, Whatever>,
) -> Result<T, Whatever> {
    let start = Instant::now();
    let made = work()?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{count} {what}: {seconds:.3} s, {:.2} M/s",
        count as f64 / seconds / 1e6
    );
    Ok(made)
}
