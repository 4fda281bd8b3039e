//! One refresh for all requests that wait, and the revocation of tokens that are no longer used.

use std::sync::Arc;
use std::time::Duration;

use abide_audit::Event;
use abide_oidc::{ErrorKind, Identity, OAuthError, RefreshError, Tokens};
use abide_session::{Attempt, Input, Now, RefreshFailure, Signal as Suspected};
use abide_wire::{Evidence, Signal, SignalState};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::persistence::vault::StoreError;
use crate::platform::clock;
use crate::state::account::{Account, Refreshed};
use crate::state::commit::{Commit, NotCommitted, Unwritten, adopt, commit, keep_name};
use crate::state::connected::connection;
use crate::state::connection::{Connection, lifetimes};
use crate::state::exchanges::Exchange;
use crate::state::last_error::LastError;
use crate::state::record::record_name;
use crate::state::revoke::{revoke_token, revoke_unused};
use crate::state::spawn::{in_time, spawn_settled};
use crate::state::store::Store;
use crate::state::tokens::Held;
use crate::state::turn::{HeldTurn, Turn};
use crate::tokens::narrowing::Before;
use crate::tokens::{claims, narrowing, survival};
use crate::view::convert::signal_of;
use crate::view::layers::Heard;

/// Starts the refresh that a session has asked for.
pub(crate) fn start(store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
    let sender = watch::Sender::new(None);
    account.refresh = Some((attempt, sender.clone()));
    let (after, name_after, unsettled) = (store.clone(), account.name.clone(), sender.clone());
    let (store, name) = (store.clone(), account.name.clone());
    let (turn, patience) = (account.turn.clone(), account.config.timeout);
    let work = async move {
        let outcome = match run(&store, &name, attempt, turn, patience).await {
            Ok(()) => Refreshed::Done,
            Err((failure, last_error)) => {
                let (code, message) = (last_error.code, &last_error.sentence);
                tracing::warn!(account = name, ?failure, code, message, "the refresh brought no tokens");
                failed(&store, &name, attempt, failure, last_error.clone());
                Refreshed::Failed(last_error)
            }
        };
        sender.send_replace(Some(outcome));
    };
    spawn_settled(work, move || {
        let last_error = LastError::internal();
        failed(&after, &name_after, attempt, RefreshFailure::Unreachable, last_error.clone());
        unsettled.send_replace(Some(Refreshed::Failed(last_error)));
    });
}

/// An earlier process has ended while it was sending the refresh tokens in these records. The next refresh sends each once: whether
/// the provider had replaced it is known then. Nothing is sent for that alone.
pub(crate) fn after_interruption(store: &Arc<Store>, records: &[String]) {
    let names: Vec<String> = store.core().accounts.iter().map(|account| account.name.clone()).collect();
    for name in names.into_iter().filter(|name| records.contains(&record_name(name))) {
        tracing::warn!(account = name, "an earlier process has ended during a refresh");
        let _ = store.act(&name, |account, _| {
            if account.held.is_some() {
                account.interrupted = true;
                account.last_error = Some(interrupted(
                    "Abide was stopped during a renewal. The next renewal shows whether your session continues.",
                ));
            }
        });
    }
}

fn interrupted(sentence: &str) -> LastError {
    LastError::new("renewal_interrupted", ErrorKind::ActionRequired, sentence)
}

fn failed(store: &Arc<Store>, name: &str, attempt: Attempt, failure: RefreshFailure, last_error: LastError) {
    store.record(name, Event::RefreshFailed, |entry| entry.reason = Some(last_error.code.to_owned()));
    let _ = store.act(name, |account, now| {
        if account.session.awaits(attempt) {
            account.refresh = None;
            account.renewal_refused = last_error.kind != ErrorKind::Passing;
            account.last_error = Some(last_error);
            account.session.handle(now, Input::RefreshFailed { attempt, failure });
        }
    });
}

/// What is sent, and what the answer is held against.
struct Spent {
    token: SecretString,
    identity: Identity,
    scope: String,
    /// What the access token is for (RFC 8707).
    resource: Option<String>,
}

/// Why there are no new tokens.
type Failed = (RefreshFailure, LastError);

/// After so many answers in a row without tokens and without a reason, the person has to sign in again.
const MOST_UNEXPLAINED: u32 = 3;

/// Sends the refresh token, in turn with everything else that sends it.
async fn run(
    store: &Arc<Store>,
    name: &str,
    attempt: Attempt,
    turn: Turn,
    patience: Duration,
) -> Result<(), Failed> {
    failpoint!("refresh.wanted");
    // A token for one purpose may be on its way, or an answer that is late, and with it the next refresh token.
    let Some(turn) = turn.take(patience).await else {
        return Err(no_answer(store, name));
    };
    let spent = store
        .act(name, |account, _| {
            let held = account.held.as_ref().filter(|_| account.session.awaits(attempt))?;
            Some(Spent {
                token: held.refresh_token.clone()?,
                identity: held.granted_to().clone(),
                scope: held.scope.clone(),
                // The sign-in asked for a code for all of them, and for a token for the first.
                resource: account.config.resources.first().cloned(),
            })
        })
        .ok()
        .flatten();
    let Some(spent) = spent.map(Arc::new) else {
        let last_error =
            LastError::new("refresh_token_missing", ErrorKind::ActionRequired, "There is no refresh token.");
        return Err((RefreshFailure::Rejected, last_error));
    };
    let connection = connection(store, name)
        .await
        .map_err(|error| (kept_away(error.retry_after()), LastError::from(&error)))?;
    failpoint!("refresh.connected");
    // The program ends: the next start renews.
    let Some(exchange) = store.exchanges.begin() else { return Err(no_answer(store, name)) };
    store.vault.begin_rotation(&record_name(name)).await.map_err(not_stored)?;
    failpoint!("refresh.noted");
    let turn = Arc::new((turn, exchange));
    // Held until the new tokens are stored.
    match ask(store, name, &connection, &spent, turn.clone(), patience).await {
        None => Err(no_answer(store, name)),
        Some(Ok(tokens)) => {
            let before = Before {
                sent: &spent.token,
                identity: &spent.identity,
                scope: &spent.scope,
                resource: spent.resource.as_deref(),
            };
            let (tokens, lost) = narrowing::widen(store, name, &connection, before, tokens).await;
            take_over(store, name, attempt, connection, &spent, tokens).await?;
            if !lost.is_empty() {
                let _ = store.act(name, |account, _| narrowing::say(account, &lost));
            }
            Ok(())
        }
        Some(Err(error)) => Err(refused(store, name, &connection, &spent, error).await),
    }
}

/// Sends the refresh token and waits for the answer, at most `patience`. An answer that comes later is stored, and until then
/// nothing else sends the token: the provider may have spent it.
async fn ask(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    spent: &Arc<Spent>,
    turn: Arc<(HeldTurn, Exchange)>,
    patience: Duration,
) -> Option<Result<Tokens, RefreshError>> {
    let (asked, sent) = (connection.clone(), spent.clone());
    let exchange = async move {
        let Spent { token, identity, scope, resource } = &*sent;
        let http = asked.http.patient();
        let resource = resource.as_deref();
        asked.relying_party.refresh_for(&http, token, identity, scope, resource, clock::system_time()).await
    };
    let (store, name) = (store.clone(), name.to_owned());
    let (connection, spent) = (connection.clone(), spent.clone());
    let late = async move |answer: Result<Tokens, RefreshError>| {
        let rotated = match answer {
            Ok(tokens) => tokens.refresh_token,
            Err(error) => error.rotated,
        };
        tracing::info!(account = name, rotated = rotated.is_some(), "a late answer to a refresh");
        if let Some(rotated) = rotated
            && let Err(error) = adopt(&store, &name, &connection, &spent.token, rotated).await
        {
            tracing::error!(%error, "a rotated refresh token could not be written down");
        }
        drop(turn);
    };
    in_time(patience, exchange, late).await
}

/// The provider has refused, or its answer cannot be used.
async fn refused(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    spent: &Spent,
    RefreshError { error, rotated }: RefreshError,
) -> Failed {
    // A refused answer gives no tokens, and the token that was spent for it is gone: the session cannot continue.
    let ends = match &error {
        abide_oidc::Error::IdToken(problem) if !problem.may_pass() => Some(RefreshFailure::AnswerRefused),
        abide_oidc::Error::Refused { error: OAuthError::InvalidGrant, .. } => Some(RefreshFailure::Rejected),
        _ => None,
    };
    let rejected = ends.is_some();
    match rotated {
        // A refused answer is not stored.
        Some(rotated) if rejected => revoke_token(store, connection, Some(rotated)),
        Some(rotated) => {
            if let Err(error) = adopt(store, name, connection, &spent.token, rotated).await {
                tracing::error!(%error, "a rotated refresh token could not be written down");
            }
        }
        None => {}
    }
    // After a transient failure the provider may have spent the token, so the journal keeps the intent.
    if !error.is_transient() {
        let _ = store.vault.abandon_rotation(&record_name(name)).await;
        // The provider may have moved its endpoints: the next attempt reads its metadata again.
        if !rejected {
            let _ = store.act(name, |account, _| account.connection = None);
        }
    }
    let (spent_before, unexplained) = store
        .act(name, |account, _| {
            account.unexplained = if is_unexplained(&error) { account.unexplained + 1 } else { 0 };
            (account.interrupted, account.unexplained)
        })
        .unwrap_or_default();
    let failure = match ends {
        Some(ends) => ends,
        None if unexplained >= MOST_UNEXPLAINED => RefreshFailure::InteractionRequired,
        None => failure(&error),
    };
    if failure == RefreshFailure::Rejected && spent_before {
        let sentence = "Abide was stopped during a renewal, and your provider no longer accepts the token from before it. \
                        Sign in again.";
        return (failure, interrupted(sentence));
    }
    (failure, LastError::from(&error))
}

/// Handles an answer that does not end the session. A refusal with a code is definite: the same request would get it
/// again. Some providers have `invalid_request` or `invalid_client` for a refresh token that they no longer know.
fn failure(error: &abide_oidc::Error) -> RefreshFailure {
    match error {
        // The proof depends on this computer's clock, and so would that of a sign-in.
        abide_oidc::Error::Refused { error: OAuthError::InvalidDpopProof, .. } => RefreshFailure::Unreachable,
        abide_oidc::Error::Refused { error, .. } if error.kind() == ErrorKind::ActionRequired => {
            RefreshFailure::InteractionRequired
        }
        error => kept_away(error.retry_after()),
    }
}

/// Whether the provider has answered, and the answer has neither tokens that can be used nor a reason. The same request may get the
/// same answer for ever.
fn is_unexplained(error: &abide_oidc::Error) -> bool {
    use abide_oidc::Error;
    match error {
        Error::UnexpectedStatus { status: 400 | 401, .. }
        | Error::AnswerNotHttp { .. }
        | Error::AccessTokenMissing
        | Error::TokenMalformed
        | Error::TokenTypeUnsupported => true,
        Error::Unavailable { error: Some(error), .. } => !error.is_transient(),
        Error::Document { .. } => !error.may_be_intercepted(),
        _ => false,
    }
}

/// Makes the new tokens the session's.
async fn take_over(
    store: &Arc<Store>,
    name: &str,
    attempt: Attempt,
    connection: Connection,
    spent: &Spent,
    mut tokens: Tokens,
) -> Result<(), Failed> {
    failpoint!("refresh.answered");
    // A provider that does not rotate sends no new refresh token: the old one stays good (RFC 6749 section 6).
    tokens.refresh_token = tokens.refresh_token.or_else(|| Some(spent.token.clone()));
    keep_name(&mut tokens.identity, &spent.identity);
    let lifetimes = lifetimes(&connection.http, &tokens);
    let issued = Held::new(tokens, Heard { at: clock::wall(), by: Evidence::Refresh });
    let how = Commit {
        next: |account: &Account, before: Option<&Held>| {
            let mut held = issued.clone();
            held.inherit(before.filter(|_| account.session.awaits(attempt))?);
            Some(held)
        },
        content: |account: &Account, held: &Held, now| account.stored_with(now, held),
        unwritten: Unwritten::Remembered,
    };
    let done = commit(store, name, how, |account, now| refreshed(account, now, attempt, lifetimes)).await;
    failpoint!("refresh.served");
    match done {
        Ok(()) => {
            store.keep_learned(name);
            store.record(name, Event::SessionRefreshed, |_| {});
            claims::read_again(store, name);
        }
        // The session ended meanwhile: what has just been issued is revoked.
        Err(NotCommitted::Gone) => revoke_unused(store, &connection, issued),
        // Nothing is served, but the next attempt sends the new refresh token.
        Err(NotCommitted::NotStored(error)) => return Err(not_stored(error)),
    }
    Ok(())
}

fn refreshed(account: &mut Account, now: Now, attempt: Attempt, lifetimes: abide_session::Tokens) {
    survival::own_is_new(account);
    account.signals.heard(Signal::Refresh, now.wall);
    account.refresh = None;
    account.last_error = None;
    (account.interrupted, account.unexplained) = (false, 0);
    let suspicion =
        |account: &Account| account.session.checkpoint(now).and_then(|checkpoint| checkpoint.suspicion);
    let before = suspicion(account);
    account.session.handle(now, Input::Refreshed { attempt, tokens: lifetimes });
    // An introspection that the refresh contradicts proves nothing: to a client without permission it answers
    // the same about every token (RFC 7662, section 2.2). A suspicion that stays was not answered by this refresh.
    if let Some(suspected @ (Suspected::Introspection | Suspected::UserInfo)) = before
        && suspicion(account).is_none()
    {
        account.signals.becomes(signal_of(suspected), SignalState::NotOffered);
    }
}

fn not_stored(error: StoreError) -> Failed {
    (RefreshFailure::Unreachable, LastError::from(&error))
}

/// The provider takes longer than the account wants to wait.
fn no_answer(store: &Arc<Store>, name: &str) -> Failed {
    let host = store.act(name, |account, _| account.provider()).unwrap_or_default();
    (RefreshFailure::Unreachable, LastError::from(&abide_oidc::Error::Timeout { host }))
}

/// The session stays without new tokens, and the provider is not asked before the time that it has named.
fn kept_away(wait: Option<Duration>) -> RefreshFailure {
    wait.map_or(RefreshFailure::Unreachable, |wait| RefreshFailure::Busy { wait })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_says_no_wants_the_person_and_one_that_says_later_does_not() {
        for error in OAuthError::KNOWN {
            let refused = abide_oidc::Error::Refused { error: error.clone(), description: None, at: None };
            let wants = failure(&refused) == RefreshFailure::InteractionRequired;
            let says_no = error.kind() == ErrorKind::ActionRequired && *error != OAuthError::InvalidDpopProof;
            assert_eq!(wants, says_no, "{}", error.code());
        }
        let wait = Some(Duration::from_secs(9));
        let busy = abide_oidc::Error::RateLimited { host: "id.example.com".into(), retry_after: wait };
        assert_eq!(failure(&busy), RefreshFailure::Busy { wait: Duration::from_secs(9) });
        // A captive portal may answer with this status, too.
        let odd =
            abide_oidc::Error::UnexpectedStatus { host: "id.example.com".into(), status: 403, at: None };
        assert_eq!(failure(&odd), RefreshFailure::Unreachable);
    }
}
