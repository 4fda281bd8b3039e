//! On every machine: opening never fails or takes long, and a query always returns.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::time::{Duration, Instant};

use abide_presence::{Environment, Presence};

#[tokio::test]
async fn it_opens_on_this_machine() {
    let began = Instant::now();
    let presence = Presence::open(Environment::of_this_process()).await;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let sources = presence.sources();
    if cfg!(windows) {
        assert_eq!(sources.input, Some("GetLastInputInfo"));
    }
    let asked = Instant::now();
    let ago = presence.input().ago().await;
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert!(ago.is_none() || sources.input.is_some());
    presence.ready_to_sleep();
    drop(presence);
    assert!(asked.elapsed() < Duration::from_secs(4), "leaving took {:?}", asked.elapsed());
}
