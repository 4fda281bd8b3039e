//! UserInfo that does not fit is not used.

use abide_demo_op::Body;
use abide_demo_op::Edit::{self, Append, Capitals, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::UserInfo;
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoClaims, Served, Substituted};
use crate::hostile_provider::case::{Case, answer, case, json as edited, nameless};

const SUBJECT: &str = "Core 1.0, 5.3.2";

pub(crate) fn cases() -> Vec<Case> {
    [subject(), refusals(), unusual()].concat()
}

fn subject() -> Vec<Case> {
    let other = |name: &str, deviation: &str, edit| {
        case(
            format!("userinfo-{name}"),
            deviation,
            SUBJECT,
            Substituted("userinfo_subject_mismatch"),
            nameless(edited(UserInfo, vec![edit])),
        )
    };
    let missing = |name: &str, deviation: &str, edits: Vec<Edit>| {
        case(
            format!("userinfo-{name}"),
            deviation,
            SUBJECT,
            NoClaims("userinfo_subject_missing"),
            nameless(edited(UserInfo, edits)),
        )
    };
    vec![
        other("sub-case", "`sub` differs by case", Capitals("/sub")),
        other("sub-longer", "`sub` has one character more", Append("/sub", "0")),
        other("sub-space", "`sub` has a space after it", Append("/sub", " ")),
        other("sub-nul", "`sub` has a zero byte after it", Append("/sub", "{nul}")),
        other("sub-empty", "`sub` is empty", Set("/sub", "".into())),
        other(
            "sub-look-alike",
            "`sub` only looks like the right one",
            Set("/sub", "dem\u{43e}-user-1".into()),
        ),
        missing("sub-missing", "`sub` is missing", vec![Remove("/sub")]),
        missing("sub-null", "`sub` is `null`", vec![Set("/sub", Value::Null)]),
        missing("sub-number", "`sub` is a number", vec![Set("/sub", json!(1))]),
        missing("sub-list", "`sub` is a list", vec![Set("/sub", json!(["demo-user-1"]))]),
        missing(
            "sub-elsewhere",
            "`sub` is called `id`",
            vec![Remove("/sub"), Set("/id", "demo-user-1".into())],
        ),
        missing("empty-object", "there is nothing in it", vec![Text("{}".into())]),
        case(
            "userinfo-sub-twice",
            "`sub` is there twice",
            "RFC 8259, 4",
            NoClaims("userinfo_duplicate_member"),
            nameless(edited(UserInfo, vec![Twice("sub", "demo-user-2".into())])),
        ),
        case(
            "userinfo-email-twice",
            "`email` is there twice",
            "RFC 8259, 4",
            NoClaims("userinfo_duplicate_member"),
            nameless(edited(UserInfo, vec![Twice("email", "bob@example.com".into())])),
        ),
    ]
}

fn refusals() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, status, code, text: &str| {
        case(
            format!("userinfo-{name}"),
            deviation,
            "RFC 6750, 3.1",
            NoClaims(code),
            nameless(answer(UserInfo, status, &[], Body::Text(text.to_owned()))),
        )
    };
    vec![
        refused(
            "error-401",
            "401 `invalid_token`",
            401,
            "access_token_rejected",
            r#"{"error":"invalid_token"}"#,
        ),
        refused(
            "error-403",
            "403 `insufficient_scope`",
            403,
            "insufficient_scope",
            r#"{"error":"insufficient_scope"}"#,
        ),
        refused(
            "error-400",
            "400 `invalid_request`",
            400,
            "invalid_request",
            r#"{"error":"invalid_request"}"#,
        ),
        refused(
            "error-step-up",
            "403 `insufficient_user_authentication`",
            403,
            "insufficient_user_authentication",
            r#"{"error":"insufficient_user_authentication"}"#,
        ),
        refused(
            "error-unknown",
            "403 with an unknown error",
            403,
            "provider_unexpected_status",
            r#"{"error":"forbidden"}"#,
        ),
    ]
}

fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, edits| {
        case(
            format!("userinfo-{name}"),
            deviation,
            "Core 1.0, 5.3.2",
            Served,
            nameless(edited(UserInfo, edits)),
        )
    };
    vec![
        good("unknown-claims", "unknown claims", vec![Set("/x", json!({ "y": [1, null] }))]),
        good(
            "other-iss",
            "`iss` and `aud` in unsigned claims mean nothing",
            vec![Set("/iss", "https://evil.example".into()), Set("/aud", "somebody".into())],
        ),
    ]
}
