//! Security event tokens, polled at the interval of the probes (RFC 8936): logout notifications for a machine that cannot be
//! reached from outside.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Conclusion, Error, PollRequest, SecurityEventError};
use abide_session::Input;
use abide_wire::{Signal, SignalState};
use secrecy::SecretString;
use url::Url;

use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::store::Store;

/// The most polls in a row while the provider reports more events.
const MOST_POLLS: usize = 10;
/// The longest time that an event waits for the publication of its key.
const KEY_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The most events that wait at once.
const MOST_UNREAD: usize = 100;

/// Fetches events, applies them, and acknowledges them.
pub(crate) async fn fetch(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    endpoint: &Url,
    token: &SecretString,
) {
    let mut request = PollRequest { return_immediately: true, ..PollRequest::default() };
    for _ in 0..MOST_POLLS {
        let Connection { http, relying_party, .. } = connection;
        let answer = match relying_party.poll_events(http, endpoint, token, &request).await {
            Ok(answer) => answer,
            Err(error) => return fails(store, name, &error),
        };
        let _ = store.act(name, |account, now| hears(account, now.wall));
        request.ack.clear();
        request.set_errs.clear();
        for (jti, raw) in &answer.sets {
            match relying_party.security_event(http, raw, None, clock::system_time()).await {
                Ok(event) => {
                    take(store, name, &event);
                    request.ack.push(jti.clone());
                }
                Err(Error::SecurityEvent(error)) if waits(store, name, jti, error) => {}
                Err(Error::SecurityEvent(error)) => refuse(&mut request, name, jti, error),
                // The provider sends it again, when its keys can be read.
                Err(error) => tracing::warn!(account = name, code = error.code(), "an event waits"),
            }
        }
        // Waiting events would only come again.
        if request.ack.is_empty() && request.set_errs.is_empty() {
            return;
        }
        if !answer.more_available {
            // Only to acknowledge.
            request.max_events = Some(0);
        }
    }
}

/// A key that the provider has just begun to use may not be published or read yet: keys are read at most once a minute. So
/// an event with an unknown key is not acknowledged for a while; the provider sends it again.
fn waits(store: &Arc<Store>, name: &str, jti: &str, error: SecurityEventError) -> bool {
    if error != SecurityEventError::KeyUnknown {
        return false;
    }
    let waits = store.act(name, |account, now| {
        let known = &mut account.unread_events;
        known.retain(|_, since| now.boot.saturating_sub(*since) < 2 * KEY_PATIENCE);
        let full = known.len() >= MOST_UNREAD;
        let since = known.get(jti).copied();
        if since.is_none() && !full {
            known.insert(jti.to_owned(), now.boot);
        }
        since.map_or(!full, |since| now.boot.saturating_sub(since) < KEY_PATIENCE)
    });
    waits.unwrap_or(false)
}

fn refuse(request: &mut PollRequest, name: &str, jti: &str, error: SecurityEventError) {
    tracing::warn!(account = name, code = error.code(), "a security event is refused");
    request.set_errs.push((jti.to_owned(), error));
}

fn fails(store: &Arc<Store>, name: &str, error: &Error) {
    tracing::info!(account = name, code = error.code(), "events could not be fetched");
    let state = if error.is_transient() { SignalState::Failed } else { SignalState::NotOffered };
    let _ = store.act(name, |account, _| account.signals.becomes(Signal::Events, state));
}

/// Notes that something came from the stream. While the provider has stopped it, the signal does not work, even if it answers.
fn hears(account: &mut Account, at: Duration) {
    account.signals.heard(Signal::Events, at);
    if account.event_stream_stopped {
        account.signals.becomes(Signal::Events, SignalState::Failed);
    }
}

/// What a provider is told about an event that it has sent (RFC 8935, sections 2.2 to 2.4).
pub(crate) enum Received {
    Accepted,
    /// The code for the provider, and our own.
    Refused(&'static str, &'static str),
    /// The provider may send it again: it cannot be checked now.
    Later,
}

/// Applies an event that the provider has sent by itself (RFC 8935).
pub(crate) async fn receive(store: &Arc<Store>, name: &str, connection: &Connection, raw: &str) -> Received {
    let Connection { http, relying_party, .. } = connection;
    match relying_party.security_event(http, raw, None, clock::system_time()).await {
        Ok(event) => {
            let _ = store.act(name, |account, now| hears(account, now.wall));
            take(store, name, &event);
            Received::Accepted
        }
        // The key may have been published after ours were read. The provider sends the event again.
        Err(Error::SecurityEvent(SecurityEventError::KeyUnknown)) => Received::Later,
        Err(Error::SecurityEvent(error)) => {
            tracing::warn!(account = name, code = error.code(), "a security event is refused");
            Received::Refused(error.reported_as(), error.code())
        }
        Err(error) => {
            tracing::warn!(account = name, code = error.code(), "a security event cannot be checked now");
            Received::Later
        }
    }
}

/// Applies an event. The stream belongs to the client, and acknowledged events are not sent again, so every account of this
/// client gets it.
fn take(store: &Arc<Store>, name: &str, event: &abide_oidc::SecurityEvent) {
    let signal = abide_session::Signal::SecurityEvent;
    for name in same_client(store, name) {
        let _ = store.act(&name, |account, now| {
            if let Some(stops) = event.stream_stops {
                account.event_stream_stopped = stops;
                hears(account, now.wall);
            }
            let began = account.session.view(now).began.unwrap_or_default().as_secs();
            let Some(held) = &account.held else { return };
            match event.conclusion(&held.identity, began) {
                Conclusion::SessionRevoked => account.session.handle(now, Input::ProviderEnded { signal }),
                // The claims about the person are out of date: a refresh gets new ones, or ends the session.
                Conclusion::ClaimsChanged => {
                    account.session.handle(now, Input::ProviderSuspected { signal, offline: false });
                }
                _ => {}
            }
        });
    }
}

fn same_client(store: &Arc<Store>, name: &str) -> Vec<String> {
    let core = store.core();
    let client = |account: &Account| {
        let config = &account.config;
        (config.issuer.clone(), config.client_id.clone(), config.provider.events.clone())
    };
    let Some(ours) = core.accounts.iter().find(|account| account.name == name).map(client) else {
        return Vec::new();
    };
    core.accounts
        .iter()
        .filter(|account| client(account) == ours && account.config.provider.watches(Signal::Events))
        .map(|account| account.name.clone())
        .collect()
}
