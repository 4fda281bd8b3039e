//! How bytes are sealed: one header, one ciphertext.
//!
//! ```text
//!  0  8  magic: which kind of file this is
//!  8  2  format version, little endian; every version keeps this header
//! 10 16  key id
//! 26  8  number, little endian: the generation (vault) or the offset (journal)
//! 34 24  nonce, random for each sealing
//! 58  8  check: SHA-256 of the 58 bytes before, cut
//! 66  n  ciphertext and tag, XChaCha20-Poly1305; the 66 bytes before are its associated data
//! ```
//!
//! The check proves nothing against an attacker; the tag does that. It tells a damaged header from another key or a
//! newer version, so that neither is claimed by mistake.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::key::Key;

const VERSION: u16 = 1;
const CHECKED: usize = 58;
pub(crate) const HEADER: usize = 66;
const TAG: usize = 16;

/// What a sealed file is for. One kind never opens as the other.
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

/// Why sealed bytes do not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Damaged,
    OtherKey,
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
    // Room for all of it at once: a buffer that grows leaves copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(HEADER + plain.len() + TAG));
    out.extend_from_slice(kind.magic());
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&key.id());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(&nonce);
    let check = check(&out);
    out.extend_from_slice(&check);
    out.extend_from_slice(plain);
    let (header, body) = out.split_at_mut(HEADER);
    let tag = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt_inout_detached(&XNonce::from(nonce), header, body.into())
        .map_err(|_| VaultError::TooLarge)?;
    out.extend_from_slice(&tag);
    Ok(out)
}

pub(crate) fn unseal(key: &Key, kind: Kind, sealed: &[u8]) -> Result<(u64, Zeroizing<Vec<u8>>), Unreadable> {
    let (header, body) = sealed.split_at_checked(HEADER).ok_or(Unreadable::Damaged)?;
    if header[..8] != kind.magic()[..] || header[CHECKED..] != check(&header[..CHECKED]) {
        return Err(Unreadable::Damaged);
    }
    let version = u16::from_le_bytes(field(header, 8));
    if version > VERSION {
        return Err(Unreadable::Newer(version));
    }
    if field::<16>(header, 10) != key.id() {
        return Err(Unreadable::OtherKey);
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

fn check(header: &[u8]) -> [u8; HEADER - CHECKED] {
    let digest = Sha256::new().chain_update(b"abide vault header 1\0").chain_update(header).finalize();
    field(&digest, 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
        sealed[8..10].copy_from_slice(&2u16.to_le_bytes());
        let check = check(&sealed[..CHECKED]);
        sealed[CHECKED..HEADER].copy_from_slice(&check);
        assert_eq!(unseal(&key, Kind::Vault, &sealed).unwrap_err(), Unreadable::Newer(2));
    }

    #[test]
    fn a_header_with_its_check_forged_still_does_not_open() {
        let key = Key::generate().unwrap();
        let mut sealed = seal(&key, Kind::Vault, 7, b"x").unwrap().to_vec();
        sealed[26..34].copy_from_slice(&8u64.to_le_bytes());
        let check = check(&sealed[..CHECKED]);
        sealed[CHECKED..HEADER].copy_from_slice(&check);
        assert_eq!(unseal(&key, Kind::Vault, &sealed).unwrap_err(), Unreadable::Damaged);
    }
}
