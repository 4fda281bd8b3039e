//! The question "Keep session?": asked while the newest snapshot has it, withdrawn when it is moot.

mod words;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use std::sync::Arc;
use std::time::Duration;

use abide_wire::Question;
use tauri::AppHandle;

pub(crate) use self::words::Words;

/// Called at most once, with whether to keep the session. A dialog that is closed without an answer never calls it: then
/// the session's own deadline decides, and the menu still offers to keep it.
pub(crate) type Answer = Box<dyn FnOnce(bool) + Send>;

/// How long no key may have been pressed before the dialog takes one: what the user was typing somewhere else when the
/// dialog came up is not an answer.
pub(crate) const QUIET: Duration = Duration::from_secs(1);

/// A native dialog that asks. Its calls return at once, on any thread.
pub(crate) trait QuestionDialog: Send {
    /// Asks. There is no other dialog up.
    fn show(&self, question: &Question, answer: Answer);
    /// Shows the new count, unless the user has closed the dialog.
    fn update(&self, question: &Question);
    /// Withdraws the question with this number, if it is still up.
    fn close(&self, question: u64);
}

/// The dialog of this platform.
pub(crate) fn dialog(app: &AppHandle) -> impl QuestionDialog + use<> {
    imp::Dialog::new(app)
}

/// Keeps the dialog as the snapshots say.
pub(crate) struct Asker<D> {
    dialog: D,
    up: Option<Question>,
    answered: Arc<dyn Fn(u64, bool) + Send + Sync>,
}

impl<D: QuestionDialog> Asker<D> {
    /// Asks with this dialog; answers go to `answered` with the number of the question.
    pub(crate) fn new(dialog: D, answered: impl Fn(u64, bool) + Send + Sync + 'static) -> Self {
        Self { dialog, up: None, answered: Arc::new(answered) }
    }

    /// Follows the newest snapshot's question.
    pub(crate) fn follow(&mut self, question: Option<&Question>) {
        if self.up.as_ref() == question {
            return;
        }
        let before = self.up.take();
        match (&before, question) {
            (Some(old), Some(new)) if old.id == new.id => self.dialog.update(new),
            (old, new) => {
                if let Some(old) = old {
                    self.dialog.close(old.id);
                }
                if let Some(new) = new {
                    let (answered, id) = (Arc::clone(&self.answered), new.id);
                    self.dialog.show(new, Box::new(move |keep| answered(id, keep)));
                }
            }
        }
        self.up = question.cloned();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Mutex;

    use super::*;
    use abide_wire::Limit;

    #[derive(Clone, Default)]
    struct Double {
        calls: Arc<Mutex<Vec<String>>>,
        answer: Arc<Mutex<Option<Answer>>>,
    }

    impl QuestionDialog for Double {
        fn show(&self, question: &Question, answer: Answer) {
            self.calls.lock().unwrap().push(format!("show {}", question.id));
            *self.answer.lock().unwrap() = Some(answer);
        }
        fn update(&self, question: &Question) {
            self.calls.lock().unwrap().push(format!("update {} {}", question.id, question.seconds_left));
        }
        fn close(&self, question: u64) {
            self.calls.lock().unwrap().push(format!("close {question}"));
        }
    }

    fn question(id: u64, seconds_left: u64) -> Question {
        Question {
            id,
            account: "work".to_owned(),
            provider: "id.example.com".to_owned(),
            seconds_left,
            limit: Limit::Idle,
            can_be_kept: true,
            yes_keeps_until: 0,
        }
    }

    #[test]
    fn it_comes_counts_and_goes_as_the_snapshots_say() {
        let double = Double::default();
        let mut asker = Asker::new(double.clone(), |_, _| {});
        asker.follow(None);
        asker.follow(Some(&question(1, 180)));
        asker.follow(Some(&question(1, 180)));
        asker.follow(Some(&question(1, 179)));
        asker.follow(None);
        asker.follow(None);
        asker.follow(Some(&question(2, 180)));
        asker.follow(Some(&question(3, 90)));
        assert_eq!(
            *double.calls.lock().unwrap(),
            ["show 1", "update 1 179", "close 1", "show 2", "close 2", "show 3"]
        );
    }

    #[test]
    fn an_answer_names_the_question_it_was_given_to() {
        let double = Double::default();
        let answers = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&answers);
        let mut asker = Asker::new(double.clone(), move |id, keep| heard.lock().unwrap().push((id, keep)));
        asker.follow(Some(&question(7, 180)));
        let answer = double.answer.lock().unwrap().take().unwrap();
        asker.follow(Some(&question(8, 180)));
        answer(true);
        assert_eq!(*answers.lock().unwrap(), [(7, true)]);
    }
}
