//! Whatever happens, in whatever order, with whatever clock: the limits hold.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use abide_session::{
    Attempt, EndReason, Input, Limits, Output, QuestionId, RefreshFailure, State, TokenRequest, TokenVerdict,
    Tokens,
};
use common::{Story, seconds};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Event {
    Pass(u64),
    Sleep(u64),
    WallJump(i64),
    Login,
    Authorized(Option<u64>, bool),
    Activity,
    Token(u64),
    Refreshed,
    Failed(bool),
    Answer(bool),
    StaleAnswer(bool),
    Keep,
    Logout,
    Restart(bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (1..90_000u64).prop_map(Event::Pass),
        1 => (1..2_000_000u64).prop_map(Event::Sleep),
        1 => (-10_000_000..10_000_000i64).prop_map(Event::WallJump),
        2 => Just(Event::Login),
        3 => (proptest::option::of(10..900u64), any::<bool>()).prop_map(|(s, r)| Event::Authorized(s, r)),
        3 => Just(Event::Activity),
        3 => (0..600u64).prop_map(Event::Token),
        2 => Just(Event::Refreshed),
        1 => any::<bool>().prop_map(Event::Failed),
        2 => any::<bool>().prop_map(Event::Answer),
        1 => any::<bool>().prop_map(Event::StaleAnswer),
        1 => Just(Event::Keep),
        1 => Just(Event::Logout),
        1 => any::<bool>().prop_map(Event::Restart),
    ]
}

/// What an observer knows: when the session began, when it was last used, what is under way.
struct Observer {
    story: Story,
    limits: Limits,
    began: Option<Duration>,
    used: Duration,
    attempt: Option<Attempt>,
    question: Option<QuestionId>,
    old_question: Option<QuestionId>,
}

impl Observer {
    fn see(&mut self, outputs: Vec<Output>) -> Result<(), TestCaseError> {
        let boot = self.story.now.boot;
        for output in outputs {
            match output {
                Output::Authorize { attempt } | Output::Refresh { attempt } => self.attempt = Some(attempt),
                Output::Ask { question } => {
                    prop_assert!(self.began.is_some(), "a question without a session");
                    self.question = Some(question);
                }
                Output::Withdraw { question, .. } => {
                    prop_assert_eq!(self.question.take(), Some(question));
                    self.old_question = Some(question);
                }
                Output::Began => (self.began, self.used) = (Some(boot), boot),
                Output::Ended { reason } => {
                    let began = self.began.take();
                    prop_assert!(began.is_some() && self.question.is_none(), "an end out of nothing");
                    if reason == EndReason::IdleTimeout {
                        prop_assert!(boot >= self.used, "ended before it was idle");
                    }
                }
                _ => {}
            }
        }
        let live = matches!(self.story.session.state(), State::Active | State::Expiring);
        prop_assert_eq!(live, self.began.is_some());
        if let Some(began) = self.began {
            prop_assert!(boot < self.used + self.limits.end_after(), "outlived the idle limit");
            prop_assert!(boot < began + self.limits.absolute(), "outlived the absolute limit");
        }
        prop_assert_eq!(self.story.session.state() == State::Expiring, self.question.is_some());
        if let Some(deadline) = self.story.session.deadline() {
            prop_assert!(deadline > boot, "a deadline that has passed");
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> Result<(), TestCaseError> {
        self.story.session.handle(self.story.now, input);
        let live_before_use = matches!(self.story.session.state(), State::Active | State::Expiring);
        if live_before_use
            && matches!(input, Input::Activity | Input::Keep | Input::Answer { keep: true, .. })
        {
            self.used = self.story.now.boot;
        }
        let outputs = self.story.drain();
        self.see(outputs)
    }

    fn pass(&mut self, milliseconds: u64) -> Result<(), TestCaseError> {
        let end = self.story.now.boot + Duration::from_millis(milliseconds);
        while let Some(deadline) = self.story.session.deadline().filter(|deadline| *deadline <= end) {
            let step = deadline - self.story.now.boot;
            self.story.pass(step);
            self.input(Input::Tick)?;
        }
        let rest = end - self.story.now.boot;
        self.story.pass(rest);
        self.input(Input::Tick)
    }

    fn restart(&mut self, same_boot: bool) -> Result<(), TestCaseError> {
        let Some(checkpoint) = self.story.session.checkpoint(self.story.now) else { return Ok(()) };
        self.story.session =
            abide_session::Session::restore(self.limits, &checkpoint, self.story.now, same_boot);
        // What was under way went with the process, its dialog too.
        (self.attempt, self.question, self.old_question) = (None, None, None);
        let outputs = self.story.drain();
        self.see(outputs)
    }

    fn happen(&mut self, event: Event) -> Result<(), TestCaseError> {
        let tokens = |session: Option<u64>, renewable| Tokens {
            access_expires_in: Some(seconds(300)),
            renewable,
            session_expires_in: session.map(seconds),
        };
        match event {
            Event::Pass(time) => self.pass(time),
            Event::Sleep(time) => {
                self.story.pass(Duration::from_millis(time));
                self.input(Input::Tick)
            }
            Event::WallJump(by) => {
                let wall = self.story.now.wall.as_secs().saturating_add_signed(by);
                self.story.now.wall = seconds(wall);
                self.input(Input::Tick)
            }
            Event::Login => self.input(Input::Login),
            Event::Authorized(session, renewable) => match self.attempt {
                Some(attempt) => {
                    self.input(Input::Authorized { attempt, tokens: tokens(session, renewable) })
                }
                None => Ok(()),
            },
            Event::Activity => self.input(Input::Activity),
            Event::Token(min_validity) => {
                let request = TokenRequest { min_validity: seconds(min_validity), activity: true };
                let verdict = self.story.session.token(self.story.now, request);
                let given =
                    matches!(verdict, TokenVerdict::Serve | TokenVerdict::Wait(_) | TokenVerdict::Held);
                prop_assert!(!given || self.began.is_some(), "a token without a session");
                if given {
                    self.used = self.story.now.boot;
                }
                let outputs = self.story.drain();
                self.see(outputs)
            }
            Event::Refreshed => match self.attempt {
                Some(attempt) => self.input(Input::Refreshed { attempt, tokens: tokens(None, true) }),
                None => Ok(()),
            },
            Event::Failed(rejected) => match self.attempt {
                Some(attempt) => {
                    let failure =
                        if rejected { RefreshFailure::Rejected } else { RefreshFailure::Unreachable };
                    self.input(Input::RefreshFailed { attempt, failure })
                }
                None => Ok(()),
            },
            Event::Answer(keep) => match self.question {
                Some(question) => self.input(Input::Answer { question, keep }),
                None => Ok(()),
            },
            Event::StaleAnswer(keep) => match self.old_question {
                Some(question) => {
                    let before = self.story.session.state();
                    self.input(Input::Answer { question, keep })?;
                    prop_assert_eq!(before, self.story.session.state());
                    Ok(())
                }
                None => Ok(()),
            },
            Event::Keep => self.input(Input::Keep),
            Event::Logout => self.input(Input::Logout),
            Event::Restart(same_boot) => self.restart(same_boot),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(4_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_session_outlives_its_limits(events in proptest::collection::vec(event(), 1..60)) {
        let limits = Limits::new(seconds(300), seconds(240), seconds(1800)).unwrap();
        let story = Story::with(limits);
        let mut observer = Observer {
            used: story.now.boot, story, limits, began: None, attempt: None, question: None, old_question: None,
        };
        for event in events {
            observer.happen(event)?;
        }
    }
}
