//! Fingerprints of tokens: the same token has the same one, and it leads back to no token.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The key of fingerprints; it stays in the vault.
pub struct FingerprintKey(Zeroizing<[u8; 32]>);

impl FingerprintKey {
    /// Takes a key of 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The key, for the vault.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first half of HMAC-SHA-256 (RFC 2104), in hexadecimal.
    #[must_use]
    pub fn of(&self, token: &str) -> String {
        use std::fmt::Write as _;
        let digest = hmac(&*self.0, token.as_bytes());
        digest[..16].iter().fold(String::with_capacity(32), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintKey(…)")
    }
}

/// HMAC-SHA-256 with a key of at most one block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let padded = |pad: u8| {
        let mut block = Zeroizing::new([pad; 64]);
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(*padded(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(*padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_rfc_4231() {
        let digest = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(digest[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    }

    #[test]
    fn a_fingerprint_depends_on_the_key_and_the_token() {
        let (one, two) = (FingerprintKey::new([1; 32]), FingerprintKey::new([2; 32]));
        assert_eq!(one.of("token"), one.of("token"));
        assert_ne!(one.of("token"), one.of("tokem"));
        assert_ne!(one.of("token"), two.of("token"));
        assert_eq!(one.of("token").len(), 32);
    }
}
