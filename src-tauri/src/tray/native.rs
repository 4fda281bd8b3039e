//! The tray on Windows and macOS, through Tauri.
//!
//! Everything runs on the main thread. The menu is built once for a set of accounts. After that only texts change, and one
//! line is added or removed when a tab is closed or opened.

use std::sync::{Mutex, PoisonError};

use tauri::image::Image;
use tauri::menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager as _, Wry};

use super::view::{AccountView, ItemView, item};
use super::{Handlers, View};
use crate::{face, platform, window};

/// The tray.
pub(crate) struct Tray {
    app: AppHandle,
    parts: Mutex<Parts>,
}

#[derive(Default)]
struct Parts {
    /// The icon and its menu.
    placed: Option<Placed>,
    /// Whether creating the icon has been tried.
    tried: bool,
}

struct Placed {
    icon: TrayIcon,
    accounts: Vec<AccountItems>,
    /// What the icon and the items show now.
    shown: View,
}

/// The items of an account that change.
struct AccountItems {
    status: Line,
    sign_in: MenuItem<Wry>,
    keep: MenuItem<Wry>,
    /// In the menu only while there is a tab to open again.
    watch: MenuItem<Wry>,
    sign_out: MenuItem<Wry>,
}

/// The place of an account's state: a line of the menu, or with several accounts the title of its submenu.
enum Line {
    Item(MenuItem<Wry>, Menu<Wry>),
    Title(Submenu<Wry>),
}

/// A click on the icon itself opens the window.
pub(crate) fn touched(app: &AppHandle, event: &TrayIconEvent) {
    if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event
        && app.try_state::<Tray>().is_some()
    {
        window::open(app);
    }
}

impl Tray {
    /// A tray that shows nothing yet.
    pub(crate) fn new(app: &AppHandle, _: Handlers) -> Self {
        Self { app: app.clone(), parts: Mutex::default() }
    }

    /// Shows the view.
    pub(crate) fn show(&self, view: View) {
        let app = self.app.clone();
        let queued = self.app.run_on_main_thread(move || {
            if let Some(tray) = app.try_state::<Self>() {
                tray.show_now(view);
            }
        });
        if let Err(error) = queued {
            tracing::warn!(%error, "the tray cannot be drawn");
        }
    }

    fn show_now(&self, view: View) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(placed) = &mut parts.placed {
            if let Err(error) = placed.follow(&self.app, &view) {
                tracing::warn!(%error, "the tray cannot be changed");
            }
        } else if !std::mem::replace(&mut parts.tried, true) {
            match Placed::new(&self.app, view) {
                Ok(placed) => parts.placed = Some(placed),
                Err(error) => {
                    tracing::error!(%error, "there is no place for the tray icon");
                    window::open(&self.app);
                }
            }
        }
    }
}

impl Placed {
    fn new(app: &AppHandle, view: View) -> tauri::Result<Self> {
        let (menu, accounts) = build_menu(app, &view)?;
        let builder = TrayIconBuilder::with_id("abide")
            .icon(picture(&view))
            .icon_as_template(cfg!(target_os = "macos"))
            .tooltip(tooltip(&view))
            .menu(&menu)
            .show_menu_on_left_click(false);
        Ok(Self { icon: builder.build(app)?, accounts, shown: view })
    }

    fn follow(&mut self, app: &AppHandle, view: &View) -> tauri::Result<()> {
        if view.face != self.shown.face {
            self.icon.set_icon_with_as_template(Some(picture(view)), cfg!(target_os = "macos"))?;
        }
        if view.tooltip != self.shown.tooltip {
            self.icon.set_tooltip(Some(tooltip(view)))?;
        }
        if view.has_other_items_than(&self.shown) {
            let (menu, accounts) = build_menu(app, view)?;
            self.icon.set_menu(Some(menu))?;
            self.accounts = accounts;
        } else {
            let changed = view.accounts.iter().zip(&self.shown.accounts).zip(&self.accounts);
            for ((new, old), items) in changed {
                items.follow(new, old)?;
            }
        }
        self.shown = view.clone();
        Ok(())
    }
}

impl AccountItems {
    fn follow(&self, new: &AccountView, old: &AccountView) -> tauri::Result<()> {
        if new.status != old.status {
            match &self.status {
                Line::Item(line, _) => line.set_text(literal(&new.status))?,
                Line::Title(title) => title.set_text(literal(&new.status))?,
            }
        }
        let items = [
            (&self.sign_in, &new.sign_in, &old.sign_in),
            (&self.keep, &new.keep, &old.keep),
            (&self.sign_out, &new.sign_out, &old.sign_out),
        ];
        for (item, new, old) in items {
            if new.label != old.label {
                item.set_text(literal(&new.label))?;
            }
            if new.enabled != old.enabled {
                item.set_enabled(new.enabled)?;
            }
        }
        if new.watch_again != old.watch_again {
            self.status.show_watch(&self.watch, new.watch_again)?;
        }
        Ok(())
    }
}

impl Line {
    /// Adds the line for a closed tab after "Keep session", or removes it.
    fn show_watch(&self, watch: &MenuItem<Wry>, wanted: bool) -> tauri::Result<()> {
        match (self, wanted) {
            // The account's state and a separator come first.
            (Self::Item(_, menu), true) => menu.insert(watch, 4),
            (Self::Item(_, menu), false) => menu.remove(watch),
            (Self::Title(submenu), true) => submenu.insert(watch, 2),
            (Self::Title(submenu), false) => submenu.remove(watch),
        }
    }
}

fn build_menu(app: &AppHandle, view: &View) -> tauri::Result<(Menu<Wry>, Vec<AccountItems>)> {
    let menu = Menu::new(app)?;
    let accounts = &view.accounts;
    let mut items = Vec::with_capacity(accounts.len());
    let plain = |id: &str, text: &str| MenuItem::with_id(app, id, text, true, None::<&str>);
    for account in accounts {
        let built = |what: &str, view: &ItemView| {
            let id = format!("{what}:{}", account.name);
            MenuItem::with_id(app, id, literal(&view.label), view.enabled, None::<&str>)
        };
        let sign_in = built(item::SIGN_IN, &account.sign_in)?;
        let keep = built(item::KEEP, &account.keep)?;
        let sign_out = built(item::SIGN_OUT, &account.sign_out)?;
        let watch = built(item::WATCH, &ItemView { label: view.watch_again(), enabled: true })?;
        let choices: [&dyn IsMenuItem<Wry>; 3] = [&sign_in, &keep, &sign_out];
        let id = format!("{}:{}", item::STATUS, account.name);
        let status = if accounts.len() == 1 {
            let line = MenuItem::with_id(app, id, literal(&account.status), false, None::<&str>)?;
            menu.append(&line)?;
            menu.append(&PredefinedMenuItem::separator(app)?)?;
            menu.append_items(&choices)?;
            Line::Item(line, menu.clone())
        } else {
            let title = Submenu::with_id_and_items(app, id, literal(&account.status), true, &choices)?;
            menu.append(&title)?;
            Line::Title(title)
        };
        if account.watch_again {
            status.show_watch(&watch, true)?;
        }
        items.push(AccountItems { status, sign_in, keep, watch, sign_out });
    }
    if !view.stops.is_empty() {
        menu.append(&PredefinedMenuItem::separator(app)?)?;
    }
    for stop in &view.stops {
        menu.append(&plain(&format!("{}:{}", item::STOP, stop.grant), &literal(&stop.label))?)?;
    }
    menu.append(&PredefinedMenuItem::separator(app)?)?;
    for (id, text) in view.common_items() {
        menu.append(&plain(id, &text)?)?;
    }
    menu.append_items(&[&PredefinedMenuItem::separator(app)?, &plain(item::QUIT, &view.quit())?])?;
    Ok((menu, items))
}

/// In a menu's text an ampersand marks a key. In names of users and accounts it has to be shown.
fn literal(text: &str) -> String {
    text.replace('&', "&&")
}

fn picture(view: &View) -> Image<'static> {
    let (palette, size) = platform::panel();
    Image::new_owned(face::draw(&view.face, size, &palette), size, size)
}

/// Windows accepts at most 127 UTF-16 units.
fn tooltip(view: &View) -> String {
    let mut room = 127;
    format!("Abide \u{b7} {}", view.tooltip.join("\n"))
        .chars()
        .take_while(|letter| {
            room -= i32::try_from(letter.len_utf16()).unwrap_or(2);
            room >= 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_an_ampersand_are_shown_as_they_are() {
        assert_eq!(literal("R&D"), "R&&D");
    }
}
