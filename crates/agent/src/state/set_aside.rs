//! Sessions in the vault that an account cannot continue: those of another client, and those that this version cannot read. They
//! are kept under another name until their tokens are revoked. What cannot be read or revoked is kept for a while: a newer version
//! of Abide may be able to.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::ErrorKind;
use abide_vault::Zeroizing;

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::state::connection::connect;
use crate::state::last_error::LastError;
use crate::state::record::{StoredSession, Tokens, record_name, tokens_in};
use crate::state::revoke::{GivenBack, give_back};
use crate::state::store::Store;
use crate::view::notices;

const PREFIX: &str = "set-aside/";
/// At most this many are kept; of more, the oldest are removed.
const MOST: usize = 16;
/// Nothing is kept longer than this.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// Why an account cannot continue a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It was begun with another provider, or as another client.
    OtherClient,
    /// This version cannot read it.
    Unreadable,
}

/// The session that a record holds for this account.
///
/// # Errors
///
/// Why the account cannot continue it.
pub(crate) fn session_for(config: &AccountConfig, content: &[u8]) -> Result<StoredSession, Why> {
    let stored = StoredSession::decode(content).ok_or(Why::Unreadable)?;
    let heading = &stored.heading;
    let ours = heading.issuer == config.issuer && heading.client_id == config.client_id;
    if ours { Ok(stored) } else { Err(Why::OtherClient) }
}

/// Adds an account with the session that the vault has kept for it. One that the account cannot continue is set aside.
pub(crate) fn take_up(store: &Arc<Store>, name: &str, config: AccountConfig, kept: Option<&[u8]>) {
    match kept.map(|content| session_for(&config, content)) {
        None => store.add(name, config, None),
        Some(Ok(stored)) => store.add(name, config, Some(stored)),
        Some(Err(why)) => {
            store.add(name, config.clone(), None);
            set_aside(store, name, config, kept.unwrap_or_default(), why);
        }
    }
}

/// Keeps a session under another name, reports it, and revokes its tokens.
fn set_aside(store: &Arc<Store>, name: &str, config: AccountConfig, content: &[u8], why: Why) {
    tracing::warn!(account = name, ?why, "a stored session is set aside");
    let sentence = match why {
        Why::OtherClient => notices::other_client_set_aside(name),
        Why::Unreadable => notices::unreadable_set_aside(name),
    };
    store.warning(sentence.clone());
    let _ = store.act(name, |account, _| {
        account.last_error = Some(LastError::new("session_set_aside", ErrorKind::ActionRequired, sentence))
    });
    let record = format!("{PREFIX}{name}/{}", clock::wall().as_nanos());
    let kept = Zeroizing::new(content.to_vec());
    let written = store.vault.part(&record_name(name), &record, Some(kept.clone()));
    let after = store.clone();
    store.before_the_end(async move {
        if let Err(error) = written.await {
            tracing::error!(%error, "a session could not be set aside");
            after.warning(error.to_string());
        }
        revoke(&after, record, &config, &kept).await;
    });
}

/// Revokes a stored session that another one has taken the place of.
pub(crate) fn replaced(store: &Arc<Store>, name: &str, config: AccountConfig, content: Zeroizing<Vec<u8>>) {
    let record = format!("{PREFIX}{name}/{}", clock::wall().as_nanos());
    let written = store.vault.put(&record, content.clone());
    let after = store.clone();
    store.before_the_end(async move {
        if let Err(error) = written.await {
            tracing::error!(%error, "a session could not be set aside");
        }
        revoke(&after, record, &config, &content).await;
    });
}

/// Takes care of what earlier processes have set aside: reports it, tries to revoke it again, and removes what is too old.
pub(crate) fn resume(store: &Arc<Store>, records: &[(String, Zeroizing<Vec<u8>>)]) {
    let mut kept: Vec<_> = records
        .iter()
        .filter_map(|(record, content)| {
            let (account, at) = record.strip_prefix(PREFIX)?.rsplit_once('/')?;
            Some((Duration::from_nanos(at.parse().ok()?), account, record, content))
        })
        .collect();
    kept.sort_by_key(|kept| std::cmp::Reverse(kept.0));
    for (index, (at, account, record, content)) in kept.into_iter().enumerate() {
        let config = store.act(account, |account, _| account.config.clone());
        let config = config.or_else(|_| {
            let read = tokens_in(content).ok_or(())?;
            Ok::<_, ()>(AccountConfig::new(read.issuer, read.client_id))
        });
        let too_old = clock::wall().saturating_sub(at) > LONGEST || index >= MOST;
        if too_old {
            tracing::warn!(account, "a session that was set aside is removed");
            store.warning(notices::set_aside_removed(account));
            forget(store, record.clone());
            continue;
        }
        store.warning(notices::still_set_aside(account));
        let (after, record, content) = (store.clone(), record.clone(), content.clone());
        if let Ok(config) = config {
            store.before_the_end(async move { revoke(&after, record, &config, &content).await });
        }
    }
}

/// Revokes what can be read of a session that was set aside, and removes its record once the provider has confirmed it.
async fn revoke(store: &Arc<Store>, record: String, config: &AccountConfig, content: &[u8]) {
    let Some(Tokens { issuer, client_id, tokens }) = tokens_in(content) else { return };
    let connection = match connect(&as_client(config, issuer, client_id)).await {
        Ok(connection) => connection,
        Err(error) => {
            tracing::warn!(code = error.code(), "a session that was set aside is not revoked yet");
            return;
        }
    };
    for token in tokens {
        if give_back(connection.clone(), token).await != GivenBack::Revoked {
            return;
        }
    }
    tracing::info!("a session that was set aside is revoked");
    forget(store, record);
}

/// How the client that a session belongs to speaks to its provider. Another one's secrets are not sent there.
pub(crate) fn as_client(config: &AccountConfig, issuer: String, client_id: String) -> AccountConfig {
    if config.issuer == issuer && config.client_id == client_id {
        return config.clone();
    }
    let plain = AccountConfig {
        ca_file: config.ca_file.clone(),
        proxy: config.proxy.clone(),
        timeout: config.timeout,
        ..AccountConfig::new(issuer, client_id)
    };
    if config.issuer != plain.issuer {
        return plain;
    }
    AccountConfig {
        issuer_template: config.issuer_template.clone(),
        metadata_url: config.metadata_url.clone(),
        oauth_metadata: config.oauth_metadata,
        ..plain
    }
}

fn forget(store: &Arc<Store>, record: String) {
    let removed = store.vault.remove(&record);
    tokio::spawn(async move {
        if let Err(error) = removed.await {
            tracing::error!(%error, "a record could not be removed from the vault");
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RECORD: &str = include_str!("../../../../fuzz/corpus/stored_session/good-more");

    fn config() -> AccountConfig {
        AccountConfig::new("https://id.example.com".to_owned(), "abide".to_owned())
    }

    #[test]
    fn only_its_own_client_continues_a_session() {
        let why = |config: &AccountConfig, text: &str| session_for(config, text.as_bytes()).err();
        assert_eq!(why(&config(), RECORD), None);
        let other = AccountConfig { client_id: "other".to_owned(), ..config() };
        assert_eq!(why(&other, RECORD), Some(Why::OtherClient));
        let elsewhere = AccountConfig { issuer: "https://id.example.org".to_owned(), ..config() };
        assert_eq!(why(&elsewhere, RECORD), Some(Why::OtherClient));
        let newer = RECORD.replace("\"format\":1", "\"format\":2");
        assert_eq!(why(&config(), &newer), Some(Why::Unreadable));
    }

    #[test]
    fn no_secret_of_another_client_is_used() {
        let secret = AccountConfig { client_secret_file: Some("/secret".into()), ..config() };
        let own = as_client(&secret, config().issuer, config().client_id);
        assert_eq!(own.client_secret_file, secret.client_secret_file);
        for (issuer, client_id) in [("https://id.example.com", "other"), ("https://id.example.org", "abide")]
        {
            let other = as_client(&secret, issuer.to_owned(), client_id.to_owned());
            assert_eq!((other.client_secret_file, other.client_id.as_str()), (None, client_id));
        }
    }
}
