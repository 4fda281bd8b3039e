//! What an interpreter says it runs.

use std::io::Read as _;
use std::path::Path;

use abide_decision::Script;

use super::lists::{self, Arguments};
use crate::platform::file::open_at_once;
use crate::platform::program::{Process, stamp};

/// The script that a process says it runs. `None` for a program in its arguments or on its standard input, and wherever the
/// arguments are not understood.
pub(super) fn of(process: &Process) -> Option<Script> {
    let path = process.folder.as_deref()?.join(named(process)?);
    // What these lead to depends on who follows them.
    if path.starts_with("/proc") || path.starts_with("/dev") {
        return None;
    }
    let path = std::fs::canonicalize(path).ok()?;
    let stamp = stamp(&path)?;
    Some(Script { path, stamp })
}

/// The script as the arguments of a process name it.
pub(super) fn named(process: &Process) -> Option<&Path> {
    named_in(process.arguments.get(1..)?, lists::arguments(&process.label())?)
}

fn named_in<'a>(arguments: &'a [String], known: &Arguments) -> Option<&'a Path> {
    let mut rest = arguments.iter();
    loop {
        let argument = rest.next()?;
        match option(argument, known) {
            Word::Script => return Some(Path::new(argument)).filter(|path| !path.as_os_str().is_empty()),
            Word::End => return rest.next().map(Path::new),
            Word::Flag => {}
            Word::Valued => {
                rest.next()?;
            }
            Word::Unknown => return None,
        }
    }
}

/// What a word is that comes before the arguments of a script.
enum Word {
    Script,
    /// `--`: the next word is the script.
    End,
    Flag,
    /// The next word is its value.
    Valued,
    /// It carries the program, runs another file first, or is not known: then it could have a value.
    Unknown,
}

fn option(argument: &str, known: &Arguments) -> Word {
    let is_in = |list: &[String], option: &str| list.iter().any(|known| known == option);
    if argument == "--" {
        return Word::End;
    }
    if is_in(&known.inline, argument) {
        return Word::Unknown;
    }
    if let Some(long) = argument.strip_prefix("--") {
        let name = long.split_once('=').map(|(name, _)| name);
        return match name {
            // Node.js reads `_` as `-`.
            Some(name) if is_in(&known.assigned, &format!("--{}", name.replace('_', "-"))) => Word::Flag,
            Some(_) => Word::Unknown,
            None if is_in(&known.valued, argument) => Word::Valued,
            None if is_in(&known.flags, argument) => Word::Flag,
            None => Word::Unknown,
        };
    }
    let Some(letters) = argument.strip_prefix('-') else { return Word::Script };
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        let option = format!("-{letter}");
        if is_in(&known.valued, &option) {
            return match letters.as_str() {
                "" => Word::Valued,
                _ if known.attached => Word::Flag,
                _ => Word::Unknown,
            };
        }
        if !is_in(&known.flags, &option) {
            return Word::Unknown;
        }
    }
    Word::Flag
}

/// The interpreter that the first line of a script names; `None` if the file is not a script.
pub(super) fn interpreter_of(path: &Path) -> Option<String> {
    let mut first = Vec::new();
    let file = open_at_once(path).ok().filter(|file| file.metadata().is_ok_and(|found| found.is_file()))?;
    file.take(256).read_to_end(&mut first).ok()?;
    let line = first.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let mut words = line.split_ascii_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = words.next()?;
    let named = if name == "env" { words.find(|word| !word.starts_with('-'))? } else { name };
    Some(named.to_owned())
}

/// Whether a shell was given one command and nothing else: `sh -c`.
pub(super) fn is_one_command(arguments: &[String]) -> bool {
    let options = arguments.iter().skip(1).take_while(|argument| argument.starts_with('-'));
    options.clone().any(|option| !option.starts_with("--") && option.contains('c'))
}

/// Whether a shell was given no script and no command: it reads them from its standard input.
pub(super) fn reads_input(arguments: &[String]) -> bool {
    let mut words = arguments.iter().skip(1);
    let input = |word: &String| word == "-" || (is_short(word) && word.contains('s'));
    is_interactive(arguments) || (words.any(input) && !is_one_command(arguments))
}

fn is_short(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--")
}

/// Whether a shell reads what is typed: it has options at most.
pub(super) fn is_interactive(arguments: &[String]) -> bool {
    arguments.iter().skip(1).all(|argument| argument.starts_with('-')) && !is_one_command(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(line: &str) -> Option<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        named_in(&words[1..], lists::arguments(&words[0])?).map(|path| path.display().to_string())
    }

    #[test]
    fn a_script_is_found_and_a_program_in_the_arguments_is_none() {
        for (line, wanted) in [
            ("python3 build.py --release", Some("build.py")),
            ("python3 -u -W error build.py", Some("build.py")),
            ("python3 -- build.py", Some("build.py")),
            ("bash -eu deploy.sh", Some("deploy.sh")),
            ("bash -eo pipefail deploy.sh", Some("deploy.sh")),
            ("perl -Ilib -w tool.pl", Some("tool.pl")),
            ("node --no-warnings --max-old-space-size=64 app.js", Some("app.js")),
            ("node --max_old_space_size=64 --inspect=9229 app.js", Some("app.js")),
            ("fish build.fish", Some("build.fish")),
            ("python3 -c print(1) build.py", None),
            ("python3 -cprint(1) build.py", None),
            ("python3 -Ic print(1) build.py", None),
            ("python3 -m http.server", None),
            ("python3 - build.py", None),
            ("node --eval=1 app.js", None),
            ("python3", None),
            ("bash -lc abide build.sh", None),
        ] {
            assert_eq!(script(line).as_deref(), wanted, "{line}");
        }
    }

    #[test]
    fn behind_an_option_that_is_not_known_no_script_is() {
        for line in [
            // The value of an option is not the script.
            "node --title good.js evil.js",
            "node --new-in-node-99=./evil.js good.js",
            "node --env-file good.js evil.js",
            "ruby --encoding good.rb evil.rb",
            "ruby -C good.rb evil.rb",
            "zsh -O good.sh evil.sh",
            "bash -oe good.sh evil.sh",
            "fish -f good.fish evil.fish",
            // Another file runs before it.
            "node -r ./evil.js good.js",
            "node --require=./evil.js good.js",
            "node --import ./evil.js good.js",
            "node --experimental_loader=./evil.mjs good.js",
            "node --snapshot-blob=evil.blob good.js",
            "bash --rcfile evil.sh -i good.sh",
            "perl -Mevil good.pl",
            "ruby -revil good.rb",
            "busybox sh evil.sh",
        ] {
            assert_eq!(script(line), None, "{line}");
        }
    }
}
