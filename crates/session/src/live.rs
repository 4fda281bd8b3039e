//! A signed-in session: its deadlines, and the state of its tokens.

use core::time::Duration;

use crate::checkpoint::Checkpoint;
use crate::jitter::Jitter;
use crate::limits::Limits;
use crate::provider::Suspicion;
use crate::provider_limits::{LimitSource, ProviderEnds};
use crate::reminder::Reminder;
use crate::renewal::Renewal;
use crate::sign_in::SignIn;
use crate::types::{Attempt, Limit, Now, ProviderLimits, QuestionId, Tokens};
use crate::validity::Validity;

/// The difference that the idle limit should have to the provider's timeout.
const SHORTER_THAN_THE_PROVIDER: Duration = Duration::from_secs(60);

/// A signed-in session. Times are boot time unless their name says otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) began_wall: Duration,
    pub(crate) deadlines: Deadlines,
    pub(crate) access: Option<Validity>,
    /// Whether there is a refresh token.
    pub(crate) renewable: bool,
    pub(crate) renewal: Renewal,
    pub(crate) prompt: Prompt,
    pub(crate) reminder: Reminder,
    pub(crate) idle_query: IdleQuery,
    pub(crate) probe: ProviderProbe,
    pub(crate) suspicion: Option<Suspicion>,
    /// A sign-in that will continue this session.
    pub(crate) sign_in: Option<SignIn>,
    /// The time at which the next checkpoint has to be stored.
    pub(crate) checkpoint_due: Option<Duration>,
    pub(crate) jitter: Jitter,
}

/// The times at which a session ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadlines {
    pub(crate) idle: Duration,
    pub(crate) absolute: Duration,
    pub(crate) provider: ProviderEnds,
}

/// The question "Keep session?".
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Prompt {
    /// The one that is shown.
    pub(crate) question: Option<QuestionId>,
    /// An end that the user knows about and cannot move.
    pub(crate) acknowledged: Option<Duration>,
}

/// The user's input at keyboard and mouse.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdleQuery {
    /// The time since which an answer to [`crate::Output::QueryIdleTime`] is expected.
    pub(crate) since: Option<Duration>,
    /// The time at which the idle time was last known.
    pub(crate) known_at: Option<Duration>,
}

/// Probes of the provider with the access token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderProbe {
    pub(crate) attempt: Option<Attempt>,
    /// The time of the provider's last answer or of the last probe.
    pub(crate) last_heard: Duration,
}

/// The end that comes first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NearestEnd {
    pub(crate) at: Duration,
    pub(crate) limit: Limit,
    /// Whether *Yes* can move it.
    pub(crate) can_be_kept: bool,
    /// The whole time before it, if that is not the idle limit.
    pub(crate) lifetime: Option<Duration>,
}

impl Live {
    pub(crate) fn begin(now: Now, limits: &Limits, tokens: Tokens, jitter: Jitter) -> Self {
        let mut live = Self {
            began_wall: now.wall,
            deadlines: Deadlines {
                idle: now.boot.saturating_add(limits.end_after()),
                absolute: now.boot.saturating_add(limits.absolute()),
                provider: ProviderEnds::default(),
            },
            access: None,
            renewable: false,
            renewal: Renewal::default(),
            prompt: Prompt::default(),
            reminder: Reminder::default(),
            idle_query: IdleQuery::default(),
            probe: ProviderProbe { attempt: None, last_heard: now.boot },
            suspicion: None,
            sign_in: None,
            checkpoint_due: None,
            jitter,
        };
        live.apply_tokens(now, tokens);
        live
    }

    /// The person has signed in anew: every limit counts from now on.
    pub(crate) fn limits_begin(&mut self, now: Now, limits: &Limits) {
        self.began_wall = now.wall;
        self.deadlines.absolute = now.boot.saturating_add(limits.absolute());
        self.deadlines.provider = ProviderEnds::default();
        (self.prompt.acknowledged, self.reminder) = (None, Reminder::default());
    }

    pub(crate) fn restore(now: Now, limits: &Limits, checkpoint: &Checkpoint, same_boot: bool) -> Self {
        let elapsed = checkpoint.elapsed(now, same_boot);
        let at = |left: Duration| {
            let left = elapsed.map_or(Duration::ZERO, |elapsed| left.saturating_sub(elapsed));
            now.boot.saturating_add(left)
        };
        let tokens = Tokens {
            access_expires_in: None,
            renewable: checkpoint.renewable,
            provider: ProviderLimits::default(),
        };
        let mut live = Self::begin(now, limits, tokens, Jitter::default());
        live.began_wall = checkpoint.began;
        live.deadlines = Deadlines {
            idle: at(checkpoint.idle_left.min(limits.end_after())),
            absolute: at(checkpoint.absolute_left.min(limits.absolute())),
            provider: ProviderEnds::restore(&checkpoint.provider, at),
        };
        // Access tokens are not stored.
        live.access = None;
        live.suspicion = checkpoint.suspicion.map(Suspicion::new);
        live.renewal.wanted = live.suspicion.is_some();
        live
    }

    pub(crate) fn checkpoint(&self, now: Now) -> Checkpoint {
        Checkpoint {
            at: now,
            began: self.began_wall,
            idle_left: self.deadlines.idle.saturating_sub(now.boot),
            absolute_left: self.deadlines.absolute.saturating_sub(now.boot),
            provider: self.deadlines.provider.remaining(now.boot),
            renewable: self.renewable,
            suspicion: self.suspicion.map(|suspicion| suspicion.signal),
        }
    }

    /// The end that comes first. Of two at the same time, the one that cannot be moved.
    pub(crate) fn nearest(&self) -> NearestEnd {
        let end = |at, limit, can_be_kept, lifetime| Some(NearestEnd { at, limit, can_be_kept, lifetime });
        let token = self.last_token_end();
        let token_lifetime = self.access.map(|access| access.lifetime());
        let provider = self.deadlines.provider.nearest().and_then(|provider| {
            let movable = self.can_refresh() && provider.source.moves_with_refresh();
            end(provider.at, Limit::Provider, movable, Some(provider.lifetime))
        });
        let first = NearestEnd {
            at: self.deadlines.absolute,
            limit: Limit::Absolute,
            can_be_kept: false,
            lifetime: None,
        };
        let others = [
            token.and_then(|at| end(at, Limit::AccessToken, false, token_lifetime)),
            end(self.deadlines.idle, Limit::Idle, true, None),
            provider,
        ];
        others.into_iter().flatten().fold(first, |first, next| if next.at < first.at { next } else { first })
    }

    /// The end of the last access token, if it cannot be renewed.
    fn last_token_end(&self) -> Option<Duration> {
        if self.renewable {
            return None;
        }
        // Without a token the session has already ended.
        self.access.map_or(Some(Duration::ZERO), |access| access.end())
    }

    /// Whether the last access token has ended by either clock and cannot be renewed.
    pub(crate) fn has_lost_its_token(&self, now: Now) -> bool {
        !self.renewable && self.access.is_none_or(|access| !access.is_fresh(now, Duration::ZERO))
    }

    /// Whether a refresh can succeed, as far as is known.
    pub(crate) fn can_refresh(&self) -> bool {
        self.renewable && !self.renewal.sign_in_needed
    }

    /// Whether a sign-in can continue the session: the provider wants one, or there is no token and the last refresh brought none.
    pub(crate) fn lets_sign_in(&self, now: Now) -> bool {
        let without = self.renewal.has_failed() && !self.is_fresh(now, Duration::ZERO);
        self.renewal.sign_in_needed || without
    }

    /// The time between the question and the nearest end. It is shorter for a limit of the provider that is much shorter
    /// than ours.
    pub(crate) fn warn_before(&self, limits: &Limits) -> Duration {
        let usual = limits.warn_before();
        self.nearest().lifetime.map_or(usual, |lifetime| usual.min(lifetime / 5))
    }

    /// The time of the question about the nearest end.
    pub(crate) fn warn_at(&self, limits: &Limits) -> Duration {
        self.nearest().at.saturating_sub(self.warn_before(limits))
    }

    /// Stores the lifetimes of new tokens, from a refresh or another sign-in.
    pub(crate) fn apply_tokens(&mut self, now: Now, tokens: Tokens) {
        self.access = Some(Validity::begin(now, tokens.access_expires_in));
        self.renewable = tokens.renewable;
        self.deadlines.provider.declare(now, &tokens.provider);
        self.renewal = Renewal::after_success(tokens.access_expires_in, &mut self.jitter);
        self.probe.last_heard = now.boot;
    }

    /// Whether the access token should be renewed although it can still be served.
    pub(crate) fn is_refresh_due(&self, now: Now) -> bool {
        let may = self.can_refresh() && self.renewal.may_start(now.boot);
        may && self.access_left(now).is_some_and(|left| left <= self.renewal.margin)
    }

    /// The time that the access token stays valid, if the provider has declared it.
    pub(crate) fn access_left(&self, now: Now) -> Option<Duration> {
        self.access?.left(now)
    }

    /// Whether there is an access token that stays valid for `min_validity`.
    pub(crate) fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        self.access.is_some_and(|access| access.is_fresh(now, min_validity))
    }

    /// The parameter that declared the provider's nearest end.
    pub(crate) fn provider_source(&self) -> Option<LimitSource> {
        self.deadlines.provider.nearest().map(|end| end.source)
    }

    /// The time that the session would last after a use now.
    pub(crate) fn keep_gives(&self, boot: Duration, limits: &Limits) -> Duration {
        let provider = self.deadlines.provider.fixed().map(|end| end.at);
        let fixed = [Some(self.deadlines.absolute), provider, self.last_token_end()];
        let fixed = fixed.into_iter().flatten().map(|end| end.saturating_sub(boot));
        let timeout = self.deadlines.provider.timeout();
        fixed.chain(timeout).fold(limits.end_after(), Duration::min)
    }

    /// An idle limit that ends before the provider's timeout, if the present one does not.
    pub(crate) fn advised_end_after(&self, limits: &Limits) -> Option<Duration> {
        let declared =
            self.deadlines.provider.timeout().filter(|declared| *declared <= limits.end_after())?;
        Some(declared - SHORTER_THAN_THE_PROVIDER.min(declared / 2))
    }
}
