//! `abide dialects`: the ways in which SDKs and tools get their tokens.

use abide_dialects::{DIALECTS, Kind};
use serde_json::json;

use super::table::table;
use crate::failure::Failure;
use crate::io::Io;

/// Lists them.
pub(super) fn list(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    if json {
        let all = DIALECTS.iter().map(|dialect| {
            let sets: Vec<&str> = dialect.sets.iter().map(|variable| variable.name).collect();
            json!({
                "name": dialect.name,
                "title": dialect.title,
                "kind": kind(&dialect.kind),
                "variables": sets,
                "example": dialect.example,
            })
        });
        return io.json(&json!({ "dialects": all.collect::<Vec<_>>() }));
    }
    let rows: Vec<Vec<String>> = DIALECTS
        .iter()
        .map(|dialect| [dialect.name, dialect.title, dialect.example].map(str::to_owned).to_vec())
        .collect();
    io.say(&table(&rows))
}

fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Http(_) => "http",
        Kind::File => "file",
        Kind::Program => "program",
    }
}
