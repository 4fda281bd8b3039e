//! The commands, with the text of their pages.

use super::CommandEntry;

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
        summary: "run a program that gets its tokens from Abide",
        operands: "[--] PROGRAM [ARGUMENTS]",
        about: &[
            "  abide run -- terraform plan\n  abide run --account work -- ./deploy.sh --region eu",
            "The program gets the token in its environment, in ABIDE_TOKEN, never in its arguments. That token is not replaced when it \
             expires.",
            "  abide run --dialect azure -- python app.py\n  abide run --dialect google -- node app.js",
            "With --dialect, the SDK in the program finds its tokens by itself, and new ones for as long as the program runs. You are \
             asked once for the program and everything that it starts, before it starts. With azure and azure-imds, name what the \
             token is for (--resource); otherwise you are asked when the program names it. Variables that the SDK would use instead \
             are not passed on; Abide names them.",
        ],
        notes: &[
            "The exit code is that of the program; 127 means that it does not exist, 126 that it cannot be run.",
        ],
    },
    CommandEntry {
        name: "env",
        group: "Tokens",
        summary: "print variables with a token for your shell",
        operands: "",
        about: &[
            "  eval \"$(abide env)\"\n  abide env --shell fish | source",
            "Prints what `abide run` would set: ABIDE_TOKEN, for the shell that reads it. The token is not replaced when it expires, and \
             every program of that shell gets it. With --dialect, prints the variables of a tool that runs Abide by itself, which \
             contain no token:",
            "  eval \"$(abide env --dialect goauth --dialect keyring)\"",
            "The dialects of SDKs (azure, google, aws and others) need a port, a key or a file that end with a program. Start a shell \
             as that program:",
            "  abide run --dialect google -- bash",
        ],
        notes: &["Exit code 3 means that you have to sign in first: abide login"],
    },
    CommandEntry {
        name: "credential",
        group: "Tokens",
        summary: "answer a tool that asks a program for its credential",
        operands: "[--] [ARGUMENTS OF THE TOOL]",
        about: &[
            "  git config --global credential.helper '!abide credential --format git'",
            "Tools such as git, docker and cargo run a program when a server wants a credential. This command is that program: it \
             reads the request in the tool's own form (--format) and writes the answer that the tool expects, with a token of \
             your session. Arguments of the tool come last.",
            "A server gets a token only if you have named it: in [[dialects.FORMAT]] of the configuration, or with --host. Other \
             servers get nothing, and the tool asks elsewhere. With exec, executable, bearer (prints only the token), headers (a \
             JSON object of headers) and json (the whole answer), there is no server: the tool gets a token of the account. With \
             aws-process it gets credentials of the role at AWS that --role names.",
            "Some tools look for a program by its name and pass no options. Make a link with that name to `abide`: \
             docker-credential-abide, git-credential-abide, cargo-credential-abide, keyring, bazel-credential-abide, \
             terraform-credentials-abide. docs/dialects has a page for each tool.",
        ],
        notes: &["Exit codes are those that the tool expects."],
    },
    CommandEntry {
        name: "goauth",
        group: "Tokens",
        summary: "answer the go command, which asks for module servers",
        operands: "[URL]",
        about: &[
            "  go env -w GOAUTH='abide goauth'",
            "The same as `abide credential --format goauth`. The servers are those of [[dialects.goauth]] in the configuration, or \
             named with --host. Go authenticates over https only.",
        ],
        notes: &["`go` shows what this command says only with -x: GOFLAGS=-x go mod download"],
    },
    CommandEntry {
        name: "mcp",
        group: "Tokens",
        summary: "connect a coding agent to an MCP server",
        operands: "",
        about: &[
            "A coding agent runs this command and speaks to it on standard input and output, as to a local MCP server:",
            "  abide mcp connect https://mcp.example.com/mcp",
            "Abide signs in once for all coding agents, renews the token once, and adds it to each request. No agent and no \
             configuration contains the token. The account is the one of the provider that the server names in its metadata (RFC \
             9728). Abide asks you when an agent wants to reach a server for the first time, and when the server wants more scopes.",
            "The address has to be https, or http on this computer.",
            "`abide mcp add` shows the lines that make an agent run this, and with `--write` adds them to the agent\u{2019}s file. What is \
             in the file stays as it is. Agents: claude-code and vscode, for the project in this folder; codex and cursor, for all \
             projects.",
            "  abide mcp add cursor https://mcp.example.com/mcp --write",
        ],
        notes: &["It ends when its standard input ends. Messages for people are on standard error."],
    },
    CommandEntry {
        name: "mcp connect",
        group: "",
        summary: "connect to the MCP server at URL",
        operands: "URL",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "mcp add",
        group: "",
        summary: "show or write the lines for a coding agent",
        operands: "AGENT URL",
        about: &[],
        notes: &[],
    },
    CommandEntry {
        name: "dialects",
        group: "Tokens",
        summary: "list the SDKs and tools that can get tokens from Abide",
        operands: "",
        about: &[
            "Each with its name and a command to copy. SDKs get their tokens with `abide run --dialect NAME`; the other tools run \
             Abide by themselves once you have set them up.",
        ],
        notes: &[],
    },
    CommandEntry {
        name: "proxies",
        group: "Tokens",
        summary: "list the addresses that add the token to requests",
        operands: "",
        about: &[
            "A forwarding proxy is for a program that can neither run Abide nor read a variable: it gets an address on this computer, \
             and Abide passes its requests on to one server, with the token. You are asked for each program, as for any token.",
            "Set one up in the configuration:",
            "  [proxies.api]\n  listen = \"127.0.0.1:47700\"\n  upstream = \"https://api.example.com\"\n  account = \"work\"",
            "This command prints each proxy with its address, its server, its account and its state. docs/proxy.md has more.",
        ],
        notes: &[],
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
            "A client is a tool that may have tokens: a program on this computer (--program), or any tool that has a key and asks over HTTP. \
             A tool with a key signs its requests, as the client libraries do, and never sends the key; with --plain it sends it. \
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
            "Abide asks you before a program gets a token for the first time. On a desktop, a dialog asks. This command asks at a \
             terminal, also over SSH. Without a number it asks about each open question.",
            "You say for how long: once; run (this process and what it starts); terminal (everything in this terminal); agent \
             (everything that the editor or coding agent behind it starts); session (this program until you are signed out); \
             script (this script as it is now, 30 days); always (this program as it is now). Only what fits is offered.",
            "You can allow less than a program asks for, and for a shorter time. The program then gets a token with what you have \
             allowed.",
            "  abide approve --wait              answer the next question\n  \
               abide approve 3 --allow run       allow what question 3 asks for, for this run\n  \
               abide approve 3 --allow always --until 8h --only-scope api.read\n  \
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
            "Keeps the sessions and answers on the local endpoint, as the tray application does. It has no window and shows no \
             dialog: answer questions with `abide approve`. Ctrl-C stops it.",
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
