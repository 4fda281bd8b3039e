//! Links to the command, by whose names tools run it.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use abide_dialects::program::by_link;

/// The arguments of the command that a program means, by the name under which it was started. The first is that name.
pub(crate) fn arguments(mut all: Vec<OsString>) -> Vec<OsString> {
    if all.is_empty() {
        return all;
    }
    let name = all.remove(0);
    // With its ending on Windows.
    let name = Path::new(&name).file_stem().and_then(OsStr::to_str).unwrap_or_default();
    let Some(program) = by_link(name) else { return all };
    let format = ["credential", "--format", program.format, "--"];
    format.into_iter().map(OsString::from).chain(all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_the_command_with_its_format() {
        let read = |words: &[&str]| -> Vec<String> {
            let found = arguments(words.iter().map(OsString::from).collect());
            found.iter().map(|word| word.to_string_lossy().into_owned()).collect()
        };
        assert_eq!(
            read(&["/usr/bin/docker-credential-abide", "get"]),
            ["credential", "--format", "docker", "--", "get"]
        );
        assert_eq!(
            read(&["keyring", "--mode=creds", "get", "x"]),
            ["credential", "--format", "keyring", "--", "--mode=creds", "get", "x"]
        );
        assert_eq!(read(&["git-credential-abide.exe"]), ["credential", "--format", "git", "--"]);
        assert_eq!(read(&["/usr/bin/abide", "token", "--json"]), ["token", "--json"]);
        assert!(read(&["abide"]).is_empty() && read(&[]).is_empty());
    }
}
