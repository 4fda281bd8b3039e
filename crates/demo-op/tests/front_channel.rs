//! OpenID Connect Front-Channel Logout 1.0, and signing out at the provider itself.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Channel, Client, Config, Delivery, DemoOp, Endpoint};
use common::*;

const FRONT: &str = "http://127.0.0.1:50200/front?x=1";
const RETURN_TO: &str = "http://127.0.0.1:50123/signed-out";

async fn provider_with_front_channel() -> DemoOp {
    let clients = vec![Client { frontchannel_logout_uri: Some(FRONT.to_owned()), ..Client::default() }];
    DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap()
}

fn framed(page: &Answer) -> url::Url {
    let from = page.body.split_once("<iframe src=\"").unwrap_or_else(|| panic!("{}", page.body)).1;
    url::Url::parse(&from.split_once('"').unwrap().0.replace("&amp;", "&")).unwrap()
}

#[tokio::test]
async fn a_person_signs_out_at_the_provider_and_the_applications_are_told() {
    let provider = provider_with_front_channel().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    let page = browser.open("/signout", &[]).await;
    assert!(
        page.body.contains("<h1>Sign out of the demo provider</h1>") && page.body.contains("Alice Example")
    );
    assert!(browser.authorize(&[]).await.redirected().contains_key("code"), "looking at it does nothing");

    let done = browser.press(&page, "/signout", "sign-out").await;
    assert!(
        done.body.contains("You are signed out") && done.body.contains("Told that you signed out: Abide.")
    );
    let uri = framed(&done);
    let query: Vec<(String, String)> = uri.query_pairs().into_owned().collect();
    let sid = text(&claims(text(&tokens, "id_token")), "sid").to_owned();
    let expected = [("x", "1"), ("iss", provider.issuer()), ("sid", &sid)];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let policy = done.header("content-security-policy");
    assert!(policy.contains("frame-src http://127.0.0.1:50200;"), "{policy}");

    let notice = provider.record().notices().remove(0);
    assert_eq!((notice.channel, notice.delivery), (Channel::Front, Delivery::Framed));
    assert_eq!((notice.uri.as_str(), notice.sid.as_str()), (uri.as_str(), sid.as_str()));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(provider.record().count(Endpoint::SignOut), 2);
    let signed_out = browser.open("/signout", &[]).await;
    assert!(signed_out.body.contains("You are not signed in") && !signed_out.has_form());
}

#[tokio::test]
async fn another_page_cannot_sign_the_person_out() {
    let provider = provider_with_front_channel().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    assert_eq!(browser.submit("/signout", &[]).await.status, 400);
    let page = browser.open("/signout", &[]).await;
    let mut stranger = Browser::new(&provider);
    assert_eq!(stranger.press(&page, "/signout", "sign-out").await.status, 400);
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
    assert!(provider.record().notices().is_empty());
}

#[tokio::test]
async fn an_application_gets_its_person_back_after_the_others_were_told() {
    let provider = provider_with_front_channel().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    let parameters = [
        ("id_token_hint", text(&tokens, "id_token")),
        ("post_logout_redirect_uri", RETURN_TO),
        ("state", "a\"b"),
    ];
    let page = browser.open("/logout", &parameters).await;
    assert_eq!((page.status, framed(&page).path()), (200, "/front"));
    let target = format!("{RETURN_TO}?state=a%22b");
    assert!(page.body.contains(&format!(r#"<meta http-equiv="refresh" content="2; url={target}">"#)));
    assert!(page.body.contains(&format!(r#"<a href="{target}">now</a>"#)));
    // Signed out already: there is no client to notify, so the browser goes straight back.
    assert_eq!(browser.open("/logout", &parameters).await.location().as_str(), target);
}
