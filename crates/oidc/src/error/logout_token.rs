//! Why a logout token is refused.

use crate::error::statement::statement_errors;

statement_errors! {
    /// Why a logout token is refused (Back-Channel Logout 1.0, section 2.6).
    LogoutTokenError;
    malformed = "logout_token_malformed", "The message about the end of a session cannot be read.";
    header = "logout_token_header_refused", "The message is a different kind of token, not one about the end of a session.";
    /// More than 16 KiB.
    TooLong = "logout_token_too_long", "The message about the end of a session is longer than it should be.";
    /// A member is there twice (RFC 7519, section 4).
    DuplicateMember = "logout_token_duplicate_member", "The message about the end of a session contradicts itself.";
    /// Five parts: encrypted, which was not registered.
    Encrypted = "logout_token_encrypted", "The message about the end of a session is encrypted, but this account has no key for it.";
    /// `alg` is `none` (rule 2).
    Unsigned ["alg"] = "logout_token_unsigned", "The message about the end of a session is not signed.";
    /// `alg` is not the one that is registered for ID tokens (rule 2).
    AlgorithmRefused ["alg"] = "logout_token_algorithm_refused", "The message about the end of a session is signed with a method that this account does not accept.";
    /// No key of the provider has this `kid` and fits the algorithm.
    KeyUnknown ["kid"] = "logout_token_key_unknown", "The message about the end of a session is signed with a key that the provider does not publish.";
    /// The key is RSA with more than 4,096 bits.
    KeyTooLarge ["kid"] = "logout_token_key_too_large", "The message about the end of a session is signed with an RSA key of more than 4,096 bits, which Abide cannot check.";
    /// No `kid`, and several keys fit.
    KeyAmbiguous ["kid"] = "logout_token_key_ambiguous", "The message about the end of a session does not say which key it is signed with.";
    /// The signature is not by that key.
    SignatureInvalid = "logout_token_signature_invalid", "The signature under the message about the end of a session is not the provider's.";
    /// No `iss`.
    IssuerMissing ["iss"] = "logout_token_issuer_missing", "The message about the end of a session does not say who sent it.";
    /// `iss` is not the issuer, byte for byte (rule 3).
    IssuerMismatch ["iss"] = "logout_token_issuer_mismatch", "The message about the end of a session is another provider's.";
    /// No `aud`.
    AudienceMissing ["aud"] = "logout_token_audience_missing", "The message about the end of a session does not say for whom it is.";
    /// `aud` does not contain this client (rule 3).
    AudienceMismatch ["aud"] = "logout_token_audience_mismatch", "The message about the end of a session is for another application.";
    /// `aud` also contains a client that is not trusted (rule 3; Core, section 3.1.3.7, rule 3).
    AudienceUntrusted ["aud"] = "logout_token_audience_untrusted", "The message about the end of a session is also for an application that this account does not trust.";
    /// No `iat`.
    IssuedAtMissing ["iat"] = "logout_token_issued_at_missing", "The message about the end of a session does not say when it was made.";
    /// `iat` is in the future (rule 3).
    IssuedInFuture ["iat"] = "logout_token_issued_in_future", "The message about the end of a session was made in the future. Check that this computer's clock is right.";
    /// `iat` is longer ago than [`MAX_LOGOUT_TOKEN_AGE`](crate::MAX_LOGOUT_TOKEN_AGE), or than two minutes without `exp`.
    TooOld ["iat"] = "logout_token_too_old", "The message about the end of a session was made too long ago. Check that this computer's clock is right.";
    /// `nbf` is in the future.
    NotYetValid ["nbf"] = "logout_token_not_yet_valid", "The message about the end of a session is not valid yet. Check that this computer's clock is right.";
    /// `exp` is past (rule 3).
    Expired ["exp"] = "logout_token_expired", "The message about the end of a session is no longer valid. Check that this computer's clock is right.";
    /// Neither `sub` nor `sid` (rule 4).
    SubjectMissing ["sub"] = "logout_token_subject_missing", "The message does not say whose session has ended.";
    /// `sub` is longer than 255 characters or not printable ASCII.
    SubjectInvalid ["sub"] = "logout_token_subject_invalid", "The message names the person whose session has ended in a way that cannot be used.";
    /// No `events`, or not an object (rule 5).
    EventsMissing ["events"] = "logout_token_events_missing", "The message does not say what has happened.";
    /// `events` does not contain the logout event as an object (rule 5).
    EventMismatch ["events"] = "logout_token_event_mismatch", "The message is not about the end of a session.";
    /// A `nonce`: the token could be taken for an ID token (rule 6).
    NoncePresent ["nonce"] = "logout_token_nonce_present", "The message about the end of a session looks like a sign-in.";
    /// No `jti` (section 2.4).
    IdMissing ["jti"] = "logout_token_id_missing", "The message about the end of a session has no number.";
    /// `jti` is longer than 255 characters or not printable ASCII.
    IdInvalid ["jti"] = "logout_token_id_invalid", "The number of the message about the end of a session cannot be used.";
    /// The same `jti` was accepted before (rule 7).
    Replayed ["jti"] = "logout_token_replayed", "The message about the end of a session was sent a second time.";
    /// More valid tokens than can be remembered, so that a replay could not be detected.
    TooMany = "logout_token_too_many", "There were too many messages about the end of sessions in a short time.";
}
