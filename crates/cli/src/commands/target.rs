//! The account that a command is about.

use std::borrow::Cow;

use abide_wire::terminal::plain;
use abide_wire::{LastErrorKind, SessionState, SessionStatus, Snapshot};

use crate::failure::Failure;
use crate::http::{Endpoint, push_encoded};

/// The target of a call about one account's session.
pub(super) fn session_target(account: &str, call: &str) -> String {
    let mut target = String::from("/v1/sessions/");
    push_encoded(&mut target, account);
    target.push_str(call);
    target
}

/// The choice of an account if none is named.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// The only one.
    All,
    /// The only one, or the only one that is signed in.
    SignedIn,
}

/// Whether there is a session and its access token has expired.
pub(super) fn has_no_token(status: &SessionStatus) -> bool {
    is_signed_in(status) && status.access_token_expires_in == Some(0)
}

/// Whether a session has no access token, and waiting brings none: a sign-in may, and continues it.
pub(super) fn is_stuck(status: &SessionStatus) -> bool {
    has_no_token(status) && status.last_error_kind.is_some_and(|kind| kind != LastErrorKind::Passing)
}

pub(super) fn is_signed_in(status: &SessionStatus) -> bool {
    matches!(status.state, SessionState::Active | SessionState::Expiring)
}

/// The named account, or the only possible one.
pub(super) fn account(
    endpoint: &Endpoint,
    named: Option<String>,
    among: Among,
    command: &str,
) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    let snapshot: Snapshot = endpoint.call("GET", "/v1/sessions")?.json()?;
    let names = || snapshot.accounts.iter().map(|status| plain(&status.account)).collect::<Vec<_>>();
    let mut signed_in = snapshot.accounts.iter().filter(|status| is_signed_in(status));
    match snapshot.accounts.as_slice() {
        [] => {
            let sentence = "No account yet. Add one with `abide accounts add`.";
            Err(Failure::usage(sentence, "accounts"))
        }
        [only] => Ok(only.account.clone()),
        _ => match (among, signed_in.next(), signed_in.next()) {
            (Among::SignedIn, Some(only), None) => Ok(only.account.clone()),
            _ => {
                let sentence = format!("Which account? Use --account with one of: {}.", names().join(", "));
                Err(Failure::usage(sentence, command))
            }
        },
    }
}

/// A session's user and provider in a sentence: `alice@example.com at id.example.com`.
pub(super) fn who(status: &SessionStatus) -> Cow<'_, str> {
    match &status.user {
        Some(user) => Cow::Owned(format!("{} at {}", plain(user), plain(&status.provider))),
        None => plain(&status.provider),
    }
}
