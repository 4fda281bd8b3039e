//! The feature `hostile`: wrong tokens that the provider itself signs.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{
    Answer as Other, Body, Config, DemoOp, Deviation, Edit, Endpoint, EventState, EventStream, When, Wrong,
};
use common::*;
use serde_json::{Value, json};

#[tokio::test]
async fn anything_can_be_signed_with_the_real_key() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    let claims = json!({ "iss": provider.issuer(), "aud": "abide", "sub": "demo-user-1" });
    let token = provider.sign_jwt(&json!({ "typ": "logout+jwt" }), &claims).unwrap();
    assert_eq!(common::claims(&token), claims);
    let kid = Back::new(&provider).get("/jwks").await.json()["keys"][0]["kid"].clone();
    assert_eq!(header(&token), json!({ "alg": "ES256", "kid": kid, "typ": "logout+jwt" }));
    // The provider itself accepts it.
    let silent = [("prompt", "none"), ("id_token_hint", token.as_str())];
    assert!(browser.authorize(&silent).await.redirected().contains_key("code"));

    let none = provider.sign_jwt(&json!({ "alg": "none", "kid": Value::Null }), &claims).unwrap();
    assert_eq!(header(&none), json!({ "alg": "none" }));
    assert!(none.ends_with('.'));
    let mixed = provider.sign_jwt(&json!({ "alg": "HS256", "kid": "other" }), &claims).unwrap();
    assert_eq!(header(&mixed), json!({ "alg": "HS256", "kid": "other" }));
    assert!(!mixed.ends_with('.'));
    let missing = provider.sign_jwt(&json!({ "alg": "RS256" }), &claims).unwrap_err();
    assert_eq!(missing.code(), "demo_provider_event_signing");
}

#[tokio::test]
async fn anything_can_be_handed_out_as_an_event() {
    let event_stream = Some(EventStream::new("receiver", "token"));
    let provider = DemoOp::start(Config { event_stream, ..TestClock::new().config() }).await.unwrap();
    provider.queue_token("jti-1", "not a token".to_owned()).unwrap();
    let request = http().post(provider.events_endpoint()).bearer_auth("token").json(&json!({}));
    let answer = Answer::of(request.send().await.unwrap()).await.json();
    assert_eq!(answer["sets"], json!({ "jti-1": "not a token" }));
    assert_eq!(provider.record().event("jti-1"), Some(EventState::Delivered));
}

#[tokio::test]
async fn it_misbehaves_as_it_was_told_and_then_no_more() {
    let (provider, _) = provider().await;
    let issuer = provider.issuer().to_owned();
    let seen = async || {
        let answer = Back::new(&provider).get("/.well-known/openid-configuration").await;
        answer.json()["issuer"].as_str().map(str::to_owned)
    };
    let edit = Edit::Set("/issuer", json!("{issuer}/other"));
    let wrong = Deviation::new(Endpoint::Discovery, Wrong::Json(vec![edit]));
    provider.misbehave(vec![Deviation { when: When::From(2), ..wrong }]);
    assert_eq!(seen().await, Some(issuer.clone()), "the first answer is in order");
    assert_eq!(seen().await, Some(format!("{issuer}/other")));
    let answer = Other { status: Some(200), headers: Vec::new(), body: Body::Text("{}".to_owned()) };
    provider.misbehave(vec![Deviation::new(Endpoint::Discovery, Wrong::Answer(answer))]);
    assert_eq!(seen().await, None);
    provider.misbehave(Vec::new());
    assert_eq!(seen().await, Some(issuer.clone()));

    let edit = Edit::Set("/issuer", json!("other"));
    let wrong = Deviation::new(Endpoint::Discovery, Wrong::Json(vec![edit]));
    provider.misbehave(vec![Deviation { when: When::Only(2), ..wrong }]);
    assert_eq!(seen().await, Some(issuer.clone()));
    assert_eq!(seen().await, Some("other".to_owned()));
    assert_eq!(seen().await, Some(issuer), "the third answer is in order again");

    let nonce =
        |nonce: &str| Deviation::new(Endpoint::Discovery, Wrong::Another("dpop-nonce", nonce.to_owned()));
    provider.misbehave(vec![nonce("a"), nonce("b")]);
    let url = format!("{}/.well-known/openid-configuration", provider.issuer());
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.headers().get_all("dpop-nonce").iter().collect::<Vec<_>>(), ["a", "b"]);
}
