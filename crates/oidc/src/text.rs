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

fn reorders_or_hides(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_people_see_is_one_bounded_line() {
        assert_eq!(plain("  Your\r\naccount\tis  locked\u{1b}[31m ", 200), "Your account is locked [31m");
        assert_eq!(plain("alice\u{202e}moc.live\u{200b}", 200), "alicemoc.live");
        assert_eq!(plain(&"é".repeat(500), 200).chars().count(), 200);
    }
}
