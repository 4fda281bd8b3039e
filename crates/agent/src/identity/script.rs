//! What an interpreter says it runs.

use std::io::Read as _;
use std::path::Path;

use abide_decision::Script;

use super::lists;
use crate::platform::file::open_at_once;
use crate::platform::program::{Process, stamp};

/// The script that a process says it runs. `None` for a program in its arguments or on its standard input, and wherever the
/// arguments are not understood.
pub(super) fn of(process: &Process) -> Option<Script> {
    let known = lists::arguments(&process.label())?;
    let path = named(process.arguments.get(1..)?, &known.inline, &known.valued)?;
    let path = process.folder.as_deref()?.join(path);
    let path = std::fs::canonicalize(path).ok()?;
    let stamp = stamp(&path)?;
    Some(Script { path, stamp })
}

fn named<'a>(arguments: &'a [String], inline: &[String], valued: &[String]) -> Option<&'a Path> {
    let mut rest = arguments.iter();
    loop {
        let argument = rest.next()?;
        if inline.contains(argument) || carries(argument, inline) {
            return None;
        }
        if argument == "--" {
            return rest.next().map(Path::new);
        }
        if valued.contains(argument) {
            rest.next()?;
        } else if !argument.starts_with('-') {
            return Some(Path::new(argument));
        }
    }
}

/// Whether a group of letters such as `-lc`, or an option with its value such as `-cprint(1)`, carries the program.
fn carries(argument: &str, inline: &[String]) -> bool {
    let Some(letters) = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
        return inline
            .iter()
            .any(|option| argument.strip_prefix(option.as_str()).is_some_and(|rest| rest.starts_with('=')));
    };
    let short =
        inline.iter().filter_map(|option| option.strip_prefix('-')).filter(|letter| letter.len() == 1);
    short.into_iter().any(|letter| letters.contains(letter))
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

/// Whether a shell reads what is typed: it has options at most.
pub(super) fn is_interactive(arguments: &[String]) -> bool {
    arguments.iter().skip(1).all(|argument| argument.starts_with('-')) && !is_one_command(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(line: &str) -> Option<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let known = lists::arguments(&words[0])?;
        named(&words[1..], &known.inline, &known.valued).map(|path| path.display().to_string())
    }

    #[test]
    fn a_script_is_found_and_a_program_in_the_arguments_is_none() {
        for (line, wanted) in [
            ("python3 build.py --release", Some("build.py")),
            ("python3 -u -W error build.py", Some("build.py")),
            ("python3 -- build.py", Some("build.py")),
            ("bash -eu deploy.sh", Some("deploy.sh")),
            ("node -r ./hook.js app.js", Some("app.js")),
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
}
