//! Linux: the descendants of a process, and the sockets that they hold.

use std::collections::HashMap;
use std::path::Path;

use super::lineage::lineage_of;
use super::surroundings::was_given;
use super::system::{group_of, parent_of};
use super::{Process, ProcessId, is_running};

/// Whether a process, or one that descends from it, holds the socket with this inode. A process whose parent has ended no
/// longer descends from it.
pub(crate) fn holds(process: ProcessId, inode: u32) -> bool {
    let link = format!("socket:[{inode}]");
    is_running(process)
        && descendants(process.number).into_iter().any(|number| has_open(number, &link))
        // The process ID still belongs to the same process.
        && is_running(process)
}

/// Whether a process is left that was given an address, or that is in the process group of a run. Its parent may have ended: then it
/// descends from the run no longer.
pub(crate) fn is_left(run: ProcessId, address: &str) -> bool {
    numbers().any(|number| group_of(number) == Some(run.number) || was_given(number, address))
}

fn numbers() -> impl Iterator<Item = i32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The process that holds the socket with this inode, then its ancestors; empty if none is found that can be looked at. `likely` is
/// looked at first.
pub(crate) fn holder(inode: u32, likely: Option<i32>) -> Vec<Process> {
    let link = format!("socket:[{inode}]");
    let likely = likely.filter(|number| has_open(*number, &link));
    let Some(number) = likely.or_else(|| numbers().find(|number| has_open(*number, &link))) else {
        return Vec::new();
    };
    let lineage = lineage_of(number);
    // The process ID still belongs to the same process.
    if lineage.first().is_some_and(|process| is_running(process.id)) && has_open(number, &link) {
        lineage
    } else {
        Vec::new()
    }
}

/// The process and everything that descends from it.
fn descendants(number: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for child in numbers() {
        if let Some(parent) = parent_of(child) {
            children.entry(parent).or_default().push(child);
        }
    }
    let mut found = vec![number];
    let mut looked_at = 0;
    while let Some(parent) = found.get(looked_at) {
        // Each process has one parent, so each is added once.
        found.extend(children.remove(parent).unwrap_or_default());
        looked_at += 1;
    }
    found
}

fn has_open(number: i32, link: &str) -> bool {
    let folder = std::fs::read_dir(format!("/proc/{number}/fd"));
    folder
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| std::fs::read_link(entry.path()).is_ok_and(|target| target == Path::new(link)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};

    use super::*;
    use crate::platform::tcp_peer::tcp_inode;

    fn process(number: u32) -> ProcessId {
        // The start time, as the kernel has it.
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap();
        let (_, after) = stat.rsplit_once(')').unwrap();
        let started = after.split_ascii_whitespace().nth(19).unwrap().parse().unwrap();
        ProcessId { number: number.cast_signed(), started }
    }

    #[test]
    fn a_process_that_outlives_its_run_is_found_by_the_address_that_it_was_given() {
        let mut run = Command::new("sh");
        let run = run
            .args(["-c", "sleep 60 >/dev/null & echo $!"])
            .env("HOST", "127.0.0.1:65501")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let of_run = process(run.id());
        let output = run.wait_with_output().unwrap();
        let left: i32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        assert!(is_left(of_run, "127.0.0.1:65501"));
        assert!(!is_left(of_run, "127.0.0.1:6550"), "another port");
        rustix::process::kill_process(
            rustix::process::Pid::from_raw(left).unwrap(),
            rustix::process::Signal::KILL,
        )
        .unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while is_left(of_run, "127.0.0.1:65501") && std::time::Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(!is_left(of_run, "127.0.0.1:65501"));
    }

    #[test]
    fn a_socket_of_a_grandchild_is_found_and_one_of_another_process_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let script = format!("(exec 3<>/dev/tcp/127.0.0.1/{}; read -r line; true); true", at.port());
        let mut job = Command::new("bash").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        let (ours, peer) = listener.accept().unwrap();
        let inode = tcp_inode(ours.local_addr().unwrap(), peer).unwrap();
        assert!(holds(process(job.id()), inode));
        assert!(holds(process(std::process::id()), inode), "this test has started it");
        assert!(!holds(process(other.id()), inode));
        let reused = ProcessId { started: 1, ..process(job.id()) };
        assert!(!holds(reused, inode), "another process of that number");
        drop(job.stdin.take());
        job.wait().unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        let own = TcpStream::connect(at).unwrap();
        let (ours, peer) = listener.accept().unwrap();
        drop(own);
        assert_eq!(tcp_inode(ours.local_addr().unwrap(), peer), None);
    }
}
