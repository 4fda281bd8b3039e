//! `./x hostile`: writes the table in docs/hostile-provider.md about deviations of a provider and their results. Its test
//! compares it.

use std::process::ExitCode;

use crate::page::Page;
use crate::{Result, cargo};

const PAGE: Page = Page {
    path: "docs/hostile-provider.md",
    command: "./x hostile",
    begin: "<!-- The table below is written by ./x hostile, from the last run of its test. -->\n",
};
const SEEN: &str = "target/acceptance/hostile-provider/table.md";

/// Writes the table from the last complete run.
pub(crate) fn write() -> Result<ExitCode> {
    let table = std::fs::read_to_string(cargo::root().join(SEEN))
        .map_err(|_| "No test has written down what it saw. `./x test hostile` does.")?;
    PAGE.write(&table)
}
