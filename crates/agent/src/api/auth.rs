//! The rules that hold before any handler runs. What is not allowed here is refused; nothing falls through.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderMap, Method, Request, header};
use secrecy::SecretString;

use super::page::{Page, page};
use super::seen::Seen;
use super::signature::{Presented, SCHEME};
use crate::browser::server::random;
use crate::grants::Clients;
use crate::identity;
use crate::platform::program::{Connected, Process, Program, aside, command_in_words, is_ours};
use crate::server::tcp::Ends;

/// A connection, as far as signatures need it.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    /// Both addresses, the client's first; `socket` over the socket.
    name: Arc<str>,
    /// Both, the agent's first; `None` over the socket.
    ends: Option<(SocketAddr, SocketAddr)>,
    /// The nonce for the next signed request.
    nonce: Arc<Mutex<Option<SecretString>>>,
}

impl Default for Channel {
    fn default() -> Self {
        Self { name: "socket".into(), ends: None, nonce: Arc::default() }
    }
}

impl Channel {
    /// That between these two. A connection whose addresses the system does not tell has no name that a client could sign.
    pub(crate) fn between(ends: Ends) -> Self {
        let name = ends.own.map(|own| format!("{} {own}", ends.peer)).unwrap_or_default();
        let both = ends.own.map(|own| (own, ends.peer));
        Self { name: name.into(), ends: both, nonce: Arc::default() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Takes the nonce: it is good for one request.
    pub(super) fn take(&self) -> Option<SecretString> {
        self.nonce.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A new nonce for the next request; the one before it is good for nothing then. `None` if the system gives no random numbers.
    pub(super) fn give(&self) -> Option<SecretString> {
        let nonce = random()?;
        *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce.clone());
        Some(nonce)
    }
}

/// Who is at the other end of a connection, as far as the operating system knows.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// Anybody on this machine.
    Tcp {
        /// The port that this socket is bound to.
        port: u16,
        /// The connection.
        channel: Channel,
    },
    /// A process of this user.
    Socket {
        /// The process, held so that each request can look at it anew.
        connected: Option<Arc<Connected>>,
        /// Its executable when it connected.
        program: Option<Program>,
        /// Whether that is the `abide` command that belongs to this agent, or this program itself, outside of containers.
        own: bool,
        /// The connection.
        channel: Channel,
    },
}

impl Peer {
    /// The connection, for signatures.
    pub(super) fn channel(&self) -> &Channel {
        match self {
            Self::Tcp { channel, .. } | Self::Socket { channel, .. } => channel,
        }
    }

    /// Whether it is the `abide` command now: a process can become another program between connection and request.
    fn is_own(&self) -> bool {
        match self {
            Self::Tcp { .. } => false,
            Self::Socket { connected: Some(connected), own, .. } => {
                *own && connected.program().as_ref().is_some_and(is_ours)
            }
            Self::Socket { own, .. } => *own,
        }
    }

    /// The two ends of a connection over TCP: ours, and the other one.
    pub(super) fn ends(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.channel().ends
    }

    /// The process; `None` over TCP.
    pub(super) fn connected(&self) -> Option<Arc<Connected>> {
        match self {
            Self::Socket { connected, .. } => connected.clone(),
            Self::Tcp { .. } => None,
        }
    }

    /// The process as it is now, and what it acts for; nothing over TCP. Where that cannot be seen in time, the caller is unknown.
    pub(super) async fn seen(&self) -> Seen {
        let Self::Socket { connected: Some(connected), program, .. } = self else { return Seen::default() };
        let Some(process) = connected.id() else { return Seen::default() };
        let (connected, before) = (connected.clone(), program.as_ref().map(|program| program.id));
        let look = move || Seen::of(connected.lineage()).unless_it_was_another(before);
        aside(process, look).await.unwrap_or_default()
    }
}

/// What a caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The `abide` command of this user: everything.
    Owner,
    /// A client with a grant: tokens and the state of sessions.
    Client(String),
    /// A web page, by its origin: what the user has allowed it.
    Page(String),
    /// A process of this user without a grant: the state of sessions.
    Neighbour,
    /// A program without a key over TCP. It learns only that this is Abide.
    Stranger,
}

/// What a call needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// It is for everybody who reaches Abide.
    Nothing,
    /// To see the state of sessions.
    State,
    /// To have tokens.
    Tokens,
    /// To have what only a program can use: not for web pages.
    Programs,
    /// To change sessions and accounts, and to take grants back.
    Changes,
    /// To keep a session: as to change it, and at a terminal where only keyboard and mouse count as use.
    Keep,
    /// To give grants: for a person at a terminal, so that no program gives one to itself.
    Grants,
}

impl Right {
    /// Whether the ancestors of the process decide.
    pub(super) fn looks_at_ancestors(self) -> bool {
        matches!(self, Self::Tokens | Self::Programs | Self::Keep | Self::Grants)
    }
}

/// A request that is let in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is known who asks.
    As(Caller),
    /// The client names a key that signs. Whether it has that key shows once the body is there.
    Signs(Presented),
    /// It is of a web page that may ask.
    Of(Page),
}

/// Lets a request in, or says why not.
///
/// # Errors
///
/// `invalid_request`, `access_denied`, `consent_required` and `invalid_signature`, with a sentence for the developer who reads it.
pub(crate) fn admit<B>(
    request: &Request<B>,
    peer: &Peer,
    clients: &Clients,
    sites: &[String],
) -> Result<Admission, ErrorAnswer> {
    let headers = request.headers();
    if let Peer::Tcp { port, .. } = peer {
        host_is_ours(headers, *port)?;
    }
    let port = match peer {
        Peer::Tcp { port, .. } => Some(*port),
        Peer::Socket { .. } => None,
    };
    if let Some(page) = page(headers, port, sites)? {
        return Ok(Admission::Of(page));
    }
    if !matches!(*request.method(), Method::GET | Method::POST | Method::PUT | Method::DELETE) {
        return Err(ErrorAnswer::new(
            ErrorCode::InvalidRequest,
            "Only GET, POST, PUT and DELETE are known here.",
        ));
    }
    Ok(match (shown(headers)?, peer) {
        (Some(Shown::Signature(presented)), _) => Admission::Signs(presented),
        // A key that is shown has to be right, wherever it comes from.
        (Some(Shown::Key(key)), _) => Admission::As(Caller::Client(clients.by_key(key)?)),
        (None, peer @ Peer::Socket { .. }) => {
            Admission::As(if peer.is_own() { Caller::Owner } else { Caller::Neighbour })
        }
        (None, Peer::Tcp { .. }) => Admission::As(Caller::Stranger),
    })
}

/// DNS rebinding: a page of another name that resolves to this machine sends its own name.
pub(crate) fn host_is_ours(headers: &HeaderMap, port: u16) -> Result<(), ErrorAnswer> {
    host_is_one_of(headers, &["127.0.0.1", "localhost", "[::1]"], port)
}

/// The same for a listener with one address. `localhost` is not a name of it: at the other family's address of that name, the port can be
/// another program's.
pub(crate) fn host_is_address(headers: &HeaderMap, address: SocketAddr) -> Result<(), ErrorAnswer> {
    let name = match address.ip() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    host_is_one_of(headers, &[&name], address.port())
}

/// A client leaves the usual port of http out (RFC 9110, section 7.2).
fn host_is_one_of(headers: &HeaderMap, names: &[&str], port: u16) -> Result<(), ErrorAnswer> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = names.iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| match rest.strip_prefix(':') {
            Some(found) => found == port.to_string(),
            None => rest.is_empty() && port == USUAL_PORT,
        })
    });
    if ours && hosts.next().is_none() {
        return Ok(());
    }
    let name = names.first().unwrap_or(&"127.0.0.1");
    Err(ErrorAnswer::new(
        ErrorCode::AccessDenied,
        format!("This is not the address of Abide. Use http://{name}:{port}."),
    ))
}

/// Of http.
const USUAL_PORT: u16 = 80;

/// What a request shows of a client key.
enum Shown<'a> {
    /// The key itself, which has to be a plain one.
    Key(&'a str),
    /// That it was signed.
    Signature(Presented),
}

/// The client key, as a bearer token or in a header of its own, or a signature. One of them, once.
fn shown(headers: &HeaderMap) -> Result<Option<Shown<'_>>, ErrorAnswer> {
    let unreadable = || ErrorAnswer::new(ErrorCode::ConsentRequired, "The client key cannot be read.");
    let named = headers.get_all("x-abide-key").iter().map(|value| (false, value));
    let mut all = named.chain(headers.get_all(header::AUTHORIZATION).iter().map(|value| (true, value)));
    let Some((authorization, value)) = all.next() else { return Ok(None) };
    if all.next().is_some() {
        return Err(ErrorAnswer::new(ErrorCode::InvalidRequest, "Send one client key only."));
    }
    let text = value.to_str().map_err(|_| unreadable())?;
    if !authorization {
        return Ok(Some(Shown::Key(text)));
    }
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(Shown::Key(key.trim()))),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => {
            Presented::parse(rest).map(Shown::Signature).map(Some)
        }
        _ => Err(unreadable()),
    }
}

impl Caller {
    /// Tokens are for everybody who can be told apart; whether this one gets one is decided with its request.
    fn may_have_tokens(&self) -> Result<(), ErrorAnswer> {
        if *self == Self::Stranger { Err(stranger()) } else { Ok(()) }
    }

    /// The state of sessions is for every process of this user, and for holders of a key.
    fn may_see_sessions(&self) -> Result<(), ErrorAnswer> {
        if *self == Self::Stranger { Err(stranger()) } else { self.is_no_page() }
    }

    /// A page gets tokens and claims alone.
    fn is_no_page(&self) -> Result<(), ErrorAnswer> {
        match self {
            Self::Page(_) => Err(ErrorAnswer::new(
                ErrorCode::AccessDenied,
                "A web page gets tokens and claims that you have allowed it, and nothing else.",
            )),
            _ => Ok(()),
        }
    }

    /// Changing sessions, accounts and grants is for the owner.
    fn may_change(&self) -> Result<(), ErrorAnswer> {
        match self {
            Self::Owner => Ok(()),
            Self::Stranger => Err(stranger()),
            Self::Client(_) | Self::Page(_) => Err(ErrorAnswer::new(
                ErrorCode::AccessDenied,
                "Only the `abide` command of this user may do this.",
            )),
            Self::Neighbour => Err(ErrorAnswer::new(
                ErrorCode::AccessDenied,
                format!(
                    "Only the `abide` command that belongs to the agent that runs may do this: {}.",
                    command_in_words()
                ),
            )),
        }
    }

    /// Grants are for the owner at a terminal.
    fn may_grant(&self, lineage: &[Process]) -> Result<(), ErrorAnswer> {
        self.may_change()?;
        if identity::is_at_terminal(lineage) {
            return Ok(());
        }
        Err(ErrorAnswer::new(
            ErrorCode::AccessDenied,
            "Programs are allowed by a person at a terminal, so that none allows itself. Run the command yourself, or over SSH with \
             `ssh -t`.",
        ))
    }

    /// Whether the caller has a right.
    ///
    /// # Errors
    ///
    /// What is missing, and how to get it.
    pub(crate) fn may(&self, right: Right, lineage: &[Process]) -> Result<(), ErrorAnswer> {
        match right {
            Right::Nothing => Ok(()),
            Right::State => self.may_see_sessions(),
            Right::Tokens => self.may_have_tokens(),
            Right::Programs => self.may_have_tokens().and_then(|()| self.is_no_page()),
            Right::Changes | Right::Keep => self.may_change(),
            Right::Grants => self.may_grant(lineage),
        }
    }
}

fn stranger() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::ConsentRequired,
        "Sign the request with a client key (docs/signed-requests.md). `abide clients allow NAME` makes one, and with `--plain` one that is \
         sent as it is: `Authorization: Bearer abide_…`.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn clients() -> (tempfile::TempDir, Clients) {
        let folder = tempfile::tempdir().unwrap();
        let clients = Clients::open(folder.path().join("clients.json")).unwrap();
        (folder, clients)
    }

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let builder = Request::builder().uri("/v1/token");
        headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(()).unwrap()
    }

    fn tcp() -> Peer {
        Peer::Tcp { port: 47600, channel: Channel::default() }
    }

    fn socket(own: bool) -> Peer {
        Peer::Socket { connected: None, program: None, own, channel: Channel::default() }
    }

    fn caller(headers: &[(&str, &str)], peer: &Peer, clients: &Clients) -> Result<Caller, ErrorCode> {
        match admit(&request(headers), peer, clients, &[]).map_err(|refused| refused.error)? {
            Admission::As(caller) => Ok(caller),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_our_own_names_are_answered_over_tcp() {
        let (_folder, clients) = clients();
        for host in ["127.0.0.1:47600", "localhost:47600", "[::1]:47600"] {
            assert_eq!(caller(&[("host", host)], &tcp(), &clients), Ok(Caller::Stranger));
        }
        let hostile = [
            "evil.example:47600",
            "127.0.0.1",
            "127.0.0.1:80",
            "localhost.evil.example:47600",
            "",
            "127.0.0.1:47600 x",
        ];
        for host in hostile {
            assert_eq!(caller(&[("host", host)], &tcp(), &clients), Err(ErrorCode::AccessDenied), "{host:?}");
        }
        assert!(admit(&request(&[]), &tcp(), &clients, &[]).is_err());
        let two = request(&[("host", "127.0.0.1:47600"), ("host", "evil.example")]);
        assert!(admit(&two, &tcp(), &clients, &[]).is_err());
    }

    #[test]
    fn a_web_page_gets_nothing_even_with_a_key() {
        let (_folder, clients) = clients();
        let key = clients.allow("ci", None).unwrap().unwrap();
        let bearer = format!("Bearer {}", &*key);
        let host = ("host", "127.0.0.1:47600");
        let with = |name, value| request(&[host, ("authorization", &bearer), (name, value)]);
        let shown = ("authorization", bearer.as_str());
        assert_eq!(caller(&[host, shown], &tcp(), &clients), Ok(Caller::Client("ci".into())));
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:47600"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(admit(&with(name, value), &tcp(), &clients, &[]).is_err(), "{name}: {value}");
        }
        // A second line of a header counts as much as the first.
        let twice = [host, shown, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")];
        assert_eq!(caller(&twice, &tcp(), &clients), Err(ErrorCode::AccessDenied));
        for second in [("authorization", "Bearer abide_x"), ("x-abide-key", "abide_x")] {
            assert_eq!(caller(&[host, shown, second], &tcp(), &clients), Err(ErrorCode::InvalidRequest));
        }
    }

    #[test]
    fn a_wrong_key_is_refused_even_on_the_socket_of_the_owner() {
        let (_folder, clients) = clients();
        let own = socket(true);
        let wrong = [("x-abide-key", "abide_wrong")];
        assert_eq!(caller(&wrong, &own, &clients), Err(ErrorCode::ConsentRequired));
        assert_eq!(caller(&[], &own, &clients), Ok(Caller::Owner));
    }

    #[test]
    fn a_signature_waits_for_the_body_on_every_transport() {
        let (_folder, clients) = clients();
        let header = "Abide-HMAC id=0123456789abcdef,cnonce=aaaaaaaaaaaaaaaa";
        for peer in [tcp(), socket(true), socket(false)] {
            let shown = request(&[("host", "127.0.0.1:47600"), ("authorization", header)]);
            assert!(matches!(admit(&shown, &peer, &clients, &[]), Ok(Admission::Signs(_))));
        }
        let page = request(&[
            ("host", "127.0.0.1:47600"),
            ("authorization", header),
            ("origin", "https://evil.example"),
        ]);
        assert_eq!(admit(&page, &tcp(), &clients, &[]).unwrap_err().error, ErrorCode::AccessDenied);
    }

    #[test]
    fn a_nonce_is_good_for_one_request_on_its_own_connection() {
        let (one, other) = (Channel::default(), Channel::default());
        one.give().unwrap();
        assert!(other.take().is_none());
        assert!(one.take().is_some() && one.take().is_none());
    }

    #[test]
    fn a_program_sees_sessions_and_changes_nothing() {
        let (_folder, clients) = clients();
        let caller = caller(&[], &socket(false), &clients).unwrap();
        assert_eq!(caller, Caller::Neighbour);
        assert!(caller.may_see_sessions().is_ok() && caller.may_have_tokens().is_ok());
        assert!(caller.may_change().is_err() && caller.may_grant(&[]).is_err());
    }

    #[test]
    fn the_command_gives_grants_at_a_terminal_alone() {
        assert_eq!(Caller::Owner.may_grant(&[]).unwrap_err().error, ErrorCode::AccessDenied);
        assert!(Caller::Owner.may_change().is_ok());
    }

    #[test]
    fn a_stranger_sees_nothing() {
        assert!(Caller::Stranger.may_see_sessions().is_err());
        assert!(Caller::Stranger.may_have_tokens().is_err());
        assert!(Caller::Stranger.may_change().is_err());
    }
}
