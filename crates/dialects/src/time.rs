//! Times in the form of RFC 3339.

/// A time in UTC: `2026-11-29T01:15:00Z`.
#[must_use]
pub fn rfc3339(unix_seconds: u64) -> String {
    let (mut days, rest) = (unix_seconds / 86_400, unix_seconds % 86_400);
    let mut year = 1970;
    let leap = |year: u64| (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    // In steps of 400 years, so that a large number does not make this slow.
    year += days / 146_097 * 400;
    days %= 146_097;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

/// The Unix seconds of a time in UTC, with or without a fraction of a second; `None` for any other form.
#[must_use]
pub fn unix_seconds(text: &str) -> Option<u64> {
    let rest = text.strip_suffix('Z')?;
    let rest = match rest.split_once('.') {
        Some((rest, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b.is_ascii_digit()) => {
            rest
        }
        Some(_) => return None,
        None => rest,
    };
    let (date, time) = rest.split_once('T')?;
    let numbers = |text: &str, mark: char, lengths: [usize; 3]| -> Option<[u64; 3]> {
        let parts: Vec<&str> = text.split(mark).collect();
        let fits = parts.len() == 3
            && parts
                .iter()
                .zip(lengths)
                .all(|(part, length)| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()));
        let read = |index: usize| parts.get(index)?.parse().ok();
        if fits { Some([read(0)?, read(1)?, read(2)?]) } else { None }
    };
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if year < 1970
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    // The year begins in March here, so that the day of a leap year comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1;
    // 1970-01-01, counted the same way.
    let since = days.checked_sub(719_468)?;
    Some(since * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_they_were_written() {
        for seconds in [0, 951_782_399, 951_782_400, 1_709_251_199, 1_900_000_000, 4_107_542_400] {
            assert_eq!(unix_seconds(&rfc3339(seconds)), Some(seconds));
        }
        assert_eq!(unix_seconds("2026-11-29T06:08:51.762663Z"), Some(1_795_932_531));
        for other in [
            "",
            "Z",
            "2026-11-29",
            "2026-11-29T06:08:51",
            "2026-11-29T06:08:51.Z",
            "2026-13-29T06:08:51Z",
            "1969-12-31T23:59:59Z",
            "2026-11-29T06:08:51+01:00",
            "26-11-29T06:08:51Z",
            "2026-11-29T+6:08:51Z",
        ] {
            assert_eq!(unix_seconds(other), None, "{other}");
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (1_795_549_938, "2026-11-24T19:52:18Z"),
            (1_900_000_000, "2030-03-17T17:46:40Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), expected);
        }
    }
}
