//! The model: computes the expected state of a session from its rules, without using the implementation.
#![allow(unreachable_pub)]

use std::time::Duration;

use abide_session::{
    Activity, Attempt, EndReason, Input, Limit, LimitSource, Now, OnLock, Probe, QuestionId, RefreshFailure,
    Rules, Signal, TokenRequest, TokenVerdict, Tokens,
};

/// The expected state of an account at one moment.
#[derive(Clone, Debug)]
pub struct Model {
    pub rules: Rules,
    pub locked: bool,
    pub live: Option<Live>,
    /// Why the last session ended.
    pub over: Option<EndReason>,
    pub sign_in: Option<SignIn>,
    /// The ends since the driver last looked.
    pub ends: Vec<EndReason>,
    /// The number of sessions that have begun since then.
    pub begins: usize,
}

#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    pub attempt: Attempt,
    pub until: Duration,
}

#[derive(Clone, Debug)]
pub struct Live {
    pub idle_end: Duration,
    pub absolute_end: Duration,
    pub provider: Vec<ProviderLimit>,
    pub access: Option<Access>,
    pub renewable: bool,
    pub refresh: Option<Attempt>,
    /// The time of the last request of a tool that waits for this refresh.
    pub waiting: Option<Duration>,
    pub needs_sign_in: bool,
    pub retry_at: Duration,
    pub failures: u32,
    /// Whether a refresh is made without a tool that asks for a token.
    pub wants_refresh: bool,
    pub question: Option<QuestionId>,
    /// The end that the user has answered about.
    pub answered: Option<Duration>,
    pub suspicion: Option<Suspicion>,
    pub probe: Option<Attempt>,
    pub probed: Duration,
    /// The time of an unanswered query for the idle time.
    pub idle_query: Option<Duration>,
    /// The first use without a checkpoint.
    pub unsaved: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
pub struct ProviderLimit {
    pub source: LimitSource,
    /// The value of `session_expiry`.
    pub named: Option<Duration>,
    pub end: Duration,
    pub lifetime: Duration,
}

/// An access token, with its end by either clock if the provider declares it.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    ends: Option<(Duration, Duration)>,
    lifetime: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Suspicion {
    pub signal: Signal,
    /// The refresh that was pending at that time: its success does not settle the suspicion.
    pub later_than: Option<Attempt>,
}

impl Access {
    fn new(now: Now, lifetime: Option<Duration>) -> Self {
        Self {
            ends: lifetime.map(|lifetime| (now.boot + lifetime, now.wall + lifetime)),
            lifetime: lifetime.unwrap_or(Duration::MAX),
        }
    }

    pub fn left(&self, now: Now) -> Option<Duration> {
        self.ends.map(|(boot, wall)| boot.saturating_sub(now.boot).min(wall.saturating_sub(now.wall)))
    }

    fn outlives(&self, now: Now, demand: Duration) -> bool {
        self.left(now).is_none_or(|left| left > demand.min(self.lifetime / 10 * 9))
    }

    fn is_nearly_over(&self, now: Now) -> bool {
        self.left(now).is_some_and(|left| left <= Duration::from_secs(60).min(self.lifetime / 5))
    }
}

impl Live {
    fn new(now: Now, rules: &Rules, tokens: Tokens) -> Self {
        let mut live = Self {
            idle_end: now.boot + rules.limits.end_after(),
            absolute_end: now.boot + rules.limits.absolute(),
            provider: Vec::new(),
            access: None,
            renewable: false,
            refresh: None,
            waiting: None,
            needs_sign_in: false,
            retry_at: Duration::ZERO,
            failures: 0,
            wants_refresh: false,
            question: None,
            answered: None,
            suspicion: None,
            probe: None,
            probed: now.boot,
            idle_query: None,
            unsaved: None,
        };
        live.apply_tokens(now, tokens);
        live
    }

    fn apply_tokens(&mut self, now: Now, tokens: Tokens) {
        self.access = Some(Access::new(now, tokens.access_expires_in));
        self.renewable = tokens.renewable;
        self.declare(now, tokens);
        (self.waiting, self.needs_sign_in) = (None, false);
        (self.refresh, self.failures, self.retry_at) = (None, 0, Duration::ZERO);
        self.wants_refresh = false;
        self.probed = now.boot;
    }

    fn declare(&mut self, now: Now, tokens: Tokens) {
        let said = tokens.provider;
        // A timeout that is not repeated starts again, a fixed end that is not repeated stays.
        for timeout in self.provider.iter_mut().filter(|limit| limit.source.moves_with_refresh()) {
            timeout.end = now.boot + timeout.lifetime;
        }
        for (source, lasts) in [
            (LimitSource::SessionExpiry, said.session_expiry.map(|at| at.saturating_sub(now.wall))),
            (LimitSource::AuthorizationExpiresIn, said.authorization_expires_in),
            (LimitSource::RefreshTokenTimeout, said.refresh_token_timeout),
            (LimitSource::RefreshExpiresIn, said.refresh_expires_in),
        ] {
            let Some(lasts) = lasts else { continue };
            let named = said.session_expiry.filter(|_| source == LimitSource::SessionExpiry);
            let before = self.provider.iter().find(|limit| limit.source == source).copied();
            if named.is_some() && before.is_some_and(|before| before.named == named) {
                continue;
            }
            let longest = before.filter(|_| !source.moves_with_refresh()).map(|before| before.lifetime);
            let lifetime = lasts.max(longest.unwrap_or_default());
            self.provider.retain(|limit| limit.source != source);
            self.provider.push(ProviderLimit { source, named, end: now.boot + lasts, lifetime });
        }
    }

    pub fn provider_limit(&self) -> Option<&ProviderLimit> {
        self.provider.iter().min_by_key(|limit| (limit.end, limit.source as usize))
    }

    /// The end that comes first. Of two at the same time, the one that is harder to move.
    pub fn nearest(&self) -> (Duration, Limit) {
        let provider = self.provider_limit().map(|provider| (provider.end, 3, Limit::Provider));
        let token =
            self.access.map(|access| access.ends.map(|(boot, _)| boot)).unwrap_or(Some(Duration::ZERO));
        let token = token.filter(|_| !self.renewable).map(|end| (end, 1, Limit::AccessToken));
        let all = [
            Some((self.absolute_end, 0, Limit::Absolute)),
            token,
            Some((self.idle_end, 2, Limit::Idle)),
            provider,
        ];
        let (end, _, limit) =
            all.into_iter().flatten().min_by_key(|(end, rank, _)| (*end, *rank)).expect("there are two");
        (end, limit)
    }

    /// Whether the provider's limit, if it is the nearest, would be moved by a refresh.
    pub fn provider_moves(&self) -> bool {
        let timeout = self.provider_limit().is_some_and(|limit| limit.source.moves_with_refresh());
        timeout && self.renewable && !self.needs_sign_in
    }

    pub fn can_be_kept(&self) -> bool {
        match self.nearest().1 {
            Limit::Idle => true,
            Limit::Provider => self.provider_moves(),
            Limit::Absolute | Limit::AccessToken => false,
        }
    }

    pub fn warn_at(&self, rules: &Rules) -> Duration {
        let (end, limit) = self.nearest();
        let before = rules.limits.end_after() - rules.limits.warn_after();
        let whole = match limit {
            Limit::Provider => self.provider_limit().map(|limit| limit.lifetime),
            Limit::AccessToken => self.access.map(|access| access.lifetime),
            Limit::Idle | Limit::Absolute => None,
        };
        end.saturating_sub(whole.map_or(before, |whole| before.min(whole / 5)))
    }

    fn outlives(&self, now: Now, demand: Duration) -> bool {
        self.access.is_some_and(|access| access.outlives(now, demand))
    }

    /// Whether a refresh has to begin now without a request.
    pub fn tries_by_itself(&self, now: Now) -> bool {
        self.wants_refresh && self.renewable && self.refresh.is_none() && !self.backs_off(now)
    }

    /// Whether a sign-in may continue the session.
    pub fn lets_sign_in(&self, now: Now) -> bool {
        self.needs_sign_in || (self.failures > 0 && !self.outlives(now, Duration::ZERO))
    }

    pub fn backs_off(&self, now: Now) -> bool {
        self.retry_at > now.boot
    }
}

impl Model {
    pub fn new(rules: Rules) -> Self {
        Self { rules, locked: false, live: None, over: None, sign_in: None, ends: Vec::new(), begins: 0 }
    }

    pub fn frozen(&self) -> bool {
        self.live.is_some() && self.locked && self.rules.on_lock == OnLock::Freeze
    }

    pub fn counts_input(&self) -> bool {
        self.rules.activity != Activity::Requests
    }

    fn end(&mut self, reason: EndReason) {
        if self.live.take().is_some() {
            self.over = Some(reason);
            self.ends.push(reason);
        }
    }

    /// Enforces every limit that has passed.
    pub fn expire(&mut self, now: Now) {
        if self.sign_in.is_some_and(|sign_in| sign_in.until <= now.boot) {
            self.sign_in = None;
        }
        let Some(live) = &self.live else { return };
        let (end, limit) = live.nearest();
        if end <= now.boot {
            self.end(match limit {
                Limit::Idle => EndReason::IdleTimeout,
                Limit::Absolute => EndReason::AbsoluteTimeout,
                Limit::Provider => EndReason::ProviderTimeout,
                Limit::AccessToken => EndReason::AccessTokenExpired,
            });
        } else if !live.renewable && !live.outlives(now, Duration::ZERO) {
            self.end(EndReason::AccessTokenExpired);
        } else if self.locked && self.rules.on_lock == OnLock::End {
            self.end(EndReason::ScreenLocked);
        }
    }

    fn lengthen(&mut self, now: Now, moment: Duration) {
        let end_after = self.rules.limits.end_after();
        let Some(live) = &mut self.live else { return };
        if moment + end_after > live.idle_end {
            live.idle_end = moment + end_after;
            live.unsaved = live.unsaved.or(Some(now.boot));
        }
    }

    /// The session was used at `moment`.
    fn used(&mut self, now: Now, moment: Duration) {
        let Some(live) = &mut self.live else { return };
        // A use while the question is about the provider's end also asks the provider.
        let about_the_provider = live.question.is_some() && live.nearest().1 == Limit::Provider;
        live.wants_refresh |= about_the_provider && live.provider_moves();
        self.lengthen(now, moment);
    }

    fn kept(&mut self, now: Now) {
        if let Some(live) = &mut self.live {
            live.wants_refresh |= live.renewable;
            let (end, limit) = live.nearest();
            if live.question.is_some() && limit != Limit::Idle {
                live.answered = Some(end);
            }
        }
        self.used(now, now.boot);
    }

    fn suspect(&mut self, signal: Signal, offline: bool) {
        let Some(live) = &mut self.live else { return };
        if !live.renewable || (offline && signal == Signal::FrontChannel) {
            return self.end(EndReason::ProviderLogout(signal));
        }
        let signal = live.suspicion.map_or(signal, |suspicion| suspicion.signal);
        live.suspicion = Some(Suspicion { signal, later_than: live.refresh });
        live.wants_refresh = true;
    }

    fn failed(&mut self, now: Now, failure: RefreshFailure) {
        let Some(live) = &mut self.live else { return };
        let wait = match failure {
            RefreshFailure::Rejected => {
                let reason = live.suspicion.map(|suspicion| EndReason::ProviderLogout(suspicion.signal));
                return self.end(reason.unwrap_or(EndReason::RefreshRejected));
            }
            RefreshFailure::AnswerRefused => return self.end(EndReason::AnswerRefused),
            RefreshFailure::Unreachable => Duration::ZERO,
            RefreshFailure::InteractionRequired => {
                (live.needs_sign_in, live.wants_refresh) = (true, false);
                Duration::ZERO
            }
            RefreshFailure::Busy { wait } => wait.min(Duration::from_secs(300)),
        };
        let own = Duration::from_secs(2_u64.pow(live.failures.min(6)).min(60));
        live.failures += 1;
        live.retry_at = now.boot + own.max(wait);
        (live.refresh, live.waiting) = (None, None);
    }

    pub fn apply(&mut self, now: Now, input: Input) {
        match input {
            // A new sign-in gets its number from the session.
            Input::Login | Input::Tick | Input::Suspending | Input::Resumed => {}
            // Not without reminders.
            Input::BeginAgain | Input::RemindLater { .. } => {}
            Input::CancelLogin => self.sign_in = None,
            Input::Authorized { attempt, tokens } => {
                if self.sign_in.is_some_and(|sign_in| sign_in.attempt == attempt) {
                    self.sign_in = None;
                    if self.live.is_some() {
                        return self.apply(now, Input::SteppedUp { tokens });
                    }
                    self.live = Some(Live::new(now, &self.rules, tokens));
                    self.begins += 1;
                }
            }
            Input::AuthorizationFailed { attempt } => {
                self.sign_in = self.sign_in.filter(|sign_in| sign_in.attempt != attempt);
            }
            Input::Activity if self.rules.activity != Activity::Input => self.used(now, now.boot),
            Input::Activity => {}
            Input::UserInput { ago } => {
                self.desktop_answered();
                if self.counts_input() && !self.locked {
                    self.used(now, now.boot.saturating_sub(ago));
                }
            }
            Input::UserInputUnknown => self.desktop_answered(),
            Input::Locked => self.locked = true,
            Input::Unlocked => {
                self.locked = false;
                self.desktop_answered();
                if self.counts_input() {
                    self.used(now, now.boot);
                }
            }
            Input::Refreshed { attempt, tokens } => {
                let Some(live) = self.live.as_mut().filter(|live| live.refresh == Some(attempt)) else {
                    return;
                };
                let waiting = live.waiting;
                live.apply_tokens(now, tokens);
                match &mut live.suspicion {
                    Some(suspicion) if suspicion.later_than == Some(attempt) => {
                        suspicion.later_than = None;
                        live.wants_refresh = true;
                    }
                    suspicion => *suspicion = None,
                }
                if let Some(moment) = waiting {
                    self.lengthen(now, moment);
                }
            }
            Input::RefreshFailed { attempt, failure } => {
                if self.live.as_ref().is_some_and(|live| live.refresh == Some(attempt)) {
                    self.failed(now, failure);
                }
            }
            Input::Answer { question, keep } => {
                if self.live.as_ref().is_some_and(|live| live.question == Some(question)) {
                    if keep {
                        self.kept(now);
                    } else {
                        self.sign_in = None;
                        self.end(EndReason::Declined);
                    }
                }
            }
            Input::Keep => self.kept(now),
            Input::Logout => {
                self.sign_in = None;
                self.end(EndReason::UserLogout);
            }
            Input::AccountRemoved => {
                self.sign_in = None;
                self.end(EndReason::AccountRemoved);
            }
            Input::ProviderEnded { signal } => self.end(EndReason::ProviderLogout(signal)),
            Input::ProviderSuspected { signal, offline } => self.suspect(signal, offline),
            Input::Probed { attempt, probe } => {
                let Some(live) = self.live.as_mut().filter(|live| live.probe == Some(attempt)) else {
                    return;
                };
                (live.probe, live.probed) = (None, now.boot);
                if let Probe::Rejected(signal) = probe {
                    self.suspect(signal, false);
                }
            }
            Input::SteppedUp { tokens } => {
                if let Some(live) = &mut self.live {
                    live.apply_tokens(now, tokens);
                    live.suspicion = None;
                    self.used(now, now.boot);
                }
            }
            Input::Renew => {
                if let Some(live) = &mut self.live {
                    live.wants_refresh |= live.renewable;
                }
            }
        }
    }

    fn desktop_answered(&mut self) {
        if let Some(live) = &mut self.live {
            live.idle_query = None;
        }
    }

    pub fn change_rules(&mut self, now: Now, rules: Rules) {
        let shorter = self.rules.limits.absolute().saturating_sub(rules.limits.absolute());
        self.rules = rules;
        if let Some(live) = &mut self.live {
            live.idle_end = live.idle_end.min(now.boot + rules.limits.end_after());
            live.absolute_end = live.absolute_end.saturating_sub(shorter);
        }
    }

    /// The expected answer to a tool, and whether its request starts a refresh; `None` is the refresh that it starts.
    pub fn token(&self, now: Now, request: TokenRequest) -> (Option<TokenVerdict>, bool) {
        let Some(live) = &self.live else {
            let ended = self.over.filter(|_| self.sign_in.is_none());
            return (Some(ended.map_or(TokenVerdict::LoginRequired, TokenVerdict::Ended)), false);
        };
        if self.frozen() {
            return (Some(TokenVerdict::Frozen), false);
        }
        let usable = live.outlives(now, Duration::ZERO);
        let may_refresh =
            live.renewable && !live.needs_sign_in && live.refresh.is_none() && !live.backs_off(now);
        match live.refresh {
            Some(attempt) if live.suspicion.is_some() => return (Some(TokenVerdict::Wait(attempt)), false),
            _ if usable && live.outlives(now, request.min_validity) => {
                let nearly_over = live.access.is_some_and(|access| access.is_nearly_over(now));
                return (Some(TokenVerdict::Serve), may_refresh && nearly_over);
            }
            Some(attempt) => return (Some(TokenVerdict::Wait(attempt)), false),
            None => {}
        }
        let instead = if live.needs_sign_in { TokenVerdict::SignInNeeded } else { TokenVerdict::BackingOff };
        match (may_refresh, usable) {
            (true, _) => (None, true),
            (false, true) => (Some(TokenVerdict::Serve), false),
            (false, false) => (Some(instead), false),
        }
    }

    /// Notes whether an answered request was use of the session.
    pub fn answered(&mut self, now: Now, request: TokenRequest, verdict: TokenVerdict) {
        if !request.activity || self.rules.activity == Activity::Input {
            return;
        }
        match (verdict, &mut self.live) {
            (TokenVerdict::Serve, _) => self.used(now, now.boot),
            (TokenVerdict::Wait(_), Some(live)) => live.waiting = Some(now.boot),
            _ => {}
        }
    }

    /// Continues in another process without the old one's memory. `elapsed` is the time since `saved`, `None` if unknown.
    pub fn restarted(&mut self, now: Now, saved: &Self, saved_at: Now, elapsed: Option<Duration>) {
        self.sign_in = None;
        self.locked = false;
        self.over = None;
        self.live = saved.live.as_ref().map(|live| {
            let moved = |end: Duration, most: Duration| {
                let left = end.saturating_sub(saved_at.boot).min(most);
                now.boot + elapsed.map_or(Duration::ZERO, |elapsed| left.saturating_sub(elapsed))
            };
            Live {
                idle_end: moved(live.idle_end, self.rules.limits.end_after()),
                absolute_end: moved(live.absolute_end, self.rules.limits.absolute()),
                provider: live
                    .provider
                    .iter()
                    .map(|limit| ProviderLimit { end: moved(limit.end, Duration::MAX), ..*limit })
                    .collect(),
                access: None,
                refresh: None,
                waiting: None,
                needs_sign_in: false,
                retry_at: Duration::ZERO,
                failures: 0,
                wants_refresh: live.suspicion.is_some(),
                question: None,
                answered: None,
                suspicion: live
                    .suspicion
                    .map(|suspicion| Suspicion { signal: suspicion.signal, later_than: None }),
                probe: None,
                probed: now.boot,
                idle_query: None,
                unsaved: None,
                renewable: live.renewable,
            }
        });
        self.expire(now);
    }
}
