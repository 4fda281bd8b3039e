//! A key that is made from a passphrase (Argon2id, RFC 9106), for computers without a keyring.
//!
//! The header of every file contains the costs and the salt of its key. They are read before the file is known to be
//! genuine, so they are bounded: a forged file must not use all of the memory, or an hour.

use std::fmt;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use crate::error::VaultError;
use crate::key::Key;

const SALT: usize = 16;
/// A longer one is probably a mistake, for instance a wrong file.
const LONGEST: usize = 4_096;

/// The source of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Random numbers, stored in the OS keyring.
    Keyring,
    /// A passphrase.
    Passphrase(Costs, [u8; SALT]),
}

impl Origin {
    pub(crate) const LENGTH: usize = 1 + 4 + 4 + 1 + SALT;

    /// The form in a header: the kind, memory, passes, lanes, salt.
    pub(crate) fn encode(self) -> [u8; Self::LENGTH] {
        let mut out = [0; Self::LENGTH];
        if let Self::Passphrase(costs, salt) = self {
            out[0] = 1;
            out[1..5].copy_from_slice(&costs.memory.to_le_bytes());
            out[5..9].copy_from_slice(&costs.passes.to_le_bytes());
            out[9] = costs.lanes;
            out[10..].copy_from_slice(&salt);
        }
        out
    }

    /// `None` for values that this version neither writes nor accepts.
    pub(crate) fn decode(bytes: &[u8; Self::LENGTH]) -> Option<Self> {
        let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        match bytes[0] {
            0 => bytes[1..].iter().all(|byte| *byte == 0).then_some(Self::Keyring),
            1 => {
                let mut salt = [0; SALT];
                salt.copy_from_slice(&bytes[10..]);
                Some(Self::Passphrase(Costs::new(number(1), number(5), bytes[9])?, salt))
            }
            _ => None,
        }
    }
}

/// The costs of making a key from a passphrase, once at each start. An attacker has to pay them for each guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u8,
}

impl Costs {
    /// Memory in KiB (8 per lane to 1 GiB), passes (1 to 32) and lanes (1 to 16); `None` outside of these.
    #[must_use]
    pub fn new(memory: u32, passes: u32, lanes: u8) -> Option<Self> {
        let bounded = (1..=16).contains(&lanes)
            && (8 * u32::from(lanes)..=1 << 20).contains(&memory)
            && (1..=32).contains(&passes);
        bounded.then_some(Self { memory, passes, lanes })
    }
}

impl Default for Costs {
    /// The second recommended choice of RFC 9106 (section 4): 64 MiB, three passes, four lanes.
    fn default() -> Self {
        Self { memory: 64 << 10, passes: 3, lanes: 4 }
    }
}

/// A passphrase. Wiped when dropped; neither prints nor compares.
pub struct Passphrase {
    text: Zeroizing<Vec<u8>>,
    costs: Costs,
}

impl Passphrase {
    /// A passphrase, byte for byte. `None` if it is empty or longer than 4,096 bytes.
    #[must_use]
    pub fn new(text: Zeroizing<Vec<u8>>) -> Option<Self> {
        (1..=LONGEST).contains(&text.len()).then(|| Self { text, costs: Costs::default() })
    }

    /// Sets other costs for a new vault. An existing one keeps its own.
    #[must_use]
    pub fn costing(self, costs: Costs) -> Self {
        Self { costs, ..self }
    }

    /// The key that seals a new vault.
    ///
    /// # Errors
    /// [`VaultError::Randomness`]; [`VaultError::Derivation`].
    pub(crate) fn new_key(&self) -> Result<Key, VaultError> {
        let mut salt = [0; SALT];
        getrandom::fill(&mut salt).map_err(|_| VaultError::Randomness)?;
        self.key(self.costs, salt)
    }

    /// The key that was made with these.
    ///
    /// # Errors
    /// [`VaultError::Derivation`].
    pub(crate) fn key(&self, costs: Costs, salt: [u8; SALT]) -> Result<Key, VaultError> {
        let mut key = Key::blank(Origin::Passphrase(costs, salt));
        let too_much = || VaultError::Derivation { memory: costs.memory };
        let params = Params::new(costs.memory, costs.passes, costs.lanes.into(), Some(key.bytes().len()))
            .map_err(|_| too_much())?;
        // Our own memory, because the library does not wipe its own.
        let mut memory = Zeroizing::new(Vec::new());
        memory.try_reserve_exact(params.block_count()).map_err(|_| too_much())?;
        memory.resize(params.block_count(), Block::default());
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(&self.text, &salt, key.bytes_mut(), memory.as_mut_slice())
            .map_err(|_| too_much())?;
        Ok(key)
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const LITTLE: Costs = Costs { memory: 64, passes: 1, lanes: 2 };

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(Zeroizing::new(text.as_bytes().to_vec())).unwrap()
    }

    #[test]
    fn the_same_passphrase_costs_and_salt_make_the_same_key_and_nothing_else_does() {
        let id = |text: &str, costs, salt| passphrase(text).key(costs, salt).unwrap().id();
        let other = Costs { passes: 2, ..LITTLE };
        let key = id("correct horse", LITTLE, [7; SALT]);
        assert_eq!(id("correct horse", LITTLE, [7; SALT]), key);
        for different in [
            id("correct house", LITTLE, [7; SALT]),
            id("correct horse", other, [7; SALT]),
            id("correct horse", LITTLE, [8; SALT]),
        ] {
            assert_ne!(different, key);
        }
    }

    /// Compared with the reference implementation through Python's argon2-cffi:
    /// `hash_secret_raw(b"password", b"somesaltsomesalt", time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, type=Type.ID)`.
    #[test]
    fn it_is_argon2id() {
        let key = passphrase("password").key(Costs::default(), *b"somesaltsomesalt").unwrap();
        let hex: String = key.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "81db97a7e67a891784a2599bc879f957cb3512d273984bd97d8a18fc59ff01e2");
    }

    #[test]
    fn an_origin_reads_back_and_costs_out_of_bounds_do_not() {
        for origin in [Origin::Keyring, Origin::Passphrase(LITTLE, [9; SALT])] {
            assert_eq!(Origin::decode(&origin.encode()), Some(origin));
        }
        for (memory, passes, lanes) in [
            (u32::MAX, 1, 1),
            ((1 << 20) + 1, 1, 1),
            (64 << 10, 33, 1),
            (64 << 10, 0, 1),
            (64 << 10, 1, 17),
            (64 << 10, 1, 0),
            (15, 1, 2),
        ] {
            let origin = Origin::Passphrase(Costs { memory, passes, lanes }, [9; SALT]);
            assert_eq!(Origin::decode(&origin.encode()), None, "{memory} {passes} {lanes}");
        }
        let mut unknown = Origin::Keyring.encode();
        unknown[0] = 2;
        assert_eq!(Origin::decode(&unknown), None);
    }

    #[test]
    fn nothing_and_a_whole_file_are_no_passphrases() {
        for length in [0, LONGEST + 1] {
            assert!(Passphrase::new(Zeroizing::new(vec![b'x'; length])).is_none(), "{length}");
        }
        assert_eq!(format!("{:?}", passphrase("correct horse")), "Passphrase(..)");
    }
}
