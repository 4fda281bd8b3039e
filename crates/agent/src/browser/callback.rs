//! The loopback redirect (RFC 8252 section 7.3): a listener for the time of one sign-in.
//!
//! The browser brings the answer in a form or in the query (`response_mode`). The listener takes it and redirects the browser to an
//! address without a query, whose page shows the result, so the address bar does not keep the code. Browsers write addresses that
//! redirect into their history, so a code in the query stays there, spent. A code in a form does not.

mod answers;
mod place;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use url::Url;

use crate::browser::ports::{Evict, Hold, Holding, Ports};
use crate::browser::server::{self, random};
use crate::server::tcp::{self, Admits, Tcp};
use crate::server::{Limits, serve};

use answers::route;
use place::Place;
pub(crate) use place::{Answering, Arrival, Guest, Outcome, Verdict};

/// The most answers that wait to be checked.
const ARRIVALS: usize = 16;

/// The same port for IPv6; `None` on a computer without IPv6.
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
    hold: Hold,
    arrivals: mpsc::Receiver<Arrival>,
    outcome: watch::Sender<Option<Outcome>>,
    place: Arc<Place>,
    task: tokio::task::JoinHandle<()>,
}

impl Callback {
    /// Binds the first configured port that is free, or an ephemeral one without a port. [`Callback::redirect_uri`] names
    /// the socket that is bound.
    pub(crate) async fn bind(ports: &Ports, configured: &[Url]) -> std::io::Result<Self> {
        let mut problem = std::io::ErrorKind::InvalidInput.into();
        // No page has to give up its port while another port is free.
        for evict in [Evict::Nothing, Evict::Guards, Evict::Pages] {
            for uri in configured {
                match Self::bind_one(ports, uri, evict).await {
                    Ok(callback) => return Ok(callback),
                    Err(error) => problem = error,
                }
            }
        }
        Err(problem)
    }

    /// Holds a fixed port while nothing else of ours needs it, for answers that Abide did not ask for.
    pub(crate) async fn guard(ports: &Ports, configured: &Url) -> std::io::Result<Self> {
        let mut callback = Self::bind_one(ports, configured, Evict::Nothing).await?;
        callback.no_more_arrivals();
        callback.hold.set(Holding::Guard);
        Ok(callback)
    }

    /// Whether its port was needed for something else.
    pub(crate) fn is_gone(&self) -> bool {
        self.task.is_finished()
    }

    async fn bind_one(ports: &Ports, configured: &Url, evict: Evict) -> std::io::Result<Self> {
        let ip: IpAddr = match configured.host_str() {
            Some("[::1]") => Ipv6Addr::LOCALHOST.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        let wanted = SocketAddr::new(ip, configured.port().unwrap_or(0));
        let listener = if ports.clear(wanted, evict) || evict == Evict::Pages {
            tcp::bind_patiently(wanted).await?
        } else {
            tcp::bind(wanted)?
        };
        let port = listener.local_addr()?.port();
        // A browser may use IPv4 or IPv6 for `localhost`: another listener there would get the answer.
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
            catching: ports.catching(&redirect_uri),
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
        let hold = ports.occupy(wanted, task.abort_handle());
        Ok(Self { redirect_uri, hold, arrivals, outcome, place, task })
    }

    /// The redirect URI for the authorization request.
    pub(crate) fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// The next answer from the browser.
    pub(crate) async fn arrival(&mut self) -> Option<Arrival> {
        let arrival = self.arrivals.recv().await;
        // The redirected tab has come back, so the result is open again.
        self.outcome.send_if_modified(|outcome| {
            outcome.take_if(|outcome| matches!(outcome, Outcome::SentOn { .. })).is_some()
        });
        arrival
    }

    /// Redirects the tab of the last answer to `target`, and waits for another answer.
    pub(crate) fn send_on(&self, target: Url) {
        self.outcome.send_replace(Some(Outcome::SentOn { target }));
    }

    /// An address of this listener that redirects the browser to `target` once.
    pub(crate) fn depart(&self, target: Url) -> Option<Url> {
        let ticket = random()?;
        let mut address = self.redirect_uri.clone();
        address.set_path(&format!("/start/{}", ticket.expose_secret()));
        let departure = Some((address.path().to_owned(), target));
        *self.place.departure.lock().unwrap_or_else(PoisonError::into_inner) = departure;
        Some(address)
    }

    /// Whether the browser has come to the address of [`Self::depart`].
    pub(crate) fn departure(&self) -> Departure {
        Departure(self.place.clone())
    }

    /// Shows the outcome.
    pub(crate) fn show(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }

    /// Makes the final page watch from now on. No other answer is expected.
    pub(crate) fn host(&mut self, guest: Arc<dyn Guest>) {
        let _ = self.place.guest.set(guest);
        self.no_more_arrivals();
    }

    /// Gives up the port when another sign-in needs it.
    pub(crate) fn make_way(&self) {
        self.hold.set(Holding::Page);
    }

    /// Refuses all later answers at once, because they belong to nothing.
    fn no_more_arrivals(&mut self) {
        self.make_way();
        self.arrivals.close();
        while self.arrivals.try_recv().is_ok() {}
    }

    /// Shows the result, and serves the page for a while longer, because the browser may still request it.
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

/// The way of the browser to the address of [`Callback::depart`].
pub(crate) struct Departure(Arc<Place>);

impl Departure {
    /// Whether it has been there.
    pub(crate) fn is_over(&self) -> bool {
        self.0.departure.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One request to a listener on 127.0.0.1:`port` without a socket. Every answer is passed to `verdict`.
#[cfg(feature = "fuzzing")]
pub(crate) async fn alone(
    request: Request<Incoming>,
    port: u16,
    verdict: impl FnOnce(&str) -> Verdict,
) -> http::Response<http_body_util::Full<hyper::body::Bytes>> {
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
        catching: crate::browser::ports::Catching::default(),
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
        () = judged => crate::browser::pages::nothing(place.catching.language()),
    }
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
    async fn each_name_that_a_request_gives_has_to_be_ours() {
        let anywhere = "http://127.0.0.1/callback".parse().unwrap();
        let callback = Callback::bind(&Ports::default(), &[anywhere]).await.unwrap();
        let port = callback.redirect_uri().port().unwrap();
        let ours = format!("Host: 127.0.0.1:{port}\r\n");
        for (target, hosts, status) in [
            ("/none".to_owned(), ours.clone(), "404"),
            (format!("http://127.0.0.1:{port}/none"), ours.clone(), "404"),
            ("/none".to_owned(), format!("{ours}Host: evil.example\r\n"), "421"),
            ("http://evil.example/none".to_owned(), ours, "421"),
        ] {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let request = format!("GET {target} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{request}{answer}");
        }
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
            let done = answer.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
            assert!(get(&address, done).await.contains("You are signed in as alice"));
        }
        let other = browser("/callback?code=3&state=2").await.unwrap();
        assert!(other.starts_with("HTTP/1.1 400"), "{other}");
    }

    /// For instance after `invalid_scope`: no new tab is opened.
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
    async fn a_fixed_port_is_free_again_after_the_last_wait() {
        let ports = Ports::default();
        let fixed = [free_port().await];
        let first = Callback::bind(&ports, &fixed).await.unwrap();
        let occupied = Callback::bind(&ports, &fixed).await.err().unwrap();
        assert_eq!(occupied.kind(), std::io::ErrorKind::AddrInUse, "a pending sign-in keeps its port");
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
