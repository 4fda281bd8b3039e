//! The state that survives the process, and its form.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use abide_demo_op::{Client, Config, DemoOp, SigningAlgorithm, StartError};
use common::*;

#[tokio::test]
async fn a_session_survives_a_restart_and_the_file_holds_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep/demo.json");
    let clock = TestClock::new();
    let clients = vec![Client { signing: SigningAlgorithm::Rs256, ..Client::default() }];
    let config = Config { state_file: Some(file.clone()), clients, ..clock.config() };

    let provider = DemoOp::start(config.clone()).await.unwrap();
    let issuer = provider.issuer().to_owned();
    let jwks = Back::new(&provider).get("/jwks").await.json();
    let first = tokens(&provider).await;
    let second = Back::new(&provider).refresh(text(&first, "refresh_token")).await.json();
    provider.stop().await;

    let content = fs::read_to_string(&file).unwrap();
    for tokens in [&first, &second] {
        for token in ["access_token", "refresh_token", "id_token"] {
            assert!(!content.contains(text(tokens, token)), "{token}");
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");

    let provider = DemoOp::start(config).await.unwrap();
    let back = Back::new(&provider);
    assert_eq!(provider.issuer(), issuer, "the port of last time");
    assert_eq!(back.get("/jwks").await.json(), jwks);
    assert_eq!(back.userinfo(text(&second, "access_token")).await.status, 200);
    let third = back.refresh(text(&second, "refresh_token")).await.json();
    assert_eq!(third["scope"], SCOPE);
    // Reuse is noticed over the restart, too.
    assert_eq!(back.refresh(text(&first, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(back.refresh(text(&third, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn what_was_revoked_stays_revoked_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { state_file: Some(folder.path().join("demo.json")), ..TestClock::new().config() };
    let provider = DemoOp::start(config.clone()).await.unwrap();
    let (one, two) = (tokens(&provider).await, tokens(&provider).await);
    let fields = [("client_id", "abide"), ("token", text(&one, "refresh_token"))];
    Back::new(&provider).post("/revoke", &fields).await;
    provider.stop().await;
    let provider = DemoOp::start(config.clone()).await.unwrap();
    let back = Back::new(&provider);
    assert_eq!(back.refresh(text(&one, "refresh_token")).await.error(), "invalid_grant");
    let two = back.refresh(text(&two, "refresh_token")).await.json();
    provider.revoke_all();
    drop(provider);
    let provider = DemoOp::start(config).await.unwrap();
    assert_eq!(Back::new(&provider).refresh(text(&two, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn under_another_port_old_tokens_are_invalid() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { state_file: Some(folder.path().join("demo.json")), ..TestClock::new().config() };
    let provider = DemoOp::start(config.clone()).await.unwrap();
    let tokens = tokens(&provider).await;
    // The first one still runs, so the second one gets another port.
    let other = DemoOp::start(config).await.unwrap();
    assert_ne!(other.issuer(), provider.issuer());
    assert_eq!(Back::new(&other).refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_damaged_file_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("demo.json");
    let config = Config { state_file: Some(file.clone()), ..TestClock::new().config() };
    drop(DemoOp::start(config.clone()).await.unwrap());
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"{}", b"\xff\x00"] {
        fs::write(&file, damaged).unwrap();
        let provider = DemoOp::start(config.clone()).await.unwrap();
        assert_eq!(fs::read(folder.path().join("demo.json.damaged")).unwrap(), damaged);
        tokens(&provider).await;
        provider.stop().await;
    }
}

#[tokio::test]
async fn what_prevents_a_start_is_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let below_a_file = Some(folder.path().join("file/demo.json"));
    let failed = DemoOp::start(Config { state_file: below_a_file, ..Config::default() }).await;
    assert!(matches!(failed, Err(StartError::StateFile { .. })), "{failed:?}");

    let (provider, _) = provider().await;
    let port = Some(provider.port());
    let failed = DemoOp::start(Config { port, ..Config::default() }).await.unwrap_err();
    assert_eq!(failed.code(), "demo_provider_bind");

    let clients = vec![Client { redirect_uris: vec!["nowhere".to_owned()], ..Client::default() }];
    let failed = DemoOp::start(Config { clients, ..Config::default() }).await.unwrap_err();
    assert_eq!(failed.code(), "demo_provider_invalid_client");
}
