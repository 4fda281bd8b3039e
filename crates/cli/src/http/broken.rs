//! Why no answer was read.

use std::io;
use std::time::Duration;

use crate::failure::{AnswerFault, Failure};

/// Why no answer was read.
#[derive(Debug)]
pub(super) enum Broken {
    /// No data arrived within the connection's timeout.
    TimedOut,
    Fault(AnswerFault),
    Io(io::Error),
}

impl From<AnswerFault> for Broken {
    fn from(fault: AnswerFault) -> Self {
        Self::Fault(fault)
    }
}

impl Broken {
    pub(super) fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            // The agent closed the connection during the write: for the user the same as a missing answer.
            io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => AnswerFault::Empty.into(),
            _ => Self::Io(error),
        }
    }

    pub(super) fn after(self, patience: Duration) -> Failure {
        match self {
            Self::TimedOut => Failure::Timeout(patience),
            Self::Fault(fault) => fault.into(),
            Self::Io(error) => Failure::Transport(error),
        }
    }
}
