//! `./x release VERSION`: what a release needs beside the installers, as far as it needs no secret.
//!
//! Writes the version where it belongs; with installers of that version, also their checksums, the list of what is in the programs
//! (CycloneDX) and the files for winget, Scoop, Homebrew, AUR and Flatpak, all from the same data. Publishes nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::product::{self, Product};
use super::{files_in, sbom};
use crate::steps::{Log, Steps};
use crate::{Result, cargo};

/// The templates, the name of what comes out, and what has to be there for it.
const FILES: [(&str, &str, &[&str]); 8] = [
    ("winget.version.yaml", "winget/{{winget}}.yaml", &["setup"]),
    ("winget.installer.yaml", "winget/{{winget}}.installer.yaml", &["setup"]),
    ("winget.locale.en-US.yaml", "winget/{{winget}}.locale.en-US.yaml", &["setup"]),
    ("scoop.json", "scoop/abide.json", &["msi"]),
    ("homebrew.rb", "homebrew/abide.rb", &["dmg"]),
    ("PKGBUILD", "aur/PKGBUILD", &["deb"]),
    ("SRCINFO", "aur/.SRCINFO", &["deb"]),
    ("flatpak.json", "flatpak/{{identifier}}.json", &["deb"]),
];

/// The installers, by what their names end with.
const KINDS: [(&str, &str); 6] = [
    ("deb", ".deb"),
    ("rpm", ".rpm"),
    ("appimage", ".AppImage"),
    ("setup", "-setup.exe"),
    ("msi", ".msi"),
    ("dmg", ".dmg"),
];

pub(crate) fn release(arguments: &[String]) -> Result<ExitCode> {
    let (version, from) = match arguments {
        [version] => (version, cargo::target().join("release/bundle")),
        [version, option, folder] if option == "--from" => (version, std::path::absolute(folder)?),
        _ => return Err("./x release VERSION [--from FOLDER]: the folder has the installers in it".into()),
    };
    let mut steps = Steps::new()?;
    let set = steps.step(&format!("version {version}"), |log| set_version(version, log));
    if !set {
        return Ok(steps.close());
    }
    let product = Product::read()?;
    let out = cargo::target().join("release").join(format!("{}-{version}", product.name.to_lowercase()));
    let mut found = Vec::new();
    let collected = steps.possible("installers", |log| {
        found = collect(version, &from, &out, log)?;
        Ok(found
            .is_empty()
            .then(|| format!("{} has none of this version; ./x dist makes them", from.display())))
    });
    if collected && !found.is_empty() {
        steps.step("what is in the programs", |log| {
            std::fs::write(out.join("abide.cdx.json"), sbom::of_programs(&product)?)?;
            std::fs::write(out.join("abide-window.cdx.json"), sbom::of_page(&product)?)?;
            log.line("CycloneDX 1.5")
        });
        for (template, place, needs) in FILES {
            steps.possible(&format!("for {}", place.split('/').next().unwrap_or_default()), |_| {
                if let Some(lacking) =
                    needs.iter().find(|kind| !found.iter().any(|(found, _)| found == *kind))
                {
                    return Ok(Some(format!("there is no {lacking} of this version")));
                }
                let text = fill(&product, template, &found)?;
                let file = out.join(fill_text(&product, place, &found)?);
                std::fs::create_dir_all(file.parent().unwrap_or(&out))?;
                std::fs::write(file, text)?;
                Ok(None)
            });
        }
        steps.possible("the announcement for Abide itself", |_| {
            let Some((_, image)) = found.iter().find(|(kind, _)| *kind == "appimage") else {
                return Ok(Some("there is no appimage of this version".to_owned()));
            };
            std::fs::write(out.join("newest.json"), announcement(&product, image)?)?;
            Ok(None)
        });
        steps.step("checksums", |log| checksums(&out, log));
        println!("\n  {}", out.display());
    }
    Ok(steps.close())
}

/// An installer: its kind and its file.
type Installer = (&'static str, PathBuf);

/// Copies the installers of this version, wherever below `from` they are.
fn collect(version: &str, from: &Path, out: &Path, log: &mut Log) -> Result<Vec<Installer>> {
    let _ = std::fs::remove_dir_all(out);
    std::fs::create_dir_all(out)?;
    let mut found: Vec<Installer> = Vec::new();
    let mut folders = vec![from.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in files_in(&folder)? {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // `_1.2.3_` in most names, `-1.2.3-` in those of rpm. A stand-in is not handed out.
            let ours =
                [format!("_{version}_"), format!("-{version}-")].iter().any(|part| name.contains(part));
            let Some((kind, _)) = KINDS.iter().find(|(_, ending)| name.ends_with(ending)) else {
                if ours && name.ends_with(".zsync") {
                    std::fs::copy(&path, out.join(&name))?;
                }
                continue;
            };
            if ours && !name.contains("stand-in") {
                if let Some((_, other)) = found.iter().find(|(other, _)| other == kind) {
                    return Err(format!("two of one kind: {} and {}", other.display(), path.display()).into());
                }
                log.line(&name)?;
                std::fs::copy(&path, out.join(&name))?;
                found.push((kind, out.join(&name)));
            }
        }
    }
    Ok(found)
}

fn fill(product: &Product, template: &str, found: &[Installer]) -> Result<String> {
    let file = cargo::root().join("packaging/release").join(template);
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    fill_text(product, &text, found).map_err(|error| format!("{template}: {error}").into())
}

fn fill_text(product: &Product, text: &str, found: &[Installer]) -> Result<String> {
    let mut places = vec![
        ("winget".to_owned(), product.text("/release/winget")?),
        ("download".to_owned(), product.text("/release/download")?),
        ("notes".to_owned(), product.text("/release/notes")?),
        ("agent".to_owned(), product.text("/macos/agent")?),
    ];
    for (kind, file) in found {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        places.push((format!("{kind}_template"), name.replace(&product.version, "#{version}")));
        places.push((format!("{kind}_sha256"), sha256(file)?));
        places.push(((*kind).to_owned(), name));
    }
    let places: Vec<_> = places.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    product.fill(text, &places)
}

/// What a server announces to an Abide that looks for newer versions (`crates/agent/src/updates`). A person signs it, with the key whose
/// other half is in the build: `minisign -Sm newest.json`.
pub(super) fn announcement(product: &Product, image: &Path) -> Result<String> {
    let name = image.file_name().unwrap_or_default().to_string_lossy();
    let download = product.fill(&product.text("/release/download")?, &[])?;
    let file = serde_json::json!({
        "url": format!("{download}/{name}"),
        "size": std::fs::metadata(image)?.len(),
        "sha256": sha256(image)?,
    });
    let architecture = if name.contains("_amd64.") { "x86_64" } else { std::env::consts::ARCH };
    let files = serde_json::json!({ format!("linux-{architecture}-appimage"): file });
    let content = serde_json::json!({ "product": "abide", "version": product.version, "files": files });
    Ok(format!("{content:#}\n"))
}

fn sha256(file: &Path) -> Result<String> {
    let output = Command::new("sha256sum").arg(file).output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim_start_matches('\\').to_owned();
    Ok(text.split_whitespace().next().ok_or_else(|| format!("no checksum of {}", file.display()))?.to_owned())
}

/// In the form that `sha256sum --check` reads.
fn checksums(out: &Path, log: &mut Log) -> Result {
    let mut text = String::new();
    for file in files_in(out)?.into_iter().filter(|file| file.is_file()) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        text += &format!("{}  {name}\n", sha256(&file)?);
    }
    std::fs::write(out.join("SHA256SUMS"), &text)?;
    let mut check = Command::new("sha256sum");
    check.args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(out);
    log.command(check)
}

/// Writes the version into Cargo.toml, Cargo.lock, the AppStream metadata and the changelog.
fn set_version(version: &str, log: &mut Log) -> Result {
    let root = cargo::root();
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    let manifest = std::fs::read_to_string(root.join("Cargo.toml"))?;
    let before = product::version(&manifest)?;
    newer(&before, version)?;
    let metadata = root.join("packaging/io.github.abide_session.abide.metainfo.xml");
    let changes = root.join("CHANGELOG.md");
    let lock = root.join("Cargo.lock");
    let texts = [
        (root.join("Cargo.toml"), with_version(&manifest, &before, version)?),
        (metadata.clone(), with_release(&std::fs::read_to_string(&metadata)?, version, &date)?),
        (changes.clone(), with_heading(&std::fs::read_to_string(&changes)?, version, &date)?),
        (lock.clone(), with_locked(&std::fs::read_to_string(&lock)?, &before, version)),
    ];
    for (file, text) in texts {
        log.line(&file.display().to_string())?;
        std::fs::write(file, text)?;
    }
    Ok(())
}

/// The workspace's own packages are those that come from nowhere else.
fn with_locked(lock: &str, before: &str, version: &str) -> String {
    let (old, new) = (format!("\nversion = \"{before}\"\n"), format!("\nversion = \"{version}\"\n"));
    let parts = lock.split("[[package]]").map(|part| {
        if part.contains("\nsource = ") { part.to_owned() } else { part.replacen(&old, &new, 1) }
    });
    parts.collect::<Vec<_>>().join("[[package]]")
}

/// A version is never lowered.
fn newer(before: &str, version: &str) -> Result {
    let numbers = |text: &str| -> Result<Vec<u16>> {
        product::version(&format!("[workspace.package]\nversion = \"{text}\"\n"))?;
        text.split('.').map(|number| Ok(number.parse()?)).collect()
    };
    if numbers(version)? < numbers(before)? {
        return Err(format!("{version} is older than {before}").into());
    }
    Ok(())
}

fn with_version(manifest: &str, before: &str, version: &str) -> Result<String> {
    let (head, rest) =
        manifest.split_once("[workspace.package]").ok_or("Cargo.toml has no [workspace.package]")?;
    let rest = rest.replacen(&format!("version = \"{before}\""), &format!("version = \"{version}\""), 1);
    Ok(format!("{head}[workspace.package]{rest}"))
}

fn with_release(metadata: &str, version: &str, date: &str) -> Result<String> {
    if metadata.contains(&format!("<release version=\"{version}\"")) {
        return Ok(metadata.to_owned());
    }
    let (head, rest) =
        metadata.split_once("  <releases>\n").ok_or("the AppStream metadata have no <releases>")?;
    Ok(format!("{head}  <releases>\n    <release version=\"{version}\" date=\"{date}\"/>\n{rest}"))
}

fn with_heading(changes: &str, version: &str, date: &str) -> Result<String> {
    if changes.contains(&format!("\n## [{version}]")) {
        return Ok(changes.to_owned());
    }
    let (head, rest) = changes.split_once("## [Unreleased]\n").ok_or("CHANGELOG.md has no [Unreleased]")?;
    Ok(format!("{head}## [Unreleased]\n\n## [{version}] - {date}\n{rest}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]
    use super::*;

    #[test]
    fn a_version_is_written_once_and_never_lowered() {
        let manifest = "[workspace.package]\nversion = \"0.1.0\"\n[workspace.dependencies]\nx = { version = \"0.1.0\" }\n";
        let set = with_version(manifest, "0.1.0", "0.2.0").unwrap();
        assert_eq!(set, manifest.replacen("0.1.0", "0.2.0", 1));
        let lock = "[[package]]\nname = \"abide\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"x\"\nversion = \"0.1.0\"\nsource = \"r\"\n";
        assert_eq!(with_locked(lock, "0.1.0", "0.2.0"), lock.replacen("0.1.0", "0.2.0", 1));
        assert!(newer("0.10.0", "0.9.0").is_err());
        assert!(newer("0.9.0", "0.10.0").is_ok() && newer("0.9.0", "0.9.0").is_ok());
        assert!(newer("0.9.0", "v1").is_err());
        let metadata = "<x>\n  <releases>\n    <release version=\"0.1.0\" date=\"d\"/>\n";
        let once = with_release(metadata, "0.2.0", "today").unwrap();
        assert!(once.find("0.2.0") < once.find("0.1.0"), "{once}");
        assert_eq!(with_release(&once, "0.2.0", "later").unwrap(), once);
        let once = with_heading("# x\n\n## [Unreleased]\n\n### Added\n", "0.2.0", "today").unwrap();
        assert_eq!(once, "# x\n\n## [Unreleased]\n\n## [0.2.0] - today\n\n### Added\n");
        assert_eq!(with_heading(&once, "0.2.0", "later").unwrap(), once);
    }

    #[test]
    fn each_file_of_a_release_is_filled_from_the_installers() {
        let product = Product::read().unwrap();
        let folder = std::env::temp_dir().join(format!("abide-release-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let names = [
            ("deb", "Abide_1.2.3_amd64.deb"),
            ("rpm", "Abide-1.2.3-1.x86_64.rpm"),
            ("appimage", "Abide_1.2.3_amd64.AppImage"),
            ("setup", "Abide_1.2.3_x64-setup.exe"),
            ("msi", "Abide_1.2.3_x64_en-US.msi"),
            ("dmg", "Abide_1.2.3_universal.dmg"),
        ];
        let found: Vec<Installer> = names
            .iter()
            .map(|(kind, name)| {
                std::fs::write(folder.join(name), kind).unwrap();
                (*kind, folder.join(name))
            })
            .collect();
        for (template, place, needs) in FILES {
            let text = fill(&product, template, &found).unwrap();
            fill_text(&product, place, &found).unwrap();
            for kind in needs {
                let (_, file) = found.iter().find(|(found, _)| found == kind).unwrap();
                assert!(
                    template.contains("version")
                        || template.contains("locale")
                        || text.contains(&sha256(file).unwrap()),
                    "{template}: {text}"
                );
            }
            if template.ends_with(".json") {
                serde_json::from_str::<serde_json::Value>(&text).unwrap();
            }
            let lacking =
                needs.iter().filter(|_| !template.contains("version") && !template.contains("locale"));
            for kind in lacking {
                let rest: Vec<Installer> = found.iter().filter(|(found, _)| found != kind).cloned().collect();
                assert!(fill(&product, template, &rest).is_err(), "{template} without {kind}");
            }
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
