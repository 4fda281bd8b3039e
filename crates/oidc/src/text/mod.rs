//! Text from a provider that people will read.

pub(crate) mod json;
pub(crate) mod urls;

use abide_wire::terminal::is_unsafe;

/// Makes `text` safe to show: control characters become spaces, other characters that [`is_unsafe`] matches (they reorder or hide text) are
/// dropped, several spaces become one, and at most `max` characters stay.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max));
    let mut length = 0;
    let visible = text.chars().filter(|c| c.is_control() || !is_unsafe(*c));
    for c in visible.map(|c| if c.is_control() { ' ' } else { c }) {
        if length == max {
            break;
        }
        if c == ' ' && (shown.is_empty() || shown.ends_with(' ')) {
            continue;
        }
        shown.push(c);
        length += 1;
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// The length of the shortest secret that is searched for. A shorter one could be a common word.
const SHORTEST_SECRET: usize = 8;

/// `text` without the secrets that it repeats.
pub(crate) fn without<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_SECRET) {
        if text.contains(secret) {
            text = text.replace(secret, "…");
        }
    }
    text
}

/// The same for a short text, and for parts of a secret too: no eight consecutive bytes of one are left.
pub(crate) fn without_parts<'a>(text: &str, secrets: impl Iterator<Item = &'a str> + Clone) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let found = secrets.clone().map(|secret| common(rest, secret)).max().unwrap_or_default();
        if found >= SHORTEST_SECRET {
            shown.push('…');
            rest = &rest[found..];
        } else {
            shown.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    shown
}

/// The number of bytes at the beginning of `text` that are also somewhere in `secret`.
fn common(text: &str, secret: &str) -> usize {
    let at = |start: usize| -> usize {
        let pairs = text.chars().zip(secret[start..].chars());
        pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
    };
    secret.char_indices().map(|(index, _)| at(index)).max().unwrap_or_default()
}

/// RFC 6749, section 3.3.
pub(crate) fn is_scope(text: &str) -> bool {
    is_word(text) && !text.contains(['"', '\\'])
}

pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{plain, without, without_parts};

    #[test]
    fn what_people_see_is_one_bounded_line() {
        assert_eq!(plain("  Your\r\naccount\tis  locked\u{1b}[31m ", 200), "Your account is locked [31m");
        assert_eq!(plain("alice\u{202e}moc.live\u{200b}", 200), "alicemoc.live");
        assert_eq!(plain(&"é".repeat(500), 200).chars().count(), 200);
    }

    /// What a terminal must not get, the log, the browser's pages and the names of people must not have either.
    #[test]
    fn nothing_that_no_terminal_gets_is_left() {
        let hidden = ('\0'..=char::MAX).filter(|c| abide_wire::terminal::is_unsafe(*c));
        for c in hidden.filter(|c| !c.is_control()) {
            assert_eq!(plain(&format!("al{c}ice"), 200), "alice", "{}", c.escape_unicode());
        }
    }

    #[test]
    fn a_repeated_secret_is_removed() {
        assert_eq!(without("code Zx81-abcd is spent, Zx81-abcd", ["Zx81-abcd"]), "code … is spent, …");
        assert_eq!(without("the code is spent", ["code", ""]), "the code is spent");
    }

    #[test]
    fn a_repeated_part_of_a_secret_is_removed_too() {
        let secret = "a40efe1d-8cc0-4b+x";
        for (said, shown) in [
            ("Invalid token: a40efe1d-8cc0-4b+x", "Invalid token: …"),
            ("Invalid token: a40efe1d-8cc0", "Invalid token: …"),
            ("token (c0-4b+x) of abide-desktop", "token (c0-4b+x) of abide-desktop"),
            ("token (-8cc0-4b+x) of abide-desktop", "token (…) of abide-desktop"),
            ("Der Schlüssel ist ungültig", "Der Schlüssel ist ungültig"),
            ("", ""),
        ] {
            assert_eq!(without_parts(said, [secret].into_iter()), shown, "{said}");
        }
    }
}
