//! Token responses that must be refused.

use abide_demo_op::Body;
use abide_demo_op::Edit;
use abide_demo_op::Edit::{Append, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::Token;
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoToken, Served};
use crate::hostile_provider::case::{Case, answer, case, json as edited};

const RESPONSE: &str = "RFC 6749, 5.1";
const ERROR: &str = "RFC 6749, 5.2";

pub(crate) fn cases() -> Vec<Case> {
    [members(), errors(), unusual()].concat()
}

fn members() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, section, code, edits: Vec<Edit>| {
        case(format!("token-{name}"), deviation, section, NoToken(code), edited(Token, edits))
    };
    let missing = |name: &str, deviation: &str, edit| {
        refused(name, deviation, RESPONSE, "access_token_missing", vec![edit])
    };
    let malformed = |name: &str, deviation: &str, edit| {
        refused(name, deviation, RESPONSE, "token_response_malformed", vec![edit])
    };
    let unusable = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "RFC 6750, 2.1", "token_malformed", vec![edit])
    };
    let kind = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "RFC 6749, 7.1", "token_type_unsupported", vec![edit])
    };
    let no_id_token = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "Core 1.0, 3.1.3.3", "id_token_missing", vec![edit])
    };
    let twice = |name: &str, value: &str| {
        let deviation = format!("`{}` is there twice", name.replace('-', "_"));
        let member: &'static str = match name {
            "access-token" => "access_token",
            "id-token" => "id_token",
            "token-type" => "token_type",
            _ => "scope",
        };
        refused(
            &format!("{name}-twice"),
            &deviation,
            "RFC 8259, 4",
            "token_response_duplicate_member",
            vec![Twice(member, value.into())],
        )
    };
    vec![
        missing("access-token-missing", "`access_token` is missing", Remove("/access_token")),
        missing("access-token-null", "`access_token` is `null`", Set("/access_token", Value::Null)),
        missing("access-token-empty", "`access_token` is empty", Set("/access_token", "".into())),
        malformed("access-token-number", "`access_token` is a number", Set("/access_token", json!(1))),
        malformed("access-token-object", "`access_token` is an object", Set("/access_token", json!({}))),
        unusable("access-token-space", "`access_token` has a space", Append("/access_token", " x")),
        unusable(
            "access-token-line-break",
            "`access_token` has a line break and a header",
            Append("/access_token", "\r\nX-Injected: 1"),
        ),
        unusable("access-token-nul", "`access_token` has a zero byte", Append("/access_token", "{nul}")),
        unusable("access-token-not-ascii", "`access_token` is not ASCII", Append("/access_token", "\u{e9}")),
        unusable(
            "access-token-escape",
            "`access_token` has commands for a terminal",
            Append("/access_token", "\u{1b}[31m"),
        ),
        unusable(
            "refresh-token-line-break",
            "`refresh_token` has a line break",
            Append("/refresh_token", "\nx"),
        ),
        unusable(
            "refresh-token-not-ascii",
            "`refresh_token` is not ASCII",
            Append("/refresh_token", "\u{e9}"),
        ),
        kind("type-missing", "`token_type` is missing", Remove("/token_type")),
        kind("type-null", "`token_type` is `null`", Set("/token_type", Value::Null)),
        kind("type-empty", "`token_type` is empty", Set("/token_type", "".into())),
        kind("type-mac", "`token_type` is `mac`", Set("/token_type", "mac".into())),
        kind(
            "type-dpop",
            "`token_type` is `DPoP`, which was not asked for",
            Set("/token_type", "DPoP".into()),
        ),
        kind("type-n-a", "`token_type` is `N_A`", Set("/token_type", "N_A".into())),
        kind("type-space", "`token_type` has a space after it", Set("/token_type", "Bearer ".into())),
        malformed("type-list", "`token_type` is a list", Set("/token_type", json!(["Bearer"]))),
        no_id_token("id-token-missing", "`id_token` is missing", Remove("/id_token")),
        no_id_token("id-token-null", "`id_token` is `null`", Set("/id_token", Value::Null)),
        no_id_token("id-token-number", "`id_token` is a number", Set("/id_token", json!(1))),
        no_id_token("id-token-false", "`id_token` is `false`", Set("/id_token", json!(false))),
        no_id_token(
            "id-token-object",
            "`id_token` is an object",
            Set("/id_token", json!({ "sub": "demo-user-1" })),
        ),
        no_id_token("id-token-list", "`id_token` is a list", Set("/id_token", json!(["a.b.c"]))),
        twice("access-token", "at"),
        twice("id-token", "a.b.c"),
        twice("token-type", "Bearer"),
        twice("scope", "openid"),
        refused(
            "error-beside-tokens",
            "`error` beside tokens",
            ERROR,
            "invalid_grant",
            vec![Set("/error", "invalid_grant".into())],
        ),
        refused(
            "error-with-200",
            "an error with status 200",
            ERROR,
            "invalid_grant",
            vec![Text(r#"{"error":"invalid_grant"}"#.into())],
        ),
        refused(
            "error-unknown-with-200",
            "an unknown error with status 200",
            ERROR,
            "provider_refused",
            vec![Text(r#"{"error":"incorrect_client_credentials"}"#.into())],
        ),
        refused(
            "form-encoded",
            "the answer is a form, and says that it is JSON",
            RESPONSE,
            "token_response_malformed",
            vec![Text("access_token=a&token_type=bearer".into())],
        ),
        refused(
            "empty-object",
            "the answer is an empty object",
            RESPONSE,
            "access_token_missing",
            vec![Text("{}".into())],
        ),
        refused(
            "nested",
            "the tokens are in an object inside",
            RESPONSE,
            "access_token_missing",
            vec![Text(r#"{"data":{"access_token":"a","token_type":"Bearer"}}"#.into())],
        ),
    ]
}

fn errors() -> Vec<Case> {
    let refused = |status: u16, error: &'static str, code: &'static str| {
        case(
            format!("token-error-{}", error.replace('_', "-").to_lowercase()),
            format!("the provider answers {status} `{error}`"),
            ERROR,
            NoToken(code),
            answer(
                Token,
                status,
                &[],
                Body::Text(
                    json!({ "error": error, "error_description": "no\r\n<b>no</b>\u{1b}[1m" }).to_string(),
                ),
            ),
        )
    };
    let bad = |name: &str, deviation: &str, text: &str| {
        case(
            format!("token-error-{name}"),
            deviation,
            ERROR,
            NoToken("provider_unexpected_status"),
            answer(Token, 400, &[], Body::Text(text.to_owned())),
        )
    };
    let mut cases: Vec<Case> = [
        (400, "invalid_request"),
        (401, "invalid_client"),
        (400, "invalid_grant"),
        (400, "unauthorized_client"),
        (400, "unsupported_grant_type"),
        (400, "invalid_scope"),
        (400, "invalid_target"),
        (403, "access_denied"),
        (400, "server_error"),
        (400, "temporarily_unavailable"),
        (400, "use_dpop_nonce"),
        (400, "invalid_dpop_proof"),
    ]
    .map(|(status, error)| refused(status, error, error))
    .to_vec();
    cases.extend([
        refused(400, "AADSTS50011", "provider_refused"),
        bad("number", "the error is a number", r#"{"error":400}"#),
        bad("object", "the error is an object", r#"{"error":{"code":"invalid_grant"}}"#),
        bad("list", "the error is in a list", r#"[{"error":"invalid_grant"}]"#),
        bad("missing", "there is a description and no error", r#"{"error_description":"no"}"#),
        bad("twice", "there are two errors", r#"{"error":"invalid_grant","error":"server_error"}"#),
    ]);
    cases
}

fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, edits| {
        case(format!("token-{name}"), deviation, RESPONSE, Served, edited(Token, edits))
    };
    vec![
        good("type-lower-case", "`token_type` is `bearer`", vec![Set("/token_type", "bearer".into())]),
        good("expires-in-text", "`expires_in` is a number in a text", vec![Set("/expires_in", "300".into())]),
        good("expires-in-huge", "`expires_in` is 10^300", vec![Set("/expires_in", json!(1e300))]),
        good("expires-in-missing", "`expires_in` is missing", vec![Remove("/expires_in")]),
        good("scope-missing", "`scope` is missing: it is what was asked for", vec![Remove("/scope")]),
        good(
            "unknown-members",
            "unknown members",
            vec![Set("/not-before-policy", json!(0)), Set("/x", json!([{}]))],
        ),
        good("refresh-token-missing", "there is no refresh token", vec![Remove("/refresh_token")]),
        good("refresh-token-number", "`refresh_token` is a number", vec![Set("/refresh_token", json!(1))]),
        good("refresh-token-list", "`refresh_token` is a list", vec![Set("/refresh_token", json!(["a"]))]),
        good("expires-in-negative", "`expires_in` is negative", vec![Set("/expires_in", json!(-1))]),
        good("expires-in-words", "`expires_in` is a word", vec![Set("/expires_in", json!("soon"))]),
        good("expires-in-bool", "`expires_in` is `true`", vec![Set("/expires_in", json!(true))]),
        good("expires-in-list", "`expires_in` is a list", vec![Set("/expires_in", json!([300]))]),
        good("expires-in-object", "`expires_in` is an object", vec![Set("/expires_in", json!({ "s": 300 }))]),
        good("scope-list", "`scope` is a list", vec![Set("/scope", json!(["openid"]))]),
        good(
            "scope-list-null",
            "`scope` is a list with `null`",
            vec![Set("/scope", json!(["openid", null]))],
        ),
        good("scope-number", "`scope` is a number", vec![Set("/scope", json!(1))]),
        good("scope-false", "`scope` is `false`", vec![Set("/scope", json!(false))]),
        good("scope-object", "`scope` is an object", vec![Set("/scope", json!({}))]),
        good("error-member-number", "`error` is a number", vec![Set("/error", json!(1))]),
        good(
            "refresh-token-empty",
            "`refresh_token` is empty: there is none",
            vec![Set("/refresh_token", "".into())],
        ),
    ]
}
