//! MCP servers that are reached for a client (Model Context Protocol, authorization): what they say of themselves, which
//! account their tokens come from, and the requests to them. Tokens stay in the agent.

mod account;
mod look;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_oidc::{Http, StreamAnswer, StreamRequest, TokenTarget};
use abide_wire::{AccessToken, ErrorAnswer, ErrorCode};
use http::{HeaderMap, Method};
use url::Url;

pub(crate) use look::challenge;

use crate::platform::clock;
use crate::platform::tcp_peer::may_get_a_token;
use crate::state::store::Store;
use crate::tokens::TokenParams;
use crate::tokens::renewals::Renewals;

/// As many servers are remembered. Of more, the one that was looked at longest ago is forgotten.
const MOST: usize = 64;
/// How long what a server says of itself holds.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// The most scopes that one server is given a token for.
const MOST_SCOPES: usize = 64;
/// A token that ends sooner is renewed first.
const MIN_VALIDITY: Duration = Duration::from_secs(30);

/// A server, and the account for it.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: Url,
    /// What its tokens are for (RFC 8707).
    pub(crate) resource: String,
    pub(crate) account: String,
    http: Http,
    /// The scopes that its requests have needed so far, for all clients of this computer.
    scopes: Vec<String>,
}

/// A request to a server.
pub(crate) struct Forwarded {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A server as it is asked for: its address, and the account where one is named.
type Asked = (Url, Option<String>);

struct Known {
    asked: Asked,
    server: Server,
    /// Boot time.
    looked: Duration,
}

/// The servers that were looked at.
#[derive(Default)]
pub(crate) struct Servers {
    known: Mutex<Vec<Known>>,
    /// Each is looked at once at a time, for every client that waits for it.
    looking: Mutex<HashMap<Asked, Arc<tokio::sync::Mutex<()>>>>,
    /// The renewals that a server has caused with the tokens of an account.
    renewals: Mutex<HashMap<(Url, String), Renewals>>,
}

impl Servers {
    fn known(&self, asked: &Asked) -> Option<Server> {
        let (known, now) = (locked(&self.known), clock::now().boot);
        let is_fresh = |known: &&Known| now < known.looked.saturating_add(FRESH);
        let found = known.iter().filter(is_fresh).find(|known| known.asked == *asked)?;
        Some(found.server.clone())
    }

    /// The server at an address, and the account for it: the named one, or the one of the provider that the server names.
    ///
    /// # Errors
    ///
    /// `invalid_request` for an address that cannot be used; `provider_unreachable`, `unusable_answer` for a server that cannot
    /// be reached or understood; `action_required`, `unknown_account` without an account for it.
    pub(crate) async fn server(
        &self,
        store: &Arc<Store>,
        url: &str,
        account: Option<String>,
    ) -> Result<Server, ErrorAnswer> {
        let url = look::address(url)?;
        let asked = (url, account);
        if let Some(server) = self.known(&asked) {
            return Ok(server);
        }
        let turn = {
            let mut looking = locked(&self.looking);
            // A client may have gone before its server was looked at.
            looking.retain(|_, turn| Arc::strong_count(turn) > 1);
            looking.entry(asked.clone()).or_default().clone()
        };
        let _one = turn.lock().await;
        match self.known(&asked) {
            Some(server) => Ok(server),
            None => self.look(store, &asked).await,
        }
    }

    async fn look(&self, store: &Arc<Store>, asked: &Asked) -> Result<Server, ErrorAnswer> {
        let (url, named) = asked;
        let http = account::http(store, named.as_deref()).await?;
        let found = look::look(&http, url).await?;
        let chosen = account::choose(store, named.as_deref(), &found.resource).await?;
        let http = account::http(store, Some(&chosen)).await?;
        let server = Server {
            url: url.clone(),
            resource: found.resource.resource,
            account: chosen,
            http,
            scopes: found.scopes,
        };
        let mut known = locked(&self.known);
        known.retain(|known| known.asked != *asked);
        if known.len() >= MOST
            && let Some(oldest) =
                known.iter().enumerate().min_by_key(|(_, known)| known.looked).map(|(index, _)| index)
        {
            known.swap_remove(oldest);
        }
        known.push(Known { asked: asked.clone(), server: server.clone(), looked: clock::now().boot });
        Ok(server)
    }

    /// Forgets what a server has said of itself: it refuses what it has asked for.
    pub(crate) fn forget(&self, server: &Server) {
        locked(&self.known).retain(|known| known.server.url != server.url);
    }

    /// The server refuses this token: the next one is fetched anew, unless that has happened already. `again`: the request has been
    /// sent with another token before.
    ///
    /// # Errors
    ///
    /// The rest of the pause until the token may be renewed for this server.
    pub(crate) fn refused(
        &self,
        store: &Arc<Store>,
        server: &Server,
        (target, token): (&TokenTarget, &AccessToken),
        again: bool,
    ) -> Result<(), Duration> {
        let mut renewals = locked(&self.renewals);
        let key = (server.url.clone(), server.account.clone());
        if renewals.len() >= MOST
            && !renewals.contains_key(&key)
            && let Some(oldest) =
                renewals.iter().min_by_key(|(_, of)| of.last_refusal()).map(|(key, _)| key.clone())
        {
            renewals.remove(&oldest);
        }
        renewals.entry(key).or_default().refused(token, again, clock::now().boot)?;
        drop(renewals);
        let _ = store.act(&server.account, |account, _| account.targets.reject(target, token.expose()));
        Ok(())
    }

    /// The server accepts a token.
    pub(crate) fn accepted(&self, server: &Server) {
        if let Some(of) = locked(&self.renewals).get_mut(&(server.url.clone(), server.account.clone())) {
            of.accepted();
        }
    }

    /// Adds scopes to those that the server needs. Returns the server with them; `None` if they are too many.
    pub(crate) fn needs(&self, server: &Server, scopes: &[String]) -> Option<Server> {
        let mut wider = server.clone();
        wider.scopes.extend(scopes.iter().cloned());
        wider.scopes.sort();
        wider.scopes.dedup();
        if wider.scopes.len() > MOST_SCOPES {
            return None;
        }
        for known in locked(&self.known).iter_mut().filter(|known| known.server.url == server.url) {
            known.server.scopes.clone_from(&wider.scopes);
        }
        Some(wider)
    }
}

impl Server {
    /// The token for it: with the scopes that it needs and the session has. The others need a sign-in.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub(crate) fn wanted(&self, store: &Arc<Store>, activity: bool) -> Result<Wanted, ErrorAnswer> {
        let (granted, scope_narrows) = store.act(&self.account, |account, _| {
            let granted = account.held.as_ref().map(|held| held.scope.clone());
            (granted, account.learned.scope_narrows && !account.exchanges())
        })?;
        let granted = granted.unwrap_or_default();
        let is_granted = |scope: &&String| granted.split(' ').any(|known| known == scope.as_str());
        let (scopes, missing): (Vec<&String>, Vec<&String>) = self.scopes.iter().partition(is_granted);
        let mut scopes: Vec<String> =
            if scope_narrows { Vec::new() } else { scopes.into_iter().cloned().collect() };
        scopes.sort();
        let target = TokenTarget { scopes, resources: vec![self.resource.clone()], ..TokenTarget::default() };
        let params = TokenParams {
            account: Some(self.account.clone()),
            min_validity: MIN_VALIDITY,
            activity,
            target,
            proof: None,
            counted_for: None,
        };
        Ok(Wanted { params, missing: missing.into_iter().cloned().collect() })
    }

    /// Checks whom a token is for, where that can be read. Many providers ignore `resource` (RFC 8707), and any server can name any provider:
    /// it would get a token for other servers.
    ///
    /// # Errors
    ///
    /// `unusable_answer` for a token of other servers, unless the account names this one in `resources`.
    pub(crate) fn accepts_audience(&self, store: &Arc<Store>, token: &str) -> Result<(), ErrorAnswer> {
        let Some(audiences) = abide_oidc::token_audiences(token) else { return Ok(()) };
        let origin = self.url.origin();
        let is_own = |audience: &String| {
            same_resource(audience, &self.resource)
                || Url::parse(audience).is_ok_and(|audience| audience.origin() == origin)
        };
        let is_named = store.act(&self.account, |account, _| {
            account.config.resources.iter().any(|named| same_resource(named, &self.resource))
        })?;
        if is_named || audiences.iter().any(is_own) {
            return Ok(());
        }
        Err(ErrorAnswer::new(
            ErrorCode::UnusableAnswer,
            format!(
                "The provider of the account \u{201c}{}\u{201d} has issued a token for {} instead of this MCP server. Abide does not send \
                 it there. If that is right, name the server in the account: resources = [\"{}\"]",
                self.account,
                audiences.join(", "),
                self.resource
            ),
        ))
    }

    /// Sends a request with a token.
    ///
    /// # Errors
    ///
    /// `upstream_unreachable`, `provider_unreachable`, `unusable_answer`.
    pub(crate) async fn send(&self, request: &Forwarded, token: &str) -> Result<StreamAnswer, ErrorAnswer> {
        if self.url.scheme() == "http" && !may_get_a_token(&self.url) {
            return Err(ErrorAnswer::new(
                ErrorCode::UpstreamUnreachable,
                "A program of another user has the port of the MCP server. It does not get the token.",
            ));
        }
        let request = StreamRequest {
            method: request.method.clone(),
            url: &self.url,
            headers: request.headers.clone(),
            token: Some(token),
            body: request.body.clone(),
        };
        self.http.stream(request).await.map_err(|error| look::unanswered(&error))
    }
}

/// Some servers and providers add a slash.
fn same_resource(one: &str, other: &str) -> bool {
    one.strip_suffix('/').unwrap_or(one) == other.strip_suffix('/').unwrap_or(other)
}

/// A token that is wanted for a server.
pub(crate) struct Wanted {
    pub(crate) params: TokenParams,
    /// The scopes that the session does not have.
    pub(crate) missing: Vec<String>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What has to be done by a person takes longer than a client waits.
pub(crate) async fn in_time<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, ErrorAnswer>>,
) -> Result<T, ErrorAnswer> {
    clock::timeout(patience, work).await.unwrap_or_else(|_| {
        Err(ErrorAnswer::new(
            ErrorCode::TemporarilyUnavailable,
            "Abide still waits for you: answer its question, or sign in in your browser. Then send the request again.",
        ))
    })
}
