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
/// What servers call a click on the notification itself.
const DEFAULT: &str = "default";
const KEEP: &str = "keep";
const SIGN_OUT: &str = "sign-out";
/// The name of the program's icon and of its desktop entry, where it is installed.
const INSTALLED: &str = "abide-desktop";

enum Order {
    Show(Place, Card),
    Clear(Place),
}

/// Notifications through the session bus. What a server does with them, or does not, holds nothing up: a task of its own
/// speaks to it.
pub(crate) struct Board(mpsc::UnboundedSender<Order>);

impl Board {
    /// A board; `runtime` is a folder for what is there only while the program runs, and `done` hears what the user does.
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

/// Carries orders out, one after the other, until the program ends.
async fn work(
    app: AppHandle,
    runtime: PathBuf,
    mut orders: mpsc::UnboundedReceiver<Order>,
    done: impl Fn(Deed) + Send + 'static,
) {
    // Nothing is asked of the bus before there is something to show.
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
    /// What is shown, by place: the server's number for it, and the questions that a choice answers.
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
            // A server that is not there, or hangs until the connection's patience is over.
            tracing::warn!(%error, "the notification server did not do it");
        }
    }

    async fn show(&mut self, place: Place, card: Card) -> zbus::Result<()> {
        // Asked each time: another server may have taken over.
        let able: Vec<String> = self.proxy.call("GetCapabilities", &()).await?;
        let able = |what: &str| able.iter().any(|name| name == what);
        let body = if able("body-markup") { glib::markup_escape_text(&card.body).into() } else { card.body };
        let mut actions = Vec::new();
        if able("actions") {
            // Without words: it is no button, but the notification itself.
            actions.extend([DEFAULT, ""]);
            for (choice, words) in &card.choices {
                actions.extend([name_of(*choice), words]);
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

    /// What a signal of the server means.
    fn heard(&mut self, signal: &zbus::Message) -> Option<Deed> {
        let header = signal.header();
        let body = signal.body();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (id, action): (u32, String) = body.deserialize().ok()?;
                let (_, questions) = self.shown.values().find(|(shown, _)| *shown == id)?;
                let chosen = |choice| Some(Deed::Chosen(choice, questions.clone()));
                match action.as_str() {
                    DEFAULT => Some(Deed::Open),
                    KEEP => chosen(Choice::Keep),
                    SIGN_OUT => chosen(Choice::SignOut),
                    _ => None,
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

fn name_of(choice: Choice) -> &'static str {
    match choice {
        Choice::Keep => KEEP,
        Choice::SignOut => SIGN_OUT,
    }
}

/// The icon that notifications show.
struct Icon {
    /// A name in the icon theme, or the path of a file; empty when there is neither.
    name: String,
    /// Whether the desktop knows the program.
    installed: bool,
}

/// Notification servers know the icons of installed programs by name; a file serves also when Abide is not installed.
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
