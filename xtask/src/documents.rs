//! Checks of the documents: links work, the index is complete, and troubleshooting has every code.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cargo;

/// Every Markdown document for people: in the root of the repository, and below `docs`.
fn documents() -> Vec<PathBuf> {
    fn walk(folder: &Path, deep: bool, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && deep {
                walk(&path, deep, into);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                into.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&cargo::root(), false, &mut found);
    walk(&cargo::root().join("docs"), true, &mut found);
    found.sort();
    found
}

/// The text without fenced code, in which brackets are not links and `#` is not a heading.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The targets of the links `[text](target)`, except those to the web.
fn links(text: &str) -> Vec<String> {
    let text = prose(text);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    targets
        .map(|(target, _)| target.to_owned())
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let text = prose(text);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn every_link_in_a_document_leads_somewhere() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in links(&text) {
            followed += 1;
            let (path, fragment) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            let there = match fragment {
                "" => target.exists(),
                fragment => {
                    std::fs::read_to_string(&target).is_ok_and(|text| anchors(&text).contains(fragment))
                }
            };
            if !there {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(followed > 100, "{followed} links");
    assert_eq!(broken, Vec::<String>::new());
}

/// A guide says with which version it was tried, and the table says the same.
#[test]
fn every_guide_says_with_which_version_it_was_tried() {
    let docs = cargo::root().join("docs");
    let table = std::fs::read_to_string(docs.join("providers.md")).unwrap();
    let mut guides = 0;
    for guide in std::fs::read_dir(docs.join("providers")).unwrap() {
        let guide = guide.unwrap().path();
        let name = guide.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&guide).unwrap();
        let (_, tested) =
            text.split_once("## Tested\n\n").unwrap_or_else(|| panic!("{name} has no chapter Tested"));
        let link = format!("(providers/{name})");
        let row = table.lines().find(|line| line.starts_with("| [") && line.contains(&link));
        let row = row.unwrap_or_else(|| panic!("docs/providers.md does not list {name}"));
        let tried = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let version = tried.split(',').next().unwrap();
        match tried {
            "not tried" => assert!(tested.starts_with("Not tried "), "{name}: {tested}"),
            _ => {
                let sentence = tested.split(['\n', ':', ',']).next().unwrap();
                let at_first = sentence.starts_with("Tried with ") && tested.contains(version);
                assert!(at_first, "{name} is not about {version}: {tested}");
            }
        }
        guides += 1;
    }
    assert!(guides > 10, "{guides} guides");
}

/// Other users of the computer read the arguments of every program. A token reaches a program over standard input or in its
/// environment; `echo` and `printf` are built into the shell.
#[test]
fn no_example_puts_a_token_into_arguments() {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("target") {
                walk(&path, into);
            } else if ["md", "rs", "ts", "svelte", "ftl", "sh", "py", "toml"].contains(&ending) {
                into.push(path);
            }
        }
    }
    let mut files = documents();
    for folder in ["crates/cli/src", "src-tauri/src", "ui/src", "locales", "clients"] {
        walk(&cargo::root().join(folder), &mut files);
    }
    assert!(files.len() > 100);
    let given = [
        "$(abide header",
        "$(abide token",
        "`abide token`\"",
        "`abide header`\"",
        "Bearer $(",
        "Bearer $TOKEN",
        "Bearer $ABIDE_TOKEN",
    ];
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().filter(|line| given.iter().any(|given| line.contains(given)));
        found.extend(lines.map(|line| format!("{}: {}", file.display(), line.trim())));
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Another user can listen at the port of the documentation before Abide does.
#[test]
fn every_example_sends_a_key_over_the_socket_or_to_the_address_that_abide_names() {
    let mut examples = 0;
    let mut found = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let blocks = text.split("```").skip(1).step_by(2);
        for block in blocks.filter(|block| block.contains("X-Abide-Key") || block.contains("Bearer abide_")) {
            examples += 1;
            if !["--unix-socket", "endpoint.json"].iter().any(|place| block.contains(place)) {
                found.push(format!("{}: {block}", document.display()));
            }
        }
    }
    assert!(examples > 3, "{examples} examples");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_index_names_every_document() {
    let folder = cargo::root().join("docs");
    let index = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let named: BTreeSet<PathBuf> =
        links(&index).iter().filter_map(|link| folder.join(link).canonicalize().ok()).collect();
    let missing: Vec<PathBuf> = documents()
        .into_iter()
        .filter(|path| path.parent() == Some(&folder) && !path.ends_with("README.md"))
        .filter(|path| !named.contains(&path.canonicalize().unwrap()))
        .collect();
    assert_eq!(missing, Vec::<PathBuf>::new(), "docs/README.md leads to each");
}

/// The sources of a crate without their unit tests, one text for each file.
fn code_of(folder: &str) -> Vec<String> {
    fn walk(folder: &Path, into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                into.push(text.split("#[cfg(test)]\nmod ").next().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(&cargo::root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder}");
    found
}

/// The text up to the brace that closes the first one.
fn block(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth <= 1 => return &text[..at],
            '}' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// The string literals in `snake_case`, the form of codes.
fn snake_case(text: &str) -> impl Iterator<Item = String> {
    let is_code = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('"').skip(1).step_by(2).filter(is_code).map(str::to_owned)
}

/// The codes of a source file: the arms of each `fn code` and of [`ErrorCode::as_str`], the tables of macros that make such
/// a function, and codes at the place where the error is made.
fn codes_in(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let functions = ["fn code(", "impl ErrorCode {"];
    for body in functions.iter().flat_map(|start| text.split(start).skip(1)) {
        found.extend(snake_case(block(body)));
    }
    for table in
        ["\nstatement_errors! {", "\noauth_errors! {"].iter().flat_map(|start| text.split(start).skip(1))
    {
        let rows = table.split("\n}").next().unwrap().lines().filter_map(|line| line.split_once(" = \""));
        found.extend(rows.map(|(_, rest)| rest.split('"').next().unwrap().to_owned()));
    }
    for start in ["LastError::new(\"", "WindowError::new(\""] {
        found.extend(text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    found
}

/// The words in back quotes before the colon of each list item.
fn items(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in text.split("\n- ").skip(1) {
        let head = item.split(':').next().unwrap();
        if head.starts_with('`') {
            found.extend(head.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The entries of troubleshooting about the lines of `abide doctor`, and all others.
fn troubleshooting() -> (BTreeSet<String>, BTreeSet<String>) {
    let text = std::fs::read_to_string(cargo::root().join("docs/troubleshooting.md")).unwrap();
    let (_, rest) = text.split_once("\n## The lines of `abide doctor`\n").unwrap();
    let (doctor, codes) = rest.split_once("\n## ").unwrap();
    (items(doctor), items(codes))
}

#[test]
fn troubleshooting_has_every_code_and_no_other() {
    let crates = ["wire", "oidc", "vault", "agent", "cli"].map(|name| format!("crates/{name}/src"));
    let codes: BTreeSet<String> =
        crates.iter().flat_map(|folder| code_of(folder)).flat_map(|text| codes_in(&text)).collect();
    for known in ["consent_required", "proxy_failed", "id_token_expired", "slow_down", "vault_newer", "usage"]
    {
        assert!(
            codes.contains(known),
            "{known} is not found any more: the way in which codes are read has to follow"
        );
    }
    let (_, documented) = troubleshooting();
    let missing: Vec<_> = codes.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&codes).collect();
    assert_eq!(
        missing,
        Vec::<&String>::new(),
        "say in docs/troubleshooting.md what they mean and what to do"
    );
    assert_eq!(
        stale,
        Vec::<&String>::new(),
        "no program has these codes: remove them from docs/troubleshooting.md"
    );
}

#[test]
fn troubleshooting_has_every_line_of_doctor_and_no_other() {
    let mut lines = BTreeSet::new();
    for text in code_of("crates/cli/src/commands").iter().filter(|text| text.contains("`abide doctor`")) {
        for start in ["Check::new(\"", "Check::of(\"", "check(\""] {
            lines.extend(text.split(start).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    assert!(lines.contains("clock") && lines.contains("agent"), "{lines:?}");
    assert_eq!(lines, troubleshooting().0, "the lines of the program, and those of docs/troubleshooting.md");
}

/// The installed systemd unit, with the addition for a passphrase from the administrators' guide.
#[cfg(target_os = "linux")]
#[test]
fn systemd_accepts_the_unit_and_the_addition_of_the_documents() {
    use std::process::Command;
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!(
            "skipped: systemd_accepts_the_unit_and_the_addition_of_the_documents: there is no systemd-analyze here"
        );
        return;
    }
    let unit = std::fs::read_to_string(cargo::root().join("packaging/systemd/abide-agent.service")).unwrap();
    // systemd checks that the program exists; Abide need not be installed here.
    let unit = unit.replace("ExecStart=/usr/bin/abide agent", "ExecStart=/bin/true agent");
    assert!(unit.contains("/bin/true"));
    let page = std::fs::read_to_string(cargo::root().join("docs/administrators.md")).unwrap();
    let addition = page.split_once("```ini\n").unwrap().1.split_once("```").unwrap().0;
    assert!(addition.contains("LoadCredential="));
    let folder = std::env::temp_dir().join(format!("abide-unit-{}", std::process::id()));
    let complaints = |unit: &str| {
        std::fs::create_dir_all(folder.join("run")).unwrap();
        let file = folder.join("abide-agent.service");
        std::fs::write(&file, unit).unwrap();
        let output = Command::new("systemd-analyze")
            .args(["--user", "verify"])
            .arg(&file)
            .env("XDG_RUNTIME_DIR", folder.join("run"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        text.lines()
            .filter(|line| line.contains("abide-agent.service:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(complaints(&format!("{unit}\n{addition}")), Vec::<String>::new());
    // An unknown option is reported.
    assert_ne!(complaints(&format!("{unit}\n[Service]\nNoSuchOption=1\n")), Vec::<String>::new());
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn codes_are_read_where_they_are_defined() {
    let text = "impl E {\n fn code(&self) -> &'static str { match self { Self::A => \"a_b\", Self::B { x } => if x { \"c\" } \
                else { \"d1\" }, } }\n fn other() { \"not_this\" }\n}\n\
                statement_errors! {\n /// Doc.\n E;\n    A = \"e_f\", \"A sentence.\";\n}\n\
                fn f() { LastError::new(\"g_h\", \"A sentence.\") }";
    assert_eq!(codes_in(text).into_iter().collect::<Vec<_>>(), ["a_b", "c", "d1", "e_f", "g_h"]);
    let list = "\n- `a`, `b`:\n  text `c`: more\n- other `d`: text\n- `e`: text\n";
    assert_eq!(items(&list.replace(":\n  ", ": ")).into_iter().collect::<Vec<_>>(), ["a", "b", "e"]);
}

/// Tables that a command writes are as wide as their contents.
const GENERATED: [&str; 3] = ["dialects.md", "hostile-provider.md", "performance.md"];

#[test]
fn the_rows_of_tables_fit_a_screen() {
    let mut wide = Vec::new();
    for document in documents().iter().filter(|path| GENERATED.iter().all(|name| !path.ends_with(name))) {
        let text = std::fs::read_to_string(document).unwrap();
        let rows = text.lines().enumerate().filter(|(_, line)| line.starts_with('|'));
        let too_wide = rows.filter(|(_, line)| line.chars().count() > 240);
        wide.extend(too_wide.map(|(number, _)| format!("{}:{}", document.display(), number + 1)));
    }
    assert_eq!(wide, Vec::<String>::new(), "make it a list");
}

#[test]
fn an_anchor_is_made_as_github_makes_it() {
    assert_eq!(
        anchor("Chrome's question about the local network"),
        "chromes-question-about-the-local-network"
    );
    assert_eq!(anchors("# One\n```\n# not this\n```\n## Two `x_y`\n").len(), 2);
    assert_eq!(links("[a](b.md#c) and [d](https://e) `[x]`"), ["b.md#c"]);
}
