//! Requests of web pages: which may come, and what the browser is told (CORS). A page is known by its origin and by the browser that
//! sends it, because any program can write any origin.

use std::net::SocketAddr;
use std::time::Duration;

use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use tokio::sync::Semaphore;

use super::body::{Body, empty, error};
use super::seen::Seen;
use crate::platform::program::{aside, holder};
use crate::platform::tcp_peer::{only_this_user_listens, tcp_inode};

/// What a page may send. A header that is not in the list would need a key or a cookie, and pages have neither.
const HEADERS: &str = "content-type";
/// What a page may do.
const METHODS: &str = "GET, POST";

/// So many looks for the holder of a connection are under way at the same time, and how long others wait.
static LOOKS: Semaphore = Semaphore::const_new(4);
const FOR_A_LOOK: Duration = Duration::from_secs(2);

/// A page that may ask, with the value of its `Origin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    origin: String,
    value: HeaderValue,
}

/// The page that a request is of; `None` for a request of no page.
///
/// # Errors
///
/// `access_denied` for a page that may not ask, and for a request that is not plainly one of `fetch`. `port` is that of the endpoint, and
/// absent over the socket.
pub(crate) fn page(
    headers: &HeaderMap,
    port: Option<u16>,
    sites: &[String],
) -> Result<Option<Page>, ErrorAnswer> {
    let Some(value) = once(headers, &header::ORIGIN)? else {
        return no_foreign_page(headers).map(|()| None);
    };
    let port = port.ok_or_else(|| denied("Web pages have no access to this socket."))?;
    let origin = value.to_str().unwrap_or_default();
    if !sites.iter().any(|site| site == origin) && !is_of_this_user(origin, port) {
        return Err(denied(
            "This web page has no access to Abide. A page on this computer may ask for it, and one that your administrator names.",
        ));
    }
    let site = ["same-origin", "same-site", "cross-site"];
    for (name, values) in
        [("sec-fetch-site", &site[..]), ("sec-fetch-mode", &["cors"]), ("sec-fetch-dest", &["empty"])]
    {
        let found = once(headers, &HeaderName::from_static(name))?.map(HeaderValue::as_bytes);
        if !values.iter().any(|value| found == Some(value.as_bytes())) {
            return Err(denied(
                "A web page asks Abide with `fetch`, in a browser that sends `Sec-Fetch-Site`.",
            ));
        }
    }
    let secrets = [header::AUTHORIZATION, header::COOKIE, HeaderName::from_static("x-abide-key")];
    if secrets.iter().any(|name| headers.contains_key(name)) {
        return Err(denied("A web page sends Abide no key and no cookie. Use `credentials: \"omit\"`."));
    }
    Ok(Some(Page { origin: origin.to_owned(), value: value.clone() }))
}

/// Without an origin, a request that a browser marks as another site's is one of a page.
pub(super) fn no_foreign_page(headers: &HeaderMap) -> Result<(), ErrorAnswer> {
    if headers.contains_key(header::ORIGIN) {
        return Err(denied("Web pages have no access to Abide."));
    }
    let own = |site: &HeaderValue| matches!(site.as_bytes(), b"none" | b"same-origin");
    if headers.get_all("sec-fetch-site").iter().all(own) {
        return Ok(());
    }
    Err(denied("Web pages of other sites have no access to Abide."))
}

/// A request without an origin that a browser has marked is not one that a page's script reads: a page that was opened or redirected here,
/// its icon, an image. `Sec-Fetch-Site` does not tell by whom: it is `none` for a link from another program that another site redirects,
/// and `same-origin` for the icon of a refused page. Node.js writes `Sec-Fetch-Mode: cors` and nothing else.
pub(crate) fn no_browser_opens(headers: &HeaderMap) -> Result<(), ErrorAnswer> {
    let is_marked = ["sec-fetch-site", "sec-fetch-dest"].iter().any(|name| headers.contains_key(*name))
        || headers.get_all("sec-fetch-mode").iter().any(|mode| mode != "cors");
    if is_marked && !headers.contains_key(header::ORIGIN) {
        return Err(denied(
            "A browser gets nothing here but for the `fetch` of a page that you have allowed.",
        ));
    }
    Ok(())
}

/// The only value of a header.
fn once<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, ErrorAnswer> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(denied("A header that says which page this is comes twice."));
    }
    Ok(first)
}

/// The answer to a request with an origin that no browser has sent.
pub(crate) fn no_browser() -> ErrorAnswer {
    denied("Abide does not find the browser that shows this page.")
}

fn denied(text: &str) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::AccessDenied, text)
}

/// Whether an origin is a development server of this user on this computer.
fn is_of_this_user(origin: &str, own: u16) -> bool {
    port_of_this_computer(origin).is_some_and(|port| port != own && only_this_user_listens(port))
}

/// The port of an origin on this computer, as a browser writes it.
fn port_of_this_computer(origin: &str) -> Option<u16> {
    let (scheme, rest) = origin.split_once("://")?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let name = ["localhost", "127.0.0.1", "[::1]"].into_iter().find_map(|name| rest.strip_prefix(name))?;
    let Some(digits) = name.strip_prefix(':') else { return name.is_empty().then_some(usual) };
    let port: u16 = digits.parse().ok()?;
    (port != 0 && port != usual && digits == port.to_string()).then_some(port)
}

impl Page {
    /// As a browser writes it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Lets this page read an answer, and no other.
    pub(crate) fn may_read<B>(self, answer: &mut Response<B>) {
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, self.value);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
}

/// What the browser is told that asks before it sends (Fetch, section 3.3.3).
pub(crate) fn preflight(headers: &HeaderMap) -> Response<Body> {
    let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !wanted.is_some_and(|method| matches!(method.as_bytes(), b"GET" | b"POST")) {
        return error(&denied("A web page asks with GET or POST."));
    }
    let mut answer = empty(StatusCode::NO_CONTENT);
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// What is seen of the process that holds the other end of a connection; `None` if it is not found, or cannot be looked at in time.
pub(super) async fn browser(ends: Option<(SocketAddr, SocketAddr)>) -> Option<Seen> {
    holding(ends?, None).await
}

/// The same for any program. `likely` is the process that held it before.
pub(crate) async fn holding((own, other): (SocketAddr, SocketAddr), likely: Option<i32>) -> Option<Seen> {
    // Each look goes through all processes.
    let place = tokio::time::timeout(FOR_A_LOOK, LOOKS.acquire()).await.ok()?.ok()?;
    let look = move || tcp_inode(own, other).map(|inode| holder(inode, likely));
    let lineage = tokio::task::spawn_blocking(look).await.ok().flatten()?;
    drop(place);
    let process = lineage.first()?.id;
    aside(process, move || Seen::of(lineage)).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FETCH: [(&str, &str); 3] =
        [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];

    fn seen(headers: &[(&str, &str)]) -> Result<Option<String>, ErrorCode> {
        let headers: Vec<(HeaderName, HeaderValue)> =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        assert!(
            page(&map, None, &[]).is_err() || !map.contains_key("origin"),
            "no page comes over the socket"
        );
        let sites = ["https://app.example.com".to_owned()];
        let page = page(&map, Some(47600), &sites).map_err(|refused| refused.error)?;
        Ok(page.map(|page| page.origin))
    }

    fn of(origin: &str, more: &[(&str, &str)]) -> Result<Option<String>, ErrorCode> {
        seen(&[&[("origin", origin)], &FETCH[..], more].concat())
    }

    #[test]
    fn a_page_of_this_computer_and_one_of_the_administrators_may_ask() {
        let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let origins = ["http://localhost", "http://127.0.0.1", "http://[::1]", "https://localhost"]
            .map(|origin| format!("{origin}:{port}"));
        for origin in &origins {
            assert_eq!(of(origin, &[]), Ok(Some(origin.clone())));
        }
        drop(server);
        for origin in &origins {
            // The port may have been another user's a moment ago.
            assert_eq!(of(origin, &[]), Err(ErrorCode::AccessDenied), "nobody listens: {origin}");
        }
        assert_eq!(of("https://app.example.com", &[]), Ok(Some("https://app.example.com".to_owned())));
        assert_eq!(seen(&[]), Ok(None));
        for origin in [
            "https://evil.example",
            "https://app.example.com.evil.example",
            "https://app.example.com:8443",
            "http://app.example.com",
            "http://localhost.evil.example:5173",
            "http://localhost:5173.evil.example",
            "http://localhost:47600",
            "http://127.0.0.1:47600",
            "http://localhost:05173",
            "http://localhost:80",
            "http://localhost:0",
            "http://localhost:",
            "http://localhost:5173/",
            "http://user@localhost:5173",
            "http://127.0.0.2:5173",
            "ftp://localhost:5173",
            "file://localhost",
            "null",
            "*",
            "",
        ] {
            assert_eq!(of(origin, &[]), Err(ErrorCode::AccessDenied), "{origin}");
        }
    }

    #[test]
    fn what_a_browser_opens_by_itself_is_no_request_of_a_program() {
        let opens = |headers: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| {
                (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())
            };
            no_browser_opens(&headers.iter().map(pair).collect())
        };
        for marked in [
            // Typed, or a link of another program that another site redirects.
            &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")][..],
            // The icon of a page that was refused.
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            &[("sec-fetch-mode", "no-cors")],
            &[("sec-fetch-dest", "empty")],
        ] {
            assert!(opens(marked).is_err(), "{marked:?}");
        }
        assert!(opens(&[]).is_ok());
        assert!(opens(&[("sec-fetch-mode", "cors")]).is_ok(), "Node.js");
        assert!(opens(&[("origin", "http://localhost:5173"), FETCH[0], FETCH[1], FETCH[2]]).is_ok());
    }

    #[test]
    fn every_header_of_a_page_counts_each_time_it_comes() {
        let local = "http://localhost:5173";
        for more in [
            ("origin", local),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
            ("cookie", "a=b"),
            ("authorization", "Bearer abide_x"),
            ("x-abide-key", "abide_x"),
        ] {
            assert_eq!(of(local, &[more]), Err(ErrorCode::AccessDenied), "{more:?}");
        }
        for missing in FETCH {
            let mut headers = vec![("origin", local)];
            headers.extend(FETCH.into_iter().filter(|header| *header != missing));
            assert_eq!(seen(&headers), Err(ErrorCode::AccessDenied), "without {missing:?}");
        }
        for wrong in [("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script"), ("sec-fetch-site", "none")]
        {
            let mut headers = vec![("origin", local), wrong];
            headers.extend(FETCH.into_iter().filter(|(name, _)| *name != wrong.0));
            assert_eq!(seen(&headers), Err(ErrorCode::AccessDenied), "{wrong:?}");
        }
    }
}
