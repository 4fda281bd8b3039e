//! What requests carry, and what answers look like.

use std::time::Duration;

use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full, Limited};
use hyper::body::{Bytes, Incoming};
use serde::{Deserialize, Serialize};

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer: whole, or a stream, which can break off.
pub(crate) type Body = Either<Full<Bytes>, UnsyncBoxBody<Bytes, BoxError>>;

/// The body of a request: as it arrives, or read already.
pub(super) type Received = Either<Incoming, Full<Bytes>>;

/// An answer, or an error for the caller.
pub(super) type Answered = Result<Response<Body>, ErrorAnswer>;

/// The largest body of a request, in bytes.
pub(super) const BODY: usize = 16 * 1024;

/// The body of a request, which has to be JSON.
pub(super) async fn body<T: for<'de> Deserialize<'de>>(request: Request<Received>) -> Result<T, ErrorAnswer> {
    let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .split(|byte| *byte == b';')
            .next()
            .is_some_and(|kind| kind.trim_ascii() == b"application/json")
    });
    if !is_json {
        return Err(invalid("The body has to be JSON, with `Content-Type: application/json`.".to_owned()));
    }
    let reading = Limited::new(request.into_body(), BODY).collect();
    let read = tokio::time::timeout(Duration::from_secs(5), reading).await;
    let Ok(Ok(collected)) = read else {
        return Err(invalid(format!("The body is longer than {BODY} bytes, or did not arrive.")));
    };
    serde_json::from_slice(&collected.to_bytes())
        .map_err(|error| invalid(format!("The body is not understood: {error}.")))
}

pub(super) fn invalid(text: String) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}

/// The answer to a call that does not exist.
pub(super) fn not_found() -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::NotFound, "There is no such call.")
}

/// An error as an answer.
pub(crate) fn error(refused: &ErrorAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(refused.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_answer(status, refused);
    if let Some(seconds) = refused.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// 200 with JSON.
pub(super) fn ok(content: &impl Serialize) -> Answered {
    Ok(json_answer(StatusCode::OK, content))
}

pub(super) fn json_answer(status: StatusCode, content: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(content).unwrap_or_default();
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(bytes))));
    *response.status_mut() = status;
    secure(response.headers_mut(), "application/json");
    response
}

/// 200 with text that is JSON already.
pub(super) fn json_text(text: &'static str) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::new(Bytes::from_static(text.as_bytes()))));
    secure(response.headers_mut(), "application/json");
    response
}

pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

pub(super) fn secure(headers: &mut http::HeaderMap, kind: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
