//! Whatever happens, in whatever order, with whatever clock: the limits hold.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use abide_session::{
    Activity, Attempt, EndReason, Input, Limits, OnLock, Output, Probe, QuestionId, RefreshFailure,
    ResourceToken, ResourceVerdict, Rules, Signal, State, TokenRequest, TokenVerdict, Tokens, Withdrawn,
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
    Seen(u64),
    NotSeen,
    Locked,
    Unlocked,
    Suspend(u64),
    Doubted,
    ProviderEnded,
    Checked(Probe),
    SteppedUp(Option<u64>, bool),
    Renew,
    Target(u64),
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
        2 => (0..400u64).prop_map(Event::Seen),
        1 => Just(Event::NotSeen),
        1 => Just(Event::Locked),
        1 => Just(Event::Unlocked),
        1 => (1..2_000_000u64).prop_map(Event::Suspend),
        1 => Just(Event::Doubted),
        1 => Just(Event::ProviderEnded),
        2 => prop_oneof![Just(Probe::Accepted), Just(Probe::Unknown), Just(Probe::Rejected(Signal::UserInfo))]
            .prop_map(Event::Checked),
        1 => (proptest::option::of(1..2_000u64), any::<bool>()).prop_map(|(session, renewable)| Event::SteppedUp(session, renewable)),
        1 => Just(Event::Renew),
        1 => (0..400u64).prop_map(Event::Target),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let activity = prop_oneof![Just(Activity::Requests), Just(Activity::Input), Just(Activity::Both)];
    let on_lock = prop_oneof![Just(OnLock::Keep), Just(OnLock::Freeze), Just(OnLock::End)];
    let probe_every = proptest::option::of(Just(seconds(45)));
    (activity, on_lock, probe_every).prop_map(|(activity, on_lock, probe_every)| Rules {
        limits: Limits::new(seconds(300), seconds(240), seconds(1800)).unwrap(),
        activity,
        on_lock,
        probe_every,
    })
}

/// What an observer knows: when the session began, when it was last used, what is under way.
struct Observer {
    story: Story,
    rules: Rules,
    locked: bool,
    began: Option<Duration>,
    used: Duration,
    attempt: Option<Attempt>,
    question: Option<QuestionId>,
    old_question: Option<QuestionId>,
    check: Option<Attempt>,
    /// Whether anybody has said of this session that it is over at the provider.
    doubted: bool,
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
                Output::Withdraw { question, why } => {
                    prop_assert_eq!(self.question.take(), Some(question));
                    self.old_question = Some(question);
                    if why == Withdrawn::Presence {
                        prop_assert!(!self.locked && self.rules.activity != Activity::Requests);
                    }
                }
                Output::QueryIdleTime => {
                    prop_assert!(self.rules.activity != Activity::Requests, "nobody asked for that");
                }
                Output::Began => (self.began, self.used, self.doubted) = (Some(boot), boot, false),
                Output::ProbeProvider { attempt } => {
                    prop_assert!(self.began.is_some() && self.rules.probe_every.is_some());
                    self.check = Some(attempt);
                }
                Output::Ended { reason } => {
                    let began = self.began.take();
                    prop_assert!(began.is_some() && self.question.is_none(), "an end out of nothing");
                    if reason == EndReason::IdleTimeout {
                        prop_assert!(boot >= self.used, "ended before it was idle");
                    }
                    if matches!(reason, EndReason::ProviderLogout(_)) {
                        prop_assert!(self.doubted, "the provider ended it, and nobody said so");
                    }
                }
                _ => {}
            }
        }
        let live = matches!(self.story.session.state(), State::Active | State::Expiring);
        prop_assert_eq!(live, self.began.is_some());
        if let Some(began) = self.began {
            let limits = self.rules.limits;
            prop_assert!(boot < self.used + limits.end_after(), "outlived the idle limit");
            prop_assert!(boot < began + limits.absolute(), "outlived the absolute limit");
            prop_assert!(!(self.locked && self.rules.on_lock == OnLock::End), "outlived the lock");
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
        let boot = self.story.now.boot;
        let input_counts = self.rules.activity != Activity::Requests;
        let used = match input {
            Input::Keep | Input::Answer { keep: true, .. } | Input::SteppedUp { .. } => Some(boot),
            Input::Activity if self.rules.activity != Activity::Input => Some(boot),
            Input::UserInput { ago } if input_counts && !self.locked => Some(boot.saturating_sub(ago)),
            Input::Unlocked if input_counts => Some(boot),
            _ => None,
        };
        if let Some(used) = used.filter(|_| live_before_use) {
            self.used = self.used.max(used);
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
            abide_session::Session::restore(self.rules, &checkpoint, self.story.now, same_boot);
        // What was under way went with the process, its dialog too.
        (self.attempt, self.question, self.old_question) = (None, None, None);
        self.locked = false;
        let outputs = self.story.drain();
        self.see(outputs)
    }

    /// For one purpose a tool gets as little as it gets otherwise: nothing from a session that is over or frozen.
    fn target(&mut self, min_validity: Duration) -> Result<(), TestCaseError> {
        let now = self.story.now;
        let mut token = ResourceToken::default();
        token.issued(now, Some(seconds(300)));
        let request = TokenRequest { min_validity, activity: true };
        let verdict = self.story.session.resource_token(now, request, &token);
        let given =
            matches!(verdict, ResourceVerdict::Serve | ResourceVerdict::Fetch | ResourceVerdict::Wait(_));
        prop_assert!(!given || self.began.is_some(), "a token without a session");
        prop_assert!(
            !(given && self.locked && self.rules.on_lock == OnLock::Freeze),
            "behind a locked screen"
        );
        if given && self.rules.activity != Activity::Input {
            self.used = now.boot;
        }
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
                    matches!(verdict, TokenVerdict::Serve | TokenVerdict::Wait(_) | TokenVerdict::BackingOff);
                prop_assert!(!given || self.began.is_some(), "a token without a session");
                if given && self.rules.activity != Activity::Input {
                    self.used = self.story.now.boot;
                }
                let frozen = self.locked && self.rules.on_lock == OnLock::Freeze;
                prop_assert!(!(given && frozen), "a token behind a locked screen");
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
                Some(question) => {
                    self.input(Input::Answer { question, keep })?;
                    // Whatever else happens, the answer was heard.
                    prop_assert_ne!(self.question, Some(question));
                    let declined = self.story.session.state() == State::Ended(EndReason::Declined);
                    prop_assert!(keep != declined);
                    Ok(())
                }
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
            Event::Seen(ago) => self.input(Input::UserInput { ago: seconds(ago) }),
            Event::NotSeen => self.input(Input::UserInputUnknown),
            Event::Locked => {
                self.locked = true;
                self.input(Input::Locked)
            }
            Event::Unlocked => {
                self.locked = false;
                self.input(Input::Unlocked)
            }
            Event::Doubted => {
                self.doubted = true;
                self.input(Input::ProviderSuspected { signal: Signal::FrontChannel })
            }
            Event::ProviderEnded => {
                self.doubted = true;
                self.input(Input::ProviderEnded { signal: Signal::BackChannel })?;
                prop_assert!(self.began.is_none(), "outlived the provider's word");
                Ok(())
            }
            Event::Checked(found) => match self.check.take() {
                Some(attempt) => {
                    self.doubted |= matches!(found, Probe::Rejected(_));
                    self.input(Input::Probed { attempt, probe: found })
                }
                None => Ok(()),
            },
            Event::SteppedUp(session, renewable) => {
                let before = self.began;
                self.input(Input::SteppedUp { tokens: tokens(session, renewable) })?;
                prop_assert!(before.is_some() || self.began.is_none(), "a session out of a step-up");
                Ok(())
            }
            Event::Renew => self.input(Input::Renew),
            Event::Target(min_validity) => self.target(seconds(min_validity)),
            Event::Suspend(time) => {
                self.input(Input::Suspending)?;
                self.story.pass(Duration::from_millis(time));
                self.input(Input::Tick)
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_session_outlives_its_limits(rules in rules(), events in proptest::collection::vec(event(), 1..60)) {
        let story = Story::with_rules(rules);
        let mut observer = Observer {
            used: story.now.boot, story, rules, locked: false, began: None, attempt: None, question: None, old_question: None, check: None, doubted: false,
        };
        for event in events {
            observer.happen(event)?;
        }
    }
}
