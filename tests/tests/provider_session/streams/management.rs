//! What Abide does with its stream: it is changed with the settings, enabled, attended to with a good access token, and not
//! left behind.

use abide_demo_op::{MadeStream, Outcome};

use super::*;

impl Way {
    fn other(self) -> Self {
        match self {
            Way::Poll => Way::Push,
            Way::Push => Way::Poll,
        }
    }

    fn method(self) -> &'static str {
        match self {
            Way::Poll => "urn:ietf:rfc:8936",
            Way::Push => "urn:ietf:rfc:8935",
        }
    }
}

impl Receiver<'_> {
    /// Waits until the stream is so.
    async fn stream(&self, what: &str, is: impl Fn(&MadeStream) -> bool) -> MadeStream {
        eventually(what, s(15), || async { self.demo.stream().filter(|made| is(made)) }).await
    }

    /// An event about the person arrives.
    async fn hears(&self) {
        let jti = self.demo.queue_event(&SecurityEvent::CredentialChange { user: USER.into() }).unwrap();
        assert_eq!(self.settled(&jti).await, EventState::Acknowledged, "{:?}", self.way);
    }
}

/// The stream is made, read, updated, replaced and deleted. Its events change when Abide finds it without them, its delivery
/// with the settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_happypath() {
    for (name, way) in rooms("happy") {
        let room = Room::with_keyring(&name).await;
        let mut receiver = Receiver::verified(&room, way).await;
        assert_eq!(receiver.demo.record().count(Endpoint::Streams), 3, "a look, a stream, its configuration");
        let made = receiver.demo.stream().unwrap();
        receiver.app.kill();
        receiver.demo.change_stream(|made| {
            made.as_mut().unwrap().requested = json!([format!("{CAEP}session-revoked")]);
        });
        receiver.app = App::headless(&room).await;
        let updated = receiver.stream("the update", |stream| stream.updates == 1).await;
        assert_eq!((&updated.id, &updated.requested), (&made.id, &made.requested), "{way:?}");
        receiver.delivers(&room, way.other());
        let replaced = receiver.stream("the replacement", |stream| stream.replacements == 1).await;
        assert_eq!((&replaced.id, &replaced.requested), (&made.id, &made.requested), "{way:?}");
        assert_eq!(replaced.description, made.description);
        assert_eq!(replaced.delivery["method"], way.other().method());
        receiver.stream("another verification", |stream| stream.verifications == 3).await;
        receiver.hears().await;
        receiver.goes_on().await;
        receiver.leaves().await;
    }
}

/// The event about the new status has a member that no specification knows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_stream_status_update() {
    for (name, way) in rooms("enabled") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::TellsStatus)).await;
        // That event and the verification.
        receiver.acknowledged(2).await;
        receiver.signal("works").await;
        receiver.leaves().await;
        let refused = receiver.demo.record().events();
        assert!(refused.iter().all(|(_, state)| *state == EventState::Acknowledged), "{way:?} {refused:?}");
    }
}

/// One renewal for each refused token, also when the stream is deleted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openid_ssf_receiver_access_token_expiry() {
    for (name, way) in rooms("expiry") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        let made = receiver.demo.stream().unwrap();
        assert_eq!(receiver.demo.record().refreshes(), 0);
        receiver.demo.end_access_tokens();
        receiver.hears().await;
        eventually("a renewal", s(10), || async { (receiver.demo.record().refreshes() == 1).then_some(()) })
            .await;
        // Two looks later, too.
        tokio::time::sleep(s(4)).await;
        receiver.hears().await;
        receiver.signal("works").await;
        assert_eq!(receiver.demo.record().refreshes(), 1, "{way:?}");
        assert_eq!(receiver.demo.stream().map(|stream| stream.id), Some(made.id), "{way:?}");
        receiver.demo.end_access_tokens();
        receiver.leaves().await;
    }
}

/// While no program asks for a token, Abide renews it for the stream.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_attended_to_with_a_token_that_has_not_expired() {
    let room = Room::with_keyring("streams-token").await;
    let config = Config { access_token_lifetime: s(13), ..Config::default() };
    let receiver = Receiver::at(&room, Way::Poll, transmitter(None, config).await, "").await;
    receiver.acknowledged(1).await;
    eventually("a renewal", s(10), || async { (receiver.demo.record().refreshes() > 0).then_some(()) }).await;
    receiver.hears().await;
}

/// Where tokens are bound to a key, the transmitter gets a proof: also after a new sign-in with another key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bound_token_is_shown_with_a_proof() {
    for (name, way) in rooms("dpop") {
        let room = Room::with_keyring(&name).await;
        let config = Config { require_dpop_nonce: true, ..Config::default() };
        let demo = transmitter(None, config).await;
        let receiver = Receiver::at(&room, way, demo, "dpop = \"required\"\n").await;
        receiver.acknowledged(1).await;
        receiver.signal("works").await;
        assert_eq!(receiver.app.abide(&["logout"]).await.code, 0);
        sign_in(&room).await;
        receiver.hears().await;
        receiver.signal("works").await;
        let entries = receiver.demo.record().entries();
        let refused = entries.iter().filter(|entry| entry.outcome == Outcome::Error("invalid_token"));
        assert_eq!(refused.count(), 0, "{way:?}");
        receiver.leaves().await;
    }
}

/// The transmitter allows one stream for each client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_another_program_stays_as_it_is() {
    for (name, way) in rooms("foreign") {
        let room = Room::with_keyring(&name).await;
        let demo = transmitter(None, Config::default()).await;
        let delivery = match way {
            Way::Poll => json!({ "method": way.method() }),
            Way::Push => json!({ "method": way.method(), "endpoint_url": "https://siem.example/events" }),
        };
        let foreign = MadeStream {
            id: "theirs".into(),
            delivery,
            requested: json!([format!("{CAEP}session-revoked")]),
            description: "the SIEM".into(),
            status: "enabled".into(),
            subjects: Vec::new(),
            verifications: 0,
            updates: 0,
            replacements: 0,
        };
        demo.change_stream(|made| *made = Some(foreign.clone()));
        let receiver = Receiver::at(&room, way, demo, "").await;
        receiver.signal("not_offered").await;
        assert!(receiver.app.log().contains("event_stream_taken"), "{way:?}");
        assert_eq!(receiver.app.abide(&["accounts", "remove", "work"]).await.code, 0);
        assert_eq!(receiver.demo.stream(), Some(foreign), "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_stream_is_used_if_the_answer_about_it_cannot_be_read() {
    for (name, way) in rooms("unread") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::UnreadableAnswer)).await;
        receiver.acknowledged(1).await;
        receiver.signal("works").await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_stream_that_cannot_be_used_is_deleted() {
    for (name, way) in rooms("unusable") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::start(&room, way, Some(StreamDeviation::UnusableStream)).await;
        receiver.signal("not_offered").await;
        assert_eq!(receiver.demo.stream(), None, "{way:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_cannot_be_replaced_makes_way_for_another() {
    for (name, way) in rooms("anew") {
        let room = Room::with_keyring(&name).await;
        let mut receiver = Receiver::start(&room, way, Some(StreamDeviation::NoReplacement)).await;
        receiver.acknowledged(1).await;
        let made = receiver.demo.stream().unwrap();
        receiver.delivers(&room, way.other());
        let anew = receiver.stream("another stream", |stream| stream.id != made.id).await;
        assert_eq!(anew.delivery["method"], way.other().method());
        receiver.hears().await;
        receiver.leaves().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_without_a_stream_delete_it() {
    for (name, way) in rooms("without") {
        let room = Room::with_keyring(&name).await;
        let receiver = Receiver::verified(&room, way).await;
        configure(&room, &account_with(receiver.demo.issuer(), OFFLINE, SESSION));
        eventually("the deletion", s(15), || async { receiver.demo.stream().is_none().then_some(()) }).await;
        receiver.goes_on().await;
    }
}
