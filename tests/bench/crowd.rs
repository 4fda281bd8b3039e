//! Many callers at the same time, slow ones among them, and how soon a dialog is on the screen.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant, UNIX_EPOCH};

use abide_demo_op::{Config, DemoOp, Quirks};
use abide_tests::app::{App, abide, configure, one_account};
use abide_tests::desktop::{Desktop, Look};
use abide_tests::room::Room;
use abide_tests::{login, program, s};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::figures::{Table, median, quantile};
use crate::processes;

/// Callers at the moment when the access token ends.
const CROWD: usize = 10_000;
/// Clients that are connected, or slow.
const CLIENTS: usize = 1000;
/// Requests of the well-behaved caller beside slow ones.
const REQUESTS: usize = 2000;
/// Programs that a dialog is shown for.
const DIALOGS: usize = 5;
/// Access tokens of the crowd's provider last so long.
const LIFETIME: Duration = Duration::from_secs(20);
/// So long the provider takes for an answer: time for all callers to come.
const ANSWER: Duration = Duration::from_secs(2);

/// A running `bench-crowd`. It ends with this.
async fn start(room: &Room, program: &Path, place: &str, what: &str, count: usize, request: &str) -> Child {
    let mut child = Command::new(program)
        .args([place, what, &count.to_string()])
        .env_clear()
        .envs(room.environment().iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("start the crowd");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(request.as_bytes()).await.expect("tell it what to ask");
    child
}

/// What it prints until its end.
async fn figures(mut child: Child) -> String {
    let mut text = String::new();
    child.stdout.take().expect("its output").read_to_string(&mut text).await.expect("figures");
    assert!(child.wait().await.expect("its end").success(), "the crowd failed: {text}");
    text
}

/// Waits for the line that it prints when all are there.
async fn is_there(child: &mut Child) {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("its output");
    BufReader::new(output).read_line(&mut line).await.expect("a line");
    assert!(!line.is_empty(), "the crowd ended");
}

pub(crate) async fn measure(table: &mut Table) {
    let quirks = Quirks { token_answer_delay: ANSWER, ..Quirks::default() };
    let config = Config { access_token_lifetime: LIFETIME, quirks, ..Config::default() };
    let provider = DemoOp::start(config).await.expect("start the demo provider");
    let room = Room::with_keyring("bench-crowd").await;
    configure(&room, &one_account(provider.issuer(), None, ""));
    let app = App::headless(&room).await;
    login::sign_in(&room).await;

    let caller = program("bench-crowd");
    let allowed = app
        .abide_at_terminal(&["clients", "allow", "crowd", "--program", &caller.display().to_string()])
        .await;
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let allowed = app.abide_at_terminal(&["clients", "allow", "bench", "--plain", "--json"]).await;
    let allowed: serde_json::Value = serde_json::from_str(&allowed.stdout).expect("a client key");
    let key = allowed["key"].as_str().expect("a client key").to_owned();
    let port = app.port();
    let close = "Connection: close\r\n\r\n";
    let ways = [
        (
            "the socket",
            format!("unix:{}", room.places().socket().display()),
            format!("GET /v1/token HTTP/1.1\r\nHost: localhost\r\n{close}"),
        ),
        (
            "TCP",
            format!("tcp:{port}"),
            format!(
                "GET /v1/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n{close}"
            ),
        ),
    ];
    for (name, place, request) in &ways {
        at_expiry(table, &room, &provider, (name, place, request)).await;
    }
    for (name, place, request) in &ways {
        beside_slow_ones(table, &room, (name, place, request)).await;
    }
    for (name, place, request) in &ways {
        let before = processes::resident(app.process());
        let mut held = start(&room, &caller, place, "hold", CLIENTS, request).await;
        is_there(&mut held).await;
        let each = (processes::resident(app.process()) - before) * 1e3 / CLIENTS as f64;
        table.at_most(
            &format!("{CLIENTS} clients connected over {name}: memory of each"),
            "kB",
            each.max(0.0),
            8.0,
        );
        held.kill().await.expect("end the clients");
        tokio::time::sleep(s(2)).await;
    }
    drop(app);
    dialogs(table).await;
}

/// Everybody asks when the access token has ended.
async fn at_expiry(table: &mut Table, room: &Room, provider: &DemoOp, way: (&str, &str, &str)) {
    let (name, place, request) = way;
    eprintln!("{CROWD} callers over {name} when the access token has ended");
    tokio::time::sleep(LIFETIME + s(1)).await;
    let refreshes =
        || provider.record().entries().into_iter().filter(|entry| entry.is_refresh()).collect::<Vec<_>>();
    let before = refreshes().len();
    let told = figures(start(room, &program("bench-crowd"), place, "all", CROWD, request).await).await;
    let numbers: Vec<u64> = told.split_whitespace().map(|word| word.parse().expect("a figure")).collect();
    let [answered, refused, last] = numbers.as_slice() else { panic!("three figures: {told}") };
    let new = refreshes().split_off(before);
    let asked_at = new.first().expect("a renewal").at;
    let answer = asked_at.duration_since(UNIX_EPOCH).expect("a time") + ANSWER;
    let after = Duration::from_nanos(*last).saturating_sub(answer);
    let what = format!("{CROWD} callers over {name} at the moment of expiry");
    table.at_most(&format!("{what}: renewals"), "", new.len() as f64, 1.0);
    table.at_most(&format!("{what}: without a token"), "", *refused as f64, 0.0);
    table.at_most(
        &format!("{what}: last answer after the provider's ({answered} answers)"),
        "s",
        after.as_secs_f64(),
        0.5,
    );
}

/// One caller that behaves, beside many that send a byte a second.
async fn beside_slow_ones(table: &mut Table, room: &Room, way: (&str, &str, &str)) {
    let (name, place, request) = way;
    eprintln!("{REQUESTS} requests over {name} beside {CLIENTS} slow clients");
    // Another file is another program: that one has no grant, and its own share of the places.
    let stranger = copy(room, "slow", &program("bench-crowd"));
    let mut slow = start(room, &stranger, place, "slow", CLIENTS, request).await;
    is_there(&mut slow).await;
    let told = figures(start(room, &program("bench-crowd"), place, "fresh", REQUESTS, request).await).await;
    slow.kill().await.expect("end the slow clients");
    let milliseconds: Vec<f64> =
        told.lines().map(|line| line.parse::<f64>().expect("a figure") / 1e6).collect();
    table.at_most(
        &format!("A request over {name} beside {CLIENTS} slow connections: p99"),
        "ms",
        quantile(&milliseconds, 0.99),
        20.0,
    );
    table.plain(
        &format!("A request over {name} beside {CLIENTS} slow connections: median"),
        "ms",
        median(&milliseconds),
    );
    tokio::time::sleep(s(2)).await;
}

/// A copy of a program. Abide does not know it yet.
fn copy(room: &Room, name: &str, of: &Path) -> PathBuf {
    let copy = room.path("home").join(name);
    let mut content = std::fs::read(of).expect("read a program");
    content.extend(name.as_bytes());
    std::fs::write(&copy, content).expect("write a program");
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("its rights");
    copy
}

/// From the start of a program that nobody has seen to the dialog's window in the list of the window manager.
async fn dialogs(table: &mut Table) {
    eprintln!("the dialog about {DIALOGS} new programs");
    let provider = crate::figures::provider().await;
    let desktop = Desktop::start("bench-dialog", Look::Light).await;
    let room = desktop.room();
    configure(room, &one_account(provider.issuer(), None, ""));
    let app = App::desktop(room).await;
    login::sign_in(room).await;
    let mut windows = Command::new("xprop")
        .args(["-spy", "-root", "_NET_CLIENT_LIST"])
        .env_clear()
        .envs(room.environment().iter().map(|(key, value)| (key, value)))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("start xprop");
    let mut windows = BufReader::new(windows.stdout.take().expect("its output")).lines();
    let place = format!("unix:{}", room.places().socket().display());
    let request = "GET /v1/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut milliseconds = Vec::new();
    for number in 0..DIALOGS {
        let stranger = copy(room, &format!("stranger{number}"), &program("bench-crowd"));
        while tokio::time::timeout(s(1), windows.next_line()).await.is_ok() {}
        let begun = Instant::now();
        let asking = start(room, &stranger, &place, "all", 1, request).await;
        let shown = tokio::time::timeout(s(10), windows.next_line()).await;
        let took = begun.elapsed();
        assert!(matches!(shown, Ok(Ok(Some(_)))), "no window within 10 s:\n{}", app.log());
        desktop.window(&format!("stranger{number} asks"), s(5)).await;
        milliseconds.push(took.as_secs_f64() * 1e3);
        let listed = abide(room, &["approve", "--json"]).await;
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("the questions");
        let id = listed["questions"][0]["id"].to_string();
        let denied = app.abide_at_terminal(&["approve", &id, "--deny", "once"]).await;
        assert_eq!(denied.code, 0, "{denied:?}");
        figures(asking).await;
    }
    table.at_most(
        "The dialog about a new program, from its start to the window: median",
        "ms",
        median(&milliseconds),
        150.0,
    );
    app.quit().await;
}
