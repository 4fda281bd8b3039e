//! Tokens for one purpose: by the refresh token, and by exchange. A tool gets the requested token, or none; the session does
//! not change.

use abide_demo_op::Edit::{self, Append, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::Token;
use abide_demo_op::{Body, Deviation, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{self, Handed, Withheld};
use crate::hostile_provider::case::{
    Account, Case, answer, body, case, claims, exchanging, form, json as edited, later, signed,
};

const NARROW: &str = "RFC 6749, 6";
const EXCHANGE: &str = "RFC 8693, 2.2.1";
/// The request of a tool.
const SCOPES: &str = "scope=openid%20email";
const RESOURCE: &str = "resource=https://api.example.com/";

pub(crate) fn cases() -> Vec<Case> {
    [narrowed(), statements(), exchanged(), kinds(), errors(), good()].concat()
}

fn narrow(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    case(format!("narrow-{name}"), deviation, section, expected, later(wrong)).for_tool(SCOPES)
}

fn exchange(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    case(format!("exchange-{name}"), deviation, section, expected, exchanging(wrong))
        .of(Account::Trading)
        .for_tool(RESOURCE)
}

/// The code for the tool, by what has to change before the answer can be another one.
fn said(code: &str) -> &'static str {
    match code {
        "provider_rate_limited" | "provider_unavailable" => "provider_unreachable",
        "dpop_token_not_bound" => "action_required",
        _ => "unusable_answer",
    }
}

/// A token with fewer scopes. The refresh token has been rotated in the refused answer.
fn narrowed() -> Vec<Case> {
    let wider = |name: &str, words: &str, scope: &str| {
        let deviation = format!("the token for fewer scopes has {words}");
        let wrong = edited(Token, vec![Set("/scope", scope.into())]);
        narrow(name, &deviation, NARROW, Withheld("scope_wider_than_asked", "invalid_scope"), wrong)
    };
    let useless = |name: &str, deviation: &str, code, edit: Edit| {
        narrow(name, deviation, NARROW, Withheld(code, said(code)), edited(Token, vec![edit]))
    };
    vec![
        wider("scope-all", "all of them", "openid profile email offline_access"),
        wider("scope-one-more", "one more", "openid email profile"),
        wider("scope-never-granted", "one that the session has not", "openid email admin"),
        wider("scope-other", "another one instead", "admin"),
        wider("scope-case", "one in capitals", "openid EMAIL"),
        useless(
            "access-token-missing",
            "there is no token for fewer scopes, and a new refresh token",
            "access_token_missing",
            Remove("/access_token"),
        ),
        useless(
            "access-token-line-break",
            "the token for fewer scopes has a line break",
            "token_malformed",
            Append("/access_token", "\r\nX: y"),
        ),
        useless(
            "type-mac",
            "the token for fewer scopes is of another type",
            "token_type_unsupported",
            Set("/token_type", "mac".into()),
        ),
        useless(
            "type-missing",
            "the token for fewer scopes is of no type",
            "token_type_unsupported",
            Remove("/token_type"),
        ),
        useless(
            "type-dpop",
            "the token for fewer scopes is bound, which was not asked for",
            "token_type_unsupported",
            Set("/token_type", "DPoP".into()),
        ),
        useless(
            "bearer",
            "the session is bound to a key, and the token for fewer scopes is not",
            "dpop_token_not_bound",
            Set("/token_type", "Bearer".into()),
        )
        .of(Account::Bound),
    ]
}

/// An ID token is not needed there. But a wrong one means that the answer is about something else.
fn statements() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, code, wrong| {
        narrow(name, deviation, "Core 1.0, 12.2", Withheld(code, said(code)), wrong)
    };
    let claim = |name: &str, deviation: &str, code, edit| refused(name, deviation, code, claims(vec![edit]));
    vec![
        claim(
            "sub-other",
            "the ID token beside it is about another person",
            "id_token_subject_changed",
            Set("/sub", "demo-user-2".into()),
        ),
        claim(
            "iss-other",
            "the ID token beside it is another provider's",
            "id_token_issuer_mismatch",
            Set("/iss", "https://other.example".into()),
        ),
        claim(
            "aud-other",
            "the ID token beside it is for another client",
            "id_token_audience_mismatch",
            Set("/aud", "another".into()),
        ),
        claim(
            "nonce-other",
            "the ID token beside it has another `nonce`",
            "id_token_nonce_mismatch",
            Set("/nonce", "other".into()),
        ),
        claim(
            "at-hash-other",
            "the ID token beside it is for another access token",
            "id_token_at_hash_mismatch",
            Set("/at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into()),
        ),
        refused(
            "signature-stranger",
            "the ID token beside it is signed with a foreign key",
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Stranger),
        ),
        refused(
            "id-token-word",
            "the ID token beside it is a word",
            "id_token_malformed",
            form(abide_demo_op::Form::Text("x")),
        ),
    ]
}

fn exchanged() -> Vec<Case> {
    let row = |name: &str, deviation: &str, code, edit: Edit| {
        exchange(name, deviation, EXCHANGE, Withheld(code, said(code)), edited(Token, vec![edit]))
    };
    vec![
        row(
            "access-token-missing",
            "there is no token in exchange",
            "access_token_missing",
            Remove("/access_token"),
        ),
        row(
            "access-token-empty",
            "the token in exchange is empty",
            "access_token_missing",
            Set("/access_token", "".into()),
        ),
        row(
            "access-token-line-break",
            "the token in exchange has a line break",
            "token_malformed",
            Append("/access_token", "\r\nX: y"),
        ),
        row(
            "access-token-twice",
            "there are two tokens in exchange",
            "token_response_duplicate_member",
            Twice("access_token", "evil".into()),
        ),
        row(
            "type-n-a",
            "the token in exchange has the type `N_A`",
            "token_type_unsupported",
            Set("/token_type", "N_A".into()),
        ),
        row(
            "type-missing",
            "the token in exchange is of no type",
            "token_type_unsupported",
            Remove("/token_type"),
        ),
        row(
            "type-dpop",
            "the token in exchange is bound, which was not asked for",
            "token_type_unsupported",
            Set("/token_type", "DPoP".into()),
        ),
        exchange(
            "expires-in-words",
            "how long the token in exchange lasts is a word",
            EXCHANGE,
            Handed,
            edited(Token, vec![Set("/expires_in", "soon".into())]),
        ),
        row("not-an-object", "the answer is a list", "token_response_malformed", Text("[]".into())),
        exchange(
            "scope-list",
            "`scope` is a list",
            EXCHANGE,
            Handed,
            edited(Token, vec![Set("/scope", json!(["openid"]))]),
        ),
        exchange(
            "scope-wider",
            "the token in exchange is good for more than was asked for",
            EXCHANGE,
            Withheld("scope_wider_than_asked", "invalid_scope"),
            edited(Token, vec![Set("/scope", "openid email profile".into())]),
        )
        .for_tool(SCOPES),
    ]
}

/// The issued token is not an access token.
fn kinds() -> Vec<Case> {
    const KIND: &str = "/issued_token_type";
    let row = |name: &str, words: &str, code, edit: Edit| {
        let deviation = format!("`issued_token_type` is {words}");
        let wrong = edited(Token, vec![edit]);
        let name = format!("issued-{name}");
        exchange(&name, &deviation, EXCHANGE, Withheld(code, said(code)), wrong)
    };
    let other = |name: &str, words: &str, kind: &str| {
        row(name, words, "issued_token_type_mismatch", Set(KIND, kind.into()))
    };
    vec![
        row("missing", "missing", "issued_token_type_missing", Remove(KIND)),
        row("null", "`null`", "issued_token_type_missing", Set(KIND, Value::Null)),
        row("number", "a number", "issued_token_type_missing", Set(KIND, json!(1))),
        other("empty", "empty", ""),
        other("refresh-token", "a refresh token", "urn:ietf:params:oauth:token-type:refresh_token"),
        other("id-token", "an ID token", "urn:ietf:params:oauth:token-type:id_token"),
        other("jwt", "a JWT of some kind", "urn:ietf:params:oauth:token-type:jwt"),
        other("saml", "a SAML assertion", "urn:ietf:params:oauth:token-type:saml2"),
        other("word", "a word", "access_token"),
        other("capitals", "in capitals", "URN:IETF:PARAMS:OAUTH:TOKEN-TYPE:ACCESS_TOKEN"),
    ]
}

fn errors() -> Vec<Case> {
    const REFUSALS: [(u16, &str, &str, &str); 8] = [
        (400, "invalid_target", "invalid_target", "invalid_target"),
        (400, "invalid_scope", "invalid_scope", "invalid_scope"),
        (400, "invalid_request", "invalid_request", "access_denied"),
        (401, "invalid_client", "invalid_client", "access_denied"),
        (400, "unauthorized_client", "unauthorized_client", "access_denied"),
        (400, "unsupported_grant_type", "unsupported_grant_type", "access_denied"),
        (400, "server_error", "server_error", "provider_unreachable"),
        (400, "not_for_you", "provider_refused", "access_denied"),
    ];
    let none = |code| Withheld(code, said(code));
    let mut cases = Vec::new();
    type Row = fn(&str, &str, &'static str, Expected, Vec<Deviation>) -> Case;
    let ways: [(&str, Row); 2] = [("fewer scopes", narrow), ("a resource", exchange)];
    for (purpose, row) in ways {
        for (status, error, code, said) in REFUSALS {
            let deviation = format!("a token for {purpose} is refused with {status} `{error}`");
            let words = json!({ "error": error }).to_string();
            let name = format!("error-{}", error.replace('_', "-"));
            let wrong = answer(Token, status, &[], Body::Text(words));
            cases.push(row(&name, &deviation, "RFC 8693, 2.2.2", Withheld(code, said), wrong));
        }
        let elsewhere = [("location", "{issuer}/userinfo")];
        let text = |text: &str| Body::Text(text.to_owned());
        let strange = |name: &str, what: &str, code, wrong| {
            let deviation = format!("a token for {purpose}: {what}");
            row(&format!("answer-{name}"), &deviation, "RFC 9110, 15", none(code), wrong)
        };
        cases.extend([
            strange(
                "307",
                "sent elsewhere",
                "provider_redirected",
                answer(Token, 307, &elsewhere, text("{}")),
            ),
            strange("404", "not found", "provider_unexpected_status", answer(Token, 404, &[], text("{}"))),
            strange("429", "too many requests", "provider_rate_limited", answer(Token, 429, &[], text("{}"))),
            strange("503", "out of service", "provider_unavailable", answer(Token, 503, &[], text("{}"))),
            strange(
                "captive-portal",
                "the page of a hotel's network",
                "token_response_not_json",
                answer(Token, 200, &[("content-type", "text/html")], text("<html></html>")),
            ),
            strange("empty", "an empty body", "token_response_malformed", body(Token, text(""))),
            strange("endless", "spaces without end", "response_too_large", body(Token, Body::Endless("   "))),
            strange(
                "nested",
                "25 lists inside each other",
                "token_response_too_deep",
                body(Token, Body::Text(format!("{}{}", "[".repeat(25), "]".repeat(25)))),
            ),
        ]);
    }
    cases
}

fn good() -> Vec<Case> {
    vec![
        narrow("nothing-wrong", "a token for fewer scopes", NARROW, Handed, Vec::new()),
        narrow(
            "scope-unsaid",
            "the answer does not say the scope: it is what was asked for",
            NARROW,
            Handed,
            edited(Token, vec![Remove("/scope")]),
        ),
        narrow(
            "scope-less",
            "the token has even fewer scopes",
            NARROW,
            Handed,
            edited(Token, vec![Set("/scope", "email".into())]),
        ),
        narrow(
            "no-id-token",
            "there is no ID token beside it",
            "Core 1.0, 12.2",
            Handed,
            edited(Token, vec![Remove("/id_token")]),
        ),
        narrow("bound", "a bound token for fewer scopes", "RFC 9449, 5", Handed, Vec::new())
            .of(Account::Bound),
        exchange("nothing-wrong", "a token for a resource, in exchange", EXCHANGE, Handed, Vec::new()),
        exchange(
            "refresh-token",
            "a refresh token comes with it, which is not used",
            EXCHANGE,
            Handed,
            edited(Token, vec![Set("/refresh_token", "r".into())]),
        ),
    ]
}
