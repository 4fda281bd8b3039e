//! The arguments: one table of commands and options for the parser, the help, the manual and the completions.

mod given;
pub(crate) mod help;
pub(crate) mod link;
pub(crate) mod mcp_server;
mod new_account;
pub(crate) mod parse;
pub mod table;
pub(crate) mod token_request;
