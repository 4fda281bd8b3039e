use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::provider::*;

fn silent(hint: &Tokens) -> AuthorizationParameters {
    AuthorizationParameters {
        prompt: vec!["none".into()],
        id_token_hint: hint.id_token.clone(),
        ..AuthorizationParameters::default()
    }
}

/// Signs in, then asks silently at a provider that now behaves like this.
async fn asked_silently(behaviour: Behaviour) -> (Tokens, Result<Tokens, Error>) {
    let client = Client::new(Behaviour::default()).await;
    let first = client.sign_in().await.unwrap();
    client.provider.behave(behaviour);
    let second = client.sign_in_with(&silent(&first)).await;
    (first, second)
}

#[tokio::test]
async fn the_same_person_is_recognized_and_another_is_not() {
    let (first, second) = asked_silently(Behaviour::default()).await;
    assert!(second.unwrap().identity.same_person(&first.identity));

    let other = Behaviour { claims: set("sub", json!("somebody-else")), ..Behaviour::default() };
    let (first, second) = asked_silently(other).await;
    assert!(!second.unwrap().identity.same_person(&first.identity));
}

#[tokio::test]
async fn a_silent_answer_is_held_to_the_same_rules() {
    let cases: [(&'static str, Value, &str); 4] = [
        ("nonce", Value::Null, "id_token_nonce_missing"),
        ("nonce", json!("of-another-sign-in"), "id_token_nonce_mismatch"),
        ("iss", json!("https://evil.example"), "id_token_issuer_mismatch"),
        ("exp", json!(NOW - 60), "id_token_expired"),
    ];
    for (name, value, code) in cases {
        let (_, second) =
            asked_silently(Behaviour { claims: set(name, value), ..Behaviour::default() }).await;
        assert_eq!(second.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn only_login_required_means_signed_out() {
    use SilentRefusal::{InteractionNeeded, LoginRequired};
    for (error, means) in [
        ("login_required", Some(LoginRequired)),
        ("interaction_required", Some(InteractionNeeded)),
        ("consent_required", Some(InteractionNeeded)),
        ("account_selection_required", Some(InteractionNeeded)),
        ("server_error", None),
        ("access_denied", None),
        ("made_up", None),
    ] {
        let client = Client::new(Behaviour::default()).await;
        let tokens = client.sign_in().await.unwrap();
        client.provider.behave(Behaviour { silent_error: Some(error), ..Behaviour::default() });
        let AuthorizationRequest { url, pending } = client.request(&silent(&tokens));
        let refused = pending.receive(&client.provider.authorize(&url)).unwrap_err();
        assert_eq!(refused.silent_refusal(), means, "{error}");
        let stray = pending.receive(&format!("error={error}&state=guessed")).unwrap_err();
        assert_eq!(stray.silent_refusal(), None, "only the provider can say this");
    }
}

#[tokio::test]
async fn the_hint_is_sent_but_not_printed() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let parameters = silent(&tokens);
    let hint = tokens.id_token.as_ref().unwrap().expose_secret();
    let request = client.request(&parameters);
    assert!(request.url.query_pairs().any(|(name, value)| name == "id_token_hint" && value == hint));
    let printed = format!("{parameters:?} {request:?}");
    assert!(!printed.contains(hint), "{printed}");

    let broken = AuthorizationParameters { id_token_hint: Some("a b".into()), ..silent(&tokens) };
    let redirect = url::Url::parse(REDIRECT).unwrap();
    let error = client.rp.authorization_request(&redirect, &broken).unwrap_err();
    assert_eq!(error, Error::ParameterInvalid { name: "id_token_hint".into() });
}

#[tokio::test]
async fn the_session_state_comes_with_the_code() {
    for (sent, received) in [
        (None, None),
        (Some("4cf3ab.salt".to_owned()), Some("4cf3ab.salt")),
        (Some("with a space".to_owned()), None),
        (Some("x".repeat(1025)), None),
        (Some(String::new()), None),
    ] {
        let client = Client::new(Behaviour { session_state: sent.clone(), ..Behaviour::default() }).await;
        let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
        let response = pending.receive(&client.provider.authorize(&url)).unwrap();
        assert_eq!(response.session_state.as_ref().map(SessionState::as_str), received, "{sent:?}");
        assert!(client.rp.exchange(&client.http, &pending, response.code, now()).await.is_ok());
    }
}
