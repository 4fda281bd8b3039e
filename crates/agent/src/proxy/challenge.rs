//! What a server that refuses a token wants (RFC 6750, section 3; RFC 9449, section 9; RFC 9470, section 3).

use abide_oidc::{Challenge, StepUp};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};

use super::headers::DPOP_NONCE;

/// What would help.
#[derive(Debug, PartialEq)]
pub(super) enum Wish {
    /// A proof with the nonce that came with the answer.
    Nonce,
    /// Another token.
    Token,
    /// Another sign-in.
    SignIn(StepUp),
}

/// The wish in an answer; `None` for an answer that is the program's own matter.
pub(super) fn wish(status: StatusCode, headers: &HeaderMap) -> Option<Wish> {
    if status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let texts: Vec<&str> =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    let challenges = Challenge::read(texts.iter().copied()).ok()?;
    let of_tokens = challenges.iter().filter(|challenge| matches!(challenge.scheme(), "bearer" | "dpop"));
    let errors: Vec<&str> = of_tokens.filter_map(|challenge| challenge.parameter("error")).collect();
    if errors.contains(&"use_dpop_nonce") && nonce(headers).is_some() {
        return Some(Wish::Nonce);
    }
    if errors.contains(&"invalid_token") {
        return Some(Wish::Token);
    }
    StepUp::read(texts).ok().flatten().map(Wish::SignIn)
}

/// The nonce for the next proof; `None` without one, or with two.
pub(super) fn nonce(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(DPOP_NONCE).iter();
    let nonce = values.next()?.to_str().ok()?;
    (values.next().is_none() && !nonce.is_empty()).then(|| nonce.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::HeaderValue;

    use super::*;

    fn of(status: u16, challenges: &[&'static str], nonce: Option<&'static str>) -> Option<Wish> {
        let mut headers = HeaderMap::new();
        for challenge in challenges {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(nonce) = nonce {
            headers.insert(DPOP_NONCE, HeaderValue::from_static(nonce));
        }
        wish(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn only_a_challenge_that_a_token_can_meet_is_a_wish() {
        let invalid = "Bearer realm=\"x\", error=\"invalid_token\", error_description=\"expired\"";
        assert_eq!(of(401, &[invalid], None), Some(Wish::Token));
        assert_eq!(of(401, &["Basic realm=\"x\"", invalid], None), Some(Wish::Token));
        assert_eq!(of(403, &[invalid], None), None);
        assert_eq!(of(401, &[], None), None);
        assert_eq!(of(401, &["Bearer"], None), None);
        assert_eq!(of(401, &["Basic error=\"invalid_token\""], None), None);
        assert_eq!(of(401, &["Bearer error=\"insufficient_scope\""], None), None);
        let nonce = "DPoP error=\"use_dpop_nonce\"";
        assert_eq!(of(401, &[nonce], Some("n")), Some(Wish::Nonce));
        assert_eq!(of(401, &[nonce], None), None);
        let stronger = "Bearer error=\"insufficient_user_authentication\", acr_values=\"phr\"";
        let Some(Wish::SignIn(wanted)) = of(401, &[stronger], None) else { panic!("a sign-in") };
        assert_eq!(wanted.acr_values, ["phr"]);
        assert_eq!(of(401, &["Bearer error=\"insufficient_user_authentication\""], None), None);
    }
}
