//! Linux: a process and what has started it.

use super::Process;
use super::folder::Folder;

/// So many processes of a lineage are looked at.
const DEEPEST: usize = 1024;
/// So often it is looked at anew when a process in it has changed meanwhile.
const LOOKS: usize = 4;

/// A process, and its ancestors.
pub(super) fn lineage_of(number: i32) -> Vec<Process> {
    Folder::open(number).map(|folder| lineage(&folder)).unwrap_or_default()
}

/// A process, and its ancestors. The last one is marked where it has more, which were not looked at: nothing can be concluded from what
/// is not among them.
pub(super) fn lineage(folder: &Folder) -> Vec<Process> {
    lineage_within(DEEPEST, folder)
}

fn lineage_within(deepest: usize, folder: &Folder) -> Vec<Process> {
    let (mut found, mut end) = (Vec::new(), End::Changed);
    for _ in 0..LOOKS {
        found.clear();
        end = look(deepest, folder, &mut found);
        if end != End::Changed {
            break;
        }
    }
    if let Some(last) = found.last_mut() {
        last.ancestors_cut = end != End::Whole;
    }
    found
}

/// How the look at a lineage has ended.
#[derive(PartialEq, Eq)]
enum End {
    /// With a process that has no parent, or one that the system hides.
    Whole,
    /// A process has ended, or has become another program, meanwhile.
    Changed,
    /// There are too many.
    Deep,
}

fn look(deepest: usize, folder: &Folder, found: &mut Vec<Process>) -> End {
    let Some((first, mut parent)) = folder.process() else { return End::Changed };
    found.push(first);
    while parent > 0 {
        if found.len() >= deepest {
            return End::Deep;
        }
        let process = Folder::open(parent).map(|folder| folder.process());
        let Some(child) = found.last() else { return End::Changed };
        // Who has started a process was there before it, and still is its parent. Otherwise the number means another
        // process by now.
        let still = Folder::open(child.id.number).and_then(|folder| folder.status());
        let still = still.is_some_and(|now| now.started == child.id.started && now.parent == parent);
        let (process, next) = match process {
            // `/proc` can be mounted so that it has no processes of other users.
            None if still => return End::Whole,
            Some(Some(known)) if still && known.0.id.started <= child.id.started => known,
            _ => return End::Changed,
        };
        found.push(process);
        parent = next;
    }
    End::Whole
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that reads lines of a shell, and ends with everything that it has started.
    struct Shell {
        child: Child,
        said: Box<dyn Iterator<Item = String>>,
    }

    impl Shell {
        fn start(program: &str, arguments: &[&str]) -> Self {
            let mut child = Command::new(program)
                .args(arguments)
                .process_group(0)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
            Self { child, said: Box::new(said) }
        }

        /// The number of a process that these lines write.
        fn process(&mut self, lines: &str) -> i32 {
            writeln!(self.child.stdin.as_ref().unwrap(), "{lines}").unwrap();
            self.said.next().unwrap().parse().unwrap()
        }

        fn id(&self) -> i32 {
            self.child.id().cast_signed()
        }
    }

    impl Drop for Shell {
        fn drop(&mut self) {
            let group = rustix::process::Pid::from_raw(self.id()).unwrap();
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            let _ = self.child.wait();
        }
    }

    #[test]
    fn a_subshell_has_only_forked_and_a_shell_that_reads_from_a_pipe_is_another_run() {
        let mut shell = Shell::start("bash", &[]);
        let subshell = shell.process("(echo $BASHPID; sleep 60; true) &");
        let piped = shell.process("echo 'echo $$; sleep 60; true' | bash &");
        for (number, only_forked) in [(subshell, true), (piped, false)] {
            let found = lineage_of(number);
            let parent = found.iter().position(|process| process.id.number == shell.id()).unwrap();
            assert!(parent > 0, "{found:?}");
            assert_eq!(found[0].arguments, found[parent].arguments, "the same words");
            assert_eq!(found[0].program, found[parent].program, "the same file");
            assert_eq!(found[0].only_forked, only_forked, "{found:?}");
        }
    }

    #[test]
    fn many_shells_in_between_hide_nothing() {
        let mut shell = Shell::start("bash", &[]);
        let deep = shell.process(
            "deep() { if [ $1 -gt 0 ]; then (deep $(($1 - 1)); true); else echo $BASHPID; sleep 60; fi; }; deep 80 &",
        );
        let found = lineage_of(deep);
        assert!(found.len() > 80, "{}", found.len());
        assert!(found.iter().any(|process| process.id.number == shell.id()));
        assert!(found.iter().all(|process| !process.ancestors_cut));
        // Beyond any bound, it is known that there are more.
        let cut = lineage_within(64, &Folder::open(deep).unwrap());
        assert_eq!(cut.len(), 64);
        assert!(cut.last().unwrap().ancestors_cut);
        let whole = lineage_within(found.len(), &Folder::open(deep).unwrap());
        assert!(whole.len() == found.len() && !whole.last().unwrap().ancestors_cut);
    }

    /// A process that becomes another program again and again is not missed.
    #[test]
    fn an_ancestor_that_changes_all_the_time_does_not_hide_itself() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let dash = std::fs::canonicalize("/bin/sh").unwrap();
        for copy in ["one", "other"] {
            // Not by this process: what it has open to write cannot be run (ETXTBSY).
            let copied = std::process::Command::new("cp").arg(&dash).arg(at(copy)).status();
            assert!(copied.unwrap().success());
        }
        // Each copy runs the script anew in the other one. The first has started a child.
        let script = "[ -n \"$3\" ] || { sleep 60 & echo $!; }; exec \"$2\" \"$0\" \"$2\" \"$1\" again";
        std::fs::write(at("script"), script).unwrap();
        let mut shell = Shell::start(&at("one"), &[&at("script"), &at("one"), &at("other")]);
        let child: i32 = shell.said.next().unwrap().parse().unwrap();
        for _ in 0..200 {
            let found = lineage_of(child);
            let is_there = found.iter().any(|process| process.id.number == shell.id());
            let is_cut = found.last().is_none_or(|last| last.ancestors_cut);
            assert!(is_there || is_cut, "{found:?}");
        }
    }
}
