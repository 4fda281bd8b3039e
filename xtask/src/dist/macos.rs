//! The bundle for macOS and its image. On macOS Tauri's bundler makes them; here, on Linux, the same layout is made from the same files,
//! with stand-ins where there are no programs for macOS, to hold it against the rules.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::product::Product;
use super::{BESIDE, files_in};
use crate::steps::Log;
use crate::{Result, cargo};

/// The main program of the bundle.
const MAIN: &str = "abide-desktop";
/// The oldest macOS, as tauri.conf.json has it.
const MINIMUM: &str = "11.0";

/// What this needs, from Debian.
pub(crate) const TOOLS: [(&str, &str); 3] =
    [("xorriso", "xorriso"), ("plistutil", "libplist-utils"), ("7z", "p7zip-full")];

/// Each further file's place below `Contents`, and where it comes from in the workspace.
pub(crate) fn files(product: &Product) -> Result<BTreeMap<String, PathBuf>> {
    let mut files = BTreeMap::new();
    for path in files_in(&cargo::root().join(super::MANUAL))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = if name.ends_with(".1") { "man/man1" } else { "completions" };
        files.insert(format!("Resources/{folder}/{name}"), Path::new(super::MANUAL).join(&name));
    }
    let agent = product.text("/macos/agent")?;
    files.insert(format!("Resources/{agent}.plist"), "packaging/macos/agent.plist".into());
    Ok(files)
}

/// Makes `Abide.app` in `folder`. Without `programs`, scripts stand in for them.
pub(crate) fn bundle(product: &Product, programs: Option<&Path>, folder: &Path) -> Result<PathBuf> {
    let app = folder.join(format!("{}.app", product.name));
    if app.exists() {
        std::fs::remove_dir_all(&app)?;
    }
    let contents = app.join("Contents");
    for place in ["MacOS", "Resources"] {
        std::fs::create_dir_all(contents.join(place))?;
    }
    for name in [MAIN].iter().chain(&BESIDE) {
        let place = contents.join("MacOS").join(name);
        match programs {
            Some(programs) => drop(std::fs::copy(programs.join(name), &place)?),
            None => std::fs::write(&place, format!("#!/bin/sh\necho '{name} replaces the program'\n"))?,
        }
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755))?;
    }
    for (place, source) in files(product)? {
        let place = contents.join(place);
        std::fs::create_dir_all(place.parent().unwrap_or(&contents))?;
        std::fs::copy(cargo::root().join(source), place)?;
    }
    std::fs::copy(cargo::root().join("icons/icon.icns"), contents.join("Resources/icon.icns"))?;
    std::fs::write(contents.join("PkgInfo"), "APPL????")?;
    std::fs::write(contents.join("Info.plist"), information(product)?)?;
    Ok(app)
}

/// What the bundle says of itself.
pub(crate) fn information(product: &Product) -> Result<String> {
    let more = std::fs::read_to_string(cargo::root().join("packaging/macos/Info.plist"))?;
    let (head, more) = more.split_once("<dict>\n").ok_or("packaging/macos/Info.plist has no <dict>")?;
    let version = &product.version;
    let own = [
        ("CFBundleDevelopmentRegion", "English"),
        ("CFBundleDisplayName", &product.name),
        ("CFBundleExecutable", MAIN),
        ("CFBundleIconFile", "icon.icns"),
        ("CFBundleIdentifier", &product.identifier),
        ("CFBundleInfoDictionaryVersion", "6.0"),
        ("CFBundleName", &product.name),
        ("CFBundlePackageType", "APPL"),
        ("CFBundleShortVersionString", version),
        ("CFBundleVersion", version),
        ("LSApplicationCategoryType", "public.app-category.utilities"),
        ("LSMinimumSystemVersion", MINIMUM),
    ];
    let own: String =
        own.iter().map(|(key, value)| format!("\t<key>{key}</key>\n\t<string>{value}</string>\n")).collect();
    Ok(format!("{head}<dict>\n{own}\t<key>NSHighResolutionCapable</key>\n\t<true/>\n{more}"))
}

/// Makes the image that a person opens: the bundle, and where to drag it.
pub(crate) fn image(
    product: &Product,
    programs: Option<&Path>,
    out: &Path,
    log: &mut Log,
) -> Result<PathBuf> {
    let folder = cargo::root().join("target/bundle/macos");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    bundle(product, programs, &folder)?;
    symlink("/Applications", folder.join("Applications"))?;
    std::fs::create_dir_all(out)?;
    let kind = if programs.is_some() { "universal" } else { "stand-in" };
    let file = out.join(format!("{}_{}_{kind}.dmg", product.name, product.version));
    let _ = std::fs::remove_file(&file);
    let mut command = Command::new("xorriso");
    command.args(["-as", "mkisofs", "-hfsplus", "-V", &product.name, "-r", "-dir-mode", "0755", "-o"]);
    command.arg(&file).arg(&folder);
    log.command(command)?;
    Ok(file)
}

/// Reads the image back and holds the bundle against the rules for it.
pub(crate) fn look(product: &Product, image: &Path, log: &mut Log) -> Result {
    let volume = hfs_volume(&std::fs::read(image)?).ok_or("the image has no partition with HFS+")?;
    let folder = cargo::root().join("target/bundle/macos-read");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("volume"), volume)?;
    let mut read = Command::new("7z");
    read.args(["x", "-y", "-thfs", "volume"]).current_dir(&folder);
    log.command(read)?;
    let app = format!("{}.app/Contents", product.name);
    let made = cargo::root().join("target/bundle/macos").join(&app);
    let found = [folder.join(&product.name).join(&app), folder.join(&app)];
    let found = found.into_iter().find(|path| path.is_dir()).ok_or("the image holds no bundle")?;
    let mut compare = Command::new("diff");
    compare.arg("-r").args([&made, &found]);
    log.command(compare)?;
    let mut lists = vec![made.join("Info.plist")];
    lists.extend(
        files_in(&made.join("Resources"))?
            .into_iter()
            .filter(|path| path.extension() == Some("plist".as_ref())),
    );
    lists.push(cargo::root().join("packaging/macos/entitlements.plist"));
    for list in lists {
        let mut parse = Command::new("plistutil");
        parse.args(["-f", "bin", "-o", "/dev/null", "-i"]).arg(&list);
        log.command(parse)?;
    }
    whole_icon(&std::fs::read(made.join("Resources/icon.icns"))?)
}

/// The file system that macOS mounts, found by Apple's partition map: blocks of 512 bytes with "PM", start, length and kind.
fn hfs_volume(image: &[u8]) -> Option<Vec<u8>> {
    let number = |at: usize| -> Option<usize> {
        usize::try_from(u32::from_be_bytes(image.get(at..at + 4)?.try_into().ok()?)).ok()
    };
    let entries = (1..64).map(|index| index * 512).take_while(|at| image.get(*at..at + 2) == Some(b"PM"));
    let mut found = entries.filter(|at| image.get(at + 48..at + 57) == Some(b"Apple_HFS"));
    let at = found.next()?;
    let (start, length) = (number(at + 8)? * 512, number(at + 12)? * 512);
    let volume = image.get(start..start + length)?;
    (volume.get(1024..1026)? == b"H+").then(|| volume.to_vec())
}

/// An icon file is a chain of pictures, each with its length; the sizes that macOS shows are all in it.
pub(crate) fn whole_icon(file: &[u8]) -> Result {
    let length = |at: usize| -> Option<usize> {
        let bytes: [u8; 4] = file.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(bytes)).ok()
    };
    if !file.starts_with(b"icns") || length(4) != Some(file.len()) {
        return Err("icon.icns is not an icon file of its length".into());
    }
    let (mut at, mut kinds) = (8, Vec::new());
    while at < file.len() {
        let size = length(at + 4).filter(|size| *size > 8 && at + size <= file.len());
        let size = size.ok_or("icon.icns: a picture is longer than the file")?;
        kinds.push(String::from_utf8_lossy(&file[at..at + 4]).into_owned());
        at += size;
    }
    // 16, 32, 128, 256, 512 points, and each at double resolution.
    let all = ["icp4", "ic11", "icp5", "ic12", "ic07", "ic13", "ic08", "ic14", "ic09", "ic10"];
    match all.iter().find(|kind| !kinds.iter().any(|found| found == *kind)) {
        Some(kind) => Err(format!("icon.icns has no picture of the kind {kind}").into()),
        None => Ok(()),
    }
}
