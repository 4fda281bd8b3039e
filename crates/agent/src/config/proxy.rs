//! `proxy` in the configuration: for all accounts, or for one.

use abide_oidc::{Proxy, ProxyAddress, ProxyAddressError};
use serde::Deserialize;
use serde::de::Error as _;

/// Both ways to write it.
#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "\"system\", \"none\", an address like \"http://proxy.example.com:3128\", or a table with `url`, `no_proxy` and `loopback`"
)]
enum Written {
    Text(String),
    /// A list would be read as a table whose members have no names.
    List(#[allow(dead_code, reason = "that there is one is all that counts")] Vec<serde::de::IgnoredAny>),
    Table(Table),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: String,
    #[serde(default)]
    no_proxy: Vec<String>,
    #[serde(default)]
    loopback: bool,
}

pub(crate) fn proxy<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Proxy>, D::Error> {
    let table = match Written::deserialize(from)? {
        Written::Text(text) if text == "system" => return Ok(Some(Proxy::System)),
        Written::Text(text) if text == "none" => return Ok(Some(Proxy::Direct)),
        Written::Text(url) => Table { url, no_proxy: Vec::new(), loopback: false },
        Written::Table(table) => table,
        Written::List(_) => return Err(D::Error::custom(ProxyAddressError)),
    };
    let Table { url, no_proxy: except, loopback } = table;
    // The words say what is expected and not what was found: a password may be in it.
    let address = ProxyAddress::parse(&url).map_err(D::Error::custom)?;
    Ok(Some(Proxy::Through { address, except, loopback }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    const ACCOUNTS: &str = "[accounts.a]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n\
                            [accounts.b]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n";

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
    }

    fn shown(config: &Config, account: &str) -> String {
        match &config.accounts[account].proxy {
            Some(Proxy::Through { address, except, loopback }) => format!("{address} {except:?} {loopback}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn an_account_has_the_proxy_of_all_unless_it_has_one_of_its_own() {
        let config = read(&format!("proxy = \"http://all:3128\"\n{ACCOUNTS}proxy = \"none\"\n")).unwrap();
        assert_eq!(shown(&config, "a"), "http://all:3128 [] false");
        assert_eq!(shown(&config, "b"), "Some(Direct)");
        let own = "proxy = { url = \"socks5h://u:p@own\", no_proxy = [\".corp\"], loopback = true }\n";
        let config = read(&format!("{ACCOUNTS}{own}")).unwrap();
        assert_eq!(shown(&config, "a"), "None");
        assert_eq!(shown(&config, "b"), "socks5h://own:1080 [\".corp\"] true");
    }

    #[test]
    fn a_proxy_that_is_none_is_refused_without_saying_its_password() {
        for wrong in [
            "proxy = \"ftp://alice:canary-pw@proxy\"\n",
            "proxy = \"alice:canary-pw@proxy:3128\"\n",
            "proxy = { url = \"http://alice:canary-pw@proxy\", noproxy = [] }\n",
            "proxy = [\"http://alice:canary-pw@proxy\"]\n",
            "proxy = { url = \"http://alice:canary-pw@proxy/x\" }\n",
        ] {
            let refused = read(&format!("{wrong}{ACCOUNTS}")).unwrap_err();
            assert!(refused.starts_with("config.toml:1:"), "{refused}");
            assert!(
                !refused.contains("canary") && refused.contains("http://proxy.example.com:3128"),
                "{refused}"
            );
        }
    }
}
