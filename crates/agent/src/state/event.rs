//! Events that the desktop shows once.

use abide_wire::{AccountLink, Notice};

/// Something that happens once.
#[derive(Clone, Debug)]
pub enum Event {
    /// Tell the user this.
    Notice(Notice),
    /// A second start, or `abide`, wants to see the window.
    ShowWindow,
    /// A link asks to add an account: show it to the user. Nothing is added before the user agrees.
    Link(AccountLink),
    /// Another version is installed in the place of this program, and nothing is under way: the time for `Agent::hand_over`.
    Replaced,
    /// The program is to end.
    Quit,
}
