//! Calls of a tool that runs Abide as a program, and what the tool reads from it.

use core::fmt;

use abide_wire::{AwsCredentials, DialectServer, TokenAnswer};
use zeroize::Zeroizing;

/// What a dialect does with a call of a tool.
#[derive(Debug)]
pub struct Program {
    /// The value of `--format`, and the name of its table in `[dialects]`.
    pub format: &'static str,
    /// The name of a program that the tool looks for, where it takes no command with arguments.
    pub link: Option<&'static str>,
    /// What the tool writes to standard input.
    pub input: Input,
    /// How the tool names the server that gets the token. Then there is a token only for servers that the user has named.
    pub server: Option<Named>,
    /// Reads a call.
    pub read: fn(&Call<'_>) -> Next,
    /// Writes the token.
    pub write: fn(&Ask, &Given<'_>) -> Output,
    /// Answers for a server that the user has not named, so that the tool asks elsewhere.
    pub nothing: fn(&Ask) -> Output,
    /// Answers where there is no token for a server that the user has named.
    pub refuse: fn(&Ask, &NoToken<'_>) -> Output,
}

/// What a tool calls a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By an address with a scheme.
    ByAddress,
    /// By an address, or by a host alone, which the tool reaches over https; on this computer perhaps over http.
    ByHost,
}

/// What a tool writes to standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing. It is not read, because it may be a terminal.
    Nothing,
    /// One request, until standard input ends.
    Whole,
    /// Requests, one per line, after this greeting.
    Lines(&'static str),
}

/// A call of a tool.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The arguments that are the tool's own.
    pub arguments: &'a [String],
    /// Standard input: all of it, or one line.
    pub input: &'a [u8],
    /// A variable of the environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

/// What a call wants.
#[derive(Debug)]
pub enum Next {
    /// Only this answer.
    Done(Output),
    /// A token.
    Token(Ask),
    /// A token for each server that is configured for the dialect.
    Every,
    /// The configured servers, without tokens.
    List(fn(&[DialectServer]) -> Output),
    /// Credentials of a role at AWS, for a token. The function writes them.
    AwsCredentials(fn(&AwsCredentials) -> Output),
    /// No answer, but a new token at the next call: the server has refused the present one.
    Renew(Ask),
}

/// What a token is wanted for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The server, as the tool names it: an address or only a host.
    pub server: String,
    /// The user name that the tool wants a token for.
    pub user: Option<String>,
    /// Whether the server has refused the present token.
    pub renew: bool,
    /// What the answer depends on, in words of the dialect.
    pub note: &'static str,
}

/// A token for a tool.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The token.
    pub token: &'a TokenAnswer,
    /// The address of the server, as the user has named it; empty if the tool names none.
    pub address: &'a str,
    /// The user name that the user has configured for the server.
    pub user: Option<&'a str>,
}

impl Given<'_> {
    /// The user name to send: the configured one, the one that the tool has, or the one that most servers understand.
    #[must_use]
    pub fn user<'a>(&'a self, ask: &'a Ask) -> &'a str {
        self.user.or(ask.user.as_deref()).unwrap_or("oauth2")
    }
}

/// Why there is no token.
#[derive(Clone, Copy, Debug)]
pub struct NoToken<'a> {
    /// The stable code.
    pub code: &'a str,
    /// What happened and what to do.
    pub sentence: &'a str,
    /// The exit code of the command.
    pub exit: u8,
}

/// Several parts with a token among them, in one buffer that never moves and is wiped.
#[must_use]
pub fn joined(parts: &[&str]) -> Zeroizing<Vec<u8>> {
    let mut whole = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        whole.extend_from_slice(part.as_bytes());
    }
    whole
}

/// What the tool reads. It may contain a token, and is wiped.
pub struct Output {
    /// Standard output.
    pub out: Zeroizing<Vec<u8>>,
    /// A sentence for a person on standard error, without a line break; empty for nothing.
    pub err: String,
    /// The exit code.
    pub exit: u8,
}

impl Output {
    /// An answer.
    #[must_use]
    pub fn new(out: Zeroizing<Vec<u8>>) -> Self {
        Self { out, err: String::new(), exit: 0 }
    }

    /// An answer without a token.
    #[must_use]
    pub fn text(out: &str) -> Self {
        Self::new(Zeroizing::new(out.as_bytes().to_vec()))
    }

    /// Several parts with a token among them.
    #[must_use]
    pub fn parts(parts: &[&str]) -> Self {
        Self::new(joined(parts))
    }

    /// The same, with a line break at its end.
    #[must_use]
    pub fn line(out: Zeroizing<Vec<u8>>) -> Self {
        let mut line = Zeroizing::new(Vec::with_capacity(out.len() + 1));
        line.extend_from_slice(&out);
        line.push(b'\n');
        Self::new(line)
    }

    /// The same with an exit code.
    #[must_use]
    pub fn exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    /// The same with a sentence for a person.
    #[must_use]
    pub fn tell(self, sentence: &str) -> Self {
        Self { err: sentence.to_owned(), ..self }
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("err", &self.err).field("exit", &self.exit).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod testing {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::{Ask, Call, Given, Next, NoToken, Output, Program};
    use crate::exchange::testing::token;

    /// The wish of a call.
    pub(crate) fn read(program: &Program, arguments: &[&str], input: &str) -> Next {
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        (program.read)(&Call { arguments: &arguments, input: input.as_bytes(), environment: &|_| None })
    }

    /// The wish of a call for a token.
    pub(crate) fn asked(program: &Program, arguments: &[&str], input: &str) -> Ask {
        match read(program, arguments, input) {
            Next::Token(ask) => ask,
            other => panic!("{other:?}"),
        }
    }

    /// The answer of a call that gets no token.
    pub(crate) fn done(program: &Program, arguments: &[&str], input: &str) -> Output {
        match read(program, arguments, input) {
            Next::Done(output) => output,
            other => panic!("{other:?}"),
        }
    }

    /// What is written with a token, and the exit code.
    pub(crate) fn given(program: &Program, ask: &Ask, user: Option<&str>) -> (String, u8) {
        let token = token();
        let address = if ask.server.is_empty() { "" } else { "https://host.example.com" };
        text(&(program.write)(ask, &Given { token: &token, address, user }))
    }

    /// What is written where there is no token.
    pub(crate) fn refused(program: &Program, ask: &Ask) -> Output {
        let sentence = "You are not signed in. Sign in with: abide login";
        (program.refuse)(ask, &NoToken { code: "login_required", sentence, exit: 3 })
    }

    pub(crate) fn text(output: &Output) -> (String, u8) {
        (String::from_utf8(output.out.to_vec()).unwrap(), output.exit)
    }
}
