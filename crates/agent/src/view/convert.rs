//! Conversions of the session's types to those that cross a boundary.

use abide_oidc::ErrorKind;
use abide_session::{EndReason, Limit};
use abide_wire::{EndReason as Reason, ErrorCode, Evidence, LastErrorKind, LimitSource, Signal};

/// The end reason.
pub(crate) fn reason(reason: EndReason) -> Reason {
    match reason {
        EndReason::UserLogout => Reason::UserLogout,
        EndReason::IdleTimeout => Reason::IdleTimeout,
        EndReason::AbsoluteTimeout => Reason::AbsoluteTimeout,
        EndReason::ProviderTimeout => Reason::ProviderTimeout,
        EndReason::AccessTokenExpired => Reason::AccessTokenExpired,
        EndReason::Declined => Reason::Declined,
        EndReason::ProviderLogout(_) => Reason::ProviderLogout,
        EndReason::RefreshRejected => Reason::RefreshRejected,
        EndReason::AnswerRefused => Reason::AnswerRefused,
        EndReason::ScreenLocked => Reason::ScreenLocked,
        EndReason::AccountRemoved => Reason::AccountRemoved,
    }
}

/// The signal that reported the provider's end.
pub(crate) fn ended_by(reason: EndReason) -> Option<Signal> {
    match reason {
        EndReason::ProviderLogout(signal) => Some(signal_of(signal)),
        EndReason::RefreshRejected => Some(Signal::Refresh),
        _ => None,
    }
}

/// The signal.
pub(crate) fn signal_of(signal: abide_session::Signal) -> Signal {
    match signal {
        abide_session::Signal::Iframe => Signal::Iframe,
        abide_session::Signal::Introspection => Signal::Introspection,
        abide_session::Signal::UserInfo => Signal::Userinfo,
        abide_session::Signal::FrontChannel => Signal::Frontchannel,
        abide_session::Signal::BackChannel => Signal::Backchannel,
        abide_session::Signal::SecurityEvent => Signal::Events,
    }
}

/// The evidence for the provider's layer after this signal.
pub(crate) fn evidence(signal: Signal) -> Evidence {
    match signal {
        Signal::Iframe => Evidence::Browser,
        Signal::Refresh => Evidence::Refresh,
        Signal::Introspection | Signal::Userinfo => Evidence::Asked,
        Signal::Frontchannel | Signal::Backchannel | Signal::Events => Evidence::Told,
    }
}

/// What has to change, as it crosses a boundary.
pub(crate) fn last_error_kind(kind: ErrorKind) -> LastErrorKind {
    match kind {
        ErrorKind::Passing => LastErrorKind::Passing,
        ErrorKind::ActionRequired => LastErrorKind::ActionRequired,
        ErrorKind::ThisComputer => LastErrorKind::ThisComputer,
        ErrorKind::UnusableAnswer => LastErrorKind::UnusableAnswer,
    }
}

/// The code for a tool that gets no token for a reason of this kind.
pub(crate) fn error_code(kind: ErrorKind) -> ErrorCode {
    match kind {
        ErrorKind::Passing => ErrorCode::ProviderUnreachable,
        ErrorKind::ActionRequired => ErrorCode::ActionRequired,
        ErrorKind::ThisComputer => ErrorCode::ThisComputer,
        ErrorKind::UnusableAnswer => ErrorCode::UnusableAnswer,
    }
}

/// The limit.
pub(crate) fn limit(limit: Limit) -> abide_wire::Limit {
    match limit {
        Limit::Idle => abide_wire::Limit::Idle,
        Limit::Absolute => abide_wire::Limit::Absolute,
        Limit::Provider => abide_wire::Limit::Provider,
        Limit::AccessToken => abide_wire::Limit::AccessToken,
    }
}

/// The parameter that declared the provider's limit.
pub(crate) fn limit_source(source: abide_session::LimitSource) -> LimitSource {
    match source {
        abide_session::LimitSource::SessionExpiry => LimitSource::SessionExpiry,
        abide_session::LimitSource::AuthorizationExpiresIn => LimitSource::AuthorizationExpiresIn,
        abide_session::LimitSource::RefreshTokenTimeout => LimitSource::RefreshTokenTimeout,
        abide_session::LimitSource::RefreshExpiresIn => LimitSource::RefreshExpiresIn,
    }
}

/// The reverse conversion.
pub(crate) fn session_limit_source(source: LimitSource) -> abide_session::LimitSource {
    match source {
        LimitSource::SessionExpiry => abide_session::LimitSource::SessionExpiry,
        LimitSource::AuthorizationExpiresIn => abide_session::LimitSource::AuthorizationExpiresIn,
        LimitSource::RefreshTokenTimeout => abide_session::LimitSource::RefreshTokenTimeout,
        LimitSource::RefreshExpiresIn => abide_session::LimitSource::RefreshExpiresIn,
    }
}
