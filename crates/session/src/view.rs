//! The data that views show of a session, and when they change.

use core::time::Duration;

use crate::live::Live;
use crate::machine::{Phase, Session};
use crate::provider_limits::LimitSource;
use crate::reminder::FixedEnd;
use crate::types::{Limit, Now, QuestionId, State};

/// A session at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The state.
    pub state: State,
    /// The question that is shown.
    pub question: Option<QuestionId>,
    /// Time until the nearest limit.
    pub left: Option<Duration>,
    /// That limit.
    pub limit: Option<Limit>,
    /// The whole time, of which `left` remains.
    pub lifetime: Option<Duration>,
    /// The start of the session, wall time.
    pub began: Option<Duration>,
    /// The end of the session, wall time.
    pub ended: Option<Duration>,
    /// Time until the end that cannot be moved.
    pub absolute_left: Option<Duration>,
    /// Time until the present access token expires.
    pub access_left: Option<Duration>,
    /// Whether there is a refresh token.
    pub renewable: bool,
    /// Whether the provider wants the person to sign in again before it issues new tokens. [`crate::Input::Login`] begins
    /// that, and the session is kept meanwhile.
    pub sign_in_needed: bool,
    /// Whether [`crate::Input::Login`] begins a sign-in that continues this session: if it is needed, and while there is no access token
    /// and the last refresh brought none.
    pub lets_sign_in: bool,
    /// Whether a sign-in is pending, the first one or another one of a live session.
    pub signing_in: bool,
    /// The time that the session would last after a use now.
    pub keep_gives: Option<Duration>,
    /// Whether *Yes* can move the nearest end.
    pub can_be_kept: bool,
    /// Whether the session is frozen because the screen is locked.
    pub frozen: bool,
    /// The end that the user was reminded of, and that no use of the session can move.
    pub reminded_of: Option<FixedEnd>,
    /// Whether the user can sign in again for a new session in the place of this one.
    pub can_begin_again: bool,
    /// Time until the nearest end that the provider has declared.
    pub provider_left: Option<Duration>,
    /// The parameter that declared it.
    pub provider_source: Option<LimitSource>,
    /// The provider's timeout for an unused session, as last declared.
    pub provider_lifetime: Option<Duration>,
    /// An idle limit that the provider's session outlasts, if the present one is too long.
    pub advised_end_after: Option<Duration>,
}

impl Session {
    /// The session as it is now.
    #[must_use]
    pub fn view(&self, now: Now) -> View {
        let mut view = View { state: self.state(), signing_in: self.sign_in().is_some(), ..View::EMPTY };
        match &self.phase {
            Phase::Live(live) => {
                self.view_live(&mut view, live, Now { wall: now.wall, boot: now.boot.max(self.latest) });
            }
            Phase::Ended(ended) | Phase::Authorizing { before: Some(ended), .. } => {
                view.ended = Some(ended.at)
            }
            Phase::SignedOut | Phase::Authorizing { .. } => {}
        }
        view
    }

    fn view_live(&self, view: &mut View, live: &Live, now: Now) {
        let end = live.nearest();
        let limits = &self.rules.limits;
        let left = |end: Duration| end.saturating_sub(now.boot);
        let provider = &live.deadlines.provider;
        view.question = live.prompt.question;
        view.left = Some(left(end.at));
        view.limit = Some(end.limit);
        view.lifetime = Some(end.lifetime.unwrap_or(Duration::MAX).min(limits.end_after()));
        view.began = Some(live.began_wall);
        view.absolute_left = Some(left(live.deadlines.absolute));
        view.access_left = live.access_left(now);
        view.renewable = live.renewable;
        view.sign_in_needed = live.renewal.sign_in_needed;
        view.lets_sign_in = live.lets_sign_in(now);
        view.keep_gives = Some(live.keep_gives(now.boot, limits));
        view.can_be_kept = end.can_be_kept;
        view.frozen = self.is_frozen();
        view.reminded_of = self.reminded_of(live, now.boot);
        view.can_begin_again = self.can_begin_again(live, now.boot);
        view.provider_left = provider.nearest().map(|end| left(end.at));
        view.provider_source = live.provider_source();
        view.provider_lifetime = provider.timeout();
        view.advised_end_after = live.advised_end_after(limits);
    }
}

impl View {
    const EMPTY: Self = Self {
        state: State::SignedOut,
        question: None,
        left: None,
        limit: None,
        lifetime: None,
        began: None,
        ended: None,
        absolute_left: None,
        access_left: None,
        renewable: false,
        sign_in_needed: false,
        lets_sign_in: false,
        signing_in: false,
        keep_gives: None,
        can_be_kept: false,
        frozen: false,
        reminded_of: None,
        can_begin_again: false,
        provider_left: None,
        provider_source: None,
        provider_lifetime: None,
        advised_end_after: None,
    };
}

/// The visible part of a [`View`]. A change of anything else redraws nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visible {
    state: State,
    question: Option<QuestionId>,
    /// Whether seconds are shown, and the number of seconds or minutes.
    count: Option<(bool, u64)>,
    limit: Option<Limit>,
    renewable: bool,
    sign_in_needed: bool,
    signing_in: bool,
    provider_source: Option<LimitSource>,
    can_be_kept: bool,
    frozen: bool,
    reminded: bool,
    advised_end_after: Option<Duration>,
}

/// Below this time, and while a question is shown, views count in seconds, otherwise in minutes.
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
            sign_in_needed: view.sign_in_needed,
            signing_in: view.signing_in,
            provider_source: view.provider_source,
            can_be_kept: view.can_be_kept,
            frozen: view.frozen,
            reminded: view.reminded_of.is_some(),
            advised_end_after: view.advised_end_after,
        }
    }
}

fn counts_by_second(left: Option<Duration>, question: Option<QuestionId>) -> bool {
    question.is_some() || left.is_some_and(|left| left <= BY_THE_SECOND)
}

/// The time until the view changes by itself.
pub(crate) fn until_next_change(left: Duration, question: Option<QuestionId>) -> Duration {
    let step = if counts_by_second(Some(left), question) { 1 } else { 60 };
    let nanos = left.as_nanos() % (u128::from(step as u32) * 1_000_000_000);
    // At a boundary the present value has just appeared, so it is shown for a whole step.
    if nanos == 0 { Duration::from_secs(step) } else { Duration::from_nanos(nanos as u64) }
}
