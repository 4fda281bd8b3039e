//! Light or dark, as the desktop prefers. GTK 3 does not follow the preference by itself if only the desktop portal reports
//! it, as in GNOME.

use std::cell::OnceCell;

use futures_util::StreamExt as _;
use gtk::prelude::*;
use tauri::AppHandle;
use zbus::zvariant::OwnedValue;

use super::bus;

const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";

/// Follows the portal's preference until the program ends. Without a portal, GTK's own setting stays.
pub(crate) async fn follow(app: AppHandle) {
    if let Err(error) = listen(&app).await {
        tracing::debug!(%error, "the desktop does not tell whether it is light or dark");
    }
}

async fn listen(app: &AppHandle) -> zbus::Result<()> {
    let Some(bus) = bus::session().await else { return Ok(()) };
    let settings = zbus::proxy::Builder::<'_, zbus::Proxy<'_>>::new(&bus)
        .destination("org.freedesktop.portal.Desktop")?
        .path("/org/freedesktop/portal/desktop")?
        .interface(SETTINGS)?
        .cache_properties(zbus::proxy::CacheProperties::No)
        .build()
        .await?;
    let mut changes =
        settings.receive_signal_with_args("SettingChanged", &[(0, NAMESPACE), (1, KEY)]).await?;
    let present: OwnedValue = settings.call("Read", &(NAMESPACE, KEY)).await?;
    apply(app, &present);
    while let Some(change) = changes.next().await {
        if let Ok((_, _, value)) = change.body().deserialize::<(String, String, OwnedValue)>() {
            apply(app, &value);
        }
    }
    Ok(())
}

fn apply(app: &AppHandle, value: &OwnedValue) {
    let wish = wish(value);
    let applied = app.run_on_main_thread(move || {
        thread_local! {
            /// GTK's setting before the first preference.
            static OWN: OnceCell<bool> = const { OnceCell::new() };
        }
        let Some(settings) = gtk::Settings::default() else { return };
        let own = OWN.with(|own| *own.get_or_init(|| settings.is_gtk_application_prefer_dark_theme()));
        settings.set_gtk_application_prefer_dark_theme(wish.unwrap_or(own));
    });
    if let Err(error) = applied {
        tracing::debug!(%error, "light and dark are not followed");
    }
}

/// The preference: dark (1) or light (2), if there is one. The older of the portal's two calls wraps the value once more.
fn wish(value: &zbus::zvariant::Value<'_>) -> Option<bool> {
    match value {
        zbus::zvariant::Value::Value(inner) => wish(inner),
        zbus::zvariant::Value::U32(1) => Some(true),
        zbus::zvariant::Value::U32(2) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::zvariant::Value;

    #[test]
    fn only_a_clear_wish_is_followed() {
        let wrapped = |number: u32| Value::Value(Box::new(Value::Value(Box::new(Value::U32(number)))));
        assert_eq!(
            [0, 1, 2, 7].map(|number| wish(&Value::U32(number))),
            [None, Some(true), Some(false), None]
        );
        assert_eq!(wish(&wrapped(1)), Some(true));
        assert_eq!(wish(&Value::from("dark")), None);
    }
}
