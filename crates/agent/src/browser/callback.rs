//! The loopback redirect (RFC 8252 section 7.3): a listener that lives as long as one sign-in.
//!
//! The browser brings the answer as a query. The listener takes it, hands it over, and sends the browser on to an
//! address without a query, where a page says how it went: so neither the address bar nor the history keeps the code.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use url::Url;

use crate::browser::pages::{CONTENT_SECURITY_POLICY, Page, html};
use crate::browser::server::{self, onward, random, respond};
use crate::server::tcp::{self, Admits, Tcp};
use crate::server::{Limits, serve};

/// So many answers are kept until one is looked at.
const ARRIVALS: usize = 16;
/// How long an answer that nothing waits for is held back until it is turned away.
const SAME_MOMENT: Duration = Duration::from_millis(50);
/// The largest answer in a form, in bytes: as much as fits into a query.
const ANSWER: usize = 16 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// Says with a stable code why an answer is stray, to whoever looks into a sign-in that does not come to its end.
const ERROR_CODE: HeaderName = HeaderName::from_static("abide-error");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
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
    SignedIn {
        user: String,
        provider: String,
    },
    Failed {
        message: String,
    },
    /// No stronger sign-in; the session goes on as it was.
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

/// A page that the listener serves after the sign-in has come back, with requests of its own.
pub(crate) trait Guest: Send + Sync {
    /// Whether a path belongs to the page.
    fn handles(&self, path: &str) -> bool;
    /// Answers a request for such a path; `None` if nothing has that name. The listener has checked `Host`.
    fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answering<Option<Response<Full<Bytes>>>>;
    /// Offers an authorization response that has come to the redirect URI; `false` if it does not belong to the page.
    fn offer(self: Arc<Self>, query: String) -> Answering<bool>;
    /// The path that opens the page, good once; `None` if the system has no random numbers.
    fn entrance(&self) -> Option<SecretString>;
    /// The session has ended: the page shows these words when it asks next.
    fn end(&self, words: String);
}

/// The fixed ports that pages of ours occupy. What merely serves its last page makes way for whoever needs the port.
#[derive(Default)]
pub(crate) struct Ports(Mutex<Vec<Occupied>>);

struct Occupied {
    address: SocketAddr,
    makes_way: Arc<AtomicBool>,
    task: AbortHandle,
}

impl Ports {
    fn clear(&self, address: SocketAddr) {
        let mut occupied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        occupied.retain(|one| !one.task.is_finished());
        for one in occupied.iter().filter(|one| one.address == address) {
            if one.makes_way.load(Ordering::Acquire) {
                one.task.abort();
            }
        }
    }

    fn occupy(&self, address: SocketAddr, makes_way: Arc<AtomicBool>, task: AbortHandle) {
        let mut occupied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        occupied.push(Occupied { address, makes_way, task });
    }
}

/// The same port in the other family; `None` on a computer that has no IPv6.
fn on_ipv6(port: u16) -> std::io::Result<Option<TcpListener>> {
    match tcp::bind(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port)) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(error),
        Err(_) => Ok(None),
    }
}

/// A bound listener.
pub(crate) struct Callback {
    redirect_uri: Url,
    makes_way: Arc<AtomicBool>,
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
    guest: OnceLock<Arc<dyn Guest>>,
    /// Where the browser is sent on to, by a path that is good once: an address that holds an ID token is no argument of
    /// a program.
    departure: Mutex<Option<(String, Url)>>,
    /// The digest of the answer that was taken. Browsers and filters repeat requests.
    taken: Mutex<Option<[u8; 32]>>,
}

impl Callback {
    /// Binds what `configured` says: without a port, an ephemeral one; of several the first whose port is free. The socket
    /// that is bound is the one that [`Callback::redirect_uri`] names.
    pub(crate) async fn bind(ports: &Ports, configured: &[Url]) -> std::io::Result<Self> {
        let mut problem = std::io::ErrorKind::InvalidInput.into();
        // Nobody has to make way while another port is free.
        for evict in [false, true] {
            for uri in configured {
                match Self::bind_one(ports, uri, evict).await {
                    Ok(callback) => return Ok(callback),
                    Err(error) => problem = error,
                }
            }
        }
        Err(problem)
    }

    /// Whether its port was needed for something else.
    pub(crate) fn is_gone(&self) -> bool {
        self.task.is_finished()
    }

    async fn bind_one(ports: &Ports, configured: &Url, evict: bool) -> std::io::Result<Self> {
        let ip: IpAddr = match configured.host_str() {
            Some("[::1]") => Ipv6Addr::LOCALHOST.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        let wanted = SocketAddr::new(ip, configured.port().unwrap_or(0));
        let listener = if evict {
            ports.clear(wanted);
            tcp::bind_patiently(wanted).await?
        } else {
            tcp::bind(wanted)?
        };
        let port = listener.local_addr()?.port();
        // A browser may take `localhost` for either: who else listens there would get the answer.
        let other = if configured.host_str() == Some("localhost") { on_ipv6(port)? } else { None };
        let mut redirect_uri = configured.clone();
        if redirect_uri.set_port(Some(port)).is_err() {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let (arrivals_sender, arrivals) = mpsc::channel(ARRIVALS);
        let (outcome, outcome_receiver) = watch::channel(None);
        let secret = random().ok_or_else(|| std::io::Error::other("there are no random numbers"))?;
        let folder = redirect_uri.path().trim_end_matches('/');
        let place = Arc::new(Place {
            path: redirect_uri.path().to_owned(),
            done: format!("{folder}/done/{}", secret.expose_secret()),
            hosts: server::hosts(port),
            arrivals: arrivals_sender,
            outcome: outcome_receiver,
            guest: OnceLock::new(),
            departure: Mutex::new(None),
            taken: Mutex::new(None),
        });
        let served = place.clone();
        let answer = move |request: Request<Incoming>, _| {
            let place = served.clone();
            async move { route(request, &place).await }
        };
        let task = tokio::spawn(async move {
            match other {
                Some(other) => drop(tokio::join!(
                    serve(Tcp::new(listener, Admits::ThisUser), Limits::BROWSER, answer.clone()),
                    serve(Tcp::new(other, Admits::ThisUser), Limits::BROWSER, answer),
                )),
                None => serve(Tcp::new(listener, Admits::ThisUser), Limits::BROWSER, answer).await,
            }
        });
        let makes_way = Arc::new(AtomicBool::new(false));
        if wanted.port() != 0 {
            ports.occupy(wanted, makes_way.clone(), task.abort_handle());
        }
        Ok(Self { redirect_uri, makes_way, arrivals, outcome, place, task })
    }

    /// The address to put into the authorization request.
    pub(crate) fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// The next answer from the browser.
    pub(crate) async fn arrival(&mut self) -> Option<Arrival> {
        let arrival = self.arrivals.recv().await;
        // The tab that was sent on has come back: how it went is open again.
        self.outcome.send_if_modified(|outcome| {
            outcome.take_if(|outcome| matches!(outcome, Outcome::SentOn { .. })).is_some()
        });
        arrival
    }

    /// Sends the tab that brought the last answer on to `target`, and waits for another answer.
    pub(crate) fn send_on(&self, target: Url) {
        self.outcome.send_replace(Some(Outcome::SentOn { target }));
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

    /// From now on the page at the end watches. No other answer is waited for.
    pub(crate) fn host(&mut self, guest: Arc<dyn Guest>) {
        let _ = self.place.guest.set(guest);
        self.no_more_arrivals();
    }

    /// From now on whoever needs the port may have it.
    pub(crate) fn make_way(&self) {
        self.makes_way.store(true, Ordering::Release);
    }

    /// Whatever else arrives belongs to nothing any more, and is told so at once.
    fn no_more_arrivals(&mut self) {
        self.make_way();
        self.arrivals.close();
        while self.arrivals.try_recv().is_ok() {}
    }

    /// Shows the outcome, and goes on serving the page for a while in which the browser may still ask for it.
    pub(crate) fn finish(mut self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
        self.no_more_arrivals();
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

/// One request to a listener of 127.0.0.1:`port` that has no socket. Every answer that arrives is put to `verdict`.
#[cfg(feature = "fuzzing")]
pub(crate) async fn alone(
    request: Request<Incoming>,
    port: u16,
    verdict: impl FnOnce(&str) -> Verdict,
) -> Response<Full<Bytes>> {
    let (sender, mut arrivals) = mpsc::channel(1);
    let failed = Outcome::Failed { message: "The provider refused.".to_owned() };
    let place = Place {
        path: "/callback".to_owned(),
        done: "/callback/done/secret".to_owned(),
        hosts: server::hosts(port),
        arrivals: sender,
        outcome: watch::channel(Some(failed)).1,
        guest: OnceLock::new(),
        departure: Mutex::new(None),
        taken: Mutex::new(None),
    };
    let judged = async {
        match arrivals.recv().await {
            Some(arrival) => drop(arrival.verdict.send(verdict(&arrival.query))),
            None => std::future::pending().await,
        }
        std::future::pending().await
    };
    tokio::select! {
        answer = route(request, &place) => answer,
        () = judged => nothing(),
    }
}

async fn route(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let response = answer(request, place).await;
    // The page that watches keeps its own secret there.
    if place.guest.get().is_some() { response } else { without_storage(response) }
}

async fn answer(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    if !server::names_us(request.headers(), &place.hosts) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "This address belongs to Abide on this computer.");
    }
    let request = match place.guest.get() {
        Some(guest) if guest.handles(request.uri().path()) => {
            return guest.clone().answer(request).await.unwrap_or_else(nothing);
        }
        _ => request,
    };
    let path = request.uri().path();
    if request.method() == Method::POST && path == place.path && request.uri().query().is_none() {
        return posted(request, place).await;
    }
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

/// The answer as a form that the provider's page submits (OAuth 2.0 Form Post Response Mode, section 2).
async fn posted(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = kind.is_some_and(|kind| {
        kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
    });
    let form = if is_form { server::body(request, ANSWER).await } else { None };
    match form.as_ref().and_then(|form| std::str::from_utf8(form).ok()) {
        Some(answer) => arrived(answer, place).await,
        None => problem(StatusCode::BAD_REQUEST, "This answer cannot be read. Nothing has changed."),
    }
}

async fn arrived(query: &str, place: &Place) -> Response<Full<Bytes>> {
    if let Some(guest) = place.guest.get()
        && guest.clone().offer(query.to_owned()).await
    {
        return problem(StatusCode::OK, "Abide has heard.");
    }
    if place.has_taken(query) {
        return again(place);
    }
    let (verdict, answered) = oneshot::channel();
    let arrival = Arrival { query: query.to_owned(), verdict };
    let verdict = match place.arrivals.try_send(arrival) {
        Ok(()) => answered.await.unwrap_or(Verdict::Stray(UNEXPECTED)),
        Err(_) => Verdict::Stray(UNEXPECTED),
    };
    match verdict {
        Verdict::Taken => {
            place.take(query);
            onward(&place.done)
        }
        Verdict::Stray(code) => {
            if code == UNEXPECTED {
                // The same answer may be being taken at this moment.
                tokio::time::sleep(SAME_MOMENT).await;
            }
            if place.has_taken(query) {
                return again(place);
            }
            stray("This answer does not belong to the sign-in that is under way. Nothing has changed.", code)
        }
    }
}

/// What a browser sees that brings the same answer once more.
fn again(place: &Place) -> Response<Full<Bytes>> {
    if place.guest.get().is_none() {
        return onward(&place.done);
    }
    // Not the page that watches: a filter that repeats requests would take its place.
    let lines = &["You can close this tab."];
    page(StatusCode::OK, &Page { title: "You are signed in", lines, good: true })
}

impl Place {
    fn take(&self, query: &str) {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(digest(query));
    }

    fn has_taken(&self, query: &str) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.is_some_and(|taken| bool::from(taken.ct_eq(&digest(query))))
    }
}

fn digest(query: &str) -> [u8; 32] {
    Sha256::digest(query).into()
}

async fn done(place: &Place) -> Response<Full<Bytes>> {
    let mut outcome = place.outcome.clone();
    let waiting = tokio::time::timeout(Duration::from_secs(45), outcome.wait_for(Option::is_some)).await;
    let outcome = waiting.ok().and_then(Result::ok).and_then(|outcome| outcome.clone());
    match outcome {
        Some(Outcome::SignedIn { .. }) if place.guest.get().is_some() => {
            let entrance = place.guest.get().and_then(|guest| guest.entrance());
            entrance.map_or_else(nothing, |entrance| onward(entrance.expose_secret()))
        }
        Some(Outcome::SentOn { target }) => onward(target.as_str()),
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
        Some(Outcome::NotStronger { message }) => {
            let close = "You can close this tab.";
            let title = "Your session goes on as it was";
            page(StatusCode::OK, &Page { title, lines: &[&message, close], good: false })
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

/// Has the browser forget what another program has left for this port, service workers above all: one would see the next
/// answer of a provider on a fixed port. Not `cookies`, which are those of every port, and not `cache`, which takes browsers
/// long; nothing here is kept in it.
fn without_storage(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
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
        let anywhere = "http://127.0.0.1/callback".parse().unwrap();
        let mut callback = Callback::bind(&Ports::default(), &[anywhere]).await.unwrap();
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
        let page = get(&address, &place).await;
        assert!(page.contains("You are signed in as alice@example.com"));
        for answer in [&sent_on, &page] {
            assert!(answer.contains("\r\nclear-site-data: \"storage\"\r\n"), "{answer}");
        }
    }

    #[tokio::test]
    async fn the_same_answer_once_more_is_shown_how_the_sign_in_went() {
        let anywhere = "http://127.0.0.1/callback".parse().unwrap();
        let mut callback = Callback::bind(&Ports::default(), &[anywhere]).await.unwrap();
        let address = callback.redirect_uri().clone();
        let browser = |query: &'static str| {
            let address = address.clone();
            tokio::spawn(async move { get(&address, query).await })
        };
        // A prefetch and the real request, at the same time.
        let both = [browser("/callback?code=1&state=2"), browser("/callback?code=1&state=2")];
        callback.arrival().await.unwrap().verdict.send(Verdict::Taken).ok().unwrap();
        callback
            .finish(Outcome::SignedIn { user: "alice".to_owned(), provider: "id.example.com".to_owned() });
        let later = browser("/callback?code=1&state=2");
        for answered in both.into_iter().chain([later]) {
            let answer = answered.await.unwrap();
            let done = answer.lines().find_map(|line| line.strip_prefix("location: ")).expect(&answer);
            assert!(get(&address, done).await.contains("You are signed in as alice"));
        }
        let other = browser("/callback?code=3&state=2").await.unwrap();
        assert!(other.starts_with("HTTP/1.1 400"), "{other}");
    }

    /// After `invalid_scope`, for instance: nothing new is opened.
    #[tokio::test]
    async fn the_tab_that_brought_an_answer_can_be_sent_to_the_provider_once_more() {
        let anywhere = "http://127.0.0.1/callback".parse().unwrap();
        let mut callback = Callback::bind(&Ports::default(), &[anywhere]).await.unwrap();
        let address = callback.redirect_uri().clone();
        let browser = |query: &'static str| {
            let address = address.clone();
            tokio::spawn(async move { get(&address, query).await })
        };
        let location =
            |answer: &str| answer.lines().find_map(|line| line.strip_prefix("location: ")).map(str::to_owned);
        let first = browser("/callback?error=invalid_scope&state=1");
        callback.arrival().await.unwrap().verdict.send(Verdict::Taken).ok().unwrap();
        let done = location(&first.await.unwrap()).unwrap();
        callback.send_on("https://id.example.com/authorize?scope=openid".parse().unwrap());
        let sent_on = location(&get(&address, &done).await);
        assert_eq!(sent_on.as_deref(), Some("https://id.example.com/authorize?scope=openid"));

        let second = browser("/callback?code=1&state=2");
        callback.arrival().await.unwrap().verdict.send(Verdict::Taken).ok().unwrap();
        let done = location(&second.await.unwrap()).unwrap();
        callback
            .finish(Outcome::SignedIn { user: "alice".to_owned(), provider: "id.example.com".to_owned() });
        assert!(get(&address, &done).await.contains("You are signed in as alice"));
    }

    #[tokio::test]
    async fn a_fixed_port_is_free_again_as_soon_as_nobody_is_waited_for() {
        let ports = Ports::default();
        let fixed = [free_port().await];
        let first = Callback::bind(&ports, &fixed).await.unwrap();
        let occupied = Callback::bind(&ports, &fixed).await.err().unwrap();
        assert_eq!(occupied.kind(), std::io::ErrorKind::AddrInUse, "a sign-in that is under way stays");
        first.finish(Outcome::Failed { message: "no".to_owned() });
        let second = Callback::bind(&ports, &fixed).await.unwrap();
        assert!(get(&fixed[0], "/callback/done/guess").await.starts_with("HTTP/1.1 404"));
        second.make_way();
        assert!(Callback::bind(&ports, &fixed).await.is_ok());
    }

    async fn free_port() -> Url {
        let free = Callback::bind(&Ports::default(), &["http://127.0.0.1/callback".parse().unwrap()]).await;
        free.unwrap().redirect_uri().clone()
    }

    #[tokio::test]
    async fn of_several_fixed_ports_the_first_that_is_free_is_taken() {
        let (one, other) = (free_port().await, free_port().await);
        let (ports, both) = (Ports::default(), [one.clone(), other.clone()]);
        let first = Callback::bind(&ports, &both).await.unwrap();
        assert_eq!(first.redirect_uri(), &one);
        assert_eq!(Callback::bind(&ports, &both).await.unwrap().redirect_uri(), &other);
    }

    #[tokio::test]
    async fn an_answer_may_come_as_a_form() {
        let anywhere = "http://127.0.0.1/callback".parse().unwrap();
        let mut callback = Callback::bind(&Ports::default(), &[anywhere]).await.unwrap();
        let port = callback.redirect_uri().port().unwrap();
        let post = async move |kind: &str, body: &str| {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let length = body.len();
            let request = format!(
                "POST /callback HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\n\
                 Content-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        assert!(post("text/plain", "code=1&state=2").await.starts_with("HTTP/1.1 400"));
        let browser = tokio::spawn(async move {
            post("application/x-www-form-urlencoded;charset=UTF-8", "code=1&state=2").await
        });
        let arrival = callback.arrival().await.unwrap();
        assert_eq!(arrival.query, "code=1&state=2");
        arrival.verdict.send(Verdict::Taken).ok().unwrap();
        let sent_on = browser.await.unwrap();
        assert!(
            sent_on.starts_with("HTTP/1.1 303") && sent_on.contains("location: /callback/done/"),
            "{sent_on}"
        );
    }
}
