//! One sign-in, from the click to the tokens: discovery, the browser, the loopback redirect, the code, validation, the
//! vault. Only then is the session active.

pub(crate) mod device;
mod error;
pub(crate) mod port_guard;
pub(crate) mod request;
pub(crate) mod scopes;
pub(crate) mod step_up;

use std::sync::Arc;
use std::time::Duration;

use abide_audit::Event;
use abide_oidc::{
    AuthorizationCode, AuthorizationResponse, CallbackError, Claims, ErrorKind, GrantError, OAuthError,
    Pending, Tokens,
};
use abide_session::{Attempt, Checkpoint, Input};
use abide_wire::{ErrorAnswer, ErrorCode, Evidence, SignInBegun};
use tokio::sync::watch;

use crate::browser::callback::{Callback, Outcome, Verdict};
use crate::browser::opener::Opened;
use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_in::request::{Refusal, Wish};
use crate::state::account::{Account, Opening, SignIn, host_of};
use crate::state::commit::{Commit, NotCommitted, Unwritten, commit};
use crate::state::connection::{Connection, connect, lifetimes};
use crate::state::exchanges::Exchange;
use crate::state::last_error::LastError;
use crate::state::revoke::{revoke_refused, revoke_token, revoke_unused};
use crate::state::spawn::{in_time, spawn_settled};
use crate::state::store::Store;
use crate::state::tokens::Held;
use crate::view::convert::error_code;
use crate::view::layers::Heard;
use crate::view::notices;

pub(crate) use error::SignInError;

/// Asks the session to begin a sign-in, as the person wants.
///
/// # Errors
///
/// `unknown_account`; `invalid_request` when the person is already signed in.
pub(crate) fn begin(store: &Arc<Store>, account: &str, opening: Opening) -> Result<(), ErrorAnswer> {
    begin_as(store, account, opening, None, true)
}

/// The same, as a link to the redirect URI wants (OpenID Connect Core 1.0, section 4). It replaces no session.
pub(crate) fn begin_by_link(
    store: &Arc<Store>,
    account: &str,
    login_hint: Option<String>,
) -> Result<(), ErrorAnswer> {
    begin_as(store, account, Opening::Browser, login_hint, false)
}

fn begin_as(
    store: &Arc<Store>,
    account: &str,
    opening: Opening,
    login_hint: Option<String>,
    by_user: bool,
) -> Result<(), ErrorAnswer> {
    store.act(account, |account, now| {
        account.session.handle(now, Input::Tick);
        let view = account.session.view(now);
        let stuck = by_user && view.lets_sign_in && account.renewal_refused;
        let continues = view.sign_in_needed || stuck;
        let again = by_user && view.can_begin_again && !continues;
        if view.began.is_some() && !continues && !again {
            let who = account.held.as_ref().map_or("The user", |held| held.identity.label());
            let text = format!("{who} is signed in to \u{201c}{}\u{201d} already.", account.name);
            return Err(ErrorAnswer::new(ErrorCode::InvalidRequest, text));
        }
        account.opening = opening;
        account.invited_as = login_hint;
        account.session.handle(now, if again { Input::BeginAgain } else { Input::Login });
        Ok(())
    })?
}

/// Starts the sign-in that a session has asked for.
pub(crate) fn start(store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
    account.last_error = None;
    // The pages of an earlier session have nothing more to say.
    account.tab = None;
    if let Some(page) = account.sign_out.take() {
        page.abort();
    }
    let (announce, begun) = watch::channel(None);
    let (name, mut config, opening) = (account.name.clone(), account.config.clone(), account.opening);
    config.login_hint = account.invited_as.take().or(config.login_hint);
    let store = store.clone();
    let (after, name_after, provider) = (store.clone(), name.clone(), host_of(&config.issuer));
    let work = async move {
        let result = Box::pin(run(&store, &name, attempt, &config, opening, announce)).await;
        if let Err(error) = result {
            failed(&store, &name, attempt, &host_of(&config.issuer), &error);
        }
    };
    let task = spawn_settled(work, move || {
        failed(&after, &name_after, attempt, &provider, &SignInError::Internal);
    });
    account.sign_in = Some(SignIn { attempt, task, begun });
}

fn failed(store: &Arc<Store>, name: &str, attempt: Attempt, provider: &str, error: &SignInError) {
    let message = error.to_string();
    let _ = store.act(name, |account, now| {
        // Otherwise it was cancelled or replaced, and is recorded as that.
        if account.session.awaits(attempt) {
            match error {
                SignInError::Cancelled(_) => {
                    tracing::info!(account = name, "the person has cancelled the sign-in");
                }
                error => tracing::warn!(account = name, %error, "the sign-in did not succeed"),
            }
            store.record(name, Event::SignInFailed, |entry| entry.reason = Some(error.code().to_owned()));
            account.last_error = Some(LastError::new(error.code(), error.kind(), message.clone()));
            account.session.handle(now, Input::AuthorizationFailed { attempt });
            store.tell(notices::sign_in_failed(store.spoken.language(), name, provider, &message));
        }
    });
}

async fn run(
    store: &Arc<Store>,
    name: &str,
    attempt: Attempt,
    config: &AccountConfig,
    opening: Opening,
    announce: watch::Sender<Option<SignInBegun>>,
) -> Result<(), SignInError> {
    let connection = connect(config).await?.with_new_key(config.dpop)?;
    let http = connection.http.clone();
    let signed_in = Box::pin(run_over(store, name, attempt, config, opening, announce, connection)).await;
    // What an answer has shown of the clocks explains a failure.
    let _ = store.act(name, |account, _| {
        account.skew_at_failure = signed_in.as_ref().err().and_then(|_| http.clock_skew());
    });
    signed_in
}

async fn run_over(
    store: &Arc<Store>,
    name: &str,
    attempt: Attempt,
    config: &AccountConfig,
    opening: Opening,
    announce: watch::Sender<Option<SignInBegun>>,
    connection: Connection,
) -> Result<(), SignInError> {
    if opening == Opening::Device {
        let (tokens, exchange) = device::authorize(store, name, config, &connection, &announce).await?;
        let work = complete(store.clone(), name.to_owned(), attempt, connection, tokens, None);
        to_its_end(async move {
            let _exchange = exchange;
            work.await
        })
        .await?;
        let _ = store.act(name, |account, _| account.note_what_is_offered());
        store.show();
        return Ok(());
    }
    let mut callback =
        Callback::bind(&store.ports, &config.redirect_uris).await.map_err(SignInError::Listener)?;
    let Connection { http, relying_party, .. } = &connection;
    let mut wish = Wish::new(store, name, config, relying_party.provider(), opening);
    let redirect_uri = callback.redirect_uri().clone();
    let ask = async |wish: &Wish<'_>| {
        let parameters = wish.parameters();
        relying_party.start_authorization(http, &redirect_uri, &parameters, clock::system_time()).await
    };
    let mut asked = ask(&wish).await;
    while asked.as_ref().is_err_and(|error| wish.gives_up(Refusal::of_push(error))) {
        asked = ask(&wish).await;
    }
    let request = asked.map_err(SignInError::of)?;
    let begun = SignInBegun { account: name.to_owned(), ..SignInBegun::default() };
    let mut opened = None;
    announce.send_replace(Some(if opening == Opening::Browser {
        // Programs on this computer can read the arguments of other programs: one could open the address first, and sign in
        // as another user.
        let address = callback.depart(request.url).ok_or(SignInError::NoRandomness)?;
        opened = Some(store.opener.open(&address).await?);
        begun
    } else {
        SignInBegun {
            authorization_url: Some(request.url.to_string()),
            redirect_port: callback.redirect_uri().port(),
            opens_within: request.pending.opens_within().map(|within| within.as_secs()),
            ..begun
        }
    }));
    let provider = host_of(&config.issuer);
    let mut pending = request.pending;
    let mut answered = match opened {
        Some(opened) => answer_of_browser(opened, &mut callback, &pending, &provider).await,
        None => answer(&mut callback, &pending, &provider).await,
    };
    while let Err(SignInError::Answer(refused)) = &answered
        && wish.gives_up(Refusal::of_answer(refused))
    {
        answered = match ask(&wish).await {
            Ok(request) => {
                // The tab that delivered the refusal is sent to the provider again.
                callback.send_on(request.url);
                pending = request.pending;
                answer(&mut callback, &pending, &provider).await
            }
            Err(error) => Err(SignInError::of(error)),
        };
    }
    let outcome = match answered {
        Ok(response) => {
            let (store, name) = (store.clone(), name.to_owned());
            to_its_end(redeem(store, name, attempt, connection.clone(), pending, response, config.timeout))
                .await
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(user) => {
            let shown = Outcome::SignedIn { user, provider };
            // The page that the sign-in ends on stays and watches, if it can.
            let mut callback = Some(callback);
            let _ = store.act(name, |account, _| {
                callback =
                    callback.take().and_then(|callback| store.effects().signed_in(store, account, callback));
                account.note_what_is_offered();
                if let Some(tab) = &account.tab {
                    tab.show(shown.clone());
                }
            });
            if let Some(callback) = callback {
                callback.finish(shown);
            }
            store.show();
            Ok(())
        }
        Err(error) => {
            callback.finish(Outcome::Failed { message: error.to_string() });
            Err(error)
        }
    }
}

/// The answer from the first request that belongs to this sign-in. What does not belong leaves it waiting.
pub(crate) async fn answer(
    callback: &mut Callback,
    pending: &Pending,
    provider: &str,
) -> Result<AuthorizationResponse, SignInError> {
    while let Some(arrival) = callback.arrival().await {
        let received = pending.receive(&arrival.query);
        let verdict = match &received {
            Err(error) if error.is_stray() => Verdict::Stray(error.code()),
            _ => Verdict::Taken,
        };
        let _ = arrival.verdict.send(verdict);
        match received {
            Ok(response) => return Ok(response),
            Err(error) if error.is_stray() => {}
            // With a reason it may be the provider that does not want to.
            Err(CallbackError::Refused { error: OAuthError::AccessDenied, description: None }) => {
                return Err(SignInError::Cancelled(provider.to_owned()));
            }
            Err(error) => return Err(SignInError::Answer(error)),
        }
    }
    Err(SignInError::GivenUp)
}

/// The same, unless the program that was to open the browser fails before a browser has come.
pub(crate) async fn answer_of_browser(
    mut opened: Opened,
    callback: &mut Callback,
    pending: &Pending,
    provider: &str,
) -> Result<AuthorizationResponse, SignInError> {
    let departure = callback.departure();
    let no_browser = async {
        let error = opened.fails().await;
        // Closed by the person, who may use another one.
        if departure.is_over() { std::future::pending().await } else { error }
    };
    tokio::select! {
        biased;
        answered = answer(callback, pending, provider) => answered,
        error = no_browser => Err(error.into()),
    }
}

/// From the moment the provider issues tokens, cancelling must not stop halfway: tokens that are no longer needed are
/// deleted from the vault and revoked at the provider. The end of the sign-in checks this by what the session waits for.
async fn to_its_end(
    work: impl Future<Output = Result<String, SignInError>> + Send + 'static,
) -> Result<String, SignInError> {
    tokio::spawn(work).await.unwrap_or(Err(SignInError::GivenUp))
}

/// Redeems the code. Returns who signed in.
async fn redeem(
    store: Arc<Store>,
    name: String,
    attempt: Attempt,
    connection: Connection,
    pending: Pending,
    response: AuthorizationResponse,
    patience: Duration,
) -> Result<String, SignInError> {
    // Without a frame nothing compares it, and another process would take it for a sign that there is one (LemonLDAP::NG 2.16).
    let has_frame = connection.relying_party.provider().has_check_session();
    let session_state = response.session_state.filter(|_| has_frame).map(|state| state.as_str().to_owned());
    // Until the session is stored.
    let exchange = store.exchanges.begin().ok_or(SignInError::GivenUp)?;
    let tokens = redeem_code(&store, &connection, pending, response.code, patience, &exchange).await?;
    complete(store, name, attempt, connection, tokens, session_state).await
}

/// Redeems a code, which is good once. What comes after `patience` is revoked: the person has been told that it did not work.
pub(crate) async fn redeem_code(
    store: &Arc<Store>,
    connection: &Connection,
    pending: Pending,
    code: AuthorizationCode,
    patience: Duration,
    exchange: &Exchange,
) -> Result<Tokens, SignInError> {
    let (asked, until_late) = (connection.clone(), exchange.clone());
    let exchange = async move {
        let http = asked.http.patient();
        asked.relying_party.exchange(&http, &pending, code, clock::system_time()).await
    };
    let (after, unused) = (store.clone(), connection.clone());
    let late = async move |answer: Result<Tokens, GrantError>| {
        match answer {
            Ok(tokens) => revoke_token(&after, &unused, tokens.refresh_token),
            Err(refused) => drop(revoke_refused(&after, &unused, refused)),
        }
        drop(until_late);
    };
    let host = connection.relying_party.provider().display_host();
    match in_time(patience, exchange, late).await {
        Some(Ok(tokens)) => Ok(tokens),
        Some(Err(refused)) => Err(SignInError::of(revoke_refused(store, connection, refused))),
        None => Err(SignInError::of(abide_oidc::Error::Timeout { host })),
    }
}

/// Makes the session durable before it is active. Returns who signed in.
pub(crate) async fn complete(
    store: Arc<Store>,
    name: String,
    attempt: Attempt,
    connection: Connection,
    tokens: Tokens,
    session_state: Option<String>,
) -> Result<String, SignInError> {
    let connection = match connection.clone().settled(&tokens.token_type) {
        Ok(settled) => settled,
        Err(error) => {
            revoke_token(&store, &connection, tokens.refresh_token);
            return Err(error.into());
        }
    };
    let (store, name, connection) = (&store, name.as_str(), &connection);
    let wanted = store.act(name, |account, _| account.config.provider.claims).unwrap_or(false);
    let (profile, unknown) = match profile(connection, &tokens, wanted).await {
        Ok(read) => (read, None),
        Err(error @ abide_oidc::Error::UserInfoSubjectMismatch) => {
            // The access token, which tools would get, belongs to another user as well (Core, section 5.3.2).
            revoke_token(store, connection, tokens.refresh_token);
            return Err(error.into());
        }
        Err(error) => {
            tracing::warn!(code = error.code(), "UserInfo could not be read");
            (None, Some(LastError::from(&error)))
        }
    };
    let lifetimes = lifetimes(&connection.http, &tokens);
    let now = clock::now();
    let mut held = Held {
        session_state,
        dpop: connection.key.clone(),
        ..Held::new(tokens, Heard { at: now.wall, by: Evidence::IdToken })
    };
    if let Some(profile) = profile {
        held.take_profile(profile, now.wall);
    }
    let user = held.identity.label().to_owned();
    let how = Commit {
        // The old refresh token is revoked with the new one: revoked now, it might take the new one with it.
        next: |account: &Account, before: Option<&Held>| {
            let mut fresh = account.session.awaits(attempt).then(|| held.clone())?;
            let before =
                before.into_iter().flat_map(|before| before.leftovers.iter().chain(&before.refresh_token));
            fresh.leftovers.extend(before.cloned());
            Some(fresh)
        },
        content: |account: &Account, held: &Held, now| {
            let checkpoint = match account.session.checkpoint(now) {
                Some(present) => Checkpoint { renewable: lifetimes.renewable, suspicion: None, ..present },
                None => Checkpoint::at_sign_in(now, &account.config.rules(), lifetimes),
            };
            account.stored_at(held, checkpoint)
        },
        unwritten: Unwritten::Revoked,
    };
    let Ok((turn, stranger)) = store.act(name, |account, _| {
        let stranger = |before: &Held| !before.identity.same_person(&held.identity);
        let turn = account.held.is_some().then(|| account.turn.clone());
        (turn, account.held.as_ref().is_some_and(stranger))
    }) else {
        revoke_unused(store, connection, held);
        return Err(SignInError::GivenUp);
    };
    if stranger {
        revoke_unused(store, connection, held);
        return Err(SignInError::OtherPerson(user));
    }
    // A session that continues may be refreshing its tokens at this moment. An answer that takes longer finds its place later.
    let _turn = match &turn {
        Some(turn) => turn.take(connection.patience()).await,
        None => None,
    };
    let done = commit(store, name, how, |account, now| {
        // The configuration may have changed while the person signed in.
        account.connection = Some(connection.clone()).filter(|connection| connection.is_for(&account.config));
        account.sign_in = None;
        account.refresh = None;
        account.touched = true;
        account.new_grant();
        account.new_turn();
        account.session.handle(now, Input::Authorized { attempt, tokens: lifetimes });
    });
    match done.await {
        Ok(()) => {}
        Err(NotCommitted::NotStored(error)) => {
            revoke_unused(store, connection, held);
            return Err(error.into());
        }
        // Cancelled, perhaps while the vault was writing.
        Err(NotCommitted::Gone) => {
            revoke_unused(store, connection, held);
            return Err(SignInError::GivenUp);
        }
    }
    if let Some(last_error) = unknown {
        let _ = store.act(name, |account, _| account.last_error = Some(last_error));
    }
    Ok(user)
}

/// What UserInfo says. Without it the user is still signed in, perhaps with a less friendly name, so most failures here are
/// said and are none of the sign-in's.
async fn profile(
    connection: &Connection,
    tokens: &Tokens,
    wanted: bool,
) -> Result<Option<Claims>, abide_oidc::Error> {
    let identity = &tokens.identity;
    let known = identity.email.is_some() || identity.preferred_username.is_some() || identity.name.is_some();
    if (known && !wanted) || !connection.relying_party.provider().has_userinfo() {
        return Ok(None);
    }
    connection.userinfo(&tokens.access_token, &identity.subject).await.map(Some)
}

/// Waits until the address or the code of a sign-in is known, for a caller that prints it.
pub(crate) async fn begun(store: &Arc<Store>, name: &str) -> Result<SignInBegun, ErrorAnswer> {
    let begun = store.act(name, |account, _| {
        account.sign_in.as_ref().map(|sign_in| (sign_in.attempt.number(), sign_in.begun.clone()))
    })?;
    let not_begun = |store: &Arc<Store>| {
        let last_error = store.act(name, |account, _| account.last_error.clone()).ok().flatten();
        let kind = last_error.as_ref().map_or(ErrorKind::Passing, |last_error| last_error.kind);
        let code = error_code(kind);
        let message = last_error.map(|last_error| last_error.sentence);
        let message = message.unwrap_or_else(|| "The sign-in did not begin. Try again.".to_owned());
        ErrorAnswer::new(code, message)
    };
    let Some((attempt, mut receiver)) = begun else { return Err(not_begun(store)) };
    let patience = std::time::Duration::from_secs(60);
    match clock::timeout(patience, receiver.wait_for(Option::is_some)).await {
        Ok(Ok(begun)) => begun
            .clone()
            .map(|begun| SignInBegun { attempt: Some(attempt), ..begun })
            .ok_or_else(|| not_begun(store)),
        _ => Err(not_begun(store)),
    }
}
