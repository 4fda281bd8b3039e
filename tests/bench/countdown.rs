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

/// A case: what it is called, the session's limits, what is waited for, and whether seconds count.
struct Case {
    name: &'static str,
    what: &'static str,
    limits: &'static str,
    until: Until,
    seconds: bool,
}

/// When a case may be measured.
enum Until {
    /// So long after the sign-in.
    After(Duration),
    /// The question is up, and so many seconds are left.
    Question { left: u64 },
}

/// What comes with the beginning is over by then.
const SETTLED: Duration = s(5);

const CASES: [Case; 3] = [
    // The limits that an account has by itself, so it takes thirteen minutes: the ring empties as slowly as it does for
    // people. It is begun first and measured last.
    Case {
        name: "bench-question",
        what: "seconds count down in the tray and in the question",
        limits: "",
        until: Until::Question { left: 110 },
        seconds: true,
    },
    // A little more than the seconds that are counted one by one.
    Case {
        name: "bench-tray",
        what: "seconds count down in the tray",
        limits: "end_after = \"110s\"\nwarn_after = \"105s\"",
        until: Until::After(SETTLED),
        seconds: true,
    },
    // The last of what comes with the beginning is the connection to the provider, which is closed when nothing used it for
    // a minute and a half.
    Case {
        name: "bench-plenty",
        what: "a session has plenty of time",
        limits: "",
        until: Until::After(s(100)),
        seconds: false,
    },
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
    let [question, tray, plenty] = CASES;
    let (question, others) = tokio::join!(look(&question, provider.issuer()), async {
        [look(&tray, provider.issuer()).await, look(&plenty, provider.issuer()).await]
    });
    for (case, seen) in CASES.iter().skip(1).chain(&CASES[..1]).zip(others.iter().chain([&question])) {
        let what = case.what;
        let (unit, factor) = if case.seconds { ("/s", 1.0) } else { ("/min", 60.0) };
        let cpu = format!("CPU while {what}");
        if case.seconds {
            table.at_most(&cpu, "% of a core", seen.share, 0.1);
        } else {
            table.plain(&cpu, "% of a core", seen.share);
        }
        // What the file says is the first thread's, the one that shows; the agent's own come on top.
        let wakeups = format!("Wake-ups while {what} (voluntary switches in /proc/PID/status)");
        table.at_most(&wakeups, unit, seen.woken_first * factor, 2.0);
        table.plain("with those of all other threads", unit, seen.woken * factor);
    }
    table.plain("CPU of a Tauri tray that does nothing at all", "% of a core", beside.share);
    table.plain("Wake-ups of a Tauri tray that does nothing at all", "/min", beside.woken * 60.0);
}

async fn look(case: &Case, issuer: &str) -> Seen {
    let desktop = Desktop::start(case.name, Look::Light).await;
    let room = desktop.room();
    configure(room, &one_account(issuer, None, case.limits));
    let app = App::desktop(room).await;
    login::sign_in(room).await;
    let left = async || app.session("work").await["expires_in"].as_u64().unwrap_or(0);
    match case.until {
        Until::After(time) => tokio::time::sleep(time).await,
        Until::Question { left: wanted } => {
            desktop.window("Your session will expire soon", s(800)).await;
            while left().await > wanted {
                tokio::time::sleep(s(1)).await;
            }
        }
    }
    let time = if case.seconds { SECONDS } else { MINUTE };
    let before = left().await;
    // The question for it was one itself.
    tokio::time::sleep(s(1)).await;
    let seen = Seen::of(app.process(), time).await;
    let passed = before.saturating_sub(left().await);
    assert!(passed.abs_diff(time.as_secs()) <= 3, "{passed} s were counted down in {} s", time.as_secs());
    seen
}
