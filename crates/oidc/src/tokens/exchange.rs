//! Access tokens for one purpose: from a refresh token (RFC 6749, section 6; RFC 8707, section 2.2) or from another token
//! (RFC 8693).
//!
//! The caller who gets such a token has fewer rights than the session. So if the provider grants more than was requested,
//! the token is not handed out.

use std::fmt;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use crate::authorization::parameters::is_resource;
use crate::client::form;
use crate::client::relying_party::RelyingParty;
use crate::error::{Error, invalid};
use crate::http::Http;
use crate::identity::Identity;
use crate::provider::discovery::TOKEN_EXCHANGE;
use crate::text::{is_scope, is_word};
use crate::tokens::id_token::Purpose;
use crate::tokens::response::{GrantError, RefreshError, TokenResponse};

const MAX_TARGETS: usize = 16;
const MAX_TARGET: usize = 2048;

/// What an access token is requested for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenTarget {
    /// At most those of the session. Empty: all of them.
    pub scopes: Vec<String>,
    /// The resource servers (RFC 8707, section 2): absolute URIs without a fragment, sent as they are written.
    pub resources: Vec<String>,
    /// The same by the provider's names for them (RFC 8693, section 2.1; for a refresh, if the provider supports it).
    pub audiences: Vec<String>,
    /// The scope that requests a resource at a provider without the parameter `resource`; `{resource}` is replaced
    /// (`{resource}/.default` at Microsoft Entra ID). The provider decides which scopes the token then has.
    pub resource_scope: Option<String>,
}

const RESOURCE: &str = "{resource}";

impl TokenTarget {
    /// The scopes that request its resources; empty if `resource` is used.
    fn resource_scopes(&self) -> Result<Vec<String>, Error> {
        let Some(template) = &self.resource_scope else { return Ok(Vec::new()) };
        if !template.contains(RESOURCE) || !is_scope(template) {
            return Err(invalid("resource_scope"));
        }
        Ok(self.resources.iter().map(|resource| template.replace(RESOURCE, resource)).collect())
    }

    /// The scopes of the session that are requested. Fails with `parameter_invalid`.
    fn check(&self) -> Result<String, Error> {
        let bounded = |list: &[String]| {
            list.len() <= MAX_TARGETS && list.iter().all(|text| is_word(text) && text.len() <= MAX_TARGET)
        };
        if !bounded(&self.resources) || !self.resources.iter().all(|uri| is_resource(uri)) {
            return Err(invalid("resource"));
        }
        if !bounded(&self.audiences) {
            return Err(invalid("audience"));
        }
        form::scope(self.scopes.iter().map(String::as_str))
    }

    fn add_to<'a>(&'a self, scope: &'a str, sent: &mut Vec<(&'a str, &'a str)>) {
        if !scope.is_empty() {
            sent.push(("scope", scope));
        }
        if self.resource_scope.is_none() {
            sent.extend(self.resources.iter().map(|resource| ("resource", resource.as_str())));
        }
        sent.extend(self.audiences.iter().map(|audience| ("audience", audience.as_str())));
    }
}

/// A kind of token (RFC 8693, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum TokenType {
    AccessToken,
    RefreshToken,
    IdToken,
    Jwt,
}

impl TokenType {
    const ALL: [Self; 4] = [Self::AccessToken, Self::RefreshToken, Self::IdToken, Self::Jwt];

    /// The URI that stands for it.
    pub fn uri(self) -> &'static str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
        }
    }

    fn from_uri(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.uri() == uri)
    }
}

/// The parameters of a token exchange (RFC 8693, section 2.1).
#[derive(Clone, Copy, Debug)]
pub struct ExchangeRequest<'a> {
    /// The token of the person for whom the new token is.
    pub subject_token: &'a SecretString,
    /// Its type.
    pub subject_token_type: TokenType,
    /// The token of the party that acts for that person, if it is a different one.
    pub actor: Option<(&'a SecretString, TokenType)>,
    /// The requested type: [`TokenType::AccessToken`] or [`TokenType::Jwt`].
    pub requested: TokenType,
    /// The target of the new token. Its scopes are the target's own, and need not be among `granted_scope`.
    pub target: &'a TokenTarget,
    /// The scope of the subject token. The new token has it too if neither `target` nor the provider names one.
    pub granted_scope: &'a str,
}

/// An access token for one purpose.
pub struct IssuedToken {
    /// For the resource server.
    pub access_token: SecretString,
    /// Its type. After a refresh always [`TokenType::AccessToken`].
    pub issued_token_type: TokenType,
    /// As in [`Tokens::token_type`](crate::Tokens::token_type): `Bearer`, or `DPoP`.
    pub token_type: String,
    /// The lifetime from the arrival of the answer, if the provider gives one.
    pub expires_in: Option<Duration>,
    /// The scope of the access token. The scope of the refresh token does not change (RFC 6749, section 6).
    pub scope: String,
    /// After a refresh: the refresh token that replaces the one that was sent, and has to be kept; `None` if the old one
    /// stays valid. After an exchange: a refresh token for this target only.
    pub refresh_token: Option<SecretString>,
    /// The lifetime of the refresh token, if the provider gives one.
    pub refresh_expires_in: Option<Duration>,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken")
            .field("issued_token_type", &self.issued_token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token.is_some())
            .finish_non_exhaustive()
    }
}

impl RelyingParty {
    /// Uses a refresh token to get an access token with fewer scopes than the session (RFC 6749, section 6), or for one
    /// resource (RFC 8707, section 2.2).
    ///
    /// `granted_scope` is the scope of the session: `parameter_invalid` for a scope that is not in it, before anything is
    /// sent. `scope_wider_than_asked` if the provider grants more than was requested; `invalid_target` and `invalid_scope`
    /// are [`Error::Refused`]. If the answer arrived, [`RefreshError::rotated`] is the refresh token to use from now on,
    /// even if the rest of the answer was wrong.
    pub async fn narrow(
        &self,
        http: &Http,
        refresh_token: &SecretString,
        identity: &Identity,
        granted_scope: &str,
        target: &TokenTarget,
        now: SystemTime,
    ) -> Result<IssuedToken, RefreshError> {
        let scope = target.check()?;
        if !is_within(&scope, granted_scope) {
            return Err(invalid("scope").into());
        }
        let of_resources = target.resource_scopes()?;
        let scope =
            form::scope(scope.split_ascii_whitespace().chain(of_resources.iter().map(String::as_str)))?;
        let mut sent =
            vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        target.add_to(&scope, &mut sent);
        let response = self.token_answer(http, &sent, now).await?;
        let asked = if scope.is_empty() { granted_scope } else { &scope };
        let checked = response.check().and_then(|()| response.check_binding(self.dpop()));
        let checked = match of_resources.is_empty() {
            true => checked.and_then(|()| check_scope(&response, asked)),
            false => checked,
        };
        let believed = match checked {
            // An ID token is not needed here. But if there is one, it may name a different person.
            Ok(()) => self.identify(http, &response, Purpose::Refresh { identity }, now).await.map(|_| ()),
            Err(error) => Err(error),
        };
        match believed {
            Ok(()) => Ok(issued(response, TokenType::AccessToken, asked)?),
            Err(error) => Err(RefreshError { error, rotated: response.rotated() }),
        }
    }

    /// Exchanges a token for one for another target (RFC 8693).
    ///
    /// `issued_token_type_mismatch` if the provider issues another type than requested, `scope_wider_than_asked` if the
    /// token has more scopes. `unsupported_grant_type`, `invalid_target` and the other refusals are [`Error::Refused`].
    pub async fn exchange_token(
        &self,
        http: &Http,
        request: &ExchangeRequest<'_>,
        now: SystemTime,
    ) -> Result<IssuedToken, GrantError> {
        let own = request.target.check()?;
        let of_resources = request.target.resource_scopes()?;
        let scope = form::scope(own.split_ascii_whitespace().chain(of_resources.iter().map(String::as_str)))?;
        if !matches!(request.requested, TokenType::AccessToken | TokenType::Jwt) {
            return Err(invalid("requested_token_type").into());
        }
        let mut sent = vec![
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", request.subject_token.expose_secret()),
            ("subject_token_type", request.subject_token_type.uri()),
            ("requested_token_type", request.requested.uri()),
        ];
        if let Some((token, kind)) = &request.actor {
            sent.extend([("actor_token", token.expose_secret()), ("actor_token_type", kind.uri())]);
        }
        request.target.add_to(&scope, &mut sent);
        let response = self.token_request(http, &sent, now).await?;
        let asked = if scope.is_empty() { request.granted_scope } else { &scope };
        // The target has its own scopes. Without a requested scope, the provider decides which of them the token has.
        let fits = match scope.is_empty() || !of_resources.is_empty() {
            true => Ok(()),
            false => check_scope(&response, &scope),
        };
        match check_type(&response, request.requested).and_then(|kind| fits.map(|()| kind)) {
            Ok(kind) => Ok(issued(response, kind, asked)?),
            Err(error) => Err(response.refused(error)),
        }
    }
}

/// The issued type, if it is the requested one.
fn check_type(response: &TokenResponse, requested: TokenType) -> Result<TokenType, Error> {
    let found = response.issued_token_type.as_deref().ok_or(Error::IssuedTokenTypeMissing)?;
    let kind = TokenType::from_uri(found).filter(|kind| *kind == requested);
    kind.ok_or(Error::IssuedTokenTypeMismatch)
}

/// A provider that does not name the granted scope has granted the requested one (RFC 6749, section 5.1; RFC 8693, section
/// 2.2.1).
fn check_scope(response: &TokenResponse, asked: &str) -> Result<(), Error> {
    let granted = response.scope.as_deref().unwrap_or_default();
    if is_within(granted, asked) { Ok(()) } else { Err(Error::ScopeWider) }
}

/// Whether every scope of `narrow` is in `wide`; their order has no meaning (RFC 6749, section 3.3).
fn is_within(narrow: &str, wide: &str) -> bool {
    narrow.split_ascii_whitespace().all(|scope| wide.split_ascii_whitespace().any(|other| other == scope))
}

fn issued(response: TokenResponse, kind: TokenType, asked: &str) -> Result<IssuedToken, Error> {
    let parts = response.into_parts(asked)?;
    Ok(IssuedToken {
        access_token: parts.access_token,
        issued_token_type: kind,
        token_type: parts.token_type.to_owned(),
        expires_in: parts.expires_in,
        scope: parts.scope,
        refresh_token: parts.refresh_token,
        refresh_expires_in: parts.refresh_expires_in.into_iter().chain(parts.refresh_token_timeout).min(),
    })
}
