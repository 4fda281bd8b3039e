//! The two clocks, and times for people.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: i64 = 86_400;

/// The clocks that the command shows times with.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The present time, in Unix seconds.
    pub now: fn() -> u64,
    /// The offset of local time from UTC at a time (Unix seconds), in seconds.
    pub utc_offset: fn(u64) -> i32,
}

impl Clock {
    /// The system's clock, in a time zone.
    pub(crate) fn of_the_system(utc_offset: fn(u64) -> i32) -> Self {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self { now, utc_offset }
    }
}

/// A time: `21:04`, `21:04 tomorrow`, `21:04 yesterday`, `25 Nov, 21:04`.
pub(crate) fn moment(at: u64, clock: Clock) -> String {
    let (then, now) = (local(at, clock), local((clock.now)(), clock));
    let time = hours_and_minutes(then);
    match then.div_euclid(DAY) - now.div_euclid(DAY) {
        0 => time,
        1 => format!("{time} tomorrow"),
        -1 => format!("{time} yesterday"),
        _ => {
            let (_, month, day) = date(then);
            format!("{day} {}, {time}", MONTHS[month])
        }
    }
}

/// The time of day, to the second: `21:04:07`.
pub(crate) fn time_of_day(at: u64, clock: Clock) -> String {
    let local = local(at, clock);
    format!("{}:{:02}", hours_and_minutes(local), local.rem_euclid(60))
}

/// A day: `25 Nov 2026`.
pub(crate) fn day(at: u64, clock: Clock) -> String {
    let (year, month, day) = date(local(at, clock));
    format!("{day} {} {year}", MONTHS[month])
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds of local time.
fn local(at: u64, clock: Clock) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX / 2) + i64::from((clock.utc_offset)(at))
}

fn hours_and_minutes(local: i64) -> String {
    format!("{:02}:{:02}", local.rem_euclid(DAY) / 3600, local.rem_euclid(3600) / 60)
}

/// Year, month (from 0) and day of the proleptic Gregorian calendar. The year begins in March, so that the leap day is its
/// last day, and eras of 400 years are all alike.
fn date(local: i64) -> (i64, usize, i64) {
    let days = local.div_euclid(DAY) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    (era * 400 + year + i64::from(month < 2), usize::try_from(month).unwrap_or(0), day)
}

/// A time with its day, even if that is today: `25 Nov 2026, 21:04`.
pub(crate) fn date_and_time(at: u64, clock: Clock) -> String {
    format!("{}, {}", day(at, clock), hours_and_minutes(local(at, clock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        // 2026-11-24 20:52:18 in a zone that is an hour ahead.
        Clock { now: || 1_795_549_938, utc_offset: |_| 3600 }
    }

    #[test]
    fn times_name_the_day_only_when_it_is_another() {
        let now = (clock().now)();
        assert_eq!(time_of_day(now, clock()), "20:52:18");
        assert_eq!(moment(now + 702, clock()), "21:04");
        assert_eq!(moment(now + 4 * 3600, clock()), "00:52 tomorrow");
        assert_eq!(moment(now + 30 * 3600, clock()), "26 Nov, 02:52");
        assert_eq!(moment(now - 21 * 3600, clock()), "23:52 yesterday");
    }

    #[test]
    fn days_are_the_calendars() {
        let utc = Clock { now: || 0, utc_offset: |_| 0 };
        let days = [0, 951_782_400, 951_868_800, 1_735_689_599, 1_735_689_600, 4_107_542_400];
        let said: Vec<String> = days.into_iter().map(|at| day(at, utc)).collect();
        assert_eq!(
            said,
            ["1 Jan 1970", "29 Feb 2000", "1 Mar 2000", "31 Dec 2024", "1 Jan 2025", "1 Mar 2100"]
        );
    }
}
