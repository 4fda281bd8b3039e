//! The SDKs and the providers of the tests, except those from npm: `django-oidc-provider` from PyPI and Keycloak from Maven Central, each
//! in one fixed version, and LemonLDAP::NG from Debian, all under `target/tools`. Only Linux has the tests that need them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::{Log, Steps};
use crate::tests_user::TestsUser;
use crate::{Result, cargo, maven, ui};

const KEYCLOAK: &str = "26.7.3";
const KEYCLOAK_SHA256: &str = "77657f30b7e90d70f727712ce1c967f430fd6a5e9f458d32d8c6df0635345f47";
/// Increase this when the installation changes.
const KEYCLOAK_REVISION: u32 = 2;
/// The administrator account that the tests use to make realms; also in their `keycloak.rs`.
const KEYCLOAK_ADMINISTRATOR: (&str, &str) = ("administrator", "demo");
/// Keycloak officially needs 21, but starts with this.
const JAVA: u32 = 17;

/// The version that the tests and docs/providers/lemonldap-ng.md are about.
const LEMONLDAP: &str = "2.16.";
/// Increase this when the unpacking changes.
const LEMONLDAP_REVISION: &str = "1";
const LEMONLDAP_PACKAGES: [&str; 3] =
    ["liblemonldap-ng-common-perl", "liblemonldap-ng-handler-perl", "liblemonldap-ng-portal-perl"];

/// Installs missing providers for the user of the tests. Those that are not available on this machine count as skipped.
pub(crate) fn install(steps: &mut Steps, user: Option<&TestsUser>) {
    for folder in ui::npm_folders().into_iter().filter(|folder| *folder != "ui") {
        steps.step(&format!("npm packages of {folder}"), |log| ui::npm_install(folder, log));
    }
    if cfg!(target_os = "linux") {
        steps.possible("django-oidc-provider", |log| {
            python(log, user, "django", "tests/providers/django/requirements.txt", "oidc_provider")
        });
        steps.possible("SDKs for Python", |log| {
            python(
                log,
                user,
                "sdks",
                "tests/sdks/requirements.txt",
                "azure.identity, google.auth, boto3, httpx, keyring, moto.server, opentelemetry.sdk, requests, uv",
            )
        });
        steps.possible("schemathesis and build", |log| {
            python(log, user, "checks", "tests/checks/requirements.txt", "build, schemathesis, setuptools")
        });
        steps.possible("SDKs for Go", |log| go(log, user));
        steps.possible("Keycloak", |log| keycloak(log, user));
        steps.possible("LemonLDAP::NG", lemonldap);
    }
}

pub(crate) fn tools(name: &str) -> PathBuf {
    cargo::root().join("target/tools").join(name)
}

/// A program that the user of the tests finds too.
pub(crate) fn found(program: &str, user: Option<&TestsUser>) -> Command {
    // Looked up here, because a command searches only its own `PATH`.
    let place = user.and_then(|user| {
        let mut folders = std::env::split_paths(user.path());
        folders.find_map(|folder| Some(folder.join(program)).filter(|place| place.is_file()))
    });
    Command::new(place.unwrap_or_else(|| PathBuf::from(program)))
}

/// A virtual environment with the versions of a `requirements.txt`, where these modules can be imported.
fn python(
    log: &mut Log,
    user: Option<&TestsUser>,
    name: &str,
    requirements: &str,
    modules: &str,
) -> Result<Option<String>> {
    let requirements = cargo::root().join(requirements);
    let environment = tools(name);
    let python = environment.join("bin/python");
    let stamp = environment.join("abide-requirements");
    let wanted = ui::fingerprint(std::slice::from_ref(&requirements))?;
    // An environment is bound to the Python that made it: it may not start any more after an upgrade of the system.
    let starts = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    // And the Python of one user may be closed to another, for example below /root.
    let starts = starts.is_ok_and(|output| output.status.success())
        && user.is_none_or(|user| python.canonicalize().is_ok_and(|python| user.starts(&python)));
    if starts && std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        log.line("current")?;
        return Ok(None);
    }
    let usable = found("python3", user).args(["-c", "import venv, ensurepip"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        return Ok(Some("there is no Python 3 with venv and pip here".to_owned()));
    }
    remove(&environment)?;
    let mut make = found("python3", user);
    make.args(["-m", "venv"]).arg(&environment);
    log.command(make)?;
    let mut fill = Command::new(&python);
    fill.args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--requirement"])
        .arg(&requirements);
    log.command(fill)?;
    std::fs::write(stamp, wanted)?;
    Ok(None)
}

/// One program with the SDKs of `tests/sdks/go`.
fn go(log: &mut Log, user: Option<&TestsUser>) -> Result<Option<String>> {
    let sources = cargo::root().join("tests/sdks/go");
    let (folder, stamp) = (tools("go-sdks"), tools("go-sdks").join("abide-sources"));
    let wanted = ui::fingerprint(&["go.mod", "go.sum", "main.go"].map(|name| sources.join(name)))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        log.line("current")?;
        return Ok(None);
    }
    // The tests take the program that is there, so one of other sources goes first.
    remove(&folder)?;
    if let Some(why) = without_go(&sources, user)? {
        return Ok(Some(why));
    }
    std::fs::create_dir_all(&folder)?;
    let mut build = found("go", user);
    build
        .args(["build", "-trimpath", "-o"])
        .arg(folder.join("sdks"))
        .arg(".")
        .current_dir(&sources)
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "-mod=readonly -buildvcs=false");
    log.command(build)?;
    std::fs::write(stamp, wanted)?;
    Ok(None)
}

/// Why a module cannot be built here; `None` if there is a Go that is new enough.
pub(crate) fn without_go(module: &Path, user: Option<&TestsUser>) -> Result<Option<String>> {
    let text = std::fs::read_to_string(module.join("go.mod"))?;
    let needed = text.lines().find_map(|line| line.strip_prefix("go ")).unwrap_or_default();
    let Ok(output) = found("go", user).args(["env", "GOVERSION"]).output() else {
        return Ok(Some("there is no Go here".to_owned()));
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches("go").to_owned();
    let is_old = release(&version) < release(needed);
    Ok(is_old.then(|| format!("it needs Go {needed} or newer, and this is Go {version}")))
}

/// The first two numbers of a version.
fn release(version: &str) -> Vec<u32> {
    version.split('.').take(2).map(|number| number.parse().unwrap_or_default()).collect()
}

/// The distribution, built for an embedded database and without the two consoles.
fn keycloak(log: &mut Log, user: Option<&TestsUser>) -> Result<Option<String>> {
    let folder = tools("keycloak");
    let stamp = folder.join("abide-version");
    let wanted = format!("{KEYCLOAK} {KEYCLOAK_REVISION}");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        log.line("current")?;
        return Ok(None);
    }
    match java(user) {
        Some(version) if version >= JAVA => {}
        Some(version) => {
            return Ok(Some(format!("it needs Java {JAVA} or newer, and this is Java {version}")));
        }
        None => return Ok(Some("there is no Java here".to_owned())),
    }
    let (archive, unpacked) = (tools("keycloak.tar.gz"), tools("keycloak-unpacked"));
    remove(&folder)?;
    remove(&unpacked)?;
    std::fs::create_dir_all(&unpacked)?;
    download(log, &archive)?;
    let mut unpack = Command::new("tar");
    unpack.arg("-xzf").arg(&archive).args(["--strip-components=1", "-C"]).arg(&unpacked);
    log.command(unpack)?;
    // It has to stay where it is built, because it writes the path into its files.
    std::fs::rename(&unpacked, &folder)?;
    let script = |arguments: &[&str]| {
        let mut command = Command::new(folder.join("bin/kc.sh"));
        command
            .args(arguments)
            .env("ADMINISTRATOR_PASSWORD", KEYCLOAK_ADMINISTRATOR.1)
            .env("JAVA_OPTS_KC_HEAP", "-Xms64m -Xmx512m")
            // Half a minute of work, done once: the better compiler would take longer than it saves.
            .env("JAVA_OPTS_APPEND", "-XX:TieredStopAtLevel=1");
        command
    };
    log.command(script(&["build", "--db=dev-file", "--features-disabled=admin,account"]))?;
    // Also makes the database, which takes as long as the rest of a start: each run of the tests begins with a copy.
    log.command(script(&[
        "bootstrap-admin",
        "user",
        "--username",
        KEYCLOAK_ADMINISTRATOR.0,
        "--password:env",
        "ADMINISTRATOR_PASSWORD",
        "--optimized",
    ]))?;
    std::fs::remove_file(&archive)?;
    std::fs::write(stamp, wanted)?;
    Ok(None)
}

/// Downloads Keycloak, unless the complete file exists.
fn download(log: &mut Log, archive: &Path) -> Result {
    if checked(log, archive).is_ok() {
        return Ok(());
    }
    let name = "keycloak-quarkus-dist";
    let address = format!("{}/org/keycloak/{name}/{KEYCLOAK}/{name}-{KEYCLOAK}.tar.gz", maven::central());
    let mut fetch = Command::new("curl");
    fetch
        .args(["--fail", "--silent", "--show-error", "--location", "--retry", "3", "--connect-timeout", "30"])
        .arg("--output")
        .arg(archive)
        .arg(address);
    log.command(fetch)?;
    checked(log, archive)
}

fn checked(log: &mut Log, archive: &Path) -> Result {
    let output = Command::new("sha256sum").arg("--binary").arg(archive).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = text.split_whitespace().next().unwrap_or("nothing").trim_start_matches('\\');
    log.line(&format!("SHA-256 of {}: {found}", archive.display()))?;
    if found == KEYCLOAK_SHA256 {
        Ok(())
    } else {
        Err(format!("Keycloak {KEYCLOAK} is not the file that was expected: its SHA-256 is {found}").into())
    }
}

/// The major version of the installed Java.
fn java(user: Option<&TestsUser>) -> Option<u32> {
    let output = found("java", user).arg("-version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stderr))
}

/// `openjdk version "17.0.15" 2025-04-15`; until 8 it was `"1.8.0_292"`.
fn major(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("version \"")?;
    let number = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    number.parse().ok()
}

/// Its portal, unpacked but not installed: the packages bring a web server, and a service that starts with the system.
fn lemonldap(log: &mut Log) -> Result<Option<String>> {
    let folder = tools("lemonldap-ng");
    let stamp = folder.join("abide-version");
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found.ends_with(LEMONLDAP_REVISION)) {
        log.line("current")?;
        return Ok(None);
    }
    let Some(version) = offered(LEMONLDAP_PACKAGES[2]) else {
        return Ok(Some("this system has no package of it".to_owned()));
    };
    if !version.starts_with(LEMONLDAP) {
        return Ok(Some(format!("the tests know {LEMONLDAP}x, and this system has {version}")));
    }
    let modules = ["Apache::Session", "Config::IniFiles", "Crypt::OpenSSL::X509", "Mouse", "Starman"];
    let mut perl = Command::new("perl");
    perl.args(modules.map(|module| format!("-M{module}"))).args(["-e", "1"]);
    if !perl.output().is_ok_and(|output| output.status.success()) {
        return Ok(Some("the Perl modules that it needs are not installed".to_owned()));
    }
    remove(&folder)?;
    let packages = folder.join("packages");
    std::fs::create_dir_all(&packages)?;
    // apt compares its downloads with the distribution's signed lists.
    let mut fetch = Command::new("apt-get");
    fetch.args(["-q", "download"]).args(LEMONLDAP_PACKAGES).current_dir(&packages);
    log.command(fetch)?;
    for package in std::fs::read_dir(&packages)? {
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("-x").arg(package?.path()).arg(&folder);
        log.command(unpack)?;
    }
    remove(&packages)?;
    std::fs::write(stamp, format!("{version} {LEMONLDAP_REVISION}"))?;
    Ok(None)
}

/// The version of a package that apt would install.
fn offered(package: &str) -> Option<String> {
    let output = Command::new("apt-cache").args(["show", "--no-all-versions", package]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("Version: ")).map(str::to_owned)
}

pub(crate) fn remove(folder: &Path) -> Result {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{major, release};

    #[test]
    fn releases_are_compared_as_numbers() {
        assert!(release("1.9.2") < release("1.26.0") && release("1.26.8") == release("1.26"));
        assert!(release("") < release("1.26"));
    }

    #[test]
    fn the_version_of_java_is_read() {
        assert_eq!(major("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(major("openjdk version \"21\" 2023-09-19"), Some(21));
        assert_eq!(major("java version \"1.8.0_292\""), Some(1));
        assert_eq!(major("sh: java: not found"), None);
    }
}
