#![allow(clippy::unwrap_used)]
use std::path::PathBuf;

use super::*;
use crate::platform::program::Stamp;

/// A line: the program's path, what follows the name; `@` in front for a file of root's, `%` for a session with a terminal, then `|` if its
/// input is another one.
fn lineage(lines: &[&str]) -> Vec<Process> {
    let made = |(index, line): (usize, &&str)| {
        let (of_root, line) = line.strip_prefix('@').map_or((false, *line), |line| (true, line));
        let (at_terminal, line) = line.strip_prefix('%').map_or((false, line), |line| (true, line));
        let (piped, line) = line.strip_prefix('|').map_or((false, line), |line| (true, line));
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
            only_forked: false,
            arguments,
            arguments_cut: false,
            folder: None,
            leader: if at_terminal { number } else { 1 },
            terminal: if at_terminal { 34816 } else { 0 },
            reads_terminal: at_terminal && !piped,
            in_front: false,
            ancestors_cut: false,
        }
    };
    lines.iter().enumerate().map(made).collect()
}

fn caller(lines: &[&str]) -> Caller {
    let own = |program: &Program| program.path.ends_with("abide") || program.path.ends_with("Abide.AppImage");
    Caller::of(&lineage(lines), own)
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
        // As from an image that is extracted for each call: AppRun becomes `abide`, and the start of the image waits for it.
        (&["/tmp/x/usr/bin/abide", "/opt/Abide.AppImage token", "@%/bin/bash"], "bash", Kind::Terminal),
    ] {
        let caller = caller(lines);
        assert_eq!((caller.name.as_str(), caller.kind), (name, kind), "{lines:?}");
    }
}

/// It gives what it gets to any program that starts it.
#[test]
fn the_abide_of_another_installation_is_no_program_of_its_own() {
    let caller = Caller::of(&lineage(&["/home/me/abide", "/opt/claude"]), |_| false);
    assert_eq!((caller.name.as_str(), caller.kind), ("abide", Kind::Forwarder));
    assert!(never_for_good(Path::new("/home/me/abide")).is_some());
}

#[cfg(target_os = "linux")]
#[test]
fn a_fork_is_the_run_that_it_comes_from() {
    let mut lines = lineage(&["/opt/abide", "@/bin/sh build.sh", "@/bin/sh build.sh", "/opt/ci"]);
    lines[2].program = lines[1].program.clone();
    lines[1].only_forked = true;
    let asks = Caller::of(&lines, |program| program.path.ends_with("abide"));
    assert_eq!(asks.process, Some(lines[2].id));
    lines[2].arguments.push("--other".to_owned());
    let asks = Caller::of(&lines, |program| program.path.ends_with("abide"));
    assert_eq!(asks.process, Some(lines[1].id), "another run of the same program");
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_concluded_from_a_part_of_the_arguments() {
    let asks = |line: &str, cut: bool| {
        let mut lines = lineage(&["/opt/abide", line, "@%/bin/bash"]);
        lines[1].arguments_cut = cut;
        lines[1].folder = Some("/".into());
        // The file was there before the process.
        let ticks = crate::platform::clock::now().boot.as_millis() / 10;
        lines[1].id.started = u64::try_from(ticks).unwrap();
        Caller::of(&lines, |program| program.path.ends_with("abide"))
    };
    // A file that exists, named by the part that was read.
    let script = "@/usr/bin/python3 -B /etc/passwd";
    assert!(asks(script, false).script.is_some());
    assert!(asks(script, true).script.is_none());
    // The script could come afterwards.
    assert_eq!(asks("@%/bin/bash -x", false).kind, Kind::Terminal);
    assert_eq!(asks("@%/bin/bash -x", true).kind, Kind::Interpreter);
    assert_eq!(asks("@/bin/sh -c abide", true).name, "sh", "it does not act for what has started it");
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

#[cfg(target_os = "linux")]
#[test]
fn a_build_or_a_coding_agent_that_an_interpreter_runs_is_the_agent_of_what_it_starts() {
    let at_prompt = ["@%/bin/bash", "@/usr/bin/xterm", "@/usr/lib/systemd"];
    for (typed, name) in [
        (&["@/bin/bash -c curl", "@%/usr/bin/node /usr/bin/claude"][..], Some("node with claude")),
        (&["@%/usr/bin/node agent.js"], Some("node with agent.js")),
        (&["@%/usr/bin/python3.12 -u tools/aider.py"], Some("python3.12 with aider.py")),
        // What was typed, and not what that has started in turn.
        (&["@%/usr/bin/cargo test", "@%/usr/bin/make all"], Some("make")),
        (&["@%/usr/bin/java -jar gradle.jar"], Some("java")),
        (&["/opt/claude", "@%/usr/bin/node agent.js"], Some("claude")),
        // Nothing that is known, a program in the arguments, and a window manager.
        (&["@%/usr/bin/node -e x"], None),
        (&["@%/usr/bin/python3"], None),
        (&["@%/usr/bin/python3 /usr/bin/qtile start"], None),
        (&["@/usr/bin/node service.js"], None),
        (&["@%/bin/bash build.sh"], None),
    ] {
        let lines: Vec<&str> = ["/usr/bin/curl"].iter().chain(typed).chain(&at_prompt).copied().collect();
        let asks = caller(&lines);
        assert_eq!(asks.agent.as_ref().map(|(_, name)| name.as_str()), name, "{typed:?}");
    }
    // Beyond the prompt, an editor alone is.
    let asks = caller(&["/usr/bin/curl", "@%/bin/bash", "@%/usr/bin/node term.js", "/opt/code"]);
    assert_eq!(asks.agent.as_ref().map(|(_, name)| name.as_str()), Some("code"));
    // A process that has replaced its arguments by a title.
    let mut lines = lineage(&["/usr/bin/curl", "@%/usr/bin/node", "@%/bin/bash"]);
    lines[1].arguments = vec!["claude".to_owned(), String::new(), String::new()];
    let asks = Caller::of(&lines, |_| false);
    assert_eq!(asks.agent, Some((lines[1].id, "node with claude".to_owned())));
}

#[cfg(target_os = "linux")]
#[test]
fn a_shell_that_reads_its_script_from_a_pipe_is_not_the_person_at_the_terminal() {
    for shell in ["@%|/bin/bash", "@%|/bin/bash -s", "@%|/bin/sh -s -- --yes", "@%|/bin/bash -i"] {
        let asks = caller(&["/opt/abide", shell, "@%/bin/bash"]);
        assert_eq!((asks.kind, asks.on_input), (Kind::Interpreter, true), "{shell}");
        assert!(asks.command.as_ref().is_some_and(|command| !command.is_empty()), "{shell}");
    }
    for shell in ["@%/bin/bash /dev/fd/63", "@%|/bin/bash /dev/stdin", "@%/bin/bash -e /proc/self/fd/3"] {
        let asks = caller(&["/opt/abide", shell, "@%/bin/bash"]);
        assert_eq!((asks.kind, asks.on_input), (Kind::Interpreter, true), "{shell}");
    }
    // A command that was typed, or that came from the net, in the arguments of a shell.
    for typed in [&["@%/bin/sh -c curl"][..], &["@%/bin/sh -c curl", "@%/usr/bin/xargs -0 sh -c"]] {
        let lines: Vec<&str> = ["/opt/abide"].iter().chain(typed).chain(&["@%/bin/bash"]).copied().collect();
        let asks = caller(&lines);
        assert_eq!(
            (asks.name.as_str(), asks.kind, asks.on_input),
            ("sh", Kind::Interpreter, true),
            "{typed:?}"
        );
        assert!(asks.command.is_some_and(|command| command.contains("-c curl")));
    }
    let asks = caller(&["/opt/abide", "%/home/me/bash"]);
    assert_ne!(asks.kind, Kind::Terminal, "a program of the user's that is called bash");
    for (shell, kind) in [
        ("@%/bin/bash", Kind::Terminal),
        ("@%/bin/bash --login", Kind::Terminal),
        ("@%|/bin/bash build.sh", Kind::Interpreter),
    ] {
        let asks = caller(&["/opt/abide", shell, "@%/bin/bash"]);
        assert_eq!((asks.kind, asks.on_input), (kind, false), "{shell}");
    }
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

/// The processes of these lines, where the ones with these numbers run the same file as the next one.
#[cfg(target_os = "linux")]
fn the_same_file(lines: &[&str], same: &[usize]) -> Vec<Process> {
    let mut made = lineage(lines);
    for index in same.iter().rev() {
        made[*index].program = made[index + 1].program.clone();
    }
    made
}

#[cfg(target_os = "linux")]
fn asks(lines: &[Process]) -> Caller {
    Caller::of(lines, |program| program.path.ends_with("abide"))
}

#[cfg(target_os = "linux")]
#[test]
fn a_shell_that_was_started_with_the_words_of_its_parent_is_another_run() {
    // `curl ... | bash`, typed at a prompt that is `bash`, too.
    let mut lines = the_same_file(&["/opt/abide", "@%|/bin/bash", "@%/bin/bash", "@/usr/bin/xterm"], &[1]);
    let piped = asks(&lines);
    assert_eq!(piped.process, Some(lines[1].id));
    assert_eq!((piped.kind, piped.on_input), (Kind::Interpreter, true));
    // `... | while read line; do abide token; done`: a part of what was typed.
    lines[1].only_forked = true;
    let typed = asks(&lines);
    assert_eq!((typed.process, typed.kind), (Some(lines[2].id), Kind::Terminal));
    // A subshell of the script that came over the pipe.
    let words = ["/opt/abide", "@%|/bin/bash", "@%|/bin/bash", "@%/bin/bash"];
    let mut lines = the_same_file(&words, &[1, 2]);
    lines[1].only_forked = true;
    let piped = asks(&lines);
    assert_eq!((piped.process, piped.kind), (Some(lines[2].id), Kind::Interpreter));
    // Each one has to: a fork of the prompt that has become another shell, which has forked.
    lines[1].only_forked = false;
    lines[2].only_forked = true;
    assert_eq!(asks(&lines).process, Some(lines[1].id));
    // The same words in another folder are another script.
    let words = ["/opt/abide", "@/usr/bin/python3 main.py", "@/usr/bin/python3 main.py"];
    let lines = the_same_file(&words, &[1]);
    assert_eq!(asks(&lines).process, Some(lines[1].id));
}

#[cfg(target_os = "linux")]
#[test]
fn a_program_of_the_users_is_no_launcher_by_its_name() {
    let asks = caller(&["/opt/abide", "/home/me/systemd", "/opt/claude", "@%/bin/bash"]);
    assert_eq!((asks.name.as_str(), asks.kind), ("systemd", Kind::Interpreter));
    assert_eq!(asks.recorded().program.as_deref(), Some("/home/me/systemd"));
    assert_eq!(asks.started_by, ["claude", "bash"]);
    // It does not hide what has started it either.
    let asks = caller(&["/usr/bin/curl", "/home/me/gnome-shell", "/opt/claude", "@%/bin/bash"]);
    assert_eq!(asks.started_by, ["gnome-shell", "claude", "bash"]);
    let asks = caller(&["/usr/bin/curl", "@/usr/bin/gnome-shell", "@/usr/lib/systemd"]);
    assert!(asks.started_by.is_empty(), "{:?}", asks.started_by);
    // A launcher with rights of its own hides its file.
    let mut lines = lineage(&["/opt/abide", "/hidden"]);
    (lines[1].program, lines[1].name) = (None, "systemd".to_owned());
    assert_eq!(Caller::of(&lines, |program| program.path.ends_with("abide")).kind, Kind::Background);
}

#[cfg(target_os = "linux")]
#[test]
fn what_runs_in_the_background_is_known_by_the_file_that_is_left() {
    for (lines, program, index) in [
        (&["/opt/abide", "@/bin/sh -c abide", "@/usr/lib/systemd"][..], "/bin/sh", 1),
        (&["/opt/abide", "@/usr/lib/systemd"], "/usr/lib/systemd", 1),
        (&["/opt/abide"], "/opt/abide", 0),
    ] {
        let processes = lineage(lines);
        let asks = asks(&processes);
        assert_eq!(asks.kind, Kind::Background, "{lines:?}");
        assert_eq!(asks.recorded().program.as_deref(), Some(program), "{lines:?}");
        let file = asks.running_file().unwrap();
        assert_eq!(
            file.path,
            PathBuf::from(format!("/proc/{}/exe", processes[index].id.number)),
            "{lines:?}"
        );
        assert_eq!(Some(file.stamp), processes[index].program.as_ref().unwrap().stamp);
        // The process that asks, which no other request has.
        assert_eq!((asks.process, asks.share()), (Some(processes[0].id), Share::Others));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_has_more_ancestors_than_were_looked_at_is_known_to_have_them() {
    for words in [&["/opt/abide", "@%/bin/bash"][..], &["/opt/abide", "@/bin/sh -c abide"], &["/opt/tool"]] {
        let mut lines = lineage(words);
        lines[0].in_front = true;
        assert!(is_at_terminal(&lines) && !asks(&lines).ancestry_cut, "{words:?}");
        lines.last_mut().unwrap().ancestors_cut = true;
        assert!(!is_at_terminal(&lines) && asks(&lines).ancestry_cut, "{words:?}");
    }
}
