//! `[proxies.NAME]`: addresses on this computer whose requests are passed on to one server, with a token.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use abide_oidc::{Proxy, TokenTarget, is_loopback};
use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

use crate::config::proxy::proxy;
use crate::config::validate::is_name;

/// The longest value that is sent to a provider.
const LONGEST: usize = 512;

/// The proxies, by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ProxiesConfig(pub(crate) BTreeMap<String, ProxyConfig>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct ProxyConfig {
    /// An address of loopback. Port 0 is any that is free.
    pub(crate) listen: SocketAddr,
    /// The server, and the path that all requests begin with. Ends with a slash.
    pub(crate) upstream: Url,
    /// The account that the token belongs to.
    pub(crate) account: String,
    /// What the token is for.
    pub(crate) target: TokenTarget,
    /// Certificates that are trusted beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
    /// The proxy to the server; by default the one of all accounts.
    pub(crate) proxy: Option<Proxy>,
    /// How long the server may take until its answer begins.
    pub(crate) timeout: Option<Duration>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    listen: SocketAddr,
    upstream: Url,
    account: String,
    resource: Option<String>,
    audience: Option<String>,
    scope: Option<String>,
    ca_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "proxy")]
    proxy: Option<Proxy>,
    timeout: Option<String>,
}

impl TryFrom<Written> for ProxyConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let Written { listen, mut upstream, account, resource, audience, scope, ca_file, proxy, timeout } =
            written;
        if !listen.ip().is_loopback() {
            return Err("`listen` has to be an address of this computer, like \"127.0.0.1:47700\"".to_owned());
        }
        if upstream.scheme() != "https" && !(upstream.scheme() == "http" && is_loopback(&upstream)) {
            return Err(
                "`upstream` has to be an https address. http is for servers on this computer".to_owned()
            );
        }
        let alone = upstream.query().is_none()
            && upstream.fragment().is_none()
            && upstream.username().is_empty()
            && upstream.password().is_none();
        if !alone {
            return Err(
                "`upstream` has to be a server and a path, like \"https://api.example.com/v1\"".to_owned()
            );
        }
        if !upstream.path().ends_with('/') {
            let path = format!("{}/", upstream.path());
            upstream.set_path(&path);
        }
        let optional = [("resource", &resource), ("audience", &audience), ("scope", &scope)];
        let named = optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        for (name, value) in named.chain([("account", account.as_str())]) {
            let fits = !value.is_empty() && value.len() <= LONGEST && !value.chars().any(char::is_control);
            if !fits {
                return Err(format!("`{name}` has to be a text of up to {LONGEST} characters"));
            }
            if name != "scope" && value.contains(' ') {
                return Err(format!("`{name}` has to be one word"));
            }
        }
        let mut scopes: Vec<String> =
            scope.iter().flat_map(|scope| scope.split_ascii_whitespace()).map(str::to_owned).collect();
        scopes.sort();
        scopes.dedup();
        let target = TokenTarget {
            scopes,
            resources: resource.into_iter().collect(),
            audiences: audience.into_iter().collect(),
            ..TokenTarget::default()
        };
        let timeout = timeout.as_deref().map(patience).transpose()?;
        Ok(Self { listen, upstream, account, target, ca_file, proxy, timeout })
    }
}

fn patience(text: &str) -> Result<Duration, String> {
    let limits = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
    let read = humantime::parse_duration(text).ok().filter(|time| limits.contains(time));
    read.ok_or_else(|| "`timeout` has to be a duration between \"1s\" and \"24h\", like \"10m\"".to_owned())
}

impl<'de> Deserialize<'de> for ProxiesConfig {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let all = BTreeMap::<String, ProxyConfig>::deserialize(from)?;
        match all.keys().find(|name| !is_name(name)) {
            Some(name) => Err(D::Error::custom(format!(
                "\u{201c}{name}\u{201d} is not a name for a proxy: one to 32 lower-case letters, digits, hyphens or underscores"
            ))),
            None => Ok(Self(all)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::time::Duration;

    use crate::config::Config;

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("config.toml"), text).map_err(|error| error.to_string())
    }

    const LISTEN: &str = "listen = \"127.0.0.1:47700\"\n";

    #[test]
    fn a_proxy_has_an_address_a_server_and_an_account() {
        let text = format!(
            "proxy = \"http://all:3128\"\n[proxies.api]\n{LISTEN}upstream = \"https://api.example.com/v1\"\naccount = \"work\"\n\
             resource = \"https://api.example.com\"\nscope = \"write read\"\n\
             [proxies.here]\nlisten = \"[::1]:0\"\nupstream = \"http://127.0.0.1:3000\"\naccount = \"work\"\nproxy = \"none\"\n\
             timeout = \"90s\"\n"
        );
        let proxies = read(&text).unwrap().proxies.0;
        let (api, here) = (&proxies["api"], &proxies["here"]);
        assert_eq!(api.upstream.as_str(), "https://api.example.com/v1/");
        assert_eq!(api.target.scopes, ["read", "write"]);
        assert_eq!(api.target.resources, ["https://api.example.com"]);
        assert!(format!("{:?}", api.proxy).contains("all:3128"), "{:?}", api.proxy);
        assert_eq!((here.listen.port(), here.upstream.as_str()), (0, "http://127.0.0.1:3000/"));
        assert!(format!("{:?}", here.proxy).contains("Direct"), "{:?}", here.proxy);
        assert_eq!((api.timeout, here.timeout), (None, Some(Duration::from_secs(90))));
    }

    #[test]
    fn what_could_send_a_token_elsewhere_is_refused() {
        let upstream = "upstream = \"https://api.example.com\"\n";
        let account = "account = \"work\"\n";
        for (lines, word) in [
            (format!("listen = \"0.0.0.0:47700\"\n{upstream}{account}"), "`listen`"),
            (format!("listen = \"192.168.0.4:80\"\n{upstream}{account}"), "`listen`"),
            (format!("listen = \"localhost:80\"\n{upstream}{account}"), "socket address"),
            (format!("{LISTEN}upstream = \"http://api.example.com\"\n{account}"), "https"),
            (format!("{LISTEN}upstream = \"ftp://127.0.0.1\"\n{account}"), "https"),
            (format!("{LISTEN}upstream = \"https://u:p@api.example.com\"\n{account}"), "`upstream`"),
            (format!("{LISTEN}upstream = \"https://api.example.com/?a=b\"\n{account}"), "`upstream`"),
            (format!("{LISTEN}{upstream}"), "account"),
            (format!("{LISTEN}{upstream}account = \"\"\n"), "`account`"),
            (format!("{LISTEN}{upstream}{account}resource = \"a b\"\n"), "`resource`"),
            (format!("{LISTEN}{upstream}{account}timeout = \"0s\"\n"), "`timeout`"),
            (format!("{LISTEN}{upstream}{account}timeout = \"soon\"\n"), "`timeout`"),
            (format!("{LISTEN}{upstream}{account}header = \"x\"\n"), "header"),
        ] {
            let said = read(&format!("[proxies.api]\n{lines}")).unwrap_err();
            assert!(said.contains(word) && said.contains("config.toml:"), "{lines}: {said}");
        }
        let said = read(&format!("[proxies.\"My API\"]\n{LISTEN}{upstream}{account}")).unwrap_err();
        assert!(said.contains("My API"), "{said}");
    }
}
