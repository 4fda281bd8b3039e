//! The command of Python's `keyring` (25.6), as pip, uv and others run it.
//!
//! `keyring get SERVICE USER`, or `keyring --mode=creds --output=json get SERVICE [USER]`. If there is no password, the exit code is 1
//! and the output is empty. The service is an address; a host without a scheme might be reached over http, and gets nothing.

use crate::call::{Ask, Call, Given, Input, Named, Next, Output, Program};
use crate::dialect::{Dialect, Kind, Target, Value, Variable};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "keyring",
    title: "Python packages: pip, uv",
    kind: Kind::Program,
    sets: &[
        Variable { name: "PIP_KEYRING_PROVIDER", value: Value::Text("subprocess") },
        Variable { name: "UV_KEYRING_PROVIDER", value: Value::Text("subprocess") },
    ],
    instead: &[],
    target: Target::Session,
    example: "ln -s \"$(command -v abide)\" ~/.local/bin/keyring",
    page: "python-packages",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "keyring",
    link: Some("keyring"),
    input: Input::Nothing,
    server: Some(Named::ByAddress),
    read,
    write,
    nothing: |_| Output::text("").exit(1),
    refuse: |_, why| Output::text("").tell(why.sentence).exit(1),
};

const ONLY_GET: &str = "Abide stores no passwords. Only `keyring get` works.";
const PASSWORD: &str = "password";
const PASSWORD_JSON: &str = "password json";
const BOTH: &str = "creds";
const BOTH_JSON: &str = "creds json";

fn read(call: &Call<'_>) -> Next {
    let misused = |sentence: &str| Next::Done(Output::text("").tell(sentence).exit(2));
    let (mut mode, mut output) = ("password", "plain");
    let mut words = Vec::new();
    let mut arguments = call.arguments.iter().map(String::as_str);
    while let Some(argument) = arguments.next() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (argument, None),
        };
        let mut value = || value.or_else(|| arguments.next()).unwrap_or_default();
        match name {
            "--mode" => mode = value(),
            "--output" => output = value(),
            // The choice of a backend changes nothing here.
            "-b" | "--keyring-backend" | "-p" | "--keyring-path" => _ = value(),
            option if option.starts_with('-') => return misused(ONLY_GET),
            word => words.push(word),
        }
    }
    let note = match (mode, output) {
        ("password", "plain") => PASSWORD,
        ("password", "json") => PASSWORD_JSON,
        ("creds", "plain") => BOTH,
        ("creds", "json") => BOTH_JSON,
        _ => return misused("--mode is password or creds; --output is plain or json."),
    };
    let (server, user) = match words[..] {
        ["get", server, user] => (server, Some(user)),
        ["get", server] if mode == "creds" => (server, None),
        ["get", ..] => return misused("get requires service and username"),
        _ => return misused(ONLY_GET),
    };
    Next::Token(Ask { server: server.to_owned(), user: user.map(str::to_owned), note, ..Ask::default() })
}

fn write(ask: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let user = given.user(ask);
    let object = Object::with_room_for(token);
    match ask.note {
        BOTH => Output::parts(&[user, "\n", token.expose(), "\n"]),
        BOTH_JSON => Output::line(object.text("username", user).token("password", token).end()),
        PASSWORD_JSON => Output::line(object.token("password", token).end()),
        _ => Output::parts(&[token.expose(), "\n"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::testing::{asked, done, given, refused, text};

    const INDEX: &str = "https://pypi.example.com/simple/";

    #[test]
    fn each_form_is_written_as_keyring_writes_it() {
        for (words, expected) in [
            (&["get", INDEX, "alice"][..], "eyJ.token.x\n"),
            (&["--output", "json", "get", INDEX, "alice"], "{\"password\":\"eyJ.token.x\"}\n"),
            (&["--mode", "creds", "get", INDEX], "oauth2\neyJ.token.x\n"),
            (
                &["--mode=creds", "--output=json", "get", INDEX],
                "{\"username\":\"oauth2\",\"password\":\"eyJ.token.x\"}\n",
            ),
            (
                &["--mode=creds", "--output=json", "get", INDEX, "alice"],
                "{\"username\":\"alice\",\"password\":\"eyJ.token.x\"}\n",
            ),
        ] {
            let ask = asked(&PROGRAM, words, "");
            assert_eq!(ask.server, INDEX);
            assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0), "{words:?}");
        }
    }

    #[test]
    fn what_keyring_does_besides_is_refused() {
        for words in [
            &["get", INDEX][..],
            &["--mode=creds", "get"],
            &["set", INDEX, "alice"],
            &["del", INDEX, "alice"],
            &["--list-backends"],
            &["--mode=other", "get", INDEX, "alice"],
            &["--mode"],
            &[],
        ] {
            let output = done(&PROGRAM, words, "");
            assert_eq!(text(&output), (String::new(), 2), "{words:?}");
            assert!(!output.err.is_empty());
        }
    }

    #[test]
    fn what_is_not_there_is_an_exit_code() {
        let nothing = (PROGRAM.nothing)(&Ask::default());
        assert_eq!((text(&nothing), nothing.err.as_str()), ((String::new(), 1), ""));
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!(text(&output), (String::new(), 1));
        assert!(output.err.contains("abide login"));
    }
}
