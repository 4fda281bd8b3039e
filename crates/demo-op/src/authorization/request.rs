//! Authorization requests, validated (OpenID Connect Core 3.1.2.1 and 3.1.2.2, RFC 7636, RFC 8252).

use crate::authorization::response::Recipient;
use crate::config::FormPost;
use crate::crypto::secret;
use crate::http::Parameters;
use crate::state::provider::Provider;
use crate::state::purpose::{AuthorizationRequest, Prompt};
use crate::state::resource;

/// The prefix of a reference to a pushed request (RFC 9126 section 2.2).
pub(crate) const REFERENCE_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

const LONGEST_VALUE: usize = 2048;

/// A refused request, and who is informed.
pub(crate) enum Refusal {
    /// The person in front of the browser: a redirect to this client is not safe.
    Page(&'static str),
    /// The client.
    Redirect { recipient: Recipient, code: &'static str, description: &'static str },
}

/// Checks a request, pushed or not.
pub(crate) fn parse(provider: &Provider, asked: &Parameters) -> Result<AuthorizationRequest, Refusal> {
    let client_id = asked.named("client_id").ok_or(Refusal::Page("client_id is missing"))?;
    let client = provider.client(client_id).ok_or(Refusal::Page("the client is not registered here"))?;
    let redirect_uri = asked.named("redirect_uri").ok_or(Refusal::Page("redirect_uri is missing"))?;
    if !client.may_redirect_to(redirect_uri) {
        return Err(Refusal::Page("the redirect URI is not registered for this client"));
    }
    let state = asked.named("state").map(str::to_owned);
    let recipient = Recipient {
        client_id: client_id.to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        state: state.clone(),
        form_post: false,
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
    let form_post = match (asked.named("response_mode"), provider.quirks().form_post) {
        (None | Some("query"), _) => false,
        (Some("form_post"), FormPost::Offered) => true,
        (Some("form_post"), FormPost::Refused(code)) => {
            return Err(refusal(code, "this response_mode is not for this client"));
        }
        (Some(_), _) => return Err(invalid("the response mode is not known here")),
    };
    if asked.named("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method has to be S256"));
    }
    let code_challenge = asked.named("code_challenge").ok_or_else(|| invalid("code_challenge is missing"))?;
    if secret::decode(code_challenge).is_none_or(|bytes| bytes.len() != 32) {
        return Err(invalid("code_challenge is not a SHA-256 digest in base64url"));
    }
    let asked_scope = asked.named("scope").unwrap_or_default();
    let openid = asked_scope.split(' ').any(|scope| scope == "openid");
    if provider.quirks().without_openid {
        if openid || asked.named("nonce").is_some() || asked.named("prompt").is_some() {
            return Err(invalid("there is no OpenID Connect here"));
        }
    } else if !openid {
        return Err(refusal("invalid_scope", "the scope openid is missing"));
    }
    let known_scope = provider
        .known_scopes(asked_scope)
        .ok_or_else(|| refusal("invalid_scope", "a scope is not known here"))?;
    let (prompt, max_age) = times(asked).map_err(invalid)?;
    let resource = resource::resources(asked.named("resource"))
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
        form_post,
        nonce: asked.named("nonce").map(str::to_owned),
        scope: known_scope,
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
    // Zero means "now". Otherwise a sign-in earlier in the same second would be enough.
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
