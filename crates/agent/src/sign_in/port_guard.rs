//! Authorization codes that Abide did not ask for. With a fixed redirect port, another person's link can end in this browser at
//! that port, and the person is then asked to hand the address over, with the code in it. Where an account wants it, the
//! listeners at that port send the browser to an address without the code, and the guard holds the port while nothing else
//! of ours does. The code is never used.
//!
//! The same port takes links that ask to sign in (`initiate_login`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use abide_audit::Event;
use url::Url;

use crate::browser::callback::Callback;
use crate::browser::ports::{Catch, Invited};
use crate::config::AccountConfig;
use crate::platform::clock;
use crate::server::{Quiet, SharedQuiet};
use crate::sign_in;
use crate::state::account::Account;
use crate::state::store::Store;
use crate::view::notices;

/// How long a port of another program is left alone before the next try.
const PAUSE: Duration = Duration::from_secs(60);
/// How often, and how long apart, Abide tries a port that its own listener is about to release.
const TRIES: u32 = 20;
const MOMENT: Duration = Duration::from_millis(50);
/// The shortest time between two notifications: a page can send the browser to the port any number of times.
const NOTICES: Duration = Duration::from_secs(60);
/// How long the page after a yes has to reach the browser before the sign-in takes the port.
const PAGE_FIRST: Duration = Duration::from_millis(500);

/// The lines about links that were followed in vain.
static UNSTARTED: SharedQuiet = SharedQuiet::new();

/// Whether the account that `redirect_uri` belongs to wants its port guarded.
struct Guard {
    store: Weak<Store>,
    said: Mutex<Said>,
}

struct Said {
    log: Quiet,
    /// The time of the last notification, boot time.
    notice: Option<Duration>,
}

impl Catch for Guard {
    fn wants(&self, redirect_uri: &Url) -> bool {
        self.store.upgrade().is_some_and(|store| account_at(&store, redirect_uri).is_some())
    }

    fn caught(&self, redirect_uri: &Url) {
        let Some(store) = self.store.upgrade() else { return };
        let Some(account) = account_at(&store, redirect_uri) else { return };
        // Each of them: otherwise the one that counts could hide behind others. The record counts them if there are many.
        store.record(&account, Event::CodeCaught, |_| {});
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.log.say(|more| {
            tracing::warn!(account, more, "an authorization code arrived that Abide did not ask for");
        });
        let now = clock::now().boot;
        if said.notice.is_none_or(|last| last.saturating_add(NOTICES) <= now) {
            said.notice = Some(now);
            store.tell(notices::code_caught(store.spoken.language(), &account));
        }
    }

    fn invited(&self, redirect_uri: &Url, issuer: &str) -> Invited {
        let Some(store) = self.store.upgrade() else { return Invited::NotOffered };
        let core = store.core();
        let inviting: Vec<&Account> =
            core.accounts.iter().filter(|account| is_at(&account.config, redirect_uri, INVITING)).collect();
        let Some(account) = inviting.iter().find(|account| account.config.issuer == issuer) else {
            return if inviting.is_empty() { Invited::NotOffered } else { Invited::UnknownIssuer };
        };
        let view = account.session.view(clock::now());
        match account.held.as_ref().filter(|_| view.began.is_some() && !view.sign_in_needed) {
            Some(held) => {
                let user = held.identity.label().to_owned();
                Invited::SignedIn { user, title: account.title().to_owned() }
            }
            None => {
                let (title, provider) = (account.title().to_owned(), account.provider());
                Invited::Ask { account: account.name.clone(), title, provider }
            }
        }
    }

    fn accepted(&self, redirect_uri: &Url, issuer: &str, login_hint: Option<String>) {
        let Invited::Ask { account, .. } = self.invited(redirect_uri, issuer) else { return };
        let Some(store) = self.store.upgrade() else { return };
        tokio::spawn(async move {
            // The sign-in takes the port. Before that, the page has to reach the browser.
            clock::sleep(PAGE_FIRST).await;
            if let Err(error) = sign_in::begin_by_link(&store, &account, login_hint) {
                let code = error.error.as_str();
                UNSTARTED.say(|more| tracing::warn!(account, code, more, "a link did not start a sign-in"));
            }
        });
    }
}

/// What an account wants at its fixed port.
type Wish = fn(&AccountConfig) -> bool;
const GUARDED: Wish = |config| config.guard_redirect_port;
const INVITING: Wish = |config| config.initiate_login;

/// The account that wants this redirect URI guarded.
fn account_at(store: &Store, redirect_uri: &Url) -> Option<String> {
    let core = store.core();
    let mut accounts = core.accounts.iter();
    accounts.find(|account| is_at(&account.config, redirect_uri, GUARDED)).map(|account| account.name.clone())
}

fn is_at(config: &AccountConfig, redirect_uri: &Url, wish: Wish) -> bool {
    wish(config) && config.redirect_uris.iter().any(|uri| uri.port() == redirect_uri.port())
}

/// Holds the fixed ports of the accounts that want it, until it is aborted.
pub(crate) async fn keep(store: Arc<Store>) {
    let said = Mutex::new(Said { log: Quiet::new(), notice: None });
    store.ports.catch_with(Arc::new(Guard { store: Arc::downgrade(&store), said }));
    let mut guards: HashMap<Url, Callback> = HashMap::new();
    let mut foreign: HashMap<Url, String> = HashMap::new();
    loop {
        let wanted = wanted(&store);
        guards.retain(|uri, guard| wanted.contains(uri) && !guard.is_gone());
        foreign.retain(|uri, warning| {
            let stays = wanted.contains(uri);
            if !stays {
                store.end_warning(warning);
            }
            stays
        });
        for uri in wanted.into_iter().filter(|uri| !guards.contains_key(uri)).collect::<Vec<_>>() {
            match take(&store, &uri).await {
                Taken::Guarded(callback) => {
                    if let Some(warning) = foreign.remove(&uri) {
                        store.end_warning(&warning);
                    }
                    guards.insert(uri, callback);
                }
                Taken::Ours => {}
                Taken::Foreign if foreign.contains_key(&uri) => {}
                Taken::Foreign => {
                    let warning = format!(
                        "Another program has port {}. Abide cannot guard it (guard_redirect_port), and links that ask \
                         to sign in do not arrive there (initiate_login).",
                        uri.port().unwrap_or_default()
                    );
                    tracing::warn!("{warning}");
                    store.warning(warning.clone());
                    foreign.insert(uri, warning);
                }
            }
        }
        if foreign.is_empty() {
            store.ports.freed().await;
        } else {
            let _ = clock::timeout(PAUSE, store.ports.freed()).await;
        }
        // The listener that lets go of a port is aborted, which another task may have to do first.
        clock::sleep(MOMENT).await;
    }
}

enum Taken {
    Guarded(Callback),
    /// Another listener of ours has the port: it catches such answers itself.
    Ours,
    Foreign,
}

async fn take(store: &Arc<Store>, uri: &Url) -> Taken {
    for _ in 0..TRIES {
        if uri.port().is_some_and(|port| store.ports.is_ours(port)) {
            return Taken::Ours;
        }
        if let Ok(callback) = Callback::guard(&store.ports, uri).await {
            return Taken::Guarded(callback);
        }
        clock::sleep(MOMENT).await;
    }
    Taken::Foreign
}

/// The redirect URIs with a fixed port that are to be guarded; of several with the same port, the first.
fn wanted(store: &Arc<Store>) -> Vec<Url> {
    let core = store.core();
    let holds = |account: &&Account| GUARDED(&account.config) || INVITING(&account.config);
    let accounts = core.accounts.iter().filter(holds);
    let mut wanted: Vec<Url> = Vec::new();
    for uri in accounts.flat_map(|account| &account.config.redirect_uris) {
        if uri.port().is_some() && wanted.iter().all(|other| other.port() != uri.port()) {
            wanted.push(uri.clone());
        }
    }
    wanted
}
