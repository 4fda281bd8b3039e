//! The freedesktop notification service.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use gtk::glib;
use gtk::prelude::*;
use tauri::AppHandle;
use tokio::sync::mpsc;
use zbus::zvariant::Value;

use super::{Card, Choice, Deed, Place, Shows};
use crate::platform::bus;

const SERVER: &str = "org.freedesktop.Notifications";
/// The action that servers report for a click on the notification itself.
const DEFAULT: &str = "default";
/// The name of the icon and of the desktop entry of an installed Abide.
const INSTALLED: &str = "abide-desktop";

enum Order {
    Show(Place, Card),
    Clear(Place),
}

/// Notifications through the session bus. A separate task sends them, so that a slow server delays nothing else.
pub(crate) struct Board(mpsc::UnboundedSender<Order>);

impl Board {
    /// A new board. `runtime` is a folder for files that exist only while the program runs; `done` receives what the user
    /// does.
    pub(crate) fn new(app: &AppHandle, runtime: &Path, done: impl Fn(Deed) + Send + 'static) -> Self {
        let (orders, waiting) = mpsc::unbounded_channel();
        tauri::async_runtime::spawn(work(app.clone(), runtime.to_owned(), waiting, done));
        Self(orders)
    }
}

impl Shows for Board {
    fn show(&self, place: Place, card: Card) {
        let _ = self.0.send(Order::Show(place, card));
    }

    fn clear(&self, place: Place) {
        let _ = self.0.send(Order::Clear(place));
    }
}

/// Carries out orders, one after the other, until the program ends.
async fn work(
    app: AppHandle,
    runtime: PathBuf,
    mut orders: mpsc::UnboundedReceiver<Order>,
    done: impl Fn(Deed) + Send + 'static,
) {
    // The bus is not used before the first notification.
    let Some(first) = orders.recv().await else { return };
    let served = async {
        let bus =
            bus::session().await.ok_or_else(|| zbus::Error::Failure("there is no session bus".to_owned()))?;
        Server::new(&bus, icon(&app, &runtime).await).await
    };
    let mut server = match served.await {
        Ok(server) => server,
        Err(error) => {
            tracing::warn!(%error, "notifications cannot be shown");
            return;
        }
    };
    let mut signals = match server.proxy.receive_all_signals().await {
        Ok(signals) => signals,
        Err(error) => {
            tracing::warn!(%error, "notifications cannot be heard");
            return;
        }
    };
    server.carry_out(first).await;
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(order) => server.carry_out(order).await,
                None => return,
            },
            Some(signal) = signals.next() => {
                if let Some(deed) = server.heard(&signal) {
                    done(deed);
                }
            }
        }
    }
}

struct Server {
    proxy: zbus::Proxy<'static>,
    icon: Icon,
    /// The shown notifications, by place: the server's number, and the questions that a choice answers.
    shown: HashMap<Place, (u32, Vec<u64>)>,
}

impl Server {
    async fn new(bus: &zbus::Connection, icon: Icon) -> zbus::Result<Self> {
        let proxy = zbus::proxy::Builder::new(bus)
            .destination(SERVER)?
            .path("/org/freedesktop/Notifications")?
            .interface(SERVER)?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        Ok(Self { proxy, icon, shown: HashMap::new() })
    }

    async fn carry_out(&mut self, order: Order) {
        let done = match order {
            Order::Show(place, card) => self.show(place, card).await,
            Order::Clear(place) => match self.shown.remove(&place) {
                Some((id, _)) => self.proxy.call_method("CloseNotification", &(id,)).await.map(drop),
                None => Ok(()),
            },
        };
        if let Err(error) = done {
            // The server is missing, or did not answer in time.
            tracing::warn!(%error, "the notification server did not do it");
        }
    }

    async fn show(&mut self, place: Place, card: Card) -> zbus::Result<()> {
        // Asked each time, because another server may have taken over.
        let able: Vec<String> = self.proxy.call("GetCapabilities", &()).await?;
        let able = |what: &str| able.iter().any(|name| name == what);
        let body = if able("body-markup") { glib::markup_escape_text(&card.body).into() } else { card.body };
        let mut actions = Vec::new();
        if able("actions") {
            // An empty text: this action is not a button, but a click on the notification.
            actions.extend([DEFAULT.to_owned(), String::new()]);
            for (choice, words) in &card.choices {
                actions.extend([choice.name(), words.clone()]);
            }
        }
        let mut hints: HashMap<&str, Value<'_>> = HashMap::new();
        if self.icon.installed {
            hints.insert("desktop-entry", INSTALLED.into());
        }
        let instead = self.shown.get(&place).map_or(0, |(id, _)| *id);
        let timeout = -1_i32;
        let id: u32 = self
            .proxy
            .call("Notify", &("Abide", instead, &self.icon.name, &card.title, body, actions, hints, timeout))
            .await?;
        self.shown.insert(place, (id, card.questions));
        Ok(())
    }

    /// The meaning of a signal from the server.
    fn heard(&mut self, signal: &zbus::Message) -> Option<Deed> {
        let header = signal.header();
        let body = signal.body();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (id, action): (u32, String) = body.deserialize().ok()?;
                let (_, questions) = self.shown.values().find(|(shown, _)| *shown == id)?;
                match action.as_str() {
                    DEFAULT => Some(Deed::Open),
                    name => Choice::named(name).map(|choice| Deed::Chosen(choice, questions.clone())),
                }
            }
            "NotificationClosed" => {
                let (id, _why): (u32, u32) = body.deserialize().ok()?;
                self.shown.retain(|_, (shown, _)| *shown != id);
                None
            }
            _ => None,
        }
    }
}

/// The icon that notifications show.
struct Icon {
    /// A name in the icon theme, or the path of a file; empty when there is no icon.
    name: String,
    /// Whether Abide is installed, so that the desktop knows it.
    installed: bool,
}

/// Notification servers find the icons of installed programs by name. If Abide is not installed, a file is used.
async fn icon(app: &AppHandle, runtime: &Path) -> Icon {
    let (tell, told) = tokio::sync::oneshot::channel();
    let asked = app.run_on_main_thread(move || {
        let themed = gtk::IconTheme::default().is_some_and(|theme| theme.has_icon(INSTALLED));
        let _ = tell.send(themed);
    });
    if asked.is_ok() && told.await.unwrap_or(false) {
        return Icon { name: INSTALLED.to_owned(), installed: true };
    }
    let path = runtime.join("abide.png");
    let name = match tokio::fs::write(&path, include_bytes!("../../../icons/128x128.png")).await {
        Ok(()) => path.to_string_lossy().into_owned(),
        Err(error) => {
            tracing::debug!(%error, "the icon for notifications cannot be written");
            String::new()
        }
    };
    Icon { name, installed: false }
}
