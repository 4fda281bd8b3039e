//! Many processes at the moment of expiry.

use abide_demo_op::{Config, DemoOp};
use abide_tests::app::{App, abide, configure, one_account};
use abide_tests::login::sign_in;
use abide_tests::room::Room;
use abide_tests::{eventually, http, s};

const PROCESSES: usize = 32;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_processes_at_the_moment_of_expiry_cause_one_refresh() {
    let room = Room::with_keyring("crash-thirty-two").await;
    // A token must be valid for ten seconds when it is handed out: with less time left, it counts as expired.
    let config = Config { access_token_lifetime: s(12), ..Config::default() };
    let provider = DemoOp::start(config).await.unwrap();
    configure(&room, &one_account(provider.issuer(), None, "end_after = \"15m\"\nwarn_after = \"12m\""));
    let app = App::headless(&room).await;
    sign_in(&room).await;
    let old = app.abide(&["token", "--activity", "none"]).await.stdout;
    eventually("the access token to run out", s(15), || async {
        app.session("work").await["access_token_expires_in"].as_u64().filter(|left| *left < 10)
    })
    .await;
    let before = provider.record().refreshes();
    let answers = futures_util::future::join_all((0..PROCESSES).map(|_| abide(&room, &["token"]))).await;
    assert_eq!(provider.record().refreshes(), before + 1, "one refresh arrives at the provider");
    let token = &answers[0].stdout;
    assert_ne!(token, &old);
    for answer in &answers {
        assert_eq!((answer.code, &answer.stdout, answer.stderr.as_str()), (0, token, ""));
    }
    let userinfo = format!("{}/userinfo", provider.issuer());
    let accepted = http().get(userinfo).bearer_auth(token).send().await.unwrap();
    assert_eq!(accepted.status(), 200, "and the token is good");
}
