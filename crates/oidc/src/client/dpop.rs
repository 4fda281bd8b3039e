//! Tokens that are bound to a key of ours: RFC 9449 (DPoP).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Method};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use url::Url;
use zeroize::{Zeroize as _, Zeroizing};

use crate::error::Error;
use crate::error::dpop::DpopError;
use crate::error::oauth::OAuthError;
use crate::http::{Answer, Call, Http, sensitive};
use crate::jose::sign;

pub(crate) const ALGORITHM: &str = "ES256";
const NONCE: &str = "dpop-nonce";
/// Real ones have some dozens of characters.
const MAX_NONCE: usize = 1024;
const SCALAR_BYTES: usize = 32;

/// Whether tokens have to be bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// If the provider says that it can. A bearer token is accepted.
    IfOffered,
    /// Always: a bearer token is refused. Also used for a session whose tokens are bound already.
    Required,
}

/// A key that tokens are bound to: ECDSA on P-256. It does not print or compare, and is wiped when dropped.
pub struct DpopKey {
    key: SigningKey,
    x: String,
    y: String,
    thumbprint: String,
}

impl fmt::Debug for DpopKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopKey")
    }
}

impl DpopKey {
    /// A new key. Each session has its own, so that its tokens cannot be linked with those of another session.
    ///
    /// Fails with `signing_failed` if this computer gives no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut scalar = Zeroizing::new([0; SCALAR_BYTES]);
        loop {
            getrandom::fill(&mut *scalar).map_err(|_| Error::SigningFailed)?;
            // All but one in 2^32 random scalars are below the order of the curve.
            if let Ok(key) = Self::from_bytes(&*scalar) {
                return Ok(key);
            }
        }
    }

    /// The key as [`Self::to_bytes`] gave it. Fails with `dpop_key_invalid`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() != SCALAR_BYTES {
            return Err(DpopError::KeyInvalid.into());
        }
        let key = SigningKey::from_slice(bytes).map_err(|_| DpopError::KeyInvalid)?;
        let point = key.verifying_key().to_sec1_point(false);
        let (Some(x), Some(y)) = (point.x(), point.y()) else { return Err(DpopError::KeyInvalid.into()) };
        let (x, y) = (sign::encode(x), sign::encode(y));
        // RFC 7638, section 3: the required members in the order of their names, without spaces.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = sign::encode(Sha256::digest(canonical));
        Ok(Self { key, x, y, thumbprint })
    }

    /// 32 bytes, for the vault and nothing else.
    pub fn to_bytes(&self) -> Zeroizing<[u8; SCALAR_BYTES]> {
        let mut scalar = self.key.to_bytes();
        let mut bytes = Zeroizing::new([0; SCALAR_BYTES]);
        bytes.copy_from_slice(&scalar);
        scalar.as_mut_slice().zeroize();
        bytes
    }

    /// `jkt`: the provider's name for the public key (RFC 7638; RFC 9449, section 6.1).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// A proof for one request (section 4.2), to be sent once, in the header `DPoP`. For a local tool's request to a
    /// resource server it is sent together with `Authorization: DPoP` and the access token (section 7.1).
    ///
    /// Query and fragment of `url` are left out. `nonce` is the last one from the server of `url`, if there was one (section
    /// 9). `now` should be the provider's time, [`Http::provider_time`], because the provider checks it (section 4.3, check
    /// 11).
    ///
    /// Fails with `dpop_request_invalid`, or `signing_failed` if this computer gives no randomness.
    pub fn proof(
        &self,
        method: &str,
        url: &Url,
        access_token: Option<&SecretString>,
        nonce: Option<&str>,
        now: SystemTime,
    ) -> Result<String, Error> {
        let target = target(url).ok_or(DpopError::RequestInvalid)?;
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| DpopError::RequestInvalid)?;
        if !nonce.is_none_or(is_nonce) {
            return Err(DpopError::RequestInvalid.into());
        }
        let header = json!({
            "typ": "dpop+jwt",
            "alg": ALGORITHM,
            "jwk": {"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y},
        });
        let mut claims = json!({
            "jti": sign::fresh_name()?,
            "htm": method.as_str(),
            "htu": target,
            "iat": sign::seconds(now),
        });
        if let Some(token) = access_token {
            claims["ath"] = sign::encode(Sha256::digest(token.expose_secret())).into();
        }
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        sign::compact(&header, &claims, |message| {
            let signature: Signature = self.key.try_sign(message).map_err(|_| Error::SigningFailed)?;
            Ok(signature.to_bytes().to_vec())
        })
    }
}

/// `htu`: the address of the request without query, fragment and user information.
fn target(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "https" | "http") {
        return None;
    }
    let mut target = url.clone();
    target.set_query(None);
    target.set_fragment(None);
    target.set_username("").ok()?;
    target.set_password(None).ok()?;
    Some(target.into())
}

/// Section 8.1.
fn is_nonce(text: &str) -> bool {
    (1..=MAX_NONCE).contains(&text.len())
        && text.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

/// The key of a session, and the nonces that the provider gave for it.
pub(crate) struct Dpop {
    key: Arc<DpopKey>,
    required: bool,
    /// By origin, so at most as many as the provider has endpoints.
    nonces: Mutex<HashMap<String, String>>,
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dpop").field("required", &self.required).finish_non_exhaustive()
    }
}

impl Dpop {
    pub(crate) fn new(key: Arc<DpopKey>, required: bool) -> Self {
        Self { key, required, nonces: Mutex::default() }
    }

    pub(crate) fn key(&self) -> &DpopKey {
        &self.key
    }

    pub(crate) fn is_required(&self) -> bool {
        self.required
    }

    fn nonce(&self, url: &Url) -> Option<String> {
        let nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.get(&url.origin().ascii_serialization()).cloned()
    }

    pub(crate) async fn send(
        &self,
        http: &Http,
        mut call: Call<'_>,
        token: Option<&SecretString>,
        now: SystemTime,
    ) -> Result<Answer, Error> {
        let url = call.url;
        let at = http.provider_time(now);
        let proof = self.key.proof(call.method().as_str(), url, token, self.nonce(url).as_deref(), at)?;
        call.proof = Some(sensitive(&proof)?);
        let answer = http.send(call).await?;
        // The newest counts, whatever answer it comes in (section 8.2).
        if let Some(nonce) = offered(&answer.headers) {
            let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
            nonces.insert(url.origin().ascii_serialization(), nonce.to_owned());
        }
        Ok(answer)
    }
}

/// The nonce in an answer. `None` for a malformed one, or for two.
pub(crate) fn offered(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(NONCE).iter();
    let nonce = values.next()?.to_str().ok()?;
    (values.next().is_none() && is_nonce(nonce)).then_some(nonce)
}

/// The provider's error about the proof: in the body (section 8) or in the challenge (sections 7.1 and 9).
pub(crate) fn complaint(answer: &Answer) -> Option<Error> {
    if answer.status.is_success() {
        return None;
    }
    let in_body = answer.oauth_error().filter(|error| {
        let code = error.code();
        [OAuthError::UseDpopNonce, OAuthError::InvalidDpopProof].iter().any(|known| known.code() == code)
    });
    in_body.or_else(|| {
        let said = |error: &OAuthError| {
            let quoted = format!("error=\"{}\"", error.code());
            let challenges = answer.headers.get_all(WWW_AUTHENTICATE).iter();
            challenges.filter_map(|value| value.to_str().ok()).any(|challenge| challenge.contains(&quoted))
        };
        let error = [OAuthError::UseDpopNonce, OAuthError::InvalidDpopProof].into_iter().find(said)?;
        Some(Error::Refused { error, description: None, at: None })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::Value;
    use std::time::{Duration, UNIX_EPOCH};

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn part(proof: &str, position: usize) -> Value {
        let part = proof.split('.').nth(position).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    /// The token and its hash are those of RFC 9449, section 7.1.
    #[test]
    fn a_proof_is_about_one_request_and_one_token() {
        let key = DpopKey::generate().unwrap();
        let url = Url::parse("https://user:pass@api.example.com:443/a%20b?secret=1#x").unwrap();
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU".into();
        let proof = key.proof("PATCH", &url, Some(&token), Some("n!#"), now()).unwrap();
        let header = part(&proof, 0);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
        let mut members: Vec<_> = header["jwk"].as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(members, ["crv", "kty", "x", "y"], "the private part stays here");
        let claims = part(&proof, 1);
        assert_eq!(claims["htm"], "PATCH");
        assert_eq!(claims["htu"], "https://api.example.com/a%20b");
        assert_eq!(claims["ath"], "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
        assert_eq!(claims["nonce"], "n!#");
        assert_eq!(claims["iat"], 1_800_000_000);
        let again = key.proof("PATCH", &url, None, None, now()).unwrap();
        assert_ne!(part(&again, 1)["jti"], claims["jti"]);
        assert!(part(&again, 1).get("ath").is_none() && part(&again, 1).get("nonce").is_none());
    }

    #[test]
    fn a_proof_for_what_is_no_request_is_not_made() {
        let key = DpopKey::generate().unwrap();
        let code = |method: &str, url: &str, nonce: Option<&str>| {
            key.proof(method, &Url::parse(url).unwrap(), None, nonce, now())
                .map_or_else(|error| error.code(), |_| "ok")
        };
        assert_eq!(code("GET", "http://127.0.0.1:8080", None), "ok");
        assert_eq!(code("", "https://a.example", None), "dpop_request_invalid");
        assert_eq!(code("GET /", "https://a.example", None), "dpop_request_invalid");
        assert_eq!(code("GET", "file:///etc/passwd", None), "dpop_request_invalid");
        assert_eq!(code("GET", "urn:example:a", None), "dpop_request_invalid");
        for nonce in ["", "a b", "a\"b", "a\\b", "é", &"a".repeat(MAX_NONCE + 1)] {
            assert_eq!(code("GET", "https://a.example", Some(nonce)), "dpop_request_invalid", "{nonce}");
        }
    }

    #[test]
    fn a_key_survives_being_stored_and_does_not_print() {
        let key = DpopKey::generate().unwrap();
        let bytes = key.to_bytes();
        let again = DpopKey::from_bytes(&*bytes).unwrap();
        assert_eq!(key.thumbprint(), again.thumbprint());
        assert_ne!(key.thumbprint(), DpopKey::generate().unwrap().thumbprint());
        assert_eq!(format!("{key:?}"), "DpopKey");
        for bad in [&[][..], &[0; 32], &[0xff; 32], &[1; 31], &[1; 33]] {
            assert_eq!(DpopKey::from_bytes(bad).unwrap_err().code(), "dpop_key_invalid");
        }
    }
}
