//! `config.toml`: read whole or refused whole.

mod account;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod dialects;
pub(crate) mod dpop;
pub(crate) mod edit;
mod error;
pub(crate) mod language;
mod managed;
mod named;
pub(crate) mod policy;
pub(crate) mod proxies;
pub(crate) mod proxy;
mod read;
pub(crate) mod requests;
pub(crate) mod settings;
pub(crate) mod surroundings;
mod text;
pub(crate) mod validate;
pub(crate) mod vault;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use abide_oidc::Proxy;
use abide_wire::{Language, UpdateMode};
use serde::Deserialize;

pub(crate) use crate::config::account::{
    AccountConfig, LogoutConfig, ProviderConfig, SessionConfig, default_scopes,
};
pub use crate::config::error::ConfigError;
pub(crate) use crate::config::requests::ResponseMode;
pub(crate) use crate::config::text::LONGEST_FILE;

use crate::config::audit::AuditConfig;
use crate::config::dialects::DialectsConfig;
use crate::config::policy::Policy;
use crate::config::proxies::ProxiesConfig;
use crate::config::proxy::proxy;
use crate::config::vault::VaultConfig;

/// The configuration of one user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The language in which people are addressed; that of the system if it is not set.
    pub(crate) language: Option<Language>,
    /// The names of accounts in the order in which views show them. Others follow, in the order of their names.
    #[serde(default)]
    pub(crate) account_order: Vec<String>,
    /// Whether another version that is installed takes over by itself; it does unless this says no.
    pub(crate) restart_after_upgrade: Option<bool>,
    /// What is done about newer versions of Abide; nothing unless this says otherwise.
    pub(crate) updates: Option<UpdateMode>,
    /// Whether links can ask to add an account; they can unless this says no.
    pub(crate) links: Option<bool>,
    /// A program with its arguments that opens an address; the address follows as one more argument.
    pub(crate) browser: Option<Vec<String>>,
    /// Through whom providers are reached, for every account that does not say otherwise.
    #[serde(default, deserialize_with = "proxy")]
    pub(crate) proxy: Option<Proxy>,
    #[serde(default)]
    pub(crate) endpoint: EndpointConfig,
    #[serde(default)]
    pub(crate) logout_listener: LogoutListenerConfig,
    /// How sessions are kept between two starts.
    #[serde(default)]
    pub(crate) vault: VaultConfig,
    /// The record of what was decided.
    #[serde(default)]
    pub(crate) audit: AuditConfig,
    /// The servers that tools get tokens for.
    #[serde(default)]
    pub(crate) dialects: DialectsConfig,
    /// The addresses whose requests are passed on with a token.
    #[serde(default)]
    pub(crate) proxies: ProxiesConfig,
    #[serde(default)]
    pub(crate) accounts: BTreeMap<String, AccountConfig>,
    /// What the administrator has decided.
    #[serde(skip)]
    pub(crate) policy: Arc<Policy>,
}

impl Config {
    /// The place of an account among the others. Equal for accounts that `account_order` does not name.
    pub(crate) fn place_of(&self, account: &str) -> usize {
        self.account_order.iter().position(|name| name == account).unwrap_or(usize::MAX)
    }

    /// Whether another version that is installed while Abide runs takes over by itself.
    pub(crate) fn restarts_after_upgrade(&self) -> bool {
        self.restart_after_upgrade.unwrap_or(true)
    }

    /// Whether links can ask to add an account.
    pub(crate) fn takes_links(&self) -> bool {
        self.links.unwrap_or(true)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EndpointConfig {
    /// The port on 127.0.0.1; 0 is any that is free.
    pub(crate) port: u16,
}

impl Default for EndpointConfig {
    fn default() -> Self {
        Self { port: 47600 }
    }
}

/// Where providers send logout notifications. Bound only if an account listens to one of the two channels.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogoutListenerConfig {
    /// The address; loopback by default.
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    /// Names under which it is reached from elsewhere, for instance that of a reverse proxy.
    pub(crate) hosts: Vec<String>,
}

impl Default for LogoutListenerConfig {
    fn default() -> Self {
        Self { address: Ipv4Addr::LOCALHOST.into(), port: 47601, hosts: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::PathBuf;

    use abide_session::Limits;
    use url::Url;

    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide/config.toml");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn the_example_of_the_guide_is_read() {
        let (_folder, path) = written(
            "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n\
             [accounts.work.session]\nend_after = \"15m\"\nwarn_after = \"12m\"\nabsolute = \"12h\"\n",
        );
        let config = Config::read(&path).unwrap();
        assert_eq!(config.accounts["work"].limits().unwrap(), Limits::default());
        assert_eq!(config.endpoint.port, 47600);
        assert_eq!(config.accounts["work"].redirect_uris[0].as_str(), "http://127.0.0.1/callback");
        let sign_out: Vec<_> = config.accounts["work"].logout.redirect_uris.iter().map(Url::port).collect();
        assert_eq!(sign_out, [Some(47624), Some(47625), Some(47626), None]);
    }

    #[test]
    fn a_mistake_is_named_with_its_line_and_column() {
        let (_folder, path) =
            written("[accounts.work]\nissuer = \"https://id.example.com\"\nclient_ID = \"abide\"\n");
        let said = Config::read(&path).unwrap_err().to_string();
        assert!(said.contains("config.toml:3:1:") && said.contains("client_ID"), "{said}");
    }

    #[test]
    fn a_duration_that_is_none_says_how_to_write_one() {
        let (_folder, path) = written(
            "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\nsession.end_after = \"soon\"\n",
        );
        let said = Config::read(&path).unwrap_err().to_string();
        assert!(said.contains(":4:") && said.contains("\"15m\""), "{said}");
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        let (_folder, path) = written(
            "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\nsession.end_after = \"5m\"\n",
        );
        assert!(Config::read(&path).unwrap_err().to_string().contains("warn_after"));
    }

    #[test]
    fn what_could_never_work_is_refused_when_the_file_is_read() {
        for (line, word) in [
            ("provider.watch = [\"events\"]", "`provider.events`"),
            ("provider.events_transmitter = \"http://id.example.com\"", "https"),
            ("provider.events_transmitter = \"somewhere\"", "address"),
            (
                "provider = { events = \"https://a.example\", events_transmitter = \"https://b.example\" }",
                "choose one",
            ),
            (
                "provider = { events_push = true, events_transmitter = \"https://b.example\" }",
                "events_push_url",
            ),
            ("logout.extra = { state = \"x\" }", "state"),
            ("extra = { nonce = \"x\" }", "nonce"),
            ("resources = [\"api\"]", "resource"),
            ("request_claims = { id_token = { acr = 1 } }", "claims"),
            ("max_age = \"soon\"", "soon"),
            ("redirect_uri = []", "redirect_uri"),
            ("token_endpoint_auth_method = \"tls\"", "token_endpoint_auth_method"),
            ("token_endpoint_auth_method = \"client_secret_post\"", "client_secret_file"),
            ("id_token_signed_response_alg = \"none\"", "id_token_signed_response_alg"),
            ("client_assertion_audience = \"https://x\"", "client_assertion_audience"),
            ("metadata_url = \"http://id.example.com/metadata\"", "metadata_url"),
            ("metadata_url = \"https://id.example.com/metadata#a\"", "metadata_url"),
            ("pushed_requests = \"maybe\"", "auto"),
            ("token_endpoint_auth_signing_alg = \"RS256\"", "client_key_file"),
            (
                "client_key_file = \"/k\"\ntoken_endpoint_auth_signing_alg = \"HS256\"",
                "token_endpoint_auth_signing_alg",
            ),
            ("resource_scope = \".default\"", "{resource}"),
            ("dpop = \"maybe\"", "off"),
            ("claims = { team = \"/groups/~2\" }", "claims"),
            ("redirect_uri = 8400", "a list of them"),
            ("logout.extra = { \"two words\" = \"x\" }", "two words"),
        ] {
            let (_folder, path) = written(&format!(
                "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n{line}\n"
            ));
            let said = Config::read(&path).unwrap_err().to_string();
            assert!(said.contains(word), "{line}: {said}");
        }
    }

    #[test]
    fn a_redirect_that_leaves_the_machine_is_refused() {
        for redirect in
            ["http://192.168.0.4/callback", "https://127.0.0.1/callback", "http://127.0.0.1/c?x=1"]
        {
            let (_folder, path) = written(&format!(
                "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\nredirect_uri = \"{redirect}\"\n"
            ));
            assert!(matches!(Config::read(&path), Err(ConfigError::Account { .. })), "{redirect}");
        }
    }
}
