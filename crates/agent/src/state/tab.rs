//! The browser tab of a session, with the listener that serves it.

use std::sync::Arc;

use secrecy::ExposeSecret;
use url::Url;

use crate::browser::callback::{Callback, Guest, Outcome};

/// The page that watches the provider's session, and its listener.
pub(crate) struct Tab {
    pub(crate) page: Arc<dyn Guest>,
    pub(crate) callback: Callback,
}

impl Tab {
    /// Whether this tab shows that page.
    pub(crate) fn shows<G: Guest>(&self, page: &G) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.page), page)
    }

    /// The address that opens the page, good once and for a short while.
    pub(crate) fn address(&self) -> Option<Url> {
        let entrance = self.page.entrance()?;
        self.callback.redirect_uri().join(entrance.expose_secret()).ok()
    }

    /// Shows how the sign-in went: the browser waits for it.
    pub(crate) fn show(&self, outcome: Outcome) {
        self.callback.show(outcome);
    }
}
