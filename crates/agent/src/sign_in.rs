//! One sign-in, from the click to the tokens: discovery, the browser, the loopback redirect, the code, validation, the
//! vault. Only then is the session active.

use std::sync::Arc;
use std::time::SystemTime;

use abide_oidc::{
    AuthorizationParameters, AuthorizationResponse, CallbackError, Http, HttpOptions, OAuthError, Pending,
    Provider, Registration, RelyingParty, TokenKind, Tokens,
};
use abide_session::{Attempt, Checkpoint, Input};
use abide_wire::{ErrorAnswer, ErrorCode, KnownBy};
use tokio::sync::watch;
use url::Url;
use zeroize::Zeroizing;

use crate::account::{Account, Connection, Held, Opening, SignIn, host_of};
use crate::callback::{Callback, Outcome, Verdict};
use crate::config::AccountConfig;
use crate::layers::Heard;
use crate::monitor::Watch;
use crate::shared::Shared;
use crate::stored::record_name;
use crate::{clock, notices};

const OFFLINE_ACCESS: &str = "offline_access";

/// Why nobody is signed in now. Each is a sentence for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("{0} Nothing has changed; try again in a while.")]
    Unreachable(abide_oidc::Error),
    #[error("{0}")]
    Provider(#[from] abide_oidc::Error),
    #[error("You cancelled the sign-in at {0}.")]
    Cancelled(String),
    #[error("{0}")]
    Answer(CallbackError),
    #[error(transparent)]
    Browser(#[from] crate::browser::BrowserError),
    #[error("Abide could not wait for the browser on this computer ({0}).")]
    Listener(std::io::Error),
    #[error("The CA file {0} cannot be read ({1}).")]
    CaFile(String, std::io::Error),
    #[error("The file {0} with the client secret cannot be read ({1}).")]
    SecretFile(String, std::io::Error),
    #[error("{0}")]
    Vault(#[from] crate::vault_thread::StoreError),
    #[error("The sign-in was given up.")]
    GivenUp,
}

impl SignInError {
    fn of(error: abide_oidc::Error) -> Self {
        if error.is_transient() { Self::Unreachable(error) } else { Self::Provider(error) }
    }
}

/// Starts the sign-in that a session has asked for.
pub(crate) fn start(shared: &Arc<Shared>, account: &mut Account, attempt: Attempt) {
    account.trouble = None;
    // The pages of an earlier session have nothing more to say.
    account.monitor = None;
    if let Some(page) = account.sign_out.take() {
        page.abort();
    }
    let (announce, address) = watch::channel(None);
    let (name, config, opening) = (account.name.clone(), account.config.clone(), account.opening);
    let shared = shared.clone();
    let task = tokio::spawn(async move {
        let result = Box::pin(run(&shared, &name, attempt, &config, opening, announce)).await;
        if let Err(error) = result {
            failed(&shared, &name, attempt, &host_of(&config.issuer), &error);
        }
    });
    account.sign_in = Some(SignIn { attempt, task: task.abort_handle(), address });
}

fn failed(shared: &Arc<Shared>, name: &str, attempt: Attempt, provider: &str, error: &SignInError) {
    let message = error.to_string();
    tracing::warn!(account = name, %error, "the sign-in did not succeed");
    let _ = shared.act(name, |account, now| {
        if account.session.awaits(attempt) {
            account.trouble = Some(message.clone());
            account.session.handle(now, Input::AuthorizationFailed { attempt });
            shared.tell(notices::sign_in_failed(name, provider, &message));
        }
    });
}

async fn run(
    shared: &Arc<Shared>,
    name: &str,
    attempt: Attempt,
    config: &AccountConfig,
    opening: Opening,
    announce: watch::Sender<Option<Url>>,
) -> Result<(), SignInError> {
    let connection = connect(config).await?;
    let mut callback =
        Callback::bind(&shared.ports, &config.redirect_uris).await.map_err(SignInError::Listener)?;
    let parameters = parameters(config, connection.relying_party.provider());
    let Connection { http, relying_party } = &connection;
    let request = relying_party
        .start_authorization(http, callback.redirect_uri(), &parameters, SystemTime::now())
        .await
        .map_err(SignInError::of)?;
    announce.send_replace(Some(request.url.clone()));
    if opening == Opening::Browser {
        shared.opener.open(&request.url)?;
    }
    let provider = host_of(&config.issuer);
    let outcome = match answer(&mut callback, &request.pending, &provider).await {
        Ok(response) => complete(shared, name, attempt, &connection, &request.pending, response).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(user) => {
            let shown = Outcome::SignedIn { user, provider };
            // The page that the sign-in ends on stays and watches, if it can.
            let mut callback = Some(callback);
            let _ = shared.act(name, |account, _| {
                callback = callback.take().and_then(|callback| Watch::begin(shared, account, callback));
                account.note_what_is_offered();
                if let Some(watch) = &account.monitor {
                    watch.show(shown.clone());
                }
            });
            if let Some(callback) = callback {
                callback.finish(shown);
            }
            shared.show();
            Ok(())
        }
        Err(error) => {
            callback.finish(Outcome::Failed { message: error.to_string() });
            Err(error)
        }
    }
}

fn parameters(config: &AccountConfig, provider: &Provider) -> AuthorizationParameters {
    // A provider that lists its scopes and leaves this one out may refuse the whole request for it.
    let offline_known = provider.offers_scope(OFFLINE_ACCESS) != Some(false);
    let scopes: Vec<String> =
        config.scopes.iter().filter(|scope| *scope != OFFLINE_ACCESS || offline_known).cloned().collect();
    // OpenID Connect Core 1.0 section 11: offline access needs the user's consent, unless the provider has other rules.
    let offline = scopes.iter().any(|scope| scope == OFFLINE_ACCESS);
    let prompt = config
        .prompt
        .clone()
        .unwrap_or_else(|| if offline { vec!["consent".to_owned()] } else { Vec::new() });
    AuthorizationParameters { scopes, prompt, ..config.wishes() }
}

/// The answer from the first request that belongs to this sign-in. What does not belong leaves it waiting.
async fn answer(
    callback: &mut Callback,
    pending: &Pending,
    provider: &str,
) -> Result<AuthorizationResponse, SignInError> {
    while let Some(arrival) = callback.arrival().await {
        let received = pending.receive(&arrival.query);
        let stray = matches!(&received, Err(error) if error.is_stray());
        let _ = arrival.verdict.send(if stray { Verdict::Stray } else { Verdict::Taken });
        match received {
            Ok(response) => return Ok(response),
            Err(error) if error.is_stray() => tracing::warn!(code = error.code(), "a stray callback"),
            Err(CallbackError::Refused { error: OAuthError::AccessDenied, .. }) => {
                return Err(SignInError::Cancelled(provider.to_owned()));
            }
            Err(error) => return Err(SignInError::Answer(error)),
        }
    }
    Err(SignInError::GivenUp)
}

/// Redeems the code, and makes the session durable before it is active. Returns who signed in.
async fn complete(
    shared: &Arc<Shared>,
    name: &str,
    attempt: Attempt,
    connection: &Connection,
    pending: &Pending,
    response: AuthorizationResponse,
) -> Result<String, SignInError> {
    let Connection { http, relying_party } = connection;
    let session_state = response.session_state.map(|state| state.as_str().to_owned());
    let mut tokens = relying_party
        .exchange(http, pending, response.code, SystemTime::now())
        .await
        .map_err(SignInError::of)?;
    introduce(connection, &mut tokens).await;
    let lifetimes = lifetimes(&tokens);
    let now = clock::now();
    let held = Held { session_state, ..Held::new(tokens, Heard { at: now.wall, by: KnownBy::IdToken }) };
    let user = held.identity.label().to_owned();
    let queued = shared.act(name, |account, now| {
        let limits = account.config.limits().unwrap_or_default();
        let checkpoint = Checkpoint {
            at: now,
            began: now.wall,
            idle_left: limits.end_after(),
            absolute_left: limits.absolute(),
            provider_left: lifetimes.session_expires_in,
            provider_lifetime: lifetimes.session_expires_in,
            renewable: lifetimes.renewable,
            doubt: None,
        };
        let content = account.session.awaits(attempt).then(|| account.stored_at(&held, checkpoint)).flatten();
        content.map(|content| shared.vault.put(&record_name(name), content))
    });
    let Ok(Some(written)) = queued else {
        orphan(connection, held).await;
        return Err(SignInError::GivenUp);
    };
    written.await?;
    let mut held = Some(held);
    let _ = shared.act(name, |account, now| {
        if account.session.awaits(attempt) {
            account.connection = Some(connection.clone());
            account.held = held.take();
            account.sign_in = None;
            account.session.handle(now, Input::Authorized { attempt, tokens: lifetimes });
        }
    });
    if let Some(held) = held {
        // Cancelled while the vault was writing.
        shared.forget(name);
        orphan(connection, held).await;
        return Err(SignInError::GivenUp);
    }
    Ok(user)
}

/// Tokens that nobody waits for any more are not left lying about at the provider.
async fn orphan(connection: &Connection, held: Held) {
    if let Some(token) = &held.refresh_token {
        let _ = connection
            .relying_party
            .revoke(&connection.http, token, TokenKind::RefreshToken, SystemTime::now())
            .await;
    }
}

/// Many providers put name and email only into UserInfo. Without them the user is still signed in, with a less friendly
/// name, so a failure here is none of the sign-in's.
async fn introduce(connection: &Connection, tokens: &mut Tokens) {
    let identity = &tokens.identity;
    let known = identity.email.is_some() || identity.preferred_username.is_some() || identity.name.is_some();
    let Connection { http, relying_party } = connection;
    if known || !relying_party.provider().has_userinfo() {
        return;
    }
    match relying_party.userinfo(http, &tokens.access_token, &identity.subject, SystemTime::now()).await {
        Ok(claims) => {
            let short = |name: &str| claims.text(name).map(|text| text.chars().take(200).collect::<String>());
            tokens.identity.email = short("email");
            tokens.identity.preferred_username = short("preferred_username");
            tokens.identity.name = short("name");
        }
        Err(error) => tracing::warn!(code = error.code(), "UserInfo could not be read"),
    }
}

/// What the session has to know of tokens.
pub(crate) fn lifetimes(tokens: &Tokens) -> abide_session::Tokens {
    abide_session::Tokens {
        access_expires_in: tokens.expires_in,
        renewable: tokens.refresh_token.is_some(),
        session_expires_in: tokens.refresh_expires_in,
    }
}

/// Discovers the provider of an account.
pub(crate) async fn connect(config: &AccountConfig) -> Result<Connection, SignInError> {
    let http = http_of(config)?;
    let provider = Provider::discover(&http, &config.issuer).await.map_err(SignInError::of)?;
    let relying_party = RelyingParty::new(provider, registration(config)?).map_err(SignInError::of)?;
    Ok(Connection { http, relying_party })
}

fn registration(config: &AccountConfig) -> Result<Registration, SignInError> {
    let public = Registration::public(&config.client_id);
    let Some(path) = &config.client_secret_file else { return Ok(public) };
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| SignInError::SecretFile(path.display().to_string(), error))?;
    Ok(Registration { client_secret: Some(text.trim_end_matches(['\r', '\n']).into()), ..public })
}

fn http_of(config: &AccountConfig) -> Result<Http, SignInError> {
    let ca_pem = match &config.ca_file {
        None => None,
        Some(path) => Some(
            std::fs::read(path).map_err(|error| SignInError::CaFile(path.display().to_string(), error))?,
        ),
    };
    Ok(Http::new(HttpOptions { ca_pem, ..HttpOptions::default() })?)
}

/// The connection of an account: the present one, or a new one.
pub(crate) async fn connection(shared: &Arc<Shared>, name: &str) -> Result<Connection, SignInError> {
    let found = shared.act(name, |account, _| (account.connection.clone(), account.config.clone()));
    let Ok((present, config)) = found else { return Err(SignInError::GivenUp) };
    if let Some(present) = present {
        return Ok(present);
    }
    let fresh = connect(&config).await?;
    let _ = shared.act(name, |account, _| {
        if account.config == config {
            account.connection = Some(fresh.clone());
        }
    });
    Ok(fresh)
}

/// Waits until the address of a sign-in is known, for somebody who prints it.
pub(crate) async fn address(shared: &Arc<Shared>, name: &str) -> Result<Url, ErrorAnswer> {
    let receiver =
        shared.act(name, |account, _| account.sign_in.as_ref().map(|sign_in| sign_in.address.clone()))?;
    let not_begun = |shared: &Arc<Shared>| {
        let trouble = shared.act(name, |account, _| account.trouble.clone()).ok().flatten();
        let message = trouble.unwrap_or_else(|| "The sign-in did not begin. Try again.".to_owned());
        ErrorAnswer::new(ErrorCode::ProviderUnreachable, message)
    };
    let Some(mut receiver) = receiver else { return Err(not_begun(shared)) };
    let patience = std::time::Duration::from_secs(60);
    match tokio::time::timeout(patience, receiver.wait_for(Option::is_some)).await {
        Ok(Ok(address)) => address.clone().ok_or_else(|| not_begun(shared)),
        _ => Err(not_begun(shared)),
    }
}
