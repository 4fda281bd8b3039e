//! What a line says.

use serde::{Deserialize, Serialize};

/// The longest text that a line keeps of anything foreign, in characters.
const LONGEST: usize = 256;
/// At most this many resources or audiences are kept.
const MOST: usize = 16;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// Abide has started.
    #[serde(rename = "agent.started")]
    AgentStarted,
    /// Abide has stopped in order.
    #[serde(rename = "agent.stopped")]
    AgentStopped,
    /// A new file begins; `name` is the file that was removed for it, if one was.
    #[serde(rename = "record.rotated")]
    RecordRotated,
    /// The last line was half written when Abide ended; `lost_bytes` were cut off.
    #[serde(rename = "record.resumed")]
    RecordResumed,
    /// The end of the record is not the one that was sealed, or, with the reason `file_gone`, a file has gone while it was written.
    /// Lines are missing or were changed.
    #[serde(rename = "record.broken")]
    RecordBroken,
    /// A program got an access token.
    #[serde(rename = "token.served")]
    TokenServed,
    /// A program got no access token.
    #[serde(rename = "token.refused")]
    TokenRefused,
    /// A program read the claims about the user.
    #[serde(rename = "claims.served")]
    ClaimsServed,
    /// A request was refused before it reached a call.
    #[serde(rename = "request.refused")]
    RequestRefused,
    /// A sign-in has begun.
    #[serde(rename = "sign_in.begun")]
    SignInBegun,
    /// A sign-in brought no session.
    #[serde(rename = "sign_in.failed")]
    SignInFailed,
    /// The browser brought an authorization code that Abide did not ask for.
    #[serde(rename = "sign_in.code_caught")]
    CodeCaught,
    /// A user has signed in.
    #[serde(rename = "session.began")]
    SessionBegan,
    /// New tokens came from the provider.
    #[serde(rename = "session.refreshed")]
    SessionRefreshed,
    /// The provider gave no new tokens.
    #[serde(rename = "session.refresh_failed")]
    RefreshFailed,
    /// The session has ended.
    #[serde(rename = "session.ended")]
    SessionEnded,
    /// The user extended the session.
    #[serde(rename = "session.kept")]
    SessionKept,
    /// “Keep session?” was shown.
    #[serde(rename = "question.asked")]
    QuestionAsked,
    /// It was answered; `reason` is `yes` or `no`.
    #[serde(rename = "question.answered")]
    QuestionAnswered,
    /// It was taken back; `reason` says why.
    #[serde(rename = "question.withdrawn")]
    QuestionWithdrawn,
    /// A client was allowed.
    #[serde(rename = "grant.given")]
    GrantGiven,
    /// A client was revoked.
    #[serde(rename = "grant.revoked")]
    GrantRevoked,
    /// The user answered a question about a program: `reason` is `allowed` or `denied`, `name` for how long or for whom.
    #[serde(rename = "consent.decided")]
    ConsentDecided,
    /// An account was added.
    #[serde(rename = "account.added")]
    AccountAdded,
    /// An account was removed.
    #[serde(rename = "account.removed")]
    AccountRemoved,
    /// The settings of an account were changed.
    #[serde(rename = "settings.changed")]
    SettingsChanged,
    /// The configuration file was read again; `reason` is a code if it was refused.
    #[serde(rename = "config.reloaded")]
    ConfigReloaded,
    /// An event that a newer Abide has written.
    #[serde(other, rename = "unknown")]
    Unknown,
}

impl Event {
    /// Whether lines of this kind are many and alike, so that equal ones within a moment become one line.
    #[must_use]
    pub fn is_frequent(self) -> bool {
        matches!(self, Self::TokenServed | Self::ClaimsServed) || self.is_from_outside()
    }

    /// Whether anyone can cause lines of this kind, any number of times: the first ones of a minute have lines of their own, and the
    /// others are counted.
    #[must_use]
    pub fn is_from_outside(self) -> bool {
        self.is_refusal() || self == Self::CodeCaught
    }

    /// Whether a program was refused something.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::TokenRefused | Self::RequestRefused)
    }
}

/// What a caller is to Abide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// The `abide` command of this user.
    Owner,
    /// A client with a grant.
    Client,
    /// A program of this user without a grant.
    Program,
    /// An unknown program over TCP.
    Unknown,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// What it is to Abide.
    pub kind: CallerKind,
    /// The name of its grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its executable is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    /// The SHA-256 of its executable, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The program that it acts for, or the process that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// What its surroundings call it, as `kind:name`. Not proved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

impl Caller {
    /// A caller of which nothing more is known.
    #[must_use]
    pub fn new(kind: CallerKind) -> Self {
        Self { kind, name: None, program: None, sha256: None, started_by: None, labels: Vec::new() }
    }
}

/// One thing that happened. Holds no token and no key, and no text that a provider or a program wrote beside names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, Unix milliseconds.
    pub time: u64,
    /// What.
    pub event: Event,
    /// The account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The user who is signed in there, as views show them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<Caller>,
    /// What the token is for: resources and audiences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub audience: Vec<String>,
    /// The scopes, separated by spaces: those of the token, or those that were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The fingerprint of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// When the token expires, Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
    /// Why: a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it was about: a client, a call, a file, a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How often the same happened, if more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// When it happened last, Unix milliseconds, if more than once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
    /// So many events before this one could not be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<u64>,
    /// So many bytes of a half-written line were cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_bytes: Option<u64>,
}

impl Entry {
    /// An event, `time` in Unix milliseconds.
    #[must_use]
    pub fn new(time: u64, event: Event) -> Self {
        Self {
            time,
            event,
            account: None,
            user: None,
            caller: None,
            audience: Vec::new(),
            scope: None,
            token: None,
            expires_at: None,
            reason: None,
            name: None,
            times: None,
            until: None,
            missing: None,
            lost_bytes: None,
        }
    }

    /// Whether `other` is the same but for its time.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        self.event == other.event
            && self.token == other.token
            && self.reason == other.reason
            && self.account == other.account
            && self.caller == other.caller
            && self.audience == other.audience
            && self.scope == other.scope
            && (&self.name, &self.user, self.expires_at) == (&other.name, &other.user, other.expires_at)
    }

    /// Counts `other` in this line.
    pub fn count(&mut self, other: &Self) {
        let more = other.times.unwrap_or(1);
        self.times = Some(self.times.unwrap_or(1).saturating_add(more));
        let last = other.until.unwrap_or(other.time);
        self.until = Some(self.until.unwrap_or(self.time).max(last));
    }

    /// Cuts texts that others chose to a length that a line can have.
    pub fn bound(&mut self) {
        let texts = [&mut self.account, &mut self.user, &mut self.scope, &mut self.reason, &mut self.name];
        texts.into_iter().flatten().for_each(cut);
        if let Some(caller) = &mut self.caller {
            [&mut caller.name, &mut caller.program, &mut caller.sha256, &mut caller.started_by]
                .into_iter()
                .flatten()
                .for_each(cut);
            caller.labels.truncate(MOST);
            caller.labels.iter_mut().for_each(cut);
        }
        self.audience.truncate(MOST);
        self.audience.iter_mut().for_each(cut);
    }
}

fn cut(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('\u{2026}');
    }
}
