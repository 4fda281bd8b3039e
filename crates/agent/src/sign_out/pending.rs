//! Pending notifications to the provider after a session has ended here, and their results.
//!
//! One write replaces the session's record in the vault with a farewell: a crash neither restores the session nor loses the
//! notification. A farewell is removed when the provider has been notified.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{DpopKey, Error, OAuthError, TokenKind};
use abide_vault::Zeroizing;
use abide_wire::{ProviderEnd, Signal, SignalState};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_out::rp_initiated::{Shown, SignOutPage};
use crate::state::account::Account;
use crate::state::connection::{self, ConnectError, Connection};
use crate::state::revoke::Outlook;
use crate::state::secret_text;
use crate::state::set_aside::as_client;
use crate::state::store::Store;
use crate::state::tokens::Held;
use crate::view::notices;

/// Pauses between attempts to notify a provider that does not answer; the last one is repeated.
const PAUSES: [u64; 5] = [2, 15, 120, 600, 1800];
/// After so many attempts, an answer that is not as an endpoint answers counts: a few minutes, in which a provider is updated.
const ODD: usize = 3;
/// The longest time that revocation waits for the provider's sign-out page in the browser.
const BROWSER_FIRST: Duration = Duration::from_secs(120);
/// After a week without success the notification is dropped: the tokens have expired by then.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);
const PREFIX: &str = "farewell/";
const FORMAT: u32 = 1;

/// The data for notifying the provider.
#[derive(Serialize, Deserialize)]
pub(crate) struct Farewell {
    format: u32,
    pub(crate) account: String,
    issuer: String,
    client_id: String,
    /// When the session ended, wall time.
    at: Duration,
    #[serde(default, with = "secret_text::token")]
    refresh_token: Option<SecretString>,
    #[serde(default, with = "secret_text::token")]
    access_token: Option<SecretString>,
    /// Refresh tokens from silent requests.
    #[serde(with = "secret_text::tokens")]
    others: Vec<SecretString>,
    /// Access tokens for one purpose each.
    #[serde(default, with = "secret_text::tokens")]
    narrowed: Vec<SecretString>,
    /// The key that all of them are bound to. A test of one needs a proof.
    #[serde(default, with = "secret_text::key")]
    dpop: Option<Arc<DpopKey>>,
    /// The provider's session that they belong to.
    #[serde(default)]
    sid: Option<String>,
    /// Whether UserInfo has accepted an access token of this session. It refuses a token for one API from the beginning.
    #[serde(default)]
    read_userinfo: bool,
}

impl Farewell {
    /// The data of a session that has just ended; `None` if there is nothing to notify.
    pub(crate) fn of(account: &Account, held: &Held) -> Option<Self> {
        let access_token = held.access.as_ref().map(|access| access.token.clone());
        if !account.config.logout.revoke || (held.refresh_token.is_none() && access_token.is_none()) {
            return None;
        }
        Some(Self {
            format: FORMAT,
            account: account.name.clone(),
            issuer: account.config.issuer.clone(),
            client_id: account.config.client_id.clone(),
            at: clock::wall(),
            refresh_token: held.refresh_token.clone(),
            access_token,
            others: held.leftovers.clone(),
            narrowed: account.targets.valid(clock::now()),
            dpop: held.dpop.clone(),
            sid: held.identity.sid.clone(),
            read_userinfo: held.profile.is_some()
                || account.signals.state(Signal::Userinfo) == SignalState::Works,
        })
    }

    /// Whether its tokens belong to this session of this client.
    fn is_of_session(&self, issuer: &str, client_id: &str, sid: Option<&str>) -> bool {
        let ours = self.sid.as_deref().filter(|sid| !sid.is_empty());
        ours.is_some() && ours == sid && self.issuer == issuer && self.client_id == client_id
    }

    /// The name of its record, unique for each sign-out.
    pub(crate) fn record_name(&self) -> String {
        format!("{PREFIX}{}/{}", self.account, self.at.as_nanos())
    }

    /// As bytes for the vault.
    pub(crate) fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(64 * 1024));
        serde_json::to_writer(&mut *bytes, self).ok()?;
        Some(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|farewell: &Self| farewell.format == FORMAT)
    }
}

/// The time in the name of a record.
fn begun_at(record: &str) -> Duration {
    let at = record.rsplit('/').next().and_then(|at| at.parse().ok());
    at.map(Duration::from_nanos).unwrap_or_default()
}

fn is_too_late(at: Duration) -> bool {
    clock::wall().saturating_sub(at) > LONGEST
}

/// Whether one record of an account is older than another: their names end with the time, in nanoseconds.
fn is_older(one: &str, other: &str) -> bool {
    (one.len(), one) < (other.len(), other)
}

/// Continues the farewells of an earlier process.
pub(crate) fn resume(store: &Arc<Store>, records: &[(String, Zeroizing<Vec<u8>>)]) {
    for (name, content) in records.iter().filter(|(name, _)| name.starts_with(PREFIX)) {
        let Some(farewell) = Farewell::decode(content) else {
            // A newer version may have written it, which can tell the provider. For as long as any is told.
            if is_too_late(begun_at(name)) {
                forget(store, name.clone());
            }
            continue;
        };
        let (issuer, client_id) = (farewell.issuer.clone(), farewell.client_id.clone());
        let config = store.act(&farewell.account, |account, _| account.config.clone());
        // The account may be gone, or another client's by now. Its tokens are revoked all the same.
        let config = config.unwrap_or_else(|_| AccountConfig::new(issuer.clone(), client_id.clone()));
        let ours = config.issuer == issuer && config.client_id == client_id;
        let config = as_client(&config, issuer, client_id);
        let _ = store.act(&farewell.account, |account, _| {
            let name = farewell.record_name();
            // An end at this start is newer than records of an earlier process.
            let newest = account.farewell.as_ref().is_none_or(|known| is_older(known, &name));
            if ours && account.held.is_none() && newest {
                account.provider_end = Some(ProviderEnd::Pending);
                account.farewell = Some(name);
            }
        });
        say(store, farewell, config, None, None);
    }
}

/// Notifies the provider until it has answered, and then removes the record.
pub(crate) fn say(
    store: &Arc<Store>,
    farewell: Farewell,
    config: AccountConfig,
    connection: Option<Connection>,
    page: Option<SignOutPage>,
) {
    let (after, account, record) = (store.clone(), farewell.account.clone(), farewell.record_name());
    let told = tokio::spawn(until_told(store.clone(), farewell, config, connection, page));
    store.before_the_end(async move {
        // The next start tells the provider: the record is still there.
        if told.await.is_err() {
            report(&after, &account, &record, ProviderEnd::Unchecked);
        }
    });
}

async fn until_told(
    store: Arc<Store>,
    farewell: Farewell,
    config: AccountConfig,
    connection: Option<Connection>,
    page: Option<SignOutPage>,
) {
    if let Some(page) = &page {
        // A revocation would end the provider's session before its sign-out page can end the one behind it, at another
        // identity provider. So the browser comes first, unless this program ends: a vault in memory keeps nothing for the next start.
        tokio::select! {
            _ = clock::timeout(BROWSER_FIRST, page.outcome()) => {}
            () = store.exchanges.closing() => {}
        }
    }
    let end = tell(&store, &farewell, &config, connection.clone(), page.as_ref()).await;
    forget(&store, farewell.record_name());
    report(&store, &farewell.account, &farewell.record_name(), end);
    if let Some(page) = page.filter(|_| end == ProviderEnd::Unchecked) {
        look_again(&store, farewell, config, connection, page);
    }
}

/// Whether an account uses the same session of the same client: another one, or this one after a new sign-in. At many providers a
/// revocation also ends that account's tokens. So it gets the refresh tokens, and revokes them with its own.
fn is_shared(store: &Arc<Store>, farewell: &Farewell) -> bool {
    let users: Vec<String> = {
        let core = store.core();
        let uses = |account: &&Account| {
            let sid = account.held.as_ref().and_then(|held| held.identity.sid.as_deref());
            farewell.is_of_session(&account.config.issuer, &account.config.client_id, sid)
        };
        core.accounts.iter().filter(uses).map(|account| account.name.clone()).collect()
    };
    users.iter().any(|name| {
        let taken_over = store.act(name, |account, now| {
            let held = account.held.as_mut()?;
            held.leftovers.extend(farewell.refresh_token.iter().chain(&farewell.others).cloned());
            store.write_down(account, now);
            Some(())
        });
        matches!(taken_over, Ok(Some(())))
    })
}

/// If only the browser could notify the provider, the result is checked after it has come back from there. Nothing waits for
/// that.
fn look_again(
    store: &Arc<Store>,
    farewell: Farewell,
    config: AccountConfig,
    connection: Option<Connection>,
    page: SignOutPage,
) {
    let store = store.clone();
    tokio::spawn(async move {
        if page.outcome().await != Shown::CameBack {
            return;
        }
        let connection = match connection {
            Some(connection) => connection,
            None => match connect(&farewell, &config).await {
                Ok(connection) => connection,
                Err(_) => return,
            },
        };
        let end = check(&farewell, &connection, config.logout.verify).await;
        report(&store, &farewell.account, &farewell.record_name(), end);
    });
}

fn forget(store: &Arc<Store>, record: String) {
    let removed = store.vault.remove(&record);
    tokio::spawn(async move {
        if let Err(error) = removed.await {
            tracing::error!(%error, "a farewell could not be removed from the vault");
        }
    });
}

/// Without revocation, the sign-out page in the browser is the only notification.
pub(crate) fn only_in_the_browser(store: &Arc<Store>, account: &mut Account, page: SignOutPage) {
    let (store, name) = (store.clone(), account.name.clone());
    // No record has this name, because nothing has to be kept for a later process.
    let awaited = format!("{PREFIX}{name}/page/{}", clock::wall().as_nanos());
    account.provider_end = Some(ProviderEnd::Pending);
    account.farewell = Some(awaited.clone());
    tokio::spawn(async move {
        let end = match page.shown().await {
            Shown::Opening | Shown::NotOffered | Shown::NotOpened => ProviderEnd::LocalOnly,
            Shown::Open | Shown::CameBack => ProviderEnd::Unchecked,
        };
        report(&store, &name, &awaited, end);
    });
}

/// Of several farewells only that of the last session is shown.
fn report(store: &Arc<Store>, name: &str, awaited: &str, end: ProviderEnd) {
    tracing::info!(account = name, ?end, "the provider has been told of the end");
    let _ = store.act(name, |account, _| {
        if account.held.is_none() && account.farewell.as_deref() == Some(awaited) {
            account.provider_end = Some(end);
            if end == ProviderEnd::GoesOn {
                let page = account.sign_out_page;
                store.tell(notices::still_accepted(
                    store.spoken.language(),
                    &account.name,
                    &account.provider(),
                    page,
                ));
            }
        }
    });
    store.show();
}

/// A connection for these tokens.
async fn connect(farewell: &Farewell, config: &AccountConfig) -> Result<Connection, ConnectError> {
    Ok(connection::connect(config).await?.with_key(farewell.dpop.clone())?)
}

async fn tell(
    store: &Arc<Store>,
    farewell: &Farewell,
    config: &AccountConfig,
    present: Option<Connection>,
    page: Option<&SignOutPage>,
) -> ProviderEnd {
    let (mut connection, verify) = (present, config.logout.verify);
    for attempt in 0.. {
        // Each time: a sign-in may have come in between.
        // Once the browser has come back, the session has ended there, or the person wants it to go on.
        if !page.is_some_and(SignOutPage::has_come_back) && is_shared(store, farewell) {
            tracing::info!(account = farewell.account, "an account uses the same session there");
            return ProviderEnd::Shared;
        }
        let told = match &connection {
            Some(connection) => once(farewell, connection, page, attempt < ODD, verify).await,
            None => match connect(farewell, config).await {
                Ok(fresh) => {
                    let told = once(farewell, &fresh, page, attempt < ODD, verify).await;
                    connection = Some(fresh);
                    told
                }
                Err(error) => {
                    // Whatever the error is, it may be corrected: the tokens stay valid until the provider has been
                    // notified.
                    tracing::warn!(code = error.code(), "the provider cannot be told yet");
                    None
                }
            },
        };
        let too_late = is_too_late(farewell.at);
        match told {
            Some(end) => return end,
            None if too_late => return ProviderEnd::Unchecked,
            None => {
                let pause = PAUSES.get(attempt).or(PAUSES.last()).copied().unwrap_or(1800);
                clock::sleep(Duration::from_secs(pause)).await;
            }
        }
    }
    ProviderEnd::Unchecked
}

/// One attempt; `None` if the provider cannot be reached now. `patient`: an odd answer may still change.
async fn once(
    farewell: &Farewell,
    connection: &Connection,
    page: Option<&SignOutPage>,
    patient: bool,
    verify: bool,
) -> Option<ProviderEnd> {
    let Connection { http, relying_party, .. } = connection;
    let refresh = farewell.refresh_token.iter().chain(&farewell.others);
    let access = farewell.access_token.iter().chain(&farewell.narrowed);
    let tokens = refresh
        .map(|token| (token, TokenKind::RefreshToken))
        .chain(access.map(|token| (token, TokenKind::AccessToken)));
    let mut told = false;
    if relying_party.provider().has_revocation() {
        for (token, kind) in tokens {
            match relying_party.revoke(http, token, kind, clock::system_time()).await {
                Ok(()) => told = true,
                Err(error) => match Outlook::of(&error) {
                    Outlook::Passing => return None,
                    Outlook::Odd if patient => return None,
                    // A provider need not revoke every kind (RFC 7009, section 2.2.1).
                    _ => tracing::info!(code = error.code(), "a token could not be revoked"),
                },
            }
        }
    }
    if told {
        return Some(check(farewell, connection, verify).await);
    }
    // If the provider was not notified there is nothing to check, and a test of the refresh token would use it.
    Some(match page {
        None => ProviderEnd::LocalOnly,
        Some(page) => match page.shown().await {
            Shown::Opening | Shown::NotOffered | Shown::NotOpened => ProviderEnd::LocalOnly,
            Shown::Open | Shown::CameBack => ProviderEnd::Unchecked,
        },
    })
}

/// Tests whether the provider still accepts the tokens of the session, if the account is configured so.
async fn check(farewell: &Farewell, connection: &Connection, verify: bool) -> ProviderEnd {
    if !verify {
        return ProviderEnd::Unchecked;
    }
    let Connection { http, relying_party, .. } = connection;
    let Some(token) = &farewell.refresh_token else {
        return match &farewell.access_token {
            Some(token) => check_access(connection, token, farewell.read_userinfo).await,
            None => ProviderEnd::Unchecked,
        };
    };
    if let Some(end) = introspected(connection, token, TokenKind::RefreshToken).await {
        return end;
    }
    match relying_party.try_refresh_token(http, token, clock::system_time()).await {
        Err(Error::Refused { error: OAuthError::InvalidGrant, .. }) => ProviderEnd::Ended,
        Err(error) => {
            tracing::info!(code = error.code(), "whether the session has ended there could not be checked");
            ProviderEnd::Unchecked
        }
        Ok(fresh) => {
            // It was accepted. The new token belongs to no session.
            if let Some(fresh) = fresh {
                let _ =
                    relying_party.revoke(http, &fresh, TokenKind::RefreshToken, clock::system_time()).await;
            }
            ProviderEnd::GoesOn
        }
    }
}

/// What the provider reports about the token. To a client that may not introspect, a provider gives the same answer for every
/// token (RFC 7662, section 2.2), so a negative answer counts only if the client has authenticated.
async fn introspected(connection: &Connection, token: &SecretString, kind: TokenKind) -> Option<ProviderEnd> {
    let Connection { http, relying_party, .. } = connection;
    match relying_party.introspect(http, token, kind, clock::system_time()).await {
        Ok(found) if found.active => Some(ProviderEnd::GoesOn),
        Ok(_) if relying_party.authenticates() => Some(ProviderEnd::Ended),
        _ => None,
    }
}

async fn check_access(connection: &Connection, token: &SecretString, was_accepted: bool) -> ProviderEnd {
    if let Some(end) = introspected(connection, token, TokenKind::AccessToken).await {
        return end;
    }
    match connection.userinfo(token, "").await {
        // A token that was never accepted there has not ended now.
        Err(Error::AccessTokenRejected) if was_accepted => ProviderEnd::Ended,
        Ok(_) | Err(Error::UserInfoSubjectMismatch) => ProviderEnd::GoesOn,
        Err(_) => ProviderEnd::Unchecked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_shared_by_issuer_client_and_sid() {
        let farewell = Farewell {
            format: FORMAT,
            account: "work".into(),
            issuer: "https://id.example.com".into(),
            client_id: "abide".into(),
            at: Duration::ZERO,
            refresh_token: None,
            access_token: None,
            others: Vec::new(),
            narrowed: Vec::new(),
            dpop: None,
            sid: Some("1".into()),
            read_userinfo: false,
        };
        let shared = |issuer, client, sid| farewell.is_of_session(issuer, client, sid);
        assert!(shared("https://id.example.com", "abide", Some("1")));
        assert!(!shared("https://id.example.com", "abide", Some("2")));
        assert!(!shared("https://id.example.com", "another", Some("1")));
        assert!(!shared("https://other.example.com", "abide", Some("1")));
        assert!(!shared("https://id.example.com", "abide", None));
        let unknown = Farewell { sid: None, ..farewell };
        assert!(
            !unknown.is_of_session("https://id.example.com", "abide", None),
            "nothing is known of either"
        );
    }
}
