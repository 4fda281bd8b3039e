//! A disk that is full, a folder that is not one, a file that cannot be written.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use abide_vault::{Vault, VaultError};
use common::{Shelf, bytes, open, text};

/// A shell limits how large a file may become; the write then fails half-way, as on a full disk.
#[cfg(unix)]
#[test]
fn a_full_disk_fails_the_put_and_keeps_what_was_there() {
    const TEST: &str = "a_full_disk_fails_the_put_and_keeps_what_was_there";
    if common::role().is_none() {
        let me = common::myself(TEST, "limited");
        let status = std::process::Command::new("sh")
            .args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" \"$@\""])
            .arg(me.get_program())
            .args(me.get_args())
            .env("ABIDE_TEST_ROLE", "limited")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    vault.begin_rotation("a").unwrap();
    let error = vault.put("b", abide_vault::Zeroizing::new(vec![7; 100_000])).unwrap_err();
    assert!(matches!(error, VaultError::Storage { doing: "write", .. }), "{error:?}");
    assert_eq!(error.code(), "vault_storage");
    assert!(error.to_string().contains("Free some space"), "{error}");
    assert_eq!(vault.names().collect::<Vec<_>>(), ["a"]);
    assert!(!folder.path().join("vault.abide.new").exists(), "the half-written file takes no room");
    vault.put("a", bytes("2")).unwrap();
    drop(vault);
    let vault = open(folder.path(), &keys);
    assert_eq!((vault.names().count(), text(&vault, "a").as_deref()), (1, Some("2")));
}

#[test]
fn a_folder_in_the_way_of_the_new_file_fails_the_put_only() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    let obstacle = folder.path().join("vault.abide.new");
    fs::create_dir(&obstacle).unwrap();
    for _ in 0..2 {
        assert!(matches!(vault.put("a", bytes("2")), Err(VaultError::Storage { .. })));
        assert!(matches!(vault.remove("a"), Err(VaultError::Storage { .. })));
        assert_eq!(text(&vault, "a").as_deref(), Some("1"));
    }
    fs::remove_dir(&obstacle).unwrap();
    vault.put("a", bytes("3")).unwrap();
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "a").as_deref(), Some("3"));
}

#[test]
fn a_previous_generation_that_cannot_be_replaced_fails_the_put_and_keeps_the_newest() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    fs::create_dir_all(folder.path().join("vault.abide.1/in the way")).unwrap();
    assert!(matches!(vault.put("a", bytes("2")), Err(VaultError::Storage { .. })));
    assert!(matches!(vault.remove("a"), Err(VaultError::Storage { .. })), "it could survive there");
    assert_eq!(text(&vault, "a").as_deref(), Some("1"));
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "a").as_deref(), Some("1"));
}

// Windows does not let a folder go while a file in it is open.
#[cfg(unix)]
#[test]
fn a_folder_that_vanishes_while_open_is_an_error_not_a_loss_of_what_is_in_memory() {
    let (parent, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let folder = parent.path().join("abide");
    let mut vault = open(&folder, &keys);
    vault.put("a", bytes("1")).unwrap();
    fs::rename(&folder, parent.path().join("elsewhere")).unwrap();
    assert!(matches!(vault.put("a", bytes("2")), Err(VaultError::Storage { .. })));
    assert!(matches!(vault.begin_rotation("a"), Err(VaultError::Storage { .. })));
    assert_eq!((text(&vault, "a").as_deref(), vault.rotation_attempts("a")), (Some("1"), 0));
}

#[test]
fn a_file_where_the_folder_should_be_is_named_in_the_error() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("abide");
    fs::write(&file, b"").unwrap();
    let error = Vault::open(&file, &Shelf::default()).unwrap_err();
    assert_eq!(error.code(), "vault_storage");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
}

#[test]
fn a_folder_where_the_vault_should_be_is_an_error_and_is_not_set_aside() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    drop(open(folder.path(), &keys));
    fs::create_dir(folder.path().join("vault.abide")).unwrap();
    assert!(matches!(Vault::open(folder.path(), &keys), Err(VaultError::Storage { .. })));
    assert!(folder.path().join("vault.abide").is_dir());
}
