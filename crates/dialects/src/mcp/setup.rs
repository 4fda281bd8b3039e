//! Coding agents that run `abide mcp connect`: the file in which each looks for its MCP servers, and what is added there.

use std::fmt;

use serde_json::{Value, json};

/// Where a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Below the home folder.
    Home(&'static str),
    /// In the folder that a variable names, else in a folder below the home folder: variable, folder, file.
    Named(&'static str, &'static str, &'static str),
    /// Below the folder of a project.
    Project(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// JSON with an object of this name.
    Json(&'static str),
    /// TOML with a table for each server.
    Toml,
}

/// A coding agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its own name.
    pub title: &'static str,
    /// The file.
    pub place: Place,
    form: Form,
    /// Whether an entry says that it is a program.
    typed: bool,
}

/// The agents whose files are known.
pub const AGENTS: [Agent; 4] = [
    Agent {
        name: "claude-code",
        title: "Claude Code",
        place: Place::Project(".mcp.json"),
        form: Form::Json("mcpServers"),
        typed: false,
    },
    Agent {
        name: "codex",
        title: "Codex CLI",
        place: Place::Named("CODEX_HOME", ".codex", "config.toml"),
        form: Form::Toml,
        typed: false,
    },
    Agent {
        name: "cursor",
        title: "Cursor",
        place: Place::Home(".cursor/mcp.json"),
        form: Form::Json("mcpServers"),
        typed: false,
    },
    Agent {
        name: "vscode",
        title: "VS Code",
        place: Place::Project(".vscode/mcp.json"),
        form: Form::Json("servers"),
        typed: true,
    },
];

/// A server in such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name there.
    pub name: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// A file with a server added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// The new text.
    Text(String),
    /// The server is there already, the same.
    Present,
}

/// Why a server cannot be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// There is another server with this name.
    Taken,
    /// The file is not as expected; JSON with comments is not read.
    Unreadable,
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "it has another server with this name; choose one with --name",
            Self::Unreadable => "Abide cannot read it, perhaps because of comments; add the lines yourself",
        })
    }
}

impl std::error::Error for SetupError {}

/// The longest name of a server.
const LONGEST: usize = 64;

/// Whether every agent accepts the name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=LONGEST).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A name for the server at an address: the host without what many hosts have.
#[must_use]
pub fn name_for(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = ["mcp.", "api.", "www."].iter().find_map(|first| host.strip_prefix(first)).unwrap_or(host);
    let is_address = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let label = if is_address { host } else { host.split('.').next().unwrap_or(host) };
    let name: String =
        label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(LONGEST).collect();
    if name.is_empty() { "server".to_owned() } else { name }
}

impl Agent {
    /// The agent with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        AGENTS.iter().find(|agent| agent.name == name)
    }

    /// What a person adds: the whole text of a file that has nothing else.
    #[must_use]
    pub fn alone(&self, entry: &Entry) -> String {
        match self.form {
            Form::Json(key) => {
                format!("{{\n  {}: {{\n    {}\n  }}\n}}\n", json!(key), self.member(entry))
            }
            Form::Toml => table(entry),
        }
    }

    /// The file with the server. What is in it already stays as it is written.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub fn added(&self, file: &str, entry: &Entry) -> Result<Added, SetupError> {
        if file.trim().is_empty() {
            return Ok(Added::Text(self.alone(entry)));
        }
        match self.form {
            Form::Json(key) => self.added_to_json(file, key, entry),
            Form::Toml => added_to_toml(file, entry),
        }
    }

    /// The servers in a file that run a program: the name and the program.
    #[must_use]
    pub fn programs(&self, file: &str) -> Vec<Entry> {
        match self.form {
            Form::Json(key) => {
                let file: Value = serde_json::from_str(file).unwrap_or_default();
                let servers = file.get(key).and_then(Value::as_object);
                servers.into_iter().flatten().filter_map(|(name, server)| read(name, server)).collect()
            }
            // Only what this module has written: the rest of TOML is not read here.
            Form::Toml => {
                let mut found = Vec::new();
                for block in file.split("[mcp_servers.").skip(1) {
                    let value = |key: &str| -> Option<Value> {
                        let line = block.lines().find_map(|line| line.strip_prefix(key));
                        serde_json::from_str(line?.trim_start_matches([' ', '='])).ok()
                    };
                    let name = block.split(']').next().unwrap_or_default();
                    let server = json!({ "command": value("command"), "args": value("args") });
                    found.extend(read(name, &server));
                }
                found
            }
        }
    }

    /// The server as a member of the JSON object, on one line.
    fn member(&self, entry: &Entry) -> String {
        let kind = if self.typed { "\"type\": \"stdio\", " } else { "" };
        let args: Vec<String> = entry.args.iter().map(|word| json!(word).to_string()).collect();
        let (name, command, args) = (json!(entry.name), json!(entry.command), args.join(", "));
        format!("{name}: {{ {kind}\"command\": {command}, \"args\": [{args}] }}")
    }

    fn value(&self, entry: &Entry) -> Value {
        let mut server = json!({ "command": entry.command, "args": entry.args });
        if self.typed {
            server["type"] = json!("stdio");
        }
        server
    }

    fn added_to_json(&self, file: &str, key: &str, entry: &Entry) -> Result<Added, SetupError> {
        let mut expected: Value = serde_json::from_str(file).map_err(|_| SetupError::Unreadable)?;
        let own = self.value(entry);
        let root = expected.as_object_mut().ok_or(SetupError::Unreadable)?;
        let has_key = root.contains_key(key);
        let servers = root.entry(key).or_insert_with(|| json!({}));
        let servers = servers.as_object_mut().ok_or(SetupError::Unreadable)?;
        match servers.get(&entry.name) {
            Some(present) if *present == own => return Ok(Added::Present),
            Some(_) => return Err(SetupError::Taken),
            None => servers.insert(entry.name.clone(), own),
        };
        let (at, depth) = (opening(file, has_key.then_some(key)), if has_key { 2 } else { 1 });
        let at = at.ok_or(SetupError::Unreadable)?;
        let member = self.member(entry);
        let member = if has_key { member } else { format!("{}: {{ {member} }}", json!(key)) };
        let (before, after) = file.split_at(at);
        let next = after.trim_start();
        let lead = "  ".repeat(depth);
        let end = if next.starts_with('}') {
            format!("\n{}{next}", "  ".repeat(depth - 1))
        } else {
            format!(",{after}")
        };
        let text = format!("{before}\n{lead}{member}{end}");
        // Two members with one name, for example: then it is not what was meant.
        match serde_json::from_str::<Value>(&text) {
            Ok(read) if read == expected => Ok(Added::Text(text)),
            _ => Err(SetupError::Unreadable),
        }
    }
}

fn read(name: &str, server: &Value) -> Option<Entry> {
    let args = server["args"].as_array().map(Vec::as_slice).unwrap_or_default();
    Some(Entry {
        name: name.to_owned(),
        command: server["command"].as_str()?.to_owned(),
        args: args.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
    })
}

/// The place behind the `{` of a JSON text, or of the object that is this member of it.
fn opening(text: &str, key: Option<&str>) -> Option<usize> {
    let (mut depth, mut begun, mut escaped, mut last) = (0_usize, None, false, "");
    for (at, byte) in text.bytes().enumerate() {
        if let Some(start) = begun {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => (begun, last) = (None, text.get(start..at)?),
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => begun = Some(at + 1),
            b'{' if depth == 0 && key.is_none() => return Some(at + 1),
            b'{' if depth == 1 && key == Some(last) => return Some(at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            b',' => last = "",
            _ => {}
        }
    }
    None
}

fn added_to_toml(file: &str, entry: &Entry) -> Result<Added, SetupError> {
    let own = table(entry);
    if file.contains(own.trim_end()) {
        return Ok(Added::Present);
    }
    let head = format!("[mcp_servers.{}", entry.name);
    for line in file.lines() {
        // Names may be in quotes, with spaces around them.
        let counts = |sign: &char| !sign.is_whitespace() && !['"', '\'', '\u{feff}'].contains(sign);
        let line: String = line.chars().filter(counts).collect();
        // Other ways to write the same: a table may not be added to them.
        if ["mcp_servers", "[mcp_servers]", "[[mcp_servers"].into_iter().any(|other| line.starts_with(other))
        {
            return Err(SetupError::Unreadable);
        }
        if line.strip_prefix(head.as_str()).is_some_and(|rest| rest.starts_with([']', '.'])) {
            return Err(SetupError::Taken);
        }
    }
    let between = if file.ends_with('\n') { "\n" } else { "\n\n" };
    Ok(Added::Text(format!("{file}{between}{own}")))
}

/// A table of Codex. Texts and lists of texts are written in TOML as in JSON.
fn table(entry: &Entry) -> String {
    let (command, args) = (json!(entry.command), json!(entry.args));
    format!("[mcp_servers.{}]\ncommand = {command}\nargs = {args}\n", entry.name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry() -> Entry {
        let args = ["mcp", "connect", "https://mcp.example.com/mcp"].map(str::to_owned).to_vec();
        Entry { name: "example".to_owned(), command: "/usr/bin/abide".to_owned(), args }
    }

    fn agent(name: &str) -> &'static Agent {
        Agent::named(name).unwrap()
    }

    fn text(added: Result<Added, SetupError>) -> String {
        match added.unwrap() {
            Added::Text(text) => text,
            Added::Present => panic!("it was there"),
        }
    }

    #[test]
    fn a_file_keeps_what_it_has_as_it_is_written() {
        let server = r#""example": { "command": "/usr/bin/abide", "args": ["mcp", "connect", "https://mcp.example.com/mcp"] }"#;
        for (before, after) in [
            (
                "{\n    \"mcpServers\" : {\n        \"other\": { \"command\": \"x\" }\n    },\n    \"z\": 1, \"a\": 2\n}\n",
                format!(
                    "{{\n    \"mcpServers\" : {{\n    {server},\n        \"other\": {{ \"command\": \"x\" }}\n    }},\n    \"z\": 1, \"a\": 2\n}}\n"
                ),
            ),
            ("{\"mcpServers\":{}}", format!("{{\"mcpServers\":{{\n    {server}\n  }}}}")),
            ("{ }", format!("{{\n  \"mcpServers\": {{ {server} }}\n}}")),
            (
                "{\"x\": \"\\\"mcpServers\\\": {\", \"y\": {\"mcpServers\": {}}}",
                format!(
                    "{{\n  \"mcpServers\": {{ {server} }},\"x\": \"\\\"mcpServers\\\": {{\", \"y\": {{\"mcpServers\": {{}}}}}}"
                ),
            ),
        ] {
            let written = text(agent("cursor").added(before, &entry()));
            assert_eq!(written, after);
            assert_eq!(agent("cursor").added(&written, &entry()), Ok(Added::Present), "{before}");
            assert!(agent("cursor").programs(&written).contains(&entry()));
        }
    }

    #[test]
    fn a_new_file_has_only_the_server() {
        for known in &AGENTS {
            let written = text(known.added(" \n", &entry()));
            assert_eq!(known.added(&written, &entry()), Ok(Added::Present), "{}", known.name);
            assert_eq!(known.programs(&written), [entry()], "{}", known.name);
        }
        assert!(agent("vscode").alone(&entry()).contains("\"type\": \"stdio\""));
    }

    #[test]
    fn a_file_that_is_not_understood_is_not_changed() {
        let other = "{\"mcpServers\":{\"example\":{\"command\":\"other\"}}}";
        assert_eq!(agent("cursor").added(other, &entry()), Err(SetupError::Taken));
        for unreadable in [
            "{ // a comment\n}",
            "[]",
            "{\"mcpServers\":[]}",
            "{\"mcpServers\":{},\"mcpServers\":{\"a\":{}}}",
            "{",
            "not JSON",
        ] {
            assert_eq!(
                agent("cursor").added(unreadable, &entry()),
                Err(SetupError::Unreadable),
                "{unreadable}"
            );
        }
        for (toml, why) in [
            ("mcp_servers = {}\n", SetupError::Unreadable),
            ("mcp_servers.example.command = \"x\"\n", SetupError::Unreadable),
            ("\"mcp_servers\".example.command = \"x\"\n", SetupError::Unreadable),
            ("[mcp_servers]\nexample = { command = \"x\" }\n", SetupError::Unreadable),
            ("[[mcp_servers]]\ncommand = \"x\"\n", SetupError::Unreadable),
            ("[mcp_servers.example]\ncommand = \"x\"\n", SetupError::Taken),
            ("\u{feff}[mcp_servers.example]\r\ncommand = \"x\"\r\n", SetupError::Taken),
            ("[ 'mcp_servers' . example ]\ncommand = \"x\"\n", SetupError::Taken),
            ("[mcp_servers.example.env]\nX = \"x\"\n", SetupError::Taken),
            ("[mcp_servers.\"example\"]\ncommand = \"x\"\n", SetupError::Taken),
        ] {
            assert_eq!(agent("codex").added(toml, &entry()), Err(why), "{toml}");
        }
        let codex = text(agent("codex").added("model = \"x\"\n[mcp_servers.example2]\n", &entry()));
        assert!(
            codex.starts_with("model = \"x\"\n[mcp_servers.example2]\n\n[mcp_servers.example]\n"),
            "{codex}"
        );
    }

    #[test]
    fn a_server_has_a_name_that_every_agent_accepts() {
        for (url, name) in [
            ("https://mcp.example.com/mcp", "example"),
            ("https://example.com:8443/", "example"),
            ("http://127.0.0.1:8080/mcp", "127-0-0-1"),
            ("http://localhost/", "localhost"),
            ("https://", "server"),
        ] {
            assert_eq!(name_for(url), name);
            assert!(is_name(&name_for(url)), "{url}");
        }
        assert!(!is_name("") && !is_name("a b") && !is_name("a.b") && !is_name(&"x".repeat(65)));
    }
}
