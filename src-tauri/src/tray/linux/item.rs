//! The icon as panels read it: `org.kde.StatusNotifierItem`.

use std::sync::Arc;

use tauri::AppHandle;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::ObjectPath;

use super::menu_object::MENU_PATH;
use super::shared::Shared;
use crate::window;

pub(super) const ITEM_PATH: &str = "/StatusNotifierItem";

/// A picture as panels expect it: width, height, rows of ARGB in network byte order.
type Pixmap = (i32, i32, Vec<u8>);

pub(super) struct Item {
    pub(super) app: AppHandle,
    pub(super) shared: Arc<Shared>,
}

/// Every property has its own change signal, so `PropertiesChanged` is not needed.
#[zbus::interface(name = "org.kde.StatusNotifierItem")]
impl Item {
    /// A left click.
    fn activate(&self, _x: i32, _y: i32) {
        window::open(&self.app);
    }

    /// A middle click. It does nothing, and neither does the wheel; the panel draws the menu.
    fn secondary_activate(&self, _x: i32, _y: i32) {}

    fn context_menu(&self, _x: i32, _y: i32) -> zbus::fdo::Result<()> {
        Err(zbus::fdo::Error::NotSupported("the panel draws the menu".to_owned()))
    }

    fn scroll(&self, _delta: i32, _orientation: &str) {}

    #[zbus(property(emits_changed_signal = "const"))]
    fn category(&self) -> &str {
        "ApplicationStatus"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> &str {
        "abide"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn title(&self) -> &str {
        "Abide"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn status(&self) -> &str {
        "Active"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn window_id(&self) -> i32 {
        0
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn item_is_menu(&self) -> bool {
        false
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn menu(&self) -> ObjectPath<'_> {
        ObjectPath::from_static_str_unchecked(MENU_PATH)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> &str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_name(&self) -> &str {
        ""
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_pixmap(&self) -> Vec<Pixmap> {
        let (side, pixels) = self.shared.picture();
        vec![(side, side, pixels)]
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_name(&self) -> &str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_pixmap(&self) -> Vec<Pixmap> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_name(&self) -> &str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_pixmap(&self) -> Vec<Pixmap> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_movie_name(&self) -> &str {
        ""
    }

    /// Icon name, pictures, title, text. The panel has the icon already.
    #[zbus(property(emits_changed_signal = "false"))]
    fn tool_tip(&self) -> (String, Vec<Pixmap>, String, String) {
        (String::new(), Vec::new(), "Abide".to_owned(), self.shared.tooltip())
    }

    #[zbus(signal)]
    pub(super) async fn new_icon(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(super) async fn new_tool_tip(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(super) async fn new_title(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(super) async fn new_status(emitter: &SignalEmitter<'_>, status: &str) -> zbus::Result<()>;
}
