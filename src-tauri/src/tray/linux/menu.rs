//! The menu, and what panels know of it.
//!
//! A panel keeps a copy of the menu. Changes are sent at once while the menu is open, and at longer intervals for a
//! countdown in a closed menu. Just before a panel opens the menu, it asks for changes and gets them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use zbus::zvariant::{StructureBuilder, Value};

use crate::tray::View;
use crate::tray::view::{ItemView, StopView, item};

/// How long a menu counts as open if no panel reports that it was closed.
const OPEN_AT_MOST: Duration = Duration::from_secs(120);

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    /// The number by which panels identify the line. A line never gives its number to another one, so a click on an outdated
    /// menu may do nothing, but never something else.
    id: i32,
    /// The action of the item; for a separator, its place.
    key: String,
    kind: Kind,
    below: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Separator,
    /// While the menu is closed, only changes of `lasting` are sent.
    Item {
        label: String,
        lasting: String,
        enabled: bool,
    },
}

/// Properties of a line, as they cross the bus.
pub(super) type Properties = HashMap<&'static str, Value<'static>>;

/// What to send to the panels.
#[derive(Debug, PartialEq)]
pub(super) enum News {
    /// Nothing.
    None,
    /// These lines have changed.
    Lines(Vec<(i32, Properties)>),
    /// Lines were added or removed.
    Layout(u32),
}

/// The menu, and what panels know about it.
#[derive(Default)]
pub(super) struct Menu {
    ids: HashMap<String, i32>,
    lines: Vec<Line>,
    pub(super) revision: u32,
    /// What was last sent to the panels: the label, and whether it can be chosen.
    told: HashMap<i32, (String, bool)>,
    /// Until when the menu counts as open.
    open: Option<Instant>,
}

impl Menu {
    /// Updates the menu for the newest view.
    pub(super) fn follow(&mut self, view: &View, now: Instant) -> News {
        let fresh = Lines { ids: &mut self.ids }.of(view);
        if !same_shape(&self.lines, &fresh) {
            self.lines = fresh;
            self.revision += 1;
            self.told.clear();
            return News::Layout(self.revision);
        }
        let before = std::mem::replace(&mut self.lines, fresh);
        if self.open.is_some_and(|until| now < until) {
            return self.catch_up();
        }
        let mut old = Vec::new();
        flatten(&before, &mut old);
        let mut new = Vec::new();
        flatten(&self.lines, &mut new);
        let is_news = old.iter().zip(&new).any(|(old, new)| match (&old.kind, &new.kind) {
            (Kind::Item { lasting: was, enabled: could, .. }, Kind::Item { lasting, enabled, .. }) => {
                was != lasting || could != enabled
            }
            _ => false,
        });
        if is_news { self.catch_up() } else { News::None }
    }

    /// All changes that the panels do not have yet.
    fn catch_up(&mut self) -> News {
        let mut lines = Vec::new();
        flatten(&self.lines, &mut lines);
        let mut changed = Vec::new();
        for line in lines {
            let Kind::Item { label, enabled, .. } = &line.kind else { continue };
            let told = (label.clone(), *enabled);
            if self.told.get(&line.id) != Some(&told) {
                changed.push((line.id, line.properties()));
                self.told.insert(line.id, told);
            }
        }
        if changed.is_empty() { News::None } else { News::Lines(changed) }
    }

    /// The menu is no longer shown.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// The properties of these lines; of all, if none is named.
    pub(super) fn properties(&self, ids: &[i32]) -> Vec<(i32, Properties)> {
        let mut lines = Vec::new();
        flatten(&self.lines, &mut lines);
        lines.retain(|line| ids.is_empty() || ids.contains(&line.id));
        lines.into_iter().map(|line| (line.id, line.properties())).collect()
    }

    /// One property of a line.
    pub(super) fn property(&self, id: i32, name: &str) -> Option<Value<'static>> {
        self.line(id)?.properties().remove(name)
    }

    /// The menu is about to be shown.
    pub(super) fn open(&mut self, now: Instant) -> News {
        self.open = Some(now + OPEN_AT_MOST);
        self.catch_up()
    }

    pub(super) fn key(&self, id: i32) -> Option<&str> {
        self.ids.iter().find(|(_, known)| **known == id).map(|(key, _)| key.as_str())
    }

    fn line(&self, id: i32) -> Option<&Line> {
        let mut lines = Vec::new();
        flatten(&self.lines, &mut lines);
        lines.into_iter().find(|line| line.id == id)
    }

    /// The part of the menu below a line, down to `depth` levels, or all of it. Number 0 is the menu itself.
    pub(super) fn layout(
        &mut self,
        parent: i32,
        depth: i32,
    ) -> Option<(i32, Properties, Vec<Value<'static>>)> {
        let (properties, below) = if parent == 0 {
            (HashMap::from([("children-display", "submenu".into())]), &self.lines)
        } else {
            let line = self.line(parent)?;
            (line.properties(), &line.below)
        };
        let children =
            if depth == 0 { Vec::new() } else { below.iter().map(|line| line.value(depth - 1)).collect() };
        if parent == 0 && depth < 0 {
            // A caller that reads the whole menu has all changes.
            self.catch_up();
        }
        Some((parent, properties, children))
    }
}

impl Line {
    fn properties(&self) -> Properties {
        match &self.kind {
            Kind::Separator => HashMap::from([("type", "separator".into())]),
            Kind::Item { label, enabled, .. } => {
                // An underscore marks a key. In names of users and accounts it has to be shown.
                let mut properties: Properties = HashMap::from([
                    ("label", label.replace('_', "__").into()),
                    ("enabled", (*enabled).into()),
                ]);
                if !self.below.is_empty() {
                    properties.insert("children-display", "submenu".into());
                }
                properties
            }
        }
    }

    /// The line and what is below it, down to `depth` levels, as `(ia{sv}av)`.
    fn value(&self, depth: i32) -> Value<'static> {
        let below: Vec<Value<'static>> = if depth == 0 {
            Vec::new()
        } else {
            self.below.iter().map(|line| line.value(depth - 1)).collect()
        };
        let structure =
            StructureBuilder::new().add_field(self.id).add_field(self.properties()).add_field(below).build();
        structure.map_or_else(|_| Value::from(self.id), Value::from)
    }
}

fn flatten<'a>(lines: &'a [Line], into: &mut Vec<&'a Line>) {
    for line in lines {
        into.push(line);
        flatten(&line.below, into);
    }
}

fn same_shape(one: &[Line], other: &[Line]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.id == other.id && same_shape(&one.below, &other.below))
}

/// Makes the lines of a view.
struct Lines<'a> {
    ids: &'a mut HashMap<String, i32>,
}

impl Lines<'_> {
    fn of(mut self, view: &View) -> Vec<Line> {
        let mut lines = Vec::new();
        for account in &view.accounts {
            let watch = account.watch_again.then(|| ItemView { label: view.watch_again(), enabled: true });
            let choices = [
                (item::SIGN_IN, Some(&account.sign_in)),
                (item::KEEP, Some(&account.keep)),
                (item::WATCH, watch.as_ref()),
                (item::SIGN_OUT, Some(&account.sign_out)),
            ];
            let choices: Vec<Line> = choices
                .into_iter()
                .filter_map(|(what, item)| Some((what, item?)))
                .map(|(what, ItemView { label, enabled })| {
                    self.line(&format!("{what}:{}", account.name), label, label, *enabled, Vec::new())
                })
                .collect();
            let key = format!("{}:{}", item::STATUS, account.name);
            if view.accounts.len() == 1 {
                lines.push(self.line(&key, &account.status, &account.lasting_status, false, Vec::new()));
                lines.push(self.separator("choices"));
                lines.extend(choices);
            } else {
                // This line has another number than the plain line: panels do not expect a line to become a submenu.
                let key = format!("{key}:more");
                lines.push(self.line(&key, &account.status, &account.lasting_status, true, choices));
            }
        }
        if !view.stops.is_empty() {
            lines.push(self.separator("stops"));
        }
        for StopView { grant, label } in &view.stops {
            lines.push(self.line(&format!("{}:{grant}", item::STOP), label, label, true, Vec::new()));
        }
        if !view.accounts.is_empty() {
            lines.push(self.separator("common"));
        }
        for (key, label) in view.common_items() {
            lines.push(self.line(key, &label, &label, true, Vec::new()));
        }
        lines.push(self.separator("end"));
        let quit = view.quit();
        lines.push(self.line(item::QUIT, &quit, &quit, true, Vec::new()));
        lines
    }

    fn id(&mut self, key: &str) -> i32 {
        // Zero is the menu itself.
        let next = i32::try_from(self.ids.len() + 1).unwrap_or(i32::MAX);
        *self.ids.entry(key.to_owned()).or_insert(next)
    }

    fn line(&mut self, key: &str, label: &str, lasting: &str, enabled: bool, below: Vec<Line>) -> Line {
        let kind = Kind::Item { label: label.to_owned(), lasting: lasting.to_owned(), enabled };
        Line { id: self.id(key), key: key.to_owned(), kind, below }
    }

    fn separator(&mut self, place: &str) -> Line {
        let key = format!("separator:{place}");
        Line { id: self.id(&key), key, kind: Kind::Separator, below: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::face::{Face, Ring, Tone};
    use crate::tray::view::AccountView;

    fn account(name: &str, left: &str) -> AccountView {
        let item = |label: &str, enabled| ItemView { label: label.to_owned(), enabled };
        AccountView {
            name: name.to_owned(),
            status: format!("{name} \u{b7} {left} left"),
            lasting_status: name.to_owned(),
            sign_in: item("Sign in", false),
            keep: item("Keep session", true),
            watch_again: false,
            sign_out: item("Sign out", true),
        }
    }

    fn view(accounts: Vec<AccountView>) -> View {
        let face = Face { ring: Ring::Left(60), tone: Tone::Calm, dot: false };
        View { face, tooltip: Vec::new(), accounts, stops: Vec::new(), language: abide_wire::Language::En }
    }

    fn labels(news: &News) -> Vec<String> {
        let News::Lines(lines) = news else { panic!("{news:?}") };
        lines.iter().map(|(_, properties)| properties["label"].clone().try_into().unwrap()).collect()
    }

    /// A menu that a panel has read, at this moment.
    fn read(accounts: Vec<AccountView>, now: Instant) -> Menu {
        let mut menu = Menu::default();
        assert_eq!(menu.follow(&view(accounts), now), News::Layout(1));
        menu.layout(0, -1).unwrap();
        menu
    }

    #[test]
    fn nobody_hears_of_the_time_until_the_menu_opens() {
        let now = Instant::now();
        let mut menu = read(vec![account("work", "58 s")], now);
        assert_eq!(menu.follow(&view(vec![account("work", "57 s")]), now), News::None);
        assert_eq!(labels(&menu.open(now)), ["work \u{b7} 57 s left"]);
        assert_eq!(
            labels(&menu.follow(&view(vec![account("work", "56 s")]), now)),
            ["work \u{b7} 56 s left"]
        );
        let later = now + OPEN_AT_MOST;
        assert_eq!(menu.follow(&view(vec![account("work", "55 s")]), later), News::None);
    }

    #[test]
    fn what_can_be_chosen_is_told_at_once() {
        let now = Instant::now();
        let mut menu = read(vec![account("work", "58 s")], now);
        let mut changed = account("work", "57 s");
        changed.keep.enabled = false;
        assert_eq!(
            labels(&menu.follow(&view(vec![changed]), now)),
            ["work \u{b7} 57 s left", "Keep session"]
        );
    }

    #[test]
    fn a_line_keeps_its_number_and_no_other_line_gets_it() {
        let now = Instant::now();
        let mut menu = read(vec![account("work", "58 s"), account("home", "58 s")], now);
        let home = menu.ids["sign-out:home"];
        assert_eq!(menu.follow(&view(vec![account("work", "58 s")]), now), News::Layout(2));
        assert_eq!(menu.key(home), Some("sign-out:home"), "the account is gone, so this asks for nothing");
        assert!(menu.line(home).is_none());
        menu.follow(&view(vec![account("work", "58 s"), account("lab", "58 s")]), now);
        assert_ne!(menu.ids["sign-out:lab"], home);
    }

    #[test]
    fn the_line_of_a_closed_tab_comes_and_goes_and_the_others_keep_their_numbers() {
        let now = Instant::now();
        let mut menu = read(vec![account("work", "58 s")], now);
        let ids = |menu: &Menu| menu.lines.iter().map(|line| line.id).collect::<Vec<_>>();
        let before = ids(&menu);
        let mut closed = account("work", "57 s");
        closed.watch_again = true;
        assert_eq!(menu.follow(&view(vec![closed.clone()]), now), News::Layout(2));
        let watch = menu.ids["watch:work"];
        let place = |menu: &Menu, key: &str| menu.lines.iter().position(|line| line.key == key);
        assert_eq!(place(&menu, "watch:work"), place(&menu, "sign-out:work").map(|place| place - 1));
        closed.status = "work \u{b7} 56 s left".to_owned();
        assert_eq!(menu.follow(&view(vec![closed]), now), News::None, "a tick brings no other layout");
        assert_eq!(menu.follow(&view(vec![account("work", "55 s")]), now), News::Layout(3));
        assert_eq!(ids(&menu), before);
        assert_eq!(menu.key(watch), Some("watch:work"), "a late click means nothing else");
    }

    #[test]
    fn a_program_that_can_be_stopped_is_a_line_of_its_own() {
        let now = Instant::now();
        let mut menu = read(vec![account("work", "58 s")], now);
        let mut with = view(vec![account("work", "58 s")]);
        with.stops = vec![StopView { grant: 7, label: "Stop curl".to_owned() }];
        assert_eq!(menu.follow(&with, now), News::Layout(2));
        let stop = menu.ids["stop:7"];
        assert_eq!(menu.key(stop), Some("stop:7"));
        assert_eq!(menu.follow(&with, now), News::None);
        assert_eq!(menu.follow(&view(vec![account("work", "58 s")]), now), News::Layout(3));
        assert!(menu.line(stop).is_none());
    }

    #[test]
    fn an_underscore_in_a_name_marks_no_key() {
        let menu = read(vec![account("my_work", "58 s")], Instant::now());
        let line = menu.line(menu.ids["status:my_work"]).unwrap();
        let label: String = line.properties()["label"].clone().try_into().unwrap();
        assert_eq!(label, "my__work \u{b7} 58 s left");
    }
}
