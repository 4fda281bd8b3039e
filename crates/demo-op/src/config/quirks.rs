//! What real providers do in another way than this one does by default: one switch for each behaviour, so that a test can
//! combine them.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::grant_type;
use crate::crypto::algorithm::SigningAlgorithm;

/// Behaviours of real providers. By default there are none of them. Where it is known, a field names
/// a provider that does it.
///
/// A running provider takes others with [`DemoOp::set_quirks`](crate::DemoOp::set_quirks).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quirks {
    /// What a refresh does with refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// A refresh token is issued also without the scope `offline_access` (Keycloak).
    pub refresh_tokens_for_all: bool,
    /// Each refresh ends the earlier access tokens of its grant, also one that is refused because of its scope or resource
    /// (Ory Hydra, LemonLDAP::NG).
    pub refresh_ends_access_tokens: bool,
    /// After a refresh with a narrower `scope`, the new refresh token has no more than that.
    pub narrowing_lasts: bool,
    /// Every refresh is refused with this code: `interaction_required`, `login_required`, `consent_required` (Microsoft
    /// Entra ID), `temporarily_unavailable` and so on. The refresh token stays good.
    pub refuse_refreshes: Option<&'static str>,
    /// The code for a refresh token that is not good, in place of `invalid_grant`: `invalid_request` (LemonLDAP::NG),
    /// `invalid_client` (Ory Hydra).
    pub refused_refresh_code: Option<&'static str>,
    /// How long the token endpoint rests before it answers. It has acted by then, also for a client that has gone.
    pub token_answer_delay: Duration,
    /// Every poll of a device is answered with this error code, `server_error` for example.
    pub device_poll_error: Option<&'static str>,

    /// What becomes of the scope `offline_access`.
    pub offline_access: OfflineAccess,
    /// A scope that means nothing here is refused with `invalid_scope`, in a registration with `invalid_client_metadata`.
    /// (By default it is ignored.)
    pub refuse_unknown_scopes: bool,
    /// So many silent authorization requests (`prompt=none`) are answered with `consent_required`, beginning with the first
    /// after the quirks were set (django-oidc-provider, for a public client).
    pub consent_required: u32,
    /// Authorization responses with an error have no `iss`.
    pub errors_without_iss: bool,

    /// Laid over the claims of every ID token; `null` takes one out. `{"amr": "pwd"}`, `{"email_verified": "True"}`,
    /// `{"auth_time": 0}`, `{"sid": null}`.
    pub id_token_claims: Map<String, Value>,
    /// How long a session lasts after the sign-in. ID tokens say so as `session_expiry` (IPSIE; Okta, Auth0), and it and all
    /// its tokens end then.
    pub session_expiry: Option<Duration>,
    /// Only the ID token of the sign-in has `session_expiry`.
    pub session_expiry_once: bool,
    /// How long a grant lasts, however often it is refreshed. Token responses say so as `authorization_expires_in`
    /// (draft-ietf-oauth-refresh-token-expiration).
    pub authorization_lifetime: Option<Duration>,
    /// Token responses say as `refresh_token_timeout` how long the refresh token lasts without being used
    /// (draft-ietf-oauth-refresh-token-expiration).
    pub tell_refresh_token_timeout: bool,
    /// Token responses say the same as `refresh_expires_in` (Keycloak).
    pub tell_refresh_expires_in: bool,

    /// A `post_logout_redirect_uri` is compared letter for letter, its port included (Ory Hydra, Spring Authorization Server,
    /// Dex). By default any port of a loopback address fits.
    pub exact_post_logout_uris: bool,
    /// The end of a refresh token by revocation ends the session in the browser, too. A sign-out page that is opened
    /// afterwards is answered with `session_expired` (Keycloak).
    pub revocation_ends_session: bool,
    /// Another provider stands behind this one. A sign-in here is one there, which a sign-out page ends, and nothing else
    /// does; as long as it lasts, the next sign-in asks for no password.
    pub upstream: bool,
    /// Revocation is refused with this status: 401 or 403.
    pub refuse_revocation: Option<u16>,
    /// Laid over the claims of every logout token; `null` takes one out. `{"exp": null}` (Ory Hydra).
    pub logout_token_claims: Map<String, Value>,
    /// How logout tokens are signed. `None`: as the client's ID tokens are. The key for RS256 is made when the provider starts.
    pub logout_token_signing: Option<SigningAlgorithm>,

    /// Pushed authorization requests of a client that does not authenticate are refused with 401 and `invalid_client`.
    pub pushed_authorization_needs_authentication: bool,
    /// A client that registers gets a secret, and no word about how to show it: that is `client_secret_basic`
    /// (RFC 7591 section 2).
    pub registered_clients_have_secrets: bool,
    /// Laid over the answer to a registration; `null` takes a member out. `{"userinfo_signed_response_alg": "none"}`.
    pub registration_answer: Map<String, Value>,
    /// Registration refuses every grant type but `authorization_code` and `refresh_token` with `invalid_client_metadata`.
    pub register_basic_grant_types_only: bool,

    /// Where the metadata is.
    pub metadata: MetadataPlace,
}

impl Quirks {
    /// What a client may register for.
    pub(crate) fn registered_grant_types(&self) -> &'static [&'static str] {
        match self.register_basic_grant_types_only {
            true => &[grant_type::AUTHORIZATION_CODE, grant_type::REFRESH_TOKEN],
            false => &grant_type::ALL,
        }
    }
}

/// What a refresh does with refresh tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshTokens {
    /// It brings a new one. One that was used before ends the whole grant.
    #[default]
    Rotate,
    /// It brings a new one. Those before go on working, each with the scope that it was issued with.
    KeepEarlier,
    /// It brings none: the first one stays.
    Stay,
    /// There are none at all.
    None,
}

/// What becomes of the scope `offline_access`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfflineAccess {
    /// It is in the metadata and brings a refresh token.
    #[default]
    Listed,
    /// It brings a refresh token and is not in `scopes_supported`, as OpenID Connect Discovery 1.0 section 3 allows.
    Unlisted,
    /// It is a scope that is not known.
    Unknown,
}

/// Where the metadata is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataPlace {
    /// Where OpenID Connect Discovery 1.0 section 4 has it.
    #[default]
    Issuer,
    /// Only at [`Endpoint::OtherMetadata`](crate::Endpoint::OtherMetadata) (Azure AD B2C).
    Elsewhere,
    /// At the issuer, but without the `revocation_endpoint`, which only the metadata of RFC 8414 has (Django OAuth Toolkit).
    RevocationElsewhere,
}

/// Lays members over a JSON object; `null` takes one out.
pub(crate) fn lay_over(document: &mut Value, members: &Map<String, Value>) {
    let Some(document) = document.as_object_mut() else { return };
    for (name, value) in members {
        match value {
            Value::Null => drop(document.remove(name)),
            value => drop(document.insert(name.clone(), value.clone())),
        }
    }
}
