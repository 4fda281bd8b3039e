//! Two agents of one user, as processes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The folders of agents: one runtime folder for all of them.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(TempDir::new().unwrap());
        std::fs::create_dir_all(home.at("config/abide")).unwrap();
        // No keyring, no demo, and no port that another test has.
        let config = "endpoint.port = 0\nvault.mode = \"memory\"\n[accounts.work]\nissuer = \"https://127.0.0.1:9\"\nclient_id = \"a\"\n";
        std::fs::write(home.at("config/abide/config.toml"), config).unwrap();
        home
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, program: &str, state: &str) -> Command {
        self.command_in(program, state, "run")
    }

    fn command_in(&self, program: &str, state: &str, runtime: &str) -> Command {
        std::fs::create_dir_all(self.at(runtime)).unwrap();
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.0.path());
        command.env("XDG_CONFIG_HOME", self.at("config")).env("XDG_STATE_HOME", self.at(state));
        command.env("XDG_RUNTIME_DIR", self.at(runtime));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn agent(&self, state: &str) -> Agent {
        Agent::start(self.command(env!("CARGO_BIN_EXE_abide-agent"), state))
    }

    /// Whether the command finds an agent that answers.
    fn is_answered(&self, state: &str) -> bool {
        let mut status = self.command(env!("CARGO_BIN_EXE_abide"), state);
        status.args(["status", "--json"]).output().unwrap().status.success()
    }
}

/// An agent that has said that it runs; killed at the end.
struct Agent(Child);

impl Agent {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let agent = Self(child);
        assert!(said.starts_with("Abide is running"), "{said:?}");
        agent
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What an agent says that does not start.
fn refused(mut command: Command) -> String {
    let mut child = command.spawn().unwrap();
    until("a second agent ends", || child.try_wait().unwrap().is_some());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{said}");
    said
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn socket_inode(path: &Path) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    path.symlink_metadata().ok().map(|found| found.ino())
}

/// Another folder for the state is another lock, so the lock does not keep a second agent from the socket of the first.
#[test]
fn a_second_agent_leaves_the_socket_of_the_first_alone() {
    let home = Home::new();
    let first = home.agent("one");
    let (socket, endpoint) = (home.at("run/abide/abide.sock"), home.at("run/abide/endpoint.json"));
    let before = (socket_inode(&socket), std::fs::read(&endpoint).unwrap());
    let said = refused(home.command(env!("CARGO_BIN_EXE_abide-agent"), "two"));
    for part in [first.0.id().to_string(), socket.display().to_string()] {
        assert!(said.contains(&part), "{said}");
    }
    assert_eq!((socket_inode(&socket), std::fs::read(&endpoint).unwrap()), before);
    assert!(!home.at("two/abide/agent.json").exists(), "nothing leads there");
    assert!(home.is_answered("one"));
}

/// What takes the place without a look at who lives there, such as an agent of an earlier version.
#[test]
fn the_place_of_the_socket_is_taken_back_from_what_has_ended() {
    let home = Home::new();
    let _agent = home.agent("one");
    let (socket, other) = (home.at("run/abide/abide.sock"), home.at("other"));
    let living = std::os::unix::net::UnixListener::bind(&other).unwrap();
    std::fs::rename(&other, &socket).unwrap();
    let place = socket_inode(&socket);
    // The agent asks who is there, and leaves it alone.
    drop(living.accept().unwrap());
    assert_eq!(socket_inode(&socket), place);
    drop(living);
    until("the agent answers after a socket without a program", || home.is_answered("one"));
    std::fs::write(&other, "").unwrap();
    std::fs::rename(&other, &socket).unwrap();
    until("the agent answers after a file", || home.is_answered("one"));
    std::fs::remove_file(&socket).unwrap();
    until("the agent answers after a removal", || home.is_answered("one"));
}

#[test]
fn a_missing_endpoint_file_is_written_again() {
    let home = Home::new();
    let _agent = home.agent("one");
    let endpoint = home.at("run/abide/endpoint.json");
    let before = std::fs::read(&endpoint).unwrap();
    std::fs::remove_file(&endpoint).unwrap();
    until("endpoint.json is there again", || endpoint.exists());
    assert_eq!(std::fs::read(&endpoint).unwrap().len(), before.len());
}

/// The file is what keeps a second agent from the same sessions; both would renew them.
#[test]
fn a_removed_lock_lets_no_second_agent_start() {
    let home = Home::new();
    let first = home.agent("one");
    let lock = home.at("one/abide/vault.lock");
    std::fs::remove_file(&lock).unwrap();
    until("the lock is made again", || lock.exists());
    // Where the socket of the first one is hidden, the lock alone keeps it away.
    std::fs::remove_file(home.at("one/abide/agent.json")).unwrap();
    let second = || home.command_in(env!("CARGO_BIN_EXE_abide-agent"), "one", "elsewhere");
    let said = refused(second());
    assert!(said.contains("already running"), "{said}");
    drop(first);
    drop(Agent::start(second()));
}

/// Until then, the warnings about the program that holds it are true, and afterwards they are gone.
#[test]
fn a_port_that_becomes_free_is_taken() {
    let home = Home::new();
    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port();
    let config = home.at("config/abide/config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("port = 0", &format!("port = {port}"))).unwrap();
    let _agent = home.agent("one");
    let endpoint = || std::fs::read_to_string(home.at("run/abide/endpoint.json")).unwrap();
    let own = format!("\"http\":\"http://127.0.0.1:{port}\"");
    let warns = || {
        let mut status = home.command(env!("CARGO_BIN_EXE_abide"), "one");
        let said = status.args(["status", "--json"]).output().unwrap().stdout;
        String::from_utf8(said).unwrap().contains(&format!("127.0.0.1:{port} belongs to"))
    };
    assert!(!endpoint().contains(&own) && warns(), "{}", endpoint());
    drop(holder);
    until("the port is Abide's", || endpoint().contains(&own));
    assert!(endpoint().contains("\"port_taken\":null") && !warns(), "{}", endpoint());
}

/// As nohup(1) starts it: it outlives its terminal.
#[test]
fn a_hangup_that_is_ignored_at_the_start_ends_no_agent() {
    let home = Home::new();
    let mut shell = home.command("sh", "one");
    shell.args(["-c", "trap '' HUP; exec \"$0\"", env!("CARGO_BIN_EXE_abide-agent")]);
    let mut agent = Agent::start(shell);
    let process = agent.0.id().to_string();
    let send = |signal: &str| Command::new("kill").args([signal, &process]).status().unwrap();
    assert!(send("-HUP").success());
    assert!(home.is_answered("one"));
    // The kernel delivers them in this order.
    assert!(send("-TERM").success());
    until("it ends", || agent.0.try_wait().unwrap().is_some());
    assert!(agent.0.wait().unwrap().success());
}
