//! `./x dist`: makes installers with both programs inside, and checks them.
//!
//! Tauri's bundler makes the packages of each system, except the AppImage, which is made here. On Linux, packages for other
//! systems can be made too, from programs that were built for them.

#[cfg(target_os = "linux")]
mod appimage;
#[cfg(target_os = "linux")]
mod installed;
mod linux;
#[cfg(unix)]
#[cfg_attr(target_os = "macos", allow(dead_code, reason = "on a Mac, the bundler makes the image"))]
mod macos;
mod product;
mod release;
mod sbom;
#[cfg(all(test, target_os = "linux"))]
mod tests;
#[cfg(target_os = "linux")]
mod windows;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

#[cfg(any(target_os = "linux", target_os = "macos"))]
use self::product::Product;
pub(crate) use self::release::release;
use crate::steps::{Log, Steps};
use crate::{Result, cargo, ui};

/// The arguments of `./x dist`.
struct Wanted {
    /// `release`; `debug` packs the programs of the dev profile, for work on the packaging.
    profile: &'static str,
    bundles: Vec<String>,
    /// Where the programs are, if they are not to be built.
    programs: Option<PathBuf>,
    /// The runtime of the AppImage, if not the one from the registry.
    runtime: Option<PathBuf>,
    /// Also install the `.deb` here, check it, and remove it again.
    install: bool,
}

impl Wanted {
    fn parse(arguments: &[String]) -> Result<Self> {
        let bundles = if cfg!(windows) {
            "msi,nsis"
        } else if cfg!(target_os = "macos") {
            "dmg"
        } else {
            "deb,rpm,appimage"
        };
        let list = |text: &str| text.split(',').map(str::to_owned).collect();
        let mut wanted = Self {
            profile: "release",
            bundles: list(bundles),
            programs: None,
            runtime: None,
            install: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--debug" => wanted.profile = "debug",
                "--install" => wanted.install = true,
                "--bundles" => wanted.bundles = list(value()?),
                "--programs" => wanted.programs = Some(std::path::absolute(value()?)?),
                "--appimage-runtime" => wanted.runtime = Some(std::path::absolute(value()?)?),
                other => {
                    return Err(format!(
                        "./x dist knows --debug, --bundles LIST, --programs FOLDER, --appimage-runtime FILE and --install, \
                         but not {other}"
                    )
                    .into());
                }
            }
        }
        Ok(wanted)
    }

    fn wants(&self, bundle: &str) -> bool {
        self.bundles.iter().any(|wanted| wanted == bundle)
    }

    /// Those that Tauri's bundler makes here.
    fn of_tauri(&self) -> Vec<&str> {
        let here: &[&str] = if cfg!(windows) {
            &["msi", "nsis"]
        } else if cfg!(target_os = "macos") {
            &["app", "dmg"]
        } else {
            &["deb", "rpm"]
        };
        self.bundles.iter().map(String::as_str).filter(|bundle| here.contains(bundle)).collect()
    }

    /// Whether any of these needs programs for this system that are not there yet.
    fn builds(&self) -> bool {
        !self.of_tauri().is_empty() || (self.programs.is_none() && self.wants("appimage"))
    }

    #[cfg(target_os = "linux")]
    fn programs(&self) -> PathBuf {
        self.programs.clone().unwrap_or_else(|| cargo::target().join(self.profile))
    }

    /// Where the files come out.
    fn out(&self, bundle: &str) -> PathBuf {
        cargo::target().join(self.profile).join("bundle").join(bundle)
    }
}

pub(crate) fn dist(arguments: &[String]) -> Result<ExitCode> {
    let wanted = Wanted::parse(arguments)?;
    #[cfg(target_os = "linux")]
    let product = Product::read()?;
    let mut steps = Steps::new()?;
    if wanted.programs.is_some() && !wanted.of_tauri().is_empty() {
        return Err(format!(
            "--programs is not for {}: those take what was built here",
            wanted.of_tauri().join(" and ")
        )
        .into());
    }
    let built = !wanted.builds() || build(&wanted, &mut steps);
    let manual = built && steps.step("manual pages and completions", |log| log.command(manual()));
    if !manual {
        return Ok(steps.close());
    }
    if !wanted.of_tauri().is_empty() {
        let made = steps.step("bundler", |log| ui::npm_install("packaging", log))
            && steps
                .step(&format!("installers ({})", wanted.of_tauri().join(", ")), |log| bundle(&wanted, log));
        if !made {
            return Ok(steps.close());
        }
    }
    if wanted.wants("deb") && cfg!(target_os = "linux") {
        look_at_deb(&wanted, &mut steps)?;
    }
    #[cfg(target_os = "linux")]
    if wanted.wants("appimage") {
        look_at_appimage(&wanted, &product, &mut steps);
    }
    #[cfg(target_os = "linux")]
    if wanted.wants("nsis") || wanted.wants("msi") {
        windows_packages(&wanted, &product, &mut steps);
    }
    #[cfg(target_os = "linux")]
    if wanted.wants("dmg") {
        macos_image(&wanted, &product, &mut steps);
    }
    println!();
    for folder in &wanted.bundles {
        for file in files_in(&wanted.out(folder))? {
            let size = std::fs::metadata(&file)?.len();
            if size > 0 && file.is_file() {
                println!("{:>6.1} MB  {}", size as f64 / 1e6, file.display());
            }
        }
    }
    Ok(steps.close())
}

fn build(wanted: &Wanted, steps: &mut Steps) -> bool {
    ui::prepare(steps)
        && steps.step(&format!("programs ({})", wanted.profile), |log| programs(wanted, log))
        && steps.step("programs: no places for tests in them", |log| no_fail_points(wanted, log))
}

fn look_at_deb(wanted: &Wanted, steps: &mut Steps) -> Result {
    let deb = newest(&wanted.out("deb"), "deb")?;
    let tree = cargo::root().join("target/bundle/deb");
    steps.step("deb: what is inside", |log| {
        linux::unpack_deb(&deb, &tree, log)?;
        linux::pack_deb(&tree, &deb, log)
    });
    steps.step("deb: what it depends on", |log| linux::depends(&deb, log));
    steps.step("deb: abide links no desktop library", |log| {
        BESIDE.iter().try_for_each(|name| linux::links(&tree.join("usr/bin").join(name), log))
    });
    steps.step("deb: desktop entry", |log| linux::desktop_entry(&tree, log));
    #[cfg(target_os = "linux")]
    if wanted.install {
        steps.step("deb: installs, signs in, upgrades, goes", |log| installed::try_it(&deb, &tree, log));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn look_at_appimage(wanted: &Wanted, product: &Product, steps: &mut Steps) {
    let mut image = PathBuf::new();
    let made = steps.step("appimage", |log| {
        image = appimage::make(
            product,
            &wanted.programs(),
            wanted.runtime.as_deref(),
            &wanted.out("appimage"),
            log,
        )?;
        Ok(())
    });
    if !made {
        return;
    }
    steps.step("appimage: what is inside", |log| appimage::look(product, &image, log));
    steps.possible("appimage: runs, signs in, goes (FUSE)", |log| appimage::try_it(&image, true, log));
    steps.possible("appimage: runs, signs in, goes (extracted)", |log| appimage::try_it(&image, false, log));
}

/// Of programs that were built for Windows, in the folder of `--programs` or where `cargo build --target` leaves them.
#[cfg(target_os = "linux")]
fn windows_packages(wanted: &Wanted, product: &Product, steps: &mut Steps) {
    let mut staged = None;
    steps.possible("windows: programs, signed", |log| {
        let lacking = windows::lacking();
        if lacking.is_none() {
            let built = cargo::target().join("cross/x86_64-pc-windows-gnu").join(wanted.profile);
            let programs = wanted.programs.clone().unwrap_or(built);
            staged = Some(windows::stage(product, &programs, log)?);
        }
        Ok(lacking)
    });
    let Some(staged) = staged else { return };
    let (mut setup, mut package) = (None, None);
    if wanted.wants("nsis") {
        steps.step("windows: setup program", |log| {
            setup = Some(windows::nsis(product, &staged, &wanted.out("nsis"), log)?);
            Ok(())
        });
    }
    if wanted.wants("msi") {
        steps.step("windows: msi", |log| {
            package = Some(windows::msi(product, &staged, &wanted.out("msi"), log)?);
            Ok(())
        });
    }
    if let Some(package) = &package {
        steps
            .step("windows: msi, table by table", |log| windows::look_at_msi(product, &staged, package, log));
    }
    if let (Some(package), Some(setup)) = (package, setup) {
        steps.possible("windows: install, run, go (Wine)", |log| {
            windows::try_them(&package, &setup, &staged, log)
        });
    }
}

/// Of programs that were built for macOS, by `--programs FOLDER`; without them it holds stand-ins.
#[cfg(target_os = "linux")]
fn macos_image(wanted: &Wanted, product: &Product, steps: &mut Steps) {
    let mut image = None;
    steps.possible("macos: bundle and image", |log| {
        let lacking = lacking(&macos::TOOLS);
        if lacking.is_none() {
            image = Some(macos::image(product, wanted.programs.as_deref(), &wanted.out("dmg"), log)?);
        }
        Ok(lacking)
    });
    if let Some(image) = image {
        steps.step("macos: bundle, read back", |log| macos::look(product, &image, log));
    }
}

/// The first of these programs that is not here, with the Debian package that has it.
#[cfg(target_os = "linux")]
fn lacking(tools: &[(&str, &str)]) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let (name, package) = tools.iter().find(|(name, _)| !there(name))?;
    Some(format!("{name} is not here (Debian: {package})"))
}

fn programs(wanted: &Wanted, log: &mut Log) -> Result {
    cargo::programs(wanted.profile, &[], log)
}

/// Checks that no variable can end a released program.
fn no_fail_points(wanted: &Wanted, log: &mut Log) -> Result {
    for name in ["abide-desktop", "abide", "abide-agent"] {
        let program = std::fs::read(cargo::program(wanted.profile, name))?;
        let there = |word: &[u8]| program.windows(word.len()).any(|window| window == word);
        // This text is certainly in each of them, so the search works.
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

/// The programs beside the tray application: the command, and the agent that replaces it.
const BESIDE: [&str; 2] = ["abide", "abide-agent"];

/// The bundler takes the tray application from the root package. It expects the others as external programs, with names that
/// end with the target.
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
    // Not in tauri.conf.json, because every ordinary build would need the file then.
    let overlay = serde_json::json!({
        // The bundler registers links by this. In tauri.conf.json it would be compiled into the program, which has no such plugin.
        "plugins": { "deep-link": { "desktop": { "schemes": ["abide"] } } },
        "bundle": {
            "externalBin": BESIDE.map(|name| format!("target/bundle/{name}")),
            "linux": {
                "deb": { "files": linux::bundler_files("usr/share/zsh/vendor-completions")? },
                "rpm": { "files": linux::bundler_files("usr/share/zsh/site-functions")? },
            },
        },
    });
    #[cfg(target_os = "macos")]
    let overlay = {
        let files = macos::files(&Product::read()?)?.into_iter();
        let files = files.map(|(place, source)| (place, source.to_string_lossy().into_owned().into()));
        let mut overlay = overlay;
        overlay["bundle"]["macOS"]["files"] = files.collect::<serde_json::Map<_, _>>().into();
        overlay
    };
    let overlay_file = folder.join("tauri.json");
    std::fs::write(&overlay_file, overlay.to_string())?;

    let cli = cargo::root().join("packaging/node_modules/@tauri-apps/cli/tauri.js");
    let mut command = Command::new("node");
    command
        .arg(cli)
        .args(["bundle", "--ci", "--bundles", &wanted.of_tauri().join(","), "--config"])
        .arg(overlay_file);
    if wanted.profile == "debug" {
        command.arg("--debug");
    }
    command.current_dir(cargo::root()).env("NO_COLOR", "1");
    log.command(command)
}

/// Where the manual pages and the completions are made.
const MANUAL: &str = "target/manual";

/// Makes the manual pages and the completions of the command, and checks that each option is in them.
pub(crate) fn manual() -> Command {
    let mut command =
        cargo::cargo(["run", "-q", "-p", "xtask", "--features", "manual", "--bin", "manual", "--"]);
    command.arg(MANUAL);
    command
}

pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
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
    files_in(folder)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|found| found == ending))
        .max_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok())
        .ok_or_else(|| format!("there is no .{ending} in {}", folder.display()).into())
}
