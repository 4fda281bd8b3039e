//! `abide accounts`.

use abide_wire::terminal::plain;
use abide_wire::{AccountAdded, AccountRemoved, AccountRequest};
use serde::Deserialize;

use super::table::table;
use crate::failure::{AnswerFault, Failure};
use crate::http::push_encoded;
use crate::io::Io;

#[derive(Deserialize)]
struct Accounts {
    accounts: Vec<Listed>,
}

/// A listed account; fields of a newer agent are ignored.
#[derive(Deserialize)]
struct Listed {
    name: String,
    #[serde(default)]
    label: Option<String>,
    issuer: String,
    client_id: String,
}

pub(super) fn list(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("GET", "/v1/accounts")?;
    if json {
        return io.pass_on(&answer);
    }
    let listed: Accounts = answer.json()?;
    if listed.accounts.is_empty() {
        io.tell("No account yet. Add one: abide accounts add NAME --issuer URL --client-id ID\n");
        return Ok(());
    }
    // Without a title, no account has the column.
    let titled = listed.accounts.iter().any(|account| account.label.is_some());
    let row = |account: &Listed| {
        let title = titled.then(|| account.label.as_deref().unwrap_or_default());
        let last = [account.issuer.as_str(), &account.client_id];
        let cells = std::iter::once(account.name.as_str()).chain(title).chain(last);
        cells.map(|cell| plain(cell).into_owned()).collect()
    };
    io.say(&table(&listed.accounts.iter().map(row).collect::<Vec<Vec<String>>>()))
}

pub(super) fn add(io: &mut Io<'_>, account: &AccountRequest, json: bool) -> Result<(), Failure> {
    let body = serde_json::to_vec(account).map_err(|_| AnswerFault::Content)?;
    let answer = io.endpoint()?.call_with("POST", "/v1/accounts", Some(&body))?;
    if json {
        return io.pass_on(&answer);
    }
    let added: AccountAdded = answer.json()?;
    let name = plain(&account.name);
    if added.registered {
        io.tell(&format!("Abide is registered at the provider as {}.\n", plain(&added.client_id)));
    }
    if let (Some(preset), Some(title)) = (&added.preset, &added.preset_title) {
        let (preset, title) = (plain(preset), plain(title));
        io.tell(&format!(
            "Provider: {title} (preset {preset}; use --preset none for an account without its settings).\n"
        ));
    }
    if !added.settings.is_empty() {
        io.tell("Added to the configuration:\n");
        for line in &added.settings {
            io.tell(&format!("    {}\n", plain(line)));
        }
    }
    for note in &added.notes {
        io.tell(&format!("{}\n", plain(note)));
    }
    io.say(&format!("Added account {name}. Sign in: abide login --account {name}\n"))
}

pub(super) fn remove(io: &mut Io<'_>, name: &str, json: bool) -> Result<(), Failure> {
    let mut target = String::from("/v1/accounts/");
    push_encoded(&mut target, name);
    let answer = io.endpoint()?.call("DELETE", &target)?;
    // Without a registration there is no message.
    let removed: Option<AccountRemoved> = if answer.body().is_empty() { None } else { Some(answer.json()?) };
    if json {
        return match removed {
            Some(removed) => io.json(&serde_json::json!(removed)),
            None => io.json(&serde_json::json!({ "name": name })),
        };
    }
    match removed.map(|removed| removed.still_registered) {
        Some(None) => io.tell("Abide\u{2019}s registration at the provider was removed.\n"),
        Some(Some(why)) => io.tell(&format!("{}\n", plain(&why))),
        None => {}
    }
    io.say(&format!("Removed account {}.\n", plain(name)))
}
