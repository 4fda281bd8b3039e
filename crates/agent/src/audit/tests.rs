#![allow(clippy::unwrap_used)]
use std::fs;
use std::path::PathBuf;

use abide_audit::{Event, Finding, Line, Report, Seal, Verifier, first_of};
use abide_wire::VaultMode;
use tempfile::TempDir;

use super::*;
use crate::config::vault::VaultConfig;
use crate::options::Options;
use crate::persistence::options::Keeping;

async fn vault(folder: &Path) -> VaultThread {
    let options = Options::within(folder);
    let config = VaultConfig { mode: Some(VaultMode::Memory), source: None };
    let Ok(found) = VaultThread::open(folder.to_owned(), Keeping::new(&config, &options)).await else {
        panic!("no vault");
    };
    found.vault
}

/// A record, in one folder over several starts, and the seal as the vault would keep it.
struct Desk {
    folder: TempDir,
    vault: VaultThread,
    config: AuditConfig,
}

impl Desk {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder.path().join("vault")).await;
        Self { folder, vault, config: AuditConfig::default() }
    }

    async fn seal(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.vault.read(SEAL).await.unwrap()
    }

    async fn open(&self) -> Audit {
        let seal = self.seal().await;
        Audit::open(self.folder.path(), &self.config, self.vault.clone(), seal.as_deref().map(Vec::as_slice))
            .unwrap()
    }

    /// A run that records so many tokens and ends in order.
    async fn run(&self, tokens: u64) {
        let audit = self.open().await;
        for number in 0..tokens {
            audit.event(Event::TokenServed, |entry| entry.name = Some(number.to_string()));
        }
        audit.close().await;
        // Files that are no longer kept go when the vault has the seal.
        self.seal().await;
    }

    fn files(&self) -> Vec<(u64, PathBuf)> {
        let mut files: Vec<_> = fs::read_dir(self.folder.path().join("audit"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (first_of(path.file_name().unwrap().to_str().unwrap()).unwrap(), path))
            .collect();
        files.sort();
        files
    }

    fn lines(&self) -> Vec<Line> {
        let content = self.files().into_iter().map(|(_, path)| fs::read_to_string(path).unwrap());
        content.collect::<String>().lines().map(|line| Line::read(line.as_bytes()).unwrap()).collect()
    }

    async fn verify(&self) -> Report {
        let sealed: Sealed = serde_json::from_slice(&self.seal().await.unwrap()).unwrap();
        let last = Chain { n: sealed.last, hash: Hash::read(&sealed.hash).unwrap() };
        let mut verifier = Verifier::new(Some(Seal { first: sealed.first, last }));
        for (first, path) in self.files() {
            verifier.file(first, &fs::read(path).unwrap());
        }
        verifier.finish()
    }
}

#[tokio::test]
async fn a_record_goes_on_over_restarts_in_the_order_of_events() {
    let desk = Desk::new().await;
    desk.run(3).await;
    desk.run(2).await;
    let report = desk.verify().await;
    assert!(report.ok, "{report:?}");
    assert_eq!((report.lines, report.sealed), (7, Some(7)));
    let names: Vec<_> = desk.lines().into_iter().filter_map(|line| line.entry.name).collect();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(names, [version, "0", "1", "2", version, "0", "1"]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new().await;
    desk.run(1).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.files()[0].1), 0o600);
    assert_eq!(mode(&desk.folder.path().join("audit")), 0o700);
}

#[tokio::test]
async fn equal_tokens_within_a_moment_are_one_line_that_counts_them() {
    let desk = Desk::new().await;
    let audit = desk.open().await;
    audit.settle().await;
    for _ in 0..1000 {
        audit.event(Event::TokenServed, |entry| entry.account = Some("work".to_owned()));
    }
    audit.close().await;
    let lines = desk.lines();
    let total: u64 = lines.iter().skip(1).map(|line| line.entry.times.unwrap_or(1)).sum();
    assert_eq!(total, 1000);
    assert!(lines.len() < 20, "{}", lines.len());
    assert!(desk.verify().await.ok);
}

#[tokio::test]
async fn a_program_that_loops_fills_no_disk() {
    let desk = Desk::new().await;
    let audit = desk.open().await;
    for number in 0..1500 {
        audit.event(Event::TokenRefused, |entry| {
            entry.account = Some(format!("guess-{number}"));
            entry.reason = Some("consent_required".to_owned());
        });
    }
    audit.close().await;
    let lines = desk.lines();
    let total: u64 = lines.iter().skip(1).map(|line| line.entry.times.unwrap_or(1)).sum();
    assert_eq!(total, 1500, "each is counted");
    assert!(lines.len() < 100, "{}", lines.len());
}

/// Anyone who can make a link can send them.
#[tokio::test]
async fn codes_that_are_caught_are_all_in_the_record_in_a_few_lines() {
    let desk = Desk::new().await;
    let audit = desk.open().await;
    for _ in 0..1500 {
        audit.event(Event::CodeCaught, |entry| entry.account = Some("work".to_owned()));
    }
    audit.close().await;
    let lines = desk.lines();
    let caught = lines.iter().filter(|line| line.entry.event == Event::CodeCaught);
    let times: Vec<u64> = caught.map(|line| line.entry.times.unwrap_or(1)).collect();
    assert_eq!(times.iter().sum::<u64>(), 1500, "{times:?}");
    assert!(times.len() < 20, "{times:?}");
}

#[tokio::test]
async fn what_finds_no_place_is_counted_in_the_next_line() {
    let desk = Desk::new().await;
    let audit = desk.open().await;
    audit.settle().await;
    audit.shared.missing.store(5, Ordering::Relaxed);
    audit.event(Event::SessionBegan, |_| {});
    audit.close().await;
    assert_eq!(desk.lines().last().unwrap().entry.missing, Some(5));
    assert_eq!(desk.verify().await.missing, 5);
}

#[tokio::test]
async fn files_rotate_and_the_chain_goes_on() {
    let mut desk = Desk::new().await;
    desk.config = AuditConfig { file_mib: 0, keep_files: 3, ..AuditConfig::default() };
    for _ in 0..5 {
        desk.run(2).await;
    }
    assert_eq!(desk.files().len(), 3);
    let report = desk.verify().await;
    assert!(report.ok && report.first > 1, "{report:?}");
    let removed = desk.lines().into_iter().filter(|line| line.entry.event == Event::RecordRotated);
    assert!(removed.filter_map(|line| line.entry.name).count() >= 2, "the removed files are named");
    fs::remove_file(&desk.files()[0].1).unwrap();
    let report = desk.verify().await;
    assert!(matches!(report.findings[..], [Finding::LinesMissing { .. }]), "{report:?}");
}

#[tokio::test]
async fn an_oldest_file_that_was_removed_before_a_start_stays_visible() {
    let mut desk = Desk::new().await;
    desk.config = AuditConfig { file_mib: 0, keep_files: 3, ..AuditConfig::default() };
    for _ in 0..5 {
        desk.run(2).await;
    }
    desk.config.keep_files = 100;
    let (removed, path) = desk.files().remove(0);
    fs::remove_file(path).unwrap();
    let audit = desk.open().await;
    audit.settle().await;
    assert!(
        audit.trouble().borrow().as_deref().is_some_and(|text| text.contains("removed")),
        "views show it"
    );
    audit.close().await;
    desk.run(1).await;
    let report = desk.verify().await;
    assert!(report.first > removed, "{report:?}");
    assert!(matches!(report.findings[..], [Finding::BrokenAtStart { .. }]), "{report:?}");
}

#[tokio::test]
async fn no_file_goes_while_the_vault_does_not_know_that_it_may() {
    let mut desk = Desk::new().await;
    desk.config = AuditConfig { file_mib: 0, keep_files: 2, ..AuditConfig::default() };
    desk.run(1).await;
    let sealed = desk.seal().await;
    let closed = VaultThread::new(|_| false);
    for _ in 0..3 {
        let audit = Audit::open(
            desk.folder.path(),
            &desk.config,
            closed.clone(),
            sealed.as_deref().map(Vec::as_slice),
        );
        audit.unwrap().close().await;
    }
    assert!(desk.files().len() >= 4);
    // As after a crash: nothing of it is taken for a change by another program.
    desk.run(1).await;
    assert!(desk.verify().await.ok);
    assert_eq!(desk.files().len(), 2);
}

#[tokio::test]
async fn half_a_line_after_a_crash_is_cut_off_and_marked() {
    let desk = Desk::new().await;
    desk.run(2).await;
    let path = desk.files()[0].1.clone();
    let mut content = fs::read(&path).unwrap();
    content.extend_from_slice(b"{\"n\":4,\"time\":17");
    fs::write(&path, &content).unwrap();
    desk.run(1).await;
    let report = desk.verify().await;
    assert!(report.ok, "{report:?}");
    assert_eq!(report.lost_bytes, 16);
    assert!(desk.lines().iter().any(|line| line.entry.event == Event::RecordResumed));
}

#[tokio::test]
async fn a_tail_that_was_removed_before_a_start_stays_visible() {
    let desk = Desk::new().await;
    desk.run(4).await;
    let path = desk.files()[0].1.clone();
    let content = fs::read_to_string(&path).unwrap();
    let kept: String = content.split_inclusive('\n').take(3).collect();
    fs::write(&path, kept).unwrap();
    desk.run(1).await;
    desk.run(1).await;
    let report = desk.verify().await;
    assert!(report.findings.contains(&Finding::LinesMissing { from: 4, to: 5 }), "{report:?}");
    assert!(report.findings.iter().any(|finding| matches!(finding, Finding::BrokenAtStart { .. })));
}

#[tokio::test]
async fn a_record_that_was_removed_before_a_start_is_missed() {
    let desk = Desk::new().await;
    desk.run(4).await;
    fs::remove_dir_all(desk.folder.path().join("audit")).unwrap();
    desk.run(1).await;
    let report = desk.verify().await;
    assert!(
        report.findings.iter().any(|finding| matches!(finding, Finding::BrokenAtStart { n: 7 })),
        "{report:?}"
    );
}

#[tokio::test]
async fn a_last_line_that_was_changed_before_a_start_is_found() {
    let desk = Desk::new().await;
    desk.run(2).await;
    let path = desk.files()[0].1.clone();
    let content = fs::read_to_string(&path).unwrap();
    fs::write(&path, content.replace("\"name\":\"1\"", "\"name\":\"7\"")).unwrap();
    desk.run(1).await;
    let report = desk.verify().await;
    assert!(report.findings.contains(&Finding::LineChanged { n: 3 }), "{report:?}");
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_shown_and_may_stop_tokens() {
    let mut desk = Desk::new().await;
    // Each group begins a new file, which cannot be made while a file is in the place of the folder.
    desk.config = AuditConfig { file_mib: 0, if_not_written: IfNotWritten::Refuse, ..AuditConfig::default() };
    let audit = desk.open().await;
    audit.settle().await;
    let folder = desk.folder.path().join("audit");
    let away = desk.folder.path().join("away");
    fs::rename(&folder, &away).unwrap();
    fs::write(&folder, "").unwrap();
    audit.event(Event::SessionBegan, |_| {});
    audit.settle().await;
    assert!(audit.trouble().borrow().is_some(), "views show it");
    assert!(!audit.admits_tokens());
    audit.configure(AuditConfig { if_not_written: IfNotWritten::Serve, ..desk.config });
    assert!(audit.admits_tokens(), "the default is to serve");
    audit.configure(desk.config);
    fs::remove_file(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    audit.event(Event::TokenRefused, |_| {});
    audit.close().await;
    assert!(audit.admits_tokens() && audit.trouble().borrow().is_none(), "a write that succeeds ends it");
    let kept = desk.lines().iter().filter(|line| line.entry.event == Event::SessionBegan).count();
    assert_eq!(kept, 1, "what could not be written is written later");
    assert!(desk.verify().await.ok);
}

/// Loses the files of the record while it is written, with `if_not_written = "refuse"`.
async fn lost_while_written(lose: fn(&Path)) {
    let mut desk = Desk::new().await;
    desk.config = AuditConfig { if_not_written: IfNotWritten::Refuse, ..AuditConfig::default() };
    let audit = desk.open().await;
    audit.event(Event::SessionBegan, |_| {});
    audit.settle().await;
    lose(&desk.folder.path().join("audit"));
    audit.event(Event::TokenServed, |_| {});
    audit.settle().await;
    let (_, newest) = desk.files().pop().unwrap();
    let content = fs::read_to_string(newest).unwrap();
    let lines: Vec<_> = content.lines().map(|line| Line::read(line.as_bytes()).unwrap().entry).collect();
    assert_eq!(lines[0].event, Event::RecordBroken, "{content}");
    assert_eq!(lines[0].reason.as_deref(), Some("file_gone"));
    assert_eq!(lines[1].event, Event::TokenServed, "the group is not lost");
    assert!(audit.admits_tokens(), "the line is on the disk");
    assert!(audit.trouble().borrow().is_some(), "views show it");
    audit.close().await;
    assert!(audit.trouble().borrow().is_some(), "and a write that succeeds does not end that");
    let findings = desk.verify().await.findings;
    assert!(findings.contains(&Finding::LinesMissing { from: 1, to: 2 }), "{findings:?}");
}

fn in_folder(folder: &Path, work: impl Fn(&Path)) {
    fs::read_dir(folder).unwrap().for_each(|file| work(&file.unwrap().path()));
}

#[tokio::test]
async fn a_record_whose_file_is_removed_while_it_is_written_is_begun_anew() {
    lost_while_written(|folder| in_folder(folder, |file| fs::remove_file(file).unwrap())).await;
}

#[tokio::test]
async fn a_record_whose_folder_is_removed_while_it_is_written_is_begun_anew() {
    lost_while_written(|folder| fs::remove_dir_all(folder).unwrap()).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_record_in_whose_place_another_file_is_put_is_begun_anew() {
    lost_while_written(|folder| {
        in_folder(folder, |file| {
            fs::rename(file, folder.with_file_name("moved")).unwrap();
            fs::write(file, "").unwrap();
        });
    })
    .await;
}

#[tokio::test]
async fn no_token_goes_out_while_a_lost_record_cannot_be_begun_anew() {
    let mut desk = Desk::new().await;
    desk.config = AuditConfig { if_not_written: IfNotWritten::Refuse, ..AuditConfig::default() };
    let audit = desk.open().await;
    audit.settle().await;
    let folder = desk.folder.path().join("audit");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    audit.event(Event::TokenServed, |_| {});
    audit.settle().await;
    assert!(!audit.admits_tokens() && audit.trouble().borrow().is_some());
    fs::remove_file(&folder).unwrap();
    audit.event(Event::TokenRefused, |_| {});
    audit.settle().await;
    assert!(audit.admits_tokens());
    let events: Vec<_> = desk.lines().into_iter().map(|line| line.entry.event).collect();
    assert_eq!(events, [Event::RecordBroken, Event::TokenServed, Event::TokenRefused]);
    audit.close().await;
}

#[tokio::test]
async fn a_record_whose_file_is_emptied_while_it_is_written_is_begun_anew() {
    lost_while_written(|folder| in_folder(folder, |file| fs::write(file, "").unwrap())).await;
}
