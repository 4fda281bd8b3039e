//! The rooms of a crate: folders with one purpose each, in a fixed order. A room may use only rooms before it in the list,
//! so there is no circle. Inside a room, the files form no circle either.
//!
//! What is checked: every `crate::…`, `self::…` and `super::…` path; re-exports of the crate's root (`pub use`); and methods
//! that an `impl` block adds to a type of another room, because a call of such a method needs no import.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cargo;
use crate::rust_source::{Source, read};

/// The rooms of each crate, lowest first. A room is a folder or file directly in the folder of the sources. The root
/// (`lib.rs`, `main.rs`) is above all of them.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "crates/agent/src",
        &[
            "platform",
            "options",
            "server",
            "config",
            "browser",
            "identity",
            "grants",
            "persistence",
            "audit",
            "view",
            "updates",
            "state",
            "tokens",
            "sign_in",
            "sign_out",
            "provider_session",
            "accounts",
            "consent",
            "jobs",
            "mcp",
            "agent",
            "api",
            "proxy",
            "runtime",
            "fuzzing",
            "tests",
        ],
    ),
    (
        "crates/cli/src",
        &[
            "clock",
            "terminal",
            "program",
            "failure",
            "platform",
            "http",
            "view",
            "arguments",
            "io",
            "commands",
        ],
    ),
    (
        "crates/demo-op/src",
        &[
            "crypto",
            "config",
            "http",
            "record",
            "hostile",
            "state",
            "browser",
            "pages",
            "clients",
            "session",
            "tokens",
            "authorization",
            "device",
            "events",
            "streams",
            "discovery",
            "registration",
            "server",
        ],
    ),
    (
        "crates/dialects/src",
        &[
            "address",
            "json",
            "time",
            "sts",
            "exchange",
            "call",
            "dialect",
            "http",
            "file",
            "program",
            "mcp",
            "table",
            "environment",
        ],
    ),
    (
        "crates/oidc/src",
        &[
            "text",
            "error",
            "jose",
            "http",
            "provider",
            "client",
            "identity",
            "authorization",
            "tokens",
            "userinfo",
            "logout",
            "events",
            "fuzzing",
        ],
    ),
    (
        "crates/presence/src",
        &[
            "event",
            "limits",
            "environment",
            "presence_state",
            "sleep_delay",
            "sleep_history",
            "linux",
            "macos",
            "windows",
            "presence",
        ],
    ),
    ("src-tauri/src", &["face", "platform", "window", "notices", "question", "consent", "tray", "desktop"]),
];

/// Crates without rooms.
const FLAT: &[&str] =
    &["crates/audit/src", "crates/decision/src", "crates/session/src", "crates/vault/src", "crates/wire/src"];

/// Circles of files that stay, each with the reason. A circle is allowed if all of its files are in one row.
const CIRCLES: &[(&str, &[&str], &str)] = &[
    (
        "crates/agent/src",
        &["grants/keys.rs", "grants/kept.rs", "grants/live.rs", "grants/mod.rs"],
        "the file, its keys and the answers that end by themselves are parts of one list, `Clients`",
    ),
    (
        "crates/session/src",
        &["checkpoint.rs", "live.rs", "machine.rs", "provider.rs", "reminder.rs", "sign_in.rs", "view.rs"],
        "one state machine, with a file for each part of it",
    ),
    (
        "crates/vault/src",
        &["disk.rs", "faults.rs", "journal.rs", "vault.rs"],
        "`faults.rs` is a test: it makes the disk fail, and looks at the vault",
    ),
    (
        "crates/vault/src",
        &["error.rs", "key.rs", "passphrase.rs"],
        "an error names the key that it is about, and a key says what it was made from",
    ),
];

/// The name of the root in the list of rooms.
const ROOT: &str = "the crate's root";

/// The sources of one crate, by their path below the folder.
type Sources = BTreeMap<String, Source>;

fn sources(folder: &Path) -> Sources {
    fn walk(top: &Path, folder: &Path, into: &mut Sources) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(top, &path, into);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(top).unwrap().to_string_lossy().replace('\\', "/");
                let text = std::fs::read_to_string(&path).unwrap();
                into.insert(name.clone(), read(&name, &text));
            }
        }
    }
    let mut found = Sources::new();
    walk(folder, folder, &mut found);
    found
}

/// The room that a path leads to: its first segment, or the room that the root re-exports under that name.
fn room_of(path: &[String], sources: &Sources) -> String {
    let Some(first) = path.first() else { return ROOT.to_owned() };
    let is_module = |source: &Source| source.module.first() == Some(first);
    if sources.values().any(is_module) {
        return first.clone();
    }
    let roots = sources.values().filter(|source| source.module.is_empty());
    let handed_on = roots.filter_map(|root| root.imports.get(first)).next();
    match handed_on {
        Some(target) if target.first() != Some(first) => room_of(target, sources),
        _ => ROOT.to_owned(),
    }
}

/// A use of one room by another, and its place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    from: String,
    to: String,
    at: String,
}

/// All uses between rooms.
fn edges(sources: &Sources) -> BTreeSet<Edge> {
    let mut found = BTreeSet::new();
    for (file, source) in sources {
        let Some(from) = source.module.first() else { continue };
        for path in &source.paths {
            let to = room_of(path, sources);
            found.insert(Edge { from: from.clone(), to, at: format!("{file}: crate::{}", path.join("::")) });
        }
    }
    found.extend(calls(sources));
    found.retain(|edge| edge.from != edge.to);
    found
}

/// Calls of a method that a room adds to a type of another. Names that are defined in several places are ignored.
fn calls(sources: &Sources) -> Vec<Edge> {
    let rooms = |has: &dyn Fn(&Source) -> bool| -> BTreeSet<&String> {
        sources.values().filter(|source| has(source)).filter_map(|source| source.module.first()).collect()
    };
    let mut found = Vec::new();
    for (file, source) in sources {
        let Some(from) = source.module.first() else { continue };
        for method in &source.calls {
            let defined: Vec<&Source> =
                sources.values().filter(|source| source.functions.contains(method)).collect();
            let [at] = defined[..] else { continue };
            let Some((kind, _)) = at.methods.iter().find(|(_, name)| name == method) else { continue };
            let homes = rooms(&|source| source.types.contains(kind));
            let Some(to) = at.module.first() else { continue };
            if !homes.is_empty() && !homes.contains(to) {
                found.push(Edge {
                    from: from.clone(),
                    to: to.clone(),
                    at: format!("{file}: {kind}::{method}"),
                });
            }
        }
    }
    found
}

/// Violations: rooms that are missing in the list or in the sources, and uses of a later room.
fn upward(sources: &Sources, rooms: &[&str]) -> Vec<String> {
    let there: BTreeSet<&str> =
        sources.values().filter_map(|source| source.module.first()).map(String::as_str).collect();
    let mut found: Vec<String> = Vec::new();
    found.extend(
        there.iter().filter(|room| !rooms.contains(room)).map(|room| format!("{room}: not in the list")),
    );
    found.extend(rooms.iter().filter(|room| !there.contains(*room)).map(|room| format!("{room}: not there")));
    let floor = |room: &str| rooms.iter().position(|listed| *listed == room).unwrap_or(usize::MAX);
    for Edge { from, to, at } in edges(sources) {
        if floor(&to) > floor(&from) {
            found.push(format!("{from} -> {to}: {at}"));
        }
    }
    found
}

/// The module in which something is defined: the longest part of the path that is a file, following re-exports.
fn file_of(path: &[String], sources: &Sources, depth: usize) -> Option<String> {
    let fits = |source: &Source| path.starts_with(&source.module);
    let (file, source) =
        sources.iter().filter(|(_, source)| fits(source)).max_by_key(|(_, source)| source.module.len())?;
    let rest = path.get(source.module.len());
    match rest.and_then(|name| source.handed_on.get(name)) {
        Some(target) if depth > 0 => file_of(target, sources, depth - 1),
        _ => Some(file.clone()),
    }
}

/// The files that each file uses. What only the tests at its end use does not count, and neither does the root.
fn uses_of_files(sources: &Sources) -> BTreeMap<&str, BTreeSet<String>> {
    let files = sources.iter().filter(|(_, source)| !source.module.is_empty());
    let targets = |file: &str, source: &Source| {
        let found = source.untested.iter().filter_map(|path| file_of(path, sources, 8));
        found.filter(|target| target != file && !sources[target].module.is_empty()).collect()
    };
    files.map(|(file, source)| (file.as_str(), targets(file, source))).collect()
}

/// Files that use each other in a circle, each circle for itself.
fn circles_of_files(sources: &Sources) -> Vec<BTreeSet<String>> {
    let uses = uses_of_files(sources);
    let reached = |from: &str| {
        let mut found = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(file) = open.pop() {
            let next = uses.get(file.as_str()).into_iter().flatten();
            open.extend(next.filter(|target| found.insert((*target).clone())).cloned());
        }
        found
    };
    let all: BTreeMap<&str, BTreeSet<String>> = uses.keys().map(|file| (*file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, reached) in all.iter().filter(|(file, reached)| reached.contains(**file)) {
        let both = reached.iter().filter(|other| all[other.as_str()].contains(*file));
        circles.insert(both.cloned().collect::<BTreeSet<_>>());
    }
    circles.into_iter().collect()
}

#[test]
fn no_room_uses_one_above_it() {
    for (folder, rooms) in ROOMS {
        let sources = sources(&cargo::root().join(folder));
        assert!(edges(&sources).len() > rooms.len(), "{folder}: the uses are found");
        assert_eq!(upward(&sources, rooms), Vec::<String>::new(), "{folder}");
    }
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let folders = ROOMS.iter().map(|(folder, _)| *folder).chain(FLAT.iter().copied());
    for folder in folders {
        let sources = sources(&cargo::root().join(folder));
        let mut circles = circles_of_files(&sources);
        for (_, files, _) in CIRCLES.iter().filter(|(at, ..)| *at == folder) {
            let is_it = |circle: &BTreeSet<String>| circle.iter().all(|file| files.contains(&file.as_str()));
            assert!(circles.iter().any(is_it), "{folder}: {files:?} is no circle any more: remove its row");
            circles.retain(|circle| !is_it(circle));
        }
        assert_eq!(circles, Vec::new(), "{folder}");
    }
}

fn made_up(files: &[(&str, &str)]) -> Sources {
    files.iter().map(|(name, text)| ((*name).to_owned(), read(name, text))).collect()
}

#[test]
fn an_upward_use_is_found_however_it_is_written() {
    let root =
        ("lib.rs", "mod ground; mod upper; pub use upper::tower::Tower; pub(crate) use ground::Stone;");
    let upper = ("upper/mod.rs", "pub mod tower; pub fn build() {}");
    let tower = (
        "upper/tower.rs",
        "use crate::ground::Stone; pub struct Tower; impl Stone { pub fn carve(&self) {} fn own(&self) {} }",
    );
    let with = |ground: &str| {
        let sources = made_up(&[root, upper, tower, ("ground.rs", ground)]);
        upward(&sources, &["ground", "upper"])
    };
    for fine in [
        "pub struct Stone;",
        "pub struct Stone; // crate::upper::build()",
        "pub struct Stone; const A: &str = \"crate::upper\"; const B: char = '\"'; fn f<'a>(a: &'a str) {}",
        "pub struct Stone; const A: &str = r#\"\" crate::upper\"#;",
        "use crate::Stone; pub struct Stone; mod tests { use super::Stone; }",
        "pub struct Stone; fn f(s: &Stone) { s.own(); }",
        "pub struct Stone; pub(crate) fn upper() {} pub fn f() { self::upper() }",
    ] {
        assert_eq!(with(fine), Vec::<String>::new(), "{fine}");
    }
    for broken in [
        "use crate::upper::tower::Tower; pub struct Stone;",
        "use crate::{upper}; pub struct Stone;",
        "use crate::{\n    ground as g,\n    upper::{self, tower::Tower as T},\n};\npub struct Stone;",
        "pub struct Stone; fn f() { crate::upper::build() }",
        "pub struct Stone; fn f() { super::upper::build() }",
        "pub struct Stone; mod tests { use super::super::upper::build; }",
        "pub struct Stone; fn f(_: crate::Tower) {}",
        "use crate::Tower; pub struct Stone; impl Tower { pub fn high(&self) {} }",
        "pub struct Stone; fn f(s: &Stone) { s.carve(); }",
        "pub struct Stone; fn f(s: &Stone) { Stone::carve(s); }",
        "pub struct Stone; impl Stone { fn g(&self) { Self::carve(self); } }",
        "pub struct Stone; fn f() { crate::defined_in_the_root() }",
    ] {
        assert!(!with(broken).is_empty(), "{broken}");
    }
}

#[test]
fn a_room_that_is_not_listed_is_found_and_one_that_is_gone_too() {
    let sources = made_up(&[("lib.rs", "mod a;"), ("a/mod.rs", ""), ("b.rs", "")]);
    assert_eq!(upward(&sources, &["a", "c"]), ["b: not in the list", "c: not there"]);
}

#[test]
fn a_circle_of_files_is_found_also_through_what_a_room_hands_on() {
    let one = ("a/one.rs", "use crate::a::Two; pub struct One;");
    let three = ("a/three.rs", "use crate::a::{One, Two};");
    let room = ("a/mod.rs", "mod one; mod two; mod three; pub use one::One; pub use self::two::Two;");
    let circle = |two: &str| {
        let sources = made_up(&[("lib.rs", "mod a; pub use a::One;"), room, one, three, ("a/two.rs", two)]);
        circles_of_files(&sources)
    };
    for fine in ["pub struct Two;", "pub struct Two; mod tests { use crate::a::One; }"] {
        assert_eq!(circle(fine), Vec::new(), "{fine}");
    }
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    for two in ["use crate::a::One; pub struct Two;", "use super::one::One;", "use crate::a::one;"] {
        assert_eq!(circle(two), [files(&["a/one.rs", "a/two.rs"])], "{two}");
    }
}

#[test]
fn a_file_that_calls_its_child_is_in_a_circle_with_it() {
    let files = |child: &str| {
        let room = ("a/mod.rs", "mod child; pub struct Of; pub fn run() { child::step() }");
        let sources = made_up(&[("lib.rs", "mod a;"), room, ("a/child.rs", child)]);
        circles_of_files(&sources)
    };
    assert_eq!(files("pub fn step() {}"), Vec::new());
    assert_eq!(files("pub(in crate::a) fn step() {}"), Vec::new());
    assert_eq!(files("use super::Of; pub fn step() {}").len(), 1);
    // Two circles are two, also where one uses the other.
    let two = made_up(&[
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::a; use crate::c;"),
        ("c.rs", "use crate::d;"),
        ("d.rs", "use crate::c;"),
    ]);
    assert_eq!(circles_of_files(&two).len(), 2);
}
