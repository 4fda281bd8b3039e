//! The `.deb` on this machine: installed, used by an ordinary user, upgraded while a session is on, removed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::files_in;
use crate::steps::Log;
use crate::{Result, cargo};

/// Installs the package on this machine (which needs root or sudo), signs in as an ordinary user, upgrades to a higher version
/// while the session is on, and removes it. `tree`: what is in the package.
pub(crate) fn try_it(deb: &Path, tree: &Path, log: &mut Log) -> Result {
    let newer = newer(deb, tree, log)?;
    log.command(dpkg(["-i".as_ref(), deb.as_os_str()]))?;
    let tried = upgrade(&newer, log);
    log.command(dpkg(["-r".as_ref(), "abide".as_ref()]))?;
    tried?;
    let stays = |file: &Path| {
        let place = Path::new("/").join(file.strip_prefix(tree).unwrap_or(file));
        place.symlink_metadata().is_ok().then_some(place)
    };
    let files = all_files(&tree.join("usr"))?;
    match files.iter().find_map(|file| stays(file)) {
        Some(left) => Err(format!("{} stayed behind when the package was removed", left.display()).into()),
        None => Ok(()),
    }
}

/// The same package with a higher version.
fn newer(deb: &Path, tree: &Path, log: &mut Log) -> Result<PathBuf> {
    let control = tree.join("DEBIAN/control");
    let text = std::fs::read_to_string(&control)?;
    let raised: String = text
        .lines()
        .map(|line| if line.starts_with("Version: ") { format!("{line}+1\n") } else { format!("{line}\n") })
        .collect();
    let file = deb.with_extension("newer");
    std::fs::write(&control, raised)?;
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "-Zgzip", "-z1", "-b"]).args([tree, &file]);
    let packed = log.command(command);
    std::fs::write(&control, text)?;
    packed.map(|()| file)
}

/// Uses what is installed, and installs the other package while the session is on.
fn upgrade(newer: &Path, log: &mut Log) -> Result {
    let folder = std::env::temp_dir().join(format!("abide-upgrade-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let script = folder.join("try_installed.sh");
    std::fs::copy(cargo::root().join("xtask/programs/try_installed.sh"), &script)?;
    let mut command = crate::tests_user::ordinary(log, &folder)?;
    command.args(["ABIDE_TRY_UPGRADE=package", "/bin/sh"]).args([&script, &folder]);
    command.args(["/usr/bin/abide agent", "/usr/bin/abide"]);
    let output = folder.with_extension("log");
    let file = std::fs::File::create(&output)?;
    let mut trial = command.stdout(file.try_clone()?).stderr(file).spawn()?;
    let mut installed = Ok(());
    for _ in 0..600 {
        if folder.join("signed-in").exists() {
            installed = log.command(dpkg(["-i".as_ref(), newer.as_os_str()]));
            break;
        }
        if trial.try_wait()?.is_some() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let status = trial.wait()?;
    log.line(&std::fs::read_to_string(&output)?)?;
    for left in [&output, newer] {
        std::fs::remove_file(left)?;
    }
    std::fs::remove_dir_all(&folder)?;
    installed?;
    if status.success() { Ok(()) } else { Err(format!("the upgrade failed: {status}").into()) }
}

fn all_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in files_in(folder)? {
        if path.is_dir() { found.extend(all_files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}

/// `dpkg`; only root may install packages.
fn dpkg(arguments: [&OsStr; 2]) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = Command::new(if root { "dpkg" } else { "sudo" });
    command.args((!root).then_some("dpkg")).args(arguments);
    command
}
