//! The state machine: takes events, enforces deadlines, returns actions.

use core::time::Duration;
use std::collections::VecDeque;

use crate::checkpoint::Checkpoint;
use crate::jitter::Jitter;
use crate::limits::Rules;
use crate::live::{Live, NearestEnd};
use crate::sign_in::SignIn;
use crate::types::{
    Abandoned, Attempt, EndReason, Input, Limit, Now, OnLock, Output, QuestionId, State, Withdrawn,
};
use crate::view::{Visible, until_next_change};

/// The longest time until activity is stored: after a crash the idle end may be this much too early, never too late.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(10);
/// The longest wait of the question for the idle time from the desktop.
const IDLE_QUERY_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause between two queries of the idle time while the question is shown.
const IDLE_QUERY_INTERVAL: Duration = Duration::from_secs(2);

/// The session of one account.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) rules: Rules,
    pub(crate) phase: Phase,
    pub(crate) jitter: Jitter,
    /// The latest boot time seen: a caller whose clock went back cannot lengthen anything.
    pub(crate) latest: Duration,
    pub(crate) screen_locked: bool,
    attempts: u64,
    questions: u64,
    visible: Option<Visible>,
    outputs: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "of the sessions that there are, nearly all are live")]
pub(crate) enum Phase {
    SignedOut,
    Authorizing { sign_in: SignIn, before: Option<Ended> },
    Live(Live),
    Ended(Ended),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub(crate) reason: EndReason,
    /// Wall time.
    pub(crate) at: Duration,
}

impl Session {
    /// The session of an account before its first sign-in.
    #[must_use]
    pub fn new(rules: impl Into<Rules>) -> Self {
        Self {
            rules: rules.into(),
            phase: Phase::SignedOut,
            jitter: Jitter::default(),
            latest: Duration::ZERO,
            screen_locked: false,
            attempts: 0,
            questions: 0,
            visible: None,
            outputs: VecDeque::new(),
        }
    }

    /// Numbers the attempts from here on. If several sessions with one name follow each other, no answer to an attempt of an
    /// earlier one fits then.
    #[must_use]
    pub fn numbered_from(mut self, number: u64) -> Self {
        self.attempts = self.attempts.max(number);
        self
    }

    /// Restores a session that another process has stored. `same_boot` means that the machine has not been restarted since,
    /// so that boot times can be compared. Limits that have become stricter since then count.
    ///
    /// A session whose end has passed is restored as ended, with an [`Output::Ended`], so that its data are wiped.
    #[must_use]
    pub fn restore(rules: impl Into<Rules>, checkpoint: &Checkpoint, now: Now, same_boot: bool) -> Self {
        let mut session = Self::new(rules);
        session.latest = now.boot;
        session.phase = Phase::Live(Live::restore(now, &session.rules.limits, checkpoint, same_boot));
        session.handle(now, Input::Tick);
        session
    }

    /// Sets the seed of the random part of pauses, any number except zero. Each session has its own, so that not all clients
    /// of a provider return at the same moment.
    pub fn set_jitter(&mut self, seed: u64) {
        self.jitter = Jitter::new(seed);
        if let Phase::Live(live) = &mut self.phase {
            live.jitter = self.jitter;
        }
    }

    /// Sets other rules, for instance after a change of the configuration. They count from now on: a shorter idle limit
    /// counts at once, a longer one from the next use.
    pub fn set_rules(&mut self, now: Now, rules: impl Into<Rules>) {
        let rules = rules.into();
        let before = core::mem::replace(&mut self.rules, rules);
        if let Phase::Live(live) = &mut self.phase {
            let deadlines = &mut live.deadlines;
            deadlines.idle = deadlines.idle.min(now.boot.saturating_add(rules.limits.end_after()));
            let shorter = before.limits.absolute().saturating_sub(rules.limits.absolute());
            deadlines.absolute = deadlines.absolute.saturating_sub(shorter);
        }
        self.handle(now, Input::Tick);
    }

    /// Takes an event. Deadlines come first: a limit that has passed by `now` takes effect before `input`.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.step(now, |session, now| session.apply(now, input));
    }

    /// Enforces the deadlines, does `work`, enforces them again.
    pub(crate) fn step<T>(&mut self, now: Now, work: impl FnOnce(&mut Self, Now) -> T) -> T {
        self.latest = self.latest.max(now.boot);
        let now = Now { wall: now.wall, boot: self.latest };
        self.enforce_deadlines(now);
        let result = work(self, now);
        self.enforce_deadlines(now);
        let visible = Visible::of(&self.view(now));
        if self.visible != Some(visible) {
            self.visible = Some(visible);
            self.put(Output::Changed);
        }
        result
    }

    /// The next action.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    pub(crate) fn next_attempt(&mut self) -> Attempt {
        self.attempts += 1;
        Attempt(self.attempts)
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::SignedOut => State::SignedOut,
            Phase::Authorizing { .. } => State::Authorizing,
            Phase::Live(live) if live.prompt.question.is_some() => State::Expiring,
            Phase::Live(_) => State::Active,
            Phase::Ended(ended) => State::Ended(ended.reason),
        }
    }

    /// Whether this attempt, a sign-in or a refresh, is the present one. Tokens that arrive for any other attempt must be
    /// revoked.
    #[must_use]
    pub fn awaits(&self, attempt: Attempt) -> bool {
        self.sign_in().is_some_and(|sign_in| sign_in.attempt == attempt) || self.is_refreshing(attempt)
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.screen_locked && self.rules.on_lock == OnLock::Freeze && matches!(self.phase, Phase::Live(_))
    }

    /// The checkpoint to store; `None` without a live session.
    #[must_use]
    pub fn checkpoint(&self, now: Now) -> Option<Checkpoint> {
        let Phase::Live(live) = &self.phase else { return None };
        Some(live.checkpoint(Now { wall: now.wall, boot: now.boot.max(self.latest) }))
    }

    /// The boot time at which [`Session::handle`] needs an [`Input::Tick`].
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let sign_in = self.sign_in().map(|sign_in| sign_in.until);
        match &self.phase {
            Phase::Live(live) => [Some(self.live_deadline(live)), sign_in].into_iter().flatten().min(),
            _ => sign_in,
        }
    }

    fn live_deadline(&self, live: &Live) -> Duration {
        let end = live.nearest().at;
        let left = end.saturating_sub(self.latest);
        let change = self.latest.saturating_add(until_next_change(left, live.prompt.question));
        // A timer that is due but has not run waits for something else, so it needs no tick.
        let later = [
            Some(live.warn_at(&self.rules.limits)),
            live.idle_query.since.map(|since| since.saturating_add(IDLE_QUERY_TIMEOUT)),
            self.next_idle_query(live),
            live.renewal.retry_at.filter(|_| live.renewal.wanted && live.renewal.attempt.is_none()),
            live.checkpoint_due,
            self.next_probe(live),
            live.remind_at(&self.rules),
        ];
        let later = later.into_iter().flatten().filter(|moment| *moment > self.latest);
        later.fold(end.min(change), Duration::min)
    }

    /// Enforces every deadline that has passed.
    fn enforce_deadlines(&mut self, now: Now) {
        if self.sign_in().is_some_and(|sign_in| sign_in.until <= now.boot) {
            self.abandon_sign_in(Abandoned::TimedOut);
        }
        let Phase::Live(live) = self.phase else { return };
        let end = live.nearest();
        if end.at <= now.boot {
            self.end(
                now,
                match end.limit {
                    Limit::Idle => EndReason::IdleTimeout,
                    Limit::Absolute => EndReason::AbsoluteTimeout,
                    Limit::Provider => EndReason::ProviderTimeout,
                    Limit::AccessToken => EndReason::AccessTokenExpired,
                },
            );
        } else if live.has_lost_its_token(now) {
            self.end(now, EndReason::AccessTokenExpired);
        } else if self.screen_locked && self.rules.on_lock == OnLock::End {
            self.end(now, EndReason::ScreenLocked);
        } else {
            self.run_timers(now, live, end);
        }
    }

    fn run_timers(&mut self, now: Now, mut live: Live, end: NearestEnd) {
        if live.checkpoint_due.is_some_and(|due| due <= now.boot) {
            live.checkpoint_due = None;
            self.put(Output::Checkpoint);
        }
        self.query_idle_time(now, &mut live, end.limit);
        self.ask_or_withdraw(now, &mut live, end);
        self.phase = Phase::Live(live);
        self.remind(now);
        self.retry_refresh(now);
        self.probe_provider(now);
    }

    fn ask_or_withdraw(&mut self, now: Now, live: &mut Live, end: NearestEnd) {
        if live.warn_at(&self.rules.limits) <= now.boot {
            // A pending refresh will move the provider's end.
            let about_to_move =
                end.limit == Limit::Provider && end.can_be_kept && live.renewal.attempt.is_some();
            let said = live.prompt.question.is_some() || live.prompt.acknowledged == Some(end.at);
            if !said && !about_to_move && live.idle_query.since.is_none() {
                self.questions += 1;
                let question = QuestionId(self.questions);
                live.prompt.question = Some(question);
                self.put(Output::Ask { question });
            }
        } else if let Some(question) = live.prompt.question.take() {
            self.put(Output::Withdraw { question, why: Withdrawn::Moot });
        }
    }

    /// If the user's input counts: queries it before the question comes, and while it is shown.
    fn query_idle_time(&mut self, now: Now, live: &mut Live, limit: Limit) {
        if live.idle_query.since.is_some_and(|since| since.saturating_add(IDLE_QUERY_TIMEOUT) <= now.boot) {
            (live.idle_query.since, live.idle_query.known_at) = (None, Some(now.boot));
        }
        let due = live.warn_at(&self.rules.limits);
        let first = live.prompt.question.is_none()
            && due <= now.boot
            && live.idle_query.known_at.is_none_or(|known| known < due)
            && self.rules.activity.counts_input()
            && limit == Limit::Idle;
        let again = self.next_idle_query(live).is_some_and(|moment| moment <= now.boot);
        if live.idle_query.since.is_none() && (first || again) {
            live.idle_query.since = Some(now.boot);
            self.put(Output::QueryIdleTime);
        }
    }

    /// The time of the next query while the question is shown, because the user may come back.
    fn next_idle_query(&self, live: &Live) -> Option<Duration> {
        let wanted = live.prompt.question.is_some()
            && live.idle_query.since.is_none()
            && live.nearest().limit == Limit::Idle
            && self.rules.activity.counts_input();
        wanted.then(|| live.idle_query.known_at.unwrap_or_default().saturating_add(IDLE_QUERY_INTERVAL))
    }

    fn apply(&mut self, now: Now, input: Input) {
        match input {
            Input::Login => self.login(now),
            Input::BeginAgain => self.begin_again(now),
            Input::RemindLater { after } => self.remind_later(now, after),
            Input::Resumed => self.remind_again(),
            Input::CancelLogin => self.abandon_sign_in(Abandoned::Cancelled),
            Input::Authorized { attempt, tokens } => self.authorized(now, attempt, tokens),
            Input::AuthorizationFailed { attempt } => self.authorization_failed(attempt),
            Input::Activity if self.rules.activity.counts_requests() => {
                self.record_activity(now, now.boot, Withdrawn::Activity);
            }
            Input::Activity | Input::Tick => {}
            Input::UserInput { ago } => self.record_user_input(now, Some(ago)),
            Input::UserInputUnknown => self.record_user_input(now, None),
            Input::Locked => self.screen_locked = true,
            Input::Unlocked => {
                self.screen_locked = false;
                self.record_user_input(now, Some(Duration::ZERO));
            }
            Input::Suspending => self.write_down(),
            Input::Refreshed { attempt, tokens } => self.refreshed(now, attempt, tokens),
            Input::RefreshFailed { attempt, failure } => self.refresh_failed(now, attempt, failure),
            Input::Answer { question, keep } => self.answer(now, question, keep),
            Input::Keep => self.keep(now),
            Input::Logout => {
                self.abandon_sign_in(Abandoned::Cancelled);
                self.end(now, EndReason::UserLogout);
            }
            Input::AccountRemoved => {
                self.abandon_sign_in(Abandoned::Cancelled);
                self.end(now, EndReason::AccountRemoved);
            }
            Input::ProviderEnded { signal } => self.end(now, EndReason::ProviderLogout(signal)),
            Input::ProviderSuspected { signal, offline } => {
                self.suspect(now, signal, offline);
                self.write_down();
            }
            Input::Probed { attempt, probe } => self.probed(now, attempt, probe),
            Input::SteppedUp { tokens } => self.stepped_up(now, tokens),
            Input::Renew => self.renew(now),
        }
    }

    fn write_down(&mut self) {
        if matches!(self.phase, Phase::Live(_)) {
            self.put(Output::Checkpoint);
        }
    }

    /// Notes a use of the session at `moment`. Withdraws a question about an end that this moves.
    pub(crate) fn record_activity(&mut self, now: Now, moment: Duration, why: Withdrawn) {
        let idle_end = moment.saturating_add(self.rules.limits.end_after());
        let Phase::Live(live) = &mut self.phase else { return };
        let before = live.nearest();
        if idle_end > live.deadlines.idle {
            live.deadlines.idle = idle_end;
            let due = now.boot.saturating_add(CHECKPOINT_EVERY);
            live.checkpoint_due = live.checkpoint_due.or(Some(due));
        }
        // Only the provider can move its own end, with a refresh.
        let at_the_provider =
            before.limit == Limit::Provider && before.can_be_kept && live.prompt.question.is_some();
        live.renewal.wanted |= at_the_provider;
        // While the provider is unreachable the question stays. Withdrawn, it would come back at once.
        let moves = live.nearest().at > before.at || (at_the_provider && !live.renewal.in_backoff(now.boot));
        if moves && let Some(question) = live.prompt.question.take() {
            self.put(Output::Withdraw { question, why });
        }
        self.retry_refresh(now);
    }

    /// Notes the user's input. It does not count while the screen is locked, because anyone can press a key there.
    fn record_user_input(&mut self, now: Now, ago: Option<Duration>) {
        if let Phase::Live(live) = &mut self.phase {
            (live.idle_query.since, live.idle_query.known_at) = (None, Some(now.boot));
        }
        if let Some(ago) = ago
            && self.rules.activity.counts_input()
            && !self.screen_locked
        {
            self.record_activity(now, now.boot.saturating_sub(ago), Withdrawn::Presence);
        }
    }

    fn answer(&mut self, now: Now, question: QuestionId, keep: bool) {
        if !matches!(&self.phase, Phase::Live(live) if live.prompt.question == Some(question)) {
            return;
        }
        if keep { self.keep(now) } else { self.end_with(now, EndReason::Declined, Withdrawn::Answered) }
    }

    /// *Yes*: the user is present, so the idle time starts again, and the tokens are refreshed so that the provider's
    /// timeout starts again too. An end that cannot be moved is acknowledged, and not asked about again.
    fn keep(&mut self, now: Now) {
        if let Phase::Live(live) = &mut self.phase {
            let end = live.nearest();
            live.renewal.wanted |= live.renewable;
            if let Some(question) = live.prompt.question.take() {
                live.prompt.acknowledged = (end.limit != Limit::Idle).then_some(end.at);
                self.put(Output::Withdraw { question, why: Withdrawn::Answered });
            }
        }
        self.record_activity(now, now.boot, Withdrawn::Answered);
        self.write_down();
    }
}
