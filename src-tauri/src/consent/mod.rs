//! The question whether a program may have tokens: asked while the newest snapshot has it, one at a time, withdrawn when
//! it is moot.

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

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_wire::{ConsentAnswer, ConsentQuestion, Snapshot, Span};
use tauri::AppHandle;

pub(crate) use self::words::Words;

/// Called at most once, when the user ends the dialog. `None`: closed without an answer, which means no.
pub(crate) type Answer = Box<dyn FnOnce(Option<ConsentAnswer>) + Send>;

/// A native dialog that asks about one program. Its calls return at once, on any thread.
pub(crate) trait ConsentDialog: Send {
    /// Asks. A dialog that is still up goes.
    fn show(&self, words: Words, answer: Answer);
    /// Says what has changed: how many wait.
    fn update(&self, words: Words);
    /// The question is moot.
    fn withdraw(&self);
}

/// The dialog of this platform.
pub(crate) fn dialog(app: &AppHandle) -> impl ConsentDialog + use<> {
    imp::Dialog::new(app)
}

/// Keeps the dialog as the snapshots say.
pub(crate) struct Asker<D> {
    dialog: D,
    /// What the dialog says, and about which question.
    shown: Option<(u64, Words)>,
    /// Questions that the user has answered, while they are still in the snapshots.
    done: Arc<Mutex<Vec<u64>>>,
    answered: Arc<dyn Fn(u64, ConsentAnswer) + Send + Sync>,
}

fn lock(done: &Mutex<Vec<u64>>) -> MutexGuard<'_, Vec<u64>> {
    done.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<D: ConsentDialog> Asker<D> {
    /// Asks with this dialog; answers go to `answered`.
    pub(crate) fn new(dialog: D, answered: impl Fn(u64, ConsentAnswer) + Send + Sync + 'static) -> Self {
        Self { dialog, shown: None, done: Arc::default(), answered: Arc::new(answered) }
    }

    /// Follows the newest snapshot.
    pub(crate) fn follow(&mut self, snapshot: &Snapshot) {
        let open: Vec<&ConsentQuestion> = {
            let mut done = lock(&self.done);
            done.retain(|id| snapshot.consents.iter().any(|question| question.id == *id));
            // Without a request that waits, the question is for the window.
            let asks = |question: &&ConsentQuestion| question.waiting > 0 && !done.contains(&question.id);
            snapshot.consents.iter().filter(asks).collect()
        };
        // The one that is up stays up, whatever joins.
        let up = self.shown.as_ref().map(|(id, _)| *id);
        let question = open.iter().find(|question| Some(question.id) == up).or_else(|| open.first());
        let Some(question) = question else {
            if self.shown.take().is_some() {
                self.dialog.withdraw();
            }
            return;
        };
        let account = snapshot.title_and_name_of(&question.account);
        let words = Words::of(question, &account, open.len() - 1, snapshot.language.used);
        if up == Some(question.id) {
            if self.shown.as_ref().is_some_and(|(_, shown)| *shown != words) {
                self.dialog.update(words.clone());
            }
        } else {
            let answer = self.answer(question.id);
            self.dialog.show(words.clone(), answer);
        }
        self.shown = Some((question.id, words));
    }

    fn answer(&self, id: u64) -> Answer {
        let (done, answered) = (Arc::clone(&self.done), Arc::clone(&self.answered));
        Box::new(move |answer| {
            lock(&done).push(id);
            // Closed means no.
            answered(id, answer.unwrap_or(ConsentAnswer::new(false, Span::Once)));
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::consent::words::tests::question;

    /// A dialog that only notes what it is told.
    #[derive(Clone, Default)]
    struct Double {
        calls: Arc<Mutex<Vec<String>>>,
        up: Arc<Mutex<Option<Answer>>>,
    }

    impl ConsentDialog for Double {
        fn show(&self, words: Words, answer: Answer) {
            let account = &words.facts[0].value;
            self.calls.lock().unwrap().push(format!("show {}, {account}", words.title));
            *self.up.lock().unwrap() = Some(answer);
        }
        fn update(&self, words: Words) {
            self.calls.lock().unwrap().push(format!("update {}", words.waiting.unwrap_or_default()));
        }
        fn withdraw(&self) {
            self.calls.lock().unwrap().push("withdraw".to_owned());
        }
    }

    fn snapshot(questions: &[ConsentQuestion]) -> Snapshot {
        Snapshot { consents: questions.to_vec(), ..Snapshot::default() }
    }

    #[test]
    fn one_is_asked_at_a_time_and_closing_means_no() {
        let (double, answers) = (Double::default(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&answers);
        let mut asker =
            Asker::new(double.clone(), move |id, answer| noted.lock().unwrap().push((id, answer)));
        let (curl, git) = (question(1, "curl"), question(2, "git"));
        asker.follow(&snapshot(std::slice::from_ref(&curl)));
        asker.follow(&snapshot(&[curl.clone(), git.clone()]));
        double.up.lock().unwrap().take().unwrap()(None);
        asker.follow(&snapshot(&[curl, git.clone()]));
        double.up.lock().unwrap().take().unwrap()(Some(ConsentAnswer::new(true, Span::Run)));
        asker.follow(&snapshot(&[]));
        let calls = double.calls.lock().unwrap().clone();
        assert_eq!(calls.len(), 4, "{calls:?}");
        assert!(
            calls[0].contains("curl") && calls[1].starts_with("update") && calls[2].contains("git"),
            "{calls:?}"
        );
        let no = ConsentAnswer::new(false, Span::Once);
        let yes = ConsentAnswer::new(true, Span::Run);
        assert_eq!(*answers.lock().unwrap(), [(1, no), (2, yes)]);
    }

    #[test]
    fn an_account_is_called_by_its_title_and_its_name() {
        let double = Double::default();
        let mut asker = Asker::new(double.clone(), |_, _| {});
        let mut work = crate::question::tests::status("work", abide_wire::SessionState::Active);
        work.label = Some("Example & Sons".to_owned());
        let asked = Snapshot { accounts: vec![work], ..snapshot(&[question(1, "curl")]) };
        asker.follow(&asked);
        let calls = double.calls.lock().unwrap().clone();
        assert!(calls[0].ends_with(", Example & Sons \u{b7} work"), "{calls:?}");
    }

    #[test]
    fn what_is_moot_is_withdrawn() {
        let double = Double::default();
        let mut asker = Asker::new(double.clone(), |_, _| {});
        asker.follow(&snapshot(&[question(1, "curl")]));
        asker.follow(&snapshot(&[]));
        assert_eq!(double.calls.lock().unwrap().last().unwrap(), "withdraw");
    }
}
