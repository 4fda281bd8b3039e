//! The open questions. Equal requests join, others wait behind one dialog, and a caller that was turned down is not asked about
//! again for a time that doubles.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use abide_decision::{Basis, Denial, Limits, Purpose, Request};
use abide_wire::terminal::is_unsafe;
use abide_wire::{AskedBecause, ConsentQuestion, Label, Span};
use tokio::sync::watch;

use super::case::Case;
use crate::identity::{self, Caller, Kind};
use crate::platform::program::ProcessId;

/// The number of an answer that is given once: no grant has it.
pub(super) const ONCE: u64 = 0;
/// So many questions may be open, and so many about one caller.
const MOST: usize = 32;
const SHARE: usize = 8;
/// So many requests may wait for one question: each has a connection, and others need some, too.
const MOST_WAITING: usize = 48;
/// The last places: for callers without a question, and the very last for people at a terminal.
const FOR_OTHERS: usize = 8;
const FOR_PEOPLE: usize = 4;
/// How long an answer that is given once is kept for a caller that did not wait for it, and how many. The oldest goes first.
const KEPT_ONCE: Duration = Duration::from_secs(2 * 60);
const MOST_ONCE: usize = 32;
/// How long a question stays without a waiting program and without a desktop.
const KEPT: Duration = Duration::from_secs(10 * 60);
/// How long a caller is not asked about after the first denial, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// So many denials to programs of one terminal or agent cause no pause for the others there. Each further one does.
const FREE: u32 = 4;
/// So many callers are remembered that were turned down.
const REMEMBERED: usize = 512;
/// The longest reason that is shown, in characters.
const REASON: usize = 160;
/// The longest path, API or scope that is shown, in characters.
const LONGEST: usize = 512;

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Allowed { by: Basis, activity: bool, only: Option<Purpose> },
    Denied(Denial),
    Refused(Case),
}

/// What the user is asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) caller: Caller,
    /// What its surroundings call it. Proves nothing.
    pub(super) labels: Vec<Label>,
    pub(super) request: Request,
    pub(super) reason: Option<String>,
    pub(super) because: AskedBecause,
    pub(super) provider: String,
    /// The first process of the job that the answer is for.
    pub(super) job: Option<ProcessId>,
}

/// How a request is received.
pub(super) enum Entry {
    /// It waits for the answer to the question with this number.
    Waits(u64, watch::Receiver<Option<Outcome>>),
    /// The user has answered while nothing waited.
    Answered(Outcome),
    /// It is not asked about.
    Refused(Case),
}

struct Open {
    id: u64,
    asked: Asked,
    spans: Vec<Span>,
    waiting: usize,
    since: Instant,
    shown_since: u64,
    answer: watch::Sender<Option<Outcome>>,
    /// The user's answer to it is being carried out: nothing else closes it.
    answered: bool,
}

#[derive(Default)]
struct Pause {
    times: u32,
    until: Option<Instant>,
    /// Whether it follows from silence and not from a denial: then the question stays to be answered.
    after_silence: bool,
    /// When it was lengthened last: an answer that denies several questions is one denial.
    last: Option<Instant>,
}

/// The open questions.
#[derive(Default)]
pub(super) struct Queue {
    next: u64,
    open: Vec<Open>,
    paused: HashMap<String, Pause>,
    /// What was allowed once while nothing waited: the next equal request gets it.
    once: Vec<(Asked, Outcome, Instant)>,
}

impl Queue {
    /// Joins an equal request, or opens a question.
    pub(super) fn enter(&mut self, asked: Asked, spans: Vec<Span>, now: Instant, wall: u64) -> Entry {
        self.prune(now);
        if let Some((left, after_silence)) = self.pause_of(&asked.caller, now) {
            if !after_silence {
                return Entry::Refused(Case::Paused(left));
            }
            self.set_aside(asked, spans, now, wall);
            return Entry::Refused(Case::Unanswered(left));
        }
        if let Some(index) = self.once.iter().position(|(known, ..)| is_the_next(known, &asked)) {
            return Entry::Answered(self.once.remove(index).1);
        }
        if let Some(open) = self.open.iter_mut().find(|open| is_equal(&open.asked, &asked)) {
            if open.waiting >= MOST_WAITING {
                return Entry::Refused(Case::Busy);
            }
            open.waiting += 1;
            return Entry::Waits(open.id, open.answer.subscribe());
        }
        let left = self.open.iter_mut().find(|open| open.waiting == 0 && is_the_next(&open.asked, &asked));
        if let Some(open) = left {
            // Started anew, for example by a script that polls.
            (open.asked, open.spans, open.waiting) = (asked, spans, 1);
            return Entry::Waits(open.id, open.answer.subscribe());
        }
        match self.open(asked, spans, now, wall) {
            Some(open) => {
                open.waiting = 1;
                Entry::Waits(open.id, open.answer.subscribe())
            }
            None => Entry::Refused(Case::Busy),
        }
    }

    /// Opens a question that nothing waits for yet; `None` if too many are open.
    fn open(&mut self, asked: Asked, spans: Vec<Span>, now: Instant, wall: u64) -> Option<&mut Open> {
        let whose = share(&asked.caller);
        let of_caller = self.open.iter().filter(|open| share(&open.asked.caller) == whose).count();
        let left = MOST.saturating_sub(self.open.len());
        let is_kept_for_others = match asked.caller.kind {
            Kind::Terminal => left == 0,
            _ if of_caller == 0 => left <= FOR_PEOPLE,
            _ => left <= FOR_PEOPLE + FOR_OTHERS,
        };
        if of_caller >= SHARE || (is_kept_for_others && !self.make_way()) {
            return None;
        }
        self.next += 1;
        let (id, answer) = (self.next, watch::Sender::new(None));
        let (since, shown_since) = (now, wall);
        self.open.push(Open { id, asked, spans, waiting: 0, since, shown_since, answer, answered: false });
        self.open.last_mut()
    }

    /// Removes the oldest question that nothing waits for. Returns whether there was one.
    fn make_way(&mut self) -> bool {
        let unattended = |(_, open): &(usize, &Open)| open.waiting == 0 && !open.answered;
        let oldest = self.open.iter().enumerate().filter(unattended).min_by_key(|(_, open)| open.since);
        let Some((index, _)) = oldest else { return false };
        self.open.remove(index);
        true
    }

    /// Keeps the question of a caller that is not asked about now, so that the user can answer it.
    fn set_aside(&mut self, asked: Asked, spans: Vec<Span>, now: Instant, wall: u64) {
        match self.open.iter_mut().find(|open| is_the_next(&open.asked, &asked)) {
            Some(open) => open.since = now,
            None => drop(self.open(asked, spans, now, wall)),
        }
    }

    /// For how many seconds a caller is not asked about, and whether that follows from silence.
    fn pause_of(&self, caller: &Caller, now: Instant) -> Option<(u64, bool)> {
        let pauses = [Some(turned_down(caller)), place(caller)].into_iter().flatten();
        let running = pauses.filter_map(|whom| {
            let pause = self.paused.get(&whom)?;
            let until = pause.until.filter(|until| now < *until)?;
            Some((until.duration_since(now).as_secs() + 1, pause.after_silence))
        });
        running.max_by_key(|(left, _)| *left)
    }

    /// A request no longer waits. The question goes with the last one, unless it is kept. Returns whether it has gone.
    pub(super) fn leave(&mut self, id: u64, keep: bool) -> bool {
        let Some(index) = self.open.iter().position(|open| open.id == id) else { return false };
        let open = &mut self.open[index];
        // Nothing waited: it has been set aside.
        let was_last = open.waiting == 1;
        open.waiting = open.waiting.saturating_sub(1);
        let goes = was_last && !keep && !open.answered;
        if goes {
            self.open.remove(index);
        }
        goes
    }

    /// Ends a question, and tells all programs that wait for it.
    pub(super) fn settle(&mut self, id: u64, outcome: Outcome, now: Instant) {
        let Some(index) = self.open.iter().position(|open| open.id == id && !open.answered) else { return };
        let mut open = self.open.remove(index);
        let whom = turned_down(&open.asked.caller);
        let place = place(&open.asked.caller);
        match outcome {
            Outcome::Allowed { .. } => {
                self.paused.remove(&whom);
                if let Some(place) = &place {
                    self.paused.remove(place);
                }
                if open.waiting == 0 && matches!(outcome, Outcome::Allowed { by: Basis::Grant(ONCE), .. }) {
                    if self.once.len() >= MOST_ONCE {
                        self.once.remove(0);
                    }
                    self.once.push((open.asked.clone(), outcome.clone(), now));
                }
            }
            Outcome::Denied(_) => {
                self.pause(whom, 0, false, now);
                place.into_iter().for_each(|place| self.pause(place, FREE, false, now));
            }
            Outcome::Refused(Case::NoAnswer) => {
                self.pause(whom, 0, true, now);
                open.answer.send_replace(Some(outcome));
                // The user can still answer it later.
                let answer = watch::Sender::new(None);
                open = Open { waiting: 0, since: now, answer, ..open };
                return self.open.push(open);
            }
            Outcome::Refused(_) => {}
        }
        open.answer.send_replace(Some(outcome));
    }

    /// The user has answered a question that is open. Nothing else closes it until [`Queue::conclude`] does.
    pub(super) fn take_answer(&mut self, id: u64) -> bool {
        let open = self.open.iter_mut().find(|open| open.id == id);
        open.is_some_and(|open| !std::mem::replace(&mut open.answered, true))
    }

    /// Ends a question as the user has answered it; without an outcome, the answer could not be carried out and it stays.
    pub(super) fn conclude(&mut self, id: u64, outcome: Option<Outcome>, now: Instant) {
        if let Some(open) = self.open.iter_mut().find(|open| open.id == id) {
            open.answered = false;
        }
        if let Some(outcome) = outcome {
            self.settle(id, outcome, now);
        }
    }

    /// `free` is the number of denials that cause no pause.
    fn pause(&mut self, whom: String, free: u32, after_silence: bool, now: Instant) {
        if self.paused.len() >= REMEMBERED {
            // Those whose time is over first; the rest is forgotten only with them.
            self.paused.retain(|_, pause| pause.until.is_some_and(|until| now < until));
        }
        let pause = self.paused.entry(whom).or_default();
        if pause.last.replace(now) == Some(now) {
            return;
        }
        let counted = pause.times.saturating_sub(free);
        let length = FIRST_PAUSE.saturating_mul(1 << counted.min(12)).min(LONGEST_PAUSE);
        if pause.times >= free {
            pause.until = Some(now + length);
        }
        pause.times += 1;
        pause.after_silence = after_silence;
    }

    fn prune(&mut self, now: Instant) {
        let stays = |open: &Open| open.waiting > 0 || open.answered || now.duration_since(open.since) < KEPT;
        self.open.retain(stays);
        self.once.retain(|(.., since)| now.duration_since(*since) < KEPT_ONCE);
    }

    /// A question, with the answers that it offers.
    pub(super) fn question(&self, id: u64) -> Option<(Asked, Vec<Span>)> {
        let open = self.open.iter().find(|open| open.id == id)?;
        Some((open.asked.clone(), open.spans.clone()))
    }

    /// The others that the answer to this question can be for as well.
    pub(super) fn others(&self, id: u64) -> Vec<u64> {
        let open = self.open.iter().find(|open| open.id == id);
        open.map(|open| self.others_of(open)).unwrap_or_default()
    }

    fn others_of(&self, open: &Open) -> Vec<u64> {
        let goes_with = |other: &&Open| other.id != open.id && goes_with(open, other);
        self.open.iter().filter(goes_with).map(|other| other.id).collect()
    }

    /// Whether a question shows this process, or one with the same command.
    pub(super) fn shows(&self, id: u64, caller: &Caller) -> bool {
        let open = self.open.iter().find(|open| open.id == id);
        open.is_some_and(|open| is_shown_with(&open.asked.caller, caller))
    }

    /// The other open questions of a caller about something that it was just denied.
    pub(super) fn same(&self, denied: &Asked) -> Vec<u64> {
        let whom = turned_down(&denied.caller);
        let what = Limits::of(&denied.request);
        let same = |open: &&Open| {
            turned_down(&open.asked.caller) == whom && what.meet(&Limits::of(&open.asked.request))
        };
        self.open.iter().filter(same).map(|open| open.id).collect()
    }

    /// What is asked, question by question.
    pub(super) fn all(&self) -> Vec<(u64, Asked)> {
        self.open.iter().map(|open| (open.id, open.asked.clone())).collect()
    }

    /// The open questions as they are shown, the oldest first.
    pub(super) fn questions(&mut self, now: Instant) -> Vec<ConsentQuestion> {
        self.prune(now);
        self.open
            .iter()
            .map(|open| ConsentQuestion { others: self.others_of(open), ..open.shown() })
            .collect()
    }
}

impl Open {
    fn shown(&self) -> ConsentQuestion {
        let Asked { caller, labels, request, reason, because, provider, .. } = &self.asked;
        // A program chooses most of these words: none may look like words of Abide's, in any view.
        let plain = |text: &str, longest: usize| -> String {
            text.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).take(longest).collect()
        };
        let all = |words: &BTreeSet<String>| words.iter().map(|word| plain(word, LONGEST)).collect();
        let path = |path: &Path| plain(&path.display().to_string(), LONGEST);
        ConsentQuestion {
            id: self.id,
            kind: identity::shown(caller.kind),
            program: plain(&caller.name, 64),
            path: caller.program.as_ref().map(|program| path(&program.path)),
            sha256: caller.sha256.clone(),
            command: caller.command.clone(),
            script: caller.script.as_ref().map(|script| path(&script.path)),
            started_by: caller.started_by.iter().map(|name| plain(name, 64)).collect(),
            labels: labels.clone(),
            agent: caller.agent.as_ref().map(|(_, name)| plain(name, 64)),
            terminal: caller.terminal.map(|terminal| device_name(terminal.device)),
            account: request.account.clone(),
            provider: provider.clone(),
            targets: all(&request.targets),
            scopes: all(&request.scopes),
            signs_in: request.signs_in,
            reason: reason.as_ref().map(|reason| plain(reason, REASON)),
            because: *because,
            spans: self.spans.clone(),
            ends: self.spans.iter().map(|span| (*span, span.ends().to_vec())).collect(),
            waiting: u32::try_from(self.waiting).unwrap_or(u32::MAX),
            others: Vec::new(),
            asked_at: self.shown_since,
        }
    }
}

/// The name of a terminal: `pts/3`.
fn device_name(device: u64) -> String {
    // A number as files have it: twelve bits of the major number above eight of the minor (makedev(3)).
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
    if (136..144).contains(&major) {
        format!("pts/{}", (major - 136) << 8 | minor)
    } else {
        format!("tty{minor}")
    }
}

/// Whether the answer to one request is the answer to the other: the same caller, for the same purpose.
fn is_equal(one: &Asked, other: &Asked) -> bool {
    let same_purpose = Request { activity: one.request.activity, ..other.request.clone() } == one.request;
    same_purpose && one.job == other.job && is_same_caller(&one.caller, &other.caller)
}

/// Whether one answer can be for both: the user sees the program and its command once, and a list of what it asks for.
fn goes_with(one: &Open, other: &Open) -> bool {
    let (asked, also) = (&one.asked, &other.asked);
    is_same_caller(&asked.caller, &also.caller)
        && is_shown_with(&asked.caller, &also.caller)
        && one.spans == other.spans
        && asked.because == also.because
        && ![asked, also].iter().any(|asked| asked.job.is_some() || asked.request.signs_in)
}

/// Whether what is shown of one caller is what there is to see of the other.
fn is_shown_with(shown: &Caller, other: &Caller) -> bool {
    let is_page_or_terminal = matches!(other.kind, Kind::Page | Kind::Terminal);
    is_page_or_terminal || shown.process == other.process || shown.command == other.command
}

/// Whether a request is the one that was asked about, from a program that was started again meanwhile. What the user has seen of it is
/// the same, with its arguments: an interpreter runs anything.
fn is_the_next(asked: &Asked, next: &Asked) -> bool {
    let (was, is) = (&asked.caller, &next.caller);
    let same_purpose = Request { activity: asked.request.activity, ..next.request.clone() } == asked.request;
    // A file that was not read is the same as long as it is unchanged.
    let same_program = was.sha256 == is.sha256 && (was.sha256.is_some() || was.program == is.program);
    let same_script =
        was.script_sha256 == is.script_sha256 && (was.script_sha256.is_some() || was.script == is.script);
    asked.job.is_none()
        && next.job.is_none()
        && same_purpose
        && same_program
        && same_script
        && was.command == is.command
        && share(was) == share(is)
}

fn is_same_caller(one: &Caller, other: &Caller) -> bool {
    if one.kind != other.kind {
        return false;
    }
    match one.kind {
        Kind::Program => {
            one.program == other.program
                && one.terminal == other.terminal
                && one.agent == other.agent
                && one.sha256 == other.sha256
        }
        Kind::Terminal => one.terminal == other.terminal,
        Kind::Page => one.name == other.name && one.program == other.program,
        _ => one.process.is_some() && one.process == other.process,
    }
}

/// Whose share of something limited a caller takes, such as the open questions: a program that was started again is the same.
pub(super) fn share(caller: &Caller) -> String {
    let path = caller.program.as_ref().map(|program| program.path.display().to_string());
    // A copy is the same program.
    let file = caller.sha256.clone().or(path);
    let script = caller.script.as_ref().map(|script| script.path.display().to_string());
    let agent = caller.agent.as_ref().map(|(id, _)| id);
    match caller.kind {
        Kind::Terminal => format!("{:?}", caller.terminal),
        Kind::Program | Kind::Interpreter if caller.sha256.is_some() => {
            format!("{:?} {file:?} {script:?} {agent:?}", caller.kind)
        }
        _ => format!("{:?} {} {file:?} {script:?} {agent:?}", caller.kind, caller.name),
    }
}

/// Whether two callers count as one for a denial: by their content, not by their names. A renamed program is the same, and another
/// program of the same interpreter is another one.
fn turned_down(caller: &Caller) -> String {
    let path = caller.program.as_ref().map(|program| program.path.display().to_string());
    let file = caller.sha256.clone().or(path);
    let script = caller.script.as_ref().map(|script| script.path.display().to_string());
    let script = caller.script_sha256.clone().or(script);
    // What an interpreter or an unknown program runs is in its arguments.
    let runs = match (caller.kind, &script) {
        (Kind::Program | Kind::Forwarder | Kind::Page | Kind::Key, _) | (_, Some(_)) => script.as_ref(),
        _ => caller.command.as_ref(),
    };
    let agent = caller.agent.as_ref().map(|(id, _)| id);
    match caller.kind {
        Kind::Terminal => format!("{:?}", caller.terminal),
        // What is left of it, such as a shell, is not what asks.
        Kind::Background => "in the background".to_owned(),
        Kind::Page => format!("page {} {file:?}", caller.name),
        _ => format!("{:?} {file:?} {runs:?} {agent:?}", caller.kind),
    }
}

/// Where programs come from that have a budget of denials together: their terminal or their agent. The person at a terminal has none.
fn place(caller: &Caller) -> Option<String> {
    match (caller.kind, &caller.terminal, &caller.agent) {
        (Kind::Terminal, ..) => None,
        (_, Some(terminal), _) => Some(format!("in {terminal:?}")),
        (_, None, Some((agent, _))) => Some(format!("of {agent:?}")),
        (Kind::Page | Kind::Key, ..) => None,
        // Copies with another content, started by nobody.
        _ => Some("in the background".to_owned()),
    }
}
