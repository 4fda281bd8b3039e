//! When the user last touched keyboard or mouse.
//!
//! Asked in this order, until one answers:
//!
//! 1. The compositor's own monitor (`GetIdletime` of Mutter and of Muffin, milliseconds).
//! 2. On Wayland, `ext-idle-notify-v1`.
//! 3. On X11, the server's screensaver extension. Never under Wayland: Xwayland only sees what goes to its own windows.
//! 4. On X11, `GetSessionIdleTime` of the screensaver. Last, because its unit depends on who answers: Plasma counts
//!    milliseconds, others seconds, as the draft of the specification has it. Zero is not believed: it is also what those
//!    say who do not know, as Plasma did on Wayland.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use zbus::Connection;

use super::bus::{self, Object};
use super::{wayland, x11};
use crate::Environment;
use crate::board::Board;
use crate::sleeps::{Clocks, Sleeps};

/// The monitors of Mutter (GNOME, and desktops built on it) and Muffin (Cinnamon): name and interface, path.
const MONITORS: [(&str, &str); 2] = [
    ("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core"),
    ("org.cinnamon.Muffin.IdleMonitor", "/org/cinnamon/Muffin/IdleMonitor/Core"),
];

const SCREENSAVER: &str = "org.freedesktop.ScreenSaver";

/// What is asked.
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

/// What a source answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is not there: ask another.
    Absent,
    /// It is there, and does not know (yet).
    Unknown,
    /// How long ago the last input was, on a clock that stands still while the machine sleeps.
    Ago(Duration),
}

impl From<Option<Duration>> for Answer {
    fn from(ago: Option<Duration>) -> Self {
        ago.map_or(Self::Absent, Self::Ago)
    }
}

/// The time since the machine was started, without the time that it slept.
pub(super) fn awake() -> Duration {
    read(ClockId::Monotonic)
}

/// The time since the machine was started, both ways.
pub(super) fn clocks() -> Clocks {
    Clocks { awake: awake(), boot: read(ClockId::Boottime) }
}

fn read(clock: ClockId) -> Duration {
    // Neither clock can be set, nor be before its own beginning.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// Where to ask.
pub(crate) struct Input {
    environment: Environment,
    session_bus: Option<Connection>,
    board: Arc<Board>,
    sleeps: Arc<Mutex<Sleeps>>,
    /// Who answered last.
    source: Mutex<Option<Source>>,
    wayland: wayland::Idle,
}

impl Input {
    pub(super) fn new(
        environment: Environment,
        session_bus: Option<Connection>,
        board: Arc<Board>,
        sleeps: Arc<Mutex<Sleeps>>,
    ) -> Self {
        let wayland = wayland::Idle::new(wayland::socket(&environment));
        Self { environment, session_bus, board, sleeps, source: Mutex::default(), wayland }
    }

    /// Finds out who can be asked.
    pub(super) async fn find(&self) {
        for source in Source::ALL {
            let exists = match source {
                // Asking would begin the watch.
                Source::Wayland => self.wayland.exists().await,
                _ => self.ask(source).await != Answer::Absent,
            };
            if exists {
                return self.settle_on(Some(source));
            }
        }
        self.settle_on(None);
    }

    /// Whoever answered last is asked; if that one has gone, or nobody was there, everybody.
    pub(crate) async fn ago(&self) -> Option<Duration> {
        let mut answer = match self.settled() {
            Some(source) => self.ask(source).await,
            None => Answer::Absent,
        };
        if answer == Answer::Absent {
            self.find().await;
            answer = self.ask(self.settled()?).await;
        }
        let Answer::Ago(ago) = answer else { return None };
        let now = clocks();
        let mut sleeps = self.sleeps.lock().unwrap_or_else(PoisonError::into_inner);
        sleeps.note(now);
        Some(sleeps.since(now, ago))
    }

    /// Begins what has to begin before it can be asked.
    pub(crate) fn watch(&self) {
        if self.settled() == Some(Source::Wayland) {
            self.wayland.watch();
        }
    }

    /// Whether [`Self::back`] can tell.
    pub(super) fn tells_of_return(&self) -> bool {
        matches!(self.settled(), Some(Source::Wayland | Source::X11))
    }

    /// Waits until the user touches keyboard or mouse after a pause of some seconds; returns at once where that cannot
    /// be told.
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
        self.board.input(source.map(Source::name));
    }

    async fn ask(&self, source: Source) -> Answer {
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
