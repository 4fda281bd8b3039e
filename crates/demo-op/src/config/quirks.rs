//! Deviations of real providers from this one's defaults: one switch for each, so that a test can combine them.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::config::grant_type;
use crate::crypto::algorithm::SigningAlgorithm;

/// Behaviours of real providers. By default all are off. A field names a provider that behaves so, where one is known.
///
/// [`DemoOp::set_quirks`](crate::DemoOp::set_quirks) changes them while the provider runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quirks {
    /// What a refresh does with refresh tokens.
    pub refresh_tokens: RefreshTokens,
    /// A refresh token is issued also without the scope `offline_access` (Keycloak).
    pub refresh_tokens_for_all: bool,
    /// Each refresh ends the earlier access tokens of its grant, even one that is refused because of its scope or resource
    /// (Ory Hydra, LemonLDAP::NG).
    pub refresh_ends_access_tokens: bool,
    /// After a refresh with a narrower `scope`, the new refresh token has that scope too.
    pub narrowing_lasts: bool,
    /// Every refresh is refused with this code: `interaction_required`, `login_required`, `consent_required` (Microsoft
    /// Entra ID), `temporarily_unavailable` and so on. The refresh token stays valid.
    pub refuse_refreshes: Option<&'static str>,
    /// The code for an invalid refresh token, instead of `invalid_grant`: `invalid_request` (LemonLDAP::NG),
    /// `invalid_client` (Ory Hydra).
    pub refused_refresh_code: Option<&'static str>,
    /// The pause before the token endpoint answers. By then it has acted, even if the client has given up.
    pub token_answer_delay: Duration,
    /// The same before the registration endpoint answers.
    pub registration_answer_delay: Duration,
    /// Every poll of a device is answered with this error code, `server_error` for example.
    pub device_poll_error: Option<&'static str>,

    /// The handling of the scope `offline_access`.
    pub offline_access: OfflineAccess,
    /// An unknown scope is refused with `invalid_scope`, in a registration with `invalid_client_metadata`. (By default it is
    /// ignored.)
    pub refuse_unknown_scopes: bool,
    /// The number of silent authorization requests (`prompt=none`) that are answered with `consent_required`, counted from
    /// the change of the quirks (django-oidc-provider, for a public client).
    pub consent_required: u32,
    /// Whether the authorization response can be a form.
    pub form_post: FormPost,
    /// Authorization responses with an error have no `iss`.
    pub errors_without_iss: bool,

    /// Merged into the claims of every ID token; `null` removes one. `{"amr": "pwd"}`, `{"email_verified": "True"}`,
    /// `{"auth_time": 0}`, `{"sid": null}`.
    pub id_token_claims: Map<String, Value>,
    /// The lifetime of a session after the sign-in. ID tokens contain it as `session_expiry` (IPSIE; Okta, Auth0), and the
    /// session and its tokens end then.
    pub session_expiry: Option<Duration>,
    /// Only the ID token of the sign-in has `session_expiry`.
    pub session_expiry_once: bool,
    /// The lifetime of a grant, however often it is refreshed. Token responses contain it as `authorization_expires_in`
    /// (draft-ietf-oauth-refresh-token-expiration).
    pub authorization_lifetime: Option<Duration>,
    /// Token responses contain the lifetime of the unused refresh token as `refresh_token_timeout`
    /// (draft-ietf-oauth-refresh-token-expiration).
    pub tell_refresh_token_timeout: bool,
    /// Token responses contain the same as `refresh_expires_in` (Keycloak).
    pub tell_refresh_expires_in: bool,

    /// A `post_logout_redirect_uri` must be identical, including its port (Ory Hydra, Spring Authorization Server, Dex). By
    /// default any port of a loopback address matches.
    pub exact_post_logout_uris: bool,
    /// Revoking a refresh token also ends the session in the browser. A sign-out page that is opened afterwards gets
    /// `session_expired` (Keycloak).
    pub revocation_ends_session: bool,
    /// There is another provider behind this one. A sign-in here also signs in there, and only a sign-out page ends that
    /// session. While it lasts, the next sign-in asks for no password.
    pub upstream: bool,
    /// Revocation is refused with this status: 401 or 403.
    pub refuse_revocation: Option<u16>,
    /// Merged into the claims of every logout token; `null` removes one. `{"exp": null}` (Ory Hydra).
    pub logout_token_claims: Map<String, Value>,
    /// How logout tokens are signed. `None`: as the client's ID tokens are. The key for RS256 is made when the provider starts.
    pub logout_token_signing: Option<SigningAlgorithm>,

    /// Pushed authorization requests of a client that does not authenticate are refused with 401 and `invalid_client`.
    pub pushed_authorization_needs_authentication: bool,
    /// A client that registers gets a secret without `token_endpoint_auth_method`, which means `client_secret_basic` (RFC
    /// 7591 section 2).
    pub registered_clients_have_secrets: bool,
    /// Merged into the answer to a registration; `null` removes a member. `{"userinfo_signed_response_alg": "none"}`.
    pub registration_answer: Map<String, Value>,
    /// Registration refuses every grant type but `authorization_code` and `refresh_token` with `invalid_client_metadata`.
    pub register_basic_grant_types_only: bool,

    /// The metadata have no `code_challenge_methods_supported`, though PKCE is checked (Microsoft Entra ID).
    pub pkce_is_not_listed: bool,
    /// The place of the metadata.
    pub metadata: MetadataPlace,
    /// An authorization server without OpenID Connect, as most MCP servers have: its metadata are only those of RFC 8414, it issues no
    /// ID tokens, and it refuses `nonce`, `prompt` and the scope `openid`.
    pub without_openid: bool,
}

impl Quirks {
    /// The grant types that a client may register.
    pub(crate) fn registered_grant_types(&self) -> &'static [&'static str] {
        match self.register_basic_grant_types_only {
            true => &[grant_type::AUTHORIZATION_CODE, grant_type::REFRESH_TOKEN],
            false => &grant_type::ALL,
        }
    }
}

/// The authorization response as a form (OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FormPost {
    /// It is not listed, and refused.
    #[default]
    NotOffered,
    /// It is listed, and works.
    Offered,
    /// It is listed, but refused with this error code: `unsupported_response_mode`, `invalid_request`.
    Refused(&'static str),
}

/// What a refresh does with refresh tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefreshTokens {
    /// It returns a new one. The use of an earlier one ends the whole grant.
    #[default]
    Rotate,
    /// It returns a new one. Earlier ones stay valid, each with its scope.
    KeepEarlier,
    /// It returns none: the first one stays valid.
    Stay,
    /// No refresh tokens are issued.
    None,
}

/// The handling of the scope `offline_access`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfflineAccess {
    /// It is in the metadata and gives a refresh token.
    #[default]
    Listed,
    /// It gives a refresh token and is not in `scopes_supported`, as OpenID Connect Discovery 1.0 section 3 allows.
    Unlisted,
    /// It is an unknown scope.
    Unknown,
}

/// The place of the metadata.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetadataPlace {
    /// The well-known URL of OpenID Connect Discovery 1.0 section 4.
    #[default]
    Issuer,
    /// Only at [`Endpoint::OtherMetadata`](crate::Endpoint::OtherMetadata) (Azure AD B2C).
    Elsewhere,
    /// At the well-known URL, but without `revocation_endpoint`, which only the metadata of RFC 8414 have (Django OAuth
    /// Toolkit).
    RevocationElsewhere,
}

/// Merges members into a JSON object; `null` removes one.
pub(crate) fn lay_over(document: &mut Value, members: &Map<String, Value>) {
    let Some(document) = document.as_object_mut() else { return };
    for (name, value) in members {
        match value {
            Value::Null => drop(document.remove(name)),
            value => drop(document.insert(name.clone(), value.clone())),
        }
    }
}
