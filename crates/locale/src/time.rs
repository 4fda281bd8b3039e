//! Durations in words.

use abide_wire::Language;

use crate::common;

/// A duration: in English `58 s`, `2 min 58 s`, `11 min 42 s`, `3 h 5 min`, `2 d 3 h`.
#[must_use]
pub fn duration(language: Language, seconds: u64) -> String {
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let (first, second) = match (days, hours, minutes) {
        (0, 0, 0) => (common::time_seconds(language, rest), None),
        (0, 0, _) => {
            let second = (rest > 0).then(|| common::time_seconds(language, rest));
            (common::time_minutes(language, minutes), second)
        }
        (0, _, _) => {
            let second = (minutes > 0).then(|| common::time_minutes(language, minutes));
            (common::time_hours(language, hours), second)
        }
        _ => {
            let second = (hours > 0).then(|| common::time_hours(language, hours));
            (common::time_days(language, days), second)
        }
    };
    match second {
        Some(second) => common::time_pair(language, first, second),
        None => first,
    }
}

/// A duration for a text that changes once a minute: seconds only below two minutes.
#[must_use]
pub fn rough_duration(language: Language, seconds: u64) -> String {
    if (120..3600).contains(&seconds) {
        common::time_minutes(language, seconds.div_ceil(60))
    } else {
        duration(language, seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_that_of_the_command() {
        for seconds in [0, 1, 58, 60, 119, 120, 178, 702, 3600, 11_100, 86_400, 90_000, 172_800] {
            assert_eq!(duration(Language::En, seconds), abide_wire::text::duration(seconds));
            assert_eq!(rough_duration(Language::En, seconds), abide_wire::text::rough_duration(seconds));
        }
    }

    #[test]
    fn the_units_of_the_other_languages_are_those_of_the_standard() {
        for language in [Language::Es, Language::De] {
            assert_eq!(duration(language, 178), "2 min 58 s");
            assert_eq!(duration(language, 90_000), "1 d 1 h");
        }
    }
}
