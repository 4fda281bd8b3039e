//! The real window, driven through WebDriver: every page of it, what a link asks for, what can be changed about an account, and another
//! language in window, tray and dialog. Pictures of the pages are kept in `target/acceptance/ui`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_window() {
    abide_tests::skipped("window", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
mod window {
    use std::fmt::Write as _;

    use abide_tests::app::{App, configure, one_account};
    use abide_tests::desktop::{Desktop, Look};
    use abide_tests::dialog::Accessible;
    use abide_tests::providers::Provider;
    use abide_tests::tab::Tab as _;
    use abide_tests::tool::{done, tool};
    use abide_tests::tray::Tray;
    use abide_tests::web_driver::{self, Page};
    use abide_tests::{eventually, evidence, login, program, s, skipped, workspace};
    use serde_json::json;
    use tokio::sync::Mutex;

    /// One desktop after the other: two at once would slow each other down.
    static TURN: Mutex<()> = Mutex::const_new(());

    /// A desktop whose window can be driven, and the port for that.
    async fn desktop(name: &str, look: Look) -> Option<(Desktop, u16)> {
        let mut desktop = Desktop::start(name, look).await;
        let port = web_driver::prepare(desktop.room_mut());
        if port.is_none() {
            skipped(name, "WebKitWebDriver is not installed");
        }
        Some((desktop, port?))
    }

    /// A text of the catalogues, without arguments.
    fn catalogue(language: &str, file: &str, name: &str) -> String {
        let path = workspace().join("locales").join(language).join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
        found.unwrap_or_else(|| panic!("{name} in {language}/{file}")).to_owned()
    }

    /// Waits for the heading of a page and for what it loads, makes sure that it reports nothing wrong, and keeps a picture.
    async fn page_is(page: &Page, heading: &str, ready: &str, picture: &str) {
        eventually(&format!("the page “{heading}”"), s(10), || async {
            let shown = page.evaluate("document.querySelector('h1')?.textContent").await;
            (shown == heading).then_some(())
        })
        .await;
        page.wait_for(ready).await;
        let wrong = page
            .evaluate(
                "[...document.querySelectorAll('[role=alert], .problem')].map(e => e.textContent.trim()).join('')",
            )
            .await;
        assert_eq!(wrong, "", "on the page “{heading}”");
        let wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(page.evaluate(wider).await, false, "“{heading}” fits into the window");
        page.screenshot(&evidence("ui").join(format!("{picture}.png"))).await;
    }

    /// Walks through all pages that the head of the window leads to.
    async fn walk(page: &Page, language: &str) {
        let text = |name: &str| catalogue(language, "window.ftl", name);
        let picture = |name: &str| format!("{name}-{language}");
        page_is(page, &text("page-accounts"), "[data-account=work] [data-manage]", &picture("accounts"))
            .await;
        page.click("[data-account=work] .claims-of summary").await;
        page.wait_for("[data-account=work] .claims dd").await;
        page.evaluate("document.querySelector('.claims-of').scrollIntoView()").await;
        page_is(page, &text("page-accounts"), "[data-account=work] .claims dd", &picture("claims")).await;
        page.click("[data-tab=tools]").await;
        page_is(page, &text("page-tools"), "main h2", &picture("tools")).await;
        page.click("[data-tab=activity]").await;
        page_is(page, &text("page-activity"), "main li", &picture("activity")).await;
        page.click("[data-settings]").await;
        page_is(page, &text("page-settings"), "#end_after", &picture("settings")).await;
        page.click("[data-back]").await;
        page.click("[data-help]").await;
        page_is(page, &text("page-help"), "main li", &picture("help")).await;
        page.click("[data-back]").await;
        page.click("[data-tab=accounts]").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn each_page_shows_its_heading_and_accounts_are_renamed_ordered_and_removed() {
        let _turn = TURN.lock().await;
        let Some((desktop, port)) = desktop("window", Look::Light).await else { return };
        let provider = Provider::demo().await;
        let room = desktop.room();
        let limits = "end_after = \"15m\"\nwarn_after = \"12m\"";
        let mut configuration = one_account(provider.issuer(), None, limits);
        for name in ["home", "lab"] {
            write!(
                configuration,
                "[accounts.{name}]\nissuer = \"{}\"\nclient_id = \"abide\"\n",
                provider.issuer()
            )
            .unwrap();
        }
        configure(room, &configuration);
        let app = App::desktop(room).await;
        login::sign_in_to(room, "work").await;
        let tray = Tray::of(app.process(), room.bus()).await;
        tray.choose("Open Abide").await;
        let page = Page::join(room, port).await;
        walk(&page, "en").await;

        let link = "abide:add?issuer=https%3A%2F%2Fid.example.net&client_id=abide";
        let second = done(tool(room, program("abide-desktop"), &[link])).await;
        assert_eq!(second.code, 0, "{second:?}");
        page.wait_for("#issuer").await;
        page.says("id.example.net").await;
        assert_eq!(page.evaluate("document.querySelector('#issuer').value").await, "https://id.example.net");
        page.screenshot(&evidence("ui").join("link-en.png")).await;
        page.click("[data-back]").await;
        page.wait_for("[data-account=work] [data-manage]").await;

        let order = "[...document.querySelectorAll('[data-account]')].map(card => card.dataset.account)";
        assert_eq!(page.evaluate(order).await, json!(["home", "lab", "work"]));
        page.click("[data-account=work] [data-manage] summary").await;
        page.click("[data-account=work] [data-move=up]").await;
        eventually("the other order", s(5), || async {
            (page.evaluate(order).await == json!(["home", "work", "lab"])).then_some(())
        })
        .await;
        let kept = page.evaluate("document.activeElement.dataset.move").await;
        assert_eq!(kept, "up", "the keyboard stays where it was");
        page.fill("#title-work", "Example & Sons").await;
        page.press_return().await;
        page.says("work · 127.0.0.1").await;
        page.screenshot(&evidence("ui").join("renamed-en.png")).await;
        eventually("the title in the tray", s(5), || async {
            tray.menu_text().await.contains("Example & Sons").then_some(())
        })
        .await;
        let status = app.abide(&["status"]).await.stdout;
        assert!(status.contains("Example & Sons"), "{status}");
        let file = || std::fs::read_to_string(room.places().config_file()).unwrap();
        assert!(
            file().contains("label = \"Example & Sons\"") && file().contains("account_order = "),
            "{}",
            file()
        );

        page.click("[data-account=lab] [data-manage] summary").await;
        page.click("[data-account=lab] [data-remove]").await;
        page.click("[data-account=lab] [data-undo]").await;
        page.wait_for("[data-account=lab] [data-manage]").await;
        assert!(file().contains("[accounts.lab]"), "undone");
        page.click("[data-account=lab] [data-manage] summary").await;
        page.click("[data-account=lab] [data-remove]").await;
        page.wait_for("[data-account=lab] [data-undo]").await;
        page.screenshot(&evidence("ui").join("removing-en.png")).await;
        assert!(file().contains("[accounts.lab]"), "nothing has changed yet");
        // Without a window, no user sees *Undo*.
        let own = desktop.windows("Abide").await.into_iter().find(|window| window.title == "Abide").unwrap();
        let _ = desktop.tool("wmctrl", &["-i", "-c", &own.id]).await;
        eventually("the account to be removed with the window", s(5), || async {
            (!file().contains("[accounts.lab]")).then_some(())
        })
        .await;
        let accounts = app.snapshot().await["accounts"].as_array().unwrap().len();
        assert_eq!(accounts, 2);
        app.quit().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn window_tray_and_dialog_speak_the_language_of_the_system() {
        let _turn = TURN.lock().await;
        let Some((mut desktop, port)) = desktop("window-es", Look::Dark).await else { return };
        let provider = Provider::demo().await;
        desktop.room_mut().set("LANG", "es_ES.UTF-8");
        let room = desktop.room();
        // The question comes after the walk, also on a busy computer: a page with a question has an alert.
        configure(room, &one_account(provider.issuer(), None, "end_after = \"80s\"\nwarn_after = \"50s\""));
        let app = App::desktop(room).await;
        let tray = Tray::of(app.process(), room.bus()).await;
        let text = |name: &str| catalogue("es", "desktop.ftl", name);
        let menu = tray.menu_text().await;
        for name in ["tray-open", "tray-settings", "tray-quit"] {
            assert!(menu.contains(&text(name)), "{name} in {menu}");
        }
        login::sign_in(room).await;
        tray.choose(&text("tray-open")).await;
        let page = Page::join(room, port).await;
        walk(&page, "es").await;
        assert_eq!(page.evaluate("document.documentElement.lang").await, "es");
        let title = catalogue("es", "common.ftl", "question-title-one");
        let window = desktop.window(&title, s(60)).await;
        let accessible = Accessible::of(app.process(), room).await;
        let yes = text("question-yes").replace('_', "");
        eventually("the answers in Spanish", s(5), || async {
            let items = accessible.items(&title).await;
            items.into_iter().find(|item| item.role == "push button" && item.name == yes && item.showing)
        })
        .await;
        desktop.closeup_of(&window, "question").await;
        app.quit().await;
    }
}
