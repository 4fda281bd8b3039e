//! Contracts that every parser of untrusted input has to keep, whatever the input.
//!
//! A [`Target`] takes any bytes and panics if a property does not hold. cargo-fuzz drives the targets (`fuzz/`, `./x fuzz`);
//! an ordinary test of this package runs the inputs in `fuzz/corpus`. No program contains this crate.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is a test in everything but its place")]

mod dialects;
mod documents;
mod local;
mod mcp;
mod secrets;
mod statements;
mod vault;

/// The result of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was accepted.
    Accepted,
    /// It was refused, as it should be.
    Refused,
}

impl<T, E> From<&Result<T, E>> for Outcome {
    fn from(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Accepted } else { Self::Refused }
    }
}

impl<T> From<&Option<T>> for Outcome {
    fn from(option: &Option<T>) -> Self {
        if option.is_some() { Self::Accepted } else { Self::Refused }
    }
}

/// A parser and its properties.
pub struct Target {
    /// As in `fuzz/corpus/NAME` and `./x fuzz NAME`.
    pub name: &'static str,
    /// Panics when a property does not hold.
    pub run: fn(&[u8]) -> Outcome,
}

macro_rules! targets {
    ($($name:ident = $run:path,)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $run },)*];
    };
}

targets! {
    discovery = documents::discovery,
    jwks = documents::jwks,
    token_response = documents::token_response,
    userinfo = documents::userinfo,
    device_response = documents::device_response,
    par_response = documents::par_response,
    registration_response = documents::registration_response,
    events_response = documents::events_response,
    id_token = statements::id_token,
    logout_token = statements::logout_token,
    security_event = statements::security_event,
    signed_userinfo = statements::signed_userinfo,
    www_authenticate = statements::www_authenticate,
    redirect_query = statements::redirect_query,
    vault_file = vault::file,
    vault_records = vault::records,
    vault_journal = vault::journal,
    stored_session = vault::stored_session,
    configuration = local::configuration,
    local_request = local::local_request,
    callback = local::callback,
    account_link = local::account_link,
    dialect_request = dialects::request,
    credential_request = dialects::credential,
    sts_answer = dialects::sts,
    resource_metadata = mcp::resource_metadata,
    event_stream = mcp::event_stream,
    mcp_message = mcp::message,
}

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// For the programs that cargo-fuzz starts.
///
/// # Panics
/// When a property does not hold, and when there is no target of this name.
pub fn run(name: &str, data: &[u8]) {
    (target(name).expect("a target of this name").run)(data);
}
