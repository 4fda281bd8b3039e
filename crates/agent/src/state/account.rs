//! One account: its configuration, its session, its tokens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Provider, StepUp};
use abide_session::{Attempt, Now, Session, State};
use abide_vault::Zeroizing;
use abide_wire::{
    AccessToken, ErrorAnswer, ProviderEnd, Question, Reminder, SessionState, SessionStatus, SignInBegun,
    SignOutPage, Signal, SignalState, TokenAnswer,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use url::Url;

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::state::connection::Connection;
use crate::state::event_stream::EventStream;
use crate::state::last_error::LastError;
use crate::state::learned::Learned;
use crate::state::narrowed::Narrowed;
use crate::state::record::{self, Heading};
use crate::state::resource_tokens::Targets;
use crate::state::signals::Signals;
use crate::state::survival::Survival;
use crate::state::tab::Tab;
use crate::state::tokens::{BOUND, Held, Uncommitted};
use crate::state::turn::Turn;
use crate::view::convert::{self, ended_by, evidence, last_error_kind, limit, limit_source};
use crate::view::layers::{Heard, Known, layers};
use crate::view::notices;

/// Within this, a token that is refused may simply have expired by the provider's clock.
const SHORTLY: Duration = Duration::from_secs(10);

/// How the provider's address reaches the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// The browser opens.
    Browser,
    /// A command prints it.
    Address,
    /// A command prints a code for another device (RFC 8628).
    Device,
}

/// A sign-in under way.
pub(crate) struct SignIn {
    pub(crate) attempt: Attempt,
    pub(crate) task: AbortHandle,
    /// The address that the user opens, once it is known.
    pub(crate) begun: watch::Receiver<Option<SignInBegun>>,
}

/// The end of an account that the configuration no longer has. It waits a while if there is a session, because a file can be
/// away or incomplete for a moment.
pub(crate) struct Leaving {
    /// What takes its place.
    pub(crate) becomes: Option<AccountConfig>,
    /// What views show meanwhile.
    pub(crate) warning: String,
    pub(crate) task: AbortHandle,
}

/// The removal of an account that the user has asked for.
pub(crate) enum Removal {
    /// It waits, and can be undone.
    Waiting(AbortHandle),
    /// It has begun.
    UnderWay,
}

/// A stronger sign-in under way.
pub(crate) struct SteppingUp {
    pub(crate) wanted: StepUp,
    pub(crate) outcome: watch::Receiver<Option<Result<(), ErrorAnswer>>>,
    pub(crate) task: AbortHandle,
}

impl Drop for SteppingUp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The result of a refresh, for every request that waits for it.
#[derive(Clone, Debug)]
pub(crate) enum Refreshed {
    /// New tokens are stored.
    Done,
    /// It failed, for this reason.
    Failed(LastError),
}

pub(crate) struct Account {
    pub(crate) name: String,
    /// Which account this is over the life of the process; names can be used again.
    pub(crate) serial: u32,
    pub(crate) config: AccountConfig,
    pub(crate) session: Session,
    pub(crate) held: Option<Held>,
    /// The connection to the provider, once it has been discovered.
    pub(crate) connection: Option<Connection>,
    pub(crate) opening: Opening,
    pub(crate) event_stream: EventStream,
    /// The `login_hint` of the link that the next sign-in follows; before that of the configuration.
    pub(crate) invited_as: Option<String>,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) refresh: Option<(Attempt, watch::Sender<Option<Refreshed>>)>,
    pub(crate) last_error: Option<LastError>,
    pub(crate) signals: Signals,
    /// The page in the browser that watches the provider's session.
    pub(crate) tab: Option<Tab>,
    /// Whether the provider was told of the end of the last session.
    pub(crate) provider_end: Option<ProviderEnd>,
    /// What is known of the provider's sign-out page after the last session.
    pub(crate) sign_out_page: Option<SignOutPage>,
    /// The identity provider behind the last session, as it was named.
    pub(crate) last_idp: Option<String>,
    /// Whether the port for logouts from providers could not be opened.
    pub(crate) listener_failed: bool,
    /// The goodbye to the provider whose outcome that is: the name of its record.
    pub(crate) farewell: Option<String>,
    /// The sign-out page of the last session waits for the browser.
    pub(crate) sign_out: Option<AbortHandle>,
    /// Access tokens for one purpose each (narrower scopes, another resource).
    pub(crate) targets: Targets,
    /// Held while the refresh token is sent: each answer may replace it.
    pub(crate) turn: Turn,
    /// Held while new tokens are written: one after the other, so that nothing older is written over them.
    pub(crate) committing: Arc<tokio::sync::Mutex<()>>,
    /// An earlier process has ended during a refresh: the provider may have replaced the refresh token.
    pub(crate) interrupted: bool,
    /// How far the provider's clock was ahead, in seconds, when the last sign-in failed.
    pub(crate) skew_at_failure: Option<i64>,
    /// How many renewals in a row the provider has answered with neither tokens nor a reason.
    pub(crate) unexplained: u32,
    /// Whether the last renewal failed for a reason that does not pass by itself. While the session has no token, the person may then
    /// sign in again.
    pub(crate) renewal_refused: bool,
    /// Whether a refresh for another token may have ended the session's own access token.
    pub(crate) own_is_suspect: bool,
    /// What the provider does with earlier access tokens.
    pub(crate) survival: Survival,
    /// The tokens for less since the last renewal, which shows whether they have narrowed the session.
    pub(crate) narrowed: Narrowed,
    /// What was found out about the provider.
    pub(crate) learned: Learned,
    /// Held while the session's own token is tried, so that many tools cause one request.
    pub(crate) trying: Arc<tokio::sync::Mutex<()>>,
    /// The number of the session. The result of work that began in another session is dropped.
    pub(crate) number: u64,
    /// The number of the sign-in (a session may have several). The result of work that began before another sign-in is dropped.
    pub(crate) grant: u64,
    /// What is on its way to the disk.
    pub(crate) uncommitted: Option<Uncommitted>,
    /// Whether the user has signed in or out here since the start.
    pub(crate) touched: bool,
    /// The number of the last commit.
    pub(crate) commits: u64,
    /// A stronger sign-in under way, or the last one.
    pub(crate) stepping_up: Option<SteppingUp>,
    /// When the person cancelled one last (boot time), and how often in a row.
    pub(crate) declined: Option<(Duration, u32)>,
    /// Since when (boot time) an event waits for its key, by its number.
    pub(crate) unread_events: BTreeMap<String, Duration>,
    /// Set while the configuration does not have this account as it is.
    pub(crate) leaving: Option<Leaving>,
    /// Set once the user has removed this account.
    pub(crate) removal: Option<Removal>,
}

impl Account {
    pub(crate) fn new(name: String, serial: u32, config: AccountConfig, session: Session) -> Self {
        Self {
            name,
            serial,
            config,
            session,
            held: None,
            connection: None,
            opening: Opening::Browser,
            event_stream: EventStream::default(),
            invited_as: None,
            sign_in: None,
            refresh: None,
            last_error: None,
            signals: Signals::default(),
            tab: None,
            provider_end: None,
            sign_out_page: None,
            last_idp: None,
            listener_failed: false,
            farewell: None,
            sign_out: None,
            targets: Targets::default(),
            turn: Turn::default(),
            committing: Arc::default(),
            interrupted: false,
            skew_at_failure: None,
            unexplained: 0,
            renewal_refused: false,
            own_is_suspect: false,
            survival: Survival::default(),
            narrowed: Narrowed::default(),
            learned: Learned::default(),
            trying: Arc::default(),
            number: 0,
            grant: 0,
            uncommitted: None,
            touched: false,
            commits: 0,
            stepping_up: None,
            declined: None,
            unread_events: BTreeMap::new(),
            leaving: None,
            removal: None,
        }
    }

    /// Stops serving what was fetched before the user signed in again.
    pub(crate) fn new_grant(&mut self) {
        self.grant += 1;
        self.targets.clear();
    }

    /// The session has another refresh token, or none: a renewal with the earlier one that gets no answer holds up nothing of the new
    /// one.
    pub(crate) fn new_turn(&mut self) {
        self.turn = Turn::default();
    }

    /// The tokens of the present session.
    ///
    /// # Errors
    ///
    /// `login_required`, `session_expired`.
    pub(crate) fn signed_in(&self) -> Result<&Held, ErrorAnswer> {
        self.held.as_ref().ok_or_else(|| match self.session.state() {
            State::Ended(reason) => notices::session_expired(&self.name, reason),
            _ => notices::login_required(&self.name),
        })
    }

    /// Records that the provider's session was confirmed.
    pub(crate) fn heard(&mut self, signal: Signal, now: Now) {
        self.signals.heard(signal, now.wall);
        if let Some(held) = &mut self.held {
            held.heard = Some(Heard { at: now.wall, by: evidence(signal) });
        }
    }

    /// Whether a refusal of the access token would end the session although no token of this session was ever accepted in this
    /// way. With a refresh token, a refresh finds out.
    pub(crate) fn is_final_answer_unproved(&self, signal: Signal) -> bool {
        self.held.as_ref().is_some_and(|held| {
            let read = signal == Signal::Userinfo && held.profile.is_some();
            held.refresh_token.is_none() && !read && !self.signals.has_heard(signal)
        })
    }

    /// Says of the signals of which nothing has been heard what is known of them without hearing anything: what the
    /// provider does not offer, and that there is no tab where none was opened.
    pub(crate) fn note_what_is_offered(&mut self) {
        self.note_what_is_missing();
        if self.held.is_none() {
            return;
        }
        for signal in [Signal::Iframe, Signal::Frontchannel, Signal::Backchannel, Signal::Events] {
            let state = match (self.signals.state(signal), signal) {
                (SignalState::Waiting, Signal::Iframe) if self.tab.is_none() => SignalState::Closed,
                (SignalState::Waiting, Signal::Frontchannel | Signal::Backchannel)
                    if self.listener_failed =>
                {
                    SignalState::Failed
                }
                (SignalState::Waiting, Signal::Events)
                    if self.listener_failed && self.config.provider.receives_events() =>
                {
                    SignalState::Failed
                }
                _ => continue,
            };
            self.signals.becomes(signal, state);
        }
    }

    /// The first part of that: what the provider does not offer. It is known as soon as the person has signed in.
    pub(crate) fn note_what_is_missing(&mut self) {
        let Some(held) = &self.held else { return };
        let metadata = self.connection.as_ref().map(|connection| connection.relying_party.provider());
        let lacks = |offers: fn(&Provider) -> bool| metadata.is_some_and(|provider| !offers(provider));
        let no_sid = held.identity.sid.as_deref().is_none_or(str::is_empty);
        // A page for the front channel has to know the session's `sid`, and does not without that promise (Front-Channel Logout 1.0,
        // sections 2 and 3).
        let no_front = no_sid
            || lacks(Provider::has_frontchannel_logout)
            || lacks(Provider::has_frontchannel_logout_session);
        let no_frame = held.session_state.is_none() || lacks(Provider::has_check_session);
        for (signal, missing) in [
            (Signal::Iframe, no_frame),
            (Signal::Introspection, lacks(Provider::has_introspection)),
            (Signal::Userinfo, lacks(Provider::has_userinfo)),
            (Signal::Frontchannel, no_front),
            (Signal::Backchannel, lacks(Provider::has_backchannel_logout)),
        ] {
            if missing && self.signals.state(signal) == SignalState::Waiting {
                self.signals.becomes(signal, SignalState::NotOffered);
            }
        }
    }

    /// The port for logouts from providers could not be opened, or is open by now.
    pub(crate) fn logout_listener(&mut self, failed: bool) {
        self.listener_failed = failed;
        for signal in [Signal::Frontchannel, Signal::Backchannel, Signal::Events] {
            if !failed && self.signals.state(signal) == SignalState::Failed {
                self.signals.becomes(signal, SignalState::Waiting);
            }
        }
        self.note_what_is_offered();
    }

    /// The title in views.
    pub(crate) fn title(&self) -> &str {
        abide_wire::title(&self.name, self.config.label.as_deref())
    }

    /// The name of the provider for texts: its host.
    pub(crate) fn provider(&self) -> String {
        host_of(&self.config.issuer)
    }

    /// The answer to a tool while the provider gives no new tokens before the person has signed in again.
    pub(crate) fn sign_in_again(&self) -> ErrorAnswer {
        let why = self.last_error.as_ref().map(|last_error| last_error.sentence.as_str());
        notices::sign_in_again(&self.name, &self.provider(), why)
    }

    pub(crate) fn status(&self, now: Now) -> SessionStatus {
        let view = self.session.view(now);
        let (state, ended) = match view.state {
            State::SignedOut => (SessionState::SignedOut, None),
            State::Authorizing => (SessionState::Authorizing, None),
            State::Active => (SessionState::Active, None),
            State::Expiring => (SessionState::Expiring, None),
            State::Ended(reason) => (SessionState::Ended, Some(convert::reason(reason))),
        };
        SessionStatus {
            account: self.name.clone(),
            label: self.config.label.clone(),
            removing: self.removal.is_some(),
            issuer: self.config.issuer.clone(),
            provider: self.provider(),
            user: self.held.as_ref().map(|held| held.identity.label().to_owned()),
            state,
            ended,
            ended_by: match view.state {
                State::Ended(reason) => ended_by(reason),
                _ => None,
            },
            provider_end: self.provider_end,
            sign_out_page: self.sign_out_page,
            ended_at: view.ended.map(|at| at.as_secs()),
            expires_in: view.left.map(ceil),
            limit: view.limit.map(limit),
            lifetime: view.lifetime.map(ceil),
            since: view.began.map(|at| at.as_secs()),
            at_most_until: view.absolute_left.map(|left| ceil(now.wall.saturating_add(left))),
            access_token_expires_in: view.access_left.map(|left| left.as_secs()),
            renewable: view.renewable,
            can_be_kept: view.can_be_kept,
            sign_in_needed: view.sign_in_needed,
            reminder: view.reminded_of.map(|end| Reminder {
                id: u64::from(self.serial),
                limit: limit(end.limit),
                ends_at: ceil(now.wall.saturating_add(end.left)),
                later_at: abide_session::whole_hour(
                    now.wall,
                    now.wall.saturating_add(end.question_in),
                    clock::utc_offset,
                ),
            }),
            signing_in: view.signing_in,
            attempt: self.sign_in.as_ref().map(|sign_in| sign_in.attempt.number()),
            provider_logout: self
                .connection
                .as_ref()
                .map(|connection| connection.relying_party.provider().has_end_session()),
            provider_limit: view.provider_source.map(limit_source),
            frozen: view.frozen,
            layers: layers(
                &Known {
                    account: &self.name,
                    provider: &self.provider(),
                    identity: self.held.as_ref().map(|held| &held.identity),
                    heard: self.held.as_ref().and_then(|held| held.heard),
                    last_idp: self.last_idp.as_deref(),
                },
                &view,
                now,
            ),
            signals: self
                .held
                .as_ref()
                .map(|_| self.signals.status(&self.config.provider))
                .unwrap_or_default(),
            clock_skew: self.skew_at_failure.or_else(|| self.connection.as_ref()?.http.clock_skew()),
            advised_end_after: view.advised_end_after.map(|advised| advised.as_secs()),
            last_error: self.last_error.as_ref().map(|last_error| last_error.sentence.clone()),
            last_error_code: self.last_error.as_ref().map(|last_error| last_error.code.to_owned()),
            last_error_kind: self.last_error.as_ref().map(|last_error| last_error_kind(last_error.kind)),
        }
    }

    pub(crate) fn question(&self, now: Now) -> Option<Question> {
        let view = self.session.view(now);
        Some(Question {
            id: (u64::from(self.serial) << 32) | view.question?.0,
            account: self.name.clone(),
            label: self.config.label.clone(),
            provider: self.provider(),
            seconds_left: ceil(view.left?),
            limit: limit(view.limit?),
            can_be_kept: view.can_be_kept,
            yes_keeps_until: ceil(now.wall.saturating_add(view.keep_gives?)),
        })
    }

    /// The present access token and whose it is, if the provider ought to accept it still.
    pub(crate) fn fresh_access_token(&self) -> Option<(SecretString, String)> {
        let left = self.session.view(clock::now()).access_left;
        let held = self.held.as_ref()?;
        let token = held.access.as_ref()?.token.clone();
        let fresh = left.is_none_or(|left| left > SHORTLY);
        fresh.then(|| (token, held.identity.subject.clone()))
    }

    /// The present access token as a tool gets it.
    pub(crate) fn token_answer(&self, now: Now) -> Option<TokenAnswer> {
        let held = self.held.as_ref()?;
        let access = held.access.as_ref()?;
        // Where the provider does not say how long it lasts, a tool should ask again after five minutes.
        let left = self.session.view(now).access_left.unwrap_or(Duration::from_secs(300));
        Some(TokenAnswer {
            access_token: AccessToken::new(access.token.expose_secret().to_owned()),
            token_type: if held.dpop.is_some() { BOUND } else { "Bearer" }.to_owned(),
            expires_in: left.as_secs(),
            expires_at: now.wall.saturating_add(left).as_secs(),
            scope: held.scope.clone(),
            account: self.name.clone(),
            issuer: self.config.issuer.clone(),
            dpop: None,
        })
    }

    /// What the vault keeps of this account now; `None` without a session.
    pub(crate) fn stored(&self, now: Now) -> Option<Zeroizing<Vec<u8>>> {
        // What is being written must not be overwritten with what it replaces.
        let newest = self.uncommitted.as_ref().map(|uncommitted| &uncommitted.held);
        self.stored_with(now, newest.or(self.held.as_ref())?)
    }

    /// The same, with tokens that are not served yet.
    pub(crate) fn stored_with(&self, now: Now, held: &Held) -> Option<Zeroizing<Vec<u8>>> {
        let checkpoint = self.session.checkpoint(now)?;
        self.stored_at(held, checkpoint)
    }

    pub(crate) fn stored_at(
        &self,
        held: &Held,
        checkpoint: abide_session::Checkpoint,
    ) -> Option<Zeroizing<Vec<u8>>> {
        record::encode(&Heading::new(&self.config.issuer, &self.config.client_id), held, &checkpoint)
    }
}

/// Whole seconds, a part counting as one: "0 s left" is shown when nothing is left.
fn ceil(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}

/// The host of an address, with its port unless it is the usual one.
pub(crate) fn host_of(issuer: &str) -> String {
    let host = Url::parse(issuer).ok().and_then(|url| {
        let host = url.host_str()?.to_owned();
        Some(url.port().map_or(host.clone(), |port| format!("{host}:{port}")))
    });
    host.unwrap_or_else(|| issuer.to_owned())
}
