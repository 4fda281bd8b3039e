//! `./x providers`: the table in docs/providers.md, of what the tests saw of each feature at each provider. `./x test`
//! compares.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::steps::Log;
use crate::{Result, cargo};

const PAGE: &str = "docs/providers.md";
const BEGIN: &str = "<!-- The table below is written by ./x providers, from the last run of ./x test. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

const PROVIDERS: [&str; 4] = ["demo provider", "oidc-provider", "django-oidc-provider", "Keycloak"];
/// Each feature, as the tests call it, and its specification.
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
const UNTRIED: &str = "not tried";

/// Words by row and column.
type Grid = [[String; PROVIDERS.len()]; ROWS.len()];

/// Writes the table of what the last run saw.
pub(crate) fn write() -> Result<ExitCode> {
    let page = std::fs::read_to_string(PAGE)?;
    let (before, _, after) = parts(&page)?;
    std::fs::write(PAGE, format!("{before}{BEGIN}\n{}\n{END}{after}", table(&grid(&seen()?))))?;
    Ok(ExitCode::SUCCESS)
}

/// What an earlier run saw is not about this one.
pub(crate) fn forget() {
    let _ = std::fs::remove_dir_all(folder());
}

/// Whether the table that is committed is what this run saw. A provider that this machine cannot have is not compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let page = std::fs::read_to_string(PAGE)?;
    let (_, committed, _) = parts(&page)?;
    let seen = seen()?;
    let strangers = strangers(&seen);
    let differences = differences(&grid(&seen), committed);
    for line in strangers.iter().chain(&differences) {
        log.line(line)?;
    }
    if strangers.is_empty() && differences.is_empty() {
        Ok(())
    } else {
        Err(format!("{PAGE} is not what this run saw. Run `./x providers` and commit the result.").into())
    }
}

fn folder() -> PathBuf {
    cargo::root().join("target/acceptance/provider-features")
}

fn parts(page: &str) -> Result<(&str, &str, &str)> {
    let unmarked = || format!("{PAGE} has lost the two marks that the table stands between");
    let (before, rest) = page.split_once(BEGIN).ok_or_else(unmarked)?;
    let (table, after) = rest.split_once(END).ok_or_else(unmarked)?;
    Ok((before, table, after))
}

/// What the tests wrote down: a file with one line of JSON each.
fn seen() -> Result<Vec<Value>> {
    let mut all = Vec::new();
    let files = std::fs::read_dir(folder()).map_err(|_| "No test has written down what it saw.")?;
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            all.push(serde_json::from_str(&std::fs::read_to_string(path)?)?);
        }
    }
    Ok(all)
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// What has no place in the table would be lost.
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
        let line = committed.lines().find(|line| line.starts_with(&format!("| {feature} |")));
        let old: Vec<&str> = line.unwrap_or_default().split('|').map(str::trim).skip(3).collect();
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
