//! Shared by the tests: a strict key store, and short forms.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use abide_vault::{Key, KeyStore, KeyStoreError, News, Opened, Vault, Zeroizing};

/// A keyring in memory. Strict: a key is stored once and never overwritten.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<Option<Zeroizing<String>>>);

impl Shelf {
    pub(crate) fn lose_key(&self) {
        *self.0.lock().unwrap() = None;
    }

    pub(crate) fn put_entry(&self, entry: &str) {
        *self.0.lock().unwrap() = Some(Zeroizing::new(entry.to_owned()));
    }

    pub(crate) fn entry(&self) -> Option<String> {
        self.0.lock().unwrap().as_deref().cloned()
    }
}

impl KeyStore for Shelf {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        self.0.lock().unwrap().as_deref().map(|entry| Key::from_entry(entry.as_bytes())).transpose()
    }

    fn store(&self, key: &Key) -> Result<(), KeyStoreError> {
        let mut entry = self.0.lock().unwrap();
        assert!(entry.is_none(), "a key was overwritten: what it sealed is lost");
        *entry = Some(key.to_entry());
        Ok(())
    }
}

/// Opens a vault without notices.
pub(crate) fn open(folder: &Path, keys: &dyn KeyStore) -> Vault {
    let (vault, news) = open_with_news(folder, keys);
    assert_eq!(news, []);
    vault
}

pub(crate) fn open_with_news(folder: &Path, keys: &dyn KeyStore) -> (Vault, Vec<News>) {
    let Opened { vault, news } = Vault::open(folder, keys).unwrap();
    (vault, news)
}

pub(crate) fn bytes(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

pub(crate) fn text(vault: &Vault, name: &str) -> Option<String> {
    vault.record(name).map(|content| String::from_utf8(content.to_vec()).unwrap())
}

/// Opens only this file, with the same key, in another folder.
pub(crate) fn open_alone(file: &Path, keys: &dyn KeyStore) -> Vault {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file, folder.path().join("vault.abide")).unwrap();
    open(folder.path(), keys)
}

/// Waits for a condition, with a time limit.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "waited 30 s for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// This test program again, to run one test in the role given by the variable `ABIDE_TEST_ROLE`.
pub(crate) fn myself(test: &str, role: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]).env("ABIDE_TEST_ROLE", role);
    command
}

pub(crate) fn role() -> Option<String> {
    std::env::var("ABIDE_TEST_ROLE").ok()
}

/// Changes the version in a sealed file to a later one.
pub(crate) fn make_newer(file: &Path) {
    use sha2::{Digest, Sha256};
    let mut bytes = std::fs::read(file).unwrap();
    bytes[8..10].copy_from_slice(&9u16.to_le_bytes());
    let check = Sha256::new().chain_update(b"abide vault header 1\0").chain_update(&bytes[..58]).finalize();
    bytes[58..66].copy_from_slice(&check[..8]);
    std::fs::write(file, bytes).unwrap();
}
