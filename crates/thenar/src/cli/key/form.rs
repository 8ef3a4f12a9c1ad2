//! Keys as text: which form a kind of key has, and what is written.

use clap::ValueEnum;
use thenar_key::keys::MAX_COMMENT_BYTES;
use thenar_key::{KeyKind, KeyPair, PublicKey};
use zeroize::Zeroizing;

use super::super::args::{KeyForm, Kind, value_name};
use super::super::error::CliError;

/// The name of a kind as it is asked for: `ed25519`, `rsa-2048`.
pub(crate) fn kind_name(kind: KeyKind) -> String {
    let asked = Kind::value_variants()
        .iter()
        .find(|asked| KeyKind::from(**asked) == kind);
    // Kinds that a later library adds have their own name.
    asked.map_or_else(|| kind.name().into(), value_name)
}

/// The form asked for, if keys of this kind have it, or else the usual one.
pub(super) fn choose(kind: KeyKind, asked: Option<KeyForm>) -> Result<KeyForm, CliError> {
    let for_age = kind == KeyKind::X25519;
    match (asked, for_age) {
        (Some(KeyForm::Openssh), true) => Err(CliError::Usage(
            "a key of kind x25519 has no OpenSSH form; ask for --format age or pem".into(),
        )),
        (Some(KeyForm::Age), false) => Err(CliError::Usage(format!(
            "a key of kind {} has no age form, only x25519 has; ask for --format openssh or pem",
            kind_name(kind)
        ))),
        (Some(form), _) => Ok(form),
        (None, true) => Ok(KeyForm::Age),
        (None, false) => Ok(KeyForm::Openssh),
    }
}

/// The public key.
pub(super) fn public(key: &PublicKey, name: &str, form: KeyForm) -> Result<String, CliError> {
    Ok(match form {
        KeyForm::Openssh => key.to_openssh(&comment(name))?,
        KeyForm::Pem => key.to_pem()?,
        KeyForm::Age => key.to_age_recipient()?,
    })
}

/// The public key in its usual form, on one line that names it.
pub(super) fn line(key: &PublicKey, name: &str) -> Result<String, CliError> {
    let form = choose(key.kind(), None)?;
    let text = public(key, name, form)?;
    Ok(match form {
        KeyForm::Age => format!("{text} {}", comment(name)),
        _ => text,
    })
}

/// The private key, as it stands in a file.
pub(super) fn private(
    pair: &KeyPair,
    name: &str,
    form: KeyForm,
) -> Result<Zeroizing<String>, CliError> {
    Ok(match form {
        KeyForm::Openssh => pair.to_openssh(&comment(name))?,
        KeyForm::Pem => pair.to_pem()?,
        KeyForm::Age => {
            let recipient = pair.public().to_age_recipient()?;
            let identity = pair.to_age_identity()?;
            // Room from the start: a text that grows would leave copies behind.
            let mut text = Zeroizing::new(String::with_capacity(256));
            for part in ["# public key: ", &recipient, "\n", &identity, "\n"] {
                text.push_str(part);
            }
            text
        }
    })
}

/// The key's name as the comment of an OpenSSH line, cut where it is longer than a comment may be.
pub(crate) fn comment(name: &str) -> String {
    let mut comment = format!("thenar:{}", name.replace(char::is_whitespace, "_"));
    comment.truncate(comment.floor_char_boundary(MAX_COMMENT_BYTES));
    comment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_usual_form_and_a_name_that_is_understood() {
        for kind in KeyKind::ALL {
            let key = KeyPair::from_seed(kind, &[3; 32]).unwrap();
            let name = kind_name(kind);
            let asked = Kind::from_str(&name, false).unwrap();
            assert_eq!(KeyKind::from(asked), kind);
            let line = line(&key.public(), "my key").unwrap();
            assert!(line.ends_with(" thenar:my_key"), "{line}");
            super::line(&key.public(), &"ü".repeat(128)).unwrap();
            let forms = KeyForm::value_variants().iter();
            let written = forms.filter_map(|form| choose(kind, Some(*form)).ok());
            let written: Vec<KeyForm> = written.collect();
            assert_eq!(written.len(), 2, "{name}");
            for form in written {
                assert!(!public(&key.public(), "k", form).unwrap().is_empty());
                assert!(private(&key, "k", form).unwrap().contains("KEY"));
            }
        }
    }
}
