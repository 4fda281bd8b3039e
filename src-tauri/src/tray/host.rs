//! A StatusNotifierItem needs a host: the panel. At login it may come up after the program, on some desktops it never does.

use std::cell::Cell;
use std::time::Duration;

use abide_wire::{Notice, NoticeKind};
use gtk::gio::{self, BusNameWatcherFlags, BusType};
use gtk::glib;
use tauri::{AppHandle, Manager as _};

use super::Tray;
use crate::{desktop, window};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// How long a panel may take to come up before the window serves in its place.
const PATIENCE: Duration = Duration::from_secs(10);
/// A watcher may be there a moment before the panel has told it that it shows items.
const MOMENT: Duration = Duration::from_millis(250);
const MOMENTS: u32 = 20;

thread_local! {
    static PLACED: Cell<bool> = const { Cell::new(false) };
}

/// Puts the icon there as soon as there is a host for it. To be called on the main thread.
pub(super) fn wait_for_one(app: &AppHandle) {
    let there = app.clone();
    gio::bus_watch_name(
        BusType::Session,
        WATCHER,
        BusNameWatcherFlags::NONE,
        move |_, _, _| place(&there, MOMENTS),
        |_, _| tracing::debug!("there is no host for tray icons"),
    );
    let app = app.clone();
    glib::timeout_add_local_once(PATIENCE, move || {
        if !PLACED.get() {
            tracing::warn!("this desktop has no place for tray icons");
            let title = "Abide has no place in your panel".to_owned();
            let body = "This desktop shows no tray icons, so Abide has opened its window. \
                        It asks and reminds you all the same."
                .to_owned();
            desktop::notify(&app, &Notice { kind: NoticeKind::Trouble, account: None, question: None, title, body });
            window::open(&app);
        }
    });
}

fn place(app: &AppHandle, moments: u32) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    match tray.place() {
        Ok(()) => PLACED.set(true),
        Err(error) if moments == 0 => tracing::warn!(%error, "the panel does not take the tray icon"),
        Err(_) => {
            let app = app.clone();
            glib::timeout_add_local_once(MOMENT, move || place(&app, moments - 1));
        }
    }
}
