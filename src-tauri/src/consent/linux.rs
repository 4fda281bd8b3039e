//! The consent question as a GTK dialog.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use abide_locale::{common, desktop};
use abide_wire::{ConsentAnswer, Language};
use gtk::glib::{self, Propagation};
use gtk::prelude::*;
use gtk::{Align, ResponseType, gdk, pango};
use tauri::AppHandle;

use super::words::Fact;
use super::{Answer, ConsentDialog, Words};
use crate::question::{QUIET, keep_free, quiet};

/// How long an answered dialog stays, and takes nothing: the second click of a double click is not for what lies beneath.
const AFTER_A_CLICK: Duration = Duration::from_millis(400);
/// Where a line of text ends, in characters.
const LINE: i32 = 52;
/// The side of the icon, in logical pixels.
const ICON: i32 = 48;
/// So many things that can be left out are shown without scrolling.
const FEW: usize = 6;
/// What the title bar, the panel and the window list show.
const ROLE: &str = "abide-consent";

thread_local! {
    /// The dialog that is up. Only the main thread, where GTK is, has one.
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
    /// The number of the last dialog.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

pub(super) struct Dialog {
    app: AppHandle,
}

impl Dialog {
    pub(super) fn new(app: &AppHandle) -> Self {
        Self { app: app.clone() }
    }

    fn on_main_thread(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(work) {
            tracing::error!(%error, "the question about a program cannot be shown");
        }
    }
}

impl ConsentDialog for Dialog {
    fn show(&self, words: Words, answer: Answer) {
        self.on_main_thread(move || {
            let up = Up::new(&words, answer);
            if let Some(before) = UP.replace(Some(up)) {
                before.take_down();
            }
        });
    }

    fn update(&self, words: Words) {
        self.on_main_thread(move || {
            UP.with_borrow_mut(|up| {
                if let Some(up) = up {
                    up.take_in(&words);
                }
            });
        });
    }

    fn withdraw(&self) {
        self.on_main_thread(|| {
            if let Some(up) = UP.take() {
                up.take_down();
            }
        });
    }
}

/// Works on the dialog with this number, if it is still up.
fn with(number: u64, work: impl FnOnce(&mut Up)) {
    UP.with_borrow_mut(|up| {
        if let Some(up) = up.as_mut().filter(|up| up.number == number) {
            work(up);
        }
    });
}

struct Up {
    number: u64,
    dialog: gtk::Dialog,
    choices: gtk::ComboBoxText,
    ends: gtk::ComboBoxText,
    targets: Vec<gtk::CheckButton>,
    scopes: Vec<gtk::CheckButton>,
    /// The other questions that the answer can be for, and where they are listed.
    also: Vec<(u64, gtk::CheckButton)>,
    list: gtk::Box,
    waiting: gtk::Label,
    words: Words,
    answer: Option<Answer>,
    /// Whether keys and clicks are taken.
    armed: bool,
    /// What arms the dialog.
    arming: Option<glib::SourceId>,
}

impl Up {
    fn new(words: &Words, answer: Answer) -> Self {
        let number = NUMBER.get() + 1;
        NUMBER.set(number);
        let dialog = gtk::Dialog::builder()
            .title(&words.title)
            .resizable(false)
            .window_position(gtk::WindowPosition::Center)
            .type_hint(gdk::WindowTypeHint::Dialog)
            .urgency_hint(true)
            .role(ROLE)
            .build();
        dialog.set_keep_above(true);
        dialog.stick();
        let choices = choices(words);
        let ends = ends(words, &choices);
        let (targets, scopes) = (boxes(&words.targets, number), boxes(&words.scopes, number));
        let waiting = label("", true);
        let texts = texts(words);
        texts.pack_start(&parts(&targets, &scopes, words.language), false, false, 0);
        let list = gtk::Box::new(gtk::Orientation::Vertical, 2);
        list.set_no_show_all(true);
        texts.pack_start(&list, false, false, 0);
        texts.pack_start(&times(&choices, &ends, words.language), false, false, 0);
        texts.pack_start(&why(words), false, false, 0);
        texts.pack_start(&waiting, false, false, 0);
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 20);
        keep_free(&row, 24, 24, 12);
        row.add(&icon(words));
        row.add(&texts);
        dialog.content_area().add(&row);
        let mut up = Self {
            number,
            dialog,
            choices,
            ends,
            targets,
            scopes,
            also: Vec::new(),
            list,
            waiting,
            words: words.clone(),
            answer: Some(answer),
            armed: false,
            arming: None,
        };
        up.add_buttons();
        up.listen();
        up.introduce();
        up.dialog.show_all();
        up.take_in(words);
        up.arm_after_quiet();
        up.dialog.present_with_time(gdk::ffi::GDK_CURRENT_TIME as u32);
        up
    }

    fn add_buttons(&self) {
        let language = self.words.language;
        for (label, response, meaning) in [
            (desktop::consent_deny(language), ResponseType::No, desktop::consent_deny_means(language)),
            (desktop::consent_allow(language), ResponseType::Yes, desktop::consent_allow_means(language)),
        ] {
            let button = self.dialog.add_button(&label, response);
            button.set_size_request(104, 36);
            if let Some(accessible) = button.accessible() {
                accessible.set_description(&meaning);
            }
            if let Some(area) = button.parent() {
                keep_free(&area, 24, 8, 24);
                if let Ok(area) = area.downcast::<gtk::ButtonBox>() {
                    area.set_spacing(8);
                }
            }
        }
        // What is pressed without looking is no.
        self.dialog.set_default_response(ResponseType::No);
    }

    fn listen(&self) {
        let number = self.number;
        self.dialog.connect_key_press_event(move |_, _| {
            let mut propagation = Propagation::Proceed;
            with(number, |up| {
                if !up.armed {
                    up.arm_after_quiet();
                    propagation = Propagation::Stop;
                }
            });
            propagation
        });
        self.dialog.connect_response(move |_, response| {
            let allow = match response {
                ResponseType::Yes => Some(true),
                ResponseType::No => Some(false),
                _ => None,
            };
            // Not within the signal, which may come from the very widget that is going to be destroyed.
            glib::idle_add_local_once(move || end(number, allow));
        });
    }

    /// What a screen reader says when the dialog comes up: who asks, then for what.
    fn introduce(&self) {
        if let Some(accessible) = self.dialog.accessible() {
            accessible.set_name(&self.words.title);
            accessible.set_role(gtk::atk::Role::Alert);
            accessible.set_description(&self.words.aloud());
        }
    }

    /// Shows who waits, and what else the program asks for.
    fn take_in(&mut self, words: &Words) {
        self.waiting.set_text(words.waiting.as_deref().unwrap_or_default());
        self.waiting.set_visible(words.waiting.is_some());
        for (id, one) in &self.also {
            if one.get_visible() && words.also.iter().all(|(left, _)| left != id) {
                one.set_active(false);
                one.hide();
            }
        }
        let known: Vec<u64> = self.also.iter().map(|(id, _)| *id).collect();
        let new: Vec<&(u64, String)> = words.also.iter().filter(|(id, _)| !known.contains(id)).collect();
        for (id, what) in &new {
            // What comes after the buttons work is not allowed by a click that was on its way.
            self.list_one(*id, what, !self.armed);
        }
        if !new.is_empty() && !self.armed {
            self.arm_after_quiet();
        }
        self.list.set_visible(self.also.iter().any(|(_, one)| one.get_visible()));
        self.words = words.clone();
        self.introduce();
    }

    fn list_one(&mut self, id: u64, what: &str, checked: bool) {
        if self.also.is_empty() {
            let title = desktop::consent_also_title(self.words.language);
            let title = gtk::Label::builder().label(title.as_str()).xalign(0.0).attributes(&quiet()).build();
            title.show();
            self.list.add(&title);
        }
        let one = gtk::CheckButton::with_label(what);
        one.set_active(checked);
        one.set_sensitive(self.armed);
        fold(&one);
        one.show_all();
        self.list.add(&one);
        self.also.push((id, one));
    }

    fn set_armed(&mut self, armed: bool) {
        self.armed = armed;
        self.dialog.set_response_sensitive(ResponseType::No, armed);
        self.tell_what_is_allowed();
        self.choices.set_sensitive(armed);
        self.ends.set_sensitive(armed);
        for one in self.targets.iter().chain(&self.scopes).chain(self.also.iter().map(|(_, one)| one)) {
            one.set_sensitive(armed);
        }
        if armed && let Some(button) = self.dialog.widget_for_response(ResponseType::No) {
            button.grab_focus();
        }
    }

    /// Of several APIs or scopes, one at least has to be allowed.
    fn tell_what_is_allowed(&self) {
        let some = |boxes: &[gtk::CheckButton]| boxes.is_empty() || boxes.iter().any(|one| one.is_active());
        let allowed = self.armed && some(&self.targets) && some(&self.scopes);
        self.dialog.set_response_sensitive(ResponseType::Yes, allowed);
    }

    /// Makes the buttons work once no key was pressed for a while.
    fn arm_after_quiet(&mut self) {
        self.set_armed(false);
        self.stop_arming();
        let number = self.number;
        self.arming = Some(glib::timeout_add_local_once(QUIET, move || {
            with(number, |up| {
                up.arming = None;
                up.set_armed(true);
            });
        }));
    }

    fn stop_arming(&mut self) {
        if let Some(source) = self.arming.take() {
            source.remove();
        }
    }

    fn chosen(&self, allow: bool) -> Option<ConsentAnswer> {
        let chosen = self.choices.active().and_then(|index| usize::try_from(index).ok());
        let chosen = chosen.unwrap_or(0);
        let (span, _) = self.words.choices.get(chosen)?;
        let end = self.ends.active().and_then(|index| usize::try_from(index).ok());
        let until = self.words.ends.get(chosen).zip(end).and_then(|(ends, end)| ends.get(end));
        // A no is for all that is shown.
        let others = self.also.iter().filter(|(_, one)| one.get_visible() && (one.is_active() || !allow));
        Some(ConsentAnswer {
            others: others.map(|(id, _)| *id).collect(),
            until: until.map(|(until, _)| *until),
            targets: part(&self.words.targets, &self.targets).filter(|_| allow),
            scopes: part(&self.words.scopes, &self.scopes).filter(|_| allow),
            ..ConsentAnswer::new(allow, *span)
        })
    }

    fn take_down(mut self) {
        self.stop_arming();
        self.dialog.hide();
        self.dialog.close();
    }
}

/// The user has answered or closed this dialog.
fn end(number: u64, allow: Option<bool>) {
    let mut ended = None;
    with(number, |up| {
        let chosen = allow.and_then(|allow| up.chosen(allow));
        ended =
            up.answer.take().map(|answer| (answer, chosen.is_some(), chosen.unwrap_or(up.words.closed())));
        up.stop_arming();
        up.set_armed(false);
    });
    let Some((answer, clicked, chosen)) = ended else { return };
    let goes_after = if clicked { AFTER_A_CLICK } else { Duration::ZERO };
    answer(chosen);
    glib::timeout_add_local_once(goes_after, move || {
        // What is taken out of `UP` is destroyed after it is free again, because GTK calls back while it destroys.
        if let Some(up) = UP.with_borrow_mut(|up| up.take_if(|up| up.number == number)) {
            up.take_down();
        }
    });
}

fn icon(words: &Words) -> gtk::Image {
    let theme = gtk::IconTheme::default();
    let has = theme.is_some_and(|theme| theme.has_icon(&words.icon));
    let name = if has { words.icon.as_str() } else { "application-x-executable" };
    let image = gtk::Image::from_icon_name(Some(name), gtk::IconSize::Dialog);
    image.set_pixel_size(ICON);
    image.set_valign(Align::Start);
    image
}

fn choices(words: &Words) -> gtk::ComboBoxText {
    let choices = gtk::ComboBoxText::new();
    for (_, meaning) in &words.choices {
        choices.append_text(meaning);
    }
    choices.set_active(u32::try_from(words.chosen).ok());
    choices.set_hexpand(true);
    if let Some(accessible) = choices.accessible() {
        accessible.set_name(&desktop::consent_span_title(words.language));
    }
    choices
}

fn label(text: &str, is_quiet: bool) -> gtk::Label {
    let label = gtk::Label::builder()
        .label(text)
        .wrap(true)
        .wrap_mode(pango::WrapMode::WordChar)
        .xalign(0.0)
        .width_chars(LINE)
        .max_width_chars(LINE)
        .build();
    if is_quiet {
        label.set_attributes(Some(&quiet()));
    }
    label
}

/// When the answer ends at the latest: what the chosen answer offers.
fn ends(words: &Words, choices: &gtk::ComboBoxText) -> gtk::ComboBoxText {
    let ends = gtk::ComboBoxText::new();
    ends.set_hexpand(true);
    if let Some(accessible) = ends.accessible() {
        accessible.set_name(&common::until_label(words.language));
    }
    let (all, shown) = (words.ends.clone(), ends.clone());
    let fill = move |choices: &gtk::ComboBoxText| {
        let chosen = choices.active().and_then(|index| usize::try_from(index).ok());
        let offered = chosen.and_then(|chosen| all.get(chosen)).map_or(&[][..], Vec::as_slice);
        shown.remove_all();
        for (_, meaning) in offered {
            shown.append_text(meaning);
        }
        shown.set_active((!offered.is_empty()).then_some(0));
    };
    fill(choices);
    choices.connect_changed(fill);
    ends
}

/// A box for each thing that can be left out, all of them checked.
fn boxes(all: &[(String, String)], number: u64) -> Vec<gtk::CheckButton> {
    let check = |(_, shown): &(String, String)| {
        let check = gtk::CheckButton::with_label(shown);
        check.set_active(true);
        fold(&check);
        check.connect_toggled(move |_| with(number, |up| up.tell_what_is_allowed()));
        check
    };
    all.iter().map(check).collect()
}

/// Long words go on in the next line.
fn fold(check: &gtk::CheckButton) {
    if let Some(label) = check.child().and_then(|child| child.downcast::<gtk::Label>().ok()) {
        label.set_line_wrap(true);
        label.set_line_wrap_mode(pango::WrapMode::WordChar);
        label.set_max_width_chars(LINE - 4);
    }
}

/// What is left of all; `None` for all of it.
fn part(all: &[(String, String)], boxes: &[gtk::CheckButton]) -> Option<Vec<String>> {
    let left = all.iter().zip(boxes).filter(|(_, one)| one.is_active());
    let left: Vec<String> = left.map(|((name, _), _)| name.clone()).collect();
    (left.len() < all.len()).then_some(left)
}

/// The boxes under what they are about. Many of them scroll.
fn parts(targets: &[gtk::CheckButton], scopes: &[gtk::CheckButton], language: Language) -> gtk::Widget {
    let list = gtk::Box::new(gtk::Orientation::Vertical, 2);
    let titles = [desktop::consent_targets_title(language), common::consent_may(language)];
    for (title, boxes) in titles.iter().zip([targets, scopes]) {
        if !boxes.is_empty() {
            list.add(&gtk::Label::builder().label(title.as_str()).xalign(0.0).attributes(&quiet()).build());
            boxes.iter().for_each(|one| list.add(one));
        }
    }
    if targets.len() + scopes.len() <= FEW {
        // Without boxes there is nothing, and no gap for it.
        list.set_no_show_all(targets.is_empty() && scopes.is_empty());
        return list.upcast();
    }
    let scrolled = gtk::ScrolledWindow::builder().hscrollbar_policy(gtk::PolicyType::Never).build();
    scrolled.set_min_content_height(168);
    scrolled.add(&list);
    scrolled.upcast()
}

/// For how long, and until when.
fn times(choices: &gtk::ComboBoxText, ends: &gtk::ComboBoxText, language: Language) -> gtk::Grid {
    let grid = gtk::Grid::builder().column_spacing(16).row_spacing(8).build();
    let title = |text: &str| gtk::Label::builder().label(text).xalign(0.0).build();
    grid.attach(&title(&desktop::consent_span_title(language)), 0, 0, 1, 1);
    grid.attach(choices, 1, 0, 1, 1);
    let until = title(&common::until_label(language));
    grid.attach(&until, 0, 1, 1, 1);
    grid.attach(ends, 1, 1, 1, 1);
    // What is given once has no end.
    let has_ends = |ends: &gtk::ComboBoxText| ends.active().is_some();
    for widget in [until.upcast_ref::<gtk::Widget>(), ends.upcast_ref()] {
        widget.set_no_show_all(true);
        widget.set_visible(has_ends(ends));
    }
    let shown = ends.clone();
    choices.connect_changed(move |_| {
        until.set_visible(has_ends(&shown));
        shown.set_visible(has_ends(&shown));
    });
    grid
}

fn why(words: &Words) -> gtk::Expander {
    let why = gtk::Expander::builder().label(desktop::consent_explanation_title(words.language)).build();
    let answer = label(&words.why, true);
    keep_free(&answer, 0, 8, 0);
    why.add(&answer);
    why
}

fn texts(words: &Words) -> gtk::Box {
    let texts = gtk::Box::new(gtk::Orientation::Vertical, 12);
    let sentence = label(&words.sentence, false);
    let strong = pango::AttrList::new();
    strong.insert(pango::AttrInt::new_weight(pango::Weight::Semibold));
    sentence.set_attributes(Some(&strong));
    texts.add(&sentence);
    if let Some(note) = &words.note {
        texts.add(&label(note, false));
    }
    let facts = gtk::Grid::builder().column_spacing(16).row_spacing(4).build();
    // What has boxes of its own is not said twice.
    let said = words.facts.iter().filter(|fact| !fact.is_scopes || words.scopes.is_empty());
    for (number, Fact { label: name, value, .. }) in (0..).zip(said) {
        let name =
            gtk::Label::builder().label(name).xalign(0.0).valign(Align::Start).attributes(&quiet()).build();
        let value = gtk::Label::builder()
            .label(value)
            .wrap(true)
            .wrap_mode(pango::WrapMode::WordChar)
            .xalign(0.0)
            .hexpand(true)
            .max_width_chars(LINE - 14)
            .build();
        facts.attach(&name, 0, number, 1, 1);
        facts.attach(&value, 1, number, 1, 1);
    }
    texts.add(&facts);
    texts
}
