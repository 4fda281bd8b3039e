//! The state of a session, and its changes.

use std::io;

use serde_json::Value;

use crate::error::Error;
use crate::http::EventLines;
use crate::stream::Stopper;

/// What a session is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// There is no session.
    SignedOut,
    /// The user is signing in.
    Authorizing,
    /// Signed in.
    Active,
    /// Signed in, and the user is asked whether to keep the session.
    Expiring,
    /// The session has ended.
    Ended,
    /// A state of a newer agent.
    Unknown,
}

/// The state of one session. [`Session::raw`] has everything (docs/local-endpoint.md).
#[derive(Clone, Debug)]
pub struct Session(Value);

impl Session {
    pub(crate) fn read(value: Value) -> Result<Self, Error> {
        if value["account"].is_string() && value["state"].is_string() {
            Ok(Self(value))
        } else {
            Err(Error::unreadable("The answer is not the state of a session."))
        }
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0["account"].as_str().unwrap_or_default()
    }

    /// What the session is doing.
    #[must_use]
    pub fn state(&self) -> State {
        match self.0["state"].as_str() {
            Some("signed_out") => State::SignedOut,
            Some("authorizing") => State::Authorizing,
            Some("active") => State::Active,
            Some("expiring") => State::Expiring,
            Some("ended") => State::Ended,
            _ => State::Unknown,
        }
    }

    /// How many seconds are left until the nearest limit; `None` if that is unknown.
    #[must_use]
    pub fn expires_in(&self) -> Option<u64> {
        self.0["expires_in"].as_u64()
    }

    /// Whether a use of the session moves that limit.
    #[must_use]
    pub fn can_be_kept(&self) -> bool {
        self.0["can_be_kept"].as_bool().unwrap_or_default()
    }

    /// The reason of the end.
    #[must_use]
    pub fn ended(&self) -> Option<&str> {
        self.0["ended"].as_str()
    }

    /// Whether the screen is locked, so that no tokens are given out.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.0["frozen"].as_bool().unwrap_or_default()
    }

    /// The whole answer.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.0
    }
}

/// The changes of a session, beginning with its present state. It waits for the next one without a limit, and ends when the agent ends.
pub struct Events {
    pub(crate) lines: EventLines,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Events")
    }
}

impl Events {
    /// Ends the stream from another thread.
    ///
    /// # Errors
    ///
    /// When the system has no more handles.
    pub fn stopper(&mut self) -> io::Result<Stopper> {
        self.lines.stream().stopper()
    }
}

impl Iterator for Events {
    type Item = Result<Session, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = |data: String| {
            let value =
                serde_json::from_str(&data).map_err(|_| Error::unreadable("An event is not JSON."))?;
            Session::read(value)
        };
        match self.lines.next_data() {
            Ok(data) => data.map(read),
            Err(error) => Some(Err(error)),
        }
    }
}
