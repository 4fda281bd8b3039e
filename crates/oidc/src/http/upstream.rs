//! The client for a server to which requests of other programs are passed on. Unlike the one for providers, it limits neither time nor
//! size, keeps connections, and uses HTTP/2 where the server has it. It follows no redirect, because the requests have a token.

use std::time::Duration;

use http::{HeaderMap, Method};
use reqwest::{Client, ClientBuilder, redirect};
use url::Url;

use crate::error::{Error, Unreachable};
use crate::http::aside::{To, aside};
use crate::http::proxy::Proxy;
use crate::http::{MAX_CONNECT, build, ca_file, unreachable};
use crate::text::urls;

/// A body on its way to or from the server.
pub use reqwest::Body as UpstreamBody;

/// How long a connection without a request is kept.
const KEPT: Duration = Duration::from_secs(60);
/// How often an HTTP/2 connection in use is tried, and how long the server may take to answer.
const ALIVE: Duration = Duration::from_secs(30);

/// A request for the server.
#[derive(Debug)]
pub struct UpstreamRequest {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Without `Host`, which is that of the address.
    pub headers: HeaderMap,
    /// The body.
    pub body: UpstreamBody,
    /// Whether the connection may become another protocol, for which it has to be HTTP/1.1 (RFC 9113, section 8.6).
    pub upgrades: bool,
}

/// A client for one server.
#[derive(Clone, Debug)]
pub struct Upstream {
    usual: Client,
    upgradable: Client,
    loopback: bool,
    proxy: Proxy,
}

impl Upstream {
    /// Reads the trust roots and the system's proxies. `ca_pem` is trusted in addition to the system's roots.
    ///
    /// # Errors
    ///
    /// `ca_file_invalid` or `http_setup_failed`.
    pub fn new(to: &Url, ca_pem: Option<&[u8]>, proxy: Proxy) -> Result<Self, Error> {
        // A crypto provider may be installed already; then this does nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let loopback = urls::is_loopback(to);
        let roots = ca_pem.map(ca_file::certificates).transpose()?.unwrap_or_default();
        let usual = || proxy.apply(base(), loopback);
        Ok(Self {
            usual: build(usual, &roots)?,
            upgradable: build(|| usual().http1_only(), &roots)?,
            loopback,
            proxy,
        })
    }

    /// Sends a request and returns once the head of the answer is there.
    ///
    /// # Errors
    ///
    /// `timeout` if no connection was made in ten seconds; `unreachable`.
    pub async fn send(&self, request: UpstreamRequest) -> Result<http::Response<UpstreamBody>, Error> {
        let UpstreamRequest { method, url, headers, body, upgrades } = request;
        let host = urls::host(&url);
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(body);
        let client = if upgrades { self.upgradable.clone() } else { self.usual.clone() };
        match aside(To::Server, async move { client.execute(request).await }).await {
            None => Err(Error::Unreachable { host, reason: Unreachable::Interrupted }),
            Some(Ok(response)) => Ok(response.into()),
            Some(Err(error)) => Err(match unreachable(&host, &error) {
                Error::Unreachable { host, reason: Unreachable::Name | Unreachable::Connection }
                    if self.proxy.is_set(self.loopback) =>
                {
                    Error::Unreachable { host, reason: Unreachable::Proxy }
                }
                other => other,
            }),
        }
    }
}

fn base() -> ClientBuilder {
    Client::builder()
        .connect_timeout(MAX_CONNECT)
        .redirect(redirect::Policy::none())
        .referer(false)
        .pool_idle_timeout(KEPT)
        .http2_keep_alive_interval(ALIVE)
        .http2_keep_alive_timeout(ALIVE)
}
