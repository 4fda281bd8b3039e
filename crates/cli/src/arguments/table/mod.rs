//! The commands and options of `abide`, defined once for the parser, the help, the manual pages and the completions.

mod commands;
mod options;

pub use self::commands::COMMANDS;
pub use self::options::OPTIONS;

/// A command. The name of a subcommand has both words: `accounts add`.
#[derive(Clone, Copy, Debug)]
pub struct CommandEntry {
    /// The words after `abide`.
    pub name: &'static str,
    /// The part of the overview that lists it; empty for a command that is explained on another's page.
    pub group: &'static str,
    /// A short description.
    pub summary: &'static str,
    /// The operands, beside options.
    pub operands: &'static str,
    /// The description, in paragraphs. A paragraph that begins with two spaces is an example and is not wrapped.
    pub about: &'static [&'static str],
    /// Notes at the end: exit codes, limits.
    pub notes: &'static [&'static str],
}

/// How the value of an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// No value.
    Flag,
    /// Any text.
    Text,
    /// The path of a file.
    Path,
    /// A time: `90s`, `5m`, `1h`, or a number of seconds.
    Time,
    /// A whole number up to this one.
    Number(u32),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text; these are suggested.
    Known(&'static [&'static str]),
}

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct OptionEntry {
    /// The commands that accept it.
    pub commands: &'static [&'static str],
    /// The name after the two dashes.
    pub long: &'static str,
    /// The letter after one dash.
    pub short: Option<char>,
    /// How its value is read.
    pub kind: Kind,
    /// The placeholder for the value in the help.
    pub value: &'static str,
    /// A short description.
    pub help: &'static str,
}

/// The option of a command with this name.
#[must_use]
pub fn option(command: &str, long: &str) -> Option<&'static OptionEntry> {
    OPTIONS.iter().find(|option| option.long == long && option.commands.contains(&command))
}

/// The options of a command, in the order of its page.
pub fn options(command: &str) -> impl Iterator<Item = &'static OptionEntry> {
    OPTIONS.iter().filter(move |option| option.commands.contains(&command))
}

/// The names of the commands that are not subcommands, in the order of the overview.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name).filter(|name| !name.contains(' '))
}

/// A command.
#[must_use]
pub fn command(name: &str) -> Option<&'static CommandEntry> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The subcommands of this command: for `accounts` among others `accounts add`.
pub fn behind(name: &str) -> impl Iterator<Item = &'static CommandEntry> {
    COMMANDS
        .iter()
        .filter(move |command| command.name.split_once(' ').is_some_and(|(first, _)| first == name))
}

/// The parts of the overview.
pub(crate) const GROUPS: &[&str] = &["Your session", "Tokens", "Set-up", "Programs"];

/// The exit codes of every command.
pub const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 sign-in required, 4 consent required or \
                              denied, 5 Abide is not running.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_one_of_a_command_and_of_each_only_once() {
        for option in OPTIONS {
            assert_eq!(option.value.is_empty(), option.kind == Kind::Flag, "{}", option.long);
            for name in option.commands {
                assert!(command(name).is_some(), "--{} of {name}", option.long);
                assert_eq!(
                    options(name).filter(|one| one.long == option.long).count(),
                    1,
                    "--{} of {name}",
                    option.long
                );
            }
        }
    }

    #[test]
    fn every_command_is_in_the_overview_or_behind_one_that_is() {
        for entry in COMMANDS {
            match entry.name.split_once(' ') {
                Some((first, _)) => {
                    assert!(command(first).is_some() && entry.group.is_empty(), "{}", entry.name)
                }
                None => assert!(GROUPS.contains(&entry.group), "{}", entry.name),
            }
        }
    }
}
