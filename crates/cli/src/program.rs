//! The programs that the command starts, which are not part of this crate.

/// A program that the command starts, and which is not part of this crate.
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
    /// The same check, whose JSON the command reads.
    ReadCheck,
}

/// Runs such a program to its end. Returns what the command is to read, or a sentence if it did not start.
pub type RunProgram<'a> = &'a dyn Fn(Program) -> Result<Vec<u8>, String>;
