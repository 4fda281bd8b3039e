//! Dialects that are programs: the tool runs `abide credential --format …`, or a link to it, and reads what it writes.

pub mod aws_process;
pub mod bazel;
pub mod cargo;
pub mod docker;
pub mod exec;
pub mod executable;
pub mod git;
pub mod goauth;
pub mod keyring;
pub mod servers;
pub mod terraform;

use crate::call::Program;

/// Every dialect that is a program.
pub static PROGRAMS: &[&Program] = &[
    &git::PROGRAM,
    &docker::PROGRAM,
    &cargo::PROGRAM,
    &goauth::PROGRAM,
    &keyring::PROGRAM,
    &exec::PROGRAM,
    &executable::PROGRAM,
    &bazel::PROGRAM,
    &terraform::PROGRAM,
    &aws_process::PROGRAM,
];

/// The dialect with this `--format`.
#[must_use]
pub fn by_format(format: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.format == format).copied()
}

/// The dialect of a link, by the name of its file without an ending.
#[must_use]
pub fn by_link(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.link == Some(name)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_program_is_found_by_its_names() {
        for program in PROGRAMS {
            assert!(std::ptr::eq(by_format(program.format).unwrap(), *program), "{}", program.format);
            if let Some(link) = program.link {
                assert!(std::ptr::eq(by_link(link).unwrap(), *program), "{link}");
            }
        }
    }
}
