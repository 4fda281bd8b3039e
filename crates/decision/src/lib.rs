//! Whether a caller may have a token: a pure function of the caller, the request, what was granted, the policy and the time.
//!
//! No clock, no I/O: what the system and the user have said is passed in. It fails closed: what nothing covers is asked about
//! or denied, never allowed.
//!
//! What a program says of itself, and what only names it (labels), is in no type of this crate, so it cannot decide anything.

#![forbid(unsafe_code)]

mod caller;
mod policy;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use abide_wire::AskedBecause;
use serde::{Deserialize, Serialize};

pub use caller::{Facts, FileId, Kind, ProcessId, Program, Script, Stamp, Terminal};
pub use policy::{Policy, Rule};

/// One session of one account, by their numbers.
pub type SessionNumber = (u32, u64);

/// What an account is, whatever its name: its provider, and the client that Abide is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The provider's issuer.
    pub issuer: String,
    /// Abide's client there.
    pub client_id: String,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// The account, by its name.
    pub account: String,
    /// The provider and the client of the account.
    pub registration: Registration,
    /// The account's present session.
    pub session: Option<SessionNumber>,
    /// Audiences and resources; empty for the session's own token.
    pub targets: BTreeSet<String>,
    /// Scopes; empty for those of the session.
    pub scopes: BTreeSet<String>,
    /// Whether it is to count as use of the session.
    pub activity: bool,
    /// Whether the user is to sign in again, in a stronger way.
    pub signs_in: bool,
}

/// What a token is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Audiences and resources; empty for the session's own token.
    pub targets: BTreeSet<String>,
    /// Scopes; empty for those of the session.
    pub scopes: BTreeSet<String>,
}

impl Purpose {
    /// What a request asks for.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self { targets: request.targets.clone(), scopes: request.scopes.clone() }
    }

    /// Whether it is all of the other or a part of it.
    #[must_use]
    pub fn is_within(&self, whole: &Self) -> bool {
        is_within(&self.targets, &whole.targets) && is_within(&self.scopes, &whole.scopes)
    }
}

/// An empty set means all of the session. It is within another empty set only.
fn is_within(part: &BTreeSet<String>, whole: &BTreeSet<String>) -> bool {
    part.is_empty() == whole.is_empty() && part.is_subset(whole)
}

/// Whom a grant is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The holder of a client key, by its name.
    Key(String),
    /// A program.
    File {
        /// Where its file was when it was allowed.
        path: PathBuf,
        /// The file as it was then.
        stamp: Option<Stamp>,
        /// The digest of its content; `None` for a grant of an earlier version.
        sha256: Option<String>,
        /// Only root could write to it when it was allowed: an update by the package manager is the same program.
        of_root: bool,
    },
    /// A script of an interpreter.
    Script {
        /// Where it was when it was allowed.
        path: PathBuf,
        /// The file as it was then.
        stamp: Stamp,
        /// The digest of its content.
        sha256: String,
    },
    /// The pages of an origin, in one browser.
    Page {
        /// The origin, as browsers write it.
        origin: String,
        /// Where the browser's file was when it was allowed.
        path: PathBuf,
        /// The file as it was then.
        stamp: Stamp,
        /// Only root could write to it: an update by the package manager is the same browser.
        of_root: bool,
    },
    /// A process and what descends from it.
    Process(ProcessId),
    /// What runs in a terminal.
    Terminal(Terminal),
}

/// What a grant is limited to. What is absent is not limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The accounts as they were when it was given: one that has another provider or client now is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<BTreeMap<String, Registration>>,
    /// Audiences and resources; an empty set is the session's own token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub targets: Option<BTreeSet<String>>,
    /// Scopes; an empty set is those of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<BTreeSet<String>>,
    /// What was asked for when the user allowed only a part of it. The same request gets that part without another question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrowed_from: Option<Purpose>,
    /// Whether its requests count as use of the session.
    #[serde(default = "yes")]
    pub activity: bool,
    /// Whether it may have the user sign in again.
    #[serde(default = "yes")]
    pub signs_in: bool,
    /// When it ends, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// The session with which it ends.
    #[serde(skip)]
    pub session: Option<SessionNumber>,
}

fn yes() -> bool {
    true
}

impl Limits {
    /// No limits: what `abide clients allow` gives.
    pub const NONE: Self = Self {
        account: None,
        registered: None,
        targets: None,
        scopes: None,
        narrowed_from: None,
        activity: true,
        signs_in: true,
        until: None,
        session: None,
    };

    /// Exactly what a request asks for.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            account: Some(request.account.clone()),
            registered: Some(BTreeMap::from([(request.account.clone(), request.registration.clone())])),
            targets: Some(request.targets.clone()),
            scopes: Some(request.scopes.clone()),
            narrowed_from: None,
            activity: true,
            signs_in: request.signs_in,
            until: None,
            session: None,
        }
    }

    /// A part of what a request asks for; `None` if it is not a part.
    #[must_use]
    pub fn part_of(request: &Request, part: &Purpose) -> Option<Self> {
        let whole = Purpose::of(request);
        part.is_within(&whole).then(|| Self {
            targets: Some(part.targets.clone()),
            scopes: Some(part.scopes.clone()),
            narrowed_from: (*part != whole).then_some(whole),
            ..Self::of(request)
        })
    }

    fn concern(&self, request: &Request) -> bool {
        let as_registered =
            |known: &BTreeMap<_, _>| known.get(&request.account) == Some(&request.registration);
        self.name(request) && self.registered.as_ref().is_none_or(as_registered)
    }

    /// Whether the account has the name of one that it is about.
    fn name(&self, request: &Request) -> bool {
        self.account.as_ref().is_none_or(|account| *account == request.account)
    }

    /// Whether the account has the name of one that it is about, and is another one now.
    fn concerned(&self, request: &Request) -> bool {
        let known = self.registered.as_ref().and_then(|known| known.get(&request.account));
        self.name(request) && known.is_some_and(|known| *known != request.registration)
    }

    fn cover(&self, request: &Request) -> bool {
        let within = |limit: &Option<BTreeSet<String>>, wanted| {
            limit.as_ref().is_none_or(|limit| is_within(wanted, limit))
        };
        self.concern(request)
            && within(&self.targets, &request.targets)
            && within(&self.scopes, &request.scopes)
            && (self.signs_in || !request.signs_in)
    }

    /// Whether both are about the same account and have something in common: an API or the session's own token, and a scope.
    #[must_use]
    pub fn meet(&self, other: &Self) -> bool {
        let share = |one: &BTreeSet<String>, other: &BTreeSet<String>| !one.is_disjoint(other);
        let same_account = match (&self.account, &other.account) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let same_registration = match (&self.registered, &other.registered) {
            (Some(one), Some(other)) => one.iter().any(|(name, known)| other.get(name) == Some(known)),
            _ => true,
        };
        let same_target = match (&self.targets, &other.targets) {
            // The session's own token is for no API.
            (Some(one), Some(other)) => (one.is_empty() && other.is_empty()) || share(one, other),
            _ => true,
        };
        let same_scope = match (&self.scopes, &other.scopes) {
            // No scopes are all of the session.
            (Some(one), Some(other)) => one.is_empty() || other.is_empty() || share(one, other),
            _ => true,
        };
        same_account && same_registration && same_target && same_scope
    }

    /// The part of a request that the user has left of the same request.
    fn part(&self, request: &Request) -> Option<Purpose> {
        let whole = self.narrowed_from.as_ref().filter(|whole| **whole == Purpose::of(request))?;
        let part = Purpose { targets: self.targets.clone()?, scopes: self.scopes.clone()? };
        let may = self.concern(request) && (self.signs_in || !request.signs_in);
        (may && part.is_within(whole)).then_some(part)
    }

    fn hold(&self, request: &Request, now: u64) -> bool {
        self.until.is_none_or(|until| now < until)
            && self.session.is_none_or(|session| request.session == Some(session))
    }
}

/// An answer that the user has given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its number.
    pub id: u64,
    /// Whom it is about.
    pub subject: Subject,
    /// Whether it allows. Otherwise it denies.
    pub allows: bool,
    /// What it is limited to.
    pub limits: Limits,
}

/// Whether a caller may have what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allow {
        /// Why.
        by: Basis,
        /// Whether the request counts as use of the session.
        activity: bool,
        /// Which part of the request, where the user has allowed only a part.
        only: Option<Purpose>,
    },
    /// The user decides.
    Ask(AskedBecause),
    /// It may not.
    Deny(Denial),
}

/// Why a caller is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It is Abide itself.
    Own,
    /// The administrator allows it.
    Policy,
    /// The user has allowed it: the number of the grant.
    Grant(u64),
}

/// Why a caller is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// The administrator forbids it.
    Policy,
    /// The administrator forbids programs, and whether it is one of them cannot be found out.
    Unchecked,
    /// More processes stand between it and what has started it than are looked at.
    TooDeep,
    /// It runs in a container or a sandbox.
    Sandbox,
    /// The user has denied it: the number of the grant.
    Refused(u64),
    /// Its file was replaced while it runs.
    Replaced,
    /// The key is not allowed to have this.
    Key,
}

fn whole(by: Basis, activity: bool) -> Decision {
    Decision::Allow { by, activity, only: None }
}

/// Whether a caller may have what it asks for.
#[must_use]
pub fn decide(caller: &Facts, request: &Request, grants: &[Grant], policy: &Policy, now: u64) -> Decision {
    if policy.forbids(caller) {
        return Decision::Deny(Denial::Policy);
    }
    match caller.kind {
        Kind::Contained => return Decision::Deny(Denial::Sandbox),
        Kind::Own => return whole(Basis::Own, request.activity),
        _ => {}
    }
    if policy.cannot_judge(caller) {
        return Decision::Deny(Denial::Unchecked);
    }
    // What was denied to one of them would be allowed.
    if caller.ancestry_cut {
        return Decision::Deny(Denial::TooDeep);
    }
    let about = || grants.iter().filter(|grant| grant.subject.is(caller));
    let wanted = Limits::of(request);
    let denies =
        |grant: &&Grant| !grant.allows && grant.limits.hold(request, now) && grant.limits.meet(&wanted);
    if let Some(denial) = about().find(denies) {
        return Decision::Deny(Denial::Refused(denial.id));
    }
    if policy.allows(caller) {
        return whole(Basis::Policy, request.activity);
    }
    let allowing: Vec<&Grant> = about().filter(|grant| grant.allows).collect();
    if let Some(allowed) = granted(&allowing, request, now) {
        return allowed;
    }
    if caller.kind == Kind::Key {
        return Decision::Deny(Denial::Key);
    }
    let changed = grants.iter().any(|grant| grant.has_changed(caller, request));
    if changed && caller.program.as_ref().is_some_and(|program| program.replaced) {
        return Decision::Deny(Denial::Replaced);
    }
    let other_account = allowing.iter().any(|grant| grant.limits.concerned(request));
    let concerning: Vec<&Grant> =
        allowing.into_iter().filter(|grant| grant.limits.concern(request)).collect();
    Decision::Ask(if concerning.iter().any(|grant| grant.limits.hold(request, now)) {
        AskedBecause::Wider
    } else if !concerning.is_empty() {
        AskedBecause::Ended
    } else if changed {
        AskedBecause::Changed
    } else if other_account {
        AskedBecause::AccountChanged
    } else {
        AskedBecause::New
    })
}

/// What the grants to the caller allow of a request: all of it, or the part that the user has left.
fn granted(allowing: &[&Grant], request: &Request, now: u64) -> Option<Decision> {
    let live = || allowing.iter().filter(|grant| grant.limits.hold(request, now));
    let covering = live().filter(|grant| grant.limits.cover(request));
    if let Some(grant) = covering.max_by_key(|grant| grant.limits.activity) {
        return Some(whole(Basis::Grant(grant.id), request.activity && grant.limits.activity));
    }
    let (grant, part) = live().find_map(|grant| Some((grant, grant.limits.part(request)?)))?;
    let activity = request.activity && grant.limits.activity;
    Some(Decision::Allow { by: Basis::Grant(grant.id), activity, only: Some(part) })
}

impl Grant {
    /// Whether it would be about the caller if its file were still the same.
    fn has_changed(&self, caller: &Facts, request: &Request) -> bool {
        let subject = &self.subject;
        self.allows && self.limits.concern(request) && subject.was(caller) && !subject.is(caller)
    }
}

impl Subject {
    /// Whether the caller is the one.
    fn is(&self, caller: &Facts) -> bool {
        match self {
            Self::Key(name) => caller.kind == Kind::Key && caller.name == *name,
            Self::File { path, stamp, sha256, of_root } => caller.file().is_some_and(|(program, now)| {
                let is_content = sha256.is_some() && *sha256 == caller.sha256;
                !program.contained
                    && program.path == *path
                    && (*stamp == Some(now) || is_content || (*of_root && caller.only_root_writes))
            }),
            // A program that has mapped a file changes its content without a new time, so only the content counts.
            Self::Script { path, sha256, .. } => caller
                .script
                .as_ref()
                .is_some_and(|script| script.path == *path && caller.script_sha256.as_ref() == Some(sha256)),
            Self::Page { origin, path, stamp, of_root } => caller.browser().is_some_and(|(program, now)| {
                caller.name == *origin
                    && program.path == *path
                    && (*stamp == now || (*of_root && caller.only_root_writes))
            }),
            Self::Process(process) => caller.is_a_process() && caller.descends_from(*process),
            Self::Terminal(terminal) => caller.is_a_process() && caller.terminal == Some(*terminal),
        }
    }

    /// Whether the caller was the one before its file changed.
    fn was(&self, caller: &Facts) -> bool {
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
    #[must_use]
    pub fn needs_digest(&self, caller: &Facts) -> bool {
        match self {
            Self::File { stamp, .. } => {
                self.was(caller) && *stamp != caller.program.as_ref().and_then(|p| p.stamp)
            }
            Self::Script { .. } => self.was(caller),
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
