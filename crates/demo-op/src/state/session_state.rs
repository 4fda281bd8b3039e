//! `session_state`: how a client can watch the browser's session (OpenID Connect Session Management 1.0).

use sha2::{Digest as _, Sha256};
use url::Url;

use crate::crypto::secret::{self, Digest};

/// The browser state: a value that the OP iframe can read, and that changes with every sign-in and sign-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BrowserState(String);

impl BrowserState {
    /// The state of a browser without a session. It has no cookie for it.
    pub(crate) fn signed_out() -> BrowserState {
        BrowserState(String::new())
    }

    /// The state of a browser with this session cookie. It is derived from the cookie, which cannot be computed from it:
    /// scripts can read the state, but never the cookie.
    pub(crate) fn signed_in(session_cookie: &str) -> BrowserState {
        BrowserState(Digest::of(format!("browser state {session_cookie}")).text())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The `session_state` of a response to this client at this redirect URI (section 2), or `None` for a URI without an
    /// origin, from which no page can send a message.
    pub(crate) fn session_state(
        &self,
        client_id: &str,
        redirect_uri: &str,
    ) -> Result<Option<String>, getrandom::Error> {
        let origin = Url::parse(redirect_uri).map(|uri| uri.origin()).ok().filter(url::Origin::is_tuple);
        let Some(origin) = origin else { return Ok(None) };
        let salt = secret::encode(&secret::random::<12>()?);
        Ok(Some(salted(client_id, &origin.ascii_serialization(), &self.0, &salt)))
    }
}

/// The hash of section 4.2. `check_session.js`, the script of the OP iframe, computes the same one.
fn salted(client_id: &str, origin: &str, browser_state: &str, salt: &str) -> String {
    let digest = Sha256::digest(format!("{client_id} {origin} {browser_state} {salt}"));
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}.{salt}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_that_other_tools_make() {
        // printf '%s' 'abide http://127.0.0.1:49152 state salt' | sha256sum
        let expected = "ab96c64392ee06339fd4a558a2c9e8cf1f743facf2c12d82c6c3ddb6fc19cd57.salt";
        assert_eq!(salted("abide", "http://127.0.0.1:49152", "state", "salt"), expected);
    }

    #[test]
    fn two_responses_in_one_session_look_unrelated() {
        let state = BrowserState::signed_in("cookie");
        let response = || state.session_state("abide", "http://127.0.0.1:49152/callback").unwrap().unwrap();
        let (one, two) = (response(), response());
        assert_ne!(one, two);
        assert!(!one.contains(' ') && one.split_once('.').is_some_and(|(hash, _)| hash.len() == 64));
    }

    #[test]
    fn the_state_of_a_session_does_not_contain_its_cookie() {
        let state = BrowserState::signed_in("cookie");
        assert_ne!(state.text(), "cookie");
        assert_ne!(state.text(), Digest::of("cookie").text(), "nor the digest in the store");
        assert_ne!(state, BrowserState::signed_in("another"));
    }

    #[test]
    fn a_redirect_uri_without_an_origin_has_no_session_state() {
        let state = BrowserState::signed_out();
        assert_eq!(state.session_state("abide", "app.example:/done").unwrap(), None);
    }
}
