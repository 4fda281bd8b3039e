//! Draws Abide's mark: a ring around a keyhole, which gets shorter with the time left. The geometry is that of
//! `icons/README.md`, in a square of 16 × 16 units.

use tiny_skia::{
    BlendMode, Color, FillRule, LineCap, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform,
};

/// What the mark shows. Equal faces give equal pictures, so it is only drawn again when its face changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// The ring.
    pub(crate) ring: Ring,
    /// How close the end is.
    pub(crate) tone: Tone,
    /// Whether something needs attention.
    pub(crate) dot: bool,
}

/// The ring of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ring {
    /// Signed out: a thin ring without a keyhole.
    Hollow,
    /// A sign-in is in progress: a quarter of the ring.
    SigningIn,
    /// Signed in: the time left, in sixtieths, 0 to 60.
    Left(u8),
    /// The same, for a session that is frozen because the screen is locked.
    Barred(u8),
}

/// How close the end is. The colour only repeats what the length of the ring shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Enough time.
    Calm,
    /// The last quarter.
    Amber,
    /// The last minute, or the question is shown.
    Red,
}

/// The length of the ring for this time, rounded up so that a session with time left never looks empty.
pub(crate) fn sixtieths(left: u64, whole: u64) -> u8 {
    if whole == 0 {
        return 60;
    }
    let parts = (u128::from(left) * 60).div_ceil(u128::from(whole)).min(60);
    u8::try_from(parts).unwrap_or(60)
}

/// The colours of the drawing, as sRGB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Palette {
    /// The neutral colour, also for the keyhole.
    pub(crate) ink: [u8; 3],
    /// The last quarter, and the dot.
    pub(crate) amber: [u8; 3],
    /// The last minute.
    pub(crate) red: [u8; 3],
    /// The opacity of the ring's background, 0 to 1.
    pub(crate) track: f32,
}

#[allow(dead_code)] // Which of them a platform uses is its own affair.
impl Palette {
    /// For a light background.
    pub(crate) const ON_LIGHT: Self =
        Self { ink: [0x2b, 0x31, 0x35], amber: [0xb3, 0x62, 0x00], red: [0xc4, 0x29, 0x2b], track: 0.25 };
    /// For a dark background.
    pub(crate) const ON_DARK: Self =
        Self { ink: [0xe6, 0xea, 0xea], amber: [0xf2, 0xa9, 0x3b], red: [0xff, 0x7a, 0x70], track: 0.30 };
    /// For an unknown background: medium tones, which are visible on light and dark. The neutral one is the accent colour,
    /// because a medium grey would look switched off.
    pub(crate) const ON_ANY: Self =
        Self { ink: [0x1c, 0x97, 0x8d], amber: [0xc2, 0x7a, 0x10], red: [0xf0, 0x4e, 0x47], track: 0.30 };
    /// For a picture whose opacity is all that the system uses.
    pub(crate) const TEMPLATE: Self = Self { ink: [0; 3], amber: [0; 3], red: [0; 3], track: 0.25 };
}

/// The mark's geometry, in units of a sixteenth of its side.
pub(crate) mod shape {
    /// The side.
    #[cfg(target_os = "linux")]
    pub(crate) const UNITS: f64 = 16.0;
    /// The middle, across and down.
    pub(crate) const CENTRE: f32 = 8.0;
    /// The ring.
    pub(crate) const RADIUS: f32 = 6.0;
    /// The width of its line.
    pub(crate) const STROKE: f32 = 2.0;
    /// The ring of the mark when no one is signed in.
    pub(crate) const HOLLOW_RADIUS: f32 = 6.375;
    /// The width of its line.
    pub(crate) const HOLLOW_STROKE: f32 = 1.25;
    /// The keyhole's head: centre and radius.
    pub(crate) const HEAD: [f32; 3] = [8.0, 6.92, 1.75];
    /// The keyhole's shaft: left, top, right, bottom.
    pub(crate) const SHAFT: [f32; 4] = [7.0, 7.0, 9.0, 11.25];
    /// The bar over a frozen session: from the lower left to the upper right.
    pub(super) const BAR: [f32; 4] = [3.5, 12.5, 12.5, 3.5];
    /// The width of its line.
    pub(super) const BAR_STROKE: f32 = 1.5;
    /// The gap beside bar and dot.
    pub(super) const FREE: f32 = 1.0;
    /// The dot: centre and radius.
    pub(super) const DOT: [f32; 3] = [13.0, 3.0, 2.5];

    /// The angle of the arc for this many sixtieths: never too small to be seen.
    pub(crate) fn degrees(sixtieths: u8) -> f32 {
        if sixtieths == 0 { 0.0 } else { (f32::from(sixtieths.min(60)) * 6.0).max(20.0) }
    }
}

impl Tone {
    /// The colour of the time left.
    pub(crate) fn colour(self, palette: &Palette) -> [u8; 3] {
        match self {
            Self::Calm => palette.ink,
            Self::Amber => palette.amber,
            Self::Red => palette.red,
        }
    }
}

/// Draws the face into a square of `size` pixels: rows of RGBA, eight bits each, not premultiplied. If `size` is zero or too
/// large for the memory, the picture is empty.
pub(crate) fn draw(face: &Face, size: u32, palette: &Palette) -> Vec<u8> {
    let Some(mut canvas) = Pixmap::new(size, size) else { return Vec::new() };
    #[allow(clippy::cast_precision_loss)] // Sizes of icons are small.
    let scale = Transform::from_scale(size as f32 / 16.0, size as f32 / 16.0);
    let mut brush = Brush { canvas: &mut canvas, scale };

    let inks = Inks {
        lead: opaque(face.tone.colour(palette), 1.0),
        still: opaque(palette.ink, 1.0),
        track: opaque(palette.ink, palette.track),
    };
    brush.draw_mark(face, &inks);
    if face.dot {
        brush.draw_dot(palette);
    }
    canvas
        .pixels()
        .iter()
        .flat_map(|pixel| {
            let straight = pixel.demultiply();
            [straight.red(), straight.green(), straight.blue(), straight.alpha()]
        })
        .collect()
}

struct Inks {
    lead: Color,
    still: Color,
    track: Color,
}

fn opaque([red, green, blue]: [u8; 3], opacity: f32) -> Color {
    let part = |value: u8| f32::from(value) / 255.0;
    Color::from_rgba(part(red), part(green), part(blue), opacity).unwrap_or(Color::BLACK)
}

struct Brush<'a> {
    canvas: &'a mut Pixmap,
    scale: Transform,
}

impl Brush<'_> {
    fn draw_mark(&mut self, face: &Face, inks: &Inks) {
        match face.ring {
            Ring::Hollow => self.ring(shape::HOLLOW_RADIUS, shape::HOLLOW_STROKE, 0.0, 360.0, inks.still),
            Ring::SigningIn => {
                self.ring(shape::RADIUS, shape::STROKE, 0.0, 360.0, inks.track);
                self.ring(shape::RADIUS, shape::STROKE, 0.0, 90.0, inks.lead);
            }
            Ring::Left(parts) | Ring::Barred(parts) => {
                self.ring(shape::RADIUS, shape::STROKE, 0.0, 360.0, inks.track);
                if parts > 0 {
                    self.ring(shape::RADIUS, shape::STROKE, 360.0 - shape::degrees(parts), 360.0, inks.lead);
                }
            }
        }
        let mut keyhole = PathBuilder::new();
        let ([x, y, radius], [left, top, right, bottom]) = (shape::HEAD, shape::SHAFT);
        keyhole.push_circle(x, y, radius);
        if let Some(shaft) = Rect::from_ltrb(left, top, right, bottom) {
            keyhole.push_rect(shaft);
        }
        self.fill(keyhole, &paint(inks.still));
        if let Ring::Barred(_) = face.ring {
            let mut space = paint(Color::BLACK);
            space.blend_mode = BlendMode::Clear;
            self.bar(shape::BAR_STROKE + 2.0 * shape::FREE, &space);
            self.bar(shape::BAR_STROKE, &paint(inks.still));
        }
    }

    fn bar(&mut self, width: f32, paint: &Paint<'_>) {
        let mut builder = PathBuilder::new();
        let [from_x, from_y, to_x, to_y] = shape::BAR;
        builder.move_to(from_x, from_y);
        builder.line_to(to_x, to_y);
        let stroke = Stroke { width, line_cap: LineCap::Butt, ..Stroke::default() };
        if let Some(path) = builder.finish() {
            self.canvas.stroke_path(&path, paint, &stroke, self.scale, None);
        }
    }

    fn ring(&mut self, radius: f32, width: f32, from: f32, to: f32, colour: Color) {
        let Some(path) = arc(radius, from, to) else { return };
        let stroke = Stroke { width, line_cap: LineCap::Butt, ..Stroke::default() };
        self.canvas.stroke_path(&path, &paint(colour), &stroke, self.scale, None);
    }

    fn draw_dot(&mut self, palette: &Palette) {
        let mut space = paint(Color::BLACK);
        space.blend_mode = BlendMode::Clear;
        let [x, y, radius] = shape::DOT;
        self.dot(x, y, radius + shape::FREE, &space);
        self.dot(x, y, radius, &paint(opaque(palette.amber, 1.0)));
    }

    fn dot(&mut self, x: f32, y: f32, radius: f32, paint: &Paint<'_>) {
        let mut builder = PathBuilder::new();
        builder.push_circle(x, y, radius);
        self.fill(builder, paint);
    }

    fn fill(&mut self, builder: PathBuilder, paint: &Paint<'_>) {
        if let Some(path) = builder.finish() {
            self.canvas.fill_path(&path, paint, FillRule::Winding, self.scale, None);
        }
    }
}

fn paint(colour: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour);
    paint
}

/// An arc around the centre, in degrees clockwise from 12 o'clock; 360 make a circle.
fn arc(radius: f32, from: f32, to: f32) -> Option<Path> {
    let mut builder = PathBuilder::new();
    if to - from >= 360.0 {
        builder.push_circle(shape::CENTRE, shape::CENTRE, radius);
        return builder.finish();
    }
    let at = |degrees: f32| {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        (shape::CENTRE + radius * sine, shape::CENTRE - radius * cosine)
    };
    let (x, y) = at(from);
    builder.move_to(x, y);
    let steps = ((to - from) / 3.0).ceil().max(1.0);
    let mut step = 1.0;
    while step <= steps {
        let (x, y) = at(from + (to - from) * step / steps);
        builder.line_to(x, y);
        step += 1.0;
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [u32; 6] = [16, 22, 24, 32, 44, 48];

    fn calm(ring: Ring) -> Face {
        Face { ring, tone: Tone::Calm, dot: false }
    }

    /// The visible area: the sum of all opacities, in whole pixels.
    fn weight(picture: &[u8]) -> u32 {
        picture.chunks_exact(4).map(|pixel| u32::from(pixel[3])).sum::<u32>() / 255
    }

    fn pixel(picture: &[u8], size: u32, x: f32, y: f32) -> [u8; 4] {
        let place = |unit: f32| (unit / 16.0 * size as f32) as u32;
        let at = ((place(y) * size + place(x)) * 4) as usize;
        [picture[at], picture[at + 1], picture[at + 2], picture[at + 3]]
    }

    #[test]
    fn the_more_time_the_more_ring() {
        for size in SIZES {
            let weights: Vec<u32> = [4, 15, 30, 45, 60]
                .map(|left| weight(&draw(&calm(Ring::Left(left)), size, &Palette::ON_DARK)))
                .to_vec();
            assert!(weights.windows(2).all(|pair| pair[0] < pair[1]), "{size}: {weights:?}");
        }
    }

    #[test]
    fn the_ring_empties_clockwise() {
        let half = draw(&calm(Ring::Left(30)), 48, &Palette::ON_DARK);
        let right = pixel(&half, 48, 14.0, 8.0)[3];
        let left = pixel(&half, 48, 2.0, 8.0)[3];
        assert!(right < 100 && left == 255, "right {right}, left {left}");
    }

    #[test]
    fn every_state_is_told_apart_without_colour_at_every_size() {
        let faces = [
            calm(Ring::Hollow),
            calm(Ring::SigningIn),
            calm(Ring::Left(60)),
            calm(Ring::Left(30)),
            calm(Ring::Left(4)),
            calm(Ring::Barred(60)),
            calm(Ring::Barred(30)),
            Face { dot: true, ..calm(Ring::Left(30)) },
            Face { dot: true, ..calm(Ring::Hollow) },
        ];
        for size in SIZES {
            let pictures: Vec<Vec<u8>> =
                faces.iter().map(|face| draw(face, size, &Palette::TEMPLATE)).collect();
            for (a, first) in pictures.iter().enumerate() {
                for (b, second) in pictures.iter().enumerate().skip(a + 1) {
                    let apart = first.iter().zip(second).filter(|(x, y)| x.abs_diff(**y) > 96).count();
                    assert!(apart >= 8, "{size}: {:?} and {:?} differ in {apart}", faces[a], faces[b]);
                }
            }
        }
    }

    #[test]
    fn the_keyhole_stands_free_at_16_pixels() {
        let picture = draw(&calm(Ring::Left(60)), 16, &Palette::ON_DARK);
        assert_eq!(pixel(&picture, 16, 8.5, 9.5)[3], 255);
        assert_eq!(pixel(&picture, 16, 4.5, 8.5)[3], 0);
        assert_eq!(pixel(&picture, 16, 11.5, 8.5)[3], 0);
        assert!(pixel(&picture, 16, 14.5, 8.5)[3] >= 240);
    }

    #[test]
    fn the_last_minute_is_red_and_never_invisible() {
        let face = Face { ring: Ring::Left(1), tone: Tone::Red, dot: false };
        let picture = draw(&face, 24, &Palette::ON_DARK);
        let red = picture.chunks_exact(4).filter(|p| p[..3] == Palette::ON_DARK.red && p[3] > 128).count();
        assert!(red >= 4, "{red}");
    }

    /// The contrast of two colours after WCAG 2.
    fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
        let luminance = |colour: [u8; 3]| -> f64 {
            let linear = colour.map(|part| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_stands_out_from_the_panels_it_is_for() {
        let panels: [(Palette, &[[u8; 3]]); 3] = [
            (Palette::ON_ANY, &[[0xff; 3], [0xf5; 3], [0x38; 3], [0x2b; 3], [0; 3]]),
            (Palette::ON_LIGHT, &[[0xff; 3], [0xf0; 3]]),
            (Palette::ON_DARK, &[[0x38; 3], [0x1e; 3], [0; 3]]),
        ];
        for (palette, backgrounds) in panels {
            for colour in [palette.ink, palette.amber, palette.red] {
                for background in backgrounds {
                    // The minimum that WCAG 2.1 requires for graphics.
                    let found = contrast(colour, *background);
                    assert!(found >= 3.0, "{colour:x?} on {background:x?}: {found:.2}");
                }
            }
        }
    }

    #[test]
    fn a_rest_is_rounded_up_and_never_more_than_all() {
        assert_eq!(sixtieths(0, 900), 0);
        assert_eq!(sixtieths(1, 900), 1);
        assert_eq!(sixtieths(450, 900), 30);
        assert_eq!(sixtieths(2000, 900), 60);
        assert_eq!(sixtieths(5, 0), 60);
        assert_eq!(sixtieths(u64::MAX, u64::MAX), 60);
    }
}
