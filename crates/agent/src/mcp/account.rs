//! The account whose provider issues the tokens of a server.

use std::sync::Arc;

use abide_oidc::{Http, ProtectedResource};
use abide_wire::{ErrorAnswer, ErrorCode};

use crate::config::AccountConfig;
use crate::config::edit::ConfigFile;
use crate::state::connected::connection;
use crate::state::connection::{discover, http_of};
use crate::state::store::Store;

/// The HTTP client of an account; without one, with the settings for all accounts.
///
/// # Errors
///
/// `unknown_account`, `this_computer`.
pub(super) async fn http(store: &Arc<Store>, account: Option<&str>) -> Result<Http, ErrorAnswer> {
    let config = match account {
        Some(name) => store.act(name, |account, _| account.config.clone())?,
        None => without_account(store, "").await,
    };
    let http = http_of(&config).await;
    http.map(Http::of_servers).map_err(|error| ErrorAnswer::new(ErrorCode::ThisComputer, error.to_string()))
}

/// How a server or a provider is reached that no account is of: through the proxy for all accounts.
async fn without_account(store: &Store, issuer: &str) -> AccountConfig {
    let file = ConfigFile::read_aside(&store.options).await;
    let proxy = file.ok().and_then(|file| file.config.proxy);
    AccountConfig { proxy, ..AccountConfig::new(issuer.to_owned(), String::new()) }
}

/// An account, as far as the choice depends on it.
struct Candidate {
    name: String,
    issuer: String,
    signed_in: bool,
}

/// The account for a server: the named one, or the one of the first provider that the server names.
///
/// # Errors
///
/// `unknown_account`; `action_required` without an account; `invalid_request` if there are several; `unusable_answer` for a
/// provider that does not say that it checks PKCE.
pub(super) async fn choose(
    store: &Arc<Store>,
    named: Option<&str>,
    resource: &ProtectedResource,
) -> Result<String, ErrorAnswer> {
    let issuers = match named {
        // The server lets the client choose (RFC 9728, section 7.6).
        Some(_) => &resource.authorization_servers[..],
        None => resource.authorization_servers.get(..1).unwrap_or_default(),
    };
    let candidates: Vec<Candidate> = {
        let core = store.core();
        core.accounts
            .iter()
            .map(|account| Candidate {
                name: account.name.clone(),
                issuer: account.config.issuer.clone(),
                signed_in: account.held.is_some(),
            })
            .collect()
    };
    let issuer = issuers.first().map(String::as_str).unwrap_or_default();
    let chosen = match select(&candidates, named, issuers) {
        Selected::One(name) => name,
        Selected::None => return Err(no_account(store, issuer).await),
        Selected::Unknown(name) => {
            return Err(ErrorAnswer::new(
                ErrorCode::UnknownAccount,
                format!("There is no account \u{201c}{name}\u{201d}."),
            ));
        }
        Selected::Foreign(name) => {
            return Err(ErrorAnswer::new(
                ErrorCode::InvalidRequest,
                format!(
                    "The account \u{201c}{name}\u{201d} is not of {}, which issues the tokens of this MCP server. Abide does not send \
                     it a token of another provider.",
                    resource.authorization_servers.join(" or ")
                ),
            ));
        }
        Selected::Several(names) => {
            return Err(ErrorAnswer::new(
                ErrorCode::InvalidRequest,
                format!("Several accounts are of {issuer}. Say which one: --account {}", names.join(" or ")),
            ));
        }
    };
    checks_pkce(store, &chosen, issuer).await?;
    Ok(chosen)
}

enum Selected {
    One(String),
    None,
    Unknown(String),
    Foreign(String),
    Several(Vec<String>),
}

fn select(candidates: &[Candidate], named: Option<&str>, issuers: &[String]) -> Selected {
    let fits = |candidate: &&Candidate| issuers.iter().any(|issuer| is_same(issuer, &candidate.issuer));
    if let Some(named) = named {
        return match candidates.iter().find(|candidate| candidate.name == named) {
            None => Selected::Unknown(named.to_owned()),
            Some(candidate) if fits(&candidate) => Selected::One(named.to_owned()),
            Some(_) => Selected::Foreign(named.to_owned()),
        };
    }
    let fitting: Vec<&Candidate> = candidates.iter().filter(fits).collect();
    let signed_in: Vec<&&Candidate> = fitting.iter().filter(|candidate| candidate.signed_in).collect();
    match (fitting.as_slice(), signed_in.as_slice()) {
        ([], _) => Selected::None,
        ([only], _) => Selected::One(only.name.clone()),
        (_, [only]) => Selected::One(only.name.clone()),
        _ => Selected::Several(fitting.iter().map(|candidate| candidate.name.clone()).collect()),
    }
}

/// Whether a server names the issuer of an account. Some servers add a slash to each address. This only chooses an account: the
/// provider's own metadata and tokens are compared byte for byte.
fn is_same(named: &str, issuer: &str) -> bool {
    named == issuer || named.strip_suffix('/').unwrap_or(named) == issuer.strip_suffix('/').unwrap_or(issuer)
}

/// MCP clients must refuse a provider that does not say that it checks PKCE with S256.
async fn checks_pkce(store: &Arc<Store>, account: &str, issuer: &str) -> Result<(), ErrorAnswer> {
    let connection = connection(store, account)
        .await
        .map_err(|error| ErrorAnswer::new(ErrorCode::ProviderUnreachable, error.to_string()))?;
    if connection.relying_party.provider().names_pkce() {
        return Ok(());
    }
    Err(ErrorAnswer::new(
        ErrorCode::UnusableAnswer,
        format!(
            "{issuer} does not say that it checks PKCE with S256 (`code_challenge_methods_supported`), and the MCP specification \
             forbids its use."
        ),
    ))
}

/// What to do where no account is of the provider.
async fn no_account(store: &Arc<Store>, issuer: &str) -> ErrorAnswer {
    let config = without_account(store, issuer).await;
    let (found, preset) = match discover(&config).await {
        // Most MCP servers have an authorization server without OpenID Connect.
        Err(error) => match discover(&AccountConfig { openid: false, ..config }).await {
            Ok(found) => (Ok(found), " --preset oauth"),
            Err(_) => (Err(error), ""),
        },
        found => (found, ""),
    };
    let text = match found {
        Err(error) => format!(
            "No account is of {issuer}, which issues the tokens of this MCP server, and Abide cannot sign in there: {error}"
        ),
        Ok((_, provider)) if !provider.names_pkce() => format!(
            "No account is of {issuer}, which issues the tokens of this MCP server. It does not say that it checks PKCE with S256, \
             so Abide does not use it for MCP."
        ),
        Ok((_, provider)) => {
            let client = match (provider.reads_client_metadata_documents(), provider.has_registration()) {
                (true, _) => "--client-id ADDRESS_OF_YOUR_CLIENT_METADATA_DOCUMENT --register",
                (false, true) => "--register",
                (false, false) => "--client-id ID",
            };
            format!(
                "No account is of {issuer}, which issues the tokens of this MCP server. Add one: abide accounts add NAME{preset} \
                 --issuer {issuer} {client}"
            )
        }
    };
    ErrorAnswer::new(ErrorCode::ActionRequired, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(of: &[(&str, &str, bool)]) -> Vec<Candidate> {
        let candidate = |(name, issuer, signed_in): &(&str, &str, bool)| Candidate {
            name: (*name).to_owned(),
            issuer: (*issuer).to_owned(),
            signed_in: *signed_in,
        };
        of.iter().map(candidate).collect()
    }

    #[test]
    fn the_account_is_the_one_of_the_provider_that_the_server_names() {
        let known = candidates(&[
            ("home", "https://id.home.example", true),
            ("work", "https://id.work.example/", false),
            ("other", "https://id.two.example", false),
            ("twin", "https://id.two.example", true),
        ]);
        let issuers = |issuer: &str| vec![issuer.to_owned()];
        let one = |named: Option<&str>, issuer: &str| match select(&known, named, &issuers(issuer)) {
            Selected::One(name) => name,
            Selected::None => "none".to_owned(),
            Selected::Unknown(_) => "unknown".to_owned(),
            Selected::Foreign(_) => "foreign".to_owned(),
            Selected::Several(_) => "several".to_owned(),
        };
        assert_eq!(one(None, "https://id.home.example/"), "home");
        assert_eq!(one(None, "https://id.work.example"), "work");
        assert_eq!(one(None, "https://id.two.example"), "twin", "the one that is signed in");
        assert_eq!(one(Some("other"), "https://id.two.example"), "other");
        assert_eq!(one(None, "https://id.evil.example"), "none");
        assert_eq!(one(None, "https://id.home.example//"), "none");
        assert_eq!(one(Some("home"), "https://id.evil.example"), "foreign");
        assert_eq!(one(Some("gone"), "https://id.home.example"), "unknown");
    }
}
