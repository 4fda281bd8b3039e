//! One request: who sends it, whether it may be passed on at all, and the answers that are Abide's own.

use std::sync::PoisonError;

use abide_wire::{ErrorAnswer, ErrorCode};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use hyper::body::Incoming;

use super::body::Answered;
use super::client::Client;
use super::exchange::pass_on;
use super::headers::{ABIDE_ERROR, ABIDE_KEY};
use super::open::{Asker, Gate};
use super::target::upstream_url;
use crate::api::auth::{Caller, Channel, Peer, host_is_address};
use crate::api::page::{Page, no_browser, no_browser_opens, page, preflight};
use crate::api::{audit, body};
use crate::identity;
use crate::platform::tcp_peer::may_get_a_token;

impl Gate {
    /// Answers a request.
    pub(super) async fn answer(&self, request: Request<Incoming>, client: &Client) -> Response<Answered> {
        let (headers, policy) = (request.headers(), self.agent.consent().policy());
        let page = host_is_address(headers, self.address)
            .and_then(|()| no_browser_opens(headers))
            .and_then(|()| page(headers, Some(self.port()), &policy.sites));
        let page = match page {
            Ok(page) => page,
            Err(refused) => return self.turned_away(client, &refused),
        };
        let mut answer = if page.is_some() && *request.method() == Method::OPTIONS {
            own(preflight(headers))
        } else {
            match self.passed_on(request, client, page.as_ref()).await {
                Ok(answer) => answer,
                Err(refused) => refusal(&refused),
            }
        };
        if let Some(page) = page {
            page.may_read(&mut answer);
        }
        answer
    }

    async fn passed_on(
        &self,
        request: Request<Incoming>,
        client: &Client,
        page: Option<&Page>,
    ) -> Result<Response<Answered>, ErrorAnswer> {
        // TRACE would show the token to the program.
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(invalid("This proxy does not pass on CONNECT and TRACE."));
        }
        let url = upstream_url(&self.config.upstream, request.uri()).ok_or_else(|| {
            invalid(
                "This proxy passes on requests to its own server alone. Send a path without `.` and `..`.",
            )
        })?;
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(invalid(
                "This proxy adds the token by itself. Send the request without `Authorization`: remove the token or password from \
                 the settings of the program.",
            ));
        }
        let asker = self.asker(request.headers(), client, page).await?;
        self.checked_upstream()?;
        let work = pass_on(self, &asker, request, url);
        crate::audit::asked_by(asker.who.clone(), work).await
    }

    /// Refuses a server on this computer whose port belongs to another user.
    pub(super) fn checked_upstream(&self) -> Result<(), ErrorAnswer> {
        if self.config.upstream.scheme() == "http" && !may_get_a_token(&self.config.upstream) {
            return Err(ErrorAnswer::new(
                ErrorCode::UpstreamUnreachable,
                "A program of another user has the port of the server. It does not get the token.",
            ));
        }
        Ok(())
    }

    /// Who sends a request: the holder of a key, the page, or the program behind the connection.
    async fn asker(
        &self,
        headers: &HeaderMap,
        client: &Client,
        page: Option<&Page>,
    ) -> Result<Asker, ErrorAnswer> {
        let peer = self.peer(client);
        let mut keys = headers.get_all(ABIDE_KEY).iter();
        if let Some(key) = keys.next() {
            if keys.next().is_some() {
                return Err(invalid("Send one client key only."));
            }
            let key = key.to_str().map_err(|_| invalid("The client key cannot be read."))?;
            let name = self.agent.clients().by_key(key)?;
            let who = audit::who(&Caller::Client(name.clone()), &peer, &identity::Caller::default());
            return Ok(Asker { caller: identity::Caller::with_key(&name), who, tool: name });
        }
        let behind = client.seen().await?.behind;
        if let Some(page) = page {
            let origin = page.origin().to_owned();
            let who = audit::who(&Caller::Page(origin.clone()), &peer, &behind);
            let caller = identity::Caller::at_origin(&origin, behind).ok_or_else(no_browser)?;
            return Ok(Asker { caller, who, tool: origin });
        }
        if behind.kind == identity::Kind::Own {
            return Err(invalid("This request comes from Abide itself: two proxies lead to each other."));
        }
        let who = audit::who(&Caller::Neighbour, &peer, &behind);
        Ok(Asker { caller: behind, who, tool: "A program of yours".to_owned() })
    }

    fn peer(&self, client: &Client) -> Peer {
        Peer::Tcp { port: self.port(), channel: Channel::between(client.ends) }
    }

    /// Refuses a request before it is known who sends it.
    fn turned_away(&self, client: &Client, refused: &ErrorAnswer) -> Response<Answered> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).say(|more| {
            tracing::warn!(proxy = self.name, code = refused.error.as_str(), more, "refused");
        });
        audit::turned_away(&self.agent, &self.peer(client), refused);
        refusal(refused)
    }
}

fn invalid(text: &str) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}

/// An answer that is Abide's own.
fn own(answer: Response<body::Body>) -> Response<Answered> {
    answer.map(Answered::new)
}

/// An error of Abide's own, with its mark.
fn refusal(refused: &ErrorAnswer) -> Response<Answered> {
    let mut answer = own(body::error(refused));
    answer.headers_mut().insert(ABIDE_ERROR, HeaderValue::from_static(refused.error.as_str()));
    answer
}
