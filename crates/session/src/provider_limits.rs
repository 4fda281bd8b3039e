//! The ends that a provider declares for its own session, each with its parameter.

use core::time::Duration;

use crate::limits::TEN_YEARS;
use crate::types::{Now, ProviderLimits};

/// The parameter that declared an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitSource {
    /// `session_expiry`: a fixed moment.
    SessionExpiry,
    /// `authorization_expires_in`: a fixed moment.
    AuthorizationExpiresIn,
    /// `refresh_token_timeout`: begins again with each refresh.
    RefreshTokenTimeout,
    /// `refresh_expires_in`: begins again with each refresh.
    RefreshExpiresIn,
}

impl LimitSource {
    const ALL: [Self; 4] = [
        Self::SessionExpiry,
        Self::AuthorizationExpiresIn,
        Self::RefreshTokenTimeout,
        Self::RefreshExpiresIn,
    ];

    /// Whether a refresh moves the end. A fixed one moves only if the provider declares another.
    #[must_use]
    pub fn moves_with_refresh(self) -> bool {
        matches!(self, Self::RefreshTokenTimeout | Self::RefreshExpiresIn)
    }
}

/// One declared end, as time left, for a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemainingLimit {
    /// The parameter that declared it.
    pub source: LimitSource,
    /// Time left.
    pub left: Duration,
    /// The whole lifetime, of which `left` remains.
    pub lifetime: Duration,
    /// The Unix time in `session_expiry`.
    pub declared: Option<Duration>,
}

/// The declared ends of a session, at most one for each parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RemainingLimits([Option<RemainingLimit>; 4]);

impl RemainingLimits {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &RemainingLimit> {
        self.0.iter().flatten()
    }
}

impl FromIterator<RemainingLimit> for RemainingLimits {
    /// For one parameter, the later entry counts.
    fn from_iter<I: IntoIterator<Item = RemainingLimit>>(limits: I) -> Self {
        let mut all = Self::default();
        for limit in limits {
            all.0[limit.source as usize] = Some(limit);
        }
        all
    }
}

/// One declared end, in boot time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProviderEnd {
    pub(crate) source: LimitSource,
    pub(crate) at: Duration,
    pub(crate) lifetime: Duration,
    declared: Option<Duration>,
}

/// All ends that the provider has declared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProviderEnds([Option<ProviderEnd>; 4]);

impl ProviderEnds {
    /// Takes the ends of a token response. For a parameter that is missing, a fixed end stays, and a timeout starts again
    /// with the same length.
    pub(crate) fn declare(&mut self, now: Now, limits: &ProviderLimits) {
        for source in LimitSource::ALL {
            let known = self.0[source as usize];
            let lasts = match source {
                // A repeated moment does not set a new end: the wall clock may have changed since.
                LimitSource::SessionExpiry
                    if known.is_some_and(|end| end.declared == limits.session_expiry) =>
                {
                    continue;
                }
                LimitSource::SessionExpiry => limits.session_expiry.map(|at| limits.until(at, now.wall)),
                LimitSource::AuthorizationExpiresIn => limits.authorization_expires_in,
                LimitSource::RefreshTokenTimeout => limits.refresh_token_timeout,
                LimitSource::RefreshExpiresIn => limits.refresh_expires_in,
            };
            let moves = source.moves_with_refresh();
            let Some(lasts) = lasts.or(known.filter(|_| moves).map(|end| end.lifetime)) else { continue };
            // What a provider declares is no reason to compute with times that no clock has.
            let lasts = lasts.min(TEN_YEARS);
            // For a fixed end, each response declares the time that is left.
            let lifetime = known.filter(|_| !moves).map_or(lasts, |end| end.lifetime.max(lasts));
            let declared = limits.session_expiry.filter(|_| source == LimitSource::SessionExpiry);
            let at = now.boot.saturating_add(lasts);
            self.0[source as usize] = Some(ProviderEnd { source, at, lifetime, declared });
        }
    }

    /// The end that comes first; of two at the same time the fixed one.
    pub(crate) fn nearest(&self) -> Option<ProviderEnd> {
        self.0.iter().flatten().min_by_key(|end| end.at).copied()
    }

    /// The fixed end that comes first.
    pub(crate) fn fixed(&self) -> Option<ProviderEnd> {
        let fixed = self.0.iter().flatten().filter(|end| !end.source.moves_with_refresh());
        fixed.min_by_key(|end| end.at).copied()
    }

    /// The shortest timeout of an unused session at the provider.
    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.0.iter().flatten().filter(|end| end.source.moves_with_refresh()).map(|end| end.lifetime).min()
    }

    pub(crate) fn remaining(&self, boot: Duration) -> RemainingLimits {
        RemainingLimits(self.0.map(|end| {
            end.map(|ProviderEnd { source, at, lifetime, declared }| RemainingLimit {
                source,
                left: at.saturating_sub(boot),
                lifetime,
                declared,
            })
        }))
    }

    pub(crate) fn restore(limits: &RemainingLimits, at: impl Fn(Duration) -> Duration) -> Self {
        Self(limits.0.map(|limit| {
            limit.map(|RemainingLimit { source, left, lifetime, declared }| ProviderEnd {
                source,
                at: at(left),
                lifetime,
                declared,
            })
        }))
    }
}
