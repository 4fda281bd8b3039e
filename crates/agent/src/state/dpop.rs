//! Access tokens that are bound to a key of the session (RFC 9449): a stolen one is of no use without the key.

use std::sync::Arc;

use abide_oidc::{Binding, Claims, DpopKey, Error};
use abide_wire::{ErrorAnswer, ErrorCode, TokenAnswer};
use secrecy::SecretString;
use url::Url;

use crate::config::dpop::Dpop;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::tokens::BOUND;

impl Connection {
    /// For a sign-in: with a new key, where the account wants one. The tokens of two sessions do not show
    /// that they belong to the same person.
    pub(crate) fn with_new_key(self, dpop: Dpop) -> Result<Self, Error> {
        let binding = match dpop {
            Dpop::Off => return Ok(self),
            Dpop::Offered => Binding::IfOffered,
            Dpop::Required => Binding::Required,
        };
        self.bound(Arc::new(DpopKey::generate()?), binding)
    }

    /// For a running session: with the key that it began with, if there is one. That never changes.
    pub(crate) fn with_key(self, key: Option<Arc<DpopKey>>) -> Result<Self, Error> {
        match key {
            Some(key) => self.bound(key, Binding::Required),
            None => Ok(self.without_key()),
        }
    }

    fn bound(self, key: Arc<DpopKey>, binding: Binding) -> Result<Self, Error> {
        let relying_party = self.relying_party.with_dpop(key.clone(), binding)?;
        let key = relying_party.uses_dpop().then_some(key);
        Ok(Self { relying_party, key, ..self })
    }

    /// Removes the key.
    pub(crate) fn without_key(self) -> Self {
        Self { relying_party: self.relying_party.without_dpop(), key: None, ..self }
    }

    /// The same after the provider has issued a token of this type: bound for good, or not at all.
    pub(crate) fn settled(self, token_type: &str) -> Result<Self, Error> {
        if token_type.eq_ignore_ascii_case(BOUND) {
            let key = self.key.clone();
            self.with_key(key)
        } else {
            Ok(self.without_key())
        }
    }

    /// Reads UserInfo with the session's access token, in the way that the token asks for.
    pub(crate) async fn userinfo(&self, token: &SecretString, subject: &str) -> Result<Claims, Error> {
        let now = clock::system_time();
        if self.key.is_some() {
            self.relying_party.userinfo_with_proof(&self.http, token, subject, now).await
        } else {
            self.relying_party.userinfo(&self.http, token, subject, now).await
        }
    }
}

/// The request that a tool is about to make with a token, as the proof names it (RFC 9449, section 4.2).
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    /// `htm`.
    pub(crate) method: String,
    /// `htu`.
    pub(crate) url: Url,
    /// The nonce of the resource server's last answer (section 9).
    pub(crate) nonce: Option<String>,
}

impl Account {
    /// Adds the proof that a bound token is used with. A bearer token needs none.
    ///
    /// # Errors
    ///
    /// `invalid_request` if the request cannot be signed.
    pub(crate) fn prove(&self, answer: &mut TokenAnswer, proof: &Proof) -> Result<(), ErrorAnswer> {
        let key = self.held.as_ref().and_then(|held| held.dpop.as_ref());
        let Some(key) = key.filter(|_| answer.token_type == BOUND) else { return Ok(()) };
        let token = SecretString::from(answer.access_token.expose());
        let now = clock::system_time();
        // The provider's clock has shown how wrong ours is; the resource server's is assumed to be right too.
        let at = self.connection.as_ref().map_or(now, |connection| connection.http.provider_time(now));
        let made = key.proof(&proof.method, &proof.url, Some(&token), proof.nonce.as_deref(), at);
        let made = made.map_err(|error| ErrorAnswer::new(ErrorCode::InvalidRequest, error.to_string()))?;
        answer.dpop = Some(made);
        Ok(())
    }
}
