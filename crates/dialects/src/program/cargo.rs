//! Cargo's credential providers: the protocol in the reference of The Cargo Book, version 1.
//!
//! Cargo runs the program with `--cargo-plugin`, reads a greeting, and exchanges JSON on a line each. The token is the value
//! of the header `Authorization`, with its scheme.

use serde_json::Value;

use crate::call::{Ask, Call, Given, Input, Named, Next, NoToken, Output, Program};
use crate::dialect::{self, Dialect, Kind, Target, Variable};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "cargo",
    title: "Cargo registries",
    kind: Kind::Program,
    sets: &[Variable {
        name: "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS",
        value: dialect::Value::Text("cargo:token abide"),
    }],
    instead: &[],
    target: Target::Session,
    example: "cargo --config 'registry.global-credential-providers=[\"cargo:token\",\"abide\"]' fetch",
    page: "cargo",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "cargo",
    link: Some("cargo-credential-abide"),
    input: Input::Lines("{\"v\":[1]}\n"),
    server: Some(Named::ByAddress),
    read,
    write,
    nothing: |_| failed("url-not-supported", None),
    refuse: |_, why| refuse(why),
};

fn read(call: &Call<'_>) -> Next {
    let other = |sentence: &str| Next::Done(failed("other", Some(sentence)));
    let Ok(request) = serde_json::from_slice::<Value>(call.input) else {
        return other("The request is not JSON.");
    };
    if request["v"] != 1 {
        return other("Abide supports only version 1 of the protocol for credential providers.");
    }
    if request["kind"] != "get" {
        // Signing in and out is for a person, not for one registry.
        return Next::Done(failed("operation-not-supported", None));
    }
    let Some(index) = request["registry"]["index-url"].as_str() else {
        return other("The request does not name a registry.");
    };
    let server = index.strip_prefix("sparse+").unwrap_or(index);
    Next::Token(Ask { server: server.to_owned(), ..Ask::default() })
}

fn write(_: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let answer = Object::with_room_for(token)
        .text("kind", "get")
        .prefixed("token", "Bearer ", token)
        .text("cache", "expires")
        .number("expiration", given.token.expires_at)
        .flag("operation_independent", true)
        .end();
    Output::line(Object::with_room_for(token).nested("Ok", &answer).end())
}

fn refuse(why: &NoToken<'_>) -> Output {
    failed("other", Some(why.sentence))
}

/// An answer without a token. The conversation continues, so the exit code stays 0.
fn failed(kind: &str, sentence: Option<&str>) -> Output {
    let mut error = Object::without_token().text("kind", kind);
    if let Some(sentence) = sentence {
        error = error.text("message", sentence).nested("caused-by", b"[]");
    }
    Output::line(Object::without_token().nested("Err", &error.end()).end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::{asked, done, given, refused, text};

    const GET: &str = r#"{"v":1,"registry":{"index-url":"sparse+https://crates.example.com/index/","name":"work"},"kind":"get","operation":"read","args":[]}"#;

    #[test]
    fn a_registry_gets_a_bearer_token() {
        let ask = asked(&PROGRAM, &["--cargo-plugin"], GET);
        assert_eq!(ask.server, "https://crates.example.com/index/");
        let expected = "{\"Ok\":{\"kind\":\"get\",\"token\":\"Bearer eyJ.token.x\",\"cache\":\"expires\",\
                        \"expiration\":1900000000,\"operation_independent\":true}}\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
        let git = GET.replace("sparse+https", "https");
        assert_eq!(asked(&PROGRAM, &[], &git).server, "https://crates.example.com/index/");
    }

    #[test]
    fn what_abide_does_not_do_is_left_to_others() {
        let unsupported = "{\"Err\":{\"kind\":\"operation-not-supported\"}}\n";
        for kind in ["login", "logout", "unknown"] {
            let request = GET.replace("\"kind\":\"get\"", &format!("\"kind\":\"{kind}\""));
            assert_eq!(text(&done(&PROGRAM, &[], &request)), (unsupported.to_owned(), 0), "{kind}");
        }
        let nothing = (PROGRAM.nothing)(&Ask::default());
        assert_eq!(text(&nothing), ("{\"Err\":{\"kind\":\"url-not-supported\"}}\n".to_owned(), 0));
    }

    #[test]
    fn errors_have_a_sentence() {
        let (said, exit) = text(&refused(&PROGRAM, &Ask::default()));
        let expected = "{\"Err\":{\"kind\":\"other\",\"message\":\"You are not signed in. Sign in with: abide login\",\
                        \"caused-by\":[]}}\n";
        assert_eq!((said.as_str(), exit), (expected, 0));
        for malformed in [
            "",
            "{",
            "[]",
            "7",
            "{\"v\":2,\"kind\":\"get\"}",
            "{\"v\":1,\"kind\":\"get\"}",
            &GET.replace("\"v\":1", "\"v\":2"),
        ] {
            let (said, exit) = text(&done(&PROGRAM, &[], malformed));
            assert!(
                said.starts_with("{\"Err\":{\"kind\":\"other\",\"message\":\"") && exit == 0,
                "{malformed}: {said}"
            );
            assert_eq!(said.matches('\n').count(), 1);
        }
    }
}
