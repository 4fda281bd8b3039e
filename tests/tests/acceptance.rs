//! The whole path of a person: tray, browser, terminal, dialog, and a power failure at the end.
//!
//! Pictures of the screen at each step are kept under `target/acceptance/`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_whole_path() {
    abide_tests::skipped("acceptance", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
mod path {
    use std::time::Duration;

    use abide_tests::app::{App, configure, one_account};
    use abide_tests::browser::{Browser, Page};
    use abide_tests::desktop::{Area, Desktop, Look, Window};
    use abide_tests::dialog::Accessible;
    use abide_tests::notices::Notices;
    use abide_tests::providers::{Provider, USER};
    use abide_tests::tab::Tab as _;
    use abide_tests::tray::{Tray, seconds_in};
    use abide_tests::{eventually, s};
    use tokio::sync::Mutex;

    /// Minutes in real life; here for a person who answers quickly.
    const SESSION: &str = "end_after = \"25s\"\nwarn_after = \"10s\"\nabsolute = \"1h\"";
    const WARNING: Duration = s(20);
    const TITLE: &str = "Your session will expire soon";

    /// One desktop after the other: two at once would slow each other down.
    static TURN: Mutex<()> = Mutex::const_new(());

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_whole_path_with_the_demo_provider() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("demo-op", Look::Light).await;
        let provider = Provider::demo().await;
        whole_path(&desktop, &provider).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_whole_path_with_oidc_provider() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("oidc-provider", Look::Dark).await;
        let provider = Provider::node(desktop.room()).await;
        whole_path(&desktop, &provider).await;
    }

    async fn whole_path(desktop: &Desktop, provider: &Provider) {
        let notices = Notices::listen(desktop.room()).await;
        let browser = Browser::start(desktop).await;
        let configuration = one_account(provider.issuer(), Some(browser.command()), SESSION);
        configure(desktop.room(), &configuration);
        let app = App::desktop(desktop.room()).await;
        let scene = Scene::new(desktop, provider, &browser, &notices, app).await;

        scene.signs_in_from_the_tray("").await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        scene.sees_the_time_run().await;
        scene.sees_the_question_count_down().await;
        scene.a_tool_answers_the_question(&token).await;
        scene.says_yes(&token).await;
        scene.says_no().await;
        scene.signs_in_from_the_tray("again-").await;
        let scene = scene.loses_power_and_is_still_signed_in().await;
        scene.opens_and_closes_the_window().await;
        scene.signs_out_and_quits().await;
    }

    struct Scene<'a> {
        desktop: &'a Desktop,
        provider: &'a Provider,
        browser: &'a Browser<'a>,
        notices: &'a Notices,
        app: App<'a>,
        tray: Tray,
        accessible: Accessible,
    }

    impl<'a> Scene<'a> {
        async fn new(
            desktop: &'a Desktop,
            provider: &'a Provider,
            browser: &'a Browser<'a>,
            notices: &'a Notices,
            app: App<'a>,
        ) -> Self {
            let tray = Tray::of(app.process(), desktop.room().bus()).await;
            let accessible = Accessible::of(app.process(), desktop.room()).await;
            Self { desktop, provider, browser, notices, app, tray, accessible }
        }

        async fn picture_of_the_tray(&self, name: &str) {
            self.desktop.pointer_away().await;
            let area = self.desktop.tray_area().await;
            self.desktop.closeup(name, Area { x: area.x - 8, width: area.width + 80, ..area }, 6).await;
        }

        async fn signs_in_from_the_tray(&self, prefix: &str) {
            self.picture_of_the_tray(&format!("{prefix}tray-signed-out")).await;
            let signed_out = self.tray.icon().await;
            let asked = self.provider.asked().await;

            self.tray.choose("Sign in").await;
            let issuer = self.provider.issuer();
            let page = self
                .browser
                .page("the provider's, or Abide's after it", s(30), |url| {
                    url.starts_with(issuer) || url.contains("/callback")
                })
                .await;
            let folder = self.desktop.room().evidence();
            self.provider
                .sign_in(&page, async |page: &Page<'_>, number| {
                    page.screenshot(&folder.join(format!("{prefix}provider-{number}"))).await;
                })
                .await;
            page.says("You are signed in").await;
            page.screenshot(&folder.join(format!("{prefix}signed-in"))).await;
            self.desktop.screenshot(&format!("{prefix}desktop-signed-in")).await;

            let address = page.address().await;
            assert!(address.starts_with("http://127.0.0.1:"), "{address}");
            for visited in page.history().await.iter().chain([&address]) {
                assert!(
                    !visited.contains("code="),
                    "no code in the address or in the tab's history: {visited}"
                );
            }
            assert!(page.text().await.contains(USER), "the page says who is signed in");
            page.close().await;

            let session = self.app.state("work", "active", s(10)).await;
            assert_eq!(session["renewable"], true, "{session}");
            assert_eq!(self.provider.asked().await.authorizations, asked.authorizations + 1);
            eventually("another icon", s(5), || async {
                (self.tray.icon().await != signed_out).then_some(())
            })
            .await;
            self.notices.wait("signed in", 0, |notice| notice.title == "You are signed in").await;
        }

        async fn gets_a_token_that_the_provider_accepts(&self) -> String {
            let done = self.app.abide(&["token"]).await;
            assert_eq!((done.code, done.stderr.as_str()), (0, ""), "abide token");
            let token = done.stdout;
            let (status, claims) = self.provider.userinfo(&token).await;
            assert_eq!(status, 200, "UserInfo accepts the token");
            assert!(claims["sub"].is_string() && claims.to_string().contains(USER), "{claims}");

            let header = self.app.abide(&["header"]).await;
            assert_eq!((header.code, header.stdout), (0, format!("Authorization: Bearer {token}")));
            let run = self.app.abide(&["run", "--", "sh", "-c", "printf %s \"$ABIDE_TOKEN\"; exit 7"]).await;
            assert_eq!((run.code, run.stdout.as_str()), (7, token.as_str()), "{}", run.stderr);
            let status = self.app.abide(&["status"]).await;
            assert_eq!(status.code, 0);
            assert!(status.stdout.contains("work") && status.stdout.contains("active"), "{}", status.stdout);
            assert!(!status.stdout.contains(&token), "the status shows no token");
            token
        }

        async fn sees_the_time_run(&self) {
            let icon = self.tray.icon().await;
            let tooltip = eventually("the time left in the tooltip", s(5), || async {
                seconds_in(&self.tray.tooltip().await)
            })
            .await;
            let menu = seconds_in(&self.tray.menu_text().await).expect("the time left in the menu");
            assert!(tooltip <= 25 && menu <= 25, "tooltip {tooltip} s, menu {menu} s of 25");
            eventually("the tray to count down: tooltip, menu and icon", s(8), || async {
                let lower = |text: &str, before| seconds_in(text).is_some_and(|now| now < before);
                let all = lower(&self.tray.tooltip().await, tooltip)
                    && lower(&self.tray.menu_text().await, menu)
                    && self.tray.icon().await != icon;
                all.then_some(())
            })
            .await;
            self.picture_of_the_tray("tray-active").await;
            self.desktop.click(self.desktop.tray_area().await, 3).await;
            // The panel draws the menu with a delay; the picture is for people, no check depends on it.
            tokio::time::sleep(Duration::from_millis(400)).await;
            self.desktop.screenshot("menu").await;
            self.desktop.key("Escape").await;
            self.desktop.pointer_away().await;
        }

        /// Waits for the question.
        async fn question(&self) -> Window {
            self.app.state("work", "expiring", WARNING).await;
            self.desktop.window(TITLE, s(5)).await
        }

        async fn seconds_on_the_dialog(&self) -> Option<u64> {
            let text = self.accessible.text(TITLE).await;
            let (_, count) = text.split_once("will expire in")?;
            seconds_in(count)
        }

        async fn sees_the_question_count_down(&self) {
            let before = self.notices.all().len();
            self.question().await;
            let first =
                eventually("the seconds left on the dialog", s(5), || self.seconds_on_the_dialog()).await;
            assert!((1..=15).contains(&first), "{first} s of 15 are left");
            let question = self.app.snapshot().await["questions"][0].clone();
            assert!(
                question["seconds_left"].as_u64().is_some_and(|left| left.abs_diff(first) <= 2),
                "{question}"
            );
            let text = self.accessible.text(TITLE).await;
            let host = self.provider.issuer().trim_start_matches("http://");
            for part in [host, "Do you want to keep your session?", "Yes", "No"] {
                assert!(text.contains(part), "“{part}” in the dialog: {text}");
            }
            let notice = self.notices.wait("the question", before, |notice| notice.body.contains(host)).await;
            assert!(seconds_in(&notice.body).is_some(), "{notice:?}");
            self.desktop.screenshot("question-and-notification").await;
            self.picture_of_the_tray("tray-expiring").await;
            eventually("the dialog to count down", s(4), || async {
                self.seconds_on_the_dialog().await.filter(|now| *now < first)
            })
            .await;
        }

        async fn a_tool_answers_the_question(&self, token: &str) {
            assert_eq!(self.desktop.windows(TITLE).await.len(), 1, "the question is still up");
            let done = self.app.abide(&["token"]).await;
            assert_eq!((done.code, done.stdout.as_str()), (0, token));
            self.desktop.no_window(TITLE, s(3)).await;
            let session = self.app.state("work", "active", s(2)).await;
            assert!(session["expires_in"].as_u64().is_some_and(|left| left > 15), "{session}");
        }

        /// Answers only by keyboard, as soon as the dialog accepts an answer: moves to the button, and presses it.
        async fn answers(&self, name: &str) {
            let window = self.question().await;
            self.desktop.activate(&window).await;
            eventually("the dialog to take an answer", s(5), || async {
                let items = self.accessible.items(TITLE).await;
                items.iter().any(|item| item.name == name && item.sensitive).then_some(())
            })
            .await;
            for _ in 0..6 {
                let items = self.accessible.items(TITLE).await;
                if items.iter().any(|item| item.name == name && item.focused) {
                    self.desktop.closeup_of(&window, &format!("question-{name}")).await;
                    self.desktop.key("space").await;
                    self.desktop.no_window(TITLE, s(3)).await;
                    return;
                }
                self.desktop.key("Tab").await;
            }
            panic!("“{name}” cannot be reached by keyboard");
        }

        async fn says_yes(&self, old_token: &str) {
            let asked = self.provider.asked().await;
            self.answers("Yes").await;
            eventually("the provider to grant a refresh", s(5), || async {
                (self.provider.asked().await.refreshes == asked.refreshes + 1).then_some(())
            })
            .await;
            let session = self.app.state("work", "active", s(2)).await;
            assert!(session["expires_in"].as_u64().is_some_and(|left| left > 15), "{session}");
            // Until the new token is on the disk, the old one is served.
            let token = eventually("the token that the refresh brought", s(5), || async {
                let done = self.app.abide(&["token"]).await;
                assert_eq!(done.code, 0, "{}", done.stderr);
                Some(done.stdout).filter(|token| token != old_token)
            })
            .await;
            assert_eq!(self.provider.userinfo(&token).await.0, 200);
        }

        async fn says_no(&self) {
            let (asked, before) = (self.provider.asked().await, self.notices.all().len());
            self.answers("No").await;
            let session = self.app.state("work", "ended", s(5)).await;
            assert_eq!(session["ended"], "declined", "{session}");
            eventually("the provider to see the revocation", s(5), || async {
                (self.provider.asked().await.revocations > asked.revocations).then_some(())
            })
            .await;
            let done = self.app.abide(&["token"]).await;
            assert_eq!((done.code, done.stdout.as_str()), (3, ""), "login required: {}", done.stderr);
            assert!(done.stderr.contains("abide login"), "what to do is said: {}", done.stderr);
            self.notices.wait("signed out", before, |notice| notice.title.contains("signed out")).await;
            self.desktop.screenshot("signed-out-and-notification").await;
        }

        async fn loses_power_and_is_still_signed_in(self) -> Self {
            let asked = self.provider.asked().await;
            let tabs = self.browser.addresses().await;
            let Self { desktop, provider, browser, notices, mut app, .. } = self;
            app.kill();
            drop(app);
            let app = App::desktop(desktop.room()).await;
            let scene = Self::new(desktop, provider, browser, notices, app).await;
            scene.app.state("work", "active", s(10)).await;
            let done = scene.app.abide(&["token"]).await;
            assert_eq!(done.code, 0, "{}", done.stderr);
            assert_eq!(provider.userinfo(&done.stdout).await.0, 200);
            assert_eq!(provider.asked().await.authorizations, asked.authorizations, "no new sign-in");
            assert_eq!(browser.addresses().await, tabs, "no new tab");
            assert!(seconds_in(&scene.tray.tooltip().await).is_some(), "the tray counts again");
            scene
        }

        async fn opens_and_closes_the_window(&self) {
            let _ = self.app.abide(&["token"]).await;
            self.tray.choose("Open Abide").await;
            let own = || async {
                let windows = self.desktop.windows("Abide").await;
                windows.into_iter().find(|window| window.title == "Abide")
            };
            let window = eventually("the window", s(15), own).await;
            self.desktop.activate(&window).await;
            eventually("something in the window", s(15), || async {
                self.desktop.colours(&window).await.filter(|colours| *colours > 50)
            })
            .await;
            self.desktop.closeup_of(&window, "window").await;
            let _ = self.desktop.tool("wmctrl", &["-i", "-c", &window.id]).await;
            eventually("the window to be gone", s(10), || async { own().await.is_none().then_some(()) })
                .await;
            self.app.state("work", "active", s(20)).await;
        }

        async fn signs_out_and_quits(&self) {
            let asked = self.provider.asked().await;
            self.tray.choose("Sign out").await;
            eventually("the session to be over", s(10), || async {
                let done = self.app.abide(&["token"]).await;
                (done.code == 3).then_some(())
            })
            .await;
            eventually("the provider to see the revocation", s(5), || async {
                (self.provider.asked().await.revocations > asked.revocations).then_some(())
            })
            .await;
            self.tray.choose("Quit").await;
            eventually("the application to end", s(10), || async {
                (self.app.abide(&["status"]).await.code == 5).then_some(())
            })
            .await;
        }
    }
}
