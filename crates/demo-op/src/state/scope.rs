//! Scopes.

/// The supported scopes; others are ignored, as OpenID Connect Core 3.1.2.1 requires.
pub(crate) const SCOPES: [&str; 4] = ["openid", "profile", "email", OFFLINE_ACCESS];

/// Asks for a refresh token (OpenID Connect Core 11).
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// The scope of a refreshed access token: the granted one, or the requested part of it.
pub(crate) fn narrowed(asked: Option<&str>, granted: &[String]) -> Option<Vec<String>> {
    let Some(asked) = asked else { return Some(granted.to_vec()) };
    let asked: Vec<String> = asked.split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    asked.iter().all(|scope| granted.contains(scope)).then_some(asked)
}
