//! The tray on Linux: a StatusNotifierItem that Abide implements itself. It runs on the agent's threads and wakes other
//! processes only if necessary: it signals a visible change to the panel, which then reads it.

mod item;
mod menu;
mod menu_object;
mod shared;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tauri::AppHandle;
use tokio::sync::watch;
use zbus::fdo::DBusProxy;
use zbus::object_server::SignalEmitter;

use self::item::{ITEM_PATH, Item};
use self::menu::{Menu, News};
use self::menu_object::{MENU_PATH, MenuObject};
use self::shared::{Changes, Panel, Shared};
use super::{Handlers, View};
use crate::platform::{self, bus};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
/// How long to wait for a panel at login, before the window is opened instead.
const PATIENCE: Duration = Duration::from_secs(10);

/// The tray.
pub(crate) struct Tray(watch::Sender<Option<View>>);

impl Tray {
    /// A tray that shows nothing yet.
    pub(crate) fn new(app: &AppHandle, handlers: Handlers) -> Self {
        let (views, newest) = watch::channel(None);
        tauri::async_runtime::spawn(keep(app.clone(), handlers, newest));
        Self(views)
    }

    /// Shows the view as soon as a panel shows the icon.
    pub(crate) fn show(&self, view: View) {
        self.0.send_if_modified(|shown| {
            let changed = shown.as_ref() != Some(&view);
            *shown = Some(view);
            changed
        });
    }
}

/// Waits for the first view, then shows it and all later ones in the panel.
async fn keep(app: AppHandle, handlers: Handlers, mut views: watch::Receiver<Option<View>>) {
    let Ok(Some(view)) = views.wait_for(Option::is_some).await.map(|view| view.clone()) else { return };
    let mut panels = watch_panel(&app);
    let Ok(Some(panel)) = panels.wait_for(Option::is_some).await.map(|panel| *panel) else { return };
    let mut menu = Menu::default();
    menu.follow(&view, Instant::now());
    let shared = Arc::new(Shared::new(panel, view, menu));
    let placed = match bus::session().await {
        Some(bus) => Place::new(&bus, &app, handlers, &shared).await,
        None => Err(zbus::Error::Failure("there is no session bus".to_owned())),
    };
    match placed {
        Ok(place) => place.keep(&app, handlers, &shared, views, panels).await,
        Err(error) => {
            tracing::warn!(%error, "the tray cannot be reached");
            (handlers.unavailable)(&app);
        }
    }
}

/// The properties of the panel, now and whenever the screens change. Only the main thread can read them.
fn watch_panel(app: &AppHandle) -> watch::Receiver<Option<Panel>> {
    let (panels, newest) = watch::channel(None);
    let begun = app.run_on_main_thread(move || {
        panels.send_replace(Some(platform::panel()));
        if let Some(screen) = gtk::gdk::Screen::default() {
            screen.connect_monitors_changed(move |_| {
                panels.send_replace(Some(platform::panel()));
            });
        }
    });
    if let Err(error) = begun {
        tracing::error!(%error, "the tray cannot be drawn");
    }
    newest
}

/// Abide's connection to the bus, and its place in the panel once there is one.
struct Place {
    bus: zbus::Connection,
    watcher: zbus::Proxy<'static>,
    item: SignalEmitter<'static>,
    menu: SignalEmitter<'static>,
    name: String,
}

impl Place {
    async fn new(
        bus: &zbus::Connection,
        app: &AppHandle,
        handlers: Handlers,
        shared: &Arc<Shared>,
    ) -> zbus::Result<Self> {
        let objects = bus.object_server();
        let menu = MenuObject { app: app.clone(), chosen: handlers.chosen, shared: Arc::clone(shared) };
        objects.at(MENU_PATH, menu).await?;
        objects.at(ITEM_PATH, Item { app: app.clone(), shared: Arc::clone(shared) }).await?;
        // The name that the specification asks for.
        let name = format!("org.kde.StatusNotifierItem-{}-1", std::process::id());
        bus.request_name(name.as_str()).await?;
        let watcher = zbus::proxy::Builder::new(bus)
            .destination(WATCHER)?
            .path("/StatusNotifierWatcher")?
            .interface(WATCHER)?
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build()
            .await?;
        let (item, menu) = (SignalEmitter::new(bus, ITEM_PATH)?, SignalEmitter::new(bus, MENU_PATH)?);
        Ok(Self { bus: bus.clone(), watcher, item, menu, name })
    }

    /// Follows the views and the panel, until the program ends.
    async fn keep(
        &self,
        app: &AppHandle,
        handlers: Handlers,
        shared: &Shared,
        mut views: watch::Receiver<Option<View>>,
        mut looks: watch::Receiver<Option<Panel>>,
    ) {
        let (mut panels, mut hosts) = match self.panels().await {
            Ok(streams) => streams,
            Err(error) => {
                tracing::warn!(%error, "panels cannot be watched");
                return (handlers.unavailable)(app);
            }
        };
        let mut has_host = self.register().await;
        let patience = tokio::time::sleep(PATIENCE);
        tokio::pin!(patience);
        let mut patient = true;
        loop {
            tokio::select! {
                changed = views.changed() => {
                    let Some(view) = changed.ok().and_then(|()| views.borrow_and_update().clone()) else { return };
                    self.tell(shared.follow(view)).await;
                }
                // A panel has started, or has come back.
                Some(change) = panels.next() => {
                    let came = change.args().is_ok_and(|change| change.new_owner.is_some());
                    has_host = came && self.register().await;
                }
                Some(_) = hosts.next() => has_host = true,
                Ok(()) = looks.changed() => {
                    if let Some(panel) = *looks.borrow_and_update() {
                        shared.draw_for(panel);
                    }
                    self.tell(Changes { icon: true, tooltip: false, menu: News::None }).await;
                }
                () = &mut patience, if patient => {
                    patient = false;
                    if !has_host {
                        tracing::warn!("this desktop has no place for tray icons");
                        (handlers.unavailable)(app);
                    }
                }
            }
        }
    }

    async fn panels(
        &self,
    ) -> zbus::Result<(zbus::fdo::NameOwnerChangedStream, zbus::proxy::SignalStream<'static>)> {
        let names = DBusProxy::new(&self.bus).await?;
        let panels = names.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
        let hosts = self.watcher.receive_signal("StatusNotifierHostRegistered").await?;
        Ok((panels, hosts))
    }

    /// Registers the icon with the watcher. Returns whether a panel shows it.
    async fn register(&self) -> bool {
        let registered = self.watcher.call_method("RegisterStatusNotifierItem", &(self.name.as_str(),)).await;
        if let Err(error) = registered {
            tracing::debug!(%error, "there is no panel for tray icons");
            return false;
        }
        self.watcher.get_property("IsStatusNotifierHostRegistered").await.unwrap_or(false)
    }

    async fn tell(&self, changes: Changes) {
        let told = async {
            if changes.icon {
                Item::new_icon(&self.item).await?;
            }
            if changes.tooltip {
                Item::new_tool_tip(&self.item).await?;
            }
            zbus::Result::Ok(())
        };
        if let Err(error) = told.await {
            tracing::debug!(%error, "the panel was not told of the icon");
        }
        menu_object::tell(&self.menu, changes.menu).await;
    }
}
