//! What the browser brings to a listener, and what the requests of one listener share.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use crate::browser::ports::Catching;

/// An answer from the browser, and the channel for its result.
pub(crate) struct Arrival {
    pub(crate) query: String,
    pub(crate) verdict: oneshot::Sender<Verdict>,
}

/// The result of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It belongs to this sign-in.
    Taken,
    /// It does not, for the reason in this code; the sign-in keeps waiting.
    Stray(&'static str),
}

/// The result of the sign-in, for the page at its end.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    SignedIn {
        user: String,
        provider: String,
    },
    Failed {
        message: String,
    },
    /// The stronger sign-in failed; the session continues unchanged.
    NotStronger {
        message: String,
    },
    SignedOut {
        provider: String,
    },
    /// The provider is asked once more, in the same tab.
    SentOn {
        target: Url,
    },
}

/// A future that a [`Guest`] returns.
pub(crate) type Answering<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A page with its own requests that the listener serves after the sign-in.
pub(crate) trait Guest: Send + Sync {
    /// Whether a path belongs to the page.
    fn handles(&self, path: &str) -> bool;
    /// Answers a request for such a path; `None` if it does not exist. The listener has checked `Host`.
    fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answering<Option<Response<Full<Bytes>>>>;
    /// Offers an authorization response at the redirect URI; `false` if it does not belong to the page.
    fn offer(self: Arc<Self>, query: String) -> Answering<bool>;
    /// The path that opens the page, valid once; `None` if the system has no random numbers.
    fn entrance(&self) -> Option<SecretString>;
    /// The session has ended: the page shows these words at its next request.
    fn end(&self, words: String);
}

/// What the requests of one listener share.
pub(super) struct Place {
    pub(super) path: String,
    /// The path of the final page. Only the browser with the answer learns it, because other users of this computer can
    /// reach the listener too.
    pub(super) done: String,
    pub(super) hosts: Vec<String>,
    pub(super) arrivals: mpsc::Sender<Arrival>,
    pub(super) outcome: watch::Receiver<Option<Outcome>>,
    /// The page that watches after the sign-in.
    pub(super) guest: OnceLock<Arc<dyn Guest>>,
    /// The target of a redirect, by a path that is valid once: an address with an ID token must not be an argument of a
    /// program.
    pub(super) departure: Mutex<Option<(String, Url)>>,
    /// The digest of the answer that was taken. Browsers and filters repeat requests.
    pub(super) taken: Mutex<Option<[u8; 32]>>,
    /// What is done with an answer that Abide did not ask for.
    pub(super) catching: Catching,
}
