//! Links that ask Abide to sign in, and the questions about them that are open in the browser.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::browser::server::random;

/// The path of the links.
pub(super) const PATH: &str = "/initiate_login";
/// The longest `login_hint`, in bytes.
const HINT: usize = 256;
/// The most questions that are open at once. The oldest is dropped.
const OPEN: usize = 4;

/// The questions that are open in the browser. Each can be answered once.
#[derive(Default)]
pub(crate) struct Tickets(Mutex<VecDeque<Ticket>>);

struct Ticket {
    path: SecretString,
    link: Link,
}

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) issuer: String,
    pub(super) login_hint: Option<String>,
}

impl Link {
    /// From the parameters; `None` without `iss`, with a repeated parameter, or with a hint that cannot be sent.
    pub(super) fn read(parameters: &str) -> Option<Self> {
        let one = |name: &str| {
            let mut found = form_urlencoded::parse(parameters.as_bytes()).filter(|(key, _)| key == name);
            let first = found.next().map(|(_, value)| value.into_owned());
            if found.next().is_some() { Err(()) } else { Ok(first) }
        };
        let issuer = one("iss").ok()??;
        let login_hint = one("login_hint").ok()?.filter(|hint| !hint.is_empty());
        // It is shown on a page of Abide's: a name, and no sentence.
        let is_no_name = |hint: &String| {
            hint.len() > HINT || hint.chars().any(|c| c.is_whitespace() || abide_wire::terminal::is_unsafe(c))
        };
        if login_hint.as_ref().is_some_and(is_no_name) {
            return None;
        }
        Some(Self { issuer, login_hint })
    }
}

impl Tickets {
    pub(super) fn add(&self, link: Link) -> Option<String> {
        let path = format!("{PATH}/{}", random()?.expose_secret());
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.truncate(OPEN - 1);
        open.push_front(Ticket { path: path.clone().into(), link });
        Some(path)
    }

    pub(super) fn take(&self, path: &str) -> Option<Link> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same =
            |ticket: &Ticket| bool::from(ticket.path.expose_secret().as_bytes().ct_eq(path.as_bytes()));
        let index = open.iter().position(same)?;
        open.remove(index).map(|ticket| ticket.link)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_link_says_where_to_sign_in_and_as_whom() {
        let link = |text: &str| Link::read(text);
        let good = link("iss=https%3A%2F%2Fid.example.com&login_hint=alice&target_link_uri=x").unwrap();
        assert_eq!(good, Link { issuer: "https://id.example.com".into(), login_hint: Some("alice".into()) });
        assert_eq!(link("iss=a").unwrap().login_hint, None);
        for bad in [
            "",
            "login_hint=alice",
            "iss=a&iss=b",
            "iss=a&login_hint=b&login_hint=c",
            "iss=a&login_hint=%00",
            "iss=a&login_hint=Call+us+now",
            "iss=a&login_hint=a%E2%80%AEb",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
        assert_eq!(link(&format!("iss=a&login_hint={}", "x".repeat(HINT + 1))), None);
    }

    #[test]
    fn a_question_is_answered_once_and_only_the_newest_are_kept() {
        let tickets = Tickets::default();
        let link = |issuer: &str| Link { issuer: issuer.to_owned(), login_hint: None };
        let first = tickets.add(link("first")).unwrap();
        assert_eq!(tickets.take(&first), Some(link("first")));
        assert_eq!(tickets.take(&first), None);
        let old = tickets.add(link("old")).unwrap();
        let new: Vec<String> = (0..OPEN).map(|_| tickets.add(link("new")).unwrap()).collect();
        assert_eq!(tickets.take(&old), None);
        assert!(new.iter().all(|path| tickets.take(path).is_some()));
        assert_eq!(tickets.take(PATH), None);
    }
}
