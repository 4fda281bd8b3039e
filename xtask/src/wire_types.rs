//! Writes the TypeScript of the types that the window receives; with `--check`, only says whether it is current.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

use std::process::ExitCode;

const PLACE: &str = "ui/src/lib/wire.ts";

fn main() -> ExitCode {
    let wanted = match abide_wire::typescript() {
        Ok(text) => text,
        Err(error) => {
            eprintln!("crates/wire has a type that cannot be written as TypeScript: {error}");
            return ExitCode::FAILURE;
        }
    };
    if std::env::args().any(|argument| argument == "--check") {
        return match std::fs::read_to_string(PLACE) {
            Ok(found) if found.replace("\r\n", "\n") == wanted => ExitCode::SUCCESS,
            Ok(_) => {
                eprintln!("{PLACE} is not what crates/wire says. Run `./x types` and commit the result.");
                ExitCode::FAILURE
            }
            Err(error) => {
                eprintln!("{PLACE}: {error}. Run `./x types` and commit the result.");
                ExitCode::FAILURE
            }
        };
    }
    match std::fs::write(PLACE, wanted) {
        Ok(()) => {
            println!("wrote {PLACE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{PLACE}: {error}");
            ExitCode::FAILURE
        }
    }
}
