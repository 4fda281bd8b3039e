//! Registration.

use abide_demo_op::{DemoOp, OfflineAccess, Quirks};
use serde_json::{Value, json};

use crate::common::*;
use crate::provider;

fn wanted() -> Value {
    json!({
        "application_type": "native", "redirect_uris": ["http://127.0.0.1/callback"],
        "token_endpoint_auth_method": "none", "response_types": ["code"], "scope": SCOPE,
        "grant_types": [
            "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
    })
}

async fn register(provider: &DemoOp, metadata: &Value) -> Answer {
    let request = http().post(format!("{}/register", provider.issuer())).json(metadata);
    Answer::of(request.send().await.unwrap()).await
}

#[tokio::test]
async fn a_client_may_get_a_secret_without_a_word_about_how_to_show_it() {
    let quirks = Quirks { registered_clients_have_secrets: true, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    let client = register(&provider, &wanted()).await.json();
    assert!(client.get("token_endpoint_auth_method").is_none() && client["client_secret_expires_at"] == 0);
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let code = Browser::new(&provider).sign_in(&[("client_id", id)]).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT_URI),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    let refused = Back::new(&provider).exchange(&code, &[("client_id", id)]).await;
    assert_eq!(refused.error(), "invalid_client", "it has to show it");
    let url = format!("{}/token", provider.issuer());
    let request = http().post(url).basic_auth(id, Some(secret)).form(&fields);
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_answer_may_say_more_than_was_asked_for() {
    let registration_answer =
        json!({ "userinfo_signed_response_alg": "none", "scope": null }).as_object().unwrap().clone();
    let (provider, _) = provider(Quirks { registration_answer, ..Quirks::default() }).await;
    let client = register(&provider, &wanted()).await.json();
    assert_eq!(client["userinfo_signed_response_alg"], "none");
    assert!(client.get("scope").is_none());
}

#[tokio::test]
async fn unknown_grant_types_and_scopes_may_be_refused() {
    let quirks = Quirks { register_basic_grant_types_only: true, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    assert_eq!(register(&provider, &wanted()).await.error(), "invalid_client_metadata");
    let mut bare = wanted();
    bare["grant_types"] = json!(["authorization_code", "refresh_token"]);
    assert_eq!(register(&provider, &bare).await.status, 201);

    let quirks = Quirks { refuse_unknown_scopes: true, ..Quirks::default() };
    provider.set_quirks(Quirks { offline_access: OfflineAccess::Unknown, ..quirks });
    assert_eq!(register(&provider, &bare).await.error(), "invalid_client_metadata");
    bare["scope"] = json!("openid");
    assert_eq!(register(&provider, &bare).await.status, 201);
    bare.as_object_mut().unwrap().remove("scope");
    assert_eq!(register(&provider, &bare).await.status, 201, "without one there is nothing to refuse");
    assert_eq!(provider.dynamic_clients(), 3);
}

#[tokio::test]
async fn what_is_registered_and_deregistered_is_counted() {
    let (provider, _) = provider(Quirks::default()).await;
    let client = register(&provider, &wanted()).await.json();
    assert_eq!((provider.dynamic_clients(), provider.record().deregistrations()), (1, 0));
    let delete = async |token: &str| {
        let request = http().delete(text(&client, "registration_client_uri")).bearer_auth(token);
        Answer::of(request.send().await.unwrap()).await.status
    };
    assert_eq!(delete("wrong").await, 401);
    assert_eq!((provider.dynamic_clients(), provider.record().deregistrations()), (1, 0));
    assert_eq!(delete(text(&client, "registration_access_token")).await, 204);
    assert_eq!((provider.dynamic_clients(), provider.record().deregistrations()), (0, 1));
}
