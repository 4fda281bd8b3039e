//! Dynamic registration, at a provider that changes the client.

use abide_demo_op::Body;
use abide_demo_op::Edit::{self, Append, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::{Discovery, Registration};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NotRegistered, Registered};
use crate::hostile_provider::case::{Case, Way, answer, case, json as edited};

const RESPONSE: &str = "RFC 7591, 3.2.1";
const ERROR: &str = "RFC 7591, 3.2.2";

pub(crate) fn cases() -> Vec<Case> {
    [names(), rights(), secrets(), management(), errors(), unusual()].concat()
}

fn several(name: &str, deviation: &str, code: &'static str, edits: Vec<Edit>) -> Case {
    let wrong = edited(Registration, edits);
    case(format!("registration-{name}"), deviation, RESPONSE, NotRegistered(code), wrong)
        .by(Way::Registration)
        .asking(Registration, 1)
}

fn refused(name: &str, deviation: &str, code: &'static str, edit: Edit) -> Case {
    several(name, deviation, code, vec![edit])
}

fn malformed(name: &str, deviation: &str, edit: Edit) -> Case {
    refused(name, deviation, "registration_malformed", edit)
}

fn names() -> Vec<Case> {
    const ID: &str = "/client_id";
    let id = |name: &str, words: &str, edit| {
        let (name, deviation) = (format!("client-id-{name}"), format!("`client_id` {words}"));
        refused(&name, &deviation, "registration_client_id_invalid", edit)
    };
    vec![
        id("missing", "is missing", Remove(ID)),
        id("null", "is `null`", Set(ID, Value::Null)),
        id("empty", "is empty", Set(ID, "".into())),
        id("long", "is longer than 512 bytes", Set(ID, "a".repeat(513).into())),
        id("line-break", "has a line break", Append(ID, "\r\nX: y")),
        id("nul", "has a zero byte", Append(ID, "{nul}")),
        id("not-ascii", "is not ASCII", Append(ID, "\u{e9}")),
        id("bidi", "has a sign that turns the text around", Append(ID, "\u{202e}")),
        malformed("client-id-number", "`client_id` is a number", Set(ID, json!(1))),
        malformed("client-id-list", "`client_id` is a list", Set(ID, json!(["a"]))),
        malformed("client-id-object", "`client_id` is an object", Set(ID, json!({ "id": "a" }))),
        refused(
            "client-id-twice",
            "`client_id` is there twice",
            "registration_duplicate_member",
            Twice("client_id", "another".into()),
        ),
        refused(
            "empty-object",
            "the answer is an empty object",
            "registration_client_id_invalid",
            Text("{}".into()),
        ),
        refused("list", "the answer is a list", "registration_malformed", Text("[]".into())),
    ]
}

/// Metadata of the client that differ from the requested ones.
fn rights() -> Vec<Case> {
    let uris = |name: &str, words: &str, edit| {
        let (name, deviation) = (format!("redirect-uris-{name}"), format!("`redirect_uris` {words}"));
        refused(&name, &deviation, "registration_redirect_uri_missing", edit)
    };
    let grants = |name: &str, words: &str, value: Value| {
        let (name, deviation) = (format!("grant-types-{name}"), format!("`grant_types` {words}"));
        refused(&name, &deviation, "registration_grant_type_missing", Set("/grant_types", value))
    };
    let responses = |name: &str, words: &str, value: Value| {
        let (name, deviation) = (format!("response-types-{name}"), format!("`response_types` {words}"));
        refused(&name, &deviation, "registration_response_type_missing", Set("/response_types", value))
    };
    let algorithm = |name: &str, words: &str, code, place: &'static str, value: &str| {
        let deviation = format!("`{}` is {words}", &place[1..]);
        refused(&format!("algorithm-{name}"), &deviation, code, Set(place, value.into()))
    };
    const ID_TOKEN: &str = "/id_token_signed_response_alg";
    const USERINFO: &str = "/userinfo_signed_response_alg";
    vec![
        good("redirect-uris-missing", "`redirect_uris` is missing", vec![Remove("/redirect_uris")]),
        good("redirect-uris-null", "`redirect_uris` is `null`", vec![Set("/redirect_uris", Value::Null)]),
        good("redirect-uris-empty", "`redirect_uris` is empty", vec![Set("/redirect_uris", json!([]))]),
        good(
            "redirect-uris-junk-beside",
            "`redirect_uris` has a number beside the right one",
            vec![Set("/redirect_uris/-", json!(7))],
        ),
        uris("other", "is another", Set("/redirect_uris", json!(["https://evil.example/callback"]))),
        uris("other-path", "has another path", Set("/redirect_uris", json!(["http://127.0.0.1/other"]))),
        uris("other-host", "has another host", Set("/redirect_uris", json!(["http://localhost/callback"]))),
        uris("longer", "has a longer one", Set("/redirect_uris", json!(["http://127.0.0.1/callback?x=1"]))),
        malformed(
            "redirect-uris-text",
            "`redirect_uris` is a text",
            Set("/redirect_uris", json!("http://127.0.0.1/callback")),
        ),
        uris("numbers", "has a number alone", Set("/redirect_uris", json!([1]))),
        grants("other", "is without `authorization_code`", json!(["client_credentials"])),
        grants("implicit", "is `implicit`", json!(["implicit"])),
        grants("refresh-only", "is `refresh_token` alone", json!(["refresh_token"])),
        good("grant-types-empty", "`grant_types` is empty", vec![Set("/grant_types", json!([]))]),
        malformed(
            "grant-types-text",
            "`grant_types` is a text",
            Set("/grant_types", "authorization_code".into()),
        ),
        responses("token", "is `token`", json!(["token"])),
        responses("id-token", "is `id_token`", json!(["id_token"])),
        responses("hybrid", "is `code id_token`", json!(["code id_token"])),
        responses("none", "is `none`", json!(["none"])),
        good("response-types-empty", "`response_types` is empty", vec![Set("/response_types", json!([]))]),
        malformed("response-types-text", "`response_types` is a text", Set("/response_types", "code".into())),
        algorithm("none", "`none`", "registration_algorithm_refused", ID_TOKEN, "none"),
        algorithm("unknown", "an unknown one", "registration_algorithm_refused", ID_TOKEN, "XS999"),
        good("algorithm-empty", "`id_token_signed_response_alg` is empty", vec![Set(ID_TOKEN, "".into())]),
        good(
            "userinfo-algorithm-empty",
            "`userinfo_signed_response_alg` is empty",
            vec![Set(USERINFO, "".into())],
        ),
        algorithm(
            "symmetric",
            "`HS256`, and there is no secret",
            "symmetric_algorithm_refused",
            ID_TOKEN,
            "HS256",
        ),
        algorithm(
            "userinfo-symmetric",
            "`HS256`, and there is no secret",
            "symmetric_algorithm_refused",
            USERINFO,
            "HS256",
        ),
    ]
}

fn secrets() -> Vec<Case> {
    const METHOD: &str = "/token_endpoint_auth_method";
    let method = |name: &str, method: &str, code| {
        let deviation = format!("`token_endpoint_auth_method` is `{method}`, which was not asked for");
        refused(&format!("method-{name}"), &deviation, code, Set(METHOD, method.into()))
    };
    let with = |name: &str, words: &str, code, secret: Value, more: Vec<Edit>| {
        let edits = vec![Set(METHOD, "client_secret_basic".into()), Set("/client_secret", secret)];
        let deviation = format!("the client has to show a secret, and {words}");
        several(&format!("secret-{name}"), &deviation, code, [edits, more].concat())
    };
    let forever = || vec![Set("/client_secret_expires_at", json!(0))];
    vec![
        method("basic", "client_secret_basic", "registration_secret_missing"),
        method("post", "client_secret_post", "registration_secret_missing"),
        method("private-key", "private_key_jwt", "registration_authentication_unsupported"),
        method("secret-jwt", "client_secret_jwt", "registration_authentication_unsupported"),
        method("certificate", "tls_client_auth", "registration_authentication_unsupported"),
        good("method-empty", "`token_endpoint_auth_method` is empty", vec![Set(METHOD, "".into())]),
        method("capitals", "NONE", "registration_authentication_unsupported"),
        malformed("method-list", "`token_endpoint_auth_method` is a list", Set(METHOD, json!(["none"]))),
        with("empty", "it is empty", "registration_secret_missing", "".into(), forever()),
        with("null", "it is `null`", "registration_secret_missing", Value::Null, forever()),
        with("line-break", "it has a line break", "registration_secret_invalid", "a\r\nb".into(), forever()),
        with("not-ascii", "it is not ASCII", "registration_secret_invalid", "\u{e9}".into(), forever()),
        with(
            "long",
            "it is longer than four KiB",
            "registration_secret_invalid",
            "a".repeat(4097).into(),
            forever(),
        ),
        with("number", "it is a number", "registration_secret_missing", json!(1), forever()),
    ]
}

/// The address at which the registration can be changed and ended (RFC 7592). Without a usable one, the registration stays.
fn management() -> Vec<Case> {
    const TOKEN: &str = "/registration_access_token";
    const PLACE: &str = "/registration_client_uri";
    let at = |name: &str, words: &str, token: Value, place: Option<&str>| {
        let mut edits = vec![Set(TOKEN, token)];
        edits.push(place.map_or(Remove(PLACE), |place| Set(PLACE, place.into())));
        let deviation = format!("the registration's own address {words}");
        good(&format!("management-{name}"), &deviation, edits)
    };
    let address = |name: &str, words: &str, place: &str| at(name, words, "t0ken".into(), Some(place));
    vec![
        address("http", "is plain http under a public name", "http://id.example.com/register/1"),
        address("http-elsewhere", "is plain http on another computer", "http://192.0.2.1/register/1"),
        address("file", "is a file", "file:///etc/passwd"),
        address("javascript", "is a script", "javascript:alert(1)"),
        address("relative", "is relative", "/register/1"),
        address("empty", "is empty", ""),
        address("user-info", "has a user name in front of the host", "https://a@evil.example/1"),
        address("fragment", "has a fragment", "{issuer}/register#1"),
        address("line-break", "has a line break", "{issuer}/register\r\nX: y"),
        at("token-alone", "is missing, and there is a token for it", "t0ken".into(), None),
        at("token-empty", "has an empty token", "".into(), Some("{issuer}/register")),
        at(
            "token-line-break",
            "has a token with a line break",
            "a\r\nX: y".into(),
            Some("{issuer}/register"),
        ),
        at("token-space", "has a token with a space", "a b".into(), Some("{issuer}/register")),
        at(
            "token-long",
            "has a token of more than four KiB",
            "t".repeat(4097).into(),
            Some("{issuer}/register"),
        ),
        at("token-null", "has no token", Value::Null, Some("{issuer}/register")),
        good("management-number", "the registration's own address is a number", vec![Set(PLACE, json!(1))]),
    ]
}

fn errors() -> Vec<Case> {
    let at = |name: &str, deviation: &str, status, code, text: String, asked| {
        let wrong = answer(Registration, status, &[], Body::Text(text));
        case(format!("registration-error-{name}"), deviation, ERROR, NotRegistered(code), wrong)
            .by(Way::Registration)
            .asking(Registration, asked)
    };
    let refused = |status: u16, error: &'static str, code| {
        let words = json!({ "error": error, "error_description": "no\r\n<b>no</b>\u{1b}[1m" });
        let deviation = format!("the provider answers {status} `{error}`");
        // A refusal of the initial access token is about no metadata.
        let asked = if matches!(error, "invalid_token" | "insufficient_scope") { 1 } else { 2 };
        at(&error.replace('_', "-"), &deviation, status, code, words.to_string(), asked)
    };
    let mut cases: Vec<Case> = [
        (400, "invalid_redirect_uri"),
        (400, "invalid_client_metadata"),
        (400, "invalid_software_statement"),
        (400, "unapproved_software_statement"),
        (401, "invalid_token"),
        (403, "insufficient_scope"),
        (403, "access_denied"),
        (400, "invalid_request"),
        (400, "server_error"),
        (400, "temporarily_unavailable"),
    ]
    .map(|(status, error)| refused(status, error, error))
    .to_vec();
    cases.extend([
        refused(400, "registration_disabled", "provider_refused"),
        at("401-alone", "401 without an error", 401, "invalid_token", "{}".to_owned(), 1),
        at("403-alone", "403 without an error", 403, "provider_unexpected_status", "{}".to_owned(), 2),
        at("500", "500 for what it does not know", 500, "provider_unavailable", "{}".to_owned(), 2),
        at("503", "503, an outage", 503, "provider_unavailable", "{}".to_owned(), 1),
        at(
            "with-201",
            "an error with status 201",
            201,
            "invalid_client_metadata",
            r#"{"error":"invalid_client_metadata"}"#.to_owned(),
            2,
        ),
        at("202", "202, and perhaps later", 202, "provider_unexpected_status", "{}".to_owned(), 1),
        case(
            "registration-endpoint-missing",
            "there is no endpoint to register at",
            "Discovery 1.0, 3",
            NotRegistered("endpoint_missing"),
            edited(Discovery, vec![Remove("/registration_endpoint")]),
        )
        .by(Way::Registration)
        .asking(Registration, 0),
    ]);
    cases
}

fn good(name: &str, deviation: &str, edits: Vec<Edit>) -> Case {
    case(format!("registration-{name}"), deviation, RESPONSE, Registered, edited(Registration, edits))
        .by(Way::Registration)
        .asking(Registration, 1)
}

fn unusual() -> Vec<Case> {
    const EXPIRY: &str = "/client_secret_expires_at";
    let expiring = |name: &str, words: &str, edits: Vec<Edit>| {
        let secret = vec![
            Set("/client_secret", "s3cret".into()),
            Set("/token_endpoint_auth_method", "client_secret_basic".into()),
        ];
        let deviation = format!("the client has to show a secret, and {words}");
        good(&format!("secret-expiry-{name}"), &deviation, [secret, edits].concat()).serving("secret")
    };
    let secret = vec![
        Set("/client_secret", "s3cret".into()),
        Set("/client_secret_expires_at", json!(0)),
        Set("/token_endpoint_auth_method", "client_secret_basic".into()),
    ];
    vec![
        good(
            "secret-not-needed",
            "a secret comes although none is needed, and is not kept",
            vec![Set("/client_secret", "s3cret".into()), Set("/client_secret_expires_at", json!(0))],
        ),
        good("secret-needed", "the provider insists on a secret, and gives one", secret).serving("secret"),
        good(
            "secret-without-method",
            "a secret comes, and it is not said how to show it: in the header",
            vec![
                Set("/client_secret", "s3cret".into()),
                Set(EXPIRY, json!(0)),
                Remove("/token_endpoint_auth_method"),
            ],
        )
        .serving("secret"),
        expiring("missing", "it is not said for how long", Vec::new()),
        expiring("negative", "it is over before 1970", vec![Set(EXPIRY, json!(-1))]),
        expiring("text", "until when is a text", vec![Set(EXPIRY, "never".into())]),
        good(
            "userinfo-unsigned",
            "`userinfo_signed_response_alg` is `none`: plain JSON",
            vec![Set("/userinfo_signed_response_alg", "none".into())],
        ),
        good(
            "rights-unsaid",
            "the answer does not say what the client may do",
            vec![Remove("/grant_types"), Remove("/response_types"), Remove("/token_endpoint_auth_method")],
        ),
        good(
            "more-redirect-uris",
            "there is one more place to send the browser to",
            vec![Set("/redirect_uris/-", "http://127.0.0.1/more".into())],
        ),
        good(
            "no-refresh",
            "the client may not renew",
            vec![Set("/grant_types", json!(["authorization_code"]))],
        ),
        good("other-name", "the client is called something else", vec![Set("/client_name", "x".into())]),
        good(
            "management",
            "the registration can be ended",
            vec![
                Set("/registration_access_token", "t0ken".into()),
                Set("/registration_client_uri", "{issuer}/register/1".into()),
            ],
        ),
        case(
            "registration-200",
            "200 where it should be 201",
            RESPONSE,
            Registered,
            answer(Registration, 200, &[], Body::Same),
        )
        .by(Way::Registration),
    ]
}
