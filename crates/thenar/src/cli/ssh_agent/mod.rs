//! `thenar ssh-agent NAME PHOTO… --socket PATH`: palm and passphrase once, then signatures for some minutes.

mod agent;
mod protocol;
mod socket;

use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use super::Verdict;
use super::args::SshAgent;
use super::error::CliError;
use super::key::{comment, signing, unlock};
use super::session::Session;
use agent::Agent;

/// Most clients at one time.
const MAX_CLIENTS: usize = 32;

pub(crate) fn run(session: &Session, args: &SshAgent) -> Result<Verdict, CliError> {
    let name = &args.unlock.name;
    let path = socket::absolute(&args.socket)?;
    socket::make_room(&path)?;
    let record = unlock::record(session, name)?;
    signing::check(record.kind(), name)?;
    let Some(pair) = unlock::unlock(session, &record, &args.unlock)? else {
        return Ok(unlock::not_recovered(session, name));
    };

    let end = End::after(Duration::from_secs_f64(60.0 * args.minutes));
    let agent = Arc::new(Agent::new(pair, comment(name))?);
    let listener = socket::listen(&path)?;
    session.out.result(
        &format!("SSH_AUTH_SOCK={}; export SSH_AUTH_SOCK;", quoted(&path)),
        &json!({ "name": name, "socket": path.display().to_string(), "minutes": args.minutes }),
    );
    let serving = Arc::clone(&agent);
    thread::spawn(move || accept(&listener, &serving));
    end.wait();
    agent.forget();
    socket::remove(&path)?;
    session
        .out
        .note(&format!("{name}: the time is over, the key is wiped"));
    Ok(Verdict::Yes)
}

/// Serves each client in a thread of its own, as long as there are not too many.
fn accept(listener: &UnixListener, agent: &Arc<Agent>) {
    let clients = Arc::new(AtomicUsize::new(0));
    for client in listener.incoming() {
        let Ok(client) = client else {
            // Too many open files, perhaps: there may be fewer soon.
            thread::sleep(Duration::from_millis(100));
            continue;
        };
        if clients.fetch_add(1, Ordering::Relaxed) >= MAX_CLIENTS {
            clients.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (agent, clients) = (Arc::clone(agent), Arc::clone(&clients));
        thread::spawn(move || {
            // A client that goes away in the middle is its own affair.
            let _ = agent.serve(&client);
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// When the key must be gone, by the clock on the wall and by the machine's own, whichever is first: one of them stands still
/// while the machine sleeps, the other can be set back.
struct End {
    instant: Option<Instant>,
    wall: Option<SystemTime>,
}

impl End {
    fn after(time: Duration) -> Self {
        Self {
            instant: Instant::now().checked_add(time),
            wall: SystemTime::now().checked_add(time),
        }
    }

    fn is_over(&self) -> bool {
        self.instant.is_none_or(|end| end <= Instant::now())
            || self.wall.is_none_or(|end| end <= SystemTime::now())
    }

    fn wait(&self) {
        while !self.is_over() {
            let left = self.instant.map_or(Duration::ZERO, |end| {
                end.saturating_duration_since(Instant::now())
            });
            thread::sleep(left.min(Duration::from_secs(1)));
        }
    }
}

/// A path between quotation marks that a shell takes as it is.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_comes_by_either_clock() {
        let past = Duration::ZERO;
        let later = Duration::from_secs(3600);
        assert!(!End::after(later).is_over());
        let (now, hour) = (End::after(past), End::after(later));
        let wall_only = End {
            instant: hour.instant,
            wall: now.wall,
        };
        let instant_only = End {
            instant: now.instant,
            wall: hour.wall,
        };
        assert!(wall_only.is_over() && instant_only.is_over());
        wall_only.wait();
    }

    #[test]
    fn shells_read_the_path_as_it_is() {
        assert_eq!(quoted(Path::new("/tmp/a b's")), r"'/tmp/a b'\''s'");
    }
}
