//! One request to the server, through the agent, in a thread of its own.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use abide_dialects::mcp::MAX_MESSAGE;
use abide_dialects::mcp::events::Events;
use abide_dialects::mcp::message::{Kind, Message};
use abide_wire::MCP_STATUS;
use serde_json::Value;

use crate::failure::{AnswerFault, Failure};
use crate::http::{Arriving, Endpoint};
use crate::platform::{HangUp, Stream, hang_up};

/// How often a stream that broke off is opened again before its request fails.
const AGAIN: u32 = 5;
/// The pause before that, if the server does not name one.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The header with the ID of a session (up to 2025-11-25).
pub(super) const SESSION: &str = "Mcp-Session-Id";

/// Names and values.
pub(super) type Headers = Vec<(String, String)>;

/// What happens.
pub(super) enum Event {
    /// The client has written a line.
    Line(Vec<u8>),
    /// The client has closed its end.
    End,
    /// The server answers with a stream; the ID of a new session.
    Opened(u64, Option<String>),
    /// The server has sent a message, on the stream of this request.
    Said(u64, Message),
    /// A request is over.
    Over(u64, Outcome),
}

/// How a request ended.
pub(super) enum Outcome {
    /// Its answer has been passed on.
    Answered,
    /// The whole answer.
    Whole { status: u16, session: Option<String>, body: Vec<u8> },
    /// The stream ended without the answer.
    BrokeOff,
    /// There was no answer.
    Failed(Failure),
}

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Send {
    Post,
    /// Opens the stream of the server's own messages.
    Listen,
    Delete,
}

/// One request.
pub(super) struct Exchange {
    pub(super) number: u64,
    pub(super) send: Send,
    pub(super) headers: Headers,
    pub(super) body: Vec<u8>,
    /// The ID of the answer.
    pub(super) wants: Option<Value>,
    /// Whether a stream that breaks off is opened again (up to 2025-11-25).
    pub(super) resumes: bool,
    /// Whether the person is to sign in for it.
    pub(super) signs_in: bool,
}

/// The means to give a request up.
pub(super) type GiveUp = Arc<Mutex<Option<HangUp>>>;

/// The server, through the agent.
#[derive(Clone)]
pub(super) struct Upstream {
    endpoint: Endpoint,
    target: String,
    events: SyncSender<Event>,
    /// The headers of the present session, for its end.
    session: Arc<Mutex<Option<Headers>>>,
}

impl Upstream {
    pub(super) fn new(endpoint: Endpoint, target: String, events: SyncSender<Event>) -> Self {
        Self { endpoint, target, events, session: Arc::default() }
    }

    /// Sends a request, in a thread of its own.
    pub(super) fn start(&self, exchange: Exchange) -> GiveUp {
        let give_up = GiveUp::default();
        let (upstream, held) = (self.clone(), give_up.clone());
        thread::spawn(move || {
            let outcome = upstream.run(&exchange, &held).unwrap_or_else(Outcome::Failed);
            let _ = upstream.events.send(Event::Over(exchange.number, outcome));
        });
        give_up
    }

    /// Notes the session that has to be ended.
    pub(super) fn in_session(&self, headers: Option<Headers>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = headers;
    }

    /// Tells the server that its session ends. Errors are ignored: it would end anyway.
    pub(super) fn end(&self, patience: Duration) {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(headers) = session else { return };
        let (done, ended) = std::sync::mpsc::channel();
        let endpoint = Endpoint { patience, ..self.endpoint.clone() };
        let target = self.target_of(Send::Delete, false);
        thread::spawn(move || {
            let _ = endpoint.open(&target, &headers, b"{}", &[], |_| {});
            let _ = done.send(());
        });
        let _ = ended.recv_timeout(patience);
    }

    fn target_of(&self, send: Send, signs_in: bool) -> String {
        let mut target = self.target.clone();
        // A stream in the background is no use of the session.
        target.push_str(match send {
            Send::Post => "",
            Send::Listen => "&send=get&activity=none",
            Send::Delete => "&send=delete&activity=none",
        });
        if signs_in {
            target.push_str("&sign_in=true");
        }
        target
    }

    fn run(&self, exchange: &Exchange, give_up: &GiveUp) -> Result<Outcome, Failure> {
        let mut events = Events::default();
        let mut answer = self.open(exchange, exchange.send, exchange.headers.clone(), give_up)?;
        let (mut again, mut quiet) = (0, 0);
        loop {
            let head = Head::of(&answer);
            if head.status != 200 || !head.streams {
                if again > 0 {
                    return Ok(Outcome::BrokeOff);
                }
                return match answer.rest(MAX_MESSAGE) {
                    Ok(body) => Ok(Outcome::Whole { status: head.status, session: head.session, body }),
                    Err(Failure::Answer(AnswerFault::Truncated)) => Ok(Outcome::BrokeOff),
                    Err(failure) => Err(failure),
                };
            }
            // Before its messages: the next requests need the session.
            let opened = Event::Opened(exchange.number, head.session);
            self.events.send(opened).map_err(|_| Failure::Stopped)?;
            let seen = events.seen();
            if self.follow(exchange, &mut answer, &mut events)? {
                return Ok(Outcome::Answered);
            }
            // A server that closes the stream at once is asked less and less often.
            quiet = if events.seen() > seen { 0 } else { quiet + 1 };
            // A stream of the server's own messages is opened again as long as the server does not refuse it.
            let may = exchange.resumes && (exchange.send == Send::Listen || events.last_id().is_some());
            if !may || again == AGAIN {
                return Ok(Outcome::BrokeOff);
            }
            if exchange.send == Send::Post {
                again += 1;
            }
            let pause = events.retry().map_or(PAUSE, Duration::from_millis);
            thread::sleep(pause.saturating_mul(1 << quiet.min(6)).min(LONGEST_PAUSE));
            let mut headers = exchange.headers.clone();
            headers.extend(events.last_id().map(|id| ("Last-Event-ID".to_owned(), id.to_owned())));
            answer = self.open(exchange, Send::Listen, headers, give_up)?;
        }
    }

    fn open(
        &self,
        exchange: &Exchange,
        send: Send,
        headers: Headers,
        give_up: &GiveUp,
    ) -> Result<Arriving<Stream>, Failure> {
        let target = self.target_of(send, exchange.signs_in && send == Send::Post);
        let body = if send == Send::Post { &exchange.body[..] } else { &b"{}"[..] };
        self.endpoint.open(&target, &headers, body, &HEADERS, |stream| {
            *give_up.lock().unwrap_or_else(PoisonError::into_inner) = hang_up(stream);
        })
    }

    /// Passes the events of a stream on. Returns whether the answer was among them.
    fn follow(
        &self,
        exchange: &Exchange,
        answer: &mut Arriving<Stream>,
        events: &mut Events,
    ) -> Result<bool, Failure> {
        loop {
            // A stream that breaks off ends like one that is closed: it may be opened again.
            let part = match answer.next() {
                Ok(Some(part)) => part,
                Ok(None) | Err(Failure::Answer(AnswerFault::Truncated)) => return Ok(false),
                Err(failure) => return Err(failure),
            };
            events.push(part).map_err(|_| AnswerFault::TooLarge)?;
            while let Some(event) = events.next_event() {
                if !matches!(event.name.as_str(), "" | "message") || event.data.trim_ascii().is_empty() {
                    continue;
                }
                for message in Message::read(&event.data).map_err(|_| AnswerFault::Content)? {
                    let answers =
                        matches!(&message.kind, Kind::Response(id) if Some(id) == exchange.wants.as_ref());
                    self.events.send(Event::Said(exchange.number, message)).map_err(|_| Failure::Stopped)?;
                    if answers {
                        return Ok(true);
                    }
                }
            }
        }
    }
}

const HEADERS: [&str; 3] = [MCP_STATUS, "content-type", SESSION];

/// The head of a server's answer.
struct Head {
    status: u16,
    streams: bool,
    session: Option<String>,
}

impl Head {
    fn of(answer: &Arriving<Stream>) -> Self {
        let header = |index: usize| answer.headers.get(index).and_then(Option::as_deref);
        Self {
            status: header(0).and_then(|status| status.parse().ok()).unwrap_or_default(),
            streams: header(1) == Some("text/event-stream"),
            session: header(2).map(str::to_owned),
        }
    }
}
