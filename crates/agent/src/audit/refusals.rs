//! Refusals and caught codes in a row: the first ones of a minute have lines of their own, the others are counted in one line. A program
//! that is refused in a loop then fills no files, and removes no older ones.

use std::time::{Duration, Instant};

use abide_audit::{Caller, Entry, Event};

/// How long refusals are counted together.
const WINDOW: Duration = Duration::from_secs(60);
/// So many of one caller for one reason have lines of their own in that time, and so many of all callers.
const OF_ONE: usize = 8;
const OF_ALL: usize = 120;
/// So many lines count the others. What fits none of them is counted in the last.
const COUNTING: usize = 64;

type Kind = (Event, Option<Caller>, Option<String>);

/// What has become of the refusals of the present window.
#[derive(Default)]
pub(super) struct Refusals {
    begun: Option<Instant>,
    written: Vec<(Kind, usize)>,
    all: usize,
    counting: Vec<Entry>,
}

fn kind(entry: &Entry) -> Kind {
    (entry.event, entry.caller.clone(), entry.reason.clone())
}

impl Refusals {
    /// A refusal that gets a line of its own; `None` for one that is counted. A window that has ended has to be taken out before.
    pub(super) fn admit(&mut self, entry: Entry, now: Instant) -> Option<Entry> {
        self.begun.get_or_insert(now);
        let kind = kind(&entry);
        let written = self.written.iter_mut().find(|(known, _)| *known == kind);
        let may = written.as_ref().is_none_or(|(_, lines)| *lines < OF_ONE) && self.all < OF_ALL;
        if may {
            match written {
                Some((_, lines)) => *lines += 1,
                None => self.written.push((kind, 1)),
            }
            self.all += 1;
            return Some(entry);
        }
        let near = |one: &Entry| {
            // A program that is refused can name any account.
            let same_account = entry.event.is_refusal() || one.account == entry.account;
            (one.event, &one.caller, &one.reason) == (entry.event, &entry.caller, &entry.reason)
                && same_account
        };
        // A code that was caught is not counted among refusals, nor they among codes: each account has one line for them.
        let full = entry.event.is_refusal() && self.counting.len() >= COUNTING;
        let last = || self.counting.iter().rposition(|one| one.event.is_refusal()).filter(|_| full);
        let same = self.counting.iter().position(near).or_else(last);
        match same.and_then(|index| self.counting.get_mut(index)) {
            Some(same) => same.count(&entry),
            None => self.counting.push(entry),
        }
        None
    }

    /// When the window ends, if refusals are counted in it.
    pub(super) fn due(&self) -> Option<Instant> {
        self.begun.filter(|_| !self.counting.is_empty()).map(|begun| begun + WINDOW)
    }

    /// Whether the window has ended.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.begun.is_some_and(|begun| now >= begun + WINDOW)
    }

    /// Ends the window, with the lines that count its refusals.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        std::mem::take(self).counting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(account: usize, caller: &str) -> Entry {
        let mut entry = Entry::new(1, Event::TokenRefused);
        entry.account = Some(format!("guess-{account}"));
        entry.reason = Some("consent_required".to_owned());
        let who = Caller::new(abide_audit::CallerKind::Program);
        entry.caller = Some(Caller { program: Some(caller.to_owned()), ..who });
        entry
    }

    #[test]
    fn refusals_in_a_row_are_a_few_lines_and_all_of_them_are_counted() {
        let (mut refusals, begun) = (Refusals::default(), Instant::now());
        let mut lines = Vec::new();
        // Three copies of one program for ten minutes, with something else each time.
        for second in 0..600 {
            let now = begun + Duration::from_secs(second);
            if refusals.is_over(now) {
                lines.extend(refusals.take());
            }
            for number in 0..30 {
                let caller = format!("/home/me/tool{}", number % 3);
                lines.extend(refusals.admit(refused(number, &caller), now));
            }
        }
        lines.extend(refusals.take());
        assert!(lines.len() <= 10 * 3 * (OF_ONE + 1), "{}", lines.len());
        assert_eq!(lines.iter().map(|line| line.times.unwrap_or(1)).sum::<u64>(), 18_000);
    }

    /// Anyone who makes links can send many codes, and hide the one that counts among refusals or other codes.
    #[test]
    fn each_caught_code_is_in_a_line_of_its_account_whatever_else_happens() {
        let (mut refusals, begun) = (Refusals::default(), Instant::now());
        let mut lines = Vec::new();
        for number in 0..1_000 {
            lines.extend(refusals.admit(refused(number, &format!("/tool{number}")), begun));
        }
        for number in 0..600 {
            let mut entry = Entry::new(1, Event::CodeCaught);
            entry.account = Some(["work", "home"][number % 2].to_owned());
            lines.extend(refusals.admit(entry, begun));
        }
        lines.extend(refusals.admit(refused(0, "/another"), begun));
        lines.extend(refusals.take());
        for account in ["work", "home"] {
            let ours = lines.iter().filter(|line| line.account.as_deref() == Some(account));
            let times: u64 = ours.map(|line| line.times.unwrap_or(1)).sum();
            assert_eq!(times, 300, "{account}");
        }
        assert!(lines.len() <= OF_ALL + COUNTING + 2, "{}", lines.len());
    }

    #[test]
    fn many_programs_have_a_budget_together_and_the_next_minute_begins_anew() {
        let (mut refusals, begun) = (Refusals::default(), Instant::now());
        let own = |refusals: &mut Refusals, now| {
            (0..1_000).filter_map(|one| refusals.admit(refused(one, &format!("/tool{one}")), now)).count()
        };
        assert_eq!(own(&mut refusals, begun), OF_ALL);
        assert_eq!(refusals.due(), Some(begun + WINDOW));
        assert_eq!(refusals.take().len(), COUNTING);
        assert_eq!(own(&mut refusals, begun + WINDOW), OF_ALL);
    }
}
