//! Locked and unlocked: logind, the screensavers, both, other users' sessions, and forged signals.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::{Duration, Instant};

use abide_presence::{Environment, Event, Presence};
use common::compositor::Compositor;
use common::logind::{AT_THE_SCREEN, Facts, Logind};
use common::screensaver::{Screensaver, hanging};
use common::x11::X11;
use common::{Desktop, next, until, waiting};

#[tokio::test]
async fn the_desktop_tells_logind_that_the_screen_is_locked() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(presence.sources().lock, ["logind"]);
    logind.locked("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.locked("2", false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
}

#[tokio::test]
async fn a_screensaver_covers_the_screen() {
    let desktop = Desktop::start();
    let plasma = Screensaver::plasma(&desktop.session, None).await;
    let gnome = Screensaver::gnome(&desktop.session).await;
    let xfce = Screensaver::xfce(&desktop.session).await;
    let mut presence = desktop.presence().await;
    let names = [
        "org.freedesktop.ScreenSaver",
        "org.gnome.Shell.ScreenShield",
        "org.kde.screensaver",
        "org.xfce.ScreenSaver",
    ];
    assert_eq!(presence.sources().lock, names);
    for saver in [&plasma, &gnome, &xfce] {
        saver.set(true).await;
        assert_eq!(next(&mut presence).await, Event::Locked);
        saver.set(false).await;
        assert_eq!(next(&mut presence).await, Event::Unlocked);
    }
    assert_eq!(waiting(&mut presence).await, None);
}

#[tokio::test]
async fn two_sources_make_one_lock() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let saver = Screensaver::gnome(&desktop.session).await;
    let mut presence = desktop.presence().await;
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.locked("2", true).await;
    saver.set(false).await;
    logind.active("2", false).await;
    logind.locked("2", false).await;
    logind.active("2", true).await;
    // Not before the last of them.
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    assert_eq!(waiting(&mut presence).await, None);
}

#[tokio::test]
async fn a_screen_that_is_locked_already_is_the_first_event() {
    let desktop = Desktop::start();
    let locked = Facts { locked: true, ..AT_THE_SCREEN };
    let _logind = Logind::start(&desktop.system, &[locked]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(waiting(&mut presence).await, Some(Event::Locked));

    let saver = Screensaver::gnome(&desktop.session).await;
    saver.set(true).await;
    let only_the_saver = Environment { system_bus: None, ..desktop.environment() };
    let mut presence = Presence::open(only_the_saver).await;
    assert_eq!(waiting(&mut presence).await, Some(Event::Locked));
}

#[tokio::test]
async fn another_users_session_at_the_screen_is_a_lock() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    logind.active("2", false).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.active("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
}

#[tokio::test]
async fn a_session_without_a_screen_is_never_in_the_background() {
    let desktop = Desktop::start();
    let ssh = Facts { id: "4", seat: "", locked: false, active: false };
    let logind = Logind::start(&desktop.system, &[ssh]).await;
    let mut presence = desktop.presence().await;
    assert_eq!(waiting(&mut presence).await, None);
    logind.active("4", true).await;
    logind.active("4", false).await;
    // The next report has arrived, so this one has too.
    logind.locked("4", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.locked("4", false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
}

#[tokio::test]
async fn the_session_is_the_one_this_program_was_started_in() {
    let desktop = Desktop::start();
    let other = Facts { id: "5", locked: true, ..AT_THE_SCREEN };
    let logind = Logind::start(&desktop.system, &[other, AT_THE_SCREEN]).await;
    // By its ID, which counts most.
    let named = |id: &str| Environment { session_id: Some(id.to_owned()), ..desktop.environment() };
    let mut presence = Presence::open(named("2")).await;
    assert_eq!(waiting(&mut presence).await, None);
    // An outdated ID: by the process.
    let mut presence = Presence::open(named("99")).await;
    assert_eq!(waiting(&mut presence).await, Some(Event::Locked));
    // A service of the user is not in a session: the session that the user sees.
    logind.started_by_the_system(Some("2"));
    let mut presence = desktop.presence().await;
    assert_eq!(presence.sources().lock, ["logind"]);
    assert_eq!(waiting(&mut presence).await, None);
    logind.locked("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
}

#[tokio::test]
async fn a_session_that_begins_later_is_found() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[]).await;
    logind.started_by_the_system(None);
    let mut presence = desktop.presence().await;
    assert_eq!(presence.sources().lock, [""; 0]);
    logind.started_by_the_system(Some("2"));
    logind.sign_in(AT_THE_SCREEN).await;
    until("logind reports the new session", || async { presence.sources().lock == ["logind"] }).await;
    logind.locked("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
}

#[tokio::test]
async fn a_screensaver_may_come_later_and_go() {
    let desktop = Desktop::start();
    let mut presence = desktop.presence().await;
    assert_eq!(presence.sources().lock, [""; 0]);
    let saver = Screensaver::gnome(&desktop.session).await;
    until("it is seen", || async { presence.sources().lock == ["org.gnome.Shell.ScreenShield"] }).await;
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    // It crashes while it is active: there is no longer a report of a locked screen.
    saver.end().await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    assert_eq!(presence.sources().lock, [""; 0]);
    // The next one is locked from the start.
    let saver = Screensaver::freedesktop(&desktop.session, None).await;
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
}

#[tokio::test]
async fn a_screensaver_that_hangs_delays_nothing() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let _hanging = hanging(&desktop.session, "org.freedesktop.ScreenSaver").await;
    let _hanging_too = hanging(&desktop.session, "org.gnome.Mutter.IdleMonitor").await;
    let saver = Screensaver::gnome(&desktop.session).await;
    let began = Instant::now();
    let mut presence = desktop.presence().await;
    assert!(began.elapsed() < Duration::from_millis(3500), "{:?}", began.elapsed());
    assert_eq!(presence.sources().lock, ["logind", "org.gnome.Shell.ScreenShield"]);
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.locked("2", true).await;
    saver.set(false).await;
    logind.locked("2", false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    let began = Instant::now();
    assert_eq!(presence.input().ago().await, None);
    assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn other_programs_cannot_pretend_to_be_the_screensaver_or_logind() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let saver = Screensaver::freedesktop(&desktop.session, None).await;
    let mut presence = desktop.presence().await;
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    // A program of the same user sends signals that the screen is unlocked, and that the bus has lost the screensaver.
    let everyone = None::<&str>;
    let forger = desktop.session.connect().await;
    let (path, name) = ("/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver");
    forger.emit_signal(everyone, path, name, "ActiveChanged", &false).await.unwrap();
    let bus = "org.freedesktop.DBus";
    let lost = (name, "", "");
    let target = presence_of(&forger).await;
    forger.emit_signal(target, "/org/freedesktop/DBus", bus, "NameOwnerChanged", &lost).await.unwrap();
    // And that the machine sleeps.
    let other = desktop.system.connect().await;
    let (path, manager) = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager");
    other.emit_signal(everyone, path, manager, "PrepareForSleep", &true).await.unwrap();
    // The next event is the real one.
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    logind.announce(false).await;
    assert_eq!(next(&mut presence).await, Event::Resumed);
    saver.set(false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
}

/// The connection of the only program on the bus that owns no name and is not `us`.
async fn presence_of(us: &zbus::Connection) -> Option<String> {
    let bus = zbus::fdo::DBusProxy::new(us).await.unwrap();
    let saver = bus.get_name_owner("org.freedesktop.ScreenSaver".try_into().unwrap()).await.unwrap();
    let me = us.unique_name().unwrap();
    let names = bus.list_names().await.unwrap();
    let mut others =
        names.iter().map(|name| name.as_str()).filter(|name| name.starts_with(':') && *name != me.as_str());
    others.find(|name| *name != saver.as_str()).map(str::to_owned)
}

#[tokio::test]
async fn where_there_is_no_bus_nothing_ever_happens() {
    let nothing = Environment::default();
    let mut presence = Presence::open(nothing).await;
    assert_eq!(presence.sources(), abide_presence::Sources::default());
    assert_eq!(presence.input().ago().await, None);
    assert_eq!(waiting(&mut presence).await, None);

    let gone = Environment {
        system_bus: Some("unix:path=/nonexistent/system".to_owned()),
        session_bus: Some("no address at all".to_owned()),
        x_display: Some(":59999".to_owned()),
        ..Environment::default()
    };
    let began = Instant::now();
    let mut presence = Presence::open(gone).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(presence.sources(), abide_presence::Sources::default());
    assert_eq!(waiting(&mut presence).await, None);
}

#[tokio::test]
async fn a_bus_that_ends_takes_its_locks_along() {
    let mut desktop = Desktop::start();
    let saver = Screensaver::gnome(&desktop.session).await;
    let mut presence = desktop.presence().await;
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    desktop.session = common::Bus::start();
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    assert_eq!(presence.sources().lock, [""; 0]);
}

#[tokio::test]
async fn asking_a_desktop_that_tells_to_lock_is_not_a_lock() {
    let desktop = Desktop::start();
    let x11 = X11::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let saver = Screensaver::freedesktop(&desktop.session, None).await;
    let environment = Environment { x_display: Some(x11.display.clone()), ..desktop.environment() };
    let mut presence = Presence::open(environment).await;
    assert_eq!(presence.sources().input, Some("MIT-SCREEN-SAVER"));
    logind.request("2", true).await;
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    saver.set(true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
}

#[tokio::test]
async fn without_a_lock_report_a_request_is_a_lock_until_the_user_is_back() {
    let desktop = Desktop::start();
    let x11 = X11::start();
    let other = Facts { id: "5", seat: "seat1", ..AT_THE_SCREEN };
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN, other]).await;
    let environment = Environment { x_display: Some(x11.display.clone()), ..desktop.environment() };
    let mut presence = Presence::open(environment).await;
    assert_eq!(presence.sources().input, Some("MIT-SCREEN-SAVER"));
    // A lock of another user's screen is ignored.
    logind.request("5", true).await;
    logind.locked("5", true).await;
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
    logind.announce(false).await;
    assert_eq!(next(&mut presence).await, Event::Resumed);
    logind.request("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.request("2", false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    // `Unlock` is not sent when the user types the password.
    logind.request("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    let input = presence.input();
    until("the user has paused", || async {
        input.ago().await.is_some_and(|ago| ago > Duration::from_millis(2200))
    })
    .await;
    assert_eq!(waiting(&mut presence).await, None);
    x11.press_a_key();
    assert_eq!(next(&mut presence).await, Event::Unlocked);
}

#[tokio::test]
async fn a_wayland_compositor_tells_that_the_user_is_back() {
    let desktop = Desktop::start();
    let compositor = Compositor::start(2);
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let (runtime_folder, wayland_display) = compositor.environment();
    let environment = Environment { runtime_folder, wayland_display, ..desktop.environment() };
    let mut presence = Presence::open(environment).await;
    logind.request("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    until("it is asked for notifications", || async { compositor.notifications() == 1 }).await;
    compositor.idled();
    compositor.resumed();
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    // A desktop that has once set the hint is trusted from then on.
    logind.locked("2", true).await;
    assert_eq!(next(&mut presence).await, Event::Locked);
    logind.locked("2", false).await;
    assert_eq!(next(&mut presence).await, Event::Unlocked);
    logind.request("2", true).await;
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
}

#[tokio::test]
async fn without_a_report_of_the_users_return_a_request_is_ignored() {
    let desktop = Desktop::start();
    let logind = Logind::start(&desktop.system, &[AT_THE_SCREEN]).await;
    let mut presence = desktop.presence().await;
    logind.request("2", true).await;
    logind.announce(true).await;
    assert_eq!(next(&mut presence).await, Event::Suspending);
}
