//! `./x hostile`: the table in docs/hostile-provider.md, of what became of each thing that a provider can get wrong. The
//! test that goes through them compares.

use std::process::ExitCode;

use crate::page::Page;
use crate::{Result, cargo};

const PAGE: Page = Page {
    path: "docs/hostile-provider.md",
    command: "./x hostile",
    begin: "<!-- The table below is written by ./x hostile, from the last run of its test. -->\n",
};
const SEEN: &str = "target/acceptance/hostile-provider/table.md";

/// Writes the table of the last run that went through all cases.
pub(crate) fn write() -> Result<ExitCode> {
    let table = std::fs::read_to_string(cargo::root().join(SEEN))
        .map_err(|_| "No test has written down what it saw. `./x test hostile` does.")?;
    PAGE.write(&table)
}
