//! One refresh for everybody who waits, and the revocation of what is no longer used.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_oidc::{Identity, OAuthError, RefreshError};
use abide_session::{Attempt, Input, RefreshFailure, Signal as Rumour};
use abide_wire::{KnownBy, Signal, SignalState};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::persistence::vault::StoreError;
use crate::state::account::{Account, Refreshed};
use crate::state::commit::{adopt, keep_name};
use crate::state::connection::{ConnectError, Connection, connection, lifetimes};
use crate::state::last_error::Trouble;
use crate::state::record::record_name;
use crate::state::revoke::give_back;
use crate::state::store::Store;
use crate::state::tokens::Held;
use crate::tokens::claims;
use crate::view::convert::signal_of;
use crate::view::layers::Heard;

/// Starts the refresh that a session has asked for.
pub(crate) fn start(store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
    let sender = watch::Sender::new(None);
    account.refresh = Some((attempt, sender.clone()));
    let (store, name, turn) = (store.clone(), account.name.clone(), account.turn.clone());
    tokio::spawn(async move {
        // A token for one purpose may be on its way, and with it the next refresh token.
        let _turn = turn.lock().await;
        let credentials = store.act(&name, |account, _| {
            let held = account.held.as_ref().filter(|_| account.session.awaits(attempt))?;
            // The sign-in asked for a code for all of them, and for a token for the first.
            let resource = account.config.resources.first().cloned();
            Some((held.refresh_token.clone()?, held.granted_to().clone(), held.scope.clone(), resource))
        });
        let Ok(Some((token, identity, scope, resource))) = credentials else {
            failed(
                &store,
                &name,
                attempt,
                RefreshFailure::Rejected,
                Trouble::new("refresh_token_missing", "There is no refresh token."),
            );
            return;
        };
        let spent = Spent { token, identity, scope, resource };
        let outcome = match run(&store, &name, attempt, &spent).await {
            Ok(()) => Refreshed::Done,
            Err((failure, trouble)) => {
                let message = trouble.sentence.clone();
                tracing::warn!(account = name, ?failure, message, "the refresh brought no tokens");
                failed(&store, &name, attempt, failure, trouble);
                Refreshed::Failed(message)
            }
        };
        sender.send_replace(Some(outcome));
    });
}

fn failed(store: &Arc<Store>, name: &str, attempt: Attempt, failure: RefreshFailure, trouble: Trouble) {
    let _ = store.act(name, |account, now| {
        if account.session.awaits(attempt) {
            account.refresh = None;
            account.trouble = Some(trouble);
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

async fn run(
    store: &Arc<Store>,
    name: &str,
    attempt: Attempt,
    spent: &Spent,
) -> Result<(), (RefreshFailure, Trouble)> {
    let Spent { token, identity, scope, resource } = spent;
    let kept =
        |error: ConnectError| (kept_away(error.retry_after()), Trouble::new(error.code(), error.to_string()));
    let unwritten =
        |error: StoreError| (RefreshFailure::Unreachable, Trouble::new(error.code(), error.to_string()));
    failpoint!("refresh.wanted");
    let connection = connection(store, name).await.map_err(kept)?;
    failpoint!("refresh.connected");
    let record = record_name(name);
    store.vault.begin_rotation(&record).await.map_err(unwritten)?;
    failpoint!("refresh.noted");
    let (http, relying_party) = (&connection.http, &connection.relying_party);
    let asked =
        relying_party.refresh_for(http, token, identity, scope, resource.as_deref(), SystemTime::now());
    let tokens = match asked.await {
        Ok(tokens) => tokens,
        Err(RefreshError { error, rotated }) => {
            // An answer that is not believed is no answer: the session cannot go on with what was spent for it.
            let rejected = match &error {
                abide_oidc::Error::IdToken(problem) => !problem.may_pass(),
                abide_oidc::Error::Refused { error, .. } => *error == OAuthError::InvalidGrant,
                _ => false,
            };
            match rotated {
                // What is not believed is not kept either.
                Some(rotated) if rejected => store.before_the_end(give_back(connection.clone(), rotated)),
                Some(rotated) => {
                    if let Err(error) = adopt(store, name, &connection, token, rotated).await {
                        tracing::error!(%error, "a rotated refresh token could not be written down");
                    }
                }
                None => {}
            }
            // After a transient failure the provider may have spent the token, so the journal keeps the intent.
            if !error.is_transient() {
                let _ = store.vault.abandon_rotation(&record).await;
                // The provider may have moved its endpoints: the next attempt reads its metadata again.
                if !rejected {
                    let _ = store.act(name, |account, _| account.connection = None);
                }
            }
            let failure = match &error {
                _ if rejected => RefreshFailure::Rejected,
                abide_oidc::Error::Refused { error, .. } if wants_the_person(error) => {
                    RefreshFailure::InteractionRequired
                }
                error => kept_away(error.retry_after()),
            };
            return Err((failure, Trouble::from(&error)));
        }
    };
    failpoint!("refresh.answered");
    // A provider that does not rotate sends no new refresh token: the old one stays good (RFC 6749 section 6).
    let mut tokens = tokens;
    tokens.refresh_token = tokens.refresh_token.or_else(|| Some(token.clone()));
    keep_name(&mut tokens.identity, identity);
    let lifetimes = lifetimes(&tokens);
    let mut held = Held::new(tokens, Heard { at: crate::platform::clock::wall(), by: KnownBy::Refresh });
    let id_token = held.id_token.clone();
    let queued = store.act(name, |account, now| {
        if let Some(before) = &account.held {
            held.inherit(before);
        }
        let content = account.session.awaits(attempt).then(|| account.stored_with(now, &held)).flatten();
        content.map(|content| store.vault.put(&record, content))
    });
    let Ok(Some(written)) = queued else {
        // The session ended meanwhile: what has just been issued is given back.
        revoke_with(store, connection, held);
        return Ok(());
    };
    // Durable before it is served: a token that only memory knows is lost with the process. But the old one is spent,
    // whatever becomes of the disk.
    if let Err(error) = written.await {
        remember(store, name, attempt, &held);
        return Err(unwritten(error));
    }
    failpoint!("refresh.durable");
    let mut held = Some(held);
    let _ = store.act(name, |account, now| {
        if account.session.awaits(attempt) {
            if let Some(mut fresh) = held.take() {
                // Something may have come in while the vault was writing.
                fresh.id_token = id_token;
                if let Some(before) = &account.held {
                    fresh.inherit(before);
                }
                account.held = Some(fresh);
            }
            account.signals.heard(Signal::Refresh, now.wall);
            account.refresh = None;
            account.trouble = None;
            let doubt = |account: &Account| {
                account.session.checkpoint(now).and_then(|checkpoint| checkpoint.suspicion)
            };
            let before = doubt(account);
            account.session.handle(now, Input::Refreshed { attempt, tokens: lifetimes });
            // A look that the provider contradicts is worth nothing: to a client that may not ask, introspection answers
            // the same about every token (RFC 7662, section 2.2). A doubt that stays was not answered by this refresh.
            if let Some(doubted @ (Rumour::Introspection | Rumour::UserInfo)) = before
                && doubt(account).is_none()
            {
                account.signals.becomes(signal_of(doubted), SignalState::NotOffered);
            }
        }
    });
    failpoint!("refresh.served");
    match held {
        Some(held) => revoke_with(store, connection, held),
        None => claims::read_again(store, name),
    }
    Ok(())
}

/// Whether the provider wants to see the person before it refreshes (OpenID Connect Core 1.0, section 3.1.2.6).
fn wants_the_person(error: &OAuthError) -> bool {
    matches!(error, OAuthError::InteractionRequired | OAuthError::LoginRequired | OAuthError::ConsentRequired)
}

/// The session goes on without new tokens, and without asking before the provider wants to be asked.
fn kept_away(wait: Option<Duration>) -> RefreshFailure {
    wait.map_or(RefreshFailure::Unreachable, |wait| RefreshFailure::Busy { wait })
}

/// The disk has not taken the new refresh token. Nothing that came with it is served, but the provider has spent the old one:
/// the next attempt sends the new one, and writes again.
fn remember(store: &Arc<Store>, name: &str, attempt: Attempt, fresh: &Held) {
    let _ = store.act(name, |account, _| {
        if account.session.awaits(attempt)
            && let Some(held) = &mut account.held
        {
            held.refresh_token.clone_from(&fresh.refresh_token);
        }
    });
}

fn revoke_with(store: &Arc<Store>, connection: Connection, held: Held) {
    if let Some(token) = held.refresh_token {
        store.before_the_end(give_back(connection, token));
    }
}
