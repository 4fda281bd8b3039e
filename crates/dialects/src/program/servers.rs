//! The servers that the user has named, and which of them a tool means.

use abide_wire::DialectServer;
use url::Url;

use crate::address::is_loopback;
use crate::call::Named;

/// Why a server in the configuration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// It is not a host with a port and a path.
    Form,
    /// A token would cross the network unencrypted.
    Unencrypted,
}

impl core::fmt::Display for ServerError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Form => "has to be a server such as git.example.com or git.example.com:8443/team",
            Self::Unencrypted => "has to be a server with https; http is for servers on this computer only",
        })
    }
}

impl core::error::Error for ServerError {}

/// The address of a server as the user names it.
///
/// # Errors
///
/// The reason why it cannot be used.
pub fn address(host: &str) -> Result<Url, ServerError> {
    let url = if host.contains("://") { Url::parse(host) } else { Url::parse(&format!("https://{host}")) };
    let url = url.map_err(|_| ServerError::Form)?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.host_str().is_some_and(|host| !host.is_empty() && !host.contains('*'));
    match url.scheme() {
        _ if !plain => Err(ServerError::Form),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(ServerError::Unencrypted),
        _ => Err(ServerError::Form),
    }
}

/// The same as text, without a slash at its end.
#[must_use]
pub fn address_text(host: &str) -> String {
    address(host).map_or_else(|_| String::new(), |url| url.as_str().trim_end_matches('/').to_owned())
}

/// The configured server that a tool means; of several the one with the longest path. A path fits in whole segments.
#[must_use]
pub fn find<'a>(servers: &'a [DialectServer], named: &str, how: Named) -> Option<&'a DialectServer> {
    let candidates = meant(named, how);
    let fitting = servers.iter().filter_map(|server| {
        let own = address(&server.host).ok()?;
        let path = own.path().trim_end_matches('/').len();
        candidates.iter().any(|url| is_within(url, &own)).then_some((path, server))
    });
    // Of equal ones, the first.
    fitting
        .fold(None, |best: Option<(usize, &DialectServer)>, next| match best {
            Some(best) if best.0 >= next.0 => Some(best),
            _ => Some(next),
        })
        .map(|(_, server)| server)
}

fn meant(named: &str, how: Named) -> Vec<Url> {
    if !reads_in_one_way(named) {
        return Vec::new();
    }
    let reachable = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
    let texts = match how {
        _ if named.contains("://") => vec![named.to_owned()],
        Named::ByAddress => Vec::new(),
        Named::ByHost => vec![format!("https://{named}"), format!("http://{named}")],
    };
    texts.iter().filter_map(|text| Url::parse(text).ok()).filter(reachable).collect()
}

/// Whether every reader finds the same host in the text. Tools differ about backslashes, and about two `@`.
fn reads_in_one_way(named: &str) -> bool {
    let authority = named.split_once("://").map_or(named, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let clear = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    named.bytes().all(clear) && authority.matches('@').count() <= 1
}

fn is_within(url: &Url, own: &Url) -> bool {
    let same = |url: &Url| (url.scheme().to_owned(), url.host().map(|host| host.to_owned()), url.port());
    let Some(rest) = url.path().strip_prefix(own.path().trim_end_matches('/')) else { return false };
    same(url) == same(own) && (rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn server(host: &str) -> DialectServer {
        DialectServer {
            host: host.to_owned(),
            account: "work".to_owned(),
            resource: None,
            audience: None,
            scope: None,
            user: None,
        }
    }

    #[test]
    fn only_servers_that_can_get_a_token_are_servers() {
        for (host, expected) in [
            ("git.example.com", Ok("https://git.example.com")),
            ("GIT.example.com:8443/Team/", Ok("https://git.example.com:8443/Team")),
            ("https://git.example.com:443", Ok("https://git.example.com")),
            ("http://127.0.0.1:3000", Ok("http://127.0.0.1:3000")),
            ("http://localhost:3000/x", Ok("http://localhost:3000/x")),
            ("http://[::1]:3000", Ok("http://[::1]:3000")),
            ("http://git.example.com", Err(ServerError::Unencrypted)),
            ("http://localhost.example.com", Err(ServerError::Unencrypted)),
            ("ssh://git.example.com", Err(ServerError::Form)),
            ("*.example.com", Err(ServerError::Form)),
            ("user@git.example.com", Err(ServerError::Form)),
            ("git.example.com?x", Err(ServerError::Form)),
            ("", Err(ServerError::Form)),
            ("a b", Err(ServerError::Form)),
        ] {
            assert_eq!(
                address(host).map(|url| url.as_str().trim_end_matches('/').to_owned()),
                expected.map(str::to_owned),
                "{host}"
            );
        }
    }

    #[test]
    fn a_token_goes_to_the_named_server_and_to_no_other() {
        let servers =
            [server("git.example.com"), server("http://127.0.0.1:3000"), server("pkg.example.com:8443/team")];
        let found = |named: &str, how: Named| find(&servers, named, how).map(|server| server.host.clone());
        for (named, expected) in [
            ("https://git.example.com", Some(0)),
            ("https://git.example.com/a/b?x#y", Some(0)),
            ("https://GIT.example.com:443/", Some(0)),
            ("https://user:secret@git.example.com/", Some(0)),
            ("http://127.0.0.1:3000/x", Some(1)),
            ("https://pkg.example.com:8443/team/a", Some(2)),
            ("https://pkg.example.com:8443/team", Some(2)),
            // Not encrypted, another port, another path, another host.
            ("http://git.example.com", None),
            ("https://git.example.com:444", None),
            ("http://127.0.0.1:3001/", None),
            ("https://127.0.0.1:3000/", None),
            ("https://pkg.example.com:8443/teams", None),
            ("https://pkg.example.com:8443/team%2F..%2Fother", None),
            ("https://pkg.example.com:8443/team/../other", None),
            ("https://pkg.example.com:8443/team/%2e%2e/other", None),
            ("https://pkg.example.com:8443/", None),
            ("https://git.example.com.evil.example", None),
            ("https://git.example.com@evil.example", None),
            ("https://evil.example/git.example.com", None),
            ("https://git.example.com\\@evil.example", None),
            ("https://x@evil.example@git.example.com", None),
            ("https://git.example.com\n", None),
            ("ftp://git.example.com", None),
            ("", None),
            ("git.example.com", None),
        ] {
            let expected = expected.map(|index: usize| servers[index].host.clone());
            assert_eq!(found(named, Named::ByAddress), expected, "{named}");
        }
        assert_eq!(found("git.example.com", Named::ByHost).as_deref(), Some("git.example.com"));
        assert_eq!(found("127.0.0.1:3000", Named::ByHost).as_deref(), Some("http://127.0.0.1:3000"));
        assert_eq!(found("git.example.com:80", Named::ByHost), None);
        assert_eq!(found("http://git.example.com", Named::ByHost), None);
    }

    #[test]
    fn the_longest_path_decides() {
        let mut servers =
            vec![server("a.example.com"), server("a.example.com/x/y"), server("a.example.com/x")];
        servers.push(DialectServer { account: "second".to_owned(), ..server("a.example.com") });
        let found = |named| {
            find(&servers, named, Named::ByAddress)
                .map(|server| (server.host.as_str(), server.account.as_str()))
        };
        assert_eq!(found("https://a.example.com/x/y/z"), Some(("a.example.com/x/y", "work")));
        assert_eq!(found("https://a.example.com/x/z"), Some(("a.example.com/x", "work")));
        assert_eq!(found("https://a.example.com/z"), Some(("a.example.com", "work")));
    }
}
