//! The rotations that have begun.
//!
//! A file of frames, each a length and a sealed list of all open rotations; the last valid frame counts. A frame is sealed
//! to its offset, and only ever appended: an incomplete frame is lost, but not the one before it.
//!
//! An entry holds the vault's number at the beginning of the rotation. If the record was set under a higher number, the
//! rotation is finished and the entry is spent. So a commit needs no write to the journal; and if the newest generation is
//! lost, the entry counts again for the older one.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::content::{Reader, Records, put_name};
use crate::disk::{Disk, Found};
use crate::error::VaultError;
use crate::key::Key;
use crate::sealed::{Kind, seal, unseal};

const FILE: &str = "vault.journal";
/// Longer files are started anew.
const LONG: u64 = 32 << 10;

#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) at: u64,
    pub(crate) attempts: u32,
    /// A previous process began it.
    pub(crate) inherited: bool,
}

pub(crate) type Entries = BTreeMap<String, Begun>;

#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) entries: Entries,
    /// The offset of the next frame: the end of the last valid one.
    end: u64,
}

impl Journal {
    /// The journal, and whether it was completely readable.
    pub(crate) fn load(disk: &Disk, key: &Key) -> Result<(Self, bool), VaultError> {
        let mut journal = Self::default();
        let bytes = match disk.read(FILE)? {
            Found::Nothing => return Ok((journal, true)),
            Found::TooLarge => return Ok((journal, false)),
            Found::Bytes(bytes) => bytes,
        };
        let mut reader = Reader(&bytes);
        while let Some((entries, length)) = frame(&mut reader, journal.end, key) {
            journal.entries = entries;
            journal.end += length;
        }
        let whole = journal.end == bytes.len() as u64;
        Ok((journal, whole))
    }

    /// Replaces the entries of the journal.
    pub(crate) fn write(
        &mut self,
        disk: &Disk,
        key: &Key,
        entries: Entries,
        flush: bool,
    ) -> Result<(), VaultError> {
        let frame = encode(&entries, self.end, key)?;
        if self.end <= LONG && disk.write_at(FILE, self.end, &frame, flush)? {
            self.end += frame.len() as u64;
        } else {
            let frame = encode(&entries, 0, key)?;
            disk.replace(FILE, &frame, None)?;
            self.end = frame.len() as u64;
        }
        self.entries = entries;
        Ok(())
    }
}

impl Begun {
    /// Whether the record is unchanged since the rotation began.
    pub(crate) fn is_open(&self, name: &str, records: &Records) -> bool {
        records.get(name).is_some_and(|record| record.rotated <= self.at)
    }

    /// Whether the entry is no longer needed: the record is gone, or both generations have its new content.
    pub(crate) fn is_spent(&self, name: &str, records: &Records, generation: u64) -> bool {
        records.get(name).is_none_or(|record| record.rotated > self.at && record.rotated < generation)
    }
}

/// The content of the first frame of a file.
#[cfg(feature = "fuzzing")]
pub(crate) fn first(file: &[u8], key: &Key) -> Option<Entries> {
    frame(&mut Reader(file), 0, key).map(|(entries, _)| entries)
}

fn frame(reader: &mut Reader<'_>, offset: u64, key: &Key) -> Option<(Entries, u64)> {
    let length = reader.u32()?;
    let sealed = reader.take(usize::try_from(length).ok()?)?;
    let (sealed_to, plain) = unseal(key, Kind::Journal, sealed).ok()?;
    if sealed_to != offset {
        return None;
    }
    let mut plain = Reader(&plain);
    let mut entries = Entries::new();
    for _ in 0..plain.u32()? {
        let (name, at, attempts) = (plain.name()?, plain.u64()?, plain.u32()?);
        entries.insert(name, Begun { at, attempts, inherited: true });
    }
    plain.0.is_empty().then_some((entries, 4 + u64::from(length)))
}

pub(crate) fn encode(entries: &Entries, offset: u64, key: &Key) -> Result<Vec<u8>, VaultError> {
    let length = |n: usize| u32::try_from(n).map_err(|_| VaultError::TooLarge);
    let mut plain = Zeroizing::new(Vec::new());
    plain.extend_from_slice(&length(entries.len())?.to_le_bytes());
    for (name, begun) in entries {
        put_name(&mut plain, name);
        plain.extend_from_slice(&begun.at.to_le_bytes());
        plain.extend_from_slice(&begun.attempts.to_le_bytes());
    }
    let sealed = seal(key, Kind::Journal, offset, &plain)?;
    let mut frame = length(sealed.len())?.to_le_bytes().to_vec();
    frame.extend_from_slice(&sealed);
    Ok(frame)
}
