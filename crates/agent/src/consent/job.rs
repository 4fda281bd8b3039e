//! Consent for a job: one answer holds for the program and everything that it starts, until it ends.

use abide_audit::Event as Recorded;
use abide_decision::{Basis, Decision, Limits, Request, Subject};
use abide_wire::{ErrorAnswer, Span};

use super::{Consent, Permit};
use crate::grants::{Given, Origin};
use crate::identity::Caller;
use crate::platform::program::ProcessId;

impl Consent {
    /// Whether a job may have what it asks for. The user is offered no answer that is narrower than the job: its program asks again
    /// for each token. What was allowed to the caller is allowed to the job, and ends with that.
    ///
    /// # Errors
    ///
    /// As [`Consent::permit`].
    pub(crate) async fn permit_job(
        &self,
        caller: Caller,
        request: Request,
        reason: Option<String>,
        process: ProcessId,
    ) -> Result<Permit, ErrorAnswer> {
        let permit = self.permit_for(caller.clone(), request.clone(), reason, Some(process)).await?;
        let mut caller = caller;
        caller.sha256.clone_from(&permit.sha256);
        // Until the program has started, the caller is what has started `abide run`, and the grant has that name.
        let renamed = caller.process == Some(process) && self.clients.rename(process, &caller.name);
        // Not longer than the answer that it follows from.
        let until = self.clients.judge(|grants| {
            let from = grants.iter().find(|grant| Some(Origin::Grant(grant.id)) == permit.origin);
            from.and_then(|grant| grant.limits.until)
        });
        // Not more than the user has left of what was asked for.
        let limits = permit.only.as_ref().and_then(|part| Limits::part_of(&request, part));
        let limits = limits.unwrap_or_else(|| Limits::of(&request));
        let limits = Limits { activity: permit.activity, session: request.session, until, ..limits };
        let subject = Subject::Process(process);
        let is_there = self.clients.judge(|grants| {
            grants.iter().any(|grant| grant.allows && grant.subject == subject && grant.limits == limits)
        });
        if !is_there {
            let label = caller.name.clone();
            self.clients.give(Given {
                subject,
                allows: true,
                span: Span::Run,
                limits,
                label,
                labels: Vec::new(),
                from: permit.origin,
            })?;
            // The policy may have changed since it was judged, and what followed from it has ended already.
            let by_policy =
                || matches!(self.judge(&caller, &request), Decision::Allow { by: Basis::Policy, .. });
            if permit.origin == Some(Origin::Policy) && !by_policy() {
                self.clients.policy_changed();
            }
            self.record(Recorded::GrantGiven, &caller, &request, |line| {
                line.name = Some(caller.name.clone());
            });
        }
        if renamed || !is_there {
            self.show();
        }
        Ok(permit)
    }

    /// The first process of a job runs its program now. Until then, the answer has the name of what has started `abide run`.
    pub(crate) fn job_runs(&self, process: ProcessId, name: &str) {
        if self.clients.rename(process, name) {
            self.show();
        }
    }

    /// The first process of a job has ended, and with it what was allowed to the job.
    pub(crate) fn process_ended(&self, process: ProcessId) {
        self.clients.process_ended(process);
        self.show();
    }
}
