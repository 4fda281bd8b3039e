use std::time::Duration;

use abide_oidc::*;
use serde_json::{Map, Value, json};
use url::Url;

use crate::provider::*;

type Parameters = AuthorizationParameters;

fn object(value: Value) -> Option<Map<String, Value>> {
    value.as_object().cloned()
}

/// The name of the parameter that is refused; "" if none is.
fn refused(client: &Client, parameters: &Parameters) -> String {
    match client.rp.authorization_request(&Url::parse(REDIRECT).unwrap(), parameters) {
        Ok(_) => String::new(),
        Err(Error::ParameterInvalid { name }) => name,
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn every_wish_is_sent_as_it_was_written() {
    let client = Client::new(Behaviour::default()).await;
    let claims = json!({"id_token": {"acr": {"values": ["urn:é"]}}, "userinfo": {"email": null}});
    let request = client.request(&Parameters {
        login_hint: Some("Alice Exämple+1@example.com".into()),
        display: Some("popup".into()),
        resources: vec!["https://API.example.com/a/../b".into(), "urn:example:b".into()],
        audience: Some("the api & more".into()),
        claims: object(claims.clone()),
        max_age: Some(Duration::ZERO),
        extra: vec![("hd".into(), "a=b&state=x".into())],
        ..Parameters::default()
    });
    let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let values = |name: &str| {
        asked.iter().filter(|pair| pair.0 == name).map(|pair| pair.1.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(values("login_hint"), ["Alice Exämple+1@example.com"]);
    assert_eq!(values("display"), ["popup"]);
    assert_eq!(values("resource"), ["https://API.example.com/a/../b", "urn:example:b"], "not normalized");
    assert_eq!(values("audience"), ["the api & more"]);
    assert_eq!(serde_json::from_str::<Value>(values("claims")[0]).unwrap(), claims);
    assert_eq!(values("max_age"), ["0"]);
    assert_eq!(values("hd"), ["a=b&state=x"]);
    assert_eq!(values("state").len(), 1, "a value cannot become a parameter");
}

#[tokio::test]
async fn nothing_that_was_not_wished_for_is_sent() {
    let client = Client::new(Behaviour::default()).await;
    let request = client.request(&Parameters::default());
    let mut names: Vec<String> = request.url.query_pairs().map(|pair| pair.0.into_owned()).collect();
    names.sort();
    let always = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names, always);
}

#[tokio::test]
async fn no_extra_parameter_can_take_the_place_of_one_of_ours() {
    let client = Client::new(Behaviour::default()).await;
    for name in [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "request",
        "request_uri",
        "scope",
        "dpop_jkt",
        "resource",
        "audience",
        "claims",
        "login_hint",
        "prompt",
        "acr_values",
        "max_age",
        "ui_locales",
        "display",
        "id_token_hint",
        "registration",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ] {
        let extra = vec![("hd".to_owned(), "x".to_owned()), (name.to_owned(), "x".to_owned())];
        assert_eq!(refused(&client, &Parameters { extra, ..Parameters::default() }), name);
    }
    for (name, value, named) in [("", "x", ""), ("a b", "x", "a b"), ("hd", "a\r\nb", "extra")] {
        let extra = vec![(name.to_owned(), value.to_owned())];
        let redirect = Url::parse(REDIRECT).unwrap();
        let parameters = Parameters { extra, ..Parameters::default() };
        let error = client.rp.authorization_request(&redirect, &parameters).unwrap_err();
        assert_eq!(error, Error::ParameterInvalid { name: named.into() });
    }
}

#[tokio::test]
async fn settings_that_cannot_be_sent_are_named() {
    let client = Client::new(Behaviour::default()).await;
    let none = Parameters::default;
    let strings = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let cases = [
        (Parameters { resources: strings(&["https://a.example/#x"]), ..none() }, "resource"),
        (Parameters { resources: strings(&["a.example"]), ..none() }, "resource"),
        (Parameters { resources: strings(&["urn:a:b", "urn:a:b"]), ..none() }, "resource"),
        (Parameters { audience: Some(String::new()), ..none() }, "audience"),
        (Parameters { audience: Some("a\nb".into()), ..none() }, "audience"),
        (Parameters { login_hint: Some("a\0b".into()), ..none() }, "login_hint"),
        (Parameters { login_hint: Some("a".repeat(2049)), ..none() }, "login_hint"),
        (Parameters { display: Some("fullscreen".into()), ..none() }, "display"),
        (Parameters { claims: object(json!({})), ..none() }, "claims"),
        (Parameters { claims: object(json!({"userinfo": []})), ..none() }, "claims"),
        (Parameters { acr_values: strings(&["a b"]), ..none() }, "acr_values"),
        (Parameters { ui_locales: strings(&["de en"]), ..none() }, "ui_locales"),
        (Parameters { prompt: strings(&["none", "consent"]), ..none() }, "prompt"),
    ];
    for (parameters, name) in cases {
        assert_eq!(refused(&client, &parameters), name, "{parameters:?}");
    }
}

#[tokio::test]
async fn the_first_access_token_is_for_the_first_resource() {
    let client = Client::new(Behaviour::default()).await;
    client.sign_in().await.unwrap();
    let resources = vec!["https://a.example".to_owned(), "https://b.example".to_owned()];
    client.sign_in_with(&Parameters { resources, ..Parameters::default() }).await.unwrap();
    let sent: Vec<_> = client.provider.seen("/token").iter().map(|seen| seen.form.clone()).collect();
    let resources = |form: &Vec<(String, String)>| {
        form.iter().filter(|pair| pair.0 == "resource").map(|pair| pair.1.clone()).collect::<Vec<_>>()
    };
    assert_eq!(resources(&sent[0]), Vec::<String>::new());
    assert_eq!(resources(&sent[1]), ["https://a.example"]);
}

/// A sign-in that asks for `wished` of the ID token, at a provider whose ID token says `name` is `value`.
async fn answered(wished: Value, name: &'static str, value: Value) -> Result<Tokens, Error> {
    let client = Client::new(Behaviour { claims: set(name, value), ..Behaviour::default() }).await;
    let claims = object(json!({ "id_token": wished }));
    client.sign_in_with(&Parameters { claims, ..Parameters::default() }).await
}

#[tokio::test]
async fn an_essential_claim_has_to_be_answered() {
    let gold = || json!({"acr": {"essential": true, "values": ["gold", "platinum"]}});
    let any = || json!({"acr": {"essential": true}});
    let voluntary = || json!({"acr": {"values": ["gold"]}, "auth_time": null});
    let since = || json!({"auth_time": {"essential": true}});
    let alice = || json!({"sub": {"value": SUBJECT}});
    let cases = [
        (gold(), "acr", json!("platinum"), "ok"),
        (gold(), "acr", json!("silver"), "id_token_acr_mismatch"),
        (gold(), "acr", json!("Gold"), "id_token_acr_mismatch"),
        (gold(), "acr", Value::Null, "id_token_acr_missing"),
        (gold(), "acr", json!(["gold"]), "id_token_malformed"),
        (any(), "acr", json!("0"), "ok"),
        (any(), "acr", Value::Null, "id_token_acr_missing"),
        (voluntary(), "acr", json!("silver"), "ok"),
        (voluntary(), "acr", Value::Null, "ok"),
        (voluntary(), "auth_time", Value::Null, "ok"),
        (since(), "auth_time", json!(NOW - 86_400), "ok"),
        (since(), "auth_time", Value::Null, "id_token_auth_time_missing"),
        (alice(), "sub", json!(SUBJECT), "ok"),
        (alice(), "sub", json!("somebody-else"), "id_token_subject_mismatch"),
    ];
    for (wished, name, value, code) in cases {
        let outcome = answered(wished.clone(), name, value.clone()).await;
        let found = outcome.map_or_else(|error| error.code(), |_| "ok");
        assert_eq!(found, code, "{wished} answered with {name}: {value}");
    }
}

#[tokio::test]
async fn a_maximal_age_holds_at_the_sign_in_and_not_at_a_refresh() {
    let asked = Parameters { max_age: Some(Duration::ZERO), ..Parameters::default() };
    for (auth_time, code) in [
        (json!(NOW), "ok"),
        (json!(NOW - 60), "ok"),
        (json!(NOW - 61), "id_token_auth_time_too_old"),
        (json!(0), "id_token_auth_time_missing"),
        (json!(1), "id_token_auth_time_too_old"),
        (json!(-1), "id_token_malformed"),
        (json!(NOW + 61), "id_token_auth_time_in_future"),
        (json!("1800000000"), "id_token_malformed"),
        (Value::Null, "id_token_auth_time_missing"),
    ] {
        let behaviour = Behaviour { claims: set("auth_time", auth_time.clone()), ..Behaviour::default() };
        let client = Client::new(behaviour).await;
        let outcome = client.sign_in_with(&asked).await;
        assert_eq!(outcome.map_or_else(|error| error.code(), |_| "ok"), code, "{auth_time}");
    }
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in_with(&asked).await.unwrap();
    let error = client.refresh(&tokens).await.map(|tokens| tokens.identity.auth_time);
    assert_eq!(error, Ok(Some(NOW - 10)), "the session continues");
}
