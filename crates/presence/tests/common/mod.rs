//! A private desktop for a test: two buses with fake services.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod compositor;
pub mod logind;
pub mod screensaver;
pub mod x11;

use std::future::Future;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use abide_presence::{Environment, Event, Presence};

/// The longest time for anything that has to happen, on a busy machine.
pub const SOON: Duration = Duration::from_secs(10);

/// A program that ends with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bus of its own.
pub struct Bus {
    pub address: String,
    _daemon: Running,
    _folder: tempfile::TempDir,
}

impl Bus {
    /// Starts one where every program may own every name, and no service is started automatically.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("bus.conf");
        let text = format!(
            r#"<busconfig><listen>unix:path={}/socket</listen><auth>EXTERNAL</auth><policy context="default">
               <allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow user="*"/>
               </policy></busconfig>"#,
            folder.path().display()
        );
        std::fs::write(&config, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .args(["--nofork", "--nosyslog", "--print-address=1"])
            .arg(format!("--config-file={}", config.display()))
            .stdout(Stdio::piped())
            // It warns about limits that it may not raise.
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { address: address.trim().to_owned(), _daemon: Running(daemon), _folder: folder }
    }

    /// A separate connection.
    pub async fn connect(&self) -> zbus::Connection {
        zbus::connection::Builder::address(self.address.as_str()).unwrap().build().await.unwrap()
    }
}

/// The two buses of a desktop.
pub struct Desktop {
    pub system: Bus,
    pub session: Bus,
}

impl Desktop {
    pub fn start() -> Self {
        Self { system: Bus::start(), session: Bus::start() }
    }

    /// The environment of a program on this desktop; no display.
    pub fn environment(&self) -> Environment {
        Environment {
            system_bus: Some(self.system.address.clone()),
            session_bus: Some(self.session.address.clone()),
            ..Environment::default()
        }
    }

    pub async fn presence(&self) -> Presence {
        Presence::open(self.environment()).await
    }
}

/// The next event, which has to come soon.
pub async fn next(presence: &mut Presence) -> Event {
    tokio::time::timeout(SOON, presence.event()).await.expect("an event")
}

/// Whether an event has arrived by now. Call it only when the event must have arrived.
pub async fn waiting(presence: &mut Presence) -> Option<Event> {
    tokio::time::timeout(Duration::ZERO, presence.event()).await.ok()
}

/// Waits until the condition is true.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waited = tokio::time::timeout(SOON, async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}
