//! The proxy for requests.

use std::fmt;

use reqwest::{ClientBuilder, NoProxy};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq as _;
use url::Url;

use crate::text::urls;

const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];
/// RFC 1928, section 3.
const SOCKS_PORT: u16 = 1080;

/// The address of a proxy, which may contain a name and a password. These are neither printed nor shown.
#[derive(Clone)]
pub struct ProxyAddress {
    address: SecretString,
    proxy: Box<reqwest::Proxy>,
    shown: String,
}

/// An address that is not one of a proxy. The error does not repeat it, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the address of a proxy looks like \"http://proxy.example.com:3128\" or \"socks5h://proxy.example.com:1080\"; a name and a password go before an @"
)]
pub struct ProxyAddressError;

impl ProxyAddress {
    /// Reads `http://`, `https://`, `socks5://` (names are resolved here) or `socks5h://` (by the proxy), with a host and no
    /// path.
    pub fn parse(text: &str) -> Result<Self, ProxyAddressError> {
        let mut url = Url::parse(text).map_err(|_| ProxyAddressError)?;
        let nothing_more =
            matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        if !SCHEMES.contains(&url.scheme()) || !has_host || !nothing_more {
            return Err(ProxyAddressError);
        }
        if url.port().is_none() && url.scheme().starts_with("socks") {
            url.set_port(Some(SOCKS_PORT)).map_err(|()| ProxyAddressError)?;
        }
        let shown = format!("{}://{}", url.scheme(), urls::host(&url));
        let address = SecretString::from(String::from(url));
        let proxy = Box::new(reqwest::Proxy::all(address.expose_secret()).map_err(|_| ProxyAddressError)?);
        Ok(Self { address, proxy, shown })
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyAddress").field(&self.shown).finish()
    }
}

impl PartialEq for ProxyAddress {
    /// Takes the same time whatever the password.
    fn eq(&self, other: &Self) -> bool {
        self.address.expose_secret().as_bytes().ct_eq(other.address.expose_secret().as_bytes()).into()
    }
}

/// The proxy for requests. Loopback is reached directly unless the proxy is configured for it too.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Proxy {
    /// The system's, and that of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[default]
    System,
    /// None, even if the system or the environment sets one.
    Direct,
    /// This one.
    Through {
        /// Where it is.
        address: ProxyAddress,
        /// Names, domains and networks that are reached without it, as in `NO_PROXY`.
        except: Vec<String>,
        /// Whether loopback is reached through it too.
        loopback: bool,
    },
}

impl Proxy {
    /// True if a proxy is configured for requests to this computer, or to others.
    pub(crate) fn is_set(&self, to_loopback: bool) -> bool {
        matches!(self, Self::Through { loopback, .. } if *loopback || !to_loopback)
    }

    /// For requests to this computer, or to others.
    pub(crate) fn apply(&self, builder: ClientBuilder, to_loopback: bool) -> ClientBuilder {
        match self {
            Self::Through { address, except, .. } if self.is_set(to_loopback) => builder
                .proxy(address.proxy.as_ref().clone().no_proxy(NoProxy::from_string(&except.join(",")))),
            Self::System if !to_loopback => builder,
            _ => builder.no_proxy(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_shown_of_a_proxy_is_where_it_is() {
        let proxy = ProxyAddress::parse("http://alice:canary-pw@proxy.example.com:3128").unwrap();
        assert_eq!(proxy.to_string(), "http://proxy.example.com:3128");
        let through = Proxy::Through { address: proxy, except: Vec::new(), loopback: false };
        let printed = format!("{through:?}");
        assert!(!printed.contains("canary") && !printed.contains("alice"), "{printed}");
    }

    #[test]
    fn addresses_of_proxies() {
        let shown = |text: &str| ProxyAddress::parse(text).map(|proxy| proxy.to_string()).ok();
        assert_eq!(shown("socks5h://[::1]").as_deref(), Some("socks5h://[::1]:1080"));
        assert_eq!(shown("https://proxy.example.com/").as_deref(), Some("https://proxy.example.com"));
        for wrong in [
            "",
            "proxy.example.com:3128",
            "ftp://proxy",
            "http://proxy/path",
            "http://proxy?x",
            "socks4://proxy",
            "http://",
        ] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}
