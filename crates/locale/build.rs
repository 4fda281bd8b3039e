//! Makes one function for each message of the English catalogues, with the message's arguments as parameters. So a text that is missing
//! there, and an argument that a caller forgets, is an error of the build. The tests of this crate hold the other languages to English.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let locales = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../locales");
    println!("cargo::rerun-if-changed={}", locales.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for name in ["common", "desktop", "pages"] {
        let path = locales.join("en").join(name).with_extension("ftl");
        fs::write(out.join(name).with_extension("rs"), functions(&path)?)?;
    }
    Ok(())
}

/// The functions for the messages of a file.
fn functions(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path)?;
    let resource =
        parser::parse(text.as_str()).map_err(|(_, errors)| format!("{}: {errors:?}", path.display()))?;
    let mut out = String::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let Some(pattern) = &message.value else { continue };
        let mut arguments = BTreeSet::new();
        variables(pattern, &mut arguments);
        function(&mut out, message.id.name, &arguments)?;
    }
    Ok(out)
}

/// In alphabetical order: another order of the English words changes no call.
fn function(out: &mut String, id: &str, arguments: &BTreeSet<&str>) -> std::fmt::Result {
    let name = id.replace('-', "_");
    let parameters: String = arguments
        .iter()
        .map(|argument| format!(", {}: impl Into<FluentValue<'a>>", argument.replace('-', "_")))
        .collect();
    let given: String = arguments
        .iter()
        .map(|argument| format!("(\"{argument}\", {}.into()), ", argument.replace('-', "_")))
        .collect();
    let lifetime = if arguments.is_empty() { "" } else { "<'a>" };
    writeln!(out, "/// The message `{id}`.\n#[must_use]")?;
    writeln!(out, "pub fn {name}{lifetime}(language: Language{parameters}) -> String {{")?;
    writeln!(out, "    catalogue::text(language, \"{id}\", [{given}])\n}}")
}

fn variables<'s>(pattern: &Pattern<&'s str>, found: &mut BTreeSet<&'s str>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            expression_variables(expression, found);
        }
    }
}

fn expression_variables<'s>(expression: &Expression<&'s str>, found: &mut BTreeSet<&'s str>) {
    let inline = match expression {
        Expression::Inline(inline) => inline,
        Expression::Select { selector, variants } => {
            variants.iter().for_each(|variant| variables(&variant.value, found));
            selector
        }
    };
    match inline {
        InlineExpression::VariableReference { id } => drop(found.insert(id.name)),
        InlineExpression::Placeable { expression } => expression_variables(expression, found),
        InlineExpression::FunctionReference { arguments, .. } => {
            for argument in &arguments.positional {
                if let InlineExpression::VariableReference { id } = argument {
                    found.insert(id.name);
                }
            }
        }
        _ => {}
    }
}
