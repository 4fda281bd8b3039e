//! `./x hostile`: the table in docs/hostile-provider.md, of what became of each thing that a provider can get wrong. The
//! test that goes through them compares.

use std::process::ExitCode;

use crate::{Result, cargo};

const PAGE: &str = "docs/hostile-provider.md";
const SEEN: &str = "target/acceptance/hostile-provider/table.md";
const BEGIN: &str = "<!-- The table below is written by ./x hostile, from the last run of its test. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

/// Writes the table of the last run that went through all cases.
pub(crate) fn write() -> Result<ExitCode> {
    let table = std::fs::read_to_string(cargo::root().join(SEEN))
        .map_err(|_| "No test has written down what it saw. `./x test hostile` does.")?;
    let page = std::fs::read_to_string(PAGE)?;
    std::fs::write(PAGE, with(&page, &table)?)?;
    Ok(ExitCode::SUCCESS)
}

fn with(page: &str, table: &str) -> Result<String> {
    let unmarked = || format!("{PAGE} has lost the two marks that the table stands between");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(unmarked)?;
    let (_, after) = rest.split_once(END).ok_or_else(unmarked)?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with};

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("before\n{BEGIN}\nold\n\n{END}after\n");
        assert_eq!(with(&page, "new\n").ok(), Some(format!("before\n{BEGIN}\nnew\n\n{END}after\n")));
        assert!(with("no marks", "new\n").is_err());
    }
}
