//! What it costs to show how a session runs out.

use std::time::Duration;

use abide_tests::app::{App, configure, one_account};
use abide_tests::desktop::{Desktop, Look};
use abide_tests::{login, program, s};

use crate::figures::{Table, provider};
use crate::processes;

/// How long is looked.
const TIME: Duration = Duration::from_secs(30);

/// How much of a core a process uses while it is looked at, in percent.
async fn share(process: u32) -> f64 {
    let before = processes::ran(process);
    tokio::time::sleep(TIME).await;
    (processes::ran(process) - before) / (TIME.as_secs_f64() * 1e3) * 100.0
}

pub(crate) async fn measure(table: &mut Table) {
    eprintln!("time on a core while a countdown shows, {} s each", TIME.as_secs());
    let provider = provider().await;
    let beside = {
        let desktop = Desktop::start("bench-countdown", Look::Light).await;
        let bare = desktop.room().start::<&str>(program("examples/bare-tray"), &[]);
        tokio::time::sleep(s(5)).await;
        share(bare.id()).await
    };
    // A little more than the seconds that are counted one by one.
    let cases = [
        ("seconds count down in the tray", "end_after = \"110s\"\nwarn_after = \"105s\"", false),
        (
            "seconds count down in the tray and in the question",
            "end_after = \"110s\"\nwarn_after = \"10s\"",
            true,
        ),
    ];
    for (what, limits, question) in cases {
        let desktop = Desktop::start("bench-countdown", Look::Light).await;
        let room = desktop.room();
        configure(room, &one_account(provider.issuer(), None, limits));
        let app = App::desktop(room).await;
        login::sign_in(room).await;
        if question {
            desktop.window("Your session will expire soon", s(30)).await;
        }
        tokio::time::sleep(s(5)).await;
        let left = |session: &serde_json::Value| session["expires_in"].as_u64().unwrap_or(0);
        let before = left(&app.session("work").await);
        let share = share(app.process()).await;
        let passed = before.saturating_sub(left(&app.session("work").await));
        assert!(passed.abs_diff(TIME.as_secs()) <= 2, "{passed} s were counted down in {} s", TIME.as_secs());
        table.at_most(&format!("CPU while {what}"), "% of a core", share, 0.1);
    }
    table.plain("CPU of a Tauri tray that does nothing at all", "% of a core", beside);
}
