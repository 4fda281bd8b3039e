//! Signing in on another device, for a machine without a browser (RFC 8628).

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{
    DeviceAuthorization, DeviceParameters, DevicePoll, DevicePolling, DeviceStep, Error, OAuthError, Tokens,
};
use abide_wire::{DeviceCode, SignInBegun};
use tokio::sync::{oneshot, watch};

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_in::SignInError;
use crate::sign_in::scopes::{is_scope_refused, say_dropped, scopes, without_unlisted};
use crate::state::account::host_of;
use crate::state::connection::Connection;
use crate::state::revoke::give_back;
use crate::state::store::Store;

/// A sign-in is cancelled after this time, even if the code is valid longer: users are shown the shorter of the two.
const LONGEST: Duration = Duration::from_secs(590);

/// Asks for a code, has it shown, and waits for what the person does with it.
pub(crate) async fn authorize(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
    connection: &Connection,
    announce: &watch::Sender<Option<SignInBegun>>,
) -> Result<Tokens, SignInError> {
    if config.max_age.is_some() || config.request_claims.is_some() {
        return Err(SignInError::NotHeldThere);
    }
    let Connection { http, relying_party, .. } = connection;
    let scopes = scopes(store, name, config, relying_party.provider());
    let fewer = without_unlisted(&scopes, relying_party.provider());
    let ask = async |scopes| {
        let parameters = parameters(config, scopes);
        relying_party.device_authorization(http, &parameters, clock::system_time()).await
    };
    let authorization = match (ask(scopes.clone()).await, fewer) {
        (Err(error), Some(fewer)) if is_scope_refused(&error) => {
            say_dropped(store, name, relying_party.provider(), &scopes, &fewer);
            ask(fewer).await
        }
        (asked, _) => asked,
    };
    let authorization = authorization.map_err(SignInError::of)?;
    let began = clock::now().boot;
    announce.send_replace(Some(SignInBegun {
        account: name.to_owned(),
        device: Some(DeviceCode {
            verification_uri: authorization.verification_uri.to_string(),
            verification_uri_complete: authorization
                .verification_uri_complete
                .as_ref()
                .map(ToString::to_string),
            user_code: authorization.user_code.clone(),
            expires_in: authorization.expires_in.min(LONGEST).as_secs(),
        }),
        ..SignInBegun::default()
    }));
    let passed = || clock::now().boot.saturating_sub(began);
    let authorization = Arc::new(authorization);
    let mut polling = DevicePolling::new(&authorization);
    let mut step = polling.first();
    // Why the person's answer may not have been heard.
    let mut last_error = None;
    loop {
        match (step, last_error.take()) {
            (DeviceStep::PollAt(at), _) => clock::sleep(at.saturating_sub(passed())).await,
            (DeviceStep::Expired | DeviceStep::Finished, Some(last_error)) => {
                return Err(SignInError::of(last_error));
            }
            (DeviceStep::Expired | DeviceStep::Finished, None) => return Err(SignInError::CodeExpired),
        }
        let answer = poll(store, connection, &authorization).await?;
        step = polling.answered(passed(), &answer);
        match answer {
            Ok(DevicePoll::Done(tokens)) => return Ok(*tokens),
            Err(error) if step == DeviceStep::Finished => return Err(refused(error, config)),
            Err(error) => last_error = Some(error),
            Ok(DevicePoll::Pending | DevicePoll::SlowDown) => {}
        }
    }
}

/// Asks once whether the user is done. From then on the provider may have issued tokens, so a sign-in that is cancelled
/// meanwhile must still revoke them.
async fn poll(
    store: &Arc<Store>,
    connection: &Connection,
    authorization: &Arc<DeviceAuthorization>,
) -> Result<Result<DevicePoll, Error>, SignInError> {
    let (sender, answered) = oneshot::channel();
    let (connection, authorization) = (connection.clone(), authorization.clone());
    store.before_the_end(async move {
        let (http, relying_party) = (&connection.http, &connection.relying_party);
        let answer = relying_party.device_token(http, &authorization, clock::system_time()).await;
        if let Err(Ok(DevicePoll::Done(tokens))) = sender.send(answer)
            && let Some(token) = tokens.refresh_token
        {
            let _ = give_back(connection, token).await;
        }
    });
    answered.await.map_err(|_| SignInError::GivenUp)
}

fn refused(error: Error, config: &AccountConfig) -> SignInError {
    match error {
        Error::Refused { error: OAuthError::AccessDenied, description: None } => {
            SignInError::Cancelled(host_of(&config.issuer))
        }
        Error::Refused { error: OAuthError::ExpiredToken, .. } => SignInError::CodeExpired,
        error => SignInError::of(error),
    }
}

/// What the request for a code can carry of an account's wishes.
fn parameters(config: &AccountConfig, scopes: Vec<String>) -> DeviceParameters {
    let resources = config.resources.iter().map(|resource| ("resource".to_owned(), resource.clone()));
    let audience = config.audience.iter().map(|audience| ("audience".to_owned(), audience.clone()));
    let acr = (!config.acr_values.is_empty()).then(|| ("acr_values".to_owned(), config.acr_values.join(" ")));
    let extra = config.extra.iter().map(|(name, value)| (name.clone(), value.clone()));
    let extra = resources.chain(audience).chain(acr).chain(extra).collect();
    DeviceParameters { scopes, extra, pkce: config.device_pkce }
}
