//! The Relying Party: discovery, the authorization request and its answer, tokens, UserInfo, logout, and what the
//! provider says about the end of a session, for a native OpenID Connect client.
//!
//! The functions are stateless. Nothing here listens, opens a browser, writes a file or reads a clock: the caller
//! passes `now` wherever time is judged, and every byte that travels goes through one [`Http`].
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
//! `openidconnect` builds the authorization request and verifies signatures and the core claims of the ID token.
//! Around it this crate is strict: which algorithm is allowed, which claims must be there, which audiences are trusted,
//! what a refreshed ID token may change (OpenID Connect Core 1.0, sections 3.1.3.7 and 12.2), `iss` in the answer
//! (RFC 9207), duplicated JSON members, and how large, deep or slow an answer may be. Of logout tokens and security
//! events it checks everything itself, and asks `openidconnect` only whether a signature is a key's.
//!
//! Token requests are written and read here and not by `openidconnect`, for three reasons: each refusal has an error
//! code of its own, tokens never pass through types that outlive them unwiped, and a loopback provider can be revoked
//! at.

/// Where a test may end the process; nothing at all without the feature `failpoints`.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        abide_failpoint::reached($name);
    };
}

mod authorization;
mod challenge;
mod claims;
mod client_assertion;
mod deregistration;
mod device;
mod device_polling;
mod discovery;
mod dpop;
mod error;
mod exchange;
mod form;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod id_token;
mod identity;
mod json;
mod jwt;
mod keys;
mod logout;
mod logout_request;
mod logout_token;
mod oauth_error;
mod par;
mod parameters;
mod poll;
mod proxy;
mod registration;
mod relying_party;
mod replay;
mod security_event;
mod session_state;
mod signed;
mod subject_id;
mod tenants;
mod text;
mod tokens;
mod urls;
mod userinfo;
mod userinfo_jwt;

pub use authorization::{
    AuthorizationCode, AuthorizationParameters, AuthorizationRequest, AuthorizationResponse, CallbackError,
    Pending, SilentRefusal, StrayReason,
};
pub use challenge::{Challenge, ChallengeError, StepUp};
pub use claims::{ClaimsError, ClaimsMapping};
pub use client_assertion::ClientKey;
pub use deregistration::deregister;
pub use device::{DeviceAuthorization, DeviceError, DeviceParameters, DevicePoll};
pub use device_polling::{DevicePolling, DeviceStep};
pub use discovery::Provider;
pub use dpop::{Binding, DpopError, DpopKey};
pub use error::{Document, DocumentProblem, Endpoint, Error, RegistrationProblem, Unreachable};
pub use exchange::{ExchangeRequest, IssuedToken, TokenTarget, TokenType};
pub use http::{Http, HttpOptions};
pub use id_token::IdTokenError;
pub use identity::Identity;
pub use jwt::CLOCK_SKEW;
pub use keys::{KEY_REFETCH_INTERVAL, SigningAlgorithm};
pub use logout::{Introspection, TokenKind};
pub use logout_request::{LogoutCallbackError, LogoutPending, LogoutRequest, is_logout_parameter};
pub use logout_token::{LogoutToken, LogoutTokenError, MAX_LOGOUT_TOKEN_AGE};
pub use oauth_error::OAuthError;
pub use par::PushedRequestError;
pub use poll::{PollAnswer, PollRequest};
pub use proxy::{Proxy, ProxyAddress, ProxyAddressError};
pub use registration::{ClientMetadata, RegisteredClient, RegisteredClientError, register};
pub use relying_party::{AssertionAudience, ClientAuthentication, Registration, RelyingParty};
pub use replay::ReplayGuard;
pub use security_event::{Conclusion, EventKind, SecurityEvent, SecurityEventError};
pub use session_state::SessionState;
pub use tenants::IssuerTemplate;
pub use tokens::{RefreshError, Tokens};
pub use urls::{UrlProblem, is_loopback};
pub use userinfo::Claims;
pub use userinfo_jwt::UserInfoError;
