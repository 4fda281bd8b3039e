//! Metadata that must be refused.

use abide_demo_op::Edit::{Append, Capitals, Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::Discovery;
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoBrowser, Served};
use crate::hostile_provider::case::{Account, Case, answer, case, json as edited, set, without};

const VALIDATION: &str = "Discovery 1.0, 4.3";
const METADATA: &str = "Discovery 1.0, 3";
const RESPONSE: &str = "Discovery 1.0, 4.2";

pub(crate) fn cases() -> Vec<Case> {
    [issuer(), members(), lists(), unusual()].concat()
}

fn issuer() -> Vec<Case> {
    let mismatch = |name: &str, deviation: &str, edits| {
        let (name, deviation) = (format!("discovery-issuer-{name}"), format!("`issuer` {deviation}"));
        case(name, deviation, VALIDATION, NoBrowser("issuer_mismatch"), edited(Discovery, edits))
    };
    let malformed = |name: &str, deviation: &str, value: Value| {
        let (name, deviation) = (format!("discovery-issuer-{name}"), format!("`issuer` is {deviation}"));
        case(name, deviation, METADATA, NoBrowser("metadata_malformed"), set(Discovery, "/issuer", value))
    };
    vec![
        mismatch("trailing-slash", "has a slash at the end", vec![Append("/issuer", "/")]),
        mismatch("path", "has a path", vec![Append("/issuer", "/realms/other")]),
        mismatch("query", "has a query", vec![Append("/issuer", "?a=b")]),
        mismatch("fragment", "has a fragment", vec![Append("/issuer", "#a")]),
        mismatch("space", "has a space after it", vec![Append("/issuer", " ")]),
        mismatch("line-break", "has a line break after it", vec![Append("/issuer", "\r\n")]),
        mismatch("nul", "has a zero byte after it", vec![Append("/issuer", "{nul}")]),
        mismatch("capitals", "is written in capitals", vec![Capitals("/issuer")]),
        mismatch(
            "https",
            "has https instead of http",
            vec![Set("/issuer", "https://127.0.0.1:{port}".into())],
        ),
        mismatch(
            "host-name",
            "names the same host by name",
            vec![Set("/issuer", "http://localhost:{port}".into())],
        ),
        mismatch("other-port", "has another port", vec![Set("/issuer", "http://127.0.0.1:1".into())]),
        mismatch(
            "other-host",
            "is that of another provider",
            vec![Set("/issuer", "https://accounts.example.com".into())],
        ),
        mismatch(
            "user-info",
            "has a user name in front of the host",
            vec![Set("/issuer", "http://a@127.0.0.1:{port}".into())],
        ),
        mismatch(
            "short-address",
            "writes the address in another way",
            vec![Set("/issuer", "http://127.1:{port}".into())],
        ),
        mismatch(
            "encoded",
            "has a percent-encoded letter",
            vec![Set("/issuer", "http://127.0.0.1:{port}/%2e".into())],
        ),
        mismatch("empty", "is empty", vec![Set("/issuer", "".into())]),
        mismatch(
            "template",
            "still has the tenant's placeholder",
            vec![Append("/issuer", "/{tenantid}/v2.0")],
        ),
        case(
            "discovery-issuer-missing",
            "`issuer` is missing",
            METADATA,
            NoBrowser("metadata_malformed"),
            without(Discovery, "/issuer"),
        ),
        malformed("null", "`null`", Value::Null),
        malformed("number", "a number", json!(7)),
        malformed("list", "a list", json!(["{issuer}"])),
        malformed("object", "an object", json!({ "url": "{issuer}" })),
        case(
            "discovery-issuer-twice",
            "`issuer` is there twice, once right",
            "RFC 8259, 4",
            NoBrowser("metadata_duplicate_member"),
            edited(Discovery, vec![Twice("issuer", "https://accounts.example.com".into())]),
        ),
    ]
}

/// Members that are required, with the right type.
fn members() -> Vec<Case> {
    let mut cases = Vec::new();
    for (member, pointer) in [
        ("authorization_endpoint", "/authorization_endpoint"),
        ("token_endpoint", "/token_endpoint"),
        ("jwks_uri", "/jwks_uri"),
    ] {
        let name = |how: &str| format!("discovery-{}-{how}", member.replace('_', "-"));
        let missing = NoBrowser("endpoint_missing");
        cases.push(case(
            name("missing"),
            format!("`{member}` is missing"),
            METADATA,
            missing,
            without(Discovery, pointer),
        ));
        cases.push(case(
            name("null"),
            format!("`{member}` is `null`"),
            METADATA,
            missing,
            set(Discovery, pointer, Value::Null),
        ));
        cases.push(case(
            name("empty"),
            format!("`{member}` is empty"),
            METADATA,
            missing,
            set(Discovery, pointer, ""),
        ));
    }
    for (member, pointer) in [
        ("authorization_endpoint", "/authorization_endpoint"),
        ("token_endpoint", "/token_endpoint"),
        ("jwks_uri", "/jwks_uri"),
        ("userinfo_endpoint", "/userinfo_endpoint"),
        ("revocation_endpoint", "/revocation_endpoint"),
        ("introspection_endpoint", "/introspection_endpoint"),
    ] {
        for (how, value) in [("number", json!(443)), ("list", json!(["{issuer}/x"]))] {
            // A sign-in needs none of these.
            let expected = match member {
                "userinfo_endpoint" | "revocation_endpoint" | "introspection_endpoint" => Served,
                _ => NoBrowser("metadata_malformed"),
            };
            cases.push(case(
                format!("discovery-{}-{how}", member.replace('_', "-")),
                format!("`{member}` is a {how}"),
                METADATA,
                expected,
                set(Discovery, pointer, value),
            ));
        }
    }
    let twice = edited(Discovery, vec![Twice("token_endpoint", "https://evil.example/token".into())]);
    let deep_twice = edited(
        Discovery,
        vec![Text(r#"{"issuer":"{issuer}","mtls_endpoint_aliases":{"a":1,"a":2}}"#.into())],
    );
    cases.push(case(
        "discovery-token-endpoint-twice",
        "`token_endpoint` is there twice",
        "RFC 8259, 4",
        NoBrowser("metadata_duplicate_member"),
        twice,
    ));
    cases.push(case(
        "discovery-nested-member-twice",
        "a member of an object inside is there twice",
        "RFC 8259, 4",
        NoBrowser("metadata_duplicate_member"),
        deep_twice,
    ));
    cases
}

/// The capabilities in the metadata.
fn lists() -> Vec<Case> {
    let list = |name: &str, deviation: &str, section, code, pointer, value: Value| {
        case(format!("discovery-{name}"), deviation, section, NoBrowser(code), set(Discovery, pointer, value))
    };
    let (types, algorithms) = ("/response_types_supported", "/id_token_signing_alg_values_supported");
    vec![
        list(
            "response-types-implicit",
            "only the implicit flow is offered",
            METADATA,
            "code_flow_unsupported",
            types,
            json!(["id_token", "id_token token"]),
        ),
        list(
            "response-types-hybrid",
            "only the hybrid flow is offered",
            METADATA,
            "code_flow_unsupported",
            types,
            json!(["code id_token"]),
        ),
        list(
            "response-types-empty",
            "no response type is offered",
            METADATA,
            "code_flow_unsupported",
            types,
            json!([]),
        ),
        list(
            "response-types-text",
            "`response_types_supported` is a text",
            METADATA,
            "metadata_malformed",
            types,
            json!("code"),
        ),
        list(
            "signing-none",
            "ID tokens are not signed (`none`)",
            "Core 1.0, 2",
            "signing_algorithms_unsupported",
            algorithms,
            json!(["none"]),
        ),
        list(
            "signing-symmetric",
            "ID tokens are signed with the client's secret only",
            "Core 1.0, 10.1",
            "signing_algorithms_unsupported",
            algorithms,
            json!(["HS256", "HS512"]),
        ),
        list(
            "signing-none-and-symmetric",
            "ID tokens are signed with `none` or HS256",
            "Core 1.0, 10.1",
            "signing_algorithms_unsupported",
            algorithms,
            json!(["none", "HS256"]),
        ),
        list(
            "signing-unknown",
            "ID tokens are signed with unknown algorithms",
            "RFC 7518, 3.1",
            "signing_algorithms_unsupported",
            algorithms,
            json!(["RS1", "XX256", "es256"]),
        ),
        list(
            "signing-empty",
            "no algorithm for ID tokens is offered",
            METADATA,
            "signing_algorithms_unsupported",
            algorithms,
            json!([]),
        ),
        list(
            "signing-text",
            "`id_token_signing_alg_values_supported` is a text",
            METADATA,
            "metadata_malformed",
            algorithms,
            json!("ES256"),
        ),
        case(
            "discovery-iss-parameter-text".to_owned(),
            "`authorization_response_iss_parameter_supported` is a text",
            "RFC 9207, 3",
            Served,
            set(Discovery, "/authorization_response_iss_parameter_supported", json!("true")),
        ),
        list(
            "authentication-unknown",
            "a client with a secret is offered a certificate only",
            "Core 1.0, 9",
            "client_authentication_unsupported",
            "/token_endpoint_auth_methods_supported",
            json!(["tls_client_auth"]),
        )
        .of(Account::Secret),
        list(
            "authentication-none-offered",
            "a client with a secret is offered no way to authenticate",
            "Core 1.0, 9",
            "client_authentication_unsupported",
            "/token_endpoint_auth_methods_supported",
            json!([]),
        )
        .of(Account::Secret),
    ]
}

/// Unusual metadata that are allowed.
fn unusual() -> Vec<Case> {
    let good = |name: &str, deviation: &str, section, edits| {
        case(format!("discovery-{name}"), deviation, section, Served, edited(Discovery, edits))
    };
    vec![
        good(
            "unknown-members",
            "members that no specification has",
            METADATA,
            vec![Set("/x_next_generation", json!({ "a": [1, null] }))],
        ),
        good(
            "response-types-numbers",
            "`response_types_supported` has a number in it",
            METADATA,
            vec![Set("/response_types_supported", json!(["code", 1]))],
        ),
        good(
            "signing-numbers",
            "`id_token_signing_alg_values_supported` has a number and `null` in it",
            METADATA,
            vec![Set("/id_token_signing_alg_values_supported", json!([1, null, "ES256"]))],
        ),
        good(
            "scopes-text",
            "`scopes_supported` is a text",
            METADATA,
            vec![Set("/scopes_supported", json!("openid"))],
        ),
        good(
            "authentication-text",
            "`token_endpoint_auth_methods_supported` is a text",
            METADATA,
            vec![Set("/token_endpoint_auth_methods_supported", json!("none"))],
        ),
        good(
            "without-optional-endpoints",
            "no UserInfo, no revocation, no introspection, no sign-out",
            METADATA,
            [
                "/userinfo_endpoint",
                "/revocation_endpoint",
                "/introspection_endpoint",
                "/end_session_endpoint",
                "/check_session_iframe",
            ]
            .map(Remove)
            .to_vec(),
        ),
        good(
            "without-lists",
            "no list of response types, scopes and authentication methods",
            "RFC 8414, 2",
            ["/response_types_supported", "/scopes_supported", "/token_endpoint_auth_methods_supported"]
                .map(Remove)
                .to_vec(),
        ),
        good(
            "check-session-unusable",
            "`check_session_iframe` is not an address: the session is not watched there",
            "Session Management 1.0, 3.3",
            vec![Set("/check_session_iframe", json!("javascript:alert(1)"))],
        ),
        good(
            "without-offline-access",
            "the scope `offline_access` is not offered, and not asked for",
            "Core 1.0, 11",
            vec![Set("/scopes_supported", json!(["openid", "profile", "email"]))],
        ),
        good(
            "logout-flags-of-another-type",
            "flags of sign-out are texts: nothing is promised",
            "Back-Channel Logout 1.0, 2.1",
            vec![Set("/backchannel_logout_supported", json!("yes"))],
        ),
        case(
            "discovery-utf8-content-type",
            "`Content-Type: application/json;charset=UTF-8`",
            RESPONSE,
            Served,
            answer(
                Discovery,
                200,
                &[("content-type", "application/json;charset=UTF-8")],
                abide_demo_op::Body::Same,
            ),
        ),
    ]
}
