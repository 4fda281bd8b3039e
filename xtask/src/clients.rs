//! The client libraries in `clients/`: their tests as programs under `target/tools`, which tests/tests/client_libraries.rs runs.

use std::path::{Path, PathBuf};

use crate::providers::{found, remove, tools, without_go};
use crate::steps::{Log, Steps};
use crate::tests_user::TestsUser;
use crate::{Result, cargo, packed, ui};

/// Builds what is missing or old.
pub(crate) fn install(steps: &mut Steps, user: Option<&TestsUser>) {
    if cfg!(target_os = "linux") {
        steps.possible("client library for Go", |log| go(log, user));
        steps.step("client library for Rust", |log| current("rust", log, rust));
        steps.step("client library for JavaScript", |log| current("js", log, packed::js));
        steps.possible("client library for Python", |log| {
            let mut skipped = None;
            current("python", log, |log| packed::python(log).map(|reason| skipped = reason))?;
            if skipped.is_some() {
                std::fs::remove_file(stamp("python"))?;
            }
            Ok(skipped)
        });
    }
}

/// All files below a folder of `clients/`, except what was built there.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            found.push(entry.path());
        } else if !["target", "node_modules", "reference"].iter().any(|built| entry.file_name() == *built) {
            found.extend(files(&entry.path())?);
        }
    }
    found.sort();
    Ok(found)
}

/// The sources of a library, and of the example.
fn fingerprint(language: &str) -> Result<String> {
    let mut sources = files(&cargo::root().join("clients").join(language))?;
    sources.push(cargo::root().join(packed::PAGE));
    ui::fingerprint(&sources)
}

/// What the work for a library was done with.
fn stamp(language: &str) -> PathBuf {
    tools(&format!("client-{language}")).join("abide-sources")
}

/// Does the work for a library unless it was done with the same sources.
fn current(language: &str, log: &mut Log, work: impl FnOnce(&mut Log) -> Result) -> Result {
    let stamp = stamp(language);
    let wanted = fingerprint(language)?;
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return log.line("current");
    }
    let _ = std::fs::remove_file(&stamp);
    work(log)?;
    std::fs::create_dir_all(stamp.parent().unwrap_or(&stamp))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

/// Checks the Go library for each system, and builds its tests.
fn go(log: &mut Log, user: Option<&TestsUser>) -> Result<Option<String>> {
    let sources = cargo::root().join("clients/go");
    let (folder, stamp) = (tools("client-go"), tools("client-go").join("abide-sources"));
    let wanted = fingerprint("go")?;
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        log.line("current")?;
        return Ok(None);
    }
    // The tests take the program that is there, so one of other sources goes first.
    remove(&folder)?;
    if let Some(why) = without_go(&sources, user)? {
        return Ok(Some(why));
    }
    let command = |words: &[&str]| {
        let mut command = found("go", user);
        command
            .args(words)
            .current_dir(&sources)
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "-buildvcs=false");
        command
    };
    for system in ["linux", "darwin", "windows"] {
        let mut vet = command(&["vet", "./..."]);
        vet.env("GOOS", system);
        log.command(vet)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut build = command(&["test", "-c", "-trimpath", "-o"]);
    build.arg(folder.join("tests")).arg(".");
    log.command(build)?;
    packed::go(log, user)?;
    std::fs::write(stamp, wanted)?;
    Ok(None)
}

/// Builds the tests of the Rust library, as a package outside of the workspace.
fn rust(log: &mut Log) -> Result {
    let (sources, folder) = (cargo::root().join("clients/rust"), tools("client-rust"));
    let mut check = cargo::cargo(["fmt", "--check"]);
    check.current_dir(&sources);
    log.command(check)?;
    let mut build = cargo::cargo(["test", "--no-run", "--locked", "--target-dir"]);
    build.arg(&folder).current_dir(&sources).env("CARGO_TERM_COLOR", "never");
    let mut programs = Vec::new();
    log.stream(build, |_, line| {
        // `Executable tests/agent.rs (target/tools/client-rust/debug/deps/agent-0123456789abcdef)`
        let words = line.trim_start().strip_prefix("Executable ").and_then(|rest| rest.strip_suffix(')'));
        if let Some((source, program)) = words.and_then(|words| words.split_once(" (")) {
            let name = if source.contains("tests/agent.rs") { "agent" } else { "vectors" };
            programs.push((name, sources.join(program)));
        }
    })?;
    for (name, program) in programs {
        std::fs::copy(program, folder.join(name))?;
    }
    packed::rust(log)
}
