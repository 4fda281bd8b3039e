//! Parses the arguments into a command.

use std::ffi::{OsStr, OsString};

use abide_wire::terminal::plain;
use abide_wire::{AccountRequest, ConsentAnswer, Span, Until};
use lexopt::{Arg, Parser};

use super::given::{Given, misused, name_of};
use super::mcp_server::{McpServer, address};
use super::new_account::new_account;
use super::table;
use super::token_request::TokenRequest;
use crate::failure::Failure;
use crate::program::Program;

/// The parsed command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help(Option<String>),
    Version,
    Login { account: Option<String>, way: Way },
    Logout { account: Option<String>, wait: bool },
    Keep { account: Option<String> },
    Status,
    Watch { account: Option<String> },
    Monitor { account: Option<String> },
    Claims { account: Option<String> },
    Token(TokenRequest),
    Header(TokenRequest),
    Curl { request: TokenRequest, arguments: Vec<OsString> },
    Run { request: TokenRequest, ways: Ways, program: OsString, arguments: Vec<OsString> },
    Env { request: TokenRequest, ways: Ways, shell: Option<Shell> },
    Dialects,
    Proxies,
    Credential(Credential),
    McpConnect { url: String, account: Option<String> },
    McpAdd(McpServer),
    AccountsList,
    AccountsAdd(AccountRequest),
    AccountsRemove(String),
    ClientsList,
    ClientsAllow { name: String, program: Option<OsString>, plain: bool },
    ClientsRevoke(String),
    AuditShow { last: usize, account: Option<String> },
    AuditFollow { account: Option<String> },
    AuditVerify,
    AuditExport { ocsf: bool },
    Approve(Approval),
    Doctor,
    ConfigPath,
    ConfigCheck,
    ConfigReload,
    Program(Program),
}

/// What `abide credential` is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The form of the request and the answer.
    pub(crate) format: String,
    /// The token, where the configuration does not say.
    pub(crate) request: TokenRequest,
    /// The servers that get it, instead of those in the configuration.
    pub(crate) hosts: Vec<String>,
    /// The user name that goes with it.
    pub(crate) user: Option<String>,
    /// The role at AWS.
    pub(crate) role: Option<String>,
    /// The arguments of the tool.
    pub(crate) arguments: Vec<OsString>,
}

/// What `abide approve` is to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Approval {
    /// The question.
    pub(crate) question: Option<u64>,
    /// Allow or deny, and for how long; without it, the user is asked.
    pub(crate) answer: Option<ConsentAnswer>,
    /// Whether the answer is also for the other questions of the program.
    pub(crate) others: bool,
    /// The answer to take back.
    pub(crate) stop: Option<u32>,
    /// Wait for a question.
    pub(crate) wait: bool,
    /// Ask nothing.
    pub(crate) list: bool,
}

/// The ways in which `abide run` hands the token to its program.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    /// The names of dialects.
    pub(crate) dialects: Vec<String>,
    /// In a file, which is renewed.
    pub(crate) token_file: bool,
    /// In a variable with this name.
    pub(crate) variable: Option<String>,
}

/// The shell that `abide env` writes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    /// POSIX: sh, bash, zsh.
    Sh,
    Fish,
    Pwsh,
}

/// The way in which the user opens the provider's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Way {
    /// Abide opens the browser.
    #[default]
    Browser,
    /// The command prints the address.
    Address,
    /// The command prints a code for another device.
    Device,
}

/// Parses the arguments, without the program's name. `json` is set as soon as it is known that results and errors are to be
/// JSON.
pub(crate) fn parse(arguments: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let Some((first, rest)) = arguments.split_first() else { return Ok(Command::Help(None)) };
    if first == CARGO_PLUGIN {
        return Ok(Command::Credential(Credential { format: "cargo".to_owned(), ..Credential::default() }));
    }
    if !["run", "curl", "credential", "goauth"].iter().any(|passes_on| first == passes_on) {
        // Known before an error can occur. Arguments that `abide run` and the like pass on belong to the other program.
        let mut own = arguments.iter().take_while(|argument| *argument != OsStr::new("--"));
        *json = own.any(|argument| argument == OsStr::new("--json"));
    }
    let name = first.to_string_lossy();
    let rest = rest.to_vec();
    match &*name {
        "-h" | "--help" => return Ok(Command::Help(None)),
        "-V" | "--version" => return Ok(Command::Version),
        "help" => return help_on(rest),
        option if option.starts_with('-') => {
            return Err(Failure::usage(format!("Name a command before `{}`.", plain(option)), ""));
        }
        _ => {}
    }
    let Some(command) = table::names().find(|known| *known == name) else {
        return Err(unknown_command(&name));
    };
    match command {
        "run" => return run(rest, json),
        "curl" => return curl(rest, json),
        "credential" | "goauth" => return credential(command, rest, json),
        _ => {}
    }
    let given = Given::read(command, rest, json)?;
    if given.help {
        return Ok(Command::Help(Some(command.to_owned())));
    }
    match command {
        "accounts" => accounts(&given),
        "clients" => clients(&given),
        "audit" => audit(&given),
        "config" => configuration(&given),
        "mcp" => mcp(&given),
        "approve" => approve(&given),
        _ => {
            given.no_more_than(0)?;
            Ok(alone(command, &given))
        }
    }
}

/// A command without words after it.
fn alone(command: &str, given: &Given) -> Command {
    let account = given.text("account");
    match command {
        "login" => {
            let way = match (given.flag("device"), given.flag("no-browser")) {
                (true, _) => Way::Device,
                (false, true) => Way::Address,
                (false, false) => Way::Browser,
            };
            Command::Login { account, way }
        }
        "logout" => Command::Logout { account, wait: !given.flag("no-wait") },
        "keep" => Command::Keep { account },
        "status" => Command::Status,
        "watch" => Command::Watch { account },
        "monitor" => Command::Monitor { account },
        "claims" => Command::Claims { account },
        "token" => Command::Token(token_request(given)),
        "header" => Command::Header(token_request(given)),
        "env" => {
            let shell = given.text("shell").map(|name| match name.as_str() {
                "fish" => Shell::Fish,
                "powershell" => Shell::Pwsh,
                _ => Shell::Sh,
            });
            Command::Env { request: token_request(given), ways: ways(given), shell }
        }
        "doctor" => Command::Doctor,
        "dialects" => Command::Dialects,
        "proxies" => Command::Proxies,
        "agent" => Command::Program(Program::Agent { passphrase_fd: given.number("passphrase-fd") }),
        "demo" => Command::Program(Program::Demo { port: given.number("port").unwrap_or(DEMO_PORT) }),
        _ => Command::Help(None),
    }
}

/// The port of the embedded demo provider too: its issuer contains the port.
const DEMO_PORT: u16 = 47610;

fn help_on(rest: Vec<OsString>) -> Result<Command, Failure> {
    let mut words = rest.into_iter().filter(|word| word != "--json" && word != "--help" && word != "-h");
    let Some(topic) = words.next() else { return Ok(Command::Help(None)) };
    let topic = topic.to_string_lossy();
    match table::names().find(|name| *name == topic) {
        Some(name) => Ok(Command::Help(Some(name.to_owned()))),
        None => Err(unknown_command(&topic)),
    }
}

fn run(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::new("run");
    let program = loop {
        match parser.next().map_err(|error| misused("run", &error))? {
            None if given.help => return Ok(Command::Help(Some("run".into()))),
            None => {
                return Err(Failure::usage(
                    "`abide run` needs a program: abide run -- terraform plan",
                    "run",
                ));
            }
            Some(Arg::Value(program)) => break program,
            Some(argument) => {
                let option = name_of(&argument);
                given.take(&option, &mut parser, json)?;
            }
        }
    };
    if given.help {
        return Ok(Command::Help(Some("run".into())));
    }
    let arguments = parser.raw_args().map_err(|error| misused("run", &error))?.collect();
    Ok(Command::Run { request: token_request(&given), ways: ways(&given), program, arguments })
}

fn ways(given: &Given) -> Ways {
    let dialects = given.texts().filter(|(option, _)| option.long == "dialect");
    Ways {
        dialects: dialects.map(|(_, name)| name.to_owned()).collect(),
        token_file: given.flag("token-file"),
        variable: given.text("env"),
    }
}

/// With what cargo runs a credential provider: `abide` is one without a link.
const CARGO_PLUGIN: &str = "--cargo-plugin";

/// Takes Abide's own options, which come first. The tool appends its arguments, which may look like options.
fn credential(command: &'static str, rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::new(command);
    let mut arguments = Vec::new();
    let is_own = |parser: &mut Parser| parser.try_raw_args().and_then(|rest| Some(rest.peek()? != "--"));
    while arguments.is_empty() && is_own(&mut parser) == Some(true) {
        match parser.next().map_err(|error| misused(command, &error))? {
            None => break,
            Some(Arg::Value(first)) => arguments.push(first),
            Some(argument) => {
                let option = name_of(&argument);
                given.take(&option, &mut parser, json)?;
            }
        }
    }
    if given.help {
        return Ok(Command::Help(Some(command.into())));
    }
    arguments.extend(parser.raw_args().map_err(|error| misused(command, &error))?);
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let format = match given.text("format") {
        Some(format) => format,
        None if command == "goauth" => "goauth".to_owned(),
        None => {
            return Err(Failure::usage(
                "`abide credential` needs the form that the tool expects: abide credential --format git get",
                command,
            ));
        }
    };
    let hosts =
        given.texts().filter(|(option, _)| option.long == "host").map(|(_, host)| host.to_owned()).collect();
    let (user, role) = (given.text("user"), given.text("role"));
    let request = token_request(&given);
    Ok(Command::Credential(Credential { format, request, hosts, user, role, arguments }))
}

/// Takes Abide's own options, which come first; everything else is for curl.
fn curl(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::new("curl");
    while parser.try_raw_args().and_then(|rest| rest.peek().map(is_for_abide)) == Some(true) {
        match parser.next().map_err(|error| misused("curl", &error))? {
            None | Some(Arg::Value(_)) => break,
            Some(argument) => {
                let option = name_of(&argument);
                given.take(&option, &mut parser, json)?;
            }
        }
    }
    if given.help {
        return Ok(Command::Help(Some("curl".into())));
    }
    let mut arguments: Vec<OsString> = parser.raw_args().map_err(|error| misused("curl", &error))?.collect();
    if arguments.first().is_some_and(|first| first == "--") {
        arguments.remove(0);
    }
    let request = token_request(&given);
    if arguments.is_empty() && request.parameter("htu").is_none() {
        return Err(Failure::usage(
            "`abide curl` needs an address: abide curl https://api.example.com/",
            "curl",
        ));
    }
    Ok(Command::Curl { request, arguments })
}

/// Whether an argument of `abide curl` is one of Abide's own options.
fn is_for_abide(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    match text.strip_prefix("--") {
        Some(long) => {
            let name = long.split('=').next().unwrap_or_default();
            name == "help" || table::option("curl", name).is_some()
        }
        None => text == "-h" || text.starts_with("-a"),
    }
}

fn token_request(given: &Given) -> TokenRequest {
    let mut request = TokenRequest {
        account: given.text("account"),
        min_validity: given.number("min-validity"),
        activity: given.text("activity"),
        ..TokenRequest::default()
    };
    for (option, value) in given.texts() {
        request.take(option.long, value);
    }
    request
}

fn accounts(given: &Given) -> Result<Command, Failure> {
    let sub = given.sub("list")?;
    given.only_for(&sub)?;
    given.no_more_than(if sub == "list" { 1 } else { 2 })?;
    match sub.as_str() {
        "add" => new_account(given).map(Command::AccountsAdd),
        "remove" => {
            given.name("`abide accounts remove` needs the account's name.").map(Command::AccountsRemove)
        }
        _ => Ok(Command::AccountsList),
    }
}

fn mcp(given: &Given) -> Result<Command, Failure> {
    let sub = given.sub("connect")?;
    given.only_for(&sub)?;
    if sub == "add" {
        given.no_more_than(3)?;
        return McpServer::read(given).map(Command::McpAdd);
    }
    given.no_more_than(2)?;
    let url = address(&given.name("`abide mcp connect` needs the address of the MCP server.")?, "connect")?;
    Ok(Command::McpConnect { url, account: given.text("account") })
}

fn clients(given: &Given) -> Result<Command, Failure> {
    let sub = given.sub("list")?;
    given.only_for(&sub)?;
    given.no_more_than(if sub == "list" { 1 } else { 2 })?;
    match sub.as_str() {
        "allow" => {
            let name = given.name("`abide clients allow` needs a name for the client.")?;
            let (program, plain) = (given.path("program"), given.flag("plain"));
            if program.is_some() && plain {
                let sentence =
                    "`--plain` makes a key. A program that you allow with `--program` needs no key.";
                return Err(Failure::usage(sentence, "clients"));
            }
            Ok(Command::ClientsAllow { name, program, plain })
        }
        "revoke" => given.name("`abide clients revoke` needs the client's name.").map(Command::ClientsRevoke),
        _ => Ok(Command::ClientsList),
    }
}

fn audit(given: &Given) -> Result<Command, Failure> {
    let sub = given.sub("show")?;
    given.only_for(&sub)?;
    given.no_more_than(1)?;
    let account = given.text("account");
    Ok(match sub.as_str() {
        "follow" => Command::AuditFollow { account },
        "verify" => Command::AuditVerify,
        "export" => Command::AuditExport { ocsf: given.text("format").as_deref() == Some("ocsf") },
        _ => Command::AuditShow { last: given.number("last").unwrap_or(50), account },
    })
}

fn approve(given: &Given) -> Result<Command, Failure> {
    given.no_more_than(1)?;
    let wrong = |sentence: &str| Err(Failure::usage(sentence, "approve"));
    let question = given.first().map(|word| word.parse::<u64>().map_err(|_| ())).transpose();
    let Ok(question) = question else {
        return wrong("A question has a number. `abide approve --list` shows it.");
    };
    let (allow, deny) = (given.text("allow"), given.text("deny"));
    let targets = given.texts().filter(|(option, _)| option.long == "only-target");
    let targets: Vec<String> = targets.map(|(_, target)| target.to_owned()).collect();
    let scopes = given.text("only-scope");
    let until = given.text("until");
    if allow.is_some() && deny.is_some() {
        return wrong("Give `--allow` or `--deny`, not both.");
    }
    if allow.is_none() && (!targets.is_empty() || scopes.is_some()) {
        return wrong("`--only-target` and `--only-scope` belong to `--allow`.");
    }
    if allow.is_none() && deny.is_none() && until.is_some() {
        return wrong("`--until` belongs to `--allow` or `--deny`.");
    }
    let span = allow.as_ref().or(deny.as_ref());
    let span = span.and_then(|word| Span::ALL.into_iter().find(|span| span.as_str() == word));
    let answer = span.map(|span| ConsentAnswer {
        until: until.and_then(|word| Until::ALL.into_iter().find(|until| until.as_str() == word)),
        targets: (!targets.is_empty()).then_some(targets),
        scopes: scopes.map(|scopes| scopes.split_ascii_whitespace().map(str::to_owned).collect()),
        ..ConsentAnswer::new(allow.is_some(), span)
    });
    let stop = given.number("stop");
    if stop.is_some() && (question.is_some() || answer.is_some()) {
        return wrong("`--stop` takes an answer back. Use it alone.");
    }
    let (wait, list, others) = (given.flag("wait"), given.flag("list"), given.flag("others"));
    if others && answer.is_none() {
        return wrong("`--others` belongs to `--allow` or `--deny`.");
    }
    Ok(Command::Approve(Approval { question, answer, others, stop, wait, list }))
}

fn configuration(given: &Given) -> Result<Command, Failure> {
    let sub = given.sub("path")?;
    given.only_for(&sub)?;
    given.no_more_than(1)?;
    Ok(match sub.as_str() {
        "check" => Command::ConfigCheck,
        "reload" => Command::ConfigReload,
        _ => Command::ConfigPath,
    })
}

fn unknown_command(name: &str) -> Failure {
    let mut sentence = format!("There is no command `{}`.", plain(name));
    if let Some(near) = table::names().find(|command| one_slip_apart(command, name)) {
        sentence.push_str(&format!(" Did you mean `abide {near}`?"));
    }
    Failure::usage(sentence, "")
}

/// Whether two words differ by one letter: too many, too few, wrong, or two exchanged.
fn one_slip_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([], _) | (_, []) => false,
        _ => {
            a[1..] == b[1..]
                || a[1..] == *b
                || *a == b[1..]
                || (a.len() > 1 && b.len() > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..])
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(words: &[&str]) -> (Result<Command, String>, bool) {
        let mut json = false;
        let result = parse(words.iter().map(OsString::from).collect(), &mut json);
        (result.map_err(|failure| failure.to_string()), json)
    }

    #[test]
    fn what_follows_the_program_is_the_programs() {
        let request = TokenRequest { account: Some("work".into()), ..TokenRequest::default() };
        let arguments = vec!["plan".into(), "--json".into(), "--".into(), "--help".into()];
        let expected =
            Command::Run { request, ways: Ways::default(), program: "terraform".into(), arguments };
        let with_dashes = ["run", "--account", "work", "--", "terraform", "plan", "--json", "--", "--help"];
        let without = ["run", "-a", "work", "terraform", "plan", "--json", "--", "--help"];
        assert_eq!(parsed(&without), (Ok(expected), false));
        assert!(matches!(parsed(&with_dashes), (Ok(Command::Run { .. }), false)));
        assert!(parsed(&["run", "--account", "work", "--json", "--", "x"]).1);
    }

    #[test]
    fn what_a_tool_appends_is_the_tools() {
        let credential = |words: &[&str]| match parsed(words) {
            (Ok(Command::Credential(credential)), false) => credential,
            other => panic!("{other:?}"),
        };
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        let git = credential(&[
            "credential",
            "--format",
            "git",
            "--host",
            "a.example",
            "--host=b.example",
            "-a",
            "work",
            "get",
        ]);
        assert_eq!((git.format.as_str(), git.arguments), ("git", words(&["get"])));
        assert_eq!(git.hosts, ["a.example", "b.example"]);
        assert_eq!(git.request.account.as_deref(), Some("work"));
        let tool = ["--mode=creds", "--json", "get", "--help"];
        let keyring = credential(&[&["credential", "--format=keyring", "--"][..], &tool].concat());
        assert_eq!((keyring.format.as_str(), keyring.arguments), ("keyring", words(&tool)));
        assert_eq!(credential(&["--cargo-plugin"]).format, "cargo");
        let go = credential(&["goauth", "--host", "a.example", "https://a.example/x"]);
        assert_eq!((go.format.as_str(), go.arguments), ("goauth", words(&["https://a.example/x"])));
        assert!(parsed(&["credential", "get"]).0.is_err());
        assert!(parsed(&["credential", "--format", "gti", "get"]).0.is_err());
        assert_eq!(parsed(&["credential", "--help"]).0, Ok(Command::Help(Some("credential".into()))));
    }

    #[test]
    fn what_is_not_abides_own_is_passed_to_curl() {
        let curl = |words: &[&str]| match parsed(&[&["curl"], words].concat()) {
            (Ok(Command::Curl { request, arguments }), false) => (request.account, arguments),
            other => panic!("{other:?}"),
        };
        let rest = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(curl(&["https://a/"]), (None, rest(&["https://a/"])));
        assert_eq!(
            curl(&["-a", "work", "-sS", "--json", "{}", "https://a/"]),
            (Some("work".into()), rest(&["-sS", "--json", "{}", "https://a/"]))
        );
        assert_eq!(
            curl(&["--account=work", "--", "--url", "https://a/", "--help"]),
            (Some("work".into()), rest(&["--url", "https://a/", "--help"]))
        );
        assert_eq!(curl(&["--json", "{}", "-a", "x"]), (None, rest(&["--json", "{}", "-a", "x"])));
        assert_eq!(parsed(&["curl", "--help"]).0, Ok(Command::Help(Some("curl".into()))));
        assert!(parsed(&["curl"]).0.is_err());
    }

    #[test]
    fn a_slip_of_the_finger_is_guessed() {
        for slip in ["tokne", "tken", "tokenn", "toxen"] {
            let said = parsed(&[slip]).0.unwrap_err();
            assert!(said.contains("Did you mean `abide token`?"), "{slip}: {said}");
        }
        assert!(!parsed(&["elephant"]).0.unwrap_err().contains("Did you mean"));
    }

    #[test]
    fn help_is_found_wherever_it_is_asked_for() {
        assert_eq!(parsed(&[]).0, Ok(Command::Help(None)));
        assert_eq!(parsed(&["--help"]).0, Ok(Command::Help(None)));
        for words in [&["help", "token"][..], &["token", "--help"], &["token", "-h", "--account", "x"]] {
            assert_eq!(parsed(words).0, Ok(Command::Help(Some("token".into()))));
        }
        assert_eq!(parsed(&["accounts", "add", "--help"]).0, Ok(Command::Help(Some("accounts".into()))));
        assert_eq!(parsed(&["run", "--help"]).0, Ok(Command::Help(Some("run".into()))));
        assert_eq!(parsed(&["--version"]).0, Ok(Command::Version));
    }
}
