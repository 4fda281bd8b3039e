//! logind, on the system bus: whether the user's session is locked or in the background, and whether the machine sleeps.
//!
//! logind reports a lock in two ways. `LockedHint` is what the desktop reports as a fact. The signals `Lock` and `Unlock`
//! are requests to the desktop (`loginctl lock-session`). The desktop may ignore them, and no `Unlock` follows when the user
//! unlocks the screen. So the hint and the screensavers count, and if there is either, requests are ignored: a desktop that
//! follows a request reports the lock itself.
//!
//! Some desktops never report anything (Sway with swaylock, plain window managers), and a request is the only sign of a lock
//! there. It then counts until `Unlock`, or until there is input after a pause. That input may be the password, a moment
//! before the screen is unlocked; but the session does not stay frozen forever. If the user's return is not reported,
//! requests are ignored.

use std::collections::HashMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::oneshot;
use tokio::time::Sleep;
use zbus::names::OwnedUniqueName;
use zbus::zvariant::{OwnedFd, OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message, MessageStream};

use super::bus::{self, Object};
use super::clocks::clocks;
use super::inhibitor::{self, Inhibitor};
use super::input::InputSource;
use crate::limits::SLEEP_DELAY;
use crate::presence_state::PresenceState;
use crate::sleep_history::SleepHistory;

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const USER: &str = "org.freedesktop.login1.User";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The name of this source.
const SOURCE: &str = "logind";

/// What logind reports about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Session {
    path: OwnedObjectPath,
    locked_hint: bool,
    /// Whether its seat shows another session. Without a seat (SSH, a server) there is no screen.
    in_background: bool,
}

enum Reply {
    Session(u64, Option<Session>),
    Inhibitor(Option<OwnedFd>),
}

/// The receivers of logind's reports, and the session that they are about.
pub(super) struct Handles {
    pub(super) state: Arc<PresenceState>,
    pub(super) inhibitor: Arc<Inhibitor>,
    pub(super) input: Arc<InputSource>,
    pub(super) sleep_history: Arc<Mutex<SleepHistory>>,
    /// `XDG_SESSION_ID`.
    pub(super) session_id: Option<String>,
}

struct LogindWatch {
    bus: Connection,
    handles: Handles,
    manager: Object,
    owner: Option<OwnedUniqueName>,
    session: Option<Session>,
    /// Counts the events that make the answer to an earlier query outdated.
    heard: u64,
    /// Whether this desktop sets the hint at all.
    hints: bool,
    /// A lock was requested, and there is no other report about it: until the user is back.
    requested: Option<BoxFuture<'static, ()>>,
    /// Whether the user's session is being looked up.
    finding: bool,
    suspending: bool,
    questions: FuturesUnordered<BoxFuture<'static, Reply>>,
    /// The time at which the machine may sleep at the latest.
    delay: Option<Pin<Box<Sleep>>>,
}

/// Reports logind's signals until the bus is gone. Sends `opened` when logind has answered.
pub(super) async fn watch(bus: Connection, handles: Handles, opened: oneshot::Sender<()>) {
    // Before the first query, so that no signal between its answer and later ones is missed.
    let mut messages = MessageStream::from(&bus);
    let mut watch = LogindWatch {
        bus,
        handles,
        manager: Object::new(NAME, "/org/freedesktop/login1", MANAGER),
        owner: None,
        session: None,
        heard: 0,
        hints: false,
        requested: None,
        finding: false,
        suspending: false,
        questions: FuturesUnordered::new(),
        delay: None,
    };
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
            Some(answer) = watch.questions.next() => watch.take(answer),
            () = over(watch.delay.as_mut()) => watch.let_go(),
            () = over(watch.requested.as_mut()) => watch.request(false),
        }
    }
    watch.owned_by(None);
}

/// Waits until this has finished, if there is anything.
async fn over(waiting: Option<&mut (impl Future<Output = ()> + Unpin)>) {
    match waiting {
        Some(waiting) => waiting.await,
        None => pending().await,
    }
}

impl LogindWatch {
    async fn begin(&mut self) {
        let signals = [
            ("Manager", "PrepareForSleep"),
            ("Manager", "SessionNew"),
            ("Manager", "SessionRemoved"),
            ("Session", "Lock"),
            ("Session", "Unlock"),
        ];
        let news = signals.map(|(interface, member)| {
            format!("type='signal',sender='{NAME}',interface='{NAME}.{interface}',member='{member}'")
        });
        let changes = format!(
            "type='signal',sender='{NAME}',interface='{PROPERTIES}',member='PropertiesChanged',arg0='{SESSION}'"
        );
        for rule in news.into_iter().chain([changes, bus::owners_of(NAME)]) {
            // If the bus refuses this, there are no signals.
            let _ = bus::listen(&self.bus, &rule).await;
        }
        let owner = bus::owner(&self.bus, NAME).await;
        self.owned_by(owner);
    }

    /// logind appeared, disappeared, or was restarted by an update. Sessions remain, inhibitors do not.
    fn owned_by(&mut self, owner: Option<OwnedUniqueName>) {
        if self.owner == owner {
            return;
        }
        // The old logind can no longer report that the machine wakes up.
        self.sleep(false);
        self.owner = owner;
        self.handles.inhibitor.release();
        self.handles.state.set_sleep_source(SOURCE, self.owner.is_some());
        if self.owner.is_some() {
            self.ask_for_inhibitor();
            self.ask_for_session();
        } else {
            self.heard += 1;
            (self.session, self.requested) = (None, None);
            self.tell();
        }
    }

    fn hear(&mut self, message: &Message) {
        if let Some((name, owner)) = bus::new_owner(message) {
            if name == NAME {
                self.owned_by(owner);
            }
        } else if !bus::is_from(message, self.owner.as_ref()) {
            // Another program, or an answer that is awaited elsewhere.
        } else if bus::is_signal(message, MANAGER, "PrepareForSleep") {
            if let Ok(suspending) = message.body().deserialize::<bool>() {
                self.sleep(suspending);
            }
        } else if self.is_news(message) {
            self.ask_for_session();
        } else if bus::is_signal(message, SESSION, "Lock") && self.is_ours(message) {
            self.request(true);
        } else if bus::is_signal(message, SESSION, "Unlock") && self.is_ours(message) {
            self.request(false);
        }
    }

    /// Whether the message is about the user's session.
    fn is_ours(&self, message: &Message) -> bool {
        let ours = self.session.as_ref().map(|session| &*session.path);
        message.header().path().is_some_and(|path| ours.is_some_and(|ours| ours == path))
    }

    /// Whether the message may change the state. While the user's session is being looked up, or there is none, this is true
    /// for all sessions.
    fn is_news(&self, message: &Message) -> bool {
        bus::is_signal(message, MANAGER, "SessionNew")
            || bus::is_signal(message, MANAGER, "SessionRemoved")
            || (bus::is_signal(message, PROPERTIES, "PropertiesChanged")
                && (self.finding || self.session.is_none() || self.is_ours(message)))
    }

    /// A request to the desktop to lock or unlock the screen.
    fn request(&mut self, lock: bool) {
        let told_otherwise = self.hints || self.handles.state.has_other_lock_source(SOURCE);
        self.requested = if lock && !told_otherwise && self.handles.input.reports_return() {
            let input = Arc::clone(&self.handles.input);
            Some(async move { input.back().await }.boxed())
        } else {
            None
        };
        self.tell();
    }

    fn sleep(&mut self, suspending: bool) {
        if self.suspending == suspending {
            return;
        }
        self.suspending = suspending;
        self.handles.sleep_history.lock().unwrap_or_else(PoisonError::into_inner).note(clocks());
        if suspending {
            self.delay = Some(Box::pin(tokio::time::sleep(SLEEP_DELAY)));
            self.handles.inhibitor.begin();
        } else {
            self.delay = None;
            if !self.handles.inhibitor.end() {
                self.ask_for_inhibitor();
            }
        }
        self.handles.state.set_suspending(suspending);
    }

    fn let_go(&mut self) {
        self.delay = None;
        self.handles.inhibitor.release();
    }

    fn ask_for_inhibitor(&mut self) {
        let (bus, manager) = (self.bus.clone(), self.manager.clone());
        let question = async move { Reply::Inhibitor(inhibitor::take(&bus, &manager).await) };
        self.questions.push(question.boxed());
    }

    fn ask_for_session(&mut self) {
        self.heard += 1;
        self.finding = true;
        let (bus, manager, id) = (self.bus.clone(), self.manager.clone(), self.handles.session_id.clone());
        let heard = self.heard;
        let question =
            async move { Reply::Session(heard, session(&bus, &manager, id.as_deref()).await.ok()) };
        self.questions.push(question.boxed());
    }

    fn take(&mut self, answer: Reply) {
        match answer {
            // An inhibitor that arrives when the machine is already about to sleep would only delay it.
            Reply::Inhibitor(Some(descriptor)) if !self.suspending && self.owner.is_some() => {
                self.handles.inhibitor.hold(descriptor);
            }
            Reply::Inhibitor(_) => {}
            Reply::Session(heard, session) if heard == self.heard => self.found(session),
            Reply::Session(..) => {}
        }
    }

    fn found(&mut self, session: Option<Session>) {
        self.finding = false;
        let was_in_background = self.session.as_ref().is_some_and(|session| session.in_background);
        self.session = session;
        let Some(session) = &self.session else { return self.tell() };
        self.hints |= session.locked_hint;
        if session.locked_hint || (was_in_background && !session.in_background) {
            // The desktop reports locks itself; or the user came back through the greeter, which asks for the password.
            self.requested = None;
        }
        self.tell();
    }

    fn tell(&self) {
        let locked = self
            .session
            .as_ref()
            .map(|session| session.locked_hint || session.in_background || self.requested.is_some());
        self.handles.state.set_lock(SOURCE, locked);
    }
}

/// The user's session: the one that this process was started in, or else the one that the user sees.
async fn session(bus: &Connection, manager: &Object, id: Option<&str>) -> zbus::Result<Session> {
    let path = session_path(bus, manager, id).await?;
    let properties = Object::new(NAME, path.as_str(), PROPERTIES);
    let mut all: HashMap<String, OwnedValue> = properties.call(bus, "GetAll", &SESSION).await?;
    let flag = |name: &str| all.get(name).and_then(|value| bool::try_from(value).ok());
    let (locked_hint, active) = (flag("LockedHint"), flag("Active"));
    let seat = all.remove("Seat").and_then(|value| <(String, OwnedObjectPath)>::try_from(value).ok());
    let has_seat = seat.is_some_and(|(name, _)| !name.is_empty());
    Ok(Session {
        path,
        locked_hint: locked_hint.unwrap_or(false),
        in_background: has_seat && active == Some(false),
    })
}

async fn session_path(bus: &Connection, manager: &Object, id: Option<&str>) -> zbus::Result<OwnedObjectPath> {
    if let Some(id) = id
        && let Ok(path) = manager.call(bus, "GetSession", &id).await
    {
        return Ok(path);
    }
    if let Ok(path) = manager.call(bus, "GetSessionByPID", &std::process::id()).await {
        return Ok(path);
    }
    // A service of the user (systemd --user) is not in a session.
    let user: OwnedObjectPath = manager.call(bus, "GetUser", &rustix::process::getuid().as_raw()).await?;
    let properties = Object::new(NAME, user.as_str(), PROPERTIES);
    let display: OwnedValue = properties.call(bus, "Get", &(USER, "Display")).await?;
    let (id, path) = <(String, OwnedObjectPath)>::try_from(display)?;
    if id.is_empty() { Err(zbus::Error::InvalidReply) } else { Ok(path) }
}
