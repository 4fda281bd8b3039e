//! `abide env`: what `abide run` would set, in the form of a shell.

use abide_dialects::call::joined;
use abide_dialects::json::Object;
use abide_dialects::{Dialect, Kind, environment};
use abide_wire::terminal::plain;
use zeroize::Zeroizing;

use super::run::{known, token_variable};
use super::token::{fetch, warn_of_short_validity};
use crate::arguments::parse::{Shell, Ways};
use crate::arguments::token_request::TokenRequest;
use crate::failure::Failure;
use crate::io::Io;

pub(super) fn env(
    io: &mut Io<'_>,
    request: &TokenRequest,
    ways: &Ways,
    shell: Option<Shell>,
    json: bool,
) -> Result<(), Failure> {
    let name = token_variable(ways, "env")?;
    if !is_name(name) {
        let sentence = format!("`--env` needs a name that every shell accepts, not `{}`.", plain(name));
        return Err(Failure::usage(sentence, "env"));
    }
    let dialects = ways.dialects.iter().map(|name| known(name, "env")).collect::<Result<Vec<_>, _>>()?;
    if let Some(dialect) = dialects.iter().find(|dialect| !matches!(dialect.kind, Kind::Program)) {
        return Err(needs_a_job(dialect));
    }
    let mut set: Vec<(&str, Zeroizing<String>)> = Vec::new();
    if dialects.is_empty() || ways.variable.is_some() {
        let (_answer, token) = fetch(io, request)?;
        warn_of_short_validity(io, request, &token);
        set.push((name, Zeroizing::new(token.access_token.expose().to_owned())));
    }
    let this = std::env::current_exe().unwrap_or_else(|_| "abide".into());
    for dialect in dialects {
        let own = environment::variables(dialect, None, &this.to_string_lossy());
        if own.is_empty() {
            io.tell(&format!(
                "abide: The dialect `{}` needs no variable. Set it up once: {}\n",
                dialect.name, dialect.example
            ));
        }
        set.extend(own);
    }
    if json {
        let room =
            set.iter().map(|(_, value)| value.as_str()).max_by_key(|value| value.len()).unwrap_or_default();
        let object = set
            .iter()
            .fold(Object::with_room_for_text(room), |object, (name, value)| object.text(name, value));
        return io.write(&joined(&[&String::from_utf8_lossy(&object.end()), "\n"]));
    }
    let shell = shell.unwrap_or_else(|| shell_of(io));
    for (name, value) in &set {
        io.write(&line(shell, name, value))?;
    }
    if io.out_is_terminal && !set.is_empty() {
        io.tell(&format!("abide: Your shell has not read this. Use: {}\n", usage(shell)));
    }
    Ok(())
}

/// Whether the text is the name of a variable in every shell. A shell could run any other text as a command.
fn is_name(name: &str) -> bool {
    let first = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().enumerate().all(|(at, byte)| first(byte) || (at > 0 && byte.is_ascii_digit()))
}

/// A port, a key and a renewed file belong to a program that `abide run` has started, and end with it.
fn needs_a_job(dialect: &Dialect) -> Failure {
    let (what, name) = match dialect.kind {
        Kind::File => ("a file that Abide renews", dialect.name),
        _ => ("a port and a key", dialect.name),
    };
    let sentence = format!(
        "The dialect `{name}` needs {what}, which end with the program of `abide run`. Start a shell with it: abide run \
         --dialect {name} -- {}",
        if cfg!(windows) { "powershell" } else { "bash" }
    );
    Failure::usage(sentence, "env")
}

/// The shell of the user.
fn shell_of(io: &Io<'_>) -> Shell {
    let named = (io.environment)("SHELL").unwrap_or_default();
    match std::path::Path::new(&named).file_stem().and_then(std::ffi::OsStr::to_str) {
        Some("fish") => Shell::Fish,
        Some("pwsh") => Shell::Pwsh,
        None if cfg!(windows) => Shell::Pwsh,
        _ => Shell::Sh,
    }
}

fn usage(shell: Shell) -> &'static str {
    match shell {
        Shell::Sh => "eval \"$(abide env)\"",
        Shell::Fish => "abide env --shell fish | source",
        Shell::Pwsh => "abide env --shell powershell | Out-String | Invoke-Expression",
    }
}

/// A line that sets a variable for what the shell starts.
fn line(shell: Shell, name: &str, value: &str) -> Zeroizing<Vec<u8>> {
    let escaped = match shell {
        Shell::Sh => Zeroizing::new(value.replace('\'', "'\\''")),
        Shell::Fish => {
            let doubled = Zeroizing::new(value.replace('\\', "\\\\"));
            Zeroizing::new(doubled.replace('\'', "\\'"))
        }
        Shell::Pwsh => Zeroizing::new(value.replace('\'', "''")),
    };
    match shell {
        Shell::Sh => joined(&["export ", name, "='", &escaped, "'\n"]),
        Shell::Fish => joined(&["set -gx ", name, " '", &escaped, "'\n"]),
        Shell::Pwsh => joined(&["$env:", name, " = '", &escaped, "'\n"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_word_in_each_shell() {
        let value = "a'b\\c $HOME `x` \"y\"";
        let written = |shell| String::from_utf8_lossy(&line(shell, "X", value)).into_owned();
        assert_eq!(written(Shell::Sh), "export X='a'\\''b\\c $HOME `x` \"y\"'\n");
        assert_eq!(written(Shell::Fish), "set -gx X 'a\\'b\\\\c $HOME `x` \"y\"'\n");
        assert_eq!(written(Shell::Pwsh), "$env:X = 'a''b\\c $HOME `x` \"y\"'\n");
    }
}
