//! A fake logind that is as strict as the real one, and notes its requests.

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use zbus::fdo;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{Fd, ObjectPath, OwnedObjectPath};

use super::{Bus, SOON};

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "/org/freedesktop/login1";

/// One session of logind.
#[derive(Clone)]
pub struct Facts {
    pub id: &'static str,
    /// Empty for a session without one.
    pub seat: &'static str,
    pub locked: bool,
    pub active: bool,
}

/// A session in front of the screen.
pub const AT_THE_SCREEN: Facts = Facts { id: "2", seat: "seat0", locked: false, active: true };

impl Facts {
    fn path(&self) -> OwnedObjectPath {
        // logind escapes a digit at the beginning.
        OwnedObjectPath::try_from(format!("{MANAGER}/session/_3{}", self.id)).unwrap()
    }
}

/// The requests to the fake, and its data.
#[derive(Default)]
struct State {
    sessions: Vec<Facts>,
    /// The session that this process is in.
    of_process: Option<&'static str>,
    /// The session that the user sees.
    display: Option<&'static str>,
    /// The fake's ends of the inhibitors.
    inhibitors: Vec<UnixStream>,
}

struct Manager(Arc<Mutex<State>>);

impl Manager {
    fn find(&self, id: Option<&str>) -> fdo::Result<OwnedObjectPath> {
        let state = self.0.lock().unwrap();
        let found = state.sessions.iter().find(|session| Some(session.id) == id);
        found.map(Facts::path).ok_or_else(|| fdo::Error::Failed("no such session".to_owned()))
    }
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn get_session(&self, id: &str) -> fdo::Result<OwnedObjectPath> {
        self.find(Some(id))
    }

    #[zbus(name = "GetSessionByPID")]
    fn get_session_by_pid(&self, pid: u32) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(pid, std::process::id());
        let id = self.0.lock().unwrap().of_process;
        self.find(id)
    }

    fn get_user(&self, uid: u32) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(uid, rustix::process::getuid().as_raw());
        Ok(user_path())
    }

    fn inhibit(&self, what: &str, who: &str, why: &str, mode: &str) -> fdo::Result<Fd<'static>> {
        // Anything but a delay of sleep needs more rights than a user has.
        assert_eq!((what, who, mode), ("sleep", "Abide", "delay"));
        assert!(why.len() > 10, "people read this: {why}");
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        self.0.lock().unwrap().inhibitors.push(ours);
        Ok(Fd::from(OwnedFd::from(theirs)))
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn session_new(emitter: &SignalEmitter<'_>, id: &str, path: ObjectPath<'_>) -> zbus::Result<()>;
}

fn user_path() -> OwnedObjectPath {
    OwnedObjectPath::try_from(format!("{MANAGER}/user/_{}", rustix::process::getuid().as_raw())).unwrap()
}

struct User(Arc<Mutex<State>>);

#[zbus::interface(name = "org.freedesktop.login1.User")]
impl User {
    #[zbus(property)]
    fn display(&self) -> (String, OwnedObjectPath) {
        let state = self.0.lock().unwrap();
        let shown = state.sessions.iter().find(|session| Some(session.id) == state.display);
        match shown {
            Some(session) => (session.id.to_owned(), session.path()),
            None => (String::new(), OwnedObjectPath::try_from("/").unwrap()),
        }
    }
}

struct Session {
    id: &'static str,
    state: Arc<Mutex<State>>,
}

impl Session {
    fn facts(&self) -> Facts {
        let state = self.state.lock().unwrap();
        state.sessions.iter().find(|session| session.id == self.id).unwrap().clone()
    }
}

#[zbus::interface(name = "org.freedesktop.login1.Session")]
impl Session {
    #[zbus(property)]
    fn id(&self) -> String {
        self.id.to_owned()
    }

    #[zbus(property)]
    fn locked_hint(&self) -> bool {
        self.facts().locked
    }

    #[zbus(property)]
    fn active(&self) -> bool {
        self.facts().active
    }

    #[zbus(property)]
    fn seat(&self) -> (String, OwnedObjectPath) {
        let seat = self.facts().seat;
        let path = if seat.is_empty() { "/".to_owned() } else { format!("{MANAGER}/seat/{seat}") };
        (seat.to_owned(), OwnedObjectPath::try_from(path).unwrap())
    }

    #[zbus(signal)]
    async fn lock(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn unlock(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

/// The fake.
pub struct Logind {
    state: Arc<Mutex<State>>,
    bus: zbus::Connection,
}

impl Logind {
    /// A logind with these sessions; this process is in the first.
    pub async fn start(bus: &Bus, sessions: &[Facts]) -> Self {
        let state = State { of_process: sessions.first().map(|session| session.id), ..State::default() };
        let logind = Self { state: Arc::new(Mutex::new(state)), bus: bus.connect().await };
        logind.serve(MANAGER, Manager(Arc::clone(&logind.state))).await;
        logind.serve(user_path().as_str(), User(Arc::clone(&logind.state))).await;
        for session in sessions {
            logind.add(session.clone()).await;
        }
        logind.bus.request_name(NAME).await.unwrap();
        logind
    }

    async fn serve<I: zbus::object_server::Interface>(&self, path: &str, object: I) {
        self.bus.object_server().at(path, object).await.unwrap();
    }

    async fn add(&self, session: Facts) {
        let object = Session { id: session.id, state: Arc::clone(&self.state) };
        let path = session.path();
        self.state.lock().unwrap().sessions.push(session);
        self.serve(path.as_str(), object).await;
    }

    /// A user signs in.
    pub async fn sign_in(&self, session: Facts) {
        self.add(session.clone()).await;
        let emitter = SignalEmitter::new(&self.bus, MANAGER).unwrap();
        Manager::session_new(&emitter, session.id, session.path().as_ref()).await.unwrap();
    }

    /// Removes this process from its session; the user sees `display`.
    pub fn started_by_the_system(&self, display: Option<&'static str>) {
        let mut state = self.state.lock().unwrap();
        (state.of_process, state.display) = (None, display);
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Facts)) {
        change(self.state.lock().unwrap().sessions.iter_mut().find(|session| session.id == id).unwrap());
    }

    async fn session(&self, id: &str) -> zbus::object_server::InterfaceRef<Session> {
        let path = format!("{MANAGER}/session/_3{id}");
        self.bus.object_server().interface(path).await.unwrap()
    }

    /// The desktop reports whether it has locked the screen.
    pub async fn locked(&self, id: &str, locked: bool) {
        self.change(id, |session| session.locked = locked);
        let session = self.session(id).await;
        session.get().await.locked_hint_changed(session.signal_emitter()).await.unwrap();
    }

    /// The session is shown on the screen, or leaves it to another.
    pub async fn active(&self, id: &str, active: bool) {
        self.change(id, |session| session.active = active);
        let session = self.session(id).await;
        session.get().await.active_changed(session.signal_emitter()).await.unwrap();
    }

    /// `loginctl lock-session`, `loginctl unlock-session`: a request to the desktop.
    pub async fn request(&self, id: &str, lock: bool) {
        let session = self.session(id).await;
        if lock {
            Session::lock(session.signal_emitter()).await
        } else {
            Session::unlock(session.signal_emitter()).await
        }
        .unwrap();
    }

    /// Announces that the machine is about to sleep, or has woken up.
    pub async fn announce(&self, sleep: bool) {
        let emitter = SignalEmitter::new(&self.bus, MANAGER).unwrap();
        Manager::prepare_for_sleep(&emitter, sleep).await.unwrap();
    }

    /// The number of open inhibitors.
    pub fn inhibitors(&self) -> usize {
        let mut state = self.state.lock().unwrap();
        // The stream has ended: every copy of the other end was closed.
        state.inhibitors.retain(|mut ours| !matches!(ours.read(&mut [0]), Ok(0)));
        state.inhibitors.len()
    }

    /// Waits until every inhibitor is closed, as logind does before the machine sleeps. Returns the time that it took.
    pub async fn inhibitors_close(&self) -> Duration {
        let began = Instant::now();
        while self.inhibitors() > 0 {
            assert!(began.elapsed() < SOON, "an inhibitor stayed open");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        began.elapsed()
    }

    /// Restarts logind as an update does: its name disappears and comes back, inhibitors are lost, sessions remain.
    pub async fn restart(self, bus: &Bus) -> Self {
        let Self { state, bus: old } = self;
        old.close().await.unwrap();
        let sessions = {
            let mut facts = state.lock().unwrap();
            facts.inhibitors.clear();
            facts.sessions.clone()
        };
        Self::start(bus, &sessions).await
    }
}
