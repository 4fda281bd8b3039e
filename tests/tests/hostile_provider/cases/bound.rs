//! Bound tokens, at a provider that does not bind them or does not accept the proof.

use abide_demo_op::Edit::{self, Remove, Set};
use abide_demo_op::Endpoint::{self, DeviceAuthorization, Discovery, PushedAuthorization, Token, UserInfo};
use abide_demo_op::{Body, Deviation, Wrong};
use serde_json::{Value, json};

use crate::hostile_provider::case::Expected::{
    self, NoBrowser, NoClaims, NoCode, NoToken, Recovers, Renewed, Served,
};
use crate::hostile_provider::case::{
    Account, Case, Way, answer, body, case, header, json as edited, later, nameless, once, pushing, set,
};

const TYPE: &str = "RFC 9449, 5";
const METADATA: &str = "RFC 9449, 5.1";
const NONCE: &str = "RFC 9449, 8";
const RESOURCE: &str = "RFC 9449, 9";
const ALGORITHMS: &str = "/dpop_signing_alg_values_supported";
const LEGAL: &str = "eyJ7S_zG.eyJH0-Z.HX4w-7v";

pub(crate) fn cases() -> Vec<Case> {
    [
        required(),
        offered(),
        not_wanted(),
        nonces(),
        at_token(),
        at_userinfo(),
        renewals(),
        before_the_browser(),
    ]
    .concat()
}

fn row(
    name: &str,
    deviation: &str,
    section: &'static str,
    expected: Expected,
    wrong: Vec<Deviation>,
) -> Case {
    case(format!("dpop-{name}"), deviation, section, expected, wrong).of(Account::Bound)
}

fn required() -> Vec<Case> {
    let typed = |name: &str, value: Value, code| {
        let deviation = format!("the tokens have to be bound, and `token_type` is `{value}`");
        row(
            &format!("required-type-{name}"),
            &deviation,
            TYPE,
            NoToken(code),
            set(Token, "/token_type", value),
        )
    };
    let metadata = |name: &str, words: &str, code, value: Value| {
        let deviation = format!("the tokens have to be bound, and the algorithms for proofs are {words}");
        let name = format!("required-algorithms-{name}");
        row(&name, &deviation, METADATA, NoBrowser(code), set(Discovery, ALGORITHMS, value))
    };
    let good = |name: &str, deviation: &str, section, wrong| {
        row(&format!("required-{name}"), deviation, section, Served, wrong).serving("DPoP")
    };
    let mut unmentioned = edited(Discovery, vec![Remove(ALGORITHMS)]);
    let silent = unmentioned.clone();
    unmentioned.extend(set(Token, "/token_type", "Bearer"));
    vec![
        good("nothing-wrong", "the tokens have to be bound, and are", TYPE, Vec::new()),
        typed("bearer", "Bearer".into(), "dpop_token_not_bound"),
        typed("bearer-lower-case", "bearer".into(), "dpop_token_not_bound"),
        typed("bearer-capitals", "BEARER".into(), "dpop_token_not_bound"),
        typed("mac", "mac".into(), "token_type_unsupported"),
        typed("empty", "".into(), "token_type_unsupported"),
        typed("null", Value::Null, "token_type_unsupported"),
        typed("space", "DPoP ".into(), "token_type_unsupported"),
        typed("both", "DPoP Bearer".into(), "token_type_unsupported"),
        typed("media-type", "dpop+jwt".into(), "token_type_unsupported"),
        typed("list", json!(["DPoP"]), "token_response_malformed"),
        good("type-lower-case", "`token_type` is `dpop`", TYPE, set(Token, "/token_type", "dpop")),
        good("type-capitals", "`token_type` is `DPOP`", TYPE, set(Token, "/token_type", "DPOP")),
        metadata("others", "others than ES256", "dpop_algorithm_unsupported", json!(["RS256", "EdDSA"])),
        metadata("lower-case", "`es256`", "dpop_algorithm_unsupported", json!(["es256"])),
        metadata("none", "`none`", "dpop_algorithm_unsupported", json!(["none"])),
        metadata("symmetric", "`HS256`", "dpop_algorithm_unsupported", json!(["HS256"])),
        metadata("empty", "an empty list", "dpop_algorithm_unsupported", json!([])),
        // The same as without the member: a value that is not a list is ignored.
        good(
            "algorithms-text",
            "the tokens have to be bound, and the algorithms for proofs are a text",
            METADATA,
            set(Discovery, ALGORITHMS, json!("ES256")),
        ),
        metadata("numbers", "numbers", "dpop_algorithm_unsupported", json!([256])),
        good(
            "unmentioned",
            "the metadata does not mention proofs, and the tokens are bound",
            METADATA,
            silent,
        ),
        row(
            "required-unmentioned-bearer",
            "the metadata does not mention proofs, and the tokens are not bound",
            METADATA,
            NoToken("dpop_token_not_bound"),
            unmentioned,
        ),
    ]
}

fn offered() -> Vec<Case> {
    let row = |name: &str, deviation: &str, section, expected, wrong| {
        row(&format!("offered-{name}"), deviation, section, expected, wrong).of(Account::Offered)
    };
    let bearer = |mut wrong: Vec<Deviation>| {
        // A server that gets a bearer token treats it as one.
        let profile = json!({ "sub": "demo-user-1", "email": "alice@example.com" });
        wrong.extend(body(UserInfo, Body::Text(profile.to_string())));
        wrong
    };
    let surprised = |edit: Edit| {
        let mut wrong = edited(Discovery, vec![edit]);
        wrong.extend(set(Token, "/token_type", "DPoP"));
        wrong
    };
    vec![
        row("nothing-wrong", "bound tokens are offered, and issued", TYPE, Served, Vec::new())
            .serving("DPoP"),
        row(
            "bearer",
            "bound tokens are offered, and bearer tokens are issued",
            TYPE,
            Served,
            bearer(set(Token, "/token_type", "Bearer")),
        )
        .serving("Bearer"),
        row(
            "bearer-refused",
            "what is called a bearer token is refused as one",
            TYPE,
            NoClaims("access_token_rejected"),
            nameless(set(Token, "/token_type", "Bearer")),
        )
        .serving("Bearer"),
        row(
            "algorithms-others",
            "the algorithms for proofs are others than ES256",
            METADATA,
            Served,
            set(Discovery, ALGORITHMS, json!(["RS256"])),
        )
        .serving("Bearer"),
        row(
            "unmentioned",
            "the metadata does not mention proofs",
            METADATA,
            Served,
            edited(Discovery, vec![Remove(ALGORITHMS)]),
        )
        .serving("Bearer"),
        row(
            "unmentioned-bound",
            "the metadata does not mention proofs, and the token is bound to an unknown key",
            TYPE,
            NoToken("token_type_unsupported"),
            surprised(Remove(ALGORITHMS)),
        ),
        row(
            "algorithms-others-bound",
            "no algorithm fits, and the token is bound to an unknown key",
            TYPE,
            NoToken("token_type_unsupported"),
            surprised(Set(ALGORITHMS, json!(["RS256"]))),
        ),
    ]
}

/// The account uses no bound tokens.
fn not_wanted() -> Vec<Case> {
    let row = |name: &str, deviation: &str, expected, wrong| {
        row(&format!("off-{name}"), deviation, TYPE, expected, wrong).of(Account::Plain)
    };
    let nonce = answer(Token, 400, &[("dpop-nonce", LEGAL)], error("use_dpop_nonce"));
    vec![
        row(
            "type-lower-case",
            "`token_type` is `dpop`, which was not asked for",
            NoToken("token_type_unsupported"),
            set(Token, "/token_type", "dpop"),
        ),
        row("nonce", "a nonce for proofs that were not sent", NoToken("use_dpop_nonce"), nonce)
            .asking(Token, 1),
        row(
            "renewal-bound",
            "the renewed token is bound, which was not asked for",
            Recovers("token_type_unsupported"),
            later(set(Token, "/token_type", "DPoP")),
        ),
    ]
}

fn error(error: &str) -> Body {
    Body::Text(json!({ "error": error }).to_string())
}

/// Forms of a nonce, and the result of the code's exchange.
fn nonces() -> Vec<Case> {
    let wanted = |nonce: &str| answer(Token, 400, &[("dpop-nonce", nonce)], error("use_dpop_nonce"));
    let good = |name: &str, deviation: &str, wrong, times| {
        row(name, deviation, NONCE, Served, wrong).serving("DPoP").asking(Token, times)
    };
    let unusable = |name: &str, words: &str, nonce: &str| {
        let deviation = format!("a nonce is wanted that {words}");
        row(&format!("nonce-{name}"), &deviation, "RFC 9449, 8.1", NoToken("use_dpop_nonce"), wanted(nonce))
            .asking(Token, 1)
    };
    let mut two = wanted(LEGAL);
    two.push(Deviation::new(Token, Wrong::Another("dpop-nonce", "another".to_owned())));
    let longest = "n".repeat(1024);
    vec![
        good("nonce-once", "a nonce is wanted, and taken", once(wanted(LEGAL)), 2),
        row(
            "nonce-for-ever",
            "another nonce is wanted after each answer",
            NONCE,
            NoToken("use_dpop_nonce"),
            wanted(LEGAL),
        )
        .asking(Token, 2),
        row(
            "nonce-missing",
            "a nonce is wanted and not given",
            NONCE,
            NoToken("use_dpop_nonce"),
            answer(Token, 400, &[], error("use_dpop_nonce")),
        )
        .asking(Token, 1),
        unusable("empty", "is empty", ""),
        unusable("space", "has a space", "a b"),
        unusable("tab", "has a tab", "a\tb"),
        unusable("quote", "has a quotation mark", "a\"b"),
        unusable("backslash", "has a backslash", "a\\b"),
        unusable("long", "is longer than one KiB", &"n".repeat(1025)),
        row("nonce-twice", "two nonces are given at once", NONCE, NoToken("use_dpop_nonce"), two)
            .asking(Token, 1),
        good("nonce-longest", "a nonce of one KiB is wanted", once(wanted(&longest)), 2),
        good(
            "nonce-beside-tokens",
            "a nonce comes with the tokens, for the next request",
            header(Token, "dpop-nonce", LEGAL),
            1,
        ),
        good(
            "nonce-illegal-beside-tokens",
            "what cannot be a nonce comes with the tokens, and is not used",
            header(Token, "dpop-nonce", "a \"b\""),
            1,
        ),
    ]
}

fn at_token() -> Vec<Case> {
    let nonce = [("dpop-nonce", LEGAL)];
    let challenged =
        [("dpop-nonce", LEGAL), ("www-authenticate", "DPoP algs=\"ES256\", error=\"use_dpop_nonce\"")];
    let refused = |name: &str, deviation: &str, code, wrong| {
        row(&format!("token-{name}"), deviation, NONCE, NoToken(code), wrong).asking(Token, 1)
    };
    vec![
        row(
            "token-nonce-401",
            "a nonce is wanted with status 401",
            NONCE,
            Served,
            once(answer(Token, 401, &nonce, error("use_dpop_nonce"))),
        )
        .asking(Token, 2),
        row(
            "token-nonce-in-challenge",
            "a nonce is wanted in the challenge alone",
            NONCE,
            Served,
            once(answer(Token, 401, &challenged, Body::Text("{}".into()))),
        )
        .asking(Token, 2),
        refused(
            "nonce-200",
            "a nonce is wanted with status 200",
            "use_dpop_nonce",
            answer(Token, 200, &nonce, error("use_dpop_nonce")),
        ),
        refused(
            "invalid-proof",
            "the proof is refused",
            "invalid_dpop_proof",
            answer(Token, 400, &[], error("invalid_dpop_proof")),
        ),
        refused(
            "invalid-proof-with-nonce",
            "the proof is refused, with a nonce that is not asked for",
            "invalid_dpop_proof",
            answer(Token, 400, &nonce, error("invalid_dpop_proof")),
        ),
        refused(
            "invalid-grant-with-nonce",
            "the code is refused, with a nonce that is not asked for",
            "invalid_grant",
            answer(Token, 400, &nonce, error("invalid_grant")),
        ),
    ]
}

fn at_userinfo() -> Vec<Case> {
    let challenge = |error: &str| format!("DPoP algs=\"ES256\", error=\"{error}\"");
    let wanted = |headers: &[(&'static str, &str)]| {
        let challenge = challenge("use_dpop_nonce");
        let headers = [&[("www-authenticate", challenge.as_str())], headers].concat();
        nameless(answer(UserInfo, 401, &headers, Body::Text("{}".into())))
    };
    let only_first = |mut wrong: Vec<Deviation>| {
        for one in wrong.iter_mut().filter(|one| one.at == UserInfo) {
            *one = once(vec![one.clone()]).remove(0);
        }
        wrong
    };
    let refused = |name: &str, deviation: &str, code, wrong, times| {
        row(&format!("userinfo-{name}"), deviation, RESOURCE, NoClaims(code), wrong).asking(UserInfo, times)
    };
    let said = |challenge: &str| {
        nameless(answer(UserInfo, 401, &[("www-authenticate", challenge)], Body::Text("{}".into())))
    };
    vec![
        row(
            "userinfo-nonce-once",
            "UserInfo wants a nonce, and takes it",
            RESOURCE,
            Served,
            only_first(wanted(&[("dpop-nonce", LEGAL)])),
        )
        .asking(UserInfo, 2),
        refused(
            "nonce-for-ever",
            "UserInfo wants another nonce after each answer",
            "use_dpop_nonce",
            wanted(&[("dpop-nonce", LEGAL)]),
            2,
        ),
        refused("nonce-missing", "UserInfo wants a nonce and gives none", "use_dpop_nonce", wanted(&[]), 1),
        refused(
            "nonce-illegal",
            "UserInfo wants a nonce that cannot be one",
            "use_dpop_nonce",
            wanted(&[("dpop-nonce", "a b")]),
            1,
        ),
        refused(
            "invalid-proof",
            "UserInfo refuses the proof",
            "invalid_dpop_proof",
            said(&challenge("invalid_dpop_proof")),
            1,
        ),
        refused(
            "invalid-token",
            "UserInfo refuses the token",
            "access_token_rejected",
            said(&challenge("invalid_token")),
            1,
        ),
        refused(
            "wants-bearer",
            "UserInfo wants the bound token as a bearer token, as which it is not shown",
            "access_token_rejected",
            said("Bearer realm=\"demo\""),
            1,
        ),
    ]
}

fn renewals() -> Vec<Case> {
    let renewed = |name: &str, deviation: &str, section, code, wrong| {
        row(&format!("renewal-{name}"), deviation, section, Recovers(code), later(wrong))
    };
    let typed = |name: &str, deviation: &str, code, value: Value| {
        renewed(name, deviation, TYPE, code, set(Token, "/token_type", value))
    };
    let nonce = [("dpop-nonce", LEGAL)];
    vec![
        row("renewal", "the renewed token is bound, too", TYPE, Renewed, Vec::new()),
        typed("bearer", "the renewed token is not bound", "dpop_token_not_bound", "Bearer".into()),
        typed(
            "bearer-offered",
            "what was bound, where offered, is not after a renewal",
            "dpop_token_not_bound",
            "Bearer".into(),
        )
        .of(Account::Offered),
        typed("type-mac", "the renewed token is of another type", "token_type_unsupported", "mac".into()),
        typed("type-null", "the renewed token is of no type", "token_type_unsupported", Value::Null),
        renewed(
            "nonce-for-ever",
            "another nonce is wanted after each renewal",
            NONCE,
            "use_dpop_nonce",
            answer(Token, 400, &nonce, error("use_dpop_nonce")),
        ),
        renewed(
            "nonce-missing",
            "a nonce is wanted for a renewal, and not given",
            NONCE,
            "use_dpop_nonce",
            answer(Token, 400, &[], error("use_dpop_nonce")),
        ),
        renewed(
            "invalid-proof",
            "the proof of a renewal is refused",
            NONCE,
            "invalid_dpop_proof",
            answer(Token, 400, &[], error("invalid_dpop_proof")),
        ),
    ]
}

/// The endpoint for pushed requests, and the device authorization endpoint.
fn before_the_browser() -> Vec<Case> {
    let at =
        |at: Endpoint, headers: &[(&'static str, &str)], code: &str| answer(at, 400, headers, error(code));
    let nonce = [("dpop-nonce", LEGAL)];
    let mut cases = vec![
        row(
            "pushed-nonce-once",
            "the push wants a nonce, and takes it",
            "RFC 9449, 10.1",
            Served,
            pushing(once(at(PushedAuthorization, &nonce, "use_dpop_nonce"))),
        )
        .asking(PushedAuthorization, 2),
    ];
    let places = [
        ("pushed", "the push", PushedAuthorization, Way::Browser),
        ("device", "the device", DeviceAuthorization, Way::Device),
    ];
    for (name, words, endpoint, way) in places {
        let refused = |code| if way == Way::Device { NoCode(code) } else { NoBrowser(code) };
        let row = |what: &str, deviation: String, code, wrong, times| {
            row(&format!("{name}-{what}"), &deviation, "RFC 9449, 10.1", refused(code), pushing(wrong))
                .by(way)
                .asking(endpoint, times)
        };
        cases.extend([
            row(
                "nonce-for-ever",
                format!("{words} gets another nonce after each answer"),
                "use_dpop_nonce",
                at(endpoint, &nonce, "use_dpop_nonce"),
                2,
            ),
            row(
                "nonce-missing",
                format!("{words} has to have a nonce, and gets none"),
                "use_dpop_nonce",
                at(endpoint, &[], "use_dpop_nonce"),
                1,
            ),
            row(
                "invalid-proof",
                format!("the proof of {words} is refused"),
                "invalid_dpop_proof",
                at(endpoint, &[], "invalid_dpop_proof"),
                1,
            ),
        ]);
    }
    cases.push(
        row(
            "device-bearer",
            "the token that a device gets is not bound",
            TYPE,
            NoToken("dpop_token_not_bound"),
            set(Token, "/token_type", "Bearer"),
        )
        .by(Way::Device),
    );
    cases
}
