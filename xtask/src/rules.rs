//! Rules of the repository that the compiler does not check: dependencies between packages, and some about the sources.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cargo;

/// The packages of ours that each may use. A package that is not listed may not be used.
const EDGES: &[(&str, &[&str])] = &[
    ("abide-session", &[]),
    // A test's own, behind the feature `failpoints` of the others.
    ("abide-failpoint", &[]),
    ("abide-oidc", &["abide-wire", "abide-failpoint"]),
    ("abide-vault", &["abide-failpoint"]),
    ("abide-wire", &[]),
    ("abide-audit", &[]),
    ("abide-locale", &["abide-wire"]),
    ("abide-decision", &["abide-wire"]),
    ("abide-dialects", &["abide-wire"]),
    ("abide-demo-op", &[]),
    ("abide-presence", &[]),
    (
        "abide-agent",
        &[
            "abide-session",
            "abide-oidc",
            "abide-vault",
            "abide-wire",
            "abide-audit",
            "abide-decision",
            "abide-dialects",
            "abide-locale",
            "abide-demo-op",
            "abide-presence",
            "abide-failpoint",
        ],
    ),
    ("abide-cli", &["abide-wire", "abide-audit", "abide-dialects"]),
    // The two programs.
    ("abide", &["abide-cli", "abide-agent"]),
    ("abide-desktop", &["abide-agent", "abide-locale", "abide-wire"]),
    // Outside of the programs.
    ("abide-parser-contracts", &["abide-agent", "abide-oidc", "abide-vault", "abide-dialects", "abide-wire"]),
    ("xtask", &["abide-wire", "abide-cli", "abide-dialects"]),
    (
        "abide-tests",
        &[
            "abide-session",
            "abide-oidc",
            "abide-vault",
            "abide-wire",
            "abide-demo-op",
            "abide-agent",
            "abide-cli",
            "abide-failpoint",
        ],
    ),
];

/// Our own tests may sign in to the embedded provider.
const IN_TESTS: &[(&str, &str)] =
    &[("abide-agent", "abide-demo-op"), ("abide-oidc", "abide-demo-op"), ("abide-cli", "abide-demo-op")];

/// Packages that must not be reached at any depth; a name ending in `*` means all that begin so.
const OUT_OF_REACH: &[(&str, &[&str])] = &[
    ("abide-session", &["tokio", "serde", "openidconnect", "tauri*"]),
    ("abide-decision", &["tokio", "hyper", "openidconnect", "tauri*"]),
    // The command starts in a few milliseconds: no runtime, no catalogues of texts.
    ("abide-cli", &["tokio", "openidconnect", "fluent*", "tauri*", "gtk*", "webkit*"]),
    ("abide-oidc", &["tauri*", "gtk*"]),
    ("abide-vault", &["tauri*", "gtk*"]),
    ("abide-wire", &["tokio", "tauri*", "gtk*"]),
    ("abide-dialects", &["tokio", "hyper", "tauri*", "gtk*"]),
    ("abide-locale", &["tokio", "tauri*", "gtk*"]),
    ("abide-demo-op", &["tauri*", "gtk*"]),
    // No desktop library either: it connects to the desktop over sockets.
    ("abide-presence", &["tauri*", "gtk*", "openidconnect", "reqwest", "x11-dl"]),
    ("abide-agent", &["tauri*", "gtk*"]),
    ("abide", &["tauri*", "gtk*", "webkit*"]),
    ("abide-tests", &["tauri*"]),
    ("xtask", &["tokio", "tauri*"]),
];

struct Dependency {
    from: String,
    to: String,
    kind: String,
    optional: bool,
}

fn metadata() -> Value {
    let output = cargo::cargo(["metadata", "--locked", "--format-version", "1"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn array<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The packages of this workspace.
fn members(metadata: &Value) -> Vec<&Value> {
    let ids: BTreeSet<&str> = array(metadata, "workspace_members").iter().filter_map(Value::as_str).collect();
    array(metadata, "packages").iter().filter(|package| ids.contains(text(package, "id"))).collect()
}

/// The dependencies in the members' manifests.
fn own_dependencies(metadata: &Value) -> Vec<Dependency> {
    let names: BTreeSet<&str> = members(metadata).iter().map(|package| text(package, "name")).collect();
    members(metadata)
        .into_iter()
        .flat_map(|package| {
            array(package, "dependencies").iter().map(move |dependency| (package, dependency))
        })
        .filter(|(_, dependency)| names.contains(text(dependency, "name")))
        .map(|(package, dependency)| Dependency {
            from: text(package, "name").to_owned(),
            to: text(dependency, "name").to_owned(),
            kind: dependency["kind"].as_str().unwrap_or("normal").to_owned(),
            optional: dependency["optional"] == true,
        })
        .collect()
}

#[test]
fn packages_use_only_whom_they_may() {
    let metadata = metadata();
    let allowed: BTreeMap<&str, &[&str]> = EDGES.iter().copied().collect();
    for package in members(&metadata) {
        let name = text(package, "name");
        assert!(allowed.contains_key(name), "{name} is new: say in EDGES whom it may use");
    }
    let dependencies = own_dependencies(&metadata);
    assert!(dependencies.iter().any(|edge| edge.from == "abide-agent" && edge.to == "abide-session"));
    for edge in &dependencies {
        let listed = allowed[edge.from.as_str()].contains(&edge.to.as_str());
        let in_tests = edge.kind == "dev" && IN_TESTS.contains(&(edge.from.as_str(), edge.to.as_str()));
        assert!(listed || in_tests, "{} may not use {} ({})", edge.from, edge.to, edge.kind);
    }
}

#[test]
fn the_agent_holds_the_demo_provider_only_behind_its_feature() {
    let metadata = metadata();
    let edges = own_dependencies(&metadata);
    let edge = edges
        .iter()
        .find(|edge| edge.from == "abide-agent" && edge.to == "abide-demo-op" && edge.kind == "normal")
        .expect("abide-agent knows abide-demo-op");
    assert!(edge.optional);
    let agent =
        members(&metadata).into_iter().find(|package| text(package, "name") == "abide-agent").unwrap();
    let enabling: Vec<&String> = agent["features"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, parts)| {
            parts.as_array().unwrap().iter().any(|part| part.as_str().unwrap().contains("demo-op"))
        })
        .map(|(feature, _)| feature)
        .collect();
    assert_eq!(enabling, ["demo"]);
}

/// The packages that `cargo build` uses for these, with the features that it would choose.
fn built_from(packages: &[&str]) -> BTreeSet<String> {
    let mut command = cargo::cargo(["tree", "--locked", "--edges", "normal,build", "--prefix", "none"]);
    for package in packages {
        command.args(["-p", package]);
    }
    let output = command.args(["--format", "{p}"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn no_program_that_is_handed_out_has_the_places_at_which_a_test_ends_it() {
    assert!(built_from(&["abide", "abide-tests"]).contains("abide-failpoint"), "the tests have them");
    // As `./x dist` and `./x run` build them.
    let released = built_from(&["abide-desktop", "abide"]);
    assert!(released.contains("abide-agent") && !released.contains("abide-failpoint"));
    let metadata = metadata();
    for package in members(&metadata) {
        let name = text(package, "name");
        for dependency in array(package, "dependencies") {
            let wants = array(dependency, "features").iter().any(|feature| feature == "failpoints");
            assert!(!wants || name == "abide-tests", "{name} must not ask for `failpoints`");
            let is_it = text(dependency, "name") == "abide-failpoint";
            assert!(!is_it || dependency["optional"] == true || name == "abide-tests", "{name}");
        }
        for (feature, parts) in package["features"].as_object().unwrap() {
            let enables = array_of(parts).iter().any(|part| part.contains("failpoint"));
            assert!(!enables || feature == "failpoints", "{name}: {feature}");
        }
    }
}

#[test]
fn a_provider_that_is_played_is_in_tests_only() {
    let metadata = metadata();
    let mut asking = Vec::new();
    for package in members(&metadata) {
        let name = text(package, "name");
        for dependency in array(package, "dependencies") {
            if array(dependency, "features").iter().any(|feature| feature == "scripted") {
                asking.push((name, text(dependency, "kind")));
            }
        }
        for (feature, parts) in package["features"].as_object().unwrap() {
            assert!(!array_of(parts).iter().any(|part| part.contains("scripted")), "{name}: {feature}");
        }
    }
    assert_eq!(asking, [("abide-agent", "dev")]);
}

fn array_of(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn each_place_at_which_a_test_ends_a_program_is_in_the_sources_once() {
    let list = std::fs::read_to_string(cargo::root().join("crates/failpoint/src/lib.rs")).unwrap();
    let (_, list) = list.split_once("pub const ALL: &[&str] = &[").unwrap();
    let (list, _) = list.split_once("];").unwrap();
    let names: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert!(names.len() > 20, "{names:?}");
    let files: Vec<PathBuf> = ["agent", "oidc", "vault"]
        .iter()
        .flat_map(|name| sources(&format!("crates/{name}/src"), &[".rs"]))
        .collect();
    for name in &names {
        let place = format!("failpoint!(\"{name}\")");
        assert_eq!(mentions(&files, &[&place]).len(), 1, "{name}");
    }
    assert_eq!(mentions(&files, &["failpoint!(\""]).len(), names.len(), "and there are no others");
}

#[test]
fn what_must_stay_out_of_reach_is_out_of_reach() {
    let metadata = metadata();
    let name_of: BTreeMap<&str, &str> = array(&metadata, "packages")
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let nodes: BTreeMap<&str, &Value> =
        array(&metadata["resolve"], "nodes").iter().map(|node| (text(node, "id"), node)).collect();
    for package in members(&metadata) {
        let name = text(package, "name");
        let reached = reach(text(package, "id"), &nodes);
        let reached: BTreeSet<&str> = reached.iter().map(|id| name_of[id]).collect();
        for (_, banned) in OUT_OF_REACH.iter().filter(|(from, _)| *from == name) {
            for ban in *banned {
                let found = reached.iter().find(|found| match ban.strip_suffix('*') {
                    Some(start) => found.starts_with(start),
                    None => found == &ban,
                });
                assert_eq!(found, None, "{name} must not reach {ban}");
            }
        }
    }
    // The tray application does reach Tauri, so the search above works.
    let desktop =
        members(&metadata).into_iter().find(|package| text(package, "name") == "abide-desktop").unwrap();
    assert!(reach(text(desktop, "id"), &nodes).iter().any(|id| name_of[id] == "tauri"));
}

/// All packages that a package is built from, without those that only its tests use.
fn reach<'a>(from: &'a str, nodes: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for dependency in array(nodes[id], "deps") {
            let built = array(dependency, "dep_kinds").iter().any(|kind| kind["kind"] != "dev");
            if built && found.insert(text(dependency, "pkg")) {
                open.push(text(dependency, "pkg"));
            }
        }
    }
    found
}

#[test]
fn every_package_has_the_lints_of_the_workspace() {
    let metadata = metadata();
    for package in members(&metadata) {
        let manifest = std::fs::read_to_string(text(package, "manifest_path")).unwrap();
        assert!(
            manifest.replace("\r\n", "\n").contains("[lints]\nworkspace = true"),
            "{}",
            text(package, "name")
        );
    }
}

/// What answers requests that contain no proof, from any page and, at the logout listener, from any computer.
const ANSWERING: &[&str] = &[
    "crates/agent/src/server",
    "crates/agent/src/browser",
    "crates/agent/src/provider_session/check_session",
    "crates/agent/src/provider_session/logout_listener.rs",
    "crates/agent/src/provider_session/notified.rs",
    "crates/agent/src/provider_session/security_events.rs",
    "crates/agent/src/api/listen.rs",
    "crates/agent/src/api/routes.rs",
    "crates/agent/src/proxy/gate.rs",
];

/// The warnings and errors in a file's log that anyone can repeat: `Quiet` tells how many it has kept back as `more`.
fn loud(text: &str) -> (Vec<&str>, usize) {
    let text = text.split("\nmod tests").next().unwrap_or_default();
    let starts =
        ["tracing::warn!(", "tracing::error!("].into_iter().flat_map(|start| text.match_indices(start));
    // Up to the end of the words, which come last.
    let line = |at: usize| text[at..].match_indices('"').nth(1).map(|(end, _)| &text[at..at + end]);
    let lines: Vec<&str> = starts.filter_map(|(at, _)| line(at)).collect();
    let all = lines.len();
    let is_quiet = |line: &&str| line.contains("more");
    (lines.into_iter().filter(|line| !is_quiet(line)).collect(), all)
}

#[test]
fn what_answers_strangers_writes_its_lines_through_quiet() {
    let mut all = 0;
    for place in ANSWERING {
        let path = cargo::root().join(place);
        let files = if path.is_dir() { sources(place, &[".rs"]) } else { vec![path] };
        assert!(!files.is_empty(), "{place}");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let (loud, found) = loud(&text);
            assert_eq!(loud, Vec::<&str>::new(), "{}: write it with `Quiet`, with `more`", file.display());
            all += found;
        }
    }
    assert!(all > 10, "the lines are found: {all}");
    assert_eq!(loud("tracing::warn!(code, \"a stray callback\");").0.len(), 1);
}

/// Files below `folder` with one of the suffixes, without installed or generated ones.
fn sources(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    fn walk(folder: &Path, endings: &[&str], into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !matches!(name.as_str(), "node_modules" | "dist" | "target") {
                    walk(&path, endings, into);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&cargo::root().join(folder), endings, &mut found);
    found
}

/// The places of the words, as `path:line`.
fn mentions(files: &[PathBuf], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}", file.display(), number + 1));
            }
        }
    }
    found
}

#[test]
fn what_decides_reads_no_clock_and_does_no_io() {
    let words = ["Instant::now", "SystemTime", "std::fs", "std::net", "std::io", "std::thread", "async fn"];
    for folder in ["crates/session/src", "crates/decision/src"] {
        let files = sources(folder, &[".rs"]);
        assert!(!files.is_empty(), "{folder}");
        assert_eq!(mentions(&files, &words), Vec::<String>::new());
    }
}

/// `platform::clock`, which a test replaces. Tests at the end of a file may wait as they like.
#[test]
fn the_rooms_that_tests_play_read_one_clock() {
    let rooms = ["accounts", "provider_session", "sign_in", "sign_out", "state", "tokens"];
    let files: Vec<PathBuf> = rooms
        .iter()
        .flat_map(|room| sources(&format!("crates/agent/src/{room}"), &[".rs"]))
        .filter(|file| !file.ends_with("tests.rs"))
        .collect();
    assert!(files.len() > rooms.len());
    let words = ["Instant::now", "SystemTime::now", "tokio::time::"];
    let outside_tests = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
        words
            .iter()
            .filter(move |word| own.contains(*word))
            .map(|word| format!("{}: {word}", file.display()))
            .collect::<Vec<_>>()
    };
    assert_eq!(files.iter().flat_map(outside_tests).collect::<Vec<_>>(), Vec::<String>::new());
}

/// Tasks of the agent that `state::spawn` does not settle when they panic: how many of a file, and why nothing waits for ever.
const UNSETTLED: &[(&str, usize, &str)] = &[
    ("accounts/leaving.rs", 1, "the account stays until the next start"),
    ("agent/account_list.rs", 1, "the removal can be undone, and asked for again"),
    ("api/dialects.rs", 1, "the sender is dropped, and the next request is a first one"),
    ("api/jobs.rs", 1, "the port is closed, and the program asks again"),
    ("browser/callback.rs", 2, "the listener is closed, and the sign-in ends; the last page is gone"),
    ("provider_session/check_session/conversation.rs", 1, "only what is shown of the tab"),
    ("provider_session/check_session/mod.rs", 1, "only the last page of a session"),
    ("provider_session/logout_listener.rs", 2, "the listener is opened again with the configuration"),
    ("proxy/listener.rs", 1, "the port is closed"),
    ("runtime/presence.rs", 1, "the session waits for a limited time"),
    ("runtime/start.rs", 14, "they run as long as the agent, and have no attempt"),
    ("sign_in/mod.rs", 1, "waited for, with an answer if it panics"),
    ("sign_in/port_guard.rs", 1, "a link that starts no sign-in"),
    ("sign_in/step_up.rs", 1, "waited for, with an answer if it panics"),
    (
        "sign_out/pending.rs",
        4,
        "the farewell is waited for, with a report if it panics; the others only report",
    ),
    ("sign_out/rp_initiated.rs", 1, "the sender is dropped, which ends the wait for the page"),
    ("state/learning.rs", 1, "the account goes on with what it knows; only a line in the log"),
    ("state/set_aside.rs", 1, "only a line in the log"),
    ("state/spawn.rs", 3, "what settles the others"),
    ("state/store.rs", 5, "what is written is reported; work before the end is counted if it panics too"),
    ("tokens/claims.rs", 1, "what was known before stays"),
    ("tokens/resource.rs", 1, "waited for, with an answer if it panics"),
];

/// A task that panics must not leave an attempt open for ever. `state::spawn::spawn_settled` is for those that a session or a tool
/// waits for.
#[test]
fn every_task_that_is_waited_for_is_settled() {
    let root = cargo::root().join("crates/agent/src");
    let mut found = BTreeMap::new();
    for file in sources("crates/agent/src", &[".rs"]) {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(&file).unwrap();
        let own = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let count = own.matches("tokio::spawn(").count();
        if count > 0 && !name.starts_with("tests/") && !name.ends_with("tests.rs") {
            found.insert(name, count);
        }
    }
    let known = UNSETTLED.iter().map(|(file, count, _)| ((*file).to_owned(), *count)).collect();
    assert_eq!(found, known, "use `spawn_settled`, or say why nothing waits for the task");
}

#[test]
fn no_test_is_ignored() {
    let files: Vec<PathBuf> =
        ["crates", "src-tauri", "tests"].iter().flat_map(|folder| sources(folder, &[".rs"])).collect();
    assert!(!files.is_empty());
    assert_eq!(mentions(&files, &["#[ignore"]), Vec::<String>::new());
}

/// Most people run the tests as ordinary users. Only `as_root` needs root. The others that ask behave in another way for root:
/// Chromium's sandbox refuses it, the protection of processes does not concern it, and it trusts its own policy.
#[test]
fn one_test_program_asks_for_root() {
    let files: Vec<PathBuf> = ["crates", "src-tauri", "tests/src", "tests/tests"]
        .iter()
        .flat_map(|folder| sources(folder, &[".rs"]))
        .collect();
    let mut asking: Vec<String> = mentions(&files, &["geteuid().is_root()", "getuid().is_root()"])
        .iter()
        .filter_map(|place| Some(place.rsplit_once(':')?.0.rsplit('/').next()?.to_owned()))
        .collect();
    asking.sort();
    asking.dedup();
    assert_eq!(asking, ["as_root.rs", "browser.rs", "file.rs", "linux.rs", "policy.rs", "secrets.rs"]);
    let sandbox = mentions(&files, &["\"--no-sandbox\""]);
    assert_eq!(sandbox.len(), 1, "where Chromium cannot use its sandbox: {sandbox:?}");
    let text = std::fs::read_to_string(cargo::root().join("tests/tests/as_root.rs")).unwrap();
    let tests: Vec<&str> = text.split("#[tokio::test").skip(1).collect();
    assert!(!tests.is_empty() && tests.iter().all(|test| test.contains("not_root(")), "they are skipped");
}

#[test]
fn one_file_of_the_window_talks_to_tauri() {
    let files = sources("ui/src", &[".ts", ".js", ".svelte"]);
    let mut users = mentions(&files, &["from \"@tauri-apps", "from '@tauri-apps", "import(\"@tauri-apps"]);
    users.iter_mut().for_each(|place| *place = place.rsplit_once(':').unwrap().0.to_owned());
    users.dedup();
    assert_eq!(users.len(), 1, "{users:?}");
}

#[test]
fn the_window_is_closed_to_the_outside() {
    let text = std::fs::read_to_string(cargo::root().join("tauri.conf.json")).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let app = &config["app"];
    assert_eq!(app["windows"], serde_json::json!([]), "a window is made when it is opened, not at the start");
    assert_eq!(app["withGlobalTauri"], false);
    let csp = app["security"]["csp"].as_object().unwrap();
    assert_eq!(csp["default-src"], "'none'");
    assert_eq!(csp["script-src"], "'self'");
    for (directive, sources) in csp {
        let sources = sources.as_str().unwrap();
        assert!(
            !sources.contains("unsafe") && !sources.contains('*') && !sources.contains("https:"),
            "{directive}"
        );
    }
}
