//! The two people who can sign in.

use serde_json::{Map, Value, json};

use crate::crypto::secret;

/// The password of both, which the sign-in page shows.
pub(crate) const PASSWORD: &str = "demo";

pub(crate) struct User {
    pub(crate) subject: &'static str,
    pub(crate) username: &'static str,
    pub(crate) given_name: &'static str,
    pub(crate) family_name: &'static str,
    pub(crate) email: &'static str,
}

static USERS: [User; 2] = [
    User {
        subject: "demo-user-1",
        username: "alice",
        given_name: "Alice",
        family_name: "Example",
        email: "alice@example.com",
    },
    User {
        subject: "demo-user-2",
        username: "bob",
        given_name: "Bob",
        family_name: "Example",
        email: "bob@example.com",
    },
];

impl User {
    pub(crate) fn with_subject(subject: &str) -> Option<&'static User> {
        USERS.iter().find(|user| user.subject == subject)
    }

    /// The user whose user name or e-mail address a person has typed.
    pub(crate) fn known_as(name: &str) -> Option<&'static User> {
        let name = name.trim();
        USERS
            .iter()
            .find(|user| user.username.eq_ignore_ascii_case(name) || user.email.eq_ignore_ascii_case(name))
    }

    /// The user with this user name, e-mail address or subject.
    pub(crate) fn named(name: &str) -> Option<&'static User> {
        User::with_subject(name).or_else(|| User::known_as(name))
    }

    pub(crate) fn with_password(name: &str, password: &str) -> Option<&'static User> {
        User::known_as(name).filter(|_| secret::same(password, PASSWORD))
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.given_name, self.family_name)
    }

    /// The claims that the scopes `profile` and `email` stand for (OpenID Connect Core 5.4).
    pub(crate) fn claims(&self, scope: &[String]) -> Map<String, Value> {
        let asked = |name: &str| scope.iter().any(|scope| scope == name);
        let mut claims = Map::new();
        if asked("profile") {
            claims.insert("name".to_owned(), json!(self.name()));
            claims.insert("given_name".to_owned(), json!(self.given_name));
            claims.insert("family_name".to_owned(), json!(self.family_name));
            claims.insert("preferred_username".to_owned(), json!(self.username));
        }
        if asked("email") {
            claims.insert("email".to_owned(), json!(self.email));
            claims.insert("email_verified".to_owned(), json!(true));
        }
        claims
    }
}
