//! The AppImage: the programs and what every package for Linux holds, as a compressed file system behind a runtime that mounts it.
//!
//! The runtime is the one in the crate `appimage`, which a registry has; a newer one can be given. That one reads gzip and
//! xz, and mounts with libfuse2.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::product::Product;
use super::{BESIDE, linux};
use crate::steps::Log;
use crate::{Result, cargo};

/// The crate that brings the runtime, and the SHA-256 of the runtime.
const CRATE: &str = "appimage";
const CRATE_VERSION: &str = "0.4.0";
const RUNTIME_SHA256: &str = "328e0d745c5c6817048c27bc3e8314871703f8f47ffa81a37cb06cd95a94b323";
/// The name of the tray application and of its icon.
const DESKTOP: &str = "abide-desktop";

/// Packs the programs of a folder. `runtime` is used in place of the crate's.
pub(crate) fn make(
    product: &Product,
    programs: &Path,
    runtime: Option<&Path>,
    out: &Path,
    log: &mut Log,
) -> Result<PathBuf> {
    let tree = cargo::root().join("target/bundle/Abide.AppDir");
    stage(product, programs, &tree)?;
    let packed = tree.with_extension("squashfs");
    let _ = std::fs::remove_file(&packed);
    log.command(squash(&tree, &packed)?)?;
    let mut image = match runtime {
        Some(file) => std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => std::fs::read(crate_runtime(log)?)?,
    };
    let name = file_name(product)?;
    put_update_information(&mut image, &product.text("/appimage/update")?)?;
    image.extend(std::fs::read(&packed)?);
    std::fs::create_dir_all(out)?;
    let file = out.join(&name);
    std::fs::write(&file, image)?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    // Not every distribution has it; without it, an update fetches the whole image.
    if super::lacking(&[("zsyncmake", "zsync")]).is_some() {
        return Ok(file);
    }
    let mut zsync = Command::new("zsyncmake");
    zsync.args(["-u", &name, "-o", &format!("{name}.zsync"), &name]).current_dir(out);
    log.command(zsync)?;
    Ok(file)
}

/// `Abide_1.2.3_amd64.AppImage`, as the bundler of Tauri names it.
pub(crate) fn file_name(product: &Product) -> Result<String> {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        other => other,
    };
    Ok(format!("{}_{}_{architecture}.AppImage", product.name, product.version))
}

/// Lays out what the image holds.
pub(crate) fn stage(product: &Product, programs: &Path, tree: &Path) -> Result {
    if tree.exists() {
        std::fs::remove_dir_all(tree)?;
    }
    let put = |place: &str, source: &Path, mode: u32| -> Result {
        let place = tree.join(place);
        std::fs::create_dir_all(place.parent().unwrap_or(tree))?;
        std::fs::copy(source, &place).map_err(|error| format!("{}: {error}", source.display()))?;
        Ok(std::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode))?)
    };
    for name in [DESKTOP].iter().chain(&BESIDE) {
        put(&format!("usr/bin/{name}"), &programs.join(name), 0o755)?;
    }
    for (place, source) in linux::files("usr/share/zsh/site-functions")? {
        put(&place, &cargo::root().join(source), 0o644)?;
    }
    let icons = [("32x32", "icons/32x32.png"), ("128x128", "icons/128x128.png")];
    for (size, icon) in icons {
        put(&format!("usr/share/icons/hicolor/{size}/apps/{DESKTOP}.png"), &cargo::root().join(icon), 0o644)?;
    }
    let own = cargo::root().join("packaging/appimage");
    put("AppRun", &own.join("AppRun"), 0o755)?;
    for script in ["running.sh", "command.sh"] {
        put(&format!("usr/lib/abide/{script}"), &own.join(script), 0o644)?;
    }
    // At the root, as the format wants them: the entry, its icon, and the icon once more for file managers.
    let template = std::fs::read_to_string(cargo::root().join("packaging/abide.desktop"))?;
    let more = [("exec", DESKTOP), ("icon", DESKTOP), ("categories", "")];
    let entry = format!("{}X-AppImage-Version={}\n", product.fill(&template, &more)?, product.version);
    for place in ["usr/share/applications/Abide.desktop", "Abide.desktop"] {
        let place = tree.join(place);
        std::fs::create_dir_all(place.parent().unwrap_or(tree))?;
        std::fs::write(place, &entry)?;
    }
    put(&format!("{DESKTOP}.png"), &cargo::root().join("icons/128x128@2x.png"), 0o644)?;
    symlink(format!("{DESKTOP}.png"), tree.join(".DirIcon"))?;
    linux::complete(tree)
}

/// Takes the image apart by its own means and holds its parts against the rules for them.
pub(crate) fn look(product: &Product, image: &Path, log: &mut Log) -> Result {
    let folder = cargo::root().join("target/bundle/appimage");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let mut extract = Command::new(image);
    extract.arg("--appimage-extract").current_dir(&folder);
    log.command(extract)?;
    let tree = folder.join("squashfs-root");
    linux::complete(&tree)?;
    linux::desktop_entry(&tree, log)?;
    let told = Command::new(image).arg("--appimage-updateinformation").output()?;
    let told = String::from_utf8_lossy(&told.stdout).trim().to_owned();
    if told != product.text("/appimage/update")? {
        return Err(format!("the image says that newer ones are at “{told}”").into());
    }
    let Ok(zsync) = std::fs::read(image.with_extension("AppImage.zsync")) else { return Ok(()) };
    let length = format!("\nLength: {}\n", std::fs::metadata(image)?.len());
    if !String::from_utf8_lossy(&zsync).contains(&length) {
        return Err("the .zsync file is not of this image".into());
    }
    Ok(())
}

/// Uses the image as an ordinary user who has just got it. Returns why this machine cannot.
pub(crate) fn try_it(image: &Path, fuse: bool, log: &mut Log) -> Result<Option<String>> {
    let library = Command::new("/sbin/ldconfig").arg("-p").output();
    let library = library.is_ok_and(|list| String::from_utf8_lossy(&list.stdout).contains("libfuse.so.2"));
    if fuse && !(Path::new("/dev/fuse").exists() && Path::new("/usr/bin/fusermount").exists() && library) {
        return Ok(Some("there is no FUSE here (/dev/fuse, fusermount, libfuse.so.2)".to_owned()));
    }
    let way = if fuse { "fuse" } else { "extract" };
    let folder = std::env::temp_dir().join(format!("abide-appimage-{way}-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    for script in ["try_appimage.sh", "try_installed.sh"] {
        std::fs::copy(cargo::root().join("xtask/programs").join(script), folder.join(script))?;
    }
    std::fs::copy(image, folder.join("Abide.AppImage"))?;
    let mut command = crate::tests_user::ordinary(log, &folder)?;
    if fuse && !opens_fuse(log, &folder)? {
        // In some containers /dev/fuse is for root alone.
        log.line("an ordinary user cannot open /dev/fuse, so this is run as root")?;
        command = Command::new("env");
        command.args(["-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]).current_dir("/");
    }
    command.arg("/bin/sh").arg(folder.join("try_appimage.sh")).arg(&folder).arg(if fuse {
        "fuse"
    } else {
        "extract"
    });
    let tried = log.command(command);
    // What was mounted goes a moment after its last program.
    let gone = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        std::fs::remove_dir_all(&folder).is_ok()
    });
    tried?;
    if gone { Ok(None) } else { Err(format!("{} cannot be removed", folder.display()).into()) }
}

/// Whether an ordinary user can mount images here.
fn opens_fuse(log: &mut Log, folder: &Path) -> Result<bool> {
    let mut test = crate::tests_user::ordinary(log, folder)?;
    test.args(["test", "-r", "/dev/fuse", "-a", "-w", "/dev/fuse"]);
    Ok(test.status()?.success())
}

/// gzip: the programs start in half the time that xz takes to unpack them, and the image is a fifth larger.
fn squash(tree: &Path, packed: &Path) -> Result<Command> {
    let date = Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(cargo::root()).output()?;
    let date = String::from_utf8_lossy(&date.stdout).trim().parse::<u64>().unwrap_or(0).to_string();
    let mut command = Command::new("mksquashfs");
    command.arg(tree).arg(packed).args([
        "-comp",
        "gzip",
        "-Xcompression-level",
        "9",
        "-b",
        "256K",
        "-all-root",
        "-noappend",
        "-no-xattrs",
        "-no-progress",
    ]);
    // The same programs make the same image.
    command.args(["-mkfs-time", &date, "-all-time", &date]).env_remove("SOURCE_DATE_EPOCH");
    Ok(command)
}

/// The runtime in the crate, as cargo keeps it: `cargo info` fetches it where it is not there yet.
fn crate_runtime(log: &mut Log) -> Result<PathBuf> {
    if cfg!(not(target_arch = "x86_64")) {
        return Err("the crate has a runtime for x86-64 only: give one with --appimage-runtime FILE".into());
    }
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))
        .ok_or("neither CARGO_HOME nor HOME is set")?;
    let find = || {
        let registries = std::fs::read_dir(home.join("registry/src")).ok()?;
        let mut files = registries
            .flatten()
            .map(|registry| registry.path().join(format!("{CRATE}-{CRATE_VERSION}/assets/runtime-x86_64")));
        files.find(|file| file.is_file())
    };
    if find().is_none() {
        // Outside of the workspace: there, cargo would look for the crate among what this one depends on.
        let mut info = cargo::cargo(["info", "--color", "never"]);
        info.arg(format!("{CRATE}@{CRATE_VERSION}")).current_dir(std::env::temp_dir());
        log.command(info)?;
    }
    let file = find().ok_or("cargo has not unpacked the crate `appimage`")?;
    let sum = Command::new("sha256sum").arg(&file).output()?;
    match String::from_utf8_lossy(&sum.stdout).split_whitespace().next() {
        Some(RUNTIME_SHA256) => Ok(file),
        found => Err(format!("{}: the SHA-256 is {found:?}, not {RUNTIME_SHA256}", file.display()).into()),
    }
}

/// Writes where newer images are found into the section that the runtime has for it.
pub(crate) fn put_update_information(runtime: &mut [u8], information: &str) -> Result {
    let (offset, size) = section(runtime, ".upd_info").ok_or("the runtime has no section .upd_info")?;
    let place = runtime.get_mut(offset..offset + size).ok_or("the section .upd_info is not in the file")?;
    if information.len() >= size {
        return Err(
            format!("{} bytes of update information do not fit into {size}", information.len()).into()
        );
    }
    place.fill(0);
    place[..information.len()].copy_from_slice(information.as_bytes());
    Ok(())
}

/// Where a section of a 64-bit ELF file is, and its size.
fn section(file: &[u8], name: &str) -> Option<(usize, usize)> {
    let number = |at: usize, bytes: usize| -> Option<usize> {
        let mut value = [0; 8];
        value[..bytes].copy_from_slice(file.get(at..at.checked_add(bytes)?)?);
        usize::try_from(u64::from_le_bytes(value)).ok()
    };
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, entry, count) = (number(0x28, 8)?, number(0x3a, 2)?, number(0x3c, 2)?);
    let header = |index: usize| table.checked_add(index.checked_mul(entry)?);
    let names = number(header(number(0x3e, 2)?)?.checked_add(0x18)?, 8)?;
    (0..count).find_map(|index| {
        let at = header(index)?;
        let begins = names.checked_add(number(at, 4)?)?;
        let found = file.get(begins..)?.split(|byte| *byte == 0).next()?;
        (found == name.as_bytes()).then_some(())?;
        Some((number(at.checked_add(0x18)?, 8)?, number(at.checked_add(0x20)?, 8)?))
    })
}
