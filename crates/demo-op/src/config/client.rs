//! Registered clients, and the URIs that they may be registered with.

use url::{Host, Url};

use crate::crypto::algorithm::SigningAlgorithm;
use crate::crypto::secret::Digest;

/// A registered client: native, and public unless it has a key or secret. It uses PKCE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// `client_name`: its name on the pages. `None`: its `client_id`.
    pub name: Option<String>,
    /// The allowed targets of an authorization response. A URI with a loopback IP literal matches with any port (RFC 8252
    /// section 7.3), every other one only if it is identical.
    pub redirect_uris: Vec<String>,
    /// The allowed targets of the browser after a sign-out, compared in the same way.
    pub post_logout_redirect_uris: Vec<String>,
    /// The URI that receives a logout token when a session ends (OpenID Connect Back-Channel Logout 1.0). The provider uses
    /// plain HTTP with this computer only.
    pub backchannel_logout_uri: Option<String>,
    /// The page that the browser loads in an iframe when a session ends (OpenID Connect Front-Channel Logout 1.0). `iss` and
    /// `sid` are added.
    pub frontchannel_logout_uri: Option<String>,
    /// `id_token_signed_response_alg`.
    pub signing: SigningAlgorithm,
    /// `userinfo_signed_response_alg`. `None`: UserInfo is plain JSON.
    pub userinfo_signing: Option<SigningAlgorithm>,
    /// The public key (a JWK, on P-256 or of RSA) of a client that authenticates with `private_key_jwt`. `None`: a public
    /// client.
    pub public_key: Option<serde_json::Value>,
    /// The secret of a client that authenticates with `client_secret_basic`. `None`: it has no secret.
    pub secret: Option<ClientSecret>,
}

impl Default for Client {
    /// Abide itself.
    fn default() -> Client {
        Client {
            id: "abide".to_owned(),
            name: None,
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            post_logout_redirect_uris: vec![
                "http://127.0.0.1/callback".to_owned(),
                "http://127.0.0.1/signed-out".to_owned(),
            ],
            backchannel_logout_uri: None,
            frontchannel_logout_uri: None,
            signing: SigningAlgorithm::Es256,
            userinfo_signing: None,
            public_key: None,
            secret: None,
        }
    }
}

/// The digest of a client's secret. The secret itself is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSecret(Digest);

impl ClientSecret {
    /// The digest of this secret.
    pub fn of(secret: &str) -> ClientSecret {
        ClientSecret(Digest::of(secret))
    }

    pub(crate) fn matches(&self, shown: &str) -> bool {
        self.0.matches(shown)
    }
}

impl Client {
    /// True if one of its tokens is signed with this algorithm.
    pub(crate) fn wants(&self, algorithm: SigningAlgorithm) -> bool {
        self.signing == algorithm || self.userinfo_signing == Some(algorithm)
    }

    /// Its name on the pages: `name`, or else its `client_id` with a capital letter.
    pub(crate) fn display_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let mut letters = self.id.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        registered(&self.redirect_uris, uri)
    }

    /// `exact`: the port of a loopback address must match too.
    pub(crate) fn may_log_out_to(&self, uri: &str, exact: bool) -> bool {
        match exact {
            true => self.post_logout_redirect_uris.iter().any(|known| known == uri),
            false => registered(&self.post_logout_redirect_uris, uri),
        }
    }

    /// Whether it authenticates with a secret or a key.
    pub(crate) fn authenticates(&self) -> bool {
        self.secret.is_some() || self.public_key.is_some()
    }
}

pub(super) fn is_on_this_computer(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        let host = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        url.scheme() == "http" && host
    })
}

/// Whether a native application may have this redirect URI (RFC 8252 sections 7.1 and 7.3): a loopback address with any
/// port, or a private-use scheme, which is a reversed domain name.
pub(crate) fn is_native(uri: &str) -> bool {
    match Url::parse(uri) {
        Ok(url) if url.fragment().is_some() || !url.username().is_empty() => false,
        Ok(url) if url.scheme() == "http" => is_on_this_computer(uri),
        Ok(url) => url.scheme().contains('.'),
        Err(_) => false,
    }
}

fn registered(known: &[String], asked: &str) -> bool {
    known.iter().any(|known| match (loopback(known), loopback(asked)) {
        (Some(known), Some(asked)) => known == asked,
        _ => known == asked,
    })
}

/// The host and the part after the port, if the URI's host is a loopback IP literal. It looks at the unparsed text: a parser
/// would make several spellings equal, but only one is registered.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let after_scheme = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| after_scheme.starts_with(host))?;
    let after_host = &after_scheme[host.len()..];
    let Some(after_colon) = after_host.strip_prefix(':') else { return Some((host, after_host)) };
    let digits = after_colon.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = after_colon.split_at(digits);
    port.parse::<u16>().ok().filter(|port| *port != 0)?;
    Some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_of_a_loopback_literal_and_nothing_else_may_differ() {
        let known = [
            "http://127.0.0.1/callback".to_owned(),
            "http://[::1]:1/back?x=1".to_owned(),
            "app.example:/done".to_owned(),
            "http://localhost:80/callback".to_owned(),
        ];
        for good in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:65535/callback",
            "http://[::1]:99/back?x=1",
            "http://[::1]/back?x=1",
            "app.example:/done",
            "http://localhost:80/callback",
        ] {
            assert!(registered(&known, good), "{good}");
        }
        for bad in [
            "",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1/callback/",
            "http://127.0.0.1/Callback",
            "http://127.0.0.1/callback?x=1",
            "http://127.0.0.1/callback#x",
            "http://127.0.0.1/x/../callback",
            "http://127.0.0.1/%63allback",
            "http://127.0.0.1",
            "https://127.0.0.1/callback",
            "HTTP://127.0.0.1/callback",
            "http://127.0.0.2/callback",
            "http://127.1/callback",
            "http://localhost/callback",
            "http://localhost:81/callback",
            "http://user@127.0.0.1/callback",
            "http://[::1]:99/callback",
            "app.example:/done/",
        ] {
            assert!(!registered(&known, bad), "{bad}");
        }
    }
}
