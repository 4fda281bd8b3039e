//! The package that has put a file there, from the databases of package managers, read as files: no program is run.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use crate::platform::program::only_root_writes;

/// So much of a database is read, in bytes.
const MOST: u64 = 64 << 20;
/// So many packages are looked through.
const PACKAGES: usize = 8192;

/// The package that owns a file. Only files of root's are looked up: nothing else belongs to a package.
pub(super) fn owner(file: &Path) -> Option<String> {
    only_root_writes(file).then(|| owner_in(file, Path::new("/"))).flatten()
}

fn owner_in(file: &Path, root: &Path) -> Option<String> {
    let name = file.to_str()?;
    debian(name, &root.join("var/lib/dpkg/info")).or_else(|| arch(name, &root.join("var/lib/pacman/local")))
}

/// dpkg: one list of files for each package, `NAME.list` or `NAME:ARCHITECTURE.list`.
fn debian(file: &str, folder: &Path) -> Option<String> {
    // Where `/bin` is a link into `/usr`, older packages still say `/bin`.
    let names = [file, file.strip_prefix("/usr").unwrap_or(file)];
    let list = found(folder, &names, |name| name.ends_with(".list"), |folder| folder.to_owned())?;
    let package = list.strip_suffix(".list")?;
    Some(package.split(':').next().unwrap_or(package).to_owned())
}

/// pacman: a folder for each package, `NAME-VERSION-RELEASE`, with its files in `files`.
fn arch(file: &str, folder: &Path) -> Option<String> {
    let names = [file.strip_prefix('/')?];
    let found = found(folder, &names, |name| name.contains('-'), |folder| folder.join("files"))?;
    let mut parts = found.rsplitn(3, '-');
    parts.nth(2).map(str::to_owned)
}

/// The first entry of a folder whose file has one of the lines.
fn found(
    folder: &Path,
    lines: &[&str],
    is_package: impl Fn(&str) -> bool,
    file: impl Fn(&Path) -> std::path::PathBuf,
) -> Option<String> {
    let mut left = MOST;
    for entry in std::fs::read_dir(folder).ok()?.flatten().take(PACKAGES) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !is_package(&name) {
            continue;
        }
        let Ok(open) = std::fs::File::open(file(&entry.path())) else { continue };
        left = left.checked_sub(open.metadata().map_or(0, |data| data.len()))?;
        let has_it =
            BufReader::new(open).lines().map_while(Result::ok).any(|line| lines.contains(&line.as_str()));
        if has_it {
            return Some(name);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::{create_dir_all, write};

    use super::*;

    #[test]
    fn the_package_of_a_file_is_found_in_the_lists_of_dpkg() {
        let root = tempfile::tempdir().unwrap();
        let info = root.path().join("var/lib/dpkg/info");
        create_dir_all(&info).unwrap();
        write(info.join("bash.list"), "/.\n/bin\n/bin/bash\n").unwrap();
        write(info.join("curl:amd64.list"), "/usr/bin/curl\n/usr/bin/curl-config\n").unwrap();
        write(info.join("curl.md5sums"), "/usr/bin/wget\n").unwrap();
        let of = |file: &str| owner_in(Path::new(file), root.path());
        assert_eq!(of("/usr/bin/curl").as_deref(), Some("curl"));
        assert_eq!(of("/usr/bin/bash").as_deref(), Some("bash"), "/bin is a link");
        assert_eq!(of("/usr/bin/wget"), None, "no list of files");
        assert_eq!(of("/usr/bin/cur"), None, "the whole name counts");
    }

    #[test]
    fn the_package_of_a_file_is_found_in_the_lists_of_pacman() {
        let root = tempfile::tempdir().unwrap();
        let local = root.path().join("var/lib/pacman/local");
        for (package, files) in [("git-lfs-3.5.1-1", "usr/bin/git-lfs"), ("curl-8.9.1-2", "usr/bin/curl")] {
            create_dir_all(local.join(package)).unwrap();
            write(local.join(package).join("files"), format!("%FILES%\nusr/bin/\n{files}\n")).unwrap();
        }
        assert_eq!(owner_in(Path::new("/usr/bin/git-lfs"), root.path()).as_deref(), Some("git-lfs"));
        assert_eq!(owner_in(Path::new("/opt/tool"), root.path()), None);
    }

    #[test]
    fn a_file_that_others_can_write_belongs_to_no_package() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("curl");
        write(&file, "").unwrap();
        assert_eq!(owner(&file), None);
    }
}
