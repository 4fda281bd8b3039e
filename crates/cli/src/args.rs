//! The arguments, understood.

use std::ffi::{OsStr, OsString};

use abide_wire::AccountRequest;
use lexopt::{Arg, Parser, ValueExt as _};

use crate::Program;
use crate::failure::Failure;
use crate::help;
use crate::token_request::{HEADER_OPTIONS, OPTIONS, TokenRequest};
use abide_wire::terminal::plain;

/// What is to be done.
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
    Run { request: TokenRequest, program: OsString, arguments: Vec<OsString> },
    AccountsList,
    AccountsAdd(AccountRequest),
    AccountsRemove(String),
    ClientsList,
    ClientsAllow { name: String, program: Option<OsString> },
    ClientsRevoke(String),
    Doctor,
    ConfigPath,
    ConfigCheck,
    Program(Program),
}

/// How the provider's page reaches the user.
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

/// Every option, as it was given; the commands take out theirs.
#[derive(Default)]
struct Given {
    account: Option<String>,
    no_browser: bool,
    device: bool,
    no_wait: bool,
    request: TokenRequest,
    issuer: Option<String>,
    client_id: Option<String>,
    register: bool,
    initial_token_file: Option<OsString>,
    client_secret_file: Option<OsString>,
    preset: Option<String>,
    metadata_url: Option<String>,
    redirect_uris: Vec<String>,
    ca_file: Option<OsString>,
    program: Option<OsString>,
    port: Option<u16>,
    passphrase_fd: Option<u32>,
    help: bool,
    words: Vec<OsString>,
}

/// Understands the arguments, which come without the program's name. `json` is set as soon as it is known that the
/// answer, and so an error too, is to be JSON.
pub(crate) fn parse(arguments: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let Some((first, rest)) = arguments.split_first() else { return Ok(Command::Help(None)) };
    if first != "run" && first != "curl" {
        // Known before anything can go wrong. What `abide run` and `abide curl` pass on belongs to the other program.
        let mut own = arguments.iter().take_while(|argument| *argument != OsStr::new("--"));
        *json = own.any(|argument| argument == OsStr::new("--json"));
    }
    let Some(name) = first.to_str() else { return Err(unknown_command(&first.to_string_lossy())) };
    let rest = rest.to_vec();
    match name {
        "-h" | "--help" => Ok(Command::Help(None)),
        "-V" | "--version" => Ok(Command::Version),
        "help" => help_on(rest),
        "login" => {
            let given = options(name, rest, &["account", "no-browser", "device"], json)?;
            given.finish(name, 0, |given| {
                let way = match (given.device, given.no_browser) {
                    (true, _) => Way::Device,
                    (false, true) => Way::Address,
                    (false, false) => Way::Browser,
                };
                Ok(Command::Login { account: given.account.take(), way })
            })
        }
        "logout" => {
            let given = options(name, rest, &["account", "no-wait"], json)?;
            given.finish(name, 0, |given| {
                Ok(Command::Logout { account: given.account.take(), wait: !given.no_wait })
            })
        }
        "keep" | "watch" | "monitor" | "claims" => {
            let given = options(name, rest, &["account"], json)?;
            given.finish(name, 0, |given| {
                let account = given.account.take();
                Ok(match name {
                    "keep" => Command::Keep { account },
                    "watch" => Command::Watch { account },
                    "claims" => Command::Claims { account },
                    _ => Command::Monitor { account },
                })
            })
        }
        "status" => options(name, rest, &[], json)?.finish(name, 0, |_| Ok(Command::Status)),
        "doctor" => options(name, rest, &[], json)?.finish(name, 0, |_| Ok(Command::Doctor)),
        "token" | "header" => {
            let given = options(name, rest, if name == "token" { OPTIONS } else { HEADER_OPTIONS }, json)?;
            given.finish(name, 0, |given| {
                let request = given.token_request();
                Ok(if name == "token" { Command::Token(request) } else { Command::Header(request) })
            })
        }
        "run" => run(rest, json),
        "curl" => curl(rest, json),
        "accounts" => accounts(rest, json),
        "clients" => clients(rest, json),
        "agent" => options(name, rest, &["passphrase-fd"], json)?.finish(name, 0, |given| {
            Ok(Command::Program(Program::Agent { passphrase_fd: given.passphrase_fd }))
        }),
        "demo" => options(name, rest, &["port"], json)?.finish(name, 0, |given| {
            Ok(Command::Program(Program::Demo { port: given.port.unwrap_or(DEMO_PORT) }))
        }),
        "config" => {
            let given = options(name, rest, &[], json)?;
            let sub = given.sub(name, "path")?;
            given.finish(name, 1, |_| match sub.as_str() {
                "path" => Ok(Command::ConfigPath),
                "check" => Ok(Command::ConfigCheck),
                _ => Err(unknown_sub(name, &sub)),
            })
        }
        option if option.starts_with('-') => {
            Err(Failure::usage(format!("Say what to do before `{}`.", plain(option)), ""))
        }
        name => Err(unknown_command(name)),
    }
}

/// Where the embedded demo provider is, too: its issuer contains the port.
const DEMO_PORT: u16 = 47610;

const ADDING: &[&str] = &[
    "issuer",
    "client-id",
    "client-secret-file",
    "register",
    "initial-token-file",
    "preset",
    "metadata-url",
    "redirect-uri",
    "ca-file",
];

fn help_on(rest: Vec<OsString>) -> Result<Command, Failure> {
    let mut words = rest.into_iter().filter(|word| word != "--json" && word != "--help" && word != "-h");
    let Some(topic) = words.next() else { return Ok(Command::Help(None)) };
    let topic = topic.to_string_lossy().into_owned();
    if help::page(&topic).is_none() {
        return Err(unknown_command(&topic));
    }
    Ok(Command::Help(Some(topic)))
}

fn run(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::default();
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
                let option = option_name(&argument);
                given.take("run", &option, OPTIONS, &mut parser, json)?;
            }
        }
    };
    if given.help {
        return Ok(Command::Help(Some("run".into())));
    }
    let arguments = parser.raw_args().map_err(|error| misused("run", &error))?.collect();
    Ok(Command::Run { request: given.token_request(), program, arguments })
}

/// Takes the options of Abide's own that come first; everything else is for curl.
fn curl(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::default();
    while parser.try_raw_args().and_then(|rest| rest.peek().map(is_for_abide)) == Some(true) {
        match parser.next().map_err(|error| misused("curl", &error))? {
            None | Some(Arg::Value(_)) => break,
            Some(argument) => {
                let option = option_name(&argument);
                given.take("curl", &option, HEADER_OPTIONS, &mut parser, json)?;
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
    if arguments.is_empty() && given.request.parameter("htu").is_none() {
        return Err(Failure::usage(
            "`abide curl` needs an address: abide curl https://api.example.com/",
            "curl",
        ));
    }
    Ok(Command::Curl { request: given.token_request(), arguments })
}

/// Whether an argument of `abide curl` is one of Abide's own options. `--json` is curl's.
fn is_for_abide(argument: &OsStr) -> bool {
    let text = argument.to_string_lossy();
    match text.strip_prefix("--") {
        Some(long) => {
            let name = long.split('=').next().unwrap_or_default();
            name == "help" || HEADER_OPTIONS.contains(&name)
        }
        None => text == "-h" || text.starts_with("-a"),
    }
}

fn accounts(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let name = "accounts";
    let given = options(name, rest, ADDING, json)?;
    let sub = given.sub(name, "list")?;
    if sub != "add" && given.adds() {
        let sentence = format!("`--{}` belong to `abide accounts add`.", ADDING.join("`, `--"));
        return Err(Failure::usage(sentence, name));
    }
    match sub.as_str() {
        "list" => given.finish(name, 1, |_| Ok(Command::AccountsList)),
        "add" => given.finish(name, 2, |given| given.new_account(name).map(Command::AccountsAdd)),
        "remove" => given.finish(name, 2, |given| {
            given.name(name, "`abide accounts remove` needs the account's name.").map(Command::AccountsRemove)
        }),
        _ => Err(unknown_sub(name, &sub)),
    }
}

fn clients(rest: Vec<OsString>, json: &mut bool) -> Result<Command, Failure> {
    let name = "clients";
    let given = options(name, rest, &["program"], json)?;
    let sub = given.sub(name, "list")?;
    if sub != "allow" && given.program.is_some() {
        return Err(Failure::usage("`--program` belongs to `abide clients allow`.", name));
    }
    match sub.as_str() {
        "list" => given.finish(name, 1, |_| Ok(Command::ClientsList)),
        "allow" => given.finish(name, 2, |given| {
            let client = given.name(name, "`abide clients allow` needs a name for the client.")?;
            Ok(Command::ClientsAllow { name: client, program: given.program.take() })
        }),
        "revoke" => given.finish(name, 2, |given| {
            given.name(name, "`abide clients revoke` needs the client's name.").map(Command::ClientsRevoke)
        }),
        _ => Err(unknown_sub(name, &sub)),
    }
}

/// Reads all arguments of a command that takes these options.
fn options(name: &str, rest: Vec<OsString>, allowed: &[&str], json: &mut bool) -> Result<Given, Failure> {
    let mut parser = Parser::from_args(rest);
    let mut given = Given::default();
    while let Some(argument) = parser.next().map_err(|error| misused(name, &error))? {
        if let Arg::Value(word) = argument {
            given.words.push(word);
        } else {
            let option = option_name(&argument);
            given.take(name, &option, allowed, &mut parser, json)?;
        }
    }
    Ok(given)
}

fn option_name(argument: &Arg<'_>) -> String {
    match argument {
        Arg::Short('h') => "help".into(),
        Arg::Short('a') => "account".into(),
        Arg::Short(other) => format!("-{other}"),
        Arg::Long(long) => (*long).to_owned(),
        Arg::Value(_) => String::new(),
    }
}

impl Given {
    fn take(
        &mut self,
        command: &str,
        option: &str,
        allowed: &[&str],
        parser: &mut Parser,
        json: &mut bool,
    ) -> Result<(), Failure> {
        match option {
            "help" => self.help = true,
            "json" => *json = true,
            _ if !allowed.contains(&option) => {
                let dashes = if option.starts_with('-') { "" } else { "--" };
                let sentence = format!("`abide {command}` has no option `{dashes}{}`.", plain(option));
                return Err(Failure::usage(sentence, command));
            }
            "no-browser" => self.no_browser = true,
            "device" => self.device = true,
            "no-wait" => self.no_wait = true,
            "register" => self.register = true,
            _ => {
                let value = parser.value().map_err(|error| misused(command, &error))?;
                match option {
                    "program" => self.program = Some(value),
                    "initial-token-file" => self.initial_token_file = Some(value),
                    "client-secret-file" => self.client_secret_file = Some(value),
                    "ca-file" => self.ca_file = Some(value),
                    _ => {
                        let value = value.string().map_err(|error| misused(command, &error))?;
                        self.take_text(command, option, value)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn take_text(&mut self, command: &str, option: &str, value: String) -> Result<(), Failure> {
        match option {
            "account" if value.is_empty() => {
                return Err(Failure::usage("`--account` needs the name of an account.", command));
            }
            "account" => self.account = Some(value),
            "port" => {
                let wrong = || format!("`--port` is a number up to 65535, not `{}`.", plain(&value));
                self.port = Some(value.parse().map_err(|_| Failure::usage(wrong(), command))?);
            }
            "passphrase-fd" => {
                let wrong = || {
                    let sentence = format!(
                        "`--passphrase-fd` is the number of an open file descriptor, not `{}`.",
                        plain(&value)
                    );
                    Failure::usage(sentence, command)
                };
                self.passphrase_fd = Some(value.parse().map_err(|_| wrong())?);
            }
            "issuer" => self.issuer = Some(value),
            "client-id" => self.client_id = Some(value),
            "preset" => self.preset = Some(value),
            "metadata-url" => self.metadata_url = Some(value),
            "redirect-uri" => self.redirect_uris.push(value),
            "activity" => {
                self.request.activity = Some(match value.as_str() {
                    "none" => "none",
                    "request" => "request",
                    _ => {
                        let sentence =
                            format!("`--activity` is `none` or `request`, not `{}`.", plain(&value));
                        return Err(Failure::usage(sentence, command));
                    }
                });
            }
            "min-validity" => {
                let Some(seconds) = seconds(&value) else {
                    let sentence = format!(
                        "`--{option}` is a time such as `90s`, `5m` or `1h`, not `{}`.",
                        plain(&value)
                    );
                    return Err(Failure::usage(sentence, command));
                };
                self.request.min_validity = Some(seconds);
            }
            _ if value.is_empty() => {
                return Err(Failure::usage(format!("`--{option}` is empty."), command));
            }
            _ => {
                // An option that is allowed is understood: one that nobody takes must not be passed over.
                if !self.request.take(option, value) {
                    return Err(Failure::usage(format!("`--{option}` is not understood here."), command));
                }
            }
        }
        Ok(())
    }

    /// Whether something was given that only a new account needs.
    fn adds(&self) -> bool {
        self.issuer.is_some()
            || self.client_id.is_some()
            || self.register
            || self.initial_token_file.is_some()
            || self.client_secret_file.is_some()
            || self.preset.is_some()
            || self.metadata_url.is_some()
            || !self.redirect_uris.is_empty()
            || self.ca_file.is_some()
    }

    fn new_account(&mut self, command: &str) -> Result<AccountRequest, Failure> {
        let name = self.name(command, "`abide accounts add` needs a name for the account.")?;
        let wrong = |sentence: &str| Err(Failure::usage(sentence, command));
        let (issuer, preset) = (self.issuer.take(), self.preset.take());
        if issuer.is_none() && preset.as_deref().is_none_or(|preset| preset == "none") {
            return wrong("`abide accounts add` needs the provider: --issuer URL, or --preset NAME");
        }
        if issuer.as_deref().is_some_and(|issuer| !can_be_an_issuer(issuer)) {
            return wrong(
                "`--issuer` is the provider's https address, such as https://id.example.com. http is for providers on this \
                 computer only.",
            );
        }
        let client_id = self.client_id.take();
        match (&client_id, self.register) {
            (None, false) => {
                return wrong(
                    "`abide accounts add` needs the identifier that the provider knows Abide by: --client-id ID, or \
                     --register where the provider lets Abide register itself",
                );
            }
            (Some(_), true) => return wrong("`--client-id` is for a client that is registered already."),
            _ => {}
        }
        if self.initial_token_file.is_some() && !self.register {
            return wrong("`--initial-token-file` belongs to `--register`.");
        }
        if self.client_secret_file.is_some() && self.register {
            return wrong("`--client-secret-file` is for a client that is registered already.");
        }
        // The agent has another folder.
        let absolute = |path: Option<OsString>| path.map(std::path::absolute).transpose();
        let files = absolute(self.initial_token_file.take()).and_then(|initial_token_file| {
            let client_secret_file = absolute(self.client_secret_file.take())?;
            Ok((initial_token_file, client_secret_file, absolute(self.ca_file.take())?))
        });
        let Ok((initial_token_file, client_secret_file, ca_file)) = files else {
            return wrong("That is not the path of a file.");
        };
        let register = self.register;
        Ok(AccountRequest {
            name,
            issuer,
            client_id,
            register,
            initial_token_file,
            client_secret_file,
            metadata_url: self.metadata_url.take(),
            redirect_uris: std::mem::take(&mut self.redirect_uris),
            ca_file,
            preset,
        })
    }

    fn token_request(&mut self) -> TokenRequest {
        TokenRequest { account: self.account.take(), ..std::mem::take(&mut self.request) }
    }

    /// The word behind the command, `usual` if there is none.
    fn sub(&self, command: &str, usual: &str) -> Result<String, Failure> {
        match self.words.first() {
            None => Ok(usual.to_owned()),
            Some(word) => {
                word.to_str().map(str::to_owned).ok_or_else(|| unknown_sub(command, &word.to_string_lossy()))
            }
        }
    }

    /// The word behind that, a name.
    fn name(&mut self, command: &str, missing: &str) -> Result<String, Failure> {
        match self.words.get(1).map(|word| word.to_str()) {
            Some(Some(name)) if !name.is_empty() => Ok(name.to_owned()),
            Some(_) => Err(Failure::usage("That is not a name.", command)),
            None => Err(Failure::usage(missing, command)),
        }
    }

    /// Makes the command, if nothing is left over and no help was asked for.
    fn finish(
        mut self,
        command: &str,
        words: usize,
        make: impl FnOnce(&mut Self) -> Result<Command, Failure>,
    ) -> Result<Command, Failure> {
        if self.help {
            return Ok(Command::Help(Some(command.to_owned())));
        }
        if let Some(word) = self.words.get(words) {
            let word = word.to_string_lossy();
            let sentence = format!("`abide {command}` does not know what to do with `{}`.", plain(&word));
            return Err(Failure::usage(sentence, command));
        }
        make(&mut self)
    }
}

/// Whether a provider could be there: at an https address (OpenID Connect Discovery 1.0, section 3), or on this computer.
fn can_be_an_issuer(issuer: &str) -> bool {
    if let Some(rest) = issuer.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let Some(rest) = issuer.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A time: seconds, or a number with `s`, `m` or `h`.
fn seconds(text: &str) -> Option<u64> {
    let (number, unit) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3600),
        _ => (text, 1),
    };
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// What the parser says, in our words.
fn misused(command: &str, error: &lexopt::Error) -> Failure {
    let sentence = match error {
        lexopt::Error::MissingValue { option: Some(option) } => format!("`{}` needs a value.", plain(option)),
        lexopt::Error::UnexpectedValue { option, .. } => format!("`{}` takes no value.", plain(option)),
        lexopt::Error::NonUnicodeValue(value) => {
            format!("`{}` is not valid text.", plain(&value.to_string_lossy()))
        }
        other => format!("The arguments cannot be understood: {}.", plain(&other.to_string())),
    };
    Failure::usage(sentence, command)
}

fn unknown_command(name: &str) -> Failure {
    let mut sentence = format!("There is no command `{}`.", plain(name));
    if let Some(near) = help::COMMANDS.iter().find(|command| one_slip_apart(command, name)) {
        sentence.push_str(&format!(" Did you mean `abide {near}`?"));
    }
    Failure::usage(sentence, "")
}

fn unknown_sub(command: &str, sub: &str) -> Failure {
    Failure::usage(format!("There is no command `abide {command} {}`.", plain(sub)), command)
}

/// Whether two words differ by one letter too many, too few, wrong, or two that changed places.
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
    fn times_are_read_as_people_write_them() {
        let read: Vec<_> = ["60", "60s", "5m", "1h", "", "s", "-5", "1d", "1.5h", "99999999999999999h"]
            .map(seconds)
            .to_vec();
        // "s" alone is no time: an empty number does not parse.
        assert_eq!(read, [Some(60), Some(60), Some(300), Some(3600), None, None, None, None, None, None]);
    }

    #[test]
    fn an_issuer_that_can_never_work_is_refused() {
        for issuer in
            ["https://id.example.com", "http://127.0.0.1:47610", "http://[::1]/a", "http://localhost:1/"]
        {
            assert!(can_be_an_issuer(issuer), "{issuer}");
        }
        for issuer in [
            "http://id.example.com",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com",
            "http://127.0.0.1@example.com/",
            "id.example.com",
            "ftp://127.0.0.1",
            "https://",
            "",
        ] {
            assert!(!can_be_an_issuer(issuer), "{issuer}");
        }
    }

    #[test]
    fn what_follows_the_program_is_the_programs() {
        let request = TokenRequest { account: Some("work".into()), ..TokenRequest::default() };
        let arguments = vec!["plan".into(), "--json".into(), "--".into(), "--help".into()];
        let expected = Command::Run { request, program: "terraform".into(), arguments };
        let with_dashes = ["run", "--account", "work", "--", "terraform", "plan", "--json", "--", "--help"];
        let without = ["run", "-a", "work", "terraform", "plan", "--json", "--", "--help"];
        assert_eq!(parsed(&without), (Ok(expected), false));
        assert!(matches!(parsed(&with_dashes), (Ok(Command::Run { .. }), false)));
        assert!(parsed(&["run", "--account", "work", "--json", "--", "x"]).1);
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
