//! An answer, and its outcome for the record.

use axum::Json;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, SET_COOKIE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::http::failure::Failure;
use crate::http::page::Page;

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Success, or a page.
    Ok,
    /// An error with this code.
    Error(&'static str),
}

pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) outcome: Outcome,
}

impl Reply {
    pub(crate) fn json(value: Value) -> Reply {
        Reply { response: Json(value).into_response(), outcome: Outcome::Ok }
    }

    /// A signed statement (RFC 7519 section 10.3.1).
    pub(crate) fn jwt(token: String) -> Reply {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/jwt"))];
        Reply { response: (headers, token).into_response(), outcome: Outcome::Ok }
    }

    /// An error answer in the form of RFC 6749 section 5.2.
    pub(crate) fn refused(status: StatusCode, code: &'static str, description: &str) -> Reply {
        let body = Json(json!({ "error": code, "error_description": description }));
        Reply { response: (status, body).into_response(), outcome: Outcome::Error(code) }
    }

    pub(crate) fn bad_request(code: &'static str, description: &str) -> Reply {
        Reply::refused(StatusCode::BAD_REQUEST, code, description)
    }

    /// An error answer with the status that goes with its code (RFC 6749 sections 4.1.2.1 and 5.2).
    pub(crate) fn error(code: &'static str, description: &str) -> Reply {
        let status = match code {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Reply::refused(status, code, description)
    }

    pub(crate) fn invalid_grant(description: &str) -> Reply {
        Reply::bad_request("invalid_grant", description)
    }

    /// RFC 8707 section 2.
    pub(crate) fn invalid_target() -> Reply {
        Reply::bad_request("invalid_target", "a resource is not valid or was not allowed")
    }

    pub(crate) fn empty() -> Reply {
        Reply { response: StatusCode::OK.into_response(), outcome: Outcome::Ok }
    }

    pub(crate) fn page(page: Page) -> Result<Reply, Failure> {
        let policy = HeaderValue::try_from(page.policy)?;
        let mut response = page.html.into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
        Ok(Reply { response, outcome: Outcome::Ok })
    }

    /// An error page, instead of a redirect that is not safe.
    pub(crate) fn error_page(status: StatusCode, code: &'static str, page: Page) -> Result<Reply, Failure> {
        Ok(Reply::page(page)?.with_status(status).with_error(code))
    }

    /// "See other": the browser continues with GET, whatever method it used.
    pub(crate) fn redirect(to: &str) -> Result<Reply, Failure> {
        let headers = [(LOCATION, HeaderValue::try_from(to)?)];
        Ok(Reply { response: (StatusCode::SEE_OTHER, headers).into_response(), outcome: Outcome::Ok })
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Reply {
        *self.response.status_mut() = status;
        self
    }

    pub(crate) fn with_error(mut self, code: &'static str) -> Reply {
        self.outcome = Outcome::Error(code);
        self
    }

    pub(crate) fn with_challenge(self, challenge: &'static str) -> Reply {
        self.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.response.headers_mut().append(name, value);
        self
    }

    pub(crate) fn with_cookie(self, cookie: Option<String>) -> Result<Reply, Failure> {
        Ok(match cookie {
            Some(cookie) => self.with_header(SET_COOKIE, HeaderValue::try_from(cookie)?),
            None => self,
        })
    }
}

/// The headers of every answer. Frames are not forbidden for a page that may be framed, and for a redirect, which shows
/// nothing and may answer a silent request in a frame.
pub(crate) fn harden(mut response: Response) -> Response {
    let redirects = response.status().is_redirection();
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let policy = headers.get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    if policy.map_or(!redirects, |policy| policy.contains("frame-ancestors 'none'")) {
        headers.insert(HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY"));
    }
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        let nothing = match redirects {
            true => "default-src 'none'; base-uri 'none'",
            false => "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
        };
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(nothing));
    }
    response
}
