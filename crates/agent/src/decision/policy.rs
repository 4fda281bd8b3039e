//! What an administrator has decided. It comes before every answer of the user.

use crate::config::policy::{Policy as PolicyFile, Rule};
use crate::identity::Caller;

/// What an administrator has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Programs that may have tokens without a question.
    pub(crate) allow: Vec<Rule>,
    /// Programs that may have none, whatever the user answers.
    pub(crate) forbid: Vec<Rule>,
}

impl Policy {
    /// The rules of a policy file.
    pub(crate) fn of(file: &PolicyFile) -> Self {
        Self { allow: file.allow.clone(), forbid: file.forbid.clone() }
    }

    pub(super) fn allows(&self, caller: &Caller) -> bool {
        self.allow.iter().any(|rule| is_about(rule, caller, true))
    }

    pub(super) fn forbids(&self, caller: &Caller) -> bool {
        self.forbid.iter().any(|rule| is_about(rule, caller, false))
    }

    /// Whether a rule looks at the content of files.
    pub(crate) fn needs_digest(&self) -> bool {
        self.allow.iter().chain(&self.forbid).any(|rule| matches!(rule, Rule::Sha256(_)))
    }
}

/// Whether a rule is about a caller. To allow, it needs proof; to forbid, the path is enough.
fn is_about(rule: &Rule, caller: &Caller, proof: bool) -> bool {
    let Some(program) = caller.program.as_ref().filter(|program| !program.contained) else { return false };
    match rule {
        Rule::Sha256(digest) => caller.sha256.as_ref() == Some(digest),
        Rule::Path(path) => program.path == *path && (caller.only_root_writes || !proof),
    }
}
