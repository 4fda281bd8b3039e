//! The pages: no script except those of the OP iframe and of an answer as a form, one inline stylesheet that the policy names by its digest, and a note
//! on every page that this is a demonstration.

mod answer;
mod check_session;
mod device;
mod layout;
mod notices;
mod sign_in;
mod sign_out;

pub(crate) use answer::answer;
pub(crate) use check_session::check_session;
pub(crate) use device::{Entry, confirm_device, device_done, enter_code};
pub(crate) use notices::{invalid_request, not_found, page_is_over, welcome};
pub(crate) use sign_in::{WrongPassword, ask, sign_in};
pub(crate) use sign_out::{
    Frame, ask_sign_out, invalid_sign_out, not_signed_in, sign_out, signed_out, still_signed_in,
};
