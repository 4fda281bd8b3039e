//! Google's executable-sourced credentials of workload identity federation (AIP-4117, version 1).
//!
//! The client reads standard output and standard error together, and shows the message of an error only where the exit code
//! is 0: so an error is JSON, nothing is on standard error, and the exit code is 0.

use crate::call::{Ask, Call, Given, Input, Next, NoToken, Output, Program};
use crate::dialect::{Dialect, Kind, Target, Value, Variable};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "executable",
    title: "Google Cloud SDKs, by workload identity federation",
    kind: Kind::Program,
    sets: &[Variable { name: "GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", value: Value::Text("1") }],
    instead: &[],
    target: Target::Session,
    example: "\"command\": \"abide credential --format executable --account work\"",
    page: "google-executable",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "executable",
    link: None,
    input: Input::Nothing,
    server: None,
    read,
    write,
    nothing: |_| failed("not_found", "There is no token."),
    refuse: |_, why| refuse(why),
};

const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

fn read(call: &Call<'_>) -> Next {
    let variable = |name: &str| (call.environment)(name);
    if variable("GOOGLE_EXTERNAL_ACCOUNT_REVOKE").as_deref() == Some("1") {
        return Next::Done(failed("unsupported", "Sign out with: abide logout"));
    }
    match variable("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE").as_deref() {
        None | Some(ID_TOKEN) => Next::Token(Ask { note: ID_TOKEN, ..Ask::default() }),
        Some(JWT) => Next::Token(Ask { note: JWT, ..Ask::default() }),
        Some(_) => Next::Done(failed(
            "unsupported",
            "Abide has no tokens of this type. Set subject_token_type to urn:ietf:params:oauth:token-type:id_token.",
        )),
    }
}

/// The member is called `id_token` for each kind of JWT.
fn write(ask: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let answer = Object::with_room_for(token)
        .number("version", 1)
        .flag("success", true)
        .text("token_type", ask.note)
        .token("id_token", token)
        .number("expiration_time", given.token.expires_at);
    Output::line(answer.end())
}

fn refuse(why: &NoToken<'_>) -> Output {
    failed(why.code, why.sentence)
}

fn failed(code: &str, sentence: &str) -> Output {
    let answer = Object::without_token()
        .number("version", 1)
        .flag("success", false)
        .text("code", code)
        .text("message", sentence);
    Output::line(answer.end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::call::testing::{given, refused, text};

    fn called(variables: &[(&str, &str)]) -> Next {
        let environment = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        (PROGRAM.read)(&Call { arguments: &[], input: b"", environment: &environment })
    }

    #[test]
    fn the_type_is_the_one_that_the_client_exchanges() {
        for wanted in [ID_TOKEN, JWT] {
            let Next::Token(ask) = called(&[("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", wanted)]) else {
                panic!("{wanted}")
            };
            let expected = format!(
                "{{\"version\":1,\"success\":true,\"token_type\":\"{wanted}\",\"id_token\":\"eyJ.token.x\",\
                 \"expiration_time\":1900000000}}\n"
            );
            assert_eq!(given(&PROGRAM, &ask, None), (expected, 0));
        }
    }

    #[test]
    fn errors_are_json_alone() {
        let output = refused(&PROGRAM, &Ask::default());
        let expected = "{\"version\":1,\"success\":false,\"code\":\"login_required\",\"message\":\"You are not signed in. \
                        Sign in with: abide login\"}\n";
        assert_eq!(text(&output), (expected.to_owned(), 0));
        assert_eq!(output.err, "");
        for variables in [
            [("GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE", "urn:ietf:params:oauth:token-type:saml2")],
            [("GOOGLE_EXTERNAL_ACCOUNT_REVOKE", "1")],
        ] {
            let Next::Done(output) = called(&variables) else { panic!("{variables:?}") };
            assert!(text(&output).0.contains("\"success\":false,\"code\":\"unsupported\""));
        }
    }
}
