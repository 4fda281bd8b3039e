//! Registering this client by itself: RFC 7591; OpenID Connect Dynamic Client Registration 1.0.

use std::fmt;

use ::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;
use zeroize::Zeroizing;

use crate::client::form;
use crate::client::relying_party::{ClientAuthentication, Registration};
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::error::registration::RegisteredClientError;
use crate::error::{Error, invalid};
use crate::http::{Body, Call, Http, JSON, sensitive};
use crate::jose::algorithm::SigningAlgorithm;
use crate::provider::discovery::Provider;
use crate::text::json::DocumentProblem;
use crate::text::{self, urls};

const MAX_CLIENT_ID: usize = 512;
const MAX_SECRET: usize = 4096;
const MAX_CLIENT_NAME: usize = 100;
const MAX_REDIRECT_URIS: usize = 32;

/// What this client says about itself (RFC 7591, section 2). It is a native application.
#[derive(Clone)]
pub struct ClientMetadata {
    /// At least one, on loopback (RFC 8252, section 7.3).
    pub redirect_uris: Vec<Url>,
    /// Where the browser may go after a sign-out, on loopback too.
    pub post_logout_redirect_uris: Vec<Url>,
    /// What people are shown: at most 100 printable characters.
    pub client_name: String,
    /// How the client wants to authenticate; `None` is what a native application should have.
    pub auth_method: ClientAuthentication,
    /// `authorization_code` is always there and need not be listed.
    pub grant_types: Vec<String>,
    /// What the client will ask for. Empty: the provider's choice.
    pub scopes: Vec<String>,
    /// `id_token_signed_response_alg`. `None`: the provider's choice.
    pub id_token_alg: Option<SigningAlgorithm>,
    /// `userinfo_signed_response_alg`. `None`: UserInfo is plain JSON.
    pub userinfo_alg: Option<SigningAlgorithm>,
    /// Only if the provider does not let everybody register (RFC 7591, section 3).
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
    /// For [`RelyingParty::new`](crate::RelyingParty::new). The provider may have chosen another authentication method
    /// than the one that was asked for.
    pub registration: Registration,
    /// `client_secret_expires_at`, in seconds since 1970. `None`: no secret, or one that does not expire.
    pub secret_expires_at: Option<u64>,
    /// What the client may do. A provider that does not say allows what was asked for.
    pub grant_types: Vec<String>,
    /// To read, change and end the registration with (RFC 7592), at [`Self::registration_client_uri`].
    pub registration_access_token: Option<SecretString>,
    /// Where the registration can be read, changed and ended (RFC 7592).
    pub registration_client_uri: Option<Url>,
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("registration", &self.registration)
            .field("secret_expires_at", &self.secret_expires_at)
            .field("registration_access_token", &self.registration_access_token.is_some())
            .finish_non_exhaustive()
    }
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

#[derive(Deserialize)]
pub(crate) struct Registered {
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_expires_at: Option<u64>,
    redirect_uris: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    id_token_signed_response_alg: Option<String>,
    userinfo_signed_response_alg: Option<String>,
    registration_access_token: Option<SecretString>,
    registration_client_uri: Option<String>,
}

/// Registers this client at a provider (RFC 7591, section 3.1), and validates what the provider made of it.
///
/// `endpoint_missing` if the provider does not offer that; `parameter_invalid` for metadata that cannot be sent;
/// [`Error::Refused`] with `invalid_redirect_uri`, `invalid_client_metadata` or `invalid_token` (the initial access token is
/// missing or wrong); [`Error::RegisteredClient`] for an answer that cannot be used. The client then is registered, and
/// its `client_id` may be unknown to us: asking again makes another one.
pub async fn register(
    http: &Http,
    provider: &Provider,
    metadata: &ClientMetadata,
) -> Result<RegisteredClient, Error> {
    let url = provider.registration_endpoint()?;
    let grant_types = grant_types(metadata);
    let body = Zeroizing::new(asked(metadata, &grant_types)?);
    let authorization = match &metadata.initial_access_token {
        None => None,
        Some(token) => Some(sensitive(&Zeroizing::new(format!("Bearer {}", token.expose_secret())))?),
    };
    let answer = http.send(Call { authorization, body: Some(Body::Json(body)), ..Call::get(url) }).await?;
    if answer.status == StatusCode::UNAUTHORIZED {
        let unexplained = Error::Refused { error: OAuthError::InvalidToken, description: None };
        return Err(answer.oauth_error().unwrap_or(unexplained));
    }
    let registered: Registered = answer.created(Document::Registration, &[JSON])?;
    Ok(registered.check(metadata, grant_types, provider.is_plain())?)
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

fn asked(metadata: &ClientMetadata, grant_types: &[String]) -> Result<String, Error> {
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
    serde_json::to_string(&asked).map_err(|_| Error::Document {
        document: Document::Registration,
        problem: DocumentProblem::Malformed,
    })
}

impl Registered {
    pub(crate) fn check(
        self,
        asked: &ClientMetadata,
        asked_grant_types: Vec<String>,
        http_on_loopback: bool,
    ) -> Result<RegisteredClient, RegisteredClientError> {
        let client_id = self.client_id.filter(|id| is_printable(id, MAX_CLIENT_ID) && !id.is_empty());
        let client_id = client_id.ok_or(RegisteredClientError::ClientIdInvalid)?;
        let known: Vec<Url> =
            self.redirect_uris.iter().flatten().filter_map(|uri| Url::parse(uri).ok()).collect();
        if !asked.redirect_uris.iter().all(|uri| known.contains(uri)) {
            return Err(RegisteredClientError::RedirectUriMissing);
        }
        let auth_method = match self.token_endpoint_auth_method.as_deref() {
            None => asked.auth_method,
            // No key was registered that one could sign with.
            Some(name) => ClientAuthentication::from_name(name)
                .filter(|method| *method != ClientAuthentication::PrivateKeyJwt)
                .ok_or(RegisteredClientError::AuthenticationUnsupported)?,
        };
        let (client_secret, secret_expires_at) =
            secret(self.client_secret, self.client_secret_expires_at, auth_method)?;
        let grant_types = self.grant_types.unwrap_or(asked_grant_types);
        if !grant_types.iter().any(|granted| granted == "authorization_code") {
            return Err(RegisteredClientError::GrantTypeMissing);
        }
        if self.response_types.is_some_and(|allowed| !allowed.iter().any(|kind| kind == "code")) {
            return Err(RegisteredClientError::ResponseTypeMissing);
        }
        let id_token_alg = algorithm(self.id_token_signed_response_alg.as_deref(), asked.id_token_alg)?;
        let userinfo_alg = algorithm(self.userinfo_signed_response_alg.as_deref(), asked.userinfo_alg)?;
        let (registration_access_token, registration_client_uri) =
            management(self.registration_access_token, self.registration_client_uri, http_on_loopback)?;
        let registration = Registration {
            client_secret,
            auth_method: Some(auth_method),
            id_token_alg,
            userinfo_alg,
            ..Registration::public(client_id)
        };
        Ok(RegisteredClient {
            registration,
            secret_expires_at,
            grant_types,
            registration_access_token,
            registration_client_uri,
        })
    }
}

/// What the provider does not say is as it was asked for.
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

/// A secret that came although none is needed is not kept: it would only be one more thing to lose.
fn secret(
    secret: Option<SecretString>,
    expires_at: Option<u64>,
    auth_method: ClientAuthentication,
) -> Result<(Option<SecretString>, Option<u64>), RegisteredClientError> {
    if auth_method == ClientAuthentication::None {
        return Ok((None, None));
    }
    let secret = secret.filter(|secret| !secret.expose_secret().is_empty());
    let secret = secret.ok_or(RegisteredClientError::SecretMissing)?;
    if !is_printable(secret.expose_secret(), MAX_SECRET) {
        return Err(RegisteredClientError::SecretInvalid);
    }
    let expires_at = expires_at.ok_or(RegisteredClientError::SecretExpiryMissing)?;
    Ok((Some(secret), Some(expires_at).filter(|expires_at| *expires_at != 0)))
}

/// Both or neither (Registration 1.0, section 3.2).
fn management(
    token: Option<SecretString>,
    uri: Option<String>,
    http_on_loopback: bool,
) -> Result<(Option<SecretString>, Option<Url>), RegisteredClientError> {
    match (token, uri) {
        (None, None) => Ok((None, None)),
        (Some(token), Some(uri)) => {
            let token = Some(token).filter(|token| {
                let token = token.expose_secret();
                !token.is_empty() && token.len() <= MAX_SECRET && token.bytes().all(|b| b.is_ascii_graphic())
            });
            let uri = urls::endpoint(&uri, http_on_loopback).ok();
            match (token, uri) {
                (Some(token), Some(uri)) => Ok((Some(token), Some(uri))),
                _ => Err(RegisteredClientError::ManagementInvalid),
            }
        }
        _ => Err(RegisteredClientError::ManagementInvalid),
    }
}

/// RFC 6749, appendix A.1 and A.2.
fn is_printable(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}
