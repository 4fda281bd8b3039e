//! The catalogues of all languages, held to the English ones.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use abide_wire::Language;
use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

/// The catalogues of which every text is used in Rust.
const OURS: [&str; 2] = ["desktop", "pages"];
const SOURCES: [&str; 3] = ["src-tauri/src", "crates/agent/src", "crates/locale/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of the English catalogues.
fn names() -> Vec<String> {
    let files = fs::read_dir(root().join("locales/en")).unwrap();
    let mut names: Vec<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The messages of a catalogue with their arguments.
type Messages = BTreeMap<String, BTreeSet<String>>;

fn messages(language: Language, name: &str) -> Messages {
    let path = root().join("locales").join(language.tag()).join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let resource = parser::parse(text.as_str()).unwrap_or_else(|(_, errors)| {
        let error = &errors[0];
        let line = text[..error.pos.start].lines().count();
        panic!("{} line {line}: {error}", path.display())
    });
    let mut messages = Messages::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let mut arguments = BTreeSet::new();
        message.value.iter().for_each(|pattern| variables(pattern, &mut arguments));
        message.attributes.iter().for_each(|attribute| variables(&attribute.value, &mut arguments));
        let twice = messages.insert(message.id.name.to_owned(), arguments);
        assert!(twice.is_none(), "{}: {} is there twice", path.display(), message.id.name);
    }
    messages
}

fn variables(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_variables(expression, found);
        }
    }
}

fn expression_variables(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => inline_variables(inline, found),
        Expression::Select { selector, variants } => {
            inline_variables(selector, found);
            variants.iter().for_each(|variant| variables(&variant.value, found));
        }
    }
}

fn inline_variables(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => drop(found.insert(id.name.to_owned())),
        InlineExpression::Placeable { expression } => expression_variables(expression, found),
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|argument| inline_variables(argument, found));
        }
        _ => {}
    }
}

#[test]
fn every_language_has_every_message_with_the_same_arguments() {
    let mut wrong = Vec::new();
    for name in names() {
        let english = messages(Language::En, &name);
        for language in Language::ALL {
            let other = messages(language, &name);
            for (id, arguments) in &english {
                match other.get(id) {
                    None => wrong.push(format!("{}/{name} lacks {id}", language.tag())),
                    Some(given) if given != arguments => {
                        wrong.push(format!(
                            "{}/{name}: {id} has {given:?}, not {arguments:?}",
                            language.tag()
                        ));
                    }
                    Some(_) => {}
                }
            }
            let more = other.keys().filter(|id| !english.contains_key(*id));
            wrong.extend(more.map(|id| format!("{}/{name} has {id}, which English lacks", language.tag())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One catalogue is read after the other; a later message would take the place of an earlier one.
#[test]
fn no_message_is_in_two_catalogues() {
    let mut places = BTreeMap::new();
    for name in ["common.ftl", "desktop.ftl", "pages.ftl"] {
        for id in messages(Language::En, name).into_keys() {
            if let Some(other) = places.insert(id.clone(), name) {
                panic!("{id} is in {other} and in {name}");
            }
        }
    }
}

#[test]
fn every_message_is_used() {
    let mut sources = String::new();
    for folder in SOURCES {
        append(&root().join(folder), &mut sources);
    }
    let mut unused = Vec::new();
    for name in OURS {
        for id in messages(Language::En, &format!("{name}.ftl")).into_keys() {
            if !sources.contains(&format!("::{}(", id.replace('-', "_"))) {
                unused.push(format!("{name}.ftl: {id}"));
            }
        }
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

fn append(path: &Path, sources: &mut String) {
    if path.is_dir() {
        let mut files: Vec<PathBuf> = fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().for_each(|file| append(file, sources));
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        sources.push_str(&fs::read_to_string(path).unwrap());
    }
}

#[test]
fn names_say_where_a_text_is() {
    for name in OURS {
        for id in messages(Language::En, &format!("{name}.ftl")).into_keys() {
            let plain = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            assert!(plain && id.contains('-'), "{name}: {id} is not of the form place-thing");
        }
    }
}
