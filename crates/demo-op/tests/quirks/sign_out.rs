//! Sign-out, revocation and logout tokens.

use abide_demo_op::{Client, Config, DemoOp, Quirks, SigningAlgorithm};
use serde_json::{Value, json};

use crate::common::*;
use crate::{provider, with_client};

const RETURN_TO: &str = "http://127.0.0.1:50123/signed-out";

async fn sign_in(browser: &mut Browser, back: &Back) -> Value {
    let code = browser.sign_in(&[]).await;
    back.exchange(&code, &[]).await.json()
}

async fn open_logout(browser: &mut Browser, tokens: &Value, return_to: &str) -> Answer {
    let hint = text(tokens, "id_token");
    browser.open("/logout", &[("id_token_hint", hint), ("post_logout_redirect_uri", return_to)]).await
}

async fn revoke(back: &Back, token: &str) -> Answer {
    back.post("/revoke", &[("client_id", "abide"), ("token", token)]).await
}

#[tokio::test]
async fn the_address_after_a_sign_out_may_be_compared_with_its_port() {
    let post_logout_redirect_uris = vec![RETURN_TO.to_owned()];
    let client = Client { post_logout_redirect_uris, ..Client::default() };
    let quirks = Quirks { exact_post_logout_uris: true, ..Quirks::default() };
    let (provider, _) = with_client(quirks, client).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let tokens = sign_in(&mut browser, &back).await;
    let other_port = "http://127.0.0.1:50124/signed-out";
    assert_eq!(open_logout(&mut browser, &tokens, other_port).await.status, 400);
    assert!(
        browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"),
        "the session continues"
    );
    assert_eq!(open_logout(&mut browser, &tokens, RETURN_TO).await.location().as_str(), RETURN_TO);
    // A redirect URI is still compared without the port.
    assert!(browser.authorize(&[("redirect_uri", "http://127.0.0.1:1234/callback")]).await.has_form());

    provider.set_quirks(Quirks::default());
    let tokens = sign_in(&mut browser, &back).await;
    assert_eq!(open_logout(&mut browser, &tokens, other_port).await.location().as_str(), other_port);
}

#[tokio::test]
async fn revocation_may_end_the_session_and_then_the_sign_out_page_comes_too_late() {
    let quirks = Quirks { revocation_ends_session: true, upstream: true, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let tokens = sign_in(&mut browser, &back).await;
    assert_eq!(provider.upstream_sessions(), 1);
    assert_eq!(revoke(&back, text(&tokens, "refresh_token")).await.status, 200);
    let late = open_logout(&mut browser, &tokens, RETURN_TO).await;
    assert_eq!(late.status, 400);
    let last = provider.record().entries().pop().unwrap();
    assert_eq!(last.outcome, abide_demo_op::Outcome::Error("session_expired"));
    assert_eq!(provider.upstream_sessions(), 1, "the provider behind it was not reached");
    let again = browser.authorize(&[]).await;
    assert!(again.redirected().contains_key("code"), "no password is asked for");
}

#[tokio::test]
async fn in_the_other_order_the_session_behind_ends_too() {
    let quirks = Quirks { revocation_ends_session: true, upstream: true, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let tokens = sign_in(&mut browser, &back).await;
    assert_eq!(open_logout(&mut browser, &tokens, RETURN_TO).await.location().as_str(), RETURN_TO);
    assert_eq!(revoke(&back, text(&tokens, "refresh_token")).await.status, 200);
    assert_eq!(provider.upstream_sessions(), 0);
    assert!(browser.authorize(&[]).await.has_form(), "a password is needed");
}

#[tokio::test]
async fn revocation_ends_no_session_that_another_client_is_a_part_of() {
    let other = Client { id: "other".to_owned(), ..Client::default() };
    let quirks = Quirks { revocation_ends_session: true, ..Quirks::default() };
    let config = Config { quirks, clients: vec![Client::default(), other], ..TestClock::new().config() };
    let provider = DemoOp::start(config).await.unwrap();
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let tokens = sign_in(&mut browser, &back).await;
    assert!(browser.authorize(&[("client_id", "other")]).await.redirected().contains_key("code"));
    assert_eq!(revoke(&back, text(&tokens, "refresh_token")).await.status, 200);
    assert_eq!(open_logout(&mut browser, &tokens, RETURN_TO).await.location().as_str(), RETURN_TO);
}

#[tokio::test]
async fn a_session_behind_this_one_outlives_it_and_is_not_used_against_the_wish_of_a_client() {
    let (provider, _) = provider(Quirks { upstream: true, ..Quirks::default() }).await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    assert_eq!(provider.end_session("alice"), 1);
    assert_eq!(provider.upstream_sessions(), 1);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
    assert!(browser.authorize(&[("prompt", "login")]).await.has_form());
    assert!(browser.authorize(&[]).await.redirected().contains_key("code"));
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
    assert_eq!(provider.upstream_sessions(), 1);
    provider.set_quirks(Quirks::default());
    provider.end_session("alice");
    assert!(browser.authorize(&[]).await.has_form(), "without the switch there is none");
}

#[tokio::test]
async fn revocation_may_be_refused() {
    let (provider, _) = provider(Quirks::default()).await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    for (status, code) in [(401, "invalid_client"), (403, "access_denied")] {
        provider.set_quirks(Quirks { refuse_revocation: Some(status), ..Quirks::default() });
        let answer = revoke(&back, text(&tokens, "refresh_token")).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, code));
    }
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200, "nothing was revoked");
}

#[tokio::test]
async fn a_logout_token_may_lack_its_end_and_be_signed_in_another_way() {
    let mut listener = Listener::start("200 OK").await;
    let client = Client { backchannel_logout_uri: Some(listener.uri.clone()), ..Client::default() };
    let quirks = Quirks {
        logout_token_claims: json!({ "exp": null }).as_object().unwrap().clone(),
        logout_token_signing: Some(SigningAlgorithm::Rs256),
        ..Quirks::default()
    };
    let (provider, clock) = with_client(quirks, client).await;
    let tokens = tokens(&provider).await;
    assert_eq!(header(text(&tokens, "id_token"))["alg"], "ES256");
    provider.end_session("alice");
    let request = listener.next().await;
    let token = request.body.strip_prefix("logout_token=").unwrap();
    assert_eq!(header(token)["alg"], "RS256");
    let claims = claims(token);
    assert!(claims.get("exp").is_none() && claims["iat"] == clock.seconds(), "{claims}");
}
