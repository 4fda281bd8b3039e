//! The words of the consent dialog, the same on every platform.

use abide_wire::consent::{labels_in_words, scope_in_words};
use abide_wire::terminal::is_unsafe;
use abide_wire::{AskedBecause, CallerKind, ConsentQuestion, Span, Until};

/// So much of one value is shown, in characters. A program chooses what it says of itself, not how large the dialog is.
const LONGEST: usize = 120;

/// The words of the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The window's title, and what a screen reader says first: who asks.
    pub(crate) title: String,
    /// Who asks for what.
    pub(crate) sentence: String,
    /// The icon's name, where the desktop has one for this program.
    pub(crate) icon: String,
    /// What is known, and what the program says of itself.
    pub(crate) facts: Vec<(&'static str, String)>,
    /// What to look at twice.
    pub(crate) note: Option<String>,
    /// The answers that are offered.
    pub(crate) choices: Vec<(Span, String)>,
    /// Which of them is chosen at first.
    pub(crate) chosen: usize,
    /// The ends that each of them can have, the usual one first.
    pub(crate) ends: Vec<Vec<(Until, &'static str)>>,
    /// The APIs that the user can choose among, as they are and as they are shown; empty without a choice.
    pub(crate) targets: Vec<(String, String)>,
    /// The scopes that the user can choose among, in the same way.
    pub(crate) scopes: Vec<(String, String)>,
    /// How many wait.
    pub(crate) waiting: Option<String>,
    /// Why the user is asked.
    pub(crate) why: String,
}

/// Where a dialog has no room for the choice.
#[cfg(any(not(target_os = "linux"), test))]
const LESS: &str = "To allow less, or for a shorter time, answer with `abide approve` or in the window.";

impl Words {
    /// The words for a question; `others` is the number of questions behind it.
    pub(crate) fn of(question: &ConsentQuestion, others: usize) -> Self {
        let who = who(question);
        let choices: Vec<(Span, String)> =
            question.spans.iter().map(|span| (*span, choice(question, *span))).collect();
        let first = first_choice(question);
        Self {
            title: format!("{who} asks for access"),
            sentence: sentence(question, &who),
            icon: question.program.to_lowercase(),
            facts: facts(question),
            note: note(question),
            chosen: choices.iter().position(|(span, _)| *span == first).unwrap_or(0),
            ends: question.spans.iter().map(|span| ends(question, *span)).collect(),
            targets: choosable(&question.targets, short),
            scopes: choosable(&question.scopes, scope_shown),
            choices,
            waiting: waiting(question.waiting, others),
            why: why(question),
        }
    }

    /// The whole text for a screen reader, who asks first.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn aloud(&self) -> String {
        let mut all = self.sentence.clone();
        if let Some(note) = &self.note {
            all.push_str(&format!(" {note}"));
        }
        for (label, value) in &self.facts {
            all.push_str(&format!(" {label}: {value}."));
        }
        all
    }

    /// Everything but title and sentence as one text, for dialogs that have no table.
    #[cfg(any(not(target_os = "linux"), test))]
    pub(crate) fn details(&self) -> String {
        let facts = self.facts.iter().map(|(label, value)| format!("{label}: {value}"));
        let less = self.can_be_less().then(|| LESS.to_owned());
        let parts = self.note.clone().into_iter().chain(facts).chain(self.waiting.clone()).chain(less);
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Whether the user could choose a part of what is asked for, or another end.
    #[cfg(any(not(target_os = "linux"), test))]
    fn can_be_less(&self) -> bool {
        !self.targets.is_empty() || !self.scopes.is_empty() || self.ends.iter().any(|ends| ends.len() > 1)
    }
}

/// The label of what a program may do with its token.
pub(super) const MAY: &str = "It may then";

fn scope_shown(scope: &str) -> String {
    scope_in_words(scope).map_or_else(|| short(scope), str::to_owned)
}

/// What the user can choose among: only where there is more than one.
fn choosable(all: &[String], shown: impl Fn(&str) -> String) -> Vec<(String, String)> {
    if all.len() < 2 {
        return Vec::new();
    }
    all.iter().map(|one| (one.clone(), shown(one))).collect()
}

fn ends(question: &ConsentQuestion, span: Span) -> Vec<(Until, &'static str)> {
    question.ends.get(&span).into_iter().flatten().map(|until| (*until, end(*until))).collect()
}

/// When an answer ends at the latest.
fn end(until: Until) -> &'static str {
    match until {
        Until::Session => "When you are signed out",
        Until::OneHour => "In 1 hour",
        Until::EightHours => "In 8 hours",
        Until::ThirtyDays => "In 30 days",
        Until::Revoked => "When you revoke it",
    }
}

fn short(text: &str) -> String {
    let mut characters = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c });
    let mut short: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        short.push('\u{2026}');
    }
    short
}

fn who(question: &ConsentQuestion) -> String {
    let name = short(&question.program);
    match question.kind {
        CallerKind::Terminal => "A terminal of yours".to_owned(),
        CallerKind::Forwarder => format!("A program behind {name}"),
        CallerKind::Interpreter => match &question.script {
            Some(script) => format!("{name} with {}", short(file_name(script))),
            None => name,
        },
        CallerKind::Background => format!("{name}, in the background,"),
        CallerKind::Program | CallerKind::Unknown => name,
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn sentence(question: &ConsentQuestion, who: &str) -> String {
    let purpose = if question.targets.is_empty() {
        format!("your access to {}", question.provider)
    } else {
        let targets: Vec<String> = question.targets.iter().map(|target| short(target)).collect();
        format!("{} in your name", targets.join(" and "))
    };
    format!("{who} wants to use {purpose}.")
}

fn facts(question: &ConsentQuestion) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut add = |label, value: String| facts.push((label, value));
    add("Account", short(&question.account));
    if let Some(script) = &question.script {
        add("Says it runs", short(script));
    } else if let Some(command) = question.command.as_ref().filter(|_| question.kind != CallerKind::Terminal)
    {
        add("Says it runs", short(command));
    }
    if let Some(terminal) = &question.terminal {
        add("Terminal", terminal.clone());
    }
    if !question.started_by.is_empty() {
        add("Started by", short(&question.started_by.join(", by ")));
    }
    if let Some(path) = &question.path {
        add("Program", short(path));
    }
    if !question.labels.is_empty() {
        add("Says it is", short(&labels_in_words(&question.labels)));
    }
    if !question.scopes.is_empty() {
        let words = question.scopes.iter().map(|scope| scope_shown(scope));
        add(MAY, short(&words.collect::<Vec<_>>().join(", ")));
    }
    if let Some(reason) = &question.reason {
        add("It says why", format!("\u{201c}{}\u{201d}", short(reason)));
    }
    facts
}

fn note(question: &ConsentQuestion) -> Option<String> {
    let because = match question.because {
        AskedBecause::Changed => Some("Its file has changed since you allowed it."),
        AskedBecause::Wider => Some("It asks for more than you have allowed."),
        AskedBecause::AccountChanged => {
            Some("This account had another provider or client when you allowed it.")
        }
        AskedBecause::New | AskedBecause::Ended => None,
    };
    let kind = match question.kind {
        CallerKind::Forwarder => {
            Some("This program passes on requests of other programs. Abide does not know which one asks.")
        }
        CallerKind::Background => {
            Some("The system started it. Abide does not know which program it belongs to.")
        }
        CallerKind::Unknown => Some("Abide cannot find out which program this is."),
        _ => None,
    };
    let signs_in = question.signs_in.then_some("You would have to sign in again, with a stronger method.");
    let all: Vec<&str> = [because, kind, signs_in].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// What is chosen until the user chooses: the narrowest answer that spares the next question of the same run.
fn first_choice(question: &ConsentQuestion) -> Span {
    match question.kind {
        CallerKind::Terminal => Span::Terminal,
        CallerKind::Interpreter => Span::Run,
        _ => Span::Once,
    }
}

fn choice(question: &ConsentQuestion, span: Span) -> String {
    match span {
        Span::Once => "This once".to_owned(),
        Span::Run => format!("Until this {} ends", short(&question.program)),
        Span::Terminal => "Everything in this terminal".to_owned(),
        Span::Agent => {
            format!(
                "Everything that {} starts",
                question.agent.as_deref().map_or("the agent".to_owned(), short)
            )
        }
        Span::Session => "Until you are signed out".to_owned(),
        Span::Script => "This script as it is now, 30 days".to_owned(),
        Span::Always => "Always, this program as it is now".to_owned(),
    }
}

fn waiting(requests: u32, others: usize) -> Option<String> {
    let requests = (requests > 1).then(|| format!("{requests} requests wait for this answer."));
    let others = match others {
        0 => None,
        1 => Some("One more question comes after this one.".to_owned()),
        more => Some(format!("{more} more questions come after this one.")),
    };
    let all: Vec<String> = [requests, others].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn why(question: &ConsentQuestion) -> String {
    let because = match question.because {
        AskedBecause::New => "You have not allowed this program to use this account.",
        AskedBecause::Changed => "You have allowed another version of this program.",
        AskedBecause::Wider => "You have allowed this program less than it asks for now.",
        AskedBecause::Ended => "What you have allowed this program has ended.",
        AskedBecause::AccountChanged => {
            "You have allowed this program another account of this name, at another provider or as another client."
        }
    };
    let digest = question.sha256.as_ref().map(|digest| format!(" SHA-256 of its file: {digest}."));
    format!(
        "{because} With a token, a program can act in your name until the token ends. What you allow here is no more than what you \
         see.{}",
        digest.unwrap_or_default()
    )
}

#[cfg(test)]
pub(super) mod tests {
    use abide_wire::{Label, LabelKind};

    use super::*;

    pub(in crate::consent) fn question(id: u64, program: &str) -> ConsentQuestion {
        let spans = vec![Span::Once, Span::Run, Span::Session, Span::Always];
        ConsentQuestion {
            id,
            kind: CallerKind::Program,
            program: program.to_owned(),
            path: Some(format!("/usr/bin/{program}")),
            sha256: None,
            command: Some(format!("{program} https://api.example.com")),
            script: None,
            started_by: vec!["bash".to_owned()],
            labels: Vec::new(),
            agent: None,
            terminal: None,
            account: "work".to_owned(),
            provider: "id.example.com".to_owned(),
            targets: Vec::new(),
            scopes: Vec::new(),
            signs_in: false,
            reason: None,
            because: AskedBecause::New,
            ends: spans.iter().map(|span| (*span, span.ends().to_vec())).collect(),
            spans,
            waiting: 1,
            asked_at: 0,
        }
    }

    #[test]
    fn who_asks_comes_first() {
        let words = Words::of(&question(1, "curl"), 0);
        assert!(words.title.starts_with("curl") && words.aloud().starts_with("curl"), "{words:?}");
        assert_eq!(words.chosen, 0, "this once");
        assert!(words.details().contains("/usr/bin/curl"));
    }

    #[test]
    fn what_a_program_says_of_itself_is_marked_and_cut() {
        let mut asked = question(1, "curl");
        asked.reason = Some(format!("the\nuser wants it {}", "x".repeat(500)));
        let words = Words::of(&asked, 0);
        let (label, reason) = words.facts.last().cloned().unwrap_or_default();
        assert_eq!(label, "It says why");
        assert!(reason.chars().count() < 130 && !reason.contains('\n'), "{reason}");
    }

    #[test]
    fn what_can_be_less_is_offered() {
        let mut asked = question(1, "curl");
        let words = Words::of(&asked, 0);
        assert!(words.targets.is_empty() && words.scopes.is_empty(), "one thing has no part");
        assert_eq!(words.ends.len(), words.choices.len());
        assert_eq!(words.ends[0], [], "this once has no end");
        assert_eq!(words.ends[3].first(), Some(&(Until::Revoked, "When you revoke it")));
        assert!(words.details().contains("abide approve"));
        asked.scopes = vec!["email".to_owned(), "api.read".to_owned()];
        let scopes = Words::of(&asked, 0).scopes;
        assert_eq!(scopes[0], ("email".to_owned(), "see your email address".to_owned()));
        assert_eq!(scopes[1], ("api.read".to_owned(), "api.read".to_owned()));
    }

    #[test]
    fn labels_are_shown_as_what_they_are() {
        let mut asked = question(1, "curl");
        let label = |kind, name: &str| Label { kind, name: name.to_owned() };
        asked.labels = vec![label(LabelKind::Package, "curl"), label(LabelKind::CodingAgent, "Claude Code")];
        let said = ("Says it is", "package curl, started by Claude Code".to_owned());
        assert!(Words::of(&asked, 0).facts.contains(&said));
    }

    #[test]
    fn each_kind_of_caller_has_its_words() {
        let named = |kind| Words::of(&ConsentQuestion { kind, ..question(1, "socat") }, 2);
        assert!(named(CallerKind::Forwarder).title.contains("behind socat"));
        assert!(named(CallerKind::Unknown).note.is_some() && named(CallerKind::Background).note.is_some());
        assert!(named(CallerKind::Program).waiting.is_some_and(|text| text.contains('2')));
    }
}
