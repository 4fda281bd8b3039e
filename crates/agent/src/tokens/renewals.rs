//! How often a server may cause a renewal by refusing tokens. A server that refuses every token would otherwise cause one for each
//! request.

use std::time::Duration;

use abide_wire::AccessToken;
use subtle::ConstantTimeEq as _;

/// The pause after a renewal. It doubles with each renewal that follows.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The renewals that one server has caused. Times are boot times.
#[derive(Default)]
pub(crate) struct Renewals {
    /// The token that the last renewal replaced. Other requests may still be on their way with it.
    replaced: Option<AccessToken>,
    pause: Duration,
    until: Duration,
    /// The last refusal.
    refused: Option<Duration>,
    /// The server has accepted a token since.
    accepted: bool,
}

impl Renewals {
    /// The server refuses a token. `again`: the request has been sent with another token before.
    ///
    /// # Errors
    ///
    /// The rest of the pause: the token is not to be renewed.
    pub(crate) fn refused(
        &mut self,
        token: &AccessToken,
        again: bool,
        now: Duration,
    ) -> Result<(), Duration> {
        let is_replaced = self.replaced.as_ref().is_some_and(|replaced| is_same(replaced, token));
        if is_replaced && !again {
            return Ok(());
        }
        if is_replaced {
            // The provider issues the same token anew.
            self.replaced = None;
        }
        let long_ago = self.refused.is_none_or(|refused| now >= refused.saturating_add(FIRST));
        if self.accepted && long_ago {
            (self.pause, self.until) = (Duration::ZERO, Duration::ZERO);
        }
        (self.refused, self.accepted) = (Some(now), false);
        if again || now < self.until {
            return Err(self.until.saturating_sub(now));
        }
        self.pause = self.pause.saturating_mul(2).clamp(FIRST, LONGEST);
        self.until = now.saturating_add(self.pause);
        self.replaced = Some(token.clone());
        Ok(())
    }

    /// The server accepts a token.
    pub(crate) fn accepted(&mut self) {
        self.accepted = true;
    }

    /// The last refusal, boot time.
    pub(crate) fn last_refusal(&self) -> Duration {
        self.refused.unwrap_or_default()
    }
}

/// Whether two tokens are the same.
pub(crate) fn is_same(one: &AccessToken, other: &AccessToken) -> bool {
    one.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn token(number: u64) -> AccessToken {
        AccessToken::new(format!("token {number}"))
    }

    #[test]
    fn the_pause_doubles_for_a_server_that_refuses_every_token() {
        let mut renewals = Renewals::default();
        let mut number = 0;
        let mut at = Vec::new();
        for second in 0..12_000 {
            if renewals.refused(&token(number), false, s(second)).is_ok() {
                at.push(second);
                number += 1;
                // The new token is refused as well.
                assert!(renewals.refused(&token(number), true, s(second)).is_err());
            }
        }
        assert_eq!(at, [0, 60, 180, 420, 900, 1860, 3780, 7380, 10980]);
    }

    #[test]
    fn requests_that_were_refused_with_the_same_token_share_its_renewal() {
        let mut renewals = Renewals::default();
        assert_eq!(renewals.refused(&token(1), false, s(0)), Ok(()));
        assert_eq!(renewals.refused(&token(1), false, s(1)), Ok(()));
        assert_eq!(renewals.refused(&token(2), false, s(2)), Err(s(58)));
        assert_eq!(renewals.last_refusal(), s(2));
    }

    #[test]
    fn a_provider_that_issues_the_same_token_anew_is_not_asked_for_each_request() {
        let mut renewals = Renewals::default();
        assert_eq!(renewals.refused(&token(1), false, s(0)), Ok(()));
        assert_eq!(renewals.refused(&token(1), true, s(1)), Err(s(59)));
        assert_eq!(renewals.refused(&token(1), false, s(2)), Err(s(58)));
    }

    #[test]
    fn a_server_that_accepts_tokens_for_a_while_begins_anew() {
        let mut renewals = Renewals::default();
        for minutes in [0, 5, 10, 15] {
            assert_eq!(renewals.refused(&token(minutes), false, s(minutes * 60)), Ok(()));
            renewals.accepted();
        }
        assert_eq!(renewals.until, s(16 * 60));
        // One that accepts only some requests: once a minute at most.
        let (mut renewals, mut count) = (Renewals::default(), 0);
        for second in 0..600 {
            renewals.accepted();
            count += u64::from(renewals.refused(&token(count), false, s(second)).is_ok());
        }
        assert!(count <= 10, "{count}");
    }
}
