//! A silent authorization request (`prompt=none`; OpenID Connect Core 1.0, section 3.1.2.1) in a frame of the page.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{AuthorizationParameters, CallbackError, Identity, Pending, SilentRefusal};
use abide_session::SilentAnswer;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use url::Url;

use super::page::{Page, Silent};
use crate::browser::server::random;
use crate::platform::clock;
use crate::server::SharedQuiet;
use crate::state::account::Account;
use crate::state::commit::{Commit, NotCommitted, Unwritten, commit};
use crate::state::connection::Connection;
use crate::state::revoke::{revoke_refused, revoke_token};
use crate::state::tokens::Held;

/// The longest wait for the provider.
const PATIENCE: Duration = Duration::from_secs(15);

/// The lines about what a page asks for in vain.
static TURNED_AWAY: SharedQuiet = SharedQuiet::new();

/// The result.
struct Silently {
    identity: Identity,
    id_token: Option<SecretString>,
    session_state: Option<String>,
    refresh_token: Option<SecretString>,
}

impl Silently {
    /// Takes over what is new. A silent request is often answered with a weaker `acr` than the sign-in: what the sign-in said
    /// stays.
    fn renews(&self, held: &mut Held) {
        if self.identity.acr == held.identity.acr {
            held.id_token = self.id_token.clone().or_else(|| held.id_token.take());
        }
        held.session_state = self.session_state.clone().or_else(|| held.session_state.take());
    }
}

/// Prepares a request and returns the path for the frame. The page does not get the request itself, because it contains the
/// ID token.
pub(super) async fn prepare(page: &Arc<Page>) -> Option<String> {
    let (mut connection, hint, signed_with) = page
        .work(|account| {
            let held = account.held.as_ref()?;
            Some((account.connection.clone()?, held.id_token.clone(), held.identity.signed_with))
        })
        .flatten()?;
    connection.relying_party = connection.relying_party.held_to(signed_with);
    let parameters = AuthorizationParameters {
        // Only for the ID token: no second grant for offline use, and no scope that needs consent.
        scopes: Vec::new(),
        prompt: vec!["none".to_owned()],
        id_token_hint: hint,
        ..AuthorizationParameters::default()
    };
    let Connection { http, relying_party, .. } = &connection;
    let now = clock::system_time();
    let request = match relying_party.start_authorization(http, &page.redirect_uri, &parameters, now).await {
        Ok(request) => request,
        Err(error) => {
            TURNED_AWAY
                .say(|more| tracing::warn!(code = error.code(), more, "a silent request cannot be made"));
            return None;
        }
    };
    let ticket = random()?;
    let path = format!("/monitor/silent/{}", ticket.expose_secret());
    page.inner().silent = Some(Silent {
        ticket: Some((ticket, request.url)),
        pending: Arc::new(request.pending),
        connection,
        answer: watch::Sender::new(None),
    });
    Some(path)
}

/// The target of the frame; valid once.
pub(super) fn departure(page: &Page, ticket: &str) -> Option<Url> {
    use subtle::ConstantTimeEq;
    let mut inner = page.inner();
    let silent = inner.silent.as_mut()?;
    let right = silent.ticket.as_ref().is_some_and(|(expected, _)| {
        bool::from(expected.expose_secret().as_bytes().ct_eq(ticket.as_bytes()))
    });
    if right { silent.ticket.take().map(|(_, url)| url) } else { None }
}

/// Takes an answer at the redirect URI; false if it does not answer the pending request.
pub(crate) async fn arrive(page: &Arc<Page>, query: &str) -> bool {
    let under_way = {
        let inner = page.inner();
        inner
            .silent
            .as_ref()
            .map(|silent| (silent.pending.clone(), silent.connection.clone(), silent.answer.clone()))
    };
    let Some((pending, connection, answer)) = under_way else { return false };
    let received = pending.receive(query);
    if matches!(&received, Err(error) if error.is_stray()) {
        return false;
    }
    // Valid once.
    if answer.borrow().is_some() {
        return false;
    }
    answer.send_replace(Some(redeem(page, &pending, &connection, received).await));
    true
}

async fn redeem(
    page: &Arc<Page>,
    pending: &Pending,
    connection: &Connection,
    received: Result<abide_oidc::AuthorizationResponse, CallbackError>,
) -> SilentAnswer {
    let response = match received {
        Ok(response) => response,
        Err(error) => {
            tracing::info!(account = page.account, code = error.code(), "a silent request was refused");
            return match error.silent_refusal() {
                Some(SilentRefusal::LoginRequired) => SilentAnswer::LoginRequired,
                Some(SilentRefusal::InteractionNeeded) => SilentAnswer::InteractionNeeded,
                None => SilentAnswer::Nothing,
            };
        }
    };
    let session_state = response.session_state.map(|state| state.as_str().to_owned());
    // The end of the program waits for what comes.
    let exchange = page.store.upgrade().and_then(|store| store.exchanges.begin());
    let Some(_exchange) = exchange else { return SilentAnswer::Nothing };
    let Connection { http, relying_party, .. } = connection;
    match relying_party.exchange(http, pending, response.code, clock::system_time()).await {
        Ok(tokens) => {
            let found = Silently {
                identity: tokens.identity,
                id_token: tokens.id_token,
                session_state,
                refresh_token: tokens.refresh_token,
            };
            take_over(page, found, connection).await
        }
        Err(refused) => {
            let code = refused.error.code();
            TURNED_AWAY.say(|more| {
                tracing::warn!(account = page.account, code, more, "a silent answer was refused");
            });
            if let Some(store) = page.store.upgrade() {
                revoke_refused(&store, connection, refused);
            }
            SilentAnswer::Nothing
        }
    }
}

/// Stores a new ID token and session state of the same person.
async fn take_over(page: &Page, found: Silently, connection: &Connection) -> SilentAnswer {
    let Some(store) = page.store.upgrade() else { return SilentAnswer::Nothing };
    let own = found.refresh_token.clone();
    let begun = page.work(|account| Some((account.session_ref()?, account.turn.clone()))).flatten();
    let Some((session, turn)) = begun else {
        revoke_token(&store, connection, own);
        return SilentAnswer::Nothing;
    };
    // The session may be refreshing its tokens at this moment.
    let _turn = turn.take(connection.patience()).await;
    let same = store.act_if(session, |account, _| {
        account.held.as_ref().is_some_and(|held| found.identity.same_person(&held.identity))
    });
    if same != Ok(true) {
        revoke_token(&store, connection, own);
        return same.map_or(SilentAnswer::Nothing, |_| SilentAnswer::OtherPerson);
    }
    let renew = |held: &mut Held| found.renews(held);
    let how = Commit {
        next: |account: &Account, before: Option<&Held>| {
            let mut held = before.filter(|_| account.is_in(session))?.clone();
            renew(&mut held);
            held.leftovers.extend(own.clone());
            Some(held)
        },
        // What is to be revoked, and the newest ID token, have to outlive a crash.
        content: |account: &Account, held: &Held, now| account.stored_with(now, held),
        unwritten: Unwritten::Revoked,
    };
    let mut surplus = Vec::new();
    let done = commit(&store, &page.account, how, |account, _| {
        surplus = account.held.as_mut().map(Held::surplus).unwrap_or_default();
    });
    let done = done.await;
    surplus.into_iter().for_each(|token| revoke_token(&store, connection, Some(token)));
    match done {
        Ok(()) => SilentAnswer::SamePerson,
        Err(not) => {
            revoke_token(&store, connection, own.clone());
            if let NotCommitted::Gone = not {
                return SilentAnswer::Nothing;
            }
            // The person is known all the same.
            let _ = store.act_if(session, |account, _| account.held.as_mut().map(renew));
            SilentAnswer::SamePerson
        }
    }
}

/// Waits for the answer.
pub(super) async fn outcome(page: &Arc<Page>) -> SilentAnswer {
    let receiver = page.inner().silent.as_ref().map(|silent| silent.answer.subscribe());
    let Some(mut receiver) = receiver else { return SilentAnswer::Nothing };
    let answer = match clock::timeout(PATIENCE, receiver.wait_for(Option::is_some)).await {
        Ok(Ok(answer)) => answer.unwrap_or(SilentAnswer::Nothing),
        _ => SilentAnswer::Nothing,
    };
    page.inner().silent = None;
    answer
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_weaker_silent_answer_does_not_replace_what_the_sign_in_said() {
        let identity = |acr: &str| {
            let identity = json!({ "issuer": "https://id.example.com", "subject": "1", "acr": acr });
            serde_json::from_value::<Identity>(identity).unwrap()
        };
        for (acr, id_token) in [("0", "of the sign-in"), ("phr", "silent")] {
            let signed_in =
                json!({ "scope": "openid", "identity": identity("phr"), "session_state": "before" });
            let mut held: Held = serde_json::from_value(signed_in).unwrap();
            held.id_token = Some("of the sign-in".into());
            let found = Silently {
                identity: identity(acr),
                id_token: Some("silent".into()),
                session_state: Some("after".into()),
                refresh_token: None,
            };
            found.renews(&mut held);
            assert_eq!(held.identity.acr.as_deref(), Some("phr"), "{acr}");
            assert_eq!(held.id_token.unwrap().expose_secret(), id_token, "{acr}");
            assert_eq!(held.session_state.as_deref(), Some("after"), "{acr}");
        }
    }
}
