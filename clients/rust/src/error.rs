//! What can go wrong.

use std::fmt;

macro_rules! codes {
    ($($(#[$about:meta])+ $name:ident $text:literal,)+) => {
        /// The stable code of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$about])+ $name,)+
            /// A code of a newer agent.
            Unknown,
        }

        impl Code {
            /// The code as text; `unknown` for [`Code::Unknown`].
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                    Self::Unknown => "unknown",
                }
            }

            pub(crate) fn of(text: &str) -> Self {
                match text {
                    $($text => Self::$name,)+
                    _ => Self::Unknown,
                }
            }
        }
    };
}

codes! {
    /// The user is not signed in.
    LoginRequired "login_required",
    /// The session has ended.
    SessionExpired "session_expired",
    /// This program is not allowed. [`Error::case`] says why.
    ConsentRequired "consent_required",
    /// This caller may not, the user said no, or the provider refuses.
    AccessDenied "access_denied",
    /// The new sign-in was not as strong as required.
    UnmetAuthenticationRequirements "unmet_authentication_requirements",
    /// The provider issues no token for that API.
    InvalidTarget "invalid_target",
    /// The provider issues no token with that scope.
    InvalidScope "invalid_scope",
    /// The description names the mistake.
    InvalidRequest "invalid_request",
    /// The request is not what was signed.
    InvalidSignature "invalid_signature",
    /// There is no account of that name.
    UnknownAccount "unknown_account",
    /// There is no such call.
    NotFound "not_found",
    /// The session is kept; try again later.
    ProviderUnreachable "provider_unreachable",
    /// The session is kept; correct the account, here or at the provider.
    ActionRequired "action_required",
    /// The session is kept; correct a file, the disk or the clock of this computer.
    ThisComputer "this_computer",
    /// The session is kept; the provider's answer cannot be used.
    UnusableAnswer "unusable_answer",
    /// Frozen, or busy; try again later.
    TemporarilyUnavailable "temporarily_unavailable",
    /// No agent answers. A code of this library, as are those below.
    AgentNotRunning "agent_not_running",
    /// The answer is not signed with this client key. Nothing of it was used.
    AgentNotProved "agent_not_proved",
    /// The answer is too long.
    AnswerTooLong "answer_too_long",
    /// The answer cannot be read.
    AnswerUnreadable "answer_unreadable",
    /// The key is not one that signs.
    InvalidKey "invalid_key",
    /// The address is not one of this computer.
    InvalidAddress "invalid_address",
    /// `abide keep` failed; the description is its message.
    KeepFailed "keep_failed",
    /// `abide logout` failed; the description is its message.
    LogoutFailed "logout_failed",
}

/// What the agent has refused, or why there is no answer.
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    description: String,
    case: Option<String>,
}

impl Error {
    pub(crate) fn new(code: Code, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), case: None }
    }

    pub(crate) fn with_case(self, case: Option<&str>) -> Self {
        Self { case: case.map(str::to_owned), ..self }
    }

    pub(crate) fn not_running(detail: &str) -> Self {
        Self::new(Code::AgentNotRunning, format!("{detail} Start Abide from the menu, or run `abide agent`."))
    }

    pub(crate) fn not_proved() -> Self {
        Self::new(
            Code::AgentNotProved,
            "The answer is not signed with this client key. Another program may have Abide's port: run `abide doctor`. \
             Or the key was revoked: run `abide clients list`.",
        )
    }

    pub(crate) fn unreadable(description: &str) -> Self {
        Self::new(Code::AnswerUnreadable, description)
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// A text for people. It may change.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Why there is no consent, with [`Code::ConsentRequired`].
    #[must_use]
    pub fn case(&self) -> Option<&str> {
        self.case.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.description, self.code.as_str())
    }
}

impl std::error::Error for Error {}
