//! The fixed ports of Abide's pages: which listener holds each, and what it does with an answer that Abide did not ask for.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;
use url::{Url, form_urlencoded};

use crate::browser::initiate::Tickets;

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
    /// The person is signed in already.
    SignedIn { user: String, account: String },
    /// The person is asked.
    Ask { account: String, provider: String },
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
    /// The questions of links to sign in that are open in the browser.
    pub(crate) tickets: Tickets,
}

impl Catching {
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

    /// Catches an answer with an authorization code (RFC 6749, section 4.1.2); `false` if it is left alone.
    pub(crate) fn catches(&self, query: &str) -> bool {
        let has_code = || form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "code");
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::AtomicUsize;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::browser::callback::{Callback, Outcome, Verdict};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Catch for Counting {
        fn wants(&self, redirect_uri: &Url) -> bool {
            redirect_uri.port().is_some()
        }

        fn caught(&self, _: &Url) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        fn invited(&self, _: &Url, _: &str) -> Invited {
            Invited::NotOffered
        }

        fn accepted(&self, _: &Url, _: &str, _: Option<String>) {}
    }

    async fn get(callback: &Url, path: &str) -> String {
        let port = callback.port().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn fixed() -> Url {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        format!("http://{free}/callback").parse().unwrap()
    }

    const LEFT: &str = "location: /callback/not-started-here#abide";

    #[tokio::test]
    async fn a_code_that_no_sign_in_waits_for_leaves_the_address() {
        let (ports, uri, caught) = (Ports::default(), fixed(), Arc::new(Counting::default()));
        ports.catch_with(caught.clone());
        let _guard = Callback::guard(&ports, &uri).await.unwrap();
        for path in ["/callback?code=1&state=2", "/callback?state=2&code=1", "/?code=1", "/elsewhere?code=1"]
        {
            let answer = get(&uri, path).await;
            assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(LEFT), "{path}: {answer}");
        }
        assert_eq!(caught.0.load(Ordering::SeqCst), 4);
        // `response_mode=fragment`: the browser does not send the answer, and would keep it in the next address.
        let answer = get(&uri, "/callback").await;
        assert!(answer.starts_with("HTTP/1.1 303") && answer.contains(LEFT), "{answer}");
        for path in ["/callback?error=access_denied", "/callback?encode=1", "/?x=1"] {
            assert!(get(&uri, path).await.starts_with("HTTP/1.1 4"), "{path}");
        }
        assert_eq!(caught.0.load(Ordering::SeqCst), 4, "nothing to hand over");
        let page = get(&uri, "/callback/not-started-here").await;
        assert!(
            page.starts_with("HTTP/1.1 200") && page.contains("Abide did not start this sign-in"),
            "{page}"
        );
        assert!(page.contains("clear-site-data"), "{page}");
    }

    #[tokio::test]
    async fn a_sign_in_in_progress_catches_too_and_keeps_waiting() {
        let (ports, uri, caught) = (Ports::default(), fixed(), Arc::new(Counting::default()));
        ports.catch_with(caught.clone());
        let mut callback = Callback::bind(&ports, std::slice::from_ref(&uri)).await.unwrap();
        let asked = |path: &'static str| {
            let uri = uri.clone();
            tokio::spawn(async move { get(&uri, path).await })
        };
        let stray = asked("/callback?code=theirs&state=1");
        let arrival = callback.arrival().await.unwrap();
        arrival.verdict.send(Verdict::Stray("callback_state_mismatch")).ok().unwrap();
        assert!(stray.await.unwrap().contains(LEFT));
        let own = asked("/callback?code=ours&state=2");
        callback.arrival().await.unwrap().verdict.send(Verdict::Taken).ok().unwrap();
        assert!(own.await.unwrap().contains("location: /callback/done/"));
        callback.finish(Outcome::Failed { message: "no".to_owned() });
        // The page at the end of a sign-in has the port for a while.
        assert!(get(&uri, "/callback?code=theirs&state=1").await.contains(LEFT));
        assert_eq!(caught.0.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn without_the_setting_a_stray_answer_stays_a_refusal() {
        let (ports, uri) = (Ports::default(), fixed());
        let _callback = Callback::guard(&ports, &uri).await.unwrap();
        for path in ["/callback?code=1&state=2", "/callback", "/?code=1", "/callback/not-started-here"] {
            assert!(get(&uri, path).await.starts_with("HTTP/1.1 4"), "{path}");
        }
    }

    #[tokio::test]
    async fn a_sign_in_takes_the_port_of_a_guard_before_that_of_a_page() {
        let (ports, page, guarded) = (Ports::default(), fixed(), fixed());
        let shown = Callback::bind(&ports, std::slice::from_ref(&page)).await.unwrap();
        shown.make_way();
        let guard = Callback::guard(&ports, &guarded).await.unwrap();
        assert!(ports.is_ours(page.port().unwrap()) && ports.is_ours(guarded.port().unwrap()));
        let sign_in = Callback::bind(&ports, &[page, guarded.clone()]).await.unwrap();
        assert_eq!(sign_in.redirect_uri(), &guarded);
        assert!(guard.is_gone() && !shown.is_gone());
        // The guard is told when the port may be free again.
        drop(sign_in);
        tokio::time::timeout(std::time::Duration::from_secs(5), ports.freed()).await.unwrap();
    }
}
