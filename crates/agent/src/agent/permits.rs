//! Who may have a token.

use abide_decision::Request;
use abide_wire::{ConsentAnswer, ErrorAnswer};

use super::Agent;
use crate::consent::{Consent, Permit};
use crate::identity::Caller;
use crate::jobs::Jobs;
use crate::platform::program::ProcessId;
use crate::state::session_ref::SessionRef;
use crate::tokens::{self, TokenParams};

impl Agent {
    /// Whether a caller may have what it asks for; asks the user if nothing decides it.
    ///
    /// # Errors
    ///
    /// As [`Consent::permit`]; before that, whatever keeps the account from having a token at all.
    pub(crate) async fn permit(
        &self,
        caller: Caller,
        params: &TokenParams,
        reason: Option<String>,
        signs_in: bool,
    ) -> Result<Permit, ErrorAnswer> {
        let request = self.request_of(params, signs_in)?;
        self.0.consent.permit(caller, request, reason).await
    }

    /// Whether a job may have what its program asks for; asks the user if nothing decides it. `process` is the first of the job.
    ///
    /// # Errors
    ///
    /// As [`Agent::permit`].
    pub(crate) async fn permit_job(
        &self,
        caller: Caller,
        params: &TokenParams,
        reason: Option<String>,
        process: ProcessId,
    ) -> Result<Permit, ErrorAnswer> {
        let request = self.request_of(params, false)?;
        self.0.consent.permit_job(caller, request, reason, process).await
    }

    /// Whether the account has a session that gives tokens. Decides nothing about who may have one.
    ///
    /// # Errors
    ///
    /// `unknown_account`, `login_required`, `session_expired`.
    pub(crate) fn may_have_tokens(&self, params: &TokenParams) -> Result<(), ErrorAnswer> {
        self.request_of(params, false).map(drop)
    }

    /// What is decided about. No question about a token that cannot be issued.
    fn request_of(&self, params: &TokenParams, signs_in: bool) -> Result<Request, ErrorAnswer> {
        let account = self.account_for(params.account.as_deref())?;
        let session = tokens::session(&self.0.store, &account)?;
        let registration = self.0.consent.registration(&account);
        let target = &params.target;
        Ok(Request {
            account,
            registration,
            session: session.map(SessionRef::number),
            targets: target.resources.iter().chain(&target.audiences).cloned().collect(),
            scopes: target.scopes.iter().cloned().collect(),
            activity: params.activity,
            signs_in,
        })
    }

    /// Answers a question about a program, from the window.
    ///
    /// # Errors
    ///
    /// As [`Consent::answer`].
    pub fn answer_consent(&self, question: u64, answer: ConsentAnswer) -> Result<(), ErrorAnswer> {
        self.0.consent.answer(question, answer, &[])
    }

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    pub(crate) fn consent(&self) -> &Consent {
        &self.0.consent
    }
}
