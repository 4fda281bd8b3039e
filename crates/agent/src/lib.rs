//! The running core of Abide: accounts and their sessions, sign-in through the browser, refresh, the vault, the local
//! endpoint.
//!
//! [`Agent`] is the whole of it. It runs with or without a desktop; a desktop is a view that draws what
//! [`Agent::watch`] shows and says what [`Agent::events`] brings. Decisions about time and state are made in
//! `abide-session`; this crate carries them out.

/// Where a test may end the process; nothing at all without the feature `failpoints`.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        abide_failpoint::reached($name);
    };
}

mod accounts;
mod agent;
mod api;
mod audit;
mod browser;
mod config;
mod consent;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod grants;
mod identity;
mod jobs;
mod mcp;
mod options;
mod persistence;
mod platform;
mod provider_session;
mod proxy;
mod runtime;
mod server;
mod sign_in;
mod sign_out;
mod state;
#[cfg(test)]
mod tests;
mod tokens;
mod updates;
mod view;

use std::alloc::System;

pub use agent::{Agent, check_configuration};
pub use config::ConfigError;
pub use options::{Options, PolicyFile};
pub use persistence::options::PassphraseError;
pub use platform::close_to_others;
pub use platform::environment::take_environment;
pub use platform::file::FolderError;
#[cfg(feature = "demo")]
pub use runtime::demo;
#[cfg(unix)]
pub use runtime::headless::told_to_stop;
pub use runtime::headless::{HeadlessError, run_headless, start_log};
pub use runtime::rehearsal::{Answer, asked_to_take_over};
pub use runtime::single_instance::Owner;
pub use runtime::start::StartError;
pub use runtime::upgrade::Successor;
pub use state::event::Event;

/// Every program that holds an agent wipes memory when it is given back. Our own types do that for what they hold; but
/// tokens also pass through the buffers of HTTP, TLS and JSON libraries, and through texts that grow and move.
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<System> = zeroizing_alloc::ZeroAlloc(System);
