//! ID token validation: OpenID Connect Core 1.0, sections 3.1.3.7, 3.1.3.8 and 12.2.

use std::borrow::Cow;
use std::time::SystemTime;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJsonWebKeySet};
use openidconnect::{
    Audience, ClaimsVerificationError, ClientId, ClientSecret, IssuerUrl, JsonWebKey, Nonce,
    SignatureVerificationError,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::authorization::demands::Demands;
use crate::error::id_token::IdTokenError;
use crate::identity::Identity;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::{
    CLOCK_SKEW, Header, Jwt, Refusal, audiences, check_issuer, is_name, issued_at, seconds, text, time,
};
use crate::provider::tenants::IssuerTemplate;

/// What the ID token is held against.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: Option<&'a SecretString>,
    pub(crate) trusted_audiences: &'a [String],
    pub(crate) algorithms: &'a [SigningAlgorithm],
    pub(crate) access_token: &'a SecretString,
    pub(crate) purpose: Purpose<'a>,
    pub(crate) now: SystemTime,
}

/// Why the ID token was issued.
pub(crate) enum Purpose<'a> {
    SignIn {
        nonce: &'a SecretString,
        demands: &'a Demands,
    },
    /// A sign-in on another device: a device authorization request has no `nonce` (RFC 8628, section 3.1), so there is
    /// none that could come back. What ties the answer to the request is the device code, which only we and the provider
    /// know and which travels on the back channel alone.
    Device,
    Refresh {
        identity: &'a Identity,
    },
}

/// The issuer that an ID token has to be from, at a provider with an issuer for each tenant: after a sign-in that of the
/// tenant that it names, whose signature is yet to be seen; after a refresh that of the session.
pub(crate) fn tenant_issuer<'a>(
    tenants: &IssuerTemplate,
    raw: &str,
    purpose: &'a Purpose<'_>,
) -> Result<Cow<'a, str>, IdTokenError> {
    if let Purpose::Refresh { identity } = purpose {
        return match tenants.fits(&identity.issuer) {
            true => Ok(Cow::Borrowed(&identity.issuer)),
            false => Err(IdTokenError::IssuerMismatch),
        };
    }
    let Jwt { claims, .. } = Jwt::read(raw).map_err(IdTokenError::from)?;
    let tenant = claims.get("tid").and_then(Value::as_str);
    tenant.and_then(|tenant| tenants.issuer_of(tenant)).map(Cow::Owned).ok_or(IdTokenError::IssuerMismatch)
}

/// Validates an ID token and says who signed in.
pub(crate) fn verify(
    raw: &str,
    keys: &CoreJsonWebKeySet,
    expected: &Expectation<'_>,
) -> Result<Identity, Refusal<IdTokenError>> {
    let Jwt { header, claims, .. } = Jwt::read(raw).map_err(IdTokenError::from)?;
    let algorithm = check_header(&header, expected)?;
    let subject = check_required(&claims, expected)?;
    let token: CoreIdToken = raw.parse().map_err(|_| IdTokenError::Malformed)?;
    let verifier = verifier(keys, algorithm, expected)?;
    token.claims(&verifier, |nonce: Option<&Nonce>| check_nonce(nonce, expected)).map_err(|error| {
        Refusal { with_other_keys: key_may_be_new(&error, &header), error: refused(&error, &claims) }
    })?;
    issued_at(&claims, expected.now).map_err(IdTokenError::from)?;
    check_authorized_party(&claims, expected)?;
    check_access_token_hash(&claims, &token, &verifier, algorithm, expected)?;
    let auth_time = check_auth_time(&claims, expected)?;
    check_demands(&claims, &subject, expected)?;
    let identity = Identity { auth_time, ..Identity::from_claims(expected.issuer, &subject, &claims) };
    match &expected.purpose {
        Purpose::SignIn { .. } | Purpose::Device => Ok(identity),
        Purpose::Refresh { identity: earlier } if earlier.subject != subject => {
            Err(IdTokenError::SubjectChanged.into())
        }
        Purpose::Refresh { identity: earlier } => {
            let auth_time = earlier.auth_time.or(identity.auth_time);
            Ok(Identity { auth_time, ..identity.or(earlier) })
        }
    }
}

fn check_header(header: &Header, expected: &Expectation<'_>) -> Result<SigningAlgorithm, IdTokenError> {
    let algorithm = header.algorithm(expected.algorithms, expected.client_secret)?;
    let another_kind = header.kind().is_some_and(|kind| !matches!(kind.as_str(), "jwt" | "jose"));
    if another_kind || header.is_extended() { Err(IdTokenError::HeaderRefused) } else { Ok(algorithm) }
}

/// The claims that have to be there before anything else is worth checking (section 2). Gives the subject.
fn check_required(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<String, IdTokenError> {
    check_issuer(claims, expected.issuer)?;
    let audiences = audiences(claims)?;
    if !audiences.contains(&expected.client_id) {
        return Err(IdTokenError::AudienceMismatch);
    }
    if !audiences.iter().all(|audience| trusted(audience, expected)) {
        return Err(IdTokenError::AudienceUntrusted);
    }
    time(claims, "exp")?.ok_or(IdTokenError::ExpirationMissing)?;
    time(claims, "iat")?.ok_or(IdTokenError::IssuedAtMissing)?;
    let subject = text(claims, "sub")?.filter(|sub| !sub.is_empty()).ok_or(IdTokenError::SubjectMissing)?;
    if is_name(subject) { Ok(subject.to_owned()) } else { Err(IdTokenError::SubjectInvalid) }
}

fn trusted(audience: &str, expected: &Expectation<'_>) -> bool {
    audience == expected.client_id || expected.trusted_audiences.iter().any(|trusted| trusted == audience)
}

fn verifier<'a>(
    keys: &CoreJsonWebKeySet,
    algorithm: SigningAlgorithm,
    expected: &'a Expectation<'_>,
) -> Result<CoreIdTokenVerifier<'a>, IdTokenError> {
    let client_id = ClientId::new(expected.client_id.to_owned());
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| IdTokenError::IssuerMismatch)?;
    let verifier = match expected.client_secret.filter(|_| algorithm.is_symmetric()) {
        Some(secret) => CoreIdTokenVerifier::new_confidential_client(
            client_id,
            ClientSecret::new(secret.expose_secret().to_owned()),
            issuer,
            keys.clone(),
        ),
        None => CoreIdTokenVerifier::new_public_client(client_id, issuer, keys.clone()),
    };
    let judged_at: DateTime<Utc> = (expected.now - CLOCK_SKEW).into();
    Ok(verifier
        .set_allowed_algs([algorithm.core()])
        .set_time_fn(move || judged_at)
        .set_other_audience_verifier_fn(move |audience: &Audience| trusted(audience, expected)))
}

/// Rule 11 after a sign-in; after a refresh the nonce may be missing, but not be another one (12.2). Where none was sent,
/// an ID token with one was made for another request.
fn check_nonce(nonce: Option<&Nonce>, expected: &Expectation<'_>) -> Result<(), String> {
    let wanted = match &expected.purpose {
        Purpose::SignIn { nonce, .. } => Some(nonce.expose_secret()),
        Purpose::Refresh { identity } => identity.nonce.as_deref(),
        Purpose::Device => None,
    };
    let optional = matches!(expected.purpose, Purpose::Refresh { .. });
    let same = match (nonce, wanted) {
        (Some(found), Some(wanted)) => found.secret().as_bytes().ct_eq(wanted.as_bytes()).into(),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => optional,
    };
    if same { Ok(()) } else { Err(String::new()) }
}

fn refused(error: &ClaimsVerificationError, claims: &Map<String, Value>) -> IdTokenError {
    match error {
        ClaimsVerificationError::Expired(_) => IdTokenError::Expired,
        ClaimsVerificationError::InvalidAudience(_) => IdTokenError::AudienceMismatch,
        ClaimsVerificationError::InvalidIssuer(_) => IdTokenError::IssuerMismatch,
        ClaimsVerificationError::InvalidSubject(_) => IdTokenError::SubjectInvalid,
        ClaimsVerificationError::InvalidNonce(_) if !claims.contains_key("nonce") => {
            IdTokenError::NonceMissing
        }
        ClaimsVerificationError::InvalidNonce(_) => IdTokenError::NonceMismatch,
        ClaimsVerificationError::Unsupported(_) => IdTokenError::HeaderRefused,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey => IdTokenError::KeyUnknown,
            SignatureVerificationError::AmbiguousKeyId(_) => IdTokenError::KeyAmbiguous,
            SignatureVerificationError::NoSignature => IdTokenError::Unsigned,
            SignatureVerificationError::DisallowedAlg(_) | SignatureVerificationError::UnsupportedAlg(_) => {
                IdTokenError::AlgorithmRefused
            }
            _ => IdTokenError::SignatureInvalid,
        },
        _ => IdTokenError::Malformed,
    }
}

/// True for an unknown `kid`, and for a signature that does not fit when the token names no key at all.
fn key_may_be_new(error: &ClaimsVerificationError, header: &Header) -> bool {
    match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => true,
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::CryptoError(_)) => {
            header.kid.is_none()
        }
        _ => false,
    }
}

/// Rules 4 and 5.
fn check_authorized_party(
    claims: &Map<String, Value>,
    expected: &Expectation<'_>,
) -> Result<(), IdTokenError> {
    match text(claims, "azp")? {
        Some(party) if party != expected.client_id => Err(IdTokenError::AuthorizedPartyMismatch),
        None if audiences(claims)?.iter().any(|audience| *audience != expected.client_id) => {
            Err(IdTokenError::AuthorizedPartyMissing)
        }
        _ => Ok(()),
    }
}

/// Section 3.1.3.8: the left half of the hash that the algorithm uses.
fn check_access_token_hash(
    claims: &Map<String, Value>,
    token: &CoreIdToken,
    verifier: &CoreIdTokenVerifier<'_>,
    algorithm: SigningAlgorithm,
    expected: &Expectation<'_>,
) -> Result<(), IdTokenError> {
    let Some(claimed) = text(claims, "at_hash")? else { return Ok(()) };
    let bytes = expected.access_token.expose_secret().as_bytes();
    let hash = if algorithm.is_symmetric() {
        CoreJsonWebKey::new_symmetric(Vec::new()).hash_bytes(bytes, &algorithm.core())
    } else {
        let key = token.signing_key(verifier).map_err(|_| IdTokenError::KeyUnknown)?;
        key.hash_bytes(bytes, &algorithm.core())
    };
    let hash = hash.map_err(|_| IdTokenError::AlgorithmRefused)?;
    let left = BASE64_URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2]);
    if left == claimed { Ok(()) } else { Err(IdTokenError::AccessTokenHashMismatch) }
}

/// Rule 13 after a sign-in, 12.2 after a refresh.
fn check_auth_time(
    claims: &Map<String, Value>,
    expected: &Expectation<'_>,
) -> Result<Option<u64>, IdTokenError> {
    let auth_time = time(claims, "auth_time")?;
    if auth_time.is_some_and(|then| then > seconds(expected.now + CLOCK_SKEW)) {
        return Err(IdTokenError::AuthTimeInFuture);
    }
    match &expected.purpose {
        Purpose::SignIn { demands, .. } => {
            if demands.auth_time && auth_time.is_none() {
                return Err(IdTokenError::AuthTimeMissing);
            }
            let age = seconds(expected.now).saturating_sub(auth_time.unwrap_or_default());
            let limit = demands.max_age.map(|max_age| max_age.saturating_add(CLOCK_SKEW).as_secs());
            if limit.is_some_and(|limit| age > limit) {
                return Err(IdTokenError::AuthTimeTooOld);
            }
        }
        Purpose::Refresh { identity } => {
            // It has to be that of the first sign-in. But where the person has shown who they are once more, for another
            // application, common providers put the time of that there. An earlier one has no such reason.
            if let (Some(then), Some(first)) = (auth_time, identity.auth_time)
                && then < first
            {
                return Err(IdTokenError::AuthTimeChanged);
            }
        }
        Purpose::Device => {}
    }
    Ok(auth_time)
}

/// Rule 12, and who had to be signed in.
fn check_demands(
    claims: &Map<String, Value>,
    subject: &str,
    expected: &Expectation<'_>,
) -> Result<(), IdTokenError> {
    let Purpose::SignIn { demands, .. } = &expected.purpose else { return Ok(()) };
    if demands.subject.as_deref().is_some_and(|wanted| wanted != subject) {
        return Err(IdTokenError::SubjectMismatch);
    }
    let Some(wanted) = &demands.acr else { return Ok(()) };
    let class = text(claims, "acr")?.ok_or(IdTokenError::AcrMissing)?;
    if wanted.is_empty() || wanted.iter().any(|wanted| wanted == class) {
        Ok(())
    } else {
        Err(IdTokenError::AcrMismatch)
    }
}
