//! `./x` on a machine where tools are missing, with fake programs instead of the system's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::cargo;

/// The programs that the script itself needs.
const OWN: &[&str] = &[
    "sh",
    "dirname",
    "sed",
    "awk",
    "date",
    "mkdir",
    "tail",
    "cat",
    "uname",
    "chmod",
    "sha256sum",
    "env",
    "tr",
];
/// The tools that `./x run` needs, each in a sufficient version.
const THERE: &[(&str, &str)] = &[
    ("id", "echo 1000"),
    ("dpkg-query", "exit 1"),
    ("apt-get", "echo \"apt-get $*\" >>asked"),
    ("apt-cache", ":"),
    ("cc", ":"),
    ("make", ":"),
    ("pkg-config", ":"),
    ("git", ":"),
    ("file", ":"),
    ("npm", ":"),
    ("node", "echo v22.1.0"),
    ("curl", "echo \"curl $*\" >>asked; echo 'curl: (6) Could not resolve host' >&2; exit 6"),
    ("rustc", "echo 'rustc 1.999.0'"),
    ("cargo", "case $1 in --version) echo 'cargo 1.999.0' ;; *) echo \"cargo $*\" ;; esac"),
];

/// A folder with the script, and a `PATH` with only these programs. Removed when dropped.
struct Machine(PathBuf);

struct Said {
    code: Option<i32>,
    text: String,
    /// The requests to the package manager and curl.
    asked: String,
}

impl Machine {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("abide-x-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let machine = Self(folder);
        std::fs::create_dir_all(machine.0.join("bin")).unwrap();
        // The system's own programs are not in `PATH`.
        let script = std::fs::read_to_string(cargo::root().join("x")).unwrap();
        let bin = machine.0.join("bin").to_string_lossy().into_owned();
        std::fs::write(machine.0.join("x"), script.replace("/usr/bin", &bin)).unwrap();
        std::fs::copy(cargo::root().join("Cargo.toml"), machine.0.join("Cargo.toml")).unwrap();
        for program in OWN {
            let path = std::env::var_os("PATH").unwrap();
            let found =
                std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
            std::os::unix::fs::symlink(found.unwrap(), machine.0.join("bin").join(program)).unwrap();
        }
        THERE.iter().for_each(|(program, script)| machine.has(program, script));
        machine
    }

    fn has(&self, program: &str, script: &str) {
        let file = self.0.join("bin").join(program);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn has_no(&self, program: &str) {
        std::fs::remove_file(self.0.join("bin").join(program)).unwrap();
    }

    fn x(&self, command: &str) -> Said {
        let output = Command::new("/bin/sh")
            .args(["x", command])
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", self.0.join("bin"))
            .env("HOME", &self.0)
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let asked = std::fs::read_to_string(self.0.join("asked")).unwrap_or_default();
        Said { code: output.status.code(), text: text.concat(), asked }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn without_root_it_continues_if_the_tools_are_there() {
    let machine = Machine::new("there");
    // No package is installed: the user has their own compiler and Node.
    machine.has("curl", "exit 1");
    let said = machine.x("run");
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("cargo run -q -p xtask -- run"), "{}", said.text);
    assert_eq!(said.asked, "", "nothing was fetched");
}

#[test]
fn without_root_it_names_what_is_missing_and_one_command() {
    let machine = Machine::new("missing");
    machine.has("pkg-config", "case $2 in webkit2gtk-4.1) exit 1 ;; esac");
    machine.has_no("file");
    let said = machine.x("run");
    assert_eq!(said.code, Some(2), "{}", said.text);
    assert!(
        said.text.contains("\n  apt-get install --no-install-recommends libwebkit2gtk-4.1-dev file\n"),
        "{}",
        said.text
    );
    assert_eq!(said.asked, "", "nothing was tried that cannot succeed");
    assert!(!said.text.contains("sudo: not found"), "{}", said.text);
}

#[test]
fn with_sudo_it_installs() {
    let machine = Machine::new("sudo");
    machine.has_no("file");
    machine.has("sudo", "exec \"$@\"");
    let said = machine.x("run");
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.asked.contains(" update\n"), "{}", said.asked);
    assert!(
        said.asked.contains(" install --no-install-recommends ") && said.asked.contains(" file"),
        "{}",
        said.asked
    );
}

/// As for a user who may not use it: a sudo that is there is no sudo that helps.
#[test]
fn with_a_sudo_that_refuses_it_continues_or_says_what_is_missing() {
    let refuses = "echo 'sudo: a password is required' >&2; exit 1";
    let machine = Machine::new("refusing-there");
    machine.has("sudo", refuses);
    let said = machine.x("run");
    assert_eq!(said.code, Some(0), "{}", said.text);
    assert!(said.text.contains("cargo run -q -p xtask -- run"), "{}", said.text);
    let machine = Machine::new("refusing-missing");
    machine.has("sudo", refuses);
    machine.has_no("file");
    let said = machine.x("run");
    assert_eq!(said.code, Some(2), "{}", said.text);
    let command = "\n  apt-get install --no-install-recommends file\n";
    for part in ["sudo: a password is required", command] {
        assert!(said.text.contains(part), "{}", said.text);
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let machine = Machine::new("foreign");
    std::fs::write(machine.0.join("target"), "").unwrap();
    let said = machine.x("run");
    assert_eq!(said.code, Some(2), "{}", said.text);
    assert!(said.text.contains(&format!("x: {} cannot be written to", machine.0.display())), "{}", said.text);
}

#[test]
fn it_says_when_rustup_could_not_be_reached() {
    let machine = Machine::new("rustup");
    machine.has("rustc", "echo 'rustc 1.63.0'");
    let said = machine.x("run");
    assert_eq!(said.code, Some(2), "{}", said.text);
    assert!(
        said.text.contains("rustup could not be reached at https://static.rust-lang.org"),
        "{}",
        said.text
    );
    assert!(said.text.contains("Could not resolve host"), "{}", said.text);
    assert!(
        said.text.contains("\n  apt-get install --no-install-recommends rustc-web cargo-web"),
        "{}",
        said.text
    );
}

#[test]
fn an_installer_that_is_not_the_expected_one_is_not_started() {
    let machine = Machine::new("installer");
    machine.has("rustc", "echo 'rustc 1.63.0'");
    // Every download returns this.
    machine.has(
        "curl",
        "while [ \"$1\" != -o ]; do shift; done; printf '#!/bin/sh\\necho started >>asked\\n' >\"$2\"",
    );
    let said = machine.x("run");
    assert_eq!(said.code, Some(1), "{}", said.text);
    assert!(said.text.contains("rustup-init is not the file that was expected"), "{}", said.text);
    assert_eq!(said.asked, "");
}
