//! The window's pages, and npm packages.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::{Log, Steps};
use crate::{Result, cargo};

/// Folders with a `package.json`, except the bundler's, which only `./x dist` needs.
pub(crate) fn npm_folders() -> Vec<&'static str> {
    let folders = ["ui", "tests/providers", "tests/sdks", "clients/js"];
    folders.into_iter().filter(|folder| cargo::root().join(folder).join("package.json").exists()).collect()
}

/// `npm` in one of the folders.
pub(crate) fn npm(folder: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.args(arguments).current_dir(cargo::root().join(folder)).env("NO_COLOR", "1");
    command
}

/// Installs the packages of the folder's lock file, unless they are installed.
pub(crate) fn npm_install(folder: &str, log: &mut Log) -> Result {
    let folder_path = cargo::root().join(folder);
    let stamp = folder_path.join("node_modules/.abide-lock");
    let wanted = fingerprint(&[folder_path.join("package-lock.json"), folder_path.join("package.json")])?;
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return log.line("current");
    }
    // Only the packages of the lock file, without running their install scripts.
    log.command(npm(folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    Ok(std::fs::write(stamp, wanted)?)
}

/// Builds the pages into `ui/dist`, unless they were built from the same sources.
pub(crate) fn build(log: &mut Log) -> Result {
    built(log, "build", "dist/index.html", ".abide-built")
}

/// Builds the gallery into `ui/dist-demo`, in the same way. The tests take pictures of it.
pub(crate) fn gallery(log: &mut Log) -> Result {
    built(log, "build:demo", "dist-demo/demo.html", ".abide-gallery")
}

fn built(log: &mut Log, script: &str, page: &str, stamp: &str) -> Result {
    let root = cargo::root().join("ui");
    let mut sources = Vec::new();
    collect(&root, &mut sources)?;
    collect(&cargo::root().join("locales"), &mut sources)?;
    sources.sort();
    let wanted = fingerprint(&sources)?;
    let stamp = root.join("node_modules").join(stamp);
    let there = root.join(page).exists();
    if there && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return log.line("current");
    }
    log.command(npm("ui", &["run", script]))?;
    Ok(std::fs::write(stamp, wanted)?)
}

/// Whether the folder's `package.json` has a script of that name.
pub(crate) fn has_script(folder: &str, script: &str) -> Result<bool> {
    let text = std::fs::read_to_string(cargo::root().join(folder).join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    Ok(package["scripts"][script].is_string())
}

/// `./x ui`: builds only the pages. With `--gallery`: every page and state in a browser, without the agent, until Ctrl-C.
pub(crate) fn ui(arguments: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::new()?;
    if arguments.iter().any(|argument| argument == "--gallery") {
        if steps.step("ui: npm packages", |log| npm_install("ui", log)) {
            npm("ui", &["run", "dev", "--", "--open", "/demo.html"]).status()?;
        }
        return Ok(steps.code());
    }
    prepare(&mut steps);
    Ok(steps.code())
}

/// The two steps before the application is compiled, because it contains the pages.
pub(crate) fn prepare(steps: &mut Steps) -> bool {
    steps.step("ui: npm packages", |log| npm_install("ui", log)) && steps.step("ui: build", build)
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "node_modules" | "dist" | "dist-demo" | ".svelte-kit" | "coverage" | "tests") {
                collect(&path, into)?;
            }
        } else if !name.ends_with(".tsbuildinfo") {
            into.push(path);
        }
    }
    Ok(())
}

/// A value that changes when one of the files changes.
pub(crate) fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(cargo::root()).unwrap_or(file).hash(&mut hasher);
        std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
