//! A whole day, with all outputs of a session, to the second. Redraws are counted, all others are named.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    Activity, EndReason, Input, OnLock, Output, RefreshFailure, Rules, TokenRequest, TokenVerdict, Tokens,
};
use common::{Story, attempt, minutes, question, seconds, tokens};

/// A story that records what happened when.
struct Diary {
    story: Story,
    morning: std::time::Duration,
    lines: Vec<String>,
    redraws: usize,
}

impl Diary {
    fn new(rules: Rules) -> Self {
        let story = Story::with_rules(rules);
        let morning = story.now.boot - minutes(8 * 60);
        Self { story, morning, lines: Vec::new(), redraws: 0 }
    }

    fn note(&mut self, outputs: &[Output]) {
        let time = (self.story.now.boot - self.morning).as_secs();
        for output in outputs {
            if *output == Output::Changed {
                self.redraws += 1;
            } else {
                self.lines.push(format!(
                    "{:02}:{:02}:{:02} {output:?}",
                    time / 3600,
                    time / 60 % 60,
                    time % 60
                ));
            }
        }
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        let outputs = self.story.input(input);
        self.note(&outputs);
        outputs
    }

    /// Keeps every deadline until this time of day.
    fn until(&mut self, hour: u64, minute: u64) -> Vec<Output> {
        let end = self.morning + minutes(hour * 60 + minute);
        let mut all = Vec::new();
        while let Some(deadline) = self.story.session.deadline().filter(|deadline| *deadline <= end) {
            let step = deadline - self.story.now.boot;
            self.story.pass(step);
            all.extend(self.input(Input::Tick));
        }
        let rest = end - self.story.now.boot;
        self.story.pass(rest);
        all
    }

    /// The machine sleeps: deadlines are not kept.
    fn sleep_until(&mut self, hour: u64, minute: u64) {
        self.input(Input::Suspending);
        let time = self.morning + minutes(hour * 60 + minute) - self.story.now.boot;
        self.story.pass(time);
    }

    fn sign_in(&mut self) {
        let attempt = attempt(&self.input(Input::Login)).unwrap();
        self.story.pass(seconds(20));
        self.input(Input::Authorized { attempt, tokens: hour() });
    }

    /// A tool asks. A refresh for it succeeds a second later, whether the tool waits or not.
    fn tool(&mut self) -> TokenVerdict {
        let request = TokenRequest { min_validity: seconds(10), activity: true };
        let verdict = self.story.session.token(self.story.now, request);
        let outputs = self.story.drain();
        self.note(&outputs);
        if let Some(attempt) = attempt(&outputs) {
            self.story.pass(seconds(1));
            self.input(Input::Refreshed { attempt, tokens: hour() });
        }
        verdict
    }
}

fn hour() -> Tokens {
    Tokens { access_expires_in: Some(minutes(60)), ..tokens() }
}

#[test]
fn a_day_at_work() {
    let mut day = Diary::new(Rules { activity: Activity::Both, on_lock: OnLock::Freeze, ..Rules::default() });
    day.sign_in();
    // A tool works through the first hour and a half.
    for minute in [10, 20, 30, 40, 50, 60, 65, 75, 85, 90] {
        day.until(8 + minute / 60, minute % 60);
        day.tool();
    }
    // Nothing uses it, but the user types: no question.
    day.until(9, 42);
    day.input(Input::UserInput { ago: seconds(30) });
    // Coffee. The question comes, and a tool answers it.
    let asked = day.until(9, 53);
    assert_eq!(question(&asked), None);
    day.until(9, 54);
    day.tool();
    // A meeting: asked, and the user says Yes; the provider is away for a moment.
    day.until(10, 6);
    let asked = question(&day.input(Input::UserInputUnknown)).unwrap();
    let refresh = attempt(&day.input(Input::Answer { question: asked, keep: true })).unwrap();
    day.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    let again = attempt(&day.until(10, 8)).unwrap();
    day.input(Input::Refreshed { attempt: again, tokens: hour() });
    // Lunch, with the screen locked: nothing is served, and time runs on.
    day.input(Input::Locked);
    assert_eq!(day.tool(), TokenVerdict::Frozen);
    day.until(10, 15);
    day.input(Input::Unlocked);
    // The lid is closed for the afternoon.
    day.sleep_until(16, 0);
    assert_eq!(day.tool(), TokenVerdict::Ended(EndReason::IdleTimeout));
    // Once more, until the evening; then out.
    day.sign_in();
    day.until(16, 10);
    day.input(Input::Logout);
    assert_eq!(day.until(24, 0), [], "nothing happens at night");
    let lines: Vec<&str> = day.lines.iter().map(String::as_str).collect();
    assert_eq!(lines, EXPECTED.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>());
    assert_eq!(day.redraws, 195);
}

const EXPECTED: &str = "
    08:00:00 Authorize { attempt: Attempt(1) }
    08:00:20 Began
    08:00:20 Checkpoint
    08:10:10 Checkpoint
    08:20:10 Checkpoint
    08:30:10 Checkpoint
    08:40:10 Checkpoint
    08:50:10 Checkpoint
    09:00:00 Refresh { attempt: Attempt(2) }
    09:00:01 Checkpoint
    09:00:10 Checkpoint
    09:05:10 Checkpoint
    09:15:10 Checkpoint
    09:25:10 Checkpoint
    09:30:10 Checkpoint
    09:42:00 QueryIdleTime
    09:42:10 Checkpoint
    09:53:30 QueryIdleTime
    09:53:31 Ask { question: QuestionId(1) }
    09:53:33 QueryIdleTime
    09:53:36 QueryIdleTime
    09:53:39 QueryIdleTime
    09:53:42 QueryIdleTime
    09:53:45 QueryIdleTime
    09:53:48 QueryIdleTime
    09:53:51 QueryIdleTime
    09:53:54 QueryIdleTime
    09:53:57 QueryIdleTime
    09:54:00 QueryIdleTime
    09:54:00 Withdraw { question: QuestionId(1), why: Activity }
    09:54:10 Checkpoint
    10:06:00 QueryIdleTime
    10:06:00 Ask { question: QuestionId(2) }
    10:06:00 Withdraw { question: QuestionId(2), why: Answered }
    10:06:00 Refresh { attempt: Attempt(3) }
    10:06:00 Checkpoint
    10:06:01 Refresh { attempt: Attempt(4) }
    10:06:10 Checkpoint
    10:08:00 Checkpoint
    10:15:00 Checkpoint
    16:00:00 Ended { reason: IdleTimeout }
    16:00:00 Authorize { attempt: Attempt(5) }
    16:00:20 Began
    16:00:20 Checkpoint
    16:10:00 Ended { reason: UserLogout }
";
