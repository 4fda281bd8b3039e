//! The stream of security events that Abide makes at a transmitter: Shared Signals Framework 1.0, section 8.1.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Error, EventStream as Stream, Identity, StreamStatus, Transmitter, WantedStream};
use abide_wire::{Signal, SignalState};
use secrecy::{ExposeSecret, SecretString};

use crate::browser::server::random;
use crate::platform::clock;
use crate::provider_session::security_events;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::event_stream::{Made, Verification};
use crate::state::store::Store;

/// The description by which Abide knows its stream again.
const DESCRIPTION: &str = "Abide";
/// The longest wait for a verification event until the next one is asked for.
const VERIFIED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// The pause after a transmitter has given no stream that can be used.
const GIVEN_UP: Duration = Duration::from_secs(10 * 60);
/// The longest wait for the transmitter when an account is removed.
const LEAVE: Duration = Duration::from_secs(5);

/// Makes or finds the stream, asks for its verification, and fetches the events in it.
pub(crate) async fn attend(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    issuer: &str,
    token: &SecretString,
) {
    let stream = match prepared(store, name, connection, issuer, token).await {
        Ok(Some(stream)) => stream,
        Ok(None) => return,
        Err(error) => {
            let passes = error.is_transient()
                || matches!(error, Error::AccessTokenRejected | Error::UnexpectedStatus { status: 404, .. });
            let _ = store.act(name, |account, now| {
                let until = now.boot.saturating_add(GIVEN_UP);
                account.event_stream.given_up_until = (!passes).then_some(until);
            });
            return security_events::fails(store, name, &error);
        }
    };
    if let Some(endpoint) = &stream.poll {
        security_events::fetch(store, name, connection, endpoint, token).await;
    }
}

/// The stream as it is to be: made, enabled, and verified or about to be. `None` without a session.
async fn prepared(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    issuer: &str,
    token: &SecretString,
) -> Result<Option<Stream>, Error> {
    let known = store.act(name, |account, now| {
        if account.event_stream.given_up_until.is_some_and(|until| now.boot < until) {
            return None;
        }
        let identity = account.held.as_ref()?.identity.clone();
        let made = account.event_stream.made.clone().filter(|made| made.subject == identity.subject);
        Some((identity, made, wanted(account), account.event_stream.is_stopped()))
    });
    let Ok(Some((identity, known, wanted, stopped))) = known else { return Ok(None) };
    let is_new = known.is_none();
    let made = match known {
        Some(made) => made,
        None => establish(connection, issuer, token, &wanted, &identity).await?,
    };
    if is_new {
        let _ = store.act(name, |account, _| account.event_stream.made = Some(made.clone()));
    }
    // An answer to a poll shows that the stream is there, but not that events are sent.
    if is_new || stopped || made.stream.poll.is_none() {
        look(store, name, connection, token, &made, is_new).await?;
    }
    verify(store, name, connection, token, &made).await?;
    Ok(Some(made.stream))
}

fn wanted(account: &Account) -> WantedStream {
    let provider = &account.config.provider;
    let push_to = provider.events_push_url.clone().filter(|_| provider.receives_events());
    WantedStream { push_to, description: DESCRIPTION.to_owned() }
}

/// Finds the stream of an earlier run, or makes one. A client may have only one at some transmitters.
async fn establish(
    connection: &Connection,
    issuer: &str,
    token: &SecretString,
    wanted: &WantedStream,
    identity: &Identity,
) -> Result<Made, Error> {
    let Connection { http, relying_party, .. } = connection;
    let transmitter = relying_party.transmitter(http, issuer).await?;
    let stream = match transmitter.find(http, token, wanted, false).await? {
        Some(stream) => stream,
        None => match transmitter.create(http, token, wanted).await {
            Err(error @ Error::UnexpectedStatus { status: 409, .. }) => {
                transmitter.find(http, token, wanted, true).await?.ok_or(error)?
            }
            // As it is kept there.
            created => transmitter.read(http, token, &created?).await?,
        },
    };
    if !stream.requests_all() {
        // Not every transmitter changes streams (CAEP Interoperability Profile 1.0).
        optional(transmitter.update(http, token, &stream).await, "the stream cannot be changed")?;
    }
    let added = transmitter.add_subject(http, token, &stream, identity).await;
    optional(added, "the stream does not add this person")?;
    let subject = identity.subject.clone();
    Ok(Made { transmitter, stream, subject, verification: Verification::Wanted })
}

/// What a transmitter may refuse without harm.
fn optional(outcome: Result<(), Error>, what: &'static str) -> Result<(), Error> {
    match outcome {
        Err(error) if error.is_transient() => Err(error),
        Err(error) => {
            tracing::info!(code = error.code(), what);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Reads the status of the stream (section 8.1.2). A stream that was found stopped is enabled once.
async fn look(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    token: &SecretString,
    made: &Made,
    is_new: bool,
) -> Result<(), Error> {
    let Connection { http, .. } = connection;
    let Made { transmitter, stream, .. } = made;
    let mut status = transmitter.status(http, token, stream).await?;
    if is_new && status.is_some_and(|status| status != StreamStatus::Enabled) {
        optional(transmitter.enable(http, token, stream).await, "the stream cannot be enabled")?;
        status = transmitter.status(http, token, stream).await?;
    }
    if let Some(status) = status {
        let _ = store.act(name, |account, now| {
            let stopped = status != StreamStatus::Enabled;
            account.event_stream.is_told(stopped, now.wall.as_secs());
            match account.signals.state(Signal::Events) {
                _ if stopped => account.signals.becomes(Signal::Events, SignalState::Failed),
                SignalState::Failed | SignalState::NotOffered => {
                    account.signals.becomes(Signal::Events, SignalState::Waiting);
                }
                _ => {}
            }
        });
    }
    Ok(())
}

/// Asks for a verification event, if there was none (section 8.1.4.2). The event may arrive before the answer.
async fn verify(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    token: &SecretString,
    made: &Made,
) -> Result<(), Error> {
    let Some(state) = random() else { return Ok(()) };
    let state = state.expose_secret();
    let becomes = |verification: Verification| {
        let _ = store.act(name, |account, _| {
            if let Some(made) = &mut account.event_stream.made {
                made.verification = verification;
            }
        });
    };
    let now = clock::now().boot;
    let waits = match &made.verification {
        Verification::Wanted => false,
        Verification::Asked(_, since) => now.saturating_sub(*since) < VERIFIED_WITHIN,
        Verification::Done => true,
    };
    if waits {
        return Ok(());
    }
    becomes(Verification::Asked(state.to_owned(), now));
    match made.transmitter.verify(&connection.http, token, &made.stream, state).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            becomes(Verification::Done);
            Ok(())
        }
        Err(error) => {
            becomes(Verification::Wanted);
            Err(error)
        }
    }
}

/// Takes the stream of an account that is removed away from the transmitter, or its person out of a stream that another
/// account uses. Before the tokens are revoked: one of them is needed for that.
pub(crate) async fn leave(store: &Arc<Store>, name: &str) {
    let found = store.act(name, |account, _| {
        let provider = &account.config.provider;
        let issuer = provider.events_transmitter.clone().filter(|_| provider.watches(Signal::Events))?;
        let (token, _) = account.fresh_access_token()?;
        let identity = account.held.as_ref()?.identity.clone();
        let connection = account.connection.clone()?;
        Some((issuer, token, identity, connection, account.event_stream.made.take(), wanted(account)))
    });
    let Ok(Some((issuer, token, identity, connection, made, wanted))) = found else { return };
    let left = async {
        let Connection { http, relying_party, .. } = &connection;
        let (transmitter, stream) = match made {
            Some(Made { transmitter, stream, .. }) => (transmitter, stream),
            None => {
                let transmitter = relying_party.transmitter(http, &issuer).await?;
                let Some(stream) = transmitter.find(http, &token, &wanted, false).await? else {
                    return Ok(());
                };
                (transmitter, stream)
            }
        };
        part(store, name, &connection, &token, (&transmitter, &stream), &identity).await
    };
    match clock::timeout(LEAVE, left).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(account = name, code = error.code(), "the stream of events is left behind");
        }
        Err(_) => tracing::warn!(account = name, "the stream of events is left behind"),
    }
}

async fn part(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    token: &SecretString,
    (transmitter, stream): (&Transmitter, &Stream),
    identity: &Identity,
) -> Result<(), Error> {
    let subjects: Vec<String> = {
        let core = store.core();
        let others = core.accounts.iter().filter(|other| other.name != name && other.held.is_some());
        let made = others.filter_map(|other| other.event_stream.made.as_ref());
        made.filter(|made| made.stream.id == stream.id).map(|made| made.subject.clone()).collect()
    };
    if subjects.is_empty() {
        transmitter.delete(&connection.http, token, stream).await
    } else if subjects.contains(&identity.subject) {
        Ok(())
    } else {
        transmitter.remove_subject(&connection.http, token, stream, identity).await
    }
}
