//! Grants: which local programs and key holders may have tokens. Holds digests of keys, never keys.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use abide_wire::{ErrorAnswer, ErrorCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::browser::server::random;
use crate::platform::clock;
use crate::platform::file;
use crate::platform::program::Program;

/// What a client key begins with, so that a leaked one is recognised.
const PREFIX: &str = "abide_";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Proof {
    /// The SHA-256 of the key that the client shows.
    Key { digest: String },
    /// The executable at the other end of the socket.
    Program { path: PathBuf },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Client {
    #[serde(flatten)]
    proof: Proof,
    /// When the grant was given, Unix seconds.
    since: u64,
}

/// A grant as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    kind: &'static str,
    program: Option<PathBuf>,
    since: u64,
}

/// All grants of this user.
pub(crate) struct Clients {
    path: PathBuf,
    all: Mutex<BTreeMap<String, Client>>,
}

impl Clients {
    /// Reads the file; a missing one means no grants. A file that cannot be understood is refused: grants are never
    /// guessed.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let all = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, all: Mutex::new(all) })
    }

    /// The client that shows this key.
    pub(crate) fn by_key(&self, key: &str) -> Option<String> {
        if !key.starts_with(PREFIX) || key.len() > 256 {
            return None;
        }
        let shown = digest(key);
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        // Every digest is compared, so that the time says nothing about which one is near.
        for (name, client) in all.iter() {
            if let Proof::Key { digest } = &client.proof
                && bool::from(digest.as_bytes().ct_eq(shown.as_bytes()))
            {
                found = Some(name.clone());
            }
        }
        found
    }

    /// The client that is this executable.
    pub(crate) fn by_program(&self, program: &Program) -> Option<String> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find_map(|(name, client)| match &client.proof {
            Proof::Program { path } if *path == program.path && program.is(path) => Some(name.clone()),
            _ => None,
        })
    }

    /// Gives a grant: to a program, or to whoever shows the key that is returned, this once.
    pub(crate) fn allow(
        &self,
        name: &str,
        program: Option<&Path>,
    ) -> Result<Option<Zeroizing<String>>, ErrorAnswer> {
        let invalid = |text: String| ErrorAnswer::new(ErrorCode::InvalidRequest, text);
        let well_named = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !well_named {
            return Err(invalid(
                "A client's name is 1 to 64 letters, digits, dots, hyphens or underscores.".to_owned(),
            ));
        }
        let (proof, key) = match program {
            Some(program) => {
                // The file itself is what the operating system will name later, not a link to it.
                let path = std::fs::canonicalize(program)
                    .ok()
                    .filter(|path| path.is_file())
                    .ok_or_else(|| invalid(format!("There is no program {}.", program.display())))?;
                (Proof::Program { path }, None)
            }
            None => {
                let key = new_key()?;
                (Proof::Key { digest: digest(&key) }, Some(key))
            }
        };
        self.change(|all| {
            if all.contains_key(name) {
                let text = format!("There is a client \u{201c}{name}\u{201d} already. Revoke it first, or choose another name.");
                return Err(invalid(text));
            }
            all.insert(name.to_owned(), Client { proof, since: clock::wall().as_secs() });
            Ok(())
        })?;
        Ok(key)
    }

    /// Takes a grant back.
    pub(crate) fn revoke(&self, name: &str) -> Result<(), ErrorAnswer> {
        self.change(|all| match all.remove(name) {
            Some(_) => Ok(()),
            None => {
                let text =
                    format!("There is no client \u{201c}{name}\u{201d}. `abide clients list` shows all.");
                Err(ErrorAnswer::new(ErrorCode::InvalidRequest, text))
            }
        })
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .map(|(name, client)| {
                let (kind, program) = match &client.proof {
                    Proof::Key { .. } => ("key", None),
                    Proof::Program { path } => ("program", Some(path.clone())),
                };
                Listed { name: name.clone(), kind, program, since: client.since }
            })
            .collect()
    }

    /// Changes the grants in memory only once they are on disk.
    fn change(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, Client>) -> Result<(), ErrorAnswer>,
    ) -> Result<(), ErrorAnswer> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = all.clone();
        change(&mut next)?;
        let failed = |error: io::Error| {
            let text = format!("The grants could not be saved, so nothing has changed ({error}).");
            ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, text)
        };
        let bytes = serde_json::to_vec_pretty(&next).map_err(|error| failed(io::Error::other(error)))?;
        file::write(&self.path, &bytes).map_err(failed)?;
        *all = next;
        Ok(())
    }
}

fn new_key() -> Result<Zeroizing<String>, ErrorAnswer> {
    let bits = random().ok_or_else(|| {
        ErrorAnswer::new(
            ErrorCode::TemporarilyUnavailable,
            "The system gives no random numbers right now. Try again.",
        )
    })?;
    Ok(Zeroizing::new([PREFIX, bits.expose_secret()].concat()))
}

fn digest(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(key.as_bytes()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_known_again_after_a_restart_and_is_not_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients.json");
        let key = Clients::open(path.clone()).unwrap().allow("ci", None).unwrap().unwrap();
        let again = Clients::open(path.clone()).unwrap();
        assert_eq!(again.by_key(&key).as_deref(), Some("ci"));
        assert_eq!(again.by_key("abide_guess"), None);
        assert!(!std::fs::read_to_string(&path).unwrap().contains(&key[PREFIX.len()..]));
    }

    #[test]
    fn a_revoked_client_is_a_stranger() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        let key = clients.allow("ci", None).unwrap().unwrap();
        clients.revoke("ci").unwrap();
        assert_eq!(clients.by_key(&key), None);
        assert!(clients.revoke("ci").is_err());
    }

    #[test]
    fn a_file_that_cannot_be_understood_grants_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients.json");
        std::fs::write(&path, b"{\"ci\":{\"kind\":\"anything\"}}").unwrap();
        assert!(Clients::open(path).is_err());
    }
}
