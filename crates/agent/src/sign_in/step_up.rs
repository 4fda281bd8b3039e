//! A stronger sign-in for a running session: a resource server refused a tool's token and named the sign-in that it requires
//! (RFC 9470). The tool passes that on, the user signs in again in the browser, and the tool gets the new token.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{AuthorizationParameters, OAuthError, StepUp, Tokens};
use abide_session::{Input, Now};
use abide_wire::{ErrorAnswer, ErrorCode, Evidence, text};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::browser::callback::{Callback, Outcome};
use crate::config::AccountConfig;
use crate::platform::clock;
use crate::sign_in::request::{Refusal, in_a_form, learn_form_refused, parameters};
use crate::sign_in::scopes::wanted_scopes;
use crate::sign_in::{SignInError, answer_of_browser, redeem_code};
use crate::state::account::{Account, Opening, SteppingUp, host_of};
use crate::state::commit::{Commit, NotCommitted, Unwritten, commit, keep_name};
use crate::state::connected::connection;
use crate::state::connection::{ConnectError, Connection, lifetimes};
use crate::state::revoke::revoke_token;
use crate::state::session_ref::SessionRef;
use crate::state::spawn::spawn_settled;
use crate::state::store::Store;
use crate::state::tokens::Held;
use crate::view::layers::Heard;
use crate::view::notices;

/// How long the person may take.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// A person who says no is asked by no tool for this long at first, and for twice as long after each further no.
const LEFT_ALONE: Duration = Duration::from_secs(30);
/// The longest such pause.
const LONGEST_LEFT_ALONE: Duration = Duration::from_secs(3600);

/// What has to happen before a tool is served.
enum Step {
    Nothing,
    Wait(watch::Receiver<Option<Result<(), ErrorAnswer>>>),
}

/// Makes the signed-in user sign in again as `wanted`, and returns once that is done. One browser page serves every tool
/// that requires the same. A session that is already strong enough needs nothing.
///
/// # Errors
///
/// `login_required`, `session_expired`; `access_denied` if the user refuses, or another user signs in;
/// `unmet_authentication_requirements` if the provider does not do it; `temporarily_unavailable`, `provider_unreachable`.
/// The session stays as it was.
pub(crate) async fn step_up(
    store: &Arc<Store>,
    name: &str,
    wanted: StepUp,
    tool: &str,
) -> Result<(), ErrorAnswer> {
    let step = store.act(name, |account, now| {
        // What has ended by now has ended before anybody is asked.
        account.session.handle(now, Input::Tick);
        begin(store, account, now, &wanted, tool)
    })??;
    let Step::Wait(mut outcome) = step else { return Ok(()) };
    match outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone()) {
        Ok(Some(outcome)) => outcome,
        // The session has ended meanwhile: what asks for the token next says why.
        _ => Ok(()),
    }
}

/// Whether the session is as `wanted`. Where only scopes are, it has to have them: the provider may grant fewer.
fn is_met(wanted: &StepUp, held: &Held) -> bool {
    let has = |scope: &String| held.scope.split(' ').any(|known| known == scope);
    wanted.is_met_by(&held.identity, clock::system_time())
        && (!wanted.is_about_scopes() || wanted.scopes.iter().all(has))
}

fn begin(
    store: &Arc<Store>,
    account: &mut Account,
    now: Now,
    wanted: &StepUp,
    tool: &str,
) -> Result<Step, ErrorAnswer> {
    let held = account.signed_in()?;
    let session = account.session_ref();
    if account.session.view(now).frozen {
        return Err(notices::frozen(&account.name));
    }
    if is_met(wanted, held) {
        return Ok(Step::Nothing);
    }
    if let Some(present) = account.stepping_up.as_ref().filter(|present| present.outcome.borrow().is_none()) {
        return if present.wanted == *wanted {
            Ok(Step::Wait(present.outcome.clone()))
        } else {
            let text =
                "Another tool waits for a sign-in in the browser already. Try again when that is done.";
            Err(ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, text))
        };
    }
    if let Some((then, times)) = account.declined
        && let Some(left) = left_alone(times).checked_sub(now.boot.saturating_sub(then))
    {
        let left = text::duration(left.as_secs().max(1));
        let text = format!("The sign-in that this needs was cancelled. Apps can ask for it again in {left}.");
        return Err(ErrorAnswer::new(ErrorCode::AccessDenied, text));
    }
    let Some(session) = session else { return Err(notices::login_required(&account.name)) };
    let provider = account.provider();
    store.tell(notices::stronger_sign_in(store.spoken.language(), &account.name, &provider, tool));
    let (done, outcome) = watch::channel(None);
    let done = Arc::new(done);
    let (store, name, config) = (store.clone(), account.name.clone(), account.config.clone());
    let asked = wanted.clone();
    let (store_after, unsettled) = (store.clone(), done.clone());
    let work = async move {
        let result = run(&store, &name, &config, &asked, session).await;
        match &result {
            Ok(_) => drop(store.act(&name, |account, _| account.declined = None)),
            Err(failure) => {
                tracing::warn!(account = name, code = failure.code(), "no stronger sign-in");
                if failure.was_seen() {
                    let _ = store.act(&name, |account, now| {
                        let times = account.declined.map_or(0, |(_, times)| times);
                        account.declined = Some((now.boot, times.saturating_add(1)));
                    });
                }
            }
        }
        done.send_replace(Some(result.map_err(|failure| failure.answer())));
    };
    let task = spawn_settled(work, move || {
        // If the session has ended, what asks for the token next says why.
        let outcome = match store_after.act_if(session, |_, _| ()) {
            Ok(()) => Err(StepUpError::SignIn(SignInError::Internal).answer()),
            Err(_) => Ok(()),
        };
        unsettled.send_replace(Some(outcome));
    });
    account.stepping_up = Some(SteppingUp { wanted: wanted.clone(), outcome: outcome.clone(), task });
    Ok(Step::Wait(outcome))
}

/// For how long no tool opens another page, after so many times no.
fn left_alone(times: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(times.saturating_sub(1).min(16));
    LEFT_ALONE.saturating_mul(doubled).min(LONGEST_LEFT_ALONE)
}

/// Why there was no stronger sign-in. Nothing of it ends the session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepUpError {
    #[error("{0}")]
    SignIn(SignInError),
    #[error("You did not sign in within ten minutes.")]
    TimedOut,
    #[error("{0} signed in instead of you. Your session stays as it was.")]
    SomebodyElse(String),
    #[error(
        "You have signed in again, but not in the required way: {0} does not offer it, or not to you. Your session \
         continues."
    )]
    Unmet(String),
    #[error(
        "You have signed in again, but {0} has not granted everything that was asked for. Your session continues."
    )]
    Ungranted(String),
    #[error("The session has ended meanwhile.")]
    Over,
}

impl<T: Into<SignInError>> From<T> for StepUpError {
    fn from(error: T) -> Self {
        Self::SignIn(error.into())
    }
}

impl StepUpError {
    fn code(&self) -> &'static str {
        match self {
            Self::SignIn(error) => error.code(),
            Self::TimedOut => "sign_in_timed_out",
            Self::SomebodyElse(_) => "somebody_else",
            Self::Unmet(_) => OAuthError::UnmetAuthenticationRequirements.code(),
            Self::Ungranted(_) => "scope_not_granted",
            Self::Over => "given_up",
        }
    }

    /// Whether the person has seen a page for it. Tools that insist do not open another at once.
    fn was_seen(&self) -> bool {
        match self {
            Self::SignIn(error) => {
                matches!(
                    error,
                    SignInError::Cancelled(_)
                        | SignInError::Answer(_)
                        | SignInError::Provider(ConnectError::Provider(_))
                )
            }
            Self::TimedOut | Self::SomebodyElse(_) | Self::Unmet(_) | Self::Ungranted(_) => true,
            Self::Over => false,
        }
    }

    fn answer(&self) -> ErrorAnswer {
        let unmet = OAuthError::UnmetAuthenticationRequirements.code();
        let code = match self {
            Self::Unmet(_) => ErrorCode::UnmetAuthenticationRequirements,
            Self::SignIn(error) if error.code() == unmet => ErrorCode::UnmetAuthenticationRequirements,
            Self::SomebodyElse(_) | Self::Ungranted(_) => ErrorCode::AccessDenied,
            Self::SignIn(error) if error.is_a_no() => ErrorCode::AccessDenied,
            Self::SignIn(error) => return notices::no_token(error.kind(), &error.to_string()),
            Self::TimedOut | Self::Over => ErrorCode::TemporarilyUnavailable,
        };
        ErrorAnswer::new(code, self.to_string())
    }
}

async fn run(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
    wanted: &StepUp,
    session: SessionRef,
) -> Result<(), StepUpError> {
    let connection = connection(store, name).await?;
    let Connection { http, relying_party, .. } = &connection;
    let mut callback =
        Callback::bind(&store.ports, &config.redirect_uris).await.map_err(SignInError::Listener)?;
    let provider = relying_party.provider();
    let granted = store.act(name, |account, _| account.held.as_ref().map(|held| held.scope.clone()));
    let granted = granted.ok().flatten().unwrap_or_default();
    let mut scopes = wanted_scopes(config, provider);
    // What the provider neither lists nor has granted, it has refused at the sign-in.
    scopes.retain(|scope| {
        provider.offers_scope(scope) != Some(false) || granted.split(' ').any(|known| known == scope)
    });
    // An earlier sign-in for one server has brought what another does not ask for: the session keeps it.
    for scope in granted.split(' ').filter(|scope| !scope.is_empty()) {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    let form_post = in_a_form(store, name, config, provider, Opening::Browser);
    let usual = AuthorizationParameters { form_post, ..parameters(config, scopes) };
    let request = relying_party
        .start_authorization(http, callback.redirect_uri(), &wanted.parameters(&usual), clock::system_time())
        .await
        .inspect_err(|error| note_form_refused(store, name, form_post, Refusal::of_push(error)))
        .map_err(SignInError::of)?;
    let address = callback.depart(request.url).ok_or(SignInError::NoRandomness)?;
    let opened = store.opener.open(&address).await.map_err(SignInError::from)?;
    let provider = host_of(&config.issuer);
    let answer = answer_of_browser(opened, &mut callback, &request.pending, &provider);
    let arrived = clock::timeout(LONGEST, answer).await;
    let patience = config.timeout;
    let outcome = match arrived {
        Err(_) => Err(StepUpError::TimedOut),
        Ok(Err(error)) => {
            if let SignInError::Answer(error) = &error {
                note_form_refused(store, name, form_post, Refusal::of_answer(error));
            }
            Err(error.into())
        }
        Ok(Ok(response)) => {
            let (store, name, connection, wanted) =
                (store.clone(), name.to_owned(), connection.clone(), wanted.clone());
            // Once the provider issues tokens, nothing stops halfway.
            let work = tokio::spawn(async move {
                let exchange = store.exchanges.begin().ok_or(StepUpError::Over)?;
                let (pending, code) = (request.pending, response.code);
                let tokens = redeem_code(&store, &connection, pending, code, patience, &exchange).await?;
                install(&store, &name, &connection, tokens, &wanted, session).await
            });
            work.await.unwrap_or(Err(StepUpError::Over))
        }
    };
    callback.finish(match &outcome {
        Ok(user) => Outcome::SignedIn { user: user.clone(), provider },
        Err(error) => Outcome::NotStronger { message: error.to_string() },
    });
    outcome.map(|_| ())
}

/// The next one does not ask for a form then.
fn note_form_refused(store: &Arc<Store>, name: &str, form_post: bool, refused: Option<Refusal<'_>>) {
    if form_post && refused.is_some_and(Refusal::is_about_response_mode) {
        learn_form_refused(store, name);
    }
}

/// Stores the new tokens in the session. Returns who signed in.
pub(crate) async fn install(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    tokens: Tokens,
    wanted: &StepUp,
    session: SessionRef,
) -> Result<String, StepUpError> {
    let provider = connection.relying_party.provider().display_host();
    let lifetimes = lifetimes(&connection.http, &tokens);
    let issued = Held::new(tokens, Heard { at: clock::wall(), by: Evidence::IdToken });
    let own = issued.refresh_token.clone();
    let Ok(turn) = store.act(name, |account, _| account.turn.clone()) else {
        revoke_token(store, connection, own);
        return Err(StepUpError::Over);
    };
    // A refresh may be under way. If its answer does not come, the person does not wait for it.
    let _turn = turn.take(connection.patience()).await;
    let same = store.act_if(session, |account, _| {
        account.held.as_ref().is_some_and(|before| before.identity.same_person(&issued.identity))
    });
    if same != Ok(true) {
        revoke_token(store, connection, own);
        let person = issued.identity.label().to_owned();
        return Err(same.map_or(StepUpError::Over, |_| StepUpError::SomebodyElse(person)));
    }
    let (user, met) = (issued.identity.label().to_owned(), is_met(wanted, &issued));
    let how = Commit {
        next: |account: &Account, before: Option<&Held>| {
            let mut fresh = issued.clone();
            go_on(&mut fresh, before.filter(|_| account.is_in(session))?, own.as_ref());
            Some(fresh)
        },
        content: |account: &Account, held: &Held, now| account.stored_with(now, held),
        unwritten: Unwritten::Revoked,
    };
    let mut surplus = Vec::new();
    let done = commit(store, name, how, |account, now| {
        let Some(held) = account.held.as_mut() else { return };
        surplus.extend(held.surplus());
        let tokens = abide_session::Tokens { renewable: held.refresh_token.is_some(), ..lifetimes };
        account.new_grant();
        // Without a new refresh token, the old one may still be on its way: it is not sent again before that is known.
        if own.is_some() {
            account.new_turn();
        }
        account.refresh = None;
        account.session.handle(now, Input::SteppedUp { tokens });
    });
    if let Err(not) = done.await {
        revoke_token(store, connection, own);
        return Err(match not {
            NotCommitted::NotStored(error) => SignInError::from(error).into(),
            NotCommitted::Gone => StepUpError::Over,
        });
    }
    surplus.into_iter().for_each(|token| revoke_token(store, connection, Some(token)));
    crate::tokens::claims::read_again(store, name);
    match met {
        true => Ok(user),
        false if wanted.is_about_scopes() => Err(StepUpError::Ungranted(provider)),
        false => Err(StepUpError::Unmet(provider)),
    }
}

/// Keeps what the session has and the new sign-in did not bring. `own` is the new sign-in's refresh token.
fn go_on(fresh: &mut Held, before: &Held, own: Option<&SecretString>) {
    let id_token = fresh.id_token.take();
    fresh.inherit(before);
    fresh.id_token = id_token.or_else(|| before.id_token.clone());
    keep_name(&mut fresh.identity, &before.identity);
    match own {
        // Revoked now, the old one might take the new one with it: it is given back with the others.
        Some(_) => fresh.leftovers.extend(before.refresh_token.clone()),
        None => {
            fresh.refresh_token.clone_from(&before.refresh_token);
            fresh.grant = Some(before.granted_to().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::left_alone;

    #[test]
    fn each_further_no_is_believed_for_longer() {
        let pauses = [1, 2, 3, 8, 100].map(|times| left_alone(times).as_secs());
        assert_eq!(pauses, [30, 60, 120, 3600, 3600]);
    }
}
