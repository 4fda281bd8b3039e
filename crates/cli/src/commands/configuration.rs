//! `abide config`.

use abide_wire::ConfigCheck;
use abide_wire::terminal::plain;

use crate::failure::Failure;
use crate::io::Io;
use crate::program::Program;

pub(super) fn path(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let places = io.places()?;
    if !json {
        // A path may contain a newline. A reader of one line must not read half a path, so it is made safe to show.
        return io.say(&format!("{}\n", plain(&places.config_file().to_string_lossy())));
    }
    io.json(&serde_json::json!({
        "config_file": places.config_file().to_string_lossy(),
        "state": places.state.to_string_lossy(),
        "runtime": places.runtime.to_string_lossy(),
        "socket": places.socket().to_string_lossy(),
        "endpoint_file": places.endpoint_file().to_string_lossy(),
    }))
}

/// Checks the configuration file; the exit code is 1 if it cannot be used. A running agent knows more than the file, for
/// example how long the providers' sessions last.
pub(super) fn check(io: &mut Io<'_>, json: bool) -> Result<u8, Failure> {
    let answer = match io.endpoint()?.call("GET", "/v1/config/check") {
        Err(failure) if failure.is_not_running() => {
            (io.program)(Program::CheckConfiguration { json }).map_err(Failure::Program)?;
            return Ok(0);
        }
        answer => answer?,
    };
    let found: ConfigCheck = answer.json()?;
    if json {
        io.pass_on(&answer)?;
    } else {
        io.say(&found.page())?;
    }
    Ok(u8::from(!found.ok))
}

/// Has the agent read the file again.
pub(super) fn reload(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("POST", "/v1/config/reload")?;
    if json {
        return io.pass_on(&answer);
    }
    let found: ConfigCheck = answer.json()?;
    io.say("Abide has read the configuration again.\n")?;
    if found.problems.is_empty() { Ok(()) } else { io.say(&found.page()) }
}
