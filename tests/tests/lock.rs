//! The screen is locked, another user is shown, the machine sleeps, the user touches the mouse.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn a_locked_screen() {
    abide_tests::skipped("lock", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
mod locked {
    use abide_tests::app::{App, configure, one_account};
    use abide_tests::desktop::{Area, Desktop, Look};
    use abide_tests::notices::Notices;
    use abide_tests::providers::Provider;
    use abide_tests::session_control::SessionControl;
    use abide_tests::tray::Tray;
    use abide_tests::{eventually, login, s};
    use tokio::sync::Mutex;

    const TITLE: &str = "Your session will expire soon";

    /// One desktop after the other: two at once would slow each other down.
    static TURN: Mutex<()> = Mutex::const_new(());

    async fn frozen(app: &App<'_>, wanted: bool) {
        eventually(if wanted { "a frozen session" } else { "a session that continues" }, s(5), || async {
            (app.session("work").await["frozen"] == wanted).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_locked_screen_freezes_the_session() {
        let _turn = TURN.lock().await;
        let mut desktop = Desktop::start("locked", Look::Light).await;
        let control = SessionControl::start(desktop.room_mut()).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, ""));
        let app = App::desktop(room).await;
        let tray = Tray::of(app.process(), room.bus()).await;
        login::sign_in(room).await;
        let token = app.abide(&["token"]).await;
        assert_eq!(token.code, 0, "{}", token.stderr);
        let icon = tray.icon().await;

        control.lock(true).await;
        frozen(&app, true).await;
        let refused = app.abide(&["token"]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "no token behind a locked screen");
        assert!(refused.stderr.contains("locked"), "{}", refused.stderr);
        assert_eq!(app.session("work").await["state"], "active", "frozen is not ended");
        eventually("the tray to show it", s(5), || async {
            let seen = tray.icon().await != icon && tray.tooltip().await.contains("locked");
            seen.then_some(())
        })
        .await;
        desktop.pointer_away().await;
        let area = desktop.tray_area().await;
        desktop.closeup("tray-frozen", Area { x: area.x - 8, width: area.width + 80, ..area }, 6).await;

        control.lock(false).await;
        frozen(&app, false).await;
        let served = app.abide(&["token"]).await;
        assert_eq!((served.code, served.stdout), (0, token.stdout), "the same session, the same token");

        // Another user at the screen is a lock, and so is a screensaver that asks for the password.
        control.blank(true).await;
        frozen(&app, true).await;
        control.show(false).await;
        control.show(true).await;
        assert_eq!(app.abide(&["token"]).await.code, 1, "the screensaver is still active");
        control.show(false).await;
        control.blank(false).await;
        control.show(true).await;
        frozen(&app, false).await;
        control.show(false).await;
        frozen(&app, true).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_start_behind_a_locked_screen_serves_nothing_in_its_first_moment() {
        let _turn = TURN.lock().await;
        let mut desktop = Desktop::start("locked-start", Look::Light).await;
        let control = SessionControl::start(desktop.room_mut()).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, ""));
        let mut app = App::headless(room).await;
        login::sign_in(room).await;
        control.lock(true).await;
        frozen(&app, true).await;
        for _ in 0..3 {
            app.kill();
            drop(app);
            app = App::headless(room).await;
            let refused = app.abide(&["token"]).await;
            assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{}", refused.stderr);
        }
        control.lock(false).await;
        frozen(&app, false).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_locked_screen_ends_the_session_if_configured() {
        let _turn = TURN.lock().await;
        let mut desktop = Desktop::start("locked-end", Look::Light).await;
        let control = SessionControl::start(desktop.room_mut()).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let notices = Notices::listen(room).await;
        configure(room, &one_account(provider.issuer(), None, "on_lock = \"end\""));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        control.lock(true).await;
        let ended = app.state("work", "ended", s(5)).await;
        assert_eq!(ended["ended"], "screen_locked", "{ended}");
        notices.wait("why it ended", 0, |notice| notice.body.contains("the screen was locked")).await;
        eventually("the provider to see the revocation", s(5), || async {
            (provider.asked().await.revocations > 0).then_some(())
        })
        .await;
        assert_eq!(app.abide(&["token"]).await.code, 3);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_machine_waits_until_the_session_is_written_down() {
        let _turn = TURN.lock().await;
        let mut desktop = Desktop::start("sleep", Look::Light).await;
        let control = SessionControl::start(desktop.room_mut()).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, "on_lock = \"keep\""));
        let mut app = App::headless(room).await;
        login::sign_in(room).await;
        control.inhibitors(1).await;
        control.announce_sleep(true).await;
        control.inhibitors(0).await;
        // The battery is empty: only the state from before the sleep is left.
        app.kill();
        let app = App::headless(room).await;
        app.state("work", "active", s(10)).await;
        control.inhibitors(1).await;
        control.announce_sleep(true).await;
        control.inhibitors(0).await;
        control.announce_sleep(false).await;
        control.inhibitors(1).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keyboard_and_mouse_keep_the_session_where_they_count_and_tools_do_not() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("input", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let limits = "end_after = \"16s\"\nwarn_after = \"6s\"\nabsolute = \"1h\"\nactivity = \"input\"";
        configure(room, &one_account(provider.issuer(), None, limits));
        let app = App::desktop(room).await;
        let notices = Notices::listen(room).await;
        login::sign_in(room).await;
        // A program that starts the command is no person.
        let refused = app.abide(&["keep"]).await;
        assert!(refused.code == 4 && refused.stderr.contains("at a terminal"), "{refused:?}");
        // A tool that asks all the time does not prove that a person is present.
        let (asked, before) = tokio::join!(app.state("work", "expiring", s(15)), async {
            for _ in 0..12 {
                assert_eq!(app.abide(&["token"]).await.code, 0);
                tokio::time::sleep(std::time::Duration::from_millis(400)).await;
            }
            notices.all().len()
        });
        assert_eq!(asked["limit"], "idle", "{asked}");
        desktop.window(TITLE, s(5)).await;
        // The person comes back.
        desktop.tool("xdotool", &["mousemove_relative", "7", "5"]).await.expect("move the pointer");
        let kept = app.state("work", "active", s(6)).await;
        assert!(kept["expires_in"].as_u64().is_some_and(|left| left > 10), "{kept}");
        desktop.no_window(TITLE, s(4)).await;
        notices.wait("that it continues", before, |notice| notice.body.contains("You are back")).await;
    }
}
