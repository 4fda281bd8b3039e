//! A token for credentials of a role at AWS.

use std::sync::Arc;

use abide_dialects::sts;
use abide_wire::{AwsCredentials, AwsRole, ErrorAnswer, ErrorCode, TokenAnswer};

use crate::state::connection::{ConnectError, http_of};
use crate::state::store::Store;
use crate::view::notices;

/// Whether a role can be asked for at all.
///
/// # Errors
///
/// `invalid_request`.
pub(crate) fn check(role: &AwsRole) -> Result<(), ErrorAnswer> {
    sts::endpoint(role).map(drop).map_err(|error| unusable(&error))
}

/// Exchanges a token at AWS's Security Token Service, through the proxy and with the trust roots of its account.
///
/// # Errors
///
/// `invalid_request`, `invalid_target` where AWS refuses the role, `provider_unreachable`, `unusable_answer`.
pub(crate) async fn credentials(
    store: &Arc<Store>,
    role: &AwsRole,
    token: &TokenAnswer,
) -> Result<AwsCredentials, ErrorAnswer> {
    let endpoint = sts::endpoint(role).map_err(|error| unusable(&error))?;
    let config = store.act(&token.account, |account, _| account.config.clone())?;
    let failed = |error: &ConnectError| {
        notices::no_token(error.kind(), &format!("AWS\u{2019}s Security Token Service: {error}"))
    };
    let http = http_of(&config).await.map_err(|error| failed(&error))?;
    let form = sts::request(role, &token.account, &token.access_token);
    let answer = http.post_form(&endpoint, form, sts::ACCEPT).await;
    let answer = answer.map_err(|error| failed(&ConnectError::of(error)))?;
    if answer.status == 200 {
        return sts::credentials(&answer.body).ok_or_else(|| not_understood(answer.status));
    }
    let reason = sts::refusal(&answer.body).ok_or_else(|| not_understood(answer.status))?;
    Err(ErrorAnswer::new(
        ErrorCode::InvalidTarget,
        format!("AWS gives no credentials of {} for this token. {reason}", role.arn),
    ))
}

fn unusable(error: &sts::RoleError) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidRequest, error.to_string())
}

fn not_understood(status: u16) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::UnusableAnswer,
        format!("The answer of AWS\u{2019}s Security Token Service cannot be used (status {status})."),
    )
}
