//! The programs behind the command, which this crate does not know how to run.

/// A program behind the command, which this crate does not know how to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Program {
    /// The agent without a desktop.
    Agent {
        /// The file descriptor that the passphrase of the vault is read from.
        passphrase_fd: Option<u32>,
    },
    /// The demo provider, on this port of 127.0.0.1.
    Demo {
        /// The port; 0 for any that is free.
        port: u16,
    },
    /// The check of the configuration file, by the agent's own reader.
    CheckConfiguration {
        /// Whether it writes JSON.
        json: bool,
    },
}

/// Runs a program behind the command to its end; otherwise a sentence says why it did not start.
pub type RunProgram<'a> = &'a dyn Fn(Program) -> Result<(), String>;
