//! Signed statements of a provider, headers of a resource server, and answers of the browser.

use abide_oidc::fuzzing::{self, CLIENT_ID, ISSUER, NONCE, NOW};
use abide_oidc::{CLOCK_SKEW, CallbackError, Challenge, Error, MAX_LOGOUT_TOKEN_AGE, StepUp};
use serde_json::Value;

use crate::Outcome;
use crate::secrets::{keeps, parameters};

/// The placeholder in an input for a value that only the test knows.
const STATE: &str = "STATE";

/// The input as a foreign token, and as header and claims that the provider has signed.
fn tokens(data: &[u8]) -> (Option<&str>, Option<(String, Value)>) {
    let raw = std::str::from_utf8(data).ok().filter(|raw| !raw.contains('\n'));
    let parts = data.iter().position(|byte| *byte == b'\n').map(|at| (&data[..at], &data[at + 1..]));
    let signed = parts.and_then(|(header, claims)| {
        let value = serde_json::from_slice(claims).unwrap_or(Value::Null);
        Some((fuzzing::signed(header, claims)?, value))
    });
    (raw, signed)
}

/// Checks both, and that a signature by another key is never accepted.
fn statement<T>(
    data: &[u8],
    verify: impl Fn(&str) -> Option<Result<T, Error>>,
    believed: impl Fn(&T, &Value, &str),
) -> Outcome {
    let (raw, signed) = tokens(data);
    if let Some(raw) = raw {
        let verdict = verify(raw).expect("the client is made of constants");
        if let Err(error) = &verdict {
            keeps(error, &[]);
        }
        return (&verdict).into();
    }
    let Some((token, claims)) = signed else { return Outcome::Refused };
    let verdict = verify(&token).expect("the client is made of constants");
    match &verdict {
        Ok(statement) => {
            believed(statement, &claims, &token);
            let (message, signature) = token.rsplit_once('.').unwrap();
            let turned: String = signature.chars().rev().collect();
            let forged = format!("{message}.{turned}");
            assert!(
                turned == signature || verify(&forged).unwrap().is_err(),
                "a forged signature is accepted"
            );
            assert!(verify(&format!("{message}.")).unwrap().is_err(), "a missing signature is accepted");
        }
        Err(error) => keeps(error, &[]),
    }
    (&verdict).into()
}

fn is_for_us(claims: &Value) -> bool {
    let audience = &claims["aud"];
    audience == CLIENT_ID || audience.as_array().is_some_and(|list| list.iter().any(|one| one == CLIENT_ID))
}

pub(crate) fn id_token(data: &[u8]) -> Outcome {
    statement(data, fuzzing::id_token, |identity, claims, token| {
        assert_eq!(identity.issuer, ISSUER);
        assert_eq!(claims["iss"], ISSUER);
        assert_eq!(claims["sub"], identity.subject.as_str());
        assert!(!identity.subject.is_empty() && identity.subject.len() <= 255);
        assert_eq!(claims["nonce"], NONCE);
        assert!(is_for_us(claims), "{claims}");
        assert!(claims["exp"].as_f64().unwrap() + CLOCK_SKEW.as_secs_f64() >= NOW as f64);
        assert_eq!(fuzzing::remembered(identity).as_ref(), Some(identity), "the vault gives back who it was");
        let refreshed = fuzzing::refreshed_id_token(token, identity).unwrap();
        assert_eq!(refreshed.unwrap().subject, identity.subject, "the same token is about the same person");
        let mut other = identity.clone();
        other.subject.push('x');
        assert!(fuzzing::refreshed_id_token(token, &other).unwrap().is_err(), "it is about another person");
    })
}

pub(crate) fn logout_token(data: &[u8]) -> Outcome {
    statement(data, fuzzing::logout_token, |token, claims, _| {
        assert_eq!(token.issuer, ISSUER);
        assert!(is_for_us(claims) && claims.get("nonce").is_none(), "{claims}");
        assert!(token.subject.is_some() || token.sid.is_some());
        assert!(!token.jti.is_empty() && token.jti.len() <= 255);
        let skew = CLOCK_SKEW.as_secs();
        assert!(token.issued_at <= NOW + skew && token.expires_at.saturating_add(skew) > NOW);
        assert!(token.issued_at + MAX_LOGOUT_TOKEN_AGE.as_secs() + skew >= NOW);
    })
}

pub(crate) fn security_event(data: &[u8]) -> Outcome {
    statement(data, fuzzing::security_event, |event, claims, _| {
        assert_eq!(event.issuer, ISSUER);
        assert!(is_for_us(claims) && !event.jti.is_empty(), "{claims}");
        assert!(event.issued_at <= NOW + CLOCK_SKEW.as_secs());
    })
}

pub(crate) fn signed_userinfo(data: &[u8]) -> Outcome {
    statement(data, fuzzing::signed_userinfo, |found, claims, _| {
        assert!(claims.get("iss").is_none_or(|issuer| issuer == ISSUER));
        assert!(claims.get("aud").is_none_or(|_| is_for_us(claims)));
        assert_eq!(serde_json::to_value(found).unwrap(), *claims);
    })
}

pub(crate) fn www_authenticate(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let lines = || text.split('\n');
    let challenges = Challenge::read(lines());
    match &challenges {
        Ok(challenges) => {
            assert!(challenges.len() <= 16 * lines().count());
            let header = fuzzing::header_of(challenges);
            let fits = header.len() <= 8 * 1024 && challenges.len() <= 16;
            assert!(!fits || Challenge::read([header.as_str()]).as_ref() == Ok(challenges), "{header}");
        }
        Err(error) => keeps(error, &[]),
    }
    if let Ok(Some(step_up)) = StepUp::read(lines()) {
        assert!(
            !step_up.acr_values.is_empty() || step_up.max_age.is_some(),
            "the usual sign-in would not help"
        );
        let parameters = step_up.parameters(&Default::default());
        assert_eq!(parameters.check(), Ok(()), "what is asked for can be sent");
    }
    (&challenges).into()
}

pub(crate) fn redirect_query(data: &[u8]) -> Outcome {
    let Ok(text) = std::str::from_utf8(data) else { return Outcome::Refused };
    let (pending, state) = fuzzing::pending().expect("the client is made of constants");
    let query = text.replace(STATE, &state);
    let received = pending.receive(&query);
    match &received {
        Ok(_) => assert!(text.contains(STATE), "only the provider knows the state"),
        Err(error) => {
            assert!(error.is_stray() || text.contains(STATE), "only an answer with the state ends a sign-in");
            if let CallbackError::Refused { description, .. } = error {
                assert!(description.as_ref().is_none_or(|words| words.chars().count() <= 200));
            }
            keeps(error, &[state]);
            if error.is_stray() {
                keeps(error, &parameters(&query, &["code"]));
            }
        }
    }
    (&received).into()
}
