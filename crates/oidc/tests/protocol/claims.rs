//! What is handed on of what the provider says about the person.

use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

fn claims(value: Value) -> Claims {
    serde_json::from_value(value).unwrap()
}

fn code(result: Result<Claims, ClaimsError>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn after_a_sign_in_the_person_sees_what_both_say_and_nothing_of_the_protocol() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.behave(Behaviour { signed_userinfo: true, ..Behaviour::default() });
    let id_token = Claims::of_id_token(tokens.id_token.as_ref().unwrap()).unwrap();
    let userinfo = client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await.unwrap();
    let merged = Claims::merged(&id_token, Some(&userinfo)).unwrap();
    let names: Vec<&str> = merged.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["acr", "amr", "auth_time", "email", "email_verified", "employee", "name", "sub", "updated_at"]
    );
    let mapping = ClaimsMapping::new([("number", "/employee/id"), ("who", "email")]).unwrap();
    assert_eq!(mapping.apply(&merged).unwrap(), claims(json!({"number": 7, "who": "alice@example.com"})));
}

#[test]
fn userinfo_wins_but_not_about_the_sign_in() {
    let id_token = claims(json!({
        "sub": "1", "name": "Old", "email": "old@example.com", "acr": "2", "amr": ["pwd"], "auth_time": 5,
    }));
    let userinfo = claims(json!({
        "sub": "1", "name": "New", "email": null, "acr": "9", "amr": ["none"], "auth_time": 9, "groups": ["a"],
    }));
    let merged = Claims::merged(&id_token, Some(&userinfo)).unwrap();
    let expected = json!({
        "sub": "1", "name": "New", "email": "old@example.com", "acr": "2", "amr": ["pwd"], "auth_time": 5,
        "groups": ["a"],
    });
    assert_eq!(merged, claims(expected));
    assert_eq!(Claims::merged(&id_token, None).unwrap(), id_token);
}

#[test]
fn nothing_of_the_protocol_is_shown_wherever_it_comes_from() {
    let protocol = json!({
        "sub": "1", "iss": "i", "aud": "a", "exp": 1, "iat": 1, "nbf": 1, "nonce": "canary", "at_hash": "canary",
        "c_hash": "canary", "s_hash": "canary", "azp": "a", "jti": "canary", "sid": "canary", "cnf": {},
        "session_state": "canary", "events": {}, "typ": "ID", "_claim_names": {"x": "s"},
        "_claim_sources": {"s": {"endpoint": "https://a.example", "access_token": "canary"}},
    });
    let only = claims(json!({"sub": "1"}));
    for (id_token, userinfo) in [(protocol.clone(), json!({"sub": "1"})), (json!({"sub": "1"}), protocol)] {
        let merged = Claims::merged(&claims(id_token), Some(&claims(userinfo))).unwrap();
        assert_eq!(merged, only);
        let mapping = ClaimsMapping::new([("a", "nonce"), ("b", "/_claim_sources/s/access_token")]).unwrap();
        assert_eq!(mapping.apply(&merged).unwrap(), claims(json!({})), "no name brings it back");
    }
}

#[test]
fn claims_about_another_person_are_not_mixed_in() {
    let alice = claims(json!({"sub": "1", "name": "Alice"}));
    let merged = |id_token: &Claims, userinfo: Value| Claims::merged(id_token, Some(&claims(userinfo)));
    assert_eq!(code(merged(&alice, json!({"sub": "2", "name": "Mallory"}))), "claims_subject_mismatch");
    assert_eq!(code(merged(&alice, json!({"sub": "1 "}))), "claims_subject_mismatch");
    assert_eq!(code(merged(&alice, json!({"name": "Mallory"}))), "claims_subject_missing");
    assert_eq!(code(merged(&alice, json!({"sub": 1}))), "claims_subject_missing");
    assert_eq!(code(merged(&claims(json!({})), json!({"sub": "1"}))), "claims_subject_missing");
}

#[test]
fn a_name_stands_for_a_claim_or_a_part_of_one() {
    let all = claims(json!({
        "groups": ["staff", "ops"], "address": {"country": "CL", "": "empty", "0": "zero"},
        "https://example.com/claims/employee": 7, "a/b": {"c~d": true}, "groups.0": "dotted", "none": null,
        "list": [[1, 2], {"x": null}], "": "nameless",
    }));
    let found = |source: &str| {
        let mapped = ClaimsMapping::new([("it", source)]).unwrap().apply(&all).unwrap();
        mapped.claim("it").cloned()
    };
    for (source, value) in [
        ("groups", json!(["staff", "ops"])),
        ("/groups", json!(["staff", "ops"])),
        ("/groups/0", json!("staff")),
        ("/groups/1", json!("ops")),
        ("groups.0", json!("dotted")),
        ("https://example.com/claims/employee", json!(7)),
        ("/https:~1~1example.com~1claims~1employee", json!(7)),
        ("/address/country", json!("CL")),
        ("/address/", json!("empty")),
        ("/address/0", json!("zero")),
        ("/a~1b/c~0d", json!(true)),
        ("/list/0/1", json!(2)),
        ("/", json!("nameless")),
    ] {
        assert_eq!(found(source), Some(value), "{source}");
    }
    for source in [
        "/groups/2",
        "/groups/00",
        "/groups/01",
        "/groups/+0",
        "/groups/-",
        "/groups/-1",
        "/groups/",
        "/groups/a",
        "/groups/99999999999999999999",
        "/address/country/0",
        "/address/city",
        "nothing",
        "none",
        "/list/1/x",
        "Groups",
        " groups",
    ] {
        assert_eq!(found(source), None, "{source}");
    }
}

#[test]
fn mappings_that_cannot_be_understood_are_refused() {
    let refused = |name: &str, source: &str| ClaimsMapping::new([(name, source)]).unwrap_err().code();
    for source in ["", "/a~", "/a~2", "/~", &"a".repeat(513), &"/a".repeat(17)] {
        assert_eq!(refused("it", source), "claim_source_invalid", "{source}");
    }
    for name in ["", " ", "a\nb", "a\u{202e}b", "\u{200b}", " a", &"a".repeat(65)] {
        assert_eq!(refused(name, "email"), "claim_name_invalid", "{name}");
    }
    let names: Vec<String> = (0..65).map(|i| format!("n{i}")).collect();
    let pairs = |n: usize| names[..n].iter().map(|name| (name.as_str(), "email"));
    assert!(ClaimsMapping::new(pairs(64)).is_ok());
    assert_eq!(ClaimsMapping::new(pairs(65)).unwrap_err().code(), "claim_name_invalid");
}

#[test]
fn what_is_handed_on_is_bounded() {
    let large = |size: usize| claims(json!({"sub": "1", "groups": "a".repeat(size)}));
    let only = claims(json!({"sub": "1"}));
    assert!(Claims::merged(&large(200_000), None).is_ok());
    assert_eq!(code(Claims::merged(&large(300_000), None)), "claims_too_large");
    assert_eq!(code(Claims::merged(&only, Some(&large(300_000)))), "claims_too_large");
    // Many names for one large claim make more of it.
    let once = ClaimsMapping::new([("a", "groups")]).unwrap();
    assert!(once.apply(&large(200_000)).is_ok());
    let twice = ClaimsMapping::new([("a", "groups"), ("b", "/groups")]).unwrap();
    assert_eq!(code(twice.apply(&large(200_000))), "claims_too_large");
}
