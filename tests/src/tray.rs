//! The tray icon as the panel sees it: `org.kde.StatusNotifierItem` and its menu, `com.canonical.dbusmenu`.

use std::collections::HashMap;

use zbus::fdo::DBusProxy;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use crate::{eventually, s};

/// The StatusNotifierItem of one process.
pub struct Tray {
    bus: zbus::Connection,
    service: String,
    path: String,
}

/// An entry of the tray's menu.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number in the menu.
    pub id: i32,
    /// Its text, without the marks for keyboard shortcuts.
    pub label: String,
    /// Whether it can be chosen.
    pub enabled: bool,
    /// Its depth: 0 in the menu itself.
    pub depth: usize,
}

/// An icon: width, height, ARGB bytes.
pub type Pixmap = (i32, i32, Vec<u8>);

impl Tray {
    /// Waits for the tray icon of this process.
    pub async fn of(process: u32, bus: &zbus::Connection) -> Self {
        eventually("the application's tray icon", s(30), || Self::find(process, bus)).await
    }

    /// The tray icon of this process, if it has one now.
    pub async fn find(process: u32, bus: &zbus::Connection) -> Option<Self> {
        let watcher = zbus::Proxy::new(
            bus,
            "org.kde.StatusNotifierWatcher",
            "/StatusNotifierWatcher",
            "org.freedesktop.DBus.Properties",
        )
        .await
        .ok()?;
        let items: OwnedValue = watcher
            .call("Get", &("org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems"))
            .await
            .ok()?;
        let items: Vec<String> = items.try_into().ok()?;
        let names = DBusProxy::new(bus).await.ok()?;
        for item in items {
            let (service, path) = match item.split_once('/') {
                Some((service, path)) => (service.to_owned(), format!("/{path}")),
                None => (item.clone(), "/StatusNotifierItem".to_owned()),
            };
            let Ok(name) = service.as_str().try_into() else { continue };
            if names.get_connection_unix_process_id(name).await.ok() == Some(process) {
                return Some(Self { bus: bus.clone(), service, path });
            }
        }
        None
    }

    /// A property, read again.
    async fn property<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T> {
        let properties = zbus::Proxy::new(
            &self.bus,
            self.service.as_str(),
            self.path.as_str(),
            "org.freedesktop.DBus.Properties",
        )
        .await
        .ok()?;
        let value: OwnedValue = properties.call("Get", &("org.kde.StatusNotifierItem", name)).await.ok()?;
        value.try_into().ok()
    }

    /// The title.
    pub async fn title(&self) -> String {
        self.property("Title").await.unwrap_or_default()
    }

    /// `Passive`, `Active` or `NeedsAttention`.
    pub async fn status(&self) -> String {
        self.property("Status").await.unwrap_or_default()
    }

    /// The tooltip: title and text, in lines.
    pub async fn tooltip(&self) -> String {
        let parts: Option<(String, Vec<Pixmap>, String, String)> = self.property("ToolTip").await;
        let (_, _, title, text) = parts.unwrap_or_default();
        format!("{title}\n{text}").trim().to_owned()
    }

    /// The icon, in every size that it is offered in.
    pub async fn icon(&self) -> Vec<Pixmap> {
        self.property("IconPixmap").await.unwrap_or_default()
    }

    /// Activates the icon, as a left click does.
    ///
    /// # Panics
    ///
    /// When the application does not take it.
    pub async fn activate(&self) {
        let item = zbus::Proxy::new(
            &self.bus,
            self.service.as_str(),
            self.path.as_str(),
            "org.kde.StatusNotifierItem",
        )
        .await
        .expect("the tray icon");
        item.call_method("Activate", &(0_i32, 0_i32)).await.expect("activate the tray icon");
    }

    async fn menu_proxy(&self) -> Option<zbus::Proxy<'static>> {
        let path: OwnedObjectPath = self.property("Menu").await?;
        zbus::Proxy::new(&self.bus, self.service.clone(), path, "com.canonical.dbusmenu").await.ok()
    }

    /// The present menu, with submenus, without separators.
    pub async fn menu(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let Some(menu) = self.menu_proxy().await else { return entries };
        let _ = menu.call_method("AboutToShow", &(0_i32,)).await;
        type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));
        let wanted: Vec<&str> = Vec::new();
        let Ok((_, (_, _, children))) =
            menu.call::<_, _, Layout>("GetLayout", &(0_i32, -1_i32, wanted)).await
        else {
            return entries;
        };
        for child in &children {
            collect(child, 0, &mut entries);
        }
        entries
    }

    /// The words of the menu, one entry a line.
    pub async fn menu_text(&self) -> String {
        self.menu().await.into_iter().map(|entry| entry.label).collect::<Vec<_>>().join("\n")
    }

    /// Waits until the menu offers an entry that begins with `label`, and chooses it.
    pub async fn choose(&self, label: &str) {
        let entry = eventually(&format!("“{label}” in the tray menu"), s(15), || async {
            self.menu().await.into_iter().find(|entry| entry.enabled && entry.label.starts_with(label))
        })
        .await;
        let menu = self.menu_proxy().await.expect("the tray menu");
        let now = 0_u32;
        menu.call_method("Event", &(entry.id, "clicked", Value::from(0_i32), now))
            .await
            .expect("choose an entry of the tray menu");
    }
}

/// Adds an entry and its submenu: `(ia{sv}av)`.
fn collect(node: &Value<'_>, depth: usize, into: &mut Vec<Entry>) {
    let node = match node {
        Value::Value(inner) => inner.as_ref(),
        other => other,
    };
    let Value::Structure(node) = node else { return };
    let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = node.fields() else { return };
    let text = |name: &str| properties.get::<_, String>(&name).ok().flatten();
    let flag = |name: &str| properties.get::<_, bool>(&name).ok().flatten().unwrap_or(true);
    if text("type").as_deref() != Some("separator") && flag("visible") {
        let label =
            text("label").unwrap_or_default().replace("__", "\u{0}").replace('_', "").replace('\u{0}', "_");
        into.push(Entry { id: *id, label, enabled: flag("enabled"), depth });
    }
    for child in children.inner() {
        collect(child, depth + 1, into);
    }
}

/// The first duration in a text, in seconds (`1 min 58 s`, `58 s`, `12 min`, `3 h 5 min`).
#[must_use]
pub fn seconds_in(text: &str) -> Option<u64> {
    let mut total = None;
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Ok(number) = word.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u64>() else {
            if total.is_some() {
                break;
            }
            continue;
        };
        let unit = words.peek().map(|unit| unit.trim_end_matches(|c: char| !c.is_ascii_alphabetic()));
        let seconds = match unit {
            Some("s" | "second" | "seconds") => number,
            Some("min" | "minute" | "minutes") => number * 60,
            Some("h" | "hour" | "hours") => number * 3600,
            _ if total.is_some() => break,
            _ => continue,
        };
        total = Some(total.unwrap_or(0) + seconds);
        words.next();
    }
    total
}
