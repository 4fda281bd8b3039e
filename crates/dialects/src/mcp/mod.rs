//! The Model Context Protocol between a client on this computer and a server elsewhere: one JSON-RPC message per line on one
//! side (stdio transport), HTTP on the other (Streamable HTTP transport).

pub mod events;
pub mod message;
pub mod setup;
pub mod tools;

use crate::dialect::{Dialect, Kind, Target};

/// The row of this dialect.
pub const DIALECT: Dialect = Dialect {
    name: "mcp",
    title: "coding agents, for remote MCP servers",
    kind: Kind::Program,
    sets: &[],
    instead: &[],
    target: Target::Session,
    example: "claude mcp add example -- abide mcp connect https://mcp.example.com/mcp",
    page: "mcp",
};

/// The largest message.
pub const MAX_MESSAGE: usize = 16 << 20;
