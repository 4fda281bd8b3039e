//! `abide credential`: the dialects of tools that run a program for their credential. What is read and written is in
//! `abide_dialects`; here are the streams, the agent, and the order.

use std::io::{BufRead, Read as _};

use abide_dialects::call::{Ask, Call, Given, Input, Named, Next, NoToken, Output, Program};
use abide_dialects::program::{by_format, servers};
use abide_wire::terminal::plain;
use abide_wire::{AwsCredentials, DialectServer, DialectServers, TokenAnswer};

use super::{aws, token};
use crate::arguments::parse::Credential;
use crate::arguments::token_request::TokenRequest;
use crate::failure::Failure;
use crate::http::push_encoded;
use crate::io::Io;

/// The largest request of a tool.
const LARGEST: u64 = 64 << 10;
/// The shortest validity, in seconds: the tool uses the token for a whole operation.
const MIN_VALIDITY: u64 = 60;
/// More than any token lasts. The agent then renews one that is older than a tenth of its lifetime.
const RENEW: u64 = u32::MAX as u64;
/// The longest reason that the agent shows, in characters.
const REASON: usize = 160;

pub(super) fn credential(io: &mut Io<'_>, asked: &Credential, json: bool) -> Result<u8, Failure> {
    let Some(program) = by_format(&asked.format) else {
        match asked.format.as_str() {
            "headers" => token::header(io, &asked.request, true)?,
            "json" => token::token(io, &asked.request, true)?,
            _ => token::token(io, &asked.request, json)?,
        }
        return Ok(0);
    };
    let words = asked.arguments.iter().map(|word| word.clone().into_string());
    let Ok(arguments) = words.collect::<Result<Vec<_>, _>>() else {
        return Err(Failure::usage("An argument of the tool is not text.", "credential"));
    };
    let conversation = Conversation { program, asked, arguments };
    match program.input {
        Input::Nothing => conversation.answer(io, b""),
        Input::Whole => {
            let request = whole_input(io)?;
            conversation.answer(io, &request)
        }
        Input::Lines(greeting) => {
            io.say(greeting)?;
            let mut code = 0;
            while let Some(line) = next_line(io.input)? {
                code = conversation.answer(io, &line)?;
            }
            Ok(code)
        }
    }
}

/// Everything on standard input. A terminal is not read: the person would not know what to type.
fn whole_input(io: &mut Io<'_>) -> Result<Vec<u8>, Failure> {
    let mut request = Vec::new();
    if !io.input_is_terminal {
        (&mut *io.input).take(LARGEST + 1).read_to_end(&mut request).map_err(Failure::Input)?;
    }
    if request.len() as u64 > LARGEST { Err(too_long()) } else { Ok(request) }
}

/// The next line; `None` at the end.
fn next_line(input: &mut dyn BufRead) -> Result<Option<Vec<u8>>, Failure> {
    let mut line = Vec::new();
    input.take(LARGEST + 1).read_until(b'\n', &mut line).map_err(Failure::Input)?;
    if line.len() as u64 > LARGEST {
        return Err(too_long());
    }
    Ok(if line.is_empty() { None } else { Some(line) })
}

fn too_long() -> Failure {
    Failure::usage("The request of the tool is longer than 64 KiB.", "credential")
}

/// What a tool says, and what Abide was told about it.
struct Conversation<'a> {
    program: &'static Program,
    asked: &'a Credential,
    arguments: Vec<String>,
}

impl Conversation<'_> {
    fn answer(&self, io: &mut Io<'_>, request: &[u8]) -> Result<u8, Failure> {
        let output = {
            let environment = |name: &str| (io.environment)(name)?.into_string().ok();
            let call = Call { arguments: &self.arguments, input: request, environment: &environment };
            match (self.program.read)(&call) {
                Next::Done(output) => output,
                Next::Token(ask) => self.token(io, &ask),
                Next::AwsCredentials(write) => self.aws(io, write)?,
                Next::Renew(ask) => self.renew(io, &ask),
                Next::Every => self.every(io),
                Next::List(write) => match self.servers(io) {
                    Ok(servers) => write(&servers),
                    Err(failure) => self.nothing(&Ask::default(), &failure),
                },
            }
        };
        io.write(&output.out)?;
        if !output.err.is_empty() {
            io.tell(&format!("abide: {}\n", plain(&output.err.replace('\n', " "))));
        }
        Ok(output.exit)
    }

    /// The token for one server.
    fn token(&self, io: &Io<'_>, ask: &Ask) -> Output {
        let Some(how) = self.program.server else {
            return self.fetched(io, ask, None);
        };
        match self.server(io, ask, how) {
            Err(failure) => self.nothing(ask, &failure),
            Ok(None) => (self.program.nothing)(ask),
            Ok(Some(server)) => self.fetched(io, ask, Some(&server)),
        }
    }

    /// The next call gets another token than the one that the server has refused. The session continues.
    fn renew(&self, io: &Io<'_>, ask: &Ask) -> Output {
        let Some(how) = self.program.server else { return Output::text("") };
        if let Ok(Some(server)) = self.server(io, ask, how) {
            let request = TokenRequest {
                min_validity: Some(RENEW),
                activity: Some("none".to_owned()),
                ..self.request(ask, Some(&server))
            };
            if let Err(failure) = fetch(io, &request) {
                return Output::text("").tell(&failure.to_string());
            }
        }
        Output::text("")
    }

    /// A token for each server of the configuration. One that gets none does not keep the others from theirs.
    fn every(&self, io: &Io<'_>) -> Output {
        let servers = match self.servers(io) {
            Ok(servers) => servers,
            Err(failure) => return self.nothing(&Ask::default(), &failure),
        };
        let answers: Vec<Output> = servers
            .iter()
            .map(|server| {
                let ask = Ask { server: servers::address_text(&server.host), ..Ask::default() };
                self.fetched(io, &ask, Some(server))
            })
            .collect();
        let mut all =
            zeroize::Zeroizing::new(Vec::with_capacity(answers.iter().map(|answer| answer.out.len()).sum()));
        for answer in &answers {
            all.extend_from_slice(&answer.out);
        }
        let refused = answers.into_iter().find(|answer| answer.exit != 0);
        let (err, exit) = refused.map_or((String::new(), 0), |answer| (answer.err, answer.exit));
        let exit = if all.is_empty() { exit } else { 0 };
        Output { err, exit, ..Output::new(all) }
    }

    fn fetched(&self, io: &Io<'_>, ask: &Ask, server: Option<&DialectServer>) -> Output {
        let fetched = fetch(io, &self.request(ask, server));
        let address = server.map(|server| servers::address_text(&server.host)).unwrap_or_default();
        let user = server.and_then(|server| server.user.as_deref());
        match fetched {
            Ok(token) => (self.program.write)(ask, &Given { token: &token, address: &address, user }),
            Err(failure) => self.refused(ask, &failure),
        }
    }

    /// Credentials of the role at AWS that the user has named.
    fn aws(&self, io: &Io<'_>, write: fn(&AwsCredentials) -> Output) -> Result<Output, Failure> {
        let Some(arn) = self.asked.role.clone() else {
            let sentence = "This format needs the role at AWS: --role arn:aws:iam::123456789012:role/dev";
            return Err(Failure::usage(sentence, "credential"));
        };
        let (role, ask) = (aws::role(io, arn), Ask::default());
        Ok(match aws::credentials(io, &role, &self.request(&ask, None)) {
            Ok(credentials) => write(&credentials),
            Err(failure) => self.refused(&ask, &failure),
        })
    }

    fn refused(&self, ask: &Ask, failure: &Failure) -> Output {
        let sentence = failure.to_string();
        let why = NoToken { code: failure.code(), sentence: &sentence, exit: failure.exit_code() };
        (self.program.refuse)(ask, &why)
    }

    /// Abide cannot say which servers are named, so that other helpers of the tool have their turn.
    fn nothing(&self, ask: &Ask, failure: &Failure) -> Output {
        (self.program.nothing)(ask).tell(&failure.to_string())
    }

    /// The server that the tool means, if the user has named it. One whose user is another is not meant.
    fn server(&self, io: &Io<'_>, ask: &Ask, how: Named) -> Result<Option<DialectServer>, Failure> {
        let servers = self.servers(io)?;
        let found = servers::find(&servers, &ask.server, how).cloned();
        Ok(found.filter(|server| match (&server.user, &ask.user) {
            (Some(own), Some(asked)) => own == asked,
            _ => true,
        }))
    }

    /// The servers that the user has named: on the command line, or in the configuration.
    fn servers(&self, io: &Io<'_>) -> Result<Vec<DialectServer>, Failure> {
        if self.asked.hosts.is_empty() {
            return configured(io, self.program.format);
        }
        let named = self.asked.hosts.iter().map(|host| {
            servers::address(host).map_err(|error| {
                Failure::usage(format!("`--host` {error}, not `{}`.", plain(host)), "credential")
            })?;
            Ok(DialectServer {
                host: host.clone(),
                account: self.asked.request.account.clone().unwrap_or_default(),
                resource: None,
                audience: None,
                scope: None,
                user: self.asked.user.clone(),
            })
        });
        named.collect()
    }

    /// The request for a token. The command line comes before the configuration.
    fn request(&self, ask: &Ask, server: Option<&DialectServer>) -> TokenRequest {
        let given = &self.asked.request;
        let min_validity = if ask.renew { RENEW } else { given.min_validity.unwrap_or(MIN_VALIDITY) };
        let configured = server.map(|server| server.account.clone()).filter(|account| !account.is_empty());
        let mut request = TokenRequest {
            account: given.account.clone().or(configured),
            min_validity: Some(min_validity),
            activity: given.activity.clone(),
            parameters: given.parameters.clone(),
            challenge: given.challenge.clone(),
        };
        if let Some(server) = server {
            let targets =
                [("resource", &server.resource), ("audience", &server.audience), ("scope", &server.scope)];
            for (name, value) in targets {
                if let Some(value) = value.as_deref().filter(|_| request.parameter(name).is_none()) {
                    request.take(name, value);
                }
            }
        }
        if request.parameter("reason").is_none() {
            let server = server.map(|server| server.host.as_str());
            let reason = server.map_or_else(
                || self.program.format.to_owned(),
                |host| format!("{}: {host}", self.program.format),
            );
            request.take("reason", &reason.chars().take(REASON).collect::<String>());
        }
        request
    }
}

/// The servers of a format in the configuration.
pub(super) fn configured(io: &Io<'_>, format: &str) -> Result<Vec<DialectServer>, Failure> {
    let mut target = String::from("/v1/dialects/");
    push_encoded(&mut target, format);
    target.push_str("/servers");
    let answered: DialectServers = io.endpoint()?.call("GET", &target)?.json()?;
    Ok(answered.servers)
}

/// A token that goes into a header as it is.
fn fetch(io: &Io<'_>, request: &TokenRequest) -> Result<TokenAnswer, Failure> {
    let (_, token) = token::fetch(io, request)?;
    if token.token_type.eq_ignore_ascii_case("Bearer") {
        return Ok(token);
    }
    Err(Failure::Bound)
}
