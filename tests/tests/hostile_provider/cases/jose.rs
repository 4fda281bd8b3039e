//! ID tokens whose header, signature or form must be refused.

use abide_demo_op::Edit::{Remove, Set, Twice};
use abide_demo_op::{Edit, Form, Signature};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{NoToken, Served};
use crate::hostile_provider::case::{Case, case, form, jose, signed};

pub(crate) fn cases() -> Vec<Case> {
    [headers(), signatures(), forms()].concat()
}

fn headers() -> Vec<Case> {
    let refused = |name: &str, deviation: &str, section, code, edits| {
        case(format!("id-token-{name}"), deviation, section, NoToken(code), jose(edits))
    };
    let algorithm = |name: &str, value: Value| {
        let deviation = format!("`alg` is {value}");
        refused(
            &format!("alg-{name}"),
            &deviation,
            "RFC 8725, 3.1",
            "id_token_algorithm_refused",
            vec![Set("/alg", value)],
        )
    };
    let extended = |member: &'static str, value: Value| {
        let name = &member[1..];
        let deviation = format!("the header has `{name}`: {value}");
        refused(
            &format!("header-{name}"),
            &deviation,
            "RFC 7515, 4.1.11",
            "id_token_header_refused",
            vec![Set(member, value)],
        )
    };
    let kind = |name: &str, value: &str| {
        let deviation = format!("`typ` is {value}");
        refused(
            &format!("typ-{name}"),
            &deviation,
            "RFC 8725, 3.11",
            "id_token_header_refused",
            vec![Set("/typ", value.into())],
        )
    };
    let unsigned = |name: &str, value: &str| {
        let deviation = format!("`alg` is {value}, with a signature");
        refused(
            &format!("alg-{name}"),
            &deviation,
            "RFC 8725, 3.2",
            "id_token_unsigned",
            vec![Set("/alg", value.into())],
        )
    };
    vec![
        unsigned("none-signed", "none"),
        unsigned("none-capitals", "NONE"),
        unsigned("none-mixed", "nOnE"),
        algorithm("hs384", json!("HS384")),
        algorithm("hs512", json!("HS512")),
        algorithm("es384", json!("ES384")),
        algorithm("es512", json!("ES512")),
        algorithm("es256k", json!("ES256K")),
        algorithm("ps256", json!("PS256")),
        algorithm("eddsa", json!("EdDSA")),
        algorithm("lower-case", json!("es256")),
        algorithm("empty", json!("")),
        algorithm("space", json!("ES256 ")),
        algorithm("encryption", json!("RSA-OAEP")),
        refused(
            "alg-rs256",
            "`alg` is RS256, the key is not",
            "RFC 8725, 3.1",
            "id_token_key_unknown",
            vec![Set("/alg", "RS256".into())],
        ),
        refused(
            "alg-missing",
            "`alg` is missing",
            "RFC 7515, 4.1.1",
            "id_token_malformed",
            vec![Remove("/alg")],
        ),
        refused(
            "alg-null",
            "`alg` is `null`",
            "RFC 7515, 4.1.1",
            "id_token_malformed",
            vec![Set("/alg", Value::Null)],
        ),
        refused(
            "alg-number",
            "`alg` is a number",
            "RFC 7515, 4.1.1",
            "id_token_malformed",
            vec![Set("/alg", json!(256))],
        ),
        refused(
            "alg-twice",
            "`alg` is there twice, once `none`",
            "RFC 7515, 4",
            "id_token_duplicate_member",
            vec![Twice("alg", "none".into())],
        ),
        refused(
            "kid-unknown",
            "`kid` names no key",
            "Core 1.0, 10.1",
            "id_token_key_unknown",
            vec![Set("/kid", "nobody".into())],
        ),
        refused(
            "kid-empty",
            "`kid` is empty",
            "Core 1.0, 10.1",
            "id_token_key_unknown",
            vec![Set("/kid", "".into())],
        ),
        refused(
            "kid-path",
            "`kid` is a file",
            "RFC 8725, 3.10",
            "id_token_key_unknown",
            vec![Set("/kid", "../../../../dev/null".into())],
        ),
        refused(
            "kid-sql",
            "`kid` is a piece of SQL",
            "RFC 8725, 3.10",
            "id_token_key_unknown",
            vec![Set("/kid", "' OR 1=1 --".into())],
        ),
        refused(
            "kid-number",
            "`kid` is a number",
            "RFC 7515, 4.1.4",
            "id_token_malformed",
            vec![Set("/kid", json!(1))],
        ),
        refused(
            "kid-twice",
            "`kid` is there twice",
            "RFC 7515, 4",
            "id_token_duplicate_member",
            vec![Twice("kid", "a".into())],
        ),
        extended("/crit", json!(["exp"])),
        extended("/b64", json!(false)),
        extended("/zip", json!("DEF")),
        extended("/cty", json!("JWT")),
        kind("at-jwt", "at+jwt"),
        kind("logout", "logout+jwt"),
        kind("secevent", "secevent+jwt"),
        kind("application", "application/at+jwt"),
        kind("dpop", "dpop+jwt"),
        kind("introspection", "token-introspection+jwt"),
        refused(
            "typ-number",
            "`typ` is a number",
            "RFC 7515, 4.1.9",
            "id_token_malformed",
            vec![Set("/typ", json!(1))],
        ),
        case("id-token-typ-missing", "`typ` is missing", "RFC 7519, 5.1", Served, jose(vec![Remove("/typ")])),
        case(
            "id-token-typ-lower-case",
            "`typ` is in lower case",
            "RFC 7515, 4.1.9",
            Served,
            jose(vec![Set("/typ", "jwt".into())]),
        ),
        case(
            "id-token-jku-ignored",
            "`jku`, `x5u` and `jwk` offer other keys, which are not fetched",
            "RFC 8725, 3.10",
            Served,
            jose(vec![
                Set("/jku", "{issuer}/userinfo".into()),
                Set("/x5u", "{issuer}/userinfo".into()),
                Set("/jwk", "{stranger's key}".into()),
            ]),
        ),
    ]
}

fn signatures() -> Vec<Case> {
    const JWS: &str = "RFC 7515, 5.2";
    let invalid = |name: &str, deviation: &str, section, signature| {
        case(
            format!("id-token-{name}"),
            deviation,
            section,
            NoToken("id_token_signature_invalid"),
            signed(Vec::new(), signature),
        )
    };
    let refused = |name: &str, deviation: &str, section, code, header: Vec<Edit>, signature| {
        case(format!("id-token-{name}"), deviation, section, NoToken(code), signed(header, signature))
    };
    let symmetric = || vec![Set("/alg", "HS256".into())];
    vec![
        invalid("signature-flipped", "one bit of the signature is another one", JWS, Signature::Flipped),
        invalid("signature-half", "the signature is cut in two", JWS, Signature::Half),
        invalid("signature-empty", "the signature is empty, `alg` is not", JWS, Signature::Empty),
        invalid("signature-zeros", "the signature is nothing but zeros", "RFC 7518, 3.4", Signature::Zeros),
        invalid("signature-asn1", "the signature is in ASN.1", "RFC 7518, 3.4", Signature::Asn1),
        invalid(
            "signature-stranger",
            "the signature is another key's, under the provider's `kid`",
            JWS,
            Signature::Stranger,
        ),
        refused(
            "signature-own-jwk",
            "the signature is that of the key in the header",
            "RFC 8725, 3.10",
            "id_token_signature_invalid",
            vec![Set("/jwk", "{stranger's key}".into())],
            Signature::Stranger,
        ),
        refused(
            "signature-own-jwk-no-kid",
            "the same, and no `kid`",
            "RFC 8725, 3.10",
            "id_token_signature_invalid",
            vec![Set("/jwk", "{stranger's key}".into()), Remove("/kid")],
            Signature::Stranger,
        ),
        refused(
            "signature-jku",
            "the signature is that of a key at an address in the header",
            "RFC 8725, 3.10",
            "id_token_key_unknown",
            vec![Set("/jku", "{issuer}/jwks".into()), Set("/kid", "evil".into())],
            Signature::Stranger,
        ),
        refused(
            "none",
            "`alg` is `none`, no signature",
            "Core 1.0, 2",
            "id_token_unsigned",
            vec![Set("/alg", "none".into())],
            Signature::Empty,
        ),
        refused(
            "none-without-kid",
            "`alg` is `none`, no `kid`, no signature",
            "Core 1.0, 2",
            "id_token_unsigned",
            vec![Set("/alg", "none".into()), Remove("/kid")],
            Signature::Empty,
        ),
        refused(
            "mac-public-key",
            "HS256 with the provider's public key",
            "RFC 8725, 2.1",
            "id_token_algorithm_refused",
            symmetric(),
            Signature::Mac("{own key}"),
        ),
        refused(
            "mac-client-id",
            "HS256 with the client id",
            "Core 1.0, 10.1",
            "id_token_algorithm_refused",
            symmetric(),
            Signature::Mac("plain-0"),
        ),
        refused(
            "mac-empty-key",
            "HS256 with an empty key",
            "RFC 7518, 3.2",
            "id_token_algorithm_refused",
            symmetric(),
            Signature::Mac(""),
        ),
        case(
            "id-token-claims-changed",
            "the claims are others than those that were signed",
            JWS,
            NoToken("id_token_signature_invalid"),
            changed(),
        ),
        refused(
            "signature-not-base64",
            "the signature is not base64url",
            "RFC 7515, 2",
            "id_token_malformed",
            Vec::new(),
            Signature::Text("!!!!"),
        ),
    ]
}

fn changed() -> Vec<abide_demo_op::Deviation> {
    let wrong = abide_demo_op::IdToken {
        header: Vec::new(),
        claims: vec![Set("/sub", "demo-user-2".into())],
        signature: Signature::Old,
        form: Form::Compact,
    };
    vec![abide_demo_op::Deviation::new(abide_demo_op::Endpoint::Token, abide_demo_op::Wrong::IdToken(wrong))]
}

fn forms() -> Vec<Case> {
    let malformed = |name: &str, deviation: &str, shape| {
        case(
            format!("id-token-{name}"),
            deviation,
            "RFC 7515, 7.1",
            NoToken("id_token_malformed"),
            form(shape),
        )
    };
    vec![
        malformed("padded", "the claims have `=` at the end", Form::Padded),
        malformed("other-alphabet", "it is base64 with `+` and `/`", Form::OtherAlphabet),
        malformed("stray-bits", "the signature has bits that stand for nothing", Form::StrayBits),
        malformed("line-break", "there is a line break after it", Form::LineBreak),
        malformed("space", "there is a space in front of it", Form::Space),
        malformed("two-parts", "there is no signature and no second dot", Form::TwoParts),
        malformed("four-parts", "it has four parts", Form::FourParts),
        malformed("json-serialization", "it is a JWS as JSON", Form::Json),
        malformed("bare-claims", "it is its claims as JSON", Form::Claims),
        case(
            "id-token-header-twice",
            "it has its header in place of the claims",
            "Core 1.0, 2",
            NoToken("id_token_issuer_missing"),
            form(Form::HeaderTwice),
        ),
        malformed("word", "it is a word", Form::Text("id_token")),
        malformed("dots", "it is two dots", Form::Text("..")),
        malformed(
            "many-dots",
            "it is nothing but dots",
            Form::Text("......................................."),
        ),
        malformed("empty-parts", "its parts are empty objects", Form::Text("e30.e30.e30")),
        malformed("lists", "its parts are lists", Form::Text("W10.W10.W10")),
        malformed(
            "deep",
            "its header is nested too deeply",
            Form::Text("W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbXV1dXV1dXV1dXV1dXV1dXV1dXV1dXV1dXQ.e30.e30"),
        ),
        case(
            "id-token-encrypted",
            "it is encrypted, which was not agreed",
            "Core 1.0, 3.1.3.7 rule 1",
            NoToken("id_token_encrypted"),
            form(Form::FiveParts),
        ),
        case(
            "id-token-huge",
            "it is larger than a megabyte",
            "RFC 8725, 3.8",
            NoToken("response_too_large"),
            form(Form::Huge),
        ),
        case(
            "id-token-empty",
            "it is empty",
            "Core 1.0, 3.1.3.3",
            NoToken("id_token_missing"),
            form(Form::Text("")),
        ),
    ]
}
