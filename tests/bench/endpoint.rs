//! `GET /v1/token` over the socket and over TCP, beside a bare hyper server that says the same.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use abide_tests::app::App;
use abide_tests::owned::Owned;
use abide_tests::room::Room;
use abide_tests::{eventually, program, s};

use crate::figures::{Good, Table, median, quantile};
use crate::processes;

/// Turns that the two servers take.
const ROUNDS: usize = 7;
/// Requests of one turn, one after the other.
const REQUESTS: usize = 2000;
/// Connections at one time.
const CONNECTIONS: usize = 8;
/// How long one turn of these lasts, in milliseconds.
const TURN: usize = 1000;

/// A server under load: where it listens, what it is asked, and what came of it.
pub(crate) struct Server {
    place: String,
    request: String,
    process: u32,
    pub(crate) microseconds: Vec<f64>,
    pub(crate) per_second: Vec<f64>,
    /// Time on a core for each request, in microseconds.
    cost: Vec<f64>,
}

impl Server {
    pub(crate) fn new(place: String, request: &str, process: u32) -> Self {
        let (microseconds, per_second, cost) = Default::default();
        Self { place, request: request.to_owned(), process, microseconds, per_second, cost }
    }

    pub(crate) fn latency(&mut self) {
        let figures = load(&self.place, &self.request, &["latency", &REQUESTS.to_string()]);
        self.microseconds.extend(figures.lines().map(|line| line.parse::<f64>().expect("a figure") / 1e3));
    }

    pub(crate) fn throughput(&mut self) {
        let ran = processes::ran(self.process);
        let (connections, time) = (CONNECTIONS.to_string(), TURN.to_string());
        let figures = load(&self.place, &self.request, &["throughput", &connections, &time]);
        let ran = processes::ran(self.process) - ran;
        let (answers, nanoseconds) = figures.trim().split_once(' ').expect("two figures");
        let (answers, nanoseconds): (f64, f64) = (answers.parse().unwrap(), nanoseconds.parse().unwrap());
        self.per_second.push(answers / nanoseconds * 1e9);
        self.cost.push(ran * 1e3 / answers);
    }
}

/// Runs the load generator. The request goes over standard input: there may be a key in it.
fn load(place: &str, request: &str, arguments: &[&str]) -> String {
    let mut child = Command::new(program("bench-load"))
        .arg(place)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start the load");
    child.stdin.take().expect("its input").write_all(request.as_bytes()).expect("tell it what to ask");
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success(), "the load on {place} ended with {}", output.status);
    String::from_utf8(output.stdout).expect("figures")
}

pub(crate) async fn measure(table: &mut Table, room: &Room, app: &App<'_>) {
    eprintln!("GET /v1/token, {ROUNDS} turns for each server");
    let generator = program("bench-load").display().to_string();
    let allowed = app.abide_at_terminal(&["clients", "allow", "bench-load", "--program", &generator]).await;
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let allowed = app.abide_at_terminal(&["clients", "allow", "bench", "--plain", "--json"]).await;
    let allowed: serde_json::Value = serde_json::from_str(&allowed.stdout).expect("a client key");
    let key = allowed["key"].as_str().expect("a client key");

    let port = app.port();
    let over_socket = "GET /v1/token HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned();
    let over_tcp =
        format!("GET /v1/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n\r\n");
    let socket = room.places().socket();
    let answer = load(&format!("unix:{}", socket.display()), &over_socket, &["answer"]);
    let (bare, bare_socket, bare_port) = bare_server(room, "bare.sock", &answer).await;

    let unix = |path: &Path| format!("unix:{}", path.display());
    let mut servers = [
        Server::new(unix(&socket), &over_socket, app.process()),
        Server::new(unix(&bare_socket), &over_socket, bare.id()),
        Server::new(format!("tcp:{port}"), &over_tcp, app.process()),
        Server::new(format!("tcp:{bare_port}"), &over_tcp, bare.id()),
    ];
    for _ in 0..ROUNDS {
        servers.iter_mut().for_each(Server::latency);
    }
    for _ in 0..ROUNDS {
        servers.iter_mut().for_each(Server::throughput);
    }
    for (pair, way) in servers.chunks(2).zip(["socket", "TCP"]) {
        let [abide, bare] = pair else { continue };
        let name = format!("`GET /v1/token` over {}", if way == "socket" { "the socket" } else { "TCP" });
        let beside = |value| ("a bare hyper server", value);
        table.ratio(
            &format!("{name}: median"),
            "µs",
            median(&abide.microseconds),
            beside(median(&bare.microseconds)),
            None,
        );
        let tail = |server: &Server| quantile(&server.microseconds, 0.99);
        table.ratio(&format!("{name}: p99"), "µs", tail(abide), beside(tail(bare)), None);
        table.ratio(
            &format!("{name}: requests/s, {CONNECTIONS} connections"),
            "1/s",
            median(&abide.per_second),
            beside(median(&bare.per_second)),
            Some((Good::Above, 0.9)),
        );
        table.ratio(
            &format!("{name}: time on a core for each request"),
            "µs",
            median(&abide.cost),
            beside(median(&bare.cost)),
            None,
        );
    }
}

/// A server that gives this answer to everything.
pub(crate) async fn bare_server(room: &Room, socket: &str, answer: &str) -> (Owned, std::path::PathBuf, u16) {
    let socket = room.path("run").join(socket);
    let mut server = room.start_with(program("bench-bare-server"), &[&socket], |command| {
        command.stdin(Stdio::piped());
    });
    let mut input = server.input().expect("the server's input");
    input.write_all(answer.as_bytes()).expect("tell the server what to say");
    drop(input);
    let port = eventually("the bare server", s(10), || async { server.output().trim().parse().ok() }).await;
    (server, socket, port)
}
