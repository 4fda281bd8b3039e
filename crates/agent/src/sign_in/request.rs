//! What a sign-in with a browser asks for, and what it gives up where the provider refuses that.

use std::sync::Arc;

use abide_oidc::{AuthorizationParameters, CallbackError, Error, OAuthError, Provider};

use crate::config::{AccountConfig, ResponseMode};
use crate::sign_in::scopes::{Dropped, OFFLINE_ACCESS, fewer_scopes, say_dropped, scopes};
use crate::state::account::Opening;
use crate::state::store::Store;

pub(crate) fn parameters(config: &AccountConfig, scopes: Vec<String>) -> AuthorizationParameters {
    // OpenID Connect Core 1.0 section 11: offline access needs the user's consent, unless the provider has other rules.
    let offline = config.openid && scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let prompt = config
        .prompt
        .clone()
        .unwrap_or_else(|| if offline { vec!["consent".to_owned()] } else { Vec::new() });
    AuthorizationParameters { scopes, prompt, ..config.wishes() }
}

/// Whether the answer is asked for in a form, so that the browser's history does not get the code.
///
/// Where the account does not say: if the provider offers it and has not refused it, and Abide opens the browser. An address that a
/// command prints may be opened where Abide's port is not reachable. The person then copies the address of the answer, and there
/// would be none.
pub(crate) fn in_a_form(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
    provider: &Provider,
    opening: Opening,
) -> bool {
    match config.response_mode {
        ResponseMode::Query => false,
        ResponseMode::FormPost => true,
        ResponseMode::Auto => {
            let refused = store.act(name, |account, _| account.learned.form_refused).unwrap_or(false);
            opening == Opening::Browser && provider.offers_form_post() && !refused
        }
    }
}

/// Keeps in mind that the provider lists answers in a form, but refuses them to this client.
pub(crate) fn learn_form_refused(store: &Arc<Store>, name: &str) {
    tracing::warn!(account = name, "the provider refuses to answer in a form, although it offers that");
    let _ = store.act(name, |account, _| account.learned.form_refused = true);
    store.keep_learned(name);
}

/// An error of the provider: its code and its own words.
#[derive(Clone, Copy)]
pub(crate) struct Refusal<'a> {
    error: &'a OAuthError,
    description: Option<&'a str>,
}

impl<'a> Refusal<'a> {
    /// Before the browser is opened (RFC 9126).
    pub(crate) fn of_push(error: &'a Error) -> Option<Self> {
        let Error::Refused { error, description, .. } = error else { return None };
        Some(Self { error, description: description.as_deref() })
    }

    /// In the answer that the browser brings.
    pub(crate) fn of_answer(error: &'a CallbackError) -> Option<Self> {
        let CallbackError::Refused { error, description } = error else { return None };
        Some(Self { error, description: description.as_deref() })
    }

    /// No specification defines a code for it: some providers have one, others say what they mean in words.
    pub(crate) fn is_about_response_mode(self) -> bool {
        match self.error {
            OAuthError::Other(code) => code == "unsupported_response_mode",
            OAuthError::InvalidRequest => self.description.is_some_and(|words| {
                let words = words.to_ascii_lowercase();
                words.contains("response_mode") || words.contains("response mode")
            }),
            _ => false,
        }
    }
}

/// The request of a sign-in.
pub(crate) struct Wish<'a> {
    store: &'a Arc<Store>,
    name: &'a str,
    config: &'a AccountConfig,
    provider: &'a Provider,
    scopes: Vec<String>,
    /// What is asked for instead, once.
    fewer: Option<Vec<String>>,
    form_post: bool,
}

impl<'a> Wish<'a> {
    pub(crate) fn new(
        store: &'a Arc<Store>,
        name: &'a str,
        config: &'a AccountConfig,
        provider: &'a Provider,
        opening: Opening,
    ) -> Self {
        let scopes = scopes(store, name, config, provider);
        let fewer = fewer_scopes(config, &scopes, provider);
        let form_post = in_a_form(store, name, config, provider, opening);
        Self { store, name, config, provider, scopes, fewer, form_post }
    }

    pub(crate) fn parameters(&self) -> AuthorizationParameters {
        AuthorizationParameters { form_post: self.form_post, ..parameters(self.config, self.scopes.clone()) }
    }

    /// Gives up what the provider has refused, each thing once. `false` if the same request would be refused again.
    pub(crate) fn gives_up(&mut self, refused: Option<Refusal<'_>>) -> bool {
        let Some(refused) = refused else { return false };
        if *refused.error == OAuthError::InvalidScope
            && let Some(fewer) = self.fewer.take()
        {
            say_dropped(self.store, self.name, self.provider, (&self.scopes, &fewer), Dropped::Refused);
            self.scopes = fewer;
            return true;
        }
        if self.form_post
            && self.config.response_mode == ResponseMode::Auto
            && refused.is_about_response_mode()
        {
            learn_form_refused(self.store, self.name);
            self.form_post = false;
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_refused_response_mode_is_known_by_its_code_or_by_words() {
        let is = |error: OAuthError, description: Option<&str>| {
            Refusal { error: &error, description }.is_about_response_mode()
        };
        assert!(is(OAuthError::Other("unsupported_response_mode".to_owned()), None));
        assert!(is(OAuthError::InvalidRequest, Some("Invalid parameter: response_mode")));
        assert!(is(OAuthError::InvalidRequest, Some("The Response Mode is not supported")));
        assert!(!is(OAuthError::InvalidRequest, None));
        assert!(!is(OAuthError::InvalidRequest, Some("Invalid parameter: redirect_uri")));
        assert!(!is(OAuthError::InvalidScope, Some("response_mode")));
    }
}
