//! The user that the tests run as. Most people are ordinary users, so the tests run as one: if root starts `./x test`, as
//! the new user `abide-tests`. Only `tests/tests/as_root.rs` needs root.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::steps::Log;
use crate::{Result, cargo};

const NAME: &str = "abide-tests";
/// Cargo starts this instead of each test program.
const RUNNER: &str = "xtask/programs/as_tests_user.sh";
/// The folders that tests write to, below the workspace.
const WRITTEN: [&str; 2] = ["target/acceptance", "target/tools/keycloak-runs"];
/// The folders for sockets of displays. Only root can make them, as the start of a machine does.
const OF_EVERY_DISPLAY: [&str; 2] = ["/tmp/.X11-unix", "/tmp/.ICE-unix"];

/// The ordinary user that the tests of a run started by root run as.
#[derive(Debug)]
pub(crate) struct TestsUser {
    uid: u32,
    gid: u32,
    home: PathBuf,
    /// The folders of `PATH` that this user can enter.
    path: String,
    /// The folder above the workspace that this user cannot enter, if a mount namespace is used to bypass it.
    closed: Option<PathBuf>,
    /// Folders that are open to everyone while the tests run, with their earlier mode.
    opened: Vec<(PathBuf, u32)>,
}

impl TestsUser {
    /// Creates the user with its needs. `None` if an ordinary user runs this.
    pub(crate) fn prepare(log: &mut Log) -> Result<Option<Self>> {
        if !cfg!(target_os = "linux") || !is_root()? {
            return Ok(None);
        }
        let (uid, gid, home) = match entry()? {
            Some(found) => found,
            None => create(log)?,
        };
        let mut user = Self { uid, gid, home, path: String::new(), closed: None, opened: Vec::new() };
        if !user.home.is_dir() {
            std::fs::create_dir_all(&user.home)?;
            user.give(log, &user.home)?;
        }
        for folder in WRITTEN.map(|folder| cargo::root().join(folder)) {
            std::fs::create_dir_all(&folder)?;
            user.give(log, &folder)?;
        }
        for folder in OF_EVERY_DISPLAY.map(Path::new).into_iter().filter(|folder| !folder.exists()) {
            std::fs::create_dir(folder)?;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o1777))?;
        }
        user.path = user.own_path()?;
        user.reach(log, &cargo::root())?;
        if !cargo::target().starts_with(cargo::root()) && user.first_closed(&cargo::target())?.is_some() {
            return Err(format!("{NAME} cannot enter {}", cargo::target().display()).into());
        }
        Ok(Some(user))
    }

    /// Makes cargo run programs as this user.
    pub(crate) fn run_tests_of(&self, cargo: &mut Command) {
        let runner = serde_json::Value::from(vec![cargo::root().join(RUNNER).to_string_lossy()]);
        cargo
            .arg("--config")
            .arg(format!("target.'cfg(unix)'.runner = {runner}"))
            .env("ABIDE_TESTS_USER", NAME)
            .env("ABIDE_TESTS_GROUP", self.gid.to_string())
            .env("ABIDE_TESTS_HOME", &self.home)
            .env("ABIDE_TESTS_PATH", &self.path)
            .env("ABIDE_TESTS_WORKSPACE", cargo::root())
            .env("ABIDE_TESTS_CLOSED", self.closed.as_deref().unwrap_or(Path::new("")));
    }

    /// The folders of `PATH` that this user can enter: programs that are installed for the tests have to start for it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether this user can start a program outside of the workspace.
    pub(crate) fn starts(&self, program: &Path) -> bool {
        self.command("test").arg("-x").arg(program).status().is_ok_and(|status| status.success())
    }

    /// A program as this user, without the mount namespace.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args([
                "--reuid",
                &self.uid.to_string(),
                "--regid",
                &self.gid.to_string(),
                "--clear-groups",
                "--",
            ])
            .arg(program)
            .current_dir("/")
            .env("HOME", &self.home);
        command
    }

    /// The output of a shell script that this user runs with these words.
    fn asks(&self, script: &str, words: impl Iterator<Item = PathBuf>) -> Result<String> {
        let output = self.command("/bin/sh").args(["-c", script, "sh"]).args(words).output()?;
        succeeded(&output)?;
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn own_path(&self) -> Result<String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> =
            std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        let script = r#"for f; do [ ! -d "$f" ] || [ ! -x "$f" ] || printf '%s\n' "$f"; done"#;
        let mut own: Vec<String> = Vec::new();
        let open = self.asks(script, folders.iter().cloned())?;
        for folder in folders {
            let folder = folder.to_string_lossy().into_owned();
            // The workspace is opened below.
            let reached =
                open.lines().any(|line| line == folder) || Path::new(&folder).starts_with(cargo::root());
            if reached && !own.contains(&folder) {
                own.push(folder);
            }
        }
        Ok(own.join(":"))
    }

    /// The topmost folder above `place`, or `place` itself, that this user cannot enter.
    fn first_closed(&self, place: &Path) -> Result<Option<PathBuf>> {
        let mut way: Vec<PathBuf> = place.ancestors().map(Path::to_path_buf).collect();
        way.reverse();
        let script = r#"for f; do [ -x "$f" ] || { printf '%s\n' "$f"; break; }; done"#;
        let found = self.asks(script, way.into_iter())?;
        Ok((!found.is_empty()).then(|| PathBuf::from(found)))
    }

    /// Makes the workspace readable, and the folders above it passable.
    fn reach(&mut self, log: &mut Log, workspace: &Path) -> Result {
        // They may have been made under a umask that closes files to others, or in a folder of `mktemp`.
        let closed = |path: &Path, bits: u32| path.metadata().is_ok_and(|file| file.mode() & bits != bits);
        if closed(&workspace.join("Cargo.toml"), 0o004) {
            let mut open = Command::new("chmod");
            open.args(["-R", "o+rX"]).arg(workspace);
            log.command(open)?;
        } else if closed(workspace, 0o005) {
            let mut open = Command::new("chmod");
            open.arg("o+rx").arg(workspace);
            log.command(open)?;
        }
        let Some(folder) = self.first_closed(workspace)? else { return Ok(()) };
        if mounts() {
            log.line(&format!("{} is passed in a mount namespace", folder.display()))?;
            self.closed = Some(folder);
            return Ok(());
        }
        while let Some(folder) = self.first_closed(workspace)? {
            let mode = folder.metadata()?.mode() & 0o7777;
            if mode & 0o001 != 0 {
                return Err(format!("{NAME} cannot enter {}", folder.display()).into());
            }
            log.line(&format!("{} can be passed by everyone until the tests end", folder.display()))?;
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode | 0o001))?;
            self.opened.push((folder, mode));
        }
        Ok(())
    }

    fn give(&self, log: &mut Log, folder: &Path) -> Result {
        let mut give = Command::new("chown");
        give.args(["-R", &format!("{}:{}", self.uid, self.gid)]).arg(folder);
        log.command(give)
    }
}

/// `env`, run by an ordinary user with a plain environment: the beginning of a command that tries out what was packed. The user
/// is given `folder`.
#[cfg(target_os = "linux")]
pub(crate) fn ordinary(log: &mut Log, folder: &Path) -> Result<Command> {
    let mut command = if is_root()? {
        let (uid, gid, _) = match entry()? {
            Some(found) => found,
            None => create(log)?,
        };
        let mut give = Command::new("chown");
        give.args(["-R", &format!("{uid}:{gid}")]).arg(folder);
        log.command(give)?;
        let mut command = Command::new("setpriv");
        let (uid, gid) = (uid.to_string(), gid.to_string());
        command.args(["--reuid", &uid, "--regid", &gid, "--clear-groups", "--", "env"]);
        command
    } else {
        Command::new("env")
    };
    command.args(["-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]).current_dir("/");
    Ok(command)
}

impl Drop for TestsUser {
    fn drop(&mut self) {
        for (folder, mode) in &self.opened {
            let _ = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(*mode));
        }
    }
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output()?;
    Ok(output.stdout.trim_ascii() == b"0")
}

/// Number, group and home of the user, if there is one.
fn entry() -> Result<Option<(u32, u32, PathBuf)>> {
    let users = std::fs::read_to_string("/etc/passwd")?;
    Ok(users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [NAME, _, uid, gid, _, home, _] = fields[..] else { return None };
        Some((uid.parse().ok()?, gid.parse().ok()?, PathBuf::from(home)))
    }))
}

fn create(log: &mut Log) -> Result<(u32, u32, PathBuf)> {
    let mut add = Command::new("useradd");
    add.args(["--create-home", "--user-group", "--shell", "/bin/sh", "--comment", "tests of Abide", NAME]);
    let outcome = log.command(add);
    // Another run may have created it at the same moment.
    match (entry()?, outcome) {
        (Some(found), _) => Ok(found),
        (None, Err(problem)) => Err(problem),
        (None, Ok(())) => Err(format!("{NAME} is not in /etc/passwd").into()),
    }
}

/// Whether root may make mounts here, which many containers forbid.
fn mounts() -> bool {
    let mut attempt = Command::new("unshare");
    attempt.args(["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    attempt.output().is_ok_and(|output| output.status.success())
}

fn succeeded(output: &Output) -> Result {
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    /// What a program sees as its user if root has started `./x test`.
    fn user_of(program: &Path) -> String {
        let mut command = Command::new(cargo::root().join(RUNNER));
        command
            .arg(program)
            .args(["-c", "id -u"])
            .env("ABIDE_TESTS_USER", "nobody")
            .env("ABIDE_TESTS_GROUP", "65534")
            .env("ABIDE_TESTS_HOME", "/")
            .env("ABIDE_TESTS_PATH", "/usr/bin:/bin")
            .env("ABIDE_TESTS_WORKSPACE", cargo::root())
            .env("ABIDE_TESTS_CLOSED", "");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[test]
    fn root_runs_one_test_program_as_root_and_all_others_as_an_ordinary_user() {
        if !is_root().unwrap() {
            return;
        }
        let folder = std::env::temp_dir().join(format!("abide-tests-user-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        for (name, stays) in
            [("as_root-1a2b", true), ("vault_modes-1a2b", false), ("abide_agent-1a2b", false)]
        {
            let program = folder.join(name);
            std::fs::copy("/bin/sh", &program).unwrap();
            assert_eq!(user_of(&program) == "0", stays, "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
