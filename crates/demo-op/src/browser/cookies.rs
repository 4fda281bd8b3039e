//! The cookies: the person who is signed in in a browser, and the state for the OP iframe.

use axum::http::header::COOKIE;

use crate::http::Request;
use crate::state::provider::Provider;
use crate::state::session_state::BrowserState;
use crate::state::store::Session;
use crate::state::users::User;

/// Cookies do not depend on the port (RFC 6265 section 8.5), so their names contain it: two demo providers do not interfere.
fn session_cookie(provider: &Provider) -> String {
    format!("abide-demo-session-{}", provider.port())
}

pub(super) fn browser_cookie(provider: &Provider) -> String {
    format!("abide-demo-browser-{}", provider.port())
}

pub(super) fn cookie<'a>(asked: &'a Request, name: &str) -> Option<&'a str> {
    asked
        .headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// Never `Secure`: the provider speaks plain HTTP, on the loopback interface only.
pub(super) fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

fn upstream_cookie(provider: &Provider) -> String {
    format!("abide-demo-upstream-{}", provider.port())
}

/// The cookie that signs this browser in at the provider behind this one.
pub(super) fn set_upstream(provider: &Provider, value: &str) -> String {
    set(&upstream_cookie(provider), value)
}

/// The person who is signed in in this browser at the provider behind this one.
pub(crate) fn upstream(provider: &Provider, asked: &Request) -> Option<&'static User> {
    let value = cookie(asked, &upstream_cookie(provider))?;
    provider.store().upstream(value, provider.now()).filter(|_| provider.quirks().upstream)
}

/// Signs this browser out at the provider behind this one.
pub(crate) fn end_upstream(provider: &Provider, asked: &Request) {
    if let Some(value) = cookie(asked, &upstream_cookie(provider)) {
        provider.store().sign_out_upstream(value);
    }
}

/// The cookie that signs this browser in.
pub(crate) fn set_session(provider: &Provider, value: &str) -> String {
    set(&session_cookie(provider), value)
}

/// The cookie that signs this browser out, if it has a valid session cookie.
pub(crate) fn clear_session(provider: &Provider, asked: &Request) -> Option<String> {
    let name = session_cookie(provider);
    cookie(asked, &name)?;
    Some(format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
}

pub(crate) fn session_value(provider: &Provider, asked: &Request) -> Option<String> {
    cookie(asked, &session_cookie(provider)).map(str::to_owned)
}

/// The session in this browser.
pub(crate) fn session(provider: &Provider, asked: &Request) -> Option<Session> {
    let value = session_value(provider, asked)?;
    provider.store().session(&value, provider.now()).cloned()
}

/// The name of the cookie that the OP iframe reads.
pub(crate) fn state_cookie(provider: &Provider) -> String {
    format!("abide-demo-state-{}", provider.port())
}

/// The state that the OP iframe must see in this browser.
pub(crate) fn browser_state(provider: &Provider, asked: &Request) -> BrowserState {
    match session_value(provider, asked) {
        Some(value) if provider.store().session(&value, provider.now()).is_some() => {
            BrowserState::signed_in(&value)
        }
        _ => BrowserState::signed_out(),
    }
}

/// The cookie that gives the OP iframe this state, if the browser has a different one. It is the only cookie that a script
/// may read, and it does not sign anyone in.
pub(crate) fn correct_state(provider: &Provider, asked: &Request, state: &BrowserState) -> Option<String> {
    let name = state_cookie(provider);
    let shown = cookie(asked, &name).unwrap_or_default();
    if shown == state.text() || !provider.has_session_management() {
        return None;
    }
    Some(match state.text() {
        "" => format!("{name}=; Path=/; Max-Age=0; SameSite=Lax"),
        text => format!("{name}={text}; Path=/; SameSite=Lax"),
    })
}
