//! The OS keyring as a [`KeyStore`], with a limit on every wait.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use keyring::v1::{Entry, Error};
use zeroize::{Zeroize, Zeroizing};

use crate::key::{Key, KeyStore, KeyStoreError};

/// Limits the time of every call to a key store; after it, the call fails with [`KeyStoreError::TimedOut`].
///
/// Each call runs on its own thread, at most one at a time, so that a keyring that never answers costs only one thread. A
/// call that is given up continues; its late answer is dropped and wiped.
pub struct Bounded<K> {
    inner: Arc<K>,
    deadline: Duration,
    busy: Arc<Busy>,
}

#[derive(Default)]
struct Busy {
    running: Mutex<bool>,
    freed: Condvar,
}

/// Frees the place when the thread of a call ends, in any way.
struct Place(Arc<Busy>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.freed.notify_one();
    }
}

impl<K: KeyStore + 'static> Bounded<K> {
    /// Gives each call to `inner` at most `deadline`.
    pub fn new(inner: K, deadline: Duration) -> Self {
        Self { inner: Arc::new(inner), deadline, busy: Arc::default() }
    }

    fn take_place(&self) -> Option<Place> {
        let running = self.busy.running.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut running, _) = self
            .busy
            .freed
            .wait_timeout_while(running, self.deadline, |running| *running)
            .unwrap_or_else(PoisonError::into_inner);
        if *running {
            return None;
        }
        *running = true;
        Some(Place(Arc::clone(&self.busy)))
    }

    fn call<T: Send + 'static>(
        &self,
        act: impl FnOnce(&K) -> Result<T, KeyStoreError> + Send + 'static,
    ) -> Result<T, KeyStoreError> {
        let started = Instant::now();
        let timed_out = KeyStoreError::TimedOut { after: self.deadline };
        let Some(place) = self.take_place() else { return Err(timed_out) };
        let (answer, answered) = sync_channel(1);
        let inner = Arc::clone(&self.inner);
        thread::Builder::new()
            .name("keyring".to_owned())
            .spawn(move || {
                let _place = place;
                // After the deadline there is no receiver; then the answer is dropped here.
                let _ = answer.send(act(&inner));
            })
            .map_err(|error| KeyStoreError::Failed(error.to_string()))?;
        match answered.recv_timeout(self.deadline.saturating_sub(started.elapsed())) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(timed_out),
            Err(RecvTimeoutError::Disconnected) => {
                Err(KeyStoreError::Failed("the call ended without an answer".to_owned()))
            }
        }
    }
}

impl<K: KeyStore + 'static> KeyStore for Bounded<K> {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        self.call(K::key)
    }

    fn store(&self, key: &Key) -> Result<(), KeyStoreError> {
        let key = key.duplicate();
        self.call(move |inner| inner.store(&key))
    }

    fn durable(&self) -> bool {
        self.inner.durable()
    }
}

/// The keyring of the operating system: the Secret Service on Linux, the Keychain on macOS, the Credential Manager
/// on Windows.
///
/// A keyring that is missing at the first call counts as missing for the life of the process.
pub struct Keyring(Bounded<System>);

impl Keyring {
    /// The entry `account` of `service`. Each call may take at most `deadline`: enough for a person to type the keyring's
    /// password.
    pub fn new(service: impl Into<String>, account: impl Into<String>, deadline: Duration) -> Self {
        Self(Bounded::new(System { service: service.into(), account: account.into() }, deadline))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("deadline", &self.0.deadline).finish_non_exhaustive()
    }
}

impl KeyStore for Keyring {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        self.0.key()
    }

    fn store(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.0.store(key)
    }
}

struct System {
    service: String,
    account: String,
}

impl System {
    fn entry(&self, account: &str) -> Result<Entry, KeyStoreError> {
        if let Err(error) = Entry::store_status() {
            return Err(KeyStoreError::Unavailable(error.to_string()));
        }
        Entry::new(&self.service, account).map_err(explain)
    }

    fn read(&self) -> Result<Option<Key>, KeyStoreError> {
        match self.entry(&self.account)?.get_secret() {
            Ok(secret) => Key::from_entry(&Zeroizing::new(secret)).map(Some),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }

    /// Unlocks the keyring, or fails. Some Secret Services (for example KeePassXC) find nothing while they are locked, which
    /// looks the same as a missing entry. If Abide took that for a missing key, it would replace a good one. A write makes
    /// every one of them ask for the password.
    #[cfg(all(unix, not(target_os = "macos")))]
    fn unlock(&self) -> Result<(), KeyStoreError> {
        let probe = self.entry(&format!("{}.unlock", self.account))?;
        probe.set_secret(b"Abide opens this keyring").map_err(explain)?;
        // It holds nothing; a leftover is removed by the next probe.
        let _ = probe.delete_credential();
        Ok(())
    }
}

impl KeyStore for System {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        let found = self.read()?;
        #[cfg(all(unix, not(target_os = "macos")))]
        if found.is_none() {
            self.unlock()?;
            return self.read();
        }
        Ok(found)
    }

    fn store(&self, key: &Key) -> Result<(), KeyStoreError> {
        self.entry(&self.account)?.set_secret(key.to_entry().as_bytes()).map_err(explain)
    }
}

fn explain(error: Error) -> KeyStoreError {
    match error {
        Error::NoStorageAccess(cause) => KeyStoreError::Denied(cause.to_string()),
        Error::NoDefaultStore => KeyStoreError::Unavailable(error.to_string()),
        Error::Ambiguous(_) => KeyStoreError::Ambiguous,
        Error::BadEncoding(mut secret) | Error::BadDataFormat(mut secret, _) => {
            secret.zeroize();
            KeyStoreError::Malformed
        }
        other => KeyStoreError::Failed(other.to_string()),
    }
}
