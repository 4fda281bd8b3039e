//! The parameters of an authorization request that say what is wanted, and what the answer is then held to: OpenID
//! Connect Core 1.0, sections 3.1.2.1 and 5.5; RFC 8707.

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use crate::authorization::{AuthorizationParameters, invalid};
use crate::error::Error;

/// No text that a person configures for one of these is longer; what is, makes a URL that browsers cut off.
const MAX_VALUE: usize = 2048;
/// `claims` is JSON and grows faster.
const MAX_CLAIMS: usize = 4096;
const MAX_RESOURCES: usize = 16;
const DISPLAYS: [&str; 4] = ["page", "popup", "touch", "wap"];

/// Checks what is sent as it is. Names the first parameter that cannot be sent.
pub(crate) fn check(parameters: &AuthorizationParameters) -> Result<(), Error> {
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

/// An absolute URI without fragment (RFC 8707, section 2). It is sent as it was written: the provider compares it with
/// what it knows, and a slash more is another resource.
pub(crate) fn is_resource(uri: &str) -> bool {
    uri.len() <= MAX_VALUE
        && uri.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b))
        && uri.split_once(':').is_some_and(|(_, rest)| !rest.is_empty())
        && Url::parse(uri).is_ok()
}

/// Section 5.5: `userinfo` and `id_token` list claims; a claim is asked for with `null` or with what is wanted of it.
/// Other members are for the provider to understand or to ignore.
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

/// What the ID token has to say because the request asked for it (Core, section 3.1.3.7, rules 12 and 13).
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// Since when the person may have authenticated at most.
    pub(crate) max_age: Option<Duration>,
    /// `auth_time` is required: with `max_age`, and as an essential claim (section 2).
    pub(crate) auth_time: bool,
    /// `acr` was asked for as an essential claim: one of these, or any if there are none (section 5.5.1.1).
    pub(crate) acr: Option<Vec<String>>,
    /// `sub` was asked for with a value: nobody else may be signed in (section 3.1.2.2).
    pub(crate) subject: Option<String>,
}

impl Demands {
    pub(crate) fn of(parameters: &AuthorizationParameters) -> Self {
        let wish = |name: &str| parameters.claims.as_ref()?.get("id_token")?.get(name)?.as_object();
        let essential = |wish: &Map<String, Value>| wish.get("essential") == Some(&Value::Bool(true));
        Self {
            max_age: parameters.max_age,
            auth_time: parameters.max_age.is_some() || wish("auth_time").is_some_and(essential),
            acr: wish("acr").filter(|wish| essential(wish)).map(values),
            subject: wish("sub").and_then(|wish| wish.get("value")?.as_str().map(str::to_owned)),
        }
    }
}

fn values(wish: &Map<String, Value>) -> Vec<String> {
    let list = wish.get("values").and_then(Value::as_array).into_iter().flatten();
    list.chain(wish.get("value")).filter_map(Value::as_str).map(str::to_owned).collect()
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

    #[test]
    fn only_what_is_essential_is_demanded() {
        let of = |claims: Value| {
            let claims = claims.as_object().cloned();
            Demands::of(&AuthorizationParameters { claims, ..AuthorizationParameters::default() })
        };
        let voluntary = of(json!({"id_token": {"acr": {"values": ["a"]}, "auth_time": null}}));
        assert!(voluntary.acr.is_none() && !voluntary.auth_time && voluntary.subject.is_none());
        let essential = of(json!({"id_token": {
            "acr": {"essential": true, "values": ["a", "b"]},
            "auth_time": {"essential": true},
            "sub": {"value": "248289"},
        }}));
        assert_eq!(essential.acr.unwrap(), ["a", "b"]);
        assert!(essential.auth_time);
        assert_eq!(essential.subject.as_deref(), Some("248289"));
        let elsewhere = of(json!({"userinfo": {"acr": {"essential": true, "value": "a"}}}));
        assert!(elsewhere.acr.is_none(), "the ID token was not asked for it");
    }
}
