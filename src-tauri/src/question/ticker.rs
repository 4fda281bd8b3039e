//! Text and ring that change every second, drawn where they stand: nothing else in the dialog is measured, moved or drawn
//! again for them.

use std::cell::{Cell, RefCell};
use std::f64::consts::PI;
use std::rc::Rc;

use abide_locale::{Language, desktop};
use gtk::glib::Propagation;
use gtk::prelude::*;
use gtk::{atk, cairo, pango};

use super::words::{Part, Sentence};
use crate::face::{Face, Palette, Ring, Tone, shape};

/// A text of which one part changes every second.
pub(super) struct Ticker {
    area: gtk::DrawingArea,
    text: Rc<Text>,
    said: RefCell<Sentence>,
}

/// The text as it is drawn: the whole text with a gap, and the text in the gap. Only that is laid
/// out and drawn every second.
struct Text {
    whole: pango::Layout,
    count: pango::Layout,
    /// Where the gap is, in pixels; empty without a gap.
    gap: Cell<Gap>,
}

#[derive(Clone, Copy, Default)]
struct Gap {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

impl Gap {
    fn holds(&self, left: f64, top: f64, right: f64, bottom: f64) -> bool {
        left >= f64::from(self.x)
            && top >= f64::from(self.y)
            && right <= f64::from(self.x + self.width)
            && bottom <= f64::from(self.y + self.height)
    }
}

impl Text {
    fn draw(&self, area: &gtk::DrawingArea, canvas: &cairo::Context) {
        let (style, gap) = (area.style_context(), self.gap.get());
        let inside =
            canvas.clip_extents().is_ok_and(|(left, top, right, bottom)| gap.holds(left, top, right, bottom));
        if !inside {
            gtk::render_layout(&style, canvas, 0.0, 0.0, &self.whole);
        }
        if gap.width > 0 {
            gtk::render_layout(&style, canvas, f64::from(gap.x), f64::from(gap.y), &self.count);
        }
    }
}

impl Ticker {
    /// A text that is wrapped at so many characters of usual width.
    pub(super) fn wrapped(characters: i32) -> Self {
        let ticker = Self::new();
        let metrics = ticker.text.whole.context().metrics(None, None);
        let character = metrics.approximate_char_width().max(metrics.approximate_digit_width());
        ticker.text.whole.set_width(character * characters);
        ticker.text.whole.set_wrap(pango::WrapMode::WordChar);
        ticker
    }

    /// A text in one line, at the right edge of its place. `widest` is a text that has to fit in.
    pub(super) fn at_the_right(widest: &str) -> Self {
        let ticker = Self::new();
        ticker.write(&Sentence(vec![Part::Strong(widest.to_owned())]));
        ticker.text.whole.set_width(ticker.area.width_request() * pango::SCALE);
        ticker.text.whole.set_alignment(pango::Alignment::Right);
        ticker
    }

    fn new() -> Self {
        let area = gtk::DrawingArea::new();
        // Drawn in its parent's window: one surface less to paint and to copy.
        area.set_has_window(false);
        let text = Rc::new(Text {
            whole: area.create_pango_layout(None),
            count: area.create_pango_layout(None),
            gap: Cell::default(),
        });
        let drawn = Rc::clone(&text);
        area.connect_draw(move |area, canvas| {
            drawn.draw(area, canvas);
            Propagation::Stop
        });
        let styled = Rc::clone(&text);
        area.connect_style_updated(move |_| {
            styled.whole.context_changed();
            styled.count.context_changed();
        });
        if let Some(accessible) = area.accessible() {
            accessible.set_role(atk::Role::Label);
        }
        Self { area, text, said: RefCell::new(Sentence(Vec::new())) }
    }

    pub(super) fn widget(&self) -> &gtk::DrawingArea {
        &self.area
    }

    /// Says this from now on.
    pub(super) fn say(&self, sentence: &Sentence) {
        if *self.said.borrow() == *sentence {
            return;
        }
        if self.is_another_count(sentence) {
            self.text.count.set_text(counted(sentence).unwrap_or_default());
            let gap = self.text.gap.get();
            draw_anew(&self.area, (gap.x, gap.y, gap.width, gap.height));
        } else {
            self.write(sentence);
            self.area.queue_draw();
        }
        self.said.replace(sentence.clone());
        if let Some(accessible) = self.area.accessible() {
            accessible.set_name(&sentence.to_string());
        }
    }

    /// Whether only the count is another, with as many digits: then it fits into the gap.
    fn is_another_count(&self, sentence: &Sentence) -> bool {
        let said = self.said.borrow();
        let (Some(old), Some(new)) = (counted(&said), counted(sentence)) else { return false };
        old.len() == new.len()
            && said.0.len() == sentence.0.len()
            && said.0.iter().zip(&sentence.0).all(|(old, new)| match (old, new) {
                (Part::Count(_), Part::Count(_)) => true,
                (old, new) => old == new,
            })
    }

    /// Lays the text out anew. The place grows with it and never shrinks, so that nothing moves while it counts.
    fn write(&self, sentence: &Sentence) {
        let (whole, count) = (&self.text.whole, &self.text.count);
        // Digits of one width: nothing moves while they count.
        let figures = pango::AttrFontFeatures::new("tnum=1");
        let attributes = pango::AttrList::new();
        attributes.insert(figures.clone());
        let mut gap = None;
        let mut end = 0_u32;
        for part in &sentence.0 {
            let start = end;
            let (Part::Plain(text) | Part::Strong(text) | Part::Count(text)) = part;
            end += u32::try_from(text.len()).unwrap_or(0);
            if matches!(part, Part::Strong(_) | Part::Count(_)) {
                let mut bold = pango::AttrInt::new_weight(pango::Weight::Bold);
                bold.set_start_index(start);
                bold.set_end_index(end);
                attributes.insert(bold);
            }
            if matches!(part, Part::Count(_)) {
                let mut unseen = pango::AttrInt::new_foreground_alpha(1);
                unseen.set_start_index(start);
                unseen.set_end_index(end);
                attributes.insert(unseen);
                gap = Some((start, end));
            }
        }
        whole.set_text(&sentence.to_string());
        whole.set_attributes(Some(&attributes));
        let bold = pango::AttrList::new();
        bold.insert(figures);
        bold.insert(pango::AttrInt::new_weight(pango::Weight::Bold));
        count.set_attributes(Some(&bold));
        count.set_text(counted(sentence).unwrap_or_default());
        self.text.gap.set(gap.map_or_else(Gap::default, |(start, _)| self.gap_at(start)));

        let (width, height) = whole.pixel_size();
        let width = if whole.width() > 0 { width.max(whole.width() / pango::SCALE) } else { width };
        let (before, high) = self.area.size_request();
        if width > before || height > high {
            self.area.set_size_request(width.max(before), height.max(high));
        }
    }

    /// The place of the count, which begins at this byte.
    fn gap_at(&self, start: u32) -> Gap {
        let place = self.text.whole.index_to_pos(i32::try_from(start).unwrap_or(0));
        let (width, height) = self.text.count.pixel_size();
        Gap { x: place.x() / pango::SCALE, y: place.y() / pango::SCALE, width, height }
    }
}

/// Has a part of the area drawn again: left, top, width, height.
fn draw_anew(area: &gtk::DrawingArea, (x, y, width, height): (i32, i32, i32, i32)) {
    // What has no window of its own is placed in that of its parent.
    let place = area.allocation();
    area.queue_draw_area(place.x() + x, place.y() + y, width, height);
}

fn counted(sentence: &Sentence) -> Option<&str> {
    sentence.0.iter().find_map(|part| match part {
        Part::Count(count) => Some(count.as_str()),
        Part::Plain(_) | Part::Strong(_) => None,
    })
}

/// The ring of the mark, drawn as the tray's is.
pub(super) struct RingArea {
    area: gtk::DrawingArea,
    side: i32,
    shown: Rc<Cell<Face>>,
}

impl RingArea {
    /// A ring of this side, in logical pixels.
    pub(super) fn new(side: i32, language: Language) -> Self {
        let area = gtk::DrawingArea::builder().valign(gtk::Align::Start).build();
        area.set_has_window(false);
        area.set_size_request(side, side);
        let shown = Rc::new(Cell::new(Face { ring: Ring::Hollow, tone: Tone::Calm, dot: false }));
        let drawn = Rc::clone(&shown);
        area.connect_draw(move |area, canvas| {
            canvas.scale(f64::from(side) / shape::UNITS, f64::from(side) / shape::UNITS);
            if let Err(error) = draw(canvas, &drawn.get(), &palette_for(area)) {
                tracing::debug!(%error, "the ring is not drawn");
            }
            Propagation::Stop
        });
        if let Some(accessible) = area.accessible() {
            accessible.set_role(atk::Role::Image);
            accessible.set_name(&desktop::question_ring(language));
        }
        Self { area, side, shown }
    }

    pub(super) fn widget(&self) -> &gtk::DrawingArea {
        &self.area
    }

    /// Shows this face from now on.
    pub(super) fn show(&self, face: Face) {
        let before = self.shown.replace(face);
        if before == face {
            return;
        }
        match (before.ring, face.ring) {
            (Ring::Left(old), Ring::Left(new)) if before.tone == face.tone => {
                draw_anew(&self.area, between(shape::degrees(old), shape::degrees(new), self.side));
            }
            _ => self.area.queue_draw(),
        }
    }
}

/// Where a ring of this side differs when its arc is so many degrees longer or shorter: left, top, width, height.
#[allow(clippy::cast_possible_truncation)] // Pixels on a screen.
fn between(one: f32, other: f32, side: i32) -> (i32, i32, i32, i32) {
    let scale = side as f32 / 16.0;
    let radii = [shape::RADIUS - shape::STROKE, shape::RADIUS + shape::STROKE];
    let (mut left, mut top, mut right, mut bottom) = (f32::MAX, f32::MAX, f32::MIN, f32::MIN);
    let (from, to) = (one.min(other) - 2.0, one.max(other) + 2.0);
    let steps = ((to - from) / 3.0).ceil().max(1.0) as i32;
    for step in 0..=steps {
        let (sine, cosine) = (from + (to - from) * step as f32 / steps as f32).to_radians().sin_cos();
        for radius in radii {
            let (x, y) = ((shape::CENTRE - radius * sine) * scale, (shape::CENTRE - radius * cosine) * scale);
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x), bottom.max(y));
        }
    }
    let (x, y) = (left.floor() as i32, top.floor() as i32);
    (x, y, right.ceil() as i32 - x, bottom.ceil() as i32 - y)
}

/// The palette that reads on the dialog's ground, with the accent as its ink.
fn palette_for(area: &gtk::DrawingArea) -> Palette {
    let style = area.style_context();
    // In the state that it is in: asking for another makes GTK lay the whole dialog out again.
    let text = style.color(style.state());
    if text.red() + text.green() + text.blue() > 1.5 {
        Palette { ink: [0x5c, 0xc4, 0xbb], ..Palette::ON_DARK }
    } else {
        Palette { ink: [0x0b, 0x64, 0x62], ..Palette::ON_LIGHT }
    }
}

fn draw(canvas: &cairo::Context, face: &Face, palette: &Palette) -> Result<(), cairo::Error> {
    let ink = |canvas: &cairo::Context, [red, green, blue]: [u8; 3], opacity: f32| {
        let part = |value: u8| f64::from(value) / 255.0;
        canvas.set_source_rgba(part(red), part(green), part(blue), f64::from(opacity));
    };
    let ring = |canvas: &cairo::Context, radius: f32, width: f32, degrees: f32| {
        canvas.new_path();
        canvas.set_line_width(f64::from(width));
        let noon = -PI / 2.0;
        let (centre, radius) = (f64::from(shape::CENTRE), f64::from(radius));
        canvas.arc_negative(centre, centre, radius, noon, noon - f64::from(degrees).to_radians());
        canvas.stroke()
    };
    match face.ring {
        Ring::Left(parts) => {
            ink(canvas, palette.ink, palette.track);
            ring(canvas, shape::RADIUS, shape::STROKE, 360.0)?;
            ink(canvas, face.tone.colour(palette), 1.0);
            ring(canvas, shape::RADIUS, shape::STROKE, shape::degrees(parts))?;
        }
        // The other faces are the tray's alone.
        Ring::Hollow | Ring::SigningIn | Ring::Barred(_) => {
            ink(canvas, palette.ink, 1.0);
            ring(canvas, shape::HOLLOW_RADIUS, shape::HOLLOW_STROKE, 360.0)?;
        }
    }
    ink(canvas, palette.ink, 1.0);
    let [x, y, radius] = shape::HEAD.map(f64::from);
    canvas.arc(x, y, radius, 0.0, 2.0 * PI);
    canvas.fill()?;
    let [left, top, right, bottom] = shape::SHAFT.map(f64::from);
    canvas.rectangle(left, top, right - left, bottom - top);
    canvas.fill()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_that_loses_a_little_is_drawn_anew_only_there() {
        // A sixtieth before and after the left end of the ring: 270 degrees from noon, counted against the clock.
        let (x, y, width, height) = between(273.0, 267.0, 64);
        assert!(x >= 40 && x + width <= 72, "{x} {width}");
        assert!(y >= 24 && y + height <= 40, "{y} {height}");
    }
}
