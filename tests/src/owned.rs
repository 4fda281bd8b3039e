//! Programs that the tests start and end.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// A started program in its own process group. It is killed with its group when this is dropped, and by the kernel if the
/// test dies first.
pub struct Owned {
    child: Child,
    log: PathBuf,
}

impl Owned {
    /// Starts `program` with its output in a file in `logs`, and with `environment` only.
    ///
    /// Call it on the test's own thread, because the kernel ends the program together with the thread that started it.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(String, String)],
        logs: &Path,
    ) -> Self {
        Self::start_with(program, arguments, environment, logs, |_| {})
    }

    /// The same, with a last change to the command.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    pub fn start_with<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(String, String)],
        logs: &Path,
        last_word: impl FnOnce(&mut Command),
    ) -> Self {
        let name = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
        let log = (0..)
            .map(|count| logs.join(format!("{name}.{count}.log")))
            .find(|path| !path.exists())
            .expect("a free name for the log");
        let output = File::create(&log).expect("create the log");
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the log twice"))
            .stderr(output)
            .process_group(0);
        last_word(&mut command);
        let child = command.spawn().unwrap_or_else(|error| panic!("start {}: {error}", program.display()));
        Self { child, log }
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its output so far.
    #[must_use]
    pub fn output(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Its exit status, if it has ended.
    ///
    /// # Panics
    ///
    /// When the operating system does not say.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child")
    }

    /// The other end of its standard input, when `last_word` asked for one.
    pub fn input(&mut self) -> Option<std::process::ChildStdin> {
        self.child.stdin.take()
    }

    /// Kills it at once (SIGKILL), like a crash.
    pub fn kill(&mut self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM).
    pub fn terminate(&self) {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Ends every process with this folder as `HOME`. Such a folder belongs to one test, so these are programs that the session
/// bus or the desktop started for it.
pub fn end_all_at_home(home: &Path) {
    let wanted = [b"HOME=", home.as_os_str().as_encoded_bytes()].concat();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        if environment.split(|byte| *byte == 0).any(|variable| variable == wanted)
            && let Some(pid) = Pid::from_raw(pid)
        {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}
