//! The desktop of this process, from its environment variables.

use std::path::PathBuf;

/// The addresses of the desktop. Tests use a private one.
///
/// Only Linux needs it: Windows and macOS have one desktop, to which a process belongs or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Address of the system bus (D-Bus specification, “Server Addresses”), where logind is.
    pub system_bus: Option<String>,
    /// Address of the user's bus, where the screensaver is.
    pub session_bus: Option<String>,
    /// `DISPLAY`: the X server, or Xwayland.
    pub x_display: Option<String>,
    /// `WAYLAND_DISPLAY`: the compositor's socket, a path or a name below [`Self::runtime_folder`].
    pub wayland_display: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub runtime_folder: Option<PathBuf>,
    /// `XDG_SESSION_ID`: logind's name of the session that this process was started in.
    pub session_id: Option<String>,
    /// `XDG_SESSION_TYPE`: `x11`, `wayland`, `tty`.
    pub session_type: Option<String>,
}

impl Environment {
    /// The environment variables of this process, with the usual defaults for missing ones.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let runtime_folder = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
        let usual_session_bus = || {
            let socket = runtime_folder.as_ref()?.join("bus");
            socket.exists().then(|| format!("unix:path={}", socket.display()))
        };
        Self {
            system_bus: variable("DBUS_SYSTEM_BUS_ADDRESS")
                .or_else(|| Some("unix:path=/run/dbus/system_bus_socket".to_owned())),
            session_bus: variable("DBUS_SESSION_BUS_ADDRESS").or_else(usual_session_bus),
            x_display: variable("DISPLAY"),
            wayland_display: variable("WAYLAND_DISPLAY"),
            session_id: variable("XDG_SESSION_ID"),
            session_type: variable("XDG_SESSION_TYPE"),
            runtime_folder,
        }
    }

    /// Whether the screen belongs to a Wayland compositor, so that X11 sees only a part of it.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_wayland(&self) -> bool {
        self.wayland_display.is_some() || self.session_type.as_deref() == Some("wayland")
    }
}
