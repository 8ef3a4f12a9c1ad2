//! SSH signatures, as PEM and as the bytes inside: `thenar_key::sshsig`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_fuzz::armored;
use thenar_key::Sshsig;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // A fuzzer that changes base64 changes little else.
    check(&armored("SSH SIGNATURE", bytes));
});

fn check(text: &[u8]) {
    let Ok(read) = Sshsig::from_pem(text) else {
        return;
    };
    // Ends of lines carry nothing.
    let lines: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .collect();
    assert_eq!(Sshsig::from_pem(&lines.join(&b'\n')), Ok(read.clone()));
    // Verifying a hostile signature must be harmless; only that of a seed fits.
    let _ = read.verify(read.public_key(), read.namespace(), b"hello\n");
    let _ = read.public_key().to_pem();
}
