//! The grants that are kept, as the window shows them; and the one that was revoked last, for as long as that can be undone.

use abide_wire::window::{GrantKind, KeptGrant};
use abide_wire::{ErrorAnswer, ErrorCode};

use super::uses::Use;
use super::{Client, Clients, Proof, State, invalid, now};

/// What was revoked last.
#[derive(Clone)]
pub(super) struct Removed {
    name: String,
    client: Client,
    uses: Use,
    at: u64,
}

/// How long a revocation can be undone, in seconds.
const UNDO: u64 = 120;

impl Removed {
    pub(super) fn of(name: &str, client: Client, uses: Use) -> Self {
        Self { name: name.to_owned(), client, uses, at: now() }
    }
}

impl Clients {
    /// The grants that are kept, in the order of their names.
    pub(crate) fn kept(&self) -> Vec<KeptGrant> {
        let state = self.state();
        state.kept.iter().map(|(name, client)| shown(name, client, &state)).collect()
    }

    /// Gives back the grant that was revoked last, as it was.
    ///
    /// # Errors
    ///
    /// `not_found` where it cannot be undone any more; when it cannot be saved.
    pub(crate) fn restore(&self, name: &str) -> Result<(), ErrorAnswer> {
        let gone = || {
            ErrorAnswer::new(
                ErrorCode::NotFound,
                "This can no longer be undone. Allow the app again when it asks.",
            )
        };
        let undoable = |removed: &&Removed| removed.name == name && now().abs_diff(removed.at) < UNDO;
        let removed = self.state().removed.as_ref().filter(undoable).cloned().ok_or_else(gone)?;
        self.change(|state| {
            if state.kept.contains_key(name) {
                return Err(invalid(format!("There is a client \u{201c}{name}\u{201d} already.")));
            }
            let client = Client { id: state.number(), ..removed.client };
            state.kept.insert(name.to_owned(), client);
            Ok(())
        })?;
        let mut state = self.state();
        state.uses.put(name, removed.uses);
        state.removed = None;
        Ok(())
    }

    /// Writes how often the grants were used.
    pub(crate) fn write_uses(&self) {
        self.state().uses.write(now());
    }
}

fn shown(name: &str, client: &Client, state: &State) -> KeptGrant {
    let (kind, path) = match &client.proof {
        Proof::Key { .. } | Proof::SigningKey { .. } => (GrantKind::Key, None),
        Proof::Program { path, .. } => (GrantKind::Program, Some(path)),
        Proof::Script { path, .. } => (GrantKind::Script, Some(path)),
        // Its name is made of the origin. The path is that of the browser.
        Proof::Page { path, .. } => (GrantKind::Program, Some(path)),
    };
    let limits = &client.limits;
    let uses = state.uses.of(name);
    KeptGrant {
        name: name.to_owned(),
        kind,
        path: path.map(|path| path.to_string_lossy().into_owned()),
        allows: !client.denies,
        account: limits.account.clone(),
        targets: limits.targets.iter().flatten().cloned().collect(),
        scopes: limits.scopes.iter().flatten().cloned().collect(),
        since: client.since,
        until: limits.until,
        labels: client.labels.clone(),
        tokens: uses.tokens,
        last_used: (uses.tokens > 0).then_some(uses.last),
        days: uses.by_day(now()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clients(folder: &tempfile::TempDir) -> Clients {
        Clients::open(folder.path().join("clients.json")).unwrap()
    }

    fn id(clients: &Clients) -> u64 {
        clients.judge(|grants| grants[0].id)
    }

    #[test]
    fn the_use_of_a_grant_is_shown_and_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let before = clients(&folder);
        before.allow("ci", None).unwrap();
        before.used(id(&before));
        before.used(id(&before));
        before.write_uses();
        let kept = clients(&folder).kept();
        assert_eq!((kept[0].name.as_str(), kept[0].kind, kept[0].tokens), ("ci", GrantKind::Key, 2));
        assert!(kept[0].last_used.is_some_and(|at| at > 0));
        assert_eq!((kept[0].days.len(), kept[0].days.iter().sum::<u64>()), (14, 2));
        let listed = serde_json::to_value(clients(&folder).list()).unwrap();
        assert_eq!((&listed[0]["tokens"], &listed[0]["last_used"]), (&2.into(), &kept[0].last_used.into()));
    }

    #[test]
    fn a_revocation_can_be_undone_and_the_same_key_counts_again() {
        let folder = tempfile::tempdir().unwrap();
        let clients = clients(&folder);
        let key = clients.allow("ci", None).unwrap().unwrap();
        clients.used(id(&clients));
        clients.revoke("ci").unwrap();
        assert!(clients.by_key(&key).is_err());
        clients.restore("ci").unwrap();
        assert_eq!(clients.by_key(&key).unwrap(), "ci");
        assert_eq!(clients.kept()[0].tokens, 1);
        assert_eq!(clients.restore("ci").unwrap_err().error, ErrorCode::NotFound);
    }

    #[test]
    fn only_what_was_revoked_last_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let clients = clients(&folder);
        for name in ["one", "two"] {
            clients.allow(name, None).unwrap();
            clients.revoke(name).unwrap();
        }
        assert!(clients.restore("one").is_err());
        assert!(clients.restore("two").is_ok());
    }
}
