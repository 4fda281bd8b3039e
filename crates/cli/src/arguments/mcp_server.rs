//! The arguments of `abide mcp`: a server, and the coding agent that it is added to.

use abide_dialects::mcp::setup::{AGENTS, Agent, is_name, name_for};
use abide_wire::terminal::plain;

use super::given::Given;
use crate::failure::Failure;

/// An MCP server for a coding agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct McpServer {
    pub(crate) agent: &'static Agent,
    pub(crate) url: String,
    /// Its name in the file of the agent.
    pub(crate) name: String,
    pub(crate) account: Option<String>,
    /// Whether the file is changed. Otherwise the lines are shown.
    pub(crate) write: bool,
}

impl McpServer {
    pub(super) fn read(given: &Given) -> Result<Self, Failure> {
        let known = || AGENTS.map(|agent| agent.name).join(", ");
        let word =
            given.name(&format!("`abide mcp add` needs the name of the coding agent: {}.", known()))?;
        let agent = Agent::named(&word).ok_or_else(|| {
            let sentence = format!(
                "Abide does not know the file of `{}`. It knows {}. For others, docs/dialects/mcp.md has the lines.",
                plain(&word),
                known()
            );
            Failure::usage(sentence, "mcp")
        })?;
        let url = given.words.get(2).and_then(|word| word.to_str()).unwrap_or_default().to_owned();
        let url = address(&url, "add")?;
        let name = given.text("name").unwrap_or_else(|| name_for(&url));
        if !is_name(&name) {
            let sentence = format!(
                "`--name` is 1 to 64 letters, digits, hyphens or underscores, not `{}`.",
                plain(&name)
            );
            return Err(Failure::usage(sentence, "mcp"));
        }
        Ok(Self { agent, url, name, account: given.text("account"), write: given.flag("write") })
    }
}

/// The address of a server. The agent looks at it more closely.
pub(super) fn address(url: &str, command: &str) -> Result<String, Failure> {
    if url.is_empty() {
        let sentence = format!("`abide mcp {command}` needs the address of the MCP server.");
        return Err(Failure::usage(sentence, "mcp"));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        let sentence =
            format!("\u{201c}{}\u{201d} is not the address of an MCP server: https://…", plain(url));
        return Err(Failure::usage(sentence, "mcp"));
    }
    Ok(url.to_owned())
}
