//! The question as a GTK dialog.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use abide_wire::Question;
use gtk::glib::{self, Propagation};
use gtk::prelude::*;
use gtk::{Align, ResponseType, gdk, gdk_pixbuf, pango};
use tauri::AppHandle;
use tauri::image::Image;

use super::{Answer, QUIET, QuestionDialog, Words};
use crate::face::{self, Face, Palette, Ring, Tone};
use crate::platform;

/// Seconds at which a screen reader is told how much is left. Every second would be a torture.
const TOLD_AT: [u64; 3] = [60, 30, 10];
/// The side of the ring in the dialog, in logical pixels.
const RING: i32 = 56;

thread_local! {
    /// The dialog that is up. Only the main thread, where GTK is, has one.
    static UP: RefCell<Option<Up>> = const { RefCell::new(None) };
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
            tracing::error!(%error, "the question cannot be shown");
        }
    }
}

impl QuestionDialog for Dialog {
    fn show(&self, question: &Question, answer: Answer) {
        let question = question.clone();
        let icon = self.app.default_window_icon().map(|icon| icon.clone().to_owned());
        self.on_main_thread(move || {
            let up = Up::new(&question, icon, answer);
            let before = UP.replace(Some(up));
            if let Some(before) = before {
                before.take_down();
            }
        });
    }

    fn update(&self, question: &Question) {
        let question = question.clone();
        self.on_main_thread(move || {
            UP.with_borrow(|up| {
                if let Some(up) = up.as_ref().filter(|up| up.id == question.id) {
                    up.tell(&question);
                }
            });
        });
    }

    fn close(&self, question: u64) {
        self.on_main_thread(move || take_down(question));
    }
}

/// Takes the dialog of this question down. What is taken out of `UP` is destroyed after `UP` is free again, because GTK
/// calls back while it destroys.
fn take_down(question: u64) {
    let up = UP.with_borrow_mut(|up| up.take_if(|up| up.id == question));
    if let Some(up) = up {
        up.take_down();
    }
}

struct Up {
    id: u64,
    /// The seconds at the beginning: the ring is full at this value.
    whole: u64,
    dialog: gtk::Dialog,
    ring: gtk::Image,
    body: gtk::Label,
    limit: gtk::Label,
}

impl Up {
    fn new(question: &Question, icon: Option<Image<'static>>, answer: Answer) -> Self {
        let dialog = gtk::Dialog::builder()
            .title(Words::TITLE)
            .resizable(false)
            .window_position(gtk::WindowPosition::Center)
            .type_hint(gdk::WindowTypeHint::Dialog)
            .urgency_hint(true)
            .role("abide-question")
            .build();
        dialog.set_icon(icon.and_then(|icon| picture(icon.rgba().to_vec(), icon.width())).as_ref());
        dialog.set_keep_above(true);
        dialog.stick();

        let ring =
            gtk::Image::builder().valign(Align::Start).width_request(RING).height_request(RING).build();
        let line = |markup: bool| {
            gtk::Label::builder()
                .use_markup(markup)
                .wrap(true)
                .wrap_mode(pango::WrapMode::WordChar)
                .xalign(0.0)
                .width_chars(48)
                .max_width_chars(48)
                .build()
        };
        let (body, limit) = (line(true), line(false));
        let small = pango::AttrList::new();
        small.insert(pango::AttrFloat::new_scale(0.9));
        // Quieter than the question, and still easy to read: a theme's own dim labels often are not.
        small.insert(pango::AttrInt::new_foreground_alpha(0xb800));
        limit.set_attributes(Some(&small));

        let texts = gtk::Box::new(gtk::Orientation::Vertical, 8);
        texts.set_valign(Align::Center);
        texts.add(&body);
        texts.add(&limit);
        let row = gtk::Box::new(gtk::Orientation::Horizontal, 24);
        keep_free(&row, 24, 24, 16);
        row.add(&ring);
        row.add(&texts);
        dialog.content_area().add(&row);

        let up = Self { id: question.id, whole: question.seconds_left.max(1), dialog, ring, body, limit };
        up.add_buttons();
        up.tell(question);
        up.listen(answer);
        up.dialog.show_all();
        up.dialog.present_with_time(gdk::ffi::GDK_CURRENT_TIME as u32);
        up
    }

    fn add_buttons(&self) {
        for (label, response, name) in
            [("_No", ResponseType::No, "No, sign out"), ("_Yes", ResponseType::Yes, "Yes, keep the session")]
        {
            let button = self.dialog.add_button(label, response);
            button.set_size_request(104, 36);
            button.set_tooltip_text(Some(name));
            if let Some(accessible) = button.accessible() {
                accessible.set_description(name);
            }
            if response == ResponseType::Yes {
                button.style_context().add_class("suggested-action");
                if let Some(area) = button.parent() {
                    keep_free(&area, 24, 8, 24);
                    if let Ok(area) = area.downcast::<gtk::ButtonBox>() {
                        area.set_spacing(8);
                    }
                }
            }
        }
        self.dialog.set_default_response(ResponseType::Yes);
    }

    /// Takes the answer; keys only once the user has paused typing.
    fn listen(&self, answer: Answer) {
        let armed = Rc::new(Cell::new(false));
        let waiting: Rc<RefCell<Option<glib::SourceId>>> = Rc::default();
        set_sensitive(&self.dialog, false);
        arm_after_quiet(&self.dialog, &armed, &waiting);

        let (is_armed, again) = (Rc::clone(&armed), Rc::clone(&waiting));
        self.dialog.connect_key_press_event(move |dialog, _| {
            if is_armed.get() {
                return Propagation::Proceed;
            }
            arm_after_quiet(dialog, &is_armed, &again);
            Propagation::Stop
        });
        self.dialog.connect_destroy(move |_| {
            if let Some(source) = waiting.take() {
                source.remove();
            }
        });
        let id = self.id;
        let answer = Cell::new(Some(answer));
        self.dialog.connect_response(move |_, response| {
            let keep = match response {
                ResponseType::Yes => Some(true),
                ResponseType::No => Some(false),
                // Closed without an answer: the session's own deadline decides.
                _ => None,
            };
            if let (Some(keep), Some(answer)) = (keep, answer.take()) {
                answer(keep);
            }
            glib::idle_add_local_once(move || take_down(id));
        });
    }

    /// Shows the question as it stands now.
    fn tell(&self, question: &Question) {
        let words = Words::of(question, &platform::clock(question.yes_keeps_until));
        self.body.set_markup(&words.markup());
        if self.limit.text() != words.limit {
            self.limit.set_text(&words.limit);
        }
        self.draw_ring(question.seconds_left);
        let Some(accessible) = self.dialog.accessible() else { return };
        let said = format!("{} {} {}", words.sentence(), Words::ASK, words.limit);
        if question.seconds_left == self.whole {
            accessible.set_name(Words::TITLE);
            accessible.set_role(gtk::atk::Role::Alert);
            accessible.set_description(&said);
        } else if TOLD_AT.contains(&question.seconds_left) {
            accessible.set_description(&said);
            // Newer versions of ATK only.
            if glib::subclass::SignalId::lookup("announcement", accessible.type_()).is_some() {
                accessible.emit_by_name::<()>("announcement", &[&words.sentence()]);
            }
        }
    }

    fn draw_ring(&self, left: u64) {
        let tone = if left <= 60 { Tone::Red } else { Tone::Calm };
        let face = Face { ring: Ring::Left(face::sixtieths(left, self.whole)), tone, dot: false };
        let text = self.dialog.style_context().color(gtk::StateFlags::NORMAL);
        let dark = text.red() + text.green() + text.blue() > 1.5;
        let palette = if dark {
            Palette { ink: [0x5c, 0xc4, 0xbb], ..Palette::ON_DARK }
        } else {
            Palette { ink: [0x0b, 0x64, 0x62], ..Palette::ON_LIGHT }
        };
        let scale = self.dialog.scale_factor().max(1);
        let side = u32::try_from(RING * scale).unwrap_or(0);
        let surface = picture(face::draw(&face, side, &palette), side)
            .and_then(|picture| picture.create_surface(scale, None::<&gdk::Window>));
        self.ring.set_from_surface(surface.as_ref());
    }

    fn take_down(self) {
        // Closing ends it: no handler holds the window back.
        self.dialog.hide();
        self.dialog.close();
    }
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

/// Makes the buttons work once no key was pressed for a while.
fn arm_after_quiet(
    dialog: &gtk::Dialog,
    armed: &Rc<Cell<bool>>,
    waiting: &Rc<RefCell<Option<glib::SourceId>>>,
) {
    let (weak, is_armed, done) = (dialog.downgrade(), Rc::clone(armed), Rc::clone(waiting));
    let source = glib::timeout_add_local_once(QUIET, move || {
        done.take();
        is_armed.set(true);
        if let Some(dialog) = weak.upgrade() {
            set_sensitive(&dialog, true);
            if let Some(yes) = dialog.widget_for_response(ResponseType::Yes) {
                yes.grab_focus();
            }
        }
    });
    if let Some(before) = waiting.replace(Some(source)) {
        before.remove();
    }
}

fn set_sensitive(dialog: &gtk::Dialog, sensitive: bool) {
    dialog.set_response_sensitive(ResponseType::Yes, sensitive);
    dialog.set_response_sensitive(ResponseType::No, sensitive);
}

fn keep_free(widget: &impl IsA<gtk::Widget>, sides: i32, top: i32, bottom: i32) {
    widget.set_margin_start(sides);
    widget.set_margin_end(sides);
    widget.set_margin_top(top);
    widget.set_margin_bottom(bottom);
}
