//! A client that shows a secret in the header: `client_secret_basic`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, ClientSecret, Config, DemoOp};
use common::*;
use serde_json::json;

const SECRET: &str = "1+1=2 %41:é";
/// RFC 6749 section 2.3.1: form-urlencoded first.
const WRITTEN: &str = "1%2B1%3D2+%2541%3A%C3%A9";

#[tokio::test]
async fn a_client_with_a_secret_shows_it_in_the_header_and_nowhere_else() {
    let secret = Some(ClientSecret::of(SECRET));
    let with_secret = Client { id: "kept".to_owned(), secret, ..Client::default() };
    let clients = vec![Client::default(), with_secret];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let metadata = Back::new(&provider).get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["none", "client_secret_basic"]));

    let url = format!("{}/token", provider.issuer());
    let asked = async |basic: Option<(&str, &str)>, more: &[(&str, &str)]| {
        let form = [&[("grant_type", "refresh_token"), ("refresh_token", "x")], more].concat();
        let request = http().post(&url).form(&form);
        let request = match basic {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        let answer = Answer::of(request.send().await.unwrap()).await;
        (answer.status, answer.error())
    };
    let known = (400, "invalid_grant".to_owned());
    assert_eq!(asked(Some(("kept", WRITTEN)), &[]).await, known);
    assert_eq!(asked(None, &[("client_id", "abide")]).await, known, "the other one needs none");
    for basic in [("kept", SECRET), ("kept", ""), ("kept", "x"), ("abide", WRITTEN), ("nobody", WRITTEN)] {
        assert_eq!(asked(Some(basic), &[]).await, (401, "invalid_client".to_owned()), "{basic:?}");
    }
    for more in [&[("client_id", "kept")][..], &[("client_id", "kept"), ("client_secret", SECRET)]] {
        assert_eq!(asked(None, more).await, (400, "invalid_client".to_owned()), "{more:?}");
    }
}
