//! The question "Keep session?": asked while the newest snapshot has it, withdrawn when it is moot. All questions that are
//! up at a time are one dialog.

#[cfg(target_os = "linux")]
mod ticker;
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

#[cfg(windows)]
pub(crate) use imp::{KeyHook, quiet_since, set_quiet_since, task_dialog};
#[cfg(target_os = "linux")]
pub(crate) use imp::{keep_free, quiet};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_wire::{Language, Question, SessionState, Snapshot};
use tauri::AppHandle;

pub(crate) use self::words::{Buttons, Words};

/// Called at most once, when the user ends the dialog: with the questions that were on the screen at that moment, and
/// whether to keep their sessions. `None`: closed without an answer. Then the question comes back ([`Asker`]).
pub(crate) type Answer = Box<dyn FnOnce(Vec<u64>, Option<bool>) + Send>;

/// How long no key may have been pressed before the dialog takes an answer: what the user was typing somewhere else when
/// the dialog came up is not one. The same when a question has joined.
pub(crate) const QUIET: Duration = Duration::from_secs(1);

/// How long a dialog that has become moot stays, saying why: a click that is on its way must not fall through to what lies
/// beneath.
pub(crate) const FAREWELL: Duration = Duration::from_millis(1200);

/// A question in the dialog, and what has become of it meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The present state; of a closed question, the last one.
    pub(crate) question: Question,
    /// What has become of it; `None` while it is up.
    pub(crate) fate: Option<Fate>,
}

/// The state of a session whose question is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is kept.
    GoesOn,
    /// It has ended.
    Over,
}

/// A native dialog that asks. Its calls return at once, on any thread.
pub(crate) trait QuestionDialog: Send {
    /// Asks, in this language until the dialog is answered. Whatever dialog is still up, with its last word, goes.
    fn show(&self, rows: Vec<Row>, language: Language, answer: Answer);
    /// Shows how things stand now, unless the user has ended the dialog. A row keeps its place; new ones are at the end,
    /// and make the dialog wait again before it takes an answer. When every question is answered or over, the dialog shows that,
    /// takes no answer any more, and goes after [`FAREWELL`].
    fn update(&self, rows: Vec<Row>);
}

/// The dialog of this platform.
pub(crate) fn dialog(app: &AppHandle) -> impl QuestionDialog + use<> {
    imp::Dialog::new(app)
}

/// The questions that an answer is for.
pub(crate) fn open_questions(rows: &[Row]) -> Vec<u64> {
    rows.iter().filter(|row| row.fate.is_none()).map(|row| row.question.id).collect()
}

/// Whether a question is there that was not there before.
pub(crate) fn has_joined(before: &[Row], now: &[Row]) -> bool {
    now.iter().any(|row| before.iter().all(|was| was.question.id != row.question.id))
}

/// The time, in seconds, below which a closed question does not come back: too short to read and answer it.
const TOO_SHORT: u64 = 5;

/// Keeps the dialog as the snapshots say.
///
/// Escape and the close button are often hit by accident. A question that was closed without an answer comes back when half
/// of the time that was left has passed, until [`TOO_SHORT`]. One that only says that the end is near does not.
pub(crate) struct Asker<D> {
    dialog: D,
    /// What the dialog shows; empty without a dialog.
    rows: Vec<Row>,
    heard: Arc<Mutex<Heard>>,
    answered: Arc<dyn Fn(Vec<u64>, bool) + Send + Sync>,
}

/// What the dialogs have said.
#[derive(Default)]
struct Heard {
    /// Questions that the user has answered, while they are still in the snapshots.
    done: Vec<u64>,
    /// Questions that the user has closed without an answer, and with how many seconds left, once a snapshot has said it.
    closed: Vec<(u64, Option<u64>)>,
    /// How many dialogs there have been.
    dialogs: u64,
    /// Whether the user has ended the last one.
    ended: bool,
}

fn lock(heard: &Mutex<Heard>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<D: QuestionDialog> Asker<D> {
    /// Asks with this dialog; answers go to `answered` with the questions that they are for.
    pub(crate) fn new(dialog: D, answered: impl Fn(Vec<u64>, bool) + Send + Sync + 'static) -> Self {
        Self { dialog, rows: Vec::new(), heard: Arc::default(), answered: Arc::new(answered) }
    }

    /// Follows the newest snapshot.
    pub(crate) fn follow(&mut self, snapshot: &Snapshot) {
        let questions = self.still_to_ask(&snapshot.questions);
        if self.rows.is_empty() {
            if !questions.is_empty() {
                self.rows = questions.into_iter().map(|question| Row { question, fate: None }).collect();
                let answer = self.answer();
                self.dialog.show(self.rows.clone(), snapshot.language.used, answer);
            }
            return;
        }
        let mut rows = self.rows.clone();
        for row in &mut rows {
            match questions.iter().find(|question| question.id == row.question.id) {
                Some(question) => row.question = question.clone(),
                None => row.fate = row.fate.or_else(|| Some(fate(snapshot, &row.question))),
            }
        }
        let is_new = |question: &&Question| rows.iter().all(|row| row.question.id != question.id);
        let joining: Vec<Row> = questions
            .iter()
            .filter(is_new)
            .map(|question| Row { question: question.clone(), fate: None })
            .collect();
        if open_questions(&rows).is_empty() && !joining.is_empty() {
            // What was asked is settled; this is asked anew.
            self.rows = joining;
            let answer = self.answer();
            return self.dialog.show(self.rows.clone(), snapshot.language.used, answer);
        }
        rows.extend(joining);
        if rows == self.rows {
            return;
        }
        self.dialog.update(rows.clone());
        if open_questions(&rows).is_empty() {
            rows.clear();
        }
        self.rows = rows;
    }

    /// The questions that the user has not answered, without those that were closed a moment ago. Forgets the dialog if the
    /// user has ended it.
    fn still_to_ask(&mut self, questions: &[Question]) -> Vec<Question> {
        let mut heard = lock(&self.heard);
        heard.done.retain(|done| questions.iter().any(|question| question.id == *done));
        heard.closed.retain_mut(|(id, then)| {
            let Some(question) = questions.iter().find(|question| question.id == *id) else { return false };
            let then = *then.get_or_insert(question.seconds_left);
            !question.can_be_kept || question.seconds_left > then / 2 || question.seconds_left < TOO_SHORT
        });
        if heard.ended {
            self.rows.clear();
        }
        let rests = |id| heard.done.contains(&id) || heard.closed.iter().any(|(closed, _)| *closed == id);
        questions.iter().filter(|question| !rests(question.id)).cloned().collect()
    }

    fn answer(&self) -> Answer {
        let number = {
            let mut heard = lock(&self.heard);
            heard.dialogs += 1;
            heard.ended = false;
            heard.dialogs
        };
        let (heard, answered) = (Arc::clone(&self.heard), Arc::clone(&self.answered));
        Box::new(move |questions, keep| {
            {
                let mut heard = lock(&heard);
                match keep {
                    Some(_) => heard.done.extend(&questions),
                    None => heard.closed.extend(questions.iter().map(|id| (*id, None))),
                }
                heard.ended |= heard.dialogs == number;
            }
            if let Some(keep) = keep {
                answered(questions, keep);
            }
        })
    }
}

/// What has become of a session whose question is gone.
fn fate(snapshot: &Snapshot, question: &Question) -> Fate {
    let status = snapshot.accounts.iter().find(|status| status.account == question.account);
    let goes_on =
        status.is_some_and(|status| matches!(status.state, SessionState::Active | SessionState::Expiring));
    if goes_on { Fate::GoesOn } else { Fate::Over }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use abide_wire::{Limit, SessionStatus};

    /// What a dialog shows, and who hears of its end.
    type Up = (Vec<Row>, Answer);

    /// A dialog that only notes what it is told.
    #[derive(Clone, Default)]
    struct Double {
        calls: Arc<Mutex<Vec<String>>>,
        up: Arc<Mutex<Option<Up>>>,
    }

    fn described(rows: &[Row]) -> String {
        let rows: Vec<String> = rows
            .iter()
            .map(|row| match row.fate {
                None => format!("{}:{}", row.question.id, row.question.seconds_left),
                Some(fate) => format!("{}:{fate:?}", row.question.id),
            })
            .collect();
        rows.join(" ")
    }

    impl QuestionDialog for Double {
        fn show(&self, rows: Vec<Row>, _: Language, answer: Answer) {
            self.calls.lock().unwrap().push(format!("show {}", described(&rows)));
            *self.up.lock().unwrap() = Some((rows, answer));
        }
        fn update(&self, rows: Vec<Row>) {
            let mut up = self.up.lock().unwrap();
            if let Some((shown, _)) = &mut *up {
                self.calls.lock().unwrap().push(format!("update {}", described(&rows)));
                shown.clone_from(&rows);
                if open_questions(&rows).is_empty() {
                    *up = None;
                }
            }
        }
    }

    impl Double {
        /// The user ends the dialog.
        fn end(&self, keep: Option<bool>) {
            let (rows, answer) = self.up.lock().unwrap().take().unwrap();
            answer(open_questions(&rows), keep);
        }
    }

    fn question(id: u64, account: &str, seconds_left: u64) -> Question {
        Question {
            id,
            account: account.to_owned(),
            label: None,
            provider: "id.example.com".to_owned(),
            seconds_left,
            limit: Limit::Idle,
            can_be_kept: true,
            yes_keeps_until: 0,
        }
    }

    pub(crate) fn status(account: &str, state: SessionState) -> SessionStatus {
        SessionStatus {
            account: account.to_owned(),
            label: None,
            removing: false,
            issuer: String::new(),
            provider: "id.example.com".to_owned(),
            user: None,
            state,
            ended: None,
            ended_by: None,
            provider_end: None,
            sign_out_page: None,
            ended_at: None,
            expires_in: None,
            limit: None,
            lifetime: None,
            since: None,
            at_most_until: None,
            access_token_expires_in: None,
            renewable: true,
            can_be_kept: true,
            sign_in_needed: false,
            reminder: None,
            signing_in: false,
            attempt: None,
            provider_logout: None,
            provider_limit: None,
            frozen: false,
            layers: Vec::new(),
            signals: Vec::new(),
            clock_skew: None,
            advised_end_after: None,
            last_error: None,
            last_error_code: None,
            last_error_kind: None,
        }
    }

    /// A snapshot with these questions, in which both accounts are in these states.
    fn at(questions: &[Question], work: SessionState, home: SessionState) -> Snapshot {
        let accounts = vec![status("work", work), status("home", home)];
        Snapshot { accounts, questions: questions.to_vec(), warnings: Vec::new(), ..Snapshot::default() }
    }

    fn asking(questions: &[Question]) -> Snapshot {
        at(questions, SessionState::Active, SessionState::Active)
    }

    type Answers = Arc<Mutex<Vec<(Vec<u64>, bool)>>>;

    fn setting() -> (Double, Asker<Double>, Answers) {
        let (double, answers) = (Double::default(), Answers::default());
        let noted = Arc::clone(&answers);
        let asker = Asker::new(double.clone(), move |ids, keep| noted.lock().unwrap().push((ids, keep)));
        (double, asker, answers)
    }

    #[test]
    fn it_comes_counts_and_goes_as_the_snapshots_say() {
        let (double, mut asker, _) = setting();
        asker.follow(&asking(&[]));
        asker.follow(&asking(&[question(1, "work", 180)]));
        asker.follow(&asking(&[question(1, "work", 180)]));
        asker.follow(&asking(&[question(1, "work", 179)]));
        asker.follow(&asking(&[]));
        asker.follow(&asking(&[]));
        asker.follow(&asking(&[question(2, "work", 180)]));
        asker.follow(&at(&[], SessionState::Ended, SessionState::Active));
        assert_eq!(
            *double.calls.lock().unwrap(),
            ["show 1:180", "update 1:179", "update 1:GoesOn", "show 2:180", "update 2:Over"]
        );
    }

    #[test]
    fn another_question_joins_the_same_dialog_at_its_end() {
        let (double, mut asker, answers) = setting();
        let (work, home) = (question(1, "work", 100), question(9, "home", 50));
        asker.follow(&asking(std::slice::from_ref(&work)));
        asker.follow(&asking(&[home.clone(), work.clone()]));
        assert_eq!(*double.calls.lock().unwrap(), ["show 1:100", "update 1:100 9:50"]);
        double.end(Some(true));
        assert_eq!(*answers.lock().unwrap(), [(vec![1, 9], true)]);
    }

    #[test]
    fn an_answer_is_for_what_was_on_the_screen() {
        let (double, mut asker, answers) = setting();
        let (work, home) = (question(1, "work", 100), question(9, "home", 150));
        asker.follow(&asking(&[work.clone(), home.clone()]));
        asker.follow(&asking(std::slice::from_ref(&home)));
        assert_eq!(double.calls.lock().unwrap().last().unwrap(), "update 1:GoesOn 9:150");
        double.end(Some(false));
        assert_eq!(*answers.lock().unwrap(), [(vec![9], false)]);
    }

    #[test]
    fn a_late_answer_is_for_the_questions_of_its_own_dialog() {
        let (double, mut asker, answers) = setting();
        asker.follow(&asking(&[question(7, "work", 180)]));
        let (rows, late) = double.up.lock().unwrap().take().unwrap();
        asker.follow(&asking(&[]));
        asker.follow(&asking(&[question(8, "work", 180)]));
        late(open_questions(&rows), Some(true));
        assert_eq!(*answers.lock().unwrap(), [(vec![7], true)]);
        asker.follow(&asking(&[question(8, "work", 179)]));
        assert_eq!(
            double.calls.lock().unwrap().last().unwrap(),
            "update 8:179",
            "the new dialog is still up"
        );
    }

    #[test]
    fn what_was_closed_without_an_answer_comes_back_and_hides_nothing_else() {
        let (double, mut asker, answers) = setting();
        asker.follow(&asking(&[question(1, "work", 100)]));
        double.end(None);
        for left in [100, 99, 51, 50] {
            asker.follow(&asking(&[question(1, "work", left)]));
        }
        assert_eq!(*double.calls.lock().unwrap(), ["show 1:100", "show 1:50"], "at half of the time");
        double.end(None);
        asker.follow(&asking(&[question(1, "work", 49), question(9, "home", 150)]));
        assert_eq!(double.calls.lock().unwrap().last().unwrap(), "show 9:150");
        asker.follow(&asking(&[question(1, "work", 24), question(9, "home", 125)]));
        assert_eq!(double.calls.lock().unwrap().last().unwrap(), "update 9:125 1:24");
        assert!(answers.lock().unwrap().is_empty());
    }

    #[test]
    fn a_closed_question_stays_away_in_the_last_seconds_and_where_nothing_can_be_kept() {
        let (double, mut asker, _) = setting();
        asker.follow(&asking(&[question(1, "work", 8)]));
        double.end(None);
        let last = Question { can_be_kept: false, ..question(2, "home", 100) };
        for left in [8, 4, 1] {
            asker.follow(&asking(&[question(1, "work", left)]));
        }
        asker.follow(&asking(std::slice::from_ref(&last)));
        double.end(None);
        asker.follow(&asking(std::slice::from_ref(&last)));
        asker.follow(&asking(&[Question { seconds_left: 20, ..last }]));
        assert_eq!(*double.calls.lock().unwrap(), ["show 1:8", "show 2:100"]);
    }

    #[test]
    fn an_answered_question_is_not_shown_while_the_answer_is_on_its_way() {
        let (double, mut asker, _) = setting();
        asker.follow(&asking(&[question(1, "work", 100)]));
        double.end(Some(true));
        asker.follow(&asking(&[question(1, "work", 100), question(9, "home", 150)]));
        asker.follow(&asking(&[question(9, "home", 149)]));
        assert_eq!(*double.calls.lock().unwrap(), ["show 1:100", "show 9:150", "update 9:149"]);
    }

    #[test]
    fn when_one_goes_as_another_comes_it_is_asked_anew() {
        let (double, mut asker, _) = setting();
        asker.follow(&asking(&[question(1, "work", 100)]));
        asker.follow(&asking(&[question(9, "home", 150)]));
        assert_eq!(*double.calls.lock().unwrap(), ["show 1:100", "show 9:150"]);
    }

    #[test]
    fn a_question_that_joins_is_noticed() {
        let row = |id| Row { question: question(id, "work", 10), fate: None };
        assert!(has_joined(&[row(1)], &[row(1), row(2)]));
        assert!(!has_joined(&[row(1), row(2)], &[row(1), row(2)]));
    }
}
