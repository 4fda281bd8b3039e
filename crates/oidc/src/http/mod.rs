//! The HTTP client: every request to a provider is sent here.

mod answer;
mod aside;
pub(crate) mod ca_file;
pub(crate) mod proxy;
mod request;
#[cfg(feature = "scripted")]
pub mod scripted;
pub(crate) mod stream;
pub(crate) mod upstream;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, AGE, AUTHORIZATION, CONTENT_TYPE, DATE};
use http::{HeaderMap, StatusCode};
use reqwest::{Certificate, Client, ClientBuilder, redirect, retry};
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, Unreachable};
use crate::http::answer::{essence, retry_after};
use crate::http::aside::{To, aside};
use crate::http::proxy::Proxy;
use crate::text::urls;
use crate::text::urls::UrlProblem;

pub(crate) use answer::{Answer, refused};
pub(crate) use request::{Body, Call, JSON, Told, sensitive};

const MAX_BODY: usize = 1 << 20;
/// The longest body that is read of an answer with an error status.
const MAX_REFUSAL: usize = 16 * 1024;
const MAX_CONNECT: Duration = Duration::from_secs(10);
/// The largest clock difference that is corrected, in seconds: one day.
const MAX_CORRECTION: i64 = 24 * 60 * 60;

/// The longest wait for an answer that cannot be requested again.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(300);

/// The options of [`Http::new`].
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// PEM certificates that are trusted in addition to the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// For one whole request: name, connection, TLS, answer. Connecting may take at most ten seconds of it.
    pub timeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The proxy for requests.
    pub proxy: Proxy,
    /// Whether a provider at this port of this computer may be asked, without TLS: another user may have taken the port.
    pub admits_port: fn(u16) -> bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            ca_pem: None,
            timeout: Duration::from_secs(30),
            user_agent: concat!("Abide/", env!("CARGO_PKG_VERSION")).to_owned(),
            proxy: Proxy::default(),
            admits_port: |_| true,
        }
    }
}

/// An HTTP client that follows no redirect, reads at most one MiB, keeps its time limit, and uses plain HTTP with this
/// computer only.
///
/// Trust roots are the system's and those of the configured CA file. No option turns verification off. Loopback is reached
/// through a proxy only if the proxy is configured for loopback too ([`Proxy`]).
#[derive(Clone)]
pub struct Http {
    remote: Client,
    loopback: Client,
    skew: Arc<Skew>,
    proxy: Proxy,
    admits_port: fn(u16) -> bool,
    /// The longest wait for an answer to a POST; `None` for the timeout of all requests.
    patience: Option<Duration>,
    /// The longest wait for an answer to a GET; at most the timeout of all requests.
    haste: Duration,
    to: To,
    #[cfg(feature = "scripted")]
    scripted: scripted::Scripted,
}

/// The answer to [`Http::post_form`]. It may contain a secret, and is wiped.
pub struct FormAnswer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for FormAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// No answer has had a `Date` yet.
const NO_SKEW: i64 = i64::MIN;

/// What is known of the provider's clock, in seconds ahead of ours.
#[derive(Debug)]
struct Skew {
    /// From the last answer to a POST, which no cache keeps (RFC 9110, section 9.3.3).
    posted: AtomicI64,
    /// From answers to other requests: the least of them, because a cache can have kept the others.
    read: AtomicI64,
}

impl Default for Skew {
    fn default() -> Self {
        Self { posted: AtomicI64::new(NO_SKEW), read: AtomicI64::new(NO_SKEW) }
    }
}

impl Skew {
    fn learn(&self, skew: i64, posted: bool) {
        if posted {
            self.posted.store(skew, Ordering::Relaxed);
        } else if self.read.load(Ordering::Relaxed).unsigned_abs() > skew.unsigned_abs() {
            self.read.store(skew, Ordering::Relaxed);
        }
    }

    fn known(&self) -> Option<i64> {
        let known = |of: &AtomicI64| Some(of.load(Ordering::Relaxed)).filter(|skew| *skew != NO_SKEW);
        known(&self.posted).or_else(|| known(&self.read))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// Reads the trust roots and the system's proxies. Fails with `ca_file_invalid` or `http_setup_failed`.
    pub fn new(options: HttpOptions) -> Result<Self, Error> {
        // A crypto provider may be installed already; then this does nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[cfg(feature = "scripted")]
        if let Some(client) = scripted::Scripted::present().client() {
            return Ok(Self {
                remote: client.clone(),
                loopback: client,
                proxy: options.proxy,
                admits_port: options.admits_port,
                patience: None,
                haste: options.timeout,
                to: To::Provider,
                skew: Arc::default(),
                scripted: scripted::Scripted::present(),
            });
        }
        let roots = match &options.ca_pem {
            Some(pem) => ca_file::certificates(pem)?,
            None => Vec::new(),
        };
        Ok(Self {
            remote: build(|| options.proxy.apply(base(&options), false), &roots)?,
            loopback: build(|| options.proxy.apply(base(&options), true), &roots)?,
            proxy: options.proxy,
            admits_port: options.admits_port,
            patience: None,
            haste: options.timeout,
            to: To::Provider,
            skew: Arc::default(),
            #[cfg(feature = "scripted")]
            scripted: scripted::Scripted::default(),
        })
    }

    /// How many seconds the provider's clock is ahead of this machine's, from the `Date` of its last answer (RFC 9110
    /// section 6.6.1); negative when it is behind. `Date` is in whole seconds, so one second either way reads as none.
    #[must_use]
    pub fn clock_skew(&self) -> Option<i64> {
        self.skew.known()
    }

    /// The provider's time when it is `now` here: corrected by [`Self::clock_skew`], by a day at most. The provider checks
    /// our signatures by its own clock, and a person whose clock is wrong should still be able to sign in.
    #[must_use]
    pub fn provider_time(&self, now: SystemTime) -> SystemTime {
        let skew = self.clock_skew().unwrap_or_default().clamp(-MAX_CORRECTION, MAX_CORRECTION);
        let apart = Duration::from_secs(skew.unsigned_abs());
        let then = if skew < 0 { now.checked_sub(apart) } else { now.checked_add(apart) };
        then.unwrap_or(now)
    }

    /// The same client for exchanges that cannot be repeated: a rotated refresh token, a code that can be used once, a
    /// registration. An answer to a POST may take five minutes; the caller has its own, shorter limit. Connecting takes no
    /// longer than before.
    #[must_use]
    pub fn patient(&self) -> Self {
        Self { patience: Some(EXCHANGE_LIMIT), ..self.clone() }
    }

    /// The same client for a document that can be done without: an answer to a GET may take so long at most.
    #[must_use]
    pub(crate) fn hasty(&self, longest: Duration) -> Self {
        Self { haste: self.haste.min(longest), ..self.clone() }
    }

    /// The same client for addresses that any program can name, such as those of MCP servers: such a server cannot delay the requests
    /// to providers.
    #[must_use]
    pub fn of_servers(self) -> Self {
        Self { to: To::Server, ..self }
    }

    /// Sends a form to a service that speaks neither OAuth nor OpenID Connect, and reads its answer in the form that `accept` names.
    ///
    /// # Errors
    ///
    /// As for a provider that cannot be reached or is unavailable. Any other status is an answer.
    pub async fn post_form(
        &self,
        url: &Url,
        form: Zeroizing<String>,
        accept: &'static str,
    ) -> Result<FormAnswer, Error> {
        let answer = self.send(Call { body: Some(Body::Form(form)), accept, ..Call::get(url) }).await?;
        Ok(FormAnswer { status: answer.status.as_u16(), body: answer.body })
    }

    fn unreachable(&self, host: &str, loopback: bool, error: &reqwest::Error) -> Error {
        match unreachable(host, error) {
            Error::Unreachable { host, reason: Unreachable::Name | Unreachable::Connection }
                if self.proxy.is_set(loopback) =>
            {
                Error::Unreachable { host, reason: Unreachable::Proxy }
            }
            other => other,
        }
    }

    /// Sends one request and reads the whole answer. 3xx, 408, 429 and 5xx are errors already here.
    pub(crate) async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let loopback = urls::is_loopback(call.url);
        if call.url.scheme() != "https" && !loopback {
            let host = urls::host(call.url);
            return Err(Error::IssuerInvalid { issuer: host, problem: UrlProblem::Insecure });
        }
        if loopback
            && call.url.scheme() == "http"
            && call.url.port_or_known_default().is_some_and(|port| !(self.admits_port)(port))
        {
            return Err(Error::PortOfAnotherUser { host: urls::host(call.url) });
        }
        let client = if loopback { &self.loopback } else { &self.remote };
        let told = Told::of(&call);
        let mut request = client.request(call.method(), call.url.clone()).header(ACCEPT, call.accept);
        if let Some(proof) = call.proof {
            request = request.header("DPoP", proof);
        }
        if let Some(authorization) = call.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(body) = &call.body {
            let (kind, text) = match body {
                Body::Form(text) => ("application/x-www-form-urlencoded", text),
                Body::Json(text) => (JSON, text),
            };
            request = request.header(CONTENT_TYPE, kind).body(text.as_bytes().to_vec());
            if let Some(patience) = self.patience {
                request = request.timeout(patience);
            }
        } else {
            request = request.timeout(self.haste);
        }
        let host = urls::host(call.url);
        failpoint!("http.sending");
        let sent = SystemTime::now();
        #[cfg(feature = "scripted")]
        if let Some(response) = self.scripted.send(&host, &request).await {
            let response = response?;
            if let Some(skew) = skew(response.headers(), sent, SystemTime::now()) {
                self.skew.learn(skew, call.body.is_some());
            }
            let answer = read(response, host).await?;
            return Answer { told, ..answer }.unless_unavailable();
        }
        let (name, skewed, posted) = (host.clone(), self.skew.clone(), call.body.is_some());
        let answered = aside(self.to, async move {
            let response = request.send().await?;
            if let Some(skew) = skew(response.headers(), sent, SystemTime::now()) {
                skewed.learn(skew, posted);
            }
            failpoint!("http.status");
            let answer = read(response, name).await;
            failpoint!("http.body");
            Ok(answer)
        });
        let answer = match answered.await {
            Some(answered) => answered.map_err(|error| self.unreachable(&host, loopback, &error))?,
            None => return Err(Error::Unreachable { host, reason: Unreachable::Interrupted }),
        };
        Answer { told, ..answer? }.unless_unavailable()
    }
}

fn base(options: &HttpOptions) -> ClientBuilder {
    Client::builder()
        .user_agent(options.user_agent.as_str())
        .timeout(options.timeout)
        .connect_timeout(options.timeout.min(MAX_CONNECT))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .http1_only()
        // As browsers and curl read it: some servers fold headers, or add one without a name.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
        // If the computer sleeps and the connection dies, a refresh token may or may not have been used up. A new connection
        // for each of the few requests per hour makes that rare.
        .pool_max_idle_per_host(0)
}

fn build(base: impl Fn() -> ClientBuilder, roots: &[Certificate]) -> Result<Client, Error> {
    match base().tls_certs_merge(roots.to_vec()).build() {
        Ok(client) => Ok(client),
        // Without a CA on the system the verifier cannot be made. Then no certificate is trusted, and a loopback provider
        // still works.
        Err(_) if roots.is_empty() => base().tls_certs_only([]).build().map_err(|_| Error::HttpSetup),
        Err(_) if base().build().is_err() && base().tls_certs_only([]).build().is_err() => {
            Err(Error::HttpSetup)
        }
        Err(_) => Err(Error::CaFileInvalid),
    }
}

async fn read(mut response: reqwest::Response, host: String) -> Result<Answer, Error> {
    let status = response.status();
    let wait = retry_after(response.headers());
    if status.is_redirection() {
        return Err(Error::Redirected { host });
    }
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Error::RateLimited { host, retry_after: wait });
    }
    if status == StatusCode::REQUEST_TIMEOUT {
        return Err(Error::Unavailable { host, status: status.as_u16(), retry_after: wait, error: None });
    }
    let headers = std::mem::take(response.headers_mut());
    let content_type = essence(&headers);
    let body = if status.is_server_error() {
        // An error status. Only the JSON in the answer is of use, and it may be empty.
        let says = content_type.as_deref() == Some(JSON);
        if says {
            body(&mut response, &host, MAX_REFUSAL).await.unwrap_or_default()
        } else {
            Zeroizing::default()
        }
    } else {
        body(&mut response, &host, MAX_BODY).await?
    };
    Ok(Answer { host, status, headers, content_type, body, told: Told::default() })
}

async fn body(
    response: &mut reqwest::Response,
    host: &str,
    most: usize,
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let too_large = || Error::TooLarge { host: host.to_owned() };
    let announced = response.content_length().unwrap_or(4096);
    if announced > most as u64 {
        return Err(too_large());
    }
    let mut body = Zeroizing::new(Vec::with_capacity(usize::try_from(announced).unwrap_or(most)));
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(host, &error))? {
        if body.len() + chunk.len() > most {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unreachable(host: &str, error: &reqwest::Error) -> Error {
    let host = host.to_owned();
    if error.is_timeout() {
        return Error::Timeout { host };
    }
    if cause::<hyper::Error>(error).is_some_and(hyper::Error::is_parse) {
        return Error::AnswerNotHttp { host };
    }
    let reason = match cause::<rustls::Error>(error) {
        Some(rustls::Error::InvalidCertificate(_)) => Unreachable::Certificate,
        Some(_) => Unreachable::Tls,
        None if error.is_dns() => Unreachable::Name,
        None if error.is_connect() => Unreachable::Connection,
        None => Unreachable::Interrupted,
    };
    Error::Unreachable { host, reason }
}

/// The first error of this type among the causes of another.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An `io::Error` hands out the source of what it wraps, not what it wraps.
        if let Some(wrapped) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            let wrapped: &'a (dyn StdError + 'static) = wrapped;
            next = Some(wrapped);
            continue;
        }
        next = error.source();
    }
    None
}

/// The `Age` of an answer from a cache, in seconds, to add to its `Date` (RFC 9111, section 5.1).
fn aged(headers: &HeaderMap) -> Option<i64> {
    match headers.get(AGE) {
        None => Some(0),
        Some(age) => age.to_str().ok()?.trim().parse::<u32>().ok().map(i64::from),
    }
}

/// The answer was written between `sent` and `arrived`, so a time between them means no skew.
fn skew(headers: &HeaderMap, sent: SystemTime, arrived: SystemTime) -> Option<i64> {
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    };
    let date = seconds(httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?) + aged(headers)?;
    let ahead = (date - seconds(arrived)).max(0);
    let behind = (date - seconds(sent)).min(0);
    Some(if ahead > 0 { ahead } else { behind }).map(|skew| if skew.abs() <= 1 { 0 } else { skew })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_from_a_cache_says_little_about_the_clock() {
        let skew = Skew::default();
        assert_eq!(skew.known(), None);
        for (learnt, posted, known) in [
            (-3600, false, -3600),
            (2, false, 2),
            (-3600, false, 2),
            (90, true, 90),
            (0, false, 90),
            (60, true, 60),
        ] {
            skew.learn(learnt, posted);
            assert_eq!(skew.known(), Some(known), "{learnt} {posted}");
        }
    }

    #[test]
    fn the_clocks_are_compared_and_what_the_way_took_is_no_difference() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let of = |date: &str, sent, arrived| {
            let mut headers = HeaderMap::new();
            headers.insert(DATE, date.parse().unwrap());
            skew(&headers, at(sent), at(arrived))
        };
        const NOON: &str = "Tue, 15 Nov 1994 12:45:26 GMT";
        const UNIX: u64 = 784_903_526;
        assert_eq!(of(NOON, UNIX, UNIX), Some(0));
        assert_eq!(of(NOON, UNIX - 3, UNIX + 4), Some(0), "a slow answer");
        assert_eq!(of(NOON, UNIX - 1, UNIX - 1), Some(0), "whole seconds");
        assert_eq!(of(NOON, UNIX - 92, UNIX - 90), Some(90), "the provider is ahead");
        assert_eq!(of(NOON, UNIX + 300, UNIX + 302), Some(-300), "the provider is behind");
        assert_eq!(of("yesterday", UNIX, UNIX), None);
        assert_eq!(skew(&HeaderMap::new(), at(UNIX), at(UNIX)), None);
        let mut kept = HeaderMap::new();
        kept.insert(DATE, NOON.parse().unwrap());
        kept.insert(AGE, "10800".parse().unwrap());
        assert_eq!(skew(&kept, at(UNIX + 10_800), at(UNIX + 10_800)), Some(0), "an answer from a cache");
        kept.insert(AGE, "old".parse().unwrap());
        assert_eq!(skew(&kept, at(UNIX), at(UNIX)), None);
    }
}
