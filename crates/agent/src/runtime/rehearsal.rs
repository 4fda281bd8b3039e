//! The question of a running version whether this one would start in its place.

use crate::audit::Audit;
use crate::config::Config;
use crate::grants::Clients;
use crate::options::Options;
use crate::persistence::options::Keeping;
use crate::platform::file;
use crate::platform::installed::{ASK, TOO_OLD, WOULD_NOT_START};
use crate::runtime::start::StartError;
use crate::updates::running_version;

/// The answer to a program that asks whether this version can take over from it.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to exit with.
    pub code: u8,
    /// What to print: the version, or why it would not start here.
    pub text: String,
}

/// The answer to a program that asks whether this version can take over from it: whether it reads what is stored in that format, and
/// would start with the configuration and the folders of this user. `None` if these arguments do not ask that.
pub fn asked_to_take_over(mut arguments: impl Iterator<Item = String>, desktop: bool) -> Option<Answer> {
    if arguments.next()? != ASK {
        return None;
    }
    let format = arguments.next().and_then(|format| format.parse::<u16>().ok());
    let reads = format.is_some_and(|format| format <= abide_vault::FORMAT) && arguments.next().is_none();
    if !reads {
        return Some(Answer { code: TOO_OLD, text: String::new() });
    }
    let would_start = match Options::of_this_user(desktop) {
        Some(options) => rehearse(&options).map_err(|error| error.cause()),
        None => Err("Abide does not know where your home directory is.".to_owned()),
    };
    Some(match would_start {
        Ok(()) => Answer { code: 0, text: running_version().to_string() },
        Err(text) => Answer { code: WOULD_NOT_START, text },
    })
}

/// Whether a start would find its configuration, its folders, the passphrase, the list of clients and the record as it needs them. Changes
/// nothing that an agent of this user has, and asks for nothing that this agent holds alone.
fn rehearse(options: &Options) -> Result<(), StartError> {
    let config = Config::effective(options)?;
    file::private_folder(&options.places.state)?;
    file::runtime_folder(&options.places.runtime)?;
    file::try_to_write(&options.places.runtime).map_err(StartError::Endpoint)?;
    Audit::check(&options.places.state)?;
    Keeping::new(&config.vault, options).check()?;
    Clients::open(options.places.state.join("clients.json")).map(drop).map_err(StartError::Clients)
}
