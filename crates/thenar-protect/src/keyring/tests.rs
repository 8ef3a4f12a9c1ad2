use std::fs;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;

const CONTRACT: ContractId = ContractId([7; 32]);

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_created_keyring_loads() {
    let folder = folder();
    let path = folder.path().join("k");
    let created = Keyring::create(&path, &mut rng()).unwrap();
    let loaded = Keyring::load(&path).unwrap();
    assert_eq!(loaded.collection_token(), created.collection_token());
    assert_eq!(loaded.store_key(), created.store_key());
    assert_eq!((loaded.epoch(), loaded.is_rotating()), (1, false));
    assert_eq!(names(&folder), ["k"], "no temporary file is left");
    let again = Keyring::load_or_create(&path, &[], &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
    assert_eq!(again.store_key(), created.store_key());
}

#[test]
fn creating_never_overwrites() {
    let folder = folder();
    let path = folder.path().join("k");
    fs::write(&path, "something else").unwrap();
    assert!(matches!(
        Keyring::create(&path, &mut rng()),
        Err(KeyringError::Exists { .. })
    ));
    assert_eq!(fs::read(&path).unwrap(), b"something else");
    assert_eq!(names(&folder), ["k"]);
}

#[test]
fn a_missing_folder_is_named() {
    let path = folder().path().join("nowhere").join("k");
    let message = Keyring::load_or_create(&path, &[], &mut rng())
        .unwrap_err()
        .to_string();
    assert!(
        message.starts_with(&format!("{}: cannot write the keyring", path.display())),
        "{message}"
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("k");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut keyring = Keyring::create(&path, &mut rng()).unwrap();
    assert_eq!(mode(&path), 0o600);
    keyring.save().unwrap();
    assert_eq!(mode(&path), 0o600);
    for open_to_others in [0o640, 0o604, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open_to_others)).unwrap();
        let message = Keyring::load(&path).unwrap_err().to_string();
        assert!(
            message.contains(&format!("mode {open_to_others:04o}, expected 0600")),
            "{message}"
        );
        assert!(message.contains("chmod 600"), "{message}");
    }
}

#[test]
fn damage_and_other_files_are_refused() {
    let folder = folder();
    let path = folder.path().join("k");
    Keyring::create(&path, &mut rng()).unwrap();
    let mut text = fs::read(&path).unwrap();
    text[40] ^= 1;
    // Written in place, so the mode stays.
    fs::write(&path, &text).unwrap();
    assert!(matches!(
        Keyring::load(&path),
        Err(KeyringError::Damaged { .. })
    ));
    fs::write(&path, "hello").unwrap();
    assert!(matches!(
        Keyring::load(&path),
        Err(KeyringError::Format { line: 1, .. })
    ));
    fs::write(&path, vec![b'x'; format::MAX_BYTES + 1]).unwrap();
    assert!(matches!(
        Keyring::load(&path),
        Err(KeyringError::Format { line: 1, .. })
    ));
    assert!(matches!(
        Keyring::load(folder.path()),
        Err(KeyringError::Format { line: 1, .. })
    ));
}

#[test]
fn a_change_by_another_process_is_not_overwritten() {
    let folder = folder();
    let path = folder.path().join("k");
    let mut mine = Keyring::create(&path, &mut rng()).unwrap();
    let mut other = Keyring::load(&path).unwrap();
    other.begin_rotation(&mut rng()).unwrap();
    other.save().unwrap();
    mine.begin_rotation(&mut rng()).unwrap();
    assert!(matches!(mine.save(), Err(KeyringError::Changed { .. })));
    assert_eq!(Keyring::load(&path).unwrap().store_key(), other.store_key());
    other.end_rotation();
    other.save().unwrap();
}

#[test]
fn rotation_keeps_every_record_readable_at_every_step() {
    let folder = folder();
    let path = folder.path().join("k");
    let rng = &mut rng();
    let mut keyring = Keyring::create(&path, rng).unwrap();
    let template = BitTemplate::from_bools(&[true, false, true]).unwrap();
    let token = TokenRef::collection(keyring.collection_token());
    let old = keyring.seal(&template, &CONTRACT, token, "anna", rng);

    keyring.begin_rotation(rng).unwrap();
    keyring.save().unwrap();
    let mut keyring = Keyring::load(&path).unwrap();
    assert!(keyring.is_rotating());
    assert!(matches!(
        keyring.begin_rotation(rng),
        Err(KeyringError::RotationUnderWay { .. })
    ));
    let new = keyring.reseal(&old, "anna", rng).unwrap();
    assert_eq!(new.epoch(), 2);
    assert_eq!(
        keyring.reseal(&new, "anna", rng).unwrap(),
        new,
        "resealing twice changes nothing"
    );
    for record in [&old, &new] {
        assert_eq!(keyring.open(record, &CONTRACT, "anna").unwrap(), template);
    }

    keyring.end_rotation();
    keyring.save().unwrap();
    let keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.open(&new, &CONTRACT, "anna").unwrap(), template);
    let expected = RecordError::NoKey {
        key: old.key(),
        epoch: 1,
        current: 2,
    };
    assert_eq!(keyring.check_key(&new), Ok(()));
    assert!(matches!(
        keyring.check_key(&old),
        Err(RecordError::NoKey { .. })
    ));
    assert_eq!(keyring.open(&old, &CONTRACT, "anna"), Err(expected));
}

#[test]
fn own_tokens_are_kept_and_forgotten() {
    let folder = folder();
    let path = folder.path().join("k");
    let rng = &mut rng();
    let mut keyring = Keyring::create(&path, rng).unwrap();
    let token = Token::random(rng);
    let name = keyring.add_own_token(token.clone());
    keyring.save().unwrap();
    let mut keyring = Keyring::load(&path).unwrap();
    assert_eq!(keyring.token(name), Some(&token));
    let collection = TokenRef::collection(keyring.collection_token());
    assert_eq!(keyring.token(collection), Some(keyring.collection_token()));
    assert_eq!(keyring.token(TokenRef::collection(&token)), None);
    assert!(keyring.remove_own_token(token.id()));
    assert!(!keyring.remove_own_token(token.id()));
    assert_eq!(keyring.token(name), None);
}

#[cfg(unix)]
#[test]
fn a_link_to_the_keyring_stays_a_link() {
    let folder = folder();
    let (path, link) = (folder.path().join("k"), folder.path().join("link"));
    Keyring::create(&path, &mut rng()).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    Keyring::load(&link).unwrap().save().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn a_store_key_outside_is_only_named_in_the_file() {
    let folder = folder();
    let path = folder.path().join("k");
    let (key, other) = (StoreKey::from_bytes([8; 32]), StoreKey::from_bytes([9; 32]));
    let created = Keyring::create_outside(&path, key.clone(), &mut rng()).unwrap();
    assert!(created.store_key_is_outside());
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(&format!("store-key 1 outside {}\n", key.id())));
    assert!(!text.contains(&"08".repeat(32)), "{text}");

    let loaded = Keyring::load_with(&path, &[other.clone(), key.clone()]).unwrap();
    assert_eq!(loaded.store_key(), &key);
    // Missing and wrong are told apart.
    let missing = Keyring::load(&path).unwrap_err();
    assert!(matches!(missing, KeyringError::KeyOutside { epoch: 1, .. }));
    let wrong = Keyring::load_with(&path, std::slice::from_ref(&other)).unwrap_err();
    assert!(matches!(wrong, KeyringError::OtherStoreKey { key: id, .. } if id == key.id()));
    assert!(
        wrong.to_string().contains(&other.id().to_string()),
        "{wrong}"
    );
    // It is not replaced by a new one.
    let rng = &mut rng();
    assert!(Keyring::load_or_create(&path, &[], rng).is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let path = folder.path().join("new");
    let keys = [other.clone(), key];
    let created = Keyring::load_or_create(&path, &keys, rng).unwrap();
    assert_eq!(created.store_key(), &other);
    assert!(created.store_key_is_outside());
}

/// From the keyring to outside, to another key there, and back.
#[test]
fn a_store_key_moves_out_and_back() {
    let folder = folder();
    let path = folder.path().join("k");
    let rng = &mut rng();
    let (a, b) = (StoreKey::from_bytes([8; 32]), StoreKey::from_bytes([9; 32]));
    let template = BitTemplate::from_bools(&[true, false, true]).unwrap();
    let mut keyring = Keyring::create(&path, rng).unwrap();
    let token = TokenRef::collection(keyring.collection_token());
    let mut record = keyring.seal(&template, &CONTRACT, token, "anna", rng);
    let steps = [
        (Some(&a), vec![a.clone()]),
        (Some(&b), vec![b.clone(), a.clone()]),
        (None, vec![b.clone()]),
    ];
    for (epoch, (next, given)) in (2..).zip(steps) {
        match next {
            Some(next) => keyring.begin_rotation_to(next.clone()).unwrap(),
            None => keyring.begin_rotation(rng).unwrap(),
        }
        keyring.save().unwrap();
        // Interrupted and loaded again: both keys are there.
        let mut again = Keyring::load_with(&path, &given).unwrap();
        assert_eq!((again.epoch(), again.is_rotating()), (epoch, true));
        assert_eq!(again.open(&record, &CONTRACT, "anna").unwrap(), template);
        record = again.reseal(&record, "anna", rng).unwrap();
        again.end_rotation();
        again.save().unwrap();
        keyring = Keyring::load_with(&path, &given).unwrap();
        assert_eq!(keyring.store_key_is_outside(), next.is_some());
        assert_eq!(keyring.open(&record, &CONTRACT, "anna").unwrap(), template);
    }
    // The last step drew a key of its own, and nothing outside is needed any more.
    assert_eq!(
        Keyring::load(&path).unwrap().store_key(),
        keyring.store_key()
    );
}

#[test]
fn a_rotation_to_the_present_key_is_refused() {
    let folder = folder();
    let key = StoreKey::from_bytes([8; 32]);
    let path = folder.path().join("k");
    let mut keyring = Keyring::create_outside(&path, key.clone(), &mut rng()).unwrap();
    assert!(matches!(
        keyring.begin_rotation_to(key),
        Err(KeyringError::SameStoreKey { .. })
    ));
    assert!(!keyring.is_rotating());
}

/// Somebody can be forgotten while the key service is down.
#[test]
fn own_tokens_are_forgotten_without_the_store_key() {
    let folder = folder();
    let path = folder.path().join("k");
    let key = StoreKey::from_bytes([8; 32]);
    let mut keyring = Keyring::create_outside(&path, key.clone(), &mut rng()).unwrap();
    let (gone, kept) = (Token::from_bytes([1; 32]), Token::from_bytes([2; 32]));
    let (gone, kept) = (keyring.add_own_token(gone), keyring.add_own_token(kept));
    keyring.save().unwrap();
    Keyring::forget_own_tokens(&path, &[gone.id]).unwrap();
    let keyring = Keyring::load_with(&path, &[key]).unwrap();
    assert!(keyring.token(gone).is_none() && keyring.token(kept).is_some());
}
