//! Members with a wrong type. Members that matter are refused; others are passed on unchanged.

use abide_demo_op::Edit;
use abide_demo_op::Edit::Set;
use abide_demo_op::Endpoint::{Discovery, UserInfo};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoToken, Renewed, Served};
use crate::hostile_provider::case::{Case, case, claims, json as edited, later, nameless, set};

/// Claims that matter (Core 1.0, 2 and 3.1.3.7).
const DECIDING: [&str; 10] =
    ["/iss", "/sub", "/aud", "/exp", "/iat", "/nbf", "/nonce", "/azp", "/at_hash", "/auth_time"];

/// All other claims that a specification has: Core 1.0, 2, 3.3.2.11, 5.1 and 5.6; the logout specifications; RFC 7519;
/// RFC 7800; RFC 8417; RFC 9068.
const OTHERS: [&str; 38] = [
    "/acr",
    "/amr",
    "/c_hash",
    "/s_hash",
    "/sid",
    "/jti",
    "/cnf",
    "/sub_jwk",
    "/events",
    "/toe",
    "/txn",
    "/scope",
    "/roles",
    "/groups",
    "/entitlements",
    "/client_id",
    "/_claim_names",
    "/_claim_sources",
    "/name",
    "/given_name",
    "/family_name",
    "/middle_name",
    "/nickname",
    "/preferred_username",
    "/profile",
    "/picture",
    "/website",
    "/email",
    "/email_verified",
    "/gender",
    "/birthdate",
    "/zoneinfo",
    "/locale",
    "/phone_number",
    "/phone_number_verified",
    "/address",
    "/updated_at",
    "/session_state",
];

/// Metadata that do not matter: they are never read, or are only hints.
const METADATA: [&str; 50] = [
    "/scopes_supported",
    "/response_modes_supported",
    "/grant_types_supported",
    "/acr_values_supported",
    "/subject_types_supported",
    "/id_token_encryption_alg_values_supported",
    "/id_token_encryption_enc_values_supported",
    "/userinfo_signing_alg_values_supported",
    "/userinfo_encryption_alg_values_supported",
    "/userinfo_encryption_enc_values_supported",
    "/request_object_signing_alg_values_supported",
    "/request_object_encryption_alg_values_supported",
    "/request_object_encryption_enc_values_supported",
    "/token_endpoint_auth_methods_supported",
    "/token_endpoint_auth_signing_alg_values_supported",
    "/display_values_supported",
    "/claim_types_supported",
    "/claims_supported",
    "/service_documentation",
    "/claims_locales_supported",
    "/ui_locales_supported",
    "/claims_parameter_supported",
    "/request_parameter_supported",
    "/request_uri_parameter_supported",
    "/require_request_uri_registration",
    "/op_policy_uri",
    "/op_tos_uri",
    "/check_session_iframe",
    "/end_session_endpoint",
    "/frontchannel_logout_supported",
    "/frontchannel_logout_session_supported",
    "/backchannel_logout_supported",
    "/backchannel_logout_session_supported",
    "/revocation_endpoint_auth_methods_supported",
    "/revocation_endpoint_auth_signing_alg_values_supported",
    "/introspection_endpoint_auth_methods_supported",
    "/introspection_endpoint_auth_signing_alg_values_supported",
    "/introspection_signing_alg_values_supported",
    "/code_challenge_methods_supported",
    "/signed_metadata",
    "/mtls_endpoint_aliases",
    "/tls_client_certificate_bound_access_tokens",
    "/dpop_signing_alg_values_supported",
    "/require_signed_request_object",
    "/authorization_details_types_supported",
    "/prompt_values_supported",
    "/backchannel_token_delivery_modes_supported",
    "/backchannel_authentication_endpoint",
    "/backchannel_user_code_parameter_supported",
    "/protected_resources",
];

pub(crate) fn cases() -> Vec<Case> {
    [deciding(), carried(), at_renewal(), profile(), metadata()].concat()
}

/// A value of each JSON type.
fn types() -> [(&'static str, &'static str, Value); 6] {
    [
        ("null", "`null`", Value::Null),
        ("number", "a number", json!(7)),
        ("text", "a text", json!("True")),
        ("bool", "`true`", json!(true)),
        ("list", "a list of a number and `null`", json!([7, null])),
        ("object", "an object", json!({ "a": [7] })),
    ]
}

fn named(prefix: &str, pointer: &str, how: &str) -> String {
    format!("{prefix}-{}-{how}", pointer.trim_start_matches('/').replace('_', "-"))
}

fn about(pointer: &str, what: &str) -> String {
    format!("`{}` is {what}", pointer.trim_start_matches('/'))
}

/// Each claim that matters, with each wrong type.
fn deciding() -> Vec<Case> {
    let never = |pointer: &str, how: &str| match pointer {
        "/exp" | "/iat" | "/nbf" | "/auth_time" => !matches!(how, "null" | "number"),
        // A text as `aud` is another client.
        _ => !matches!(how, "null" | "text"),
    };
    let mut cases = Vec::new();
    for pointer in DECIDING {
        for (how, what, value) in types().into_iter().filter(|(how, ..)| never(pointer, how)) {
            let expected = NoToken("id_token_malformed");
            let wrong = claims(vec![Set(pointer, value)]);
            cases.push(case(
                named("claim-that-decides", pointer, how),
                about(pointer, what),
                "Core 1.0, 2",
                expected,
                wrong,
            ));
        }
    }
    cases
}

/// Every other claim, with every type.
fn carried() -> Vec<Case> {
    let mut cases = Vec::new();
    for pointer in OTHERS {
        for (how, what, value) in types().into_iter().filter(|(how, ..)| *how != "null") {
            let wrong = claims(vec![Set(pointer, value)]);
            cases.push(case(
                named("claim", pointer, how),
                about(pointer, what),
                "Core 1.0, 3.1.3.3",
                Served,
                wrong,
            ));
        }
    }
    let unknown = claims(vec![Set("/auth_time", json!(0))]);
    cases.push(case(
        "claim-auth-time-zero",
        "`auth_time` is 0, which means that the provider does not know it",
        "Core 1.0, 2",
        Served,
        unknown,
    ));
    cases
}

/// The test recognizes the user by `email`, so it stays unchanged.
fn all_but_email(value: &Value) -> Vec<Edit> {
    let edited = OTHERS.into_iter().filter(|pointer| *pointer != "/email");
    edited.map(|pointer| Set(pointer, value.clone())).collect()
}

/// These do not end a running session either.
fn at_renewal() -> Vec<Case> {
    let renewed = |name: String, deviation: String, edits| {
        case(name, deviation, "Core 1.0, 12.2", Renewed, later(claims(edits)))
    };
    let mut cases: Vec<Case> = types()
        .into_iter()
        .map(|(how, what, value)| {
            let deviation =
                format!("in the new ID token, each claim that decides nothing but `email` is {what}");
            renewed(format!("refresh-claims-{how}"), deviation, all_but_email(&value))
        })
        .collect();
    cases.push(renewed(
        "refresh-auth-time-zero".to_owned(),
        "the new ID token's `auth_time` is 0, which means that the provider does not know it".to_owned(),
        vec![Set("/auth_time", json!(0))],
    ));
    cases
}

/// The same in UserInfo.
fn profile() -> Vec<Case> {
    let carried = |(how, what, value): (&str, &str, Value)| {
        let deviation = format!("in UserInfo, each claim but `sub` and `email` is {what}");
        let wrong = nameless(edited(UserInfo, all_but_email(&value)));
        case(format!("userinfo-claims-{how}"), deviation, "Core 1.0, 5.3.2", Served, wrong)
    };
    types().into_iter().map(carried).collect()
}

/// Every member of the metadata that does not matter, with each wrong type.
fn metadata() -> Vec<Case> {
    let never = ["number", "list", "object"];
    let mut cases = Vec::new();
    for pointer in METADATA {
        for (how, what, value) in types().into_iter().filter(|(how, ..)| never.contains(how)) {
            cases.push(case(
                named("metadata", pointer, how),
                about(pointer, what),
                "Discovery 1.0, 3",
                Served,
                set(Discovery, pointer, value),
            ));
        }
    }
    // A value that is allowed for some of them, and for the others of a wrong type.
    for (how, what, value) in types().into_iter().filter(|(how, ..)| !never.contains(how)) {
        let edits = METADATA.into_iter().map(|pointer| Set(pointer, value.clone())).collect();
        cases.push(case(
            format!("metadata-all-{how}"),
            format!("each member of the metadata that decides nothing is {what}"),
            "Discovery 1.0, 3",
            Served,
            edited(Discovery, edits),
        ));
    }
    cases
}
