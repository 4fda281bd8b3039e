//! The tray: an icon, a tooltip and a menu that show a [`View`].

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "native.rs"]
mod imp;
#[cfg(test)]
mod languages;
mod view;

use tauri::{AppHandle, Manager as _};

pub(crate) use self::imp::Tray;
#[cfg(not(target_os = "linux"))]
pub(crate) use self::imp::touched;
pub(crate) use self::view::{Action, View};

/// What "Copy command" copies, before the address. The header goes through a pipe, because every user of the computer can
/// read arguments.
pub(crate) const COMMAND: &str = "abide curl";

/// What the tray hands on to the program around it.
#[derive(Clone, Copy)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "Tauri hands on the choices there"))]
pub(crate) struct Handlers {
    /// The user chose the item of the menu with this key.
    pub(crate) chosen: fn(&AppHandle, &str),
    /// The desktop shows no tray icons: the window has to serve instead.
    pub(crate) unavailable: fn(&AppHandle),
}

/// Shows the view in the tray.
pub(crate) fn show(app: &AppHandle, view: View) {
    if let Some(tray) = app.try_state::<Tray>() {
        tray.show(view);
    }
}
