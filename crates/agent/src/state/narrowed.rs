//! The tokens for less than the session has that were asked for since its last renewal.

use secrecy::SecretString;

/// What a token for less was asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// A `scope` was sent.
    Scope,
    /// A resource or an audience was named, and no `scope`.
    Resource,
}

/// They narrow the whole session at some providers, which the next renewal shows.
#[derive(Default)]
pub(crate) struct Narrowed {
    /// The refresh token from before the first of them, if the provider has replaced it.
    pub(crate) wider: Option<SecretString>,
    /// The scopes of the session that the tokens had, if any was asked for so.
    scope: Option<Vec<String>>,
    resource: Option<Vec<String>>,
}

impl Narrowed {
    /// The provider has answered such a request with a token for `scopes`; `None` if that is not known.
    pub(crate) fn note(&mut self, by: By, session: &str, scopes: Option<&str>, wider: Option<SecretString>) {
        if let Some(wider) = wider {
            self.wider.get_or_insert(wider);
        }
        let all = match by {
            By::Scope => &mut self.scope,
            By::Resource => &mut self.resource,
        }
        .get_or_insert_default();
        let had = |scope: &str| scopes.is_none_or(|scopes| scopes.split_whitespace().any(|one| one == scope));
        for scope in session.split_whitespace().filter(|scope| had(scope)) {
            if !all.iter().any(|known| known == scope) {
                all.push(scope.to_owned());
            }
        }
    }

    /// Whether requests of this kind explain that so much is left of the session: nothing is that their tokens did not have.
    pub(crate) fn explains(&self, by: By, before: &str, after: &str) -> bool {
        let all = match by {
            By::Scope => &self.scope,
            By::Resource => &self.resource,
        };
        let left = |scope: &&str| after.split_whitespace().any(|one| one == *scope);
        all.as_ref().is_some_and(|all| {
            before.split_whitespace().filter(left).all(|scope| all.iter().any(|known| known == scope))
        })
    }

    /// Whether a renewal is due before the program may be replaced: only this process has the wider token.
    pub(crate) fn is_open(&self) -> bool {
        self.wider.is_some() && self.scope.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_their_tokens_had_is_left_by_them() {
        let mut narrowed = Narrowed::default();
        let session = "openid email profile";
        assert!(!narrowed.explains(By::Scope, session, "openid"), "nothing was asked for");
        narrowed.note(By::Scope, session, Some("openid"), None);
        assert!(narrowed.explains(By::Scope, session, "openid"));
        assert!(!narrowed.explains(By::Scope, session, "openid profile"), "someone else took a scope away");
        assert!(!narrowed.explains(By::Resource, session, "openid"));
        narrowed.note(By::Resource, session, Some("api"), None);
        assert!(narrowed.explains(By::Resource, session, "api"));
        narrowed.note(By::Resource, session, None, None);
        assert!(narrowed.explains(By::Resource, session, "openid profile"), "it is not known what it had");
    }
}
