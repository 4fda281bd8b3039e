use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

async fn discover(behaviour: Behaviour) -> Result<Provider, Error> {
    let provider = TestProvider::start(behaviour).await;
    Provider::discover(&http(), &provider.issuer).await
}

#[tokio::test]
async fn what_the_provider_offers_is_known() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    assert_eq!(found.issuer(), provider.issuer);
    assert_eq!(found.display_host(), provider.issuer.strip_prefix("http://").unwrap());
    assert!(
        found.has_userinfo()
            && found.has_revocation()
            && found.has_introspection()
            && found.has_end_session()
    );
    assert!(!found.has_check_session() && !found.has_backchannel_logout());
    assert_eq!(found.offers_scope("offline_access"), None, "it does not say");

    let says =
        Behaviour { metadata: set("scopes_supported", json!(["openid", "email"])), ..Behaviour::default() };
    let found = discover(says).await.unwrap();
    assert_eq!(found.offers_scope("email"), Some(true));
    assert_eq!(found.offers_scope("offline_access"), Some(false));
}

#[tokio::test]
async fn ways_to_learn_of_the_end_of_a_session_are_known() {
    let all = edit(|metadata| {
        metadata["check_session_iframe"] = format!("{}/session", metadata["issuer"].as_str().unwrap()).into();
        for name in ["frontchannel_logout", "backchannel_logout"] {
            metadata[format!("{name}_supported")] = true.into();
            metadata[format!("{name}_session_supported")] = true.into();
        }
    });
    let provider = TestProvider::start(Behaviour { metadata: all, ..Behaviour::default() }).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    assert_eq!(found.check_session_iframe().unwrap().as_str(), format!("{}/session", provider.issuer));
    assert_eq!(found.check_session_problem(), None);
    assert_eq!(found.end_session_endpoint().unwrap().as_str(), format!("{}/logout", provider.issuer));
    assert!(found.has_frontchannel_logout() && found.has_frontchannel_logout_session());
    assert!(found.has_backchannel_logout() && found.has_backchannel_logout_session());

    let vague = edit(|metadata| {
        metadata["frontchannel_logout_supported"] = "true".into();
        metadata["backchannel_logout_supported"] = Value::Null;
        metadata["backchannel_logout_session_supported"] = 1.into();
    });
    let found = discover(Behaviour { metadata: vague, ..Behaviour::default() }).await.unwrap();
    assert!(!found.has_frontchannel_logout() && !found.has_frontchannel_logout_session());
    assert!(!found.has_backchannel_logout() && !found.has_backchannel_logout_session());
}

#[tokio::test]
async fn a_session_page_that_cannot_be_used_keeps_nobody_from_signing_in() {
    for (page, code) in [
        (json!("http://id.example.com/session"), "endpoint_insecure"),
        (json!("javascript:alert(1)"), "endpoint_invalid"),
        (json!("https://id.example.com/\r\nx"), "endpoint_invalid"),
        (json!("https://id.example.com/session#x"), "endpoint_invalid"),
        (json!(7), "endpoint_invalid"),
    ] {
        let behaviour = Behaviour { metadata: set("check_session_iframe", page), ..Behaviour::default() };
        let client = Client::new(behaviour).await;
        assert!(client.sign_in().await.is_ok());
        let found = client.rp.provider();
        assert!(!found.has_check_session());
        assert_eq!(found.check_session_problem().map(|error| error.code()), Some(code));
    }
}

#[tokio::test]
async fn the_issuer_is_compared_byte_for_byte() {
    let provider = TestProvider::start(Behaviour::default()).await;
    let with_slash = format!("{}/", provider.issuer);
    let error = Provider::discover(&http(), &with_slash).await.unwrap_err();
    assert_eq!(error, Error::IssuerMismatch { expected: with_slash, found: provider.issuer.clone() });
    assert_eq!(provider.requests("/keys"), 0, "nothing follows a wrong issuer");

    let other = Behaviour { metadata: set("issuer", json!("https://evil.example")), ..Behaviour::default() };
    assert_eq!(discover(other).await.unwrap_err().code(), "issuer_mismatch");
}

#[tokio::test]
async fn metadata_that_is_refused() {
    let cases: [(&'static str, Value, &str); 6] = [
        ("issuer", Value::Null, "metadata_malformed"),
        ("token_endpoint", Value::Null, "endpoint_missing"),
        ("token_endpoint", json!("http://id.example.com/token"), "endpoint_insecure"),
        ("authorization_endpoint", json!("file:///bin/sh"), "endpoint_invalid"),
        ("end_session_endpoint", json!("https://id.example.com/\r\nx"), "endpoint_invalid"),
        ("response_types_supported", json!(["token"]), "code_flow_unsupported"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { metadata: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(discover(behaviour).await.unwrap_err().code(), code, "{name}: {value}");
    }
}

#[tokio::test]
async fn answers_that_are_no_metadata() {
    const PATH: &str = "/.well-known/openid-configuration";
    let cases = [
        (Canned::Answer(200, "text/html", b"<html>".to_vec()), "metadata_not_json"),
        (Canned::Answer(200, "application/json", b"<html>".to_vec()), "metadata_malformed"),
        (
            Canned::Answer(200, "application/json", br#"{"issuer":"a","issuer":"b"}"#.to_vec()),
            "metadata_duplicate_member",
        ),
        (Canned::Answer(200, "application/json", "[".repeat(100_000).into_bytes()), "metadata_too_deep"),
        (Canned::Answer(404, "text/html", b"<h1>Not found</h1>".to_vec()), "provider_unexpected_status"),
        (Canned::Answer(503, "text/html", b"".to_vec()), "provider_unavailable"),
        (Canned::Header(302, "location", "/elsewhere".into()), "provider_redirected"),
    ];
    for (canned, code) in cases {
        let provider =
            TestProvider::start(Behaviour { canned: [(PATH, canned)].into(), ..Behaviour::default() }).await;
        let error = Provider::discover(&http(), &provider.issuer).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert_eq!(
            provider.requests("/elsewhere") + provider.requests("/keys"),
            0,
            "{code}: nothing follows"
        );
    }
}

#[tokio::test]
async fn keys_that_cannot_be_read() {
    let cases = [
        (Canned::Answer(200, "application/json", br#"{"keys":{}}"#.to_vec()), "keys_malformed"),
        (Canned::Answer(200, "text/plain", br#"{"keys":[]}"#.to_vec()), "keys_not_json"),
        (Canned::Header(307, "location", "/elsewhere".into()), "provider_redirected"),
    ];
    for (canned, code) in cases {
        let behaviour = Behaviour { canned: [("/keys", canned)].into(), ..Behaviour::default() };
        assert_eq!(discover(behaviour).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn an_issuer_that_is_not_protected_is_never_asked() {
    for issuer in ["http://id.example.invalid", "http://192.0.2.1", "ftp://id.example.invalid"] {
        let error = Provider::discover(&http(), issuer).await.unwrap_err();
        assert!(matches!(error, Error::IssuerInvalid { .. }), "{issuer}: {error:?}");
    }
}
