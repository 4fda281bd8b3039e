//! Why a session has ended or cannot be extended.

use abide_wire::{EndReason, Language, Limit, Signal};

use crate::common;

/// Why a session ended: the rest of a sentence after "signed out".
#[must_use]
pub fn ended(language: Language, reason: EndReason) -> String {
    match reason {
        EndReason::UserLogout => common::ended_user_logout(language),
        EndReason::IdleTimeout => common::ended_idle_timeout(language),
        EndReason::AbsoluteTimeout => common::ended_absolute_timeout(language),
        EndReason::ProviderTimeout => common::ended_provider_timeout(language),
        EndReason::AccessTokenExpired => common::ended_access_token_expired(language),
        EndReason::Declined => common::ended_declined(language),
        EndReason::ProviderLogout => common::ended_provider_logout(language),
        EndReason::RefreshRejected => common::ended_refresh_rejected(language),
        EndReason::AnswerRefused => common::ended_answer_refused(language),
        EndReason::ScreenLocked => common::ended_screen_locked(language),
        EndReason::AccountRemoved => common::ended_account_removed(language),
    }
}

/// The same, and how Abide knows it if the provider ended the session.
#[must_use]
pub fn ended_by(language: Language, reason: EndReason, signal: Option<Signal>) -> String {
    let ended = ended(language, reason);
    let how = match signal {
        None => return ended,
        Some(Signal::Iframe) => common::ended_by_iframe(language),
        Some(Signal::Refresh) => common::ended_by_refresh(language),
        Some(Signal::Introspection) => common::ended_by_introspection(language),
        Some(Signal::Userinfo) => common::ended_by_userinfo(language),
        Some(Signal::Frontchannel) => common::ended_by_frontchannel(language),
        Some(Signal::Backchannel) => common::ended_by_backchannel(language),
        Some(Signal::Events) => common::ended_by_events(language),
    };
    common::ended_how(language, how, ended)
}

/// Why a session cannot be extended: the rest of a sentence, and what to do.
#[must_use]
pub fn why_it_cannot_be_kept(language: Language, limit: Limit) -> String {
    match limit {
        Limit::Idle => common::cannot_be_kept_idle(language),
        Limit::Absolute => common::cannot_be_kept_absolute(language),
        Limit::Provider => common::cannot_be_kept_provider(language),
        Limit::AccessToken => common::cannot_be_kept_access_token(language),
    }
}

/// The state of the provider's session after an end, if its page has sent the browser back and its tokens still work.
#[must_use]
pub fn old_tokens_still_work(language: Language, provider: &str) -> String {
    common::sign_out_page_still_accepts(language, provider)
}

#[cfg(test)]
mod tests {
    use abide_wire::{ProviderEnd, SignOutPage, text};

    use super::*;

    const REASONS: [EndReason; 11] = [
        EndReason::UserLogout,
        EndReason::IdleTimeout,
        EndReason::AbsoluteTimeout,
        EndReason::ProviderTimeout,
        EndReason::AccessTokenExpired,
        EndReason::Declined,
        EndReason::ProviderLogout,
        EndReason::RefreshRejected,
        EndReason::AnswerRefused,
        EndReason::ScreenLocked,
        EndReason::AccountRemoved,
    ];

    #[test]
    fn english_is_that_of_the_command() {
        let english = Language::En;
        for reason in REASONS {
            assert_eq!(ended(english, reason), text::ended(reason));
            for signal in Signal::ALL {
                assert_eq!(ended_by(english, reason, Some(signal)), text::ended_by(reason, Some(signal)));
            }
        }
        for limit in [Limit::Idle, Limit::Absolute, Limit::Provider, Limit::AccessToken] {
            assert_eq!(why_it_cannot_be_kept(english, limit), text::why_it_cannot_be_kept(limit));
        }
        let (end, page) = (ProviderEnd::GoesOn, Some(SignOutPage::CameBack));
        assert_eq!(old_tokens_still_work(english, "P"), text::provider_end("P", end, page));
    }
}
