//! `./x dist`: installers for this system, with both programs inside, and a look at what came out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::{Log, Steps};
use crate::{Result, cargo, ui};

/// What `./x dist` was asked for.
struct Wanted {
    /// `release`; `debug` packs the programs of the dev profile, to try the packaging itself.
    profile: &'static str,
    bundles: String,
    /// Also install the `.deb` here, look, and remove it again.
    install: bool,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self> {
        let bundles = if cfg!(windows) {
            "msi"
        } else if cfg!(target_os = "macos") {
            "dmg"
        } else {
            "deb,rpm"
        };
        let mut wanted = Self { profile: "release", bundles: bundles.to_owned(), install: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--debug" => wanted.profile = "debug",
                "--install" => wanted.install = true,
                "--bundles" => {
                    wanted.bundles =
                        arguments.next().ok_or("--bundles needs a list, such as deb,rpm")?.clone();
                }
                other => {
                    return Err(format!(
                        "./x dist knows --debug, --bundles LIST and --install, but not {other}"
                    )
                    .into());
                }
            }
        }
        Ok(wanted)
    }
}

pub(crate) fn dist(arguments: &[String]) -> Result<ExitCode> {
    let wanted = Wanted::parse(arguments)?;
    let mut steps = Steps::new()?;
    let ready = ui::prepare(&mut steps)
        && steps.step("bundler", |log| ui::npm_install("packaging", log))
        && steps.step(&format!("programs ({})", wanted.profile), |log| programs(&wanted, log))
        && steps.step("programs: no places for tests in them", |log| no_fail_points(&wanted, log))
        && steps.step("installers", |log| bundle(&wanted, log));
    if !ready {
        return Ok(steps.close());
    }
    let bundles = cargo::target().join(wanted.profile).join("bundle");
    if wanted.bundles.split(',').any(|bundle| bundle == "deb") {
        let deb = newest(&bundles.join("deb"), "deb")?;
        let tree = cargo::root().join("target/bundle/deb");
        steps.step("deb: what is inside", |log| {
            unpack(&deb, &tree, log)?;
            pack(&tree, &deb, log)
        });
        steps.step("deb: what it depends on", |log| depends(&deb, log));
        steps.step("deb: abide links no desktop library", |log| {
            BESIDE.iter().try_for_each(|name| links(&tree.join("usr/bin").join(name), log))
        });
        steps.step("deb: desktop entry", |log| desktop_entry(&tree, log));
        if wanted.install {
            steps.step("deb: installs, runs, goes", |log| install(&deb, log));
        }
    }
    println!();
    for folder in wanted.bundles.split(',') {
        for file in files(&bundles.join(folder))? {
            let size = std::fs::metadata(&file)?.len();
            if size > 0 && file.is_file() {
                println!("{:>6.1} MB  {}", size as f64 / 1e6, file.display());
            }
        }
    }
    Ok(steps.close())
}

fn programs(wanted: &Wanted, log: &mut Log) -> Result {
    cargo::programs(wanted.profile, &[], log)
}

/// A program that is handed out cannot be told by a variable where to end.
fn no_fail_points(wanted: &Wanted, log: &mut Log) -> Result {
    for name in ["abide-desktop", "abide", "abide-agent"] {
        let program = std::fs::read(cargo::program(wanted.profile, name))?;
        let there = |word: &[u8]| program.windows(word.len()).any(|window| window == word);
        // What surely is in each of them can be found in this way.
        if !there(b"XDG_RUNTIME_DIR") && cfg!(target_os = "linux") {
            return Err(format!("what {name} holds cannot be read").into());
        }
        if there(b"ABIDE_FAILPOINTS") {
            return Err(format!("{name} was built with the feature `failpoints`").into());
        }
        log.line(&format!("{name}: none"))?;
    }
    Ok(())
}

/// What the bundler puts beside the tray application: the command, and the agent that it becomes.
const BESIDE: [&str; 2] = ["abide", "abide-agent"];

/// The bundler takes the tray application from the root package; the others come beside it as external programs, which
/// it wants to find under names that end with the target.
fn bundle(wanted: &Wanted, log: &mut Log) -> Result {
    let version = Command::new("rustc").arg("-vV").output()?.stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let target = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let folder = cargo::root().join("target/bundle");
    std::fs::create_dir_all(&folder)?;
    for name in BESIDE {
        let beside = folder.join(format!("{name}-{target}{}", std::env::consts::EXE_SUFFIX));
        std::fs::copy(cargo::program(wanted.profile, name), beside)?;
    }
    // Only here, not in tauri.conf.json: there, every ordinary build would ask for the file too.
    log.command(manual())?;
    let overlay = serde_json::json!({ "bundle": {
        "externalBin": BESIDE.map(|name| format!("target/bundle/{name}")),
        "linux": {
            "deb": { "files": manual_files("/usr/share/zsh/vendor-completions")? },
            "rpm": { "files": manual_files("/usr/share/zsh/site-functions")? },
        },
    } });
    let overlay_file = folder.join("tauri.json");
    std::fs::write(&overlay_file, overlay.to_string())?;

    let cli = cargo::root().join("packaging/node_modules/@tauri-apps/cli/tauri.js");
    let mut command = Command::new("node");
    command.arg(cli).args(["bundle", "--ci", "--bundles", &wanted.bundles, "--config"]).arg(overlay_file);
    if wanted.profile == "debug" {
        command.arg("--debug");
    }
    command.current_dir(cargo::root()).env("NO_COLOR", "1");
    log.command(command)
}

/// Where the manual pages and the completions are made.
const MANUAL: &str = "target/manual";

/// Makes the manual pages and the completions of the command, and looks whether each option is in them.
pub(crate) fn manual() -> Command {
    let mut command =
        cargo::cargo(["run", "-q", "-p", "xtask", "--features", "manual", "--bin", "manual", "--"]);
    command.arg(MANUAL);
    command
}

/// Where each of these files goes in a package.
fn manual_files(zsh: &str) -> Result<serde_json::Map<String, serde_json::Value>> {
    let mut files = serde_json::Map::new();
    for path in self::files(&cargo::root().join(MANUAL))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let place = match name.as_str() {
            "abide.bash" => "/usr/share/bash-completion/completions/abide".to_owned(),
            "_abide" => format!("{zsh}/_abide"),
            "abide.fish" => "/usr/share/fish/vendor_completions.d/abide.fish".to_owned(),
            page if page.ends_with(".1") => format!("/usr/share/man/man1/{page}"),
            // Those who use another shell take the file into its configuration.
            other => format!("/usr/share/abide/completions/{other}"),
        };
        files.insert(place, format!("{MANUAL}/{name}").into());
    }
    Ok(files)
}

fn unpack(deb: &Path, tree: &Path, log: &mut Log) -> Result {
    if tree.exists() {
        std::fs::remove_dir_all(tree)?;
    }
    let mut command = Command::new("dpkg-deb");
    command.arg("-R").args([deb, tree]);
    log.command(command)?;
    for file in [
        "usr/bin/abide",
        "usr/bin/abide-agent",
        "usr/bin/abide-desktop",
        "usr/share/applications/Abide.desktop",
        "usr/share/man/man1/abide.1",
        "usr/share/man/man1/abide-accounts-add.1",
        "usr/share/bash-completion/completions/abide",
        "usr/share/zsh/vendor-completions/_abide",
        "usr/share/fish/vendor_completions.d/abide.fish",
        "usr/share/icons/hicolor/128x128/apps/abide-desktop.png",
        "usr/share/metainfo/io.github.abide_session.abide.metainfo.xml",
        "usr/lib/systemd/user/abide-agent.service",
    ] {
        if !tree.join(file).is_file() {
            return Err(format!("{} does not hold /{file}", deb.display()).into());
        }
    }
    Ok(())
}

/// The bundler writes down the tray library that Tauri uses by itself. With the tray of our `Cargo.toml` nothing loads
/// it, so the package is packed again without that line.
fn pack(tree: &Path, deb: &Path, log: &mut Log) -> Result {
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

fn depends(deb: &Path, log: &mut Log) -> Result {
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

/// A tool that starts in a millisecond, on a server as well, pulls in no desktop.
fn links(program: &Path, log: &mut Log) -> Result {
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

fn desktop_entry(tree: &Path, log: &mut Log) -> Result {
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

/// Installs the package on this machine (so it needs root or sudo), starts the command, and removes it.
fn install(deb: &Path, log: &mut Log) -> Result {
    log.command(dpkg(["-i".as_ref(), deb.as_os_str()]))?;
    let mut command = Command::new("/usr/bin/abide");
    command.arg("--version");
    let runs = log.command(command);
    log.command(dpkg(["-r".as_ref(), "abide".as_ref()]))?;
    runs?;
    if Path::new("/usr/bin/abide").exists() || Path::new("/usr/share/applications/Abide.desktop").exists() {
        return Err("something stayed behind when the package was removed".into());
    }
    Ok(())
}

/// `dpkg`, which only root may have installed anything.
fn dpkg(arguments: [&OsStr; 2]) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if root { "dpkg" } else { "sudo" });
    command.args((!root).then_some("dpkg")).args(arguments);
    command
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder)? {
            found.push(entry?.path());
        }
    }
    found.sort();
    Ok(found)
}

fn newest(folder: &Path, ending: &str) -> Result<PathBuf> {
    files(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .max_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok())
        .ok_or_else(|| format!("there is no .{ending} in {}", folder.display()).into())
}
