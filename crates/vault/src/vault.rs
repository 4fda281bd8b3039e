//! The vault.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::content::{Record, Records, decode, encode};
use crate::disk::{Disk, FRESH, Found, Lock};
use crate::error::{News, Reason, VaultError};
use crate::journal::{Begun, Journal};
use crate::key::{Key, KeyStore, KeyStoreError};
use crate::passphrase::{Origin, Passphrase};
use crate::sealed::{Kind, Unreadable, origin, seal, unseal};

const CURRENT: &str = "vault.abide";
const PREVIOUS: &str = "vault.abide.1";

/// The open vault. It owns its folder until it is dropped. The documentation of the crate has its guarantees.
pub struct Vault {
    records: Records,
    journal: Journal,
    /// The generation that is on disk.
    generation: u64,
    /// The highest number of any write, even a failed one: a process uses each number once.
    number: u64,
    store: Option<Store>,
    // Last, so that everything else is finished when the lock is released.
    lock: Lock,
}

/// The place of the vault; none if it is in memory only.
struct Store {
    disk: Disk,
    key: Key,
}

/// An opened vault, with notices for the user.
pub struct Opened {
    /// The vault.
    pub vault: Vault,
    /// In the order of their occurrence. Empty if nothing is unusual.
    pub news: Vec<News>,
}

/// What was on the disk when a vault in memory became durable.
pub struct Moved {
    /// The records, by name.
    pub records: Vec<(String, Zeroizing<Vec<u8>>)>,
    /// Of which [`Vault::interrupted`] holds.
    pub interrupted: Vec<String>,
    /// Notices for the user.
    pub news: Vec<News>,
}

/// Several changes that are made together or not at all. The last change of a name counts.
#[derive(Default)]
pub struct Changes(BTreeMap<String, Change>);

enum Change {
    Put(Zeroizing<Vec<u8>>),
    Update(Zeroizing<Vec<u8>>),
    Remove,
}

impl Changes {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a record. If a rotation of it has begun, this commits it.
    #[must_use]
    pub fn put(mut self, name: &str, content: Zeroizing<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), Change::Put(content));
        self
    }

    /// Sets a record without ending its rotation: for data beside the token that change while a refresh is pending.
    #[must_use]
    pub fn update(mut self, name: &str, content: Zeroizing<Vec<u8>>) -> Self {
        self.0.insert(name.to_owned(), Change::Update(content));
        self
    }

    /// Removes a record from both generations, and forgets its rotation. Removing a missing record is no change.
    #[must_use]
    pub fn remove(mut self, name: &str) -> Self {
        self.0.insert(name.to_owned(), Change::Remove);
        self
    }
}

impl Vault {
    /// Locks `folder` (created if necessary, private to this user) and reads the vault in it with the key from `keys`. Makes
    /// and stores a key if `keys` has no key yet.
    ///
    /// # Errors
    /// [`VaultError::InUse`] if the vault has an owner; [`VaultError::Keys`] if the keyring is locked, refuses, hangs or is
    /// missing; [`VaultError::Newer`]; [`VaultError::Storage`]. Nothing is lost then, but a file that cannot be opened may
    /// have been set aside.
    pub fn open(folder: &Path, keys: &dyn KeyStore) -> Result<Opened, VaultError> {
        let (disk, lock) = Disk::lock(folder)?;
        let mut vault = Self::empty(lock);
        if !keys.durable() {
            return Ok(Opened { vault, news: vec![News::MemoryOnly] });
        }
        let mut news = Vec::new();
        vault.take_up(disk, keys, &mut news)?;
        Ok(Opened { vault, news })
    }

    /// Reads what is on the disk, with the key from `keys` or a new one.
    fn take_up(&mut self, disk: Disk, keys: &dyn KeyStore, news: &mut Vec<News>) -> Result<(), VaultError> {
        if let Some((name, Origin::Passphrase(..))) = found(&disk)? {
            return Err(VaultError::OtherMode { path: disk.path(name), passphrase: true });
        }
        let key = match keys.key()? {
            Some(key) => {
                self.load(&disk, &key, news)?;
                key
            }
            None => {
                let key = new_key(keys)?;
                disk.tidy()?;
                let there = [CURRENT, PREVIOUS].map(|name| (name, Some(Reason::KeyMissing)));
                start_empty(&disk, there, news)?;
                key
            }
        };
        self.store = Some(Store { disk, key });
        Ok(())
    }

    /// Makes a vault in memory durable, when its key can be read by now. What is on the disk is taken up; of a name that is in
    /// memory too, the record in memory stays. Without a success the vault stays as it was.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn move_in(&mut self, folder: &Path, keys: &dyn KeyStore) -> Result<Moved, VaultError> {
        let mut moved = Moved { records: Vec::new(), interrupted: Vec::new(), news: Vec::new() };
        if self.is_durable() || !keys.durable() {
            return Ok(moved);
        }
        let in_memory = std::mem::take(&mut self.records);
        let journal = std::mem::take(&mut self.journal);
        let mut done = self.take_up(Disk::of(folder), keys, &mut moved.news);
        if done.is_ok() {
            let found = self.records.iter();
            let found = found.map(|(name, record)| (name.clone(), Zeroizing::new(record.content.to_vec())));
            moved.records = found.collect();
            moved.interrupted = self.interrupted().map(str::to_owned).collect();
            let changes = in_memory.iter().fold(Changes::new(), |changes, (name, record)| {
                changes.put(name, Zeroizing::new(record.content.to_vec()))
            });
            done = self.change(changes);
        }
        match done {
            Ok(()) => Ok(moved),
            Err(error) => {
                (self.records, self.journal, self.store) = (in_memory, journal, None);
                Err(error)
            }
        }
    }

    /// As [`open`](Self::open), with a key that is made from a passphrase. This is slow on purpose.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`]; [`VaultError::OtherMode`] if the vault is sealed with a key in the keyring;
    /// [`VaultError::Derivation`]; and as [`open`](Self::open). No file is changed then.
    pub fn open_with(folder: &Path, passphrase: &Passphrase) -> Result<Opened, VaultError> {
        let (disk, lock) = Disk::lock(folder)?;
        let mut vault = Self::empty(lock);
        let key = match found(&disk)? {
            Some((name, Origin::Keyring)) => {
                return Err(VaultError::OtherMode { path: disk.path(name), passphrase: false });
            }
            Some((_, Origin::Passphrase(costs, salt))) => passphrase.key(costs, salt)?,
            None => passphrase.new_key()?,
        };
        let mut news = Vec::new();
        vault.load(&disk, &key, &mut news)?;
        vault.store = Some(Store { disk, key });
        Ok(Opened { vault, news })
    }

    /// Makes `vault.lock` again if it was removed: without it, another process would open this vault, too. Returns whether that
    /// was so.
    ///
    /// # Errors
    /// [`VaultError::InUse`] if another process has opened the vault meanwhile; [`VaultError::Storage`].
    pub fn hold_lock(&mut self) -> Result<bool, VaultError> {
        self.lock.hold()
    }

    fn empty(lock: Lock) -> Self {
        Self {
            records: Records::new(),
            journal: Journal::default(),
            generation: 0,
            number: 0,
            store: None,
            lock,
        }
    }

    fn load(&mut self, disk: &Disk, key: &Key, news: &mut Vec<News>) -> Result<(), VaultError> {
        let current = read(disk, CURRENT, key)?;
        if let Generation::Good(number, records) = current {
            (self.generation, self.records) = (number, records);
        } else {
            match read(disk, PREVIOUS, key)? {
                Generation::Good(number, records) => {
                    if let Some(reason) = current.reason() {
                        news.push(News::SetAside { path: disk.set_aside(CURRENT)?, reason });
                    }
                    news.push(News::RecoveredPreviousGeneration);
                    (self.generation, self.records) = (number, records);
                }
                previous => {
                    let there = [(CURRENT, current.reason()), (PREVIOUS, previous.reason())];
                    start_empty(disk, there, news)?;
                }
            }
        }
        self.finish_interrupted(disk, key, news)?;
        disk.tidy()?;
        let (journal, whole) = Journal::load(disk, key)?;
        self.journal = journal;
        if !whole && !self.records.is_empty() {
            news.push(News::JournalIncomplete);
        }
        let begun = self.journal.entries.values().map(|begun| begun.at).max();
        self.number = self.generation.max(begun.unwrap_or(0));
        Ok(())
    }

    /// Finishes a write that was interrupted between its last byte and its renaming: the file is complete and newer. So a
    /// token that the provider has just issued is lost only if it was not on the disk at all. An interrupted removal is not
    /// finished, because it writes two files.
    fn finish_interrupted(&mut self, disk: &Disk, key: &Key, news: &mut Vec<News>) -> Result<(), VaultError> {
        let Generation::Good(number, records) = read(disk, FRESH, key)? else { return Ok(()) };
        let nothing_removed = self.records.keys().all(|name| records.contains_key(name));
        if number > self.generation && nothing_removed {
            disk.finish(CURRENT, PREVIOUS)?;
            (self.generation, self.records) = (number, records);
            news.retain(|news| !matches!(news, News::RecoveredPreviousGeneration | News::StartedEmpty));
        }
        Ok(())
    }

    /// The content of a record.
    pub fn record(&self, name: &str) -> Option<&[u8]> {
        self.records.get(name).map(|record| record.content.as_slice())
    }

    /// The names of all records, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// Whether the records are kept between two starts.
    pub fn is_durable(&self) -> bool {
        self.store.is_some()
    }

    /// Sets a record; durable when it returns. If a rotation of it has begun, this commits it.
    ///
    /// # Errors
    /// [`VaultError::Storage`] (a full disk, say), [`VaultError::TooLarge`], [`VaultError::Randomness`].
    pub fn put(&mut self, name: &str, content: Zeroizing<Vec<u8>>) -> Result<(), VaultError> {
        self.change(Changes::new().put(name, content))
    }

    /// Removes a record from both generations; durable when it returns. Does nothing if there is no such record.
    ///
    /// # Errors
    /// As [`put`](Self::put); the record then still exists.
    pub fn remove(&mut self, name: &str) -> Result<(), VaultError> {
        self.change(Changes::new().remove(name))
    }

    /// Makes several changes in one durable write (two if something is removed): all of them, or none.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn change(&mut self, changes: Changes) -> Result<(), VaultError> {
        let mut changes = changes.0;
        changes.retain(|name, change| !matches!(change, Change::Remove) || self.records.contains_key(name));
        if changes.is_empty() {
            return Ok(());
        }
        #[cfg(feature = "failpoints")]
        if changes.values().any(|change| matches!(change, Change::Put(_))) {
            failpoint!("vault.put");
        } else {
            failpoint!("vault.update");
        }
        self.number += 1;
        let number = self.number;
        let plain = self.encode_with(&changes, number)?;
        if let Some(store) = &self.store {
            let sealed = seal(&store.key, Kind::Vault, number, &plain)?;
            if changes.values().any(|change| matches!(change, Change::Remove)) {
                // The previous generation first: after a crash in between, the record still exists and the removal has not
                // happened. Two files instead of two names for one, so that a bad sector damages only one.
                store.disk.replace(PREVIOUS, &sealed, None)?;
                store.disk.replace(CURRENT, &sealed, None)?;
            } else {
                store.disk.replace(CURRENT, &sealed, Some(PREVIOUS))?;
            }
        }
        self.generation = number;
        for (name, change) in changes {
            self.apply(name, change, number);
        }
        Ok(())
    }

    fn encode_with(
        &self,
        changes: &BTreeMap<String, Change>,
        number: u64,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let rotated = |name: &String| self.records.get(name).map_or(number, |record| record.rotated);
        let changed = changes.iter().filter_map(|(name, change)| match change {
            Change::Put(content) => Some((name.as_str(), number, content.as_slice())),
            Change::Update(content) => Some((name.as_str(), rotated(name), content.as_slice())),
            Change::Remove => None,
        });
        let kept = self.records.iter().filter(|(name, _)| !changes.contains_key(*name));
        let kept = kept.map(|(name, record)| (name.as_str(), record.rotated, record.content.as_slice()));
        encode(&kept.chain(changed).collect::<Vec<_>>())
    }

    fn apply(&mut self, name: String, change: Change, number: u64) {
        match change {
            Change::Put(content) => {
                self.records.insert(name, Record { rotated: number, content });
            }
            Change::Update(content) => match self.records.get_mut(&name) {
                Some(record) => record.content = content,
                None => {
                    self.records.insert(name, Record { rotated: number, content });
                }
            },
            Change::Remove => {
                self.records.remove(&name);
                self.journal.entries.remove(&name);
            }
        }
    }

    /// Notes, durably, that the token in this record is about to be exchanged. Call it again before another attempt.
    ///
    /// # Errors
    /// [`VaultError::UnknownRecord`], or as [`put`](Self::put). The refresh must not be sent then, because it would be
    /// unknown after a crash.
    pub fn begin_rotation(&mut self, name: &str) -> Result<(), VaultError> {
        if !self.records.contains_key(name) {
            return Err(VaultError::UnknownRecord);
        }
        failpoint!("vault.begin");
        let mut entries = self.journal.entries.clone();
        entries.retain(|name, begun| !begun.is_spent(name, &self.records, self.generation));
        let open = entries.get(name).filter(|begun| begun.is_open(name, &self.records));
        let begun = Begun {
            at: self.number,
            attempts: open.map_or(0, |begun| begun.attempts).saturating_add(1),
            inherited: open.is_some_and(|begun| begun.inherited),
        };
        entries.insert(name.to_owned(), begun);
        self.write_journal(entries, true)
    }

    /// Notes that the old token is still valid: the provider answered without a new one, or the refresh was never sent. Not
    /// flushed at once; after a power cut the rotation may be listed as interrupted once more.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub fn abandon_rotation(&mut self, name: &str) -> Result<(), VaultError> {
        let open = self.journal.entries.get(name).is_some_and(|begun| begun.is_open(name, &self.records));
        if !open {
            return Ok(());
        }
        let mut entries = self.journal.entries.clone();
        entries.remove(name);
        self.write_journal(entries, false)
    }

    /// The records whose rotation began in an earlier process and was neither committed nor abandoned. Their token may be
    /// used up, so it is tried once.
    pub fn interrupted(&self) -> impl Iterator<Item = &str> {
        let entries = self.journal.entries.iter();
        entries
            .filter(|(name, begun)| begun.inherited && begun.is_open(name, &self.records))
            .map(|(name, _)| name.as_str())
    }

    /// The number of rotations of this record since it was last set or abandoned, over all restarts. Zero if none is open.
    pub fn rotation_attempts(&self, name: &str) -> u32 {
        let begun = self.journal.entries.get(name).filter(|begun| begun.is_open(name, &self.records));
        begun.map_or(0, |begun| begun.attempts)
    }

    fn write_journal(&mut self, entries: crate::journal::Entries, flush: bool) -> Result<(), VaultError> {
        match &self.store {
            Some(store) => self.journal.write(&store.disk, &store.key, entries, flush),
            None => {
                self.journal.entries = entries;
                Ok(())
            }
        }
    }

    #[cfg(test)]
    #[allow(clippy::expect_used)]
    pub(crate) fn faults(&self) -> &crate::faults::Faults {
        &self.store.as_ref().expect("durable").disk.faults
    }
}

/// The state of one of the two files.
enum Generation {
    Missing,
    Good(u64, Records),
    Bad(Reason),
}

impl Generation {
    fn reason(&self) -> Option<Reason> {
        match self {
            Self::Bad(reason) => Some(*reason),
            Self::Missing | Self::Good(..) => None,
        }
    }
}

fn read(disk: &Disk, name: &str, key: &Key) -> Result<Generation, VaultError> {
    let bytes = match disk.read(name)? {
        Found::Nothing => return Ok(Generation::Missing),
        Found::TooLarge => return Ok(Generation::Bad(Reason::Damaged)),
        Found::Bytes(bytes) => bytes,
    };
    match unseal(key, Kind::Vault, &bytes) {
        Ok((number, plain)) => Ok(match decode(&plain) {
            Some(records) => Generation::Good(number, records),
            None => Generation::Bad(Reason::Damaged),
        }),
        Err(Unreadable::Damaged) => Ok(Generation::Bad(Reason::Damaged)),
        Err(Unreadable::OtherKey) => Ok(Generation::Bad(Reason::OtherKey)),
        Err(Unreadable::WrongPassphrase) => Err(VaultError::WrongPassphrase { path: disk.path(name) }),
        Err(Unreadable::OtherMode) => {
            let passphrase = key.origin() == Origin::Keyring;
            Err(VaultError::OtherMode { path: disk.path(name), passphrase })
        }
        Err(Unreadable::Newer(version)) => Err(VaultError::Newer { path: disk.path(name), version }),
    }
}

/// The source of the existing vault's key, from the newest file with a readable header.
fn found(disk: &Disk) -> Result<Option<(&'static str, Origin)>, VaultError> {
    for name in [CURRENT, PREVIOUS, FRESH] {
        let Found::Bytes(bytes) = disk.read(name)? else { continue };
        match origin(Kind::Vault, &bytes) {
            Ok((origin, _)) => return Ok(Some((name, origin))),
            Err(Unreadable::Newer(version)) => {
                return Err(VaultError::Newer { path: disk.path(name), version });
            }
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Sets aside the existing files, each with its reason.
fn start_empty(
    disk: &Disk,
    files: [(&str, Option<Reason>); 2],
    news: &mut Vec<News>,
) -> Result<(), VaultError> {
    let before = news.len();
    for (name, reason) in files {
        if let Some(reason) = reason
            && !matches!(disk.read(name)?, Found::Nothing)
        {
            news.push(News::SetAside { path: disk.set_aside(name)?, reason });
        }
    }
    if news.len() > before {
        news.push(News::StartedEmpty);
    }
    Ok(())
}

/// A new key, after a test that the store returns it: if the key were lost, the vault would be lost.
fn new_key(keys: &dyn KeyStore) -> Result<Key, VaultError> {
    let key = Key::generate()?;
    keys.store(&key)?;
    match keys.key()? {
        Some(kept) if kept.id() == key.id() => Ok(key),
        _ => Err(KeyStoreError::NotKept.into()),
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("news", &self.news).finish_non_exhaustive()
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").finish_non_exhaustive()
    }
}
