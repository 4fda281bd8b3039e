//! What programs are, by their names: `lists.toml`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The lists.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lists {
    glue: Vec<String>,
    shells: Vec<String>,
    interpreters: Vec<String>,
    forwarders: Vec<String>,
    launchers: Vec<String>,
    terminals: Vec<String>,
    scripts: BTreeMap<String, Arguments>,
}

/// How the arguments of an interpreter lead to a script.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    /// Options behind which the program itself is, in the arguments or on standard input.
    pub(crate) inline: Vec<String>,
    /// Options with a value of their own, as the next word.
    pub(crate) valued: Vec<String>,
    /// Options whose value follows `=`.
    #[serde(default)]
    pub(crate) assigned: Vec<String>,
    /// Options without a value.
    pub(crate) flags: Vec<String>,
    /// Whether the value can follow the letter in the same word.
    #[serde(default)]
    pub(crate) attached: bool,
}

/// What a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// It only starts others.
    Glue,
    Shell,
    Interpreter,
    Forwarder,
    Launcher,
    Terminal,
    /// A program of its own.
    Program,
}

static LISTS: LazyLock<Lists> = LazyLock::new(|| {
    // The file is part of the program, and a test reads it. Without it every program would only be asked about more often.
    toml::from_str(include_str!("lists.toml")).unwrap_or_default()
});

/// What a program of this name is.
pub(crate) fn class(name: &str) -> Class {
    let (lists, name) = (&*LISTS, name.strip_suffix(".exe").unwrap_or(name));
    let base = base(name);
    let is_in = |list: &[String]| list.iter().any(|known| known == name || known == base);
    // What could be more than one thing is the one that is allowed less.
    if is_in(&lists.forwarders) {
        Class::Forwarder
    } else if is_in(&lists.shells) {
        Class::Shell
    } else if is_in(&lists.interpreters) {
        Class::Interpreter
    } else if is_in(&lists.launchers) {
        Class::Launcher
    } else if is_in(&lists.terminals) {
        Class::Terminal
    } else if is_in(&lists.glue) {
        Class::Glue
    } else {
        Class::Program
    }
}

/// How an interpreter's arguments lead to a script; `None` where that is not known.
pub(crate) fn arguments(name: &str) -> Option<&'static Arguments> {
    let base = base(name);
    let base = match base {
        "pypy" => "python",
        "nodejs" => "node",
        "rbash" => "bash",
        "ash" | "dash" | "ksh" | "mksh" | "oksh" | "yash" | "zsh" => "sh",
        "csh" | "elvish" | "fish" | "nu" | "tcsh" | "xonsh" => "other-shell",
        other => other,
    };
    LISTS.scripts.get(base)
}

/// A name without the version at its end: `python3.12` is `python`.
fn base(name: &str) -> &str {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    if base.is_empty() { name } else { base }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_lists_are_read_and_versions_do_not_matter() {
        toml::from_str::<Lists>(include_str!("lists.toml")).unwrap();
        for (name, wanted) in [
            ("python3.12", Class::Interpreter),
            ("python3", Class::Interpreter),
            ("node-22", Class::Interpreter),
            ("ld-linux-x86-64.so.2", Class::Interpreter),
            ("bash", Class::Shell),
            ("ksh93", Class::Shell),
            ("socat", Class::Forwarder),
            ("xargs", Class::Glue),
            ("timeout", Class::Glue),
            ("ssh-agent", Class::Glue),
            ("find", Class::Interpreter),
            ("sed", Class::Interpreter),
            ("systemd", Class::Launcher),
            ("curl", Class::Program),
            ("7", Class::Program),
        ] {
            assert_eq!(class(name), wanted, "{name}");
        }
        assert!(
            arguments("python3.12").is_some() && arguments("dash").is_some() && arguments("fish").is_some()
        );
        // The first word is no script of theirs.
        assert!(arguments("java").is_none() && arguments("busybox").is_none());
        assert!(arguments("ksh93").is_some());
    }
}
