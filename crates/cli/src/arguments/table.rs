//! The commands and options of `abide`, defined once for the parser, the help, the manual pages and the completions.

/// A command. The name of a subcommand has both words: `accounts add`.
#[derive(Clone, Copy, Debug)]
pub struct CommandEntry {
    /// The words after `abide`.
    pub name: &'static str,
    /// The part of the overview that lists it; empty for a command that is explained on another's page.
    pub group: &'static str,
    /// A short description.
    pub summary: &'static str,
    /// The operands, beside options.
    pub operands: &'static str,
    /// The description, in paragraphs. A paragraph that begins with two spaces is an example and is not wrapped.
    pub about: &'static [&'static str],
    /// Notes at the end: exit codes, limits.
    pub notes: &'static [&'static str],
}

/// How the value of an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// No value.
    Flag,
    /// Any text.
    Text,
    /// The path of a file.
    Path,
    /// A time: `90s`, `5m`, `1h`, or a number of seconds.
    Time,
    /// A whole number up to this one.
    Number(u32),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any text; these are suggested.
    Known(&'static [&'static str]),
}

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct OptionEntry {
    /// The commands that accept it.
    pub commands: &'static [&'static str],
    /// The name after the two dashes.
    pub long: &'static str,
    /// The letter after one dash.
    pub short: Option<char>,
    /// How its value is read.
    pub kind: Kind,
    /// The placeholder for the value in the help.
    pub value: &'static str,
    /// A short description.
    pub help: &'static str,
}

/// The option of a command with this name.
#[must_use]
pub fn option(command: &str, long: &str) -> Option<&'static OptionEntry> {
    OPTIONS.iter().find(|option| option.long == long && option.commands.contains(&command))
}

/// The options of a command, in the order of its page.
pub fn options(command: &str) -> impl Iterator<Item = &'static OptionEntry> {
    OPTIONS.iter().filter(move |option| option.commands.contains(&command))
}

/// The names of the commands that are not subcommands, in the order of the overview.
pub fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|command| command.name).filter(|name| !name.contains(' '))
}

/// A command.
#[must_use]
pub fn command(name: &str) -> Option<&'static CommandEntry> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The subcommands of this command: for `accounts` among others `accounts add`.
pub fn behind(name: &str) -> impl Iterator<Item = &'static CommandEntry> {
    COMMANDS
        .iter()
        .filter(move |command| command.name.split_once(' ').is_some_and(|(first, _)| first == name))
}

/// The parts of the overview.
pub(crate) const GROUPS: &[&str] = &["Your session", "Tokens", "Set-up", "Programs"];

/// The exit codes of every command.
pub const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 sign-in required, 4 consent required or \
                              denied, 5 Abide is not running.";

const ONE_ACCOUNT: &str = "The account. Not needed when only one is signed in.";
/// For how long and for whom an answer holds.
const SPANS: &[&str] = &["once", "run", "terminal", "agent", "session", "script", "always"];
const TOKENS: &[&str] = &["token", "header", "curl", "run"];

/// Every option of every command.
pub const OPTIONS: &[OptionEntry] = &[
    text(&["login"], "account", Some('a'), "NAME", "The account. Not needed when there is only one."),
    text(&["logout", "keep", "monitor", "claims"], "account", Some('a'), "NAME", ONE_ACCOUNT),
    text(&["watch"], "account", Some('a'), "NAME", "Only this account."),
    text(
        TOKENS,
        "account",
        Some('a'),
        "NAME",
        "The account. Not needed when there is only one, or only one is signed in.",
    ),
    flag(
        &["login"],
        "no-browser",
        "Print the address to open, for example over SSH. The address is the only line on standard output.",
    ),
    flag(&["login"], "device", "Print a code, and the page to enter it on, for any device with a browser."),
    flag(&["logout"], "no-wait", "Do not wait for the provider."),
    OptionEntry {
        kind: Kind::Time,
        ..text(
            TOKENS,
            "min-validity",
            None,
            "TIME",
            "How long the token has to be valid at least: 90s, 5m, 1h. It is renewed if necessary.",
        )
    },
    OptionEntry {
        kind: Kind::OneOf(&["request", "none"]),
        ..text(
            TOKENS,
            "activity",
            None,
            "WHAT",
            "Whether this counts as using the session: request (yes, the default) or none. Use none in background jobs, \
             which would otherwise keep you signed in after you have left.",
        )
    },
    text(
        TOKENS,
        "resource",
        None,
        "URI",
        "A token for this resource only (RFC 8707). Can be given more than once.",
    ),
    text(TOKENS, "audience", None, "NAME", "A token for this audience only. Can be given more than once."),
    text(TOKENS, "scope", None, "SCOPES", "A token with only these scopes, separated by spaces."),
    text(
        TOKENS,
        "reason",
        None,
        "TEXT",
        "Why you need it, for the question that Abide asks. Up to 160 characters.",
    ),
    text(
        TOKENS,
        "challenge",
        None,
        "HEADER",
        "The WWW-Authenticate header that a server has answered. If it demands a stronger sign-in (RFC 9470), you sign in \
         again in your browser first.",
    ),
    text(
        &["header", "curl"],
        "url",
        None,
        "URL",
        "The address of the request, for tokens that are bound to a key (DPoP).",
    ),
    text(&["header", "curl"], "method", None, "METHOD", "The method of the request. The default is GET."),
    text(
        &["header", "curl"],
        "nonce",
        None,
        "NONCE",
        "The last DPoP-Nonce header that the server has answered.",
    ),
    text(
        &["accounts add"],
        "issuer",
        None,
        "URL",
        "The provider's address (issuer), exactly as the provider writes it. Not needed with a preset that has one.",
    ),
    text(
        &["accounts add"],
        "client-id",
        None,
        "ID",
        "The client ID under which Abide is registered at the provider.",
    ),
    path(
        &["accounts add"],
        "client-secret-file",
        "PATH",
        "A file with the client secret, for providers that require one. Abide reads it there and does not copy it.",
    ),
    flag(
        &["accounts add"],
        "register",
        "Register Abide at the provider (RFC 7591). `abide accounts remove` removes the registration (RFC 7592).",
    ),
    path(
        &["accounts add"],
        "initial-token-file",
        "PATH",
        "A file with the initial access token, for providers that require one to register.",
    ),
    OptionEntry {
        kind: Kind::Known(abide_wire::PRESETS),
        ..text(
            &["accounts add"],
            "preset",
            None,
            "NAME",
            "The settings of a known provider. `none` uses none. Without this option, the issuer decides.",
        )
    },
    text(
        &["accounts add"],
        "redirect-uri",
        None,
        "URL",
        "Where the browser comes back to, exactly as it is registered. Can be given more than once, for several ports.",
    ),
    path(
        &["accounts add"],
        "ca-file",
        "PATH",
        "A file with certificates to trust in addition to the system's.",
    ),
    text(
        &["accounts add"],
        "metadata-url",
        None,
        "URL",
        "Where the provider's metadata are, if not below the issuer (Azure AD B2C).",
    ),
    path(
        &["clients allow"],
        "program",
        "PATH",
        "The program on this computer that may have tokens. Without this option, Abide makes a key.",
    ),
    flag(&["approve"], "list", "Print the open questions and the answers that hold, and ask nothing."),
    flag(
        &["approve"],
        "wait",
        "Wait for a question if there is none. Programs wait for your answer meanwhile.",
    ),
    OptionEntry {
        kind: Kind::OneOf(SPANS),
        ..text(&["approve"], "allow", None, "SPAN", "Allow it for this long.")
    },
    OptionEntry {
        kind: Kind::OneOf(SPANS),
        ..text(&["approve"], "deny", None, "SPAN", "Deny it for this long.")
    },
    OptionEntry {
        kind: Kind::Number(u32::MAX),
        ..text(&["approve"], "stop", None, "NUMBER", "Take back the answer with this number.")
    },
    OptionEntry {
        kind: Kind::Number(100_000),
        ..text(&["audit", "audit show"], "last", None, "NUMBER", "How many lines. The default is 50.")
    },
    text(&["audit", "audit show", "audit follow"], "account", Some('a'), "NAME", "Only this account."),
    OptionEntry {
        kind: Kind::OneOf(&["json", "ocsf"]),
        ..text(
            &["audit export"],
            "format",
            None,
            "FORMAT",
            "json: the lines as they are (the default). ocsf: events of the Open Cybersecurity Schema Framework 1.3.",
        )
    },
    OptionEntry {
        kind: Kind::Number(u32::MAX),
        ..text(
            &["agent"],
            "passphrase-fd",
            None,
            "NUMBER",
            "Read the passphrase of the vault from this open file descriptor: --passphrase-fd 3 3<FILE",
        )
    },
    OptionEntry {
        kind: Kind::Number(65_535),
        ..text(&["demo"], "port", None, "NUMBER", "The port on 127.0.0.1. The default is 47610.")
    },
    flag(
        &["login"],
        "json",
        "Print the session as JSON once you are signed in. With --no-browser or --device, a first line has the address or \
         the code.",
    ),
    flag(&["logout", "keep"], "json", "Print the session afterwards as JSON."),
    flag(&["monitor"], "json", "Print the session as JSON."),
    flag(
        &["status"],
        "json",
        "Print everything that is known as JSON. Times are Unix seconds, durations are seconds.",
    ),
    flag(&["watch"], "json", "Print a JSON object per line."),
    flag(
        &["claims"],
        "json",
        "Print the claims as JSON, with the time when they were read and whose they are.",
    ),
    flag(&["token"], "json", "Print the whole answer as JSON: token, expiry, scope, account, issuer."),
    flag(&["header"], "json", "Print the header as a JSON object."),
    flag(&["accounts", "accounts list"], "json", "Print the accounts as JSON."),
    flag(&["accounts add", "accounts remove"], "json", "Print the result as JSON."),
    flag(&["clients", "clients list"], "json", "Print the clients as JSON."),
    flag(
        &["clients allow", "clients revoke"],
        "json",
        "Print the result as JSON, with the key if there is one.",
    ),
    flag(
        &["approve"],
        "json",
        "Print the open questions and the answers that hold as JSON, and ask nothing.",
    ),
    flag(&["config", "config path"], "json", "Print this path and the others that Abide uses as JSON."),
    flag(&["config check", "config reload"], "json", "Print the findings as JSON."),
    flag(&["doctor"], "json", "Print the checks as JSON."),
    flag(
        &["audit", "audit show", "audit follow"],
        "json",
        "Print the lines as they are: a JSON object each.",
    ),
    flag(&["audit verify"], "json", "Print the findings as JSON."),
    flag(&["run", "agent", "demo", "help", "audit export"], "json", "Print errors as JSON."),
];

const fn text(
    commands: &'static [&'static str],
    long: &'static str,
    short: Option<char>,
    value: &'static str,
    help: &'static str,
) -> OptionEntry {
    OptionEntry { commands, long, short, kind: Kind::Text, value, help }
}

const fn path(
    commands: &'static [&'static str],
    long: &'static str,
    value: &'static str,
    help: &'static str,
) -> OptionEntry {
    OptionEntry { commands, long, short: None, kind: Kind::Path, value, help }
}

const fn flag(commands: &'static [&'static str], long: &'static str, help: &'static str) -> OptionEntry {
    OptionEntry { commands, long, short: None, kind: Kind::Flag, value: "", help }
}

/// Every command, in the order of the overview.
pub const COMMANDS: &[CommandEntry] = &[
    CommandEntry {
        name: "login",
        group: "Your session",
        summary: "sign in, in your browser",
        operands: "",
        about: &[
            "Opens the provider's page in your browser and waits until you are signed in or the sign-in fails. Ctrl-C cancels.",
        ],
        notes: &["Exit codes: 0 you are signed in, 1 something went wrong, 3 the sign-in was not completed."],
    },
    CommandEntry {
        name: "logout",
        group: "Your session",
        summary: "sign out",
        operands: "",
        about: &[
            "Ends the session. Abide deletes its tokens and revokes them at the provider. It waits up to eight seconds for the \
             provider and prints the result: whether the session has ended there too. If the provider cannot be reached, Abide \
             tries again later.",
        ],
        notes: &["The exit code is 0 once you are signed out of Abide, whatever the provider answers."],
    },
    CommandEntry {
        name: "keep",
        group: "Your session",
        summary: "extend a session that is about to end",
        operands: "",
        about: &[
            "The same as answering Yes to \u{201c}Keep session?\u{201d}. Prints the time left after that.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "status",
        group: "Your session",
        summary: "show who is signed in, and for how long",
        operands: "",
        about: &[
            "For each account: time left and which limit applies, provider session status, logout detection, authentication \
             method, access-token lifetime. For a session that has ended: why, and whether it has ended at the provider too.",
            "This does not count as using a session.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "watch",
        group: "Your session",
        summary: "follow changes, one line each",
        operands: "",
        about: &[
            "Prints the present state, then a line for every change of a session, of the provider's session and of logout \
             detection. It runs until you press Ctrl-C or Abide stops. Without --account it follows all accounts, including new \
             ones.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "monitor",
        group: "Your session",
        summary: "reopen the browser tab that detects a logout at the provider",
        operands: "",
        about: &[
            "Abide's tab in your browser detects at once when you sign out at the provider. A sign-in opens it. If you have closed \
             it, this command opens it again. `abide status` shows whether it is open.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "claims",
        group: "Your session",
        summary: "show what the provider says about you",
        operands: "",
        about: &[
            "Prints the claims of your ID token and of the provider's UserInfo, one per line. UserInfo is read after the sign-in \
             and after each renewal. If the configuration gives claims names of your own (accounts.NAME.claims), only those are \
             shown.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "token",
        group: "Tokens",
        summary: "print an access token",
        operands: "",
        about: &["Prints the access token and nothing else. An expired token is renewed first."],
        notes: &["Exit code 3 means that you have to sign in first: abide login"],
    },
    CommandEntry {
        name: "header",
        group: "Tokens",
        summary: "print an access token as an Authorization header",
        operands: "",
        about: &[
            "  abide header | curl -H @- https://api.example.com/",
            "Pass the header through a pipe, as above. An argument of a program can be read by every user of this computer. \
             `abide curl` does the same in one command.",
            "If the tokens of an account are bound to a key (accounts.NAME.dpop), each request needs a proof. Name the request; two \
             headers are printed, one per line:",
            "  abide header --url https://api.example.com/ |\n    curl -H @- https://api.example.com/",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "curl",
        group: "Tokens",
        summary: "send a request with the token, using curl",
        operands: "[--] [ARGUMENTS OF curl]",
        about: &[
            "  abide curl https://api.example.com/\n  abide curl --account work -sS https://api.example.com/",
            "Runs curl with the Authorization header. The header goes through a pipe, never through an argument or the environment. \
             Options of Abide come first. Everything after the first other argument, or after --, is for curl; so is --json. An \
             address without a scheme is https.",
            "If the tokens of an account are bound to a key (accounts.NAME.dpop), name the request, so that Abide can make the proof \
             for it:",
            "  abide curl --url https://api.example.com/",
        ],
        notes: &[
            "The exit code is curl's. Without a token it is that of `abide token`; 127 means that curl is not installed. On Windows, \
             the header takes curl's standard input.",
        ],
    },
    CommandEntry {
        name: "run",
        group: "Tokens",
        summary: "run a program with a token in ABIDE_TOKEN",
        operands: "[--] PROGRAM [ARGUMENTS]",
        about: &[
            "  abide run -- terraform plan\n  abide run --account work -- ./deploy.sh --region eu",
            "The program gets the token in its environment, never in its arguments. The token is not replaced when it expires: \
             long-running programs should use `abide token`.",
        ],
        notes: &[
            "The exit code is that of the program; 127 means that it does not exist, 126 that it cannot be run.",
        ],
    },
    CommandEntry {
        name: "accounts",
        group: "Set-up",
        summary: "list, add and remove accounts",
        operands: "",
        about: &[
            "An account is an identity of yours at an OpenID Provider. Register Abide there as a public native client, or let Abide \
             register itself with --register if the provider offers that.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "accounts list",
        group: "",
        summary: "list the accounts",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "accounts add",
        group: "",
        summary: "add an account",
        operands: "NAME",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "accounts remove",
        group: "",
        summary: "remove an account",
        operands: "NAME",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "clients",
        group: "Set-up",
        summary: "list, allow and revoke clients",
        operands: "",
        about: &[
            "A client is a tool that may have tokens: a program on this computer (--program), or any tool that sends a key over HTTP. \
             The key is printed once, as the only line on standard output. If it cannot be printed, nothing is allowed.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "clients list",
        group: "",
        summary: "list the clients",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "clients allow",
        group: "",
        summary: "allow a client",
        operands: "NAME",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "clients revoke",
        group: "",
        summary: "revoke a client",
        operands: "NAME",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "approve",
        group: "Set-up",
        summary: "answer which programs may have tokens",
        operands: "[NUMBER]",
        about: &[
            "A program that asks for a token for the first time waits for your answer. Where Abide has a desktop, a dialog asks you. \
             This command asks at a terminal, also over SSH. Without a number it asks about each program that waits.",
            "You say for how long: once; run (this process and what it starts); terminal (everything in this terminal); agent \
             (everything that the editor or coding agent behind it starts); session (this program until you are signed out); \
             script (this script as it is now, 30 days); always (this program as it is now). Only what fits is offered.",
            "  abide approve --wait              answer the next question\n  \
               abide approve 3 --allow run       allow what question 3 asks for, for this run\n  \
               abide approve --stop 7            take an answer back (see --list)",
        ],
        notes: &["Works at a terminal only: a program must not answer the question about itself."],
    },
    CommandEntry {
        name: "audit",
        group: "Set-up",
        summary: "show, follow, verify and export the record",
        operands: "",
        about: &[
            "Abide records every token that a program got or was refused, sign-ins, renewals, ends of sessions, questions and their \
             answers, and changes of clients and accounts. The record contains fingerprints of tokens, never tokens.",
            "Each line is bound to the line before by a hash, and the vault keeps the hash of the last line. `verify` finds lines that \
             were changed, removed, added or moved. Without a running Abide it cannot find lines that were removed at the end.",
        ],
        notes: &["Exit codes of `verify`: 0 the record is as Abide wrote it, 1 it is not."],
    },
    CommandEntry {
        name: "audit show",
        group: "",
        summary: "show the last lines",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "audit follow",
        group: "",
        summary: "show new lines as they come",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "audit verify",
        group: "",
        summary: "check that the record is as Abide wrote it",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "audit export",
        group: "",
        summary: "print the whole record for other systems",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "config",
        group: "Set-up",
        summary: "show where the configuration is, and check it",
        operands: "",
        about: &[
            "`path` prints the path of the file. `check` reports errors with line and column, and suggests improvements, for example \
             an idle time shorter than the provider's session. Lines to add to the file are indented. What it knows of the \
             providers comes from the running Abide; otherwise only the file is checked.",
            "`reload` has the running Abide read the file again. On Linux it does that by itself when the file changes. A file with an \
             error changes nothing.",
        ],
        notes: &["Exit codes of `check`: 0 the file can be used, even if there is advice, 1 it cannot."],
    },
    CommandEntry {
        name: "config path",
        group: "",
        summary: "print the path of the file",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "config check",
        group: "",
        summary: "check the file",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "config reload",
        group: "",
        summary: "read the file again now",
        operands: "",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "doctor",
        group: "Set-up",
        summary: "diagnose problems",
        operands: "",
        about: &[
            "Checks the configuration, the socket and its owner, the running Abide, its HTTP endpoint, the vault, the clock (compared \
             with your providers' clocks), and the detection of screen lock, sleep, keyboard and mouse. Changes nothing.",
        ],
        notes: &[
            "Exit codes: 0 no problems or only warnings, 5 Abide is not running, 1 something else is wrong.",
        ],
    },
    CommandEntry {
        name: "agent",
        group: "Programs",
        summary: "run Abide without a desktop",
        operands: "",
        about: &[
            "Keeps the sessions and answers on the local endpoint, as the tray application does. It shows nothing and asks nothing: \
             requests that need an answer of yours are refused. Ctrl-C stops it.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "demo",
        group: "Programs",
        summary: "run the demo provider by itself",
        operands: "",
        about: &[
            "An OpenID Provider to try things out, on this computer only. Not for production. Ctrl-C stops it.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "help",
        group: "Programs",
        summary: "explain a command",
        operands: "[COMMAND]",
        about: &[],
        notes: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_one_of_a_command_and_of_each_only_once() {
        for option in OPTIONS {
            assert_eq!(option.value.is_empty(), option.kind == Kind::Flag, "{}", option.long);
            for name in option.commands {
                assert!(command(name).is_some(), "--{} of {name}", option.long);
                assert_eq!(
                    options(name).filter(|one| one.long == option.long).count(),
                    1,
                    "--{} of {name}",
                    option.long
                );
            }
        }
    }

    #[test]
    fn every_command_is_in_the_overview_or_behind_one_that_is() {
        for entry in COMMANDS {
            match entry.name.split_once(' ') {
                Some((first, _)) => {
                    assert!(command(first).is_some() && entry.group.is_empty(), "{}", entry.name)
                }
                None => assert!(GROUPS.contains(&entry.group), "{}", entry.name),
            }
        }
    }
}
