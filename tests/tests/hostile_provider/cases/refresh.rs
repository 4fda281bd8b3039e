//! Failing renewals. The session ends if the provider ends it, or sends a statement that must be refused. It is kept if the
//! answer is unusable.

use abide_demo_op::Body;
use abide_demo_op::Edit::{Append, Beside, Now, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::Token;
use abide_demo_op::{Edit, Form, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected;
use crate::hostile_provider::case::Expected::{Ended, Kept, Recovers, Renewed, SignInNeeded};
use crate::hostile_provider::case::{Case, answer, case, claims, form, jose, json as edited, later, signed};

const SECTION: &str = "Core 1.0, 12.2";
const ERROR: &str = "RFC 6749, 5.2";

pub(crate) fn cases() -> Vec<Case> {
    [statements(), answers(), errors(), unusual()].concat()
}

/// A wrong new ID token ends the session, unless the cause is a clock or keys that have just changed: the next renewal then
/// works.
fn over(code: &'static str) -> Expected {
    match code {
        "id_token_expired"
        | "id_token_issued_in_future"
        | "id_token_not_yet_valid"
        | "id_token_auth_time_in_future"
        | "id_token_key_unknown" => Recovers(code),
        code => Ended(code),
    }
}

fn statements() -> Vec<Case> {
    let ended = |name: &str, deviation: &str, code, wrong| {
        case(format!("refresh-{name}"), deviation, SECTION, over(code), later(wrong))
    };
    let claim =
        |name: &str, deviation: &str, code, edit: Edit| ended(name, deviation, code, claims(vec![edit]));
    let header =
        |name: &str, deviation: &str, code, edit: Edit| ended(name, deviation, code, jose(vec![edit]));
    vec![
        claim(
            "iss-slash",
            "the new ID token's `iss` has a slash more",
            "id_token_issuer_mismatch",
            Append("/iss", "/"),
        ),
        claim("iss-missing", "the new ID token has no `iss`", "id_token_issuer_missing", Remove("/iss")),
        claim("sub-missing", "the new ID token has no `sub`", "id_token_subject_missing", Remove("/sub")),
        claim(
            "sub-number",
            "the new ID token's `sub` is a number",
            "id_token_malformed",
            Set("/sub", json!(1)),
        ),
        claim("aud-missing", "the new ID token has no `aud`", "id_token_audience_missing", Remove("/aud")),
        claim(
            "aud-untrusted",
            "the new ID token is for another client, too",
            "id_token_audience_untrusted",
            Beside("/aud", "x".into()),
        ),
        claim("exp-past", "the new ID token is over", "id_token_expired", Now("/exp", -300)),
        claim("exp-missing", "the new ID token has no `exp`", "id_token_expiration_missing", Remove("/exp")),
        claim("iat-missing", "the new ID token has no `iat`", "id_token_issued_at_missing", Remove("/iat")),
        claim(
            "iat-ahead",
            "the new ID token is from the future",
            "id_token_issued_in_future",
            Now("/iat", 300),
        ),
        claim(
            "nonce-other",
            "the new ID token has another `nonce`",
            "id_token_nonce_mismatch",
            Set("/nonce", "other".into()),
        ),
        case(
            "refresh-nonce-empty".to_owned(),
            "the new ID token has an empty `nonce`",
            SECTION,
            Renewed,
            later(claims(vec![Set("/nonce", "".into())])),
        ),
        claim(
            "auth-time-earlier",
            "the new ID token's `auth_time` is earlier than the first one's",
            "id_token_auth_time_changed",
            Now("/auth_time", -3600),
        ),
        claim(
            "auth-time-ahead",
            "the new ID token's `auth_time` is in the future",
            "id_token_auth_time_in_future",
            Now("/auth_time", 3600),
        ),
        claim(
            "at-hash-other",
            "the new ID token is for another access token",
            "id_token_at_hash_mismatch",
            Set("/at_hash", "77QmUPtjPfzWtF2AnpK9RQ".into()),
        ),
        claim(
            "claim-twice",
            "the new ID token says something twice",
            "id_token_duplicate_member",
            Twice("sub", "demo-user-2".into()),
        ),
        header("alg-none", "the new ID token is not signed", "id_token_unsigned", Set("/alg", "none".into())),
        header(
            "alg-other",
            "the new ID token is signed with another algorithm",
            "id_token_algorithm_refused",
            Set("/alg", "HS256".into()),
        ),
        header(
            "typ-other",
            "the new ID token is another kind of token",
            "id_token_header_refused",
            Set("/typ", "logout+jwt".into()),
        ),
        header(
            "kid-unknown",
            "the new ID token is signed with a key that is not published",
            "id_token_key_unknown",
            Set("/kid", "x".into()),
        ),
        ended(
            "signature-flipped",
            "one bit of the new ID token's signature is another one",
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Flipped),
        ),
        ended(
            "signature-stranger",
            "the new ID token is signed with a foreign key",
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Stranger),
        ),
        ended("word", "the new ID token is a word", "id_token_malformed", form(Form::Text("x"))),
        ended("encrypted", "the new ID token is encrypted", "id_token_encrypted", form(Form::FiveParts)),
    ]
}

fn answers() -> Vec<Case> {
    let kept = |name: &str, deviation: &str, code, edits| {
        case(format!("refresh-{name}"), deviation, "RFC 6749, 6", Kept(code), later(edited(Token, edits)))
    };
    // Its new refresh token replaces the old one, which is used up.
    let lives = |name: &str, deviation: &str, code, edits| {
        let wrong = later(edited(Token, edits));
        case(format!("refresh-{name}"), deviation, "RFC 6749, 6", Recovers(code), wrong)
    };
    vec![
        lives(
            "access-token-missing",
            "there is no new access token",
            "access_token_missing",
            vec![Remove("/access_token")],
        ),
        lives(
            "access-token-empty",
            "the new access token is empty",
            "access_token_missing",
            vec![Set("/access_token", "".into())],
        ),
        lives(
            "access-token-line-break",
            "the new access token has a line break",
            "token_malformed",
            vec![Append("/access_token", "\r\nX: y")],
        ),
        kept(
            "refresh-token-line-break",
            "the new refresh token has a line break",
            "token_malformed",
            vec![Append("/refresh_token", "\r\n")],
        ),
        lives(
            "type-mac",
            "the new access token is of another type",
            "token_type_unsupported",
            vec![Set("/token_type", "mac".into())],
        ),
        lives(
            "type-missing",
            "the new access token is of no type",
            "token_type_unsupported",
            vec![Remove("/token_type")],
        ),
        case(
            "refresh-expires-in-words".to_owned(),
            "`expires_in` is a word",
            "RFC 6749, 6",
            Renewed,
            later(edited(Token, vec![Set("/expires_in", "soon".into())])),
        ),
        kept(
            "access-token-twice",
            "there are two new access tokens",
            "token_response_duplicate_member",
            vec![Twice("access_token", "evil".into())],
        ),
        kept("not-an-object", "the answer is a list", "token_response_malformed", vec![Text("[]".into())]),
    ]
}

fn errors() -> Vec<Case> {
    let refused = |status: u16, error: &'static str, expected| {
        let wrong = answer(Token, status, &[], Body::Text(json!({ "error": error }).to_string()));
        let deviation = format!("the renewal is answered with {status} `{error}`");
        case(format!("refresh-error-{}", error.replace('_', "-")), deviation, ERROR, expected, later(wrong))
    };
    // What stands in front of the provider answers in this form.
    let gateway = |status: u16, error: &str| {
        let page = json!({ "status": status, "error": error, "path": "/token" }).to_string();
        let wrong = answer(Token, status, &[], Body::Text(page));
        let deviation =
            format!("a gateway answers the renewal with {status} \u{201c}{error}\u{201d}, as JSON");
        let expected = Recovers("provider_unexpected_status");
        case(format!("refresh-gateway-{status}"), deviation, ERROR, expected, later(wrong))
    };
    vec![
        refused(400, "invalid_grant", Ended("invalid_grant")),
        refused(401, "invalid_client", SignInNeeded("invalid_client")),
        refused(400, "unauthorized_client", SignInNeeded("unauthorized_client")),
        refused(400, "unsupported_grant_type", SignInNeeded("unsupported_grant_type")),
        refused(400, "invalid_request", SignInNeeded("invalid_request")),
        refused(400, "invalid_scope", SignInNeeded("invalid_scope")),
        refused(400, "interaction_required", SignInNeeded("interaction_required")),
        refused(400, "login_required", SignInNeeded("login_required")),
        refused(400, "consent_required", SignInNeeded("consent_required")),
        refused(400, "server_error", Recovers("server_error")),
        refused(400, "temporarily_unavailable", Recovers("temporarily_unavailable")),
        refused(403, "access_denied", SignInNeeded("access_denied")),
        refused(400, "bad_refresh_token", SignInNeeded("provider_refused")),
        refused(400, "expired_token", SignInNeeded("expired_token")),
        gateway(404, "Not Found"),
        gateway(403, "Forbidden"),
    ]
}

fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, wrong| {
        case(format!("refresh-{name}"), deviation, SECTION, Renewed, later(wrong))
    };
    vec![
        good("without-id-token", "there is no new ID token", edited(Token, vec![Remove("/id_token")])),
        good(
            "id-token-null",
            "the new ID token is `null`",
            edited(Token, vec![Set("/id_token", Value::Null)]),
        ),
        good(
            "id-token-false",
            "the new ID token is `false`",
            edited(Token, vec![Set("/id_token", json!(false))]),
        ),
        good(
            "id-token-object",
            "the new ID token is an object",
            edited(Token, vec![Set("/id_token", json!({}))]),
        ),
        good("scope-false", "`scope` is `false`", edited(Token, vec![Set("/scope", json!(false))])),
        good(
            "without-rotation",
            "there is no new refresh token: the old one stays",
            edited(Token, vec![Remove("/refresh_token")]),
        ),
        good(
            "auth-time-later",
            "`auth_time` is later: the person has signed in once more for another application",
            claims(vec![Now("/auth_time", 0)]),
        ),
        good("without-auth-time", "the new ID token has no `auth_time`", claims(vec![Remove("/auth_time")])),
        good(
            "without-names",
            "the new ID token has no names: they stay as they were",
            claims(vec![Remove("/email"), Remove("/name"), Remove("/preferred_username")]),
        ),
        good("scope-missing", "`scope` is missing: it is what it was", edited(Token, vec![Remove("/scope")])),
    ]
}
