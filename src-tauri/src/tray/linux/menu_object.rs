//! The menu as panels read it: `com.canonical.dbusmenu`.

use std::sync::Arc;
use std::time::Instant;

use tauri::AppHandle;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedValue, Value};

use super::menu::{Menu, News, Properties};
use super::shared::Shared;

pub(super) const MENU_PATH: &str = "/MenuBar";

/// The menu on the bus.
pub(super) struct MenuObject {
    pub(super) app: AppHandle,
    pub(super) chosen: fn(&AppHandle, &str),
    pub(super) shared: Arc<Shared>,
}

impl MenuObject {
    fn happened(&self, id: i32, event: &str) -> News {
        match event {
            "clicked" => {
                let key = self.shared.menu(|menu| menu.key(id).map(str::to_owned));
                if let Some(key) = key {
                    (self.chosen)(&self.app, &key);
                }
                News::None
            }
            "opened" => self.shared.menu(|menu| menu.open(Instant::now())),
            "closed" if id == 0 => {
                self.shared.menu(Menu::close);
                News::None
            }
            _ => News::None,
        }
    }
}

/// Sends changes to the panels. Errors are only logged: there may be no panel, or no bus any more.
pub(super) async fn tell(emitter: &SignalEmitter<'_>, news: News) {
    let told = match news {
        News::None => Ok(()),
        News::Lines(changed) => MenuObject::items_properties_updated(emitter, changed, Vec::new()).await,
        News::Layout(revision) => MenuObject::layout_updated(emitter, revision, 0).await,
    };
    if let Err(error) = told {
        tracing::debug!(%error, "the panel was not told of the menu");
    }
}

type Layout = (i32, Properties, Vec<Value<'static>>);

#[zbus::interface(name = "com.canonical.dbusmenu")]
impl MenuObject {
    fn get_layout(
        &self,
        parent_id: i32,
        recursion_depth: i32,
        _property_names: Vec<String>,
    ) -> zbus::fdo::Result<(u32, Layout)> {
        self.shared.menu(|menu| {
            let layout = menu.layout(parent_id, recursion_depth);
            layout.map(|layout| (menu.revision, layout)).ok_or_else(|| unknown(parent_id))
        })
    }

    fn get_group_properties(&self, ids: Vec<i32>, _property_names: Vec<String>) -> Vec<(i32, Properties)> {
        self.shared.menu(|menu| menu.properties(&ids))
    }

    fn get_property(&self, id: i32, name: &str) -> zbus::fdo::Result<OwnedValue> {
        let value = self.shared.menu(|menu| menu.property(id, name));
        value.and_then(|value| value.try_to_owned().ok()).ok_or_else(|| unknown(id))
    }

    async fn event(
        &self,
        id: i32,
        event_id: &str,
        _data: Value<'_>,
        _timestamp: u32,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) {
        tell(&emitter, self.happened(id, event_id)).await;
    }

    async fn event_group(
        &self,
        events: Vec<(i32, String, OwnedValue, u32)>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> Vec<i32> {
        for (id, event, ..) in events {
            tell(&emitter, self.happened(id, &event)).await;
        }
        Vec::new()
    }

    /// Answers that no new layout is needed: the changes have already been sent.
    async fn about_to_show(&self, id: i32, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) -> bool {
        if id == 0 {
            let news = self.shared.menu(|menu| menu.open(Instant::now()));
            tell(&emitter, news).await;
        }
        false
    }

    async fn about_to_show_group(
        &self,
        ids: Vec<i32>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> (Vec<i32>, Vec<i32>) {
        if ids.contains(&0) {
            let news = self.shared.menu(|menu| menu.open(Instant::now()));
            tell(&emitter, news).await;
        }
        (Vec::new(), Vec::new())
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> u32 {
        3
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn text_direction(&self) -> &str {
        "ltr"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn status(&self) -> &str {
        "normal"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(signal)]
    async fn items_properties_updated(
        emitter: &SignalEmitter<'_>,
        updated: Vec<(i32, Properties)>,
        removed: Vec<(i32, Vec<String>)>,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn layout_updated(emitter: &SignalEmitter<'_>, revision: u32, parent: i32) -> zbus::Result<()>;
}

fn unknown(id: i32) -> zbus::fdo::Error {
    zbus::fdo::Error::InvalidArgs(format!("there is no line {id} in the menu"))
}
