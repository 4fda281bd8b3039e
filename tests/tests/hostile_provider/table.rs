//! The table in docs/hostile-provider.md.

use abide_tests::{evidence, workspace};

use super::case::{Case, Expected};

const PAGE: &str = "docs/hostile-provider.md";
const BEGIN: &str = "<!-- The table below is written by ./x hostile, from the last run of its test. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

fn outcome(expected: Expected) -> &'static str {
    match expected {
        Expected::NoBrowser(_) => "no browser",
        Expected::NoCode(_) => "no code shown",
        Expected::NotRegistered(_) => "not registered",
        Expected::Registered => "registered",
        Expected::Withheld(..) => "tool gets no token",
        Expected::Handed => "tool gets a token",
        Expected::NoToken(_) | Expected::Substituted(_) => "no session, no token",
        Expected::NoExchange(_) => "no token request",
        Expected::Stray(_) => "refused, keeps waiting",
        Expected::NoClaims(_) => "signed in without claims",
        Expected::Served => "token served",
        Expected::Ended(_) => "session over",
        Expected::Kept(_) => "session kept, no new token",
        Expected::Recovers(_) => "session kept, renewed later",
        Expected::SignInNeeded(_) => "session kept, sign in again",
        Expected::Renewed => "new token served",
    }
}

fn row(case: &Case) -> String {
    let code = case.expected.code().map_or_else(|| "none".to_owned(), |code| format!("`{code}`"));
    let deviation = case.deviation.replace('|', "\\|");
    format!("| `{}` | {deviation} | {} | {code} | {} |\n", case.name, case.section, outcome(case.expected))
}

/// Writes the results of this run, and compares the page with them.
pub(crate) fn compare(cases: &[Case]) {
    let mut table = "| case | what the provider does | specification | error code | what follows |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    table.extend(cases.iter().map(row));
    std::fs::write(evidence("hostile-provider").join("table.md"), &table).expect("write down what was seen");
    let page = std::fs::read_to_string(workspace().join(PAGE)).unwrap_or_default().replace("\r\n", "\n");
    let committed = page.split_once(BEGIN).and_then(|(_, rest)| rest.split_once(END)).map(|(table, _)| table);
    let same = committed.is_some_and(|committed| committed.trim() == table.trim());
    assert!(same, "{PAGE} is not what this run saw. Run `./x hostile` and commit the result.");
}
