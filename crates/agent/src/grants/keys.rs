//! The keys of clients. A key that signs requests has a number, which every request names, and a secret, which never leaves the
//! program that has it and Abide's vault (docs/signed-requests.md). A plain key is sent as it is; only its digest is kept.

use abide_wire::{ErrorAnswer, ErrorCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Clients, Proof, invalid};
use crate::browser::server::random;

/// What every client key begins with, so that a leaked one is recognised.
const PREFIX: &str = "abide_";
/// What a key that signs begins with.
const SIGNING: &str = "abide_hmac_";
/// What the records of keys in the vault begin with.
const RECORD: &str = "client-key/";
/// Bytes of a key's number.
const NUMBER: usize = 8;

/// A key that signs, before it is handed out.
pub(crate) struct SigningKey {
    id: String,
    secret: SecretString,
}

impl SigningKey {
    /// # Errors
    ///
    /// `temporarily_unavailable` where the system gives no random numbers.
    pub(crate) fn new() -> Result<Self, ErrorAnswer> {
        let mut number = [0_u8; NUMBER];
        getrandom::fill(&mut number).map_err(|_| no_random())?;
        let id = number.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, secret: random().ok_or_else(no_random)? })
    }

    /// The name of its record in the vault.
    pub(crate) fn record(&self) -> String {
        [RECORD, &self.id].concat()
    }

    /// The content of that record.
    pub(crate) fn content(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.secret.expose_secret().as_bytes().to_vec())
    }

    /// The key as the client gets it.
    fn text(&self) -> Zeroizing<String> {
        Zeroizing::new([SIGNING, &self.id, "_", self.secret.expose_secret()].concat())
    }
}

/// A client that signs its requests.
pub(crate) struct Signer {
    /// The name of the client.
    pub(crate) name: String,
    /// What it signs with.
    pub(crate) secret: SecretString,
}

impl Clients {
    /// The client that shows this plain key.
    ///
    /// # Errors
    ///
    /// `consent_required` for a key that is not known, `invalid_signature` for one that signs and must not be sent.
    pub(crate) fn by_key(&self, key: &str) -> Result<String, ErrorAnswer> {
        if key.starts_with(SIGNING) {
            return Err(ErrorAnswer::new(
                ErrorCode::InvalidSignature,
                "This client key signs requests and must not be sent. Every program that has seen the request can use it now: revoke it \
                 with `abide clients revoke NAME`. `abide clients allow NAME --plain` makes a key that may be sent.",
            ));
        }
        if !key.starts_with(PREFIX) || key.len() > 256 {
            return Err(unknown());
        }
        let shown = digest(key);
        let state = self.state();
        let mut found = None;
        // Every digest is compared, so that the time says nothing about which one is near.
        for (name, client) in &state.kept {
            if let Proof::Key { digest } = &client.proof
                && bool::from(digest.as_bytes().ct_eq(shown.as_bytes()))
            {
                found = Some(name.clone());
            }
        }
        found.ok_or_else(unknown)
    }

    /// The client whose key has this number.
    ///
    /// # Errors
    ///
    /// `consent_required` for a number that is not known, or a key whose secret is gone.
    pub(crate) fn signer(&self, id: &str) -> Result<Signer, ErrorAnswer> {
        let state = self.state();
        let of = |proof: &Proof| matches!(proof, Proof::SigningKey { id: known } if known == id);
        let (name, _) = state.kept.iter().find(|(_, client)| of(&client.proof)).ok_or_else(unknown)?;
        let secret = state.secrets.get(id).cloned().ok_or_else(|| {
            ErrorAnswer::new(
                ErrorCode::ConsentRequired,
                "Abide no longer has the secret of this client key: its vault is in memory only, or is locked. Unlock the keyring, or \
                 revoke the key and make a new one with `abide clients allow NAME`.",
            )
        })?;
        Ok(Signer { name: name.clone(), secret })
    }

    /// Gives a grant to the holder of a key that signs, which is returned only once. Its record is in the vault already.
    ///
    /// # Errors
    ///
    /// As [`Clients::allow`].
    pub(crate) fn allow_signing(
        &self,
        name: &str,
        key: SigningKey,
    ) -> Result<Zeroizing<String>, ErrorAnswer> {
        self.add(name, Proof::SigningKey { id: key.id.clone() })?;
        let text = key.text();
        self.state().secrets.insert(key.id, key.secret);
        Ok(text)
    }

    /// Takes the secrets of keys out of the vault's records.
    pub(crate) fn take_secrets(&self, records: &[(String, Zeroizing<Vec<u8>>)]) {
        let mut state = self.state();
        for (record, content) in records {
            let Some(id) = record.strip_prefix(RECORD) else { continue };
            if let Ok(secret) = std::str::from_utf8(content) {
                state.secrets.insert(id.to_owned(), secret.into());
            }
        }
    }

    /// The records of keys that have been revoked.
    pub(crate) fn left_over<'a>(&self, records: &'a [(String, Zeroizing<Vec<u8>>)]) -> Vec<&'a str> {
        let state = self.state();
        let known = |id: &str| {
            state
                .kept
                .values()
                .any(|client| matches!(&client.proof, Proof::SigningKey { id: known } if known == id))
        };
        let names = records.iter().map(|(name, _)| name.as_str());
        names.filter(|name| name.strip_prefix(RECORD).is_some_and(|id| !known(id))).collect()
    }
}

/// A new plain key, and its digest.
pub(super) fn plain() -> Result<(Zeroizing<String>, String), ErrorAnswer> {
    let bits = random().ok_or_else(no_random)?;
    let key = Zeroizing::new([PREFIX, bits.expose_secret()].concat());
    let digest = digest(&key);
    Ok((key, digest))
}

fn digest(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(key.as_bytes()))
}

fn unknown() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::ConsentRequired,
        "This client key is not known, or has been revoked. `abide clients allow NAME` makes a new one.",
    )
}

fn no_random() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::TemporarilyUnavailable,
        "The system gives no random numbers right now. Try again.",
    )
}

/// The name of a client is in addresses and in a file.
pub(super) fn well_named(name: &str) -> Result<(), ErrorAnswer> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(invalid("A client's name is 1 to 64 letters, digits, dots, hyphens or underscores."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clients(folder: &tempfile::TempDir) -> Clients {
        Clients::open(folder.path().join("clients.json")).unwrap()
    }

    #[test]
    fn a_plain_key_is_known_again_after_a_restart_and_is_not_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let key = clients(&folder).allow("ci", None).unwrap().unwrap();
        let again = clients(&folder);
        assert_eq!(again.by_key(&key).unwrap(), "ci");
        assert_eq!(again.by_key("abide_guess").unwrap_err().error, ErrorCode::ConsentRequired);
        let file = std::fs::read_to_string(folder.path().join("clients.json")).unwrap();
        assert!(!file.contains(&key[PREFIX.len()..]));
    }

    #[test]
    fn the_secret_of_a_key_that_signs_is_in_the_vault_alone() {
        let folder = tempfile::tempdir().unwrap();
        let key = SigningKey::new().unwrap();
        let (id, record) = (key.id.clone(), (key.record(), key.content()));
        let text = clients(&folder).allow_signing("ci", key).unwrap();
        let secret = text.strip_prefix(&format!("abide_hmac_{id}_")).unwrap();
        let file = std::fs::read_to_string(folder.path().join("clients.json")).unwrap();
        assert!(file.contains(&id) && !file.contains(secret));

        let again = clients(&folder);
        assert_eq!(again.signer(&id).err().unwrap().error, ErrorCode::ConsentRequired, "no secret yet");
        again.take_secrets(std::slice::from_ref(&record));
        let signer = again.signer(&id).unwrap();
        assert_eq!((signer.name.as_str(), signer.secret.expose_secret()), ("ci", secret));
        assert!(again.left_over(std::slice::from_ref(&record)).is_empty());
        again.revoke("ci").unwrap();
        assert!(again.signer(&id).is_err());
        assert_eq!(again.left_over(std::slice::from_ref(&record)), [record.0.as_str()]);
        again.restore("ci").unwrap();
        assert!(again.signer(&id).is_ok());
    }

    #[test]
    fn a_key_that_signs_is_refused_when_it_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let clients = clients(&folder);
        let key = clients.allow_signing("ci", SigningKey::new().unwrap()).unwrap();
        let refused = clients.by_key(&key).unwrap_err();
        assert_eq!(refused.error, ErrorCode::InvalidSignature);
        assert!(!refused.error_description.contains(&*key));
    }
}
