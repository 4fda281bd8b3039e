//! The words of the question, the same on every platform.

use abide_wire::{Limit, Question, text};

use super::{Fate, Row};

/// The words of what is asked at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The window's title.
    pub(crate) title: &'static str,
    /// What is about to happen, with the count when it is about one session.
    pub(crate) sentence: Sentence,
    /// Of several sessions, a line for each.
    pub(crate) lines: Vec<Line>,
    /// Small, underneath: which limit it is, and what an answer does.
    pub(crate) note: String,
    /// What can be answered.
    pub(crate) buttons: Buttons,
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
    pub(crate) fn of(rows: &[Row], clock: impl Fn(u64) -> String) -> Self {
        let open: Vec<&Question> =
            rows.iter().filter(|row| row.fate.is_none()).map(|row| &row.question).collect();
        let buttons =
            if open.iter().any(|question| question.can_be_kept) { Buttons::YesNo } else { Buttons::Ok };
        match rows {
            [Row { question, fate: None }] => Self {
                title: "Your session will expire soon",
                sentence: sentence_of_one(question),
                lines: Vec::new(),
                note: note_of_one(question, &clock(question.yes_keeps_until)),
                buttons,
            },
            [Row { fate: Some(_), .. }] => Self {
                title: "Your session will expire soon",
                sentence: farewell(rows),
                lines: Vec::new(),
                note: String::new(),
                buttons,
            },
            _ => Self {
                title: "Your sessions will expire soon",
                sentence: if open.is_empty() { farewell(rows) } else { sentence_of_many(buttons) },
                lines: rows.iter().map(line).collect(),
                note: note_of_many(&open, buttons).to_owned(),
                buttons,
            },
        }
    }

    /// The whole text for a screen reader. Elsewhere the system's own dialogs provide it.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn aloud(&self) -> String {
        let mut all = self.sentence.to_string();
        for line in &self.lines {
            all.push_str(&format!(" {}, {}: {}.", line.account, line.provider, line.left));
        }
        format!("{all} {}", self.note).trim_end().to_owned()
    }
}

fn plain(text: impl Into<String>) -> Part {
    Part::Plain(text.into())
}

fn sentence_of_one(question: &Question) -> Sentence {
    let unit = if question.seconds_left == 1 { "second" } else { "seconds" };
    let ask = if question.can_be_kept { " Do you want to keep your session?" } else { "" };
    Sentence(vec![
        plain("Your session with "),
        Part::Strong(question.provider.clone()),
        plain(" will expire in "),
        Part::Count(question.seconds_left.to_string()),
        plain(format!(" {unit}.{ask}")),
    ])
}

fn note_of_one(question: &Question, until: &str) -> String {
    let account = &question.account;
    if !question.can_be_kept {
        let why = text::why_it_cannot_be_kept(question.limit);
        return format!("\u{201c}{account}\u{201d} cannot be extended: {why}");
    }
    match question.limit {
        Limit::Idle => {
            format!("Nothing has used \u{201c}{account}\u{201d} for a while. Yes extends it until {until}.")
        }
        Limit::Absolute | Limit::AccessToken => format!(
            "\u{201c}{account}\u{201d} is near its longest time. Yes extends it until {until} at most."
        ),
        Limit::Provider => {
            format!(
                "The provider ends \u{201c}{account}\u{201d} if it is not used. Yes extends it until {until}."
            )
        }
    }
}

fn sentence_of_many(buttons: Buttons) -> Sentence {
    let text = match buttons {
        Buttons::YesNo => "These sessions will expire soon. Do you want to keep them?",
        Buttons::Ok => "These sessions will expire soon. They cannot be extended.",
    };
    Sentence(vec![plain(text)])
}

fn note_of_many(open: &[&Question], buttons: Buttons) -> &'static str {
    match (open, buttons) {
        ([], _) => "",
        (_, Buttons::Ok) => "Sign in again after that.",
        (open, Buttons::YesNo) if open.iter().all(|question| question.can_be_kept) => {
            "Yes extends all of them, No signs out of all of them. The tray menu has each one."
        }
        (_, Buttons::YesNo) => {
            "Yes extends those that can be extended, No signs out of all of them. The tray menu has each one."
        }
    }
}

fn line(row: &Row) -> Line {
    let left = match row.fate {
        Some(Fate::GoesOn) => "extended".to_owned(),
        Some(Fate::Over) => "ended".to_owned(),
        None => {
            let left = text::duration(row.question.seconds_left);
            if row.question.can_be_kept { left } else { format!("{left}, cannot be extended") }
        }
    };
    Line { account: row.question.account.clone(), provider: row.question.provider.clone(), left }
}

/// The result, for the moment before the dialog closes.
fn farewell(rows: &[Row]) -> Sentence {
    let all = |fate| rows.iter().all(|row| row.fate == Some(fate));
    let text = match (rows.len(), all(Fate::GoesOn), all(Fate::Over)) {
        (1, true, _) => "Your session continues.",
        (1, ..) => "Your session has ended.",
        (_, true, _) => "Your sessions continue.",
        (_, _, true) => "Your sessions have ended.",
        _ => "All questions are answered.",
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
        Words::of(rows, |_| "14:32".to_owned())
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
        let last = Words::of(&[open(question(1, Limit::Idle))], |_| String::new());
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
}
