//! Text that others wrote (a provider's user name, an error description, a file's content), made safe for a terminal.
//!
//! Both forms follow one rule: a character that [`is_unsafe`] matches is never printed to a terminal as it is, neither in
//! text for people nor in JSON.

use std::borrow::Cow;

/// Whether a terminal obeys or hides a character, so that the reader does not see what was printed: control characters (C0,
/// DEL, C1), characters that change the reading direction, and characters without width.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Text on one line, with U+FFFD instead of every unsafe character.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.contains(is_unsafe) {
        Cow::Owned(text.replace(is_unsafe, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Appends JSON with every unsafe character as `\uXXXX` (RFC 8259, section 7), so that its meaning stays the same. Line ends
/// and tabs between its parts stay. The buffer is not reallocated meanwhile: its content may be secret.
pub fn push_json(buffer: &mut Vec<u8>, json: &str) {
    let is_escaped = |c: char| is_unsafe(c) && !matches!(c, '\n' | '\r' | '\t');
    // An unsafe character has at least one byte and becomes at most two escapes of six bytes.
    buffer.reserve_exact(json.len() + 11 * json.chars().filter(|c| is_escaped(*c)).count());
    for c in json.chars() {
        if is_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                buffer.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        } else {
            buffer.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

/// The same as a text.
#[must_use]
pub fn json(json: &str) -> String {
    let mut buffer = Vec::new();
    push_json(&mut buffer, json);
    String::from_utf8(buffer).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The first and last characters of each class.
    const UNSAFE: [char; 23] = [
        '\u{1}',
        '\u{1b}',
        '\u{7f}',
        '\u{80}',
        '\u{9b}',
        '\u{9f}',
        '\u{ad}',
        '\u{61c}',
        '\u{180e}',
        '\u{200b}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{2028}',
        '\u{2029}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{feff}',
        '\u{e0001}',
        '\u{e007f}',
    ];

    #[test]
    fn nothing_that_others_wrote_drives_the_terminal() {
        for c in UNSAFE {
            assert_eq!(plain(&format!("a{c}b")), "a\u{fffd}b", "U+{:04X}", u32::from(c));
        }
        assert_eq!(plain("al\u{1b}[2Jice\r\n"), "al\u{fffd}[2Jice\u{fffd}\u{fffd}");
        assert_eq!(plain("Zoë 李 👍🏽"), "Zoë 李 👍🏽");
    }

    #[test]
    fn json_means_the_same_and_holds_no_unsafe_character() {
        for c in UNSAFE {
            let raw = serde_json::to_string(&format!("a{c}b")).unwrap();
            let safe = json(&raw);
            assert!(safe.is_ascii(), "U+{:04X}: {safe}", u32::from(c));
            assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), format!("a{c}b"));
        }
        assert_eq!(json("{\"a\":\t\"\u{9b}\u{e0001}é\"}\n"), "{\"a\":\t\"\\u009b\\udb40\\udc01é\"}\n");
    }

    #[test]
    fn a_buffer_that_is_filled_does_not_move() {
        let text = "\u{7f}\u{e0001}\u{9b}x".repeat(1000);
        let mut buffer = Vec::new();
        push_json(&mut buffer, &text);
        assert!(buffer.capacity() <= text.len() + 11 * 3000);
    }
}
