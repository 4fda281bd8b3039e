//! Links that ask Abide to add an account: `abide:add?issuer=…&client_id=…`. Any page and any message can have one, so nothing in it is
//! trusted, and nothing in it can be a secret, a file, a program or a setting.

use serde::{Deserialize, Serialize};
use url::{Host, Url, form_urlencoded};

/// The longest link, in bytes.
const LONGEST: usize = 2048;
/// The longest issuer and the longest client identifier, in bytes.
const LONGEST_ISSUER: usize = 512;
const LONGEST_CLIENT_ID: usize = 256;

/// The account that a link asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct AccountLink {
    /// The provider's issuer.
    pub issuer: String,
    /// The provider's host, with its port unless it is the usual one. Names in other scripts are in their ASCII form.
    pub host: String,
    /// The client identifier, if the link has one.
    pub client_id: Option<String>,
}

/// Why a link is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkError {
    /// It is no link of Abide, or asks for something else.
    Unknown,
    /// It is too long, or has characters that a link cannot have.
    Malformed,
    /// A parameter is unknown, or there twice. None of them can be a secret, a file or a program.
    Parameter,
    /// The issuer is missing, or not an address that an account can have.
    Issuer,
    /// The client identifier is empty, too long, or has characters that none has.
    ClientId,
}

impl LinkError {
    /// A stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown_link",
            Self::Malformed => "malformed_link",
            Self::Parameter => "link_parameter",
            Self::Issuer => "link_issuer",
            Self::ClientId => "link_client_id",
        }
    }
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Unknown => "This is not a link that Abide knows. Links look like abide:add?issuer=https%3A%2F%2Fid.example.com&client_id=abide.",
            Self::Malformed => "This link is too long, or has characters that a link cannot have.",
            Self::Parameter => "A link can have `issuer` and `client_id`, each once, and nothing else.",
            Self::Issuer => "`issuer` in this link is missing, or is not an https address like https://id.example.com.",
            Self::ClientId => "`client_id` in this link is empty, too long, or has characters that a client ID cannot have.",
        })
    }
}

impl std::error::Error for LinkError {}

impl AccountLink {
    /// Whether an argument of the program is a link, whatever it asks for.
    #[must_use]
    pub fn is_link(argument: &str) -> bool {
        argument.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("abide:"))
    }

    /// Reads a link.
    ///
    /// # Errors
    ///
    /// Why it is not followed.
    pub fn parse(link: &str) -> Result<Self, LinkError> {
        if link.len() > LONGEST || !link.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(LinkError::Malformed);
        }
        if !Self::is_link(link) {
            return Err(LinkError::Unknown);
        }
        let query = link[6..].strip_prefix("add?").ok_or(LinkError::Unknown)?;
        if query.contains('#') {
            return Err(LinkError::Malformed);
        }
        let (mut issuer, mut client_id) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "issuer" => &mut issuer,
                "client_id" => &mut client_id,
                _ => return Err(LinkError::Parameter),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(LinkError::Parameter);
            }
        }
        let issuer = issuer.ok_or(LinkError::Issuer)?;
        let host = host(&issuer).ok_or(LinkError::Issuer)?;
        if client_id.as_deref().is_some_and(|id| !is_client_id(id)) {
            return Err(LinkError::ClientId);
        }
        Ok(Self { issuer, host, client_id })
    }

    /// The link, for an administrator's page.
    #[must_use]
    pub fn link(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("issuer", &self.issuer);
        if let Some(id) = &self.client_id {
            query.append_pair("client_id", id);
        }
        format!("abide:add?{}", query.finish())
    }
}

/// The host of an issuer that an account can have: https, or http on this computer, and nothing in it that misleads a reader.
fn host(issuer: &str) -> Option<String> {
    if issuer.len() > LONGEST_ISSUER || !issuer.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let whole =
        |scheme: &str| issuer.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    if !whole("https://") && !whole("http://") {
        return None;
    }
    let url = Url::parse(issuer).ok()?;
    let here = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && here);
    let plain = url.username().is_empty() && url.password().is_none() && !issuer.contains(['@', '\\']);
    if !scheme || !plain || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let name = url.host_str()?;
    Some(url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
}

/// RFC 6749, appendix A.1: visible characters and spaces.
fn is_client_id(id: &str) -> bool {
    !id.trim().is_empty()
        && id.len() <= LONGEST_CLIENT_ID
        && id.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_names_the_provider_and_the_client() {
        let link =
            AccountLink::parse("abide:add?issuer=https%3A%2F%2Fid.example.com%2Frealms%2Fa&client_id=abide");
        let link = link.unwrap();
        assert_eq!(link.issuer, "https://id.example.com/realms/a");
        assert_eq!((&*link.host, link.client_id.as_deref()), ("id.example.com", Some("abide")));
        assert_eq!(AccountLink::parse(&link.link()), Ok(link));
        let link = AccountLink::parse("ABIDE:add?issuer=http://127.0.0.1:47611").unwrap();
        assert_eq!((&*link.host, link.client_id), ("127.0.0.1:47611", None));
        let named = AccountLink::parse("abide:add?issuer=https://xn--mnchen-3ya.example").unwrap();
        assert_eq!(named.host, "xn--mnchen-3ya.example");
    }

    #[test]
    fn a_hostile_link_is_refused_with_its_code() {
        let issuer = "abide:add?issuer=https://id.example.com";
        let long = "x".repeat(300);
        for (link, code) in [
            ("", "unknown_link"),
            ("abide:", "unknown_link"),
            ("abide:add", "unknown_link"),
            ("abide://add?issuer=https://id.example.com", "unknown_link"),
            ("abide:sign-out?account=work", "unknown_link"),
            ("abide:/add?issuer=https://id.example.com", "unknown_link"),
            ("https://id.example.com", "unknown_link"),
            ("--flag", "unknown_link"),
            ("abide:add?", "link_issuer"),
            ("abide:add?client_id=abide", "link_issuer"),
            ("abide:add?issuer=", "link_issuer"),
            ("abide:add?issuer=id.example.com", "link_issuer"),
            ("abide:add?issuer=alice@example.com", "link_issuer"),
            ("abide:add?issuer=http://id.example.com", "link_issuer"),
            ("abide:add?issuer=http://127.0.0.1.example.com", "link_issuer"),
            ("abide:add?issuer=http://localhost.example.com", "link_issuer"),
            ("abide:add?issuer=file:///etc/passwd", "link_issuer"),
            ("abide:add?issuer=javascript:alert(1)", "link_issuer"),
            ("abide:add?issuer=https://login.example.com@evil.example", "link_issuer"),
            ("abide:add?issuer=https://evil.example%5C@login.example.com", "link_issuer"),
            ("abide:add?issuer=https://id.example.com?x=1", "link_issuer"),
            ("abide:add?issuer=https://id.example.com%23fragment", "link_issuer"),
            ("abide:add?issuer=https://id.example.com%00", "link_issuer"),
            ("abide:add?issuer=https://id.example.com%0Aclient_secret_file=/etc/passwd", "link_issuer"),
            ("abide:add?issuer=https://%D1%80aypal.example", "link_issuer"),
            ("abide:add?issuer=https://%E2%80%AEmoc.elpmaxe", "link_issuer"),
            (&format!("{issuer}/{long}{long}"), "link_issuer"),
            (&format!("{issuer}#x"), "malformed_link"),
            (&format!("{issuer}\n"), "malformed_link"),
            (&format!("{issuer} "), "malformed_link"),
            (&format!("{issuer}/\u{202e}"), "malformed_link"),
            (&format!("{issuer}&client_id={}", long.repeat(8)), "malformed_link"),
            (&format!("{issuer}&client_id={long}"), "link_client_id"),
            (&format!("{issuer}&client_id="), "link_client_id"),
            (&format!("{issuer}&client_id=%20"), "link_client_id"),
            (&format!("{issuer}&client_id=a%0Ab"), "link_client_id"),
            (&format!("{issuer}&client_id=%E2%80%AE"), "link_client_id"),
            (&format!("{issuer}&issuer=https://evil.example"), "link_parameter"),
            (&format!("{issuer}&client_id=a&client_id=b"), "link_parameter"),
            (&format!("{issuer}&x"), "link_parameter"),
        ] {
            assert_eq!(AccountLink::parse(link).unwrap_err().code(), code, "{link:?}");
        }
        for name in [
            "client_secret",
            "client_secret_file",
            "client_key_file",
            "initial_token_file",
            "ca_file",
            "proxy",
            "browser",
            "redirect_uri",
            "scopes",
            "metadata_url",
            "name",
            "register",
            "Issuer",
        ] {
            let link = format!("{issuer}&{name}=x");
            assert_eq!(AccountLink::parse(&link), Err(LinkError::Parameter), "{link}");
        }
    }
}
