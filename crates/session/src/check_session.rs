//! What follows from the messages of the provider's iframe (OpenID Connect Session Management 1.0, section 3).
//!
//! The page in the browser asks the iframe and passes on what it says; the decisions are made here. The iframe alone ends
//! nothing: only a silent authorization request does, and that only in a browser in which one has succeeded before. A
//! browser that hides the provider's cookie from a frame cannot be told apart from a user who has signed out there.

/// How many silent requests may bring nothing, one after the other, before the page asks less often.
const MOST_FAILURES: u8 = 3;

/// What the provider's iframe said (section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IframeAnswer {
    /// The session at the provider is as it was.
    Unchanged,
    /// It is not.
    Changed,
    /// The message could not be understood. Asking the provider again would not help (section 3.1).
    Error,
}

/// What a silent authorization request (`prompt=none`) brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentAnswer {
    /// The person of the session is signed in at the provider.
    SamePerson,
    /// Somebody else is.
    OtherPerson,
    /// Somebody is, but the provider would have to ask before it says who.
    Somebody,
    /// Nobody is, as far as the browser lets the provider see.
    LoginRequired,
    /// No answer, or one that says nothing about who is signed in.
    Nothing,
}

/// What the page has to do.
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

/// What is known of the page's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSessionState {
    /// Not known yet.
    Starting,
    /// The browser shows the provider's cookie, so the page notices when the session there ends.
    Watching,
    /// The browser hides the provider's cookie from a page inside another.
    Blocked,
    /// Somebody is signed in after a change, and the provider would have to ask before it says who.
    Unclear,
    /// The iframe or the silent requests bring nothing useful.
    Failed,
}

/// One page that watches one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSession {
    state: CheckSessionState,
    /// Whether a silent request is under way.
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
    /// What is known.
    #[must_use]
    pub fn state(&self) -> CheckSessionState {
        self.state
    }

    /// Whether a change there has not been explained yet.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.failures > 0
    }

    /// The iframe has said something.
    pub fn iframe_said(&mut self, answer: IframeAnswer) -> Next {
        match (self.state, answer) {
            (_, IframeAnswer::Error) => self.slow_down(CheckSessionState::Failed),
            (CheckSessionState::Watching, IframeAnswer::Unchanged) => Next::Poll,
            // A frame that sees the cookie does not mean that the provider gets it: that is tried out.
            (_, IframeAnswer::Unchanged | IframeAnswer::Changed) => {
                self.asking = true;
                Next::Silent
            }
        }
    }

    /// A silent request has been answered, or has not been in time.
    pub fn answered(&mut self, answer: SilentAnswer) -> Next {
        if !core::mem::take(&mut self.asking) {
            // Nobody asked.
            return if self.state == CheckSessionState::Watching { Next::Poll } else { Next::PollSlowly };
        }
        match (answer, self.state) {
            (SilentAnswer::SamePerson, _) => self.watch(),
            // The provider has seen its cookie, so this browser shows it. Who is signed in there stays open.
            (SilentAnswer::Somebody, CheckSessionState::Starting) => self.watch(),
            (SilentAnswer::OtherPerson, _) => Next::Ended,
            (SilentAnswer::LoginRequired, _) if self.shown => Next::Ended,
            (SilentAnswer::LoginRequired, _) => self.slow_down(CheckSessionState::Blocked),
            (SilentAnswer::Somebody, _) => {
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
