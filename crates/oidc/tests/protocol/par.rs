use std::time::Duration;

use abide_oidc::*;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

/// A provider that offers a place for requests, and says more about it.
fn offering(more: Vec<(&'static str, Value)>, behaviour: Behaviour) -> Behaviour {
    let metadata = edit(move |metadata| {
        let issuer = metadata["issuer"].as_str().unwrap();
        metadata["pushed_authorization_request_endpoint"] = json!(format!("{issuer}/par"));
        for (name, value) in &more {
            metadata[*name] = value.clone();
        }
    });
    Behaviour { metadata, ..behaviour }
}

fn offered() -> Behaviour {
    offering(Vec::new(), Behaviour::default())
}

async fn start(client: &Client, parameters: &AuthorizationParameters) -> Result<AuthorizationRequest, Error> {
    client.rp.start_authorization(&client.http, &Url::parse(REDIRECT).unwrap(), parameters, now()).await
}

async fn start_error(behaviour: Behaviour) -> Error {
    let client = Client::new(behaviour).await;
    let error = start(&client, &AuthorizationParameters::default()).await.unwrap_err();
    assert_eq!(client.provider.requests("/par"), 1, "it was asked once");
    error
}

fn names(url: &Url) -> Vec<String> {
    url.query_pairs().map(|(name, _)| name.into_owned()).collect()
}

#[tokio::test]
async fn the_browser_learns_nothing_of_a_request_that_was_pushed() {
    let client = Client::new(offered()).await;
    let parameters = AuthorizationParameters {
        login_hint: Some("alice@example.com".into()),
        resources: vec!["https://a.example".into(), "https://b.example".into()],
        ..AuthorizationParameters::default()
    };
    let AuthorizationRequest { url, pending } = start(&client, &parameters).await.unwrap();
    assert_eq!(names(&url), ["client_id", "request_uri"]);
    assert_eq!(pending.opens_within(), Some(Duration::from_secs(90)));
    let pushed = &client.provider.seen("/par")[0];
    assert_eq!(pushed.field("login_hint"), Some("alice@example.com"));
    assert_eq!(pushed.field("response_type"), Some("code"));
    assert_eq!(pushed.field("client_id"), Some(CLIENT));
    assert_eq!(pushed.form.iter().filter(|pair| pair.0 == "resource").count(), 2);
    assert_eq!(pushed.form.iter().filter(|pair| pair.0 == "client_id").count(), 1);

    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    let tokens = client.rp.exchange(&client.http, &pending, code, now()).await.unwrap();
    assert_eq!(tokens.identity.subject, SUBJECT);
}

#[tokio::test]
async fn without_an_offer_the_browser_carries_the_request() {
    let client = Client::new(Behaviour::default()).await;
    let AuthorizationRequest { url, pending } = start(&client, &Default::default()).await.unwrap();
    assert!(names(&url).contains(&"code_challenge".to_owned()));
    assert_eq!(pending.opens_within(), None);
    assert_eq!(client.provider.requests("/par"), 0);
    assert!(pending.receive(&client.provider.authorize(&url)).is_ok());
}

#[tokio::test]
async fn a_provider_that_requires_it_is_asked_in_no_other_way() {
    let required = "require_pushed_authorization_requests";
    let client = Client::new(offering(vec![(required, json!(true))], Behaviour::default())).await;
    assert!(client.rp.provider().requires_pushed_authorization());
    let redirect = Url::parse(REDIRECT).unwrap();
    let error = client.rp.authorization_request(&redirect, &Default::default()).unwrap_err();
    assert_eq!(error.code(), "pushed_authorization_required");
    assert!(start(&client, &Default::default()).await.is_ok());

    let nowhere = Behaviour { metadata: set(required, json!(true)), ..Behaviour::default() };
    let client = Client::new(nowhere).await;
    let error = start(&client, &Default::default()).await.unwrap_err();
    assert_eq!(error, Error::EndpointMissing { endpoint: Endpoint::PushedAuthorization });
    assert!(!error.is_transient());

    for unclear in [json!("true"), json!(1), json!(null), json!(false)] {
        let behaviour = Behaviour { metadata: set(required, unclear), ..Behaviour::default() };
        assert!(!Client::new(behaviour).await.rp.provider().requires_pushed_authorization());
    }
}

#[tokio::test]
async fn a_client_with_a_secret_authenticates_when_it_pushes() {
    let with_secret = || Behaviour { secret: Some("s3cret: with/é"), ..Behaviour::default() };
    let client = Client::new(offering(Vec::new(), with_secret())).await;
    let AuthorizationRequest { url, pending } = start(&client, &Default::default()).await.unwrap();
    assert_eq!(client.provider.seen("/par")[0].field("client_id"), Some(CLIENT), "also beside the header");
    assert!(client.provider.seen("/par")[0].headers.contains_key("authorization"));
    assert!(pending.receive(&client.provider.authorize(&url)).is_ok());

    let wrong = Registration { client_secret: Some("other".into()), ..Registration::public(CLIENT) };
    let client = Client::registered(offering(Vec::new(), with_secret()), wrong).await;
    assert_eq!(start(&client, &Default::default()).await.unwrap_err().code(), "invalid_client");
}

#[tokio::test]
async fn what_is_in_the_address_of_the_sign_in_page_stays_there() {
    let behaviour = Behaviour {
        metadata: edit(|metadata| {
            let issuer = metadata["issuer"].as_str().unwrap().to_owned();
            metadata["pushed_authorization_request_endpoint"] = json!(format!("{issuer}/par"));
            metadata["authorization_endpoint"] = json!(format!("{issuer}/authorize?tenant=a%20b"));
        }),
        ..Behaviour::default()
    };
    let client = Client::new(behaviour).await;
    let request = start(&client, &Default::default()).await.unwrap();
    assert_eq!(names(&request.url), ["tenant", "client_id", "request_uri"]);
    assert!(request.url.as_str().contains("/authorize?tenant=a%20b&"));
    assert_eq!(client.provider.seen("/par")[0].field("tenant"), None);
}

#[tokio::test]
async fn answers_that_are_not_believed() {
    let cases = [
        ("request_uri", Value::Null, "pushed_request_uri_missing"),
        ("request_uri", json!(""), "pushed_request_uri_invalid"),
        ("request_uri", json!(7), "pushed_response_malformed"),
        ("request_uri", json!("http://id.example.com/1"), "pushed_request_uri_invalid"),
        ("request_uri", json!("javascript:alert(1)"), "pushed_request_uri_invalid"),
        ("request_uri", json!("file:///etc/passwd"), "pushed_request_uri_invalid"),
        ("request_uri", json!("urn:a\r\nb:c"), "pushed_request_uri_invalid"),
        ("request_uri", json!("urn:example:a#b"), "pushed_request_uri_invalid"),
        ("request_uri", json!("a".repeat(5000)), "pushed_request_uri_invalid"),
        ("request_uri", json!(format!("urn:example:{}", "a".repeat(2048))), "pushed_request_uri_invalid"),
        ("expires_in", Value::Null, "pushed_request_expiration_missing"),
        ("expires_in", json!(0), "pushed_request_expiration_invalid"),
        ("expires_in", json!(-90), "pushed_request_expiration_invalid"),
        ("expires_in", json!(1.5), "pushed_request_expiration_invalid"),
        ("expires_in", json!("90"), "pushed_request_expiration_invalid"),
        ("expires_in", json!(true), "pushed_request_expiration_invalid"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { pushed: set(name, value.clone()), ..Behaviour::default() };
        let error = start_error(offering(Vec::new(), behaviour)).await;
        assert_eq!((error.code(), error.is_transient()), (code, false), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_long_life_is_bounded_and_a_reference_at_https_is_one() {
    let cases = [("expires_in", json!(u64::MAX)), ("request_uri", json!("https://id.example.com/r/1?a=b&c"))];
    for (name, value) in cases {
        let behaviour = Behaviour { pushed: set(name, value.clone()), ..Behaviour::default() };
        let client = Client::new(offering(Vec::new(), behaviour)).await;
        let request = start(&client, &Default::default()).await.unwrap();
        assert_eq!(names(&request.url), ["client_id", "request_uri"], "{value}");
        assert!(request.pending.opens_within().unwrap() <= Duration::from_secs(86_400));
        assert!(!format!("{request:?} {:?}", request.pending).contains("request_uri"));
    }
}

/// An attacker who makes a push fail must not be able to force the same request through the browser.
#[tokio::test]
async fn a_push_that_fails_is_not_made_up_for_in_the_browser() {
    let good = br#"{"request_uri":"urn:example:a","expires_in":90}"#;
    let twice = br#"{"request_uri":"urn:example:a","request_uri":"urn:example:b","expires_in":90}"#;
    let deep = [&b"{\"a\":"[..], &b"[".repeat(100), &b"]".repeat(100), b"}"].concat();
    let answer = |status, kind, body: &[u8]| Canned::Answer(status, kind, body.to_vec());
    const JSON: &str = "application/json";
    let cases = [
        (answer(200, JSON, good), "pushed_request_not_created", false),
        (answer(204, JSON, b""), "pushed_request_not_created", false),
        (answer(201, "text/html", good), "pushed_response_not_json", false),
        (answer(201, JSON, b"{"), "pushed_response_malformed", false),
        (answer(201, JSON, b"[]"), "pushed_response_malformed", false),
        (answer(201, JSON, twice), "pushed_response_duplicate_member", false),
        (answer(201, JSON, &deep), "pushed_response_too_deep", false),
        (answer(201, JSON, &vec![b' '; (1 << 20) + 1]), "response_too_large", false),
        (answer(400, JSON, br#"{"error":"invalid_request"}"#), "invalid_request", false),
        (answer(400, JSON, br#"{"error":"invalid_redirect_uri"}"#), "invalid_redirect_uri", false),
        (answer(400, JSON, br#"{"error":"something_of_its_own"}"#), "provider_refused", false),
        (answer(400, JSON, br#"{"error":"invalid_target"}"#), "invalid_target", false),
        (answer(401, JSON, br#"{"error":"invalid_client"}"#), "pushed_request_refused", false),
        (answer(403, "text/html", b"<h1>no</h1>"), "pushed_request_refused", false),
        (answer(404, "text/html", b"<h1>no</h1>"), "provider_unexpected_status", false),
        (answer(405, JSON, b"{}"), "provider_unexpected_status", false),
        (answer(413, JSON, b"{}"), "pushed_request_too_large", false),
        (Canned::Header(307, "location", "https://evil.example/".into()), "provider_redirected", false),
        (Canned::Endless, "response_too_large", false),
        (answer(400, JSON, br#"{"error":"temporarily_unavailable"}"#), "temporarily_unavailable", true),
        (Canned::Header(429, "retry-after", "30".into()), "provider_rate_limited", true),
        (Canned::Header(503, "retry-after", "30".into()), "provider_unavailable", true),
        (answer(500, "text/html", b"oops"), "provider_unavailable", true),
    ];
    for (canned, code, transient) in cases {
        let behaviour = Behaviour { canned: [("/par", canned)].into(), ..Behaviour::default() };
        let error = start_error(offering(Vec::new(), behaviour)).await;
        assert_eq!((error.code(), error.is_transient()), (code, transient), "{error:?}");
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_sent_is_not_pushed() {
    let client = Client::new(offered()).await;
    let parameters =
        AuthorizationParameters { extra: vec![("state".into(), "x".into())], ..Default::default() };
    assert_eq!(start(&client, &parameters).await.unwrap_err().code(), "parameter_invalid");
    assert_eq!(client.provider.requests("/par"), 0);
}

fn by_way(pushed_requests: PushedRequests) -> Registration {
    Registration { pushed_requests, ..Registration::public(CLIENT) }
}

#[tokio::test]
async fn the_account_may_decide_whether_requests_are_pushed() {
    use PushedRequests::{Auto, Off, Required};
    let required = "require_pushed_authorization_requests";
    let demanded = || offering(vec![(required, json!(true))], Behaviour::default());
    let demanded_nowhere = || Behaviour { metadata: set(required, json!(true)), ..Behaviour::default() };
    for (behaviour, way, outcome, pushes) in [
        (Behaviour::default(), Auto, "ok", 0),
        (Behaviour::default(), Off, "ok", 0),
        (Behaviour::default(), Required, "endpoint_missing", 0),
        (offered(), Auto, "ok", 1),
        (offered(), Off, "ok", 0),
        (offered(), Required, "ok", 1),
        (demanded(), Auto, "ok", 1),
        (demanded(), Off, "pushed_authorization_required", 0),
        (demanded(), Required, "ok", 1),
        (demanded_nowhere(), Auto, "endpoint_missing", 0),
        (demanded_nowhere(), Off, "pushed_authorization_required", 0),
    ] {
        let client = Client::registered(behaviour, by_way(way)).await;
        let started = start(&client, &Default::default()).await;
        let found = started.as_ref().map_or_else(|error| error.code(), |_| "ok");
        assert_eq!((found, client.provider.requests("/par")), (outcome, pushes), "{way:?}");
        if let Ok(AuthorizationRequest { url, pending }) = started {
            assert!(pending.receive(&client.provider.authorize(&url)).is_ok(), "{way:?}");
        }
    }
}

/// No setting helps if what is not used can prevent a sign-in.
#[tokio::test]
async fn a_place_for_requests_that_cannot_be_used_matters_only_where_requests_are_pushed() {
    use PushedRequests::{Auto, Off, Required};
    for (place, code) in [
        (json!("http://id.example.com/par"), "endpoint_insecure"),
        (json!("/par"), "endpoint_invalid"),
        (json!(7), "endpoint_invalid"),
        (json!([]), "endpoint_invalid"),
    ] {
        for (way, outcome) in [(Auto, code), (Off, "ok"), (Required, code)] {
            let metadata = set("pushed_authorization_request_endpoint", place.clone());
            let client =
                Client::registered(Behaviour { metadata, ..Behaviour::default() }, by_way(way)).await;
            let started = start(&client, &Default::default()).await;
            let found = started.as_ref().map_or_else(|error| error.code(), |_| "ok");
            assert_eq!(found, outcome, "{place} {way:?}");
            if let Err(error) = started {
                let said = error.to_string();
                assert!(said.contains("pushed_authorization_request_endpoint"), "{said}");
                assert!(said.contains("pushed_requests = \"off\""), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_named_with_the_setting_that_does_without() {
    for (status, body, code) in [
        (404, "no", "provider_unexpected_status"),
        (405, "no", "provider_unexpected_status"),
        (501, "no", "provider_unexpected_status"),
        (501, r#"{"error":"Not Implemented"}"#, "provider_unexpected_status"),
        (
            400,
            r#"{"error":"invalid_request","error_description":"client authentication required"}"#,
            "invalid_request",
        ),
    ] {
        let canned = [("/par", Canned::Answer(status, "application/json", body.into()))].into();
        let error = start_error(offering(Vec::new(), Behaviour { canned, ..Behaviour::default() })).await;
        let said = error.to_string();
        assert!(error.code() == code && !error.is_transient(), "{said}");
        assert!(said.contains("pushed_authorization_request_endpoint"), "{said}");
        assert!(said.contains("pushed_requests = \"off\""), "{said}");
    }
    // An outage passes, and a scope is about something else.
    let canned = [("/par", Canned::Answer(503, "text/html", b"no".to_vec()))].into();
    let error = start_error(offering(Vec::new(), Behaviour { canned, ..Behaviour::default() })).await;
    assert!(error.is_transient() && !error.to_string().contains("\"off\""), "{error}");
    let body = br#"{"error":"invalid_scope"}"#.to_vec();
    let canned = [("/par", Canned::Answer(400, "application/json", body))].into();
    let error = start_error(offering(Vec::new(), Behaviour { canned, ..Behaviour::default() })).await;
    assert!(error.code() == "invalid_scope" && !error.to_string().contains("\"off\""), "{error}");
}

/// Several providers offer the endpoint to every client and accept only those with a secret there.
#[tokio::test]
async fn a_place_for_requests_that_is_closed_to_public_clients_is_named() {
    let required = "require_pushed_authorization_requests";
    let refusal = |status, body: &'static str| Behaviour {
        canned: [("/par", Canned::Answer(status, "application/json", body.into()))].into(),
        ..Behaviour::default()
    };
    const CODE: &str = "pushed_request_refused";
    for (status, body) in [
        (401, r#"{"error":"invalid_client","error_description":"Only confidential clients."}"#),
        (400, r#"{"error":"invalid_client"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (403, r#"{"error":"access_denied"}"#),
        (401, "{}"),
        (403, "{}"),
    ] {
        let error = start_error(offering(Vec::new(), refusal(status, body))).await;
        let said = error.to_string();
        assert_eq!((error.code(), error.kind()), (CODE, ErrorKind::ActionRequired), "{status} {body}");
        assert!(said.contains("pushed_authorization_request_endpoint"), "{said}");
        assert!(said.contains("client secret") && said.contains("pushed_requests = \"off\""), "{said}");
        assert_eq!(said.contains("Only confidential clients"), body.contains("Only"), "{said}");
        // If the provider accepts only pushed requests, the message must not advise to turn them off.
        let error = start_error(offering(vec![(required, json!(true))], refusal(status, body))).await;
        let said = error.to_string();
        assert!(error.code() == CODE && said.contains("client secret"), "{said}");
        assert!(!said.contains("\"off\""), "{said}");
    }
    // A client that has authenticated is told what the provider says, and so is one that asked for what it may not have.
    let secret = Registration { client_secret: Some("s".into()), ..Registration::public(CLIENT) };
    let behaviour = refusal(401, r#"{"error":"invalid_client"}"#);
    let client = Client::registered(offering(Vec::new(), behaviour), secret).await;
    assert_eq!(start(&client, &Default::default()).await.unwrap_err().code(), "invalid_client");
    for error in ["invalid_scope", "invalid_redirect_uri", "invalid_request"] {
        let body: &'static str = format!(r#"{{"error":"{error}"}}"#).leak();
        assert_eq!(start_error(offering(Vec::new(), refusal(400, body))).await.code(), error);
    }
}
