//! What the provider says about the person who is signed in: the ID token, and UserInfo, which is read after the sign-in
//! and after each renewal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Claims, Error, Identity};
use abide_session::{Input, Signal};
use abide_wire::{ClaimsAnswer, ErrorAnswer};
use secrecy::{ExposeSecret as _, SecretString};

use crate::state::account::Account;
use crate::state::connected::connection;
use crate::state::last_error::LastError;
use crate::state::session_ref::SessionRef;
use crate::state::store::Store;
use crate::state::tokens::{Held, Profile};

impl Account {
    /// The claims as tools and views get them.
    ///
    /// # Errors
    ///
    /// `login_required`, `session_expired`.
    pub(crate) fn claims(&self) -> Result<ClaimsAnswer, ErrorAnswer> {
        let held = self.signed_in()?;
        let merged = held.claims();
        let mapping = self.config.claims_mapping();
        let mapped = mapping.as_ref().zip(merged.as_ref()).map(|(mapping, claims)| mapping.apply(claims));
        let claims = match mapped {
            Some(Ok(mapped)) => Some(mapped),
            Some(Err(error)) => {
                tracing::warn!(account = self.name, code = error.code(), "the claims cannot be handed on");
                None
            }
            None => merged,
        };
        let claims: BTreeMap<_, _> = claims
            .iter()
            .flat_map(Claims::iter)
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        Ok(ClaimsAnswer {
            account: self.name.clone(),
            issuer: self.config.issuer.clone(),
            mapped: mapping.is_some(),
            read_at: held.profile.as_ref().map(|profile| profile.at.as_secs()),
            claims,
        })
    }
}

impl Held {
    /// What ID token and UserInfo say together. Whatever is wrong with UserInfo, the ID token has been validated.
    fn claims(&self) -> Option<Claims> {
        let id_token = Claims::of_id_token(self.id_token.as_ref()?).ok()?;
        let profile = self.profile.as_ref().map(|profile| &profile.claims);
        match Claims::merged(&id_token, profile) {
            Ok(claims) => Some(claims),
            Err(error) => {
                tracing::warn!(code = error.code(), "what UserInfo says is left out");
                Claims::merged(&id_token, None).ok()
            }
        }
    }

    /// Takes what UserInfo has just said. Returns whether that is something new.
    pub(crate) fn take_profile(&mut self, claims: Claims, at: Duration) -> bool {
        introduce(&mut self.identity, &claims);
        let new = self.profile.as_ref().is_none_or(|profile| profile.claims != claims);
        self.profile = Some(Profile { claims, at });
        new
    }
}

/// Many providers put name and email only into UserInfo.
pub(crate) fn introduce(identity: &mut Identity, claims: &Claims) {
    for (name, ours) in [
        ("email", &mut identity.email),
        ("preferred_username", &mut identity.preferred_username),
        ("name", &mut identity.name),
    ] {
        if let Some(said) = claims.line(name) {
            *ours = Some(said);
        }
    }
}

/// Reads UserInfo again after a renewal, where the account wants it. No request waits for it, and a failure changes
/// nothing: what was known before stays.
pub(crate) fn read_again(store: &Arc<Store>, name: &str) {
    let wanted = store.act(name, |account, _| {
        let wanted = account.config.provider.claims;
        account.fresh_access_token().zip(account.session_ref()).filter(|_| wanted)
    });
    let Ok(Some(((token, subject), session))) = wanted else { return };
    let (store, name) = (store.clone(), name.to_owned());
    tokio::spawn(async move {
        let Ok(connection) = connection(&store, &name).await else { return };
        if !connection.relying_party.provider().has_userinfo() {
            return;
        }
        match connection.userinfo(&token, &subject).await {
            Ok(claims) => take(&store, session, claims),
            Err(Error::UserInfoSubjectMismatch) => somebody_else(&store, &name, &token),
            Err(error) => tracing::info!(account = name, code = error.code(), "UserInfo could not be read"),
        }
    });
}

/// The access token, which tools are given, belongs to another user (Core, section 5.3.2). It is not used, and
/// nothing that belongs to the session can be trusted to be the person's.
pub(crate) fn somebody_else(store: &Arc<Store>, name: &str, token: &SecretString) {
    let _ = store.act(name, |account, now| {
        let present = account.held.as_ref().and_then(|held| held.access.as_ref());
        if present.is_some_and(|access| access.token.expose_secret() == token.expose_secret()) {
            account.session.handle(now, Input::ProviderEnded { signal: Signal::UserInfo });
            account.last_error = Some(LastError::from(&Error::UserInfoSubjectMismatch));
        }
    });
    store.show();
}

/// What UserInfo has said about the person of this session.
pub(crate) fn take(store: &Arc<Store>, session: SessionRef, claims: Claims) {
    let _ = store.act_if(session, |account, now| {
        if account.held.as_mut().is_some_and(|held| held.take_profile(claims, now.wall)) {
            store.write_down(account, now);
        }
    });
    store.show();
}
