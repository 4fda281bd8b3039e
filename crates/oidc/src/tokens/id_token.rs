//! ID token validation: OpenID Connect Core 1.0, sections 3.1.3.7, 3.1.3.8 and 12.2.

use std::borrow::Cow;
use std::time::SystemTime;

use openidconnect::core::CoreJsonWebKeySet;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use crate::authorization::demands::Demands;
use crate::error::id_token::IdTokenError;
use crate::identity::Identity;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::{
    self, CLOCK_SKEW, Kind, Refusal, Signer, Verified, audiences, check_issuer, check_texts, is_name,
    issued_at, seconds, text, time,
};
use crate::provider::tenants::IssuerTemplate;

/// The values that the ID token is checked against.
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
    /// A sign-in on another device. A device authorization request has no `nonce` (RFC 8628, section 3.1), so none can come
    /// back. The answer is tied to the request by the device code, which only we and the provider know and which is sent
    /// only on the back channel.
    Device,
    Refresh {
        identity: &'a Identity,
    },
}

/// The issuer that an ID token must have, at a provider with an issuer for each tenant. After a sign-in: that of the tenant
/// that the token names, before its signature is checked. After a refresh: that of the session.
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
    let claims = jwt::unverified_claims(raw)?;
    let tenant = claims.get("tid").and_then(Value::as_str);
    tenant.and_then(|tenant| tenants.issuer_of(tenant)).map(Cow::Owned).ok_or(IdTokenError::IssuerMismatch)
}

const KIND: Kind = Kind { types: &["jwt", "jose"], is_required: false };

/// Validates an ID token and returns the person. Only claims that matter are checked strictly.
pub(crate) fn verify(
    raw: &str,
    keys: &CoreJsonWebKeySet,
    expected: &Expectation<'_>,
) -> Result<Identity, Refusal<IdTokenError>> {
    let signer = Signer { keys, algorithms: expected.algorithms, secret: expected.client_secret };
    let (subject, token) = jwt::verify(raw, &KIND, &signer, |claims| check_required(claims, expected))?;
    let claims = &token.claims;
    check_times(claims, expected)?;
    check_nonce(claims, expected)?;
    issued_at(claims, expected.now).map_err(IdTokenError::from)?;
    check_authorized_party(claims, expected)?;
    check_access_token_hash(&token, expected)?;
    let auth_time = check_auth_time(claims, expected)?;
    check_demands(claims, &subject, expected)?;
    let said = Identity::from_claims(expected.issuer, &subject, claims);
    let identity = Identity { auth_time, signed_with: Some(token.algorithm), ..said };
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

/// Checks the claims that are always required (section 2), and returns the subject.
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

/// Rule 9.
fn check_times(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), IdTokenError> {
    let expires = time(claims, "exp")?.ok_or(IdTokenError::ExpirationMissing)?;
    let earliest = seconds(expected.now - CLOCK_SKEW);
    if expires <= earliest { Err(IdTokenError::Expired) } else { Ok(()) }
}

/// Rule 11 after a sign-in. After a refresh the nonce may be missing, but not differ (12.2). If none was sent, an ID token
/// with a nonce was made for another request.
fn check_nonce(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), IdTokenError> {
    let wanted = match &expected.purpose {
        Purpose::SignIn { nonce, .. } => Some(nonce.expose_secret()),
        Purpose::Refresh { identity } => identity.nonce.as_deref(),
        Purpose::Device => None,
    };
    let optional = matches!(expected.purpose, Purpose::Refresh { .. });
    match (given(claims, "nonce")?, wanted) {
        (Some(found), Some(wanted)) if bool::from(found.as_bytes().ct_eq(wanted.as_bytes())) => Ok(()),
        (None, None) => Ok(()),
        (None, Some(_)) | (Some(_), None) if optional => Ok(()),
        (None, Some(_)) => Err(IdTokenError::NonceMissing),
        (Some(_), _) => Err(IdTokenError::NonceMismatch),
    }
}

/// Some providers write an empty text for a claim that they leave out.
fn given<'a>(claims: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, IdTokenError> {
    Ok(text(claims, name)?.filter(|text| !text.is_empty()))
}

/// Rules 4 and 5.
fn check_authorized_party(
    claims: &Map<String, Value>,
    expected: &Expectation<'_>,
) -> Result<(), IdTokenError> {
    match given(claims, "azp")? {
        Some(party) if party != expected.client_id => Err(IdTokenError::AuthorizedPartyMismatch),
        None if audiences(claims)?.iter().any(|audience| *audience != expected.client_id) => {
            Err(IdTokenError::AuthorizedPartyMissing)
        }
        _ => Ok(()),
    }
}

/// Section 3.1.3.8.
fn check_access_token_hash(token: &Verified<'_>, expected: &Expectation<'_>) -> Result<(), IdTokenError> {
    let Some(claimed) = given(&token.claims, "at_hash")? else { return Ok(()) };
    let hash = token.half_hash(expected.access_token.expose_secret())?;
    if hash == claimed { Ok(()) } else { Err(IdTokenError::AccessTokenHashMismatch) }
}

/// Rule 13 after a sign-in, 12.2 after a refresh.
fn check_auth_time(
    claims: &Map<String, Value>,
    expected: &Expectation<'_>,
) -> Result<Option<u64>, IdTokenError> {
    // Some providers write 0 for an unknown time.
    let auth_time = time(claims, "auth_time")?.filter(|then| *then != 0);
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
            // It has to be that of the first sign-in. But if the person has authenticated again since then, for another
            // application, common providers put that time here. An earlier time has no such reason.
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

/// Rule 12, and the required person.
fn check_demands(
    claims: &Map<String, Value>,
    subject: &str,
    expected: &Expectation<'_>,
) -> Result<(), IdTokenError> {
    let Purpose::SignIn { demands, .. } = &expected.purpose else { return Ok(()) };
    if demands.subject.as_deref().is_some_and(|wanted| wanted != subject) {
        return Err(IdTokenError::SubjectMismatch);
    }
    if demands.methods {
        check_texts(claims, "amr")?;
    }
    let Some(wanted) = &demands.acr else { return Ok(()) };
    let class = text(claims, "acr")?.ok_or(IdTokenError::AcrMissing)?;
    if wanted.is_empty() || wanted.iter().any(|wanted| wanted == class) {
        Ok(())
    } else {
        Err(IdTokenError::AcrMismatch)
    }
}
