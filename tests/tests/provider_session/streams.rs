//! Abide as a receiver of security events: Shared Signals Framework 1.0, and RFC 8935 and 8936. A test has the name of one of
//! the OpenID Foundation's modules for receivers (`openid-ssf-receiver-…`) only if it does the same; all but
//! `removed_subject_event` do it for both deliveries.

mod management;

use abide_demo_op::{Config, DemoOp, Endpoint, EventState, EventStream, SecurityEvent, StreamDeviation};
use abide_tests::app::{App, account_with, configure};
use abide_tests::form::Visitor;
use abide_tests::login::{Login, sign_in, sign_in_to};
use abide_tests::providers::{OTHER_USER, PASSWORD, USER};
use abide_tests::room::Room;
use abide_tests::{eventually, free_port, http, s};
use serde_json::{Value, json};

use super::scene::{OFFLINE, SESSION, WATCHING};

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";
const UPDATED: &str = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Poll,
    Push,
}

/// A signed-in account whose provider manages streams of events.
struct Receiver<'a> {
    way: Way,
    port: u16,
    demo: DemoOp,
    app: App<'a>,
}

/// The name of a room, and both deliveries.
fn rooms(name: &str) -> [(String, Way); 2] {
    [(format!("streams-{name}-poll"), Way::Poll), (format!("streams-{name}-push"), Way::Push)]
}

/// A provider that manages streams of events.
async fn transmitter(deviation: Option<StreamDeviation>, config: Config) -> DemoOp {
    let stream = EventStream { managed: true, deviation, ..EventStream::new("abide", "the receiver's own") };
    DemoOp::start(Config { event_stream: Some(stream), ..config }).await.unwrap()
}

impl<'a> Receiver<'a> {
    async fn start(room: &'a Room, way: Way, deviation: Option<StreamDeviation>) -> Self {
        Self::at(room, way, transmitter(deviation, Config::default()).await, "").await
    }

    /// With more settings of the account.
    async fn at(room: &'a Room, way: Way, demo: DemoOp, more: &str) -> Self {
        let port = free_port();
        configure(room, &configured(&demo, way, port, more));
        let app = App::headless(room).await;
        sign_in(room).await;
        Self { way, port, demo, app }
    }

    /// Changes the delivery of the running account.
    fn delivers(&mut self, room: &Room, way: Way) {
        self.way = way;
        configure(room, &configured(&self.demo, way, self.port, ""));
    }

    /// With a stream that is verified.
    async fn verified(room: &'a Room, way: Way) -> Self {
        let receiver = Self::start(room, way, None).await;
        receiver.acknowledged(1).await;
        receiver.signal("works").await;
        receiver
    }

    async fn signal(&self, state: &str) {
        eventually(&format!("the signal to be {state}"), s(15), || async {
            let session = self.app.session("work").await;
            let signals = session["signals"].as_array().cloned().unwrap_or_default();
            signals.iter().any(|one| one["signal"] == "events" && one["state"] == state).then_some(())
        })
        .await;
    }

    /// Waits until so many events have been acknowledged.
    async fn acknowledged(&self, count: usize) {
        eventually(&format!("{count} acknowledged events"), s(15), || async {
            let events = self.demo.record().events();
            let done = events.iter().filter(|(_, state)| *state == EventState::Acknowledged).count();
            (done >= count).then_some(())
        })
        .await;
    }

    async fn settled(&self, jti: &str) -> EventState {
        eventually("the event to be settled", s(15), || async {
            let state = self.demo.record().event(jti);
            state.filter(|state| !matches!(state, EventState::Waiting | EventState::Delivered))
        })
        .await
    }

    /// The token of an event, with changes in its header and its claims.
    fn token(&self, jti: &str, header: Value, claims: Value) -> String {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let mut all = json!({
            "iss": self.demo.issuer(), "aud": "abide", "iat": now, "jti": jti,
            "sub_id": { "format": "email", "email": "bob@example.com" },
            "events": { format!("{CAEP}session-revoked"): { "event_timestamp": now } },
        });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let mut head = json!({ "typ": "secevent+jwt" });
        head.as_object_mut().unwrap().extend(header.as_object().unwrap().clone());
        self.demo.sign_jwt(&head, &all).unwrap()
    }

    async fn push(&self, token: &str) -> (u16, Value) {
        let address = format!("http://127.0.0.1:{}/events/work", self.port);
        let sent = http().post(address).header("content-type", "application/secevent+jwt");
        let answer = sent.body(token.to_owned()).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Delivers a token; the answer is the error code, or "" if it is acknowledged.
    async fn deliver(&self, jti: &str, token: String) -> String {
        match self.way {
            Way::Push => match self.push(&token).await {
                (202, _) => String::new(),
                (400, said) => said["err"].as_str().unwrap().to_owned(),
                (status, said) => panic!("{status}: {said}"),
            },
            Way::Poll => {
                self.demo.queue_token(jti, token).unwrap();
                match self.settled(jti).await {
                    EventState::Acknowledged => String::new(),
                    EventState::Refused { code, .. } => code,
                    state => panic!("{state:?}"),
                }
            }
        }
    }

    async fn goes_on(&self) {
        assert_eq!(self.app.session("work").await["state"], "active", "{:?}", self.way);
    }

    /// Removes the account; the stream goes with it.
    async fn leaves(&self) {
        assert!(self.demo.stream().is_some(), "{:?}", self.way);
        let removed = self.app.abide(&["accounts", "remove", "work"]).await;
        assert_eq!(removed.code, 0, "{removed:?}");
        assert_eq!(self.demo.stream(), None, "{:?}", self.way);
    }
}

fn configured(demo: &DemoOp, way: Way, port: u16, more: &str) -> String {
    let settings = format!("{}{more}", settings(demo, way, port, "work"));
    let text = account_with(demo.issuer(), &settings, SESSION);
    format!("[logout_listener]\nport = {port}\n{text}")
}

fn settings(demo: &DemoOp, way: Way, port: u16, name: &str) -> String {
    let managed = format!(
        "{OFFLINE}provider.watch = [\"events\"]\nprovider.events_transmitter = \"{}\"\n{WATCHING}",
        demo.issuer()
    );
    match way {
        Way::Poll => managed,
        Way::Push => format!(
            "{managed}provider.events_push = true\nprovider.events_push_url = \"http://127.0.0.1:{port}/events/{name}\"\n"
        ),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_create_delete() {
    for (name, way) in rooms("create") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, None).await;
        let made = eventually("a stream", s(15), || async { receiver.demo.stream() }).await;
        assert_eq!(made.description, "Abide");
        assert!(made.requested.to_string().contains("session-revoked"), "{made:?}");
        receiver.leaves().await;
    }
}

/// It is asked for once, with a `state` that comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_verification() {
    for (name, way) in rooms("verification") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let asked = || receiver.demo.record().count(Endpoint::StreamVerification);
        assert_eq!(asked(), 1, "{way:?}");
        receiver.leaves().await;
        assert_eq!(asked(), 1, "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_unsolicited_stream_verification() {
    for (name, way) in rooms("unsolicited") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let jti = receiver.demo.queue_event(&SecurityEvent::VerificationOf { state: None }).unwrap();
        assert_eq!(receiver.settled(&jti).await, EventState::Acknowledged, "{way:?}");
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_verification_wrong_state() {
    for (name, way) in rooms("state") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::WrongState)).await;
        refuses_the_verification(&receiver, "invalid_state").await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_verification_wrong_subject() {
    for (name, way) in rooms("subject") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::WrongSubject)).await;
        refuses_the_verification(&receiver, "invalid_request").await;
        receiver.leaves().await;
    }
}

async fn refuses_the_verification(receiver: &Receiver<'_>, expected: &str) {
    let state = eventually("the verification event to be refused", s(15), || async {
        let events = receiver.demo.record().events();
        events.into_iter().map(|(_, state)| state).find(|state| matches!(state, EventState::Refused { .. }))
    })
    .await;
    let EventState::Refused { code, .. } = state else { unreachable!() };
    // The demo provider keeps only the status of an answer to a push.
    assert_eq!(code, if receiver.way == Way::Push { "400" } else { expected }, "{:?}", receiver.way);
}

/// A corrupt signature, another issuer, another audience, and a key that the transmitter does not publish.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_invalid_set_rejection() {
    for (name, way) in rooms("invalid") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let good = receiver.token("good", json!({}), json!({}));
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let corrupt = format!("{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
        let issuer = receiver.token("issuer", json!({}), json!({ "iss": "https://evil.example" }));
        let audience = receiver.token("audience", json!({}), json!({ "aud": "another-client" }));
        for (jti, token, code) in [
            ("corrupt", format!("{signed}.{corrupt}"), "invalid_key"),
            ("issuer", issuer, "invalid_issuer"),
            ("audience", audience, "invalid_audience"),
        ] {
            assert_eq!(receiver.deliver(jti, token).await, code, "{way:?} {jti}");
        }
        let unknown = receiver.token("unknown", json!({ "kid": "made-up" }), json!({}));
        match way {
            Way::Push => {
                // The keys were read for the corrupt one. Without another look at them, nothing is known of this one.
                assert_eq!(receiver.push(&unknown).await.0, 503);
            }
            Way::Poll => {
                receiver.demo.queue_token("unknown", unknown).unwrap();
                assert_eq!(receiver.deliver("last", receiver.token("last", json!({}), json!({}))).await, "");
                let state = receiver.demo.record().event("unknown");
                assert_eq!(state, Some(EventState::Delivered), "it waits for its key");
            }
        }
        receiver.goes_on().await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_issuer_mismatch() {
    for (name, way) in rooms("issuer") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::ForeignIssuer)).await;
        receiver.signal("not_offered").await;
        assert_eq!(receiver.demo.stream(), None, "it is deleted");
        // Two looks later, too.
        tokio::time::sleep(s(4)).await;
        let count = |endpoint| receiver.demo.record().count(endpoint);
        assert_eq!(count(Endpoint::Streams), 3, "a look, a stream, its deletion");
        for endpoint in
            [Endpoint::StreamVerification, Endpoint::Events, Endpoint::StreamStatus, Endpoint::AddSubject]
        {
            assert_eq!(count(endpoint), 0, "{way:?} {endpoint:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_transmitter_initiated_status_change() {
    for (name, way) in rooms("status") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let paused = receiver.demo.change_stream_status("paused").unwrap();
        assert_eq!(receiver.settled(&paused).await, EventState::Acknowledged, "{way:?}");
        receiver.signal("failed").await;
        let held = receiver.demo.queue_event(&SecurityEvent::CredentialChange { user: USER.into() }).unwrap();
        let enabled = receiver.demo.change_stream_status("enabled").unwrap();
        for jti in [enabled, held] {
            assert_eq!(receiver.settled(&jti).await, EventState::Acknowledged, "{way:?}");
        }
        receiver.signal("works").await;
        receiver.goes_on().await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_verification_behind_queued_events() {
    for (name, way) in rooms("behind") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::EventsFirst)).await;
        receiver.acknowledged(4).await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_redelivered_set() {
    for (name, way) in rooms("again") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let token = receiver.token("one", json!({}), json!({}));
        for _ in 0..2 {
            assert_eq!(receiver.deliver("one", token.clone()).await, "", "{way:?}");
        }
        if way == Way::Poll {
            // An acknowledged event leaves the queue.
            eventually("the second one to be acknowledged", s(15), || async {
                (receiver.demo.waiting_events() == 0).then_some(())
            })
            .await;
        }
        receiver.leaves().await;
    }
}

/// Every event that Abide asks for, and others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_supported_events() {
    for (name, way) in rooms("events") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let caep = ["session-revoked", "token-claims-change", "credential-change", "assurance-level-change"];
        let risc = ["account-disabled", "account-purged", "account-enabled", "identifier-changed"];
        let events = caep.map(|name| format!("{CAEP}{name}")).into_iter();
        for (number, event) in events.chain(risc.map(|name| format!("{RISC}{name}"))).enumerate() {
            let jti = format!("event-{number}");
            let token = receiver.token(&jti, json!({}), json!({ "events": { event: {} } }));
            assert_eq!(receiver.deliver(&jti, token).await, "", "{way:?} {number}");
        }
        receiver.goes_on().await;
        receiver.leaves().await;
    }
}

/// The stream is made, read, verified, and its status is read; each event arrives with each kind of subject.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_caep_interop() {
    for (name, way) in rooms("caep") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let count = |endpoint| receiver.demo.record().count(endpoint);
        assert_eq!(count(Endpoint::Streams), 3, "a look, a stream, its configuration");
        assert!(count(Endpoint::StreamStatus) >= 1, "{way:?}");
        for (number, event) in ["session-revoked", "credential-change"].into_iter().enumerate() {
            for (format, subject) in [
                ("email", json!({ "format": "email", "email": "bob@example.com" })),
                (
                    "iss_sub",
                    json!({ "format": "iss_sub", "iss": receiver.demo.issuer(), "sub": "demo-user-2" }),
                ),
            ] {
                let jti = format!("{format}-{number}");
                let claims = json!({ "sub_id": subject, "events": { format!("{CAEP}{event}"): {} } });
                let token = receiver.token(&jti, json!({}), claims);
                assert_eq!(receiver.deliver(&jti, token).await, "", "{way:?} {jti}");
            }
        }
        receiver.goes_on().await;
        receiver.demo.queue_event(&SecurityEvent::SessionRevoked { user: USER.into(), sid: None }).unwrap();
        let ended = receiver.app.state("work", "ended", s(15)).await;
        assert_eq!(ended["ended_by"], "events", "{way:?}");
    }
}

/// Two accounts share the stream. The person of one that is removed is taken out of it, and an event about that person is
/// still acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_removed_subject_event() {
    let room = Room::with_keyring("streams-removed").await;
    let stream = EventStream { managed: true, ..EventStream::new("abide", "the receiver's own") };
    let demo = DemoOp::start(Config { event_stream: Some(stream), ..Config::default() }).await.unwrap();
    let events = settings(&demo, Way::Poll, 0, "work");
    let work = account_with(demo.issuer(), &events, SESSION);
    let home = format!("[accounts.home]\nissuer = \"{}\"\nclient_id = \"abide\"\n{events}", demo.issuer());
    configure(&room, &format!("{work}{home}"));
    let app = App::headless(&room).await;
    sign_in_to(&room, "work").await;
    let login = Login::begin_for(&room, "home").await;
    Visitor::default().sign_in(&login.url, OTHER_USER, PASSWORD).await;
    assert_eq!(login.end().await.code, 0);
    let subjects = |count: usize| {
        let demo = &demo;
        async move {
            eventually("the subjects of the stream", s(15), || async {
                demo.stream().map(|stream| stream.subjects).filter(|subjects| subjects.len() == count)
            })
            .await
        }
    };
    let both = subjects(2).await;
    assert_ne!(both[0], both[1]);
    assert_eq!(app.abide(&["accounts", "remove", "home"]).await.code, 0);
    subjects(1).await;
    let event = SecurityEvent::SessionRevoked { user: "bob".into(), sid: None };
    let jti = demo.queue_event(&event).unwrap();
    eventually("the event to be acknowledged", s(15), || async {
        (demo.record().event(&jti) == Some(EventState::Acknowledged)).then_some(())
    })
    .await;
    assert_eq!(app.session("work").await["state"], "active");
}

/// The stream of an earlier run is found, and a stream that is lost is made again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_found_again_and_a_lost_one_is_made_again() {
    for (name, way) in rooms("found") {
        let room = Room::with_keyring(&name).await;
        let mut receiver = Receiver::verified(&room, way).await;
        let made = receiver.demo.stream().unwrap();
        receiver.app.kill();
        receiver.app = App::headless(&room).await;
        assert_eq!(receiver.app.abide(&["token"]).await.code, 0);
        eventually("another verification", s(15), || async {
            receiver.demo.stream().filter(|stream| stream.verifications == 2).map(|stream| {
                assert_eq!(stream.id, made.id, "{way:?}");
            })
        })
        .await;
        receiver.demo.change_stream(|made| *made = None);
        let again = eventually("another stream", s(15), || async { receiver.demo.stream() }).await;
        assert_ne!(again.id, made.id, "{way:?}");
    }
}

/// An event that is sent again changes nothing, and neither does an old one about the stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_event_changes_nothing() {
    let room = Room::with_keyring("streams-repeated").await;
    let port = free_port();
    let config =
        Config { event_stream: Some(EventStream::new("abide", "the receiver's own")), ..Config::default() };
    let demo = DemoOp::start(config).await.unwrap();
    let settings = format!("{OFFLINE}provider.watch = [\"events\"]\nprovider.events_push = true\n");
    let text = account_with(demo.issuer(), &settings, SESSION);
    configure(&room, &format!("[logout_listener]\nport = {port}\n{text}"));
    let app = App::headless(&room).await;
    sign_in(&room).await;
    let receiver = Receiver { way: Way::Push, port, demo, app };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let status = |jti: &str, status: &str, iat: u64| {
        let claims = json!({ "iat": iat, "events": { UPDATED: { "status": status } } });
        (jti.to_owned(), receiver.token(jti, json!({}), claims))
    };
    let (paused, enabled) = (status("a", "paused", now - 20), status("b", "enabled", now - 10));
    for (event, state) in [
        (&paused, "failed"),
        (&enabled, "works"),
        (&paused, "works"),
        (&status("c", "paused", now - 15), "works"),
        (&status("d", "disabled", 5), "works"),
    ] {
        assert_eq!(receiver.deliver(&event.0, event.1.clone()).await, "", "{}", event.0);
        let session = receiver.app.session("work").await;
        let found = session["signals"].as_array().unwrap().iter().find(|one| one["signal"] == "events");
        assert_eq!(found.unwrap()["state"], state, "{}", event.0);
    }
    // It causes one renewal, not one each time.
    let changed = json!({
        "sub_id": { "format": "iss_sub", "iss": receiver.demo.issuer(), "sub": "demo-user-1" },
        "events": { format!("{CAEP}token-claims-change"): { "claims": { "role": "x" } } },
    });
    let changed = receiver.token("e", json!({}), changed);
    assert_eq!(receiver.deliver("e", changed.clone()).await, "");
    eventually("a renewal", s(10), || async { (receiver.demo.record().refreshes() == 1).then_some(()) })
        .await;
    for _ in 0..3 {
        assert_eq!(receiver.deliver("e", changed.clone()).await, "");
    }
    tokio::time::sleep(s(2)).await;
    assert_eq!(receiver.demo.record().refreshes(), 1);
}
