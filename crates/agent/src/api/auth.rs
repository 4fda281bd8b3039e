//! The rules that hold before any handler runs. What is not allowed here is refused; nothing falls through.

use std::sync::Arc;

use abide_wire::{ErrorAnswer, ErrorCode};
use http::{HeaderMap, Method, Request, header};

use crate::grants::Clients;
use crate::identity;
use crate::platform::program::{Connected, Process, Program};

/// Who is at the other end of a connection, as far as the operating system knows.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// Anybody on this machine.
    Tcp {
        /// The port that this socket is bound to.
        port: u16,
    },
    /// A process of this user.
    Socket {
        /// The process, held so that each request can look at it anew.
        connected: Option<Arc<Connected>>,
        /// Its executable when it connected.
        program: Option<Program>,
        /// Whether that is the `abide` command that belongs to this agent, or this program itself, outside of containers.
        own: bool,
    },
}

impl Peer {
    /// Whether it is the `abide` command now: a process can become another program between connection and request.
    fn is_own(&self) -> bool {
        match self {
            Self::Tcp { .. } => false,
            Self::Socket { connected: Some(connected), own, .. } => {
                *own && connected.program().as_ref().is_some_and(Program::is_ours)
            }
            Self::Socket { own, .. } => *own,
        }
    }

    /// The process; `None` over TCP.
    pub(super) fn connected(&self) -> Option<Arc<Connected>> {
        match self {
            Self::Socket { connected, .. } => connected.clone(),
            Self::Tcp { .. } => None,
        }
    }

    /// The process as it is now and its ancestors; empty over TCP.
    pub(crate) fn lineage(&self) -> Vec<Process> {
        match self {
            Self::Socket { connected: Some(connected), .. } => connected.lineage(),
            _ => Vec::new(),
        }
    }
}

/// What a caller may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The `abide` command of this user: everything.
    Owner,
    /// A client with a grant: tokens and the state of sessions.
    Client(String),
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
    /// To change sessions and accounts, and to take grants back.
    Changes,
    /// To give grants: for a person at a terminal, so that no program gives one to itself.
    Grants,
}

impl Right {
    /// Whether the ancestors of the process decide.
    pub(super) fn looks_at_ancestors(self) -> bool {
        matches!(self, Self::Tokens | Self::Grants)
    }
}

/// Lets a request in, or says why not.
///
/// # Errors
///
/// `invalid_request` and `access_denied`, with a sentence for the developer who reads it.
pub(crate) fn admit<B>(request: &Request<B>, peer: &Peer, clients: &Clients) -> Result<Caller, ErrorAnswer> {
    let headers = request.headers();
    if let Peer::Tcp { port } = peer {
        host_is_ours(headers, *port)?;
    }
    no_foreign_page(headers)?;
    if !matches!(*request.method(), Method::GET | Method::POST | Method::PUT | Method::DELETE) {
        return Err(ErrorAnswer::new(
            ErrorCode::InvalidRequest,
            "Only GET, POST, PUT and DELETE are known here.",
        ));
    }
    let key = shown_key(headers)?;
    match (key, peer) {
        // A key that is shown has to be right, wherever it comes from.
        (Some(key), _) => clients.by_key(key).map(Caller::Client).ok_or_else(|| {
            ErrorAnswer::new(
                ErrorCode::ConsentRequired,
                "This client key is not known, or has been revoked. `abide clients allow NAME` makes a new one.",
            )
        }),
        (None, peer @ Peer::Socket { .. }) => {
            Ok(if peer.is_own() { Caller::Owner } else { Caller::Neighbour })
        }
        (None, Peer::Tcp { .. }) => Ok(Caller::Stranger),
    }
}

/// DNS rebinding: a page of another name that resolves to this machine sends its own name.
pub(super) fn host_is_ours(headers: &HeaderMap, port: u16) -> Result<(), ErrorAnswer> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).unwrap_or_default();
    let ours = ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        host.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(':'))
            .is_some_and(|found| found == port.to_string())
    });
    if ours && hosts.next().is_none() {
        Ok(())
    } else {
        Err(ErrorAnswer::new(
            ErrorCode::AccessDenied,
            format!("This is not the address of Abide. Use http://127.0.0.1:{port}."),
        ))
    }
}

/// Web pages get nothing: no origin has a grant, and a request that a browser marks as another site's is one.
pub(super) fn no_foreign_page(headers: &HeaderMap) -> Result<(), ErrorAnswer> {
    if headers.contains_key(header::ORIGIN) {
        return Err(ErrorAnswer::new(ErrorCode::AccessDenied, "Web pages have no access to Abide."));
    }
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None | Some(b"none" | b"same-origin") => Ok(()),
        Some(_) => Err(ErrorAnswer::new(
            ErrorCode::AccessDenied,
            "Web pages of other sites have no access to Abide.",
        )),
    }
}

/// The client key, as a bearer token or in a header of its own.
fn shown_key(headers: &HeaderMap) -> Result<Option<&str>, ErrorAnswer> {
    let unreadable = || ErrorAnswer::new(ErrorCode::InvalidRequest, "The client key cannot be read.");
    if let Some(value) = headers.get("x-abide-key") {
        return value.to_str().map(Some).map_err(|_| unreadable());
    }
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| unreadable())?;
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(key.trim())),
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
        if *self == Self::Stranger { Err(stranger()) } else { Ok(()) }
    }

    /// Changing sessions, accounts and grants is for the owner.
    fn may_change(&self) -> Result<(), ErrorAnswer> {
        match self {
            Self::Owner => Ok(()),
            Self::Stranger => Err(stranger()),
            Self::Client(_) | Self::Neighbour => Err(ErrorAnswer::new(
                ErrorCode::AccessDenied,
                "Only the `abide` command of this user may do this.",
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
            Right::Changes => self.may_change(),
            Right::Grants => self.may_grant(lineage),
        }
    }
}

fn stranger() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::ConsentRequired,
        "Show a client key: `Authorization: Bearer abide_…`. `abide clients allow NAME` makes one.",
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

    const TCP: Peer = Peer::Tcp { port: 47600 };

    #[test]
    fn only_our_own_names_are_answered_over_tcp() {
        let (_folder, clients) = clients();
        for host in ["127.0.0.1:47600", "localhost:47600", "[::1]:47600"] {
            assert_eq!(admit(&request(&[("host", host)]), &TCP, &clients).unwrap(), Caller::Stranger);
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
            let refused = admit(&request(&[("host", host)]), &TCP, &clients).unwrap_err();
            assert_eq!(refused.error, ErrorCode::AccessDenied, "{host:?}");
        }
        assert!(admit(&request(&[]), &TCP, &clients).is_err());
        let two = request(&[("host", "127.0.0.1:47600"), ("host", "evil.example")]);
        assert!(admit(&two, &TCP, &clients).is_err());
    }

    #[test]
    fn a_web_page_gets_nothing_even_with_a_key() {
        let (_folder, clients) = clients();
        let key = clients.allow("ci", None).unwrap().unwrap();
        let bearer = format!("Bearer {}", &*key);
        let host = ("host", "127.0.0.1:47600");
        let with = |name, value| request(&[host, ("authorization", &bearer), (name, value)]);
        assert_eq!(
            admit(&request(&[host, ("authorization", &bearer)]), &TCP, &clients).unwrap(),
            Caller::Client("ci".into())
        );
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:47600"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(admit(&with(name, value), &TCP, &clients).is_err(), "{name}: {value}");
        }
    }

    #[test]
    fn a_wrong_key_is_refused_even_on_the_socket_of_the_owner() {
        let (_folder, clients) = clients();
        let own = Peer::Socket { connected: None, program: None, own: true };
        let refused = admit(&request(&[("x-abide-key", "abide_wrong")]), &own, &clients).unwrap_err();
        assert_eq!(refused.error, ErrorCode::ConsentRequired);
        assert_eq!(admit(&request(&[]), &own, &clients).unwrap(), Caller::Owner);
    }

    #[test]
    fn a_program_sees_sessions_and_changes_nothing() {
        let (_folder, clients) = clients();
        let peer = Peer::Socket { connected: None, program: None, own: false };
        let caller = admit(&request(&[]), &peer, &clients).unwrap();
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
