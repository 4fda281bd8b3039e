//! Whether the user is at the machine: is the screen locked, does the machine sleep, when was the last key pressed.
//!
//! Facts only: what follows from them is decided in `abide-session`. Nothing here polls. [`Presence::event`] waits for
//! what the desktop tells of its own accord, and [`Input::ago`] asks when it is called.
//!
//! | | locked | sleep | input |
//! | --- | --- | --- | --- |
//! | Linux | logind, and the screensavers of the desktops | logind | the compositor, X11's screensaver extension |
//! | Windows | session notifications | power notifications | `GetLastInputInfo` |
//! | macOS | `com.apple.screenIsLocked`, the workspace | the workspace | `CGEventSource` |

mod board;
mod environment;
#[cfg(any(windows, target_os = "macos", test))]
mod hold;
#[cfg(any(target_os = "linux", target_os = "macos", test))]
mod sleeps;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::board::Board;
pub use crate::environment::Environment;

/// The longest that [`Presence::open`] takes.
#[cfg(not(target_os = "macos"))]
const OPENING: Duration = Duration::from_secs(3);

/// How long the machine is kept awake for a caller that does not say that it is ready. Windows itself waits two seconds,
/// logind five (`InhibitDelayMaxSec`), macOS thirty, for everybody together.
const HOLD: Duration = Duration::from_secs(2);

/// The longest that [`Input::ago`] takes.
const ASKING: Duration = Duration::from_millis(500);

/// Something that the user, or the machine, did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The screen is locked, or shows somebody else's session.
    Locked,
    /// The screen shows the user's session again.
    Unlocked,
    /// The machine is about to sleep. It waits for a moment: see [`Presence::ready_to_sleep`].
    Suspending,
    /// The machine has woken up.
    Resumed,
}

/// Who tells of what, by names that people can look up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Who tells whether the screen is locked. Empty: nobody does, so no lock is ever noticed.
    pub lock: Vec<&'static str>,
    /// Who tells of sleep.
    pub sleep: Vec<&'static str>,
    /// Who tells when keyboard and mouse were last used.
    pub input: Option<&'static str>,
}

/// What is known about the user's presence, from now on until it is dropped.
pub struct Presence {
    board: Arc<Board>,
    events: UnboundedReceiver<Event>,
    input: Input,
    platform: platform::Platform,
}

impl Presence {
    /// Asks the desktop to tell. Never fails and takes three seconds at most: whoever does not answer is missing in
    /// [`Self::sources`]. A screensaver that comes later is noticed; a bus that is not there now is not looked for again.
    ///
    /// Has to be called within a tokio runtime.
    pub async fn open(environment: Environment) -> Self {
        let (board, events) = Board::new();
        let board = Arc::new(board);
        let (platform, input) = platform::open(environment, &board).await;
        Self { board, events, input: Input(input), platform }
    }

    /// Who tells of what, as it is now.
    #[must_use]
    pub fn sources(&self) -> Sources {
        self.board.sources()
    }

    /// Who tells when keyboard and mouse were last used.
    #[must_use]
    pub fn input(&self) -> Input {
        self.input.clone()
    }

    /// The next thing that happened. Pends for ever where nobody tells of anything. What is true on opening is told
    /// only if it is out of the ordinary: the first event is [`Event::Locked`] if the screen is locked already.
    ///
    /// Cancel-safe: an event that was not returned is returned by the next call.
    pub async fn event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // The board, which this holds, is the sender.
            None => std::future::pending().await,
        }
    }

    /// Lets the machine sleep: what [`Event::Suspending`] asked for is done. Without this call it sleeps two seconds
    /// after the event. Does nothing at other times.
    pub fn ready_to_sleep(&self) {
        self.platform.ready_to_sleep();
    }
}

/// When keyboard and mouse were last used. Clones ask the same source.
#[derive(Clone)]
pub struct Input(Arc<platform::Input>);

impl Input {
    /// How long ago the user touched keyboard or mouse; time asleep counts. `None`: nobody can tell. Takes half a second
    /// at most.
    ///
    /// Some desktops tell of pauses only, and only from when they are asked (Wayland): see [`Self::watch`]. There, the
    /// answer for a user who is at the keyboard right now may be up to five seconds too old, never too young.
    pub async fn ago(&self) -> Option<Duration> {
        tokio::time::timeout(ASKING, self.0.ago()).await.ok().flatten()
    }

    /// Says that [`Self::ago`] will be wanted. Where input can only be told from when it is asked for, the watch
    /// begins now, and from then on the program wakes up when the user pauses for five seconds or comes back from that.
    /// Elsewhere this does nothing. Calling it again does nothing, nor is it forgotten by dropping clones.
    pub fn watch(&self) {
        self.0.watch();
    }
}
