//! OAuth 2.0 Protected Resource Metadata (RFC 9728): which provider issues the tokens of a resource server.

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use url::Url;

use crate::error::Error;
use crate::http::{Call, Http};
use crate::text::{is_scope, json, urls};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// The longest lists that are read.
const MOST: usize = 64;

/// Why the metadata of a resource server are not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtectedResourceError {
    /// Neither at the address that the server names nor at the well-known ones.
    #[error(
        "The server has no protected resource metadata (RFC 9728), so it does not say which provider its tokens come from."
    )]
    Missing,
    /// The address of the metadata cannot be used.
    #[error("The address of the server's metadata cannot be used.")]
    AddressInvalid,
    /// Not JSON, or not of the form of RFC 9728.
    #[error("The server's protected resource metadata cannot be read.")]
    Malformed,
    /// `resource` names another server (RFC 9728, section 3.3).
    #[error(
        "The server's metadata are about another server, so Abide sends no token. They name a `resource` that is not this address."
    )]
    ResourceMismatch,
    /// No authorization server that can be used.
    #[error("The server's metadata name no authorization server that can be used.")]
    NoAuthorizationServer,
    /// The server takes tokens in no header (RFC 9728, section 2).
    #[error("The server takes no tokens in a header, and Abide sends them nowhere else.")]
    NoHeader,
    /// The server could not be asked.
    #[error("{0}")]
    Http(#[from] Error),
}

impl ProtectedResourceError {
    /// A stable name, in snake case.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "resource_metadata_missing",
            Self::AddressInvalid => "resource_metadata_address_invalid",
            Self::Malformed => "resource_metadata_malformed",
            Self::ResourceMismatch => "resource_mismatch",
            Self::NoAuthorizationServer => "resource_authorization_server_missing",
            Self::NoHeader => "resource_bearer_header_unsupported",
            Self::Http(error) => error.code(),
        }
    }
}

/// The metadata of a resource server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtectedResource {
    /// Its name, which tokens are requested for (RFC 8707): as it writes it.
    pub resource: String,
    /// The issuers of its tokens, the preferred one first, as it writes them.
    pub authorization_servers: Vec<String>,
    /// The scopes that it lists.
    pub scopes: Vec<String>,
}

/// The members that are used (RFC 9728, section 2).
#[derive(Deserialize)]
struct Metadata {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default, deserialize_with = "names_if_any")]
    scopes_supported: Vec<String>,
    bearer_methods_supported: Option<Vec<String>>,
}

/// A value that is no list is ignored, and so is what is no text in it.
fn names_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let Value::Array(entries) = Value::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let name = |entry| if let Value::String(name) = entry { Some(name) } else { None };
    Ok(entries.into_iter().filter_map(name).take(MOST).collect())
}

impl ProtectedResource {
    /// Reads the metadata of the resource server at `server`: from `named`, where the server's `WWW-Authenticate` has an
    /// address (`resource_metadata`, section 5.1), otherwise from the well-known addresses, with the server's path and without
    /// it.
    ///
    /// # Errors
    ///
    /// [`ProtectedResourceError`].
    pub async fn discover(
        http: &Http,
        server: &Url,
        named: Option<&str>,
    ) -> Result<Self, ProtectedResourceError> {
        if let Some(named) = named {
            let place = urls::endpoint(named, urls::is_loopback(server))
                .map_err(|_| ProtectedResourceError::AddressInvalid)?;
            let answer = http.send(Call::get(&place)).await?;
            return Self::parse(
                answer.json_bytes().ok_or(ProtectedResourceError::Malformed)?,
                &place,
                server,
            );
        }
        for place in places(server) {
            let answer = http.send(Call::get(&place)).await?;
            if answer.status.as_u16() == 404 {
                continue;
            }
            return Self::parse(
                answer.json_bytes().ok_or(ProtectedResourceError::Malformed)?,
                &place,
                server,
            );
        }
        Err(ProtectedResourceError::Missing)
    }

    /// Reads and checks the document that was found at `place`.
    ///
    /// # Errors
    ///
    /// [`ProtectedResourceError`].
    pub fn parse(document: &[u8], place: &Url, server: &Url) -> Result<Self, ProtectedResourceError> {
        let metadata: Metadata = json::parse(document).map_err(|_| ProtectedResourceError::Malformed)?;
        if !names(&metadata.resource, place, server) {
            return Err(ProtectedResourceError::ResourceMismatch);
        }
        if metadata
            .bearer_methods_supported
            .is_some_and(|methods| !methods.is_empty() && !methods.iter().any(|method| method == "header"))
        {
            return Err(ProtectedResourceError::NoHeader);
        }
        let usable = |issuer: &String| urls::issuer(issuer).is_ok();
        let authorization_servers: Vec<String> =
            metadata.authorization_servers.into_iter().take(MOST).filter(usable).collect();
        if authorization_servers.is_empty() {
            return Err(ProtectedResourceError::NoAuthorizationServer);
        }
        let scopes = metadata.scopes_supported.into_iter().filter(|scope| is_scope(scope)).collect();
        Ok(Self { resource: metadata.resource, authorization_servers, scopes })
    }
}

/// Whether a resource is the server at this address (section 3.3): by the same text, or as the whole host or a folder of it
/// whose own well-known address has the document. So a server that shares its host with others cannot name their resource.
fn names(resource: &str, place: &Url, server: &Url) -> bool {
    let Ok(named) = urls::endpoint(resource, true) else { return false };
    if named == *server || trimmed(&named) == trimmed(server) {
        return true;
    }
    let (above, below) = (trimmed(&named), trimmed(server));
    let covers = named.query().is_none()
        && below.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with(['/', '?']));
    covers && well_known(&named).is_some_and(|own| own == *place)
}

/// Without a slash at the end of the path: `https://host` is written with and without it.
fn trimmed(url: &Url) -> String {
    let mut text = url.as_str().to_owned();
    if url.query().is_none() {
        text.truncate(text.trim_end_matches('/').len());
    }
    text
}

/// The well-known address of a resource (section 3.1).
fn well_known(resource: &Url) -> Option<Url> {
    let mut place = resource.clone();
    place.set_path(&format!("{WELL_KNOWN}{}", resource.path().trim_end_matches('/')));
    place.set_fragment(None);
    Some(place)
}

/// Where to look: with the path of the server, and for its whole host.
fn places(server: &Url) -> Vec<Url> {
    let mut found: Vec<Url> = well_known(server).into_iter().collect();
    let mut root = server.clone();
    root.set_path(WELL_KNOWN);
    root.set_query(None);
    if !found.contains(&root) {
        found.push(root);
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn read(resource: &str, place: &str, server: &str) -> Result<ProtectedResource, ProtectedResourceError> {
        let document = json!({ "resource": resource, "authorization_servers": ["https://id.example.com"] });
        ProtectedResource::parse(document.to_string().as_bytes(), &url(place), &url(server))
    }

    #[test]
    fn the_well_known_addresses_come_with_the_path_first() {
        let at = |server: &str| places(&url(server)).into_iter().map(String::from).collect::<Vec<_>>();
        assert_eq!(
            at("https://api.example.com/v1/mcp"),
            [
                "https://api.example.com/.well-known/oauth-protected-resource/v1/mcp",
                "https://api.example.com/.well-known/oauth-protected-resource"
            ]
        );
        assert_eq!(
            at("https://api.example.com/"),
            ["https://api.example.com/.well-known/oauth-protected-resource"]
        );
    }

    #[test]
    fn a_resource_is_the_server_or_a_folder_above_it_that_vouches_for_itself() {
        let own = "https://api.example.com/.well-known/oauth-protected-resource/mcp";
        let root = "https://api.example.com/.well-known/oauth-protected-resource";
        let server = "https://api.example.com/mcp";
        assert!(read("https://api.example.com/mcp", own, server).is_ok());
        assert!(read("https://api.example.com/mcp/", own, server).is_ok());
        assert!(read("https://api.example.com/mcp", "https://cdn.example.com/any", server).is_ok());
        assert!(read("https://api.example.com", root, server).is_ok());
        assert!(read("https://api.example.com/", root, server).is_ok());
        for (resource, place) in [
            // Another tenant of the host must not name the whole host.
            ("https://api.example.com", own),
            ("https://api.example.com/other", root),
            ("https://api.example.com/mc", "https://api.example.com/.well-known/oauth-protected-resource/mc"),
            ("https://api.example.com.evil.example/mcp", own),
            ("https://other.example.com/mcp", own),
            ("http://api.example.com/mcp", own),
            ("https://api.example.com:8443/mcp", own),
            ("https://user@api.example.com/mcp", own),
            ("https://api.example.com/mcp#x", own),
            ("urn:api", own),
            ("", own),
        ] {
            assert_eq!(
                read(resource, place, server),
                Err(ProtectedResourceError::ResourceMismatch),
                "{resource} at {place}"
            );
        }
    }

    #[test]
    fn metadata_have_an_issuer_that_can_be_used() {
        let server = "https://api.example.com/mcp";
        let parse = |document: Value| {
            ProtectedResource::parse(document.to_string().as_bytes(), &url(server), &url(server))
        };
        let found = parse(json!({
            "resource": server,
            "authorization_servers": ["ftp://x", "https://a.example.com/", "https://b.example.com"],
            "scopes_supported": ["files:read", 7, "two words"],
            "bearer_methods_supported": ["header"],
        }))
        .unwrap();
        assert_eq!(found.authorization_servers, ["https://a.example.com/", "https://b.example.com"]);
        assert_eq!(found.scopes, ["files:read"]);
        for (document, error) in [
            (json!({ "resource": server }), ProtectedResourceError::NoAuthorizationServer),
            (
                json!({ "resource": server, "authorization_servers": ["http://a.example.com"] }),
                ProtectedResourceError::NoAuthorizationServer,
            ),
            (
                json!({ "resource": server, "authorization_servers": ["https://a.example.com"], "bearer_methods_supported": ["body"] }),
                ProtectedResourceError::NoHeader,
            ),
            (json!([]), ProtectedResourceError::Malformed),
            (
                json!({ "authorization_servers": ["https://a.example.com"] }),
                ProtectedResourceError::Malformed,
            ),
        ] {
            assert_eq!(parse(document.clone()), Err(error), "{document}");
        }
    }
}
