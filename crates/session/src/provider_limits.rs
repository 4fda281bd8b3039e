//! The ends that a provider declares for its own session, each with the parameter that declared it.

use core::time::Duration;

use crate::types::Now;

/// What one token response says about the end of the provider's session, by the names that the specifications give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderLimits {
    /// `session_expiry` of the ID token (IPSIE), as Unix time.
    pub session_expiry: Option<Duration>,
    /// `authorization_expires_in` (draft-ietf-oauth-refresh-token-expiration).
    pub authorization_expires_in: Option<Duration>,
    /// `refresh_token_timeout` (draft-ietf-oauth-refresh-token-expiration).
    pub refresh_token_timeout: Option<Duration>,
    /// `refresh_expires_in` (Keycloak and others).
    pub refresh_expires_in: Option<Duration>,
}

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

    /// Whether a refresh moves the end. A fixed one only moves when the provider declares another.
    #[must_use]
    pub fn moves_with_refresh(self) -> bool {
        matches!(self, Self::RefreshTokenTimeout | Self::RefreshExpiresIn)
    }
}

/// One declared end, as time left: what a checkpoint holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemainingLimit {
    /// The parameter that declared it.
    pub source: LimitSource,
    /// Time left.
    pub left: Duration,
    /// The whole length of which that is left.
    pub lifetime: Duration,
    /// The Unix time that `session_expiry` named.
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
    /// Of two for the same parameter the later one counts.
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
    /// Takes a token response into account. What it leaves out stays: a fixed end where it was, a timeout with the same
    /// length from now on.
    pub(crate) fn declare(&mut self, now: Now, limits: &ProviderLimits) {
        for source in LimitSource::ALL {
            let known = self.0[source as usize];
            let lasts = match source {
                // The same moment again is no new end: the wall clock may have been changed since.
                LimitSource::SessionExpiry
                    if known.is_some_and(|end| end.declared == limits.session_expiry) =>
                {
                    continue;
                }
                LimitSource::SessionExpiry => limits.session_expiry.map(|at| at.saturating_sub(now.wall)),
                LimitSource::AuthorizationExpiresIn => limits.authorization_expires_in,
                LimitSource::RefreshTokenTimeout => limits.refresh_token_timeout,
                LimitSource::RefreshExpiresIn => limits.refresh_expires_in,
            };
            let moves = source.moves_with_refresh();
            let Some(lasts) = lasts.or(known.filter(|_| moves).map(|end| end.lifetime)) else { continue };
            // Of a fixed end each response declares what is left.
            let lifetime = known.filter(|_| !moves).map_or(lasts, |end| end.lifetime.max(lasts));
            let declared = limits.session_expiry.filter(|_| source == LimitSource::SessionExpiry);
            let at = now.boot.saturating_add(lasts);
            self.0[source as usize] = Some(ProviderEnd { source, at, lifetime, declared });
        }
    }

    /// The one that comes first; of two at the same moment the fixed one.
    pub(crate) fn nearest(&self) -> Option<ProviderEnd> {
        self.0.iter().flatten().min_by_key(|end| end.at).copied()
    }

    /// The fixed one that comes first.
    pub(crate) fn fixed(&self) -> Option<Duration> {
        self.0.iter().flatten().filter(|end| !end.source.moves_with_refresh()).map(|end| end.at).min()
    }

    /// The shortest time for which the provider keeps an unused session.
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
