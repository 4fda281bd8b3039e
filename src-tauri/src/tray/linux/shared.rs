//! The state that the objects on the bus show.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::menu::{Menu, News};
use crate::face::{self, Face, Palette};
use crate::tray::View;

/// The colours that are visible on the panel, and the picture's side in pixels.
pub(super) type Panel = (Palette, u32);

/// The state that the objects on the bus show.
pub(super) struct Shared(Mutex<Shown>);

struct Shown {
    panel: Panel,
    view: View,
    menu: Menu,
    /// The picture of a face, drawn only once.
    picture: Option<(Face, Vec<u8>)>,
}

/// The visible changes.
pub(super) struct Changes {
    pub(super) icon: bool,
    pub(super) tooltip: bool,
    pub(super) menu: News,
}

impl Shared {
    pub(super) fn new(panel: Panel, view: View, menu: Menu) -> Self {
        Self(Mutex::new(Shown { panel, view, menu, picture: None }))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shown) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn menu<T>(&self, work: impl FnOnce(&mut Menu) -> T) -> T {
        self.with(|shown| work(&mut shown.menu))
    }

    pub(super) fn tooltip(&self) -> String {
        // Some panels read the text as markup. Text of a provider must stay text.
        self.with(|shown| shown.view.tooltip.join("\n").replace('<', "\u{2039}").replace('>', "\u{203a}"))
    }

    /// The picture's side, and its rows of ARGB.
    pub(super) fn picture(&self) -> (i32, Vec<u8>) {
        self.with(|shown| {
            let (face, (palette, side)) = (shown.view.face, shown.panel);
            if shown.picture.as_ref().is_none_or(|(drawn, _)| *drawn != face) {
                let mut pixels = face::draw(&face, side, &palette);
                for pixel in pixels.chunks_exact_mut(4) {
                    pixel.rotate_right(1);
                }
                shown.picture = Some((face, pixels));
            }
            let pixels = shown.picture.as_ref().map(|(_, pixels)| pixels.clone()).unwrap_or_default();
            (i32::try_from(side).unwrap_or(0), pixels)
        })
    }

    /// Draws for the current screens: a new one may have a higher resolution.
    pub(super) fn draw_for(&self, panel: Panel) {
        self.with(|shown| (shown.panel, shown.picture) = (panel, None));
    }

    pub(super) fn follow(&self, view: View) -> Changes {
        self.with(|shown| {
            let menu = shown.menu.follow(&view, Instant::now());
            let icon = shown.view.face != view.face;
            let tooltip = shown.view.tooltip != view.tooltip;
            shown.view = view;
            Changes { icon, tooltip, menu }
        })
    }
}
