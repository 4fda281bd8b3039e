//! Random values, their digests, and comparison in constant time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 digest of a secret. The provider stores digests, never secrets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of `secret`.
    pub(crate) fn of(secret: impl AsRef<[u8]>) -> Digest {
        Digest(Sha256::digest(secret.as_ref()).into())
    }

    /// Whether this is the digest of `secret`, in constant time.
    pub(crate) fn matches(&self, secret: impl AsRef<[u8]>) -> bool {
        self.0.ct_eq(&Digest::of(secret).0).into()
    }

    /// The digest in base64url, as PKCE writes its code challenge.
    pub(crate) fn text(&self) -> String {
        encode(&self.0)
    }

    /// The left half, for `at_hash` (OpenID Connect Core 3.1.3.6).
    pub(crate) fn left_half(&self) -> &[u8] {
        &self.0[..16]
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.text()
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Digest, &'static str> {
        let bytes = decode(&text).ok_or("a digest in base64url")?;
        bytes.try_into().map(Digest).map_err(|_| "a digest of 32 bytes")
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], getrandom::Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A value of 256 random bits, in base64url: 43 characters.
pub(crate) fn random_text() -> Result<String, getrandom::Error> {
    Ok(encode(&random::<32>()?))
}

/// base64url without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The inverse of [`encode`].
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Whether two strings are equal, in a time that depends only on their lengths.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The form in which the [`Record`](crate::Record) keeps a secret: enough to compare two, too little to use one. `sha256:`
/// and the first 16 hexadecimal digits of the SHA-256 digest.
pub fn fingerprint(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    digest[..8].iter().fold(String::from("sha256:"), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
