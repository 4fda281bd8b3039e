//! Signing out at the provider, in the browser (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Error, LogoutPending};
use abide_session::EndReason;
use abide_wire::SignOutPage as Known;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::browser::callback::{Callback, Outcome, Verdict};
use crate::config::LogoutConfig;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::{Connection, connect};
use crate::state::store::Store;
use crate::state::tokens::Held;

/// The longest wait for the browser: the provider may ask the person.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// The state of the provider's sign-out page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Not opened yet.
    Opening,
    /// The provider has none.
    NotOffered,
    /// It was not opened: the browser did not start.
    NotOpened,
    /// The browser has it.
    Open,
    /// The browser has come back from it. The person may have answered no there.
    CameBack,
}

/// The provider's sign-out page, as far as its state is known.
pub(crate) struct SignOutPage(watch::Receiver<Shown>);

impl SignOutPage {
    /// One that is opening, until its sender says more.
    #[cfg(test)]
    pub(crate) fn waiting() -> (watch::Sender<Shown>, Self) {
        let (sender, receiver) = watch::channel(Shown::Opening);
        (sender, Self(receiver))
    }

    /// Waits until it is known whether the page was opened; [`Shown::Opening`] if that will not be known.
    pub(crate) async fn shown(&self) -> Shown {
        let mut shown = self.0.clone();
        let _ = shown.wait_for(|shown| *shown != Shown::Opening).await;
        *shown.borrow()
    }

    /// Whether the browser has come back from it by now. Waits for nothing.
    pub(crate) fn has_come_back(&self) -> bool {
        *self.0.borrow() == Shown::CameBack
    }

    /// Waits until the page was not opened, or the browser has come back from it or will not.
    pub(crate) async fn outcome(&self) -> Shown {
        let mut shown = self.0.clone();
        // The sender is dropped when the wait for the browser ends.
        let _ = shown
            .wait_for(|shown| matches!(shown, Shown::NotOffered | Shown::NotOpened | Shown::CameBack))
            .await;
        *shown.borrow()
    }
}

/// Opens the provider's sign-out page if the person has ended the session and the account asks for it. Whether the provider
/// has ended its session is checked later, by the farewell.
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
    let name = account.name.clone();
    let task = tokio::spawn(async move {
        let known = |known: Known| show(&store, &name, known);
        let connection = match present {
            Some(connection) => Ok(connection),
            None => connect(&config).await,
        };
        let opened = match connection {
            Ok(connection) => open(&store, &connection, &config.logout, hint).await,
            Err(error) => Err(NoPage::NotOpened(error.to_string())),
        };
        match opened {
            Ok((callback, pending)) => {
                known(Known::Open);
                sender.send_replace(Shown::Open);
                if come_back(callback, pending, provider).await {
                    known(Known::CameBack);
                    sender.send_replace(Shown::CameBack);
                } else {
                    tracing::warn!(account = name, "the browser has not come back from the sign-out page");
                }
            }
            Err(NoPage::NotOffered) => {
                tracing::warn!(account = name, "the provider has no sign-out page");
                known(Known::NotOffered);
                sender.send_replace(Shown::NotOffered);
            }
            Err(NoPage::NotOpened(problem)) => {
                tracing::warn!(account = name, problem, "the provider's sign-out page was not opened");
                known(Known::NotOpened);
                sender.send_replace(Shown::NotOpened);
            }
        }
    });
    account.sign_out = Some(task.abort_handle());
    Some(SignOutPage(receiver))
}

/// Why there is no sign-out page in the browser.
enum NoPage {
    NotOffered,
    NotOpened(String),
}

/// Shows what is known of the page, unless the next session has begun.
fn show(store: &Arc<Store>, name: &str, known: Known) {
    let _ = store.act(name, |account, _| {
        if account.held.is_none() {
            account.sign_out_page = Some(known);
        }
    });
    store.show();
}

async fn open(
    store: &Arc<Store>,
    connection: &Connection,
    config: &LogoutConfig,
    hint: Option<SecretString>,
) -> Result<(Callback, Option<LogoutPending>), NoPage> {
    let problem = |problem: String| NoPage::NotOpened(problem);
    let callback = Callback::bind(&store.ports, &config.redirect_uris)
        .await
        .map_err(|error| problem(error.to_string()))?;
    callback.make_way();
    let extra: Vec<(String, String)> =
        config.extra.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let request = connection
        .relying_party
        .logout_request(hint.as_ref(), Some(callback.redirect_uri()), &extra)
        .map_err(|error| match error {
            Error::EndpointMissing { .. } => NoPage::NotOffered,
            error => problem(error.code().to_owned()),
        })?;
    let address = callback.depart(request.url).ok_or_else(|| problem("no random numbers".to_owned()))?;
    store.opener.open(&address).await.map_err(|error| problem(error.to_string()))?;
    Ok((callback, request.pending))
}

/// Waits for the browser; returns whether it came.
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
            if received.is_ok() {
                return true;
            }
        }
        false
    };
    let came = clock::timeout(PATIENCE, back).await == Ok(true);
    if came {
        callback.finish(Outcome::SignedOut { provider });
    }
    came
}
