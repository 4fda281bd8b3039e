//! Why a security event token is refused.

use crate::error::statement::statement_errors;

statement_errors! {
    /// Why a security event token is refused (RFC 8417, section 2; Shared Signals Framework 1.0, section 4.1).
    SecurityEventError;
    malformed = "security_event_malformed", "The provider's message about your account cannot be read.";
    header = "security_event_header_refused", "The message is a different kind of token, not one about your account.";
    /// More than 64 KiB.
    TooLong = "security_event_too_long", "The provider's message about your account is longer than it should be.";
    /// A member is there twice (RFC 7519, section 4).
    DuplicateMember = "security_event_duplicate_member", "The provider's message about your account contradicts itself.";
    /// Five parts: encrypted, which was not agreed.
    Encrypted = "security_event_encrypted", "The provider's message about your account is encrypted, but there is no key for it.";
    /// `alg` is `none`.
    Unsigned ["alg"] = "security_event_unsigned", "The provider's message about your account is not signed.";
    /// `alg` is not one that may be used.
    AlgorithmRefused ["alg"] = "security_event_algorithm_refused", "The provider's message is signed with a method that this account does not accept.";
    /// No key of the provider has this `kid` and fits the algorithm.
    KeyUnknown ["kid"] = "security_event_key_unknown", "The provider's message is signed with a key that it does not publish.";
    /// The key is RSA with more than 4,096 bits.
    KeyTooLarge ["kid"] = "security_event_key_too_large", "The provider's message is signed with an RSA key of more than 4,096 bits, which Abide cannot check.";
    /// The same, but the keys were read a short time ago and could not be read again. The event may be sent once more.
    KeyNotRead ["kid"] = "security_event_key_not_read", "The provider's message is signed with a key that Abide has not read yet.";
    /// No `kid`, and several keys fit.
    KeyAmbiguous ["kid"] = "security_event_key_ambiguous", "The provider's message does not say which key it is signed with.";
    /// The signature is not by that key.
    SignatureInvalid = "security_event_signature_invalid", "The signature under the message about your account is not the provider's.";
    /// No `iss`.
    IssuerMissing ["iss"] = "security_event_issuer_missing", "The message about your account does not say who sent it.";
    /// `iss` is not the issuer, byte for byte.
    IssuerMismatch ["iss"] = "security_event_issuer_mismatch", "The message about your account is another provider's.";
    /// No `aud`.
    AudienceMissing ["aud"] = "security_event_audience_missing", "The message about your account does not say for whom it is.";
    /// `aud` contains neither this client nor the configured audience.
    AudienceMismatch ["aud"] = "security_event_audience_mismatch", "The message about your account is for another application.";
    /// No `iat`.
    IssuedAtMissing ["iat"] = "security_event_issued_at_missing", "The message about your account does not say when it was made.";
    /// `iat` is in the future.
    IssuedInFuture ["iat"] = "security_event_issued_in_future", "The message about your account was made in the future. Check that this computer's clock is right.";
    /// `nbf` is in the future.
    NotYetValid ["nbf"] = "security_event_not_yet_valid", "The message about your account is not valid yet. Check that this computer's clock is right.";
    /// `exp`, which a security event does not have (RFC 8417, section 2.2): it could be taken for another token.
    ExpirationPresent ["exp"] = "security_event_expiration_present", "The message about your account looks like another kind of token.";
    /// No `jti`.
    IdMissing ["jti"] = "security_event_id_missing", "The message about your account has no number.";
    /// `jti` is longer than 255 characters or not printable ASCII.
    IdInvalid ["jti"] = "security_event_id_invalid", "The number of the message about your account cannot be used.";
    /// `events` is missing, empty or not an object of objects.
    EventsMissing ["events"] = "security_event_events_missing", "The message does not say what has happened to your account.";
    /// No `sub_id`, although one of the events needs it.
    SubjectMissing ["sub_id"] = "security_event_subject_missing", "The message does not say whose account it is about.";
    /// `sub_id` does not fit its `format` (RFC 9493, section 3).
    SubjectInvalid ["sub_id"] = "security_event_subject_invalid", "The message names the account that it is about in a way that cannot be read.";
    /// An event about a stream that is not ours (Shared Signals Framework 1.0, sections 8.1.4.1 and 8.1.5).
    StreamMismatch ["sub_id"] = "security_event_stream_mismatch", "The message is about another stream of messages.";
    /// `state` of a verification event is not what was sent (section 8.1.4.1).
    StateMismatch ["state"] = "security_event_state_mismatch", "The message answers a question that Abide has not asked.";
}

impl SecurityEventError {
    /// The error code that the provider is sent (RFC 8935, section 2.4; Shared Signals Framework 1.0, section 8.1.4.1).
    #[must_use]
    pub fn reported_as(self) -> &'static str {
        match self {
            Self::Encrypted
            | Self::Unsigned
            | Self::AlgorithmRefused
            | Self::KeyUnknown
            | Self::KeyNotRead
            | Self::KeyTooLarge
            | Self::KeyAmbiguous
            | Self::SignatureInvalid => "invalid_key",
            Self::IssuerMissing | Self::IssuerMismatch => "invalid_issuer",
            Self::AudienceMissing | Self::AudienceMismatch => "invalid_audience",
            Self::StateMismatch => "invalid_state",
            _ => "invalid_request",
        }
    }
}
