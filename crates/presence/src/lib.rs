//! Whether the user is at the machine: locked screen, sleep, last input.
//!
//! Facts only: `abide-session` decides what follows from them. Nothing here polls. [`Presence::event`] waits for reports of
//! the desktop, and [`Input::ago`] queries when it is called.
//!
//! | | locked | sleep | input |
//! | --- | --- | --- | --- |
//! | Linux | logind, and the screensavers of the desktops | logind | the compositor, X11's screensaver extension |
//! | Windows | session notifications | power notifications | `GetLastInputInfo` |
//! | macOS | `com.apple.screenIsLocked`, the workspace | the workspace | `CGEventSource` |

mod environment;
mod event;
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
mod presence;
mod presence_state;
#[cfg(any(windows, target_os = "macos", test))]
mod sleep_delay;
#[cfg(any(target_os = "linux", target_os = "macos", test))]
mod sleep_history;
#[cfg(windows)]
mod windows;

pub use environment::Environment;
pub use event::{Event, Sources};
pub use presence::{Input, Presence};
