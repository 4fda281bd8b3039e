//! The record: what Abide decided, one JSON object per line, each line bound to the one before by a SHA-256 digest.
//!
//! Pure: no clock, no I/O. The agent writes the lines ([`Chain`]), the command reads and verifies them ([`Verifier`]).
//!
//! A line ends with `"prev":"…","hash":"…"}`. `hash` is the SHA-256 of every byte of the line before `,"hash":`, in
//! hexadecimal. `prev` is the hash of the line before; zeros in the first line. `n` counts the lines, from 1, over all files.

mod chain;
mod entry;
mod files;
mod fingerprint;
mod ocsf;
mod verify;

pub use chain::{Chain, Hash, Line, NotALine};
pub use entry::{Caller, CallerKind, Entry, Event};
pub use files::{FOLDER, file_name, first_of, in_order, raw_lines, whole};
pub use fingerprint::FingerprintKey;
pub use ocsf::ocsf;
pub use verify::{Finding, Report, Seal, Verifier};
