//! `abide accounts`.

use abide_wire::window::NewAccount;
use serde::Deserialize;

use super::table;
use crate::Io;
use crate::failure::{AnswerFault, Failure};
use crate::http::push_encoded;
use crate::style::plain;

#[derive(Deserialize)]
struct Accounts {
    accounts: Vec<Listed>,
}

/// An account as listed; fields that a newer agent adds are no mistake.
#[derive(Deserialize)]
struct Listed {
    name: String,
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
        io.tell("There is no account yet. Add one: abide accounts add NAME --issuer URL --client-id ID\n");
        return Ok(());
    }
    let row = |account: &Listed| {
        [&account.name, &account.issuer, &account.client_id].map(|cell| plain(cell).into_owned()).to_vec()
    };
    io.say(&table(&listed.accounts.iter().map(row).collect::<Vec<_>>()))
}

pub(super) fn add(io: &mut Io<'_>, account: &NewAccount, json: bool) -> Result<(), Failure> {
    let body = serde_json::to_vec(account).map_err(|_| AnswerFault::Content)?;
    io.endpoint()?.call_with("POST", "/v1/accounts", Some(&body))?;
    if json {
        return io.json(&serde_json::json!(account));
    }
    let name = plain(&account.name);
    io.say(&format!("The account {name} is there. Sign in: abide login --account {name}\n"))
}

pub(super) fn remove(io: &mut Io<'_>, name: &str, json: bool) -> Result<(), Failure> {
    let mut target = String::from("/v1/accounts/");
    push_encoded(&mut target, name);
    io.endpoint()?.call("DELETE", &target)?;
    if json {
        return io.json(&serde_json::json!({ "name": name }));
    }
    io.say(&format!("The account {} is gone.\n", plain(name)))
}
