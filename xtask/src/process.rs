//! Runs a command and reads its output line by line, until it ends or its time limit is reached.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::Result;

/// The longest wait for output after the end of a command: a daemon that it left behind may keep the pipe open.
const AFTERWARDS: Duration = Duration::from_secs(2);

/// Runs `command`, and passes each line of its output (both streams, in order) to `each`.
///
/// After `limit`, the command and all its children are ended.
pub(crate) fn stream(
    mut command: Command,
    limit: Duration,
    mut each: impl FnMut(&str),
) -> Result<ExitStatus> {
    let (reader, writer) = std::io::pipe()?;
    let name = command.get_program().to_string_lossy().into_owned();
    command.stdin(std::process::Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().map_err(|error| format!("{name} could not be started: {error}"))?;
    drop(command); // and with it our ends of the pipe
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n').map_while(std::io::Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                break;
            }
        }
    });
    let begun = Instant::now();
    let mut ended: Option<(ExitStatus, Instant)> = None;
    loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => each(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        match ended {
            Some((_, when)) if when.elapsed() > AFTERWARDS => break,
            Some(_) => {}
            None => ended = child.try_wait()?.map(|status| (status, Instant::now())),
        }
        if ended.is_none() && begun.elapsed() > limit {
            end_tree(child.id());
            let _ = child.wait();
            return Err(format!("{name} was ended: not done after {} minutes", limit.as_secs() / 60).into());
        }
    }
    match ended {
        Some((status, _)) => Ok(status),
        None => Ok(child.wait()?),
    }
}

/// Ends a process and all its descendants, the youngest first.
fn end_tree(process: u32) {
    for child in children(process) {
        end_tree(child);
    }
    let id = process.to_string();
    let _ = if cfg!(windows) {
        Command::new("taskkill").args(["/F", "/PID", &id]).output()
    } else {
        Command::new("kill").args(["-9", &id]).output()
    };
}

fn children(process: u32) -> Vec<u32> {
    let listed = if cfg!(windows) {
        let filter = format!("(Get-CimInstance Win32_Process -Filter 'ParentProcessId={process}').ProcessId");
        Command::new("powershell").args(["-NoProfile", "-Command", &filter]).output()
    } else {
        Command::new("ps").args(["-A", "-o", "ppid=,pid="]).output()
    };
    let Ok(listed) = listed else { return Vec::new() };
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let parent = process.to_string();
    text.lines()
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [id] => id.parse().ok(),
            [above, id] if *above == parent => id.parse().ok(),
            _ => None,
        })
        .collect()
}
