//! What it costs to show how a session runs out: time on a core, and how often the processor is woken for it.

use std::time::Duration;

use abide_tests::app::{App, configure, one_account};
use abide_tests::desktop::{Desktop, Look};
use abide_tests::{login, program, s};

use crate::figures::{Table, provider};
use crate::processes;

/// How long is looked while seconds count.
const SECONDS: Duration = Duration::from_secs(30);
/// How long is looked while nothing but the minutes does.
const MINUTE: Duration = Duration::from_secs(60);

/// What was seen of a process.
struct Seen {
    /// How much of a core it used, in percent.
    share: f64,
    /// How often a second its first thread was woken: the one that shows.
    woken_first: f64,
    /// How often a second any of its threads was.
    woken: f64,
}

impl Seen {
    async fn of(process: u32, time: Duration) -> Self {
        let (ran, slept) = (processes::ran(process), processes::slept(process));
        tokio::time::sleep(time).await;
        let ran = processes::ran(process) - ran;
        let seconds = time.as_secs_f64();
        let mut seen = Self { share: ran / (seconds * 1e3) * 100.0, woken_first: 0.0, woken: 0.0 };
        for (thread, name, count) in processes::slept(process) {
            let before = slept.iter().find(|(id, ..)| *id == thread).map_or(0, |(_, _, count)| *count);
            let woken = (count - before) as f64 / seconds;
            seen.woken += woken;
            if thread == process {
                seen.woken_first = woken;
            }
            if woken > 0.0 {
                eprintln!("    {name}: woken {woken:.2} times a second");
            }
        }
        seen
    }
}

/// A case: what it is called, the session's limits, whether the question is up, and whether seconds count.
struct Case {
    what: &'static str,
    limits: &'static str,
    question: bool,
    seconds: bool,
}

const CASES: [Case; 3] = [
    // A little more than the seconds that are counted one by one.
    Case {
        what: "seconds count down in the tray",
        limits: "end_after = \"110s\"\nwarn_after = \"105s\"",
        question: false,
        seconds: true,
    },
    Case {
        what: "seconds count down in the tray and in the question",
        limits: "end_after = \"110s\"\nwarn_after = \"10s\"",
        question: true,
        seconds: true,
    },
    Case { what: "a session has plenty of time", limits: "", question: false, seconds: false },
];

pub(crate) async fn measure(table: &mut Table) {
    eprintln!("time on a core and wake-ups while a session is shown");
    let provider = provider().await;
    let beside = {
        let desktop = Desktop::start("bench-countdown", Look::Light).await;
        let bare = desktop.room().start::<&str>(program("examples/bare-tray"), &[]);
        tokio::time::sleep(s(5)).await;
        Seen::of(bare.id(), SECONDS).await
    };
    for case in CASES {
        let what = case.what;
        let seen = look(&case, provider.issuer()).await;
        if case.seconds {
            table.at_most(&format!("CPU while {what}"), "% of a core", seen.share, 0.1);
            table.at_most(&format!("Wake-ups while {what}"), "/s", seen.woken, 2.0);
            table.plain("of them in the thread that shows", "/s", seen.woken_first);
        } else {
            table.plain(&format!("CPU while {what}"), "% of a core", seen.share);
            table.at_most(&format!("Wake-ups while {what}"), "/min", seen.woken * 60.0, 2.0);
            table.plain("of them in the thread that shows", "/min", seen.woken_first * 60.0);
        }
    }
    table.plain("CPU of a Tauri tray that does nothing at all", "% of a core", beside.share);
    table.plain("Wake-ups of a Tauri tray that does nothing at all", "/min", beside.woken * 60.0);
}

async fn look(case: &Case, issuer: &str) -> Seen {
    let desktop = Desktop::start("bench-countdown", Look::Light).await;
    let room = desktop.room();
    configure(room, &one_account(issuer, None, case.limits));
    let app = App::desktop(room).await;
    login::sign_in(room).await;
    if case.question {
        desktop.window("Your session will expire soon", s(30)).await;
    }
    // What comes with the beginning is over by then; the last of it is the connection to the provider, which is closed when
    // nothing used it for a minute and a half.
    tokio::time::sleep(if case.seconds { s(5) } else { s(100) }).await;
    let time = if case.seconds { SECONDS } else { MINUTE };
    let left = |session: &serde_json::Value| session["expires_in"].as_u64().unwrap_or(0);
    let before = left(&app.session("work").await);
    // The question for it was one itself.
    tokio::time::sleep(s(1)).await;
    let seen = Seen::of(app.process(), time).await;
    let passed = before.saturating_sub(left(&app.session("work").await));
    assert!(passed.abs_diff(time.as_secs()) <= 3, "{passed} s were counted down in {} s", time.as_secs());
    seen
}
