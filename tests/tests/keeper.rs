//! The question on a real desktop: several sessions at once, one that cannot be extended, an answer in the notification, no
//! answer at all, no place for a tray icon.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_question() {
    abide_tests::skipped("keeper", "the desktop of the tests is built from Linux programs");
}

#[cfg(target_os = "linux")]
mod question {
    use std::fmt::Write as _;

    use abide_tests::app::{App, configure, one_account};
    use abide_tests::desktop::{Area, Desktop, Look};
    use abide_tests::dialog::{Accessible, Item};
    use abide_tests::form::Visitor;
    use abide_tests::notices::{Notice, Notices};
    use abide_tests::providers::{PASSWORD, Provider, USER};
    use abide_tests::room::Room;
    use abide_tests::{eventually, login, s};
    use serde_json::Value;
    use tokio::sync::Mutex;
    use zbus::fdo::DBusProxy;

    const ONE: &str = "Your session will expire soon";
    const SEVERAL: &str = "Your sessions will expire soon";

    /// One desktop after the other: two at once would slow each other down.
    static TURN: Mutex<()> = Mutex::const_new(());

    /// The notification service, as a screen reader sees it.
    async fn notification_service(room: &Room) -> Accessible {
        let bus = DBusProxy::new(room.bus()).await.unwrap();
        let name = "org.freedesktop.Notifications".try_into().unwrap();
        let process = bus.get_connection_unix_process_id(name).await.unwrap();
        Accessible::of(process, room).await
    }

    async fn button(accessible: &Accessible, title: &str, name: &str) -> Option<Item> {
        let items = accessible.items(title).await;
        items.into_iter().find(|item| item.role == "push button" && item.name == name && item.showing)
    }

    async fn armed(accessible: &Accessible, title: &str, name: &str) {
        eventually(&format!("“{name}” to take an answer"), s(5), || async {
            button(accessible, title, name).await.filter(|button| button.sensitive)
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn two_sessions_that_expire_together_are_one_question() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("two-sessions", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let limits = "end_after = \"40s\"\nwarn_after = \"15s\"";
        let mut configuration = one_account(provider.issuer(), None, limits);
        let issuer = provider.issuer();
        write!(
            configuration,
            "[accounts.home]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n[accounts.home.session]\n{limits}\n"
        )
        .unwrap();
        configure(room, &configuration);
        let app = App::desktop(room).await;
        login::sign_in_to(room, "work").await;
        login::sign_in_to(room, "home").await;
        let accessible = Accessible::of(app.process(), room).await;
        let window = desktop.window("expire soon", s(25)).await;
        let text = eventually("both sessions in one dialog", s(10), || async {
            let text = accessible.text(SEVERAL).await;
            (text.contains("work") && text.contains("home")).then_some(text)
        })
        .await;
        assert!(text.contains("Do you want to keep them?"), "{text}");
        assert_eq!(desktop.windows("expire soon").await.len(), 1, "one dialog");
        let roles: Vec<String> = accessible.items(SEVERAL).await.into_iter().map(|item| item.role).collect();
        assert!(roles.iter().filter(|role| *role == "push button").count() >= 2, "{roles:?}");
        armed(&accessible, SEVERAL, "Yes").await;
        desktop.closeup_of(&window, "question").await;
        desktop.screenshot("question-and-notification").await;
        desktop.activate(&window).await;
        eventually("the answer", s(5), || async {
            let yes = button(&accessible, SEVERAL, "Yes").await?;
            if yes.focused {
                desktop.key("space").await;
                return Some(());
            }
            desktop.key("Tab").await;
            None
        })
        .await;
        for account in ["work", "home"] {
            let session = app.state(account, "active", s(5)).await;
            assert!(session["expires_in"].as_u64().is_some_and(|left| left > 25), "{session}");
        }
        desktop.no_window("expire soon", s(4)).await;
        eventually("both to be renewed at the provider", s(5), || async {
            (provider.asked().await.refreshes >= 2).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_end_that_cannot_be_moved_is_announced_without_a_question() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("absolute", Look::Dark).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let limits = "end_after = \"20s\"\nwarn_after = \"5s\"\nabsolute = \"20s\"";
        configure(room, &one_account(provider.issuer(), None, limits));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        let accessible = Accessible::of(app.process(), room).await;
        let window = desktop.window(ONE, s(15)).await;
        armed(&accessible, ONE, "OK").await;
        let text = accessible.text(ONE).await;
        assert!(text.contains("it reaches its longest time") && !text.contains("Yes"), "{text}");
        desktop.closeup_of(&window, "question").await;
        // A tool does not change it.
        assert_eq!(app.abide(&["token"]).await.code, 0);
        assert_eq!(desktop.windows(ONE).await.len(), 1);
        desktop.activate(&window).await;
        desktop.key("space").await;
        desktop.no_window(ONE, s(3)).await;
        assert_eq!(app.session("work").await["state"], "active", "told, and still there");
        let ended = app.state("work", "ended", s(15)).await;
        assert_eq!(ended["ended"], "absolute_timeout", "{ended}");
        assert!(desktop.windows(ONE).await.is_empty(), "told once");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_notification_takes_the_answer() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("notification", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let notices = Notices::listen(room).await;
        configure(room, &one_account(provider.issuer(), None, "end_after = \"30s\"\nwarn_after = \"6s\""));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        let token = app.abide(&["token"]).await.stdout;
        assert!(token.len() > 10, "a token to look for");
        let service = notification_service(room).await;
        for (choice, state) in [("Keep", "active"), ("Sign out", "ended")] {
            app.state("work", "expiring", s(15)).await;
            eventually("the choices on the notification", s(5), || button(&service, "", choice)).await;
            desktop.screenshot(&format!("notification-{choice}")).await;
            assert!(service.press("", choice).await, "“{choice}” can be pressed");
            let session = app.state("work", state, s(5)).await;
            desktop.no_window(ONE, s(4)).await;
            eventually("the notification to go", s(5), || async {
                button(&service, "", "Keep").await.is_none().then_some(())
            })
            .await;
            if choice == "Keep" {
                assert!(session["expires_in"].as_u64().is_some_and(|left| left > 20), "{session}");
            } else {
                assert_eq!(session["ended"], "declined", "{session}");
            }
        }
        for notice in notices.all() {
            assert!(!notice.body.contains(&token), "no token in a notification: {notice:?}");
        }
    }

    /// The end that nothing moves. A session of 20 hours is told of it at once when four days become the longest time.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_reminder_is_answered_on_its_notification() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("reminder", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let opened = room.path("opened");
        let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", opened.display());
        let browser = ["sh".to_owned(), "-c".to_owned(), script];
        let longest = |absolute: &str| {
            let limits = format!("end_after = \"19h\"\nwarn_after = \"18h 57m\"\nabsolute = \"{absolute}\"");
            let text = one_account(provider.issuer(), Some(&browser), &limits);
            text.replace("[accounts.work]\n", "[accounts.work]\nlabel = \"Example & Sons\"\n")
        };
        configure(room, &longest("20h"));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        let service = notification_service(room).await;
        let labels = async || {
            let items = service.items("").await.into_iter();
            let buttons = items.filter(|item| item.role == "push button" && item.showing);
            buttons.map(|item| item.name).filter(|name| !name.is_empty()).collect::<Vec<String>>()
        };
        let until = async || app.session("work").await["at_most_until"].as_u64().unwrap_or(0);
        let first = until().await;
        for (absolute, choice) in
            [("96h", "Remind me in 10 minutes"), ("95h 58m", "Remind me at"), ("95h 56m", "Sign in again")]
        {
            // Another end is another reason for a reminder.
            configure(room, &longest(absolute));
            let shown = eventually("the reminder's choices", s(10), || async {
                Some(labels().await).filter(|labels| labels.iter().any(|label| label.starts_with(choice)))
            })
            .await;
            let at = app.session("work").await["reminder"]["later_at"].as_u64().unwrap();
            assert_eq!(at % 3600, 0, "a whole hour of UTC, which the tests have");
            let at = format!("Remind me at {:02}:00", at / 3600 % 24);
            assert_eq!(shown, ["Sign in again", "Remind me in 10 minutes", &at], "one notification");
            desktop.screenshot(&format!("reminder-{}", choice.replace(' ', "-"))).await;
            let pressed = shown.iter().find(|label| label.starts_with(choice)).unwrap();
            assert!(service.press("", pressed).await, "“{pressed}” can be pressed");
            if choice != "Sign in again" {
                eventually("the notification to go", s(5), || async {
                    labels().await.is_empty().then_some(())
                })
                .await;
                let session = app.session("work").await;
                assert_eq!((&session["reminder"], &session["state"]), (&Value::Null, &"active".into()));
            }
        }
        let address =
            eventually("the browser", s(10), || async { std::fs::read_to_string(&opened).ok() }).await;
        assert_eq!(
            app.session("work").await["state"],
            "active",
            "the session lasts until the new one begins"
        );
        Visitor::default().sign_in(&address, USER, PASSWORD).await;
        eventually("the new session", s(10), || async { (until().await > first + 3600).then_some(()) }).await;
        eventually("the notification to go", s(5), || async { labels().await.is_empty().then_some(()) })
            .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_question_that_was_closed_by_accident_comes_back() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("ignored", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        let notices = Notices::listen(room).await;
        configure(room, &one_account(provider.issuer(), None, "end_after = \"30s\"\nwarn_after = \"6s\""));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        for _ in 0..2 {
            let window = desktop.window(ONE, s(20)).await;
            desktop.tool("wmctrl", &["-i", "-c", &window.id]).await.expect("close the dialog");
            desktop.no_window(ONE, s(3)).await;
        }
        let asked = || notices.all().iter().filter(|notice| notice.title == "Keep your session?").count();
        assert_eq!(asked(), 1);
        eventually("the end", s(30), || async {
            (app.session("work").await["ended"] == "idle_timeout").then_some(())
        })
        .await;
        assert_eq!(asked(), 1, "{:?}", notices.all());
        notices.wait("what happened", 0, |notice| notice.title == "You are signed out").await;
    }

    /// A message every second would be too much.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_screen_reader_is_told_at_thirty_and_ten_seconds_and_not_every_second() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("aloud", Look::Light).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, "end_after = \"36s\"\nwarn_after = \"3s\""));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        let accessible = Accessible::of(app.process(), room).await;
        desktop.window(ONE, s(15)).await;
        let heard = std::cell::RefCell::new(Vec::<String>::new());
        eventually("the seconds to run down", s(40), || async {
            if let Some(said) = accessible.description(ONE).await {
                let mut heard = heard.borrow_mut();
                if heard.last() != Some(&said) {
                    heard.push(said);
                }
            }
            let left = app.session("work").await["expires_in"].as_u64();
            left.is_none_or(|left| left < 8).then_some(())
        })
        .await;
        let heard = heard.into_inner();
        assert_eq!(heard.len(), 3, "when it comes, at 30 and at 10: {heard:?}");
        assert!(heard[1].contains("30 seconds") && heard[2].contains("10 seconds"), "{heard:?}");
        assert_eq!(app.abide(&["keep"]).await.code, 0);
    }

    /// The window under the pointer.
    async fn under_the_pointer(desktop: &Desktop, area: Area) -> String {
        let (x, y) = ((area.x + area.width / 2).to_string(), (area.y + area.height / 2).to_string());
        let seen = desktop.tool("xdotool", &["mousemove", &x, &y, "getmouselocation", "--shell"]).await;
        let seen = seen.expect("where the pointer is");
        seen.lines().find_map(|line| line.strip_prefix("WINDOW=")).expect("a window").to_owned()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn when_a_tool_was_faster_the_dialog_shows_it_and_no_click_falls_through() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("faster-tool", Look::Dark).await;
        let provider = Provider::demo().await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, "end_after = \"30s\"\nwarn_after = \"6s\""));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        let accessible = Accessible::of(app.process(), room).await;
        let window = desktop.window(ONE, s(15)).await;
        armed(&accessible, ONE, "Yes").await;

        // Every element that is not only for the layout has a name.
        let named: Vec<(String, String)> = accessible
            .items(ONE)
            .await
            .into_iter()
            .filter(|item| !["filler", "panel"].contains(&item.role.as_str()))
            .map(|item| (item.role, item.name))
            .collect();
        let roles: Vec<&str> = named.iter().map(|(role, _)| role.as_str()).collect();
        assert_eq!(roles, ["alert", "image", "label", "label", "push button", "push button"], "{named:?}");
        assert!(named.iter().all(|(_, name)| !name.is_empty()), "{named:?}");
        assert!(
            named[2].1.contains("will expire in") && named[2].1.ends_with("keep your session?"),
            "{named:?}"
        );
        assert_eq!([named[4].1.as_str(), named[5].1.as_str()], ["No", "Yes"]);

        let area = desktop.area(&window.id).await.expect("where the dialog is");
        let dialog = under_the_pointer(&desktop, area).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
        eventually("the last word", s(3), || async {
            let items = accessible.items(ONE).await;
            items.iter().any(|item| item.name == "Your session continues.").then_some(())
        })
        .await;
        let buttons = accessible.items(ONE).await.into_iter().filter(|item| item.role == "push button");
        assert!(buttons.into_iter().all(|button| !button.sensitive), "no button takes a click any more");
        assert_eq!(
            under_the_pointer(&desktop, area).await,
            dialog,
            "the dialog is still what a click would hit"
        );
        desktop.closeup_of(&window, "last-word").await;
        desktop.no_window(ONE, s(3)).await;
        assert_eq!(app.session("work").await["state"], "active");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn without_a_place_for_the_icon_the_window_serves() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::without_panel("no-panel", Look::Light).await;
        let room = desktop.room();
        let notices = Notices::listen(room).await;
        let provider = Provider::demo().await;
        configure(room, &one_account(provider.issuer(), None, ""));
        let app = App::desktop(room).await;
        let window = desktop.window("Abide", s(25)).await;
        let said = |notice: &Notice| notice.title.contains("cannot show its tray icon");
        notices.wait("that there is no tray icon", 0, said).await;
        eventually("something in the window", s(15), || async {
            desktop.colours(&window).await.filter(|colours| *colours > 50)
        })
        .await;
        desktop.closeup_of(&window, "window").await;
        assert_eq!(notices.all().iter().filter(|notice| said(notice)).count(), 1, "it is said once");
        drop(app);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_first_start_without_an_account_opens_the_window_once() {
        let _turn = TURN.lock().await;
        let desktop = Desktop::start("first-start", Look::Light).await;
        let room = desktop.room();
        let app = App::desktop(room).await;
        let window = desktop.window("Abide", s(25)).await;
        eventually("something in the window", s(15), || async {
            desktop.colours(&window).await.filter(|colours| *colours > 50)
        })
        .await;
        desktop.closeup_of(&window, "window").await;
        app.quit().await;
        let app = App::desktop(room).await;
        tokio::time::sleep(s(3)).await;
        assert!(desktop.windows("Abide").await.is_empty(), "it is remembered");
        drop(app);
    }
}
