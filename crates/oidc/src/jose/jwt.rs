//! What every signed statement of a provider has in common: RFC 7515 (JWS) and RFC 7519 (JWT).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JsonWebKeyAlgorithm, JwsSigningAlgorithm};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::statement::Problem;
use crate::jose::algorithm::SigningAlgorithm;
use crate::text::json::{self, DocumentProblem};

/// How far the provider's clock may be from ours.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The longest `sub` (OpenID Connect Core 1.0, section 2), and the longest `jti` that is worth remembering.
const MAX_NAME: usize = 255;
/// The end of the year 9999: no later time can be written down, so none is believed.
const MAX_TIME: u64 = 253_402_300_799;

/// A refusal, and whether reading the provider's keys again may change it.
#[derive(Debug, PartialEq)]
pub(crate) struct Refusal<E> {
    pub(crate) error: E,
    pub(crate) with_other_keys: bool,
}

impl<E> From<E> for Refusal<E> {
    fn from(error: E) -> Self {
        Self { error, with_other_keys: false }
    }
}

#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    typ: Option<String>,
    cty: Option<Value>,
    crit: Option<Value>,
    b64: Option<Value>,
    zip: Option<Value>,
}

impl Header {
    /// The algorithm, if it may be used: one that was registered, and a symmetric one only with a secret.
    pub(crate) fn algorithm(
        &self,
        allowed: &[SigningAlgorithm],
        secret: Option<&SecretString>,
    ) -> Result<SigningAlgorithm, Problem> {
        if self.alg.eq_ignore_ascii_case("none") {
            return Err(Problem::Unsigned);
        }
        SigningAlgorithm::from_name(&self.alg)
            .filter(|algorithm| allowed.contains(algorithm))
            .filter(|algorithm| !algorithm.is_symmetric() || secret.is_some())
            .ok_or(Problem::AlgorithmRefused)
    }

    /// `typ` in lower case, without the prefix that may be left out (RFC 7515, section 4.1.9).
    pub(crate) fn kind(&self) -> Option<String> {
        let kind = self.typ.as_deref()?.to_ascii_lowercase();
        Some(kind.strip_prefix("application/").unwrap_or(&kind).to_owned())
    }

    /// True if something in it changes how the statement has to be read (RFC 7515, section 4.1; RFC 7797; RFC 8725).
    pub(crate) fn is_extended(&self) -> bool {
        [&self.cty, &self.crit, &self.b64, &self.zip].into_iter().any(Option::is_some)
    }
}

/// A statement that was read and not believed yet.
pub(crate) struct Jwt<'a> {
    pub(crate) header: Header,
    pub(crate) claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    /// Decoded more strictly than most libraries do it: no stray bits in the base64, no duplicated members.
    pub(crate) fn read(raw: &'a str) -> Result<Self, Problem> {
        let parts: Vec<&str> = raw.splitn(6, '.').collect();
        let [header, claims, signature] = parts[..] else {
            let encrypted = parts.len() == 5 && parts.iter().all(|part| is_base64url(part));
            return Err(if encrypted { Problem::Encrypted } else { Problem::Malformed });
        };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Problem::Malformed)?;
        let signed = &raw[..header.len() + 1 + claims.len()];
        Ok(Self { header: part(header)?, claims: part(claims)?, signed, signature })
    }

    /// Holds the signature against the one key that fits (OpenID Connect Core 1.0, section 10.1).
    pub(crate) fn verify<E: From<Problem>>(
        &self,
        keys: &CoreJsonWebKeySet,
        algorithm: SigningAlgorithm,
        secret: Option<&SecretString>,
    ) -> Result<(), Refusal<E>> {
        let core = algorithm.core();
        let shared = secret
            .filter(|_| algorithm.is_symmetric())
            .map(|secret| CoreJsonWebKey::new_symmetric(secret.expose_secret().as_bytes().to_vec()));
        let named = |key: &&CoreJsonWebKey| match (&self.header.kid, key.key_id()) {
            (Some(wanted), Some(found)) => found.as_str() == wanted,
            (wanted, _) => wanted.is_none(),
        };
        let fitting: Vec<&CoreJsonWebKey> = match &shared {
            Some(shared) => vec![shared],
            None => keys.keys().iter().filter(named).filter(|key| fits(key, &core)).collect(),
        };
        let key = match fitting[..] {
            [] => return Err(Refusal { error: Problem::KeyUnknown.into(), with_other_keys: true }),
            [key] => key,
            _ => return Err(E::from(Problem::KeyAmbiguous).into()),
        };
        key.verify_signature(&core, self.signed.as_bytes(), &self.signature).map_err(|_| Refusal {
            error: Problem::SignatureInvalid.into(),
            with_other_keys: self.header.kid.is_none() && shared.is_none(),
        })
    }
}

/// Which keys are for signatures at all was decided when they were read.
fn fits(key: &CoreJsonWebKey, algorithm: &CoreJwsSigningAlgorithm) -> bool {
    algorithm.key_type().as_ref() == Some(key.key_type())
        && match key.signing_alg() {
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Algorithm(found) => found == algorithm,
            JsonWebKeyAlgorithm::Unsupported => false,
        }
}

/// Something else with four dots in it, such as bare claims with an address, is not encrypted.
fn is_base64url(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn part<T: DeserializeOwned>(encoded: &str) -> Result<T, Problem> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Problem::Malformed)?;
    json::parse(&decoded).map_err(|problem| match problem {
        DocumentProblem::DuplicateMember => Problem::DuplicateMember,
        _ => Problem::Malformed,
    })
}

/// `iss`, byte for byte.
pub(crate) fn check_issuer(claims: &Map<String, Value>, expected: &str) -> Result<(), Problem> {
    match text(claims, "iss")? {
        None => Err(Problem::IssuerMissing),
        Some(issuer) if issuer != expected => Err(Problem::IssuerMismatch),
        Some(_) => Ok(()),
    }
}

/// `iat`, which has to be there and not in the future; `nbf` (RFC 7519, section 4.1.5) neither.
pub(crate) fn issued_at(claims: &Map<String, Value>, now: SystemTime) -> Result<u64, Problem> {
    let latest = seconds(now + CLOCK_SKEW);
    let issued = time(claims, "iat")?.ok_or(Problem::IssuedAtMissing)?;
    if issued > latest {
        return Err(Problem::IssuedInFuture);
    }
    if time(claims, "nbf")?.is_some_and(|start| start > latest) {
        return Err(Problem::NotYetValid);
    }
    Ok(issued)
}

pub(crate) fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, Problem> {
    match claims.get("aud") {
        None | Some(Value::Null) => Err(Problem::AudienceMissing),
        Some(Value::String(audience)) => Ok(vec![audience]),
        Some(Value::Array(list)) if list.is_empty() => Err(Problem::AudienceMissing),
        Some(Value::Array(list)) => {
            list.iter().map(|audience| audience.as_str().ok_or(Problem::Malformed)).collect()
        }
        Some(_) => Err(Problem::Malformed),
    }
}

pub(crate) fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Problem> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::Malformed),
    }
}

/// True if this can be a `sub` or a `jti`: at most 255 printable ASCII characters.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

/// A NumericDate (RFC 7519, section 2), down to the second.
pub(crate) fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<u64>, Problem> {
    let number = match claims.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(Problem::Malformed),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |float: f64| (float >= 0.0 && float <= MAX_TIME as f64).then_some(float as u64);
    let seconds = number.as_u64().or_else(|| number.as_f64().and_then(whole));
    seconds.filter(|seconds| *seconds <= MAX_TIME).map(Some).ok_or(Problem::Malformed)
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
