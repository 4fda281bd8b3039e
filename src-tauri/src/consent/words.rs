//! The words of the consent dialog, the same on every platform.

use abide_locale::{common, consent, desktop};
use abide_wire::terminal::is_unsafe;
use abide_wire::{AskedBecause, CallerKind, ConsentAnswer, ConsentQuestion, Language, Span, Until};

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
    pub(crate) facts: Vec<Fact>,
    /// What to look at twice.
    pub(crate) note: Option<String>,
    /// The answers that are offered.
    pub(crate) choices: Vec<(Span, String)>,
    /// Which of them is chosen at first.
    pub(crate) chosen: usize,
    /// The ends that each of them can have, the usual one first.
    pub(crate) ends: Vec<Vec<(Until, String)>>,
    /// The APIs that the user can choose among, as they are and as they are shown; empty without a choice.
    pub(crate) targets: Vec<(String, String)>,
    /// The scopes that the user can choose among, in the same way.
    pub(crate) scopes: Vec<(String, String)>,
    /// The other questions of this run of the program that the answer can be for as well, and what each asks for.
    pub(crate) also: Vec<(u64, String)>,
    /// How many wait.
    pub(crate) waiting: Option<String>,
    /// Why the user is asked.
    pub(crate) why: String,
    /// The language of all of it.
    pub(crate) language: Language,
}

/// Something that is known of the program, or that it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    /// What it is about.
    pub(crate) label: String,
    /// The value.
    pub(crate) value: String,
    /// Whether it names the scopes, which have boxes of their own where the user can choose among them.
    pub(crate) is_scopes: bool,
}

impl Words {
    /// The words for a question; `account` is how the account is called, `also` what [`also`] says of the questions beside it, `behind`
    /// the number of those after it.
    pub(crate) fn of(
        question: &ConsentQuestion,
        account: &str,
        also: Vec<(u64, String)>,
        behind: usize,
        language: Language,
    ) -> Self {
        let choices: Vec<(Span, String)> =
            question.spans.iter().map(|span| (*span, choice(question, *span, language))).collect();
        let first = first_choice(question);
        let who = Who::of(question);
        Self {
            title: desktop::consent_title(language, who.kind, &who.program, &who.script),
            sentence: sentence(question, &who, language),
            icon: question.program.to_lowercase(),
            facts: facts(question, account, language),
            note: note(question, language),
            chosen: choices.iter().position(|(span, _)| *span == first).unwrap_or(0),
            ends: question.spans.iter().map(|span| ends(question, *span, language)).collect(),
            targets: choosable(&question.targets, short),
            scopes: choosable(&question.scopes, |scope| scope_shown(scope, language)),
            choices,
            also,
            waiting: waiting(question.waiting, behind, language),
            why: why(question, language),
            language,
        }
    }

    /// The answer of a person who closes the dialog: no, to all that it shows.
    #[cfg_attr(target_os = "macos", allow(dead_code, reason = "an alert there has no way to be closed"))]
    pub(crate) fn closed(&self) -> ConsentAnswer {
        let others = self.also.iter().map(|(id, _)| *id).collect();
        ConsentAnswer { others, ..ConsentAnswer::new(false, Span::Once) }
    }

    /// The whole text for a screen reader, who asks first.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn aloud(&self) -> String {
        let facts = self
            .facts
            .iter()
            .map(|fact| desktop::consent_fact_aloud(self.language, &fact.label, &fact.value));
        let also = self.also.iter().map(|(_, what)| {
            desktop::consent_fact_aloud(self.language, desktop::consent_also_title(self.language), what)
        });
        let all = std::iter::once(self.sentence.clone()).chain(self.note.clone()).chain(facts).chain(also);
        all.collect::<Vec<_>>().join(" ")
    }

    /// Everything but title and sentence as one text, for dialogs that have no table.
    #[cfg(any(not(target_os = "linux"), test))]
    pub(crate) fn details(&self) -> String {
        let facts = self.facts.iter().map(|fact| format!("{}: {}", fact.label, fact.value));
        // Where a dialog has no room for the choice.
        let less = self.can_be_less().then(|| desktop::consent_less(self.language));
        let also = (!self.also.is_empty()).then(|| {
            let title = desktop::consent_also_title(self.language);
            let list: String = self.also.iter().map(|(_, what)| format!("\n\u{2022} {what}")).collect();
            format!("{title}:{list}\n{}", desktop::consent_also_all(self.language))
        });
        let parts = self.note.clone().into_iter().chain(facts).chain(also);
        let parts = parts.chain(self.waiting.clone()).chain(less);
        parts.collect::<Vec<_>>().join("\n")
    }

    /// Whether the user could choose a part of what is asked for, or another end.
    #[cfg(any(not(target_os = "linux"), test))]
    fn can_be_less(&self) -> bool {
        !self.targets.is_empty() || !self.scopes.is_empty() || self.ends.iter().any(|ends| ends.len() > 1)
    }
}

/// What another question of the same program asks for, in one line.
pub(crate) fn also(question: &ConsentQuestion, account: &str, language: Language) -> String {
    let targets = question.targets.iter().map(|target| short(target));
    let account = short(account);
    let what = match targets.reduce(|before, last| desktop::consent_targets_and(language, before, last)) {
        None => desktop::consent_also_access(language, account, &question.provider),
        Some(targets) => desktop::consent_also_api(language, account, targets),
    };
    let scopes: Vec<String> = question.scopes.iter().map(|scope| scope_shown(scope, language)).collect();
    if scopes.is_empty() {
        return what;
    }
    desktop::consent_also_scopes(language, short(&scopes.join(", ")), what)
}

fn scope_shown(scope: &str, language: Language) -> String {
    consent::scope(language, scope).unwrap_or_else(|| short(scope))
}

/// What the user can choose among: only where there is more than one.
fn choosable(all: &[String], shown: impl Fn(&str) -> String) -> Vec<(String, String)> {
    if all.len() < 2 {
        return Vec::new();
    }
    all.iter().map(|one| (one.clone(), shown(one))).collect()
}

fn ends(question: &ConsentQuestion, span: Span, language: Language) -> Vec<(Until, String)> {
    let ends = question.ends.get(&span).into_iter().flatten();
    ends.map(|until| (*until, consent::until(language, *until))).collect()
}

fn short(text: &str) -> String {
    let mut characters = text.chars().map(|c| if is_unsafe(c) { ' ' } else { c });
    let mut short: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        short.push('\u{2026}');
    }
    short
}

/// What asks, as the messages name it.
struct Who {
    kind: &'static str,
    program: String,
    script: String,
}

impl Who {
    fn of(question: &ConsentQuestion) -> Self {
        let script = question.script.as_deref().map(|script| short(file_name(script)));
        let kind = match question.kind {
            CallerKind::Terminal => "terminal",
            CallerKind::Forwarder => "forwarder",
            CallerKind::Interpreter if script.is_some() => "script",
            CallerKind::Background => "background",
            CallerKind::Interpreter | CallerKind::Program | CallerKind::Unknown => "program",
        };
        Self { kind, program: short(&question.program), script: script.unwrap_or_default() }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn sentence(question: &ConsentQuestion, who: &Who, language: Language) -> String {
    let targets = question.targets.iter().map(|target| short(target));
    match targets.reduce(|before, last| desktop::consent_targets_and(language, before, last)) {
        None => {
            let provider = &question.provider;
            desktop::consent_access(language, who.kind, &who.program, provider, &who.script)
        }
        Some(targets) => {
            desktop::consent_target_access(language, who.kind, &who.program, &who.script, targets)
        }
    }
}

fn facts(question: &ConsentQuestion, account: &str, language: Language) -> Vec<Fact> {
    let fact = |label, value| Some(Fact { label, value, is_scopes: false });
    let says_it_runs = question
        .script
        .as_ref()
        .or_else(|| question.command.as_ref().filter(|_| question.kind != CallerKind::Terminal));
    let started_by = question.started_by.iter().cloned();
    let started_by =
        started_by.reduce(|program, starter| desktop::consent_started_by_chain(language, program, starter));
    let scopes: Vec<String> = question.scopes.iter().map(|scope| scope_shown(scope, language)).collect();
    let scopes = (!scopes.is_empty()).then(|| Fact {
        label: common::consent_may(language),
        value: short(&scopes.join(", ")),
        is_scopes: true,
    });
    let labels: Vec<String> = question.labels.iter().map(|label| consent::label(language, label)).collect();
    let labels = (!labels.is_empty()).then(|| labels.join(", "));
    let reason = |reason: &String| {
        fact(common::consent_why(language), common::consent_quoted(language, short(reason)))
    };
    let facts = [
        fact(common::consent_account(language), short(account)),
        says_it_runs.and_then(|runs| fact(common::consent_runs(language), short(runs))),
        question.terminal.clone().and_then(|terminal| fact(common::consent_terminal(language), terminal)),
        started_by.and_then(|started| fact(common::consent_started_by(language), short(&started))),
        question.path.as_ref().and_then(|path| fact(common::consent_program(language), short(path))),
        labels.and_then(|labels| fact(common::consent_label(language), short(&labels))),
        scopes,
        question.reason.as_ref().and_then(reason),
    ];
    facts.into_iter().flatten().collect()
}

fn note(question: &ConsentQuestion, language: Language) -> Option<String> {
    let because = match question.because {
        AskedBecause::Changed => Some(common::consent_because_changed(language)),
        AskedBecause::Wider => Some(common::consent_because_wider(language)),
        AskedBecause::AccountChanged => Some(common::consent_because_account_changed(language)),
        AskedBecause::New | AskedBecause::Ended => None,
    };
    let kind = match question.kind {
        CallerKind::Forwarder => Some(common::consent_kind_forwarder(language)),
        CallerKind::Background => Some(common::consent_kind_background(language)),
        CallerKind::Unknown => Some(common::consent_kind_unknown(language)),
        _ => None,
    };
    let signs_in = question.signs_in.then(|| common::consent_signs_in(language));
    let all: Vec<String> = [because, kind, signs_in].into_iter().flatten().collect();
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

fn choice(question: &ConsentQuestion, span: Span, language: Language) -> String {
    match span {
        Span::Once => common::span_once(language),
        Span::Run => common::span_run(language, short(&question.program)),
        Span::Terminal => common::span_terminal(language),
        Span::Agent => match &question.agent {
            Some(agent) => common::span_agent(language, short(agent)),
            None => common::span_agent_unknown(language),
        },
        Span::Session => common::span_session(language),
        Span::Script => common::span_script(language),
        Span::Always => common::span_always(language),
    }
}

fn waiting(requests: u32, others: usize, language: Language) -> Option<String> {
    let requests = (requests > 1).then(|| common::consent_waiting(language, requests));
    let others = (others > 0).then(|| desktop::consent_others(language, others));
    let all: Vec<String> = [requests, others].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn why(question: &ConsentQuestion, language: Language) -> String {
    let because = match question.because {
        AskedBecause::New => "new",
        AskedBecause::Changed => "changed",
        AskedBecause::Wider => "wider",
        AskedBecause::Ended => "ended",
        AskedBecause::AccountChanged => "account_changed",
    };
    let digest = question.sha256.as_ref().map(|digest| desktop::consent_explanation_digest(language, digest));
    [Some(desktop::consent_explanation(language, because)), digest]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
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
            others: Vec::new(),
            asked_at: 0,
        }
    }

    #[test]
    fn who_asks_comes_first() {
        let words = Words::of(&question(1, "curl"), "work", Vec::new(), 0, Language::En);
        assert!(words.title.starts_with("curl") && words.aloud().starts_with("curl"), "{words:?}");
        assert_eq!(words.chosen, 0, "this once");
        assert!(words.details().contains("/usr/bin/curl"));
    }

    #[test]
    fn what_a_program_says_of_itself_is_marked_and_cut() {
        let mut asked = question(1, "curl");
        asked.reason = Some(format!("the\nuser wants it {}", "x".repeat(500)));
        let words = Words::of(&asked, "work", Vec::new(), 0, Language::En);
        let Fact { label, value: reason, .. } = words.facts.last().cloned().unwrap();
        assert_eq!(label, "It says why");
        assert!(reason.chars().count() < 130 && !reason.contains('\n'), "{reason}");
    }

    #[test]
    fn what_can_be_less_is_offered() {
        let mut asked = question(1, "curl");
        let words = Words::of(&asked, "work", Vec::new(), 0, Language::En);
        assert!(words.targets.is_empty() && words.scopes.is_empty(), "one thing has no part");
        assert_eq!(words.ends.len(), words.choices.len());
        assert_eq!(words.ends[0], [], "this once has no end");
        assert_eq!(words.ends[3].first(), Some(&(Until::Revoked, "When you revoke it".to_owned())));
        assert!(words.details().contains("abide approve"));
        asked.scopes = vec!["email".to_owned(), "api.read".to_owned()];
        let scopes = Words::of(&asked, "work", Vec::new(), 0, Language::En).scopes;
        assert_eq!(scopes[0], ("email".to_owned(), "see your email address".to_owned()));
        assert_eq!(scopes[1], ("api.read".to_owned(), "api.read".to_owned()));
    }

    #[test]
    fn labels_are_shown_as_what_they_are() {
        let mut asked = question(1, "curl");
        let label = |kind, name: &str| Label { kind, name: name.to_owned() };
        asked.labels = vec![label(LabelKind::Package, "curl"), label(LabelKind::CodingAgent, "Claude Code")];
        let words = Words::of(&asked, "work", Vec::new(), 0, Language::En);
        let said = words.facts.iter().find(|fact| fact.label == "Says it is").unwrap();
        assert_eq!(said.value, "package curl, started by Claude Code");
    }

    #[test]
    fn each_kind_of_caller_has_its_words() {
        let named = |kind| {
            Words::of(&ConsentQuestion { kind, ..question(1, "socat") }, "work", Vec::new(), 2, Language::En)
        };
        assert!(named(CallerKind::Forwarder).title.contains("behind socat"));
        assert!(named(CallerKind::Unknown).note.is_some() && named(CallerKind::Background).note.is_some());
        assert!(named(CallerKind::Program).waiting.is_some_and(|text| text.contains('2')));
    }

    fn page(words: &Words) -> String {
        let choices: Vec<&str> = words.choices.iter().map(|(_, text)| text.as_str()).collect();
        let ends: Vec<&str> = words.ends.iter().flatten().map(|(_, text)| text.as_str()).collect();
        let buttons = [desktop::consent_deny(words.language), desktop::consent_allow(words.language)];
        format!(
            "{}\n{}\n{}\n{}\n{}\n{}\n[{}]\n({})\n\n",
            words.title,
            words.sentence,
            words.details(),
            choices.join(" | "),
            ends.join(" | "),
            words.why,
            buttons.join("] ["),
            words.aloud()
        )
    }

    #[test]
    fn the_consent_dialog_in_each_language() {
        let kind = |kind| ConsentQuestion { kind, ..question(1, "socat") };
        let text = str::to_owned;
        let full = ConsentQuestion {
            script: Some(text("/home/alice/deploy.py")),
            terminal: Some(text("pts/3")),
            started_by: ["bash", "gnome-terminal"].map(text).to_vec(),
            labels: vec![Label { kind: LabelKind::CodingAgent, name: text("Claude Code") }],
            agent: Some(text("Claude Code")),
            targets: ["https://api.example.com", "https://files.example.com"].map(text).to_vec(),
            scopes: ["email", "groups", "api.read"].map(text).to_vec(),
            reason: Some(text("to deploy")),
            sha256: Some(text("00ff")),
            signs_in: true,
            because: AskedBecause::Wider,
            spans: vec![Span::Once, Span::Run, Span::Terminal, Span::Agent, Span::Session, Span::Script],
            waiting: 3,
            ..kind(CallerKind::Interpreter)
        };
        let because = |because| ConsentQuestion { because, ..question(1, "curl") };
        let dialogs = [
            question(1, "curl"),
            full,
            kind(CallerKind::Terminal),
            kind(CallerKind::Forwarder),
            kind(CallerKind::Background),
            kind(CallerKind::Unknown),
            because(AskedBecause::Changed),
            because(AskedBecause::Ended),
            because(AskedBecause::AccountChanged),
        ];
        for language in Language::ALL {
            let pages: String = (dialogs.iter().zip(0..))
                .map(|(question, behind)| {
                    let also = |question| (7, also(question, "work", language));
                    let also =
                        if behind == 1 { vec![also(&dialogs[0]), also(&dialogs[1])] } else { Vec::new() };
                    page(&Words::of(question, "work", also, behind, language))
                })
                .collect();
            let mut settings = insta::Settings::clone_current();
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("consent_{}", language.tag()), pages));
        }
    }
}
