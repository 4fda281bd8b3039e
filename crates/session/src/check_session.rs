//! Decisions about the provider's session from the answers of its OP iframe (OpenID Connect Session Management 1.0, section
//! 3).
//!
//! The page in the browser asks the iframe and passes on its answers; the decisions are made here. The iframe alone ends
//! nothing. Only a silent authorization request ends the session, and only in a browser in which one has succeeded before:
//! if the browser hides the provider's cookie from a frame, this looks the same as a sign-out at the provider.

/// The most silent requests in a row that may fail before the page asks less often.
const MOST_FAILURES: u8 = 3;

/// The iframe's answer (section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IframeAnswer {
    /// The session at the provider has not changed.
    Unchanged,
    /// The session at the provider has changed.
    Changed,
    /// The message could not be understood. Asking the provider again would not help (section 3.1).
    Error,
}

/// The result of a silent authorization request (`prompt=none`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentAnswer {
    /// The person of the session is signed in at the provider.
    SamePerson,
    /// Another person is signed in.
    OtherPerson,
    /// A person is signed in, but the provider has to ask them something before it names them.
    InteractionNeeded,
    /// No one is signed in, as far as the provider can see in this browser.
    LoginRequired,
    /// No answer, or one that does not say who is signed in.
    Nothing,
}

/// The next step of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask the iframe again after the interval.
    Poll,
    /// Ask the iframe again after a longer interval: [`CheckSession::state`] says what is the matter.
    PollSlowly,
    /// Make a silent authorization request.
    Silent,
    /// Stop asking: the session at the provider has ended.
    Ended,
}

/// The state of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSessionState {
    /// Not known yet.
    Starting,
    /// The browser shows the provider's cookie, so the page notices when the session there ends.
    Watching,
    /// The browser hides the provider's cookie from a page inside another.
    Blocked,
    /// A user is signed in after a change, but the provider would have to ask before it says who.
    Unclear,
    /// The iframe or the silent requests have no useful answers.
    Failed,
}

/// One page that watches one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSession {
    state: CheckSessionState,
    /// Whether a silent request is pending.
    asking: bool,
    /// Whether the provider has seen its cookie in a silent request from this browser.
    shown: bool,
    failures: u8,
}

impl Default for CheckSession {
    fn default() -> Self {
        Self { state: CheckSessionState::Starting, asking: false, shown: false, failures: 0 }
    }
}

impl CheckSession {
    /// The state of the watch.
    #[must_use]
    pub fn state(&self) -> CheckSessionState {
        self.state
    }

    /// Whether a change there has not been explained yet.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.failures > 0
    }

    /// Takes an answer of the iframe.
    pub fn iframe_said(&mut self, answer: IframeAnswer) -> Next {
        match (self.state, answer) {
            (_, IframeAnswer::Error) => self.slow_down(CheckSessionState::Failed),
            (CheckSessionState::Watching, IframeAnswer::Unchanged) => Next::Poll,
            // A frame that sees the cookie does not mean that the provider receives it: one silent request tests that.
            (_, IframeAnswer::Unchanged | IframeAnswer::Changed) => {
                self.asking = true;
                Next::Silent
            }
        }
    }

    /// Takes the result of a silent request, or that there was none in time.
    pub fn answered(&mut self, answer: SilentAnswer) -> Next {
        if !core::mem::take(&mut self.asking) {
            // There was no request.
            return if self.state == CheckSessionState::Watching { Next::Poll } else { Next::PollSlowly };
        }
        match (answer, self.state) {
            (SilentAnswer::SamePerson, _) => self.watch(),
            // The provider has received its cookie, so this browser shows it. The person is still unknown.
            (SilentAnswer::InteractionNeeded, CheckSessionState::Starting) => self.watch(),
            (SilentAnswer::OtherPerson, _) => Next::Ended,
            (SilentAnswer::LoginRequired, _) if self.shown => Next::Ended,
            (SilentAnswer::LoginRequired, _) => self.slow_down(CheckSessionState::Blocked),
            (SilentAnswer::InteractionNeeded, _) => {
                self.shown = true;
                self.fail(CheckSessionState::Unclear)
            }
            (SilentAnswer::Nothing, _) => self.fail(CheckSessionState::Failed),
        }
    }

    fn watch(&mut self) -> Next {
        (self.state, self.shown, self.failures) = (CheckSessionState::Watching, true, 0);
        Next::Poll
    }

    fn fail(&mut self, state: CheckSessionState) -> Next {
        self.failures = self.failures.saturating_add(1);
        if self.failures < MOST_FAILURES { Next::Poll } else { self.slow_down(state) }
    }

    fn slow_down(&mut self, state: CheckSessionState) -> Next {
        self.state = state;
        Next::PollSlowly
    }
}
