//! The provider of an e-mail address (OpenID Connect Discovery 1.0, section 2; WebFinger, RFC 7033).

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::error::document::Document;
use crate::error::{Error, malformed};
use crate::http::{Call, Http, JSON};
use crate::text::urls::UrlProblem;
use crate::text::{self, urls};

const PATH: &str = "/.well-known/webfinger";
const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";
const JRD: &str = "application/jrd+json";
/// So much of an address that is none is repeated.
const SHOWN: usize = 200;

/// RFC 7033, section 4.4. What decides nothing may be of any type.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    links: Vec<Value>,
}

/// The issuer that the domain of an e-mail address names for it. Nothing is believed of it but the address: discovery follows.
///
/// # Errors
///
/// [`Error::IssuerInvalid`] if that is no e-mail address; [`Error::Document`] if the answer names no issuer.
pub async fn issuer_of_address(http: &Http, address: &str) -> Result<String, Error> {
    let place = place(address).ok_or_else(|| Error::IssuerInvalid {
        issuer: text::plain(address, SHOWN),
        problem: UrlProblem::Malformed,
    })?;
    let found: Answer = http.send(Call::get(&place)).await?.document(Document::WebFinger, &[JRD, JSON])?;
    let named = found.links.iter().find(|link| link["rel"] == ISSUER).and_then(|link| link["href"].as_str());
    let issuer = named.ok_or_else(|| malformed(Document::WebFinger, Some("links")))?;
    let url = urls::issuer(issuer)
        .map_err(|problem| Error::IssuerInvalid { issuer: text::plain(issuer, SHOWN), problem })?;
    // No other domain leads to plain http, which only this computer may use.
    if url.scheme() != "https" && !urls::is_loopback(&place) {
        let problem = UrlProblem::Insecure;
        return Err(Error::IssuerInvalid { issuer: text::plain(issuer, SHOWN), problem });
    }
    Ok(issuer.to_owned())
}

/// Where the domain is asked; plain http on this computer only.
fn place(address: &str) -> Option<Url> {
    let (person, domain) = address.rsplit_once('@')?;
    let odd = |character: char| character.is_whitespace() || character.is_control();
    if person.is_empty()
        || domain.is_empty()
        || address.contains(odd)
        || domain.contains(['/', '?', '#', '\\'])
    {
        return None;
    }
    let mut url = Url::parse(&format!("https://{domain}{PATH}")).ok()?;
    if urls::is_loopback(&url) {
        url = Url::parse(&format!("http://{domain}{PATH}")).ok()?;
    }
    url.query_pairs_mut().append_pair("resource", &format!("acct:{address}")).append_pair("rel", ISSUER);
    Some(url)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::place;

    #[test]
    fn the_domain_of_the_address_is_asked() {
        let at = |address: &str| place(address).map(String::from);
        let rel = "rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer";
        assert_eq!(
            at("alice@example.com").unwrap(),
            format!("https://example.com/.well-known/webfinger?resource=acct%3Aalice%40example.com&{rel}")
        );
        assert!(
            at("a@b@localhost:8080").unwrap().starts_with("http://localhost:8080/.well-known/webfinger?")
        );
        for none in
            ["alice", "@example.com", "alice@", "alice@example.com/x", "alice@a b", "alice@x?y", "a\n@b.c"]
        {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
