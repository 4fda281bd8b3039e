//! One process owns the vault, for as long as it lives and no longer.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use abide_vault::{Key, KeyStore, Vault, VaultError};
use common::{Shelf, bytes, myself, open, role, text, wait_until};

fn assert_in_use(folder: &Path, keys: &dyn KeyStore) {
    let error = Vault::open(folder, keys).unwrap_err();
    assert!(matches!(error, VaultError::InUse { .. }), "{error:?}");
    assert_eq!(error.code(), "vault_locked");
    assert!(error.to_string().starts_with("Another Abide is already running"), "{error}");
}

#[test]
fn a_second_handle_in_this_process_is_refused() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let vault = open(folder.path(), &keys);
    assert_in_use(folder.path(), &keys);
    drop(vault);
    drop(open(folder.path(), &keys));
}

#[test]
fn an_owner_that_is_just_ending_is_waited_for() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let vault = open(folder.path(), &keys);
    let ending = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(60));
        drop(vault);
    });
    drop(open(folder.path(), &keys));
    ending.join().unwrap();
}

fn child_folder() -> PathBuf {
    std::env::var_os("ABIDE_TEST_FOLDER").unwrap().into()
}

fn child_keys() -> Shelf {
    let keys = Shelf::default();
    keys.put_entry(&std::env::var("ABIDE_TEST_KEY").unwrap());
    keys
}

#[test]
fn a_second_process_is_refused_until_the_first_is_killed() {
    if role().is_some() {
        let _vault = open(&child_folder(), &child_keys());
        fs::write(child_folder().join("owned"), b"").unwrap();
        loop {
            std::thread::park();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let entry = Key::generate().unwrap().to_entry();
    let keys = Shelf::default();
    keys.put_entry(&entry);
    let mut child = myself("a_second_process_is_refused_until_the_first_is_killed", "owner")
        .env("ABIDE_TEST_FOLDER", folder.path())
        .env("ABIDE_TEST_KEY", entry.as_str())
        .spawn()
        .unwrap();
    wait_until("the other process to own the vault", || folder.path().join("owned").exists());
    assert_in_use(folder.path(), &keys);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(open(folder.path(), &keys));
}

#[test]
fn a_process_killed_while_it_writes_loses_nothing_that_it_was_told_is_saved() {
    if role().is_some() {
        let mut vault = open(&child_folder(), &child_keys());
        let from: u64 = text(&vault, "count").map_or(0, |count| count.parse().unwrap());
        for count in from + 1.. {
            vault.begin_rotation("other").unwrap();
            vault.put("count", bytes(&count.to_string())).unwrap();
            fs::write(child_folder().join("saved.part"), count.to_string()).unwrap();
            fs::rename(child_folder().join("saved.part"), child_folder().join("saved")).unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let entry = Key::generate().unwrap().to_entry();
    let keys = Shelf::default();
    keys.put_entry(&entry);
    let mut vault = open(folder.path(), &keys);
    vault.put("other", bytes("stays")).unwrap();
    drop(vault);
    let saved =
        || fs::read_to_string(folder.path().join("saved")).map_or(0, |count| count.parse::<u64>().unwrap());
    for round in 0..12u32 {
        let before = saved();
        let mut child =
            myself("a_process_killed_while_it_writes_loses_nothing_that_it_was_told_is_saved", "writer")
                .env("ABIDE_TEST_FOLDER", folder.path())
                .env("ABIDE_TEST_KEY", entry.as_str())
                .spawn()
                .unwrap();
        wait_until("some writes", || saved() > before + 3);
        // A different moment of the write each round.
        std::thread::sleep(std::time::Duration::from_micros(u64::from(round) * 137));
        child.kill().unwrap();
        child.wait().unwrap();
        let opened = Vault::open(folder.path(), &keys).unwrap();
        assert!(
            opened.news.iter().all(|news| *news == abide_vault::News::JournalIncomplete),
            "{:?}",
            opened.news
        );
        let found: u64 = text(&opened.vault, "count").unwrap().parse().unwrap();
        assert!(found == saved() || found == saved() + 1, "{found} is in the vault, {} was saved", saved());
        assert_eq!(text(&opened.vault, "other").unwrap(), "stays");
    }
}
