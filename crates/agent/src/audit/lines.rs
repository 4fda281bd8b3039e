//! Lines of the record as the window shows them.

use abide_audit::{Caller, Event, Finding, Line, Report};
use abide_wire::activity::{ActivityCaller, ActivityKind, ActivityLine, RecordFinding, RecordReport};
use serde::Serialize;

/// What an event is about.
pub(super) fn kind_of(event: Event) -> ActivityKind {
    match event {
        Event::TokenServed | Event::ClaimsServed => ActivityKind::Tokens,
        Event::TokenRefused | Event::RequestRefused => ActivityKind::Refusals,
        Event::SignInBegun
        | Event::SignInFailed
        | Event::CodeCaught
        | Event::SessionBegan
        | Event::SessionRefreshed
        | Event::RefreshFailed
        | Event::SessionEnded
        | Event::SessionKept => ActivityKind::Sessions,
        Event::QuestionAsked | Event::QuestionAnswered | Event::QuestionWithdrawn | Event::ConsentDecided => {
            ActivityKind::Questions
        }
        Event::GrantGiven
        | Event::GrantRevoked
        | Event::AccountAdded
        | Event::AccountRemoved
        | Event::SettingsChanged
        | Event::ConfigReloaded => ActivityKind::Changes,
        _ => ActivityKind::Abide,
    }
}

/// The word for a value that is written as a text.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        _ => "unknown".to_owned(),
    }
}

fn caller(caller: &Caller) -> ActivityCaller {
    ActivityCaller {
        kind: word(&caller.kind),
        name: caller.name.clone(),
        program: caller.program.clone(),
        sha256: caller.sha256.clone(),
        started_by: caller.started_by.clone(),
        labels: caller.labels.clone(),
    }
}

/// A line, without the fingerprint of its token.
pub(super) fn shown(line: &Line) -> ActivityLine {
    let entry = &line.entry;
    ActivityLine {
        n: line.n,
        time: entry.time,
        event: word(&entry.event),
        kind: kind_of(entry.event),
        account: entry.account.clone(),
        user: entry.user.clone(),
        caller: entry.caller.as_ref().map(caller),
        audience: entry.audience.clone(),
        scope: entry.scope.clone(),
        reason: entry.reason.clone(),
        name: entry.name.clone(),
        times: entry.times.unwrap_or(1),
        until: entry.until,
        missing: entry.missing.unwrap_or(0),
    }
}

fn finding(finding: &Finding) -> RecordFinding {
    let (line, to, file) = match finding {
        Finding::LineChanged { n }
        | Finding::OutOfOrder { n }
        | Finding::NotLinked { n }
        | Finding::NotAsSealed { n }
        | Finding::BrokenAtStart { n } => (Some(*n), None, None),
        Finding::NotALine { file, line } => (Some(*line), None, Some(file.clone())),
        Finding::LinesMissing { from, to } => (Some(*from), Some(*to), None),
        Finding::WrongFile { file } => (None, None, Some(file.clone())),
        _ => (None, None, None),
    };
    let code = serde_json::to_value(finding).ok();
    let code = code.as_ref().and_then(|value| value["code"].as_str()).unwrap_or("unknown").to_owned();
    RecordFinding { code, line, to, file }
}

/// The result of a verification.
pub(super) fn report(report: &Report) -> RecordReport {
    RecordReport {
        ok: report.ok,
        lines: report.lines,
        first: report.first,
        last: report.last,
        missing: report.missing,
        findings: report.findings.iter().map(finding).collect(),
        more: report.more,
    }
}
