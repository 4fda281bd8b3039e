//! The cases, by subject.

mod answers;
mod bound;
mod conformance;
mod device;
mod discovery;
mod endpoints;
mod id_token;
mod jose;
mod keys;
mod purpose;
mod pushed;
mod refresh;
mod registration;
mod response;
mod token;
mod types;
mod userinfo;

pub(crate) use conformance::SUITE;

use super::case::Case;

/// Those of the OpenID Foundation first.
pub(crate) fn all() -> Vec<Case> {
    [
        conformance::cases(),
        discovery::cases(),
        endpoints::cases(),
        keys::cases(),
        response::cases(),
        token::cases(),
        id_token::cases(),
        jose::cases(),
        userinfo::cases(),
        refresh::cases(),
        pushed::cases(),
        bound::cases(),
        device::cases(),
        registration::cases(),
        purpose::cases(),
        answers::cases(),
        types::cases(),
    ]
    .concat()
}
