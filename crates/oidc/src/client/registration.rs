//! Dynamic registration of this client: RFC 7591; OpenID Connect Dynamic Client Registration 1.0.

use std::fmt;

use ::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::client::form;
use crate::client::relying_party::{ClientAuthentication, Registration};
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::error::registration::RegisteredClientError;
use crate::error::{Error, invalid, malformed};
use crate::http::{self, Answer, Body, Call, Http, JSON, sensitive};
use crate::jose::algorithm::SigningAlgorithm;
use crate::provider::discovery::Provider;
use crate::text::json::{secret_if_any, text_if_any};
use crate::text::{self, urls};

const MAX_CLIENT_ID: usize = 512;
const MAX_SECRET: usize = 4096;
const MAX_CLIENT_NAME: usize = 100;
const MAX_REDIRECT_URIS: usize = 32;
const UNSIGNED: &str = "none";

/// The metadata that this client registers (RFC 7591, section 2). It is a native application.
#[derive(Clone)]
pub struct ClientMetadata {
    /// At least one, on loopback (RFC 8252, section 7.3).
    pub redirect_uris: Vec<Url>,
    /// Where the browser may go after a sign-out, on loopback too.
    pub post_logout_redirect_uris: Vec<Url>,
    /// The name that people see: at most 100 printable characters.
    pub client_name: String,
    /// How the client wants to authenticate; `None` is right for a native application.
    pub auth_method: ClientAuthentication,
    /// `authorization_code` is always there and need not be listed.
    pub grant_types: Vec<String>,
    /// What the client will ask for. Empty: the provider's choice.
    pub scopes: Vec<String>,
    /// `id_token_signed_response_alg`. `None`: the provider's choice.
    pub id_token_alg: Option<SigningAlgorithm>,
    /// `userinfo_signed_response_alg`. `None`: UserInfo is plain JSON.
    pub userinfo_alg: Option<SigningAlgorithm>,
    /// Needed if not everyone may register at the provider (RFC 7591, section 3).
    pub initial_access_token: Option<SecretString>,
}

impl ClientMetadata {
    /// A public client that can refresh.
    pub fn native(client_name: impl Into<String>, redirect_uris: Vec<Url>) -> Self {
        Self {
            redirect_uris,
            post_logout_redirect_uris: Vec::new(),
            client_name: client_name.into(),
            auth_method: ClientAuthentication::None,
            grant_types: vec!["refresh_token".to_owned()],
            scopes: Vec::new(),
            id_token_alg: None,
            userinfo_alg: None,
            initial_access_token: None,
        }
    }

    /// The minimum that a session needs: a native client that can refresh, without optional metadata.
    fn least(&self) -> Self {
        Self {
            auth_method: self.auth_method,
            initial_access_token: self.initial_access_token.clone(),
            ..Self::native(self.client_name.clone(), self.redirect_uris.clone())
        }
    }

    /// What no registration can be without: the redirect URIs (RFC 7591, section 2). All else is the provider's choice.
    fn bare(&self) -> Self {
        Self {
            auth_method: ClientAuthentication::None,
            grant_types: Vec::new(),
            initial_access_token: self.initial_access_token.clone(),
            ..Self::native(self.client_name.clone(), self.redirect_uris.clone())
        }
    }

    fn asks_for_more_than(&self, least: &Self) -> bool {
        !self.post_logout_redirect_uris.is_empty()
            || grant_types(self).iter().any(|wanted| !grant_types(least).contains(wanted))
            || !self.scopes.is_empty()
            || self.id_token_alg.is_some()
            || self.userinfo_alg.is_some()
    }
}

impl fmt::Debug for ClientMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientMetadata")
            .field("client_name", &self.client_name)
            .field("redirect_uris", &self.redirect_uris)
            .field("auth_method", &self.auth_method)
            .field("initial_access_token", &self.initial_access_token.is_some())
            .finish_non_exhaustive()
    }
}

/// What the provider registered, validated (RFC 7591, section 3.2.1).
#[derive(Clone)]
pub struct RegisteredClient {
    /// For [`RelyingParty::new`](crate::RelyingParty::new). The authentication method may differ from the requested one.
    pub registration: Registration,
    /// `client_secret_expires_at`, in seconds since 1970. `None`: no secret, or one that does not expire.
    pub secret_expires_at: Option<u64>,
    /// The grant types that the client may use. If the provider does not say, those that were requested.
    pub grant_types: Vec<String>,
    /// How the registration can be ended, if the provider offers that.
    pub management: Option<ClientManagement>,
    /// True if the provider refused the full request and registered the minimum that a native client needs.
    pub reduced: bool,
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("registration", &self.registration)
            .field("secret_expires_at", &self.secret_expires_at)
            .field("management", &self.management)
            .field("reduced", &self.reduced)
            .finish_non_exhaustive()
    }
}

/// What a registration can be read, changed and ended with (RFC 7592).
#[derive(Clone)]
pub struct ClientManagement {
    /// `registration_client_uri`.
    pub uri: Url,
    /// `registration_access_token`.
    pub token: SecretString,
}

impl fmt::Debug for ClientManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientManagement").field("host", &urls::host(&self.uri)).finish_non_exhaustive()
    }
}

/// Why no usable client was registered.
#[derive(Debug)]
pub struct RegistrationFailure {
    /// What went wrong.
    pub error: Error,
    /// For [`deregister`](crate::deregister): ends the registration of a client that the provider has made but that cannot
    /// be used. `None` if there is no client, or the provider does not say how its registration ends.
    pub unused: Option<ClientManagement>,
    /// The client that the provider has made, if its answer names it.
    pub client_id: Option<String>,
}

impl From<Error> for RegistrationFailure {
    fn from(error: Error) -> Self {
        Self { error, unused: None, client_id: None }
    }
}

impl From<RegistrationFailure> for Error {
    fn from(failure: RegistrationFailure) -> Self {
        failure.error
    }
}

/// A request for nothing but the redirect URIs.
#[derive(Serialize)]
struct Bare<'a> {
    redirect_uris: &'a [Url],
}

#[derive(Serialize)]
struct Asked<'a> {
    application_type: &'static str,
    response_types: [&'static str; 1],
    redirect_uris: &'a [Url],
    #[serde(skip_serializing_if = "<[Url]>::is_empty")]
    post_logout_redirect_uris: &'a [Url],
    client_name: &'a str,
    token_endpoint_auth_method: &'static str,
    grant_types: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_signed_response_alg: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    userinfo_signed_response_alg: Option<&'static str>,
}

/// An empty text or list counts as missing.
#[derive(Deserialize)]
pub(crate) struct Registered {
    client_id: Option<String>,
    #[serde(default, deserialize_with = "secret_if_any")]
    client_secret: Option<SecretString>,
    /// Shown to people only, so an invalid number is ignored.
    #[serde(default)]
    client_secret_expires_at: Value,
    #[serde(default, deserialize_with = "entries")]
    redirect_uris: Option<Vec<String>>,
    #[serde(default, deserialize_with = "word")]
    token_endpoint_auth_method: Option<String>,
    #[serde(default, deserialize_with = "entries")]
    grant_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "entries")]
    response_types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "word")]
    id_token_signed_response_alg: Option<String>,
    #[serde(default, deserialize_with = "word")]
    userinfo_signed_response_alg: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    error: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    error_description: Option<String>,
}

/// A text that matters.
fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|word| !word.is_empty()))
}

/// A list of texts that matters. Other entries decide nothing.
fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let entries = Option::<Vec<Value>>::deserialize(deserializer)?.filter(|entries| !entries.is_empty());
    let text = |entry: Value| entry.as_str().map(str::to_owned);
    Ok(entries.map(|entries| entries.into_iter().filter_map(text).collect()))
}

/// Which client was made. Read separately, because it is needed when the rest cannot be used.
#[derive(Deserialize)]
struct Made {
    #[serde(default, deserialize_with = "text_if_any")]
    client_id: Option<String>,
}

/// How the registration is ended. Read separately, because it is needed most when the rest cannot be used.
#[derive(Deserialize)]
pub(crate) struct Management {
    #[serde(default, deserialize_with = "secret_if_any")]
    registration_access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "secret_if_any")]
    registration_client_uri: Option<SecretString>,
}

/// Registers this client at a provider (RFC 7591, section 3.1), and validates the answer.
///
/// If the provider refuses, it is asked once more with the minimum that a native client needs, unless that was the request, and then
/// with the redirect URIs alone: [`RegisteredClient::reduced`]. If it refuses all, the first refusal is the error.
///
/// `endpoint_missing` if the provider does not offer registration; `parameter_invalid` for metadata that cannot be sent;
/// [`Error::Refused`] with `invalid_redirect_uri`, `invalid_client_metadata` or `invalid_token` (the initial access token is
/// missing or wrong); [`Error::RegisteredClient`] for an answer that cannot be used. In that case the client exists at the
/// provider: [`RegistrationFailure::unused`] ends its registration.
pub async fn register(
    http: &Http,
    provider: &Provider,
    metadata: &ClientMetadata,
) -> Result<RegisteredClient, RegistrationFailure> {
    let refused = match once(http, provider, metadata, Extent::Named).await {
        Err(failure) if is_about_metadata(&failure.error) => failure,
        answered => return answered,
    };
    let least = metadata.least();
    let least = metadata.asks_for_more_than(&least).then_some((least, Extent::Named));
    for (less, extent) in least.into_iter().chain([(metadata.bare(), Extent::RedirectUris)]) {
        match once(http, provider, &less, extent).await {
            Err(failure) if is_about_metadata(&failure.error) => {}
            answered => return Ok(RegisteredClient { reduced: true, ..answered? }),
        }
    }
    Err(refused)
}

/// Which metadata are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All that the request has.
    Named,
    /// The redirect URIs alone.
    RedirectUris,
}

/// Whether the provider may accept less metadata (RFC 7591, section 3.2.2). Not every provider uses the right code or status for
/// that. A refusal of the initial access token is about something else, and so is an outage.
fn is_about_metadata(error: &Error) -> bool {
    match error {
        Error::Refused { error, .. } => {
            !matches!(error, OAuthError::InvalidToken | OAuthError::InsufficientScope)
        }
        Error::UnexpectedStatus { status, .. } => matches!(status, 400 | 403 | 409 | 422),
        Error::Unavailable { status, .. } => *status == 500,
        _ => false,
    }
}

async fn once(
    http: &Http,
    provider: &Provider,
    metadata: &ClientMetadata,
    extent: Extent,
) -> Result<RegisteredClient, RegistrationFailure> {
    let url = provider.registration_endpoint()?;
    let grant_types = grant_types(metadata);
    let body = Zeroizing::new(asked(metadata, &grant_types, extent)?);
    let authorization = match &metadata.initial_access_token {
        None => None,
        Some(token) => Some(sensitive(&Zeroizing::new(format!("Bearer {}", token.expose_secret())))?),
    };
    let answer = http.send(Call { authorization, body: Some(Body::Json(body)), ..Call::get(url) }).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        // Whatever its code is: less metadata need the same token.
        let error = match answer.refusal_or(OAuthError::InvalidToken) {
            Error::Refused { description, at, .. } => {
                Error::Refused { error: OAuthError::InvalidToken, description, at }
            }
            other => other,
        };
        return Err(error.into());
    }
    let management = answer
        .created(Document::Registration, &[JSON])
        .ok()
        .and_then(|found: Management| found.check(provider.is_plain()));
    let registered = answer.created(Document::Registration, &[JSON]);
    let checked = registered
        .and_then(|found: Registered| found.refused(&answer).map_or(Ok(found), Err))
        .and_then(|found| Ok(found.check(metadata, grant_types, management.clone())?));
    checked.map_err(|error| {
        let made: Option<Made> = answer.created(Document::Registration, &[JSON]).ok();
        let client_id = made.and_then(|made| made.client_id);
        let client_id = client_id.filter(|id| is_printable(id, MAX_CLIENT_ID) && !id.is_empty());
        RegistrationFailure { error, unused: management, client_id }
    })
}

fn grant_types(metadata: &ClientMetadata) -> Vec<String> {
    let mut types = vec!["authorization_code".to_owned()];
    for asked in &metadata.grant_types {
        if !types.contains(asked) {
            types.push(asked.clone());
        }
    }
    types
}

fn asked(metadata: &ClientMetadata, grant_types: &[String], extent: Extent) -> Result<String, Error> {
    let on_loopback = |uri: &Url| {
        uri.scheme() == "http"
            && urls::is_loopback(uri)
            && uri.fragment().is_none()
            && uri.username().is_empty()
    };
    let redirect_uris = &metadata.redirect_uris;
    if !(1..=MAX_REDIRECT_URIS).contains(&redirect_uris.len()) || !redirect_uris.iter().all(on_loopback) {
        return Err(invalid("redirect_uris"));
    }
    if !metadata.post_logout_redirect_uris.iter().all(on_loopback) {
        return Err(invalid("post_logout_redirect_uris"));
    }
    let client_name = metadata.client_name.as_str();
    if client_name.is_empty() || text::plain(client_name, MAX_CLIENT_NAME) != client_name {
        return Err(invalid("client_name"));
    }
    if metadata.auth_method == ClientAuthentication::PrivateKeyJwt {
        return Err(invalid("token_endpoint_auth_method"));
    }
    if extent == Extent::RedirectUris {
        return serde_json::to_string(&Bare { redirect_uris })
            .map_err(|_| malformed(Document::Registration, None));
    }
    let asked = Asked {
        application_type: "native",
        response_types: ["code"],
        redirect_uris,
        post_logout_redirect_uris: &metadata.post_logout_redirect_uris,
        client_name,
        token_endpoint_auth_method: metadata.auth_method.name(),
        grant_types,
        scope: &form::scope(metadata.scopes.iter().map(String::as_str))?,
        id_token_signed_response_alg: metadata.id_token_alg.map(SigningAlgorithm::name),
        userinfo_signed_response_alg: metadata.userinfo_alg.map(SigningAlgorithm::name),
    };
    serde_json::to_string(&asked).map_err(|_| malformed(Document::Registration, None))
}

impl Registered {
    /// The refusal in an answer with a status of success, which names no client.
    fn refused(&self, answer: &Answer) -> Option<Error> {
        let none = self.client_id.as_deref().is_none_or(str::is_empty);
        let error = self.error.as_deref().filter(|error| none && !error.is_empty())?;
        Some(http::refused(error, self.error_description.as_deref(), answer.told.iter()))
    }

    pub(crate) fn check(
        self,
        asked: &ClientMetadata,
        asked_grant_types: Vec<String>,
        management: Option<ClientManagement>,
    ) -> Result<RegisteredClient, RegisteredClientError> {
        let client_id = self.client_id.filter(|id| is_printable(id, MAX_CLIENT_ID) && !id.is_empty());
        let client_id = client_id.ok_or(RegisteredClientError::ClientIdInvalid)?;
        // An answer without them means that they are as they were asked for. A sign-in shows whether that is so.
        if let Some(uris) = &self.redirect_uris {
            let known: Vec<Url> = uris.iter().filter_map(|uri| Url::parse(uri).ok()).collect();
            if !asked.redirect_uris.iter().all(|uri| known.contains(uri)) {
                return Err(RegisteredClientError::RedirectUriMissing);
            }
        }
        let client_secret = self.client_secret.filter(|secret| !secret.expose_secret().is_empty());
        let auth_method = match self.token_endpoint_auth_method.as_deref() {
            // RFC 7591, section 2: with a secret and no method it is `client_secret_basic`.
            None if asked.auth_method == ClientAuthentication::None && client_secret.is_some() => {
                ClientAuthentication::ClientSecretBasic
            }
            None => asked.auth_method,
            // No key was registered that the client could sign with.
            Some(name) => ClientAuthentication::from_name(name)
                .filter(|method| *method != ClientAuthentication::PrivateKeyJwt)
                .ok_or(RegisteredClientError::AuthenticationUnsupported)?,
        };
        let client_secret = secret(client_secret, auth_method)?;
        let expires_at = self.client_secret_expires_at.as_u64().filter(|expires_at| *expires_at != 0);
        let grant_types = self.grant_types.unwrap_or(asked_grant_types);
        if !grant_types.iter().any(|granted| granted == "authorization_code") {
            return Err(RegisteredClientError::GrantTypeMissing);
        }
        if self.response_types.is_some_and(|allowed| !allowed.iter().any(|kind| kind == "code")) {
            return Err(RegisteredClientError::ResponseTypeMissing);
        }
        let id_token_alg = algorithm(self.id_token_signed_response_alg.as_deref(), asked.id_token_alg)?;
        let userinfo_alg = match self.userinfo_signed_response_alg.as_deref() {
            // Plain JSON was requested (Registration 1.0, section 2).
            Some(UNSIGNED) if asked.userinfo_alg.is_none() => None,
            name => algorithm(name, asked.userinfo_alg)?,
        };
        let secret_expires_at = expires_at.filter(|_| client_secret.is_some());
        let registration = Registration {
            client_secret,
            auth_method: Some(auth_method),
            id_token_alg,
            userinfo_alg,
            ..Registration::public(client_id)
        };
        Ok(RegisteredClient { registration, secret_expires_at, grant_types, management, reduced: false })
    }
}

/// Where the provider does not say, the requested value.
fn algorithm(
    name: Option<&str>,
    asked: Option<SigningAlgorithm>,
) -> Result<Option<SigningAlgorithm>, RegisteredClientError> {
    match name {
        None => Ok(asked),
        Some(name) => {
            SigningAlgorithm::from_name(name).map(Some).ok_or(RegisteredClientError::AlgorithmRefused)
        }
    }
}

/// A secret that is not needed is not kept, so that it cannot be lost.
fn secret(
    secret: Option<SecretString>,
    auth_method: ClientAuthentication,
) -> Result<Option<SecretString>, RegisteredClientError> {
    if auth_method == ClientAuthentication::None {
        return Ok(None);
    }
    let secret = secret.ok_or(RegisteredClientError::SecretMissing)?;
    if is_printable(secret.expose_secret(), MAX_SECRET) {
        Ok(Some(secret))
    } else {
        Err(RegisteredClientError::SecretInvalid)
    }
}

impl Management {
    /// Both or neither (Registration 1.0, section 3.2). Unusable values are ignored, because the client can still sign in.
    pub(crate) fn check(self, http_on_loopback: bool) -> Option<ClientManagement> {
        let token = self.registration_access_token.filter(|token| {
            let token = token.expose_secret();
            !token.is_empty() && token.len() <= MAX_SECRET && token.bytes().all(|b| b.is_ascii_graphic())
        })?;
        let uri = urls::endpoint(self.registration_client_uri?.expose_secret(), http_on_loopback).ok()?;
        Some(ClientManagement { uri, token })
    }
}

/// RFC 6749, appendix A.1 and A.2.
fn is_printable(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}
