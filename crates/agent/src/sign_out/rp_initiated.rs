//! Signing out at the provider, in the browser (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::LogoutPending;
use abide_session::EndReason;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::browser::callback::{Callback, Outcome, Verdict};
use crate::config::LogoutConfig;
use crate::state::account::Account;
use crate::state::connection::{Connection, connect};
use crate::state::store::Store;
use crate::state::tokens::Held;

/// How long the browser may take to come back: the provider may ask the person.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// What has become of the provider's sign-out page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Nothing yet.
    Opening,
    /// It was not shown: the provider has none, or the browser did not open.
    NotOpened,
    /// The browser has it.
    Open,
    /// The browser has come back from it. The person may have answered no there.
    CameBack,
}

/// The provider's sign-out page, as far as the browser has told of it.
pub(crate) struct SignOutPage(watch::Receiver<Shown>);

impl SignOutPage {
    /// Waits until it is known whether the page was shown; [`Shown::Opening`] where that will not be known any more.
    pub(crate) async fn shown(&self) -> Shown {
        let mut shown = self.0.clone();
        let _ = shown.wait_for(|shown| *shown != Shown::Opening).await;
        *shown.borrow()
    }

    /// Waits until it is known whether the page was shown and the browser has come back, or will not any more.
    pub(crate) async fn outcome(&self) -> Shown {
        let mut shown = self.0.clone();
        // Whoever no longer waits for the browser drops the sender.
        let _ = shown.wait_for(|shown| matches!(shown, Shown::NotOpened | Shown::CameBack)).await;
        *shown.borrow()
    }
}

/// Opens the provider's sign-out page if the person has just ended the session and the account says so. Whether the
/// provider has really ended anything is found out by the farewell, not here.
pub(crate) fn in_the_browser(
    store: &Arc<Store>,
    account: &mut Account,
    held: &Held,
    reason: EndReason,
) -> Option<SignOutPage> {
    let wanted = account.config.logout.provider;
    if !wanted || !matches!(reason, EndReason::UserLogout | EndReason::Declined) {
        return None;
    }
    let (config, present, provider) =
        (account.config.clone(), account.connection.clone(), account.provider());
    let (store, hint) = (store.clone(), held.id_token.clone());
    let (sender, receiver) = watch::channel(Shown::Opening);
    let task = tokio::spawn(async move {
        let connection = match present {
            Some(connection) => Ok(connection),
            None => connect(&config).await,
        };
        let opened = match connection {
            Ok(connection) => open(&store, &connection, &config.logout, hint).await,
            Err(error) => Err(error.to_string()),
        };
        match opened {
            Ok((callback, pending)) => {
                sender.send_replace(Shown::Open);
                if come_back(callback, pending, provider).await {
                    sender.send_replace(Shown::CameBack);
                }
            }
            Err(problem) => {
                tracing::warn!(problem, "the provider's sign-out page was not opened");
                sender.send_replace(Shown::NotOpened);
            }
        }
    });
    account.sign_out = Some(task.abort_handle());
    Some(SignOutPage(receiver))
}

async fn open(
    store: &Arc<Store>,
    connection: &Connection,
    config: &LogoutConfig,
    hint: Option<SecretString>,
) -> Result<(Callback, Option<LogoutPending>), String> {
    let callback = Callback::bind(&store.ports, std::slice::from_ref(&config.redirect_uri))
        .await
        .map_err(|error| error.to_string())?;
    callback.make_way();
    let extra: Vec<(String, String)> =
        config.extra.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let request = connection
        .relying_party
        .logout_request(hint.as_ref(), Some(callback.redirect_uri()), &extra)
        .map_err(|error| error.code().to_owned())?;
    let address = callback.depart(request.url).ok_or("no random numbers")?;
    store.opener.open(&address).map_err(|error| error.to_string())?;
    Ok((callback, request.pending))
}

/// Waits for the browser; says whether it came.
async fn come_back(mut callback: Callback, pending: Option<LogoutPending>, provider: String) -> bool {
    let Some(pending) = pending else { return false };
    let back = async {
        while let Some(arrival) = callback.arrival().await {
            let received = pending.receive(&arrival.query);
            let verdict = match &received {
                Ok(()) => Verdict::Taken,
                Err(error) => Verdict::Stray(error.code()),
            };
            let _ = arrival.verdict.send(verdict);
            match received {
                Ok(()) => return true,
                Err(error) => tracing::warn!(code = error.code(), "a stray callback"),
            }
        }
        false
    };
    let came = tokio::time::timeout(PATIENCE, back).await == Ok(true);
    if came {
        callback.finish(Outcome::SignedOut { provider });
    }
    came
}
