//! Keys that must not be trusted, and key sets that cannot be read.

use abide_demo_op::Edit::{Remove, Set, Text, Twice};
use abide_demo_op::Endpoint::Jwks;
use abide_demo_op::{Deviation, Edit, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoBrowser, NoToken, Served};
use crate::hostile_provider::case::{Account, Case, case, json as edited, set, signed};

const SET: &str = "RFC 7517, 5";
const KEY: &str = "RFC 7517, 4";
const MATCH: &str = "Core 1.0, 10.1";
/// The coordinate of some other key.
const NUMBER: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";

pub(crate) fn cases() -> Vec<Case> {
    [documents(), unfit(), choice(), rsa()].concat()
}

fn documents() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, code, edits: Vec<Edit>| {
        case(format!("jwks-{name}"), deviation, SET, NoBrowser(code), edited(Jwks, edits))
    };
    let malformed = |name: &str, deviation: &str, edits| refused(name, deviation, "keys_malformed", edits);
    vec![
        malformed("without-keys", "the key set has no `keys`", vec![Remove("/keys")]),
        malformed("keys-null", "`keys` is `null`", vec![Set("/keys", Value::Null)]),
        malformed("keys-text", "`keys` is a text", vec![Set("/keys", json!("none"))]),
        malformed(
            "keys-object",
            "`keys` is an object with key ids",
            vec![Set("/keys", json!({ "1": "{own key}" }))],
        ),
        malformed("bare-list", "the key set is a list", vec![Text("[]".into())]),
        malformed("bare-key", "the key set is a key", vec![Set("", json!("{own key}"))]),
        malformed(
            "101-keys",
            "the key set has 101 keys",
            vec![Set("/keys", json!(vec!["{stranger's key}"; 101]))],
        ),
        refused(
            "keys-twice",
            "`keys` is there twice",
            "keys_duplicate_member",
            vec![Twice("keys", json!(["{stranger's key}"]))],
        ),
        refused(
            "kid-twice",
            "a key has two `kid`",
            "keys_duplicate_member",
            vec![Text(r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"1","kid":"2"}]}"#.into())],
        ),
    ]
}

/// Keys that are left out: a signature by one of them is by an unknown key.
fn unfit() -> Vec<Case> {
    let unknown = |name: &str, deviation: &str, section, edits: Vec<Edit>| {
        case(format!("jwks-{name}"), deviation, section, NoToken("id_token_key_unknown"), edited(Jwks, edits))
    };
    let first = |name: &str, deviation: &str, member, value: Value| {
        unknown(name, deviation, KEY, vec![Set(member, value)])
    };
    vec![
        unknown("empty", "there is no key", SET, vec![Set("/keys", json!([]))]),
        unknown("keys-of-numbers", "`keys` is a list of numbers", SET, vec![Set("/keys", json!([1, 2]))]),
        unknown(
            "only-a-strangers",
            "there is another key only",
            MATCH,
            vec![Set("/keys", json!(["{stranger's key}"]))],
        ),
        first(
            "other-kid",
            "the key has another `kid` than the ID token names",
            "/keys/0/kid",
            json!("other"),
        ),
        first("kid-case", "the key's `kid` differs by case", "/keys/0/kid", json!("KID")),
        first("for-encryption", "the key is for encryption (`use`)", "/keys/0/use", json!("enc")),
        first("use-unknown", "the key is for something unknown (`use`)", "/keys/0/use", json!("signature")),
        first(
            "key-ops-deriving",
            "the key is for deriving keys (`key_ops`)",
            "/keys/0/key_ops",
            json!(["deriveKey"]),
        ),
        first(
            "key-ops-signing",
            "the key is for signing alone (`key_ops`), beside a number",
            "/keys/0/key_ops",
            json!([7, "sign"]),
        ),
        first(
            "alg-other",
            "the key is for ES384 (`alg`), on a curve that is not",
            "/keys/0/alg",
            json!("ES384"),
        ),
        first("alg-rsa", "the key is for RS256 (`alg`), and is not RSA", "/keys/0/alg", json!("RS256")),
        first("alg-none", "the key is for `none` (`alg`)", "/keys/0/alg", json!("none")),
        first("alg-ecdh", "the key is for an exchange of keys (`alg`)", "/keys/0/alg", json!("ECDH-ES")),
        first("private-published", "the private key is published", "/keys/0/d", json!(NUMBER)),
        first("symmetric-part", "the key has a symmetric part", "/keys/0/k", json!(NUMBER)),
        first("kty-unknown", "the key is of an unknown kind", "/keys/0/kty", json!("PQ")),
        first("kty-lower-case", "the key's kind is in lower case", "/keys/0/kty", json!("ec")),
        first("kty-rsa", "the key says that it is RSA, and has no modulus", "/keys/0/kty", json!("RSA")),
        unknown("kty-missing", "the key does not say of which kind it is", KEY, vec![Remove("/keys/0/kty")]),
        unknown(
            "crv-missing",
            "the key does not say on which curve it is",
            "RFC 7518, 6.2",
            vec![Remove("/keys/0/crv")],
        ),
        first("crv-unknown", "the key is on an unknown curve", "/keys/0/crv", json!("P-257")),
        first("crv-521", "the key is on a curve that is not accepted", "/keys/0/crv", json!("P-521")),
        first("crv-koblitz", "the key is on a curve of another purpose", "/keys/0/crv", json!("secp256k1")),
        first(
            "crv-edwards",
            "the key says that it is Ed25519, and of kind EC",
            "/keys/0/crv",
            json!("Ed25519"),
        ),
        unknown(
            "symmetric-only",
            "the only key is symmetric, and published",
            "RFC 7518, 6.4",
            vec![Set("/keys", json!([{ "kty": "oct", "k": NUMBER, "alg": "HS256" }]))],
        ),
        unknown(
            "rsa-1024",
            "the only key is RSA with 1,024 bits",
            "RFC 7518, 3.3",
            vec![Set("/keys", json!([{ "kty": "RSA", "e": "AQAB", "n": "w".repeat(171) }]))],
        ),
    ]
}

/// Several keys without the right one.
fn choice() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, code, wrong| {
        case(format!("jwks-{name}"), deviation, MATCH, NoToken(code), wrong)
    };
    let both = |more: Vec<Deviation>| {
        let mut wrong = set(Jwks, "/keys/-", json!("{stranger's key}"));
        wrong.extend(more);
        wrong
    };
    let nameless = || signed(vec![Remove("/kid")], Signature::Own);
    let says_nothing = |name: &str, deviation: &str, member, value: Value| {
        case(format!("jwks-{name}"), deviation, "RFC 7517, 4", Served, set(Jwks, member, value))
    };
    let mut same_kid = edited(Jwks, vec![Set("/keys/-", json!("{own key}"))]);
    same_kid.extend(signed(Vec::new(), Signature::Own));
    vec![
        refused(
            "wrong-coordinate",
            "the key's `x` is from another key: the point is not on the curve",
            "id_token_signature_invalid",
            set(Jwks, "/keys/0/x", NUMBER),
        ),
        refused(
            "coordinate-missing",
            "the key has no `y`",
            "id_token_signature_invalid",
            edited(Jwks, vec![Remove("/keys/0/y")]),
        ),
        refused(
            "coordinate-short",
            "the key's `x` has one byte",
            "id_token_signature_invalid",
            set(Jwks, "/keys/0/x", "AQ"),
        ),
        refused(
            "coordinate-not-base64",
            "the key's `x` is not base64url",
            "id_token_signature_invalid",
            set(Jwks, "/keys/0/x", "!!!"),
        ),
        refused(
            "swapped-coordinates",
            "the key's `x` and `y` are those of infinity",
            "id_token_signature_invalid",
            edited(
                Jwks,
                vec![Set("/keys/0/x", json!("A".repeat(43))), Set("/keys/0/y", json!("A".repeat(43)))],
            ),
        ),
        refused(
            "strangers-key-under-own-kid",
            "the signing key's `kid` names another key",
            "id_token_signature_invalid",
            edited(
                Jwks,
                vec![
                    Set("/keys/0/x", json!("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
                    Set("/keys/0/y", json!("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
                ],
            ),
        ),
        refused(
            "no-kid-two-keys",
            "the ID token names no key, and two fit",
            "id_token_key_ambiguous",
            both(nameless()),
        ),
        case("jwks-no-kid-one-key", "the ID token names no key, and one fits", MATCH, Served, nameless()),
        case("jwks-key-without-kid", "neither the ID token nor the only key has a `kid`", MATCH, Served, {
            let mut wrong = edited(Jwks, vec![Remove("/keys/0/kid")]);
            wrong.extend(nameless());
            wrong
        }),
        says_nothing("key-ops-empty", "`key_ops` is empty", "/keys/0/key_ops", json!([])),
        says_nothing("key-ops-number", "`key_ops` is a list of numbers", "/keys/0/key_ops", json!([1])),
        says_nothing("use-empty", "`use` is empty", "/keys/0/use", "".into()),
        says_nothing("use-number", "`use` is a number", "/keys/0/use", json!(7)),
        says_nothing("alg-empty", "`alg` is empty", "/keys/0/alg", "".into()),
        says_nothing("alg-number", "`alg` is a number", "/keys/0/alg", json!(7)),
        case("jwks-another-key-beside", "another key is there, too", MATCH, Served, both(Vec::new())),
        case(
            "jwks-key-for-encryption-beside",
            "a key for encryption with the same `kid` is there, too",
            MATCH,
            Served,
            edited(
                Jwks,
                vec![Set(
                    "/keys/-",
                    json!({ "kty": "EC", "crv": "P-256", "use": "enc", "x": NUMBER, "y": NUMBER }),
                )],
            ),
        ),
        case(
            "jwks-unknown-kind-beside",
            "a key of an unknown kind is there, too",
            SET,
            Served,
            edited(Jwks, vec![Set("/keys/-", json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": NUMBER }))]),
        ),
        case(
            "jwks-key-null",
            "one of the keys is `null`",
            SET,
            Served,
            edited(Jwks, vec![Set("/keys/-", Value::Null)]),
        ),
        case(
            "jwks-junk-beside",
            "a number, a text, a list and `true` are among the keys, too",
            SET,
            Served,
            edited(
                Jwks,
                vec![
                    Set("/keys/-", json!(7)),
                    Set("/keys/-", json!("junk")),
                    Set("/keys/-", json!([null])),
                    Set("/keys/-", json!(true)),
                ],
            ),
        ),
        case(
            "jwks-members-of-another-type-beside",
            "a key whose members are all of another type is there, too",
            SET,
            Served,
            edited(Jwks, vec![Set("/keys/-", json!({ "kty": 7, "kid": [], "use": {}, "alg": 1, "x5c": 7 }))]),
        ),
        case(
            "jwks-broken-key-beside",
            "a key without anything is there, too",
            SET,
            Served,
            edited(Jwks, vec![Set("/keys/-", json!({}))]),
        ),
        case(
            "jwks-key-set-content-type",
            "the key set is `application/jwk-set+json`",
            "RFC 7517, 8.5.2",
            Served,
            crate::hostile_provider::case::header(Jwks, "content-type", "application/jwk-set+json"),
        ),
        case("jwks-same-key-twice", "the same key is there twice", MATCH, Served, same_kid),
    ]
}

fn rsa() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, section, code, wrong| {
        case(format!("jwks-rsa-{name}"), deviation, section, NoToken(code), wrong).of(Account::Rsa)
    };
    let second = "/keys/1";
    vec![
        refused(
            "short-modulus",
            "the RSA key has 1,024 bits",
            "RFC 7518, 3.3",
            "id_token_key_unknown",
            set(Jwks, "/keys/1/n", "w".repeat(171)),
        ),
        refused(
            "padded-modulus",
            "the RSA key's 1,024 bits have zeros in front",
            "RFC 7518, 3.3",
            "id_token_key_unknown",
            set(Jwks, "/keys/1/n", format!("{}{}", "A".repeat(172), "w".repeat(171))),
        ),
        refused(
            "8192-bits",
            "the RSA key has 8,192 bits",
            "RFC 7518, 6.3.1",
            "id_token_key_too_large",
            set(Jwks, "/keys/1/n", "w".repeat(1366)),
        ),
        refused(
            "exponent-one",
            "the RSA key's exponent is 1: every text is its own signature",
            "RFC 8017, 3.1",
            "id_token_signature_invalid",
            set(Jwks, "/keys/1/e", "AQ"),
        ),
        refused(
            "exponent-zero",
            "the RSA key's exponent is 0",
            "RFC 8017, 3.1",
            "id_token_signature_invalid",
            set(Jwks, "/keys/1/e", "AA"),
        ),
        refused(
            "exponent-missing",
            "the RSA key has no exponent",
            "RFC 7518, 6.3.1",
            "id_token_signature_invalid",
            edited(Jwks, vec![Remove("/keys/1/e")]),
        ),
        refused(
            "even-modulus",
            "the RSA key's modulus is even",
            "RFC 8017, 3.1",
            "id_token_signature_invalid",
            set(Jwks, "/keys/1/n", format!("{}A", "w".repeat(341))),
        ),
        refused(
            "huge-modulus",
            "the RSA key has 65,536 bits",
            "RFC 8017, 3.1",
            "id_token_key_unknown",
            set(Jwks, "/keys/1/n", "w".repeat(10_923)),
        ),
        refused(
            "key-missing",
            "the RSA key is not published",
            SET,
            "id_token_key_unknown",
            edited(Jwks, vec![Remove(second)]),
        ),
        refused(
            "for-pss",
            "the RSA key is for PS256 only",
            KEY,
            "id_token_key_unknown",
            set(Jwks, "/keys/1/alg", "PS256"),
        ),
        refused(
            "only-es256-offered",
            "the metadata offers ES256 only",
            "Core 1.0, 3.1.3.7 rule 7",
            "id_token_algorithm_refused",
            set(
                abide_demo_op::Endpoint::Discovery,
                "/id_token_signing_alg_values_supported",
                json!(["ES256"]),
            ),
        ),
        refused(
            "mac-with-public-key",
            "the ID token is signed with HS256 and the public key as the secret",
            "RFC 8725, 3.1",
            "id_token_algorithm_refused",
            signed(vec![Set("/alg", json!("HS256"))], Signature::Mac("{own key}")),
        ),
        refused(
            "ecdsa-under-rsa-kid",
            "the ID token says ES256 and names the RSA key",
            "RFC 8725, 3.1",
            "id_token_key_unknown",
            signed(vec![Set("/alg", json!("ES256"))], Signature::Own),
        ),
        refused(
            "flipped",
            "one bit of the RSA signature is another one",
            "RFC 7515, 5.2",
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Flipped),
        ),
        refused(
            "stranger",
            "the RSA signature is an ECDSA signature",
            "RFC 7515, 5.2",
            "id_token_signature_invalid",
            signed(Vec::new(), Signature::Stranger),
        ),
        refused(
            "es256-not-listed",
            "no algorithms are listed, so RS256 is agreed, and the ID token has ES256",
            "Core 1.0, 3.1.3.7 rule 6",
            "id_token_algorithm_refused",
            {
                let mut wrong = edited(
                    abide_demo_op::Endpoint::Discovery,
                    vec![Remove("/id_token_signing_alg_values_supported")],
                );
                wrong.extend(signed(vec![Set("/alg", json!("ES256"))], Signature::Own));
                wrong
            },
        ),
        case(
            "jwks-rsa-default-algorithm",
            "no algorithms are listed, and the ID token has RS256",
            "Core 1.0, 2",
            Served,
            edited(
                abide_demo_op::Endpoint::Discovery,
                vec![Remove("/id_token_signing_alg_values_supported")],
            ),
        )
        .of(Account::Rsa),
        case("jwks-rsa-good", "the ID token is signed with RS256", "Core 1.0, 2", Served, Vec::new())
            .of(Account::Rsa),
    ]
}
