//! Why a signed UserInfo is refused.

use crate::error::statement::statement_errors;

statement_errors! {
    /// Why a signed UserInfo is refused. Its `sub` is checked afterwards, as with an unsigned one.
    UserInfoError;
    malformed = "userinfo_malformed", "The provider's profile cannot be read.";
    header = "userinfo_header_refused", "The provider sent another kind of token instead of a profile.";
    /// A member is there twice (RFC 7519, section 4).
    DuplicateMember = "userinfo_duplicate_member", "The provider's profile contradicts itself.";
    /// Five parts: encrypted, which was not registered.
    Encrypted = "userinfo_encrypted", "The provider encrypted your profile, but this account has no key for it.";
    /// `alg` is `none`, or it is plain JSON although an algorithm is registered.
    Unsigned ["alg"] = "userinfo_unsigned", "The provider did not sign your profile, although it should.";
    /// `alg` is not one that was registered or may be used.
    AlgorithmRefused ["alg"] = "userinfo_algorithm_refused", "The provider signed your profile with a method that this account does not accept.";
    /// No key of the provider has this `kid` and fits the algorithm.
    KeyUnknown ["kid"] = "userinfo_key_unknown", "The provider signed your profile with a key that it does not publish.";
    /// The key is RSA with more than 4,096 bits.
    KeyTooLarge ["kid"] = "userinfo_key_too_large", "The provider signed your profile with an RSA key of more than 4,096 bits, which Abide cannot check.";
    /// No `kid`, and several keys fit (Core, section 10.1).
    KeyAmbiguous ["kid"] = "userinfo_key_ambiguous", "The provider does not say which of its keys it signed your profile with.";
    /// The signature is not by that key.
    SignatureInvalid = "userinfo_signature_invalid", "The signature under your profile is not the provider's.";
    /// `iss` is there and empty.
    IssuerMissing ["iss"] = "userinfo_issuer_missing", "The profile does not say who made it.";
    /// `iss` is there and is not the issuer, byte for byte.
    IssuerMismatch ["iss"] = "userinfo_issuer_mismatch", "The profile was made by another provider.";
    /// `aud` is there and empty.
    AudienceMissing ["aud"] = "userinfo_audience_missing", "The profile does not say for whom it was made.";
    /// `aud` is there and does not contain this client.
    AudienceMismatch ["aud"] = "userinfo_audience_mismatch", "The profile was made for another application.";
    /// Never: `iat` need not be there.
    IssuedAtMissing ["iat"] = "userinfo_issued_at_missing", "The profile does not say when it was made.";
    /// `iat` is in the future.
    IssuedInFuture ["iat"] = "userinfo_issued_in_future", "The profile was made in the future. Check that this computer's clock is right.";
    /// `nbf` is in the future (RFC 7519, section 4.1.5).
    NotYetValid ["nbf"] = "userinfo_not_yet_valid", "The profile is not valid yet. Check that this computer's clock is right.";
    /// `exp` is past (RFC 7519, section 4.1.4).
    Expired ["exp"] = "userinfo_expired", "The profile is no longer valid. Check that this computer's clock is right.";
}
