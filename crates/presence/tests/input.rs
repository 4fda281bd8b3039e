//! The time since the user's last input at keyboard and mouse.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::{Duration, Instant};

use abide_presence::{Environment, Presence};
use common::compositor::Compositor;
use common::screensaver::{Screensaver, hanging, mutter};
use common::x11::X11;
use common::{Desktop, until};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[tokio::test]
async fn a_key_on_x11_was_pressed_just_now() {
    let x11 = X11::start();
    let environment = Environment { x_display: Some(x11.display.clone()), ..Environment::default() };
    let presence = Presence::open(environment.clone()).await;
    assert_eq!(presence.sources().input, Some("MIT-SCREEN-SAVER"));
    let input = presence.input();
    until("there is a pause", || async { input.ago().await.unwrap() > ms(300) }).await;
    x11.press_a_key();
    assert!(input.ago().await.unwrap() < ms(300));
    // Under Wayland, the X server sees only the input to its own windows.
    for wayland in [
        Environment { wayland_display: Some("wayland-0".to_owned()), ..environment.clone() },
        Environment { session_type: Some("wayland".to_owned()), ..environment },
    ] {
        let presence = Presence::open(wayland).await;
        assert_eq!(presence.sources().input, None);
        assert_eq!(presence.input().ago().await, None);
    }
}

#[tokio::test]
async fn an_x_server_that_has_gone_cannot_tell() {
    let x11 = X11::start();
    let environment = Environment { x_display: Some(x11.display.clone()), ..Environment::default() };
    let presence = Presence::open(environment).await;
    assert!(presence.input().ago().await.is_some());
    drop(x11);
    assert_eq!(presence.input().ago().await, None);
    assert_eq!(presence.sources().input, None);
}

#[tokio::test]
async fn the_compositors_own_monitor_comes_first() {
    let desktop = Desktop::start();
    let x11 = X11::start();
    let monitor = mutter(&desktop.session, 83_000).await;
    let _plasma = Screensaver::plasma(&desktop.session, Some(5)).await;
    let environment = Environment { x_display: Some(x11.display.clone()), ..desktop.environment() };
    let presence = Presence::open(environment).await;
    assert_eq!(presence.sources().input, Some("org.gnome.Mutter.IdleMonitor"));
    assert_eq!(presence.input().ago().await, Some(ms(83_000)));
    // The desktop ends; another source is queried from then on.
    monitor.close().await.unwrap();
    assert!(presence.input().ago().await.unwrap() < ms(83_000));
    assert_eq!(presence.sources().input, Some("MIT-SCREEN-SAVER"));
    // A desktop that hangs is not waited for.
    drop(presence);
    let _hanging = hanging(&desktop.session, "org.gnome.Mutter.IdleMonitor").await;
    let presence = desktop.presence().await;
    let began = Instant::now();
    let _ = presence.input().ago().await;
    assert!(began.elapsed() < ms(1500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_monitor_that_comes_later_is_found() {
    let desktop = Desktop::start();
    let presence = desktop.presence().await;
    assert_eq!(presence.input().ago().await, None);
    let _monitor = mutter(&desktop.session, 1234).await;
    assert_eq!(presence.input().ago().await, Some(ms(1234)));
    assert_eq!(presence.sources().input, Some("org.gnome.Mutter.IdleMonitor"));
}

#[tokio::test]
async fn plasma_counts_milliseconds_and_others_seconds() {
    let desktop = Desktop::start();
    let plasma = Screensaver::plasma(&desktop.session, Some(90_000)).await;
    let presence = desktop.presence().await;
    assert_eq!(presence.sources().input, Some("org.freedesktop.ScreenSaver"));
    assert_eq!(presence.input().ago().await, Some(ms(90_000)));
    plasma.end().await;
    let locker = Screensaver::freedesktop(&desktop.session, Some(90)).await;
    assert_eq!(presence.input().ago().await, Some(ms(90_000)));
    locker.end().await;
    // A source that does not know answers zero, or that it is not supported.
    for idle in [Some(0), None] {
        let ignorant = Screensaver::plasma(&desktop.session, idle).await;
        assert_eq!(presence.input().ago().await, None);
        ignorant.end().await;
    }
    // Plasma's answer is ignored under Wayland.
    let _plasma = Screensaver::plasma(&desktop.session, Some(5)).await;
    let wayland = Environment { session_type: Some("wayland".to_owned()), ..desktop.environment() };
    assert_eq!(Presence::open(wayland).await.input().ago().await, None);
}

fn on(compositor: &Compositor) -> Environment {
    let (runtime_folder, wayland_display) = compositor.environment();
    Environment { runtime_folder, wayland_display, ..Environment::default() }
}

#[tokio::test]
async fn a_wayland_compositor_tells_of_pauses() {
    let compositor = Compositor::start(2);
    let presence = Presence::open(on(&compositor)).await;
    assert_eq!(presence.sources().input, Some("ext-idle-notify-v1"));
    // There is no watch, and no wake-up, before the first query.
    assert_eq!(compositor.notifications(), 0);
    let input = presence.input();
    input.watch();
    input.watch();
    until("it is asked for notifications", || async { compositor.notifications() == 1 }).await;
    assert!(!compositor.films_count());
    // The user may have been away for hours by now, which is unknown.
    compositor.idled();
    assert_eq!(input.ago().await, None);
    compositor.resumed();
    until("it is seen that the user is there", || async {
        input.ago().await.is_some_and(|ago| ago < ms(500))
    })
    .await;
    compositor.idled();
    until("it is seen that the user paused", || async {
        input.ago().await.is_some_and(|ago| ago >= ms(5000))
    })
    .await;
    assert_eq!(compositor.notifications(), 1);
}

#[tokio::test]
async fn the_first_question_begins_the_watch() {
    let compositor = Compositor::start(1);
    let presence = Presence::open(on(&compositor)).await;
    assert_eq!(presence.input().ago().await, None);
    until("it is asked for notifications", || async { compositor.notifications() == 1 }).await;
    compositor.idled();
    compositor.resumed();
    let input = presence.input();
    until("it is seen that the user is there", || async { input.ago().await.is_some() }).await;
}

#[tokio::test]
async fn a_compositor_without_the_protocol_cannot_tell() {
    let compositor = Compositor::start(0);
    let presence = Presence::open(on(&compositor)).await;
    assert_eq!(presence.sources().input, None);
    assert_eq!(presence.input().ago().await, None);
}
