//! All dialects.

use crate::dialect::Dialect;
use crate::file::{aws_web_identity, azure_workload_identity};
use crate::http::{aws_container, azure_app_service, azure_imds, google_metadata};
use crate::mcp;
use crate::program::{aws_process, bazel, cargo, docker, exec, executable, git, goauth, keyring, terraform};

/// The row of each dialect, in the order in which they are listed.
pub static DIALECTS: &[Dialect] = &[
    azure_app_service::DIALECT,
    azure_imds::DIALECT,
    azure_workload_identity::DIALECT,
    google_metadata::DIALECT,
    aws_web_identity::DIALECT,
    aws_container::DIALECT,
    aws_process::DIALECT,
    git::DIALECT,
    docker::DIALECT,
    cargo::DIALECT,
    goauth::DIALECT,
    keyring::DIALECT,
    exec::DIALECT,
    executable::DIALECT,
    bazel::DIALECT,
    terraform::DIALECT,
    mcp::DIALECT,
];

/// The dialect with this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Dialect> {
    DIALECTS.iter().find(|dialect| dialect.name == name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_name_is_there_once_and_can_be_typed() {
        for dialect in DIALECTS {
            assert_eq!(DIALECTS.iter().filter(|other| other.name == dialect.name).count(), 1);
            let typed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            assert!(dialect.name.bytes().all(typed), "{}", dialect.name);
            assert!(std::ptr::eq(by_name(dialect.name).unwrap(), dialect));
        }
    }

    #[test]
    fn each_program_has_a_row() {
        for program in crate::program::PROGRAMS {
            let row = by_name(program.format).unwrap();
            assert!(matches!(row.kind, crate::Kind::Program), "{}", program.format);
        }
    }

    #[test]
    fn each_dialect_has_its_page() {
        for dialect in DIALECTS {
            let path = format!("{}/../../docs/dialects/{}.md", env!("CARGO_MANIFEST_DIR"), dialect.page);
            let page = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(page.contains(dialect.example), "{path} has the line: {}", dialect.example);
        }
    }
}
