//! The result of checking a configuration file, for `abide config check` and the window.

use serde::{Deserialize, Serialize};

use crate::terminal::{self, plain};

/// How serious a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but another setting would be better.
    Advice,
}

/// A problem in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConfigProblem {
    /// How serious it is.
    pub severity: Severity,
    /// The account that it concerns.
    pub account: Option<String>,
    /// Line, from 1.
    pub line: Option<u32>,
    /// Column, from 1.
    pub column: Option<u32>,
    /// What is wrong and what was expected.
    pub message: String,
    /// Lines for the file that correct it.
    pub suggestion: Option<String>,
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConfigCheck {
    /// The file that was read.
    pub file: String,
    /// Whether it can be used.
    pub ok: bool,
    /// The problems, errors first.
    pub problems: Vec<ConfigProblem>,
}

impl ConfigCheck {
    /// The result as one line of JSON, safe to print to a terminal.
    #[must_use]
    pub fn json(&self) -> String {
        terminal::json(&serde_json::to_string(self).unwrap_or_default())
    }

    /// The result as a page for a terminal; ends with a newline.
    #[must_use]
    pub fn page(&self) -> String {
        let file = plain(&self.file);
        if self.problems.is_empty() {
            return format!("{file}: no problems found\n");
        }
        let mut page = String::new();
        for problem in &self.problems {
            page.push_str(&file);
            for number in [problem.line, problem.column].into_iter().flatten() {
                page.push_str(&format!(":{number}"));
            }
            let word = match problem.severity {
                Severity::Error => "error",
                Severity::Advice => "advice",
            };
            page.push_str(&format!(": {word}: {}\n", plain(&problem.message.replace('\n', " "))));
            for line in problem.suggestion.iter().flat_map(|suggestion| suggestion.lines()) {
                page.push_str(&format!("    {}\n", plain(line)));
            }
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_named_where_an_editor_finds_it() {
        let problem = ConfigProblem {
            severity: Severity::Error,
            account: None,
            line: Some(3),
            column: Some(7),
            message: "this is not a duration".to_owned(),
            suggestion: Some("end_after = \"15m\"".to_owned()),
        };
        let mut check = ConfigCheck { file: "config.toml".to_owned(), ok: false, problems: vec![problem] };
        assert_eq!(check.page(), "config.toml:3:7: error: this is not a duration\n    end_after = \"15m\"\n");
        check.problems.clear();
        assert_eq!(check.page(), "config.toml: no problems found\n");
    }
}
