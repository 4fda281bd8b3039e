//! What `abide mcp connect` does when a server does not behave.

use std::process::Stdio;
use std::time::Instant;

use abide_demo_op::{Config, DemoOp, Quirks};
use abide_tests::app::{App, abide, account_with, configure};
use abide_tests::login::sign_in;
use abide_tests::room::Room;
use abide_tests::tool::tool;
use abide_tests::{eventually, program, s};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::stand_in::{Manner, StandIn};

const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
const SCOPES: &str = "scopes = [\"openid\", \"profile\", \"offline_access\"]\n";

/// A client that runs `abide mcp connect` and speaks to it line by line.
struct Client {
    process: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Client {
    fn start(room: &Room, url: &str) -> Self {
        let mut command = tool(room, program("abide"), &["mcp", "connect", url]);
        let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, input, lines: BufReader::new(output).lines() }
    }

    /// A client whose server has answered it.
    async fn begun(room: &Room, url: &str) -> Self {
        let mut client = Self::start(room, url);
        let begun = client.begin().await;
        assert_eq!(begun["result"]["serverInfo"]["name"], "stand-in", "{begun}");
        client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        client
    }

    async fn send(&mut self, message: &Value) {
        self.input.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = tokio::time::timeout(s(20), self.lines.next_line()).await.expect("a line");
        serde_json::from_str(&line.unwrap().expect("a message")).unwrap()
    }

    async fn begin(&mut self) -> Value {
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": { "sampling": {} },
            "clientInfo": { "name": "test", "version": "1" },
        });
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params })).await;
        self.next().await
    }

    async fn call(&mut self) -> Value {
        self.send(
            &json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "echo" } }),
        )
        .await;
        self.next().await
    }
}

fn config(issuer: &str) -> String {
    account_with(issuer, SCOPES, SESSION)
}

/// A provider, an agent that is signed in, and a server. What the test runs may have tokens.
async fn ready<'a>(room: &'a Room, manner: Manner) -> (DemoOp, App<'a>, StandIn) {
    let provider = DemoOp::start(Config::default()).await.unwrap();
    configure(room, &config(provider.issuer()));
    let app = App::headless(room).await;
    let server = StandIn::start(provider.issuer(), manner).await;
    sign_in(room).await;
    (provider, app, server)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_refuses_the_token_causes_one_renewal() {
    let room = Room::with_keyring("mcp-always-401").await;
    let (provider, _app, server) = ready(&room, Manner::Well).await;
    let mut client = Client::begun(&room, &server.url()).await;
    let before = provider.record().refreshes();
    server.behave(Manner::Refuses);
    for _ in 0..4 {
        let refused = client.call().await;
        assert_eq!(refused["error"]["code"], 47600, "{refused}");
        assert_eq!(refused["error"]["data"]["abide"], "unusable_answer", "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains("second"), "{refused}");
    }
    assert_eq!(provider.record().refreshes() - before, 1, "the pause between renewals");
    // It is asked anyway: as soon as it takes the token, the client has its answer.
    server.behave(Manner::Well);
    assert_eq!(client.call().await["result"]["content"], "whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_says_nothing_delays_no_other() {
    let room = Room::with_keyring("mcp-silent").await;
    let (provider, _app, silent) = ready(&room, Manner::Well).await;
    silent.behave(Manner::Silent);
    let other = StandIn::start(provider.issuer(), Manner::Well).await;
    // What it says of itself is not known yet: under another address it is another server.
    let mut waits = Client::start(&room, &silent.url().replace("/mcp", "/other"));
    waits.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {} })).await;
    tokio::time::sleep(s(1)).await;
    let begun = Instant::now();
    Client::begun(&room, &other.url()).await;
    // The look at the silent one takes ten seconds.
    assert!(begun.elapsed() < s(8), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_looked_at_through_the_proxy_of_the_configuration_not_of_some_account() {
    let room = Room::with_keyring("mcp-proxy").await;
    let provider = DemoOp::start(Config::default()).await.unwrap();
    let first = "\n[accounts.first]\nissuer = \"https://id.first.example\"\nclient_id = \"abide\"\n\
                 proxy = { url = \"http://127.0.0.1:9\", loopback = true }\n";
    configure(&room, &(config(provider.issuer()) + first));
    let _app = App::headless(&room).await;
    let server = StandIn::start(provider.issuer(), Manner::Well).await;
    abide_tests::login::sign_in_to(&room, "work").await;
    Client::begun(&room, &server.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_is_an_error_for_the_client() {
    let room = Room::with_keyring("mcp-cut").await;
    let (_provider, _app, server) = ready(&room, Manner::Well).await;
    let mut client = Client::begun(&room, &server.url()).await;
    for manner in [Manner::CutsJson, Manner::CutsStream] {
        server.behave(manner);
        let cut = client.call().await;
        assert_eq!(cut["error"]["data"]["abide"], "answer_broke_off", "{manner:?}: {cut}");
    }
    server.behave(Manner::Well);
    assert_eq!(client.call().await["result"]["content"], "whole");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_continues_after_its_last_event_and_a_server_may_ask_the_client() {
    let room = Room::with_keyring("mcp-resume").await;
    let (_provider, _app, server) = ready(&room, Manner::Resumes).await;
    let mut client = Client::begun(&room, &server.url()).await;
    assert_eq!(client.call().await["result"]["content"], "resumed");
    let resumed = server.seen().into_iter().find(|seen| seen.header("last-event-id") == "7").unwrap();
    assert_eq!((resumed.method.as_str(), resumed.header("mcp-session-id")), ("GET", "s1"));

    server.behave(Manner::Samples);
    let asked = client.call().await;
    assert_eq!((&asked["method"], &asked["id"]), (&json!("sampling/createMessage"), &json!("s-1")));
    client.send(&json!({ "jsonrpc": "2.0", "id": "s-1", "result": { "content": "a text" } })).await;
    let answered = client.next().await;
    assert_eq!((&answered["id"], &answered["result"]["content"]), (&json!(2), &json!("a text")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ctrl_c_ends_the_session_at_the_server() {
    let room = Room::with_keyring("mcp-interrupted").await;
    let (_provider, _app, server) = ready(&room, Manner::Well).await;
    let mut client = Client::begun(&room, &server.url()).await;
    assert_eq!(client.call().await["result"]["content"], "whole");
    let pid = rustix::process::Pid::from_raw(client.process.id().unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let ended = tokio::time::timeout(s(5), client.process.wait()).await.expect("its end").unwrap();
    assert!(!ended.success(), "{ended:?}");
    let closed = eventually("the end of the session", s(2), || async {
        server.seen().into_iter().find(|seen| seen.method == "DELETE")
    })
    .await;
    assert_eq!(closed.header("mcp-session-id"), "s1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_does_not_say_that_it_checks_pkce_is_not_used() {
    let room = Room::with_keyring("mcp-pkce").await;
    let provider = DemoOp::start(Config::default()).await.unwrap();
    provider.set_quirks(Quirks { pkce_is_not_listed: true, ..Quirks::default() });
    configure(&room, &config(provider.issuer()));
    let _app = App::headless(&room).await;
    let server = StandIn::start(provider.issuer(), Manner::Well).await;
    sign_in(&room).await;
    let refused = Client::start(&room, &server.url()).begin().await;
    assert_eq!(refused["error"]["data"]["abide"], "unusable_answer", "{refused}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("S256"), "{refused}");
    assert!(server.seen().is_empty(), "{:?}", server.seen());
    // The account itself works: other tools do not need what the provider says.
    assert_eq!(abide(&room, &["token", "--activity", "none"]).await.code, 0);
}
