//! Records can be read again, after a restart too, but only with the key.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use abide_vault::{Changes, VaultError, Zeroizing};
use common::{Shelf, bytes, open, open_alone, text};

#[test]
fn records_survive_a_restart() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    assert_eq!(vault.names().count(), 0);
    assert!(vault.is_durable());
    vault.put("session/work", bytes("refresh-1")).unwrap();
    vault.put("session/home", Zeroizing::new(vec![0, 255, 10, 13])).unwrap();
    vault.put("session/work", bytes("refresh-2")).unwrap();
    drop(vault);
    let vault = open(folder.path(), &keys);
    assert_eq!(vault.names().collect::<Vec<_>>(), ["session/home", "session/work"]);
    assert_eq!(text(&vault, "session/work").unwrap(), "refresh-2");
    assert_eq!(vault.record("session/home").unwrap(), [0, 255, 10, 13]);
    assert_eq!(vault.record("session/none"), None);
}

#[test]
fn several_changes_happen_together() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    let too_large = Zeroizing::new(vec![0; 17 << 20]);
    let refused =
        vault.change(Changes::new().put("b", bytes("2")).remove("a").put("c", too_large)).unwrap_err();
    assert!(matches!(refused, VaultError::TooLarge));
    assert_eq!(vault.names().collect::<Vec<_>>(), ["a"]);
    vault.change(Changes::new().put("b", bytes("2")).remove("a").put("c", bytes("3"))).unwrap();
    drop(vault);
    assert_eq!(open(folder.path(), &keys).names().collect::<Vec<_>>(), ["b", "c"]);
}

#[test]
fn no_file_shows_a_name_or_a_content() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("session/work", bytes("a-refresh-token")).unwrap();
    vault.put("session/work", bytes("b-refresh-token")).unwrap();
    vault.begin_rotation("session/work").unwrap();
    drop(vault);
    let key = keys.entry().unwrap();
    let mut files = Vec::new();
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let content = fs::read(file.path()).unwrap();
        for secret in ["refresh-token", "session", "work", &key] {
            assert!(
                !content.windows(secret.len()).any(|window| window == secret.as_bytes()),
                "{file:?}: {secret}"
            );
        }
        files.push(file.file_name().into_string().unwrap());
    }
    files.sort();
    assert_eq!(files, ["vault.abide", "vault.abide.1", "vault.journal", "vault.lock"]);
}

#[test]
fn a_removed_record_is_in_neither_generation() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("session/work", bytes("refresh-1")).unwrap();
    vault.put("session/home", bytes("refresh-2")).unwrap();
    let previous = folder.path().join("vault.abide.1");
    assert!(open_alone(&previous, &keys).record("session/work").is_some(), "the previous generation is one");
    vault.remove("session/work").unwrap();
    assert_eq!(vault.record("session/work"), None);
    drop(vault);
    for file in [folder.path().join("vault.abide"), previous] {
        assert_eq!(open_alone(&file, &keys).names().collect::<Vec<_>>(), ["session/home"], "{file:?}");
    }
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["vault.abide", "vault.abide.1", "vault.lock"], "no copy under another name");
}

#[test]
fn what_an_interrupted_write_left_behind_is_gone_after_the_next_start() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("session/work", bytes("refresh-1")).unwrap();
    drop(vault);
    for left in ["vault.abide.new", "vault.abide.old"] {
        fs::copy(folder.path().join("vault.abide"), folder.path().join(left)).unwrap();
    }
    let vault = open(folder.path(), &keys);
    assert_eq!(text(&vault, "session/work").unwrap(), "refresh-1");
    assert!(!folder.path().join("vault.abide.new").exists());
    assert!(!folder.path().join("vault.abide.old").exists());
}

#[test]
fn nothing_prints_a_secret() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut opened = abide_vault::Vault::open(folder.path(), &keys).unwrap();
    opened.vault.put("session/work", bytes("refresh-1")).unwrap();
    let changes = Changes::new().put("session/work", bytes("refresh-2"));
    let printed = format!("{opened:?} {:?} {changes:?}", opened.vault);
    assert!(!printed.contains("refresh") && !printed.contains("session/"), "{printed}");
}

#[cfg(unix)]
#[test]
fn folder_and_files_are_private_even_if_the_folder_was_not() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("abide");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let keys = Shelf::default();
    let mut vault = open(&folder, &keys);
    vault.put("a", bytes("1")).unwrap();
    vault.put("a", bytes("2")).unwrap();
    vault.begin_rotation("a").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.clone()), 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(path.clone()), 0o600, "{path:?}");
    }
}
