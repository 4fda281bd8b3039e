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
    let active = || client.rp.introspect(&client.http, refresh_token, TokenKind::RefreshToken);
    assert!(active().await.unwrap().active);
    client.rp.revoke(&client.http, refresh_token, TokenKind::RefreshToken).await.unwrap();
    assert!(!client.provider.knows_refresh_token(refresh_token.expose_secret()));
    assert!(!active().await.unwrap().active);
    assert_eq!(client.refresh(&tokens).await.unwrap_err().code(), "invalid_grant");

    client.rp.revoke(&client.http, &tokens.access_token, TokenKind::AccessToken).await.unwrap();
    let error = client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT).await.unwrap_err();
    assert_eq!(error.code(), "access_token_rejected");
}

#[tokio::test]
async fn revocation_that_does_not_work_says_why() {
    let unsupported = br#"{"error":"unsupported_token_type"}"#.to_vec();
    let cases = [
        (Canned::Answer(400, "application/json", unsupported), "unsupported_token_type", false),
        (Canned::Answer(503, "text/plain", Vec::new()), "provider_unavailable", true),
    ];
    for (canned, code, transient) in cases {
        let client =
            Client::new(Behaviour { canned: [("/revoke", canned)].into(), ..Behaviour::default() }).await;
        let error = client.rp.revoke(&client.http, &"t".into(), TokenKind::AccessToken).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, transient));
    }
    let without = Behaviour { metadata: set("revocation_endpoint", Value::Null), ..Behaviour::default() };
    let client = Client::new(without).await;
    let error = client.rp.revoke(&client.http, &"t".into(), TokenKind::AccessToken).await.unwrap_err();
    assert_eq!(error, Error::EndpointMissing { endpoint: Endpoint::Revocation });
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
    let back = Url::parse("http://127.0.0.1:49152/signed-out").unwrap();
    let url = client.rp.end_session_url(Some(&"a.b.c".into()), Some(&back), "s t").unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("ui", "1"),
        ("id_token_hint", "a.b.c"),
        ("client_id", CLIENT),
        ("post_logout_redirect_uri", back.as_str()),
        ("state", "s t"),
    ];
    assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let alone = client.rp.end_session_url(None, None, "s").unwrap();
    assert!(!alone.as_str().contains("state="), "{alone}");

    let without = Behaviour { metadata: set("end_session_endpoint", json!(null)), ..Behaviour::default() };
    assert_eq!(Client::new(without).await.rp.end_session_url(None, None, "s"), None);
}
