//! Go's module authentication: `go help goauth`.
//!
//! Without arguments the go command asks for all servers. After an answer with a status 4xx it asks again, with the address
//! as the argument and the answer on standard input.

use crate::call::{Ask, Call, Given, Input, Named, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target, Value, Variable};

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "goauth",
    title: "Go modules",
    kind: Kind::Program,
    sets: &[Variable { name: "GOAUTH", value: Value::Command("goauth") }],
    instead: &[],
    target: Target::Session,
    example: "GOAUTH=\"abide goauth\" go mod download",
    page: "go",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "goauth",
    link: None,
    input: Input::Whole,
    server: Some(Named::ByAddress),
    read,
    write,
    nothing: |_| Output::text(""),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(why.exit),
};

fn read(call: &Call<'_>) -> Next {
    match call.arguments.last() {
        None => Next::Every,
        Some(server) => {
            // 404 and 410 are how a mirror answers for a module that it does not have.
            let renew = status(call.input) == Some("401");
            Next::Token(Ask { server: server.clone(), renew, ..Ask::default() })
        }
    }
}

/// The status of an answer: `HTTP/1.1 401 Unauthorized`.
fn status(answer: &[u8]) -> Option<&str> {
    let line = answer.split(|byte| *byte == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    words.next().filter(|protocol| protocol.starts_with("HTTP/"))?;
    words.next()
}

/// The go command authenticates over https only.
fn write(_: &Ask, given: &Given<'_>) -> Output {
    if !given.address.starts_with("https://") {
        return Output::text("");
    }
    let token = given.token.access_token.expose();
    Output::parts(&[given.address, "\n\nAuthorization: Bearer ", token, "\n\n"])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;
    use crate::call::testing::{asked, given, read, refused, text};
    use crate::exchange::testing::token;

    #[test]
    fn a_server_gets_a_header() {
        assert!(matches!(read(&PROGRAM, &[], ""), Next::Every));
        let ask = Ask { server: "https://host.example.com".to_owned(), ..Ask::default() };
        let expected = "https://host.example.com\n\nAuthorization: Bearer eyJ.token.x\n\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
        let token = token();
        let local = Given { token: &token, address: "http://127.0.0.1:3000", user: None };
        assert_eq!(text(&write(&ask, &local)), (String::new(), 0));
    }

    #[test]
    fn only_a_refused_token_is_renewed() {
        for (answer, renew) in [
            ("HTTP/1.1 401 Unauthorized\nContent-Length: 0\n\n", true),
            ("HTTP/2.0 401 \n\n", true),
            ("HTTP/1.1 404 Not Found\n\n", false),
            ("HTTP/1.1 403 Forbidden\n\n", false),
            ("FTP/1 401\n\n", false),
            ("401\n", false),
            ("", false),
        ] {
            let ask = asked(&PROGRAM, &["https://host.example.com/x/@v/list"], answer);
            assert_eq!(
                (ask.server.as_str(), ask.renew),
                ("https://host.example.com/x/@v/list", renew),
                "{answer}"
            );
        }
        assert!(!asked(&PROGRAM, &["https://host.example.com"], "\u{fffd}").renew);
    }

    #[test]
    fn an_unknown_server_gets_nothing_and_a_refusal_is_an_error() {
        assert_eq!(text(&(PROGRAM.nothing)(&Ask::default())), (String::new(), 0));
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!(text(&output), (String::new(), 3));
        assert!(output.err.contains("abide login"));
    }
}
