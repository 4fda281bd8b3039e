//! What views show, made from what is known. Pure.

pub(crate) mod convert;
pub(crate) mod layers;
pub(crate) mod notices;
