#![allow(clippy::unwrap_used)]
use std::path::PathBuf;

use super::*;
use crate::platform::program::Stamp;

/// A line: the program's path, what follows the name; `@` in front for a file of root's, `%` for a session with a terminal.
fn lineage(lines: &[&str]) -> Vec<Process> {
    let made = |(index, line): (usize, &&str)| {
        let (of_root, line) = line.strip_prefix('@').map_or((false, *line), |line| (true, line));
        let (at_terminal, line) = line.strip_prefix('%').map_or((false, line), |line| (true, line));
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let number = 100 - i32::try_from(index).unwrap();
        let path = PathBuf::from(&arguments[0]);
        let stamp = Some(Stamp { inode: index as u64, ..Stamp::default() });
        let program = Program { path, id: (1, index as u64), stamp, replaced: false, contained: false };
        Process {
            id: ProcessId { number, started: number.unsigned_abs().into() },
            user: 1000,
            name: name_of(&program),
            program: Some(program),
            system_file: of_root,
            arguments,
            folder: None,
            leader: if at_terminal { number } else { 1 },
            terminal: if at_terminal { 34816 } else { 0 },
            in_front: false,
        }
    };
    lines.iter().enumerate().map(made).collect()
}

fn caller(lines: &[&str]) -> Caller {
    Caller::of(&lineage(lines), |program| program.path.ends_with("abide"))
}

#[cfg(target_os = "linux")]
#[test]
fn abide_and_glue_ask_for_what_started_them() {
    for (lines, name, kind) in [
        (&["/opt/abide", "@/usr/bin/terraform"][..], "terraform", Kind::Program),
        (&["/opt/abide", "@/usr/bin/timeout 5 abide", "@/usr/bin/git push"], "git", Kind::Program),
        (&["/opt/abide", "@/bin/sh -c abide", "/opt/claude"], "claude", Kind::Program),
        (&["/opt/abide", "@/bin/bash -c abide", "@/usr/bin/node a.js"], "node", Kind::Interpreter),
        (&["/opt/abide", "@%/bin/bash", "@/usr/bin/xterm"], "bash", Kind::Terminal),
        (&["/opt/abide", "@%/bin/bash deploy.sh", "@/usr/bin/xterm"], "bash", Kind::Interpreter),
        (&["/opt/abide", "@/bin/bash"], "bash", Kind::Interpreter),
        (&["/usr/bin/curl", "@%/bin/bash"], "curl", Kind::Program),
        (&["@/usr/bin/socat", "@%/bin/bash"], "socat", Kind::Forwarder),
        (&["/opt/abide", "@/usr/lib/systemd"], "systemd", Kind::Background),
        (&["/opt/abide", "@/bin/sh -c abide", "@/usr/lib/systemd"], "sh", Kind::Background),
        (&["/opt/abide"], "abide", Kind::Background),
    ] {
        let caller = caller(lines);
        assert_eq!((caller.name.as_str(), caller.kind), (name, kind), "{lines:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_fork_is_the_run_that_it_comes_from() {
    let mut lines = lineage(&["/opt/abide", "@/bin/sh build.sh", "@/bin/sh build.sh", "/opt/ci"]);
    lines[2].program = lines[1].program.clone();
    let asks = Caller::of(&lines, |program| program.path.ends_with("abide"));
    assert_eq!(asks.process, Some(lines[2].id));
    lines[2].arguments.push("--other".to_owned());
    let asks = Caller::of(&lines, |program| program.path.ends_with("abide"));
    assert_eq!(asks.process, Some(lines[1].id), "another run of the same program");
}

#[cfg(target_os = "linux")]
#[test]
fn glue_counts_where_root_owns_it() {
    let caller = caller(&["/opt/abide", "/home/me/timeout 5 abide", "@%/bin/bash"]);
    assert_eq!((caller.name.as_str(), caller.kind), ("timeout", Kind::Interpreter));
}

#[cfg(target_os = "linux")]
#[test]
fn the_agent_is_the_nearest_program_of_its_own() {
    let asks = caller(&[
        "/opt/abide",
        "@/usr/bin/python3 build.py",
        "@/bin/sh -c build",
        "/opt/claude",
        "@%/bin/bash",
    ]);
    assert_eq!(asks.agent.as_ref().map(|(_, name)| name.as_str()), Some("claude"));
    assert_eq!(asks.started_by, ["sh", "claude", "bash"]);
    assert_eq!(asks.ancestry.len(), 4, "not the command itself");
    let alone = caller(&["/opt/abide", "@%/bin/bash", "@/usr/bin/xterm", "@/usr/lib/systemd"]);
    assert!(alone.agent.is_none(), "{:?}", alone.agent);
}

#[test]
fn a_process_in_a_container_is_no_program_of_this_machine() {
    let mut lines = lineage(&["/opt/abide", "@%/bin/bash"]);
    lines[0].program.as_mut().unwrap().contained = true;
    assert_eq!(Caller::of(&lines, |_| true).kind, Kind::Contained);
}

#[test]
fn what_cannot_be_looked_at_is_unknown() {
    assert_eq!(caller(&[]).kind, Kind::Unknown);
    let mut lines = lineage(&["/opt/hidden"]);
    lines[0].program = None;
    assert_eq!(Caller::of(&lines, |_| false).kind, Kind::Unknown);
}
