//! Against a real agent, which `./x test client_libraries` starts: tests/tests/client_libraries.rs.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_client::{Client, Code, Error, State, TokenSource, Wanted};

fn variable(name: &str) -> Option<String> {
    let value = std::env::var(format!("ABIDE_TEST_{name}")).ok();
    if value.is_none() {
        println!("# SKIP there is no agent: `./x test client_libraries` starts one");
    }
    value
}

fn signing(address: &str) -> Client {
    let client = Client::without_key().with_key(&variable("KEY").unwrap()).unwrap();
    client.at_address(address).with_command(variable("COMMAND").unwrap())
}

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> Code {
    answer.unwrap_err().code()
}

/// One test, because the last part ends the session.
#[test]
fn agent() {
    let Some(address) = variable("ADDRESS") else { return };
    let abide = signing(&address);
    tokens(&abide);
    found_by_itself();
    refusals(&abide, &address);
    relay(&address);
    wrong_agent();
    api(&abide);
    events_until_the_end(&abide);
}

fn tokens(abide: &Client) {
    let token = abide.token(&Wanted::account("work")).unwrap();
    assert_eq!((token.account(), token.token_type()), ("work", "Bearer"));
    assert!(!format!("{token:?} {abide:?}").contains(token.access_token()));
    assert!(token.expires_at() > std::time::SystemTime::now());
    assert!(token.scopes().any(|scope| scope == "openid"));
    let session = abide.session("work").unwrap();
    assert_eq!(session.state(), State::Active);
    assert!(session.expires_in().is_some() && session.raw()["layers"].is_array());
    assert_eq!(abide.sessions().unwrap().len(), 1);
    assert!(abide.claims("work").unwrap()["sub"].is_string());
    abide.activity("work").unwrap();
    abide.keep("work").unwrap();
}

fn found_by_itself() {
    let socket = Client::without_key();
    assert_eq!(socket.session("work").unwrap().account(), "work");
    let signed = Client::without_key().with_key(&variable("KEY").unwrap()).unwrap();
    assert_eq!(signed.session("work").unwrap().account(), "work");
}

fn refusals(abide: &Client, address: &str) {
    assert_eq!(code(abide.token(&Wanted::account("nosuch"))), Code::UnknownAccount);
    assert_eq!(
        code(abide.stronger(&["Bearer"], &Wanted::account("work"))),
        Code::InvalidRequest,
        "the body has arrived"
    );
    assert_eq!(code(abide.logout("nosuch")), Code::LogoutFailed);
    let other = format!("abide_hmac_0123456789abcdef_{}", "a".repeat(43));
    let other = Client::without_key().with_key(&other).unwrap().at_address(address);
    assert_eq!(code(other.token(&Wanted::default())), Code::AgentNotProved);
    assert_eq!(code(Client::without_key().with_key(&variable("PLAIN_KEY").unwrap())), Code::InvalidKey);
    for elsewhere in [
        "http://abide.example:80",
        "https://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1@evil.example:80",
    ] {
        assert_eq!(code(signing(elsewhere).token(&Wanted::default())), Code::InvalidAddress, "{elsewhere}");
    }
}

/// A program between client and agent, which passes everything on and keeps it.
fn relay(address: &str) {
    let agent = address.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut there = TcpStream::connect(&agent).unwrap();
        let (mut from_agent, mut to_client) = (there.try_clone().unwrap(), client.try_clone().unwrap());
        let answers = Arc::clone(&kept);
        std::thread::spawn(move || {
            let mut part = [0_u8; 65536];
            while let Ok(count @ 1..) = from_agent.read(&mut part) {
                answers.lock().unwrap().extend_from_slice(&part[..count]);
                let _ = to_client.write_all(&part[..count]);
            }
        });
        let mut part = [0_u8; 65536];
        while let Ok(count @ 1..) = client.read(&mut part) {
            kept.lock().unwrap().extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&part[..count]).replace(&own.to_string(), &agent);
            let _ = there.write_all(text.as_bytes());
        }
    });
    let wanted = Wanted::account("work").reason("a-reason-to-find");
    assert_eq!(code(signing(&format!("http://{own}")).token(&wanted)), Code::AgentNotProved);
    let seen = String::from_utf8_lossy(&seen.lock().unwrap()).into_owned();
    assert!(seen.contains("/v1/challenge"));
    let key = variable("KEY").unwrap();
    for secret in [&key["abide_hmac_0123456789abcdef_".len()..], "access_token", "a-reason-to-find"] {
        assert!(!seen.contains(secret), "{secret}");
    }
}

fn wrong_agent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = format!("http://{}", listener.local_addr().unwrap());
    let body = r#"{"nonce":"bm9uY2Utb2YtdGhlLWFnZW50LTAwMDAwMDAwMDAwMDE"}"#;
    let zeroes = "0".repeat(64);
    let answers = [
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nAbide-Signature: {zeroes}\r\n\r\n{body}",
            body.len()
        ),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n".to_owned(),
        "not HTTP\r\n\r\n".to_owned(),
    ];
    let wanted =
        [Code::AgentNotProved, Code::AgentNotRunning, Code::AnswerUnreadable, Code::AnswerUnreadable];
    let server = std::thread::spawn(move || {
        for answer in answers {
            let (mut client, _) = listener.accept().unwrap();
            let _ = client.read(&mut [0_u8; 65536]);
            client.write_all(answer.as_bytes()).unwrap();
        }
    });
    for wanted in wanted {
        assert_eq!(code(signing(&there).token(&Wanted::default())), wanted);
    }
    server.join().unwrap();
    assert_eq!(code(signing(&there).token(&Wanted::default())), Code::AgentNotRunning);
    let nowhere = Client::without_key().at_socket("/nonexistent/abide.sock");
    assert_eq!(code(nowhere.token(&Wanted::default())), Code::AgentNotRunning);
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent =
        signing(&format!("http://{}", silent.local_addr().unwrap())).with_timeout(Duration::from_millis(200));
    assert_eq!(code(silent.token(&Wanted::default())), Code::TemporarilyUnavailable, "the limit holds");
}

/// A request to an API with the token, without an HTTP library.
fn api(abide: &Client) {
    let api = variable("API").unwrap();
    let (host, path) = api.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let tokens = abide.tokens(Wanted::account("work"));
    let mut sent = Vec::new();
    let answer = tokens.send(
        |token| -> Result<String, Error> {
            sent.push(token.access_token().to_owned());
            let mut stream = TcpStream::connect(host).unwrap();
            let authorization = token.authorization();
            write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: {authorization}\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            Ok(text)
        },
        |answer| answer.starts_with("HTTP/1.1 401"),
    );
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
    assert_eq!(sent.len(), 1);
    let mut tries = 0;
    let refused = tokens.send(
        |_| {
            tries += 1;
            Ok::<_, Error>(401)
        },
        |status| *status == 401,
    );
    assert_eq!(refused.unwrap(), 401);
    assert!((1..=2).contains(&tries), "once more at most, and only with a newer token: {tries}");
}

fn events_until_the_end(abide: &Client) {
    let mut events = abide.events("work").unwrap();
    assert_eq!(events.next().unwrap().unwrap().state(), State::Active);
    abide.logout("work").unwrap();
    let end = events.find(|session| session.as_ref().unwrap().state() == State::Ended);
    assert!(end.unwrap().unwrap().ended().is_some());
    assert_eq!(code(abide.token(&Wanted::account("work"))), Code::SessionExpired);
    let stopper = events.stopper().unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        stopper.stop();
    });
    // What the provider says about the end may still come before that.
    assert!(events.all(|session| session.is_ok()), "stopped from another thread");
}
