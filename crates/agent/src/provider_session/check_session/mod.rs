//! The page in the user's browser that watches the provider's session (OpenID Connect Session Management 1.0, section 3).
//!
//! It is the loopback page at the end of the sign-in, with the provider's iframe in it, because only there is the provider's
//! cookie. [`abide_session::CheckSession`] decides what follows from the iframe's answers.

mod conversation;
mod http;
mod message;
mod page;
mod silent;

use std::sync::Arc;
use std::time::Duration;

use abide_locale::{pages, session};
use abide_wire::{ErrorAnswer, ErrorCode, Language, Signal};

use self::page::Page;
use crate::browser::callback::Callback;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connected::connection;
use crate::state::store::Store;
use crate::state::tab::Tab;
use crate::view::{convert, notices};

/// The time for which a page still gets the end of the session.
const LAST_WORDS: Duration = Duration::from_secs(120);

/// Makes the final page of a sign-in the watching page, if account, provider and answer allow it. Otherwise returns the
/// listener.
pub(crate) fn begin(store: &Arc<Store>, account: &mut Account, mut callback: Callback) -> Option<Callback> {
    let Some(page) = Page::of(store, account, callback.redirect_uri()) else { return Some(callback) };
    let page = Arc::new(page);
    callback.host(page.clone());
    account.tab = Some(Tab { page, callback });
    None
}

/// Sends the end of the session to the page at its next request. The listener stays for that, until a new sign-in or for a
/// limited time.
pub(crate) fn end(store: &Arc<Store>, account: &Account, reason: abide_session::EndReason) {
    let Some(tab) = &account.tab else { return };
    tab.page.end(goodbye(store.spoken.language(), &account.provider(), reason));
    let (store, name, page) = (store.clone(), account.name.clone(), tab.page.clone());
    tokio::spawn(async move {
        clock::sleep(LAST_WORDS).await;
        let _ = store.act(&name, |account, _| account.tab.take_if(|tab| Arc::ptr_eq(&tab.page, &page)));
    });
}

/// Opens the page again: the present one, or a new one.
pub(crate) async fn open(store: &Arc<Store>, name: &str) -> Result<(), ErrorAnswer> {
    let refused = |text: String| ErrorAnswer::new(ErrorCode::InvalidRequest, text);
    let (signed_in, wanted, present, redirect_uris) = store.act(name, |account, _| {
        let present = account.tab.as_ref().filter(|tab| !tab.callback.is_gone()).map(Tab::address);
        let wanted = account.config.provider.watches(Signal::Iframe);
        (account.held.is_some(), wanted, present, account.config.redirect_uris.clone())
    })?;
    if !signed_in {
        return Err(notices::login_required(name));
    }
    let address = match present {
        _ if !wanted => None,
        Some(address) => address,
        None => {
            connection(store, name)
                .await
                .map_err(|error| ErrorAnswer::new(ErrorCode::ProviderUnreachable, error.to_string()))?;
            let callback = Callback::bind(&store.ports, &redirect_uris).await.map_err(|error| {
                refused(format!("Abide could not wait for the browser on this computer ({error})."))
            })?;
            store.act(name, |account, _| {
                let begun = begin(store, account, callback).is_none();
                account.note_what_is_offered();
                account.tab.as_ref().filter(|_| begun).and_then(Tab::address)
            })?
        }
    };
    let address = address.ok_or_else(|| {
        refused(format!(
            "The provider of \u{201c}{name}\u{201d} has no page that a browser tab could watch, or the account does not \
             ask for it (`provider.watch`)."
        ))
    })?;
    store.opener.open(&address).await.map(drop).map_err(|error| refused(error.to_string()))
}

/// The words of the page after the end of the session.
fn goodbye(language: Language, provider: &str, reason: abide_session::EndReason) -> String {
    let because = session::ended_by(language, convert::reason(reason), convert::ended_by(reason));
    pages::watch_over_because(language, provider, because)
}
