//! The past sleeps of the machine, and their lengths.
//!
//! Desktops measure idle time with a clock that stops while the machine sleeps: after a night, the last key was pressed “a
//! minute ago”. For Abide sleep counts as idle, so the sleep since the last input is added.

use std::time::Duration;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// Stops while the machine sleeps.
    pub(crate) awake: Duration,
    /// Continues while the machine sleeps.
    pub(crate) boot: Duration,
}

/// The number of sleeps to keep. Older ones are added together, which only makes an input look older.
const KEPT: usize = 16;

/// Smaller differences between the two clocks are the time between reading one and the other.
const NOISE: Duration = Duration::from_millis(20);

/// The sleeps of the machine.
#[derive(Debug)]
pub(crate) struct SleepHistory {
    last: Clocks,
    /// For each sleep: the latest awake time at which it was over, and its length.
    slept: Vec<(Duration, Duration)>,
}

impl SleepHistory {
    pub(crate) fn new(now: Clocks) -> Self {
        Self { last: now, slept: Vec::new() }
    }

    /// Compares the clocks. Frequent calls make the time of a sleep more exact.
    pub(crate) fn note(&mut self, now: Clocks) {
        let boot = now.boot.saturating_sub(self.last.boot);
        let slept = boot.saturating_sub(now.awake.saturating_sub(self.last.awake));
        if slept < NOISE {
            // `last` keeps the old difference of the clocks, so that many small steps are not lost.
            let ahead = now.awake.saturating_sub(self.last.awake);
            self.last = Clocks { awake: now.awake, boot: self.last.boot + ahead };
            return;
        }
        self.last = now;
        self.slept.push((now.awake, slept));
        if self.slept.len() > KEPT {
            let (_, oldest) = self.slept.remove(0);
            self.slept[0].1 += oldest;
        }
    }

    /// Converts an age on the clock that stops into the real age.
    pub(crate) fn since(&self, now: Clocks, ago: Duration) -> Duration {
        let moment = now.awake.saturating_sub(ago);
        let slept = self.slept.iter().filter(|(over, _)| *over > moment).map(|(_, length)| *length);
        slept.fold(ago, Duration::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(awake: u64, boot: u64) -> Clocks {
        Clocks { awake: s(awake), boot: s(boot) }
    }

    #[test]
    fn what_was_slept_since_the_last_input_counts() {
        let mut history = SleepHistory::new(at(100, 100));
        history.note(at(200, 200));
        assert_eq!(history.since(at(200, 200), s(30)), s(30));
        // Eight hours of sleep without a report.
        let now = at(210, 210 + 28_800);
        history.note(now);
        assert_eq!(history.since(now, s(30)), s(28_830));
        // A key pressed after waking up.
        let now = at(220, 220 + 28_800);
        history.note(now);
        assert_eq!(history.since(now, s(3)), s(3));
        assert_eq!(history.since(now, s(40)), s(28_840));
    }

    #[test]
    fn reading_one_clock_after_the_other_is_no_sleep_and_does_not_add_up() {
        let mut history = SleepHistory::new(at(100, 100));
        for step in 1..=1000_u64 {
            let awake = s(100 + step);
            history.note(Clocks { awake, boot: awake + Duration::from_micros(300) });
        }
        assert_eq!(history.since(at(1100, 1100), s(900)), s(900));
    }

    #[test]
    fn many_sleeps_are_not_forgotten() {
        let mut history = SleepHistory::new(at(0, 0));
        for night in 1..=100_u64 {
            history.note(at(10 * night, 110 * night));
        }
        assert_eq!(history.slept.len(), KEPT);
        assert_eq!(history.since(at(1000, 11_000), s(1000)), s(11_000));
    }
}
