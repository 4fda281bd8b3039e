//! A session with its own clock, for tests that tell a story.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::time::Duration;

use abide_session::{
    Attempt, Input, Limits, Now, Output, ProviderLimits, QuestionId, Rules, Session, TokenRequest,
    TokenVerdict, Tokens,
};

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn minutes(n: u64) -> Duration {
    seconds(60 * n)
}

/// Tokens as many providers issue them: five minutes, with a refresh token, without an end of the session.
pub fn tokens() -> Tokens {
    Tokens { access_expires_in: Some(minutes(5)), renewable: true, provider: ProviderLimits::default() }
}

/// The limits of a provider that declares after each refresh how long its session lasts.
pub fn lasts(time: Duration) -> ProviderLimits {
    ProviderLimits { refresh_expires_in: Some(time), ..ProviderLimits::default() }
}

pub struct Story {
    pub session: Session,
    pub now: Now,
}

impl Story {
    pub fn new() -> Self {
        Self::with(Limits::default())
    }

    pub fn with(limits: Limits) -> Self {
        Self::with_rules(limits.into())
    }

    pub fn with_rules(rules: Rules) -> Self {
        let now = Now { wall: seconds(1_800_000_000), boot: seconds(100_000) };
        Self { session: Session::new(rules), now }
    }

    pub fn signed_in() -> Self {
        Self::signed_in_with(tokens())
    }

    pub fn signed_in_with(tokens: Tokens) -> Self {
        let mut story = Self::new();
        let attempt = story.authorize();
        story.input(Input::Authorized { attempt, tokens });
        story
    }

    pub fn authorize(&mut self) -> Attempt {
        let outputs = self.input(Input::Login);
        attempt(&outputs).unwrap()
    }

    pub fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.session.poll()).collect()
    }

    pub fn input(&mut self, input: Input) -> Vec<Output> {
        self.session.handle(self.now, input);
        self.drain()
    }

    /// Lets time pass without a tick.
    pub fn pass(&mut self, time: Duration) {
        self.now.wall += time;
        self.now.boot += time;
    }

    /// Lets time pass and keeps every deadline, as the agent does. Redraws are left out.
    pub fn wait(&mut self, time: Duration) -> Vec<Output> {
        self.wait_with_changes(time).into_iter().filter(|output| *output != Output::Changed).collect()
    }

    pub fn wait_with_changes(&mut self, time: Duration) -> Vec<Output> {
        let end = self.now.boot + time;
        let mut outputs = Vec::new();
        while let Some(deadline) = self.session.deadline().filter(|deadline| *deadline <= end) {
            assert!(deadline > self.now.boot, "a deadline in the past would spin the caller");
            let step = deadline - self.now.boot;
            self.pass(step);
            outputs.extend(self.input(Input::Tick));
        }
        let rest = end - self.now.boot;
        self.pass(rest);
        outputs
    }

    pub fn token(&mut self) -> TokenVerdict {
        self.token_for(seconds(10))
    }

    pub fn token_for(&mut self, min_validity: Duration) -> TokenVerdict {
        self.session.token(self.now, TokenRequest { min_validity, activity: true })
    }

    pub fn left(&self) -> Duration {
        self.session.view(self.now).left.unwrap()
    }
}

pub fn attempt(outputs: &[Output]) -> Option<Attempt> {
    outputs.iter().find_map(|output| match output {
        Output::Authorize { attempt } | Output::Refresh { attempt } => Some(*attempt),
        _ => None,
    })
}

pub fn question(outputs: &[Output]) -> Option<QuestionId> {
    outputs.iter().find_map(|output| match output {
        Output::Ask { question } => Some(*question),
        _ => None,
    })
}
