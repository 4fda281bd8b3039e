//! OAuth 2.0 Authorization Server Metadata (RFC 8414), for endpoints that OpenID Connect Discovery leaves out.
//!
//! Some providers publish two documents, and name their revocation endpoint only in this one. It must have the same issuer;
//! it adds to the other document and replaces nothing in it. If it is missing or cannot be used, nothing changes.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use crate::error::document::Document;
use crate::http::{Call, Http, JSON};
use crate::text::json::text_if_any;
use crate::text::urls;

const WELL_KNOWN: &str = "/.well-known/oauth-authorization-server";
/// The longest wait for this document.
const PATIENCE: Duration = Duration::from_secs(5);

/// The members that are used (section 2; RFC 8628, section 4).
#[derive(Default, Deserialize)]
struct OAuthMetadata {
    #[serde(default, deserialize_with = "text_if_any")]
    issuer: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    revocation_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    introspection_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    device_authorization_endpoint: Option<String>,
}

/// The endpoints of the other document that may be completed.
pub(super) struct Endpoints<'a> {
    pub(super) revocation: &'a mut Option<String>,
    pub(super) introspection: &'a mut Option<String>,
    pub(super) device_authorization: &'a mut Option<String>,
}

/// Adds the endpoints that are left out. `issuer` is the provider's address, `expected` the issuer that the document must
/// name.
pub(super) async fn complete(http: &Http, issuer: &Url, expected: &str, endpoints: Endpoints<'_>) {
    let is_missing = |endpoint: &Option<String>| endpoint.as_deref().is_none_or(str::is_empty);
    let Endpoints { revocation, introspection, device_authorization } = endpoints;
    if !is_missing(revocation) && !is_missing(introspection) && !is_missing(device_authorization) {
        return;
    }
    // Its absence changes nothing, so nothing waits long for it.
    let Some(found) = read(&http.hasty(PATIENCE), issuer, expected).await else { return };
    let usable = |raw: &String| urls::endpoint(raw, issuer.scheme() == "http").is_ok();
    for (endpoint, found) in [
        (revocation, found.revocation_endpoint),
        (introspection, found.introspection_endpoint),
        (device_authorization, found.device_authorization_endpoint),
    ] {
        if is_missing(endpoint) {
            *endpoint = found.filter(usable);
        }
    }
}

async fn read(http: &Http, issuer: &Url, expected: &str) -> Option<OAuthMetadata> {
    for place in places(issuer) {
        // A provider that cannot be reached is not asked a second time.
        let answer = http.send(Call::get(&place)).await.ok()?;
        let found = answer.document::<OAuthMetadata>(Document::Metadata, &[JSON]).unwrap_or_default();
        if found.issuer.as_deref() == Some(expected) {
            return Some(found);
        }
    }
    None
}

/// The well-known URL before the issuer's path (section 3.1), and the one after it, as in OpenID Connect Discovery (section
/// 5): some providers publish it only there.
pub(super) fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![format!("{WELL_KNOWN}{path}"), format!("{path}{WELL_KNOWN}")];
    paths.dedup();
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    paths.into_iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_well_known_path_comes_before_the_issuers_own() {
        let of = |issuer: &str| -> Vec<String> {
            places(&Url::parse(issuer).unwrap()).into_iter().map(String::from).collect()
        };
        const ROOT: &str = "https://id.example.com/.well-known/oauth-authorization-server";
        assert_eq!(of("https://id.example.com"), [ROOT]);
        assert_eq!(of("https://id.example.com/"), [ROOT]);
        let below = "https://id.example.com/o/.well-known/oauth-authorization-server";
        assert_eq!(of("https://id.example.com/o"), [&format!("{ROOT}/o"), below]);
        assert_eq!(of("https://id.example.com/o/"), [&format!("{ROOT}/o"), below]);
    }
}
