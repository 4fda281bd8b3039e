//! logind's delay inhibitor: while it is open, the machine waits before it sleeps, five seconds at most.

use std::sync::{Mutex, MutexGuard, PoisonError};

use zbus::Connection;
use zbus::zvariant::OwnedFd;

use super::bus::Object;

/// The inhibitor, if it is held.
#[derive(Default)]
pub(super) struct Inhibitor(Mutex<State>);

#[derive(Default)]
struct State {
    descriptor: Option<OwnedFd>,
    /// Whether the machine waits right now.
    awaited: bool,
}

impl Inhibitor {
    fn state(&self) -> MutexGuard<'_, State> {
        // Both halves are whole after every statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps it for the next sleep.
    pub(super) fn hold(&self, descriptor: OwnedFd) {
        *self.state() = State { descriptor: Some(descriptor), awaited: false };
    }

    /// Notes that the machine wants to sleep, and waits.
    pub(super) fn begin(&self) {
        self.state().awaited = true;
    }

    /// Lets the machine sleep, if it waits. At other times, the inhibitor is for the next sleep.
    pub(super) fn ready(&self) {
        let mut state = self.state();
        if state.awaited {
            *state = State::default();
        }
    }

    /// Notes that the machine no longer waits. Returns whether the inhibitor is still held: a cancelled sleep leaves it.
    pub(super) fn end(&self) -> bool {
        let mut state = self.state();
        state.awaited = false;
        state.descriptor.is_some()
    }

    /// Closes the descriptor, for which logind waits.
    pub(super) fn release(&self) {
        *self.state() = State::default();
    }
}

/// Takes one from logind. `None`: it is not allowed, and the machine sleeps without waiting.
pub(super) async fn take(bus: &Connection, logind: &Object) -> Option<OwnedFd> {
    let arguments = ("sleep", "Abide", "Saves the session before the machine sleeps", "delay");
    logind.call(bus, "Inhibit", &arguments).await.ok()
}
