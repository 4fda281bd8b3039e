//! `./x signals`: the table in docs/provider-session.md, of what the tests saw of each signal. `./x test` compares.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::Value;

use crate::steps::Log;
use crate::{Result, cargo};

const PAGE: &str = "docs/provider-session.md";
const BEGIN: &str = "<!-- The table below is written by ./x signals, from the last run of ./x test. -->\n";
const END: &str = "<!-- Here it ends. -->\n";

const PROVIDERS: [&str; 4] = ["demo provider", "oidc-provider", "django-oidc-provider", "Keycloak"];
const SAME_SITE: (&str, &str) = ("iframe", "Chromium, same site");
/// Each signal, and the browser where it depends on that.
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

/// Whether the table that is committed is what this run saw. A provider or a browser that this machine cannot have is not
/// compared.
pub(crate) fn check(log: &mut Log) -> Result {
    let page = std::fs::read_to_string(PAGE)?;
    let (_, committed, _) = parts(&page)?;
    let differences = differences(&grid(&seen()?), committed);
    for difference in &differences {
        log.line(difference)?;
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(format!("{PAGE} is not what this run saw. Run `./x signals` and commit the result.").into())
    }
}

fn folder() -> PathBuf {
    cargo::root().join("target/acceptance/provider-session")
}

fn parts(page: &str) -> Result<(&str, &str, &str)> {
    let (before, rest) = page.split_once(BEGIN).ok_or_else(unmarked)?;
    let (table, after) = rest.split_once(END).ok_or_else(unmarked)?;
    Ok((before, table, after))
}

fn unmarked() -> String {
    format!("{PAGE} has lost the two marks that the table stands between")
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
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let outcomes: BTreeMap<_, _> = seen
        .iter()
        .map(|one| ((text(&one["signal"]), text(&one["browser"]), text(&one["provider"])), text(&one["saw"])))
        .collect();
    let find = |(signal, browser): (&str, &str), provider: &str| {
        outcomes.get(&(signal.to_owned(), browser.to_owned(), provider.to_owned())).map(String::as_str)
    };
    ROWS.map(|row| {
        PROVIDERS.map(|provider| {
            // Without an iframe there is none in any browser.
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
    for (row, cells) in ROWS.iter().zip(grid) {
        text += &format!("| {} | {} |\n", label(*row), cells.join(" | "));
    }
    text
}

fn differences(grid: &Grid, committed: &str) -> Vec<String> {
    let tried = |cell: &String| cell != UNTRIED;
    let mut found = Vec::new();
    for (row, cells) in ROWS.iter().zip(grid) {
        let label = label(*row);
        let line = committed.lines().find(|line| line.starts_with(&format!("| {label} |")));
        let old: Vec<&str> = line.unwrap_or_default().split('|').map(str::trim).skip(2).collect();
        for (column, cell) in cells.iter().enumerate() {
            let old = old.get(column).copied().unwrap_or_default();
            // What no provider offers says nothing about whether this browser is here.
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
