//! The sealed form of bytes: one header, one ciphertext.
//!
//! ```text
//!  0  8  magic: which kind of file this is
//!  8  2  format version, little endian; every version keeps the header up to here and the first check
//! 10 16  key id
//! 26  8  number, little endian: the generation (vault) or the offset (journal)
//! 34 24  nonce, random for each sealing
//! 58  8  check: SHA-256 of the 58 bytes before, cut
//! 66 26  since version 2, what the key was made from: 0 and zeros for one in the keyring; for a passphrase 1, the costs
//!        of Argon2id (memory in KiB, passes, lanes: 4, 4 and 1 bytes, little endian) and a salt of 16 bytes
//! 92  8  since version 2, check: SHA-256 of the 92 bytes before, cut
//!     n  ciphertext and tag, XChaCha20-Poly1305; all bytes before are its associated data
//! ```
//!
//! The checks do not protect against an attacker; the tag does. They distinguish a damaged header from another key or a
//! newer version, so that no wrong error is reported.
//!
//! Version 1 had no field for the key's source, because there were only keyrings. Both versions are read; version 2 is
//! written.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::key::Key;
use crate::passphrase::Origin;

/// The format in which the vault is written. Older ones are read.
pub const VERSION: u16 = 2;
const CHECKED: usize = 58;
const CHECK: usize = 8;
/// The header of version 1, with which every version begins.
const OLD_HEADER: usize = CHECKED + CHECK;
const ORIGIN_END: usize = OLD_HEADER + Origin::LENGTH;
const HEADER: usize = ORIGIN_END + CHECK;
const TAG: usize = 16;

/// The kind of a sealed file. One kind never opens as the other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Vault,
    Journal,
}

impl Kind {
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Vault => b"ABIDEVLT",
            Self::Journal => b"ABIDEJNL",
        }
    }
}

/// Why sealed bytes cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Damaged,
    OtherKey,
    /// Sealed with a key of another kind: from the keyring although a passphrase was given, or the reverse.
    OtherMode,
    WrongPassphrase,
    Newer(u16),
}

pub(crate) fn seal(
    key: &Key,
    kind: Kind,
    number: u64,
    plain: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let mut nonce = [0u8; 24];
    getrandom::fill(&mut nonce).map_err(|_| VaultError::Randomness)?;
    // Room for everything at once: a growing buffer leaves copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(HEADER + plain.len() + TAG));
    out.extend_from_slice(kind.magic());
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&key.id());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&nonce);
    let first = check(&out);
    out.extend_from_slice(&first);
    out.extend_from_slice(&key.origin().encode());
    let second = check(&out);
    out.extend_from_slice(&second);
    out.extend_from_slice(plain);
    let (header, body) = out.split_at_mut(HEADER);
    let tag = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt_inout_detached(&XNonce::from(nonce), header, body.into())
        .map_err(|_| VaultError::TooLarge)?;
    out.extend_from_slice(&tag);
    Ok(out)
}

/// The source of a file's key, and the length of its header.
pub(crate) fn origin(kind: Kind, sealed: &[u8]) -> Result<(Origin, usize), Unreadable> {
    let old = sealed.get(..OLD_HEADER).ok_or(Unreadable::Damaged)?;
    if old[..8] != kind.magic()[..] || old[CHECKED..] != check(&old[..CHECKED]) {
        return Err(Unreadable::Damaged);
    }
    match u16::from_le_bytes(field(old, 8)) {
        1 => Ok((Origin::Keyring, OLD_HEADER)),
        VERSION => {
            let header = sealed.get(..HEADER).ok_or(Unreadable::Damaged)?;
            if header[ORIGIN_END..] != check(&header[..ORIGIN_END]) {
                return Err(Unreadable::Damaged);
            }
            let origin = Origin::decode(&field(header, OLD_HEADER)).ok_or(Unreadable::Damaged)?;
            Ok((origin, HEADER))
        }
        0 => Err(Unreadable::Damaged),
        version => Err(Unreadable::Newer(version)),
    }
}

pub(crate) fn unseal(key: &Key, kind: Kind, sealed: &[u8]) -> Result<(u64, Zeroizing<Vec<u8>>), Unreadable> {
    let (origin, length) = origin(kind, sealed)?;
    let (header, body) = sealed.split_at(length);
    if field::<16>(header, 10) != key.id() {
        return Err(match (origin, key.origin()) {
            (Origin::Keyring, Origin::Keyring) => Unreadable::OtherKey,
            (Origin::Passphrase(..), Origin::Passphrase(..)) => Unreadable::WrongPassphrase,
            _ => Unreadable::OtherMode,
        });
    }
    let cut = body.len().checked_sub(TAG).ok_or(Unreadable::Damaged)?;
    let mut plain = Zeroizing::new(body[..cut].to_vec());
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt_inout_detached(
            &XNonce::from(field::<24>(header, 34)),
            header,
            plain.as_mut_slice().into(),
            &field::<TAG>(body, cut).into(),
        )
        .map_err(|_| Unreadable::Damaged)?;
    Ok((u64::from_le_bytes(field(header, 26)), plain))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

fn check(header: &[u8]) -> [u8; CHECK] {
    let digest = Sha256::new().chain_update(b"abide vault header 1\0").chain_update(header).finalize();
    field(&digest, 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::passphrase::{Costs, Passphrase};

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let (key, other) = (Key::generate().unwrap(), Key::generate().unwrap());
        let sealed = seal(&key, Kind::Vault, 7, b"refresh-token-value").unwrap();
        let (number, plain) = unseal(&key, Kind::Vault, &sealed).unwrap();
        assert_eq!((number, plain.as_slice()), (7, b"refresh-token-value".as_slice()));
        assert_eq!(unseal(&other, Kind::Vault, &sealed).unwrap_err(), Unreadable::OtherKey);
        assert_eq!(unseal(&key, Kind::Journal, &sealed).unwrap_err(), Unreadable::Damaged);
        assert!(!sealed.windows(7).any(|window| window == b"refresh"));
    }

    #[test]
    fn two_sealings_of_the_same_share_no_nonce() {
        let key = Key::generate().unwrap();
        let [a, b] = [(); 2].map(|()| seal(&key, Kind::Vault, 1, b"same").unwrap());
        assert_ne!(a[34..58], b[34..58]);
        assert_ne!(a[HEADER..], b[HEADER..]);
    }

    #[test]
    fn every_flipped_bit_and_every_length_is_damage_never_another_key_or_version() {
        let key = Key::generate().unwrap();
        let sealed = seal(&key, Kind::Vault, 7, b"refresh-token-value").unwrap();
        for length in 0..sealed.len() {
            assert_eq!(unseal(&key, Kind::Vault, &sealed[..length]).unwrap_err(), Unreadable::Damaged);
        }
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.to_vec();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(unseal(&key, Kind::Vault, &altered).unwrap_err(), Unreadable::Damaged, "bit {bit}");
        }
    }

    #[test]
    fn an_intact_header_of_a_newer_version_is_told_apart() {
        let key = Key::generate().unwrap();
        let mut sealed = seal(&key, Kind::Vault, 7, b"x").unwrap().to_vec();
        sealed[8..10].copy_from_slice(&3u16.to_le_bytes());
        let first = check(&sealed[..CHECKED]);
        sealed[CHECKED..OLD_HEADER].copy_from_slice(&first);
        assert_eq!(unseal(&key, Kind::Vault, &sealed).unwrap_err(), Unreadable::Newer(3));
        // A version 0 was never written.
        sealed[8..10].copy_from_slice(&0u16.to_le_bytes());
        let first = check(&sealed[..CHECKED]);
        sealed[CHECKED..OLD_HEADER].copy_from_slice(&first);
        assert_eq!(unseal(&key, Kind::Vault, &sealed).unwrap_err(), Unreadable::Damaged);
    }

    fn forge_checks(sealed: &mut [u8]) {
        let first = check(&sealed[..CHECKED]);
        sealed[CHECKED..OLD_HEADER].copy_from_slice(&first);
        let second = check(&sealed[..ORIGIN_END]);
        sealed[ORIGIN_END..HEADER].copy_from_slice(&second);
    }

    #[test]
    fn what_a_forged_header_says_of_the_costs_does_not_open_either() {
        let passphrase = Passphrase::new(Zeroizing::new(b"correct horse".to_vec())).unwrap();
        let key = passphrase.costing(Costs::new(64, 1, 1).unwrap()).new_key().unwrap();
        let sealed = seal(&key, Kind::Vault, 7, b"x").unwrap();
        let mut cheaper = sealed.to_vec();
        cheaper[OLD_HEADER + 1..OLD_HEADER + 5].copy_from_slice(&32u32.to_le_bytes());
        forge_checks(&mut cheaper);
        assert_eq!(unseal(&key, Kind::Vault, &cheaper).unwrap_err(), Unreadable::Damaged);
        let mut dearer = sealed.to_vec();
        dearer[OLD_HEADER + 1..OLD_HEADER + 5].copy_from_slice(&u32::MAX.to_le_bytes());
        forge_checks(&mut dearer);
        assert_eq!(origin(Kind::Vault, &dearer).unwrap_err(), Unreadable::Damaged);
    }

    #[test]
    fn a_key_of_the_other_kind_and_another_passphrase_are_told_apart() {
        let made = |text: &[u8]| {
            let passphrase = Passphrase::new(Zeroizing::new(text.to_vec())).unwrap();
            passphrase.costing(Costs::new(64, 1, 1).unwrap()).new_key().unwrap()
        };
        let (one, other, kept) = (made(b"one"), made(b"other"), Key::generate().unwrap());
        let with_a_passphrase = seal(&one, Kind::Vault, 7, b"x").unwrap();
        let with_the_keyring = seal(&kept, Kind::Vault, 7, b"x").unwrap();
        let refused = |key: &Key, sealed: &[u8]| unseal(key, Kind::Vault, sealed).unwrap_err();
        assert_eq!(refused(&other, &with_a_passphrase), Unreadable::WrongPassphrase);
        assert_eq!(refused(&kept, &with_a_passphrase), Unreadable::OtherMode);
        assert_eq!(refused(&one, &with_the_keyring), Unreadable::OtherMode);
    }

    #[test]
    fn a_header_with_its_check_forged_still_does_not_open() {
        let key = Key::generate().unwrap();
        let mut sealed = seal(&key, Kind::Vault, 7, b"x").unwrap().to_vec();
        sealed[26..34].copy_from_slice(&8u64.to_le_bytes());
        forge_checks(&mut sealed);
        assert_eq!(unseal(&key, Kind::Vault, &sealed).unwrap_err(), Unreadable::Damaged);
    }
}
