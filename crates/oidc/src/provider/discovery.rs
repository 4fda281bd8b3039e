//! OpenID Connect Discovery 1.0.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use openidconnect::core::CoreJsonWebKeySet;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use crate::error::document::Document;
use crate::error::{Endpoint, Error, malformed};
use crate::http::{Call, Http, JSON};
use crate::provider::keys::{self, Keys, Occasion};
use crate::provider::oauth_metadata;
use crate::provider::tenants::IssuerTemplate;
use crate::text::json::text_if_any;
use crate::text::urls::UrlProblem;
use crate::text::{self, urls};

const WELL_KNOWN: &str = "/.well-known/openid-configuration";
const MAX_SHOWN: usize = 200;
/// The grant type of a token exchange (RFC 8693, section 2.1).
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Where a provider is found, and what its metadata must contain.
#[derive(Clone, Debug)]
pub struct DiscoveryOptions {
    /// The issuer that the metadata and each ID token must name, byte for byte.
    pub issuer: String,
    /// For a provider with an issuer for each of its tenants.
    pub tenants: Option<IssuerTemplate>,
    /// The URL of the metadata if it is not the well-known one (Discovery, section 4). Its issuer is still compared with
    /// `issuer`.
    pub metadata_url: Option<Url>,
    /// Read the metadata of RFC 8414 too, if these leave out the endpoint for revocation, introspection or sign-in on
    /// another device.
    pub oauth_metadata: bool,
    /// Refuse a provider that does not say that it checks PKCE with S256.
    pub require_pkce_support: bool,
    /// False for an OAuth 2.0 authorization server without OpenID Connect. Its metadata are those of RFC 8414, it needs no keys, and
    /// nobody is identified: there are no ID tokens and no UserInfo.
    pub openid: bool,
}

impl DiscoveryOptions {
    /// At the well-known URL of the issuer.
    pub fn new(issuer: String) -> Self {
        Self {
            issuer,
            tenants: None,
            metadata_url: None,
            oauth_metadata: true,
            require_pkce_support: false,
            openid: true,
        }
    }
}

/// An OpenID Provider whose metadata was checked, with its keys. Cloning shares the keys.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    tenants: Option<IssuerTemplate>,
    url: Url,
    authorization: Url,
    token: Url,
    /// `None` only without OpenID Connect.
    keys_url: Option<Url>,
    openid: bool,
    userinfo: Result<Option<Url>, UrlProblem>,
    revocation: Option<Url>,
    introspection: Option<Url>,
    end_session: Result<Option<Url>, UrlProblem>,
    device_authorization: Option<Url>,
    registration: Option<Url>,
    check_session: Result<Option<Url>, UrlProblem>,
    pushed_authorization: Result<Option<Url>, UrlProblem>,
    metadata: ProviderMetadata,
    keys: RwLock<Keys>,
}

/// The metadata that are used (Discovery, section 3; RFC 8414, section 2; RFC 9207, section 3; RFC 8628, section 4;
/// RP-Initiated Logout, section 2.1; Session Management, section 3.3; Front- and Back-Channel Logout, section 2; RFC 9126,
/// section 5; RFC 9449, section 5.1).
///
/// Only members that matter for Abide have to be of the right type, so that a mistake in another one does not prevent a
/// sign-in.
#[derive(Clone, Deserialize)]
pub(crate) struct ProviderMetadata {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<Value>,
    #[serde(default, deserialize_with = "text_if_any")]
    revocation_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    introspection_endpoint: Option<String>,
    end_session_endpoint: Option<Value>,
    #[serde(default, deserialize_with = "text_if_any")]
    device_authorization_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    registration_endpoint: Option<String>,
    check_session_iframe: Option<Value>,
    pushed_authorization_request_endpoint: Option<Value>,
    #[serde(default, deserialize_with = "said")]
    require_pushed_authorization_requests: bool,
    #[serde(default, deserialize_with = "said")]
    client_id_metadata_document_supported: bool,
    #[serde(default)]
    code_challenge_methods_supported: Value,
    #[serde(default, deserialize_with = "names_if_any")]
    scopes_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names_if_any")]
    response_modes_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names_if_any")]
    grant_types_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names")]
    response_types_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names")]
    pub(crate) id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names_if_any")]
    pub(crate) token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "choice_if_any")]
    pub(crate) token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "names_if_any")]
    pub(crate) dpop_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default, deserialize_with = "said")]
    pub(crate) authorization_response_iss_parameter_supported: bool,
    #[serde(default, deserialize_with = "said")]
    frontchannel_logout_supported: bool,
    #[serde(default, deserialize_with = "said")]
    frontchannel_logout_session_supported: bool,
    #[serde(default, deserialize_with = "said")]
    backchannel_logout_supported: bool,
    #[serde(default, deserialize_with = "said")]
    backchannel_logout_session_supported: bool,
}

/// Only `true` counts. Anything else is read as false.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(deserializer)? == Value::Bool(true))
}

/// A list of names that matters. Entries that are not text are ignored.
fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Array(entries) => {
            let name = |entry| if let Value::String(name) = entry { Some(name) } else { None };
            Ok(Some(entries.into_iter().filter_map(name).collect()))
        }
        _ => Err(serde::de::Error::custom("not a list")),
    }
}

/// A list that matters to nothing by itself. A value that is not a list is ignored.
fn names_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(names(Value::deserialize(deserializer)?).ok().flatten())
}

/// The same for a list to choose from: an empty one leaves no choice, so it counts as missing.
fn choice_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(names_if_any(deserializer)?.filter(|names| !names.is_empty()))
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.0.issuer).finish()
    }
}

impl Provider {
    /// Reads and checks the metadata and the keys of `issuer` (Discovery, section 4).
    ///
    /// The issuer in the metadata has to be `issuer` byte for byte: a trailing slash is part of it. Every endpoint in the
    /// metadata has to be an https URL without fragment and user information. An issuer on loopback may use http there. The
    /// authorization endpoint, the token endpoint and the keys have to be usable. Of all others, an unusable one counts as not offered: the
    /// two pages for a browser ([`Self::check_session_problem`], [`Self::end_session_problem`]), UserInfo, revocation, introspection,
    /// registration, and the sign-in on another device. That for pushed requests is refused where a request would be pushed.
    pub async fn discover(http: &Http, issuer: &str) -> Result<Self, Error> {
        Self::discover_with(http, &DiscoveryOptions::new(issuer.to_owned())).await
    }

    /// The same for a provider with an issuer for each of its tenants. The issuer in the metadata has to be `tenants` byte
    /// for byte, and that of each ID token the one that `tenants` and its own `tid` make.
    pub async fn discover_tenants(
        http: &Http,
        issuer: &str,
        tenants: Option<IssuerTemplate>,
    ) -> Result<Self, Error> {
        Self::discover_with(http, &DiscoveryOptions { tenants, ..DiscoveryOptions::new(issuer.to_owned()) })
            .await
    }

    /// The same with options.
    pub async fn discover_with(http: &Http, options: &DiscoveryOptions) -> Result<Self, Error> {
        let DiscoveryOptions { issuer, tenants, .. } = options;
        let url = check_issuer(issuer)?;
        let places = match &options.metadata_url {
            None if options.openid => vec![well_known(&url)],
            None => oauth_metadata::places(&url).into_iter().chain([well_known(&url)]).collect(),
            Some(place) => vec![
                urls::endpoint(place.as_str(), url.scheme() == "http")
                    .map_err(|problem| Error::EndpointInvalid { endpoint: Endpoint::Metadata, problem })?,
            ],
        };
        let mut metadata = first(http, &places).await?;
        let expected = tenants.as_ref().map_or(issuer.as_str(), IssuerTemplate::as_str);
        if options.oauth_metadata && metadata.issuer.as_deref() == Some(expected) {
            let endpoints = oauth_metadata::Endpoints {
                revocation: &mut metadata.revocation_endpoint,
                introspection: &mut metadata.introspection_endpoint,
                device_authorization: &mut metadata.device_authorization_endpoint,
            };
            oauth_metadata::complete(http, &url, expected, endpoints).await;
        }
        let provider = match options.openid {
            true => Self::validate(issuer, tenants.clone(), metadata)?,
            false => Self::without_openid(issuer, metadata)?,
        };
        if options.require_pkce_support && !provider.names_pkce() {
            return Err(Error::PkceUnsupported);
        }
        provider.fetch_keys(http).await?;
        Ok(provider)
    }

    async fn fetch_keys(&self, http: &Http) -> Result<(), Error> {
        if let Some(place) = &self.0.keys_url {
            self.replace_keys(keys::fetch(http, place).await?);
        }
        Ok(())
    }

    /// An authorization server (RFC 8414, section 2). What belongs to OpenID Connect is not used, also where it is named.
    fn without_openid(issuer: &str, metadata: ProviderMetadata) -> Result<Self, Error> {
        let metadata = ProviderMetadata {
            jwks_uri: None,
            userinfo_endpoint: None,
            end_session_endpoint: None,
            check_session_iframe: None,
            frontchannel_logout_supported: false,
            backchannel_logout_supported: false,
            ..metadata
        };
        Self::checked(issuer, None, metadata, false)
    }

    pub(crate) fn validate(
        issuer: &str,
        tenants: Option<IssuerTemplate>,
        metadata: ProviderMetadata,
    ) -> Result<Self, Error> {
        Self::checked(issuer, tenants, metadata, true)
    }

    fn checked(
        issuer: &str,
        tenants: Option<IssuerTemplate>,
        metadata: ProviderMetadata,
        openid: bool,
    ) -> Result<Self, Error> {
        let url = check_issuer(issuer)?;
        let expected = tenants.as_ref().map_or(issuer, IssuerTemplate::as_str);
        let found =
            metadata.issuer.as_deref().ok_or_else(|| malformed(Document::Metadata, Some("issuer")))?;
        if found != expected {
            let found = text::plain(found, MAX_SHOWN);
            return Err(Error::IssuerMismatch { expected: expected.to_owned(), found });
        }
        let http_on_loopback = url.scheme() == "http";
        let optional = |endpoint: Endpoint, raw: &Option<String>| match raw.as_deref() {
            None | Some("") => Ok(None),
            Some(raw) => urls::endpoint(raw, http_on_loopback)
                .map(Some)
                .map_err(|problem| Error::EndpointInvalid { endpoint, problem }),
        };
        // What no sign-in needs is not offered if it cannot be used.
        let usable = |raw: &Option<String>| urls::endpoint(raw.as_deref()?, http_on_loopback).ok();
        let required = |endpoint: Endpoint, raw: &Option<String>| {
            optional(endpoint, raw)?.ok_or(Error::EndpointMissing { endpoint })
        };
        let code_flow = |types: &Vec<String>| types.iter().any(|response_type| response_type == "code");
        if !metadata.response_types_supported.as_ref().is_none_or(code_flow) {
            return Err(Error::CodeFlowUnsupported);
        }
        Ok(Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            tenants,
            authorization: required(Endpoint::Authorization, &metadata.authorization_endpoint)?,
            token: required(Endpoint::Token, &metadata.token_endpoint)?,
            keys_url: match openid {
                true => Some(required(Endpoint::Keys, &metadata.jwks_uri)?),
                false => None,
            },
            openid,
            userinfo: place(metadata.userinfo_endpoint.as_ref(), http_on_loopback),
            revocation: usable(&metadata.revocation_endpoint),
            introspection: usable(&metadata.introspection_endpoint),
            end_session: place(metadata.end_session_endpoint.as_ref(), http_on_loopback),
            device_authorization: usable(&metadata.device_authorization_endpoint),
            registration: usable(&metadata.registration_endpoint),
            check_session: place(metadata.check_session_iframe.as_ref(), http_on_loopback),
            pushed_authorization: place(
                metadata.pushed_authorization_request_endpoint.as_ref(),
                http_on_loopback,
            ),
            url,
            metadata,
            keys: RwLock::default(),
        })))
    }

    /// The same provider with the issuer and the keys of a transmitter of events. Without keys of its own, these are the
    /// provider's, if the issuer is the provider's, too.
    pub(crate) async fn with_keys_of(
        &self,
        http: &Http,
        issuer: &str,
        keys: Option<&str>,
    ) -> Result<Self, Error> {
        if issuer == self.issuer()
            && keys.is_none_or(|keys| self.0.metadata.jwks_uri.as_deref() == Some(keys))
        {
            return Ok(self.clone());
        }
        let (issuer_named, jwks_uri) = (Some(issuer.to_owned()), keys.map(str::to_owned));
        let metadata = ProviderMetadata { issuer: issuer_named, jwks_uri, ..self.0.metadata.clone() };
        let provider = Self::validate(issuer, None, metadata)?;
        provider.fetch_keys(http).await?;
        Ok(provider)
    }

    /// True unless this is an authorization server without OpenID Connect ([`DiscoveryOptions::openid`]).
    pub fn is_openid(&self) -> bool {
        self.0.openid
    }

    /// True if the provider says that it checks PKCE with S256 (RFC 8414, section 2; RFC 7636, section 4.2).
    pub fn names_pkce(&self) -> bool {
        let methods = self.0.metadata.code_challenge_methods_supported.as_array();
        methods.into_iter().flatten().any(|method| method == "S256")
    }

    /// The issuer, byte for byte as configured.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The issuers of its tenants, if it has one for each.
    pub fn tenants(&self) -> Option<&IssuerTemplate> {
        self.0.tenants.as_ref()
    }

    /// `host[:port]` of the issuer, to show to people.
    pub fn display_host(&self) -> String {
        urls::host(&self.0.url)
    }

    /// True if claims can be read from UserInfo.
    pub fn has_userinfo(&self) -> bool {
        matches!(self.0.userinfo, Ok(Some(_)))
    }

    /// True if tokens can be revoked (RFC 7009).
    pub fn has_revocation(&self) -> bool {
        self.0.revocation.is_some()
    }

    /// True if tokens can be asked about (RFC 7662).
    pub fn has_introspection(&self) -> bool {
        self.0.introspection.is_some()
    }

    /// True if authorization requests are pushed (RFC 9126, section 5).
    pub fn has_pushed_authorization(&self) -> bool {
        matches!(self.0.pushed_authorization, Ok(Some(_)))
    }

    /// True if the provider takes no other authorization requests than pushed ones (RFC 9126, section 5).
    pub fn requires_pushed_authorization(&self) -> bool {
        self.0.metadata.require_pushed_authorization_requests
    }

    /// True if the provider says that it issues tokens that are bound to a key (RFC 9449, section 5.1).
    pub fn has_dpop(&self) -> bool {
        self.0.metadata.dpop_signing_alg_values_supported.as_ref().is_some_and(|names| !names.is_empty())
    }

    /// True if the provider's own session can be ended (RP-Initiated Logout 1.0).
    pub fn has_end_session(&self) -> bool {
        self.end_session_endpoint().is_some()
    }

    /// True if the provider supports sign-in on another device (RFC 8628, section 4).
    pub fn has_device_authorization(&self) -> bool {
        self.0.device_authorization.is_some()
    }

    /// True if the provider supports dynamic client registration (Discovery 1.0, section 3).
    pub fn has_registration(&self) -> bool {
        self.0.registration.is_some()
    }

    /// True if a client ID may be the address of the client's metadata (draft-ietf-oauth-client-id-metadata-document,
    /// section 5).
    pub fn reads_client_metadata_documents(&self) -> bool {
        self.0.metadata.client_id_metadata_document_supported
    }

    /// Whether the provider says that it knows this scope; `None` if it does not say (Discovery 1.0, section 3).
    pub fn offers_scope(&self, scope: &str) -> Option<bool> {
        let offered = self.metadata().scopes_supported.as_ref()?;
        Some(offered.iter().any(|offered| offered == scope))
    }

    /// Whether the provider says that it can send the authorization response in a form (OAuth 2.0 Form Post Response Mode).
    pub fn offers_form_post(&self) -> bool {
        let modes = self.metadata().response_modes_supported.as_deref().unwrap_or_default();
        modes.iter().any(|mode| mode == "form_post")
    }

    /// Whether the provider says that it exchanges tokens (RFC 8693).
    pub fn offers_token_exchange(&self) -> bool {
        let grants = self.metadata().grant_types_supported.as_deref().unwrap_or_default();
        grants.iter().any(|grant| grant == TOKEN_EXCHANGE)
    }

    /// True if the provider's session can be watched in the browser (Session Management 1.0).
    pub fn has_check_session(&self) -> bool {
        self.check_session_iframe().is_some()
    }

    /// The OP iframe (Session Management 1.0, section 3.3).
    pub fn check_session_iframe(&self) -> Option<&Url> {
        self.0.check_session.as_ref().ok()?.as_ref()
    }

    /// Why [`Self::check_session_iframe`] is not used although the metadata name one: `endpoint_insecure` or
    /// `endpoint_invalid`.
    pub fn check_session_problem(&self) -> Option<Error> {
        let problem = self.0.check_session.as_ref().err()?;
        Some(Error::EndpointInvalid { endpoint: Endpoint::CheckSession, problem: *problem })
    }

    /// True if the provider says that it does Front-Channel Logout 1.0 (section 3).
    pub fn has_frontchannel_logout(&self) -> bool {
        self.0.metadata.frontchannel_logout_supported
    }

    /// True if the provider says that it names itself and the session, `iss` and `sid`, in a front-channel logout
    /// (Front-Channel Logout 1.0, section 3).
    pub fn has_frontchannel_logout_session(&self) -> bool {
        self.0.metadata.frontchannel_logout_session_supported
    }

    /// True if the provider says that it does Back-Channel Logout 1.0 (section 2.1).
    pub fn has_backchannel_logout(&self) -> bool {
        self.0.metadata.backchannel_logout_supported
    }

    /// True if the provider says that its logout tokens can name the session, `sid` (Back-Channel Logout 1.0, section
    /// 2.1).
    pub fn has_backchannel_logout_session(&self) -> bool {
        self.0.metadata.backchannel_logout_session_supported
    }

    /// True if the issuer is plain `http` on loopback, so that its endpoints may be that too.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.url.scheme() == "http"
    }

    pub(crate) fn metadata(&self) -> &ProviderMetadata {
        &self.0.metadata
    }

    /// Where people sign in.
    pub fn authorization_endpoint(&self) -> &Url {
        &self.0.authorization
    }

    pub(crate) fn token_endpoint(&self) -> &Url {
        &self.0.token
    }

    /// `endpoint_missing` if requests have to be pushed and the metadata name no endpoint for that; `endpoint_insecure` or
    /// `endpoint_invalid` for one that cannot be used.
    pub(crate) fn pushed_authorization_endpoint(&self) -> Result<Option<&Url>, Error> {
        let endpoint = Endpoint::PushedAuthorization;
        match &self.0.pushed_authorization {
            Err(problem) => Err(Error::EndpointInvalid { endpoint, problem: *problem }),
            Ok(None) if self.requires_pushed_authorization() => Err(Error::EndpointMissing { endpoint }),
            Ok(place) => Ok(place.as_ref()),
        }
    }

    pub(crate) fn userinfo_endpoint(&self) -> Result<&Url, Error> {
        let endpoint = Endpoint::UserInfo;
        match &self.0.userinfo {
            Err(problem) => Err(Error::EndpointInvalid { endpoint, problem: *problem }),
            Ok(place) => place.as_ref().ok_or(Error::EndpointMissing { endpoint }),
        }
    }

    pub(crate) fn revocation_endpoint(&self) -> Result<&Url, Error> {
        self.0.revocation.as_ref().ok_or(Error::EndpointMissing { endpoint: Endpoint::Revocation })
    }

    pub(crate) fn introspection_endpoint(&self) -> Result<&Url, Error> {
        self.0.introspection.as_ref().ok_or(Error::EndpointMissing { endpoint: Endpoint::Introspection })
    }

    pub(crate) fn device_authorization_endpoint(&self) -> Result<&Url, Error> {
        let endpoint = Endpoint::DeviceAuthorization;
        self.0.device_authorization.as_ref().ok_or(Error::EndpointMissing { endpoint })
    }

    pub(crate) fn registration_endpoint(&self) -> Result<&Url, Error> {
        self.0.registration.as_ref().ok_or(Error::EndpointMissing { endpoint: Endpoint::Registration })
    }

    /// The page that ends the provider's own session (RP-Initiated Logout 1.0, section 2.1).
    pub fn end_session_endpoint(&self) -> Option<&Url> {
        self.0.end_session.as_ref().ok()?.as_ref()
    }

    /// Why [`Self::end_session_endpoint`] is not used although the metadata name one: `endpoint_insecure` or
    /// `endpoint_invalid`.
    pub fn end_session_problem(&self) -> Option<Error> {
        let problem = self.0.end_session.as_ref().err()?;
        Some(Error::EndpointInvalid { endpoint: Endpoint::EndSession, problem: *problem })
    }

    pub(crate) fn keys(&self) -> Arc<CoreJsonWebKeySet> {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).set.clone()
    }

    /// Whether [`Self::refetch_keys`] has read the keys at this time.
    pub(crate) fn has_read_keys_at(&self, now: SystemTime) -> bool {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).were_read_at(now)
    }

    /// Reads the keys again; `None` if they have been read less than a minute ago.
    pub(crate) async fn refetch_keys(
        &self,
        http: &Http,
        now: SystemTime,
        occasion: Occasion,
    ) -> Result<Option<Arc<CoreJsonWebKeySet>>, Error> {
        let allowed = self.0.keys.write().unwrap_or_else(PoisonError::into_inner).may_refetch(now, occasion);
        if !allowed {
            return Ok(None);
        }
        let Some(place) = &self.0.keys_url else { return Ok(None) };
        match keys::fetch(http, place).await {
            Ok(set) => Ok(Some(self.replace_keys(set))),
            Err(error) => {
                self.0.keys.write().unwrap_or_else(PoisonError::into_inner).refetch_failed(occasion);
                Err(error)
            }
        }
    }

    pub(crate) fn replace_keys(&self, set: CoreJsonWebKeySet) -> Arc<CoreJsonWebKeySet> {
        let set = Arc::new(set);
        self.0.keys.write().unwrap_or_else(PoisonError::into_inner).set = set.clone();
        set
    }
}

/// The first metadata of several places: what is not at one may be at the next.
async fn first(http: &Http, places: &[Url]) -> Result<ProviderMetadata, Error> {
    let mut last = Err(Error::EndpointMissing { endpoint: Endpoint::Metadata });
    for place in places {
        let answer = http.send(Call::get(place)).await?;
        last = answer.document(Document::Metadata, &[JSON]);
        if last.is_ok() {
            break;
        }
    }
    last
}

fn check_issuer(issuer: &str) -> Result<Url, Error> {
    urls::issuer(issuer)
        .map_err(|problem| Error::IssuerInvalid { issuer: text::plain(issuer, MAX_SHOWN), problem })
}

/// An address that a sign-in can do without. An unusable one prevents only what uses it.
fn place(raw: Option<&Value>, http_on_loopback: bool) -> Result<Option<Url>, UrlProblem> {
    match raw {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(raw)) if raw.is_empty() => Ok(None),
        Some(Value::String(raw)) => urls::endpoint(raw, http_on_loopback).map(Some),
        Some(_) => Err(UrlProblem::Malformed),
    }
}

/// Discovery, section 4.1: a terminating slash is removed before the path is appended.
fn well_known(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    let path = format!("{}{WELL_KNOWN}", issuer.path().trim_end_matches('/'));
    url.set_path(&path);
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.com/realms/a";

    fn metadata() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://id.example.com/token",
            "jwks_uri": "https://id.example.com/keys",
            "response_types_supported": ["code", "code id_token"],
        })
    }

    fn code(issuer: &str, metadata: Value) -> &'static str {
        match Provider::validate(issuer, None, serde_json::from_value(metadata).unwrap()) {
            Ok(_) => "ok",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn metadata_that_is_refused() {
        let with = |name: &str, value: Value| {
            let mut changed = metadata();
            changed[name] = value;
            code(ISSUER, changed)
        };
        assert_eq!(code(ISSUER, metadata()), "ok");
        assert_eq!(code("https://id.example.com/realms/a/", metadata()), "issuer_mismatch");
        assert_eq!(with("issuer", json!("https://id.example.com/realms/b")), "issuer_mismatch");
        assert_eq!(with("issuer", json!("https://ID.example.com/realms/a")), "issuer_mismatch");
        assert_eq!(with("token_endpoint", json!("http://id.example.com/token")), "endpoint_insecure");
        assert_eq!(with("jwks_uri", json!("http://127.0.0.1/keys")), "endpoint_insecure");
        let optional = ["userinfo", "revocation", "introspection", "registration", "device_authorization"];
        for optional in optional.into_iter().chain(["pushed_authorization_request", "end_session"]) {
            for odd in [json!("http://id.example.com/x"), json!("/x"), json!([]), json!({}), json!(false)] {
                assert_eq!(with(&format!("{optional}_endpoint"), odd), "ok", "{optional}");
            }
        }
        for odd in [Value::Null, json!("true"), json!(1)] {
            assert_eq!(with("authorization_response_iss_parameter_supported", odd), "ok");
        }
        assert_eq!(with("authorization_endpoint", json!("file:///bin/sh")), "endpoint_invalid");
        assert_eq!(with("authorization_endpoint", json!("https://a.example/\r\n--x")), "endpoint_invalid");
        assert_eq!(with("authorization_endpoint", json!("https://a.example/#x")), "endpoint_invalid");
        assert_eq!(with("token_endpoint", json!("https://u:p@id.example.com/")), "endpoint_invalid");
        assert_eq!(with("token_endpoint", Value::Null), "endpoint_missing");
        assert_eq!(with("response_types_supported", json!(["id_token"])), "code_flow_unsupported");
        assert_eq!(code("http://id.example.com", metadata()), "issuer_insecure");
        assert_eq!(code("https://id.example.com/?a", metadata()), "issuer_invalid");
        assert_eq!(code("id.example.com", metadata()), "issuer_invalid");
    }

    #[test]
    fn the_well_known_path_follows_the_issuer() {
        let at = |issuer: &str| well_known(&Url::parse(issuer).unwrap()).to_string();
        assert_eq!(at("https://id.example.com"), "https://id.example.com/.well-known/openid-configuration");
        assert_eq!(
            at("https://id.example.com/a/"),
            "https://id.example.com/a/.well-known/openid-configuration"
        );
        assert_eq!(
            at("https://id.example.com/a"),
            "https://id.example.com/a/.well-known/openid-configuration"
        );
    }
}
