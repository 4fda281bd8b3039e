//! `abide clients`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs};

use abide_wire::Label;
use abide_wire::consent::labels_in_words;
use abide_wire::terminal::plain;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::table::table;
use crate::clock::{date_and_time, day};
use crate::failure::{AnswerFault, Failure};
use crate::http::{Answer, push_encoded};
use crate::io::Io;

#[derive(Deserialize)]
struct Clients {
    clients: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    name: String,
    kind: String,
    program: Option<String>,
    since: u64,
    #[serde(default)]
    tokens: u64,
    #[serde(default)]
    last_used: Option<u64>,
    #[serde(default)]
    denies: bool,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    labels: Vec<Label>,
}

/// What a client is limited to.
#[derive(Default, Deserialize)]
struct Limits {
    until: Option<u64>,
    scopes: Option<Vec<String>>,
    targets: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Allowed {
    key: Option<Zeroizing<String>>,
}

pub(super) fn list(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("GET", "/v1/clients")?;
    if json {
        return io.pass_on(&answer);
    }
    let listed: Clients = answer.json()?;
    if listed.clients.is_empty() {
        io.tell("No client is allowed yet. Allow one: abide clients allow NAME\n");
        return Ok(());
    }
    let clock = io.clock;
    let row = |client: &Listed| {
        let what = client.program.as_ref().unwrap_or(&client.kind);
        let mut facts = vec![format!("since {}", day(client.since, clock))];
        if client.denies {
            facts.insert(0, "denied".to_owned());
        }
        if let Some(last) = client.last_used {
            let tokens = if client.tokens == 1 { "token" } else { "tokens" };
            facts.push(format!("{} {tokens}, the last on {}", client.tokens, date_and_time(last, clock)));
        }
        let Limits { until, scopes, targets } = &client.limits;
        facts.extend(until.map(|until| format!("until {}", date_and_time(until, clock))));
        for (what, only) in [("only for", targets), ("only", scopes)] {
            let only = only.iter().filter(|only| !only.is_empty());
            facts.extend(only.map(|only| format!("{what} {}", only.join(" "))));
        }
        if !client.labels.is_empty() {
            facts.push(format!("says it is {}", labels_in_words(&client.labels)));
        }
        vec![
            plain(&client.name).into_owned(),
            plain(what).into_owned(),
            plain(&facts.join(", ")).into_owned(),
        ]
    };
    io.say(&table(&listed.clients.iter().map(row).collect::<Vec<_>>()))
}

pub(super) fn allow(
    io: &mut Io<'_>,
    name: &str,
    program: Option<OsString>,
    plain: bool,
    json: bool,
) -> Result<(), Failure> {
    if program.is_none() && io.out_is_lost {
        let why = "standard output is closed or /dev/null";
        return Err(Failure::KeyLost {
            name: name.to_owned(),
            revoked: true,
            source: std::io::Error::other(why),
        });
    }
    let program = program.map(|program| located(io, &program)).transpose()?;
    let body = serde_json::json!({ "name": name, "plain": plain, "program": program });
    let answer = io.endpoint()?.call_with("POST", "/v1/clients", Some(body.to_string().as_bytes()))?;
    let allowed: Allowed = answer.json()?;
    let has_key = allowed.key.is_some();
    match show_allowed(io, name, program, &answer, allowed, json) {
        // A key that could not be written is lost, because the agent does not show it again.
        Err(Failure::Output(source)) if has_key => {
            let mut target = String::from("/v1/clients/");
            push_encoded(&mut target, name);
            let revoked = io.endpoint()?.call("DELETE", &target).is_ok();
            Err(Failure::KeyLost { name: name.to_owned(), revoked, source })
        }
        done => done,
    }
}

fn show_allowed(
    io: &mut Io<'_>,
    name: &str,
    program: Option<String>,
    answer: &Answer,
    allowed: Allowed,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return io.pass_on(answer);
    }
    let name = plain(name);
    match (allowed.key, program) {
        (Some(key), _) if key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            let mut line = Zeroizing::new(Vec::with_capacity(key.len() + 1));
            line.extend_from_slice(key.as_bytes());
            line.push(b'\n');
            io.write(&line)?;
            let how =
                if key.starts_with("abide_hmac_") { " It signs requests and is never sent." } else { "" };
            io.tell(&format!("{name} may have tokens with this key.{how} The key is not shown again.\n"));
            Ok(())
        }
        (None, Some(program)) => io.say(&format!("{name} may have tokens: {}\n", plain(&program))),
        _ => Err(AnswerFault::Content.into()),
    }
}

pub(super) fn revoke(io: &mut Io<'_>, name: &str, json: bool) -> Result<(), Failure> {
    let mut target = String::from("/v1/clients/");
    push_encoded(&mut target, name);
    io.endpoint()?.call("DELETE", &target)?;
    if json {
        return io.json(&serde_json::json!({ "name": name }));
    }
    io.say(&format!("{} gets no token without a new answer from you.\n", plain(name)))
}

/// The program's file by the name that the system reports: looked up in `PATH` if only its name was given, links followed.
fn located(io: &Io<'_>, program: &OsString) -> Result<String, Failure> {
    let given = Path::new(program);
    let missing = || {
        let sentence = format!("The program `{}` does not exist.", plain(&program.to_string_lossy()));
        Failure::usage(sentence, "clients")
    };
    let found = if given.components().count() > 1 || given.is_absolute() {
        given.to_owned()
    } else {
        let path = (io.environment)("PATH").unwrap_or_default();
        let files: Vec<PathBuf> = env::split_paths(&path).map(|folder| folder.join(given)).collect();
        let named = |file: &&PathBuf| file.is_file() || file.with_extension("exe").is_file();
        let file = files.iter().find(named).cloned().ok_or_else(missing)?;
        if file.is_file() { file } else { file.with_extension("exe") }
    };
    let real = fs::canonicalize(&found).map_err(|_| missing())?;
    if !real.is_file() {
        return Err(missing());
    }
    // On Windows a canonical path has a prefix that processes do not report.
    let text = real.to_str().ok_or_else(missing)?;
    Ok(text.strip_prefix(r"\\?\").unwrap_or(text).to_owned())
}
