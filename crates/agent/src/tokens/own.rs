//! The session's own access token.

use std::sync::Arc;
use std::time::Duration;

use abide_session::{TokenRequest, TokenVerdict};
use abide_wire::{ErrorAnswer, TokenAnswer};

use crate::platform::clock;
use crate::state::account::{Account, Refreshed};
use crate::state::session_ref::SessionRef;
use crate::state::store::Store;
use crate::tokens::survival;
use crate::view::notices;

/// How long a tool waits for a refresh that is under way.
pub(super) const REFRESH_PATIENCE: Duration = Duration::from_secs(50);

/// The session that a token would belong to; `None` where a renewal or a sign-in decides that.
///
/// # Errors
///
/// `login_required` and `session_expired` without a session. `unknown_account`.
pub(crate) fn session(store: &Arc<Store>, name: &str) -> Result<Option<SessionRef>, ErrorAnswer> {
    let request = TokenRequest { min_validity: Duration::ZERO, activity: false };
    store.act(name, |account, now| {
        let session = account.session_ref();
        if session.is_some() {
            return Ok(session);
        }
        match account.session.token(now, request) {
            TokenVerdict::LoginRequired => Err(notices::login_required(name)),
            TokenVerdict::Ended(reason) => Err(notices::session_expired(name, reason)),
            _ => Ok(None),
        }
    })?
}

/// The session's own access token.
pub(crate) async fn own_token(
    store: &Arc<Store>,
    name: &str,
    request: TokenRequest,
) -> Result<TokenAnswer, ErrorAnswer> {
    if survival::try_own(store, name).await? {
        return wait_for_refresh(store, name).await;
    }
    let (verdict, served) = store.act(name, |account, now| {
        let verdict = account.session.token(now, request);
        let served = (verdict == TokenVerdict::Serve).then(|| account.token_answer(now)).flatten();
        (verdict, served)
    })?;
    match verdict {
        TokenVerdict::Serve => served.ok_or_else(|| notices::login_required(name)),
        TokenVerdict::Wait(_) => wait_for_refresh(store, name).await,
        TokenVerdict::BackingOff => Err(unreachable(store, name)),
        TokenVerdict::LoginRequired => Err(notices::login_required(name)),
        TokenVerdict::SignInNeeded => Err(sign_in_needed(store, name)),
        TokenVerdict::Frozen => Err(notices::frozen(name)),
        TokenVerdict::Ended(reason) => Err(notices::session_expired(name, reason)),
    }
}

/// One refresh serves everybody who waits here.
pub(crate) async fn wait_for_refresh(store: &Arc<Store>, name: &str) -> Result<TokenAnswer, ErrorAnswer> {
    // The refresh was started while the request was judged; if it is gone again, it is done.
    let receiver =
        store.act(name, |account, _| account.refresh.as_ref().map(|(_, sender)| sender.subscribe()))?;
    let outcome = match receiver {
        None => Refreshed::Done,
        Some(mut receiver) => {
            let waited = clock::timeout(REFRESH_PATIENCE, receiver.wait_for(Option::is_some)).await;
            match waited {
                Ok(Ok(outcome)) => outcome.clone().unwrap_or(Refreshed::Done),
                Ok(Err(_)) => Refreshed::Done,
                Err(_) => return Err(notices::provider_unreachable("The provider")),
            }
        }
    };
    let request = TokenRequest { min_validity: Duration::ZERO, activity: false };
    store.act(name, |account, now| match account.session.token(now, request) {
        TokenVerdict::Serve => account.token_answer(now).ok_or_else(|| notices::login_required(name)),
        TokenVerdict::Ended(reason) => Err(notices::session_expired(name, reason)),
        TokenVerdict::LoginRequired => Err(notices::login_required(name)),
        TokenVerdict::SignInNeeded => Err(account.sign_in_again()),
        TokenVerdict::Frozen => Err(notices::frozen(name)),
        TokenVerdict::Wait(_) | TokenVerdict::BackingOff => Err(match &outcome {
            Refreshed::Failed(error) => notices::no_token(error.kind, &error.sentence),
            Refreshed::Done => notices::token_over_at_once(&account.provider()),
        }),
    })?
}

/// The answer to a tool while the provider wants the person to sign in again.
pub(super) fn sign_in_needed(store: &Arc<Store>, name: &str) -> ErrorAnswer {
    store.act(name, |account, _| account.sign_in_again()).unwrap_or_else(|gone| gone)
}

/// The answer to a tool while the provider cannot be reached.
pub(super) fn unreachable(store: &Arc<Store>, name: &str) -> ErrorAnswer {
    let core = store.core();
    let account = core.accounts.iter().find(|account| account.name == name);
    match account.and_then(|account| account.last_error.as_ref()) {
        Some(error) => notices::no_token(error.kind, &error.sentence),
        None => notices::provider_unreachable(&account.map(Account::provider).unwrap_or_default()),
    }
}
