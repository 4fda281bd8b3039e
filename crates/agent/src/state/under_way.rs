//! What must not be cut off: a program that is replaced waits for it.

use crate::state::store::Store;

/// Something that a new start would cut off, or ask for once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnderWay {
    /// A question to the user.
    Question,
    /// An answer of the user that would be lost.
    Answer,
    /// A sign-in, or a sign-out page.
    SignIn,
    /// A renewal, or another token.
    Renewal,
    /// A token that is being revoked.
    Revocation,
    /// A request of a program.
    Request,
    /// A request that has lasted for some time, such as a tunnel through a proxy.
    LongRequest,
    /// A program that was started with `abide run`.
    Job,
    /// An account that is being added, changed or removed.
    Account,
    /// The screen or the keyring is locked.
    Locked,
    /// A session that is in memory alone.
    InMemory,
}

impl UnderWay {
    /// What is waited for, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Question => "a question that is not answered yet",
            Self::Answer => "an answer about a program that holds for a while",
            Self::SignIn => "a sign-in or a sign-out",
            Self::Renewal => "a renewal",
            Self::Revocation => "tokens that are being revoked",
            Self::Request | Self::LongRequest => "a request of a program",
            Self::Job => "a program that was started with `abide run`",
            Self::Account => "a change of an account",
            Self::Locked => "the locked screen or keyring",
            Self::InMemory => "a session that is in memory only",
        }
    }

    /// Whether the user is in the middle of something.
    pub(crate) fn concerns_the_user(self) -> bool {
        matches!(self, Self::Question | Self::Answer | Self::SignIn | Self::Account)
    }

    /// Whether it usually ends within a second, so that new requests can wait for it.
    pub(crate) fn is_short(self) -> bool {
        matches!(self, Self::Request | Self::Renewal)
    }
}

impl Store {
    /// What is under way in the accounts.
    pub(crate) fn under_way(&self) -> Option<UnderWay> {
        if self.adding.try_lock().is_err() || self.registering.try_lock().is_err() {
            return Some(UnderWay::Account);
        }
        let snapshot = self.snapshot();
        // Without a desktop, a question that no program waits for any more cuts nothing off: it is asked again.
        let is_up = |waiting| self.options.desktop || waiting > 0;
        if !snapshot.questions.is_empty() || snapshot.consents.iter().any(|one| is_up(one.waiting)) {
            return Some(UnderWay::Question);
        }
        if !snapshot.grants.is_empty() {
            return Some(UnderWay::Answer);
        }
        if self.has_last_words() {
            return Some(UnderWay::Revocation);
        }
        let core = self.core();
        if core.locked {
            return Some(UnderWay::Locked);
        }
        let in_accounts = core.accounts.iter().find_map(|account| {
            let steps_up = account.stepping_up.as_ref().is_some_and(|one| one.outcome.borrow().is_none());
            let signs_out = account.sign_out.as_ref().is_some_and(|page| !page.is_finished());
            let renews = account.refresh.is_some()
                || account.uncommitted.is_some()
                || account.narrowed.is_open()
                || account.turn.is_held()
                || account.targets.turn.is_held()
                || account.trying.try_lock().is_err();
            if account.sign_in.is_some() || steps_up || signs_out {
                Some(UnderWay::SignIn)
            } else if account.leaving.is_some() || account.removal.is_some() {
                Some(UnderWay::Account)
            } else {
                renews.then_some(UnderWay::Renewal)
            }
        });
        // An answer that comes late, when the account waits for nothing any more.
        in_accounts.or_else(|| self.exchanges.are_under_way().then_some(UnderWay::Renewal))
    }

    /// Whether an account has a session.
    pub(crate) fn has_session(&self) -> bool {
        self.core().accounts.iter().any(|account| account.held.is_some())
    }
}
