//! The time since the user's last input at keyboard and mouse.
//!
//! Queried in this order, until one answers:
//!
//! 1. The compositor's own monitor (`GetIdletime` of Mutter and of Muffin, milliseconds).
//! 2. On Wayland, `ext-idle-notify-v1`.
//! 3. On X11, the server's screensaver extension. Never under Wayland: Xwayland sees only the input to its own windows.
//! 4. On X11, `GetSessionIdleTime` of the screensaver. Last, because its unit depends on the desktop: Plasma uses
//!    milliseconds, others seconds, as in the draft of the specification. Zero is ignored, because some answer zero if they do
//!    not know, for example Plasma on Wayland.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use zbus::Connection;

use super::bus::{self, Object};
use super::clocks::clocks;
use super::idle_time::IdleTime;
use super::{wayland, x11};
use crate::environment::Environment;
use crate::presence_state::PresenceState;
use crate::sleep_history::SleepHistory;

/// The monitors of Mutter (GNOME, and desktops built on it) and Muffin (Cinnamon): name and interface, path.
const MONITORS: [(&str, &str); 2] = [
    ("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core"),
    ("org.cinnamon.Muffin.IdleMonitor", "/org/cinnamon/Muffin/IdleMonitor/Core"),
];

const SCREENSAVER: &str = "org.freedesktop.ScreenSaver";

/// The possible sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Monitor(usize),
    Wayland,
    X11,
    Screensaver,
}

impl Source {
    const ALL: [Self; 5] = [Self::Monitor(0), Self::Monitor(1), Self::Wayland, Self::X11, Self::Screensaver];

    fn name(self) -> &'static str {
        match self {
            Self::Monitor(index) => MONITORS[index].0,
            Self::Wayland => "ext-idle-notify-v1",
            Self::X11 => "MIT-SCREEN-SAVER",
            Self::Screensaver => SCREENSAVER,
        }
    }
}

/// Queries the sources.
pub(crate) struct InputSource {
    environment: Environment,
    session_bus: Option<Connection>,
    state: Arc<PresenceState>,
    sleep_history: Arc<Mutex<SleepHistory>>,
    /// The source that answered last.
    source: Mutex<Option<Source>>,
    wayland: wayland::IdleWatch,
}

impl InputSource {
    pub(super) fn new(
        environment: Environment,
        session_bus: Option<Connection>,
        state: Arc<PresenceState>,
        sleep_history: Arc<Mutex<SleepHistory>>,
    ) -> Self {
        let wayland = wayland::IdleWatch::new(wayland::socket(&environment));
        Self { environment, session_bus, state, sleep_history, source: Mutex::default(), wayland }
    }

    /// Chooses a source.
    pub(super) async fn find(&self) {
        for source in Source::ALL {
            let exists = match source {
                // A query would begin the watch.
                Source::Wayland => self.wayland.exists().await,
                _ => self.ask(source).await != IdleTime::Absent,
            };
            if exists {
                return self.settle_on(Some(source));
            }
        }
        self.settle_on(None);
    }

    /// Queries the source that answered last; if it is gone or there was none, all of them.
    pub(crate) async fn ago(&self) -> Option<Duration> {
        let mut answer = match self.settled() {
            Some(source) => self.ask(source).await,
            None => IdleTime::Absent,
        };
        if answer == IdleTime::Absent {
            self.find().await;
            answer = self.ask(self.settled()?).await;
        }
        let IdleTime::Ago(ago) = answer else { return None };
        let now = clocks();
        let mut sleep_history = self.sleep_history.lock().unwrap_or_else(PoisonError::into_inner);
        sleep_history.note(now);
        Some(sleep_history.since(now, ago))
    }

    /// Starts the watch that Wayland needs before it can answer.
    pub(crate) fn watch(&self) {
        if self.settled() == Some(Source::Wayland) {
            self.wayland.watch();
        }
    }

    /// Whether [`Self::back`] works with this source.
    pub(super) fn reports_return(&self) -> bool {
        matches!(self.settled(), Some(Source::Wayland | Source::X11))
    }

    /// Waits for input after a pause of some seconds; returns at once if the source does not report that.
    pub(super) async fn back(&self) {
        let _ = match (self.settled(), &self.environment.x_display) {
            (Some(Source::Wayland), _) => self.wayland.back().await,
            (Some(Source::X11), Some(display)) => x11::back(display).await,
            _ => None,
        };
    }

    fn settled(&self) -> Option<Source> {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle_on(&self, source: Option<Source>) {
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = source;
        self.state.set_input_source(source.map(Source::name));
    }

    async fn ask(&self, source: Source) -> IdleTime {
        match source {
            Source::Monitor(index) => self.monitor(MONITORS[index]).await.into(),
            Source::Wayland => self.wayland.ago(),
            Source::X11 => self.x11().await.into(),
            Source::Screensaver => self.screensaver().await.into(),
        }
    }

    async fn monitor(&self, (name, path): (&'static str, &str)) -> Option<Duration> {
        let idle: u64 =
            Object::new(name, path, name).call(self.session_bus.as_ref()?, "GetIdletime", &()).await.ok()?;
        Some(Duration::from_millis(idle))
    }

    async fn x11(&self) -> Option<Duration> {
        let display = self.environment.x_display.as_deref().filter(|_| !self.environment.is_wayland())?;
        x11::ago(display).await
    }

    async fn screensaver(&self) -> Option<Duration> {
        let bus = self.session_bus.as_ref().filter(|_| !self.environment.is_wayland())?;
        let screensaver = Object::new(SCREENSAVER, "/org/freedesktop/ScreenSaver", SCREENSAVER);
        let idle: u32 = screensaver.call(bus, "GetSessionIdleTime", &()).await.ok()?;
        let idle = Some(idle).filter(|idle| *idle > 0)?;
        let plasma = bus::owner(bus, "org.kde.screensaver").await;
        let is_plasma = plasma.is_some() && plasma == bus::owner(bus, SCREENSAVER).await;
        Some(if is_plasma { Duration::from_millis(idle.into()) } else { Duration::from_secs(idle.into()) })
    }
}
