//! The dialects: the ways in which SDKs and tools ask for a token, and the answers that they understand.
//!
//! Pure: no I/O, no clock, and nothing about how a token is obtained or who may have it. Each dialect is one file with a
//! row of data ([`Dialect`]); [`DIALECTS`] has all rows. A dialect over HTTP reads a request and writes an answer; a dialect
//! that is a program writes what the tool reads from it. Tokens come in as [`abide_wire::AccessToken`], and what contains one is
//! wiped when it is dropped.

mod address;
pub mod call;
pub mod dialect;
pub mod environment;
pub mod exchange;
pub mod file;
pub mod http;
pub mod json;
pub mod mcp;
pub mod program;
pub mod sts;
mod table;
pub mod time;

pub use dialect::{Dialect, Instead, Kind, Target, Value, Variable};
pub use table::{DIALECTS, by_name};
