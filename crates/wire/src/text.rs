//! Texts that tray, window, notifications and terminal share.

use crate::provider::{ProviderEnd, SignOutPage, Signal};
use crate::session::{EndReason, Limit};

/// A duration in words: `58 s`, `2 min 58 s`, `11 min 42 s`, `3 h 5 min`, `2 d 3 h`.
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

/// A duration for a text that changes once a minute: seconds only below two minutes, `12 min` above.
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
        EndReason::AbsoluteTimeout => "the session reached its longest time",
        EndReason::ProviderTimeout => "the provider\u{2019}s time limit for a session was reached",
        EndReason::AccessTokenExpired => "the access token expired, and the provider gave no refresh token",
        EndReason::Declined => "you answered No to \u{201c}keep session?\u{201d}",
        EndReason::ProviderLogout => "the provider ended its session",
        EndReason::RefreshRejected => "the provider no longer accepts this session",
        EndReason::AnswerRefused => "the provider\u{2019}s answer to a renewal cannot be trusted",
        EndReason::ScreenLocked => "the screen was locked",
        EndReason::AccountRemoved => "the account was removed from the configuration, or replaced there",
    }
}

/// Why a session ended, and how Abide knows it if the provider ended the session.
#[must_use]
pub fn ended_by(reason: EndReason, signal: Option<Signal>) -> String {
    let said = ended(reason);
    let how = match signal {
        None => return said.to_owned(),
        Some(Signal::Iframe) => "seen in your browser",
        Some(Signal::Refresh) => "it refused a renewal",
        Some(Signal::Introspection) => "found by token introspection",
        Some(Signal::Userinfo) => "found by asking UserInfo",
        Some(Signal::Frontchannel) => "its page in your browser notified Abide",
        Some(Signal::Backchannel) => "it sent a logout notification",
        Some(Signal::Events) => "it sent a security event",
    };
    format!("{said} ({how})")
}

/// The state of the provider's session after an end, in one or two sentences.
#[must_use]
pub fn provider_end(provider: &str, end: ProviderEnd, page: Option<SignOutPage>) -> String {
    let page = match (page, end) {
        (Some(SignOutPage::Open), ProviderEnd::Pending) => {
            return format!("Complete the sign-out at {provider} in your browser.");
        }
        (Some(SignOutPage::CameBack), ProviderEnd::GoesOn) => {
            return format!(
                "Your browser came back from the sign-out page of {provider}, which still accepts the old tokens until they \
                 expire."
            );
        }
        (Some(SignOutPage::CameBack), ProviderEnd::Unchecked | ProviderEnd::LocalOnly) => {
            return format!(
                "Your browser came back from the sign-out page of {provider}. Abide could not check whether the old tokens \
                 still work."
            );
        }
        (None | Some(SignOutPage::CameBack), _) => "",
        (Some(SignOutPage::NotOffered), _) => {
            " It has no sign-out page, so your browser may still be signed in there."
        }
        (Some(SignOutPage::NotOpened), _) => {
            " Its sign-out page could not be opened, so your browser may still be signed in there."
        }
        (Some(SignOutPage::Open), _) => " Your browser has not come back from its sign-out page.",
    };
    tokens_end(provider, end) + page
}

fn tokens_end(provider: &str, end: ProviderEnd) -> String {
    match end {
        ProviderEnd::Pending => format!("{provider} could not be notified yet. Abide will try again."),
        ProviderEnd::LocalOnly => {
            format!("You are signed out of Abide only. {provider} was not notified.")
        }
        ProviderEnd::Ended => format!("{provider} no longer accepts this session."),
        ProviderEnd::GoesOn => {
            format!("You are signed out of Abide, but {provider} still accepts the old tokens.")
        }
        ProviderEnd::Unchecked => {
            format!("{provider} was notified. Abide could not check whether it ended the session.")
        }
        ProviderEnd::Shared => {
            format!("Another account uses the same session at {provider}, so its tokens were not revoked.")
        }
    }
}

/// Why a session cannot be extended: the rest of a sentence.
#[must_use]
pub fn why_it_cannot_be_kept(limit: Limit) -> &'static str {
    match limit {
        Limit::Absolute => "it reaches its longest time. Sign in again after that.",
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
    fn an_end_at_the_provider_is_told_as_far_as_it_is_known() {
        let said = |end, page| provider_end("id.example.com", end, page);
        use ProviderEnd::{Ended, GoesOn, LocalOnly, Pending, Unchecked};
        use SignOutPage::{CameBack, NotOffered, NotOpened, Open};
        let came_back = said(GoesOn, Some(CameBack));
        assert!(came_back.contains("came back") && came_back.contains("still accepts"), "{came_back}");
        for end in [Unchecked, LocalOnly] {
            let text = said(end, Some(CameBack));
            assert!(text.contains("came back") && text.contains("could not check"), "{text}");
        }
        assert_eq!(said(Ended, Some(CameBack)), said(Ended, None));
        assert!(!said(Pending, Some(Open)).contains("could not be notified"), "nothing has failed");
        for page in [NotOffered, NotOpened, Open] {
            for end in [Ended, GoesOn, LocalOnly, Unchecked] {
                assert!(said(end, Some(page)).starts_with(&said(end, None)), "{end:?} {page:?}");
                assert!(said(end, Some(page)).len() > said(end, None).len(), "{end:?} {page:?}");
            }
        }
    }

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
