//! The options of the commands.

use super::{Kind, OptionEntry};

const ONE_ACCOUNT: &str = "The account. Not needed when only one is signed in.";
/// For how long and for whom an answer holds.
const SPANS: &[&str] = &["once", "run", "terminal", "agent", "session", "script", "always"];
const ENDS: &[&str] = &["1h", "8h", "session", "30d", "revoked"];
const TOKENS: &[&str] = &["token", "header", "curl", "run", "env", "credential", "goauth"];
/// The forms of `abide credential`: three for any tool, and those of `abide_dialects::program::PROGRAMS`.
const FORMATS: &[&str] = &[
    "bearer",
    "headers",
    "json",
    "git",
    "docker",
    "cargo",
    "goauth",
    "keyring",
    "exec",
    "executable",
    "bazel",
    "terraform",
    "aws-process",
];

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
    text(
        &["mcp", "mcp add", "mcp connect"],
        "account",
        Some('a'),
        "NAME",
        "The account. Not needed when only one is of the server\u{2019}s provider.",
    ),
    text(
        &["mcp", "mcp add"],
        "name",
        None,
        "NAME",
        "The server\u{2019}s name in the file. By default from its address.",
    ),
    flag(&["mcp", "mcp add"], "write", "Write the lines into the file of the coding agent."),
    flag(&["mcp", "mcp add"], "json", "Print the lines and the result as JSON."),
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
    OptionEntry {
        kind: Kind::OneOf(FORMATS),
        ..text(&["credential"], "format", Some('f'), "FORMAT", "What the tool expects. Required.")
    },
    text(
        &["credential", "goauth"],
        "host",
        None,
        "HOST",
        "The server that gets the token: HOST, HOST:PORT or HOST/PATH. Can be given more than once. Without it, the servers are \
         those of [[dialects.FORMAT]] in the configuration.",
    ),
    text(
        &["credential", "goauth"],
        "user",
        None,
        "NAME",
        "The user name that goes with the token, with --host. The default is what the tool has, or oauth2.",
    ),
    text(
        &["accounts add"],
        "issuer",
        None,
        "URL",
        "The provider's address (issuer), exactly as the provider writes it, or your e-mail address (WebFinger). Not needed with a preset that has one.",
    ),
    text(
        &["accounts add"],
        "client-id",
        None,
        "ID",
        "The client ID under which Abide is registered at the provider. With --register: the address of its client metadata document.",
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
        "Register Abide at the provider (RFC 7591), unless it reads the document in --client-id. `abide accounts remove` removes the registration (RFC 7592).",
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
    flag(
        &["clients allow"],
        "plain",
        "Make a key that is sent as it is, for a tool that cannot sign its requests. Every program that sees a request can then use the key.",
    ),
    flag(&["approve"], "others", "Give the same answer to the other open questions of this program."),
    flag(&["approve"], "list", "Print the open questions and the answers that hold, and ask nothing."),
    flag(
        &["approve"],
        "wait",
        "Wait for the next question if none is open. While this command runs, a program that asks waits for your answer instead of being refused.",
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
        kind: Kind::OneOf(ENDS),
        ..text(
            &["approve"],
            "until",
            None,
            "END",
            "When the answer ends at the latest: 1h, 8h, 30d, session (when you are signed out), revoked (when you revoke it).",
        )
    },
    text(
        &["approve"],
        "only-target",
        None,
        "API",
        "Allow only this API of those that the program asks for. Can be given more than once.",
    ),
    text(&["approve"], "only-scope", None, "SCOPES", "Allow only these scopes, separated by spaces."),
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
    text(
        &["run"],
        "dialect",
        None,
        "NAME",
        "Let the program get its tokens by itself, as `abide dialects` lists. Can be given more than once.",
    ),
    flag(
        &["run"],
        "token-file",
        "Keep a token in a file for as long as the program runs, and renew it. ABIDE_TOKEN_FILE names the file.",
    ),
    text(&["run", "env"], "env", None, "VARIABLE", "Set this variable to the token instead of ABIDE_TOKEN."),
    text(
        &["env"],
        "dialect",
        None,
        "NAME",
        "Print the variables for a tool that runs Abide by itself: goauth, keyring, cargo or executable. Can be given more than once.",
    ),
    OptionEntry {
        kind: Kind::OneOf(&["sh", "fish", "powershell"]),
        ..text(&["env"], "shell", None, "SHELL", "The shell to write for. The default is the shell in SHELL.")
    },
    text(
        &["credential"],
        "role",
        None,
        "ARN",
        "The AWS role to get credentials for. Only for the format aws-process, which needs it.",
    ),
    flag(&["env"], "json", "Print the variables as a JSON object."),
    flag(&["dialects"], "json", "Print the dialects as JSON."),
    flag(&["proxies"], "json", "Print the proxies as JSON."),
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
    flag(
        &["run", "credential", "goauth", "agent", "demo", "help", "audit export"],
        "json",
        "Print errors as JSON.",
    ),
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

#[cfg(test)]
mod tests {
    use super::FORMATS;

    #[test]
    fn the_forms_are_three_for_any_tool_and_those_of_the_dialects() {
        let programs: Vec<&str> =
            abide_dialects::program::PROGRAMS.iter().map(|program| program.format).collect();
        assert_eq!(FORMATS[3..], programs);
    }
}
