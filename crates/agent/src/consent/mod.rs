//! The user decides: what a caller asks for is judged, and where nothing covers it, the user is asked.

mod accounts;
mod answer;
mod answering;
mod case;
mod job;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use abide_audit::{Entry as Line, Event as Recorded};
use abide_decision::{
    Basis, Decision, Denial, Grant, Limits, Policy, Purpose, Request, Rule, SessionNumber, decide,
};
use abide_wire::{Consents, ErrorAnswer, Span};
use tokio::sync::watch;

use crate::grants::{Clients, Origin};
use crate::identity::{self, Caller, Labels};
use crate::platform::clock;
use crate::platform::program::{Digests, Opened, ProcessId};
use crate::state::store::Store;
use crate::tokens::TokenParams;
use answer::{in_one, spans};
use case::{Case, refused};
use queue::{Asked, Entry, ONCE, Outcome, Queue, share};

/// How long a caller waits for the user's answer.
const PATIENCE: Duration = Duration::from_secs(45);
/// How often a waiting caller looks whether the screen was locked.
const LOOK: Duration = Duration::from_millis(500);
/// How long `abide approve` may be away between two looks, and still counts as being there.
const AWAY: Duration = Duration::from_secs(3);
/// How often the counts of tokens are shown anew.
const COUNTS: Duration = Duration::from_secs(1);

/// A caller may have what it asked for. The only way to a token leads through one of these.
#[derive(Clone, Debug)]
pub(crate) struct Permit {
    /// Whether the request counts as use of the session.
    activity: bool,
    /// The part of the request that it is for, where the user has allowed only a part.
    only: Option<Purpose>,
    /// What allows it. Its tokens are counted under a grant, and a grant to a job follows from it.
    origin: Option<Origin>,
    /// Under whose name new purposes are counted: the answer of the user that allows them, otherwise the caller.
    counted_for: String,
    /// The account that it is for, and its session.
    account: String,
    session: Option<SessionNumber>,
    /// The SHA-256 of the caller's file, where the decision needed it.
    pub(crate) sha256: Option<String>,
}

impl Permit {
    /// What may be handed out of what was asked for.
    pub(crate) fn within(&self, params: &TokenParams) -> TokenParams {
        // A request that names no account is for the one that was decided about, whatever has changed meanwhile.
        let account = Some(self.account.clone());
        let mut params = TokenParams {
            account,
            activity: params.activity && self.activity,
            counted_for: Some(self.counted_for.clone()),
            ..params.clone()
        };
        if let Some(Purpose { targets, scopes }) = &self.only {
            params.target.resources.retain(|resource| targets.contains(resource));
            params.target.audiences.retain(|audience| targets.contains(audience));
            params.target.scopes.retain(|scope| scopes.contains(scope));
        }
        params
    }
}

/// Grants, open questions, and who answers them.
pub(crate) struct Consent {
    store: Arc<Store>,
    clients: Clients,
    digests: Digests,
    labels: Labels,
    policy: Mutex<Arc<Policy>>,
    /// The same with what its links led to when that was looked at last.
    resolved: Mutex<Arc<Policy>>,
    /// One look at the links is under way at a time: one that hangs holds up no other.
    resolving: Arc<tokio::sync::Semaphore>,
    queue: Mutex<Queue>,
    /// Counts the changes of the queue.
    changed: watch::Sender<u64>,
    approvers: Mutex<Approvers>,
    /// One answer is taken at a time: a second one to the same question finds it closed.
    answering: Mutex<()>,
    /// When the counts of tokens were shown last.
    shown: Mutex<Option<Instant>>,
}

/// Who looks at the open questions without a desktop.
#[derive(Default)]
struct Approvers {
    there: usize,
    last: Option<Instant>,
}

impl Consent {
    pub(crate) fn new(store: Arc<Store>, clients: Clients, policy: Policy) -> Self {
        Self {
            store,
            clients,
            digests: Digests::default(),
            labels: Labels::default(),
            resolved: Mutex::new(Arc::new(policy.clone())),
            resolving: Arc::new(tokio::sync::Semaphore::new(1)),
            policy: Mutex::new(Arc::new(policy)),
            queue: Mutex::default(),
            changed: watch::Sender::new(0),
            approvers: Mutex::default(),
            answering: Mutex::default(),
            shown: Mutex::default(),
        }
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What the administrator has decided.
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what the administrator has changed, also for open questions and for jobs that run.
    pub(crate) fn obey(&self, policy: Policy) {
        let before = {
            let policy = Arc::new(policy);
            *self.resolved.lock().unwrap_or_else(PoisonError::into_inner) = policy.clone();
            let mut held = self.policy.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *held, policy)
        };
        if before != self.policy() {
            self.clients.policy_changed();
            self.settle_what_is_covered();
            self.show();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Every change of the queue is one call that returns.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a caller may have what it asks for; asks the user if nothing decides it.
    ///
    /// # Errors
    ///
    /// `consent_required` with the case, `access_denied` once the user has said no.
    pub(crate) async fn permit(
        &self,
        caller: Caller,
        request: Request,
        reason: Option<String>,
    ) -> Result<Permit, ErrorAnswer> {
        self.permit_for(caller, request, reason, None).await
    }

    /// The same; `job` is the first process of the job that it is for. Each job has a question of its own: the user sees its command.
    async fn permit_for(
        &self,
        mut caller: Caller,
        request: Request,
        reason: Option<String>,
        job: Option<ProcessId>,
    ) -> Result<Permit, ErrorAnswer> {
        self.look_closer(&mut caller).await;
        self.resolve().await;
        let decision = self.judge(&caller, &request);
        let outcome = match decision {
            Decision::Allow { by, activity, only } => Outcome::Allowed { by, activity, only },
            Decision::Deny(denial) => Outcome::Denied(denial),
            Decision::Ask(because) => self.ask(&mut caller, &request, reason, because, job).await,
        };
        let outcome = match outcome {
            // The user may have answered after another one has signed in.
            Outcome::Allowed { .. } if self.has_ended(&request) => Outcome::Refused(Case::SessionEnded),
            outcome => outcome,
        };
        self.decided(&caller, &request, &outcome);
        match outcome {
            Outcome::Allowed { by, activity, only } => {
                let origin = match by {
                    Basis::Own | Basis::Grant(ONCE) => None,
                    Basis::Policy => Some(Origin::Policy),
                    Basis::Grant(id) => Some(Origin::Grant(id)),
                };
                let counted_for = match origin {
                    Some(Origin::Grant(id)) => self.clients.root(id).map(|root| format!("grant {root}")),
                    _ => None,
                };
                let counted_for = counted_for.unwrap_or_else(|| share(&caller));
                let Request { account, session, .. } = request;
                let sha256 = caller.facts.sha256;
                Ok(Permit { activity, only, origin, counted_for, account, session, sha256 })
            }
            Outcome::Denied(denial @ Denial::Sandbox) => {
                let labels = self.labels.of(caller.process, caller.program.as_ref()).await;
                Err(refused(&caller, Case::Denied(denial), &labels))
            }
            Outcome::Denied(denial) => Err(refused(&caller, Case::Denied(denial), &[])),
            Outcome::Refused(case) => Err(refused(&caller, case, &[])),
        }
    }

    /// Every decision about a caller comes through here, once. The record has the tokens, and the user's answers.
    fn decided(&self, caller: &Caller, request: &Request, outcome: &Outcome) {
        tracing::info!(
            caller = caller.name,
            kind = ?caller.kind,
            account = request.account,
            ?outcome,
            "a program asked for a token"
        );
    }

    /// A token was handed out under a permit.
    pub(crate) fn served(&self, permit: &Permit) {
        let Some(Origin::Grant(id)) = permit.origin else { return };
        if self.clients.used(id) && self.is_due() {
            self.show();
        }
    }

    /// Whether the counts were not shown for a while.
    fn is_due(&self) -> bool {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let due = shown.is_none_or(|shown| shown.elapsed() >= COUNTS);
        if due {
            *shown = Some(Instant::now());
        }
        due
    }

    /// Whether the session that a request is for has ended.
    fn has_ended(&self, request: &Request) -> bool {
        request.session.is_some_and(|session| !self.is_present(&request.account, session))
    }

    fn is_present(&self, account: &str, session: SessionNumber) -> bool {
        self.present(account) == Some(session)
    }

    /// The present session of an account.
    fn present(&self, account: &str) -> Option<SessionNumber> {
        let core = self.store.core();
        let account = core.accounts.iter().find(|known| known.name == account);
        account.and_then(|account| account.session_ref()).map(|session| session.number())
    }

    /// Checks that no other session has taken the place of the one that was permitted.
    ///
    /// # Errors
    ///
    /// `temporarily_unavailable` if there is another session by now.
    pub(crate) fn still_holds(&self, permit: &Permit) -> Result<(), ErrorAnswer> {
        match permit.session {
            // Without a session there is no token, and `tokens::token` answers why.
            Some(session) if self.present(&permit.account).is_some_and(|present| present != session) => {
                Err(refused(&Caller::default(), Case::SessionEnded, &[]))
            }
            _ => Ok(()),
        }
    }

    /// Waits until what was permitted holds no longer: the answer was taken back or has ended, or the session is over. For what goes on
    /// with a token that was handed out.
    pub(crate) async fn over(&self, permit: &Permit) {
        let (mut answers, mut sessions) = (self.changed.subscribe(), self.store.snapshots.subscribe());
        while self.lasts(permit) {
            tokio::select! {
                changed = answers.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                changed = sessions.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = clock::sleep(LOOK) => {}
            }
        }
    }

    fn lasts(&self, permit: &Permit) -> bool {
        let by_grant = match permit.origin {
            Some(Origin::Grant(id)) => self.clients.judge(|grants| {
                let ends = |grant: &Grant| grant.limits.until.is_some_and(|until| until <= now());
                grants.iter().any(|grant| grant.id == id && !ends(grant))
            }),
            Some(Origin::Policy) | None => true,
        };
        by_grant && permit.session.is_none_or(|session| self.is_present(&permit.account, session))
    }

    /// Looks where the links in the policy lead: elsewhere, perhaps, since it was read. A path on a disk that does not answer is not waited
    /// for; then the last look counts.
    async fn resolve(&self) {
        let policy = self.policy();
        if !policy.forbid.iter().any(|rule| matches!(rule, Rule::Path(_))) {
            return;
        }
        let Ok(turn) = self.resolving.clone().try_acquire_owned() else { return };
        let look = tokio::task::spawn_blocking(move || {
            let resolved = policy.resolved(|path| std::fs::canonicalize(path).ok());
            drop(turn);
            (policy, resolved)
        });
        if let Ok(Ok((of, resolved))) = tokio::time::timeout(LOOK, look).await
            && of == self.policy()
        {
            *self.resolved.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(resolved);
        }
    }

    fn judge(&self, caller: &Caller, request: &Request) -> Decision {
        let policy = self.resolved.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.clients.judge(|grants| decide(caller, request, grants, &policy, now()))
    }

    /// Reads the content of files where a grant or the policy depends on it.
    async fn look_closer(&self, caller: &mut Caller) {
        let needed = self.policy().needs_digest()
            || self.clients.judge(|grants| grants.iter().any(|grant| grant.subject.needs_digest(caller)));
        if needed {
            self.read(caller).await;
        }
    }

    async fn read(&self, caller: &mut Caller) {
        if let Some(file) = caller.running_file().filter(|_| caller.sha256.is_none()) {
            caller.sha256 = self.digests.of(file).await;
        }
        if let Some(script) = caller.script.as_ref().filter(|_| caller.script_sha256.is_none()) {
            let file = Opened { path: script.path.clone(), stamp: script.stamp };
            caller.script_sha256 = self.digests.of_script(file).await;
        }
    }

    /// Asks the user.
    async fn ask(
        &self,
        caller: &mut Caller,
        request: &Request,
        reason: Option<String>,
        because: abide_wire::AskedBecause,
        job: Option<ProcessId>,
    ) -> Outcome {
        if self.store.core().locked {
            return Outcome::Refused(Case::Locked);
        }
        // A page is known by its browser's file alone, whose content is long.
        if caller.kind != identity::Kind::Page {
            self.read(caller).await;
        }
        let labels = self.labels.of(caller.process, caller.program.as_ref()).await;
        let provider = self.provider(&request.account);
        let (caller, request) = (caller.clone(), request.clone());
        let spans = spans(&caller, &request, job);
        let asked = Asked { caller, labels, request, reason, because, provider, job };
        loop {
            let (outcome, shown) = self.ask_once(&asked, &spans).await;
            let is_allowed = matches!(outcome, Outcome::Allowed { .. });
            if shown || !is_allowed {
                return outcome;
            }
            // The user has seen the command of another process of this program. What that was allowed may cover this one too.
            match self.judge(&asked.caller, &asked.request) {
                Decision::Allow { by, activity, only } => return Outcome::Allowed { by, activity, only },
                Decision::Deny(denial) => return Outcome::Denied(denial),
                Decision::Ask(_) => {}
            }
        }
    }

    /// Waits for the answer to a question. Also returns whether the user has seen this process, or its command, in it.
    async fn ask_once(&self, asked: &Asked, spans: &[Span]) -> (Outcome, bool) {
        let entry = self.queue().enter(asked.clone(), spans.to_vec(), Instant::now(), now());
        let (id, answer) = match entry {
            Entry::Waits(id, answer) => (id, answer),
            Entry::Answered(outcome) => return (outcome, true),
            Entry::Refused(case) => return (Outcome::Refused(case), true),
        };
        let shown = self.queue().shows(id, &asked.caller);
        // What was answered while files were read is not asked about again.
        self.settle_if_decided(id);
        self.show();
        if answer.borrow().is_none() && !self.asks_anybody() {
            // The question stays, for `abide approve`.
            self.queue().leave(id, true);
            return (Outcome::Refused(Case::NoDisplay), true);
        }
        let waits = Waits { consent: self, id, request: &asked.request };
        let outcome = waits.answer(answer).await;
        drop(waits);
        (outcome, shown)
    }

    fn asks_anybody(&self) -> bool {
        let approvers = self.approvers.lock().unwrap_or_else(PoisonError::into_inner);
        self.store.options.desktop
            || approvers.there > 0
            || approvers.last.is_some_and(|last| last.elapsed() < AWAY)
    }

    fn provider(&self, account: &str) -> String {
        let core = self.store.core();
        let account = core.accounts.iter().find(|known| known.name == account);
        account.map(|account| account.provider()).unwrap_or_default()
    }

    /// The open questions, and the answers that hold now.
    pub(crate) fn open(&self) -> Consents {
        let questions = self.queue().questions(Instant::now());
        let sessions: Vec<_> = {
            let core = self.store.core();
            core.accounts
                .iter()
                .filter_map(|account| account.session_ref())
                .map(|session| session.number())
                .collect()
        };
        let now = now();
        let holds = |limits: &Limits| {
            limits.session.is_none_or(|session| sessions.contains(&session))
                && limits.until.is_none_or(|until| now < until)
        };
        Consents { questions, grants: self.clients.live(holds) }
    }

    /// The open questions, as soon as there is one, or after this time. While this waits, callers wait for an answer, too.
    pub(crate) async fn wait_for_question(&self, time: Duration) -> Consents {
        struct Leaves<'a>(&'a Mutex<Approvers>);
        impl Drop for Leaves<'_> {
            fn drop(&mut self) {
                let mut approvers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                approvers.there -= 1;
                approvers.last = Some(Instant::now());
            }
        }
        self.approvers.lock().unwrap_or_else(PoisonError::into_inner).there += 1;
        let _there = Leaves(&self.approvers);
        let mut changes = self.changed.subscribe();
        let asked = async {
            loop {
                changes.mark_unchanged();
                let open = self.open();
                if !open.questions.is_empty() || changes.changed().await.is_err() {
                    return open;
                }
            }
        };
        tokio::time::timeout(time, asked).await.unwrap_or_else(|_| self.open())
    }

    /// Records what was decided about a request of a caller.
    fn record(&self, event: Recorded, caller: &Caller, request: &Request, more: impl FnOnce(&mut Line)) {
        let scopes = in_one(&request.scopes);
        self.store.record(&request.account, event, |line| {
            line.caller = Some(caller.recorded());
            line.audience = request.targets.iter().cloned().collect();
            line.scope = Some(scopes).filter(|scopes| !scopes.is_empty());
            more(line);
        });
    }

    /// Questions that an answer to another one has settled as well.
    fn settle_what_is_covered(&self) {
        let open: Vec<u64> = self.queue().all().into_iter().map(|(id, _)| id).collect();
        open.into_iter().for_each(|id| self.settle_if_decided(id));
    }

    /// Ends a question that a grant answers.
    fn settle_if_decided(&self, id: u64) {
        let question = self.queue().question(id);
        let Some((asked, _)) = question else { return };
        match self.judge(&asked.caller, &asked.request) {
            Decision::Allow { by, activity, only } => {
                self.settle(id, Outcome::Allowed { by, activity, only })
            }
            Decision::Deny(denial) => self.settle(id, Outcome::Denied(denial)),
            Decision::Ask(_) => {}
        }
    }

    fn settle(&self, id: u64, outcome: Outcome) {
        self.queue().settle(id, outcome, Instant::now());
        self.show();
    }

    /// Shows how things stand.
    pub(crate) fn show(&self) {
        let open = self.open();
        self.store.show_consents(open);
        self.changed.send_modify(|count| *count += 1);
    }
}

/// A caller that waits for an answer. When it goes, its question goes with it.
struct Waits<'a> {
    consent: &'a Consent,
    id: u64,
    request: &'a Request,
}

impl Waits<'_> {
    async fn answer(&self, mut answer: watch::Receiver<Option<Outcome>>) -> Outcome {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let pause = tokio::time::Instant::now() + LOOK;
            match tokio::time::timeout_at(pause.min(until), answer.wait_for(Option::is_some)).await {
                Ok(Ok(outcome)) => return outcome.clone().unwrap_or(Outcome::Refused(Case::Stopped)),
                // The agent ends.
                Ok(Err(_)) => return Outcome::Refused(Case::Stopped),
                Err(_) if self.consent.store.core().locked => {
                    self.consent.settle(self.id, Outcome::Refused(Case::Locked));
                }
                Err(_) if self.consent.has_ended(self.request) => {
                    self.consent.settle(self.id, Outcome::Refused(Case::SessionEnded));
                }
                Err(_) if tokio::time::Instant::now() >= until => {
                    self.consent.settle(self.id, Outcome::Refused(Case::NoAnswer));
                    return Outcome::Refused(Case::NoAnswer);
                }
                Err(_) => {}
            }
        }
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        if self.consent.queue().leave(self.id, false) {
            self.consent.show();
        }
    }
}

/// The grants are looked through by the number of seconds since 1970.
fn now() -> u64 {
    clock::wall().as_secs()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
