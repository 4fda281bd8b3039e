//! The events about the user, and their sources.

/// An event of the user or the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The screen is locked, or shows another user's session.
    Locked,
    /// The screen shows the user's session again.
    Unlocked,
    /// The machine is about to sleep. It waits for a moment: see
    /// [`Presence::ready_to_sleep`](crate::Presence::ready_to_sleep).
    Suspending,
    /// The machine has woken up.
    Resumed,
}

/// The sources, by their documented names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Sources for a locked screen. Empty: a lock is never noticed.
    pub lock: Vec<&'static str>,
    /// Sources for sleep.
    pub sleep: Vec<&'static str>,
    /// The source for the last use of keyboard and mouse.
    pub input: Option<&'static str>,
}
