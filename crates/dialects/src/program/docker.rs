//! Docker's credential helpers, also those of podman, oras, helm and crane: github.com/docker/docker-credential-helpers.
//!
//! `get` with the server on standard input, `list`; errors are on standard output. A user name `<token>` would make the
//! secret a refresh token, and is never written.

use abide_wire::DialectServer;

use super::servers::address_text;
use crate::call::{Ask, Call, Given, Input, Named, Next, NoToken, Output, Program};
use crate::dialect::{Dialect, Kind, Target};
use crate::json::Object;

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "docker",
    title: "Container registries: docker, podman, oras, helm, crane",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "ln -s \"$(command -v abide)\" ~/.local/bin/docker-credential-abide",
    page: "docker",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "docker",
    link: Some("docker-credential-abide"),
    input: Input::Whole,
    server: Some(Named::ByHost),
    read,
    write,
    nothing: |_| failed(NOT_FOUND),
    refuse,
};

/// The text by which the tools know that this helper has nothing.
const NOT_FOUND: &str = "credentials not found in native keychain";
const IDENTITY_TOKEN: &str = "<token>";
const USER: &str = "oauth2";

fn read(call: &Call<'_>) -> Next {
    let input = String::from_utf8_lossy(call.input);
    let server = input.trim();
    match call.arguments.last().map(String::as_str) {
        Some("get") if server.is_empty() => Next::Done(failed("no credentials server URL")),
        Some("get") => Next::Token(Ask { server: server.to_owned(), ..Ask::default() }),
        Some("list") => Next::List(list),
        // `docker logout`. The session is Abide's, not docker's.
        Some("erase") => Next::Done(Output::text("")),
        Some("store") => {
            Next::Done(failed("Abide stores no passwords. Sign in with abide login, not docker login."))
        }
        Some("version") => {
            Next::Done(Output::text(concat!("docker-credential-abide ", env!("CARGO_PKG_VERSION"), "\n")))
        }
        _ => Next::Done(failed("Usage: docker-credential-abide <store|get|erase|list|version>")),
    }
}

fn write(ask: &Ask, given: &Given<'_>) -> Output {
    let token = &given.token.access_token;
    let object = Object::with_room_for(token)
        .text("ServerURL", &ask.server)
        .text("Username", user(given.user(ask)))
        .token("Secret", token);
    Output::line(object.end())
}

fn list(servers: &[DialectServer]) -> Output {
    let mut object = Object::without_token();
    for server in servers {
        let address = address_text(&server.host);
        let name = address.split_once("://").map_or("", |(_, name)| name);
        object = object.text(name, user(server.user.as_deref().unwrap_or(USER)));
    }
    Output::line(object.end())
}

fn user(name: &str) -> &str {
    if name == IDENTITY_TOKEN { USER } else { name }
}

/// The tool shows what is on standard output.
fn refuse(_: &Ask, why: &NoToken<'_>) -> Output {
    failed(why.sentence)
}

fn failed(sentence: &str) -> Output {
    Output::text(&format!("{}\n", sentence.replace('\n', " "))).exit(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::call::testing::{asked, done, given, read, refused, text};

    #[test]
    fn a_registry_gets_a_user_and_an_access_token() {
        let ask = asked(&PROGRAM, &["get"], "registry.example.com\n");
        assert_eq!(ask, Ask { server: "registry.example.com".to_owned(), ..Ask::default() });
        let expected =
            "{\"ServerURL\":\"registry.example.com\",\"Username\":\"oauth2\",\"Secret\":\"eyJ.token.x\"}\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
        assert_eq!(given(&PROGRAM, &ask, Some("me")), (expected.replace("oauth2", "me"), 0));
    }

    #[test]
    fn an_access_token_is_never_called_a_refresh_token() {
        let ask = asked(&PROGRAM, &["get"], "registry.example.com");
        assert!(!given(&PROGRAM, &ask, Some("<token>")).0.contains("<token>"));
    }

    #[test]
    fn the_list_has_servers_and_no_tokens() {
        let server = |host: &str, user: Option<&str>| DialectServer {
            host: host.to_owned(),
            account: "work".to_owned(),
            resource: None,
            audience: None,
            scope: None,
            user: user.map(str::to_owned),
        };
        let Next::List(write) = read(&PROGRAM, &["list"], "unused") else { panic!("no list") };
        let servers = [server("registry.example.com", None), server("http://127.0.0.1:5000", Some("me"))];
        let expected = "{\"registry.example.com\":\"oauth2\",\"127.0.0.1:5000\":\"me\"}\n";
        assert_eq!(text(&write(&servers)), (expected.to_owned(), 0));
        assert_eq!(text(&write(&[])), ("{}\n".to_owned(), 0));
    }

    #[test]
    fn errors_are_the_ones_that_the_tools_know() {
        let ask = Ask::default();
        assert_eq!(
            text(&(PROGRAM.nothing)(&ask)),
            ("credentials not found in native keychain\n".to_owned(), 1)
        );
        assert_eq!(text(&done(&PROGRAM, &["get"], " \n")), ("no credentials server URL\n".to_owned(), 1));
        let (said, exit) = text(&refused(&PROGRAM, &ask));
        assert_eq!((said.as_str(), exit), ("You are not signed in. Sign in with: abide login\n", 1));
        let stored = "{\"ServerURL\":\"registry.example.com\",\"Username\":\"a\",\"Secret\":\"b\"}";
        assert_eq!(done(&PROGRAM, &["store"], stored).exit, 1);
        assert_eq!(text(&done(&PROGRAM, &["erase"], "registry.example.com")), (String::new(), 0));
        assert_eq!(done(&PROGRAM, &[], "").exit, 1);
    }
}
