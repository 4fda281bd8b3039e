//! Clients that register by themselves (RFC 7591).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Config, DemoOp, Endpoint, Outcome, Registration};
use common::*;
use serde_json::{Value, json};

fn metadata() -> Value {
    json!({
        "application_type": "native", "client_name": "A <b>tool</b>", "redirect_uris": ["http://127.0.0.1/back"],
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": "openid",
    })
}

async fn register(provider: &DemoOp, metadata: &Value, token: Option<&str>) -> Answer {
    register_with(&http(), provider, metadata, token).await
}

async fn register_with(
    http: &reqwest::Client,
    provider: &DemoOp,
    metadata: &Value,
    token: Option<&str>,
) -> Answer {
    let request = http.post(format!("{}/register", provider.issuer())).json(metadata);
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_native_client_registers_and_a_person_signs_in_to_it() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let endpoint = &back.get("/.well-known/openid-configuration").await.json()["registration_endpoint"];
    assert_eq!(endpoint, &format!("{}/register", provider.issuer()));

    let answer = register(&provider, &metadata(), None).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
    let client = answer.json();
    assert_eq!(client["redirect_uris"], metadata()["redirect_uris"]);
    assert_eq!(client["client_id_issued_at"], clock.seconds());
    assert!(client.get("client_secret").is_none(), "a public client");

    let (id, uri) = (text(&client, "client_id"), "http://127.0.0.1:50000/back");
    let page = browser.authorize(&[("client_id", id), ("redirect_uri", uri)]).await;
    assert!(page.body.contains("to continue to A &lt;b&gt;tool&lt;/b&gt;"), "{}", page.body);
    let code = browser.fill(&page, "alice", "demo").await.redirected()["code"].clone();
    let tokens = back.exchange(&code, &[("client_id", id), ("redirect_uri", uri)]).await.json();
    assert_eq!(claims(text(&tokens, "id_token"))["aud"], id);
    let entry = provider.record().entries().into_iter().find(|e| e.endpoint == Endpoint::Registration);
    assert_eq!(entry.unwrap().parameter("application_type"), "native");
}

#[tokio::test]
async fn what_cannot_be_registered_is_refused_with_the_code_for_it() {
    let (provider, _) = provider().await;
    let cases = [
        ("redirect_uris", Value::Null, "invalid_redirect_uri"),
        ("redirect_uris", json!([]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["https://evil.example/"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["http://127.0.0.1/a", "http://10.0.0.1/"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["http://127.0.0.1/a#b"]), "invalid_redirect_uri"),
        ("redirect_uris", json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        ("redirect_uris", json!("http://127.0.0.1/a"), "invalid_client_metadata"),
        ("application_type", Value::Null, "invalid_client_metadata"),
        ("application_type", json!("web"), "invalid_client_metadata"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), "invalid_client_metadata"),
        ("grant_types", json!(["implicit"]), "invalid_client_metadata"),
        ("response_types", json!(["token"]), "invalid_client_metadata"),
        ("client_name", json!("a".repeat(101)), "invalid_client_metadata"),
        ("client_name", json!(7), "invalid_client_metadata"),
        ("post_logout_redirect_uris", json!(["x"]), "invalid_client_metadata"),
        ("backchannel_logout_uri", json!("https://evil.example/"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("none"), "invalid_client_metadata"),
        ("id_token_signed_response_alg", json!("RS256"), "invalid_client_metadata"),
    ];
    let http = http();
    for (name, value, error) in cases {
        let mut changed = metadata();
        changed[name] = value.clone();
        let answer = register_with(&http, &provider, &changed, None).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{name}: {value}");
    }
    assert_eq!(register(&provider, &json!([]), None).await.error(), "invalid_client_metadata");
    let form = Back::new(&provider).post("/register", &[("client_name", "x")]).await;
    assert_eq!(form.status, 415);
    // A scheme of the application's own is as native as loopback (RFC 8252 section 7.1).
    let mut own = metadata();
    own["redirect_uris"] = json!(["com.example.app:/back"]);
    assert_eq!(register(&provider, &own, None).await.status, 201);
}

#[tokio::test]
async fn registration_can_need_a_token_or_be_closed() {
    let start = |registration| DemoOp::start(Config { registration, ..TestClock::new().config() });
    let provider = start(Registration::WithToken("canary".into())).await.unwrap();
    for wrong in [None, Some("wrong")] {
        let answer = register(&provider, &metadata(), wrong).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"));
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
    assert_eq!(register(&provider, &metadata(), Some("canary")).await.status, 201);
    assert!(!format!("{:?}", provider.record().entries()).contains("canary"));

    let provider = start(Registration::Closed).await.unwrap();
    let discovery = Back::new(&provider).get("/.well-known/openid-configuration").await.json();
    assert!(discovery.get("registration_endpoint").is_none());
    assert_eq!(register(&provider, &metadata(), None).await.status, 403);
    assert_eq!(provider.record().entries().last().unwrap().outcome, Outcome::Error("access_denied"));
}

#[tokio::test]
async fn endless_registrations_push_out_only_registered_clients() {
    let (provider, _) = provider().await;
    let first = register(&provider, &metadata(), None).await.json();
    let mut browser = Browser::new(&provider);
    let id = text(&first, "client_id").to_owned();
    let changes = [("client_id", id.as_str()), ("redirect_uri", "http://127.0.0.1/back")];
    assert_eq!(browser.authorize(&changes).await.status, 200);
    for _ in 0..256 {
        assert_eq!(register_with(&browser.http, &provider, &metadata(), None).await.status, 201);
    }
    assert_eq!(browser.authorize(&changes).await.status, 400);
    assert_eq!(browser.authorize(&[]).await.status, 200, "what was configured stays");
}

#[tokio::test]
async fn only_its_token_ends_a_registration() {
    let (provider, _) = provider().await;
    let client = register(&provider, &metadata(), None).await.json();
    let other = register(&provider, &metadata(), None).await.json();
    let http = http();
    let end = async |client: &Value, token: &str| {
        let uri = text(client, "registration_client_uri");
        Answer::of(http.delete(uri).bearer_auth(token).send().await.unwrap()).await
    };
    let token = text(&client, "registration_access_token");
    for wrong in ["guess", "", text(&other, "registration_access_token")] {
        assert_eq!(end(&client, wrong).await.status, 401, "{wrong}");
    }
    let mut configured = client.clone();
    configured["registration_client_uri"] = json!(format!("{}/register?client_id=abide", provider.issuer()));
    assert_eq!(end(&configured, token).await.status, 401, "a client that was configured has no token");
    assert_eq!(end(&client, token).await.status, 204);
    assert_eq!(end(&client, token).await.status, 401, "it is gone");
    let id = text(&client, "client_id").to_owned();
    let mut browser = Browser::new(&provider);
    let changes = [("client_id", id.as_str()), ("redirect_uri", "http://127.0.0.1/back")];
    assert_eq!(browser.authorize(&changes).await.status, 400);
    assert!(!format!("{:?}", provider.record().entries()).contains(token));
}
