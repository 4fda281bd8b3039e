//! A provider's answers in JSON.

use std::time::Duration;

use abide_oidc::fuzzing;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use crate::Outcome;
use crate::secrets::{keeps, keeps_in_debug, members};

const TOKENS: [&str; 3] = ["access_token", "refresh_token", "id_token"];
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn is_safe(url: &Url) {
    assert_eq!(url.scheme(), "https", "{url}");
    assert!(url.host_str().is_some_and(|host| !host.is_empty()), "{url}");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none(), "{url}");
}

fn is_graphic(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

pub(crate) fn discovery(data: &[u8]) -> Outcome {
    let provider = fuzzing::discovery(data);
    match &provider {
        Ok(provider) => {
            assert_eq!(provider.issuer(), fuzzing::ISSUER);
            is_safe(provider.authorization_endpoint());
            provider.end_session_endpoint().into_iter().for_each(is_safe);
            provider.check_session_iframe().into_iter().for_each(is_safe);
        }
        Err(error) => keeps(error, &[]),
    }
    (&provider).into()
}

pub(crate) fn jwks(data: &[u8]) -> Outcome {
    let used = fuzzing::jwks(data);
    if let Ok(used) = used {
        let document: Value = serde_json::from_slice(data).unwrap();
        let published = document["keys"].as_array().unwrap();
        // A published private key makes the whole set unusable.
        let private = published.iter().filter(|key| key.get("d").is_some()).count();
        assert!(used + private <= published.len() && used <= 100);
    }
    (&used).into()
}

pub(crate) fn token_response(data: &[u8]) -> Outcome {
    let secrets = members(data, &TOKENS);
    if let Err(error) = fuzzing::token_response(400, data) {
        keeps(&error, &secrets[..0]);
    }
    let given = fuzzing::token_response(200, data);
    match &given {
        Ok(given) => {
            assert!(is_graphic(given.access_token.expose_secret()), "it goes into a header");
            let refresh_token = given.refresh_token.as_ref().map_or("x", |token| token.expose_secret());
            assert!(!refresh_token.is_empty() && refresh_token.bytes().all(|b| matches!(b, b' '..=b'~')));
            assert!(matches!(given.token_type, "Bearer" | "DPoP"));
            assert!(given.expires_in.is_none_or(|lifetime| lifetime <= 3660 * DAY));
        }
        Err(error) => keeps(error, &secrets),
    }
    (&given).into()
}

pub(crate) fn userinfo(data: &[u8]) -> Outcome {
    let claims = fuzzing::userinfo(data);
    match &claims {
        Ok(claims) => {
            let written = serde_json::to_vec(claims).unwrap();
            assert_eq!(fuzzing::userinfo(&written).as_ref(), Ok(claims), "what is written reads back");
        }
        Err(error) => keeps(error, &members(data, &["sub", "email"])),
    }
    (&claims).into()
}

pub(crate) fn device_response(data: &[u8]) -> Outcome {
    let secrets = members(data, &["device_code"]);
    let answer = fuzzing::device_response(data);
    match &answer {
        Ok(answer) => {
            is_safe(&answer.verification_uri);
            answer.verification_uri_complete.iter().for_each(is_safe);
            let code = &answer.user_code;
            assert!(
                code.len() <= 64 && !code.trim().is_empty() && code.bytes().all(|b| matches!(b, b' '..=b'~'))
            );
            assert!(!answer.expires_in.is_zero() && answer.expires_in <= DAY);
            assert!((Duration::from_secs(1)..=Duration::from_secs(300)).contains(&answer.interval));
        }
        Err(error) => keeps(error, &secrets),
    }
    (&answer).into()
}

pub(crate) fn par_response(data: &[u8]) -> Outcome {
    let secrets = members(data, &["request_uri"]);
    for status in [200, 400, 413, 500] {
        assert!(fuzzing::pushed_response(status, data).is_err(), "only 201 is success");
    }
    let answer = fuzzing::pushed_response(201, data);
    match &answer {
        Ok((request_uri, expires_in)) => {
            let request_uri = request_uri.expose_secret();
            assert!(is_graphic(request_uri) && request_uri.len() <= 2048);
            assert!(
                request_uri.starts_with("urn:") || request_uri.starts_with("https:") || mixed(request_uri)
            );
            assert!(!expires_in.is_zero() && *expires_in <= DAY);
        }
        Err(error) => keeps(error, &secrets),
    }
    (&answer).into()
}

/// Schemes may be in either case.
fn mixed(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default();
    ["urn", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

pub(crate) fn registration_response(data: &[u8]) -> Outcome {
    let secrets = members(data, &["client_secret", "registration_access_token"]);
    let client = fuzzing::registration_response(data);
    match &client {
        Ok(client) => {
            let id = &client.registration.client_id;
            assert!(!id.is_empty() && id.len() <= 512 && id.bytes().all(|b| matches!(b, b' '..=b'~')));
            // A client ID may be the same text as the secret, and is not secret.
            let secrets: Vec<_> =
                secrets.into_iter().filter(|secret| !id.contains(secret.as_str())).collect();
            keeps_in_debug(&client.registration, &secrets);
        }
        Err(error) => keeps(error, &secrets),
    }
    (&client).into()
}

pub(crate) fn events_response(data: &[u8]) -> Outcome {
    let answer = fuzzing::events(data, 3);
    match &answer {
        Ok(answer) => assert!(answer.sets.len() <= 3),
        Err(error) => keeps(error, &[]),
    }
    (&answer).into()
}
