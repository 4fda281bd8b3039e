//! What is passed on of the head of a request and of its answer.

use http::header::{
    AUTHORIZATION, CONNECTION, COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, REFERER, SET_COOKIE, TE, TRANSFER_ENCODING, UPGRADE, VIA,
};

/// The mark of an answer of Abide's own.
pub(super) const ABIDE_ERROR: HeaderName = HeaderName::from_static("abide-error");
/// The key of a client, as at the local endpoint.
pub(super) const ABIDE_KEY: HeaderName = HeaderName::from_static("x-abide-key");
/// RFC 9449, section 7.1.
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// RFC 9449, section 9.
pub(super) const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// A page that may read the answer would lose the cookies of every port of this computer (Clear Site Data, section 3.1).
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Headers about the connection, and those that `Connection` names (RFC 9110, section 7.6.1).
fn without_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = words(headers, &CONNECTION).filter_map(|word| word.parse().ok()).collect();
    let always = [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        TE,
        TRANSFER_ENCODING,
        UPGRADE,
        HTTP2_SETTINGS,
    ];
    for name in named.iter().chain(&always) {
        headers.remove(name);
    }
}

/// The elements of a header that is a list.
fn words<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

/// Whether the connection becomes a WebSocket (RFC 6455, section 4.1; for an answer, section 4.2.2). Other protocols are not passed on.
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    words(headers, &CONNECTION).any(|word| word.eq_ignore_ascii_case("upgrade"))
        && words(headers, &UPGRADE).any(|word| word.eq_ignore_ascii_case("websocket"))
}

fn becomes_websocket(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
}

/// The headers of the request to the server, without the token.
pub(super) fn of_request(headers: &HeaderMap) -> HeaderMap {
    let websocket = is_websocket(headers);
    let trailers = words(headers, &TE).any(|word| word.eq_ignore_ascii_case("trailers"));
    let mut passed = headers.clone();
    without_hop_by_hop(&mut passed);
    // The server has answers of ours for `Expect`. Cookies do not know ports: these may be of another server on this computer.
    for name in [HOST, EXPECT, AUTHORIZATION, COOKIE, ORIGIN, REFERER, DPOP, ABIDE_KEY] {
        passed.remove(name);
    }
    let of_browser = |name: &&HeaderName| name.as_str().starts_with("sec-fetch-");
    let of_browser: Vec<HeaderName> = passed.keys().filter(of_browser).cloned().collect();
    for name in of_browser {
        passed.remove(name);
    }
    if trailers {
        passed.insert(TE, HeaderValue::from_static("trailers"));
    }
    if websocket {
        becomes_websocket(&mut passed);
    }
    passed.append(VIA, HeaderValue::from_static("1.1 abide"));
    passed
}

/// The headers of the answer to the program.
pub(super) fn of_answer(headers: &mut HeaderMap, websocket: bool) {
    without_hop_by_hop(headers);
    // No server can make its answer look like one of Abide's, and no page reads it that Abide does not let.
    for name in [SET_COOKIE, ABIDE_ERROR, DPOP_NONCE, CLEAR_SITE_DATA] {
        headers.remove(name);
    }
    let of_pages = |name: &&HeaderName| name.as_str().starts_with("access-control-");
    let of_pages: Vec<HeaderName> = headers.keys().filter(of_pages).cloned().collect();
    for name in of_pages {
        headers.remove(name);
    }
    if websocket {
        becomes_websocket(headers);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn map(lines: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        let mut names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_is_about_the_connection_or_about_another_server_is_not_passed_on() {
        let passed = of_request(&map(&[
            ("host", "127.0.0.1:47700"),
            ("connection", "keep-alive, X-Own"),
            ("connection", "close"),
            ("x-own", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authorization", "Basic x"),
            ("te", "trailers, deflate"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("http2-settings", "x"),
            ("expect", "100-continue"),
            ("cookie", "a=b"),
            ("origin", "http://localhost:5173"),
            ("referer", "http://localhost:5173/"),
            ("sec-fetch-site", "same-site"),
            ("dpop", "x"),
            ("x-abide-key", "abide_x"),
            ("accept", "*/*"),
            ("content-type", "text/plain"),
            ("trailer", "x-sum"),
        ]));
        assert_eq!(names(&passed), ["accept", "content-type", "te", "trailer", "via"]);
        assert_eq!(passed["te"], "trailers");
    }

    #[test]
    fn only_a_websocket_is_an_upgrade() {
        for (connection, upgrade, is_one) in [
            ("Upgrade", "websocket", true),
            ("keep-alive, Upgrade", "WebSocket", true),
            ("keep-alive", "websocket", false),
            ("Upgrade, HTTP2-Settings", "h2c", false),
        ] {
            let passed = of_request(&map(&[("connection", connection), ("upgrade", upgrade)]));
            assert_eq!(passed.contains_key("upgrade"), is_one, "{connection} {upgrade}");
            assert_eq!(passed.contains_key("connection"), is_one, "{connection} {upgrade}");
        }
    }

    #[test]
    fn no_answer_looks_like_one_of_ours_or_opens_itself_to_a_page() {
        let mut headers = map(&[
            ("connection", "close"),
            ("set-cookie", "a=b"),
            ("abide-error", "access_denied"),
            ("dpop-nonce", "n"),
            ("access-control-allow-origin", "*"),
            ("content-type", "text/plain"),
            ("location", "https://elsewhere.example/"),
        ]);
        of_answer(&mut headers, false);
        assert_eq!(names(&headers), ["content-type", "location"]);
    }
}
