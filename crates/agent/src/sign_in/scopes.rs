//! Which scopes a sign-in asks for.

use std::sync::Arc;

use abide_oidc::{Error, OAuthError, Provider};

use crate::config::{AccountConfig, default_scopes};
use crate::state::store::Store;

pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// What to ask for: what the account says, all of it, whatever the provider lists (Discovery 1.0, section 3: it need not
/// list every scope). Where the account says nothing, `offline_access` only of a provider that lists it or lists nothing: another
/// may refuse the whole request for it.
pub(crate) fn scopes(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
    provider: &Provider,
) -> Vec<String> {
    let scopes = wanted_scopes(config, provider);
    if config.scopes.is_none() && config.openid {
        say_dropped(store, name, provider, (&default_scopes(), &scopes), Dropped::NotListed);
    }
    scopes
}

pub(crate) fn wanted_scopes(config: &AccountConfig, provider: &Provider) -> Vec<String> {
    if !config.openid && config.scopes.is_none() {
        // The others are claims. Without any, the server gives what it gives by itself (RFC 6749, section 3.3).
        let offline =
            (provider.offers_scope(OFFLINE_ACCESS) == Some(true)).then(|| OFFLINE_ACCESS.to_owned());
        return offline.into_iter().collect();
    }
    config.scopes.clone().unwrap_or_else(|| {
        let offline_known = provider.offers_scope(OFFLINE_ACCESS) != Some(false);
        default_scopes().into_iter().filter(|scope| scope != OFFLINE_ACCESS || offline_known).collect()
    })
}

/// For a second try after `invalid_scope`: without what the provider does not list. If it lists all of it, without `offline_access`,
/// which it may not grant to this client, unless the account names its scopes. `None` if nothing would be left out.
pub(crate) fn fewer_scopes(
    config: &AccountConfig,
    scopes: &[String],
    provider: &Provider,
) -> Option<Vec<String>> {
    let without = |keep: &dyn Fn(&str) -> bool| {
        let fewer: Vec<String> = scopes.iter().filter(|scope| keep(scope)).cloned().collect();
        (fewer.len() < scopes.len()).then_some(fewer)
    };
    let listed = without(&|scope| scope == "openid" || provider.offers_scope(scope) != Some(false));
    let unnamed = config.scopes.is_none();
    listed.or_else(|| without(&|scope| scope != OFFLINE_ACCESS).filter(|_| unnamed))
}

pub(crate) fn is_scope_refused(error: &Error) -> bool {
    matches!(error, Error::Refused { error: OAuthError::InvalidScope, .. })
}

/// Why scopes are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// The provider does not list them.
    NotListed,
    /// It has answered `invalid_scope`.
    Refused,
}

/// Says, once, which scopes are left out.
pub(crate) fn say_dropped(
    store: &Arc<Store>,
    name: &str,
    provider: &Provider,
    (wanted, asked): (&[String], &[String]),
    why: Dropped,
) {
    let dropped: Vec<&str> =
        wanted.iter().filter(|scope| !asked.contains(scope)).map(String::as_str).collect();
    if dropped.is_empty() {
        return;
    }
    tracing::warn!(account = name, scopes = dropped.join(" "), "scopes are left out");
    store.warning(dropped_scopes(name, &provider.display_host(), &dropped, why));
}

fn dropped_scopes(name: &str, host: &str, dropped: &[&str], why: Dropped) -> String {
    let scopes = dropped.join(", ");
    let mut text = match why {
        Dropped::NotListed => format!(
            "Account \u{201c}{name}\u{201d}: {host} does not list the scope {scopes}, so Abide signs in without it."
        ),
        Dropped::Refused => format!(
            "Account \u{201c}{name}\u{201d}: {host} refused the scopes of this account, so Abide signs in without {scopes}."
        ),
    };
    if dropped.contains(&OFFLINE_ACCESS) {
        text.push_str(
            " The session may end with its first token. If the provider has this scope, name it in `scopes`.",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sign_in::request::parameters;
    use crate::state::connection::discover;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// A provider that lists these scopes, or none.
    async fn listing(scopes: Option<Value>) -> Provider {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let mut metadata = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        if let Some(scopes) = scopes {
            metadata["scopes_supported"] = scopes;
        }
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = [0; 4096];
                let length = stream.read(&mut head).await.unwrap();
                let keys = head[..length].starts_with(b"GET /keys ");
                let body = if keys { json!({ "keys": [] }) } else { metadata.clone() }.to_string();
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                     Connection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let config = AccountConfig::new(issuer, "abide".to_owned());
        discover(&config).await.unwrap().1
    }

    fn account(scopes: Option<&[&str]>) -> AccountConfig {
        let scopes = scopes.map(|scopes| scopes.iter().map(|scope| (*scope).to_owned()).collect());
        AccountConfig { scopes, ..AccountConfig::new("https://id.example.com".into(), "abide".into()) }
    }

    /// Discovery 1.0, section 3: a provider need not list all that it knows.
    #[tokio::test]
    async fn a_scope_that_somebody_wrote_down_is_sent_whatever_the_provider_lists() {
        let short = listing(Some(json!(["openid", "profile", "email"]))).await;
        let written = account(Some(&["openid", "offline_access", "api"]));
        assert_eq!(wanted_scopes(&written, &short), ["openid", "offline_access", "api"]);
        assert_eq!(wanted_scopes(&account(None), &short), ["openid", "profile", "email"]);
        let parameters = parameters(&written, wanted_scopes(&written, &short));
        assert_eq!(parameters.prompt, ["consent"], "for `offline_access`");

        let silent = listing(None).await;
        assert_eq!(wanted_scopes(&written, &silent), ["openid", "offline_access", "api"]);
        assert_eq!(wanted_scopes(&account(None), &silent), default_scopes());
    }

    #[tokio::test]
    async fn what_is_left_out_after_a_refusal_is_what_the_provider_does_not_list() {
        let short = listing(Some(json!(["profile"]))).await;
        let asked = ["openid", "profile", "offline_access"].map(str::to_owned);
        let (unnamed, named) = (account(None), account(Some(&["openid", "offline_access"])));
        assert_eq!(fewer_scopes(&named, &asked, &short).unwrap(), ["openid", "profile"]);
        assert_eq!(fewer_scopes(&unnamed, &asked[..2], &short), None, "a second try would be the same");
        // Keycloak lists `offline_access` for the realm, and refuses it to a client that does not have it.
        let silent = listing(None).await;
        assert_eq!(fewer_scopes(&unnamed, &asked, &silent).unwrap(), ["openid", "profile"]);
        assert_eq!(fewer_scopes(&named, &asked, &silent), None, "what the account names is not left out");
        let said = dropped_scopes("work", "id.example.com", &["offline_access"], Dropped::NotListed);
        assert!(said.contains("offline_access") && said.contains("`scopes`"), "{said}");
        assert!(
            !dropped_scopes("work", "id.example.com", &["api"], Dropped::Refused).contains("first token")
        );
    }
}
