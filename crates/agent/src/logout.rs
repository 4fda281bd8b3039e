//! Signing out at the provider, in the browser (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::LogoutPending;
use abide_session::EndReason;
use secrecy::SecretString;

use crate::account::{Account, Connection, Held};
use crate::callback::{Callback, Outcome, Verdict};
use crate::config::LogoutConfig;
use crate::shared::Shared;
use crate::sign_in::connect;

/// How long the browser may take to come back: the provider may ask the person.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Opens the provider's sign-out page if the person has just ended the session and the account says so; says whether it
/// does. Whether the provider has really ended anything is found out by the farewell, not here: the person may answer no.
pub(crate) fn in_the_browser(
    shared: &Arc<Shared>,
    account: &Account,
    held: &Held,
    reason: EndReason,
) -> bool {
    let wanted = account.config.logout.provider;
    if !wanted || !matches!(reason, EndReason::UserLogout | EndReason::Declined) {
        return false;
    }
    let (config, present, provider) =
        (account.config.clone(), account.connection.clone(), account.provider());
    let (shared, hint) = (shared.clone(), held.id_token.clone());
    tokio::spawn(async move {
        let connection = match present {
            Some(connection) => Ok(connection),
            None => connect(&config).await,
        };
        let opened = match connection {
            Ok(connection) => open(&shared, &connection, &config.logout, hint, provider).await,
            Err(error) => Err(error.to_string()),
        };
        if let Err(problem) = opened {
            tracing::warn!(problem, "the provider's sign-out page was not opened");
        }
    });
    true
}

async fn open(
    shared: &Arc<Shared>,
    connection: &Connection,
    config: &LogoutConfig,
    hint: Option<SecretString>,
    provider: String,
) -> Result<(), String> {
    let callback = Callback::bind(&config.redirect_uri).await.map_err(|error| error.to_string())?;
    let extra: Vec<(String, String)> =
        config.extra.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let request = connection
        .relying_party
        .logout_request(hint.as_ref(), Some(callback.redirect_uri()), &extra)
        .map_err(|error| error.code().to_owned())?;
    let address = callback.depart(request.url).ok_or("no random numbers")?;
    shared.opener.open(&address).map_err(|error| error.to_string())?;
    if let Some(pending) = request.pending {
        tokio::spawn(come_back(callback, pending, provider));
    }
    Ok(())
}

async fn come_back(mut callback: Callback, pending: LogoutPending, provider: String) {
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
    if tokio::time::timeout(PATIENCE, back).await == Ok(true) {
        callback.finish(Outcome::SignedOut { provider });
    }
}
