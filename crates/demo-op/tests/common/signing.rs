//! What a client signs.

use axum::http::HeaderMap;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::*;

/// A key on P-256. `seed` tells keys apart.
pub struct Key(SigningKey);

impl Key {
    pub fn new(seed: u8) -> Key {
        Key(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub fn jwk(&self) -> Value {
        let point = self.0.verifying_key().to_sec1_point(false);
        let (x, y) = (URL_SAFE_NO_PAD.encode(point.x().unwrap()), URL_SAFE_NO_PAD.encode(point.y().unwrap()));
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    }

    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#, jwk["x"], jwk["y"]);
        URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature: Signature = self.0.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    /// A proof, after `change` has had header and claims.
    pub fn proof(
        &self,
        method: &str,
        url: &str,
        now: u64,
        change: impl Fn(&mut Value, &mut Value),
    ) -> String {
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()});
        let mut claims = json!({"jti": unique(), "htm": method, "htu": url, "iat": now});
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }

    /// A `client_assertion` of `abide`, after `change` has had header and claims.
    pub fn assertion(&self, issuer: &str, now: u64, change: impl Fn(&mut Value, &mut Value)) -> String {
        let mut header = json!({"alg": "ES256"});
        let mut claims = json!({
            "iss": "abide", "sub": "abide", "aud": issuer, "jti": unique(), "iat": now, "exp": now + 60,
        });
        change(&mut header, &mut claims);
        self.sign(&header, &claims)
    }
}

/// What is done to the header and the claims of something good.
pub type Change = Box<dyn Fn(&mut Value, &mut Value)>;

pub fn unique() -> String {
    static COUNTER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    format!("name-{}", COUNTER.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
}

/// The `ath` of an access token.
pub fn ath(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}

impl Back {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub async fn with_headers(&self, request: RequestBuilder, headers: &[(&str, &str)]) -> Answer {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.append(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        Answer::of(request.headers(all).send().await.unwrap()).await
    }

    /// A token request with a proof.
    pub async fn proven(&self, fields: &[(&str, &str)], proof: &str) -> Answer {
        let request = self.http.post(self.url("/token")).form(fields);
        self.with_headers(request, &[("DPoP", proof)]).await
    }
}

/// The fields that redeem a code.
pub fn redeeming<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", "abide"),
        ("redirect_uri", REDIRECT_URI),
        ("code", code),
        ("code_verifier", VERIFIER),
    ];
    fields.into_iter().chain(more.iter().copied()).collect()
}
