//! What of a session's outputs belongs into the record.

use abide_audit::Event;
use abide_session::{Abandoned, Output, Withdrawn};

use crate::audit::Audit;
use crate::state::account::Account;
use crate::view::convert;

/// Records what a session has put out, before it is set in motion.
pub(crate) fn output(audit: &Audit, account: &Account, output: Output) {
    let (event, reason) = match output {
        Output::Authorize { .. } => (Event::SignInBegun, None),
        Output::AbandonAuthorization { why, .. } => (Event::SignInFailed, Some(abandoned(why).to_owned())),
        Output::Ask { .. } => (Event::QuestionAsked, None),
        Output::Withdraw { why, .. } => (Event::QuestionWithdrawn, Some(withdrawn(why).to_owned())),
        Output::Began => (Event::SessionBegan, None),
        Output::Ended { reason } => (Event::SessionEnded, code(&convert::reason(reason))),
        _ => return,
    };
    audit.event(event, |entry| {
        entry.account = Some(account.name.clone());
        entry.reason = reason;
        if let Some(held) = &account.held {
            entry.user = Some(held.identity.label().to_owned());
            entry.scope = (event == Event::SessionBegan).then(|| held.scope.clone());
        }
    });
}

/// The name of a value as it crosses a boundary.
fn code(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok()?.as_str().map(str::to_owned)
}

fn abandoned(why: Abandoned) -> &'static str {
    match why {
        Abandoned::Cancelled => "cancelled",
        Abandoned::Replaced => "replaced",
        Abandoned::TimedOut => "sign_in_timed_out",
    }
}

fn withdrawn(why: Withdrawn) -> &'static str {
    match why {
        Withdrawn::Answered => "answered",
        Withdrawn::Activity => "activity",
        Withdrawn::Presence => "presence",
        Withdrawn::Moot => "moot",
        Withdrawn::Ended => "ended",
    }
}
