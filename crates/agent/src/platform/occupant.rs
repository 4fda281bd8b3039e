//! Who listens at the place of the socket: this agent, another one, or a program that has ended.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use tokio::net::UnixStream;

/// What is at the place of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occupant {
    /// Nothing.
    Nothing,
    /// A socket of this process.
    This,
    /// A socket at which another process of this user answers. Its number, if it can be seen from here.
    Another(Option<u32>),
    /// Something that this agent may replace: the socket of a program that has ended or of another user, or no socket at all.
    Left,
}

impl Occupant {
    /// Connects, and hangs up. A socket of which nothing is known counts as that of another process: what lives is never replaced.
    pub(crate) async fn of(path: &Path) -> Self {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::Nothing,
            Ok(found) if found.file_type().is_socket() => {}
            _ => return Self::Left,
        }
        let stream = match UnixStream::connect(path).await {
            Ok(stream) => stream,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::ConnectionRefused => Self::Left,
                    io::ErrorKind::NotFound => Self::Nothing,
                    // Too many programs wait there.
                    _ => Self::Another(None),
                };
            }
        };
        let Ok(peer) = stream.peer_cred() else { return Self::Another(None) };
        if peer.uid() != rustix::process::geteuid().as_raw() {
            return Self::Left;
        }
        // The number is 0 for a process of another PID namespace.
        match peer.pid().and_then(|process| u32::try_from(process).ok()).filter(|process| *process != 0) {
            Some(process) if process == std::process::id() => Self::This,
            process => Self::Another(process),
        }
    }
}

/// What a file is known by as long as it is there: another one that gets its inode is younger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark(u64, u64, i64, i64);

impl Mark {
    /// That of the file at a path.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let found = path.symlink_metadata().ok()?;
        Some(Self(found.dev(), found.ino(), found.mtime(), found.mtime_nsec()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[tokio::test]
    async fn a_socket_that_lives_is_told_from_what_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide.sock");
        assert_eq!(Occupant::of(&path).await, Occupant::Nothing);
        let living = UnixListener::bind(&path).unwrap();
        let mark = Mark::of(&path);
        assert_eq!(Occupant::of(&path).await, Occupant::This);
        assert_eq!(Mark::of(&path), mark, "to be asked changes nothing");
        drop(living);
        assert_eq!(Occupant::of(&path).await, Occupant::Left, "its program has ended");
        std::fs::remove_file(&path).unwrap();
        symlink("nowhere", &path).unwrap();
        assert_eq!(Occupant::of(&path).await, Occupant::Left, "a link");
        std::fs::remove_file(&path).unwrap();
        let _again = UnixListener::bind(&path).unwrap();
        assert_ne!(Mark::of(&path), mark, "another one");
    }
}
