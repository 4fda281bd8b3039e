//! The words of the question, the same on every platform.

use abide_locale::{Part as Piece, common, desktop, parts, session, time};
use abide_wire::{Language, Limit, Question};

use super::{Fate, Row};

/// The words of what is asked at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The window's title.
    pub(crate) title: String,
    /// What is about to happen, with the count when it is about one session.
    pub(crate) sentence: Sentence,
    /// Of several sessions, a line for each.
    pub(crate) lines: Vec<Line>,
    /// Small, underneath: which limit it is, and what an answer does.
    pub(crate) note: String,
    /// What can be answered.
    pub(crate) buttons: Buttons,
    /// The language of all of it.
    pub(crate) language: Language,
}

/// A sentence in parts, so that each platform can stress what matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sentence(pub(crate) Vec<Part>);

/// A part of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Said as the rest.
    Plain(String),
    /// What matters: the provider. Its name is its own choice, and stays text.
    Strong(String),
    /// The count, which matters as well. There is one at most.
    Count(String),
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The account.
    pub(crate) account: String,
    /// The provider.
    pub(crate) provider: String,
    /// The time left, or what has become of the session.
    pub(crate) left: String,
}

/// What can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Buttons {
    /// *Yes* or *No*.
    YesNo,
    /// Nothing helps; only that it was seen.
    Ok,
}

impl std::fmt::Display for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Plain(text) | Part::Strong(text) | Part::Count(text) => f.write_str(text),
        })
    }
}

impl Line {
    /// The line as one text.
    #[cfg(any(not(target_os = "linux"), test))]
    pub(crate) fn text(&self) -> String {
        format!("{} \u{b7} {} \u{b7} {}", self.account, self.provider, self.left)
    }
}

impl Words {
    /// The words for these questions; `clock` writes a time of day.
    pub(crate) fn of(rows: &[Row], language: Language, clock: impl Fn(u64) -> String) -> Self {
        let open: Vec<&Question> =
            rows.iter().filter(|row| row.fate.is_none()).map(|row| &row.question).collect();
        let buttons =
            if open.iter().any(|question| question.can_be_kept) { Buttons::YesNo } else { Buttons::Ok };
        match rows {
            [Row { question, fate: None }] => Self {
                title: common::question_title_one(language),
                sentence: sentence_of_one(question, language),
                lines: Vec::new(),
                note: note_of_one(question, language, clock(question.yes_keeps_until)),
                buttons,
                language,
            },
            [Row { fate: Some(_), .. }] => Self {
                title: common::question_title_one(language),
                sentence: farewell(rows, language),
                lines: Vec::new(),
                note: String::new(),
                buttons,
                language,
            },
            _ => Self {
                title: common::question_title_more(language),
                sentence: match (open.is_empty(), buttons) {
                    (true, _) => farewell(rows, language),
                    (false, Buttons::YesNo) => Sentence(vec![plain(desktop::question_many(language))]),
                    (false, Buttons::Ok) => Sentence(vec![plain(desktop::question_many_fixed(language))]),
                },
                lines: rows.iter().map(|row| line(row, language)).collect(),
                note: note_of_many(&open, buttons, language),
                buttons,
                language,
            },
        }
    }

    /// The whole text for a screen reader. Elsewhere the system's own dialogs provide it.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn aloud(&self) -> String {
        let lines = self.lines.iter().map(|line| {
            desktop::question_line_aloud(self.language, &line.account, &line.provider, &line.left)
        });
        let all = std::iter::once(self.sentence.to_string()).chain(lines).chain([self.note.clone()]);
        all.collect::<Vec<_>>().join(" ").trim_end().to_owned()
    }

    /// The labels of the buttons, with an underscore before the letter that presses each, and what they mean: no, then yes; or
    /// only that it was seen.
    pub(crate) fn button_texts(&self, sessions: usize) -> Vec<(String, String)> {
        let language = self.language;
        match self.buttons {
            Buttons::YesNo => vec![
                (desktop::question_no(language), desktop::question_no_means(language, sessions)),
                (desktop::question_yes(language), desktop::question_yes_means(language, sessions)),
            ],
            Buttons::Ok => vec![(desktop::question_ok(language), desktop::question_ok_means(language))],
        }
    }
}

fn plain(text: impl Into<String>) -> Part {
    Part::Plain(text.into())
}

fn sentence_of_one(question: &Question, language: Language) -> Sentence {
    let stressed = [Part::Strong(question.provider.clone()), Part::Count(question.seconds_left.to_string())];
    let pieces = parts(stressed, |[provider, count]| match question.can_be_kept {
        true => desktop::question_one(language, count, provider, question.seconds_left),
        false => desktop::question_one_fixed(language, count, provider, question.seconds_left),
    });
    let part = |piece| match piece {
        Piece::Words(words) => Part::Plain(words),
        Piece::Marked(part) => part,
    };
    Sentence(pieces.into_iter().map(part).collect())
}

fn note_of_one(question: &Question, language: Language, until: String) -> String {
    let account = question.title();
    if !question.can_be_kept {
        let why = session::why_it_cannot_be_kept(language, question.limit);
        return desktop::question_note_fixed(language, account, why);
    }
    match question.limit {
        Limit::Idle => desktop::question_note_idle(language, account, until),
        Limit::Absolute | Limit::AccessToken => desktop::question_note_longest(language, account, until),
        Limit::Provider => desktop::question_note_provider(language, account, until),
    }
}

fn note_of_many(open: &[&Question], buttons: Buttons, language: Language) -> String {
    match (open, buttons) {
        ([], _) => String::new(),
        (_, Buttons::Ok) => desktop::question_note_many_fixed(language),
        (open, Buttons::YesNo) if open.iter().all(|question| question.can_be_kept) => {
            desktop::question_note_all(language)
        }
        (_, Buttons::YesNo) => desktop::question_note_some(language),
    }
}

fn line(row: &Row, language: Language) -> Line {
    let left = match row.fate {
        Some(Fate::GoesOn) => desktop::question_line_extended(language),
        Some(Fate::Over) => desktop::question_line_ended(language),
        None => {
            let left = time::duration(language, row.question.seconds_left);
            if row.question.can_be_kept { left } else { desktop::question_line_fixed(language, left) }
        }
    };
    Line { account: row.question.title().to_owned(), provider: row.question.provider.clone(), left }
}

/// The result, for the moment before the dialog closes.
fn farewell(rows: &[Row], language: Language) -> Sentence {
    let all = |fate| rows.iter().all(|row| row.fate == Some(fate));
    let text = match (rows.len(), all(Fate::GoesOn), all(Fate::Over)) {
        (count, true, _) => desktop::question_continues(language, count),
        (1, ..) => desktop::question_ended(language, 1),
        (count, _, true) => desktop::question_ended(language, count),
        _ => desktop::question_answered(language),
    };
    Sentence(vec![plain(text)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(seconds_left: u64, limit: Limit) -> Question {
        Question {
            id: 1,
            account: "work".to_owned(),
            label: None,
            provider: "id.example.com".to_owned(),
            seconds_left,
            limit,
            can_be_kept: true,
            yes_keeps_until: 0,
        }
    }

    fn open(question: Question) -> Row {
        Row { question, fate: None }
    }

    fn words(rows: &[Row]) -> Words {
        Words::of(rows, Language::En, |_| "14:32".to_owned())
    }

    #[test]
    fn it_says_what_happens_when_and_what_yes_would_do() {
        let words = words(&[open(question(58, Limit::Idle))]);
        assert_eq!(words.title, "Your session will expire soon");
        assert_eq!(
            words.sentence.to_string(),
            "Your session with id.example.com will expire in 58 seconds. Do you want to keep your session?"
        );
        assert_eq!(
            words.note,
            "Nothing has used \u{201c}work\u{201d} for a while. Yes extends it until 14:32."
        );
        assert_eq!(words.buttons, Buttons::YesNo);
        assert_eq!(words.aloud(), format!("{} {}", words.sentence, words.note));
        let last = Words::of(&[open(question(1, Limit::Idle))], Language::En, |_| String::new());
        assert!(last.sentence.to_string().contains("in 1 second."));
    }

    #[test]
    fn the_provider_and_the_count_are_what_matters() {
        let words = words(&[open(question(58, Limit::Idle))]);
        let strong: Vec<&str> = words
            .sentence
            .0
            .iter()
            .filter_map(|part| match part {
                Part::Strong(text) | Part::Count(text) => Some(text.as_str()),
                Part::Plain(_) => None,
            })
            .collect();
        assert_eq!(strong, ["id.example.com", "58"]);
    }

    #[test]
    fn it_does_not_promise_what_yes_cannot_do() {
        let mut nearly = question(58, Limit::Absolute);
        assert!(words(&[open(nearly.clone())]).note.ends_with("Yes extends it until 14:32 at most."));
        nearly.can_be_kept = false;
        let words = words(&[open(nearly)]);
        assert_eq!(words.buttons, Buttons::Ok);
        assert_eq!(words.sentence.to_string(), "Your session with id.example.com will expire in 58 seconds.");
        assert_eq!(
            words.note,
            "\u{201c}work\u{201d} cannot be extended: it reaches its longest time. Sign in again after that."
        );
    }

    #[test]
    fn several_are_a_list_and_one_answer() {
        let home = Question { id: 2, account: "home".to_owned(), ..question(178, Limit::Idle) };
        let words = words(&[open(question(58, Limit::Idle)), open(home)]);
        assert_eq!(words.title, "Your sessions will expire soon");
        let lines: Vec<String> = words.lines.iter().map(Line::text).collect();
        assert_eq!(
            lines,
            ["work \u{b7} id.example.com \u{b7} 58 s", "home \u{b7} id.example.com \u{b7} 2 min 58 s"]
        );
        assert!(words.note.starts_with("Yes extends all of them, No signs out of all of them."));
        assert!(words.note.contains("tray"));
        assert!(words.aloud().contains("work, id.example.com: 58 s."));
    }

    #[test]
    fn among_several_the_one_that_cannot_be_kept_says_so() {
        let fixed = Question { id: 2, can_be_kept: false, ..question(178, Limit::Absolute) };
        let mixed = words(&[open(question(58, Limit::Idle)), open(fixed.clone())]);
        assert_eq!(mixed.lines[1].left, "2 min 58 s, cannot be extended");
        assert!(mixed.note.starts_with("Yes extends those that can be extended"));
        let none = words(&[open(fixed.clone()), open(fixed)]);
        assert_eq!((none.buttons, none.note.as_str()), (Buttons::Ok, "Sign in again after that."));
    }

    #[test]
    fn the_last_word_says_what_has_become_of_it() {
        let row = |fate| Row { question: question(58, Limit::Idle), fate: Some(fate) };
        let last = |rows: &[Row]| words(rows).sentence.to_string();
        assert_eq!(last(&[row(Fate::GoesOn)]), "Your session continues.");
        assert_eq!(last(&[row(Fate::Over)]), "Your session has ended.");
        assert_eq!(last(&[row(Fate::GoesOn), row(Fate::GoesOn)]), "Your sessions continue.");
        assert_eq!(last(&[row(Fate::GoesOn), row(Fate::Over)]), "All questions are answered.");
        let mixed = words(&[row(Fate::GoesOn), row(Fate::Over)]);
        assert_eq!([&mixed.lines[0].left, &mixed.lines[1].left], ["extended", "ended"]);
        assert_eq!(mixed.note, "");
    }

    #[test]
    fn who_has_been_kept_meanwhile_is_not_counted_any_more() {
        let kept = Row { question: question(58, Limit::Idle), fate: Some(Fate::GoesOn) };
        let fixed = Question { can_be_kept: false, ..question(20, Limit::Absolute) };
        assert_eq!(words(&[kept, open(fixed)]).buttons, Buttons::Ok);
    }

    fn page(words: &Words, sessions: usize) -> String {
        let buttons: Vec<String> = words
            .button_texts(sessions)
            .into_iter()
            .map(|(label, means)| format!("[{label}] {means}"))
            .collect();
        let lines: String = words.lines.iter().map(|line| format!("{}\n", line.text())).collect();
        format!(
            "{}\n{}\n{lines}{}\n{}\n({})\n\n",
            words.title,
            words.sentence,
            words.note,
            buttons.join("\n"),
            words.aloud()
        )
    }

    #[test]
    fn the_question_in_each_language() {
        let fixed = |limit| open(Question { can_be_kept: false, ..question(58, limit) });
        let home = || open(Question { id: 2, account: "home".to_owned(), ..question(178, Limit::Idle) });
        let over = |fate| Row { fate: Some(fate), ..open(question(58, Limit::Idle)) };
        let dialogs: Vec<Vec<Row>> = vec![
            vec![open(question(58, Limit::Idle))],
            vec![open(question(1, Limit::Absolute))],
            vec![open(question(58, Limit::Provider))],
            vec![fixed(Limit::Absolute)],
            vec![fixed(Limit::Provider)],
            vec![fixed(Limit::AccessToken)],
            vec![fixed(Limit::Idle)],
            vec![open(question(58, Limit::Idle)), home()],
            vec![fixed(Limit::Absolute), home()],
            vec![fixed(Limit::Absolute), fixed(Limit::Absolute)],
            vec![over(Fate::GoesOn)],
            vec![over(Fate::Over)],
            vec![over(Fate::GoesOn), over(Fate::GoesOn)],
            vec![over(Fate::Over), over(Fate::Over)],
            vec![over(Fate::GoesOn), over(Fate::Over)],
        ];
        for language in Language::ALL {
            let of = |rows: &Vec<Row>| page(&Words::of(rows, language, |_| "14:32".to_owned()), rows.len());
            let pages: String = dialogs.iter().map(of).collect();
            let mut settings = insta::Settings::clone_current();
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("question_{}", language.tag()), pages));
        }
    }
}
