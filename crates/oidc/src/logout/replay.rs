//! Each logout token takes effect once: OpenID Connect Back-Channel Logout 1.0, section 2.6, rule 7.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::error::logout_token::LogoutTokenError;
use crate::jose::jwt::seconds;
use crate::logout::token::LogoutToken;

/// Remembers accepted logout tokens, each for as long as it would be valid.
///
/// It never forgets one earlier to make room: otherwise an attacker could send many tokens to make it forget the one to
/// replay. When it is full, further tokens are refused until old ones expire, at most eleven minutes later.
///
/// Of tokens that name a session, add only those that [answer](LogoutToken::answers) one: another never will, and a provider that shares
/// one client among many people sends many such tokens. A token that names only a person may be meant for that person's next session.
/// Keep those in a guard of their own.
#[derive(Debug)]
pub struct ReplayGuard {
    /// Issuer and `jti`, with the first second in which the token would be refused as too old.
    admitted: HashMap<(String, String), u64>,
    capacity: usize,
}

impl Default for ReplayGuard {
    /// Room for 1,024 tokens, about 300 KiB at most.
    fn default() -> Self {
        Self::new(1024)
    }
}

impl ReplayGuard {
    /// Room for `capacity` tokens that are valid at the same time.
    pub fn new(capacity: usize) -> Self {
        Self { admitted: HashMap::new(), capacity }
    }

    /// Accepts a token once. Fails with `logout_token_replayed` or `logout_token_too_many`.
    pub fn admit(&mut self, token: &LogoutToken, now: SystemTime) -> Result<(), LogoutTokenError> {
        let now = seconds(now);
        self.admitted.retain(|_, refused_from| *refused_from > now);
        let name = (token.issuer.clone(), token.jti.clone());
        if self.admitted.contains_key(&name) {
            return Err(LogoutTokenError::Replayed);
        }
        if self.admitted.len() >= self.capacity {
            return Err(LogoutTokenError::TooMany);
        }
        self.admitted.insert(name, token.refused_from());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW + seconds)
    }

    fn token(jti: &str, lifetime: u64) -> LogoutToken {
        LogoutToken {
            issuer: "https://id.example.com".into(),
            subject: Some("alice".into()),
            sid: None,
            jti: jti.into(),
            issued_at: NOW,
            expires_at: NOW + lifetime,
            signed_with: crate::SigningAlgorithm::Es256,
        }
    }

    #[test]
    fn a_token_has_an_effect_once_for_as_long_as_it_is_valid() {
        let mut guard = ReplayGuard::default();
        assert_eq!(guard.admit(&token("a", 120), at(0)), Ok(()));
        assert_eq!(guard.admit(&token("b", 120), at(0)), Ok(()));
        for seconds in [0, 120, 180] {
            assert_eq!(guard.admit(&token("a", 120), at(seconds)), Err(LogoutTokenError::Replayed));
        }
        let other_issuer = LogoutToken { issuer: "https://other.example".into(), ..token("a", 120) };
        assert_eq!(guard.admit(&other_issuer, at(0)), Ok(()));
    }

    #[test]
    fn a_long_lifetime_is_remembered_no_longer_than_it_is_believed() {
        let mut guard = ReplayGuard::new(1);
        assert_eq!(guard.admit(&token("a", 1_000_000), at(0)), Ok(()));
        assert_eq!(guard.admit(&token("a", 1_000_000), at(660)), Err(LogoutTokenError::Replayed));
        assert_eq!(guard.admit(&token("b", 1_000_000), at(661)), Ok(()));
    }

    #[test]
    fn a_flood_makes_it_refuse_and_not_forget() {
        let mut guard = ReplayGuard::new(10);
        for number in 0..10 {
            assert_eq!(guard.admit(&token(&number.to_string(), 120), at(0)), Ok(()));
        }
        for number in 10..1000 {
            assert_eq!(guard.admit(&token(&number.to_string(), 120), at(1)), Err(LogoutTokenError::TooMany));
        }
        assert_eq!(guard.admit(&token("0", 120), at(2)), Err(LogoutTokenError::Replayed));
        assert_eq!(guard.admit(&token("10", 300), at(181)), Ok(()), "there is room again");
    }
}
