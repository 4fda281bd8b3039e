//! What a logout notification does to the sessions here. A provider knows one address for a client, so a notification at the
//! address of one account may be about the sessions of others.

use std::sync::Arc;

use abide_oidc::LogoutToken;
use abide_session::{Input, Now};

use crate::state::account::Account;
use crate::state::store::Store;

/// Whether the token is about this account's session, and signed as its sign-in was.
fn answers(account: &Account, token: &LogoutToken, now: Now) -> bool {
    let began = account.session.view(now).began.unwrap_or_default().as_secs();
    let registered = account.config.id_token_algorithm();
    account.held.as_ref().is_some_and(|held| token.answers(&held.identity, began, registered))
}

/// Whether it is about any session here.
pub(super) fn is_about_one(store: &Store, token: &LogoutToken, now: Now) -> bool {
    store.core().accounts.iter().any(|account| answers(account, token, now))
}

/// Ends the sessions that a token at the address of this account is about. One without `sid` concerns only accounts with the same
/// client. `false` if there is no such account.
pub(super) fn by_token(store: &Arc<Store>, account: &str, token: &LogoutToken) -> bool {
    let Ok(client) = store.act(account, |account, _| account.config.client_id.clone()) else { return false };
    let concerned: Vec<String> = {
        let core = store.core();
        let concerned = core.accounts.iter().filter(|other| {
            other.name == account || token.names_a_session() || other.config.client_id == client
        });
        concerned.map(|account| account.name.clone()).collect()
    };
    for name in concerned {
        let _ = store.act(&name, |found, now| {
            // Otherwise it is about another session, or one that has ended: there is nothing to end, which counts as success.
            if answers(found, token, now) {
                if found.name != account {
                    tracing::info!(account = found.name, "the provider's session was this account's, too");
                }
                let signal = abide_session::Signal::BackChannel;
                found.session.handle(now, Input::ProviderEnded { signal });
            }
        });
    }
    true
}
