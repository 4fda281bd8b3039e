//! The question as a GTK dialog.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use abide_locale::time;
use abide_wire::Language;
use gtk::glib::translate::IntoGlib as _;
use gtk::glib::{self, Propagation};
use gtk::prelude::*;
use gtk::{Align, ResponseType, gdk, gdk_pixbuf, pango};
use tauri::AppHandle;
use tauri::image::Image;

use super::ticker::{RingArea, Ticker};
use super::words::{Part, Sentence};
use super::{Answer, Buttons, FAREWELL, Fate, QUIET, QuestionDialog, Row, Words, has_joined, open_questions};
use crate::face::{self, Face, Ring, Tone};
use crate::platform;

/// Seconds at which a screen reader is told how much is left. Every second would be a torture.
const TOLD_AT: [u64; 3] = [60, 30, 10];
/// The side of the ring, in logical pixels.
const RING: i32 = 56;
/// Where a line of text ends, in characters.
const LINE: i32 = 48;
/// How long an answered dialog stays, and takes nothing: the second click of a double click is not for what lies beneath.
const AFTER_A_CLICK: Duration = Duration::from_millis(400);
/// From this height on, the list of sessions scrolls.
const HIGHEST_LIST: i32 = 240;

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

    /// Through Tauri, because that wakes the main thread once. GLib's own way holds a lock while it does, and often the
    /// main thread wakes only to wait for that.
    fn on_main_thread(&self, work: impl FnOnce() + Send + 'static) {
        if let Err(error) = self.app.run_on_main_thread(work) {
            tracing::error!(%error, "the question cannot be shown");
        }
    }
}

impl QuestionDialog for Dialog {
    fn show(&self, rows: Vec<Row>, language: Language, answer: Answer) {
        let icon = self.app.default_window_icon().map(|icon| icon.clone().to_owned());
        self.on_main_thread(move || {
            let up = Up::new(rows, language, icon.as_ref(), answer);
            if let Some(before) = UP.replace(Some(up)) {
                before.take_down();
            }
        });
    }

    fn update(&self, rows: Vec<Row>) {
        self.on_main_thread(move || {
            UP.with_borrow_mut(|up| {
                if let Some(up) = up {
                    up.follow(rows);
                }
            });
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

/// Takes this dialog down. What is taken out of `UP` is destroyed after `UP` is free again, because GTK calls back while
/// it destroys.
fn take_down(number: u64) {
    if let Some(up) = UP.with_borrow_mut(|up| up.take_if(|up| up.number == number)) {
        up.take_down();
    }
}

fn take_down_after(number: u64, time: Duration) {
    glib::timeout_add_local_once(time, move || take_down(number));
}

struct Up {
    number: u64,
    language: Language,
    rows: Vec<Row>,
    /// The seconds at the beginning: the ring is full at this value.
    whole: u64,
    dialog: gtk::Dialog,
    ring: RingArea,
    sentence: Ticker,
    /// Between sentence and note, for the list.
    middle: gtk::Box,
    /// The times in the list.
    times: Vec<Ticker>,
    note: gtk::Label,
    buttons: Option<Buttons>,
    answer: Option<Answer>,
    /// Whether keys and clicks are taken.
    armed: bool,
    /// What arms the dialog.
    arming: Option<glib::SourceId>,
    /// The count that a screen reader was told last.
    told: Option<u64>,
}

impl Up {
    fn new(rows: Vec<Row>, language: Language, icon: Option<&Image<'static>>, answer: Answer) -> Self {
        let number = NUMBER.get() + 1;
        NUMBER.set(number);
        let dialog = gtk::Dialog::builder()
            .resizable(false)
            .window_position(gtk::WindowPosition::Center)
            .type_hint(gdk::WindowTypeHint::Dialog)
            .urgency_hint(true)
            .role("abide-question")
            .build();
        dialog.set_icon(icon.and_then(|icon| picture(icon.rgba().to_vec(), icon.width())).as_ref());
        dialog.set_keep_above(true);
        dialog.stick();

        let (ring, sentence) = (RingArea::new(RING, language), Ticker::wrapped(LINE));
        let note = gtk::Label::builder()
            .wrap(true)
            .wrap_mode(pango::WrapMode::WordChar)
            .xalign(0.0)
            .width_chars(LINE)
            .max_width_chars(LINE)
            .attributes(&quiet())
            .build();
        let middle = gtk::Box::new(gtk::Orientation::Vertical, 0);
        let texts = gtk::Box::new(gtk::Orientation::Vertical, 8);
        texts.set_valign(Align::Center);
        texts.add(sentence.widget());
        texts.add(&middle);
        texts.add(&note);
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 24);
        keep_free(&row, 24, 24, 16);
        row.add(ring.widget());
        row.add(&texts);
        dialog.content_area().add(&row);

        let whole = nearest(&rows).unwrap_or(1).max(1);
        let mut up = Self {
            number,
            language,
            rows: Vec::new(),
            whole,
            dialog,
            ring,
            sentence,
            middle,
            times: Vec::new(),
            note,
            buttons: None,
            answer: Some(answer),
            armed: false,
            arming: None,
            told: None,
        };
        up.listen();
        up.follow(rows);
        up.dialog.show_all();
        up.dialog.present_with_time(gdk::ffi::GDK_CURRENT_TIME as u32);
        up
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
            let keep = match response {
                ResponseType::Yes | ResponseType::Ok => Some(true),
                ResponseType::No => Some(false),
                // Closed without an answer: the session's own deadline decides.
                _ => None,
            };
            // Not within the signal, which may come from the very widget that is going to be destroyed.
            glib::idle_add_local_once(move || end(number, keep));
        });
    }

    /// Shows how things stand now.
    fn follow(&mut self, rows: Vec<Row>) {
        if self.answer.is_none() {
            // Answered, or on its way out.
            return;
        }
        let before = std::mem::replace(&mut self.rows, rows);
        let words = Words::of(&self.rows, self.language, platform::clock);
        let over = open_questions(&self.rows).is_empty();
        if before.len() != self.rows.len() {
            self.dialog.set_title(&words.title);
            self.list(&words);
        }
        self.sentence.say(&words.sentence);
        for (time, line) in self.times.iter().zip(&words.lines) {
            time.say(&Sentence(vec![Part::Strong(line.left.clone())]));
        }
        if self.note.text() != words.note {
            self.note.set_text(&words.note);
        }
        self.draw_ring();
        if over {
            return self.say_farewell(&words);
        }
        let others = self.buttons != Some(words.buttons);
        if others {
            self.set_buttons(&words);
        }
        if others || has_joined(&before, &self.rows) {
            self.arm_after_quiet();
            self.introduce(&words);
        }
        self.tell_reader(&words);
    }

    /// The list of sessions, if there are several.
    fn list(&mut self, words: &Words) {
        for child in self.middle.children() {
            self.middle.remove(&child);
        }
        self.times.clear();
        if words.lines.is_empty() {
            return;
        }
        let grid = gtk::Grid::builder().column_spacing(16).row_spacing(4).build();
        keep_free(&grid, 0, 4, 4);
        for (number, line) in (0..).zip(&words.lines) {
            let account = gtk::Label::builder().label(&line.account).xalign(0.0).build();
            let provider = gtk::Label::builder()
                .label(&line.provider)
                .xalign(0.0)
                .hexpand(true)
                .ellipsize(pango::EllipsizeMode::Middle)
                .attributes(&quiet())
                .build();
            let usual = time::duration(self.language, 22 * 60 + 22);
            let widest = if line.left.len() > usual.len() { &line.left } else { &usual };
            let time = Ticker::at_the_right(widest);
            time.widget().set_valign(Align::Center);
            grid.attach(&account, 0, number, 1, 1);
            grid.attach(&provider, 1, number, 1, 1);
            grid.attach(time.widget(), 2, number, 1, 1);
            self.times.push(time);
        }
        let scrolled = gtk::ScrolledWindow::builder()
            .hscrollbar_policy(gtk::PolicyType::Never)
            .propagate_natural_height(true)
            .max_content_height(HIGHEST_LIST)
            .build();
        scrolled.add(&grid);
        self.middle.add(&scrolled);
        self.middle.show_all();
    }

    fn set_buttons(&mut self, words: &Words) {
        for response in [ResponseType::Yes, ResponseType::No, ResponseType::Ok] {
            if let Some(button) = self.dialog.widget_for_response(response)
                && let Some(area) = button.parent().and_then(|area| area.downcast::<gtk::Container>().ok())
            {
                area.remove(&button);
            }
        }
        let responses: &[ResponseType] = match words.buttons {
            Buttons::YesNo => &[ResponseType::No, ResponseType::Yes],
            Buttons::Ok => &[ResponseType::Ok],
        };
        let texts = words.button_texts(self.rows.len());
        for ((label, meaning), response) in texts.iter().zip(responses) {
            let button = self.dialog.add_button(label, *response);
            button.set_size_request(104, 36);
            button.set_tooltip_text(Some(meaning.as_str()));
            if let Some(accessible) = button.accessible() {
                accessible.set_description(meaning);
            }
            if *response != ResponseType::No {
                button.style_context().add_class("suggested-action");
                if let Some(area) = button.parent() {
                    keep_free(&area, 24, 8, 24);
                    if let Ok(area) = area.downcast::<gtk::ButtonBox>() {
                        area.set_spacing(8);
                    }
                }
                self.dialog.set_default_response(*response);
            }
        }
        self.buttons = Some(words.buttons);
    }

    fn affirmative(&self) -> ResponseType {
        if self.buttons == Some(Buttons::Ok) { ResponseType::Ok } else { ResponseType::Yes }
    }

    fn set_armed(&mut self, armed: bool) {
        self.armed = armed;
        for response in [ResponseType::Yes, ResponseType::No, ResponseType::Ok] {
            self.dialog.set_response_sensitive(response, armed);
        }
        if armed && let Some(button) = self.dialog.widget_for_response(self.affirmative()) {
            button.grab_focus();
        }
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

    /// The last word: takes nothing any more, and goes after a moment.
    fn say_farewell(&mut self, words: &Words) {
        self.answer = None;
        self.stop_arming();
        self.set_armed(false);
        self.announce(words);
        take_down_after(self.number, FAREWELL);
    }

    /// What a screen reader says when the dialog comes up, or says something else.
    fn introduce(&self, words: &Words) {
        if let Some(accessible) = self.dialog.accessible() {
            accessible.set_name(&words.title);
            accessible.set_role(gtk::atk::Role::Alert);
            accessible.set_description(&words.aloud());
        }
    }

    fn tell_reader(&mut self, words: &Words) {
        let left = nearest(&self.rows);
        if left.is_some_and(|left| TOLD_AT.contains(&left)) && self.told != left {
            self.told = left;
            self.announce(words);
        }
    }

    fn announce(&self, words: &Words) {
        let Some(accessible) = self.dialog.accessible() else { return };
        let said = words.aloud();
        accessible.set_description(&said);
        // Newer versions of ATK say it; with older ones the alert shows itself again.
        if glib::subclass::SignalId::lookup("announcement", accessible.type_()).is_some() {
            accessible.emit_by_name::<()>("announcement", &[&said]);
        } else {
            let showing = u64::try_from(gtk::atk::StateType::Showing.into_glib()).unwrap_or(0);
            accessible.notify_state_change(showing, true);
        }
    }

    fn draw_ring(&self) {
        let still = |ring| Face { ring, tone: Tone::Calm, dot: false };
        let face = match nearest(&self.rows) {
            Some(left) => {
                let tone = if left <= 60 { Tone::Red } else { Tone::Calm };
                Face { ring: Ring::Left(face::sixtieths(left, self.whole)), tone, dot: false }
            }
            None if self.rows.iter().any(|row| row.fate == Some(Fate::GoesOn)) => still(Ring::Left(60)),
            None => still(Ring::Hollow),
        };
        self.ring.show(face);
    }

    fn take_down(mut self) {
        self.stop_arming();
        self.dialog.hide();
        // Closing ends it: no handler holds the window back.
        self.dialog.close();
    }
}

/// The user has answered or closed this dialog.
fn end(number: u64, keep: Option<bool>) {
    let mut ended = None;
    with(number, |up| {
        ended = up.answer.take().map(|answer| (answer, open_questions(&up.rows)));
        up.stop_arming();
        up.set_armed(false);
    });
    let Some((answer, questions)) = ended else { return };
    answer(questions, keep);
    match keep {
        Some(_) => take_down_after(number, AFTER_A_CLICK),
        None => take_down(number),
    }
}

/// The seconds until the nearest end.
fn nearest(rows: &[Row]) -> Option<u64> {
    rows.iter().filter(|row| row.fate.is_none()).map(|row| row.question.seconds_left).min()
}

/// Small and quieter than the rest, and still easy to read: a theme's own dim labels often are not.
pub(crate) fn quiet() -> pango::AttrList {
    let quiet = pango::AttrList::new();
    quiet.insert(pango::AttrFloat::new_scale(0.9));
    quiet.insert(pango::AttrInt::new_foreground_alpha(0xb800));
    quiet
}

/// A square picture from rows of RGBA.
fn picture(pixels: Vec<u8>, side: u32) -> Option<gdk_pixbuf::Pixbuf> {
    let side = i32::try_from(side).ok().filter(|side| *side > 0)?;
    Some(gdk_pixbuf::Pixbuf::from_bytes(
        &glib::Bytes::from_owned(pixels),
        gdk_pixbuf::Colorspace::Rgb,
        true,
        8,
        side,
        side,
        side.checked_mul(4)?,
    ))
}

/// Room around a widget, in logical pixels.
pub(crate) fn keep_free(widget: &impl IsA<gtk::Widget>, sides: i32, top: i32, bottom: i32) {
    widget.set_margin_start(sides);
    widget.set_margin_end(sides);
    widget.set_margin_top(top);
    widget.set_margin_bottom(bottom);
}
