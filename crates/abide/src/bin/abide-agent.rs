//! The agent without a desktop (`abide agent`), the demo provider by itself (`abide demo`), and the check of the
//! configuration (`abide config check`) while no agent runs.

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    abide_agent::close_to_others();
    abide_agent::take_environment();
    if let Some(answer) = abide_agent::asked_to_take_over(std::env::args().skip(1), false) {
        say(&answer.text);
        return ExitCode::from(answer.code);
    }
    let mut arguments = std::env::args().skip(1);
    let ended = match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, None, None) => abide_agent::run_headless(None, running),
        (Some("--passphrase-fd"), Some(number), None) if number.parse::<u32>().is_ok() => {
            abide_agent::run_headless(number.parse().ok(), running)
        }
        (Some("check-config"), None, None) => return check(false),
        (Some("check-config"), Some(json), None) if json == "--json" => return check(true),
        (Some("demo"), Some(port), None) if port.parse::<u16>().is_ok() => {
            abide_agent::demo::run(port.parse().unwrap_or_default(), |issuer| {
                say(&format!("The demo provider is running at {issuer}. It is a demo. Stop it with Ctrl-C."));
            })
        }
        _ => {
            complain("This program is started by `abide agent` and `abide demo`.");
            return ExitCode::from(2);
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn running(port: u16) {
    say(&format!("Abide is running and answers at http://127.0.0.1:{port}. Stop it with Ctrl-C."));
}

/// The output of `abide config check` while no agent runs.
fn check(json: bool) -> ExitCode {
    let Some(found) = abide_agent::check_configuration() else {
        complain("Abide does not know where your home directory is. Set HOME and try again.");
        return ExitCode::FAILURE;
    };
    let page = if json { found.json() } else { found.page() };
    say(page.trim_end());
    if found.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A closed output does not matter to a running agent.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "abide: {}", abide_cli::plain(line));
}
