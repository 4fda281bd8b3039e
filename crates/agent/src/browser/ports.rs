//! The fixed ports of Abide's pages: which listener holds each, and what it does with an answer that Abide did not ask for.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use abide_wire::Language;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use url::{Url, form_urlencoded};

use crate::browser::tickets::Tickets;
use crate::config::language::Spoken;

/// The last part of the path of the page for a caught answer.
const PAGE: &str = "not-started-here";

/// Decides about answers that no sign-in waits for.
pub(crate) trait Catch: Send + Sync {
    /// Whether they are caught at this redirect URI.
    fn wants(&self, redirect_uri: &Url) -> bool;
    /// Reports that one was caught.
    fn caught(&self, redirect_uri: &Url);
    /// The effect of a link to sign in at this issuer (OpenID Connect Core 1.0, section 4).
    fn invited(&self, redirect_uri: &Url, issuer: &str) -> Invited;
    /// Starts the sign-in of a link after the person has agreed.
    fn accepted(&self, redirect_uri: &Url, issuer: &str, login_hint: Option<String>);
}

/// The effect of a link to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Invited {
    /// No account accepts such links here.
    NotOffered,
    /// No account that accepts them is at this issuer.
    UnknownIssuer,
    /// The person is signed in already. The account is called by its title.
    SignedIn { user: String, title: String },
    /// The person is asked.
    Ask { account: String, title: String, provider: String },
}

type Catcher = Arc<OnceLock<Arc<dyn Catch>>>;

/// What a port is held for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holding {
    /// An answer that has to arrive. It keeps the port.
    Answer = 0,
    /// A page that is only shown. It gives up its port when it is needed.
    Page = 1,
    /// Nothing but answers that Abide did not ask for. It gives up its port first.
    Guard = 2,
}

/// Which listeners of ours have to give up a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evict {
    Nothing,
    Guards,
    /// Pages, and guards.
    Pages,
}

/// The fixed ports, each with the listener that has it.
#[derive(Default)]
pub(crate) struct Ports {
    occupied: Mutex<Vec<Occupied>>,
    catcher: Catcher,
    /// The language of the pages at the ports.
    spoken: Spoken,
    /// Told when a listener has let go of its port.
    freed: Arc<Notify>,
}

struct Occupied {
    address: SocketAddr,
    holding: Arc<AtomicU8>,
    task: AbortHandle,
}

/// A listener's right to its port.
pub(crate) struct Hold {
    holding: Arc<AtomicU8>,
    freed: Arc<Notify>,
}

impl Hold {
    pub(crate) fn set(&self, holding: Holding) {
        self.holding.store(holding as u8, Ordering::Release);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.freed.notify_one();
    }
}

impl Ports {
    /// None is occupied; the pages are in this language.
    pub(crate) fn speaking(spoken: Spoken) -> Self {
        Self { spoken, ..Self::default() }
    }

    /// Ends the listeners of ours that have to give up this address. Returns whether there were any.
    pub(crate) fn clear(&self, address: SocketAddr, evict: Evict) -> bool {
        let least = match evict {
            Evict::Nothing => return false,
            Evict::Guards => Holding::Guard,
            Evict::Pages => Holding::Page,
        };
        let mut occupied = self.occupied.lock().unwrap_or_else(PoisonError::into_inner);
        occupied.retain(|one| !one.task.is_finished());
        let mut any = false;
        for one in occupied.iter().filter(|one| one.address == address) {
            if one.holding.load(Ordering::Acquire) >= least as u8 {
                one.task.abort();
                any = true;
            }
        }
        any
    }

    /// Records which listener has the address. A port that the system chose is not recorded: no other listener needs it.
    pub(crate) fn occupy(&self, address: SocketAddr, task: AbortHandle) -> Hold {
        let holding = Arc::new(AtomicU8::new(Holding::Answer as u8));
        if address.port() != 0 {
            let mut occupied = self.occupied.lock().unwrap_or_else(PoisonError::into_inner);
            occupied.push(Occupied { address, holding: holding.clone(), task });
        }
        Hold { holding, freed: self.freed.clone() }
    }

    /// Whether a listener of ours has the port, on either family.
    pub(crate) fn is_ours(&self, port: u16) -> bool {
        let mut occupied = self.occupied.lock().unwrap_or_else(PoisonError::into_inner);
        occupied.retain(|one| !one.task.is_finished());
        occupied.iter().any(|one| one.address.port() == port)
    }

    /// Sets what decides about answers that no sign-in waits for.
    pub(crate) fn catch_with(&self, catcher: Arc<dyn Catch>) {
        let _ = self.catcher.set(catcher);
    }

    /// What a listener at this address does with such answers.
    pub(crate) fn catching(&self, redirect_uri: &Url) -> Catching {
        let folder = redirect_uri.path().trim_end_matches('/');
        Catching {
            page: format!("{folder}/{PAGE}"),
            redirect_uri: Some(redirect_uri.clone()),
            catcher: self.catcher.clone(),
            spoken: self.spoken.clone(),
            tickets: Tickets::default(),
        }
    }

    /// Waits until a port may be free, or until [`Ports::look_again`].
    pub(crate) async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Accounts have changed: other ports may have to be held.
    pub(crate) fn look_again(&self) {
        self.freed.notify_one();
    }
}

/// What a listener does with an answer that Abide did not ask for.
#[derive(Default)]
pub(crate) struct Catching {
    /// The path of the page that the browser is sent to.
    pub(crate) page: String,
    redirect_uri: Option<Url>,
    catcher: Catcher,
    spoken: Spoken,
    /// The questions of links to sign in that are open in the browser.
    pub(crate) tickets: Tickets,
}

impl Catching {
    /// The language of the pages at this listener.
    pub(crate) fn language(&self) -> Language {
        self.spoken.language()
    }

    /// What decides about links to sign in at this listener.
    pub(crate) fn host(&self) -> Option<(&Arc<dyn Catch>, &Url)> {
        Some((self.catcher.get()?, self.redirect_uri.as_ref()?))
    }

    /// Whether such answers are caught here now.
    pub(crate) fn is_wanted(&self) -> bool {
        self.wanted().is_some()
    }

    fn wanted(&self) -> Option<(&Arc<dyn Catch>, &Url)> {
        let (catcher, redirect_uri) = self.host()?;
        catcher.wants(redirect_uri).then_some((catcher, redirect_uri))
    }

    /// Catches an answer with an authorization code (RFC 6749, section 4.1.2), or with a token or a JWT that contains one (JARM): whoever
    /// makes a link chooses `response_mode`. `false` if it is left alone.
    pub(crate) fn catches(&self, query: &str) -> bool {
        const SECRETS: [&str; 5] = ["code", "response", "id_token", "access_token", "token"];
        let is_secret = |name: &str| SECRETS.contains(&name);
        let has_code = || form_urlencoded::parse(query.as_bytes()).any(|(name, _)| is_secret(&name));
        let Some((catcher, redirect_uri)) = self.wanted() else { return false };
        if !has_code() {
            return false;
        }
        catcher.caught(redirect_uri);
        true
    }

    /// The address that the browser is sent to. Its fragment replaces the present one, which the browser would keep otherwise.
    pub(crate) fn leave(&self) -> String {
        format!("{}#abide", self.page)
    }
}
