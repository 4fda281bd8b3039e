//! A vault without a keyring: the key is made from a passphrase.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::path::Path;

use abide_vault::{Costs, MemoryOnly, News, Opened, Passphrase, Reason, Vault, VaultError, Zeroizing};
use common::{Shelf, bytes, open, text};

fn passphrase(text: &str) -> Passphrase {
    let passphrase = Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap();
    passphrase.costing(Costs::new(64, 1, 1).unwrap())
}

fn open_with(folder: &Path, text: &str) -> Vault {
    let Opened { vault, news } = Vault::open_with(folder, &passphrase(text)).unwrap();
    assert_eq!(news, []);
    vault
}

/// A folder with two generations and a rotation that has begun.
fn kept() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = open_with(folder.path(), "correct horse");
    vault.put("a", bytes("1")).unwrap();
    vault.put("a", bytes("2")).unwrap();
    vault.begin_rotation("a").unwrap();
    folder
}

/// Every file with its content.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap())
        .map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn the_same_passphrase_opens_it_again() {
    let folder = kept();
    let mut vault = open_with(folder.path(), "correct horse");
    assert_eq!(text(&vault, "a").unwrap(), "2");
    assert_eq!(vault.interrupted().collect::<Vec<_>>(), ["a"]);
    vault.put("a", bytes("3")).unwrap();
    drop(vault);
    assert_eq!(text(&open_with(folder.path(), "correct horse"), "a").unwrap(), "3");
    for (name, content) in files(folder.path()) {
        assert!(!content.windows(5).any(|window| window == b"horse"), "{name}");
    }
}

#[test]
fn a_wrong_passphrase_has_its_own_code_and_touches_nothing() {
    let folder = kept();
    let before = files(folder.path());
    for wrong in ["correct house", "correct horse ", "x"] {
        let error = Vault::open_with(folder.path(), &passphrase(wrong)).unwrap_err();
        assert!(matches!(error, VaultError::WrongPassphrase { .. }), "{error:?}");
        assert_eq!(error.code(), "vault_wrong_passphrase");
        assert!(error.to_string().contains("whose names begin with"), "{error}");
        assert_eq!(files(folder.path()), before);
    }
    // Not even if the newest generation is damaged: the previous one shows which passphrase is right.
    fs::write(folder.path().join("vault.abide"), b"torn").unwrap();
    let before = files(folder.path());
    let error = Vault::open_with(folder.path(), &passphrase("correct house")).unwrap_err();
    assert_eq!(error.code(), "vault_wrong_passphrase");
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_damaged_generation_is_set_aside_and_the_one_before_it_opens() {
    let folder = kept();
    let file = folder.path().join("vault.abide");
    let mut torn = fs::read(&file).unwrap();
    torn.truncate(torn.len() - 3);
    fs::write(&file, &torn).unwrap();
    let Opened { vault, news } = Vault::open_with(folder.path(), &passphrase("correct horse")).unwrap();
    let path = folder.path().join("vault.abide.damaged-1");
    let aside = News::SetAside { path: path.clone(), reason: Reason::Damaged };
    assert_eq!(news, [aside, News::RecoveredPreviousGeneration]);
    assert_eq!((text(&vault, "a").unwrap().as_str(), fs::read(path).unwrap()), ("1", torn));
}

#[test]
fn the_other_way_of_keeping_it_is_refused_and_touches_nothing() {
    let folder = kept();
    let before = files(folder.path());
    let keys = Shelf::default();
    // The keyring is not even asked: it may want its password.
    let error = Vault::open(folder.path(), &keys).unwrap_err();
    assert!(matches!(error, VaultError::OtherMode { passphrase: true, .. }), "{error:?}");
    assert_eq!((error.code(), keys.entry()), ("vault_other_mode", None));
    assert!(error.to_string().contains("\"passphrase\""), "{error}");
    assert_eq!(files(folder.path()), before);

    let folder = tempfile::tempdir().unwrap();
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    let before = files(folder.path());
    let error = Vault::open_with(folder.path(), &passphrase("correct horse")).unwrap_err();
    assert!(matches!(error, VaultError::OtherMode { passphrase: false, .. }), "{error:?}");
    assert!(error.to_string().contains("\"keyring\""), "{error}");
    assert_eq!(files(folder.path()), before);
    assert_eq!(text(&open(folder.path(), &keys), "a").unwrap(), "1");
}

#[test]
fn memory_only_leaves_it_as_it_is() {
    let folder = kept();
    let before = files(folder.path());
    let Opened { mut vault, news } = Vault::open(folder.path(), &MemoryOnly).unwrap();
    assert_eq!(news, [News::MemoryOnly]);
    vault.put("a", bytes("9")).unwrap();
    drop(vault);
    assert_eq!(files(folder.path()), before);
}

#[test]
fn two_vaults_with_one_passphrase_have_nothing_in_common() {
    let folders = [kept(), kept()];
    let salts = folders.each_ref().map(|folder| {
        let sealed = fs::read(folder.path().join("vault.abide")).unwrap();
        (sealed[10..26].to_vec(), sealed[76..92].to_vec())
    });
    assert_ne!(salts[0].0, salts[1].0, "another key");
    assert_ne!(salts[0].1, salts[1].1, "another salt");
}

#[test]
fn the_cost_is_in_the_file_and_a_new_default_changes_nothing() {
    let folder = kept();
    let dearer = || passphrase("correct horse").costing(Costs::new(128, 2, 1).unwrap());
    let Opened { mut vault, .. } = Vault::open_with(folder.path(), &dearer()).unwrap();
    vault.put("a", bytes("3")).unwrap();
    drop(vault);
    assert_eq!(text(&open_with(folder.path(), "correct horse"), "a").unwrap(), "3");
}
