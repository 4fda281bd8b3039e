//! Verification of signed statements: RFC 7515 (JWS) and RFC 7519 (JWT).

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKey, JsonWebKeyAlgorithm, JwsSigningAlgorithm};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use crate::error::statement::Problem;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::keys::is_too_large;
use crate::text::json::{self, DocumentProblem};

/// The largest difference between the provider's clock and ours.
pub const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// The longest `sub` (OpenID Connect Core 1.0, section 2), and the longest `jti` that is remembered.
const MAX_NAME: usize = 255;
/// The end of the year 9999. Later times are refused.
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

/// The `typ` values of one kind of statement.
pub(crate) struct Kind {
    /// In lower case, without the prefix `application/`, which may be left out (RFC 7515, section 4.1.9).
    pub(crate) types: &'static [&'static str],
    /// Whether `typ` is required.
    pub(crate) is_required: bool,
}

/// The signer that a statement must come from.
#[derive(Clone, Copy)]
pub(crate) struct Signer<'a> {
    pub(crate) keys: &'a CoreJsonWebKeySet,
    /// The algorithms that it may use.
    pub(crate) algorithms: &'a [SigningAlgorithm],
    /// For a symmetric algorithm.
    pub(crate) secret: Option<&'a SecretString>,
}

/// A statement whose signature was checked.
pub(crate) struct Verified<'k> {
    pub(crate) claims: Map<String, Value>,
    pub(crate) algorithm: SigningAlgorithm,
    key: Cow<'k, CoreJsonWebKey>,
}

impl Verified<'_> {
    /// The left half of the hash that the algorithm uses, for `at_hash` (OpenID Connect Core 1.0, section 3.1.3.6).
    pub(crate) fn half_hash(&self, text: &str) -> Result<String, Problem> {
        let hash = self.key.hash_bytes(text.as_bytes(), &self.algorithm.core());
        let hash = hash.map_err(|_| Problem::AlgorithmRefused)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2]))
    }
}

/// Verifies a signed statement. This is the only way, for ID tokens, logout tokens, security events and UserInfo.
///
/// 1. Reads it: three parts, no stray bits in the base64, no duplicated members.
/// 2. Checks the header: an allowed algorithm and the expected kind of statement.
/// 3. Calls `addressed`, which checks sender and audience. That needs no key, and cheap checks come first.
/// 4. Checks the signature with the one key that fits (Core, section 10.1).
///
/// The caller checks the other claims, which are returned.
pub(crate) fn verify<'k, T, E: From<Problem>>(
    raw: &str,
    kind: &Kind,
    signer: &Signer<'k>,
    addressed: impl FnOnce(&Map<String, Value>) -> Result<T, E>,
) -> Result<(T, Verified<'k>), Refusal<E>> {
    let jwt = Jwt::read(raw).map_err(E::from)?;
    let algorithm = jwt.header.check(kind, signer).map_err(E::from)?;
    let addressed = addressed(&jwt.claims)?;
    let key = jwt.signed_by::<E>(signer, algorithm)?;
    Ok((addressed, Verified { claims: jwt.claims, algorithm, key }))
}

/// The claims of a statement whose signature was not checked.
pub(crate) fn unverified_claims(raw: &str) -> Result<Map<String, Value>, Problem> {
    Ok(Jwt::read(raw)?.claims)
}

/// Whom an access token is for, where it is a JWT that says so (RFC 9068, section 2.2). Its signature was not checked.
pub fn token_audiences(token: &str) -> Option<Vec<String>> {
    let claims = unverified_claims(token).ok()?;
    Some(audiences(&claims).ok()?.into_iter().map(str::to_owned).collect())
}

/// The members of the header that matter (RFC 7515, section 4.1).
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// The first member that changes how the statement is read (RFC 7515; RFC 7797; RFC 7516; RFC 8725).
    extension: Option<&'static str>,
}

impl Header {
    fn read(members: &Map<String, Value>) -> Result<Self, Problem> {
        let own = |name: &'static str| -> Result<Option<String>, Problem> {
            Ok(text(members, name)?.map(str::to_owned))
        };
        let is_there = |name: &&str| members.get(*name).is_some_and(|value| !value.is_null() && value != "");
        Ok(Self {
            alg: own("alg")?.ok_or(Problem::WrongType("alg"))?,
            kid: own("kid")?,
            typ: own("typ")?.filter(|typ| !typ.is_empty()),
            extension: ["cty", "crit", "b64", "zip"].into_iter().find(is_there),
        })
    }

    /// The algorithm if it is allowed: a registered one, and a symmetric one only with a secret.
    fn check(&self, kind: &Kind, signer: &Signer<'_>) -> Result<SigningAlgorithm, Problem> {
        if self.alg.eq_ignore_ascii_case("none") {
            return Err(Problem::Unsigned);
        }
        let algorithm = SigningAlgorithm::from_name(&self.alg)
            .filter(|algorithm| signer.algorithms.contains(algorithm))
            .filter(|algorithm| !algorithm.is_symmetric() || signer.secret.is_some())
            .ok_or(Problem::AlgorithmRefused)?;
        let fits = match &self.typ {
            None => !kind.is_required,
            Some(typ) => {
                let typ = typ.to_ascii_lowercase();
                kind.types.contains(&typ.strip_prefix("application/").unwrap_or(&typ))
            }
        };
        match self.extension {
            _ if !fits => Err(Problem::HeaderRefused("typ")),
            Some(member) => Err(Problem::HeaderRefused(member)),
            None => Ok(algorithm),
        }
    }
}

/// A parsed statement whose signature was not checked yet.
struct Jwt<'a> {
    header: Header,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    fn read(raw: &'a str) -> Result<Self, Problem> {
        let parts: Vec<&str> = raw.splitn(6, '.').collect();
        let [header, claims, signature] = parts[..] else {
            let encrypted = parts.len() == 5 && parts.iter().all(|part| is_base64url(part));
            return Err(if encrypted { Problem::Encrypted } else { Problem::Malformed });
        };
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| Problem::Malformed)?;
        let signed = &raw[..header.len() + 1 + claims.len()];
        Ok(Self { header: Header::read(&part(header)?)?, claims: part(claims)?, signed, signature })
    }

    /// Checks the signature with the one key that fits.
    fn signed_by<'k, E: From<Problem>>(
        &self,
        signer: &Signer<'k>,
        algorithm: SigningAlgorithm,
    ) -> Result<Cow<'k, CoreJsonWebKey>, Refusal<E>> {
        let core = algorithm.core();
        let secret = signer.secret.filter(|_| algorithm.is_symmetric());
        let key = match secret {
            Some(secret) => {
                Cow::Owned(CoreJsonWebKey::new_symmetric(secret.expose_secret().as_bytes().to_vec()))
            }
            None => Cow::Borrowed(self.key::<E>(signer.keys, &core)?),
        };
        let verified = key.verify_signature(&core, self.signed.as_bytes(), &self.signature);
        verified.map(|()| key).map_err(|_| Refusal {
            error: Problem::SignatureInvalid.into(),
            // A new key can have the name of an earlier one.
            with_other_keys: secret.is_none(),
        })
    }

    fn key<'k, E: From<Problem>>(
        &self,
        keys: &'k CoreJsonWebKeySet,
        algorithm: &CoreJwsSigningAlgorithm,
    ) -> Result<&'k CoreJsonWebKey, Refusal<E>> {
        let named = |key: &&CoreJsonWebKey| match (&self.header.kid, key.key_id()) {
            (Some(wanted), Some(found)) => found.as_str() == wanted,
            (wanted, _) => wanted.is_none(),
        };
        let (large, fitting): (Vec<&CoreJsonWebKey>, Vec<_>) = keys
            .keys()
            .iter()
            .filter(named)
            .filter(|key| fits(key, algorithm))
            .partition(|key| is_too_large(key));
        match fitting[..] {
            [] if !large.is_empty() => {
                Err(Refusal { error: Problem::KeyTooLarge.into(), with_other_keys: true })
            }
            [] => Err(Refusal { error: Problem::KeyUnknown.into(), with_other_keys: true }),
            [key] => Ok(key),
            _ => Err(E::from(Problem::KeyAmbiguous).into()),
        }
    }
}

/// Keys that are not for signatures were left out when they were read.
fn fits(key: &CoreJsonWebKey, algorithm: &CoreJwsSigningAlgorithm) -> bool {
    algorithm.key_type().as_ref() == Some(key.key_type())
        && match key.signing_alg() {
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Algorithm(found) => found == algorithm,
            JsonWebKeyAlgorithm::Unsupported => false,
        }
}

/// Text with four dots that is not base64url, such as plain claims with an address, is not encrypted.
fn is_base64url(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn part(encoded: &str) -> Result<Map<String, Value>, Problem> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Problem::Malformed)?;
    json::parse(&decoded).map_err(|unreadable| match unreadable.problem {
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

/// `iat`, which is required and must not be in the future; `nbf` (RFC 7519, section 4.1.5) must not be in the future either.
pub(crate) fn issued_at(claims: &Map<String, Value>, now: SystemTime) -> Result<u64, Problem> {
    let issued = issued(claims, now)?;
    check_begun(time(claims, "nbf")?, now)?;
    Ok(issued)
}

/// `iat`, which is required and must not be in the future.
pub(crate) fn issued(claims: &Map<String, Value>, now: SystemTime) -> Result<u64, Problem> {
    let issued = time(claims, "iat")?.ok_or(Problem::IssuedAtMissing)?;
    if issued > seconds(now + CLOCK_SKEW) { Err(Problem::IssuedInFuture) } else { Ok(issued) }
}

/// That `nbf` is not in the future.
pub(crate) fn check_begun(start: Option<u64>, now: SystemTime) -> Result<(), Problem> {
    let early = start.is_some_and(|start| start > seconds(now + CLOCK_SKEW));
    if early { Err(Problem::NotYetValid) } else { Ok(()) }
}

pub(crate) fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, Problem> {
    match claims.get("aud") {
        None | Some(Value::Null) => Err(Problem::AudienceMissing),
        Some(Value::String(audience)) => Ok(vec![audience]),
        Some(Value::Array(list)) if list.is_empty() => Err(Problem::AudienceMissing),
        Some(Value::Array(list)) => {
            list.iter().map(|audience| audience.as_str().ok_or(Problem::WrongType("aud"))).collect()
        }
        Some(_) => Err(Problem::WrongType("aud")),
    }
}

pub(crate) fn text<'a>(
    claims: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, Problem> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::WrongType(name)),
    }
}

/// A claim that is a list of texts, if it is there.
pub(crate) fn check_texts(claims: &Map<String, Value>, name: &'static str) -> Result<(), Problem> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => Ok(()),
        Some(_) => Err(Problem::WrongType(name)),
    }
}

/// True if this can be a `sub` or a `jti`: at most 255 printable ASCII characters.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= MAX_NAME && text.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

/// A NumericDate (RFC 7519, section 2) in whole seconds.
pub(crate) fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<u64>, Problem> {
    let number = match claims.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return Err(Problem::WrongType(name)),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |float: f64| (float >= 0.0 && float <= MAX_TIME as f64).then_some(float as u64);
    let seconds = number.as_u64().or_else(|| number.as_f64().and_then(whole));
    seconds.filter(|seconds| *seconds <= MAX_TIME).map(Some).ok_or(Problem::WrongType(name))
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
