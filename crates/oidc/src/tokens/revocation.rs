//! The end of tokens: RFC 7009 (revocation) and RFC 7662 (introspection).

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::http::{Http, JSON};

/// The kind of token, as a hint to the provider (RFC 7009, section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TokenKind {
    AccessToken,
    RefreshToken,
}

impl TokenKind {
    fn hint(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// The provider's answer about a token (RFC 7662, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Introspection {
    /// False if the token is expired, revoked or unknown.
    pub active: bool,
}

impl RelyingParty {
    /// Revokes a token. The provider gives the same answer for an unknown one (RFC 7009, section 2.2).
    ///
    /// `endpoint_missing` if the provider has no revocation; `unsupported_token_type` if it does not revoke this kind;
    /// `provider_unexpected_status` with 200 for a page, which the endpoint has not sent.
    pub async fn revoke(
        &self,
        http: &Http,
        token: &SecretString,
        kind: TokenKind,
        now: SystemTime,
    ) -> Result<(), Error> {
        let url = self.provider().revocation_endpoint()?;
        let parameters = [("token", token.expose_secret()), ("token_type_hint", kind.hint())];
        let answer = http.send(self.authenticated(url, &parameters, http.provider_time(now))?).await?;
        match answer.status.as_u16() {
            200..=299 if !answer.is_page() => Ok(()),
            // 401 is a refusal even without an OAuth error (RFC 6749, section 5.2; RFC 9110, section 15.5.4).
            401 => Err(answer.refusal_or(OAuthError::InvalidClient)),
            403 => Err(answer.refusal_or(OAuthError::AccessDenied)),
            _ => Err(answer.refusal()),
        }
    }

    /// Asks whether a token is still valid. Many providers refuse this to public clients: `invalid_client`.
    pub async fn introspect(
        &self,
        http: &Http,
        token: &SecretString,
        kind: TokenKind,
        now: SystemTime,
    ) -> Result<Introspection, Error> {
        let url = self.provider().introspection_endpoint()?;
        let parameters = [("token", token.expose_secret()), ("token_type_hint", kind.hint())];
        let answer = http.send(self.authenticated(url, &parameters, http.provider_time(now))?).await?;
        answer.document(Document::Introspection, &[JSON])
    }
}
