//! `[vault]`: how sessions are kept between two starts.

use std::path::PathBuf;

use abide_wire::VaultMode;
use serde::Deserialize;

/// `[vault]`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(try_from = "Written")]
pub(crate) struct VaultConfig {
    /// Without it, the keyring; on a system without a keyring, memory.
    pub(crate) mode: Option<VaultMode>,
    pub(crate) source: Option<Source>,
}

/// Where the passphrase is read from. Never an argument or a variable: others can read those.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// A file that only this user may read.
    File(PathBuf),
    /// A credential that systemd hands to the service, by its name (systemd.exec(5), `LoadCredential=`).
    Credential(String),
    /// An open file descriptor, by its number.
    Descriptor(u32),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    mode: Option<VaultMode>,
    passphrase_file: Option<PathBuf>,
    passphrase_credential: Option<String>,
}

impl TryFrom<Written> for VaultConfig {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let source = match (written.passphrase_file, written.passphrase_credential) {
            (Some(_), Some(_)) => {
                return Err("`passphrase_file` and `passphrase_credential` exclude each other".to_owned());
            }
            (Some(file), None) if !file.has_root() => {
                return Err("`passphrase_file` has to be a whole path, from the root".to_owned());
            }
            (Some(file), None) => Some(Source::File(file)),
            (None, Some(name)) if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') => {
                return Err("`passphrase_credential` is the name of a credential, not a path".to_owned());
            }
            (None, Some(name)) => Some(Source::Credential(name)),
            (None, None) => None,
        };
        if source.is_some() && written.mode != Some(VaultMode::Passphrase) {
            return Err(
                "where the passphrase is read from counts with `mode = \"passphrase\"` only".to_owned()
            );
        }
        Ok(Self { mode: written.mode, source })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<VaultConfig, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert_eq!(read("").unwrap(), VaultConfig::default());
        assert_eq!(read("mode = \"memory\"").unwrap().mode, Some(VaultMode::Memory));
        for (text, word) in [
            ("mode = \"plain\"", "plain"),
            ("passphrase = \"correct horse\"", "unknown field"),
            ("passphrase_file = \"/p\"", "mode = \"passphrase\""),
            ("mode = \"keyring\"\npassphrase_credential = \"p\"", "mode = \"passphrase\""),
            ("mode = \"passphrase\"\npassphrase_file = \"p\"", "whole path"),
            ("mode = \"passphrase\"\npassphrase_credential = \"../p\"", "not a path"),
            ("mode = \"passphrase\"\npassphrase_credential = \"p\"\npassphrase_file = \"/p\"", "exclude"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(word), "{text}: {said}");
        }
    }
}
