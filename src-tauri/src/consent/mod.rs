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

use abide_wire::{ConsentAnswer, ConsentQuestion, Snapshot};
use tauri::AppHandle;

pub(crate) use self::words::Words;

/// Called at most once, when the user ends the dialog. Closing it without an answer means no: [`Words::closed`].
pub(crate) type Answer = Box<dyn FnOnce(ConsentAnswer) + Send>;

/// A native dialog that asks about one program. Its calls return at once, on any thread.
pub(crate) trait ConsentDialog: Send {
    /// Asks. A dialog that is still up goes.
    fn show(&self, words: Words, answer: Answer);
    /// Says what has changed: how many wait, and what else the program asks for.
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
        let (language, account) = (snapshot.language.used, snapshot.title_and_name_of(&question.account));
        let also: Vec<(u64, String)> = open
            .iter()
            .filter(|other| question.others.contains(&other.id))
            .map(|other| {
                (other.id, words::also(other, &snapshot.title_and_name_of(&other.account), language))
            })
            .collect();
        let behind = open.len() - 1 - also.len();
        let words = Words::of(question, &account, also, behind, language);
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
            lock(&done).extend(std::iter::once(id).chain(answer.others.iter().copied()));
            answered(id, answer);
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::Span;

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
    fn one_is_asked_at_a_time() {
        let (double, answers) = (Double::default(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&answers);
        let mut asker =
            Asker::new(double.clone(), move |id, answer| noted.lock().unwrap().push((id, answer)));
        let (curl, git) = (question(1, "curl"), question(2, "git"));
        asker.follow(&snapshot(std::slice::from_ref(&curl)));
        asker.follow(&snapshot(&[curl.clone(), git.clone()]));
        double.up.lock().unwrap().take().unwrap()(ConsentAnswer::new(false, Span::Once));
        asker.follow(&snapshot(&[curl, git.clone()]));
        double.up.lock().unwrap().take().unwrap()(ConsentAnswer::new(true, Span::Run));
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
    fn what_one_program_asks_for_is_asked_together() {
        let (double, answers) = (Double::default(), Arc::new(Mutex::new(Vec::new())));
        let noted = Arc::clone(&answers);
        let mut asker =
            Asker::new(double.clone(), move |id, answer| noted.lock().unwrap().push((id, answer)));
        let of = |id, others: &[u64], api: &str| ConsentQuestion {
            others: others.to_vec(),
            targets: vec![format!("https://{api}.example.com")],
            ..question(id, "deploy")
        };
        let asked =
            [of(1, &[2, 3], "one"), of(2, &[1, 3], "two"), of(3, &[1, 2], "three"), question(4, "git")];
        asker.follow(&snapshot(&asked));
        let words = asker.shown.clone().unwrap().1;
        let also: Vec<&str> = words.also.iter().map(|(_, what)| what.as_str()).collect();
        assert_eq!(also, ["https://two.example.com (work)", "https://three.example.com (work)"]);
        assert!(words.details().contains("https://three.example.com") && words.aloud().contains("two"));
        assert_eq!(words.closed().others, [2, 3], "closing means no to all of it");
        let yes = ConsentAnswer { others: vec![2, 3], ..ConsentAnswer::new(true, Span::Run) };
        double.up.lock().unwrap().take().unwrap()(yes.clone());
        assert_eq!(*answers.lock().unwrap(), [(1, yes)]);
        asker.follow(&snapshot(&asked));
        assert!(double.calls.lock().unwrap().last().unwrap().contains("git"), "the next one");
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
