//! The user's answer: what can be answered to a question, and the grant that an answer gives. Pure.

use std::collections::BTreeSet;

use abide_decision::{Limits, Purpose, Request, Subject};
use abide_wire::{ConsentAnswer, ErrorAnswer, Label, Span, Until};

use super::case::{no_such_end, not_a_part};
use super::queue::Asked;
use crate::grants::Given;
use crate::identity::{Caller, Kind};
use crate::platform::program::ProcessId;

/// The answers that are offered, the narrowest first. For a job that is the job: its program asks for each token anew.
pub(super) fn spans(caller: &Caller, request: &Request, job: Option<ProcessId>) -> Vec<Span> {
    let offered = |span: &Span| match span {
        Span::Once => job.is_none(),
        Span::Run if job.is_some() => true,
        // What comes over its input can be from anywhere: it is not the person at the terminal.
        span if caller.on_input && *span != Span::Run => false,
        span => {
            subject(caller, *span).is_some()
                && match span {
                    Span::Session => request.session.is_some(),
                    Span::Script => request.targets.len() <= 1,
                    _ => true,
                }
        }
    };
    Span::ALL.into_iter().filter(offered).collect()
}

/// Whom an answer is about.
fn subject(caller: &Caller, span: Span) -> Option<Subject> {
    let file = || {
        let (program, stamp) = caller.file()?;
        let path = program.path.clone();
        let of_root = caller.only_root_writes;
        (!program.replaced).then(|| Subject::File {
            path,
            stamp: Some(stamp),
            sha256: caller.sha256.clone(),
            of_root,
        })
    };
    if caller.kind == Kind::Page {
        let (program, stamp) = caller.browser().filter(|_| matches!(span, Span::Session | Span::Always))?;
        let (origin, path) = (caller.name.clone(), program.path.clone());
        return Some(Subject::Page { origin, path, stamp, of_root: caller.only_root_writes });
    }
    match span {
        Span::Once => None,
        Span::Run => {
            let lasts = matches!(caller.kind, Kind::Program | Kind::Interpreter | Kind::Forwarder);
            caller.process.filter(|_| lasts).map(Subject::Process)
        }
        Span::Terminal => caller.terminal.filter(|_| caller.kind != Kind::Forwarder).map(Subject::Terminal),
        Span::Agent => {
            let agent = caller.agent.as_ref().filter(|_| caller.kind != Kind::Forwarder)?;
            Some(Subject::Process(agent.0))
        }
        Span::Session => file(),
        Span::Script => {
            let (script, sha256) = (caller.script.as_ref()?, caller.script_sha256.clone()?);
            Some(Subject::Script { path: script.path.clone(), stamp: script.stamp, sha256 })
        }
        Span::Always => file().filter(|_| caller.sha256.is_some()),
    }
}

/// When an answer ends; `None` for one that is given once.
pub(super) fn end(answer: &ConsentAnswer) -> Result<Option<Until>, ErrorAnswer> {
    let offered = answer.span.ends();
    match answer.until {
        None => Ok(offered.first().copied()),
        Some(until) if offered.contains(&until) => Ok(Some(until)),
        Some(until) => Err(no_such_end(until, offered)),
    }
}

/// The part of a request that an answer allows; `None` for all of it. A denial is about all of it.
pub(super) fn part(request: &Request, answer: &ConsentAnswer) -> Result<Option<Purpose>, ErrorAnswer> {
    let set = |chosen: &Option<Vec<String>>, all: &BTreeSet<String>| match chosen {
        Some(chosen) if answer.allow => chosen.iter().cloned().collect(),
        _ => all.clone(),
    };
    let whole = Purpose::of(request);
    let part =
        Purpose { targets: set(&answer.targets, &whole.targets), scopes: set(&answer.scopes, &whole.scopes) };
    if !part.is_within(&whole) {
        return Err(not_a_part());
    }
    Ok((part != whole).then_some(part))
}

/// What an answer gives or denies: what was shown, or the part of it that the user has chosen.
pub(super) fn given(
    asked: &Asked,
    answer: &ConsentAnswer,
    end: Option<Until>,
    part: Option<&Purpose>,
    now: u64,
) -> Option<Given> {
    let (caller, request, span) = (&asked.caller, &asked.request, answer.span);
    let limits = match part {
        Some(part) => Limits::part_of(request, part)?,
        None => Limits::of(request),
    };
    let session = match span {
        Span::Run | Span::Terminal | Span::Agent | Span::Session => request.session,
        Span::Once | Span::Script | Span::Always => None,
    };
    let until = end.and_then(Until::seconds).map(|seconds| now + seconds);
    let limits = Limits { session, until, ..limits };
    let label = match (span, &caller.agent, &caller.script) {
        (Span::Agent, Some((_, name)), _) => name.clone(),
        (Span::Script, _, Some(script)) => {
            script.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
        // In a name of a grant: localhost-5173.
        (Span::Always, ..) if caller.kind == Kind::Page => {
            caller.name.split_once("://").map_or("", |(_, host)| host).replace(':', "-")
        }
        _ => caller.name.clone(),
    };
    let subject = match (span, asked.job) {
        (Span::Once, _) => Subject::Key(String::new()),
        (Span::Run, Some(job)) => Subject::Process(job),
        _ => subject(caller, span)?,
    };
    let labels = asked.labels.clone();
    Some(Given { subject, allows: answer.allow, span, limits, label, labels, from: None })
}

/// Labels as the record has them.
pub(super) fn recorded(labels: &[Label]) -> Vec<String> {
    labels.iter().map(|label| format!("{}:{}", label.kind.as_str(), label.name)).collect()
}

/// Several words as the record has them.
pub(super) fn in_one(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}
