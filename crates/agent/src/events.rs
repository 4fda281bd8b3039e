//! Security event tokens, fetched at the interval at which the provider is looked at (RFC 8936): news of logouts for a
//! machine that nobody can reach from outside.

use std::sync::Arc;
use std::time::SystemTime;

use abide_oidc::{Conclusion, Error, PollRequest, SecurityEventError};
use abide_session::Input;
use abide_wire::{Signal, SignalState};
use secrecy::SecretString;
use url::Url;

use crate::account::Connection;
use crate::shared::Shared;

/// So many polls follow on each other at most, while the provider says that there are more events.
const MOST_POLLS: usize = 10;

/// Fetches what there is, lets it take effect, and says so to the provider.
pub(crate) async fn fetch(
    shared: &Arc<Shared>,
    name: &str,
    connection: &Connection,
    endpoint: &Url,
    token: &SecretString,
) {
    let mut request = PollRequest { return_immediately: true, ..PollRequest::default() };
    for _ in 0..MOST_POLLS {
        let Connection { http, relying_party } = connection;
        let answer = match relying_party.poll_events(http, endpoint, token, &request).await {
            Ok(answer) => answer,
            Err(error) => return fails(shared, name, &error),
        };
        let _ = shared.act(name, |account, now| account.signals.heard(Signal::Events, now.wall));
        request.ack.clear();
        request.set_errs.clear();
        for (jti, raw) in &answer.sets {
            match relying_party.security_event(http, raw, None, SystemTime::now()).await {
                Ok(event) => {
                    take(shared, name, &event);
                    request.ack.push(jti.clone());
                }
                Err(Error::SecurityEvent(error)) => refuse(&mut request, name, jti, error),
                // The provider sends it again when its keys can be read.
                Err(error) => tracing::warn!(account = name, code = error.code(), "an event waits"),
            }
        }
        let told_all = request.ack.is_empty() && request.set_errs.is_empty();
        if told_all && !answer.more_available {
            return;
        }
        if !answer.more_available {
            // Only to say what became of them.
            request.max_events = Some(0);
        }
    }
}

fn refuse(request: &mut PollRequest, name: &str, jti: &str, error: SecurityEventError) {
    tracing::warn!(account = name, code = error.code(), "a security event is refused");
    request.set_errs.push((jti.to_owned(), error));
}

fn fails(shared: &Arc<Shared>, name: &str, error: &Error) {
    tracing::info!(account = name, code = error.code(), "events could not be fetched");
    let state = if error.is_transient() { SignalState::Failed } else { SignalState::NotOffered };
    let _ = shared.act(name, |account, _| account.signals.becomes(Signal::Events, state));
}

fn take(shared: &Arc<Shared>, name: &str, event: &abide_oidc::SecurityEvent) {
    let signal = abide_session::Signal::SecurityEvent;
    let _ = shared.act(name, |account, now| {
        let Some(held) = &account.held else { return };
        // It may have waited for days: what is older than the session is not about it.
        let began = account.session.view(now).began.unwrap_or_default().as_secs();
        if event.occurred_at < began {
            return;
        }
        match event.conclusion(&held.identity) {
            Conclusion::SessionRevoked => account.session.handle(now, Input::ProviderEnded { signal }),
            // What is said about the person is out of date: a refresh brings it, or the end.
            Conclusion::ClaimsChanged => account.session.handle(now, Input::ProviderDoubted { signal }),
            _ => {}
        }
    });
}
