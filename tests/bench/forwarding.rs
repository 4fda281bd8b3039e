//! A request through a forwarding proxy, beside one through a hyper reverse proxy that only adds a header. Both lead to the same server.

use abide_tests::app::{App, abide, abide_at_terminal};
use abide_tests::owned::Owned;
use abide_tests::room::Room;
use abide_tests::{eventually, program, s};

use crate::endpoint::{Server, bare_server};
use crate::figures::{Good, Table, median, quantile};

/// Turns that the servers take.
const ROUNDS: usize = 7;
/// The answer of the server behind both.
const ANSWER: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"things\":[1,2,3,4,5,6,7,8,9,10]}";

/// The name of the proxy in the configuration.
const NAME: &str = "bench";

/// The server behind the proxies, which the configuration names from now on.
pub(crate) async fn upstream(room: &Room, config: &mut String) -> (Owned, u16) {
    let (server, _, port) = bare_server(room, "upstream.sock", ANSWER).await;
    let addresses = format!("listen = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.1:{port}\"");
    config.push_str(&format!("\n[proxies.{NAME}]\n{addresses}\naccount = \"work\"\n"));
    (server, port)
}

pub(crate) async fn measure(table: &mut Table, room: &Room, app: &App<'_>, upstream: (u32, u16)) {
    eprintln!("A request through a forwarding proxy, {ROUNDS} turns for each");
    let generator = program("bench-load").display().to_string();
    let allowed =
        abide_at_terminal(room, &["clients", "allow", "bench-proxy", "--program", &generator]).await;
    assert_eq!(allowed.code, 0, "{allowed:?}");
    let port = eventually("the proxy", s(10), || async {
        let listed: serde_json::Value =
            serde_json::from_str(&abide(room, &["proxies", "--json"]).await.stdout).ok()?;
        let proxy = listed["proxies"].as_array()?.iter().find(|proxy| proxy["name"] == NAME)?.clone();
        let address = proxy["address"].as_str().filter(|_| proxy["listening"] == true)?;
        address.rsplit(':').next()?.parse::<u16>().ok()
    })
    .await;
    let bare = room.start(program("bench-bare-proxy"), &[upstream.1.to_string()]);
    let bare_port: u16 =
        eventually("the bare proxy", s(10), || async { bare.output().trim().parse().ok() }).await;
    let request = |port: u16| format!("GET /things HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    let mut servers = [(port, app.process()), (bare_port, bare.id()), (upstream.1, upstream.0)]
        .map(|(port, process)| Server::new(format!("tcp:{port}"), &request(port), process));
    for _ in 0..ROUNDS {
        servers.iter_mut().for_each(Server::latency);
    }
    for _ in 0..ROUNDS {
        servers.iter_mut().for_each(Server::throughput);
    }
    let [abide, bare, direct] = &servers;
    let name = "A request through the forwarding proxy";
    let beside = |value| ("a bare hyper reverse proxy", value);
    let (ours, theirs) = (median(&abide.microseconds), median(&bare.microseconds));
    table.ratio(&format!("{name}: median to the answer"), "µs", ours, beside(theirs), None);
    let tail = |server: &Server| quantile(&server.microseconds, 0.99);
    table.ratio(&format!("{name}: p99"), "µs", tail(abide), beside(tail(bare)), None);
    table.at_most(&format!("{name}: added to the bare proxy's first byte"), "µs", ours - theirs, 100.0);
    table.ratio(
        &format!("{name}: requests/s"),
        "1/s",
        median(&abide.per_second),
        beside(median(&bare.per_second)),
        Some((Good::Above, 0.85)),
    );
    table.plain("The same request without a proxy: median", "µs", median(&direct.microseconds));
}
