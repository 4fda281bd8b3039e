//! What is bound to a key beside a sign-in in the browser: devices, and access tokens for one purpose.

use std::sync::Arc;

use abide_oidc::*;
use serde_json::json;

use crate::client_assertion::{ec, with_key};
use crate::provider::*;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A provider that binds tokens, and wants its nonce in each proof.
fn binding() -> Behaviour {
    Behaviour {
        metadata: set("dpop_signing_alg_values_supported", json!(["ES256"])),
        bound: Some(Bound { nonce: Some("n-1"), ..Bound::default() }),
        tokens: set("issued_token_type", json!(ACCESS_TOKEN)),
        ..Behaviour::default()
    }
}

/// The same, when it issues what anybody can use.
fn careless() -> Behaviour {
    let tokens = edit(|answer| {
        answer["issued_token_type"] = ACCESS_TOKEN.into();
        answer["token_type"] = "Bearer".into();
    });
    Behaviour { tokens, ..binding() }
}

fn another_key(client: &Client) -> Client {
    let rp = client.rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    Client { rp, http: http(), provider: client.provider.clone() }
}

async fn begin(client: &Client) -> DeviceAuthorization {
    client.rp.device_authorization(&client.http, &DeviceParameters::default(), now()).await.unwrap()
}

async fn poll(client: &Client, authorization: &DeviceAuthorization) -> Result<Tokens, Error> {
    match client.rp.device_token(&client.http, authorization, now()).await.map_err(|refused| refused.error)? {
        DevicePoll::Done(tokens) => Ok(*tokens),
        answer => panic!("{answer:?}"),
    }
}

async fn narrow(client: &Client, tokens: &Tokens) -> Result<IssuedToken, RefreshError> {
    let sent = tokens.refresh_token.as_ref().unwrap();
    let target = TokenTarget { scopes: vec!["openid".into()], ..TokenTarget::default() };
    client.rp.narrow(&client.http, sent, &tokens.identity, &tokens.scope, &target, now()).await
}

async fn exchange(client: &Client, tokens: &Tokens) -> Result<IssuedToken, Error> {
    let request = ExchangeRequest {
        subject_token: &tokens.access_token,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target: &TokenTarget::default(),
        granted_scope: &tokens.scope,
    };
    client.rp.exchange_token(&client.http, &request, now()).await.map_err(|refused| refused.error)
}

/// How often a path was asked for, and how often with a proof.
fn proofs(client: &Client, path: &str) -> (usize, usize) {
    let seen = client.provider.seen(path);
    (seen.len(), seen.iter().filter(|request| request.headers.contains_key("dpop")).count())
}

#[tokio::test]
async fn a_device_that_has_a_key_gets_tokens_that_are_bound_to_it() {
    let client = another_key(&Client::new(binding()).await);
    let authorization = begin(&client).await;
    assert_eq!(proofs(&client, "/device"), (2, 2), "the second time with the nonce");
    let tokens = poll(&client, &authorization).await.unwrap();
    assert_eq!(proofs(&client, "/token"), (1, 1), "the nonce was known by then");
    assert_eq!(tokens.token_type, "DPoP");
    assert!(client.rp.userinfo_with_proof(&client.http, &tokens.access_token, SUBJECT, now()).await.is_ok());
    let stolen = another_key(&client).refresh(&tokens).await.unwrap_err();
    assert_eq!(stolen.code(), "invalid_grant");
    assert_eq!(client.refresh(&tokens).await.unwrap().token_type, "DPoP");

    client.provider.behave(careless());
    assert_eq!(poll(&client, &authorization).await.unwrap_err().code(), "dpop_token_not_bound");
}

#[tokio::test]
async fn a_token_for_one_purpose_is_asked_for_with_a_proof_and_bound() {
    let client = another_key(&Client::new(binding()).await);
    let tokens = client.sign_in().await.unwrap();
    let (before, _) = proofs(&client, "/token");
    let narrowed = narrow(&client, &tokens).await.unwrap();
    assert_eq!(narrowed.token_type, "DPoP");
    assert_eq!(exchange(&client, &tokens).await.unwrap().token_type, "DPoP");
    assert_eq!(proofs(&client, "/token"), (before + 2, before + 2));
    assert!(exchange(&another_key(&client), &tokens).await.is_err(), "a stolen token is worth nothing");

    client.provider.behave(careless());
    assert_eq!(exchange(&client, &tokens).await.unwrap_err().code(), "dpop_token_not_bound");
    let tokens = Tokens { refresh_token: narrowed.refresh_token, ..tokens };
    let refused = narrow(&client, &tokens).await.unwrap_err();
    assert_eq!(refused.error.code(), "dpop_token_not_bound");
    assert!(refused.rotated.is_some(), "the session continues with the new refresh token");
}

#[tokio::test]
async fn a_client_without_a_key_takes_no_token_that_is_bound_to_one() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let authorization = begin(&client).await;
    let bound = edit(|answer| {
        answer["issued_token_type"] = ACCESS_TOKEN.into();
        answer["token_type"] = "DPoP".into();
    });
    client.provider.behave(Behaviour { tokens: bound, ..Behaviour::default() });
    assert_eq!(poll(&client, &authorization).await.unwrap_err().code(), "token_type_unsupported");
    assert_eq!(exchange(&client, &tokens).await.unwrap_err().code(), "token_type_unsupported");
    assert_eq!(narrow(&client, &tokens).await.unwrap_err().error.code(), "token_type_unsupported");
}

/// The provider lets no assertion and no proof pass twice, so a request that is sent again has new ones.
#[tokio::test]
async fn a_client_with_a_key_authenticates_at_these_requests_too() {
    let (pem, public) = ec();
    let behaviour = Behaviour { client_key: Some(public), ..binding() };
    let registration =
        Registration { auth_method: Some(ClientAuthentication::PrivateKeyJwt), ..with_key(&pem, None) };
    let client = another_key(&Client::registered(behaviour, registration).await);
    let authorization = begin(&client).await;
    let tokens = poll(&client, &authorization).await.unwrap();
    assert!(exchange(&client, &tokens).await.is_ok());
    assert!(narrow(&client, &tokens).await.is_ok());
    let sent = [client.provider.seen("/device"), client.provider.seen("/token")].concat();
    assert_eq!(sent.len(), 5);
    assert!(sent.iter().all(|request| request.field("client_assertion").is_some()));
}

#[tokio::test]
async fn a_profile_that_is_asked_for_with_a_proof_may_be_signed_too() {
    let registration =
        Registration { userinfo_alg: Some(SigningAlgorithm::Es256), ..Registration::public(CLIENT) };
    let client = another_key(&Client::registered(binding(), registration).await);
    let tokens = client.sign_in().await.unwrap();
    let read = || client.rp.userinfo_with_proof(&client.http, &tokens.access_token, SUBJECT, now());
    assert_eq!(read().await.unwrap_err().code(), "userinfo_unsigned");
    client.provider.behave(Behaviour { signed_userinfo: true, ..binding() });
    assert_eq!(read().await.unwrap().text("name"), Some("Alice Example"));
    let forged = Behaviour { signed_userinfo: true, signature: Signature::Corrupt, ..binding() };
    client.provider.behave(forged);
    assert_eq!(read().await.unwrap_err().code(), "userinfo_signature_invalid");
}
