//! What views show of a session, and when that changes.

use core::time::Duration;

use crate::types::{Limit, QuestionId, State};

/// A session as it is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub state: State,
    /// The question that is up.
    pub question: Option<QuestionId>,
    /// Time until the nearest limit.
    pub left: Option<Duration>,
    /// Which limit that is.
    pub limit: Option<Limit>,
    /// The whole length of which `left` remains.
    pub lifetime: Option<Duration>,
    /// When the session began, wall time.
    pub began: Option<Duration>,
    /// When it ended, wall time.
    pub ended: Option<Duration>,
    /// Time until the end that nothing can move.
    pub absolute_left: Option<Duration>,
    /// Time that the present access token stays valid.
    pub access_left: Option<Duration>,
    /// Whether a refresh token is there.
    pub renewable: bool,
    /// For how long the session would be kept if it were used now.
    pub keep_gives: Option<Duration>,
    /// Whether *Yes* can move the nearest end.
    pub can_be_kept: bool,
    /// Whether the session is frozen because the screen is locked.
    pub frozen: bool,
    /// Time until the end that the provider has declared.
    pub provider_left: Option<Duration>,
    /// How long the provider's session lasts without use, as it declared last.
    pub provider_lifetime: Option<Duration>,
    /// An idle time that the provider's session outlasts, when the one that is set is not shorter than it.
    pub advised_end_after: Option<Duration>,
}

/// The part of a [`View`] that people can tell apart: a change of anything else redraws nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visible {
    state: State,
    question: Option<QuestionId>,
    /// Whether it is counted in seconds, and how many or how many minutes.
    count: Option<(bool, u64)>,
    limit: Option<Limit>,
    renewable: bool,
    can_be_kept: bool,
    frozen: bool,
    advised_end_after: Option<Duration>,
}

/// Below this, and while a question is up, every second shows; above, every minute.
const BY_THE_SECOND: Duration = Duration::from_secs(120);

impl Visible {
    pub(crate) fn of(view: &View) -> Self {
        Self {
            state: view.state,
            question: view.question,
            count: view.left.map(|left| left.as_secs_f64().ceil() as u64).map(|seconds| {
                let by_second = counts_by_second(view.left, view.question);
                (by_second, if by_second { seconds } else { seconds.div_ceil(60) })
            }),
            limit: view.limit,
            renewable: view.renewable,
            can_be_kept: view.can_be_kept,
            frozen: view.frozen,
            advised_end_after: view.advised_end_after,
        }
    }
}

fn counts_by_second(left: Option<Duration>, question: Option<QuestionId>) -> bool {
    question.is_some() || left.is_some_and(|left| left <= BY_THE_SECOND)
}

/// How long until what is shown changes by itself.
pub(crate) fn until_next_change(left: Duration, question: Option<QuestionId>) -> Duration {
    let step = if counts_by_second(Some(left), question) { 1 } else { 60 };
    let nanos = left.as_nanos() % (u128::from(step as u32) * 1_000_000_000);
    // On the boundary the present value has just begun to show, so it shows for a whole step.
    if nanos == 0 { Duration::from_secs(step) } else { Duration::from_nanos(nanos as u64) }
}
