//! What the kernel knows about processes: proc(5).

use std::fs;

/// A process and everything below it.
pub(crate) fn tree(process: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // The name in parentheses may hold anything, so count from its end: state, parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        parents.extend(parent.map(|parent: u32| (id, parent)));
    }
    let mut found = vec![process];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(id, _)| *id));
        next += 1;
    }
    found
}

/// A line of `smaps_rollup`, in MB (10⁶ bytes).
fn rollup(process: u32, name: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .expect("a figure of memory: of a process that cannot be dumped, root alone reads it");
    kib * 1024.0 / 1e6
}

/// The proportional set size of a process and everything below it, in MB.
pub(crate) fn proportional(process: u32) -> f64 {
    tree(process).into_iter().map(|process| rollup(process, "Pss")).sum()
}

/// The memory of its own that a process and everything below it has written to, in MB.
pub(crate) fn written(process: u32) -> f64 {
    tree(process).into_iter().map(|process| rollup(process, "Private_Dirty")).sum()
}

/// The resident set size of one process, in MB.
pub(crate) fn resident(process: u32) -> f64 {
    rollup(process, "Rss")
}

/// How long a process and everything below it has run so far, in milliseconds of a core: user and system time, to the
/// nanosecond as the scheduler counts it. Threads that have ended are not in it.
pub(crate) fn ran(process: u32) -> f64 {
    let mut nanoseconds = 0.0;
    for process in tree(process) {
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
            let text = fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
            nanoseconds += text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0.0);
        }
    }
    nanoseconds / 1e6
}

/// How often the threads of a process have gone to sleep so far, each with its number and name: as often they were woken.
/// Threads that have ended are not in it.
pub(crate) fn slept(process: u32) -> Vec<(u32, String, u64)> {
    let mut threads = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
        let Some(id) = thread.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let text = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let value =
            |name: &str| Some(text.lines().find_map(|line| line.strip_prefix(name))?.trim().to_owned());
        let count = value("voluntary_ctxt_switches:").and_then(|count| count.parse().ok());
        if let (Some(name), Some(count)) = (value("Name:"), count) {
            threads.push((id, name, count));
        }
    }
    threads
}
