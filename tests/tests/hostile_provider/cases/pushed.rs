//! Pushed authorization requests, and the provider's answers.

use abide_demo_op::Body;
use abide_demo_op::Edit::{self, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::{Discovery, PushedAuthorization};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoBrowser, Served};
use crate::hostile_provider::case::{Case, answer, case, json as edited, pushing};

const RESPONSE: &str = "RFC 9126, 2.2";
const ERROR: &str = "RFC 9126, 2.3";
const METADATA: &str = "RFC 9126, 5";

pub(crate) fn cases() -> Vec<Case> {
    [places(), lifetimes(), statuses(), errors(), metadata()].concat()
}

fn refused(name: &str, deviation: &str, code: &'static str, edit: Edit) -> Case {
    let wrong = pushing(edited(PushedAuthorization, vec![edit]));
    case(format!("pushed-{name}"), deviation, RESPONSE, NoBrowser(code), wrong).asking(PushedAuthorization, 1)
}

/// The `request_uri`.
fn places() -> Vec<Case> {
    const URI: &str = "/request_uri";
    let missing = |name: &str, deviation: &str, edit| {
        refused(&format!("uri-{name}"), deviation, "pushed_request_uri_missing", edit)
    };
    let malformed = |name: &str, value: Value| {
        let deviation = format!("`request_uri` is a {name}");
        refused(&format!("uri-{name}"), &deviation, "pushed_response_malformed", Set(URI, value))
    };
    let unusable = |name: &str, words: &str, uri: &str| {
        let deviation = format!("`request_uri` {words}");
        refused(&format!("uri-{name}"), &deviation, "pushed_request_uri_invalid", Set(URI, uri.into()))
    };
    let long = format!("urn:example:{}", "a".repeat(2048));
    vec![
        missing("missing", "`request_uri` is missing", Remove(URI)),
        missing("null", "`request_uri` is `null`", Set(URI, Value::Null)),
        missing("elsewhere", "the answer is an empty object", Text("{}".into())),
        malformed("number", json!(1)),
        malformed("list", json!(["urn:example:a"])),
        malformed("object", json!({ "uri": "urn:example:a" })),
        unusable("empty", "is empty", ""),
        unusable("http", "is plain http", "http://id.example.com/requests/1"),
        unusable("http-loopback", "is plain http on loopback", "{issuer}/requests/1"),
        unusable("file", "is a file", "file:///etc/passwd"),
        unusable("javascript", "is a script", "javascript:alert(1)"),
        unusable("data", "is a `data:` URL", "data:text/html,x"),
        unusable("relative", "is relative", "/requests/1"),
        unusable("word", "is a word", "6esc_11ACC5bwc014ltc14eY22c"),
        unusable("flag", "is an option", "--help"),
        unusable("user-info", "has a user name in front of the host", "https://a@id.example.com/1"),
        unusable("no-host", "has no host", "https:///1"),
        unusable("fragment", "has a fragment", "https://id.example.com/1#a"),
        unusable("urn-alone", "is a URN with nothing in it", "urn:"),
        unusable("urn-namespace", "is a URN without a name", "urn:example:"),
        unusable("urn-fragment", "is a URN with a fragment", "urn:example:a#b"),
        unusable("space", "has a space", "urn:example:a b"),
        unusable("line-break", "has a line break and a header", "urn:example:a\r\nX-Injected: 1"),
        unusable("nul", "has a zero byte", "urn:example:a{nul}"),
        unusable("quotes", "has a quotation mark", "urn:example:\"a"),
        unusable("not-ascii", "is not ASCII", "urn:example:\u{e9}"),
        unusable("bidi", "has a sign that turns the text around", "urn:example:\u{202e}a"),
        unusable("long", "is longer than two KiB", &long),
        refused(
            "uri-twice",
            "`request_uri` is there twice",
            "pushed_response_duplicate_member",
            Twice("request_uri", "urn:example:a".into()),
        ),
    ]
}

fn lifetimes() -> Vec<Case> {
    const EXPIRES: &str = "/expires_in";
    let missing = |name: &str, deviation: &str, edit| {
        refused(&format!("expires-in-{name}"), deviation, "pushed_request_expiration_missing", edit)
    };
    let invalid = |name: &str, words: &str, value: Value| {
        let deviation = format!("`expires_in` is {words}");
        let name = format!("expires-in-{name}");
        refused(&name, &deviation, "pushed_request_expiration_invalid", Set(EXPIRES, value))
    };
    let good = |name: &str, deviation: &str, edits| {
        let wrong = pushing(edited(PushedAuthorization, edits));
        case(format!("pushed-{name}"), deviation, RESPONSE, Served, wrong).asking(PushedAuthorization, 1)
    };
    vec![
        missing("missing", "`expires_in` is missing", Remove(EXPIRES)),
        missing("null", "`expires_in` is `null`", Set(EXPIRES, Value::Null)),
        invalid("zero", "0", json!(0)),
        invalid("negative", "negative", json!(-60)),
        invalid("fraction", "a fraction", json!(1.5)),
        invalid("float", "10^300", json!(1e300)),
        invalid("text", "a text", json!("60")),
        invalid("words", "a word", json!("soon")),
        invalid("bool", "`true`", json!(true)),
        invalid("list", "a list", json!([60])),
        invalid("object", "an object", json!({ "s": 60 })),
        good(
            "expires-in-huge",
            "`expires_in` is 10^18: a day is believed",
            vec![Set(EXPIRES, json!(1_000_000_000_000_000_000_u64))],
        ),
        good("unknown-members", "unknown members", vec![Set("/x", json!([{}]))]),
    ]
}

/// Only 201 is success.
fn statuses() -> Vec<Case> {
    let of = |status: u16, words: &str, code| {
        let (name, deviation) = (format!("pushed-status-{status}"), format!("{status} {words}"));
        let wrong = pushing(answer(PushedAuthorization, status, &[], Body::Same));
        case(name, deviation, RESPONSE, NoBrowser(code), wrong).asking(PushedAuthorization, 1)
    };
    vec![
        of(200, "and a good answer, which has to be 201", "pushed_request_not_created"),
        of(202, "accepted", "pushed_request_not_created"),
        of(203, "changed on the way", "pushed_request_not_created"),
        of(206, "a part of it", "pushed_request_not_created"),
        of(400, "with a good answer", "provider_unexpected_status"),
        of(403, "with a good answer", "pushed_request_refused"),
        of(405, "there is no such method", "provider_unexpected_status"),
        of(404, "there is nothing", "provider_unexpected_status"),
        of(410, "there is nothing any more", "provider_unexpected_status"),
        of(413, "the request is too large", "pushed_request_too_large"),
        of(501, "it is not there", "provider_unexpected_status"),
    ]
}

fn errors() -> Vec<Case> {
    let refused = |status: u16, error: &'static str, code| {
        let words = json!({ "error": error, "error_description": "no\r\n<b>no</b>\u{1b}[1m" });
        let wrong = pushing(answer(PushedAuthorization, status, &[], Body::Text(words.to_string())));
        let name = format!("pushed-error-{}", error.replace('_', "-"));
        let deviation = format!("the provider answers {status} `{error}`");
        // Asked once more, without `offline_access`.
        let times = if error == "invalid_scope" { 2 } else { 1 };
        case(name, deviation, ERROR, NoBrowser(code), wrong).asking(PushedAuthorization, times)
    };
    let text = |name: &str, deviation: &str, status, code, text: &str| {
        let wrong = pushing(answer(PushedAuthorization, status, &[], Body::Text(text.to_owned())));
        case(format!("pushed-error-{name}"), deviation, ERROR, NoBrowser(code), wrong)
            .asking(PushedAuthorization, 1)
    };
    let mut cases: Vec<Case> = [
        (400, "invalid_request"),
        (400, "unsupported_response_type"),
        (400, "invalid_scope"),
        (400, "invalid_redirect_uri"),
        (400, "invalid_request_object"),
        (400, "invalid_request_uri"),
        (400, "request_not_supported"),
        (400, "invalid_target"),
        (400, "server_error"),
        (400, "temporarily_unavailable"),
        (400, "use_dpop_nonce"),
        (400, "invalid_dpop_proof"),
        (400, "unmet_authentication_requirements"),
    ]
    .map(|(status, error)| refused(status, error, error))
    .to_vec();
    cases.extend([
        refused(401, "invalid_client", "pushed_request_refused"),
        refused(400, "unauthorized_client", "pushed_request_refused"),
        refused(403, "access_denied", "pushed_request_refused"),
        refused(400, "AADSTS900144", "provider_refused"),
        text(
            "with-201",
            "an error with status 201",
            201,
            "pushed_request_uri_missing",
            r#"{"error":"invalid_request"}"#,
        ),
        text(
            "with-200",
            "an error with status 200",
            200,
            "pushed_request_not_created",
            r#"{"error":"invalid_request"}"#,
        ),
        text("number", "the error is a number", 400, "provider_unexpected_status", r#"{"error":400}"#),
        text(
            "twice",
            "there are two errors",
            400,
            "provider_unexpected_status",
            r#"{"error":"invalid_request","error":"server_error"}"#,
        ),
    ]);
    cases
}

fn metadata() -> Vec<Case> {
    const ENDPOINT: &str = "/pushed_authorization_request_endpoint";
    const REQUIRED: &str = "/require_pushed_authorization_requests";
    let row = |name: &str, deviation: &str, expected, edits| {
        case(format!("pushed-{name}"), deviation, METADATA, expected, pushing(edited(Discovery, edits)))
    };
    vec![
        row(
            "required-without-endpoint",
            "requests have to be pushed, and it is not said where to",
            NoBrowser("endpoint_missing"),
            vec![Remove(ENDPOINT), Set(REQUIRED, json!(true))],
        ),
        row(
            "required-with-empty-endpoint",
            "requests have to be pushed, and where to is empty",
            NoBrowser("endpoint_missing"),
            vec![Set(ENDPOINT, "".into()), Set(REQUIRED, json!(true))],
        ),
        row(
            "required-text",
            "whether requests have to be pushed is a text; they can be",
            Served,
            vec![Set(REQUIRED, "true".into())],
        )
        .asking(PushedAuthorization, 1),
        row(
            "endpoint-number",
            "the address for requests is a number",
            NoBrowser("endpoint_invalid"),
            vec![Set(ENDPOINT, json!(1))],
        ),
        row("required", "requests have to be pushed", Served, vec![Set(REQUIRED, json!(true))])
            .asking(PushedAuthorization, 1),
        row("not-offered", "requests cannot be pushed", Served, vec![Remove(ENDPOINT), Remove(REQUIRED)])
            .asking(PushedAuthorization, 0),
    ]
}
