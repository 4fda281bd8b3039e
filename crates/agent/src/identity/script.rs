//! What an interpreter says it runs.

use std::io::Read as _;
use std::path::Path;
#[cfg(unix)]
use std::path::{Component, PathBuf};
use std::time::Duration;

use abide_decision::Script;

use super::lists::{self, Arguments};
#[cfg(target_os = "linux")]
use crate::platform::clock;
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
    let started = started(process);
    if started.is_some_and(|started| was_replaced(&path, started)) {
        return None;
    }
    let path = std::fs::canonicalize(path).ok()?;
    let stamp = stamp(&path)?;
    Some(Script { path, stamp })
}

/// When a process was started, by the wall clock; `None` where that cannot be compared with a file's times.
fn started(process: &Process) -> Option<Duration> {
    #[cfg(target_os = "linux")]
    {
        let now = clock::now();
        let started = Duration::from_millis(process.id.started.saturating_mul(10));
        now.wall.checked_sub(now.boot.checked_sub(started)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = process;
        None
    }
}

/// Whether the file at a path, or a link on the way to it, has changed since a time of the wall clock. Then the process may have read
/// something else: a script can put a link to another one in its own place.
#[cfg(unix)]
fn was_replaced(path: &Path, since: Duration) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let since = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
    let is_younger = |found: &std::fs::Metadata| {
        found.ctime().saturating_mul(1_000_000_000).saturating_add(found.ctime_nsec()) > since + CLOCKS
    };
    let (mut done, mut rest, mut links) = (PathBuf::new(), path.to_owned(), 0);
    loop {
        let mut parts = rest.components();
        let Some(part) = parts.next() else { break };
        let behind = parts.as_path().to_owned();
        match part {
            Component::ParentDir => _ = done.pop(),
            part => done.push(part),
        }
        rest = behind;
        let Ok(found) = done.symlink_metadata() else { return true };
        if found.is_symlink() {
            links += 1;
            let Ok(to) = done.read_link() else { return true };
            if is_younger(&found) || links > 40 {
                return true;
            }
            done.pop();
            rest = to.join(rest);
            if rest.is_absolute() {
                done = PathBuf::new();
            }
        }
    }
    done.symlink_metadata().is_ok_and(|found| is_younger(&found))
}

/// How far the times of a process and of a file may be apart, in nanoseconds: the one counts in hundredths of a second.
#[cfg(unix)]
const CLOCKS: i64 = 20_000_000;

#[cfg(not(unix))]
fn was_replaced(_: &Path, _: Duration) -> bool {
    false
}

/// The script as the arguments of a process name it.
pub(super) fn named(process: &Process) -> Option<&Path> {
    named_in(process.known_arguments()?.get(1..)?, lists::arguments(&process.label())?)
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

/// Whether the script of a shell is one of its open descriptors: `bash /dev/stdin`.
pub(super) fn names_descriptor(arguments: &[String]) -> bool {
    let script = arguments.iter().skip(1).find(|argument| !argument.starts_with('-'));
    script.is_some_and(|script| {
        ["/dev/stdin", "/dev/fd/", "/proc/"].iter().any(|prefix| script.starts_with(prefix))
    })
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn script(line: &str) -> Option<String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        named_in(&words[1..], lists::arguments(&words[0])?).map(|path| path.display().to_string())
    }

    #[cfg(unix)]
    #[test]
    fn a_script_that_was_put_in_place_later_is_not_the_one_that_runs() {
        let folder = tempfile::tempdir().unwrap();
        let wall = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("good.py"), "").unwrap();
        std::os::unix::fs::symlink("good.py", at("old.py")).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        let started = wall();
        assert!(!was_replaced(&at("old.py"), started) && !was_replaced(&at("./old.py"), started));
        std::thread::sleep(Duration::from_millis(50));
        std::os::unix::fs::symlink("good.py", at("new.py")).unwrap();
        assert!(was_replaced(&at("new.py"), started));
        std::fs::rename(at("good.py"), at("other.py")).unwrap();
        assert!(was_replaced(&at("other.py"), started));
    }

    #[test]
    fn a_script_is_found_and_a_program_in_the_arguments_is_none() {
        for (line, wanted) in [
            ("python3 build.py --release", Some("build.py")),
            ("python3 -u -W error build.py", None),
            ("python3 -- build.py", Some("build.py")),
            ("bash -eu deploy.sh", Some("deploy.sh")),
            ("bash -eo pipefail deploy.sh", Some("deploy.sh")),
            ("perl -Ilib -w tool.pl", None),
            ("node --no-warnings --max-old-space-size=64 app.js", Some("app.js")),
            ("node --max_old_space_size=64 app.js", Some("app.js")),
            ("node --inspect-brk=9229 app.js", None),
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
