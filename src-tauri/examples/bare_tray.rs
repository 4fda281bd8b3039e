//! A tray that does nothing else: an icon, and a menu with one item. What Tauri itself costs, for `./x bench` to set
//! Abide beside.

use tauri::RunEvent;
use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;

fn main() -> tauri::Result<()> {
    let app = tauri::Builder::default()
        .on_menu_event(|app, _| app.exit(0))
        .setup(|app| {
            let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
            let menu = Menu::with_items(app, &[&quit])?;
            let icon = app.default_window_icon().ok_or("the program has no icon")?.clone();
            TrayIconBuilder::with_id("bare").icon(icon).title("Bare").menu(&menu).build(app)?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|_, event| {
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}
