//! The loopback redirect (RFC 8252 section 7.3): a listener that lives as long as one sign-in.
//!
//! The browser brings the answer as a query. The listener takes it, hands it over, and sends the browser on to an
//! address without a query, where a page says how it went: so neither the address bar nor the history keeps the code.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::ExposeSecret;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use crate::loopback::{self, onward, random, respond};
use crate::monitor;
use crate::pages::{CONTENT_SECURITY_POLICY, Page, html};

/// So many connections at once.
const CONNECTIONS: usize = 16;

/// Says with a stable code why an answer is stray, to whoever looks into a sign-in that does not come to its end.
const ERROR_CODE: HeaderName = HeaderName::from_static("abide-error");
/// The code when no sign-in waits any more.
const UNEXPECTED: &str = "callback_unexpected";
/// The code when there is not even a query.
const STATE_MISSING: &str = "callback_state_missing";

/// An answer from the browser, and where to say what the listener tells it.
pub(crate) struct Arrival {
    pub(crate) query: String,
    pub(crate) verdict: oneshot::Sender<Verdict>,
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It belongs to this sign-in.
    Taken,
    /// It does not, and this code says why; the sign-in goes on waiting.
    Stray(&'static str),
}

/// How the sign-in went, for the page that the browser ends on.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    SignedIn { user: String, provider: String },
    Failed { message: String },
    SignedOut { provider: String },
}

/// A bound listener.
pub(crate) struct Callback {
    redirect_uri: Url,
    arrivals: mpsc::Receiver<Arrival>,
    outcome: watch::Sender<Option<Outcome>>,
    place: Arc<Place>,
    task: tokio::task::JoinHandle<()>,
}

struct Place {
    path: String,
    /// Where the page at the end is. Only the browser that brought the answer is told: whoever else is on this computer
    /// can ask the listener too.
    done: String,
    hosts: Vec<String>,
    arrivals: mpsc::Sender<Arrival>,
    outcome: watch::Receiver<Option<Outcome>>,
    /// The page that goes on watching after the sign-in.
    monitor: OnceLock<Arc<monitor::Page>>,
    /// Where the browser is sent on to, by a path that is good once: an address that holds an ID token is no argument of
    /// a program.
    departure: Mutex<Option<(String, Url)>>,
}

impl Callback {
    /// Binds what `configured` says: without a port, an ephemeral one. The socket that is bound is the one that
    /// [`Callback::redirect_uri`] names.
    pub(crate) async fn bind(configured: &Url) -> std::io::Result<Self> {
        let ip: IpAddr = match configured.host_str() {
            Some("[::1]") => Ipv6Addr::LOCALHOST.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        let listener = listen(SocketAddr::new(ip, configured.port().unwrap_or(0))).await?;
        let port = listener.local_addr()?.port();
        let mut redirect_uri = configured.clone();
        if redirect_uri.set_port(Some(port)).is_err() {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let (arrivals_sender, arrivals) = mpsc::channel(4);
        let (outcome, outcome_receiver) = watch::channel(None);
        let secret = random().ok_or_else(|| std::io::Error::other("there are no random numbers"))?;
        let folder = redirect_uri.path().trim_end_matches('/');
        let place = Arc::new(Place {
            path: redirect_uri.path().to_owned(),
            done: format!("{folder}/done/{}", secret.expose_secret()),
            hosts: loopback::hosts(port),
            arrivals: arrivals_sender,
            outcome: outcome_receiver,
            monitor: OnceLock::new(),
            departure: Mutex::new(None),
        });
        let served = place.clone();
        let task = tokio::spawn(loopback::serve(listener, CONNECTIONS, move |request| {
            let place = served.clone();
            async move { route(request, &place).await }
        }));
        Ok(Self { redirect_uri, arrivals, outcome, place, task })
    }

    /// The address to put into the authorization request.
    pub(crate) fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// The next answer from the browser.
    pub(crate) async fn arrival(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }

    /// An address of this listener that sends the browser on to `target`, once.
    pub(crate) fn depart(&self, target: Url) -> Option<Url> {
        let ticket = random()?;
        let mut address = self.redirect_uri.clone();
        address.set_path(&format!("/start/{}", ticket.expose_secret()));
        let departure = Some((address.path().to_owned(), target));
        *self.place.departure.lock().unwrap_or_else(PoisonError::into_inner) = departure;
        Some(address)
    }

    /// Shows the outcome.
    pub(crate) fn show(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }

    /// From now on the page at the end watches.
    pub(crate) fn watch(&self, page: Arc<monitor::Page>) {
        let _ = self.place.monitor.set(page);
    }

    /// Shows the outcome, and goes on serving the page for a while in which the browser may still ask for it.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
        // Whatever else arrives belongs to nothing any more, and is told so at once.
        self.arrivals.close();
        while self.arrivals.try_recv().is_ok() {}
        tokio::spawn(async move {
            // The browser is redirected at once; a minute also covers a reload.
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(self);
        });
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port that is always the same one may just be let go of by the page of the session before.
async fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    for _ in 0..20 {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && address.port() != 0 => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
    TcpListener::bind(address).await
}

async fn route(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    if !loopback::names_us(request.headers(), &place.hosts) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "This address belongs to Abide on this computer.");
    }
    let request = match place.monitor.get() {
        Some(page) if request.uri().path().starts_with("/monitor") => {
            return monitor::answer(request, page).await.unwrap_or_else(nothing);
        }
        _ => request,
    };
    if request.method() != Method::GET {
        return problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only a browser that comes back from a sign-in is expected here.",
        );
    }
    match (request.uri().path(), request.uri().query()) {
        (path, Some(query)) if path == place.path => arrived(query, place).await,
        (path, None) if bool::from(path.as_bytes().ct_eq(place.done.as_bytes())) => done(place).await,
        (path, None) if path == place.path => {
            stray("This answer does not say what it belongs to. Nothing has changed.", STATE_MISSING)
        }
        (path, None) if path.starts_with("/start/") => depart(path, place),
        _ => nothing(),
    }
}

fn nothing() -> Response<Full<Bytes>> {
    problem(StatusCode::NOT_FOUND, "There is nothing here. You can close this tab.")
}

fn depart(path: &str, place: &Place) -> Response<Full<Bytes>> {
    let mut departure = place.departure.lock().unwrap_or_else(PoisonError::into_inner);
    let right = departure
        .as_ref()
        .is_some_and(|(expected, _)| bool::from(expected.as_bytes().ct_eq(path.as_bytes())));
    match departure.take_if(|_| right) {
        Some((_, target)) => onward(target.as_str()),
        None => problem(StatusCode::NOT_FOUND, "This page has been used already. You can close this tab."),
    }
}

async fn arrived(query: &str, place: &Place) -> Response<Full<Bytes>> {
    if let Some(page) = place.monitor.get()
        && monitor::arrive(page, query).await
    {
        return problem(StatusCode::OK, "Abide has heard.");
    }
    let (verdict, answered) = oneshot::channel();
    let arrival = Arrival { query: query.to_owned(), verdict };
    let verdict = match place.arrivals.try_send(arrival) {
        Ok(()) => answered.await.unwrap_or(Verdict::Stray(UNEXPECTED)),
        Err(_) => Verdict::Stray(UNEXPECTED),
    };
    match verdict {
        Verdict::Taken => onward(&place.done),
        Verdict::Stray(code) => {
            stray("This answer does not belong to the sign-in that is under way. Nothing has changed.", code)
        }
    }
}

async fn done(place: &Place) -> Response<Full<Bytes>> {
    let mut outcome = place.outcome.clone();
    let waiting = tokio::time::timeout(Duration::from_secs(45), outcome.wait_for(Option::is_some)).await;
    let outcome = waiting.ok().and_then(Result::ok).and_then(|outcome| outcome.clone());
    match outcome {
        Some(Outcome::SignedIn { .. }) if place.monitor.get().is_some() => {
            let ticket = place.monitor.get().and_then(|page| page.ticket());
            ticket.map_or_else(nothing, |ticket| onward(&format!("/monitor#{}", ticket.expose_secret())))
        }
        Some(Outcome::SignedOut { provider }) => {
            let line = format!("You are signed out of Abide, and {provider} has sent you back.");
            page(
                StatusCode::OK,
                &Page { title: "You are signed out", lines: &[&line, "You can close this tab."], good: true },
            )
        }
        Some(Outcome::SignedIn { user, provider }) => {
            let line = format!("You are signed in as {user} with {provider}.");
            let close = "You can close this tab. Abide shows in its tray how long your session lasts.";
            page(StatusCode::OK, &Page { title: "You are signed in", lines: &[&line, close], good: true })
        }
        Some(Outcome::Failed { message }) => {
            let again = "You can close this tab. To try again, choose \u{201c}Sign in\u{201d} in Abide.";
            page(
                StatusCode::OK,
                &Page { title: "You are not signed in", lines: &[&message, again], good: false },
            )
        }
        None => problem(StatusCode::OK, "The provider takes its time. Abide will tell you how it went."),
    }
}

fn stray(line: &str, code: &'static str) -> Response<Full<Bytes>> {
    let mut response = problem(StatusCode::BAD_REQUEST, line);
    response.headers_mut().insert(ERROR_CODE, HeaderValue::from_static(code));
    response
}

fn problem(status: StatusCode, line: &str) -> Response<Full<Bytes>> {
    page(status, &Page { title: "Abide", lines: &[line], good: false })
}

fn page(status: StatusCode, content: &Page<'_>) -> Response<Full<Bytes>> {
    let mut response = respond(status, "text/html; charset=utf-8", html(content), CONTENT_SECURITY_POLICY);
    response.headers_mut().insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    async fn get(callback: &Url, path: &str) -> String {
        let port = callback.port().unwrap();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_the_browser_that_brought_the_answer_finds_the_page_at_the_end() {
        let mut callback = Callback::bind(&"http://127.0.0.1/callback".parse().unwrap()).await.unwrap();
        let address = callback.redirect_uri().clone();
        let browser = tokio::spawn({
            let address = address.clone();
            async move { get(&address, "/callback?code=1&state=2").await }
        });
        let arrival = callback.arrival().await.unwrap();
        arrival.verdict.send(Verdict::Taken).ok().unwrap();
        let sent_on = browser.await.unwrap();
        let place = sent_on.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().to_owned();
        callback.finish(Outcome::SignedIn {
            user: "alice@example.com".to_owned(),
            provider: "id.example.com".to_owned(),
        });
        for guessed in ["/callback/done", "/callback/done/", "/callback/done/AAAA", "/monitor"] {
            let answer = get(&address, guessed).await;
            assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("alice"), "{guessed}: {answer}");
        }
        assert!(get(&address, &place).await.contains("You are signed in as alice@example.com"));
    }
}
