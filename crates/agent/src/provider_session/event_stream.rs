//! The stream of security events that Abide makes at a transmitter: Shared Signals Framework 1.0, section 8.1.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Access, Error, EventStream as Stream, Identity, StreamStatus, Transmitter, WantedStream};
use abide_wire::{AccessToken, Signal, SignalState, TokenAnswer};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::browser::server::random;
use crate::config::ProviderConfig;
use crate::platform::clock;
use crate::provider_session::security_events;
use crate::state::account::Account;
use crate::state::connected::connection;
use crate::state::connection::Connection;
use crate::state::event_stream::{Made, Verification};
use crate::state::store::Store;
use crate::tokens::renewals::is_same;
use crate::tokens::{self, TokenParams};

/// The description by which Abide knows its stream again.
const DESCRIPTION: &str = "Abide";
/// The longest wait for a verification event until the next one is asked for.
const VERIFIED_WITHIN: Duration = Duration::from_secs(10 * 60);
/// The pause after a transmitter has given no stream that can be used.
const GIVEN_UP: Duration = Duration::from_secs(10 * 60);
/// How long an access token has to be valid for a visit to the transmitter.
const VALID_FOR: Duration = Duration::from_secs(10);
/// The longest wait for the transmitter when an account is removed.
const LEAVE: Duration = Duration::from_secs(5);

/// Where an account gets its events.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A stream that Abide makes at the transmitter of this issuer.
    Managed(String),
    /// A stream that is there already, with this address for polls.
    Configured(Url),
}

/// Where an account with these settings gets its events; `None` if it gets none, or all of them are sent.
pub(crate) fn source(provider: &ProviderConfig) -> Option<Source> {
    let managed = provider.events_transmitter.clone().map(Source::Managed);
    let source = managed.or_else(|| provider.events.clone().map(Source::Configured));
    source.filter(|_| provider.watches(Signal::Events))
}

/// Makes or finds the stream, asks for its verification, and fetches the events in it. If the transmitter refuses the access
/// token, once more with another one (RFC 6750, section 3.1).
pub(crate) async fn attend(store: &Arc<Store>, name: &str, source: &Source) {
    let given_up = store.act(name, |account, now| account.event_stream.is_given_up(now.boot));
    if given_up.unwrap_or(true) {
        return;
    }
    let Some(token) = present_token(store, name).await else { return };
    let Ok(connection) = connection(store, name).await else { return };
    let mut outcome = visit(store, name, &connection, source, &token).await;
    if outcome == Err(Error::AccessTokenRejected)
        && let Some(other) = another_token(store, name, &token).await
    {
        outcome = visit(store, name, &connection, source, &other).await;
    }
    let Err(error) = outcome else { return };
    let passes = match source {
        Source::Managed(_) => {
            error.is_transient() || matches!(error, Error::UnexpectedStatus { status: 404, .. })
        }
        Source::Configured(_) => error != Error::AccessTokenRejected,
    };
    let _ = store.act(name, |account, now| {
        let until = now.boot.saturating_add(GIVEN_UP);
        account.event_stream.given_up_until = (!passes).then_some(until);
    });
    if !passes {
        tracing::warn!(account = name, code = error.code(), "there is no stream of events that can be used");
    }
    security_events::fails(store, name, &error);
}

async fn visit(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    source: &Source,
    token: &SecretString,
) -> Result<(), Error> {
    let poll = match source {
        Source::Configured(endpoint) => Some(endpoint.clone()),
        Source::Managed(issuer) => {
            prepared(store, name, connection, issuer, token).await?.and_then(|stream| stream.poll)
        }
    };
    match poll {
        Some(endpoint) => security_events::fetch(store, name, connection, &endpoint, token).await,
        None => Ok(()),
    }
}

/// The session's access token. A stream needs a valid one also while no program asks for a token.
async fn present_token(store: &Arc<Store>, name: &str) -> Option<SecretString> {
    let present = store.act(name, |account, _| {
        account.held.as_ref().map(|_| account.fresh_access_token().map(|(token, _)| token))
    });
    match present.ok()?? {
        Some(token) => Some(token),
        None => {
            let asked = TokenParams { min_validity: VALID_FOR, ..TokenParams::of_session(name) };
            Some(secret(&tokens::token(store, &asked).await.ok()?))
        }
    }
}

/// Another token than the one that the transmitter refuses; `None` if there is none.
async fn another_token(store: &Arc<Store>, name: &str, refused: &SecretString) -> Option<SecretString> {
    let refused = AccessToken::new(refused.expose_secret().to_owned());
    let other = tokens::another(store, &TokenParams::of_session(name), &refused).await.ok()?;
    (!is_same(&other.access_token, &refused)).then(|| secret(&other))
}

fn secret(answer: &TokenAnswer) -> SecretString {
    SecretString::from(answer.access_token.expose().to_owned())
}

/// The stream as it is to be: made, enabled, and verified or about to be. `None` without a session.
async fn prepared(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    issuer: &str,
    token: &SecretString,
) -> Result<Option<Stream>, Error> {
    let known = store.act(name, |account, _| {
        let identity = account.held.as_ref()?.identity.clone();
        let stream = &mut account.event_stream;
        if let Some(made) = &mut stream.made {
            // A new sign-in brings tokens of another key.
            made.transmitter = made.transmitter.with_tokens_of(&connection.relying_party);
        }
        let made = stream.made.clone().filter(|made| made.subject == identity.subject);
        Some((identity, made, stream.is_stopped(), wanted(account)))
    });
    let Ok(Some((identity, known, stopped, wanted))) = known else { return Ok(None) };
    let access = access(connection, token);
    let (made, is_new) = match known {
        Some(made) if made.stream.delivers(&wanted) => (made, false),
        Some(made) => (changed(store, name, &access, made, &wanted, &identity).await?, true),
        None => {
            let transmitter = connection.relying_party.transmitter(&connection.http, issuer).await?;
            (establish(transmitter, &access, &wanted, &identity).await?, true)
        }
    };
    if is_new {
        let _ = store.act(name, |account, _| account.event_stream.made = Some(made.clone()));
    }
    // An answer to a poll shows that the stream is there, but not that events are sent.
    if is_new || stopped || made.stream.poll.is_none() {
        look(store, name, &access, &made, is_new).await?;
    }
    verify(store, name, &access, &made).await?;
    Ok(Some(made.stream))
}

fn access<'a>(connection: &'a Connection, token: &'a SecretString) -> Access<'a> {
    Access { http: &connection.http, token, now: clock::system_time() }
}

fn wanted(account: &Account) -> WantedStream {
    let provider = &account.config.provider;
    let push_to = provider.events_push_url.clone().filter(|_| provider.receives_events());
    WantedStream { push_to, description: DESCRIPTION.to_owned() }
}

/// Finds the stream of an earlier run, or makes one. Some transmitters allow one for each client: one that another program has
/// made stays as it is.
async fn establish(
    transmitter: Transmitter,
    access: &Access<'_>,
    wanted: &WantedStream,
    identity: &Identity,
) -> Result<Made, Error> {
    let stream = match transmitter.find(access, wanted).await? {
        Some(stream) if stream.delivers(wanted) => stream,
        own => match transmitter.create(access, wanted).await {
            Err(Error::UnexpectedStatus { status: 409, .. }) => match own {
                Some(stream) => rearranged(&transmitter, access, &stream, wanted).await?,
                None => return Err(Error::EventStreamTaken),
            },
            // As it is kept there.
            created => transmitter.read(access, &created?).await?,
        },
    };
    complete(transmitter, access, stream, identity).await
}

/// The stream of an account whose settings for the delivery have changed. An account that shares it leaves it to the others.
async fn changed(
    store: &Arc<Store>,
    name: &str,
    access: &Access<'_>,
    made: Made,
    wanted: &WantedStream,
    identity: &Identity,
) -> Result<Made, Error> {
    let Made { transmitter, stream, .. } = made;
    if !others(store, name, &stream).is_empty() {
        part(store, name, access, (&transmitter, &stream), identity).await?;
        return establish(transmitter, access, wanted, identity).await;
    }
    let stream = rearranged(&transmitter, access, &stream, wanted).await?;
    complete(transmitter, access, stream, identity).await
}

/// The same stream with another delivery, or a new one in its place: not every transmitter replaces a configuration.
async fn rearranged(
    transmitter: &Transmitter,
    access: &Access<'_>,
    stream: &Stream,
    wanted: &WantedStream,
) -> Result<Stream, Error> {
    match transmitter.replace(access, stream, wanted).await {
        Err(error) if error.is_transient() || error == Error::AccessTokenRejected => return Err(error),
        Err(error) => {
            tracing::info!(code = error.code(), "the stream cannot be changed, another one is made")
        }
        replaced => return replaced,
    }
    match transmitter.delete(access, stream).await {
        Ok(()) | Err(Error::UnexpectedStatus { status: 404, .. }) => {}
        Err(error) => return Err(error),
    }
    let created = transmitter.create(access, wanted).await?;
    transmitter.read(access, &created).await
}

/// Asks for what a stream lacks: events that have an effect, and those about this person.
async fn complete(
    transmitter: Transmitter,
    access: &Access<'_>,
    stream: Stream,
    identity: &Identity,
) -> Result<Made, Error> {
    if !stream.requests_all() {
        // Not every transmitter changes streams (CAEP Interoperability Profile 1.0).
        optional(transmitter.update(access, &stream).await, "the stream cannot be changed")?;
    }
    let added = transmitter.add_subject(access, &stream, identity).await;
    optional(added, "the stream does not add this person")?;
    let subject = identity.subject.clone();
    Ok(Made { transmitter, stream, subject, verification: Verification::Wanted })
}

/// What a transmitter may refuse without harm.
fn optional(outcome: Result<(), Error>, what: &'static str) -> Result<(), Error> {
    match outcome {
        Err(error) if error.is_transient() || error == Error::AccessTokenRejected => Err(error),
        Err(error) => {
            tracing::info!(code = error.code(), what);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Reads the status of the stream (section 8.1.2). A new one, and one that is found again, is enabled first.
async fn look(
    store: &Arc<Store>,
    name: &str,
    access: &Access<'_>,
    made: &Made,
    is_new: bool,
) -> Result<(), Error> {
    let Made { transmitter, stream, .. } = made;
    if is_new {
        optional(transmitter.enable(access, stream).await, "the stream cannot be enabled")?;
    }
    let status = transmitter.status(access, stream).await?;
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
async fn verify(store: &Arc<Store>, name: &str, access: &Access<'_>, made: &Made) -> Result<(), Error> {
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
    match made.transmitter.verify(access, &made.stream, state).await {
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

/// Takes a stream away that an account does not use with its next settings. Before they count.
pub(crate) async fn adapt(store: &Arc<Store>, name: &str, next: &ProviderConfig) {
    let loses = store.act(name, |account, _| {
        let present = source(&account.config.provider);
        matches!(present, Some(Source::Managed(_))) && present != source(next)
    });
    if let Ok(true) = loses {
        leave(store, name).await;
    }
}

/// Takes the stream of an account that is removed away from the transmitter, or its person out of a stream that another
/// account uses. Before the tokens are revoked: one of them is needed for that.
pub(crate) async fn leave(store: &Arc<Store>, name: &str) {
    let found = store.act(name, |account, now| {
        let Some(Source::Managed(issuer)) = source(&account.config.provider) else { return None };
        let identity = account.held.as_ref()?.identity.clone();
        // No visit makes it again.
        account.event_stream.given_up_until = Some(now.boot.saturating_add(GIVEN_UP));
        Some((issuer, identity, account.event_stream.made.take(), wanted(account)))
    });
    let Ok(Some((issuer, identity, made, wanted))) = found else { return };
    let left = async {
        let connection = connection(store, name).await.map_err(|error| error.code())?;
        let depart = async |token: &SecretString| {
            let access = access(&connection, token);
            let (transmitter, stream) = match made.clone() {
                Some(Made { transmitter, stream, .. }) => {
                    (transmitter.with_tokens_of(&connection.relying_party), stream)
                }
                None => {
                    let transmitter = connection.relying_party.transmitter(&connection.http, &issuer).await?;
                    let Some(stream) = transmitter.find(&access, &wanted).await? else { return Ok(()) };
                    (transmitter, stream)
                }
            };
            part(store, name, &access, (&transmitter, &stream), &identity).await
        };
        let rejected = Error::AccessTokenRejected.code();
        let token = present_token(store, name).await.ok_or(rejected)?;
        let mut outcome = depart(&token).await;
        if outcome == Err(Error::AccessTokenRejected)
            && let Some(other) = another_token(store, name, &token).await
        {
            outcome = depart(&other).await;
        }
        outcome.map_err(|error| error.code())
    };
    let code = match clock::timeout(LEAVE, left).await {
        Ok(Ok(())) => return,
        Ok(Err(code)) => code,
        Err(_) => "provider_timeout",
    };
    tracing::warn!(account = name, code, "the stream of events is left behind");
}

async fn part(
    store: &Arc<Store>,
    name: &str,
    access: &Access<'_>,
    (transmitter, stream): (&Transmitter, &Stream),
    identity: &Identity,
) -> Result<(), Error> {
    let subjects = others(store, name, stream);
    if subjects.is_empty() {
        transmitter.delete(access, stream).await
    } else if subjects.contains(&identity.subject) {
        Ok(())
    } else {
        transmitter.remove_subject(access, stream, identity).await
    }
}

/// The persons of the other accounts that use a stream.
fn others(store: &Arc<Store>, name: &str, stream: &Stream) -> Vec<String> {
    let core = store.core();
    let others = core.accounts.iter().filter(|other| other.name != name && other.held.is_some());
    let made = others.filter_map(|other| other.event_stream.made.as_ref());
    made.filter(|made| made.stream.id == stream.id).map(|made| made.subject.clone()).collect()
}
