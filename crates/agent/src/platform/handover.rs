//! The listening sockets that a program leaves to the one that replaces it in the same process, so that no connection is refused
//! and no other program can take a port meanwhile. Connections wait in the system's queue until the new program accepts them.

#[cfg(unix)]
pub(crate) use unix::{Heritage, Kept, forget, left_port};
#[cfg(windows)]
pub(crate) use windows::{Heritage, Kept, forget, left_port};

#[cfg(unix)]
mod unix {
    #![allow(unsafe_code)]

    use std::ffi::OsString;
    use std::net::{SocketAddr, TcpListener};
    use std::os::fd::{AsFd, BorrowedFd, FromRawFd as _, IntoRawFd, OwnedFd};
    use std::os::unix::net::UnixListener;
    use std::path::Path;
    use std::sync::{Mutex, MutexGuard, Once, PoisonError};

    use rustix::io::{FdFlags, fcntl_setfd};
    use rustix::net::{AddressFamily, getsockname};

    use crate::platform::environment::{self, LISTENERS};

    /// What is left of the program before for listeners that this program opens after its start.
    static LEFT: Mutex<Vec<TcpListener>> = Mutex::new(Vec::new());

    fn left() -> MutexGuard<'static, Vec<TcpListener>> {
        LEFT.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The listener at this address that the program before has left.
    pub(crate) fn left_port(wanted: SocketAddr) -> Option<TcpListener> {
        let mut left = left();
        let index = left.iter().position(|port| port.local_addr().is_ok_and(|address| address == wanted))?;
        Some(left.swap_remove(index))
    }

    /// Closes what nothing has asked for.
    pub(crate) fn forget() {
        left().clear();
    }

    /// What this agent listens on, for the program that replaces it.
    #[derive(Debug, Default)]
    pub(crate) struct Kept(Mutex<Listening>);

    #[derive(Debug, Default)]
    struct Listening {
        socket: Option<OwnedFd>,
        ports: Vec<OwnedFd>,
    }

    impl Kept {
        /// The socket. It takes the place of an earlier one, which was removed.
        pub(crate) fn socket(&self, socket: impl AsFd) {
            self.listening().socket = again(socket.as_fd());
        }

        /// A port.
        pub(crate) fn port(&self, port: impl AsFd) {
            self.listening().ports.extend(again(port.as_fd()));
        }

        /// Adds every other port that this process listens at: proxies, the logout listener, the guard of a redirect port.
        pub(crate) fn gather(&self) {
            let folder = if cfg!(target_os = "linux") { "/proc/self/fd" } else { "/dev/fd" };
            let Ok(open) = std::fs::read_dir(folder) else { return };
            let mut listening = self.listening();
            for name in open.filter_map(Result::ok).map(|entry| entry.file_name()) {
                let number = name.to_str().and_then(|name| name.parse().ok()).filter(|number| *number > 2);
                let Some(number) = number else { continue };
                // SAFETY: the number is used for the time of this call. If nothing is open by that number, the call fails.
                let one = unsafe { BorrowedFd::borrow_raw(number) };
                let Ok(one) = one.try_clone_to_owned() else { continue };
                if !accepts_connections(one.as_fd()) {
                    continue;
                }
                let Some(port) = port(one) else { continue };
                let address = port.local_addr().ok();
                let is_known = |known: &OwnedFd| {
                    let known = known.try_clone().ok().and_then(self::port);
                    known.is_some_and(|known| known.local_addr().ok() == address)
                };
                if !listening.ports.iter().any(is_known) {
                    listening.ports.push(port.into());
                }
            }
        }

        /// Lets go of everything.
        pub(crate) fn clear(&self) {
            *self.listening() = Listening::default();
        }

        /// Leaves everything to the next program of this process: the number of the process, a colon, and the descriptors with
        /// commas between, for [`LISTENERS`].
        pub(crate) fn leave(&self) -> Option<OsString> {
            let listening = std::mem::take(&mut *self.listening());
            let all: Vec<OwnedFd> = listening.socket.into_iter().chain(listening.ports).collect();
            let left = all.into_iter().filter(|one| fcntl_setfd(one, FdFlags::empty()).is_ok());
            // Not closed here: the next program owns them.
            let numbers: Vec<i32> = left.map(IntoRawFd::into_raw_fd).collect();
            (!numbers.is_empty()).then(|| environment::descriptors_in_words(&numbers))
        }

        fn listening(&self) -> MutexGuard<'_, Listening> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    fn port(one: OwnedFd) -> Option<TcpListener> {
        let family = getsockname(&one).ok()?.address_family();
        matches!(family, AddressFamily::INET | AddressFamily::INET6).then(|| TcpListener::from(one))
    }

    fn again(one: BorrowedFd<'_>) -> Option<OwnedFd> {
        one.try_clone_to_owned()
            .inspect_err(|error| tracing::debug!(%error, "a socket cannot be left to another program"))
            .ok()
    }

    /// What an earlier program of this process has left.
    #[derive(Debug, Default)]
    pub(crate) struct Heritage {
        socket: Option<UnixListener>,
        ports: Vec<TcpListener>,
    }

    impl Heritage {
        /// Takes it, once. Nothing if this process was started, and not taken over.
        pub(crate) fn take() -> Self {
            static TAKEN: Once = Once::new();
            let mut heritage = Self::default();
            TAKEN.call_once(|| {
                let left = environment::left().get(LISTENERS);
                for number in environment::descriptors(left, std::process::id()) {
                    heritage.adopt(number);
                }
            });
            heritage
        }

        fn adopt(&mut self, number: i32) {
            // SAFETY: the number is used for the time of this call. If nothing is open by that number, the calls fail.
            let one = unsafe { BorrowedFd::borrow_raw(number) };
            // The start of this process may have opened another file by this number. Such a file accepts no connections.
            if !accepts_connections(one) || fcntl_setfd(one, FdFlags::CLOEXEC).is_err() {
                return;
            }
            let family = getsockname(one).map(|address| address.address_family());
            // SAFETY: it is open, and it accepts connections. Nothing in this process has made such a socket yet, so the
            // program before has left it, for this process alone, and each number is taken once.
            let one = unsafe { OwnedFd::from_raw_fd(number) };
            match family {
                Ok(AddressFamily::UNIX) => {
                    let socket = UnixListener::from(one);
                    self.socket = socket.set_nonblocking(true).is_ok().then_some(socket);
                }
                Ok(AddressFamily::INET | AddressFamily::INET6) => {
                    let port = TcpListener::from(one);
                    self.ports.extend(port.set_nonblocking(true).is_ok().then_some(port));
                }
                _ => {}
            }
        }

        /// Keeps the rest for [`left_port`].
        pub(crate) fn keep_the_rest(self) {
            left().extend(self.ports);
        }

        /// Whether there is anything.
        pub(crate) fn is_there(&self) -> bool {
            self.socket.is_some() || !self.ports.is_empty()
        }

        /// The socket, if it is the one at this path.
        pub(crate) fn socket(&mut self, path: &Path) -> Option<UnixListener> {
            let socket = self.socket.take()?;
            let is_this = socket.local_addr().is_ok_and(|address| address.as_pathname() == Some(path));
            (is_this && path.symlink_metadata().is_ok()).then_some(socket)
        }

        /// The listener at this address; with port 0 any port of the family.
        pub(crate) fn port(&mut self, wanted: SocketAddr) -> Option<TcpListener> {
            let fits = |port: &TcpListener| {
                port.local_addr().is_ok_and(|address| {
                    address.ip() == wanted.ip() && (wanted.port() == 0 || address.port() == wanted.port())
                })
            };
            let index = self.ports.iter().position(fits)?;
            Some(self.ports.swap_remove(index))
        }
    }

    /// Whether a descriptor is a socket that accepts connections.
    #[cfg(not(target_os = "macos"))]
    fn accepts_connections(one: BorrowedFd<'_>) -> bool {
        rustix::net::sockopt::socket_acceptconn(one).unwrap_or(false)
    }

    /// macOS does not implement `SO_ACCEPTCONN`: a stream socket without a connection.
    #[cfg(target_os = "macos")]
    fn accepts_connections(one: BorrowedFd<'_>) -> bool {
        use rustix::net::{SocketType, getpeername, sockopt::socket_type};
        socket_type(one) == Ok(SocketType::STREAM)
            && getpeername(one).err() == Some(rustix::io::Errno::NOTCONN)
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used)]
        use std::net::Ipv4Addr;
        use std::os::fd::AsRawFd as _;

        use super::*;

        #[test]
        fn every_port_that_is_open_is_left_once() {
            let kept = Kept::default();
            let known = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let connected = std::net::TcpStream::connect(known.local_addr().unwrap()).unwrap();
            kept.port(&known);
            kept.gather();
            let addresses: Vec<_> = std::mem::take(&mut *kept.listening())
                .ports
                .into_iter()
                .map(|one| TcpListener::from(one).local_addr().unwrap())
                .collect();
            for listener in [&known, &other] {
                let address = listener.local_addr().unwrap();
                assert_eq!(addresses.iter().filter(|one| **one == address).count(), 1, "{addresses:?}");
            }
            assert!(!addresses.contains(&connected.local_addr().unwrap()));
        }

        #[test]
        fn a_listener_is_found_by_its_address_and_anything_else_is_left_alone() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("socket");
            let kept = Kept::default();
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = port.local_addr().unwrap();
            kept.socket(UnixListener::bind(&path).unwrap());
            kept.port(&port);
            let value = kept.leave().unwrap();
            assert!(kept.leave().is_none(), "once");
            let mut heritage = Heritage::default();
            for number in environment::descriptors(Some(&value), std::process::id()) {
                heritage.adopt(number);
            }
            assert!(heritage.is_there());
            assert!(heritage.port((Ipv4Addr::LOCALHOST, address.port() ^ 1).into()).is_none());
            assert_eq!(
                heritage.port((Ipv4Addr::LOCALHOST, 0).into()).unwrap().local_addr().unwrap(),
                address
            );
            assert!(heritage.socket(&path).is_some());
            assert!(!heritage.is_there());
            let file = tempfile::tempfile().unwrap();
            heritage.adopt(file.as_raw_fd());
            heritage.adopt(987_654);
            assert!(!heritage.is_there());
            assert!(file.metadata().is_ok(), "it is still open");
        }
    }
}

/// Windows keeps a program from being replaced while it runs.
#[cfg(windows)]
mod windows {
    use std::ffi::OsString;
    use std::net::{SocketAddr, TcpListener};

    pub(crate) fn left_port(_wanted: SocketAddr) -> Option<TcpListener> {
        None
    }

    pub(crate) fn forget() {}

    #[derive(Debug, Default)]
    pub(crate) struct Kept;

    impl Kept {
        pub(crate) fn clear(&self) {}

        pub(crate) fn gather(&self) {}

        pub(crate) fn leave(&self) -> Option<OsString> {
            None
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct Heritage;

    impl Heritage {
        pub(crate) fn take() -> Self {
            Self
        }

        pub(crate) fn keep_the_rest(self) {}

        pub(crate) fn is_there(&self) -> bool {
            false
        }

        pub(crate) fn port(&mut self, _wanted: SocketAddr) -> Option<TcpListener> {
            None
        }
    }
}
