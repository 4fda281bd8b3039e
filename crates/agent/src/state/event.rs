//! Events that the desktop shows once.

use abide_wire::Notice;

/// Something that happens once.
#[derive(Clone, Debug)]
pub enum Event {
    /// Tell the user this.
    Notice(Notice),
    /// A second start, or `abide`, wants to see the window.
    ShowWindow,
    /// The program is to end.
    Quit,
}
