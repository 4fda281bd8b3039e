//! The record, for people.

use abide_audit::{Caller, CallerKind, Entry, Event, Finding, Line, Report};
use abide_wire::terminal::plain;

use crate::clock::{Clock, day, time_of_day};
use crate::terminal::{Ink, Style};

/// What happened, in two or three words.
fn what(event: Event) -> &'static str {
    match event {
        Event::AgentStarted => "Abide started",
        Event::AgentStopped => "Abide stopped",
        Event::RecordRotated => "new file",
        Event::RecordResumed => "half line cut off",
        Event::RecordBroken => "record broken",
        Event::TokenServed => "token served",
        Event::TokenRefused => "token refused",
        Event::ClaimsServed => "claims served",
        Event::RequestRefused => "request refused",
        Event::SignInBegun => "sign-in started",
        Event::SignInFailed => "sign-in failed",
        Event::CodeCaught => "unasked code caught",
        Event::SessionBegan => "signed in",
        Event::SessionRefreshed => "tokens renewed",
        Event::RefreshFailed => "renewal failed",
        Event::SessionEnded => "session ended",
        Event::SessionKept => "session extended",
        Event::QuestionAsked => "question shown",
        Event::QuestionAnswered => "question answered",
        Event::QuestionWithdrawn => "question closed",
        Event::GrantGiven => "access given",
        Event::GrantRevoked => "access revoked",
        Event::ConsentDecided => "access decided",
        Event::AccountAdded => "account added",
        Event::AccountRemoved => "account removed",
        Event::SettingsChanged => "settings changed",
        Event::ConfigReloaded => "settings reloaded",
        _ => "unknown event",
    }
}

fn is_bad(event: Event) -> bool {
    event.is_refusal()
        || matches!(
            event,
            Event::RecordBroken | Event::SignInFailed | Event::CodeCaught | Event::RefreshFailed
        )
}

fn caller(caller: &Caller) -> String {
    let kind = match caller.kind {
        CallerKind::Owner => "abide",
        CallerKind::Client => "client",
        CallerKind::Program => "program",
        CallerKind::Unknown => "unknown program",
    };
    let name = caller.name.as_deref().unwrap_or(kind);
    match (&caller.program, caller.kind) {
        (Some(program), kind) if kind != CallerKind::Owner => format!("{name} ({program})"),
        _ => name.to_owned(),
    }
}

/// What more is known, in the order in which people ask for it.
fn details(entry: &Entry, clock: Clock) -> Vec<String> {
    let mut details = Vec::new();
    details.extend(entry.caller.as_ref().map(caller));
    details.extend(entry.user.clone());
    details.extend(entry.name.clone());
    if !entry.audience.is_empty() {
        details.push(format!("for {}", entry.audience.join(", ")));
    }
    details.extend(entry.scope.as_ref().map(|scope| format!("[{scope}]")));
    details.extend(entry.reason.clone());
    if let (Some(times), Some(until)) = (entry.times, entry.until) {
        details.push(format!("{times} times until {}", time_of_day(until / 1000, clock)));
    }
    details.extend(entry.missing.map(|missing| format!("{missing} events before this are missing")));
    details.extend(entry.lost_bytes.map(|bytes| format!("{bytes} bytes")));
    details
}

/// A line, with the newline.
pub(crate) fn line(line: &Line, clock: Clock, style: Style) -> String {
    let entry = &line.entry;
    let at = entry.time / 1000;
    let time = format!("{}, {}", day(at, clock), time_of_day(at, clock));
    let event = format!("{:<17}", what(entry.event));
    let event = if is_bad(entry.event) { style.paint(Ink::Amber, &event) } else { event.as_str().into() };
    let account = entry.account.as_deref().unwrap_or("-");
    let details = details(entry, clock).join("  ");
    let text = format!(
        "{}  {event}  {}  {}",
        style.paint(Ink::Dim, &time),
        style.paint(Ink::Bold, &plain(account)),
        plain(&details)
    );
    format!("{}\n", text.trim_end())
}

fn finding(finding: &Finding) -> String {
    match finding {
        Finding::LineChanged { n } => format!("Line {n} was changed."),
        Finding::NotALine { file, line } => {
            format!("{}, line {line} of the file: this is not a line of the record.", plain(file))
        }
        Finding::LinesMissing { from, to } if from == to => format!("Line {from} is missing."),
        Finding::LinesMissing { from, to } => format!("Lines {from} to {to} are missing."),
        Finding::OutOfOrder { n } => format!("Line {n} is in the wrong place."),
        Finding::NotLinked { n } => format!("Line {n} does not belong to the line before it."),
        Finding::NotAsSealed { n } => format!("Line {n} is not the line that Abide wrote."),
        Finding::WrongFile { file } => {
            format!("{}: the file does not begin with the line of its name.", plain(file))
        }
        Finding::BrokenAtStart { n } => {
            format!("Abide found (line {n}) that the record was not as it had left it.")
        }
        _ => "Something else is wrong. Use a newer `abide`.".to_owned(),
    }
}

/// The result of a verification, as a page.
pub(crate) fn report(report: &Report) -> String {
    let mut page = String::new();
    if report.lines == 0 && report.ok {
        page.push_str("Nothing is recorded yet.\n");
    } else if report.ok {
        page.push_str(&format!(
            "The record is as Abide wrote it: lines {} to {}.\n",
            report.first, report.last
        ));
    } else {
        page.push_str("The record is not as Abide wrote it.\n");
        report.findings.iter().for_each(|one| page.push_str(&format!("  {}\n", finding(one))));
        if report.more > 0 {
            page.push_str(&format!("  {} more findings are not listed.\n", report.more));
        }
    }
    if report.sealed.is_none() {
        page.push_str(
            "Abide is not running, so lines that were removed at the end cannot be found. Start Abide and verify again.\n",
        );
    }
    if report.missing > 0 {
        page.push_str(&format!("{} events could not be recorded.\n", report.missing));
    }
    if report.lost_bytes > 0 {
        page.push_str("A line was half written when Abide ended. That is not a sign of a change.\n");
    }
    page
}
