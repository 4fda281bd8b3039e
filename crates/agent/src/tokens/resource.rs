//! Access tokens for one purpose: good for fewer scopes than the session has, or for one resource (RFC 6749, section 6; RFC
//! 8707, section 2.2; RFC 8693). They are kept in memory alone, each until it is used up.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{
    Error, ErrorKind, ExchangeRequest, GrantError, IssuedToken, OAuthError, RefreshError, TokenKind,
    TokenTarget, TokenType,
};
use abide_session::{Input, Now, ResourceVerdict, TokenRequest};
use abide_wire::{AccessToken, ErrorAnswer, ErrorCode, TokenAnswer};
use secrecy::{ExposeSecret, SecretString};

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::commit::adopt;
use crate::state::connected::connection;
use crate::state::connection::Connection;
use crate::state::record::record_name;
use crate::state::resource_tokens::{Issued, NEW};
use crate::state::revoke::{revoke_access, revoke_token};
use crate::state::session_ref::SessionRef;
use crate::state::store::Store;
use crate::tokens::own::{REFRESH_PATIENCE, own_token, sign_in_needed, unreachable, wait_for_refresh};
use crate::tokens::{narrowing, survival};
use crate::view::notices;

/// A provider that does not say how long a token lasts is asked again after this.
const UNSAID: Duration = Duration::from_secs(300);
/// How long the session's own token has to be valid still when it is exchanged.
const EXCHANGEABLE: Duration = Duration::from_secs(30);

/// Whether a token for one purpose is had by exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exchange {
    /// By the refresh token.
    No,
    /// `token_exchange = true`.
    Wanted,
    /// A refresh would spoil other tokens. If the provider refuses the exchange, there is the refresh token still.
    Preferred,
}

impl Exchange {
    fn of(setting: Option<bool>) -> Self {
        match setting {
            Some(true) => Self::Wanted,
            Some(false) => Self::No,
            None => Self::Preferred,
        }
    }
}

/// The result of a request to the provider.
enum Fetched {
    Done,
    /// The refresh token may no longer be accepted; a running refresh will show it.
    Doubted,
}

/// The access token for one purpose.
///
/// # Errors
///
/// As [`crate::tokens::token`]; `too_many_purposes`.
pub(crate) async fn target_token(
    store: &Arc<Store>,
    name: &str,
    request: TokenRequest,
    target: &TokenTarget,
    counted_for: Option<&str>,
) -> Result<TokenAnswer, ErrorAnswer> {
    if let Some(caller) = counted_for {
        let admitted = store.act(name, |account, now| account.targets.admit(caller, target, now))?;
        admitted.map_err(too_many)?;
    }
    let (mut request, mut fetched_one) = (request, false);
    // Once a refresh has to be waited for, once the person has just signed in anew, once the token is fetched, and then it is there.
    for _ in 0..4 {
        try_kept(store, name, target).await?;
        let (verdict, served) = store.act(name, |account, now| account.judge_target(now, request, target))?;
        match verdict {
            ResourceVerdict::Serve => {
                if let Some(answer) = served {
                    return Ok(answer);
                }
            }
            ResourceVerdict::Fetch => {
                let work = fetch(store.clone(), name.to_owned(), request, target.clone());
                // A tool that disconnects must not stop this halfway: the answer may hold the next refresh token.
                let fetched = clock::timeout(REFRESH_PATIENCE, tokio::spawn(work)).await;
                let fetched = fetched.ok().and_then(Result::ok);
                match fetched.unwrap_or_else(|| Err(unreachable(store, name)))? {
                    Fetched::Done => (request.min_validity, fetched_one) = (Duration::ZERO, true),
                    Fetched::Doubted => {
                        wait_for_refresh(store, name).await?;
                        return Err(refused(store, name, target));
                    }
                }
            }
            ResourceVerdict::Wait(_) => drop(wait_for_refresh(store, name).await?),
            ResourceVerdict::BackingOff => return Err(refused(store, name, target)),
            ResourceVerdict::LoginRequired => return Err(notices::login_required(name)),
            ResourceVerdict::SignInNeeded => return Err(sign_in_needed(store, name)),
            ResourceVerdict::Frozen => return Err(notices::frozen(name)),
            ResourceVerdict::Ended(reason) => return Err(notices::session_expired(name, reason)),
        }
    }
    // The provider has answered, each time with a token that was over at once.
    let provider = store.act(name, |account, _| account.provider())?;
    Err(if fetched_one { notices::token_over_at_once(&provider) } else { unreachable(store, name) })
}

/// Makes sure of a token for one purpose after a refresh for something else: it is good, or it is fetched anew.
async fn try_kept(store: &Arc<Store>, name: &str, target: &TokenTarget) -> Result<(), ErrorAnswer> {
    if !store.act(name, |account, now| account.targets.kept(target, now).is_doubted())? {
        return Ok(());
    }
    if survival::try_own(store, name).await? {
        // It would end what is fetched before.
        drop(wait_for_refresh(store, name).await);
    }
    store.act(name, |account, now| {
        // The provider cannot be reached: there is nothing better.
        let unanswered =
            account.own_is_suspect && account.connection.is_some() && account.fresh_access_token().is_some();
        let kept = account.targets.kept(target, now);
        if kept.is_doubted() && !unanswered {
            kept.forget();
        }
    })
}

/// A caller has asked for as many purposes as it may for now.
fn too_many(rest: Duration) -> ErrorAnswer {
    let minutes = rest.as_secs().div_ceil(60).max(1);
    let text = format!(
        "This app has asked for tokens for {NEW} different purposes within an hour. Nothing was sent to the provider. Ask for \
         one of the same purposes, or again in {minutes} min."
    );
    ErrorAnswer {
        retry_after: Some(rest.as_secs().max(1)),
        ..ErrorAnswer::new(ErrorCode::TooManyPurposes, text)
    }
}

fn refused(store: &Arc<Store>, name: &str, target: &TokenTarget) -> ErrorAnswer {
    let known = store.act(name, |account, now| account.targets.kept(target, now).refused.clone());
    known.unwrap_or_else(Some).unwrap_or_else(|| unreachable(store, name))
}
async fn fetch(
    store: Arc<Store>,
    name: String,
    request: TokenRequest,
    target: TokenTarget,
) -> Result<Fetched, ErrorAnswer> {
    let store = &store;
    let (turn, patience, exchange, begun) = store.act(&name, |account, _| {
        let AccountConfig { timeout, token_exchange, .. } = account.config;
        let exchange = if account.exchanges() { Exchange::of(token_exchange) } else { Exchange::No };
        (account.targets.turn.clone(), timeout, exchange, account.grant_ref())
    })?;
    let Some(_turn) = turn.take(patience).await else { return Err(unreachable(store, &name)) };
    let Some(begun) = begun else { return Ok(Fetched::Done) };
    // Another request may have fetched it meanwhile, or another session may be there: it is judged anew.
    let verdict = store.act_if(begun, |account, now| account.judge_target(now, request, &target).0);
    if verdict != Ok(ResourceVerdict::Fetch) {
        return Ok(Fetched::Done);
    }
    // What was issued to a session that has ended, or before a step-up, is not served; and what was
    // refused to it says nothing about the next one.
    let (issued, exchanged) = issue(store, &name, begun, &target, exchange).await?;
    match issued {
        Ok((issued, connection)) => {
            let token = issued.access_token.clone();
            let kept = store.act_if(begun, |account, now| {
                let kept = account.targets.kept(&target, now);
                kept.life.issued(now, issued.expires_in.or(Some(UNSAID)));
                kept.issued(Issued {
                    token: issued.access_token,
                    kind: issued.token_type,
                    scope: issued.scope,
                });
            });
            if kept.is_err() {
                revoke_access(store, connection, token);
            }
            Ok(Fetched::Done)
        }
        Err(Failure::Answered(answer)) => {
            let _ = store.act_if(begun, |account, now| {
                let kept = account.targets.kept(&target, now);
                kept.life.failed(now, None);
                kept.refused = Some(answer.clone());
            });
            Err(answer)
        }
        Err(Failure::Provider { error, rotated }) => {
            tracing::warn!(account = name, code = error.code(), "no token for this purpose");
            let spent = matches!(error, Error::Refused { error: OAuthError::InvalidGrant, .. }) && !exchanged;
            let answer =
                store.act(&name, |account, _| refusal(&account.provider(), &target, &error, rotated))?;
            let doubted = store.act_if(begun, |account, now| {
                let kept = account.targets.kept(&target, now);
                // For any reason: a tool that asks again at once causes no other request to the provider.
                kept.life.failed(now, error.retry_after());
                kept.refused = Some(answer.clone());
                if spent {
                    account.session.handle(now, Input::Renew);
                }
                spent
            });
            if doubted == Ok(true) { Ok(Fetched::Doubted) } else { Err(answer) }
        }
    }
}

/// The token from the provider, and whether it was asked for by exchange.
async fn issue(
    store: &Arc<Store>,
    name: &str,
    begun: SessionRef,
    target: &TokenTarget,
    exchange: Exchange,
) -> Result<(Result<(IssuedToken, Connection), Failure>, bool), ErrorAnswer> {
    if exchange == Exchange::No {
        return Ok((narrowed(store, name, begun, target).await, false));
    }
    let issued = traded(store, name, target).await;
    let error = match &issued {
        Err(Failure::Provider { error, .. }) if exchange == Exchange::Preferred => error,
        _ => return Ok((issued, true)),
    };
    tracing::warn!(account = name, code = error.code(), "no token by exchange; the refresh token is used");
    if is_about_the_exchange(error) {
        store.act(name, |account, _| account.learned.exchange_refused = true)?;
        store.keep_learned(name);
    }
    Ok((narrowed(store, name, begun, target).await, false))
}

/// Whether another token would not be had by exchange either: no outage, and nothing about what was asked for.
fn is_about_the_exchange(error: &Error) -> bool {
    use OAuthError::{AccessDenied, InvalidRequest, InvalidScope, InvalidTarget};
    let about_this = matches!(
        error,
        Error::Refused { error: AccessDenied | InvalidRequest | InvalidScope | InvalidTarget, .. }
            | Error::ParameterInvalid { .. }
            | Error::ScopeWider
    );
    !about_this && !error.is_transient()
}

/// Why there is no token.
enum Failure {
    Provider {
        error: Error,
        /// Whether the session has another refresh token since.
        rotated: bool,
    },
    Answered(ErrorAnswer),
}

impl From<ErrorAnswer> for Failure {
    fn from(answer: ErrorAnswer) -> Self {
        Self::Answered(answer)
    }
}

/// By the refresh token, which may be another one afterwards: in turn with the refreshes, and written down like them.
async fn narrowed(
    store: &Arc<Store>,
    name: &str,
    begun: SessionRef,
    target: &TokenTarget,
) -> Result<(IssuedToken, Connection), Failure> {
    let (turn, patience) = store.act(name, |account, _| (account.turn.clone(), account.config.timeout))?;
    // The answer to an earlier request may hold the next refresh token.
    let Some(_turn) = turn.take(patience).await else {
        let host = store.act(name, |account, _| account.provider())?;
        return Err(Failure::Provider { error: Error::Timeout { host }, rotated: false });
    };
    // A renewal that was under way may have shown it.
    if let Some(refused) = store.act(name, |account, _| narrowing::refused(account, target))? {
        return Err(Failure::Answered(refused));
    }
    connected(store, name).await?;
    // Together: what belongs to one session is not sent for another.
    let found = store.act_if(begun, |account, _| {
        let held = account.held.as_ref()?;
        let credentials = (held.granted_to().clone(), held.scope.clone());
        let asked = narrowing::asked(account, target);
        Some((account.connection.clone()?, held.refresh_token.clone(), credentials, asked))
    });
    let Ok(Some((connection, token, (identity, scope), asked))) = found else {
        return Err(Failure::Answered(notices::login_required(name)));
    };
    let Some(token) = token else {
        return Err(Failure::Answered(refused_for(
            target,
            "The provider gave this session no refresh token, so there is one access token, for everything.",
        )));
    };
    let by = narrowing::by(&asked);
    let Connection { http, relying_party, .. } = &connection;
    let record = record_name(name);
    let unwritten = |error: crate::persistence::vault::StoreError| {
        Failure::Answered(notices::no_token(ErrorKind::ThisComputer, &error.to_string()))
    };
    // The end of the program waits until the answer is stored.
    let Some(_exchange) = store.exchanges.begin() else { return Err(unreachable(store, name).into()) };
    store.vault.begin_rotation(&record).await.map_err(unwritten)?;
    let answer =
        relying_party.narrow(&http.patient(), &token, &identity, &scope, &asked, clock::system_time()).await;
    let (rotated, granted) = match &answer {
        Ok(issued) => (issued.refresh_token.clone(), Some(issued.scope.as_str())),
        Err(refused) => (refused.rotated.clone(), None),
    };
    // If the session or its account is gone by now, the new refresh token is revoked below all the same.
    let _ = store.act_if(begun, |account, _| {
        // Also a refusal may have ended the other tokens.
        survival::used_elsewhere(account);
        if rotated.is_some() || granted.is_some() {
            account.narrowed.note(by, &scope, granted, rotated.is_some().then(|| token.clone()));
        }
    });
    let has_rotated = rotated.is_some();
    match (rotated, &answer) {
        // Stored before anything is served: a token that is only in memory is lost with the process.
        (Some(rotated), _) => {
            adopt(store, name, &connection, &token, rotated).await.map_err(unwritten)?;
        }
        (None, Ok(_)) => store.vault.abandon_rotation(&record).await.map_err(unwritten)?,
        (None, Err(refused)) if refused.error.is_transient() => {}
        (None, Err(_)) => drop(store.vault.abandon_rotation(&record).await),
    }
    match answer {
        Ok(issued) => Ok((issued, connection)),
        Err(RefreshError { error, .. }) => Err(Failure::Provider { error, rotated: has_rotated }),
    }
}

/// In exchange for the session's own access token.
async fn traded(
    store: &Arc<Store>,
    name: &str,
    target: &TokenTarget,
) -> Result<(IssuedToken, Connection), Failure> {
    let request = TokenRequest { min_validity: EXCHANGEABLE, activity: false };
    let own = own_token(store, name, request).await?;
    let subject_token = SecretString::from(own.access_token.expose());
    let connection = connected(store, name).await?;
    let Some(_exchange) = store.exchanges.begin() else { return Err(unreachable(store, name).into()) };
    let asked = ExchangeRequest {
        subject_token: &subject_token,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target,
        granted_scope: &own.scope,
    };
    let answered = connection
        .relying_party
        .exchange_token(&connection.http.patient(), &asked, clock::system_time())
        .await;
    let mut issued = answered.map_err(|GrantError { error, unused }| {
        // An access token here may be the session's own, if the provider has exchanged nothing.
        if let Some((token, TokenKind::RefreshToken)) = unused {
            revoke_token(store, &connection, Some(token));
        }
        Failure::Provider { error, rotated: false }
    })?;
    if let Some(refresh_token) = issued.refresh_token.take() {
        // The session has its own.
        revoke_token(store, &connection, Some(refresh_token));
    }
    Ok((issued, connection))
}

async fn connected(store: &Arc<Store>, name: &str) -> Result<Connection, Failure> {
    connection(store, name)
        .await
        .map_err(|error| Failure::Answered(notices::no_token(error.kind(), &error.to_string())))
}

/// The answer to the tool. None of this ends the session.
fn refusal(provider: &str, target: &TokenTarget, error: &Error, rotated: bool) -> ErrorAnswer {
    use OAuthError::{InvalidScope, InvalidTarget};
    let code = match error {
        Error::Refused { error: InvalidTarget, .. } => ErrorCode::InvalidTarget,
        Error::Refused { error: InvalidScope, .. } | Error::ScopeWider => ErrorCode::InvalidScope,
        Error::ParameterInvalid { name } if name == "scope" => {
            let text = format!(
                "`scope` asks for more than the session with {provider} has, or is no list of scopes."
            );
            return ErrorAnswer::new(ErrorCode::InvalidScope, text);
        }
        Error::ParameterInvalid { name } => {
            let text = format!(
                "`{name}` cannot be sent to {provider}: write it as an absolute address without a fragment."
            );
            return ErrorAnswer::new(ErrorCode::InvalidRequest, text);
        }
        Error::Refused { error, .. } if error.kind() == ErrorKind::ActionRequired => ErrorCode::AccessDenied,
        error => return notices::no_token(error.kind(), &error.to_string()),
    };
    let text = match rotated {
        // Whether the session has changed is not known before its next renewal.
        true => format!("{error} {} was not issued.", capital(&named(target))),
        false => format!("{error} Nothing else has changed: {} was not issued.", named(target)),
    };
    ErrorAnswer::new(code, text)
}

fn refused_for(target: &TokenTarget, why: &str) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidTarget, format!("{why} {} cannot be had.", capital(&named(target))))
}

fn named(target: &TokenTarget) -> String {
    match (target.resources.first().or(target.audiences.first()), target.scopes.is_empty()) {
        (Some(place), _) => format!("a token for {}", place.chars().take(200).collect::<String>()),
        (None, false) => "a token with fewer scopes".to_owned(),
        (None, true) => "the token".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

impl Account {
    /// Whether tokens for one purpose are had by exchange.
    pub(crate) fn exchanges(&self) -> bool {
        self.config.token_exchange.unwrap_or_else(|| {
            let offered =
                |connection: &Connection| connection.relying_party.provider().offers_token_exchange();
            (self.learned.refresh_spoils() || self.survival.ends())
                && !self.learned.exchange_refused
                && self.connection.as_ref().is_some_and(offered)
        })
    }

    /// Judges a request, and answers it where the token is there.
    fn judge_target(
        &mut self,
        now: Now,
        request: TokenRequest,
        target: &TokenTarget,
    ) -> (ResourceVerdict, Option<TokenAnswer>) {
        let life = self.targets.kept(target, now).life;
        let verdict = self.session.resource_token(now, request, &life);
        let served = (verdict == ResourceVerdict::Serve).then(|| self.target_answer(now, target)).flatten();
        (verdict, served)
    }

    fn target_answer(&mut self, now: Now, target: &TokenTarget) -> Option<TokenAnswer> {
        let (account, issuer) = (self.name.clone(), self.config.issuer.clone());
        let kept = self.targets.kept(target, now);
        let issued = kept.issued.as_ref()?;
        let left = kept.life.left(now)?;
        Some(TokenAnswer {
            access_token: AccessToken::new(issued.token.expose_secret().to_owned()),
            token_type: issued.kind.clone(),
            expires_in: left.as_secs(),
            expires_at: now.wall.saturating_add(left).as_secs(),
            scope: issued.scope.clone(),
            account,
            issuer,
            dpop: None,
        })
    }
}
