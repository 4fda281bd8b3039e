//! The session of one account, as a pure state machine.
//!
//! No clock, no I/O, no threads: time is passed in with every call, decisions are returned. The contract has three calls:
//!
//! - [`Session::handle`] takes an event and its time;
//! - [`Session::poll`] returns the next action, until it returns `None`;
//! - [`Session::deadline`] returns when to call `handle` with [`Input::Tick`] if nothing else happens before.
//!
//! Three rules always hold. A result is compared with the attempt that it answers, so a late one has no effect. Deadlines
//! are checked before anything else in the same call, so nothing is served from a session that has ended. Lifetimes run on
//! boot time, which counts while the machine sleeps, so no clock change can lengthen a session.

#![forbid(unsafe_code)]

mod check_session;
mod checkpoint;
mod jitter;
mod limits;
mod live;
mod machine;
mod provider;
mod provider_limits;
mod reminder;
mod renewal;
mod resource_token;
mod sign_in;
mod tokens;
mod types;
mod validity;
mod view;

pub use check_session::{CheckSession, CheckSessionState, IframeAnswer, Next, SilentAnswer};
pub use checkpoint::Checkpoint;
pub use limits::{Limits, LimitsError, Reminders, Rules};
pub use machine::Session;
pub use provider_limits::{LimitSource, RemainingLimit, RemainingLimits};
pub use reminder::{FixedEnd, whole_hour};
pub use resource_token::{ResourceToken, ResourceVerdict};
pub use types::{
    Abandoned, Activity, Attempt, EndReason, Input, Limit, Now, OnLock, Output, Probe, ProviderLimits,
    QuestionId, RefreshFailure, Signal, State, TokenRequest, TokenVerdict, Tokens, Withdrawn,
};
pub use view::View;
