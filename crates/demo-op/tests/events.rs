//! Security events by polling (RFC 8936).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::{Duration, Instant};

use abide_demo_op::{Config, DemoOp, EventError, EventState, EventStream, SecurityEvent};
use common::*;
use serde_json::{Value, json};

const TOKEN: &str = "receivers-token";

async fn transmitter() -> (DemoOp, TestClock) {
    let clock = TestClock::new();
    let event_stream = Some(EventStream::new("https://receiver.example", TOKEN));
    (DemoOp::start(Config { event_stream, ..clock.config() }).await.unwrap(), clock)
}

async fn ask(provider: &DemoOp, token: &str, body: &Value) -> Answer {
    let request = http().post(provider.events_endpoint()).bearer_auth(token).json(body);
    Answer::of(request.send().await.unwrap()).await
}

async fn poll(provider: &DemoOp, body: &Value) -> Value {
    let answer = ask(provider, TOKEN, body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.body);
    answer.json()
}

fn revoked(sid: Option<&str>) -> SecurityEvent {
    SecurityEvent::SessionRevoked { user: "alice".to_owned(), sid: sid.map(str::to_owned) }
}

#[tokio::test]
async fn an_event_is_handed_out_until_it_is_acknowledged() {
    let (provider, clock) = transmitter().await;
    let jti = provider.queue_event(&revoked(Some("sid-1"))).unwrap();
    let record = provider.record();
    assert_eq!(record.event(&jti), Some(EventState::Waiting));
    let now = json!({ "returnImmediately": true });
    for _ in 0..2 {
        let answer = poll(&provider, &now).await;
        assert_eq!(answer["moreAvailable"], false);
        let token = text(&answer["sets"], &jti);
        assert_eq!(header(token)["typ"], "secevent+jwt");
        let person = json!({ "format": "iss_sub", "iss": provider.issuer(), "sub": "demo-user-1" });
        let session = json!({ "format": "opaque", "id": "sid-1" });
        let kind = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
        let expected = json!({
            "iss": provider.issuer(),
            "aud": "https://receiver.example",
            "iat": clock.seconds(),
            "jti": jti,
            "sub_id": { "format": "complex", "user": person, "session": session },
            "events": { kind: { "event_timestamp": clock.seconds(), "initiating_entity": "admin" } },
        });
        assert_eq!(claims(token), expected);
        assert_eq!(record.event(&jti), Some(EventState::Delivered));
    }
    let after = poll(&provider, &json!({ "returnImmediately": true, "ack": [jti, "never-was"] })).await;
    assert_eq!(after, json!({ "sets": {}, "moreAvailable": false }));
    assert_eq!(record.event(&jti), Some(EventState::Acknowledged));
    assert_eq!(record.event("never-was"), None);
    let last = record.entries().pop().unwrap();
    assert_eq!(
        (last.parameter("ack"), last.parameter("returnImmediately")),
        (&*format!("{jti} never-was"), "true")
    );
    assert!(last.parameter("access_token").starts_with("sha256:"), "the token itself is not recorded");
}

#[tokio::test]
async fn a_refused_event_is_not_handed_out_again() {
    let (provider, _) = transmitter().await;
    let claims = json!({ "role": "guest" }).as_object().unwrap().clone();
    let event = SecurityEvent::TokenClaimsChange { user: "demo-user-2".to_owned(), claims };
    let jti = provider.queue_event(&event).unwrap();
    let token = text(&poll(&provider, &json!({})).await["sets"], &jti).to_owned();
    let said = common::claims(&token);
    assert_eq!(said["sub_id"]["sub"], "demo-user-2");
    let kind = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change";
    assert_eq!(said["events"][kind]["claims"], json!({ "role": "guest" }));
    let refusal = json!({
        "returnImmediately": true,
        "setErrs": { &jti: { "err": "authentication_failed", "description": "unknown key" } },
    });
    assert_eq!(poll(&provider, &refusal).await["sets"], json!({}));
    let state = EventState::Refused {
        code: "authentication_failed".to_owned(),
        description: "unknown key".to_owned(),
    };
    assert_eq!(provider.record().event(&jti), Some(state));
}

#[tokio::test]
async fn an_answer_holds_as_many_as_are_wanted_oldest_first() {
    let (provider, _) = transmitter().await;
    let events: Vec<String> = (0..3).map(|_| provider.queue_event(&revoked(None)).unwrap()).collect();
    let two = poll(&provider, &json!({ "maxEvents": 2 })).await;
    let sets = two["sets"].as_object().unwrap();
    assert!(sets.len() == 2 && events[..2].iter().all(|jti| sets.contains_key(jti)));
    assert_eq!(two["moreAvailable"], true);
    let only_ack = poll(&provider, &json!({ "maxEvents": 0, "ack": events[..2] })).await;
    assert_eq!(only_ack, json!({ "sets": {}, "moreAvailable": true }));
    let rest = poll(&provider, &json!({ "maxEvents": 2 })).await;
    assert!(rest["sets"].as_object().unwrap().contains_key(&events[2]));
    assert_eq!(rest["moreAvailable"], false);
}

#[tokio::test]
async fn a_poll_waits_for_an_event_and_not_for_ever() {
    let event_stream =
        EventStream { longest_wait: Duration::from_millis(700), ..EventStream::new("receiver", TOKEN) };
    let config = Config { event_stream: Some(event_stream), ..TestClock::new().config() };
    let provider = DemoOp::start(config).await.unwrap();
    let began = Instant::now();
    assert_eq!(poll(&provider, &json!({})).await["sets"], json!({}));
    assert!(began.elapsed() >= Duration::from_millis(700));
    let queue = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        provider.queue_event(&revoked(None)).unwrap()
    };
    let body = json!({});
    let (answer, jti) = tokio::join!(poll(&provider, &body), queue);
    assert!(answer["sets"].as_object().unwrap().contains_key(&jti));
}

#[tokio::test]
async fn only_the_receiver_gets_events() {
    let (provider, _) = transmitter().await;
    let jti = provider.queue_event(&revoked(None)).unwrap();
    let access_token = text(&tokens(&provider).await, "access_token").to_owned();
    let body = json!({ "ack": [jti], "returnImmediately": true });
    for token in ["wrong", &access_token] {
        let answer = ask(&provider, token, &body).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_token"));
        assert!(answer.header("www-authenticate").starts_with("Bearer "));
    }
    assert_eq!(provider.record().event(&jti), Some(EventState::Waiting), "nothing was acknowledged");
}

#[tokio::test]
async fn what_is_no_poll_is_refused() {
    let (provider, _) = transmitter().await;
    for body in
        [json!([]), json!({ "ack": "x" }), json!({ "maxEvents": -1 }), json!({ "setErrs": { "x": 1 } })]
    {
        assert_eq!(ask(&provider, TOKEN, &body).await.status, 400, "{body}");
    }
    assert_eq!(Back::new(&provider).post("/events", &[("ack", "x")]).await.status, 415);
    let request =
        http().post(provider.events_endpoint()).header("content-type", "application/json").body("{");
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_event_needs_a_stream_and_a_user() {
    let (without, _) = provider().await;
    assert!(matches!(without.queue_event(&revoked(None)), Err(EventError::NoStream)));
    assert_eq!(ask(&without, TOKEN, &json!({})).await.status, 404);
    let (provider, _) = transmitter().await;
    let unknown = SecurityEvent::SessionRevoked { user: "mallory".to_owned(), sid: None };
    let refused = provider.queue_event(&unknown).unwrap_err();
    assert_eq!(refused.code(), "demo_provider_unknown_user");
}
