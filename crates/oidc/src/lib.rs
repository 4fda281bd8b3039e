//! The Relying Party of a native OpenID Connect client: discovery, the authorization request and its answer, tokens,
//! UserInfo, logout, and the provider's messages about the end of a session.
//!
//! The functions are stateless. Nothing here listens, opens a browser, writes a file or reads a clock: the caller passes
//! `now` where time is checked, and every request goes through one [`Http`].
//!
//! ```text
//! Provider::discover ─> (register) ─> RelyingParty::new ─> authorization_request ─> (browser) ─> Pending::receive
//!     ─> exchange ─> userinfo, refresh, introspect, revoke, logout_request
//!
//! narrow, exchange_token ─> access tokens for one purpose
//!
//! device_authorization ─> (another device) ─> device_token, as often as DevicePolling says
//!
//! StepUp::read ─> authorization_request         Claims::merged ─> ClaimsMapping::apply
//!
//! logout_token ─> ReplayGuard, LogoutToken::answers
//! poll_events  ─> security_event ─> SecurityEvent::conclusion
//! ```
//!
//! `openidconnect` builds the authorization request, reads keys and checks signatures. The content of signed statements is
//! checked here, in one way for ID tokens, logout tokens, security events and UserInfo: allowed algorithms, required claims,
//! trusted audiences, and what a refreshed ID token may change (OpenID Connect Core 1.0, sections 3.1.3.7 and 12.2). Also
//! checked here are `iss` in the answer (RFC 9207), duplicated JSON members, and the size, depth and duration of answers.
//! Claims that decide nothing are passed on unchanged.
//!
//! Token requests are written and read here instead of by `openidconnect`, for three reasons: each refusal has its own error
//! code, tokens never pass through types that are not wiped, and tokens of a loopback provider can be revoked.

/// Where a test may end the process. Empty without the feature `failpoints`.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        abide_failpoint::reached($name);
    };
}

mod authorization;
mod client;
mod error;
mod events;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod identity;
mod jose;
mod logout;
mod provider;
mod text;
mod tokens;
mod userinfo;

pub use authorization::bearer::BearerChallenge;
pub use authorization::challenge::{Challenge, ChallengeError, StepUp};
pub use authorization::parameters::AuthorizationParameters;
pub use authorization::request::{
    AuthorizationCode, AuthorizationRequest, AuthorizationResponse, CallbackError, Pending, SilentRefusal,
    StrayReason,
};
pub use authorization::session_state::SessionState;
pub use client::access::Access;
pub use client::assertion::ClientKey;
pub use client::deregistration::deregister;
pub use client::dpop::{Binding, DpopKey};
pub use client::registration::{
    ClientManagement, ClientMetadata, RegisteredClient, RegistrationFailure, register,
};
pub use client::relying_party::{
    AssertionAudience, ClientAuthentication, PushedRequests, Registration, RelyingParty,
};
pub use error::device::DeviceError;
pub use error::document::Document;
pub use error::dpop::DpopError;
pub use error::id_token::IdTokenError;
pub use error::kind::ErrorKind;
pub use error::logout_token::LogoutTokenError;
pub use error::oauth::OAuthError;
pub use error::pushed_request::PushedRequestError;
pub use error::registration::{RegisteredClientError, RegistrationProblem};
pub use error::security_event::SecurityEventError;
pub use error::userinfo::UserInfoError;
pub use error::{Endpoint, Error, Unreachable};
pub use events::poll::{PollAnswer, PollRequest};
pub use events::security_event::{Conclusion, EventKind, SecurityEvent};
pub use events::stream::{EventStream, StreamStatus, WantedStream};
pub use events::transmitter::Transmitter;
pub use http::ca_file::unreadable_certificates;
pub use http::proxy::{Proxy, ProxyAddress, ProxyAddressError};
#[cfg(feature = "scripted")]
#[doc(hidden)]
pub use http::scripted;
pub use http::stream::{StreamAnswer, StreamRequest};
pub use http::upstream::{Upstream, UpstreamBody, UpstreamRequest};
pub use http::{FormAnswer, Http, HttpOptions};
pub use identity::Identity;
pub use identity::claims::{Claims, ClaimsError, ClaimsMapping};
pub use jose::algorithm::SigningAlgorithm;
pub use jose::jwt::{CLOCK_SKEW, token_audiences};
pub use logout::replay::ReplayGuard;
pub use logout::request::{LogoutCallbackError, LogoutPending, LogoutRequest, is_logout_parameter};
pub use logout::token::{LogoutToken, MAX_LOGOUT_TOKEN_AGE, UnusableLogoutToken};
pub use provider::discovery::{DiscoveryOptions, Provider};
pub use provider::keys::KEY_REFETCH_INTERVAL;
pub use provider::protected_resource::{ProtectedResource, ProtectedResourceError};
pub use provider::tenants::IssuerTemplate;
pub use provider::webfinger::issuer_of_address;
pub use text::json::DocumentProblem;
pub use text::urls::{UrlProblem, is_client_metadata_document, is_loopback};
pub use tokens::device::{DeviceAuthorization, DeviceParameters, DevicePoll};
pub use tokens::device_polling::{DevicePolling, DeviceStep};
pub use tokens::exchange::{ExchangeRequest, IssuedToken, TokenTarget, TokenType};
pub use tokens::response::{GrantError, RefreshError, Tokens};
pub use tokens::revocation::{Introspection, TokenKind};
