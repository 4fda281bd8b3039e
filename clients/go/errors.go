package abide

import "fmt"

// Code is the stable code of an error. It is an error itself, so that [errors.Is] finds it in an [*Error].
type Code string

// Codes of the local endpoint (docs/local-endpoint.md).
const (
	// LoginRequired: the user is not signed in.
	LoginRequired Code = "login_required"
	// SessionExpired: the session has ended.
	SessionExpired Code = "session_expired"
	// ConsentRequired: this program is not allowed. [Error.Case] says why.
	ConsentRequired Code = "consent_required"
	// AccessDenied: this caller may not, the user said no, or the provider refuses.
	AccessDenied Code = "access_denied"
	// UnmetAuthenticationRequirements: the new sign-in was not as strong as required.
	UnmetAuthenticationRequirements Code = "unmet_authentication_requirements"
	// InvalidTarget: the provider issues no token for that API.
	InvalidTarget Code = "invalid_target"
	// InvalidScope: the provider issues no token with that scope.
	InvalidScope Code = "invalid_scope"
	// InvalidRequest: the description names the mistake.
	InvalidRequest Code = "invalid_request"
	// InvalidSignature: the request is not what was signed.
	InvalidSignature Code = "invalid_signature"
	// UnknownAccount: there is no account of that name.
	UnknownAccount Code = "unknown_account"
	// NotFound: there is no such call.
	NotFound Code = "not_found"
	// ProviderUnreachable: the session is kept; try again later.
	ProviderUnreachable Code = "provider_unreachable"
	// ActionRequired: the session is kept; correct the account, here or at the provider.
	ActionRequired Code = "action_required"
	// ThisComputer: the session is kept; correct a file, the disk or the clock of this computer.
	ThisComputer Code = "this_computer"
	// UnusableAnswer: the session is kept; the provider's answer cannot be used.
	UnusableAnswer Code = "unusable_answer"
	// TemporarilyUnavailable: frozen, or busy; try again later.
	TemporarilyUnavailable Code = "temporarily_unavailable"
)

// Codes of this package.
const (
	// AgentNotRunning: no agent answers.
	AgentNotRunning Code = "agent_not_running"
	// AgentNotProved: the answer is not signed with this client key. Nothing of it was used.
	AgentNotProved Code = "agent_not_proved"
	// AnswerTooLong: the answer is too long.
	AnswerTooLong Code = "answer_too_long"
	// AnswerUnreadable: the answer cannot be read.
	AnswerUnreadable Code = "answer_unreadable"
	// KeepFailed: `abide keep` failed; the description is its message.
	KeepFailed Code = "keep_failed"
	// LogoutFailed: `abide logout` failed; the description is its message.
	LogoutFailed Code = "logout_failed"
)

// Error is the code as text.
func (c Code) Error() string { return string(c) }

// Error is what the agent has refused, or why there is no answer.
type Error struct {
	// Code is one of the constants above, or a newer one of the agent.
	Code Code
	// Description is for people. It may change.
	Description string
	// Case says why there is no consent, with [ConsentRequired].
	Case string

	cause error
}

// Error is the description with the code.
func (e *Error) Error() string { return fmt.Sprintf("abide: %s (%s)", e.Description, string(e.Code)) }

// Is reports whether target is the code of this error.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap is the error below, if there is one.
func (e *Error) Unwrap() error { return e.cause }

func notRunning(detail string, cause error) *Error {
	return &Error{
		Code:        AgentNotRunning,
		Description: detail + " Start Abide from the menu, or run `abide agent`.",
		cause:       cause,
	}
}

func notProved() *Error {
	return &Error{
		Code: AgentNotProved,
		Description: "The answer is not signed with this client key. Another program may have Abide's port: run `abide doctor`. " +
			"Or the key was revoked: run `abide clients list`.",
	}
}
