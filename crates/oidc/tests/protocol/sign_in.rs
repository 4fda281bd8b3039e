use std::time::Duration;

use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::provider::*;

#[tokio::test]
async fn a_sign_in_gives_tokens_and_says_who_it_was() {
    let client = Client::new(Behaviour::default()).await;
    let parameters = AuthorizationParameters {
        scopes: vec!["openid".into(), "profile".into(), "offline_access".into(), "profile".into()],
        ..AuthorizationParameters::default()
    };
    let tokens = client.sign_in_with(&parameters).await.unwrap();
    assert!(tokens.access_token.expose_secret().starts_with("canary-access-"));
    assert_eq!(tokens.token_type, "Bearer");
    assert_eq!(tokens.expires_in, Some(Duration::from_secs(300)));
    assert_eq!(tokens.refresh_expires_in, Some(Duration::from_secs(1800)));
    assert_eq!(tokens.scope, "openid profile offline_access");
    assert_eq!(tokens.identity.issuer, client.provider.issuer);
    assert_eq!(tokens.identity.subject, SUBJECT);
    assert_eq!(tokens.identity.label(), "alice@example.com");
    assert_eq!(tokens.identity.sid.as_deref(), Some("session-1"));
    assert_eq!(tokens.identity.auth_time, Some(NOW - 10));
    assert_eq!(tokens.identity.amr, ["pwd"]);
    assert!(!format!("{tokens:?}").contains("canary"));

    let claims = client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await.unwrap();
    assert_eq!(claims.text("name"), Some("Alice Example"));
    assert_eq!(claims.claim("employee").unwrap()["id"], 7);
    assert!(!format!("{claims:?}").contains("Alice"));
}

#[tokio::test]
async fn every_step_can_run_on_another_thread() {
    let client = Client::new(Behaviour::default()).await;
    let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
    let task = tokio::spawn(async move {
        let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
        let tokens = client.rp.exchange(&client.http, &pending, code, now()).await?;
        let tokens = client.refresh(&tokens).await?;
        client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await?;
        client.rp.logout_token(&client.http, &client.provider.logout_token(), now()).await?;
        let stream = url::Url::parse(&format!("{}/events", client.provider.issuer)).unwrap();
        client.provider.queue_event("event-1");
        let request = PollRequest::default();
        let answer = client.rp.poll_events(&client.http, &stream, &EVENTS_TOKEN.into(), &request).await?;
        client.rp.security_event(&client.http, &answer.sets[0].1, None, now()).await?;
        client.rp.revoke(&client.http, &tokens.access_token, TokenKind::AccessToken, now()).await
    });
    assert_eq!(task.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn what_was_asked_for_is_in_the_url() {
    let client = Client::new(Behaviour::default()).await;
    let request = client.request(&AuthorizationParameters {
        scopes: vec!["email".into()],
        prompt: vec!["login".into(), "consent".into()],
        login_hint: Some("alice@example.com".into()),
        id_token_hint: None,
        acr_values: vec!["urn:a".into(), "urn:b".into()],
        max_age: Some(Duration::from_secs(600)),
        ui_locales: vec!["de".into(), "en".into()],
        extra: vec![("hd".into(), "example.com".into())],
        ..AuthorizationParameters::default()
    });
    let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("scope", "openid email"),
        ("prompt", "login consent"),
        ("login_hint", "alice@example.com"),
        ("acr_values", "urn:a urn:b"),
        ("max_age", "600"),
        ("ui_locales", "de en"),
        ("hd", "example.com"),
        ("redirect_uri", REDIRECT),
    ] {
        assert!(asked.contains(&(name.into(), value.into())), "{name}={value} is not in {asked:?}");
    }
    let state = &asked.iter().find(|(name, _)| name == "state").unwrap().1;
    assert!(!format!("{request:?} {:?}", request.pending).contains(state.as_str()));
    let again = client.request(&AuthorizationParameters::default());
    for name in ["state", "nonce", "code_challenge"] {
        let value = |url: &url::Url| url.query_pairs().find(|pair| pair.0 == name).unwrap().1.into_owned();
        assert_ne!(value(&request.url), value(&again.url), "{name} is used twice");
    }
}

#[tokio::test]
async fn settings_cannot_change_what_the_request_means() {
    let client = Client::new(Behaviour::default()).await;
    let refused = |parameters: AuthorizationParameters| {
        let redirect = url::Url::parse(REDIRECT).unwrap();
        match client.rp.authorization_request(&redirect, &parameters) {
            Err(Error::ParameterInvalid { name }) => name,
            other => panic!("{other:?}"),
        }
    };
    for name in
        ["state", "nonce", "redirect_uri", "client_id", "code_challenge", "scope", "request", "response_mode"]
    {
        let extra = vec![(name.to_owned(), "x".to_owned())];
        assert_eq!(refused(AuthorizationParameters { extra, ..Default::default() }), name);
    }
    let twice = vec![("hd".to_owned(), "a".to_owned()), ("hd".to_owned(), "b".to_owned())];
    assert_eq!(refused(AuthorizationParameters { extra: twice, ..Default::default() }), "hd");
    let prompt = vec!["none".to_owned(), "login".to_owned()];
    assert_eq!(refused(AuthorizationParameters { prompt, ..Default::default() }), "prompt");
    let scopes = vec!["a b".to_owned()];
    assert_eq!(refused(AuthorizationParameters { scopes, ..Default::default() }), "scope");
}

#[tokio::test]
async fn a_client_with_a_secret_authenticates_with_it() {
    let behaviour = || Behaviour { secret: Some("s3cret: with/é"), ..Behaviour::default() };
    let client = Client::new(behaviour()).await;
    assert!(client.sign_in().await.is_ok());
    let wrong = Registration { client_secret: Some("other".into()), ..Registration::public(CLIENT) };
    let client = Client::registered(behaviour(), wrong).await;
    assert_eq!(client.sign_in().await.unwrap_err().code(), "invalid_client");
}

#[tokio::test]
async fn a_code_is_good_for_one_exchange_and_needs_its_verifier() {
    let client = Client::new(Behaviour::default()).await;
    let first = client.request(&AuthorizationParameters::default());
    let second = client.request(&AuthorizationParameters::default());
    let query = client.provider.authorize(&first.url);
    let code = first.pending.receive(&query).unwrap().code;
    let error = client.rp.exchange(&client.http, &second.pending, code, now()).await.unwrap_err();
    let Error::Refused { error, description } = &error else { panic!("{error:?}") };
    assert_eq!(*error, OAuthError::InvalidGrant);
    assert_eq!(description.as_deref(), Some("As the test wants it."));
}

#[tokio::test]
async fn token_responses_that_are_refused() {
    let cases: [(&'static str, Value, &str); 6] = [
        ("access_token", Value::Null, "access_token_missing"),
        ("token_type", Value::Null, "token_type_unsupported"),
        ("token_type", json!("DPoP"), "token_type_unsupported"),
        ("id_token", Value::Null, "id_token_missing"),
        ("access_token", json!("a\r\nSet-Cookie: b"), "token_malformed"),
        ("expires_in", json!(-1), "token_response_malformed"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { tokens: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(sign_in_error(behaviour).await, code, "{name}: {value}");
    }
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_refused() {
    let cases = [
        (json!("somebody-else"), "userinfo_subject_mismatch"),
        (Value::Null, "userinfo_subject_missing"),
        (json!(248_289_761_001_u64), "userinfo_subject_missing"),
    ];
    for (subject, code) in cases {
        let client = Client::new(Behaviour { userinfo: set("sub", subject), ..Behaviour::default() }).await;
        let tokens = client.sign_in().await.unwrap();
        let error = client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}

#[tokio::test]
async fn userinfo_without_a_good_access_token() {
    let client = Client::new(Behaviour::default()).await;
    let error = client.rp.userinfo(&client.http, &"forged".into(), SUBJECT, now()).await.unwrap_err();
    assert_eq!(error, Error::AccessTokenRejected);
}
