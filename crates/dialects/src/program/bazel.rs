//! The credential helpers of Bazel and of tools that have taken them over: the EngFlow credential helper specification.
//!
//! `get` as the argument and `{"uri"}` on standard input; `{"headers", "expires"}` is the answer.

use serde_json::Value;

use crate::call::{Ask, Call, Given, Input, Named, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target};
use crate::json::Object;
use crate::time::rfc3339;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "bazel",
    title: "Bazel",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "ln -s \"$(command -v abide)\" ~/.local/bin/bazel-credential-abide",
    page: "bazel",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "bazel",
    link: Some("bazel-credential-abide"),
    input: Input::Whole,
    server: Some(Named::ByAddress),
    read,
    write,
    nothing: |_| Output::text("{\"headers\":{}}\n"),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(why.exit),
};

fn read(call: &Call<'_>) -> Next {
    let failed = |sentence: &str| Next::Done(Output::text("").tell(sentence).exit(1));
    if call.arguments.last().map(String::as_str) != Some("get") {
        return failed("Abide supports only the command `get`.");
    }
    let request: Value = serde_json::from_slice(call.input).unwrap_or_default();
    match request["uri"].as_str() {
        Some(uri) => Next::Token(Ask { server: uri.to_owned(), ..Ask::default() }),
        None => failed("The request has to be JSON with a `uri`."),
    }
}

fn write(_: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let value = Output::parts(&["[\"Bearer ", token.expose(), "\"]"]).out;
    let headers = Object::with_room_for(token).nested("Authorization", &value).end();
    let answer = Object::with_room_for(token)
        .nested("headers", &headers)
        .text("expires", &rfc3339(given.token.expires_at));
    Output::line(answer.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::{asked, done, given, refused, text};

    #[test]
    fn a_request_gets_a_header() {
        let ask = asked(&PROGRAM, &["get"], "{\"uri\":\"https://cache.example.com/x\"}");
        assert_eq!(ask.server, "https://cache.example.com/x");
        let expected = "{\"headers\":{\"Authorization\":[\"Bearer eyJ.token.x\"]},\"expires\":\"2030-03-17T17:46:40Z\"}\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
    }

    #[test]
    fn an_unknown_server_gets_no_headers() {
        assert_eq!(text(&(PROGRAM.nothing)(&Ask::default())), ("{\"headers\":{}}\n".to_owned(), 0));
        for (words, input) in [
            (&["get"][..], ""),
            (&["get"], "{"),
            (&["get"], "{}"),
            (&["get"], "{\"uri\":7}"),
            (&["put"], "{\"uri\":\"https://cache.example.com/x\"}"),
            (&[], "{\"uri\":\"https://cache.example.com/x\"}"),
        ] {
            let output = done(&PROGRAM, words, input);
            assert_eq!(text(&output), (String::new(), 1), "{words:?} {input}");
            assert!(!output.err.is_empty());
        }
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!((text(&output), output.err.contains("abide login")), ((String::new(), 3), true));
    }
}
