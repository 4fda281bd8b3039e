//! `[[dialects.FORMAT]]`: the servers that tools get tokens for.

use std::collections::BTreeMap;

use abide_dialects::program::{by_format, servers};
use abide_wire::DialectServer;
use serde::{Deserialize, Deserializer, de::Error};

/// The longest value that is sent to a provider or a tool.
const LONGEST: usize = 512;

/// The servers of each dialect, by its `--format`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DialectsConfig(BTreeMap<String, Vec<DialectServer>>);

impl DialectsConfig {
    /// The accounts that servers name, each with its dialect.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(format, servers)| {
            servers.iter().map(move |server| (format.as_str(), server.account.as_str()))
        })
    }

    /// The servers of a dialect.
    pub(crate) fn servers(&self, format: &str) -> &[DialectServer] {
        self.0.get(format).map_or(&[], Vec::as_slice)
    }
}

impl<'de> Deserialize<'de> for DialectsConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, Vec<DialectServer>>::deserialize(from)?;
        for (format, servers) in &all {
            if by_format(format).is_none_or(|program| program.server.is_none()) {
                return Err(D::Error::custom(format!(
                    "there is no dialect \u{201c}{format}\u{201d} with servers"
                )));
            }
            servers.iter().try_for_each(check).map_err(D::Error::custom)?;
        }
        Ok(Self(all))
    }
}

/// Refuses what could not be written in one line of a request.
fn check(server: &DialectServer) -> Result<(), String> {
    servers::address(&server.host)
        .map_err(|error| format!("`host` {error}, not \u{201c}{}\u{201d}", server.host))?;
    let optional = [
        ("resource", &server.resource),
        ("audience", &server.audience),
        ("scope", &server.scope),
        ("user", &server.user),
    ];
    let named = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
    for (name, value) in named.chain([("account", server.account.as_str())]) {
        if value.is_empty() || value.len() > LONGEST || value.chars().any(char::is_control) {
            return Err(format!("`{name}` has to be one line of up to {LONGEST} characters"));
        }
    }
    if server.user.as_deref() == Some("<token>") {
        return Err("`user` cannot be <token>: docker would take the token for a refresh token".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use crate::config::Config;

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_servers_of_a_dialect_are_its_own() {
        let text = "[[dialects.git]]\nhost = \"git.example.com\"\naccount = \"work\"\nresource = \"https://git.example.com\"\n\
                    [[dialects.git]]\nhost = \"http://127.0.0.1:3000\"\naccount = \"home\"\nuser = \"me\"\n\
                    [[dialects.docker]]\nhost = \"registry.example.com\"\naccount = \"work\"\n";
        let dialects = read(text).unwrap().dialects;
        let hosts = |format: &str| {
            dialects.servers(format).iter().map(|server| server.host.clone()).collect::<Vec<_>>()
        };
        assert_eq!(hosts("git"), ["git.example.com", "http://127.0.0.1:3000"]);
        assert_eq!(hosts("docker"), ["registry.example.com"]);
        assert_eq!(hosts("cargo"), Vec::<String>::new());
        assert_eq!(dialects.servers("git")[1].user.as_deref(), Some("me"));
    }

    #[test]
    fn what_could_send_a_token_elsewhere_is_refused() {
        for (lines, word) in [
            ("host = \"http://git.example.com\"\naccount = \"work\"", "https"),
            ("host = \"*.example.com\"\naccount = \"work\"", "`host`"),
            ("host = \"\"\naccount = \"work\"", "`host`"),
            ("host = \"git.example.com\"", "account"),
            ("host = \"git.example.com\"\naccount = \"\"", "`account`"),
            ("host = \"git.example.com\"\naccount = \"work\"\nuser = \"a\\nb\"", "`user`"),
            ("host = \"git.example.com\"\naccount = \"work\"\nuser = \"<token>\"", "`user`"),
            ("host = \"git.example.com\"\naccount = \"work\"\nports = 1", "ports"),
        ] {
            let said = read(&format!("[[dialects.git]]\n{lines}\n")).unwrap_err();
            assert!(said.contains(word) && said.contains("config.toml:"), "{lines}: {said}");
        }
        for format in ["exec", "gti"] {
            let said =
                read(&format!("[[dialects.{format}]]\nhost = \"a.example.com\"\naccount = \"work\"\n"))
                    .unwrap_err();
            assert!(said.contains(format), "{said}");
        }
    }
}
