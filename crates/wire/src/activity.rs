//! The record for the window: some of its lines, the counts of a day, verification, export. No type here can contain a token, nor the
//! fingerprint of one.

use serde::{Deserialize, Serialize};

/// What a line of the record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActivityKind {
    /// Tokens and claims that programs received.
    Tokens,
    /// What programs were refused.
    Refusals,
    /// Sign-ins, renewals and ends.
    Sessions,
    /// Questions to the user and their answers.
    Questions,
    /// Changes of grants, accounts and settings.
    Changes,
    /// Abide itself: its start, its end, the files of the record.
    Abide,
}

/// Which lines of the record are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ActivityQuery {
    /// From this time on, Unix milliseconds; `null` for the beginning of the record.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub from: Option<u64>,
    /// Before this time, Unix milliseconds; `null` for no end.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub to: Option<u64>,
    /// Before the line with this number; `null` for the newest ones.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub before: Option<u64>,
    /// About one of these; empty for everything.
    pub kinds: Vec<ActivityKind>,
    /// About this account.
    pub account: Option<String>,
    /// Words that the line contains, in upper or lower case.
    pub text: String,
}

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityCaller {
    /// What it is to Abide: `owner`, `client`, `program`, `unknown`.
    pub kind: String,
    /// The name of its grant.
    pub name: Option<String>,
    /// Where its executable is.
    pub program: Option<String>,
    /// The SHA-256 of its executable, in hexadecimal digits.
    pub sha256: Option<String>,
    /// The program that started it.
    pub started_by: Option<String>,
    /// What its surroundings call it, as `kind:name`. Not proved.
    pub labels: Vec<String>,
}

/// A line of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityLine {
    /// Its number.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub n: u64,
    /// When, Unix milliseconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub time: u64,
    /// What happened: a stable code such as `token.served`.
    pub event: String,
    /// What it is about.
    pub kind: ActivityKind,
    /// The account.
    pub account: Option<String>,
    /// The user who is signed in there.
    pub user: Option<String>,
    /// Who asked.
    pub caller: Option<ActivityCaller>,
    /// What the token is for.
    pub audience: Vec<String>,
    /// The scopes, separated by spaces.
    pub scope: Option<String>,
    /// Why: a stable code.
    pub reason: Option<String>,
    /// What it was about: a client, a call, a file, a version.
    pub name: Option<String>,
    /// How often the same happened.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub times: u64,
    /// When it happened last, Unix milliseconds, if more than once.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub until: Option<u64>,
    /// So many events before this one could not be recorded.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub missing: u64,
}

/// Some lines of the record, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityPage {
    /// The lines.
    pub lines: Vec<ActivityLine>,
    /// Where to continue ([`ActivityQuery::before`]); `null` at the beginning of the record.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub next: Option<u64>,
    /// The time of the oldest line that was looked at, Unix milliseconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub reached: Option<u64>,
    /// Lines that were left out because they are not as Abide wrote them.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub unread: u64,
}

/// The counts of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityHour {
    /// Requests that received a token or claims.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub served: u64,
    /// Requests that were refused.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub refused: u64,
    /// New tokens from the provider.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub renewed: u64,
    /// Sessions that began.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub began: u64,
    /// Sessions that ended.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub ended: u64,
}

/// The counts of a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActivityDay {
    /// The hours from its beginning on: 24, or 23 or 25 where the clocks change.
    pub hours: Vec<ActivityHour>,
    /// The time of the first line that is kept, Unix milliseconds; `null` for an empty record.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub oldest: Option<u64>,
}

/// Something in the record that is not as Abide wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordFinding {
    /// What: a stable code.
    pub code: String,
    /// The number of the line, or of the first one.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub line: Option<u64>,
    /// The number of the last line.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub to: Option<u64>,
    /// The file.
    pub file: Option<String>,
}

/// The result of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordReport {
    /// Whether the record is as Abide wrote it.
    pub ok: bool,
    /// How many lines there are.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lines: u64,
    /// The number of the first line.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub first: u64,
    /// The number of the last line.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub last: u64,
    /// Events that could not be recorded.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub missing: u64,
    /// What does not fit, at most 100.
    pub findings: Vec<RecordFinding>,
    /// Findings that are not listed.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub more: u64,
}

/// A copy of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct RecordExport {
    /// The file.
    pub file: String,
    /// How many lines it has.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub lines: u64,
    /// Lines that were left out because they are not as Abide wrote them.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub unread: u64,
}
