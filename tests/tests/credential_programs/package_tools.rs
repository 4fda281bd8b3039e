//! Tools that read a private index of packages or a registry of artifacts: what they need, and how they are called.

use std::path::{Path, PathBuf};

use abide_tests::room::Room;
use abide_tests::seen::Client;
use abide_tests::shelf::Shelf;
use abide_tests::skipped;
use abide_tests::tool::{done, found, installed, tool};

use super::messages::Tool;
use super::written;

/// The servers of the tools: one over http, one over https with the authority that vouches for it.
pub(super) struct Servers<'a> {
    pub(super) plain: &'a Shelf,
    pub(super) secure: &'a Shelf,
    pub(super) authority: &'a Path,
}

impl Servers<'_> {
    /// What Abide may answer, for each dialect.
    pub(super) fn hosts(&self) -> [(&'static str, String); 4] {
        [
            ("cargo", format!("{}/index", self.plain.address())),
            ("goauth", self.secure.host()),
            ("keyring", format!("{}/simple", self.plain.address())),
            ("keyring", format!("{}/legacy", self.plain.address())),
        ]
    }
}

/// The tools that are here, each with its package on the shelf. `test` is the name of the test for those that are not.
pub(super) async fn package_tools(room: &Room, servers: &Servers<'_>, test: &str) -> Vec<Tool> {
    let mut tools = Vec::new();
    match cargo(room, servers.plain) {
        Some(cargo) => tools.push(cargo),
        None => skipped(&format!("{test}: cargo"), "this user cannot run cargo"),
    }
    match found("go") {
        Some(go) => tools.push(go_modules(room, &go, servers)),
        None => skipped(&format!("{test}: go"), "there is no go here"),
    }
    match (installed("python"), installed("uv")) {
        (Some(python), Some(uv)) => tools.extend(python_packages(room, &python, &uv, servers.plain).await),
        _ => skipped(&format!("{test}: pip, uv, twine, keyring"), "they are not installed"),
    }
    tools
}

/// A registry with `auth-required`, and a package that depends on one of it.
fn cargo(room: &Room, shelf: &Shelf) -> Option<Tool> {
    let own = std::env::var_os("CARGO").map(PathBuf::from);
    let own = own.filter(|place| std::process::Command::new(place).arg("-V").output().is_ok());
    let cargo = own.or_else(|| found("cargo"))?;
    let index = format!("{}/index/", shelf.address());
    written(
        room.path("shelf/index/config.json"),
        &format!("{{\"dl\":\"{index}dl\",\"auth-required\":true}}"),
    );
    let listed = format!(
        "{{\"name\":\"hello\",\"vers\":\"1.2.3\",\"deps\":[],\"features\":{{}},\"yanked\":false,\"cksum\":\"{}\"}}\n",
        "0".repeat(64)
    );
    written(room.path("shelf/index/he/ll/hello"), &listed);
    let manifest = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
                    [dependencies]\nhello = { version = \"1\", registry = \"work\" }\n";
    written(room.path("home/x/Cargo.toml"), manifest);
    written(room.path("home/x/src/lib.rs"), "");
    let manifest = room.path("home/x/Cargo.toml").display().to_string();
    let words = [cargo.to_str()?, "generate-lockfile", "--manifest-path", &manifest];
    let client = Client::system(&cargo, &["-V"]);
    let tool = Tool::new("cargo", client, &words, "Locking 1 package")
        .set("CARGO_HOME", room.path("home/cargo").display().to_string())
        .set("CARGO_REGISTRIES_WORK_INDEX", format!("sparse+{index}"))
        .set("CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS", "cargo:token abide");
    Some(tool)
}

/// A module proxy over TLS.
fn go_modules(room: &Room, go: &Path, servers: &Servers<'_>) -> Tool {
    written(room.path("shelf/go.test/hello/@v/list"), "v1.2.3\n");
    written(
        room.path("shelf/go.test/hello/@v/v1.2.3.info"),
        "{\"Version\":\"v1.2.3\",\"Time\":\"2026-01-01T00:00:00Z\"}",
    );
    written(room.path("shelf/go.test/hello/@v/v1.2.3.mod"), "module go.test/hello\n");
    let client = Client::system(go, &["version"]);
    let words = [go.to_str().unwrap(), "list", "-m", "-versions", "go.test/hello"];
    // It does not show what the program of GOAUTH says.
    Tool::new("goauth", client, &words, "go.test/hello v1.2.3")
        .says_instead("401 Unauthorized")
        .set("GOAUTH", "abide goauth")
        .set("GOPROXY", servers.secure.address())
        .set("GOSUMDB", "off")
        .set("GOTOOLCHAIN", "local")
        .set("GOFLAGS", "-mod=mod")
        .set("GOPATH", room.path("home/go").display().to_string())
        .set("GOCACHE", room.path("cache/go").display().to_string())
        .set("SSL_CERT_FILE", servers.authority.display().to_string())
}

/// pip and uv, which run the program `keyring`, and twine and keyring, which load the package.
async fn python_packages(room: &Room, python: &Path, uv: &Path, shelf: &Shelf) -> Vec<Tool> {
    let wheel = "hello-1.2.3-py3-none-any.whl";
    let page = format!("<!DOCTYPE html><a href=\"{wheel}\" data-core-metadata=\"true\">{wheel}</a>");
    written(room.path("shelf/simple/hello/index.html"), &page);
    let metadata = "Metadata-Version: 2.1\nName: hello\nVersion: 1.2.3\n";
    written(room.path(&format!("shelf/simple/hello/{wheel}.metadata")), metadata);
    written(room.path("shelf/legacy/index.html"), "");
    let make = format!(
        "import zipfile\nwith zipfile.ZipFile('{wheel}', 'w') as wheel:\n\
         \x20for name, text in [('METADATA', {metadata:?}), ('WHEEL', 'Wheel-Version: 1.0\\n'), ('RECORD', '')]:\n\
         \x20 wheel.writestr('hello-1.2.3.dist-info/' + name, text)\n"
    );
    let python_text = python.to_str().unwrap();
    let made = done(tool(room, python, &["-c", &make])).await;
    assert_eq!(made.code, 0, "{made:?}");
    let index = format!("http://oauth2@{}/simple/", shelf.host());
    let subprocess = ["--keyring-provider", "subprocess"];
    let pip = [
        &[python_text, "-m", "pip", "--isolated"][..],
        &subprocess,
        &["index", "versions", "hello", "--index-url", &index],
    ]
    .concat();
    let uv = [
        &[uv.to_str().unwrap(), "pip", "install"][..],
        &subprocess,
        &["--target", "packages", "--python", python_text, "--dry-run", "--no-cache", "hello", "--index-url"],
        &[&index],
    ]
    .concat();
    let upload = format!("{}/legacy/", shelf.address());
    let twine =
        [
            &[
                python_text,
                "-m",
                "twine",
                "upload",
                "--verbose",
                "--non-interactive",
                "--disable-progress-bar",
            ][..],
            &["--repository-url", &upload, "--username", "oauth2", wheel],
        ]
        .concat();
    let keyring = [python_text, "-m", "keyring", "--mode", "creds", "get", &index];
    let backend = abide_tests::workspace().join("packaging/keyring").display().to_string();
    let with_backend = |tool: Tool| {
        tool.set("PYTHONPATH", backend.clone()).set("PYTHON_KEYRING_BACKEND", "abide_keyring.AbideKeyring")
    };
    vec![
        Tool::new("keyring", Client::python("pip"), &pip, "1.2.3"),
        Tool::new("keyring", Client::python("uv"), &uv, "1.2.3"),
        with_backend(Tool::new("keyring", Client::python("twine"), &twine, "200 OK")),
        with_backend(Tool::new("keyring", Client::python("keyring"), &keyring, "oauth2\n")),
    ]
}
