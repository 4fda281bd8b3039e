//! Answers in the browser, from the provider or from an attacker.

use abide_demo_op::Endpoint::Discovery;
use abide_demo_op::QueryEdit::{self, Again, Fragment, Nothing, Remove, Rename, Set, Text};

use crate::hostile_provider::case::Expected::{self, NoExchange, Served, Stray};
use crate::hostile_provider::case::{Case, case, query, without};

const STATE: &str = "RFC 6749, 10.12";
const ONCE: &str = "RFC 6749, 3.1";
const MIX_UP: &str = "RFC 9207, 2.4";
const RESPONSE: &str = "Core 1.0, 3.1.2.5";
const ERROR: &str = "RFC 6749, 4.1.2.1; Core 1.0, 3.1.2.6";

pub(crate) fn cases() -> Vec<Case> {
    [strays(), issuers(), codes(), errors(), unusual()].concat()
}

fn row(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    edits: Vec<QueryEdit>,
) -> Case {
    case(format!("response-{name}"), deviation, section, expected, query(edits))
}

fn set(name: &'static str, value: &str) -> QueryEdit {
    Set(name, value.to_owned())
}

/// None of these may end the sign-in: any user of this computer, and any page, could send them.
fn strays() -> Vec<Case> {
    let unknown = |name: &str, deviation: &str, edits| {
        row(name, deviation, STATE, Stray("callback_state_unknown"), edits)
    };
    let missing = |name: &str, deviation: &str, edits| {
        row(name, deviation, STATE, Stray("callback_state_missing"), edits)
    };
    let twice = |name: &str, deviation: &str, edit| {
        row(name, deviation, ONCE, Stray("callback_duplicate_parameter"), vec![edit])
    };
    vec![
        missing("without-state", "`state` is missing", vec![Remove("state")]),
        missing("state-renamed", "`state` is called `State`", vec![Rename("state", "State")]),
        missing("nothing", "there are no parameters", vec![Nothing]),
        missing("fragment", "the parameters are behind `#`", vec![Fragment]),
        missing("noise", "the query is noise", vec![Text("%ff%fe&=")]),
        missing("only-error", "an error without `state`", vec![Text("error=access_denied")]),
        unknown(
            "state-other",
            "`state` is another one",
            vec![set("state", "Zm9yZ2VkLXN0YXRlLXZhbHVlLW9mLWF0dGFja2Vy")],
        ),
        unknown("state-empty", "`state` is empty", vec![set("state", "")]),
        unknown("state-zero", "`state` is 0", vec![set("state", "0")]),
        unknown("state-long", "`state` has 8,000 characters", vec![Set("state", "a".repeat(8000))]),
        unknown(
            "error-with-other-state",
            "an error with another `state`",
            vec![Remove("code"), set("error", "access_denied"), set("state", "a")],
        ),
        twice("state-twice", "`state` is there twice, once right", Again("state", "other")),
        twice("state-twice-the-same", "`state` is there twice, the same", Again("state", "{same}")),
        twice("code-twice", "`code` is there twice", Again("code", "other")),
        twice("code-twice-the-same", "`code` is there twice, the same", Again("code", "{same}")),
        twice("iss-twice", "`iss` is there twice", Again("iss", "https://evil.example")),
        row(
            "error-twice",
            "`error` is there twice",
            ONCE,
            Stray("callback_duplicate_parameter"),
            vec![Remove("code"), set("error", "access_denied"), Again("error", "server_error")],
        ),
        row(
            "unknown-twice",
            "an unknown parameter is there twice",
            ONCE,
            Stray("callback_duplicate_parameter"),
            vec![set("x", "1"), Again("x", "2")],
        ),
        row(
            "long",
            "the query has more than 16 KiB",
            "RFC 8252, 8.5",
            Stray("callback_too_long"),
            vec![Set("x", "a".repeat(17 * 1024))],
        ),
    ]
}

fn issuers() -> Vec<Case> {
    let mismatch = |name: &str, deviation: &str, value: &str| {
        row(name, deviation, MIX_UP, NoExchange("callback_issuer_mismatch"), vec![set("iss", value)])
    };
    let mut unpromised = without(Discovery, "/authorization_response_iss_parameter_supported");
    unpromised.extend(query(vec![set("iss", "https://evil.example")]));
    vec![
        row(
            "iss-missing",
            "`iss` is missing, although it was promised",
            MIX_UP,
            NoExchange("callback_issuer_missing"),
            vec![Remove("iss")],
        ),
        mismatch("iss-other", "`iss` is another provider", "https://evil.example"),
        mismatch("iss-slash", "`iss` has a slash at the end", "{issuer}/"),
        mismatch("iss-empty", "`iss` is empty", ""),
        mismatch("iss-capitals", "`iss` has a scheme in capitals", "HTTP://127.0.0.1:{port}"),
        mismatch("iss-prefix", "`iss` begins like the right one", "{issuer}.evil.example"),
        mismatch("iss-path", "`iss` has a path", "{issuer}/tenant"),
        mismatch("iss-space", "`iss` has a space after it", "{issuer} "),
        row(
            "iss-missing-in-error",
            "an error without `iss`, although it was promised",
            MIX_UP,
            NoExchange("access_denied"),
            vec![Remove("code"), Remove("iss"), set("error", "access_denied")],
        ),
        row(
            "iss-other-in-error",
            "an error with the `iss` of another provider",
            MIX_UP,
            NoExchange("callback_issuer_mismatch"),
            vec![Remove("code"), set("iss", "https://evil.example"), set("error", "access_denied")],
        ),
        case(
            "response-iss-other-unpromised",
            "`iss` is another provider, and was not promised",
            MIX_UP,
            NoExchange("callback_issuer_mismatch"),
            unpromised,
        ),
    ]
}

fn codes() -> Vec<Case> {
    let malformed = |name: &str, deviation: &str, edits| {
        row(name, deviation, RESPONSE, NoExchange("callback_malformed"), edits)
    };
    vec![
        malformed("without-code", "`code` is missing", vec![Remove("code")]),
        malformed("code-empty", "`code` is empty", vec![set("code", "")]),
        malformed("code-renamed", "`code` is called `Code`", vec![Rename("code", "Code")]),
        malformed("code-line-break", "`code` has a line break", vec![set("code", "a\r\nX-Injected: 1")]),
        malformed("code-nul", "`code` has a zero byte", vec![set("code", "a{nul}b")]),
        malformed("code-not-ascii", "`code` is not ASCII", vec![set("code", "\u{e9}\u{202e}")]),
        malformed("code-and-error", "`code` and `error`", vec![set("error", "access_denied")]),
        malformed(
            "implicit",
            "tokens in place of the code",
            vec![
                Remove("code"),
                set("access_token", "at"),
                set("id_token", "a.b.c"),
                set("token_type", "Bearer"),
            ],
        ),
    ]
}

fn errors() -> Vec<Case> {
    let refused = |error: &'static str, code: &'static str| {
        let name = if error.is_empty() { "empty".to_owned() } else { error.replace('_', "-") };
        let deviation = format!("the provider answers `{error}`");
        let edits = vec![Remove("code"), set("error", error)];
        row(&format!("error-{name}"), &deviation, ERROR, NoExchange(code), edits)
    };
    let described = |name: &str, deviation: &str, words: String| {
        let edits = vec![Remove("code"), set("error", "server_error"), Set("error_description", words)];
        row(name, deviation, ERROR, NoExchange("server_error"), edits)
    };
    let mut cases: Vec<Case> = [
        "access_denied",
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "server_error",
        "temporarily_unavailable",
        "interaction_required",
        "login_required",
        "account_selection_required",
        "consent_required",
        "invalid_request_uri",
        "invalid_request_object",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
        "unmet_authentication_requirements",
        "invalid_target",
    ]
    .map(|error| refused(error, error))
    .to_vec();
    cases.extend([
        refused("something_new", "provider_refused"),
        refused("ACCESS_DENIED", "provider_refused"),
        refused("", "provider_refused"),
        // Asked once more, without `offline_access`.
        row(
            "error-invalid-scope",
            "the provider answers `invalid_scope` the first time",
            ERROR,
            Served,
            vec![Remove("code"), set("error", "invalid_scope")],
        ),
        row(
            "error-markup",
            "the error is markup",
            ERROR,
            NoExchange("provider_refused"),
            vec![Remove("code"), set("error", "<script>alert(1)</script>")],
        ),
        described(
            "error-description-markup",
            "the description is markup",
            "<img src=x onerror=alert(1)>".to_owned(),
        ),
        described(
            "error-description-terminal",
            "the description has commands for a terminal",
            "\u{1b}]0;owned\u{7}\u{1b}[2J\r\nroot#".to_owned(),
        ),
        described("error-description-long", "the description has 10,000 characters", "a".repeat(10_000)),
        described(
            "error-description-bidi",
            "the description turns the text around",
            "\u{202e}drowssap ruoy epyt".to_owned(),
        ),
    ]);
    cases
}

fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, edits| row(name, deviation, RESPONSE, Served, edits);
    let mut unpromised = without(Discovery, "/authorization_response_iss_parameter_supported");
    unpromised.extend(query(vec![Remove("iss")]));
    vec![
        good("unknown-parameters", "unknown parameters", vec![set("x", "1"), set("y", "<>")]),
        good(
            "tokens-beside-code",
            "tokens beside the code, which are not looked at",
            vec![set("access_token", "evil"), set("id_token", "a.b.c")],
        ),
        good(
            "session-state-unusable",
            "`session_state` cannot be one",
            vec![set("session_state", "no salt")],
        ),
        case(
            "response-iss-unpromised-and-missing",
            "`iss` is missing, and was not promised",
            MIX_UP,
            Served,
            unpromised,
        ),
    ]
}
