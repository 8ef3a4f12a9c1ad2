//! Killed at any moment, the store opens again and holds each subject whole or not at all.
//!
//! This program starts itself as a child that enrols, replaces and revokes without end, kills it with SIGKILL at a random
//! moment, and looks at what is left; 50 times on one store that grows.

#[cfg(unix)]
fn main() {
    match std::env::var(unix::CHILD) {
        Ok(run) => unix::change_forever(&run),
        Err(_) => unix::kill_often(),
    }
}

#[cfg(not(unix))]
fn main() {
    println!("this test needs SIGKILL");
}

#[cfg(unix)]
mod unix {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};
    use thenar_protect::{BitTemplate, ContractId, SealedRecord, StoreKey, Token, TokenRef};
    use thenar_store::Store;

    /// Set for the child: the number of the run. Its working folder holds the store.
    pub const CHILD: &str = "THENAR_STORE_KILL_RUN";
    const STORE: &str = "s.db";
    const KILLS: usize = 50;

    /// The child: in run `r`, subjects `r-1`, `r-2`, … are enrolled with 5 records; every third is then replaced by 3
    /// others, every fifth revoked. Each is announced on stdout when it is done.
    pub fn change_forever(run: &str) -> ! {
        let mut store = Store::open(STORE).expect("the store opens");
        let mut n = 0;
        loop {
            n += 1;
            let name = format!("{run}-{n}");
            store.enroll(&name, &records(&name, 5)).expect("enrols");
            if n % 3 == 0 {
                store.replace(&name, &records(&name, 3)).expect("replaces");
            }
            if n % 5 == 0 {
                store.revoke(&name).expect("revokes");
            }
            writeln!(std::io::stdout(), "{n}").expect("the parent listens");
        }
    }

    pub fn kill_often() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut rng = ChaCha20Rng::seed_from_u64(9);
        // What each run said it was done with.
        let mut done = Vec::new();
        for run in 0..KILLS {
            // Some work first, however slow the machine is; then any moment of the work that follows.
            let (work, delay) = (rng.next_u32() % 8, rng.next_u32() % 20_000);
            done.push(run_and_kill(
                folder.path(),
                run,
                work.into(),
                Duration::from_micros(delay.into()),
            ));
            // Killed before it made the file, there is nothing to look at.
            if folder.path().join(STORE).exists() {
                check(&folder.path().join(STORE), &done);
            }
        }
        let at_work = done.iter().filter(|&&n| n > 0).count();
        assert!(
            at_work > KILLS / 2,
            "only {at_work} of {KILLS} children were killed at work: {done:?}"
        );
        println!(
            "{KILLS} kills, {at_work} of them at work, after {done:?} subjects: each whole or absent"
        );
    }

    /// Starts the child, kills it `delay` after it was done with `work` subjects, and returns the last it was done with.
    fn run_and_kill(folder: &Path, run: usize, work: u64, delay: Duration) -> u64 {
        let mut child = Command::new(std::env::current_exe().expect("this program"))
            .env(CHILD, run.to_string())
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the child starts");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut numbers = output
            .lines()
            .map(|line| line.expect("text").parse().expect("a number"));
        let mut last = 0;
        while last < work {
            last = numbers.next().expect("the child works on");
        }
        std::thread::sleep(delay);
        child.kill().expect("the child is killed");
        let status = child.wait().expect("the child ends");
        assert_eq!(
            status.signal(),
            Some(9),
            "the child ended by itself: {status}"
        );
        numbers.last().unwrap_or(last)
    }

    /// Every subject is whole, and everything that was announced is there.
    fn check(path: &Path, done: &[u64]) {
        let store = Store::open(path).expect("the store opens after a kill");
        for subject in store.list().expect("the store lists") {
            let name = &subject.name;
            let (run, n) = name.split_once('-').expect("a name of ours");
            let (run, n): (usize, u64) =
                (run.parse().expect("a run"), n.parse().expect("a number"));
            let found = store
                .get(name)
                .expect("its records are read")
                .expect("it is enrolled");
            let (enrolled, replaced) = (
                found == records(name, 5),
                n % 3 == 0 && found == records(name, 3),
            );
            assert!(enrolled || replaced, "{name} is not whole");
            if n <= done[run] {
                assert_eq!(
                    replaced,
                    n % 3 == 0,
                    "{name}: a finished replacement was lost"
                );
                assert_ne!(n % 5, 0, "{name}: a finished revocation was lost");
            } else {
                assert_eq!(
                    n,
                    done[run] + 1,
                    "{name}: the one before was never finished"
                );
            }
        }
        for (run, &last) in done.iter().enumerate() {
            for n in (1..=last).filter(|n| n % 5 != 0) {
                let name = format!("{run}-{n}");
                assert!(
                    store.get(&name).expect("it is read").is_some(),
                    "{name}: a finished enrolment was lost"
                );
            }
        }
    }

    /// The records of a subject: always the same for the same name, so that the parent knows what the child wrote.
    fn records(name: &str, count: u8) -> Vec<SealedRecord> {
        let mut seed = [count; 32];
        seed[..name.len()].copy_from_slice(name.as_bytes());
        let rng = &mut ChaCha20Rng::from_seed(seed);
        let token = TokenRef::collection(&Token::from_bytes([1; 32]));
        let (key, contract) = (StoreKey::from_bytes([2; 32]), ContractId([3; 32]));
        let template =
            BitTemplate::from_words(vec![u64::from(count); 16], 1024).expect("a template");
        (0..count)
            .map(|_| SealedRecord::seal(&template, &contract, token, &key, 1, name, rng))
            .collect()
    }
}
