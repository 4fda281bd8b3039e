//! The page in the user's browser that watches the provider's session (OpenID Connect Session Management 1.0, section 3).
//!
//! It is the loopback page at the end of the sign-in, with the provider's iframe in it, because only there is the provider's
//! cookie. [`abide_session::CheckSession`] decides what follows from the iframe's answers.

mod http;
mod message;
mod silent;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use ::http::{Request, Response};
use abide_session::{CheckSession, CheckSessionState, IframeAnswer, Input, Next, SilentAnswer};
use abide_wire::{ErrorAnswer, ErrorCode, Signal, SignalState, text};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::Url;

use self::message::{Beginning, Instruction, Refusal, Say, Words};
use self::silent::Silent;
use crate::browser::callback::{Answering, Callback, Guest};
use crate::browser::server::random;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::commit::{Commit, NotCommitted, Unwritten, commit};
use crate::state::connected::connection;
use crate::state::connection::Connection;
use crate::state::revoke::revoke_token;
use crate::state::store::Store;
use crate::state::tab::Tab;
use crate::state::tokens::Held;
use crate::view::{convert, notices};

/// The longest time from the page's address to its first request.
const TICKET: Duration = Duration::from_secs(120);
/// The time for which a tab that was closed may come back: a reload looks the same.
const RELOAD: Duration = Duration::from_secs(30);
/// After this time without an expected request, a page is asleep or gone.
const SLACK: Duration = Duration::from_secs(75);
/// How many times less often a page asks if it gets no useful answers.
const SLOWER: u32 = 5;
/// The shortest and the longest such interval.
const SLOW: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(600)];
/// The title of the page after the end of the session.
pub(crate) const OVER: &str = "You are signed out";
/// The time for which a page still gets the end of the session.
const LAST_WORDS: Duration = Duration::from_secs(120);

/// One page.
pub(crate) struct Page {
    store: Weak<Store>,
    account: String,
    user: String,
    provider: String,
    redirect_uri: Url,
    iframe: Url,
    inner: Mutex<Inner>,
}

struct Inner {
    monitor: CheckSession,
    /// The secret of the next request.
    secret: Option<Secret>,
    /// The previous secret: a tab that is closed may not have read the answer with the next one.
    before: Option<SecretString>,
    silent: Option<Silent>,
    /// The time of the page's last request, boot time.
    heard: Option<Duration>,
    /// When it asks next, if that takes longer than usual.
    slow: Option<Duration>,
    /// The words of the page after the end of the session.
    over: Option<String>,
}

/// A secret for one request.
struct Secret {
    value: SecretString,
    /// Its expiry, boot time: for a ticket in an address, and for a tab that may be reloaded.
    until: Option<Duration>,
    /// Whether it is in an address: then any browser may open it.
    is_ticket: bool,
}

impl Secret {
    fn is_shown(&self, shown: &SecretString, now: Duration) -> bool {
        same(&self.value, shown) && self.until.is_none_or(|until| until > now)
    }
}

/// Makes the final page of a sign-in the watching page, if account, provider and answer allow it. Otherwise returns the
/// listener.
pub(crate) fn begin(store: &Arc<Store>, account: &mut Account, mut callback: Callback) -> Option<Callback> {
    let Some(page) = Page::of(store, account, callback.redirect_uri()) else { return Some(callback) };
    let page = Arc::new(page);
    callback.host(page.clone());
    account.tab = Some(Tab { page, callback });
    None
}

/// Sends the end of the session to the page at its next request. The listener stays for that, until a new sign-in or for a
/// limited time.
pub(crate) fn end(store: &Arc<Store>, account: &Account, reason: abide_session::EndReason) {
    let Some(tab) = &account.tab else { return };
    tab.page.end(goodbye(&account.provider(), reason));
    let (store, name, page) = (store.clone(), account.name.clone(), tab.page.clone());
    tokio::spawn(async move {
        clock::sleep(LAST_WORDS).await;
        let _ = store.act(&name, |account, _| account.tab.take_if(|tab| Arc::ptr_eq(&tab.page, &page)));
    });
}

impl Guest for Page {
    fn handles(&self, path: &str) -> bool {
        path.starts_with("/monitor")
    }

    fn answer(self: Arc<Self>, request: Request<Incoming>) -> Answering<Option<Response<Full<Bytes>>>> {
        Box::pin(async move { http::answer(request, &self).await })
    }

    fn offer(self: Arc<Self>, query: String) -> Answering<bool> {
        Box::pin(async move { silent::arrive(&self, &query).await })
    }

    fn entrance(&self) -> Option<SecretString> {
        let ticket = self.ticket()?;
        Some(format!("/monitor#{}", ticket.expose_secret()).into())
    }

    fn end(&self, words: String) {
        self.inner().over = Some(words);
    }
}

impl Page {
    fn of(store: &Arc<Store>, account: &Account, redirect_uri: &Url) -> Option<Self> {
        let held = account.held.as_ref()?;
        let provider = account.connection.as_ref()?.relying_party.provider();
        let wanted = account.config.provider.watches(Signal::Iframe);
        let iframe = provider.check_session_iframe().filter(|_| wanted && held.session_state.is_some())?;
        Some(Self {
            store: Arc::downgrade(store),
            account: account.name.clone(),
            user: held.identity.label().to_owned(),
            provider: account.provider(),
            redirect_uri: redirect_uri.clone(),
            iframe: iframe.clone(),
            inner: Mutex::new(Inner {
                monitor: CheckSession::default(),
                secret: None,
                before: None,
                silent: None,
                heard: None,
                slow: None,
                over: None,
            }),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new ticket; the present page is no longer accepted.
    pub(crate) fn ticket(&self) -> Option<SecretString> {
        let ticket = random()?;
        let until = clock::now().boot.saturating_add(TICKET);
        self.inner().secret = Some(Secret { value: ticket.clone(), until: Some(until), is_ticket: true });
        Some(ticket)
    }

    /// The origins that the page may show in frames.
    pub(crate) fn frames(&self) -> Vec<String> {
        let mut origins = vec![self.iframe.origin().ascii_serialization()];
        if let Some(endpoint) = self.authorization_endpoint() {
            let origin = endpoint.origin().ascii_serialization();
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        origins
    }

    fn authorization_endpoint(&self) -> Option<Url> {
        self.work(|account| {
            let connection = account.connection.as_ref()?;
            Some(connection.relying_party.provider().authorization_endpoint().clone())
        })?
    }

    /// Runs `work` on the account if this is its page: messages of an earlier session's page are ignored.
    fn work<T>(&self, work: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let store = self.store.upgrade()?;
        let done = store.act(&self.account, |account, _| {
            let ours = account.tab.as_ref().is_some_and(|tab| tab.shows(self));
            ours.then(|| work(account))
        });
        done.ok().flatten()
    }

    /// Accepts the secret of a request, which is valid once, and returns the next one.
    fn admit(&self, shown: &SecretString) -> Result<SecretString, Refusal> {
        let now = clock::now().boot;
        let mut inner = self.inner();
        let is_ticket = match &inner.secret {
            Some(secret) if secret.is_shown(shown, now) => secret.is_ticket,
            _ => return Err(Refusal::Secret),
        };
        let next = random().ok_or(Refusal::Unprepared)?;
        if is_ticket {
            // The results from one browser do not count for another.
            inner.monitor = CheckSession::default();
        }
        inner.before = Some(shown.clone());
        inner.secret = Some(Secret { value: next.clone(), until: None, is_ticket: false });
        (inner.heard, inner.slow) = (Some(now), None);
        match &inner.over {
            Some(words) => Err(Refusal::Over(words.clone())),
            None => Ok(next),
        }
    }

    /// The page has been opened.
    pub(crate) fn open(self: &Arc<Self>, say: &Say) -> Result<Beginning, Refusal> {
        let secret = self.admit(&say.secret)?;
        let found = self.work(|account| {
            let session_state = account.held.as_ref()?.session_state.clone()?;
            let poll = account.config.provider.poll;
            Some((account.config.client_id.clone(), session_state, poll))
        });
        let (client_id, session_state, poll) = found.flatten().ok_or(Refusal::Unprepared)?;
        self.look_after(poll);
        Ok(Beginning {
            secret: secret.expose_secret().to_owned(),
            who: format!("You are signed in as {} with {}.", self.user, self.provider),
            line: format!("Abide is checking whether you are still signed in at {}.", self.provider),
            client_id,
            session_state,
            iframe: self.iframe.clone(),
            origin: self.iframe.origin().ascii_serialization(),
            poll: milliseconds(poll),
        })
    }

    /// An answer of the iframe.
    pub(crate) async fn tell(self: &Arc<Self>, say: &Say) -> Result<Instruction, Refusal> {
        let secret = self.admit(&say.secret)?;
        if self.work(|account| account.config.provider.watches(Signal::Iframe)) == Some(false) {
            return Ok(self.dismiss(&secret));
        }
        let told = match say.told {
            Some(Words::Unchanged) => IframeAnswer::Unchanged,
            Some(Words::Changed) => IframeAnswer::Changed,
            Some(Words::Error) | None => IframeAnswer::Error,
        };
        let next = self.inner().monitor.iframe_said(told);
        if told == IframeAnswer::Unchanged && next == Next::Poll {
            self.becomes_quiet();
        }
        self.instruct(&secret, next).await
    }

    /// Waits for the result of a silent request.
    pub(crate) async fn silent(self: &Arc<Self>, say: &Say) -> Result<Instruction, Refusal> {
        let secret = self.admit(&say.secret)?;
        let answer = silent::outcome(self).await;
        let next = self.inner().monitor.answered(answer);
        match answer {
            SilentAnswer::SamePerson if next == Next::Poll => self.hear(),
            // The provider has received its cookie, but did not say whose session it is.
            SilentAnswer::InteractionNeeded if self.watches() => self.becomes_quiet(),
            _ => {}
        }
        self.instruct(&secret, next).await
    }

    /// The tab is being closed, or reloaded.
    pub(crate) fn close(&self, say: &Say) {
        let right = {
            let mut inner = self.inner();
            let now = clock::now().boot;
            let right = inner.secret.as_ref().is_some_and(|secret| secret.is_shown(&say.secret, now))
                || inner.before.as_ref().is_some_and(|before| same(before, &say.secret));
            if right {
                let until = Some(now.saturating_add(RELOAD));
                inner.secret = Some(Secret { value: say.secret.clone(), until, is_ticket: false });
                (inner.before, inner.heard) = (None, None);
            }
            right
        };
        if right {
            self.becomes(SignalState::Closed);
        }
    }

    fn watches(&self) -> bool {
        let inner = self.inner();
        inner.monitor.state() == CheckSessionState::Watching && !inner.monitor.is_in_doubt()
    }

    /// The provider has confirmed its session.
    fn hear(&self) {
        let now = clock::now();
        self.work(|account| account.heard(Signal::Iframe, now));
        self.show();
    }

    /// The signal works. A cookie that has not changed confirms nothing: a session that the provider has ended leaves it as
    /// it was.
    fn becomes_quiet(&self) {
        let now = clock::now();
        self.work(|account| account.signals.heard(Signal::Iframe, now.wall));
        self.show();
    }

    fn becomes(&self, state: SignalState) {
        self.work(|account| account.signals.becomes(Signal::Iframe, state));
        self.show();
    }

    fn show(&self) {
        if let Some(store) = self.store.upgrade() {
            store.show();
        }
    }

    /// The settings no longer ask for a tab that watches.
    fn dismiss(&self, secret: &SecretString) -> Instruction {
        self.becomes(SignalState::Closed);
        let line = "Your settings no longer need this tab. Your session continues. You can close this tab.";
        Instruction::new(secret, "stop", line.to_owned())
    }

    async fn instruct(self: &Arc<Self>, secret: &SecretString, next: Next) -> Result<Instruction, Refusal> {
        let provider = &self.provider;
        let line = match self.inner().monitor.is_in_doubt() {
            false => format!("Nothing has changed at {provider}. Abide has just checked."),
            true => format!("Something has changed at {provider}. Abide will check again soon."),
        };
        let mut instruction = Instruction::new(secret, "poll", line);
        match next {
            Next::Poll => self.ask_again(&mut instruction, false),
            Next::PollSlowly => {
                let (state, line) = self.what_is_the_matter();
                self.becomes(state);
                instruction.line = line;
                self.ask_again(&mut instruction, true);
            }
            Next::Silent => {
                instruction.next = "silent";
                instruction.line = format!("Something has changed at {provider}. Abide is checking.");
                let Some(path) = silent::prepare(self).await else {
                    // The provider refused the request for now: counts as a failed attempt.
                    let next = self.inner().monitor.answered(SilentAnswer::Nothing);
                    return Box::pin(self.instruct(secret, next)).await;
                };
                instruction.silent = Some(path);
            }
            Next::Ended => {
                instruction.next = "over";
                instruction.title = Some(OVER);
                self.end();
                let inner = self.inner();
                instruction.line = inner.over.clone().unwrap_or_else(|| "Your session is over.".to_owned());
            }
        }
        Ok(instruction)
    }

    /// When the page asks next, and about which state of the session.
    fn ask_again(&self, instruction: &mut Instruction, slow: bool) {
        let found = self.work(|account| {
            let held = account.held.as_ref().and_then(|held| held.session_state.clone());
            (held, account.config.provider.poll)
        });
        let Some((session_state, poll)) = found else { return };
        let pause = if slow { slower(poll) } else { poll };
        if slow {
            self.inner().slow = Some(pause);
        }
        (instruction.session_state, instruction.poll) = (session_state, Some(milliseconds(pause)));
        instruction.slow = slow;
    }

    fn what_is_the_matter(&self) -> (SignalState, String) {
        let provider = &self.provider;
        match self.inner().monitor.state() {
            CheckSessionState::Blocked => (
                SignalState::Blocked,
                format!(
                    "Your browser hides the cookies of {provider} from this page, so it cannot tell whether you are still \
                     signed in there. Your session in Abide continues. Abide tries again from time to time. You can close \
                     this tab."
                ),
            ),
            CheckSessionState::Unclear => (
                SignalState::Unclear,
                format!(
                    "Something has changed at {provider}, and it does not say who is signed in there now. Abide \
                     keeps checking, and notices when you sign out there. Your session in Abide continues."
                ),
            ),
            _ => (
                SignalState::Failed,
                format!(
                    "{provider} gave no answer that Abide understands. The usual reason is that your browser hides \
                     its cookies from embedded pages. Your session in Abide continues. Abide tries again from time to \
                     time. You can close this tab."
                ),
            ),
        }
    }

    fn end(&self) {
        let now = clock::now();
        self.work(|account| {
            account.session.handle(now, Input::ProviderEnded { signal: abide_session::Signal::Iframe });
        });
    }

    /// Notices that the tab sends no more requests: a browser may end it without a message.
    fn look_after(self: &Arc<Self>, mut poll: Duration) {
        let (page, began) = (Arc::downgrade(self), clock::now().boot);
        tokio::spawn(async move {
            loop {
                clock::sleep(poll.saturating_add(SLACK)).await;
                let Some(page) = page.upgrade() else { return };
                let gone = page.work(|account| {
                    // After a change of the interval, a page may still wait for the old one.
                    let longest =
                        poll.max(account.config.provider.poll).max(page.inner().slow.unwrap_or_default());
                    poll = account.config.provider.poll;
                    let heard = page.inner().heard?.max(began);
                    let gone = heard.saturating_add(longest).saturating_add(SLACK) <= clock::now().boot;
                    let state = account.signals.state(Signal::Iframe);
                    if gone && matches!(state, SignalState::Works | SignalState::Waiting) {
                        account.signals.becomes(Signal::Iframe, SignalState::Closed);
                    }
                    Some(gone)
                });
                match gone.flatten() {
                    Some(false) => {}
                    Some(true) => return page.show(),
                    None => return,
                }
            }
        });
    }

    /// Stores a new ID token and session state of the same person.
    async fn take_over(&self, found: silent::Silently, connection: &Connection) -> SilentAnswer {
        let Some(store) = self.store.upgrade() else { return SilentAnswer::Nothing };
        let own = found.refresh_token.clone();
        let begun = self.work(|account| Some((account.session_ref()?, account.turn.clone()))).flatten();
        let Some((session, turn)) = begun else {
            revoke_token(&store, connection, own);
            return SilentAnswer::Nothing;
        };
        // The session may be refreshing its tokens at this moment.
        let _turn = turn.lock().await;
        let same = store.act_if(session, |account, _| {
            account.held.as_ref().is_some_and(|held| found.identity.same_person(&held.identity))
        });
        if same != Ok(true) {
            revoke_token(&store, connection, own);
            return same.map_or(SilentAnswer::Nothing, |_| SilentAnswer::OtherPerson);
        }
        let renew = |held: &mut Held| {
            // A silent request is often answered with a weaker `acr` than the sign-in. What the sign-in said stays.
            if found.identity.acr == held.identity.acr {
                held.id_token = found.id_token.clone().or_else(|| held.id_token.take());
            }
            held.session_state = found.session_state.clone().or_else(|| held.session_state.take());
        };
        let how = Commit {
            next: |account: &Account, before: Option<&Held>| {
                let mut held = before.filter(|_| account.is_in(session))?.clone();
                renew(&mut held);
                held.leftovers.extend(own.clone());
                Some(held)
            },
            // What is to be revoked, and the newest ID token, have to outlive a crash.
            content: |account: &Account, held: &Held, now| account.stored_with(now, held),
            unwritten: Unwritten::Revoked,
        };
        let mut surplus = Vec::new();
        let done = commit(&store, &self.account, how, |account, _| {
            surplus = account.held.as_mut().map(Held::surplus).unwrap_or_default();
        });
        let done = done.await;
        surplus.into_iter().for_each(|token| revoke_token(&store, connection, Some(token)));
        match done {
            Ok(()) => SilentAnswer::SamePerson,
            Err(not) => {
                revoke_token(&store, connection, own.clone());
                if let NotCommitted::Gone = not {
                    return SilentAnswer::Nothing;
                }
                // The person is known all the same.
                let _ = store.act_if(session, |account, _| account.held.as_mut().map(renew));
                SilentAnswer::SamePerson
            }
        }
    }
}

/// Opens the page again: the present one, or a new one.
pub(crate) async fn open(store: &Arc<Store>, name: &str) -> Result<(), ErrorAnswer> {
    let refused = |text: String| ErrorAnswer::new(ErrorCode::InvalidRequest, text);
    let (signed_in, wanted, present, redirect_uris) = store.act(name, |account, _| {
        let present = account.tab.as_ref().filter(|tab| !tab.callback.is_gone()).map(Tab::address);
        let wanted = account.config.provider.watches(Signal::Iframe);
        (account.held.is_some(), wanted, present, account.config.redirect_uris.clone())
    })?;
    if !signed_in {
        return Err(notices::login_required(name));
    }
    let address = match present {
        _ if !wanted => None,
        Some(address) => address,
        None => {
            connection(store, name)
                .await
                .map_err(|error| ErrorAnswer::new(ErrorCode::ProviderUnreachable, error.to_string()))?;
            let callback = Callback::bind(&store.ports, &redirect_uris).await.map_err(|error| {
                refused(format!("Abide could not wait for the browser on this computer ({error})."))
            })?;
            store.act(name, |account, _| {
                let begun = begin(store, account, callback).is_none();
                account.note_what_is_offered();
                account.tab.as_ref().filter(|_| begun).and_then(Tab::address)
            })?
        }
    };
    let address = address.ok_or_else(|| {
        refused(format!(
            "The provider of \u{201c}{name}\u{201d} has no page that a browser tab could watch, or the account does not \
             ask for it (`provider.watch`)."
        ))
    })?;
    store.opener.open(&address).map_err(|error| refused(error.to_string()))
}

/// The interval of a page that learns nothing.
fn slower(poll: Duration) -> Duration {
    let [least, most] = SLOW;
    poll.saturating_mul(SLOWER).clamp(least, most).max(poll)
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret().as_bytes().ct_eq(other.expose_secret().as_bytes()).into()
}

/// The words of the page after the end of the session.
fn goodbye(provider: &str, reason: abide_session::EndReason) -> String {
    let words = text::ended_by(convert::reason(reason), convert::ended_by(reason));
    format!("Your session with {provider} is over: {words}. You can close this tab.")
}
