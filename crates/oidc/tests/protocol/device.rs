use std::time::Duration;

use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

async fn ask(client: &Client) -> Result<DeviceAuthorization, Error> {
    client.rp.device_authorization(&client.http, &DeviceParameters::default(), now()).await
}

async fn poll(client: &Client, authorization: &DeviceAuthorization) -> Result<DevicePoll, Error> {
    client.rp.device_token(&client.http, authorization, now()).await.map_err(|refused| refused.error)
}

#[tokio::test]
async fn a_person_signs_in_on_another_device() {
    let client = Client::new(Behaviour::default()).await;
    assert!(client.rp.provider().has_device_authorization());
    let parameters = DeviceParameters {
        scopes: vec!["openid".into(), "profile".into()],
        extra: vec![
            ("resource".into(), "https://a.example".into()),
            ("resource".into(), "https://b.example".into()),
        ],
        pkce: false,
    };
    let authorization = client.rp.device_authorization(&client.http, &parameters, now()).await.unwrap();
    assert_eq!(client.provider.last_form("scope"), ["openid profile"]);
    assert_eq!(client.provider.last_form("resource").len(), 2);
    assert_eq!(authorization.user_code, "WDJB-MJHT");
    assert_eq!(authorization.verification_uri.as_str(), format!("{}/enter", client.provider.issuer));
    assert!(authorization.verification_uri_complete.as_ref().unwrap().as_str().ends_with("=WDJB-MJHT"));
    assert_eq!(authorization.expires_in, Duration::from_secs(600));
    assert_eq!(authorization.interval, Duration::from_secs(5), "RFC 8628, section 3.2");
    let printed = format!("{authorization:?}");
    assert!(!printed.contains("canary") && !printed.contains("WDJB"), "{printed}");

    for (error, slower) in [("authorization_pending", false), ("slow_down", true)] {
        client.provider.behave(Behaviour { poll_error: Some(error), ..Behaviour::default() });
        let answer = poll(&client, &authorization).await.unwrap();
        assert_eq!(matches!(answer, DevicePoll::SlowDown), slower);
        assert_eq!(matches!(answer, DevicePoll::Pending), !slower);
    }
    client.provider.behave(Behaviour::default());
    let DevicePoll::Done(tokens) = poll(&client, &authorization).await.unwrap() else { panic!() };
    assert_eq!(tokens.identity.subject, SUBJECT);
    assert_eq!(tokens.scope, "openid profile");
    assert!(client.refresh(&tokens).await.is_ok(), "from here on it is a session like any other");
}

/// Only where a provider is known to want it: RFC 8628 has no such thing.
#[tokio::test]
async fn the_polls_are_tied_to_the_request_where_that_is_asked_for() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let client = Client::new(Behaviour::default()).await;
    poll(&client, &ask(&client).await.unwrap()).await.unwrap();
    assert!(client.provider.last_form("code_challenge").is_empty());
    assert!(client.provider.last_form("code_verifier").is_empty());
    let parameters = DeviceParameters { pkce: true, ..DeviceParameters::default() };
    let authorization = client.rp.device_authorization(&client.http, &parameters, now()).await.unwrap();
    assert_eq!(client.provider.last_form("code_challenge_method"), ["S256"]);
    let challenge = client.provider.last_form("code_challenge");
    poll(&client, &authorization).await.unwrap();
    let verifier = client.provider.last_form("code_verifier");
    let digest = sha2::Sha256::digest(verifier[0].as_bytes());
    assert_eq!(challenge, [base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(digest)]);
}

#[tokio::test]
async fn a_poll_that_is_answered_no_ends_the_sign_in() {
    let client = Client::new(Behaviour::default()).await;
    let authorization = ask(&client).await.unwrap();
    for error in [
        "expired_token",
        "access_denied",
        "invalid_grant",
        "unauthorized_client",
        "server_error",
        "temporarily_unavailable",
        "invalid_request",
    ] {
        client.provider.behave(Behaviour { poll_error: Some(error), ..Behaviour::default() });
        let answer = poll(&client, &authorization).await;
        assert_eq!(answer.as_ref().unwrap_err().code(), error);
        let mut polling = DevicePolling::new(&authorization);
        assert_eq!(polling.answered(Duration::from_secs(5), &answer), DeviceStep::Finished);
    }
}

/// RFC 8628, section 3.5: whatever the status is, an error that is not one of the two that ask for patience is the end.
#[tokio::test]
async fn an_error_with_a_status_of_trouble_is_an_error() {
    let client = Client::new(Behaviour::default()).await;
    let authorization = ask(&client).await.unwrap();
    let answered = async |status, kind, body: &str| {
        let canned = Canned::Answer(status, kind, body.as_bytes().to_vec());
        client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
        let answer = poll(&client, &authorization).await;
        let mut polling = DevicePolling::new(&authorization);
        (polling.answered(Duration::from_secs(5), &answer), answer.unwrap_err().code())
    };
    let ended = (DeviceStep::Finished, "provider_unavailable");
    assert_eq!(answered(500, "application/json", r#"{"error":"server_error"}"#).await, ended);
    assert_eq!(answered(503, "application/json", r#"{"error":"access_denied"}"#).await, ended);
    let waits = (at(15), "provider_unavailable");
    assert_eq!(answered(500, "text/html", "<h1>Oops</h1>").await, waits);
    assert_eq!(answered(502, "application/json", "{}").await, waits);
    // What servers and gateways write about themselves is no answer of the provider's.
    let page = r#"{"timestamp":1795,"status":503,"error":"Service Unavailable","path":"/token"}"#;
    assert_eq!(answered(503, "application/json", page).await, waits);
    assert_eq!(answered(500, "application/json", r#"{"error":"internal_error"}"#).await, waits);
    let forbidden = (at(15), "provider_unexpected_status");
    assert_eq!(answered(403, "application/json", r#"{"error":"forbidden"}"#).await, forbidden);
    let refused = (DeviceStep::Finished, "provider_refused");
    assert_eq!(answered(403, "application/json", r#"{"error":"mfa_required"}"#).await, refused);
    assert_eq!(answered(503, "application/json", r#"{"error":"authorization_pending"}"#).await, waits);
    assert_eq!(answered(500, "application/json", r#"{"error":"slow_down"}"#).await, waits);
}

/// A network that asks for a sign-in of its own answers in place of the provider (RFC 8952, section 1), for a while.
#[tokio::test]
async fn a_page_that_is_not_the_providers_does_not_end_the_sign_in() {
    let client = Client::new(Behaviour::default()).await;
    let authorization = ask(&client).await.unwrap();
    for canned in [
        Canned::Answer(200, "text/html", b"<h1>Welcome to our hotel</h1>".to_vec()),
        Canned::Answer(403, "text/html", b"<h1>Sign in first</h1>".to_vec()),
        Canned::Answer(404, "text/html", b"<h1>Not found</h1>".to_vec()),
        Canned::Answer(511, "text/html", b"<h1>Sign in first</h1>".to_vec()),
        Canned::Header(302, "location", "https://hotel.example/".into()),
    ] {
        client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
        let answer = poll(&client, &authorization).await;
        let code = answer.as_ref().unwrap_err().code();
        let mut polling = DevicePolling::new(&authorization);
        assert_eq!(polling.answered(Duration::from_secs(5), &answer), at(15), "{code}");
    }
    client.provider.behave(Behaviour::default());
    assert!(matches!(poll(&client, &authorization).await, Ok(DevicePoll::Done(_))));
    // What says that it is the provider's is the provider's.
    for canned in [
        Canned::Answer(400, "application/json", b"{}".to_vec()),
        Canned::Answer(200, "application/json", b"{}".to_vec()),
        Canned::Answer(200, "application/json", b"[]".to_vec()),
    ] {
        client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
        let mut polling = DevicePolling::new(&authorization);
        let answer = poll(&client, &authorization).await;
        assert_eq!(polling.answered(Duration::from_secs(5), &answer), DeviceStep::Finished, "{answer:?}");
    }
}

#[tokio::test]
async fn answers_without_a_usable_code_are_refused() {
    let cases: [(&'static str, Value, &str); 23] = [
        ("device_code", Value::Null, "device_code_invalid"),
        ("device_code", json!(""), "device_code_invalid"),
        ("device_code", json!("a\r\nb"), "device_code_invalid"),
        ("device_code", json!("a".repeat(4097)), "device_code_invalid"),
        ("device_code", json!(7), "device_authorization_malformed"),
        ("user_code", Value::Null, "device_user_code_invalid"),
        ("user_code", json!("  "), "device_user_code_invalid"),
        ("user_code", json!("\u{1b}[2JWDJB"), "device_user_code_invalid"),
        ("user_code", json!("WDJB\u{202e}MJHT"), "device_user_code_invalid"),
        ("user_code", json!("A".repeat(65)), "device_user_code_invalid"),
        ("verification_uri", Value::Null, "device_verification_uri_invalid"),
        ("verification_uri", json!("file:///bin/sh"), "device_verification_uri_invalid"),
        ("verification_uri", json!("--version"), "device_verification_uri_invalid"),
        ("verification_uri", json!("https://a.example/\r\nx"), "device_verification_uri_invalid"),
        ("verification_uri", json!("https://user@a.example/"), "device_verification_uri_invalid"),
        ("verification_uri", json!("https://a.example/$(id)`id`"), "device_verification_uri_invalid"),
        ("verification_uri", json!("http://a.example/"), "device_verification_uri_insecure"),
        ("expires_in", Value::Null, "device_expiry_invalid"),
        ("expires_in", json!(0), "device_expiry_invalid"),
        ("expires_in", json!(-1), "device_authorization_malformed"),
        ("expires_in", json!("soon"), "device_authorization_malformed"),
        ("interval", json!(301), "device_interval_invalid"),
        ("interval", json!(1e300), "device_interval_invalid"),
    ];
    let client = Client::new(Behaviour::default()).await;
    for (name, value, code) in cases {
        client.provider.behave(Behaviour { device: set(name, value.clone()), ..Behaviour::default() });
        assert_eq!(ask(&client).await.unwrap_err().code(), code, "{name}: {value}");
    }
    assert_eq!(client.provider.requests("/token"), 0, "no poll");
}

#[tokio::test]
async fn lifetimes_are_held_to_what_makes_sense() {
    let client = Client::new(Behaviour::default()).await;
    let told = |name: &'static str, value: Value| {
        client.provider.behave(Behaviour { device: set(name, value), ..Behaviour::default() });
        ask(&client)
    };
    assert_eq!(told("expires_in", json!(1e300)).await.unwrap().expires_in, Duration::from_secs(86_400));
    assert_eq!(told("expires_in", json!("1800")).await.unwrap().expires_in, Duration::from_secs(1800));
    assert_eq!(told("interval", json!(0)).await.unwrap().interval, Duration::from_secs(1));
    assert_eq!(told("interval", json!(60)).await.unwrap().interval, Duration::from_secs(60));
    // A convenience: the other address is enough.
    for unusable in [json!(""), json!("javascript:alert(1)"), json!("http://a.example/"), json!(7)] {
        let told = told("verification_uri_complete", unusable.clone()).await.unwrap();
        assert!(told.verification_uri_complete.is_none(), "{unusable}");
    }
    for unknown in [json!([5]), json!(-1), json!("")] {
        assert_eq!(told("interval", unknown).await.unwrap().interval, Duration::from_secs(5));
    }
}

#[tokio::test]
async fn google_names_the_page_as_the_draft_did() {
    let client = Client::new(Behaviour::default()).await;
    let google = edit(|response| {
        let response = response.as_object_mut().unwrap();
        let page = response.remove("verification_uri").unwrap();
        response.insert("verification_url".to_owned(), page);
    });
    client.provider.behave(Behaviour { device: google, ..Behaviour::default() });
    assert!(ask(&client).await.unwrap().verification_uri.as_str().ends_with("/enter"));
    for junk in [json!(7), json!([]), Value::Null] {
        let beside = set("verification_url", junk);
        client.provider.behave(Behaviour { device: beside, ..Behaviour::default() });
        assert!(ask(&client).await.unwrap().verification_uri.as_str().ends_with("/enter"));
    }
}

/// The metadata may name an endpoint that is not there, or not for this client.
#[tokio::test]
async fn a_refusal_names_the_endpoint_and_the_likely_reason() {
    let client = Client::new(Behaviour::default()).await;
    for (status, body, code, says) in [
        (404, "no", "provider_unexpected_status", "may not have that"),
        (501, "no", "provider_unexpected_status", "may not have that"),
        (401, "no", "provider_unexpected_status", "may not allow this client"),
        (400, r#"{"error":"unauthorized_client"}"#, "unauthorized_client", "may not allow this client"),
        (400, r#"{"error":"invalid_scope"}"#, "invalid_scope", "device_authorization_endpoint"),
    ] {
        let canned = Canned::Answer(status, "application/json", body.into());
        client.provider.behave(Behaviour { canned: [("/device", canned)].into(), ..Behaviour::default() });
        let error = ask(&client).await.unwrap_err();
        let said = error.to_string();
        assert_eq!(error.code(), code, "{said}");
        assert!(said.contains(says) && said.contains("device_authorization_endpoint"), "{said}");
        assert!(!error.is_transient(), "{said}");
    }
}

#[tokio::test]
async fn documents_that_cannot_be_read_and_refusals() {
    let client = Client::new(Behaviour::default()).await;
    let cases = [
        (Canned::Answer(200, "text/html", b"<h1>Hello</h1>".to_vec()), "device_authorization_not_json"),
        (Canned::Answer(200, "application/json", b"[]".to_vec()), "device_authorization_malformed"),
        (
            Canned::Answer(200, "application/json", br#"{"user_code":"A","user_code":"B"}"#.to_vec()),
            "device_authorization_duplicate_member",
        ),
        (Canned::Answer(200, "application/json", "[".repeat(99).into()), "device_authorization_too_deep"),
        (Canned::Endless, "response_too_large"),
        (Canned::Header(302, "location", "https://evil.example/".into()), "provider_redirected"),
        (Canned::Header(503, "retry-after", "9".into()), "provider_unavailable"),
        (
            Canned::Answer(400, "application/json", br#"{"error":"unauthorized_client"}"#.to_vec()),
            "unauthorized_client",
        ),
    ];
    for (canned, code) in cases {
        client.provider.behave(Behaviour { canned: [("/device", canned)].into(), ..Behaviour::default() });
        assert_eq!(ask(&client).await.unwrap_err().code(), code);
    }
    let without = set("device_authorization_endpoint", Value::Null);
    let client = Client::new(Behaviour { metadata: without, ..Behaviour::default() }).await;
    assert!(!client.rp.provider().has_device_authorization());
    assert_eq!(ask(&client).await.unwrap_err().code(), "endpoint_missing");
}

#[tokio::test]
async fn settings_cannot_change_what_is_asked() {
    let client = Client::new(Behaviour::default()).await;
    for name in ["client_id", "client_secret", "scope", "grant_type", "", "a b"] {
        let extra = vec![(name.to_owned(), "x".to_owned())];
        let parameters = DeviceParameters { extra, ..DeviceParameters::default() };
        let refused = client.rp.device_authorization(&client.http, &parameters, now()).await;
        assert_eq!(refused.unwrap_err().code(), "parameter_invalid", "{name}");
    }
    let parameters = DeviceParameters { scopes: vec!["a b".into()], ..DeviceParameters::default() };
    assert!(client.rp.device_authorization(&client.http, &parameters, now()).await.is_err());
    assert_eq!(client.provider.requests("/device"), 0);
}

#[tokio::test]
async fn the_id_token_is_held_to_the_same_rules() {
    let cases: [(&'static str, Value, &str); 7] = [
        ("iss", json!("https://evil.example"), "id_token_issuer_mismatch"),
        ("aud", json!("another-client"), "id_token_audience_mismatch"),
        ("exp", json!(NOW - 60), "id_token_expired"),
        ("sub", Value::Null, "id_token_subject_missing"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "id_token_at_hash_mismatch"),
        ("auth_time", json!(NOW + 120), "id_token_auth_time_in_future"),
        ("nonce", json!("of-another-sign-in"), "id_token_nonce_mismatch"),
    ];
    let client = Client::new(Behaviour::default()).await;
    let authorization = ask(&client).await.unwrap();
    for (name, value, code) in cases {
        client.provider.behave(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() });
        assert_eq!(poll(&client, &authorization).await.unwrap_err().code(), code, "{name}: {value}");
    }
    client.provider.behave(Behaviour { signature: Signature::Corrupt, ..Behaviour::default() });
    assert_eq!(poll(&client, &authorization).await.unwrap_err().code(), "id_token_signature_invalid");
    client.provider.behave(Behaviour { tokens: set("id_token", Value::Null), ..Behaviour::default() });
    assert_eq!(poll(&client, &authorization).await.unwrap_err().code(), "id_token_missing");
}

fn at(seconds: u64) -> DeviceStep {
    DeviceStep::PollAt(Duration::from_secs(seconds))
}

fn timeout() -> Result<DevicePoll, Error> {
    Err(Error::Timeout { host: "id.example.com".into() })
}

#[tokio::test]
async fn slow_down_is_for_all_polls_that_follow() {
    let client = Client::new(Behaviour::default()).await;
    let mut polling = DevicePolling::new(&ask(&client).await.unwrap());
    let mut after = |seconds, answer| polling.answered(Duration::from_secs(seconds), &answer);
    assert_eq!(after(5, Ok(DevicePoll::Pending)), at(10));
    assert_eq!(after(10, Ok(DevicePoll::SlowDown)), at(20));
    assert_eq!(after(20, Ok(DevicePoll::SlowDown)), at(35));
    assert_eq!(after(35, Ok(DevicePoll::Pending)), at(50));
    assert_eq!(after(584, Ok(DevicePoll::Pending)), at(599));
    assert_eq!(after(585, Ok(DevicePoll::Pending)), DeviceStep::Expired);
}

#[tokio::test]
async fn trouble_on_the_way_makes_the_polls_rarer_until_it_is_over() {
    let client = Client::new(Behaviour::default()).await;
    let mut polling = DevicePolling::new(&ask(&client).await.unwrap());
    assert_eq!(polling.first(), at(5));
    let mut after = |seconds, answer| polling.answered(Duration::from_secs(seconds), &answer);
    assert_eq!(after(5, timeout()), at(15));
    assert_eq!(after(15, timeout()), at(35));
    assert_eq!(after(35, timeout()), at(65));
    assert_eq!(after(65, timeout()), at(95), "half a minute at most");
    assert_eq!(after(95, Ok(DevicePoll::Pending)), at(100));
    let wait = Some(Duration::from_secs(120));
    let limited = Err(Error::RateLimited { host: "id.example.com".into(), retry_after: wait });
    assert_eq!(after(100, limited), at(220));
    assert_eq!(after(590, timeout()), DeviceStep::Expired);
    assert_eq!(after(u64::MAX, timeout()), DeviceStep::Expired);
    assert_eq!(after(600, Err(Error::IdTokenMissing)), DeviceStep::Finished);
}
