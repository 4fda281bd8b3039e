//! The client libraries as a user gets them: packed for their registry, installed into an empty project, with a program that makes one
//! call. The programs are under `target/tools`; tests/tests/client_libraries.rs runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::providers::{found, remove, tools};
use crate::steps::Log;
use crate::tests_user::TestsUser;
use crate::{Result, cargo, ui};

/// The page whose examples the programs are.
pub(crate) const PAGE: &str = "docs/clients.md";

/// The first example in a language.
fn example(language: &str) -> Result<String> {
    let page = std::fs::read_to_string(cargo::root().join(PAGE))?;
    let example = page.split_once(&format!("```{language}\n")).and_then(|(_, rest)| rest.split_once("```\n"));
    let (text, _) = example.ok_or_else(|| format!("{PAGE} has no example in {language}"))?;
    Ok(text.to_owned())
}

/// An empty folder for a user's project.
fn project(library: &str) -> Result<PathBuf> {
    let folder = tools(library).join("user");
    remove(&folder)?;
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A module that requires the library's folder, as a release of it would have it.
pub(crate) fn go(log: &mut Log, user: Option<&TestsUser>) -> Result {
    let folder = project("client-go")?;
    let library = cargo::root().join("clients/go");
    let module = "github.com/abide-session/abide/clients/go";
    let text = format!(
        "module example.com/user\n\ngo 1.21\n\nrequire {module} v0.1.0\n\nreplace {module} => {}\n",
        library.display()
    );
    std::fs::write(folder.join("go.mod"), text)?;
    std::fs::write(folder.join("main.go"), example("go")?)?;
    let mut build = found("go", user);
    build.args(["build", "-trimpath", "-o", "program", "."]).current_dir(&folder);
    build.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-buildvcs=false -mod=mod").env("GOPROXY", "off");
    log.command(build)
}

pub(crate) fn rust(log: &mut Log) -> Result {
    let (folder, target) = (project("client-rust")?, tools("client-rust"));
    let library = cargo::root().join("clients/rust");
    let cargo_in = |folder: &Path, words: &[&str]| {
        let mut command = cargo::cargo([]);
        command.args(words).arg("--target-dir").arg(&target).current_dir(folder);
        command.env("CARGO_TERM_COLOR", "never");
        command
    };
    log.command(cargo_in(&library, &["package", "--no-verify", "--allow-dirty", "--locked"]))?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(target.join("package/abide-client-0.1.0.crate")).current_dir(&folder);
    log.command(unpack)?;
    let manifest = "[package]\nname = \"user\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nabide-client = { path = \
                    \"abide-client-0.1.0\" }\n\n[workspace]\n";
    std::fs::write(folder.join("Cargo.toml"), manifest)?;
    // The same versions as in the library's own tests.
    std::fs::copy(library.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    std::fs::create_dir_all(folder.join("src"))?;
    std::fs::write(folder.join("src/main.rs"), example("rust")?)?;
    log.command(cargo_in(&folder, &["build"]))?;
    std::fs::copy(target.join("debug/user"), folder.join("program"))?;
    Ok(())
}

pub(crate) fn js(log: &mut Log) -> Result {
    let folder = project("client-js")?;
    let target = folder.display().to_string();
    // Fails if something that a program can use is not described.
    let reference = tools("client-js").join("reference").display().to_string();
    log.command(ui::npm("clients/js", &["run", "reference", "--", "--out", &reference]))?;
    log.command(ui::npm("clients/js", &["pack", "--pack-destination", &target]))?;
    std::fs::write(folder.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    let mut install = Command::new("npm");
    install.args(["install", "--offline", "--no-audit", "--no-fund", "./abide-client-0.1.0.tgz"]);
    install.current_dir(&folder);
    log.command(install)?;
    std::fs::write(folder.join("user.js"), example("js")?)?;
    Ok(())
}

/// With `build`, in the environment of the tests' own checks.
pub(crate) fn python(log: &mut Log) -> Result<Option<String>> {
    let python = tools("checks").join("bin/python");
    if !python.is_file() {
        return Ok(Some("there is no Python environment for it".to_owned()));
    }
    let folder = project("client-python")?;
    // Setuptools writes beside the sources.
    let sources = folder.join("sources");
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(cargo::root().join("clients/python")).arg(&sources);
    log.command(copy)?;
    let mut build = Command::new(&python);
    build.args(["-m", "build", "--no-isolation", "--outdir"]).arg(folder.join("dist")).arg(&sources);
    log.command(build)?;
    let wheel = folder.join("dist/abide_client-0.1.0-py3-none-any.whl");
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"]);
    install.args(["--no-index", "--no-deps", "--target"]).arg(folder.join("packages")).arg(wheel);
    log.command(install)?;
    std::fs::write(folder.join("user.py"), example("python")?)?;
    Ok(None)
}
