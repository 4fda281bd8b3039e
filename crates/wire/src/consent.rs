//! Consent: which program asks for a token, how it can be answered, and which answers hold now.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the asking program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// A program whose file is known.
    Program,
    /// A program that runs what others have written: Python, Node, a shell with a script.
    Interpreter,
    /// A person at a terminal.
    Terminal,
    /// A program that passes on what others send: the one behind it is not known.
    Forwarder,
    /// A process that the system started and whose origin is not known.
    Background,
    /// A process that cannot be looked at.
    Unknown,
}

/// For how long and for whom an answer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// For this request.
    Once,
    /// For this process and what it starts, until it ends.
    Run,
    /// For everything in this terminal, until it is closed.
    Terminal,
    /// For everything that the agent or editor behind the request starts, until it ends.
    Agent,
    /// For this program, until the session ends.
    Session,
    /// For this script as it is now, for one target, 30 days at most.
    Script,
    /// For this program as it is now, until it is revoked.
    Always,
}

impl Span {
    /// All of them, the narrowest first.
    pub const ALL: [Self; 7] =
        [Self::Once, Self::Run, Self::Terminal, Self::Agent, Self::Session, Self::Script, Self::Always];

    /// The word in the local API and at the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Run => "run",
            Self::Terminal => "terminal",
            Self::Agent => "agent",
            Self::Session => "session",
            Self::Script => "script",
            Self::Always => "always",
        }
    }

    /// The ends that such an answer can have, the usual one first. An end only shortens: what ends with a process, a terminal or
    /// a session still does.
    #[must_use]
    pub fn ends(self) -> &'static [Until] {
        match self {
            Self::Once => &[],
            Self::Run | Self::Terminal | Self::Agent | Self::Session => {
                &[Until::Session, Until::EightHours, Until::OneHour]
            }
            Self::Script => &[Until::ThirtyDays, Until::EightHours, Until::OneHour],
            Self::Always => &[Until::Revoked, Until::ThirtyDays, Until::EightHours, Until::OneHour],
        }
    }
}

/// When an answer ends at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Until {
    /// With the account's session.
    #[serde(rename = "session")]
    Session,
    /// After an hour.
    #[serde(rename = "1h")]
    OneHour,
    /// After eight hours.
    #[serde(rename = "8h")]
    EightHours,
    /// After 30 days.
    #[serde(rename = "30d")]
    ThirtyDays,
    /// When the user revokes it.
    #[serde(rename = "revoked")]
    Revoked,
}

impl Until {
    /// All of them, the shortest time first.
    pub const ALL: [Self; 5] =
        [Self::OneHour, Self::EightHours, Self::Session, Self::ThirtyDays, Self::Revoked];

    /// The word in the local API and at the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::OneHour => "1h",
            Self::EightHours => "8h",
            Self::ThirtyDays => "30d",
            Self::Revoked => "revoked",
        }
    }

    /// For how many seconds the answer holds; `None` where no time ends it.
    #[must_use]
    pub fn seconds(self) -> Option<u64> {
        match self {
            Self::OneHour => Some(60 * 60),
            Self::EightHours => Some(8 * 60 * 60),
            Self::ThirtyDays => Some(30 * 24 * 60 * 60),
            Self::Session | Self::Revoked => None,
        }
    }
}

/// What a label is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// The identifier of a Flatpak app.
    Flatpak,
    /// The name of a snap.
    Snap,
    /// The name of the app in the desktop's menu.
    DesktopEntry,
    /// The package that has put the file there.
    Package,
    /// A coding agent, by the variables that it sets for what it starts.
    CodingAgent,
    /// The systemd unit.
    Unit,
    /// The control group, where there is no unit.
    Cgroup,
}

impl LabelKind {
    /// The word in the record and at the terminal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flatpak => "flatpak",
            Self::Snap => "snap",
            Self::DesktopEntry => "desktop_entry",
            Self::Package => "package",
            Self::CodingAgent => "coding_agent",
            Self::Unit => "unit",
            Self::Cgroup => "cgroup",
        }
    }
}

/// A name that the surroundings of a program give it. Every program of the user can have any label: none proves anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Label {
    /// What it is about.
    pub kind: LabelKind,
    /// The name.
    pub name: String,
}

impl Label {
    /// As people read it: `Flatpak org.example.App`.
    #[must_use]
    pub fn in_words(&self) -> String {
        let kind = match self.kind {
            LabelKind::Flatpak => "Flatpak",
            LabelKind::Snap => "snap",
            LabelKind::DesktopEntry => "app",
            LabelKind::Package => "package",
            LabelKind::CodingAgent => "started by",
            LabelKind::Unit => "unit",
            LabelKind::Cgroup => "cgroup",
        };
        format!("{kind} {}", self.name)
    }
}

/// Labels as people read them, in one line.
#[must_use]
pub fn labels_in_words(labels: &[Label]) -> String {
    labels.iter().map(Label::in_words).collect::<Vec<_>>().join(", ")
}

/// Why a program is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AskedBecause {
    /// It has asked for the first time.
    New,
    /// Its file is another one than the one that was allowed.
    Changed,
    /// It asks for more than it was allowed.
    Wider,
    /// What was allowed has ended.
    Ended,
    /// The account has another provider or client than when it was allowed.
    AccountChanged,
}

/// A program waits for the user's answer. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConsentQuestion {
    /// Which question this is: an answer names it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: u64,
    /// What asks.
    pub kind: CallerKind,
    /// The program's name.
    pub program: String,
    /// Where its file is.
    pub path: Option<String>,
    /// The SHA-256 of its file, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What it says it runs. Not proved.
    pub command: Option<String>,
    /// The script that an interpreter says it runs. Not proved.
    pub script: Option<String>,
    /// The programs that started it, the nearest first. Not proved.
    pub started_by: Vec<String>,
    /// What its surroundings call it. Not proved.
    pub labels: Vec<Label>,
    /// The program that *this agent* means.
    pub agent: Option<String>,
    /// The terminal that it runs in.
    pub terminal: Option<String>,
    /// The account.
    pub account: String,
    /// The provider as people would name it.
    pub provider: String,
    /// The APIs that the token is for; empty for the session's own token.
    pub targets: Vec<String>,
    /// The scopes that were asked for; empty for those of the session.
    pub scopes: Vec<String>,
    /// Whether it wants the user to sign in again, in a stronger way.
    pub signs_in: bool,
    /// What the program gives as its reason. Not proved.
    pub reason: Option<String>,
    /// Why the user is asked.
    pub because: AskedBecause,
    /// The answers that are offered, the narrowest first.
    pub spans: Vec<Span>,
    /// The ends that each of them can have, the usual one first.
    pub ends: BTreeMap<Span, Vec<Until>>,
    /// How many requests wait for this answer.
    pub waiting: u32,
    /// The other open questions of the same run of the same program, with the same answers: one answer can be for all of them.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number[]"))]
    pub others: Vec<u64>,
    /// When it was asked, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub asked_at: u64,
}

/// An answer that holds now and ends by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LiveGrant {
    /// Which one this is.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: u64,
    /// The program, terminal or agent.
    pub program: String,
    /// The account.
    pub account: String,
    /// The APIs; empty for the session's own token.
    pub targets: Vec<String>,
    /// The scopes; empty for those of the session.
    pub scopes: Vec<String>,
    /// How long it holds.
    pub span: Span,
    /// When it ends at the latest, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub until: Option<u64>,
    /// What the surroundings of the program called it when it was asked about. Not proved.
    pub labels: Vec<Label>,
    /// Whether it allows. Otherwise it denies.
    pub allows: bool,
    /// How many tokens were handed out under it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub tokens: u64,
    /// Since when, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub since: u64,
    /// When a token was handed out under it last, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub last_used: Option<u64>,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ConsentAnswer {
    /// Allow, or deny.
    pub allow: bool,
    /// For how long and for whom.
    pub span: Span,
    /// When it ends at the latest: one of the ends that are offered. Without it, the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub until: Option<Until>,
    /// The APIs that are allowed, of those that were asked for. Without them, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub targets: Option<Vec<String>>,
    /// The scopes that are allowed, of those that were asked for. Without them, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub scopes: Option<Vec<String>>,
    /// Those of the question's `others` that this answer is for as well, each with all that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<Vec<u32>>"))]
    pub others: Vec<u64>,
}

impl ConsentAnswer {
    /// The answer to all that was asked for, with the usual end.
    #[must_use]
    pub fn new(allow: bool, span: Span) -> Self {
        Self { allow, span, until: None, targets: None, scopes: None, others: Vec::new() }
    }
}

/// The answer of `GET /v1/consents`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Consents {
    /// The open questions, the oldest first.
    pub questions: Vec<ConsentQuestion>,
    /// The answers that hold now and end by themselves.
    pub grants: Vec<LiveGrant>,
}

/// What a scope means, for people. A scope that is not known is shown as it is.
#[must_use]
pub fn scope_in_words(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "openid" => "know who you are",
        "profile" => "see your name",
        "email" => "see your email address",
        "phone" => "see your telephone number",
        "address" => "see your address",
        "offline_access" => "stay signed in",
        "groups" | "roles" => "see your groups",
        _ => return None,
    })
}
