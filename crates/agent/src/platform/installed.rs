//! The program's file: whether another one was installed in its place, and starting that one in this process.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use abide_wire::AccountLink;
use abide_wire::terminal::is_unsafe;

use crate::platform::predecessor::Returned;
#[cfg(target_os = "linux")]
use crate::platform::program::leave_commands;
use crate::platform::program::{Stamp, stamp, this_program, this_stamp};
use crate::platform::{environment, file};

/// The argument that asks a program whether it can take over.
pub(crate) const ASK: &str = "--can-take-over";

/// How long a new program may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest version.
const LONGEST: usize = 64;
/// The longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// The exit code of an answer: the version does not read what is stored.
pub(crate) const TOO_OLD: u8 = 3;
/// The exit code of an answer: the version would not start here. The output says why.
pub(crate) const WOULD_NOT_START: u8 = 4;

/// The file that this program was started from.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    /// The program, or the AppImage that it is in.
    program: PathBuf,
    is_image: bool,
    /// Comes before the arguments.
    option: Option<OsString>,
    /// The command of the AppImage that starts this program. Comes between the two.
    #[cfg_attr(not(unix), allow(dead_code, reason = "no program is replaced while it runs there"))]
    command: Option<OsString>,
    #[cfg_attr(not(unix), allow(dead_code, reason = "no program is replaced while it runs there"))]
    arguments: Vec<OsString>,
    /// The file as it was at the start.
    own: Stamp,
    /// Why the program that is installed did not start.
    returned: Option<String>,
}

/// Why a new program does not take over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    /// Others than this user and root could have written it.
    #[error("other users can change {}", .0.display())]
    Exposed(PathBuf),
    /// It does not run here.
    #[error("{} does not start: {}", .0.display(), .1)]
    DoesNotStart(PathBuf, String),
    /// It does not start with the configuration and the folders of this user.
    #[error("{0}")]
    WouldNotStart(String),
    /// It is too old for what this program stores.
    #[error("{} is too old for what Abide has stored", .0.display())]
    TooOld(PathBuf),
}

/// A change of the program's file is seen by its number and size. Its times and links also change for other reasons.
fn is_same(one: &Stamp, other: &Stamp) -> bool {
    (one.device, one.inode, one.size) == (other.device, other.inode, other.size)
}

impl Installed {
    /// The file of this process; `None` where it is not known, or cannot be replaced while it runs.
    pub(crate) fn of_this_process(desktop: bool) -> Option<Self> {
        if !cfg!(unix) {
            return None;
        }
        let arguments = std::env::args_os().skip(1);
        // A link that the program was started with has had its effect.
        let arguments = arguments.filter(|one| !AccountLink::is_link(&one.to_string_lossy())).collect();
        let image = environment::image();
        let is_image = image.is_some();
        // The path of a program that runs again leads to the one that did not start.
        let returned = Returned::of_this_process();
        let (program, option, command) = match image {
            Some(image) => {
                let option = environment::left().get(environment::IMAGE_OPTION).cloned();
                (image, option, (!desktop).then(|| OsString::from("agent")))
            }
            None => match &returned {
                Some(returned) => (returned.program.clone(), None, None),
                None => (this_program()?, None, None),
            },
        };
        // Where nothing is installed now, the next file that is put there is another one.
        let own = stamp(&program).or_else(this_stamp)?;
        let returned = returned.map(|returned| returned.why);
        Some(Self { program, is_image, option, command, arguments, own, returned })
    }

    /// Why this program runs again in the place of the one that is installed, if it does.
    pub(crate) fn returned(&self) -> Option<&str> {
        self.returned.as_deref()
    }

    /// Whether descriptors can be left to the new program. The runtime of an AppImage would keep copies of them open.
    pub(crate) fn takes_descriptors(&self) -> bool {
        !self.is_image
    }

    /// The file to watch.
    #[cfg(target_os = "linux")]
    pub(crate) fn path(&self) -> PathBuf {
        self.program.clone()
    }

    /// The file that is there instead; `None` while it is the same, or none.
    pub(crate) fn replaced(&self) -> Option<Stamp> {
        stamp(&self.program).filter(|now| !is_same(now, &self.own))
    }

    /// Whether the new program starts here and reads what is stored in this format. Returns its version.
    ///
    /// # Errors
    ///
    /// Why it does not take over.
    pub(crate) async fn ask(&self, format: u16) -> Result<String, Unfit> {
        self.ask_another(&self.program, format).await
    }

    /// The same about a file that is not installed yet.
    ///
    /// # Errors
    ///
    /// Why it would not take over.
    pub(crate) async fn ask_another(&self, program: &Path, format: u16) -> Result<String, Unfit> {
        let program = program.to_owned();
        if !is_safe(&program) {
            return Err(Unfit::Exposed(program));
        }
        let mut command = tokio::process::Command::new(&program);
        command.args(&self.option).args([ASK, &format.to_string()]);
        command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let output = match tokio::time::timeout(PATIENCE, command.output()).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(Unfit::DoesNotStart(program, error.to_string())),
            Err(_) => return Err(Unfit::DoesNotStart(program, "it does not answer".to_owned())),
        };
        let version = std::str::from_utf8(output.stdout.trim_ascii()).unwrap_or_default();
        let is_version = !version.is_empty()
            && version.len() <= LONGEST
            && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte));
        match output.status.code() {
            Some(0) if is_version => Ok(version.to_owned()),
            Some(code) if code == i32::from(WOULD_NOT_START) => {
                let why = String::from_utf8_lossy(output.stdout.trim_ascii());
                Err(Unfit::WouldNotStart(
                    why.chars().take(LONGEST_REASON).map(|c| if is_unsafe(c) { ' ' } else { c }).collect(),
                ))
            }
            // What a version answers that does not know the question, and one that does not read the format.
            Some(code) if code == 2 || code == i32::from(TOO_OLD) => Err(Unfit::TooOld(program)),
            _ => Err(Unfit::DoesNotStart(program, output.status.to_string())),
        }
    }

    /// The AppImage that this program is in.
    pub(crate) fn image(&self) -> Option<&Path> {
        self.is_image.then_some(&self.program)
    }

    /// Whether other users can put a file in its place.
    pub(crate) fn is_exposed(&self) -> bool {
        !is_safe(&self.program)
    }

    /// Puts a file beside this one in its place, in one step.
    ///
    /// # Errors
    ///
    /// If the system refuses that. Nothing has changed then.
    pub(crate) fn put(&self, new: &Path) -> io::Result<()> {
        let permissions = std::fs::metadata(&self.program)?.permissions();
        std::fs::set_permissions(new, permissions)?;
        std::fs::rename(new, &self.program)?;
        // So that the new name lasts. The file itself is on the disk already.
        #[cfg(unix)]
        if let Some(folder) = self.program.parent() {
            std::fs::File::open(folder).and_then(|folder| folder.sync_all())?;
        }
        Ok(())
    }

    /// Becomes the new program, or this one again if that fails. Returns only with an error.
    #[cfg(unix)]
    pub(crate) fn start(&self, listeners: Option<OsString>) -> io::Error {
        use std::os::unix::process::CommandExt as _;
        let mut variables: Vec<(&str, OsString)> =
            listeners.into_iter().map(|value| (environment::LISTENERS, value)).collect();
        // The runtime of an AppImage would keep the files open.
        #[cfg(target_os = "linux")]
        if !self.is_image {
            let (this, earlier) = (crate::platform::predecessor::leave(), leave_commands());
            variables.extend(this.map(|value| (environment::PREDECESSOR, value)));
            variables.extend(earlier.map(|value| (environment::EARLIER, value)));
        }
        let of_this_process = |value| environment::descriptors(Some(value), std::process::id());
        let left: Vec<i32> = variables.iter().flat_map(|(_, value)| of_this_process(value)).collect();
        close_with_the_program(&left);
        let become_it = |program: &Path, variables: Vec<(&str, OsString)>| {
            let mut command = std::process::Command::new(program);
            // The program in an AppImage is not started as the AppImage is.
            let is_new = program == self.program;
            command.args(self.option.iter().chain(&self.command).filter(|_| is_new));
            if !is_new {
                command.envs(environment::left().image_variables());
            }
            command.args(&self.arguments).envs(variables).exec()
        };
        // Checked again: some time has passed, and the file may be another one.
        let error = match is_safe(&self.program) {
            true => become_it(&self.program, variables.clone()),
            false => io::ErrorKind::PermissionDenied.into(),
        };
        tracing::error!(%error, program = %self.program.display(), "the new program does not start; the old one starts again");
        crate::platform::log::flush();
        let Ok(this) = std::env::current_exe() else { return error };
        let this = if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { this };
        // It does not find where it is installed by its own path any more.
        let returned = Returned { program: self.program.clone(), why: format!("{error}.") };
        variables.extend(returned.written(std::process::id()).map(|value| (environment::RETURNED, value)));
        become_it(&this, variables)
    }

    #[cfg(not(unix))]
    pub(crate) fn start(&self, _listeners: Option<OsString>) -> io::Error {
        io::ErrorKind::Unsupported.into()
    }
}

/// Whether only root and this user can have put a file there.
fn is_safe(program: &Path) -> bool {
    program.is_file() && !file::others_may_write(program)
}

/// Closes every descriptor with this program, except the standard streams and those in the list.
#[cfg(unix)]
fn close_with_the_program(left: &[i32]) {
    let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
    let Ok(open) = std::fs::read_dir(folder) else { return };
    for name in open.filter_map(Result::ok).map(|entry| entry.file_name()) {
        let number = name.to_str().and_then(|name| name.parse::<i32>().ok());
        if let Some(number) = number.filter(|number| *number > 2 && !left.contains(number)) {
            let _ = crate::platform::keep_from_children(number.cast_unsigned());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn program(path: &Path, text: &str, mode: u32) {
        let new = path.with_extension("new");
        std::fs::write(&new, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(mode)).unwrap();
        std::fs::rename(new, path).unwrap();
    }

    fn installed(path: &Path) -> Installed {
        let own = stamp(path).unwrap();
        let (program, arguments) = (path.to_owned(), Vec::new());
        Installed { program, is_image: false, option: None, command: None, arguments, own, returned: None }
    }

    #[test]
    fn only_another_file_is_a_new_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide-agent");
        program(&path, "exit 0", 0o755);
        let installed = installed(&path);
        // Held open as a running program is, so that its number is not used again.
        let _running = std::fs::File::open(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::hard_link(&path, folder.path().join("backup")).unwrap();
        assert!(installed.replaced().is_none(), "the same file");
        program(&path, "exit 0", 0o755);
        assert!(installed.replaced().is_some());
        std::fs::remove_file(&path).unwrap();
        assert!(installed.replaced().is_none(), "removed: this program continues");
    }

    #[tokio::test]
    async fn a_new_program_has_to_start_and_to_read_what_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide-agent");
        let ask = async |text: &str, mode| {
            program(&path, text, mode);
            installed(&path).ask(7).await
        };
        assert_eq!(ask("[ \"$*\" = '--can-take-over 7' ] && echo 0.2.0", 0o755).await.unwrap(), "0.2.0");
        for old in ["exit 2", "exit 3"] {
            assert!(matches!(ask(old, 0o755).await, Err(Unfit::TooOld(_))), "{old}");
        }
        match ask("printf 'line 3\n is wrong'; exit 4", 0o755).await {
            Err(Unfit::WouldNotStart(why)) => assert_eq!(why, "line 3  is wrong"),
            other => panic!("{other:?}"),
        }
        for broken in ["exit 127", "kill -9 $$", "exit 0", "printf 'a b'", "printf '%099d' 1"] {
            assert!(matches!(ask(broken, 0o755).await, Err(Unfit::DoesNotStart(..))), "{broken}");
        }
        assert!(matches!(ask("echo 1", 0o644).await, Err(Unfit::DoesNotStart(..))));
        assert!(matches!(ask("echo 1", 0o757).await, Err(Unfit::Exposed(_))));
        let opens = |mode| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        opens(0o777);
        assert!(matches!(ask("echo 1", 0o755).await, Err(Unfit::Exposed(_))), "its folder");
        opens(0o1777);
        assert_eq!(ask("echo 1", 0o755).await.unwrap(), "1");
    }
}
