//! Fake services of a desktop on the session bus: screensavers and monitors of idle time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zbus::fdo;
use zbus::object_server::SignalEmitter;

use super::Bus;

/// A screensaver with the given interface.
macro_rules! screensaver {
    ($type:ident, $interface:literal) => {
        struct $type {
            active: Arc<AtomicBool>,
            idle: Option<u32>,
        }

        #[zbus::interface(name = $interface)]
        impl $type {
            fn get_active(&self) -> bool {
                self.active.load(Ordering::SeqCst)
            }

            fn get_session_idle_time(&self) -> fdo::Result<u32> {
                self.idle.ok_or_else(|| fdo::Error::NotSupported("not on this platform".to_owned()))
            }

            #[zbus(signal)]
            async fn active_changed(emitter: &SignalEmitter<'_>, active: bool) -> zbus::Result<()>;
        }
    };
}

screensaver!(Freedesktop, "org.freedesktop.ScreenSaver");
screensaver!(Gnome, "org.gnome.ScreenSaver");
screensaver!(Xfce, "org.xfce.ScreenSaver");

/// A running screensaver. When dropped, it leaves the bus.
pub struct Screensaver {
    active: Arc<AtomicBool>,
    path: &'static str,
    interface: &'static str,
    pub bus: zbus::Connection,
}

impl Screensaver {
    /// Plasma's, with both of its names. `idle`: its answer about the idle time.
    pub async fn plasma(bus: &Bus, idle: Option<u32>) -> Self {
        let saver = Self::freedesktop(bus, idle).await;
        let object = Freedesktop { active: Arc::clone(&saver.active), idle };
        saver.bus.object_server().at("/ScreenSaver", object).await.unwrap();
        saver.bus.request_name("org.kde.screensaver").await.unwrap();
        saver
    }

    /// One with only the common name.
    pub async fn freedesktop(bus: &Bus, idle: Option<u32>) -> Self {
        let (active, bus) = (Arc::default(), bus.connect().await);
        let path = "/org/freedesktop/ScreenSaver";
        let object = Freedesktop { active: Arc::clone(&active), idle };
        bus.object_server().at(path, object).await.unwrap();
        bus.request_name("org.freedesktop.ScreenSaver").await.unwrap();
        Self { active, path, interface: "org.freedesktop.ScreenSaver", bus }
    }

    /// The lock screen of GNOME Shell.
    pub async fn gnome(bus: &Bus) -> Self {
        let (active, bus) = (Arc::default(), bus.connect().await);
        let path = "/org/gnome/ScreenSaver";
        let object = Gnome { active: Arc::clone(&active), idle: None };
        bus.object_server().at(path, object).await.unwrap();
        bus.request_name("org.gnome.Shell.ScreenShield").await.unwrap();
        Self { active, path, interface: "org.gnome.ScreenSaver", bus }
    }

    pub async fn xfce(bus: &Bus) -> Self {
        let (active, bus) = (Arc::default(), bus.connect().await);
        let path = "/org/xfce/ScreenSaver";
        let object = Xfce { active: Arc::clone(&active), idle: None };
        bus.object_server().at(path, object).await.unwrap();
        bus.request_name("org.xfce.ScreenSaver").await.unwrap();
        Self { active, path, interface: "org.xfce.ScreenSaver", bus }
    }

    /// Locks or unlocks the screen.
    pub async fn set(&self, active: bool) {
        self.active.store(active, Ordering::SeqCst);
        self.tell(active).await;
    }

    /// Only reports it.
    pub async fn tell(&self, active: bool) {
        let everyone = None::<&str>;
        self.bus.emit_signal(everyone, self.path, self.interface, "ActiveChanged", &active).await.unwrap();
    }

    /// The program ends.
    pub async fn end(self) {
        self.bus.close().await.unwrap();
    }
}

/// A program that owns a name and never answers.
pub async fn hanging(bus: &Bus, name: &'static str) -> zbus::Connection {
    let bus = bus.connect().await;
    bus.request_name(name).await.unwrap();
    bus
}

/// Mutter's monitor.
struct Monitor(u64);

#[zbus::interface(name = "org.gnome.Mutter.IdleMonitor")]
impl Monitor {
    fn get_idletime(&self) -> u64 {
        self.0
    }
}

/// A compositor that has seen no input for this many milliseconds.
pub async fn mutter(bus: &Bus, idle: u64) -> zbus::Connection {
    let bus = bus.connect().await;
    bus.object_server().at("/org/gnome/Mutter/IdleMonitor/Core", Monitor(idle)).await.unwrap();
    bus.request_name("org.gnome.Mutter.IdleMonitor").await.unwrap();
    bus
}
