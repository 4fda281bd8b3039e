//! Sleep and waking up, and delays of sleep.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use abide_presence::Event;
use common::logind::{AT_THE_SCREEN, Logind};
use common::{Desktop, next, until, waiting};

#[tokio::test]
async fn the_machine_waits_until_we_are_ready() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(presence.sources().sleep, ["logind"]);
    for _night in 0..2 {
        until("the machine would wait", || async { logind.inhibitors() == 1 }).await;
        logind.announce(true).await;
        assert_eq!(next(&mut presence).await, Event::Suspending);
        assert_eq!(logind.inhibitors(), 1);
        presence.ready_to_sleep();
        let waited = logind.inhibitors_close().await;
        assert!(waited < Duration::from_secs(1), "{waited:?}");
        logind.announce(false).await;
        assert_eq!(next(&mut presence).await, Event::Resumed);
    }
}

#[tokio::test]
async fn silence_does_not_keep_the_machine_awake() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(logind.inhibitors(), 1);
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    let waited = logind.inhibitors_close().await;
    // Less than the five seconds that logind waits at most.
    assert!(waited > Duration::from_secs(1) && waited < Duration::from_secs(4), "{waited:?}");
    logind.announce(false).await;
    assert_eq!(next(&mut presence).await, Event::Resumed);
    until("the next time it waits again", || async { logind.inhibitors() == 1 }).await;
}

#[tokio::test]
async fn being_ready_is_about_one_sleep() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    presence.ready_to_sleep();
    assert_eq!(logind.inhibitors(), 1);
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    presence.ready_to_sleep();
    logind.inhibitors_close().await;
    logind.announce(false).await;
    assert_eq!(next(&mut presence).await, Event::Resumed);
    until("the next time it waits again", || async { logind.inhibitors() == 1 }).await;
    // Too late for the first sleep, too early for the next.
    presence.ready_to_sleep();
    assert_eq!(logind.inhibitors(), 1);
}

#[tokio::test]
async fn a_sleep_that_is_called_off_leaves_the_next_one_delayed() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    logind.announce(true).await;
    logind.announce(true).await;
    logind.announce(false).await;
    logind.announce(false).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    assert_eq!(next(&mut presence).await, Event::Resumed);
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    assert_eq!(logind.inhibitors(), 1);
}

#[tokio::test]
async fn an_update_of_logind_loses_neither_sleep_nor_lock() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    logind.locked("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    let logind = logind.restart(&desktop.system).await;
    until("the machine would wait", || async { logind.inhibitors() == 1 }).await;
    logind.announce(true).await;
    let mut events = Vec::new();
    while events.last() != Some(&Event::Suspending) {
        events.push(next(&mut presence).await);
    }
    // The restart may or may not have been noticed. If it was, the session is looked up again; the machine's sleep need not
    // wait for that.
    events.retain(|event| *event != Event::Suspending);
    if events.last() == Some(&Event::Unlocked) {
        events.push(next(&mut presence).await);
    }
    assert!(events.is_empty() || events == [Event::Unlocked, Event::Locked], "{events:?}");
}

#[tokio::test]
async fn a_dropped_receiver_does_not_delay_sleep() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(waiting(&mut presence).await, None);
    assert_eq!(logind.inhibitors(), 1);
    drop(presence);
    logind.inhibitors_close().await;
}
