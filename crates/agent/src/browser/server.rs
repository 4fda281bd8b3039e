//! Shared by all listeners for browsers and providers: their host names, and answers that are not cached.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::AsHeaderName;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// The longest time for a body to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);

/// The policy of an answer that is not a page.
pub(crate) const NOTHING_ALLOWED: &str = "default-src 'none'";

/// The host names of a listener on loopback.
pub(crate) fn hosts(port: u16) -> Vec<String> {
    ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}")).to_vec()
}

/// Whether each name that a request gives is one of them: `Host`, and the target in absolute form (RFC 9112, section 3.2.2). With
/// another name, it may come from an attacker's page (DNS rebinding).
pub(crate) fn names_us<B>(request: &Request<B>, hosts: &[String]) -> bool {
    let is_ours = |name: &str| hosts.iter().any(|ours| ours == name);
    let host = only(request.headers(), header::HOST);
    let target = request.uri().authority();
    host.is_some_and(|host| is_ours(&host)) && target.is_none_or(|target| is_ours(target.as_str()))
}

/// Whether the browser wants the answer for something other than a page in a tab (Fetch Metadata Request Headers): an image, a frame, a
/// script.
pub(crate) fn is_embedded(headers: &HeaderMap) -> bool {
    headers.get_all("sec-fetch-dest").iter().any(|wanted| wanted.as_bytes() != b"document")
}

/// The value of a header; `None` if it is missing, is repeated, or is no text.
pub(crate) fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<String> {
    let mut found = headers.get_all(name).iter();
    let value = found.next()?.to_str().ok()?.to_owned();
    found.next().is_none().then_some(value)
}

/// Whether a request says that its body has this media type, with any parameters (RFC 9110, section 8.3).
pub(crate) fn has_type(headers: &HeaderMap, kind: &str) -> bool {
    let said = only(headers, header::CONTENT_TYPE);
    said.as_deref()
        .and_then(|said| said.split(';').next())
        .is_some_and(|said| said.trim().eq_ignore_ascii_case(kind))
}

/// The body of a request; `None` if it is larger than `most` bytes or too slow.
pub(crate) async fn body(request: Request<Incoming>, most: usize) -> Option<Bytes> {
    let read = tokio::time::timeout(ARRIVAL, Limited::new(request.into_body(), most).collect());
    Some(read.await.ok()?.ok()?.to_bytes())
}

/// An answer that is not cached, and whose content type is not guessed.
pub(crate) fn respond(
    status: StatusCode,
    kind: &'static str,
    content: impl Into<Bytes>,
    policy: &str,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(content.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // The policy is made of our own words and of origins, so it is ASCII.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Redirects the browser.
pub(crate) fn onward(target: &str) -> Response<Full<Bytes>> {
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain", Bytes::new(), NOTHING_ALLOWED);
    if let Ok(target) = HeaderValue::from_str(target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// 256 random bits for an address; `None` if the system has no random numbers.
pub(crate) fn random() -> Option<SecretString> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(*bytes).into())
}
