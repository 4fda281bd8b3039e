//! Sign-in on another device: the code for the person, and the provider's answers to polls.

use abide_demo_op::Edit::{self, Append, Now, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::{DeviceAuthorization, Discovery, Token};
use abide_demo_op::{Body, Deviation, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{self, NoCode, NoToken, Renewed, Served};
use crate::hostile_provider::case::{
    Case, Person, Way, answer, body, case, claims, jose, json as edited, once, set, signed,
};

const RESPONSE: &str = "RFC 8628, 3.2";
const POLL: &str = "RFC 8628, 3.5";

pub(crate) fn cases() -> Vec<Case> {
    [codes(), pages(), times(), errors(), polls(), late(), tokens(), good()].concat()
}

fn row(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    case(format!("device-{name}"), deviation, section, expected, wrong).by(Way::Device)
}

fn refused(name: &str, deviation: &str, code: &'static str, edit: Edit) -> Case {
    let wrong = edited(DeviceAuthorization, vec![edit]);
    row(name, deviation, RESPONSE, NoCode(code), wrong).asking(DeviceAuthorization, 1)
}

/// The two codes: the one that the device keeps, and the one that it shows.
fn codes() -> Vec<Case> {
    let mut cases = Vec::new();
    let members = [
        ("device-code", "device_code", "/device_code", "device_code_invalid", 4097),
        ("user-code", "user_code", "/user_code", "device_user_code_invalid", 65),
    ];
    for (name, member, place, code, too_long) in members {
        let row = |what: &str, words: &str, edit| {
            refused(&format!("{name}-{what}"), &format!("`{member}` {words}"), code, edit)
        };
        let malformed = |what: &str, words: &str, value: Value| {
            let (name, words) = (format!("{name}-{what}"), format!("`{member}` is {words}"));
            refused(&name, &words, "device_authorization_malformed", Set(place, value))
        };
        cases.extend([
            row("missing", "is missing", Remove(place)),
            row("null", "is `null`", Set(place, Value::Null)),
            row("empty", "is empty", Set(place, "".into())),
            row("spaces", "is spaces", Set(place, "   ".into())),
            row("line-break", "has a line break", Append(place, "\r\nX: y")),
            row("nul", "has a zero byte", Append(place, "{nul}")),
            row("escape", "has commands for a terminal", Append(place, "\u{1b}]0;x\u{7}")),
            row("not-ascii", "is not ASCII", Append(place, "\u{e9}")),
            row("long", "is too long", Set(place, "A".repeat(too_long).into())),
            malformed("number", "a number", json!(12_345_678)),
            malformed("list", "a list", json!(["ABCD-EFGH"])),
            malformed("object", "an object", json!({})),
            refused(
                &format!("{name}-twice"),
                &format!("`{member}` is there twice"),
                "device_authorization_duplicate_member",
                Twice(member, "ABCD-EFGH".into()),
            ),
        ]);
    }
    cases.push(refused(
        "user-code-bidi",
        "`user_code` has a sign that turns the text around",
        "device_user_code_invalid",
        Append("/user_code", "\u{202e}"),
    ));
    cases.push(refused(
        "empty-object",
        "the answer is an empty object",
        "device_code_invalid",
        Text("{}".into()),
    ));
    cases
}

/// The addresses for the person. `{}` is not replaced here: the text is what the device would show and write into a QR code.
fn pages() -> Vec<Case> {
    const ADDRESSES: [(&str, &str, &str); 17] = [
        ("file", "is a file", "file:///etc/passwd"),
        ("javascript", "is a script", "javascript:alert(1)"),
        (
            "javascript-slashes",
            "is a script that looks like an address",
            "javascript://id.example.com/%0aalert(1)",
        ),
        ("data", "is a `data:` URL", "data:text/html,x"),
        ("custom-scheme", "is for another application", "otherapp://device"),
        ("tel", "is a number to call", "tel:+1900555"),
        ("user-info", "has a user name in front of the host", "https://id.example.com@evil.example/"),
        ("fragment", "has a fragment", "{issuer}/device#x"),
        ("relative", "is relative", "/device"),
        ("no-scheme", "has no scheme", "id.example.com/device"),
        ("no-host", "has no host", "https:///device"),
        ("flag", "is an option", "--help"),
        ("space", "has a space", "{issuer}/device and more"),
        ("line-break", "has a line break", "{issuer}/device\r\nX: y"),
        ("escape", "has commands for a terminal", "{issuer}/\u{1b}]8;;x\u{7}"),
        ("nul", "has a zero byte", "{issuer}/device{nul}"),
        ("bidi", "has a sign that turns the text around", "{issuer}/\u{202e}x"),
    ];
    let mut cases = Vec::new();
    let members = [
        ("page", "verification_uri", "/verification_uri"),
        ("page-complete", "verification_uri_complete", "/verification_uri_complete"),
    ];
    for (name, member, place) in members {
        let row = |what: &str, words: &str, code, edit| {
            let (name, deviation) = (format!("{name}-{what}"), format!("`{member}` {words}"));
            // The page with the code in its address saves typing, and nothing else.
            match member {
                "verification_uri" => refused(&name, &deviation, code, edit),
                _ => row(&name, &deviation, RESPONSE, Served, edited(DeviceAuthorization, vec![edit])),
            }
        };
        cases.extend(ADDRESSES.map(|(what, words, address)| {
            row(what, words, "device_verification_uri_invalid", Set(place, address.into()))
        }));
        let insecure = "device_verification_uri_insecure";
        let long = format!("https://id.example.com/{}", "a".repeat(2048));
        cases.extend([
            row(
                "http-elsewhere",
                "is plain http on another computer",
                insecure,
                Set(place, "http://192.0.2.1/device".into()),
            ),
            row(
                "http-public-name",
                "is plain http under a public name",
                insecure,
                Set(place, "http://id.example.com/device".into()),
            ),
            row("long", "is longer than two KiB", "device_verification_uri_invalid", Set(place, long.into())),
            row("number", "is a number", "device_authorization_malformed", Set(place, json!(1))),
            row(
                "list",
                "is a list",
                "device_authorization_malformed",
                Set(place, json!(["{issuer}/device"])),
            ),
        ]);
    }
    let page = |name: &str, words: &str, edit| {
        refused(&format!("page-{name}"), words, "device_verification_uri_invalid", edit)
    };
    cases.extend([
        page("missing", "`verification_uri` is missing", Remove("/verification_uri")),
        page("null", "`verification_uri` is `null`", Set("/verification_uri", Value::Null)),
        page("empty", "`verification_uri` is empty", Set("/verification_uri", "".into())),
    ]);
    cases
}

fn times() -> Vec<Case> {
    let expiry = |name: &str, words: &str, edit| {
        refused(
            &format!("expires-in-{name}"),
            &format!("`expires_in` is {words}"),
            "device_expiry_invalid",
            edit,
        )
    };
    let malformed = |name: &str, place: &'static str, words: &str, value: Value| {
        let deviation = format!("`{}` is {words}", &place[1..]);
        refused(name, &deviation, "device_authorization_malformed", Set(place, value))
    };
    let interval = |name: &str, words: &str, value: Value| {
        let (name, deviation) = (format!("interval-{name}"), format!("`interval` is {words}"));
        refused(&name, &deviation, "device_interval_invalid", Set("/interval", value))
    };
    // Then it is five seconds (RFC 8628, section 3.2).
    let usual = |name: &str, words: &str, value: Value| {
        let (name, deviation) = (format!("interval-{name}"), format!("`interval` is {words}"));
        let wrong = edited(DeviceAuthorization, vec![Set("/interval", value)]);
        row(&name, &deviation, RESPONSE, Served, wrong)
    };
    vec![
        expiry("missing", "missing", Remove("/expires_in")),
        expiry("null", "`null`", Set("/expires_in", Value::Null)),
        expiry("zero", "0", Set("/expires_in", json!(0))),
        expiry("fraction", "less than a second", Set("/expires_in", json!(0.5))),
        malformed("expires-in-negative", "/expires_in", "negative", json!(-600)),
        malformed("expires-in-words", "/expires_in", "a word", json!("soon")),
        malformed("expires-in-bool", "/expires_in", "`true`", json!(true)),
        malformed("expires-in-list", "/expires_in", "a list", json!([600])),
        interval("minutes", "more than five minutes", json!(301)),
        interval("huge", "10^300", json!(1e300)),
        interval("huge-text", "a huge number in a text", json!("99999999999")),
        usual("negative", "negative", json!(-1)),
        usual("words", "a word", json!("often")),
        usual("bool", "`false`", json!(false)),
        usual("object", "an object", json!({ "s": 5 })),
    ]
}

fn error(error: &str) -> Body {
    Body::Text(json!({ "error": error }).to_string())
}

fn errors() -> Vec<Case> {
    let refused = |status: u16, error: &'static str, code| {
        let words = json!({ "error": error, "error_description": "no\r\n<b>no</b>\u{1b}[1m" });
        let (name, deviation) = (
            format!("error-{}", error.replace('_', "-")),
            format!("the provider answers {status} `{error}`"),
        );
        let wrong = answer(DeviceAuthorization, status, &[], Body::Text(words.to_string()));
        // Asked once more, without `offline_access`.
        let times = if error == "invalid_scope" { 2 } else { 1 };
        row(&name, &deviation, "RFC 6749, 5.2", NoCode(code), wrong).asking(DeviceAuthorization, times)
    };
    let mut cases: Vec<Case> = [
        (400, "invalid_request"),
        (401, "invalid_client"),
        (400, "unauthorized_client"),
        (400, "invalid_scope"),
        (400, "invalid_target"),
        (403, "access_denied"),
        (400, "server_error"),
        (400, "use_dpop_nonce"),
        (400, "slow_down"),
    ]
    .map(|(status, error)| refused(status, error, error))
    .to_vec();
    cases.push(refused(400, "device_flow_disabled", "provider_refused"));
    cases.push(row(
        "endpoint-missing",
        "there is no endpoint to ask for a code",
        "RFC 8628, 4",
        NoCode("endpoint_missing"),
        edited(Discovery, vec![Remove("/device_authorization_endpoint")]),
    ));
    cases
}

/// Answers to a poll that end the sign-in, whatever the person does.
fn polls() -> Vec<Case> {
    let over = |name: &str, deviation: &str, section, code, wrong| {
        row(&format!("poll-{name}"), deviation, section, NoToken(code), wrong)
            .with(Person::Absent)
            .asking(Token, 1)
    };
    let refused = |status: u16, code: &'static str, expected| {
        let (name, deviation) =
            (code.replace('_', "-"), format!("a poll is answered with {status} `{code}`"));
        over(&name, &deviation, POLL, expected, answer(Token, status, &[], error(code)))
    };
    let text = |name: &str, deviation: &str, code, text: &str| {
        over(name, deviation, "RFC 8259, 2", code, body(Token, Body::Text(text.to_owned())))
    };
    vec![
        row("poll-denied-by-person", "the person says no", POLL, NoToken("access_denied"), Vec::new())
            .with(Person::Denies),
        refused(400, "access_denied", "access_denied"),
        refused(400, "expired_token", "expired_token"),
        refused(400, "invalid_grant", "invalid_grant"),
        refused(401, "invalid_client", "invalid_client"),
        refused(400, "invalid_request", "invalid_request"),
        refused(400, "unauthorized_client", "unauthorized_client"),
        refused(400, "unsupported_grant_type", "unsupported_grant_type"),
        refused(400, "invalid_scope", "invalid_scope"),
        refused(400, "server_error", "server_error"),
        refused(400, "temporarily_unavailable", "temporarily_unavailable"),
        refused(400, "use_dpop_nonce", "use_dpop_nonce"),
        refused(400, "Authorization_Pending", "provider_refused"),
        refused(400, "authorization_declined", "provider_refused"),
        over(
            "server-error-with-500",
            "a poll is answered with 500 `server_error`",
            POLL,
            "provider_unavailable",
            answer(Token, 500, &[], error("server_error")),
        ),
        over(
            "denied-with-200",
            "a poll is answered with 200 `access_denied`",
            POLL,
            "access_denied",
            answer(Token, 200, &[], error("access_denied")),
        ),
        over(
            "error-missing",
            "a poll is answered with 400 and no error",
            POLL,
            "provider_unexpected_status",
            answer(Token, 400, &[], Body::Text("{}".into())),
        ),
        over(
            "endless",
            "a poll is answered with spaces without end",
            "RFC 9110, 15.5.14",
            "response_too_large",
            body(Token, Body::Endless("   ")),
        ),
        text("empty-object", "a poll is answered with an empty object", "access_token_missing", "{}"),
        text("list", "a poll is answered with a list", "token_response_malformed", "[]"),
        text(
            "nested",
            "a poll is answered with 25 lists inside each other",
            "token_response_too_deep",
            &format!("{}{}", "[".repeat(25), "]".repeat(25)),
        ),
        text(
            "error-twice",
            "a poll is answered with two errors",
            "token_response_duplicate_member",
            r#"{"error":"authorization_pending","error":"access_denied"}"#,
        ),
    ]
}

/// Answers after which a device keeps polling, until the code expires.
fn late() -> Vec<Case> {
    let until = |name: &str, deviation: &str, seconds: u64, code, mut wrong: Vec<Deviation>| {
        wrong.extend(set(DeviceAuthorization, "/expires_in", seconds));
        let name = format!("poll-{name}-until-over");
        row(&name, deviation, POLL, NoToken(code), wrong).with(Person::Absent).asking(Token, 1)
    };
    let patience =
        |name: &str, deviation: &str, seconds, wrong| until(name, deviation, seconds, "expired_token", wrong);
    let elsewhere = [("location", "{issuer}/userinfo")];
    let page = [("content-type", "text/html")];
    vec![
        patience(
            "pending",
            "`authorization_pending` for as long as the code lasts",
            2,
            answer(Token, 400, &[], error("authorization_pending")),
        ),
        patience(
            "pending-with-200",
            "`authorization_pending` with status 200",
            2,
            answer(Token, 200, &[], error("authorization_pending")),
        ),
        patience(
            "slow-down",
            "`slow_down` after each poll: five seconds more each time",
            6,
            answer(Token, 400, &[], error("slow_down")),
        ),
        until(
            "503",
            "out of service",
            3,
            "provider_unavailable",
            answer(Token, 503, &[], Body::Text("{}".into())),
        ),
        until(
            "429",
            "too many requests, and to come back in an hour",
            600,
            "provider_rate_limited",
            answer(Token, 429, &[("retry-after", "3600")], Body::Text("{}".into())),
        ),
        until(
            "cut-off",
            "the answer breaks off",
            3,
            "provider_unreachable",
            body(Token, Body::Truncated(10)),
        ),
        until(
            "302",
            "a poll is sent elsewhere",
            3,
            "provider_redirected",
            answer(Token, 302, &elsewhere, Body::Text("{}".into())),
        ),
        until(
            "404",
            "a poll is answered with 404",
            3,
            "provider_unexpected_status",
            answer(Token, 404, &[], Body::Text("{}".into())),
        ),
        until(
            "captive-portal",
            "a poll is answered with the page of a hotel's network",
            3,
            "token_response_not_json",
            answer(Token, 200, &page, Body::Text("<html></html>".into())),
        ),
    ]
}

/// The person has agreed, and the issued tokens are wrong.
fn tokens() -> Vec<Case> {
    const RULES: &str = "Core 1.0, 3.1.3.7";
    let refused = |name: &str, deviation: &str, section, code, wrong| {
        row(&format!("token-{name}"), deviation, section, NoToken(code), wrong)
    };
    let claim =
        |name: &str, deviation: &str, code, edit| refused(name, deviation, RULES, code, claims(vec![edit]));
    let member = |name: &str, deviation: &str, code, edit| {
        refused(name, deviation, "RFC 6749, 5.1", code, edited(Token, vec![edit]))
    };
    vec![
        claim(
            "nonce",
            "the ID token has a `nonce`, and none was sent",
            "id_token_nonce_mismatch",
            Set("/nonce", "n".into()),
        ),
        row(
            "token-nonce-empty",
            "the ID token has an empty `nonce`",
            "Core 1.0, 3.1.3.7 rule 11",
            Served,
            claims(vec![Set("/nonce", "".into())]),
        ),
        claim("aud-other", "`aud` is another client", "id_token_audience_mismatch", Set("/aud", "x".into())),
        claim("aud-missing", "no `aud`", "id_token_audience_missing", Remove("/aud")),
        claim(
            "iss-other",
            "`iss` is another provider",
            "id_token_issuer_mismatch",
            Set("/iss", "https://other.example".into()),
        ),
        claim("iss-missing", "no `iss`", "id_token_issuer_missing", Remove("/iss")),
        claim("sub-missing", "no `sub`", "id_token_subject_missing", Remove("/sub")),
        claim("exp-past", "the ID token is over", "id_token_expired", Now("/exp", -300)),
        claim("iat-missing", "no `iat`", "id_token_issued_at_missing", Remove("/iat")),
        claim("iat-ahead", "the ID token is from the future", "id_token_issued_in_future", Now("/iat", 300)),
        claim(
            "azp-other",
            "`azp` is another client",
            "id_token_authorized_party_mismatch",
            Set("/azp", "x".into()),
        ),
        claim(
            "at-hash-other",
            "`at_hash` of another access token",
            "id_token_at_hash_mismatch",
            Set("/at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into()),
        ),
        refused(
            "alg-none",
            "the ID token is not signed",
            RULES,
            "id_token_unsigned",
            signed(vec![Set("/alg", "none".into()), Remove("/kid")], Signature::Empty),
        ),
        refused(
            "signature-stranger",
            "the ID token is signed with a foreign key",
            RULES,
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Stranger),
        ),
        refused(
            "typ-other",
            "the ID token is another kind of token",
            RULES,
            "id_token_header_refused",
            jose(vec![Set("/typ", "logout+jwt".into())]),
        ),
        member("id-token-missing", "`id_token` is missing", "id_token_missing", Remove("/id_token")),
        member("missing", "`access_token` is missing", "access_token_missing", Remove("/access_token")),
        member(
            "line-break",
            "`access_token` has a line break",
            "token_malformed",
            Append("/access_token", "\r\nX: y"),
        ),
        member(
            "type-mac",
            "`token_type` is `mac`",
            "token_type_unsupported",
            Set("/token_type", "mac".into()),
        ),
        member(
            "type-dpop",
            "`token_type` is `DPoP`, which was not asked for",
            "token_type_unsupported",
            Set("/token_type", "DPoP".into()),
        ),
    ]
}

fn good() -> Vec<Case> {
    let served = |name: &str, deviation: &str, wrong| row(name, deviation, RESPONSE, Served, wrong);
    let edit =
        |name: &str, deviation: &str, edits| served(name, deviation, edited(DeviceAuthorization, edits));
    vec![
        served("nothing-wrong", "a sign-in on another device", Vec::new()),
        row("renewal", "its renewal", "Core 1.0, 12", Renewed, Vec::new()),
        edit(
            "page-elsewhere",
            "the page is on another host, with https",
            vec![
                Set("/verification_uri", "https://device.example.com/".into()),
                Remove("/verification_uri_complete"),
            ],
        ),
        edit(
            "page-draft",
            "the page has the name of the draft, `verification_url`",
            vec![Remove("/verification_uri"), Set("/verification_url", "{issuer}/device".into())],
        ),
        edit(
            "page-draft-number",
            "`verification_url` is a number beside a good `verification_uri`",
            vec![Set("/verification_url", json!(7))],
        ),
        edit(
            "page-complete-empty",
            "`verification_uri_complete` is empty: there is none",
            vec![Set("/verification_uri_complete", "".into())],
        ),
        edit("expires-in-text", "`expires_in` is a number in a text", vec![Set("/expires_in", "600".into())]),
        edit(
            "expires-in-huge",
            "`expires_in` is 10^300: a day is believed",
            vec![Set("/expires_in", json!(1e300))],
        ),
        edit("interval-zero", "`interval` is 0: a second is the least", vec![Set("/interval", json!(0))]),
        edit("interval-text", "`interval` is a number in a text", vec![Set("/interval", "1".into())]),
        served(
            "poll-503-once",
            "a poll is answered with 503, and the next one is not",
            once(answer(Token, 503, &[], Body::Text("{}".into()))),
        ),
        row(
            "poll-slow-down-once",
            "`slow_down` after the first poll: the next comes five seconds later",
            POLL,
            Served,
            once(answer(Token, 400, &[], error("slow_down"))),
        )
        .asking(Token, 2),
    ]
}
