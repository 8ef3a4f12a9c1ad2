//! Palm and passphrase open the stanzas of files.

use std::collections::HashMap;
use std::env;
use std::io;
use std::path::{Path, PathBuf};

use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use age_plugin::Callbacks;
use age_plugin::identity::{Error, IdentityPluginV1};
use thenar_key::{CommitmentError, DeviceSecret, Factors, KeyKind, KeyPair, Passphrase};

use super::super::args::Global;
use super::super::error::CliError;
use super::super::key::{kind_name, unlock};
use super::super::passphrase::{self, Purpose};
use super::super::secret_file;
use super::super::session::Session;
use super::identity::{self, Identity};
use super::stanza::Wrapped;

/// Most X25519 stanzas of a file that are looked at; each costs a multiplication on the curve.
const MAX_STANZAS: usize = 4096;

/// The identities that age has handed over.
#[derive(Default)]
pub(super) struct Palm {
    /// With their places in age's order.
    identities: Vec<(usize, Identity)>,
}

/// What has become of the files: a file that nothing opened is not in it.
type Opened = HashMap<usize, Result<FileKey, Vec<Error>>>;

/// Why an identity opens nothing: an end of the talk with age, or a message.
enum Refused {
    Broken(io::Error),
    Because(String),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<CliError> for Refused {
    fn from(error: CliError) -> Self {
        Self::Because(error.to_string())
    }
}

impl IdentityPluginV1 for Palm {
    fn add_identity(&mut self, index: usize, plugin: &str, bytes: &[u8]) -> Result<(), Error> {
        let read = if plugin == identity::NAME {
            Identity::from_bytes(bytes)
        } else {
            Err(format!("it is for another plugin, {plugin}"))
        };
        let identity = read.map_err(|reason| Error::Identity {
            index,
            message: format!("this is no identity of thenar: {reason}"),
        })?;
        self.identities.push((index, identity));
        Ok(())
    }

    fn unwrap_file_keys(
        &mut self,
        files: Vec<Vec<Stanza>>,
        mut callbacks: impl Callbacks<Error>,
    ) -> io::Result<Opened> {
        let mut opened = Opened::new();
        let mut closed = Vec::new();
        for (file, stanzas) in files.iter().enumerate() {
            match wrapped(file, stanzas) {
                Ok(wrapped) if wrapped.is_empty() => {}
                Ok(wrapped) => closed.push((file, wrapped)),
                Err(errors) => {
                    opened.insert(file, Err(errors));
                }
            }
        }
        let mut errors = Vec::new();
        for (index, identity) in &self.identities {
            // Nobody is asked for a palm that opens nothing.
            if closed.is_empty() {
                break;
            }
            match recover(identity, &mut callbacks) {
                Ok(pair) => closed.retain(|(file, stanzas)| match open(*file, stanzas, &pair) {
                    Some(result) => opened.insert(*file, result).is_some(),
                    None => true,
                }),
                Err(Refused::Broken(error)) => return Err(error),
                Err(Refused::Because(message)) => errors.push(Error::Identity {
                    index: *index,
                    message,
                }),
            }
        }
        // Once is enough: errors are of identities, not of files.
        if let Some((file, _)) = closed.first()
            && !errors.is_empty()
        {
            opened.insert(*file, Err(errors));
        }
        Ok(opened)
    }
}

/// The X25519 stanzas of a file, with their places in it.
fn wrapped(file: usize, stanzas: &[Stanza]) -> Result<Vec<(usize, Wrapped)>, Vec<Error>> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (place, stanza) in stanzas.iter().enumerate() {
        match Wrapped::read(stanza) {
            None => {}
            Some(Ok(wrapped)) => read.push((place, wrapped)),
            Some(Err(message)) => errors.push(stanza_error(file, place, message)),
        }
    }
    if let Some((place, _)) = read.get(MAX_STANZAS) {
        let message = format!("the file has more than {MAX_STANZAS} X25519 stanzas");
        errors.push(stanza_error(file, *place, message));
    }
    if errors.is_empty() {
        Ok(read)
    } else {
        Err(errors)
    }
}

fn stanza_error(file: usize, place: usize, message: String) -> Error {
    Error::Stanza {
        file_index: file,
        stanza_index: place,
        message,
    }
}

/// The file key from the first stanza that this key opens, or an error if one is broken.
fn open(
    file: usize,
    stanzas: &[(usize, Wrapped)],
    pair: &KeyPair,
) -> Option<Result<FileKey, Vec<Error>>> {
    stanzas
        .iter()
        .find_map(|(place, wrapped)| match wrapped.open(pair) {
            Ok(file_key) => file_key.map(Ok),
            Err(error) => Some(Err(vec![stanza_error(file, *place, error.to_string())])),
        })
}

/// Brings the key of an identity back, as `thenar key recover` does: attempts are counted, and a wrong palm looks like a wrong
/// passphrase.
fn recover(identity: &Identity, age: &mut impl Callbacks<Error>) -> Result<KeyPair, Refused> {
    let name = &identity.name;
    let session = Session::new(Global {
        store: identity.store.clone(),
        keyring: None,
        input: identity.input,
        json: false,
        quiet: true,
    });
    let record = unlock::record(&session, name)?;
    if record.kind() != KeyKind::X25519 {
        return Err(Refused::Because(format!(
            "key '{name}' is of kind {}; files of age are encrypted to keys of kind x25519",
            kind_name(record.kind())
        )));
    }
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &photos(name, age)?)?;
    let device = if record.needs_device_secret() {
        let secret = secret_file::read(&device_secret(name, age)?)?;
        Some(DeviceSecret::from_bytes(*secret))
    } else {
        None
    };
    let passphrase = passphrase_of(name, age)?;
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: device.as_ref(),
    };
    let pair = unlock::recover(&session, &pipeline, (name, &record), &acquired, factors)?;
    pair.ok_or_else(|| Refused::Because(format!("{name}: {}", CommitmentError::NotRecovered)))
}

/// From THENAR_PHOTOS, or from whoever sits before age.
fn photos(name: &str, age: &mut impl Callbacks<Error>) -> Result<Vec<PathBuf>, Refused> {
    let prompt = format!("Photos of the palm for key '{name}' (absolute paths, ':' between them):");
    let text = public("THENAR_PHOTOS", &prompt, age)?;
    // Surrounding spaces come from pasting.
    let paths = env::split_paths(text.trim()).filter(|path| !path.as_os_str().is_empty());
    let paths: Vec<PathBuf> = paths.map(absolute).collect::<Result<_, _>>()?;
    if paths.is_empty() {
        return Err(Refused::Because("no photo was named".into()));
    }
    Ok(paths)
}

/// From THENAR_DEVICE_SECRET, or from whoever sits before age.
fn device_secret(name: &str, age: &mut impl Callbacks<Error>) -> Result<PathBuf, Refused> {
    let prompt = format!("File of the device secret for key '{name}' (absolute path):");
    let text = public("THENAR_DEVICE_SECRET", &prompt, age)?;
    absolute(text.trim().into())
}

/// From the file that THENAR_PASSPHRASE_FILE names, or from whoever sits before age.
fn passphrase_of(name: &str, age: &mut impl Callbacks<Error>) -> Result<Passphrase, Refused> {
    if let Some(path) = variable("THENAR_PASSPHRASE_FILE")? {
        let path = absolute(path.into())?;
        return Ok(passphrase::read(Some(&path), Purpose::Recovery)?);
    }
    let asked = age.request_secret(&format!("Passphrase for key '{name}'"))?;
    let secret = asked.map_err(|_| Refused::Because("no passphrase was given".into()))?;
    Passphrase::for_recovery(secret.expose_secret()).map_err(|e| CliError::from(e).into())
}

/// Something that is no secret: from a variable, or asked for.
fn public(key: &str, prompt: &str, age: &mut impl Callbacks<Error>) -> Result<String, Refused> {
    if let Some(text) = variable(key)? {
        return Ok(text);
    }
    let asked = age.request_public(prompt)?;
    asked.map_err(|_| {
        Refused::Because(format!(
            "{key} is not set, and nothing was answered to \"{prompt}\""
        ))
    })
}

/// A variable that is set and not empty.
fn variable(key: &str) -> Result<Option<String>, Refused> {
    match env::var(key) {
        Ok(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(error) => Err(Refused::Because(format!("{key}: {error}"))),
    }
}

/// A path that means the same in the folder where age starts its plugins. `~/` is the home, as shells have it.
fn absolute(path: PathBuf) -> Result<PathBuf, Refused> {
    let home = env::var_os("HOME").unwrap_or_default();
    let path = match path.strip_prefix("~") {
        Ok(rest) => Path::new(&home).join(rest),
        Err(_) => path,
    };
    if path.is_absolute() {
        return Ok(path);
    }
    Err(Refused::Because(format!(
        "{}: name files with their absolute path; age starts this program in a folder of its own",
        path.display()
    )))
}
