//! The browser's side of a page: its cookies, and the proof that a form comes from the page that it was given.

use axum::http::header::COOKIE;

use crate::provider::{Failure, Provider};
use crate::secret::{self, Digest};
use crate::server::Asked;
use crate::session_state::BrowserState;
use crate::store::{Purpose, Session, Transaction};

/// The hidden fields of a page's form.
pub(crate) struct Ticket {
    pub(crate) transaction: String,
    pub(crate) csrf: String,
}

/// Cookies do not tell ports apart (RFC 6265 section 8.5), so the names do: two demo providers get on.
fn session_cookie(provider: &Provider) -> String {
    format!("abide-demo-session-{}", provider.port())
}

fn browser_cookie(provider: &Provider) -> String {
    format!("abide-demo-browser-{}", provider.port())
}

fn cookie<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
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
fn set(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax")
}

/// The cookie that signs this browser in.
pub(crate) fn set_session(provider: &Provider, value: &str) -> String {
    set(&session_cookie(provider), value)
}

/// The cookie that signs this browser out, if it shows one that would sign it in.
pub(crate) fn clear_session(provider: &Provider, asked: &Asked) -> Option<String> {
    let name = session_cookie(provider);
    cookie(asked, &name)?;
    Some(format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"))
}

pub(crate) fn session_value(provider: &Provider, asked: &Asked) -> Option<String> {
    cookie(asked, &session_cookie(provider)).map(str::to_owned)
}

/// Who is signed in in this browser.
pub(crate) fn session(provider: &Provider, asked: &Asked) -> Option<Session> {
    let value = session_value(provider, asked)?;
    provider.store().session(&value, provider.now()).cloned()
}

/// The name of the cookie that the OP iframe reads.
pub(crate) fn state_cookie(provider: &Provider) -> String {
    format!("abide-demo-state-{}", provider.port())
}

/// What the OP iframe has to see in this browser.
pub(crate) fn browser_state(provider: &Provider, asked: &Asked) -> BrowserState {
    match session_value(provider, asked) {
        Some(value) if provider.store().session(&value, provider.now()).is_some() => {
            BrowserState::signed_in(&value)
        }
        _ => BrowserState::signed_out(),
    }
}

/// The cookie that lets the OP iframe see this state, if it sees another one now. It is the only cookie that a script may
/// read, and it signs nobody in.
pub(crate) fn correct_state(provider: &Provider, asked: &Asked, state: &BrowserState) -> Option<String> {
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

/// Remembers what a page is for. The ticket goes into its form, the cookie (if there is a new one) to the browser.
pub(crate) fn begin(
    provider: &Provider,
    asked: &Asked,
    purpose: Purpose,
) -> Result<(Ticket, Option<String>), Failure> {
    let name = browser_cookie(provider);
    let (browser, new) = match cookie(asked, &name) {
        Some(value) => (value.to_owned(), None),
        None => {
            let value = secret::random_text()?;
            let new = set(&name, &value);
            (value, Some(new))
        }
    };
    let ticket = Ticket { transaction: secret::random_text()?, csrf: secret::random_text()? };
    let (browser, csrf) = (Digest::of(browser), Digest::of(&ticket.csrf));
    provider.store().begin(&ticket.transaction, browser, csrf, purpose, provider.now());
    Ok((ticket, new))
}

/// The transaction of a form, if the browser that sends it was given the page and the page sent it itself.
pub(crate) fn resume(provider: &Provider, asked: &Asked) -> Option<(Ticket, Transaction)> {
    // Older browsers do not say where a request comes from; the cookie and the form's own token hold without it.
    if asked.header("sec-fetch-site").is_some_and(|site| site != "same-origin") {
        return None;
    }
    let ticket =
        Ticket { transaction: asked.named("transaction")?.to_owned(), csrf: asked.named("csrf")?.to_owned() };
    let browser = cookie(asked, &browser_cookie(provider))?;
    let transaction = provider.store().transaction(&ticket.transaction, provider.now())?.clone();
    let genuine = transaction.browser.matches(browser) && transaction.csrf.matches(&ticket.csrf);
    genuine.then_some((ticket, transaction))
}
