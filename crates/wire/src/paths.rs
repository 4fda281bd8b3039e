//! The files and sockets by which clients find the agent. The environment is passed in: only [`Places::of_this_user`] reads
//! it itself.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

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
        let runtime = folder("XDG_RUNTIME_DIR").map_or_else(|| state.join("run"), |base| base.join("abide"));
        Some(Self { config: under("XDG_CONFIG_HOME", ".config")?, state, runtime })
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

    #[test]
    fn without_a_home_there_is_no_guess() {
        assert_eq!(places(&[]), None);
    }
}
