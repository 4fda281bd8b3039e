//! Colours, if the terminal supports them.

use std::borrow::Cow;
use std::ffi::OsString;

/// The few colours: one accent, and amber and red only for their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Bold,
    Dim,
    Accent,
    Amber,
    Red,
}

/// Whether to use colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Colours on a terminal that supports them, unless `NO_COLOR` is set (no-color.org).
    pub(crate) fn new(terminal: bool, environment: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let colour = terminal
            && environment("NO_COLOR").is_none_or(|value| value.is_empty())
            && environment("TERM").is_none_or(|value| value != "dumb");
        Self { colour }
    }

    /// Whether there is any colour.
    pub(crate) fn has_colour(self) -> bool {
        self.colour
    }

    pub(crate) fn paint<'t>(self, ink: Ink, text: &'t str) -> Cow<'t, str> {
        if !self.colour {
            return Cow::Borrowed(text);
        }
        let code = match ink {
            Ink::Bold => "1",
            Ink::Dim => "2",
            Ink::Accent => "36",
            Ink::Amber => "33",
            Ink::Red => "31",
        };
        Cow::Owned(format!("\u{1b}[{code}m{text}\u{1b}[0m"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let none = |_: &str| None;
        let refused = |name: &str| (name == "NO_COLOR").then(|| "1".into());
        let dumb = |name: &str| (name == "TERM").then(|| "dumb".into());
        assert_eq!(Style::new(true, &none).paint(Ink::Red, "x"), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(Style::new(false, &none).paint(Ink::Red, "x"), "x");
        assert_eq!(Style::new(true, &refused).paint(Ink::Red, "x"), "x");
        assert_eq!(Style::new(true, &dumb).paint(Ink::Red, "x"), "x");
    }
}
