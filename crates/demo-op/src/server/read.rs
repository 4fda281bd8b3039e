//! Parses a request, within limits.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use crate::http::{Endpoint, Failure, Parameters, Reply, Request};
use crate::pages;
use crate::state::provider::Provider;

const LARGEST_BODY: usize = 64 * 1024;
const BODY_TIME: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Why a request could not be read.
pub(super) enum Unreadable {
    Method,
    MediaType,
    TooLarge,
    TooSlow,
    Repeated,
    NotJson,
}

pub(super) async fn read(endpoint: Endpoint, request: extract::Request) -> Result<Request, Unreadable> {
    let (head, body) = request.into_parts();
    if !endpoint.methods().contains(&head.method) {
        return Err(Unreadable::Method);
    }
    let mut json = Value::Null;
    let parameters = if [Method::POST, Method::PATCH, Method::PUT].contains(&head.method) {
        let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, LARGEST_BODY))
            .await
            .map_err(|_| Unreadable::TooSlow)?
            .map_err(|_| Unreadable::TooLarge)?;
        let expected = if endpoint.takes_json() { JSON } else { FORM };
        if !bytes.is_empty() && !is_of_type(&head.headers, expected) {
            return Err(Unreadable::MediaType);
        }
        match endpoint.takes_json() {
            true => {
                json = serde_json::from_slice(&bytes).map_err(|_| Unreadable::NotJson)?;
                Ok(Parameters::of_json(&json))
            }
            false => Parameters::parse(&bytes),
        }
    } else {
        Parameters::parse(head.uri.query().unwrap_or_default().as_bytes())
    };
    let parameters = parameters.map_err(|_| Unreadable::Repeated)?;
    Ok(Request { method: head.method, headers: head.headers, parameters, json })
}

fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

impl Unreadable {
    pub(super) fn reply(&self, endpoint: Endpoint, provider: &Provider) -> Result<Reply, Failure> {
        let (status, why) = match self {
            Unreadable::Method => (StatusCode::METHOD_NOT_ALLOWED, "the endpoint has no such method"),
            Unreadable::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is of another type"),
            Unreadable::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Unreadable::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
            Unreadable::NotJson => (StatusCode::BAD_REQUEST, "the body is not JSON"),
            Unreadable::Repeated => (StatusCode::BAD_REQUEST, "a parameter is repeated"),
        };
        let reply = if endpoint.is_page() {
            Reply::error_page(status, "invalid_request", pages::invalid_request(provider, why))?
        } else {
            Reply::refused(status, "invalid_request", why)
        };
        let allowed: Vec<&str> = endpoint.methods().iter().map(Method::as_str).collect();
        Ok(match self {
            Unreadable::Method => reply.with_header(ALLOW, HeaderValue::try_from(allowed.join(", "))?),
            _ => reply,
        })
    }
}
