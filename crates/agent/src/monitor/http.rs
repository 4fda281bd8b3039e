//! The page's side of the listener.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde::Serialize;
use serde_json::json;

use super::{Page, Refusal, Say, silent};
use crate::pages;

/// The largest request, in bytes.
const BODY: usize = 4096;
/// How long it may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);

/// Answers a request below `/monitor`; `None` if there is nothing of that name. The caller has checked `Host`.
pub(crate) async fn answer(request: Request<Incoming>, page: &Arc<Page>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), segments.as_slice()) {
        (&Method::GET, ["monitor"]) => Some(document(page)),
        (&Method::GET, ["monitor", "watch.js"]) => Some(whole(
            StatusCode::OK,
            "text/javascript; charset=utf-8",
            Bytes::from_static(include_bytes!("watch.js")),
            "default-src 'none'",
        )),
        (&Method::GET, ["monitor", "silent", ticket]) => silent::departure(page, ticket).map(|url| {
            let mut response = whole(StatusCode::SEE_OTHER, "text/plain", Bytes::new(), "default-src 'none'");
            if let Ok(target) = HeaderValue::from_str(url.as_str()) {
                response.headers_mut().insert(header::LOCATION, target);
            }
            response
        }),
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
    let html = pages::monitor(&page.provider);
    whole(StatusCode::OK, "text/html; charset=utf-8", Bytes::from(html), &policy)
}

async fn call(verb: &str, request: Request<Incoming>, page: &Arc<Page>) -> Response<Full<Bytes>> {
    if !is_own_page(request.headers(), page) {
        return refusal(StatusCode::FORBIDDEN, &Refusal::Secret);
    }
    let read = tokio::time::timeout(ARRIVAL, Limited::new(request.into_body(), BODY).collect()).await;
    let said =
        read.ok().and_then(Result::ok).and_then(|body| serde_json::from_slice::<Say>(&body.to_bytes()).ok());
    let Some(say) = said else { return refusal(StatusCode::BAD_REQUEST, &Refusal::Unprepared) };
    match verb {
        "open" => answered(page.open(&say)),
        "tell" => answered(page.tell(&say)),
        "silent" => answered(page.silent(&say).await),
        _ => {
            page.close(&say);
            whole(StatusCode::NO_CONTENT, "text/plain", Bytes::new(), "default-src 'none'")
        }
    }
}

/// Only a script of this very listener may speak here: a browser says where a request comes from, and nobody in it can
/// forge that.
fn is_own_page(headers: &HeaderMap, page: &Page) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    json && origin.is_some_and(|origin| origin == page.redirect_uri.origin().ascii_serialization())
}

fn answered(result: Result<impl Serialize, Refusal>) -> Response<Full<Bytes>> {
    match result {
        Ok(content) => match serde_json::to_vec(&content) {
            Ok(bytes) => whole(StatusCode::OK, "application/json", bytes.into(), "default-src 'none'"),
            Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &Refusal::Unprepared),
        },
        Err(Refusal::Over(words)) => refusal(StatusCode::GONE, &Refusal::Over(words)),
        Err(error) => refusal(StatusCode::FORBIDDEN, &error),
    }
}

fn refusal(status: StatusCode, error: &Refusal) -> Response<Full<Bytes>> {
    let title = matches!(error, Refusal::Over(_)).then_some(super::OVER);
    let content = json!({ "line": error.to_string(), "title": title }).to_string();
    whole(status, "application/json", content.into(), "default-src 'none'")
}

fn whole(status: StatusCode, kind: &'static str, content: Bytes, policy: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(content));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONNECTION, "close"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Made from origins, which are ASCII.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
