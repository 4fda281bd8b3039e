//! A second opinion: what a session has to be, worked out from its rules without idle_query at how the session does it.
#![allow(unreachable_pub)]

use std::time::Duration;

use abide_session::{
    Activity, Attempt, EndReason, Input, Limit, Now, OnLock, Probe, QuestionId, RefreshFailure, Rules,
    Signal, TokenRequest, TokenVerdict, Tokens,
};

/// What the account does for its user at one moment.
#[derive(Clone, Debug)]
pub struct Model {
    pub rules: Rules,
    pub locked: bool,
    pub live: Option<Live>,
    /// Why the last session ended.
    pub over: Option<EndReason>,
    pub sign_in: Option<SignIn>,
    /// What has ended since the driver idle_known_at last.
    pub ends: Vec<EndReason>,
    /// How many sessions have begun since.
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
    pub provider: Option<ProviderLimit>,
    pub access: Option<Access>,
    pub renewable: bool,
    pub refresh: Option<Attempt>,
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
    /// When the desktop was asked for the idle time and has not answered.
    pub idle_query: Option<Duration>,
    /// The first use that no checkpoint has.
    pub unsaved: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
pub struct ProviderLimit {
    pub end: Duration,
    pub lifetime: Duration,
}

/// An access token, and when it ends by either clock if the provider says so.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    ends: Option<(Duration, Duration)>,
    lifetime: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct Suspicion {
    pub signal: Signal,
    /// The refresh that was under way at that time: its success says nothing about the suspicion.
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
            provider: None,
            access: None,
            renewable: false,
            refresh: None,
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
        self.provider =
            tokens.session_expires_in.map(|lifetime| ProviderLimit { end: now.boot + lifetime, lifetime });
        (self.refresh, self.failures, self.retry_at) = (None, 0, Duration::ZERO);
        self.wants_refresh = false;
        self.probed = now.boot;
    }

    /// The end that comes first. Of two at the same moment the one that is harder to move is named.
    pub fn nearest(&self) -> (Duration, Limit) {
        let provider = self.provider.map(|provider| (provider.end, 2, Limit::Provider));
        let all =
            [Some((self.absolute_end, 0, Limit::Absolute)), Some((self.idle_end, 1, Limit::Idle)), provider];
        let (end, _, limit) =
            all.into_iter().flatten().min_by_key(|(end, rank, _)| (*end, *rank)).expect("there are two");
        (end, limit)
    }

    pub fn can_be_kept(&self) -> bool {
        let (_, limit) = self.nearest();
        limit == Limit::Idle || (limit == Limit::Provider && self.renewable)
    }

    pub fn warn_at(&self, rules: &Rules) -> Duration {
        let (end, limit) = self.nearest();
        let before = rules.limits.end_after() - rules.limits.warn_after();
        let before = match self.provider {
            Some(provider) if limit == Limit::Provider => before.min(provider.lifetime / 5),
            _ => before,
        };
        end.saturating_sub(before)
    }

    fn outlives(&self, now: Now, demand: Duration) -> bool {
        self.access.is_some_and(|access| access.outlives(now, demand))
    }

    /// Whether a refresh has to begin now, whatever a tool asks for.
    pub fn tries_by_itself(&self, now: Now) -> bool {
        self.wants_refresh && self.renewable && self.refresh.is_none() && !self.backs_off(now)
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

    /// Every limit that has passed takes effect.
    pub fn expire(&mut self, now: Now) {
        if self.sign_in.is_some_and(|sign_in| sign_in.until <= now.boot) {
            self.sign_in = None;
        }
        let Some(live) = &self.live else { return };
        let (end, limit) = live.nearest();
        if end <= now.boot {
            self.end(match limit {
                Limit::Idle => EndReason::IdleTimeout,
                Limit::Absolute | Limit::Provider => EndReason::AbsoluteTimeout,
            });
        } else if self.locked && self.rules.on_lock == OnLock::End {
            self.end(EndReason::ScreenLocked);
        }
    }

    /// The session was used at `moment`.
    fn used(&mut self, now: Now, moment: Duration) {
        let end_after = self.rules.limits.end_after();
        let Some(live) = &mut self.live else { return };
        // Use while the question is about the provider's end asks the provider.
        let about_the_provider = live.question.is_some() && live.nearest().1 == Limit::Provider;
        live.wants_refresh |= about_the_provider && live.renewable;
        if moment + end_after > live.idle_end {
            live.idle_end = moment + end_after;
            live.unsaved = live.unsaved.or(Some(now.boot));
        }
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

    fn suspect(&mut self, signal: Signal) {
        let Some(live) = &mut self.live else { return };
        if !live.renewable {
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
            RefreshFailure::Unreachable => Duration::ZERO,
            RefreshFailure::Busy { wait } => wait.min(Duration::from_secs(1800)),
        };
        let own = Duration::from_secs(2_u64.pow(live.failures.min(6)).min(60));
        live.failures += 1;
        live.retry_at = now.boot + own.max(wait);
        live.refresh = None;
    }

    pub fn apply(&mut self, now: Now, input: Input) {
        match input {
            // A new sign-in gets its number from the session.
            Input::Login | Input::Tick | Input::Suspending => {}
            Input::CancelLogin => self.sign_in = None,
            Input::Authorized { attempt, tokens } => {
                if self.sign_in.is_some_and(|sign_in| sign_in.attempt == attempt) {
                    self.sign_in = None;
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
                live.apply_tokens(now, tokens);
                match &mut live.suspicion {
                    Some(suspicion) if suspicion.later_than == Some(attempt) => {
                        suspicion.later_than = None;
                        live.wants_refresh = true;
                    }
                    suspicion => *suspicion = None,
                }
            }
            Input::RefreshFailed { attempt, failure } => {
                if self.live.as_ref().is_some_and(|live| live.refresh == Some(attempt)) {
                    self.failed(now, failure);
                }
            }
            Input::Answer { question, keep } => {
                if self.live.as_ref().is_some_and(|live| live.question == Some(question)) {
                    if keep { self.kept(now) } else { self.end(EndReason::Declined) }
                }
            }
            Input::Keep => self.kept(now),
            Input::Logout => {
                self.sign_in = None;
                self.end(EndReason::UserLogout);
            }
            Input::ProviderEnded { signal } => self.end(EndReason::ProviderLogout(signal)),
            Input::ProviderSuspected { signal } => self.suspect(signal),
            Input::Probed { attempt, probe } => {
                let Some(live) = self.live.as_mut().filter(|live| live.probe == Some(attempt)) else {
                    return;
                };
                (live.probe, live.probed) = (None, now.boot);
                if let Probe::Rejected(signal) = probe {
                    self.suspect(signal);
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
            Input::PolicyEnded => self.end(EndReason::Policy),
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

    /// What a tool has to get, and whether its request starts a refresh; `None` is the refresh that it starts.
    pub fn token(&self, now: Now, request: TokenRequest) -> (Option<TokenVerdict>, bool) {
        let Some(live) = &self.live else {
            let ended = self.over.filter(|_| self.sign_in.is_none());
            return (Some(ended.map_or(TokenVerdict::LoginRequired, TokenVerdict::Ended)), false);
        };
        if self.frozen() {
            return (Some(TokenVerdict::Frozen), false);
        }
        let usable = live.outlives(now, Duration::ZERO);
        let may_refresh = live.renewable && live.refresh.is_none() && !live.backs_off(now);
        match live.refresh {
            Some(attempt) if live.suspicion.is_some() => return (Some(TokenVerdict::Wait(attempt)), false),
            _ if usable && live.outlives(now, request.min_validity) => {
                let nearly_over = live.access.is_some_and(|access| access.is_nearly_over(now));
                return (Some(TokenVerdict::Serve), may_refresh && nearly_over);
            }
            Some(attempt) => return (Some(TokenVerdict::Wait(attempt)), false),
            None => {}
        }
        let instead = if live.renewable { TokenVerdict::BackingOff } else { TokenVerdict::LoginRequired };
        match (may_refresh, usable) {
            (true, _) => (None, true),
            (false, true) => (Some(TokenVerdict::Serve), false),
            (false, false) => (Some(instead), false),
        }
    }

    /// A tool was answered: whether that was use of the session.
    pub fn answered(&mut self, now: Now, request: TokenRequest, verdict: TokenVerdict) {
        let counts =
            matches!(verdict, TokenVerdict::Serve | TokenVerdict::Wait(_) | TokenVerdict::BackingOff);
        if counts && request.activity {
            self.apply(now, Input::Activity);
        }
    }

    /// The process is another one: what it had in memory is gone. `elapsed` is how long ago `saved` was true, `None` where
    /// that cannot be known.
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
                provider: live.provider.map(|provider| ProviderLimit {
                    end: moved(provider.end, Duration::MAX),
                    lifetime: provider.lifetime,
                }),
                access: None,
                refresh: None,
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
