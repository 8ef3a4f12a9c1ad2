//! The store key outside of the keyring: in a variable, or printed by a command.

mod common;

use std::fs;

use common::{Place, Ran};

const A: &str = "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
const B: &str = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b";
const VARIABLE: &str = "THENAR_STORE_KEY";
const COMMAND: &str = "THENAR_STORE_KEY_COMMAND";

/// Runs the program with variables set.
#[track_caller]
fn run(place: &Place, variables: &[(&str, &str)], args: &str) -> Ran {
    let args: Vec<&str> = args.split_whitespace().collect();
    let mut command = place.command(&args);
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    // Whatever happens, no key is shown.
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(
        !said.contains("0a0a0a") && !said.contains("0b0b0b"),
        "{ran:?}"
    );
    ran
}

#[test]
fn a_key_outside_opens_the_store_and_stands_in_no_file() {
    let place = Place::for_rois();
    let a = place.roi(1);
    run(&place, &[(VARIABLE, A)], &format!("enroll anna {a}")).code(0);
    let keyring = fs::read_to_string(place.path("keyring")).unwrap();
    assert!(keyring.contains("store-key 1 outside "), "{keyring}");
    assert!(!keyring.contains(A));

    let verify = format!("verify anna {a}");
    run(&place, &[(VARIABLE, A)], &verify).code(0);
    // A command is as good, also one that prints a line end and the older key.
    run(&place, &[(COMMAND, &format!("echo {A}"))], &verify).code(0);
    run(
        &place,
        &[(COMMAND, &format!("printf '{B}\\n{A}'"))],
        &verify,
    )
    .code(0);
    // Who is forgotten needs no key; the subject has a token of its own, which goes too.
    run(&place, &[(VARIABLE, A)], &format!("renew anna {a}")).code(0);
    run(&place, &[], "revoke anna").code(0);
    let keyring = fs::read_to_string(place.path("keyring")).unwrap();
    assert!(!keyring.contains("own-token"));
}

#[test]
fn each_failure_has_its_own_error() {
    let place = Place::for_rois();
    let a = place.roi(1);
    run(&place, &[(VARIABLE, A)], &format!("enroll anna {a}")).code(0);
    let before = fs::read(place.path("keyring")).unwrap();
    let cases: [(&[(&str, &str)], &str); 9] = [
        (
            &[],
            "is kept outside the keyring and was not given; give it in THENAR_STORE_KEY",
        ),
        (&[(VARIABLE, B)], "expected the store key"),
        (&[(VARIABLE, "")], "THENAR_STORE_KEY: it is empty"),
        (
            &[(VARIABLE, &A[1..])],
            "THENAR_STORE_KEY: word 1 has 63 bytes",
        ),
        (
            &[(COMMAND, "yes 0a0a0a")],
            "THENAR_STORE_KEY_COMMAND: it has more than 256 bytes",
        ),
        (
            &[(COMMAND, "true")],
            "THENAR_STORE_KEY_COMMAND: it is empty",
        ),
        (
            &[(COMMAND, "echo 0a0a0a; exit 7")],
            "the command failed with exit status: 7",
        ),
        (
            &[(COMMAND, "nowhere-to-be-found")],
            "the command failed with exit status: 127",
        ),
        (
            &[(VARIABLE, A), (COMMAND, "true")],
            "both THENAR_STORE_KEY and",
        ),
    ];
    for (variables, expected) in cases {
        for command in [format!("verify anna {a}"), format!("enroll bob {a}")] {
            let ran = run(&place, variables, &format!("{command} --json")).code(2);
            let error = &ran.json()["error"];
            assert_eq!(error["kind"], "store_key", "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains(expected), "{message}");
        }
    }
    assert_eq!(fs::read(place.path("keyring")).unwrap(), before);
}

/// From the keyring to outside, to a new key there, and back into the keyring.
#[test]
fn rotations_move_the_key() {
    let place = Place::for_rois();
    let a = place.roi(1);
    let verify = format!("verify anna {a}");
    run(&place, &[], &format!("enroll anna {a}")).code(0);
    // A key that is given and not used is no protection, and it is said so.
    let said = run(&place, &[(VARIABLE, A)], &verify).code(2).stderr;
    assert!(said.contains("holds the store key itself"), "{said}");

    let rotated = run(&place, &[(VARIABLE, A)], "rotate").code(0).stdout;
    assert_eq!(rotated, "1 record sealed anew, store key 2, kept outside\n");
    run(&place, &[], &verify).code(2);
    run(&place, &[(VARIABLE, A)], &verify).code(0);

    let said = run(&place, &[(VARIABLE, A)], "rotate").code(2).stderr;
    assert!(said.contains("is the present one"), "{said}");
    let said = run(&place, &[(VARIABLE, B)], "rotate").code(2).stderr;
    assert!(said.contains("expected the store key"), "{said}");
    let both = format!("{B} {A}");
    run(&place, &[(VARIABLE, &both)], "rotate").code(0);
    run(&place, &[(VARIABLE, A)], &verify).code(2);
    run(&place, &[(VARIABLE, B)], &verify).code(0);

    run(&place, &[(VARIABLE, B)], "rotate --into-keyring").code(0);
    run(&place, &[], &verify).code(0);
}
