//! What the product is called, in which version, and under which names the systems know it: once, for every package.

use serde_json::Value;

use crate::{Result, cargo};

/// What every package says of itself.
#[derive(Debug)]
pub(crate) struct Product {
    /// `Abide`.
    pub(crate) name: String,
    /// The name that macOS and AppStream know it by.
    pub(crate) identifier: String,
    /// Three numbers with dots.
    pub(crate) version: String,
    pub(crate) publisher: String,
    pub(crate) homepage: String,
    pub(crate) license: String,
    /// One line.
    pub(crate) summary: String,
    /// A paragraph.
    pub(crate) description: String,
    pub(crate) copyright: String,
    /// packaging/product.json.
    more: Value,
}

impl Product {
    /// Reads tauri.conf.json, Cargo.toml and packaging/product.json.
    pub(crate) fn read() -> Result<Self> {
        let read = |file: &str| -> Result<Value> {
            let text = std::fs::read_to_string(cargo::root().join(file))?;
            serde_json::from_str(&text).map_err(|error| format!("{file}: {error}").into())
        };
        let tauri = read("tauri.conf.json")?;
        let text = |pointer: &str| -> Result<String> {
            let found = tauri.pointer(pointer).and_then(Value::as_str);
            Ok(found.ok_or_else(|| format!("tauri.conf.json has no {pointer}"))?.to_owned())
        };
        Ok(Self {
            name: text("/productName")?,
            identifier: text("/identifier")?,
            version: version(&std::fs::read_to_string(cargo::root().join("Cargo.toml"))?)?,
            publisher: text("/bundle/publisher")?,
            homepage: text("/bundle/homepage")?,
            license: text("/bundle/license")?,
            summary: text("/bundle/shortDescription")?,
            description: text("/bundle/longDescription")?,
            copyright: text("/bundle/copyright")?,
            more: read("packaging/product.json")?,
        })
    }

    /// A text of packaging/product.json, with the version filled in.
    pub(crate) fn text(&self, pointer: &str) -> Result<String> {
        let found = self.more.pointer(pointer).and_then(Value::as_str);
        let found = found.ok_or_else(|| format!("packaging/product.json has no {pointer}"))?;
        Ok(found.replace("{{version}}", &self.version))
    }

    /// A template of packaging/ with the product's names and `more` in the places of `{{name}}`. A place that nothing fills is an error.
    pub(crate) fn fill(&self, template: &str, more: &[(&str, &str)]) -> Result<String> {
        let own = [
            ("name", &self.name),
            ("identifier", &self.identifier),
            ("version", &self.version),
            ("publisher", &self.publisher),
            ("homepage", &self.homepage),
            ("license", &self.license),
            ("summary", &self.summary),
            ("description", &self.description),
            ("copyright", &self.copyright),
        ];
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        let mut text = template.to_owned();
        for (name, value) in own.chain(more.iter().copied()) {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        match text.split_once("{{") {
            Some((_, rest)) if rest.contains("}}") => {
                Err(format!("nothing fills {{{{{}", rest.lines().next().unwrap_or_default()).into())
            }
            _ => Ok(text),
        }
    }
}

/// The version of the workspace, from the text of its Cargo.toml.
pub(crate) fn version(manifest: &str) -> Result<String> {
    let section = manifest.split_once("[workspace.package]").map(|(_, rest)| rest).unwrap_or_default();
    let line = section.lines().find_map(|line| line.strip_prefix("version = \"")).unwrap_or_default();
    let version = line.trim_end_matches('"');
    let numbers: Vec<_> = version.split('.').collect();
    if numbers.len() == 3 && numbers.iter().all(|number| number.parse::<u16>().is_ok()) {
        Ok(version.to_owned())
    } else {
        Err(format!("Cargo.toml: the version of the workspace has to be three numbers, not “{version}”")
            .into())
    }
}
