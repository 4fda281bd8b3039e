//! logind and a screensaver on the room's bus, simulated by python-dbusmock: they report locks, sleep and other users.

use std::path::Path;

use zbus::zvariant::Value;

use crate::owned::Owned;
use crate::room::Room;
use crate::{eventually, s};

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "/org/freedesktop/login1";
const MOCK: &str = "org.freedesktop.DBus.Mock";
const SCREENSAVER: &str = "org.gnome.ScreenSaver";

/// The user's session in logind.
const SESSION: &str = "c1";

/// logind and a screensaver in a room, with one session on a seat.
pub struct SessionControl {
    bus: zbus::Connection,
    _programs: [Owned; 2],
}

impl SessionControl {
    /// Starts both. Programs that are started in the room later are in the session.
    pub async fn start(room: &mut Room) -> Self {
        let mock = |template: &str, bus: &str| {
            room.start(Path::new("/usr/bin/python3"), &["-m", "dbusmock", bus, "--template", template])
        };
        let programs = [mock("logind", "--system"), mock("gnome_screensaver", "--session")];
        room.bus_name(LOGIND).await;
        room.bus_name(SCREENSAVER).await;
        let control = Self { bus: room.bus().clone(), _programs: programs };
        let session = (SESSION, "seat0", rustix::process::getuid().as_raw(), "alice", true);
        let manager = control.object(LOGIND, MANAGER, MOCK).await;
        let _path: String = manager.call("AddSession", &session).await.expect("a session on a seat");
        room.set("XDG_SESSION_ID", SESSION);
        control
    }

    async fn object(&self, name: &str, path: &str, interface: &str) -> zbus::Proxy<'static> {
        let [name, path, interface] = [name, path, interface].map(str::to_owned);
        zbus::Proxy::new(&self.bus, name, path, interface).await.expect("a stand-in on the bus")
    }

    async fn session(&self, interface: &str) -> zbus::Proxy<'static> {
        self.object(LOGIND, &format!("{MANAGER}/session/{SESSION}"), interface).await
    }

    /// The desktop reports that it has locked or unlocked the screen.
    pub async fn lock(&self, locked: bool) {
        let session = self.session("org.freedesktop.login1.Session").await;
        session.call::<_, _, ()>("SetLockedHint", &locked).await.expect("set the hint");
    }

    /// The screen shows this session, or another user's.
    pub async fn show(&self, active: bool) {
        let changes = std::collections::HashMap::from([("Active", Value::from(active))]);
        let session = self.session(MOCK).await;
        let arguments = ("org.freedesktop.login1.Session", changes);
        session.call::<_, _, ()>("UpdateProperties", &arguments).await.expect("switch the user");
    }

    /// The screensaver starts or ends.
    pub async fn blank(&self, active: bool) {
        let screensaver = self.object(SCREENSAVER, "/org/gnome/ScreenSaver", SCREENSAVER).await;
        screensaver.call::<_, _, ()>("SetActive", &active).await.expect("the screensaver");
    }

    /// The machine announces that it is about to sleep, or that it has woken up.
    pub async fn announce_sleep(&self, asleep: bool) {
        let manager = self.object(LOGIND, MANAGER, MOCK).await;
        let arguments = ("org.freedesktop.login1.Manager", "PrepareForSleep", "b", vec![Value::from(asleep)]);
        manager.call::<_, _, ()>("EmitSignal", &arguments).await.expect("announce sleep");
    }

    /// Waits until this number of programs delays the machine's sleep.
    pub async fn inhibitors(&self, wanted: usize) {
        let manager = self.object(LOGIND, MANAGER, "org.freedesktop.login1.Manager").await;
        eventually(&format!("{wanted} to hold up the sleep"), s(5), || async {
            type Inhibitor = (String, String, String, String, u32, u32);
            let all: Vec<Inhibitor> = manager.call("ListInhibitors", &()).await.ok()?;
            assert!(all.iter().all(|one| one.0 == "sleep" && one.3 == "delay"), "only a delay: {all:?}");
            (all.len() == wanted).then_some(())
        })
        .await;
    }
}
