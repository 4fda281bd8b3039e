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
        let tokens =
            client.rp.exchange(&client.http, &pending, code, now()).await.map_err(|refused| refused.error)?;
        let tokens = client.refresh(&tokens).await?;
        client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await?;
        client.rp.logout_token(&client.http, &client.provider.logout_token(), now()).await?;
        let stream = url::Url::parse(&format!("{}/events", client.provider.issuer)).unwrap();
        client.provider.queue_event("event-1");
        let request = PollRequest::default();
        let answer = client.rp.poll_events(&access(&client, &EVENTS_TOKEN.into()), &stream, &request).await?;
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
    let error = client.rp.exchange(&client.http, &second.pending, code, now()).await.unwrap_err().error;
    let Error::Refused { error, description, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*error, OAuthError::InvalidGrant);
    assert_eq!(description.as_deref(), Some("As the test wants it."));
}

#[tokio::test]
async fn token_responses_that_are_refused() {
    let cases: [(&'static str, Value, &str); 5] = [
        ("access_token", Value::Null, "access_token_missing"),
        ("token_type", Value::Null, "token_type_unsupported"),
        ("token_type", json!("DPoP"), "token_type_unsupported"),
        ("id_token", Value::Null, "id_token_missing"),
        ("access_token", json!("a\r\nSet-Cookie: b"), "token_malformed"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { tokens: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(sign_in_error(behaviour).await, code, "{name}: {value}");
    }
}

/// The provider has issued tokens, and nobody uses them.
#[tokio::test]
async fn a_refused_answer_gives_up_what_is_to_be_revoked() {
    use TokenKind::{AccessToken, RefreshToken};
    let cases: [(&'static str, Value, Option<TokenKind>); 7] = [
        ("id_token", Value::Null, Some(RefreshToken)),
        ("id_token", json!("e30.e30.e30"), Some(RefreshToken)),
        ("token_type", json!("DPoP"), Some(RefreshToken)),
        ("access_token", Value::Null, Some(RefreshToken)),
        // It cannot even be read.
        ("access_token", json!(7), Some(RefreshToken)),
        ("error", json!("access_denied"), Some(RefreshToken)),
        ("scope", json!("openid"), None),
    ];
    for with_refresh_token in [true, false] {
        for (name, value, kind) in cases.clone() {
            let tokens = edit(move |answer| {
                answer[name] = value.clone();
                if !with_refresh_token {
                    answer["refresh_token"] = Value::Null;
                }
            });
            let client = Client::new(Behaviour { tokens, ..Behaviour::default() }).await;
            let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
            let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
            let answer = client.rp.exchange(&client.http, &pending, code, now()).await;
            let unused = answer.err().and_then(|refused| refused.unused);
            let kind = match (with_refresh_token, name) {
                (true, _) => kind,
                (false, "access_token") => None,
                (false, _) => kind.map(|_| AccessToken),
            };
            assert_eq!(unused.as_ref().map(|(_, kind)| *kind), kind, "{name} {with_refresh_token}");
            if let Some((token, RefreshToken)) = unused {
                assert!(client.provider.knows_refresh_token(token.expose_secret()), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn userinfo_about_another_person_is_refused() {
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

/// OpenID IPSIE has the claim, draft-ietf-oauth-refresh-token-expiration the two members; the other two are older.
#[tokio::test]
async fn what_the_provider_says_about_the_end_is_read() {
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let client = Client::new(Behaviour::default()).await;
    for (members, refresh, authorization) in [
        (json!({"refresh_expires_in": 1800}), seconds(1800), None),
        (json!({"refresh_token_expires_in": 1800}), seconds(1800), None),
        (json!({"refresh_token_timeout": 1800}), seconds(1800), None),
        (json!({"authorization_expires_in": 86400}), None, seconds(86400)),
        (
            json!({"refresh_token_timeout": "600", "authorization_expires_in": "86400"}),
            seconds(600),
            seconds(86400),
        ),
        // The shortest counts: after that nothing is certain.
        (json!({"refresh_expires_in": 1800, "refresh_token_timeout": 600}), seconds(600), None),
        (json!({"refresh_expires_in": 0, "refresh_token_timeout": 600}), seconds(600), None),
        (json!({"refresh_token_timeout": 0, "authorization_expires_in": 0}), None, None),
        (json!({"refresh_token_timeout": "soon", "authorization_expires_in": [1]}), None, None),
        (json!({"refresh_token_timeout": -1, "authorization_expires_in": null}), None, None),
        (json!({}), None, None),
    ] {
        let shown = members.to_string();
        let change = edit(move |tokens| {
            let tokens = tokens.as_object_mut().unwrap();
            tokens.remove("refresh_expires_in");
            tokens.extend(members.as_object().unwrap().clone());
        });
        client.provider.behave(Behaviour { tokens: change, ..Behaviour::default() });
        let tokens = client.sign_in().await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(
            (
                tokens.refresh_expires_in.into_iter().chain(tokens.refresh_token_timeout).min(),
                tokens.authorization_expires_in
            ),
            (refresh, authorization),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_session_expiry_stays_until_another_is_said() {
    let client = Client::new(Behaviour::default()).await;
    let says = |value: Value| {
        client.provider.behave(Behaviour { claims: set("session_expiry", value), ..Behaviour::default() });
    };
    says(json!(NOW + 3600));
    let tokens = client.sign_in().await.unwrap();
    assert_eq!(tokens.identity.session_expiry, Some(NOW + 3600));
    says(Value::Null);
    let tokens = client.refresh(&tokens).await.unwrap();
    assert_eq!(
        tokens.identity.session_expiry,
        Some(NOW + 3600),
        "a renewal that says nothing changes nothing"
    );
    says(json!(NOW + 1800));
    let tokens = client.refresh(&tokens).await.unwrap();
    assert_eq!(tokens.identity.session_expiry, Some(NOW + 1800));
    let stored = serde_json::to_string(&tokens.identity).unwrap();
    assert_eq!(serde_json::from_str::<Identity>(&stored).unwrap().session_expiry, Some(NOW + 1800));
    for (value, read) in [
        (json!(NOW as f64 + 0.5), Some(NOW)),
        (json!("soon"), None),
        (json!(-1), None),
        (json!([NOW]), None),
        (json!(true), None),
    ] {
        says(value.clone());
        assert_eq!(client.sign_in().await.unwrap().identity.session_expiry, read, "{value}");
    }
}
