//! What a tool gets that asks for a token.

pub(crate) mod aws;
pub(crate) mod claims;
pub(crate) mod narrowing;
mod own;
pub(crate) mod refresh;
pub(crate) mod renewals;
pub(crate) mod resource;
pub(crate) mod survival;

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::TokenTarget;
use abide_session::{Input, TokenRequest};
use abide_wire::{AccessToken, ErrorAnswer, TokenAnswer};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

use crate::state::dpop::Proof;
use crate::state::store::Store;

pub(crate) use own::session;

use own::{own_token, wait_for_refresh};

/// What a tool asks for.
#[derive(Clone, Debug)]
pub(crate) struct TokenParams {
    /// Without one, the only account that is configured, or the only one that is signed in.
    pub(crate) account: Option<String>,
    /// How long the token has to stay valid at least; no more is demanded than nine tenths of what the provider gives.
    pub(crate) min_validity: Duration,
    /// Whether that counts as using the session.
    pub(crate) activity: bool,
    /// What the token is for; nothing in particular: the session's own.
    pub(crate) target: TokenTarget,
    /// The request that it is for, where the tool needs a proof.
    pub(crate) proof: Option<Proof>,
    /// Under whose name purposes that are not remembered are counted; `None` for Abide's own requests.
    pub(crate) counted_for: Option<String>,
}

impl TokenParams {
    /// The session's own token, without use of the session.
    pub(crate) fn of_session(account: &str) -> Self {
        Self {
            account: Some(account.to_owned()),
            min_validity: Duration::ZERO,
            activity: false,
            target: TokenTarget::default(),
            proof: None,
            counted_for: None,
        }
    }
}

/// An access token.
///
/// # Errors
///
/// `login_required`, `session_expired`, `provider_unreachable`, `unknown_account`, `invalid_request`; for a purpose of
/// its own `invalid_target`, `invalid_scope` and `access_denied` as well.
pub(crate) async fn token(store: &Arc<Store>, asked: &TokenParams) -> Result<TokenAnswer, ErrorAnswer> {
    let name = store.account_for(asked.account.as_deref())?;
    let request = TokenRequest { min_validity: asked.min_validity, activity: asked.activity };
    let mut answer = if asked.target == TokenTarget::default() {
        own_token(store, &name, request).await?
    } else {
        resource::target_token(store, &name, request, &asked.target, asked.counted_for.as_deref()).await?
    };
    if let Some(proof) = &asked.proof {
        store.act(&name, |account, _| account.prove(&mut answer, proof))??;
    }
    Ok(answer)
}

/// Another access token than the one that a server has refused. One refresh serves all requests that were refused with the same.
/// The answer can be the same token, if there is no way to another one.
///
/// # Errors
///
/// As [`token`].
pub(crate) async fn another(
    store: &Arc<Store>,
    asked: &TokenParams,
    refused: &AccessToken,
) -> Result<TokenAnswer, ErrorAnswer> {
    let name = store.account_for(asked.account.as_deref())?;
    let same = |text: &str| bool::from(text.as_bytes().ct_eq(refused.expose().as_bytes()));
    if asked.target == TokenTarget::default() {
        let renews = store.act(&name, |account, now| {
            let held = account.held.as_ref().and_then(|held| held.access.as_ref());
            let renews = held.is_some_and(|access| same(access.token.expose_secret()));
            if renews {
                account.session.handle(now, Input::Renew);
            }
            renews
        })?;
        if renews {
            wait_for_refresh(store, &name).await?;
        }
    } else {
        store.act(&name, |account, _| account.targets.reject(&asked.target, refused.expose()))?;
    }
    token(store, asked).await
}
