//! The windows of a program as a screen reader sees them (AT-SPI).

use zbus::fdo::DBusProxy;
use zbus::zvariant::OwnedObjectPath;

use crate::room::Room;
use crate::{eventually, s};

/// The states that are needed here, by their number in AT-SPI.
const FOCUSED: u32 = 12;
const SENSITIVE: u32 = 24;
const SHOWING: u32 = 25;

/// An element of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its role: `label`, `push button`, `dialog`, …
    pub role: String,
    /// Its text.
    pub name: String,
    /// Whether the keyboard acts on it.
    pub focused: bool,
    /// Whether it takes input.
    pub sensitive: bool,
    /// Whether it is shown.
    pub showing: bool,
}

/// The accessibility bus of a room.
pub struct Accessible {
    bus: zbus::Connection,
    process: u32,
}

impl Accessible {
    /// The windows of this process.
    pub async fn of(process: u32, room: &Room) -> Self {
        let bus = eventually("the accessibility bus", s(15), || async {
            let launcher =
                zbus::Proxy::new(room.bus(), "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus").await.ok()?;
            let address: String = launcher.call("GetAddress", &()).await.ok()?;
            zbus::connection::Builder::address(address.as_str()).ok()?.method_timeout(s(5)).build().await.ok()
        })
        .await;
        Self { bus, process }
    }

    async fn proxy(&self, name: &str, path: &str) -> Option<zbus::Proxy<'static>> {
        let (name, path) = (name.to_owned(), path.to_owned());
        zbus::Proxy::new(&self.bus, name, path, "org.a11y.atspi.Accessible").await.ok()
    }

    async fn children(&self, name: &str, path: &str) -> Option<Vec<(String, OwnedObjectPath)>> {
        self.proxy(name, path).await?.call("GetChildren", &()).await.ok()
    }

    /// The process's address on the accessibility bus.
    async fn application(&self) -> Option<(String, OwnedObjectPath)> {
        let names = DBusProxy::new(&self.bus).await.ok()?;
        let all = self.children("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root").await?;
        for (name, path) in all {
            let Ok(unique) = name.as_str().try_into() else { continue };
            if names.get_connection_unix_process_id(unique).await.ok() == Some(self.process) {
                return Some((name, path));
            }
        }
        None
    }

    /// Everything in the windows whose title contains `title`; empty without such a window.
    pub async fn items(&self, title: &str) -> Vec<Item> {
        let mut found = Vec::new();
        let Some((name, path)) = self.application().await else { return found };
        for (name, path) in self.children(&name, &path).await.unwrap_or_default() {
            let Some(window) = self.item(&name, &path).await else { continue };
            if !window.name.contains(title) {
                continue;
            }
            let mut open = vec![(name, path)];
            // A dialog is small; a web page in a window is not read completely.
            while let Some((name, path)) = open.pop().filter(|_| found.len() < 200) {
                if let Some(item) = self.item(&name, &path).await {
                    found.push(item);
                }
                open.extend(self.children(&name, &path).await.unwrap_or_default().into_iter().rev());
            }
        }
        found
    }

    async fn item(&self, name: &str, path: &str) -> Option<Item> {
        let accessible = self.proxy(name, path).await?;
        let role: String = accessible.call("GetRoleName", &()).await.ok()?;
        let states: Vec<u32> = accessible.call("GetState", &()).await.ok()?;
        let has =
            |state: u32| states.get(state as usize / 32).is_some_and(|bits| bits >> (state % 32) & 1 == 1);
        let label: String = accessible.get_property("Name").await.unwrap_or_default();
        Some(Item {
            role,
            name: label,
            focused: has(FOCUSED),
            sensitive: has(SENSITIVE),
            showing: has(SHOWING),
        })
    }

    /// The spoken description of the window whose title contains `title`.
    pub async fn description(&self, title: &str) -> Option<String> {
        let (name, path) = self.application().await?;
        for (name, path) in self.children(&name, &path).await? {
            let window = self.proxy(&name, path.as_str()).await?;
            let called: String = window.get_property("Name").await.unwrap_or_default();
            if called.contains(title) {
                return window.get_property("Description").await.ok();
            }
        }
        None
    }

    /// Presses the button of this name, as a screen reader does. Returns whether it exists.
    pub async fn press(&self, title: &str, button: &str) -> bool {
        let Some((name, path)) = self.application().await else { return false };
        let mut open = self.children(&name, &path).await.unwrap_or_default();
        while let Some((name, path)) = open.pop() {
            let Some(item) = self.item(&name, &path).await else { continue };
            if item.name == button && ["push button", "check box"].contains(&item.role.as_str()) {
                let action = zbus::Proxy::new(&self.bus, name, path, "org.a11y.atspi.Action").await;
                let pressed = action.expect("a button").call::<_, _, bool>("DoAction", &0_i32).await;
                return pressed.unwrap_or(false);
            }
            if item.role != "frame" && item.role != "window" || item.name.contains(title) {
                open.extend(self.children(&name, &path).await.unwrap_or_default());
            }
        }
        false
    }

    /// All text in the windows whose title contains `title`, one element per line.
    pub async fn text(&self, title: &str) -> String {
        let items = self.items(title).await;
        items.into_iter().filter(|item| item.showing).map(|item| item.name + "\n").collect()
    }
}
