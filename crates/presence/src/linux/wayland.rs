//! `ext-idle-notify-v1`: a Wayland compositor reports when there has been no input for a while, and when there is input
//! again.
//!
//! It cannot be queried, but its reports are enough. At the beginning and end of a pause, the time of the last input is
//! known exactly. In between, there was no pause, so the last input is younger than a pause.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::{self, WlSeat};
use wayland_client::{Connection, Dispatch, EventQueue, Proxy, QueueHandle};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notification_v1::{
    self, ExtIdleNotificationV1,
};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notifier_v1::{self, ExtIdleNotifierV1};

use super::clocks::awake;
use super::idle_time::IdleTime;
use crate::environment::Environment;

/// The length of a pause. A shorter one causes more wake-ups while the user is there, a longer one gives less exact times.
const PAUSE: Duration = Duration::from_secs(5);

/// The same in the unit of the protocol (milliseconds).
const PAUSE_MS: u32 = 5000;

/// The longest delay of the compositor's report of a pause.
const LATE: Duration = Duration::from_secs(5);

/// The compositor's socket.
pub(super) fn socket(environment: &Environment) -> Option<PathBuf> {
    let display = environment.wayland_display.as_deref()?;
    // An absolute path replaces the folder that it is joined to.
    match &environment.runtime_folder {
        Some(folder) => Some(folder.join(display)),
        None => Some(PathBuf::from(display)).filter(|path| path.is_absolute()),
    }
}

/// The reports of the compositor. Times are readings of [`awake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdleState {
    /// Nothing useful: the watch has not begun yet, or there was no input since.
    NeverSeen,
    /// No report since the watch began, so it is unknown whether the user was there at that time.
    Nothing { began: Duration },
    /// The user paused.
    Paused { last_input: Duration },
    /// The user came back.
    There { since: Duration },
}

impl IdleState {
    fn ago(self, now: Duration) -> IdleTime {
        match self {
            Self::Nothing { began } if now.saturating_sub(began) > PAUSE + LATE => IdleTime::Ago(PAUSE),
            Self::Nothing { .. } | Self::NeverSeen => IdleTime::Unknown,
            Self::Paused { last_input } => IdleTime::Ago(now.saturating_sub(last_input)),
            Self::There { since } => IdleTime::Ago(now.saturating_sub(since).min(PAUSE)),
        }
    }

    fn paused(self, now: Duration) -> Self {
        match self {
            Self::Nothing { began } if now.saturating_sub(began) <= PAUSE + LATE => Self::NeverSeen,
            _ => Self::Paused { last_input: now.saturating_sub(PAUSE) },
        }
    }
}

/// The watch on one compositor's seat, if there is one.
pub(super) struct IdleWatch {
    socket: Option<PathBuf>,
    runtime: Handle,
    idle: watch::Sender<IdleState>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl IdleWatch {
    pub(super) fn new(socket: Option<PathBuf>) -> Self {
        let idle = watch::Sender::new(IdleState::NeverSeen);
        Self { socket, runtime: Handle::current(), idle, task: Mutex::default() }
    }

    /// Whether the compositor supports the protocol.
    pub(super) async fn exists(&self) -> bool {
        let Some(socket) = &self.socket else { return false };
        let found = async { Seat::find(UnixStream::connect(socket).await.ok()?).await };
        found.await.is_some()
    }

    /// Begins the watch, unless it is running.
    pub(super) fn watch(&self) {
        let Some(socket) = self.socket.clone() else { return };
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let idle = self.idle.clone();
        idle.send_replace(IdleState::NeverSeen);
        *task = Some(self.runtime.spawn(async move {
            if let Ok(stream) = UnixStream::connect(socket).await
                && let Some(mut seat) = Seat::find(stream).await
            {
                seat.watch(idle).await;
            }
        }));
    }

    /// The known idle time. Begins the watch.
    pub(super) fn ago(&self) -> IdleTime {
        if self.socket.is_none() {
            return IdleTime::Absent;
        }
        self.watch();
        self.idle.borrow().ago(awake())
    }

    /// Waits until there is input after a pause. Begins the watch.
    pub(super) async fn back(&self) -> Option<()> {
        self.socket.as_ref()?;
        self.watch();
        let mut idle = self.idle.subscribe();
        idle.wait_for(|idle| matches!(idle, IdleState::NeverSeen | IdleState::Paused { .. })).await.ok()?;
        idle.wait_for(|idle| matches!(idle, IdleState::There { .. })).await.ok().map(|_| ())
    }
}

impl Drop for IdleWatch {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}

/// A connection to a compositor that has a seat and reports its pauses.
struct Seat {
    /// The compositor's socket, to wait for data.
    socket: UnixStream,
    queue: EventQueue<Events>,
    events: Events,
}

/// The messages of the compositor.
#[derive(Default)]
struct Events {
    seat: Option<WlSeat>,
    notifier: Option<ExtIdleNotifierV1>,
    /// The answer to `wl_display.sync`: everything before it has been answered.
    synced: bool,
    idle: Option<watch::Sender<IdleState>>,
}

impl Seat {
    async fn find(stream: UnixStream) -> Option<Self> {
        let stream = stream.into_std().ok()?;
        let socket = UnixStream::from_std(stream.try_clone().ok()?).ok()?;
        let connection = Connection::from_socket(stream).ok()?;
        let queue = connection.new_event_queue();
        let (handle, display) = (queue.handle(), connection.display());
        let mut seat = Self { socket, queue, events: Events::default() };
        let _registry = display.get_registry(&handle, ());
        let _callback = display.sync(&handle, ());
        while !seat.events.synced {
            seat.turn().await?;
        }
        (seat.events.seat.is_some() && seat.events.notifier.is_some()).then_some(seat)
    }

    /// Receives the compositor's reports until it is gone.
    async fn watch(&mut self, idle: watch::Sender<IdleState>) {
        let (Some(seat), Some(notifier)) = (&self.events.seat, &self.events.notifier) else { return };
        // From version 2 on, a video that keeps the screen on does not count as a user.
        let _notification = if notifier.version() >= 2 {
            notifier.get_input_idle_notification(PAUSE_MS, seat, &self.queue.handle(), ())
        } else {
            notifier.get_idle_notification(PAUSE_MS, seat, &self.queue.handle(), ())
        };
        idle.send_replace(IdleState::Nothing { began: awake() });
        self.events.idle = Some(idle);
        while self.turn().await.is_some() {}
    }

    /// Sends and receives once, waiting if necessary. `None`: the compositor is gone.
    async fn turn(&mut self) -> Option<()> {
        self.queue.dispatch_pending(&mut self.events).ok()?;
        self.queue.flush().ok()?;
        // `None`: data have arrived in the meantime.
        if let Some(reading) = self.queue.prepare_read() {
            self.socket.readable().await.ok()?;
            // `WouldBlock` is returned unchanged: it makes the socket wait for more.
            let read = self.socket.try_io(Interest::READABLE, || match reading.read() {
                Err(WaylandError::Io(error)) => Err(error),
                Err(WaylandError::Protocol(error)) => Err(std::io::Error::other(error)),
                Ok(events) => Ok(events),
            });
            if read.is_err_and(|error| error.kind() != std::io::ErrorKind::WouldBlock) {
                return None;
            }
        }
        self.queue.dispatch_pending(&mut self.events).ok().map(|_| ())
    }
}

impl Dispatch<WlRegistry, ()> for Events {
    fn event(
        events: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        queue: &QueueHandle<Self>,
    ) {
        let wl_registry::Event::Global { name, interface, version } = event else { return };
        if interface == WlSeat::interface().name && events.seat.is_none() {
            events.seat = Some(registry.bind(name, 1, queue, ()));
        } else if interface == ExtIdleNotifierV1::interface().name {
            events.notifier = Some(registry.bind(name, version.min(2), queue, ()));
        }
    }
}

impl Dispatch<WlCallback, ()> for Events {
    fn event(
        events: &mut Self,
        _: &WlCallback,
        _: wl_callback::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        events.synced = true;
    }
}

impl Dispatch<ExtIdleNotificationV1, ()> for Events {
    fn event(
        events: &mut Self,
        _: &ExtIdleNotificationV1,
        event: ext_idle_notification_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let Some(idle) = &events.idle else { return };
        let now = awake();
        match event {
            ext_idle_notification_v1::Event::Idled => idle.send_modify(|idle| *idle = idle.paused(now)),
            ext_idle_notification_v1::Event::Resumed => {
                idle.send_replace(IdleState::There { since: now });
            }
            _ => {}
        }
    }
}

/// The seat's name and devices are ignored.
impl Dispatch<WlSeat, ()> for Events {
    fn event(_: &mut Self, _: &WlSeat, _: wl_seat::Event, (): &(), _: &Connection, _: &QueueHandle<Self>) {}
}

impl Dispatch<ExtIdleNotifierV1, ()> for Events {
    fn event(
        _: &mut Self,
        _: &ExtIdleNotifierV1,
        _: ext_idle_notifier_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn an_input_is_never_said_to_be_younger_than_it_is() {
        // Earlier input is unknown at this time.
        let began = IdleState::Nothing { began: s(100) };
        assert_eq!(began.ago(s(103)), IdleTime::Unknown);
        // No pause was reported, so there was none.
        assert_eq!(began.ago(s(111)), IdleTime::Ago(PAUSE));
        // A pause from the very beginning: the last input may have been yesterday.
        let paused = began.paused(s(105));
        assert_eq!(paused.ago(s(500)), IdleTime::Unknown);
        // Back at 600, typing until 640.
        let there = IdleState::There { since: s(600) };
        assert_eq!(there.ago(s(602)), IdleTime::Ago(s(2)));
        assert_eq!(there.ago(s(640)), IdleTime::Ago(PAUSE));
        assert_eq!(there.paused(s(645)).ago(s(700)), IdleTime::Ago(s(60)));
    }
}
