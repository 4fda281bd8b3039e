//! The address that a request is passed on to: always below the configured one.

use http::Uri;
use percent_encoding::percent_decode;
use url::Url;

/// A text that is encoded more often than this is refused.
const DEEPEST: usize = 4;

/// The address; `None` for a request that names another server, or a path that could lead out of the configured one.
pub(super) fn upstream_url(upstream: &Url, asked: &Uri) -> Option<Url> {
    if asked.authority().is_some() || asked.scheme().is_some() || !asked.path().starts_with('/') {
        return None;
    }
    if climbs(asked.path()) {
        return None;
    }
    let mut text = upstream.as_str().trim_end_matches('/').to_owned();
    text.push_str(asked.path());
    if let Some(query) = asked.query() {
        text.push('?');
        text.push_str(query);
    }
    let url = Url::parse(&text).ok()?;
    let below = url.origin() == upstream.origin() && url.path().starts_with(upstream.path());
    below.then_some(url)
}

/// Whether a segment of the path is `.` or `..`, however it is written. A server may decode it more than once, take `\` for `/`, or
/// drop what follows `;`.
fn climbs(path: &str) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..DEEPEST {
        if bytes.contains(&b'\\') || bytes.contains(&0) {
            return true;
        }
        let segments = bytes.split(|byte| *byte == b'/');
        let mut names = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or(segment));
        if names.any(|name| matches!(name, b"." | b"..")) {
            return true;
        }
        let decoded: Vec<u8> = percent_decode(&bytes).collect();
        if decoded == bytes {
            return false;
        }
        bytes = decoded;
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn to(upstream: &str, asked: &str) -> Option<String> {
        let upstream = Url::parse(upstream).unwrap();
        upstream_url(&upstream, &asked.parse().unwrap()).map(|url| url.to_string())
    }

    #[test]
    fn a_path_is_put_below_the_configured_one() {
        for (asked, whole) in [
            ("/", "https://api.example.com/v1/"),
            ("/things?a=b&c=%2F", "https://api.example.com/v1/things?a=b&c=%2F"),
            ("/group%2Fproject/a%20b", "https://api.example.com/v1/group%2Fproject/a%20b"),
            ("//double", "https://api.example.com/v1//double"),
            ("/a/...", "https://api.example.com/v1/a/..."),
            ("/x?to=https://evil.example/../", "https://api.example.com/v1/x?to=https://evil.example/../"),
        ] {
            assert_eq!(to("https://api.example.com/v1/", asked).as_deref(), Some(whole), "{asked}");
        }
        assert_eq!(to("http://127.0.0.1:3000/", "/a").as_deref(), Some("http://127.0.0.1:3000/a"));
    }

    #[test]
    fn no_path_leads_out_of_the_configured_one() {
        for asked in [
            "/..",
            "/../admin",
            "/a/../../admin",
            "/%2e%2e/admin",
            "/.%2E/admin",
            "/%252e%252e/admin",
            "/a%2f..%2f..%2fadmin",
            "/..%5cadmin",
            "/..;x=y/admin",
            "/./a",
            "/a%00",
            "/%25252525252e",
            "http://evil.example/",
            "http://127.0.0.1:47700/",
            "*",
        ] {
            assert_eq!(to("https://api.example.com/v1/", asked), None, "{asked}");
        }
    }
}
