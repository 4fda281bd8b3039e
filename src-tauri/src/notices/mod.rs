//! Notifications: what has happened, and the question, for users who answer it there.
//!
//! A notification about a question lives as long as the question. Its result then replaces it, so that no outdated
//! notification stays, and several questions share one notification.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use abide_locale::{common, desktop, time};
use abide_wire::{Language, Notice, NoticeKind, Question, Reminder, SessionStatus};

pub(crate) use self::imp::Board;

/// The place of a notification: a new one with the same place replaces the old one.
pub(crate) type Place = u64;

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Card {
    /// A short title. Text, never markup.
    pub(crate) title: String,
    /// Plain sentences. Text, never markup.
    pub(crate) body: String,
    /// The choices with their labels, if the desktop supports choices. A click on the notification itself always opens the
    /// window.
    pub(crate) choices: Vec<(Choice, String)>,
    /// The questions or reminders that a choice answers: those that the notification is about.
    pub(crate) questions: Vec<u64>,
}

/// What can be chosen on a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Keep the sessions.
    Keep,
    /// End them.
    SignOut,
    /// Sign in again, for a new session in the place of one that will end.
    SignIn,
    /// Be reminded in ten minutes.
    Later,
    /// Be reminded at this time, Unix seconds.
    LaterAt(u64),
}

impl Choice {
    /// The name of this choice where a desktop wants one. It comes back when the user chooses.
    fn name(self) -> String {
        match self {
            Self::Keep => "keep".to_owned(),
            Self::SignOut => "sign-out".to_owned(),
            Self::SignIn => "sign-in".to_owned(),
            Self::Later => "later".to_owned(),
            Self::LaterAt(time) => format!("{AT}{time}"),
        }
    }

    /// The choice with this name.
    fn named(name: &str) -> Option<Self> {
        match name {
            "keep" => Some(Self::Keep),
            "sign-out" => Some(Self::SignOut),
            "sign-in" => Some(Self::SignIn),
            "later" => Some(Self::Later),
            _ => name.strip_prefix(AT)?.parse().ok().map(Self::LaterAt),
        }
    }
}

/// Before the time in the name of [`Choice::LaterAt`].
const AT: &str = "at-";

/// What the user did with a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A click on the notification itself.
    Open,
    /// A choice, with the questions or reminders that it answers.
    Chosen(Choice, Vec<u64>),
}

/// Shows notifications. Its calls return at once; a desktop that shows none is not an error.
pub(crate) trait Shows: Send {
    /// Shows the card in this place.
    fn show(&self, place: Place, card: Card);
    /// Removes the notification in this place.
    fn clear(&self, place: Place);
}

/// Decides what is shown where.
pub(crate) struct Notices<S> {
    board: S,
    /// A time of day, of Unix seconds.
    clock: fn(u64) -> String,
    next: Place,
    /// The notification about the current questions.
    asked: Option<Asked>,
    /// The notification about ends that no use of a session can move: one for all of them.
    reminded: Option<Reminded>,
}

struct Reminded {
    place: Place,
    reminders: Vec<Reminder>,
}

struct Asked {
    place: Place,
    questions: Vec<Question>,
}

impl<S: Shows> Notices<S> {
    /// Shows notifications on this board; `clock` writes a time of day.
    pub(crate) fn new(board: S, clock: fn(u64) -> String) -> Self {
        Self { board, clock, next: 0, asked: None, reminded: None }
    }

    fn next_place(&mut self) -> Place {
        self.next += 1;
        self.next
    }

    /// Shows a notice; `questions` are the current ones. The notice is in the same language.
    pub(crate) fn tell(&mut self, notice: &Notice, questions: &[Question], language: Language) {
        if let Some(id) = notice.question {
            // A question that has already ended needs no notification.
            if questions.iter().any(|question| question.id == id) {
                let place = self.asked.take().map_or_else(|| self.next_place(), |asked| asked.place);
                self.board.show(place, about(questions, Some(notice), language));
                self.asked = Some(Asked { place, questions: questions.to_vec() });
            }
            return;
        }
        let place = match self.ends_what_was_asked(notice) {
            Some(place) => place,
            None => self.next_place(),
        };
        let (title, body) = (notice.title.clone(), notice.body.clone());
        self.board.show(place, Card { title, body, choices: Vec::new(), questions: Vec::new() });
    }

    /// Shows a reminder; `accounts` are the current ones. All reminders share one notification.
    pub(crate) fn remind(&mut self, notice: &Notice, accounts: &[SessionStatus], language: Language) {
        let place = self.reminded.take().map_or_else(|| self.next_place(), |reminded| reminded.place);
        self.board.show(place, about_reminders(accounts, Some(notice), language, self.clock));
        self.reminded = Some(Reminded { place, reminders: reminders(accounts) });
    }

    /// Updates the notification for the current reminders.
    pub(crate) fn follow_reminders(&mut self, accounts: &[SessionStatus], language: Language) {
        let Some(reminded) = &mut self.reminded else { return };
        let (place, current) = (reminded.place, reminders(accounts));
        if current.is_empty() {
            self.board.clear(place);
            self.reminded = None;
        } else if current.len() < reminded.reminders.len() {
            self.board.show(place, about_reminders(accounts, None, language, self.clock));
            reminded.reminders = current;
        }
    }

    /// The place of a question's notification, if this notice reports its end and it was about that question only.
    fn ends_what_was_asked(&mut self, notice: &Notice) -> Option<Place> {
        let is_end = matches!(notice.kind, NoticeKind::StillActive | NoticeKind::Ended);
        let asked = self.asked.take_if(|asked| match asked.questions.as_slice() {
            [only] => is_end && Some(&only.account) == notice.account.as_ref(),
            _ => false,
        })?;
        Some(asked.place)
    }

    /// Updates the notification for the current questions.
    pub(crate) fn follow(&mut self, questions: &[Question], language: Language) {
        let Some(asked) = &mut self.asked else { return };
        let before = asked.questions.len();
        let is_up = |id| questions.iter().any(|question| question.id == id);
        asked.questions.retain(|question| is_up(question.id));
        let place = asked.place;
        if asked.questions.is_empty() {
            self.board.clear(place);
            self.asked = None;
        } else if asked.questions.len() < before {
            let remaining: Vec<Question> = questions
                .iter()
                .filter(|up| asked.questions.iter().any(|was| was.id == up.id))
                .cloned()
                .collect();
            self.board.show(place, about(&remaining, None, language));
            asked.questions = remaining;
        }
    }
}

/// The notification about these questions. The text about a single question comes from its notice.
fn about(questions: &[Question], notice: Option<&Notice>, language: Language) -> Card {
    let can_be_kept = questions.iter().any(|question| question.can_be_kept);
    let count = questions.len();
    let (title, body) = match notice.filter(|_| count == 1) {
        Some(notice) => (notice.title.clone(), notice.body.clone()),
        None => {
            let title = match can_be_kept {
                true => desktop::notice_keep(language, count),
                false => desktop::notice_ends_soon(language, count),
            };
            let lines: Vec<String> = questions.iter().map(|question| line(question, language)).collect();
            (title, lines.join("\n"))
        }
    };
    let mut choices = Vec::new();
    if can_be_kept {
        choices.push((Choice::Keep, desktop::notice_choice_keep(language, count)));
    }
    let sign_out = match count {
        1 => common::action_sign_out(language),
        _ => desktop::notice_choice_sign_out_of_all(language),
    };
    choices.push((Choice::SignOut, sign_out));
    Card { title, body, choices, questions: questions.iter().map(|question| question.id).collect() }
}

fn reminders(accounts: &[SessionStatus]) -> Vec<Reminder> {
    accounts.iter().filter_map(|status| status.reminder.clone()).collect()
}

/// The notification about ends that no use of a session can move. The text about a single one comes from its notice.
fn about_reminders(
    accounts: &[SessionStatus],
    notice: Option<&Notice>,
    language: Language,
    clock: fn(u64) -> String,
) -> Card {
    let due: Vec<&SessionStatus> = accounts.iter().filter(|status| status.reminder.is_some()).collect();
    let (title, body) = match notice.filter(|_| due.len() <= 1) {
        Some(notice) => (notice.title.clone(), notice.body.clone()),
        None => {
            let titles: Vec<&str> = due.iter().map(|status| status.title()).collect();
            (desktop::notice_reminder(language, due.len()), titles.join("\n"))
        }
    };
    let mut choices = Vec::new();
    // One browser at a time.
    if due.len() == 1 {
        choices.push((Choice::SignIn, common::action_sign_in_again(language)));
    }
    choices.push((Choice::Later, common::action_remind_later(language)));
    // A time that suits all of them.
    let later: Option<Vec<u64>> = reminders(accounts).iter().map(|reminder| reminder.later_at).collect();
    if let Some(time) = later.into_iter().flatten().min() {
        choices.push((Choice::LaterAt(time), desktop::notice_remind_at(language, clock(time))));
    }
    Card { title, body, choices, questions: reminders(accounts).iter().map(|reminder| reminder.id).collect() }
}

fn line(question: &Question, language: Language) -> String {
    let (account, provider) = (question.title(), &question.provider);
    let left = time::duration(language, question.seconds_left);
    match question.can_be_kept {
        true => desktop::notice_question_line(language, account, provider, left),
        false => desktop::notice_question_line_fixed(language, account, provider, left),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::{Arc, Mutex};

    use abide_wire::{Limit, SessionState};

    use super::*;

    /// A call of the board: what was shown in a place, or `None` if it was removed.
    type Call = (Place, Option<Card>);

    /// Records what was shown and removed, in order.
    #[derive(Clone, Default)]
    struct Double(Arc<Mutex<Vec<Call>>>);

    impl Shows for Double {
        fn show(&self, place: Place, card: Card) {
            self.0.lock().unwrap().push((place, Some(card)));
        }
        fn clear(&self, place: Place) {
            self.0.lock().unwrap().push((place, None));
        }
    }

    impl Double {
        fn places(&self) -> Vec<(Place, bool)> {
            self.0.lock().unwrap().iter().map(|(place, card)| (*place, card.is_some())).collect()
        }
        fn last(&self) -> Card {
            self.0.lock().unwrap().last().unwrap().1.clone().unwrap()
        }
    }

    fn question(id: u64, account: &str) -> Question {
        Question {
            id,
            account: account.to_owned(),
            label: None,
            provider: "id.example.com".to_owned(),
            seconds_left: 178,
            limit: Limit::Idle,
            can_be_kept: true,
            yes_keeps_until: 0,
        }
    }

    fn notice(kind: NoticeKind, account: &str, question: Option<u64>) -> Notice {
        let (title, body) = (format!("{kind:?}"), format!("About {account}."));
        Notice { kind, account: Some(account.to_owned()), question, title, body }
    }

    fn setting() -> (Double, Notices<Double>) {
        let double = Double::default();
        (double.clone(), Notices::new(double, |unix| format!("{:02}:00", unix / 3600 % 24)))
    }

    #[test]
    fn a_question_can_be_answered_on_its_notification() {
        let (board, mut notices) = setting();
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[question(7, "work")], Language::En);
        let card = board.last();
        assert_eq!((card.title.as_str(), card.body.as_str()), ("Expiring", "About work."));
        assert_eq!(
            card.choices,
            [(Choice::Keep, "Keep".to_owned()), (Choice::SignOut, "Sign out".to_owned())]
        );
        assert_eq!(card.questions, [7]);
    }

    #[test]
    fn what_cannot_be_kept_is_not_offered_to_be_kept() {
        let (board, mut notices) = setting();
        let fixed = Question { can_be_kept: false, ..question(7, "work") };
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[fixed], Language::En);
        assert_eq!(board.last().choices, [(Choice::SignOut, "Sign out".to_owned())]);
    }

    #[test]
    fn it_goes_with_its_question() {
        let (board, mut notices) = setting();
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[question(7, "work")], Language::En);
        notices.follow(&[question(7, "work")], Language::En);
        notices.follow(&[], Language::En);
        notices.follow(&[], Language::En);
        assert_eq!(board.places(), [(1, true), (1, false)]);
    }

    #[test]
    fn what_happened_takes_its_place() {
        let (board, mut notices) = setting();
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[question(7, "work")], Language::En);
        notices.tell(&notice(NoticeKind::StillActive, "work", None), &[], Language::En);
        notices.follow(&[], Language::En);
        assert_eq!(board.places(), [(1, true), (1, true)]);
        assert_eq!(board.last().title, "StillActive");
        assert!(board.last().choices.is_empty());
        notices.tell(&notice(NoticeKind::SignedIn, "work", None), &[], Language::En);
        assert_eq!(board.places().last(), Some(&(2, true)), "the next is a notification of its own");
    }

    #[test]
    fn several_questions_are_one_notification() {
        let (board, mut notices) = setting();
        let both = [question(7, "work"), question(8, "home")];
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &both[..1], Language::En);
        notices.tell(&notice(NoticeKind::Expiring, "home", Some(8)), &both, Language::En);
        assert_eq!(board.places(), [(1, true), (1, true)]);
        let card = board.last();
        assert_eq!(card.title, "Keep your sessions?");
        assert_eq!(
            card.body,
            "work \u{b7} id.example.com ends in 2 min 58 s.\nhome \u{b7} id.example.com ends in 2 min 58 s."
        );
        assert_eq!(card.questions, [7, 8]);
        assert_eq!(card.choices[0], (Choice::Keep, "Keep all".to_owned()));

        // One of them has ended: that is a separate notification, and the other question's stays.
        notices.tell(&notice(NoticeKind::Ended, "work", None), &both[1..], Language::En);
        notices.follow(&both[1..], Language::En);
        assert_eq!(board.places()[2..], [(2, true), (1, true)]);
        assert_eq!(board.last().questions, [8]);
        assert_eq!(board.last().choices[0], (Choice::Keep, "Keep".to_owned()));
    }

    #[test]
    fn an_account_is_called_by_its_title() {
        let (board, mut notices) = setting();
        let named = Question { label: Some("Example & Sons".to_owned()), ..question(7, "work") };
        let both = [named, question(8, "home")];
        notices.tell(&notice(NoticeKind::Expiring, "home", Some(8)), &both, Language::En);
        let body = board.last().body;
        assert!(body.starts_with("Example & Sons \u{b7} id.example.com"), "{body}");
        let work = SessionStatus { label: Some("Example & Sons".to_owned()), ..due("work", 4) };
        notices.remind(&notice(NoticeKind::Reminder, "home", None), &[work, due("home", 5)], Language::En);
        assert_eq!(board.last().body, "Example & Sons\nhome");
    }

    #[test]
    fn a_question_that_is_moot_already_is_not_announced() {
        let (board, mut notices) = setting();
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[], Language::En);
        assert!(board.places().is_empty());
    }

    #[test]
    fn news_of_another_account_leaves_the_question_alone() {
        let (board, mut notices) = setting();
        notices.tell(&notice(NoticeKind::Expiring, "work", Some(7)), &[question(7, "work")], Language::En);
        notices.tell(&notice(NoticeKind::Ended, "home", None), &[question(7, "work")], Language::En);
        assert_eq!(board.places(), [(1, true), (2, true)]);
    }

    fn due(account: &str, id: u64) -> SessionStatus {
        SessionStatus {
            account: account.to_owned(),
            label: None,
            removing: false,
            issuer: String::new(),
            provider: "id.example.com".to_owned(),
            user: None,
            state: SessionState::Active,
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
            reminder: Some(Reminder { id, limit: Limit::Absolute, ends_at: 0, later_at: None }),
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

    #[test]
    fn a_reminder_can_be_put_off_to_a_whole_hour_that_suits_all() {
        let (board, mut notices) = setting();
        let mut due_at = |hours: &[Option<u64>]| {
            let accounts: Vec<SessionStatus> = hours
                .iter()
                .map(|hour| {
                    let mut status = due("work", 4);
                    status.reminder.as_mut().unwrap().later_at = hour.map(|hour| hour * 3600);
                    status
                })
                .collect();
            notices.remind(&notice(NoticeKind::Reminder, "work", None), &accounts, Language::En);
            board.last().choices
        };
        let choices = due_at(&[Some(17)]);
        let at = Choice::LaterAt(17 * 3600);
        assert_eq!(
            choices.iter().map(|(choice, _)| *choice).collect::<Vec<_>>(),
            [Choice::SignIn, Choice::Later, at]
        );
        assert_eq!(choices[2].1, "Remind me at 17:00");
        assert_eq!(due_at(&[Some(17), Some(16)]).last().unwrap().0, Choice::LaterAt(16 * 3600));
        assert_eq!(due_at(&[Some(17), None]).last().unwrap().0, Choice::Later, "not for all");
        for choice in [Choice::Keep, Choice::SignOut, Choice::SignIn, Choice::Later, at] {
            assert_eq!(Choice::named(&choice.name()), Some(choice));
        }
        assert_eq!(Choice::named("at-"), None);
    }

    #[test]
    fn all_reminders_share_one_notification_which_goes_with_the_last() {
        let board = Double::default();
        let mut notices = Notices::new(board.clone(), |unix| format!("{:02}:00", unix / 3600 % 24));
        let notice = |account: &str| Notice {
            kind: NoticeKind::Reminder,
            account: Some(account.to_owned()),
            question: None,
            title: "Your session will end".to_owned(),
            body: "In 3 h.".to_owned(),
        };
        let (work, home) = (due("work", 4), due("home", 5));
        notices.remind(&notice("work"), std::slice::from_ref(&work), Language::En);
        let card = board.last();
        assert_eq!(card.body, "In 3 h.");
        let choices: Vec<Choice> = card.choices.iter().map(|(choice, _)| *choice).collect();
        assert_eq!((choices, card.questions), (vec![Choice::SignIn, Choice::Later], vec![4]));
        notices.remind(&notice("home"), &[work.clone(), home], Language::En);
        let card = board.last();
        assert_eq!((card.body.as_str(), card.questions), ("work\nhome", vec![4, 5]));
        assert_eq!(card.choices.len(), 1, "one browser at a time");
        notices.follow_reminders(&[work], Language::En);
        assert_eq!(board.last().body, "work");
        notices.follow_reminders(&[], Language::En);
        let places = board.places();
        assert!(places.iter().all(|(place, _)| *place == places[0].0), "one place: {places:?}");
        assert_eq!(places.last().map(|(_, shown)| *shown), Some(false));
    }
}
