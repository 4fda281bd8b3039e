//! The real Secret Service: GNOME Keyring on its own session bus and home folder, without a display.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use abide_vault::{KeyStore, KeyStoreError, Keyring, Vault, VaultError};
use common::{bytes, myself, open, role, text, wait_until};

const TEST: &str = "the_key_lives_in_the_keyring_and_a_locked_keyring_is_not_a_lost_key";

fn home() -> PathBuf {
    std::env::var_os("HOME").unwrap().into()
}

fn keyring(deadline: Duration) -> Keyring {
    Keyring::new("abide-test", "vault", deadline)
}

/// Runs this test in `role`, on a new session bus, with everything of the user in `home`.
fn on_a_bus(home: &Path, role: &str) {
    let me = myself(TEST, role);
    let runtime = home.join("run");
    fs::create_dir_all(&runtime).unwrap();
    let status = Command::new("dbus-run-session")
        .arg("--")
        .arg(me.get_program())
        .args(me.get_args())
        .env("ABIDE_TEST_ROLE", role)
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", &runtime)
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("GNOME_KEYRING_CONTROL")
        .status()
        .expect("dbus-run-session (package dbus) is needed by this test");
    assert!(status.success(), "as {role}");
}

struct Daemon(Child);

impl Daemon {
    /// Starts the keyring, unlocked if there is a password.
    fn start(password: Option<&str>) -> Self {
        let mut command = Command::new("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]).stdin(Stdio::piped()).stdout(Stdio::null());
        if password.is_some() {
            command.arg("--unlock");
        }
        let mut child =
            command.spawn().expect("gnome-keyring-daemon (package gnome-keyring) is needed by this test");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(password.unwrap_or_default().as_bytes()).unwrap();
        drop(stdin);
        let daemon = Self(child);
        wait_until("the keyring to be on the bus", || {
            let answer = Command::new("dbus-send")
                .args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
                .args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"])
                .output()
                .expect("dbus-send (package dbus) is needed by this test");
            String::from_utf8_lossy(&answer.stdout).contains("boolean true")
        });
        daemon
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn save() {
    let _daemon = Daemon::start(Some("correct horse"));
    let keys = keyring(Duration::from_secs(20));
    assert!(keys.key().unwrap().is_none(), "an unlocked keyring knows that it does not have the entry");
    let mut vault = open(&home().join("vault"), &keys);
    vault.put("session/work", bytes("refresh-1")).unwrap();
    drop(vault);
    assert_eq!(text(&open(&home().join("vault"), &keys), "session/work").unwrap(), "refresh-1");
    // As other programs of the user see it.
    let found = Command::new("secret-tool").args(["search", "--all", "service", "abide-test"]).output();
    let found = found.expect("secret-tool (package libsecret-tools) is needed by this test").stdout;
    let found = String::from_utf8(found).unwrap();
    assert_eq!(found.matches("label = ").count(), 1, "one entry, and no probe left behind");
    assert!(found.contains(keys.key().unwrap().unwrap().to_entry().as_str()));
}

fn find_locked() {
    let _daemon = Daemon::start(None);
    let keys = keyring(Duration::from_secs(3));
    let started = Instant::now();
    let error = Vault::open(&home().join("vault"), &keys).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(error.code(), "vault_locked");
    let VaultError::Keys(reason) = error else { panic!("{error:?}") };
    assert!(
        matches!(
            reason,
            KeyStoreError::TimedOut { .. } | KeyStoreError::Denied(_) | KeyStoreError::Failed(_)
        ),
        "{reason:?}"
    );
}

fn find_again() {
    let _daemon = Daemon::start(Some("correct horse"));
    let vault = open(&home().join("vault"), &keyring(Duration::from_secs(20)));
    assert_eq!(text(&vault, "session/work").unwrap(), "refresh-1");
}

fn find_none() {
    let error = Vault::open(&home().join("vault"), &keyring(Duration::from_secs(20))).unwrap_err();
    assert!(matches!(error, VaultError::Keys(KeyStoreError::Unavailable(_))), "{error:?}");
    assert_eq!(error.code(), "vault_locked");
}

#[test]
fn the_key_lives_in_the_keyring_and_a_locked_keyring_is_not_a_lost_key() {
    match role().as_deref() {
        Some("save") => save(),
        Some("find locked") => find_locked(),
        Some("find again") => find_again(),
        Some(other) => panic!("no such role: {other}"),
        None => {
            let home = tempfile::tempdir().unwrap();
            for role in ["save", "find locked", "find again", "find locked", "find again"] {
                on_a_bus(home.path(), role);
            }
            let files = fs::read_dir(home.path().join("vault")).unwrap();
            let aside = |name: &str| name.contains("damaged");
            assert!(!files.into_iter().any(|file| aside(&file.unwrap().file_name().to_string_lossy())));
        }
    }
}

#[test]
fn without_a_keyring_it_is_said_that_there_is_none() {
    if role().is_some() {
        return find_none();
    }
    let home = tempfile::tempdir().unwrap();
    let status = myself("without_a_keyring_it_is_said_that_there_is_none", "find none")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/no-bus", home.path().display()))
        .status()
        .unwrap();
    assert!(status.success());
}
