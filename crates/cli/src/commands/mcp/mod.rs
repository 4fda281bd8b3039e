//! `abide mcp connect`: a remote MCP server for a client that runs programs (stdio transport). The agent sends the requests,
//! with its token; here are the lines of the client, and the sessions of the server.

mod add;
mod bridge;
mod exchange;

use std::io::BufRead as _;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use abide_dialects::mcp::MAX_MESSAGE;
use abide_wire::terminal::plain;

pub(super) use self::add::{add, is_abide, place, text_of};
use self::bridge::Bridge;
use self::exchange::{Event, Upstream};
use crate::failure::Failure;
use crate::http::push_encoded;
use crate::io::Io;

/// Messages that wait to be written.
const WAITING: usize = 1024;
/// How long requests are still answered after the client has closed its end. Clients end a program that stays longer.
const UNANSWERED: Duration = Duration::from_millis(1500);
/// How long the end of the session is told to the server at most.
const LAST: Duration = Duration::from_secs(2);

/// Connects standard input and output to a server, until the input ends.
pub(super) fn connect(io: &mut Io<'_>, url: &str, account: Option<&str>) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let mut target = String::from("/v1/mcp?url=");
    push_encoded(&mut target, url);
    if let Some(account) = account {
        target.push_str("&account=");
        push_encoded(&mut target, account);
    }
    let (events, arriving) = sync_channel(WAITING);
    let upstream = Upstream::new(endpoint, target, events.clone());
    let last = upstream.clone();
    (io.before_interruption)(Box::new(move |_| last.end(LAST)));
    std::thread::spawn(move || read(&events));
    let mut bridge = Bridge::new(upstream);
    let mut until = None;
    loop {
        let event = match until {
            None => arriving.recv().ok(),
            Some(until) => {
                arriving.recv_timeout(Instant::saturating_duration_since(&until, Instant::now())).ok()
            }
        };
        let Some(event) = event else { break };
        if matches!(event, Event::End) {
            until = Some(Instant::now() + UNANSWERED);
        }
        let done = bridge.handle(event);
        for line in bridge.lines() {
            io.write(&line)?;
        }
        for text in bridge.texts() {
            io.tell(&format!("abide: {}\n", plain(&text)));
        }
        if done {
            break;
        }
    }
    bridge.end(LAST);
    Ok(())
}

/// Reads the lines of the client.
fn read(events: &SyncSender<Event>) {
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let mut bounded = std::io::Read::take(&mut input, MAX_MESSAGE as u64 + 1);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        // The rest of a line that is too long is no message either.
        if events.send(Event::Line(line)).is_err() {
            return;
        }
    }
    let _ = events.send(Event::End);
}
