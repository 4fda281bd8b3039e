//! Answers that end by themselves: with a process, a terminal, a session, a day. They are in memory alone.

use abide_decision::{Grant, Limits, Subject};
use abide_wire::{ErrorAnswer, Label, LiveGrant, Span};

use super::{Clients, now};
use crate::platform::program::{ProcessId, is_running};

/// At most so many are held; the oldest goes first.
const MOST: usize = 256;

/// An answer that ends by itself.
pub(super) struct Live {
    pub(super) grant: Grant,
    span: Span,
    label: String,
    labels: Vec<Label>,
    since: u64,
    /// How many tokens were handed out under it.
    tokens: u64,
    /// When the last one was, Unix seconds.
    last: Option<u64>,
    pub(super) from: Option<Origin>,
}

/// What a grant follows from. It ends with that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Another grant, by its number.
    Grant(u64),
    /// What the administrator allows.
    Policy,
}

/// An answer of the user, to be held or kept.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) subject: Subject,
    pub(crate) allows: bool,
    pub(crate) span: Span,
    pub(crate) limits: Limits,
    /// The name to show.
    pub(crate) label: String,
    /// What the surroundings of the program call it. Proves nothing.
    pub(crate) labels: Vec<Label>,
    /// What it follows from, if the user was not asked for it alone.
    pub(crate) from: Option<Origin>,
}

impl Clients {
    /// Holds or keeps an answer. One that is given once is not kept at all.
    ///
    /// # Errors
    ///
    /// When it cannot be saved.
    pub(crate) fn give(&self, given: Given) -> Result<(), ErrorAnswer> {
        let Given { subject, allows, span, limits, label, labels, from } = given;
        match span {
            Span::Once => return Ok(()),
            Span::Always | Span::Script => return self.keep(&label, labels, subject, allows, limits),
            Span::Run | Span::Terminal | Span::Agent | Span::Session => {}
        }
        let mut state = self.state();
        let grant = Grant { id: state.number(), subject, allows, limits };
        // What was answered before about the same is answered anew. The rest of an earlier answer holds on.
        state.live.retain(|live| {
            live.grant.subject != grant.subject
                || live.grant.allows == allows
                || !live.grant.limits.meet(&grant.limits)
        });
        if state.live.len() >= MOST {
            state.live.remove(0);
        }
        state.live.push(Live { grant, span, label, labels, since: now(), tokens: 0, last: None, from });
        state.gather();
        Ok(())
    }

    /// A token was handed out under a grant. Returns whether that grant ends by itself: every view shows its count.
    pub(crate) fn used(&self, id: u64) -> bool {
        let mut state = self.state();
        let now = now();
        if let Some(live) = state.live.iter_mut().find(|live| live.grant.id == id) {
            live.tokens += 1;
            live.last = Some(now);
            return true;
        }
        let kept = state.kept.iter().find(|(_, client)| client.id == id);
        if let Some(name) = kept.map(|(name, _)| name.clone()) {
            state.uses.count(&name, now);
            if state.uses.is_due(now) {
                state.uses.write(now);
            }
        }
        false
    }

    /// The grant that this one follows from in the end: each job of a program has one of its own. `None` if that is the policy.
    pub(crate) fn root(&self, id: u64) -> Option<u64> {
        let state = self.state();
        let mut root = id;
        for _ in 0..MOST {
            match state.live.iter().find(|live| live.grant.id == root).and_then(|live| live.from) {
                Some(Origin::Grant(from)) => root = from,
                Some(Origin::Policy) => return None,
                None => break,
            }
        }
        Some(root)
    }

    /// Takes an answer back that ends by itself. Returns whether it still held.
    pub(crate) fn stop(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.live.len();
        state.live.retain(|live| live.grant.id != id);
        state.gather();
        state.live.len() < before
    }

    /// Ends what follows from the administrator's policy, which has changed.
    pub(crate) fn policy_changed(&self) {
        let mut state = self.state();
        state.live.retain(|live| live.from != Some(Origin::Policy));
        state.gather();
    }

    /// Shows the answers that hold for this process under this name. Returns whether one of them had another name.
    pub(crate) fn rename(&self, process: ProcessId, label: &str) -> bool {
        let mut state = self.state();
        let mut changed = false;
        for live in state.live.iter_mut().filter(|live| live.grant.subject == Subject::Process(process)) {
            changed |= live.label != label;
            label.clone_into(&mut live.label);
        }
        changed
    }

    /// Ends the answers that hold for this process, which has ended.
    pub(crate) fn process_ended(&self, process: ProcessId) {
        let mut state = self.state();
        state.live.retain(|live| live.grant.subject != Subject::Process(process));
        state.gather();
    }

    /// The answers that hold now and end by themselves. `holds` says whether a session still lasts.
    pub(crate) fn live(&self, holds: impl Fn(&Limits) -> bool) -> Vec<LiveGrant> {
        let mut state = self.state();
        let before = state.live.len();
        state.live.retain(|live| {
            process_of(&live.grant.subject).is_none_or(is_running) && holds(&live.grant.limits)
        });
        if state.live.len() < before {
            state.gather();
        }
        state.live.iter().map(Live::shown).collect()
    }
}

impl Live {
    fn shown(&self) -> LiveGrant {
        let limits = &self.grant.limits;
        LiveGrant {
            id: self.grant.id,
            program: self.label.clone(),
            account: limits.account.clone().unwrap_or_default(),
            targets: limits.targets.iter().flatten().cloned().collect(),
            scopes: limits.scopes.iter().flatten().cloned().collect(),
            span: self.span,
            until: limits.until,
            labels: self.labels.clone(),
            allows: self.grant.allows,
            tokens: self.tokens,
            since: self.since,
            last_used: self.last,
        }
    }
}

/// The process with which a grant ends.
fn process_of(subject: &Subject) -> Option<ProcessId> {
    match subject {
        Subject::Process(process) => Some(*process),
        Subject::Terminal(terminal) => Some(terminal.leader),
        Subject::Key(_) | Subject::File { .. } | Subject::Script { .. } | Subject::Page { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(process: i32, limits: Limits, allows: bool, from: Option<Origin>) -> Given {
        let subject = Subject::Process(ProcessId { number: process, started: 5 });
        Given { subject, allows, span: Span::Run, limits, label: "tool".to_owned(), labels: Vec::new(), from }
    }

    fn held(clients: &Clients) -> Vec<(u64, bool)> {
        clients.judge(|grants| grants.iter().map(|grant| (grant.id, grant.allows)).collect())
    }

    #[test]
    fn what_follows_from_an_answer_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        let give = |process, from| clients.give(of(process, Limits::NONE, true, from)).unwrap();
        give(1, None);
        give(2, Some(Origin::Grant(1)));
        give(3, Some(Origin::Grant(2)));
        give(4, Some(Origin::Policy));
        assert_eq!(held(&clients).len(), 4);
        assert!(clients.stop(1));
        assert_eq!(held(&clients), [(4, true)], "the job of the job, too");
        clients.policy_changed();
        assert_eq!(held(&clients), []);
        // What is kept, and revoked.
        clients.allow("ci", None).unwrap();
        let kept = held(&clients)[0].0;
        give(5, Some(Origin::Grant(kept)));
        clients.revoke("ci").unwrap();
        assert_eq!(held(&clients), []);
        // A process that has ended.
        give(6, None);
        let of_process = held(&clients)[0].0;
        give(7, Some(Origin::Grant(of_process)));
        clients.process_ended(ProcessId { number: 6, started: 5 });
        assert_eq!(held(&clients), []);
    }

    #[test]
    fn another_answer_changes_only_what_it_is_about() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        let for_api =
            |api: &str| Limits { targets: Some(std::iter::once(api.to_owned()).collect()), ..Limits::NONE };
        clients.give(of(1, for_api("a"), true, None)).unwrap();
        clients.give(of(1, for_api("b"), false, None)).unwrap();
        assert_eq!(held(&clients), [(1, true), (2, false)]);
        clients.give(of(1, for_api("b"), true, None)).unwrap();
        assert_eq!(held(&clients), [(1, true), (3, true)]);
    }

    #[test]
    fn an_answer_for_a_process_has_the_name_of_what_the_process_runs_now() {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        let process = |number| ProcessId { number, started: 5 };
        for number in [1, 2] {
            let (subject, label) = (Subject::Process(process(number)), "bash".to_owned());
            let (limits, labels) = (Limits::NONE, Vec::new());
            let given = Given { subject, allows: true, span: Span::Run, limits, label, labels, from: None };
            clients.give(given).unwrap();
        }
        assert!(clients.rename(process(1), "terraform"));
        assert!(!clients.rename(process(1), "terraform"), "it has that name already");
        let state = clients.state();
        let labels: Vec<&str> = state.live.iter().map(|live| live.label.as_str()).collect();
        assert_eq!(labels, ["terraform", "bash"]);
    }
}
