//! The parsers of the files in the vault's folder, for fuzzing (`crates/parser-contracts`). No released program contains
//! this module, and its interface is not stable.
#![allow(missing_docs)]

use zeroize::Zeroizing;

use crate::content;
use crate::journal;
use crate::key::Key;
use crate::sealed::{Kind, seal, unseal};

/// Not a secret: it is published here.
fn key() -> Option<Key> {
    Key::from_entry(&[b'A'; 43]).ok()
}

/// `plain`, sealed as the vault's file with `number`.
pub fn sealed(number: u64, plain: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    seal(&key()?, Kind::Vault, number, plain).ok()
}

/// The number and the plain text of a vault's file.
pub fn unsealed(sealed: &[u8]) -> Option<(u64, Zeroizing<Vec<u8>>)> {
    unseal(&key()?, Kind::Vault, sealed).ok()
}

/// Names, numbers and contents.
pub type Records = Vec<(String, u64, Vec<u8>)>;

pub fn records(plain: &[u8]) -> Option<Records> {
    let records = content::decode(plain)?;
    Some(records.into_iter().map(|(name, one)| (name, one.rotated, one.content.to_vec())).collect())
}

/// `None` if it is larger than the vault allows.
pub fn written(records: &Records) -> Option<Vec<u8>> {
    let records: Vec<_> = records
        .iter()
        .map(|(name, rotated, content)| (name.as_str(), *rotated, content.as_slice()))
        .collect();
    content::encode(&records).ok().map(|bytes| bytes.to_vec())
}

/// The entries of a journal whose first frame holds `plain`: names, numbers, attempts.
pub fn journal_of(plain: &[u8]) -> Option<Vec<(String, u64, u32)>> {
    let sealed = seal(&key()?, Kind::Journal, 0, plain).ok()?;
    let mut frame = u32::try_from(sealed.len()).ok()?.to_le_bytes().to_vec();
    frame.extend_from_slice(&sealed);
    journal(&frame)
}

/// The entries of a journal.
pub fn journal(file: &[u8]) -> Option<Vec<(String, u64, u32)>> {
    let entries = journal::first(file, &key()?)?;
    Some(entries.into_iter().map(|(name, begun)| (name, begun.at, begun.attempts)).collect())
}

/// The file of a journal with these entries.
pub fn journalled(entries: &[(String, u64, u32)]) -> Option<Vec<u8>> {
    let begun = |at: &u64, attempts: &u32| journal::Begun { at: *at, attempts: *attempts, inherited: true };
    let entries = entries.iter().map(|(name, at, attempts)| (name.clone(), begun(at, attempts))).collect();
    journal::encode(&entries, 0, &key()?).ok()
}
