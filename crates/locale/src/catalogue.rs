//! The catalogues, each read when its language is first used.

use std::sync::OnceLock;

use abide_wire::Language;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

type Catalogue = FluentBundle<FluentResource>;

static ENGLISH: OnceLock<Catalogue> = OnceLock::new();
static SPANISH: OnceLock<Catalogue> = OnceLock::new();
static GERMAN: OnceLock<Catalogue> = OnceLock::new();

macro_rules! files {
    ($tag:literal) => {
        [
            include_str!(concat!("../../../locales/", $tag, "/common.ftl")),
            include_str!(concat!("../../../locales/", $tag, "/desktop.ftl")),
            include_str!(concat!("../../../locales/", $tag, "/pages.ftl")),
        ]
    };
}

fn catalogue(language: Language) -> &'static Catalogue {
    match language {
        Language::En => ENGLISH.get_or_init(|| read_apart(language, files!("en"))),
        Language::Es => SPANISH.get_or_init(|| read_apart(language, files!("es"))),
        Language::De => GERMAN.get_or_init(|| read_apart(language, files!("de"))),
    }
}

/// The stack for reading a catalogue. The system keeps the stacks of threads that have ended, and gives one to a thread that needs no
/// more than it has; no other thread has this much.
const STACK: usize = 8 * 1024 * 1024;

/// Reads a catalogue on a new stack. A catalogue stays for ever, and its parts have gaps that take over what was on the stack before: on
/// that of the caller, tokens may have been there.
fn read_apart(language: Language, files: [&'static str; 3]) -> Catalogue {
    let reading = std::thread::Builder::new().stack_size(STACK).spawn(move || read(language, files));
    let catalogue = reading.ok().and_then(|reading| reading.join().ok());
    catalogue.unwrap_or_else(|| read(language, files))
}

fn read(language: Language, files: [&str; 3]) -> Catalogue {
    let locale = language.tag().parse().unwrap_or_default();
    let mut catalogue = FluentBundle::new_concurrent(vec![locale]);
    // Without the invisible marks for the direction of what is put in (FSI and PDI): menus, notifications and title bars of some
    // desktops draw them as boxes, and every language here is written from left to right.
    catalogue.set_use_isolating(false);
    #[cfg(debug_assertions)]
    if std::env::var_os("ABIDE_TEST_LONG_TEXTS").is_some() {
        catalogue.set_transform(Some(longer));
    }
    for file in files {
        // What can be read is used; a test holds that everything can.
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(resource, _)| resource);
        catalogue.add_resource_overriding(resource);
    }
    catalogue
}

/// A text that is longer by about half, as that of another language may be.
#[cfg(debug_assertions)]
fn longer(text: &str) -> std::borrow::Cow<'_, str> {
    text.chars()
        .flat_map(|character| {
            let again = matches!(character, 'a' | 'e' | 'i' | 'o' | 'u' | 'n' | 's').then_some(character);
            std::iter::once(character).chain(again)
        })
        .collect::<String>()
        .into()
}

fn format(language: Language, id: &str, arguments: &FluentArgs<'_>) -> Option<String> {
    let catalogue = catalogue(language);
    let pattern = catalogue.get_message(id)?.value()?;
    let mut errors = Vec::new();
    let text = catalogue.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
    errors.is_empty().then_some(text)
}

/// The message in this language, else in English.
pub(crate) fn text<'a>(
    language: Language,
    id: &'static str,
    arguments: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>,
) -> String {
    let mut given: FluentArgs<'a> = FluentArgs::new();
    for (name, value) in arguments {
        given.set(name, value);
    }
    format(language, id, &given).or_else(|| format(Language::En, id, &given)).unwrap_or_else(|| id.to_owned())
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// Words of the message.
    Words(String),
    /// An argument that is shown in another way.
    Marked(T),
}

/// A message in parts, for a view that stresses some of its arguments. `message` gets a mark for each of them and writes the whole
/// message, so the order of the parts is that of the language.
pub fn parts<T: Clone, const N: usize>(
    marked: [T; N],
    message: impl FnOnce([&'static str; N]) -> String,
) -> Vec<Part<T>> {
    /// Control characters, which are in no message.
    const MARKS: [&str; 4] = ["\u{1}", "\u{2}", "\u{3}", "\u{4}"];
    let marks: [&'static str; N] = std::array::from_fn(|index| MARKS.get(index).copied().unwrap_or_default());
    let text = message(marks);
    let mut parts = Vec::new();
    let mut words = String::new();
    for character in text.chars() {
        let index = marks.iter().position(|mark| mark.starts_with(character));
        match index.and_then(|index| marked.get(index)) {
            Some(value) => {
                if !words.is_empty() {
                    parts.push(Part::Words(std::mem::take(&mut words)));
                }
                parts.push(Part::Marked(value.clone()));
            }
            None => words.push(character),
        }
    }
    if !words.is_empty() {
        parts.push(Part::Words(words));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_never_a_panic() {
        assert_eq!(text(Language::Es, "no-such-message", []), "no-such-message");
        assert_eq!(text(Language::De, "time-seconds", []), "time-seconds", "an argument is missing");
    }

    #[test]
    fn a_message_in_parts_keeps_the_order_of_its_language() {
        let text = |[first, second]: [&str; 2]| format!("{second} before {first}.");
        let words = |text: &str| Part::Words(text.to_owned());
        assert_eq!(
            parts(["one", "two"], text),
            [Part::Marked("two"), words(" before "), Part::Marked("one"), words(".")]
        );
    }

    #[test]
    fn long_texts_are_longer_by_two_fifths_at_least() {
        let text = "Nothing has used this session for a while. Do you want to keep it?";
        assert!(longer(text).chars().count() * 10 >= text.chars().count() * 14, "{}", longer(text));
    }
}
