//! `POST /v1/jobs`: a program that `abide run` is about to start.

use std::sync::Arc;
use std::time::Duration;

use abide_dialects::{Dialect, Kind, Target, by_name};
use abide_oidc::TokenTarget;
use abide_wire::{ErrorAnswer, ErrorCode, JobAnswer, JobRequest, TokenAnswer};

use super::body::{Answered, body, invalid, ok};
use super::call::{Call, reason};
use super::{audit, dialects, token};
use crate::agent::Agent;
use crate::consent::Permit;
use crate::identity;
use crate::jobs::{Job, NewJob};
use crate::platform::clock;
use crate::platform::file;
use crate::platform::program::Program;
use crate::tokens::TokenParams;

/// The file is renewed when a fourth of the token's life is left.
const LEFT: u32 = 4;
/// The pause after a renewal that failed.
const PAUSE: Duration = Duration::from_secs(10);

/// Asks the user before the program starts, and opens what its dialects need. The job ends with the process that asks.
pub(super) async fn begin(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let asked = token::asked(call.query())?;
    let reason = reason(call.query());
    let Call { agent, caller, who, request, lineage, connected, .. } = call;
    let wanted: JobRequest = body(request).await?;
    let dialects = wanted.dialects.iter().map(|name| known(name)).collect::<Result<Vec<_>, _>>()?;
    let (Some(connected), false) = (connected, matches!(caller, super::auth::Caller::Client(_))) else {
        return Err(invalid(
            "A job belongs to a process: ask over the socket, without a client key.".to_owned(),
        ));
    };
    let process = connected.id().ok_or_else(|| invalid("The process has ended.".to_owned()))?;
    let name = agent.account_for(asked.account.as_deref())?;
    let params = TokenParams { account: Some(name.clone()), proof: None, ..asked };
    if wanted.token_file && params.target.resources.len() > 1 {
        return Err(invalid("A file has one token: name one resource.".to_owned()));
    }
    let mut asking = identity::Caller::of(&lineage, Program::is_ours);
    asking.command = shown(&wanted.command).or(asking.command);
    let first = if asks_later(&params, &dialects, wanted.token_file) {
        agent.may_have_tokens(&params)?;
        None
    } else {
        let permitted = agent.permit_job(asking, &params, reason, process).await;
        first_token(&agent, who, &params, permitted).await?
    };
    let listening = dialects::bind().map_err(|error| cannot(&error))?;
    let new = NewJob { process, connected, params, dialects, port: listening.port };
    let job = agent.jobs().create(new).map_err(|error| cannot(&error))?.ok_or_else(too_many)?;
    let job = Arc::new(job);
    let token_file = job.folder.token_file();
    let first = first.filter(|_| wanted.token_file);
    if let Some(first) = &first {
        file::write(&token_file, first.access_token.expose().as_bytes()).map_err(|error| cannot(&error))?;
    }
    let answer = JobAnswer {
        id: job.id,
        account: name,
        address: format!("127.0.0.1:{}", job.port),
        key: job.key.clone(),
        key_file: job.folder.key_file().display().to_string(),
        token_file: first.is_some().then(|| token_file.display().to_string()),
    };
    let (id, jobs) = (job.id, agent.clone());
    let task = tokio::spawn(async move {
        tokio::select! {
            () = job.connected.ended() => {}
            () = dialects::serve(agent.clone(), job.clone(), listening) => {}
            () = renewed(&agent, &job, first) => {}
        }
        agent.consent().process_ended(job.process);
        tracing::info!(job = job.id, "a job has ended");
    });
    jobs.jobs().keep(id, task.abort_handle());
    ok(&answer)
}

/// Whether only the tools will name what their tokens are for. Then there is nothing to ask the user about yet.
fn asks_later(params: &TokenParams, dialects: &[&Dialect], token_file: bool) -> bool {
    let tools_say = dialects.iter().all(|dialect| dialect.target != Target::Session);
    params.target == TokenTarget::default() && tools_say && !dialects.is_empty() && !token_file
}

/// The first token, so that an error is known before the program starts. For several resources, the tools ask for each later.
async fn first_token(
    agent: &Agent,
    mut who: abide_audit::Caller,
    params: &TokenParams,
    permitted: Result<Permit, ErrorAnswer>,
) -> Result<Option<TokenAnswer>, ErrorAnswer> {
    let answer = match permitted {
        Ok(_) if params.target.resources.len() > 1 => return Ok(None),
        Ok(permit) => {
            who.sha256.clone_from(&permit.sha256);
            agent.token(params, &permit).await.and_then(dialects::unbound)
        }
        Err(refused) => Err(refused),
    };
    audit::token(agent, &who, params, answer).map(Some)
}

fn known(name: &str) -> Result<&'static Dialect, ErrorAnswer> {
    match by_name(name) {
        Some(dialect) if matches!(dialect.kind, Kind::Program) => {
            let sentence =
                "needs no `abide run`: its tool runs Abide. `abide dialects` shows how to set it up.";
            Err(invalid(format!("The dialect `{name}` {sentence}")))
        }
        Some(dialect) => Ok(dialect),
        None => Err(invalid(format!("There is no dialect `{name}`. `abide dialects` lists them."))),
    }
}

fn cannot(error: &std::io::Error) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::ThisComputer, format!("The job cannot be started: {error}"))
}

fn too_many() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::TemporarilyUnavailable,
        "Too many programs run with `abide run` at the same time. End some of them.",
    )
}

/// The program and its arguments, for the question.
fn shown(command: &[String]) -> Option<String> {
    let shown = identity::in_one_line(&command.join(" "));
    (!shown.is_empty()).then_some(shown)
}

/// Renews the file with the token, early, as long as the job lasts. A token that has expired is removed.
async fn renewed(agent: &Agent, job: &Arc<Job>, first: Option<TokenAnswer>) {
    let Some(mut token) = first else { return std::future::pending().await };
    let path = job.folder.token_file();
    loop {
        let life = Duration::from_secs(token.expires_in);
        clock::sleep((life - life / LEFT).max(Duration::from_secs(1))).await;
        token = loop {
            // A renewal of the file is not use of the session. A token that would soon expire is not taken again.
            let params = TokenParams { activity: false, min_validity: life / LEFT, ..job.params.clone() };
            match dialects::token(agent, job, &params).await {
                Ok(token) => break token,
                Err(refused) => {
                    tracing::warn!(
                        job = job.id,
                        code = refused.error.as_str(),
                        "the file with the token was not renewed"
                    );
                    if token.expires_at <= clock::wall().as_secs() {
                        let _ = std::fs::remove_file(&path);
                    }
                    clock::sleep(PAUSE).await;
                }
            }
        };
        if let Err(error) = file::write(&path, token.access_token.expose().as_bytes()) {
            tracing::warn!(job = job.id, %error, "the file with the token was not written");
        }
    }
}
