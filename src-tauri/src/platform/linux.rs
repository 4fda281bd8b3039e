//! Linux: GTK 3, which Tauri's event loop runs on already.

use std::cell::RefCell;

use gtk::prelude::*;
use gtk::{gdk, glib};

use crate::face::Palette;

pub(crate) fn begin() -> Result<(), String> {
    // Window managers and panels know the program's windows by this name.
    glib::set_prgname(Some("abide"));
    glib::set_application_name("Abide");
    gtk::init()
        .map_err(|_| "there is no display to show anything on. `abide agent` runs without one.".to_owned())
}

pub(crate) fn alarm(title: &str, text: &str) {
    let dialog = gtk::MessageDialog::new(
        None::<&gtk::Window>,
        gtk::DialogFlags::empty(),
        gtk::MessageType::Error,
        gtk::ButtonsType::Close,
        title,
    );
    dialog.set_secondary_text(Some(text));
    dialog.set_title("Abide");
    dialog.set_keep_above(true);
    dialog.run();
    dialog.close();
}

pub(crate) fn copy(text: &str) {
    let clipboard = gtk::Clipboard::get(&gdk::SELECTION_CLIPBOARD);
    clipboard.set_text(text);
    clipboard.store();
}

pub(crate) fn panel() -> (Palette, u32) {
    (palette_for(&std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default()), 24 * scale())
}

/// The pixels per point of the finest screen. A panel of 16 to 24 points scales a picture of 24 well. A larger one would
/// only make every update on the bus larger.
fn scale() -> u32 {
    let Some(display) = gtk::gdk::Display::default() else { return 1 };
    let screens = (0..display.n_monitors()).filter_map(|number| display.monitor(number));
    screens.filter_map(|screen| u32::try_from(screen.scale_factor()).ok()).max().unwrap_or(1).clamp(1, 3)
}

/// GNOME's own panel is dark with every theme. Other desktops do not report the colour of their panel, and many have a dark
/// panel with a light theme.
fn palette_for(desktops: &str) -> Palette {
    let names: Vec<&str> = desktops.split(':').collect();
    let has_light_panel = names.iter().any(|name| ["GNOME-Classic", "GNOME-Flashback"].contains(name));
    if names.contains(&"GNOME") && !has_light_panel { Palette::ON_DARK } else { Palette::ON_ANY }
}

pub(crate) fn clock(unix: u64) -> String {
    thread_local! {
        /// The last minute that was formatted. Formatting reads the time zone's file, and a countdown asks every second.
        static LAST: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    }
    LAST.with_borrow_mut(|(minute, said)| {
        if *minute != unix / 60 {
            let time = i64::try_from(unix).ok().and_then(|unix| glib::DateTime::from_unix_local(unix).ok());
            *said = time.and_then(|time| time.format("%H:%M").ok()).map_or_else(String::new, Into::into);
            *minute = unix / 60;
        }
        said.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_the_panel_is_known_to_be_dark_it_is_drawn_for() {
        assert_eq!(palette_for("ubuntu:GNOME"), Palette::ON_DARK);
        for unknown in ["", "XFCE", "KDE", "GNOME-Classic:GNOME", "sway"] {
            assert_eq!(palette_for(unknown), Palette::ON_ANY, "{unknown}");
        }
    }
}
