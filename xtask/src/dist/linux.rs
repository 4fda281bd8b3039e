//! What a package for Linux holds beside the programs, and a look at the `.deb` that came out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{MANUAL, files_in};
use crate::steps::Log;
use crate::{Result, cargo};

/// The sizes of the icon, each in a folder of its own. The bundler adds 32 and 128 itself.
const ICONS: [(&str, &str); 9] = [
    ("16x16", "icons/hicolor/16.png"),
    ("22x22", "icons/hicolor/22.png"),
    ("24x24", "icons/hicolor/24.png"),
    ("48x48", "icons/hicolor/48.png"),
    ("64x64", "icons/64x64.png"),
    ("256x256", "icons/128x128@2x.png"),
    ("512x512", "icons/icon.png"),
    ("scalable", "icons/abide.svg"),
    ("symbolic", "icons/symbolic.svg"),
];

/// Each file's place in a package (without the first `/`), and where it comes from in the workspace. `zsh` is where this
/// distribution has completions of packages.
pub(crate) fn files(zsh: &str) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for path in files_in(&cargo::root().join(MANUAL))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = match name.as_str() {
            "abide.bash" => "usr/share/bash-completion/completions/abide".to_owned(),
            "_abide" => format!("{zsh}/_abide"),
            "abide.fish" => "usr/share/fish/vendor_completions.d/abide.fish".to_owned(),
            page if page.ends_with(".1") => format!("usr/share/man/man1/{page}"),
            // Users of another shell add the file to its configuration.
            other => format!("usr/share/abide/completions/{other}"),
        };
        files.insert(place, Path::new(MANUAL).join(name));
    }
    let mut add = |place: String, source: &str| files.insert(place, source.into());
    for (folder, source) in ICONS {
        let file = match folder {
            "scalable" => "abide-desktop.svg",
            "symbolic" => "abide-desktop-symbolic.svg",
            _ => "abide-desktop.png",
        };
        add(format!("usr/share/icons/hicolor/{folder}/apps/{file}"), source);
    }
    let metadata = "io.github.abide_session.abide.metainfo.xml";
    add(format!("usr/share/metainfo/{metadata}"), &format!("packaging/{metadata}"));
    add("usr/lib/systemd/user/abide-agent.service".to_owned(), "packaging/systemd/abide-agent.service");
    Ok(files)
}

/// The same as the bundler wants it.
pub(crate) fn bundler_files(zsh: &str) -> Result<serde_json::Value> {
    let files = files(zsh)?;
    let entries = files.into_iter().map(|(place, source)| {
        (format!("/{place}"), serde_json::Value::from(source.to_string_lossy().into_owned()))
    });
    Ok(entries.collect::<serde_json::Map<_, _>>().into())
}

/// What each package has, wherever completions for zsh are.
pub(crate) const EVERYWHERE: [&str; 13] = [
    "usr/bin/abide",
    "usr/bin/abide-agent",
    "usr/bin/abide-desktop",
    "usr/share/applications/Abide.desktop",
    "usr/share/man/man1/abide.1",
    "usr/share/man/man1/abide-accounts-add.1",
    "usr/share/bash-completion/completions/abide",
    "usr/share/fish/vendor_completions.d/abide.fish",
    "usr/share/icons/hicolor/128x128/apps/abide-desktop.png",
    "usr/share/icons/hicolor/scalable/apps/abide-desktop.svg",
    "usr/share/icons/hicolor/symbolic/apps/abide-desktop-symbolic.svg",
    "usr/share/metainfo/io.github.abide_session.abide.metainfo.xml",
    "usr/lib/systemd/user/abide-agent.service",
];

/// Whether a package's files, unpacked here, are all there.
pub(crate) fn complete(tree: &Path) -> Result {
    match EVERYWHERE.iter().find(|file| !tree.join(file).is_file()) {
        Some(file) => Err(format!("/{file} is missing in {}", tree.display()).into()),
        None => Ok(()),
    }
}

pub(crate) fn unpack_deb(deb: &Path, tree: &Path, log: &mut Log) -> Result {
    if tree.exists() {
        std::fs::remove_dir_all(tree)?;
    }
    let mut command = Command::new("dpkg-deb");
    command.arg("-R").args([deb, tree]);
    log.command(command)?;
    complete(tree)
}

/// The bundler adds the tray library that Tauri uses by default. With the tray in our `Cargo.toml` nothing loads it, so the
/// package is packed again without that line.
pub(crate) fn pack_deb(tree: &Path, deb: &Path, log: &mut Log) -> Result {
    let control = tree.join("DEBIAN/control");
    let text = std::fs::read_to_string(&control)?;
    let unused = ["libayatana-appindicator3-1", "libappindicator3-1"];
    let lines = text.lines().map(|line| match line.strip_prefix("Depends: ") {
        Some(names) => {
            let kept: Vec<&str> = names.split(", ").filter(|name| !unused.contains(name)).collect();
            format!("Depends: {}\n", kept.join(", "))
        }
        None => format!("{line}\n"),
    });
    std::fs::write(&control, lines.collect::<String>())?;
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "-b"]).args([tree, deb]);
    log.command(command)
}

pub(crate) fn depends(deb: &Path, log: &mut Log) -> Result {
    let output = Command::new("dpkg-deb").arg("-f").arg(deb).output()?;
    let fields = String::from_utf8_lossy(&output.stdout).into_owned();
    log.line(&fields)?;
    let depends = fields.lines().find_map(|line| line.trim().strip_prefix("Depends: ")).unwrap_or_default();
    for library in ["libwebkit2gtk-4.1-0", "libgtk-3-0", "libdbus-1-3"] {
        if !depends.split(", ").any(|name| name == library) {
            return Err(format!("the package does not depend on {library}: {depends}").into());
        }
    }
    Ok(())
}

/// A tool that starts in a millisecond and runs on servers must not link a desktop library.
pub(crate) fn links(program: &Path, log: &mut Log) -> Result {
    let output = Command::new("ldd").arg(program).output()?;
    let listed =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    log.line(&listed)?;
    let links_nothing = listed.contains("statically linked") || listed.contains("not a dynamic executable");
    if !links_nothing && !listed.contains("libc.so") {
        return Err(format!("ldd cannot tell what {} links", program.display()).into());
    }
    let desktop = ["gtk", "gdk", "webkit", "libX", "libxcb", "wayland", "soup", "cairo", "glib", "dbus"];
    match listed.lines().find(|line| desktop.iter().any(|name| line.contains(name))) {
        Some(line) => Err(format!("{} links a desktop library: {}", program.display(), line.trim()).into()),
        None => Ok(()),
    }
}

pub(crate) fn desktop_entry(tree: &Path, log: &mut Log) -> Result {
    let entry = tree.join("usr/share/applications/Abide.desktop");
    log.line(&std::fs::read_to_string(&entry)?)?;
    let mut validate = Command::new("desktop-file-validate");
    validate.arg(entry);
    log.command(validate)?;
    let mut validate = Command::new("appstreamcli");
    validate.args(["validate", "--no-net"]);
    validate.arg(tree.join("usr/share/metainfo/io.github.abide_session.abide.metainfo.xml"));
    log.command(validate)
}
