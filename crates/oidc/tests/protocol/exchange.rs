//! Access tokens for one purpose.

use abide_oidc::*;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::provider::*;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

async fn signed_in() -> (Client, Tokens) {
    let client = Client::new(Behaviour::default()).await;
    let parameters = AuthorizationParameters {
        scopes: vec!["profile".into(), "pay".into()],
        ..AuthorizationParameters::default()
    };
    let tokens = client.sign_in_with(&parameters).await.unwrap();
    (client, tokens)
}

fn target(scopes: &[&str], resources: &[&str]) -> TokenTarget {
    let owned = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    TokenTarget { scopes: owned(scopes), resources: owned(resources), ..TokenTarget::default() }
}

async fn narrow(client: &Client, tokens: &Tokens, target: &TokenTarget) -> Result<IssuedToken, RefreshError> {
    let sent = tokens.refresh_token.as_ref().unwrap();
    client.rp.narrow(&client.http, sent, &tokens.identity, &tokens.scope, target, now()).await
}

fn request<'a>(token: &'a SecretString, target: &'a TokenTarget) -> ExchangeRequest<'a> {
    ExchangeRequest {
        subject_token: token,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target,
        granted_scope: "openid profile pay",
    }
}

#[tokio::test]
async fn a_tool_gets_an_access_token_that_is_good_for_less() {
    let (client, tokens) = signed_in().await;
    let wanted = target(&["pay", "pay"], &["https://api.example.com", "https://b.example/?x=1"]);
    let issued = narrow(&client, &tokens, &wanted).await.unwrap();
    assert_eq!(client.provider.last_form("scope"), ["pay"]);
    assert_eq!(client.provider.last_form("resource"), ["https://api.example.com", "https://b.example/?x=1"]);
    assert_eq!((issued.scope.as_str(), issued.token_type.as_str()), ("pay", "Bearer"));
    assert_eq!(issued.issued_token_type, TokenType::AccessToken);
    assert!(!format!("{issued:?}").contains("canary"));

    // The refresh token has rotated, and the new one is good for all that the first was.
    let rotated = issued.refresh_token.unwrap();
    let renewed = client.refresh_with(&rotated, &tokens).await.unwrap();
    assert_eq!(renewed.scope, "openid profile pay");
}

/// Microsoft Entra ID knows no `resource`: a token for another API is asked for by a scope that is that API's.
#[tokio::test]
async fn a_resource_may_be_asked_for_by_a_scope_of_its_own() {
    const API: &str = "api://4f3c2b1a-0000-4000-8000-1234567890ab";
    let with = |resources: &[&str]| TokenTarget {
        resource_scope: Some("{resource}/.default".into()),
        ..target(&[], resources)
    };
    let (client, tokens) = signed_in().await;
    let granted = format!("{API}/Orders.Read {API}/Orders.Write");
    client.provider.behave(Behaviour { tokens: set("scope", json!(granted)), ..Behaviour::default() });
    let issued = narrow(&client, &tokens, &with(&[API])).await.unwrap();
    assert_eq!(client.provider.last_form("scope"), [format!("{API}/.default")]);
    assert!(client.provider.last_form("resource").is_empty());
    assert_eq!(issued.scope, granted, "what stands for the scope is the provider's to say");
    let tokens = Tokens { refresh_token: issued.refresh_token, ..tokens };

    client.provider.behave(Behaviour::default());
    let slash = narrow(&client, &tokens, &with(&["https://api.example.com/"])).await.unwrap();
    assert_eq!(slash.scope, "https://api.example.com//.default", "written as the provider has it");
    let tokens = Tokens { refresh_token: slash.refresh_token, ..tokens };

    // Nothing changes where no resource is meant.
    let fewer = TokenTarget { scopes: vec!["pay".into()], ..with(&[]) };
    let issued = narrow(&client, &tokens, &fewer).await.unwrap();
    assert_eq!(client.provider.last_form("scope"), ["pay"]);
    let tokens = Tokens { refresh_token: issued.refresh_token, ..tokens };
    client.provider.behave(Behaviour { tokens: set("scope", json!("pay admin")), ..Behaviour::default() });
    let failure = narrow(&client, &tokens, &fewer).await.unwrap_err();
    assert_eq!(failure.error.code(), "scope_wider_than_asked");
    let tokens = Tokens { refresh_token: failure.rotated, ..tokens };

    let sent = client.provider.requests("/token");
    for template in ["", "scope", "{resource} {resource}", "{resource}\"x"] {
        let wrong = TokenTarget { resource_scope: Some(template.into()), ..with(&[API]) };
        let failure = narrow(&client, &tokens, &wrong).await.unwrap_err();
        assert_eq!(failure.error.code(), "parameter_invalid", "{template}");
    }
    assert_eq!(client.provider.requests("/token"), sent);
}

#[tokio::test]
async fn without_a_scope_it_is_good_for_all_that_the_session_has() {
    let (client, tokens) = signed_in().await;
    let wanted = TokenTarget { audiences: vec!["billing".into()], ..TokenTarget::default() };
    let issued = narrow(&client, &tokens, &wanted).await.unwrap();
    assert_eq!(issued.scope, "openid profile pay");
    assert_eq!(client.provider.last_form("audience"), ["billing"]);
    assert!(client.provider.last_form("scope").is_empty());
}

#[tokio::test]
async fn a_provider_that_grants_more_has_not_answered_but_its_refresh_token_counts() {
    for wider in ["profile", "openid profile pay", "pay admin", "Pay"] {
        let (client, tokens) = signed_in().await;
        client.provider.behave(Behaviour { tokens: set("scope", json!(wider)), ..Behaviour::default() });
        let failure = narrow(&client, &tokens, &target(&["pay"], &[])).await.unwrap_err();
        assert_eq!(failure.error.code(), "scope_wider_than_asked", "{wider}");
        client.provider.behave(Behaviour::default());
        assert!(client.refresh_with(&failure.rotated.unwrap(), &tokens).await.is_ok(), "{wider}");
    }
    let (client, tokens) = signed_in().await;
    client.provider.behave(Behaviour { tokens: set("scope", json!("")), ..Behaviour::default() });
    assert_eq!(narrow(&client, &tokens, &target(&["pay"], &[])).await.unwrap().scope, "pay");
}

#[tokio::test]
async fn whatever_is_wrong_with_the_answer_the_rotated_refresh_token_is_not_lost() {
    let cases: [(&'static str, Value, &str); 4] = [
        ("token_type", json!("mac"), "token_type_unsupported"),
        ("access_token", Value::Null, "access_token_missing"),
        ("access_token", json!("a\r\nb"), "token_malformed"),
        ("id_token", json!("a.b.c"), "id_token_malformed"),
    ];
    for (name, value, code) in cases {
        let (client, tokens) = signed_in().await;
        client.provider.behave(Behaviour { tokens: set(name, value.clone()), ..Behaviour::default() });
        let failure = narrow(&client, &tokens, &target(&["pay"], &[])).await.unwrap_err();
        assert_eq!(failure.error.code(), code, "{name}: {value}");
        assert!(
            failure.rotated.is_some_and(|token| client.provider.knows_refresh_token(token.expose_secret()))
        );
    }
    let (client, tokens) = signed_in().await;
    client.provider.behave(Behaviour { claims: set("sub", json!("somebody-else")), ..Behaviour::default() });
    let failure = narrow(&client, &tokens, &target(&["pay"], &[])).await.unwrap_err();
    assert_eq!(failure.error.code(), "id_token_subject_changed");
    // A token with a line break is refused.
    let (client, tokens) = signed_in().await;
    let broken = set("refresh_token", json!("a\r\nb"));
    client.provider.behave(Behaviour { tokens: broken, ..Behaviour::default() });
    let failure = narrow(&client, &tokens, &target(&["pay"], &[])).await.unwrap_err();
    assert!(failure.rotated.is_none() && failure.error.code() == "token_malformed");
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_sent() {
    let (client, tokens) = signed_in().await;
    let before = client.provider.requests("/token");
    for wrong in [
        target(&["admin"], &[]),
        target(&["a b"], &[]),
        target(&["\""], &[]),
        target(&[], &["api"]),
        target(&[], &["https://a.example/#b"]),
        target(&[], &["https://a.example/ b"]),
        target(&[], &[&format!("https://a.example/{}", "a".repeat(2048))]),
        target(&[], &["https://a.example/"; 17]),
        TokenTarget { audiences: vec![String::new()], ..TokenTarget::default() },
    ] {
        let failure = narrow(&client, &tokens, &wrong).await.unwrap_err();
        assert_eq!(
            (failure.error.code(), failure.rotated.is_none()),
            ("parameter_invalid", true),
            "{wrong:?}"
        );
    }
    assert_eq!(client.provider.requests("/token"), before);
}

#[tokio::test]
async fn refusals_keep_the_providers_code() {
    let (client, tokens) = signed_in().await;
    for code in ["invalid_target", "invalid_scope", "invalid_grant"] {
        let body = json!({"error": code}).to_string().into();
        let canned = Canned::Answer(400, "application/json", body);
        client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
        let failure = narrow(&client, &tokens, &target(&["pay"], &["https://a.example"])).await.unwrap_err();
        assert_eq!((failure.error.code(), failure.rotated.is_none()), (code, true));
        let exchanged = client
            .rp
            .exchange_token(&client.http, &request(&tokens.access_token, &target(&[], &[])), now())
            .await;
        assert_eq!(exchanged.unwrap_err().error.code(), code);
    }
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_that_is_good_elsewhere() {
    let (client, tokens) = signed_in().await;
    let told = |scope: Value| {
        edit(move |answer| {
            answer["issued_token_type"] = ACCESS_TOKEN.into();
            answer["scope"] = scope.clone();
            answer.as_object_mut().unwrap().remove("refresh_token");
        })
    };
    client.provider.behave(Behaviour { tokens: told(json!("read")), ..Behaviour::default() });
    let wanted = TokenTarget {
        audiences: vec!["billing".into(), "ledger".into()],
        ..target(&["read", "write"], &["https://api.example.com"])
    };
    let actor: SecretString = "canary-actor".into();
    let request =
        ExchangeRequest { actor: Some((&actor, TokenType::Jwt)), ..request(&tokens.access_token, &wanted) };
    let issued = client.rp.exchange_token(&client.http, &request, now()).await.unwrap();
    assert_eq!((issued.scope.as_str(), issued.issued_token_type), ("read", TokenType::AccessToken));
    assert!(issued.refresh_token.is_none());
    for (name, values) in [
        ("subject_token_type", vec![ACCESS_TOKEN]),
        ("requested_token_type", vec![ACCESS_TOKEN]),
        ("actor_token_type", vec!["urn:ietf:params:oauth:token-type:jwt"]),
        ("scope", vec!["read write"]),
        ("resource", vec!["https://api.example.com"]),
        ("audience", vec!["billing", "ledger"]),
    ] {
        assert_eq!(client.provider.last_form(name), values, "{name}");
    }
    assert!(!format!("{request:?}").contains("canary"));
}

#[tokio::test]
async fn exchanged_tokens_of_another_kind_or_for_more_are_refused() {
    let (client, tokens) = signed_in().await;
    let cases: [(Value, &'static str, Value, &str); 8] = [
        (Value::Null, "expires_in", json!(60), "issued_token_type_missing"),
        (
            json!("urn:ietf:params:oauth:token-type:refresh_token"),
            "expires_in",
            json!(60),
            "issued_token_type_mismatch",
        ),
        (
            json!("urn:ietf:params:oauth:token-type:jwt"),
            "expires_in",
            json!(60),
            "issued_token_type_mismatch",
        ),
        (json!("access_token"), "expires_in", json!(60), "issued_token_type_mismatch"),
        (json!(7), "expires_in", json!(60), "issued_token_type_missing"),
        (json!(ACCESS_TOKEN), "token_type", json!("N_A"), "token_type_unsupported"),
        (json!(ACCESS_TOKEN), "scope", json!("pay admin"), "scope_wider_than_asked"),
        (json!(ACCESS_TOKEN), "access_token", json!("a b"), "token_malformed"),
    ];
    for (kind, name, value, code) in cases {
        let change = edit(move |answer| {
            answer["issued_token_type"] = kind.clone();
            answer[name] = value.clone();
        });
        client.provider.behave(Behaviour { tokens: change, ..Behaviour::default() });
        for wanted in [target(&[], &[]), target(&["pay"], &[])] {
            // Another resource has scopes of its own, and some of them may come by themselves.
            if name == "scope" && wanted.scopes.is_empty() {
                continue;
            }
            let refused =
                client.rp.exchange_token(&client.http, &request(&tokens.access_token, &wanted), now()).await;
            assert_eq!(refused.unwrap_err().error.code(), code, "{name}");
        }
    }
    // An exchange here has no use for another refresh token.
    let nothing = target(&[], &[]);
    let wrong =
        ExchangeRequest { requested: TokenType::RefreshToken, ..request(&tokens.access_token, &nothing) };
    let refused = client.rp.exchange_token(&client.http, &wrong, now()).await;
    assert_eq!(refused.unwrap_err().error.code(), "parameter_invalid");
}
