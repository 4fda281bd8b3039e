//! A copy of each line for the system's log: syslog (RFC 3164; journald takes it too), the Event Log of Windows. What the system does
//! not take at once is only in the record.

#[cfg(unix)]
mod system {
    use std::os::unix::net::UnixDatagram;

    const SOCKETS: [&str; 2] = ["/dev/log", "/var/run/syslog"];
    /// Facility authpriv (10), severity informational (6).
    const PRIORITY: &[u8] = b"<86>abide[";

    /// The socket of the system's log.
    pub(in crate::audit) struct Syslog(UnixDatagram);

    impl Syslog {
        /// `None` where the system has no log.
        pub(in crate::audit) fn open() -> Option<Self> {
            let socket = UnixDatagram::unbound().ok()?;
            SOCKETS.iter().find_map(|path| socket.connect(path).ok())?;
            socket.set_nonblocking(true).ok()?;
            Some(Self(socket))
        }

        /// Whether the system has taken all lines.
        pub(in crate::audit) fn send(&self, lines: &[u8]) -> bool {
            let process = std::process::id().to_string();
            lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).all(|line| {
                let message = [PRIORITY, process.as_bytes(), b"]: ", line].concat();
                self.0.send(&message).is_ok()
            })
        }
    }
}

#[cfg(windows)]
mod system {
    use crate::platform::event_log::EventLog;

    /// The Event Log of Windows.
    pub(in crate::audit) struct Syslog(EventLog);

    impl Syslog {
        /// `None` where the log cannot be opened.
        pub(in crate::audit) fn open() -> Option<Self> {
            EventLog::open().map(Self)
        }

        /// Whether the system has taken all lines. A longer line than the log takes (31,839 characters) is only in the record.
        pub(in crate::audit) fn send(&self, lines: &[u8]) -> bool {
            lines
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .all(|line| std::str::from_utf8(line).is_ok_and(|line| self.0.write(line)))
        }
    }
}

pub(super) use system::Syslog;
