//! Access tokens for one purpose: good for fewer scopes than the session has, or for one resource (RFC 6749, section 6; RFC
//! 8707, section 2.2; RFC 8693). They are kept in memory alone, each until it is used up.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_oidc::{Error, ExchangeRequest, IssuedToken, OAuthError, RefreshError, TokenTarget, TokenType};
use abide_session::{Input, Now, TargetToken, TargetVerdict, TokenRequest};
use abide_wire::{AccessToken, ErrorAnswer, ErrorCode, TokenAnswer};
use secrecy::{ExposeSecret, SecretString};

use crate::account::{Account, Connection};
use crate::shared::Shared;
use crate::sign_in::{SignInError, connection};
use crate::stored::record_name;
use crate::{Agent, notices, refresh};

/// A provider that does not say how long a token lasts is asked again after this.
const UNSAID: Duration = Duration::from_secs(300);
/// As many purposes of an account are remembered. Of more, the one that was asked for longest ago is forgotten.
const MOST: usize = 32;
/// What the session's own token has to be good for still when it is exchanged.
const EXCHANGEABLE: Duration = Duration::from_secs(30);

/// The purposes of one account.
#[derive(Default)]
pub(crate) struct Targets {
    kept: Vec<Kept>,
    /// Grows when what was there is forgotten: what is on its way then is for a session that is not there any more.
    epoch: u64,
    /// One token is fetched at a time, for everybody who waits for it.
    turn: Arc<tokio::sync::Mutex<()>>,
}

struct Kept {
    target: TokenTarget,
    life: TargetToken,
    issued: Option<Issued>,
    /// Why there was none the last time.
    refused: Option<ErrorAnswer>,
    /// Boot time.
    asked: Duration,
}

struct Issued {
    token: SecretString,
    kind: String,
    scope: String,
}

impl Targets {
    /// Nothing of what was there belongs to the session as it is now.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.epoch += 1;
    }

    fn kept(&mut self, target: &TokenTarget, now: Now) -> &mut Kept {
        let found = self.kept.iter().position(|kept| kept.target == *target);
        let index = found.unwrap_or_else(|| {
            if self.kept.len() >= MOST
                && let Some(oldest) =
                    self.kept.iter().enumerate().min_by_key(|(_, kept)| kept.asked).map(|(index, _)| index)
            {
                self.kept.swap_remove(oldest);
            }
            let life = TargetToken::default();
            self.kept.push(Kept {
                target: target.clone(),
                life,
                issued: None,
                refused: None,
                asked: now.boot,
            });
            self.kept.len() - 1
        });
        let kept = &mut self.kept[index];
        kept.asked = now.boot;
        kept
    }
}

impl Account {
    fn judge_target(
        &mut self,
        now: Now,
        request: TokenRequest,
        target: &TokenTarget,
    ) -> (TargetVerdict, Option<TokenAnswer>) {
        let life = self.targets.kept(target, now).life;
        let verdict = self.session.target_token(now, request, &life);
        let served = (verdict == TargetVerdict::Serve).then(|| self.target_answer(now, target)).flatten();
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

/// What became of a request to the provider.
enum Fetched {
    Done,
    /// The refresh token may no longer be accepted: a refresh is under way that finds out.
    Doubted,
}

impl Agent {
    /// The access token for one purpose.
    ///
    /// # Errors
    ///
    /// As [`Agent::token`].
    pub(crate) async fn target_token(
        &self,
        name: &str,
        request: TokenRequest,
        target: &TokenTarget,
    ) -> Result<TokenAnswer, ErrorAnswer> {
        let mut request = request;
        // Once a refresh has to be waited for, once the token is fetched, and then it is there.
        for _ in 0..3 {
            let (verdict, served) =
                self.0.shared.act(name, |account, now| account.judge_target(now, request, target))?;
            request.activity = false;
            match verdict {
                TargetVerdict::Serve => {
                    if let Some(answer) = served {
                        return Ok(answer);
                    }
                }
                TargetVerdict::Fetch => {
                    let work = fetch(self.clone(), name.to_owned(), request, target.clone());
                    // A tool that hangs up must not stop this halfway: the answer may hold the next refresh token.
                    let fetched = tokio::spawn(work).await;
                    match fetched
                        .unwrap_or_else(|_| Err(notices::provider_unreachable("The provider", None)))?
                    {
                        Fetched::Done => request.min_validity = Duration::ZERO,
                        Fetched::Doubted => {
                            self.wait_for_refresh(name).await?;
                            return Err(self.refused(name, target));
                        }
                    }
                }
                TargetVerdict::Wait(_) => drop(self.wait_for_refresh(name).await?),
                TargetVerdict::Held => return Err(self.refused(name, target)),
                TargetVerdict::LoginRequired => return Err(notices::login_required(name)),
                TargetVerdict::Frozen => return Err(notices::frozen(name)),
                TargetVerdict::Ended(reason) => return Err(notices::session_expired(name, reason)),
            }
        }
        Err(self.unreachable(name))
    }

    fn refused(&self, name: &str, target: &TokenTarget) -> ErrorAnswer {
        let shared = &self.0.shared;
        let known = shared.act(name, |account, now| account.targets.kept(target, now).refused.clone());
        known.unwrap_or_else(Some).unwrap_or_else(|| self.unreachable(name))
    }
}

async fn fetch(
    agent: Agent,
    name: String,
    request: TokenRequest,
    target: TokenTarget,
) -> Result<Fetched, ErrorAnswer> {
    let shared = &agent.0.shared;
    let (turn, exchange) =
        shared.act(&name, |account, _| (account.targets.turn.clone(), account.config.token_exchange))?;
    let _turn = turn.lock().await;
    // Somebody may have fetched it meanwhile.
    let (verdict, epoch) = shared.act(&name, |account, now| {
        let (verdict, _) = account.judge_target(now, request, &target);
        // Of an account of the same name that came after this one, nothing is known here.
        let ours = Arc::ptr_eq(&account.targets.turn, &turn);
        (if ours { verdict } else { TargetVerdict::LoginRequired }, account.targets.epoch)
    })?;
    if verdict != TargetVerdict::Fetch {
        return Ok(Fetched::Done);
    }
    // What a session that has ended meanwhile was given, or was given before it became stronger, serves nobody; and what it was
    // refused is nothing to the next.
    let ours =
        |account: &Account| Arc::ptr_eq(&account.targets.turn, &turn) && account.targets.epoch == epoch;
    let issued =
        if exchange { traded(&agent, &name, &target).await } else { narrowed(shared, &name, &target).await };
    match issued {
        Ok(issued) => {
            shared.act(&name, |account, now| {
                if ours(account) {
                    let kept = account.targets.kept(&target, now);
                    kept.life.came(now, issued.expires_in.or(Some(UNSAID)));
                    kept.refused = None;
                    kept.issued = Some(Issued {
                        token: issued.access_token,
                        kind: issued.token_type,
                        scope: issued.scope,
                    });
                }
            })?;
            Ok(Fetched::Done)
        }
        Err(Failure::Answered(answer)) => shared.act(&name, |account, now| {
            if ours(account) {
                let kept = account.targets.kept(&target, now);
                kept.life.failed(now, None);
                kept.refused = Some(answer.clone());
            }
            Err(answer)
        })?,
        Err(Failure::Provider(error)) => {
            tracing::warn!(account = name, code = error.code(), "no token for this purpose");
            let spent = matches!(error, Error::Refused { error: OAuthError::InvalidGrant, .. }) && !exchange;
            shared.act(&name, |account, now| {
                let answer = refusal(&account.provider(), &target, &error);
                if !ours(account) {
                    return Err(answer);
                }
                let kept = account.targets.kept(&target, now);
                // Whatever the reason is, a tool that asks again at once does not make the provider be asked again.
                kept.life.failed(now, error.retry_after());
                kept.refused = Some(answer.clone());
                if spent {
                    account.session.handle(now, Input::Renew);
                    return Ok(Fetched::Doubted);
                }
                Err(answer)
            })?
        }
    }
}

/// Why there is no token.
enum Failure {
    Provider(Error),
    Answered(ErrorAnswer),
}

impl From<ErrorAnswer> for Failure {
    fn from(answer: ErrorAnswer) -> Self {
        Self::Answered(answer)
    }
}

/// By the refresh token, which may be another one afterwards: in turn with the refreshes, and written down like them.
async fn narrowed(shared: &Arc<Shared>, name: &str, target: &TokenTarget) -> Result<IssuedToken, Failure> {
    let turn = shared.act(name, |account, _| account.turn.clone())?;
    let _turn = turn.lock().await;
    connected(shared, name).await?;
    // Together: what belongs to one session is not sent for another.
    let found = shared.act(name, |account, _| {
        let held = account.held.as_ref().filter(|_| Arc::ptr_eq(&account.turn, &turn))?;
        let first = account.config.resources.first().cloned();
        let credentials = (held.granted_to().clone(), held.scope.clone(), first);
        Some((account.connection.clone()?, held.refresh_token.clone(), credentials))
    })?;
    let Some((connection, token, (identity, scope, first))) = found else {
        return Err(Failure::Answered(notices::login_required(name)));
    };
    let Some(token) = token else {
        return Err(Failure::Answered(refused_for(
            target,
            "The provider gave this session no refresh token, so there is one access token, for everything.",
        )));
    };
    let mut target = target.clone();
    if target.resources.is_empty() && target.audiences.is_empty() {
        // Fewer scopes are wanted, and not those of another resource.
        target.resources.extend(first);
    }
    let Connection { http, relying_party, .. } = &connection;
    let record = record_name(name);
    let unwritten = |error: crate::vault_thread::StoreError| {
        Failure::Answered(ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, error.to_string()))
    };
    shared.vault.begin_rotation(&record).await.map_err(unwritten)?;
    match relying_party.narrow(http, &token, &identity, &scope, &target, SystemTime::now()).await {
        Ok(mut issued) => {
            match issued.refresh_token.take() {
                // Durable before anything is served: a token that only memory knows is lost with the process.
                Some(rotated) => {
                    refresh::adopt(shared, name, &connection, &token, rotated).await.map_err(unwritten)?
                }
                None => shared.vault.abandon_rotation(&record).await.map_err(unwritten)?,
            }
            Ok(issued)
        }
        Err(RefreshError { error, rotated }) => {
            if let Some(rotated) = rotated {
                refresh::adopt(shared, name, &connection, &token, rotated).await.map_err(unwritten)?;
            } else if !error.is_transient() {
                let _ = shared.vault.abandon_rotation(&record).await;
            }
            Err(Failure::Provider(error))
        }
    }
}

/// In exchange for the session's own access token.
async fn traded(agent: &Agent, name: &str, target: &TokenTarget) -> Result<IssuedToken, Failure> {
    let shared = &agent.0.shared;
    let request = TokenRequest { min_validity: EXCHANGEABLE, activity: false };
    let own = agent.own_token(name, request).await?;
    let subject_token = SecretString::from(own.access_token.expose());
    let connection = connected(shared, name).await?;
    let asked = ExchangeRequest {
        subject_token: &subject_token,
        subject_token_type: TokenType::AccessToken,
        actor: None,
        requested: TokenType::AccessToken,
        target,
        granted_scope: &own.scope,
    };
    let answered = connection.relying_party.exchange_token(&connection.http, &asked, SystemTime::now()).await;
    let mut issued = answered.map_err(Failure::Provider)?;
    if let Some(refresh_token) = issued.refresh_token.take() {
        // The session has its own.
        shared.before_the_end(refresh::give_back(connection, refresh_token));
    }
    Ok(issued)
}

async fn connected(shared: &Arc<Shared>, name: &str) -> Result<Connection, Failure> {
    connection(shared, name).await.map_err(|error| {
        Failure::Answered(match error {
            SignInError::Unreachable(error) => notices::provider_unreachable("", Some(&error.to_string())),
            error => ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, error.to_string()),
        })
    })
}

/// What a tool is told. Nothing of this ends the session.
fn refusal(provider: &str, target: &TokenTarget, error: &Error) -> ErrorAnswer {
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
        error if error.is_transient() => {
            return notices::provider_unreachable(provider, Some(&error.to_string()));
        }
        Error::Refused { .. } => ErrorCode::AccessDenied,
        _ => return notices::provider_unreachable(provider, Some(&error.to_string())),
    };
    ErrorAnswer::new(code, format!("{error} Nothing else has changed: {} was not issued.", named(target)))
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
