//! The parameters of an authorization request, and how the answer is checked against them: OpenID Connect Core 1.0, sections
//! 3.1.2.1 and 5.5; RFC 8707.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use url::Url;

use crate::error::{Error, invalid};
use crate::text::{is_scope, is_word};

/// The longest text that can be configured for a parameter. Browsers cut off longer URLs.
const MAX_VALUE: usize = 2048;
/// `claims` is JSON and grows faster.
const MAX_CLAIMS: usize = 4096;
const MAX_RESOURCES: usize = 16;
const DISPLAYS: [&str; 4] = ["page", "popup", "touch", "wap"];

/// Parameters that this crate sets itself, or that would change what the request means.
const RESERVED: [&str; 27] = [
    "acr_values",
    "audience",
    "claims",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "openid.realm",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "resource",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

/// What to ask for (Core, section 3.1.2.1).
#[derive(Clone, Debug, Default)]
pub struct AuthorizationParameters {
    /// `openid` is always asked for and need not be listed.
    pub scopes: Vec<String>,
    /// `login`, `consent`, `select_account`; `none` only alone.
    pub prompt: Vec<String>,
    /// The person that the sign-in page should expect.
    pub login_hint: Option<String>,
    /// The ID token of the session that a silent request (`prompt=none`) is about. It is sent in the URL.
    ///
    /// A hint binds the provider, not the answer. After [`RelyingParty::exchange`] has validated the answer, the caller has
    /// to check that it is about the same person ([`Identity::same_person`](crate::Identity::same_person)).
    pub id_token_hint: Option<SecretString>,
    /// Authentication context classes, in order of preference.
    pub acr_values: Vec<String>,
    /// The longest time since the person authenticated. Sent in seconds, and checked in the answer.
    pub max_age: Option<Duration>,
    /// Languages for the sign-in page, in order of preference (BCP 47).
    pub ui_locales: Vec<String>,
    /// How the sign-in page should be shown: `page`, `popup`, `touch` or `wap`.
    pub display: Option<String>,
    /// Where the access tokens are to be used (RFC 8707, section 2): absolute URIs without fragment, sent as they are
    /// written. The access token of the sign-in itself is for the first.
    pub resources: Vec<String>,
    /// The same for providers that are older than RFC 8707. No specification defines it.
    pub audience: Option<String>,
    /// Single claims (Core, section 5.5). The answer is checked for `auth_time` and `acr` of the ID token if they are
    /// essential, and for the value of `sub`.
    pub claims: Option<Map<String, Value>>,
    /// Ask for the answer in a form instead of a URL, which the browser would keep in its history (OAuth 2.0 Form Post
    /// Response Mode). A provider that does not support it answers in a URL.
    pub form_post: bool,
    /// Other parameters that the provider understands, each once. None of those that are set here.
    pub extra: Vec<(String, String)>,
}

impl AuthorizationParameters {
    /// Checks the parameters before there is a provider. Fails with `parameter_invalid` for the first that cannot be sent.
    pub fn check(&self) -> Result<(), Error> {
        check_wishes(self)
    }
}

fn check_wishes(parameters: &AuthorizationParameters) -> Result<(), Error> {
    let word = |text: &String| is_word(text);
    if !parameters.scopes.iter().all(|text| is_scope(text)) {
        return Err(invalid("scope"));
    }
    let silent = parameters.prompt.iter().any(|prompt| prompt == "none");
    if !parameters.prompt.iter().all(word) || (silent && parameters.prompt.len() > 1) {
        return Err(invalid("prompt"));
    }
    if !parameters.acr_values.iter().all(word) {
        return Err(invalid("acr_values"));
    }
    if !parameters.ui_locales.iter().all(word) {
        return Err(invalid("ui_locales"));
    }
    if !parameters.id_token_hint.as_ref().is_none_or(|hint| is_word(hint.expose_secret())) {
        return Err(invalid("id_token_hint"));
    }
    for (position, (name, _)) in parameters.extra.iter().enumerate() {
        let repeated = parameters.extra[..position].iter().any(|(earlier, _)| earlier == name);
        if !is_word(name) || RESERVED.contains(&name.as_str()) || repeated {
            return Err(invalid(name));
        }
    }
    check_values(parameters)
}

/// Checks the values that are sent unchanged, and names the first that cannot be sent.
fn check_values(parameters: &AuthorizationParameters) -> Result<(), Error> {
    let resources = &parameters.resources;
    let unique = |position: usize| !resources[..position].contains(&resources[position]);
    if resources.len() > MAX_RESOURCES
        || !resources.iter().enumerate().all(|(position, uri)| is_resource(uri) && unique(position))
    {
        return Err(invalid("resource"));
    }
    if parameters.audience.as_deref().is_some_and(|audience| audience.is_empty() || !is_line(audience)) {
        return Err(invalid("audience"));
    }
    if !parameters.login_hint.as_deref().is_none_or(is_line) {
        return Err(invalid("login_hint"));
    }
    if !parameters.display.as_deref().is_none_or(|display| DISPLAYS.contains(&display)) {
        return Err(invalid("display"));
    }
    if !parameters.claims.as_ref().is_none_or(is_claims_request) {
        return Err(invalid("claims"));
    }
    if !parameters.extra.iter().all(|(_, value)| is_line(value)) {
        return Err(invalid("extra"));
    }
    Ok(())
}

fn is_line(text: &str) -> bool {
    text.len() <= MAX_VALUE && !text.chars().any(char::is_control)
}

/// An absolute URI without fragment (RFC 8707, section 2). It is sent as it was written: the provider compares it with its
/// own list, where a further slash means another resource.
pub(crate) fn is_resource(uri: &str) -> bool {
    uri.len() <= MAX_VALUE
        && uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b))
        && uri.split_once(':').is_some_and(|(_, rest)| !rest.is_empty())
        && Url::parse(uri).is_ok()
}

/// Section 5.5: `userinfo` and `id_token` list claims; a claim is requested with `null` or with an object. Other members are
/// for the provider.
fn is_claims_request(claims: &Map<String, Value>) -> bool {
    let wanted = |claim: &Value| match claim {
        Value::Null => true,
        Value::Object(wish) => {
            wish.get("essential").is_none_or(Value::is_boolean)
                && wish.get("values").is_none_or(Value::is_array)
        }
        _ => false,
    };
    let list = |name: &str| match claims.get(name) {
        None => true,
        Some(Value::Object(list)) => list.values().all(wanted),
        Some(_) => false,
    };
    let length = serde_json::to_string(claims).map_or(usize::MAX, |text| text.len());
    !claims.is_empty() && list("userinfo") && list("id_token") && length <= MAX_CLAIMS
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_resource_is_an_absolute_uri_without_fragment() {
        for good in [
            "https://api.example.com",
            "https://api.example.com/v1/?tenant=a",
            "urn:example:api",
            "api://4f3c/.default",
            "http://127.0.0.1:8080/",
        ] {
            assert!(is_resource(good), "{good}");
        }
        let long = format!("https://api.example.com/{}", "a".repeat(MAX_VALUE));
        for bad in [
            "",
            "api.example.com/v1",
            "/v1",
            "//api.example.com",
            "https://",
            "urn:",
            "https://api.example.com/#",
            "https://api.example.com/#a",
            "https://api.example.com/a b",
            "https://api.example.com/\r\n",
            "https://api.example.com/é",
            &long,
        ] {
            assert!(!is_resource(bad), "{bad}");
        }
    }

    #[test]
    fn what_a_claims_request_looks_like() {
        let good = |value: Value| is_claims_request(value.as_object().unwrap());
        assert!(good(json!({"userinfo": {"email": null, "name": {"essential": true}}})));
        assert!(good(json!({"id_token": {"acr": {"values": ["a", "b"]}}, "verified_claims": 7})));
        assert!(!good(json!({})));
        assert!(!good(json!({"userinfo": ["email"]})));
        assert!(!good(json!({"id_token": {"email": true}})));
        assert!(!good(json!({"id_token": {"email": {"essential": "yes"}}})));
        assert!(!good(json!({"id_token": {"acr": {"values": "a"}}})));
        assert!(!good(json!({"id_token": {"a".repeat(MAX_CLAIMS): null}})));
    }
}
