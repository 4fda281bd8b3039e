//! The options and words of one command as the user wrote them.

use std::ffi::{OsStr, OsString};

use abide_wire::terminal::plain;
use lexopt::{Arg, Parser, ValueExt as _};

use super::table::{self, Kind, OptionEntry};
use crate::failure::Failure;

/// The options and words of a command.
pub(super) struct Given {
    /// The command, whose help page explains the options.
    command: &'static str,
    options: Vec<(&'static OptionEntry, OsString)>,
    pub(super) words: Vec<OsString>,
    pub(super) help: bool,
}

impl Given {
    pub(super) fn new(command: &'static str) -> Self {
        Self { command, options: Vec::new(), words: Vec::new(), help: false }
    }

    /// Reads all arguments of a command.
    pub(super) fn read(command: &'static str, rest: Vec<OsString>, json: &mut bool) -> Result<Self, Failure> {
        let mut parser = Parser::from_args(rest);
        let mut given = Self::new(command);
        while let Some(argument) = parser.next().map_err(|error| misused(command, &error))? {
            if let Arg::Value(word) = argument {
                given.words.push(word);
            } else {
                let option = name_of(&argument);
                given.take(&option, &mut parser, json)?;
            }
        }
        Ok(given)
    }

    /// Takes one option, and its value out of the parser.
    pub(super) fn take(&mut self, name: &str, parser: &mut Parser, json: &mut bool) -> Result<(), Failure> {
        let command = self.command;
        if name == "help" {
            self.help = true;
            return Ok(());
        }
        let Some(option) = known(command, name) else {
            let dashes = if name.starts_with('-') { "" } else { "--" };
            let sentence = format!("`abide {command}` has no option `{dashes}{}`.", plain(name));
            return Err(Failure::usage(sentence, command));
        };
        let value = match option.kind {
            Kind::Flag => OsString::new(),
            _ => parser.value().map_err(|error| misused(command, &error))?,
        };
        check(command, option, &value)?;
        *json |= option.long == "json";
        self.options.push((option, value));
        Ok(())
    }

    /// Whether a flag was given.
    pub(super) fn flag(&self, long: &str) -> bool {
        self.options.iter().any(|(option, _)| option.long == long)
    }

    /// The last value of an option.
    pub(super) fn path(&self, long: &str) -> Option<OsString> {
        self.options.iter().rev().find(|(option, _)| option.long == long).map(|(_, value)| value.clone())
    }

    /// The same as text, which `check` has verified.
    pub(super) fn text(&self, long: &str) -> Option<String> {
        self.path(long).and_then(|value| value.into_string().ok())
    }

    /// The same as a number, which `check` has verified.
    pub(super) fn number<T: TryFrom<u64>>(&self, long: &str) -> Option<T> {
        let value = self.text(long)?;
        T::try_from(seconds(&value)?).ok()
    }

    /// All options with text values, in their order.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static OptionEntry, &str)> {
        self.options.iter().filter_map(|(option, value)| Some((*option, value.to_str()?)))
    }

    /// The word after the command, or `usual` without one.
    pub(super) fn sub(&self, usual: &str) -> Result<String, Failure> {
        let Some(word) = self.words.first() else { return Ok(usual.to_owned()) };
        let sub = word.to_string_lossy();
        if table::behind(self.command).any(|entry| entry.name == format!("{} {sub}", self.command)) {
            return Ok(sub.into_owned());
        }
        Err(Failure::usage(
            format!("There is no command `abide {} {}`.", self.command, plain(&sub)),
            self.command,
        ))
    }

    /// Refuses options that belong to another command after the same word.
    pub(super) fn only_for(&self, sub: &str) -> Result<(), Failure> {
        let name = format!("{} {sub}", self.command);
        match self.options.iter().find(|(option, _)| table::option(&name, option.long).is_none()) {
            None => Ok(()),
            Some((option, _)) => {
                let sentence =
                    format!("`--{}` belongs to `abide {}`.", option.long, option.commands.join("`, `abide "));
                Err(Failure::usage(sentence, self.command))
            }
        }
    }

    /// The first word, where there is one.
    pub(super) fn first(&self) -> Option<&str> {
        self.words.first().map(|word| word.to_str().unwrap_or_default())
    }

    /// The second word, a name.
    pub(super) fn name(&self, missing: &str) -> Result<String, Failure> {
        match self.words.get(1).map(|word| word.to_str()) {
            Some(Some(name)) if !name.is_empty() => Ok(name.to_owned()),
            Some(_) => Err(Failure::usage("A name must be text, and not empty.", self.command)),
            None => Err(Failure::usage(missing, self.command)),
        }
    }

    /// Refuses more words than this.
    pub(super) fn no_more_than(&self, words: usize) -> Result<(), Failure> {
        let Some(word) = self.words.get(words) else { return Ok(()) };
        let word = word.to_string_lossy();
        let sentence = format!("`abide {}` does not understand `{}`.", self.command, plain(&word));
        Err(Failure::usage(sentence, self.command))
    }
}

/// The option of a command, or of one that follows it.
fn known(command: &str, long: &str) -> Option<&'static OptionEntry> {
    table::option(command, long)
        .or_else(|| table::behind(command).find_map(|entry| table::option(entry.name, long)))
}

/// The name of an option without its dashes; an unknown letter keeps its dash.
pub(super) fn name_of(argument: &Arg<'_>) -> String {
    match argument {
        Arg::Short('h') => "help".into(),
        Arg::Short(letter) => match table::OPTIONS.iter().find(|option| option.short == Some(*letter)) {
            Some(option) => option.long.to_owned(),
            None => format!("-{letter}"),
        },
        Arg::Long(long) => (*long).to_owned(),
        Arg::Value(_) => String::new(),
    }
}

/// Checks the value of an option.
fn check(command: &str, option: &OptionEntry, value: &OsStr) -> Result<(), Failure> {
    let long = option.long;
    let wrong = |sentence: String| Err(Failure::usage(sentence, command));
    if option.kind == Kind::Flag {
        return Ok(());
    }
    if value.is_empty() {
        return wrong(format!("`--{long}` needs a value; this one is empty."));
    }
    if option.kind == Kind::Path {
        return Ok(());
    }
    let text = value.to_owned().string().map_err(|error| misused(command, &error))?;
    let shown = plain(&text);
    match option.kind {
        Kind::Time if seconds(&text).is_none() => {
            wrong(format!("`--{long}` is a time such as `90s`, `5m` or `1h`, not `{shown}`."))
        }
        Kind::Number(most) if !text.parse::<u32>().is_ok_and(|number| number <= most) => {
            wrong(format!("`--{long}` is a number up to {most}, not `{shown}`."))
        }
        Kind::OneOf(words) if !words.contains(&text.as_str()) => {
            wrong(format!("`--{long}` is `{}`, not `{shown}`.", words.join("` or `")))
        }
        _ => Ok(()),
    }
}

/// A time: seconds, or a number with `s`, `m` or `h`.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// An error of the parser.
pub(super) fn misused(command: &str, error: &lexopt::Error) -> Failure {
    let sentence = match error {
        lexopt::Error::MissingValue { option: Some(option) } => format!("`{}` needs a value.", plain(option)),
        lexopt::Error::UnexpectedValue { option, .. } => format!("`{}` takes no value.", plain(option)),
        lexopt::Error::NonUnicodeValue(value) => {
            format!("`{}` is not valid text.", plain(&value.to_string_lossy()))
        }
        other => format!("The arguments cannot be read: {}.", plain(&other.to_string())),
    };
    Failure::usage(sentence, command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let read: Vec<_> = ["60", "60s", "5m", "1h", "", "s", "-5", "1d", "1.5h", "99999999999999999h"]
            .map(seconds)
            .to_vec();
        assert_eq!(read, [Some(60), Some(60), Some(300), Some(3600), None, None, None, None, None, None]);
    }
}
