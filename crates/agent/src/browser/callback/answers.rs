//! The requests of the browser: answers of a provider, and the pages that it is led to.

use std::sync::PoisonError;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::ExposeSecret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use super::place::{Arrival, Outcome, Place, Verdict};
use crate::browser::initiate;
use crate::browser::pages::{Page, nothing, page, problem};
use crate::browser::server::{self, onward};

/// How long an unexpected answer waits before it is refused.
const SAME_MOMENT: Duration = Duration::from_millis(50);
/// The largest answer in a form, in bytes: the same as in a query.
const ANSWER: usize = 16 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// The header with the stable code of a refused answer, for the analysis of a sign-in that does not end.
const ERROR_CODE: HeaderName = HeaderName::from_static("abide-error");
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// The code if no sign-in waits.
const UNEXPECTED: &str = "callback_unexpected";
/// The code if there is no query.
const STATE_MISSING: &str = "callback_state_missing";

pub(super) async fn route(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let response = answer(request, place).await;
    // The watching page keeps its secret in the storage.
    if place.guest.get().is_some() { response } else { without_storage(response) }
}

async fn answer(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    if !server::names_us(&request, &place.hosts) {
        return problem(StatusCode::MISDIRECTED_REQUEST, "This address belongs to Abide on this computer.");
    }
    let request = match place.guest.get() {
        Some(guest) if guest.handles(request.uri().path()) => {
            return guest.clone().answer(request).await.unwrap_or_else(nothing);
        }
        _ => request,
    };
    // An image or a frame of another page: no person sees the answer, and none has come back from a sign-in.
    if server::is_embedded(request.headers()) {
        return nothing();
    }
    let request = match initiate::answer(request, &place.catching).await {
        Ok(answer) => return answer,
        Err(request) => request,
    };
    let path = request.uri().path();
    if request.method() == Method::POST && path == place.path && request.uri().query().is_none() {
        return posted(request, place).await;
    }
    if request.method() != Method::GET {
        return problem(
            StatusCode::METHOD_NOT_ALLOWED,
            "This address is only for a browser that comes back from a sign-in.",
        );
    }
    match (request.uri().path(), request.uri().query()) {
        (path, Some(query)) if path == place.path => arrived(query, place).await,
        (path, None) if bool::from(path.as_bytes().ct_eq(place.done.as_bytes())) => done(place).await,
        (path, None) if path == place.catching.page && place.catching.is_wanted() => unasked(),
        // The answer may be in the fragment, which the browser does not send. The new address removes it too.
        (path, None) if path == place.path && place.catching.is_wanted() => onward(&place.catching.leave()),
        (path, None) if path == place.path => stray(
            "This page was opened without an answer from a provider. Nothing has changed.",
            STATE_MISSING,
        ),
        (path, None) if path.starts_with("/start/") => depart(path, place),
        (_, Some(query)) if place.catching.catches(query) => onward(&place.catching.leave()),
        _ => nothing(),
    }
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
    let is_form = server::has_type(request.headers(), FORM);
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
        return problem(StatusCode::OK, "Abide has received the answer. You can close this tab.");
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
                // The same answer may be accepted at this moment.
                tokio::time::sleep(SAME_MOMENT).await;
            }
            if place.has_taken(query) {
                return again(place);
            }
            if place.catching.catches(query) {
                return onward(&place.catching.leave());
            }
            stray("This answer does not belong to the sign-in in progress. Nothing has changed.", code)
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
            let line = format!("You are signed out of Abide, and you are back from {provider}.");
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
            let title = "Your session continues unchanged";
            page(StatusCode::OK, &Page { title, lines: &[&message, close], good: false })
        }
        Some(Outcome::Failed { message }) => {
            let again = "You can close this tab. To try again, choose \u{201c}Sign in\u{201d} in Abide.";
            page(
                StatusCode::OK,
                &Page { title: "You are not signed in", lines: &[&message, again], good: false },
            )
        }
        None => problem(StatusCode::OK, "Still waiting for your provider. Abide will notify you."),
    }
}

/// The page for an answer that Abide did not ask for.
fn unasked() -> Response<Full<Bytes>> {
    let lines = &[
        "Another program or person started this sign-in. Abide used nothing of the answer and handed out nothing.",
        "If a page or a person asks you for the address of this page, do not give it: it could let them sign in as you.",
        "You can close this tab.",
    ];
    page(StatusCode::OK, &Page { title: "Abide did not start this sign-in", lines, good: false })
}

fn stray(line: &str, code: &'static str) -> Response<Full<Bytes>> {
    let mut response = problem(StatusCode::BAD_REQUEST, line);
    response.headers_mut().insert(ERROR_CODE, HeaderValue::from_static(code));
    response
}

/// Makes the browser delete data that another program has left for this port, above all service workers: one would see the
/// next answer of a provider on a fixed port. Not `cookies`, which are shared by all ports, and not `cache`, which is slow
/// in browsers and is not used here.
fn without_storage(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
    response
}
