//! What a resource server says when it refuses a token (RFC 6750, section 3; RFC 9728, section 5.1).

use crate::authorization::challenge::{Challenge, ChallengeError};
use crate::text::is_scope;

/// The most scopes of one challenge.
const MOST: usize = 64;

/// The challenge for access tokens in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerChallenge {
    /// `invalid_token`, `insufficient_scope`, or another; `None` for a request without a token.
    pub error: Option<String>,
    /// The scopes that the request needs.
    pub scopes: Vec<String>,
    /// Where the server's metadata are.
    pub resource_metadata: Option<String>,
}

impl BearerChallenge {
    /// Reads the first challenge for `Bearer` in the `WWW-Authenticate` headers of one answer, if they have one.
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] for headers that cannot be read.
    pub fn read<'a>(headers: impl IntoIterator<Item = &'a str>) -> Result<Option<Self>, ChallengeError> {
        let challenges = Challenge::read(headers)?;
        let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme() == "bearer") else {
            return Ok(None);
        };
        let text = |name| bearer.parameter(name).map(str::to_owned);
        let scope = bearer.parameter("scope").unwrap_or_default();
        let scopes: Vec<String> =
            scope.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
        if scopes.len() > MOST || !scopes.iter().all(|scope| is_scope(scope)) {
            return Err(ChallengeError::ScopeInvalid);
        }
        Ok(Some(Self { error: text("error"), scopes, resource_metadata: text("resource_metadata") }))
    }

    /// Whether the token has too few scopes.
    #[must_use]
    pub fn is_insufficient_scope(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_challenge_for_tokens_is_read() {
        let header = "Basic realm=\"x\", Bearer error=\"insufficient_scope\", scope=\"files:read files:write\", \
                      resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource\"";
        let found = BearerChallenge::read([header]).unwrap().unwrap();
        assert!(found.is_insufficient_scope());
        assert_eq!(found.scopes, ["files:read", "files:write"]);
        assert!(found.resource_metadata.unwrap().ends_with("/oauth-protected-resource"));
        assert_eq!(BearerChallenge::read(["Basic realm=\"x\""]), Ok(None));
        assert_eq!(BearerChallenge::read(["Bearer"]), Ok(Some(BearerChallenge::default())));
        assert_eq!(BearerChallenge::read(["Bearer scope=\"a\\\"b\""]), Err(ChallengeError::ScopeInvalid));
    }
}
