//! The state between a client and a server: the requests that are open, the session, and what comes back.

use std::collections::{HashMap, VecDeque};
use std::sync::PoisonError;
use std::time::Duration;

use abide_dialects::mcp::message::{HEADER_MISMATCH, Kind, Message};
use abide_dialects::mcp::tools::Tools;
use serde_json::Value;

use super::exchange::{Event, Exchange, GiveUp, Headers, Outcome, SESSION, Send, Upstream};
use crate::failure::Failure;

const NOT_FOUND: u16 = 404;
/// The most requests of a client that are open at once.
const MOST: usize = 64;
const VERSION: &str = "Mcp-Protocol-Version";
/// The ID of a request of the bridge's own.
const OWN: &str = "abide-1";

/// Why something is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// For the client.
    Client,
    /// The stream of the server's own messages.
    Listen,
    /// `initialize`, after the server has lost the session.
    Renew,
    /// The notification after it.
    Renewed,
    /// `tools/list`, because the headers of this call did not fit.
    Learn,
}

/// Something that is sent.
struct Open {
    purpose: Purpose,
    message: Option<Message>,
    /// The session that it was sent in.
    session: Option<String>,
    give_up: GiveUp,
    /// The client does not want the answer any more.
    cancelled: bool,
    /// It was sent before.
    again: bool,
}

/// The bridge.
pub(super) struct Bridge {
    upstream: Upstream,
    next: u64,
    open: HashMap<u64, Open>,
    /// Messages that wait until this notification has arrived: the order matters to the server.
    after: Option<u64>,
    waiting: VecDeque<Message>,
    /// Requests that are sent again once there is a new session, or once the tools are known.
    held: Vec<Message>,
    session: Option<String>,
    version: Option<String>,
    /// The client's own `initialize` and `notifications/initialized`, for a new session.
    initialize: Option<Message>,
    initialized: Option<Message>,
    capabilities: Option<Value>,
    listening: bool,
    tools: Tools,
    lines: Vec<Vec<u8>>,
    texts: Vec<String>,
    ending: bool,
}

impl Bridge {
    pub(super) fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            next: 1,
            open: HashMap::new(),
            after: None,
            waiting: VecDeque::new(),
            held: Vec::new(),
            session: None,
            version: None,
            initialize: None,
            initialized: None,
            capabilities: None,
            listening: false,
            tools: Tools::default(),
            lines: Vec::new(),
            texts: Vec::new(),
            ending: false,
        }
    }

    /// What is to be written to the client.
    pub(super) fn lines(&mut self) -> Vec<Vec<u8>> {
        std::mem::take(&mut self.lines)
    }

    /// What is to be told to people.
    pub(super) fn texts(&mut self) -> Vec<String> {
        std::mem::take(&mut self.texts)
    }

    /// Takes the next event. Returns whether nothing more is to be done.
    pub(super) fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Line(line) if line.trim_ascii().is_empty() => {}
            Event::Line(line) => match Message::read(&line) {
                Ok(messages) => self.waiting.extend(messages),
                Err(_) => self.texts.push("A line that is not JSON-RPC was left out.".to_owned()),
            },
            Event::End => self.ending = true,
            Event::Opened(number, session) => self.opened(number, session),
            Event::Said(number, message) => self.said(number, message),
            Event::Over(number, outcome) => self.over(number, outcome),
        }
        self.forward();
        // What the client has asked before it closed its end is still answered.
        self.ending && !self.open.values().any(|open| open.purpose != Purpose::Listen)
    }

    /// Ends everything.
    pub(super) fn end(&mut self, patience: Duration) {
        for open in self.open.values() {
            give_up(open);
        }
        self.upstream.end(patience);
    }

    /// Sends what waits, as far as its turn has come.
    fn forward(&mut self) {
        let mut later = VecDeque::<Message>::new();
        while let Some(message) = self.waiting.pop_front() {
            if let Some(id) = message.cancels().cloned() {
                later.retain(|waiting| waiting.kind != Kind::Request(id.clone()));
                self.cancel(&id, message);
            } else if self.after.is_some() {
                later.push_back(message);
            } else {
                self.forward_one(message);
            }
        }
        self.waiting = later;
    }

    fn forward_one(&mut self, message: Message) {
        match message.method() {
            "initialize" => {
                (self.session, self.version) = (None, None);
                self.initialize = Some(message.clone());
            }
            "notifications/initialized" => self.initialized = Some(message.clone()),
            _ => {}
        }
        if let Kind::Request(id) = &message.kind
            && self.open.len() >= MOST
        {
            self.answer(Message::error(id, "busy", "Too many requests wait for this MCP server."));
            return;
        }
        let notifies = message.kind == Kind::Notification;
        let number = self.send(Purpose::Client, message, false);
        if notifies {
            self.after = Some(number);
        }
    }

    fn cancel(&mut self, id: &Value, message: Message) {
        self.held.retain(|held| held.kind != Kind::Request(id.clone()));
        let Some(open) = self.open.values_mut().find(|open| open.is_for(id)) else { return };
        open.cancelled = true;
        // From 2026-07-28 on, the end of its connection is what cancels a request.
        if open.message.as_ref().and_then(Message::version).is_some() {
            give_up(open);
        } else {
            self.send(Purpose::Client, message, false);
        }
    }

    fn send(&mut self, purpose: Purpose, message: Message, again: bool) -> u64 {
        let number = self.number();
        let wants = match &message.kind {
            Kind::Request(id) => Some(id.clone()),
            _ => None,
        };
        let begins = matches!(message.method(), "initialize" | "server/discover");
        let exchange = Exchange {
            number,
            send: Send::Post,
            headers: self.headers(&message),
            body: message.bytes().to_vec(),
            wants,
            resumes: message.version().is_none(),
            // Only when a client begins: a page that opens later would surprise the user.
            signs_in: begins && purpose == Purpose::Client,
        };
        self.begin(purpose, Some(message), exchange, again)
    }

    fn begin(&mut self, purpose: Purpose, message: Option<Message>, exchange: Exchange, again: bool) -> u64 {
        let number = exchange.number;
        let give_up = self.upstream.start(exchange);
        let session = self.session.clone();
        self.open.insert(number, Open { purpose, message, session, give_up, cancelled: false, again });
        number
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn headers(&self, message: &Message) -> Headers {
        if let Some(version) = message.version() {
            let mut headers = message.headers(version);
            if message.method() == "tools/call" {
                headers.extend(self.tools.headers(message.params()));
            }
            return headers;
        }
        if message.method() == "initialize" { Vec::new() } else { self.session_headers() }
    }

    fn session_headers(&self) -> Headers {
        let session = self.session.iter().map(|id| (SESSION.to_owned(), id.clone()));
        let version = self.version.iter().map(|version| (VERSION.to_owned(), version.clone()));
        session.chain(version).collect()
    }

    fn answer(&mut self, message: Message) {
        self.lines.push(message.line());
    }

    /// Opens the stream of the server's own messages, once there is a session.
    fn listen(&mut self) {
        if self.listening || self.version.is_none() || self.initialized.is_none() || self.ending {
            return;
        }
        self.listening = true;
        let exchange = Exchange {
            number: self.number(),
            send: Send::Listen,
            headers: self.session_headers(),
            body: Vec::new(),
            wants: None,
            resumes: true,
            signs_in: false,
        };
        self.begin(Purpose::Listen, None, exchange, false);
    }

    fn opened(&mut self, number: u64, session: Option<String>) {
        let begins = self.open.get(&number).and_then(|open| open.message.as_ref());
        if begins.is_some_and(|message| message.method() == "initialize") {
            self.take_session(session);
        }
    }

    fn take_session(&mut self, session: Option<String>) {
        self.session = session;
        self.note_session();
    }

    fn note_session(&self) {
        let there = self.session.is_some();
        self.upstream.in_session(there.then(|| self.session_headers()));
    }

    /// A message of the server.
    fn said(&mut self, number: u64, message: Message) {
        let Some(open) = self.open.get(&number) else { return };
        let answers = match (&message.kind, open.message.as_ref().map(|message| &message.kind)) {
            (Kind::Response(id), Some(Kind::Request(wanted))) => id == wanted,
            _ => false,
        };
        if !answers {
            // For another request that is answered on this stream, or the server's own.
            return self.answer(message);
        }
        let (purpose, cancelled) = (open.purpose, open.cancelled);
        let method = open.message.as_ref().map(|message| message.method().to_owned()).unwrap_or_default();
        match purpose {
            Purpose::Renew => return self.renewed(&message),
            Purpose::Learn => return self.learned(&message),
            _ if cancelled => return,
            _ => {}
        }
        if method == "initialize" {
            self.begun(&message);
        }
        let learned = (method == "tools/list").then(|| self.tools.learn(message.result()?)).flatten();
        match learned {
            Some((kept, wrong)) => {
                self.texts.push(format!(
                    "These tools are left out, because their `x-mcp-header` is wrong: {}.",
                    wrong.join(", ")
                ));
                self.answer(message.with_result(kept));
            }
            None => self.answer(message),
        }
    }

    fn begun(&mut self, answer: &Message) {
        let Some(result) = answer.result() else { return };
        self.version = result["protocolVersion"].as_str().map(str::to_owned);
        self.capabilities = result.get("capabilities").cloned();
        self.note_session();
    }

    /// A request is over.
    fn over(&mut self, number: u64, outcome: Outcome) {
        if self.after == Some(number) {
            self.after = None;
        }
        if let Outcome::Whole { status: 200, session, body } = &outcome
            && !body.trim_ascii().is_empty()
        {
            self.opened(number, session.clone());
            let messages = Message::read(body).unwrap_or_default();
            let answered = self.open.get(&number).is_some_and(|open| {
                messages.iter().any(|message| matches!(&message.kind, Kind::Response(id) if open.is_for(id)))
            });
            messages.into_iter().for_each(|message| self.said(number, message));
            if answered {
                return self.close(number, Outcome::Answered);
            }
        }
        self.close(number, outcome);
    }

    fn close(&mut self, number: u64, outcome: Outcome) {
        let Some(open) = self.open.remove(&number) else { return };
        match open.purpose {
            Purpose::Listen => {
                self.listening = false;
                return;
            }
            Purpose::Renewed => return self.resend(),
            Purpose::Renew if !matches!(outcome, Outcome::Answered) => return self.not_renewed(),
            Purpose::Learn if !matches!(outcome, Outcome::Answered) => return self.resend(),
            Purpose::Renew | Purpose::Learn => return,
            Purpose::Client => {}
        }
        let Some(message) = open.message.clone() else { return };
        if let Some(id) = message.cancels() {
            // A server need not answer what was cancelled, nor end its stream.
            self.open.values().filter(|open| open.is_for(id)).for_each(give_up);
        }
        match outcome {
            Outcome::Answered => self.listen(),
            Outcome::Whole { status: NOT_FOUND, .. } if self.is_lost(&open) => self.lost(message),
            Outcome::Whole { status, body, .. } => self.whole(&open, message, status, &body),
            Outcome::BrokeOff => {
                self.fail(&open, "answer_broke_off", "The MCP server ended its answer too early. Try again.");
            }
            Outcome::Failed(failure) => self.failed(&open, &failure),
        }
    }

    /// Whether the server does not know the session any more in which a request was sent.
    fn is_lost(&self, open: &Open) -> bool {
        open.session.is_some()
            && !open.again
            && open.message.as_ref().is_some_and(|sent| sent.version().is_none())
    }

    /// An answer that is not the one that was wanted.
    fn whole(&mut self, open: &Open, message: Message, status: u16, body: &[u8]) {
        let succeeded = (200..300).contains(&status);
        let Kind::Request(id) = message.kind.clone() else {
            if succeeded {
                self.listen();
            } else {
                self.texts.push(format!("The MCP server refused a notification with status {status}."));
            }
            return;
        };
        let error = Message::read(body).ok().and_then(|messages| messages.into_iter().next());
        let error =
            error.filter(|error| matches!(error.kind, Kind::Response(_)) && error.error_code().is_some());
        if let Some(error) = error {
            let misses = error.error_code() == Some(HEADER_MISMATCH) && message.method() == "tools/call";
            if misses && !open.again {
                return self.learn(message);
            }
            if !open.cancelled {
                self.answer(error.with_id(&id));
            }
            return;
        }
        let text = if succeeded {
            "The MCP server sent something else than an answer.".to_owned()
        } else {
            format!("The MCP server answered with status {status}.")
        };
        self.fail(open, "server_error", &text);
    }

    fn failed(&mut self, open: &Open, failure: &Failure) {
        let code = failure.code().to_owned();
        self.fail(open, &code, &failure.to_string());
    }

    fn fail(&mut self, open: &Open, code: &str, text: &str) {
        if open.cancelled {
            return;
        }
        match open.message.as_ref().map(|message| &message.kind) {
            Some(Kind::Request(id)) => {
                self.texts.push(text.to_owned());
                self.lines.push(Message::error(id, code, text).line());
            }
            _ => self.texts.push(text.to_owned()),
        }
    }

    /// The server has lost the session: another one is begun as the client has begun this one, and the request is sent again.
    fn lost(&mut self, message: Message) {
        self.held.push(message);
        if self.open.values().any(|open| matches!(open.purpose, Purpose::Renew | Purpose::Renewed)) {
            return;
        }
        self.take_session(None);
        let Some(initialize) = self.initialize.clone() else { return self.not_renewed() };
        self.texts.push("The MCP server has ended the session. Another one is begun.".to_owned());
        self.version = None;
        self.send(Purpose::Renew, initialize.with_id(&Value::from(OWN)), true);
    }

    fn renewed(&mut self, answer: &Message) {
        let before = self.capabilities.clone();
        self.begun(answer);
        if self.version.is_none() || before != self.capabilities {
            return self.not_renewed();
        }
        match self.initialized.clone() {
            Some(initialized) => _ = self.send(Purpose::Renewed, initialized, true),
            None => self.resend(),
        }
    }

    fn not_renewed(&mut self) {
        self.take_session(None);
        for message in std::mem::take(&mut self.held) {
            if let Kind::Request(id) = &message.kind {
                let text = "The MCP server has ended the session, and no other could be begun. Restart the connection.";
                self.answer(Message::error(id, "session_lost", text));
            }
        }
    }

    /// Reads the tools again: a call needs headers that their description names.
    fn learn(&mut self, call: Message) {
        let meta = call.params()["_meta"].clone();
        self.held.push(call);
        self.send(Purpose::Learn, Message::request(OWN, "tools/list", &meta), true);
    }

    fn learned(&mut self, answer: &Message) {
        if let Some(result) = answer.result() {
            self.tools.learn(result);
        }
        self.resend();
    }

    fn resend(&mut self) {
        for message in std::mem::take(&mut self.held) {
            self.send(Purpose::Client, message, true);
        }
        self.listen();
    }
}

impl Open {
    /// Whether it is the client's request with this ID.
    fn is_for(&self, id: &Value) -> bool {
        matches!(self.message.as_ref().map(|message| &message.kind), Some(Kind::Request(own)) if own == id)
    }
}

fn give_up(open: &Open) {
    if let Some(connection) = &*open.give_up.lock().unwrap_or_else(PoisonError::into_inner) {
        connection.now();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::http::Endpoint;

    #[test]
    fn a_request_that_is_cancelled_while_it_waits_is_not_sent() {
        let endpoint = Endpoint {
            socket: "/not/there".into(),
            elsewhere: None,
            running: None,
            user: 0,
            patience: Duration::from_secs(1),
        };
        let (events, _arriving) = std::sync::mpsc::sync_channel(8);
        let mut bridge = Bridge::new(Upstream::new(endpoint, "/v1/mcp".to_owned(), events));
        for line in [
            r#"{"jsonrpc":"2.0","method":"notifications/first"}"#,
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/list"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#,
        ] {
            bridge.handle(Event::Line(line.as_bytes().to_vec()));
        }
        let arrived = Outcome::Whole { status: 202, session: None, body: Vec::new() };
        bridge.handle(Event::Over(bridge.after.unwrap(), arrived));
        assert!(bridge.open.is_empty() && bridge.waiting.is_empty());
    }
}
