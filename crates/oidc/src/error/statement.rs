//! What every signed statement may be refused for, and the errors of one kind of statement.

/// Why a signed statement is refused, whatever it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Malformed,
    DuplicateMember,
    Encrypted,
    Unsigned,
    AlgorithmRefused,
    KeyUnknown,
    KeyAmbiguous,
    SignatureInvalid,
    IssuerMissing,
    IssuerMismatch,
    AudienceMissing,
    IssuedAtMissing,
    IssuedInFuture,
    NotYetValid,
}

/// The errors of one kind of statement: a sentence and a stable code for each, and every [`Problem`] among them.
macro_rules! statement_errors {
    (
        $(#[$about:meta])* $name:ident;
        $($(#[$doc:meta])* $variant:ident = $code:literal, $words:literal;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* #[error($words)] $variant,)*
        }

        impl $name {
            /// A stable name, in snake case.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }

        impl From<crate::error::statement::Problem> for $name {
            fn from(problem: crate::error::statement::Problem) -> Self {
                use crate::error::statement::Problem;
                match problem {
                    Problem::Malformed => Self::Malformed,
                    Problem::DuplicateMember => Self::DuplicateMember,
                    Problem::Encrypted => Self::Encrypted,
                    Problem::Unsigned => Self::Unsigned,
                    Problem::AlgorithmRefused => Self::AlgorithmRefused,
                    Problem::KeyUnknown => Self::KeyUnknown,
                    Problem::KeyAmbiguous => Self::KeyAmbiguous,
                    Problem::SignatureInvalid => Self::SignatureInvalid,
                    Problem::IssuerMissing => Self::IssuerMissing,
                    Problem::IssuerMismatch => Self::IssuerMismatch,
                    Problem::AudienceMissing => Self::AudienceMissing,
                    Problem::IssuedAtMissing => Self::IssuedAtMissing,
                    Problem::IssuedInFuture => Self::IssuedInFuture,
                    Problem::NotYetValid => Self::NotYetValid,
                }
            }
        }
    };
}
pub(crate) use statement_errors;
