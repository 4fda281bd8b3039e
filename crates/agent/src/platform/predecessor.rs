//! The way back: the program that was replaced leaves its own file, open, to the one that takes over. If that one does not start, the old
//! program runs again in the same process. Its file may have no name any more.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::platform::environment;

/// The longest reason, in characters.
const LONGEST: usize = 500;

/// What did not start, for the program that runs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Returned {
    /// The file that is installed.
    pub(crate) program: PathBuf,
    /// Why it did not start.
    pub(crate) why: String,
}

impl Returned {
    /// What the program that did not start has left.
    pub(crate) fn of_this_process() -> Option<Self> {
        Self::read(environment::left().get(environment::RETURNED)?, std::process::id())
    }

    /// The number of the process, the path and the reason, a line each.
    fn read(text: &OsStr, process: u32) -> Option<Self> {
        let mut parts = text.to_str()?.splitn(3, '\n');
        let whose = parts.next()?.parse::<u32>().ok()?;
        let program = PathBuf::from(parts.next()?);
        let why: String = parts.next()?.chars().take(LONGEST).collect();
        (whose == process && program.is_absolute()).then_some(Self { program, why })
    }

    /// The same, for [`environment::RETURNED`].
    #[cfg_attr(not(unix), allow(dead_code, reason = "no program is replaced while it runs there"))]
    pub(crate) fn written(&self, process: u32) -> Option<OsString> {
        let program = self.program.to_str().filter(|program| !program.contains('\n'))?;
        let why: String = self.why.replace('\n', " ").chars().take(LONGEST).collect();
        Some(format!("{process}\n{program}\n{why}").into())
    }
}

#[cfg(target_os = "linux")]
pub(crate) use linux::{Predecessor, leave};

#[cfg(target_os = "linux")]
mod linux {
    #![allow(unsafe_code)]

    use std::fs::File;
    use std::io;
    use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, IntoRawFd as _, OwnedFd, RawFd};
    use std::os::unix::process::CommandExt as _;
    use std::sync::Once;

    use rustix::fs::{FileType, fstat};
    use rustix::io::{FdFlags, fcntl_setfd};

    use super::*;
    use crate::platform::program::{leave_commands, this_program};

    /// Leaves the file of this program, open, to the next program of this process: its descriptor, for [`environment::PREDECESSOR`].
    pub(crate) fn leave() -> Option<OsString> {
        let this = OwnedFd::from(File::open("/proc/self/exe").ok()?);
        fcntl_setfd(&this, FdFlags::empty()).ok()?;
        // Not closed here: the next program owns it.
        Some(environment::descriptors_in_words(&[this.into_raw_fd()]))
    }

    /// The program that this one has taken over from. Closed when this is dropped.
    #[derive(Debug)]
    pub(crate) struct Predecessor(OwnedFd);

    impl Predecessor {
        /// Takes it, once.
        pub(crate) fn take() -> Option<Self> {
            static TAKEN: Once = Once::new();
            let mut found = None;
            TAKEN.call_once(|| {
                let left = environment::left().get(environment::PREDECESSOR);
                let left = environment::descriptors(left, std::process::id());
                found = left.first().copied().and_then(Self::adopt);
            });
            found
        }

        fn adopt(number: RawFd) -> Option<Self> {
            // SAFETY: the number is used for the time of this call. If nothing is open by that number, the calls fail.
            let one = unsafe { BorrowedFd::borrow_raw(number) };
            let is_file = fstat(one).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file());
            if !is_file || fcntl_setfd(one, FdFlags::CLOEXEC).is_err() {
                return None;
            }
            // SAFETY: it is open, the program before has left it to this process alone, and it is taken once.
            Some(Self(unsafe { OwnedFd::from_raw_fd(number) }))
        }

        /// Becomes that program again, which is told why. Returns only with an error.
        pub(crate) fn return_to(self, why: &str) -> io::Error {
            let returned = this_program()
                .map(|program| Returned { program, why: why.to_owned() })
                .and_then(|returned| returned.written(std::process::id()));
            let Some(returned) = returned else { return io::ErrorKind::InvalidFilename.into() };
            crate::platform::log::flush();
            let mut arguments = std::env::args_os();
            let mut command = std::process::Command::new(format!("/proc/self/fd/{}", self.0.as_raw_fd()));
            if let Some(name) = arguments.next() {
                command.arg0(name);
            }
            let earlier = leave_commands().map(|value| (environment::EARLIER, value));
            command.args(arguments).env(environment::RETURNED, returned).envs(earlier).exec()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_did_not_start_is_told_to_this_process_alone() {
        let returned =
            Returned { program: "/usr/bin/abide-agent".into(), why: "line 1\nis wrong".to_owned() };
        let written = returned.written(7).unwrap();
        let read = Returned::read(&written, 7).unwrap();
        assert_eq!((read.program, read.why.as_str()), (returned.program, "line 1 is wrong"));
        assert_eq!(Returned::read(&written, 8), None);
        for other in ["", "7", "7\n/x", "7\nx\ny", "x\n/x\ny"] {
            assert_eq!(Returned::read(OsStr::new(other), 7), None, "{other:?}");
        }
        assert!(Returned { program: "/a\nb".into(), why: String::new() }.written(7).is_none());
    }
}
