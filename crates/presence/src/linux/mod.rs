//! Linux: logind, the desktops' screensavers, X11 and Wayland. Nothing here wakes up unless one of them reports
//! something.

mod bus;
mod clocks;
mod idle_time;
mod inhibitor;
mod input;
mod logind;
mod screensaver;
mod wayland;
mod x11;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::oneshot;
use tokio::task::JoinSet;

use self::inhibitor::Inhibitor;
pub(crate) use self::input::InputSource;
use crate::environment::Environment;
use crate::limits::OPEN_TIMEOUT;
use crate::presence_state::PresenceState;
use crate::sleep_history::SleepHistory;

/// The tasks that listen, until it is dropped.
pub(crate) struct Platform {
    _watches: JoinSet<()>,
    inhibitor: Arc<Inhibitor>,
}

impl Platform {
    pub(crate) fn ready_to_sleep(&self) {
        self.inhibitor.ready();
    }
}

/// Queries all sources at once, and waits for the answers that arrive in time.
pub(crate) async fn open(
    environment: Environment,
    state: &Arc<PresenceState>,
) -> (Platform, Arc<InputSource>) {
    let began = Instant::now();
    let (system_bus, session_bus) = tokio::join!(
        bus::connect(environment.system_bus.as_deref()),
        bus::connect(environment.session_bus.as_deref()),
    );
    let sleep_history = Arc::new(Mutex::new(SleepHistory::new(clocks::clocks())));
    let inhibitor = Arc::new(Inhibitor::default());
    let session_id = environment.session_id.clone();
    let input =
        InputSource::new(environment, session_bus.clone(), Arc::clone(state), Arc::clone(&sleep_history));
    let input = Arc::new(input);
    let mut watches = JoinSet::new();
    let (opened, logind) = oneshot::channel();
    if let Some(bus) = system_bus {
        let handles = logind::Handles {
            state: Arc::clone(state),
            inhibitor: Arc::clone(&inhibitor),
            input: Arc::clone(&input),
            sleep_history,
            session_id,
        };
        watches.spawn(logind::watch(bus, handles, opened));
    } else {
        // There is nothing to wait for.
        drop(opened);
    }
    let (opened, screensavers) = oneshot::channel();
    if let Some(bus) = session_bus {
        watches.spawn(screensaver::watch(bus, Arc::clone(state), opened));
    } else {
        drop(opened);
    }
    let answers = async { tokio::join!(logind, screensavers, input.find()) };
    // Later answers are still used.
    let _ = tokio::time::timeout(OPEN_TIMEOUT.saturating_sub(began.elapsed()), answers).await;
    (Platform { _watches: watches, inhibitor }, input)
}
