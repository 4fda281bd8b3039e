//! The listener of a job: requests of SDKs, in their own dialects.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use abide_dialects::exchange::{Answer, Http, Purpose, Refusal, Wanted};
use abide_dialects::{Kind, Target, exchange};
use abide_oidc::TokenTarget;
use abide_wire::{AwsCredentials, ConsentCase, ErrorAnswer, ErrorCode, TokenAnswer};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use tokio::net::TcpListener;

use super::audit;
use super::auth::host_is_ours;
use super::body::{Body, secure};
use super::page::{no_browser_opens, no_foreign_page};
use super::token::under;
use crate::agent::Agent;
use crate::browser::server::{hosts, names_us};
use crate::jobs::{Asking, Job};
use crate::platform::clock;
use crate::platform::program::{ProcessId, aside, holds, is_left};
use crate::platform::tcp_peer::tcp_inode;
use crate::server::tcp::{Admits, Ends, Tcp, bind as bind_at};
use crate::server::{Limits, serve as serve_connections};
use crate::tokens::TokenParams;

/// How long after the end of a run Abide looks again for its processes: at first, and at most.
const FIRST_LOOK: Duration = Duration::from_secs(1);
const LAST_LOOK: Duration = Duration::from_secs(60);

/// SDKs wait two seconds and cannot wait for a person.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Credentials of AWS are renewed when they last no longer than this, in seconds: before the SDKs want new ones.
const EARLY: u64 = 20 * 60;
/// If they cannot be renewed, they are handed out until they last no longer than this, in seconds.
const LATE: u64 = 60;

const LIMITS: Limits =
    Limits { connections: 64, reserved: 0, per_program: 64, streams: 0, waiting: 256, ..Limits::ENDPOINT };

/// The listener of a job.
pub(super) struct Listening {
    listener: TcpListener,
    pub(super) port: u16,
}

/// Binds a port that the system chooses, on 127.0.0.1 only: the program is given that address.
pub(super) fn bind() -> io::Result<Listening> {
    let listener = bind_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let port = listener.local_addr()?.port();
    Ok(Listening { listener, port })
}

/// Serves the dialects of a job, until this is dropped. Once the job has ended, it gets no token any more.
pub(super) async fn serve(agent: Agent, job: Weak<Job>, listening: Listening) {
    let tcp = Tcp::new(listening.listener, Admits::ThisUser);
    serve_connections(tcp, LIMITS, move |request: Request<Incoming>, ends: Arc<Ends>| {
        let (agent, job) = (agent.clone(), job.upgrade());
        async move {
            response(match job {
                Some(job) => answer(&agent, &job, &request, *ends).await,
                None => Answer::text(503, "This run of `abide run` has ended. Start the program again."),
            })
        }
    })
    .await;
}

/// Returns once no process is left that knows the port of a run that has ended. Until then, another user must not have it.
pub(super) async fn left(run: ProcessId, port: u16) {
    let address = format!("127.0.0.1:{port}");
    let mut pause = FIRST_LOOK;
    loop {
        let address = address.clone();
        let look = tokio::task::spawn_blocking(move || is_left(run, &address));
        if !look.await.unwrap_or(true) {
            break;
        }
        clock::sleep(pause).await;
        pause = (pause * 2).min(LAST_LOOK);
    }
}

async fn answer(agent: &Agent, job: &Arc<Job>, request: &Request<Incoming>, ends: Ends) -> Answer {
    let headers = request.headers();
    if let Err(refused) = host_is_ours(headers, job.port)
        .and_then(|()| no_foreign_page(headers))
        .and_then(|()| no_browser_opens(headers))
    {
        return Answer::text(403, &refused.error_description);
    }
    if !names_us(request, &hosts(job.port)) {
        return Answer::text(403, "The target is not the address of this job.");
    }
    let path = request.uri().path();
    let found = job.dialects.iter().find_map(|dialect| match dialect.kind {
        Kind::Http(http) if http.serves(path) => Some((http, dialect.target)),
        _ => None,
    });
    let Some((http, target)) = found else {
        return Answer::text(404, "No dialect of this job has this path.");
    };
    if !http.shows_key && !belongs(job, ends).await {
        let sentence = "This port is for one run of `abide run`, and this process does not belong to it.";
        return Answer::text(403, sentence);
    }
    let Some(texts) = texts(headers) else { return Answer::text(400, "A header cannot be read.") };
    let read = exchange::Request {
        method: request.method().as_str(),
        path,
        query: request.uri().query().unwrap_or_default(),
        headers: &texts,
    };
    match (http.read)(&read, &**job) {
        Ok(Wanted::Answer(answer)) | Err(answer) => answer,
        Ok(Wanted::Token { purpose, write }) => {
            let params = TokenParams { target: target_of(job, target, &purpose), ..job.params.clone() };
            match token(agent, job, &params).await {
                Ok(token) => write(&purpose, &token),
                Err(refused) => refusal(http, &refused),
            }
        }
        Ok(Wanted::AwsCredentials { write }) => match credentials(agent, job).await {
            Ok(credentials) => write(&credentials),
            Err(refused) => refusal(http, &refused),
        },
    }
}

/// Credentials of the job's role, renewed early. Each request needs what a token needs, so that credentials end with the session.
async fn credentials(agent: &Agent, job: &Arc<Job>) -> Result<AwsCredentials, ErrorAnswer> {
    let Some(role) = &job.role else { return Err(no_role()) };
    let token = token(agent, job, &job.params).await?;
    let mut held = role.credentials.lock().await;
    let left = held.expires_at.saturating_sub(clock::wall().as_secs());
    if left > EARLY {
        return Ok(held.clone());
    }
    let renewed = tokio::time::timeout(PATIENCE, agent.aws_credentials(&role.asked, &token)).await;
    match renewed.unwrap_or_else(|_| Err(no_credentials_yet())) {
        Ok(renewed) => {
            *held = renewed.clone();
            Ok(renewed)
        }
        Err(refused) if is_passing(&refused) && left > LATE => Ok(held.clone()),
        Err(refused) => Err(refused),
    }
}

fn no_role() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::InvalidRequest,
        "This run has no role at AWS. Set AWS_ROLE_ARN and start it again.",
    )
}

fn no_credentials_yet() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::TemporarilyUnavailable,
        "AWS\u{2019}s Security Token Service has not answered yet. Try again.",
    )
}

/// The headers as texts; `None` where one is no text.
fn texts(headers: &http::HeaderMap) -> Option<Vec<(&str, &str)>> {
    headers.iter().map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

/// Whether the process at the other end belongs to the job.
async fn belongs(job: &Job, ends: Ends) -> bool {
    let Some(own) = ends.own else { return false };
    if !cfg!(target_os = "linux") {
        // On these systems, Abide cannot find the descendants of a process. The server has already refused other users.
        return true;
    }
    let process = job.process;
    let look = move || tcp_inode(own, ends.peer).is_some_and(|inode| holds(process, inode));
    tokio::task::spawn_blocking(look).await.unwrap_or(false)
}

/// What the token is for: what the user named, or else what the tool names, if its dialect allows that. If the user named resources, a
/// tool that names another one is asked about, because it would send the token there.
fn target_of(job: &Job, target: Target, purpose: &Purpose) -> TokenTarget {
    let said = &job.params.target;
    if let (Target::Resource, Some(resource), false) = (target, &purpose.resource, said.resources.is_empty())
    {
        let same = |known: &&String| known.trim_end_matches('/') == resource.trim_end_matches('/');
        return match said.resources.iter().find(same) {
            Some(known) => TokenTarget { resources: vec![known.clone()], ..said.clone() },
            None => TokenTarget { resources: vec![resource.clone()], ..TokenTarget::default() },
        };
    }
    if *said != TokenTarget::default() {
        return said.clone();
    }
    let mut wanted = TokenTarget::default();
    match target {
        Target::Session => {}
        Target::Resource => wanted.resources = purpose.resource.iter().cloned().collect(),
        Target::Audience => wanted.audiences = purpose.audience.iter().cloned().collect(),
        Target::Scopes => {
            wanted.scopes.clone_from(&purpose.scopes);
            wanted.scopes.sort();
            wanted.scopes.dedup();
        }
    }
    wanted
}

/// A token for the job, if there is one in time. The user may be asked; the question stays, and the next request joins it.
pub(super) async fn token(
    agent: &Agent,
    job: &Arc<Job>,
    params: &TokenParams,
) -> Result<TokenAnswer, ErrorAnswer> {
    let mut waiting = match job.ask(&params.target) {
        Asking::Joins(waiting) => waiting,
        Asking::Full => return Err(busy()),
        Asking::First(sender, waiting) => {
            let (agent, job, params) = (agent.clone(), job.clone(), params.clone());
            tokio::spawn(async move {
                tokio::select! {
                    answer = found(&agent, &job, &params) => {
                        sender.send_replace(Some(answer));
                    }
                    // The question closes when the program ends.
                    () = job.connected.ended() => {}
                }
            });
            waiting
        }
    };
    match tokio::time::timeout(PATIENCE, waiting.wait_for(Option::is_some)).await {
        Ok(Ok(answer)) => answer.clone().unwrap_or_else(|| Err(busy())),
        Ok(Err(_)) => Err(over()),
        Err(_) => Err(asked_now(job)),
    }
}

async fn found(agent: &Agent, job: &Arc<Job>, params: &TokenParams) -> Result<TokenAnswer, ErrorAnswer> {
    let look = job.clone();
    let caller = aside(job.process, move || look.caller()).await.unwrap_or_default();
    let who = caller.recorded();
    audit::admits(agent, &who)?;
    let permitted = agent.permit_job(caller, params, None, job.process).await;
    under(agent, who, params, permitted, unbound).await
}

/// Refuses a token that is bound to a key: SDKs would send it without a proof, as a bearer token.
pub(super) fn unbound(token: TokenAnswer) -> Result<TokenAnswer, ErrorAnswer> {
    if token.token_type.eq_ignore_ascii_case("Bearer") {
        return Ok(token);
    }
    Err(ErrorAnswer::new(
        ErrorCode::InvalidRequest,
        format!(
            "The tokens of the account \u{201c}{}\u{201d} are bound to a key (DPoP), and this tool cannot use them. Use \
             `abide curl` or `abide header --url`.",
            token.account
        ),
    ))
}

fn busy() -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, "Too many requests of this program wait. Try again.")
}

fn over() -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, "The program of this run has ended.")
}

fn asked_now(job: &Job) -> ErrorAnswer {
    let account = job.params.account.as_deref().unwrap_or_default();
    ErrorAnswer::new(
        ErrorCode::TemporarilyUnavailable,
        format!(
            "There is no token yet: Abide asks you whether this program may have one for the account \u{201c}{account}\u{201d}, or \
             your provider has not answered. Answer the question and try again."
        ),
    )
}

/// The answer of a dialect where there is no token.
fn refusal(http: &Http, refused: &ErrorAnswer) -> Answer {
    let later = is_passing(refused);
    (http.refuse)(&Refusal { code: refused.error, sentence: &refused.error_description, later })
}

/// Whether the same request may succeed soon.
fn is_passing(refused: &ErrorAnswer) -> bool {
    match refused.error {
        ErrorCode::TemporarilyUnavailable | ErrorCode::ProviderUnreachable => true,
        ErrorCode::ConsentRequired => matches!(refused.case, Some(ConsentCase::Locked | ConsentCase::Busy)),
        _ => false,
    }
}

fn response(answer: Answer) -> Response<Body> {
    let mut body = answer.body.into_bytes();
    let bytes = Bytes::from(std::mem::take(&mut *body));
    let mut response = Response::new(Either::Left(Full::new(bytes)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    secure(response.headers_mut(), answer.content_type);
    for (name, value) in answer.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
