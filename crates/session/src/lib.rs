//! The session of one account, as a pure state machine.
//!
//! No clock, no I/O, no threads: time comes in with every call, decisions come out. The contract has three calls:
//!
//! - [`Session::handle`] takes what happened and when;
//! - [`Session::poll`] hands out what has to be done, until it returns `None`;
//! - [`Session::deadline`] says when to call `handle` with [`Input::Tick`] if nothing else happens before.
//!
//! Three rules hold whatever comes in. A result is judged by the attempt that it answers, so a late one cannot land.
//! Deadlines are judged before anything else in the same call, so nothing is served from a session that is over. And
//! lifetimes run on boot time, which counts while the machine sleeps, so no clock change can lengthen a session.

#![forbid(unsafe_code)]

mod check_session;
mod checkpoint;
mod jitter;
mod limits;
mod live;
mod machine;
mod provider;
mod provider_limits;
mod renewal;
mod resource_token;
mod sign_in;
mod tokens;
mod types;
mod validity;
mod view;

pub use check_session::{CheckSession, CheckSessionState, IframeAnswer, Next, SilentAnswer};
pub use checkpoint::Checkpoint;
pub use limits::{Limits, LimitsError, Rules};
pub use machine::Session;
pub use provider_limits::{LimitSource, ProviderLimits, RemainingLimit, RemainingLimits};
pub use resource_token::{ResourceToken, ResourceVerdict};
pub use types::{
    Abandoned, Activity, Attempt, EndReason, Input, Limit, Now, OnLock, Output, Probe, QuestionId,
    RefreshFailure, Signal, State, TokenRequest, TokenVerdict, Tokens, Withdrawn,
};
pub use view::View;
