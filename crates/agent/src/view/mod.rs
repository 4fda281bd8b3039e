//! The data and texts for views. Pure.

pub(crate) mod convert;
pub(crate) mod layers;
pub(crate) mod notices;
