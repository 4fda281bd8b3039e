//! What a logout notification does to the sessions here. A provider knows one address for a client, so a notification at the
//! address of one account may be about the sessions of others.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{LogoutToken, LogoutTokenError, UnusableLogoutToken};
use abide_session::{Input, Now};
use abide_wire::Signal;
use subtle::ConstantTimeEq;

use crate::state::account::Account;
use crate::state::store::Store;

/// The shortest time between two doubts that logout tokens raise. They double.
const DOUBTS: Duration = Duration::from_secs(60);

/// Why no token like this one can end a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Never {
    /// It is signed in another way than the sign-in.
    OtherAlgorithm,
    /// It names a session, and the sign-in has not said which one ours is.
    SessionUnknown,
}

impl Never {
    fn code(self) -> &'static str {
        match self {
            Self::OtherAlgorithm => LogoutTokenError::AlgorithmRefused.code(),
            Self::SessionUnknown => "logout_token_session_unknown",
        }
    }
}

/// What a token has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Whether a session has ended.
    pub(crate) ended: bool,
    /// Why it can never end the session of the account that it was sent to.
    pub(crate) unusable: Option<&'static str>,
}

fn began(account: &Account, now: Now) -> u64 {
    account.session.view(now).began.unwrap_or_default().as_secs()
}

/// Whether the token is about this account's session, and signed as its sign-in was.
fn answers(account: &Account, token: &LogoutToken, now: Now) -> bool {
    let registered = account.config.id_token_algorithm();
    account.held.as_ref().is_some_and(|held| token.answers(&held.identity, began(account, now), registered))
}

/// Whether it is about any session here.
pub(super) fn is_about_one(store: &Store, token: &LogoutToken, now: Now) -> bool {
    store.core().accounts.iter().any(|account| answers(account, token, now))
}

/// Ends the sessions that a token at the address of this account is about. One without `sid` concerns only accounts with the same
/// client.
pub(crate) fn by_token(store: &Arc<Store>, account: &str, token: &LogoutToken) -> Effect {
    let mut effect = Effect::default();
    let Some(client) = client_of(store, account) else { return effect };
    for name in accounts(store, |found| token.names_a_session() || found.config.client_id == client) {
        let _ = store.act(&name, |found, now| {
            if answers(found, token, now) {
                if found.name != account {
                    tracing::info!(account = found.name, "the provider's session was this account's, too");
                }
                effect.ended = true;
                found.signals.heard(Signal::Backchannel, now.wall);
                let signal = abide_session::Signal::BackChannel;
                found.session.handle(now, Input::ProviderEnded { signal });
            } else if found.config.client_id == client
                && let Some(why) = never_answers(found, token, now)
            {
                doubts(found, why, now);
                effect.unusable = effect.unusable.or((found.name == account).then(|| why.code()));
            }
            // Otherwise it is about another session, or one that has ended: there is nothing to end, which counts as success.
        });
    }
    store.show();
    effect
}

fn client_of(store: &Store, account: &str) -> Option<String> {
    let core = store.core();
    core.accounts.iter().find(|found| found.name == account).map(|found| found.config.client_id.clone())
}

fn accounts(store: &Store, which: impl Fn(&Account) -> bool) -> Vec<String> {
    let core = store.core();
    core.accounts.iter().filter(|found| which(found)).map(|found| found.name.clone()).collect()
}

/// Why no token of this kind can end the session, although nothing in it says that it is about another one.
fn never_answers(account: &Account, token: &LogoutToken, now: Now) -> Option<Never> {
    let held = account.held.as_ref().filter(|_| account.config.provider.watches(Signal::Backchannel))?;
    let began = began(account, now);
    if !token.may_be_about(&held.identity, began) {
        return None;
    }
    // Signed otherwise, it would be an answer.
    let registered = Some(token.signed_with);
    Some(match token.answers(&held.identity, began, registered) {
        true => Never::OtherAlgorithm,
        false => Never::SessionUnknown,
    })
}

/// The provider's sign-outs do not reach this session. A token that names another way to say which session it means may be about
/// this one, so a renewal asks, where there is one. It proves nothing by itself, and one that is signed otherwise raises no doubt.
fn doubts(account: &mut Account, why: Never, now: Now) {
    let signal = Signal::Backchannel;
    let rests = account.signals.is_resting(signal, now.boot);
    account.signals.refuses(signal, why.code());
    if why != Never::SessionUnknown || rests || !account.session.view(now).renewable {
        return;
    }
    account.signals.fails(signal, now.boot, DOUBTS);
    let signal = abide_session::Signal::BackChannel;
    account.session.handle(now, Input::ProviderSuspected { signal, offline: false });
}

/// Notes that the provider has sent this account a token that is refused for this reason. Its sign-outs are not noticed.
pub(crate) fn by_unusable(
    store: &Arc<Store>,
    account: &str,
    token: &UnusableLogoutToken,
    code: &'static str,
) {
    let _ = store.act(account, |found, now| {
        let began = began(found, now);
        if found.held.as_ref().is_some_and(|held| token.may_be_about(&held.identity, began)) {
            found.signals.refuses(Signal::Backchannel, code);
        }
    });
    store.show();
}

/// Takes a call of the provider's page at the address of this account (Front-Channel Logout 1.0, section 2) as a suspicion, for each
/// account of the same client that watches this signal and has the session. `iss` and `sid` have to be those of the session.
/// Returns whether there was one.
pub(crate) fn by_page(store: &Arc<Store>, account: &str, issuer: &str, sid: &str) -> bool {
    let watches = |account: &Account| account.config.provider.watches(Signal::Frontchannel);
    if !matches!(store.act(account, |account, _| watches(account)), Ok(true)) {
        return false;
    }
    let mut any = false;
    let Some(client) = client_of(store, account) else { return false };
    for name in accounts(store, |found| found.config.client_id == client) {
        let _ = store.act(&name, |found, now| {
            let Some(held) = found.held.as_ref().filter(|_| watches(found)) else { return };
            let Some(ours) = held.identity.sid.as_deref().filter(|ours| !ours.is_empty()) else { return };
            let same = bool::from(ours.as_bytes().ct_eq(sid.as_bytes())) && held.identity.issuer == issuer;
            if !same {
                return;
            }
            let offline = held.scope.split(' ').any(|scope| scope == "offline_access");
            any = true;
            found.signals.heard(Signal::Frontchannel, now.wall);
            let signal = abide_session::Signal::FrontChannel;
            found.session.handle(now, Input::ProviderSuspected { signal, offline });
        });
    }
    any
}
