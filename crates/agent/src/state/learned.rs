//! What was found out about a provider by using it. It holds for every account of one client there, and is kept in the vault until
//! the last of these accounts is removed.

use serde::{Deserialize, Serialize};

use crate::config::AccountConfig;

/// What is known of one client of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Learned {
    /// A refresh ends the earlier access tokens.
    #[serde(default)]
    pub(crate) refresh_ends: bool,
    /// A token for fewer scopes narrows the whole session.
    #[serde(default)]
    pub(crate) scope_narrows: bool,
    /// A token for one resource does that, too.
    #[serde(default)]
    pub(crate) resource_narrows: bool,
    /// Answers in a form are refused, although the provider lists them.
    #[serde(default)]
    pub(crate) form_refused: bool,
    /// This client may exchange no tokens, although the provider lists that.
    #[serde(default)]
    pub(crate) exchange_refused: bool,
}

impl Learned {
    /// A refresh for one purpose spoils other tokens, or the session.
    pub(crate) fn refresh_spoils(self) -> bool {
        self.refresh_ends || self.scope_narrows || self.resource_narrows
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            refresh_ends: self.refresh_ends || other.refresh_ends,
            scope_narrows: self.scope_narrows || other.scope_narrows,
            resource_narrows: self.resource_narrows || other.resource_narrows,
            form_refused: self.form_refused || other.form_refused,
            exchange_refused: self.exchange_refused || other.exchange_refused,
        }
    }
}

/// What is known, and of which client.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Client {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    #[serde(flatten)]
    pub(crate) learned: Learned,
}

impl Client {
    pub(crate) fn is(&self, config: &AccountConfig) -> bool {
        self.issuer == config.issuer && self.client_id == config.client_id
    }
}
