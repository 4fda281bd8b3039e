//! A disk that fails at any chosen step, once or for good, and the state afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use zeroize::Zeroizing;

use crate::{Key, KeyStore, KeyStoreError, Opened, Vault};

#[derive(Default)]
pub(crate) struct Faults(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    steps_left: Option<u32>,
    /// Every later step fails too, as if the process had been killed.
    for_good: bool,
    failed: Option<&'static str>,
}

impl Faults {
    pub(crate) fn check(&self, doing: &'static str) -> io::Result<()> {
        let mut plan = self.0.lock().unwrap();
        match plan.steps_left {
            None => return Ok(()),
            Some(0) => {}
            Some(left) => {
                plan.steps_left = Some(left - 1);
                return Ok(());
            }
        }
        if !plan.for_good {
            plan.steps_left = None;
        }
        plan.failed.get_or_insert(doing);
        Err(io::ErrorKind::StorageFull.into())
    }

    fn plan(&self, steps: u32, for_good: bool) {
        *self.0.lock().unwrap() = Plan { steps_left: Some(steps), for_good, failed: None };
    }

    /// The step that failed. Ends the failures.
    fn end(&self) -> Option<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap()).failed
    }
}

struct Fixed(Key);

impl KeyStore for Fixed {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        Ok(Some(self.0.duplicate()))
    }

    fn store(&self, _key: &Key) -> Result<(), KeyStoreError> {
        panic!("there is a key")
    }
}

fn open(folder: &Path, keys: &Fixed) -> Vault {
    let Opened { vault, news } = Vault::open(folder, keys).unwrap();
    assert_eq!(news, [], "an interrupted write is no damage");
    vault
}

fn bytes(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

fn text(vault: &Vault, name: &str) -> Option<String> {
    vault.record(name).map(|content| String::from_utf8(content.to_vec()).unwrap())
}

/// Runs `act` on a vault with two generations, with a failure at each step in turn until it succeeds without one.
fn at_every_step(for_good: bool, act: impl Fn(&mut Vault) -> bool, judge: impl Fn(&Run<'_>)) {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let keys = Fixed(Key::generate().unwrap());
        let mut vault = open(folder.path(), &keys);
        vault.put("token", bytes("old")).unwrap();
        vault.put("other", bytes("same")).unwrap();
        vault.faults().plan(step, for_good);
        let succeeded = act(&mut vault);
        let failed = vault.faults().end();
        let memory = text(&vault, "token");
        drop(vault);
        let disk = open(folder.path(), &keys);
        assert_eq!(text(&disk, "other").as_deref(), Some("same"));
        let on_disk = text(&disk, "token");
        drop(disk);
        judge(&Run { succeeded, failed, memory, disk: on_disk, folder: folder.path(), keys: &keys });
        if failed.is_none() {
            assert!(succeeded && step > 3, "{step} steps");
            return;
        }
    }
}

struct Run<'a> {
    succeeded: bool,
    failed: Option<&'static str>,
    memory: Option<String>,
    disk: Option<String>,
    folder: &'a Path,
    keys: &'a Fixed,
}

#[test]
fn a_put_that_fails_at_any_step_changes_nothing() {
    at_every_step(
        false,
        |vault| vault.put("token", bytes("new")).is_ok(),
        |run| {
            let expected = if run.succeeded { "new" } else { "old" };
            assert_eq!(run.memory.as_deref(), Some(expected));
            if run.disk.as_deref() != Some(expected) {
                // Everything but the last flush of the folder is undone; that one comes after the rename.
                assert_eq!((run.failed, run.disk.as_deref()), (Some("save"), Some("new")));
            }
        },
    );
}

#[test]
fn a_process_that_dies_at_any_step_of_a_put_leaves_the_old_or_the_new() {
    at_every_step(
        true,
        |vault| vault.put("token", bytes("new")).is_ok(),
        |run| assert!(matches!(run.disk.as_deref(), Some("old" | "new"))),
    );
}

#[test]
fn a_put_whose_file_is_whole_is_finished_by_the_next_start() {
    let found = Mutex::new(Vec::new());
    at_every_step(
        true,
        |vault| vault.put("token", bytes("new")).is_ok(),
        |run| found.lock().unwrap().push((run.failed, run.disk.clone().unwrap())),
    );
    let found = found.into_inner().unwrap();
    let whole = found.iter().position(|(_, disk)| disk == "new").unwrap();
    assert_eq!(found[whole].0, Some("save"), "from the step that follows the writing");
    assert_eq!(found[whole - 1].0, Some("write"));
    assert!(found[whole..].iter().all(|(_, disk)| disk == "new"), "{found:?}");
    assert!(found.len() - whole > 4, "{found:?}");
}

#[test]
fn a_removal_that_returns_ok_left_nothing_and_one_that_fails_left_it_in_memory() {
    for for_good in [false, true] {
        at_every_step(
            for_good,
            |vault| vault.remove("token").is_ok(),
            |run| {
                assert_eq!(run.memory.is_none(), run.succeeded);
                if run.succeeded {
                    assert_eq!(run.disk, None);
                    fs::remove_file(run.folder.join("vault.abide")).unwrap();
                    let Opened { vault, .. } = Vault::open(run.folder, run.keys).unwrap();
                    assert_eq!(vault.names().collect::<Vec<_>>(), ["other"], "the previous generation");
                }
            },
        );
    }
}

#[test]
fn a_rotation_that_could_not_be_noted_is_an_error_and_the_next_one_works() {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let keys = Fixed(Key::generate().unwrap());
        let mut vault = open(folder.path(), &keys);
        vault.put("a", bytes("1")).unwrap();
        vault.put("b", bytes("1")).unwrap();
        vault.begin_rotation("a").unwrap();
        vault.faults().plan(step, false);
        let begun = vault.begin_rotation("b").is_ok();
        let failed = vault.faults().end();
        assert_eq!(begun, failed.is_none());
        vault.begin_rotation("b").unwrap();
        drop(vault);
        let vault = open(folder.path(), &keys);
        assert_eq!(vault.interrupted().collect::<Vec<_>>(), ["a", "b"], "step {step}");
        if failed.is_none() {
            return;
        }
    }
}

#[test]
fn where_there_are_no_hard_links_a_put_still_works_and_keeps_the_previous_generation() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Fixed(Key::generate().unwrap());
    let mut vault = open(folder.path(), &keys);
    vault.put("token", bytes("old")).unwrap();
    for step in 0.. {
        assert!(step < 20, "no step keeps the previous generation");
        vault.faults().plan(step, false);
        let done = vault.put("token", bytes("new"));
        if vault.faults().end() == Some("keep") {
            done.unwrap();
            break;
        }
        vault.put("token", bytes("old")).unwrap();
    }
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "token").as_deref(), Some("new"));
    fs::remove_file(folder.path().join("vault.abide")).unwrap();
    let Opened { vault, .. } = Vault::open(folder.path(), &keys).unwrap();
    assert_eq!(text(&vault, "token").as_deref(), Some("old"));
}
