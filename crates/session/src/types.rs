//! What goes in and what comes out.

use core::time::Duration;

use crate::provider_limits::ProviderLimits;

/// A moment, read from two clocks at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Time since the Unix epoch. Can jump in both directions.
    pub wall: Duration,
    /// Time since a fixed moment before, counting on while the machine sleeps. Never goes back.
    pub boot: Duration,
}

/// The number of an asynchronous attempt. An answer to any but the present one is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub(crate) u64);

impl Attempt {
    /// The number, for a program outside that names the attempt.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Which question "Keep session?" this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionId(pub u64);

/// The state of a session, without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody has signed in.
    SignedOut,
    /// A sign-in is under way.
    Authorizing,
    /// Signed in.
    Active,
    /// Signed in, and the question is up.
    Expiring,
    /// Over, and why.
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
    /// The last access token has ended, and there is no refresh token for another.
    AccessTokenExpired,
    /// The user answered the question with No.
    Declined,
    /// The provider ended its session, and how that became known.
    ProviderLogout(Signal),
    /// The provider refused the refresh token.
    RefreshRejected,
    /// The screen was locked, and [`OnLock::End`] is set.
    ScreenLocked,
}

/// How news of the provider's session come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The provider's iframe in the user's browser, and a silent request there (OpenID Connect Session Management 1.0).
    Iframe,
    /// An introspection of the access token (RFC 7662).
    Introspection,
    /// A request to UserInfo (OpenID Connect Core 1.0, section 5.3).
    UserInfo,
    /// A page of the provider's in the browser (OpenID Connect Front-Channel Logout 1.0).
    FrontChannel,
    /// A logout token from the provider (OpenID Connect Back-Channel Logout 1.0).
    BackChannel,
    /// A security event token (RFC 8936).
    SecurityEvent,
}

/// What the provider answered when it was asked about the access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It accepts the token, so its session is still there.
    Accepted,
    /// It no longer accepts the token, although the token has time left.
    Rejected(Signal),
    /// No answer, or one that says nothing about the session.
    Unknown,
}

/// What counts as use of a session. A token that was fetched is not a person who is there (NIST SP 800-63B-4, section
/// 5.1.2): whoever needs the latter chooses `Input`.
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

/// What locking the screen does to a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLock {
    /// Nothing.
    Keep,
    /// No token is handed out until the screen is unlocked; every limit runs on.
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
    /// The end of the last access token, where there is no refresh token for another.
    AccessToken,
}

/// What a successful authorization or refresh says about lifetimes. The tokens themselves stay outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// The access token's `expires_in` (RFC 6749 section 5.1).
    pub access_expires_in: Option<Duration>,
    /// Whether there is a refresh token.
    pub renewable: bool,
    /// What the provider says about the end of its session.
    pub provider: ProviderLimits,
}

/// Why a refresh brought no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshFailure {
    /// The provider refused the refresh token (`invalid_grant`): the session is over.
    Rejected,
    /// The provider wants the person to sign in again first (`interaction_required`, `login_required`,
    /// `consent_required`): the session is kept, and not refreshed before that.
    InteractionRequired,
    /// The provider could not be reached or could not answer: the session is kept, and the refresh is tried again.
    Unreachable,
    /// As before, and it has said for how long it wants to be left alone (`Retry-After`, RFC 9110, section 10.2.3). It is
    /// not asked before that, or for half an hour if it wants more.
    Busy {
        /// How long.
        wait: Duration,
    },
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The user wants to sign in.
    Login,
    /// The user no longer wants to sign in.
    CancelLogin,
    /// The provider answered with valid tokens.
    Authorized {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Their lifetimes.
        tokens: Tokens,
    },
    /// The sign-in did not succeed.
    AuthorizationFailed {
        /// The attempt that this answers.
        attempt: Attempt,
    },
    /// A tool used the session. Counts if the rules count requests.
    Activity,
    /// The user touched keyboard or mouse this long ago. Answers [`Output::QueryIdleTime`]; counts if the rules count input.
    UserInput {
        /// How long ago.
        ago: Duration,
    },
    /// Nobody can tell when the user touched keyboard or mouse. Answers [`Output::QueryIdleTime`].
    UserInputUnknown,
    /// The screen was locked, or another user's session is shown.
    Locked,
    /// The screen was unlocked.
    Unlocked,
    /// The machine is about to sleep.
    Suspending,
    /// A refresh brought new tokens.
    Refreshed {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Their lifetimes.
        tokens: Tokens,
    },
    /// A refresh brought none.
    RefreshFailed {
        /// The attempt that this answers.
        attempt: Attempt,
        /// Why.
        failure: RefreshFailure,
    },
    /// The user answered the question.
    Answer {
        /// Which one; an answer to an earlier question is dropped.
        question: QuestionId,
        /// *Yes*.
        keep: bool,
    },
    /// The user wants to keep the session, whether asked or not.
    Keep,
    /// The user wants to sign out.
    Logout,
    /// The provider itself says that its session has ended: nothing is left to be confirmed.
    ProviderEnded {
        /// How it said so.
        signal: Signal,
    },
    /// A report without proof that the provider's session has ended.
    ProviderSuspected {
        /// How it came.
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
    /// The refresh token may no longer be accepted: a refresh finds out.
    Renew,
    /// Time has passed.
    Tick,
}

/// Why a sign-in was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// The user cancelled it.
    Cancelled,
    /// A newer one took its place.
    Replaced,
    /// Nothing came back from the browser in time.
    TimedOut,
}

/// Why a question was taken down.
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

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open the provider's authorization endpoint in the browser. If the session is live, only the same person may answer:
    /// then it goes on with the new tokens.
    Authorize {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Stop waiting for the browser.
    AbandonAuthorization {
        /// The attempt that is over.
        attempt: Attempt,
        /// Why.
        why: Abandoned,
    },
    /// Use the refresh token.
    Refresh {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Ask "Keep session?". Where [`crate::View::can_be_kept`] says that no answer can help, say so instead.
    Ask {
        /// The answer names this question.
        question: QuestionId,
    },
    /// Take the question down.
    Withdraw {
        /// Which one.
        question: QuestionId,
        /// Why.
        why: Withdrawn,
    },
    /// Look whether the provider's session goes on, without using the refresh token, and answer with [`Input::Probed`].
    ProbeProvider {
        /// The answer names this attempt.
        attempt: Attempt,
    },
    /// Find out when the user last touched keyboard or mouse, and answer with [`Input::UserInput`] or
    /// [`Input::UserInputUnknown`].
    QueryIdleTime,
    /// Tell the user that the provider wants a new sign-in, which [`Input::Login`] begins. The session is kept.
    SignInNeeded,
    /// The session has begun.
    Began,
    /// The session has ended: wipe what belongs to it.
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// Write a [`crate::Checkpoint`] down.
    Checkpoint,
    /// Something that a view shows has changed.
    Changed,
}

/// A tool asks for an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRequest {
    /// How long the token has to be valid at least.
    pub min_validity: Duration,
    /// Whether the request counts as activity.
    pub activity: bool,
}

/// What a tool gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenVerdict {
    /// The present access token.
    Serve,
    /// The outcome of this refresh.
    Wait(Attempt),
    /// Nothing now: the provider could not be reached, and it is too soon to try again.
    BackingOff,
    /// Nothing: there is no session.
    LoginRequired,
    /// Nothing: the provider wants the person to sign in again. The session is kept.
    SignInNeeded,
    /// Nothing while the screen is locked.
    Frozen,
    /// Nothing: the session is over.
    Ended(EndReason),
}
