//! The parsers of what reaches the agent, for the package that throws anything at them (`crates/parser-contracts`). No released
//! program has this module, and nothing in it is an interface that anybody may rely on.
#![allow(missing_docs)]

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use abide_wire::ErrorAnswer;
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;

use crate::api;
use crate::browser::callback::{self, Verdict};
use crate::config::Config;
use crate::grants::Clients;
use crate::state::record::{StoredSession, encode};

pub use crate::config::ConfigError;

/// The port that a callback has to name.
pub const CALLBACK_PORT: u16 = 47611;

/// How many accounts the configuration has.
pub fn configuration(text: &str) -> Result<usize, ConfigError> {
    Config::parse(Path::new("config.toml"), text).map(|config| config.accounts.len())
}

/// The session's record, read and written again.
pub fn stored_session(record: &[u8]) -> Option<Vec<u8>> {
    let StoredSession { heading, held, checkpoint } = StoredSession::decode(record)?;
    encode(&heading, &held, &checkpoint).map(|bytes| bytes.to_vec())
}

thread_local! {
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// How often the listener may go on before the other side hangs up.
const TURNS: usize = 64;

/// What a listener answers to `sent`.
fn exchange<A>(sent: &[u8], answer: impl Fn(http::Request<hyper::body::Incoming>) -> A) -> Option<Vec<u8>>
where
    A: Future<Output = Response<Full<Bytes>>>,
{
    RUNTIME.with_borrow_mut(|runtime| {
        if runtime.is_none() {
            *runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok();
        }
        runtime.as_ref()?.block_on(async {
            let (mut browser, ours) = tokio::io::duplex(1 << 20);
            let (_, received) =
                tokio::join!(crate::server::alone(ours, crate::server::Limits::BROWSER, answer), async {
                    let _ = browser.write_all(sent).await;
                    // Who hangs up before the answer gets none. Everything is in memory: after so many turns there is one, or
                    // the listener waits for more.
                    for _ in 0..TURNS {
                        tokio::task::yield_now().await;
                    }
                    let _ = browser.shutdown().await;
                    let mut received = Vec::new();
                    let _ = browser.read_to_end(&mut received).await;
                    received
                });
            Some(received)
        })
    })
}

/// What the listener of a sign-in answers to `sent`, and the answers of the browser that it has passed on. Those for
/// which `ours` holds are taken.
pub fn callback(sent: &[u8], ours: impl Fn(&str) -> bool) -> Option<(Vec<u8>, Vec<String>)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let received = exchange(sent, |request| {
        let (seen, ours) = (seen.clone(), &ours);
        callback::alone(request, CALLBACK_PORT, move |query| {
            seen.lock().unwrap_or_else(PoisonError::into_inner).push(query.to_owned());
            if ours(query) { Verdict::Taken } else { Verdict::Stray("callback_state_unknown") }
        })
    })?;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Some((received, seen))
}

/// The port that a local request has to name.
pub const ENDPOINT_PORT: u16 = api::fuzzing::PORT;

/// Grants.
pub struct Grants {
    clients: Clients,
    /// Where they stand, for as long as they are needed.
    _folder: tempfile::TempDir,
}

impl Grants {
    /// One client, with a key that is given here.
    pub fn new() -> Option<(Self, String)> {
        let folder = tempfile::tempdir().ok()?;
        let clients = Clients::open(folder.path().join("clients.json")).ok()?;
        let key = clients.allow("tool", None).ok()??;
        Some((Self { clients, _folder: folder }, key.to_string()))
    }

    /// Which request for a token each request of `sent` is taken for: the client, the account, the seconds. The requests
    /// are refused after that.
    pub fn asked(&self, sent: &[u8]) -> Option<(Vec<u8>, Vec<Asked>)> {
        let seen = RefCell::new(Vec::new());
        let received = exchange(sent, |request| {
            let asked = api::fuzzing::asked(&request, &self.clients);
            let mut answer = Response::new(Full::new(Bytes::new()));
            *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            if let Err(refused) = &asked {
                *answer.body_mut() = Full::new(Bytes::from(serde_json::to_vec(refused).unwrap_or_default()));
                *answer.status_mut() = StatusCode::FORBIDDEN;
            }
            seen.borrow_mut().push(asked);
            std::future::ready(answer)
        })?;
        Some((received, seen.into_inner()))
    }
}

/// See [`Grants::asked`].
pub type Asked = Result<(Option<String>, Option<String>, Option<u64>), ErrorAnswer>;
