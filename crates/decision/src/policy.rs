//! What an administrator has decided. It comes before every answer of the user.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{Facts, Kind};

/// What an administrator has decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Programs that may have tokens without a question.
    pub allow: Vec<Rule>,
    /// Programs that may have none, whatever the user answers.
    pub forbid: Vec<Rule>,
    /// Public web sites whose pages may ask the user, by their origins.
    pub sites: Vec<String>,
}

/// A program, as an administrator names it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "RuleForm")]
pub enum Rule {
    /// By the SHA-256 of its file, in hexadecimal digits.
    Sha256(String),
    /// By its path, where only root can write to it.
    Path(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleForm {
    sha256: Option<String>,
    path: Option<PathBuf>,
}

impl TryFrom<RuleForm> for Rule {
    type Error = &'static str;

    fn try_from(form: RuleForm) -> Result<Self, &'static str> {
        match form {
            RuleForm { sha256: Some(digest), path: None } => {
                let digits = digest.len() == 64 && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
                let refused = "`sha256` has to be 64 hexadecimal digits";
                digits.then(|| Self::Sha256(digest.to_ascii_lowercase())).ok_or(refused)
            }
            RuleForm { sha256: None, path: Some(path) } => {
                if path.has_root() {
                    Ok(Self::Path(path))
                } else {
                    Err("`path` has to be a path from the root")
                }
            }
            _ => Err("a rule has either `sha256` or `path`"),
        }
    }
}

impl Policy {
    pub(crate) fn allows(&self, caller: &Facts) -> bool {
        // A browser that may have tokens does not give them to every page, and what is left of a program that has ended is not the program.
        let acts = !matches!(caller.kind, Kind::Page | Kind::Background);
        acts && self.allow.iter().any(|rule| is_about(rule, caller, true))
    }

    /// Whether it forbids the program of a caller.
    pub(crate) fn forbids(&self, caller: &Facts) -> bool {
        self.forbid.iter().any(|rule| is_about(rule, caller, false))
    }

    /// Whether it forbids programs, and cannot be compared with that of a caller: a program hides itself, or its file cannot be read.
    pub(crate) fn cannot_judge(&self, caller: &Facts) -> bool {
        // The holder of a key is no program.
        if self.forbid.is_empty() || caller.kind == Kind::Key {
            return false;
        }
        let by_content = self.forbid.iter().any(|rule| matches!(rule, Rule::Sha256(_)));
        let program = caller.program.as_ref().filter(|program| !program.contained);
        program.is_none() || (by_content && caller.sha256.is_none())
    }

    /// The same policy, which also forbids what the paths in `forbid` lead to: the system runs the file behind a link.
    #[must_use]
    pub fn resolved(&self, real: impl Fn(&Path) -> Option<PathBuf>) -> Self {
        let mut resolved = self.clone();
        for rule in &self.forbid {
            if let Rule::Path(path) = rule
                && let Some(real) = real(path).filter(|real| real != path)
            {
                resolved.forbid.push(Rule::Path(real));
            }
        }
        resolved
    }

    /// Whether a rule looks at the content of files.
    #[must_use]
    pub fn needs_digest(&self) -> bool {
        self.allow.iter().chain(&self.forbid).any(|rule| matches!(rule, Rule::Sha256(_)))
    }
}

/// Whether a rule is about a caller. To allow, it needs proof; to forbid, the path is enough.
fn is_about(rule: &Rule, caller: &Facts, proof: bool) -> bool {
    let Some(program) = caller.program.as_ref().filter(|program| !program.contained) else { return false };
    match rule {
        Rule::Sha256(digest) => caller.sha256.as_ref() == Some(digest),
        Rule::Path(path) => program.path == *path && (caller.only_root_writes || !proof),
    }
}
