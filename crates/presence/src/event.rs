//! What is reported about the user, and by which sources.

/// Something that the user, or the machine, did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The screen is locked, or shows another user's session.
    Locked,
    /// The screen shows the user's session again.
    Unlocked,
    /// The machine is about to sleep. It waits for a moment: see [`Presence::ready_to_sleep`](crate::Presence::ready_to_sleep).
    Suspending,
    /// The machine has woken up.
    Resumed,
}

/// The sources, by names that people can look up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Report whether the screen is locked. Empty: no lock is ever noticed.
    pub lock: Vec<&'static str>,
    /// Report sleep.
    pub sleep: Vec<&'static str>,
    /// Reports when keyboard and mouse were last used.
    pub input: Option<&'static str>,
}
