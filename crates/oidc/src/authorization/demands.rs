//! What the ID token must contain because the request asked for it.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::authorization::parameters::AuthorizationParameters;

/// What the ID token must contain because the request asked for it (Core, section 3.1.3.7, rules 12 and 13).
#[derive(Clone, Debug, Default)]
pub(crate) struct Demands {
    /// The longest time since the person authenticated.
    pub(crate) max_age: Option<Duration>,
    /// `auth_time` is required: with `max_age`, and as an essential claim (section 2).
    pub(crate) auth_time: bool,
    /// `acr` was asked for as an essential claim: one of these, or any if there are none (section 5.5.1.1).
    pub(crate) acr: Option<Vec<String>>,
    /// `amr` was asked for as an essential claim: what is there has to be a list of names. It may be missing (section 5.5.1).
    pub(crate) methods: bool,
    /// `sub` was asked for with a value: only this person may be signed in (section 3.1.2.2).
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
            methods: wish("amr").is_some_and(essential),
            subject: wish("sub").and_then(|wish| wish.get("value")?.as_str().map(str::to_owned)),
        }
    }
}

impl Demands {
    pub(crate) fn is_empty(&self) -> bool {
        // Without the methods, which may be missing.
        let Self { max_age, auth_time, acr, methods: _, subject } = self;
        max_age.is_none() && !auth_time && acr.is_none() && subject.is_none()
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
