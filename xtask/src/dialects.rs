//! `./x dialects`: writes the table in docs/dialects.md about each SDK and tool in the tests. `./x test` compares it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;

use crate::Result;
use crate::page::{Notes, Page, UNTRIED, row, text};
use crate::steps::Log;

const PAGE: Page = Page {
    path: "docs/dialects.md",
    command: "./x dialects",
    begin: "<!-- The table below is written by ./x dialects, from the last run of ./x test. -->\n",
};
pub(crate) const NOTES: Notes = Notes("dialects");
/// When each client is tried, by its name in the tests.
const WHEN: [&str; 4] = ["signed in", "not signed in", "not allowed", "session ended"];
/// Programs of the system, whose version may be another one on each computer.
const SYSTEM: &str = "system";

/// A client in a dialect: what was seen, by the time.
struct Line<'a> {
    label: String,
    version: String,
    cells: [&'a str; WHEN.len()],
    pinned: bool,
}

/// Writes the table from the last run.
pub(crate) fn write() -> Result<ExitCode> {
    PAGE.write(&table(&lines(&NOTES.read()?)))
}

/// Checks that the committed table fits this run. Clients that are not available on this machine are not compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let seen = NOTES.read()?;
    PAGE.check(log, |committed| differences(&lines(&seen), committed))
}

fn lines(seen: &[Value]) -> Vec<Line<'_>> {
    let mut found: BTreeMap<(&str, &str, &str), Line<'_>> = BTreeMap::new();
    for note in seen {
        let (dialect, client, from) = (text(note, "dialect"), text(note, "client"), text(note, "from"));
        let line = found.entry((dialect, client, from)).or_insert_with(|| Line {
            label: format!("{dialect}: {client}"),
            version: format!("{} ({from})", text(note, "version")),
            cells: [UNTRIED; WHEN.len()],
            pinned: from != SYSTEM,
        });
        if let Some(column) = WHEN.iter().position(|when| *when == text(note, "when")) {
            line.cells[column] = text(note, "saw");
        }
    }
    found.into_values().collect()
}

fn table(lines: &[Line<'_>]) -> String {
    let mut text = format!(
        "| dialect and client | version | {} |\n|{}\n",
        WHEN.join(" | "),
        " --- |".repeat(WHEN.len() + 2)
    );
    for line in lines {
        text += &format!("| {} | {} | {} |\n", line.label, line.version, line.cells.join(" | "));
    }
    text
}

fn differences(lines: &[Line<'_>], committed: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in lines {
        let old = row(committed, &line.label, 0);
        let version = old.first().copied().unwrap_or_default();
        if line.pinned && version != line.version {
            found.push(format!("{}: the page says {version}, seen was {}", line.label, line.version));
        }
        for (column, cell) in line.cells.iter().enumerate() {
            let old = old.get(column + 1).copied().unwrap_or_default();
            if old != *cell {
                found.push(format!("{}, {}: the page says {old}, seen was {cell}", line.label, WHEN[column]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{differences, lines, table};

    fn saw(client: &str, from: &str, version: &str, when: &str, saw: &str) -> Value {
        json!({ "dialect": "azure", "client": client, "from": from, "version": version, "when": when, "saw": saw })
    }

    #[test]
    fn what_differs_is_named_and_what_is_not_here_is_not_compared() {
        let all = [
            saw("one", "PyPI", "1.0", "signed in", "a token"),
            saw("one", "PyPI", "1.0", "session ended", "says so"),
            saw("two", "system", "2.0", "signed in", "a token"),
        ];
        let committed = table(&lines(&all));
        assert!(
            committed.contains("| azure: one | 1.0 (PyPI) | a token | not tried | not tried | says so |")
        );
        assert_eq!(differences(&lines(&all), &committed), Vec::<String>::new());
        assert_eq!(differences(&lines(&all[2..]), &committed), Vec::<String>::new(), "one is not here");
        let other = [saw("two", "system", "2.1", "signed in", "a token")];
        assert_eq!(differences(&lines(&other), &committed), Vec::<String>::new(), "another system");
        let less = [saw("one", "PyPI", "1.1", "signed in", "nothing")];
        assert_eq!(
            differences(&lines(&less), &committed),
            [
                "azure: one: the page says 1.0 (PyPI), seen was 1.1 (PyPI)",
                "azure: one, signed in: the page says a token, seen was nothing",
                "azure: one, session ended: the page says says so, seen was not tried",
            ]
        );
        let new = [saw("three", "npm", "3", "signed in", "a token")];
        assert!(!differences(&lines(&new), &committed).is_empty(), "it has no row yet");
    }
}
