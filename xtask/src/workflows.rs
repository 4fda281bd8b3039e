//! What the hosted workflows may run: actions by their commit, with rights to read and no more, and no program that an npm
//! package brings for its installation.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use crate::cargo;

/// Every file of a folder that ends like this: its name and its text.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(cargo::root().join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let named = paths.filter(|path| path.to_string_lossy().ends_with(ending));
    named.map(|path| (path.display().to_string(), std::fs::read_to_string(&path).unwrap())).collect()
}

#[test]
fn actions_are_named_by_their_commit() {
    let mut actions = 0;
    for (file, text) in files(".github/workflows", ".yml") {
        for action in
            text.lines().filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix("uses: "))
        {
            actions += 1;
            let (_, commit) = action.split_once('@').unwrap_or_default();
            let (commit, version) = commit.split_once(" # v").unwrap_or((commit, ""));
            let hexadecimal = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(
                hexadecimal && !version.is_empty(),
                "{file}: {action}: a commit, and ` # v` with its version"
            );
        }
    }
    assert!(actions > 0);
}

#[test]
fn workflows_read_and_only_the_draft_of_a_release_writes() {
    for (file, text) in files(".github/workflows", ".yml") {
        let (_, rights) =
            text.split_once("\npermissions:\n").unwrap_or_else(|| panic!("{file}: no permissions"));
        let rights: Vec<_> = rights.lines().take_while(|line| line.starts_with(' ')).map(str::trim).collect();
        assert_eq!(rights, ["contents: read"], "{file}");
        // The job that drafts a release writes the draft and says where its files were built; nothing else writes anything.
        let writes: Vec<_> = text.lines().filter(|line| line.contains(": write")).map(str::trim).collect();
        if file.ends_with("release.yml") {
            let (_, draft) = text.split_once("\n  draft:\n").unwrap();
            assert_eq!(draft.matches(": write").count(), writes.len(), "{file}: only the draft writes");
            assert!(!draft.contains("cargo") && !draft.contains("npm"), "{file}: it builds nothing");
            let rights = ["contents: write", "id-token: write", "attestations: write"];
            assert!(
                writes.iter().all(|line| rights.iter().any(|right| line.starts_with(right))),
                "{writes:?}"
            );
        } else {
            assert!(writes.is_empty(), "{file}: {writes:?}");
        }
        let checkouts = text.matches("uses: actions/checkout@").count();
        assert_eq!(text.matches("persist-credentials: false").count(), checkouts, "{file}");
    }
}

#[test]
fn npm_installs_what_is_locked_and_runs_none_of_it() {
    let mut sources = files("xtask/src", ".rs");
    sources.extend(files(".github/workflows", ".yml"));
    sources.extend(files("", "/x").into_iter().chain(files("", "/x.ps1")));
    for (file, text) in sources.into_iter().filter(|(file, _)| !file.ends_with("workflows.rs")) {
        for line in text.lines() {
            let shell = line.contains("npm ci") || line.contains("npm install") || line.contains("npm i ");
            let called = line.contains("npm(") && (line.contains("\"ci\"") || line.contains("\"install\""));
            if shell || called {
                assert!(line.contains("ci") && line.contains("--ignore-scripts"), "{file}: {line}");
            }
        }
    }
}
