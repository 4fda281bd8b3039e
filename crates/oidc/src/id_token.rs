//! ID token validation: OpenID Connect Core 1.0, sections 3.1.3.7, 3.1.3.8 and 12.2.

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

use crate::identity::Identity;
use crate::jwt::{
    CLOCK_SKEW, Header, Jwt, Refusal, audiences, check_issuer, is_name, issued_at, seconds, statement_errors,
    text, time,
};
use crate::keys::SigningAlgorithm;
use crate::parameters::Demands;

statement_errors! {
    /// Why an ID token is refused.
    IdTokenError;
    /// Not three base64url parts with JSON inside, or a claim of the wrong type.
    Malformed = "id_token_malformed", "The provider's statement about who signed in cannot be read.";
    /// A member is there twice (RFC 7519, section 4).
    DuplicateMember = "id_token_duplicate_member", "The provider's statement about who signed in contradicts itself.";
    /// Five parts: encrypted, which was not registered.
    Encrypted = "id_token_encrypted", "The provider encrypted its statement about who signed in, but this account has no key for it.";
    /// `alg` is `none`.
    Unsigned = "id_token_unsigned", "The provider did not sign its statement about who signed in.";
    /// `alg` is not one that was registered or may be used (3.1.3.7, rule 7).
    AlgorithmRefused = "id_token_algorithm_refused", "The provider signed with a method that this account does not accept.";
    /// `crit`, `cty`, `b64`, `zip`, or a `typ` of another kind of token (RFC 7515, section 4.1; RFC 8725, section 3.11).
    HeaderRefused = "id_token_header_refused", "The provider sent another kind of token than one that says who signed in.";
    /// No key of the provider has this `kid` and fits the algorithm.
    KeyUnknown = "id_token_key_unknown", "The provider signed with a key that it does not publish.";
    /// No `kid`, and several keys fit (Core, section 10.1).
    KeyAmbiguous = "id_token_key_ambiguous", "The provider does not say which of its keys it signed with.";
    /// The signature is not by that key.
    SignatureInvalid = "id_token_signature_invalid", "The signature under the statement about who signed in is not the provider's.";
    /// No `iss`.
    IssuerMissing = "id_token_issuer_missing", "The statement about who signed in does not say who made it.";
    /// `iss` is not the issuer, byte for byte (rule 2).
    IssuerMismatch = "id_token_issuer_mismatch", "The statement about who signed in was made by another provider.";
    /// No `sub`.
    SubjectMissing = "id_token_subject_missing", "The provider did not say who signed in.";
    /// `sub` is longer than 255 characters or not printable ASCII.
    SubjectInvalid = "id_token_subject_invalid", "The provider names the person who signed in in a way that cannot be used.";
    /// The refreshed ID token is about somebody else (12.2).
    SubjectChanged = "id_token_subject_changed", "The provider renewed the session for somebody else.";
    /// No `aud`.
    AudienceMissing = "id_token_audience_missing", "The statement about who signed in does not say for whom it was made.";
    /// `aud` does not contain this client (rule 3).
    AudienceMismatch = "id_token_audience_mismatch", "The statement about who signed in was made for another application.";
    /// `aud` also contains a client that is not trusted (rule 3).
    AudienceUntrusted = "id_token_audience_untrusted", "The statement about who signed in was also made for an application that this account does not trust.";
    /// Several audiences and no `azp` (rule 4).
    AuthorizedPartyMissing = "id_token_authorized_party_missing", "The statement about who signed in does not say which application asked for it.";
    /// `azp` is not this client (rule 5).
    AuthorizedPartyMismatch = "id_token_authorized_party_mismatch", "Another application asked for the statement about who signed in.";
    /// No `exp`.
    ExpirationMissing = "id_token_expiration_missing", "The statement about who signed in does not say until when it is valid.";
    /// `exp` is past (rule 9).
    Expired = "id_token_expired", "The statement about who signed in is no longer valid. Check that this computer's clock is right.";
    /// No `iat`.
    IssuedAtMissing = "id_token_issued_at_missing", "The statement about who signed in does not say when it was made.";
    /// `iat` is in the future (rule 10).
    IssuedInFuture = "id_token_issued_in_future", "The statement about who signed in was made in the future. Check that this computer's clock is right.";
    /// `nbf` is in the future (RFC 7519, section 4.1.5).
    NotYetValid = "id_token_not_yet_valid", "The statement about who signed in is not valid yet. Check that this computer's clock is right.";
    /// No `nonce` after a sign-in (rule 11).
    NonceMissing = "id_token_nonce_missing", "The provider's answer does not belong to this sign-in.";
    /// Another `nonce` (rule 11; 12.2).
    NonceMismatch = "id_token_nonce_mismatch", "The provider's answer belongs to another sign-in.";
    /// `at_hash` is not that of the access token (3.1.3.8).
    AccessTokenHashMismatch = "id_token_at_hash_mismatch", "The provider's tokens do not belong together.";
    /// Another `sub` than the one that was asked for (3.1.2.2).
    SubjectMismatch = "id_token_subject_mismatch", "Somebody else signed in at the provider than this account asks for.";
    /// `acr` was asked for as essential and is not there (rule 12; 5.5.1.1).
    AcrMissing = "id_token_acr_missing", "The provider did not say how you signed in, which this account asks for.";
    /// `acr` is none of those that were asked for as essential (rule 12; 5.5.1.1).
    AcrMismatch = "id_token_acr_mismatch", "You signed in at the provider in another way than this account asks for.";
    /// `max_age` was sent, or `auth_time` asked for as essential, and there is no `auth_time` (rule 13; section 2).
    AuthTimeMissing = "id_token_auth_time_missing", "The provider did not say when you signed in, which this account asks for.";
    /// `auth_time` is older than `max_age` (rule 13).
    AuthTimeTooOld = "id_token_auth_time_too_old", "You signed in at the provider too long ago for this account.";
    /// `auth_time` is in the future.
    AuthTimeInFuture = "id_token_auth_time_in_future", "The provider says that you signed in in the future. Check that this computer's clock is right.";
    /// The refreshed ID token has an earlier `auth_time` than the first (12.2).
    AuthTimeChanged = "id_token_auth_time_changed", "The provider says that you signed in earlier than you did.";
}

impl IdTokenError {
    /// True if the same statement may be believed later, or its successor will be: the provider has just changed its keys,
    /// or one of two clocks is wrong. It says nothing about whom the answer is about.
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            Self::KeyUnknown
                | Self::Expired
                | Self::IssuedInFuture
                | Self::NotYetValid
                | Self::AuthTimeInFuture
        )
    }
}

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
