//! What the provider says about the end of a session.

use super::*;

impl TestProvider {
    /// A logout token for the session of every sign-in, each with its own `jti`.
    pub(crate) fn logout_token(&self) -> String {
        let mut issued = self.issued.lock().unwrap();
        issued.counter += 1;
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": NOW, "exp": NOW + 120, "sub": SUBJECT, "sid": "session-1",
            "jti": format!("logout-{}", issued.counter),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        });
        if let Some(change) = &issued.behaviour.claims {
            change(&mut claims);
        }
        sign(&issued, "logout+jwt", &claims.to_string())
    }

    /// A security event token that ends the session of every sign-in.
    pub(crate) fn security_event(&self, jti: &str) -> String {
        let issued = self.issued.lock().unwrap();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "iat": NOW, "jti": jti,
            "sub_id": {
                "format": "complex",
                "user": {"format": "iss_sub", "iss": self.issuer, "sub": SUBJECT},
                "session": {"format": "opaque", "id": "session-1"},
            },
            "events": {
                "https://schemas.openid.net/secevent/caep/event-type/session-revoked":
                    {"event_timestamp": NOW - 5, "reason_admin": {"en": "As the test wants it."}},
            },
        });
        if let Some(change) = &issued.behaviour.claims {
            change(&mut claims);
        }
        sign(&issued, "secevent+jwt", &claims.to_string())
    }

    pub(crate) fn queue_event(&self, jti: &str) {
        let token = self.security_event(jti);
        self.issued.lock().unwrap().events.insert(jti.to_owned(), token);
    }

    pub(crate) fn last_poll(&self) -> Value {
        self.issued.lock().unwrap().last_poll.clone()
    }
}

/// Poll-based delivery: what was acknowledged or refused is forgotten, the rest is delivered again.
pub(super) fn polled(issued: &mut Issued, body: &[u8], authorization: Option<String>) -> Response {
    if authorization != Some(format!("Bearer {EVENTS_TOKEN}")) {
        return answer(401, "text/plain", "no".into());
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    let acknowledged = asked["ack"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let refused = asked["setErrs"].as_object().into_iter().flatten().map(|(jti, _)| jti.as_str());
    for jti in acknowledged.chain(refused) {
        assert!(issued.events.remove(jti).is_some(), "{jti} was not delivered");
    }
    let wanted = usize::try_from(asked["maxEvents"].as_u64().unwrap()).unwrap();
    let sets: BTreeMap<_, _> = issued.events.iter().take(wanted).collect();
    let response = json!({"sets": sets, "moreAvailable": issued.events.len() > sets.len()});
    issued.last_poll = asked;
    json_answer(200, &response)
}
