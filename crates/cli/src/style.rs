//! Colour, where there is somebody to see it, and text of others made safe to show.

use std::borrow::Cow;
use std::ffi::OsString;

/// The few inks of the terminal: one accent, and amber and red for meaning only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Bold,
    Dim,
    Accent,
    Amber,
    Red,
}

/// Whether to use them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colour: bool,
}

impl Style {
    /// Colour on a terminal that can show it, unless `NO_COLOR` is set (no-color.org).
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

/// Text that somebody else wrote (a provider's user name, an error), without the characters that could move the cursor,
/// change the terminal or turn the reading direction round.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let unsafe_to_show = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(unsafe_to_show) {
        Cow::Owned(text.replace(unsafe_to_show, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_else_wrote_reaches_the_terminal_as_a_command() {
        assert_eq!(plain("al\u{1b}[2Jice\r\n"), "al\u{fffd}[2Jice\u{fffd}\u{fffd}");
        assert_eq!(plain("\u{202e}evil"), "\u{fffd}evil");
        assert_eq!(plain("Zoë 李"), "Zoë 李");
    }

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
