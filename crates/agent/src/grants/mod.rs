//! Grants: which local programs and key holders may have tokens. Holds digests of keys, never keys.
//!
//! Those that are given for good are in `clients.json`; those that end by themselves are in memory alone.

mod kept;
mod live;
mod uses;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_wire::{ErrorAnswer, ErrorCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::browser::server::random;
use crate::decision::{Grant, Limits, Subject};
use crate::identity;
use crate::platform::clock;
use crate::platform::file;
use crate::platform::program::{Stamp, only_root_writes, stamp};

use kept::Removed;
pub(crate) use live::Given;
use live::Live;
use uses::Uses;

/// What a client key begins with, so that a leaked one is recognised.
const PREFIX: &str = "abide_";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Proof {
    /// The SHA-256 of the key that the client shows.
    Key { digest: String },
    /// The executable at the other end of the socket. An earlier version wrote the path alone.
    Program {
        path: PathBuf,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stamp: Option<Stamp>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sha256: Option<String>,
        #[serde(default)]
        of_root: bool,
    },
    /// A script that an interpreter runs.
    Script { path: PathBuf, stamp: Stamp, sha256: String },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Client {
    #[serde(flatten)]
    proof: Proof,
    /// When the grant was given, Unix seconds.
    since: u64,
    /// What it is limited to.
    #[serde(default = "no_limits", skip_serializing_if = "is_not_limited")]
    limits: Limits,
    /// Whether it denies instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    denies: bool,
    /// The number of the grant in this run.
    #[serde(skip)]
    id: u64,
}

fn no_limits() -> Limits {
    Limits::NONE
}

fn is_not_limited(limits: &Limits) -> bool {
    *limits == Limits::NONE
}

/// A grant as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    kind: &'static str,
    program: Option<PathBuf>,
    since: u64,
    /// Whether it denies instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    denies: bool,
    #[serde(skip_serializing_if = "is_not_limited")]
    limits: Limits,
}

/// All grants of this user.
pub(crate) struct Clients {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: BTreeMap<String, Client>,
    live: Vec<Live>,
    /// How often those that are kept are used.
    uses: Uses,
    /// What was revoked last.
    removed: Option<Removed>,
    /// Both, as the decision reads them.
    all: Vec<Grant>,
    next: u64,
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn gather(&mut self) {
        let kept = self.kept.iter().map(|(name, client)| client.grant(name));
        self.all = kept.chain(self.live.iter().map(|live| live.grant.clone())).collect();
    }
}

impl Client {
    fn grant(&self, name: &str) -> Grant {
        let subject = match &self.proof {
            Proof::Key { .. } => Subject::Key(name.to_owned()),
            Proof::Program { path, stamp, sha256, of_root } => {
                Subject::File { path: path.clone(), stamp: *stamp, sha256: sha256.clone(), of_root: *of_root }
            }
            Proof::Script { path, stamp, sha256 } => {
                Subject::Script { path: path.clone(), stamp: *stamp, sha256: sha256.clone() }
            }
        };
        Grant { id: self.id, subject, allows: !self.denies, limits: self.limits.clone() }
    }

    /// What an earlier version did not write: which file is at the path now.
    fn complete(&mut self) {
        if let Proof::Program { path, stamp: at @ None, sha256: None, of_root } = &mut self.proof {
            *at = stamp(path);
            *of_root = only_root_writes(path);
        }
    }
}

impl Clients {
    /// Reads the file; a missing one means no grants. A file that cannot be understood is refused: grants are never
    /// guessed.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let mut kept: BTreeMap<String, Client> = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        let uses = Uses::open(path.with_file_name("uses.json"));
        let mut state = State { uses, ..State::default() };
        for client in kept.values_mut() {
            client.complete();
            client.id = state.number();
        }
        state.kept = kept;
        state.gather();
        Ok(Self { path, state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges by all grants as they are now.
    pub(crate) fn judge<T>(&self, judge: impl FnOnce(&[Grant]) -> T) -> T {
        judge(&self.state().all)
    }

    /// The client that shows this key.
    pub(crate) fn by_key(&self, key: &str) -> Option<String> {
        if !key.starts_with(PREFIX) || key.len() > 256 {
            return None;
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
        found
    }

    /// Gives a grant: to a program, or to the holder of the key, which is returned only once.
    pub(crate) fn allow(
        &self,
        name: &str,
        program: Option<&Path>,
    ) -> Result<Option<Zeroizing<String>>, ErrorAnswer> {
        let well_named = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if !well_named {
            return Err(invalid("A client's name is 1 to 64 letters, digits, dots, hyphens or underscores."));
        }
        let (proof, key) = match program {
            Some(program) => (program_proof(program)?, None),
            None => {
                let key = new_key()?;
                (Proof::Key { digest: digest(&key) }, Some(key))
            }
        };
        self.change(|state| {
            if state.kept.contains_key(name) {
                return Err(invalid(format!(
                    "There is a client \u{201c}{name}\u{201d} already. Revoke it first, or choose another name."
                )));
            }
            if let Proof::Program { path, .. } = &proof {
                // What was denied before is allowed now.
                let denies = |client: &Client| {
                    client.denies && matches!(&client.proof, Proof::Program { path: of, .. } if of == path)
                };
                state.kept.retain(|_, client| !denies(client));
            }
            let client =
                Client { proof, since: now(), limits: Limits::NONE, denies: false, id: state.number() };
            state.kept.insert(name.to_owned(), client);
            Ok(())
        })?;
        Ok(key)
    }

    /// Takes a grant back. [`Clients::restore`] undoes it.
    pub(crate) fn revoke(&self, name: &str) -> Result<(), ErrorAnswer> {
        let mut removed = None;
        self.change(|state| {
            removed = state.kept.remove(name);
            match &removed {
                Some(_) => Ok(()),
                None => Err(invalid(format!(
                    "There is no client \u{201c}{name}\u{201d}. `abide clients list` shows all."
                ))),
            }
        })?;
        let mut state = self.state();
        let uses = state.uses.take(name);
        state.removed = removed.map(|client| Removed::of(name, client, uses));
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        let listed = |(name, client): (&String, &Client)| {
            let (kind, program) = match &client.proof {
                Proof::Key { .. } => ("key", None),
                Proof::Program { path, .. } => ("program", Some(path.clone())),
                Proof::Script { path, .. } => ("script", Some(path.clone())),
            };
            let (name, limits) = (name.clone(), client.limits.clone());
            Listed { name, kind, program, since: client.since, denies: client.denies, limits }
        };
        self.state().kept.iter().map(listed).collect()
    }

    /// Keeps an answer for good: that a program or a script is allowed or denied.
    fn keep(&self, label: &str, subject: Subject, allows: bool, limits: Limits) -> Result<(), ErrorAnswer> {
        let proof = match subject {
            Subject::File { path, stamp, sha256, of_root } => Proof::Program { path, stamp, sha256, of_root },
            Subject::Script { path, stamp, sha256 } => Proof::Script { path, stamp, sha256 },
            _ => return Err(invalid("This caller cannot be allowed for good.")),
        };
        self.change(|state| {
            let name = state.free_name(label);
            let client = Client { proof, since: now(), limits, denies: !allows, id: state.number() };
            state.kept.insert(name, client);
            Ok(())
        })
    }

    /// Changes the grants in memory only once they are on disk.
    fn change(&self, change: impl FnOnce(&mut State) -> Result<(), ErrorAnswer>) -> Result<(), ErrorAnswer> {
        let mut state = self.state();
        let before = state.kept.clone();
        let written = change(&mut state).and_then(|()| {
            let failed = |error: io::Error| {
                let text = format!("The grants could not be saved, so nothing has changed ({error}).");
                ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, text)
            };
            let bytes =
                serde_json::to_vec_pretty(&state.kept).map_err(|error| failed(io::Error::other(error)))?;
            file::write(&self.path, &bytes).map_err(failed)
        });
        if written.is_err() {
            state.kept = before;
        }
        state.gather();
        written
    }
}

impl State {
    /// A name for a grant that the user has given in a dialog: that of the program, with a number if there is one already.
    fn free_name(&self, label: &str) -> String {
        let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let base: String = label.chars().filter(fits).take(48).collect();
        let base = if base.is_empty() { "program".to_owned() } else { base };
        let names = (2_u32..).map(|number| format!("{base}-{number}"));
        std::iter::once(base.clone()).chain(names).find(|name| !self.kept.contains_key(name)).unwrap_or(base)
    }
}

fn now() -> u64 {
    clock::wall().as_secs()
}

fn invalid(text: impl Into<String>) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}

/// The file itself is what the operating system will name later, not a link to it.
fn program_proof(program: &Path) -> Result<Proof, ErrorAnswer> {
    let path = std::fs::canonicalize(program)
        .ok()
        .filter(|path| path.is_file())
        .ok_or_else(|| invalid(format!("There is no program {}.", program.display())))?;
    if let Some(why) = identity::never_for_good(&path) {
        return Err(invalid(why));
    }
    let (at, of_root) = (stamp(&path), only_root_writes(&path));
    Ok(Proof::Program { path, stamp: at, sha256: None, of_root })
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

    #[test]
    fn what_an_earlier_version_wrote_is_the_file_that_is_there_now() {
        let folder = tempfile::tempdir().unwrap();
        let tool = std::fs::canonicalize(folder.path()).unwrap().join("tool");
        std::fs::write(&tool, "tool").unwrap();
        let path = folder.path().join("clients.json");
        let old = serde_json::json!({
            "tool": {"kind": "program", "path": tool, "since": 1},
            "ci": {"kind": "key", "digest": "x", "since": 2},
        });
        std::fs::write(&path, old.to_string()).unwrap();
        let clients = Clients::open(path).unwrap();
        let subjects: Vec<Subject> =
            clients.judge(|grants| grants.iter().map(|grant| grant.subject.clone()).collect());
        let file = Subject::File { path: tool.clone(), stamp: stamp(&tool), sha256: None, of_root: false };
        assert_eq!(subjects, [Subject::Key("ci".to_owned()), file]);
        assert!(clients.judge(|grants| grants.iter().all(|grant| grant.limits == Limits::NONE)));
        // And it is still understood when it was written again.
        clients.revoke("ci").unwrap();
        assert_eq!(Clients::open(clients.path).unwrap().list().len(), 1);
    }

    #[test]
    fn a_script_and_an_interpreter_are_not_allowed_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        let script = folder.path().join("deploy");
        std::fs::write(&script, "#!/usr/bin/env python3\nprint(1)\n").unwrap();
        let refused = clients.allow("deploy", Some(&script)).unwrap_err();
        assert!(refused.error_description.contains("python3"), "{}", refused.error_description);
        let interpreter = folder.path().join("python3.12");
        std::fs::write(&interpreter, "ELF").unwrap();
        let refused = clients.allow("python", Some(&interpreter)).unwrap_err();
        assert_eq!(refused.error, ErrorCode::InvalidRequest);
        assert!(clients.list().is_empty());
    }
}
