//! The OpenID Foundation's tests of a Relying Party, under their names, as far as they apply to a public client with the
//! code flow, or to one with a secret.

use abide_demo_op::Edit::{Append, Beside, Remove, Set};
use abide_demo_op::Endpoint::{Discovery, Jwks, Registration, UserInfo};
use abide_demo_op::{Body, Deviation, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{
    self, Ended, NoBrowser, NoClaims, NoToken, Registered, Renewed, Served, Substituted,
};
use crate::hostile_provider::case::{
    Account, Case, Way, answer, case, claims, json as edited, later, nameless, set, signed,
};

/// What the suite calls those of its tests that have a row here, after `oidcc-client-test-`: the values of `testName` in
/// `src/main/java/net/openid/conformance/openid/client` of its repository.
pub(crate) const SUITE: [&str; 32] = [
    "aggregated-claims",
    "client-secret-basic",
    "discovery-issuer-mismatch",
    "discovery-jwks-uri-keys",
    "discovery-openid-config",
    "distributed-claims",
    "dynamic-registration",
    "idtoken-sig-none",
    "idtoken-sig-rs256",
    "invalid-athash",
    "invalid-aud",
    "invalid-iss",
    "invalid-sig-es256",
    "invalid-sig-hs256",
    "invalid-sig-rs256",
    "kid-absent-multiple-jwks",
    "kid-absent-single-jwks",
    "missing-aud",
    "missing-iat",
    "missing-sub",
    "mtls-endpoint-aliases",
    "nonce-invalid",
    "refresh-token",
    "refresh-token-invalid-issuer",
    "refresh-token-invalid-sub",
    "scope-userinfo-claims",
    "signing-key-rotation",
    "signing-key-rotation-just-before-signing",
    "userinfo-bearer-body",
    "userinfo-bearer-header",
    "userinfo-invalid-sub",
    "userinfo-signed",
];

pub(crate) fn cases() -> Vec<Case> {
    [code_flow(), others(), configuration(), rotation(), refresh(), ours()].concat()
}

fn row(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    let name =
        if name.is_empty() { "oidcc-client-test".to_owned() } else { format!("oidcc-client-test-{name}") };
    case(name, deviation, section, expected, wrong)
}

fn claim(
    name: &str,
    deviation: &str,
    section: &'static str,
    code: &'static str,
    edit: abide_demo_op::Edit,
) -> Case {
    row(name, deviation, section, NoToken(code), claims(vec![edit]))
}

fn code_flow() -> Vec<Case> {
    const RULES: &str = "Core 1.0, 3.1.3.7";
    let nameless_header = || signed(vec![Remove("/kid")], Signature::Own);
    let mut ambiguous = set(Jwks, "/keys/-", json!("{stranger's key}"));
    ambiguous.extend(nameless_header());
    let aggregated =
        json!({ "_claim_names": { "address": "src1" }, "_claim_sources": { "src1": { "JWT": "a.b.c" } } });
    let distributed = json!({
        "_claim_names": { "credit_score": "src1" },
        "_claim_sources": { "src1": { "endpoint": "{issuer}/userinfo", "access_token": "x" } }
    });
    let sources = |value: Value| {
        let set = |member: &'static str| Set(member, value[&member[1..]].clone());
        nameless(edited(UserInfo, vec![set("/_claim_names"), set("/_claim_sources")]))
    };
    vec![
        row("", "nothing wrong", "Core 1.0, 3.1", Served, Vec::new()),
        row(
            "scope-userinfo-claims",
            "the claims of the scopes are in UserInfo only",
            "Core 1.0, 5.4",
            Served,
            nameless(Vec::new()),
        ),
        row(
            "userinfo-bearer-header",
            "UserInfo is asked with the token in a header",
            "RFC 6750, 2.1",
            Served,
            nameless(Vec::new()),
        ),
        row(
            "kid-absent-single-jwks",
            "no `kid`, and one key that fits",
            "Core 1.0, 10.1",
            Served,
            nameless_header(),
        )
        .of(Account::Rsa),
        row(
            "kid-absent-multiple-jwks",
            "no `kid`, and several keys that fit",
            "Core 1.0, 10.1",
            NoToken("id_token_key_ambiguous"),
            ambiguous,
        ),
        row("idtoken-sig-rs256", "an ID token signed with RS256", "Core 1.0, 2", Served, Vec::new())
            .of(Account::Rsa),
        row(
            "idtoken-sig-none",
            "an ID token that is not signed",
            "Core 1.0, 2",
            NoToken("id_token_unsigned"),
            signed(vec![Set("/alg", "none".into()), Remove("/kid")], Signature::Empty),
        ),
        row(
            "invalid-sig-rs256",
            "an invalid signature with RS256",
            RULES,
            NoToken("id_token_signature_invalid"),
            signed(Vec::new(), Signature::Flipped),
        )
        .of(Account::Rsa),
        row(
            "invalid-sig-es256",
            "an invalid signature with ES256",
            RULES,
            NoToken("id_token_signature_invalid"),
            signed(Vec::new(), Signature::Flipped),
        ),
        row(
            "invalid-sig-hs256",
            "ID tokens are signed with HS256 only, which a client without a secret cannot check",
            "Core 1.0, 10.1",
            Expected::NoBrowser("signing_algorithms_unsupported"),
            set(Discovery, "/id_token_signing_alg_values_supported", json!(["HS256"])),
        ),
        claim(
            "nonce-invalid",
            "another `nonce`",
            "Core 1.0, 3.1.3.7 rule 11",
            "id_token_nonce_mismatch",
            Set("/nonce", "another".into()),
        ),
        claim("missing-aud", "no `aud`", "Core 1.0, 2", "id_token_audience_missing", Remove("/aud")),
        claim(
            "invalid-aud",
            "`aud` is another client",
            "Core 1.0, 3.1.3.7 rule 3",
            "id_token_audience_mismatch",
            Set("/aud", "another".into()),
        ),
        claim("missing-iat", "no `iat`", "Core 1.0, 2", "id_token_issued_at_missing", Remove("/iat")),
        claim("missing-sub", "no `sub`", "Core 1.0, 2", "id_token_subject_missing", Remove("/sub")),
        claim(
            "invalid-iss",
            "`iss` is another provider",
            "Core 1.0, 3.1.3.7 rule 2",
            "id_token_issuer_mismatch",
            Set("/iss", "https://other.example".into()),
        ),
        claim(
            "invalid-athash",
            "`at_hash` of another access token (theirs is for the implicit and hybrid flow)",
            "Core 1.0, 3.1.3.8",
            "id_token_at_hash_mismatch",
            Set("/at_hash", "AAAAAAAAAAAAAAAAAAAAAA".into()),
        ),
        row(
            "userinfo-invalid-sub",
            "UserInfo is about another person",
            "Core 1.0, 5.3.2",
            Substituted("userinfo_subject_mismatch"),
            nameless(set(UserInfo, "/sub", "demo-user-2")),
        ),
        row(
            "aggregated-claims",
            "UserInfo has aggregated claims, which are not used",
            "Core 1.0, 5.6.2",
            Served,
            sources(aggregated),
        ),
        row(
            "distributed-claims",
            "UserInfo has distributed claims, which are not fetched",
            "Core 1.0, 5.6.2",
            Served,
            sources(distributed),
        ),
        row(
            "mtls-endpoint-aliases",
            "other addresses for clients with a certificate, which this one has not",
            "RFC 8705, 5",
            Served,
            set(
                Discovery,
                "/mtls_endpoint_aliases",
                json!({ "token_endpoint": "https://mtls.example/token" }),
            ),
        ),
    ]
}

/// A client with a secret, a signed UserInfo, and tests to which this client reacts differently.
fn others() -> Vec<Case> {
    let in_body =
        nameless(answer(UserInfo, 400, &[], Body::Text(r#"{"error":"no token in the body"}"#.into())));
    vec![
        row(
            "client-secret-basic",
            "the client shows its secret in a header, form-urlencoded",
            "RFC 6749, 2.3.1",
            Served,
            Vec::new(),
        )
        .of(Account::Secret),
        row("userinfo-signed", "UserInfo is signed", "Core 1.0, 5.3.2", Served, nameless(Vec::new()))
            .of(Account::Sealed),
        row(
            "userinfo-bearer-body",
            "UserInfo takes the token in the body alone, where it is never put: a header is what every provider has to \
             take",
            "RFC 6750, 2.2",
            NoClaims("provider_refused"),
            in_body,
        ),
    ]
}

fn configuration() -> Vec<Case> {
    vec![
        row(
            "discovery-openid-config",
            "the metadata is read and used",
            "Discovery 1.0, 4",
            Served,
            Vec::new(),
        ),
        row(
            "discovery-jwks-uri-keys",
            "the keys are read from where the metadata says",
            "Discovery 1.0, 3",
            Served,
            set(Discovery, "/jwks_uri", "{issuer}/jwks?elsewhere=1"),
        ),
        row(
            "discovery-issuer-mismatch",
            "the metadata is another provider's",
            "Discovery 1.0, 4.3",
            NoBrowser("issuer_mismatch"),
            set(Discovery, "/issuer", "https://other.example"),
        ),
        row(
            "dynamic-registration",
            "the client registers by itself",
            "Registration 1.0, 3.1",
            Registered,
            Vec::new(),
        )
        .by(Way::Registration)
        .asking(Registration, 1),
    ]
}

/// From the given answer on, the ID token is signed with a key that is published from the second read on.
fn new_key(mut token: Vec<Deviation>, keys: Value) -> Vec<Deviation> {
    token.extend(later(set(Jwks, "/keys", keys)));
    token
}

fn by_new_key() -> Vec<Deviation> {
    signed(vec![Set("/kid", "{stranger's kid}".into())], Signature::Stranger)
}

fn rotation() -> Vec<Case> {
    const ROTATION: &str = "Core 1.0, 10.1.1";
    vec![
        row(
            "signing-key-rotation",
            "the keys change between two ID tokens",
            ROTATION,
            Renewed,
            new_key(later(by_new_key()), json!(["{stranger's key}"])),
        ),
        row(
            "signing-key-rotation-just-before-signing",
            "the keys change just before the ID token is signed",
            ROTATION,
            Served,
            new_key(by_new_key(), json!(["{stranger's key}"])),
        ),
    ]
}

fn refresh() -> Vec<Case> {
    let claim = |name: &str, deviation: &str, code, edit| {
        row(
            &format!("refresh-token-{name}"),
            deviation,
            "Core 1.0, 12.2",
            Ended(code),
            later(claims(vec![edit])),
        )
    };
    vec![
        row("refresh-token", "a renewal with nothing wrong", "Core 1.0, 12", Renewed, Vec::new()),
        claim(
            "invalid-issuer",
            "the new ID token is another provider's",
            "id_token_issuer_mismatch",
            Set("/iss", "https://other.example".into()),
        ),
        claim(
            "invalid-sub",
            "the new ID token is about another person",
            "id_token_subject_changed",
            Set("/sub", "demo-user-2".into()),
        ),
    ]
}

/// Our own cases on the same subjects.
fn ours() -> Vec<Case> {
    const ROTATION: &str = "Core 1.0, 10.1.1";
    let mut away = by_new_key();
    away.extend(later(crate::hostile_provider::case::answer(Jwks, 503, &[], abide_demo_op::Body::Same)));
    let mut broken = by_new_key();
    broken.extend(later(edited(Jwks, vec![Remove("/keys")])));
    let mut away_later = later(by_new_key());
    away_later.extend(later(crate::hostile_provider::case::answer(
        Jwks,
        503,
        &[],
        abide_demo_op::Body::Same,
    )));
    vec![
        case(
            "id-token-invalid-sig-hs256",
            "an invalid signature with HS256",
            "Core 1.0, 3.1.3.7",
            NoToken("id_token_algorithm_refused"),
            signed(vec![Set("/alg", "HS256".into())], Signature::Mac("not the secret")),
        ),
        case(
            "keys-of-unknown-kinds-beside",
            "keys of unknown kinds beside the right one",
            "RFC 7517, 5",
            Served,
            edited(
                Jwks,
                vec![
                    Set("/keys/-", json!({ "kty": "AKP", "alg": "ML-DSA-0", "kid": "a", "pub": "AAAA" })),
                    Set("/keys/-", json!({ "kty": "MADE-UP", "kid": "b" })),
                ],
            ),
        ),
        case(
            "refresh-aud-other",
            "the new ID token is for another client",
            "Core 1.0, 12.2",
            Ended("id_token_audience_mismatch"),
            later(claims(vec![Set("/aud", "another".into())])),
        ),
        case(
            "refresh-azp-and-aud-other",
            "the new ID token is for another client, too, which has asked for it",
            "Core 1.0, 12.2",
            Ended("id_token_audience_untrusted"),
            later(claims(vec![Beside("/aud", "another".into()), Set("/azp", "another".into())])),
        ),
        case(
            "nonce-missing",
            "no `nonce`",
            "Core 1.0, 3.1.3.7 rule 11",
            NoToken("id_token_nonce_missing"),
            claims(vec![Remove("/nonce")]),
        ),
        case(
            "iss-missing",
            "no `iss`",
            "Core 1.0, 2",
            NoToken("id_token_issuer_missing"),
            claims(vec![Remove("/iss")]),
        ),
        case(
            "userinfo-unsigned",
            "UserInfo has to be signed, and is not",
            "Core 1.0, 5.3.2",
            NoClaims("userinfo_unsigned"),
            nameless(answer(UserInfo, 200, &[], Body::Text(r#"{"sub":"demo-user-1"}"#.into()))),
        )
        .of(Account::Sealed),
        case(
            "userinfo-signed-word",
            "UserInfo has to be signed, and is a text",
            "Core 1.0, 5.3.2",
            NoClaims("userinfo_malformed"),
            nameless(answer(
                UserInfo,
                200,
                &[("content-type", "application/jwt")],
                Body::Text("signed".into()),
            )),
        )
        .of(Account::Sealed),
        case(
            "refresh-azp-other",
            "the new ID token is for this client alone, and another one has asked for it",
            "Core 1.0, 12.2",
            Ended("id_token_authorized_party_mismatch"),
            later(claims(vec![Set("/azp", "another".into())])),
        ),
        case(
            "aud-several-without-azp",
            "`aud` has an application that is not trusted",
            "Core 1.0, 3.1.3.7 rule 3",
            NoToken("id_token_audience_mismatch"),
            claims(vec![Set("/aud", json!(["another", "somebody"]))]),
        ),
        case(
            "rotation-old-and-new",
            "the keys change, and the old one stays for a while",
            ROTATION,
            Served,
            new_key(by_new_key(), json!(["{own key}", "{stranger's key}"])),
        ),
        case(
            "rotation-never-published",
            "the ID token's key is never published",
            ROTATION,
            NoToken("id_token_key_unknown"),
            by_new_key(),
        ),
        case(
            "rotation-keys-away",
            "the keys change, and cannot be read at that moment",
            ROTATION,
            NoToken("provider_unavailable"),
            away,
        ),
        case(
            "rotation-keys-broken",
            "the keys change, and what is published is not a key set",
            ROTATION,
            NoToken("keys_malformed"),
            broken,
        ),
        case(
            "rotation-keys-away-in-renewal",
            "the keys change before a renewal, and cannot be read at that moment",
            ROTATION,
            Expected::Kept("provider_unavailable"),
            away_later,
        ),
        case(
            "token-with-shell-characters",
            "the authorization endpoint's query is full of shell characters: one argument",
            "RFC 6749, 3.1",
            Served,
            set(
                Discovery,
                "/authorization_endpoint",
                "{issuer}/authorize?a=$(xcalc)&b=;reboot;&c='x'&d=%22%3E&e=*",
            ),
        ),
        case(
            "authorization-endpoint-with-query",
            "the authorization endpoint has a query, which is kept",
            "RFC 6749, 3.1",
            Served,
            edited(Discovery, vec![Append("/authorization_endpoint", "?tenant=a%20b")]),
        ),
    ]
}
