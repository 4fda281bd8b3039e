//! Text that a provider wrote and a person will read.

/// Makes `text` safe to show: control characters become spaces, characters that reorder or hide text are dropped, runs
/// of spaces become one, and at most `max` characters stay.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(max));
    let mut length = 0;
    let visible = text.chars().filter(|c| !reorders_or_hides(*c));
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

/// A secret that is shorter than this is a word like any other, and is not looked for.
const SHORTEST_SECRET: usize = 8;

/// `text` without the secrets that somebody has repeated in it.
pub(crate) fn without<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST_SECRET) {
        if text.contains(secret) {
            text = text.replace(secret, "…");
        }
    }
    text
}

fn reorders_or_hides(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::{plain, without};

    #[test]
    fn what_people_see_is_one_bounded_line() {
        assert_eq!(plain("  Your\r\naccount\tis  locked\u{1b}[31m ", 200), "Your account is locked [31m");
        assert_eq!(plain("alice\u{202e}moc.live\u{200b}", 200), "alicemoc.live");
        assert_eq!(plain(&"é".repeat(500), 200).chars().count(), 200);
    }

    #[test]
    fn what_somebody_repeats_of_a_secret_is_taken_out() {
        assert_eq!(without("code Zx81-abcd is spent, Zx81-abcd", ["Zx81-abcd"]), "code … is spent, …");
        assert_eq!(without("the code is spent", ["code", ""]), "the code is spent");
    }
}
