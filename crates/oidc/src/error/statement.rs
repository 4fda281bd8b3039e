//! The errors that all signed statements share, and the macro that makes those of one kind of statement.

/// Why a signed statement is refused, whatever its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Malformed,
    /// This member of the header or of the claims is of the wrong type.
    WrongType(&'static str),
    DuplicateMember,
    Encrypted,
    Unsigned,
    AlgorithmRefused,
    /// This member of the header makes it a different kind of statement, or changes how it is read.
    HeaderRefused(&'static str),
    KeyUnknown,
    KeyTooLarge,
    KeyAmbiguous,
    SignatureInvalid,
    IssuerMissing,
    IssuerMismatch,
    AudienceMissing,
    IssuedAtMissing,
    IssuedInFuture,
    NotYetValid,
}

/// The errors of one kind of statement, every [`Problem`] among them: for each a stable code, the member of the statement if
/// there is one, and a sentence. The member is shown at the end of the first sentence.
macro_rules! statement_errors {
    (
        $(#[$about:meta])* $name:ident;
        malformed = $malformed:literal, $malformed_words:literal;
        header = $header:literal, $header_words:literal;
        $($(#[$doc:meta])* $variant:ident $([$member:literal])? = $code:literal, $words:literal;)*
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            /// Not three base64url parts with JSON inside.
            Malformed,
            /// This member is of the wrong type.
            WrongType(&'static str),
            /// `crit`, `cty`, `b64`, `zip`, or a `typ` of another kind of token (RFC 7515, section 4.1; RFC 8725, section 3.11).
            HeaderRefused(&'static str),
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// A stable name, in snake case.
            pub fn code(self) -> &'static str {
                match self {
                    Self::Malformed | Self::WrongType(_) => $malformed,
                    Self::HeaderRefused(_) => $header,
                    $(Self::$variant => $code,)*
                }
            }

            /// The member of the statement that the error is about.
            pub fn member(self) -> Option<&'static str> {
                match self {
                    Self::Malformed => None,
                    Self::WrongType(member) | Self::HeaderRefused(member) => Some(member),
                    $(Self::$variant => crate::error::statement::only(&[$($member)?]),)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let words = match self {
                    Self::Malformed | Self::WrongType(_) => $malformed_words,
                    Self::HeaderRefused(_) => $header_words,
                    $(Self::$variant => $words,)*
                };
                f.write_str(&crate::error::statement::named(words, self.member()))
            }
        }

        impl std::error::Error for $name {}

        impl From<crate::error::statement::Problem> for $name {
            fn from(problem: crate::error::statement::Problem) -> Self {
                use crate::error::statement::Problem;
                match problem {
                    Problem::Malformed => Self::Malformed,
                    Problem::WrongType(member) => Self::WrongType(member),
                    Problem::DuplicateMember => Self::DuplicateMember,
                    Problem::Encrypted => Self::Encrypted,
                    Problem::Unsigned => Self::Unsigned,
                    Problem::AlgorithmRefused => Self::AlgorithmRefused,
                    Problem::HeaderRefused(member) => Self::HeaderRefused(member),
                    Problem::KeyUnknown => Self::KeyUnknown,
                    Problem::KeyTooLarge => Self::KeyTooLarge,
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

pub(crate) fn only(members: &[&'static str]) -> Option<&'static str> {
    members.first().copied()
}

/// The sentences, with the member at the end of the first one.
pub(crate) fn named(words: &str, member: Option<&str>) -> String {
    let Some(member) = member else { return words.to_owned() };
    match words.split_once(". ") {
        Some((first, rest)) => format!("{first} ({member}). {rest}"),
        None => format!("{} ({member}).", words.trim_end_matches('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_member_is_named_at_the_end_of_the_first_sentence() {
        assert_eq!(named("It is late.", Some("exp")), "It is late (exp).");
        assert_eq!(named("It is late. Check the clock.", Some("exp")), "It is late (exp). Check the clock.");
        assert_eq!(named("It cannot be read.", None), "It cannot be read.");
    }
}
