//! The provider's stream of security events.

use super::*;

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
