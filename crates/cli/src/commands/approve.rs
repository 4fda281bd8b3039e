//! `abide approve`: the user answers at a terminal which programs may have tokens.

use abide_wire::consent::{labels_in_words, scope_in_words};
use abide_wire::terminal::plain;
use abide_wire::{
    AskedBecause, CallerKind, ConsentAnswer, ConsentQuestion, Consents, LiveGrant, Span, Until,
};

use super::table::table;
use crate::arguments::parse::Approval;
use crate::clock::moment;
use crate::failure::Failure;
use crate::http::Answer;
use crate::io::Io;

/// How long the agent holds a call until there is a question, in seconds.
const WAIT: u64 = 20;

pub(super) fn approve(io: &mut Io<'_>, approval: &Approval, json: bool) -> Result<(), Failure> {
    if let Some(grant) = approval.stop {
        io.endpoint()?.call("DELETE", &format!("/v1/grants/{grant}"))?;
        return io.say("That answer holds no longer.\n");
    }
    let (answer, open) = open(io, approval)?;
    if json {
        return io.pass_on(&answer);
    }
    if approval.list {
        return list(io, &open);
    }
    if let Some(answer) = &approval.answer {
        let question = the_one(approval.question, &open)?;
        let others = if approval.others { question.others.clone() } else { Vec::new() };
        return give(io, question, &ConsentAnswer { others, ..answer.clone() });
    }
    let asked: Vec<&ConsentQuestion> = open
        .questions
        .iter()
        .filter(|question| approval.question.is_none_or(|id| id == question.id))
        .collect();
    if asked.is_empty() {
        return io.say("No program waits for your answer.\n");
    }
    let mut answered = Vec::new();
    for question in asked {
        if !answered.contains(&question.id) {
            answered.extend(ask(io, question)?);
        }
    }
    Ok(())
}

/// The open questions; waits for one if that is wanted.
fn open(io: &mut Io<'_>, approval: &Approval) -> Result<(Answer, Consents), Failure> {
    if !approval.wait {
        let answer = io.endpoint()?.call("GET", "/v1/consents")?;
        let open = answer.json()?;
        return Ok((answer, open));
    }
    io.tell("Waiting for a program to ask. Ctrl-C ends it.\n");
    loop {
        let answer = io.endpoint()?.call("GET", &format!("/v1/consents?wait={WAIT}"))?;
        let open: Consents = answer.json()?;
        if !open.questions.is_empty() {
            return Ok((answer, open));
        }
    }
}

fn the_one(number: Option<u64>, open: &Consents) -> Result<&ConsentQuestion, Failure> {
    let named = |id: u64| open.questions.iter().find(|question| question.id == id);
    match (number, &open.questions[..]) {
        (Some(id), _) => {
            named(id).ok_or_else(|| Failure::usage(format!("There is no open question {id}."), "approve"))
        }
        (None, [only]) => Ok(only),
        (None, []) => Err(Failure::usage("No program waits for your answer.", "approve")),
        (None, several) => {
            let open: Vec<u64> = several.iter().map(|question| question.id).collect();
            Err(Failure::usage(format!("Say which question: {}.", numbers(&open)), "approve"))
        }
    }
}

fn give(io: &mut Io<'_>, question: &ConsentQuestion, answer: &ConsentAnswer) -> Result<(), Failure> {
    let body = serde_json::to_vec(answer).unwrap_or_default();
    io.endpoint()?.call_with("POST", &format!("/v1/consents/{}", question.id), Some(&body))?;
    let verdict = if answer.allow { "Allowed" } else { "Denied" };
    let mut text = format!("{verdict}: {}, {}", plain(&question.program), meaning(question, answer.span));
    if let Some(until) = answer.until {
        text.push_str(&format!(", {}", ends(until)));
    }
    for (label, only) in [("only for", &answer.targets), ("only the scopes", &answer.scopes)] {
        if let Some(only) = only {
            text.push_str(&format!(", {label} {}", plain(&only.join(", "))));
        }
    }
    if !answer.others.is_empty() {
        text.push_str(&format!(", and the same for {}", numbers(&answer.others)));
    }
    io.say(&format!("{text}.\n"))
}

/// Numbers of questions in a list.
fn numbers(questions: &[u64]) -> String {
    questions.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

/// An end in words.
fn ends(until: Until) -> &'static str {
    match until {
        Until::Session => "until you are signed out",
        Until::OneHour => "for 1 hour at most",
        Until::EightHours => "for 8 hours at most",
        Until::ThirtyDays => "for 30 days at most",
        Until::Revoked => "until you revoke it",
    }
}

fn list(io: &mut Io<'_>, open: &Consents) -> Result<(), Failure> {
    for question in &open.questions {
        io.say(&described(question))?;
    }
    if open.questions.is_empty() {
        io.say("No program waits for your answer.\n")?;
    }
    let clock = io.clock;
    let row = |grant: &LiveGrant| {
        let verdict = if grant.allows { "allowed" } else { "denied" };
        let target = if grant.targets.is_empty() { grant.account.clone() } else { grant.targets.join(", ") };
        vec![
            grant.id.to_string(),
            plain(&grant.program).into_owned(),
            format!("{verdict} ({})", grant.span.as_str()),
            plain(&target).into_owned(),
            format!("{} token{}", grant.tokens, if grant.tokens == 1 { "" } else { "s" }),
            grant.until.map(|until| format!("until {}", moment(until, clock))).unwrap_or_default(),
        ]
    };
    io.say(&table(&open.grants.iter().map(row).collect::<Vec<_>>()))
}

/// What is asked, in a few lines.
fn described(question: &ConsentQuestion) -> String {
    let mut text =
        format!("{}  {} wants a token of {}", question.id, who(question), plain(&question.account));
    text.push_str(&format!(" ({})\n", plain(&question.provider)));
    let mut line = |label: &str, value: &str| text.push_str(&format!("   {label}: {}\n", plain(value)));
    match question.because {
        AskedBecause::New => {}
        AskedBecause::Changed => line("Note", "its file has changed since you allowed it"),
        AskedBecause::Wider => line("Note", "it asks for more than you have allowed"),
        AskedBecause::Ended => line("Note", "what you allowed has ended"),
        AskedBecause::AccountChanged => {
            line("Note", "this account had another provider or client when you allowed it")
        }
    }
    if let Some(path) = &question.path {
        line("Program", path);
    }
    if let Some(script) = &question.script {
        line("Says it runs", script);
    } else if let Some(command) = &question.command {
        line("Says it runs", command);
    }
    if !question.started_by.is_empty() {
        line("Started by", &question.started_by.join(" < "));
    }
    if !question.labels.is_empty() {
        line("Says it is", &labels_in_words(&question.labels));
    }
    if !question.targets.is_empty() {
        line("For", &question.targets.join(", "));
    }
    if !question.scopes.is_empty() {
        let words = |scope: &String| match scope_in_words(scope) {
            Some(words) => format!("{scope} ({words})"),
            None => scope.clone(),
        };
        line("Scopes", &question.scopes.iter().map(words).collect::<Vec<_>>().join(", "));
    }
    if question.signs_in {
        line("Note", "you would have to sign in again");
    }
    if let Some(reason) = &question.reason {
        line("It says why", reason);
    }
    if question.waiting > 1 {
        line("Requests", &question.waiting.to_string());
    }
    if !question.others.is_empty() {
        line("Also asks", &format!("question {}", numbers(&question.others)));
    }
    text
}

fn who(question: &ConsentQuestion) -> String {
    let name = plain(&question.program);
    match question.kind {
        CallerKind::Terminal => {
            format!("The terminal {}", plain(question.terminal.as_deref().unwrap_or("of yours")))
        }
        CallerKind::Forwarder => format!("A program behind {name}"),
        CallerKind::Background => format!("{name}, started in the background,"),
        CallerKind::Unknown => format!("{name}, which hides itself,"),
        CallerKind::Program | CallerKind::Interpreter => name.into_owned(),
    }
}

/// An answer in words.
fn meaning(question: &ConsentQuestion, span: Span) -> String {
    match span {
        Span::Once => "this once".to_owned(),
        Span::Run => "until this process ends".to_owned(),
        Span::Terminal => "everything in this terminal".to_owned(),
        Span::Agent => match &question.agent {
            Some(agent) => format!("everything that {} starts, until it ends", plain(agent)),
            None => "everything that the agent starts, until it ends".to_owned(),
        },
        Span::Session => "this program until you are signed out".to_owned(),
        Span::Script => "this script as it is now, for 30 days".to_owned(),
        Span::Always => "this program as it is now, always".to_owned(),
    }
}

/// Asks the user, who can answer the program's other questions with it. Returns those.
fn ask(io: &mut Io<'_>, question: &ConsentQuestion) -> Result<Vec<u64>, Failure> {
    io.say(&described(question))?;
    for (number, span) in (1..).zip(&question.spans) {
        io.say(&format!("   {number}  allow: {}\n", meaning(question, *span)))?;
    }
    io.say("   n  deny\n   (anything else: leave it open)\n")?;
    if !io.input_is_terminal {
        return Ok(Vec::new());
    }
    let typed = typed(io, "Your answer: ")?;
    let chosen = typed.parse::<usize>().ok().and_then(|number| question.spans.get(number.wrapping_sub(1)));
    let answer = match (typed.as_str(), chosen) {
        (_, Some(span)) => narrowed(io, question, *span)?,
        ("n" | "N", None) => ConsentAnswer::new(false, Span::Once),
        _ => {
            io.say("Left open.\n")?;
            return Ok(Vec::new());
        }
    };
    let others = others(io, question)?;
    give(io, question, &ConsentAnswer { others: others.clone(), ..answer })?;
    Ok(others)
}

/// The other questions that the user gives the same answer.
fn others(io: &mut Io<'_>, question: &ConsentQuestion) -> Result<Vec<u64>, Failure> {
    if question.others.is_empty() {
        return Ok(Vec::new());
    }
    let typed = typed(
        io,
        &format!("The same answer for question {}? y, or Enter for no: ", numbers(&question.others)),
    )?;
    Ok(if matches!(typed.as_str(), "y" | "Y" | "yes") { question.others.clone() } else { Vec::new() })
}

/// Asks for a shorter time and for less than what was asked for, where there is a choice. An empty line leaves it as it is.
fn narrowed(io: &mut Io<'_>, question: &ConsentQuestion, span: Span) -> Result<ConsentAnswer, Failure> {
    let mut answer = ConsentAnswer::new(true, span);
    let offered = question.ends.get(&span).map_or(&[][..], Vec::as_slice);
    if let Some((usual, others)) = offered.split_first().filter(|(_, others)| !others.is_empty()) {
        let words: Vec<&str> = others.iter().map(|until| until.as_str()).collect();
        let typed = typed(io, &format!("Until when? Enter: {}. Or {}: ", ends(*usual), words.join(", ")))?;
        answer.until = match typed.as_str() {
            "" => None,
            word => Some(*offered.iter().find(|until| until.as_str() == word).ok_or_else(not_offered)?),
        };
    }
    answer.targets = part(io, "APIs", &question.targets)?;
    answer.scopes = part(io, "scopes", &question.scopes)?;
    Ok(answer)
}

fn not_offered() -> Failure {
    Failure::usage("That is not offered. Nothing was allowed.", "approve")
}

/// The part that the user chooses by numbers; `None` for all.
fn part(io: &mut Io<'_>, what: &str, all: &[String]) -> Result<Option<Vec<String>>, Failure> {
    if all.len() < 2 {
        return Ok(None);
    }
    for (number, one) in (1..).zip(all) {
        io.say(&format!("   {number}  {}\n", plain(one)))?;
    }
    let typed = typed(io, &format!("Which {what}? Enter: all. Or numbers: "))?;
    let chosen = |word: &str| word.parse::<usize>().ok().and_then(|number| all.get(number.wrapping_sub(1)));
    let words = typed.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty());
    let chosen: Option<Vec<String>> = words.map(|word| chosen(word).cloned()).collect();
    match chosen.ok_or_else(not_offered)? {
        none if none.is_empty() => Ok(None),
        some => Ok(Some(some)),
    }
}

fn typed(io: &mut Io<'_>, question: &str) -> Result<String, Failure> {
    io.tell(question);
    let mut typed = String::new();
    io.input.read_line(&mut typed).map_err(Failure::Transport)?;
    Ok(typed.trim().to_owned())
}
