//! The messages of an SSH agent (draft-ietf-sshm-ssh-agent), as far as listing and signing go.
//!
//! Each message is its length (four bytes, big-endian), a type, and numbers and strings; a string has its length before it.

/// The longest message that is read, in bytes, as in OpenSSH.
pub(super) const MAX_LEN: usize = 256 * 1024;

const FAILURE_TYPE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// Flag of a sign request: RSA with SHA-256.
pub(super) const RSA_SHA2_256: u32 = 2;
/// Flag of a sign request: RSA with SHA-512.
pub(super) const RSA_SHA2_512: u32 = 4;

/// "No", to anything that is not known, allowed or possible.
pub(super) const FAILURE: [u8; 5] = [0, 0, 0, 1, FAILURE_TYPE];

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Request<'a> {
    /// Which keys are there?
    Identities,
    /// Sign this.
    Sign {
        /// The public key, as SSH sends it.
        key: &'a [u8],
        data: &'a [u8],
        flags: u32,
    },
    /// Anything else: answered with [`FAILURE`].
    Other,
}

/// Reads a message without its length.
pub(super) fn parse(message: &[u8]) -> Request<'_> {
    match message.split_first() {
        Some((&REQUEST_IDENTITIES, [])) => Request::Identities,
        Some((&SIGN_REQUEST, rest)) => sign_request(rest).unwrap_or(Request::Other),
        _ => Request::Other,
    }
}

fn sign_request(rest: &[u8]) -> Option<Request<'_>> {
    let (key, rest) = string(rest)?;
    let (data, rest) = string(rest)?;
    let flags = u32::from_be_bytes(rest.try_into().ok()?);
    Some(Request::Sign { key, data, flags })
}

/// A string and what follows it.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*len)).ok()?)
}

/// The answer to [`Request::Identities`]: keys as SSH sends them, each with a comment.
pub(super) fn identities<'a>(keys: impl ExactSizeIterator<Item = (&'a [u8], &'a str)>) -> Vec<u8> {
    let mut body = vec![IDENTITIES_ANSWER];
    body.extend((keys.len() as u32).to_be_bytes());
    for (key, comment) in keys {
        put_string(&mut body, key);
        put_string(&mut body, comment.as_bytes());
    }
    with_length(&body)
}

/// The answer to [`Request::Sign`]: a signature as SSH sends it.
pub(super) fn signed(signature: &[u8]) -> Vec<u8> {
    let mut body = vec![SIGN_RESPONSE];
    put_string(&mut body, signature);
    with_length(&body)
}

fn with_length(body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(4 + body.len());
    put_string(&mut message, body);
    message
}

/// Answers are a few kilobytes long, so their lengths fit.
fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_be_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_message() -> Vec<u8> {
        let parts: [&[u8]; 6] = [
            &[13, 0, 0, 0, 3],
            b"key",
            &[0, 0, 0, 4],
            b"data",
            &[0, 0, 0],
            &[4],
        ];
        parts.concat()
    }

    #[test]
    fn requests_are_read_and_answers_written() {
        assert_eq!(parse(&[11]), Request::Identities);
        let expected = Request::Sign {
            key: b"key",
            data: b"data",
            flags: RSA_SHA2_512,
        };
        assert_eq!(parse(&sign_message()), expected);
        assert_eq!(identities([].into_iter()), [0, 0, 0, 5, 12, 0, 0, 0, 0]);
        let one: (&[u8], &str) = (b"k", "c");
        let expected = [
            0, 0, 0, 15, 12, 0, 0, 0, 1, 0, 0, 0, 1, b'k', 0, 0, 0, 1, b'c',
        ];
        assert_eq!(identities([one].into_iter()), expected);
        assert_eq!(signed(b"s"), [0, 0, 0, 6, 14, 0, 0, 0, 1, b's']);
    }

    #[test]
    fn anything_else_is_other() {
        let good = sign_message();
        for end in 0..good.len() {
            assert_eq!(parse(&good[..end]), Request::Other, "{end}");
        }
        let longer = [good.as_slice(), &[0]].concat();
        let huge = [&[13][..], &[0xff; 12]].concat();
        for other in [&longer[..], &huge, &[11, 0], &[27], &[0], &[]] {
            assert_eq!(parse(other), Request::Other, "{other:?}");
        }
    }
}
