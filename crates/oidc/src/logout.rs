//! The end of tokens and sessions: RFC 7009 (revocation), RFC 7662 (introspection), OpenID Connect RP-Initiated
//! Logout 1.0.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::error::{Document, Error};
use crate::http::{Http, JSON};
use crate::relying_party::RelyingParty;

/// Which kind of token it is, as a hint to the provider (RFC 7009, section 2.1).
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

/// What the provider says about a token (RFC 7662, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Introspection {
    /// False if the token is expired, revoked or unknown.
    pub active: bool,
}

impl RelyingParty {
    /// Revokes a token. The provider answers the same for one that it does not know (RFC 7009, section 2.2).
    ///
    /// `endpoint_missing` if it cannot revoke; `unsupported_token_type` if not this kind.
    pub async fn revoke(&self, http: &Http, token: &SecretString, kind: TokenKind) -> Result<(), Error> {
        let url = self.provider().revocation_endpoint()?;
        let parameters = [("token", token.expose_secret()), ("token_type_hint", kind.hint())];
        let answer = http.send(self.authenticated(url, &parameters)?).await?;
        if answer.status.is_success() { Ok(()) } else { Err(answer.refusal()) }
    }

    /// Asks whether a token is still good. Providers commonly refuse that to public clients: `invalid_client`.
    pub async fn introspect(
        &self,
        http: &Http,
        token: &SecretString,
        kind: TokenKind,
    ) -> Result<Introspection, Error> {
        let url = self.provider().introspection_endpoint()?;
        let parameters = [("token", token.expose_secret()), ("token_type_hint", kind.hint())];
        let answer = http.send(self.authenticated(url, &parameters)?).await?;
        answer.document(Document::Introspection, &[JSON])
    }

    /// The page that ends the provider's own session (RP-Initiated Logout 1.0, section 2), to open in the browser;
    /// `None` if the provider has none. `state` comes back only together with a redirect.
    ///
    /// The URL may contain the ID token, which says who the person is: not for a log.
    pub fn end_session_url(
        &self,
        id_token_hint: Option<&SecretString>,
        post_logout_redirect_uri: Option<&Url>,
        state: &str,
    ) -> Option<Url> {
        let mut url = self.provider().end_session_endpoint()?.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(hint) = id_token_hint {
                query.append_pair("id_token_hint", hint.expose_secret());
            }
            query.append_pair("client_id", &self.registration().client_id);
            if let Some(redirect) = post_logout_redirect_uri {
                query.append_pair("post_logout_redirect_uri", redirect.as_str()).append_pair("state", state);
            }
        }
        Some(url)
    }
}
