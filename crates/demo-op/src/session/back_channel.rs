//! OpenID Connect Back-Channel Logout 1.0: a signed logout token for each client of a session that ended.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, Request};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;
use url::{Host, Position, Url};

use crate::config::{Client, lay_over};
use crate::crypto::secret;
use crate::http::Failure;
use crate::record::{Channel, Delivery, Notice};
use crate::state::provider::Provider;
use crate::state::store::Ended;

/// The event that makes a token a logout token (section 2.4).
pub(crate) const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long a logout token lasts, in seconds: two minutes, as section 2.4 recommends at most.
const LIFETIME: u64 = 2 * 60;
const FORM: &str = "application/x-www-form-urlencoded";
const PATIENCE: Duration = Duration::from_secs(5);

/// Notifies all clients of these sessions at the same time, without waiting.
pub(crate) fn tell(provider: &Arc<Provider>, ended: &[Ended]) {
    for session in ended {
        for client in session.clients.iter().filter_map(|id| provider.client(id)) {
            let Some(uri) = client.backchannel_logout_uri.clone() else { continue };
            let (provider, session) = (Arc::clone(provider), session.clone());
            let told = Arc::clone(&provider);
            let telling = async move {
                if let Err(failure) = tell_one(&told, &client, &uri, &session).await {
                    tracing::error!(%failure, "the demo provider could not make a logout token");
                }
            };
            provider.runtime().spawn(telling);
        }
    }
}

async fn tell_one(provider: &Provider, client: &Client, uri: &str, session: &Ended) -> Result<(), Failure> {
    let jti = secret::encode(&secret::random::<16>()?);
    let now = provider.now();
    let quirks = provider.quirks();
    let mut claims = json!({
        "iss": provider.issuer(),
        "aud": client.id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": jti,
        "events": { EVENT: {} },
        "sid": session.sid,
        "sub": session.subject,
    });
    lay_over(&mut claims, &quirks.logout_token_claims);
    let signing = quirks.logout_token_signing.unwrap_or(client.signing);
    let token = provider.keys().sign(signing, "logout+jwt", &claims)?;
    // A compact JWS contains no character that a form would escape.
    let delivery = deliver(uri, FORM, format!("logout_token={token}")).await;
    provider.record().add_notice(Notice {
        client_id: client.id.clone(),
        channel: Channel::Back,
        subject: session.subject.clone(),
        sid: session.sid.clone(),
        uri: uri.to_owned(),
        jti: Some(jti),
        delivery,
        at: provider.clock_time(),
    });
    Ok(())
}

/// Sends this to a client or a receiver.
pub(crate) async fn deliver(uri: &str, kind: &'static str, content: String) -> Delivery {
    match tokio::time::timeout(PATIENCE, post(uri, kind, content)).await {
        Ok(Ok(status)) => Delivery::Answered(status),
        Ok(Err(why)) => Delivery::Failed(why),
        Err(_) => Delivery::Failed("timed_out"),
    }
}

/// The status of the client's answer. A redirect is an answer too, and is not followed.
async fn post(uri: &str, kind: &'static str, content: String) -> Result<u16, &'static str> {
    let url = Url::parse(uri).map_err(|_| "unreachable")?;
    let port = url.port_or_known_default().unwrap_or(80);
    let stream = match url.host() {
        Some(Host::Ipv4(address)) => TcpStream::connect((address, port)).await,
        Some(Host::Ipv6(address)) => TcpStream::connect((address, port)).await,
        Some(Host::Domain(name)) => TcpStream::connect((name, port)).await,
        None => return Err("unreachable"),
    };
    let stream = stream.map_err(|_| "unreachable")?;
    let request = Request::builder()
        .method(Method::POST)
        .uri(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(CONTENT_TYPE, kind)
        .body(Body::from(content))
        .map_err(|_| "unreachable")?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| "not_http")?;
    let answer = async move { sender.send_request(request).await.map(|response| response.status().as_u16()) };
    let mut answer = std::pin::pin!(answer);
    // The connection has to be driven for the answer to arrive. If it ends first, the answer contains the reason.
    tokio::select! {
        answered = answer.as_mut() => answered,
        _ = connection => answer.await,
    }
    .map_err(|_| "not_http")
}
