//! Proofs that a client has the key that its tokens are bound to (RFC 9449).

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderName, HeaderValue, StatusCode};

use crate::crypto::jws::{self, Jws, PublicKey};
use crate::crypto::secret::Digest;
use crate::http::{Endpoint, Reply, Request};
use crate::state::provider::Provider;

/// The largest difference of a client's clock, in seconds, and the time in which a proof can be used.
const WINDOW: u64 = 60;
/// The time after which a new nonce is made, in seconds. The previous one is still accepted.
const NONCE_LIFETIME: u64 = 5 * 60;

/// A refused proof.
pub(crate) struct Refusal {
    code: &'static str,
    why: &'static str,
}

impl Refusal {
    fn proof(why: &'static str) -> Refusal {
        Refusal { code: "invalid_dpop_proof", why }
    }

    /// At the token endpoint, the endpoint for pushed requests and the device authorization endpoint (section 8).
    pub(crate) fn reply(&self) -> Reply {
        Reply::bad_request(self.code, self.why)
    }

    /// At a resource (sections 7.1 and 9).
    pub(crate) fn challenge(&self) -> Reply {
        let challenge = match self.code {
            "use_dpop_nonce" => "DPoP algs=\"ES256\", error=\"use_dpop_nonce\"",
            _ => "DPoP algs=\"ES256\", error=\"invalid_dpop_proof\"",
        };
        let reply = Reply::refused(StatusCode::UNAUTHORIZED, self.code, self.why);
        reply.with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }
}

/// The thumbprint of the key in the request's proof, if there is a valid one (section 4.3). `token` is the access token of
/// the request.
pub(crate) fn proven(
    provider: &Provider,
    asked: &Request,
    endpoint: Endpoint,
    token: Option<&str>,
) -> Result<Option<String>, Refusal> {
    let mut proofs = asked.headers.get_all("dpop").iter();
    let Some(proof) = proofs.next() else { return Ok(None) };
    if proofs.next().is_some() {
        return Err(Refusal::proof("there are two proofs"));
    }
    let jws = proof.to_str().ok().and_then(Jws::read).ok_or(Refusal::proof("the proof is not a JWT"))?;
    let jwk = jws.header.get("jwk").ok_or(Refusal::proof("the proof shows no key"))?;
    let key = PublicKey::from_jwk(jwk).ok_or(Refusal::proof("the key in the proof is not valid"))?;
    if jws.said("typ") != Some("dpop+jwt") || key.algorithm() != "ES256" || !jws.is_signed_by(&key) {
        return Err(Refusal::proof("the proof has the wrong type or signature"));
    }
    let jkt = jws::thumbprint(jwk).ok_or(Refusal::proof("the key in the proof is not valid"))?;
    let target = format!("{}{}", provider.issuer(), endpoint.path());
    if jws.claim("htm") != Some(asked.method.as_str()) || jws.claim("htu") != Some(&target) {
        return Err(Refusal::proof("the proof is for another request"));
    }
    if jws.claim("ath").map(str::to_owned) != token.map(|token| Digest::of(token).text()) {
        return Err(Refusal::proof("the proof is for another access token"));
    }
    let now = provider.now();
    if provider.wants_dpop_nonce() && !jws.claim("nonce").is_some_and(|nonce| is_good(provider, nonce, now)) {
        return Err(Refusal { code: "use_dpop_nonce", why: "the proof has to contain the nonce" });
    }
    if jws.time("iat").is_none_or(|made| made.abs_diff(now) > WINDOW) {
        return Err(Refusal::proof("the proof is from another time"));
    }
    let name = jws.claim("jti").ok_or(Refusal::proof("the proof has no jti"))?;
    if !provider.store().note_once(&format!("proof {jkt} {name}"), now + 2 * WINDOW + 1, now) {
        return Err(Refusal::proof("the proof was used before"));
    }
    Ok(Some(jkt))
}

fn nonce(provider: &Provider, period: u64) -> String {
    Digest::of(format!("{} {period}", provider.nonce_secret())).text()
}

fn is_good(provider: &Provider, shown: &str, now: u64) -> bool {
    let period = now / NONCE_LIFETIME;
    shown == nonce(provider, period) || shown == nonce(provider, period.saturating_sub(1))
}

/// The nonce for the next proof, in every answer of an endpoint that accepts proofs (section 8.2).
pub(crate) fn with_nonce(provider: &Provider, endpoint: Endpoint, reply: Reply) -> Reply {
    let takes_proofs = matches!(
        endpoint,
        Endpoint::Token
            | Endpoint::PushedAuthorization
            | Endpoint::DeviceAuthorization
            | Endpoint::UserInfo
            | Endpoint::Events
            | Endpoint::Streams
            | Endpoint::StreamStatus
            | Endpoint::AddSubject
            | Endpoint::RemoveSubject
            | Endpoint::StreamVerification
    );
    if !takes_proofs || !provider.wants_dpop_nonce() {
        return reply;
    }
    match HeaderValue::try_from(nonce(provider, provider.now() / NONCE_LIFETIME)) {
        Ok(nonce) => reply.with_header(HeaderName::from_static("dpop-nonce"), nonce),
        Err(_) => reply,
    }
}

/// The part of a proof that the record keeps: its key and nonce. It is not verified.
pub(crate) fn shown(asked: &Request) -> Vec<(&'static str, String)> {
    let Some(proof) = asked.header("dpop").and_then(Jws::read) else { return Vec::new() };
    let key = proof.header.get("jwk").and_then(jws::thumbprint);
    let nonce = proof.claim("nonce").map(str::to_owned);
    key.map(|key| ("dpop", key)).into_iter().chain(nonce.map(|nonce| ("dpop_nonce", nonce))).collect()
}
