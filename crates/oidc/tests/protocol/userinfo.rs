//! UserInfo as a signed statement.

use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

/// Signs in at a good provider, which then behaves.
async fn read(registration: Registration, behaviour: Behaviour) -> Result<Claims, Error> {
    let secret = behaviour.secret;
    let client = Client::registered(Behaviour { secret, ..Behaviour::default() }, registration).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.behave(behaviour);
    client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, now()).await
}

async fn refused(behaviour: Behaviour) -> &'static str {
    read(Registration::public(CLIENT), behaviour).await.unwrap_err().code()
}

fn signed() -> Behaviour {
    Behaviour { signed_userinfo: true, ..Behaviour::default() }
}

fn registered(algorithm: SigningAlgorithm) -> Registration {
    Registration { userinfo_alg: Some(algorithm), ..Registration::public(CLIENT) }
}

#[tokio::test]
async fn a_signed_profile_is_read_whether_it_was_registered_or_not() {
    for registration in [Registration::public(CLIENT), registered(SigningAlgorithm::Es256)] {
        let claims = read(registration, signed()).await.unwrap();
        assert_eq!(claims.text("name"), Some("Alice Example"));
    }
    // Who made it and for whom need not be in it (OpenID Connect Core 1.0, section 5.3.2).
    let bare = edit(|claims| {
        claims.as_object_mut().unwrap().remove("iss");
        claims.as_object_mut().unwrap().remove("aud");
    });
    assert!(read(Registration::public(CLIENT), Behaviour { userinfo: bare, ..signed() }).await.is_ok());
}

#[tokio::test]
async fn a_signed_profile_that_says_something_wrong_is_refused() {
    let cases: [(&'static str, Value, &str); 13] = [
        ("iss", json!("https://evil.example"), "userinfo_issuer_mismatch"),
        ("iss", json!(7), "userinfo_malformed"),
        ("aud", json!("another-client"), "userinfo_audience_mismatch"),
        ("aud", json!([]), "userinfo_audience_missing"),
        ("aud", json!([7]), "userinfo_malformed"),
        ("sub", json!("somebody-else"), "userinfo_subject_mismatch"),
        ("sub", Value::Null, "userinfo_subject_missing"),
        ("exp", json!(NOW - 60), "userinfo_expired"),
        ("exp", json!("soon"), "userinfo_malformed"),
        ("iat", json!(NOW + 61), "userinfo_issued_in_future"),
        ("nbf", json!(NOW + 61), "userinfo_not_yet_valid"),
        ("nbf", json!(-1), "userinfo_malformed"),
        ("exp", json!(1e300), "userinfo_malformed"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { userinfo: set(name, value.clone()), ..signed() };
        assert_eq!(refused(behaviour).await, code, "{name}: {value}");
    }
}

#[tokio::test]
async fn only_the_providers_signature_counts() {
    assert_eq!(
        refused(Behaviour { signature: Signature::Corrupt, ..signed() }).await,
        "userinfo_signature_invalid"
    );
    assert_eq!(refused(Behaviour { signature: Signature::Absent, ..signed() }).await, "userinfo_unsigned");
    assert_eq!(
        refused(Behaviour { signature: Signature::Hs256, ..signed() }).await,
        "userinfo_algorithm_refused"
    );
    for (name, value, code) in [
        ("kid", json!("unknown"), "userinfo_key_unknown"),
        ("typ", json!("at+jwt"), "userinfo_header_refused"),
        ("typ", json!("logout+jwt"), "userinfo_header_refused"),
        ("crit", json!(["x"]), "userinfo_header_refused"),
        ("cty", json!("JWT"), "userinfo_header_refused"),
        ("alg", json!("ES384"), "userinfo_algorithm_refused"),
    ] {
        let behaviour = Behaviour { header: set(name, value.clone()), ..signed() };
        assert_eq!(refused(behaviour).await, code, "{name}: {value}");
    }
}

#[tokio::test]
async fn what_is_registered_is_what_is_accepted() {
    // Plain JSON in place of a signature would let anybody on the way change the profile.
    let plain = read(registered(SigningAlgorithm::Es256), Behaviour::default()).await;
    assert_eq!(plain.unwrap_err().code(), "userinfo_unsigned");
    let other = read(registered(SigningAlgorithm::Rs256), signed()).await;
    assert_eq!(other.unwrap_err().code(), "userinfo_algorithm_refused");

    let shared = "a long shared secret of this client";
    let confidential =
        Registration { client_secret: Some(shared.into()), ..registered(SigningAlgorithm::Hs256) };
    let behaviour = Behaviour { signature: Signature::Hs256, secret: Some(shared), ..signed() };
    assert!(read(confidential, behaviour).await.is_ok());
    let provider = TestProvider::start(Behaviour::default()).await;
    let found = Provider::discover(&http(), &provider.issuer).await.unwrap();
    let public = RelyingParty::new(found, registered(SigningAlgorithm::Hs256));
    assert_eq!(public.unwrap_err().code(), "symmetric_algorithm_refused");
}

#[tokio::test]
async fn bodies_that_are_no_profile_are_refused() {
    for (body, code) in [
        ("", "userinfo_malformed"),
        ("a.b", "userinfo_malformed"),
        ("a.b.c.d.e", "userinfo_encrypted"),
        ("{\"sub\":\"248289761001\"}", "userinfo_malformed"),
        ("e30.eyJhIjoxLCJhIjoyfQ.e30", "userinfo_malformed"),
        ("eyJhbGciOiJFUzI1NiJ9.eyJhIjoxLCJhIjoyfQ.e30", "userinfo_duplicate_member"),
        ("\u{0}\u{1}.\n.\r", "userinfo_malformed"),
    ] {
        let canned = Canned::Answer(200, "application/jwt", body.as_bytes().to_vec());
        let behaviour = Behaviour { canned: [("/userinfo", canned)].into(), ..Behaviour::default() };
        assert_eq!(refused(behaviour).await, code, "{body}");
    }
    let not_text = Canned::Answer(200, "application/jwt", vec![0xff, 0xfe, b'.', b'.']);
    let behaviour = Behaviour { canned: [("/userinfo", not_text)].into(), ..Behaviour::default() };
    assert_eq!(refused(behaviour).await, "userinfo_malformed");
}

#[tokio::test]
async fn new_keys_of_the_provider_are_fetched() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.rotate_key("key-2");
    client.provider.behave(signed());
    let read = |at| client.rp.userinfo(&client.http, &tokens.access_token, SUBJECT, at);
    assert!(read(now()).await.is_ok());
    assert_eq!(client.provider.requests("/keys"), 2);
    client.provider.behave(Behaviour { header: set("kid", json!("key-3")), ..signed() });
    assert_eq!(read(later(59)).await.unwrap_err().code(), "userinfo_key_unknown");
    assert_eq!(client.provider.requests("/keys"), 2, "at most once a minute");
}
