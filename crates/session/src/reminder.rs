//! Reminders of an end that no use of the session can move: the longest session, and an end that the provider has fixed.
//!
//! The user is told once, and again after a pause that they have chosen, after the machine has slept, and after a restart. A
//! question about the same end comes later and takes the place of the reminder.

use core::iter;
use core::ops::RangeInclusive;
use core::time::Duration;

use crate::limits::{Limits, Rules};
use crate::live::Live;
use crate::machine::{Phase, Session};
use crate::types::{Limit, Now, Output};

/// The user is not reminded in the first half hour of a session.
const EARLIEST: Duration = Duration::from_secs(30 * 60);
/// The user is reminded a quarter of the whole time before the end, but not earlier than this.
const LONGEST_BEFORE: Duration = Duration::from_secs(86_400);

/// Ends with a smaller difference are the same: a provider may declare in each response how many whole seconds are left.
const SAME_END: Duration = Duration::from_secs(60);

fn is_same(one: Duration, other: Duration) -> bool {
    one.abs_diff(other) < SAME_END
}

/// An end that no use of the session can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedEnd {
    /// The limit: [`Limit::Absolute`] or [`Limit::Provider`].
    pub limit: Limit,
    /// Time until the end.
    pub left: Duration,
    /// Time until the question about this end, which takes the place of the reminder.
    pub question_in: Duration,
}

const HOUR: u64 = 3600;
/// A reminder that is put off to a whole hour comes at least so much later: *in 10 minutes* is there for less.
const SOONEST: Duration = Duration::from_secs(20 * 60);
/// A reminder that is put off to a whole hour leaves so much time to sign in before the question.
const TO_SIGN_IN: Duration = Duration::from_secs(10 * 60);
/// The hours in which most people are at their computer.
const WORKING_HOURS: RangeInclusive<u64> = 8..=18;

/// The whole hour of local time to which a reminder can be put off, Unix seconds: the last working hour before the question,
/// or, if there is none, the last hour. `utc_offset` is the offset of local time at a time, in seconds.
#[must_use]
pub fn whole_hour(now: Duration, question: Duration, utc_offset: impl Fn(u64) -> i32) -> Option<u64> {
    let local = |at: u64| at.saturating_add_signed(i64::from(utc_offset(at)));
    let soonest = now.saturating_add(SOONEST).as_secs();
    let before = |at: u64| Some(at.saturating_sub(local(at) % HOUR)).filter(|hour| *hour >= soonest);
    let last = before(question.saturating_sub(TO_SIGN_IN).as_secs())?;
    let mut hours = iter::successors(Some(last), |hour| before(hour.saturating_sub(1))).take(48);
    hours.find(|hour| WORKING_HOURS.contains(&(local(*hour) / HOUR % 24))).or(Some(last))
}

/// What the user knows of the end that comes first. Times are boot time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reminder {
    /// Nothing yet.
    #[default]
    Untold,
    /// They were told of this end.
    Told { end: Duration },
    /// They want to be told of this end again, at this time.
    Later { end: Duration, at: Duration },
}

impl Live {
    /// The fixed end that comes first, and the whole time before it.
    fn fixed(&self, limits: &Limits) -> (Duration, Limit, Duration) {
        let absolute = (self.deadlines.absolute, Limit::Absolute, limits.absolute());
        let provider = self.deadlines.provider.fixed().map(|end| (end.at, Limit::Provider, end.lifetime));
        provider.filter(|end| end.0 < absolute.0).unwrap_or(absolute)
    }

    /// From when on the user is told of the fixed end. `None` if the question comes before that.
    fn remind_from(&self, limits: &Limits) -> Option<Duration> {
        let (end, _, lifetime) = self.fixed(limits);
        let before = (lifetime / 4).min(LONGEST_BEFORE).min(lifetime.saturating_sub(EARLIEST));
        (before > limits.warn_before()).then(|| end.saturating_sub(before))
    }

    /// Whether the user wants to be reminded of the end that comes first.
    fn is_wanted(&self, rules: &Rules) -> bool {
        match self.fixed(&rules.limits).1 {
            Limit::Provider => rules.remind.provider,
            _ => rules.remind.longest,
        }
    }

    /// The time of the next reminder.
    pub(crate) fn remind_at(&self, rules: &Rules) -> Option<Duration> {
        let limits = &rules.limits;
        let from = self.remind_from(limits).filter(|_| self.is_wanted(rules))?;
        let (end, ..) = self.fixed(limits);
        let at = match self.reminder {
            Reminder::Told { end: told } if is_same(told, end) => return None,
            Reminder::Later { end: told, at } if is_same(told, end) => at,
            _ => from,
        };
        // Later than that, the question "Keep session?" is about this end.
        (at < end.saturating_sub(limits.warn_before())).then_some(at)
    }
}

impl Session {
    /// Tells the user, unless they cannot see it or are doing something about it.
    pub(crate) fn remind(&mut self, now: Now) {
        let Phase::Live(live) = &mut self.phase else { return };
        let is_due = live.remind_at(&self.rules).is_some_and(|at| at <= now.boot);
        let is_seen = !self.screen_locked && live.prompt.question.is_none() && live.sign_in.is_none();
        if is_due && is_seen {
            live.reminder = Reminder::Told { end: live.fixed(&self.rules.limits).0 };
            self.put(Output::Remind);
        }
    }

    /// The user wants to be told again after this time.
    pub(crate) fn remind_later(&mut self, now: Now, after: Duration) {
        let Phase::Live(live) = &mut self.phase else { return };
        if let Reminder::Told { end } = live.reminder {
            live.reminder = Reminder::Later { end, at: now.boot.saturating_add(after) };
        }
    }

    /// The machine has slept: what was on the screen before may not have been read.
    pub(crate) fn remind_again(&mut self) {
        if let Phase::Live(live) = &mut self.phase
            && matches!(live.reminder, Reminder::Told { .. })
        {
            live.reminder = Reminder::Untold;
        }
    }

    /// The end that the user was told of, while nothing takes the place of the reminder.
    pub(crate) fn reminded_of(&self, live: &Live, boot: Duration) -> Option<FixedEnd> {
        let (end, limit, _) = live.fixed(&self.rules.limits);
        let is_told = matches!(live.reminder, Reminder::Told { end: told } if is_same(told, end));
        let left = end.saturating_sub(boot);
        let question_in = left.saturating_sub(self.rules.limits.warn_before());
        (is_told && live.is_wanted(&self.rules) && live.prompt.question.is_none()).then_some(FixedEnd {
            limit,
            left,
            question_in,
        })
    }

    /// Whether the user can sign in again now, for a new session in the place of this one.
    pub(crate) fn can_begin_again(&self, live: &Live, boot: Duration) -> bool {
        live.remind_from(&self.rules.limits).is_some_and(|from| from <= boot)
    }
}
