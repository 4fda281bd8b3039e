//! Why the answer to a device authorization request is refused.

/// Why an answer cannot be shown to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// `device_code` is missing, longer than 4,096 bytes, or not printable.
    #[error("The provider's answer has no usable `device_code`.")]
    DeviceCodeInvalid,
    /// `user_code` is missing, longer than 64 characters, or cannot be shown and typed.
    #[error("The provider's answer has no code that you can enter.")]
    UserCodeInvalid,
    /// `verification_uri` or `verification_uri_complete` is missing or is not a web address.
    #[error("The provider's answer does not say where to enter the code.")]
    VerificationUriInvalid,
    /// `verification_uri` or `verification_uri_complete` is not protected by https.
    #[error("The page on which the provider wants you to enter the code is not protected by https.")]
    VerificationUriInsecure,
    /// `expires_in` is missing or zero.
    #[error("The provider's answer does not say how long the code is valid.")]
    ExpiryInvalid,
    /// `interval` is longer than five minutes.
    #[error("The provider lets Abide ask for the result less than once in five minutes.")]
    IntervalInvalid,
}

impl DeviceError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::DeviceCodeInvalid => "device_code_invalid",
            Self::UserCodeInvalid => "device_user_code_invalid",
            Self::VerificationUriInvalid => "device_verification_uri_invalid",
            Self::VerificationUriInsecure => "device_verification_uri_insecure",
            Self::ExpiryInvalid => "device_expiry_invalid",
            Self::IntervalInvalid => "device_interval_invalid",
        }
    }
}
