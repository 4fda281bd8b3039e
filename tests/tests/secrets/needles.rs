//! Secrets, and the places that are searched: files, arguments, environments, memory.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use abide_tests::room::Room;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// The pause between two looks at the running programs.
const SAMPLING: Duration = Duration::from_millis(1);
/// The time for which a new process is looked at again: it may not have started its program yet.
const YOUNG: Duration = Duration::from_secs(1);

/// A secret in every form that a program might write. For base64, the part that does not depend on the bytes before and
/// after it.
fn forms(secret: &str) -> BTreeSet<Vec<u8>> {
    let bytes = secret.as_bytes();
    let percent: String = url::form_urlencoded::byte_serialize(bytes).collect();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = BTreeSet::from([
        bytes.to_vec(),
        percent.into_bytes(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ]);
    for shift in 0..3 {
        let shifted = [&[b'x'; 2][..shift], bytes].concat();
        let whole = shifted.len() / 3 * 3;
        for engine in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted[..whole]);
            forms.insert(text.as_bytes()[if shift == 0 { 0 } else { 4 }..].to_vec());
        }
    }
    forms
}

/// Many secrets, searched for at once.
pub(crate) struct Needles(BTreeMap<[u8; 8], Vec<(String, Vec<u8>)>>);

impl Needles {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a String>) -> Self {
        let mut needles: BTreeMap<[u8; 8], Vec<_>> = BTreeMap::new();
        for secret in secrets {
            assert!(secret.len() >= 16, "too short to be told from chance: {secret}");
            for form in forms(secret) {
                needles.entry(form[..8].try_into().unwrap()).or_default().push((secret.clone(), form));
            }
        }
        Self(needles)
    }

    /// The secrets that occur, and the form of each.
    pub(crate) fn within(&self, hay: &[u8]) -> Vec<String> {
        // Most bytes cannot be the beginning, so the first byte is looked up before the rest is compared.
        let mut begins = [false; 256];
        self.0.keys().for_each(|start| begins[usize::from(start[0])] = true);
        let mut found = Vec::new();
        for (at, start) in hay.windows(8).enumerate().filter(|(_, start)| begins[usize::from(start[0])]) {
            let candidates = self.0.get(start).into_iter().flatten();
            for (secret, _) in candidates.filter(|(_, form)| hay[at..].starts_with(form)) {
                let context = &hay[at.saturating_sub(48)..(at + 16).min(hay.len())];
                found.push(format!("{secret}: …{}…", context.escape_ascii()));
            }
        }
        found
    }
}

/// Arguments and environment of every program in the room, watched all the time.
pub(crate) struct Processes {
    seen: Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Processes {
    pub(crate) fn watch(room: &Room) -> Self {
        let home = format!("HOME={}", room.path("home").display()).into_bytes();
        let (seen, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (kept, stopped): (Arc<Mutex<BTreeMap<_, _>>>, _) = (Arc::clone(&seen), stop.clone());
        let mut first_seen = BTreeMap::new();
        let mut look = move || {
            for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
                let name = entry.file_name();
                let is_process = name.as_bytes().iter().all(u8::is_ascii_digit);
                if !is_process || first_seen.entry(name).or_insert_with(Instant::now).elapsed() > YOUNG {
                    continue;
                }
                let environ = std::fs::read(entry.path().join("environ")).unwrap_or_default();
                if environ.windows(home.len()).any(|part| part == home) {
                    let cmdline = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
                    kept.lock().unwrap().insert(cmdline, environ);
                }
            }
        };
        let thread = std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                look();
                std::thread::sleep(SAMPLING);
            }
        });
        Self { seen, stop, thread: Some(thread) }
    }

    /// Arguments and environment of each.
    pub(crate) fn all(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.seen.lock().unwrap().clone().into_iter().collect()
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn files(room: &Room) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let folders = ["state", "config", "run", "cache", "data", "home", "logs", "tmp"];
    let mut open: Vec<PathBuf> = folders.map(|name| room.path(name)).to_vec();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

pub(crate) fn nothing_outside(
    room: &Room,
    processes: &Processes,
    secrets: &BTreeSet<String>,
    except: &[PathBuf],
) {
    let needles = Needles::new(secrets);
    let files: Vec<_> = files(room).into_iter().filter(|file| !except.contains(file)).collect();
    assert!(files.len() > 5, "there is something to look through: {files:?}");
    for file in files {
        let hits = needles.within(&std::fs::read(&file).unwrap_or_default());
        assert!(hits.is_empty(), "{}: {hits:#?}", file.display());
    }
    for (arguments, environment) in processes.all() {
        let hits = [needles.within(&arguments), needles.within(&environment)].concat();
        assert!(hits.is_empty(), "{}: {hits:#?}", arguments.escape_ascii());
    }
}
