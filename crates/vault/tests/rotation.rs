//! The rotation journal: after a crash it names the record whose token may be used up.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::path::Path;

use abide_vault::{Changes, News, Vault, VaultError};
use common::{Shelf, bytes, open, open_with_news, text};

fn interrupted(vault: &Vault) -> Vec<&str> {
    vault.interrupted().collect()
}

/// A vault with two accounts.
fn two_accounts(folder: &Path, keys: &Shelf) -> Vault {
    let mut vault = open(folder, keys);
    vault.put("work", bytes("w1")).unwrap();
    vault.put("home", bytes("h1")).unwrap();
    vault
}

#[test]
fn a_crash_between_the_request_and_the_commit_is_known_afterwards() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    assert_eq!(interrupted(&vault), [""; 0], "it runs; it is not interrupted");
    drop(vault);
    let vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), ["work"]);
    assert_eq!(text(&vault, "work").unwrap(), "w1", "the old token, to be tried once");
}

#[test]
fn the_new_token_commits_before_and_after_a_restart() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    vault.put("work", bytes("w2")).unwrap();
    assert_eq!(vault.rotation_attempts("work"), 0);
    drop(vault);
    let mut vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), [""; 0]);
    vault.begin_rotation("work").unwrap();
    drop(vault);
    let mut vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), ["work"]);
    vault.put("work", bytes("w3")).unwrap();
    assert_eq!(interrupted(&vault), [""; 0]);
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), [""; 0]);
}

#[test]
fn an_abandoned_rotation_is_forgotten() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    vault.begin_rotation("home").unwrap();
    vault.abandon_rotation("work").unwrap();
    drop(vault);
    let mut vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), ["home"]);
    vault.abandon_rotation("home").unwrap();
    assert_eq!(interrupted(&vault), [""; 0]);
    vault.abandon_rotation("never begun").unwrap();
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), [""; 0]);
}

#[test]
fn what_another_account_or_an_update_writes_commits_nothing() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    vault.put("home", bytes("h2")).unwrap();
    vault.change(Changes::new().update("work", bytes("w1, used at noon"))).unwrap();
    drop(vault);
    let vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), ["work"]);
    assert_eq!(text(&vault, "work").unwrap(), "w1, used at noon");
}

#[test]
fn signing_out_ends_a_rotation_and_signing_in_again_does_not_revive_it() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    vault.remove("work").unwrap();
    drop(vault);
    let mut vault = open(folder.path(), &keys);
    assert_eq!(interrupted(&vault), [""; 0]);
    vault.put("work", bytes("w9")).unwrap();
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), [""; 0]);
}

#[test]
fn attempts_are_counted_over_restarts_so_that_once_is_once() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    for attempt in 1..=3 {
        vault.begin_rotation("work").unwrap();
        assert_eq!(vault.rotation_attempts("work"), attempt);
        drop(vault);
        vault = open(folder.path(), &keys);
        assert_eq!(vault.rotation_attempts("work"), attempt);
        assert_eq!(interrupted(&vault), ["work"]);
    }
    vault.put("work", bytes("w2")).unwrap();
    vault.begin_rotation("work").unwrap();
    assert_eq!(vault.rotation_attempts("work"), 1);
}

#[test]
fn a_lost_commit_counts_as_interrupted_again() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    vault.begin_rotation("work").unwrap();
    vault.put("work", bytes("w2")).unwrap();
    drop(vault);
    fs::write(folder.path().join("vault.abide"), b"torn").unwrap();
    let (mut vault, news) = open_with_news(folder.path(), &keys);
    assert!(news.contains(&News::RecoveredPreviousGeneration));
    assert_eq!(text(&vault, "work").unwrap(), "w1");
    assert_eq!(interrupted(&vault), ["work"], "the provider has seen this token already");
    vault.put("work", bytes("w3")).unwrap();
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), [""; 0]);
}

#[test]
fn a_record_that_is_not_there_cannot_rotate() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    let error = vault.begin_rotation("work").unwrap_err();
    assert!(matches!(error, VaultError::UnknownRecord));
    assert_eq!(error.code(), "vault_unknown_record");
}

#[test]
fn a_rotation_costs_no_rewrite_of_the_vault_and_the_journal_stays_small() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    let sealed = fs::read(folder.path().join("vault.abide")).unwrap();
    for _ in 0..600 {
        vault.begin_rotation("work").unwrap();
        vault.abandon_rotation("work").unwrap();
    }
    vault.begin_rotation("home").unwrap();
    assert_eq!(fs::read(folder.path().join("vault.abide")).unwrap(), sealed);
    assert!(fs::metadata(folder.path().join("vault.journal")).unwrap().len() < 40 << 10);
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), ["home"]);
}

#[test]
fn a_journal_cut_or_altered_anywhere_loses_at_most_the_frames_from_there() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    let journal = folder.path().join("vault.journal");
    vault.begin_rotation("work").unwrap();
    let first = fs::read(&journal).unwrap().len();
    vault.begin_rotation("home").unwrap();
    drop(vault);
    let whole = fs::read(&journal).unwrap();
    let check = |bytes: &[u8], at: usize| {
        fs::write(&journal, bytes).unwrap();
        let (mut vault, news) = open_with_news(folder.path(), &keys);
        let expected: &[&str] = if at < first { &[] } else { &["work"] };
        assert_eq!(interrupted(&vault), expected, "at {at}");
        if bytes.is_empty() || bytes.len() == first {
            assert_eq!(news, [], "at {at}");
        } else {
            assert_eq!(news, [News::JournalIncomplete], "at {at}");
        }
        assert_eq!(
            (text(&vault, "work").as_deref(), text(&vault, "home").as_deref()),
            (Some("w1"), Some("h1"))
        );
        // New entries follow the readable ones.
        vault.begin_rotation("home").unwrap();
        drop(vault);
        assert!(interrupted(&open(folder.path(), &keys)).contains(&"home"), "at {at}");
    };
    for length in 0..whole.len() {
        check(&whole[..length], length);
    }
    for at in 0..whole.len() {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        check(&altered, at);
    }
}

#[test]
fn a_journal_that_vanishes_or_shrinks_while_open_is_written_anew() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = two_accounts(folder.path(), &keys);
    let journal = folder.path().join("vault.journal");
    vault.begin_rotation("work").unwrap();
    fs::remove_file(&journal).unwrap();
    vault.begin_rotation("home").unwrap();
    drop(vault);
    assert_eq!(interrupted(&open(folder.path(), &keys)), ["home", "work"]);
}
