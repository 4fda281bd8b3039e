//! Security event tokens, polled at the interval of the probes (RFC 8936) or sent to the logout listener (RFC 8935).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Access, Conclusion, Error, PollRequest, SecurityEvent, SecurityEventError};
use abide_session::Input;
use abide_wire::{Signal, SignalState};
use secrecy::SecretString;
use url::Url;

use crate::config::ProviderConfig;
use crate::platform::clock;
use crate::server::SharedQuiet;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::event_stream::{Delivery, Made, Verification};
use crate::state::store::Store;

/// The most polls in a row while the provider reports more events.
const MOST_POLLS: usize = 10;
/// The longest time that an event waits for the publication of its key.
const KEY_PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The most events that wait at once.
const MOST_UNREAD: usize = 100;

/// The lines about events that are refused.
static TURNED_AWAY: SharedQuiet = SharedQuiet::new();

/// Fetches events, applies them, and acknowledges them.
pub(crate) async fn fetch(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    endpoint: &Url,
    token: &SecretString,
) -> Result<(), Error> {
    let Connection { http, relying_party, .. } = connection;
    let access = Access { http, token, now: clock::system_time() };
    let mut request = PollRequest { return_immediately: true, ..PollRequest::default() };
    for _ in 0..MOST_POLLS {
        let answer = match made(store, name) {
            Some(made) => made.transmitter.poll(&access, endpoint, &request).await?,
            None => relying_party.poll_events(&access, endpoint, &request).await?,
        };
        let _ = store.act(name, |account, now| hears(account, now.wall));
        request.ack.clear();
        request.set_errs.clear();
        for (jti, raw) in &answer.sets {
            match validated(store, name, connection, raw).await {
                Ok(event) => {
                    take(store, name, &event, Delivery::Polled);
                    request.ack.push(jti.clone());
                }
                Err(Error::SecurityEvent(error)) if waits(store, name, jti, error) => {}
                Err(Error::SecurityEvent(error)) => refuse(&mut request, name, jti, error),
                // The provider sends it again, when its keys can be read.
                Err(error) => {
                    TURNED_AWAY.say(|more| {
                        tracing::warn!(account = name, code = error.code(), more, "an event waits");
                    });
                }
            }
        }
        // Waiting events would only come again.
        if request.ack.is_empty() && request.set_errs.is_empty() {
            break;
        }
        if !answer.more_available {
            // Only to acknowledge.
            request.max_events = Some(0);
        }
    }
    Ok(())
}

fn made(store: &Arc<Store>, name: &str) -> Option<Made> {
    store.act(name, |account, _| account.event_stream.made.clone()).ok().flatten()
}

/// Validates an event, and that it is for the stream that Abide has made, if it has made one.
async fn validated(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    raw: &str,
) -> Result<SecurityEvent, Error> {
    let Connection { http, relying_party, .. } = connection;
    let now = clock::system_time();
    let Some(made) = made(store, name) else {
        return relying_party.security_event(http, raw, None, now).await;
    };
    let event = made.transmitter.security_event(http, raw, &made.stream, now).await?;
    if event.is_of_another_stream(&made.stream.id) {
        return Err(SecurityEventError::StreamMismatch.into());
    }
    if event.is_verification() && !answers(store, name, &event) {
        return Err(SecurityEventError::StateMismatch.into());
    }
    Ok(event)
}

/// Whether a verification event is the answer to our question (Shared Signals Framework 1.0, section 8.1.4.1). The accounts
/// of a client may share the stream. Without `state`, the transmitter sends it of its own accord.
fn answers(store: &Arc<Store>, name: &str, event: &SecurityEvent) -> bool {
    let Some(state) = &event.state else { return true };
    // All of them have to hear of it.
    let asked = same_client(store, name).into_iter().map(|name| {
        let asked = store.act(&name, |account, _| {
            let stream = &mut account.event_stream;
            if stream.has_taken(&event.jti) {
                return true;
            }
            let Some(made) = &mut stream.made else { return false };
            let asked = matches!(&made.verification, Verification::Asked(asked, _) if asked == state);
            if asked {
                made.verification = Verification::Done;
            }
            asked
        });
        asked.unwrap_or(false)
    });
    asked.collect::<Vec<bool>>().contains(&true)
}

/// A key that the provider has just begun to use may not be published or read yet: keys are read at most once a minute. So
/// an event with an unknown key is not acknowledged for a while; the provider sends it again.
fn waits(store: &Arc<Store>, name: &str, jti: &str, error: SecurityEventError) -> bool {
    if !matches!(error, SecurityEventError::KeyUnknown | SecurityEventError::KeyNotRead) {
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
    turned_away(name, error);
    request.set_errs.push((jti.to_owned(), error));
}

/// Notes an event that is refused. Anyone can send one to the listener.
fn turned_away(name: &str, error: SecurityEventError) {
    TURNED_AWAY.say(|more| {
        tracing::warn!(account = name, code = error.code(), more, "a security event is refused");
    });
}

/// Notes that events cannot be had now.
pub(crate) fn fails(store: &Arc<Store>, name: &str, error: &Error) {
    tracing::info!(account = name, code = error.code(), "events could not be fetched");
    let _ = store.act(name, |account, now| {
        // What has answered once is offered.
        let offered = account.signals.has_heard(Signal::Events);
        let state = match offered || error.is_transient() {
            true => SignalState::Failed,
            false => SignalState::NotOffered,
        };
        account.signals.becomes(Signal::Events, state);
        if let Some(wish) = error.retry_after() {
            account.signals.rests(Signal::Events, now.boot, wish);
        }
        if matches!(error, Error::UnexpectedStatus { status: 404, .. }) {
            account.event_stream.is_gone();
        }
    });
}

/// Notes that something came from the stream. While the provider has stopped it, the signal does not work, even if it answers.
fn hears(account: &mut Account, at: Duration) {
    account.signals.heard(Signal::Events, at);
    if account.event_stream.is_stopped() {
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
    let managed = store.act(name, |account, _| account.config.provider.events_transmitter.is_some());
    if matches!(managed, Ok(true)) && made(store, name).is_none() {
        // The keys of the transmitter are not known yet.
        return Received::Later;
    }
    match validated(store, name, connection, raw).await {
        Ok(event) => {
            let _ = store.act(name, |account, now| hears(account, now.wall));
            take(store, name, &event, Delivery::Pushed);
            Received::Accepted
        }
        // The key may have been published after ours were read. The provider sends the event again.
        Err(Error::SecurityEvent(SecurityEventError::KeyNotRead)) => Received::Later,
        Err(Error::SecurityEvent(error)) => {
            turned_away(name, error);
            Received::Refused(error.reported_as(), error.code())
        }
        Err(error) => {
            TURNED_AWAY.say(|more| {
                tracing::warn!(
                    account = name,
                    code = error.code(),
                    more,
                    "a security event cannot be checked now"
                );
            });
            Received::Later
        }
    }
}

/// Applies an event. The stream belongs to the client, and acknowledged events are not sent again, so every account of this
/// client gets it.
fn take(store: &Arc<Store>, name: &str, event: &SecurityEvent, delivery: Delivery) {
    let signal = abide_session::Signal::SecurityEvent;
    for name in same_client(store, name) {
        let _ = store.act(&name, |account, now| {
            if !account.event_stream.is_new(&event.jti) {
                return;
            }
            if account.event_stream.update(event, delivery, now.wall.as_secs()) {
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
        let ProviderConfig { events, events_transmitter, .. } = &config.provider;
        (config.issuer.clone(), config.client_id.clone(), events.clone(), events_transmitter.clone())
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
