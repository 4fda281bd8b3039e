//! Security events: what is fetched, what is believed, and what it means for a session.

use abide_oidc::*;
use serde_json::{Value, json};
use url::Url;

use crate::provider::*;

const CAEP: &str = "https://schemas.openid.net/secevent/caep/event-type/";
const RISC: &str = "https://schemas.openid.net/secevent/risc/event-type/";

async fn judged(client: &Client, audience: Option<&str>) -> Result<SecurityEvent, Error> {
    let raw = client.provider.security_event("event-1");
    client.rp.security_event(&client.http, &raw, audience, now()).await
}

async fn outcome(behaviour: Behaviour) -> &'static str {
    let client = Client::new(behaviour).await;
    judged(&client, None).await.map_or_else(|error| error.code(), |_| "ok")
}

async fn with_claim(name: &'static str, value: Value) -> &'static str {
    outcome(Behaviour { claims: set(name, value), ..Behaviour::default() }).await
}

#[tokio::test]
async fn a_revoked_session_is_understood() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let event = judged(&client, None).await.unwrap();
    assert_eq!((event.issuer.as_str(), event.jti.as_str()), (client.provider.issuer.as_str(), "event-1"));
    assert_eq!(event.kinds, [EventKind::SessionRevoked]);
    assert_eq!((event.issued_at, event.occurred_at), (NOW, NOW - 5));
    assert_eq!(event.conclusion(&tokens.identity, NOW), Conclusion::SessionRevoked);
    assert!(!format!("{event:?}").contains("session-1"));
}

#[tokio::test]
async fn claims_that_are_refused_and_that_are_not() {
    let cases: [(&'static str, Value, &str); 35] = [
        ("iss", json!("https://evil.example"), "security_event_issuer_mismatch"),
        ("iss", Value::Null, "security_event_issuer_missing"),
        ("aud", json!("another-client"), "security_event_audience_mismatch"),
        ("aud", Value::Null, "security_event_audience_missing"),
        ("aud", json!(["another-client", CLIENT]), "ok"),
        ("iat", Value::Null, "security_event_issued_at_missing"),
        ("iat", json!(NOW + 61), "security_event_issued_in_future"),
        ("iat", json!(NOW - 30 * 86_400), "ok"),
        ("nbf", json!(NOW + 61), "security_event_not_yet_valid"),
        ("exp", json!(NOW + 300), "security_event_expiration_present"),
        ("jti", Value::Null, "security_event_id_missing"),
        ("jti", json!("x".repeat(256)), "security_event_id_invalid"),
        ("jti", json!(7), "security_event_malformed"),
        ("events", Value::Null, "security_event_events_missing"),
        ("events", json!({}), "security_event_events_missing"),
        ("events", json!([CAEP]), "security_event_events_missing"),
        ("events", json!({format!("{CAEP}session-revoked"): 7}), "security_event_events_missing"),
        ("events", json!({format!("{CAEP}session-revoked"): null}), "ok"),
        ("events", json!({format!("{CAEP}session-revoked"): {}, "https://a.example": 7}), "ok"),
        ("events", json!({"https://a.example": true}), "ok"),
        ("nbf", json!("then"), "ok"),
        ("nbf", Value::Null, "ok"),
        ("events", json!({"https://a.example": {}}), "ok"),
        ("sub_id", Value::Null, "security_event_subject_missing"),
        ("sub_id", json!("alice"), "security_event_subject_invalid"),
        ("sub_id", json!({"format": "opaque"}), "security_event_subject_invalid"),
        ("sub_id", json!({"format": "email", "email": "alice@example.com"}), "ok"),
        ("sub", json!("somebody-else"), "ok"),
        ("toe", json!("then"), "ok"),
        ("exp", json!("soon"), "security_event_expiration_present"),
        ("exp", json!(0), "security_event_expiration_present"),
        ("txn", json!("8675309"), "ok"),
        ("nonce", json!("n"), "ok"),
        ("iat", json!("now"), "security_event_malformed"),
        ("aud", json!(7), "security_event_malformed"),
    ];
    for (name, value, code) in cases {
        assert_eq!(with_claim(name, value.clone()).await, code, "{name}: {value}");
    }
}

/// Shared Signals Framework 1.0, section 8.1.
#[tokio::test]
async fn events_about_the_stream_concern_no_person() {
    const SSF: &str = "https://schemas.openid.net/secevent/ssf/event-type/";
    for (name, details, kind, stops) in [
        ("verification", json!({"state": "x"}), EventKind::StreamVerification, None),
        ("verification", json!({"status": "paused"}), EventKind::StreamVerification, None),
        ("stream-updated", json!({"status": "paused"}), EventKind::StreamUpdated, Some(true)),
        ("stream-updated", json!({"status": "disabled"}), EventKind::StreamUpdated, Some(true)),
        ("stream-updated", json!({"status": "enabled"}), EventKind::StreamUpdated, Some(false)),
        ("stream-updated", json!({"status": 7}), EventKind::StreamUpdated, None),
    ] {
        for subject in [Value::Null, json!({"format": "opaque", "id": "stream-1"})] {
            let events = json!({ format!("{SSF}{name}"): details });
            let claims = edit(move |claims| {
                claims["events"] = events.clone();
                match &subject {
                    Value::Null => drop(claims.as_object_mut().unwrap().remove("sub_id")),
                    subject => claims["sub_id"] = subject.clone(),
                }
            });
            let client = Client::new(Behaviour { claims, ..Behaviour::default() }).await;
            let event = judged(&client, None).await.unwrap();
            assert_eq!(
                (event.kinds.as_slice(), event.stream_stops),
                (&[kind][..], stops),
                "{name} {details}"
            );
        }
    }
}

#[tokio::test]
async fn an_audience_of_the_event_stream_has_to_be_configured() {
    let stream =
        || Behaviour { claims: set("aud", json!("https://abide.example/stream")), ..Behaviour::default() };
    let client = Client::new(stream()).await;
    assert!(judged(&client, Some("https://abide.example/stream")).await.is_ok());
    assert!(judged(&client, Some("https://abide.example")).await.is_err());
    assert_eq!(outcome(stream()).await, "security_event_audience_mismatch");
}

#[tokio::test]
async fn headers_and_signatures_that_are_refused() {
    let cases: [(&'static str, Value, &str); 8] = [
        ("typ", Value::Null, "security_event_header_refused"),
        ("typ", json!("JWT"), "security_event_header_refused"),
        ("typ", json!("logout+jwt"), "security_event_header_refused"),
        ("typ", json!("application/secevent+jwt"), "ok"),
        ("crit", json!(["exp"]), "security_event_header_refused"),
        ("alg", json!("RS256"), "security_event_algorithm_refused"),
        ("alg", json!("none"), "security_event_unsigned"),
        ("kid", json!("made-up"), "security_event_key_unknown"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { header: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(outcome(behaviour).await, code, "{name}: {value}");
    }
    for (signature, code) in [
        (Signature::Corrupt, "security_event_signature_invalid"),
        (Signature::Absent, "security_event_unsigned"),
        (Signature::Hs256, "security_event_algorithm_refused"),
    ] {
        let client = Client::new(Behaviour { signature, ..Behaviour::default() }).await;
        let error = judged(&client, None).await.unwrap_err();
        assert_eq!(error.code(), code);
        let Error::SecurityEvent(error) = error else { panic!("{error}") };
        // RFC 8935, section 2.4; `authentication_failed` is about the sender of the request.
        assert_eq!(error.reported_as(), "invalid_key");
    }
}

#[tokio::test]
async fn text_that_is_no_security_event() {
    let client = Client::new(Behaviour::default()).await;
    let twice = client.provider.signed("secevent+jwt", r#"{"jti":"a","jti":"b"}"#);
    for (raw, code) in [
        ("", "security_event_malformed"),
        ("a.b.c.d.e", "security_event_encrypted"),
        (&*twice, "security_event_duplicate_member"),
        (&*"a".repeat(64 * 1024 + 1), "security_event_too_long"),
        (&*client.provider.logout_token(), "security_event_header_refused"),
    ] {
        let error = client.rp.security_event(&client.http, raw, None, now()).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
}

/// What an event with these claims means for the session of a sign-in.
async fn concluded(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Conclusion {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.behave(Behaviour { claims: edit(change), ..Behaviour::default() });
    judged(&client, None).await.unwrap().conclusion(&tokens.identity, NOW)
}

#[tokio::test]
async fn what_an_event_means_for_the_session() {
    use Conclusion::{ClaimsChanged, Nothing, SessionRevoked};
    for (family, name, conclusion) in [
        (CAEP, "session-revoked", SessionRevoked),
        (RISC, "account-disabled", SessionRevoked),
        (RISC, "account-purged", SessionRevoked),
        (CAEP, "token-claims-change", ClaimsChanged),
        (CAEP, "credential-change", Nothing),
        (CAEP, "session-established", Nothing),
        (RISC, "session-revoked", Nothing),
    ] {
        let found =
            concluded(move |claims| claims["events"] = json!({ format!("{family}{name}"): {} })).await;
        assert_eq!(found, conclusion, "{family}{name}");
    }
}

#[tokio::test]
async fn an_event_about_another_person_means_nothing() {
    for subject in [
        json!({"format": "opaque", "id": "session-2"}),
        json!({"format": "iss_sub", "iss": "https://evil.example", "sub": SUBJECT}),
        json!({"format": "email", "email": "alice@example.com"}),
        json!({"format": "complex", "user": {"format": "opaque", "id": "x"}}),
    ] {
        let changed = subject.clone();
        let found = concluded(move |claims| claims["sub_id"] = changed.clone()).await;
        assert_eq!(found, Conclusion::Nothing, "{subject}");
    }
    let found = concluded(|claims| {
        claims["sub"] = SUBJECT.into();
        claims["sub_id"] = json!({"format": "iss_sub", "iss": claims["iss"], "sub": "somebody-else"});
    });
    assert_eq!(found.await, Conclusion::Nothing, "sub says nothing");
}

#[tokio::test]
async fn an_event_from_before_the_sign_in_does_not_end_the_new_session() {
    // The person authenticated ten seconds before NOW.
    for (timestamp, toe, conclusion) in [
        (json!(NOW - 11), Value::Null, Conclusion::Nothing),
        (json!(NOW - 10), Value::Null, Conclusion::SessionRevoked),
        (Value::Null, json!(NOW - 3600), Conclusion::Nothing),
        (json!(NOW - 5), json!(NOW - 3600), Conclusion::SessionRevoked),
        (json!((NOW - 11) * 1000), Value::Null, Conclusion::SessionRevoked),
        (Value::Null, Value::Null, Conclusion::SessionRevoked),
        (Value::Null, json!("then"), Conclusion::SessionRevoked),
    ] {
        let (stamped, told) = (timestamp.clone(), toe.clone());
        let found = concluded(move |claims| {
            claims["events"] = json!({ format!("{CAEP}session-revoked"): {"event_timestamp": stamped} });
            claims["toe"] = told.clone();
        });
        assert_eq!(found.await, conclusion, "{timestamp} {toe}");
    }
}

#[tokio::test]
async fn an_event_cannot_have_happened_after_it_was_reported() {
    let found = concluded(|claims| {
        claims["iat"] = (NOW - 20).into();
        claims["events"] = json!({ format!("{CAEP}session-revoked"): {"event_timestamp": NOW + 1000} });
    });
    assert_eq!(found.await, Conclusion::Nothing, "it was reported before the person authenticated");
}

/// Members that decide nothing: the person is signed out there all the same.
#[tokio::test]
async fn a_revoked_session_is_over_whatever_stands_beside_it() {
    let found = concluded(|claims| {
        claims["exp"] = Value::Null;
        claims["nbf"] = "then".into();
        claims["toe"] = "then".into();
        claims["events"] =
            json!({ format!("{CAEP}session-revoked"): null, "https://a.example/else": [7], "else": "x" });
    });
    assert_eq!(found.await, Conclusion::SessionRevoked);
}

/// Reading events needs none of them.
#[tokio::test]
async fn optional_endpoints_of_a_transmitter_that_cannot_be_used_are_not_there() {
    let client = Client::new(Behaviour::default()).await;
    let issuer = client.provider.issuer.clone();
    let metadata = |name: &str, value: &Value| {
        let mut metadata = json!({ "issuer": issuer, "configuration_endpoint": format!("{issuer}/streams") });
        metadata[name] = value.clone();
        let answer = Canned::Answer(200, "application/json", metadata.to_string().into_bytes());
        Behaviour { canned: [("/.well-known/ssf-configuration", answer)].into(), ..Behaviour::default() }
    };
    let wrong = [json!(""), json!("/status"), json!("http://elsewhere.example/status"), json!(7), json!([])];
    for name in
        ["status_endpoint", "verification_endpoint", "add_subject_endpoint", "remove_subject_endpoint"]
    {
        for value in &wrong {
            client.provider.behave(metadata(name, value));
            let found = client.rp.transmitter(&client.http, &issuer).await;
            assert!(found.is_ok(), "{name} {value}: {:?}", found.err());
        }
    }
    for value in &wrong {
        client.provider.behave(metadata("configuration_endpoint", value));
        assert!(client.rp.transmitter(&client.http, &issuer).await.is_err(), "{value}");
    }
}

fn endpoint(client: &Client) -> Url {
    Url::parse(&format!("{}/events", client.provider.issuer)).unwrap()
}

async fn poll(client: &Client, request: &PollRequest) -> Result<PollAnswer, Error> {
    client.rp.poll_events(&access(client, &EVENTS_TOKEN.into()), &endpoint(client), request).await
}

#[tokio::test]
async fn events_are_fetched_until_they_are_acknowledged() {
    let client = Client::new(Behaviour::default()).await;
    for jti in ["event-1", "event-2", "event-3"] {
        client.provider.queue_event(jti);
    }
    let two = PollRequest { max_events: Some(2), return_immediately: true, ..PollRequest::default() };
    let first = poll(&client, &two).await.unwrap();
    assert_eq!(first.sets.iter().map(|(jti, _)| jti.as_str()).collect::<Vec<_>>(), ["event-1", "event-2"]);
    assert!(first.more_available);
    assert!(!format!("{first:?}").contains(&first.sets[0].1));
    assert_eq!(poll(&client, &two).await.unwrap(), first, "nothing was acknowledged");

    let (jti, raw) = &first.sets[0];
    let event = client.rp.security_event(&client.http, raw, None, now()).await.unwrap();
    assert_eq!(event.jti, *jti);
    let told = PollRequest {
        ack: vec![jti.clone()],
        set_errs: vec![("event-2".into(), SecurityEventError::AudienceMismatch)],
        ..two.clone()
    };
    let second = poll(&client, &told).await.unwrap();
    assert_eq!(second.sets.iter().map(|(jti, _)| jti.as_str()).collect::<Vec<_>>(), ["event-3"]);
    assert!(!second.more_available);
    let last = client.provider.last_poll();
    assert_eq!(last["ack"], json!(["event-1"]));
    assert_eq!(last["setErrs"]["event-2"]["err"], "invalid_audience");
    assert_eq!(last["setErrs"]["event-2"]["description"], "security_event_audience_mismatch");
    assert_eq!((&last["maxEvents"], &last["returnImmediately"]), (&json!(2), &json!(true)));

    let only_ack = PollRequest { max_events: Some(0), ack: vec!["event-3".into()], ..two.clone() };
    assert_eq!(poll(&client, &only_ack).await.unwrap().sets, []);
    let empty = poll(&client, &PollRequest::default()).await.unwrap();
    assert_eq!((empty.sets.len(), empty.more_available), (0, false));
    assert_eq!(client.provider.last_poll(), json!({"maxEvents": 100, "returnImmediately": false}));
}

async fn canned(canned: Canned) -> Result<PollAnswer, Error> {
    let client =
        Client::new(Behaviour { canned: [("/events", canned)].into(), ..Behaviour::default() }).await;
    let one = PollRequest { max_events: Some(1), ..PollRequest::default() };
    let answer = poll(&client, &one).await;
    assert_eq!(client.provider.requests("/elsewhere"), 0);
    answer
}

#[tokio::test]
async fn answers_that_are_no_events() {
    let json = |text: &str| Canned::Answer(200, "application/json", text.as_bytes().to_vec());
    for (answer, code) in [
        (json(r#"{"sets":[]}"#), "events_malformed"),
        (json(r#"{"sets":{"a":"x","a":"y"}}"#), "events_duplicate_member"),
        (json(&"[".repeat(1000)), "events_too_deep"),
        (Canned::Answer(200, "text/html", b"<html>".to_vec()), "events_not_json"),
        (Canned::Answer(403, "text/plain", Vec::new()), "provider_unexpected_status"),
        (Canned::Answer(401, "text/plain", Vec::new()), "access_token_rejected"),
        (Canned::Answer(503, "text/plain", Vec::new()), "provider_unavailable"),
        (Canned::Header(307, "location", "/elsewhere".into()), "provider_redirected"),
        (Canned::Endless, "response_too_large"),
    ] {
        assert_eq!(canned(answer).await.unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn what_decides_nothing_in_an_answer_hides_no_event() {
    let json = |text: &str| Canned::Answer(200, "application/json", text.as_bytes().to_vec());
    let one = PollAnswer { sets: vec![("a".into(), "x".into())], more_available: false };
    for more in ["null", "\"false\"", "0", "[]"] {
        let text = format!(r#"{{"sets":{{"a":"x"}},"moreAvailable":{more}}}"#);
        assert_eq!(canned(json(&text)).await.unwrap(), one, "{more}");
    }
    let none = PollAnswer { sets: Vec::new(), more_available: false };
    for answer in [
        json(r#"{"sets":null}"#),
        json("{}"),
        Canned::Answer(202, "text/plain", Vec::new()),
        Canned::Answer(204, "text/plain", Vec::new()),
    ] {
        assert_eq!(canned(answer).await.unwrap(), none);
    }
}

#[tokio::test]
async fn more_than_was_asked_for_is_left_and_what_is_no_text_is_refused_when_read() {
    let answer = br#"{"sets":{"a":7,"b":"x"}}"#.to_vec();
    let answer = canned(Canned::Answer(200, "application/json", answer)).await.unwrap();
    assert_eq!(answer, PollAnswer { sets: vec![("a".into(), String::new())], more_available: true });
}

#[tokio::test]
async fn the_token_of_the_event_stream_goes_nowhere_else() {
    let client = Client::new(Behaviour::default()).await;
    let request = PollRequest::default();
    for (url, code) in [
        ("http://events.example.com/poll", "endpoint_insecure"),
        ("https://user@events.example.com/poll", "endpoint_invalid"),
        ("https://events.example.com/poll#x", "endpoint_invalid"),
        ("ftp://events.example.com/poll", "endpoint_invalid"),
    ] {
        let url = Url::parse(url).unwrap();
        let error =
            client.rp.poll_events(&access(&client, &EVENTS_TOKEN.into()), &url, &request).await.unwrap_err();
        assert_eq!(error.code(), code, "{url}");
    }
    let wrong = client.rp.poll_events(&access(&client, &"forged".into()), &endpoint(&client), &request).await;
    assert_eq!(wrong.unwrap_err(), Error::AccessTokenRejected);
}
