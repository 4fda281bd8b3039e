//! One page that watches: its secrets, and what is known of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use abide_oidc::Pending;
use abide_session::{CheckSession, SilentAnswer};
use abide_wire::Signal;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use tokio::sync::watch;
use url::Url;

use super::message::Refusal;
use crate::browser::server::random;
use crate::config::language::Spoken;
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::store::Store;

/// The longest time from the page's address to its first request.
const TICKET: Duration = Duration::from_secs(120);
/// The time for which a tab that was closed may come back: a reload looks the same.
const RELOAD: Duration = Duration::from_secs(30);

/// One page.
pub(crate) struct Page {
    pub(super) store: Weak<Store>,
    pub(super) account: String,
    pub(super) user: String,
    pub(super) provider: String,
    pub(super) redirect_uri: Url,
    pub(super) iframe: Url,
    pub(super) spoken: Spoken,
    inner: Mutex<Inner>,
}

/// What changes.
pub(super) struct Inner {
    pub(super) monitor: CheckSession,
    /// The secret of the next request.
    secret: Option<Secret>,
    /// The previous secret: a tab that is closed may not have read the answer with the next one.
    before: Option<SecretString>,
    pub(super) silent: Option<Silent>,
    /// The time of the page's last request, boot time.
    pub(super) heard: Option<Duration>,
    /// When it asks next, if that takes longer than usual.
    pub(super) slow: Option<Duration>,
    /// The words of the page after the end of the session.
    pub(super) over: Option<String>,
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

/// A pending silent request.
pub(super) struct Silent {
    /// The ticket at the end of the frame's address, with the target; taken when the frame requests it.
    pub(super) ticket: Option<(SecretString, Url)>,
    pub(super) pending: Arc<Pending>,
    pub(super) connection: Connection,
    pub(super) answer: watch::Sender<Option<SilentAnswer>>,
}

impl Page {
    /// The page for an account; `None` if account, provider or answer do not allow it.
    pub(super) fn of(store: &Arc<Store>, account: &Account, redirect_uri: &Url) -> Option<Self> {
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
            spoken: store.spoken.clone(),
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

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
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
    pub(super) fn work<T>(&self, work: impl FnOnce(&mut Account) -> T) -> Option<T> {
        let store = self.store.upgrade()?;
        let done = store.act(&self.account, |account, _| {
            let ours = account.tab.as_ref().is_some_and(|tab| tab.shows(self));
            ours.then(|| work(account))
        });
        done.ok().flatten()
    }

    /// Accepts the secret of a request, which is valid once, and returns the next one.
    pub(super) fn admit(&self, shown: &SecretString) -> Result<SecretString, Refusal> {
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

    /// Whether a page that is being closed is this one. It may come back with the same secret.
    pub(super) fn closes(&self, shown: &SecretString) -> bool {
        let mut inner = self.inner();
        let now = clock::now().boot;
        let right = inner.secret.as_ref().is_some_and(|secret| secret.is_shown(shown, now))
            || inner.before.as_ref().is_some_and(|before| same(before, shown));
        if right {
            let until = Some(now.saturating_add(RELOAD));
            inner.secret = Some(Secret { value: shown.clone(), until, is_ticket: false });
            (inner.before, inner.heard) = (None, None);
        }
        right
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret().as_bytes().ct_eq(other.expose_secret().as_bytes()).into()
}
