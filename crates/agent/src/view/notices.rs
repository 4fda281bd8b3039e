//! The texts of notifications and of answers to tools, all in one place.

use abide_oidc::ErrorKind;
use abide_session::EndReason;
use abide_wire::{ErrorAnswer, ErrorCode, Notice, NoticeKind, ProviderEnd, Question, SignOutPage, text};

use crate::view::convert::{ended_by, error_code, reason};

fn words(why: EndReason) -> String {
    text::ended_by(reason(why), ended_by(why))
}

fn notice(kind: NoticeKind, account: &str, title: String, body: String) -> Notice {
    Notice { kind, account: Some(account.to_owned()), question: None, title, body }
}

pub(crate) fn signed_in(account: &str, user: &str, provider: &str) -> Notice {
    notice(
        NoticeKind::SignedIn,
        account,
        "You are signed in".to_owned(),
        format!("{user} with {provider}. Abide asks you before the session ends."),
    )
}

pub(crate) fn sign_in_failed(account: &str, provider: &str, message: &str) -> Notice {
    notice(
        NoticeKind::SignInFailed,
        account,
        format!("Signing in with {provider} did not work"),
        message.to_owned(),
    )
}

pub(crate) fn expiring(question: &Question) -> Notice {
    let (provider, left) = (&question.provider, text::duration(question.seconds_left));
    let (title, body) = if question.can_be_kept {
        let body = format!("Your session with {provider} ends in {left}. Do you want to keep it?");
        ("Keep your session?", body)
    } else {
        let why = text::why_it_cannot_be_kept(question.limit);
        ("Your session ends soon", format!("Your session with {provider} ends in {left}: {why}"))
    };
    Notice {
        question: Some(question.id),
        ..notice(NoticeKind::Expiring, &question.account, title.to_owned(), body)
    }
}

pub(crate) fn stronger_sign_in(account: &str, provider: &str, tool: &str) -> Notice {
    notice(
        NoticeKind::StepUp,
        account,
        format!("{tool} needs a stronger sign-in"),
        format!("Sign in with {provider} again, in your browser. Your session continues in any case."),
    )
}

pub(crate) fn sign_in_needed(account: &str, provider: &str, why: Option<&str>) -> Notice {
    let why = why.map_or_else(|| format!("{provider} gives no new tokens."), str::to_owned);
    let body = format!(
        "{why} Sign in with {provider} again so that your apps get new tokens. Your session is kept."
    );
    notice(NoticeKind::Problem, account, "Sign in again".to_owned(), body)
}

pub(crate) fn code_caught(account: &str) -> Notice {
    notice(
        NoticeKind::Problem,
        account,
        "Abide did not start this sign-in".to_owned(),
        "Your browser brought a code from a sign-in that another program or person started. Abide handed out nothing. Do not \
         give the address of that page to anyone."
            .to_owned(),
    )
}

pub(crate) fn still_here(account: &str, provider: &str) -> Notice {
    notice(
        NoticeKind::StillActive,
        account,
        "Your session continues".to_owned(),
        format!("You are back: your session with {provider} continues."),
    )
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

pub(crate) fn still_active(account: &str, provider: &str) -> Notice {
    notice(
        NoticeKind::StillActive,
        account,
        "Your session continues".to_owned(),
        format!("An app has just used your session with {provider}."),
    )
}

pub(crate) fn still_accepted(account: &str, provider: &str, page: Option<SignOutPage>) -> Notice {
    if page == Some(SignOutPage::CameBack) {
        let body = text::provider_end(provider, ProviderEnd::GoesOn, page);
        return notice(NoticeKind::Problem, account, "Old tokens still work".to_owned(), body);
    }
    notice(
        NoticeKind::Problem,
        account,
        "You are signed out of Abide only".to_owned(),
        format!(
            "You are signed out of Abide, but {provider} still accepts the old tokens. Sign out there too if others use \
             this computer."
        ),
    )
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
pub(crate) fn ended(account: &str, provider: &str, why: EndReason) -> Option<Notice> {
    if why == EndReason::UserLogout {
        return None;
    }
    let next = match why {
        EndReason::AccountRemoved => "",
        _ => " Choose \u{201c}Sign in\u{201d} when you need it again.",
    };
    let body = format!("Your session with {provider} has ended: {}.{next}", words(why));
    Some(notice(NoticeKind::Ended, account, "You are signed out".to_owned(), body))
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
