//! The proof that a form comes from the page that this browser was given.

use crate::browser::cookies::{browser_cookie, cookie, set};
use crate::crypto::secret::{self, Digest};
use crate::http::{Failure, Request};
use crate::state::provider::Provider;
use crate::state::purpose::Purpose;
use crate::state::store::Transaction;

/// The hidden fields of a page's form.
pub(crate) struct Ticket {
    pub(crate) transaction: String,
    pub(crate) csrf: String,
}

/// Remembers the purpose of a page. The ticket goes into its form, the cookie (if there is a new one) to the browser.
pub(crate) fn begin(
    provider: &Provider,
    asked: &Request,
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

/// The transaction of a form, if this browser was given the page and the page itself sent the form.
pub(crate) fn resume(provider: &Provider, asked: &Request) -> Option<(Ticket, Transaction)> {
    // Older browsers do not send this header. The cookie and the form's own token protect without it.
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
