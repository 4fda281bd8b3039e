//! A session that somebody is signed in to: its ends, and what is known of its tokens.

use core::time::Duration;

use crate::checkpoint::Checkpoint;
use crate::jitter::Jitter;
use crate::limits::Limits;
use crate::provider::Suspicion;
use crate::types::{Attempt, Limit, Now, QuestionId, Tokens};
use crate::validity::Validity;

/// The pause after a first refresh that did not reach the provider; it doubles.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest that a provider can have us wait. It may ask for days, and nobody's session should hang on that.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// So long before its end an access token is renewed when somebody asks for it, who gets the present one meanwhile.
const REFRESH_MARGIN: Duration = Duration::from_secs(60);
/// How much shorter than the provider's session the idle time should be.
const SHORTER_THAN_THE_PROVIDER: Duration = Duration::from_secs(60);

/// A signed-in session. All times without a word are boot time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) began_wall: Duration,
    pub(crate) idle_end: Duration,
    pub(crate) absolute_end: Duration,
    pub(crate) provider_end: Option<Duration>,
    pub(crate) provider_lifetime: Option<Duration>,
    access: Option<Validity>,
    pub(crate) renewable: bool,
    pub(crate) refresh: Option<Attempt>,
    pause: Duration,
    /// Before this no refresh is tried again.
    pub(crate) retry_at: Option<Duration>,
    /// Whether a refresh that did not reach the provider is tried again by itself, because somebody wanted the session
    /// to be kept.
    pub(crate) refresh_wanted: bool,
    pub(crate) question: Option<QuestionId>,
    /// The end about which the user has given all the answer there is.
    pub(crate) acknowledged: Option<Duration>,
    /// Since when an answer to [`crate::Output::QueryIdleTime`] is waited for.
    pub(crate) idle_query: Option<Duration>,
    /// When the user's input was last known.
    pub(crate) idle_known_at: Option<Duration>,
    pub(crate) checkpoint_due: Option<Duration>,
    /// What the provider has to confirm or deny.
    pub(crate) suspicion: Option<Suspicion>,
    /// A look at the provider that is under way.
    pub(crate) probe: Option<Attempt>,
    /// When the provider was last heard of, or asked.
    pub(crate) last_heard: Duration,
    jitter: Jitter,
    /// Whoever asks when less than this is left of the access token has it renewed.
    refresh_margin: Duration,
}

impl Live {
    pub(crate) fn begin(now: Now, limits: &Limits, tokens: Tokens, jitter: Jitter) -> Self {
        let mut live = Self {
            began_wall: now.wall,
            idle_end: now.boot.saturating_add(limits.end_after()),
            absolute_end: now.boot.saturating_add(limits.absolute()),
            provider_end: None,
            provider_lifetime: None,
            access: None,
            renewable: false,
            refresh: None,
            pause: FIRST_PAUSE,
            retry_at: None,
            refresh_wanted: false,
            question: None,
            acknowledged: None,
            idle_query: None,
            idle_known_at: None,
            checkpoint_due: None,
            suspicion: None,
            probe: None,
            last_heard: now.boot,
            jitter,
            refresh_margin: Duration::ZERO,
        };
        live.apply_tokens(now, tokens);
        live
    }

    pub(crate) fn restore(now: Now, limits: &Limits, checkpoint: &Checkpoint, same_boot: bool) -> Self {
        let elapsed = checkpoint.elapsed(now, same_boot);
        let at = |left: Duration| {
            let left = elapsed.map_or(Duration::ZERO, |elapsed| left.saturating_sub(elapsed));
            now.boot.saturating_add(left)
        };
        let nothing =
            Tokens { access_expires_in: None, renewable: checkpoint.renewable, session_expires_in: None };
        Self {
            began_wall: checkpoint.began,
            idle_end: at(checkpoint.idle_left.min(limits.end_after())),
            absolute_end: at(checkpoint.absolute_left.min(limits.absolute())),
            provider_end: checkpoint.provider_left.map(at),
            provider_lifetime: checkpoint.provider_lifetime,
            access: None,
            refresh_wanted: checkpoint.suspicion.is_some(),
            suspicion: checkpoint.suspicion.map(Suspicion::new),
            ..Self::begin(now, limits, nothing, Jitter::default())
        }
    }

    /// The nearest end, and which limit it is.
    pub(crate) fn nearest(&self) -> (Duration, Limit) {
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
    pub(crate) fn can_be_kept(&self) -> bool {
        match self.nearest().1 {
            Limit::Idle => true,
            Limit::Provider => self.renewable,
            Limit::Absolute => false,
        }
    }

    /// How long before the nearest end the question comes. A provider's session that is much shorter than ours is asked
    /// about in proportion, not all the time.
    pub(crate) fn warn_before(&self, limits: &Limits) -> Duration {
        match self.nearest().1 {
            Limit::Idle | Limit::Absolute => limits.warn_before(),
            Limit::Provider => limits.warn_before().min(self.provider_lifetime.unwrap_or_default() / 5),
        }
    }

    /// When the question about the nearest end is due.
    pub(crate) fn warn_at(&self, limits: &Limits) -> Duration {
        self.nearest().0.saturating_sub(self.warn_before(limits))
    }

    /// New tokens.
    pub(crate) fn apply_tokens(&mut self, now: Now, tokens: Tokens) {
        let lifetime = tokens.access_expires_in.unwrap_or(Duration::MAX);
        let ahead = REFRESH_MARGIN.min(lifetime / 5);
        self.refresh_margin = ahead + self.jitter.up_to(ahead / 2);
        self.access = Some(Validity::begin(now, tokens.access_expires_in));
        self.renewable = tokens.renewable;
        self.provider_lifetime = tokens.session_expires_in;
        self.provider_end = tokens.session_expires_in.map(|lifetime| now.boot.saturating_add(lifetime));
        self.refresh = None;
        self.pause = FIRST_PAUSE;
        self.retry_at = None;
        self.refresh_wanted = false;
        self.last_heard = now.boot;
    }

    /// The provider could not be reached, or asks to be left alone for `wait`: when to try again. Later by up to a half, so
    /// that those whom it sent away together do not come back together.
    pub(crate) fn back_off(&mut self, now: Duration, wait: Duration) {
        self.refresh = None;
        let pause = self.pause.max(wait.min(LONGEST_WAIT));
        let pause = pause + self.jitter.up_to(pause.min(LONGEST_PAUSE) / 2);
        self.retry_at = Some(now.saturating_add(pause));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    pub(crate) fn set_jitter(&mut self, jitter: Jitter) {
        self.jitter = jitter;
    }

    /// Whether the access token should be renewed although it can still be served.
    pub(crate) fn is_due(&self, now: Now) -> bool {
        let may = self.renewable && self.refresh.is_none() && !self.in_backoff(now.boot);
        may && self.access_left(now).is_some_and(|left| left <= self.refresh_margin)
    }

    /// Whether it is too soon to try again.
    pub(crate) fn in_backoff(&self, now: Duration) -> bool {
        self.retry_at.is_some_and(|moment| moment > now)
    }

    /// How long the access token stays valid, if the provider has said so.
    pub(crate) fn access_left(&self, now: Now) -> Option<Duration> {
        self.access?.left(now)
    }

    /// Whether the access token is there and outlives the demand.
    pub(crate) fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        self.access.is_some_and(|access| access.is_fresh(now, min_validity))
    }

    /// An idle time that the provider's session outlasts, when the present one is not shorter.
    pub(crate) fn advised_end_after(&self, limits: &Limits) -> Option<Duration> {
        let declared = self.provider_lifetime.filter(|declared| *declared <= limits.end_after())?;
        Some(declared - SHORTER_THAN_THE_PROVIDER.min(declared / 2))
    }
}
