//! The authorization endpoint (OpenID Connect Core 3.1.2, RFC 7636, RFC 8252, RFC 9207).

use std::sync::Arc;

use axum::http::StatusCode;
use url::form_urlencoded;

use crate::pages;
use crate::par;
use crate::parameters::Parameters;
use crate::provider::{Failure, Provider};
use crate::reply::Reply;
use crate::secret;
use crate::server::Asked;
use crate::session_state::BrowserState;
use crate::store::{AuthorizationRequest, Prompt, Purpose, Session};
use crate::transaction;
use crate::users::User;
use crate::wishes;

/// The scopes that mean something here; others are ignored, as OpenID Connect Core 3.1.2.1 asks.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", "offline_access"];

const LONGEST_VALUE: usize = 2048;

/// Why a request is refused, and who learns of it.
pub(crate) enum Refusal {
    /// The person in front of the browser: the client cannot be trusted with a redirect.
    Page(&'static str),
    /// The client.
    Redirect { recipient: Recipient, code: &'static str, description: &'static str },
}

/// Where an authorization response goes.
#[derive(Clone)]
pub(crate) struct Recipient {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
}

impl From<&AuthorizationRequest> for Recipient {
    fn from(request: &AuthorizationRequest) -> Recipient {
        Recipient {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            state: request.state.clone(),
        }
    }
}

/// What has to happen before a code can be issued.
pub(crate) enum Step {
    SignIn,
    Ask(Session),
    Issue(Session),
    LoginRequired,
}

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
    let browser = transaction::browser_state(provider, asked);
    let reply = answer(provider, asked, &browser)?;
    // A session may have ended while the browser was not there to be told.
    reply.with_cookie(transaction::correct_state(provider, asked, &browser))
}

fn answer(provider: &Arc<Provider>, asked: &Asked, browser: &BrowserState) -> Result<Reply, Failure> {
    let request = match requested(provider, asked) {
        Ok(request) => request,
        Err(Refusal::Page(why)) => {
            let page = pages::invalid_request(provider, why);
            return Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", page);
        }
        Err(Refusal::Redirect { recipient, code, description }) => {
            return refuse(provider, &recipient, browser, code, description);
        }
    };
    match next_step(&request, transaction::session(provider, asked), provider.now()) {
        Step::Issue(session) => issue(provider, request, session, browser),
        Step::LoginRequired => {
            let why = "nobody fitting is signed in";
            refuse(provider, &Recipient::from(&request), browser, "login_required", why)
        }
        Step::SignIn => {
            let (ticket, cookie) = transaction::begin(provider, asked, Purpose::Authorize(request.clone()))?;
            Reply::page(pages::sign_in(provider, &request, &ticket, None))?.with_cookie(cookie)
        }
        Step::Ask(session) => {
            let (ticket, cookie) = transaction::begin(provider, asked, Purpose::Authorize(request.clone()))?;
            Reply::page(pages::ask(provider, &request, &ticket, session.user))?.with_cookie(cookie)
        }
    }
}

/// Decides from the session of the browser and the wishes of the client.
pub(crate) fn next_step(request: &AuthorizationRequest, session: Option<Session>, now: u64) -> Step {
    let fitting = session.filter(|session| {
        let limits = [request.max_age, wishes::age_for(request.acr_values.as_deref())];
        let age = now.saturating_sub(session.auth_time);
        let fresh = limits.into_iter().flatten().all(|limit| age <= limit);
        let subject = request.hinted_subject.as_deref().is_none_or(|subject| subject == session.user.subject);
        let hinted = request.login_hint.as_deref().and_then(User::known_as);
        fresh && subject && hinted.is_none_or(|user| user.subject == session.user.subject)
    });
    match (request.prompt, fitting) {
        (Prompt::None, None) => Step::LoginRequired,
        (Prompt::Login, _) | (_, None) => Step::SignIn,
        (Prompt::Ask, Some(session)) => Step::Ask(session),
        (Prompt::None | Prompt::AsNeeded, Some(session)) => Step::Issue(session),
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
    Reply::redirect(&recipient.response(provider, browser, [("code", code.as_str())])?)
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
    Ok(Reply::redirect(&recipient.response(provider, browser, parameters)?)?.with_error(code))
}

impl Recipient {
    /// The redirect URI with these parameters, and with those that every response has.
    fn response<const N: usize>(
        &self,
        provider: &Provider,
        browser: &BrowserState,
        parameters: [(&str, &str); N],
    ) -> Result<String, Failure> {
        let session_state = match provider.has_session_management() {
            true => browser.session_state(&self.client_id, &self.redirect_uri)?,
            false => None,
        };
        let always = [
            ("state", self.state.as_deref()),
            ("iss", Some(provider.issuer())),
            ("session_state", session_state.as_deref()),
        ];
        let parameters = parameters.map(|(name, value)| (name, Some(value)));
        Ok(with_parameters(&self.redirect_uri, parameters.into_iter().chain(always)))
    }
}

/// Adds parameters to the query of a URI and leaves the rest of it as it was registered.
pub(crate) fn with_parameters<'a>(
    uri: &str,
    parameters: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    match (query.is_empty(), uri.contains('?')) {
        (true, _) => uri.to_owned(),
        (false, true) => format!("{uri}&{query}"),
        (false, false) => format!("{uri}?{query}"),
    }
}

/// What was pushed before, or what the browser says itself.
fn requested(provider: &Provider, asked: &Asked) -> Result<AuthorizationRequest, Refusal> {
    let reference = asked.named("request_uri").and_then(|uri| uri.strip_prefix(par::PREFIX));
    let Some(reference) = reference else {
        let request = parse(provider, &asked.parameters)?;
        return match provider.requires_pushed_authorization() {
            false => Ok(request),
            true => Err(Refusal::Redirect {
                recipient: Recipient::from(&request),
                code: "invalid_request",
                description: "authorization requests have to be pushed",
            }),
        };
    };
    let pushed = provider.store().take_pushed(reference, provider.now());
    // What else is in the address does not count (RFC 9126 section 4), but the client has to be the same.
    let pushed = pushed.filter(|pushed| pushed.named("client_id") == asked.named("client_id"));
    parse(provider, &pushed.ok_or(Refusal::Page("the request was not pushed here, or is used or too old"))?)
}

/// Checks a request, wherever it comes from.
pub(crate) fn parse(provider: &Provider, asked: &Parameters) -> Result<AuthorizationRequest, Refusal> {
    let client_id =
        asked.named("client_id").ok_or(Refusal::Page("the request does not say which client it is from"))?;
    let client = provider.client(client_id).ok_or(Refusal::Page("the client is not registered here"))?;
    let redirect_uri = asked
        .named("redirect_uri")
        .ok_or(Refusal::Page("the request does not say where to go afterwards"))?;
    if !client.may_redirect_to(redirect_uri) {
        return Err(Refusal::Page("the redirect URI is not registered for this client"));
    }
    let state = asked.named("state").map(str::to_owned);
    let recipient = Recipient {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: state.clone(),
    };
    let refusal = |code, description| Refusal::Redirect { recipient: recipient.clone(), code, description };
    let invalid = |description| refusal("invalid_request", description);

    if asked.iter().any(|(name, value)| name != "id_token_hint" && value.len() > LONGEST_VALUE) {
        return Err(Refusal::Page("a parameter is too long"));
    }
    if asked.named("request").is_some() {
        return Err(refusal("request_not_supported", "request objects are not supported"));
    }
    if asked.named("request_uri").is_some() {
        return Err(refusal("request_uri_not_supported", "request objects are not supported"));
    }
    match asked.named("response_type") {
        Some("code") => {}
        Some(_) => return Err(refusal("unsupported_response_type", "the response type is not code")),
        None => return Err(invalid("response_type is missing")),
    }
    if asked.named("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid("the response mode is not query"));
    }
    if asked.named("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method has to be S256"));
    }
    let code_challenge = asked.named("code_challenge").ok_or_else(|| invalid("code_challenge is missing"))?;
    if secret::decode(code_challenge).is_none_or(|bytes| bytes.len() != 32) {
        return Err(invalid("code_challenge is not a SHA-256 digest in base64url"));
    }
    let asked_scope = asked.named("scope").unwrap_or_default();
    if !asked_scope.split(' ').any(|scope| scope == "openid") {
        return Err(refusal("invalid_scope", "the scope openid is missing"));
    }
    let known_scope = SCOPES.into_iter().filter(|known| asked_scope.split(' ').any(|scope| scope == *known));
    let (prompt, max_age) = times(asked).map_err(invalid)?;
    let resource = wishes::resources(asked.named("resource"))
        .ok_or_else(|| refusal("invalid_target", "a resource is not an absolute URI without fragment"))?;
    let hinted_subject = match asked.named("id_token_hint") {
        None => None,
        Some(hint) => {
            Some(subject_of(provider, hint).ok_or_else(|| invalid("id_token_hint is not from here"))?)
        }
    };
    Ok(AuthorizationRequest {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: state.clone(),
        nonce: asked.named("nonce").map(str::to_owned),
        scope: known_scope.map(str::to_owned).collect(),
        code_challenge: code_challenge.to_owned(),
        prompt,
        max_age,
        login_hint: asked.named("login_hint").map(str::to_owned),
        acr_values: asked.named("acr_values").map(str::to_owned),
        resource,
        dpop_jkt: asked.named("dpop_jkt").map(str::to_owned),
        hinted_subject,
    })
}

fn times(asked: &Parameters) -> Result<(Prompt, Option<u64>), &'static str> {
    let values: Vec<&str> =
        asked.named("prompt").unwrap_or_default().split(' ').filter(|v| !v.is_empty()).collect();
    if values.iter().any(|value| !["none", "login", "consent", "select_account"].contains(value)) {
        return Err("a value of prompt is not known");
    }
    let prompt = match values.as_slice() {
        [] => Prompt::AsNeeded,
        ["none"] => Prompt::None,
        several if several.contains(&"none") => return Err("prompt cannot be none and something else"),
        several if several.contains(&"login") => Prompt::Login,
        _ => Prompt::Ask,
    };
    let max_age = asked
        .named("max_age")
        .map(str::parse)
        .transpose()
        .map_err(|_| "max_age is not a number of seconds")?;
    // Zero means "now": within the second of an earlier sign-in, it would otherwise be met.
    match (prompt, max_age) {
        (Prompt::AsNeeded | Prompt::Ask, Some(0)) => Ok((Prompt::Login, max_age)),
        _ => Ok((prompt, max_age)),
    }
}

fn subject_of(provider: &Provider, id_token: &str) -> Option<String> {
    let claims = provider.keys().verify(id_token)?;
    (claims.get("iss")?.as_str()? == provider.issuer()).then_some(())?;
    Some(claims.get("sub")?.as_str()?.to_owned())
}
