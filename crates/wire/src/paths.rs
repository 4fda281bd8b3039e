//! The files and sockets by which clients find the agent. The environment is passed in: only [`Places::of_this_user`] reads
//! it itself.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folders that Abide uses for one user, after the XDG Base Directory Specification on Linux and the platforms' own
/// conventions elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Holds `config.toml`.
    pub config: PathBuf,
    /// Holds the vault, the grants and the log.
    pub state: PathBuf,
    /// Holds the socket and `endpoint.json`; for this user alone.
    pub runtime: PathBuf,
}

/// In the state folder: a JSON object with `pid`, `host` and `socket` of the agent that was started last.
pub const OWNER: &str = "agent.json";

impl Places {
    /// The folders of the user who runs this process; `None` when not even a home directory is known.
    #[must_use]
    pub fn of_this_user() -> Option<Self> {
        Self::from_environment(|name| env::var_os(name).filter(|value| !value.is_empty()))
    }

    /// The folders that these environment variables define.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        // The specification: a relative path in an XDG variable is invalid and to be ignored.
        let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if cfg!(windows) {
            let roaming = folder("APPDATA")?;
            let local = folder("LOCALAPPDATA").unwrap_or_else(|| roaming.clone());
            return Some(Self {
                config: roaming.join("Abide"),
                state: local.join("Abide"),
                runtime: local.join("Abide").join("run"),
            });
        }
        let home = folder("HOME");
        if cfg!(target_os = "macos") {
            let support = home?.join("Library/Application Support/Abide");
            return Some(Self {
                config: support.clone(),
                state: support.clone(),
                runtime: support.join("run"),
            });
        }
        let under = |name: &str, rest: &str| {
            folder(name).or_else(|| home.as_ref().map(|home| home.join(rest))).map(|base| base.join("abide"))
        };
        let state = under("XDG_STATE_HOME", ".local/state")?;
        let base = folder("XDG_RUNTIME_DIR").filter(|base| !anyone_may_write(base));
        let runtime = base.map_or_else(|| state.join("run"), |base| base.join("abide"));
        Some(Self { config: under("XDG_CONFIG_HOME", ".config")?, state, runtime })
    }

    /// The folder that `XDG_RUNTIME_DIR` names and that is not used, because every user may put another folder in the place of
    /// Abide's there.
    pub fn not_used(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let is_read = !cfg!(any(windows, target_os = "macos"));
        let base =
            variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|base| is_read && base.is_absolute());
        base.filter(|base| anyone_may_write(base))
    }

    /// The configuration file.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The socket; on Windows the name of the pipe.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        if cfg!(windows) {
            // One pipe per user: every user has another state folder, so a digest of its path identifies the user.
            let digest =
                self.state.to_string_lossy().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
                });
            PathBuf::from(format!(r"\\.\pipe\abide-{digest:016x}"))
        } else {
            self.runtime.join("abide.sock")
        }
    }

    /// The addresses that the agent listens on. The agent writes this file once it listens.
    #[must_use]
    pub fn endpoint_file(&self) -> PathBuf {
        self.runtime.join("endpoint.json")
    }
}

/// Whether every user may replace what is in a folder. In one with the sticky bit, as /tmp has it, only the owner of a file may.
#[cfg(unix)]
fn anyone_may_write(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = folder.metadata().map(|found| found.permissions().mode());
    mode.is_ok_and(|mode| mode & 0o002 != 0 && mode & 0o1000 == 0)
}

#[cfg(not(unix))]
fn anyone_may_write(_: &Path) -> bool {
    false
}

/// The administrator's policy. `None` on Windows, where policies are in the registry.
#[must_use]
pub fn policy_file() -> Option<PathBuf> {
    if cfg!(windows) {
        None
    } else if cfg!(target_os = "macos") {
        Some(PathBuf::from("/Library/Application Support/Abide/policy.toml"))
    } else {
        Some(PathBuf::from("/etc/abide/policy.toml"))
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn places(pairs: &[(&str, &str)]) -> Option<Places> {
        Places::from_environment(|name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_xdg_folders_are_used_when_they_are_set() {
        let found = places(&[
            ("HOME", "/home/alice"),
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "/s"),
            ("XDG_RUNTIME_DIR", "/run/user/1000"),
        ])
        .unwrap();
        assert_eq!(found.config_file(), PathBuf::from("/c/abide/config.toml"));
        assert_eq!(found.state, PathBuf::from("/s/abide"));
        assert_eq!(found.socket(), PathBuf::from("/run/user/1000/abide/abide.sock"));
    }

    #[test]
    fn relative_folders_are_ignored_and_home_serves() {
        let found =
            places(&[("HOME", "/home/alice"), ("XDG_CONFIG_HOME", "here"), ("XDG_RUNTIME_DIR", "run")])
                .unwrap();
        assert_eq!(found.config, PathBuf::from("/home/alice/.config/abide"));
        assert_eq!(found.runtime, PathBuf::from("/home/alice/.local/state/abide/run"));
    }

    /// Another user could put a folder of their own in the place of Abide's.
    #[test]
    fn a_runtime_folder_that_everybody_may_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("abide-paths-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let shown = folder.to_str().unwrap();
        let with = |mode: u32| {
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
            let variables = |key: &str| match key {
                "HOME" => Some("/home/alice".into()),
                "XDG_RUNTIME_DIR" => Some(shown.into()),
                _ => None,
            };
            (Places::from_environment(variables).unwrap().runtime, Places::not_used(variables))
        };
        let found = [0o700, 0o755, 0o1777, 0o777].map(with);
        std::fs::remove_dir(&folder).unwrap();
        for used in &found[..3] {
            assert_eq!(*used, (folder.join("abide"), None));
        }
        let instead = PathBuf::from("/home/alice/.local/state/abide/run");
        assert_eq!(found[3], (instead, Some(folder)));
    }

    #[test]
    fn without_a_home_there_is_no_guess() {
        assert_eq!(places(&[]), None);
    }
}
