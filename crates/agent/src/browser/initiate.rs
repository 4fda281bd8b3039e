//! Third-party initiated login (OpenID Connect Core 1.0, section 4): a link, on an intranet page for example, that asks Abide to
//! sign in. The page asks the person first; without a yes, no sign-in starts. `target_link_uri` is not used, because
//! Abide has no page to open after a sign-in.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::browser::callback::{nothing, page, problem};
use crate::browser::pages::{self, Page};
use crate::browser::ports::{Catching, Invited};
use crate::browser::server::{self, random, respond};

/// The path of the links.
const PATH: &str = "/initiate_login";
/// The longest `login_hint`, in bytes.
const HINT: usize = 256;
/// The largest form, in bytes.
const FORM: usize = 8 * 1024;
/// The most questions that are open at once. The oldest is dropped.
const OPEN: usize = 4;

/// The questions that are open in the browser. Each can be answered once.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<VecDeque<Ticket>>);

struct Ticket {
    path: SecretString,
    link: Link,
}

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    issuer: String,
    login_hint: Option<String>,
}

impl Link {
    /// From the parameters; `None` without `iss`, with a repeated parameter, or with a hint that cannot be sent.
    fn read(parameters: &str) -> Option<Self> {
        let one = |name: &str| {
            let mut found = form_urlencoded::parse(parameters.as_bytes()).filter(|(key, _)| key == name);
            let first = found.next().map(|(_, value)| value.into_owned());
            if found.next().is_some() { Err(()) } else { Ok(first) }
        };
        let issuer = one("iss").ok()??;
        let login_hint = one("login_hint").ok()?.filter(|hint| !hint.is_empty());
        if login_hint.as_ref().is_some_and(|hint| hint.len() > HINT || hint.chars().any(char::is_control)) {
            return None;
        }
        Some(Self { issuer, login_hint })
    }
}

impl Tickets {
    fn add(&self, link: Link) -> Option<String> {
        let path = format!("{PATH}/{}", random()?.expose_secret());
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.truncate(OPEN - 1);
        open.push_front(Ticket { path: path.clone().into(), link });
        Some(path)
    }

    fn take(&self, path: &str) -> Option<Link> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |ticket: &Ticket| bool::from(ticket.path.expose_secret().as_bytes().ct_eq(path.as_bytes()));
        let index = open.iter().position(same)?;
        open.remove(index).map(|ticket| ticket.link)
    }
}

/// Answers a request for such a link. Returns any other request unchanged.
pub(crate) async fn answer(
    request: Request<Incoming>,
    catching: &Catching,
) -> Result<Response<Full<Bytes>>, Request<Incoming>> {
    let path = request.uri().path();
    if path == PATH {
        // Section 4: GET, or POST with a form.
        let parameters = match request.method().clone() {
            Method::GET => request.uri().query().unwrap_or_default().to_owned(),
            Method::POST => match server::body(request, FORM).await.map(|form| form.to_vec()) {
                Some(form) => String::from_utf8(form).unwrap_or_default(),
                None => return Ok(refused("This link cannot be read. Nothing has changed.")),
            },
            _ => return Err(request),
        };
        return Ok(ask(&parameters, catching));
    }
    if path.starts_with(PATH) && request.method() == Method::POST {
        return Ok(accept(&request, catching));
    }
    Err(request)
}

fn ask(parameters: &str, catching: &Catching) -> Response<Full<Bytes>> {
    let Some((host, redirect_uri)) = catching.host() else { return nothing() };
    let link = Link::read(parameters);
    let invited = host.invited(redirect_uri, link.as_ref().map_or("", |link| &link.issuer));
    match (invited, link) {
        (Invited::NotOffered, _) => nothing(),
        (Invited::UnknownIssuer, _) | (_, None) => refused(
            "This link asks you to sign in at a provider that no account of Abide is at. Nothing has changed.",
        ),
        (Invited::SignedIn { user, account }, _) => {
            let line = format!("{user} is signed in to the account \u{201c}{account}\u{201d} already.");
            let lines = &[line.as_str(), "You can close this tab."];
            page(StatusCode::OK, &Page { title: "You are signed in", lines, good: true })
        }
        (Invited::Ask { account, provider }, Some(link)) => {
            let who = link.login_hint.as_ref().map(|hint| format!("It suggests the user name {hint}."));
            let Some(path) = catching.tickets.add(link) else { return nothing() };
            let line =
                format!("A link asks you to sign in to the account \u{201c}{account}\u{201d} at {provider}.");
            let lines: Vec<&str> =
                [Some(line.as_str()), who.as_deref(), Some(NOT_ASKED)].into_iter().flatten().collect();
            let title = "Sign in?";
            let content = pages::asking(&Page { title, lines: &lines, good: true }, &path, "Sign in");
            let mut response =
                respond(StatusCode::OK, "text/html; charset=utf-8", content, pages::ASKING_POLICY);
            let deny = http::HeaderValue::from_static("DENY");
            response.headers_mut().insert(http::header::X_FRAME_OPTIONS, deny);
            response
        }
    }
}

const NOT_ASKED: &str = "If you did not click such a link, close this tab. Nothing has begun.";

/// Handles the sent form. Only the page that asked knows its path.
fn accept(request: &Request<Incoming>, catching: &Catching) -> Response<Full<Bytes>> {
    let site = request.headers().get("sec-fetch-site").map(http::HeaderValue::as_bytes);
    let from_elsewhere = site.is_some_and(|site| site != b"same-origin");
    let Some((host, redirect_uri)) = catching.host() else { return nothing() };
    let link = if from_elsewhere { None } else { catching.tickets.take(request.uri().path()) };
    let Some(Link { issuer, login_hint }) = link else {
        return refused("This question was answered already, or is too old. Open the link again.");
    };
    host.accepted(redirect_uri, &issuer, login_hint);
    let lines = &["Abide opens the sign-in in another tab.", "You can close this tab."];
    page(StatusCode::OK, &Page { title: "Sign-in started", lines, good: true })
}

fn refused(line: &str) -> Response<Full<Bytes>> {
    problem(StatusCode::BAD_REQUEST, line)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_says_where_to_sign_in_and_as_whom() {
        let link = |text: &str| Link::read(text);
        let good = link("iss=https%3A%2F%2Fid.example.com&login_hint=alice&target_link_uri=x").unwrap();
        assert_eq!(good, Link { issuer: "https://id.example.com".into(), login_hint: Some("alice".into()) });
        assert_eq!(link("iss=a").unwrap().login_hint, None);
        for bad in
            ["", "login_hint=alice", "iss=a&iss=b", "iss=a&login_hint=b&login_hint=c", "iss=a&login_hint=%00"]
        {
            assert_eq!(link(bad), None, "{bad}");
        }
        assert_eq!(link(&format!("iss=a&login_hint={}", "x".repeat(HINT + 1))), None);
    }

    #[test]
    fn a_question_is_answered_once_and_only_the_newest_are_kept() {
        let tickets = Tickets::default();
        let link = |issuer: &str| Link { issuer: issuer.to_owned(), login_hint: None };
        let first = tickets.add(link("first")).unwrap();
        assert_eq!(tickets.take(&first), Some(link("first")));
        assert_eq!(tickets.take(&first), None);
        let old = tickets.add(link("old")).unwrap();
        let new: Vec<String> = (0..OPEN).map(|_| tickets.add(link("new")).unwrap()).collect();
        assert_eq!(tickets.take(&old), None);
        assert!(new.iter().all(|path| tickets.take(path).is_some()));
        assert_eq!(tickets.take(PATH), None);
    }
}
