use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

#[tokio::test]
async fn a_revoked_token_is_gone_at_the_provider() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let refresh_token = tokens.refresh_token.as_ref().unwrap();
    let active = || client.rp.introspect(&client.http, refresh_token, TokenKind::RefreshToken, now());
    assert!(active().await.unwrap().active);
    client.rp.revoke(&client.http, refresh_token, TokenKind::RefreshToken, now()).await.unwrap();
    assert!(!client.provider.knows_refresh_token(refresh_token.expose_secret()));
    assert!(!active().await.unwrap().active);
    assert_eq!(client.refresh(&tokens).await.unwrap_err().code(), "invalid_grant");

    client.rp.revoke(&client.http, &tokens.access_token, TokenKind::AccessToken, now()).await.unwrap();
    let error = client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await.unwrap_err();
    assert_eq!(error.code(), "access_token_rejected");
}

#[tokio::test]
async fn revocation_that_does_not_work_says_why() {
    let unsupported = br#"{"error":"unsupported_token_type"}"#.to_vec();
    let cases = [
        (Canned::Answer(400, "application/json", unsupported), "unsupported_token_type", false),
        (Canned::Answer(503, "text/plain", Vec::new()), "provider_unavailable", true),
        // Without a word the status is the answer: asking again brings the same.
        (Canned::Answer(401, "text/html", b"<h1>no</h1>".to_vec()), "invalid_client", false),
        (Canned::Answer(401, "application/json", b"{}".to_vec()), "invalid_client", false),
        (Canned::Answer(403, "text/html", b"<h1>no</h1>".to_vec()), "access_denied", false),
        (Canned::Answer(404, "text/html", b"<h1>no</h1>".to_vec()), "provider_unexpected_status", false),
        // The page of a network that asks for its own sign-in.
        (Canned::Answer(200, "text/html", b"\n<html>".to_vec()), "provider_unexpected_status", false),
    ];
    for (canned, code, transient) in cases {
        let client =
            Client::new(Behaviour { canned: [("/revoke", canned)].into(), ..Behaviour::default() }).await;
        let error =
            client.rp.revoke(&client.http, &"t".into(), TokenKind::AccessToken, now()).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, transient));
    }
    // Servers that send no body often leave the type as it is.
    let empty = Canned::Answer(200, "text/html", b"\n".to_vec());
    let client = Client::new(Behaviour { canned: [("/revoke", empty)].into(), ..Behaviour::default() }).await;
    assert_eq!(client.rp.revoke(&client.http, &"t".into(), TokenKind::AccessToken, now()).await, Ok(()));
    let without = Behaviour { metadata: set("revocation_endpoint", Value::Null), ..Behaviour::default() };
    let client = Client::new(without).await;
    let error = client.rp.revoke(&client.http, &"t".into(), TokenKind::AccessToken, now()).await.unwrap_err();
    assert_eq!(error, Error::EndpointMissing { endpoint: Endpoint::Revocation });
}

fn back() -> Url {
    Url::parse("http://127.0.0.1:49152/signed-out").unwrap()
}

#[tokio::test]
async fn the_sign_out_page_is_told_who_and_where_to() {
    let with_query = Behaviour {
        metadata: edit(|metadata| {
            metadata["end_session_endpoint"] =
                format!("{}/logout?ui=1", metadata["issuer"].as_str().unwrap()).into();
        }),
        ..Behaviour::default()
    };
    let client = Client::new(with_query).await;
    let federated = [("federated".to_owned(), String::new()), ("logout_hint".to_owned(), "a b".to_owned())];
    let request = client.rp.logout_request(Some(&"a.b.c".into()), Some(&back()), &federated).unwrap();
    let mut pairs: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    let (name, state) = pairs.remove(4);
    assert_eq!((name.as_str(), state.len()), ("state", 43), "256 bits in base64url");
    let expected = [
        ("ui", "1"),
        ("id_token_hint", "a.b.c"),
        ("client_id", CLIENT),
        ("post_logout_redirect_uri", "http://127.0.0.1:49152/signed-out"),
        ("federated", ""),
        ("logout_hint", "a b"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let printed = format!("{request:?} {:?}", request.pending);
    assert!(!printed.contains(&state) && !printed.contains("a.b.c"), "{printed}");

    let alone = client.rp.logout_request(None, None, &[]).unwrap();
    assert!(alone.pending.is_none() && !alone.url.as_str().contains("state="), "{}", alone.url);
}

#[tokio::test]
async fn a_sign_out_page_that_is_not_there_or_cannot_be_asked_so() {
    let client = Client::new(Behaviour::default()).await;
    for name in
        ["state", "client_id", "client_secret", "id_token_hint", "post_logout_redirect_uri", "", "a b"]
    {
        let extra = [(name.to_owned(), "x".to_owned())];
        let error = client.rp.logout_request(None, Some(&back()), &extra).unwrap_err();
        assert_eq!(error, Error::ParameterInvalid { name: name.to_owned() });
    }
    let twice = [("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
    assert_eq!(client.rp.logout_request(None, None, &twice).unwrap_err().code(), "parameter_invalid");
    let fragment = Url::parse("http://127.0.0.1/#x").unwrap();
    let error = client.rp.logout_request(None, Some(&fragment), &[]).unwrap_err();
    assert_eq!(error, Error::ParameterInvalid { name: "post_logout_redirect_uri".into() });

    let without = Behaviour { metadata: set("end_session_endpoint", json!(null)), ..Behaviour::default() };
    let error = Client::new(without).await.rp.logout_request(None, None, &[]).unwrap_err();
    assert_eq!(error, Error::EndpointMissing { endpoint: Endpoint::EndSession });
}

/// A sign-out at the provider, and what the browser would bring back.
async fn signed_out() -> (LogoutPending, String) {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let request = client.rp.logout_request(tokens.id_token.as_ref(), Some(&back()), &[]).unwrap();
    let query = client.provider.end_session(&request.url);
    (request.pending.unwrap(), query)
}

fn logout_outcome(pending: &LogoutPending, query: &str) -> &'static str {
    pending.receive(query).map_or_else(|error| error.code(), |()| "ok")
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout() {
    let (pending, query) = signed_out().await;
    assert_eq!(logout_outcome(&pending, &query), "ok");
    let (_, of_another_sign_out) = signed_out().await;
    assert_eq!(logout_outcome(&pending, &of_another_sign_out), "logout_callback_state_unknown");
}

/// The suite's module for a `state` that is not the one that was sent (its class says "invalid state").
#[tokio::test]
async fn oidcc_client_test_rp_init_logout_other_state() {
    let (pending, query) = signed_out().await;
    for other in ["state=other".to_owned(), "state=".to_owned(), format!("{query}x")] {
        assert_eq!(logout_outcome(&pending, &other), "logout_callback_state_unknown", "{other}");
    }
    let twice = format!("{query}&{query}");
    assert_eq!(logout_outcome(&pending, &twice), "logout_callback_duplicate_parameter");
    let long = format!("{query}&x={}", "a".repeat(20_000));
    assert_eq!(logout_outcome(&pending, &long), "logout_callback_too_long");
    assert_eq!(logout_outcome(&pending, &query), "ok", "the sign-out is still pending");
}

#[tokio::test]
async fn oidcc_client_test_rp_init_logout_no_state() {
    let (pending, query) = signed_out().await;
    for none in ["", "stat=x", "x"] {
        assert_eq!(logout_outcome(&pending, none), "logout_callback_state_missing", "{none}");
    }
    assert_eq!(logout_outcome(&pending, &query), "ok", "the sign-out is still pending");
}
