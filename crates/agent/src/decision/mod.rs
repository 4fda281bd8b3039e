//! Whether a caller may have a token: a pure function of the caller, the request, what was granted, the policy and the time.
//!
//! It fails closed: what nothing covers is asked about or denied, never allowed.

mod policy;

use std::collections::BTreeSet;
use std::path::PathBuf;

use abide_wire::AskedBecause;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub(crate) use crate::config::policy::Rule;
use crate::identity::{Caller, Kind, Terminal};
use crate::platform::program::{ProcessId, Stamp};
pub(crate) use policy::Policy;

/// One session of one account, by their numbers.
pub(crate) type SessionNumber = (u32, u64);

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    pub(crate) account: String,
    /// The account's present session.
    pub(crate) session: Option<SessionNumber>,
    /// Audiences and resources; empty for the session's own token.
    pub(crate) targets: BTreeSet<String>,
    /// Scopes; empty for those of the session.
    pub(crate) scopes: BTreeSet<String>,
    /// Whether it is to count as use of the session.
    pub(crate) activity: bool,
    /// Whether the user is to sign in again, in a stronger way.
    pub(crate) signs_in: bool,
}

/// Whom a grant is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The holder of a client key, by its name.
    Key(String),
    /// A program.
    File {
        path: PathBuf,
        stamp: Option<Stamp>,
        /// The digest of its content; `None` for a grant of an earlier version.
        sha256: Option<String>,
        /// Only root could write to it when it was allowed: an update by the package manager is the same program.
        of_root: bool,
    },
    /// A script of an interpreter.
    Script { path: PathBuf, stamp: Stamp, sha256: String },
    /// A process and what descends from it.
    Process(ProcessId),
    /// What runs in a terminal.
    Terminal(Terminal),
}

/// What a grant is limited to. What is absent is not limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) targets: Option<BTreeSet<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scopes: Option<BTreeSet<String>>,
    /// Whether its requests count as use of the session.
    #[serde(default = "yes")]
    pub(crate) activity: bool,
    /// Whether it may have the user sign in again.
    #[serde(default = "yes")]
    pub(crate) signs_in: bool,
    /// When it ends, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<u64>,
    /// The session with which it ends.
    #[serde(skip)]
    pub(crate) session: Option<SessionNumber>,
}

fn yes() -> bool {
    true
}

impl Limits {
    /// No limits: what `abide clients allow` gives.
    pub(crate) const NONE: Self = Self {
        account: None,
        targets: None,
        scopes: None,
        activity: true,
        signs_in: true,
        until: None,
        session: None,
    };

    /// Exactly what a request asks for.
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            account: Some(request.account.clone()),
            targets: Some(request.targets.clone()),
            scopes: Some(request.scopes.clone()),
            activity: true,
            signs_in: request.signs_in,
            until: None,
            session: None,
        }
    }

    fn concern(&self, request: &Request) -> bool {
        self.account.as_ref().is_none_or(|account| *account == request.account)
    }

    fn cover(&self, request: &Request) -> bool {
        let within = |limit: &Option<BTreeSet<String>>, wanted: &BTreeSet<String>| match limit {
            None => true,
            // Nothing in particular is all of the session, which is more than any part of it.
            Some(limit) if wanted.is_empty() || limit.is_empty() => limit == wanted,
            Some(limit) => wanted.is_subset(limit),
        };
        self.concern(request)
            && within(&self.targets, &request.targets)
            && within(&self.scopes, &request.scopes)
            && (self.signs_in || !request.signs_in)
    }

    fn hold(&self, request: &Request, now: u64) -> bool {
        self.until.is_none_or(|until| now < until)
            && self.session.is_none_or(|session| request.session == Some(session))
    }
}

/// An answer that the user has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) id: u64,
    pub(crate) subject: Subject,
    /// Whether it allows. Otherwise it denies.
    pub(crate) allows: bool,
    pub(crate) limits: Limits,
}

/// Whether a caller may have what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It may.
    Allow {
        by: Basis,
        /// Whether the request counts as use of the session.
        activity: bool,
    },
    /// The user decides.
    Ask(AskedBecause),
    /// It may not.
    Deny(Denial),
}

/// Why a caller is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// It is Abide itself.
    Own,
    /// The administrator allows it.
    Policy,
    /// The user has allowed it: the number of the grant.
    Grant(u64),
}

/// Why a caller is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denial {
    /// The administrator forbids it.
    Policy,
    /// It runs in a container or a sandbox.
    Sandbox,
    /// The user has denied it: the number of the grant.
    Refused(u64),
    /// Its file was replaced while it runs.
    Replaced,
    /// The key is not allowed to have this.
    Key,
}

/// Whether a caller may have what it asks for.
pub(crate) fn decide(
    caller: &Caller,
    request: &Request,
    grants: &[Grant],
    policy: &Policy,
    now: u64,
) -> Decision {
    if policy.forbids(caller) {
        return Decision::Deny(Denial::Policy);
    }
    match caller.kind {
        Kind::Contained => return Decision::Deny(Denial::Sandbox),
        Kind::Own => return Decision::Allow { by: Basis::Own, activity: request.activity },
        _ => {}
    }
    let about = |grant: &&Grant| grant.subject.is(caller);
    let live = |grant: &&Grant| grant.limits.hold(request, now);
    let denied = grants.iter().filter(about).filter(live);
    if let Some(denial) = denied.into_iter().find(|grant| !grant.allows && grant.limits.concern(request)) {
        return Decision::Deny(Denial::Refused(denial.id));
    }
    if policy.allows(caller) {
        return Decision::Allow { by: Basis::Policy, activity: request.activity };
    }
    let allowing = || grants.iter().filter(|grant| grant.allows).filter(about);
    let covering = allowing().filter(live).filter(|grant| grant.limits.cover(request));
    if let Some(grant) = covering.max_by_key(|grant| grant.limits.activity) {
        let activity = request.activity && grant.limits.activity;
        return Decision::Allow { by: Basis::Grant(grant.id), activity };
    }
    if caller.kind == Kind::Key {
        return Decision::Deny(Denial::Key);
    }
    let concerning = || allowing().filter(|grant| grant.limits.concern(request));
    let changed = grants.iter().any(|grant| {
        grant.allows
            && grant.limits.concern(request)
            && grant.subject.was(caller)
            && !grant.subject.is(caller)
    });
    if changed && caller.program.as_ref().is_some_and(|program| program.replaced) {
        return Decision::Deny(Denial::Replaced);
    }
    Decision::Ask(if concerning().any(|grant| live(&grant)) {
        AskedBecause::Wider
    } else if concerning().next().is_some() {
        AskedBecause::Ended
    } else if changed {
        AskedBecause::Changed
    } else {
        AskedBecause::New
    })
}

impl Subject {
    /// Whether the caller is the one.
    fn is(&self, caller: &Caller) -> bool {
        match self {
            Self::Key(name) => caller.kind == Kind::Key && caller.name == *name,
            Self::File { path, stamp, sha256, of_root } => caller.file().is_some_and(|(program, now)| {
                let is_content = sha256.is_some() && *sha256 == caller.sha256;
                !program.contained
                    && program.path == *path
                    && (*stamp == Some(now) || is_content || (*of_root && caller.only_root_writes))
            }),
            Self::Script { path, stamp, sha256 } => caller.script.as_ref().is_some_and(|script| {
                script.path == *path
                    && (script.stamp == *stamp || caller.script_sha256.as_ref() == Some(sha256))
            }),
            Self::Process(process) => caller.kind != Kind::Key && caller.descends_from(*process),
            Self::Terminal(terminal) => caller.kind != Kind::Key && caller.terminal == Some(*terminal),
        }
    }

    /// Whether the caller was the one before its file changed.
    fn was(&self, caller: &Caller) -> bool {
        let shown = |path: &PathBuf| path.to_string_lossy().trim_end_matches(" (deleted)").to_owned();
        match self {
            Self::File { path, .. } => {
                let now = caller.program.as_ref().filter(|_| caller.kind == Kind::Program);
                now.is_some_and(|program| shown(&program.path) == shown(path))
            }
            Self::Script { path, .. } => caller.script.as_ref().is_some_and(|script| script.path == *path),
            _ => false,
        }
    }

    /// Whether the content of a file decides whether the caller is the one.
    pub(crate) fn needs_digest(&self, caller: &Caller) -> bool {
        match self {
            Self::File { stamp, .. } => {
                self.was(caller) && *stamp != caller.program.as_ref().and_then(|p| p.stamp)
            }
            Self::Script { stamp, .. } => {
                self.was(caller) && Some(*stamp) != caller.script.as_ref().map(|script| script.stamp)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
