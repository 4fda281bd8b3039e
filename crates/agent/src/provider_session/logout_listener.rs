//! Receives logout notifications of providers: OpenID Connect Front-Channel Logout 1.0, Back-Channel Logout 1.0, and security
//! event tokens (RFC 8935).
//!
//! Each account has its own address for each of them. A front-channel request comes from a page of the provider in the
//! user's browser. It is not proof, but it has to contain `sid`, which no other page knows. A back-channel request comes
//! from the provider itself and is signed; it reaches this machine only if someone has arranged that.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use abide_locale::{Language, pages};
use abide_oidc::{Error, LogoutToken, ReplayGuard};
use abide_wire::Signal;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use serde_json::json;
use tokio::task::AbortHandle;
use url::{Url, form_urlencoded};

use crate::browser::pages::{CONTENT_SECURITY_POLICY, Page, html};
use crate::browser::server::{self, NOTHING_ALLOWED, respond};
use crate::config::LogoutListenerConfig;
use crate::platform::clock;
use crate::provider_session::notified;
use crate::provider_session::security_events::{self, Received};
use crate::server::tcp::{Admits, Tcp, bind_patiently};
use crate::server::{Limits, SharedQuiet, serve};
use crate::state::connected::connection;
use crate::state::connection::Connection;
use crate::state::store::Store;

/// The largest body: a logout token of at most 16 KiB, form-encoded.
const BODY: usize = 48 * 1024;

/// The content type of a security event token (RFC 8417, section 7.1).
const EVENT: &str = "application/secevent+jwt";
/// The largest one, in bytes.
const EVENT_BODY: usize = 64 * 1024;

/// The pause between two attempts to open a port that another program uses.
const RETRY: Duration = Duration::from_secs(10);

/// The pause after a provider could not be reached.
const PAUSE: Duration = Duration::from_secs(10);

/// The lines about requests that are refused.
static TURNED_AWAY: SharedQuiet = SharedQuiet::new();

/// The listener, while an account uses one of the two channels, with its configuration.
#[derive(Default)]
pub(crate) struct LogoutListeners(tokio::sync::Mutex<Option<(LogoutListenerConfig, AbortHandle)>>);

impl LogoutListeners {
    /// Opens the listener if an account uses one of the two channels, and closes it if none does or its configuration
    /// changed. If it cannot be opened, those accounts have one signal less; Abide still starts.
    pub(crate) async fn apply(&self, store: &Arc<Store>, config: &LogoutListenerConfig) {
        let mut listening = self.0.lock().await;
        let wanted = store.core().accounts.iter().any(|account| {
            let provider = &account.config.provider;
            provider.watches(Signal::Frontchannel)
                || provider.watches(Signal::Backchannel)
                || provider.receives_events()
        });
        if let Some((as_configured, _)) = &*listening
            && wanted
            && as_configured == config
        {
            return;
        }
        if let Some((_, open)) = listening.take() {
            open.abort();
        }
        if !wanted {
            return;
        }
        let task = match LogoutListener::open(store, config).await {
            Ok(serving) => {
                tell_accounts(store, false);
                tokio::spawn(serving)
            }
            Err(error) => {
                let warning =
                    format!("Port {} cannot be opened for logouts from providers ({error}).", config.port);
                tokio::spawn(try_again(store.clone(), config.clone(), warning))
            }
        };
        *listening = Some((config.clone(), task.abort_handle()));
    }

    /// Closes the listener.
    pub(crate) async fn close(&self) {
        if let Some((_, listener)) = self.0.lock().await.take() {
            listener.abort();
        }
    }
}

/// Opens the port once it is free. Until then the signals that need it have failed.
async fn try_again(store: Arc<Store>, config: LogoutListenerConfig, warning: String) {
    store.warning(warning.clone());
    tell_accounts(&store, true);
    let serving = loop {
        clock::sleep(RETRY).await;
        if let Ok(serving) = LogoutListener::open(&store, &config).await {
            break serving;
        }
    };
    store.end_warning(&warning);
    tell_accounts(&store, false);
    serving.await;
}

fn tell_accounts(store: &Arc<Store>, failed: bool) {
    let names: Vec<String> = store.core().accounts.iter().map(|account| account.name.clone()).collect();
    for name in names {
        let _ = store.act(&name, |account, _| account.logout_listener(failed));
    }
    store.show();
}

/// On loopback, other users of this computer are refused. A listener with other names is behind a reverse proxy or a tunnel,
/// which may run as another user; its requests are signed, or contain the `sid`.
fn admits(config: &LogoutListenerConfig) -> Admits {
    if config.address.is_loopback() && config.hosts.is_empty() { Admits::ThisUser } else { Admits::Anyone }
}

/// A bound listener.
struct LogoutListener {
    store: Arc<Store>,
    hosts: Vec<String>,
    seen: Mutex<ReplayGuard>,
    /// Of logout tokens that name no session.
    about_people: Mutex<ReplayGuard>,
    /// The time of the last failure to reach a provider for a validation, boot time, by account. Locked during a request, so
    /// that of many notifications only one asks the provider.
    away: tokio::sync::Mutex<HashMap<String, Duration>>,
}

impl LogoutListener {
    /// Binds the configured address. The returned future serves it.
    async fn open(
        store: &Arc<Store>,
        config: &LogoutListenerConfig,
    ) -> std::io::Result<impl Future<Output = ()> + Send + use<>> {
        let listener = bind_patiently(SocketAddr::new(config.address, config.port)).await?;
        let port = listener.local_addr()?.port();
        let mut hosts = server::hosts(port);
        hosts.extend(config.hosts.iter().cloned());
        let place = Arc::new(Self {
            store: store.clone(),
            hosts,
            seen: Mutex::default(),
            about_people: Mutex::default(),
            away: tokio::sync::Mutex::default(),
        });
        tracing::info!(port, "providers can send logout notifications");
        let listener = Tcp::new(listener, admits(config));
        Ok(async move {
            serve(listener, Limits::PROVIDER, move |request: Request<Incoming>, _| {
                let place = place.clone();
                async move { place.route(request).await }
            })
            .await;
        })
    }

    async fn route(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let language = self.store.spoken.language();
        if !server::names_us(&request, &self.hosts) {
            return answer(StatusCode::MISDIRECTED_REQUEST, language, &pages::page_wrong_host(language));
        }
        let path = request.uri().path().to_owned();
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["frontchannel", account]) => {
                self.front_channel(account, request.uri().query().unwrap_or_default())
            }
            (&Method::POST, ["backchannel", account]) => {
                let account = (*account).to_owned();
                self.back_channel(&account, request).await
            }
            (&Method::POST, ["events", account]) => {
                let account = (*account).to_owned();
                self.security_event(&account, request).await
            }
            _ => answer(StatusCode::NOT_FOUND, language, &pages::logout_no_page(language)),
        }
    }

    /// A security event token that the provider has sent (RFC 8935, section 2).
    async fn security_event(&self, account: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !server::has_type(request.headers(), EVENT) {
            return event_refused("invalid_request", "The content type is not application/secevent+jwt.");
        }
        let body = server::body(request, EVENT_BODY).await.map(|body| body.to_vec());
        let Some(raw) = body.and_then(|body| String::from_utf8(body).ok()) else {
            return event_refused("invalid_request", "The request is too large or too slow.");
        };
        let wanted = self.store.act(account, |account, _| account.config.provider.receives_events());
        if !matches!(wanted, Ok(true)) {
            return event_refused("access_denied", "No account here accepts events.");
        }
        let received = match self.connection(account).await {
            Some(connection) => security_events::receive(&self.store, account, &connection, raw.trim()).await,
            None => Received::Later,
        };
        match received {
            Received::Accepted => respond(StatusCode::ACCEPTED, "text/plain", "", NOTHING_ALLOWED),
            Received::Refused(code, description) => event_refused(code, description),
            // Section 2.3: the provider may send it again.
            Received::Later => respond(StatusCode::SERVICE_UNAVAILABLE, "text/plain", "", NOTHING_ALLOWED),
        }
    }

    /// Front-Channel Logout 1.0, section 2. `iss` and `sid` have to be those of the session.
    fn front_channel(&self, account: &str, query: &str) -> Response<Full<Bytes>> {
        let one = |name: &str| {
            let mut found = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let first = found.next().map(|(_, value)| value.into_owned());
            first.filter(|_| found.next().is_none())
        };
        let (issuer, sid) = (one("iss").unwrap_or_default(), one("sid").unwrap_or_default());
        let language = self.store.spoken.language();
        match notified::by_page(&self.store, account, &issuer, &sid) {
            true => {
                let origin = Url::parse(&issuer).map(|issuer| issuer.origin().ascii_serialization());
                let policy = format!(
                    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors {}",
                    origin.unwrap_or_else(|_| "'none'".to_owned())
                );
                page(StatusCode::OK, language, &pages::logout_received(language), &policy)
            }
            // The answer does not reveal whether the account exists or who is signed in.
            false => answer(StatusCode::BAD_REQUEST, language, &pages::logout_no_session(language)),
        }
    }

    /// Back-Channel Logout 1.0, sections 2.5 to 2.8.
    async fn back_channel(&self, account: &str, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let Some(body) = server::body(request, BODY).await else {
            return refused("invalid_request", "The request is too large or too slow.");
        };
        let mut tokens = form_urlencoded::parse(&body).filter(|(name, _)| name == "logout_token");
        let (Some((_, raw)), None) = (tokens.next(), tokens.next()) else {
            return refused("invalid_request", "Exactly one `logout_token` is needed.");
        };
        let watched =
            self.store.act(account, |account, _| account.config.provider.watches(Signal::Backchannel));
        if !matches!(watched, Ok(true)) {
            return refused("invalid_request", "No account here accepts logout tokens.");
        }
        let Some(connection) = self.connection(account).await else {
            return refused("temporarily_unavailable", "The provider cannot be reached from here.");
        };
        let (Connection { http, relying_party, .. }, now) = (&connection, clock::system_time());
        let token = match relying_party.logout_token(http, &raw, now).await {
            Ok(token) => token,
            Err(error) => {
                if matches!(error, Error::LogoutToken(_))
                    && let Some(unusable) = relying_party.unusable_logout_token(&raw)
                {
                    notified::by_unusable(&self.store, account, &unusable, error.code());
                }
                turned_away(account, error.code());
                return refused("invalid_request", error.code());
            }
        };
        if let Some(guard) = self.guard_for(&token)
            && let Err(error) = guard.lock().unwrap_or_else(PoisonError::into_inner).admit(&token, now)
        {
            return refused("invalid_request", error.code());
        }
        let effect = notified::by_token(&self.store, account, &token);
        match effect.unusable.filter(|_| !effect.ended) {
            None => respond(StatusCode::OK, "text/plain", "", NOTHING_ALLOWED),
            Some(code) => {
                turned_away(account, code);
                refused("invalid_request", code)
            }
        }
    }

    /// What keeps a token from taking effect twice; `None` for one that names a session which no account has: it never takes effect, and
    /// however many of them come, they do not keep ours out.
    fn guard_for(&self, token: &LogoutToken) -> Option<&Mutex<ReplayGuard>> {
        if !token.names_a_session() {
            // Even without a session: it must not be kept for the next one.
            return Some(&self.about_people);
        }
        notified::is_about_one(&self.store, token, clock::now()).then_some(&self.seen)
    }

    /// The connection to the provider. Anyone can send a notification, so an unreachable provider is not asked again for
    /// each one.
    async fn connection(&self, account: &str) -> Option<Connection> {
        let present = || self.store.act(account, |account, _| account.connection.clone()).ok().flatten();
        if let Some(present) = present() {
            return Some(present);
        }
        let mut away = self.away.lock().await;
        if let Some(present) = present() {
            return Some(present);
        }
        if away.get(account).is_some_and(|since| clock::now().boot < since.saturating_add(PAUSE)) {
            return None;
        }
        match connection(&self.store, account).await {
            Ok(connection) => {
                away.remove(account);
                Some(connection)
            }
            Err(error) => {
                TURNED_AWAY.say(|more| {
                    tracing::warn!(account, %error, more, "a logout token cannot be validated now");
                });
                away.insert(account.to_owned(), clock::now().boot);
                None
            }
        }
    }
}

/// Notes a logout token that is refused. Anyone can send one.
fn turned_away(account: &str, code: &str) {
    TURNED_AWAY.say(|more| tracing::warn!(account, code, more, "a logout token is refused"));
}

fn answer(status: StatusCode, language: Language, line: &str) -> Response<Full<Bytes>> {
    page(status, language, line, CONTENT_SECURITY_POLICY)
}

fn page(status: StatusCode, language: Language, line: &str, policy: &str) -> Response<Full<Bytes>> {
    let content = html(&Page { language, title: "Abide", lines: &[line], good: status.is_success() });
    respond(status, "text/html; charset=utf-8", content, policy)
}

/// RFC 8935, section 2.3.
fn event_refused(error: &str, description: &str) -> Response<Full<Bytes>> {
    let content = json!({ "err": error, "description": description }).to_string();
    let mut response = respond(StatusCode::BAD_REQUEST, "application/json", content, NOTHING_ALLOWED);
    response.headers_mut().insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    response
}

/// Section 2.8 of Back-Channel Logout 1.0.
fn refused(error: &str, description: &str) -> Response<Full<Bytes>> {
    let content = json!({ "error": error, "error_description": description }).to_string();
    respond(StatusCode::BAD_REQUEST, "application/json", content, NOTHING_ALLOWED)
}
