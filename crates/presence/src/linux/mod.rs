//! Linux: logind, the desktops' screensavers, X11 and Wayland. Nothing here wakes up unless one of them has something to
//! tell.

mod bus;
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
pub(crate) use self::input::Input;
use crate::board::Board;
use crate::sleeps::Sleeps;
use crate::{Environment, OPENING};

/// What listens, until it is dropped.
pub(crate) struct Platform {
    _watches: JoinSet<()>,
    inhibitor: Arc<Inhibitor>,
}

impl Platform {
    pub(crate) fn ready_to_sleep(&self) {
        self.inhibitor.ready();
    }
}

/// Asks everybody at once, and waits for the answers that come in time.
pub(crate) async fn open(environment: Environment, board: &Arc<Board>) -> (Platform, Arc<Input>) {
    let began = Instant::now();
    let (system_bus, session_bus) = tokio::join!(
        bus::connect(environment.system_bus.as_deref()),
        bus::connect(environment.session_bus.as_deref()),
    );
    let sleeps = Arc::new(Mutex::new(Sleeps::new(input::clocks())));
    let inhibitor = Arc::new(Inhibitor::default());
    let session_id = environment.session_id.clone();
    let input = Input::new(environment, session_bus.clone(), Arc::clone(board), Arc::clone(&sleeps));
    let input = Arc::new(input);
    let mut watches = JoinSet::new();
    let (opened, logind) = oneshot::channel();
    if let Some(bus) = system_bus {
        let ours = logind::Ours {
            board: Arc::clone(board),
            inhibitor: Arc::clone(&inhibitor),
            input: Arc::clone(&input),
            sleeps,
            session_id,
        };
        watches.spawn(logind::watch(bus, ours, opened));
    } else {
        // Nobody to wait for.
        drop(opened);
    }
    let (opened, screensavers) = oneshot::channel();
    if let Some(bus) = session_bus {
        watches.spawn(screensaver::watch(bus, Arc::clone(board), opened));
    } else {
        drop(opened);
    }
    let answers = async { tokio::join!(logind, screensavers, input.find()) };
    // Whoever answers later is heard all the same.
    let _ = tokio::time::timeout(OPENING.saturating_sub(began.elapsed()), answers).await;
    (Platform { _watches: watches, inhibitor }, input)
}
