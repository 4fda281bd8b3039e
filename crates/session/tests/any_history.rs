//! In every history of events and clocks, the session does what a second implementation expects.
//!
//! `model` computes the expected state after each event; this file makes the events and compares.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod events;
mod model;

use std::time::Duration;

use abide_session::{
    Attempt, Checkpoint, Input, Limit, Now, Output, QuestionId, ResourceToken, ResourceVerdict, Rules,
    Session, State, TokenRequest, TokenVerdict, Withdrawn,
};
use common::{Story, minutes, seconds};
use events::{Event, Which, event, rules, tokens};
use model::{Model, SignIn};
use proptest::prelude::*;

type Checked = Result<(), TestCaseError>;

/// The session, the model, and the data to compare them.
struct Observer {
    story: Story,
    model: Model,
    attempts: Vec<Attempt>,
    questions: Vec<QuestionId>,
    /// The last checkpoint, with the model of that moment.
    saved: Option<(Checkpoint, Model, Now)>,
    seen: Option<Visible>,
}

/// The visible state, except for the time.
type Visible = (State, Option<QuestionId>, Option<Limit>, bool, bool, bool);

impl Observer {
    fn new(rules: Rules) -> Self {
        Self {
            story: Story::with_rules(rules),
            model: Model::new(rules),
            attempts: Vec::new(),
            questions: Vec::new(),
            saved: None,
            seen: None,
        }
    }

    fn input(&mut self, input: Input) -> Checked {
        if input != Input::Tick {
            self.deadlines_come_first(|session, now| session.handle(now, input))?;
        }
        let now = self.story.now;
        let was_live = self.model.live.is_some();
        self.story.session.handle(now, input);
        self.model.expire(now);
        self.model.apply(now, input);
        self.model.expire(now);
        let outputs = self.story.drain();
        self.see(was_live, &outputs, false)?;
        self.after_timers()
    }

    /// Every deadline at the moment of a call takes effect before the call: a tick at the same moment changes nothing.
    fn deadlines_come_first(&mut self, call: impl Fn(&mut Session, Now)) -> Checked {
        let now = self.story.now;
        if self.story.session.deadline().is_none_or(|deadline| deadline > now.boot) {
            return Ok(());
        }
        let mut at_once = self.story.session.clone();
        call(&mut at_once, now);
        let mut ticked = self.story.session.clone();
        ticked.handle(now, Input::Tick);
        call(&mut ticked, now);
        let outputs = |session: &mut Session| -> Vec<Output> {
            std::iter::from_fn(|| session.poll()).filter(|output| *output != Output::Changed).collect()
        };
        prop_assert_eq!(outputs(&mut at_once), outputs(&mut ticked), "a deadline came late");
        prop_assert_eq!(at_once.view(now), ticked.view(now));
        prop_assert_eq!(at_once.checkpoint(now), ticked.checkpoint(now));
        self.input(Input::Tick)
    }

    /// Compares outputs and view with the model. `asked`: a tool has asked for a token, which may start a refresh.
    fn see(&mut self, was_live: bool, outputs: &[Output], asked: bool) -> Checked {
        let now = self.story.now;
        let mut live = was_live;
        let (mut ends, mut begins) = (Vec::new(), 0);
        for output in outputs {
            match *output {
                Output::Began => (live, begins) = (true, begins + 1),
                Output::Ended { reason } => {
                    prop_assert!(live, "an end out of nothing");
                    live = false;
                    ends.push(reason);
                    self.saved = None;
                }
                Output::Checkpoint => {
                    let checkpoint = self.story.session.checkpoint(now);
                    self.saved = checkpoint.map(|checkpoint| (checkpoint, self.model.clone(), now));
                    if let Some(live) = &mut self.model.live {
                        live.unsaved = None;
                    }
                }
                Output::Authorize { attempt } => {
                    let needed = self.model.live.as_ref().is_none_or(|live| live.lets_sign_in(now));
                    prop_assert!(needed, "a sign-in over a session that needs none");
                    self.attempts.push(attempt);
                    self.model.sign_in = Some(SignIn { attempt, until: now.boot + minutes(10) });
                }
                Output::AbandonAuthorization { attempt, .. } => {
                    let present = self.model.sign_in.is_some_and(|sign_in| sign_in.attempt == attempt);
                    prop_assert!(self.attempts.contains(&attempt));
                    if present {
                        self.model.sign_in = None;
                    }
                }
                Output::SignInNeeded => {
                    let live = self.model.live.as_ref();
                    prop_assert!(live.is_some_and(|live| live.needs_sign_in), "a sign-in is not needed");
                }
                Output::Changed => {}
                Output::Remind => {
                    let longest = self.model.rules.limits.absolute();
                    prop_assert!(longest > minutes(30), "a reminder in the first half hour");
                }
                Output::Refresh { attempt } => {
                    prop_assert!(live, "a refresh without a session");
                    self.attempts.push(attempt);
                    self.refreshes(attempt, asked)?;
                }
                Output::ProbeProvider { attempt } => {
                    prop_assert!(live && self.model.rules.probe_every.is_some(), "an unwanted look");
                    self.attempts.push(attempt);
                    let every = self.model.rules.probe_every.unwrap_or_default();
                    if let Some(live) = &mut self.model.live {
                        prop_assert!(live.probe.is_none() && live.probed + every <= now.boot, "too soon");
                        live.probe = Some(attempt);
                    }
                }
                Output::QueryIdleTime => {
                    prop_assert!(live && self.model.counts_input(), "input does not count here");
                    if let Some(live) = &mut self.model.live {
                        live.idle_query = Some(now.boot);
                    }
                }
                Output::Ask { question } => self.asks(question)?,
                Output::Withdraw { question, why } => self.withdraws(question, why)?,
            }
        }
        prop_assert_eq!(&ends, &std::mem::take(&mut self.model.ends), "other ends, or other reasons");
        prop_assert_eq!(begins, std::mem::take(&mut self.model.begins));
        self.compare(outputs)
    }

    fn refreshes(&mut self, attempt: Attempt, asked: bool) -> Checked {
        let now = self.story.now;
        // A session that has ended in the same call only has to have existed before.
        let Some(live) = &mut self.model.live else { return Ok(()) };
        prop_assert!(live.renewable, "nothing to refresh with");
        prop_assert_eq!(live.refresh, None, "a second refresh at the same time");
        prop_assert!(!live.backs_off(now), "the provider is not left alone");
        prop_assert!(asked || live.wants_refresh, "an unwanted refresh");
        live.refresh = Some(attempt);
        Ok(())
    }

    fn asks(&mut self, question: QuestionId) -> Checked {
        let now = self.story.now;
        prop_assert!(!self.questions.contains(&question));
        self.questions.push(question);
        let rules = self.model.rules;
        let Some(live) = &mut self.model.live else { return Ok(()) };
        prop_assert_eq!(live.question, None, "two questions at once");
        prop_assert!(live.warn_at(&rules) <= now.boot, "asked too early");
        prop_assert_ne!(live.answered, Some(live.nearest().0), "asked twice about one end");
        live.question = Some(question);
        Ok(())
    }

    fn withdraws(&mut self, question: QuestionId, why: Withdrawn) -> Checked {
        prop_assert!(self.questions.contains(&question));
        if why == Withdrawn::Presence {
            prop_assert!(!self.model.locked && self.model.counts_input(), "presence behind a locked screen");
        }
        if let Some(live) = &mut self.model.live {
            prop_assert_eq!(live.question.take(), Some(question));
        }
        Ok(())
    }

    fn compare(&mut self, outputs: &[Output]) -> Checked {
        let now = self.story.now;
        let (session, model) = (&self.story.session, &self.model);
        let view = session.view(now);
        let state = match (&model.live, model.sign_in, model.over) {
            (Some(live), ..) if live.question.is_some() => State::Expiring,
            (Some(_), ..) => State::Active,
            (None, Some(_), _) => State::Authorizing,
            (None, None, Some(reason)) => State::Ended(reason),
            (None, None, None) => State::SignedOut,
        };
        prop_assert_eq!(view.state, state);
        for attempt in &self.attempts {
            let awaited = model.sign_in.map(|sign_in| sign_in.attempt) == Some(*attempt)
                || model.live.as_ref().is_some_and(|live| live.refresh == Some(*attempt));
            prop_assert_eq!(session.awaits(*attempt), awaited, "{:?}", attempt);
        }
        let left = |end: Duration| end.saturating_sub(now.boot);
        let live = model.live.as_ref();
        prop_assert_eq!(view.left, live.map(|live| left(live.nearest().0)));
        prop_assert_eq!(view.limit, live.map(|live| live.nearest().1));
        prop_assert_eq!(view.absolute_left, live.map(|live| left(live.absolute_end)));
        let provider = live.and_then(|live| live.provider_limit());
        prop_assert_eq!(view.provider_left, provider.map(|limit| left(limit.end)));
        prop_assert_eq!(view.provider_source, provider.map(|limit| limit.source));
        prop_assert_eq!(view.signing_in, model.sign_in.is_some());
        prop_assert_eq!(view.sign_in_needed, live.is_some_and(|live| live.needs_sign_in));
        prop_assert_eq!(view.access_left, live.and_then(|live| live.access?.left(now)));
        prop_assert_eq!(view.question, live.and_then(|live| live.question));
        prop_assert_eq!(view.renewable, live.is_some_and(|live| live.renewable));
        prop_assert_eq!(view.can_be_kept, live.is_some_and(|live| live.can_be_kept()));
        prop_assert_eq!(view.frozen, model.frozen());
        if let Some(live) = live {
            prop_assert!(live.nearest().0 > now.boot, "the second opinion let a limit pass");
            let deadline = session.deadline().expect("a session that is live has an end");
            prop_assert!(deadline > now.boot, "a deadline that has passed");
            prop_assert!(deadline <= live.nearest().0, "the end is not waited for");
        }
        let visible = (view.state, view.question, view.limit, view.renewable, view.can_be_kept, view.frozen);
        if self.seen.replace(visible) != Some(visible) {
            prop_assert!(outputs.contains(&Output::Changed), "a change that no view draws");
        }
        Ok(())
    }

    /// Checks that everything that is due has happened.
    fn after_timers(&self) -> Checked {
        let (now, rules) = (self.story.now, &self.model.rules);
        let Some(live) = &self.model.live else { return Ok(()) };
        prop_assert!(!live.tries_by_itself(now), "what was wanted is not tried");
        if let Some(every) = rules.probe_every {
            prop_assert!(live.probe.is_some() || now.boot < live.probed + every, "the provider is not asked");
        }
        prop_assert!(
            live.unsaved.is_none_or(|since| now.boot < since + seconds(10)),
            "a use that is never written down"
        );
        let (end, limit) = live.nearest();
        if live.warn_at(rules) > now.boot {
            prop_assert_eq!(live.question, None, "a question about an end that is far");
        } else {
            let about_to_move = limit == Limit::Provider && live.provider_moves() && live.refresh.is_some();
            let querying = live.idle_query.is_some_and(|since| now.boot < since + seconds(1));
            let excused = about_to_move || querying || live.answered == Some(end);
            prop_assert!(live.question.is_some() || excused, "no question");
        }
        Ok(())
    }

    fn pass(&mut self, milliseconds: u64) -> Checked {
        let end = self.story.now.boot + Duration::from_millis(milliseconds);
        while let Some(deadline) = self.story.session.deadline().filter(|deadline| *deadline <= end) {
            // After a sleep a deadline may be in the past.
            let step = deadline.saturating_sub(self.story.now.boot);
            self.story.pass(step);
            self.input(Input::Tick)?;
        }
        let rest = end - self.story.now.boot;
        self.story.pass(rest);
        self.input(Input::Tick)
    }

    fn restart(&mut self, same_boot: bool, crash: bool) -> Checked {
        let now = self.story.now;
        if !crash {
            self.saved =
                self.story.session.checkpoint(now).map(|checkpoint| (checkpoint, self.model.clone(), now));
        }
        let Some((checkpoint, model, at)) = self.saved.take() else { return Ok(()) };
        let rules = self.model.rules;
        self.story.session = Session::restore(rules, &checkpoint, now, same_boot);
        // Pending attempts ended with the process, and its dialog too.
        self.attempts.clear();
        self.questions.clear();
        self.seen = None;
        let elapsed = if same_boot { now.boot.checked_sub(at.boot) } else { now.wall.checked_sub(at.wall) };
        self.model.restarted(now, &model, at, elapsed);
        self.saved = Some((checkpoint, model, at));
        let outputs = self.story.drain();
        self.see(true, &outputs, false)?;
        self.after_timers()
    }

    fn token(&mut self, request: TokenRequest) -> Checked {
        self.deadlines_come_first(|session, now| _ = session.token(now, request))?;
        let now = self.story.now;
        let was_live = self.model.live.is_some();
        let verdict = self.story.session.token(now, request);
        let outputs = self.story.drain();
        let started = outputs.iter().find_map(|output| match output {
            Output::Refresh { attempt } => Some(*attempt),
            _ => None,
        });
        let (expected, starts) = self.model.token(now, request);
        match expected {
            Some(expected) => prop_assert_eq!(verdict, expected),
            None => prop_assert_eq!(Some(verdict), started.map(TokenVerdict::Wait)),
        }
        self.model.answered(now, request, verdict);
        // A use while the question is about the provider's end also asks the provider.
        let wanted = self.model.live.as_ref().is_some_and(|live| live.tries_by_itself(now));
        prop_assert_eq!(started.is_some(), starts || wanted, "{:?}", verdict);
        self.see(was_live, &outputs, true)
    }

    /// Tokens for one purpose are refused in the same cases as others: when the session has ended or is frozen.
    fn target(&mut self, request: TokenRequest) -> Checked {
        let now = self.story.now;
        let mut token = ResourceToken::default();
        token.issued(now, Some(seconds(300)));
        self.deadlines_come_first(|session, now| _ = session.resource_token(now, request, &token))?;
        let was_live = self.model.live.is_some();
        let verdict = self.story.session.resource_token(now, request, &token);
        let serves = self.model.live.is_some() && !self.model.frozen();
        match verdict {
            ResourceVerdict::Serve => self.model.answered(now, request, TokenVerdict::Serve),
            ResourceVerdict::Wait(attempt) => {
                self.model.answered(now, request, TokenVerdict::Wait(attempt));
                let refresh = self.model.live.as_ref().and_then(|live| live.refresh);
                prop_assert_eq!(refresh, Some(attempt));
            }
            ResourceVerdict::Fetch => {
                prop_assert!(request.min_validity >= seconds(270), "a token that is good enough is not used");
            }
            ResourceVerdict::BackingOff | ResourceVerdict::SignInNeeded => {
                prop_assert!(false, "what is left of a token is not used");
            }
            ResourceVerdict::LoginRequired | ResourceVerdict::Frozen => prop_assert!(!serves),
            ResourceVerdict::Ended(reason) => prop_assert_eq!(Some(reason), self.model.over),
        }
        let refused = matches!(
            verdict,
            ResourceVerdict::LoginRequired | ResourceVerdict::Frozen | ResourceVerdict::Ended(_)
        );
        prop_assert_eq!(refused, !serves);
        let outputs = self.story.drain();
        self.see(was_live, &outputs, false)
    }

    /// The attempt that an answer names; `present` is the fitting one.
    fn pick(&self, which: Which, present: Option<Attempt>) -> Option<Attempt> {
        match which {
            Which::Present => present,
            Which::Earlier(index) => self.attempts.get(index % self.attempts.len().max(1)).copied(),
        }
    }

    fn happen(&mut self, event: Event) -> Checked {
        let live = self.model.live.as_ref();
        let refresh = live.and_then(|live| live.refresh);
        let probe = live.and_then(|live| live.probe);
        let sign_in = self.model.sign_in.map(|sign_in| sign_in.attempt);
        let input = match event {
            Event::Pass(time) => return self.pass(time),
            Event::Sleep(time) => {
                self.story.pass(Duration::from_millis(time));
                return Ok(());
            }
            Event::WallJump(by) => {
                let wall = self.story.now.wall.as_secs().saturating_add_signed(by);
                self.story.now.wall = seconds(wall);
                Input::Tick
            }
            Event::Suspend(time) => {
                self.input(Input::Suspending)?;
                self.story.pass(Duration::from_millis(time));
                Input::Tick
            }
            Event::Restart { same_boot } => return self.restart(same_boot, false),
            Event::Crash { same_boot } => return self.restart(same_boot, true),
            Event::Token(validity, activity) => {
                return self.token(TokenRequest { min_validity: seconds(validity), activity });
            }
            Event::Target(validity, activity) => {
                return self.target(TokenRequest { min_validity: seconds(validity), activity });
            }
            Event::Rules(rules) => return self.change_rules(rules),
            Event::Answer(which, keep) => {
                let question = match which {
                    Which::Present => live.and_then(|live| live.question),
                    Which::Earlier(index) => self.questions.get(index % self.questions.len().max(1)).copied(),
                };
                let Some(question) = question else { return Ok(()) };
                Input::Answer { question, keep }
            }
            Event::Authorized(which, tokens) => match self.pick(which, sign_in) {
                Some(attempt) => Input::Authorized { attempt, tokens },
                None => return Ok(()),
            },
            Event::AuthorizationFailed(which) => match self.pick(which, sign_in) {
                Some(attempt) => Input::AuthorizationFailed { attempt },
                None => return Ok(()),
            },
            Event::Refreshed(which, tokens) => match self.pick(which, refresh) {
                Some(attempt) => Input::Refreshed { attempt, tokens },
                None => return Ok(()),
            },
            Event::RefreshFailed(which, failure) => match self.pick(which, refresh) {
                Some(attempt) => Input::RefreshFailed { attempt, failure },
                None => return Ok(()),
            },
            Event::Probed(which, answer) => match self.pick(which, probe) {
                Some(attempt) => Input::Probed { attempt, probe: answer },
                None => return Ok(()),
            },
            Event::Login => Input::Login,
            Event::CancelLogin => Input::CancelLogin,
            Event::Activity => Input::Activity,
            Event::Keep => Input::Keep,
            Event::Logout => Input::Logout,
            Event::AccountRemoved => Input::AccountRemoved,
            Event::Seen(ago) => Input::UserInput { ago: seconds(ago) },
            Event::NotSeen => Input::UserInputUnknown,
            Event::Locked => Input::Locked,
            Event::Unlocked => Input::Unlocked,
            Event::Suspected(signal, offline) => Input::ProviderSuspected { signal, offline },
            Event::ProviderEnded(signal) => Input::ProviderEnded { signal },
            Event::SteppedUp(tokens) => Input::SteppedUp { tokens },
            Event::Renew => Input::Renew,
        };
        self.input(input)
    }

    fn change_rules(&mut self, rules: Rules) -> Checked {
        self.input(Input::Tick)?;
        let now = self.story.now;
        let was_live = self.model.live.is_some();
        self.story.session.set_rules(now, rules);
        self.model.change_rules(now, rules);
        self.model.expire(now);
        let outputs = self.story.drain();
        self.see(was_live, &outputs, false)?;
        self.after_timers()
    }
}

/// The number of histories: fewer when mutants are tested, more in a long run.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_history_makes_a_session_do_anything_else(
        rules in rules(), begins_with in proptest::option::weighted(0.8, tokens()),
        events in proptest::collection::vec(event(), 1..80),
    ) {
        let mut observer = Observer::new(rules);
        if let Some(tokens) = begins_with {
            observer.happen(Event::Login)?;
            observer.happen(Event::Authorized(Which::Present, tokens))?;
        }
        for event in events {
            observer.happen(event)?;
        }
    }
}
