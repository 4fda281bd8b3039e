//! git's credential helpers: gitcredentials(7) and git-credential(1).
//!
//! `get`, `store` or `erase` as the last argument, attributes `key=value` on standard input. git 2.46 can send a token as
//! `Authorization: Bearer …`; older ones send it as the password of a user.

use crate::call::{Ask, Call, Given, Input, Named, Next, NoToken, Output, Program};
use crate::dialect::{Dialect, Kind, Target};

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "git",
    title: "git over https",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "git config --global credential.helper '!abide credential --format git'",
    page: "git",
};

/// Its calls.
pub static PROGRAM: Program = Program {
    format: "git",
    link: Some("git-credential-abide"),
    input: Input::Whole,
    server: Some(Named::ByAddress),
    read,
    write,
    nothing: |_| Output::text(""),
    refuse,
};

/// The server says that it takes a bearer token.
const BEARER: &str = "bearer";

fn read(call: &Call<'_>) -> Next {
    let attributes = Attributes::read(call.input);
    let done = || Next::Done(Output::text(""));
    let Some(server) = attributes.server() else { return done() };
    let user = attributes.one("username").filter(|user| !user.is_empty());
    let ask = Ask { server, user: user.map(str::to_owned), ..Ask::default() };
    match call.arguments.last().map(String::as_str) {
        Some("get") => {
            let note = if attributes.takes_bearer() { BEARER } else { "" };
            Next::Token(Ask { note, ..ask })
        }
        Some("erase") => Next::Renew(ask),
        // Nothing is stored, and a helper ignores operations that it does not know.
        _ => done(),
    }
}

fn write(ask: &Ask, given: &Given<'_>) -> Output {
    let token = given.token.access_token.expose();
    let until = given.token.expires_at.to_string();
    if ask.note == BEARER {
        let begin = "capability[]=authtype\nauthtype=Bearer\nephemeral=1\ncredential=";
        return Output::parts(&[begin, token, "\npassword_expiry_utc=", &until, "\n"]);
    }
    let user = given.user(ask);
    Output::parts(&["username=", user, "\npassword=", token, "\npassword_expiry_utc=", &until, "\n"])
}

/// Without `quit`, git would ask the person for a password, and there is none.
fn refuse(_: &Ask, why: &NoToken<'_>) -> Output {
    Output::text("quit=1\n").tell(why.sentence).exit(why.exit)
}

/// The attributes of a request.
struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// Reads up to a blank line or the end. Skips lines that are not attributes, as git does.
    fn read(input: &[u8]) -> Self {
        let text = String::from_utf8_lossy(input);
        let lines = text.split('\n').take_while(|line| !line.is_empty());
        let pairs = lines.filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    fn one(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// The values of a list. An empty value empties it.
    fn all(&self, key: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(known, _)| known == key).map(|(_, value)| value.as_str());
        values.fold(Vec::new(), |mut list, value| {
            if value.is_empty() {
                list.clear()
            } else {
                list.push(value)
            }
            list
        })
    }

    /// The address of the server. git parses host names by its own rules, so only unambiguous ones are accepted.
    fn server(&self) -> Option<String> {
        let (protocol, host) = (self.one("protocol")?, self.one("host")?);
        let clear = !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\']);
        let path = self.one("path").unwrap_or_default();
        (clear && matches!(protocol, "https" | "http")).then(|| format!("{protocol}://{host}/{path}"))
    }

    /// Whether git can send a bearer token, and the server asks for one.
    fn takes_bearer(&self) -> bool {
        let scheme = |challenge: &&str| {
            challenge.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("bearer"))
        };
        self.all("capability[]").contains(&"authtype") && self.all("wwwauth[]").iter().any(scheme)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::call::testing::{asked, done, given, read, refused, text};

    #[test]
    fn a_token_is_the_password_of_a_user() {
        let ask = asked(&PROGRAM, &["get"], "protocol=https\nhost=git.example.com\n\n");
        assert_eq!(ask, Ask { server: "https://git.example.com/".to_owned(), ..Ask::default() });
        let expected = "username=oauth2\npassword=eyJ.token.x\npassword_expiry_utc=1900000000\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
        let expected = expected.replace("oauth2", "x-access-token");
        assert_eq!(given(&PROGRAM, &ask, Some("x-access-token")), (expected, 0));
        let ask =
            asked(&PROGRAM, &["get"], "protocol=https\nhost=git.example.com\npath=a/b.git\nusername=alice\n");
        assert_eq!(
            (ask.server.as_str(), ask.user.as_deref()),
            ("https://git.example.com/a/b.git", Some("alice"))
        );
        assert!(given(&PROGRAM, &ask, None).0.starts_with("username=alice\npassword=eyJ.token.x\n"));
    }

    #[test]
    fn a_server_that_asks_for_a_bearer_token_gets_one() {
        let both = "capability[]=authtype\ncapability[]=state\nprotocol=https\nhost=git.example.com\nwwwauth[]=Basic realm=\"x\"\n\
                    wwwauth[]=Bearer realm=\"x\"\n";
        let ask = asked(&PROGRAM, &["get"], both);
        let expected = "capability[]=authtype\nauthtype=Bearer\nephemeral=1\ncredential=eyJ.token.x\n\
                        password_expiry_utc=1900000000\n";
        assert_eq!(given(&PROGRAM, &ask, None), (expected.to_owned(), 0));
        for other in [
            both.replace("capability[]=authtype\n", ""),
            both.replace("wwwauth[]=Bearer realm=\"x\"\n", ""),
            format!("{both}wwwauth[]=\n"),
            format!("{both}capability[]=\n"),
        ] {
            let ask = asked(&PROGRAM, &["get"], &other);
            assert!(given(&PROGRAM, &ask, None).0.starts_with("username="), "{other}");
        }
    }

    #[test]
    fn what_is_no_request_of_a_server_gets_nothing() {
        for (words, input) in [
            (&["get"][..], ""),
            (&["get"], "\nprotocol=https\nhost=git.example.com\n"),
            (&["get"], "protocol=https\n"),
            (&["get"], "host=git.example.com\n"),
            (&["get"], "protocol=https\nhost=\n"),
            (&["get"], "protocol=cert\nhost=git.example.com\n"),
            (&["get"], "protocol=https\nhost=evil.example/git.example.com\n"),
            (&["get"], "protocol=https\nhost=git.example.com\\@evil.example\n"),
            (&["get"], "protocol=https\nhost=x@git.example.com\n"),
            (&["store"], "protocol=https\nhost=git.example.com\nusername=a\npassword=b\n"),
            (&["capability"], "protocol=https\nhost=git.example.com\n"),
            (&[], "protocol=https\nhost=git.example.com\n"),
        ] {
            assert_eq!(text(&done(&PROGRAM, words, input)), (String::new(), 0), "{words:?} {input}");
        }
    }

    #[test]
    fn a_refused_token_is_renewed() {
        let input = "protocol=https\nhost=git.example.com\nusername=oauth2\npassword=eyJ.token.x\n";
        match read(&PROGRAM, &["erase"], input) {
            Next::Renew(ask) => assert_eq!(ask.server, "https://git.example.com/"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn git_does_not_ask_for_a_password_instead() {
        let output = refused(&PROGRAM, &Ask::default());
        assert_eq!(text(&output), ("quit=1\n".to_owned(), 3));
        assert!(output.err.contains("abide login"));
    }
}
