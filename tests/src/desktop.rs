//! A usual desktop: display, window manager, a panel that hosts StatusNotifierItems, notifications.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::room::Room;
use crate::{eventually, s};

/// Light or dark, for the panel and for every program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// A window on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its X identifier, in decimal.
    pub id: String,
    /// Its title.
    pub title: String,
}

/// The place of something on the screen, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

/// Display, openbox, xfce4-panel and xfce4-notifyd in a [`Room`] with a keyring.
pub struct Desktop {
    room: Room,
    /// Light or dark.
    pub look: Look,
}

impl Desktop {
    /// Starts everything and waits until it is ready: the keyring, the host of tray icons and the notification server own
    /// their names on the bus, and the window manager runs.
    pub async fn start(name: &str, look: Look) -> Self {
        let mut desktop = Self::without_panel(name, look).await;
        let panel = desktop.room.start("xfce4-panel", &["--disable-wm-check"]);
        desktop.room.keep(panel);
        desktop.room.bus_name("org.kde.StatusNotifierWatcher").await;
        desktop.host_of_tray_icons().await;
        desktop
    }

    /// The same without a panel, so that there is no place for a tray icon.
    pub async fn without_panel(name: &str, look: Look) -> Self {
        let mut room = Room::with_keyring(name).await;
        write_settings(&room, look);
        let display = room.start(
            "Xvfb",
            &["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        );
        let number = eventually("a display", s(15), || async {
            display.output().lines().find_map(|line| line.trim().parse::<u16>().ok())
        })
        .await;
        room.keep(display);
        room.set("DISPLAY", &format!(":{number}"));
        room.set("XDG_CURRENT_DESKTOP", "XFCE");
        room.set("XDG_SESSION_TYPE", "x11");
        room.set("GDK_BACKEND", "x11");
        // There is no graphics card here: looking for one costs seconds and warnings.
        room.set("LIBGL_ALWAYS_SOFTWARE", "1");

        let manager = room.start("openbox", &["--sm-disable"]);
        room.keep(manager);
        let mut desktop = Self { room, look };
        eventually("the window manager", s(15), || async {
            let seen = desktop.tool("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]).await?;
            seen.contains("window id").then_some(())
        })
        .await;
        let ground = if look == Look::Dark { "#22343a" } else { "#5f8288" };
        let _ = desktop.tool("xsetroot", &["-solid", ground]).await;
        let notifications = desktop.room.start::<&str>(notification_server(), &[]);
        desktop.room.keep(notifications);
        desktop.room.bus_name("org.freedesktop.Notifications").await;
        desktop
    }

    /// A watcher alone shows nothing: waits until a host has registered with it.
    async fn host_of_tray_icons(&self) {
        let watcher = zbus::Proxy::new(
            self.room.bus(),
            "org.kde.StatusNotifierWatcher",
            "/StatusNotifierWatcher",
            "org.kde.StatusNotifierWatcher",
        )
        .await
        .expect("the watcher of tray icons");
        eventually("a host of tray icons", s(15), || async {
            let hosted: bool = watcher.get_property("IsStatusNotifierHostRegistered").await.ok()?;
            hosted.then_some(())
        })
        .await;
    }

    /// The room that the desktop is in.
    #[must_use]
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The same, to change.
    #[must_use]
    pub fn room_mut(&mut self) -> &mut Room {
        &mut self.room
    }

    /// Runs a small program of the desktop and returns its output; `None` if it failed.
    pub async fn tool(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let output = tokio::process::Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(self.room.environment().iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(s(20), output).await.ok()?.ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The managed windows whose title contains `part`.
    pub async fn windows(&self, part: &str) -> Vec<Window> {
        let list = self.tool("wmctrl", &["-l"]).await.unwrap_or_default();
        list.lines()
            .filter_map(|line| {
                // id, desktop number, host, title
                let (id, rest) = line.split_once(char::is_whitespace)?;
                let (_number, rest) = rest.trim_start().split_once(char::is_whitespace)?;
                let (_host, title) = rest.trim_start().split_once(' ')?;
                let id = u64::from_str_radix(id.trim_start_matches("0x"), 16).ok()?;
                Some(Window { id: id.to_string(), title: title.to_owned() })
            })
            .filter(|window| window.title.contains(part))
            .collect()
    }

    /// Waits for a window whose title contains `part`.
    pub async fn window(&self, part: &str, within: std::time::Duration) -> Window {
        eventually(&format!("a window “{part}”"), within, || async {
            self.windows(part).await.into_iter().next()
        })
        .await
    }

    /// Waits until no window has `part` in its title.
    pub async fn no_window(&self, part: &str, within: std::time::Duration) {
        eventually(&format!("the window “{part}” to be gone"), within, || async {
            self.windows(part).await.is_empty().then_some(())
        })
        .await;
    }

    /// Brings a window to the front and gives it the keyboard.
    pub async fn activate(&self, window: &Window) {
        let _ = self.tool("wmctrl", &["-i", "-a", &window.id]).await;
        eventually(&format!("“{}” to have the keyboard", window.title), s(5), || async {
            let active = self.tool("xdotool", &["getactivewindow"]).await?;
            (active.trim() == window.id).then_some(())
        })
        .await;
    }

    /// Presses and releases a key, named as `xdotool` names it: `Return`, `Tab`, `space`, `alt+y`.
    pub async fn key(&self, name: &str) {
        self.tool("xdotool", &["key", "--clearmodifiers", name]).await.expect("press a key");
    }

    /// Presses and releases a mouse button (1 left, 3 right) in the middle of an area.
    pub async fn click(&self, area: Area, button: u8) {
        let (x, y) = (area.x + area.width / 2, area.y + area.height / 2);
        let (x, y, button) = (x.to_string(), y.to_string(), button.to_string());
        self.tool("xdotool", &["mousemove", &x, &y, "click", &button]).await.expect("click");
    }

    /// Moves the pointer away, so that no tooltip is in the picture.
    pub async fn pointer_away(&self) {
        let _ = self.tool("xdotool", &["mousemove", "640", "790"]).await;
    }

    /// The area of a window without its frame.
    pub async fn area(&self, window_id: &str) -> Option<Area> {
        let text = self.tool("xdotool", &["getwindowgeometry", "--shell", window_id]).await?;
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')?.parse::<i32>().ok())
        };
        Some(Area { x: value("X")?, y: value("Y")?, width: value("WIDTH")?, height: value("HEIGHT")? })
    }

    /// The area of the panel for tray icons.
    pub async fn tray_area(&self) -> Area {
        eventually("the panel's place for tray icons", s(10), || async {
            let found = self.tool("xdotool", &["search", "--onlyvisible", "--class", "Wrapper-2.0"]).await?;
            let area = self.area(found.lines().next()?).await?;
            (area.width > 4).then_some(area)
        })
        .await
    }

    /// Keeps a picture of the whole screen; returns where.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        self.picture(name, &[]).await
    }

    /// Keeps a picture of a part of the screen, enlarged so many times.
    pub async fn closeup(&self, name: &str, area: Area, times: u32) -> PathBuf {
        let Area { x, y, width, height } = area;
        let part = format!("{width}x{height}+{x}+{y}");
        let scale = format!("{}%", times * 100);
        self.picture(name, &["-crop", &part, "+repage", "-filter", "point", "-resize", &scale]).await
    }

    /// Keeps a picture of one window with its frame, and a little of what is around it.
    pub async fn closeup_of(&self, window: &Window, name: &str) -> PathBuf {
        let area = self.area(&window.id).await.expect("where the window is");
        // Some window managers report the place of a framed window too low by its frame.
        let (x, y) = ((area.x - 16).max(0), (area.y - 60).max(0));
        let part = Area { x, y, width: area.width + 32, height: area.height + 76 };
        self.closeup(name, part, 1).await
    }

    /// The number of colours in a window: one that has drawn nothing has very few.
    pub async fn colours(&self, window: &Window) -> Option<u32> {
        let arguments = ["-silent", "-window", &window.id, "-format", "%k", "info:-"];
        self.tool("import", &arguments).await?.trim().parse().ok()
    }

    async fn picture(&self, name: &str, options: &[&str]) -> PathBuf {
        let path = self.room.evidence().join(format!("{name}.png"));
        let path_text = path.to_string_lossy().into_owned();
        let arguments: Vec<&str> = ["-silent", "-window", "root"]
            .iter()
            .chain(options)
            .copied()
            .chain([path_text.as_str()])
            .collect();
        self.tool("import", &arguments).await.expect("take a picture of the screen");
        path
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        picture_of_failure(&self.room);
    }
}

/// If the test has failed: keeps a picture of the screen. Everything on the screen calls this before it ends; the first
/// picture counts.
pub(crate) fn picture_of_failure(room: &Room) {
    if !std::thread::panicking() || room.variable("DISPLAY").is_none() {
        return;
    }
    let path = room.evidence().join("failed.png");
    let fresh = path.metadata().and_then(|file| file.modified()).is_ok_and(|at| at >= room.since());
    if !fresh {
        let _ = std::process::Command::new("import")
            .args(["-silent", "-window", "root"])
            .arg(path)
            .env_clear()
            .envs(room.environment().iter().map(|(key, value)| (key, value)))
            .status();
    }
}

/// Distributions put the notification server into a folder that only D-Bus knows.
fn notification_server() -> String {
    let service = "/usr/share/dbus-1/services/org.xfce.xfce4-notifyd.Notifications.service";
    std::fs::read_to_string(service)
        .unwrap_or_default()
        .lines()
        .find_map(|line| line.strip_prefix("Exec="))
        .map_or_else(|| "xfce4-notifyd".to_owned(), |path| path.trim().to_owned())
}

fn write_settings(room: &Room, look: Look) {
    let write = |path: &str, text: String| {
        let path = room.path(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).expect("a folder for settings");
        std::fs::write(path, text).expect("write settings");
    };
    let dark = look == Look::Dark;
    write(
        "config/gtk-3.0/settings.ini",
        format!(
            "[Settings]\ngtk-theme-name=Adwaita\ngtk-application-prefer-dark-theme={}\n\
             gtk-icon-theme-name=Adwaita\ngtk-font-name=DejaVu Sans 10\ngtk-enable-animations=0\n",
            i32::from(dark)
        ),
    );
    let channels = "config/xfce4/xfconf/xfce-perchannel-xml";
    write(&format!("{channels}/xfce4-panel.xml"), panel(dark));
    write(
        &format!("{channels}/xfce4-notifyd.xml"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<channel name=\"xfce4-notifyd\" version=\"1.0\">\n \
         <property name=\"notify-location\" type=\"uint\" value=\"2\"/>\n \
         <property name=\"initial-opacity\" type=\"double\" value=\"1\"/>\n \
         <property name=\"do-fadeout\" type=\"bool\" value=\"false\"/>\n</channel>\n"
            .into(),
    );
}

/// One panel at the top: open windows on the left, tray icons and a clock on the right.
fn panel(dark: bool) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="{dark}"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="16"/>
      <property name="size" type="uint" value="28"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/><value type="int" value="2"/><value type="int" value="3"/>
        <value type="int" value="4"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist">
      <property name="show-handle" type="bool" value="false"/>
    </property>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
      <property name="icon-size" type="int" value="16"/>
    </property>
    <property name="plugin-4" type="string" value="clock">
      <property name="digital-layout" type="uint" value="3"/>
    </property>
  </property>
</channel>
"#
    )
}
