//! Words that several views share, so that tray, window, notification and terminal say the same thing the same way.

use crate::provider::{ProviderEnd, Signal};
use crate::session::{EndReason, Limit};

/// A duration as people say it: `58 s`, `2 min 58 s`, `11 min 42 s`, `3 h 5 min`, `2 d 3 h`. Whole seconds.
#[must_use]
pub fn duration(seconds: u64) -> String {
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let pair = |a: u64, unit_a: &str, b: u64, unit_b: &str| {
        if b == 0 { format!("{a} {unit_a}") } else { format!("{a} {unit_a} {b} {unit_b}") }
    };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => pair(minutes, "min", rest, "s"),
        (0, _, _) => pair(hours, "h", minutes, "min"),
        _ => pair(days, "d", hours, "h"),
    }
}

/// The same for a place that changes once a minute: seconds only below two minutes, `12 min` above.
#[must_use]
pub fn rough_duration(seconds: u64) -> String {
    if (120..3600).contains(&seconds) { format!("{} min", seconds.div_ceil(60)) } else { duration(seconds) }
}

/// Why a session ended, as the rest of a sentence that begins with "signed out".
#[must_use]
pub fn ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::UserLogout => "you signed out",
        EndReason::IdleTimeout => "no answer to \u{201c}keep session?\u{201d}",
        EndReason::AbsoluteTimeout => "the longest time for a session was over",
        EndReason::ProviderTimeout => "the provider\u{2019}s time limit for a session was reached",
        EndReason::AccessTokenExpired => "the access token expired, and the provider gave no refresh token",
        EndReason::Declined => "you answered No to \u{201c}keep session?\u{201d}",
        EndReason::ProviderLogout => "the provider ended its session",
        EndReason::RefreshRejected => "the provider no longer accepts this session",
        EndReason::ScreenLocked => "the screen was locked",
    }
}

/// The same, with how it became known where the provider ended the session.
#[must_use]
pub fn ended_by(reason: EndReason, signal: Option<Signal>) -> String {
    let said = ended(reason);
    let how = match signal {
        None => return said.to_owned(),
        Some(Signal::Iframe) => "seen in your browser",
        Some(Signal::Refresh) => "it refused a refresh",
        Some(Signal::Introspection | Signal::Userinfo) => "it said so when Abide asked",
        Some(Signal::Frontchannel) => "it said so in your browser",
        Some(Signal::Backchannel | Signal::Events) => "it sent word",
    };
    format!("{said} ({how})")
}

/// What became of the provider's side, as a sentence.
#[must_use]
pub fn provider_end(provider: &str, end: ProviderEnd) -> String {
    match end {
        ProviderEnd::Pending => format!("{provider} has not been told yet; Abide goes on trying."),
        ProviderEnd::LocalOnly => format!("Only here: {provider} was not told."),
        ProviderEnd::Ended => format!("{provider} no longer accepts this session."),
        ProviderEnd::GoesOn => format!("{provider} was told, but still accepts this session."),
        ProviderEnd::Unchecked => {
            format!("{provider} was told. Whether it has ended the session could not be checked.")
        }
    }
}

/// Why no answer can keep a session, as the rest of a sentence about its end.
#[must_use]
pub fn why_it_cannot_be_kept(limit: Limit) -> &'static str {
    match limit {
        Limit::Absolute => "it has lasted as long as it may. Sign in again after that.",
        Limit::Provider => "the provider\u{2019}s time limit cannot be moved. Sign in again after that.",
        Limit::AccessToken => "the provider gave no refresh token. Sign in again after that.",
        Limit::Idle => "nothing has used it.",
    }
}

/// A limit, in a word or two.
#[must_use]
pub fn limit(limit: Limit) -> &'static str {
    match limit {
        Limit::Idle => "idle",
        Limit::Absolute => "longest session",
        Limit::Provider => "provider\u{2019}s limit",
        Limit::AccessToken => "access token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let said: Vec<String> = [0, 58, 60, 178, 702, 3600, 11_100, 90_000, 172_800].map(duration).to_vec();
        assert_eq!(
            said,
            ["0 s", "58 s", "1 min", "2 min 58 s", "11 min 42 s", "1 h", "3 h 5 min", "1 d 1 h", "2 d"]
        );
    }

    #[test]
    fn rough_durations_show_seconds_only_at_the_end() {
        assert_eq!(
            [45, 119, 120, 121, 702].map(rough_duration),
            ["45 s", "1 min 59 s", "2 min", "3 min", "12 min"]
        );
    }
}
