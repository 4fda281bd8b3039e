//! Signing out at the provider: OpenID Connect RP-Initiated Logout 1.0.

use std::fmt;

use openidconnect::CsrfToken;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::authorization::request::{RANDOM_BYTES, StrayReason, parameters_of};
use crate::client::relying_party::RelyingParty;
use crate::error::{Endpoint, Error, invalid};
use crate::text::{is_word, urls};

/// Parameters that this crate sets itself. `logout_hint` and `ui_locales` are not among them.
const RESERVED: [&str; 5] =
    ["client_id", "client_secret", "id_token_hint", "post_logout_redirect_uri", "state"];

/// In bytes. Web servers end a request line at 8,192; a person in many groups has a longer ID token. The hint is only recommended
/// (section 2), and `client_id` names the client.
const LONGEST_HINT: usize = 6_000;

/// A request to end the provider's own session, ready for the browser.
pub struct LogoutRequest {
    /// To open in the browser. It may contain the ID token, which names the person, and `state`: not for a log.
    pub url: Url,
    /// What the browser's return is checked against; `None` without a redirect URI.
    pub pending: Option<LogoutPending>,
}

impl fmt::Debug for LogoutRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest").field("host", &urls::host(&self.url)).finish_non_exhaustive()
    }
}

/// A sign-out that waits for the browser to come back. Used once.
pub struct LogoutPending {
    state: SecretString,
}

impl fmt::Debug for LogoutPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogoutPending")
    }
}

/// A request to the post-logout redirect URI that is not the return from this sign-out. It gets a 4xx, and the sign-out
/// stays pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This page does not belong to the sign-out in progress.")]
pub struct LogoutCallbackError(pub StrayReason);

impl LogoutCallbackError {
    /// A stable name, in snake case.
    pub fn code(&self) -> &'static str {
        match self.0 {
            StrayReason::StateMissing => "logout_callback_state_missing",
            StrayReason::StateUnknown => "logout_callback_state_unknown",
            StrayReason::DuplicateParameter => "logout_callback_duplicate_parameter",
            StrayReason::TooLong => "logout_callback_too_long",
        }
    }
}

impl LogoutPending {
    /// Reads the query of a request to the post-logout redirect URI (section 3).
    ///
    /// The browser's return shows only that the provider has seen the request. A person who was asked there whether to sign
    /// out may have answered no.
    pub fn receive(&self, query: &str) -> Result<(), LogoutCallbackError> {
        parameters_of(query, &self.state).map(|_| ()).map_err(LogoutCallbackError)
    }
}

impl RelyingParty {
    /// A request to end the provider's own session (section 2), with `state` of 256 random bits if there is a redirect
    /// URI.
    ///
    /// `extra` holds parameters of this provider, for example to end a federated session. Fails with `endpoint_missing` if
    /// the provider has no sign-out page, with `endpoint_insecure` or `endpoint_invalid` if the one that it names cannot be
    /// used, and with `parameter_invalid`.
    pub fn logout_request(
        &self,
        id_token_hint: Option<&SecretString>,
        post_logout_redirect_uri: Option<&Url>,
        extra: &[(String, String)],
    ) -> Result<LogoutRequest, Error> {
        let missing = Error::EndpointMissing { endpoint: Endpoint::EndSession };
        let endpoint = self
            .provider()
            .end_session_endpoint()
            .ok_or_else(|| self.provider().end_session_problem().unwrap_or(missing))?;
        check(post_logout_redirect_uri, extra)?;
        let mut url = endpoint.clone();
        let mut query = url.query_pairs_mut();
        if let Some(hint) = id_token_hint.filter(|hint| hint.expose_secret().len() <= LONGEST_HINT) {
            query.append_pair("id_token_hint", hint.expose_secret());
        }
        query.append_pair("client_id", &self.registration().client_id);
        let pending = post_logout_redirect_uri.map(|redirect| {
            let state: SecretString = CsrfToken::new_random_len(RANDOM_BYTES).into_secret().into();
            query.append_pair("post_logout_redirect_uri", redirect.as_str());
            query.append_pair("state", state.expose_secret());
            LogoutPending { state }
        });
        query.extend_pairs(extra);
        drop(query);
        Ok(LogoutRequest { url, pending })
    }
}

/// True if a sign-out request can carry an additional parameter of this name: printable, and not one that is set here
/// (section 2).
pub fn is_logout_parameter(name: &str) -> bool {
    is_word(name) && !RESERVED.contains(&name)
}

fn check(redirect: Option<&Url>, extra: &[(String, String)]) -> Result<(), Error> {
    if redirect.is_some_and(|redirect| redirect.fragment().is_some()) {
        return Err(invalid("post_logout_redirect_uri"));
    }
    for (position, (name, _)) in extra.iter().enumerate() {
        let repeated = extra[..position].iter().any(|(earlier, _)| earlier == name);
        if !is_logout_parameter(name) || repeated {
            return Err(invalid(name));
        }
    }
    Ok(())
}
