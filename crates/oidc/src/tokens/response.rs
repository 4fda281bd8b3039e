//! The token endpoint: RFC 6749, sections 4.1.3, 5.1 and 6; OpenID Connect Core 1.0, sections 3.1.3 and 12.

use std::fmt;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

use crate::authorization::request::{AuthorizationCode, Pending};
use crate::client::dpop::Dpop;
use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::document::Document;
use crate::error::dpop::DpopError;
use crate::error::id_token::IdTokenError;
use crate::http::{Http, JSON, Told, refused};
use crate::identity::Identity;
use crate::provider::keys::Occasion;
use crate::text::json::{secret_if_any, text_if_any};
use crate::tokens::id_token::{self, Expectation, Purpose};
use crate::tokens::revocation::TokenKind;

/// Ten years: longer lifetimes are cut, so that adding one to a clock cannot overflow.
const MAX_LIFETIME: u64 = 10 * 366 * 24 * 60 * 60;

/// The tokens that a provider issued, validated.
pub struct Tokens {
    /// For the resource servers.
    pub access_token: SecretString,
    /// `Bearer`, or `DPoP` for a token that is bound to the key of [`RelyingParty::with_dpop`] (RFC 9449, section 5).
    pub token_type: String,
    /// The lifetime from the arrival of the answer, if the provider gives one.
    pub expires_in: Option<Duration>,
    /// The granted scopes, separated by spaces: the requested ones if the provider does not name any (RFC 6749, section
    /// 5.1).
    pub scope: String,
    /// A new refresh token. After a refresh, `None` means that the one that was sent stays valid.
    pub refresh_token: Option<SecretString>,
    /// The lifetime of the unused refresh token, if the provider gives one by a name that no specification defines
    /// (`refresh_expires_in`, `refresh_token_expires_in`). The shorter of them.
    pub refresh_expires_in: Option<Duration>,
    /// The same as `refresh_token_timeout` (draft-ietf-oauth-refresh-token-expiration).
    pub refresh_token_timeout: Option<Duration>,
    /// The lifetime of the provider's grant, however often the tokens are refreshed (`authorization_expires_in`, same
    /// draft).
    pub authorization_expires_in: Option<Duration>,
    /// The ID token as issued, for `id_token_hint`. A refresh need not issue one (Core, section 12.2).
    pub id_token: Option<SecretString>,
    /// The person. After a refresh without an ID token: the earlier value.
    pub identity: Identity,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token.is_some())
            .field("id_token", &self.id_token.is_some())
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    access_token: Option<SecretString>,
    token_type: Option<String>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    refresh_expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    refresh_token_expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    refresh_token_timeout: Option<Duration>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    authorization_expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "text_if_any")]
    pub(crate) issued_token_type: Option<String>,
    #[serde(default, deserialize_with = "scope")]
    pub(crate) scope: Option<String>,
    /// A server without one may write `false`, and so for the ID token.
    #[serde(default, deserialize_with = "secret_if_any")]
    refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "secret_if_any")]
    id_token: Option<SecretString>,
    #[serde(default, deserialize_with = "text_if_any")]
    error: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    error_description: Option<String>,
    #[serde(skip)]
    told: Told,
}

/// The same where an unreadable one does not cost the token: its lifetime is unknown then.
pub(crate) fn lifetime_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(lifetime(value).ok().flatten())
}

/// Scopes, separated by spaces (RFC 6749, section 3.3); some providers write a list of them. Anything else names none.
fn scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    use serde_json::Value;
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Array(list) => {
            let names: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            Some(names.join(" "))
        }
        _ => None,
    })
}

/// A number of seconds; some providers write it as text.
pub(crate) fn lifetime<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Seconds {
        Whole(u64),
        Float(f64),
        Text(String),
    }
    let wrong = || serde::de::Error::custom("not a number of seconds");
    let seconds = match Option::<Seconds>::deserialize(deserializer)? {
        None => return Ok(None),
        Some(Seconds::Whole(seconds)) => seconds,
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(Seconds::Float(seconds)) if seconds >= 0.0 => seconds as u64,
        Some(Seconds::Float(_)) => return Err(wrong()),
        Some(Seconds::Text(text)) => whole_seconds(&text).ok_or_else(wrong)?,
    };
    Ok(Some(Duration::from_secs(seconds.min(MAX_LIFETIME))))
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let fraction = || text.parse().ok().filter(|seconds: &f64| *seconds >= 0.0).map(|seconds| seconds as u64);
    text.parse().ok().or_else(fraction)
}

impl TokenResponse {
    /// The refresh token that replaces the one that was sent, whatever else is in the answer.
    pub(crate) fn rotated(self) -> Option<SecretString> {
        self.refresh_token.filter(can_be_sent)
    }

    /// The answer is refused.
    pub(crate) fn refused(self, error: Error) -> GrantError {
        let refresh = self.refresh_token.filter(can_be_sent).map(|token| (token, TokenKind::RefreshToken));
        let access = || self.access_token.filter(can_be_sent).map(|token| (token, TokenKind::AccessToken));
        GrantError { error, unused: refresh.or_else(access) }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        // Some servers write an empty one beside good tokens.
        if let Some(error) = self.error.as_ref().filter(|error| !error.is_empty()) {
            let own = [&self.access_token, &self.refresh_token, &self.id_token];
            let own = own.into_iter().flatten().map(|token| token.expose_secret());
            return Err(refused(error, self.error_description.as_deref(), self.told.iter().chain(own)));
        }
        let access_token = self.access_token.as_ref().ok_or(Error::AccessTokenMissing)?;
        if access_token.expose_secret().is_empty() {
            return Err(Error::AccessTokenMissing);
        }
        // RFC 6749, section 5.1: required, and case-insensitive.
        self.kind().ok_or(Error::TokenTypeUnsupported)?;
        // Tools put the access token into a header, where a space or a line break would start another header.
        let in_header = |b: u8| b.is_ascii_graphic();
        let refresh_token = self.refresh_token.as_ref().map_or("", |token| token.expose_secret());
        if access_token.expose_secret().bytes().all(in_header) && refresh_token.bytes().all(in_form) {
            Ok(())
        } else {
            Err(Error::TokenMalformed)
        }
    }

    fn kind(&self) -> Option<&'static str> {
        let kind = self.token_type.as_deref()?;
        ["Bearer", "DPoP"].into_iter().find(|known| kind.eq_ignore_ascii_case(known))
    }

    /// RFC 9449, section 5: bound if and only if a proof was sent. A provider without DPoP issues bearer tokens, which an
    /// account may refuse.
    pub(crate) fn check_binding(&self, dpop: Option<&Dpop>) -> Result<(), Error> {
        match (self.kind(), dpop) {
            (Some("DPoP"), None) | (None, _) => Err(Error::TokenTypeUnsupported),
            (Some("Bearer"), Some(dpop)) if dpop.is_required() => Err(DpopError::NotBound.into()),
            _ => Ok(()),
        }
    }

    pub(crate) fn into_tokens(self, requested_scope: &str, identity: Identity) -> Result<Tokens, Error> {
        let parts = self.into_parts(requested_scope)?;
        Ok(Tokens {
            access_token: parts.access_token,
            token_type: parts.token_type.to_owned(),
            expires_in: parts.expires_in,
            scope: parts.scope,
            refresh_token: parts.refresh_token,
            refresh_expires_in: parts.refresh_expires_in,
            refresh_token_timeout: parts.refresh_token_timeout,
            authorization_expires_in: parts.authorization_expires_in,
            id_token: parts.id_token,
            identity,
        })
    }

    pub(crate) fn into_parts(self, requested_scope: &str) -> Result<Parts, Error> {
        let given = |token: &SecretString| !token.expose_secret().is_empty();
        let kind = self.kind().ok_or(Error::TokenTypeUnsupported)?;
        let scope = self.scope.filter(|scope| !scope.trim().is_empty());
        Ok(Parts {
            access_token: self.access_token.ok_or(Error::AccessTokenMissing)?,
            token_type: kind,
            expires_in: self.expires_in,
            scope: scope.unwrap_or_else(|| requested_scope.to_owned()),
            refresh_token: self.refresh_token.filter(given),
            refresh_expires_in: [self.refresh_expires_in, self.refresh_token_expires_in]
                .into_iter()
                .filter_map(limited)
                .min(),
            refresh_token_timeout: limited(self.refresh_token_timeout),
            authorization_expires_in: limited(self.authorization_expires_in),
            id_token: self.id_token.filter(given),
        })
    }
}

/// Keycloak writes 0 for a refresh token that does not expire.
fn limited(lifetime: Option<Duration>) -> Option<Duration> {
    lifetime.filter(|lifetime| !lifetime.is_zero())
}

/// Whether it is a refresh token that can be sent.
fn can_be_sent(token: &SecretString) -> bool {
    let token = token.expose_secret();
    !token.is_empty() && token.bytes().all(in_form)
}

/// Bytes that need no escaping in a form (RFC 6749, appendix A.17).
fn in_form(b: u8) -> bool {
    b.is_ascii_graphic() || b == b' '
}

/// A token response without the identity.
pub(crate) struct Parts {
    pub(crate) access_token: SecretString,
    pub(crate) token_type: &'static str,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) scope: String,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) refresh_expires_in: Option<Duration>,
    pub(crate) refresh_token_timeout: Option<Duration>,
    authorization_expires_in: Option<Duration>,
    id_token: Option<SecretString>,
}

/// Why a refresh returned no tokens.
#[derive(Debug)]
pub struct RefreshError {
    /// What went wrong.
    pub error: Error,
    /// The refresh token that replaces the one that was sent, if the answer contains one. It is the next to send if the
    /// answer could not be verified yet or was unusable, and is revoked if the answer is not trusted.
    pub rotated: Option<SecretString>,
}

impl From<Error> for RefreshError {
    fn from(error: Error) -> Self {
        Self { error, rotated: None }
    }
}

/// Why a grant returned no tokens.
#[derive(Debug)]
pub struct GrantError {
    /// What went wrong.
    pub error: Error,
    /// The token in the answer that was refused, if there is one: the provider has issued it, and nobody uses it, so it is to be
    /// revoked. The refresh token, because its end is that of the access token too (RFC 7009, section 2.1); without one, the
    /// access token.
    pub unused: Option<(SecretString, TokenKind)>,
}

impl From<Error> for GrantError {
    fn from(error: Error) -> Self {
        Self { error, unused: None }
    }
}

impl From<RefreshError> for GrantError {
    fn from(RefreshError { error, rotated }: RefreshError) -> Self {
        Self { error, unused: rotated.map(|token| (token, TokenKind::RefreshToken)) }
    }
}

impl RelyingParty {
    /// Redeems an authorization code (Core, section 3.1.3.1; RFC 7636, section 4.5) and validates the answer.
    ///
    /// The code is used up in any case: after an error, the sign-in has to start again, and [`GrantError::unused`] is revoked.
    pub async fn exchange(
        &self,
        http: &Http,
        pending: &Pending,
        code: AuthorizationCode,
        now: SystemTime,
    ) -> Result<Tokens, GrantError> {
        let mut parameters = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", pending.redirect_uri().as_str()),
            ("code_verifier", pending.code_verifier().expose_secret()),
        ];
        // If it is left out, a provider may issue a token for no resource at all, or refuse (RFC 8707, section 2.2). Common
        // ones issue a token for one resource only; refreshes get those for the others.
        parameters.extend(pending.resource().map(|resource| ("resource", resource)));
        let response = self.token_request(http, &parameters, now).await?;
        let purpose = Purpose::SignIn { nonce: pending.nonce(), demands: pending.demands() };
        match self.person(http, &response, purpose, now).await {
            Ok(identity) if pending.was_answered_by(&identity.issuer) => {
                Ok(response.into_tokens(pending.scope(), identity)?)
            }
            Ok(_) => Err(response.refused(IdTokenError::IssuerMismatch.into())),
            Err(error) => Err(response.refused(error)),
        }
    }

    /// Uses a refresh token to get new tokens (RFC 6749, section 6; Core, section 12).
    ///
    /// `granted_scope` is the scope of the session. It is not sent; it becomes [`Tokens::scope`] if the provider names no
    /// scope. A refreshed ID token has to be about `identity`.
    ///
    /// An error may come after the provider has used up the refresh token. If its answer arrived, [`RefreshError::rotated`]
    /// is the one that replaces it. `invalid_grant` is [`Error::Refused`].
    pub async fn refresh(
        &self,
        http: &Http,
        refresh_token: &SecretString,
        identity: &Identity,
        granted_scope: &str,
        now: SystemTime,
    ) -> Result<Tokens, RefreshError> {
        self.refresh_for(http, refresh_token, identity, granted_scope, None, now).await
    }

    /// The same for the resource of the access token at the sign-in (RFC 8707, section 2.2). Without it, the provider
    /// chooses the resource.
    pub async fn refresh_for(
        &self,
        http: &Http,
        refresh_token: &SecretString,
        identity: &Identity,
        granted_scope: &str,
        resource: Option<&str>,
        now: SystemTime,
    ) -> Result<Tokens, RefreshError> {
        let mut sent =
            vec![("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        sent.extend(resource.map(|resource| ("resource", resource)));
        let response = self.token_answer(http, &sent, now).await?;
        // An answer without a usable access token has still used up the refresh token.
        if let Err(error) = response.check().and_then(|()| response.check_binding(self.dpop())) {
            return Err(RefreshError { error, rotated: response.rotated() });
        }
        match self.identify(http, &response, Purpose::Refresh { identity }, now).await {
            Ok(refreshed) => {
                Ok(response.into_tokens(granted_scope, refreshed.unwrap_or_else(|| identity.clone()))?)
            }
            // An access token is not kept until the answer is verified: it may be another person's.
            Err(error) => Err(RefreshError { error, rotated: response.rotated() }),
        }
    }

    /// Tests whether a refresh token is still accepted, and drops the tokens in the answer: `invalid_grant`
    /// ([`Error::Refused`]) if it is not, otherwise the refresh token that replaces it, if there is one. For use after a
    /// revocation, because providers do not let a public client introspect.
    pub async fn try_refresh_token(
        &self,
        http: &Http,
        refresh_token: &SecretString,
        now: SystemTime,
    ) -> Result<Option<SecretString>, Error> {
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose_secret())];
        match self.token_answer(http, &parameters, now).await {
            Ok(response) => match response.check() {
                Ok(()) => Ok(response.rotated()),
                Err(error) => response.rotated().map(Some).ok_or(error),
            },
            Err(RefreshError { rotated: Some(rotated), .. }) => Ok(Some(rotated)),
            Err(RefreshError { error, .. }) => Err(error),
        }
    }

    /// An answer with an access token that can be used.
    pub(crate) async fn token_request(
        &self,
        http: &Http,
        parameters: &[(&str, &str)],
        now: SystemTime,
    ) -> Result<TokenResponse, GrantError> {
        let response = self.token_answer(http, parameters, now).await?;
        match response.check().and_then(|()| response.check_binding(self.dpop())) {
            Ok(()) => Ok(response),
            Err(error) => Err(response.refused(error)),
        }
    }

    /// An answer that can be parsed, whose tokens may be unusable. Of one that cannot be parsed, the refresh token is kept.
    pub(crate) async fn token_answer(
        &self,
        http: &Http,
        parameters: &[(&str, &str)],
        now: SystemTime,
    ) -> Result<TokenResponse, RefreshError> {
        let at = http.provider_time(now);
        let call = || self.authenticated(self.provider().token_endpoint(), parameters, at);
        let answer = self.send_proved(http, None, now, call).await?;
        match answer.created::<TokenResponse>(Document::TokenResponse, &[JSON]) {
            Ok(response) => {
                // Without OpenID Connect nothing vouches for it.
                let id_token = response.id_token.filter(|_| self.provider().is_openid());
                Ok(TokenResponse { told: answer.told, id_token, ..response })
            }
            Err(error) => Err(RefreshError { error, rotated: answer.refresh_token().filter(can_be_sent) }),
        }
    }

    /// The person of a sign-in. Without OpenID Connect nobody is named, so a request cannot demand anything of the person.
    pub(crate) async fn person(
        &self,
        http: &Http,
        response: &TokenResponse,
        purpose: Purpose<'_>,
        now: SystemTime,
    ) -> Result<Identity, Error> {
        let demands = match &purpose {
            Purpose::SignIn { demands, .. } => !demands.is_empty(),
            Purpose::Device | Purpose::Refresh { .. } => false,
        };
        if !self.provider().is_openid() && !demands {
            return Ok(Identity::unnamed(self.provider().issuer()));
        }
        self.identify(http, response, purpose, now).await?.ok_or(Error::IdTokenMissing)
    }

    /// Validates the ID token, if there is one. If it names an unknown key, reads the keys again once.
    pub(crate) async fn identify(
        &self,
        http: &Http,
        response: &TokenResponse,
        purpose: Purpose<'_>,
        now: SystemTime,
    ) -> Result<Option<Identity>, Error> {
        let access_token = response.access_token.as_ref().ok_or(Error::AccessTokenMissing)?;
        // Its keys are not known.
        if !self.provider().is_openid() {
            return Ok(None);
        }
        let Some(raw) = response.id_token.as_ref().map(ExposeSecret::expose_secret) else { return Ok(None) };
        if raw.is_empty() {
            return Ok(None);
        }
        let registration = self.registration();
        let issuer = match self.provider().tenants() {
            None => self.provider().issuer().to_owned(),
            Some(tenants) => id_token::tenant_issuer(tenants, raw, &purpose)?.into_owned(),
        };
        let client = match &purpose {
            Purpose::Refresh { identity } => self.held_to(identity.signed_with),
            Purpose::SignIn { .. } | Purpose::Device => self.clone(),
        };
        let expected = Expectation {
            issuer: &issuer,
            client_id: &registration.client_id,
            client_secret: registration.client_secret.as_ref(),
            trusted_audiences: &registration.trusted_audiences,
            algorithms: client.algorithms(),
            access_token,
            purpose,
            now,
        };
        let identity =
            self.judged(http, now, Occasion::Answer, |keys| id_token::verify(raw, keys, &expected)).await?;
        Ok(Some(identity))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::text::json;

    fn read(members: &str) -> Result<Tokens, &'static str> {
        let text = format!(r#"{{"access_token":"at","token_type":"bearer"{members}}}"#);
        let response: TokenResponse = json::parse(text.as_bytes()).map_err(|_| "unreadable")?;
        response.check().map_err(|error| error.code())?;
        let identity = Identity::from_claims("https://id.example.com", "1", &Default::default());
        Ok(response.into_tokens("openid profile", identity).unwrap())
    }

    #[test]
    fn lifetimes_are_numbers_of_seconds() {
        let expires = |text: &str| read(&format!(r#","expires_in":{text}"#)).map(|tokens| tokens.expires_in);
        assert_eq!(expires("300"), Ok(Some(Duration::from_secs(300))));
        assert_eq!(expires("\"300\""), Ok(Some(Duration::from_secs(300))));
        assert_eq!(expires("299.9"), Ok(Some(Duration::from_secs(299))));
        assert_eq!(expires("null"), Ok(None));
        assert_eq!(expires("1e300"), Ok(Some(Duration::from_secs(MAX_LIFETIME))));
        assert_eq!(expires("\"3600.5\""), Ok(Some(Duration::from_secs(3600))));
        for unknown in ["-1", "\"soon\"", "\"\"", "true", "[]"] {
            assert_eq!(expires(unknown), Ok(None), "{unknown}");
        }
    }

    #[test]
    fn what_decides_nothing_does_not_cost_the_tokens() {
        for odd in [
            r#""error":"""#,
            r#""error_description":[]"#,
            r#""issued_token_type":1"#,
            r#""refresh_token":false"#,
        ] {
            assert!(read(&format!(",{odd}")).is_ok(), "{odd}");
        }
        assert_eq!(read(r#","error":"invalid_grant""#).unwrap_err(), "invalid_grant");
    }

    #[test]
    fn scope_and_refresh_lifetime_as_providers_have_them() {
        let tokens = read(r#","scope":"openid","refresh_expires_in":0"#).unwrap();
        assert_eq!((tokens.scope.as_str(), tokens.refresh_expires_in), ("openid", None));
        let tokens = read(r#","refresh_token_expires_in":1800,"refresh_token":"""#).unwrap();
        assert_eq!(tokens.scope, "openid profile");
        assert_eq!(read(r#","scope":["openid","email"]"#).unwrap().scope, "openid email");
        assert_eq!(tokens.refresh_expires_in, Some(Duration::from_secs(1800)));
        assert!(tokens.refresh_token.is_none());
        let tokens = read(r#","refresh_token_timeout":400"#).unwrap();
        assert_eq!(tokens.refresh_token_timeout, Some(Duration::from_secs(400)), "by its own name");
        assert_eq!(tokens.refresh_expires_in, None);
    }

    #[test]
    fn tokens_that_cannot_be_used() {
        let code = |text: &str| {
            let response: TokenResponse = json::parse(text.as_bytes()).unwrap();
            response.check().unwrap_err().code()
        };
        assert_eq!(code(r#"{"token_type":"Bearer"}"#), "access_token_missing");
        assert_eq!(code(r#"{"access_token":"","token_type":"Bearer"}"#), "access_token_missing");
        assert_eq!(code(r#"{"access_token":"at"}"#), "token_type_unsupported");
        assert_eq!(code(r#"{"access_token":"at","token_type":"mac"}"#), "token_type_unsupported");
        assert_eq!(code(r#"{"access_token":"a\r\nX: y","token_type":"Bearer"}"#), "token_malformed");
    }

    #[test]
    fn a_new_refresh_token_outlives_an_answer_that_is_of_no_use() {
        let next = |text: &str| {
            let response: TokenResponse = json::parse(text.as_bytes()).unwrap();
            assert!(response.check().is_err());
            response.rotated().map(|token| token.expose_secret().to_owned())
        };
        assert_eq!(next(r#"{"token_type":"Bearer","refresh_token":"rt 2"}"#).as_deref(), Some("rt 2"));
        assert_eq!(
            next(r#"{"access_token":"at","token_type":"mac","refresh_token":"rt"}"#).as_deref(),
            Some("rt")
        );
        assert_eq!(next(r#"{"token_type":"Bearer","refresh_token":""}"#), None);
        assert_eq!(next(r#"{"token_type":"Bearer","refresh_token":"rt\r\nX: y"}"#), None);
    }

    #[test]
    fn nothing_secret_is_printed() {
        let tokens = read(r#","refresh_token":"canary-rt","id_token":"canary-id""#).unwrap();
        let printed = format!("{tokens:?}");
        assert!(!printed.contains("canary"), "{printed}");
    }
}
