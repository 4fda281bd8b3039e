//! The two handles of a program: [`Presence`] and [`Input`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::environment::Environment;
use crate::event::{Event, Sources};
use crate::limits::QUERY_TIMEOUT;
#[cfg(target_os = "linux")]
use crate::linux as platform;
#[cfg(target_os = "macos")]
use crate::macos as platform;
use crate::presence_state::PresenceState;
#[cfg(windows)]
use crate::windows as platform;

/// The user's presence, watched until this is dropped.
pub struct Presence {
    state: Arc<PresenceState>,
    events: UnboundedReceiver<Event>,
    input: Input,
    platform: platform::Platform,
}

impl Presence {
    /// Connects to the desktop's sources. Never fails, and takes three seconds at most: a source that does not answer is
    /// missing in [`Self::sources`]. A screensaver that starts later is noticed; a bus that is missing now is not looked for
    /// again.
    ///
    /// Must be called within a tokio runtime.
    pub async fn open(environment: Environment) -> Self {
        let (state, events) = PresenceState::new();
        let state = Arc::new(state);
        let (platform, input) = platform::open(environment, &state).await;
        Self { state, events, input: Input(input), platform }
    }

    /// The present sources.
    #[must_use]
    pub fn sources(&self) -> Sources {
        self.state.sources()
    }

    /// Keyboard and mouse.
    #[must_use]
    pub fn input(&self) -> Input {
        self.input.clone()
    }

    /// The next event. Waits forever without a source. The first state is reported only if it is unusual: the first event is
    /// [`Event::Locked`] if the screen is already locked.
    ///
    /// Cancel-safe: an event that was not returned is returned by the next call.
    pub async fn event(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // `self` holds the state, which is the sender.
            None => std::future::pending().await,
        }
    }

    /// Lets the machine sleep: the caller has finished its work after [`Event::Suspending`]. Without this call the machine
    /// sleeps two seconds after the event. Does nothing at other times.
    pub fn ready_to_sleep(&self) {
        self.platform.ready_to_sleep();
    }
}

/// The last use of keyboard and mouse. Clones query the same source.
#[derive(Clone)]
pub struct Input(Arc<platform::InputSource>);

impl Input {
    /// The time since the last input; sleep counts. `None`: unknown. Takes half a second at most.
    ///
    /// Some desktops report only pauses, and only from the first query on (Wayland): see [`Self::watch`]. There, the answer
    /// for a user who is at the keyboard may be up to five seconds too large, never too small.
    pub async fn ago(&self) -> Option<Duration> {
        tokio::time::timeout(QUERY_TIMEOUT, self.0.ago()).await.ok().flatten()
    }

    /// Prepares for [`Self::ago`]. If input is known only after a query, the watch begins now, and from then on the program
    /// wakes up when the user pauses for five seconds or returns. Elsewhere this does nothing. A second call does nothing,
    /// and dropping clones does not end the watch.
    pub fn watch(&self) {
        self.0.watch();
    }
}
