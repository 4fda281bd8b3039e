//! Ending a registration: RFC 7592.

use ::http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::oauth::OAuthError;
use crate::http::{Call, Http, sensitive};

/// Ends a registration that [`register`](crate::register) has made (RFC 7592, section 2.3). `uri` and `token` are what the
/// provider gave then: `registration_client_uri` and `registration_access_token`.
///
/// [`Error::Refused`] with `invalid_token` for a client that the provider no longer knows, or a token that it does not take;
/// `provider_unexpected_status` for a provider that names the address and offers no deletion.
pub async fn deregister(http: &Http, uri: &Url, token: &SecretString) -> Result<(), Error> {
    let authorization = Some(sensitive(&Zeroizing::new(format!("Bearer {}", token.expose_secret())))?);
    let answer = http.send(Call { method: Some(Method::DELETE), authorization, ..Call::get(uri) }).await?;
    match answer.status {
        status if status.is_success() && !answer.is_page() => Ok(()),
        // It has been removed before.
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(()),
        StatusCode::UNAUTHORIZED => Err(answer.refusal_or(OAuthError::InvalidToken)),
        _ => Err(answer.refusal()),
    }
}
