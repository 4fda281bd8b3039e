//! A provider that a test plays: requests reach it in place of the network. In nothing that is released (feature `scripted`).

use std::cell::RefCell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use reqwest::Client;

use crate::error::{Error, Unreachable};

/// What the provider answers; `None` if the connection breaks.
pub type Answering = Pin<Box<dyn Future<Output = Option<http::Response<Vec<u8>>>> + Send>>;

/// A provider that a test plays.
pub trait Script: Send + Sync {
    /// Answers a request, when and as it likes.
    fn answer(&self, request: http::Request<Vec<u8>>) -> Answering;
}

thread_local! {
    static SCRIPT: RefCell<Option<Arc<dyn Script>>> = const { RefCell::new(None) };
    static CLIENT: RefCell<Option<Client>> = const { RefCell::new(None) };
}

/// Every [`Http`](crate::Http) that is made on this thread from now on asks this provider; with `None`, the network.
pub fn play(script: Option<Arc<dyn Script>>) {
    SCRIPT.with_borrow_mut(|present| *present = script);
}

/// The provider that a client asks.
#[derive(Clone, Default)]
pub(super) struct Scripted(Option<Arc<dyn Script>>);

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    pub(super) fn present() -> Self {
        Self(SCRIPT.with_borrow(Clone::clone))
    }

    /// The client that makes the requests: one for all, because the trust roots are not needed.
    pub(super) fn client(&self) -> Option<Client> {
        self.0.as_ref()?;
        CLIENT.with_borrow_mut(|client| {
            if client.is_none() {
                *client = Client::builder().tls_certs_only([]).build().ok();
            }
            client.clone()
        })
    }

    /// What comes back; `None` without a script.
    pub(super) async fn send(
        &self,
        host: &str,
        request: &reqwest::RequestBuilder,
    ) -> Option<Result<reqwest::Response, Error>> {
        let script = self.0.as_ref()?;
        let broken = || Error::Unreachable { host: host.to_owned(), reason: Unreachable::Interrupted };
        let built = request.try_clone().and_then(|request| request.build().ok());
        let Some(request) = built else { return Some(Err(broken())) };
        let mut plain = http::Request::new(
            request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec).unwrap_or_default(),
        );
        *plain.method_mut() = request.method().clone();
        *plain.headers_mut() = request.headers().clone();
        if let Ok(uri) = request.url().as_str().parse() {
            *plain.uri_mut() = uri;
        }
        let answer = script.answer(plain).await;
        Some(answer.map(reqwest::Response::from).ok_or_else(broken))
    }
}
