//! What differs between the systems: how the agent is reached, who owns its end, the time zone, and how one program
//! becomes another. The only module with `unsafe` code.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{Stream, become_program, connect, effective_user, utc_offset, wait_forever};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{Stream, become_program, connect, effective_user, utc_offset, wait_forever};
