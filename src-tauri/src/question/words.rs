//! The words of the question, the same on every platform.

use abide_wire::{Limit, Question};

/// The words of a question at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The provider, as it stands in the sentence.
    pub(crate) provider: String,
    /// The count, with its unit.
    pub(crate) count: (u64, &'static str),
    /// Which limit would end the session, and until when *Yes* would keep it.
    pub(crate) limit: String,
}

impl Words {
    /// The window's title.
    pub(crate) const TITLE: &'static str = "Your session will expire soon";
    /// What is asked.
    pub(crate) const ASK: &'static str = "Do you want to keep your session?";

    /// The words for a question; `until` is the time of day until which *Yes* would keep the session.
    pub(crate) fn of(question: &Question, until: &str) -> Self {
        let unit = if question.seconds_left == 1 { "second" } else { "seconds" };
        let account = &question.account;
        let limit = match question.limit {
            Limit::Idle => {
                format!("Nothing has used \u{201c}{account}\u{201d} for a while. Yes keeps it until {until}.")
            }
            Limit::Absolute => format!(
                "\u{201c}{account}\u{201d} has nearly reached the longest time for a session. Even Yes cannot keep \
                 it beyond {until}."
            ),
            Limit::Provider => format!(
                "The provider lets \u{201c}{account}\u{201d} rest only so long. Yes keeps it until {until}."
            ),
        };
        Self { provider: question.provider.clone(), count: (question.seconds_left, unit), limit }
    }

    /// The sentence with the count.
    pub(crate) fn sentence(&self) -> String {
        let (count, unit) = self.count;
        format!("Your session with {} will expire in {count} {unit}.", self.provider)
    }

    /// Sentence and question, with what matters in bold, in Pango's markup. The digits have one width, so that nothing
    /// moves while they count.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn markup(&self) -> String {
        let (count, unit) = self.count;
        format!(
            "Your session with <b>{}</b> will expire in <b><span font_features=\"tnum=1\">{count}</span></b> {unit}. {}",
            escaped(&self.provider),
            Self::ASK
        )
    }
}

/// A provider's name is its own choice: nothing in it is markup.
#[cfg(any(target_os = "linux", test))]
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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

    #[test]
    fn it_says_what_happens_when_and_what_yes_would_do() {
        let words = Words::of(&question(58, Limit::Idle), "14:32");
        assert_eq!(words.sentence(), "Your session with id.example.com will expire in 58 seconds.");
        assert_eq!(
            words.limit,
            "Nothing has used \u{201c}work\u{201d} for a while. Yes keeps it until 14:32."
        );
        assert!(Words::of(&question(1, Limit::Idle), "").sentence().ends_with("in 1 second."));
    }

    #[test]
    fn it_does_not_promise_what_yes_cannot_do() {
        let words = Words::of(&question(58, Limit::Absolute), "21:04");
        assert!(words.limit.ends_with("Even Yes cannot keep it beyond 21:04."));
    }

    #[test]
    fn a_providers_name_is_text() {
        let mut question = question(58, Limit::Idle);
        question.provider = "<b>R&D</b>".to_owned();
        assert!(Words::of(&question, "").markup().contains("<b>&lt;b&gt;R&amp;D&lt;/b&gt;</b>"));
    }
}
