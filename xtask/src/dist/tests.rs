//! What the packages say of themselves, and what the AppImage does at its start, with programs of the tests' own inside.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::product::{Product, version};
use super::{appimage, macos, windows};
use crate::cargo;

#[test]
fn one_version_is_in_every_package() {
    let product = Product::read().unwrap();
    assert_eq!(product.version, env!("CARGO_PKG_VERSION"));
    for broken in
        ["", "[workspace.package]\nversion = \"1.2\"\n", "[workspace.package]\nversion = \"1.2.x\"\n"]
    {
        assert!(version(broken).is_err(), "{broken}");
    }
    assert_eq!(version("[workspace.package]\nversion = \"1.2.3\"\n").unwrap(), "1.2.3");
}

#[test]
fn a_place_that_nothing_fills_is_an_error() {
    let product = Product::read().unwrap();
    assert_eq!(product.fill("{{name}} {{more}}", &[("more", "x")]).unwrap(), "Abide x");
    assert!(product.fill("{{name}} {{more}}", &[]).is_err());
}

#[test]
fn the_metadata_of_the_desktop_name_the_same_program() {
    let product = Product::read().unwrap();
    let metadata = cargo::root().join("packaging/io.github.abide_session.abide.metainfo.xml");
    let text = std::fs::read_to_string(metadata).unwrap();
    for part in [
        format!("<id>{}</id>", product.identifier),
        format!("<name>{}</name>", product.name),
        format!("<project_license>{}</project_license>", product.license),
        format!("<url type=\"homepage\">{}</url>", product.homepage),
        format!("<release version=\"{}\"", product.version),
    ] {
        assert!(text.contains(&part), "{part} is not in {text}");
    }
}

#[test]
fn update_information_has_its_place_in_the_runtime() {
    // An ELF file with nothing but the sections "", ".shstrtab" and ".upd_info".
    let names = b"\0.shstrtab\0.upd_info\0";
    let mut file = vec![0_u8; 0x40];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    let names_at = file.len() as u64;
    file.extend(names);
    let place_at = file.len() as u64;
    file.extend([b'?'; 32]);
    let table = file.len() as u64;
    for (name, offset, size) in [(0_u32, 0, 0), (1, names_at, names.len() as u64), (11, place_at, 32)] {
        let mut header = [0_u8; 0x40];
        header[..4].copy_from_slice(&name.to_le_bytes());
        header[0x18..0x20].copy_from_slice(&offset.to_le_bytes());
        header[0x20..0x28].copy_from_slice(&size.to_le_bytes());
        file.extend(header);
    }
    file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
    file[0x3a..0x40].copy_from_slice(&[0x40, 0, 3, 0, 1, 0]);

    appimage::put_update_information(&mut file, "zsync|https://example.com/x").unwrap();
    let place = &file[place_at as usize..][..32];
    assert_eq!(place, b"zsync|https://example.com/x\0\0\0\0\0");
    assert!(appimage::put_update_information(&mut file, &"x".repeat(32)).is_err(), "it does not fit");
    assert!(appimage::put_update_information(&mut b"#!/bin/sh".to_vec(), "x").is_err(), "no program");
    let cut = file.len() - 0x20;
    assert!(appimage::put_update_information(&mut file[..cut], "x").is_err(), "cut off");
}

#[test]
fn every_file_of_the_windows_packages_is_installed_and_removed() {
    let product = Product::read().unwrap();
    let names = ["abide-desktop.exe", "abide.exe", "abide-agent.exe"].map(str::to_owned);
    let source = windows::wix_source(&product, &names).unwrap();
    let folder = PathBuf::from("/folder");
    let script = windows::nsis_script(&product, &folder, &names, &folder.join("out.exe")).unwrap();
    for name in &names {
        assert!(source.contains(&format!(" Name=\"{name}\" Source=\"{name}\"/>")), "{source}");
        assert!(script.contains(&format!("File \"/folder/{name}\"")), "{script}");
        assert!(script.contains(&format!("Delete \"$INSTDIR\\{name}\"")), "{script}");
    }
    let count = |part: &str| source.matches(part).count();
    assert_eq!(count("<Component Id="), count("<ComponentRef Id="), "each is in one feature: {source}");
    assert_eq!(count("<Component Id="), count("KeyPath=\"yes\""), "{source}");
    // Two versions are two products with one upgrade code.
    let line = |source: &str| source.lines().find(|line| line.contains("<Product ")).unwrap().to_owned();
    let mut product = product;
    product.version = "999.0.0".to_owned();
    let newer = windows::wix_source(&product, &names).unwrap();
    let part = |line: &str, name: &str| line.split(&format!("{name}=\"")).nth(1).unwrap()[..36].to_owned();
    let (old, new) = (line(&source), line(&newer));
    assert_ne!(part(&old, " Id"), part(&new, " Id"));
    assert_eq!(part(&old, "UpgradeCode"), part(&new, "UpgradeCode"));
}

#[test]
fn the_package_of_a_whole_computer_registers_the_source_of_the_events() {
    let read = |path: &str| std::fs::read_to_string(cargo::root().join(path)).unwrap();
    let tauri: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    let wix = &tauri["bundle"]["windows"]["wix"];
    let fragment = read(wix["fragmentPaths"][0].as_str().expect("a fragment"));
    let fragment = roxmltree::Document::parse(&fragment).unwrap();
    let components = attributes(&fragment, "Component", "Id");
    assert_eq!(
        wix["componentRefs"],
        serde_json::json!(components),
        "a component that is not named is not installed"
    );
    let key = attributes(&fragment, "RegistryKey", "Key");
    let message_file = attributes(&fragment, "RegistryValue", "Value")[0];
    let page = read("docs/administrators.md");
    for part in [key[0], message_file] {
        assert!(page.contains(part), "docs/administrators.md names {part}");
    }
    let source = key[0].rsplit('\\').next().unwrap();
    let code = read("crates/agent/src/platform/event_log.rs");
    assert!(code.contains(&format!("SOURCE: &str = \"{source}\"")), "the agent writes as {source}");
}

#[test]
fn each_system_hands_links_to_the_application() {
    let read = |path: &str| std::fs::read_to_string(cargo::root().join("packaging").join(path)).unwrap();
    let entry = read("abide.desktop");
    assert!(entry.contains("\nExec={{exec}} %u\n") && entry.contains("\nMimeType=x-scheme-handler/abide;\n"));
    let information = read("macos/Info.plist");
    let schemes =
        information.split_once("<key>CFBundleURLSchemes</key>").unwrap().1.split_once("</array>").unwrap().0;
    assert_eq!(schemes.split_whitespace().collect::<String>(), "<array><string>abide</string>");
    let setup = read("windows/setup.nsi");
    for line in [
        r#"WriteRegStr HKCU "${LINKS}" "URL Protocol" """#,
        r#"WriteRegStr HKCU "${LINKS}\shell\open\command" "" '"$INSTDIR\abide-desktop.exe" "%1"'"#,
        r#"DeleteRegKey HKCU "${LINKS}""#,
    ] {
        assert!(setup.contains(line), "{line}");
    }
    let package = read("windows/abide.wxs");
    assert!(package.contains(r#"Value="&quot;[INSTALLDIR]abide-desktop.exe&quot; &quot;%1&quot;""#));
}

#[test]
fn the_bundle_for_macos_is_whole() {
    let product = Product::read().unwrap();
    let folder = std::env::temp_dir().join(format!("abide-bundle-{}", std::process::id()));
    let app = macos::bundle(&product, None, &folder).unwrap();
    let contents = app.join("Contents");
    let information = std::fs::read_to_string(contents.join("Info.plist")).unwrap();
    let says = |key: &str| {
        let (_, rest) =
            information.split_once(&format!("<key>{key}</key>")).unwrap_or_else(|| panic!("{key}"));
        rest.split_once('>').unwrap().1.split('<').next().unwrap().to_owned()
    };
    assert!(contents.join("MacOS").join(says("CFBundleExecutable")).is_file());
    let icon = std::fs::read(contents.join("Resources").join(says("CFBundleIconFile"))).unwrap();
    macos::whole_icon(&icon).unwrap();
    assert!(macos::whole_icon(&icon[..icon.len() - 1]).is_err(), "cut off");
    assert_eq!(says("CFBundleShortVersionString"), product.version);
    assert_eq!(says("CFBundleIdentifier"), product.identifier);
    let tauri = std::fs::read_to_string(cargo::root().join("tauri.conf.json")).unwrap();
    assert!(tauri.contains(&format!("\"minimumSystemVersion\": \"{}\"", says("LSMinimumSystemVersion"))));
    assert_eq!(information.matches("<key>").count(), information.matches("</key>").count());
    assert!(information.contains("<key>LSUIElement</key>\n\t<true/>"), "no icon in the Dock");
    let agent = product.text("/macos/agent").unwrap();
    let agent_file = contents.join(format!("Resources/{agent}.plist"));
    let list = std::fs::read_to_string(agent_file).unwrap();
    assert!(list.contains(&format!("<string>{agent}</string>")), "launchd wants the label in the name");
    assert!(list.contains(&format!("/Applications/{}.app/Contents/MacOS/abide<", product.name)));
    std::fs::remove_dir_all(folder).unwrap();
}

/// The folder of an AppImage with scripts in place of the programs, and a user's home. Removed when dropped.
struct Image(PathBuf);

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Image {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("abide-image-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let image = Self(folder);
        for folder in ["home", "run", "dir/usr/bin", "dir/usr/lib/abide"] {
            std::fs::create_dir_all(image.0.join(folder)).unwrap();
        }
        let own = cargo::root().join("packaging/appimage");
        std::fs::copy(own.join("AppRun"), image.0.join("dir/AppRun")).unwrap();
        for script in ["running.sh", "command.sh"] {
            std::fs::copy(own.join(script), image.0.join("dir/usr/lib/abide").join(script)).unwrap();
        }
        for (place, text) in [
            ("applications/Abide.desktop", "[Desktop Entry]\nName=Abide\nExec=abide-desktop\n"),
            ("icons/hicolor/16x16/apps/abide-desktop.png", "icon"),
            ("man/man1/abide.1", "manual"),
            ("bash-completion/completions/abide", "bash"),
            ("fish/vendor_completions.d/abide.fish", "fish"),
        ] {
            image.write(&format!("dir/usr/share/{place}"), text);
        }
        image.write("dir/usr/lib/systemd/user/abide-agent.service", "ExecStart=/usr/bin/abide agent\n");
        for program in ["abide", "abide-agent", "abide-desktop"] {
            image.program(&format!("dir/usr/bin/{program}"), &format!("echo {program} \"$@\"; env"));
        }
        image.program("Abide.AppImage", "echo image \"$@\"");
        image
    }

    fn write(&self, place: &str, text: &str) {
        let file = self.0.join(place);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    fn program(&self, place: &str, script: &str) {
        self.write(place, &format!("#!/bin/sh\n{script}\n"));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.0.join(place), mode).unwrap();
    }

    fn read(&self, place: &str) -> String {
        std::fs::read_to_string(self.0.join(place)).unwrap_or_else(|error| panic!("{place}: {error}"))
    }

    /// What the runtime does: starts AppRun under this name, with these arguments.
    fn start_as(&self, name: &str, image: &str, arguments: &[&str], display: bool) -> Said {
        let mut command = Command::new("/bin/sh");
        command.arg(self.0.join("dir/AppRun")).args(arguments).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.0.join("home"));
        command.env("XDG_RUNTIME_DIR", self.0.join("run")).env("TMPDIR", &self.0);
        command.env("APPDIR", self.0.join("dir")).env("APPIMAGE", self.0.join(image)).env("ARGV0", name);
        if display {
            command.env("WAYLAND_DISPLAY", "none-such");
        }
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn start(&self, arguments: &[&str]) -> Said {
        self.start_as("./Abide.AppImage", "Abide.AppImage", arguments, false)
    }

    /// Everything below the home.
    fn home(&self) -> String {
        let output = Command::new("find").arg(self.0.join("home")).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn an_image_is_the_command_by_name_and_by_argument() {
    let image = Image::new("command");
    for (name, arguments, wanted) in [
        ("./Abide.AppImage", vec!["token", "--account", "a b"], "abide token --account a b\n"),
        ("abide", vec!["status"], "abide status\n"),
        ("/home/x/bin/abide", vec![], "abide\n"),
        ("./Abide.AppImage", vec!["agent", "--passphrase-fd", "3"], "abide agent --passphrase-fd 3\n"),
        ("./Abide.AppImage", vec!["--can-take-over", "2"], "abide-agent --can-take-over 2\n"),
    ] {
        let said = image.start_as(name, "Abide.AppImage", &arguments, false);
        assert!(said.out.starts_with(wanted), "{name} {arguments:?}: {}{}", said.out, said.err);
        // Another AppImage that is started by it would take them for its own.
        assert!(!said.out.contains("APPDIR=") && !said.out.contains("ARGV0="), "{}", said.out);
    }
}

#[test]
fn an_image_without_a_display_is_the_agent() {
    let image = Image::new("display");
    let said = image.start(&[]);
    assert!(said.out.starts_with("abide agent\n"), "{}", said.out);
    assert!(said.err.contains("There is no display"), "{}", said.err);
    assert_eq!(said.code, Some(0));
    let said = image.start_as("./Abide.AppImage", "Abide.AppImage", &[], true);
    assert!(said.out.starts_with("abide-desktop\n"), "{}{}", said.out, said.err);
    let link = "abide:add?issuer=https%3A%2F%2Fid.example.com";
    let said = image.start_as("./Abide.AppImage", "Abide.AppImage", &[link], true);
    assert!(said.out.starts_with(&format!("abide-desktop {link}\n")), "{}{}", said.out, said.err);
}

#[test]
fn an_image_names_the_library_that_is_missing_and_runs_the_agent() {
    let image = Image::new("library");
    image.write("gone.c", "int gone(void) { return 0; }\n");
    image.write("main.c", "int gone(void); int main(void) { return gone(); }\n");
    let cc = |arguments: &[&str]| {
        Command::new("cc").args(arguments).current_dir(&image.0).status().is_ok_and(|done| done.success())
    };
    let built = cc(&["-shared", "-fPIC", "-o", "libwebkit-gone.so", "gone.c"])
        && cc(&["-o", "dir/usr/bin/abide-desktop", "main.c", "-L.", "-lwebkit-gone"]);
    assert!(built, "a C compiler");
    let said = image.start_as("./Abide.AppImage", "Abide.AppImage", &[], true);
    assert!(said.err.contains("lacks libwebkit-gone.so."), "{}", said.err);
    assert!(said.err.contains("Install WebKitGTK 4.1"), "{}", said.err);
    assert!(said.out.starts_with("abide agent\n"), "{}", said.out);
}

#[test]
fn what_an_image_adds_it_removes() {
    let image = Image::new("integrate");
    let before = image.home();
    // Once more: what is there is renewed, and nothing is added twice.
    for arguments in [&["--integrate", "--autostart"][..], &["--integrate"]] {
        let said = image.start(arguments);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(!said.err.contains("stays as it is"), "{}", said.err);
    }
    let entry = image.read("home/.local/share/applications/abide-appimage.desktop");
    assert!(
        entry.contains(&format!("Exec=\"{}\" %u\n", image.0.join("Abide.AppImage").display())),
        "{entry}"
    );
    assert_eq!(image.read("home/.config/autostart/abide-appimage.desktop"), entry);
    assert!(
        image.read("home/.local/share/systemd/user/abide-agent.service").contains("Abide.AppImage\" agent")
    );
    image.read("home/.local/share/icons/hicolor/16x16/apps/abide-desktop.png");
    let run = Command::new(image.0.join("home/.local/bin/abide")).arg("status").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "image --command status\n");
    assert_eq!(image.start(&["--unintegrate"]).code, Some(0));
    assert_eq!(image.home(), before);
    assert_eq!(image.start(&["--integrate", "--other"]).code, Some(2));
}

#[test]
fn an_image_leaves_a_command_of_that_name_alone() {
    let image = Image::new("foreign");
    image.program("home/.local/bin/abide", "echo another");
    let said = image.start(&["--integrate"]);
    assert!(said.err.contains(".local/bin/abide exists and stays as it is"), "{}", said.err);
    image.start(&["--unintegrate"]);
    assert!(image.read("home/.local/bin/abide").contains("another"));
}

#[test]
fn a_path_with_signs_is_written_as_each_file_wants_it() {
    let image = Image::new("signs");
    let name = "A'b \"50%\" $x\\|&`.AppImage";
    image.program(name, "echo image \"$@\"");
    let said = image.start_as("x", name, &["--integrate"], false);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let folder = image.0.display().to_string();
    let entry = image.read("home/.local/share/applications/abide-appimage.desktop");
    // In quotes, and then as every string of a desktop entry once more.
    let wanted = format!(r#"Exec="{folder}/A'b \\"50%%\\" \\$x\\\\|&\\`.AppImage" %u"#);
    assert!(entry.contains(&wanted), "{entry}\n{wanted}");
    let unit = image.read("home/.local/share/systemd/user/abide-agent.service");
    let wanted = format!(r#"ExecStart="{folder}/A'b \"50%%\" $$x\\|&`.AppImage" agent"#);
    assert!(unit.contains(&wanted), "{unit}\n{wanted}");
    let run = Command::new(image.0.join("home/.local/bin/abide")).arg("status").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stdout), "image --command status\n");
}

#[test]
fn the_command_is_that_of_the_running_agent_and_of_no_other() {
    let image = Image::new("running");
    image.start(&["--integrate"]);
    image.program("mounted/usr/bin/abide", "echo mounted \"$@\"");
    let me = Command::new("id").arg("-u").output().unwrap();
    let me = String::from_utf8_lossy(&me.stdout).trim().to_owned();
    let command = || {
        let mut command = Command::new(image.0.join("home/.local/bin/abide"));
        command.arg("status").env("XDG_RUNTIME_DIR", image.0.join("run"));
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    };
    let folder = image.0.join("mounted");
    // Its name begins like that of the agent, as the kernel tells it.
    image.program("abide-agent", "read line");
    let mut agent =
        Command::new(image.0.join("abide-agent")).stdin(std::process::Stdio::piped()).spawn().unwrap();
    let note = |process: u32, user: &str, folder: &str| {
        image.write("run/abide-appimage", &format!("{process} {user} {folder}\n"));
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    note(agent.id(), &me, &folder.display().to_string());
    while command() != "mounted status\n" {
        assert!(std::time::Instant::now() < deadline, "{}", command());
    }
    // A folder of another user that is not mounted.
    note(agent.id(), &me, "/");
    assert_eq!(command(), "image --command status\n");
    // Another program has the number by now.
    note(std::process::id(), &me, &folder.display().to_string());
    assert_eq!(command(), "image --command status\n");
    note(agent.id(), &me, &folder.display().to_string());
    drop(agent.stdin.take());
    agent.wait().unwrap();
    assert_eq!(command(), "image --command status\n", "the agent has ended");
}

/// The values of an attribute in a document, in the elements of a name.
fn attributes<'a>(document: &'a roxmltree::Document<'_>, element: &str, name: &str) -> Vec<&'a str> {
    let elements = document.descendants().filter(|node| node.tag_name().name() == element);
    elements.filter_map(|node| node.attribute(name)).collect()
}

const POLICIES: &str = "http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions";

#[test]
fn the_templates_for_group_policies_fit_each_other() {
    let read = |file: &str| {
        std::fs::read_to_string(cargo::root().join("packaging/windows/policy").join(file)).unwrap()
    };
    let (template, texts) = (read("Abide.admx"), read("en-US/Abide.adml"));
    let template = roxmltree::Document::parse(&template).unwrap();
    let texts = roxmltree::Document::parse(&texts).unwrap();
    let once = |mut names: Vec<&str>| {
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "each name is there once");
    };
    let (strings, presentations) =
        (attributes(&texts, "string", "id"), attributes(&texts, "presentation", "id"));
    let policies = attributes(&template, "policy", "name");
    assert!(policies.len() > 100, "{}", policies.len());
    for names in [&strings, &presentations, &policies] {
        once(names.clone());
    }
    let mut used = Vec::new();
    for attribute in template.descendants().flat_map(|node| node.attributes()) {
        let Some(reference) = attribute.value().strip_prefix("$(").and_then(|text| text.strip_suffix(')'))
        else {
            continue;
        };
        let (kind, name) = reference.split_once('.').unwrap();
        let known = if kind == "string" { &strings } else { &presentations };
        assert!(known.contains(&name), "{kind} {name}");
        used.push((kind, name));
    }
    assert!(strings.iter().all(|name| used.contains(&("string", name))), "a text that nothing shows");
    assert!(presentations.iter().all(|name| used.contains(&("presentation", name))));
    let categories = attributes(&template, "category", "name");
    assert!(attributes(&template, "parentCategory", "ref").iter().all(|name| categories.contains(name)));
    // A value in two policies would be set by one and removed by the other.
    let values =
        template.descendants().filter(|node| node.has_tag_name((POLICIES, "policy"))).map(|policy| {
            let value = policy
                .descendants()
                .find_map(|node| node.attribute("valueName").or(node.attribute("explicitValue")));
            let key = policy.descendants().filter_map(|node| node.attribute("key")).next_back();
            (key, value)
        });
    let mut values: Vec<_> = values.collect();
    let all = values.len();
    values.sort_unstable();
    values.dedup();
    assert_eq!(values.len(), all);
}
