//! Inputs, outputs and answers of a session.

use core::time::Duration;

/// A moment, read from two clocks at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since the Unix epoch. Can jump in both directions.
    pub wall: Duration,
    /// Time since a fixed moment, which also counts while the machine sleeps. Never goes back.
    pub boot: Duration,
}

/// The number of an asynchronous attempt. An answer to any attempt but the present one is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub(crate) u64);

impl Attempt {
    /// The number, for a program that names the attempt.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// The number of a question "Keep session?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u64);

/// The state of a session, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// No one has signed in.
    SignedOut,
    /// A sign-in is pending.
    Authorizing,
    /// Signed in.
    Active,
    /// Signed in, and the question is shown.
    Expiring,
    /// Ended, for this reason.
    Ended(EndReason),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The user signed out.
    UserLogout,
    /// Nothing used the session for `end_after`.
    IdleTimeout,
    /// The absolute limit has passed.
    AbsoluteTimeout,
    /// The end that the provider declared for its session has passed.
    ProviderTimeout,
    /// The last access token has expired, and there is no refresh token.
    AccessTokenExpired,
    /// The user answered the question with No.
    Declined,
    /// The provider ended its session, as this signal reported.
    ProviderLogout(Signal),
    /// The provider refused the refresh token.
    RefreshRejected,
    /// The answer to a refresh cannot be trusted, for example because its ID token is about another person.
    AnswerRefused,
    /// The screen was locked, and [`OnLock::End`] is set.
    ScreenLocked,
    /// The account is no longer configured.
    AccountRemoved,
}

/// The source of a report about the provider's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The provider's iframe in the user's browser, and a silent request there (OpenID Connect Session Management 1.0).
    Iframe,
    /// An introspection of the access token (RFC 7662).
    Introspection,
    /// A request to UserInfo (OpenID Connect Core 1.0, section 5.3).
    UserInfo,
    /// A page of the provider in the browser (OpenID Connect Front-Channel Logout 1.0).
    FrontChannel,
    /// A logout token from the provider (OpenID Connect Back-Channel Logout 1.0).
    BackChannel,
    /// A security event token (RFC 8936).
    SecurityEvent,
}

/// The provider's answer to a probe with the access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It accepts the token, so its session still exists.
    Accepted,
    /// It no longer accepts the token, although the token has not expired.
    Rejected(Signal),
    /// No answer, or one that does not say.
    Unknown,
}

/// What counts as use of a session. A token request does not prove that a person is present (NIST SP 800-63B-4, section
/// 5.1.2): choose `Input` if you need that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activity {
    /// A tool asks for a token.
    #[default]
    Requests,
    /// The user touches keyboard or mouse.
    Input,
    /// Either.
    Both,
}

impl Activity {
    pub(crate) fn counts_requests(self) -> bool {
        self != Self::Input
    }

    pub(crate) fn counts_input(self) -> bool {
        self != Self::Requests
    }
}

/// The effect of a locked screen on a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLock {
    /// Nothing.
    Keep,
    /// No token is handed out until the screen is unlocked; every limit continues.
    #[default]
    Freeze,
    /// The session ends.
    End,
}

/// The limits that can end a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No activity for `end_after`.
    Idle,
    /// The longest time a session may last.
    Absolute,
    /// The end that the provider declared for its session.
    Provider,
    /// The end of the last access token, if there is no refresh token.
    AccessToken,
}

/// The lifetimes in a successful authorization or refresh. The tokens themselves stay outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token's `expires_in` (RFC 6749 section 5.1).
    pub access_expires_in: Option<Duration>,
    /// Whether there is a refresh token.
    pub renewable: bool,
    /// The ends that the provider declares for its session.
    pub provider: ProviderLimits,
}

/// The ends of the provider's session in one token response, by the names in the specifications.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderLimits {
    /// `session_expiry` of the ID token (IPSIE), as Unix time, by the provider's clock.
    pub session_expiry: Option<Duration>,
    /// How far that clock is ahead of this computer's, in seconds, as far as it is known.
    pub clock_ahead: i64,
    /// `authorization_expires_in` (draft-ietf-oauth-refresh-token-expiration).
    pub authorization_expires_in: Option<Duration>,
    /// `refresh_token_timeout` (draft-ietf-oauth-refresh-token-expiration).
    pub refresh_token_timeout: Option<Duration>,
    /// `refresh_expires_in` (Keycloak and others).
    pub refresh_expires_in: Option<Duration>,
}

impl ProviderLimits {
    /// The time until a moment of the provider's clock.
    pub(crate) fn until(&self, moment: Duration, wall: Duration) -> Duration {
        let apart = Duration::from_secs(self.clock_ahead.unsigned_abs());
        let there =
            if self.clock_ahead < 0 { wall.saturating_sub(apart) } else { wall.saturating_add(apart) };
        moment.saturating_sub(there)
    }
}

/// Why a refresh returned no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// The provider refused the refresh token (`invalid_grant`): the session has ended.
    Rejected,
    /// The answer came and cannot be trusted: the session has ended.
    AnswerRefused,
    /// The provider wants the person to sign in again first (`interaction_required`, `login_required`, `consent_required`):
    /// the session is kept, and not refreshed before that.
    InteractionRequired,
    /// The provider could not be reached or could not answer: the session is kept, and the refresh is retried.
    Unreachable,
    /// The same, with a pause that the provider asks for (`Retry-After`, RFC 9110, section 10.2.3). It is kept, up to five
    /// minutes.
    Busy {
        /// The pause.
        wait: Duration,
    },
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The user wants to sign in.
    Login,
    /// The user wants to sign in again before the end that no use of the session can move. This session lasts until the new one
    /// begins in its place. Possible from the time of the reminder on.
    BeginAgain,
    /// The user wants to be reminded again after this time. Answers [`Output::Remind`].
    RemindLater {
        /// The pause.
        after: Duration,
    },
    /// The user no longer wants to sign in.
    CancelLogin,
    /// The provider answered with valid tokens.
    Authorized {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Their lifetimes.
        tokens: Tokens,
    },
    /// The sign-in failed.
    AuthorizationFailed {
        /// The attempt that this answers.
        attempt: Attempt,
    },
    /// A tool used the session. Counts if the rules count requests.
    Activity,
    /// The user touched keyboard or mouse this long ago. Answers [`Output::QueryIdleTime`]; counts if the rules count input.
    UserInput {
        /// The time since then.
        ago: Duration,
    },
    /// The time of the user's last input is unknown. Answers [`Output::QueryIdleTime`].
    UserInputUnknown,
    /// The screen was locked, or another user's session is shown.
    Locked,
    /// The screen was unlocked.
    Unlocked,
    /// The machine is about to sleep.
    Suspending,
    /// The machine has slept.
    Resumed,
    /// A refresh brought new tokens.
    Refreshed {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Their lifetimes.
        tokens: Tokens,
    },
    /// A refresh failed.
    RefreshFailed {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Why.
        failure: RefreshFailure,
    },
    /// The user answered the question.
    Answer {
        /// The question; an answer to an earlier one is dropped.
        question: QuestionId,
        /// *Yes*.
        keep: bool,
    },
    /// The user wants to keep the session, with or without a question.
    Keep,
    /// The user wants to sign out.
    Logout,
    /// The account is no longer configured.
    AccountRemoved,
    /// The provider itself reports that its session has ended, which needs no confirmation.
    ProviderEnded {
        /// The source of the report.
        signal: Signal,
    },
    /// An unproved report that the provider's session has ended.
    ProviderSuspected {
        /// The source of the report.
        signal: Signal,
        /// Whether the grant is for offline use (scope `offline_access`).
        offline: bool,
    },
    /// The answer to [`Output::ProbeProvider`].
    Probed {
        /// The attempt that this answers.
        attempt: Attempt,
        /// What the provider answered.
        probe: Probe,
    },
    /// The person who is signed in has signed in again, in a stronger way (RFC 9470).
    SteppedUp {
        /// The lifetimes of the tokens that came with it.
        tokens: Tokens,
    },
    /// The refresh token may no longer be accepted: try a refresh.
    Renew,
    /// Time has passed.
    Tick,
}

/// Why a sign-in was abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// The user cancelled it.
    Cancelled,
    /// A newer one replaced it.
    Replaced,
    /// The browser did not come back in time.
    TimedOut,
}

/// Why a question was withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// The user answered it.
    Answered,
    /// A tool used the session meanwhile.
    Activity,
    /// The user is at the machine.
    Presence,
    /// The end that it was about has moved for another reason.
    Moot,
    /// The session ended.
    Ended,
}

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open the provider's authorization endpoint in the browser. If the session is live, only the same person may answer;
    /// then it continues with the new tokens.
    Authorize {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Stop waiting for the browser.
    AbandonAuthorization {
        /// The abandoned attempt.
        attempt: Attempt,
        /// Why.
        why: Abandoned,
    },
    /// Use the refresh token.
    Refresh {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Ask "Keep session?". If [`crate::View::can_be_kept`] is false, only announce the end.
    Ask {
        /// The answer names this question.
        question: QuestionId,
    },
    /// Close the question.
    Withdraw {
        /// The question.
        question: QuestionId,
        /// Why.
        why: Withdrawn,
    },
    /// Probe the provider's session without using the refresh token, and answer with [`Input::Probed`].
    ProbeProvider {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Remind the user of the end in [`crate::View::reminded_of`]. [`Input::BeginAgain`] and [`Input::RemindLater`] answer that.
    Remind,
    /// Query when the user last touched keyboard or mouse, and answer with [`Input::UserInput`] or
    /// [`Input::UserInputUnknown`].
    QueryIdleTime,
    /// Tell the user that the provider wants a new sign-in, which [`Input::Login`] begins. The session is kept.
    SignInNeeded,
    /// The session has begun.
    Began,
    /// The session has ended: wipe its data.
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// Store a [`crate::Checkpoint`].
    Checkpoint,
    /// Something visible has changed.
    Changed,
}

/// A tool asks for an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// The shortest time for which the token has to be valid.
    pub min_validity: Duration,
    /// Whether the request counts as activity.
    pub activity: bool,
}

/// The answer to a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVerdict {
    /// The present access token.
    Serve,
    /// The result of this refresh.
    Wait(Attempt),
    /// No token now: the provider could not be reached, and the pause is not over.
    BackingOff,
    /// No token: there is no session.
    LoginRequired,
    /// No token: the provider wants the person to sign in again. The session is kept.
    SignInNeeded,
    /// No token while the screen is locked.
    Frozen,
    /// No token: the session has ended.
    Ended(EndReason),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_its_own_number() {
        assert_eq!([Attempt(1), Attempt(7)].map(Attempt::number), [1, 7]);
    }
}
