//! What the user answers is carried out.

use std::sync::PoisonError;
use std::time::Instant;

use abide_audit::{Entry as Line, Event as Recorded};
use abide_decision::{Basis, Decision, Denial, Purpose};
use abide_wire::{ConsentAnswer, ErrorAnswer, Span};

use super::answer::{end, given, in_one, part, recorded};
use super::case::Case;
use super::queue::{Asked, ONCE, Outcome};
use super::{Consent, case, now};
use crate::identity;
use crate::platform::program::Process;

impl Consent {
    /// Answers a question, and those of its `others` that the answer names. `by` is the process that answers and its ancestors; empty for
    /// the window.
    ///
    /// # Errors
    ///
    /// `not_found` for a question that is no longer open; `access_denied` for a program that answers for itself;
    /// `invalid_request` for an answer that is not offered, and for others that are not the question's.
    pub(crate) fn answer(&self, id: u64, answer: ConsentAnswer, by: &[Process]) -> Result<(), ErrorAnswer> {
        let _one = self.answering.lock().unwrap_or_else(PoisonError::into_inner);
        let others = self.others(id, &answer)?;
        let at = Instant::now();
        self.answer_one(id, &answer, by, at)?;
        let whole = ConsentAnswer { targets: None, scopes: None, others: Vec::new(), ..answer };
        for other in others {
            // One that is moot by now has been answered otherwise; one that could not be carried out stays open.
            if let Err(refused) = self.answer_one(other, &whole, by, at) {
                tracing::info!(code = refused.error.as_str(), "an answer was not for another question");
            }
        }
        self.settle_what_is_covered();
        Ok(())
    }

    /// The other questions that an answer is for. What has been answered meanwhile is left out.
    fn others(&self, id: u64, answer: &ConsentAnswer) -> Result<Vec<u64>, ErrorAnswer> {
        let queue = self.queue();
        let of_it = queue.others(id);
        let named: Vec<u64> =
            answer.others.iter().copied().filter(|other| queue.question(*other).is_some()).collect();
        drop(queue);
        match named.iter().all(|other| of_it.contains(other)) {
            true => Ok(named),
            false => Err(case::not_its_others()),
        }
    }

    fn answer_one(
        &self,
        id: u64,
        answer: &ConsentAnswer,
        by: &[Process],
        at: Instant,
    ) -> Result<(), ErrorAnswer> {
        let (asked, spans) = self.queue().question(id).ok_or_else(case::no_question)?;
        if self.has_ended(&asked.request) {
            self.settle(id, Outcome::Refused(Case::SessionEnded));
            return Err(case::no_question());
        }
        let is_no_for_now = !answer.allow && answer.span == Span::Once;
        if !is_no_for_now && !spans.contains(&answer.span) {
            return Err(case::not_offered(answer.span, &spans));
        }
        let end = end(answer)?;
        let part = part(&asked.request, answer)?;
        let itself = asked.caller.process.filter(|_| asked.caller.kind != identity::Kind::Terminal);
        if itself.is_some_and(|itself| by.iter().any(|process| process.id == itself)) {
            return Err(case::answers_for_itself());
        }
        let given = given(&asked, answer, end, part.as_ref(), now()).ok_or_else(case::no_question)?;
        if !self.queue().take_answer(id) {
            return Err(case::no_question());
        }
        if let Err(refused) = self.clients.give(given) {
            self.queue().conclude(id, None, at);
            return Err(refused);
        }
        self.record_answer(&asked, answer, part.as_ref());
        let denied = Outcome::Denied(Denial::Refused(ONCE));
        let outcome = if answer.allow { self.allowed(&asked, part) } else { denied.clone() };
        {
            let mut queue = self.queue();
            queue.conclude(id, Some(outcome), at);
            if !answer.allow {
                queue.same(&asked).into_iter().for_each(|id| queue.settle(id, denied.clone(), at));
            }
        }
        self.show();
        Ok(())
    }

    /// What a program gets that was just allowed.
    fn allowed(&self, asked: &Asked, part: Option<Purpose>) -> Outcome {
        // What it is counted under, if the answer is one that stays.
        match self.judge(&asked.caller, &asked.request) {
            Decision::Allow { by, activity, only } => Outcome::Allowed { by, activity, only },
            // The administrator, for one, may have decided meanwhile.
            Decision::Deny(denial) => Outcome::Denied(denial),
            Decision::Ask(_) => {
                Outcome::Allowed { by: Basis::Grant(ONCE), activity: asked.request.activity, only: part }
            }
        }
    }

    fn record_answer(&self, asked: &Asked, answer: &ConsentAnswer, part: Option<&Purpose>) {
        self.record(Recorded::ConsentDecided, &asked.caller, &asked.request, |line| {
            if let Some(caller) = &mut line.caller {
                caller.labels = recorded(&asked.labels);
            }
            line.reason = Some(if answer.allow { "allowed" } else { "denied" }.to_owned());
            line.name = Some(answer.span.as_str().to_owned());
            if let Some(part) = part {
                line.audience = part.targets.iter().cloned().collect();
                line.scope = Some(in_one(&part.scopes)).filter(|scopes| !scopes.is_empty());
            }
        });
    }

    /// Takes an answer back that ends by itself.
    ///
    /// # Errors
    ///
    /// `not_found` if it does not hold any more.
    pub(crate) fn stop(&self, grant: u64) -> Result<(), ErrorAnswer> {
        let program = self.open().grants.into_iter().find(|known| known.id == grant);
        let stopped = self.clients.stop(grant);
        if let Some(program) = program.filter(|_| stopped) {
            let of = |line: &mut Line| line.name = Some(program.program);
            self.store.record(&program.account, Recorded::GrantRevoked, of);
        }
        self.show();
        if stopped { Ok(()) } else { Err(case::no_grant()) }
    }
}
