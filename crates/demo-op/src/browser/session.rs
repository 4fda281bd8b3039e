//! The start of a session in a browser.

use crate::browser::cookies;
use crate::crypto::secret;
use crate::http::{Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::session_state::BrowserState;
use crate::state::store::Session;
use crate::state::users::User;

/// A new session, and the cookies for the browser.
pub(crate) struct Begun {
    pub(crate) session: Session,
    pub(crate) state: BrowserState,
    cookies: Vec<String>,
}

/// Signs a person in, also at the provider behind this one if there is one.
pub(crate) fn begin(provider: &Provider, asked: &Request, user: &'static User) -> Result<Begun, Failure> {
    let cookie = secret::random_text()?;
    let earlier = cookies::session_value(provider, asked);
    let sid = secret::encode(&secret::random::<16>()?);
    let now = provider.now();
    let expires = now + provider.session_lifetime();
    let session = provider.store().sign_in(earlier.as_deref(), &cookie, sid, user, expires, now);
    let state = BrowserState::signed_in(&cookie);
    let mut set = vec![cookies::set_session(provider, &cookie)];
    set.extend(cookies::correct_state(provider, asked, &state));
    let signed_in_upstream = cookies::upstream(provider, asked).map(|user| user.subject);
    if provider.quirks().upstream && signed_in_upstream != Some(user.subject) {
        let cookie = secret::random_text()?;
        provider.store().sign_in_upstream(&cookie, user, now);
        set.push(cookies::set_upstream(provider, &cookie));
    }
    Ok(Begun { session, state, cookies: set })
}

impl Begun {
    pub(crate) fn set_cookies(self, reply: Reply) -> Result<Reply, Failure> {
        self.cookies.into_iter().try_fold(reply, |reply, cookie| reply.with_cookie(Some(cookie)))
    }
}
