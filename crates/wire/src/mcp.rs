//! Requests to MCP servers through the agent.

/// The header with the status of the MCP server's answer. The status of the call itself is Abide's own.
pub const MCP_STATUS: &str = "mcp-server-status";
