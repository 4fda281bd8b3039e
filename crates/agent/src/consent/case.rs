//! What a caller is told that gets no token, and what to do then.

use abide_decision::Denial;
use abide_wire::consent::labels_in_words;
use abide_wire::{ConsentCase, ErrorAnswer, ErrorCode, Label, Span, Until};

use crate::identity::{Caller, Kind};
use crate::platform::program::{command_in_words, is_called_abide};

/// Why a caller gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// It was decided.
    Denied(Denial),
    /// There is no desktop on which the user could be asked.
    NoDisplay,
    /// The user did not answer.
    NoAnswer,
    /// The screen is locked.
    Locked,
    /// The user was asked a short time ago: so many seconds are left.
    Paused(u64),
    /// The user was asked a short time ago and did not answer: so many seconds are left. The question can still be answered.
    Unanswered(u64),
    /// Too many other programs wait.
    Busy,
    /// The agent ends.
    Stopped,
    /// The session that the token was for has ended.
    SessionEnded,
}

impl Case {
    fn shown(self) -> Option<ConsentCase> {
        Some(match self {
            Self::Denied(Denial::TooDeep) => return None,
            Self::Denied(Denial::Policy | Denial::Unchecked) => ConsentCase::Policy,
            Self::Denied(Denial::Sandbox) => ConsentCase::Sandbox,
            Self::Denied(Denial::Refused(_)) => ConsentCase::Denied,
            Self::Denied(Denial::Replaced) => ConsentCase::Replaced,
            Self::Denied(Denial::Key) => ConsentCase::Key,
            Self::NoDisplay => ConsentCase::NoDisplay,
            Self::NoAnswer => ConsentCase::NoAnswer,
            Self::Locked => ConsentCase::Locked,
            Self::Paused(_) | Self::Unanswered(_) => ConsentCase::AskedBefore,
            Self::Busy | Self::Stopped | Self::SessionEnded => ConsentCase::Busy,
        })
    }

    fn code(self) -> ErrorCode {
        match self {
            Self::Denied(Denial::Refused(_) | Denial::TooDeep) => ErrorCode::AccessDenied,
            Self::Stopped | Self::SessionEnded => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::ConsentRequired,
        }
    }
}

/// The answer to a caller that gets nothing.
pub(super) fn refused(caller: &Caller, case: Case, labels: &[Label]) -> ErrorAnswer {
    let name = if caller.name.is_empty() { "This program" } else { &caller.name };
    let text = match case {
        Case::Denied(Denial::Policy) => format!("Your administrator does not allow {name} to have tokens."),
        Case::Denied(Denial::Unchecked) => format!(
            "Your administrator forbids some programs, and Abide cannot check whether {name} is one of them: its file cannot be read, or \
             the program hides itself. If it is a file of yours, make it readable, and start the program again."
        ),
        Case::Denied(Denial::TooDeep) => format!(
            "Abide cannot find out what has started {name}: there are too many processes in between, or they change all the time. Start it \
             from fewer."
        ),
        Case::Denied(Denial::Sandbox) => {
            let said = match labels_in_words(labels) {
                none if none.is_empty() => String::new(),
                said => format!(" (it says it is {said})"),
            };
            format!(
                "{name} runs in a container or sandbox{said}, where its path can mean another program. Give it a client key: \
                 `abide clients allow NAME` makes one."
            )
        }
        Case::Denied(Denial::Refused(_)) => format!(
            "You have denied {name} a token. To change that: `abide clients list` and `abide approve --list` show the answers that \
             hold."
        ),
        Case::Denied(Denial::Replaced) => {
            format!("The file of {name} was replaced while it runs. Restart it.")
        }
        Case::Denied(Denial::Key) => "This client key is not allowed to have that: it is for the accounts that there were when it was \
                                      made, each with its provider and client. `abide clients allow NAME` makes a new one."
            .to_owned(),
        Case::NoDisplay => format!(
            "{name} is not allowed yet, and there is no desktop to ask you on. Answer with `abide approve` at a terminal, and try \
             again.{}",
            for_good(caller)
        ),
        Case::NoAnswer => format!("You were asked whether {name} may have a token, and did not answer."),
        Case::Locked => {
            format!("{name} is not allowed yet, and the screen is locked. Unlock it and try again.")
        }
        Case::Paused(seconds) => format!(
            "You were asked about {name} a short time ago and did not allow it. Abide asks again in {} at the earliest.",
            abide_wire::text::duration(seconds)
        ),
        Case::Unanswered(seconds) => format!(
            "You were asked about {name} a short time ago and did not answer. Answer in the window of Abide or with `abide approve`. \
             Abide asks again in {} at the earliest.",
            abide_wire::text::duration(seconds)
        ),
        Case::Busy => "Too many programs wait for your answer. Answer them and try again.".to_owned(),
        Case::Stopped => "Abide ends, so the question was not answered. Start it and try again.".to_owned(),
        Case::SessionEnded => format!("The session that {name} asked for a token of has ended. Try again."),
    };
    let text = format!("{text}{}", of_another_installation(caller));
    ErrorAnswer { case: case.shown(), ..ErrorAnswer::new(case.code(), text) }
}

/// That an `abide` belongs to another agent, and which one belongs to this. Its own acts for the program that has started it.
fn of_another_installation(caller: &Caller) -> String {
    let is_one = caller.program.as_ref().is_some_and(is_called_abide);
    if !is_one || caller.kind != Kind::Forwarder {
        return String::new();
    }
    format!(
        " This `abide` is the command of another installation, or of a version from before Abide was started. The one that belongs to the \
         agent that runs is {}.",
        command_in_words()
    )
}

/// How a program is allowed for good.
fn for_good(caller: &Caller) -> String {
    match (&caller.program, caller.kind) {
        (Some(program), Kind::Program) => {
            format!(" To allow it for good: `abide clients allow NAME --program {}`.", program.path.display())
        }
        _ => String::new(),
    }
}

pub(super) fn no_question() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::NotFound,
        "This question is no longer open. `abide approve` lists those that are.",
    )
}

pub(super) fn no_grant() -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::NotFound, "This answer holds no longer.")
}

pub(super) fn answers_for_itself() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::AccessDenied,
        "A program cannot answer the question about itself. Answer it in another terminal.",
    )
}

pub(super) fn no_such_end(until: Until, offered: &[Until]) -> ErrorAnswer {
    let offered: Vec<&str> = offered.iter().map(|until| until.as_str()).collect();
    let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
    let text = format!("The end `{}` is not offered for this answer. Offered: {offered}.", until.as_str());
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}

pub(super) fn not_a_part() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::InvalidRequest,
        "`targets` and `scopes` have to be a part of what the program asks for, and cannot be empty where it asks for some.",
    )
}

pub(super) fn not_its_others() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::InvalidRequest,
        "`others` has to be a part of the question's `others`: open questions of the same program.",
    )
}

pub(super) fn not_offered(span: Span, offered: &[Span]) -> ErrorAnswer {
    let offered: Vec<&str> = offered.iter().map(|span| span.as_str()).collect();
    let text =
        format!("`{}` is not offered for this program. Offered: {}.", span.as_str(), offered.join(", "));
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}
