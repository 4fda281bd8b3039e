//! The requests of the page to the listener.

use std::sync::Arc;

use abide_locale::{Language, pages as texts};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::json;

use super::message::{Refusal, Say};
use super::page::Page;
use super::silent;
use crate::browser::callback::{Answering, Guest};
use crate::browser::pages;
use crate::browser::server::{NOTHING_ALLOWED, body, only, onward, respond};

/// The largest request, in bytes.
const BODY: usize = 4096;

impl Guest for Page {
    fn handles(&self, path: &str) -> bool {
        path.starts_with("/monitor")
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answering<Option<Response<Full<Bytes>>>> {
        Box::pin(async move { answer(request, &self).await })
    }

    fn offer(self: Arc<Self>, query: String) -> Answering<bool> {
        Box::pin(async move { silent::arrive(&self, &query).await })
    }

    fn entrance(&self) -> Option<SecretString> {
        let ticket = self.ticket()?;
        Some(format!("/monitor#{}", ticket.expose_secret()).into())
    }

    fn end(&self, words: String) {
        self.inner().over = Some(words);
    }
}

/// Answers a request below `/monitor`; `None` if it does not exist. The caller has checked `Host`.
async fn answer(request: Request<Incoming>, page: &Arc<Page>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["monitor"]) => Some(document(page)),
        (&Method::GET, ["monitor", "watch.js"]) => Some(respond(
            StatusCode::OK,
            "text/javascript; charset=utf-8",
            Bytes::from_static(include_bytes!("check_session.js")),
            NOTHING_ALLOWED,
        )),
        (&Method::GET, ["monitor", "silent", ticket]) => {
            silent::departure(page, ticket).map(|url| onward(url.as_str()))
        }
        (&Method::POST, ["monitor", verb @ ("open" | "tell" | "silent" | "close")]) => {
            let verb = (*verb).to_owned();
            Some(call(&verb, request, page).await)
        }
        _ => None,
    }
}

fn document(page: &Page) -> Response<Full<Bytes>> {
    let frames = page.frames().join(" ");
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; frame-src 'self' {frames}; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    let html = pages::monitor(page.spoken.language(), &page.provider);
    respond(StatusCode::OK, "text/html; charset=utf-8", html, &policy)
}

async fn call(verb: &str, request: Request<Incoming>, page: &Arc<Page>) -> Response<Full<Bytes>> {
    let language = page.spoken.language();
    if !is_own_page(request.headers(), page) {
        return refusal(StatusCode::FORBIDDEN, language, &Refusal::Secret);
    }
    let said = body(request, BODY).await.and_then(|body| serde_json::from_slice::<Say>(&body).ok());
    let Some(say) = said else { return refusal(StatusCode::BAD_REQUEST, language, &Refusal::Unprepared) };
    match verb {
        "open" => answered(page.open(&say), language),
        "tell" => answered(page.tell(&say).await, language),
        "silent" => answered(page.silent(&say).await, language),
        _ => {
            page.close(&say);
            respond(StatusCode::NO_CONTENT, "text/plain", Bytes::new(), NOTHING_ALLOWED)
        }
    }
}

/// Only a script of this listener may use this: the browser sends the origin of a request, which a page cannot forge.
fn is_own_page(headers: &HeaderMap, page: &Page) -> bool {
    let origin = only(headers, header::ORIGIN);
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    json && origin.is_some_and(|origin| origin == page.redirect_uri.origin().ascii_serialization())
}

fn answered(result: Result<impl Serialize, Refusal>, language: Language) -> Response<Full<Bytes>> {
    match result {
        Ok(content) => match serde_json::to_vec(&content) {
            Ok(bytes) => respond(StatusCode::OK, "application/json", bytes, NOTHING_ALLOWED),
            Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, language, &Refusal::Unprepared),
        },
        Err(Refusal::Over(words)) => refusal(StatusCode::GONE, language, &Refusal::Over(words)),
        Err(error) => refusal(StatusCode::FORBIDDEN, language, &error),
    }
}

fn refusal(status: StatusCode, language: Language, error: &Refusal) -> Response<Full<Bytes>> {
    let title = matches!(error, Refusal::Over(_)).then(|| texts::page_signed_out(language));
    let content = json!({ "line": error.line(language), "title": title }).to_string();
    respond(status, "application/json", content, NOTHING_ALLOWED)
}
