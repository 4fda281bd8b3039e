//! The authorization request and its answer: OpenID Connect Core 1.0, sections 3.1.2.1 to 3.1.2.7; RFC 7636; RFC 9207.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use openidconnect::core::{CoreAuthPrompt, CoreClient, CoreResponseType};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, AuthenticationFlow, ClientId, CsrfToken, IssuerUrl, JsonWebKeySet,
    LanguageTag, LoginHint, Nonce, PkceCodeChallenge, RedirectUrl, Scope,
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::{Url, form_urlencoded};

use crate::authorization::demands::Demands;
use crate::authorization::parameters::AuthorizationParameters;
use crate::authorization::session_state::SessionState;
use crate::client::relying_party::RelyingParty;
use crate::error::kind::ErrorKind;
use crate::error::oauth::OAuthError;
use crate::error::{Error, invalid};
use crate::http::refused;
use crate::provider::tenants::IssuerTemplate;
use crate::text::urls;

/// 256 bits for `state` and `nonce`; at least 128 are required.
pub(crate) const RANDOM_BYTES: u32 = 32;
const MAX_QUERY: usize = 16 * 1024;

/// An authorization request that is ready for the browser.
pub struct AuthorizationRequest {
    /// To open in the browser. It contains `state` and `nonce`: not for a log.
    pub url: Url,
    /// What the answer is checked against.
    pub pending: Pending,
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationRequest").field("host", &urls::host(&self.url)).finish_non_exhaustive()
    }
}

/// An authorization request that waits for its answer. Used once.
pub struct Pending {
    state: SecretString,
    nonce: SecretString,
    code_verifier: SecretString,
    redirect_uri: Url,
    scope: String,
    demands: Demands,
    resource: Option<String>,
    opens_within: Option<Duration>,
    issuer: String,
    issuer_promised: bool,
    /// The issuers that may answer instead of `issuer`, and the one that did.
    tenants: Option<IssuerTemplate>,
    answered_by: OnceLock<String>,
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// An authorization code that belongs to a [`Pending`]. It does not print.
pub struct AuthorizationCode(SecretString);

impl AuthorizationCode {
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for AuthorizationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthorizationCode")
    }
}

/// What the provider answered.
#[derive(Debug)]
pub struct AuthorizationResponse {
    /// To redeem with [`RelyingParty::exchange`].
    pub code: AuthorizationCode,
    /// For watching the provider's session in the browser (Session Management 1.0, section 2). `None` if the provider
    /// sent none or one that cannot be used.
    pub session_state: Option<SessionState>,
}

/// Why a request to the redirect URI gives no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallbackError {
    /// Not the answer to this request: it gets a 4xx, and the request stays pending.
    #[error("This page does not belong to the sign-in in progress.")]
    Stray(StrayReason),
    /// The provider said no. The request is over.
    #[error("The provider refused: {error}{}.", crate::error::described(.description))]
    Refused {
        /// The code.
        error: OAuthError,
        /// The provider's own words: one line, at most 200 characters.
        description: Option<String>,
    },
    /// `iss` names another provider (RFC 9207, section 2.4). The request is over.
    #[error("The answer came from a different provider.")]
    IssuerMismatch,
    /// No `iss`, although the provider promises one (RFC 9207, section 2.4). The request is over.
    #[error("The answer does not say which provider it came from.")]
    IssuerMissing,
    /// The right `state`, but neither a usable code nor an error, or both. The request is over.
    #[error("The provider's answer is incomplete.")]
    Malformed,
}

/// The meaning of a refused silent request (OpenID Connect Core 1.0, section 3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentRefusal {
    /// `login_required`: the provider sees no sign-in in this browser. A browser that hides the provider's cookie from an
    /// embedded page gives the same answer.
    LoginRequired,
    /// There is or may be a sign-in, but the provider has to ask the person something: `interaction_required`,
    /// `consent_required` or `account_selection_required`.
    InteractionNeeded,
}

/// Why a callback is stray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StrayReason {
    /// No `state`.
    StateMissing,
    /// Another `state`.
    StateUnknown,
    /// A parameter is there twice (RFC 6749, section 3.1).
    DuplicateParameter,
    /// More than 16 KiB.
    TooLong,
}

impl CallbackError {
    /// A stable name, in snake case. A refusal keeps the provider's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stray(StrayReason::StateMissing) => "callback_state_missing",
            Self::Stray(StrayReason::StateUnknown) => "callback_state_unknown",
            Self::Stray(StrayReason::DuplicateParameter) => "callback_duplicate_parameter",
            Self::Stray(StrayReason::TooLong) => "callback_too_long",
            Self::Refused { error, .. } => error.code(),
            Self::IssuerMismatch => "callback_issuer_mismatch",
            Self::IssuerMissing => "callback_issuer_missing",
            Self::Malformed => "callback_malformed",
        }
    }

    /// What the refusal of a silent request (`prompt=none`) means for the person's sign-in; `None` if it means nothing.
    pub fn silent_refusal(&self) -> Option<SilentRefusal> {
        let Self::Refused { error, .. } = self else { return None };
        match error {
            OAuthError::LoginRequired => Some(SilentRefusal::LoginRequired),
            OAuthError::InteractionRequired
            | OAuthError::ConsentRequired
            | OAuthError::AccountSelectionRequired => Some(SilentRefusal::InteractionNeeded),
            _ => None,
        }
    }

    /// What has to change before the same request can succeed.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { error, .. } => error.kind(),
            Self::Stray(_) | Self::IssuerMismatch | Self::IssuerMissing | Self::Malformed => {
                ErrorKind::UnusableAnswer
            }
        }
    }

    /// True if the request stays pending.
    pub fn is_stray(&self) -> bool {
        matches!(self, Self::Stray(_))
    }
}

impl RelyingParty {
    /// An authorization code request with PKCE (S256), and with `state` and `nonce` of 256 random bits each.
    ///
    /// `redirect_uri` is the one that a socket is open for. Fails with `parameter_invalid`, and with
    /// `pushed_authorization_required` if the provider takes only pushed requests ([`Self::start_authorization`]).
    pub fn authorization_request(
        &self,
        redirect_uri: &Url,
        parameters: &AuthorizationParameters,
    ) -> Result<AuthorizationRequest, Error> {
        if self.provider().requires_pushed_authorization() {
            return Err(Error::PushedAuthorizationRequired);
        }
        self.compose(redirect_uri, parameters)
    }

    pub(crate) fn compose(
        &self,
        redirect_uri: &Url,
        parameters: &AuthorizationParameters,
    ) -> Result<AuthorizationRequest, Error> {
        if redirect_uri.fragment().is_some() {
            return Err(invalid("redirect_uri"));
        }
        parameters.check()?;
        let provider = self.provider();
        let issuer = IssuerUrl::new(provider.issuer().to_owned()).map_err(|_| invalid("issuer"))?;
        let client_id = ClientId::new(self.registration().client_id.clone());
        // `scopes` has `openid`.
        let client = CoreClient::new(client_id, issuer, JsonWebKeySet::default())
            .set_auth_uri(AuthUrl::from_url(provider.authorization_endpoint().clone()))
            .disable_openid_scope();
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let scopes = scopes(parameters, provider.is_openid());
        let mut request = client
            .authorize_url(
                AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                || CsrfToken::new_random_len(RANDOM_BYTES),
                || Nonce::new_random_len(RANDOM_BYTES),
            )
            .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(redirect_uri.clone())))
            .set_pkce_challenge(challenge)
            .add_scopes(scopes.iter().map(|scope| Scope::new((*scope).to_owned())));
        for prompt in &parameters.prompt {
            request = request.add_prompt(CoreAuthPrompt::Extension(prompt.clone()));
        }
        for class in &parameters.acr_values {
            request = request.add_auth_context_value(AuthenticationContextClass::new(class.clone()));
        }
        for locale in &parameters.ui_locales {
            request = request.add_ui_locale(LanguageTag::new(locale.clone()));
        }
        if let Some(hint) = &parameters.login_hint {
            request = request.set_login_hint(LoginHint::new(hint.clone()));
        }
        if let Some(max_age) = parameters.max_age {
            request = request.set_max_age(max_age);
        }
        if let Some(hint) = &parameters.id_token_hint {
            request = request.add_extra_param("id_token_hint", hint.expose_secret());
        }
        if let Some(display) = &parameters.display {
            request = request.add_extra_param("display", display.as_str());
        }
        if parameters.form_post {
            request = request.add_extra_param("response_mode", "form_post");
        }
        for resource in &parameters.resources {
            request = request.add_extra_param("resource", resource.as_str());
        }
        if let Some(audience) = &parameters.audience {
            request = request.add_extra_param("audience", audience.as_str());
        }
        if let Some(claims) = &parameters.claims {
            let claims = serde_json::to_string(claims).map_err(|_| invalid("claims"))?;
            request = request.add_extra_param("claims", claims);
        }
        if let Some(dpop) = self.dpop() {
            // So that a stolen code cannot be redeemed for a token that is bound to another key (RFC 9449, section 10).
            request = request.add_extra_param("dpop_jkt", dpop.key().thumbprint());
        }
        for (name, value) in &parameters.extra {
            request = request.add_extra_param(name.as_str(), value.as_str());
        }
        let (mut url, state, nonce) = request.url();
        if !provider.is_openid() {
            remove_nonce(&mut url, provider.authorization_endpoint());
        }
        let pending = Pending {
            state: state.into_secret().into(),
            nonce: nonce.secret().as_str().into(),
            code_verifier: verifier.into_secret().into(),
            redirect_uri: redirect_uri.clone(),
            scope: scopes.join(" "),
            demands: Demands::of(parameters),
            resource: parameters.resources.first().cloned(),
            opens_within: None,
            issuer: provider.issuer().to_owned(),
            issuer_promised: provider.metadata().authorization_response_iss_parameter_supported,
            tenants: provider.tenants().cloned(),
            answered_by: OnceLock::new(),
        };
        Ok(AuthorizationRequest { url, pending })
    }
}

/// Without OpenID Connect no answer has a `nonce`, and some servers refuse parameters that they do not know. What belongs to the
/// endpoint's own address stays.
fn remove_nonce(url: &mut Url, endpoint: &Url) {
    let own = endpoint.query_pairs().count();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .enumerate()
        .filter(|(index, (name, _))| *index < own || name != "nonce")
        .map(|(_, (name, value))| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
}

fn scopes(parameters: &AuthorizationParameters, openid: bool) -> Vec<&str> {
    let mut scopes: Vec<&str> = openid.then_some("openid").into_iter().collect();
    for scope in &parameters.scopes {
        if !scopes.contains(&scope.as_str()) {
            scopes.push(scope);
        }
    }
    scopes
}

impl Pending {
    /// The redirect URI of the request.
    pub fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// How long after it was made the URL can be opened, in seconds, at most a day; `None` if it does not expire by itself
    /// (RFC 9126, section 2.2).
    pub fn opens_within(&self) -> Option<Duration> {
        self.opens_within
    }

    pub(crate) fn opened_within(self, limit: Duration) -> Self {
        Self { opens_within: Some(limit), ..self }
    }

    pub(crate) fn nonce(&self) -> &SecretString {
        &self.nonce
    }

    pub(crate) fn code_verifier(&self) -> &SecretString {
        &self.code_verifier
    }

    pub(crate) fn scope(&self) -> &str {
        &self.scope
    }

    pub(crate) fn demands(&self) -> &Demands {
        &self.demands
    }

    /// Whether the answer came from this issuer, if it names one.
    pub(crate) fn was_answered_by(&self, issuer: &str) -> bool {
        self.answered_by.get().is_none_or(|answered| answered == issuer)
    }

    /// Which of the resources the first access token is for.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Reads the query (or the form body) of a request to the redirect URI.
    ///
    /// Checks first whether it answers this request at all, then who sent it (RFC 9207), then its content. A request without
    /// the right `state` is stray, so that other programs and pages cannot end a sign-in.
    pub fn receive(&self, query: &str) -> Result<AuthorizationResponse, CallbackError> {
        let answer = parameters_of(query, &self.state).map_err(CallbackError::Stray)?;
        match (answer.get("iss"), &self.tenants) {
            (Some(issuer), None) if *issuer != self.issuer => return Err(CallbackError::IssuerMismatch),
            (Some(issuer), Some(tenants)) if !tenants.fits(issuer) => {
                return Err(CallbackError::IssuerMismatch);
            }
            (Some(issuer), Some(_)) if self.answered_by.get_or_init(|| issuer.to_string()) != issuer => {
                return Err(CallbackError::IssuerMismatch);
            }
            // An error has nothing that could be sent to another issuer, and `state` shows whose answer it is.
            (None, _) if self.issuer_promised && !answer.contains_key("error") => {
                return Err(CallbackError::IssuerMissing);
            }
            _ => {}
        }
        match (answer.get("code"), answer.get("error")) {
            (None, Some(error)) => {
                let words = answer.get("error_description").map(|words| &**words);
                Err(match refused(error, words, std::iter::once(self.state.expose_secret())) {
                    Error::Refused { error, description, .. } => {
                        CallbackError::Refused { error, description }
                    }
                    _ => CallbackError::Malformed,
                })
            }
            (Some(code), None) if !code.is_empty() && code.bytes().all(|b| matches!(b, 0x20..=0x7e)) => {
                let session_state = answer.get("session_state").and_then(|text| SessionState::new(&**text));
                Ok(AuthorizationResponse { code: AuthorizationCode(code.as_ref().into()), session_state })
            }
            _ => Err(CallbackError::Malformed),
        }
    }
}

/// The parameters of a request from the browser, if it has the right `state`.
pub(crate) fn parameters_of<'a>(
    query: &'a str,
    state: &SecretString,
) -> Result<HashMap<Cow<'a, str>, Cow<'a, str>>, StrayReason> {
    if query.len() > MAX_QUERY {
        return Err(StrayReason::TooLong);
    }
    let mut parameters = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if parameters.insert(name, value).is_some() {
            return Err(StrayReason::DuplicateParameter);
        }
    }
    let found: &Cow<'_, str> = parameters.get("state").ok_or(StrayReason::StateMissing)?;
    if bool::from(found.as_bytes().ct_eq(state.expose_secret().as_bytes())) {
        Ok(parameters)
    } else {
        Err(StrayReason::StateUnknown)
    }
}
