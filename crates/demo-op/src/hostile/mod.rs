//! Wrong answers as data, one deviation at a time.

mod body;
mod deviation;
mod distort;
mod edit;
mod id_token;
mod known;

pub use body::{Answer, Body};
pub(crate) use deviation::Hostile;
pub use deviation::{Deviation, When, Wrong};
pub(crate) use distort::distort;
pub use edit::{Edit, QueryEdit};
pub use id_token::{Form, IdToken, Signature};
pub(crate) use known::Known;
