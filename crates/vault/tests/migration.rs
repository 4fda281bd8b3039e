//! A vault of the first format: files of an earlier Abide, with a key and contents made for this test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::path::Path;

use abide_vault::{Passphrase, Vault, VaultError, Zeroizing};
use common::{Shelf, bytes, open, text};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const FILES: [(&str, &[u8]); 3] = [
    ("vault.abide", include_bytes!("format-1/vault.abide")),
    ("vault.abide.1", include_bytes!("format-1/vault.abide.1")),
    ("vault.journal", include_bytes!("format-1/vault.journal")),
];

fn old() -> (tempfile::TempDir, Shelf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in FILES {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let keys = Shelf::default();
    keys.put_entry(KEY);
    (folder, keys)
}

fn version(folder: &Path, name: &str) -> u16 {
    let sealed = fs::read(folder.join(name)).unwrap();
    u16::from_le_bytes([sealed[8], sealed[9]])
}

#[test]
fn it_is_read_as_it_is_and_rewritten_with_the_next_write() {
    let (folder, keys) = old();
    let mut vault = open(folder.path(), &keys);
    assert_eq!(text(&vault, "session/work").unwrap(), "second");
    assert_eq!(text(&vault, "session/home").unwrap(), "of no use");
    assert_eq!(vault.interrupted().collect::<Vec<_>>(), ["session/home"], "its journal is read, too");
    assert_eq!(version(folder.path(), "vault.abide"), 1, "reading changes nothing");
    vault.begin_rotation("session/work").unwrap();
    vault.put("session/work", bytes("third")).unwrap();
    drop(vault);
    assert_eq!((version(folder.path(), "vault.abide"), version(folder.path(), "vault.abide.1")), (2, 1));
    let mut vault = open(folder.path(), &keys);
    assert_eq!(text(&vault, "session/work").unwrap(), "third");
    assert_eq!(vault.interrupted().collect::<Vec<_>>(), ["session/home"]);
    vault.put("session/home", bytes("fourth")).unwrap();
    drop(vault);
    assert_eq!((version(folder.path(), "vault.abide"), version(folder.path(), "vault.abide.1")), (2, 2));
    assert_eq!(keys.entry().unwrap(), KEY, "with the key that it had");
}

#[test]
fn its_previous_generation_serves_when_the_newest_is_torn() {
    let (folder, keys) = old();
    let file = folder.path().join("vault.abide");
    fs::write(&file, &FILES[0].1[..100]).unwrap();
    let (vault, news) = common::open_with_news(folder.path(), &keys);
    assert_eq!(news.len(), 2, "{news:?}");
    assert_eq!(text(&vault, "session/work").unwrap(), "first");
}

#[test]
fn it_belongs_to_the_keyring_whatever_passphrase_is_given() {
    let (folder, _) = old();
    let passphrase = Passphrase::new(Zeroizing::new(b"correct horse".to_vec())).unwrap();
    let error = Vault::open_with(folder.path(), &passphrase).unwrap_err();
    assert!(matches!(error, VaultError::OtherMode { passphrase: false, .. }), "{error:?}");
    for (name, content) in FILES {
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), content);
    }
}

#[test]
fn a_newer_one_is_left_alone_even_if_the_key_is_lost() {
    let (folder, _) = old();
    let file = folder.path().join("vault.abide");
    common::make_newer(&file);
    let before = fs::read(&file).unwrap();
    let lost = Shelf::default();
    let error = Vault::open(folder.path(), &lost).unwrap_err();
    assert!(matches!(error, VaultError::Newer { version: 9, .. }), "{error:?}");
    assert_eq!((fs::read(&file).unwrap(), lost.entry()), (before, None), "not overwritten, and no key made");
}
