//! Failures without consequences: a log that cannot be written, and late answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn resilience() {
    abide_tests::skipped("resilience", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod resilience {
    use std::time::Duration;

    use abide_demo_op::{Config, DemoOp, Endpoint, Quirks};
    use abide_tests::app::{App, abide, account_with, command, configure, one_account};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in};
    use abide_tests::providers::{PASSWORD, Provider, USER};
    use abide_tests::room::Room;
    use abide_tests::{eventually, program, s};
    use rustix::process::Signal;

    const SETTINGS: &str =
        "timeout = \"1s\"\nscopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refresh_that_is_answered_after_the_timeout_is_kept() {
        let room = Room::with_keyring("resilience-late").await;
        let config = Config { access_token_lifetime: s(6), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &account_with(provider.issuer(), SETTINGS, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        provider.set_quirks(Quirks { token_answer_delay: s(4), ..Quirks::default() });
        // Abide stops waiting after a second; the provider has rotated the refresh token and answers later.
        eventually("a tool to be told that the provider does not answer", s(30), || async {
            (abide(&room, &["token", "--min-validity", "1h"]).await.code == 1).then_some(())
        })
        .await;
        assert!(provider.record().refreshes() >= 1, "the provider has spent the first refresh token");
        provider.set_quirks(Quirks::default());
        let before = provider.record().refreshes();
        eventually("a refresh with the token that came late", s(60), || async {
            let answered = abide(&room, &["token", "--min-validity", "1h"]).await.code;
            (answered == 0 && provider.record().refreshes() > before).then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["state"], "active", "the session was not lost");
    }

    /// The answer lies in the socket of a process that does not run: a debugger, a freezer, a sleeping container.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_answer_that_came_while_the_agent_was_stopped_is_kept() {
        let room = Room::with_keyring("resilience-stopped").await;
        // Shorter than Abide needs a token to last: each request renews it.
        let config = Config { access_token_lifetime: s(6), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &account_with(provider.issuer(), SETTINGS, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        provider.set_quirks(Quirks { token_answer_delay: Duration::from_millis(500), ..Quirks::default() });
        let before = provider.record().refreshes();
        let tool = async {
            eventually("a request of a tool that starts a renewal", s(30), || async {
                let _ = abide(&room, &["token", "--min-validity", "1h"]).await;
                (provider.record().refreshes() > before).then_some(())
            })
            .await;
        };
        let stop = async {
            while provider.record().refreshes() == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            app.signal(Signal::STOP);
            // The provider answers, and the account's timeout passes.
            tokio::time::sleep(s(3)).await;
            app.signal(Signal::CONT);
        };
        tokio::join!(tool, stop);
        provider.set_quirks(Quirks::default());
        // The provider ends the grant when the spent token is sent once more.
        let before = provider.record().refreshes();
        eventually("a refresh with the token that came meanwhile", s(60), || async {
            let answered = abide(&room, &["token", "--min-validity", "1h"]).await.code;
            (answered == 0 && provider.record().refreshes() > before).then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["state"], "active");
    }

    /// The code of a device can be used once.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_device_that_is_answered_after_the_timeout_is_signed_in() {
        let room = Room::with_keyring("resilience-device").await;
        let config = Config { device_poll_interval: s(1), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &account_with(provider.issuer(), SETTINGS, SESSION));
        let app = App::headless(&room).await;
        let login = Login::on_another_device(&room).await;
        provider.set_quirks(Quirks { token_answer_delay: s(4), ..Quirks::default() });
        let mut person = Visitor::default();
        let form = person.open(&login.url).await;
        person.submit(&form, &[("username", USER), ("password", PASSWORD)], Some("sign-in")).await;
        let done = login.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        assert_eq!(provider.record().count(Endpoint::Revocation), 0);
    }

    /// The code of a browser too. Whoever waits has been told that it failed, so what comes late is revoked.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tokens_for_a_code_that_come_after_the_timeout_are_revoked() {
        let room = Room::with_keyring("resilience-code").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &account_with(provider.issuer(), SETTINGS, SESSION));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        provider.set_quirks(Quirks { token_answer_delay: s(4), ..Quirks::default() });
        Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        let done = login.end().await;
        assert_eq!(done.code, 1, "{done:?}");
        assert_ne!(app.session("work").await["state"], "active");
        assert_eq!(provider.record().count(Endpoint::Revocation), 0, "the answer has not come yet");
        eventually("the tokens to be revoked", s(20), || async {
            (provider.record().count(Endpoint::Revocation) > 0).then_some(())
        })
        .await;
        provider.set_quirks(Quirks::default());
        sign_in(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    /// A tool that has given up does not cause a second exchange.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_exchanged_token_that_comes_late_is_kept_for_the_next_tool() {
        let room = Room::with_keyring("resilience-exchange").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let settings = format!("{SETTINGS}token_exchange = true\n");
        configure(&room, &account_with(provider.issuer(), &settings, SESSION));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let exchanges = || {
            let kind = "urn:ietf:params:oauth:grant-type:token-exchange";
            provider.record().entries().iter().filter(|entry| entry.parameter("grant_type") == kind).count()
        };
        provider.set_quirks(Quirks { token_answer_delay: s(4), ..Quirks::default() });
        let arguments = ["token", "--resource", "https://api.example.com/"];
        let mut tool = command(&room, &arguments).spawn().unwrap();
        eventually("the request at the provider", s(20), || async { (exchanges() > 0).then_some(()) }).await;
        tool.kill().await.unwrap();
        eventually("the token for the next tool", s(20), || async {
            (abide(&room, &arguments).await.code == 0).then_some(())
        })
        .await;
        assert_eq!(exchanges(), 1);
    }

    /// The provider has acted on the request, and only its answer has what is valid from then on.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_end_of_the_agent_waits_for_a_renewal_and_for_a_sign_in() {
        let room = Room::with_keyring("resilience-end").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &account_with(provider.issuer(), &SETTINGS.replace("1s", "30s"), SESSION));
        let app = App::headless(&room).await;
        let slow = || provider.set_quirks(Quirks { token_answer_delay: s(2), ..Quirks::default() });
        slow();
        let login = Login::begin(&room).await;
        let asked = provider.record().count(Endpoint::Token);
        let mut person = Visitor::default();
        let signs_in = person.sign_in(&login.url, USER, PASSWORD);
        let ends = async {
            eventually("the code at the provider", s(20), || async {
                (provider.record().count(Endpoint::Token) > asked).then_some(())
            })
            .await;
            app.quit().await;
        };
        tokio::join!(signs_in, ends);
        drop(login.end().await);
        provider.set_quirks(Quirks::default());
        let app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "active", "the sign-in was stored");

        slow();
        let renewals = provider.record().refreshes();
        let mut tool = command(&room, &["token", "--min-validity", "1h"]).spawn().unwrap();
        eventually("the renewal at the provider", s(20), || async {
            (provider.record().refreshes() > renewals).then_some(())
        })
        .await;
        app.quit().await;
        tool.kill().await.unwrap();
        provider.set_quirks(Quirks::default());
        let app = App::headless(&room).await;
        let served = abide(&room, &["token", "--min-validity", "1h"]).await;
        assert_eq!(served.code, 0, "{served:?}");
        assert_eq!(app.session("work").await["state"], "active");
    }

    /// A client that was made for nobody is removed again.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_registration_that_is_answered_after_the_timeout_is_ended() {
        let room = Room::with_keyring("resilience-registration").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, "[endpoint]\nport = 0\n");
        let app = App::headless(&room).await;
        // Longer than the timeout of an account without settings.
        provider.set_quirks(Quirks { registration_answer_delay: s(34), ..Quirks::default() });
        let issuer = provider.issuer();
        let done = app.abide(&["accounts", "add", "work", "--issuer", issuer, "--register"]).await;
        assert_eq!(done.code, 1, "{done:?}");
        assert!(provider.dynamic_clients() > 0, "the provider has made a client");
        provider.set_quirks(Quirks::default());
        eventually("the client to be removed", s(30), || async {
            (provider.dynamic_clients() == 0).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_log_that_cannot_be_written_decides_nothing() {
        // The pipe is not read after its first byte.
        decides_nothing("resilience-log", "> >(head -c 1 >/dev/null)").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_log_on_a_full_disk_decides_nothing() {
        decides_nothing("resilience-full", ">/dev/full").await;
    }

    /// A sign-in, an outage of the provider and a renewal, with the log going to this.
    async fn decides_nothing(name: &str, log: &str) {
        let mut room = Room::with_keyring(name).await;
        room.set("ABIDE_LOG", "debug");
        let config = Config { access_token_lifetime: s(6), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let script = format!("exec 2{log}; exec \"$0\" agent");
        let agent = program("abide");
        let started = room.start("bash", &["-c", &script, agent.to_str().unwrap()]);
        let app = App::answering(&room, started).await;
        sign_in(&room).await;
        provider.refuse().await;
        eventually("a tool to be told that the provider is away", s(30), || async {
            (abide(&room, &["token", "--min-validity", "1h"]).await.code == 1).then_some(())
        })
        .await;
        provider.resume().await.unwrap();
        eventually("the session to be renewed", s(90), || async {
            (abide(&room, &["token", "--min-validity", "1h"]).await.code == 0).then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["state"], "active");
    }

    /// The state folder is there no more, or cannot be written to, and the provider has rotated the refresh token.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_state_folder_that_cannot_be_written_costs_no_session() {
        let room = Room::with_keyring("resilience-state").await;
        let config = Config { access_token_lifetime: s(6), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let (state, aside) = (room.places().state, room.path("tmp/aside"));
        // A file in its place keeps root out, too.
        std::fs::rename(&state, &aside).unwrap();
        std::fs::write(&state, "").unwrap();
        // Until the token that it has is too old.
        let refused = eventually("a renewal that cannot be written down", s(30), || async {
            let answered = abide(&room, &["token", "--min-validity", "1h", "--json"]).await;
            (answered.code != 0).then_some(answered)
        })
        .await;
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{refused:?}");
        assert!(refused.stderr.contains("\"this_computer\""), "not the provider: {refused:?}");
        let session = app.session("work").await;
        assert_eq!(
            (&session["state"], &session["last_error_code"]),
            (&"active".into(), &"vault_storage".into())
        );
        std::fs::remove_file(&state).unwrap();
        std::fs::rename(&aside, &state).unwrap();
        let before = provider.record().refreshes();
        eventually("a renewal", s(90), || async {
            let answered = abide(&room, &["token", "--min-validity", "1h"]).await.code;
            (answered == 0 && provider.record().refreshes() > before).then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["state"], "active");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_token_is_served_that_a_narrower_one_has_ended() {
        let room = Room::with_keyring("resilience-narrow").await;
        let quirks = Quirks { refresh_ends_access_tokens: true, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        let settings = format!("{SETTINGS}token_exchange = false\n");
        configure(&room, &account_with(provider.issuer(), &settings, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let provider = Provider::Demo(provider);
        for arguments in
            [&["token"][..], &["token", "--scope", "openid"], &["token"], &["token", "--scope", "openid"]]
        {
            let answered = abide(&room, arguments).await;
            assert_eq!(answered.code, 0, "{arguments:?}: {}", answered.stderr);
            assert_eq!(provider.userinfo(&answered.stdout).await.0, 200, "{arguments:?} is accepted");
        }
        assert_eq!(app.session("work").await["state"], "active");
    }

    /// The provider ends the earlier access tokens before it looks at what is asked for.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_token_is_served_that_a_refused_request_has_ended() {
        let room = Room::with_keyring("resilience-refused").await;
        let quirks = Quirks { refresh_ends_access_tokens: true, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        let settings = format!("{SETTINGS}resources = [\"https://api.example.com/\"]\n");
        configure(&room, &account_with(provider.issuer(), &settings, SESSION));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let before = abide(&room, &["token"]).await.stdout;
        let refused = abide(&room, &["token", "--resource", "https://elsewhere.example.com/"]).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        let provider = Provider::Demo(provider);
        assert_eq!(provider.userinfo(&before).await.0, 401, "the provider has ended it");
        let after = abide(&room, &["token"]).await;
        assert_eq!(after.code, 0, "{after:?}");
        assert_eq!(provider.userinfo(&after.stdout).await.0, 200);
    }
}
