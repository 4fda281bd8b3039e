//! The texts of notifications, in the language of the user, and of answers to tools and warnings, in English.

use std::time::Duration;

use abide_locale::{common, desktop, session, time};
use abide_oidc::ErrorKind;
use abide_session::EndReason;
use abide_wire::{
    ErrorAnswer, ErrorCode, Language, Limit, Notice, NoticeKind, Question, Reminder, SignOutPage, text,
};

use crate::view::convert::{ended_by, error_code, reason};

fn words(why: EndReason) -> String {
    text::ended_by(reason(why), ended_by(why))
}

fn notice(kind: NoticeKind, account: &str, title: String, body: String) -> Notice {
    Notice { kind, account: Some(account.to_owned()), question: None, title, body }
}

pub(crate) fn signed_in(language: Language, account: &str, user: &str, provider: &str) -> Notice {
    let title = desktop::notice_signed_in(language);
    notice(NoticeKind::SignedIn, account, title, desktop::notice_signed_in_body(language, provider, user))
}

pub(crate) fn sign_in_failed(language: Language, account: &str, provider: &str, message: &str) -> Notice {
    let title = desktop::notice_sign_in_failed(language, provider);
    notice(NoticeKind::SignInFailed, account, title, message.to_owned())
}

pub(crate) fn expiring(language: Language, question: &Question) -> Notice {
    let (provider, left) = (&question.provider, time::duration(language, question.seconds_left));
    let (title, body) = if question.can_be_kept {
        (desktop::notice_keep(language, 1), desktop::notice_keep_body(language, provider, left))
    } else {
        let why = session::why_it_cannot_be_kept(language, question.limit);
        let body = desktop::notice_ends_soon_body(language, provider, why, left);
        (desktop::notice_ends_soon(language, 1), body)
    };
    Notice { question: Some(question.id), ..notice(NoticeKind::Expiring, &question.account, title, body) }
}

/// An end that no use of the session can move. `now` is the wall time.
pub(crate) fn reminder(
    language: Language,
    account: &str,
    title: &str,
    provider: &str,
    reminder: &Reminder,
    now: Duration,
) -> Notice {
    let left = time::rough_duration(language, reminder.ends_at.saturating_sub(now.as_secs()));
    let body = match reminder.limit {
        Limit::Provider => desktop::notice_reminder_provider(language, title, provider, left),
        _ => desktop::notice_reminder_longest(language, title, provider, left),
    };
    notice(NoticeKind::Reminder, account, desktop::notice_reminder(language, 1), body)
}

pub(crate) fn stronger_sign_in(language: Language, account: &str, provider: &str, tool: &str) -> Notice {
    let title = desktop::notice_step_up(language, tool);
    notice(NoticeKind::StepUp, account, title, desktop::notice_step_up_body(language, provider))
}

/// `why` is the error of the last renewal.
pub(crate) fn sign_in_needed(language: Language, account: &str, provider: &str, why: Option<&str>) -> Notice {
    let body = match why {
        Some(why) => desktop::notice_sign_in_again_why(language, why, provider),
        None => desktop::notice_sign_in_again_body(language, provider),
    };
    notice(NoticeKind::Problem, account, common::action_sign_in_again(language), body)
}

pub(crate) fn newer_version(language: Language, version: &str) -> Notice {
    let (title, body) = (desktop::notice_newer(language, version), desktop::notice_newer_body(language));
    Notice { kind: NoticeKind::Update, account: None, question: None, title, body }
}

pub(crate) fn code_caught(language: Language, account: &str) -> Notice {
    let title = desktop::notice_code_caught(language);
    notice(NoticeKind::Problem, account, title, desktop::notice_code_caught_body(language))
}

pub(crate) fn still_here(language: Language, account: &str, provider: &str) -> Notice {
    let title = desktop::notice_continues(language);
    notice(NoticeKind::StillActive, account, title, desktop::notice_you_are_back(language, provider))
}

pub(crate) fn frozen(account: &str) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::TemporarilyUnavailable,
        format!(
            "The screen is locked, so the session of \u{201c}{account}\u{201d} is frozen. Unlock it; the same request will \
             work then."
        ),
    )
}

pub(crate) fn still_active(language: Language, account: &str, provider: &str) -> Notice {
    let title = desktop::notice_continues(language);
    notice(NoticeKind::StillActive, account, title, desktop::notice_app_has_used_it(language, provider))
}

pub(crate) fn still_accepted(
    language: Language,
    account: &str,
    provider: &str,
    page: Option<SignOutPage>,
) -> Notice {
    let (title, body) = if page == Some(SignOutPage::CameBack) {
        let body = session::old_tokens_still_work(language, provider);
        (desktop::notice_old_tokens(language), body)
    } else {
        (desktop::notice_abide_only(language), desktop::notice_abide_only_body(language, provider))
    };
    notice(NoticeKind::Problem, account, title, body)
}

/// The stored session of an account was begun as another client.
pub(crate) fn other_client_set_aside(account: &str) -> String {
    format!(
        "The stored session of “{account}” was begun with another provider or client. Abide has set it aside and revokes its \
         tokens. Sign in again."
    )
}

/// The stored session of an account cannot be read.
pub(crate) fn unreadable_set_aside(account: &str) -> String {
    format!(
        "The stored session of “{account}” cannot be read by this version of Abide. Abide has set it aside for 30 days and \
         revokes what it can read of its tokens. Sign in again."
    )
}

/// An account with a session is no longer in the configuration, or is another client there.
pub(crate) fn leaving(account: &str, replaced: bool, seconds: u64) -> String {
    let when = text::duration(seconds);
    if replaced {
        format!(
            "“{account}” has another provider or client in the configuration. Abide uses it in {when}, and ends the present session \
             then. Sign out to use it now."
        )
    } else {
        format!(
            "“{account}” is no longer in the configuration. Abide ends its session in {when}. Put the account back to keep it."
        )
    }
}

/// A session that an earlier start has set aside is still there.
pub(crate) fn still_set_aside(account: &str) -> String {
    format!(
        "A session of “{account}” was set aside, and its tokens are not revoked yet. Abide tries again at each start, for 30 days."
    )
}

/// A session that was set aside is not kept any longer.
pub(crate) fn set_aside_removed(account: &str) -> String {
    format!(
        "A session of “{account}” that was set aside was removed, and its tokens were not revoked. Sign out at your provider to be \
         sure that they end."
    )
}

/// `None` for a sign-out that the user has just asked for.
pub(crate) fn ended(language: Language, account: &str, provider: &str, why: EndReason) -> Option<Notice> {
    if why == EndReason::UserLogout {
        return None;
    }
    let because = session::ended_by(language, reason(why), ended_by(why));
    let body = match why {
        EndReason::AccountRemoved => desktop::notice_account_removed(language, provider, because),
        _ => desktop::notice_ended_body(language, provider, because),
    };
    Some(notice(NoticeKind::Ended, account, desktop::notice_ended(language), body))
}

pub(crate) fn sign_in_timed_out(provider: &str) -> String {
    format!(
        "Nothing came back from {provider} within ten minutes. Choose \u{201c}Sign in\u{201d} to try again."
    )
}

pub(crate) fn login_required(account: &str) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::LoginRequired,
        format!(
            "You are not signed in to the account \u{201c}{account}\u{201d}. Run `abide login --account {account}`."
        ),
    )
}

pub(crate) fn sign_in_again(account: &str, provider: &str, why: Option<&str>) -> ErrorAnswer {
    let why = why.map_or_else(|| format!("{provider} gives no new tokens."), str::to_owned);
    ErrorAnswer::new(
        ErrorCode::LoginRequired,
        format!("{why} Sign in again: `abide login --account {account}`. Your session is kept."),
    )
}

pub(crate) fn session_expired(account: &str, why: EndReason) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::SessionExpired,
        format!(
            "The session of \u{201c}{account}\u{201d} has ended: {}. Run `abide login --account {account}`.",
            words(why)
        ),
    )
}

pub(crate) fn unknown_account(account: &str, known: &[String]) -> ErrorAnswer {
    let known = if known.is_empty() {
        "There is no account yet".to_owned()
    } else {
        format!("Known accounts: {}", known.join(", "))
    };
    ErrorAnswer::new(
        ErrorCode::UnknownAccount,
        format!("There is no account \u{201c}{account}\u{201d}. {known}."),
    )
}

/// The provider has not answered, and why is not known.
pub(crate) fn provider_unreachable(provider: &str) -> ErrorAnswer {
    no_token(ErrorKind::Passing, &format!("{provider} cannot be reached."))
}

/// A tool gets no token for a reason of this kind. The session is kept.
pub(crate) fn no_token(kind: ErrorKind, why: &str) -> ErrorAnswer {
    let then = match kind {
        ErrorKind::Passing => {
            "Your session is kept; the same request will work when the provider answers again."
        }
        ErrorKind::ActionRequired => {
            "Your session is kept. Correct the account, here or at the provider, and try again."
        }
        ErrorKind::ThisComputer => "Your session is kept. Correct that on this computer and try again.",
        ErrorKind::UnusableAnswer => {
            "Your session is kept. If this happens again, tell the provider\u{2019}s administrator."
        }
    };
    ErrorAnswer::new(error_code(kind), format!("{why} {then}"))
}

/// The provider has issued an access token whose time was over at once.
pub(crate) fn token_over_at_once(provider: &str) -> ErrorAnswer {
    let why =
        format!("{provider} issued an access token that has ended already (`expires_in` is 0 or nearly 0).");
    no_token(ErrorKind::UnusableAnswer, &why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_own_code_and_exit_code() {
        let kinds = [
            (ErrorKind::Passing, "provider_unreachable", 1),
            (ErrorKind::ActionRequired, "action_required", 3),
            (ErrorKind::ThisComputer, "this_computer", 1),
            (ErrorKind::UnusableAnswer, "unusable_answer", 1),
        ];
        for (kind, code, exit) in kinds {
            let answer = no_token(kind, "Why.");
            assert_eq!((answer.error.as_str(), answer.error.exit_code()), (code, exit));
            let promises = answer.error_description.contains("will work when");
            assert_eq!(promises, kind == ErrorKind::Passing, "{}", answer.error_description);
        }
    }
}
