//! `./x signals`: writes the table in docs/provider-session.md about each signal in the tests. `./x test` compares it.

use std::collections::BTreeMap;
use std::process::ExitCode;

use serde_json::Value;

use crate::Result;
use crate::page::{Notes, PROVIDERS, Page, UNTRIED, row, text};
use crate::steps::Log;

const PAGE: Page = Page {
    path: "docs/provider-session.md",
    command: "./x signals",
    begin: "<!-- The table below is written by ./x signals, from the last run of ./x test. -->\n",
};
pub(crate) const NOTES: Notes = Notes("provider-session");
const SAME_SITE: (&str, &str) = ("iframe", "Chromium, same site");
/// Each signal, with the browser if it matters.
const ROWS: [(&str, &str); 11] = [
    SAME_SITE,
    ("iframe", "Chromium, another site"),
    ("iframe", "Chromium, another site, third-party cookies blocked"),
    ("iframe", "Firefox, same site"),
    ("iframe", "Firefox, another site"),
    ("refresh", ""),
    ("introspection", ""),
    ("userinfo", ""),
    ("frontchannel", ""),
    ("backchannel", ""),
    ("events", ""),
];

/// Words by row and column.
type Grid = [[String; PROVIDERS.len()]; ROWS.len()];

/// Writes the table from the last run.
pub(crate) fn write() -> Result<ExitCode> {
    PAGE.write(&table(&grid(&NOTES.read()?)))
}

/// Checks that the committed table fits this run. Providers and browsers that are not available on this machine are not
/// compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let seen = NOTES.read()?;
    PAGE.check(log, |committed| differences(&grid(&seen), committed))
}

fn words(outcome: &str) -> &'static str {
    match outcome {
        "ended" => "**ends the session**",
        "goes_on" => "says nothing",
        "blocked" => "cookie hidden: *blocked*",
        "failed" => "`error`: *failed*",
        "not_offered" => "not offered",
        _ => "?",
    }
}

fn grid(seen: &[Value]) -> Grid {
    let key = |one| (text(one, "signal"), text(one, "browser"), text(one, "provider"));
    let outcomes: BTreeMap<_, _> = seen.iter().map(|one| (key(one), text(one, "saw"))).collect();
    let find = |(signal, browser), provider| outcomes.get(&(signal, browser, provider)).copied();
    ROWS.map(|row| {
        PROVIDERS.map(|provider| {
            // Without an iframe, the signal is missing in every browser.
            let none = row.0 == SAME_SITE.0 && find(SAME_SITE, provider) == Some("not_offered");
            let outcome = if none { Some("not_offered") } else { find(row, provider) };
            outcome.map_or(UNTRIED, words).to_owned()
        })
    })
}

fn label((signal, browser): (&str, &str)) -> String {
    if browser.is_empty() { format!("`{signal}`") } else { format!("`{signal}`, {browser}") }
}

fn table(grid: &Grid) -> String {
    let mut text = format!("| | {} |\n|{}\n", PROVIDERS.join(" | "), " --- |".repeat(PROVIDERS.len() + 1));
    for (what, cells) in ROWS.iter().zip(grid) {
        text += &format!("| {} | {} |\n", label(*what), cells.join(" | "));
    }
    text
}

fn differences(grid: &Grid, committed: &str) -> Vec<String> {
    let tried = |cell: &String| cell != UNTRIED;
    let mut found = Vec::new();
    for (what, cells) in ROWS.iter().zip(grid) {
        let label = label(*what);
        let old = row(committed, &label, 0);
        for (column, cell) in cells.iter().enumerate() {
            let old = old.get(column).copied().unwrap_or_default();
            // A feature that no provider offers does not show whether this browser is available.
            let row_tried = cells.iter().any(|cell| tried(cell) && cell != words("not_offered"));
            let there = row_tried && grid.iter().any(|cells| tried(&cells[column]));
            if old != cell && (tried(cell) || there) {
                found.push(format!("{label}, {}: the page says {old}, seen was {cell}", PROVIDERS[column]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{differences, grid, table};

    #[test]
    fn what_differs_is_named_and_what_could_not_be_tried_is_not() {
        let saw = |signal: &str, provider: &str, outcome: &str| json!({ "signal": signal, "provider": provider, "saw": outcome });
        let both = [saw("refresh", "demo provider", "ended"), saw("refresh", "Keycloak", "goes_on")];
        let committed = table(&grid(&both));
        assert_eq!(differences(&grid(&both), &committed), Vec::<String>::new());
        assert_eq!(differences(&grid(&both[..1]), &committed), Vec::<String>::new(), "no Keycloak here");
        let other = [saw("refresh", "demo provider", "goes_on")];
        let found = differences(&grid(&other), &committed);
        assert_eq!(
            found,
            ["`refresh`, demo provider: the page says **ends the session**, seen was says nothing"]
        );
    }

    #[test]
    fn a_browser_that_is_not_here_is_not_compared() {
        let saw = |browser: &str, provider: &str, outcome: &str| json!({ "signal": "iframe", "browser": browser, "provider": provider, "saw": outcome });
        let all = [
            saw("Chromium, same site", "demo provider", "ended"),
            saw("Chromium, same site", "oidc-provider", "not_offered"),
            saw("Firefox, same site", "demo provider", "ended"),
        ];
        let committed = table(&grid(&all));
        assert_eq!(differences(&grid(&all[..2]), &committed), Vec::<String>::new());
    }

    #[test]
    fn a_provider_without_the_iframe_has_it_in_no_browser() {
        let none = json!({
            "signal": "iframe", "browser": "Chromium, same site", "provider": "oidc-provider", "saw": "not_offered"
        });
        let table = table(&grid(&[none]));
        assert!(table.contains("| `iframe`, Firefox, same site | not tried | not offered |"), "{table}");
    }
}
