//! What an administrator has decided. It comes before every answer of the user.

use std::path::PathBuf;

use crate::identity::Caller;

/// What an administrator has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Programs that may have tokens without a question.
    pub(crate) allow: Vec<Rule>,
    /// Programs that may have none, whatever the user answers.
    pub(crate) forbid: Vec<Rule>,
}

/// A program, as an administrator names it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the reader of the policy file makes them")]
pub(crate) enum Rule {
    /// By the SHA-256 of its file, in hexadecimal digits.
    Sha256(String),
    /// By its path, where only root can write to it.
    Path(PathBuf),
    /// By the package that owns its file.
    Package(String),
    /// By its system unit.
    Unit(String),
}

impl Policy {
    pub(super) fn allows(&self, caller: &Caller) -> bool {
        self.allow.iter().any(|rule| rule.is(caller, true))
    }

    pub(super) fn forbids(&self, caller: &Caller) -> bool {
        self.forbid.iter().any(|rule| rule.is(caller, false))
    }

    /// Whether a rule looks at the content of files.
    pub(crate) fn needs_digest(&self) -> bool {
        self.allow.iter().chain(&self.forbid).any(|rule| matches!(rule, Rule::Sha256(_)))
    }
}

impl Rule {
    /// Whether a rule is about a caller. To allow, it needs proof; to forbid, the path is enough.
    fn is(&self, caller: &Caller, proof: bool) -> bool {
        let program = caller.program.as_ref().filter(|program| !program.contained);
        match self {
            Self::Sha256(digest) => program.is_some() && caller.sha256.as_ref() == Some(digest),
            Self::Path(path) => {
                program.is_some_and(|program| program.path == *path) && (caller.only_root_writes || !proof)
            }
            Self::Package(name) => {
                program.is_some()
                    && caller.package.as_ref() == Some(name)
                    && (caller.only_root_writes || !proof)
            }
            Self::Unit(name) => caller.unit.as_ref() == Some(name),
        }
    }
}
