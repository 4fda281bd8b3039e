//! The text of a configuration file, and places in it.

use std::io;
use std::path::Path;

use crate::config::error::ConfigError;
use crate::platform::file;

/// The longest file that is read, in bytes.
pub(crate) const LONGEST_FILE: u64 = 4 << 20;

/// The text; empty if there is no file. A file that others can change is refused: it says where tokens are sent.
pub(crate) fn read_or_empty(path: &Path) -> Result<String, ConfigError> {
    match file::read_text(path, LONGEST_FILE) {
        Ok(_) if file::others_may_write(path) => Err(ConfigError::NotTrusted(path.to_owned())),
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(ConfigError::File { path: path.to_owned(), error }),
    }
}

/// Where an account begins in the text.
pub(crate) fn place_of(text: &str, account: &str) -> Option<(usize, usize)> {
    let document = toml_edit::Document::parse(text).ok()?;
    let span = document.get("accounts")?.get(account)?.span()?;
    Some(position(text, span.start))
}

/// Line and column of an offset, from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_no_file_or_too_long_is_refused_and_never_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, long) = (folder.path().join("pipe"), folder.path().join("long"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        std::fs::File::create(&long).unwrap().set_len(64 << 20).unwrap();
        for path in [pipe, folder.path().to_owned(), long] {
            let (done, read) = channel();
            let at = path.clone();
            std::thread::spawn(move || done.send(read_or_empty(&at)));
            let read = read.recv_timeout(Duration::from_secs(5)).unwrap();
            assert!(matches!(read, Err(ConfigError::File { .. })), "{}", path.display());
        }
        assert_eq!(read_or_empty(&folder.path().join("none")).unwrap(), "");
    }

    #[test]
    fn a_configuration_that_others_can_write_to_is_refused() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        let refused = |path: &Path, mode, usual| {
            set_permissions(path, Permissions::from_mode(mode)).unwrap();
            assert!(matches!(read_or_empty(&file), Err(ConfigError::NotTrusted(_))), "{mode:o}");
            set_permissions(path, Permissions::from_mode(usual)).unwrap();
            assert_eq!(read_or_empty(&file).unwrap(), "");
        };
        refused(&file, 0o666, 0o644);
        refused(folder.path(), 0o777, 0o755);
    }
}
