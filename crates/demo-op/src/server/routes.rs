//! Routes a request to its endpoint.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{self, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::authorization::{self, pushed, sign_in};
use crate::clients::dpop;
use crate::config::Quirks;
use crate::http::{Endpoint, Failure, Reply, Request, reply};
use crate::server::read::read;
use crate::session::{check_session, end_session, sign_out};
use crate::state::provider::Provider;
use crate::tokens::{self, introspection, revocation, userinfo};
use crate::{device, discovery, events, pages, record, registration, streams};

pub(super) async fn dispatch(State(provider): State<Arc<Provider>>, request: extract::Request) -> Response {
    provider.until_resumed().await;
    reply::harden(answer(&provider, request).await)
}

async fn answer(provider: &Arc<Provider>, request: extract::Request) -> Response {
    // A web page whose name resolves to 127.0.0.1 (DNS rebinding) sends another Host.
    if !is_for_us(request.headers(), request.uri(), provider.authority()) {
        return (StatusCode::MISDIRECTED_REQUEST, "This is a demo provider. It does not go by that name.\n")
            .into_response();
    }
    let endpoint = Endpoint::at(request.uri().path());
    let at = provider.clock_time();
    if !provider.is_reachable() {
        let reply = unreachable_now();
        if let Some(endpoint) = endpoint {
            provider.record().add(endpoint, at, Default::default(), reply.outcome);
        }
        return reply.response;
    }
    let Some(endpoint) = endpoint else {
        let reply = elsewhere(provider, request.uri().path());
        return reply.unwrap_or_else(|failure| server_error(&failure)).response;
    };
    let (parameters, reply) = match read(endpoint, request).await {
        Ok(asked) => {
            #[cfg(feature = "hostile")]
            let unasked = provider.hostile().answers_unasked(endpoint, asked.named("grant_type"));
            #[cfg(not(feature = "hostile"))]
            let unasked = false;
            let reply = match unasked {
                true => Ok(Reply::empty()),
                false => respond(endpoint, provider, &asked).await,
            };
            let token = asked.bearer().or(asked.bound_token());
            let kept = record::kept(&asked.parameters, token, dpop::shown(&asked));
            (kept, reply.map(|reply| dpop::with_nonce(provider, endpoint, reply)))
        }
        Err(unreadable) => (Default::default(), unreadable.reply(endpoint, provider)),
    };
    let reply = reply.unwrap_or_else(|failure| server_error(&failure));
    #[cfg(feature = "hostile")]
    let grant = parameters.get("grant_type").cloned();
    provider.record().add(endpoint, at, parameters, reply.outcome);
    // The endpoint has acted by now, even if the client has given up.
    tokio::time::sleep(delay(endpoint, &provider.quirks())).await;
    #[cfg(feature = "hostile")]
    return provider.distorted(endpoint, grant.as_deref(), reply.response).await;
    #[cfg(not(feature = "hostile"))]
    reply.response
}

fn delay(endpoint: Endpoint, quirks: &Quirks) -> Duration {
    match endpoint {
        Endpoint::Token => quirks.token_answer_delay,
        Endpoint::Registration => quirks.registration_answer_delay,
        _ => Duration::ZERO,
    }
}

async fn respond(endpoint: Endpoint, provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    match endpoint {
        Endpoint::Discovery | Endpoint::OtherMetadata | Endpoint::AuthorizationServerMetadata => {
            Ok(discovery::respond(provider, endpoint))
        }
        Endpoint::WebFinger => Ok(discovery::webfinger(provider, asked)),
        Endpoint::Jwks => Ok(Reply::json(provider.keys().jwks())),
        Endpoint::Authorization => authorization::endpoint::respond(provider, asked),
        Endpoint::SignIn => sign_in::respond(provider, asked),
        Endpoint::Token => tokens::endpoint::respond(provider, asked).await,
        Endpoint::UserInfo => userinfo::respond(provider, asked),
        Endpoint::Revocation => revocation::revoke(provider, asked).await,
        Endpoint::Introspection => introspection::introspect(provider, asked),
        Endpoint::EndSession => end_session::respond(provider, asked).await,
        Endpoint::SignOut => sign_out::respond(provider, asked).await,
        Endpoint::CheckSession => check_session::respond(provider, asked),
        Endpoint::Events => Ok(events::respond(provider, asked).await),
        Endpoint::Transmitter => Ok(streams::metadata(provider)),
        Endpoint::Streams
        | Endpoint::StreamStatus
        | Endpoint::AddSubject
        | Endpoint::RemoveSubject
        | Endpoint::StreamVerification => Ok(streams::respond(provider, endpoint, asked)),
        Endpoint::DeviceAuthorization => device::authorization::authorize(provider, asked),
        Endpoint::Device => device::page::respond(provider, asked),
        Endpoint::Registration => registration::respond(provider, asked),
        Endpoint::PushedAuthorization => pushed::respond(provider, asked),
    }
}

fn is_for_us(headers: &HeaderMap, uri: &Uri, authority: &str) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().is_some_and(|host| host.as_bytes() == authority.as_bytes());
    let target = uri.authority().is_none_or(|target| target.as_str() == authority);
    host && target && hosts.next().is_none()
}

fn elsewhere(provider: &Provider, path: &str) -> Result<Reply, Failure> {
    match path {
        "/" => Reply::page(pages::welcome(provider)),
        _ => Reply::error_page(StatusCode::NOT_FOUND, "not_found", pages::not_found(provider)),
    }
}

fn unreachable_now() -> Reply {
    let why = "the demo provider is set to be out of reach";
    Reply::refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", why)
}

fn server_error(failure: &Failure) -> Reply {
    tracing::error!(%failure, "the demo provider could not answer");
    let why = "the demo provider could not answer";
    Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error", why)
}
