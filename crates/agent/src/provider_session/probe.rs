//! A probe: whether the provider still accepts the access token. It uses no refresh token and moves no limit of ours.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Claims, Error, TokenKind};
use abide_session::{Attempt, Input, Now, Probe};
use abide_wire::{Signal, SignalState};
use secrecy::{ExposeSecret, SecretString};

use crate::platform::clock;
use crate::provider_session::event_stream;
use crate::state::account::Account;
use crate::state::connected::connection;
use crate::state::connection::Connection;
use crate::state::spawn::spawn_settled;
use crate::state::store::Store;
use crate::tokens::claims;

/// Starts the probe that a session has asked for.
pub(crate) fn start(store: &Arc<Store>, account: &Account, attempt: Attempt) {
    let (store, name) = (store.clone(), account.name.clone());
    let wanted = [Signal::Introspection, Signal::Userinfo]
        .into_iter()
        .filter(|signal| account.config.provider.watches(*signal))
        .filter(|signal| account.signals.is_due(*signal, clock::now().boot))
        .collect::<Vec<_>>();
    let resting = account.signals.is_resting(Signal::Events, clock::now().boot);
    let events = event_stream::source(&account.config.provider).filter(|_| !resting);
    let (store_after, name_after) = (store.clone(), name.clone());
    let work = async move {
        let mut found = Probe::Unknown;
        if let Some(source) = &events {
            event_stream::attend(&store, &name, source).await;
        }
        let present = store.act(&name, |account, _| account.fresh_access_token().zip(account.session_ref()));
        // Without a valid token there is nothing to ask about. The next refresh will tell.
        if let Ok(Some(((token, subject), session))) = present
            && let Ok(connection) = connection(&store, &name).await
        {
            for signal in wanted {
                let (answer, claims) = ask(&connection, signal, &token, &subject).await;
                if let Some(claims) = claims {
                    claims::take(&store, session, claims);
                }
                if answer == Answer::SomebodyElse {
                    claims::somebody_else(&store, &name, &token);
                    break;
                }
                let told = store.act(&name, |account, now| take(account, now, signal, &token, answer));
                match (told.unwrap_or(Answer::Nothing(None)), found) {
                    (Answer::Rejected, _) => {
                        found = Probe::Rejected(session_signal(signal));
                        break;
                    }
                    (Answer::Good, _) => found = Probe::Accepted,
                    _ => {}
                }
            }
        }
        probed(&store, &name, attempt, found);
    };
    spawn_settled(work, move || probed(&store_after, &name_after, attempt, Probe::Unknown));
}

fn probed(store: &Arc<Store>, name: &str, attempt: Attempt, probe: Probe) {
    let _ = store.act(name, |account, now| account.session.handle(now, Input::Probed { attempt, probe }));
    store.show();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Good,
    Rejected,
    SomebodyElse,
    /// The provider says that it does not answer this.
    NotOffered,
    /// Something else than an answer, perhaps not from the provider.
    Odd,
    /// Nothing, and perhaps the provider's wish for a pause.
    Nothing(Option<Duration>),
}

/// Applies an answer, and returns what it means: a token that a refresh has replaced in the meantime may be refused, and so
/// may one that is older than the last use of the refresh token.
fn take(account: &mut Account, now: Now, signal: Signal, asked: &SecretString, answer: Answer) -> Answer {
    let present = account.held.as_ref().and_then(|held| held.access.as_ref());
    let replaced = present.is_none_or(|access| access.token.expose_secret() != asked.expose_secret());
    match answer {
        // A refresh for another token may have ended this one, which says nothing about the session.
        Answer::Rejected if replaced || account.own_is_suspect => return Answer::Nothing(None),
        // A token for one API, or a client that may not ask: nothing was ever accepted here.
        Answer::Rejected if account.is_final_answer_unproved(signal) => {
            account.signals.becomes(signal, SignalState::NotOffered);
            return Answer::Nothing(None);
        }
        Answer::Good => account.heard(signal, now),
        Answer::Rejected => account.signals.heard(signal, now.wall),
        Answer::NotOffered if !account.signals.has_heard(signal) => {
            account.signals.becomes(signal, SignalState::NotOffered);
        }
        Answer::NotOffered | Answer::Odd => {
            account.signals.fails(signal, now.boot, account.config.provider.poll);
        }
        Answer::Nothing(Some(wish)) => account.signals.rests(signal, now.boot, wish),
        Answer::Nothing(None) | Answer::SomebodyElse => account.signals.becomes(signal, SignalState::Failed),
    }
    answer
}

/// Asks, and returns the answer with UserInfo's claims.
async fn ask(
    connection: &Connection,
    signal: Signal,
    token: &SecretString,
    subject: &str,
) -> (Answer, Option<Claims>) {
    let Connection { http, relying_party, .. } = connection;
    let now = clock::system_time();
    let asked = match signal {
        Signal::Introspection => {
            let found = relying_party.introspect(http, token, TokenKind::AccessToken, now).await;
            found.map(|found| (found.active, None))
        }
        _ => match connection.userinfo(token, subject).await {
            Ok(claims) => Ok((true, Some(claims))),
            Err(Error::AccessTokenRejected) => Ok((false, None)),
            Err(Error::UserInfoSubjectMismatch) => return (Answer::SomebodyElse, None),
            Err(error) => Err(error),
        },
    };
    match asked {
        Ok((true, claims)) => (Answer::Good, claims),
        Ok((false, _)) => (Answer::Rejected, None),
        Err(error) if error.is_transient() => (Answer::Nothing(error.retry_after()), None),
        Err(error) => {
            tracing::info!(code = error.code(), ?signal, "the provider does not answer this question");
            (if is_definite(&error) { Answer::NotOffered } else { Answer::Odd }, None)
        }
    }
}

/// Whether an error says that the provider does not answer this client: there is no endpoint, or it refuses the client (RFC 7662,
/// section 2.3). What a network or a gateway says in its place passes.
fn is_definite(error: &Error) -> bool {
    matches!(
        error,
        Error::EndpointMissing { .. } | Error::Refused { .. } | Error::UnexpectedStatus { status: 401, .. }
    )
}

fn session_signal(signal: Signal) -> abide_session::Signal {
    match signal {
        Signal::Introspection => abide_session::Signal::Introspection,
        _ => abide_session::Signal::UserInfo,
    }
}
