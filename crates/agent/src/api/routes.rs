//! The calls of the local API: one row each, with the right that it needs. A handler is reached through its row alone, so none
//! can forget the check.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Either;
use hyper::body::Incoming;

use super::auth::{Admission, Caller, Peer, Right, admit};
use super::body::{Answered, Body, Received, error, not_found};
use super::call::Call;
use super::page::{self, Page};
use super::seen::Seen;
use super::signature::Presented;
use super::signed::Signing;
use super::{accounts, audit, aws, clients, consents, jobs, mcp, sessions, system, token};
use crate::agent::Agent;
use crate::platform::program::Process;
use crate::server::{Connection, SharedQuiet};

type Handler = fn(Call) -> Pin<Box<dyn Future<Output = Answered> + Send>>;

/// A call.
struct Route {
    method: Method,
    /// The path; `{…}` stands for one segment.
    path: &'static str,
    needs: Right,
    handler: Handler,
}

macro_rules! routes {
    ($($method:ident $path:literal $needs:ident $handler:path;)+) => {
        &[$(Route {
            method: Method::$method,
            path: $path,
            needs: Right::$needs,
            handler: |call| Box::pin($handler(call)),
        }),+]
    };
}

/// Every call there is. What tools call a thousand times a second comes first.
static ROUTES: &[Route] = routes! {
    GET "/v1/token" Tokens token::present;
    GET "/access_token" Tokens token::present;
    POST "/v1/token" Tokens token::stronger;
    POST "/v1/jobs" Programs jobs::begin;
    POST "/v1/aws/credentials" Programs aws::credentials;
    POST "/v1/mcp" Programs mcp::exchange;
    GET "/health" Nothing system::health;
    GET "/openapi.json" Nothing system::openapi;
    GET "/v1/challenge" Nothing system::challenge;
    GET "/v1/sessions" State sessions::list;
    GET "/v1/sessions/{account}" State sessions::one;
    GET "/v1/sessions/{account}/events" State sessions::events;
    POST "/v1/sessions/{account}/login" Changes sessions::login;
    POST "/v1/sessions/{account}/cancel" Changes sessions::cancel;
    POST "/v1/sessions/{account}/keep" Keep sessions::keep;
    POST "/v1/sessions/{account}/logout" Changes sessions::logout;
    POST "/v1/sessions/{account}/monitor" Changes sessions::monitor;
    // As much about a person as a token tells.
    GET "/v1/claims/{account}" Tokens accounts::claims;
    GET "/v1/accounts" Changes accounts::list;
    POST "/v1/accounts" Changes accounts::add;
    DELETE "/v1/accounts/{account}" Changes accounts::remove;
    GET "/v1/accounts/{account}/session" Changes accounts::settings;
    PUT "/v1/accounts/{account}/session" Changes accounts::change_settings;
    POST "/v1/discover" Changes accounts::discover;
    GET "/v1/dialects/{format}/servers" State system::servers;
    GET "/v1/proxies" State system::proxies;
    GET "/v1/clients" Changes clients::list;
    POST "/v1/clients" Grants clients::allow;
    DELETE "/v1/clients/{name}" Changes clients::revoke;
    GET "/v1/audit" Changes audit::status;
    GET "/v1/consents" Changes consents::list;
    POST "/v1/consents/{id}" Grants consents::answer;
    DELETE "/v1/grants/{id}" Changes consents::stop;
    GET "/v1/vault" State system::vault;
    GET "/v1/presence" State system::presence;
    GET "/v1/config/check" Changes system::config_check;
    POST "/v1/config/reload" Changes system::reload;
    POST "/v1/show" Changes system::show;
    POST "/v1/link" Changes system::link;
    POST "/v1/quit" Changes system::quit;
};

impl Route {
    /// What a path has in the place of `{…}`; `None` if the path is another one.
    fn name<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some((before, rest)) = self.path.split_once('{') else {
            return (self.path == path).then_some("");
        };
        let after = rest.split_once('}').map_or("", |(_, after)| after);
        let name = path.strip_prefix(before)?.strip_suffix(after)?;
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    /// The row for a request.
    fn find<'a>(method: &Method, path: &'a str) -> Option<(&'static Self, &'a str)> {
        let rows = ROUTES.iter().filter(|route| route.method == *method);
        rows.into_iter().find_map(|route| Some((route, route.name(path)?)))
    }

    /// The handler, for a caller that has the right to it.
    fn open(&self, caller: &Caller, lineage: &[Process]) -> Result<Handler, ErrorAnswer> {
        caller.may(self.needs, lineage)?;
        Ok(self.handler)
    }
}

/// Requests that were refused, in the log.
static REFUSED: SharedQuiet = SharedQuiet::new();
/// So much of a path is written to the log.
const SHOWN: usize = 64;

/// Refuses a request whose target names another server than its `Host` (RFC 9112, section 3.2.2).
fn one_name<B>(request: &Request<B>) -> Result<(), ErrorAnswer> {
    let Some(target) = request.uri().authority() else { return Ok(()) };
    let host = request.headers().get(header::HOST);
    if host.is_some_and(|host| host.as_bytes() == target.as_str().as_bytes()) {
        return Ok(());
    }
    Err(ErrorAnswer::new(ErrorCode::AccessDenied, "The target and `Host` name different servers."))
}

/// Answers one request.
pub(crate) async fn answer(agent: &Agent, request: Request<Incoming>, peer: &Peer) -> Response<Body> {
    let policy = agent.consent().policy();
    match one_name(&request).and_then(|()| admit(&request, peer, agent.clients(), &policy.sites)) {
        Ok(Admission::As(caller)) => served(agent, request.map(Either::Left), peer, caller).await,
        Ok(Admission::Of(page)) => shown(agent, request, peer, page).await,
        Ok(Admission::Signs(presented)) => signed(agent, request, peer, presented).await,
        Err(refused) => {
            let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
            turned_away(agent, peer, request.uri().path(), origin.unwrap_or_default(), &refused);
            refusal(&refused, request.method(), request.uri().path())
        }
    }
}

/// A refusal. That of a method which this path does not have is a 405 with `Allow` (RFC 9110, section 15.5.6), unless the caller may not
/// come here at all.
fn refusal(refused: &ErrorAnswer, method: &Method, path: &str) -> Response<Body> {
    let there: Vec<&str> =
        ROUTES.iter().filter(|route| route.name(path).is_some()).map(|route| route.method.as_str()).collect();
    if refused.error == ErrorCode::AccessDenied || there.is_empty() || there.contains(&method.as_str()) {
        return error(refused);
    }
    let allowed = there.join(", ");
    let text = format!("This call has other methods: {allowed}.");
    let mut answer = error(&ErrorAnswer::new(ErrorCode::InvalidRequest, text));
    *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}

/// Answers a request whose client names its key. Whatever the answer is, it is signed, so that the client knows who answered.
async fn signed(
    agent: &Agent,
    request: Request<Incoming>,
    peer: &Peer,
    presented: Presented,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let refuse = |refused: &ErrorAnswer| {
        turned_away(agent, peer, &path, "", refused);
        error(refused)
    };
    let mut signing = match Signing::begin(&request, presented, peer.channel(), agent.clients()) {
        Ok(signing) => signing,
        // A key that is not known signs nothing.
        Err(refused) => return refuse(&refused),
    };
    let answered = match signing.receive(request).await {
        Ok((request, caller)) => served(agent, request, peer, caller).await,
        Err(refused) => refuse(&refused),
    };
    signing.sign(answered).await
}

/// Answers a page, in the browser that shows it.
async fn shown(agent: &Agent, request: Request<Incoming>, peer: &Peer, page: Page) -> Response<Body> {
    let mut answer = if *request.method() == Method::OPTIONS {
        page::preflight(request.headers())
    } else if let Some(seen) = page::browser(peer.ends()).await {
        let caller = Caller::Page(page.origin().to_owned());
        let routed = route(agent, request.map(Either::Left), peer, caller, seen).await;
        routed.unwrap_or_else(|refused| error(&refused))
    } else {
        let refused = page::no_browser();
        turned_away(agent, peer, request.uri().path(), page.origin(), &refused);
        error(&refused)
    };
    page.may_read(&mut answer);
    answer
}

/// Notes a request that was refused before it was known who asks.
fn turned_away(agent: &Agent, peer: &Peer, path: &str, origin: &str, refused: &ErrorAnswer) {
    let path: String = path.chars().take(SHOWN).collect();
    let origin: String = origin.chars().take(SHOWN).collect();
    REFUSED.say(|more| {
        tracing::warn!(code = refused.error.as_str(), %path, origin, more, "refused");
    });
    audit::turned_away(agent, peer, refused);
}

/// Answers a request of a caller that is known.
async fn served(agent: &Agent, request: Request<Received>, peer: &Peer, caller: Caller) -> Response<Body> {
    let found = Route::find(request.method(), request.uri().path());
    let looks = found.is_some_and(|(route, _)| route.needs.looks_at_ancestors());
    let seen = if looks { peer.seen().await } else { Seen::default() };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let routed = route(agent, request, peer, caller, seen).await;
    routed.unwrap_or_else(|refused| refusal(&refused, &method, &path))
}

/// `seen` is the process that asks, as far as the call looks at it.
async fn route(
    agent: &Agent,
    request: Request<Received>,
    peer: &Peer,
    caller: Caller,
    seen: Seen,
) -> Answered {
    let found = Route::find(request.method(), request.uri().path());
    let (route, name) = found.ok_or_else(not_found)?;
    let who = audit::who(&caller, peer, &seen.behind);
    let handler = route.open(&caller, &seen.lineage).inspect_err(|refused| {
        audit::no_right(
            agent,
            who.clone(),
            route.path,
            matches!(route.needs, Right::Tokens | Right::Programs),
            refused,
        );
    })?;
    let name = decoded(name).ok_or_else(not_found)?;
    let connection = request.extensions().get::<Arc<Connection>>().cloned().unwrap_or_default();
    let (connected, channel) = (peer.connected(), peer.channel().clone());
    let asked_by = who.clone();
    let call =
        Call { agent: agent.clone(), caller, who, request, seen, connected, connection, channel, name };
    crate::audit::asked_by(asked_by, handler(call)).await
}

/// A segment of a path as it was meant (RFC 3986, section 2.1); `None` if that is not text.
fn decoded(segment: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(segment).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::ErrorCode;

    use super::*;

    #[test]
    fn every_call_is_refused_without_its_right() {
        let client = || Caller::Client("tool".to_owned());
        for route in ROUTES {
            let may = |caller: Caller| route.open(&caller, &[]).is_ok();
            let (tokens, state) =
                (matches!(route.needs, Right::Tokens | Right::Programs), matches!(route.needs, Right::State));
            let open = matches!(route.needs, Right::Nothing);
            let grants = matches!(route.needs, Right::Grants);
            assert_eq!(may(Caller::Owner), !grants, "{}: not away from a terminal", route.path);
            assert_eq!(may(client()), open || state || tokens, "{}", route.path);
            // Whether it gets a token is decided with its request.
            assert_eq!(may(Caller::Neighbour), open || state || tokens, "{}", route.path);
            assert_eq!(may(Caller::Stranger), open, "{}", route.path);
            assert_eq!(
                may(Caller::Page("http://localhost:5173".to_owned())),
                open || matches!(route.needs, Right::Tokens),
                "{}",
                route.path
            );
            if let Err(refused) = route.open(&Caller::Stranger, &[]) {
                assert_eq!(refused.error, ErrorCode::ConsentRequired, "{}", route.path);
            }
        }
    }

    #[test]
    fn only_health_and_the_description_are_for_everyone_and_only_reading_for_programs_without_a_grant() {
        let needs = |right: Right| ROUTES.iter().filter(move |route| route.needs == right);
        assert_eq!(
            needs(Right::Nothing).map(|route| route.path).collect::<Vec<_>>(),
            ["/health", "/openapi.json", "/v1/challenge"]
        );
        assert!(needs(Right::State).all(|route| route.method == Method::GET));
        let hands_out = ["/v1/token", "/v1/jobs", "/v1/aws/credentials", "/v1/mcp"];
        let changes =
            ROUTES.iter().filter(|route| route.method != Method::GET && !hands_out.contains(&route.path));
        assert!(
            changes
                .into_iter()
                .all(|route| matches!(route.needs, Right::Changes | Right::Keep | Right::Grants))
        );
    }

    #[test]
    fn the_description_has_every_call_and_no_other() {
        let description: serde_json::Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let mut described = std::collections::BTreeSet::new();
        for (path, methods) in description["paths"].as_object().unwrap() {
            described.extend(
                methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())),
            );
        }
        let calls = ROUTES.iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
        assert_eq!(described, calls);
    }

    #[test]
    fn a_request_finds_its_row_and_no_other() {
        let row = |method: Method, path: &str| {
            Route::find(&method, path).map(|(route, name)| (route.path, name.to_owned()))
        };
        assert_eq!(row(Method::GET, "/v1/sessions"), Some(("/v1/sessions", String::new())));
        assert_eq!(
            row(Method::GET, "/v1/sessions/work"),
            Some(("/v1/sessions/{account}", "work".to_owned()))
        );
        let events = Some(("/v1/sessions/{account}/events", "work".to_owned()));
        assert_eq!(row(Method::GET, "/v1/sessions/work/events"), events);
        for path in
            ["/v1/sessions/", "/v1/sessions/work/x/events", "/v1/sessions//events", "/v1/tokens", "", "/"]
        {
            assert_eq!(row(Method::GET, path), None, "{path}");
        }
        assert_eq!(row(Method::DELETE, "/v1/sessions"), None);
    }

    #[test]
    fn a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has() {
        let refused = |method: Method, path: &str| {
            let answer = refusal(&not_found(), &method, path);
            (
                answer.status().as_u16(),
                answer.headers().get(header::ALLOW).map(|allowed| allowed.to_str().unwrap().to_owned()),
            )
        };
        assert_eq!(refused(Method::PUT, "/v1/token"), (405, Some("GET, POST".to_owned())));
        assert_eq!(refused(Method::TRACE, "/v1/sessions/work"), (405, Some("GET".to_owned())));
        assert_eq!(refused(Method::PUT, "/v1/nothing"), (404, None));
        // A page that may not come here learns no more.
        let denied = ErrorAnswer::new(ErrorCode::AccessDenied, "");
        assert_eq!(refusal(&denied, &Method::PUT, "/v1/token").status(), 403);
    }

    #[test]
    fn no_two_rows_are_for_the_same_request() {
        for (index, route) in ROUTES.iter().enumerate() {
            let path = route
                .path
                .replace("{account}", "x")
                .replace("{name}", "x")
                .replace("{id}", "x")
                .replace("{format}", "x");
            let (found, _) = Route::find(&route.method, &path).unwrap();
            assert!(std::ptr::eq(found, &ROUTES[index]), "{}", route.path);
        }
    }

    #[test]
    fn a_name_is_read_without_its_encoding() {
        assert_eq!(decoded("my%20account").as_deref(), Some("my account"));
        assert_eq!(decoded("%C3%A4").as_deref(), Some("\u{e4}"));
        assert_eq!(decoded("%ff"), None);
    }
}
