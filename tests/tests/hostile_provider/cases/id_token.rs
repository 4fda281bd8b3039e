//! ID tokens whose claims must be refused.

use abide_demo_op::Edit;
use abide_demo_op::Edit::{Append, Beside, Capitals, Now, Remove, Set, Twice};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoToken, Served};
use crate::hostile_provider::case::{Case, case, claims};

const CLAIMS: &str = "Core 1.0, 2";

pub(crate) fn cases() -> Vec<Case> {
    [parties(), subject(), times(), binding()].concat()
}

fn refused(name: &str, deviation: &str, section: &'static str, code: &'static str, edits: Vec<Edit>) -> Case {
    case(format!("id-token-{name}"), deviation, section, NoToken(code), claims(edits))
}

fn good(name: &str, deviation: &str, section: &'static str, edits: Vec<Edit>) -> Case {
    case(format!("id-token-{name}"), deviation, section, Served, claims(edits))
}

/// The issuer and the audience.
fn parties() -> Vec<Case> {
    let issuer = |name: &str, deviation: &str, edits| {
        refused(name, deviation, "Core 1.0, 3.1.3.7 rule 2", "id_token_issuer_mismatch", edits)
    };
    let audience = |name: &str, deviation: &str, value: Value| {
        refused(
            name,
            deviation,
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_mismatch",
            vec![Set("/aud", value)],
        )
    };
    let malformed =
        |name: &str, deviation: &str, edits| refused(name, deviation, CLAIMS, "id_token_malformed", edits);
    vec![
        issuer("iss-slash", "`iss` has a slash at the end", vec![Append("/iss", "/")]),
        issuer("iss-path", "`iss` has a path", vec![Append("/iss", "/realms/a")]),
        issuer("iss-capitals", "`iss` is in capitals", vec![Capitals("/iss")]),
        issuer("iss-https", "`iss` has https", vec![Set("/iss", "https://127.0.0.1:{port}".into())]),
        issuer("iss-without-scheme", "`iss` has no scheme", vec![Set("/iss", "127.0.0.1:{port}".into())]),
        issuer("iss-empty", "`iss` is empty", vec![Set("/iss", "".into())]),
        issuer("iss-space", "`iss` has a space after it", vec![Append("/iss", " ")]),
        refused(
            "iss-null",
            "`iss` is `null`",
            CLAIMS,
            "id_token_issuer_missing",
            vec![Set("/iss", Value::Null)],
        ),
        malformed("iss-number", "`iss` is a number", vec![Set("/iss", json!(1))]),
        malformed("iss-list", "`iss` is a list", vec![Set("/iss", json!(["{issuer}"]))]),
        refused(
            "iss-twice",
            "`iss` is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("iss", "https://evil.example".into())],
        ),
        audience("aud-empty-text", "`aud` is empty", json!("")),
        audience("aud-prefix", "`aud` is longer than our name", json!("plain")),
        audience("aud-list-of-others", "`aud` is a list without us", json!(["somebody", "somebody-else"])),
        audience(
            "aud-list-in-text",
            "`aud` is a text with us somewhere in it",
            json!("somebody plain-0 plain-1 plain-2 plain-3 plain-4 plain-5"),
        ),
        refused(
            "aud-empty-list",
            "`aud` is an empty list",
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_missing",
            vec![Set("/aud", json!([]))],
        ),
        refused(
            "aud-null",
            "`aud` is `null`",
            CLAIMS,
            "id_token_audience_missing",
            vec![Set("/aud", Value::Null)],
        ),
        malformed("aud-number", "`aud` is a number", vec![Set("/aud", json!(1))]),
        malformed("aud-object", "`aud` is an object", vec![Set("/aud", json!({ "0": "plain" }))]),
        malformed("aud-list-of-numbers", "`aud` is a list of numbers", vec![Set("/aud", json!([1]))]),
        refused(
            "aud-twice",
            "`aud` is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("aud", "somebody".into())],
        ),
        refused(
            "aud-with-a-stranger",
            "`aud` has an application that is not trusted, beside us",
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_untrusted",
            vec![Beside("/aud", "somebody".into())],
        ),
        refused(
            "aud-with-a-stranger-and-azp",
            "the same, and `azp` is that application",
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_untrusted",
            vec![Beside("/aud", "somebody".into()), Set("/azp", "somebody".into())],
        ),
        refused(
            "aud-with-nothing",
            "`aud` has an empty text beside us",
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_untrusted",
            vec![Beside("/aud", "".into())],
        ),
        refused(
            "aud-with-a-number",
            "`aud` has a number beside us",
            CLAIMS,
            "id_token_malformed",
            vec![Beside("/aud", json!(1))],
        ),
        refused(
            "azp-other",
            "`azp` is another application",
            "Core 1.0, 3.1.3.7 rule 5",
            "id_token_authorized_party_mismatch",
            vec![Set("/azp", "somebody".into())],
        ),
        good("azp-empty", "`azp` is empty", "Core 1.0, 3.1.3.7 rule 5", vec![Set("/azp", "".into())]),
        malformed("azp-number", "`azp` is a number", vec![Set("/azp", json!(1))]),
        malformed("azp-list", "`azp` is a list", vec![Set("/azp", json!(["plain"]))]),
    ]
}

fn subject() -> Vec<Case> {
    let invalid = |name: &str, deviation: &str, value: Value| {
        refused(name, deviation, CLAIMS, "id_token_subject_invalid", vec![Set("/sub", value)])
    };
    vec![
        refused(
            "sub-empty",
            "`sub` is empty",
            CLAIMS,
            "id_token_subject_missing",
            vec![Set("/sub", "".into())],
        ),
        refused(
            "sub-null",
            "`sub` is `null`",
            CLAIMS,
            "id_token_subject_missing",
            vec![Set("/sub", Value::Null)],
        ),
        refused(
            "sub-number",
            "`sub` is a number",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/sub", json!(1001))],
        ),
        refused(
            "sub-list",
            "`sub` is a list",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/sub", json!(["demo-user-1"]))],
        ),
        refused(
            "sub-object",
            "`sub` is an object",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/sub", json!({}))],
        ),
        refused(
            "sub-twice",
            "`sub` is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("sub", "demo-user-2".into())],
        ),
        invalid("sub-long", "`sub` has 256 characters", json!("s".repeat(256))),
        invalid("sub-not-ascii", "`sub` is not ASCII", json!("\u{430}lice")),
        invalid("sub-control", "`sub` has a line break", json!("demo-user-1\r\nX: y")),
        invalid("sub-nul", "`sub` has a zero byte", json!("demo-user-1{nul}")),
        invalid("sub-bidi", "`sub` turns the text around", json!("demo\u{202e}user")),
    ]
}

fn times() -> Vec<Case> {
    let malformed = |name: &str, deviation: &str, member: &'static str, value: Value| {
        refused(name, deviation, "RFC 7519, 2", "id_token_malformed", vec![Set(member, value)])
    };
    let expired = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "Core 1.0, 3.1.3.7 rule 9", "id_token_expired", vec![edit])
    };
    let future = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "Core 1.0, 3.1.3.7 rule 10", "id_token_issued_in_future", vec![edit])
    };
    let auth = |name: &str, deviation: &str, seconds| {
        refused(name, deviation, CLAIMS, "id_token_auth_time_in_future", vec![Now("/auth_time", seconds)])
    };
    vec![
        expired("exp-two-minutes-ago", "`exp` is two minutes ago", Now("/exp", -120)),
        expired("exp-a-day-ago", "`exp` is a day ago", Now("/exp", -86_400)),
        expired("exp-zero", "`exp` is 1970", Set("/exp", json!(0))),
        expired("exp-float-past", "`exp` is past, with a fraction", Set("/exp", json!(1_000_000_000.5))),
        refused(
            "exp-missing",
            "`exp` is missing",
            CLAIMS,
            "id_token_expiration_missing",
            vec![Remove("/exp")],
        ),
        refused(
            "exp-null",
            "`exp` is `null`",
            CLAIMS,
            "id_token_expiration_missing",
            vec![Set("/exp", Value::Null)],
        ),
        malformed("exp-text", "`exp` is a text", "/exp", json!("4102444800")),
        malformed("exp-date", "`exp` is written as a date", "/exp", json!("2099-12-31T23:59:59Z")),
        malformed("exp-negative", "`exp` is negative", "/exp", json!(-1)),
        malformed("exp-list", "`exp` is a list", "/exp", json!([4_102_444_800_u64])),
        malformed("exp-beyond-year-9999", "`exp` is after the year 9999", "/exp", json!(253_402_300_800_u64)),
        malformed("exp-largest-number", "`exp` is the largest number of 64 bits", "/exp", json!(u64::MAX)),
        malformed("exp-huge", "`exp` is 10^300", "/exp", json!(1e300)),
        malformed("exp-bool", "`exp` is `true`", "/exp", json!(true)),
        refused(
            "exp-twice",
            "`exp` is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("exp", json!(4_102_444_800_u64))],
        ),
        future("iat-two-minutes-ahead", "`iat` is two minutes ahead", Now("/iat", 120)),
        future("iat-a-year-ahead", "`iat` is a year ahead", Now("/iat", 31_536_000)),
        refused(
            "iat-null",
            "`iat` is `null`",
            CLAIMS,
            "id_token_issued_at_missing",
            vec![Set("/iat", Value::Null)],
        ),
        malformed("iat-text", "`iat` is a text", "/iat", json!("now")),
        malformed(
            "iat-milliseconds",
            "`iat` is so large that it is after the year 9999",
            "/iat",
            json!(1_795_000_000_000_u64),
        ),
        malformed("iat-negative", "`iat` is negative", "/iat", json!(-5)),
        refused(
            "nbf-ahead",
            "`nbf` is two minutes ahead",
            "RFC 7519, 4.1.5",
            "id_token_not_yet_valid",
            vec![Now("/nbf", 120)],
        ),
        malformed("nbf-text", "`nbf` is a text", "/nbf", json!("later")),
        auth("auth-time-ahead", "`auth_time` is two minutes ahead", 120),
        auth("auth-time-a-day-ahead", "`auth_time` is a day ahead", 86_400),
        malformed("auth-time-text", "`auth_time` is a text", "/auth_time", json!("yesterday")),
        good(
            "exp-within-skew",
            "`exp` was half a minute ago: clocks differ",
            "Core 1.0, 3.1.3.7 rule 9",
            vec![Now("/exp", -30)],
        ),
        good(
            "iat-within-skew",
            "`iat` is half a minute ahead: clocks differ",
            "Core 1.0, 3.1.3.7 rule 10",
            vec![Now("/iat", 30)],
        ),
        good("nbf-past", "`nbf` is past", "RFC 7519, 4.1.5", vec![Now("/nbf", -10)]),
        good("exp-float", "`exp` has a fraction", "RFC 7519, 2", vec![Set("/exp", json!(4_102_444_800.5))]),
    ]
}

/// The claims that bind it to this sign-in and to the access token.
fn binding() -> Vec<Case> {
    let nonce = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "Core 1.0, 3.1.3.7 rule 11", "id_token_nonce_mismatch", vec![edit])
    };
    let hash = |name: &str, deviation: &str, edit| {
        refused(name, deviation, "Core 1.0, 3.1.3.8", "id_token_at_hash_mismatch", vec![edit])
    };
    vec![
        refused(
            "nonce-empty",
            "`nonce` is empty",
            "Core 1.0, 3.1.3.7 rule 11",
            "id_token_nonce_missing",
            vec![Set("/nonce", "".into())],
        ),
        nonce("nonce-longer", "`nonce` has one character more", Append("/nonce", "A")),
        nonce("nonce-capitals", "`nonce` is in capitals", Capitals("/nonce")),
        nonce("nonce-space", "`nonce` has a space after it", Append("/nonce", " ")),
        refused(
            "nonce-number",
            "`nonce` is a number",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/nonce", json!(1))],
        ),
        refused(
            "nonce-list",
            "`nonce` is a list",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/nonce", json!(["a"]))],
        ),
        refused(
            "nonce-twice",
            "`nonce` is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("nonce", "a".into())],
        ),
        hash(
            "at-hash-other",
            "`at_hash` is that of another token",
            Set("/at_hash", "77QmUPtjPfzWtF2AnpK9RQ".into()),
        ),
        good("at-hash-empty", "`at_hash` is empty", "Core 1.0, 3.1.3.8", vec![Set("/at_hash", "".into())]),
        hash("at-hash-longer", "`at_hash` has more after it", Append("/at_hash", "AA")),
        hash("at-hash-padded", "`at_hash` has `=` after it", Append("/at_hash", "==")),
        hash("at-hash-capitals", "`at_hash` is in capitals", Capitals("/at_hash")),
        refused(
            "at-hash-number",
            "`at_hash` is a number",
            CLAIMS,
            "id_token_malformed",
            vec![Set("/at_hash", json!(1))],
        ),
        refused(
            "claim-twice",
            "an unused claim is there twice",
            "RFC 7519, 4",
            "id_token_duplicate_member",
            vec![Twice("email", "bob@example.com".into())],
        ),
        good(
            "without-at-hash",
            "`at_hash` is missing, which the code flow allows",
            "Core 1.0, 3.1.3.6",
            vec![Remove("/at_hash")],
        ),
        good(
            "unknown-claims",
            "claims that no specification has",
            "Core 1.0, 3.1.3.3",
            vec![Set("/x", json!({ "y": [1, 2, { "z": null }] }))],
        ),
    ]
}
