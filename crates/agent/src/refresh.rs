//! One refresh for everybody who waits, and the revocation of what is no longer used.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_oidc::{Identity, OAuthError, RefreshError, TokenKind};
use abide_session::{Attempt, Input, RefreshFailure, Signal as Rumour};
use abide_wire::{KnownBy, Signal, SignalState};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::account::{Account, Connection, Held, Refreshed};
use crate::claims;
use crate::layers::Heard;
use crate::notices::signal_of;
use crate::shared::Shared;
use crate::sign_in::{SignInError, connection, lifetimes};
use crate::stored::record_name;
use crate::trouble::Trouble;
use crate::vault_thread::StoreError;

/// Pauses between attempts to revoke a token at a provider that does not answer.
const REVOCATION_PAUSES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_secs(120)];

/// Starts the refresh that a session has asked for.
pub(crate) fn start(shared: &Arc<Shared>, account: &mut Account, attempt: Attempt) {
    let sender = watch::Sender::new(None);
    account.refresh = Some((attempt, sender.clone()));
    let credentials = account
        .held
        .as_ref()
        .and_then(|held| Some((held.refresh_token.clone()?, held.identity.clone(), held.scope.clone())));
    let (shared, name) = (shared.clone(), account.name.clone());
    tokio::spawn(async move {
        let Some((token, identity, scope)) = credentials else {
            failed(
                &shared,
                &name,
                attempt,
                RefreshFailure::Rejected,
                Trouble::new("refresh_token_missing", "There is no refresh token."),
            );
            return;
        };
        let outcome = match run(&shared, &name, attempt, &token, &identity, &scope).await {
            Ok(()) => Refreshed::Done,
            Err((failure, trouble)) => {
                let message = trouble.sentence.clone();
                tracing::warn!(account = name, ?failure, message, "the refresh brought no tokens");
                failed(&shared, &name, attempt, failure, trouble);
                Refreshed::Failed(message)
            }
        };
        sender.send_replace(Some(outcome));
    });
}

fn failed(shared: &Arc<Shared>, name: &str, attempt: Attempt, failure: RefreshFailure, trouble: Trouble) {
    let _ = shared.act(name, |account, now| {
        if account.session.awaits(attempt) {
            account.refresh = None;
            account.trouble = Some(trouble);
            account.session.handle(now, Input::RefreshFailed { attempt, failure });
        }
    });
}

async fn run(
    shared: &Arc<Shared>,
    name: &str,
    attempt: Attempt,
    token: &SecretString,
    identity: &Identity,
    scope: &str,
) -> Result<(), (RefreshFailure, Trouble)> {
    let kept =
        |error: SignInError| (kept_away(error.retry_after()), Trouble::new(error.code(), error.to_string()));
    let unwritten =
        |error: StoreError| (RefreshFailure::Unreachable, Trouble::new(error.code(), error.to_string()));
    let connection = connection(shared, name).await.map_err(kept)?;
    let record = record_name(name);
    shared.vault.begin_rotation(&record).await.map_err(unwritten)?;
    let (http, relying_party) = (&connection.http, &connection.relying_party);
    let tokens = match relying_party.refresh(http, token, identity, scope, SystemTime::now()).await {
        Ok(tokens) => tokens,
        Err(RefreshError { error, rotated }) => {
            // An answer that is not believed is no answer: the session cannot go on with what was spent for it.
            let rejected = matches!(
                &error,
                abide_oidc::Error::IdToken(_)
                    | abide_oidc::Error::Refused { error: OAuthError::InvalidGrant, .. }
            );
            match rotated {
                // What is not believed is not kept either.
                Some(rotated) if rejected => shared.before_the_end(give_back(connection.clone(), rotated)),
                Some(rotated) => adopt(shared, name, attempt, rotated).await,
                None => {}
            }
            // After a transient failure the provider may have spent the token, so the journal keeps the intent.
            if !error.is_transient() {
                let _ = shared.vault.abandon_rotation(&record).await;
            }
            let failure = if rejected { RefreshFailure::Rejected } else { kept_away(error.retry_after()) };
            return Err((failure, Trouble::from(&error)));
        }
    };
    // A provider that does not rotate sends no new refresh token: the old one stays good (RFC 6749 section 6).
    let mut tokens = tokens;
    tokens.refresh_token = tokens.refresh_token.or_else(|| Some(token.clone()));
    keep_name(&mut tokens.identity, identity);
    let lifetimes = lifetimes(&tokens);
    let mut held = Held::new(tokens, Heard { at: crate::clock::wall(), by: KnownBy::Refresh });
    let id_token = held.id_token.clone();
    let queued = shared.act(name, |account, now| {
        if let Some(before) = &account.held {
            held.inherit(before);
        }
        let content = account.session.awaits(attempt).then(|| account.stored_with(now, &held)).flatten();
        content.map(|content| shared.vault.put(&record, content))
    });
    let Ok(Some(written)) = queued else {
        // The session ended meanwhile: what has just been issued is given back.
        revoke_with(shared, connection, held);
        return Ok(());
    };
    // Durable before it is served: a token that only memory knows is lost with the process.
    written.await.map_err(unwritten)?;
    let mut held = Some(held);
    let _ = shared.act(name, |account, now| {
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
            let doubt =
                |account: &Account| account.session.checkpoint(now).and_then(|checkpoint| checkpoint.doubt);
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
    match held {
        Some(held) => revoke_with(shared, connection, held),
        None => claims::read_again(shared, name),
    }
    Ok(())
}

/// The session goes on without new tokens, and without asking before the provider wants to be asked.
fn kept_away(wait: Option<Duration>) -> RefreshFailure {
    wait.map_or(RefreshFailure::Unreachable, |wait| RefreshFailure::Busy { wait })
}

/// The provider has spent the old refresh token and sent a new one with an answer that cannot be verified for the moment, or
/// that is of no use otherwise. Nothing of that answer is served, but the next attempt has to send the new token.
async fn adopt(shared: &Arc<Shared>, name: &str, attempt: Attempt, rotated: SecretString) {
    let queued = shared.act(name, |account, now| {
        if !account.session.awaits(attempt) {
            return None;
        }
        account.held.as_mut()?.refresh_token = Some(rotated);
        account.stored(now).map(|content| shared.vault.put(&record_name(name), content))
    });
    if let Ok(Some(written)) = queued
        && let Err(error) = written.await
    {
        tracing::error!(%error, "a rotated refresh token could not be written down");
    }
}

/// A refreshed ID token often says less about the person than the first one did.
fn keep_name(fresh: &mut Identity, before: &Identity) {
    if fresh.email.is_none() && fresh.preferred_username.is_none() && fresh.name.is_none() {
        fresh.email.clone_from(&before.email);
        fresh.preferred_username.clone_from(&before.preferred_username);
        fresh.name.clone_from(&before.name);
    }
}

fn revoke_with(shared: &Arc<Shared>, connection: Connection, held: Held) {
    if let Some(token) = held.refresh_token {
        shared.before_the_end(give_back(connection, token));
    }
}

/// Revokes a refresh token that nobody uses any more.
pub(crate) async fn give_back(connection: Connection, token: SecretString) {
    let Connection { http, relying_party } = connection;
    if !relying_party.provider().has_revocation() {
        tracing::info!("the provider does not offer revocation");
        return;
    }
    for pause in REVOCATION_PAUSES.into_iter().map(Some).chain([None]) {
        match relying_party.revoke(&http, &token, TokenKind::RefreshToken, SystemTime::now()).await {
            Ok(()) => return,
            Err(error) if error.is_transient() => {
                tracing::warn!(code = error.code(), "the refresh token is not revoked yet");
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "the refresh token could not be revoked");
                return;
            }
        }
        match pause {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return,
        }
    }
}
