//! The state machine itself.

use core::time::Duration;
use std::collections::VecDeque;

use crate::checkpoint::Checkpoint;
use crate::limits::Limits;
use crate::shown::{Shown, View, until_next_change};
use crate::types::{
    Abandoned, Attempt, EndReason, Input, Limit, Now, Output, QuestionId, RefreshFailure, State,
    TokenRequest, TokenVerdict, Tokens, Withdrawn,
};

/// How long a sign-in may take in the browser before it is given up.
const AUTHORIZATION_LIMIT: Duration = Duration::from_secs(10 * 60);
/// Activity is written down at most this often: after a crash the idle end may be this much too early, never too late.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);
/// The pause after a first refresh that did not reach the provider; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The session of one account.
#[derive(Clone, Debug)]
pub struct Session {
    limits: Limits,
    phase: Phase,
    attempts: u64,
    questions: u64,
    /// The latest boot time seen: a caller whose clock went back cannot lengthen anything.
    latest: Duration,
    shown: Option<Shown>,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    SignedOut,
    Authorizing { attempt: Attempt, until: Duration, before: Option<Over> },
    Live(Live),
    Over(Over),
}

#[derive(Clone, Copy, Debug)]
struct Over {
    reason: EndReason,
    at: Duration,
}

/// A signed-in session. All times without a word are boot time.
#[derive(Clone, Copy, Debug)]
struct Live {
    began_wall: Duration,
    idle_end: Duration,
    absolute_end: Duration,
    provider_end: Option<Duration>,
    provider_lifetime: Duration,
    access_end: Option<Duration>,
    access_lifetime: Duration,
    has_access: bool,
    renewable: bool,
    refresh: Option<Attempt>,
    pause: Duration,
    not_before: Option<Duration>,
    question: Option<QuestionId>,
    told_of: Option<Limit>,
    checkpoint_due: Option<Duration>,
}

impl Live {
    fn nearest(&self) -> (Duration, Limit) {
        let mut nearest = (self.idle_end, Limit::Idle);
        if let Some(end) = self.provider_end
            && end < nearest.0
        {
            nearest = (end, Limit::Provider);
        }
        // At the same moment the limit that nothing can move is the one to name.
        if self.absolute_end <= nearest.0 {
            nearest = (self.absolute_end, Limit::Absolute);
        }
        nearest
    }

    /// Whether *Yes* would move the nearest end.
    fn can_be_kept(&self) -> bool {
        match self.nearest().1 {
            Limit::Idle => true,
            Limit::Provider => self.renewable,
            Limit::Absolute => false,
        }
    }

    fn take(&mut self, now: Duration, tokens: Tokens) {
        self.has_access = true;
        self.access_lifetime = tokens.access_expires_in.unwrap_or(Duration::MAX);
        self.access_end = tokens.access_expires_in.map(|lifetime| now.saturating_add(lifetime));
        self.renewable = tokens.renewable;
        self.provider_lifetime = tokens.session_expires_in.unwrap_or_default();
        self.provider_end = tokens.session_expires_in.map(|lifetime| now.saturating_add(lifetime));
        self.refresh = None;
        self.pause = FIRST_PAUSE;
        self.not_before = None;
    }

    /// A token is fresh when it outlives the demand, but no demand exceeds nine tenths of what the provider gives:
    /// otherwise a tool that wants more would cause a refresh with every request.
    fn is_fresh(&self, now: Duration, min_validity: Duration) -> bool {
        let demand = min_validity.min(self.access_lifetime / 10 * 9);
        self.has_access && self.access_end.is_none_or(|end| end > now.saturating_add(demand))
    }
}

impl Session {
    /// An account to which nobody has signed in.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::SignedOut,
            attempts: 0,
            questions: 0,
            latest: Duration::ZERO,
            shown: None,
            outputs: VecDeque::new(),
        }
    }

    /// A session that another process wrote down. `same_boot` says that the machine has not been restarted since, so
    /// that boot times compare. Limits that have become stricter meanwhile count.
    ///
    /// A session whose end has passed is restored as ended: [`Output::Ended`] is put out, so that what belonged to it
    /// is wiped.
    #[must_use]
    pub fn restore(limits: Limits, checkpoint: &Checkpoint, now: Now, same_boot: bool) -> Self {
        let mut session = Self::new(limits);
        session.latest = now.boot;
        let elapsed = checkpoint.elapsed(now, same_boot);
        let at = |left: Duration| {
            let left = elapsed.map_or(Duration::ZERO, |elapsed| left.saturating_sub(elapsed));
            now.boot.saturating_add(left)
        };
        session.phase = Phase::Live(Live {
            began_wall: checkpoint.began,
            idle_end: at(checkpoint.idle_left.min(limits.end_after())),
            absolute_end: at(checkpoint.absolute_left.min(limits.absolute())),
            provider_end: checkpoint.provider_left.map(at),
            provider_lifetime: checkpoint.provider_left.unwrap_or_default(),
            access_end: None,
            access_lifetime: Duration::MAX,
            has_access: false,
            renewable: checkpoint.renewable,
            refresh: None,
            pause: FIRST_PAUSE,
            not_before: None,
            question: None,
            told_of: None,
            checkpoint_due: None,
        });
        session.handle(now, Input::Tick);
        session
    }

    /// Takes other limits, for instance from a configuration that was read again. They count from now on: the present
    /// idle time is shortened if need be and never lengthened.
    pub fn set_limits(&mut self, now: Now, limits: Limits) {
        let before = self.limits;
        self.limits = limits;
        if let Phase::Live(live) = &mut self.phase {
            live.idle_end = live.idle_end.min(now.boot.saturating_add(limits.end_after()));
            if limits.absolute() < before.absolute() {
                live.absolute_end = live.absolute_end.saturating_sub(before.absolute() - limits.absolute());
            }
        }
        self.handle(now, Input::Tick);
    }

    /// Takes what happened. Deadlines are judged first: what has ended by `now` has ended before `input` arrives.
    pub fn handle(&mut self, now: Now, input: Input) {
        let now = self.monotonic(now);
        self.judge(now);
        self.apply(now, input);
        self.judge(now);
        self.note_changes(now);
    }

    /// A tool asks for a token: decides what it gets, and lets the request count as activity if it says so.
    pub fn token(&mut self, now: Now, request: TokenRequest) -> TokenVerdict {
        let now = self.monotonic(now);
        self.judge(now);
        let verdict = self.verdict(now, request.min_validity);
        let served = matches!(verdict, TokenVerdict::Serve | TokenVerdict::Wait(_) | TokenVerdict::Held);
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
            Phase::Live(live) => {
                let (end, _) = live.nearest();
                let left = end.saturating_sub(self.latest);
                let change = self.latest.saturating_add(until_next_change(left, live.question));
                // A warning that is due and does not show waits for something else, so it asks for no tick.
                let warn = Some(end.saturating_sub(self.lead(live))).filter(|moment| *moment > self.latest);
                [Some(end), Some(change), warn, live.checkpoint_due].into_iter().flatten().min()
            }
            Phase::SignedOut | Phase::Over(_) => None,
        }
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::SignedOut => State::SignedOut,
            Phase::Authorizing { .. } => State::Authorizing,
            Phase::Live(live) if live.question.is_some() => State::Expiring,
            Phase::Live(_) => State::Active,
            Phase::Over(over) => State::Ended(over.reason),
        }
    }

    /// Whether the answer to this attempt is still waited for. Tokens that arrive for any other have no owner: revoke
    /// them.
    #[must_use]
    pub fn awaits(&self, attempt: Attempt) -> bool {
        match &self.phase {
            Phase::Authorizing { attempt: present, .. } => *present == attempt,
            Phase::Live(live) => live.refresh == Some(attempt),
            Phase::SignedOut | Phase::Over(_) => false,
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
        };
        match &self.phase {
            Phase::Live(live) => {
                let (end, limit) = live.nearest();
                let absolute_left = live.absolute_end.saturating_sub(boot);
                view.question = live.question;
                view.left = Some(end.saturating_sub(boot));
                view.limit = Some(limit);
                view.lifetime = Some(match limit {
                    Limit::Idle | Limit::Absolute => self.limits.end_after(),
                    Limit::Provider => live.provider_lifetime.min(self.limits.end_after()),
                });
                view.began = Some(live.began_wall);
                view.absolute_left = Some(absolute_left);
                view.access_left =
                    live.has_access.then(|| live.access_end.map(|end| end.saturating_sub(boot))).flatten();
                view.renewable = live.renewable;
                view.keep_gives = Some(self.limits.end_after().min(absolute_left));
            }
            Phase::Over(over) | Phase::Authorizing { before: Some(over), .. } => view.ended = Some(over.at),
            Phase::SignedOut | Phase::Authorizing { .. } => {}
        }
        view
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
            renewable: live.renewable,
        })
    }

    fn monotonic(&mut self, now: Now) -> Now {
        self.latest = self.latest.max(now.boot);
        Now { wall: now.wall, boot: self.latest }
    }

    fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Lets every deadline that has passed take effect.
    fn judge(&mut self, now: Now) {
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
                } else {
                    self.warn(now, live, end, limit);
                }
            }
            _ => {}
        }
    }

    fn warn(&mut self, now: Now, mut live: Live, end: Duration, limit: Limit) {
        if live.checkpoint_due.is_some_and(|due| due <= now.boot) {
            live.checkpoint_due = None;
            self.put(Output::Checkpoint);
        }
        let near = end.saturating_sub(self.lead(&live)) <= now.boot;
        if near && live.can_be_kept() {
            // A refresh that is under way is about to move the provider's end.
            if live.question.is_none() && !(limit == Limit::Provider && live.refresh.is_some()) {
                self.questions += 1;
                let question = QuestionId(self.questions);
                live.question = Some(question);
                self.put(Output::Ask { question });
            }
        } else {
            if near && live.told_of != Some(limit) {
                live.told_of = Some(limit);
                self.put(Output::EndingSoon { limit });
            }
            // A question that no answer can help is moot.
            if let Some(question) = live.question.take() {
                self.put(Output::Withdraw { question, why: Withdrawn::Activity });
            }
        }
        self.phase = Phase::Live(live);
    }

    fn apply(&mut self, now: Now, input: Input) {
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
                    self.phase = before.map_or(Phase::SignedOut, Phase::Over);
                }
            }
            Input::Activity => self.touch(now, Withdrawn::Activity),
            Input::Refreshed { attempt, tokens } if self.awaits(attempt) => {
                if let Phase::Live(live) = &mut self.phase {
                    live.take(now.boot, tokens);
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
            Input::ProviderEnded => self.end(now, EndReason::ProviderLogout),
            Input::PolicyEnded => self.end(now, EndReason::Policy),
            Input::Tick
            | Input::AuthorizationFailed { .. }
            | Input::Refreshed { .. }
            | Input::RefreshFailed { .. } => {}
        }
    }

    fn login(&mut self, now: Now) {
        let before = match self.phase {
            Phase::Live(_) => return,
            Phase::SignedOut => None,
            Phase::Over(over) => Some(over),
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

    fn abandon(&mut self, attempt: Attempt, before: Option<Over>, why: Abandoned) {
        self.phase = before.map_or(Phase::SignedOut, Phase::Over);
        self.put(Output::AbandonAuthorization { attempt, why });
    }

    fn begin(&mut self, now: Now, tokens: Tokens) {
        let mut live = Live {
            began_wall: now.wall,
            idle_end: now.boot.saturating_add(self.limits.end_after()),
            absolute_end: now.boot.saturating_add(self.limits.absolute()),
            provider_end: None,
            provider_lifetime: Duration::ZERO,
            access_end: None,
            access_lifetime: Duration::MAX,
            has_access: false,
            renewable: false,
            refresh: None,
            pause: FIRST_PAUSE,
            not_before: None,
            question: None,
            told_of: None,
            checkpoint_due: None,
        };
        live.take(now.boot, tokens);
        self.phase = Phase::Live(live);
        self.put(Output::Began);
        self.put(Output::Checkpoint);
    }

    fn touch(&mut self, now: Now, why: Withdrawn) {
        let idle_end = now.boot.saturating_add(self.limits.end_after());
        let Phase::Live(live) = &mut self.phase else { return };
        live.idle_end = live.idle_end.max(idle_end);
        live.checkpoint_due = live.checkpoint_due.or(Some(now.boot.saturating_add(CHECKPOINT_EVERY)));
        if let Some(question) = live.question.take() {
            self.put(Output::Withdraw { question, why });
            // Only the provider can move its own end: using the session there is what a refresh does.
            if let Phase::Live(live) = self.phase
                && live.nearest().1 == Limit::Provider
                && live.renewable
                && live.refresh.is_none()
            {
                self.start_refresh();
            }
        }
    }

    /// How long before the nearest end the warning comes. A provider's session that is much shorter than ours is warned
    /// of in proportion, not all the time.
    fn lead(&self, live: &Live) -> Duration {
        let lead = self.limits.lead();
        match live.nearest().1 {
            Limit::Idle | Limit::Absolute => lead,
            Limit::Provider => lead.min(live.provider_lifetime / 5),
        }
    }

    /// *Yes*: the user is there, so the idle time begins anew, and the provider is asked for new tokens, so that its
    /// session begins anew too.
    fn keep(&mut self, now: Now) {
        self.touch(now, Withdrawn::Answered);
        if let Phase::Live(live) = self.phase {
            if live.renewable && live.refresh.is_none() {
                self.start_refresh();
            }
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
            RefreshFailure::Rejected => self.end(now, EndReason::RefreshRejected),
            RefreshFailure::Unreachable => {
                if let Phase::Live(live) = &mut self.phase {
                    live.refresh = None;
                    live.not_before = Some(now.boot.saturating_add(live.pause));
                    live.pause = (live.pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn verdict(&mut self, now: Now, min_validity: Duration) -> TokenVerdict {
        let live = match self.phase {
            Phase::SignedOut | Phase::Authorizing { .. } => return TokenVerdict::LoginRequired,
            Phase::Over(over) => return TokenVerdict::Ended(over.reason),
            Phase::Live(live) => live,
        };
        if live.is_fresh(now.boot, min_validity) {
            TokenVerdict::Serve
        } else if let Some(attempt) = live.refresh {
            TokenVerdict::Wait(attempt)
        } else if !live.renewable {
            // Without a refresh token what is left of the access token is all there is.
            if live.is_fresh(now.boot, Duration::ZERO) {
                TokenVerdict::Serve
            } else {
                TokenVerdict::LoginRequired
            }
        } else if live.not_before.is_some_and(|moment| moment > now.boot) {
            if live.is_fresh(now.boot, Duration::ZERO) { TokenVerdict::Serve } else { TokenVerdict::Held }
        } else {
            TokenVerdict::Wait(self.start_refresh())
        }
    }

    fn end(&mut self, now: Now, reason: EndReason) {
        self.end_with(now, reason, Withdrawn::Ended);
    }

    fn end_with(&mut self, now: Now, reason: EndReason, why: Withdrawn) {
        let Phase::Live(live) = self.phase else { return };
        if let Some(question) = live.question {
            self.put(Output::Withdraw { question, why });
        }
        self.phase = Phase::Over(Over { reason, at: now.wall });
        self.put(Output::Ended { reason });
    }

    fn note_changes(&mut self, now: Now) {
        let shown = Shown::of(&self.view(now));
        if self.shown != Some(shown) {
            self.shown = Some(shown);
            self.put(Output::Changed);
        }
    }
}
