//! What MCP servers and their clients send.

use abide_dialects::mcp::events::Events;
use abide_dialects::mcp::message::{Kind, Message};
use abide_dialects::mcp::tools::Tools;
use abide_oidc::ProtectedResource;
use url::Url;

use crate::Outcome;

const SERVER: &str = "https://mcp.example.com/v1/mcp";

/// The metadata of a server, at its own well-known address.
pub(crate) fn resource_metadata(data: &[u8]) -> Outcome {
    let server = Url::parse(SERVER).expect("an address");
    let place = "https://mcp.example.com/.well-known/oauth-protected-resource/v1/mcp";
    let place = Url::parse(place).expect("an address");
    let found = ProtectedResource::parse(data, &place, &server);
    if let Ok(found) = &found {
        assert_eq!(found.resource.trim_end_matches('/'), SERVER, "a token for this server and no other");
        assert!(!found.authorization_servers.is_empty());
        for issuer in &found.authorization_servers {
            let issuer = Url::parse(issuer).expect("an issuer is an address");
            assert!(issuer.scheme() == "https" || abide_oidc::is_loopback(&issuer), "{issuer}");
        }
        assert!(found.scopes.iter().all(|scope| scope.bytes().all(|byte| byte.is_ascii_graphic())));
    }
    (&found).into()
}

/// A stream of events, whole and byte by byte.
pub(crate) fn event_stream(data: &[u8]) -> Outcome {
    let read = |cut: usize| {
        let (mut events, mut found) = (Events::default(), Vec::new());
        for part in data.chunks(cut) {
            events.push(part).expect("it is shorter than a message may be");
            while let Some(event) = events.next_event() {
                found.push(event);
            }
        }
        (found, events.last_id().map(str::to_owned), events.retry())
    };
    let whole = read(data.len().max(1));
    assert_eq!(whole, read(1), "it is the same however it is cut");
    if let Some(id) = &whole.1 {
        assert!(id.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "an ID fits into a header");
    }
    if whole.0.is_empty() { Outcome::Refused } else { Outcome::Accepted }
}

/// A line of a client, or an answer of a server.
pub(crate) fn message(data: &[u8]) -> Outcome {
    let found = Message::read(data);
    for message in found.iter().flatten() {
        let line = message.line();
        let ends = line.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        assert!(ends == 1 && line.ends_with(b"\n"), "one message is one line");
        let again = Message::read(&line).expect("what was read can be read again");
        assert!(again.len() == 1 && again[0].kind == message.kind, "it stays the same message");
        let headers =
            message.headers("2026-07-28").into_iter().chain(Tools::default().headers(message.params()));
        for (name, value) in headers {
            assert!(value.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t')), "{name}: {value}");
        }
        if let Some(result) = message.result() {
            let mut tools = Tools::default();
            if let Some((kept, wrong)) = tools.learn(result) {
                assert!(!wrong.is_empty() && kept["tools"].as_array().is_some());
            }
        }
        if let Kind::Request(id) = &message.kind {
            let answer = Message::error(id, "x", "No.");
            assert_eq!(answer.kind, Kind::Response(id.clone()), "each request can be answered");
        }
    }
    (&found).into()
}
