//! `./x providers`: writes the table in docs/providers.md about the features of each provider in the tests. `./x test`
//! compares it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;

use crate::Result;
use crate::page::{Notes, PROVIDERS, Page, UNTRIED, row, text};
use crate::steps::Log;

const PAGE: Page = Page {
    path: "docs/providers.md",
    command: "./x providers",
    begin: "<!-- The table below is written by ./x providers, from the last run of ./x test. -->\n",
};
pub(crate) const NOTES: Notes = Notes("provider-features");
/// Each feature, by its name in the tests, and its specification.
const ROWS: [(&str, &str); 16] = [
    ("sign-in", "OpenID Connect Core 1.0; RFC 7636; RFC 8252"),
    ("pushed requests", "RFC 9126"),
    ("answer in a form", "Form Post Response Mode 1.0"),
    ("refresh", "RFC 6749, 6"),
    ("a token with fewer scopes", "RFC 6749, 6"),
    ("rotation", "RFC 9700, 4.14.2"),
    ("revocation", "RFC 7009"),
    ("introspection", "RFC 7662"),
    ("end of the session at the provider", "RP-Initiated Logout 1.0"),
    ("sign-in on another device", "RFC 8628"),
    ("registration", "RFC 7591"),
    ("end of a registration", "RFC 7592"),
    ("signed UserInfo", "Core 1.0, 5.3.2"),
    ("resource indicators", "RFC 8707"),
    ("DPoP", "RFC 9449"),
    ("token exchange", "RFC 8693"),
];

/// Words by row and column.
type Grid = [[String; PROVIDERS.len()]; ROWS.len()];

/// Writes the table from the last run.
pub(crate) fn write() -> Result<ExitCode> {
    PAGE.write(&table(&grid(&NOTES.read()?)))
}

/// Checks that the committed table fits this run. A provider that is not available on this machine is not compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let seen = NOTES.read()?;
    PAGE.check(log, |committed| [strangers(&seen), differences(&grid(&seen), committed)].concat())
}

/// Notes without a place in the table, which would be lost.
fn strangers(seen: &[Value]) -> Vec<String> {
    let known = |one: &&Value| {
        PROVIDERS.contains(&text(one, "provider"))
            && ROWS.iter().any(|(feature, _)| *feature == text(one, "feature"))
    };
    seen.iter().filter(|one| !known(one)).map(|one| format!("no place in the table: {one}")).collect()
}

fn grid(seen: &[Value]) -> Grid {
    let outcomes: BTreeMap<_, _> =
        seen.iter().map(|one| ((text(one, "feature"), text(one, "provider")), text(one, "saw"))).collect();
    ROWS.map(|(feature, _)| {
        PROVIDERS.map(|provider| outcomes.get(&(feature, provider)).copied().unwrap_or(UNTRIED).to_owned())
    })
}

fn table(grid: &Grid) -> String {
    let mut text = format!(
        "| | specification | {} |\n|{}\n",
        PROVIDERS.join(" | "),
        " --- |".repeat(PROVIDERS.len() + 2)
    );
    for ((feature, specification), cells) in ROWS.iter().zip(grid) {
        text += &format!("| {feature} | {specification} | {} |\n", cells.join(" | "));
    }
    text
}

fn differences(grid: &Grid, committed: &str) -> Vec<String> {
    let tried = |cell: &String| cell != UNTRIED;
    let mut found = Vec::new();
    for ((feature, _), cells) in ROWS.iter().zip(grid) {
        let old = row(committed, feature, 1);
        for (column, cell) in cells.iter().enumerate() {
            let old = old.get(column).copied().unwrap_or_default();
            let there = grid.iter().any(|cells| tried(&cells[column]));
            if old != cell && there {
                found.push(format!("{feature}, {}: the page says {old}, seen was {cell}", PROVIDERS[column]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, grid, strangers, table};

    #[test]
    fn what_differs_is_named_and_a_provider_that_is_not_here_is_not_compared() {
        let saw = |feature: &str, provider: &str, saw: &str| json!({ "feature": feature, "provider": provider, "saw": saw });
        let all = [saw("DPoP", "Keycloak", "works"), saw("DPoP", "oidc-provider", "works")];
        let committed = table(&grid(&all));
        assert_eq!(differences(&grid(&all), &committed), Vec::<String>::new());
        assert_eq!(differences(&grid(&all[..1]), &committed), Vec::<String>::new(), "no oidc-provider here");
        let other = [saw("DPoP", "Keycloak", "refused: `invalid_request`")];
        assert_eq!(
            differences(&grid(&other), &committed),
            ["DPoP, Keycloak: the page says works, seen was refused: `invalid_request`"]
        );
        let less = [saw("refresh", "Keycloak", "works")];
        let found = differences(&grid(&less), &committed);
        assert_eq!(found.len(), 2, "what was no longer tried, and what was not tried before: {found:?}");
    }

    #[test]
    fn what_has_no_place_in_the_table_is_noticed() {
        let seen = [json!({ "feature": "telepathy", "provider": "Keycloak", "saw": "works" })];
        assert_eq!(strangers(&seen).len(), 1);
    }
}
