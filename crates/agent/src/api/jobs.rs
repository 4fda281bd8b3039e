//! `POST /v1/jobs`: a program that `abide run` is about to start.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use abide_dialects::{Dialect, Kind, Target, by_name};
use abide_oidc::TokenTarget;
use abide_wire::{
    AwsRole, ErrorAnswer, ErrorCode, JobAnswer, JobRequest, SessionState, Snapshot, TokenAnswer,
};

use super::body::{Answered, body, invalid, ok};
use super::call::{Call, reason};
use super::{audit, dialects, token};
use crate::agent::Agent;
use crate::consent::Permit;
use crate::identity;
use crate::jobs::{Job, NewJob, Role};
use crate::platform::clock;
use crate::platform::file;
use crate::platform::program::aside;
use crate::tokens::{TokenParams, aws};

/// The file is renewed when a fourth of the token's life is left.
const LEFT: u32 = 4;
/// The pause after a renewal that failed.
const PAUSE: Duration = Duration::from_secs(10);
/// How often to look whether the program runs, and for how long: it starts at once, unless it never does.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: u32 = 50;

/// Asks the user before the program starts, and opens what its dialects need. The job ends with the process that asks.
pub(super) async fn begin(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let asked = token::asked(call.query())?;
    let reason = reason(call.query());
    let Call { agent, caller, who, request, seen, connected, .. } = call;
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
    let one_token = wanted.token_file || wanted.aws.is_some();
    if one_token && params.target.resources.len() > 1 {
        return Err(invalid("A file has one token, and so has a role at AWS: name one resource.".to_owned()));
    }
    has_role(&dialects, wanted.aws.as_ref())?;
    let place = agent.jobs().place(seen.behind.share()).ok_or_else(too_many)?;
    let mut asking = seen.behind;
    if matches!(caller, super::auth::Caller::Owner) {
        // The command starts what it names. What another program names is not shown.
        asking.command = shown(&wanted.command).or(asking.command);
    }
    let first = if asks_later(&params, &dialects, one_token) {
        agent.may_have_tokens(&params)?;
        None
    } else {
        let permitted = agent.permit_job(asking, &params, reason, process).await;
        first_token(&agent, who, &params, permitted).await?
    };
    let role = role(&agent, wanted.aws, first.as_ref()).await?;
    let listening = dialects::bind().map_err(|error| cannot(&error))?;
    let new = NewJob { place, process, connected, params, dialects, port: listening.port, role };
    let job = Arc::new(agent.jobs().create(new).map_err(|error| cannot(&error))?);
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
    let task = tokio::spawn(runs(agent, job, listening, first));
    jobs.jobs().keep(id, task.abort_handle());
    ok(&answer)
}

/// A job, from its first process to the last one that knows its port.
async fn runs(agent: Agent, job: Arc<Job>, listening: dialects::Listening, first: Option<TokenAnswer>) {
    let (id, process, port) = (job.id, job.process, job.port);
    let mut served = pin!(dialects::serve(agent.clone(), Arc::downgrade(&job), listening));
    tokio::select! {
        () = job.connected.ended() => {}
        () = &mut served => {}
        () = renewed(&agent, &job, first) => {}
        () = named(&agent, &job) => {}
    }
    agent.consent().process_ended(process);
    drop(job);
    tracing::info!(job = id, "a job has ended");
    agent.jobs().has_ended(id);
    tokio::select! {
        () = served => {}
        () = dialects::left(process, port) => {}
    }
}

/// Whether only the tools will name what their tokens are for. Then there is nothing to ask the user about yet.
fn asks_later(params: &TokenParams, dialects: &[&Dialect], one_token: bool) -> bool {
    let tools_say = dialects.iter().all(|dialect| dialect.target != Target::Session);
    params.target == TokenTarget::default() && tools_say && !dialects.is_empty() && !one_token
}

/// Refuses a dialect that gives credentials of a role where the user has named none.
fn has_role(dialects: &[&Dialect], role: Option<&AwsRole>) -> Result<(), ErrorAnswer> {
    let needs = dialects.iter().find(|dialect| matches!(dialect.kind, Kind::Http(http) if http.needs_role));
    match (needs, role) {
        (Some(dialect), None) => {
            Err(invalid(format!("The dialect `{}` needs a role at AWS: `aws` in the request.", dialect.name)))
        }
        (_, Some(role)) => aws::check(role),
        (None, None) => Ok(()),
    }
}

/// The first credentials of the role, so that an error is known before the program starts.
async fn role(
    agent: &Agent,
    asked: Option<AwsRole>,
    first: Option<&TokenAnswer>,
) -> Result<Option<Role>, ErrorAnswer> {
    let (Some(asked), Some(first)) = (asked, first) else { return Ok(None) };
    let credentials = agent.aws_credentials(&asked, first).await?;
    Ok(Some(Role { asked, credentials: tokio::sync::Mutex::new(credentials) }))
}

/// The first token, so that an error is known before the program starts. For several resources, the tools ask for each later.
async fn first_token(
    agent: &Agent,
    who: abide_audit::Caller,
    params: &TokenParams,
    permitted: Result<Permit, ErrorAnswer>,
) -> Result<Option<TokenAnswer>, ErrorAnswer> {
    if permitted.is_ok() && params.target.resources.len() > 1 {
        return Ok(None);
    }
    token::under(agent, who, params, permitted, dialects::unbound).await.map(Some)
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
        "Too many programs run with `abide run` at the same time, or too many of this one. End some of them.",
    )
}

/// The program and its arguments, for the question.
fn shown(command: &[String]) -> Option<String> {
    let shown = identity::in_one_line(&command.join(" "));
    (!shown.is_empty()).then_some(shown)
}

/// Gives the answer for the job the name of its program, once that has replaced the `abide` command.
async fn named(agent: &Agent, job: &Arc<Job>) {
    for _ in 0..LOOKS {
        clock::sleep(LOOK).await;
        let look = job.clone();
        let caller = aside(job.process, move || look.caller()).await.unwrap_or_default();
        if caller.process == Some(job.process) {
            agent.consent().job_runs(job.process, &caller.name);
            break;
        }
    }
    // The job lasts.
    std::future::pending().await
}

/// Waits until the account of a job has no session.
async fn signed_out(agent: &Agent, job: &Job) {
    let mut changes = agent.watch();
    let lasts = |shown: &Snapshot| {
        let account =
            shown.accounts.iter().find(|status| Some(&status.account) == job.params.account.as_ref());
        account.is_some_and(|status| matches!(status.state, SessionState::Active | SessionState::Expiring))
    };
    if changes.wait_for(|shown| !lasts(shown)).await.is_err() {
        // Abide ends, and the job with it.
        std::future::pending().await
    }
}

/// Renews the file with the token, early, as long as the job lasts. It is removed with the session, and once the token has expired.
async fn renewed(agent: &Agent, job: &Arc<Job>, first: Option<TokenAnswer>) {
    let Some(mut token) = first else { return std::future::pending().await };
    let path = job.folder.token_file();
    loop {
        let life = Duration::from_secs(token.expires_in);
        tokio::select! {
            () = clock::sleep((life - life / LEFT).max(Duration::from_secs(1))) => {}
            () = signed_out(agent, job) => {
                let _ = std::fs::remove_file(&path);
            }
        }
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
