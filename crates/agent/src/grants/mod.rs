//! Grants: which local programs and key holders may have tokens. The file has digests of plain keys and the numbers of keys that
//! sign; the secrets of the latter are in the vault.
//!
//! Those that are given for good are in `clients.json`; those that end by themselves are in memory alone.

mod holder;
mod kept;
mod keys;
mod live;
mod uses;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_decision::{Grant, Limits, Registration, Subject};
use abide_wire::{ErrorAnswer, ErrorCode, Label};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::identity;
use crate::platform::clock;
use crate::platform::file;
use crate::platform::program::{Stamp, only_root_writes, stamp};

pub(crate) use holder::Holder;
use kept::Removed;
pub(crate) use keys::SigningKey;
use live::Live;
pub(crate) use live::{Given, Origin};
use uses::Uses;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Proof {
    /// The SHA-256 of the plain key that the client shows.
    Key { digest: String },
    /// The number of the key that the client signs with.
    SigningKey { id: String },
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
    /// A web page, in this browser.
    Page { origin: String, path: PathBuf, stamp: Stamp, of_root: bool },
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
    /// What the surroundings of the program called it when it was asked about. Proves nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
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

impl Proof {
    /// The file that it is about.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Key { .. } | Self::SigningKey { .. } => None,
            Self::Program { path, .. } | Self::Script { path, .. } | Self::Page { path, .. } => Some(path),
        }
    }
}

/// A grant as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    kind: &'static str,
    program: Option<PathBuf>,
    since: u64,
    /// How many tokens it has had.
    tokens: u64,
    /// When it had the last one, in Unix seconds.
    last_used: Option<u64>,
    /// Whether it denies instead.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    denies: bool,
    #[serde(skip_serializing_if = "is_not_limited")]
    limits: Limits,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<Label>,
}

/// All grants of this user.
pub(crate) struct Clients {
    path: PathBuf,
    state: Mutex<State>,
    /// The numbers of those that are kept, after each change.
    numbers: watch::Sender<BTreeSet<u64>>,
}

#[derive(Default)]
struct State {
    kept: BTreeMap<String, Client>,
    live: Vec<Live>,
    /// How often those that are kept are used.
    uses: Uses,
    /// What was revoked last.
    removed: Option<Removed>,
    /// The accounts that there are.
    accounts: BTreeMap<String, Registration>,
    /// The secrets of keys that sign, by their numbers.
    secrets: BTreeMap<String, SecretString>,
    /// Those that are kept and those that end, as the decision reads them.
    all: Vec<Grant>,
    next: u64,
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn numbers(&self) -> BTreeSet<u64> {
        self.kept.values().map(|client| client.id).collect()
    }

    /// Gathers the grants that hold. What follows from one that is gone is gone with it.
    fn gather(&mut self) {
        loop {
            let kept = self.kept.values().map(|client| client.id);
            let held: BTreeSet<u64> = kept.chain(self.live.iter().map(|live| live.grant.id)).collect();
            let before = self.live.len();
            self.live.retain(|live| !matches!(live.from, Some(Origin::Grant(from)) if !held.contains(&from)));
            if self.live.len() == before {
                break;
            }
        }
        let kept = self.kept.iter().map(|(name, client)| client.grant(name));
        self.all = kept.chain(self.live.iter().map(|live| live.grant.clone())).collect();
    }
}

impl Client {
    fn grant(&self, name: &str) -> Grant {
        let subject = match &self.proof {
            Proof::Key { .. } | Proof::SigningKey { .. } => Subject::Key(name.to_owned()),
            Proof::Program { path, stamp, sha256, of_root } => {
                Subject::File { path: path.clone(), stamp: *stamp, sha256: sha256.clone(), of_root: *of_root }
            }
            Proof::Script { path, stamp, sha256 } => {
                Subject::Script { path: path.clone(), stamp: *stamp, sha256: sha256.clone() }
            }
            Proof::Page { origin, path, stamp, of_root } => {
                Subject::Page { origin: origin.clone(), path: path.clone(), stamp: *stamp, of_root: *of_root }
            }
        };
        Grant { id: self.id, subject, allows: !self.denies, limits: self.limits.clone() }
    }

    /// Ties the grant to the accounts as they are, where it names none or was given before there was one. Returns whether it did.
    fn tie(&mut self, accounts: &BTreeMap<String, Registration>) -> bool {
        let limits = &mut self.limits;
        let about = |name: &String| limits.account.as_ref().is_none_or(|account| account == name);
        let known: BTreeMap<_, _> = accounts
            .iter()
            .filter(|(name, _)| about(name))
            .map(|(name, at)| (name.clone(), at.clone()))
            .collect();
        let ties = limits.registered.is_none() && !known.is_empty();
        if ties {
            limits.registered = Some(known);
        }
        ties
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
        let numbers = watch::Sender::new(state.numbers());
        Ok(Self { path, state: Mutex::new(state), numbers })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before the lock is given back.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Judges by all grants as they are now.
    pub(crate) fn judge<T>(&self, judge: impl FnOnce(&[Grant]) -> T) -> T {
        judge(&self.state().all)
    }

    /// Takes over which accounts there are. A grant of an earlier version, or one that was given before there was an account, is for
    /// these as they are.
    ///
    /// # Errors
    ///
    /// When it cannot be saved.
    pub(crate) fn know_accounts(&self, accounts: BTreeMap<String, Registration>) -> Result<(), ErrorAnswer> {
        let unknown = {
            let mut state = self.state();
            state.accounts = accounts;
            let State { kept, accounts, .. } = &*state;
            kept.values().any(|client| client.clone().tie(accounts))
        };
        if !unknown {
            return Ok(());
        }
        self.change(|state| {
            let State { kept, accounts, .. } = state;
            kept.values_mut().for_each(|client| {
                client.tie(accounts);
            });
            Ok(())
        })
    }

    /// Gives a grant: to a program, or to the holder of the plain key, which is returned only once.
    ///
    /// # Errors
    ///
    /// `invalid_request`; when it cannot be saved.
    pub(crate) fn allow(
        &self,
        name: &str,
        program: Option<&Path>,
    ) -> Result<Option<Zeroizing<String>>, ErrorAnswer> {
        let (proof, key) = match program {
            Some(program) => (program_proof(program)?, None),
            None => {
                let (key, digest) = keys::plain()?;
                (Proof::Key { digest }, Some(key))
            }
        };
        self.add(name, proof)?;
        Ok(key)
    }

    fn add(&self, name: &str, proof: Proof) -> Result<(), ErrorAnswer> {
        keys::well_named(name)?;
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
            let (limits, labels, id) = (Limits::NONE, Vec::new(), state.number());
            let mut client = Client { proof, since: now(), limits, denies: false, labels, id };
            client.tie(&state.accounts);
            state.kept.insert(name.to_owned(), client);
            Ok(())
        })
    }

    /// Whether the person has denied this client tokens for good.
    pub(crate) fn denies(&self, name: &str) -> bool {
        self.state().kept.get(name).is_some_and(|client| client.denies)
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
        let state = self.state();
        let listed = |(name, client): (&String, &Client)| {
            let (kind, program) = match &client.proof {
                Proof::Key { .. } => ("plain key", None),
                Proof::SigningKey { .. } => ("key", None),
                Proof::Program { path, .. } => ("program", Some(path.clone())),
                Proof::Script { path, .. } => ("script", Some(path.clone())),
                Proof::Page { origin, .. } => ("page", Some(origin.into())),
            };
            let (name, limits) = (name.clone(), Limits { registered: None, ..client.limits.clone() });
            let labels = client.labels.clone();
            let uses = state.uses.of(&name);
            let (since, denies) = (client.since, client.denies);
            let (tokens, last_used) = (uses.tokens, (uses.tokens > 0).then_some(uses.last));
            Listed { name, kind, program, since, tokens, last_used, denies, limits, labels }
        };
        state.kept.iter().map(listed).collect()
    }

    /// Keeps an answer for good: that a program, a script or a page is allowed or denied.
    fn keep(
        &self,
        label: &str,
        labels: Vec<Label>,
        subject: Subject,
        allows: bool,
        limits: Limits,
    ) -> Result<(), ErrorAnswer> {
        let proof = match subject {
            Subject::File { path, stamp, sha256, of_root } => Proof::Program { path, stamp, sha256, of_root },
            Subject::Script { path, stamp, sha256 } => Proof::Script { path, stamp, sha256 },
            Subject::Page { origin, path, stamp, of_root } => Proof::Page { origin, path, stamp, of_root },
            _ => return Err(invalid("This caller cannot be allowed for good.")),
        };
        self.change(|state| {
            // What has ended about the same file is answered anew.
            let now = now();
            let ended = |client: &Client| client.limits.until.is_some_and(|until| until <= now);
            state.kept.retain(|_, client| !(ended(client) && client.proof.path() == proof.path()));
            let name = state.free_name(label);
            let client = Client { proof, since: now, limits, denies: !allows, labels, id: state.number() };
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
        self.numbers.send_replace(state.numbers());
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
        for name in ["python3.12", "find", "sed", "timeout", "ssh-agent"] {
            let program = folder.path().join(name);
            std::fs::write(&program, "ELF").unwrap();
            let refused = clients.allow("tool", Some(&program)).unwrap_err();
            let said = refused.error_description;
            assert_eq!(refused.error, ErrorCode::InvalidRequest, "{name}");
            assert!(said.contains("programs that others have written"), "{name}: {said}");
        }
        assert!(clients.list().is_empty());
    }

    fn at(issuer: &str) -> Registration {
        Registration { issuer: issuer.to_owned(), client_id: "abide".to_owned() }
    }

    #[test]
    fn grants_are_tied_to_the_accounts_as_they_are_and_stay_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clients.json");
        let old = serde_json::json!({
            "home": {"kind": "key", "digest": "x", "since": 1, "limits": {"account": "home"}},
            "ci": {"kind": "key", "digest": "y", "since": 1},
        });
        std::fs::write(&path, old.to_string()).unwrap();
        let accounts = |of: &[(&str, &str)]| -> BTreeMap<String, Registration> {
            of.iter().map(|(name, issuer)| ((*name).to_owned(), at(issuer))).collect()
        };
        let tied = |clients: &Clients| -> BTreeMap<String, _> {
            let state = clients.state();
            state.kept.iter().map(|(name, client)| (name.clone(), client.limits.registered.clone())).collect()
        };
        let clients = Clients::open(path.clone()).unwrap();
        clients.know_accounts(BTreeMap::new()).unwrap();
        assert_eq!(tied(&clients)["ci"], None, "there is no account yet");
        let first = accounts(&[("work", "https://a.example")]);
        clients.know_accounts(first.clone()).unwrap();
        assert_eq!((&tied(&clients)["ci"], &tied(&clients)["home"]), (&Some(first.clone()), &None));
        // The account of that name has another provider now, and there is one more.
        let now = accounts(&[("work", "https://b.example"), ("home", "https://b.example")]);
        let again = Clients::open(path).unwrap();
        again.know_accounts(now.clone()).unwrap();
        again.allow("new", None).unwrap();
        let found = tied(&again);
        assert_eq!(found["ci"], Some(first));
        assert_eq!(found["home"], Some(accounts(&[("home", "https://b.example")])));
        assert_eq!(found["new"], Some(now));
    }
}
