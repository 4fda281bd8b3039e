//! What the surroundings of a program call it: labels, which prove nothing.
//!
//! They are read when the user is asked, off the event loop, by one thread at a time and for a moment only.

mod package;

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use abide_decision::FileId;
use abide_wire::{Label, LabelKind};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::platform::program::{ProcessId, Program, Surroundings, surroundings, text};

/// How long a question waits for what surrounds a program, and for the package of its file.
const PATIENCE: Duration = Duration::from_millis(300);
const FOR_THE_PACKAGE: Duration = Duration::from_millis(50);
/// So many programs are remembered.
const MOST: usize = 256;
/// The longest name that is shown, in characters.
const LONGEST: usize = 80;

/// The variables by which coding agents mark what they start: `labels.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Markers {
    agents: BTreeMap<String, Vec<String>>,
}

static MARKERS: LazyLock<Markers> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it.
    toml::from_str(include_str!("labels.toml")).unwrap_or_default()
});

/// One run of one program.
type Run = (ProcessId, Option<FileId>);

/// The labels of programs.
#[derive(Default)]
pub(crate) struct Labels {
    around: Arc<Looks<Run, Vec<Label>>>,
    packages: Arc<Looks<FileId, Option<String>>>,
}

impl Labels {
    /// The labels of a process and its program, as far as they can be found out in a moment.
    pub(crate) async fn of(&self, process: Option<ProcessId>, program: Option<&Program>) -> Vec<Label> {
        let Some(process) = process else { return Vec::new() };
        let run = (process, program.map(|program| program.id));
        let around = self.around.of(run, PATIENCE, move || look(process)).await;
        let mut labels = around.unwrap_or_default();
        if let Some(program) = program.filter(|program| !program.contained) {
            let path = program.path.clone();
            let owner = self.packages.of(program.id, FOR_THE_PACKAGE, move || package::owner(&path)).await;
            labels.extend(owner.flatten().and_then(|name| label(LabelKind::Package, &name)));
        }
        labels
    }
}

/// Looks that are remembered. One is taken at a time; one that never ends keeps its place.
struct Looks<K, V> {
    known: Mutex<HashMap<K, V>>,
    turn: Arc<Semaphore>,
}

impl<K, V> Default for Looks<K, V> {
    fn default() -> Self {
        Self { known: Mutex::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl<K: Copy + Eq + Hash + Send + 'static, V: Clone + Send + 'static> Looks<K, V> {
    /// What a look finds, off the event loop; `None` if it takes longer. What is found too late is there for the next question.
    async fn of(
        self: &Arc<Self>,
        key: K,
        patience: Duration,
        look: impl FnOnce() -> V + Send + 'static,
    ) -> Option<V> {
        if let Some(known) = self.known(&key) {
            return Some(known);
        }
        let this = Arc::clone(self);
        let found = async {
            let turn = Arc::clone(&self.turn).acquire_owned().await.ok()?;
            let looked = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                let found = this.known(&key).unwrap_or_else(look);
                this.remember(key, found.clone());
                found
            });
            looked.await.ok()
        };
        tokio::time::timeout(patience, found).await.ok().flatten()
    }

    fn known(&self, key: &K) -> Option<V> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn remember(&self, key: K, found: V) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, found);
    }
}

fn look(process: ProcessId) -> Vec<Label> {
    let is_marker = |name: &str| agent_of(name).is_some();
    let Some(around) = surroundings(process, is_marker) else { return Vec::new() };
    let mut labels = read(&around);
    let entry = app_id(&around).and_then(|id| desktop_name(&id));
    labels.extend(entry.and_then(|name| label(LabelKind::DesktopEntry, &name)));
    labels
}

fn label(kind: LabelKind, name: &str) -> Option<Label> {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| Label { kind, name: name.to_owned() })
}

/// What follows from the surroundings alone.
fn read(around: &Surroundings) -> Vec<Label> {
    let group = group(&around.cgroups);
    let unit = group.and_then(unit);
    let agent = around.variables.iter().find_map(|name| agent_of(name));
    let flatpak = around.flatpak.as_deref().and_then(flatpak_name);
    let snap = unit.as_deref().and_then(snap_name);
    let other = group.filter(|group| unit.is_none() && *group != "/");
    let found = [
        (LabelKind::CodingAgent, agent),
        (LabelKind::Flatpak, flatpak),
        (LabelKind::Snap, snap),
        (LabelKind::Unit, unit.as_deref()),
        (LabelKind::Cgroup, other),
    ];
    found.into_iter().filter_map(|(kind, name)| label(kind, name?)).collect()
}

/// The coding agent that sets a variable. An entry that ends in `*` is the beginning of a name.
fn agent_of(variable: &str) -> Option<&'static str> {
    let is_it = |marker: &String| match marker.strip_suffix('*') {
        Some(start) => variable.starts_with(start),
        None => variable == marker,
    };
    let agent = MARKERS.agents.iter().find(|(_, markers)| markers.iter().any(is_it))?;
    Some(agent.0)
}

/// The group in the unified hierarchy, or else in that of systemd (cgroups(7)).
fn group(cgroups: &str) -> Option<&str> {
    let of = |prefix: &str| cgroups.lines().find_map(|line| line.strip_prefix(prefix));
    of("0::").or_else(|| {
        cgroups.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, group)| group))
    })
}

/// The innermost unit of a group, without the escapes of its name (systemd.unit(5)).
fn unit(group: &str) -> Option<String> {
    let is_unit = |part: &&str| part.ends_with(".service") || part.ends_with(".scope");
    group.rsplit('/').find(is_unit).map(unescaped)
}

fn unescaped(name: &str) -> String {
    let mut rest = name;
    let mut text = String::with_capacity(name.len());
    while let Some((before, after)) = rest.split_once("\\x") {
        text.push_str(before);
        let code = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .filter(u8::is_ascii_graphic);
        match code {
            Some(code) => {
                text.push(char::from(code));
                rest = &after[2..];
            }
            None => {
                text.push_str("\\x");
                rest = after;
            }
        }
    }
    text + rest
}

/// `name` in the group `[Application]` of `.flatpak-info`.
fn flatpak_name(info: &str) -> Option<&str> {
    let mut lines = info.lines().skip_while(|line| line.trim() != "[Application]").skip(1);
    lines.by_ref().take_while(|line| !line.starts_with('[')).find_map(|line| line.strip_prefix("name="))
}

/// `snap.NAME.APP-ID.scope`, or `snap.NAME.APP.service`.
fn snap_name(unit: &str) -> Option<&str> {
    unit.strip_prefix("snap.")?.split('.').next().filter(|name| !name.is_empty())
}

/// The identifier of the desktop's app. Its unit is `app-[LAUNCHER-]ID-RANDOM.scope` or `app-[LAUNCHER-]ID[@RANDOM].service`.
fn app_id(around: &Surroundings) -> Option<String> {
    if let Some(name) = around.flatpak.as_deref().and_then(flatpak_name) {
        return Some(name.to_owned());
    }
    let group = group(&around.cgroups)?;
    let part = group.rsplit('/').find(|part| part.starts_with("app-"))?;
    let name = part.strip_prefix("app-")?;
    // The hyphens of the identifier itself are escaped.
    let id = match (name.strip_suffix(".scope"), name.strip_suffix(".service")) {
        (Some(scope), _) => scope.rsplit_once('-').map(|(before, _)| before)?,
        (_, Some(service)) => service.split('@').next()?,
        _ => return None,
    };
    let id = id.rsplit('-').next().filter(|id| !id.is_empty())?;
    Some(unescaped(id))
}

/// The name in the desktop entry of an app.
fn desktop_name(id: &str) -> Option<String> {
    if id.contains('/') || id.starts_with('.') {
        return None;
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = home.map(|home| home.join(".local/share"));
    let shared =
        ["/usr/local/share", "/usr/share", "/var/lib/flatpak/exports/share", "/var/lib/snapd/desktop"];
    let folders = own.into_iter().chain(shared.map(PathBuf::from));
    let text = folders
        .filter_map(|folder| text(&folder.join("applications").join(format!("{id}.desktop"))))
        .next()?;
    let mut lines = text.lines().skip_while(|line| line.trim() != "[Desktop Entry]").skip(1);
    let name = lines
        .by_ref()
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("Name="))?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests;
