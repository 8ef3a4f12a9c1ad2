//! Who holds the key and answers with it, for as long as it may.

use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

use thenar_key::KeyPair;
use thenar_key::sshsig::{RsaHash, agent_signature};

use super::super::error::CliError;
use super::super::key::signing;
use super::protocol::{self, Request};

/// One key, until it is forgotten.
pub(super) struct Agent {
    /// The public key, as SSH sends it.
    public: Vec<u8>,
    comment: String,
    /// Wiped when dropped.
    held: Mutex<Option<KeyPair>>,
}

impl Agent {
    /// Holds a key.
    pub(super) fn new(pair: KeyPair, comment: String) -> Result<Self, CliError> {
        Ok(Self {
            public: pair.public().to_ssh_bytes()?,
            comment,
            held: Mutex::new(Some(pair)),
        })
    }

    /// Wipes the key. A signature that is being made is waited for.
    pub(super) fn forget(&self) {
        // A thread that panicked leaves the key as it was.
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Answers a message, both without and with its length.
    pub(super) fn answer(&self, message: &[u8]) -> Vec<u8> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match protocol::parse(message) {
            Request::Identities => {
                let keys: Vec<_> = held
                    .iter()
                    .map(|_| (self.public.as_slice(), self.comment.as_str()))
                    .collect();
                protocol::identities(keys.into_iter())
            }
            Request::Sign { key, data, flags } if key == self.public => held
                .as_ref()
                .and_then(|pair| sign(pair, data, flags))
                .map_or_else(|| protocol::FAILURE.to_vec(), |s| protocol::signed(&s)),
            _ => protocol::FAILURE.to_vec(),
        }
    }

    /// Answers one client until it goes away or sends a message that is empty or too long.
    pub(super) fn serve(&self, mut client: impl Read + Write) -> io::Result<()> {
        let mut message = Vec::new();
        loop {
            let mut len = [0; 4];
            client.read_exact(&mut len)?;
            let len = u32::from_be_bytes(len) as usize;
            if len == 0 || len > protocol::MAX_LEN {
                return Ok(());
            }
            message.resize(len, 0);
            client.read_exact(&mut message)?;
            client.write_all(&self.answer(&message))?;
        }
    }
}

/// A signature as SSH sends it; none with SHA-1, which RSA without a flag asks for.
fn sign(pair: &KeyPair, data: &[u8], flags: u32) -> Option<Vec<u8>> {
    let hash = match flags {
        _ if flags & protocol::RSA_SHA2_512 != 0 => RsaHash::Sha512,
        _ if flags & protocol::RSA_SHA2_256 != 0 => RsaHash::Sha256,
        _ if pair.kind().rsa_bits().is_some() => return None,
        _ => RsaHash::Sha512,
    };
    let raw = signing::raw(pair, data, hash).ok()?;
    agent_signature(&pair.public(), &raw, hash).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use thenar_key::KeyKind;

    fn agent(kind: KeyKind) -> Agent {
        let pair = KeyPair::from_seed(kind, &[8; 32]).unwrap();
        Agent::new(pair, "me".into()).unwrap()
    }

    fn request(key: &[u8], flags: u8) -> Vec<u8> {
        let len = (key.len() as u32).to_be_bytes();
        let parts: [&[u8]; 5] = [&[13], &len, key, &[0, 0, 0, 1, b'd'], &[0, 0, 0, flags]];
        parts.concat()
    }

    #[test]
    fn only_its_own_key_signs_and_only_until_it_is_forgotten() {
        let agent = agent(KeyKind::Ed25519);
        let own = request(&agent.public, 0);
        assert_eq!(agent.answer(&own)[4], 14);
        assert_eq!(agent.answer(&request(b"other", 0)), protocol::FAILURE);
        assert_eq!(agent.answer(&[11])[4..9], [12, 0, 0, 0, 1]);
        agent.forget();
        assert_eq!(agent.answer(&own), protocol::FAILURE);
        assert_eq!(agent.answer(&[11])[4..9], [12, 0, 0, 0, 0]);
    }

    #[test]
    fn rsa_signs_with_the_hash_asked_for_and_never_with_sha1() {
        let agent = agent(KeyKind::Rsa2048);
        let answer = |flags| agent.answer(&request(&agent.public, flags));
        assert_eq!(answer(0), protocol::FAILURE);
        let named = |flags, name: &[u8]| answer(flags).windows(12).any(|w| w == name);
        assert!(named(2, b"rsa-sha2-256") && named(4, b"rsa-sha2-512"));
        assert!(!named(2, b"rsa-sha2-512"));
    }

    /// Bytes that are read, and what is written.
    struct Pipe<'a>(&'a [u8], Vec<u8>);

    impl Read for Pipe<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl Write for Pipe<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_client_is_answered_in_turn_until_it_sends_nonsense() {
        let agent = agent(KeyKind::P256);
        let list = [0, 0, 0, 1, 11];
        let once = agent.answer(&[11]).len();
        let cases: [(&[u8], bool); 5] = [
            (&[], false),
            (&[0, 0, 0, 0], true),
            (&[0, 4, 0, 1], true),
            (&[0xff; 4], true),
            (&[0, 0, 0, 9, 11], false),
        ];
        for (end, ok) in cases {
            let bytes = [&list[..], &[0, 0, 0, 1, 99], &list, end, &list].concat();
            let bytes = if ok {
                &bytes[..]
            } else {
                &bytes[..bytes.len() - list.len()]
            };
            let mut pipe = Pipe(bytes, Vec::new());
            assert_eq!(agent.serve(&mut pipe).is_ok(), ok, "{end:?}");
            assert_eq!(pipe.1.len(), 2 * once + protocol::FAILURE.len(), "{end:?}");
        }
    }
}
