//! Parses the output of `cargo test`, and counts.
//!
//! A test that cannot run on this machine prints `skipped: NAME: REASON` (one line, on either stream) and returns. The
//! test harness counts it as passed; here it counts as skipped.

/// The counts and names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// The names of tests that passed, also of those that skipped themselves.
    pub(crate) held: Vec<String>,
    /// The names of failed tests.
    pub(crate) failures: Vec<String>,
    /// The names of skipped tests, with the reason.
    pub(crate) skipped: Vec<(String, String)>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.held.extend(other.held);
        self.failures.extend(other.failures);
        self.skipped.extend(other.skipped);
    }

    /// `3 passed`, and the other counts.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("{} passed", self.passed);
        if self.failed > 0 {
            words += &format!(", {} FAILED", self.failed);
        }
        if !self.skipped.is_empty() {
            words += &format!(", {} skipped", self.skipped.len());
        }
        words
    }
}

/// One test program that cargo ran.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// The name of the crate or the path of the test file.
    pub(crate) name: String,
    pub(crate) tally: Tally,
    /// Its output, in case it fails.
    pub(crate) lines: Vec<String>,
    reported: bool,
    broken: bool,
}

impl Program {
    fn close(mut self) -> Self {
        // It ended without a count (a crash, or its own harness), or failed after a good count.
        if self.broken && self.tally.failed == 0 {
            self.tally.failed = 1;
            self.tally.failures.push(format!("{}: ended before its count", self.name));
        } else if !self.reported && !self.broken {
            self.tally.passed += 1;
        }
        // The harness counted a test that skipped itself as passed.
        let own = self.tally.skipped.iter().filter(|(_, reason)| reason != IGNORED).count();
        self.tally.passed = self.tally.passed.saturating_sub(own);
        self
    }

    /// The part of the output that explains failures.
    pub(crate) fn failures(&self) -> &[String] {
        let start = self.lines.iter().position(|line| line == "failures:").unwrap_or(0);
        &self.lines[start..]
    }
}

const IGNORED: &str = "marked as ignored";

/// The parser: takes lines, and returns each program at its end.
#[derive(Debug)]
pub(crate) struct Reader {
    current: Option<Program>,
    /// The source of a test program, relative to the root of the repository. Cargo prints it relative to the package without
    /// the package's name, and not every package has tests of its own before those of its folder `tests`.
    source_of: fn(&str) -> Option<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self { current: None, source_of: source_beside }
    }
}

impl Reader {
    /// Takes one line; returns the program that ends with it.
    pub(crate) fn line(&mut self, line: &str) -> Option<Program> {
        if let Some(name) = self.started(line) {
            let before = self.current.replace(Program { name, ..Program::default() });
            return before.map(Program::close);
        }
        let program = self.current.as_mut()?;
        if line.starts_with("error: test failed") || line.starts_with("error: doctest failed") {
            program.broken = true;
        } else if line.starts_with("error: ") && line.contains("target") && line.ends_with("failed:") {
            return self.end();
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            program.reported = true;
            program.tally.passed += count(counts, "passed");
            program.tally.failed += count(counts, "failed");
        } else if let Some((name, _)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ignored"))
        {
            program.tally.skipped.push((name.to_owned(), IGNORED.to_owned()));
        } else if let Some((name, reason)) =
            line.trim_start().strip_prefix("skipped: ").and_then(|rest| rest.split_once(": "))
        {
            let skipped = (name.to_owned(), reason.to_owned());
            if !program.tally.skipped.contains(&skipped) {
                program.tally.skipped.push(skipped);
            }
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... ok")) {
            program.tally.held.push(name.to_owned());
        } else if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            let name = format!("{}: {name}", program.name);
            program.tally.failures.push(name);
        }
        program.lines.push(line.to_owned());
        None
    }

    /// The name of the program that cargo starts with this line.
    fn started(&self, line: &str) -> Option<String> {
        let line = line.trim_start();
        if let Some(name) = line.strip_prefix("Doc-tests ") {
            return Some(format!("{name}: documentation"));
        }
        let rest = line.strip_prefix("Running ")?;
        let (source, executable) = rest.strip_suffix(')')?.split_once(" (")?;
        if !source.starts_with("unittests ") {
            return Some((self.source_of)(executable).unwrap_or_else(|| source.replace('\\', "/")));
        }
        let file = executable.rsplit(['/', '\\']).next()?;
        Some(file.rsplit_once('-').map_or(file, |(name, _)| name).to_owned())
    }

    /// Ends the input.
    pub(crate) fn end(&mut self) -> Option<Program> {
        self.current.take().map(Program::close)
    }
}

/// The source of a test program, from the file that rustc has written beside it: `PROGRAM: SOURCE OTHER_SOURCE …`.
fn source_beside(executable: &str) -> Option<String> {
    // Cargo prints a path relative to where it was started: the root of the repository.
    let notes = crate::cargo::root().join(executable).with_extension("d");
    source_in(&std::fs::read_to_string(notes).ok()?)
}

fn source_in(notes: &str) -> Option<String> {
    let sources = notes.lines().find_map(|line| line.split_once(": ").map(|(_, sources)| sources))?;
    // A space in a path is escaped with a backslash.
    let end = sources.match_indices(' ').find(|(at, _)| !sources[..*at].ends_with('\\'));
    let first = &sources[..end.map_or(sources.len(), |(at, _)| at)];
    let source = std::path::PathBuf::from(first.replace("\\ ", " "));
    let source = source.strip_prefix(crate::cargo::root()).unwrap_or(&source);
    Some(source.to_str()?.replace('\\', "/"))
}

/// The number before `word` in `ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(counts: &str, word: &str) -> usize {
    counts
        .split([';', '.'])
        .find_map(|part| part.trim().strip_suffix(word)?.trim().parse().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(output: &str) -> Vec<Program> {
        let source_of = |executable: &str| {
            executable.ends_with("deps/flow-77").then(|| "crates/session/tests/flow.rs".to_owned())
        };
        let mut reader = Reader { current: None, source_of };
        let mut programs: Vec<Program> = output.lines().filter_map(|line| reader.line(line)).collect();
        programs.extend(reader.end());
        programs
    }

    #[test]
    fn counts_each_program_and_names_what_failed() {
        let programs = read(
            "\
   Compiling abide-session v0.1.0
     Running unittests src/lib.rs (target/debug/deps/abide_session-0a1b)

running 3 tests
test idle::ends ... ok
test idle::warns ... FAILED
test idle::later ... ignored

failures:

---- idle::warns stdout ----
assertion failed

failures:
    idle::warns

test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

error: test failed, to rerun pass `-p abide-session --lib`
     Running tests/flow.rs (target/debug/deps/flow-77)

running 1 test
test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests abide_session
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
error: 1 target failed:
    `-p abide-session --lib`
",
        );
        let names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
        assert_eq!(names, ["abide_session", "crates/session/tests/flow.rs", "abide_session: documentation"]);
        let first = &programs[0].tally;
        assert_eq!((first.passed, first.failed, first.skipped.len()), (1, 1, 1));
        assert_eq!(first.failures, ["abide_session: idle::warns"]);
        assert_eq!(programs[0].failures()[2], "---- idle::warns stdout ----");
        assert_eq!(programs[1].tally.passed, 12);
        assert_eq!(programs[2].tally, Tally { passed: 2, ..Tally::default() });
    }

    #[test]
    fn a_test_program_is_named_by_its_own_source_whatever_ran_before_it() {
        // A package without tests of its own follows one that has them.
        let programs = read(
            "\
     Running unittests src/lib.rs (target/debug/deps/abide_session-0a1b)
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running tests/harness.rs (target/debug/deps/harness-77)
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
",
        );
        assert_eq!(programs[1].name, "tests/harness.rs");
        // The running program's own file is read from its place.
        let this = std::env::current_exe().unwrap();
        assert_eq!(source_beside(this.to_str().unwrap()).unwrap(), "xtask/src/main.rs");
    }

    #[test]
    fn a_source_is_found_in_the_notes_beside_a_program() {
        let notes =
            "/t/deps/x-1.d: tests/tests/harness.rs tests/src/lib.rs\n\n/t/deps/x-1: tests/tests/harness.rs\n";
        assert_eq!(source_in(notes).unwrap(), "tests/tests/harness.rs");
        assert_eq!(source_in("x: my\\ tests/a.rs b.rs\n").unwrap(), "my tests/a.rs");
        let ours = crate::cargo::root().join("tests/a.rs").display().to_string().replace(' ', "\\ ");
        assert_eq!(source_in(&format!("x: {ours}\n")).unwrap(), "tests/a.rs");
        assert_eq!(source_in(""), None);
    }

    #[test]
    fn a_program_that_crashes_counts_as_failed() {
        let programs = read(
            "\
     Running tests/crash.rs (target/debug/deps/crash-77)

running 2 tests
test one ... ok
error: test failed, to rerun pass `-p abide-tests --test crash`

Caused by:
  process didn't exit successfully: (signal: 11, SIGSEGV: invalid memory reference)
",
        );
        assert_eq!(programs[0].tally.failed, 1);
        assert_eq!(programs[0].tally.passed, 0);
    }

    #[test]
    fn a_test_that_skips_itself_is_not_counted_as_passed() {
        let programs = read(
            "\
     Running tests/desktop.rs (target/debug/deps/desktop-77)

running 2 tests
skipped: sign_in: there is no Chromium here
test sign_in ... ok
test window ... ok

successes:

---- sign_in stdout ----
skipped: sign_in: there is no Chromium here

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
",
        );
        let tally = &programs[0].tally;
        assert_eq!(tally.passed, 1);
        assert_eq!(tally.skipped, [("sign_in".to_owned(), "there is no Chromium here".to_owned())]);
    }
}
