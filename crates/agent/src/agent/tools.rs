//! What the user has decided about programs, for the window; and what a token is exchanged for.

use std::sync::PoisonError;

use abide_audit::Event;
use abide_decision::Rule;
use abide_wire::window::{KeptGrants, PolicyRule};
use abide_wire::{AwsCredentials, AwsRole, DialectServer, ErrorAnswer, ErrorCode, TokenAnswer};
use zeroize::Zeroizing;

use super::Agent;
use crate::grants::SigningKey;
use crate::tokens::aws;

impl Agent {
    /// What is decided about programs until it is revoked: by the user and by the administrator.
    #[must_use]
    pub fn kept_grants(&self) -> KeptGrants {
        let policy = self.consent().policy();
        let rule = |allows| {
            move |rule: &Rule| {
                let program = match rule {
                    Rule::Sha256(digest) => digest.clone(),
                    Rule::Path(path) => path.to_string_lossy().into_owned(),
                };
                PolicyRule { allows, program }
            }
        };
        let forbidden = policy.forbid.iter().map(rule(false));
        KeptGrants {
            kept: self.clients().kept(),
            policy: forbidden.chain(policy.allow.iter().map(rule(true))).collect(),
        }
    }

    /// The servers that tools of a dialect get tokens for.
    pub(crate) fn servers(&self, format: &str) -> Vec<DialectServer> {
        self.0.dialects.lock().unwrap_or_else(PoisonError::into_inner).servers(format).to_vec()
    }

    /// Exchanges a token for credentials of a role at AWS.
    ///
    /// # Errors
    ///
    /// As [`aws::credentials`].
    pub(crate) async fn aws_credentials(
        &self,
        role: &AwsRole,
        token: &TokenAnswer,
    ) -> Result<AwsCredentials, ErrorAnswer> {
        aws::credentials(&self.0.store, role, token).await
    }

    /// Takes back an answer that would end by itself.
    ///
    /// # Errors
    ///
    /// `not_found` if it does not hold any more.
    pub fn stop_grant(&self, grant: u64) -> Result<(), ErrorAnswer> {
        self.consent().stop(grant)
    }

    /// Revokes a grant, or a denial, that is kept. [`Agent::restore_grant`] undoes it.
    ///
    /// # Errors
    ///
    /// `invalid_request` for a name that is not known; when it cannot be saved.
    pub fn revoke_grant(&self, name: &str) -> Result<(), ErrorAnswer> {
        self.clients().revoke(name)?;
        self.audit().event(Event::GrantRevoked, |entry| entry.name = Some(name.to_owned()));
        Ok(())
    }

    /// Undoes the last revocation, for two minutes.
    ///
    /// # Errors
    ///
    /// `not_found` where it cannot be undone; when it cannot be saved.
    pub fn restore_grant(&self, name: &str) -> Result<(), ErrorAnswer> {
        self.clients().restore(name)?;
        self.audit().event(Event::GrantGiven, |entry| entry.name = Some(name.to_owned()));
        Ok(())
    }

    /// Gives a grant to the holder of a new key that signs. Its secret is in the vault before the key is returned.
    ///
    /// # Errors
    ///
    /// As [`Clients::allow`](crate::grants::Clients::allow); `temporarily_unavailable` if the vault cannot be written.
    pub(crate) async fn allow_signing(&self, name: &str) -> Result<Zeroizing<String>, ErrorAnswer> {
        let key = SigningKey::new()?;
        let (vault, record) = (&self.0.store.vault, key.record());
        vault.put(&record, key.content()).await.map_err(|error| {
            ErrorAnswer::new(
                ErrorCode::TemporarilyUnavailable,
                format!("The key could not be kept, so nothing has changed. {error}"),
            )
        })?;
        let allowed = self.clients().allow_signing(name, key);
        if allowed.is_err() {
            drop(vault.remove(&record));
        }
        allowed
    }
}
