//! Why an ID token is refused.

use crate::error::statement::statement_errors;

statement_errors! {
    /// Why an ID token is refused.
    IdTokenError;
    malformed = "id_token_malformed", "The provider's statement about who signed in cannot be read.";
    header = "id_token_header_refused", "The provider sent a different kind of token instead of an ID token.";
    /// A member is there twice (RFC 7519, section 4).
    DuplicateMember = "id_token_duplicate_member", "The provider's statement about who signed in contradicts itself.";
    /// Five parts: encrypted, which was not registered.
    Encrypted = "id_token_encrypted", "The provider encrypted its statement about who signed in, but this account has no key for it.";
    /// `alg` is `none`.
    Unsigned ["alg"] = "id_token_unsigned", "The provider did not sign its statement about who signed in.";
    /// `alg` is not one that was registered or may be used (3.1.3.7, rule 7).
    AlgorithmRefused ["alg"] = "id_token_algorithm_refused", "The provider signed with a method that this account does not accept.";
    /// No key of the provider has this `kid` and fits the algorithm.
    KeyUnknown ["kid"] = "id_token_key_unknown", "The provider signed with a key that it does not publish.";
    /// The key is RSA with more than 4,096 bits.
    KeyTooLarge ["kid"] = "id_token_key_too_large", "The provider signed with an RSA key of more than 4,096 bits, which Abide cannot check.";
    /// No `kid`, and several keys fit (Core, section 10.1).
    KeyAmbiguous ["kid"] = "id_token_key_ambiguous", "The provider does not say which of its keys it signed with.";
    /// The signature is not by that key.
    SignatureInvalid = "id_token_signature_invalid", "The signature under the statement about who signed in is not the provider's.";
    /// No `iss`.
    IssuerMissing ["iss"] = "id_token_issuer_missing", "The statement about who signed in does not say who made it.";
    /// `iss` is not the issuer, byte for byte (rule 2).
    IssuerMismatch ["iss"] = "id_token_issuer_mismatch", "The statement about who signed in was made by another provider.";
    /// No `sub`.
    SubjectMissing ["sub"] = "id_token_subject_missing", "The provider did not say who signed in.";
    /// `sub` is longer than 255 characters or not printable ASCII.
    SubjectInvalid ["sub"] = "id_token_subject_invalid", "The provider's name for the person who signed in cannot be used.";
    /// The refreshed ID token is about another person (12.2).
    SubjectChanged ["sub"] = "id_token_subject_changed", "The provider renewed the session for a different person.";
    /// No `aud`.
    AudienceMissing ["aud"] = "id_token_audience_missing", "The statement about who signed in does not say for whom it was made.";
    /// `aud` does not contain this client (rule 3).
    AudienceMismatch ["aud"] = "id_token_audience_mismatch", "The statement about who signed in was made for another application.";
    /// `aud` also contains a client that is not trusted (rule 3).
    AudienceUntrusted ["aud"] = "id_token_audience_untrusted", "The statement about who signed in was also made for an application that this account does not trust.";
    /// Several audiences and no `azp` (rule 4).
    AuthorizedPartyMissing ["azp"] = "id_token_authorized_party_missing", "The statement about who signed in does not say which application asked for it.";
    /// `azp` is not this client (rule 5).
    AuthorizedPartyMismatch ["azp"] = "id_token_authorized_party_mismatch", "Another application asked for the statement about who signed in.";
    /// No `exp`.
    ExpirationMissing ["exp"] = "id_token_expiration_missing", "The statement about who signed in does not say until when it is valid.";
    /// `exp` is past (rule 9).
    Expired ["exp"] = "id_token_expired", "The statement about who signed in is no longer valid. Check that this computer's clock is right.";
    /// No `iat`.
    IssuedAtMissing ["iat"] = "id_token_issued_at_missing", "The statement about who signed in does not say when it was made.";
    /// `iat` is in the future (rule 10).
    IssuedInFuture ["iat"] = "id_token_issued_in_future", "The statement about who signed in was made in the future. Check that this computer's clock is right.";
    /// `nbf` is in the future (RFC 7519, section 4.1.5).
    NotYetValid ["nbf"] = "id_token_not_yet_valid", "The statement about who signed in is not valid yet. Check that this computer's clock is right.";
    /// No `nonce` after a sign-in (rule 11).
    NonceMissing ["nonce"] = "id_token_nonce_missing", "The provider's answer does not belong to this sign-in.";
    /// Another `nonce` (rule 11; 12.2).
    NonceMismatch ["nonce"] = "id_token_nonce_mismatch", "The provider's answer belongs to another sign-in.";
    /// `at_hash` is not that of the access token (3.1.3.8).
    AccessTokenHashMismatch ["at_hash"] = "id_token_at_hash_mismatch", "The provider's tokens do not belong together.";
    /// Another `sub` than the one that was asked for (3.1.2.2).
    SubjectMismatch ["sub"] = "id_token_subject_mismatch", "A different person signed in at the provider than this account asks for.";
    /// `acr` was asked for as essential and is not there (rule 12; 5.5.1.1).
    AcrMissing ["acr"] = "id_token_acr_missing", "The provider did not say how you signed in, which this account asks for.";
    /// `acr` is not one of the requested essential values (rule 12; 5.5.1.1).
    AcrMismatch ["acr"] = "id_token_acr_mismatch", "You signed in at the provider in a different way than this account asks for.";
    /// `max_age` was sent, or `auth_time` asked for as essential, and there is no `auth_time` (rule 13; section 2).
    AuthTimeMissing ["auth_time"] = "id_token_auth_time_missing", "The provider did not say when you signed in, which this account asks for.";
    /// `auth_time` is older than `max_age` (rule 13).
    AuthTimeTooOld ["auth_time"] = "id_token_auth_time_too_old", "You signed in at the provider too long ago for this account.";
    /// `auth_time` is in the future.
    AuthTimeInFuture ["auth_time"] = "id_token_auth_time_in_future", "The provider says that you signed in in the future. Check that this computer's clock is right.";
    /// The refreshed ID token has an earlier `auth_time` than the first (12.2).
    AuthTimeChanged ["auth_time"] = "id_token_auth_time_changed", "The provider says that you signed in earlier than you did.";
}

impl IdTokenError {
    /// True if the same statement, or the next one, may be valid later: the provider has just changed its keys, or a clock
    /// is wrong. It says nothing about the person.
    pub fn may_pass(self) -> bool {
        matches!(
            self,
            Self::KeyUnknown
                | Self::KeyTooLarge
                | Self::Expired
                | Self::IssuedInFuture
                | Self::NotYetValid
                | Self::AuthTimeInFuture
        )
    }
}
