//! Which session something was begun in.

use std::sync::Arc;

use abide_session::Now;

use crate::state::account::Account;
use crate::state::store::Store;

/// One session of one account. What was begun in one session must not take effect in the next, nor in an account that has
/// got the name of a removed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SessionRef {
    account: u32,
    session: u64,
    /// The sign-in, where that counts too.
    grant: Option<u64>,
}

/// The session is over, or its account is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

impl SessionRef {
    /// The numbers of account and session.
    pub(crate) fn number(self) -> (u32, u64) {
        (self.account, self.session)
    }
}

impl Account {
    /// The present session; `None` without one.
    pub(crate) fn session_ref(&self) -> Option<SessionRef> {
        self.held.as_ref().map(|_| SessionRef { account: self.serial, session: self.number, grant: None })
    }

    /// The present session as it is since the person signed in last.
    pub(crate) fn grant_ref(&self) -> Option<SessionRef> {
        self.session_ref().map(|session| SessionRef { grant: Some(self.grant), ..session })
    }

    /// Whether the session that something was begun in still lasts.
    pub(crate) fn is_in(&self, begun: SessionRef) -> bool {
        let grant = begun.grant.map(|_| self.grant);
        self.session_ref().map(|session| SessionRef { grant, ..session }) == Some(begun)
    }
}

impl Store {
    /// Works on the account of a session while that session lasts.
    ///
    /// # Errors
    ///
    /// [`Gone`] once it is over.
    pub(crate) fn act_if<T>(
        self: &Arc<Self>,
        session: SessionRef,
        work: impl FnOnce(&mut Account, Now) -> T,
    ) -> Result<T, Gone> {
        let name = {
            let core = self.core();
            let account = core.accounts.iter().find(|account| account.serial == session.account);
            account.map(|account| account.name.clone()).ok_or(Gone)?
        };
        self.act(&name, |account, now| account.is_in(session).then(|| work(account, now)).ok_or(Gone))
            .unwrap_or(Err(Gone))
    }
}
