//! A user's private environment: folders, D-Bus session, keyring.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use zbus::fdo::DBusProxy;
use zbus::names::BusName;

use crate::owned::{Owned, end_all_at_home};
use crate::{eventually, evidence, s};

/// The password of the room's keyring.
const KEYRING_PASSWORD: &str = "the keyring of a test";

/// Separate folders, D-Bus session and keyring. Ends everything in it when dropped; keeps the logs if the test failed.
pub struct Room {
    name: String,
    environment: Vec<(String, String)>,
    bus: Option<zbus::Connection>,
    programs: Vec<Owned>,
    since: std::time::SystemTime,
    root: tempfile::TempDir,
}

impl Room {
    /// Folders and a D-Bus session, and a keyring that is unlocked.
    pub async fn with_keyring(name: &str) -> Self {
        let mut room = Self::without_keyring(name).await;
        let mut keyring = room.start_with(
            "gnome-keyring-daemon",
            &["--unlock", "--components=secrets", "--foreground"],
            |command| {
                command.stdin(Stdio::piped());
            },
        );
        let mut input = keyring.input().expect("the keyring's standard input");
        input.write_all(KEYRING_PASSWORD.as_bytes()).expect("unlock the keyring");
        drop(input);
        room.keep(keyring);
        room.bus_name("org.freedesktop.secrets").await;
        room
    }

    /// Folders and a D-Bus session without a service for secrets.
    pub async fn without_keyring(name: &str) -> Self {
        let root = tempfile::Builder::new().prefix("abide-").tempdir().expect("a temporary folder");
        let mut room = Self {
            name: name.to_owned(),
            environment: environment(root.path()),
            bus: None,
            programs: Vec::new(),
            since: std::time::SystemTime::now(),
            root,
        };
        // Logs of an earlier failure are not about this run.
        let earlier = crate::workspace().join("target/acceptance").join(name);
        let _ = std::fs::remove_file(earlier.join("failed.png"));
        let _ = std::fs::remove_dir_all(earlier.join("failed-logs"));
        room.allow_this_test();
        room.start_bus().await;
        room
    }

    /// The test itself may have tokens in its room, by a grant as an earlier version wrote them. What it runs by name is a
    /// program of its own, which has no grant.
    fn allow_this_test(&self) {
        let test =
            std::env::current_exe().and_then(std::fs::canonicalize).expect("the path of the running test");
        let state = self.places().state;
        std::fs::create_dir_all(&state).expect("the folder of the state");
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&state, private).expect("a private folder");
        let grant = serde_json::json!({ "tests": { "kind": "program", "path": test, "since": 0 } });
        let clients = state.join("clients.json");
        std::fs::write(&clients, grant.to_string()).expect("a grant for the test");
        std::fs::set_permissions(&clients, std::fs::Permissions::from_mode(0o600)).expect("its mode");
    }

    async fn start_bus(&mut self) {
        let address = format!("unix:path={}", self.path("run/bus").display());
        // Services are started on demand as in any session, except for the keyring, which tests start themselves.
        let services = self.path("services");
        for file in ["org.xfce.Xfconf.service", "org.a11y.Bus.service", "ca.desrt.dconf.service"] {
            let _ = std::fs::copy(Path::new("/usr/share/dbus-1/services").join(file), services.join(file));
        }
        let configuration = self.path("bus.conf");
        let text = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
             <busconfig><type>session</type><keep_umask/><listen>{address}</listen><auth>EXTERNAL</auth>\n\
             <servicedir>{}</servicedir>\n\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
            services.display()
        );
        std::fs::write(&configuration, text).expect("write the configuration of the bus");
        let daemon = self.start(
            "dbus-daemon",
            &["--nofork", "--nosyslog", &format!("--config-file={}", configuration.display())],
        );
        self.keep(daemon);
        // This bus is also the system bus, so that locking the real screen does not change the test.
        self.environment.push(("DBUS_SYSTEM_BUS_ADDRESS".into(), address.clone()));
        self.environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), address));
        self.bus = Some(eventually("the D-Bus session", s(10), || self.new_connection()).await);
    }

    /// A further connection to the room's bus; `None` while it cannot be reached.
    pub async fn new_connection(&self) -> Option<zbus::Connection> {
        let address = self.variable("DBUS_SESSION_BUS_ADDRESS")?;
        zbus::connection::Builder::address(address).ok()?.method_timeout(s(10)).build().await.ok()
    }

    /// The connection to the room's bus.
    ///
    /// # Panics
    ///
    /// Never: a room without a bus is not handed out.
    pub fn bus(&self) -> &zbus::Connection {
        self.bus.as_ref().expect("the room's bus")
    }

    /// Waits until this name has an owner on the room's bus.
    pub async fn bus_name(&self, name: &str) {
        let bus = DBusProxy::new(self.bus()).await.expect("the bus itself");
        let wanted: BusName<'_> = name.try_into().expect("a bus name");
        eventually(&format!("{name} on the bus"), s(15), || async {
            bus.name_has_owner(wanted.clone()).await.ok().filter(|owned| *owned)
        })
        .await;
    }

    /// Starts a program in this room, by name or path. The caller owns it.
    pub fn start<A: AsRef<std::ffi::OsStr>>(&self, program: impl AsRef<Path>, arguments: &[A]) -> Owned {
        Owned::start(program.as_ref(), arguments, &self.environment, &self.path("logs"))
    }

    /// The same, with a last change to the command.
    pub fn start_with<A: AsRef<std::ffi::OsStr>>(
        &self,
        program: impl AsRef<Path>,
        arguments: &[A],
        last_word: impl FnOnce(&mut std::process::Command),
    ) -> Owned {
        Owned::start_with(program.as_ref(), arguments, &self.environment, &self.path("logs"), last_word)
    }

    /// Keeps a program running as long as the room.
    pub fn keep(&mut self, program: Owned) {
        self.programs.push(program);
    }

    /// Sets a variable for programs that are started later.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.retain(|(key, _)| key != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// The environment of the programs in this room.
    #[must_use]
    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A variable of that environment.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A path inside the room.
    #[must_use]
    pub fn path(&self, inside: &str) -> PathBuf {
        self.root.path().join(inside)
    }

    /// Abide's folders in this room.
    ///
    /// # Panics
    ///
    /// Never: the room has a home.
    #[must_use]
    pub fn places(&self) -> abide_wire::paths::Places {
        abide_wire::paths::Places::from_environment(|name| self.variable(name).map(Into::into))
            .expect("places for a user with a home")
    }

    /// The time since the room was made.
    #[must_use]
    pub fn since(&self) -> std::time::SystemTime {
        self.since
    }

    /// The folder for pictures and logs of the test; created on demand.
    #[must_use]
    pub fn evidence(&self) -> PathBuf {
        evidence(&self.name)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        // Last started, first ended: the bus ends after the programs that use it.
        while let Some(program) = self.programs.pop() {
            drop(program);
        }
        end_all_at_home(&self.path("home"));
        if std::thread::panicking() {
            let kept = self.evidence().join("failed-logs");
            let _ = std::fs::create_dir_all(&kept);
            for entry in std::fs::read_dir(self.path("logs")).into_iter().flatten().flatten() {
                let _ = std::fs::copy(entry.path(), kept.join(entry.file_name()));
            }
        }
    }
}

/// A minimal environment with folders under `root`, which are created.
fn environment(root: &Path) -> Vec<(String, String)> {
    for folder in ["home", "run", "config", "state", "cache", "data", "logs", "services", "tmp"] {
        let path = root.join(folder);
        std::fs::create_dir(&path).expect("create a folder of the room");
        let _ = std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700));
    }
    let folder = |name: &str| root.join(name).to_string_lossy().into_owned();
    [
        ("HOME", folder("home")),
        ("XDG_RUNTIME_DIR", folder("run")),
        ("XDG_CONFIG_HOME", folder("config")),
        ("XDG_STATE_HOME", folder("state")),
        ("XDG_CACHE_HOME", folder("cache")),
        ("XDG_DATA_HOME", folder("data")),
        ("TMPDIR", folder("tmp")),
        ("PATH", std::env::var("PATH").unwrap_or_else(|_| "/usr/local/bin:/usr/bin:/bin".into())),
        ("LANG", "C.UTF-8".into()),
        ("RUST_BACKTRACE", "1".into()),
        ("NO_PROXY", "127.0.0.1".into()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .to_vec()
}
