use std::sync::Arc;
use std::time::Duration;

use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

const LISTED: &str = "dpop_signing_alg_values_supported";

/// A provider that binds tokens, with the entry in its metadata.
fn binding(bound: Bound) -> Behaviour {
    Behaviour { metadata: set(LISTED, json!(["RS256", "ES256"])), bound: Some(bound), ..Behaviour::default() }
}

/// The same, asked by a client whose tokens have to be bound.
async fn bound_client(behaviour: Behaviour) -> Client {
    let client = Client::new(behaviour).await;
    let rp = client.rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    Client { rp, ..client }
}

async fn userinfo(client: &Client, tokens: &Tokens) -> Result<Claims, Error> {
    client.rp.userinfo_with_proof(&client.http, &tokens.access_token, SUBJECT, now()).await
}

#[tokio::test]
async fn a_session_is_bound_from_its_sign_in_to_its_last_refresh() {
    let client = bound_client(binding(Bound::default())).await;
    let request = client.request(&AuthorizationParameters::default());
    assert!(request.url.query_pairs().any(|(name, value)| name == "dpop_jkt" && value.len() == 43));
    let tokens = client.sign_in().await.unwrap();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(userinfo(&client, &tokens).await.unwrap().text("sub"), Some(SUBJECT));
    let second = client.refresh(&tokens).await.unwrap();
    assert_eq!(second.token_type, "DPoP");
    assert!(userinfo(&client, &second).await.is_ok());
    let sent = second.refresh_token.as_ref().unwrap();
    let third = client.rp.try_refresh_token(&client.http, sent, now()).await.unwrap().unwrap();
    assert_ne!(third.expose_secret(), sent.expose_secret());
}

#[tokio::test]
async fn the_key_outlives_the_process_and_another_key_is_of_no_use() {
    let client = bound_client(binding(Bound::default())).await;
    let key = Arc::new(DpopKey::generate().unwrap());
    let stored = key.to_bytes();
    let at = |key: Arc<DpopKey>| client.rp.with_dpop(key, Binding::Required).unwrap();
    let first = Client { rp: at(key), http: http(), provider: client.provider.clone() };
    let tokens = first.sign_in().await.unwrap();

    let thief = Client { rp: client.rp.clone(), http: http(), provider: client.provider.clone() };
    assert_eq!(userinfo(&thief, &tokens).await.unwrap_err(), Error::AccessTokenRejected);
    assert_eq!(thief.refresh(&tokens).await.unwrap_err().code(), "invalid_grant");
    let bearer = first.rp.userinfo(&first.http, &tokens.access_token, SUBJECT, now()).await;
    assert_eq!(bearer.unwrap_err(), Error::AccessTokenRejected);

    let again = Arc::new(DpopKey::from_bytes(&*stored).unwrap());
    let again = Client { rp: at(again), http: http(), provider: client.provider.clone() };
    assert!(userinfo(&again, &tokens).await.is_ok());
    assert!(again.refresh(&tokens).await.is_ok());
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_the_key() {
    let client = bound_client(binding(Bound::default())).await;
    let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    let other = client.rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    let error = other.exchange(&client.http, &pending, code, now()).await.unwrap_err().error;
    assert_eq!((error.code(), error.is_transient()), ("invalid_dpop_proof", false));
}

#[tokio::test]
async fn a_pushed_request_shows_the_key_as_well() {
    let behaviour = Behaviour {
        metadata: edit(|metadata| {
            let issuer = metadata["issuer"].as_str().unwrap().to_owned();
            metadata["pushed_authorization_request_endpoint"] = json!(format!("{issuer}/par"));
        }),
        bound: Some(Bound { nonce: Some("n"), ..Bound::default() }),
        ..Behaviour::default()
    };
    let client = bound_client(behaviour).await;
    let redirect = Url::parse(REDIRECT).unwrap();
    let AuthorizationRequest { url, pending } =
        client.rp.start_authorization(&client.http, &redirect, &Default::default(), now()).await.unwrap();
    let pushed = client.provider.seen("/par");
    assert_eq!(pushed.len(), 2, "once more with the nonce");
    assert!(pushed.iter().all(|seen| seen.headers.contains_key("dpop") && seen.field("dpop_jkt").is_some()));
    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    let tokens = client.rp.exchange(&client.http, &pending, code, now()).await.unwrap();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(client.provider.requests("/token"), 1, "one origin, one nonce");
}

#[tokio::test]
async fn the_providers_nonce_is_used_until_it_gives_another() {
    let rotating = Bound { nonce: Some("nonce-1"), rotates: true, ..Bound::default() };
    let client = bound_client(binding(rotating)).await;
    let tokens = client.sign_in().await.unwrap();
    assert_eq!(client.provider.requests("/token"), 2, "the first proof had none");
    assert!(userinfo(&client, &tokens).await.is_ok());
    let tokens = client.refresh(&tokens).await.unwrap();
    assert_eq!(client.provider.requests("/token"), 3, "each answer brought the next one");
    assert_eq!(client.provider.requests("/userinfo"), 1);

    client.provider.behave(binding(Bound { nonce: Some("of-another-day"), ..Bound::default() }));
    let tokens = client.refresh(&tokens).await.unwrap();
    assert_eq!(client.provider.requests("/token"), 5);
    client.provider.behave(binding(Bound { nonce: Some("only-here"), ..Bound::default() }));
    assert!(userinfo(&client, &tokens).await.is_ok());
    assert_eq!(client.provider.requests("/userinfo"), 3, "asked for in the challenge");
}

/// Whatever the provider does with nonces, a request is sent twice at most, and the session is not taken to be over.
#[tokio::test]
async fn a_provider_that_is_never_content_with_a_nonce() {
    let (wanted, other) = (Some("wanted"), Some(vec!["other"]));
    let long: &'static str = "a".repeat(1025).leak();
    let cases = [
        (Bound { nonce: wanted, answered: other.clone(), ..Bound::default() }, "use_dpop_nonce", 2),
        (Bound { nonce: wanted, answered: Some(vec![]), ..Bound::default() }, "use_dpop_nonce", 1),
        (Bound { nonce: wanted, answered: Some(vec![""]), ..Bound::default() }, "use_dpop_nonce", 1),
        (Bound { nonce: wanted, answered: Some(vec!["a b"]), ..Bound::default() }, "use_dpop_nonce", 1),
        (Bound { nonce: wanted, answered: Some(vec!["a\"b"]), ..Bound::default() }, "use_dpop_nonce", 1),
        (Bound { nonce: wanted, answered: Some(vec![long]), ..Bound::default() }, "use_dpop_nonce", 1),
        (Bound { nonce: wanted, answered: Some(vec!["a", "b"]), ..Bound::default() }, "use_dpop_nonce", 1),
        (
            Bound { nonce: wanted, refusal: Some("invalid_dpop_proof"), ..Bound::default() },
            "invalid_dpop_proof",
            1,
        ),
        (Bound { nonce: wanted, refusal: Some("invalid_grant"), ..Bound::default() }, "invalid_grant", 1),
        (Bound { ahead: 300, ..Bound::default() }, "invalid_dpop_proof", 1),
    ];
    for (bound, code, requests) in cases {
        let shown = (bound.answered.clone(), bound.refusal);
        let client = bound_client(binding(bound.clone())).await;
        let error = client.sign_in().await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, false), "{shown:?}");
        assert_eq!(client.provider.requests("/token"), requests, "{shown:?}");

        let client = bound_client(binding(Bound::default())).await;
        let tokens = client.sign_in().await.unwrap();
        client.provider.behave(binding(bound));
        let error = userinfo(&client, &tokens).await.unwrap_err();
        let known = ["use_dpop_nonce", "invalid_dpop_proof"].contains(&code);
        assert_eq!(error.code(), if known { code } else { "access_token_rejected" }, "{shown:?}");
        assert_eq!(client.provider.requests("/userinfo"), requests, "{shown:?}");
        assert!(client.provider.knows_refresh_token(tokens.refresh_token.unwrap().expose_secret()));
    }
}

#[tokio::test]
async fn a_bearer_token_is_for_accounts_that_do_not_mind() {
    let ignoring = || Behaviour { metadata: set(LISTED, json!(["ES256"])), ..Behaviour::default() };
    let client = bound_client(ignoring()).await;
    let error = client.sign_in().await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("dpop_token_not_bound", false));
    assert_eq!(client.provider.requests("/userinfo"), 0);

    let client = Client::new(ignoring()).await;
    let rp = client.rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::IfOffered).unwrap();
    assert!(rp.uses_dpop());
    let client = Client { rp, ..client };
    let tokens = client.sign_in().await.unwrap();
    assert_eq!(tokens.token_type, "Bearer");
    assert!(client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await.is_ok());
}

#[tokio::test]
async fn a_refresh_cannot_undo_the_binding() {
    let client = bound_client(binding(Bound::default())).await;
    let tokens = client.sign_in().await.unwrap();
    for kind in [json!("Bearer"), json!("N_A"), Value::Null] {
        client
            .provider
            .behave(Behaviour { tokens: set("token_type", kind.clone()), ..binding(Bound::default()) });
        let fresh = client.sign_in().await.unwrap_err();
        let code = if kind == "Bearer" { "dpop_token_not_bound" } else { "token_type_unsupported" };
        assert_eq!(fresh.code(), code);
    }
    client
        .provider
        .behave(Behaviour { tokens: set("token_type", json!("Bearer")), ..binding(Bound::default()) });
    let failure = client.refresh_with(tokens.refresh_token.as_ref().unwrap(), &tokens).await.unwrap_err();
    assert_eq!(failure.error.code(), "dpop_token_not_bound");
    let rotated = failure.rotated.expect("the token that takes its place");
    client.provider.behave(binding(Bound::default()));
    assert!(client.refresh_with(&rotated, &tokens).await.is_ok(), "the session is not lost over it");
}

#[tokio::test]
async fn an_unrequested_bound_token_is_refused() {
    let client =
        Client::new(Behaviour { tokens: set("token_type", json!("DPoP")), ..Behaviour::default() }).await;
    assert_eq!(client.sign_in().await.unwrap_err().code(), "token_type_unsupported");
    let error = client.rp.userinfo_with_proof(&client.http, &"t".into(), SUBJECT, now()).await.unwrap_err();
    assert_eq!(error.code(), "dpop_key_missing");
}

#[tokio::test]
async fn what_the_provider_lists_decides() {
    let key = || Arc::new(DpopKey::generate().unwrap());
    for (listed, if_offered, required) in [
        (json!(["ES256"]), Ok(true), Ok(true)),
        (json!(["RS256", "PS256"]), Ok(false), Err("dpop_algorithm_unsupported")),
        (json!(["es256"]), Ok(false), Err("dpop_algorithm_unsupported")),
        (json!([]), Ok(false), Err("dpop_algorithm_unsupported")),
        (Value::Null, Ok(false), Ok(true)),
    ] {
        let client =
            Client::new(Behaviour { metadata: set(LISTED, listed.clone()), ..Behaviour::default() }).await;
        let used = |binding| {
            client.rp.with_dpop(key(), binding).map(|rp| rp.uses_dpop()).map_err(|error| error.code())
        };
        assert_eq!((used(Binding::IfOffered), used(Binding::Required)), (if_offered, required), "{listed}");
    }
    let client = Client::new(Behaviour::default()).await;
    let request = client.request(&AuthorizationParameters::default());
    assert!(!request.url.query_pairs().any(|(name, _)| name == "dpop_jkt"));
    client.sign_in().await.unwrap();
    assert!(!client.provider.seen("/token")[0].headers.contains_key("dpop"));
}

/// The proofs of a computer whose clock is wrong are right for the provider.
#[tokio::test]
async fn a_wrong_clock_is_corrected_by_what_the_provider_says_the_time_is() {
    let http = http_that_heard("Fri, 15 Jan 2027 08:05:00 GMT").await;
    let skew = http.clock_skew().unwrap();
    assert!(skew.unsigned_abs() > 86_400, "the test runs on another day");
    let corrected = http.provider_time(now()).duration_since(now());
    let day = Duration::from_secs(86_400);
    assert_eq!(corrected.unwrap_or_else(|earlier| earlier.duration()), day, "by a day at most");
    assert_eq!(crate::provider::http().provider_time(now()), now());
}

/// An [`Http`] whose last answer had this date.
async fn http_that_heard(date: &'static str) -> Http {
    let canned = [("/.well-known/openid-configuration", Canned::Header(404, "date", date.into()))].into();
    let provider = TestProvider::start(Behaviour { canned, ..Behaviour::default() }).await;
    let http = Http::new(HttpOptions::default()).unwrap();
    assert!(Provider::discover(&http, &provider.issuer).await.is_err());
    http
}
