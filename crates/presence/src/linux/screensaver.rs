//! The desktops' screensavers on the session bus.
//!
//! They report “active”: the screen is covered. A desktop with a lock screen has locked it then, or does so a few seconds
//! later. For Abide both are the same: the user does not work at a covered screen.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::oneshot;
use zbus::names::OwnedUniqueName;
use zbus::{Connection, Message, MessageStream};

use super::bus::{self, Object};
use crate::presence_state::PresenceState;

/// Name on the bus, path, interface. GNOME's own is behind `ScreenShield`; its `org.gnome.ScreenSaver` is a helper that runs
/// only after a request, but older and related desktops answer there. Plasma answers to the freedesktop name and its own,
/// with one interface.
const SCREENSAVERS: [(&str, &str, &str); 7] = [
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver"),
    ("org.gnome.Shell.ScreenShield", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver"),
    ("org.kde.screensaver", "/ScreenSaver", "org.freedesktop.ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver", "org.xfce.ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver", "org.cinnamon.ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver", "org.mate.ScreenSaver"),
];

struct Screensaver {
    name: &'static str,
    object: Object,
    owner: Option<OwnedUniqueName>,
    /// Counts the reports. An answer to a query from before the latest report is outdated.
    heard: u64,
}

/// The result of a pending query: the screensaver, the count when it was sent, the answer.
struct ActiveReply {
    index: usize,
    heard: u64,
    active: Option<bool>,
}

struct ScreensaverWatch {
    bus: Connection,
    state: Arc<PresenceState>,
    savers: Vec<Screensaver>,
    questions: FuturesUnordered<BoxFuture<'static, ActiveReply>>,
}

/// Reports the screensavers until the bus is gone. Sends `opened` when the present ones have answered.
pub(super) async fn watch(bus: Connection, state: Arc<PresenceState>, opened: oneshot::Sender<()>) {
    // Before the first query, so that no signal between its answer and later ones is missed.
    let mut messages = MessageStream::from(&bus);
    let savers = SCREENSAVERS.iter().map(|&(name, path, interface)| Screensaver {
        name,
        object: Object::new(name, path, interface),
        owner: None,
        heard: 0,
    });
    let mut watch =
        ScreensaverWatch { bus, state, savers: savers.collect(), questions: FuturesUnordered::new() };
    watch.begin().await;
    let mut opened = Some(opened);
    loop {
        if watch.questions.is_empty()
            && let Some(opened) = opened.take()
        {
            let _ = opened.send(());
        }
        tokio::select! {
            biased;
            message = messages.next() => match message {
                Some(Ok(message)) => watch.hear(&message),
                Some(Err(_)) => {}
                None => break,
            },
            Some(answer) = watch.questions.next() => watch.take(&answer),
        }
    }
    for saver in &watch.savers {
        watch.state.set_lock(saver.name, None);
    }
}

impl ScreensaverWatch {
    /// Subscribes to all screensavers, and queries the present ones.
    async fn begin(&mut self) {
        let interfaces: BTreeSet<_> = SCREENSAVERS.iter().map(|(_, _, interface)| interface).collect();
        let news = interfaces
            .into_iter()
            .map(|interface| format!("type='signal',interface='{interface}',member='ActiveChanged'"));
        let owners = SCREENSAVERS.iter().map(|(name, _, _)| bus::owners_of(name));
        for rule in news.chain(owners) {
            // If the bus refuses this, there are no signals.
            let _ = bus::listen(&self.bus, &rule).await;
        }
        for index in 0..self.savers.len() {
            let owner = bus::owner(&self.bus, self.savers[index].name).await;
            self.owned_by(index, owner);
        }
    }

    fn hear(&mut self, message: &Message) {
        if let Some((name, owner)) = bus::new_owner(message) {
            if let Some(index) = self.savers.iter().position(|saver| saver.name == name) {
                self.owned_by(index, owner);
            }
            return;
        }
        for saver in &mut self.savers {
            if bus::is_signal(message, saver.object.interface, "ActiveChanged")
                && bus::is_from(message, saver.owner.as_ref())
                && let Ok(active) = message.body().deserialize::<bool>()
            {
                saver.heard += 1;
                self.state.set_lock(saver.name, Some(active));
            }
        }
    }

    /// A screensaver appeared, disappeared, or was replaced: the old one's report no longer counts.
    fn owned_by(&mut self, index: usize, owner: Option<OwnedUniqueName>) {
        let saver = &mut self.savers[index];
        if saver.owner == owner {
            return;
        }
        saver.heard += 1;
        saver.owner = owner;
        if saver.owner.is_none() {
            self.state.set_lock(saver.name, None);
            return;
        }
        let (bus, object, heard) = (self.bus.clone(), saver.object.clone(), saver.heard);
        let question = async move {
            ActiveReply { index, heard, active: object.call(&bus, "GetActive", &()).await.ok() }
        };
        self.questions.push(question.boxed());
    }

    /// A screensaver that cannot answer (some own the name only for inhibitions) is not a source.
    fn take(&mut self, answer: &ActiveReply) {
        let saver = &self.savers[answer.index];
        if saver.heard == answer.heard {
            self.state.set_lock(saver.name, answer.active);
        }
    }
}
