//! Authorization responses (OpenID Connect Core 3.1.2.5 and 3.1.2.6, RFC 9207; Form Post Response Mode).

use crate::crypto::secret;
use crate::http::parameters::with_parameters;
use crate::http::{Failure, Reply};
use crate::pages;
use crate::state::provider::Provider;
use crate::state::purpose::AuthorizationRequest;
use crate::state::session_state::BrowserState;
use crate::state::store::Session;

/// Where an authorization response goes.
#[derive(Clone)]
pub(crate) struct Recipient {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    /// It gets a form.
    pub(crate) form_post: bool,
}

impl From<&AuthorizationRequest> for Recipient {
    fn from(request: &AuthorizationRequest) -> Recipient {
        Recipient {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
            form_post: request.form_post,
        }
    }
}

/// The authorization response with a code.
pub(crate) fn issue(
    provider: &Provider,
    request: AuthorizationRequest,
    session: Session,
    browser: &BrowserState,
) -> Result<Reply, Failure> {
    let code = secret::random_text()?;
    let recipient = Recipient::from(&request);
    provider.store().issue_code(&code, request, session, provider.now());
    recipient.response(provider, browser, [("code", code.as_str())], true)
}

/// The authorization response with an error.
pub(crate) fn refuse(
    provider: &Provider,
    recipient: &Recipient,
    browser: &BrowserState,
    code: &'static str,
    description: &'static str,
) -> Result<Reply, Failure> {
    let parameters = [("error", code), ("error_description", description)];
    let named = !provider.quirks().errors_without_iss;
    Ok(recipient.response(provider, browser, parameters, named)?.with_error(code))
}

impl Recipient {
    /// The answer with these parameters and those of every response. `names_issuer`: with `iss` (RFC 9207).
    fn response<const N: usize>(
        &self,
        provider: &Provider,
        browser: &BrowserState,
        parameters: [(&str, &str); N],
        names_issuer: bool,
    ) -> Result<Reply, Failure> {
        let session_state = match provider.has_session_management() {
            true => browser.session_state(&self.client_id, &self.redirect_uri)?,
            false => None,
        };
        let always = [
            ("state", self.state.as_deref()),
            ("iss", names_issuer.then_some(provider.issuer())),
            ("session_state", session_state.as_deref()),
        ];
        let parameters = parameters.map(|(name, value)| (name, Some(value))).into_iter().chain(always);
        if self.form_post {
            let fields = parameters.filter_map(|(name, value)| Some((name, value?)));
            return Reply::page(pages::answer(&self.redirect_uri, fields));
        }
        Reply::redirect(&with_parameters(&self.redirect_uri, parameters))
    }
}
