//! Runs all kept inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use abide_parser_contracts::{Outcome, TARGETS};

/// The most bytes of all inputs together, because they are in the repository.
const MOST: u64 = 1 << 20;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn every_input_that_is_kept_is_answered_as_its_parser_promises() {
    for target in TARGETS {
        let mut seen = [0, 0];
        for path in entries(&corpora().join(target.name)) {
            // Names the input if a property does not hold.
            println!("{}", path.display());
            let outcome = (target.run)(&std::fs::read(&path).unwrap());
            seen[usize::from(outcome == Outcome::Accepted)] += 1;
            let wanted = path.file_stem().unwrap().to_str().unwrap();
            let wanted = [("good", Outcome::Accepted), ("bad", Outcome::Refused)]
                .into_iter()
                .find(|(name, _)| wanted.starts_with(name));
            assert!(wanted.is_none_or(|(_, wanted)| wanted == outcome), "{}: {outcome:?}", path.display());
        }
        let [refused, accepted] = seen;
        assert!(refused > 0 && accepted > 0, "{}: {accepted} accepted, {refused} refused", target.name);
    }
}

#[test]
fn every_corpus_has_a_target_and_they_are_small() {
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let folders: BTreeSet<_> = entries(&corpora())
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(folders, names);
    let files = entries(&corpora()).into_iter().flat_map(|folder| entries(&folder));
    let size: u64 = files.map(|path| path.metadata().unwrap().len()).sum();
    assert!(size < MOST, "{size} bytes");
}

#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let program = folder.join("fuzz_targets").join(format!("{}.rs", target.name));
        let source = std::fs::read_to_string(&program).unwrap_or_else(|error| panic!("{error}: {program:?}"));
        assert!(source.contains(&format!("run(\"{}\"", target.name)), "{}", program.display());
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
}
