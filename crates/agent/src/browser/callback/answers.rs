//! The requests of the browser: answers of a provider, and the pages that it is led to.

use std::sync::PoisonError;
use std::time::Duration;

use abide_locale::{Language, pages};
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
use crate::browser::tickets::PATH;
use crate::server::SharedQuiet;

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

/// The lines about answers that belong to no sign-in.
static STRAYS: SharedQuiet = SharedQuiet::new();

pub(super) async fn route(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let response = answer(request, place).await;
    // The watching page keeps its secret in the storage.
    if place.guest.get().is_some() { response } else { without_storage(response) }
}

async fn answer(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let language = place.catching.language();
    if !server::names_us(&request, &place.hosts) {
        return problem(StatusCode::MISDIRECTED_REQUEST, language, &pages::page_wrong_host(language));
    }
    let request = match place.guest.get() {
        Some(guest) if guest.handles(request.uri().path()) => {
            return guest.clone().answer(request).await.unwrap_or_else(|| nothing(language));
        }
        _ => request,
    };
    // An image or a frame of any page: no person has followed a link, and no code stays in an address. Answers to silent requests
    // come in a frame too, and are taken.
    let embedded = server::is_embedded(request.headers());
    if embedded && request.uri().path().starts_with(PATH) {
        return nothing(language);
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
        return problem(StatusCode::METHOD_NOT_ALLOWED, language, &pages::page_only_sign_in(language));
    }
    match (request.uri().path(), request.uri().query()) {
        (path, Some(query)) if path == place.path => arrived(query, place, embedded).await,
        (path, None) if bool::from(path.as_bytes().ct_eq(place.done.as_bytes())) => done(place).await,
        (path, None) if path == place.catching.page && place.catching.is_wanted() => unasked(language),
        // The answer may be in the fragment, which the browser does not send. The new address removes it too.
        (path, None) if path == place.path && place.catching.is_wanted() => onward(&place.catching.leave()),
        (path, None) if path == place.path => {
            stray(language, &pages::page_no_answer(language), STATE_MISSING)
        }
        (path, None) if path.starts_with("/start/") => depart(path, place),
        (_, Some(query)) if !embedded && place.catching.catches(query) => onward(&place.catching.leave()),
        _ => nothing(language),
    }
}

fn depart(path: &str, place: &Place) -> Response<Full<Bytes>> {
    let mut departure = place.departure.lock().unwrap_or_else(PoisonError::into_inner);
    let right = departure
        .as_ref()
        .is_some_and(|(expected, _)| bool::from(expected.as_bytes().ct_eq(path.as_bytes())));
    match departure.take_if(|_| right) {
        Some((_, target)) => onward(target.as_str()),
        None => {
            let language = place.catching.language();
            problem(StatusCode::NOT_FOUND, language, &pages::page_used(language))
        }
    }
}

/// The answer as a form that the provider's page submits (OAuth 2.0 Form Post Response Mode, section 2).
async fn posted(request: Request<Incoming>, place: &Place) -> Response<Full<Bytes>> {
    let is_form = server::has_type(request.headers(), FORM);
    let embedded = server::is_embedded(request.headers());
    let form = if is_form { server::body(request, ANSWER).await } else { None };
    match form.as_ref().and_then(|form| std::str::from_utf8(form).ok()) {
        Some(answer) => arrived(answer, place, embedded).await,
        None => {
            let language = place.catching.language();
            problem(StatusCode::BAD_REQUEST, language, &pages::page_unreadable(language))
        }
    }
}

async fn arrived(query: &str, place: &Place, embedded: bool) -> Response<Full<Bytes>> {
    let language = place.catching.language();
    if let Some(guest) = place.guest.get()
        && guest.clone().offer(query.to_owned()).await
    {
        return problem(StatusCode::OK, language, &pages::page_received(language));
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
            if !embedded && place.catching.catches(query) {
                return onward(&place.catching.leave());
            }
            if code != UNEXPECTED {
                // Any page can send the browser here, any number of times.
                STRAYS.say(|more| tracing::warn!(code, more, "a stray callback"));
            }
            stray(language, &pages::page_other_sign_in(language), code)
        }
    }
}

/// What a browser sees that brings the same answer once more.
fn again(place: &Place) -> Response<Full<Bytes>> {
    if place.guest.get().is_none() {
        return onward(&place.done);
    }
    // Not the page that watches: a filter that repeats requests would take its place.
    let language = place.catching.language();
    let (title, close) = (pages::page_signed_in(language), pages::page_close(language));
    page(StatusCode::OK, &Page { language, title: &title, lines: &[&close], good: true })
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
    let language = place.catching.language();
    let outcome = waiting.ok().and_then(Result::ok).and_then(|outcome| outcome.clone());
    match outcome {
        Some(Outcome::SignedIn { .. }) if place.guest.get().is_some() => {
            let entrance = place.guest.get().and_then(|guest| guest.entrance());
            entrance.map_or_else(|| nothing(language), |entrance| onward(entrance.expose_secret()))
        }
        Some(Outcome::SentOn { target }) => onward(target.as_str()),
        Some(Outcome::SignedOut { provider }) => {
            let lines = [pages::page_signed_out_body(language, provider), pages::page_close(language)];
            shown(language, &pages::page_signed_out(language), &lines, true)
        }
        Some(Outcome::SignedIn { user, provider }) => {
            let line = pages::page_signed_in_as(language, provider, user);
            let lines = [line, pages::page_signed_in_close(language)];
            shown(language, &pages::page_signed_in(language), &lines, true)
        }
        Some(Outcome::NotStronger { message }) => {
            shown(language, &pages::page_unchanged(language), &[message, pages::page_close(language)], false)
        }
        Some(Outcome::Failed { message }) => {
            let lines = [message, pages::page_try_again(language)];
            shown(language, &pages::page_not_signed_in(language), &lines, false)
        }
        None => problem(StatusCode::OK, language, &pages::page_still_waiting(language)),
    }
}

fn shown(language: Language, title: &str, lines: &[String], good: bool) -> Response<Full<Bytes>> {
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    page(StatusCode::OK, &Page { language, title, lines: &lines, good })
}

/// The page for an answer that Abide did not ask for.
fn unasked(language: Language) -> Response<Full<Bytes>> {
    let lines = [
        pages::page_unasked_body(language),
        pages::page_unasked_warning(language),
        pages::page_close(language),
    ];
    shown(language, &pages::page_unasked(language), &lines, false)
}

fn stray(language: Language, line: &str, code: &'static str) -> Response<Full<Bytes>> {
    let mut response = problem(StatusCode::BAD_REQUEST, language, line);
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
