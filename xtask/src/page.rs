//! Tables in the documents that are written from a test run: their place, the notes of the tests, and the comparison.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::steps::Log;
use crate::{Result, cargo};

const END: &str = "<!-- Here it ends. -->\n";
/// The providers of the tests, one column each.
pub(crate) const PROVIDERS: [&str; 5] =
    ["demo provider", "oidc-provider", "django-oidc-provider", "Keycloak", "LemonLDAP::NG"];
/// The content of a cell without a note.
pub(crate) const UNTRIED: &str = "not tried";

/// A page with such a table.
pub(crate) struct Page {
    pub(crate) path: &'static str,
    /// The command that writes it.
    pub(crate) command: &'static str,
    /// The mark before the table.
    pub(crate) begin: &'static str,
}

impl Page {
    /// Replaces the table.
    pub(crate) fn write(&self, table: &str) -> Result<ExitCode> {
        let page = std::fs::read_to_string(self.path)?;
        std::fs::write(self.path, self.with(&page, table)?)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Checks that the committed table fits this run: `differences` returns one line for each difference.
    pub(crate) fn check(&self, log: &mut Log, differences: impl FnOnce(&str) -> Vec<String>) -> Result {
        let page = std::fs::read_to_string(self.path)?;
        let differences = differences(self.parts(&page)?.1);
        for difference in &differences {
            log.line(difference)?;
        }
        if differences.is_empty() {
            return Ok(());
        }
        let Self { path, command, .. } = self;
        Err(format!("{path} is not what this run saw. Run `{command}` and commit the result.").into())
    }

    fn with(&self, page: &str, table: &str) -> Result<String> {
        let (before, _, after) = self.parts(page)?;
        Ok(format!("{before}{}\n{table}\n{END}{after}", self.begin))
    }

    fn parts<'a>(&self, page: &'a str) -> Result<(&'a str, &'a str, &'a str)> {
        let unmarked = || format!("{} has lost the two marks that the table stands between", self.path);
        let (before, rest) = page.split_once(self.begin).ok_or_else(unmarked)?;
        let (table, after) = rest.split_once(END).ok_or_else(unmarked)?;
        Ok((before, table, after))
    }
}

/// The notes of the tests in a folder: one file with a line of JSON for each.
pub(crate) struct Notes(pub(crate) &'static str);

impl Notes {
    /// Removes the notes of an earlier run.
    pub(crate) fn forget(&self) {
        let _ = std::fs::remove_dir_all(self.folder());
    }

    /// All notes.
    pub(crate) fn read(&self) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let files = std::fs::read_dir(self.folder()).map_err(|_| "No test has written down what it saw.")?;
        for file in files {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                all.push(serde_json::from_str(&std::fs::read_to_string(path)?)?);
            }
        }
        Ok(all)
    }

    fn folder(&self) -> PathBuf {
        cargo::root().join("target/acceptance").join(self.0)
    }
}

/// The cells of the row that begins with `label`, without the first `skipped` columns after it.
pub(crate) fn row<'a>(committed: &'a str, label: &str, skipped: usize) -> Vec<&'a str> {
    let line = committed.lines().find(|line| line.starts_with(&format!("| {label} |")));
    line.unwrap_or_default().split('|').map(str::trim).skip(2 + skipped).collect()
}

/// A text in a note.
pub(crate) fn text<'a>(note: &'a Value, member: &str) -> &'a str {
    note[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{END, Page, row};

    const PAGE: Page = Page { path: "docs/x.md", command: "./x x", begin: "<!-- begin -->\n" };

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let begin = PAGE.begin;
        let page = format!("before\n{begin}\nold\n\n{END}after\n");
        let written = PAGE.with(&page, "new\n").ok();
        assert_eq!(written, Some(format!("before\n{begin}\nnew\n\n{END}after\n")));
        assert!(PAGE.with("no marks", "new\n").is_err());
    }

    #[test]
    fn a_row_is_found_by_its_label() {
        let table = "| | spec | one | two |\n| --- | --- | --- | --- |\n| a | b | x | y |\n";
        assert_eq!(row(table, "a", 1), ["x", "y", ""]);
        assert_eq!(row(table, "b", 1), Vec::<&str>::new());
    }
}
