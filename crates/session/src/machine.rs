//! The state machine itself.

use core::time::Duration;
use std::collections::VecDeque;

use crate::checkpoint::Checkpoint;
use crate::jitter::Jitter;
use crate::limits::Rules;
use crate::live::Live;
use crate::types::{
    Abandoned, Attempt, EndReason, Input, Limit, Now, OnLock, Output, QuestionId, RefreshFailure, State,
    TokenRequest, TokenVerdict, Tokens, Withdrawn,
};
use crate::view::{View, Visible, until_next_change};

/// How long a sign-in may take in the browser before it is given up.
const AUTHORIZATION_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Activity is written down at most this often: after a crash the idle end may be this much too early, never too late.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);
/// How long the question waits for the news whether the user is there.
const IDLE_QUERY_TIMEOUT: Duration = Duration::from_secs(1);
/// While the question is up: the pause between two queries of the idle time.
const IDLE_QUERY_INTERVAL: Duration = Duration::from_secs(2);

/// The session of one account.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) rules: Rules,
    pub(crate) phase: Phase,
    /// Whether the screen is locked.
    locked: bool,
    attempts: u64,
    questions: u64,
    /// The latest boot time seen: a caller whose clock went back cannot lengthen anything.
    latest: Duration,
    shown: Option<Visible>,
    jitter: Jitter,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "of the sessions that there are, nearly all are live")]
pub(crate) enum Phase {
    SignedOut,
    Authorizing { attempt: Attempt, until: Duration, before: Option<Ended> },
    Live(Live),
    Ended(Ended),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: EndReason,
    at: Duration,
}

impl Session {
    /// An account to which nobody has signed in.
    #[must_use]
    pub fn new(rules: impl Into<Rules>) -> Self {
        Self {
            rules: rules.into(),
            phase: Phase::SignedOut,
            locked: false,
            attempts: 0,
            questions: 0,
            latest: Duration::ZERO,
            shown: None,
            jitter: Jitter::default(),
            outputs: VecDeque::new(),
        }
    }

    /// The same, whose attempts have numbers above this: where several sessions come after one another under one name, an
    /// answer to the attempt of an earlier one then lands in none.
    #[must_use]
    pub fn numbered_from(mut self, number: u64) -> Self {
        self.attempts = self.attempts.max(number);
        self
    }

    /// A session that another process wrote down. `same_boot` says that the machine has not been restarted since, so
    /// that boot times compare. Limits that have become stricter meanwhile count.
    ///
    /// A session whose end has passed is restored as ended: [`Output::Ended`] is put out, so that what belonged to it
    /// is wiped.
    #[must_use]
    pub fn restore(rules: impl Into<Rules>, checkpoint: &Checkpoint, now: Now, same_boot: bool) -> Self {
        let mut session = Self::new(rules);
        session.latest = now.boot;
        session.phase = Phase::Live(Live::restore(now, &session.rules.limits, checkpoint, same_boot));
        session.handle(now, Input::Tick);
        session
    }

    /// Gives the session a number of its own, any but zero: what it does again, and what it does ahead of time, it then
    /// does at moments that no other session has.
    pub fn set_jitter(&mut self, number: u64) {
        self.jitter = Jitter::new(number);
        if let Phase::Live(live) = &mut self.phase {
            live.set_jitter(self.jitter);
        }
    }

    /// Takes other rules, for instance from a configuration that was changed. They count from now on: the present idle
    /// time is shortened if need be, and lengthened only by the next use.
    pub fn set_rules(&mut self, now: Now, rules: impl Into<Rules>) {
        let rules = rules.into();
        let before = core::mem::replace(&mut self.rules, rules);
        if let Phase::Live(live) = &mut self.phase {
            live.idle_end = live.idle_end.min(now.boot.saturating_add(rules.limits.end_after()));
            let shorter = before.limits.absolute().saturating_sub(rules.limits.absolute());
            live.absolute_end = live.absolute_end.saturating_sub(shorter);
        }
        self.handle(now, Input::Tick);
    }

    /// Takes what happened. Deadlines are judged first: what has ended by `now` has ended before `input` arrives.
    pub fn handle(&mut self, now: Now, input: Input) {
        let now = self.monotonic(now);
        self.enforce_deadlines(now);
        self.apply(now, input);
        self.enforce_deadlines(now);
        self.note_changes(now);
    }

    /// A tool asks for a token: decides what it gets, and lets the request count as activity if it says so.
    pub fn token(&mut self, now: Now, request: TokenRequest) -> TokenVerdict {
        let now = self.monotonic(now);
        self.enforce_deadlines(now);
        let verdict = self.verdict(now, request.min_validity);
        let served =
            matches!(verdict, TokenVerdict::Serve | TokenVerdict::Wait(_) | TokenVerdict::BackingOff);
        if served && request.activity {
            self.apply(now, Input::Activity);
        }
        self.note_changes(now);
        verdict
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The boot time at which [`Session::handle`] wants an [`Input::Tick`].
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        match &self.phase {
            Phase::Authorizing { until, .. } => Some(*until),
            Phase::Live(live) => self.live_deadline(live),
            Phase::SignedOut | Phase::Ended(_) => None,
        }
    }

    fn live_deadline(&self, live: &Live) -> Option<Duration> {
        let (end, _) = live.nearest();
        let left = end.saturating_sub(self.latest);
        let change = self.latest.saturating_add(until_next_change(left, live.question));
        let warn = live.warn_at(&self.rules.limits);
        let patience = live.idle_query.map(|since| since.saturating_add(IDLE_QUERY_TIMEOUT));
        let retry = live.retry_at.filter(|_| live.refresh_wanted && live.refresh.is_none());
        // What is due and does not happen waits for something else, so it asks for no tick.
        let later = [
            Some(warn),
            patience,
            self.next_idle_query(live),
            retry,
            live.checkpoint_due,
            self.next_probe(live),
        ];
        let later = later.into_iter().flatten().filter(|moment| *moment > self.latest);
        later.chain([end, change]).min()
    }

    /// While the question is up, the user may come back: when to look next.
    fn next_idle_query(&self, live: &Live) -> Option<Duration> {
        let wanted = live.question.is_some()
            && live.idle_query.is_none()
            && live.nearest().1 == Limit::Idle
            && self.rules.activity.counts_input();
        wanted.then(|| live.idle_known_at.unwrap_or_default().saturating_add(IDLE_QUERY_INTERVAL))
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::SignedOut => State::SignedOut,
            Phase::Authorizing { .. } => State::Authorizing,
            Phase::Live(live) if live.question.is_some() => State::Expiring,
            Phase::Live(_) => State::Active,
            Phase::Ended(over) => State::Ended(over.reason),
        }
    }

    /// Whether the answer to this attempt is still waited for. Tokens that arrive for any other have no owner: revoke
    /// them.
    #[must_use]
    pub fn awaits(&self, attempt: Attempt) -> bool {
        match &self.phase {
            Phase::Authorizing { attempt: present, .. } => *present == attempt,
            Phase::Live(live) => live.refresh == Some(attempt),
            Phase::SignedOut | Phase::Ended(_) => false,
        }
    }

    /// The session as it is now.
    #[must_use]
    pub fn view(&self, now: Now) -> View {
        let boot = now.boot.max(self.latest);
        let mut view = View {
            state: self.state(),
            question: None,
            left: None,
            limit: None,
            lifetime: None,
            began: None,
            ended: None,
            absolute_left: None,
            access_left: None,
            renewable: false,
            keep_gives: None,
            can_be_kept: false,
            frozen: false,
            provider_left: None,
            provider_lifetime: None,
            advised_end_after: None,
        };
        match &self.phase {
            Phase::Live(live) => self.view_live(&mut view, live, Now { wall: now.wall, boot }),
            Phase::Ended(over) | Phase::Authorizing { before: Some(over), .. } => view.ended = Some(over.at),
            Phase::SignedOut | Phase::Authorizing { .. } => {}
        }
        view
    }

    fn view_live(&self, view: &mut View, live: &Live, now: Now) {
        let (end, limit) = live.nearest();
        let end_after = self.rules.limits.end_after();
        let absolute_left = live.absolute_end.saturating_sub(now.boot);
        view.question = live.question;
        view.left = Some(end.saturating_sub(now.boot));
        view.limit = Some(limit);
        view.lifetime = Some(match limit {
            Limit::Idle | Limit::Absolute => end_after,
            Limit::Provider => live.provider_lifetime.unwrap_or_default().min(end_after),
        });
        view.began = Some(live.began_wall);
        view.absolute_left = Some(absolute_left);
        view.access_left = live.access_left(now);
        view.renewable = live.renewable;
        view.keep_gives = Some(end_after.min(absolute_left));
        view.can_be_kept = live.can_be_kept();
        view.frozen = self.is_frozen();
        view.provider_left = live.provider_end.map(|end| end.saturating_sub(now.boot));
        view.provider_lifetime = live.provider_lifetime;
        view.advised_end_after = live.advised_end_after(&self.rules.limits);
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.locked && self.rules.on_lock == OnLock::Freeze && matches!(self.phase, Phase::Live(_))
    }

    /// The deadlines to write down; `None` when nobody is signed in.
    #[must_use]
    pub fn checkpoint(&self, now: Now) -> Option<Checkpoint> {
        let Phase::Live(live) = &self.phase else { return None };
        let boot = now.boot.max(self.latest);
        Some(Checkpoint {
            at: Now { wall: now.wall, boot },
            began: live.began_wall,
            idle_left: live.idle_end.saturating_sub(boot),
            absolute_left: live.absolute_end.saturating_sub(boot),
            provider_left: live.provider_end.map(|end| end.saturating_sub(boot)),
            provider_lifetime: live.provider_lifetime,
            renewable: live.renewable,
            suspicion: live.suspicion.map(|suspicion| suspicion.signal),
        })
    }

    pub(crate) fn monotonic(&mut self, now: Now) -> Now {
        self.latest = self.latest.max(now.boot);
        Now { wall: now.wall, boot: self.latest }
    }

    pub(crate) fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Lets every deadline that has passed take effect.
    pub(crate) fn enforce_deadlines(&mut self, now: Now) {
        match self.phase {
            Phase::Authorizing { attempt, until, before } if until <= now.boot => {
                self.abandon(attempt, before, Abandoned::TimedOut);
            }
            Phase::Live(live) => {
                let (end, limit) = live.nearest();
                if end <= now.boot {
                    let reason = if limit == Limit::Idle {
                        EndReason::IdleTimeout
                    } else {
                        EndReason::AbsoluteTimeout
                    };
                    self.end(now, reason);
                } else if self.locked && self.rules.on_lock == OnLock::End {
                    self.end(now, EndReason::ScreenLocked);
                } else {
                    self.run_timers(now, live, end, limit);
                }
            }
            _ => {}
        }
    }

    fn run_timers(&mut self, now: Now, mut live: Live, end: Duration, limit: Limit) {
        if live.checkpoint_due.is_some_and(|due| due <= now.boot) {
            live.checkpoint_due = None;
            self.put(Output::Checkpoint);
        }
        self.query_idle_time(now, &mut live, limit);
        if live.warn_at(&self.rules.limits) <= now.boot {
            // A refresh that is under way is about to move the provider's end.
            let about_to_move = limit == Limit::Provider && live.can_be_kept() && live.refresh.is_some();
            let said = live.question.is_some() || live.acknowledged == Some(end);
            if !said && !about_to_move && live.idle_query.is_none() {
                self.questions += 1;
                let question = QuestionId(self.questions);
                live.question = Some(question);
                self.put(Output::Ask { question });
            }
        } else if let Some(question) = live.question.take() {
            self.put(Output::Withdraw { question, why: Withdrawn::Moot });
        }
        self.phase = Phase::Live(live);
        self.retry_refresh(now);
        self.probe_provider(now);
    }

    /// Where the user's own input counts, it is asked for when it matters: before the question comes, and while it is up.
    fn query_idle_time(&mut self, now: Now, live: &mut Live, limit: Limit) {
        if live.idle_query.is_some_and(|since| since.saturating_add(IDLE_QUERY_TIMEOUT) <= now.boot) {
            (live.idle_query, live.idle_known_at) = (None, Some(now.boot));
        }
        let due = live.warn_at(&self.rules.limits);
        let first = live.question.is_none()
            && due <= now.boot
            && live.idle_known_at.is_none_or(|known| known < due)
            && self.rules.activity.counts_input()
            && limit == Limit::Idle;
        let again = self.next_idle_query(live).is_some_and(|moment| moment <= now.boot);
        if live.idle_query.is_none() && (first || again) {
            live.idle_query = Some(now.boot);
            self.put(Output::QueryIdleTime);
        }
    }

    /// Tries a refresh again that did not reach the provider, if somebody wanted the session to be kept.
    pub(crate) fn retry_refresh(&mut self, now: Now) {
        if let Phase::Live(live) = self.phase
            && live.refresh_wanted
            && live.renewable
            && live.refresh.is_none()
            && !live.in_backoff(now.boot)
        {
            self.start_refresh();
        }
    }

    pub(crate) fn apply(&mut self, now: Now, input: Input) {
        match input {
            Input::Login => self.login(now),
            Input::CancelLogin => {
                if let Phase::Authorizing { attempt, before, .. } = self.phase {
                    self.abandon(attempt, before, Abandoned::Cancelled);
                }
            }
            Input::Authorized { attempt, tokens } => {
                // Attempts of all kinds share their numbers, so the kind has to fit as well.
                if matches!(self.phase, Phase::Authorizing { attempt: present, .. } if present == attempt) {
                    self.begin(now, tokens);
                }
            }
            Input::AuthorizationFailed { attempt } if self.awaits(attempt) => {
                if let Phase::Authorizing { before, .. } = self.phase {
                    self.phase = before.map_or(Phase::SignedOut, Phase::Ended);
                }
            }
            Input::Activity if self.rules.activity.counts_requests() => {
                self.record_activity(now, now.boot, Withdrawn::Activity);
            }
            Input::UserInput { ago } => self.record_user_input(now, Some(ago)),
            Input::UserInputUnknown => self.record_user_input(now, None),
            Input::Locked => self.locked = true,
            Input::Unlocked => {
                self.locked = false;
                self.record_user_input(now, Some(Duration::ZERO));
            }
            Input::Suspending => {
                if matches!(self.phase, Phase::Live(_)) {
                    self.put(Output::Checkpoint);
                }
            }
            Input::Refreshed { attempt, tokens } if self.awaits(attempt) => {
                if let Phase::Live(live) = &mut self.phase {
                    live.apply_tokens(now, tokens);
                    Self::settle_suspicion(live, attempt);
                    self.put(Output::Checkpoint);
                }
            }
            Input::RefreshFailed { attempt, failure } if self.awaits(attempt) => {
                self.refresh_failed(now, failure)
            }
            Input::Answer { question, keep } => {
                if matches!(self.phase, Phase::Live(live) if live.question == Some(question)) {
                    if keep {
                        self.keep(now)
                    } else {
                        self.end_with(now, EndReason::Declined, Withdrawn::Answered)
                    }
                }
            }
            Input::Keep => self.keep(now),
            Input::Logout => {
                if let Phase::Authorizing { attempt, before, .. } = self.phase {
                    self.abandon(attempt, before, Abandoned::Cancelled);
                }
                self.end_with(now, EndReason::UserLogout, Withdrawn::Ended);
            }
            Input::ProviderEnded { signal } => self.end(now, EndReason::ProviderLogout(signal)),
            Input::ProviderSuspected { signal } => {
                self.suspect(now, signal);
                if matches!(self.phase, Phase::Live(_)) {
                    self.put(Output::Checkpoint);
                }
            }
            Input::Probed { attempt, probe } => self.probed(now, attempt, probe),
            Input::SteppedUp { tokens } => self.stepped_up(now, tokens),
            Input::Renew => self.renew(now),
            Input::PolicyEnded => self.end(now, EndReason::Policy),
            Input::Tick
            | Input::Activity
            | Input::AuthorizationFailed { .. }
            | Input::Refreshed { .. }
            | Input::RefreshFailed { .. } => {}
        }
    }

    fn login(&mut self, now: Now) {
        let before = match self.phase {
            Phase::Live(_) => return,
            Phase::SignedOut => None,
            Phase::Ended(over) => Some(over),
            Phase::Authorizing { attempt, before, .. } => {
                self.abandon(attempt, before, Abandoned::Replaced);
                before
            }
        };
        let attempt = self.next_attempt();
        self.phase =
            Phase::Authorizing { attempt, until: now.boot.saturating_add(AUTHORIZATION_LIMIT), before };
        self.put(Output::Authorize { attempt });
    }

    fn abandon(&mut self, attempt: Attempt, before: Option<Ended>, why: Abandoned) {
        self.phase = before.map_or(Phase::SignedOut, Phase::Ended);
        self.put(Output::AbandonAuthorization { attempt, why });
    }

    fn begin(&mut self, now: Now, tokens: Tokens) {
        self.phase = Phase::Live(Live::begin(now, &self.rules.limits, tokens, self.jitter));
        self.put(Output::Began);
        self.put(Output::Checkpoint);
    }

    /// The session was used at `moment`. A question about an end that this moves is taken down.
    pub(crate) fn record_activity(&mut self, now: Now, moment: Duration, why: Withdrawn) {
        let idle_end = moment.saturating_add(self.rules.limits.end_after());
        let Phase::Live(live) = &mut self.phase else { return };
        let (before, limit) = live.nearest();
        if idle_end > live.idle_end {
            live.idle_end = idle_end;
            let due = now.boot.saturating_add(CHECKPOINT_EVERY);
            live.checkpoint_due = live.checkpoint_due.or(Some(due));
        }
        // Only the provider can move its own end: using the session there is what a refresh does.
        let at_the_provider = limit == Limit::Provider && live.renewable && live.question.is_some();
        live.refresh_wanted |= at_the_provider;
        // While the provider is away the question stays: taken down, it would come back at once.
        let moves = live.nearest().0 > before || (at_the_provider && !live.in_backoff(now.boot));
        if moves && let Some(question) = live.question.take() {
            self.put(Output::Withdraw { question, why });
        }
        self.retry_refresh(now);
    }

    /// What is known of the user's own input. Nothing counts while the screen is locked: there anybody can press a key.
    fn record_user_input(&mut self, now: Now, ago: Option<Duration>) {
        if let Phase::Live(live) = &mut self.phase {
            (live.idle_query, live.idle_known_at) = (None, Some(now.boot));
        }
        if let Some(ago) = ago
            && self.rules.activity.counts_input()
            && !self.locked
        {
            self.record_activity(now, now.boot.saturating_sub(ago), Withdrawn::Presence);
        }
    }

    /// *Yes*: the user is there, so the idle time begins anew, and the provider is asked for new tokens, so that its
    /// session begins anew too. An end that no answer can move has been told of, and is not told of again.
    fn keep(&mut self, now: Now) {
        if let Phase::Live(live) = &mut self.phase {
            let (end, limit) = live.nearest();
            live.refresh_wanted |= live.renewable;
            if let Some(question) = live.question.take() {
                live.acknowledged = (limit != Limit::Idle).then_some(end);
                self.put(Output::Withdraw { question, why: Withdrawn::Answered });
            }
        }
        self.record_activity(now, now.boot, Withdrawn::Answered);
        if matches!(self.phase, Phase::Live(_)) {
            self.put(Output::Checkpoint);
        }
    }

    fn start_refresh(&mut self) -> Attempt {
        let attempt = self.next_attempt();
        if let Phase::Live(live) = &mut self.phase {
            live.refresh = Some(attempt);
        }
        self.put(Output::Refresh { attempt });
        attempt
    }

    fn refresh_failed(&mut self, now: Now, failure: RefreshFailure) {
        match failure {
            RefreshFailure::Rejected => {
                let suspicion = if let Phase::Live(live) = &self.phase { live.suspicion } else { None };
                let reason = suspicion.map(|suspicion| EndReason::ProviderLogout(suspicion.signal));
                self.end(now, reason.unwrap_or(EndReason::RefreshRejected));
            }
            RefreshFailure::Unreachable | RefreshFailure::Busy { .. } => {
                let wait = if let RefreshFailure::Busy { wait } = failure { wait } else { Duration::ZERO };
                if let Phase::Live(live) = &mut self.phase {
                    live.back_off(now.boot, wait);
                }
            }
        }
    }

    fn verdict(&mut self, now: Now, min_validity: Duration) -> TokenVerdict {
        if self.is_frozen() {
            return TokenVerdict::Frozen;
        }
        let live = match self.phase {
            Phase::SignedOut | Phase::Authorizing { .. } => return TokenVerdict::LoginRequired,
            Phase::Ended(over) => return TokenVerdict::Ended(over.reason),
            Phase::Live(live) => live,
        };
        if let (Some(_), Some(attempt)) = (live.suspicion, live.refresh) {
            // The provider is being asked at this moment whether the session goes on.
            TokenVerdict::Wait(attempt)
        } else if live.is_fresh(now, min_validity) {
            if live.is_due(now) {
                self.start_refresh();
            }
            TokenVerdict::Serve
        } else if let Some(attempt) = live.refresh {
            TokenVerdict::Wait(attempt)
        } else if !live.renewable {
            // Without a refresh token what is left of the access token is all there is.
            if live.is_fresh(now, Duration::ZERO) { TokenVerdict::Serve } else { TokenVerdict::LoginRequired }
        } else if live.in_backoff(now.boot) {
            if live.is_fresh(now, Duration::ZERO) { TokenVerdict::Serve } else { TokenVerdict::BackingOff }
        } else {
            TokenVerdict::Wait(self.start_refresh())
        }
    }

    pub(crate) fn end(&mut self, now: Now, reason: EndReason) {
        self.end_with(now, reason, Withdrawn::Ended);
    }

    fn end_with(&mut self, now: Now, reason: EndReason, why: Withdrawn) {
        let Phase::Live(live) = self.phase else { return };
        if let Some(question) = live.question {
            self.put(Output::Withdraw { question, why });
        }
        self.phase = Phase::Ended(Ended { reason, at: now.wall });
        self.put(Output::Ended { reason });
    }

    pub(crate) fn note_changes(&mut self, now: Now) {
        let shown = Visible::of(&self.view(now));
        if self.shown != Some(shown) {
            self.shown = Some(shown);
            self.put(Output::Changed);
        }
    }
}
