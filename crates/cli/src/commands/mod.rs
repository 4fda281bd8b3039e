//! The commands.

mod accounts;
mod approve;
mod audit;
mod aws;
mod claims;
mod clients;
mod configuration;
mod credential;
mod curl;
mod device;
mod dialects;
mod doctor;
mod env;
mod login;
mod mcp;
mod proxies;
mod run;
mod session;
mod table;
mod target;
mod token;
mod watch;

use crate::arguments::help;
use crate::arguments::parse::Command;
use crate::failure::Failure;
use crate::io::Io;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: Command, json: bool, io: &mut Io<'_>) -> Result<u8, Failure> {
    match command {
        Command::Token(request) => token::token(io, &request, json)?,
        Command::Header(request) => token::header(io, &request, json)?,
        Command::Curl { request, arguments } => return curl::curl(io, &request, arguments),
        Command::Run { request, ways, program, arguments } => {
            return run::run(io, &request, &ways, program, arguments);
        }
        Command::Env { request, ways, shell } => env::env(io, &request, &ways, shell, json)?,
        Command::Dialects => dialects::list(io, json)?,
        Command::McpAdd(server) => mcp::add(io, &server, json)?,
        Command::McpConnect { url, account } => mcp::connect(io, &url, account.as_deref())?,
        Command::Proxies => proxies::list(io, json)?,
        Command::Credential(asked) => return credential::credential(io, &asked, json),
        Command::Status => session::status(io, json)?,
        Command::Login { account, way } => login::login(io, account, way, json)?,
        Command::Logout { account, wait } => session::logout(io, account, wait, json)?,
        Command::Keep { account } => session::keep(io, account, json)?,
        Command::Watch { account } => watch::watch(io, account, json)?,
        Command::Monitor { account } => session::monitor(io, account, json)?,
        Command::Claims { account } => claims::claims(io, account, json)?,
        Command::AccountsList => accounts::list(io, json)?,
        Command::AccountsAdd(account) => accounts::add(io, &account, json)?,
        Command::AccountsRemove(name) => accounts::remove(io, &name, json)?,
        Command::ClientsList => clients::list(io, json)?,
        Command::ClientsAllow { name, program, plain } => {
            clients::allow(io, &name, program, plain, json)?;
        }
        Command::ClientsRevoke(name) => clients::revoke(io, &name, json)?,
        Command::Approve(approval) => approve::approve(io, &approval, json)?,
        Command::AuditShow { last, account } => audit::show(io, last, account.as_deref(), json)?,
        Command::AuditFollow { account } => audit::follow(io, account.as_deref(), json)?,
        Command::AuditVerify => return audit::verify(io, json),
        Command::AuditExport { ocsf } => return audit::export(io, ocsf),
        Command::Doctor => doctor::doctor(io, json)?,
        Command::ConfigPath => configuration::path(io, json)?,
        Command::ConfigCheck => return configuration::check(io, json),
        Command::ConfigReload => configuration::reload(io, json)?,
        Command::Program(program) => _ = (io.program)(program).map_err(Failure::Program)?,
        Command::Help(topic) => {
            io.say(&topic.as_deref().and_then(help::page).unwrap_or_else(help::overview))?;
        }
        Command::Version => io.say(concat!("abide ", env!("CARGO_PKG_VERSION"), "\n"))?,
    }
    Ok(0)
}
