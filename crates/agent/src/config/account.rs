//! `[accounts.NAME]`: one account, and how its session is kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use abide_oidc::{AuthorizationParameters, ClaimsMapping, Proxy};
use abide_session::{Limits, Reminders, Rules};
use abide_wire::{ActivityPolicy, OnLock, Signal};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::config::dpop::Dpop;
use crate::config::proxy::proxy;
use crate::config::requests::{PushedRequests, ResponseMode};

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountConfig {
    pub(crate) issuer: String,
    /// What views show instead of the name.
    pub(crate) label: Option<String>,
    /// The issuers of the provider's tenants, where each has its own: `{tenantid}` stands for the tenant.
    pub(crate) issuer_template: Option<String>,
    /// Where the provider's metadata are, if not at the place that the issuer tells. They are held to `issuer` all the same.
    pub(crate) metadata_url: Option<Url>,
    /// False for an OAuth authorization server without OpenID Connect, such as those of most MCP servers.
    #[serde(default = "yes")]
    pub(crate) openid: bool,
    /// Read the metadata of RFC 8414 too, where those of OpenID Connect leave an endpoint out.
    #[serde(default = "yes")]
    pub(crate) oauth_metadata: bool,
    /// Refuse a provider that does not say that it checks PKCE with S256.
    #[serde(default)]
    pub(crate) require_pkce_support: bool,
    /// Hold the fixed ports of `redirect_uri` all the time, and catch codes that Abide did not ask for.
    #[serde(default)]
    pub(crate) guard_redirect_port: bool,
    /// Accept links that ask to sign in, at the fixed port of `redirect_uri` (OpenID Connect Core 1.0, section 4).
    #[serde(default)]
    pub(crate) initiate_login: bool,
    pub(crate) client_id: String,
    /// What to ask for, and all of it; without it, [`default_scopes`], and `offline_access` only where the provider has it.
    pub(crate) scopes: Option<Vec<String>>,
    /// Where the browser comes back to. Of several the first whose port is free.
    #[serde(default = "default_redirect_uris", rename = "redirect_uri", deserialize_with = "one_or_several")]
    pub(crate) redirect_uris: Vec<Url>,
    pub(crate) ca_file: Option<PathBuf>,
    /// How long the provider may take for one answer.
    #[serde(default = "default_timeout", deserialize_with = "duration")]
    pub(crate) timeout: Duration,
    /// The proxy to the provider; by default that of the system or the environment.
    #[serde(default, deserialize_with = "proxy")]
    pub(crate) proxy: Option<Proxy>,
    /// A file that holds the client secret, for a provider that insists on one. A desktop application cannot keep it from
    /// its user.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// A file with the private key of a client that authenticates with one (`private_key_jwt`), PKCS #8 in PEM.
    pub(crate) client_key_file: Option<PathBuf>,
    /// By what the provider knows that key (`kid`).
    pub(crate) client_key_id: Option<String>,
    /// How the client authenticates (`none`, `client_secret_basic`, ...); without it, as fits the provider.
    pub(crate) token_endpoint_auth_method: Option<String>,
    /// What `private_key_jwt` is signed with, where that is registered.
    pub(crate) token_endpoint_auth_signing_alg: Option<String>,
    /// Whom `private_key_jwt` is made for: `issuer`, or `token_endpoint` for a provider that takes nothing else.
    pub(crate) client_assertion_audience: Option<String>,
    /// What ID tokens have to be signed with, where that is registered.
    pub(crate) id_token_signed_response_alg: Option<String>,
    /// What UserInfo has to be signed with, where that is registered.
    pub(crate) userinfo_signed_response_alg: Option<String>,
    /// Other clients that an ID token may also be made for.
    #[serde(default)]
    pub(crate) trusted_audiences: Vec<String>,
    /// Values of `prompt`; without it, what `offline_access` asks for.
    pub(crate) prompt: Option<Vec<String>>,
    pub(crate) login_hint: Option<String>,
    /// Authentication context classes, in order of preference.
    #[serde(default)]
    pub(crate) acr_values: Vec<String>,
    /// How long ago the user may have authenticated at most.
    #[serde(default, deserialize_with = "maybe_duration")]
    pub(crate) max_age: Option<Duration>,
    /// Languages for the sign-in page, in order of preference.
    #[serde(default)]
    pub(crate) ui_locales: Vec<String>,
    /// What the access tokens are for (RFC 8707).
    #[serde(default)]
    pub(crate) resources: Vec<String>,
    /// The scope that asks for a token for one resource, where the provider knows no RFC 8707; `{resource}` stands for it.
    pub(crate) resource_scope: Option<String>,
    /// The same wish for providers that do not know RFC 8707.
    pub(crate) audience: Option<String>,
    /// Single claims to ask for: the parameter `claims` (OpenID Connect Core 1.0, section 5.5).
    pub(crate) request_claims: Option<Map<String, Value>>,
    /// Whether access tokens are bound to a key of the session (RFC 9449).
    #[serde(default)]
    pub(crate) dpop: Dpop,
    /// Whether tokens for one purpose are had by exchange (RFC 8693) and not by refresh. `None`: where a refresh for one purpose was
    /// seen to spoil other tokens, and the provider offers the exchange.
    #[serde(default)]
    pub(crate) token_exchange: Option<bool>,
    /// How the answer comes back: in the address, or in a form that the provider's page submits.
    #[serde(default)]
    pub(crate) response_mode: ResponseMode,
    /// Whether the authorization request is pushed to the provider before the browser opens (RFC 9126).
    #[serde(default)]
    pub(crate) pushed_requests: PushedRequests,
    /// Send PKCE with a sign-in on another device too, for a provider that demands it there.
    #[serde(default)]
    pub(crate) device_pkce: bool,
    /// Parameters of the provider's own.
    #[serde(default)]
    pub(crate) extra: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) session: SessionConfig,
    #[serde(default)]
    pub(crate) provider: ProviderConfig,
    #[serde(default)]
    pub(crate) logout: LogoutConfig,
    /// Names of the user's own for claims: a claim, or a JSON Pointer to a part of one (RFC 6901).
    #[serde(default)]
    pub(crate) claims: BTreeMap<String, String>,
    /// The settings that the administrator has locked, by their names in the window and the local endpoint.
    #[serde(skip)]
    pub(crate) locked: Vec<String>,
}

/// How the end of the provider's session is noticed.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProviderConfig {
    pub(crate) watch: Vec<Signal>,
    /// How often the provider is asked, by the page in the browser and by Abide itself.
    #[serde(deserialize_with = "duration")]
    pub(crate) poll: Duration,
    /// Where security event tokens are fetched (RFC 8936).
    pub(crate) events: Option<Url>,
    /// The issuer of the transmitter at which Abide makes a stream of security events (Shared Signals Framework 1.0, section 8.1).
    pub(crate) events_transmitter: Option<String>,
    /// Accept the security event tokens that the provider sends to the logout listener (RFC 8935).
    pub(crate) events_push: bool,
    /// Where the transmitter reaches the logout listener for this account.
    pub(crate) events_push_url: Option<Url>,
    /// Whether UserInfo is read after the sign-in and after each renewal, so that what it says is up to date.
    pub(crate) claims: bool,
}

impl Default for ProviderConfig {
    fn default() -> Self {
        Self {
            watch: vec![Signal::Iframe, Signal::Refresh],
            poll: Duration::from_secs(60),
            events: None,
            events_transmitter: None,
            events_push: false,
            events_push_url: None,
            claims: true,
        }
    }
}

impl ProviderConfig {
    pub(crate) fn watches(&self, signal: Signal) -> bool {
        // A renewal shows what the provider says to that.
        signal == Signal::Refresh || self.watch.contains(&signal)
    }

    /// Whether the provider sends events to the logout listener.
    pub(crate) fn receives_events(&self) -> bool {
        self.events_push && self.watches(Signal::Events)
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SessionConfig {
    #[serde(deserialize_with = "duration")]
    pub(crate) end_after: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) warn_after: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) absolute: Duration,
    pub(crate) activity: ActivityPolicy,
    pub(crate) on_lock: OnLock,
    /// Remind the user of the longest session.
    pub(crate) remind: bool,
    /// Remind the user of an end that the provider has fixed.
    pub(crate) remind_provider: bool,
}

impl Default for SessionConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            end_after: limits.end_after(),
            warn_after: limits.warn_after(),
            absolute: limits.absolute(),
            activity: ActivityPolicy::default(),
            on_lock: OnLock::default(),
            remind: true,
            remind_provider: true,
        }
    }
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogoutConfig {
    /// Sign out at the provider too, in the browser (RP-Initiated Logout 1.0), when the user signs out here.
    pub(crate) provider: bool,
    /// Revoke the tokens at the provider (RFC 7009).
    pub(crate) revoke: bool,
    /// Try afterwards whether the provider still accepts them.
    pub(crate) verify: bool,
    /// Where the provider sends the browser afterwards, as in the account's `redirect_uri`. With ports by default: the rule of
    /// RFC 8252, section 7.3, that any port fits is about sign-ins, and many providers compare these addresses as they are.
    #[serde(rename = "redirect_uri", deserialize_with = "one_or_several")]
    pub(crate) redirect_uris: Vec<Url>,
    /// Parameters of the provider's own, for instance one that ends the session at the identity provider behind it.
    pub(crate) extra: BTreeMap<String, String>,
}

impl Default for LogoutConfig {
    fn default() -> Self {
        let (redirect_uris, extra) = (default_logout_uris(), BTreeMap::new());
        Self { provider: false, revoke: true, verify: true, redirect_uris, extra }
    }
}

fn yes() -> bool {
    true
}

/// What is asked for if the account does not say.
pub(crate) fn default_scopes() -> Vec<String> {
    ["openid", "profile", "email", "offline_access"].map(str::to_owned).to_vec()
}

fn default_timeout() -> Duration {
    Duration::from_secs(30)
}

fn default_redirect_uris() -> Vec<Url> {
    vec![loopback("callback")]
}

/// Three ports, and any other where all of them are taken.
fn default_logout_uris() -> Vec<Url> {
    let mut uris = vec![loopback("logout"); 4];
    for (uri, port) in uris.iter_mut().zip([47624, 47625, 47626]) {
        // An address with a host has a port.
        let _ = uri.set_port(Some(port));
    }
    uris
}

fn loopback(path: &str) -> Url {
    // Constants that parse; a test reads them.
    Url::parse(&format!("http://127.0.0.1/{path}")).unwrap_or_else(|_| unreachable!("a constant address"))
}

fn one_or_several<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Url>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an address like \"http://127.0.0.1/callback\", or a list of them")]
    enum Addresses {
        One(Url),
        Several(Vec<Url>),
    }
    Ok(match Addresses::deserialize(from)? {
        Addresses::One(one) => vec![one],
        Addresses::Several(several) => several,
    })
}

fn maybe_duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    duration(from).map(Some)
}

fn duration<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    humantime::parse_duration(&text).map_err(|error| {
        serde::de::Error::custom(format!(
            "\u{201c}{text}\u{201d} is not a duration ({error}); write it like \"15m\" or \"12h\""
        ))
    })
}

impl AccountConfig {
    /// An account with the defaults for everything that need not be said.
    pub(crate) fn new(issuer: String, client_id: String) -> Self {
        Self {
            issuer,
            label: None,
            issuer_template: None,
            metadata_url: None,
            openid: true,
            oauth_metadata: true,
            require_pkce_support: false,
            guard_redirect_port: false,
            initiate_login: false,
            client_id,
            scopes: None,
            redirect_uris: default_redirect_uris(),
            ca_file: None,
            timeout: default_timeout(),
            proxy: None,
            client_secret_file: None,
            client_key_file: None,
            client_key_id: None,
            token_endpoint_auth_method: None,
            token_endpoint_auth_signing_alg: None,
            client_assertion_audience: None,
            id_token_signed_response_alg: None,
            userinfo_signed_response_alg: None,
            trusted_audiences: Vec::new(),
            prompt: None,
            login_hint: None,
            acr_values: Vec::new(),
            max_age: None,
            ui_locales: Vec::new(),
            resources: Vec::new(),
            resource_scope: None,
            audience: None,
            request_claims: None,
            dpop: Dpop::default(),
            token_exchange: None,
            response_mode: ResponseMode::default(),
            pushed_requests: PushedRequests::default(),
            device_pkce: false,
            extra: BTreeMap::new(),
            session: SessionConfig::default(),
            provider: ProviderConfig::default(),
            logout: LogoutConfig::default(),
            claims: BTreeMap::new(),
            locked: Vec::new(),
        }
    }

    /// The user's own names for claims; `None` where every claim keeps the name that the provider gives it.
    pub(crate) fn claims_mapping(&self) -> Option<ClaimsMapping> {
        let pairs = self.claims.iter().map(|(name, source)| (name.as_str(), source.as_str()));
        // What cannot be a mapping was refused when the file was read.
        if self.claims.is_empty() { None } else { ClaimsMapping::new(pairs).ok() }
    }

    /// What the authorization request asks for, but for the scopes, which depend on the provider.
    pub(crate) fn wishes(&self) -> AuthorizationParameters {
        AuthorizationParameters {
            prompt: self.prompt.clone().unwrap_or_default(),
            login_hint: self.login_hint.clone(),
            acr_values: self.acr_values.clone(),
            max_age: self.max_age,
            ui_locales: self.ui_locales.clone(),
            resources: self.resources.clone(),
            audience: self.audience.clone(),
            claims: self.request_claims.clone(),
            form_post: self.response_mode == ResponseMode::FormPost,
            extra: self.extra.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            ..AuthorizationParameters::default()
        }
    }

    /// What the session is held to. Limits that contradict each other were refused when the file was read.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            limits: self.limits().unwrap_or_default(),
            activity: match self.session.activity {
                ActivityPolicy::Requests => abide_session::Activity::Requests,
                ActivityPolicy::Input => abide_session::Activity::Input,
                ActivityPolicy::Both => abide_session::Activity::Both,
            },
            on_lock: match self.session.on_lock {
                OnLock::Keep => abide_session::OnLock::Keep,
                OnLock::Freeze => abide_session::OnLock::Freeze,
                OnLock::End => abide_session::OnLock::End,
            },
            probe_every: [Signal::Introspection, Signal::Userinfo, Signal::Events]
                .iter()
                .any(|signal| {
                    let is_asked = *signal != Signal::Events
                        || self.provider.events.is_some()
                        || self.provider.events_transmitter.is_some();
                    is_asked && self.provider.watches(*signal)
                })
                .then_some(self.provider.poll),
            remind: Reminders { longest: self.session.remind, provider: self.session.remind_provider },
        }
    }

    pub(crate) fn limits(&self) -> Result<Limits, abide_session::LimitsError> {
        Limits::new(self.session.end_after, self.session.warn_after, self.session.absolute)
    }
}
