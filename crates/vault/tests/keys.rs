//! A keyring that is locked, hangs, lies, or has lost the key.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use abide_vault::{Bounded, Key, KeyStore, KeyStoreError, MemoryOnly, News, Reason, Vault, VaultError};
use common::{Shelf, bytes, open, open_with_news, text, wait_until};

#[test]
fn a_lost_key_sets_both_generations_aside_and_makes_a_new_one() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    vault.put("a", bytes("2")).unwrap();
    vault.begin_rotation("a").unwrap();
    drop(vault);
    let first_key = keys.entry().unwrap();
    let sealed = fs::read(folder.path().join("vault.abide")).unwrap();
    keys.lose_key();
    let (mut vault, news) = open_with_news(folder.path(), &keys);
    let aside = |n| folder.path().join(format!("vault.abide.damaged-{n}"));
    let reason = Reason::KeyMissing;
    let expected = [1, 2].map(|n| News::SetAside { path: aside(n), reason });
    assert_eq!(news, [&expected[..], &[News::StartedEmpty]].concat());
    assert_ne!(keys.entry().unwrap(), first_key);
    assert_eq!(fs::read(aside(1)).unwrap(), sealed);
    vault.put("a", bytes("3")).unwrap();
    vault.begin_rotation("a").unwrap();
    drop(vault);
    let vault = open(folder.path(), &keys);
    assert_eq!(text(&vault, "a").unwrap(), "3");
    assert_eq!(vault.interrupted().collect::<Vec<_>>(), ["a"]);
}

#[test]
fn another_key_is_told_from_damage_and_the_file_still_opens_with_its_own() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    let own = keys.entry().unwrap();
    let other = Key::generate().unwrap().to_entry();
    keys.put_entry(&other);
    let (vault, news) = open_with_news(folder.path(), &keys);
    let aside = folder.path().join("vault.abide.damaged-1");
    assert_eq!(news, [News::SetAside { path: aside.clone(), reason: Reason::OtherKey }, News::StartedEmpty]);
    assert_eq!(vault.names().count(), 0);
    assert_eq!(keys.entry().unwrap(), *other, "the key in the keyring stays");
    drop(vault);
    keys.put_entry(&own);
    assert_eq!(text(&common::open_alone(&aside, &keys), "a").unwrap(), "1");
}

#[test]
fn an_entry_that_is_no_key_is_an_error_and_nothing_is_touched() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    let own = keys.entry().unwrap();
    keys.put_entry("another program's password");
    let error = Vault::open(folder.path(), &keys).unwrap_err();
    assert!(matches!(error, VaultError::Keys(KeyStoreError::Malformed)), "{error:?}");
    assert!(!error.to_string().contains("another program"));
    keys.put_entry(&own);
    assert_eq!(text(&open(folder.path(), &keys), "a").unwrap(), "1");
}

struct Refusing(KeyStoreError);

impl KeyStore for Refusing {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        Err(self.0.clone())
    }

    fn store(&self, _key: &Key) -> Result<(), KeyStoreError> {
        panic!("a key was stored although it is not known whether there is one")
    }
}

#[test]
fn every_refusal_is_vault_locked_leaves_the_files_and_gives_the_lock_back() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    for refusal in [
        KeyStoreError::Denied("prompt dismissed".into()),
        KeyStoreError::TimedOut { after: Duration::from_secs(20) },
        KeyStoreError::Unavailable("no bus".into()),
        KeyStoreError::Ambiguous,
        KeyStoreError::Failed("broken pipe".into()),
    ] {
        let error = Vault::open(folder.path(), &Refusing(refusal)).unwrap_err();
        assert_eq!(error.code(), "vault_locked");
        assert_eq!(text(&open(folder.path(), &keys), "a").unwrap(), "1");
    }
}

/// Accepts a key and forgets it.
struct Forgetful;

impl KeyStore for Forgetful {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        Ok(None)
    }

    fn store(&self, _key: &Key) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

#[test]
fn a_keyring_that_does_not_keep_the_key_gets_no_vault() {
    let folder = tempfile::tempdir().unwrap();
    let error = Vault::open(folder.path(), &Forgetful).unwrap_err();
    assert!(matches!(error, VaultError::Keys(KeyStoreError::NotKept)), "{error:?}");
    assert!(!folder.path().join("vault.abide").exists());
}

/// Answers only when told to, and counts the calls that reached it.
struct Hanging {
    go: Mutex<Receiver<()>>,
    calls: Arc<Mutex<u32>>,
    keys: Arc<Shelf>,
}

fn hanging(deadline: Duration) -> (Bounded<Hanging>, Sender<()>, Arc<Mutex<u32>>) {
    let (tell, go) = channel();
    let calls = Arc::default();
    let hanging = Hanging { go: Mutex::new(go), calls: Arc::clone(&calls), keys: Arc::default() };
    (Bounded::new(hanging, deadline), tell, calls)
}

impl KeyStore for Hanging {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        *self.calls.lock().unwrap() += 1;
        self.go.lock().unwrap().recv().unwrap();
        self.keys.key()
    }

    fn store(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.keys.store(key)
    }
}

#[test]
fn a_hanging_keyring_is_given_up_and_one_hanging_call_is_enough() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, tell, calls) = hanging(Duration::from_millis(40));
    let started = Instant::now();
    for _ in 0..3 {
        let error = Vault::open(folder.path(), &keys).unwrap_err();
        assert!(matches!(error, VaultError::Keys(KeyStoreError::TimedOut { .. })), "{error:?}");
        assert_eq!(error.code(), "vault_locked");
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(*calls.lock().unwrap(), 1, "the attempts wait for the call that hangs, they do not pile up");
    // The user unlocks the keyring at last: the next start works.
    (0..20).for_each(|_| tell.send(()).unwrap());
    wait_until("the keyring to be free again", || Vault::open(folder.path(), &keys).is_ok());
}

#[test]
fn a_keyring_in_time_is_as_good_as_any() {
    let folder = tempfile::tempdir().unwrap();
    let (keys, tell, _) = hanging(Duration::from_secs(30));
    (0..10).for_each(|_| tell.send(()).unwrap());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "a").unwrap(), "1");
}

struct Panicking;

impl KeyStore for Panicking {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        panic!("as the keyring crate does when its own lock is poisoned")
    }

    fn store(&self, _key: &Key) -> Result<(), KeyStoreError> {
        Ok(())
    }
}

#[test]
fn a_keyring_that_panics_is_an_error_each_time() {
    let keys = Bounded::new(Panicking, Duration::from_secs(30));
    for _ in 0..2 {
        assert!(matches!(keys.key(), Err(KeyStoreError::Failed(_))));
    }
}

#[test]
fn memory_only_is_told_and_writes_no_content() {
    let folder = tempfile::tempdir().unwrap();
    let (mut vault, news) = open_with_news(folder.path(), &MemoryOnly);
    assert_eq!(news, [News::MemoryOnly]);
    assert!(!vault.is_durable());
    vault.put("a", bytes("1")).unwrap();
    vault.begin_rotation("a").unwrap();
    assert_eq!(vault.rotation_attempts("a"), 1);
    vault.put("a", bytes("2")).unwrap();
    vault.put("b", bytes("3")).unwrap();
    vault.remove("b").unwrap();
    assert_eq!((text(&vault, "a").as_deref(), vault.rotation_attempts("a")), (Some("2"), 0));
    assert!(Vault::open(folder.path(), &MemoryOnly).is_err(), "there is still only one owner");
    drop(vault);
    let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].file_name(), files[0].metadata().unwrap().len()), ("vault.lock".into(), 0));
    let (vault, _) = open_with_news(folder.path(), &MemoryOnly);
    assert_eq!(vault.names().count(), 0);
}

#[test]
fn memory_only_leaves_an_earlier_vault_as_it_is() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    drop(vault);
    let (mut vault, _) = open_with_news(folder.path(), &MemoryOnly);
    assert_eq!(vault.record("a"), None);
    vault.put("a", bytes("2")).unwrap();
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "a").unwrap(), "1");
}

#[test]
fn a_vault_in_memory_moves_in_when_its_key_can_be_read() {
    struct Locked;
    impl KeyStore for Locked {
        fn key(&self) -> Result<Option<Key>, KeyStoreError> {
            Err(KeyStoreError::Denied("locked".to_owned()))
        }
        fn store(&self, _: &Key) -> Result<(), KeyStoreError> {
            unreachable!()
        }
    }
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    for (name, content) in [("on disk", "disk"), ("both", "old")] {
        vault.put(name, bytes(content)).unwrap();
    }
    drop(vault);
    let (mut vault, _) = open_with_news(folder.path(), &MemoryOnly);
    for (name, content) in [("in memory", "memory"), ("both", "new")] {
        vault.put(name, bytes(content)).unwrap();
    }
    assert!(vault.move_in(folder.path(), &Locked).is_err());
    assert!(!vault.is_durable(), "it stays as it was");
    assert_eq!(text(&vault, "both").as_deref(), Some("new"));
    let moved = vault.move_in(folder.path(), &keys).unwrap();
    let found: Vec<_> =
        moved.records.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    assert_eq!(found, [("both", &b"old"[..]), ("on disk", b"disk")]);
    assert!(vault.is_durable() && moved.news.is_empty());
    assert!(vault.move_in(folder.path(), &keys).unwrap().records.is_empty(), "once");
    drop(vault);
    let vault = open(folder.path(), &keys);
    for (name, content) in [("on disk", "disk"), ("both", "new"), ("in memory", "memory")] {
        assert_eq!(text(&vault, name).as_deref(), Some(content), "{name}");
    }
}
