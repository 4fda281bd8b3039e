//! Where the agent of this user is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;

/// The folder with the socket and `endpoint.json`.
pub(crate) fn runtime_folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, Error> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || folder("HOME");
    let found = if cfg!(windows) {
        folder("LOCALAPPDATA").or_else(|| folder("APPDATA")).map(|base| base.join("Abide").join("run"))
    } else if cfg!(target_os = "macos") {
        home().map(|home| home.join("Library/Application Support/Abide/run"))
    } else {
        let state = || folder("XDG_STATE_HOME").or_else(|| home().map(|home| home.join(".local/state")));
        folder("XDG_RUNTIME_DIR")
            .filter(|base| !anyone_may_write(base))
            .map(|base| base.join("abide"))
            .or_else(|| state().map(|base| base.join("abide/run")))
    };
    found.ok_or_else(|| Error::not_running("The home folder of this user is not known."))
}

/// Whether every user may replace what is in a folder. The agent does not use it then.
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

/// The agent's address over TCP. What answers there still has to prove itself.
pub(crate) fn address(folder: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(folder.join("endpoint.json")).ok();
    let read = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    read.and_then(|endpoint| endpoint["http"].as_str().map(str::to_owned))
        .ok_or_else(|| Error::not_running("Abide is not running: its address was not found."))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn folders_of_this_user() {
        let of = |pairs: &[(&str, &str)]| {
            let found =
                runtime_folder(|name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.into()));
            found.map(|path| path.display().to_string()).unwrap_or_default()
        };
        assert_eq!(of(&[("HOME", "/home/a"), ("XDG_RUNTIME_DIR", "/run/user/1")]), "/run/user/1/abide");
        assert_eq!(
            of(&[("HOME", "/home/a"), ("XDG_RUNTIME_DIR", "relative")]),
            "/home/a/.local/state/abide/run"
        );
        let open = std::env::temp_dir().join(format!("abide-place-{}", std::process::id()));
        let mode = |mode| {
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
            let _ = std::fs::set_permissions(&open, permissions);
            of(&[("HOME", "/home/a"), ("XDG_RUNTIME_DIR", open.to_str().unwrap_or_default())])
        };
        assert!(std::fs::create_dir(&open).is_ok());
        let found = [mode(0o700), mode(0o777)];
        let _ = std::fs::remove_dir(&open);
        assert_eq!(
            found,
            [open.join("abide").display().to_string(), "/home/a/.local/state/abide/run".into()]
        );
        assert_eq!(of(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/state")]), "/state/abide/run");
        assert_eq!(of(&[]), "");
    }
}
