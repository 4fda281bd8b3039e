//! What the user has decided about programs, for the window.

use abide_audit::Event;
use abide_wire::ErrorAnswer;
use abide_wire::window::{KeptGrants, PolicyRule};

use super::Agent;
use crate::config::policy::Rule;

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

    /// Takes back an answer that would end by itself.
    ///
    /// # Errors
    ///
    /// `not_found` where there is none.
    pub fn stop_grant(&self, grant: u64) -> Result<(), ErrorAnswer> {
        self.consent().stop(grant)
    }

    /// Revokes a grant, or a denial, that is kept. [`Agent::restore_grant`] undoes it.
    ///
    /// # Errors
    ///
    /// `invalid_request` where there is none; when it cannot be saved.
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
}
