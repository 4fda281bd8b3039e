//! Whether the tokens of an account are bound to a key (RFC 9449).

use serde::Deserialize;

/// Whether the tokens of an account are bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Dpop {
    /// They are not: any tool that can send a header can use them.
    #[default]
    Off,
    /// If the provider says that it can.
    Offered,
    /// Always; a provider that issues others is refused.
    Required,
}
