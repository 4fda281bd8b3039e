//! Checks on the URLs of a provider.

use std::fmt;

use url::{Host, Url};

const MAX_URL: usize = 2048;

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlProblem {
    /// Not an absolute URL, longer than 2,048 bytes, or with characters that do not belong in one.
    Malformed,
    /// Neither `https` nor `http`.
    Scheme,
    /// `http` where only `https` is allowed.
    Insecure,
    /// A user name or password in front of the host.
    UserInfo,
    /// A fragment (`#…`), which is not allowed in an endpoint or issuer (RFC 6749, section 3.1).
    Fragment,
    /// A query, which is not allowed in an issuer (OpenID Connect Discovery 1.0, section 3).
    Query,
}

impl fmt::Display for UrlProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "it is not a complete web address",
            Self::Scheme => "it does not start with https",
            Self::Insecure => "it is not protected by https",
            Self::UserInfo => "it has a user name in front of the host",
            Self::Fragment => "it has a part after #",
            Self::Query => "it has a part after ?",
        })
    }
}

/// True if the URL's host is this computer: `127.0.0.0/8`, `::1` or `localhost`.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The issuer as configured. `http` only on loopback.
pub(crate) fn issuer(raw: &str) -> Result<Url, UrlProblem> {
    let url = endpoint(raw, true)?;
    if url.query().is_some() { Err(UrlProblem::Query) } else { Ok(url) }
}

/// An endpoint from the metadata. `http` only on loopback, and only if the issuer itself is plain `http` there.
///
/// The text is checked before it is parsed: the URL parser accepts line breaks, backslashes and missing slashes, and this
/// URL is opened in a browser.
pub(crate) fn endpoint(raw: &str, http_on_loopback: bool) -> Result<Url, UrlProblem> {
    if raw.len() > MAX_URL || !raw.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"<>`{}|^".contains(&b)) {
        return Err(UrlProblem::Malformed);
    }
    let Some((scheme, rest)) = raw.split_once("://") else { return Err(UrlProblem::Malformed) };
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(UrlProblem::Scheme);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err(UrlProblem::Malformed);
    }
    if authority.contains('@') {
        return Err(UrlProblem::UserInfo);
    }
    let url = Url::parse(raw).map_err(|_| UrlProblem::Malformed)?;
    if url.fragment().is_some() {
        return Err(UrlProblem::Fragment);
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if http_on_loopback && is_loopback(&url) => Ok(url),
        "http" => Err(UrlProblem::Insecure),
        _ => Err(UrlProblem::Scheme),
    }
}

/// `host[:port]`, the port only if it is not the scheme's own.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether a client ID is the address of the client's metadata (draft-ietf-oauth-client-id-metadata-document, section 3): an
/// https URL with a path, and without dot segments, fragment, user name and password.
#[must_use]
pub fn is_client_metadata_document(client_id: &str) -> bool {
    let Ok(url) = Url::parse(client_id) else { return false };
    url.scheme() == "https"
        && url.path().len() > 1
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        // Dot segments and other spellings are gone after parsing: providers compare the text.
        && url.as_str() == client_id
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn endpoints_that_are_used() {
        for raw in [
            "https://id.example.com/authorize",
            "https://id.example.com/authorize?tenant=a%20b",
            "HTTPS://id.example.com",
            "http://127.0.0.1:8080/token",
            "http://[::1]:8080/token",
            "http://localhost/token",
        ] {
            assert!(endpoint(raw, true).is_ok(), "{raw}");
        }
    }

    #[test]
    fn endpoints_that_are_refused() {
        for (raw, problem) in [
            ("http://id.example.com/token", UrlProblem::Insecure),
            ("http://127.0.0.1.example.com/token", UrlProblem::Insecure),
            ("http://0.0.0.0/token", UrlProblem::Insecure),
            ("http://localhost.example.com/token", UrlProblem::Insecure),
            ("file:///etc/passwd", UrlProblem::Scheme),
            ("javascript://example.com/%0aalert(1)", UrlProblem::Scheme),
            ("--help", UrlProblem::Malformed),
            ("https:id.example.com", UrlProblem::Malformed),
            ("https:///authorize", UrlProblem::Malformed),
            ("https://id.example.com\\@evil.example", UrlProblem::Malformed),
            ("https://id.example.com/a\r\nHost: evil", UrlProblem::Malformed),
            ("https://id.example.com/a b", UrlProblem::Malformed),
            ("https://id.example.com/$(`id`)", UrlProblem::Malformed),
            ("https://user:pass@id.example.com/", UrlProblem::UserInfo),
            ("https://@id.example.com/", UrlProblem::UserInfo),
            ("https://id.example.com/#a", UrlProblem::Fragment),
            ("https://id.example.com/#", UrlProblem::Fragment),
        ] {
            assert_eq!(endpoint(raw, true), Err(problem), "{raw}");
        }
        assert_eq!(endpoint("http://127.0.0.1/token", false), Err(UrlProblem::Insecure));
        assert_eq!(issuer("https://id.example.com/?a=b"), Err(UrlProblem::Query));
        let long = format!("https://id.example.com/{}", "a".repeat(MAX_URL));
        assert_eq!(endpoint(&long, true), Err(UrlProblem::Malformed));
    }

    #[test]
    fn the_port_is_shown_when_it_matters() {
        assert_eq!(host(&Url::parse("https://id.example.com:443/a").unwrap()), "id.example.com");
        assert_eq!(host(&Url::parse("http://[::1]:8080/a").unwrap()), "[::1]:8080");
    }
}
