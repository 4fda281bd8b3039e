//! An X server on this machine: its screensaver extension returns the time since the last input, and an alarm on its idle
//! counter reports new input.
//!
//! A connection for each query: it takes a fraction of a millisecond, and is closed between queries.

use std::borrow::Cow;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use x11rb_protocol::connect::Connect;
use x11rb_protocol::parse_display::parse_display;
use x11rb_protocol::protocol::xproto::{QueryExtensionReply, QueryExtensionRequest, Setup};
use x11rb_protocol::protocol::{screensaver, sync};
use x11rb_protocol::x11_utils::TryParse;
use x11rb_protocol::xauth::{Family, get_auth};

/// Answers, errors and events begin with this many bytes (X protocol, “Encoding”).
const BEGINNING: usize = 32;

/// First byte of an answer.
const ANSWER: u8 = 1;

/// The longest rest of an answer that is read: a list of a few counters.
const LONGEST: usize = 65_536;

/// The pause after which new input is reported (milliseconds).
const PAUSE_MS: u32 = 2000;

/// The user is back if there was input within this time (milliseconds).
const BACK_MS: u32 = 1000;

/// The time since the server's last input, on a clock that stops while the machine sleeps.
pub(super) async fn ago(display: &str) -> Option<Duration> {
    let mut server = Server::connect(display).await?;
    let extension = server.extension(screensaver::X11_EXTENSION_NAME).await?;
    let root = server.setup.roots.first()?.root;
    let (request, _) = screensaver::QueryInfoRequest { drawable: root }.serialize(extension.major_opcode);
    let info: screensaver::QueryInfoReply = server.ask(&request.concat()).await?;
    Some(Duration::from_millis(info.ms_since_user_input.into()))
}

/// Waits for input after a pause of two seconds. `None`: this server cannot report that, or is gone.
pub(super) async fn back(display: &str) -> Option<()> {
    let mut server = Server::connect(display).await?;
    let extension = server.extension(sync::X11_EXTENSION_NAME).await?;
    let (opcode, (major, minor)) = (extension.major_opcode, sync::X11_XML_VERSION);
    let hello = sync::InitializeRequest {
        desired_major_version: major.try_into().ok()?,
        desired_minor_version: minor.try_into().ok()?,
    };
    let _: sync::InitializeReply = server.ask(&hello.serialize(opcode).0.concat()).await?;
    let list = sync::ListSystemCountersRequest.serialize(opcode).0.concat();
    let counters: sync::ListSystemCountersReply = server.ask(&list).await?;
    let idle = counters.counters.into_iter().find(|counter| counter.name == b"IDLETIME")?;
    // One after the other: the server reports a fall only if it has noticed the rise.
    let alarms =
        [(PAUSE_MS, sync::TESTTYPE::POSITIVE_COMPARISON), (BACK_MS, sync::TESTTYPE::NEGATIVE_TRANSITION)];
    for (id, (value, test)) in (server.setup.resource_id_base..).zip(alarms) {
        let alarm = sync::CreateAlarmAux::new()
            .counter(idle.counter)
            .value_type(sync::VALUETYPE::ABSOLUTE)
            .value(sync::Int64 { hi: 0, lo: value })
            .test_type(test)
            // One report is enough.
            .delta(sync::Int64 { hi: 0, lo: 0 })
            .events(1);
        let create = sync::CreateAlarmRequest { id, value_list: Cow::Owned(alarm) };
        server.stream.write_all(&create.serialize(opcode).0.concat()).await.ok()?;
        let told = server.beginning().await?;
        if told[0] != extension.first_event + sync::ALARM_NOTIFY_EVENT {
            return None;
        }
    }
    Some(())
}

/// A connection.
struct Server {
    stream: UnixStream,
    setup: Setup,
}

impl Server {
    /// Only over a socket of this machine: the user of a forwarded display is elsewhere.
    async fn connect(display: &str) -> Option<Self> {
        let display = parse_display(Some(display)).ok().filter(|display| display.host.is_empty())?;
        let mut stream = UnixStream::connect(format!("/tmp/.X11-unix/X{}", display.display)).await.ok()?;
        let host = rustix::system::uname();
        // Servers that accept every program of the user need no cookie, and then there is no file of cookies.
        let cookie = get_auth(Family::LOCAL, host.nodename().to_bytes(), display.display);
        let (protocol, secret) = cookie.ok().flatten().unwrap_or_default();
        let (mut connect, request) = Connect::with_authorization(protocol, secret);
        stream.write_all(&request).await.ok()?;
        loop {
            let read = stream.read(connect.buffer()).await.ok().filter(|read| *read > 0)?;
            if connect.advance(read) {
                break;
            }
        }
        Some(Self { stream, setup: connect.into_setup().ok()? })
    }

    /// An extension, if the server has it.
    async fn extension(&mut self, name: &str) -> Option<QueryExtensionReply> {
        let (request, _) = QueryExtensionRequest { name: name.as_bytes().into() }.serialize();
        self.ask(&request.concat()).await.filter(|extension: &QueryExtensionReply| extension.present)
    }

    /// Sends one request and reads its answer. Nothing else can arrive before it, because no events are subscribed.
    async fn ask<R: TryParse>(&mut self, request: &[u8]) -> Option<R> {
        self.stream.write_all(request).await.ok()?;
        let mut answer = self.beginning().await?.to_vec();
        if answer[0] != ANSWER {
            return None;
        }
        let more = u32::from_ne_bytes(answer[4..8].try_into().ok()?);
        let more = usize::try_from(more).ok()?.checked_mul(4).filter(|more| *more <= LONGEST)?;
        answer.resize(BEGINNING + more, 0);
        self.stream.read_exact(&mut answer[BEGINNING..]).await.ok()?;
        R::try_parse(&answer).ok().map(|(reply, _)| reply)
    }

    async fn beginning(&mut self) -> Option<[u8; BEGINNING]> {
        let mut bytes = [0; BEGINNING];
        self.stream.read_exact(&mut bytes).await.ok()?;
        Some(bytes)
    }
}
